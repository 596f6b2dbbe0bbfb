"""Standard errors after weighting steps, on synthetic samples with nonresponse (giả lập).

    python -m benchmarks.weighting_variance                   # ten minutes; writes weighting_variance.md
    python -m benchmarks.weighting_variance --samples 200     # a look, nothing written

Every sample is weighted in eight ways by the public verbs (benchmarks/weighting_steps.py). The standard error
that takes the steps in stands beside the one for weights taken as known, and beside R's choices; the spread
of the estimates over the samples is the truth.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np

import surveykit as sv
from benchmarks.coverage import write
from benchmarks.weighting_steps import (
    POPULATION_SEED,
    STRATA,
    TAKE,
    TAKEN,
    VILLAGES,
    Method,
    design,
    draw,
    held,
    methods,
    population,
)
from sampling.checks import DataError, MarginError
from sampling.format import number

TABLE = Path(__file__).with_name("weighting_variance.md")
SAMPLES, SEED, CHUNK = 2000, 20261202, 25
LARGE, LARGE_SAMPLES = 60, 600  # villages of a stratum in larger samples, which cost more
STATISTICS = ("trung bình", "tổng", "trung bình ở phường")
VARIANTS = ("own", "fixed", "r")  # steps in the variance, weights as known, as R
ALL = "0abcdefgh"
CROSSED = "begh"  # ways tried on the population where R's linearisation matters


class Found(NamedTuple):
    """Of one way to mend: estimates (R, s); by variant, standard errors and limits (R, 3, s)."""

    estimate: np.ndarray
    se: np.ndarray
    low: np.ndarray
    high: np.ndarray


class Row(NamedTuple):
    """Summary of one way and statistic over the samples that could be mended.

    Samples, bias, truth and spread; by variant (3,) the ratio of standard error and spread, its Monte Carlo
    error, and coverage.
    """

    samples: int
    bias: float
    truth: float
    sd: float
    ratio: np.ndarray
    error: np.ndarray
    coverage: np.ndarray


def estimates(of: sv.Design, statistics: int = 3) -> np.ndarray:
    """(4, statistics) estimate, standard error and limits."""
    asked = [(lambda: sv.mean(of, "diem"), 0), (lambda: sv.total(of, "diem"), 0),
             (lambda: sv.mean(of, "diem", by="loai"), 1)]  # fmt: skip
    out = []
    for verb, k in asked[:statistics]:
        found = verb()
        low, high = found.ci().to_numpy()[k]
        out.append((found.value.iloc[k], found.se.iloc[k], low, high))
    return np.array(out).T


def one(method: Method, sample: sv.Design, statistics: int) -> np.ndarray:
    """(4, 3, statistics) what each variant gives for one sample.

    NaN where the sample cannot be mended so: a class without respondents, limits under which the margins
    cannot be met.
    """
    try:
        after = method.steps(sample)
    except (DataError, MarginError):
        return np.full((4, 3, statistics), np.nan)
    own, known = estimates(after, statistics), estimates(held(after), statistics)
    r = known if method.as_r is None else estimates(method.as_r(sample), statistics)
    return np.stack([own, known, r], axis=1)


def some(
    repetitions: Sequence[int], *, setting: str, letters: str, statistics: int, seed: int, taken: int
) -> np.ndarray:
    """(repetitions, ways, 4, 3, statistics) the samples of these numbers."""
    of = population(setting)
    ways = methods(of)
    out = []
    for r in repetitions:
        data = draw(of, np.random.default_rng([seed, r]), taken)
        out.append([one(ways[k], design(data, ways[k].weights), statistics) for k in letters])
    return np.array(out)


def in_processes(work: Callable[[Sequence[int]], np.ndarray], samples: int, jobs: int) -> np.ndarray:
    """Do the work for the samples 0, 1, …, in processes, and put what it gives together in their order."""
    numbers = [range(i, min(i + CHUNK, samples)) for i in range(0, samples, CHUNK)]
    if jobs == 1:
        return np.concatenate(list(map(work, numbers)))
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        return np.concatenate(list(pool.map(work, numbers)))


def simulate(
    samples: int,
    letters: str = ALL,
    *,
    setting: str = "thường",
    statistics: int = 3,
    seed: int = SEED,
    taken: int = TAKEN,
    jobs: int = 1,
) -> dict[str, Found]:
    """Draw samples and mend each in these ways; sample r is the same however many are drawn."""
    work = partial(some, setting=setting, letters=letters, statistics=statistics, seed=seed, taken=taken)
    found = in_processes(work, samples, jobs)
    return {k: Found(found[:, i, 0, 0], *(found[:, i, j] for j in (1, 2, 3))) for i, k in enumerate(letters)}


def summary(found: Found, truth: np.ndarray) -> list[Row]:
    """Return a row for each statistic.

    The ratio is the root of the mean estimated variance over the spread of the estimates; its Monte Carlo
    error is that of the influence of each sample on its logarithm.
    """
    done = ~np.isnan(found.estimate[:, 0])
    R = int(done.sum())
    rows = []
    for s, true in enumerate(truth[: found.estimate.shape[1]]):
        e, V = found.estimate[done, s], found.se[done, :, s] ** 2
        sd = e.std(ddof=1)
        ratio = np.sqrt(V.mean(axis=0)) / sd
        moves = (V / V.mean(axis=0) - ((e - e.mean()) / sd)[:, None] ** 2) / 2
        inside = (found.low[done, :, s] <= true) & (true <= found.high[done, :, s])
        error = ratio * moves.std(axis=0) / np.sqrt(R)
        rows.append(Row(R, e.mean() - true, true, sd, ratio, error, inside.mean(axis=0)))
    return rows


# ---- the published tables ----------------------------------------------------------------------------------


def lines(found: dict[str, Found], statistic: int, setting: str) -> Iterator[str]:
    """Yield the lines of one table."""
    of = population(setting)
    ways = methods(of)
    heads = ("cách", "chệch", "chệch/thật", "độ lệch chuẩn thật", "SE/thật", "quyền số cố định", "như R",
             "độ phủ", "quyền số cố định", "như R")  # fmt: skip
    yield f"| {' | '.join(heads)} |"
    yield "|" + "---|" * len(heads)
    for letter, own in found.items():
        row = summary(own, of.truth)[statistic]
        name = f"({letter}) {ways[letter].name}" if letter != "0" else ways[letter].name
        cells = [name, f"{number(100 * row.bias / row.truth, 2, sign=True)} %"]
        cells += [number(row.bias / row.sd, 2, sign=True), number(row.sd, 0 if row.sd > 100 else 2)]
        cells += [number(v, 2) for v in row.ratio] + [f"{number(100 * v, 1)} %" for v in row.coverage]
        yield f"| {' | '.join(cells)} |"


def refused(found: dict[str, Found]) -> str:
    """Say how many samples could not be mended."""
    lost = {k: int(np.isnan(own.estimate[:, 0]).sum()) for k, own in found.items()}
    said = "; ".join(f"({k}) {n}" for k, n in lost.items() if n)
    return f"Mẫu mà phép sửa bị từ chối, không tính: {said or 'không có'}."


def report(usual: dict[str, Found], crossed: dict[str, Found], large: dict[str, Found], samples: int) -> str:
    """Return the text of weighting_variance.md."""
    people, taken = population("thường").y.size, STRATA * TAKEN
    text = [
        "# Sai số chuẩn sau các bước quyền số (giả lập)",
        "",
        "Số liệu giả lập, do `python -m benchmarks.weighting_variance` làm ra: "
        f"{number(samples, 0)} mẫu, hạt giống {SEED}; quần thể có hạt giống {POPULATION_SEED}.",
        "",
        f"- Quần thể: {number(people, 0)} người, {VILLAGES} thôn, {STRATA} tầng. Mẫu: {taken} thôn, chọn có "
        f"hoàn lại theo quy mô cũ, mỗi thôn {TAKE} người. Xác suất trả lời 40–90 %, tùy giới, tuổi và loại "
        "xã (trung bình 65 %).",
        "- *SE/thật*: căn của phương sai ước lượng trung bình, chia cho độ lệch chuẩn của ước lượng qua các "
        f"mẫu; sai số Monte Carlo khoảng {number(100 / np.sqrt(2 * samples), 1)} %. *Độ phủ* của khoảng "
        f"95 %: sai số Monte Carlo {number(100 * np.sqrt(0.95 * 0.05 / samples), 1)} %.",
        "- *Quyền số cố định*: quyền số cuối là một cột như đã biết trước. *Như R*: quyền số sau bước không "
        "trả lời coi là đã biết, hiệu chỉnh tuyến tính hóa ở quyền số trước bước đó "
        "(`linearisation=\"base\"`, `estimated=False`).",
        "- (b), (f), (g) hiệu chỉnh ngay quyền số của người trả lời; (g) giữ tỷ số không dưới 0,1. (c), (d), "
        "(f), (g) có mô hình trả lời gần đúng, nên có thể chệch.",
        f"- {refused(usual)}",
        "",
        *(line for s, name in enumerate(STATISTICS)
          for line in (f"## {name[0].upper()}{name[1:]}", "", *lines(usual, s, "thường"), "")),
        "## Khi câu trả lời chỉ tùy hai biến chéo nhau",
        "",
        "Trung bình, ở một quần thể mà biên giải thích được ít: hệ số hồi quy ở quyền số cũ và mới khác nhau "
        f"nhiều hơn, nên đây là chỗ cách của R khác cách ở đây. Với {taken} thôn, tuyến tính hóa cho sai số "
        f"chuẩn hơi nhỏ vì các hệ số được ước lượng từ ít thôn; với {STRATA * LARGE} thôn thì hết, còn cách "
        "của R vẫn lớn. GREG ở đây tự nó chệch: quyền số tuyến tính không phải nghịch đảo của xác suất trả "
        "lời.",
        "",
        f"{taken} thôn, {number(samples, 0)} mẫu. {refused(crossed)}",
        "",
        *lines(crossed, 0, "chéo"),
        "",
        f"{STRATA * LARGE} thôn, {number(len(large['b'].estimate), 0)} mẫu (sai số Monte Carlo "
        f"{number(100 / np.sqrt(2 * len(large['b'].estimate)), 1)} %). {refused(large)}",
        "",
        *lines(large, 0, "chéo"),
    ]  # fmt: skip
    return "\n".join(text) + "\n"


def main(arguments: Iterable[str] | None = None) -> None:
    """Simulate, and write the tables if the samples are as many as they say."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=int, default=SAMPLES)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args(None if arguments is None else list(arguments))
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # of the processes: each has one sample at a time
    usual = simulate(asked.samples, jobs=asked.jobs)
    crossed = simulate(asked.samples, CROSSED, setting="chéo", statistics=1, jobs=asked.jobs)
    few = max(2, round(asked.samples * LARGE_SAMPLES / SAMPLES))
    large = simulate(few, CROSSED, setting="chéo", statistics=1, taken=LARGE, jobs=asked.jobs)
    text = report(usual, crossed, large, asked.samples)
    print(text)
    if asked.samples == SAMPLES:
        write(TABLE, text)


if __name__ == "__main__":
    main()
