"""A user's own list, an Excel or CSV file, becomes a frame; lines of one person are counted."""

import datetime as dt
import itertools
import unicodedata
import warnings

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from sampling.checks import SurveyWarning
from sampling.frame import Frame, read_frame
from sampling.lists import as_numbers, count_lines, personal, read_numbers

EXACT = 1e-12  # sums of a few fractions


def csv(folder, text, name="danh_sach.csv", encoding="utf-8"):
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def xlsx(folder, rows, name="danh_sach.xlsx", formats=None, sheets=()):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    for cell, form in (formats or {}).items():
        sheet[cell].number_format = form
    for one in sheets:
        book.create_sheet(one)
    path = folder / name
    book.save(path)
    return path


def read(path, **how):
    return read_frame(path, **({"id": "ma", "as_of": "2026-10-31"} | how))


# --- text files ---------------------------------------------------------------------------------------------

LINES = 'ma,ten,so_ho\n0101,Thôn Hòa An,40\n0102,"Tổ 5, khu B",120\n'


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_text_file_is_read_whatever_parts_its_values(tmp_path, mark, encoding):
    text = LINES.replace(",", mark).replace(f"Tổ 5{mark}", "Tổ 5,")
    frame = read(csv(tmp_path, text, encoding=encoding), size="so_ho", unit_name="ten")
    assert frame.units.to_dict("list") == {
        "ma": ["0101", "0102"],
        "name": ["Thôn Hòa An", "Tổ 5, khu B"],
        "so_ho": [40, 120],
    }
    assert frame.units["so_ho"].dtype == np.int64
    assert (frame.id, frame.size, frame.name, frame.source) == (
        "ma",
        "so_ho",
        "danh_sach.csv",
        "danh_sach.csv",
    )
    assert frame.as_of == dt.date(2026, 10, 31)


def test_an_old_vietnamese_encoding_is_read_when_it_is_named(tmp_path):
    parted = "Xa\u0303 Ho\u0300a Đông"  # that encoding has letters and tones apart
    path = csv(tmp_path, f"ma,ten\n01,{parted}\n", encoding="cp1258")
    assert read(path, encoding="cp1258").units["ten"].tolist() == ["Xã Hòa Đông"]


def test_a_file_of_one_column_and_blank_lines_is_a_list(tmp_path):
    frame = read(csv(tmp_path, "ma\n01\n\n02\n,\n", name="a.txt"))
    assert frame.units.to_dict("list") == {"ma": ["01", "02"]}


def test_other_columns_of_a_text_file_stay_text_and_empty_cells_are_missing(tmp_path):
    frame = read(csv(tmp_path, "ma,ma_xa,ghi_chu\n01,007,\n02,008,x\n"))
    assert frame.units["ma_xa"].tolist() == ["007", "008"]
    assert frame.units["ghi_chu"].isna().tolist() == [True, False]


def test_a_header_further_down_and_names_over_two_lines(tmp_path):
    text = 'DANH SÁCH;;\n;;\nma;"số\nhộ";loai\n01;1.234,5;a\n02;12;b\n'
    frame = read(csv(tmp_path, text), header=3, numbers="số hộ", strata="loai", name="Thôn", source="UBND xã")
    assert frame.units["số hộ"].tolist() == [1234.5, 12.0]
    assert (frame.name, frame.source, frame.strata) == ("Thôn", "UBND xã", ("loai",))


# --- spreadsheets -------------------------------------------------------------------------------------------


def test_a_spreadsheet_keeps_codes_as_text_and_numbers_as_numbers(tmp_path):
    rows = [
        ["ma", "ten", "so_ho", "ngay"],
        ["0101", "Một", 40, dt.datetime(2026, 5, 1)],
        ["0102", "Hai", 12.5, None],
    ]
    path = xlsx(tmp_path, [*rows, [None] * 4])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frame = read(path, size="so_ho")
    assert frame.units["ma"].tolist() == ["0101", "0102"]
    assert frame.units["so_ho"].tolist() == [40.0, 12.5]
    assert frame.units["ngay"].tolist()[0] == pd.Timestamp(2026, 5, 1)


def test_codes_stored_as_numbers_are_reported_with_their_row(tmp_path):
    path = xlsx(tmp_path, [["ma", "ma_xa"], ["01273", 1273], [1279, 1279], [10543.0, "10543"]])
    with pytest.warns(SurveyWarning) as said:
        frame = read(path, codes="ma_xa")
    assert [str(one.message) for one in said] == [
        "id='ma': 2 codes are stored as numbers, first 1279 in row 3, so zeros in front are lost if there "
        "were any. Get the list with this column as text, or pass codes={'ma': 5} for codes of 5 digits.",
        "codes='ma_xa': 2 codes are stored as numbers, first 1273 in row 2, so zeros in front are lost if "
        "there were any. Get the list with this column as text, or pass codes={'ma_xa': 5} for codes of "
        "5 digits.",
    ]
    assert said[0].filename == __file__
    assert frame.units["ma"].tolist() == ["01273", "1279", "10543"]
    assert "mã thiếu chữ số" in set(frame.problems()["check"])


