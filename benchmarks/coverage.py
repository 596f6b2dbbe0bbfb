"""Coverage of 95 % intervals of a share on synthetic samples (giả lập): how often the truth is inside.

    python -m benchmarks.coverage                   # 2,000 samples a cell; writes benchmarks/coverage.md
    python -m benchmarks.coverage --samples 200     # a look, nothing written

Two situations. "Một xã": a survey of one commune, a design of its own. "Tỉnh": a design with 15 communes,
each estimated from its own villages (communes as PSUs with villages below, or as strata, which is the same),
the correlation within villages unlike from commune to commune. The adults of a village agree more than
chance: its share is drawn from a beta distribution around that of the commune. Samples in which all agree
are counted as they come.

So many samples are worked out on counts by village with the formulas the package uses;
tests/simulations/test_coverage.py checks that the public call gives the same limits.
"""

from __future__ import annotations

import argparse
import itertools
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from sampling.format import number
from surveykit.formulas import intervals
from surveykit.formulas.statistics import divide
from surveykit.infer import FEW_PSUS

TABLE = Path(__file__).with_name("coverage.md")
LEVEL, SAMPLES = 0.95, 2000
SHARES = (0.5, 0.7, 0.8, 0.9, 0.95, 0.98)
VILLAGES = (4, 6, 10, 20)
ICCS = (0.0, 0.02, 0.05, 0.1, 0.2)
EACH = 3  # communes of a province with the same correlation
TAKES = (
    "8",
    "8 phiếu, trả lời 80 %",
    "3–16",
    "3–16, quyền số 0,5–2",
)  # adults a village, weights of villages
ASKED = TAKES[:2]  # the aim is set for these
PEERS = ("wald", "logit", "wilson", "beta", "likelihood")  # as R survey defines them
AIM, MEAN_AIM = 0.93, (0.95, 0.975)


class Sample(NamedTuple):
    """Samples of one design: ``take``, ``yes`` (samples, communes, villages) and ``weight`` of the adults."""

    take: np.ndarray
    yes: np.ndarray
    weight: np.ndarray


class Parts(NamedTuple):
    """What an interval is made of, (samples, communes): share, variance, answers, df, K, b, pooled ρ."""

    p: np.ndarray
    v: np.ndarray
    n: np.ndarray
    df: np.ndarray
    K: np.ndarray
    b: np.ndarray
    rho: np.ndarray


class Cell(NamedTuple):
    """One cell of the table: coverage and mean width of each method, over so many intervals."""

    situation: str
    p: float
    villages: int
    takes: str
    icc: float
    intervals: int
    coverage: dict[str, float]
    width: dict[str, float]

    @property
    def least(self) -> float:
        """93 % less two Monte Carlo standard errors."""
        return AIM - 2 * float(np.sqrt(AIM * (1 - AIM) / self.intervals))


def draw(
    rng: np.random.Generator, p: float, iccs: Sequence[float], villages: int, takes: str, samples: int
) -> Sample:
    """Draw samples of a design whose communes have the share p and these correlations."""
    shape = (samples, len(iccs), villages)
    take = np.full(shape, 8) if takes in ASKED else rng.integers(3, 17, shape)
    if takes == TAKES[1]:
        take = np.maximum(rng.binomial(take, 0.8), 1)
    weight = rng.uniform(0.5, 2, shape) if takes == TAKES[3] else np.ones(shape)
    icc = np.maximum(np.broadcast_to(np.array(iccs)[:, None], shape), 1e-9)
    share = rng.beta(p * (1 - icc) / icc, (1 - p) * (1 - icc) / icc)
    return Sample(take, rng.binomial(take, share), weight)


