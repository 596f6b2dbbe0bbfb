"""Viet Nam's commune-level units, dated, and the pairs of earlier and new units.

The files stand in ``data/communes`` of the project, described in its README; in an installed wheel
the same files lie in ``sampling/_data/communes``.
"""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import pandas as pd

from .checks import ArgumentError, DataError, check_choice, check_columns, check_frame, listed, near
from .codes import day as day_of
from .codes import province_key as _key
from .codes import text, texts
from .frame import Frame

__all__ = ["communes"]

NEW = "2025-07-01"
OLD = "2025-06-30"
SOURCE = "vietnamadminunits 1.0.4 (MIT), data/communes"
HERE = Path(__file__).resolve().parent
NUMBERS = ("lat", "lon", "area_km2", "distance_km")
LATER = (
    f"the list held is of {NEW}, and units have changed since (ten communes of Đồng Nai became wards on "
    "2026-04-30)"
)
TYPES = ("xã", "phường", "đặc khu")
EDGES = ["old_code", "new_code", "kind", "is_default", "suspect", "distance_km"]

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


def communes(
    province: str | Sequence[str] | None = None,
    as_of: str | dt.date = NEW,
    *,
    changes: pd.DataFrame | None = None,
) -> Frame:
    """Return the commune-level units of the country or of provinces as a dated frame.

    Parameters
    ----------
    province : str or list of str, optional
        Name, with or without "Tỉnh" or "Thành phố", with or without marks, or the two-digit code
        as text. All provinces without it.
    as_of : str or date
        "2025-07-01": the 3,321 units from that day (the default). "2025-06-30": the units of the last
        day before, with their districts, in 10,040 rows for 10,035 communes: five island districts
        without communes are named and flagged. A later day: the units of 1 July 2025 with your own
        table of `changes` up to that day; the names of provinces stay as they were.
    changes : pd.DataFrame, optional
        Changes after 1 July 2025, a row per pair of units: `old_code`, `new_code`, `kind` ("whole": all of
        the old unit; "part": it was divided, and all parts have a row), `date` ("yyyy-mm-dd") and, where a
        unit gets a name, `new_name` with its type ("Phường ..."). A change of type keeps the code:
        `old_code` = `new_code`. Units that are not named as `old_code` stay.

    Returns
    -------
    Frame
        Units keyed by their code as text, with type, coordinates, area and flags. There is no
        population: join your own column by code with `Frame.join`.

    Raises
    ------
    ArgumentError
        No province has that name, or no list is held for that date.
    ColumnError, DataError
        `changes` lacks a column, names a unit that was not there, or says one thing twice.

    Examples
    --------
    >>> frame = communes("Cao Bằng")
    >>> len(frame), frame.units["type"].value_counts().to_dict()
    (56, {'xã': 53, 'phường': 3})
    """
    day = known_day(as_of, "as_of", changes)
    new = day != OLD
    units = units_at(day, changes)
    chosen = chosen_provinces(province, units, new=new)
    names = "cả nước" if chosen is None else ", ".join(chosen)
    if chosen is not None:
        units = units[units["province"].isin(chosen)]
    kind = "Xã, phường, đặc khu" if new else "Xã, phường, thị trấn trước 01/07/2025"
    source = SOURCE if day in (NEW, OLD) else f"{SOURCE}; thay đổi đến {day}: bảng của người dùng"
    return Frame(units, id="code", name=f"{kind}: {names}", as_of=day, source=source, meanings=FLAGS)


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


def edges() -> pd.DataFrame:
    """Return the pairs of units of 30 June and of 1 July 2025, as the file has them."""
    found = _read(f"crosswalk_{NEW}.csv")
    return found.assign(is_default=found["is_default"] == "1", suspect=found["suspect"] == "1")[EDGES]


def old_units() -> pd.DataFrame:
    """Return the units of 30 June 2025 with their districts and provinces."""
    units = _read(f"earlier_units_{OLD}.csv")
    units = units.merge(_read(f"earlier_districts_{OLD}.csv"), on="district_code", validate="many_to_one")
    last = ["lat", "lon", "valid_to", "quality"]
    return units[[c for c in units.columns if c not in last] + last]


# --- later changes ------------------------------------------------------------------------------------------


def known_day(value: str | dt.date, argument: str, changes: pd.DataFrame | None) -> str:
    """Return a day for which there is a list: one of the two, or a later one if changes are given."""
    if isinstance(value, dt.date):
        value = day_of(value, argument).isoformat()
    if value in (NEW, OLD):
        return value
    later = isinstance(value, str) and value[:1].isdigit() and day_of(value, argument).isoformat() > NEW
    if not later:
        return check_choice(value, (NEW, OLD), argument)
    if changes is None:
        raise ArgumentError(
            f"{argument}={value!r}: {LATER}. "
            f"Pass changes=, a table with old_code, new_code, kind and date, or {argument}={NEW!r}."
        )
    return value


