"""Measures of size cleaned by stated rules, brought to known totals, with the raw value kept."""

import math
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from sampling import Frame
from sampling.checks import ArgumentError, ColumnError, DataError, SurveyWarning
from sampling.cleaning import clean_sizes

TOTAL = 1e-9  # relative, as promised
RATIO = 1e-12  # one multiplication by a common factor

ROWS = [  # name, type, province, area, size
    ("Xã A", "xã", "Tỉnh P", 10.0, 4000),
    ("Xã B", "xã", "Tỉnh P", 30.0, 8000),
    ("Xã C", "xã", "Tỉnh P", 20.0, "đang cập nhật"),
    ("Xã D", "xã", "Tỉnh P", 20.0, 33),
    ("Xã E", "xã", "Tỉnh P", None, None),
    ("Xã Hòa", "xã", "Tỉnh P", 5.0, 7777),
    ("Phường F", "phường", "Tỉnh P", 5.0, 9000),
    ("Xã Hoà", "xã", "Thành phố Q", 40.0, 7777),
    ("Xã G", "xã", "Thành phố Q", 40.0, 6000),
    ("Xã H", "xã", "Thành phố Q", 10.0, 653_422),
    ("Xã I", "xã", "Thành phố Q", 20.0, -5),
    ("Đặc khu K", "đặc khu", "Thành phố Q", 2.0, 85),
    ("Xã L", "xã", "Thành phố Q", 30.0, 6500),
]


def frame(rows=ROWS, **columns):
    table = pd.DataFrame(rows, columns=["name", "type", "province", "area_km2", "dan"])
    table.insert(0, "ma", [f"{i:05d}" for i in range(1, len(table) + 1)])
    about = {"id": "ma", "name": "Xã giả lập", "as_of": "2025-07-01", "source": "giả lập"}
    return Frame(table.assign(**columns), **about)


def cleaned(one=None, **how):
    return clean_sizes(frame() if one is None else one, **({"size": "dan"} | how)).units


def notes(units):
    return dict(zip(units["ma"].str[-2:], units["dan_note"], strict=True))


# --- the rules ----------------------------------------------------------------------------------------------


def test_every_rule_is_named_where_it_was_used():
    units = cleaned(most=5)
    assert notes(units) == {
        "01": "", "02": "", "07": "", "09": "", "12": "", "13": "",
        "03": "không phải là số; thay bằng diện tích × mật độ của xã trong tỉnh",
        "04": "nhỏ hơn 1.000; thay bằng diện tích × mật độ của xã trong tỉnh",
        "05": "thiếu; thay bằng trung vị của xã trong tỉnh",
        "06": "trùng số với đơn vị cùng tên ở tỉnh khác; thay bằng diện tích × mật độ của xã trong tỉnh",
        "08": "trùng số với đơn vị cùng tên ở tỉnh khác; thay bằng diện tích × mật độ của xã trong tỉnh",
        "10": "lớn hơn 5 lần trung vị của loại trong tỉnh; thay bằng diện tích × mật độ của xã trong tỉnh",
        "11": "bằng 0 hoặc âm; thay bằng diện tích × mật độ của xã trong tỉnh",
    }  # fmt: skip


def test_imputed_sizes_are_area_times_density_or_medians():
    units = cleaned(least=50).set_index("ma")["dan"]
    density = (4000 + 8000) / (10 + 30)
    assert units["00003"] == 20 * density
    assert units["00006"] == 5 * density
    assert units["00005"] == np.median([4000, 8000])
    assert cleaned(impute="median").set_index("ma")["dan"]["00003"] == 6000


def test_the_raw_values_and_the_callers_frame_are_kept():
    one = frame()
    before = one.units.copy()
    new = clean_sizes(one, size="dan")
    pd.testing.assert_frame_equal(one.units, before)
    pd.testing.assert_series_equal(new.units["dan_raw"], before["dan"], check_names=False)
    assert new.size == "dan"
    assert new.units.columns.tolist() == [*before.columns, "dan_raw", "dan_note"]
    assert new.units["dan"].dtype == float
    assert "quy mô không phải là số" not in set(new.problems()["check"])
    assert (new.id, new.name, new.as_of) == (one.id, one.name, one.as_of)


def test_sizes_that_meet_the_rules_are_not_touched():
    sound = frame([row for row in ROWS if row[0] in ("Xã A", "Xã B", "Phường F", "Xã G", "Đặc khu K")])
    units = cleaned(sound)
    assert units["dan"].tolist() == units["dan_raw"].tolist()
    assert (units["dan_note"] == "").all()


