import dataclasses
import datetime as dt
import unicodedata
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampling import Frame, communes
from sampling.checks import ArgumentError, ColumnError, DataError
from sampling.frame import ERROR, NOTE, WARNING


def frame(units, **changes):
    about = {"id": "code", "name": "Xã giả lập", "as_of": "2025-07-01", "source": "giả lập"}
    return Frame(pd.DataFrame(units), **(about | changes))


def units(n=4, **columns):
    return pd.DataFrame({"code": [f"{1273 + 3 * i:05d}" for i in range(n)]} | columns)


def check(report, name):
    rows = report[report["check"] == name]
    assert len(rows) == 1, report["check"].tolist()
    return rows.iloc[0]


# --- what a frame is ----------------------------------------------------------------------------------------


def test_a_frame_knows_its_length_its_day_and_that_it_has_no_population():
    one = frame(units(), as_of=dt.datetime(2025, 7, 1, 8))
    assert len(one) == 4
    assert one.as_of == dt.date(2025, 7, 1)
    assert repr(one) == "Khung mẫu: Xã giả lập, 4 đơn vị, ngày 01/07/2025; khung không có dân số"
    sized = frame(units(size=[5, 6, 7, 8]), size="size")
    assert repr(sized) == "Khung mẫu: Xã giả lập, 4 đơn vị, ngày 01/07/2025"


def test_a_frame_cannot_be_changed_and_shares_nothing_with_the_callers_table():
    table = units(size=[5, 6, 7, 8]).set_axis([9, 9, 3, 1])
    before = table.copy()
    one = frame(table)
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.id = "size"
    table.loc[:, "size"] = 0
    assert one.units["size"].tolist() == [5, 6, 7, 8]
    assert one.units.index.tolist() == [0, 1, 2, 3]
    one.units["new"] = 1
    table["size"] = before["size"]
    pd.testing.assert_frame_equal(table, before)


def test_strata_are_kept_as_a_tuple_of_columns():
    assert frame(units(type="xã"), strata="type").strata == ("type",)
    assert frame(units(type="xã", area=1), strata=["type", "area"]).strata == ("type", "area")
    assert frame(units()).strata == ()


def test_absent_columns_are_named_with_the_likely_one():
    with pytest.raises(ColumnError) as error:
        frame(units(), id="codes")
    assert str(error.value) == "id='codes': the data have no such column. Did you mean 'code'?"
    with pytest.raises(ColumnError, match=r"^size='so_ho': the data have no such column\."):
        frame(units(), size="so_ho")
    with pytest.raises(
        ColumnError, match=r"^strata='typ': the data have no such column\. Did you mean 'type'\?"
    ):
        frame(units(type="xã"), strata="typ")


def test_tables_that_are_not_frames_and_empty_ones_are_refused():
    with pytest.raises(TypeError) as kind:
        Frame([1, 2], id="code", name="x", as_of="2025-07-01", source="x")
    assert str(kind.value) == "units is a list; pass a pandas DataFrame."
    with pytest.raises(DataError, match=r"^units has no rows\."):
        frame(units(0))


@pytest.mark.parametrize("day", ["01/07/2025", "2025-13-01", ""])
def test_a_day_that_is_no_day_is_refused(day):
    with pytest.raises(ArgumentError) as error:
        frame(units(), as_of=day)
    assert str(error.value) == f"as_of={day!r} is not a day. Write it as 'yyyy-mm-dd'."


@pytest.mark.parametrize("day", [20250701, None, pd.NaT])
def test_a_day_of_another_kind_is_refused(day):
    with pytest.raises(TypeError) as error:
        frame(units(), as_of=day)
    assert str(error.value) == f"as_of={day!r}: pass a date, or text such as '2025-07-01'."


# --- the hash of the content --------------------------------------------------------------------------------


TABLE = {
    "code": ["01273", "01279", "01288", "01290"],
    "name": ["Thục Phán", "Hòa An", None, "Bảo Lâm"],
    "size": [10, 20, 30, 40],
    "area": [55.44, 29.31, np.nan, 161.82],
    "day": pd.to_datetime(["2025-07-01"] * 4),
}


@given(st.permutations(range(4)), st.permutations(sorted(TABLE)))
def test_the_order_of_rows_and_columns_does_not_change_the_hash(rows, columns):
    table = pd.DataFrame(TABLE)
    assert frame(table.iloc[list(rows)][list(columns)]).hash == frame(table).hash


