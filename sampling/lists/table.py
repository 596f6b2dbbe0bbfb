"""From the cells of a file to a table: codes as text, sizes as numbers, lines of a person counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ..checks import ArgumentError, ColumnError, DataError, check_columns, column_names
from ..codes import text
from .numbers import Decimal, as_numbers
from .persons import MULTIPLICITY, WithoutPerson, count_lines
from .reading import Sheet, read_sheet

__all__ = ["read_list"]

EXACT = 10**15  # a spreadsheet keeps 15 digits of a number


def read_list(
    path: str | Path,
    *,
    id: str,
    sheet: str | None,
    header: int,
    encoding: str | None,
    unit_name: str | None,
    size: str | None,
    strata: str | Sequence[str] | None,
    numbers: str | Sequence[str] | None,
    codes: str | Sequence[str] | Mapping[str, int] | None,
    decimal: Decimal | None,
    person: str | Sequence[str] | None,
    without_person: WithoutPerson,
    drop_person: bool,
    multiplicity: str | None,
) -> tuple[pd.DataFrame, str | None, list[str]]:
    """Return the table, its column of multiplicity, and sentences for the user.

    `sampling.read_frame` describes the arguments and the errors.
    """
    found = read_sheet(path, id=id, sheet=sheet, header=header, encoding=encoding)
    table, said = found.table, []
    digits = _digits(codes)
    check_columns(table, list(digits), "codes")
    check_columns(table, multiplicity, "multiplicity")
    counted = {"size": (size,), "numbers": column_names(numbers, "numbers"), "multiplicity": (multiplicity,)}
    used = [id, *digits, *check_columns(table, strata, "strata")]
    for name in dict.fromkeys(used):
        argument = "codes" if name in digits else "id" if name == id else "strata"
        table[name], sentence = _as_text(found, name, argument, digits.get(name, 0))
        said.append(sentence)
    done: list[str] = []
    for argument, names in counted.items():
        for name in [one for one in names if one is not None and one not in done]:
            check_columns(table, name, argument)
            if name in used:
                raise ArgumentError(
                    f"{argument}={name!r}: the column is used as text too, for codes or strata."
                )
            numbered = as_numbers(table[name], name, argument=argument, decimal=decimal, rows=found.rows)
            table[name] = numbered[0]
            said.append(numbered[1])
            done.append(name)
    if person is not None:
        table, multiplicity, sentence = _persons(
            table, person, id, [*used, *done], multiplicity, without_person, drop_person, found.rows
        )
        said.append(sentence)
    if unit_name is not None:
        if check_columns(found.table, unit_name, "unit_name")[0] in [*used, *done, *column_names(person, "")]:
            raise ArgumentError(
                f"unit_name={unit_name!r}: the column is used as id, code, stratum, number or person too. "
                "Leave it out."
            )
        table = table.rename(columns={unit_name: "name"})
    return table.infer_objects(), multiplicity, [sentence for sentence in said if sentence]


def _digits(codes: str | Sequence[str] | Mapping[str, int] | None) -> dict[str, int]:
    """Return how many digits each column of codes has, 0 where that was not said."""
    if not isinstance(codes, Mapping):
        return dict.fromkeys(column_names(codes, "codes"), 0)
    for name, digits in codes.items():
        if isinstance(digits, bool) or not isinstance(digits, int) or digits < 1:
            raise ArgumentError(
                f"codes[{name!r}]={digits!r}: pass the number of digits of a code, such as 5."
            )
    return dict(codes)


def _persons(
    table: pd.DataFrame,
    person: str | Sequence[str],
    id: str,
    used: Sequence[str],
    multiplicity: str | None,
    without_person: WithoutPerson,
    drop_person: bool,
    rows: Sequence[int],
) -> tuple[pd.DataFrame, str, str]:
    names = check_columns(table, person, "person")
    if multiplicity is not None:
        raise ArgumentError(
            f"person={person!r} has the lines of a person counted, and multiplicity={multiplicity!r} says "
            "that they are counted already. Pass one of them."
        )
    if not names or id in names:
        raise ColumnError(
            f"person={person!r}: name the columns that say who a person is, such as name and birth date; "
            f"the id {id!r} is of the line."
        )
    table, sentence = count_lines(
        table, person, without_person=without_person, drop_person=drop_person, keep=used, rows=rows
    )
    return table, MULTIPLICITY, sentence


def _as_text(sheet: Sheet, name: str, argument: str, digits: int) -> tuple[pd.Series[Any], str]:
    """Return a column of codes or words as text, and a sentence about codes stored as numbers."""
    cells = sheet.table[name].tolist()
    numeric = [
        i for i, cell in enumerate(cells) if isinstance(cell, (int, float)) and not isinstance(cell, bool)
    ]
    long = [i for i in numeric if abs(cells[i]) >= EXACT]
    if long:
        raise DataError(
            f"{argument}={name!r}: the code in row {sheet.rows[long[0]]} is stored as a number of more than "
            "15 digits, so its last digits are lost. Get the list again with this column as text."
        )
    words = ["" if cell is None else cell if isinstance(cell, str) else text(cell) for cell in cells]
    for i in numeric:
        words[i] = words[i].zfill(sheet.zeros.get((i, name), 0))
    words = [word.zfill(digits) if word.isdecimal() else word for word in words]
    column = pd.Series(words, index=sheet.table.index, dtype="str")
    bare = [i for i in numeric if (i, name) not in sheet.zeros]
    if not bare or digits or argument == "strata":
        return column.where(column != ""), ""
    width = max(5, *map(len, words))
    return column.where(column != ""), (
        f"{argument}={name!r}: {len(bare)} codes are stored as numbers, first {words[bare[0]]} in row "
        f"{sheet.rows[bare[0]]}, so zeros in front are lost if there were any. Get the list with this column "
        f"as text, or pass codes={{{name!r}: {width}}} for codes of {width} digits."
    )
