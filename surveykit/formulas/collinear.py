r"""Auxiliaries that are linear combinations of others: which, of which, and with what coefficients.

A column j is a combination of columns S if the weighted least-squares residual is nothing,
:math:`\| x_j - X_S b \|_d < 10^{-9} \| x_j \|_d` with :math:`\|x\|_d^2 = \sum_k d_k x_k^2`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from surveykit.formulas.arrays import Array, Codes, Mask

TOLERANCE = 1e-9  # relative residual, or relative gap of a target, that counts as nothing
SMALL = 1e-7  # relative part of a column below which it takes no part


class Relation(NamedTuple):
    """Column ``j`` is the sum of ``others`` (m,) times ``coefficients`` (m,); none for a column of zeros."""

    j: int
    others: Codes
    coefficients: Array


def collinear(X: Any, d: Array) -> list[Relation]:
    """Return the columns that are combinations of earlier ones.

    Parameters
    ----------
    X : (K, p), dense or sparse
        Auxiliaries of the cells.
    d : (K,) weights of the cells, above 0

    Returns
    -------
    One relation for each column that adds nothing, of the fewest others: one of the columns before it, a
    pair of them, or else those among the independent columns before it that take part (these are unique).

    Examples
    --------
    >>> age, one = np.array([20.0, 30.0, 50.0]), np.ones(3)
    >>> collinear(np.column_stack([one, age, 2 * age + 1]), one)
    [Relation(j=2, others=array([0, 1]), coefficients=array([1., 2.]))]
    """
    columns = (X.toarray() if sp.issparse(X) else np.asarray(X, dtype=float)) * np.sqrt(d)[:, None]
    K, p = columns.shape
    length = np.linalg.norm(columns, axis=0)
    unit = np.divide(columns, length, out=np.zeros_like(columns), where=length > 0)
    Q, C, basis, found = np.empty((K, p), order="F"), np.zeros((p, p)), np.zeros(0, dtype=np.intp), []
    for j in range(p):
        rest, done = unit[:, j], Q[:, : basis.size]
        for _ in range(2):  # once more, for the rounding of the first time
            along = done.T @ rest
            rest = rest - done @ along
            C[: basis.size, j] += along
        left = float(np.linalg.norm(rest))
        if left >= TOLERANCE:
            Q[:, basis.size], C[basis.size, j], basis = rest / left, left, np.append(basis, j)
        else:
            others = _fewest(C[: basis.size, : j + 1], basis)
            b = np.linalg.lstsq(C[:, others], C[:, j], rcond=None)[0]
            found.append(Relation(j, others, b * length[j] / length[others]))
    return found


def _fewest(C: Array, basis: Codes) -> Codes:
    """Return the fewest columns before the last that make it up: a pair at most, or those of the basis.

    ``C`` (r, j + 1) columns of length 1 (or 0) in the coordinates of the basis.
    """
    last, before = C[:, -1], C[:, :-1]
    part: Codes = basis[np.abs(np.linalg.solve(C[:, basis], last)) > SMALL]
    R, r = before.T @ before, before.T @ last
    alone = np.flatnonzero(np.abs(r) > 1 - SMALL)[:, None]
    both = np.divide(
        r[:, None] ** 2 + r**2 - 2 * r[:, None] * r * R, 1 - R**2,
        out=np.zeros_like(R), where=1 - R**2 > SMALL,
    )  # fmt: skip
    pairs = np.argwhere(np.triu(both, 1) > 1 - SMALL)
    near: list[Codes] = [*(alone if part.size > 1 else []), *(pairs if part.size > 2 else [])]
    for others in near:  # by their correlations: tried in full
        fit = np.linalg.lstsq(before[:, others], last, rcond=None)[0]
        if np.linalg.norm(last - before[:, others] @ fit) < TOLERANCE:
            return others
    return part


def consistent(relations: Sequence[Relation], t: Array) -> Mask:
    """Tell for each relation whether the targets t (p,) satisfy it too.

    Examples
    --------
    >>> relation = Relation(2, np.array([0, 1]), np.array([1.0, 2.0]))
    >>> consistent([relation], np.array([100.0, 4_000.0, 8_100.0]))
    array([ True])
    """
    out = np.zeros(len(relations), dtype=bool)
    for k, (j, others, coefficients) in enumerate(relations):
        parts = coefficients * t[others]
        out[k] = abs(t[j] - parts.sum()) <= TOLERANCE * (abs(t[j]) + np.abs(parts).sum())
    return out