def test_rules_can_be_turned_off_or_moved():
    loose = cleaned(least=None, most=None, duplicates=False)
    changed = {code for code, note in notes(loose).items() if note}
    assert changed == {"03", "05", "11"}
    assert notes(cleaned(exempt=["xã", "đặc khu"]))["04"] == ""
    assert notes(cleaned(frame(ROWS[:7]), exempt="xã"))["04"] == ""
    assert "no unit of type 'đặc khu' has a usable size" in refused(DataError, exempt=())
    assert notes(cleaned(least=20))["04"] == ""
    assert notes(cleaned(most=1.5, duplicates=False))["10"].startswith("lớn hơn 1,5 lần")


def test_a_flagged_area_is_not_used():
    flags = [""] * len(ROWS)
    flags[1] = "area_shared"
    units = cleaned(frame(quality=flags), least=50).set_index("ma")
    assert units.loc["00003", "dan"] == 20 * 4000 / 10
    flags[2] = "coordinate_suspect area_total_off"
    assert cleaned(frame(quality=flags))["dan_note"][2].endswith("thay bằng trung vị của xã trong tỉnh")


def test_a_type_without_a_usable_size_in_its_province_takes_that_of_the_frame():
    rows = [*ROWS, ("Phường Z", "phường", "Thành phố Q", 5.0, None)]
    units = cleaned(frame(rows))
    assert units["dan"].iloc[-1] == 9000
    assert units["dan_note"].iloc[-1] == "thiếu; thay bằng trung vị của phường trong cả khung"


def test_imputed_sizes_stay_inside_the_bounds():
    rows = [*ROWS, ("Xã Nhỏ", "xã", "Tỉnh P", 0.01, None), ("Xã Lớn", "xã", "Tỉnh P", 9000.0, None)]
    units = cleaned(frame(rows), most=5)
    assert units["dan"].tolist()[-2:] == [1000, 5 * 6000]
    assert units["dan_note"].iloc[-1] == (
        "thiếu; thay bằng diện tích × mật độ của xã trong tỉnh, giữ trong ngưỡng"
    )
    free = cleaned(frame(rows), least=None, most=None, duplicates=False)
    assert free["dan"].iloc[-1] > 100_000


def test_a_list_without_types_provinces_or_areas():
    one = frame().units[["ma", "dan"]]
    bare = Frame(one, id="ma", name="x", as_of="2025-07-01", source="x")
    units = cleaned(
        bare, province=None, kind=None, area=None, impute="median", duplicates=False, totals=100_000
    )
    assert_allclose(units["dan"].sum(), 100_000, rtol=TOTAL)
    assert units["dan_note"][2].startswith("không phải là số; thay bằng trung vị của các đơn vị trong tỉnh")


def test_missing_types_and_provinces_are_groups_of_their_own():
    rows = [("Xã A", None, None, 10.0, 4000), ("Xã B", None, None, 10.0, None)]
    assert cleaned(frame(rows))["dan"].tolist() == [4000, 4000]


# --- totals -------------------------------------------------------------------------------------------------


def test_sizes_are_brought_to_the_totals_with_a_note():
    before, after = cleaned(), cleaned(totals={"P": 60_000, "tp. Q": 30_000})
    sums = after.groupby("province")["dan"].sum()
    assert_allclose(sums[["Tỉnh P", "Thành phố Q"]], [60_000, 30_000], rtol=TOTAL)
    factor = after["dan"] / before["dan"]
    assert factor.groupby(after["province"]).agg(np.ptp).max() < RATIO
    assert re.fullmatch(r"nhân \d,\d{3} cho khớp tổng", notes(after)["01"])
    assert re.fullmatch(r"thiếu; thay bằng .*; nhân \d,\d{3} cho khớp tổng", notes(after)["05"])
    exact = cleaned(totals=before.groupby("province")["dan"].agg(math.fsum))
    assert exact["dan_note"].tolist() == before["dan_note"].tolist()


SIZES = st.lists(
    st.tuples(st.integers(1000, 10**6), st.sampled_from(["P", "Q", "R"]), st.sampled_from(["xã", "phường"])),
    min_size=1,
    max_size=30,
)


