"""Draws with probability proportional to size that go down a list: Poisson, systematic, pivotal, Pareto."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ..streams import TOP, Seed, raw, uniforms
from .common import Codes, Groups, Selection, Sized, arranged, sized, wanted_by_group

__all__ = [
    "select_poisson",
    "select_pps_pareto",
    "select_pps_pivotal",
    "select_pps_pivotal_random",
    "select_pps_randomised",
    "select_pps_systematic",
]

Units = int | npt.ArrayLike
Number = int | Mapping[Any, int]


def sized_selection(groups: Groups, sizes: Sized, by_chance: Codes) -> Selection:
    """Return the units drawn by chance and the certainty units, in the order of the groups."""
    drawn = by_chance
    if sizes.sure is not None:
        drawn = np.sort(np.concatenate([by_chance, np.flatnonzero(sizes.sure)]))
    sure = np.zeros(drawn.size, dtype=bool) if sizes.sure is None else sizes.sure[drawn]
    return Selection(groups.rows(drawn), sizes.probability(groups, drawn), sure)


def permuted(groups: Groups, key: npt.NDArray[np.float64]) -> Codes:
    """(N,) units in the order of parents, at random within each."""
    return np.lexsort((key, groups.codes()))


def select_poisson(
    units: Units, size: npt.ArrayLike, n: Number, *, seed: Seed, within: npt.ArrayLike | None = None
) -> Selection:
    """Draw each unit independently, with probability proportional to size: n are drawn on average.

    Parameters
    ----------
    units, size, n, seed, within : as in `select_pps_systematic`; n is the expected number

    Examples
    --------
    >>> select_poisson(["A", "B", "C", "D"], [10, 20, 30, 140], 2, seed=3).position
    array([0, 1, 3])
    """
    groups = arranged(units, within)
    sizes = sized(size, wanted_by_group(n, groups), groups)
    everyone = np.arange(groups.N)
    hit = uniforms(groups.N, seed) < sizes.probability(groups, everyone)
    drawn = np.flatnonzero(hit)
    sure = np.zeros(drawn.size, dtype=bool) if sizes.sure is None else sizes.sure[drawn]
    return Selection(groups.rows(drawn), sizes.probability(groups, drawn), sure)


def select_pps_systematic(
    units: Units,
    size: npt.ArrayLike,
    n: Number,
    *,
    seed: Seed,
    within: npt.ArrayLike | None = None,
    order: npt.ArrayLike | None = None,
) -> Selection:
    r"""Draw n units with probability proportional to size, systematically from a random start.

    Certainty units are set apart first. The sizes of the others are added up in the order of the list to
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
    order : (N,), optional
        Key of each unit, by which the list is sorted (ties by id). Without it the order is that of ids.

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
    groups = arranged(units, within, order)
    sizes = sized(size, wanted_by_group(n, groups), groups)
    start = raw(groups.start.size - 1, seed).tolist()
    return sized_selection(groups, sizes, _systematic(sizes.chance(), sizes, groups, start))


def select_pps_randomised(
    units: Units, size: npt.ArrayLike, n: Number, *, seed: Seed, within: npt.ArrayLike | None = None
) -> Selection:
    """Draw as `select_pps_systematic` does, from a list put in random order first.

    Parameters
    ----------
    units, size, n, seed, within : as in `select_pps_systematic`

    References
    ----------
    Hartley & Rao (1962), Annals of Mathematical Statistics 33, 350–374.

    Examples
    --------
    >>> select_pps_randomised(["A", "B", "C", "D"], [10, 20, 30, 140], 2, seed=1).position
    array([2, 3])
    """
    groups = arranged(units, within)
    sizes = sized(size, wanted_by_group(n, groups), groups)
    numbers = raw(groups.N + groups.start.size - 1, seed)
    shuffled = permuted(groups, numbers[: groups.N].astype(np.float64))
    hit = _systematic(sizes.chance()[shuffled], sizes, groups, numbers[groups.N :].tolist())
    return sized_selection(groups, sizes, np.sort(shuffled[hit]))


