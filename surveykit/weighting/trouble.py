"""When a calibration cannot be done: why, and what comes nearest."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple, NoReturn

import numpy as np

from sampling.checks import MarginError, SurveyWarning, shown
from surveykit.design import Design
from surveykit.formulas import collinear, feasible, tightest
from surveykit.formulas.arrays import Array, sum_by
from surveykit.formulas.calibrated import Calibration
from surveykit.formulas.calibration import RANK, Solution
from surveykit.formulas.steps import Matrix

MOST_CELLS = 50_000  # cells above which no linear programme is tried
NAMED = 6  # targets that a sentence names


class Problem(NamedTuple):
    """The part in question: weights of its cells d (K,), X (K, p), targets t (p,), names, limits of g.

    ``rows`` (K,) rows with a weight in each cell; ``unit`` what a target of 1 is: the sum of the weights
    where the user gave shares.
    """

    d: Array
    X: Matrix
    t: Array
    names: list[str]
    lower: Array
    upper: Array
    rows: Array
    unit: float = 1.0

    def target(self, j: int, totals: Array | None = None) -> str:
        """Write out a target, or what comes in its place, as the user gave it."""
        return f"{self.names[j]} = {(self.t if totals is None else totals)[j] / self.unit:.6g}"


def explain(design: Design, step: Calibration, found: Solution, argument: str) -> NoReturn:
    """Raise the error that says why the targets are not met, and what would be."""
    problem = part_of(step, design.w, int(np.argmax(found.gap.max(axis=1))))
    if (problem.d < 0).any():
        _refuse_negative(design, argument)
    _check_barred(step, problem, argument)
    for relation in collinear.collinear(problem.X, problem.d):
        if not collinear.consistent([relation], problem.t)[0]:
            _refuse_collinear(problem, relation, argument)
    if problem.d.size <= MOST_CELLS:
        conflict = feasible.conflict(
            problem.d, problem.X, problem.t, lower=problem.lower, upper=problem.upper
        )
        if conflict is not None and not conflict.bounds:
            _refuse_conflict(problem, conflict.members, argument)
        if conflict is not None and (np.max(step.caps.lower) > 0 or np.min(step.caps.upper) < np.inf):
            _refuse_caps(step, problem, argument)
        if conflict is not None:
            _refuse_bounds(step, problem, argument)
    worst = step.aims[int(np.argmax(found.gap))]
    mend = "Some combination of levels would have to come to 0: join small levels, or drop a margin."
    if step.distance == "sinh":
        mend = "The ratios they need are too far from 1 for distance='sinh': pass distance='raking'."
    elif problem.d.size > MOST_CELLS:
        mend = "Use fewer targets, or distance='linear'."
    raise MarginError(
        f"{argument}: the weights do not come to agree with {_name(*worst)} (relative gap "
        f"{found.gap.max():.2g}). {mend}"
    )


def _name(name: str, level: Any) -> str:
    return f"{name!r}{'' if level is None else f' {shown(level)}'}"


def part_of(step: Calibration, w: Array, part: int) -> Problem:
    """Return the cells and targets of one part, without cells that have no weight."""
    d, goals = step.cell_weights(w), step.goals_of(w)
    low, high = step.limits(w)
    low = np.where(np.isfinite(low), low, -np.inf if step.distance == "linear" else 0.0)
    names, p = [_name(*aim) for aim in step.aims], goals.shape[1]
    keep = np.flatnonzero(d != 0)
    if step.block is not None and not step.parts:  # one margin: its levels are the parts
        X, t = np.eye(step.D)[step.block[keep]], goals[:, 0]
    else:
        keep = keep if step.block is None else keep[step.block[keep] == part]
        X, t, names = step.X[keep], goals[part], names[part * p : part * p + p]
    used = (w != 0).astype(float)
    rows = used if step.cell is None else sum_by(step.cell, used, d.size)
    lower, upper = (np.broadcast_to(x, d.shape)[keep] for x in (low, high))
    unit = {"": 1.0, "all": float(w.sum()), "part": float(step.part_sums(w)[part])}[step.shares_of]
    return Problem(d[keep], X, t, names, lower, upper, rows[keep], unit)


def check_collinear(step: Calibration, w: Array, found: Solution, argument: str) -> None:
    """Warn of numeric auxiliaries that are combinations of others and so change nothing."""
    numeric = np.array([level is None for _, level in step.labels])
    if step.D > 1 or not numeric.any():
        return
    A = found.gram[0] if w.min() >= 0 else step.system.gram(step.cell_weights(np.abs(w)))[0]
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
        f"{problem.names[r.j]} is {_sum(problem, r)}"
        for r in collinear.collinear(problem.X, np.abs(problem.d))
        if numeric[r.j] or numeric[r.others].any()
    ]
    if said:
        warnings.warn(
            f"{argument}: {'; '.join(said)} in every row, so it asks for nothing more. Leave it out.",
            SurveyWarning,
            stacklevel=4,
        )


def _several(said: list[str]) -> str:
    return ", ".join(said[:NAMED]) + (f" and {len(said) - NAMED} more" if len(said) > NAMED else "")


def _nearest(problem: Problem) -> str:
    """Return what comes nearest: the targets that are missed, and by what they are reached."""
    _, reached = feasible.least_violating(
        problem.d, problem.X, problem.t, lower=problem.lower, upper=problem.upper
    )
    gap = np.abs(reached - problem.t) / np.maximum(np.abs(problem.t), 1e-300)
    return _several([problem.target(j, reached) for j in np.argsort(-gap, kind="stable") if gap[j] > 1e-7])


def _sum(problem: Problem, relation: collinear.Relation) -> str:
    """Write out what a column is the sum of."""
    if not len(relation.others):
        return "0"
    pairs = list(zip(relation.coefficients, relation.others, strict=True))
    if len(pairs) == 1 and abs(pairs[0][0] - 1) < 1e-9:
        return f"the same as {problem.names[pairs[0][1]]}"
    return " + ".join(
        problem.names[k] if abs(c - 1) < 1e-9 else f"{c:.6g} × {problem.names[k]}" for c, k in pairs
    ).replace("+ -", "− ")


def _refuse_negative(design: Design, argument: str) -> NoReturn:
    below = int((design.w < 0).sum())
    raise MarginError(
        f"{argument}: no weights that agree were found, as {below} of them lie below 0 before this step. "
        "Take the earlier calibration again with distance='raking', or bounds=."
    )


def _check_barred(step: Calibration, problem: Problem, argument: str) -> None:
    """Refuse a target above 0 all of whose rows have another level with the target 0."""
    if step.barred is None:
        return
    held = np.asarray(abs(problem.X).sum(axis=0)).ravel()
    for j in np.flatnonzero((held == 0) & (problem.t != 0)):
        raise MarginError(
            f"{argument}: {problem.target(int(j))}, but all its rows have another level whose target is 0. "
            "Correct one of them."
        )


def _refuse_conflict(problem: Problem, members: Any, argument: str) -> NoReturn:
    alone = len(members) == 1
    raise MarginError(
        f"{argument}: {_several([problem.target(j) for j in members])} cannot be met"
        f"{'' if alone else ' together'} by the rows that have a weight: no weights of at least 0 sum to "
        f"{'it' if alone else 'them'}.{'' if alone else ' Without any one of them the others can.'} "
        f"The nearest is {_nearest(problem)}. Correct the targets, join levels, or drop a margin."
    )


def _refuse_collinear(problem: Problem, relation: collinear.Relation, argument: str) -> NoReturn:
    wanted = float(sum(c * problem.t[k] for c, k in zip(relation.coefficients, relation.others, strict=True)))
    raise MarginError(
        f"{argument}: {problem.names[relation.j]} is {_sum(problem, relation)} in every row, so its target "
        f"would have to be {wanted / problem.unit:.6g}, not {problem.t[relation.j] / problem.unit:.6g}. Drop "
        "it, or correct the targets."
    )


def _refuse_caps(step: Calibration, problem: Problem, argument: str) -> NoReturn:
    """Name the limits of the weights that cannot hold, and the nearest that can."""
    low, high = max(float(np.min(step.caps.lower)), 0.0), float(np.max(step.caps.upper))
    asked = [f"at least {low:.6g}"] if low > 0 else []
    asked += [f"at most {high:.6g}"] if np.isfinite(high) else []
    said, can = f"weights of {' and '.join(asked)}", f"the nearest is {_nearest(problem)}"
    cap = tightest.tightest_cap(problem.rows, problem.X, problem.t, floor=low)
    if np.unique(step.caps.upper).size > 1:
        said = "weights within the limits of the groups"
    elif cap is None:
        least = tightest.tightest_lower(problem.rows, problem.X, problem.t)
        can = f"the greatest lower limit that can hold is {_outside(least or 0.0, up=False)}"
    elif cap > high * (1 + 1e-9):
        can = f"the lowest cap that can hold is {_outside(cap, up=True)}"
    else:
        said += f" with bounds=({float(np.min(step.bounds.lower)):g}, {float(np.max(step.bounds.upper)):g})"
    raise MarginError(
        f"{argument}: {said} cannot meet the targets; {can}. Choose wider limits, or join levels."
    )


def _refuse_bounds(step: Calibration, problem: Problem, argument: str) -> NoReturn:
    """Name the bounds that cannot hold, and the tightest that can."""
    low, high = float(np.min(step.bounds.lower)), float(np.max(step.bounds.upper))
    d, X, t = problem.d, problem.X, problem.t
    said = ""
    if not low < 1 < high:
        pass
    elif np.isfinite(low) and np.isfinite(high):
        tight = tightest.tightest_bounds(d, X, t, lower=low, upper=high)
        if tight is not None:
            ends = [_outside(float(x), up=up) for x, up in ((tight.lower, False), (tight.upper, True))]
            said = f" The tightest that can, in the same proportions, are ({ends[0]}, {ends[1]})."
    elif np.isfinite(high):
        least = tightest.tightest_upper(d, X, t, lower=low if np.isfinite(low) else 0.0)
        said = "" if least is None else f" The lowest upper bound that can is {_outside(least, up=True)}."
    elif np.isfinite(low):
        most = tightest.tightest_lower(d, X, t)
        said = "" if most is None else f" The greatest lower bound that can is {_outside(most, up=False)}."
    raise MarginError(
        f"bounds=({low:g}, {high:g}): no ratios between them meet the {argument}. Nearest is "
        f"{_nearest(problem)}.{said}"
    )


def _outside(x: float, *, up: bool) -> str:
    """Write a limit with six digits, so that rounding does not make it tighter."""
    if abs(x) < 1e-9:
        return "0"
    unit = 10.0 ** (np.floor(np.log10(abs(x))) - 5)
    steps = x / unit
    near = round(steps)
    whole = near if abs(steps - near) < 1e-3 else np.ceil(steps) if up else np.floor(steps)
    return f"{whole * unit:.6g}"
