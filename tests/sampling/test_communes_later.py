"""Changes after 1 July 2025, in a user's own table: the units of a later day, and the crosswalk to them.

The changes are made up; which ten communes became wards on 30 April 2026 is not known here.
"""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from sampling import communes, convert, crosswalk
from sampling.checks import ArgumentError, ColumnError, DataError

LATER = "2026-04-30"
NAMES = {"25222": "Xã Bù Gia Mập", "25225": "Xã Đăk Ơ", "25231": "Xã Đa Kia", "25246": "Xã Bình Tân"}
RENAMED = pd.DataFrame(
    {
        "old_code": ["25222", "25225"],
        "new_code": ["25222", "25225"],
        "kind": "whole",
        "date": LATER,
        "new_name": ["Phường Bù Gia Mập", "Phường Đăk Ơ"],
    }
)
MERGED = pd.DataFrame(
    [
        ("25222", "25222", "whole", "2026-06-01", None),
        ("25225", "25222", "whole", "2026-06-01", None),
        ("25231", "25231", "part", "2026-06-01", None),
        ("25231", "25300", "part", "2026-06-01", "Xã Giả Lập"),
    ],
    columns=["old_code", "new_code", "kind", "date", "new_name"],
)


def refused(kind, changes, **how):
    with pytest.raises(kind) as error:
        communes("Đồng Nai", **({"as_of": "2026-12-31", "changes": changes} | how))
    return str(error.value)


def rows(units, *codes):
    return units.set_index("code").loc[list(codes)]


# --- the units of a later day -------------------------------------------------------------------------------


def test_a_change_of_type_keeps_the_code_and_counts_anew():
    before, after = communes().units, communes(as_of=LATER, changes=RENAMED).units
    assert after["type"].value_counts().to_dict() == {"xã": 2619, "phường": 689, "đặc khu": 13}
    changed = rows(after, "25222", "25225")
    assert changed["name"].tolist() == ["Phường Bù Gia Mập", "Phường Đăk Ơ"]
    assert changed["valid_from"].tolist() == [LATER, LATER]
    assert not changed["quality"].str.contains("type_changed_later").any()
    same = ["province", "lat", "lon", "area_km2"]
    pd.testing.assert_frame_equal(changed[same], rows(before, "25222", "25225")[same])
    others = ~before["code"].isin(["25222", "25225"])
    pd.testing.assert_frame_equal(after[others], before[others])


def test_a_change_counts_from_its_day():
    for day in ("2026-04-29", dt.date(2025, 7, 2)):
        frame = communes("Đồng Nai", as_of=day, changes=RENAMED)
        pd.testing.assert_frame_equal(frame.units, communes("Đồng Nai").units)
        assert str(frame.as_of) == str(day)
    later = communes("Đồng Nai", as_of=dt.date(2026, 4, 30), changes=RENAMED)
    assert later.hash != communes("Đồng Nai").hash
    assert later.source.endswith("; thay đổi đến 2026-04-30: bảng của người dùng")
    assert communes("Đồng Nai", changes=RENAMED).hash == communes("Đồng Nai").hash
    assert (
        communes("Cao Bằng", as_of="2025-06-30", changes=RENAMED).hash
        == communes("Cao Bằng", as_of="2025-06-30").hash
    )


def test_merged_units_add_their_areas_and_parts_have_none():
    before = rows(communes().units, *NAMES)
    after = communes(as_of="2026-12-31", changes=pd.concat([RENAMED, MERGED])).units
    assert len(after) == 3321
    assert after["code"].is_monotonic_increasing
    one = rows(after, "25222").iloc[0]
    assert one["name"] == "Phường Bù Gia Mập"
    assert one["area_km2"] == before.loc["25222", "area_km2"] + before.loc["25225", "area_km2"]
    assert np.isnan(one["lat"])
    parts = rows(after, "25231", "25300")
    assert parts["name"].tolist() == ["Xã Đa Kia", "Xã Giả Lập"]
    assert parts["area_km2"].isna().all()
    assert (parts["province"] == "Tỉnh Đồng Nai").all()
    assert "25225" not in set(after["code"])


def test_a_unit_that_takes_in_another_need_not_be_named():
    taken = pd.DataFrame({"old_code": ["25225"], "new_code": ["25222"], "kind": ["whole"], "date": [LATER]})
    after = communes(as_of=LATER, changes=taken).units
    before = rows(communes().units, "25222", "25225")
    assert rows(after, "25222")["area_km2"].item() == before["area_km2"].sum()
    assert len(after) == 3320
    assert sorted(rows(after, "25222")["quality"].item().split()) == []


# --- the crosswalk ------------------------------------------------------------------------------------------