@pytest.mark.parametrize(
    "types",
    [
        {"code": "category", "name": "category"},
        {"code": object, "name": object, "size": object, "area": object},
        {"size": float, "area": "Float64"},
        {"size": "Int64"},
        {"code": "string[pyarrow]", "size": "int64[pyarrow]", "area": "double[pyarrow]"},
        {"size": "uint8", "day": object},
    ],
)
def test_the_dtype_of_a_column_does_not_change_the_hash(types):
    assert frame(pd.DataFrame(TABLE).astype(types)).hash == frame(TABLE).hash


def test_logical_and_decimal_columns_have_the_same_hash_in_every_dtype():
    table = units(seen=[True, False, None, True], fee=[Decimal("1.50"), None, Decimal(2), Decimal(3)])
    assert frame(table.astype({"seen": "boolean"})).hash == frame(table.astype({"seen": object})).hash
    assert frame(table).hash != frame(table.assign(seen=True)).hash


def test_dates_and_composed_letters_do_not_change_the_hash():
    table = pd.DataFrame(TABLE)
    table["name"] = table["name"].map(lambda name: unicodedata.normalize("NFD", name), na_action="ignore")
    table["day"] = [dt.date(2025, 7, 1)] * 4
    assert frame(table).hash == frame(TABLE).hash


@pytest.mark.parametrize(
    ("row", "column", "value"), [(0, "size", 11), (2, "area", 0.0), (3, "name", "Bảo Lạc")]
)
def test_any_change_of_a_value_changes_the_hash(row, column, value):
    table = pd.DataFrame(TABLE)
    table.loc[row, column] = value
    assert frame(table).hash != frame(TABLE).hash


def test_the_id_belongs_to_the_hash_and_the_label_does_not():
    assert frame(TABLE, name="Khác", source="Khác", as_of="2026-01-01").hash == frame(TABLE).hash
    assert frame(TABLE, id="size").hash != frame(TABLE).hash
    assert len(frame(TABLE).hash) == 64


# --- problems -----------------------------------------------------------------------------------------------


def test_a_sound_frame_with_sizes_has_no_problems():
    sound = units(
        name=["Xã A", "Xã B", "Xã C", "Xã D"],
        size=[400, 500, 600, 700],
        type=["xã", "xã", "phường", "phường"],
    )
    assert frame(sound, size="size", strata="type").problems().empty


def test_the_report_has_its_columns_and_says_that_there_is_no_population():
    report = frame(units()).problems()
    assert report.columns.tolist() == ["check", "level", "n", "where", "meaning"]
    row = check(report, "khung không có dân số")
    assert (row["level"], row["n"], row["where"]) == (NOTE, 4, "cả khung")
    assert "frame.join(bảng, on='cột mã')" in row["meaning"]


def test_errors_come_before_warnings_and_notes():
    table = units(lat=[22.6, 22.7, 99.0, None], lon=[106.1] * 4)
    assert frame(table).problems()["level"].tolist() == [ERROR, WARNING, NOTE]


def test_double_and_missing_codes_are_errors():
    table = units().assign(code=["01273", "01273", None, "01290"])
    report = frame(table).problems()
    assert check(report, "trùng mã")[["level", "n", "where"]].tolist() == [ERROR, 2, "01273; 01273"]
    assert check(report, "thiếu mã")[["level", "n", "where"]].tolist() == [ERROR, 1, "(trống)"]


def test_codes_without_their_zeros_and_numeric_codes_are_errors():
    short = frame(units().assign(code=["01273", "1279", "01288", "10543"])).problems()
    assert check(short, "mã thiếu chữ số")[["level", "n", "where"]].tolist() == [ERROR, 1, "1279"]
    numbers = frame(units().assign(code=[1273, 1279, 1288, 1290])).problems()
    row = check(numbers, "mã là số")
    assert (row["level"], row["n"], row["where"]) == (ERROR, 4, "1273; 1279; 1288; và 1 đơn vị nữa")
    letters = frame(units().assign(code=["A1", "B12", "C123", "D"])).problems()
    assert letters["check"].tolist() == ["khung không có dân số"]


def test_names_are_compared_inside_their_province_and_district():
    table = units(
        6, name=["Xã Hòa An", "Xã Hoà An", "Phường Hòa An", "Xã Yên Bình", "Xã Yên Bình", "xã Yên Bình"]
    )
    table["province"] = ["Cao Bằng"] * 3 + ["Lào Cai", "Lạng Sơn", "Lạng Sơn"]
    report = frame(table).problems()
    close = check(report, "tên gần trùng")
    assert (close["level"], close["n"]) == (NOTE, 3)
    assert close["where"] == "01273 Xã Hòa An; 01276 Xã Hoà An; 01279 Phường Hòa An"
    same = check(report, "trùng tên")
    assert (same["level"], same["n"], same["where"]) == (WARNING, 2, "01285 Xã Yên Bình; 01288 xã Yên Bình")
    districts = table.assign(district=list("abcdef"))
    assert set(frame(districts).problems()["check"]) == {"khung không có dân số"}