def test_zeros_come_back_when_the_digits_are_said_or_the_sheet_shows_them(tmp_path):
    rows = [["ma", "ma_xa"], [1273, 7], [1279, "xx"]]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        said = read(xlsx(tmp_path, rows), codes={"ma": 5, "ma_xa": 3})
        shown = read(xlsx(tmp_path, rows, formats={"A2": "00000", "A3": "000000"}), codes={"ma_xa": 3})
    assert said.units.to_dict("list") == {"ma": ["01273", "01279"], "ma_xa": ["007", "xx"]}
    assert shown.units["ma"].tolist() == ["01273", "001279"]


def test_strata_stored_as_numbers_are_text_without_a_word(tmp_path):
    path = xlsx(tmp_path, [["ma", "vung", "co"], ["a", 1, True], ["b", 2, None]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frame = read(path, strata=["vung", "co"])
    assert frame.units["vung"].tolist() == ["1", "2"]
    assert frame.units["co"].tolist()[0] == "True"


def test_one_of_several_sheets_and_a_macro_file_are_read(tmp_path):
    path = xlsx(tmp_path, [["ma"], ["01"]], sheets=["Khác"])
    assert read(path, sheet="Sheet").units["ma"].tolist() == ["01"]


# --- numbers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        (["1.234,5", "1.234", "7"], [1234.5, 1234, 7]),
        (["1,234.5", "1,234"], [1234.5, 1234]),
        (["1.234.567", "1.234"], [1234567, 1234]),
        (["1,234,567", "-5"], [1234567, -5]),
        (["0,125", "1,250"], [0.125, 1.25]),
        (["0.125", "1.250"], [0.125, 1.25]),
        (["12345,678", "+3"], [12345.678, 3]),
        (["12,5", "3"], [12.5, 3]),
        (["1 234", "12\u00a0345"], [1234, 12345]),
        (["\u22125", " 6 "], [-5, 6]),
        ([3, 4.5, None, np.nan], [3, 4.5, np.nan, np.nan]),
        (["", None], [np.nan, np.nan]),
    ],
)
def test_numbers_are_read_as_they_were_meant(written, numbers):
    values, unread = read_numbers(pd.Series(written, dtype=object), "x")
    assert_allclose(values, numbers)
    assert not unread.any()


def test_the_mark_can_be_said_where_it_cannot_be_seen():
    column = pd.Series(["1.234", "5"])
    assert read_numbers(column, "x", decimal=",")[0].tolist() == [1234, 5]
    assert read_numbers(column, "x", decimal=".")[0].tolist() == [1.234, 5]
    assert read_numbers(pd.Series(["1.234,5"]), "x", decimal=".")[1].tolist() == [True]


def test_text_that_is_no_number_is_marked_and_said():
    column = pd.Series(["đang cập nhật", "5", True, dt.date(2026, 1, 1), "1.2.3", "-"], dtype=object)
    values, unread = read_numbers(column, "x")
    assert unread.tolist() == [True, False, True, True, True, True]
    assert values[1] == 5
    read_, said = as_numbers(column, "x", argument="size", decimal=None, rows=range(2, 8))
    assert said == (
        "size='x': 5 cells are not numbers, first in row 2, and are missing now: 'đang cập nhật', 'True', "
        "'2026-01-01' and 2 more. Fill them in, or see sampling.cleaning.clean_sizes."
    )
    assert read_.isna().sum() == 5


def test_cells_that_are_no_numbers_are_warned_of_when_a_list_is_read(tmp_path):
    with pytest.warns(SurveyWarning, match=r"^size='dan': 1 cells are not numbers, first in row 3"):
        frame = read(csv(tmp_path, "ma,dan\n01,5\n02,đang cập nhật\n"), size="dan", numbers=["dan"])
    assert frame.units["dan"].isna().tolist() == [False, True]


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=5), st.sampled_from([",", "."]))
def test_a_number_comes_back_from_the_way_it_is_written(numbers, mark):
    other = "." if mark == "," else ","
    written = [f"{n / 100:,.2f}".translate(str.maketrans(",.", other + mark)) for n in numbers]
    assert_allclose(read_numbers(pd.Series(written), "x")[0], np.array(numbers) / 100, rtol=EXACT)


# --- persons ------------------------------------------------------------------------------------------------

FILES = pd.DataFrame(
    {
        "ma": [f"{i:04d}" for i in range(8)],
        "ten": ["Lê Hòa", "LÊ  HOÀ", " lê hoà\u200b", "Lê\u00a0Hòa", unicodedata.normalize("NFD", "Lê Hòa"),
                "Lê Hóa", "Lý Mai", "Lý Mai"],
        "nam": [1980, "1980", 1980.0, "1980 ", 1980, 1980, 1991, 1992],
        "linh_vuc": ["đất"] * 4 + ["hộ tịch"] * 4,
    }
)  # fmt: skip


