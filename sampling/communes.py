"""Viet Nam's commune-level units, dated, with the crosswalk from the earlier units to the new ones.

The files stand in ``data/communes`` of the project, described in its README; in an installed wheel
the same files lie in ``sampling/_data/communes``.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import pandas as pd

from .checks import ArgumentError, DataError, check_choice, listed, nfc, plain
from .frame import Frame

__all__ = ["communes", "crosswalk"]

NEW = "2025-07-01"
OLD = "2025-06-30"
SOURCE = "vietnamadminunits 1.0.4 (MIT), data/communes"
HERE = Path(__file__).resolve().parent
NUMBERS = ("lat", "lon", "area_km2", "distance_km")
SHORT = {"hcm": "ho chi minh", "tphcm": "ho chi minh", "sai gon": "ho chi minh", "thua thien hue": "hue"}

# Flag in the column `quality`: its name, its level, and what it means for the user.
FLAGS: dict[str, tuple[str, str, str]] = {
    "coordinate_suspect": (
        "tọa độ nghi sai",
        "cảnh báo",
        "cách các đơn vị hợp thành hơn 25 km: kiểm tra trước khi phân tầng hay vẽ bản đồ theo tọa độ",
    ),
    "area_shared": (
        "diện tích trùng",
        "cảnh báo",
        "giống hệt diện tích của một đơn vị cùng tên ở tỉnh khác: nguồn đã ghép nhầm, ít nhất một bên sai",
    ),
    "area_total_off": (
        "tổng diện tích tỉnh lệch",
        "cảnh báo",
        "tổng diện tích các xã lệch hơn 5 % so với diện tích tỉnh đã công bố: đừng dùng diện tích làm quy mô",
    ),
    "code_not_official": (
        "mã khác danh mục chính thức",
        "cảnh báo",
        "nguồn ghi 06970, danh mục chính thức ghi 06978 (Ba Chẽ): đổi mã khi nối với số liệu khác",
    ),
    "type_from_name": (
        "loại lấy theo tên",
        "ghi chú",
        "nguồn ghi loại khác với tên (ví dụ “Phường Việt Hòa” ghi là xã): ở đây theo tên",
    ),
    "type_changed_later": (
        "loại đơn vị có thể đã đổi",
        "ghi chú",
        "ngày 30/04/2026 có 10 xã của Đồng Nai thành phường; danh sách này có trước ngày đó",
    ),
    "no_commune": (
        "huyện đảo không có xã",
        "ghi chú",
        "5 huyện đảo không có đơn vị cấp xã (Bạch Long Vĩ, Cồn Cỏ, Hoàng Sa, Lý Sơn, Côn Đảo): "
        "danh sách cả nước có 10.040 dòng, số chính thức là 10.035 xã, phường, thị trấn",
    ),
}


def communes(province: str | Sequence[str] | None = None, as_of: str | dt.date = NEW) -> Frame:
    """Return the commune-level units of the country or of provinces as a dated frame.

    Parameters
    ----------
    province : str or list of str, optional
        Name, with or without "Tỉnh" or "Thành phố", with or without marks, or the two-digit code
        as text. All provinces without it.
    as_of : str or date
        "2025-07-01": the 3,321 units from that day (the default). "2025-06-30": the units of the last
        day before, with their districts, in 10,040 rows for 10,035 communes: five island districts
        without communes are named and flagged.

    Returns
    -------
    Frame
        Units keyed by their code as text, with type, coordinates, area and flags. There is no
        population: join your own column by code with `Frame.join`.

    Raises
    ------
    ArgumentError
        No province has that name, or no list is held for that date.

    Examples
    --------
    >>> frame = communes("Cao Bằng")
    >>> len(frame), frame.units["type"].value_counts().to_dict()
    (56, {'xã': 53, 'phường': 3})
    """
    day = as_of.isoformat()[:10] if isinstance(as_of, dt.date) else as_of
    new = check_choice(day, (NEW, OLD), "as_of") == NEW
    units = _read(f"communes_{NEW}.csv") if new else _old_units()
    chosen = _provinces(province, units, new=new)
    names = "cả nước" if chosen is None else ", ".join(chosen)
    if chosen is not None:
        units = units[units["province"].isin(chosen)]
    kind = "Xã, phường, đặc khu" if new else "Xã, phường, thị trấn trước 01/07/2025"
    return Frame(units, id="code", name=f"{kind}: {names}", as_of=day, source=SOURCE, meanings=FLAGS)


def crosswalk(province: str | Sequence[str] | None = None) -> pd.DataFrame:
    """Return which unit before 1 July 2025 went into which unit from that day, with their names.

    Parameters
    ----------
    province : str or list of str, optional
        Province of the new units, written as in `communes`.

    Returns
    -------
    pd.DataFrame
        A row per pair of units: `old_code`, `old_name`, `old_district`, `old_province`, `new_code`,
        `new_name`, `new_province`, `kind` ("whole": all of the old unit; "part": it was divided),
        `is_default` (the nearest of the parts; always True for "whole"), `suspect` (a part more than
        25 km from the rest of the new unit, most likely a mix-up of names in the source) and
        `distance_km`. To convert addresses keep `is_default`; to list the parts of a divided unit
        drop the rows that are `suspect` and not `is_default`. The parts have no population shares.

    Examples
    --------
    >>> table = crosswalk("Cao Bằng")
    >>> table.loc[table["old_name"] == "Xã Phúc Sen", ["old_code", "new_code", "new_name"]].values.tolist()
    [['01603', '01576', 'Xã Quảng Uyên']]
    """
    new = _read(f"communes_{NEW}.csv")
    chosen = _provinces(province, new, new=True)
    edges = _read(f"crosswalk_{NEW}.csv")
    edges = edges.assign(is_default=edges["is_default"] == "1", suspect=edges["suspect"] == "1")
    old = _old_units()[["code", "name", "district", "province"]].add_prefix("old_")
    table = edges.merge(old, on="old_code", validate="many_to_one").merge(
        new[["code", "name", "province"]].add_prefix("new_"), on="new_code", validate="many_to_one"
    )
    if chosen is not None:
        table = table[table["new_province"].isin(chosen)]
    columns = [
        "old_code", "old_name", "old_district", "old_province", "new_code", "new_name", "new_province",
        "kind", "is_default", "suspect", "distance_km",
    ]  # fmt: skip
    return table[columns].sort_values(["old_code", "new_code"], ignore_index=True)


def data_folder() -> Path:
    """Return the folder of the commune files: of the installed wheel, or of the project's checkout."""
    places = (HERE / "_data" / "communes", HERE.parent / "data" / "communes")
    for place in places:
        if (place / f"communes_{NEW}.csv").is_file():
            return place
    raise DataError(
        f"The commune files are neither in {places[0]} nor in {places[1]}. Install the project again, "
        "or make them with data/communes/build.py."
    )


