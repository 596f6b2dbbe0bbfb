"""Answers that look wrong: numbers written as text, blank text, codes of no answer among grades."""

from __future__ import annotations

import re
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sampling.checks import SurveyWarning
from surveykit.formulas.arrays import Codes, Mask

HOUSE = str(Path(__file__).parent)
THOUSANDS = r"[-+]?\d{1,3}(\.\d{3})*"  # as 7.642, which may be a decimal number too, and 1.250.000
CODES = (8, 9, 88, 98, 99, 998, 999)  # that forms give to "does not know" and "no answer"
GRADES = 10  # no scale of grades goes farther
FIRST = 100  # rows that tell at once that values are not whole
DISTINCT = 12  # values of a scale and its codes


def warn(sentence: str) -> None:
    """Warn at the line of the user: the first outside this package."""
    frame, depth = sys._getframe(1), 2
    while frame.f_back is not None and frame.f_code.co_filename.startswith(HOUSE):
        frame, depth = frame.f_back, depth + 1
    warnings.warn(sentence, SurveyWarning, stacklevel=depth)


def as_numbers(values: pd.Series, name: str) -> str:
    """Say how numbers written as text become numbers; a dot before three digits can mean two things."""
    texts = [str(v).strip() for v in values.dropna().unique()]
    whole = f"data[{name!r}].str.replace('.', '', regex=False)"
    if all(re.fullmatch(THOUSANDS, t) for t in texts) and any("." in t for t in texts):
        if any(t.count(".") > 1 for t in texts):
            return f"Turn them into numbers first: {whole}.astype(float)."
        return (
            f"Does the dot part thousands or decimals? Turn them into numbers first: {whole}.astype(float) "
            f"for thousands, data[{name!r}].astype(float) for decimals."
        )
    points = whole if any(re.search(r"\.\d+,", t) for t in texts) else f"data[{name!r}]"
    return f"Turn them into numbers first: {points}.str.replace(',', '.', regex=False).astype(float)."


def tell_blanks(
    values: pd.Series, said: str, inside: Mask | None = None, known: pd.Index[Any] | None = None
) -> None:
    """Warn of text that is empty or only blanks, which counts as a level, in the rows asked for.

    ``known``: the levels, where they were found already.
    """
    categories = isinstance(values.dtype, pd.CategoricalDtype)
    if not categories and values.dtype.kind != "O":
        return
    if known is None:
        known = values.cat.categories if categories else pd.Index(values.unique())
    levels = known.tolist()
    for level in levels:
        if not isinstance(level, str) or level.strip():
            continue
        blank = values.isin([level]).to_numpy(dtype=bool)
        rows = int((blank if inside is None else blank & inside).sum())
        column = f"data[{values.name!r}]"
        mend = f".cat.remove_categories([{level!r}])" if categories else f".replace({level!r}, pd.NA)"
        if rows:
            warn(
                f"{said} holds blank text ({level!r}) in {counted(rows)}, which counts as a level of its "
                f"own. If it means no answer, make it missing: {column} = {column}{mend}."
            )


def codes_among(values: pd.Series, inside: Mask | None = None) -> tuple[Codes, Codes]:
    """Return the codes that stand two or more above a scale of grades, and how many rows have each.

    Under 8 and 9 the grades have no holes, so that counts of things are left alone.

    Examples
    --------
    >>> codes_among(pd.Series([1, 5, 3, 4, 2, 9, 9]))
    (array([9]), array([2]))
    """
    nothing = np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp)
    if values.dtype.kind not in "iuf":  # not text, nor yes and no
        return nothing
    x = values.to_numpy(dtype=float, na_value=np.nan)
    some = x[:FIRST][~np.isnan(x[:FIRST])]
    if np.fmax.reduce(x, initial=-np.inf) < CODES[0] or (some != np.floor(some)).any():
        return nothing  # grades alone, or measurements: told at little cost
    x = x if inside is None else x[inside]
    if not x.size or np.fmax.reduce(x) not in CODES:  # nearly every column of measurements ends here
        return nothing
    x = x[~np.isnan(x)]
    if x.min() < -GRADES or (x != np.floor(x)).any():
        return nothing
    rows = np.bincount(x.astype(np.intp) + GRADES)
    found = np.flatnonzero(rows) - GRADES
    first = k = len(found)
    if k == x.size:  # grades are given again and again
        return nothing
    while k > 2 and found[k - 1] in CODES and k <= DISTINCT:
        k -= 1
        low, top = found[0], found[k - 1]
        gap = found[k] - top
        whole = top - low == k - 1 and gap >= (2 if low <= 1 else 3)  # as counts have holes, or start higher
        if top <= GRADES and (whole or gap > GRADES):
            first = k
    return found[first:], rows[found[first:] + GRADES]


def tell_codes(values: pd.Series, said: str, inside: Mask | None = None) -> None:
    """Warn of codes of no answer that count as numbers in the rows asked for."""
    codes, rows = codes_among(values, inside)
    if not codes.size:
        return
    name, column = str(values.name), f"data[{values.name!r}]"
    quoted = name if name.isidentifier() else f"`{name}`"
    where = f"{quoted} {'!=' if codes.size == 1 else '<'} {codes[0]}"
    what = " and ".join(f"{code} in {counted(n)}" for code, n in zip(codes, rows, strict=True))
    warn(
        f"{said} is {what}, apart from its other values, and counts as that number. If it means no answer, "
        f'make it missing: {column} = {column}.where({column} < {codes[0]}), or pass where="{where}".'
    )


def counted(rows: int) -> str:
    """Return a number of rows in words."""
    return f"{rows} row{'s' if rows > 1 else ''}"