def test_a_missing_name_is_a_warning():
    report = frame(units(name=["Xã A", None, " ", "Xã D"])).problems()
    assert check(report, "thiếu tên")[["level", "n"]].tolist() == [WARNING, 2]


@pytest.mark.parametrize("dtype", [object, float, "Float64", "double[pyarrow]"])
def test_missing_and_impossible_coordinates_and_areas_are_found(dtype):
    table = units(
        5,
        lat=pd.Series([22.6, 106.2, None, 8.6, 22.7], dtype=dtype),
        lon=pd.Series([106.2, 22.6, 106.1, 111.9, None], dtype=dtype),
        area_km2=pd.Series([1.5, 0, None, -3, 2], dtype=dtype),
    )
    report = frame(table).problems()
    outside = check(report, "tọa độ ngoài Việt Nam")
    assert (outside["level"], outside["n"], outside["where"]) == (ERROR, 1, "01276")
    assert "đổi chỗ" in outside["meaning"]
    assert check(report, "thiếu tọa độ")[["level", "n", "where"]].tolist() == [WARNING, 2, "01279; 01285"]
    assert check(report, "thiếu diện tích")["n"] == 3


def test_flags_are_explained_by_their_meanings():
    table = units(quality=["seen", "seen other", None, ""])
    report = frame(table, meanings={"seen": ("đã xem", NOTE, "đã xem tại chỗ")}).problems()
    assert check(report, "đã xem")[["level", "n", "meaning"]].tolist() == [NOTE, 2, "đã xem tại chỗ"]
    assert check(report, "other")[["level", "n", "meaning"]].tolist() == [WARNING, 1, "xem mô tả của nguồn"]


@pytest.mark.parametrize("dtype", [float, "Float64", "double[pyarrow]"])
def test_missing_zero_and_extreme_sizes_are_found(dtype):
    size = pd.Series([400, 500, 600, 700, 0, -5, None, 90_000], dtype=dtype)
    report = frame(units(8, size=size), size="size").problems()
    assert "khung không có dân số" not in set(report["check"])
    assert check(report, "thiếu quy mô")[["level", "n", "where"]].tolist() == [ERROR, 1, "01291"]
    assert check(report, "quy mô bằng 0 hoặc âm")[["level", "n", "where"]].tolist() == [
        ERROR,
        2,
        "01285; 01288",
    ]
    assert check(report, "quy mô bất thường")[["level", "n", "where"]].tolist() == [WARNING, 1, "01294"]


def test_an_infinite_size_is_a_missing_one():
    report = frame(units(size=[1.0, 2.0, 3.0, np.inf]), size="size").problems()
    assert check(report, "thiếu quy mô")["where"] == "01282"


def test_sizes_written_as_text_are_an_error():
    report = frame(units(size=["1.200", "300,5", "7", "8"]), size="size").problems()
    row = check(report, "quy mô không phải là số")
    assert (row["level"], row["n"]) == (ERROR, 4)


def test_strata_that_are_missing_empty_or_of_one_unit_are_found():
    table = units(5, type=["xã", "xã", "phường", "xã", None], area=["a", "a", "b", "b", "b"])
    report = frame(table, strata=["type", "area"]).problems()
    assert check(report, "thiếu tầng")[["level", "n", "where"]].tolist() == [ERROR, 1, "01285"]
    assert check(report, "tầng một đơn vị")[["level", "n", "where"]].tolist() == [
        WARNING,
        2,
        "phường × b; xã × b",
    ]
    assert check(report, "tầng trống")[["level", "n", "where"]].tolist() == [NOTE, 1, "phường × a"]


def test_an_unused_level_of_a_stratum_is_an_empty_stratum():
    kinds = pd.Categorical(["xã"] * 4, categories=["xã", "đặc khu"])
    row = check(frame(units(type=kinds), strata="type").problems(), "tầng trống")
    assert (row["n"], row["where"]) == (1, "đặc khu")


def test_the_report_on_cao_bang_is_short():
    report = communes("Cao Bằng").problems()
    found = report[["check", "level", "n"]].to_numpy().tolist()
    assert found == [
        ["diện tích trùng", WARNING, 1],
        ["tọa độ nghi sai", WARNING, 1],
        ["khung không có dân số", NOTE, 56],
    ]
    assert check(report, "tọa độ nghi sai")["where"] == "01456 Xã Quang Hán"
