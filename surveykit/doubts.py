"""Answers that stand but look wrong: text that is blank, codes that mean "no answer" among grades."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import pandas as pd

from sampling.checks import SurveyWarning
from surveykit.formulas.arrays import Mask

HOUSE = str(Path(__file__).parent)


def warn(sentence: str) -> None:
    """Warn at the line of the user: the first outside this package."""
    frame, depth = sys._getframe(1), 2
    while frame.f_back is not None and frame.f_code.co_filename.startswith(HOUSE):
        frame, depth = frame.f_back, depth + 1
    warnings.warn(sentence, SurveyWarning, stacklevel=depth)


def tell_blanks(values: pd.Series, said: str, inside: Mask | None = None) -> None:
    """Warn of text that is empty or only blanks, which counts as a level, in the rows asked for."""
    categories = isinstance(values.dtype, pd.CategoricalDtype)
    if not categories and values.dtype.kind != "O":
        return
    levels = (values.cat.categories if categories else pd.Index(values.unique())).tolist()
    for level in levels:
        if not isinstance(level, str) or level.strip():
            continue
        blank = values.isin([level]).to_numpy(dtype=bool)
        rows = int((blank if inside is None else blank & inside).sum())
        column = f"data[{values.name!r}]"
        mend = f".cat.remove_categories([{level!r}])" if categories else f".replace({level!r}, pd.NA)"
        if rows:
            warn(
                f"{said} holds blank text ({level!r}) in {rows} rows, which counts as a level of its own. "
                f"If it means no answer, make it missing: {column} = {column}{mend}."
            )