def parts(sample: Sample) -> Parts:
    """Work out share, variance and the parts of the "auto" interval; strata are the communes."""
    take, yes, w = sample
    m, n, W = take.shape[-1], take.sum(axis=-1), (w * take).sum(axis=-1)
    p = (w * yes).sum(axis=-1) / W
    z = w * (yes - p[..., None] * take) / W[..., None]
    v = m / (m - 1) * (z**2).sum(axis=-1)
    K = n * (w**2 * take).sum(axis=-1) / W**2
    b = (take**2).sum(axis=-1) / n
    D = divide(v.sum(axis=1), (p * (1 - p) / n).sum(axis=1))
    mean_K, mean_b = ((n * x).sum(axis=1) / n.sum(axis=1) for x in (K, b))
    few = p.shape[1] == 1 and m < FEW_PSUS
    rho = intervals.pooled_rho(D, mean_K, mean_b, few=few)[0]
    return Parts(
        p, v, n.astype(float), np.full(p.shape, m - 1.0), K, b, np.repeat(rho[:, None], p.shape[1], 1)
    )


def limits(of: Parts, method: str) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper limits by a method; NaN where it has none."""
    if method != "auto":
        flat = (x.ravel() for x in (of.p, of.v, of.n, of.df))
        low, high = intervals.limits(method, *flat, LEVEL, cap=False)
        return low.reshape(of.p.shape), high.reshape(of.p.shape)
    deff = intervals.auto_effect(of.p, of.v, of.n, of.df, of.K, of.b, of.rho)
    return intervals.wilson(of.p, of.n / deff, intervals.quantile(of.df + 8, LEVEL))


def judge(
    situation: str,
    p: float,
    villages: int,
    takes: str,
    iccs: Sequence[float],
    of: Parts,
    methods: Sequence[str],
) -> Iterator[Cell]:
    """Count, for each correlation, the intervals that hold p; one that is not there misses, with width 0."""
    found = {method: limits(of, method) for method in methods}
    for icc in dict.fromkeys(iccs):
        columns = [c for c, own in enumerate(iccs) if own == icc]
        coverage, width = {}, {}
        for method, (low, high) in found.items():
            a, b = low[:, columns], high[:, columns]
            coverage[method] = float(np.mean((a <= p) & (p <= b)))
            width[method] = float(np.mean(np.nan_to_num(b - a)))
        yield Cell(situation, p, villages, takes, icc, len(of.p) * len(columns), coverage, width)


def simulate(samples: int, methods: Sequence[str] = ("auto",), seed: int = 20250701) -> list[Cell]:
    """Return every cell of the table."""
    cells: list[Cell] = []
    designs = [("một xã", (icc,)) for icc in ICCS] + [("tỉnh", tuple(np.repeat(ICCS, EACH).tolist()))]
    for k, (p, m, takes, (name, iccs)) in enumerate(itertools.product(SHARES, VILLAGES, TAKES, designs)):
        of = parts(draw(np.random.default_rng([seed, k]), p, iccs, m, takes, samples))
        cells += judge(name, p, m, takes, iccs, of, methods)
    return cells


# ---- the published table -----------------------------------------------------------------------------------


def frame(cells: Sequence[Cell]) -> pd.DataFrame:
    """Return the cells as a table, a row each."""
    rows = []
    for cell in cells:
        name = {"situation": cell.situation, "p": cell.p, "villages": cell.villages, "takes": cell.takes}
        row = name | {"icc": cell.icc, "intervals": cell.intervals, "least": cell.least}
        row |= {f"coverage_{method}": value for method, value in cell.coverage.items()}
        rows.append(row | {f"width_{method}": value for method, value in cell.width.items()})
    return pd.DataFrame(rows)


def summary(table: pd.DataFrame, methods: Sequence[str]) -> Iterator[str]:
    """Yield the lines of coverage and width by method."""
    yield "| phương pháp | độ phủ thấp nhất | độ phủ trung bình | số ô không đạt | độ rộng trung bình |"
    yield "|---|---|---|---|---|"
    for method in methods:
        c, width = table[f"coverage_{method}"], table[f"width_{method}"].mean()
        below = int((c < table["least"]).sum())
        cells = [method, number(c.min(), 3), number(c.mean(), 3), str(below), number(width, 3)]
        yield f"| {' | '.join(cells)} |"


def detail(table: pd.DataFrame, methods: Sequence[str]) -> Iterator[str]:
    """Yield the lines by situation, share and villages, over takes and correlations."""
    heads = [f"{m} thấp nhất" for m in methods] + [f"rộng {m}" for m in methods]
    yield f"| tình huống | p | số thôn | auto trung bình | {' | '.join(heads)} |"
    yield "|" + "---|" * (4 + 2 * len(methods))
    for (situation, p, villages), part in table.groupby(["situation", "p", "villages"], sort=False):
        cells = [str(situation), number(p, 2), str(villages), number(part["coverage_auto"].mean(), 3)]
        cells += [number(part[f"coverage_{m}"].min(), 3) for m in methods]
        cells += [number(part[f"width_{m}"].mean(), 3) for m in methods]
        yield f"| {' | '.join(cells)} |"


def report(table: pd.DataFrame, samples: int) -> str:
    """Return the text of coverage.md."""
    methods = ("auto", *PEERS)
    asked = table[table["takes"].isin(ASKED)]
    unequal, harder = (table[table["takes"] == name] for name in TAKES[2:])
    lines = [
        "# Độ phủ của khoảng tin cậy 95 % của một tỷ lệ (giả lập)",
        "",
        f"Số liệu giả lập, do `python -m benchmarks.coverage` làm ra: {number(samples, 0)} mẫu cho mỗi ô, "
        f"{len(table)} ô.",
        "",
        "- *Một xã*: điều tra một xã, là một thiết kế riêng. "
        f"*Tỉnh*: {EACH * len(ICCS)} xã trong một thiết kế, mỗi xã ước lượng từ các thôn của nó (xã là "
        "PSU, dưới xã là thôn; hoặc xã là tầng: kết quả như nhau), tương quan trong thôn khác nhau giữa các "
        "xã.",
        f"- p = {listed(SHARES)}; {', '.join(map(str, VILLAGES))} thôn; tương quan nội thôn {listed(ICCS)}.",
        "- Mẫu mà mọi người trả lời như nhau vẫn tính; phương pháp không cho khoảng ở đó thì tính là trượt, "
        "độ rộng 0.",
        "- *auto* là khoảng mặc định của `proportion`; các phương pháp khác theo định nghĩa của R `survey` "
        "(*beta* là Korn–Graubard theo R), trên cùng thiết kế.",
        "",
        "Đòi hỏi: mỗi ô ít nhất 93 % trừ hai sai số Monte Carlo; trung bình các ô 95–97,5 %.",
        "",
        f"## {len(asked)} ô theo đòi hỏi: mỗi thôn 8 người, hoặc 8 phiếu mà 80 % trả lời",
        "",
        *summary(asked, methods),
        "",
        f"## {len(unequal)} ô khó hơn: mỗi thôn 3–16 người",
        "",
        "Ngoài đòi hỏi; in ra để biết giới hạn. Ô thấp nhất có tương quan nội thôn 0,2.",
        "",
        *summary(unequal, methods),
        "",
        f"## {len(harder)} ô khó hơn nữa: 3–16 người, quyền số của thôn từ 0,5 đến 2",
        "",
        *summary(harder, methods),
        "",
        "## Theo tình huống, tỷ lệ và số thôn (các ô theo đòi hỏi)",
        "",
        "Thấp nhất và trung bình lấy trên các ô cùng tình huống, tỷ lệ, số thôn. Mọi ô: `coverage.csv`.",
        "",
        *detail(asked, methods),
    ]
    return "\n".join(lines) + "\n"


def listed(values: Sequence[float]) -> str:
    """Return numbers as text, with decimal commas."""
    return "; ".join(number(v, 2) for v in values)


def write(path: Path, text: str) -> None:
    """Write a file whole, or not at all."""
    part = path.with_suffix(path.suffix + ".part")
    part.write_text(text, encoding="utf-8", newline="\n")
    os.replace(part, path)


def main() -> None:
    """Simulate, and write the table if the samples are as many as it says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=int, default=SAMPLES)
    samples = parser.parse_args().samples
    table = frame(simulate(samples, ("auto", *PEERS)))
    text = report(table, samples)
    print(text)
    if samples == SAMPLES:
        write(TABLE.with_suffix(".csv"), table.to_csv(index=False, float_format="%.4f", lineterminator="\n"))
        write(TABLE, text)


if __name__ == "__main__":
    main()
