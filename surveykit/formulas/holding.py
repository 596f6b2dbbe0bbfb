"""Which units hold which estimate, for degrees of freedom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from surveykit.formulas.arrays import Array, Codes, Mask, runs

MANY = 1_000_000  # pairs looked up at once
BLOCK = 256  # columns of a pattern worked on at once


class Holding(NamedTuple):
    """Which units hold which estimate, for degrees of freedom.

    ``unit``, ``stratum`` (C,) codes of each cell that count for df; ``domain`` (C,);
    ``answered`` (C, q) whether the cell has answers, or None if all have.
    """

    unit: Codes
    stratum: Codes
    domain: Codes
    answered: Mask | None
    q: int

    def distinct(self, codes: Codes, j: int) -> Codes:
        """(D,) distinct codes of each domain among the cells with answers to output j."""
        D = int(self.domain[-1]) + 1
        keep = slice(None) if self.answered is None else self.answered[:, j]
        domain, code = self.domain[keep], codes[keep]
        pairs = domain * (int(codes.max(initial=0)) + 1) + code
        if (pairs[1:] < pairs[:-1]).any():  # strata of a second phase cross the order of units
            pairs = np.unique(pairs)
            domain = pairs // (int(codes.max(initial=0)) + 1)
        starts = runs(pairs)
        return np.bincount(domain[starts], minlength=D)

    def df(self) -> Array:
        """(D, q) units less strata that hold each estimate."""
        return (self._table(self.unit) - self._table(self.stratum)).astype(float)

    def _table(self, codes: Codes) -> Codes:
        if self.answered is None:
            return np.repeat(self.distinct(codes, 0)[:, None], self.q, axis=1)
        return np.column_stack([self.distinct(codes, j) for j in range(self.q)])

    def union(self, rows: Sequence[int]) -> tuple[int, int]:
        """Units and strata that hold any of the estimates d q + j."""
        unit, stratum = self.held(rows)
        return unit.size, stratum.size

    def held(self, rows: Sequence[int]) -> tuple[Codes, Codes]:
        """Codes of the units and of the strata that hold any of the estimates d q + j."""
        picked: list[Codes] = []
        for k in rows:
            d, j = divmod(int(k), self.q)
            a, b = np.searchsorted(self.domain, [d, d + 1])
            part = np.arange(a, b)
            picked.append(part if self.answered is None else part[self.answered[a:b, j]])
        keep = np.concatenate(picked) if picked else np.zeros(0, dtype=np.intp)
        return np.unique(self.unit[keep]), np.unique(self.stratum[keep])

    def unions(self, L: sp.csc_matrix) -> Array:
        """(m,) units less strata that hold any of the estimates of each combination L (k, m)."""
        picked = sp.csc_matrix((np.ones(L.nnz), L.indices, L.indptr), shape=L.shape)
        return self._distinct(self.unit, picked) - self._distinct(self.stratum, picked)

    def _distinct(self, codes: Codes, picked: sp.csc_matrix) -> Array:
        """(m,) distinct codes in the union of the estimates of each column; for pairs |A| + |B| − |A ∩ B|."""
        cell, j = np.nonzero(
            np.ones((codes.size, self.q), dtype=bool) if self.answered is None else self.answered
        )
        shape = (int(codes.max(initial=0)) + 1, picked.shape[0])
        held = sp.csc_matrix((np.ones(cell.size), (codes[cell], self.domain[cell] * self.q + j)), shape=shape)
        held.data[:] = 1.0
        if (np.diff(picked.indptr) == 2).all() and picked.shape[1] > 1:
            a, b = picked.indices[::2], picked.indices[1::2]
            both = (held.T @ held).tocsr()
            own = both.diagonal()
            shared = np.concatenate(
                [np.asarray(both[a[i : i + MANY], b[i : i + MANY]]).ravel() for i in range(0, a.size, MANY)]
            )
            out: Array = own[a] + own[b] - shared
            return out
        parts = [(held @ picked[:, i : i + BLOCK]).getnnz(axis=0) for i in range(0, picked.shape[1], BLOCK)]
        return np.concatenate(parts).astype(float)

    def union_all(self) -> tuple[int, int]:
        """Units and strata that hold any estimate at all."""
        keep = slice(None) if self.answered is None else self.answered.any(axis=1)
        units, strata = (int(np.count_nonzero(np.bincount(x[keep]))) for x in (self.unit, self.stratum))
        return units, strata
