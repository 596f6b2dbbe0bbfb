"""The same work on the peers and on us, interleaved in one run; prints medians and ratios.

    python benchmarks/run.py                 # all tasks
    python benchmarks/run.py --sizes 36k     # the small data only

svy (extra ``bench``) and R ``survey`` are optional: without them the run says so and prints our times.
Every call starts from a frame in memory and a fresh design, and ends with standard errors.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import surveykit as sv
from benchmarks.data import COMMUNES, ITEMS, make

TASKS: list[tuple[str, list[str], str | None, list[str], float]] = [
    ("one mean", ITEMS[:1], None, ["36k", "1m"], 0),
    ("30 means", ITEMS, None, ["36k", "1m"], 10),
    ("mean by 34 provinces", ITEMS[:1], "province", ["36k", "1m"], 12),
    ("mean by 3,321 communes", ITEMS[:1], "commune", ["36k"], 200),
]  # name, items, by, sizes, ratio aimed at on the largest size
Call = Callable[[], tuple[np.ndarray, np.ndarray]]


def ours(data: pd.DataFrame, items: list[str], by: str | None) -> tuple[np.ndarray, np.ndarray]:
    """Return estimates and standard errors by surveykit."""
    design = sv.Design(data, weights="weight", strata="stratum", psu="psu")
    result = sv.mean(design, items if len(items) > 1 else items[0], by=by)
    return result.value.to_numpy(), result.se.to_numpy()


def svy_call(data: pd.DataFrame, items: list[str], by: str | None) -> Call | None:
    """Return the same call by svy on a polars frame, or None where svy is not installed."""
    try:
        import polars
        import svy
    except ImportError:
        return None
    columns = ["stratum", "psu", "weight", *items, *([by] if by else [])]
    frame = polars.from_pandas(data[columns], nan_to_null=True)

    def call() -> tuple[np.ndarray, np.ndarray]:
        sample = svy.Sample(frame, svy.Design(stratum="stratum", psu="psu", wgt="weight"))
        found = sample.estimation.mean(items if len(items) > 1 else items[0], by=by, drop_nulls=True)
        tables = [t.to_polars() for t in found] if isinstance(found, list) else [found.to_polars()]
        table = polars.concat(tables, how="vertical_relaxed")
        return table["est"].to_numpy(), table["se"].to_numpy()

    return call


def timed(call: Call) -> tuple[float, tuple[np.ndarray, np.ndarray]]:
    """Return seconds and the answer of one call."""
    start = time.perf_counter()
    answer = call()
    return time.perf_counter() - start, answer


def compare(name: str, size: str, a: Call, b: Call | None, repeats: int) -> dict[str, Any]:
    """Run both in turn and return medians, the median of the ratios, and the greatest difference."""
    first = a()
    row: dict[str, Any] = {"task": name, "rows": size}
    if b is None:
        row["ours_ms"] = 1e3 * statistics.median(timed(a)[0] for _ in range(repeats))
        return row
    b()
    pairs = [(timed(a)[0], timed(b)) for _ in range(repeats)]
    other = pairs[-1][1][1]
    gaps = [np.max(np.abs(np.sort(x) - np.sort(y)) / np.max(np.abs(x))) for x, y in zip(first, other, strict=True)]
    row["ours_ms"] = 1e3 * statistics.median(t for t, _ in pairs)
    row["svy_ms"] = 1e3 * statistics.median(t for _, (t, _) in pairs)
    row["ratio"] = statistics.median(t / s for s, (t, _) in pairs)
    row["difference"] = max(gaps)
    return row


PEAK = """
import sys, time
sys.path.insert(0, {root!r})
import surveykit as sv
from benchmarks.data import ITEMS, make
data = make("1m")
start = time.perf_counter()
result = sv.mean(sv.Design(data, weights="weight", strata="stratum", psu="psu"), ITEMS, by="commune")
se = result.se
seconds = time.perf_counter() - start
try:
    status = open("/proc/self/status", encoding="utf-8").read()
    peak = int(status.split("VmHWM:")[1].split()[0]) / 1024
