"""Draws that know each other: permanent random numbers, rotation of panels, and lists sorted to and fro."""

from __future__ import annotations

import hashlib
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..checks import ArgumentError, check_choice
from ..probabilities import check_n
from ..streams import TOP, Seed, checked_seed
from .common import Codes, Selection, arranged, sized, text_of, wanted_by_group
from .equal import equal_selection
from .proportional import sized_selection, smallest

__all__ = ["permanent_numbers", "rotation_groups", "rotation_plan", "select_with_numbers", "serpentine"]

Array = npt.NDArray[np.float64]


def permanent_numbers(units: npt.ArrayLike, *, seed: Seed) -> Array:
    """Give each unit a random number of its own, which it keeps whatever else is in the list.

    The number is cut from the SHA-256 of seed and id, so births and deaths of other units never change it.

    Parameters
    ----------
    units : (N,) ids, text or whole numbers
    seed : int or sequence of int

    Returns
    -------
    (N,) numbers in [0, 1).

    Examples
    --------
    >>> permanent_numbers(["A", "B"], seed=1).round(4), permanent_numbers(["B"], seed=1).round(4)
    (array([0.1811, 0.3588]), array([0.3588]))
    """
    ids = text_of(pd.Series(units), "units").tolist()
    head = ",".join(map(str, checked_seed(seed)))
    digests = [hashlib.sha256(f"{head}\x1f{one}".encode()).digest()[:8] for one in ids]
    whole = [int.from_bytes(digest, "big") >> 11 for digest in digests]
    return np.array(whole, dtype=np.float64) / TOP


def select_with_numbers(
    units: npt.ArrayLike,
    numbers: npt.ArrayLike,
    n: Any,
    *,
    method: Literal["srs", "poisson", "pareto"] = "srs",
    size: npt.ArrayLike | None = None,
    start: float = 0.0,
    within: npt.ArrayLike | None = None,
) -> Selection:
    """Draw with given random numbers, so that two draws share many units, or few.

    The same numbers and the same start: surveys share as many units as can be (positive coordination). A
    start further on, such as 0.5: as few as can be. A start that moves on a little each wave: rotation.

    Parameters
    ----------
    units : (N,) ids
    numbers : (N,) in [0, 1), from `permanent_numbers`
    n : int or mapping
        Number to draw in each parent; the expected number for "poisson".
    method : {"srs", "poisson", "pareto"}
        The n smallest numbers; numbers below the probability; Pareto sampling.
    size : (N,), for "poisson" and "pareto"
    start : float
        Where counting begins: a number r counts as (r − start) modulo 1.
    within : (N,), optional

    Returns
    -------
    Selection

    References
    ----------
    Ohlsson (1995), Coordination of samples using permanent random numbers, in Business Survey Methods, ch. 9.

    Examples
    --------
    >>> ids = ["A", "B", "C", "D", "E", "F"]
    >>> own = permanent_numbers(ids, seed=1)
    >>> [select_with_numbers(ids, own, 3, start=s).position.tolist() for s in (0.0, 0.5)]
    [[0, 1, 3], [2, 4, 5]]
    """
    check_choice(method, ("srs", "poisson", "pareto"), "method")
    groups = arranged(units, within)
    given = np.asarray(numbers, dtype=np.float64)
    if given.shape != (groups.N,) or not ((given >= 0) & (given < 1)).all():
        raise ArgumentError(
            f"numbers: pass one number in [0, 1) for each of the {groups.N} units, from permanent_numbers()."
        )
    if not 0 <= start < 1:
        raise ArgumentError(f"start={start!r}: pass a number from 0 up to but not including 1.")
    if (size is None) != (method == "srs"):
        raise ArgumentError(
            "size: the method 'srs' does not use it. Leave it out, or choose 'poisson' or 'pareto'."
            if method == "srs" else f"size: the method {method!r} needs the size of each unit."
        )  # fmt: skip
    shifted = groups.take(given) - start
    shifted = np.where(shifted < 0, shifted + 1, shifted)
    wanted = wanted_by_group(n, groups)
    if size is None:
        code = groups.codes()
        rows = np.lexsort((shifted, code))
        rank = np.arange(rows.size) - groups.start[code[rows]]
        return equal_selection(
            groups, np.sort(rows[rank < wanted[code[rows]]]), wanted / np.diff(groups.start)
        )
    sizes = sized(size, wanted, groups)
    pi = sizes.probability(groups, np.arange(groups.N))
    if method == "pareto":
        return sized_selection(groups, sizes, smallest(shifted, pi, sizes, groups))
    drawn = np.flatnonzero(shifted < pi)
    sure = np.zeros(drawn.size, dtype=bool) if sizes.sure is None else sizes.sure[drawn]
    return Selection(groups.rows(drawn), pi[drawn], sure)


