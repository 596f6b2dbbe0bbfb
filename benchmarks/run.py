"""The same work on the peers and on us, in turn, in one run: medians, and the median of the ratios.

    python -m benchmarks.run                 # all tasks; svy and R where they are
    python -m benchmarks.run --sizes 36k     # the small data only
    python -m benchmarks.run --write         # and put the table into benchmarks/RESULTS.md

Every call starts from a frame in memory and a fresh design, and ends with estimates and standard errors.
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
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

import surveykit as sv
from benchmarks.data import COMMUNES, ITEMS, make, save
from benchmarks.peers import Answer, RSurvey, Svy, version

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "RESULTS.md"
AIM_SECONDS, AIM_MEGABYTES = 1.0, 1536.0  # 30 items by 3,321 communes
AGREE = 1e-9  # greatest difference from a peer, in units of the largest number: order of summation only


class Task(NamedTuple):
    """A call: its name, items, groups, data, and how many times faster than svy it must be (0: no aim)."""

    name: str
    items: list[str]
    by: str | None
    size: str
    aim: float


TASKS = [
    Task("one mean", ITEMS[:1], None, "36k", 0),
    Task("30 means", ITEMS, None, "36k", 0),
    Task("one mean by 34 provinces", ITEMS[:1], "province", "36k", 0),
    Task("one mean by 3,321 communes", ITEMS[:1], "commune", "36k", 200),
    Task("one mean", ITEMS[:1], None, "1m", 0),
    Task("30 means", ITEMS, None, "1m", 10),
    Task("one mean by 34 provinces", ITEMS[:1], "province", "1m", 12),
]


def ours(data: pd.DataFrame, task: Task) -> Answer:
    """Return estimates and standard errors by surveykit."""
    design = sv.Design(data, weights="weight", strata="stratum", psu="psu")
    result = sv.mean(design, task.items if len(task.items) > 1 else task.items[0], by=task.by)
    return Answer(result.value.to_numpy(), result.se.to_numpy())


def timed(call: Callable[[], Any]) -> float:
    """Return the seconds of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def difference(a: Answer, b: Answer) -> float:
    """Greatest difference of estimates and of standard errors, each in units of the largest of them."""
    gaps = [np.abs(x - y).max() / np.abs(x).max() for x, y in zip(a, b, strict=True)]
    return float(max(gaps))


def compare(task: Task, data: pd.DataFrame, r: RSurvey | None, repeats: int, *, svy: bool) -> dict[str, Any]:
    """Run the peers and us in turn; R once, for it takes its time."""
    mine = ours(data, task)
    row: dict[str, Any] = {"task": task.name, "size": task.size, "aim": task.aim}
    pairs, differ = [], []
    peer = Svy(data, task.items, task.by) if svy else None
    if peer is not None:
        differ.append(difference(mine, peer.answer()))
    for _ in range(repeats):
        other = timed(peer) if peer is not None else np.nan
        pairs.append((timed(lambda: ours(data, task)), other))
    row["ours"] = statistics.median(a for a, _ in pairs)
    if peer is not None:
        row["svy"] = statistics.median(b for _, b in pairs)
        row["ratio"] = statistics.median(b / a for a, b in pairs)
        row["least"], row["most"] = (pick(b / a for a, b in pairs) for pick in (min, max))
    if r is not None:
        row["r"], answer = r.call(task.items, task.by)
        differ.append(difference(mine, answer))
    if differ:
        row["difference"] = max(differ)
        if row["difference"] > AGREE:
            raise SystemExit(f"{task.name}, {task.size}: a peer has other numbers, by {max(differ):.1e}.")
    return row


