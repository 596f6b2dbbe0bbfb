"""The lowest and the highest value that a unit can take when the shares of divided units are not known.

Each divided unit may lie wholly inside or wholly outside the unit it is converted to, or anywhere between:
its share s is in [0, 1], on its own. Sums take their extremes at s = 0 and 1; so do ratios of sums.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["mean_band", "summed", "total_band"]

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]


def summed(value: Array, group: Codes, count: int) -> Array:
    """Return the sum of the values of each group, (n,) -> (count,)."""
    return np.asarray(np.bincount(group, value, count), dtype=np.float64)


def total_band(
    value: Array, target: Codes, divided: npt.NDArray[np.bool_], count: int
) -> tuple[Array, Array]:
    """Return the lowest and the highest total of each target.

    Parameters
    ----------
    value : (e,) total of the source of each pair
    target : (e,) integers from 0, target of each pair
    divided : (e,) True if the source goes to several targets
    count : number of targets T

    Returns
    -------
    (T,), (T,) : sum of v over whole sources, plus min(0, v) or max(0, v) over divided ones.

    Examples
    --------
    >>> low, high = total_band(np.array([5.0, 2.0]), np.array([0, 0]), np.array([False, True]), 1)
    >>> low.tolist(), high.tolist()
    ([5.0], [7.0])
    """
    low = summed(np.where(divided, np.minimum(value, 0), value), target, count)
    high = summed(np.where(divided, np.maximum(value, 0), value), target, count)
    return low, high


def mean_band(
    value: Array, weight: Array, target: Codes, divided: npt.NDArray[np.bool_], count: int
) -> tuple[Array, Array]:
    r"""Return the lowest and the highest weighted mean of each target.

    .. math:: \frac{A + \sum_i s_i w_i v_i}{B + \sum_i s_i w_i}, \qquad s_i \in [0, 1]

    A and B are the sums of w v and of w over the whole sources. The highest takes s = 1 for the divided
    sources whose value lies above the mean reached so far, in falling order, and s = 0 for the others.

    Parameters
    ----------
    value, weight : (e,) value and weight of the source of each pair
    target, divided, count : as in `total_band`

    Returns
    -------
    (T,), (T,) : missing where all weights are 0.

    Examples
    --------
    >>> v, w = np.array([0.5, 0.9, 0.1]), np.array([1.0, 1.0, 2.0])
    >>> low, high = mean_band(v, w, np.array([0, 0, 0]), np.array([False, True, True]), 1)
    >>> low.round(3).tolist(), high.tolist()
    ([0.233], [0.7])
    """
    fixed = ~divided
    above = summed((value * weight)[fixed], target[fixed], count)
    below = summed(weight[fixed], target[fixed], count)
    with np.errstate(invalid="ignore"):
        low = above / below
    high = low.copy()
    free = np.flatnonzero(divided & (weight > 0))
    free = free[np.lexsort((value[free], target[free]))]
    starts = np.flatnonzero(np.r_[True, np.diff(target[free]) != 0]) if free.size else free
    for rows in np.split(free, starts[1:]) if free.size else []:
        t = int(target[rows[0]])
        v, w = value[rows].tolist(), weight[rows].tolist()
        low[t] = _reached(v, w, float(above[t]), float(below[t]), 1)
        high[t] = _reached(v[::-1], w[::-1], float(above[t]), float(below[t]), -1)
    return low, high


def _reached(value: list[float], weight: list[float], above: float, below: float, sign: int) -> float:
    """Take sources in order, as long as each draws the mean further down (sign 1) or up (sign -1)."""
    if below == 0:
        return value[0]
    for v, w in zip(value, weight, strict=True):
        if sign * (v - above / below) >= 0:
            break
        above, below = above + v * w, below + w
    return above / below
