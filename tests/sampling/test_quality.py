"""What the quality report finds in spelling, hidden letters, nested strata, and against known totals."""

import unicodedata

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampling import Frame, communes
from sampling.checks import ArgumentError, ColumnError, DataError
from sampling.codes import bare, person_key, placed, province_key, spelling, texts
from sampling.quality import ERROR, NOTE, WARNING


def frame(units, **changes):
    about = {"id": "code", "name": "Xã giả lập", "as_of": "2025-07-01", "source": "giả lập"}
    return Frame(pd.DataFrame(units), **(about | changes))


def units(n=4, **columns):
    return pd.DataFrame({"code": [f"{1273 + 3 * i:05d}" for i in range(n)]} | columns)


def rows(report, *checks):
    chosen = report[report["check"].isin(checks)] if checks else report
    return chosen[["check", "level", "n", "where"]].to_numpy().tolist()


# --- spelling -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Hoà", "Hòa"), ("Thuỷ", "Thủy"), ("Hoá", "Hóa"), ("Loã", "Lõa"), ("Tuỳ Hoạ", "Tùy Họa"),
        ("KHOẺ", "khỏe"), ("Mỹ Lý", "Mĩ Lí"), ("Kỳ  Quý", "Kì Quí"), ("Nguyễn", "nguyễn"),
    ],
)  # fmt: skip
def test_two_ways_of_writing_one_name_have_one_key(old, new):
    assert spelling(old) == spelling(new)
    assert spelling(unicodedata.normalize("NFD", old)) == spelling(new)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hòa", "Hóa"), ("Tân", "Tăn"), ("Thuý", "Thúi"), ("Hà", "Ha"), ("Đa", "Da"), ("Sa Pa", "Sa Pả"),
        ("Xã An", "Phường An"), ("Cường", "Cương"),
    ],
)  # fmt: skip
def test_other_marks_letters_and_kinds_still_count(one, other):
    assert spelling(one) != spelling(other)


SYLLABLES = st.sampled_from(["hoà", "hòa", "thuỷ", "nghiễn", "đường", "mỹ", "quý", "an", "ấp", "Ộ", "5"])


@given(st.lists(SYLLABLES, min_size=1, max_size=4))
def test_keys_do_not_depend_on_composition_capitals_or_blanks(words):
    name = " ".join(words)
    for key in (placed, spelling, bare):
        assert key(unicodedata.normalize("NFD", name)) == key("  ".join(words).upper()) == key(name)


@given(st.lists(SYLLABLES, min_size=1, max_size=3), st.lists(SYLLABLES, min_size=1, max_size=3))
def test_names_of_one_spelling_have_one_loosest_key(one, other):
    one, other = " ".join(one), " ".join(other)
    assert spelling(one) != spelling(other) or bare(one) == bare(other)


def test_kinds_and_their_short_forms_are_left_out_of_the_loosest_key():
    written = [
        "Thị trấn Hoà An",
        "thị  trấn Hòa An".replace("  ", " "),
        "TT. Hòa An",
        "P. Hòa An",
        "Xã HÒA AN",
    ]
    assert {bare(name) for name in written} == {"hoa an"}
    assert bare("Ấp 5") == bare("Tổ dân phố 5") == bare("KP 5") == "5"
    assert bare("Thôn") == "thon"
    assert bare("Phú Xuyên") == "phu xuyen"


def test_one_name_in_two_spellings_is_a_warning_and_other_marks_are_a_note():
    names = ["Xã Hòa An", "Xã Hoà An", "Xã Hóa An", "Thị trấn Lý Sơn", "Thị trấn Lí Sơn", "Xã Yên"]
    report = frame(units(6, name=names, size=[5, 5, 6, 6, 7, 7]), size="size").problems()
    assert rows(report) == [
        ["tên viết hai kiểu", WARNING, 4,
         "01273 Xã Hòa An; 01276 Xã Hoà An; 01282 Thị trấn Lý Sơn; 01285 Thị trấn Lí Sơn"],
        ["tên gần trùng", NOTE, 5,
         "01273 Xã Hòa An; 01276 Xã Hoà An; 01279 Xã Hóa An; 01282 Thị trấn Lý Sơn; và 1 đơn vị nữa"],
    ]  # fmt: skip


def test_villages_are_compared_inside_their_commune():
    table = units(4, name=["Thôn 1", "Thôn 1", "Thôn 2", "thôn 1"], ma_xa=["A", "B", "B", "B"])
    assert rows(frame(table).problems(), "trùng tên") == [
        ["trùng tên", WARNING, 2, "01276 Thôn 1; 01282 thôn 1"]
    ]
    lost = table.assign(ma_xa=["A", None, "B", None])
    assert rows(frame(lost).problems(), "trùng tên") == [
        ["trùng tên", WARNING, 2, "01276 Thôn 1; 01282 thôn 1"]
    ]


