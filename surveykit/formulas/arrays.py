"""Array types, and codes: numbers from 0 in place of labels."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

#: A table of occurrences is used in place of hashing up to this many cells for each row.
DENSE = 8
#: Whole numbers over at most this span can be levels.
SPAN = 1000


def compress(keys: Codes, bound: int) -> tuple[Codes, Codes]:
    """Renumber keys in 0 … bound − 1 by the keys that occur, in their order.

    Parameters
    ----------
    keys : (n,) integers, −1 stays −1
    bound : one more than the largest key possible

    Returns
    -------
    codes : (n,) new numbers
    found : (k,) the keys that occur, ascending

    Examples
    --------
    >>> compress(np.array([7, 3, 7, -1]), 10)
    (array([ 1,  0,  1, -1]), array([3, 7]))
    """
    outside = keys.size > 0 and int(keys.min()) < 0
    if bound <= DENSE * keys.size + 1024:
        present = np.zeros(bound + 1, dtype=bool)
        present[keys] = True  # the key −1 falls on the last place, which is not counted
        found = np.flatnonzero(present[:bound])
        if found.size == bound and not outside:
            return keys, found
        number = np.full(bound + 1, -1, dtype=np.intp)
        number[found] = np.arange(found.size)
        return number[keys], found
    found, codes = np.unique(keys, return_inverse=True)
    if outside:
        codes, found = codes - 1, found[1:]
    return codes, found.astype(np.intp)


def cross(first: Codes, second: Codes, count: int) -> tuple[Codes, Codes, Codes]:
    """Return numbers for the pairs that occur, in the order of the first, then of the second code.

    Parameters
    ----------
    first, second : (n,) codes; a row with −1 in either is in no pair
    count : number of levels of the second

    Returns
    -------
    codes : (n,) pair of each row, −1 outside
    first, second : (k,) codes of each pair
    """
    if first.size and int(first.min()) >= 0 and int(second.min()) >= 0:
        owner = np.zeros(count, dtype=np.intp)
        several = int(first.max()) > 0
        if several:
            owner[second] = first
        if not several or (owner[second] == first).all():  # every second code has one first code: no pairs
            return _nested(owner, second, count)
        keys = first * count + second
    else:
        keys = np.where((first < 0) | (second < 0), -1, first * count + second)
    bound = (int(first.max(initial=-1)) + 1) * count
    codes, found = compress(keys, bound)
    return codes, found // count, found % count


def crossing(parts: Iterable[tuple[Codes, int]], n: int) -> Codes:
    """(n,) numbers for the combinations of codes that occur, in the order of the first, then the second code.

    Parameters
    ----------
    parts : codes (n,) from 0, and the number of levels of each
    n : number of rows

    Examples
    --------
    >>> crossing([(np.array([1, 0, 1]), 2), (np.array([0, 2, 0]), 3)], 3)
    array([1, 0, 1])
    """
    keys, bound = np.zeros(n, dtype=np.intp), 1
    for codes, count in parts:
        if bound * count > DENSE * n:
            keys, found = compress(keys, bound)
            bound = found.size
        keys = keys * count + codes if bound > 1 else codes
        bound *= count
    return compress(keys, bound)[0]


def whole_numbers(values: Array) -> tuple[Codes, int]:
    """Return whole numbers over a short span as codes, and how many there may be; (…, 0) for other numbers.

    Examples
    --------
    >>> whole_numbers(np.array([3.0, 5.0]))
    (array([0, 2]), 3)
    >>> whole_numbers(np.array([3.0, 5.5]))[1]
    0
    """
    low, high = float(values.min()), float(values.max())
    if not high - low <= SPAN or any((x != np.floor(x)).any() for x in (values[:SPAN], values)):
        return np.zeros(0, dtype=np.intp), 0
    return (values - low).astype(np.intp), int(high - low) + 1


def first_of_each(codes: Codes, wanted: Mask) -> Codes:
    """(k,) the first row of each code, of those that are wanted where there are any.

    Examples
    --------
    >>> first_of_each(np.array([1, 0, 1, 1]), np.array([False, False, True, True]))
    array([1, 2])
    """
    out = np.zeros(int(codes.max()) + 1, dtype=np.intp)
    back = np.arange(codes.size)[::-1]
    out[codes[back]] = back
    if not wanted.all():
        back = back[wanted[back]]
        out[codes[back]] = back
    return out


def _nested(owner: Codes, second: Codes, count: int) -> tuple[Codes, Codes, Codes]:
    """Return numbers for second codes in the order of their owner, then of themselves."""
    present = np.zeros(count, dtype=bool)
    present[second] = True
    found = np.flatnonzero(present)
    found = found[np.argsort(owner[found], kind="stable")]
    number = np.empty(count, dtype=np.intp)
    number[found] = np.arange(found.size)
    codes = second if (found == np.arange(count)[: found.size]).all() else number[second]
    return codes, owner[found], found


def runs(sorted_codes: Codes) -> Codes:
    """Return where each run of equal values begins in a sorted array."""
    if sorted_codes.size == 0:
        return np.zeros(0, dtype=np.intp)
    return np.flatnonzero(np.r_[True, sorted_codes[1:] != sorted_codes[:-1]])


def sum_runs(values: Array, starts: Codes) -> Array:
    """Add up consecutive rows of an array, each run from one start to the next."""
    if starts.size == 0:
        return np.zeros((0, *values.shape[1:]))
    out: Array = np.add.reduceat(values, starts, axis=0)
    return out


def sum_by(codes: Codes, weights: Array, count: int) -> Array:
    """(count,) sums of the weights by code."""
    return np.asarray(np.bincount(codes, weights=weights, minlength=count), dtype=float)
