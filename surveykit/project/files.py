"""Read the tables that a settings file names: everything as text first, so that codes keep their zeros."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from pathlib import Path

import numpy as np
import pandas as pd

from sampling.checks import ColumnError, DataError, listed, near, nfc

__all__ = ["at", "file_hash", "read_table", "refuse_missing", "require_columns", "to_number"]

ENDINGS = (".csv", ".txt", ".tsv", ".xlsx", ".xlsm")


def read_table(folder: Path, name: str, key: str) -> pd.DataFrame:
    """Read a CSV file or a sheet of an Excel workbook, every cell as text.

    Parameters
    ----------
    folder : Path
        Folder of the settings file.
    name : str
        File name; ``"phieu.xlsx#dot 1"`` names a sheet, the first one if none is named.
    key : str
        Key of the settings, for the error sentence.

    Returns
    -------
    DataFrame
        Text in composed form (NFC) without outer blanks, empty cells missing; a column ``_place`` says where
        each row stands.
    """
    file_name, _, sheet = name.partition("#")
    path = folder / file_name
    if not path.is_file():
        others = [p.name for p in folder.iterdir() if p.suffix.lower() in ENDINGS] if folder.is_dir() else []
        raise DataError(
            f"{key}={name!r}: there is no such file in {folder.name or folder}.{near(file_name, others)} "
            "Put the file beside the settings, or correct the name."
        )
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        raw = _read_sheet(path, sheet, key, name)
    elif path.suffix.lower() in (".csv", ".txt", ".tsv"):
        raw = _read_csv(path, key, name)
    else:
        raise DataError(f"{key}={name!r}: only .csv and .xlsx are read. Save the table as one of them.")
    raw.columns = pd.Index([nfc(str(c)) for c in raw.columns])
    if not raw.columns.is_unique:
        twice = raw.columns[raw.columns.duplicated()].unique()
        raise ColumnError(
            f"{key}={name!r} has columns of the same name: {listed(twice)}. Rename one of each."
        )
    table = raw.apply(lambda column: column.map(nfc, na_action="ignore"))
    table = table.mask(table == "")
    table["_place"] = [f"row {i} of {name}" for i in range(2, len(table) + 2)]
    table = table[table.drop(columns="_place").notna().any(axis=1)]
    if table.empty:
        raise DataError(f"{key}={name!r} has no rows. Check that it is the right file.")
    out: pd.DataFrame = table.reset_index(drop=True)
    return out


def require_columns(table: pd.DataFrame, wanted: dict[str, list[str]], file: str) -> None:
    """Refuse a table without a column that a key names."""
    known = [c for c in table.columns if c != "_place"]
    for key, names in wanted.items():
        for name in names:
            if name not in known:
                raise ColumnError(
                    f"{key}={name!r}: {file} has no such column.{near(name, known)} "
                    f"Its columns are {listed(known, 12)}."
                )


def to_number(table: pd.DataFrame, column: str, key: str) -> pd.Series[float]:
    """Return a column of text as numbers; decimal comma or point, whichever the column uses.

    Examples
    --------
    >>> forms = pd.DataFrame({"w": ["1.234,5", "0,25"], "_place": ["row 2", "row 3"]})
    >>> to_number(forms, "w", "columns.weight").tolist()
    [1234.5, 0.25]
    """
    text = table[column].astype(object)
    plain = text.map(lambda v: re.sub(r"[\s\u00a0]", "", v), na_action="ignore")
    if plain.str.contains(",", na=False).any():
        plain = plain.str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
    numbers = pd.to_numeric(plain, errors="coerce").astype(float)
    bad = text.notna() & ~np.isfinite(numbers)
    if bad.any():
        raise DataError(f"{key}={column!r}: {at(table, column, bad)} is not a number. Correct that cell.")
    return numbers


def at(table: pd.DataFrame, column: str, bad: pd.Series[bool]) -> str:
    """Return the first value that is bad and where it stands: "'x' in row 5 of phieu.csv"."""
    row = int(np.flatnonzero(bad)[0])
    value = table[column].iloc[row]
    return f"{'' if pd.isna(value) else value!r} in {table['_place'].iloc[row]}"


def refuse_missing(values: pd.Series[str], table: pd.DataFrame, what: str) -> None:
    """Refuse empty cells in a column that must be filled."""
    empty = values.isna()
    if empty.any():
        place = table.loc[empty.index, "_place"].iloc[int(np.flatnonzero(empty)[0])]
        raise DataError(f"{what} is empty in {empty.sum()} rows (first: {place}). Fill it in.")


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file's content."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read_csv(path: Path, key: str, name: str) -> pd.DataFrame:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(
            f"{key}={name!r} is not written in UTF-8. In Excel choose “CSV UTF-8” when saving."
        ) from None
    head = text.split("\n", 1)[0]
    separator = max(";\t,", key=head.count)
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    for row in reader:
        if rows and row and len(row) != len(rows[0]):
            raise DataError(
                f"{key}={name!r}: line {reader.line_num} has {len(row)} cells, the first line has "
                f"{len(rows[0])}. A cell with the separator in it must stand in quotes."
            )
        rows.append(row or [""] * len(rows[0] if rows else [""]))
    if not rows:
        raise DataError(f"{key}={name!r} is empty. Check that it is the right file.")
    return pd.DataFrame(rows[1:], columns=rows[0], dtype=object)


def _read_sheet(path: Path, sheet: str, key: str, name: str) -> pd.DataFrame:
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        if sheet and sheet not in book.sheetnames:
            raise DataError(
                f"{key}={name!r}: the workbook has no sheet {sheet!r}.{near(sheet, book.sheetnames)} "
                f"Its sheets are {listed(book.sheetnames, 12)}."
            )
        page = book[sheet] if sheet else book.worksheets[0]
        rows = [[_cell_text(v) for v in row] for row in page.iter_rows(values_only=True)]
    finally:
        book.close()
    if not rows or all(v is None for v in rows[0]):
        raise DataError(f"{key}={name!r}: the first row of the sheet must hold the names of the columns.")
    keep = [j for j, head in enumerate(rows[0]) if head is not None]
    body = [[row[j] for j in keep] for row in rows[1:]]
    return pd.DataFrame(body, columns=[rows[0][j] for j in keep], dtype=object)


def _cell_text(value: object) -> str | None:
    """Return a cell as text; whole numbers without the ".0" that Excel gives them."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
