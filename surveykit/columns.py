"""Columns of the data as arrays, checked at the door: weights, units, fractions, domains, answers."""

from __future__ import annotations

import ast
import html
import re
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from sampling.checks import (
    ArgumentError,
    ColumnError,
    DataError,
    SurveyWarning,
    check_spellings,
    listed,
    near,
)
from surveykit.doubts import THOUSANDS, as_numbers, tell_blanks
from surveykit.formulas.arrays import DENSE, Array, Codes, Mask, compress, cross
from surveykit.formulas.totals import Column

if TYPE_CHECKING:
    from surveykit.design import Design

NONE: Codes = np.zeros(0, dtype=np.intp)
MOST_LEVELS = 50
FORM = "Write it like \"tuoi >= 18 and gioi == 'Nữ'\""
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")
SIGN = re.compile(r"={2,}|!==?|=>|=<|[<>:]=|<>|&&|\|\||[=≥≤≠“”‘’]|\b(?:AND|OR|NOT|và|hoặc)\b")
SIGNS = {  # what a condition may hold in its text, and what it is in Python
    **{"=": "==", "===": "==", "!==": "!=", "=>": ">=", "=<": "<=", "<>": "!="},
    **{"≥": ">=", "≤": "<=", "≠": "!=", "&&": "and", "||": "or", "và": "and", "hoặc": "or"},
    **{"AND": "and", "OR": "or", "NOT": "not", "“": '"', "”": '"', "‘": "'", "’": "'"},
}
WHY = {
    "psu": "Every row needs its stratum and units",
    "cells": "Every row needs its class",
    "by": "Every row needs its part",
    "equal_within": "Every row needs its unit",
}


class Domains(NamedTuple):
    """A partition of rows: ``row`` (n,) domain of each row, −1 outside; ``names`` of the domains or None."""

    row: Codes
    names: pd.Index[Any] | None
    D: int


def html_text(text: str) -> str:
    """Return text safe to stand in HTML."""
    return html.escape(text, quote=False)


def place(data: pd.DataFrame, rows: Codes) -> str:
    """Name the first rows, by the labels the user sees."""
    labels = [data.index[i] for i in rows[:3]]
    more = f" and {len(rows) - 3} more" if len(rows) > 3 else ""
    return f"row{'s' if len(rows) > 1 else ''} {', '.join(str(v) for v in labels)}{more}"


# ---- numbers ---------------------------------------------------------------------------------------


