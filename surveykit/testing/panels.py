"""Pairs in two rows: the two waves of one person brought together by an id."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd

from sampling.checks import ArgumentError, DataError, SurveyWarning, check_column, listed, shown
from surveykit import columns as col
from surveykit.design import Design
from surveykit.formulas.arrays import Array, Codes

MARK = "later row of a pair"
EQUAL = 1e-9  # part of a weight by which those of one pair may differ


def later_rows(
    design: Design, y: str, wave: str, id: str, where: str | None
) -> tuple[Design, str, Array, Codes]:
    """Return the design of pairs, the condition for their later rows, the changes and the rows without one.

    The change stands in the later row. Without units of their own, people are the units.
    """
    check_column(design.data, wave, "wave")
    check_column(design.data, id, "id")
    inside = design.domains(None, where).row >= 0
    when, levels = _waves(design, wave, inside)
    who, names = col.factorise(design.data[id])
    unknown = np.flatnonzero(inside & (who < 0))
    if unknown.size:
        raise DataError(
            f"id={id!r} is missing in {col.place(design.data, unknown)}. Every row of a pair needs its id."
        )
    rows = np.flatnonzero(inside)
    count = np.bincount(2 * who[rows] + when[rows], minlength=2 * len(names)).reshape(-1, 2)
    if (count > 1).any():
        k, t = np.argwhere(count > 1)[0]
        at = f"{wave}={shown(levels[t])}"
        raise DataError(
            f"id={id!r}: {shown(names[k])} has {count[k, t]} rows in {at}, and a pair has one in each wave. "
            "Remove the doubled rows, or correct the id."
        )
    place = np.full((len(names), 2), -1, dtype=np.intp)
    place[who[rows], when[rows]] = rows
    alone = names[(count.sum(axis=1) == 1)]
    first, second = place[(place >= 0).all(axis=1)].T
    if not first.size:
        raise DataError(f"id={id!r}: nobody has a row in both waves of {wave!r}, so there are no pairs.")
    if len(alone):
        warnings.warn(
            f"id={id!r}: {listed(alone, 3)} has a row in one wave only and is left out.",
            SurveyWarning, stacklevel=4,
        )  # fmt: skip
    _check_same(design, id, first, second)
    values, missing = col.answers(design.data, y, "t test")
    assert values is not None
    change = np.zeros(len(design.data))
    change[second] = values[second] - values[first]
    lost = np.zeros(len(design.data), dtype=bool)
    lost[missing] = True
    gone = np.ones(len(design.data), dtype=bool)
    gone[second] = lost[second] | lost[first]
    change[gone] = 0.0
    mark = MARK
    while mark in design.data:
        mark += " "
    later = np.zeros(len(design.data), dtype=bool)
    later[second] = True
    pairs = design if design.psu else design.changed(keep_units=False, psu=(id,))
    pairs = pairs.changed(data=design.data.assign(**{mark: later}), keep_units=True)
    return pairs, f"`{mark}`", change, np.flatnonzero(gone)


def _waves(design: Design, wave: str, inside: Any) -> tuple[Codes, pd.Index[Any]]:
    """Return 0 or 1 for the rows asked for, in the order of two levels."""
    codes, levels = col.factorise(design.data[wave])
    unknown = np.flatnonzero(inside & (codes < 0))
    if unknown.size:
        raise DataError(
            f"wave={wave!r} is missing in {col.place(design.data, unknown)}. Every row needs its wave."
        )
    found = np.flatnonzero(np.bincount(codes[inside], minlength=len(levels)))
    if found.size != 2:
        raise DataError(
            f"wave={wave!r} has {found.size} levels ({listed(levels[found], 6)}), and pairs have two. "
            "Pick two with where=."
        )
    values = design.data[wave]
    kinds = isinstance(values.dtype, pd.CategoricalDtype)
    if not (kinds and values.cat.ordered) and (kinds or any(isinstance(v, str) for v in levels[found])):
        a, b = levels[found]
        raise ArgumentError(
            f"wave={wave!r}: which of {shown(a)} and {shown(b)} comes first is not known. "
            "Write 1 and 2, or make the column an ordered category."
        )
    return np.where(codes == found[1], 1, 0), levels[found]


def _check_same(design: Design, id: str, first: Codes, second: Codes) -> None:
    """Refuse pairs whose rows have different strata, units or weights."""
    if design.replicates is not None and not design.psu:
        raise ArgumentError(
            f"id={id!r}: the replicates were made as if each row were a unit of its own. Give Design "
            f"psu={id!r}, then make the replicates."
        )
    parts = [("stratum", design.stratum_codes()[0])] if design.strata else []
    parts += [(design.stage_name(s), design.units(s).row) for s in range(len(design.psu))]
    for name, code in parts:
        apart = np.flatnonzero(code[first] != code[second])
        if apart.size:
            who = design.data[id].iloc[int(first[apart[0]])]
            raise DataError(
                f"id={id!r}: the two rows of {shown(who)} lie in two units of {name!r}. Give both the one "
                "that was drawn, or use before_after()."
            )
    a, b = design.w[first], design.w[second]
    apart = np.flatnonzero(np.abs(a - b) > EQUAL * np.maximum(a, b))
    if apart.size:
        k = int(apart[0])
        who = shown(design.data[id].iloc[int(first[k])])
        raise DataError(
            f"id={id!r}: the two rows of {who} have the weights {a[k]:g} and {b[k]:g}. "
            "Give a pair one weight, or use before_after()."
        )
