"""Balanced samples: the cube method, whose samples keep the totals of known columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..checks import ArgumentError, DataError
from ..streams import Seed, Tape
from .common import Codes, Groups, Selection, arranged, no_missing, sized, wanted_by_group

__all__ = ["chances", "matrix_of", "select_cube"]

Array = npt.NDArray[np.float64]
CLOSE = 1e-9  # a probability this near to 0 or 1 has arrived there
ZERO = 1e-10  # a pivot this small, against columns of size 1, is rounding error


def select_cube(
    units: int | npt.ArrayLike,
    n: int | Mapping[Any, int],
    *,
    seed: Seed,
    balance: npt.ArrayLike | pd.DataFrame,
    size: npt.ArrayLike | None = None,
    within: npt.ArrayLike | None = None,
) -> Selection:
    r"""Draw n units so that the weighted totals of known columns come out as in the population (cube method).

    In the flight phase the probabilities walk at random, keeping :math:`\sum_i x_i \pi_i^* / \pi_i` for every
    column x, until no more units than columns are undecided; the number of units is a column of its own.
    In the landing phase the columns are given up one after another, the last named first, and the number of
    units never.

    Parameters
    ----------
    units, n, seed, within : as in `select_srs`; each parent is balanced by itself
    balance : (N, p)
        Columns to balance on, the most important first.
    size : (N,), optional
        For probabilities proportional to size; without it all are alike in a parent.

    Returns
    -------
    Selection

    Raises
    ------
    ArgumentError, DataError
        Values are missing, infinite or not numbers, or there are too few rows.

    References
    ----------
    Deville & Tillé (2004), Biometrika 91, 893–912; Chauvet & Tillé (2006), Computational Statistics 21.

    Examples
    --------
    >>> x = np.arange(12.0)
    >>> drawn = select_cube(12, 4, seed=1, balance=x[:, None])
    >>> float((x[drawn.position] / drawn.probability).sum()), x.sum()
    (66.0, np.float64(66.0))
    """
    groups = arranged(units, within)
    probability, sure = chances(size, n, groups)
    x = groups.take(matrix_of(balance, groups.N, "balance"))
    tape = Tape(seed)
    drawn = []
    for g in range(groups.start.size - 1):
        own = np.arange(groups.start[g], groups.start[g + 1])
        drawn.append(own[sure[own]])
        own = own[~sure[own]]
        if own.size:
            drawn.append(own[_cube(probability[own], x[own], tape)])
    taken = np.sort(np.concatenate(drawn))
    return Selection(groups.rows(taken), probability[taken], sure[taken])


def chances(
    size: npt.ArrayLike | None, n: int | Mapping[Any, int], groups: Groups
) -> tuple[Array, npt.NDArray[np.bool_]]:
    """(N,) inclusion probabilities, proportional to size or all alike, and which units are certain."""
    wanted = wanted_by_group(n, groups)
    if size is None:
        share = (wanted / np.diff(groups.start))[groups.codes()]
        return share, share == 1
    sizes = sized(size, wanted, groups)
    sure = np.zeros(groups.N, dtype=bool) if sizes.sure is None else sizes.sure
    return sizes.probability(groups, np.arange(groups.N)), sure


def matrix_of(values: Any, count: int, argument: str) -> Array:
    """(N, p) numbers of every unit, none missing."""
    table = pd.DataFrame(values)
    if len(table) != count:
        raise ArgumentError(
            f"{argument} has {len(table)} rows for {count} units. Pass one row for each unit."
        )
    for name, column in table.items():
        what = argument if isinstance(name, int) else f"{argument}[{name!r}]"
        no_missing(column, what)
        if not pd.api.types.is_numeric_dtype(column.dtype):
            raise TypeError(
                f"{what} holds {column.iloc[0]!r}, and it must be a number. Turn it into numbers."
            )
    out = table.to_numpy(np.float64)
    if not np.isfinite(out).all():
        raise DataError(
            f"{argument} holds an infinite value. Correct it, or leave the unit out of the frame."
        )
    return out


def _cube(pi: Array, x: Array, tape: Tape) -> Codes:
    """Draw in one group; rows are taken up in random order."""
    columns = np.column_stack([np.ones(pi.size), x / pi[:, None]])
    scale = np.abs(columns).max(axis=0)
    columns = columns / np.where(scale > 0, scale, 1.0)
    key = np.array([tape.next() for _ in range(pi.size)])
    queue = np.argsort(key, kind="stable")[::-1].tolist()
    rows, chance = columns.tolist(), pi.tolist()
    for p in range(columns.shape[1], 0, -1):
        queue = _flight(queue, rows, chance, p, tape)
    for i in queue:  # one unit may be left by rounding, or where the probabilities do not add up to a whole
        chance[i] = 1.0 if tape.next() < chance[i] else 0.0
    return np.flatnonzero(np.array(chance) > 0.5)


def _flight(queue: list[int], rows: list[list[float]], chance: list[float], p: int, tape: Tape) -> list[int]:
    """Walk with the first p columns kept until no direction is left; return the units still undecided.

    At most p + 1 units are in play, so that a direction is found by elimination in a small table.
    """
    queue = list(queue)
    rows = [row[:p] for row in rows]
    window: list[int] = []
    while True:
        while queue and len(window) <= p:
            window.append(queue.pop())
        direction = _direction([rows[i] for i in window], p)
        if direction is None:
            return window[::-1]
        up = down = float("inf")
        for i, v in zip(window, direction, strict=True):
            if not v:
                continue
            c = chance[i]
            ahead, back = ((1 - c) / v, c / v) if v > 0 else (-c / v, (c - 1) / v)
            if ahead < up:
                up = ahead
            if back < down:
                down = back
        step = up if tape.next() * (up + down) < down else -down
        still = []
        for i, v in zip(window, direction, strict=True):
            c = chance[i] + step * v
            chance[i] = 0.0 if c < CLOSE else 1.0 if c > 1 - CLOSE else c
            if 0.0 < chance[i] < 1.0:
                still.append(i)
        window = still


def _direction(rows: list[list[float]], p: int) -> list[float] | None:
    """Find v, not 0, with Σ v_i rows_i = 0; None if there is none. Elimination with the largest pivot."""
    A = [list(column) for column in zip(*rows, strict=True)]
    free = -1
    for c in range(len(rows)):
        best, most = -1, ZERO
        for i in range(c, p):
            size = abs(A[i][c])
            if size > most:
                best, most = i, size
        if best < 0:
            free = c
            break
        A[c], A[best] = A[best], A[c]
        top = A[c]
        pivot, tail = top[c], top[c + 1 :]
        for row in A[c + 1 :]:
            f = row[c] / pivot
            row[c + 1 :] = [x - f * y for x, y in zip(row[c + 1 :], tail, strict=False)]
    if free < 0:
        return None
    v = [0.0] * len(rows)
    v[free] = 1.0
    for i in range(free - 1, -1, -1):
        row = A[i]
        s = row[free]
        for k in range(i + 1, free):
            s += row[k] * v[k]
        v[i] = -s / row[i]
    return v