def later_changes(changes: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return a user's changes by their day, in order, with codes as text.

    Returns
    -------
    list of (day, table), a table with old_code, new_code, kind, new_name ("" where none is given).
    """
    need = ("old_code", "new_code", "kind", "date")
    check_columns(check_frame(changes, "changes"), need, "changes")
    table = pd.DataFrame({name: texts(changes[name]) for name in need if name != "date"}, dtype="str")
    table["new_name"] = texts(changes["new_name"]) if "new_name" in changes else ""
    table["day"] = [
        day_of(one if isinstance(one, dt.date) else text(one), "date").isoformat() for one in changes["date"]
    ]
    for name in ("old_code", "new_code"):
        wrong = table.loc[~table[name].str.fullmatch("[0-9]{5}"), name].tolist()
        if wrong:
            raise DataError(
                f"changes: {name} has {listed(wrong, 3)}; a code is text of five digits, such as '01576'."
            )
    for kind in table["kind"]:
        check_choice(kind, ("whole", "part"), "changes: kind")
    early = table.loc[table["day"] <= NEW, "day"].tolist()
    if early:
        raise DataError(
            f"changes: {listed(early, 1)} is not after {NEW}; the list of that day holds it already."
        )
    return [(str(day), step.drop(columns="day")) for day, step in table.groupby("day", sort=True)]


def check_step(step: pd.DataFrame, there: pd.Index, day: str) -> None:
    """Refuse changes of one day that do not fit the units there are."""
    absent = [code for code in step["old_code"] if code not in there]
    if absent:
        raise DataError(
            f"changes: {listed(absent)} was no unit on {day}.{near(absent[0], there)} Mend the code."
        )
    twice = step.loc[step.duplicated(["old_code", "new_code"]), "old_code"].tolist()
    if twice:
        raise DataError(
            f"changes: {listed(twice)} goes to the same unit twice on {day}. Keep one row per pair."
        )
    rows = step.groupby("old_code")["kind"].agg(["size", "nunique", "first"])
    wrong = rows.index[(rows["nunique"] > 1) | ((rows["first"] == "whole") != (rows["size"] == 1))].tolist()
    if wrong:
        raise DataError(
            f"changes: {listed(wrong)} on {day}: a unit is 'whole' in one row, or 'part' in a row for each "
            "of its parts, that which stays among them."
        )


def units_at(day: str, changes: pd.DataFrame | None) -> pd.DataFrame:
    """Return the units of a day, as `communes` describes them."""
    if day == OLD:
        return old_units()
    units = _read(f"communes_{NEW}.csv")
    for date, step in later_changes(changes) if changes is not None else []:
        if date <= day:
            check_step(step, pd.Index(units["code"]), date)
            units = _changed(units, step, date)
    return units


def _changed(units: pd.DataFrame, step: pd.DataFrame, day: str) -> pd.DataFrame:
    """Return the units after the changes of one day."""
    before = units.set_index("code", drop=False)
    stays = before.index.difference(pd.Index(step["old_code"]))
    made = []
    for code, rows in step.groupby("new_code", sort=True):
        own = [code] if code in stays else []
        sources = before.loc[[*own, *rows["old_code"]]]
        names = [name for name in dict.fromkeys(rows["new_name"]) if name]
        if len(names) != 1 and (len(names) > 1 or code not in before.index):
            raise DataError(
                f"changes: the unit {code!r} of {day} needs one new_name, and has {listed(names) or 'none'}."
            )
        head = before.loc[code] if code in before.index else sources.iloc[0]
        name = names[0] if names else head["name"]
        kind = next((one for one in TYPES if name.lower().startswith(f"{one} ")), None)
        if kind is None:
            raise DataError(f"changes: new_name={name!r} must begin with its type: {listed(TYPES)}.")
        flags = dict.fromkeys(" ".join(sources["quality"]).split())
        new = head.to_dict() | {"code": code, "name": name, "type": kind, "valid_from": day}
        new["quality"] = " ".join(flag for flag in flags if flag != "type_changed_later")
        if len(sources) > 1 or (rows["kind"] == "part").any():
            whole = (rows["kind"] == "whole").all()
            area = sources["area_km2"].sum(skipna=False) if whole else float("nan")
            new |= {"lat": float("nan"), "lon": float("nan"), "area_km2": area}
        made.append(new)
    kept = before.loc[before.index.isin(stays.difference(pd.Index(step["new_code"])))]
    after = pd.concat([kept, pd.DataFrame(made, columns=units.columns)]).sort_values(
        "code", ignore_index=True
    )
    return after.astype(units.dtypes.to_dict())


# --- provinces ----------------------------------------------------------------------------------------------


def chosen_provinces(
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
        merged = edges().merge(old_units(), left_on="old_code", right_on="code")
        there = merged.loc[merged["province"].map(_key) == key, "new_code"]
        into = _read(f"communes_{NEW}.csv").set_index("code")["province"].reindex(there).unique()
        if len(into):
            return (
                f"province={asked!r}: it is part of {listed(into)} since {NEW}. "
                f"Use that name, or as_of={OLD!r} for the units before."
            )
    if key.isdigit():
        hint = f" Did you mean {key.zfill(2)!r}?" if key.zfill(2) in known else ""
        return f"province={asked!r}: no province has that code; codes have two digits, such as '04'.{hint}"
    names = difflib.get_close_matches(key, known, n=3, cutoff=0.5) or [k for k in known if not k.isdigit()]
    return (
        f"province={asked!r}: no province has that name. Near names: {listed(known[name] for name in names)}."
    )