def test_hidden_letters_blanks_and_parted_marks_are_named():
    table = pd.DataFrame(
        {
            "code": ["A1", "A2 ", "\u200bA3", "A\u00a04", "a1", "Đ1", unicodedata.normalize("NFD", "É2")],
            "name": ["Một", "Hai\u00ad", "Ba", "Bốn", "Năm", unicodedata.normalize("NFD", "Sáu"), " "],
            "size": range(5, 12),
        }
    )
    found = rows(frame(table, size="size").problems())
    assert [row[:3] for row in found] == [
        ["mã gần trùng", WARNING, 2],
        ["mã có ký tự ẩn", WARNING, 3],
        ["tên có ký tự ẩn", WARNING, 1],
        ["thiếu tên", WARNING, 1],
        ["mã có dấu viết rời", NOTE, 1],
        ["tên có dấu viết rời", NOTE, 1],
    ]
    assert found[0][3] == "A1 Một; a1 Năm"
    named = frame(pd.DataFrame({"name": ["a", "b "], "size": [5, 6]}), id="name", size="size").problems()
    assert rows(named) == [["mã có ký tự ẩn", WARNING, 1, "b "]]


def test_the_lists_of_communes_have_no_hidden_letters_and_no_name_in_two_spellings():
    for day in ("2025-07-01", "2025-06-30"):
        found = set(communes(as_of=day).problems()["check"])
        assert not found & {
            "mã có ký tự ẩn",
            "tên có ký tự ẩn",
            "tên viết hai kiểu",
            "trùng tên",
            "mã gần trùng",
        }


def test_missing_parts_of_a_persons_key_leave_it_empty():
    table = pd.DataFrame({"a": ["x", None, "x", " "], "b": [1.0, 2, np.nan, 3]})
    assert person_key(table).tolist() == ["x\x1f1", "", "", ""]
    assert person_key(table[["a"]]).tolist() == ["x", "", "x", ""]
    assert texts(pd.Series([True, None, "x"], dtype=object)) == ["True", "", "x"]


# --- strata -------------------------------------------------------------------------------------------------


def test_strata_that_follow_from_one_another_have_no_empty_crossings():
    table = units(6, province=list("aaabbb"), commune=list("112334"), kind=list("xyxyxy"), size=range(5, 11))
    assert frame(table, strata=["province", "commune"], size="size").problems()["check"].tolist() == [
        "tầng một đơn vị"
    ]
    report = frame(table, strata=["commune", "kind", "province"], size="size").problems()
    assert rows(report, "tầng trống") == [["tầng trống", NOTE, 2, "2 × y; 4 × x"]]


def test_an_unused_level_is_never_taken_for_one_that_follows():
    kinds = pd.Categorical(list("xxxx"), categories=["x", "y"])
    report = frame(
        units(kind=kinds, area=list("aabb"), size=range(5, 9)), strata=["kind", "area"], size="size"
    )
    assert rows(report.problems()) == [["tầng trống", NOTE, 2, "y × a; y × b"]]


def test_many_strata_are_counted_without_listing_them():
    n = 2000
    table = units(n, a=[f"{i % 1000:04d}" for i in range(n)], b=[f"{i // 2:04d}" for i in range(n)])
    report = frame(table.assign(size=range(50, 50 + n)), strata=["a", "b"], size="size").problems()
    assert rows(report, "tầng trống")[0][2] == 1000 * 1000 - n


# --- coverage -----------------------------------------------------------------------------------------------


PLACES = {
    "province": ["Tỉnh A", "Tỉnh A", "Thành phố B", "Tỉnh C"],
    "kind": ["xã", "phường", "xã", "xã"],
    "so_ho": [100, 200, 300, None],
}


def coverage(known, **how):
    report = frame(units(**PLACES)).problems(known, **how)
    return [row for row in report.to_numpy().tolist() if "độ phủ" in row[0] or "nhóm" in row[0]]


def test_one_number_is_compared_with_the_number_of_units_or_a_sum():
    assert coverage(4) == [
        ["độ phủ", NOTE, 4, "cả khung", "số đơn vị của khung là 4, số đã biết là 4: tỷ số 1,000"]
    ]
    assert coverage(1000, of="so_ho") == [
        ["độ phủ", WARNING, 4, "cả khung", "tổng so_ho của khung là 600, số đã biết là 1.000: tỷ số 0,600"]
    ]
    assert coverage(np.int64(3))[0][4].endswith("tỷ số 1,333")
    assert coverage(0)[0][4].endswith("tỷ số ∞")


def test_groups_are_compared_one_by_one_and_those_without_a_partner_are_named():
    found = coverage({"A": 2, "tp. B": 2, "D": 5, "E": 0})
    assert [row[:4] for row in found] == [
        ["nhóm thiếu trong khung", ERROR, 1, "D"],
        ["độ phủ", WARNING, 4, "cả khung"],
        ["độ phủ của nhóm lệch", WARNING, 1, "Thành phố B 0,500"],
        ["nhóm không có số đã biết", WARNING, 1, "Tỉnh C"],
    ]
    assert found[1][4] == "số đơn vị của khung là 3, số đã biết là 9: tỷ số 0,333"


