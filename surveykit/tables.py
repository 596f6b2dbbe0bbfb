"""Tables of the report: one description, from which the HTML cells and the Excel sheets are both made.

A table holds numbers, not text; how they look (decimals by the standard error, interval in the same cell,
star, dash) is decided here once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from sampling import format as fmt
from sampling.format import Lang

if TYPE_CHECKING:
    from openpyxl.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

__all__ = ["Column", "Table", "write_workbook"]

Kind = Literal["text", "name", "code", "count", "share", "points", "number", "ratio", "df", "p", "date"]
WIDE = ("text", "name", "code")
ENDS = ("low", "high", "se")
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
EXCEL: dict[str, str] = {
    "count": "#,##0",
    "share": "0.0%",
    "points": "+0.0;-0.0;0.0",
    "number": "#,##0.00",
    "ratio": "0.00",
    "df": "0.0",
    "p": "0.000",
    "date": "dd/mm/yyyy",
    "text": "General",
    "name": "General",
    "code": "@",
}


@dataclass(frozen=True)
class Column:
    """One column of a table.

    A column of kind share or points takes its interval and standard error from the frame's columns of the
    same name with ``_low``, ``_high`` and ``_se``, and its mark ("star", "hidden") from ``_mark``.
    """

    name: str
    header: str
    kind: Kind = "text"


@dataclass(frozen=True)
class Table:
    """A table with what it needs to be printed.

    Parameters
    ----------
    key : str
        Name of its Excel sheet, and its place in the report.
    title, note : str
        Words above and below.
    frame : DataFrame
        The numbers.
    columns : tuple of Column
        What is shown, in order.
    folded : bool
        Whether the page shows it closed.

    Examples
    --------
    >>> shares = pd.DataFrame({"xa": ["01273"], "p": 0.8125, "p_low": 0.7, "p_high": 0.9, "p_se": 0.05})
    >>> columns = (Column("xa", "Mã", "code"), Column("p", "Hài lòng", "share"))
    >>> Table("xa", "Theo xã", shares, columns).cells("vi")
    [['01273', '81,3 % (70,0 đến 90,0 %)']]
    """

    key: str
    title: str
    frame: pd.DataFrame
    columns: tuple[Column, ...]
    note: str = ""
    folded: bool = False

    def cells(self, lang: Lang) -> list[list[str]]:
        """Return the cells as text."""
        columns = [self.column_text(column, lang) for column in self.columns]
        return [list(row) for row in zip(*columns, strict=True)]

    def column_text(self, column: Column, lang: Lang) -> list[str]:
        """Return one column as text, all with the same number of decimals."""
        digits = self.digits(column)
        records = self.frame.to_dict("records")
        return [_cell_text({str(k): v for k, v in row.items()}, column, digits, lang) for row in records]

    def digits(self, column: Column) -> int:
        """Return how many decimals the standard errors of a column deserve."""
        errors = f"{column.name}_se"
        if errors in self.frame and column.kind in ("share", "points"):
            return min(fmt.decimals_for(100 * self.frame[errors].to_numpy(dtype=float), default=1), 2)
        return 1

    @property
    def has_hidden(self) -> bool:
        """Whether a number was hidden or starred."""
        marks = [c for c in self.frame if str(c).endswith("_mark")]
        return bool((self.frame[marks] != "").any(axis=None)) or bool(
            any(self.frame[c.name].isna().any() for c in self.columns if c.kind == "count")
        )


def _cell_text(row: dict[str, Any], column: Column, digits: int, lang: Lang) -> str:
    value = row[column.name]
    mark = row.get(f"{column.name}_mark", "")
    if mark == "hidden" or value is None or (not isinstance(value, str) and pd.isna(value)):
        return fmt.MISSING
    star = "*" if mark == "star" else ""
    match column.kind:
        case "share" | "points":
            low, high = row.get(f"{column.name}_low"), row.get(f"{column.name}_high")
            return estimate_text(value, low, high, digits, lang, points=column.kind == "points") + star
        case "count":
            return fmt.integer(value, lang)
        case "number":
            return fmt.number(value, 0 if float(value).is_integer() or abs(value) >= 1000 else 2, lang)
        case "df":
            return fmt.number(value, 0 if float(value).is_integer() else 1, lang)
        case "ratio":
            return fmt.number(value, 2, lang)
        case "p":
            return fmt.p_value(value, lang)
        case "date":
            return fmt.date(value, lang)
        case _:
            return str(value)


def estimate_text(
    value: float, low: float | None, high: float | None, digits: int, lang: Lang, *, points: bool = False
) -> str:
    """Return an estimate with its interval: "81,3 % (70,0 đến 90,0 %)".

    Examples
    --------
    >>> estimate_text(0.061, 0.012, 0.110, 1, "vi", points=True)
    '+6,1 (+1,2 đến +11,0)'
    """
    text = fmt.number(100 * value, digits, lang, sign=True) if points else fmt.percent(value, digits, lang)
    if low is None or high is None or pd.isna(low) or pd.isna(high):
        return text
    if points:
        ends = [fmt.number(100 * end, digits, lang, sign=True) for end in (low, high)]
        return f"{text} ({ends[0]} {'đến' if lang == 'vi' else 'to'} {ends[1]})"
    return f"{text} ({fmt.interval(low, high, digits, lang)})"


def write_workbook(
    tables: Sequence[Table], path: Path, *, words: Mapping[str, str], banner: str = ""
) -> None:
    """Write every table as a sheet of one Excel workbook, with a sheet of contents first.

    Codes and text are stored as text, also when they begin with a sign of a formula. Numbers stay numbers:
    shares as fractions shown in per cent, differences in percentage points.

    Parameters
    ----------
    tables : list of Table
        In their order.
    path : Path
        File to write.
    words : dict
        index_sheet, sheet, title, low, high, se.
    banner : str
        Stands in the first row of every sheet (synthetic data).
    """
    from openpyxl import Workbook
    from openpyxl.styles import Font
    from openpyxl.worksheet.hyperlink import Hyperlink

    book = Workbook()
    index = book.active
    assert index is not None
    index.title = words["index_sheet"]
    top = _heading(index, "", banner)
    for j, name in enumerate((words["sheet"], words["title"]), start=1):
        _put(index.cell(top, j), name, "text").font = Font(bold=True)
    for i, table in enumerate(tables, start=1):
        name = f"{i:02d}_{table.key}"[:31]
        link = _put(index.cell(top + i, 1), name, "text")
        link.hyperlink = Hyperlink(ref=link.coordinate, location=f"'{name}'!A1")
        _put(index.cell(top + i, 2), table.title, "text")
        _write_sheet(book.create_sheet(name), table, words, banner)
    index.column_dimensions["A"].width, index.column_dimensions["B"].width = 24, 90
    book.save(path)


def _write_sheet(page: Worksheet, table: Table, words: Mapping[str, str], banner: str) -> None:
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    top = _heading(page, table.title, banner)
    for j, (base, name, header, kind) in enumerate(_wide(table, words), start=1):
        head = _put(page.cell(top, j), header, "text")
        head.font, head.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
        marks = table.frame.get(f"{base}_mark", pd.Series("", index=table.frame.index))
        for i, (value, mark) in enumerate(zip(table.frame[name], marks, strict=True), start=top + 1):
            shown = None if mark == "hidden" else value
            scaled = 100 * shown if kind == "points" and isinstance(shown, float) else shown
            stored = _put(page.cell(i, j), scaled, kind)
            if mark == "star" and name == base:
                stored.number_format += '"*"'  # the star is seen, the cell stays a number
        longest = max(table.frame[name].map(lambda value: len(str(value))), default=0) if kind in WIDE else 0
        page.column_dimensions[get_column_letter(j)].width = min(max(12, longest + 2), 44)
    if table.note:
        _put(page.cell(page.max_row + 2, 1), table.note, "text")
    page.freeze_panes = f"A{top + 1}"


def _wide(table: Table, words: Mapping[str, str]) -> list[tuple[str, str, str, Kind]]:
    """Return (column it belongs to, name, header, kind) of each sheet column, limits and errors apart."""
    out: list[tuple[str, str, str, Kind]] = []
    for column in table.columns:
        base, header, kind = column.name, column.header, column.kind
        out.append((base, base, header, kind))
        ends = [e for e in ENDS if kind in ("share", "points") and f"{base}_{e}" in table.frame]
        out += [(base, f"{base}_{e}", f"{header}: {words[e]}", kind) for e in ends]
    return out


def _heading(page: Worksheet, title: str, banner: str) -> int:
    """Write banner and title; return the row of the header."""
    from openpyxl.styles import Font

    row = 1
    for text, color in ((banner, "B00020"), (title, "000000")):
        if text:
            _put(page.cell(row, 1), text, "text").font = Font(bold=True, color=color)
            row += 1
    return row + 1 if row > 1 else 1


def _put(cell: Cell | Any, value: Any, kind: Kind) -> Cell:
    """Store one value: numbers as numbers, missing as a dash, everything else as text that is no formula."""
    value = value.item() if hasattr(value, "item") else value
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        value = fmt.MISSING
    if isinstance(value, float) and math.isinf(value):
        value = fmt.number(value)
    if isinstance(value, str):
        cell.value = value
        cell.data_type = "s"
        cell.number_format = "@" if kind == "code" else "General"
        if value.startswith(FORMULA_SIGNS):
            cell.quotePrefix = True
    else:
        cell.value = value
        cell.number_format = EXCEL[kind]
    return cell
