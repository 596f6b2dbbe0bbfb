"""Blocks of a drawn stage: first-order and joint probabilities of the units drawn together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..joint import joint_probabilities
from ..probabilities import certainty_units, proportional, whole_sizes
from .drawing import Drawn, forced_units, list_order, measure, values_of
from .listing import Units, sized
from .outline import Stage
from .parts import Block, Kind

__all__ = ["LARGEST", "blocks_of", "joint_table", "matrix_of", "with_progress"]

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]

#: Units of a block whose joint probabilities are still written out.
LARGEST = 2000
MANY = 200  # blocks, from which on a draw shows its progress
PATIENCE = 2.0  # seconds before it is shown
INDEPENDENT = ("bernoulli", "poisson")
SPREAD = ("cube", "local_pivotal")
PAIR = (0.5, 0.5)  # probabilities of a population that tells the formula of a method


class Pairs(NamedTuple):
    """What is known of the joint probabilities of a block."""

    kind: Kind
    measurable: bool
    formula: str
    matrix: Array | None


def blocks_of(
    stage: Stage,
    number: int,
    units: Units,
    drawn: Drawn,
    size: str | None,
    wanted: Mapping[str, int],
    *,
    progress: bool,
) -> dict[tuple[int, str], Block]:
    """Return the blocks of a stage by its number from 0 and the stratum or the unit above.

    Parameters
    ----------
    stage, units, drawn : what was drawn, and how
    number : of the stage, from 0
    size : column with the measure of size
    wanted : number drawn by stratum or unit above
    progress : whether to show how far a long draw has come
    """
    count = len(units.labels)
    N = np.bincount(units.parent, minlength=count)
    ends = np.searchsorted(drawn.parent, np.arange(count + 1))
    ids, x = units.id[drawn.position], None
    if stage.method in SPREAD:
        argument, names = (
            ("coords", stage.coords) if stage.method == "local_pivotal" else ("balance", stage.balance)
        )
        x = values_of(units.table.iloc[drawn.position], names, argument, stage)
    plain, population = _pairs(stage.method), None
    if stage.method not in ("srs", *INDEPENDENT, *SPREAD):
        population = Population(stage, units, size)
    blocks = {}
    for g in with_progress(range(count), count if progress and population is not None else 0):
        label, mine = units.labels[g], slice(ends[g], ends[g + 1])
        sure = drawn.certainty[mine]
        if population is None:
            pairs = plain
            if stage.method == "srs":
                pairs = plain._replace(measurable=int((~sure).sum()) != 1 or int(N[g] - sure.sum()) == 1)
        else:
            pairs = population.pairs(g, drawn.position[mine], wanted[label])
        blocks[number, label] = Block(
            ids=tuple(ids[mine]),
            probability=drawn.probability[mine],
            method=stage.method,
            kind=pairs.kind,
            measurable=pairs.measurable,
            formula=pairs.formula,
            joint=pairs.matrix,
            x=None if x is None else x[mine],
            N=int(N[g]),
            certainty=sure,
        )
    return blocks


def _pairs(method: str) -> Pairs:
    """Return what is known of the pairs of a method without its population."""
    known = joint_probabilities(PAIR, method, rows=[0])
    return Pairs(known.kind, method in INDEPENDENT, known.formula, None)


class Population:
    """The units of all blocks in the order in which the design treats them, with their probabilities."""

    def __init__(self, stage: Stage, units: Units, size: str | None) -> None:
        order = list_order(stage, units)
        keys = (units.id.astype(np.str_), units.parent)
        self.rows = np.lexsort(keys if order is None else (keys[0], order, keys[1]))
        self.place = np.empty(self.rows.size, dtype=np.intp)
        self.place[self.rows] = np.arange(self.rows.size)
        self.start = np.searchsorted(units.parent[self.rows], np.arange(len(units.labels) + 1))
        self.forced = forced_units(stage, units)[self.rows]
        self.method = stage.method
        self.whole: npt.NDArray[Any] | None = None
        if size is not None and sized(stage.method):
            self.whole = whole_sizes(measure(units, size, stage).to_numpy())[self.rows]

    def probability(self, g: int, n: int) -> Array:
        """Return the inclusion probabilities of all units of a block, in its order."""
        mine = slice(self.start[g], self.start[g + 1])
        forced = self.forced[mine]
        found, left = np.ones(forced.size), n - int(forced.sum())
        if left:
            if self.whole is None:
                found[~forced] = left / int((~forced).sum())
            else:
                whole = self.whole[mine][~forced]
                found[~forced] = proportional(whole, certainty_units(whole, left), left)
        return found

    def pairs(self, g: int, position: Codes, n: int) -> Pairs:
        """Return what is known of the pairs of the units drawn in a block."""
        probability = self.probability(g, n)
        rows = self.place[position] - self.start[g]
        large = rows.size > LARGEST
        joint = joint_probabilities(probability, self.method, rows=rows[:2] if large else rows)
        keep = joint.kind == "exact" or (joint.kind == "approx" and self.method == "pps_randomised")
        matrix = None
        if keep and not large and joint.matrix is not None:
            matrix = (
                np.triu(joint.matrix) + np.triu(joint.matrix, 1).T
            )  # to the last digit the same both ways
        return Pairs(joint.kind, joint.measurable, joint.formula, matrix)


def joint_table(blocks: Mapping[tuple[int, str], Block], names: list[str]) -> pd.DataFrame:
    """Return a row for each block: how its units were drawn, and what is known of their pairs."""
    rows = [
        (names[s], parent, b.method, b.N, len(b), b.kind, b.formula, b.measurable)
        for (s, parent), b in blocks.items()
    ]
    columns = ["stage", "parent", "method", "N", "n", "joint", "formula", "measurable"]
    return pd.DataFrame(rows, columns=columns)


def matrix_of(block: Block) -> Array | None:
    """Return the joint probabilities of a block, also where they follow from n, N or the first order."""
    if block.joint is not None:
        return block.joint
    pi, sure = block.probability, block.certainty
    if block.kind != "exact" or len(block) > LARGEST:
        return None
    joint: Array = np.outer(pi, pi)
    if block.method == "srs":
        n, N = int((~sure).sum()), block.N - int(sure.sum())
        pair = n * (n - 1) / (N * (N - 1)) if N > 1 else 0.0
        joint[np.ix_(~sure, ~sure)] = pair
    np.fill_diagonal(joint, pi)
    return joint


def with_progress(items: Iterable[int], count: int) -> Iterable[int]:
    """Show how far a long draw has come; a short one says nothing."""
    if count < MANY:
        return items
    from tqdm import tqdm

    return tqdm(items, total=count, delay=PATIENCE, leave=False, desc="Rút mẫu")