except OSError:
    peak = float("nan")
print(len(se), seconds, peak)
"""


def largest() -> tuple[int, float, float]:
    """Return rows, seconds and peak megabytes of 30 items by 3,321 communes at 1 M rows, in a fresh process."""
    root = str(Path(__file__).resolve().parent.parent)
    done = subprocess.run(
        [sys.executable, "-c", PEAK.format(root=root)], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    rows, seconds, peak = done.stdout.split()
    return int(rows), float(seconds), float(peak)


R_SCRIPT = """
suppressPackageStartupMessages(library(survey))
d <- read.csv(commandArgs(TRUE)[1]); options(survey.lonely.psu="adjust")
t <- system.time({{s <- svydesign(id=~psu, strata=~stratum, weights=~weight, data=d, nest=TRUE)
  m <- {call}}})
cat(t[["elapsed"]])
"""


def r_seconds(data: pd.DataFrame, items: list[str], by: str | None) -> float | None:
    """Return the seconds R survey takes, or None where it is not there."""
    rscript = shutil.which("Rscript")
    if rscript is None:
        return None
    formula = "~" + "+".join(items)
    call = f"svyby({formula}, ~{by}, s, svymean, na.rm=TRUE)" if by else f"svymean({formula}, s, na.rm=TRUE)"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.csv"
        data[["stratum", "psu", "weight", *items, *([by] if by else [])]].to_csv(path, index=False, encoding="utf-8")
        code = R_SCRIPT.format(call=call)
        done = subprocess.run([rscript, "-e", code, str(path)], capture_output=True, text=True, encoding="utf-8")
    return float(done.stdout) if done.returncode == 0 and done.stdout else None


def main() -> None:
    """Run the tasks and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="*", default=["36k", "1m"], choices=["36k", "1m"])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--no-largest", action="store_true", help="leave out 30 items x 3,321 communes")
    given = parser.parse_args()
    peers = [p for p in ("svy", "polars") if _version(p)]
    print(f"Python {platform.python_version()}, pandas {pd.__version__}, numpy {np.__version__}, {os.cpu_count()} cores; ", end="")
    print(f"svy {_version('svy')}" if "svy" in peers else "svy is not installed (extra 'bench'): our times only", end="; ")
    print("R found" if shutil.which("Rscript") else "Rscript not found: no R times")
    print("\n| task | rows | surveykit ms | svy ms | times faster | aim | R s | greatest relative difference |")
    print("|---|---|---|---|---|---|---|---|")
    for size in given.sizes:
        data = make(size)
        for name, items, by, sizes, aim in TASKS:
            if size in sizes:
                repeats = given.repeats if len(items) == 1 else max(3, given.repeats // 2)
                row = compare(name, size, lambda i=items, b=by: ours(data, i, b), svy_call(data, items, by), repeats)
                seconds = r_seconds(data, items, by) if size == "36k" else None
                goal = f">= {aim:g}" if aim and size == sizes[-1] else ""
                print(
                    f"| {name} | {size} | {row['ours_ms']:.1f} | {row.get('svy_ms', float('nan')):.0f} | "
                    f"{row.get('ratio', float('nan')):.1f} | {goal} | {'' if seconds is None else f'{seconds:.1f}'} | "
                    f"{row.get('difference', float('nan')):.1e} |",
                    flush=True,
                )
        del data
    if "1m" in given.sizes and not given.no_largest:
        rows, seconds, peak = largest()
        assert rows == 30 * COMMUNES
        print(f"\n30 items x 3,321 communes at 1 M rows: {seconds:.2f} s, peak {peak:.0f} MB (data included); aim <= 1 s, <= 1,500 MB.")


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


if __name__ == "__main__":
    main()
