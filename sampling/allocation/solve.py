"""Each method of allocation: its numbers before rounding, and whole numbers that do what was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import fsum
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..checks import ArgumentError
from .goals import PRECISION, Goal, Kind, Target, check_precision, goal_of, goals_of
from .optimum import at_variance, share_out
from .rounding import gains, remainders, round_enough, round_total, round_within, snapped
from .several import at_goals
from .strata import Strata, by_stratum, told

__all__ = ["NEEDS_SPREAD", "Asked", "Found", "error_of", "solve"]

Array = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

NEEDS_SPREAD = ("neyman", "cost_optimal", "fixed_precision")


class Asked(NamedTuple):
    """What the caller asked: the size of the sample, in one of its forms."""

    n: Any
    budget: Any
    cv: Any
    margin: Any
    variance: Any
    targets: Any
    power: Any
    level: float

    @property
    def kind(self) -> Kind:
        """The precision that is given."""
        return next(kind for kind in PRECISION if getattr(self, kind) is not None)


class Found(NamedTuple):
    """Numbers before and after rounding, and how they were rounded."""

    x: Array
    n: Counts
    rounding: str
    targets: pd.DataFrame | None = None
    assumed: Mapping[str, Any] = MappingProxyType({})


def solve(method: str, strata: Strata, asked: Asked) -> Found:
    """Return the allocation of a method."""
    if method == "targets":
        return _for_targets(strata, asked.targets)
    if method == "fixed_precision":
        return _in_each(strata, asked)
    if asked.n is not None:
        return _for_n(method, strata, asked)
    if asked.budget is not None:
        return _for_budget(strata, asked.budget)
    kind = asked.kind
    return _for_precision(method, strata, _goal(strata, kind, getattr(asked, kind), asked.level))


def _weights(method: str, strata: Strata, power: Any) -> Array:
    """Return x of the table in `allocate`."""
    size = strata.size
    if strata.sd is not None and method in NEEDS_SPREAD:
        cost = strata.cost if method == "cost_optimal" else 1.0
        weight = size * strata.sd * np.sqrt(strata.deff / (strata.response * cost))
        if not weight.any():
            raise ArgumentError(
                f"sd is 0 in every stratum, so method={method!r} has nothing to go by. Correct it."
            )
        return weight
    if method == "equal":
        return np.ones(len(strata))
    return size if method == "proportional" else np.sqrt(size) if method == "square_root" else size**power


def _for_n(method: str, strata: Strata, asked: Asked) -> Found:
    total = _checked_n(asked.n, strata)
    weight, free = _weights(method, strata, asked.power), np.ones(len(strata))
    x = share_out(weight, total, strata.low, strata.high, free)
    if (weight == 0).any() and (x[weight > 0] == strata.high[weight > 0]).all():
        low = np.where(weight > 0, x, strata.low)  # the rest goes where the variable does not vary
        x = share_out(np.where(weight > 0, 0.0, strata.size), total, low, strata.high, free)
    x = snapped(x)
    if method in NEEDS_SPREAD:
        cost = strata.cost if method == "cost_optimal" else free
        first, rounding = gains(x, _variance(strata).part, cost), "least variance"
    else:
        first, rounding = remainders(x), "largest remainder"
    return Found(x, round_total(x, total, first, strata.rank), rounding)


def _checked_n(n: Any, strata: Strata) -> int:
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)):
        raise TypeError(f"n={n!r}: pass a whole number of units to draw.")
    there, least, most = (int(x.sum()) for x in (np.floor(strata.size), strata.low, strata.high))
    if n > there:
        raise ArgumentError(f"n={n}: there are only {there} units. Draw {there} or fewer.")
    if n > most:
        raise ArgumentError(f"n={n}: the maxima of the strata add up to {most}. Raise maximum, or lower n.")
    if n < least:
        raise ArgumentError(
            f"n={n}: the minima of the {len(strata)} strata add up to {least}. "
            "Raise n, lower minimum, or merge strata."
        )
    return int(n)


def _for_budget(strata: Strata, budget: float) -> Found:
    if not 0 < budget < float("inf"):
        raise ArgumentError(f"budget={budget:g}: it must be above 0. Correct it.")
    least = fsum(strata.cost * strata.low)
    if budget < least:
        raise ArgumentError(
            f"budget={budget:g}: the minima of the {len(strata)} strata cost {least:g}. "
            "Raise budget, lower minimum, or merge strata."
        )
    weight = _weights("cost_optimal", strata, None)
    x = snapped(share_out(weight, budget, strata.low, strata.high, strata.cost))
    first = gains(x, _variance(strata).part, strata.cost)
    return Found(x, round_within(x, budget, strata.cost, first, strata.rank), "within the budget")


def _for_precision(method: str, strata: Strata, goal: Goal) -> Found:
    goal.check(strata.high)
    cost = strata.cost if method == "cost_optimal" else np.ones(len(strata))
    x = snapped(at_variance(goal.part, goal.bound, strata.low, strata.high, cost))
    whole = round_enough(x, goal.part[None, :], np.array([goal.bound]), cost, strata.rank)
    return Found(x, whole, "no more than needed", _report([goal], [whole], [_drives(goal, x, strata, cost)]))


def _drives(goal: Goal, x: Array, strata: Strata, cost: Array) -> float:
    """Return the share of the cost that is due to the precision and not to the bounds."""
    free = np.flatnonzero((x > strata.low) & (x < strata.high))
    if free.size == 0:
        return 0.0
    i = free[0]
    return float(cost[i] * x[i] ** 2 / goal.part[i] * goal.bound) / fsum(cost * x)


def _in_each(strata: Strata, asked: Asked) -> Found:
    """Give each stratum what its own precision needs."""
    kind = asked.kind
    wanted = by_stratum(getattr(asked, kind), strata.labels, kind, "positive")
    goals = []
    for i, label in enumerate(strata.labels):
        goals.append(_goal(strata.only(i), kind, wanted[i], asked.level, domain=label))
        goals[-1].check(strata.high[i : i + 1])
    x = snapped(np.maximum(np.array([goal.part[0] / goal.bound for goal in goals]), strata.low))
    whole = np.ceil(x).astype(np.int64)
    drives = np.where(x > strata.low, strata.cost * x, 0.0) / fsum(strata.cost * x)
    return Found(x, whole, "no more than needed", _report(goals, list(whole[:, None]), drives.tolist()))


def _for_targets(strata: Strata, targets: Any) -> Found:
    given = [targets] if isinstance(targets, Target) else list(targets)
    wrong = next((x for x in given if not isinstance(x, Target)), None)
    if wrong is not None:
        raise TypeError(f"targets holds a {type(wrong).__name__}; pass Target(name, p=..., margin=...).")
    if not given:
        raise ArgumentError("targets is empty. Pass at least one Target(name, p=..., margin=...).")
    goals = [goal for target in given for goal in goals_of(target, strata)]
    for goal in goals:
        goal.check(strata.high)
    parts, wanted = np.array([goal.part for goal in goals]), np.array([goal.bound for goal in goals])
    x, share = at_goals(parts, wanted, strata.low, strata.high, strata.cost)
    x = snapped(x)
    whole = round_enough(x, parts, wanted, strata.cost, strata.rank)
    return Found(
        x, whole, "no more than needed", _report(goals, [whole] * len(goals), share.tolist()), _assumed(given)
    )


def _assumed(targets: Sequence[Target]) -> dict[str, Any]:
    """Return what each target assumes, in the words of the caller."""
    by_name: dict[str, dict[str, Any]] = {}
    for target in targets:
        level = None if target.margin is None else target.level
        of_it = {"sd": target.sd, "p": target.p, "mean": target.mean, "level": level, "deff": target.deff}
        name = target.name
        while by_name.get(name, told(of_it)) != told(of_it):
            name += "*"  # another target of the same name that assumes something else
        by_name[name] = told(of_it)
    return {"targets": by_name}


def _goal(strata: Strata, kind: Kind, wanted: Any, level: float, *, domain: Any = None) -> Goal:
    """Return a precision of the mean over the strata."""
    if np.ndim(wanted) != 0 or isinstance(wanted, Mapping):
        raise TypeError(
            f"{kind} has several values; pass one, or choose method='fixed_precision' or 'targets'."
        )
    check_precision(wanted, kind, strata.is_share)
    return goal_of(strata, kind, wanted, level, np.ones(len(strata), dtype=np.bool_), domain=domain)


def _variance(strata: Strata) -> Goal:
    return _goal(strata, "variance", 1.0, 0.95)


def error_of(strata: Strata, n: Array) -> float | None:
    """Return the expected standard error of the overall mean, if the spread is known."""
    return None if strata.sd is None else float(np.sqrt(_variance(strata).reached(n)))


def _report(goals: Sequence[Goal], n: Sequence[Counts], drives: Sequence[float]) -> pd.DataFrame:
    reached = [goal.reached(k.astype(np.float64)) for goal, k in zip(goals, n, strict=True)]
    return pd.DataFrame(
        {
            "target": [goal.target for goal in goals],
            "domain": pd.Series([goal.domain for goal in goals], dtype=object),
            "kind": [goal.kind for goal in goals],
            "is_share": [goal.is_share for goal in goals],
            "wanted": [goal.wanted for goal in goals],
            "expected": reached,
            "drives": drives,
        }
    )
