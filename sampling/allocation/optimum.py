"""Sizes that are shared out, or that are the least for a given variance; arrays in, arrays out.

Sums are exact before they are rounded once (`math.fsum`), so the order of strata never matters.
"""

from __future__ import annotations

from collections.abc import Callable
from math import fsum

import numpy as np
import numpy.typing as npt

__all__ = ["at_variance", "share_out", "variance_of"]

Array = npt.NDArray[np.float64]


def variance_of(part: Array, n: Array) -> float:
    """Return the sum of part / n, the part of a variance that depends on n."""
    return fsum(part / n)


def share_out(weight: Array, total: float, low: Array, high: Array, cost: Array) -> Array:
    r"""Share out a total in proportion to weights, every stratum held between its bounds.

    .. math:: n_h = \min(\max(t\,x_h, l_h), u_h), \qquad \sum_h c_h n_h = C

    With :math:`x_h = A_h / \sqrt{c_h}` this minimises :math:`\sum A_h^2 / n_h` at the cost C: what a bound
    takes from one stratum goes to the others in proportion.

    Parameters
    ----------
    weight : (H,) x, 0 or more, some above 0
    total : C, between the cost of `low` and that of `high`
    low, high : (H,) bounds, above 0
    cost : (H,) c, above 0

    Returns
    -------
    (H,) n, not rounded. Where strata of weight 0 keep their `low`, the total may not be reached.

    References
    ----------
    Cochran (1977), Sampling Techniques, sections 5.5 and 5.8.
    """

    def reached(t: float) -> bool:
        return fsum(cost * np.clip(t * weight, low, high)) <= total

    free, held = _bracket(weight, low, high, reached)
    if not free.any():
        return held
    left = fsum([total, *(-(cost * held)[~free])])
    return np.where(free, np.clip(left / fsum((cost * weight)[free]) * weight, low, high), held)


def at_variance(part: Array, goal: float, low: Array, high: Array, cost: Array) -> Array:
    r"""Return the n of least cost whose variance is as wanted.

    .. math:: \min \sum_h c_h n_h \quad\text{with}\quad \sum_h a_h / n_h \le b,\; l_h \le n_h \le u_h,
              \qquad n_h = \min\bigl(\max(t \sqrt{a_h / c_h}, l_h), u_h\bigr)

    Parameters
    ----------
    part : (H,) a, 0 or more
    goal : b, which n = `high` must reach
    low, high : (H,) bounds, above 0
    cost : (H,) c, above 0

    Returns
    -------
    (H,) n, not rounded.

    References
    ----------
    Cochran (1977), Sampling Techniques, section 5.5.
    """
    if variance_of(part, low) <= goal:
        return low
    weight = np.sqrt(part / cost)

    def reached(t: float) -> bool:
        return variance_of(part, np.clip(t * weight, low, high)) >= goal

    free, held = _bracket(weight, low, high, reached)
    if not free.any():
        return held
    left = fsum([goal, *(-(part / held)[~free])])
    return np.where(free, np.clip(fsum(np.sqrt(part * cost)[free]) / left * weight, low, high), held)


def _bracket(
    weight: Array, low: Array, high: Array, reached: Callable[[float], bool]
) -> tuple[npt.NDArray[np.bool_], Array]:
    """Return which strata lie between their bounds at the answer, and the bound at which the others lie.

    `reached` is true up to the answer t and false above it.
    """
    moving = weight > 0
    x = np.where(moving, weight, 1.0)
    points = np.unique(np.concatenate([(low / x)[moving], (high / x)[moving]]))
    first, last = 0, points.size - 1
    while first < last:  # the last point that is reached
        middle = (first + last + 1) // 2
        first, last = (middle, last) if reached(points[middle]) else (first, middle - 1)
    t = points[first]
    full = moving & (high / x <= t)
    return moving & (low / x <= t) & ~full, np.where(full, high, low)
