"""Predictors of a response propensity as a matrix on distinct cells."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sampling.checks import ArgumentError, DataError, shown
from surveykit import columns as col
from surveykit.columns import factorise
from surveykit.design import Design
from surveykit.formulas.arrays import Array, Codes, Mask, crossing, first_of_each, whole_numbers

MOST = 200  # columns of the matrix


class Levels(NamedTuple):
    """Indicators of all levels but the first: the level of each row (n,), and the levels."""

    codes: Codes
    names: list[Any]


def predictor_cells(design: Design, names: tuple[str, ...], used: Mask) -> tuple[Codes, Array, list[str]]:
    """Cell of each row (n,), predictors of the cells (K, p) with a constant first, and what each column is.

    Numbers are centred and divided by their standard deviation, which changes no fitted chance; text and
    categories are indicators of all levels but the first. Where cells would be about as many as rows, every
    row is its own.
    """
    n = len(design.data)
    predictors, terms = [], ["the constant"]
    for name in names:
        predictors.append(_predictor(design, name, used))
        own = predictors[-1]
        terms += [f"{name!r} {shown(v)}" for v in own.names[1:]] if isinstance(own, Levels) else [repr(name)]
        if len(terms) > MOST:
            raise ArgumentError(
                f"predictors={list(names)} have {len(terms)} levels in all. Group the levels first."
            )
    parts = [
        (own.codes, len(own.names)) if isinstance(own, Levels) else whole_numbers(own) for own in predictors
    ]
    cell = pick = np.arange(n)
    if all(count for _, count in parts):
        cell = crossing(parts, n)
    if cell.max() < n / 4:
        pick = first_of_each(cell, used)
    else:
        cell = pick
    X, j = np.zeros((pick.size, len(terms)), order="F"), 1
    X[:, 0] = 1.0
    for own in predictors:
        if isinstance(own, Levels):
            level = own.codes[pick]
            X[level > 0, level[level > 0] + j - 1] = 1.0
            j += len(own.names) - 1
        else:
            x = own[used]
            X[:, j] = (own[pick] - x.mean()) / (x.std() or 1.0)
            j += 1
    return cell, X, terms


def _predictor(design: Design, name: str, used: Mask) -> Levels | Array:
    """Return a column as its levels, or as numbers, complete wherever a row is used."""
    column = design.data[name]
    kind = col.kind_of(column)
    numeric = kind == "number" and column.dtype.kind != "b"
    if numeric or kind in ("date", "decimal-comma", "complex"):
        values = col.floats(design.data, name, "predictors", "a predictor is a number or a level")
        lost = ~np.isfinite(values)
    else:
        codes, levels = factorise(column)
        lost = codes < 0
    missing = np.flatnonzero(lost & used)
    if missing.size:
        raise DataError(
            f"predictors: {name!r} is missing in {col.place(design.data, missing)}. Fill it in, or make "
            "missing a level of its own."
        )
    if numeric:
        return np.where(lost, 0.0, values) if lost.any() else values
    return Levels(np.where(lost, 0, codes) if lost.any() else codes, list(levels))
