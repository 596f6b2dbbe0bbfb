"""Whole numbers that add up exactly, every one within 1 of what it stands for."""

from __future__ import annotations

from collections.abc import Mapping
from math import fsum
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..checks import ArgumentError, DataError, shown
from .optimum import variance_of
from .strata import by_stratum, labels_of

__all__ = ["gains", "remainders", "round_enough", "round_to", "round_total", "round_within", "snapped"]

Array = npt.NDArray[np.float64]
Rank = npt.NDArray[np.intp]

#: Sizes as near as this to a whole number are that number: the rest is rounding of floats.
NEAR = 1e-9
#: A variance is reached if it is above by no more than NEAR makes of it.
MET = 1 + 4 * NEAR


def round_to(
    values: Any, total: int | None = None, *, minimum: Any = None, maximum: Any = None
) -> pd.Series[int]:
    r"""Round values to whole numbers that add up exactly, by the largest remainders.

    Each value is rounded down, and those with the largest remainders are raised by 1 until the total is
    reached. Equal remainders are decided by the larger value, then by the name, so that the order of the
    values does not matter.

    Parameters
    ----------
    values : (H,) Series, mapping or array
        Numbers of 0 or more, by stratum.
    total : int, optional
        What the whole numbers add up to; by default the sum of the values, which must then be whole.
    minimum, maximum : int, Series, mapping or array, optional
        Bounds of the whole numbers; no value may be beyond them.

    Returns
    -------
    (H,) Series of whole numbers, each less than 1 away from its value.

    Raises
    ------
    ArgumentError
        The total cannot be reached by rounding, or a value is beyond its bounds.

    Examples
    --------
    >>> round_to({"Xã": 60.4, "Phường": 30.3, "Đặc khu": 9.3}, 100).to_dict()
    {'Xã': 61, 'Phường': 30, 'Đặc khu': 9}
    """
    column = pd.Series(dict(values)) if isinstance(values, Mapping) else pd.Series(values)
    if len(column) == 0:
        raise DataError("values has no numbers. Check what they came from.")
    labels = labels_of(column.index, "values")
    x = snapped(by_stratum(column.to_list(), labels, "values", "nonnegative"))
    for name, bound, sign in (("minimum", minimum, 1), ("maximum", maximum, -1)):
        if bound is None:
            continue
        wanted = by_stratum(bound, labels, name, "nonnegative")
        for i in map(int, np.flatnonzero(sign * (wanted - x) > 0)):
            raise ArgumentError(
                f"values={x[i]:g} in {shown(labels[i])} is {'below' if sign > 0 else 'above'} "
                f"{name}={wanted[i]:g}. Bring the values within their bounds before they are rounded."
            )
        for i in map(int, np.flatnonzero(wanted != np.floor(wanted))):
            raise ArgumentError(f"{name}={wanted[i]:g} in {shown(labels[i])}: pass a whole number.")
    if total is None:
        total = _whole_sum(x)
    elif isinstance(total, bool) or not isinstance(total, (int, np.integer)):
        raise TypeError(f"total={total!r}: pass a whole number.")
    least, most = int(np.floor(x).sum()), int(np.ceil(x).sum())
    if not least <= total <= most:
        raise ArgumentError(
            f"total={total}: rounding gives {least} to {most}. Scale the values to the total first."
        )
    names = np.array([str(label) for label in labels], dtype=np.str_)
    rank = np.empty(len(labels), dtype=np.intp)
    rank[np.lexsort((names, -x))] = np.arange(len(labels))
    return pd.Series(round_total(x, int(total), remainders(x), rank), index=column.index, name=column.name)


def _whole_sum(x: Array) -> int:
    whole = float(snapped(np.array([fsum(x)]))[0])
    if whole != int(whole):
        raise ArgumentError(f"values add up to {whole:g}, not to a whole number. Pass total=...")
    return int(whole)


def snapped(x: Array) -> Array:
    """Return values with those nearest to a whole number made that number."""
    whole = np.rint(x)
    return np.where(np.abs(x - whole) <= NEAR * np.maximum(whole, 1), whole, x)


def remainders(x: Array) -> Array:
    """Return how far each value is above the whole number below it: who is raised first."""
    return np.round(x - np.floor(x), 9)


def gains(x: Array, part: Array, cost: Array) -> Array:
    """Return how much the variance, the sum of part / n, falls by a unit more for its cost."""
    below = np.maximum(np.floor(x), 1)
    gain = part * (1 / below - 1 / (below + 1)) / cost
    return np.round(gain / max(float(gain.max()), np.finfo(float).tiny), 12)


def round_total(x: Array, total: int, first: Array, rank: Rank) -> npt.NDArray[np.int64]:
    """Round down and raise the first, among those that are not whole, until the total is reached.

    Parameters
    ----------
    x : (H,) values, `snapped`
    total : what the whole numbers add up to, between the sum of all rounded down and that of all rounded up
    first : (H,) who is raised first: the largest
    rank : (H,) the order of equals

    Returns
    -------
    (H,) whole numbers.
    """
    whole = np.floor(x)
    open_ = np.flatnonzero(x > whole)
    order = open_[np.lexsort((rank[open_], -first[open_]))]
    whole[order[: total - int(whole.sum())]] += 1
    return whole.astype(np.int64)


def round_within(x: Array, budget: float, cost: Array, first: Array, rank: Rank) -> npt.NDArray[np.int64]:
    """Round down and raise the first, among those that are not whole, as far as the budget allows."""
    whole = np.floor(x)
    left = budget * (1 + NEAR) - fsum(cost * whole)
    for i in np.lexsort((rank, -first)):
        if x[i] > whole[i] and cost[i] <= left:
            whole[i] += 1
            left -= cost[i]
    return whole.astype(np.int64)


def round_enough(x: Array, parts: Array, goals: Array, cost: Array, rank: Rank) -> npt.NDArray[np.int64]:
    """Round up, then lower what is not needed for any goal, the largest saving first.

    Parameters
    ----------
    x : (H,) values that reach the goals, `snapped`
    parts, goals : (K, H) and (K,)
        The sum of parts[k] / n must not be above goals[k].
    cost : (H,)
    rank : (H,) the order of equals

    Returns
    -------
    (H,) whole numbers that reach the goals; none of those rounded up can be lowered.
    """
    whole = np.ceil(x)
    lower = np.maximum(whole - 1, 1)
    rise = parts * (1 / lower - 1 / whole)  # of each variance, by lowering one stratum
    loss = np.max(rise / goals[:, None], axis=0) / cost
    loss = np.round(loss / max(float(loss.max()), np.finfo(float).tiny), 12)
    reached = np.array([variance_of(part, whole) for part in parts])
    for i in np.lexsort((rank, loss)):
        lowered = reached + rise[:, i]
        if 1 <= x[i] < whole[i] and bool((lowered <= goals * MET).all()):
            whole[i] -= 1
            reached = lowered
    return whole.astype(np.int64)
