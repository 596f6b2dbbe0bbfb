"""Draws with equal chances: simple random with and without replacement, Bernoulli, systematic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ..checks import ArgumentError
from ..streams import TOP, Seed, raw, uniforms
from .common import Codes, Groups, Selection, arranged, wanted_by_group

__all__ = ["select_bernoulli", "select_srs", "select_srs_wr", "select_systematic"]


def equal_selection(groups: Groups, drawn: Codes, share: npt.NDArray[np.float64]) -> Selection:
    """Return the units drawn, each with the share of its parent as its probability."""
    code = groups.codes()[drawn]
    return Selection(groups.rows(drawn), share[code], np.zeros(drawn.size, dtype=bool))


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
    groups = arranged(units, within)
    wanted = wanted_by_group(n, groups)
    key = uniforms(groups.N, seed)
    code = groups.codes()
    rows = np.lexsort((key, code))  # stable: equal numbers, if ever, stay in the order of ids
    rank = np.arange(rows.size) - groups.start[code[rows]]
    drawn = np.sort(rows[rank < wanted[code[rows]]])
    return equal_selection(groups, drawn, wanted / np.diff(groups.start))


def select_srs_wr(
    units: int | npt.ArrayLike, n: int | Mapping[Any, int], *, seed: Seed, within: npt.ArrayLike | None = None
) -> Selection:
    """Draw n times one unit by simple random sampling with replacement, within each parent.

    A unit that was hit twice stands twice in the result. `probability` is the expected number of hits, n/N.

    Parameters
    ----------
    units, n, seed, within : as in `select_srs`; n may be larger than N

    Examples
    --------
    >>> select_srs_wr(["A", "B", "C"], 4, seed=1).position
    array([0, 1, 2, 2])
    """
    groups = arranged(units, within)
    wanted = wanted_by_group(n, groups, repeated=True)
    size = np.diff(groups.start)
    code = np.repeat(np.arange(size.size), wanted)
    hit = np.minimum((uniforms(code.size, seed) * size[code]).astype(np.intp), size[code] - 1)
    drawn = np.sort(groups.start[code] + hit)
    return equal_selection(groups, drawn, wanted / size)


def select_bernoulli(
    units: int | npt.ArrayLike, n: int | Mapping[Any, int], *, seed: Seed, within: npt.ArrayLike | None = None
) -> Selection:
    """Draw each unit independently with probability n/N: the number drawn is random, n on average.

    Parameters
    ----------
    units, n, seed, within : as in `select_srs`

    Examples
    --------
    >>> select_bernoulli(8, 4, seed=1).position
    array([2, 4, 5, 7])
    """
    groups = arranged(units, within)
    share = wanted_by_group(n, groups) / np.diff(groups.start)
    drawn = np.flatnonzero(uniforms(groups.N, seed) < share[groups.codes()])
    return equal_selection(groups, drawn, share)


def select_systematic(
    units: int | npt.ArrayLike,
    n: int | Mapping[Any, int] | None = None,
    *,
    seed: Seed,
    every: int | None = None,
    within: npt.ArrayLike | None = None,
    order: npt.ArrayLike | None = None,
) -> Selection:
    r"""Draw units at equal steps down a list, from a random start.

    With n, the step N/n need not be whole and exactly n units are drawn: with one random number u in [0, 1)
    the units at places :math:`\lfloor (u + k) N / n \rfloor`, k = 0 … n − 1. With ``every=k``, each k-th unit
    from a start among the first k: the number drawn is N/k rounded up or down, as with visitors who come one
    after another.

    Parameters
    ----------
    units, seed, within : as in `select_srs`
    n : int or mapping
        Number to draw in each parent; or
    every : int
        Whole step.
    order : (N,), optional
        Key of each unit, by which the list is sorted (ties by id). Without it the order is that of ids.

    Raises
    ------
    ArgumentError
        Both or neither of n and every are given, or a step is below 1 or above the units of a parent.

    Examples
    --------
    >>> select_systematic(10, 4, seed=1).position
    array([1, 3, 6, 8])
    >>> select_systematic(10, every=4, seed=1).position
    array([2, 6])
    """
    if (n is None) == (every is None):
        raise ArgumentError(
            "n and every: give the number to draw or the step, not both." if n is not None
            else "n and every: neither is given. Give the number to draw, n=, or the step, every=."
        )  # fmt: skip
    groups = arranged(units, within, order)
    N = np.diff(groups.start)
    if every is not None:
        step = _check_step(every, int(N.min()))
        first = np.array([int(r) * step // TOP for r in raw(N.size, seed)], dtype=np.intp)
        count = -(-(N - first) // step)
        code = np.repeat(np.arange(N.size), count)
        k = np.arange(code.size) - np.repeat(np.cumsum(count) - count, count)
        return equal_selection(groups, groups.start[code] + first[code] + k * step, np.full(N.size, 1 / step))
    assert n is not None
    wanted = wanted_by_group(n, groups)
    begin = np.array(
        [int(r) * int(m) // TOP for r, m in zip(raw(N.size, seed), N, strict=True)], dtype=np.intp
    )
    code = np.repeat(np.arange(N.size), wanted)
    k = np.arange(code.size) - np.repeat(np.cumsum(wanted) - wanted, wanted)
    place = (k * N[code] + begin[code]) // wanted[code]
    return equal_selection(groups, groups.start[code] + place, wanted / N)


def _check_step(every: Any, least: int) -> int:
    if isinstance(every, bool) or not isinstance(every, (int, np.integer)):
        raise TypeError(f"every={every!r}: pass a whole number, the step down the list.")
    if not 1 <= every <= least:
        raise ArgumentError(
            f"every={every}: the step must be from 1 to {least}, the units of the shortest list. "
            "Choose a smaller step, or join short lists."
        )
    return int(every)
