"""One test of several estimates: whether the vector of them is away from a given one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import fdtrc

from surveykit.formulas.arrays import Array

FLAT = 1e-10  # share of the largest variance (of estimates in units of their error) taken for none
OUTSIDE = 1e-6  # part of the deviation, in such units, that may lie where there is no variance


class Wald(NamedTuple):
    """Wald's test: ``F`` with ``df`` (two numbers) and ``p``; ``rank`` of k estimates are independent.

    ``off`` whether the estimates are away from the null in a direction that has no sampling error.
    """

    F: float
    df: tuple[float, float]
    p: float
    rank: int
    off: bool


def joint(d: Array, V: Array, df: float, *, adjusted: bool = True) -> Wald:
    r"""Test that k deviations d with covariance V, from ``df`` degrees of freedom, are all 0.

    .. math:: W = d^\top V^{-} d, \qquad F = \frac{\nu - r + 1}{\nu\,r} W \sim F(r, \nu - r + 1)

    with r the rank of V (k unless some follow from others), :math:`V^-` its generalised inverse. Not
    adjusted: :math:`W / r \sim F(r, \nu)`, which finds too much when r is near ν.

    Parameters
    ----------
    d : (k,)
    V : (k, k)
    df : ν, ``inf`` for chi-square

    References
    ----------
    Korn and Graubard (1990), The American Statistician 44, 270-276; Thomas and Rao (1987), JASA 82, 630-636.

    Examples
    --------
    >>> joint(np.array([2.0]), np.eye(1), 10).F
    4.0
    """
    size = np.sqrt(np.diag(V))
    size = np.where(size > 0, size, 1.0)
    values, vectors = np.linalg.eigh(V / np.outer(size, size))
    keep = values > FLAT * max(float(values[-1]), 1.0)
    r = int(keep.sum())
    x = vectors.T @ (d / size)
    off = bool((np.abs(x[~keep]) > OUTSIDE).any())
    second = df - r + 1 if adjusted else df
    if r == 0 or second <= 0 or off:
        return Wald(float("nan"), (float(r), second), float("nan"), r, off)
    F = float((x[keep] ** 2 / values[keep]).sum() / r)
    if adjusted and np.isfinite(df):
        F *= second / df
    p = fdtrc(r, second if np.isfinite(second) else 1e300, F)
    return Wald(F, (float(r), float(second)), float(p), r, off)
