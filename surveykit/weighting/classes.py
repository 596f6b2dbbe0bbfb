"""Small weighting classes joined with a neighbour, by a stated rule."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from sampling.checks import shown
from surveykit.formulas.arrays import Array, Codes, Mask, sum_by


def collapse(
    codes: Codes, index: pd.Index[Any], w: Array, yes: Mask, least: int, greatest: float
) -> tuple[Codes, pd.Index[Any], list[str]]:
    """Join classes with too few respondents or too great a factor with a neighbour.

    The class with the fewest respondents goes first. Its neighbour is the class next to it in the order of
    the levels that shares all columns but the last; where none is left, all but the last two; and so on. Of
    two neighbours the one whose response rate is nearer is taken.

    Parameters
    ----------
    codes : (n,) class of each row
    index : names of the classes, in the order of their levels
    w : (n,) weights, 0 for rows that do not count
    yes : (n,) respondents that count
    least : least number of respondents
    greatest : greatest factor Σ w / Σ w r

    Returns
    -------
    codes, index : of the classes that are left, named after all their parts
    said : what was joined, as "'a' + 'b'"
    """
    k = len(index)
    keys = [name if isinstance(name, tuple) else (name,) for name in index]
    every, held = sum_by(codes, w, k), sum_by(codes, w * yes, k)
    count = np.bincount(codes, weights=yes, minlength=k)
    group = np.arange(k)
    alive = [g for g in range(k) if every[g] > 0]
    said: list[str] = []
    while len(alive) > 1:
        factor = np.divide(every, held, out=np.full(k, np.inf), where=held > 0)
        poor = [g for g in alive if count[g] < least or factor[g] > greatest]
        if not poor:
            break
        g = min(poor, key=lambda c: (count[c], c))
        other = _neighbour(g, alive, keys, every, held)
        keep, gone = min(g, other), max(g, other)
        said.append(f"{_named(keep, group, index)} + {_named(gone, group, index)}")
        for table in (every, held, count):
            table[keep] += table[gone]
        group[group == gone] = keep
        alive.remove(gone)
    place = {g: i for i, g in enumerate(sorted(set(group.tolist())))}
    names = pd.Index([_named(g, group, index) for g in place])
    return np.array([place[int(g)] for g in group], dtype=np.intp)[codes], names, said


def _neighbour(g: int, alive: list[int], keys: list[tuple[Any, ...]], every: Array, held: Array) -> int:
    """Return the class next to g among those that share the most leading columns."""
    for shared in range(len(keys[g]) - 1, -1, -1):
        near = [c for c in alive if c != g and keys[c][:shared] == keys[g][:shared]]
        below, above = [c for c in near if c < g][-1:], [c for c in near if c > g][:1]
        if below or above:
            rate = held / np.maximum(every, 1e-300)
            return min(below + above, key=lambda c: (abs(rate[c] - rate[g]), c))
    raise AssertionError("two classes share no column at all")  # pragma: no cover


def _named(g: int, group: Codes, index: pd.Index[Any]) -> str:
    return " + ".join(shown(index[int(c)]) for c in np.flatnonzero(group == g))
