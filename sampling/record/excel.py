"""The draw record as .xlsx: its text on the first sheet, each table on one of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .pages import Grid, Record
from .sheets import MM_PER_LETTER, new_book, page, put, put_table, sheet_title

__all__ = ["write_excel", "write_grids"]

WIDTHS = (76.0, 50.0, 54.0)  # mm of the columns of the first sheet
CHARACTERS = 103  # of 12 points over all of them
SIGNING = 38.0  # points of a row to sign in


def write_excel(record: Record, path: Path) -> None:
    """Write the record to a path."""
    book = new_book()
    sheet = book.create_sheet(sheet_title(record.title.capitalize()))
    row = _head(sheet, record)
    for number, section in enumerate(record.sections, 1):
        put(sheet, row, 1, f"{number}. {section.heading}", bold=True, to=3, characters=CHARACTERS)
        row += 1
        for line in section.lines:
            put(sheet, row, 1, line, to=3, characters=CHARACTERS)
            row += 1
        for line in section.code:
            put(sheet, row, 1, line, font="Courier New", size=11, to=3, characters=CHARACTERS)
            row += 1
        for grid in section.grids:
            where = f"{grid.caption} → {sheet_title(grid.sheet)}"
            put(sheet, row, 1, where, italic=True, to=3, characters=CHARACTERS)
            row += 1
    _signatures(sheet, record, row + 1)
    page(sheet, WIDTHS, landscape=False)
    write_sheets(book, [grid for section in record.sections for grid in section.grids], record.notice)
    book.save(path)


def write_grids(grids: Sequence[Grid], notice: str, path: Path) -> None:
    """Write tables alone, a sheet each."""
    book = new_book()
    write_sheets(book, grids, notice)
    book.save(path)


def write_sheets(book: Any, grids: Sequence[Grid], notice: str) -> None:
    """Add a sheet for each table, its caption above it, and the notice where there is one."""
    for grid in grids:
        sheet = book.create_sheet(sheet_title(grid.sheet))
        last, row = len(grid.columns), 1
        for text in filter(None, (grid.caption, notice)):
            characters = int(sum(column.width for column in grid.columns) / MM_PER_LETTER)
            put(sheet, row, 1, text, bold=True, to=last, characters=characters)
            row += 1
        put_table(sheet, row, grid.columns, grid.rows)
        widths = [column.width for column in grid.columns]
        page(sheet, widths, landscape=sum(widths) > 190, repeat=row, foot=notice)


def _head(sheet: Any, record: Record) -> int:
    left = (record.agency, "", record.number)
    right = (record.nation, record.motto, record.place_day)
    for row, (one, two) in enumerate(zip(left, right, strict=True), 1):
        put(sheet, row, 1, one, bold=row == 1, side="center", characters=38)
        put(sheet, row, 2, two, bold=row < 3, italic=row == 3, side="center", to=3, characters=54)
    row = 5
    for text, size in ((record.title, 14), (record.subject, 14), (record.notice, 12)):
        if text:
            put(sheet, row, 1, text, bold=True, size=size, side="center", to=3, characters=80)
            row += 1
    put(sheet, row + 1, 1, record.opening, to=3, characters=CHARACTERS)
    return row + 2


def _signatures(sheet: Any, record: Record, row: int) -> None:
    put(sheet, row, 1, record.closing, to=3, characters=CHARACTERS)
    for place, text in enumerate(record.sign, 1):
        put(sheet, row + 1, place, text, bold=True, side="center", box=True)
    for at, member in enumerate(record.members, row + 2):
        for place, text in enumerate((*member, ""), 1):
            put(sheet, at, place, text, box=True)
        sheet.row_dimensions[at].height = SIGNING
