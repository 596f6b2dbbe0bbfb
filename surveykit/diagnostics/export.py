"""A file with one row a form and one column a factor of its weight, the trail, and the margins."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from surveykit.design import Design
from surveykit.diagnostics.factors import BASE, id_columns, weight_factors
from surveykit.diagnostics.margins import margins_table
from surveykit.stepnames import HEADS, step_words

if TYPE_CHECKING:
    from sampling.record.pages import Kind

__all__ = ["export_weights"]

ENDINGS = (".xlsx", ".csv")
STAGE = "stage "
WIDTHS: dict[Kind, float] = {"text": 34.0, "count": 24.0, "weight": 28.0, "probability": 28.0}  # mm
CAPTIONS = {
    "Quyền số": "Quyền số của từng phiếu: tích của quyền số cơ sở và hệ số của các bước",
    "Các bước": "Các bước tính quyền số",
    "Biên": "Tổng quyền số so với mục tiêu của các bước hiệu chỉnh",
}
TRAIL: tuple[Kind, ...] = ("text", "count", "weight", "weight", "weight", "probability", "probability")
MARGINS: tuple[Kind, ...] = ("text",) * 3 + ("weight",) * 5 + ("probability",) * 3


def export_weights(
    design: Design,
    path: str | os.PathLike[str],
    *,
    columns: str | Sequence[str] | None = None,
    overwrite: bool = False,
) -> list[Path]:
    """Write the weights with everything that made them, in Vietnamese.

    Parameters
    ----------
    design : Design
        Limited by ``where``, only those forms are written.
    path : file ending in .xlsx or .csv
        One workbook with the sheets "Quyền số", "Các bước" and "Biên"; or three files, the second and third
        with ``_cac_buoc`` and ``_bien`` before the ending (UTF-8, decimal point).
    columns : column name or list of them, optional
        Columns of the data to stand in front, as the number of the form.
    overwrite : bool
        Whether a file that is there already is replaced.

    Returns
    -------
    Paths written. A file appears whole or not at all.

    Raises
    ------
    ArgumentError
        Another ending, no such folder, or a file that is there already.

    Examples
    --------
    >>> import tempfile
    >>> design = Design(pd.DataFrame({"w": [10.0, 30.0]}), weights="w")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [path.name for path in export_weights(design, f"{folder}/quyen_so.csv")]
    ['quyen_so.csv', 'quyen_so_cac_buoc.csv', 'quyen_so_bien.csv']
    """
    from sampling.record.output import check_new, check_path, write_files

    place = check_path(path, ENDINGS)
    sheets = _sheets(design, columns)
    writers: dict[Path, Callable[[Path], None]] = {}
    if place.suffix.lower() == ".xlsx":
        writers[place] = lambda part: _write_book(sheets, part)
    else:
        for end, (table, _) in zip(("", "_cac_buoc", "_bien"), sheets.values(), strict=True):
            writers[place.with_name(f"{place.stem}{end}{place.suffix}")] = partial(_write_csv, table)
    if not overwrite:
        for file in writers:
            check_new(file)
    write_files(writers)
    return list(writers)


def _sheets(
    design: Design, columns: str | Sequence[str] | None
) -> dict[str, tuple[pd.DataFrame, tuple[Kind, ...]]]:
    """Return the three tables by the names of their sheets, with Vietnamese headings, and their kinds."""
    forms, own = weight_factors(design, columns=columns), id_columns(design, columns)
    factors = list(map(str, forms.columns[len(own) :]))
    for name in own:
        forms[name] = [_text(value) for value in forms[name].tolist()]
    forms.insert(0, "form", [str(label) for label in forms.index], allow_duplicates=True)
    kinds: list[Kind] = ["text"] * (1 + len(own))
    kinds += ["weight" if name in (BASE, factors[-1]) else "probability" for name in factors]
    forms.columns = pd.Index([HEADS["form"], *own, *map(_heading, factors)])
    trail, margins = design.trail, margins_table(design)
    for table in (trail, margins):
        table["step"] = [step_words(name) for name in table["step"]]
        table.columns = pd.Index([HEADS[name] for name in table.columns])
    margins[HEADS["level"]] = ["" if level is None else _text(level) for level in margins[HEADS["level"]]]
    tables = ((forms, tuple(kinds)), (trail, TRAIL), (margins, MARGINS))
    return dict(zip(CAPTIONS, tables, strict=True))


def _text(value: Any) -> str:
    """Return an id as text: whole numbers without '.0', missing ones empty, pairs with ' × '."""
    if isinstance(value, tuple):
        return " × ".join(_text(part) for part in value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if pd.isna(value) else str(value)


def _heading(name: str) -> str:
    from sampling.sample.words import unit_word

    if name.startswith(STAGE):
        return f"hệ số cấp {unit_word(name.removeprefix(STAGE))}"
    return HEADS.get(name) or step_words(name)


def _write_csv(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, index=False, encoding="utf-8-sig")


def _write_book(sheets: dict[str, tuple[pd.DataFrame, tuple[Kind, ...]]], path: Path) -> None:
    from sampling.record.excel import write_grids
    from sampling.record.pages import Column, Grid

    grids = []
    for sheet, (table, kinds) in sheets.items():
        names = [str(name) for name in table.columns]
        columns = [Column(name, kind, WIDTHS[kind]) for name, kind in zip(names, kinds, strict=True)]
        grids.append(Grid(CAPTIONS[sheet], tuple(columns), table, sheet))
    write_grids(grids, "", path)
