"""New weights and the mean that follows: seconds and memory beside those of svy and weightipy, in turn.

    python -m benchmarks.weighting                 # a few minutes; svy and weightipy where they are
    python -m benchmarks.weighting --sizes 36k     # the small data only
    python -m benchmarks.weighting --write         # and put the table into benchmarks/WEIGHTING.md

Every call starts from a frame in memory and a fresh design. Timed apart: the frame to the new weights; then
a mean and its standard error, into which the weighting steps are pulled back. Memory is that of a process of
its own above what it held before the call.
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
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

import surveykit as sv
from benchmarks.data import ITEMS, LEVELS, NUMBERS, make, with_auxiliaries
from benchmarks.largest import peak_megabytes
from benchmarks.peers import SvyWeights, Weightipy, version
from benchmarks.run import machine, milliseconds, timed

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "WEIGHTING.md"
ITEM = ITEMS[0]
REPLICATES = 500
LARGE = 100_000  # rows from which aims hold
GIGABYTES = 2.0  # that a bootstrap may take at 1 M rows
TEXT = {name: f"{name}_text" for name in LEVELS}
HEAD = """# New weights: results

Made by `python -m benchmarks.weighting --write`; what is timed and how is in [README.md](README.md). “Times
faster” is the median of the ratios of calls run in turn, with the least and the most; memory is what the call
took above the data, for the weights and the mean together. The linear algebra of NumPy ran on one thread
(`OPENBLAS_NUM_THREADS=1`). weightipy has no design weights and stops at its
own, wider tolerance.

"""


class Task(NamedTuple):
    """A call: its name, our verb on a fresh design, svy's on a fresh sample, the aim, weightipy's margins.

    ``aim``: at 1 M rows, times faster than svy; ``agree``: greatest difference of the weights from svy's, in
    units of the largest.
    """

    name: str
    ours: Callable[[sv.Design], sv.Design]
    svy: Callable[[Any], Any] | None = None
    aim: float = 0
    weightipy: dict[str, Any] | None = None
    agree: float = 1e-8


class Bootstrap(NamedTuple):
    """A mean and its error from replicates: name, our verbs before, svy's, aims in times svy and seconds."""

    name: str
    ours: Callable[[sv.Design], sv.Design]
    svy: bool = False
    aim: float = 0
    seconds: float = 0


def totals(data: pd.DataFrame, names: list[str]) -> dict[str, dict[Any, float]]:
    """Return margins that differ from those of the weights by up to 15 %."""
    out, people = {}, float(data["weight"].sum())
    for name in names:
        sums = data.groupby(name)["weight"].sum()
        wanted = sums * (1 + 0.15 * np.sin(np.arange(1, len(sums) + 1)))
        out[name] = (wanted * people / wanted.sum()).to_dict()
    return out


def by_province(data: pd.DataFrame) -> dict[int, dict[str, dict[Any, float]]]:
    """Return three margins for each province."""
    return {int(p): totals(part, ["sex", "age", "educ"]) for p, part in data.groupby("province")}


def tasks(data: pd.DataFrame) -> list[Task]:
    """Make the targets once, and the calls."""
    plain, text = totals(data, list(LEVELS)), totals(data, list(TEXT.values()))
    communes = {k: 1.1 * v for k, v in data.groupby("commune")["weight"].sum().items()}
    numbers = {x: float((data[x] * data["weight"]).sum()) * (1 + j / 1000) for j, x in enumerate(NUMBERS)}
    parts = by_province(data)
    turned = {name: {p: t[name] for p, t in parts.items()} for name in ("sex", "age", "educ")}
    predictors = ["province_text", "urban", "sex_text", "age", "educ_text", "x_1"]
    return [
        Task("raking, 5 margins of numbers", lambda d: sv.rake(d, plain),
             lambda s: s.rake(controls=plain, tol=1e-8), 10, plain, 1e-6),
        Task("raking, 5 margins of text", lambda d: sv.rake(d, text),
             lambda s: s.rake(controls=text, tol=1e-8), 10, text, 1e-6),
        Task("poststratification, 3,321 cells", lambda d: sv.poststratify(d, "commune", communes),
             lambda s: s.poststratify(controls=communes, cells="commune")),
        Task("regression estimator (GREG), 20 numbers", lambda d: sv.calibrate(d, numbers),
             lambda s: s.calibrate(controls=numbers), 1),
        Task("logit between 0.5 and 2, 5 margins",
             lambda d: sv.calibrate(d, plain, distance="logit", bounds=(0.5, 2))),
        Task("linear, 3 margins in each of 34 provinces", lambda d: sv.calibrate(d, turned, by="province"),
             svy_parts(parts)),
        Task("nonresponse, 3,321 classes",
             lambda d: sv.adjust_nonresponse(d, responded="responded", cells="commune"),
             lambda s: s.adjust(resp_status="responded", cells="commune", resp_mapping={"rr": 1, "nr": 0})),
        Task("nonresponse, propensity with 6 predictors", lambda d: propensity(d, predictors)),
    ]  # fmt: skip


