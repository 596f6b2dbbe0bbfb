"""The sampling frame: a dated list of units, its quality report and the hash of its content."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from .checks import (
    ArgumentError,
    ColumnError,
    DataError,
    SurveyWarning,
    check_columns,
    check_frame,
    listed,
    nfc,
    plain,
)
from .format import COLUMNS, date, integer

__all__ = ["Frame"]

ERROR, WARNING, NOTE = "lỗi", "cảnh báo", "ghi chú"
NO_POPULATION = "khung không có dân số"
BOUNDS = {"lat": (6.0, 24.0), "lon": (101.0, 118.0)}  # Viet Nam with its islands
KINDS = re.compile(r"^(xã|phường|thị trấn|đặc khu|thôn|tổ dân phố)\s+", re.IGNORECASE)


@dataclass(frozen=True, eq=False, repr=False)
class Frame:
    """A dated list of units from which a sample is drawn.

    The table is copied: the caller's is never changed. Columns named `name`, `province`, `district`,
    `lat`, `lon`, `area_km2` and `quality` are looked at by `problems` where they exist.

    Parameters
    ----------
    units : pd.DataFrame
        One row per unit.
    id : str
        Column with the code of each unit, as text.
    name : str
        What the frame lists.
    as_of : date or str
        The day for which the list is right, "yyyy-mm-dd".
    source : str
        Where the list comes from.
    strata : str or list of str, optional
        Columns whose crossing gives the strata.
    size : str, optional
        Column with the measure of size, such as households.
    meanings : mapping, optional
        For a flag in the column `quality`: its name, its level and what it means, for `problems`.

    Examples
    --------
    >>> units = pd.DataFrame({"ma": ["01273", "01279"], "so_ho": [4100, 3900]})
    >>> frame = Frame(units, id="ma", name="Hai phường", as_of="2025-07-01", source="ví dụ", size="so_ho")
    >>> frame
    Khung mẫu: Hai phường, 2 đơn vị, ngày 01/07/2025
    >>> len(frame.problems()), frame.hash[:8]
    (0, 'cd098e9c')
    """

    units: pd.DataFrame
    id: str
    name: str
    as_of: dt.date | str
    source: str
    strata: str | Sequence[str] | None = None
    size: str | None = None
    meanings: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        units = check_frame(self.units, "units").reset_index(drop=True)
        check_columns(units, self.id, "id")
        check_columns(units, self.size, "size")
        object.__setattr__(self, "units", units)
        object.__setattr__(self, "strata", check_columns(units, self.strata, "strata"))
        object.__setattr__(self, "as_of", _day(self.as_of))

    def __len__(self) -> int:
        return len(self.units)

    def __repr__(self) -> str:
        text = f"Khung mẫu: {self.name}, {integer(len(self))} đơn vị, ngày {date(self.as_of)}"
        return text + ("" if self.size else f"; {NO_POPULATION}")

    @property
    def hash(self) -> str:
        """SHA-256 of the content: the same for any order of rows and columns and any dtype."""
        names = [self.id, *sorted((name for name in self.units.columns if name != self.id), key=str)]
        cells = [_texts(self.units[name]) for name in names]
        rows = sorted(map("\x1f".join, zip(*cells, strict=True)))
        text = "\x1e".join(["\x1f".join(map(_text, names)), *rows])
        return hashlib.sha256(text.encode("utf-8")).hexdigest()

    def problems(self) -> pd.DataFrame:
        """Return the quality report, in Vietnamese: what to look at before a sample is drawn.

        Returns
        -------
        pd.DataFrame
            `check`, `level` ("lỗi" must be mended, "cảnh báo" should be looked at, "ghi chú" is to be
            known), `n` units, `where` (the first of them) and `meaning`.
        """
        found = [row for check in CHECKS for row in check(self)]
        found.sort(key=lambda row: (ERROR, WARNING, NOTE).index(row[1]))
        return pd.DataFrame(found, columns=["check", "level", "n", "where", "meaning"])

    def join(
        self, table: pd.DataFrame, *, on: str | None = None, columns: str | Sequence[str] | None = None
    ) -> Frame:
        """Return the frame with columns of one's own table added, matched by code.

        Codes given as numbers, or as text without their leading zeros, are mended with a warning.
        Units without a row in the table keep missing values; they, and the codes of the table that are
        not in the frame, are listed in a warning.

        Parameters
        ----------
        table : pd.DataFrame
            One row per unit.
        on : str, optional
            Column of the table with the codes; by default the frame's own id.
        columns : str or list of str, optional
            Columns to add; by default all others.

        Raises
        ------
        DataError
            A code is missing or there twice, or no code is in the frame.
        ColumnError
            A column is not in the table, or is in the frame already.

        Examples
        --------
        >>> units = pd.DataFrame({"ma": ["01273", "01279"], "ten": ["Thục Phán", "Nùng Trí Cao"]})
        >>> frame = Frame(units, id="ma", name="Hai phường", as_of="2025-07-01", source="ví dụ")
        >>> own = pd.DataFrame({"ma_xa": ["01279", "01273"], "so_ho": [3900, 4100]})
        >>> frame.join(own, on="ma_xa").units["so_ho"].tolist()
        [4100, 3900]
        """
        on = self.id if on is None else on
        check_columns(check_frame(table, "table"), on, "on")
        added = check_columns(table, columns, "columns") or tuple(c for c in table.columns if c != on)
        if not added:
            raise ArgumentError(
                "columns: the table has no column besides the codes. Name the columns to add."
            )
        there = [name for name in added if name in self.units.columns]
        if there:
            raise ColumnError(
                f"columns: the frame has {listed(there)} already. Choose other columns, or rename them."
            )
        ids = pd.Series(_texts(self.units[self.id]))
        codes = _codes(table[on], on, _width(ids))
        _warn_unmatched(codes, ids, on)
        taken = table[list(added)].set_axis(pd.Index(codes)).reindex(pd.Index(ids))
        return replace(self, units=self.units.assign(**{name: taken[name].array for name in added}))

    def _repr_html_(self) -> str:
        found = self.problems()["level"].value_counts()
        counts = ", ".join(f"{found[level]} {level}" for level in (ERROR, WARNING, NOTE) if level in found)
        lacking = f"<p>{NO_POPULATION.capitalize()}: nối cột của mình bằng .join().</p>"
        head = self.units.head().rename(columns=COLUMNS)
        table = head.to_html(index=False, border=0, na_rep="–", decimal=",")
        return (
            f"<div><p><b>{escape(self.name)}</b>: {integer(len(self))} đơn vị, ngày {date(self.as_of)}. "
            f"Nguồn: {escape(self.source)}.</p>{'' if self.size else lacking}{table}"
            f"<p>Chất lượng khung mẫu: {counts or 'không có gì phải lưu ý'} (xem .problems()). "
            f"Mã băm nội dung: {self.hash[:12]}</p></div>"
        )


# The quality report: each check yields rows (check, level, n, where, meaning).

Problem = tuple[str, str, int, str, str]


def _problem(
    frame: Frame, mask: pd.Series[bool], check: str, level: str, meaning: str, most: int = 3
) -> Iterator[Problem]:
    """Yield one row if any unit is marked, naming the first units."""
    n = int(mask.sum())
    if n == 0:
        return
    units = frame.units[mask]
    labels = units[frame.id].astype(object).where(units[frame.id].notna(), "(trống)").astype(str)
    if "name" in units and frame.id != "name":
        labels = labels + " " + units["name"].astype(object).fillna("").astype(str)
    where = "; ".join(labels.head(most)) + (f"; và {integer(n - most)} đơn vị nữa" if n > most else "")
    yield check, level, n, where, meaning


def _check_codes(frame: Frame) -> Iterator[Problem]:
    code = frame.units[frame.id]
    texts = pd.Series(_texts(code))
    none, twice = texts == "", texts.duplicated(keep=False) & (texts != "")
    yield from _problem(frame, none, "thiếu mã", ERROR, "mỗi đơn vị phải có một mã")
    yield from _problem(frame, twice, "trùng mã", ERROR, "bỏ dòng lặp hoặc sửa mã")
    if types.is_numeric_dtype(code):
        mend = "mã là số nên mất số 0 ở đầu: đọc lại tệp với mã là chữ (dtype=str)"
        yield from _problem(frame, ~none, "mã là số", ERROR, mend)
        return
    digits = texts.str.fullmatch("[0-9]+")
    widths = texts[digits].str.len()
    short = digits & (texts.str.len() < (int(widths.mode().max()) if len(widths) else 0))
    mend = "mã ngắn hơn các mã khác, có thể đã mất số 0 ở đầu: thêm lại cho đủ chữ số"
    yield from _problem(frame, short, "mã thiếu chữ số", ERROR, mend)


def _check_names(frame: Frame) -> Iterator[Problem]:
    if "name" not in frame.units:
        return
    names = frame.units["name"].astype(object).fillna("").astype(str).map(nfc)
    yield from _problem(frame, names == "", "thiếu tên", WARNING, "đơn vị không có tên")
    places = [frame.units[c].astype(str) for c in ("province", "district") if c in frame.units]
    full = pd.concat([names.str.lower(), *places], axis=1)
    alike = pd.concat([names.map(lambda name: plain(KINDS.sub("", name))), *places], axis=1)
    named = names != ""
    twice = full.duplicated(keep=False) & named
    meaning = "hai đơn vị cùng tên trong một nơi: kiểm tra xem có phải một đơn vị ghi hai lần"
    yield from _problem(frame, twice, "trùng tên", WARNING, meaning, most=4)
    close = alike.duplicated(keep=False) & named & ~twice
    meaning = "tên chỉ khác nhau ở loại, dấu hoặc chữ hoa: nối bằng mã, đừng nối bằng tên"
    yield from _problem(frame, close, "tên gần trùng", NOTE, meaning, most=4)


def _check_places(frame: Frame) -> Iterator[Problem]:
    units = frame.units
    known = [name for name in BOUNDS if name in units]
    if known:
        values = units[known].apply(pd.to_numeric, errors="coerce").astype(float)
        none = values.isna().any(axis=1)
        yield from _problem(frame, none, "thiếu tọa độ", WARNING, "không kiểm được vị trí")
        outside = pd.concat([~values[name].between(*BOUNDS[name]) for name in known], axis=1).any(axis=1)
        meaning = "tọa độ nằm ngoài Việt Nam: kiểm tra vĩ độ (lat) và kinh độ (lon) có bị đổi chỗ không"
        yield from _problem(frame, outside & ~none, "tọa độ ngoài Việt Nam", ERROR, meaning)
    if "area_km2" in units:
        area = pd.to_numeric(units["area_km2"], errors="coerce").astype(float)
        yield from _problem(frame, ~(area > 0), "thiếu diện tích", WARNING, "diện tích trống, bằng 0 hoặc âm")


def _check_flags(frame: Frame) -> Iterator[Problem]:
    if "quality" not in frame.units:
        return
    flags = frame.units["quality"].astype(object).fillna("").astype(str).str.split()
    for flag in sorted({one for unit in flags for one in unit} - {"area_missing"}):  # seen in the area itself
        check, level, meaning = frame.meanings.get(flag, (flag, WARNING, "xem mô tả của nguồn"))
        yield from _problem(frame, flags.map(lambda unit, flag=flag: flag in unit), check, level, meaning, 5)


def _check_size(frame: Frame) -> Iterator[Problem]:
    if frame.size is None:
        meaning = (
            "khung không có số dân hay số hộ nên chưa chọn mẫu theo quy mô (PPS) được: "
            "nối cột của mình theo mã bằng frame.join(bảng, on='cột mã'), rồi nêu size='cột quy mô'"
        )
        yield NO_POPULATION, NOTE, len(frame), "cả khung", meaning
        return
    column = frame.units[frame.size]
    if not types.is_numeric_dtype(column) or types.is_bool_dtype(column):
        meaning = f"cột {frame.size!r} là chữ: đổi thành số (dấu phẩy thập phân, dấu chấm hàng nghìn bỏ đi)"
        yield "quy mô không phải là số", ERROR, len(frame), "cả khung", meaning
        return
    size = column.astype("Float64").astype(float)
    none, least = size.isna() | np.isinf(size), size <= 0
    yield from _problem(frame, none, "thiếu quy mô", ERROR, "không tính được xác suất chọn cho đơn vị này")
    meaning = "quy mô bằng 0 hoặc âm: đơn vị không bao giờ được chọn"
    yield from _problem(frame, least & ~none, "quy mô bằng 0 hoặc âm", ERROR, meaning)
    logs = size.where((size > 0) & ~none).map(np.log)
    away = (logs - logs.median()).abs()
    extreme = away > max(5 * 1.4826 * float(away.median()), np.log(5))
    meaning = "quy mô khác xa các đơn vị khác: kiểm tra đơn vị tính và số liệu gốc"
    yield from _problem(frame, extreme, "quy mô bất thường", WARNING, meaning)


def _check_strata(frame: Frame) -> Iterator[Problem]:
    names = list(frame.strata or ())
    if not names:
        return
    strata = frame.units[names]
    none = strata.isna().any(axis=1)
    yield from _problem(frame, none, "thiếu tầng", ERROR, "đơn vị không thuộc tầng nào nên không được chọn")
    counts = strata[~none].value_counts()
    one = [_stratum(key) for key in counts.index[counts == 1]]
    if one:
        meaning = "tầng có một đơn vị: chọn thì là chắc chắn, sai số của tầng không tính được; nên gộp tầng"
        yield "tầng một đơn vị", WARNING, len(one), "; ".join(sorted(one)[:5]), meaning
    levels = [
        list(strata[name].cat.categories)
        if isinstance(strata[name].dtype, pd.CategoricalDtype)
        else sorted(strata[name].dropna().unique())
        for name in names
    ]
    there = {key if isinstance(key, tuple) else (key,) for key in counts.index[counts > 0]}
    empty = [_stratum(key) for key in product(*levels) if key not in there]
    if empty:
        meaning = "tầng không có đơn vị nào trong khung: bỏ khỏi kế hoạch phân bổ mẫu"
        yield "tầng trống", NOTE, len(empty), "; ".join(empty[:5]), meaning


CHECKS = (_check_codes, _check_names, _check_places, _check_flags, _check_size, _check_strata)


def _stratum(key: Any) -> str:
    return " × ".join(map(str, key if isinstance(key, tuple) else (key,)))


# Codes and canonical text


def _day(value: dt.date | str) -> dt.date:
    try:
        day = dt.date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise ArgumentError(f"as_of={value!r} is not a day. Write it as 'yyyy-mm-dd'.") from None
    if not isinstance(day, dt.date) or pd.isna(day):
        raise TypeError(f"as_of={value!r}: pass a date, or text such as '2025-07-01'.")
    return dt.date(day.year, day.month, day.day)


def _text(value: Any) -> str:
    """Return one value as text that does not depend on its type: 5, 5.0 and "5" are alike."""
    if isinstance(value, str):
        return nfc(value)
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, (int, float, np.number)):
        return str(int(value)) if np.isfinite(value) and value == int(value) else repr(float(value))
    if isinstance(value, (dt.date, np.datetime64)):
        return pd.Timestamp(value).isoformat().removesuffix("T00:00:00")
    return nfc(str(value))


def _texts(column: pd.Series[Any]) -> list[str]:
    """Return the canonical text of each value; missing values are empty."""
    codes, values = pd.factorize(column)
    texts = [*map(_text, values), ""]  # code -1, missing, takes the last
    return [texts[code] for code in codes]


def _width(ids: pd.Series[str]) -> int:
    """Return the number of digits if all codes have the same, else 0."""
    widths = set(ids.str.len())
    return widths.pop() if ids.str.fullmatch("[0-9]+").all() and len(widths) == 1 else 0


def _codes(column: pd.Series[Any], on: str, width: int) -> pd.Series[str]:
    """Return the codes of a user's table as text, leading zeros put back; refuse unusable ones."""
    codes = pd.Series(_texts(column)).str.replace(r"^([0-9]+)\.0+$", r"\1", regex=True)
    if (codes == "").any():
        rows = list(np.flatnonzero(codes == ""))
        raise DataError(f"on={on!r}: no code in row {listed(rows)}. Fill them in or drop these rows.")
    short = codes.str.fullmatch("[0-9]+") & (codes.str.len() < width)
    if short.any():
        mended = codes.where(~short, codes.str.zfill(width))
        warnings.warn(
            f"on={on!r}: {int(short.sum())} codes lack their leading zeros and were mended, "
            f"{codes[short].iloc[0]!r} to {mended[short].iloc[0]!r}. "
            f"Keep codes as text: pd.read_csv(..., dtype={{{on!r}: str}}).",
            SurveyWarning,
            stacklevel=3,
        )
        codes = mended
    twice = codes[codes.duplicated()].unique()
    if len(twice):
        raise DataError(f"on={on!r}: {listed(twice)} stand in more than one row. Keep one row per unit.")
    return codes


def _warn_unmatched(codes: pd.Series[str], ids: pd.Series[str], on: str) -> None:
    """Warn of units without a row and of rows without a unit; refuse if nothing matches."""
    without, unknown = ids[~ids.isin(codes)], codes[~codes.isin(ids)]
    if len(without) == len(ids):
        raise DataError(
            f"on={on!r}: none of the {len(codes)} codes is in the frame; the table has {listed(codes, 3)}, "
            f"the frame {listed(ids, 3)}. Are these codes of before 1 July 2025? See sampling.crosswalk()."
        )
    parts = []
    if len(without):
        parts.append(f"{len(without)} units of the frame have no row, so no value: {listed(without)}.")
    if len(unknown):
        parts.append(f"{len(unknown)} codes of the table are not in the frame: {listed(unknown)}.")
    if parts:
        warnings.warn(f"on={on!r}: {' '.join(parts)}", SurveyWarning, stacklevel=3)
