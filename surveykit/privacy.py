"""Small-cell rules of the report and of every exported table.

One settings object says them: an estimate on fewer than 10 answers is hidden, one on 10 to 29 answers carries
a star, and a count below 5 is hidden together with as many other cells as it takes that nobody can work it
out from the totals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from sampling.checks import ArgumentError, DataError, check_columns

__all__ = ["SmallCells", "feasible_range", "hide_counts", "hide_estimates", "mark"]

Mark = Literal["hidden", "star", ""]
Table = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SmallCells:
    """How many answers a number needs before it is shown.

    Parameters
    ----------
    suppress : int
        An estimate on fewer answers is hidden.
    star : int
        An estimate on fewer answers is shown with a star.
    cell : int
        A count below this is hidden.

    Examples
    --------
    >>> SmallCells().mark(9), SmallCells().mark(29), SmallCells().mark(30)
    ('hidden', 'star', '')
    """

    suppress: int = 10
    star: int = 30
    cell: int = 5

    def __post_init__(self) -> None:
        """Refuse limits that contradict each other."""
        if not 0 <= self.suppress <= self.star or self.cell < 0:
            raise ArgumentError(
                f"SmallCells(suppress={self.suppress}, star={self.star}, cell={self.cell}): "
                "suppress must lie between 0 and star, and cell must not be negative."
            )

    def mark(self, n: float) -> Mark:
        """Return how an estimate on n answers is shown; an unknown n is hidden."""
        if not n >= self.suppress:
            return "hidden"
        return "star" if n < self.star else ""


def mark(n: pd.Series[float], rules: SmallCells | None = None) -> pd.Series[str]:
    """Return "hidden", "star" or "" for each number of answers.

    Examples
    --------
    >>> mark(pd.Series([4, 12, 300])).tolist()
    ['hidden', 'star', '']
    """
    rules = rules or SmallCells()
    return n.astype(float).map(rules.mark).astype(object)


def hide_estimates(
    frame: pd.DataFrame, columns: Sequence[str], *, n: str, rules: SmallCells | None = None
) -> pd.DataFrame:
    """Return the frame with the columns emptied in rows that rest on too few answers.

    Parameters
    ----------
    frame : DataFrame
        One row an estimate.
    columns : list of str
        Columns to empty: the estimate, its standard error and its interval.
    n : str
        Column with the number of answers behind the row.
    rules : SmallCells, optional
        The limits.

    Returns
    -------
    DataFrame
        A copy, with a column ``mark`` ("hidden", "star" or "").

    Examples
    --------
    >>> shares = pd.DataFrame({"share": [0.5, 0.8], "n": [6, 40]})
    >>> hide_estimates(shares, ["share"], n="n").to_dict("list")
    {'share': [nan, 0.8], 'n': [6, 40], 'mark': ['hidden', '']}
    """
    check_columns(frame, list(columns), "columns")
    check_columns(frame, n, "n")
    out = frame.copy()
    out["mark"] = mark(out[n], rules)
    out.loc[out["mark"] == "hidden", list(columns)] = np.nan
    return out


def hide_counts(counts: pd.DataFrame, *, total: str, rules: SmallCells | None = None) -> pd.DataFrame:
    """Return a table of counts with its totals, small cells hidden so that they stay hidden.

    Cells below the limit are emptied first. Then, as long as the printed numbers pin such a cell down more
    closely than "below the limit" does, three more cells that make a rectangle with it go too: the rectangle
    that loses the fewest answers.

    Parameters
    ----------
    counts : DataFrame
        Counts without totals, at least one row and one column.
    total : str
        Label of the row and column of totals.
    rules : SmallCells, optional
        The limits.

    Returns
    -------
    DataFrame of Int64
        One row and one column more than ``counts``; hidden cells are missing.

    Examples
    --------
    >>> counts = pd.DataFrame({"Nam": [40, 3, 60], "Nữ": [35, 30, 50]}, index=["1", "2", "3"])
    >>> hide_counts(counts, total="Tổng")
           Nam    Nữ  Tổng
    1     <NA>  <NA>    75
    2     <NA>  <NA>    33
    3       60    50   110
    Tổng   103   115   218
    """
    rules = rules or SmallCells()
    inner = counts.to_numpy(dtype=float)
    if inner.size == 0 or not np.isfinite(inner).all() or (inner < 0).any():
        raise DataError("counts has empty, missing or negative cells. Pass whole numbers of 0 or more.")
    table = with_totals(inner)
    hidden = table < rules.cell
    small = np.argwhere(hidden)
    while (exposed := _first_exposed(table, hidden, small, rules.cell)) is not None:
        partners = _partners(table, hidden, exposed, rules.cell)
        hidden[tuple(zip(*partners, strict=True)) if partners else ...] = True
    out = pd.DataFrame(
        table.astype(np.int64), index=[*counts.index, total], columns=[*counts.columns, total]
    ).astype("Int64")
    return out.mask(hidden)


def with_totals(inner: Table) -> Table:
    """Return an (r, c) table with a row and a column of totals: (r + 1, c + 1)."""
    rows = np.concatenate([inner, inner.sum(axis=1, keepdims=True)], axis=1)
    return np.concatenate([rows, rows.sum(axis=0, keepdims=True)], axis=0)


def feasible_range(table: Table, hidden: npt.NDArray[np.bool_], cell: tuple[int, int]) -> tuple[float, float]:
    r"""Smallest and largest count that a hidden cell can have, given all printed cells.

    The reader knows that every row and column adds up and that no count is negative, a linear programme:

    .. math:: \min\ (\max)\ x_{ij} \quad \text{subject to } \sum_j x_{ij} = x_{i+},\ \sum_i x_{ij} = x_{+j},\
              x \ge 0,\ x = \text{its value where printed}

    Two-way tables are totally unimodular, so the limits are whole numbers.

    Parameters
    ----------
    table : (r + 1, c + 1)
        Counts with totals in the last row and column.
    hidden : (r + 1, c + 1) of bool
        Cells that are not printed.
    cell : (row, column)
        The hidden cell asked for.

    Returns
    -------
    (low, high)
        High is infinite if nothing printed bounds the cell.

    References
    ----------
    Hundepool et al. (2012), Statistical Disclosure Control, ch. 4.
    """
    from scipy.optimize import linprog

    height, width = table.shape
    position = np.arange(table.size).reshape(table.shape)
    sums = np.zeros((height + width, table.size))
    for i in range(height):
        sums[i, position[i]] = [1.0] * (width - 1) + [-1.0]
    for j in range(width):
        sums[height + j, position[:, j]] = [1.0] * (height - 1) + [-1.0]
    bounds = [(0, None) if h else (v, v) for h, v in zip(hidden.ravel(), table.ravel(), strict=True)]
    ends = []
    for sign in (1.0, -1.0):
        goal = np.zeros(table.size)
        goal[position[cell]] = sign
        found = linprog(goal, A_eq=sums, b_eq=np.zeros(height + width), bounds=bounds)
        ends.append(sign * found.fun if found.status == 0 else np.inf)
    return float(ends[0]), float(ends[1])


def _first_exposed(
    table: Table, hidden: npt.NDArray[np.bool_], small: npt.NDArray[np.intp], limit: int
) -> tuple[int, int] | None:
    """Return the first small cell that the printed numbers pin down to fewer than `limit` values."""
    for i, j in small:
        low, high = feasible_range(table, hidden, (int(i), int(j)))
        if high - low < limit - 1 - 1e-6:
            return int(i), int(j)
    return None


def _partners(
    table: Table, hidden: npt.NDArray[np.bool_], cell: tuple[int, int], limit: int
) -> list[tuple[int, int]]:
    """Return the three other corners of the cheapest rectangle that blurs `cell` enough.

    Counts can then move round the rectangle by t without any printed number changing. Rectangles in the body
    go before those with a total; empty if none is left with a printed cell.
    """
    i, j = cell
    height, width = table.shape
    best: tuple[tuple[bool, bool, float], list[tuple[int, int]]] | None = None
    for row in range(height):
        for column in range(width):
            corners = [(i, column), (row, j), (row, column)]
            if row == i or column == j or all(hidden[c] for c in corners):
                continue
            play = min(table[i, column], table[row, j]) + min(table[i, j], table[row, column])
            loss = float(sum(table[c] for c in corners if not hidden[c]))
            rank = (row == height - 1 or column == width - 1, play < limit - 1, loss)
            if best is None or rank < best[0]:
                best = rank, corners
    return best[1] if best else []