@given(SIZES, st.lists(st.floats(1, 1e9), min_size=3, max_size=3), st.sets(st.integers(0, 29)))
def test_totals_are_met_raw_values_kept_and_proportions_unchanged(sizes, totals, lost):
    keep_one = {(kind): i for i, (_, _, kind) in enumerate(sizes)}
    lost = {i for i in lost if i < len(sizes) and i not in keep_one.values()}
    rows = [
        (f"Xã {i}", kind, province, 1.0 + i, None if i in lost else size)
        for i, (size, province, kind) in enumerate(sizes)
    ]
    used = {p: t for p, t in zip("PQR", totals, strict=True) if p in {row[2] for row in rows}}
    units = cleaned(frame(rows), totals=used)
    assert units["dan_raw"].dropna().tolist() == [s for i, (s, *_) in enumerate(sizes) if i not in lost]
    for province, total in used.items():
        inside = (units["province"] == province).to_numpy()
        assert_allclose(math.fsum(units["dan"][inside]), total, rtol=TOTAL)
        kept = inside & ~units["dan_note"].str.contains("thay").to_numpy()
        ratio = units["dan"][kept] / units["dan_raw"][kept].astype(float)
        assert_allclose(ratio, ratio.iloc[:1].repeat(kept.sum()) if kept.any() else ratio, rtol=RATIO)
    assert (units["dan"] > 0).all()


def test_totals_of_other_provinces_are_warned_of():
    with pytest.warns(SurveyWarning) as said:
        cleaned(totals={"P": 1, "Q": 1, "R": 1})
    assert [str(one.message) for one in said] == ["totals: 'R' is not in the frame and not used."]


# --- what is refused ----------------------------------------------------------------------------------------


def refused(error_kind, one=None, **how):
    with pytest.raises(error_kind) as error:
        cleaned(one, **how)
    return str(error.value)


def test_columns_that_are_not_there():
    for argument in ("size", "province", "kind", "area"):
        assert refused(ColumnError, **{argument: "dann"}) == (
            f"{argument}='dann': the data have no such column. Did you mean 'dan'?"
        )
    again = clean_sizes(frame(), size="dan")
    assert refused(ColumnError, again) == (
        "size='dan': the frame has 'dan_raw', 'dan_note' already, so the size was cleaned before."
    )
    nameless = Frame(frame().units.drop(columns="name"), id="ma", name="x", as_of="2025-07-01", source="x")
    assert refused(ColumnError, nameless) == (
        "duplicates=True compares names, and the frame has no column 'name'. Pass duplicates=False."
    )


def test_rules_that_make_no_sense():
    assert refused(ArgumentError, least=0) == "least=0: pass a size above 0, or None."
    assert refused(ArgumentError, most=1) == ("most=1: pass how many times the median, more than 1, or None.")
    assert refused(ArgumentError, impute="areas").startswith(
        "impute='areas' is not known. Did you mean 'area'?"
    )
    assert refused(ArgumentError, area=None) == (
        "impute='area' needs area=, a column of areas. Pass it, or impute='median'."
    )


def test_a_type_with_no_usable_size_at_all():
    rows = [*ROWS, ("Khác", "khác", "Tỉnh P", 5.0, None)]
    assert refused(DataError, frame(rows)) == (
        "size='dan': no unit of type 'khác' has a usable size, so none can be put in the place of those that "
        "are missing. Loosen the rules, or pass kind=None to treat all types alike."
    )


def test_totals_that_cannot_be_used():
    assert refused(DataError, totals={"P": 1}) == (
        "totals has no total for 'Thành phố Q' (6 units). Add it, or leave these units out of the frame."
    )
    assert refused(ArgumentError, totals={"P": 1, "Tỉnh P": 2}) == (
        "totals: 'Tỉnh P' stands there twice. Keep one total for each province."
    )
    assert refused(ArgumentError, totals={"P": 0}) == "totals['P']=0: a total must be above 0."
    assert refused(TypeError, totals={"P": "1"}) == "totals['P']='1': a total must be a number."
    assert refused(ArgumentError, totals=5) == (
        "totals=5: pass the total of each province, as in {'Cao Bằng': 36000}, or province=None."
    )
    how = {"province": None, "duplicates": False}
    assert refused(ArgumentError, totals={"P": 5}, **how) == (
        "totals has provinces, and province=None says there are none. Pass one number."
    )
    assert refused(TypeError, totals=True, **how) == "totals=True: a total must be a number."
