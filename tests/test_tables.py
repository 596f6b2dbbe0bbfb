import openpyxl
import pandas as pd
import pytest

from surveykit.tables import Column, Table, estimate_text, write_workbook

WORDS = {
    "index_sheet": "Mục lục", "sheet": "Trang", "title": "Tên bảng", "low": "cận dưới", "high": "cận trên",
    "se": "sai số chuẩn",
}  # fmt: skip


def shares(**changes):
    frame = pd.DataFrame(
        {
            "code": ["01273", "00123", "01290"],
            "name": ["Phường Thục Phán", "=1+1", "@xã"],
            "p": [0.8125, 0.5, 0.75],
            "p_low": [0.7, 0.2, 0.6],
            "p_high": [0.9, 0.8, 0.85],
            "p_se": [0.05, 0.15, 0.06],
            "p_mark": ["", "hidden", "star"],
            "n": [40, 8, 20],
            "d": [0.061, -0.02, 0.0],
            "d_low": [0.01, -0.1, -0.05],
            "d_high": [0.11, 0.06, 0.05],
            "d_se": [0.025, 0.04, 0.025],
        }
    ).assign(**changes)
    columns = (
        Column("code", "Mã xã", "code"),
        Column("name", "Xã", "name"),
        Column("p", "Hài lòng", "share"),
        Column("n", "Số trả lời", "count"),
        Column("d", "Thay đổi", "points"),
    )
    return Table("xa", "Từng xã (số liệu giả lập)", frame, columns, note="-: không công bố")


@pytest.fixture
def book(tmp_path):
    write_workbook([shares()], tmp_path / "bang.xlsx", words=WORDS, banner="SỐ LIỆU GIẢ LẬP")
    return openpyxl.load_workbook(tmp_path / "bang.xlsx")


def test_a_share_stands_with_its_interval_a_star_or_a_dash():
    assert [row[2] for row in shares().cells("vi")] == [
        "81,3 % (70,0 đến 90,0 %)",
        "–",
        "75,0 % (60,0 đến 85,0 %)*",
    ]


def test_a_difference_stands_in_points_with_its_sign():
    assert [row[4] for row in shares().cells("vi")] == [
        "+6,1 (+1,0 đến +11,0)",
        "−2,0 (−10,0 đến +6,0)",
        "0,0 (−5,0 đến +5,0)",
    ]


def test_english_has_the_decimal_point():
    assert shares().cells("en")[0][2] == "81.3% (70.0 to 90.0%)"


def test_decimals_follow_the_standard_error_of_the_column():
    assert shares(p_se=0.3).cells("vi")[0][2] == "81 % (70 đến 90 %)"
    assert shares(p_se=0.001).cells("vi")[0][2] == "81,25 % (70,00 đến 90,00 %)"


def test_an_estimate_without_interval_stands_alone():
    assert estimate_text(0.5, float("nan"), None, 1, "vi") == "50,0 %"


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("count", 36525, "36.525"),
        ("number", 646285.3, "646.285"),
        ("number", 71.72, "71,72"),
        ("ratio", 1.256, "1,26"),
        ("df", 19.6277, "19,6"),
        ("df", 31.0, "31"),
        ("p", 0.0004, "< 0,001"),
        ("date", pd.Timestamp("2025-07-01"), "01/07/2025"),
        ("text", "áp dụng", "áp dụng"),
        ("count", None, "–"),
        ("ratio", float("nan"), "–"),
    ],
)
def test_every_kind_of_cell_has_its_look(kind, value, text):
    table = Table("t", "T", pd.DataFrame({"x": [value]}, dtype=object), (Column("x", "X", kind),))
    assert table.cells("vi") == [[text]]


def test_a_table_knows_whether_it_hides_something():
    assert shares().has_hidden
    assert not shares(p_mark="").has_hidden


def test_the_workbook_lists_its_sheets_and_says_synthetic_on_each(book):
    assert book.sheetnames == ["Mục lục", "01_xa"]
    assert [page["A1"].value for page in book] == ["SỐ LIỆU GIẢ LẬP"] * 2
    assert book["Mục lục"]["A4"].hyperlink.location == "'01_xa'!A1"


def test_no_cell_of_the_workbook_is_a_formula_and_codes_keep_their_zeros(book):
    cells = [cell for page in book for row in page.iter_rows() for cell in row if cell.value is not None]
    assert [cell.coordinate for cell in cells if cell.data_type == "f"] == []
    rows = {row[0].value: row for row in book["01_xa"].iter_rows(min_row=5, max_row=7)}
    assert rows["01273"][0].number_format == "@"
    assert (rows["00123"][1].value, rows["00123"][1].data_type) == ("=1+1", "s")
    assert rows["00123"][1].quotePrefix
    assert rows["01290"][1].quotePrefix
    assert not rows["01273"][1].quotePrefix


def test_numbers_stay_numbers_with_limits_and_error_in_columns_of_their_own(book):
    page = book["01_xa"]
    heads = [cell.value for cell in page[4]]
    assert heads[2:6] == ["Hài lòng", "Hài lòng: cận dưới", "Hài lòng: cận trên", "Hài lòng: sai số chuẩn"]
    row = [cell.value for cell in page[5]]
    assert row[2:6] == [0.8125, 0.7, 0.9, 0.05]
    assert row[7] == pytest.approx(6.1)
    assert page["C5"].number_format == "0.0%"


def test_hidden_numbers_are_not_in_the_workbook_and_starred_ones_show_it(book):
    page = book["01_xa"]
    assert [page.cell(6, j).value for j in range(3, 7)] == ["–"] * 4
    assert page["C7"].value == 0.75
    assert page["C7"].number_format == '0.0%"*"'


def test_infinite_numbers_are_written_as_text(tmp_path):
    table = Table("t", "T", pd.DataFrame({"x": [float("inf")]}), (Column("x", "X", "df"),))
    write_workbook([table], tmp_path / "b.xlsx", words=WORDS)
    assert openpyxl.load_workbook(tmp_path / "b.xlsx")["01_t"]["A4"].value == "∞"