def rotation_groups(units: npt.ArrayLike, count: int, *, seed: Seed) -> Codes:
    """Put units into rotation groups of equal size (to within one), at random and the same for ever.

    Parameters
    ----------
    units : (N,) ids
    count : number of groups, at most N
    seed : int or sequence of int

    Returns
    -------
    (N,) group of each unit, from 1 to `count`.

    Examples
    --------
    >>> rotation_groups(["A", "B", "C", "D", "E", "F"], 3, seed=1)
    array([1, 1, 3, 2, 3, 2])
    """
    ids = text_of(pd.Series(units), "units")
    count = check_n(count, ids.size, argument="count")
    order = np.lexsort((ids, permanent_numbers(units, seed=seed)))
    groups = np.empty(ids.size, dtype=np.intp)
    groups[order] = np.arange(ids.size) * count // ids.size + 1
    return groups


def rotation_plan(waves: int, stay: int) -> pd.DataFrame:
    """Tell which rotation groups are asked in which wave: each stays `stay` waves, and one is new each time.

    Parameters
    ----------
    waves : number of waves
    stay : waves that a group is asked in; the share that two waves in a row have in common is (stay − 1)/stay

    Returns
    -------
    DataFrame of True and False, waves by groups; there are waves + stay − 1 groups.

    Examples
    --------
    >>> rotation_plan(3, 2).astype(int)
    group  1  2  3  4
    wave
    1      1  1  0  0
    2      0  1  1  0
    3      0  0  1  1
    """
    for name, value in (("waves", waves), ("stay", stay)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ArgumentError(f"{name}={value!r}: pass a whole number of at least 1.")
    groups = np.arange(1, waves + stay)
    asked = [(groups >= wave) & (groups < wave + stay) for wave in range(1, waves + 1)]
    return pd.DataFrame(
        asked, index=pd.RangeIndex(1, waves + 1, name="wave"), columns=pd.Index(groups, name="group")
    )


def serpentine(*keys: npt.ArrayLike, within: npt.ArrayLike | None = None) -> Codes:
    """Put a list in serpentine order: each further key runs up and down by turns.

    So that units next to each other are alike where the first key changes too. Use the result as `order=`.

    Parameters
    ----------
    *keys : (N,) arrays, the most important first; text or numbers
    within : (N,), optional
        Parent of each unit; every parent starts anew.

    Returns
    -------
    (N,) place of each unit in the order, equal where all keys are equal.

    Examples
    --------
    >>> serpentine(["a", "a", "b", "b", "c", "c"], [1, 2, 1, 2, 1, 2])
    array([0, 1, 3, 2, 4, 5])
    """
    if not keys:
        raise ArgumentError(
            "serpentine: no key is given. Pass the columns to sort by, the most important first."
        )
    first = pd.Series(np.zeros(len(pd.Series(keys[0]))) if within is None else within)
    order: Codes = pd.factorize(first, sort=True)[0].astype(np.intp)
    parent = order
    for key in keys:
        rank: Codes = pd.factorize(pd.Series(key), sort=True)[0].astype(np.intp)
        if order is not parent:  # the place among the runs of one parent tells the direction
            begin = np.full(int(parent.max()) + 1, order.size)
            np.minimum.at(begin, parent, order)
            rank = np.where((order - begin[parent]) % 2 == 1, -rank, rank)
        order = _dense(order, rank)
    return order


def _dense(first: Codes, second: Codes) -> Codes:
    by = np.lexsort((second, first))
    new = np.r_[False, (first[by][1:] != first[by][:-1]) | (second[by][1:] != second[by][:-1])]
    out = np.empty(first.size, dtype=np.intp)
    out[by] = np.cumsum(new)
    return out
