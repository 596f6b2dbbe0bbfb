"""Eight people whose weighting is refused, and checks of what is then said."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import surveykit as sv
from sampling.checks import SurveyWarning

PEOPLE = pd.DataFrame(
    {
        "quyen_so": [10.0, 10, 10, 10, 20, 20, 20, 20],
        "tang": list("AAAABBBB"),
        "gioi": ["Nam", "Nữ"] * 4,
        "nhom": [1, 2, 2, 1, 1, 2, 2, 1],
        "tra_loi": [1, 0, 1, 1, 1, 1, 0, 1],
        "tuoi": [20.0, 30, 40, 50, 60, 25, 35, 45],
        "ho": [1, 1, 2, 2, 3, 3, 4, 4],
    }
)
ABSENT = "the data have no such column."
TARGET = "A target is a number: a share or a count."


def at(column: str, row: int, value: Any) -> pd.DataFrame:
    """Return the people with one value changed."""
    kept = PEOPLE[column].astype(object) if value is None else PEOPLE[column]
    return PEOPLE.assign(**{column: kept.where(PEOPLE.index != row, value)})


def design(data: pd.DataFrame = PEOPLE) -> sv.Design:
    return sv.Design(data, weights="quyen_so")


def refused(kind: type[Exception], sentence: str, call: Callable[[], Any]) -> None:
    """Fail unless the call is refused with exactly this sentence."""
    with pytest.raises(kind, match=f"^{re.escape(sentence)}$") as error:
        call()
    assert type(error.value) is kind


def unchanged(
    kind: type[Exception], sentence: str, step: Callable[[sv.Design], Any], start: sv.Design
) -> None:
    """Fail unless the step is refused with this sentence and the design is as it was."""
    w, steps, kept = start.w.copy(), start.steps, start.data.copy(deep=True)
    refused(kind, sentence, lambda: step(start))
    assert start.steps == steps
    np.testing.assert_array_equal(start.w, w)
    pd.testing.assert_frame_equal(start.data, kept)


def warned(sentence: str, call: Callable[[], Any]) -> Any:
    """Return what the call returns, which warns with exactly this sentence, at the line of the user."""
    with pytest.warns(SurveyWarning, match=f"^{re.escape(sentence)}$") as caught:
        result = call()
    assert len(caught) == 1
    assert caught[0].filename == call.__code__.co_filename
    return result
