"""30 items by 3,321 communes at 1 M rows in a process of its own: seconds of each call and peak memory.

python -m benchmarks.largest FOLDER, where FOLDER holds the data as `benchmarks.data.save` writes them.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import surveykit as sv
from benchmarks.data import ITEMS, load

CALLS = 5


def peak_megabytes() -> float | None:
    """Return the most memory this process has held, its data and libraries included; None on Windows.

    On Linux from /proc: what getrusage says may be the peak of the process that started this one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text(encoding="utf-8").splitlines()
        return next(float(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
    try:
        import resource
    except ImportError:
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main(folder: Path) -> None:
    """Print a line of JSON."""
    data = load(folder)
    held = peak_megabytes()
    seconds = []
    for _ in range(CALLS):
        start = time.perf_counter()
        design = sv.Design(data, weights="weight", strata="stratum", psu="psu")
        se = sv.mean(design, ITEMS, by="commune").se
        seconds.append(time.perf_counter() - start)
    peak = peak_megabytes()
    print(json.dumps({"rows": len(se), "seconds": seconds, "loaded_mb": held, "peak_mb": peak}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
