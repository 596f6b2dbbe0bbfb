"""Coverage of 95 % intervals on synthetic samples (giả lập): how often the true share lies inside.

    python benchmarks/coverage.py --samples 2000      # the published table, benchmarks/coverage.md

Two situations. *Communes*: a province of 16 communes, each estimated from its own villages (the domains lie
inside first-stage units). *One commune*: a survey of a single commune. Villages differ by a beta distribution
around the commune's share with the stated intraclass correlation; 8 adults a village, or takes of 3 to 16.
Samples in which all agree are counted as they come.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import surveykit as sv

SHARES = (0.5, 0.8, 0.9, 0.95, 0.98)
VILLAGES = (4, 8, 20)
ICC = (0.0, 0.05, 0.1, 0.2)  # communes of a province take turns
COMMUNES = 16
R_METHODS = ("wald", "logit", "wilson", "beta")
LEVEL = 0.95


class Cell(NamedTuple):
    """One row of the table: share of intervals that hold the truth, their number, mean width by method."""

    kind: str
    p: float
    villages: int
    takes: str
    coverage: dict[str, float]
    width: dict[str, float]
    intervals: int
    samples: int


def people(rng: np.random.Generator, p: float, villages: int, takes: str, icc: np.ndarray) -> pd.DataFrame:
    """Return one sample: a row a person, communes c, villages v, answer y."""
    c = np.repeat(np.arange(icc.size), villages)
    rho = icc[c]
    with np.errstate(divide="ignore"):
        scale = np.where(rho > 0, (1 - rho) / np.where(rho > 0, rho, 1), 1.0)
    share = np.where(rho > 0, rng.beta(p * scale, (1 - p) * scale), p)
    size = np.full(c.size, 8) if takes == "8" else rng.integers(3, 17, c.size)
    v = np.repeat(np.arange(c.size), size)
    y = (rng.random(v.size) < share[v]).astype(np.int8)
    return pd.DataFrame({"c": c[v], "v": v, "y": y})


def simulate(
    kind: str, p: float, villages: int, takes: str, samples: int, seed: int, *, methods: bool
) -> Cell:
    """Draw samples and count the intervals that hold the true share."""
    rng = np.random.default_rng([seed, int(1000 * p), villages, len(takes), len(kind)])
    names = ("auto", *R_METHODS) if methods else ("auto",)
    hits, widths = dict.fromkeys(names, 0), dict.fromkeys(names, 0.0)
    intervals = 0
    for k in range(samples):
        icc = np.resize(np.array(ICC), COMMUNES) if kind == "communes" else np.array([ICC[k % len(ICC)]])
        data = people(rng, p, villages, takes, icc)
        result = estimate(data, kind)
        for name in names:
            ci = result.ci(LEVEL, name)
            low, high = ci["ci_low"].to_numpy(), ci["ci_high"].to_numpy()
            known = ~np.isnan(
                low
            )  # where a method has no interval it holds the estimate only: a miss, width 0
            hits[name] += int(((low <= p) & (high >= p) & known).sum())
            widths[name] += float(np.where(known, high - low, 0.0).sum())
        intervals += len(result.value)
    return Cell(
        kind, p, villages, takes,
        {n: hits[n] / intervals for n in names}, {n: widths[n] / intervals for n in names}, intervals, samples,
    )  # fmt: skip


def estimate(data: pd.DataFrame, kind: str) -> sv.Estimates:
    """Return the share of 1, by the public call."""
    if kind == "communes":
        return sv.proportion(sv.Design(data, sampling="srs", psu=["c", "v"]), "y", value=1, by="c")
    return sv.proportion(sv.Design(data, sampling="srs", psu="v"), "y", value=1)


def cells(
    samples: int, *, seed: int = 20250701, methods: bool = True, shares: tuple[float, ...] = SHARES
) -> list[Cell]:
    """Return every cell of the table."""
    grid = itertools.product(("communes", "one commune"), shares, VILLAGES, ("8", "3–16"))
    return [
        simulate(
            kind,
            p,
            v,
            t,
            samples if kind == "one commune" else max(1, samples // COMMUNES),
            seed,
            methods=methods,
        )
        for kind, p, v, t in grid
    ]


def least(cell: Cell) -> float:
    """Return 93 % less two Monte Carlo standard errors of this cell."""
    return 0.93 - 2 * float(np.sqrt(0.93 * 0.07 / cell.intervals))


def table(found: list[Cell]) -> str:
    """Return the table as Markdown."""
    head = [
        "situation",
        "p",
        "villages",
        "takes",
        "intervals",
        "auto",
        *R_METHODS,
        *(f"width {n}" for n in ("auto", *R_METHODS)),
    ]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for c in found:
        numbers = [f"{c.coverage[n]:.3f}" for n in ("auto", *R_METHODS)]
        widths = [f"{c.width[n]:.3f}" for n in ("auto", *R_METHODS)]
        lines.append(
            "| "
            + " | ".join([c.kind, f"{c.p:g}", str(c.villages), c.takes, str(c.intervals), *numbers, *widths])
            + " |"
        )
    return "\n".join(lines)


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=2000)
    found = cells(parser.parse_args().samples)
    auto = np.array([c.coverage["auto"] for c in found])
    text = (
        "# Coverage of 95 % intervals (giả lập)\n\n"
        'Made by `python benchmarks/coverage.py`. Synthetic samples with a known share; "auto" is the default of '
        "`proportion`, the others are R `survey`'s methods on the same design. A method without an interval (all agree) "
        "counts as a miss of width 0.\n\n"
        f"Least cell {auto.min():.3f}, mean over {auto.size} cells {auto.mean():.4f}; "
        + "; ".join(
            f"{m}: least {min(c.coverage[m] for c in found):.3f}, mean {np.mean([c.coverage[m] for c in found]):.3f}"
            for m in R_METHODS
        )
        + ".\n\n"
        + table(found)
        + "\n"
    )
    path = Path(__file__).with_name("coverage.md")
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, delete=False, suffix=".tmp"
    ) as file:
        file.write(text)
    Path(file.name).replace(path)
    print(text)


if __name__ == "__main__":
    main()