def largest(folder: Path) -> dict[str, Any]:
    """Return seconds and peak memory of 30 items by 3,321 communes at 1 M rows, in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.largest", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, encoding="utf-8", cwd=ROOT)
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["rows"] == len(ITEMS) * COMMUNES
    return found


def milliseconds(seconds: float | None) -> str:
    """Return a time as text."""
    if seconds is None:
        return "–"
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1e3 * seconds:.1f} ms"


def line(row: dict[str, Any]) -> str:
    """Return a row of the table."""
    ratio = f"{row['ratio']:.1f} ({row['least']:.1f}–{row['most']:.1f})" if "ratio" in row else "–"
    aim = ""
    if row["aim"]:
        aim = f"≥ {row['aim']:g}"
        if "ratio" in row:
            aim += ": met" if row["ratio"] >= row["aim"] else ": NOT met"
    cells = [
        row["task"], row["size"], milliseconds(row["ours"]), milliseconds(row.get("svy")), ratio, aim,
        milliseconds(row.get("r")), f"{row['difference']:.0e}" if "difference" in row else "–",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def last_line(found: dict[str, Any]) -> str:
    """Return the sentence about the largest task."""
    seconds, peak = statistics.median(found["seconds"]), found["peak_mb"]
    met = seconds <= AIM_SECONDS and (peak is None or peak <= AIM_MEGABYTES)
    memory = f"{peak:,.0f} MB" if peak is not None else "not measured on this system"
    return (
        f"30 items by 3,321 communes at 1 M rows ({found['rows']:,} estimates with standard errors), in a "
        f"process of its own: {seconds:.2f} s (median of {len(found['seconds'])}), peak memory of the whole "
        f"process {memory} ({found['loaded_mb'] or 0:,.0f} MB once the data are read). "
        f"Aim: ≤ {AIM_SECONDS:g} s and ≤ 1.5 GB: {'met' if met else 'NOT met'}. "
        "svy is not run here: it needs more than 21 GB."
    )


def machine() -> str:
    """Return what the times were taken on."""
    memory = ""
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        memory = f", {os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GB of memory"
    return f"{os.cpu_count()} cores{memory}, {platform.system()} {platform.machine()}"


def report(sizes: list[str], repeats: int, *, with_r: bool) -> Iterator[str]:
    """Yield the lines of the report as they come."""
    svy, r = Svy.there(), RSurvey.version() if with_r else ""
    names = ("numpy", "scipy", "pandas", *(("svy", "polars") if svy else ()))
    yield f"{dt.date.today():%Y-%m-%d}; {machine()}; Python {platform.python_version()}, "
    yield ", ".join([*(f"{name} {version(name)}" for name in names), *([f"R survey {r}"] if r else [])]) + "."
    if not svy:
        yield "svy is not installed (extra `bench`): our times only."
    if not r:
        yield "R with its package survey was not found, or not asked for: no times of R."
    yield ""
    yield "| task | rows | surveykit | svy | times faster (least–most) | aim | R survey | difference |"
    yield "|---|---|---|---|---|---|---|---|"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for size in sizes:
            data = make(size)
            if r or size == "1m":
                save(data, folder)
            beside = RSurvey(folder) if r else None
            for task in TASKS:
                if task.size == size:
                    k = repeats if len(task.items) == 1 else max(3, repeats // 2 + 1)
                    yield line(compare(task, data, beside, k, svy=svy))
            if beside is not None:
                beside.close()
            del data
        if "1m" in sizes:
            yield ""
            yield last_line(largest(folder))


HEAD = """# Speed: results

Made by `python -m benchmarks.run --write`; what is timed and how is in [README.md](README.md). “Times faster”
is the median of the ratios of calls run in turn, with the least and the most; “difference” is the greatest
from any peer, of estimates and standard errors, in units of the largest of them.

"""


def main() -> None:
    """Run the tasks and print a table in Markdown."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", nargs="*", default=["36k", "1m"], choices=["36k", "1m"])
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--no-r", action="store_true", help="do not look for R")
    parser.add_argument("--write", action="store_true", help="write benchmarks/RESULTS.md")
    given = parser.parse_args()
    lines = []
    for text in report(given.sizes, given.repeats, with_r=not given.no_r):
        print(text, flush=True)
        lines.append(text)
    if given.write:
        part = RESULTS.with_suffix(".part")
        part.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
        os.replace(part, RESULTS)


if __name__ == "__main__":
    main()
