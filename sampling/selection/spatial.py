"""Samples spread over space: the local pivotal method."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..streams import Seed, Tape
from .balanced import chances, matrix_of
from .common import Codes, Selection, arranged

__all__ = ["select_local_pivotal"]

Array = npt.NDArray[np.float64]


def select_local_pivotal(
    units: int | npt.ArrayLike,
    n: int | Mapping[Any, int],
    *,
    seed: Seed,
    coords: npt.ArrayLike | pd.DataFrame,
    size: npt.ArrayLike | None = None,
    within: npt.ArrayLike | None = None,
) -> Selection:
    """Draw n units so that neighbours are seldom drawn together (local pivotal method, LPM2).

    A unit taken at random meets its nearest neighbour, and one of the two is decided, as in the pivotal
    method; the other goes on. The time grows with the square of the units of a parent.

    Parameters
    ----------
    units, n, seed, within : as in `select_srs`
    coords : (N, k)
        Place of each unit, in one unit of length (kilometres rather than degrees), or other columns in which
        near means alike, brought to one scale.
    size : (N,), optional
        For probabilities proportional to size; without it all are alike in a parent.

    Returns
    -------
    Selection

    References
    ----------
    Grafström, Lundström & Schelin (2012), Biometrics 68, 514–520.

    Examples
    --------
    >>> places = [[0], [1], [10], [11], [20], [21], [30], [31]]
    >>> select_local_pivotal(8, 4, seed=1, coords=places).position // 2
    array([0, 1, 2, 3])
    """
    groups = arranged(units, within)
    probability, sure = chances(size, n, groups)
    x = groups.take(matrix_of(coords, groups.N, "coords"))
    tape = Tape(seed)
    drawn = []
    for g in range(groups.start.size - 1):
        own = np.arange(groups.start[g], groups.start[g + 1])
        drawn.append(own[sure[own]])
        own = own[~sure[own]]
        if own.size:
            drawn.append(own[_local(probability[own], x[own], round(float(probability[own].sum())), tape)])
    taken = np.sort(np.concatenate(drawn))
    return Selection(groups.rows(taken), probability[taken], sure[taken])


def _local(pi: Array, x: Array, n: int, tape: Tape) -> Codes:
    """Duel in one group; the units still in play are kept at the front of the arrays."""
    axes = [np.ascontiguousarray(x[:, k]) for k in range(x.shape[1])]
    unit, chance = np.arange(pi.size), pi.copy()
    drawn: list[int] = []
    left = pi.size
    while left > 1:
        i = min(int(tape.next() * left), left - 1)
        j = _nearest(axes, unit, i, left)
        a, b, u = float(chance[i]), float(chance[j]), tape.next()
        s = a + b
        if s < 1:
            out, a, b = (i, 0.0, s) if u * s < b else (j, s, 0.0)
        elif u * (2 - s) < 1 - b:  # the first is drawn
            drawn.append(int(unit[i]))
            out, b = i, s - 1
        else:
            drawn.append(int(unit[j]))
            out, a = j, s - 1
        chance[i], chance[j] = a, b
        left = _remove(out, left, unit, chance, axes)
    if len(drawn) < n:  # the last one has what is left of n, 1 but for rounding
        drawn.append(int(unit[0]))
    return np.sort(np.array(drawn, dtype=np.intp))


def _nearest(axes: list[Array], unit: Codes, i: int, left: int) -> int:
    """Place of the unit nearest to i among those in play; of equally near ones the first in the list."""
    square = np.zeros(left)
    for axis in axes:
        gap = axis[:left] - axis[i]
        square = square + gap * gap
    square[i] = np.inf
    near = np.flatnonzero(square == square.min())
    return int(near[np.argmin(unit[near])])


def _remove(place: int, left: int, unit: Codes, chance: Array, axes: list[Array]) -> int:
    last = left - 1
    unit[place], chance[place] = unit[last], chance[last]
    for axis in axes:
        axis[place] = axis[last]
    return last
