r"""The tightest bounds, common bounds and caps within which every target can be reached.

The least greatest gap φ (:mod:`surveykit.formulas.feasible`) is a convex function of bounds that give way
with τ, made of straight pieces,

.. math:: \varphi'(\tau) = \sum_k r_k^+ L_k'(\tau) - r_k^- U_k'(\tau),

so that Newton's method from the left comes to its first zero in a few programmes, the last step exact.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from sampling.checks import ArgumentError
from surveykit.formulas.arrays import Array, Mask
from surveykit.formulas.feasible import Bound, elastic, is_feasible

ROUNDING = 1e-14  # relative step below which the bound no longer moves


class Bounds(NamedTuple):
    """Bounds 1 − τ(1 − L), not below 0, and 1 + τ(U − 1)."""

    tau: float
    lower: Bound
    upper: Bound


def _least(
    d: Array, X: Any, t: Array, start: float, at: Callable[[float], tuple[Bound, Bound, Bound, Bound]]
) -> float:
    """Least τ at which the bounds allow all targets, by Newton's method on the loss from the left.

    ``at(τ)`` gives the bounds and their slopes; the targets must be possible at some τ.
    """
    tau = start
    while True:
        lower, upper, rise, give = at(tau)
        done = elastic(d, X, t, lower, upper, "greatest")
        slope = float(np.sum(np.maximum(done.r, 0) * rise) + np.sum(np.minimum(done.r, 0) * give))
        step = 0.0 if done.reached else done.loss / max(-slope, 0.0)
        if step <= ROUNDING * abs(tau):
            return tau
        tau += step


def tightest_bounds(d: Array, X: Any, t: Array, *, lower: Bound, upper: Bound) -> Bounds | None:
    """Return the bounds nearest to 1, in the proportions of those given, that allow every target.

    Parameters
    ----------
    d, X, t : as for :func:`is_feasible`
    lower, upper : number or (K,)
        Finite, below and above 1.

    Returns
    -------
    Bounds 1 − τ(1 − L) (not below 0) and 1 + τ(U − 1), or None if no g ≥ 0 reaches the targets

    Examples
    --------
    >>> d, X = np.array([10.0, 10.0]), np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> found = tightest_bounds(d, X, np.array([14.0, 6.0]), lower=0.8, upper=1.2)
    >>> [round(number, 9) for number in found]
    [2.0, 0.6, 1.4]
    """
    down, up = 1 - np.asarray(lower, dtype=float), np.asarray(upper, dtype=float) - 1
    if not (np.isfinite(down).all() and np.isfinite(up).all() and (down > 0).all() and (up > 0).all()):
        raise ArgumentError(
            f"bounds: {float(np.max(lower)):g} and {float(np.min(upper)):g} must be finite, and 1 must lie "
            "between them."
        )
    if not is_feasible(d, X, t):
        return None

    def at(tau: float) -> tuple[Bound, Bound, Bound, Bound]:
        low = 1 - tau * down
        return np.maximum(low, 0.0), 1 + tau * up, np.where(low > 0, -down, 0.0), up

    tau = _least(d, X, t, 0.0, at)
    low, high, _, _ = at(tau)
    return Bounds(tau, *(float(v) if np.ndim(v) == 0 else v for v in (low, high)))


def tightest_upper(d: Array, X: Any, t: Array, *, lower: Bound = 0.0) -> float | None:
    """Return the least common upper bound that allows every target; None if none does.

    Examples
    --------
    >>> d, X = np.array([10.0, 10.0]), np.array([[1.0, 1.0], [0.0, 1.0]])
    >>> round(tightest_upper(d, X, np.array([14.0, 20.0])), 9)
    1.4
    """
    if not is_feasible(d, X, t, lower=lower):
        return None
    return _least(d, X, t, float(np.max(lower)), lambda c: (lower, c, 0.0, 1.0))


def tightest_lower(d: Array, X: Any, t: Array, *, upper: Bound = np.inf) -> float | None:
    """Return the greatest common lower bound that allows every target; None if even 0 does not.

    Where neither ``upper`` nor a column without negative values limits it, it is 1 at most.

    Examples
    --------
    >>> d, X = np.array([10.0, 10.0]), np.array([[1.0, 1.0], [0.0, 1.0]])
    >>> round(tightest_lower(d, X, np.array([14.0, 20.0])), 9)
    0.6
    """
    if not is_feasible(d, X, t, upper=upper):
        return None
    columns = sp.csc_matrix(X)
    held = np.asarray(columns.T @ d, dtype=float)
    plain: Mask = (np.asarray(columns.min(axis=0).todense()).ravel() >= 0) & (held > 0)
    limits = np.r_[np.min(upper), t[plain] / held[plain]]
    most = float(limits.min()) if np.isfinite(limits).any() else 1.0
    return -_least(d, X, t, -most, lambda minus: (-minus, upper, -1.0, 0.0))


def tightest_cap(m: Array, X: Any, t: Array, *, floor: Bound = 0.0) -> float | None:
    r"""Return the least cap on weights that allows every target: floor ≤ v_k ≤ c, Σ m_k v_k X_k = t.

    Parameters
    ----------
    m : (K,) number of rows of each group of rows of one cell (and one base weight)
    X : (K, p), dense or sparse
    t : (p,) targets of the totals
    floor : number or (K,)
        Least weight of a row.

    Returns
    -------
    The cap in units of weights, or None if no weights above the floor reach the targets

    Examples
    --------
    Three rows stand for 90 people and one for 60, so no cap below 60 will do.

    >>> round(tightest_cap(np.array([3.0, 1.0]), np.eye(2), np.array([90.0, 60.0])), 9)
    60.0
    """
    return tightest_upper(m, X, t, lower=floor)
