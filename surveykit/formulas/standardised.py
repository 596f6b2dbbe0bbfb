r"""Directly standardised means, :math:`\sum P_k \bar y_k` over cells (Fleiss, Levin & Paik 2003, ch. 19)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from surveykit.formulas.arrays import Array, Codes, sum_by
from surveykit.formulas.statistics import divide
from surveykit.formulas.totals import Column


@dataclass(frozen=True)
class Standardised:
    """Mean with the cells in given shares.

    ``y`` (n,) values, 0 where missing; ``cell`` (n,) code of each row; ``missing`` rows without an answer or
    a cell; ``shares`` (K,) that sum to 1.
    """

    y: Array
    cell: Codes
    missing: Codes
    shares: Array

    def columns(self) -> Iterator[Column]:
        """Yield for each cell with a share ones, then y."""
        answered = np.ones(self.y.size, dtype=bool)
        answered[self.missing] = False
        for k in np.flatnonzero(self.shares):
            own = answered & (self.cell == k)
            yield Column(own.astype(float), self.missing)
            yield Column(np.where(own, self.y, 0.0), self.missing)

    def value(self, T: Array) -> Array:
        """Return the standardised mean, NaN where a cell has no answers."""
        return np.asarray(divide(T[..., 1::2], T[..., ::2]) @ self.shares[self.shares != 0])[..., None]

    def jacobian(self, T: Array) -> Array:
        """(D, 1, 2 K) derivative by the totals of cells with a share."""
        N, shares = T[:, ::2], self.shares[self.shares != 0]
        mean = divide(T[:, 1::2], N)
        out = np.empty((len(T), 1, T.shape[1]))
        out[:, 0, ::2] = divide(-shares * mean, N)
        out[:, 0, 1::2] = divide(np.broadcast_to(shares, N.shape), N)
        return out


def cell_shares(cell: Codes, w: Array, K: int) -> Array:
    """(K,) shares of the cells in the weights, rows without a cell left out.

    Examples
    --------
    >>> cell_shares(np.array([0, 1, -1]), np.array([1.0, 3.0, 9.0]), 2)
    array([0.25, 0.75])
    """
    inside = cell >= 0
    sums = sum_by(cell[inside], w[inside], K)
    return np.asarray(sums / sums.sum())
