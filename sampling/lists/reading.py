"""Reading the cells of an Excel or CSV file, with the row that each line stands in."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ..checks import ArgumentError, ColumnError, DataError, listed, near, nfc

__all__ = ["Sheet", "read_sheet"]

EXCEL, TEXT = (".xlsx", ".xlsm"), (".csv", ".tsv", ".txt")
MARKS = (",", ";", "\t", "|")
ZEROS = re.compile("00+")  # a format such as 00000 shows the zeros in front
LOOK = 30  # first lines in which a header is looked for
OLE = bytes.fromhex("d0cf11e0a1b11ae1")  # the first bytes of .xls, and of a locked .xlsx


@dataclass(frozen=True)
class Sheet:
    """The cells of a file under their header.

    Parameters
    ----------
    table : pd.DataFrame
        Cells as the file has them: text, or numbers and days of a spreadsheet. Empty cells are None.
    rows : tuple of int
        Row of the file that each line of the table stands in, counted from 1 as a spreadsheet does.
    zeros : dict
        For a spreadsheet: how many digits the format of a cell shows, by (line, column), where that is
        said by a format such as 00000.
    """

    table: pd.DataFrame
    rows: tuple[int, ...]
    zeros: dict[tuple[int, str], int]


Row = tuple[int, list[Any]]


def read_sheet(
    path: str | Path, *, id: str, sheet: str | None = None, header: int = 1, encoding: str | None = None
) -> Sheet:
    """Return the cells of a list; `sampling.read_frame` describes the arguments and the errors."""
    place = Path(path)
    ending = place.suffix.lower()
    if isinstance(header, bool) or not isinstance(header, int) or header < 1:
        raise ArgumentError(
            f"header={header!r}: pass the number of the row with the names of the columns, from 1."
        )
    if ending not in EXCEL + TEXT:
        more = (
            " Open it in a spreadsheet and save it as .xlsx." if ending in (".xls", ".xlsb", ".ods") else ""
        )
        raise ArgumentError(
            f"path={str(path)!r}: a file of the kind {ending or '(none)'!r} is not read. "
            f"Pass one of {listed(EXCEL + TEXT, 9)}.{more}"
        )
    if not place.is_file():
        others = [p.name for p in place.parent.iterdir()] if place.parent.is_dir() else []
        raise FileNotFoundError(f"path={str(path)!r}: there is no such file.{near(place.name, others)}")
    if ending in TEXT:
        if sheet is not None:
            raise ArgumentError(f"sheet={sheet!r}: a text file has no sheets. Leave it out.")
        rows = _csv_rows(place, id, header, encoding)
        formats: dict[tuple[int, int], int] = {}
    else:
        if encoding is not None:
            raise ArgumentError(f"encoding={encoding!r}: a spreadsheet has no encoding to say. Leave it out.")
        rows, formats = _excel_rows(place, sheet)
    return _under_header(rows, formats, place.name, id, header)


# --- text files ---------------------------------------------------------------------------------------------


def _csv_rows(place: Path, id: str, header: int, encoding: str | None) -> list[Row]:
    content = _decoded(place, encoding)
    found = {mark: _split(content, mark) for mark in MARKS if mark in content} or {",": _split(content, ",")}
    broken = [error for error in found.values() if isinstance(error, csv.Error)]
    whole = {mark: rows for mark, rows in found.items() if not isinstance(rows, csv.Error)}
    if not whole:
        raise DataError(
            f"{place.name}: the quotation marks cannot be read ({broken[0]}). Save the file as CSV again."
        )
    with_id = [mark for mark, rows in whole.items() if nfc(id) in _names(rows, header)]
    best = with_id[0] if with_id else max(whole, key=lambda mark: len(_names(whole[mark], header)))
    rows = whole[best]
    names = _names(rows, header)
    for number, cells in rows if nfc(id) in names else []:
        filled = [cell for cell in cells if cell is not None]
        if number > header and filled and len(cells) != len(names):
            raise DataError(
                f"{place.name}: row {number} has {len(cells)} values and the header has {len(names)} names. "
                f"Put quotation marks around values that hold {best!r}, or delete a line that is no unit."
            )
    return rows


def _split(content: str, mark: str) -> list[Row] | csv.Error:
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=mark, strict=True)
    rows: list[Row] = []
    try:
        start = 1
        for cells in reader:
            rows.append((start, [cell if cell != "" else None for cell in cells]))
            start = reader.line_num + 1
    except csv.Error as error:
        return error
    return rows


def _decoded(place: Path, encoding: str | None) -> str:
    content = place.read_bytes()
    if encoding is None:
        utf16 = content[:2] in (b"\xff\xfe", b"\xfe\xff")
        encoding = "utf-16" if utf16 else "utf-8-sig"
        if not utf16 and b"\0" in content[:1000]:
            raise DataError(f"{place.name} is no text file, or is in UTF-16. Save it as 'CSV UTF-8'.")
        said = ""
    else:
        said = f"encoding={encoding!r}: "
    try:
        text = content.decode(encoding)
    except LookupError:
        raise ArgumentError(f"encoding={encoding!r} is not known. Pass 'utf-8' or 'cp1258'.") from None
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DataError(
            f"{said}{place.name} is not in {encoding if said else 'UTF-8'}: row {line} cannot be read. Save "
            "it as 'CSV UTF-8' in the spreadsheet, or pass encoding='cp1258' if it comes from an old "
            "Vietnamese Windows, and look at the names."
        ) from None
    return unicodedata.normalize("NFC", text) if encoding.lower().replace("-", "") == "cp1258" else text


# --- spreadsheets -------------------------------------------------------------------------------------------


def _excel_rows(place: Path, sheet: str | None) -> tuple[list[Row], dict[tuple[int, int], int]]:
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    if place.read_bytes()[:8] == OLE:
        raise DataError(
            f"{place.name} is locked by a password, or is an old .xls. Save it as .xlsx without one."
        )
    try:
        book = openpyxl.load_workbook(place, read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError) as error:
        raise DataError(f"{place.name} is no spreadsheet ({error}). Save it as .xlsx again.") from None
    try:
        return _cells(_chosen(book, place.name, sheet))
    finally:
        book.close()


def _cells(chosen: Any) -> tuple[list[Row], dict[tuple[int, int], int]]:
    rows: list[Row] = []
    formats: dict[tuple[int, int], int] = {}
    chosen.reset_dimensions()  # some programs write a wrong extent
    for number, cells in enumerate(chosen.iter_rows(), 1):
        rows.append((number, [None if cell.value == "" else cell.value for cell in cells]))
        for at, cell in enumerate(cells):
            if isinstance(cell.value, int) and ZEROS.fullmatch(cell.number_format):
                formats[number, at] = len(cell.number_format)
    return rows, formats


def _chosen(book: Any, file: str, sheet: str | None) -> Any:
    names = [one.title for one in book.worksheets]
    if sheet is None:
        if len(names) > 1:
            raise ArgumentError(
                f"{file} has {len(names)} sheets: {listed(names)}. Say which one with sheet=."
            )
        return book.worksheets[0]
    if sheet not in names:
        raise ColumnError(
            f"sheet={sheet!r}: {file} has no such sheet.{near(sheet, names)} It has {listed(names)}."
        )
    return book[sheet]


# --- the header ---------------------------------------------------------------------------------------------


def _name(cell: Any) -> str:
    return "" if cell is None else " ".join(nfc(str(cell)).split())


def _names(rows: Sequence[Row], header: int) -> list[str]:
    return next(([_name(cell) for cell in cells] for number, cells in rows if number == header), [])


def _under_header(
    rows: list[Row], formats: dict[tuple[int, int], int], file: str, id: str, header: int
) -> Sheet:
    names = _names(rows, header)
    _check_header(names, rows, file, id, header)
    below = [(number, cells) for number, cells in rows if number > header]
    below = [(number, cells) for number, cells in below if any(cell is not None for cell in cells)]
    if not below:
        raise DataError(
            f"{file} has no lines under its header in row {header}. Check the file, or the sheet."
        )
    filled = [(number, [*cells, *[None] * (len(names) - len(cells))]) for number, cells in below]
    for at in range(max(len(cells) for _, cells in filled)):
        if (at >= len(names) or names[at] == "") and any(c[at] is not None for _, c in filled if len(c) > at):
            raise DataError(
                f"{file}: the values of column {at + 1} have no name in row {header}. "
                "Name the column, or clear it."
            )
    columns = {name: [cells[at] for _, cells in filled] for at, name in enumerate(names) if name}
    table = pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in columns.items()})
    line = {number: i for i, (number, _) in enumerate(filled)}
    zeros = {(line[n], names[at]): digits for (n, at), digits in formats.items() if n in line}
    return Sheet(table, tuple(number for number, _ in filled), zeros)


def _check_header(names: list[str], rows: list[Row], file: str, id: str, header: int) -> None:
    if nfc(id) not in names:
        other = next((n for n, cells in rows[:LOOK] if nfc(id) in map(_name, cells)), None)
        if other is not None:
            raise ColumnError(
                f"id={id!r}: row {header} of {file} has no such name; it stands in row {other}. "
                f"Pass header={other}."
            )
        there = [name for name in names if name]
        raise ColumnError(
            f"id={id!r}: {file} has no such column.{near(id, there)} "
            f"Row {header} has {listed(there) or 'no names'}."
        )
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise ColumnError(
            f"{file} has columns of the same name: {listed(twice)}. Rename or delete one of each, so that a "
            "name means one column."
        )
