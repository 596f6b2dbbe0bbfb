"""Predictors of a response propensity as a matrix on distinct cells."""

from __future__ import annotations

from typing import Any

import numpy as np

from sampling.checks import ArgumentError, DataError, shown
from surveykit import columns as col
from surveykit.columns import factorise
from surveykit.design import Design
from surveykit.formulas.arrays import Array, Codes, Mask, cross

MOST = 200  # columns of the matrix


def predictor_cells(design: Design, names: tuple[str, ...], used: Mask) -> tuple[Codes, Array, list[str]]:
    """Cell of each row (n,), predictors of the cells (K, p) with a constant first, and what each column is.

    Numbers are centred and divided by their standard deviation, which changes no fitted chance; text and
    categories are indicators of all levels but the first.
    """
    n = len(design.data)
    codes, parts, terms = np.zeros(n, dtype=np.intp), [], ["the constant"]
    for name in names:
        own, levels = factorise(design.data[name])
        missing = np.flatnonzero((own < 0) & used)
        if missing.size:
            raise DataError(
                f"predictors: {name!r} is missing in {col.place(design.data, missing)}. Fill it in, or make "
                "missing a level of its own."
            )
        own = np.maximum(own, 0)
        kind = col.kind_of(design.data[name])
        if kind == "number" and design.data[name].dtype.kind != "b":
            values = levels.to_numpy(dtype=float)
            mean, size = float(values[own[used]].mean()), float(values[own[used]].std())
            parts.append(((values - mean) / (size or 1.0))[:, None])
            terms.append(repr(name))
        elif kind in ("date", "decimal-comma", "complex"):
            col.floats(design.data, name, "predictors", "a predictor is a number or a level")
        else:
            parts.append(np.eye(len(levels))[:, 1:])
            terms += [f"{name!r} {shown(level)}" for level in levels[1:]]
        if len(terms) > MOST:
            raise ArgumentError(
                f"predictors={list(names)} have {len(terms)} levels in all. Group the levels first."
            )
        codes, pairs = _crossed(codes, own, len(levels), parts)
        parts = pairs
    X = np.hstack([np.ones((int(codes.max()) + 1, 1)), *parts])
    return codes, X, terms


def _crossed(codes: Codes, own: Codes, count: int, parts: list[Any]) -> tuple[Codes, list[Any]]:
    """Cross the cells so far with one more column; each part is laid out on the new cells."""
    new, first, second = cross(codes, own, count)
    return new, [*(part[first] for part in parts[:-1]), parts[-1][second]]
