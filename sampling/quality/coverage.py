"""Coverage of a frame against totals that are known: ratio, groups that are off, groups that lack."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api import types

from ..checks import ArgumentError, ColumnError, DataError, check_columns, check_frame, listed
from ..codes import province_key, text
from ..format import integer, number
from .units import ERROR, NOTE, WARNING, WHOLE, Problem, label_of

if TYPE_CHECKING:
    from ..frame import Frame

__all__ = ["coverage"]

SUM = "\x00sum"  # a name that no column of a user has
OFF = 0.05  # a total may differ by this share of the known one


def coverage(frame: Frame, known: Any, of: str, by: str | Sequence[str] | None) -> list[Problem]:
    """Return the rows that compare the frame with known totals; `Frame.problems` describes the arguments."""
    value = np.ones(len(frame)) if of == "units" else _summed(frame, of)
    what = "số đơn vị" if of == "units" else f"tổng {of}"
    if isinstance(known, (int, float, np.number)) and not isinstance(known, bool):
        return [_ratio_of_all(len(frame), float(value.sum()), _total(known, "known"), what)]
    names = _grouped_by(frame, by)
    totals = _known_totals(known, names, of)
    sums = frame.units[names].assign(**{SUM: value}).groupby(names, dropna=False, observed=True)[SUM].sum()
    found: dict[Any, float] = {}
    shown: dict[Any, str] = {}
    for group, total in sums.items():
        levels = group if isinstance(group, tuple) else (group,)
        key = _key_of(names, levels)
        found[key] = found.get(key, 0.0) + float(total)
        shown.setdefault(key, label_of(tuple("(trống)" if pd.isna(level) else level for level in levels)))
    if not set(found) & set(totals):
        raise DataError(
            f"known: none of its groups is in {listed(names)}; known has "
            f"{listed((label for label, _ in totals.values()), 3)}, the frame {listed(shown.values(), 3)}. "
            "Say by='column' for the column of the groups."
        )
    return list(_compared(frame, found, totals, shown, what))


def _compared(
    frame: Frame,
    found: Mapping[Any, float],
    totals: Mapping[Any, tuple[str, float]],
    shown: Mapping[Any, str],
    what: str,
) -> Iterator[Problem]:
    both = [key for key in totals if key in found]
    yield _ratio_of_all(
        len(frame), sum(found[key] for key in both), sum(total for _, total in totals.values()), what
    )
    ratio = {key: _ratio(found[key], totals[key][1]) for key in both}
    off = sorted((key for key in both if not abs(ratio[key] - 1) <= OFF), key=lambda k: -abs(ratio[k] - 1))
    meaning = f"{what} lệch hơn 5 % so với số đã biết: thiếu hoặc thừa đơn vị, hoặc hai nguồn khác ngày"
    rows = [f"{shown[key]} {number(ratio[key], 3)}" for key in off]
    yield from _groups("độ phủ của nhóm lệch", WARNING, rows, meaning)
    lacking = [label for key, (label, total) in totals.items() if key not in found and total > 0]
    meaning = "nhóm có trong số đã biết mà khung không có đơn vị nào: người ở đó không thể được chọn"
    yield from _groups("nhóm thiếu trong khung", ERROR, lacking, meaning)
    unknown = [shown[key] for key in found if key not in totals]
    meaning = "nhóm không có số đã biết nên không kiểm được độ phủ; viết tên khác thì sửa cho giống"
    yield from _groups("nhóm không có số đã biết", WARNING, unknown, meaning)


def _groups(check: str, level: str, rows: Sequence[str], meaning: str, most: int = 5) -> Iterator[Problem]:
    if rows:
        more = f"; và {integer(len(rows) - most)} nhóm nữa" if len(rows) > most else ""
        yield check, level, len(rows), "; ".join(rows[:most]) + more, meaning


def _ratio(found: float, total: float) -> float:
    return found / total if total else (1.0 if found == 0 else math.inf)


def _ratio_of_all(n: int, found: float, total: float, what: str) -> Problem:
    ratio = _ratio(found, total)
    level = NOTE if abs(ratio - 1) <= OFF else WARNING
    meaning = (
        f"{what} của khung là {integer(found)}, số đã biết là {integer(total)}: tỷ số {number(ratio, 3)}"
    )
    return "độ phủ", level, n, WHOLE, meaning


def _summed(frame: Frame, of: str) -> npt.NDArray[np.float64]:
    check_columns(frame.units, of, "of")
    column = frame.units[of]
    if not types.is_numeric_dtype(column) or types.is_bool_dtype(column):
        raise TypeError(f"of={of!r} holds no numbers, and a total needs them. Turn the column into numbers.")
    return np.asarray(column.astype("Float64").fillna(0), dtype=np.float64)


def _grouped_by(frame: Frame, by: str | Sequence[str] | None) -> list[str]:
    if by is not None:
        return list(check_columns(frame.units, by, "by"))
    if frame.strata:
        return list(frame.strata)
    if "province" in frame.units:
        return ["province"]
    raise ArgumentError(
        "known has groups, and the frame has neither strata nor a column 'province'. "
        "Say by='column' for the column of the groups."
    )


def _key_of(names: Sequence[str], levels: Sequence[Any]) -> tuple[str, ...]:
    """Return what a group is compared by: its levels as text, provinces without their kind."""
    pairs = zip(names, ("" if pd.isna(level) else text(level) for level in levels), strict=True)
    return tuple(province_key(level) if name == "province" else level for name, level in pairs)


def _known_totals(known: Any, names: Sequence[str], of: str) -> dict[Any, tuple[str, float]]:
    """Return for each key of a group its label as the user wrote it, and its total."""
    if isinstance(known, pd.DataFrame):
        absent = [name for name in (*names, of) if name not in check_frame(known, "known").columns]
        if absent:
            raise ColumnError(
                f"known: the table has no column {listed(absent)}. "
                f"It needs {listed([*names, of], 9)}; say by= and of= for others."
            )
        pairs = list(zip(known[list(names)].itertuples(index=False, name=None), known[of], strict=True))
    elif isinstance(known, (Mapping, pd.Series)):
        pairs = [(key if isinstance(key, tuple) else (key,), total) for key, total in known.items()]
    else:
        raise TypeError(
            f"known is a {type(known).__name__}; pass a number, or totals by group as a mapping, "
            "a Series or a DataFrame."
        )
    totals: dict[Any, tuple[str, float]] = {}
    for group, total in pairs:
        label = label_of(group)
        if len(group) != len(names):
            raise ArgumentError(f"known: the group {label!r} needs {len(names)} levels, for {listed(names)}.")
        key = _key_of(names, group)
        if key in totals:
            raise DataError(f"known: {label!r} stands there twice. Keep one total for each group.")
        totals[key] = (label, _total(total, f"known: {label!r}"))
    return totals


def _total(value: Any, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
        raise TypeError(f"{place} has {value!r}; a total must be a number.")
    if not (math.isfinite(value) and value >= 0):
        raise ArgumentError(f"{place} has {value!r}; a total must be 0 or more.")
    return float(value)
