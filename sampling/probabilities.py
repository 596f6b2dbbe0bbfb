"""First-order inclusion probabilities proportional to size.

Sizes are turned into whole numbers of one common unit before anything is added up. Every float is a whole
number of some power of two, so nothing is rounded: a unit is taken with certainty, or is not, on every
platform and in every order of rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .checks import ArgumentError, DataError, listed

__all__ = ["certainty_units", "check_n", "pps_probabilities", "proportional", "whole_sizes"]

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Whole = npt.NDArray[Any]  # int64, or Python integers where these would overflow

#: Sums and products of int64 stay exact below this bound.
SAFE = 2**62


def pps_probabilities(size: npt.ArrayLike, n: int) -> Array:
    r"""Inclusion probabilities of a draw of n units with probability proportional to size.

    .. math:: \pi_i = (n - k)\, x_i \Big/ \sum_{j \notin C} x_j, \qquad \pi_i = 1 \text{ for } i \in C

    where C holds the k certainty units: those whose probability would reach 1, found again and again among
    the rest until none is left.

    Parameters
    ----------
    size : (N,)
        Size x of each unit, above 0. With a Series, errors name the place by its index.
    n : int
        Number of units to draw, at most N.

    Returns
    -------
    (N,) probabilities in the order of `size`; their sum is n, and it is exactly 1 for a certainty unit.

    Raises
    ------
    DataError
        A size is missing, infinite, 0 or negative.
    ArgumentError
        n is below 1 or above the number of units.

    References
    ----------
    Särndal, Swensson, Wretman (1992), Model Assisted Survey Sampling, section 3.6.

    Examples
    --------
    >>> pps_probabilities([10, 20, 30, 140], n=2)
    array([0.16666667, 0.33333333, 0.5       , 1.        ])
    """
    whole = whole_sizes(size)
    certain = certainty_units(whole, n)
    return proportional(whole, certain, n)


def certainty_units(whole: Whole, n: int) -> Mask:
    """Tell which units are taken with certainty in a draw of n proportional to size.

    Parameters
    ----------
    whole : (N,) sizes as whole numbers, as `whole_sizes` returns them
    n : number of units to draw

    Returns
    -------
    (N,) True for a certainty unit.
    """
    n = check_n(n, whole.size)
    certain = np.zeros(whole.size, dtype=bool)
    while True:
        left = n - int(certain.sum())
        total = int(whole[~certain].sum())
        # left * size >= total, without the product: it could overflow
        reached = ~certain & (whole >= -(-total // left)) if left else np.zeros_like(certain)
        if not reached.any():
            return certain
        certain |= reached


def proportional(whole: Whole, certain: Mask, n: int) -> Array:
    """Share out n among sizes, the certainty units being known.

    Parameters
    ----------
    whole : (N,) sizes as whole numbers
    certain : (N,) certainty units
    n : number of units to draw, the certainty units among them

    Returns
    -------
    (N,) inclusion probabilities.
    """
    total = int(whole[~certain].sum())
    left = n - int(certain.sum())
    probability = np.ones(whole.size)
    if total:
        rest = whole[~certain]
        rest = rest.astype(np.float64) if rest.dtype == np.int64 else rest  # left * rest could overflow
        probability[~certain] = (rest * left / total).astype(np.float64)
    return probability


def check_n(n: Any, most: int, what: str = "units", argument: str = "n") -> int:
    """Return n if it is a whole number from 1 to the number of units there are."""
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)):
        raise TypeError(f"{argument}={n!r}: pass a whole number of units to draw.")
    if n < 1:
        raise ArgumentError(f"{argument}={n}: at least 1 unit must be drawn. Leave out what is not sampled.")
    if n > most:
        raise ArgumentError(f"{argument}={n}: there are only {most} {what}. Draw {most} or fewer.")
    return int(n)


def whole_sizes(size: npt.ArrayLike) -> Whole:
    """Turn sizes into whole numbers of a common unit, without rounding.

    Parameters
    ----------
    size : (N,) numbers above 0

    Returns
    -------
    (N,) whole numbers in the same proportions: int64, or Python integers (dtype object) if these overflow.

    Examples
    --------
    >>> whole_sizes([0.5, 2, 3.25])
    array([ 2,  8, 13])
    """
    column = _checked(size)
    small = SAFE // len(column)  # the sum of so many sizes below this stays exact
    if column.dtype.kind in "iu":
        if int(column.max()) <= small:
            return column.to_numpy(np.int64)
        return np.array([int(x) for x in column], dtype=object)
    values = column.to_numpy(np.float64)
    if values.max() <= small and bool((values == np.floor(values)).all()):
        return values.astype(np.int64)
    pairs = [x.as_integer_ratio() for x in values.tolist()]
    unit = max(bottom for _, bottom in pairs)
    numbers = [top * (unit // bottom) for top, bottom in pairs]
    return np.array(numbers, dtype=np.int64 if sum(numbers) < SAFE else object)


def _checked(size: npt.ArrayLike) -> pd.Series[Any]:
    column: pd.Series[Any] = pd.Series(size, copy=False)
    if len(column) == 0:
        raise DataError("size has no values. Check the filter or the file it came from.")
    if not pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_bool_dtype(column.dtype):
        raise TypeError(
            f"size holds {listed(column.iloc[:1])}, and a size must be a number. "
            "Turn the column into numbers first."
        )
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iu" and column.min() > 0:
        return column
    for wrong, what in (
        (column.isna(), "is missing"),
        (column == np.inf, "is infinite"),
        (column <= 0, "is not above 0"),
    ):
        found = column[wrong.to_numpy(bool, na_value=False)]
        if len(found):
            raise DataError(
                f"size {what} for {len(found)} of {len(column)} units, first at {listed(found.index, 3)}. "
                "Correct it, or leave these units out of the frame."
            )
    return column