@lru_cache(maxsize=8)
def _read_once(path: Path) -> pd.DataFrame:
    header = pd.read_csv(path, nrows=0, encoding="utf-8-sig").columns
    return pd.read_csv(
        path,
        dtype={name: float if name in NUMBERS else str for name in header},
        keep_default_na=False,
        na_values={name: [""] for name in NUMBERS},
        encoding="utf-8-sig",
    )


def _read(name: str) -> pd.DataFrame:
    return _read_once(data_folder() / name)


def _old_units() -> pd.DataFrame:
    units = _read(f"earlier_units_{OLD}.csv")
    units = units.merge(_read(f"earlier_districts_{OLD}.csv"), on="district_code", validate="many_to_one")
    last = ["lat", "lon", "valid_to", "quality"]
    return units[[c for c in units.columns if c not in last] + last]


def _key(name: str) -> str:
    """Return a province's name without its kind, marks and punctuation."""
    words = re.sub(r"[\s.\-–]+", " ", plain(nfc(name))).strip()
    words = re.sub(r"^(tinh|thanh pho|tp|thu do) ", "", words)
    return SHORT.get(words, words)


def _provinces(
    province: str | Sequence[str] | None, units: pd.DataFrame, *, new: bool
) -> tuple[str, ...] | None:
    """Return the full names of the provinces that were asked for; None means all."""
    if province is None:
        return None
    if isinstance(province, int):
        raise TypeError(f"province={province} is a number; province codes are text: write '{province:02d}'.")
    if not isinstance(province, Sequence) or not all(isinstance(one, str) for one in province):
        raise TypeError(f"province={province!r}: pass the name of a province as text, or a list of names.")
    asked = (province,) if isinstance(province, str) else tuple(province)
    if not asked:
        raise ArgumentError("province=[] names no province. Name one, or leave it out for the whole country.")
    names = units[["province", "province_code"]].drop_duplicates()
    known = dict(zip(names["province"].map(_key), names["province"], strict=True))
    known |= dict(zip(names["province_code"], names["province"], strict=True))
    for one in asked:
        if _key(one) not in known:
            raise ArgumentError(_unknown(one, known, new=new))
    return tuple(dict.fromkeys(known[_key(one)] for one in asked))


def _unknown(asked: str, known: dict[str, str], *, new: bool) -> str:
    """Return the sentence for a province that is not in the list: merged, near names, or codes."""
    key = _key(asked)
    if new:
        merged = crosswalk()
        into = merged.loc[merged["old_province"].map(_key) == key, "new_province"].unique()
        if len(into):
            return (
                f"province={asked!r}: it is part of {listed(into)} since {NEW}. "
                f"Use that name, or as_of={OLD!r} for the units before."
            )
    if key.isdigit():
        hint = f" Did you mean {key.zfill(2)!r}?" if key.zfill(2) in known else ""
        return f"province={asked!r}: no province has that code; codes have two digits, such as '04'.{hint}"
    names = difflib.get_close_matches(key, known, n=3, cutoff=0.5) or [k for k in known if not k.isdigit()]
    near = f"Near names: {listed(known[name] for name in names)}."
    return f"province={asked!r}: no province has that name. {near}"
