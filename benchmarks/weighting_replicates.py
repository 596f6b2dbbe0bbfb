"""Taylor with the steps pulled back against replicates on which the steps are taken again (giả lập).

    python -m benchmarks.weighting_replicates                # half an hour; writes weighting_replicates.md
    python -m benchmarks.weighting_replicates --share 0.02   # a look, nothing written

The samples and the ways to mend them are those of benchmarks/weighting_variance.py; the standard errors are
those of the mean. The jackknife is cheap, and is made for 4,000 samples. A bootstrap of 400 replicates costs
as much as seven jackknives, and 100 samples give its mean ratio to about half a percent.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

import surveykit as sv
from benchmarks.coverage import write
from benchmarks.weighting_steps import (
    POPULATION_SEED,
    STRATA,
    TAKEN,
    Method,
    design,
    draw,
    methods,
    population,
)
from benchmarks.weighting_variance import SEED, in_processes
from sampling.checks import DataError, MarginError
from sampling.format import number

TABLE = Path(__file__).with_name("weighting_replicates.md")
JACKKNIFES, BOOTSTRAPS, REPLICATES, BY_SIZE = 4000, 100, 400, 200
WAYS, SOME = "abcdefgh", "bdeh"
SIZES = (8, 15, 30)  # villages of a stratum
Kind = Literal["JKn", "bootstrap"]


class Compared(NamedTuple):
    """Of one way to mend: estimates, standard errors by Taylor and by replicates, all (R,); NaN if refused.

    A sample is refused as a whole where one of its replicates cannot be mended.
    """

    estimate: np.ndarray
    taylor: np.ndarray
    replicated: np.ndarray

    @property
    def done(self) -> np.ndarray:
        """(R,) samples that were not refused."""
        return ~np.isnan(self.replicated)

    def ratios(self) -> tuple[float, float, float, float]:
        """Mean of Taylor / replicates, its Monte Carlo error, and both over the spread of the estimates."""
        e, t, r = (x[self.done] for x in self)
        each, sd = t / r, e.std(ddof=1)
        roots = (float(np.sqrt((se**2).mean()) / sd) for se in (t, r))
        return float(each.mean()), float(each.std(ddof=1) / np.sqrt(each.size)), *roots


def one(method: Method, sample: sv.Design, kind: Kind, seed: int) -> tuple[float, float, float]:
    """Estimate and both standard errors for one sample."""
    try:
        after = method.steps(sample)
        many = {"replicates": REPLICATES, "seed": seed} if kind == "bootstrap" else {}
        replicated = sv.mean(sv.replicate_weights(after, kind, **many), "diem").se.iloc[0]
    except (DataError, MarginError):
        return np.nan, np.nan, np.nan
    found = sv.mean(after, "diem")
    return found.value.iloc[0], found.se.iloc[0], replicated


def some(repetitions: Sequence[int], *, letters: str, kind: Kind, taken: int) -> np.ndarray:
    """(repetitions, ways, 3) the samples of these numbers."""
    of = population()
    ways = methods(of)
    out = []
    for r in repetitions:
        data = draw(of, np.random.default_rng([SEED, r]), taken)
        out.append([one(ways[k], design(data, ways[k].weights), kind, r) for k in letters])
    return np.array(out)


def compare(
    samples: int, letters: str = WAYS, *, kind: Kind = "JKn", taken: int = TAKEN, jobs: int = 1
) -> dict[str, Compared]:
    """Work out both standard errors of samples mended in these ways."""
    found = in_processes(partial(some, letters=letters, kind=kind, taken=taken), samples, jobs)
    return {k: Compared(*found[:, i].T) for i, k in enumerate(letters)}


# ---- the published tables ----------------------------------------------------------------------------------


def lines(first: str, rows: Sequence[tuple[str, str, Compared]], kind: Kind) -> Iterator[str]:
    """Yield the lines of one table."""
    yield f"| cách | {first} | Taylor/{kind} | Taylor/thật | {kind}/thật | mẫu bị từ chối |"
    yield "|---|---|---|---|---|---|"
    for name, value, own in rows:
        ratio, error, *roots = own.ratios()
        cells = [name, value, f"{number(ratio, 3)} ± {number(error, 3)}", *(number(v, 2) for v in roots)]
        yield f"| {' | '.join(cells)} | {number(int((~own.done).sum()), 0)} |"


def report(share: float, jobs: int) -> str:
    """Simulate, and return the text of weighting_replicates.md."""
    counts = [max(2, round(share * n)) for n in (JACKKNIFES, BOOTSTRAPS, BY_SIZE)]
    names = {k: f"({k}) {way.name}" for k, way in methods(population()).items()}
    text = [
        "# Taylor kéo ngược các bước, so với làm lại các bước trên quyền số lặp (giả lập)",
        "",
        "Số liệu giả lập, do `python -m benchmarks.weighting_replicates` làm ra; quần thể, mẫu và cách sửa "
        f"như weighting_variance.md (hạt giống {POPULATION_SEED} và {SEED}). Sai số chuẩn của trung bình.",
        "",
        "- *Taylor/JKn*: trung bình qua các mẫu của tỷ số hai sai số chuẩn, ± sai số Monte Carlo; "
        "*…/thật*: căn của phương sai ước lượng trung bình, chia cho độ lệch chuẩn của ước lượng.",
        "- Một mẫu bị từ chối khi có một bộ quyền số lặp mà phép sửa không làm được: lớp không còn ai trả "
        "lời, trần quyền số không cho đạt biên.",
    ]
    kinds: tuple[Kind, ...] = ("JKn", "bootstrap")
    for kind, n in zip(kinds, counts, strict=False):
        made = f"{STRATA * TAKEN}" if kind == "JKn" else f"{REPLICATES}"
        found = compare(n, kind=kind, jobs=jobs)
        rows = [(names[k], made, own) for k, own in found.items()]
        text += ["", f"## {kind}: {number(n, 0)} mẫu", "", *lines("số bộ", rows, kind)]
    rows = [
        (names[k], f"{STRATA * taken}", own)
        for taken in SIZES
        for k, own in compare(counts[2], SOME, taken=taken, jobs=jobs).items()
    ]
    text += [
        "", f"## Theo số thôn trong mẫu: {number(counts[2], 0)} mẫu mỗi dòng", "",
        "Taylor hơi nhỏ, JKn hơi lớn, mỗi bên chừng số hệ số ước lượng chia cho số thôn, nên thêm thôn thì "
        "gần nhau. Riêng (d): các lớp propensity được cắt lại trong mỗi bộ, mà Taylor coi là đã định; một ô "
        "đổi lớp là một bước nhảy, mà jackknife không hợp với bước nhảy.",
        "", *lines("số thôn", rows, "JKn"),
    ]  # fmt: skip
    return "\n".join(text) + "\n"


def main() -> None:
    """Print the tables, and write them where they are asked for in full."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # of the processes: each has one sample at a time
    text = report(asked.share, asked.jobs)
    print(text)
    if asked.share == 1:
        write(TABLE, text)


if __name__ == "__main__":
    main()
