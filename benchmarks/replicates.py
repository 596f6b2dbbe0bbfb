"""Replicate weights: seconds and peak memory of each task, every one in a process of its own.

    python -m benchmarks.replicates            # ours
    python -m benchmarks.replicates --peer     # and svy, which needs about 8 GB for the bootstrap
    python -m benchmarks.replicates --write    # and put the table into benchmarks/REPLICATES.md

What is timed: the design, the replicates, the weighting steps taken again on each, the estimate and
its standard error.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

import surveykit as sv
from benchmarks.data import make
from benchmarks.largest import peak_megabytes
from benchmarks.peers import Svy, version
from benchmarks.run import machine

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "REPLICATES.md"
ITEM, REPLICATES = "item_1", 500
LEVELS = {"province": 34, "sex": 2, "age": 5, "school": 4, "work": 6}  # margins of the raking


class Task(NamedTuple):
    """A task: its data, what is done, aims in seconds and megabytes, and how many times faster than svy."""

    size: str
    what: str
    seconds: float | None = None
    megabytes: float | None = None
    faster: float | None = None


TASKS = {
    "jackknife": Task("36k", "JKn of 3,600 PSUs, one mean"),
    "bootstrap": Task("1m", "500 bootstrap replicates, one mean", megabytes=2048, faster=20),
    "raked": Task("1m", "500 bootstrap replicates, raking of 5 margins on each, one mean", 60, 2048),
}


def design_of(data: pd.DataFrame) -> sv.Design:
    """Return the design of strata and PSUs."""
    return sv.Design(data, weights="weight", strata="stratum", psu="psu")


def jackknife(data: pd.DataFrame) -> sv.Design:
    """Leave out one PSU after another."""
    return sv.replicate_weights(design_of(data), "JKn")


def bootstrap(data: pd.DataFrame) -> sv.Design:
    """Draw the PSUs again 500 times."""
    return sv.replicate_weights(design_of(data), "bootstrap", replicates=REPLICATES, seed=1)


def raked(data: pd.DataFrame) -> sv.Design:
    """Rake to margins a little off those of the sample."""
    rng = np.random.default_rng(2)
    margins = {}
    for name, levels in LEVELS.items():
        own = np.bincount(data[name], weights=data["weight"], minlength=levels)
        share = own * rng.uniform(0.9, 1.1, levels)
        margins[name] = dict(enumerate(share / share.sum()))
    return sv.rake(bootstrap(data), margins)


MAKERS: dict[str, Callable[[pd.DataFrame], sv.Design]] = {
    "jackknife": jackknife,
    "bootstrap": bootstrap,
    "raked": raked,
}


def with_margins(data: pd.DataFrame) -> pd.DataFrame:
    """Return the data with the columns that are raked."""
    rng = np.random.default_rng(1)
    new = {name: rng.integers(0, levels, len(data)) for name, levels in LEVELS.items() if name not in data}
    return data.assign(**new)


def peer(data: pd.DataFrame, task: str) -> float:
    """Return svy's standard error."""
    import polars
    import svy

    frame = polars.from_pandas(data[["stratum", "psu", "weight", ITEM]], nan_to_null=True)
    sample = svy.Sample(frame, svy.Design(stratum="stratum", psu="psu", wgt="weight"))
    if task == "jackknife":
        sample = sample.weighting.create_jk_wgts()
    else:
        sample = sample.weighting.create_bs_wgts(n_reps=REPLICATES, rstate=1)
    found = sample.estimation.mean(ITEM, method="replication", drop_nulls=True)
    return float(found.to_polars()["se"][0])


def measure(name: str, who: str) -> dict[str, Any]:
    """Do one task here and return its seconds, standard error and the peak of this process."""
    data = make(TASKS[name].size)
    if name == "raked":
        data = with_margins(data)
    start = time.perf_counter()
    se = peer(data, name) if who == "svy" else float(sv.mean(MAKERS[name](data), ITEM).se.iloc[0])
    return {"seconds": time.perf_counter() - start, "se": se, "peak_mb": peak_megabytes()}


def apart(name: str, who: str) -> dict[str, Any]:
    """Do one task in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.replicates", "--task", name, "--who", who]
    quiet = os.environ | {"OPENBLAS_NUM_THREADS": "1"}  # threads gain nothing on matrices of 50 columns
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, encoding="utf-8", cwd=ROOT, env=quiet
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def line(name: str, *, with_peer: bool) -> str:
    """Return a row of the table."""
    task = TASKS[name]
    ours = min((apart(name, "ours") for _ in range(3)), key=lambda found: found["seconds"])
    aims, other, times = [], "–", "–"
    if with_peer and name != "raked":
        found = apart(name, "svy")
        ratio = found["seconds"] / ours["seconds"]
        other, times = f"{found['seconds']:.1f} s, {found['peak_mb']:,.0f} MB", f"{ratio:.0f}"
        if task.faster:
            aims.append(f"≥ {task.faster:g} times faster: {'met' if ratio >= task.faster else 'NOT met'}")
    if task.seconds:
        aims.append(f"≤ {task.seconds:g} s: {'met' if ours['seconds'] <= task.seconds else 'NOT met'}")
    if task.megabytes and ours["peak_mb"]:
        aims.append(f"≤ 2 GB: {'met' if ours['peak_mb'] <= task.megabytes else 'NOT met'}")
    took = f"{ours['seconds']:.2f} s, {ours['peak_mb'] or 0:,.0f} MB"
    return f"| {task.what} | {task.size} | {took} | {other} | {times} | {'; '.join(aims)} |"


HEAD = """# Replicate weights: results

Made by `python -m benchmarks.replicates --peer --write`: each task in a process of its own, from a frame in
memory and a fresh design to estimate and standard error; the least of three for us, one run for svy. Memory
is the peak of the process, data and libraries included; OpenBLAS has one thread. svy does not replay
weighting steps on replicates.

"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--task", choices=list(TASKS))
    parser.add_argument("--who", choices=["ours", "svy"], default="ours")
    parser.add_argument("--peer", action="store_true")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    if asked.task:
        print(json.dumps(measure(asked.task, asked.who)))
        return
    with_peer = asked.peer and Svy.there()
    names = ("numpy", "scipy", "pandas", *(("svy",) if with_peer else ()))
    text = f"{dt.date.today():%Y-%m-%d}; {machine()}; {', '.join(f'{n} {version(n)}' for n in names)}.\n\n"
    text += "| task | rows | surveykit | svy | times faster | aims |\n|---|---|---|---|---|---|\n"
    print(text, end="", flush=True)
    for name in TASKS:
        text += f"{line(name, with_peer=with_peer)}\n"
        print(text.splitlines()[-1], flush=True)
    if asked.write:
        RESULTS.write_text(HEAD + text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
