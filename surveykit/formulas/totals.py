"""Where rows meet domains: weighted sums of columns for each occupied (unit, domain) cell."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from surveykit.formulas.arrays import Array, Codes, cross, runs, sum_by, sum_runs


class Column(NamedTuple):
    """One column of a statistic.

    ``values`` (n,) with 0 where missing, or None for a column of ones; ``missing`` the row numbers
    without an answer.
    """

    values: Array | None
    missing: Codes


class Cells(NamedTuple):
    """Occupied (unit, domain) pairs, ordered by domain, then unit.

    ``row`` (n,) cell of each row, −1 outside; ``unit``, ``domain`` (C,) codes of each cell;
    ``P`` units, ``D`` domains.
    """

    row: Codes
    unit: Codes
    domain: Codes
    P: int
    D: int

    @property
    def starts(self) -> Codes:
        """(D,) first cell of each domain; every domain has one."""
        return runs(self.domain)


def make_cells(unit: Codes, domain: Codes, P: int, D: int) -> Cells:
    """Find the occupied cells of rows with a unit and a domain (−1: outside)."""
    row, cell_domain, cell_unit = cross(domain, unit, P)
    return Cells(row, cell_unit, cell_domain, P, D)


class Weigher:
    """Weighted sums by cell, for one weight and one set of cells.

    One sparse matrix (C × n) holds the weights, a column a row of the data, so that making it costs nothing
    and a column of a statistic costs one product with it. Rows outside every cell have weight 0.
    """

    def __init__(self, cells: Cells, w: Array) -> None:
        C, n = cells.unit.size, w.size
        self.all_inside = bool(cells.row.min() >= 0 and w.min() > 0)
        cell, weight = cells.row, w
        if not self.all_inside:
            keep = (cells.row >= 0) & (w != 0)
            cell, weight = np.where(keep, cell, 0), np.where(keep, w, 0.0)
        self.cells = cells
        self.w = w
        pointer = np.arange(n + 1, dtype=np.int32)
        self.matrix = sp.csc_matrix((weight, cell.astype(np.int32), pointer), shape=(C, n))
        self.weight = sum_by(cell, weight, C)
        self.rows: Codes = np.bincount(cell if self.all_inside else cells.row[keep], minlength=C)

    def missing(self, column: Column) -> Codes:
        """Rows of the cells that have no answer in this column."""
        rows = column.missing
        if self.all_inside:
            return rows
        inside: Codes = rows[(self.cells.row[rows] >= 0) & (self.w[rows] != 0)]
        return inside

    def answers(self, column: Column) -> Codes:
        """(C,) number of rows with an answer."""
        rows = self.missing(column)
        if rows.size == 0:
            return self.rows
        lost = np.bincount(self.cells.row[rows], minlength=self.rows.size)
        return self.rows - lost

    def total(self, column: Column) -> Array:
        """(C,) weighted sum of one column."""
        if column.values is not None:
            out: Array = self.matrix @ column.values
            return out
        rows = self.missing(column)
        if rows.size == 0:
            return self.weight
        lost = sum_by(self.cells.row[rows], self.w[rows], self.weight.size)
        held = self.rows > np.bincount(self.cells.row[rows], minlength=self.rows.size)
        return np.asarray(np.where(held, self.weight - lost, 0.0))

    def by_level(self, levels: Codes, count: int) -> Array:
        """(C, 1 + count) sums of the weights of all who have a level (n,), −1 for none, and of each level."""
        C = self.weight.size
        place = np.multiply(self.matrix.indices, count + 1, dtype=np.intp)
        place += levels
        place += 1  # those without a level come first
        S = sum_by(place, self.matrix.data, C * (count + 1)).reshape(C, count + 1)
        S[:, 0] = S[:, 1:].sum(axis=1)
        return S

    def totals(self, columns: Iterable[Column]) -> Array:
        """(C, c) weighted sums of the columns."""
        return np.column_stack([self.total(column) for column in columns])


def by_domain(cells: Cells, S: Array) -> Array:
    """(D, …) sums over the cells of each domain."""
    return sum_runs(S, cells.starts)