def bootstraps(data: pd.DataFrame) -> list[Bootstrap]:
    """Make the targets once, and the calls; svy would need hours for the second."""
    margins = totals(data, list(LEVELS))
    return [
        Bootstrap(f"bootstrap, {REPLICATES} replicates", replicates, svy=True, aim=20),
        Bootstrap(
            f"bootstrap, {REPLICATES} replicates, each raked on 5 margins",
            lambda d: replicates(sv.rake(d, margins)), seconds=60,
        ),
    ]  # fmt: skip


def replicates(design: sv.Design) -> sv.Design:
    """Return the design with replicate weights."""
    return sv.replicate_weights(design, "bootstrap", replicates=REPLICATES, seed=1)


def propensity(design: sv.Design, predictors: list[str]) -> sv.Design:
    """Adjust for nonresponse by a logit."""
    return sv.adjust_nonresponse(design, responded="responded", method="propensity", predictors=predictors)


def svy_parts(parts: dict[int, dict[str, dict[Any, float]]]) -> Callable[[Any], Any] | None:
    """Return svy's calibration by province, where svy is installed."""
    if not SvyWeights.there():
        return None
    import svy

    controls = {p: {svy.Cat(k): v for k, v in margins.items()} for p, margins in parts.items()}
    return lambda s: s.calibrate(controls=controls, by="province")


def fresh(data: pd.DataFrame) -> sv.Design:
    """Return a design with nothing in memory."""
    return sv.Design(data, weights="weight", strata="stratum", psu="psu")


def units(data: pd.DataFrame) -> None:
    """Make a design and the codes of its strata and PSUs, once for all estimates."""
    fresh(data).units(0)


def weighted(data: pd.DataFrame, task: Task | Bootstrap) -> sv.Design:
    """Return the design with its new weights, worked out."""
    made = task.ours(fresh(data))
    assert made.w.size == len(data)
    return made


def standard_error(design: sv.Design) -> float:
    """Return the standard error of a mean."""
    return float(sv.mean(design, ITEM).se.iloc[0])


def compare(task: Task, data: pd.DataFrame, peer: SvyWeights | None, repeats: int) -> dict[str, Any]:
    """Run the peers and us in turn, after a look whether the weights agree."""
    row: dict[str, Any] = {"task": task.name, "rows": len(data), "aim": task.aim}
    svy = peer if task.svy is not None else None
    rim = Weightipy(data, task.weightipy) if task.weightipy and Weightipy.there() else None
    if svy is not None:
        w = weighted(data, task).w
        theirs = svy.weights(task.svy)
        gap = float(np.abs(w[w != 0] - theirs).max() / theirs.max())
        if not gap < task.agree:
            raise SystemExit(f"{task.name}: svy has other weights, by {gap:.1e} of the largest.")
    taken: dict[str, list[float]] = {name: [] for name in ("weights", "mean", "svy", "svy mean", "weightipy")}
    for _ in range(repeats):
        if svy is not None:
            taken["svy"].append(timed(lambda: svy.sample(task.svy)))
            taken["svy mean"].append(timed(partial(svy.mean, svy.sample(task.svy), ITEM)))
        if rim is not None:
            taken["weightipy"].append(timed(rim))
        taken["weights"].append(timed(lambda: weighted(data, task)))
        taken["mean"].append(timed(partial(standard_error, weighted(data, task))))
    row |= {name: statistics.median(found) for name, found in taken.items() if found}
    for name in ("svy", "weightipy"):
        ratios = [b / a for a, b in zip(taken["weights"], taken[name], strict=False)]
        if ratios:
            row[f"{name} ratio"] = (statistics.median(ratios), min(ratios), max(ratios))
    return row


