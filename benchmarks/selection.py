"""Drawing samples: seconds beside those of svy where it has the method, in turn, in one run.

    python -m benchmarks.selection            # about a minute
    python -m benchmarks.selection --write    # and put the table into benchmarks/SELECTION.md

Sizes are whole numbers (households), made from a fixed seed (giả lập). What is timed is the public call on
arrays in memory; for svy the call on a polars frame in memory.
"""

from __future__ import annotations

import argparse
import datetime as dt
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

import sampling
from benchmarks.peers import version
from sampling import selection

RESULTS = Path(__file__).resolve().parent / "SELECTION.md"
HEAD = """# Drawing samples: results

Made by `python -m benchmarks.selection --write`. Medians of calls run in turn; “times faster” is the median
of the ratios, with the least and the most. R is not run here; seconds of R `sampling` that are known from
another machine are in the column “R, elsewhere”.

"""


class Task(NamedTuple):
    """A draw: its name, our call, the call of svy if it has the method, the aim in seconds, what R took."""

    name: str
    ours: Callable[[], Any]
    svy: Callable[[], Any] | None
    aim: float | None
    r: str = "–"


def sizes(count: int) -> np.ndarray:
    """Households of units: whole numbers, no unit certain for the draws below."""
    size = np.random.default_rng(5).lognormal(7, 0.6, count)
    return np.minimum(size, np.quantile(size, 0.995)).round().astype(np.int64) + 1


def svy_sampling(size: np.ndarray) -> Any | None:
    """Return a maker of svy samples, or None where svy is not installed."""
    try:
        import polars as pl
        import svy
    except ImportError:
        return None
    frame = pl.DataFrame({"id": np.arange(size.size), "mos": size})
    return lambda: svy.Sample(frame, svy.Design(mos="mos")).sampling


def tasks() -> list[Task]:
    """Make the data once, and the calls."""
    many, some, few = sizes(10_000_000), sizes(100_000), sizes(3_321)
    x = np.random.default_rng(6).gamma(2, 10, (some.size, 5))
    peers = {n: svy_sampling(size) for n, size in ((many.size, many), (some.size, some))}

    def peer(count: int, method: str, n: int) -> Callable[[], Any] | None:
        make = peers[count]
        return None if make is None else lambda: getattr(make(), method)(n=n, rstate=1)

    plan = national()
    return [
        Task("systematic PPS, 10,000 of 10 M",
             lambda: selection.select_pps_systematic(many.size, many, 10_000, seed=1),
             peer(many.size, "pps_sys", 10_000), 0.1, "1.07 s"),
        Task("Brewer, 2,000 of 100,000",
             lambda: selection.select_pps_brewer(some.size, some, 2_000, seed=1),
             peer(some.size, "pps_brewer", 2_000), None, "6.9 s"),
        Task("ordered pivotal, 2,000 of 100,000",
             lambda: selection.select_pps_pivotal(some.size, some, 2_000, seed=1), None, 0.1, "0.44 s"),
        Task("Tillé, 2,000 of 100,000",
             lambda: selection.select_pps_tille(some.size, some, 2_000, seed=1), None, None),
        Task("Sampford, 200 of 3,321",
             lambda: selection.select_pps_sampford(few.size, few, 200, seed=1), None, 0.05),
        Task("conditional Poisson, 200 of 3,321 (first call)", lambda: conditional(few), None, None),
        Task("cube, 2,000 of 100,000, 5 columns",
             lambda: cube(some, x), None, 3.0, "5.3 s"),
        Task("local pivotal, 200 of 3,321",
             lambda: spread(few.size, x), None, None),
        Task("national plan: 600 of 3,321 communes by PPS, 4 villages in each",
             lambda: plan.draw(seed=1, progress=False), None, 1.0),
        Task("national plan: 4 of the villages of every commune", lambda: everywhere(plan), None, 1.0),
    ]  # fmt: skip


def cube(size: np.ndarray, x: np.ndarray) -> Any:
    """Draw 2,000 units balanced on five columns."""
    return selection.select_cube(size.size, 2_000, seed=1, size=size, balance=x)


def spread(count: int, x: np.ndarray) -> Any:
    """Draw 200 units spread over two columns."""
    return selection.select_local_pivotal(count, 200, seed=1, coords=x[:count, :2])


def conditional(size: np.ndarray) -> Any:
    """Draw once with nothing remembered of an earlier call."""
    from sampling.selection.unequal import _working

    _working.cache_clear()
    return selection.select_pps_conditional_poisson(size.size, size, 200, seed=1)


def national() -> sampling.Plan:
    """Make a two-stage plan over 3,321 communes with 53,000 villages (giả lập)."""
    size = sizes(3_321)
    communes = pd.DataFrame({"xa": [f"{k:05d}" for k in range(size.size)], "ho": size})
    count = np.random.default_rng(7).integers(8, 25, size.size)
    within = np.repeat(communes["xa"].to_numpy(), count)
    villages = pd.DataFrame({"thon": [f"{c}-{k:06d}" for k, c in enumerate(within)], "xa": within})
    told = {"as_of": "2025-07-01", "source": "giả lập"}
    first = sampling.Frame(communes, id="xa", name="xã giả lập", **told)
    second = sampling.Frame(villages, id="thon", name="thôn giả lập", **told)
    plan = sampling.Plan(first).stage("xa", n=600, method="pps_systematic", size="ho")
    return plan.stage("thon", n=4, frame=second, parent="xa")


def everywhere(plan: sampling.Plan) -> Any:
    """Draw 4 villages in each of 3,321 communes."""
    villages = plan.frames["thon"].units
    return selection.select_srs(villages["thon"], 4, seed=1, within=villages["xa"])


def timed(call: Callable[[], Any]) -> float:
    """Return the seconds of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def measure(task: Task, repeats: int) -> dict[str, str]:
    """Time a task and its peer in turn."""
    ours, theirs = [], []
    for _ in range(repeats):
        if task.svy is not None:
            theirs.append(timed(task.svy))
        ours.append(timed(task.ours))
    ratios = [b / a for a, b in zip(ours, theirs, strict=True)] if theirs else []
    median = statistics.median(ours)
    met = "" if task.aim is None else f"≤ {task.aim:g} s: {'met' if median <= task.aim else 'not met'}"
    return {
        "task": task.name,
        "surveykit": seconds(median),
        "least": seconds(min(ours)),
        "svy": seconds(statistics.median(theirs)) if theirs else "–",
        "times faster": (
            f"{statistics.median(ratios):.1f} ({min(ratios):.1f}–{max(ratios):.1f})" if ratios else "–"
        ),
        "aim": met,
        "R, elsewhere": task.r,
    }


def seconds(x: float) -> str:
    """Write a time with its unit."""
    return f"{x:.2f} s" if x >= 1 else f"{x * 1000:.1f} ms"


def main() -> None:
    """Run all tasks, print the table, and write it if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="put the table into SELECTION.md")
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    rows = []
    for task in tasks():
        rows.append(measure(task, asked.repeats))
        print(" | ".join(rows[-1].values()), flush=True)
    heads = list(rows[0])
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(row.values()) + " |" for row in rows]
    versions = f"numpy {np.__version__}, svy {version('svy')}"
    machine = f"{dt.date.today()}; Python {platform.python_version()}, {versions}.\n\n"
    if asked.write:
        RESULTS.write_text(HEAD + machine + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