def _systematic(chance: npt.NDArray[Any], sizes: Sized, groups: Groups, start: list[int]) -> Codes:
    """Find the units hit in each group by points one step apart, start / 2**53 of a step from 0, exactly."""
    left, reached = sizes.left, np.cumsum(chance)
    total = [int(t) for t in sizes.total]
    begin = [s * t // TOP for s, t in zip(start, total, strict=True)]
    largest = max(t * int(m) for t, m in zip(total, left, strict=True))
    kind = np.int64 if reached.dtype == np.int64 and largest < 2**62 else object
    code = np.repeat(np.arange(left.size), left)
    k = (np.arange(code.size) - np.repeat(np.cumsum(left) - left, left)).astype(kind)
    T, B, m = (np.array(v, dtype=kind)[code] for v in (total, begin, left.tolist()))
    point = (k * T + B) // m if code.size else k
    if left.size > 1:
        base = np.concatenate([[0], reached[groups.start[1:-1] - 1]])
        point = point + base.astype(kind)[code]
    return np.searchsorted(reached, point.astype(reached.dtype), side="right")


def select_pps_pivotal(
    units: Units,
    size: npt.ArrayLike,
    n: Number,
    *,
    seed: Seed,
    within: npt.ArrayLike | None = None,
    order: npt.ArrayLike | None = None,
) -> Selection:
    """Draw n units with probability proportional to size by duels down the list (ordered pivotal method).

    The unit in play meets the next one: where their probabilities add up to less than 1, one of them takes
    all and the other is out; else one of them is drawn and the other goes on with what is left. Near units of
    the list are seldom drawn together, so the list stratifies as in a systematic draw, with more chance left.

    Parameters
    ----------
    units, size, n, seed, within, order : as in `select_pps_systematic`

    References
    ----------
    Deville & Tillé (1998), Biometrika 85, 89–101.

    Examples
    --------
    >>> select_pps_pivotal(["A", "B", "C", "D", "E"], [10, 20, 30, 20, 20], 2, seed=1).position
    array([2, 4])
    """
    groups = arranged(units, within, order)
    sizes = sized(size, wanted_by_group(n, groups), groups)
    return sized_selection(
        groups, sizes, _duels(np.arange(groups.N), sizes, groups, uniforms(groups.N, seed))
    )


def select_pps_pivotal_random(
    units: Units, size: npt.ArrayLike, n: Number, *, seed: Seed, within: npt.ArrayLike | None = None
) -> Selection:
    """Draw as `select_pps_pivotal` does, from a list put in random order first.

    Parameters
    ----------
    units, size, n, seed, within : as in `select_pps_systematic`

    References
    ----------
    Deville & Tillé (1998), Biometrika 85, 89–101.

    Examples
    --------
    >>> select_pps_pivotal_random(["A", "B", "C", "D", "E"], [10, 20, 30, 20, 20], 2, seed=1).position
    array([1, 2])
    """
    groups = arranged(units, within)
    sizes = sized(size, wanted_by_group(n, groups), groups)
    numbers = uniforms(2 * groups.N, seed)
    shuffled = permuted(groups, numbers[: groups.N])
    return sized_selection(groups, sizes, np.sort(_duels(shuffled, sizes, groups, numbers[groups.N :])))


def _duels(unit: Codes, sizes: Sized, groups: Groups, u: npt.NDArray[np.float64]) -> Codes:
    """Play the units of each group in the order given; sizes are whole, so no probability is rounded.

    A unit's probability is its size times `left` over `total`, so size x left is compared with total.
    """
    chance = sizes.chance()[unit]
    drawn: list[int] = []
    for g in range(groups.start.size - 1):
        left, T = int(sizes.left[g]), int(sizes.total[g])
        if not left:
            continue
        low, high = int(groups.start[g]), int(groups.start[g + 1])
        own = chance[low:high]
        keep = np.flatnonzero(own) if sizes.sure is not None else np.arange(high - low)
        holder, a = -1, 0
        for k, size, r in zip(
            unit[low + keep].tolist(), own[keep].tolist(), u[low + keep].tolist(), strict=True
        ):
            b = size * left
            s = a + b
            if s < T:
                if not a or r * s < b:
                    holder = k
                a = s
            elif r * (2 * T - s) < T - a:  # the newcomer is drawn
                drawn.append(k)
                a = s - T
            else:
                drawn.append(holder)
                holder, a = k, s - T
    return np.sort(np.array(drawn, dtype=np.intp))


def select_pps_pareto(
    units: Units, size: npt.ArrayLike, n: Number, *, seed: Seed, within: npt.ArrayLike | None = None
) -> Selection:
    r"""Draw the n units of smallest :math:`\frac{u}{1 - u} \Big/ \frac{\pi}{1 - \pi}` (Pareto sampling).

    The probabilities proportional to size are the target; the true ones differ a little (Rosén 1997).

    Parameters
    ----------
    units, size, n, seed, within : as in `select_pps_systematic`

    References
    ----------
    Rosén (1997), Journal of Statistical Planning and Inference 62, 159–191.

    Examples
    --------
    >>> select_pps_pareto(["A", "B", "C", "D", "E"], [10, 20, 30, 20, 20], 2, seed=1).position
    array([2, 4])
    """
    groups = arranged(units, within)
    sizes = sized(size, wanted_by_group(n, groups), groups)
    pi = sizes.probability(groups, np.arange(groups.N))
    return sized_selection(groups, sizes, smallest(uniforms(groups.N, seed), pi, sizes, groups))


def smallest(u: npt.NDArray[np.float64], pi: npt.NDArray[np.float64], sizes: Sized, groups: Groups) -> Codes:
    """Units of the smallest ranking numbers of Pareto sampling in each group, certainty units left out."""
    sure = np.zeros(groups.N, dtype=bool) if sizes.sure is None else sizes.sure
    p = np.where(sure, 0.5, pi)
    rank = np.where(sure, np.inf, u * (1 - p) / ((1 - u) * p))
    code = groups.codes()
    rows = np.lexsort((rank, code))
    place = np.arange(rows.size) - groups.start[code[rows]]
    return np.sort(rows[place < sizes.left[code[rows]]])
