"""Draws of fixed size with unequal probabilities whose joint probabilities can be known or are near known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from ..checks import DataError
from ..conditional import counts, working_probabilities
from ..probabilities import SAFE
from ..streams import TOP, Seed, Tape
from .common import Codes, Groups, Selection, Sized, arranged, sized, wanted_by_group
from .proportional import sized_selection

__all__ = ["select_pps_brewer", "select_pps_conditional_poisson", "select_pps_sampford", "select_pps_tille"]

Array = npt.NDArray[np.float64]
Units = int | npt.ArrayLike
Number = int | Mapping[Any, int]
#: Of sizes that are not certain and the number to draw among them, return the places drawn.
Kernel = Callable[[npt.NDArray[Any], int, Tape], list[int]]
TRIES = 64  # proposals of Brewer's step before the step is worked out over all units


def _by_group(
    units: Units, size: npt.ArrayLike, n: Number, seed: Seed, within: npt.ArrayLike | None, kernel: Kernel
) -> Selection:
    """Let a kernel draw in each group among the units that are not certain."""
    groups = arranged(units, within)
    sizes = sized(size, wanted_by_group(n, groups), groups)
    tape = Tape(seed)
    drawn = [_one(g, groups, sizes, tape, kernel) for g in range(groups.start.size - 1) if sizes.left[g]]
    by_chance = np.concatenate([*drawn, np.zeros(0, dtype=np.intp)]).astype(np.intp)
    return sized_selection(groups, sizes, by_chance)


def _one(g: int, groups: Groups, sizes: Sized, tape: Tape, kernel: Kernel) -> Codes:
    own = np.arange(groups.start[g], groups.start[g + 1])
    if sizes.sure is not None:
        own = own[~sizes.sure[own]]
    return own[np.sort(np.array(kernel(sizes.whole[own], int(sizes.left[g]), tape), dtype=np.intp))]


def shares(whole: npt.NDArray[Any], n: int) -> Array:
    """(N,) inclusion probabilities of sizes of which none is certain."""
    total = int(whole.sum())
    rest = whole if whole.dtype == object else whole.astype(np.float64)
    pi = np.asarray(rest * n / total, dtype=np.float64)
    if pi.min() <= 0 or pi.max() >= 1:
        raise DataError(
            f"size: the sizes are too far apart (the least is {whole.min() / total:.1g} of their sum), so "
            "that a probability is 0 or 1 but for rounding. Check the units of the sizes, or stratify."
        )
    return pi


def select_pps_brewer(
    units: Units, size: npt.ArrayLike, n: Number, *, seed: Seed, within: npt.ArrayLike | None = None
) -> Selection:
    r"""Draw n units one by one with probability proportional to size, by Brewer's method.

    At draw r, with :math:`A` the probabilities of the units drawn so far, a unit is taken in proportion to
    :math:`\pi_i (n - A - \pi_i) / (n - A - \pi_i (n - r + 1))`.

    Parameters
    ----------
    units, size, n, seed, within : as in `select_pps_systematic`

    References
    ----------
    Brewer (1975), Australian Journal of Statistics 17, 166–172; Tillé (2006), Sampling Algorithms, ch. 6.

    Examples
    --------
    >>> select_pps_brewer(["A", "B", "C", "D", "E"], [10, 20, 30, 20, 20], 2, seed=1).position
    array([1, 2])
    """
    return _by_group(units, size, n, seed, within, _brewer)


def _brewer(whole: npt.NDArray[Any], n: int, tape: Tape) -> list[int]:
    """Propose in proportion to size and accept by the rest of the formula, which grows with the size."""
    pi, reached = shares(whole, n), np.cumsum(whole)
    total, most = int(reached[-1]), float(pi.max())
    taken = np.zeros(pi.size, dtype=bool)
    drawn: list[int] = []
    gone = 0.0
    for r in range(1, n + 1):
        B, m = n - gone, n - r + 1
        top = (B - most) / (B - most * m)
        for _ in range(TRIES):
            k = int(np.searchsorted(reached, tape.whole() * total // TOP, side="right"))
            own = float(pi[k])
            if not taken[k] and tape.next() * top < (B - own) / (B - own * m):
                break
        else:
            weight = np.cumsum(np.where(taken, 0.0, pi * (B - pi) / (B - pi * m)))
            k = int(np.searchsorted(weight, tape.next() * weight[-1], side="right"))
        taken[k] = True
        gone += float(pi[k])
        drawn.append(k)
    return drawn


def select_pps_sampford(
    units: Units, size: npt.ArrayLike, n: Number, *, seed: Seed, within: npt.ArrayLike | None = None
) -> Selection:
    r"""Draw n units with probability proportional to size by Sampford's design, without rejecting any sample.

    A sample has the chance
    :math:`p(s) \propto \sum_{k \in s} \pi_k \prod_{l \in s, l \ne k} \pi_l / (1 - \pi_l)`.
    The list is gone through once: each unit is taken or not with its chance given what was taken before.

    Parameters
    ----------
    units, size, n, seed, within : as in `select_pps_systematic`

    References
    ----------
    Sampford (1967), Biometrika 54, 499–513; the list-sequential form follows Tillé (2006), ch. 5.

    Examples
    --------
    >>> select_pps_sampford(["A", "B", "C", "D", "E"], [10, 20, 30, 20, 20], 2, seed=1).position
    array([1, 3])
    """
    return _by_group(units, size, n, seed, within, _sampford)


def _sampford(whole: npt.NDArray[Any], n: int, tape: Tape) -> list[int]:
    """One unit of a sample has the weight π, the others π / (1 − π): it is marked, and summed out."""
    p = shares(whole, n)
    Q = counts(p, n)
    S = np.zeros_like(Q)  # the same, one of the j units being the marked one
    for i in range(p.size - 1, -1, -1):
        S[i] = (1 - p[i]) * S[i + 1]
        S[i, 1:] += p[i] * S[i + 1, :-1] + p[i] * (1 - p[i]) * Q[i + 1, :-1]
    drawn: list[int] = []
    j, pending = n, True
    for i, chance in enumerate(p.tolist()):
        if j == 0:
            break
        now = S if pending else Q
        u = tape.next() * now[i, j]
        skip = (1 - chance) * now[i + 1, j]
        if u < skip:
            continue
        drawn.append(i)
        if pending and u >= skip + chance * S[i + 1, j - 1]:
            pending = False
        j -= 1
    return drawn


def select_pps_conditional_poisson(
    units: Units, size: npt.ArrayLike, n: Number, *, seed: Seed, within: npt.ArrayLike | None = None
) -> Selection:
    """Draw n units by conditional Poisson sampling (greatest entropy) with probability proportional to size.

    The working probabilities are found so that the inclusion probabilities are those asked for to 1e-13.

    Parameters
    ----------
    units, size, n, seed, within : as in `select_pps_systematic`

    Raises
    ------
    ArgumentError
        A probability is so near to 1 that no working probabilities are found.

    References
    ----------
    Chen, Dempster & Liu (1994), Biometrika 81, 457–469; Tillé (2006), Sampling Algorithms, ch. 5.

    Examples
    --------
    >>> select_pps_conditional_poisson(["A", "B", "C", "D", "E"], [10, 20, 30, 20, 20], 2, seed=1).position
    array([1, 3])
    """
    return _by_group(units, size, n, seed, within, _conditional_poisson)


def _conditional_poisson(whole: npt.NDArray[Any], n: int, tape: Tape) -> list[int]:
    p = _working(tuple(whole.tolist()), n)
    Q = counts(p, n)
    drawn: list[int] = []
    j = n
    for i, chance in enumerate(p.tolist()):
        if j == 0:
            break
        if tape.next() * Q[i, j] >= (1 - chance) * Q[i + 1, j]:
            drawn.append(i)
            j -= 1
    return drawn


@lru_cache(maxsize=64)
def _working(sizes: tuple[int, ...], n: int) -> Array:
    """Remember the working probabilities: parents of the same sizes share them."""
    kind = np.int64 if sum(sizes) <= SAFE else object
    return working_probabilities(shares(np.array(sizes, dtype=kind), n), n)


def select_pps_tille(
    units: Units, size: npt.ArrayLike, n: Number, *, seed: Seed, within: npt.ArrayLike | None = None
) -> Selection:
    r"""Draw n units with probability proportional to size by putting units out one by one (Tillé 1996).

    From k + 1 units left, one is put out with the chance :math:`1 - \pi_i(k) / \pi_i(k + 1)`, where π(k) are
    the inclusion probabilities of a sample of k, certainty units among them.

    Parameters
    ----------
    units, size, n, seed, within : as in `select_pps_systematic`

    References
    ----------
    Tillé (1996), Biometrika 83, 238–241.

    Examples
    --------
    >>> select_pps_tille(["A", "B", "C", "D", "E"], [10, 20, 30, 20, 20], 2, seed=1).position
    array([2, 3])
    """
    return _by_group(units, size, n, seed, within, _tille)


def _tille(whole: npt.NDArray[Any], n: int, tape: Tape) -> list[int]:
    """All units that are not certain have the same chance to go, but for those that were certain just before.

    ``queue`` holds the units certain so far, the smallest last; ``active`` the others still in.
    """
    order: list[int] = np.argsort(-whole, kind="stable").tolist()
    size = [int(x) for x in whole]
    queue = order
    active: list[int] = []
    below = 0  # sum of the sizes that are not certain, out or in
    for k in range(len(size) - 1, n - 1, -1):
        fresh: list[int] = []
        while queue and (k - len(queue) + 1) * size[queue[-1]] < below + size[queue[-1]]:
            below += size[queue[-1]]
            fresh.append(queue.pop())
        room = k - len(queue)
        u, at = tape.next(), 0.0
        out = -1
        for place, unit in enumerate(fresh):
            at += 1 - room * size[unit] / below
            if u < at:
                out = place
                break
        if out >= 0 or not active:  # the chances of the fresh units may add up to 1 but for rounding
            fresh.pop(out)
        else:
            place = min(int((u - at) / (1 - at) * len(active)), len(active) - 1)
            active[place] = active[-1]
            active.pop()
        active += fresh
    return queue + active