def test_five_files_of_one_person_count_five():
    counted, _ = count_lines(FILES, ["ten", "nam"])
    assert counted.columns.tolist() == ["ma", "linh_vuc", "multiplicity"]
    assert counted["multiplicity"].tolist() == [5, 5, 5, 5, 5, 1, 1, 1]
    assert count_lines(FILES, "ten")[0]["multiplicity"].tolist() == [5, 5, 5, 5, 5, 1, 2, 2]
    assert "nam" in count_lines(FILES, ["ten", "nam"], drop_person=False)[0]
    assert count_lines(FILES, ["linh_vuc"], keep=["linh_vuc"])[0]["multiplicity"].tolist() == [4] * 8


def test_a_key_of_numbers_and_text_is_warned_of():
    assert count_lines(FILES.drop(columns="nam"), "ten")[1] == ""
    assert count_lines(FILES, ["ten", "nam"])[1] == (
        "person=['ten', 'nam']: 'nam' holds numbers and text, so one person may count as two "
        "(912345678 and '0912345678'). Write all as text."
    )


def test_lines_without_a_person_count_as_one_each_when_that_is_asked():
    table = pd.DataFrame({"ma": list("abcd"), "ten": ["X", None, " ", "x"]})
    assert count_lines(table, "ten", without_person="alone")[0]["multiplicity"].tolist() == [2, 1, 1, 2]


def test_a_list_of_transactions_keeps_the_count_and_not_the_person(tmp_path):
    path = xlsx(tmp_path, [["ma", "ten", "sdt", "loai"], ["1a", "A", "09", "x"], ["1b", "a ", "09", "y"]])
    frame = read(path, person=["ten", "sdt"], strata="loai")
    assert frame.multiplicity == "multiplicity"
    assert frame.units.to_dict("list") == {"ma": ["1a", "1b"], "loai": ["x", "y"], "multiplicity": [2, 2]}
    kept = read(path, person=["ten", "loai"], strata="loai", drop_person=False)
    assert kept.units.columns.tolist() == ["ma", "ten", "sdt", "loai", "multiplicity"]
    own = read(csv(tmp_path, "ma,lan\n1,2\n2,2\n"), multiplicity="lan")
    assert (own.multiplicity, own.units["lan"].tolist()) == ("lan", [2, 2])


def test_columns_that_tell_who_a_person_is_are_known_by_their_names():
    names = [
        "ma_ho",
        "ten_chu_ho",
        "Điện thoại",
        "SĐT",
        "so_CCCD",
        "E-mail",
        "ngày sinh",
        "Địa chỉ",
        "telephone",
    ]
    assert personal([*names, "so_dtts", "phonetic", "so_ho", "ten_thon"]) == names[1:]


PEOPLE = st.lists(st.integers(0, 3), min_size=2, max_size=8)


@given(PEOPLE, st.data())
def test_lines_drawn_by_their_multiplicity_estimate_the_total_over_persons_without_bias(people, data):
    """Every sample of n of N lines: the mean of sum y / (pi m) is the sum of y over persons."""
    y = data.draw(st.lists(st.integers(-9, 9), min_size=4, max_size=4))
    n = data.draw(st.integers(1, len(people)))
    table = pd.DataFrame({"ma": range(len(people)), "ten": [f"người {p}" for p in people]})
    m = count_lines(table, "ten")[0]["multiplicity"].to_numpy()
    value = np.array([y[p] for p in people]) / (n / len(people) * m)
    samples = list(itertools.combinations(range(len(people)), n))
    mean = sum(value[list(sample)].sum() for sample in samples) / len(samples)
    assert_allclose(mean, sum(y[p] for p in set(people)), atol=1e-10)


def test_the_same_holds_for_lines_drawn_with_unequal_probabilities():
    people, y = [0, 0, 0, 1, 1, 2], np.array([3.0, -4.0, 10.0])
    table = pd.DataFrame({"ma": range(6), "ten": [f"người {p}" for p in people]})
    m = count_lines(table, "ten")[0]["multiplicity"].to_numpy()
    probability = np.array([0.2, 0.9, 0.5, 0.3, 1.0, 0.4])
    value = y[people] / (probability * m)
    mean = 0.0
    for drawn in itertools.product([0, 1], repeat=6):  # each line on its own (Poisson)
        chance = np.prod(np.where(drawn, probability, 1 - probability))
        mean += chance * (value * drawn).sum()
    assert_allclose(mean, y.sum(), rtol=EXACT)


def test_the_frame_of_a_read_list_has_the_hash_of_the_same_table(tmp_path):
    table = pd.DataFrame({"ma": ["0101", "0102"], "so_ho": [40, 120]})
    made = Frame(table, id="ma", name="x", as_of="2026-10-31", source="x")
    assert read(csv(tmp_path, "ma;so_ho\n0101;40\n0102;120\n")).hash == made.hash
    assert read(xlsx(tmp_path, [["ma", "so_ho"], ["0101", 40], ["0102", 120]])).hash == made.hash
