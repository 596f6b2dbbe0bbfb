"""Draw units in one stage, in the whole frame or within each parent at once.

The same seed gives the same units on every platform, with every version of the libraries and in every order
of rows: units are put in the order of their ids as text, and the random numbers are the raw 64-bit output of
PCG64, a stream that NumPy keeps fixed. No random number is ever compared with a rounded sum.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from .checks import ArgumentError, ColumnError, DataError, listed, near
from .probabilities import certainty_units, check_n, proportional, whole_sizes

__all__ = ["Selection", "select_pps_systematic", "select_srs", "uniforms"]

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]
Seed = int | Sequence[int]

#: Random numbers are whole numbers below this, so that 53 bits fit a float exactly.
TOP = 2**53


@dataclass(frozen=True)
class Selection:
    """Units drawn in one stage.

    Attributes
    ----------
    position : (n,) rows of the units in the order of the caller, from 0; listed by parent, then by id
    probability : (n,) inclusion probability of each within its parent
    certainty : (n,) True where the unit was taken with certainty and not by chance
    """

    position: Codes
    probability: Array
    certainty: Mask

    def __len__(self) -> int:
        return self.position.size


def select_srs(
    units: int | npt.ArrayLike, n: int | Mapping[Any, int], *, seed: Seed, within: npt.ArrayLike | None = None
) -> Selection:
    """Draw n units by simple random sampling without replacement, within each parent.

    Each unit gets a random number; the n smallest of each parent are drawn.

    Parameters
    ----------
    units : (N,) or int
        Id of each unit, text or whole numbers (which are put in the order of their text); a single number
        N stands for N units already in a fixed order.
    n : int or mapping
        Number to draw in each parent; a mapping gives it for each parent.
    seed : int or sequence of int
        Required. A sequence such as ``(2026, 1)`` gives each stage of one draw its own stream.
    within : (N,), optional
        Parent (or stratum) of each unit. Without it the units have one parent.

    Returns
    -------
    Selection of n units for each parent.

    Raises
    ------
    ArgumentError
        There is no seed, or n is below 1 or above the number of units of a parent.
    DataError
        Ids are missing, or repeated within a parent.

    Examples
    --------
    >>> drawn = select_srs(["A", "B", "C", "D", "E", "F"], 2, seed=1, within=[1, 1, 1, 2, 2, 2])
    >>> drawn.position, drawn.probability.round(3)
    (array([0, 2, 4, 5]), array([0.667, 0.667, 0.667, 0.667]))
    """
    groups = _arranged(units, within)
    wanted = _wanted(n, groups)
    key = uniforms(groups.order.size, seed)
    rows = np.lexsort((key, groups.code))  # stable: equal numbers, if ever, stay in the order of ids
    rank = np.arange(rows.size) - groups.start[groups.code[rows]]
    drawn = np.sort(rows[rank < wanted[groups.code[rows]]])
    share = wanted / np.diff(groups.start)
    code = groups.code[drawn]
    return Selection(groups.order[drawn], share[code], np.zeros(drawn.size, dtype=bool))


def select_pps_systematic(
    units: int | npt.ArrayLike,
    size: npt.ArrayLike,
    n: int | Mapping[Any, int],
    *,
    seed: Seed,
    within: npt.ArrayLike | None = None,
) -> Selection:
    r"""Draw n units with probability proportional to size, systematically from a random start.

    Certainty units are set apart first. The sizes of the others are added up in the order of ids to
    :math:`C_1 < \dots < C_N = T`, and with one random number u in [0, 1) the unit i is drawn where
    :math:`C_{i-1} \le (u + k)\,T / (n - c) < C_i` for a whole number k, c units being certain.

    Parameters
    ----------
    units : (N,) or int
        Id of each unit, text or whole numbers (which are put in the order of their text); a single number
        N stands for N units already in a fixed order. The order stratifies: near ids are spread out.
    size : (N,)
        Size of each unit, above 0. Sums are exact.
    n : int or mapping
        Number to draw in each parent or stratum; a mapping gives it for each.
    seed : int or sequence of int
        Required. A sequence such as ``(2026, 1)`` gives each stage of one draw its own stream.
    within : (N,), optional
        Parent or stratum of each unit.

    Returns
    -------
    Selection, certainty units marked.

    Raises
    ------
    ArgumentError
        There is no seed, or n is below 1 or above the number of units of a parent.
    DataError
        Ids are missing or repeated, or a size is missing, infinite, 0 or negative.

    References
    ----------
    Särndal, Swensson, Wretman (1992), Model Assisted Survey Sampling, section 3.6.2.

    Examples
    --------
    >>> drawn = select_pps_systematic(["A", "B", "C", "D"], [10, 20, 30, 140], 2, seed=1)
    >>> drawn.position, drawn.probability, drawn.certainty
    (array([2, 3]), array([0.5, 1. ]), array([False,  True]))
    """
    groups = _arranged(units, within)
    wanted = _wanted(n, groups)
    whole = whole_sizes(size)
    if whole.size != groups.order.size:
        raise ArgumentError(
            f"size has {whole.size} values for {groups.order.size} units. Pass one size for each unit."
        )
    whole = whole[groups.order]
    start = _raw(groups.start.size - 1, seed)
    drawn, probability, certainty = [], [], []
    for g, (low, high) in enumerate(zip(groups.start[:-1], groups.start[1:], strict=True)):
        part = whole[low:high]
        sure = certainty_units(part, int(wanted[g]))
        chosen = sure.copy()
        left = int(wanted[g] - sure.sum())
        if left:
            rest = np.flatnonzero(~sure)
            chosen[rest[_systematic(part[rest], left, int(start[g]))]] = True
        drawn.append(low + np.flatnonzero(chosen))
        probability.append(proportional(part, sure, int(wanted[g]))[chosen])
        certainty.append(sure[chosen])
    return Selection(
        groups.order[np.concatenate(drawn)], np.concatenate(probability), np.concatenate(certainty)
    )


def _systematic(whole: npt.NDArray[Any], n: int, start: int) -> Codes:
    """Find the units hit by n points, start / 2**53 of a step from 0 and one step apart, in whole numbers."""
    total = int(whole.sum())
    points = [(start + k * TOP) * total // (n * TOP) for k in range(n)]
    reached = np.cumsum(whole)
    return np.searchsorted(reached, np.array(points, dtype=whole.dtype), side="right")


def uniforms(count: int, seed: Seed) -> Array:
    """Random numbers in [0, 1), the same for the same seed everywhere and for ever.

    Examples
    --------
    >>> uniforms(2, seed=1)
    array([0.51182162, 0.9504637 ])
    """
    return _raw(count, seed).astype(np.float64) / TOP


def _raw(count: int, seed: Seed) -> npt.NDArray[np.uint64]:
    stream = np.random.PCG64(np.random.SeedSequence(_checked_seed(seed)))
    return np.asarray(stream.random_raw(count), dtype=np.uint64) >> np.uint64(11)


def _checked_seed(seed: Any) -> list[int]:
    if seed is None:
        raise ArgumentError(
            "seed=None: a draw needs a seed, so that it can be repeated. Pass a number, e.g. 20261122."
        )
    parts = list(seed) if isinstance(seed, Sequence) and not isinstance(seed, str) else [seed]
    for part in parts:
        if isinstance(part, bool) or not isinstance(part, (int, np.integer)):
            raise TypeError(f"seed={seed!r}: pass a whole number, or a sequence of whole numbers.")
    if not parts or min(parts) < 0 or (len(parts) > 1 and min(parts[1:]) < 1):
        raise ArgumentError(
            f"seed={seed!r}: pass 0 or more, followed by stages numbered from 1, e.g. (2026, 1)."
        )
    return [int(part) for part in parts]


class _Groups(NamedTuple):
    order: Codes  # (N,) rows of the caller in the order of parents, then ids
    code: Codes  # (N,) parent of each unit in that order, from 0
    start: Codes  # (G + 1,) where each parent begins
    labels: list[str]


def _arranged(units: int | npt.ArrayLike, within: npt.ArrayLike | None) -> _Groups:
    """Put units in the order of parent and id, both as text."""
    ids = None
    if isinstance(units, (int, np.integer)) and not isinstance(units, bool):
        count = check_n(units, int(units), argument="units")
    else:
        ids = _text(pd.Series(units), "units")
        count = ids.size
    code, labels = _parents(within, count)
    order = np.arange(count)
    if ids is not None and not (ids[1:] > ids[:-1]).all():
        order = np.argsort(ids, kind="stable")
    if len(labels) > 1:
        order = order[np.argsort(code[order], kind="stable")]
    code = code[order]
    if ids is not None:
        twice = np.flatnonzero((ids[order][1:] == ids[order][:-1]) & (code[1:] == code[:-1]))
        if twice.size:
            raise DataError(
                f"units: {listed(ids[order][twice].tolist(), 3)} stands for more than one unit. "
                "Give each unit an id of its own, or drop the repeated rows."
            )
    start = np.searchsorted(code, np.arange(len(labels) + 1))
    return _Groups(order, code, start, labels)


def _parents(within: npt.ArrayLike | None, count: int) -> tuple[Codes, list[str]]:
    if within is None:
        return np.zeros(count, dtype=np.intp), [""]
    column = pd.Series(within)
    if len(column) != count:
        raise ArgumentError(
            f"within has {len(column)} values for {count} units. Pass the parent of each unit."
        )
    _no_missing(column, "within")
    codes, levels = pd.factorize(column)
    text = _text(pd.Series(levels), "within")
    by_text = np.argsort(text, kind="stable")
    rank = np.empty(text.size, dtype=np.intp)
    rank[by_text] = np.arange(text.size)
    return rank[codes], text[by_text].tolist()


def _wanted(n: int | Mapping[Any, int], groups: _Groups) -> Codes:
    """Return the number to draw in each parent, checked against what there is."""
    found = np.diff(groups.start)
    given: dict[str, Any] = {}
    if isinstance(n, Mapping):
        given = dict(zip(_text(pd.Series(list(n)), "n").tolist(), n.values(), strict=True))
        for label in given:
            if label not in groups.labels:
                raise ColumnError(f"n has {label!r}, and within does not.{near(label, groups.labels)}")
    else:
        given = dict.fromkeys(groups.labels, n)
    wanted = np.empty(found.size, dtype=np.intp)
    for g, label in enumerate(groups.labels):
        if label not in given:
            raise ColumnError(
                f"n has no number for {label!r} ({found[g]} units). "
                "Add it, or leave these units out of the frame."
            )
        what = "units" if label == "" else f"units in {label!r}"
        wanted[g] = check_n(given[label], int(found[g]), what)
    return wanted


def _text(column: pd.Series[Any], argument: str) -> npt.NDArray[np.str_]:
    """Ids as composed text, so that they sort alike however they were read."""
    _no_missing(column, argument)
    if len(column) == 0:
        raise DataError(f"{argument} has no values. Check the filter or the file it came from.")
    if column.dtype.kind in "iu":
        return column.to_numpy().astype(str)
    values = column.astype(object).tolist()
    wrong = next((v for v in values if isinstance(v, bool) or not isinstance(v, (str, int))), None)
    if wrong is not None:
        raise TypeError(
            f"{argument} holds {wrong!r}; an id must be text or a whole number. Turn it into text first."
        )
    text = [str(v) for v in values]
    if not all(map(str.isascii, text)):
        text = [unicodedata.normalize("NFC", v) for v in text]
    return np.array(text, dtype=np.str_)


def _no_missing(column: pd.Series[Any], argument: str) -> None:
    missing = np.flatnonzero(column.isna().to_numpy())
    if missing.size:
        raise DataError(
            f"{argument} is missing for {missing.size} units, first in row {missing[0]}. "
            "Fill it in, or drop the rows."
        )
