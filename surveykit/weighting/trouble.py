"""When a calibration cannot be done: why, and what comes nearest."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple, NoReturn

import numpy as np

from sampling.checks import MarginError, SurveyWarning, shown
from surveykit.design import Design
from surveykit.formulas import collinear, feasible, tightest
from surveykit.formulas.arrays import Array
from surveykit.formulas.calibrated import Calibration
from surveykit.formulas.calibration import NO_BOUNDS, RANK, Solution
from surveykit.formulas.steps import Matrix

MOST_CELLS = 50_000  # cells above which no linear programme is tried
NAMED = 6  # targets that a sentence names


class Problem(NamedTuple):
    """The part in question: weights of its cells d (K,), X (K, p), targets t (p,), names, limits of g."""

    d: Array
    X: Matrix
    t: Array
    names: list[str]
    lower: float | Array
    upper: float | Array


def explain(design: Design, step: Calibration, found: Solution, argument: str) -> NoReturn:
    """Raise the error that says why the targets are not met, and what would be."""
    problem = part_of(step, design.w, int(np.argmax(found.gap.max(axis=1))))
    for relation in collinear.collinear(problem.X, problem.d):
        if not collinear.consistent([relation], problem.t)[0]:
            _refuse_collinear(problem, relation, argument)
    if problem.d.size <= MOST_CELLS:
        conflict = feasible.conflict(
            problem.d, problem.X, problem.t, lower=problem.lower, upper=problem.upper
        )
        if conflict is not None and not conflict.bounds:
            _refuse_conflict(problem, conflict.members, argument)
        if conflict is not None:
            _refuse_bounds(step, problem, argument)
    worst = int(np.argmax(found.gap))
    name, level = step.aims[worst]
    zero = (
        " Some combination of levels would have to come to 0: join small levels, or drop a margin."
        if problem.d.size <= MOST_CELLS
        else " Use fewer targets, or distance='linear'."
    )
    raise MarginError(
        f"{argument}: the weights do not come to agree with {name!r}"
        f"{'' if level is None else f' {shown(level)}'} (relative gap {found.gap.max():.2g} after "
        f"200 steps).{zero}"
    )


def part_of(step: Calibration, w: Array, part: int) -> Problem:
    """Return the cells and targets of one part, without cells that have no weight."""
    d, goals = step.cell_weights(w), step.goals_of(w)
    low, high = step.limits(w)
    low = np.where(np.isfinite(low), low, -np.inf if step.distance == "linear" else 0.0)
    keep = np.flatnonzero((d != 0) & (True if step.block is None else step.block == part))
    p = goals.shape[1]
    names = [
        f"{name!r}{'' if level is None else f' {shown(level)}'}"
        for name, level in step.aims[part * p : part * p + p]
    ]
    lower, upper = (np.broadcast_to(x, d.shape)[keep] for x in (low, high))
    X = step.X[keep]
    if step.block is not None and not step.parts:  # one margin: its levels are the parts
        keep = np.flatnonzero(d != 0)
        X, goals, part = np.eye(step.D)[step.block[keep]], goals.T, 0
        names = [f"{name!r} {shown(level)}" for name, level in step.aims]
        lower, upper = (np.broadcast_to(x, d.shape)[keep] for x in (low, high))
    return Problem(d[keep], X, goals[part], names, lower, upper)


def check_collinear(step: Calibration, w: Array, argument: str) -> None:
    """Warn of numeric auxiliaries that are combinations of others and so change nothing."""
    numeric = np.array([level is None for _, level in step.labels])
    if step.D > 1 or not numeric.any():
        return
    A = step.system.gram(step.cell_weights(np.abs(w)))[0]
    size = np.sqrt(np.maximum(np.diag(A), 1e-300))
    A = A / size[:, None] / size
    rank = [
        int((np.linalg.eigvalsh(part) > RANK * max(len(part), 1)).sum())
        for part in (A, A[~numeric][:, ~numeric])
    ]
    if rank[0] == rank[1] + int(numeric.sum()):
        return
    problem = part_of(step, w, 0)
    said = [
        f"{problem.names[r.j]} = {_sum(problem, r)}"
        for r in collinear.collinear(problem.X, problem.d)
        if numeric[r.j] or numeric[r.others].any()
    ]
    if said:
        warnings.warn(
            f"{argument}: {'; '.join(said)} in every row, so it asks for nothing more. Leave it out.",
            SurveyWarning,
            stacklevel=4,
        )


def _targets(problem: Problem, members: Any) -> str:
    said = [f"{problem.names[j]} = {problem.t[j]:.6g}" for j in members[:NAMED]]
    more = f" and {len(members) - NAMED} more" if len(members) > NAMED else ""
    return ", ".join(said) + more


def _nearest(problem: Problem) -> str:
    """Return what comes nearest: the targets that are missed, and by what they are reached."""
    _, reached = feasible.least_violating(
        problem.d, problem.X, problem.t, lower=problem.lower, upper=problem.upper
    )
    gap = np.abs(reached - problem.t) / np.maximum(np.abs(problem.t), 1e-300)
    missed = [j for j in np.argsort(-gap) if gap[j] > 1e-7]
    said = [f"{problem.names[j]} = {reached[j]:.6g}" for j in missed[:NAMED]]
    return ", ".join(said) + (f" and {len(missed) - NAMED} more" if len(missed) > NAMED else "")


def _sum(problem: Problem, relation: collinear.Relation) -> str:
    """Write out what a column is the sum of."""
    pairs = zip(relation.coefficients, relation.others, strict=True)
    return " + ".join(f"{c:.6g} × {problem.names[k]}" for c, k in pairs) or "0"


def _refuse_conflict(problem: Problem, members: Any, argument: str) -> NoReturn:
    together = "cannot be met" if len(members) == 1 else "cannot be met together"
    drop = "" if len(members) == 1 else " Without any one of them the others can."
    raise MarginError(
        f"{argument}: {_targets(problem, members)} {together} by the rows that have a weight: no "
        "weights of at "
        f"least 0 sum to them.{drop} The nearest is {_nearest(problem)}. Correct the targets, join "
        "levels, or "
        "drop a margin."
    )


def _refuse_collinear(problem: Problem, relation: collinear.Relation, argument: str) -> NoReturn:
    wanted = float(sum(c * problem.t[k] for c, k in zip(relation.coefficients, relation.others, strict=True)))
    is_zero = f"{_sum(problem, relation)} in every row"
    raise MarginError(
        f"{argument}: {problem.names[relation.j]} is {is_zero}, so its target would have to be "
        f"{wanted:.6g}, not "
        f"{problem.t[relation.j]:.6g}. Drop it, or correct the targets."
    )


def _refuse_bounds(step: Calibration, problem: Problem, argument: str) -> NoReturn:
    """Name the limits that cannot hold, and the tightest that can."""
    if step.caps is not NO_BOUNDS:
        high = float(np.max(step.caps.upper))
        m = problem.d * 0 + 1.0
        cap = tightest.tightest_cap(
            m, problem.X, problem.t, floor=float(np.max([np.min(step.caps.lower), 0.0]))
        )
        can = (
            "no cap lets the targets be met" if cap is None else f"the lowest cap that can hold is {cap:.6g}"
        )
        raise MarginError(
            f"{argument}: weights of at most {high:.6g} cannot meet the targets; {can}. Choose a "
            "higher cap, or "
            "join levels."
        )
    low, high = float(np.min(step.bounds.lower)), float(np.max(step.bounds.upper))
    around = np.asarray((problem.lower < 1) & (problem.upper > 1))
    tight = (
        None
        if not around.all()
        else tightest.tightest_bounds(
            problem.d, problem.X, problem.t, lower=problem.lower, upper=problem.upper
        )
    )
    said = ""
    if tight is not None:
        least, most = float(np.max(tight.lower)), float(np.max(tight.upper))
        said = f" The tightest that can, in the same proportions, are ({_down(least)}, {_up(most)})."
    raise MarginError(
        f"bounds=({low:g}, {high:g}): no ratios between them meet the {argument}. "
        f"Nearest is {_nearest(problem)}.{said}"
    )


def _down(x: float) -> str:
    """Write a bound so that rounding does not make it tighter."""
    return f"{np.floor(x * 1e4) / 1e4:g}" if np.isfinite(x) else f"{x:g}"


def _up(x: float) -> str:
    return f"{np.ceil(x * 1e4) / 1e4:g}" if np.isfinite(x) else f"{x:g}"