def test_the_crosswalk_goes_on_to_a_later_day():
    changes = pd.concat([RENAMED, MERGED])
    whole = crosswalk()
    table = crosswalk(to="2026-12-31", changes=changes)
    assert set(table["old_code"]) == set(whole["old_code"])
    assert (table.groupby("old_code")["is_default"].sum() == 1).all()
    assert not table.duplicated(["old_code", "new_code"]).any()
    moved = table[table["new_code"].isin(["25222", "25231", "25300"])]
    assert set(moved["valid_from"]) == {"2026-06-01"}
    sources = whole[whole["new_code"] == "25231"]
    split = table[table["old_code"].isin(sources["old_code"])]
    assert set(
        split.loc[split["old_code"].isin(sources.loc[sources["kind"] == "whole", "old_code"]), "kind"]
    ) == {"part"}
    assert split.loc[
        split["is_default"] & split["old_code"].isin(sources["old_code"]), "new_code"
    ].tolist() == ["25231"] * len(sources)
    pd.testing.assert_frame_equal(crosswalk(to="2026-05-01", changes=MERGED), whole)
    rest = table[~table["new_code"].isin(["25222", "25231", "25300"])].reset_index(drop=True)
    before = whole[~whole["new_code"].isin(["25222", "25225", "25231"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(rest, before)


def test_parts_of_a_unit_that_come_together_again_make_it_whole():
    edges = crosswalk()
    divided = edges[(edges["kind"] == "part") & ~edges["suspect"]]
    two = divided[divided.groupby("old_code")["new_code"].transform("size") == 2]
    old = two["old_code"].iloc[0]
    first, second = two.loc[two["old_code"] == old, "new_code"]
    changes = pd.DataFrame({"old_code": [second], "new_code": [first], "kind": ["whole"], "date": [LATER]})
    table = crosswalk(to=LATER, changes=changes)
    row = table[table["old_code"] == old]
    assert row[["new_code", "kind", "is_default"]].to_numpy().tolist() == [[first, "whole", True]]


def test_the_crosswalk_between_two_later_days():
    table = crosswalk("Đồng Nai", as_of="2025-07-01", to="2026-12-31", changes=MERGED)
    assert (table["old_district"] == "").all()
    kinds = table.set_index(["old_code", "new_code"])["kind"]
    assert kinds.loc[("25225", "25222")] == "whole"
    assert kinds.loc[("25231", "25300")] == "part"
    assert len(table) == len(communes("Đồng Nai")) + 1


def test_a_table_is_converted_to_a_later_day():
    codes = list(NAMES)
    table = pd.DataFrame({"ma": codes, "dan": [100, 200, 300, 400]})
    how = {"code": "ma", "values": "dan", "as_of": "2025-07-01", "to": "2026-12-31", "changes": MERGED}
    shares = pd.DataFrame({"old_code": "25231", "new_code": ["25231", "25300"], "dan": [250, 50]})
    result = convert(table, share="dan", shares=shares, normalise=True, **how)
    assert dict(zip(result.table["code"], result.table["dan"], strict=True)) == {
        "25222": 300, "25231": 250, "25246": 400, "25300": 50,
    }  # fmt: skip
    assert result.table["by_share"].tolist() == [False, True, False, True]


# --- what is refused ----------------------------------------------------------------------------------------


def test_a_later_day_needs_changes():
    with pytest.raises(ArgumentError) as error:
        communes(as_of="2026-05-01")
    assert str(error.value) == (
        "as_of='2026-05-01': the list held is of 2025-07-01, and units have changed since (ten communes of "
        "Đồng Nai became wards on 2026-04-30). Pass changes=, a table with old_code, new_code, kind and "
        "date, or as_of='2025-07-01'."
    )
    with pytest.raises(ArgumentError) as day:
        communes(as_of="2026-05-41")
    assert str(day.value) == "as_of='2026-05-41' is not a day. Write it as 'yyyy-mm-dd'."
    with pytest.raises(ArgumentError) as turned:
        crosswalk(as_of="2025-07-01", to="2025-06-30")
    assert str(turned.value) == (
        "to='2025-06-30' is not after as_of='2025-07-01'. Pass the earlier day as as_of."
    )


def test_changes_that_lack_or_mistake_something():
    assert refused(TypeError, [1]) == "changes is a list; pass a pandas DataFrame."
    assert refused(ColumnError, RENAMED.drop(columns="date")) == (
        "changes='date': the data have no such column."
    )
    assert refused(DataError, RENAMED.assign(old_code=["25222", "2522"])) == (
        "changes: old_code has '2522'; a code is text of five digits, such as '01576'."
    )
    assert refused(ArgumentError, RENAMED.assign(kind="hole")) == (
        "changes: kind='hole' is not known. Did you mean 'whole'? Choose one of 'whole', 'part'."
    )
    assert refused(DataError, RENAMED.assign(date=["2025-07-01", LATER])) == (
        "changes: '2025-07-01' is not after 2025-07-01; the list of that day holds it already."
    )
    assert refused(ArgumentError, RENAMED.assign(date="30/4/2026")) == (
        "date='30/4/2026' is not a day. Write it as 'yyyy-mm-dd'."
    )
    assert refused(DataError, RENAMED.assign(old_code=["25222", "99999"])) == (
        "changes: '99999' was no unit on 2026-04-30. Did you mean '29992'? Mend the code."
    )
    twice = pd.concat([RENAMED, RENAMED.head(1)])
    assert refused(DataError, twice) == (
        "changes: '25222' goes to the same unit twice on 2026-04-30. Keep one row per pair."
    )
    alone = RENAMED.assign(kind=["part", "whole"])
    assert refused(DataError, alone) == (
        "changes: '25222' on 2026-04-30: a unit is 'whole' in one row, or 'part' in a row for each of its "
        "parts, that which stays among them."
    )


def test_a_new_unit_needs_one_name_with_its_type():
    assert refused(DataError, MERGED.assign(new_name=None)) == (
        "changes: the unit '25300' of 2026-06-01 needs one new_name, and has none."
    )
    assert refused(DataError, MERGED.assign(new_name=["Xã A", "Xã B", None, "Xã C"])) == (
        "changes: the unit '25222' of 2026-06-01 needs one new_name, and has 'Xã A', 'Xã B'."
    )
    assert refused(DataError, MERGED.drop(columns="new_name")).startswith("changes: the unit '25300'")
    assert refused(DataError, RENAMED.assign(new_name="Bù Gia Mập")) == (
        "changes: new_name='Bù Gia Mập' must begin with its type: 'xã', 'phường', 'đặc khu'."
    )
    dates = RENAMED.assign(date=[dt.date(2026, 4, 30), pd.Timestamp(2026, 4, 30)])
    assert communes(as_of=LATER, changes=dates).hash == communes(as_of=LATER, changes=RENAMED).hash
