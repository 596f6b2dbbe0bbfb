"""Quantiles, tails, and the search for the n at which a target is reached; scipy.special is loaded on use."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

__all__ = ["crossing", "first_whole", "normal_power", "t_power", "up", "z_of"]

#: n is rounded up once; an excess below this share of n is rounding of floats, not a person.
DUST = 1e-10
QUADRATURE = 50_000  # points: an error below 1e-6
LARGEST = 1e12  # people: beyond it a target counts as out of reach


def z_of(level: float, *, one_sided: bool = False) -> float:
    """Return the standard normal quantile of a level.

    >>> round(z_of(0.95), 4), round(z_of(0.95, one_sided=True), 4)
    (1.96, 1.6449)
    """
    from scipy.special import ndtri

    return float(ndtri(level if one_sided else 1 - (1 - level) / 2))


def normal_power(shift: float, level: float, *, one_sided: bool, null: float = 1.0) -> float:
    r"""Power of a normal test, the far tail of a two-sided one left out.

    .. math:: \Phi(\delta - z\, c)

    Parameters
    ----------
    shift : effect over its standard error under the alternative, 0 or more
    level : 1 - the error of the first kind
    one_sided : whether all of it lies in one tail
    null : standard error under the null hypothesis over that under the alternative

    Returns
    -------
    Share between 0 and 1. At no effect it is half the error of the first kind, not the whole.
    """
    from scipy.special import ndtr

    return float(ndtr(shift - z_of(level, one_sided=one_sided) * null))


def t_power(shift: float, df: float, level: float, *, one_sided: bool) -> float:
    r"""Power of a t test, from the noncentral t distribution with `df` and noncentrality `shift`.

    .. math:: P(T_{df,\delta} > t) + P(T_{df,\delta} < -t)

    Parameters
    ----------
    shift : effect over its standard error, 0 or more
    df : degrees of freedom, above 0
    level, one_sided : as in `normal_power`

    Returns
    -------
    Share between 0 and 1; with one_sided the first part alone.
    """
    from scipy.special import nctdtr, stdtrit

    t = float(stdtrit(df, level if one_sided else 1 - (1 - level) / 2))
    below = float(nctdtr(df, shift, t))
    upper = 1 - below if math.isfinite(below) else _upper(shift, df, t)
    far = 0.0 if one_sided else float(nctdtr(df, shift, -t))
    return upper + (far if math.isfinite(far) else 0.0)  # SciPy gives NaN where it is below 1e-7


def _upper(shift: float, df: float, t: float) -> float:
    r"""Return P(T > t) where SciPy has no answer (shifts above 35): the mean over the scale of the t.

    .. math:: \int_0^1 \Phi\!\left(\delta - t \sqrt{\chi^2_{df}(u) / df}\right) du
    """
    from scipy.special import gammaincinv, ndtr

    u = (np.arange(QUADRATURE) + 0.5) / QUADRATURE
    return float(ndtr(shift - t * np.sqrt(2 * gammaincinv(df / 2, u) / df)).mean())


def up(x: float) -> int:
    """Round up to a whole number of people; what is above it only by float rounding is not counted.

    >>> up(384.1), up(385.0), up(385 * (1 + 1e-14))
    (385, 385, 385)
    """
    return math.ceil(x * (1 - DUST))


def crossing(reached: Callable[[float], bool], least: float, most: float = LARGEST) -> float | None:
    """Find the smallest x from which `reached` holds, by doubling and halving.

    Parameters
    ----------
    reached : tells whether x is enough; false below some point, true above it
    least : where to begin, above 0
    most : the largest x allowed

    Returns
    -------
    x to within float rounding, or None if even `most` is not enough.

    >>> round(crossing(lambda x: x * x >= 2, 0.5), 12)
    1.414213562373
    >>> crossing(lambda x: x > 0, 0.5), crossing(lambda x: x > 9, 0.5, most=8)
    (0.5, None)
    """
    if reached(min(least, most)):
        return min(least, most)
    low, high = least, min(2 * least, most)
    while not reached(high):
        if high >= most:
            return None
        low, high = high, min(2 * high, most)
    while low < (middle := (low + high) / 2) < high:
        low, high = (low, middle) if reached(middle) else (middle, high)
    return high


def first_whole(reached: Callable[[int], bool], least: int, most: int) -> int | None:
    """Find the smallest whole number from which `reached` holds, by doubling and halving.

    >>> first_whole(lambda k: k * k >= 10, 1, 1000)
    4
    """
    low, high = least - 1, least
    while not reached(high):
        if high >= most:
            return None
        low, high = high, min(2 * high, most)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return high