def kind_of(values: pd.Series) -> str:
    """Tell what a column holds: number, decimal-comma, digits, text, date, category."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return "category"
    if pd.api.types.is_bool_dtype(values.dtype) or pd.api.types.is_numeric_dtype(values.dtype):
        return "complex" if values.dtype.kind == "c" else "number"
    if values.dtype.kind in "mM" or "timestamp" in str(values.dtype):
        return "date"
    known = list(values.dropna().unique() if isinstance(values.dtype, pd.StringDtype) else values.dropna())
    if known and all(isinstance(v, (int, float, np.number)) for v in known):
        return "number"
    text = [str(v).strip() for v in known]
    if text and all(re.fullmatch(r"[-+]?[\d.]*,\d+|[-+]?\d+", t) for t in text):
        return "decimal-comma" if any("," in t for t in text) else "digits"
    if text and all(re.fullmatch(rf"[-+]?\d+(\.\d+)?|{THOUSANDS}", t) for t in text):
        return "digits"
    return "text"


def floats(data: pd.DataFrame, name: str, argument: str, need: str, other: str = "") -> Array:
    """(n,) a numeric column as floats, NaN where missing; text, dates and categories are refused.

    ``need`` says what needs the numbers ("a mean needs numbers"), ``other`` offers another way.
    """
    values = data[name]
    kind = kind_of(values)
    if kind == "number":
        if isinstance(values.dtype, np.dtype) and values.dtype.kind in "fiub":
            return np.asarray(values.to_numpy(), dtype=float)  # no copy where the column is float already
        return np.asarray(values.to_numpy(dtype=float, na_value=np.nan))
    shown = listed([str(v) for v in values.dropna().unique()[:3]], 2)
    if kind in ("decimal-comma", "digits"):
        raise TypeError(
            f"{argument}={name!r} holds numbers written as text ({shown}), and {need}. "
            f"{as_numbers(values, name)}"
        )
    what = {"date": "dates", "category": "categories", "text": "text", "complex": "complex numbers"}[kind]
    raise TypeError(f"{argument}={name!r} holds {what} ({shown}), and {need}.{other}")


def answers(data: pd.DataFrame, name: str, statistic: str, argument: str = "y") -> Column:
    """Return a column of answers with 0 where missing, and the rows that are missing."""
    other = f" For shares of each answer use proportion(design, {name!r})." if argument == "y" else ""
    need = f"a {statistic} needs numbers"
    values = floats(data, name, argument, need, other)
    finite = np.isfinite(values)
    if finite.all():
        return Column(values, NONE)
    missing = np.flatnonzero(~finite)
    infinite = missing[np.isinf(values[missing])]
    if infinite.size:
        raise DataError(
            f"{argument}={name!r} is infinite in {place(data, infinite)}. "
            "Correct the value, or make it missing (NaN)."
        )
    return Column(np.where(finite, values, 0.0), missing)


def levels_of(data: pd.DataFrame, name: str) -> tuple[Codes, pd.Index[Any]]:
    """(n,) level of each answer (−1 missing) and the names of the levels; more than 50 are refused."""
    codes, levels = factorise(data[name])
    if len(levels) > MOST_LEVELS:
        raise ArgumentError(
            f"y={name!r} has {len(levels)} levels, and a proportion is for at most {MOST_LEVELS}. "
            f"Group the values first, or use mean(design, {name!r}) if they are measurements."
        )
    if len(levels) == 0:
        raise DataError(f"y={name!r} has no answers at all: every row is missing.")
    return codes, levels


def check_value(data: pd.DataFrame, name: str, value: Any, stacklevel: int) -> list[Any]:
    """Return the levels asked for as a list; those that nobody gave are warned of, or refused."""
    if isinstance(value, (pd.Series, pd.DataFrame, dict)):
        raise TypeError(
            f"value is a {type(value).__name__}; pass one level, or a list of levels such as [4, 5]."
        )
    several = isinstance(value, (list, tuple, set, frozenset, range, np.ndarray, pd.Index))
    wanted = list(value) if several else [value]
    known = data[name].dropna().unique()
    if len(known) == 0:
        raise DataError(f"y={name!r} has no answers at all: every row is missing.")
    check_spellings(known.tolist(), name)
    absent = [v for v in wanted if v not in set(known.tolist())]
    categories = isinstance(data[name].dtype, pd.CategoricalDtype)
    if categories:
        absent = [v for v in absent if v not in data[name].cat.categories]
    texts = bool(absent) and (isinstance(absent[0], str) or isinstance(known[0], str))
    if absent and len(absent) == len(wanted) and (texts or categories):
        raise ColumnError(
            f"value={value!r}: {name!r} has no such level. "
            f"Its levels are {listed(sorted(known, key=str), 8)}."
            f"{near(absent[0], known)}"
        )
    if absent:
        share = "0" if len(absent) == len(wanted) else "that of the other values"
        warnings.warn(
            f"value: nobody answered {listed(absent)} to {name!r}.{near(absent[0], known)} "
            f"The share is {share}.",
            SurveyWarning,
            stacklevel=stacklevel,
        )
    return wanted


def indicator(data: pd.DataFrame, name: str, wanted: list[Any]) -> Column:
    """Return 1 where the answer is one of the values, else 0; missing answers stay missing."""
    missing = np.flatnonzero(data[name].isna().to_numpy())
    values = data[name].isin(wanted).to_numpy().astype(float)
    values[missing] = 0.0
    return Column(values, missing)


# ---- codes -----------------------------------------------------------------------------------------


def factorise(values: pd.Series) -> tuple[Codes, pd.Index[Any]]:
    """Return the levels of a column as numbers: sorted, or in the order of its categories; missing is −1.

    Raises
    ------
    DataError
        Two levels that differ only in blanks at the ends or in how their accents are stored.

    Examples
    --------
    >>> factorise(pd.Series(["b", "a", None, "b"]))[0]
    array([ 1,  0, -1,  1])
    """
    if isinstance(values.dtype, pd.CategoricalDtype):
        codes, found = compress(np.asarray(values.cat.codes, dtype=np.intp), len(values.cat.categories))
        check_spellings(values.cat.categories[found].tolist(), values.name)
        return codes, values.cat.categories[found]
    raw = values.to_numpy() if isinstance(values.dtype, np.dtype) else None
    if raw is not None and raw.dtype.kind in "iu" and raw.size:
        low, high = int(raw.min()), int(raw.max())
        if high - low <= DENSE * raw.size + 1024 and high < 2**62:
            keys = raw.astype(np.int64)
            keys -= low
            codes, found = compress(keys, high - low + 1)
            return codes, pd.Index(found + low)
    codes, levels = pd.factorize(values, use_na_sentinel=True)
    index = pd.Index(levels)
    if index.dtype.kind == "O":
        check_spellings(index.tolist(), values.name)
    try:
        order = index.argsort()
    except TypeError:  # labels of several kinds: in the order of their text
        order = np.argsort(np.array([str(v) for v in index]), kind="stable")
    rank = np.empty(len(index) + 1, dtype=np.intp)
    rank[order] = np.arange(len(index))
    rank[-1] = -1
    return rank[codes], index[order]


def complete_codes(
    data: pd.DataFrame, name: str, argument: str, used: Mask | None = None
) -> tuple[Codes, pd.Index[Any]]:
    """Return codes of a column that may have no missing values, in the rows used; others have 0 then."""
    codes, levels = factorise(data[name])
    if used is not None and len(levels):
        codes = np.where((codes < 0) & ~used, 0, codes)
    missing = np.flatnonzero(codes < 0)
    if missing.size:
        raise DataError(
            f"{argument}={name!r} is missing in {place(data, missing)}. "
            f"{WHY.get(argument, WHY['psu'])}: fill them in, or drop rows that were never in the sample."
        )
    return codes, levels


def crossed_codes(data: pd.DataFrame, names: tuple[str, ...], argument: str) -> tuple[Codes, pd.Index[Any]]:
    """Return codes of the combinations of columns that occur, and their names."""
    if not names:
        return np.zeros(len(data), dtype=np.intp), pd.Index([0])
    codes, levels = complete_codes(data, names[0], argument)
    arrays = [levels]
    pairs = [np.arange(len(levels))]
    for name in names[1:]:
        own, own_levels = complete_codes(data, name, argument)
        codes, first, second = cross(codes, own, len(own_levels))
        pairs = [part[first] for part in pairs] + [second]
        arrays.append(own_levels)
    if len(names) == 1:
        return codes, levels.rename(names[0])
    return codes, pd.MultiIndex.from_arrays(
        [a[p] for a, p in zip(arrays, pairs, strict=True)], names=list(names)
    )


def domains(design: Design, names: tuple[str, ...], where: str | None) -> Domains:
    """Sort the rows with a weight into domains; missing values of ``by`` are a level of their own."""
    data, mask = design.data, design.mask(where)
    outside = None if mask is None and design.w.min() > 0 else design.w == 0
    if mask is not None and outside is not None:
        outside = outside | ~mask
        if outside.all():
            said = " and ".join((*design.subset, *((where,) if where else ())))
            raise DataError(f"where={said!r} leaves no rows with a weight. Check the names and values in it.")
    codes = np.zeros(len(data), dtype=np.intp)
    levels: list[pd.Index[Any]] = []
    parts: list[Codes] = []
    for name in names:
        own, own_levels = factorise(data[name])
        missing = own < 0
        if missing.any():
            own = np.where(missing, len(own_levels), own)
            own_levels = own_levels.append(pd.Index([np.nan], dtype=object))
        if not parts:
            codes, parts = own, [np.arange(len(own_levels))]
        else:
            codes, first, second = cross(codes, own, len(own_levels))
            parts = [*(part[first] for part in parts), second]
        levels.append(own_levels)
        tell_blanks(data[name], f"by={name!r}", None if outside is None else ~outside, own_levels)
    if outside is not None and outside.any():
        codes = np.where(outside, -1, codes)
        codes, found = compress(codes, max(int(codes.max()) + 1, 1))
        parts = [part[found] for part in parts]
        count = len(found)
    else:
        count = len(parts[0]) if parts else 1
    if not names:
        return Domains(codes, None, 1)
    columns = [level[part] for level, part in zip(levels, parts, strict=True)]
    index = (
        columns[0].rename(names[0])
        if len(names) == 1
        else pd.MultiIndex.from_arrays(columns, names=list(names))
    )
    return Domains(codes, index, count)


def check_condition(text: Any, argument: str = "where") -> None:
    """Refuse a condition that is not text."""
    if not isinstance(text, str):
        raise TypeError(
            f"{argument} is a {type(text).__name__}; write the condition as text, as in "
            f'{argument}="tuoi >= 18".'
        )


def condition(data: pd.DataFrame, text: str, argument: str = "where") -> Mask:
    """(n,) rows that meet a condition written as for DataFrame.query."""
    try:
        result = data.eval(text, engine="python")
    except pd.errors.UndefinedVariableError as error:
        named = re.search(r"'(.+?)'", str(error))
        name = named.group(1) if named else "?"
        raise ColumnError(
            f"{argument}={text!r}: the data have no column {name!r}.{near(name, data.columns)} "
            "(Text values need quotation marks.)"
        ) from error
    except Exception as error:  # whatever the text holds, it is the text that cannot be used
        _refuse_signs(text, argument)
        raise ArgumentError(f"{argument}={text!r} {_fault(data, text, error)}.") from error
    yes_no = isinstance(result, pd.Series) and pd.api.types.is_bool_dtype(result.dtype)
    if not isinstance(result, pd.Series) or not yes_no or len(result) != len(data):
        _refuse_signs(text, argument)
        raise ArgumentError(
            f'{argument}={text!r} gives no yes or no for each row. Write a comparison, as in "tuoi >= 18".'
        )
    return np.asarray(result.fillna(False).to_numpy(dtype=bool))


def _refuse_signs(text: str, argument: str) -> None:
    """Refuse signs that other languages have for a comparison, with the text mended."""
    wrong = [sign for sign in SIGN.finditer(_outside(text)) if sign[0] in SIGNS]
    if not wrong:
        return
    mended = text
    for sign in reversed(wrong):
        mended = mended[: sign.start()] + SIGNS[sign[0]] + mended[sign.end() :]
    first = wrong[0][0]
    said = "equality is written '==', not '='" if first == "=" else f"{first!r} is written {SIGNS[first]!r}"
    raise ArgumentError(f"{argument}={text!r}: {said}. Write {argument}={mended!r}.")


def _outside(text: str) -> str:
    """Return a condition with blanks for quoted text and for what stands in the brackets of a call."""
    text = QUOTED.sub(lambda m: " " * len(m[0]), text)
    while inner := re.search(r"\([^()]*\)", text):
        start, end = inner.span()
        before = re.search(r"\w*$", text[:start])
        call = before and before[0] and before[0].lower() not in ("and", "or", "not", "in")
        inside = " " * (end - start - 2) if call else text[start + 1 : end - 1]
        text = f"{text[:start]} {inside} {text[end:]}"
    return text


def _fault(data: pd.DataFrame, text: str, error: Exception) -> str:
    """Say why a condition failed: the place where it cannot be read, or the columns that do not fit."""
    if not text.strip():
        return f"is empty. {FORM}"
    lead = len(text) - len(text.lstrip())
    names = QUOTED.sub(lambda m: "_" * len(m[0]) if m[0][0] == "`" else m[0], text)
    try:
        ast.parse(names[lead:], mode="eval")
    except SyntaxError as broken:
        rest = text[lead + broken.offset - 1 :].strip() if broken.offset and broken.lineno == 1 else ""
        said = f"cannot be read from {rest!r} on" if rest else "breaks off at its end"
        said = "stands on several lines" if "\n" in text.strip() else said
        return f"{said}. {FORM}; names with spaces in backticks"
    why = str(error).splitlines()[0] if " " in str(error) else f"{type(error).__name__} {error}"
    held = ""
    if isinstance(error, TypeError):
        words = re.findall(r"`[^`]*`|\w+", re.sub(r"'[^']*'|\"[^\"]*\"", " ", text))
        used = [name for name in dict.fromkeys(word.strip("`") for word in words) if name in data.columns]
        held = ": " + ", ".join(f"{name!r} holds {_held(data[name])}" for name in used) if used else ""
    return f"cannot be worked out ({why}){held}. {FORM}"


def _held(values: pd.Series) -> str:
    """Say in words what a column holds, with the first of its texts or categories."""
    kind = kind_of(values)
    if kind in ("number", "complex", "date"):
        return {"number": "numbers", "complex": "complex numbers", "date": "dates"}[kind]
    what = {"category": "categories", "text": "text"}.get(kind, "numbers written as text")
    return f"{what} ({listed(dict.fromkeys(map(str, values.dropna())), 2)})"
