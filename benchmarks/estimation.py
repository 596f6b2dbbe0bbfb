"""Estimates, tests and models: seconds and memory beside those of svy, in turn, and of R survey.

    python -m benchmarks.estimation                 # all tasks; svy and R where they are
    python -m benchmarks.estimation --sizes 36k     # the small data only
    python -m benchmarks.estimation --only ratio    # tasks with these letters in their name
    python -m benchmarks.estimation --write         # and put the table into benchmarks/ESTIMATION.md

Every call starts from a frame in memory and a fresh design, and ends with estimates, standard errors and
intervals (or p). Memory is that of a process of its own above what it held before the call.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

import surveykit as sv
from benchmarks.data import PAIRED, PLACES, SIZES, make, save, with_covariates
from benchmarks.largest import peak_megabytes
from benchmarks.peers import RSurvey, SvyEstimates, version
from benchmarks.run import machine, milliseconds, timed
from benchmarks.weighting import reset_peak, spread

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "ESTIMATION.md"
REPLICATES, HALVES = 500, 128
COVARIATES = [f"x_{j}" for j in range(1, 11)]
SUMMING = 1e-9  # difference from a peer, in units of the largest number, that is order of summation
MUCH = 5.0  # times faster that most are to be
SLOW = 5.0  # seconds of a peer's call from which it is run once, between two of ours
Numbers = dict[str, np.ndarray]


class Task(NamedTuple):
    """A call: name, ours, the name of svy's and R's, data, verbs it needs, and what must agree how well.

    ``agree``: greatest relative difference of each of the numbers that are
    compared, in units of the largest.
    """

    name: str
    ours: Callable[[pd.DataFrame], Numbers]
    peer: str
    sizes: tuple[str, ...] = ("36k", "1m")
    agree: Mapping[str, float] = MappingProxyType({"estimate": SUMMING, "se": SUMMING})
    needs: str = ""


def fresh(data: pd.DataFrame, strata: str = "stratum", psu: str = "psu") -> sv.Design:
    """Return a design with nothing in memory."""
    return sv.Design(data, weights="weight", strata=strata, psu=psu)


def numbers(found: sv.Estimates, method: str | None = None) -> Numbers:
    """Return estimates, standard errors and limits."""
    limits = found.ci() if method is None else found.ci(method=method)  # type: ignore[arg-type]
    return {
        "estimate": found.value.to_numpy(), "se": found.se.to_numpy(),
        "low": limits.iloc[:, 0].to_numpy(), "high": limits.iloc[:, 1].to_numpy(),
    }  # fmt: skip


def shares(method: str) -> Callable[[pd.DataFrame], Numbers]:
    """Return the call for the shares of five answers with an interval."""
    return lambda data: numbers(sv.proportion(fresh(data), "item_1"), method)


def rao_scott(data: pd.DataFrame) -> Numbers:
    """Return the test of independence of a 5 × 2 table."""
    found = sv.crosstab(fresh(data), "item_1", "sex").test()
    return {"statistic": np.array([found.statistic]), "df": np.array(found.df), "p": np.array([found.p])}


def pairs(data: pd.DataFrame) -> Numbers:
    """Return all differences between communes."""
    means = sv.mean(fresh(data), "item_1", by="place", where="place >= 0")
    found = means.pairwise(adjust="holm")
    return {"estimate": np.abs(found.value.to_numpy()), "se": found.se.to_numpy()}


def logit(data: pd.DataFrame) -> Numbers:
    """Return the coefficients of a logit model."""
    found = sv.regress(fresh(data), f"yes ~ {' + '.join(COVARIATES)}", family="logit")
    return numbers(found.coefficients)


def replicated(data: pd.DataFrame, method: str, **words: Any) -> Numbers:
    """Return a mean and its error from replicate weights that are made for it."""
    names = PAIRED if method == "BRR" else ("stratum", "psu")
    made = sv.replicate_weights(fresh(data, *names), method, **words)  # type: ignore[arg-type]
    return numbers(sv.mean(made, "item_1"))


LIMITS = {"estimate": SUMMING, "se": SUMMING, "low": 1e-6, "high": 1e-6}
BY_CHANCE = {"estimate": SUMMING, "se": 0.2}
TASKS = [
    Task("shares of 5 answers, logit intervals", shares("logit"), "shares_logit", agree=LIMITS),
    Task("shares of 5 answers, automatic intervals (peers: logit)", shares("auto"), "shares_logit"),
    Task("ratio", lambda data: numbers(sv.ratio(fresh(data), "item_1", "item_2")), "ratio", agree=LIMITS),
    Task("median, Woodruff interval", lambda data: numbers(sv.median(fresh(data), "x_1")), "median",
         agree={"estimate": SUMMING, "low": 1e-2, "high": 1e-2}, needs="median"),
    Task("Rao–Scott test, 5 × 2", rao_scott, "rao_scott",
         agree={"statistic": 1e-6, "df": 1e-6, "p": 1e-6}, needs="crosstab"),
    Task(f"{PLACES} communes, all pairs", pairs, "pairs", needs="pairwise"),
    Task("logit model, 10 covariates", logit, "logit",
         agree={"estimate": 1e-6, "se": 1e-6}, needs="regress"),
    Task(f"BRR, {HALVES} replicates, one mean", lambda data: replicated(data, "BRR"), "brr",
         agree={"estimate": SUMMING, "se": 1e-2}),
    Task(f"bootstrap, {REPLICATES} replicates, one mean",
         lambda data: replicated(data, "bootstrap", replicates=REPLICATES, seed=1), "bootstrap",
         agree=BY_CHANCE),
    Task("JKn of 3,600 PSUs, one mean", lambda data: replicated(data, "JKn"), "jackknife", sizes=("36k",)),
]  # fmt: skip


def there(task: Task) -> bool:
    """Say whether the verbs of a task are in this version."""
    return not task.needs or hasattr(sv, task.needs) or hasattr(sv.Estimates, task.needs)


def differences(task: Task, mine: Numbers, other: Numbers) -> dict[str, float]:
    """Greatest difference of each kind of number, in units of the largest; stop if one is too large."""
    gaps = {}
    for kind, most in task.agree.items():
        if kind not in other:
            continue
        a, b = np.sort(np.ravel(mine[kind])), np.sort(np.ravel(other[kind]))
        gaps[kind] = float(np.abs(a - b).max() / np.abs(a).max())
        if not gaps[kind] <= most:
            raise SystemExit(f"{task.name}: a peer has another {kind}, by {gaps[kind]:.1e} of the largest.")
    return gaps


def compare(task: Task, data: pd.DataFrame, svy: SvyEstimates | None, r: RSurvey | None, repeats: int) -> Any:
    """Run svy and us in turn, once the numbers agree; R once, for it takes its time."""
    row: dict[str, Any] = {"task": task.name, "rows": len(data)}
    mine = task.ours(data)
    ours: list[float] = []
    theirs: list[float] = []
    gaps = []
    if svy is not None:
        first = timed(lambda: gaps.append(differences(task, mine, svy.numbers(task.peer))))
        repeats = 1 if first > SLOW else repeats
    for _ in range(repeats):
        ours.append(timed(lambda: task.ours(data)))
        if svy is not None:
            theirs.append(timed(lambda: svy.call(task.peer)))
        if repeats == 1:
            ours.append(timed(lambda: task.ours(data)))
    row["ours"] = statistics.median(ours)
    if theirs:
        row["svy"] = statistics.median(theirs)
        ratios = [b / a for a, b in zip(ours, theirs * (2 if repeats == 1 else 1), strict=True)]
        row["ratio"] = (statistics.median(ratios), min(ratios), max(ratios))
    if r is not None:
        row["r"], answer = r.ask(f"@{task.peer}")
        gaps.append(differences(task, mine, answer))
    row["gap"] = max((gap for one in gaps for gap in one.values()), default=None)
    return row


def memory(size: str, place: int, who: str) -> float:
    """Return the megabytes a call takes above the data, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.estimation", "--one", size, str(place), who]
    done = subprocess.run(command, capture_output=True, text=True, check=True, encoding="utf-8", cwd=ROOT)
    return float(json.loads(done.stdout)["megabytes"])


