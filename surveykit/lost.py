"""Answers that do not count, because their weight is 0."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from sampling import format as fmt
from surveykit.columns import NONE
from surveykit.context import Note
from surveykit.design import Design
from surveykit.formulas.arrays import Codes
from surveykit.formulas.totals import Column


def dropped_rows(design: Design, where: str | None) -> Codes:
    """Rows asked for whose weight is 0, from the first or by a step; not those left out of a second phase."""
    dropped = design.w == 0
    if not dropped.any():
        return NONE
    if design.phase is not None:
        dropped &= design.base_weights != 0
    mask = design.mask(where)
    return np.flatnonzero(dropped if mask is None else dropped & mask)


def lost_answers(columns: Iterable[Column], dropped: Codes) -> int:
    """Return how many of these rows have an answer; a count of people asks for none."""
    rest = iter(columns)
    first = next(rest)
    if first.values is None and next(rest, None) is None:
        return 0
    return int(dropped.size - np.isin(dropped, first.missing).sum())


def without_weight(count: int) -> Note:
    """Say how many answers do not count."""
    return Note(
        f"{fmt.integer(count)} answers have weight 0 and do not count",
        f"{fmt.integer(count)} câu trả lời có quyền số 0, không được tính",
    )
