"""Sums of the weights against the targets of the calibrating steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from surveykit.design import Design, check_design
from surveykit.formulas.arrays import Array, Mask
from surveykit.formulas.calibrated import Calibration
from surveykit.formulas.statistics import divide

__all__ = ["margins_table"]

CONSTANT = 1e-12  # variance, relative to the squared mean, below which a column does not vary
MARGINS = (
    "step", "margin", "level", "target", "before", "after", "gap", "final",
    "standardised_before", "standardised_after", "standardised_final",
)  # fmt: skip


def margins_table(design: Design) -> pd.DataFrame:
    r"""Compare the sums of the weights with the targets of every calibrating step.

    .. math:: d = \frac{\sum w x / \sum w - t / N}{s_x}

    is the standardised difference from the target t of N people, with :math:`s_x` the standard deviation of
    the auxiliary (an indicator of the level, or the number itself) under the weights before the step.

    Parameters
    ----------
    design : Design
        All rows count, as they do in the steps.

    Returns
    -------
    DataFrame, a row for each target: ``step``, ``margin``, ``level`` (None for a total of numbers),
    ``target``, sums ``before`` and ``after`` the step, ``gap`` = after − target, the sum by the ``final``
    weights, and the standardised differences of the three (missing where the auxiliary does not vary).
    Without a calibrating step it has no rows.

    References
    ----------
    Austin (2009), Statistics in Medicine 28, 3083–3107 (standardised differences as a measure of balance).

    Examples
    --------
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"w": [10.0] * 4, "gioi": ["Nam", "Nữ", "Nữ", "Nữ"]})
    >>> design = sv.rake(sv.Design(people, weights="w"), {"gioi": {"Nam": 0.5, "Nữ": 0.5}})
    >>> margins_table(design)[["level", "target", "before", "after", "standardised_before"]].round(3)
      level  target  before  after  standardised_before
    0   Nam    20.0    10.0   20.0               -0.577
    1    Nữ    20.0    30.0   20.0                0.577
    """
    path = check_design(design).weight_path
    tables = [
        _of_step(step, path[k], path[k + 1], path[-1])
        for k, step in enumerate(design.steps)
        if isinstance(step, Calibration)
    ]
    if not tables:
        return pd.DataFrame(columns=list(MARGINS))
    return pd.concat(tables, ignore_index=True)


def _of_step(step: Calibration, before: Array, after: Array, final: Array) -> pd.DataFrame:
    target = step.goals_of(before).ravel()
    weights = {"before": before, "after": after, "final": final}
    sums = {name: step.column_sums(w).ravel() for name, w in weights.items()}
    people = {name: _people(step, w) for name, w in weights.items()}
    spread = _spread(step, before, sums["before"], people["before"])
    numeric = np.array([level is None for _, level in step.aims])
    ones = numeric & (spread == 0) & np.isclose(sums["before"], people["before"], rtol=CONSTANT)
    wanted = divide(target, _wanted_people(step, target, people["after"], ones))
    table: dict[str, Any] = {
        "step": step.name,
        "margin": [name for name, _ in step.aims],
        "level": pd.Series([level for _, level in step.aims], dtype=object),
        "target": target,
        "before": sums["before"],
        "after": sums["after"],
        "gap": sums["after"] - target,
        "final": sums["final"],
    }
    for name in weights:
        table[f"standardised_{name}"] = divide(divide(sums[name], people[name]) - wanted, spread)
    return pd.DataFrame(table, columns=list(MARGINS))


def _people(step: Calibration, w: Array) -> Array:
    """(D p,) sum of the weights of the part that each target is about."""
    sums = step.part_sums(w)
    return np.repeat(sums, len(step.labels)) if step.parts else np.full(len(step.aims), sums.sum())


def _wanted_people(step: Calibration, target: Array, after: Array, ones: Mask) -> Array:
    """(D p,) people that the targets stand for.

    Of a level the sum of the targets of its margin; of a total of numbers the target of the number of people
    (``ones``: an auxiliary of 1), that of the first margin of the part, or else the sum of the new weights.
    """
    part = np.arange(len(step.aims)) // len(step.labels) if step.parts else np.zeros(len(step.aims), int)
    margins: dict[str, float] = {}
    for (name, level), t in zip(step.aims, target, strict=True):
        if level is not None:
            margins[name] = margins.get(name, 0.0) + float(t)
    known = {int(part[i]): float(target[i]) for i in np.flatnonzero(ones)}
    for (name, level), d in zip(step.aims, part.tolist(), strict=True):
        if level is not None:
            known.setdefault(d, margins[name])
    return np.array(
        [
            margins[name] if level is not None else known.get(d, float(n))
            for (name, level), d, n in zip(step.aims, part.tolist(), after, strict=True)
        ]
    )


def _spread(step: Calibration, w: Array, sums: Array, people: Array) -> Array:
    """(D p,) standard deviation of each auxiliary under the weights, 0 where it does not vary."""
    mean = divide(sums, people)
    square = mean.copy()  # of an indicator the mean square is the mean
    numeric = np.array([level is None for _, level in step.aims])
    if numeric.any():
        X = step.wide()  # numbers far from 0 about their mean, so that the squares keep their digits
        squares = np.asarray((X.multiply(X) if hasattr(X, "multiply") else X**2).T @ w).ravel()
        square[numeric] = divide(squares, people)[numeric]
        mean[numeric] = divide(np.asarray(X.T @ w).ravel(), people)[numeric]
    variance = square - mean**2
    return np.sqrt(np.where(variance > CONSTANT * mean**2, variance, 0.0))
