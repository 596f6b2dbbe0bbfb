"""A folder to start from: the example's settings and tables, and an Excel form for typing in answers."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sampling.checks import ArgumentError, DataError, listed
from surveykit.project import SCHEMA, Settings, read_settings
from surveykit.project.files import read_table

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

__all__ = ["EXAMPLE", "FORM", "example_folder", "start"]

EXAMPLE, FORM = "cao_bang", "mau_nhap_lieu.xlsx"
SETTINGS = "bao_cao.toml"
SHEETS = {"answers": "phieu", "communes": "xa", "margins": "bien_dan_so", "help": "huong_dan"}
ROWS = 5000  # rows of the form that have drop-down lists
STEPS = (
    "Cách dùng mẫu nhập liệu này",
    "1. Nhập danh sách xã vào trang xa, mỗi dòng một xã. Mã xã là chữ, giữ số 0 ở đầu.",
    "2. Nhập phiếu vào trang phieu, mỗi dòng một phiếu phát ra, kể cả phiếu không trả lời (tra_loi = 0).",
    "3. Nhập cơ cấu dân số vào trang bien_dan_so: các tỷ lệ của một đặc điểm cộng lại bằng 1.",
    "4. Trong bao_cao.toml, phần [files], thay bằng các dòng:",
    f'    answers = ["{FORM}#phieu"]',
    f'    communes = "{FORM}#xa"',
    f'    margins = "{FORM}#bien_dan_so"',
    "    và bỏ dòng truth; đặt synthetic = false; sửa ngày, tên đợt, tổng thể, khung mẫu cho đúng.",
    "5. Chạy: surveykit report bao_cao.toml",
    "Ô để trống là không có ý kiến. Không nhập công thức, không gộp ô. Đổi tên cột thì sửa cả bao_cao.toml.",
)


def example_folder() -> Path:
    """Return the folder of the example: beside the package in a wheel, in ``data`` in the source tree."""
    package = Path(__file__).parents[1]
    places = (package / "_data" / "examples" / EXAMPLE, package.parent / "data" / "examples" / EXAMPLE)
    for place in places:
        if (place / SETTINGS).is_file():
            return place
    raise DataError(f"The example {EXAMPLE!r} is not installed ({places[0]}). Install the package again.")


def start(folder: str | Path) -> list[Path]:
    """Copy the example into a new folder and add an Excel form.

    Parameters
    ----------
    folder : path
        A folder that does not exist yet or is empty.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    ArgumentError
        The folder holds something, or is a file.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as place:
    ...     print([path.name for path in start(Path(place) / "du_an")][:3])
    ['bao_cao.toml', 'bien_dan_so.csv', 'mau_nhap_lieu.xlsx']
    """
    wanted = Path(os.path.realpath(folder))
    if wanted.is_file():
        raise ArgumentError(f"FOLDER={str(folder)!r} is a file. Name a new folder.")
    if wanted.is_dir() and any(wanted.iterdir()):
        held = listed(sorted(p.name for p in wanted.iterdir()), 3)
        raise ArgumentError(f"FOLDER={str(folder)!r} is not empty ({held}). Name a new folder.")
    source = example_folder()
    wanted.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{wanted.name}-", suffix=".part", dir=wanted.parent))
    try:
        for path in sorted([*source.glob("*.toml"), *source.glob("*.csv")]):
            shutil.copyfile(path, fresh / path.name)
        write_form(read_settings(fresh / SETTINGS), fresh / FORM)
        fresh.chmod(0o755)
        if wanted.is_dir():
            wanted.rmdir()
        fresh.replace(wanted)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return sorted(wanted.iterdir())


def write_form(settings: Settings, path: Path) -> None:
    """Write an empty Excel form whose columns are those that the settings name, with drop-down lists.

    Parameters
    ----------
    settings : Settings
        Names of the columns, waves and scale.
    path : Path
        Workbook to write.
    """
    from openpyxl import Workbook

    book = Workbook()
    pages = {name: book.create_sheet(sheet) for name, sheet in SHEETS.items()}
    del book[book.sheetnames[0]]
    margins = read_table(settings.path.parent, settings["files.margins"], "files.margins")
    names = [settings[f"margins.{part}"] for part in ("characteristic", "level", "share")]
    levels: dict[str, list[str]] = {}
    for characteristic, level in zip(margins[names[0]], margins[names[1]], strict=True):
        levels.setdefault(str(characteristic), []).append(str(level))
    _header(pages["answers"], list(dict.fromkeys(_answer_columns(settings))))
    _header(pages["communes"], [c for found in settings.columns_of("files.communes").values() for c in found])
    _header(pages["margins"], names)
    for row, (name, level) in enumerate(((n, m) for n, ms in levels.items() for m in ms), start=2):
        for column, value in ((1, name), (2, level)):
            cell = pages["margins"].cell(row, column, value)
            cell.data_type = "s"
    waves = [settings[f"waves.{key}.level"] for key in ("before", "after")]
    choices = {settings["columns.wave"]: waves, settings["columns.responded"]: ["1", "0"], **levels}
    for column in (settings["outcome.main"], *_items(settings)):
        choices[column] = settings["outcome.scale"]
    _lists(pages["answers"], choices)
    _known_codes(pages["answers"], settings["columns.commune"], pages["communes"].title)
    _lists(pages["communes"], {settings["communes.type"]: ["xã", "phường", "đặc khu"]})
    _dates(pages["communes"], settings["communes.adopted"])
    _help(pages["help"], settings)
    book.active = book.sheetnames.index(SHEETS["help"])
    book.save(path)


def _items(settings: Settings) -> list[str]:
    return [item for items in (settings["outcome.groups"] or {}).values() for item in items]


def _answer_columns(settings: Settings) -> Iterator[str]:
    """Yield the columns of the forms: who and where first, then what was answered."""
    found = settings.columns_of("files.answers")
    last = [settings["outcome.main"], *_items(settings)]
    for names in found.values():
        yield from (name for name in names if name not in last)
    yield from last


def _header(page: Worksheet, names: Sequence[str]) -> None:
    """Write the names of the columns; every column is text, so that codes keep their zeros."""
    from openpyxl.styles import Font, PatternFill
    from openpyxl.utils import get_column_letter

    for j, name in enumerate(names, start=1):
        cell = page.cell(1, j, name)
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="DCE9F5")
        column = page.column_dimensions[get_column_letter(j)]
        column.number_format, column.width = "@", max(12, len(name) + 3)
    page.freeze_panes = "A2"


def _column(page: Worksheet, name: str) -> str:
    """Return the cells of a column below its header, e.g. "B2:B5001"."""
    letter = next(cell.column_letter for cell in page[1] if cell.value == name)
    return f"{letter}2:{letter}{ROWS + 1}"


def _lists(page: Worksheet, choices: dict[Any, list[str]]) -> None:
    from openpyxl.worksheet.datavalidation import DataValidation

    heads = {cell.value for cell in page[1]}
    for name, values in choices.items():
        if name in heads:
            rule = DataValidation("list", formula1=f'"{",".join(values)}"', allow_blank=True)
            rule.error, rule.errorTitle = f"Chọn một trong: {', '.join(values)}", str(name)
            rule.showErrorMessage = True
            rule.add(_column(page, name))
            page.add_data_validation(rule)


def _known_codes(page: Worksheet, name: str, communes: str) -> None:
    from openpyxl.worksheet.datavalidation import DataValidation

    rule = DataValidation("list", formula1=f"{communes}!$A$2:$A${ROWS + 1}", allow_blank=True)
    rule.error, rule.errorTitle = f"Mã xã phải có trong trang {communes}", name
    rule.showErrorMessage = True
    rule.add(_column(page, name))
    page.add_data_validation(rule)


def _dates(page: Worksheet, name: str) -> None:
    """Make a column of dates; the report reads them whichever way Excel shows them."""
    from openpyxl.worksheet.datavalidation import DataValidation

    rule = DataValidation("date", operator="greaterThan", formula1="36526", allow_blank=True)
    rule.error, rule.errorTitle = "Nhập ngày, ví dụ 15/01/2026; để trống nếu chưa áp dụng", name
    rule.showErrorMessage = True
    cells = _column(page, name)
    rule.add(cells)
    page.add_data_validation(rule)
    page.column_dimensions[cells.split("2:")[0]].number_format = "dd/mm/yyyy"


def _help(page: Worksheet, settings: Settings) -> None:
    """Write what to do, and what each column means (from the table of keys)."""
    from openpyxl.styles import Font

    rows: list[tuple[str, ...]] = [(line,) for line in STEPS]
    rows += [(), ("Trang", "Cột", "Ý nghĩa")]
    for file, sheet in (("answers", "phieu"), ("communes", "xa"), ("margins", "bien_dan_so")):
        for key, names in settings.columns_of(f"files.{file}").items():
            meaning = (
                SCHEMA[key].vi if key in SCHEMA else f"Nhóm câu hỏi: {key.removeprefix('outcome.groups.')}"
            )
            rows += [(sheet, name, meaning) for name in names]
    for i, row in enumerate(rows, start=1):
        for j, text in enumerate(row, start=1):
            cell = page.cell(i, j, text)
            cell.data_type = "s"
            if i == 1 or row[0] == "Trang":
                cell.font = Font(bold=True)
    for letter, width in (("A", 16), ("B", 16), ("C", 90)):
        page.column_dimensions[letter].width = width