def one(size: str, place: int, who: str) -> None:
    """Print the megabytes that one call takes above what the process held before it."""
    data, task = with_covariates(make(size)), TASKS[place]
    small = data[(data["commune"] < 300) | (data["place"] >= 0)]
    peer = SvyEstimates(data) if who == "svy" else None
    if peer is None:  # libraries that are loaded at first use
        task.ours(small)
    elif task.peer not in ("bootstrap", "jackknife"):
        SvyEstimates(small).call(task.peer)
    before = reset_peak()
    if peer is None:
        task.ours(data)
    else:
        peer.call(task.peer)
    print(json.dumps({"megabytes": (peak_megabytes() or np.nan) - before}))


def line(row: dict[str, Any]) -> str:
    """Return a row of the table."""
    aim = ""
    if "ratio" in row:
        lighter = row.get("memory", 0) <= row.get("svy memory", np.inf)
        met = row["ratio"][0] >= 1 and lighter
        aim = f"ahead{', memory too' if 'svy memory' in row else ''}: {'met' if met else 'NOT met'}"
    cells = [
        row["task"], f"{row['rows']:,}", milliseconds(row["ours"]), milliseconds(row.get("svy")),
        spread(row.get("ratio")), aim, *(megabytes(row.get(k)) for k in ("memory", "svy memory")),
        milliseconds(row.get("r")), "–" if row["gap"] is None else f"{row['gap']:.0e}",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def megabytes(value: float | None) -> str:
    """Return a memory as text."""
    return "–" if value is None else f"{value:,.0f} MB"


def report(sizes: list[str], repeats: int, only: str, *, with_r: bool) -> Iterator[str]:
    """Yield the lines of the report as they come."""
    has_svy, r = SvyEstimates.there(), RSurvey.version() if with_r else ""
    names = ("numpy", "scipy", "pandas", *(("svy", "polars") if has_svy else ()))
    yield f"{dt.date.today():%Y-%m-%d}; {machine()}; Python {platform.python_version()}, "
    yield ", ".join([*(f"{name} {version(name)}" for name in names), *([f"R survey {r}"] if r else [])]) + "."
    if not r:
        yield "R with its package survey was not found, or not asked for: no times of R."
    yield ""
    yield "| task | rows | surveykit | svy | times faster | aim | memory | svy | R survey | difference |"
    yield "|" + "---|" * 10
    ratios: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        for size in sizes:
            data = with_covariates(make(size))
            if r:
                save(data, Path(name))
            svy, beside = SvyEstimates(data) if has_svy else None, RSurvey(Path(name)) if r else None
            for place, task in enumerate(TASKS):
                if only not in task.name or size not in task.sizes or not there(task):
                    continue
                row = compare(task, data, svy, beside, repeats)
                if Path("/proc/self/clear_refs").exists():
                    row["memory"] = memory(size, place, "ours")
                    row |= {"svy memory": memory(size, place, "svy")} if svy is not None else {}
                ratios += [row["ratio"][0]] if "ratio" in row else []
                yield line(row)
            if beside is not None:
                beside.close()
    if ratios:
        yield ""
        yield (
            f"Ahead of svy in {sum(x > 1 for x in ratios)} of {len(ratios)}, by {MUCH:g} times or more in "
            f"{sum(x >= MUCH for x in ratios)}."
        )


HEAD = """# Estimates, tests and models: results

Made by `python -m benchmarks.estimation --write`; what is timed and how is in [README.md](README.md). “Times
faster” is the median of the ratios of calls run in turn, with the least and the most (a peer's call of more
than 5 s is run once, between two of ours). Memory is what the call took above the data, after a first call on
a small part of them (0 where that had left enough). “Difference” is the greatest from any peer of the numbers
compared, in units of the largest of them: summation, but for replicates drawn by chance or by another matrix,
and for limits of a median, where svy inverts its own steps. The linear
algebra of NumPy ran on one thread (`OPENBLAS_NUM_THREADS=1`).

"""


def main() -> None:
    """Run the tasks and print a table in Markdown."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", nargs="*", default=list(SIZES), choices=list(SIZES))
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--only", default="", help="tasks with these letters in their name")
    parser.add_argument("--no-r", action="store_true", help="do not look for R")
    parser.add_argument("--one", nargs=3, metavar=("SIZE", "PLACE", "WHO"), help="memory of one call")
    parser.add_argument("--write", action="store_true", help="write benchmarks/ESTIMATION.md")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    if given.one:
        one(given.one[0], int(given.one[1]), given.one[2])
        return
    lines = []
    for text in report(given.sizes, given.repeats, given.only, with_r=not given.no_r):
        print(text, flush=True)
        lines.append(text)
    if given.write:
        part = RESULTS.with_suffix(".part")
        part.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
        os.replace(part, RESULTS)


if __name__ == "__main__":
    main()
