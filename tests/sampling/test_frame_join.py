"""Joining one's own column to a frame, and how a frame looks."""

import dataclasses
import unicodedata
import warnings

import pandas as pd
import pytest

from sampling import Frame, communes
from sampling.checks import ArgumentError, ColumnError, DataError, SurveyWarning


def frame(units, **changes):
    about = {"id": "code", "name": "Xã giả lập", "as_of": "2025-07-01", "source": "giả lập"}
    return Frame(pd.DataFrame(units), **(about | changes))


def units(n=4, **columns):
    return pd.DataFrame({"code": [f"{1273 + 3 * i:05d}" for i in range(n)]} | columns)


def check(report, name):
    rows = report[report["check"] == name]
    assert len(rows) == 1, report["check"].tolist()
    return rows.iloc[0]


# --- joining one's own column -------------------------------------------------------------------------------


def test_join_matches_by_code_whatever_the_order_of_rows():
    own = pd.DataFrame(
        {"ma": ["01282", "01276", "01273", "01279"], "so_ho": [4, 2, 1, 3], "ghi_chu": list("dbac")}
    )
    before = own.copy()
    one = frame(units())
    joined = one.join(own, on="ma", columns="so_ho")
    assert joined.units.columns.tolist() == ["code", "so_ho"]
    assert joined.units["so_ho"].tolist() == [1, 2, 3, 4]
    assert joined.units["so_ho"].dtype == own["so_ho"].dtype
    assert one.join(own, on="ma").units["ghi_chu"].tolist() == list("abcd")
    assert one.units.columns.tolist() == ["code"]
    pd.testing.assert_frame_equal(own, before)
    assert dataclasses.replace(joined, size="so_ho").problems().empty


def test_join_uses_the_frames_own_id_by_default():
    assert frame(units()).join(units(x=[1, 2, 3, 4])).units["x"].tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize("kind", [int, float, str, "Int64", "category"])
def test_codes_that_lost_their_zeros_are_mended_with_a_warning(kind):
    own = pd.DataFrame({"ma": pd.Series([1273, 1276, 1279, 1282]).astype(kind), "x": [1, 2, 3, 4]})
    with pytest.warns(SurveyWarning) as said:
        joined = frame(units()).join(own, on="ma")
    assert joined.units["x"].tolist() == [1, 2, 3, 4]
    assert [str(one.message) for one in said] == [
        "on='ma': 4 codes lack their leading zeros and were mended, '1273' to '01273'. "
        "Keep codes as text: pd.read_csv(..., dtype={'ma': str})."
    ]
    assert said[0].filename == __file__


def test_codes_with_blanks_or_a_decimal_zero_are_read_without_a_word():
    own = pd.DataFrame({"ma": [" 01273", "01276 ", "01279.0", "01282"], "x": [1, 2, 3, 4]})
    assert frame(units()).join(own, on="ma").units["x"].tolist() == [1, 2, 3, 4]


def test_units_and_codes_without_a_partner_are_both_listed():
    own = pd.DataFrame({"ma": ["01273", "01276", "99999", "88888"], "x": [1, 2, 3, 4]})
    with pytest.warns(SurveyWarning) as said:
        joined = frame(units()).join(own, on="ma")
    assert [str(one.message) for one in said] == [
        "on='ma': 2 units of the frame have no row, so no value: '01279', '01282'. "
        "2 codes of the table are not in the frame: '99999', '88888'."
    ]
    assert said[0].filename == __file__
    assert joined.units["x"].isna().tolist() == [False, False, True, True]


def test_a_table_of_the_whole_country_joins_one_province():
    country = communes().units[["code"]].assign(so_ho=range(3321))
    with pytest.warns(SurveyWarning, match=r"^on='code': 3265 codes of the table are not in the frame: "):
        joined = communes("Cao Bằng").join(country)
    assert joined.units["so_ho"].notna().all()


def test_no_code_in_the_frame_is_an_error_that_shows_both():
    own = pd.DataFrame({"ma": ["27691", "25462"], "x": [1, 2]})
    with pytest.raises(DataError) as error:
        frame(units()).join(own, on="ma")
    assert str(error.value) == (
        "on='ma': none of the 2 codes is in the frame; the table has '27691', '25462', the frame '01273', "
        "'01276', '01279' and 1 more. Are these codes of before 1 July 2025? See sampling.crosswalk()."
    )


def test_double_and_missing_codes_in_the_table_are_errors():
    with pytest.raises(DataError) as twice:
        frame(units()).join(pd.DataFrame({"ma": ["01273", "01273"], "x": [1, 2]}), on="ma")
    assert str(twice.value) == "on='ma': '01273' stand in more than one row. Keep one row per unit."
    with pytest.raises(DataError) as none:
        frame(units()).join(pd.DataFrame({"ma": ["01273", None, ""], "x": [1, 2, 3]}), on="ma")
    assert str(none.value) == "on='ma': no code in row 1, 2. Fill them in or drop these rows."


def test_columns_that_clash_or_lack_are_errors():
    own = units(x=1, name="a")
    with pytest.raises(ColumnError) as clash:
        frame(units(name="b")).join(own)
    assert str(clash.value) == (
        "columns: the frame has 'name' already. Choose other columns, or rename them."
    )
    with pytest.raises(ColumnError, match=r"^on='ma': the data have no such column\."):
        frame(units()).join(own, on="ma")
    with pytest.raises(ColumnError, match=r"^columns='y': the data have no such column\."):
        frame(units()).join(own, columns="y")
    with pytest.raises(ArgumentError, match=r"^columns: the table has no column besides the codes\."):
        frame(units()).join(units())


def test_codes_of_unequal_length_are_not_padded():
    one = frame({"code": ["1", "12", "A3"]})
    assert one.join(pd.DataFrame({"code": ["A3", "1", "12"], "x": [3, 1, 2]})).units["x"].tolist() == [
        1,
        2,
        3,
    ]


# --- how it looks -------------------------------------------------------------------------------------------


def test_the_html_is_vietnamese_and_shows_day_source_problems_and_hash():
    one = communes("Cao Bằng")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        html = one._repr_html_()
    assert "56 đơn vị, ngày 01/07/2025" in html
    assert "Khung không có dân số" in html
    assert "2 cảnh báo, 1 ghi chú" in html
    assert "<td>22,6777</td>" in html
    assert one.hash[:12] in html
    assert html == unicodedata.normalize("NFC", html)


def test_the_html_escapes_what_the_user_wrote():
    html = frame(
        units(name="<b>x</b>", size=[5, 6, 7, 8]), name="<i>", source="a & b", size="size"
    )._repr_html_()
    assert "&lt;i&gt;" in html
    assert "a &amp; b" in html
    assert "&lt;b&gt;x&lt;/b&gt;" in html
    assert "Khung không có dân số" not in html
    assert frame(units(size=[5, 6, 7, 8]), size="size")._repr_html_().count("không có gì phải lưu ý") == 1
