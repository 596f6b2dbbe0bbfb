r"""Quadratic forms by their structure: a sparse part, and what strata add as a product of few columns.

.. math:: \Omega = S + L K L'

with S (U, U) sparse, L (U, r) one or two columns a stratum, and K (r, r) small. Most forms of unequal
chances, simple random sampling, and both phases of a two-phase sample are of this kind, so that nothing n × n
is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from surveykit.formulas.arrays import Array, Codes


@dataclass(frozen=True, repr=False, eq=False)
class Omega:
    """A symmetric form Ω = S + L K L' over U units.

    Attributes
    ----------
    sparse : (U, U) S
    left : (U, r) L
    middle : (r, r) K
    """

    sparse: sp.csr_matrix
    left: sp.csr_matrix
    middle: sp.csr_matrix

    def __repr__(self) -> str:
        """Return its size."""
        return f"form of {self.sparse.shape[0]} units, rank {self.left.shape[1]} beside its sparse part"

    def __matmul__(self, M: Any) -> Any:
        """(U, m) Ω M, dense or sparse as M is."""
        return self.sparse @ M + self.left @ (self.middle @ (self.left.T @ M))

    def squares(self, Z: sp.csr_matrix) -> Array:
        """(D,) z' Ω z of each column of Z (U, D), sparse."""
        sums = (self.left.T @ Z).tocsr()
        own = Z.multiply(self.sparse @ Z).sum(axis=0) + sums.multiply(self.middle @ sums).sum(axis=0)
        return np.asarray(own, dtype=float).ravel()

    def form(self, T: Any) -> Array:
        """(m, m) T' Ω T for T (U, m), dense or sparse."""
        sums = self.left.T @ T
        out = T.T @ (self.sparse @ T) + sums.T @ (self.middle @ sums)
        return np.asarray(out.toarray() if sp.issparse(out) else out)

    def diagonal(self) -> Array:
        """(U,) the diagonal of Ω."""
        low = (self.left @ self.middle).multiply(self.left).sum(axis=1)
        return np.asarray(self.sparse.diagonal() + np.asarray(low).ravel())

    def dense(self) -> Array:
        """(U, U) Ω written out, for few units."""
        return np.asarray(self.sparse.toarray() + (self.left @ self.middle @ self.left.T).toarray())

    def same(self, other: Omega | None) -> bool:
        """Whether another form has the same parts."""
        if other is None:
            return False
        pairs = ((self.sparse, other.sparse), (self.left, other.left), (self.middle, other.middle))
        return all(a.shape == b.shape and (a != b).nnz == 0 for a, b in pairs)

    def scaled(self, by: Array) -> Omega:
        """Return diag(by) Ω diag(by) for ``by`` (U,)."""
        D = sp.diags(by).tocsr()
        return Omega((D @ self.sparse @ D).tocsr(), (D @ self.left).tocsr(), self.middle)

    def lifted(self, unit: Codes) -> Omega:
        """Return the form of units below, ``unit`` (n,) the unit of each: Ω[unit, unit]."""
        U = self.sparse.shape[0]
        if unit.size == U and (unit == np.arange(U)).all():
            return self
        A = indicator(unit, U)
        left = sp.hstack([A, A @ self.left]).tocsr()
        none = sp.csr_matrix((unit.size, unit.size))
        return Omega(none, left, sp.block_diag([self.sparse, self.middle]).tocsr())


def indicator(codes: Codes, count: int) -> sp.csr_matrix:
    """(n, count) one column a code; rows with −1 are empty."""
    rows = np.flatnonzero(codes >= 0)
    return sp.csr_matrix((np.ones(rows.size), (rows, codes[rows])), shape=(codes.size, count))


def only_sparse(S: sp.csr_matrix) -> Omega:
    """Return a form that is its sparse part."""
    return Omega(S, sp.csr_matrix((S.shape[0], 0)), sp.csr_matrix((0, 0)))


def added(forms: list[Omega]) -> Omega:
    """Return the sum of forms of the same units."""
    S = forms[0].sparse
    for form in forms[1:]:
        S = S + form.sparse
    left = sp.hstack([form.left for form in forms]).tocsr()
    return Omega(S.tocsr(), left, sp.block_diag([form.middle for form in forms]).tocsr())


def centred(a: Array, n: Array | Codes, stratum: Codes) -> Omega:
    r"""Form of equal chances by stratum: :math:`\sum_h a_h \sum_{i \in h} (z_i - \bar z_h)^2`.

    Parameters
    ----------
    a : (H,) factor of the sum of squares
    n : (H,) units of the stratum
    stratum : (U,) stratum of each unit, −1 outside

    Examples
    --------
    >>> centred(np.array([1.0]), np.array([2]), np.array([0, 0])).dense()
    array([[ 0.5, -0.5],
           [-0.5,  0.5]])
    """
    own = np.where(stratum >= 0, a[np.maximum(stratum, 0)], 0.0)
    K = sp.diags(-a / np.maximum(n, 1)).tocsr()
    return Omega(sp.diags(own).tocsr(), indicator(stratum, a.size), K)
