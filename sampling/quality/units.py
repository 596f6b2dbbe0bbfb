"""Checks of codes, names, places, sizes and strata of a frame, told in Vietnamese.

Each check yields rows (check, level, n, where, meaning). What only needs codes and names is compared through
the keys of `sampling.codes`, so that spelling does not hide a unit that stands twice.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, product
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api import types

from ..checks import nfc
from ..codes import bare, spelling, texts, visible
from ..format import integer

if TYPE_CHECKING:
    from ..frame import Frame

__all__ = ["ERROR", "NOTE", "NO_POPULATION", "WARNING", "WHOLE", "Problem", "label_of", "report"]

ERROR, WARNING, NOTE = "lỗi", "cảnh báo", "ghi chú"
NO_POPULATION = "khung không có dân số"
BOUNDS = {"lat": (6.0, 24.0), "lon": (101.0, 118.0)}  # Viet Nam with its islands
#: Columns inside which names are compared: two units may have one name in two places.
PLACES = (
    "province", "district", "commune", "village", "province_code", "district_code", "commune_code",
    "tinh", "huyen", "xa", "thon", "ma_tinh", "ma_huyen", "ma_xa", "ma_thon", "ten_xa",
)  # fmt: skip
WHOLE = "cả khung"

Problem = tuple[str, str, int, str, str]


def report(frame: Frame) -> list[Problem]:
    """Return the rows of all checks that need nothing but the frame."""
    return [row for check in CHECKS for row in check(frame)]


def _problem(
    frame: Frame, mask: pd.Series[bool], check: str, level: str, meaning: str, most: int = 3
) -> Iterator[Problem]:
    """Yield one row if any unit is marked, naming the first units."""
    n = int(mask.sum())
    if n == 0:
        return
    units = frame.units[mask].head(most)
    labels = units[frame.id].astype(object).where(units[frame.id].notna(), "(trống)").astype(str)
    if "name" in units and frame.id != "name":
        labels = labels + " " + units["name"].astype(object).fillna("").astype(str)
    where = "; ".join(labels) + (f"; và {integer(n - most)} đơn vị nữa" if n > most else "")
    yield check, level, n, where, meaning


def _keys(column: pd.Series[Any], key: Callable[[str], str]) -> pd.Series[str]:
    """Return the key of each text, worked out once for each different text."""
    codes, values = pd.factorize(column)
    found = np.array([key(value) for value in np.asarray(values, dtype=object)], dtype=object)
    return pd.Series(found[codes], index=column.index, dtype=object)


# --- codes and names ----------------------------------------------------------------------------------------


def _check_codes(frame: Frame) -> Iterator[Problem]:
    code = frame.units[frame.id]
    found = pd.Series(texts(code), dtype="str")
    none, twice = found == "", found.duplicated(keep=False) & (found != "")
    yield from _problem(frame, none, "thiếu mã", ERROR, "mỗi đơn vị phải có một mã")
    yield from _problem(frame, twice, "trùng mã", ERROR, "bỏ dòng lặp hoặc sửa mã")
    if types.is_numeric_dtype(code):
        mend = "mã là số nên mất số 0 ở đầu: đọc lại tệp với mã là chữ (dtype=str)"
        yield from _problem(frame, ~none, "mã là số", ERROR, mend)
        return
    digits = found.str.fullmatch("[0-9]+")
    widths = found[digits].str.len()
    short = digits & (found.str.len() < (int(widths.mode().max()) if len(widths) else 0))
    mend = "mã ngắn hơn các mã khác, có thể đã mất số 0 ở đầu: thêm lại cho đủ chữ số"
    yield from _problem(frame, short, "mã thiếu chữ số", ERROR, mend)
    clean = pd.Series([visible(value).casefold() for value in found], dtype=object)
    close = clean.duplicated(keep=False) & ~twice & ~none
    mend = (
        "mã chỉ khác nhau ở chữ hoa, khoảng trắng hoặc ký tự ẩn: kiểm tra xem có phải một đơn vị ghi hai lần"
    )
    yield from _problem(frame, close, "mã gần trùng", WARNING, mend, most=4)


def _check_writing(frame: Frame) -> Iterator[Problem]:
    """Look for what the eye does not see in codes and names: blanks, invisible letters, parted marks."""
    for name, what in dict.fromkeys([(frame.id, "mã"), ("name", "tên")]):
        if name not in frame.units or (what == "tên" and frame.id == "name"):
            continue
        values = [value if isinstance(value, str) else "" for value in frame.units[name].astype(object)]
        stray = pd.Series([value != visible(value) and value.strip() != "" for value in values])
        meaning = "có khoảng trắng thừa hoặc ký tự ẩn, nhìn không thấy nhưng làm hỏng việc nối bảng: xóa đi"
        yield from _problem(frame, stray, f"{what} có ký tự ẩn", WARNING, meaning)
        parted = pd.Series([not unicodedata.is_normalized("NFC", value) for value in values])
        meaning = "dấu viết rời (Unicode tổ hợp): chuyển sang Unicode dựng sẵn (NFC) trước khi nối bảng"
        yield from _problem(frame, parted, f"{what} có dấu viết rời", NOTE, meaning)


def _check_names(frame: Frame) -> Iterator[Problem]:
    if "name" not in frame.units:
        return
    names = _keys(frame.units["name"].astype(object).fillna("").astype(str), nfc)
    named = names != ""
    yield from _problem(frame, ~named, "thiếu tên", WARNING, "đơn vị không có tên")
    place = _crossed([frame.units[c] for c in PLACES if c in frame.units and c != frame.id], len(names))
    close = _alike(_keys(names, bare), place) & named  # the loosest key: others are compared among these
    twice = _alike(names[close].str.lower(), place[close]).reindex(names.index, fill_value=False)
    meaning = "hai đơn vị cùng tên trong một nơi: kiểm tra xem có phải một đơn vị ghi hai lần"
    yield from _problem(frame, twice, "trùng tên", WARNING, meaning, most=4)
    spelt = _alike(_keys(names[close], spelling), place[close]).reindex(names.index, fill_value=False)
    meaning = (
        "cùng một tên viết hai kiểu (Hòa/Hoà, Thủy/Thuỷ, Mỹ/Mĩ) trong một nơi: "
        "kiểm tra xem có phải một đơn vị ghi hai lần"
    )
    yield from _problem(frame, spelt & ~twice, "tên viết hai kiểu", WARNING, meaning, most=4)
    meaning = "tên chỉ khác nhau ở loại, dấu hoặc chữ hoa: nối bằng mã, đừng nối bằng tên"
    yield from _problem(frame, close & ~twice, "tên gần trùng", NOTE, meaning, most=4)


def _crossed(columns: Sequence[pd.Series[Any]], n: int) -> npt.NDArray[np.intp]:
    """Return one number for each unit that tells the places apart; a missing place is a place."""
    place = np.zeros(n, dtype=np.intp)
    for column in columns:
        codes, values = pd.factorize(column, use_na_sentinel=False)
        place = pd.factorize(place * (len(values) + 1) + codes)[0]
    return place


def _alike(key: pd.Series[str], place: npt.NDArray[np.intp]) -> pd.Series[bool]:
    codes, values = pd.factorize(key)
    return pd.Series(place * (len(values) + 1) + codes, index=key.index).duplicated(keep=False)


# --- places, flags, sizes -----------------------------------------------------------------------------------


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
        yield NO_POPULATION, NOTE, len(frame), WHOLE, meaning
        return
    column = frame.units[frame.size]
    if not types.is_numeric_dtype(column) or types.is_bool_dtype(column):
        meaning = f"cột {frame.size!r} là chữ: đổi thành số (dấu phẩy thập phân, dấu chấm hàng nghìn bỏ đi)"
        yield "quy mô không phải là số", ERROR, len(frame), WHOLE, meaning
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


def _check_multiplicity(frame: Frame) -> Iterator[Problem]:
    if frame.multiplicity is None:
        return
    times = pd.to_numeric(frame.units[frame.multiplicity], errors="coerce").astype("Float64").astype(float)
    wrong = ~(times >= 1) | ~(times % 1 == 0)
    meaning = "số dòng của một người phải là số nguyên từ 1: quyền số chia cho số này"
    yield from _problem(frame, wrong, "số lần có tên không hợp lệ", ERROR, meaning)


# --- strata -------------------------------------------------------------------------------------------------


def _check_strata(frame: Frame) -> Iterator[Problem]:
    names = list(frame.strata or ())
    if not names:
        return
    strata = frame.units[names]
    none = strata.isna().any(axis=1)
    yield from _problem(frame, none, "thiếu tầng", ERROR, "đơn vị không thuộc tầng nào nên không được chọn")
    counts = strata[~none].value_counts()
    one = [label_of(key) for key in counts.index[counts == 1]]
    if one:
        meaning = "tầng có một đơn vị: chọn thì là chắc chắn, sai số của tầng không tính được; nên gộp tầng"
        yield "tầng một đơn vị", WARNING, len(one), "; ".join(sorted(one)[:5]), meaning
    there = [key if isinstance(key, tuple) else (key,) for key in counts.index[counts > 0]]
    yield from _empty_strata([_levels(strata[name]) for name in names], there)


def _levels(column: pd.Series[Any]) -> list[Any]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return list(column.cat.categories)
    return sorted(column.dropna().unique())


def _empty_strata(levels: list[list[Any]], there: list[tuple[Any, ...]]) -> Iterator[Problem]:
    """Yield the crossings that no unit is in; a column that another one determines is not crossed with it."""
    crossed = [j for j in range(len(levels)) if not _coarser(j, levels, there)]
    used = {tuple(key[j] for j in crossed) for key in there}
    n = math.prod(len(levels[j]) for j in crossed) - len(used)
    if n:
        keys = (key for key in product(*(levels[j] for j in crossed)) if key not in used)
        meaning = "tầng không có đơn vị nào trong khung: bỏ khỏi kế hoạch phân bổ mẫu"
        yield "tầng trống", NOTE, n, "; ".join(map(label_of, islice(keys, 5))), meaning


def _coarser(j: int, levels: list[list[Any]], there: list[tuple[Any, ...]]) -> bool:
    """Say whether column j has fewer levels than another one, all used, and follows from it."""
    own = {key[j] for key in there}
    if len(own) < len(levels[j]):
        return False
    return any(
        len(own) < len({key[i] for key in there}) == len({(key[i], key[j]) for key in there})
        for i in range(len(levels))
    )


def label_of(key: Any) -> str:
    """Return the label of a group: its levels joined."""
    return " × ".join(map(str, key if isinstance(key, tuple) else (key,)))


CHECKS = (
    _check_codes, _check_writing, _check_names, _check_places, _check_flags, _check_size,
    _check_multiplicity, _check_strata,
)  # fmt: skip
