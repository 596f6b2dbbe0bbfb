r"""Conditional Poisson sampling: the design of greatest entropy with given inclusion probabilities.

Units are drawn independently with working probabilities p, given that n are drawn. Everything follows from
the polynomial :math:`P(z) = \prod_k (1 - p_k + p_k z)`, whose coefficients are the chances of the number
drawn, and from what is left of it when a unit is divided out. Only sums, products and quotients in a fixed
order are used, so a draw that rests on them is the same everywhere.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from .checks import ArgumentError

__all__ = ["chances", "counts", "degree", "inclusion", "total_of", "without", "working_probabilities"]

Array = npt.NDArray[np.float64]

CLOSE = 1e-12  # largest difference of an inclusion probability from what it should be
ROUNDS = 200
LARGEST = 50_000_000  # numbers in a table of counts


def total_of(values: Array) -> float:
    """Add up from left to right: the same rounding everywhere."""
    return float(np.cumsum(values)[-1]) if values.size else 0.0


def counts(p: Array, n: int) -> Array:
    """Chance that j units are drawn among the units i, i + 1, …, drawn independently.

    Parameters
    ----------
    p : (N,) probabilities
    n : the largest j of interest

    Returns
    -------
    (N + 1, n + 1) chances, row i, column j.

    Examples
    --------
    >>> counts(np.array([0.5, 0.5]), 2)[0]
    array([0.25, 0.5 , 0.25])
    """
    if (p.size + 1) * (n + 1) > LARGEST:
        raise ArgumentError(
            f"n={n} of {p.size} units is too many for this method: its table would hold "
            f"{(p.size + 1) * (n + 1):,} numbers. Stratify, or use method='pps_tille' or 'pps_pivotal'."
        )
    Q = np.zeros((p.size + 1, n + 1))
    Q[p.size, 0] = 1.0
    for i in range(p.size - 1, -1, -1):
        Q[i] = (1 - p[i]) * Q[i + 1]
        Q[i, 1:] += p[i] * Q[i + 1, :-1]
    return Q


def degree(p: Array, n: int) -> int:
    """Return the degree up to which P counts for samples of n: beyond it the chances are next to nothing."""
    return min(p.size, n + math.ceil(12 * math.sqrt(total_of(p * (1 - p)))) + 30)


def chances(p: Array, top: int) -> Array:
    """(top + 1,) coefficients of P: the chance that 0, 1, … units are drawn independently."""
    P = np.zeros(top + 1)
    P[0] = 1.0
    for chance in p.tolist():
        lower = P[:-1] * chance
        P *= 1 - chance
        P[1:] += lower
    return P


def without(P: Array, p: Array, *, truncated: bool) -> Array:
    """Divide a unit out of P, from the end where it does not magnify rounding errors.

    Parameters
    ----------
    P : (top + 1,) or (m, top + 1) coefficients
    p : (m,) probability of the unit divided out of each row
    truncated : whether P goes on beyond `top`, where its coefficients are next to nothing

    Returns
    -------
    (m, top + 1) coefficients of P / (1 − p + p z).
    """
    if p.size * P.shape[-1] > LARGEST:
        raise ArgumentError(
            f"{p.size} units and samples of {P.shape[-1] - 1} are too many for this method. "
            "Stratify, or use method='pps_tille' or 'pps_pivotal'."
        )
    P = np.broadcast_to(P, (p.size, P.shape[-1]))
    out = np.zeros(P.shape)
    low, high = np.flatnonzero(p < 0.5), np.flatnonzero(p >= 0.5)
    before = np.zeros(low.size)
    for k in range(P.shape[1]):
        before = (P[low, k] - p[low] * before) / (1 - p[low])
        out[low, k] = before
    if not truncated:
        out[low, -1] = 0.0
    after = np.zeros(high.size)
    for k in range(P.shape[1] - 1, 0, -1):
        after = (P[high, k] - (1 - p[high]) * after) / p[high]
        out[high, k - 1] = after
    return out


def inclusion(p: Array, n: int) -> Array:
    r"""Inclusion probabilities of n units drawn with working probabilities p: :math:`p_i P_{-i}[n-1] / P[n]`.

    Examples
    --------
    >>> inclusion(np.array([0.5, 0.5, 0.5]), 1).round(12)
    array([0.33333333, 0.33333333, 0.33333333])
    """
    top = degree(p, n)
    P = chances(p, top)
    return np.asarray(p * without(P, p, truncated=top < p.size)[:, n - 1] / P[n])


def working_probabilities(pi: Array, n: int) -> Array:
    """Find working probabilities under which the inclusion probabilities are pi.

    Parameters
    ----------
    pi : (N,) inclusion probabilities between 0 and 1; they add up to n
    n : number of units drawn

    Returns
    -------
    (N,) working probabilities.

    Raises
    ------
    ArgumentError
        The search does not end: a probability is too near to 1.

    References
    ----------
    Chen, Dempster & Liu (1994), Biometrika 81, 457–469; here odds are multiplied by the ratio of odds.

    Examples
    --------
    >>> p = working_probabilities(np.array([0.2, 0.5, 0.3]), 1)
    >>> inclusion(p, 1).round(12)
    array([0.2, 0.5, 0.3])
    """
    if 2 * n > pi.size:  # the units left out are drawn in the same way, and are fewer
        return np.asarray(1 - working_probabilities(1 - pi, pi.size - n)) if n < pi.size else pi
    odds = pi / (1 - pi)
    gap, last, shy = np.ones(1), 1.0, False
    for _ in range(ROUNDS):
        p = odds / (1 + odds)
        now = inclusion(p, n)
        gap = np.abs(pi - now)
        if gap.max() <= CLOSE:
            return np.asarray(p)
        shy = shy or gap.max() > last / 2  # few units: whole steps overshoot
        step = (pi * (1 - now)) / (now * (1 - pi))
        odds = odds * (np.sqrt(step) if shy else step)
        last = float(gap.max())
    worst = int(gap.argmax())
    raise ArgumentError(
        f"size: unit {worst} has an inclusion probability of {pi[worst]:.6g}, and no working probabilities "
        f"were found for conditional Poisson sampling (still off by {gap[worst]:.1g} after {ROUNDS} rounds). "
        "Use method='pps_sampford'."
    )
