"""What is said of a list that cannot be read as it stands."""

import openpyxl
import pytest

from sampling.checks import ArgumentError, ColumnError, DataError
from sampling.frame import read_frame


def file(folder, content, name="a.csv"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def xlsx(folder, rows, sheets=()):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for one in sheets:
        book.create_sheet(one)
    book.save(folder / "a.xlsx")
    return folder / "a.xlsx"


def refused(kind, path, **how):
    with pytest.raises(kind) as error:
        read_frame(path, **({"id": "ma", "as_of": "2026-10-31"} | how))
    return str(error.value)


# --- the file -----------------------------------------------------------------------------------------------


def test_a_file_that_is_not_there_is_told_the_near_one(tmp_path):
    file(tmp_path, "ma\n1\n", "danh_sach.csv")
    path = tmp_path / "danh_sac.csv"
    assert refused(FileNotFoundError, path) == (
        f"path={str(path)!r}: there is no such file. Did you mean 'danh_sach.csv'?"
    )
    assert refused(FileNotFoundError, "khong/co.csv") == "path='khong/co.csv': there is no such file."


def test_kinds_of_files_that_are_not_read(tmp_path):
    assert refused(ArgumentError, "a.pdf") == (
        "path='a.pdf': a file of the kind '.pdf' is not read. "
        "Pass one of '.xlsx', '.xlsm', '.csv', '.tsv', '.txt'."
    )
    assert refused(ArgumentError, "a.xls").endswith(" Open it in a spreadsheet and save it as .xlsx.")
    assert "of the kind '(none)'" in refused(ArgumentError, "a")


def test_locked_old_and_broken_spreadsheets(tmp_path):
    locked = file(tmp_path, bytes.fromhex("d0cf11e0a1b11ae1") + b"x" * 600, "a.xlsx")
    assert refused(DataError, locked) == (
        "a.xlsx is locked by a password, or is an old .xls. Save it as .xlsx without one."
    )
    broken = file(tmp_path, "ma\n1\n", "b.xlsx")
    assert refused(DataError, broken) == (
        "b.xlsx is no spreadsheet (File is not a zip file). Save it as .xlsx again."
    )


def test_sheets(tmp_path):
    path = xlsx(tmp_path, [["ma"], ["1"]], sheets=["Thôn"])
    assert refused(ArgumentError, path) == "a.xlsx has 2 sheets: 'Sheet', 'Thôn'. Say which one with sheet=."
    assert refused(ColumnError, path, sheet="Thon") == (
        "sheet='Thon': a.xlsx has no such sheet. Did you mean 'Thôn'? It has 'Sheet', 'Thôn'."
    )
    assert refused(DataError, xlsx(tmp_path, [["ma"]])) == (
        "a.xlsx has no lines under its header in row 1. Check the file, or the sheet."
    )
    text = file(tmp_path, "ma\n1\n")
    assert refused(ArgumentError, text, sheet="x") == "sheet='x': a text file has no sheets. Leave it out."
    assert refused(ArgumentError, xlsx(tmp_path, [["ma"], ["1"]]), encoding="utf-8") == (
        "encoding='utf-8': a spreadsheet has no encoding to say. Leave it out."
    )


def test_encodings(tmp_path):
    old = file(tmp_path, "ma,ten\n1,x\n2,Xã Đông\n".encode("cp1258", errors="ignore"))
    assert refused(DataError, old) == (
        "a.csv is not in UTF-8: row 3 cannot be read. Save it as 'CSV UTF-8' in the spreadsheet, or pass "
        "encoding='cp1258' if it comes from an old Vietnamese Windows, and look at the names."
    )
    assert refused(DataError, old, encoding="ascii").startswith(
        "encoding='ascii': a.csv is not in ascii: row 3 cannot be read."
    )
    assert refused(ArgumentError, old, encoding="xyz") == (
        "encoding='xyz' is not known. Pass 'utf-8' or 'cp1258'."
    )
    wide = file(tmp_path, "ma\n1\n".encode("utf-16-le"))
    assert refused(DataError, wide) == "a.csv is no text file, or is in UTF-16. Save it as 'CSV UTF-8'."


# --- the header and the lines -------------------------------------------------------------------------------


def test_the_id_that_is_missing_or_further_down(tmp_path):
    path = file(tmp_path, "ma_thon,so_ho\n1,2\n")
    assert refused(ColumnError, path) == ("id='ma': a.csv has no such column. Row 1 has 'ma_thon', 'so_ho'.")
    assert refused(ColumnError, path, id="ma_thn") == (
        "id='ma_thn': a.csv has no such column. Did you mean 'ma_thon'? Row 1 has 'ma_thon', 'so_ho'."
    )
    title = xlsx(tmp_path, [["DANH SÁCH"], [], ["ma", "so_ho"], ["1", 2]])
    assert refused(ColumnError, title) == (
        "id='ma': row 1 of a.xlsx has no such name; it stands in row 3. Pass header=3."
    )
    assert refused(ColumnError, title, header=2) == (
        "id='ma': row 2 of a.xlsx has no such name; it stands in row 3. Pass header=3."
    )
    assert refused(ColumnError, file(tmp_path, "\n1\n")) == (
        "id='ma': a.csv has no such column. Row 1 has no names."
    )


@pytest.mark.parametrize("header", [0, "1", True])
def test_the_number_of_the_header(tmp_path, header):
    assert refused(ArgumentError, "a.csv", header=header) == (
        f"header={header!r}: pass the number of the row with the names of the columns, from 1."
    )


def test_columns_of_one_name_or_of_none(tmp_path):
    assert refused(ColumnError, file(tmp_path, "ma,ten,ten\n1,a,b\n")) == (
        "a.csv has columns of the same name: 'ten'. Rename or delete one of each, so that a name means one "
        "column."
    )
    assert refused(DataError, xlsx(tmp_path, [["ma", None, "x"], ["1", "a", "b"]])) == (
        "a.xlsx: the values of column 2 have no name in row 1. Name the column, or clear it."
    )
    assert refused(DataError, xlsx(tmp_path, [["ma"], ["1"], ["2", "b"]])) == (
        "a.xlsx: the values of column 2 have no name in row 1. Name the column, or clear it."
    )


def test_lines_that_are_too_long_or_too_short(tmp_path):
    path = file(tmp_path, "ma,ten,so_ho\n1,Tổ 5, khu B,3\nCộng\n")
    assert refused(DataError, path) == (
        "a.csv: row 2 has 4 values and the header has 3 names. Put quotation marks around values that hold "
        "',', or delete a line that is no unit."
    )
    total = file(tmp_path, 'ma,ten\n1,"a\nb"\n\nCộng: 1\n')
    assert refused(DataError, total).startswith("a.csv: row 5 has 1 values and the header has 2 names.")


def test_quotation_marks_that_do_not_close(tmp_path):
    assert refused(DataError, file(tmp_path, 'ma\n"1\n2\n')) == (
        "a.csv: the quotation marks cannot be read (unexpected end of data). Save the file as CSV again."
    )


# --- codes and numbers --------------------------------------------------------------------------------------


def test_codes_of_too_many_digits_and_digits_that_make_no_sense(tmp_path):
    path = xlsx(tmp_path, [["ma"], ["1"], [1234567890123456]])
    assert refused(DataError, path) == (
        "id='ma': the code in row 3 is stored as a number of more than 15 digits, so its last digits are "
        "lost. Get the list again with this column as text."
    )
    for digits in (0, "5", True):
        assert refused(ArgumentError, xlsx(tmp_path, [["ma"], ["1"]]), codes={"ma": digits}) == (
            f"codes['ma']={digits!r}: pass the number of digits of a code, such as 5."
        )


def test_columns_that_are_not_there_or_used_twice(tmp_path):
    path = file(tmp_path, "ma,ten,so_ho,loai\n1,a,2,b\n")
    for argument in ("size", "numbers", "strata", "codes", "multiplicity", "person", "unit_name"):
        assert refused(ColumnError, path, **{argument: "so_h"}) == (
            f"{argument}='so_h': the data have no such column. Did you mean 'so_ho'?"
        )
    assert refused(ArgumentError, path, strata="loai", size="loai") == (
        "size='loai': the column is used as text too, for codes or strata."
    )
    assert refused(ArgumentError, path, unit_name="so_ho", size="so_ho") == (
        "unit_name='so_ho': the column is used as id, code, stratum, number or person too. Leave it out."
    )


def test_numbers_whose_mark_is_unclear_or_mixed(tmp_path):
    path = file(tmp_path, "ma;x;y\n1;1.234;1,5\n2;2.500;1.5\n")
    assert refused(ArgumentError, path, size="x") == (
        "size='x': '1.234' may be 1234 or 1 and 234 thousandths. Say decimal=',' or decimal='.'."
    )
    assert refused(ArgumentError, path, size="y") == (
        "size='y': '1,5' has a decimal comma and '1.5' a decimal point. Write all in one way, or say "
        "decimal=',' or decimal='.'."
    )
    assert refused(ArgumentError, path, size="y", decimal=";").startswith("decimal=';' is not known.")


# --- persons ------------------------------------------------------------------------------------------------


def test_lines_without_a_person_are_named_and_refused(tmp_path):
    path = file(tmp_path, "ma,ten,nam\n1,A,1980\n2,,1980\n3,B,\n")
    assert refused(DataError, path, person=["ten", "nam"]) == (
        "person=['ten', 'nam']: 2 lines have no person, in row 3, 4. Fill them in, drop them, or pass "
        "without_person='alone' to count each as a person of its own."
    )
    assert refused(ArgumentError, path, person="ten", without_person="allone") == (
        "without_person='allone' is not known. Did you mean 'alone'? Choose one of 'refuse', 'alone'."
    )


def test_a_person_that_contradicts_another_argument(tmp_path):
    path = file(tmp_path, "ma,ten,multiplicity\n1,A,2\n")
    assert refused(ArgumentError, path, person="ten", multiplicity="multiplicity") == (
        "person='ten' has the lines of a person counted, and multiplicity='multiplicity' says that they are "
        "counted already. Pass one of them."
    )
    assert refused(ColumnError, path, person="ten") == (
        "person='ten': the list has a column 'multiplicity' already. Pass multiplicity='multiplicity' to use "
        "it, or rename it to have the lines counted."
    )
    for person in ("ma", ["ten", "ma"], []):
        assert refused(ColumnError, path, person=person) == (
            f"person={person!r}: name the columns that say who a person is, such as name and birth date; "
            "the id 'ma' is of the line."
        )
