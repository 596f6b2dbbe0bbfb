r"""Tests of a table of shares with their design covariance.

With p the (r c) shares of the cells, V their covariance, e the products of the margins and C a basis of the
interactions, the first-order design effects are the eigenvalues of

.. math:: \Delta = (C' D_p^{-1} C / n)^{-1}\; C' D_p^{-1} V D_p^{-1} C

Pearson's :math:`X^2 = n \sum (p - e)^2 / e` has the distribution of :math:`\sum \delta_i Z_i^2` without
association; the first-order correction divides it by their mean, the second order matches the variance too
(Rao & Scott 1984, Annals of Statistics 12; Thomas & Rao 1987, JASA 82).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import chdtrc, fdtrc

from surveykit.formulas.arrays import Array

NOTHING = 1e-12  # part of the greatest eigenvalue that is none
FLAT = 1e-9  # mean design effect that is rounding


class Tested(NamedTuple):
    """A statistic with its degrees of freedom and p, and Pearson's X² beside it."""

    statistic: float
    df: tuple[float, ...]
    p: float
    pearson: float
    delta: Array


def interactions(r: int, c: int) -> Array:
    """(r c, (r − 1)(c − 1)) basis of the tables whose margins are all 0."""
    a, b = (np.vstack([np.eye(k - 1), -np.ones(k - 1)]) for k in (r, c))
    return np.asarray(np.kron(a, b), dtype=float)


def rao_scott(p: Array, V: Array, n: float, nu: float, shape: tuple[int, int], order: int) -> Tested:
    """Return Pearson's test of no association with Rao and Scott's correction of the first or second order.

    Parameters
    ----------
    p : (r c,) shares of the cells, row by row
    V : (r c, r c) their covariance
    n : answers
    nu : degrees of freedom of the design
    order : 1 (chi-square with (r − 1)(c − 1) df) or 2 (F)
    """
    table = p.reshape(shape)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)).ravel()
    pearson = n * float(((p - expected) ** 2 / expected).sum())
    inverse = np.divide(1.0, p, out=np.zeros_like(p), where=p > 0)
    C = inverse[:, None] * interactions(*shape)
    return corrected(pearson, n, C.T @ (p[:, None] * C), C.T @ V @ C, nu, order)


def fit(p: Array, V: Array, expected: Array, n: float, nu: float) -> Tested:
    """Return the second-order test that shares (k,) are the expected ones."""
    pearson = n * float(((p - expected) ** 2 / expected).sum())
    base = np.diag(expected) - np.outer(expected, expected)
    return corrected(pearson, n, base[1:, 1:], V[1:, 1:], nu, 2)


def corrected(pearson: float, n: float, base: Array, V: Array, nu: float, order: int) -> Tested:
    """Correct Pearson's X² by the design effects, the eigenvalues of (base / n)⁻¹ V; NaN where all are 0."""
    values, vectors = np.linalg.eigh(base)
    kept = values > NOTHING * values.max()
    half = vectors[:, kept] / np.sqrt(values[kept])
    delta = np.linalg.eigvalsh(n * half.T @ V @ half)
    k, total = float(delta.size), float(delta.sum())
    if not total > FLAT * k:
        none = float("nan")
        return Tested(none, (k,) if order == 1 else (none, none), none, pearson, delta)
    if order == 1:
        return Tested(pearson * k / total, (k,), float(chdtrc(k, pearson * k / total)), pearson, delta)
    d = total**2 / float((delta**2).sum())
    F = pearson / total
    return Tested(F, (d, d * nu), float(fdtrc(d, d * nu, F)) if nu > 0 else float("nan"), pearson, delta)


def residuals(p: Array, shape: tuple[int, int]) -> tuple[Array, Array]:
    """Return p − e (k,) of all cells but the last row and column, and its derivative (k, r c).

    The derivative is that by totals in units of their sum: N (p − e) with N the sum of the cells.
    """
    table = p.reshape(shape)
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    r, c = shape
    R = np.kron(np.eye(r), np.ones(c))  # (r, r c) sums of rows
    C = np.kron(np.ones(r), np.eye(c))
    i, j = np.divmod(np.arange(r * c), c)
    J = np.eye(r * c) - columns[j][:, None] * R[i] - rows[i][:, None] * C[j] + (rows[i] * columns[j])[:, None]
    inner = ((i < r - 1) & (j < c - 1)).nonzero()[0]
    return (p - rows[i] * columns[j])[inner], J[inner]


def wald(p: Array, V: Array, nu: float, shape: tuple[int, int], *, adjusted: bool) -> Tested:
    """Return the Wald test that all p − e are 0 (Koch, Freeman & Freeman 1975), F with k and ν df.

    ``p`` are the totals of the cells in units of their sum, and V their covariance.
    ``adjusted``: times (ν − k + 1) / ν, with k and ν − k + 1 df, as few units ask for.
    """
    y, J = residuals(p, shape)
    k = float(y.size)
    W = float(y @ np.linalg.solve(J @ V @ J.T, y))
    second = nu - k + 1 if adjusted else nu
    F = W / k * (second / nu if adjusted else 1.0)
    return Tested(F, (k, second), float(fdtrc(k, second, F)) if second > 0 else float("nan"), W, np.zeros(0))


def score(p: Array, V: Array, nu: float, shape: tuple[int, int]) -> Tested:
    """Return the score test of a regression of rows on columns, F with k and ν + 2 − r − c df.

    By weighted least squares, with r + c − 1 coefficients where the slopes are 0. The score is N (p − e), and
    its residuals are those behind :func:`wald`, so that the quadratic form is the same
    (Lipsitz, Fitzmaurice, Sinha, Hevelone, Giovannucci & Hu 2015, Biometrics 71, 832-840).
    """
    found = wald(p, V, nu, shape, adjusted=False)
    k, second = found.df[0], nu + 2 - sum(shape)
    left = float(fdtrc(k, second, found.statistic)) if second > 0 else float("nan")
    return found._replace(df=(k, second), p=left)


def cramers_v(p: Array, shape: tuple[int, int]) -> tuple[float, Array]:
    r"""Cramér's V and its derivative (r c,), :math:`V^2 = \sum (p - e)^2 / e / \min(r - 1, c - 1)`.

    The derivative is 0 over 0 without any association, and NaN there.
    """
    table = p.reshape(shape)
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    expected = np.outer(rows, columns)
    square = table**2 / expected
    m = min(shape) - 1
    phi = float(square.sum()) - 1
    slope = (
        2 * table / expected - (square.sum(axis=1) / rows)[:, None] - (square.sum(axis=0) / columns)[None, :]
    )
    V = float(np.sqrt(max(phi, 0.0) / m))
    return V, (slope.ravel() / (2 * m * V) if V > 1e-9 else np.full(p.size, np.nan))
