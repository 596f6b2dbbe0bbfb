"""Cells, tables and pages of a workbook: text is text, whatever it begins with, and nothing is a formula."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from .pages import Column, clean

__all__ = ["MM_PER_LETTER", "new_book", "page", "put", "put_table", "sheet_title"]

FONT = "Times New Roman"
FORMULA = ("=", "+", "-", "@", "\t")  # what a spreadsheet reads as a formula when a cell is edited
FORMATS = {"text": "@", "count": "#,##0", "probability": "0.000000", "weight": "#,##0.00"}
MM_PER_CHARACTER = 2.0  # of a column 1 wide, at 11 points
MM_PER_LETTER = 1.75  # of text of 12 points, on the safe side
LINE = 15.0  # points of a line of a table
A4 = 9  # its number in the file format


def new_book() -> Any:
    """Return a workbook without sheets."""
    from openpyxl import Workbook

    book: Any = Workbook()
    book.remove(book.active)
    return book


def sheet_title(text: str) -> str:
    """Return a name that a worksheet may bear.

    >>> sheet_title("Dự phòng [thôn 1/2]")
    'Dự phòng thôn 1 2'
    """
    return re.sub(r"\s+", " ", re.sub(r"[\[\]:*?/\\']", " ", clean(text))).strip()[:31]


def put(
    sheet: Any,
    row: int,
    column: int,
    text: str,
    *,
    font: str = FONT,
    bold: bool = False,
    italic: bool = False,
    size: int = 12,
    side: str = "left",
    to: int | None = None,
    characters: int = 0,
    box: bool = False,
) -> None:
    """Write text into a cell, over the columns up to ``to``, in a row high enough for its lines.

    Parameters
    ----------
    sheet : worksheet
    row, column, to : places from 1
    text : never taken for a formula
    font, bold, italic, size, side : look
    characters : width of the text in characters, by which its lines are counted; 0 leaves the row as it is
    box : whether a line goes round it
    """
    from openpyxl.styles import Alignment, Font

    cell = sheet.cell(row, column)
    _text(cell, text)
    cell.font = Font(name=font, bold=bold, italic=italic, size=size)
    cell.alignment = Alignment(horizontal=side, vertical="center" if box else "top", wrap_text=True)
    for place in range(column, (to or column) + 1):
        if box:
            sheet.cell(row, place).border = _box()
    if to is not None and to > column:
        sheet.merge_cells(start_row=row, start_column=column, end_row=row, end_column=to)
    if characters:
        lines = sum(max(1, math.ceil(len(line) / characters)) for line in clean(text).split("\n"))
        height = 1.35 * size * lines + 3
        sheet.row_dimensions[row].height = max(height, sheet.row_dimensions[row].height or 0)


def put_table(
    sheet: Any, row: int, columns: Sequence[Column], rows: pd.DataFrame, *, height: float | None = None
) -> int:
    """Write a table with its headings and return the row after it.

    Parameters
    ----------
    sheet : worksheet
    row : place of the headings, from 1
    columns : heading and kind of each column; kind "text" is written as text, codes with their zeros
    rows : DataFrame with a column for each; missing values leave the cell empty
    height : of each row in points, where people write by hand
    """
    from openpyxl.styles import Alignment, Font

    for place, column in enumerate(columns, 1):
        put(sheet, row, place, column.heading, bold=True, size=11, side="center", box=True)
    longest = max(math.ceil(len(c.heading) / (c.width / MM_PER_CHARACTER - 1)) for c in columns)
    sheet.row_dimensions[row].height = LINE * (longest + 0.4)
    look, line = Font(name=FONT, size=11), _box()
    for place, column in enumerate(columns, 1):
        values = rows.iloc[:, place - 1]
        text = column.kind == "text"
        style, side = (
            None,
            Alignment(horizontal="left" if text else "right", vertical="center", wrap_text=text, indent=1),
        )
        for at, value in enumerate(values.tolist(), row + 1):
            cell = sheet.cell(at, place)
            if style is None:
                cell.font, cell.border, cell.alignment = look, line, side
                cell.number_format = FORMATS[column.kind]
                style = cell._style  # shared by the cells below: a new one for each takes most of the time
            else:
                cell._style = style
            if pd.isna(value):
                continue
            if text:
                _text(cell, value)
            else:
                cell.value = value
    for at, lines in enumerate(_lines(columns, rows), row + 1):
        if height is not None or lines > 1:
            sheet.row_dimensions[at].height = max(height or 0.0, LINE * lines)
    return row + 1 + len(rows)


def _lines(columns: Sequence[Column], rows: pd.DataFrame) -> list[int]:
    """Return how many lines each row of a table takes, by its longest text."""
    most = np.ones(len(rows))
    for place, column in enumerate(columns):
        if column.kind == "text" and len(rows):
            letters = rows.iloc[:, place].fillna("").astype(str).str.len().to_numpy(np.float64)
            most = np.maximum(most, np.ceil(letters / max(column.width / MM_PER_CHARACTER - 2, 1)))
    return [int(lines) for lines in most]


def _text(cell: Any, value: object) -> None:
    text = clean(value)
    cell.value = text
    cell.data_type = "s"  # openpyxl makes a formula of "=…" and an error of "#N/A"
    cell.number_format = "@"
    if text.startswith(FORMULA):
        cell._style = cell._style.__copy__()
        cell.quotePrefix = True  # so that it stays text when somebody edits the cell


def _box() -> Any:
    from openpyxl.styles import Border, Side

    side = Side(style="thin", color="FF808080")
    return Border(left=side, right=side, top=side, bottom=side)


def page(
    sheet: Any,
    widths: Iterable[float],
    *,
    landscape: bool,
    repeat: int | None = None,
    foot: str = "",
) -> None:
    """Set the columns' widths (mm) and the page: A4, as wide as the paper, the heading row on every page.

    Parameters
    ----------
    sheet : worksheet
    widths : of the columns, mm
    landscape : whether the long side lies
    repeat : row that is printed on every page and stays in view
    foot : text at the bottom of each page, beside its number
    """
    from openpyxl.utils import get_column_letter

    for place, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(place)].width = width / MM_PER_CHARACTER
    sheet.page_setup.orientation = "landscape" if landscape else "portrait"
    sheet.page_setup.paperSize = A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    margins = (0.6, 0.6, 0.8, 0.8) if landscape else (1.2, 0.8, 0.8, 0.8)
    for side, inches in zip(("left", "right", "top", "bottom"), margins, strict=True):
        setattr(sheet.page_margins, side, inches)
    for part, text in (
        (sheet.oddFooter.left, clean(foot).replace("&", "&&")),
        (sheet.oddFooter.right, "&P/&N"),
    ):
        part.text, part.font, part.size = text, f"{FONT},Regular", 10
    if repeat is not None:
        sheet.print_title_rows = f"{repeat}:{repeat}"
        sheet.freeze_panes = sheet.cell(repeat + 1, 1)