def test_totals_may_be_a_series_or_a_table_over_any_columns():
    as_series = pd.Series({("A", "xã"): 100, ("A", "phường"): 200, ("B", "xã"): 300, ("C", "xã"): 0})
    how = {"of": "so_ho", "by": ["province", "kind"]}
    assert [row[:2] for row in coverage(as_series, **how)] == [["độ phủ", NOTE]]
    table = as_series.rename_axis(["province", "kind"]).rename("so_ho").reset_index()
    assert coverage(table, **how) == coverage(as_series, **how)
    assert [row[:4] for row in coverage(table.assign(so_ho=[100, 100, 300, 0]), **how)] == [
        ["độ phủ", WARNING, 4, "cả khung"],
        ["độ phủ của nhóm lệch", WARNING, 1, "Tỉnh A × phường 2,000"],
    ]
    counts = pd.DataFrame({"kind": ["xã", "phường"], "units": [3, 1]})
    assert [row[:2] for row in coverage(counts, by="kind")] == [["độ phủ", NOTE]]


def test_the_strata_are_the_groups_if_nothing_is_said():
    report = frame(units(**PLACES), strata="kind").problems({"xã": 3, "phường": 2})
    assert rows(report, "độ phủ của nhóm lệch") == [["độ phủ của nhóm lệch", WARNING, 1, "phường 0,500"]]


def test_units_without_a_group_are_a_group_without_a_total():
    report = frame(units(kind=["a", "a", None, "b"])).problems({"a": 2, "b": 1}, by="kind")
    assert rows(report, "nhóm không có số đã biết") == [["nhóm không có số đã biết", WARNING, 1, "(trống)"]]


def test_many_groups_are_cut_short():
    many = {f"{i:05d}": 5 for i in range(7)}
    found = frame(units(kind=["00000"] * 4)).problems(many, by="kind")
    assert rows(found, "nhóm thiếu trong khung") == [
        ["nhóm thiếu trong khung", ERROR, 6, "00001; 00002; 00003; 00004; 00005; và 1 nhóm nữa"]
    ]


def test_the_communes_cover_the_published_numbers():
    kinds = {"xã": 2621, "phường": 687, "đặc khu": 13}
    assert rows(communes().problems(kinds, by="type"), "độ phủ") == [["độ phủ", NOTE, 3321, "cả khung"]]
    earlier = communes(as_of="2025-06-30").problems(10_035)
    assert earlier.loc[earlier["check"] == "độ phủ", "meaning"].item().endswith("tỷ số 1,000")


KNOWN = "pass a number, or totals by group as a mapping, a Series or a DataFrame."


@pytest.mark.parametrize(
    ("known", "how", "kind", "said"),
    [
        ("4", {}, TypeError, "known is a str; " + KNOWN),
        (True, {}, TypeError, "known is a bool; " + KNOWN),
        (-1, {}, ArgumentError, "known has -1; a total must be 0 or more."),
        ({"A": "x"}, {}, TypeError, "known: 'A' has 'x'; a total must be a number."),
        ({"A": float("nan")}, {}, ArgumentError, "known: 'A' has nan; a total must be 0 or more."),
        ({"A": 1, "Tỉnh A": 1}, {}, DataError,
         "known: 'Tỉnh A' stands there twice. Keep one total for each group."),
        ({"A": 1}, {"by": ["province", "kind"]}, ArgumentError,
         "known: the group 'A' needs 2 levels, for 'province', 'kind'."),
        ({"xa": 1, "phuong": 2}, {"by": "kind"}, DataError,
         "known: none of its groups is in 'kind'; known has 'xa', 'phuong', the frame 'phường', 'xã'. "
         "Say by='column' for the column of the groups."),
        (5, {"of": "so_hoo"}, ColumnError,
         "of='so_hoo': the data have no such column. Did you mean 'so_ho'?"),
        (5, {"of": "kind"}, TypeError,
         "of='kind' holds no numbers, and a total needs them. Turn the column into numbers."),
        (pd.DataFrame({"province": ["A"], "n": [1]}), {}, ColumnError,
         "known: the table has no column 'units'. It needs 'province', 'units'; say by= and of= for others."),
    ],
)  # fmt: skip
def test_known_totals_that_cannot_be_used(known, how, kind, said):
    with pytest.raises(kind) as error:
        coverage(known, **how)
    assert str(error.value) == said


def test_groups_without_strata_or_provinces_need_their_column():
    with pytest.raises(ArgumentError) as error:
        frame(units()).problems({"a": 1})
    assert str(error.value) == (
        "known has groups, and the frame has neither strata nor a column 'province'. "
        "Say by='column' for the column of the groups."
    )
    assert province_key("Tỉnh Thừa Thiên – Huế") == province_key("TP Huế") == "hue"