def in_turn(task: Bootstrap, data: pd.DataFrame, peer: SvyWeights | None) -> dict[str, Any]:
    """Run a bootstrap twice, and svy between, once: it takes a minute."""
    svy = peer if task.svy else None
    ours = [timed(lambda: standard_error(task.ours(fresh(data))))]
    row: dict[str, Any] = {"task": task.name, "rows": len(data), "aim": task.aim, "seconds": task.seconds}
    if svy is not None:
        row["svy"] = timed(lambda: svy.bootstrap(ITEM, REPLICATES))
    ours.append(timed(lambda: standard_error(task.ours(fresh(data)))))
    row["weights"] = statistics.median(ours)
    if svy is not None:
        row["svy ratio"] = tuple(row["svy"] / x for x in (row["weights"], max(ours), min(ours)))
    return row


def memory(size: str, kind: str, place: int, who: str) -> float:
    """Return the megabytes a call takes above the data, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.weighting", "--one", size, kind, str(place), who]
    done = subprocess.run(command, capture_output=True, text=True, check=True, encoding="utf-8", cwd=ROOT)
    return float(json.loads(done.stdout)["megabytes"])


def one(size: str, kind: str, place: int, who: str) -> None:
    """Print the megabytes that one call takes above what the process held before it."""
    data = with_auxiliaries(make(size))
    sv.mean(fresh(data.iloc[:5000]), ITEM, by="sex")  # libraries that are loaded at first use
    task: Any = (tasks if kind == "tasks" else bootstraps)(data)[place]
    peer = SvyWeights(data) if who == "svy" else None
    rim = Weightipy(data, task.weightipy) if who == "weightipy" else None
    before = reset_peak()
    if rim is not None:
        rim()
    elif peer is not None and kind == "tasks":
        peer.mean(peer.sample(task.svy), ITEM)
    elif peer is not None:
        peer.bootstrap(ITEM, REPLICATES)
    else:
        standard_error(weighted(data, task))
    print(json.dumps({"megabytes": (peak_megabytes() or np.nan) - before}))


def reset_peak() -> float:
    """Begin anew with the peak of this process, and return what it holds now, in megabytes."""
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    return peak_megabytes() or np.nan


def line(row: dict[str, Any]) -> str:
    """Return a row of the first table."""
    cells = [
        row["task"], f"{row['rows']:,}", milliseconds(row["weights"]), milliseconds(row.get("svy")),
        spread(row.get("svy ratio")), faster(row), milliseconds(row.get("weightipy")),
        spread(row.get("weightipy ratio")), milliseconds(row["mean"]), milliseconds(row.get("svy mean")),
        *(megabytes(row, k) for k in ("memory", "svy memory", "weightipy memory")),
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def bootstrap_line(row: dict[str, Any]) -> str:
    """Return a row of the second table."""
    aim, large = faster(row), row["rows"] > LARGE
    if large and "memory" in row:
        met = row["memory"] <= 1024 * GIGABYTES and (not row["seconds"] or row["weights"] <= row["seconds"])
        within = f"≤ {row['seconds']:g} s, " if row["seconds"] else ""
        aim += f"{', ' if aim else ''}{within}≤ {GIGABYTES:g} GB: {'met' if met else 'NOT met'}"
    cells = [
        row["task"], f"{row['rows']:,}", milliseconds(row["weights"]), milliseconds(row.get("svy")),
        spread(row.get("svy ratio")), aim, megabytes(row, "memory"), megabytes(row, "svy memory"),
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def faster(row: dict[str, Any]) -> str:
    """Return how many times faster than svy it must be, and whether it is."""
    if not row["aim"] or row["rows"] <= LARGE:
        return ""
    met = "" if "svy ratio" not in row else ": met" if row["svy ratio"][0] >= row["aim"] else ": NOT met"
    return f"≥ {row['aim']:g}{met}"


def megabytes(row: dict[str, Any], name: str) -> str:
    """Return a memory as text."""
    return f"{row[name]:,.0f} MB" if name in row else "–"


def spread(ratios: tuple[float, float, float] | None) -> str:
    """Return a median ratio, with the least and the most."""
    return "–" if ratios is None else "{:.1f} ({:.1f}–{:.1f})".format(*ratios)


def report(sizes: list[str], repeats: int, only: str) -> Iterator[str]:
    """Yield the lines of the report as they come."""
    svy = SvyWeights.there()
    peers = [*(["svy", "polars"] if svy else []), *(["weightipy"] if Weightipy.there() else [])]
    names = ("numpy", "scipy", "pandas", *peers)
    yield f"{dt.date.today():%Y-%m-%d}; {machine()}; Python {platform.python_version()}, "
    yield ", ".join(f"{name} {version(name)}" for name in names) + "."
    yield from table(sizes, repeats, only, svy=svy)
    yield from replicate_table(sizes, only, svy=svy)


def table(sizes: list[str], repeats: int, only: str, *, svy: bool) -> Iterator[str]:
    """Yield the table of new weights and the mean that follows."""
    yield ""
    yield (
        "| task | rows | surveykit | svy | times faster | aim | weightipy | times faster "
        "| then mean and SE | svy | memory | svy | weightipy |"
    )
    yield "|" + "---|" * 13
    for size in sizes:
        data = with_auxiliaries(make(size))
        peer = SvyWeights(data) if svy else None
        designs = [timed(partial(units, data)) for _ in range(5)]
        for place, task in enumerate(tasks(data)):
            if only in task.name:
                row = compare(task, data, peer, repeats)
                yield line(row | memories(row, size, "tasks", place))
        cells = ["(of each: strata and PSUs of a fresh design, as codes)", f"{len(data):,}"]
        yield f"| {' | '.join([*cells, milliseconds(statistics.median(designs)), *[''] * 10])} |"


def replicate_table(sizes: list[str], only: str, *, svy: bool) -> Iterator[str]:
    """Yield the table of bootstraps."""
    yield ""
    yield "| frame to mean and SE | rows | surveykit | svy | times faster | aim | memory | svy |"
    yield "|" + "---|" * 8
    for size in sizes:
        data = with_auxiliaries(make(size))
        peer = SvyWeights(data) if svy else None
        for place, task in enumerate(bootstraps(data)):
            if only in task.name:
                row = in_turn(task, data, peer)
                yield bootstrap_line(row | memories(row, size, "bootstraps", place))


def memories(row: dict[str, Any], size: str, kind: str, place: int) -> dict[str, float]:
    """Return the memory of each who was timed, where the system tells it."""
    if not Path("/proc/self/clear_refs").exists():
        return {}
    found = {"memory": memory(size, kind, place, "ours")}
    for name in ("svy", "weightipy"):
        if name in row:
            found[f"{name} memory"] = memory(size, kind, place, name)
    return found


def main() -> None:
    """Run the tasks and print a table in Markdown."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", nargs="*", default=["36k", "1m"], choices=["36k", "1m"])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--only", default="", help="tasks with these letters in their name")
    parser.add_argument("--one", nargs=4, metavar=("SIZE", "KIND", "PLACE", "WHO"), help="memory of one call")
    parser.add_argument("--write", action="store_true", help="write benchmarks/WEIGHTING.md")
    given = parser.parse_args()
    warnings.simplefilter("ignore")  # linear weights below 0
    if given.one:
        one(given.one[0], given.one[1], int(given.one[2]), given.one[3])
        return
    lines = []
    for text in report(given.sizes, given.repeats, given.only):
        print(text, flush=True)
        lines.append(text)
    if given.write:
        part = RESULTS.with_suffix(".part")
        part.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
        os.replace(part, RESULTS)


if __name__ == "__main__":
    main()
