"""Measures of size cleaned by stated rules and brought to known totals, with the raw value kept."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from .checks import (
    ArgumentError,
    ColumnError,
    DataError,
    SurveyWarning,
    check_choice,
    check_columns,
    listed,
)
from .codes import province_key, spelling, text
from .format import integer, number
from .frame import Frame
from .lists import read_numbers
from .lists.numbers import Decimal

__all__ = ["clean_sizes"]

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
DOUBTFUL = "area_"  # a flag in the column `quality` that begins so says that an area is not to be used
ALL = "các đơn vị"


def clean_sizes(
    frame: Frame,
    *,
    size: str,
    totals: Mapping[str, float] | pd.Series[float] | float | None = None,
    least: float | None = 1000,
    most: float | None = 10,
    duplicates: bool = True,
    exempt: str | Sequence[str] = ("đặc khu",),
    impute: Literal["area", "median"] = "area",
    province: str | None = "province",
    kind: str | None = "type",
    area: str | None = "area_km2",
    decimal: Decimal | None = None,
) -> Frame:
    """Return the frame with a cleaned measure of size: the raw value, the cleaned one, and why it changed.

    A size is not used if it is missing, is text ("đang cập nhật"), or is 0 or less; if a unit of the same
    name and type in another province has the very same number (one of the two was mixed up); if it is below
    `least`; or if it is above `most` times the median of its type in the province. In its place comes area
    times density of the usable units of the same province and type; where an area is lacking or flagged in
    `quality`, the median of the type in the province, or else in the whole frame; kept inside the same
    bounds. With `totals` all units of a province are then multiplied by one number, so that they sum to its
    total.

    An error in a size costs precision, not truth, as long as the size used is the one in the probability.

    Parameters
    ----------
    frame : Frame
        Not changed.
    size : str
        Column with the raw sizes, numbers or text.
    totals : mapping or Series from province to total, or a number, optional
        What the cleaned sizes sum to; provinces with or without "Tỉnh" and "Thành phố". A number if
        `province` is None.
    least : float or None
        Smallest size to believe; None: any above 0. The default is for communes.
    most : float or None
        Largest size to believe, in medians of the type in the province; None: any. The default finds a
        slipped digit. Against the median of all types a factor of 5 would take the wards at the heart of
        most cities for errors.
    duplicates : bool
        Whether to look for the same number under the same name in another province; needs `name`.
    exempt : str or list of str
        Types to which `least` and `most` do not apply.
    impute : {"area", "median"}
        What takes the place of a size that is not used.
    province, kind, area : str or None
        Columns of provinces, of types and of areas (km²); None if there is none, and all units are of one
        province or of one type.
    decimal : {",", "."}, optional
        The decimal mark of sizes written as text; without it the column must show which it is.

    Returns
    -------
    Frame
        With the columns `<size>_raw`, `<size>` (cleaned; the frame's size) and `<size>_note` (in
        Vietnamese, empty if nothing was changed).

    Raises
    ------
    ColumnError
        A column is not there, or the size was cleaned before.
    DataError
        No unit of a type has a usable size; a province has no total.
    ArgumentError
        A bound or a total cannot be used.

    Warns
    -----
    SurveyWarning
        `totals` has provinces that are not in the frame.

    Examples
    --------
    >>> units = pd.DataFrame({"ma": ["01", "02", "03"], "dan": ["9000", "đang cập nhật", "15000"],
    ...                       "type": "xã", "province": "Tỉnh Cao Bằng", "area_km2": [30.0, 20.0, 50.0]})
    >>> frame = Frame(units, id="ma", name="Ba xã", as_of="2025-07-01", source="ví dụ")
    >>> cleaned = clean_sizes(frame, size="dan", duplicates=False, totals={"Cao Bằng": 36000})
    >>> cleaned.units["dan"].tolist()
    [10800.0, 7200.0, 18000.0]
    >>> print(cleaned.units["dan_note"][1])
    không phải là số; thay bằng diện tích × mật độ của xã trong tỉnh; nhân 1,200 cho khớp tổng
    """
    units = frame.units
    check_columns(units, size, "size")
    for argument, column in {"province": province, "kind": kind, "area": area}.items():
        check_columns(units, column, argument)
    _check_rules(units, size, least, most, impute, area)
    places = _groups(units, province)
    kinds = _groups(units, kind)
    raw, unread = read_numbers(units[size], size, argument="size", decimal=decimal)
    spared = kinds.isin([exempt] if isinstance(exempt, str) else list(exempt)).to_numpy()
    note = _reasons(units, raw, unread, spared, places, kinds, least, most, duplicates=duplicates)
    good = (note == "").to_numpy()
    table = pd.DataFrame({"size": np.where(good, raw, np.nan), "place": places, "kind": kinds})
    table["area"] = _areas(units, area) if impute == "area" and area is not None else np.nan
    value, how = _imputed(table, size)
    value, bounded = _bounded(value, table, spared, least, most)
    note = note.where(good, note + "; " + how + np.where(bounded, ", giữ trong ngưỡng", ""))
    value = np.where(good, raw, value)
    if totals is not None:
        factor = _factors(value, places, totals, province)
        value = value * factor
        moved = [f"nhân {number(one, 3)} cho khớp tổng" if one != 1 else "" for one in factor]
        note = pd.Series(["; ".join(filter(None, pair)) for pair in zip(note, moved, strict=True)])
    added = {f"{size}_raw": units[size], size: pd.Series(value), f"{size}_note": note.astype("str")}
    return replace(frame, units=units.assign(**added), size=size)


def _check_rules(
    units: pd.DataFrame, size: str, least: float | None, most: float | None, impute: str, area: str | None
) -> None:
    there = [name for name in (f"{size}_raw", f"{size}_note") if name in units]
    if there:
        raise ColumnError(
            f"size={size!r}: the frame has {listed(there)} already, so the size was cleaned before."
        )
    if least is not None and not least > 0:
        raise ArgumentError(f"least={least!r}: pass a size above 0, or None.")
    if most is not None and not most > 1:
        raise ArgumentError(f"most={most!r}: pass how many times the median, more than 1, or None.")
    if check_choice(impute, ("area", "median"), "impute") == "area" and area is None:
        raise ArgumentError("impute='area' needs area=, a column of areas. Pass it, or impute='median'.")


def _groups(units: pd.DataFrame, column: str | None) -> pd.Series[str]:
    if column is None:
        return pd.Series(ALL, index=units.index)
    return units[column].astype(object).where(units[column].notna(), "(trống)").map(text)


def _areas(units: pd.DataFrame, area: str) -> Array:
    found = pd.to_numeric(units[area], errors="coerce").to_numpy(np.float64, na_value=np.nan)
    flags = (
        units["quality"].astype(object).fillna("") if "quality" in units else pd.Series("", index=units.index)
    )
    doubtful = flags.astype(str).str.contains(DOUBTFUL, regex=False).to_numpy()
    return np.where((found > 0) & np.isfinite(found) & ~doubtful, found, np.nan)


def _reasons(
    units: pd.DataFrame,
    raw: Array,
    unread: Mask,
    spared: Mask,
    places: pd.Series[str],
    kinds: pd.Series[str],
    least: float | None,
    most: float | None,
    *,
    duplicates: bool,
) -> pd.Series[str]:
    """Return for each unit why its size is not used, "" if it is."""
    why = np.full(raw.size, "", dtype=object)

    def mark(where: Mask, reason: str) -> None:
        why[where & (why == "")] = reason

    mark(unread, "không phải là số")
    mark(~np.isfinite(raw), "thiếu")
    mark(raw <= 0, "bằng 0 hoặc âm")
    if duplicates:
        mark(_doubled(units, raw, places, kinds), "trùng số với đơn vị cùng tên ở tỉnh khác")
    if least is not None:
        mark((raw < least) & ~spared, f"nhỏ hơn {integer(least)}")
    if most is not None:
        median = _medians(pd.Series(np.where(why == "", raw, np.nan)), places, kinds)
        times = number(most, 0 if most % 1 == 0 else 1)
        mark((raw > most * median) & ~spared, f"lớn hơn {times} lần trung vị của loại trong tỉnh")
    return pd.Series(why, dtype=object)


def _medians(size: pd.Series[float], places: pd.Series[str], kinds: pd.Series[str]) -> Array:
    """Return for each unit the median size of its type in its province."""
    cells = [places.to_numpy(), kinds.to_numpy()]
    return np.asarray(size.groupby(cells).transform("median"), dtype=np.float64)


def _doubled(units: pd.DataFrame, raw: Array, places: pd.Series[str], kinds: pd.Series[str]) -> Mask:
    """Mark sizes that a unit of the same name and type in another province has too."""
    if "name" not in units:
        raise ColumnError(
            "duplicates=True compares names, and the frame has no column 'name'. Pass duplicates=False."
        )
    names = units["name"].astype(object).fillna("").astype(str).map(spelling)
    table = pd.DataFrame({"name": names, "kind": kinds, "size": raw, "place": places})
    spread = table.groupby(["name", "kind", "size"])["place"].transform("nunique")
    return ((spread > 1) & (names != "")).to_numpy(dtype=bool)


def _imputed(table: pd.DataFrame, size: str) -> tuple[Array, pd.Series[str]]:
    """Return what takes the place of each size, and how it was found.

    With d the sum of sizes over the sum of areas of the usable units of the same province and type, area x d;
    else the median of the type in the province; else that of the type in the frame.
    """
    both = table["size"].notna() & table["area"].notna()
    cells = [table["place"], table["kind"]]
    density = (
        table["size"].where(both).groupby(cells).transform("sum", min_count=1)
        / table["area"].where(both).groupby(cells).transform("sum", min_count=1)
    )  # fmt: skip
    choices = [
        ("thay bằng diện tích × mật độ của {} trong tỉnh", table["area"] * density),
        (
            "thay bằng trung vị của {} trong tỉnh",
            table.groupby(["place", "kind"])["size"].transform("median"),
        ),
        ("thay bằng trung vị của {} trong cả khung", table.groupby("kind")["size"].transform("median")),
    ]
    value, how = np.full(len(table), np.nan), pd.Series("", index=table.index, dtype=object)
    for words, found in choices:
        new = np.isnan(value) & found.notna().to_numpy()
        value[new] = found[new]
        how[new] = table["kind"][new].map(words.format)
    lacking = table.loc[np.isnan(value), "kind"].unique().tolist()
    if lacking:
        raise DataError(
            f"size={size!r}: no unit of type {listed(lacking)} has a usable size, so none can be put in the "
            "place of those that are missing. Loosen the rules, or pass kind=None to treat all types alike."
        )
    return value, how


def _bounded(
    value: Array, table: pd.DataFrame, spared: Mask, least: float | None, most: float | None
) -> tuple[Array, Mask]:
    """Return imputed sizes inside the bounds that the others had to meet, and which were moved."""
    low = np.where(spared, 0.0, least or 0.0)
    median = _medians(table["size"], table["place"], table["kind"])
    open_end = spared | np.isnan(median) | (most is None)
    high = np.where(open_end, np.inf, (most or np.inf) * median)
    inside = np.clip(value, low, np.maximum(low, high))
    return inside, inside != value


def _factors(
    value: Array,
    places: pd.Series[str],
    totals: Mapping[str, float] | pd.Series[float] | float,
    province: str | None,
) -> Array:
    """Return for each unit total of its province / sum of the cleaned sizes there."""
    if province is None:
        if isinstance(totals, (Mapping, pd.Series)):
            raise ArgumentError(
                "totals has provinces, and province=None says there are none. Pass one number."
            )
        return np.full(value.size, _total(totals, "totals") / math.fsum(value))
    if not isinstance(totals, (Mapping, pd.Series)):
        raise ArgumentError(
            f"totals={totals!r}: pass the total of each province, as in {{'Cao Bằng': 36000}}, "
            "or province=None."
        )
    given: dict[str, float] = {}
    labels: dict[str, str] = {}
    for label, total in totals.items():
        key = province_key(text(label))
        if key in given:
            raise ArgumentError(f"totals: {label!r} stands there twice. Keep one total for each province.")
        given[key], labels[key] = _total(total, f"totals[{label!r}]"), str(label)
    keys = places.map(province_key)
    lacking = places[~keys.isin(given.keys())]
    if len(lacking):
        raise DataError(
            f"totals has no total for {listed(lacking.unique())} ({len(lacking)} units). "
            "Add it, or leave these units out of the frame."
        )
    extra = [labels[key] for key in given if key not in set(keys)]
    if extra:
        warnings.warn(
            f"totals: {listed(extra)} is not in the frame and not used.", SurveyWarning, stacklevel=3
        )
    sums = {key: math.fsum(value[rows]) for key, rows in keys.groupby(keys).indices.items()}
    return np.array([given[key] / sums[key] for key in keys])


def _total(value: Any, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
        raise TypeError(f"{place}={value!r}: a total must be a number.")
    if not (math.isfinite(value) and value > 0):
        raise ArgumentError(f"{place}={value!r}: a total must be above 0.")
    return float(value)
