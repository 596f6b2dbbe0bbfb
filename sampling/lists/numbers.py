"""Numbers written as people write them: decimal comma or point, thousands marked or not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..checks import ArgumentError, check_choice, listed
from ..codes import ODD_BLANK

__all__ = ["Decimal", "as_numbers", "read_numbers"]

Decimal = Literal[",", "."]
Array = npt.NDArray[np.float64]
LARGEST = 1e15  # a spreadsheet keeps 15 digits
# What shows which mark is the decimal one; d stands for it, t for the mark of thousands.
SHOWS = (
    r"[0-9]{1,3}(?:t[0-9]{3})+d[0-9]+|[0-9]{1,3}(?:t[0-9]{3}){2,}"
    r"|0d[0-9]+|[0-9]{4,}d[0-9]+|[0-9]+d(?:[0-9]{1,2}|[0-9]{4,})"
)
READS = r"[+-]?(?:[0-9]+|[0-9]{1,3}(?:t[0-9]{3})+)(?:d[0-9]+)?"
OPEN = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")  # 1.234: a thousand or a bit more than one?


def read_numbers(
    column: pd.Series[Any], name: str, *, argument: str = "numbers", decimal: Decimal | None = None
) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Return a column as numbers, and the cells that hold text which is no number.

    Parameters
    ----------
    column : (n,) numbers, text or missing
    name, argument : of the column, and of the argument that named it, for the sentences
    decimal : "," or "."
        The decimal mark; the other one marks thousands. Without it the column itself must show which it
        is, as "12,5", "1.234,5" and "1.234.567" do.

    Returns
    -------
    (n,) values, missing where there is none, and (n,) True where text is no number.

    Raises
    ------
    ArgumentError
        The mark cannot be told ("1.234"), or the column shows both.

    Examples
    --------
    >>> values, unread = read_numbers(pd.Series(["1.234,5", "12", "đang cập nhật", None]), "so_ho")
    >>> values.tolist(), unread.tolist()
    ([1234.5, 12.0, nan, nan], [False, False, True, False])
    """
    cells = column.astype(object).tolist()
    values = np.full(len(cells), np.nan)
    words: dict[int, str] = {}
    for row, cell in enumerate(cells):
        if isinstance(cell, str):
            written = re.sub(r"(?<=[0-9]) (?=[0-9]{3}(?![0-9]))", "", ODD_BLANK.sub(" ", cell).strip())
            words[row] = written.replace("\u2212", "-")
        elif isinstance(cell, (int, float, np.number)) and not isinstance(cell, (bool, np.bool_)):
            values[row] = cell
        elif isinstance(cell, (bool, np.bool_)) or not pd.isna(cell):
            words[row] = str(cell) + "?"  # a date or a truth value is no number
    mark = decimal or _mark(list(words.values()), name, argument)
    form = re.compile(_with(READS, check_choice(mark, (",", "."), "decimal")))
    unread = np.zeros(len(cells), dtype=bool)
    for row, word in words.items():
        if form.fullmatch(word):
            values[row] = float(word.replace("." if mark == "," else ",", "").replace(",", "."))
        else:
            unread[row] = word != ""
    return values, unread


def as_numbers(
    column: pd.Series[Any], name: str, *, argument: str, decimal: Decimal | None, rows: Sequence[int]
) -> tuple[pd.Series[Any], str]:
    """Return a column as numbers, whole where all are whole, and a sentence about cells that are none."""
    values, unread = read_numbers(column, name, argument=argument, decimal=decimal)
    said = ""
    if unread.any():
        at = np.flatnonzero(unread)
        words = column[unread].astype(str).unique().tolist()
        said = (
            f"{argument}={name!r}: {at.size} cells are not numbers, first in row {rows[at[0]]}, and are "
            f"missing now: {listed(words, 3)}. Fill them in, or see sampling.cleaning.clean_sizes."
        )
    whole = bool(np.isfinite(values).all() and (values % 1 == 0).all() and (abs(values) < LARGEST).all())
    return pd.Series(values.astype(np.int64) if whole else values, index=column.index), said


def _mark(words: Sequence[str], name: str, argument: str) -> Decimal:
    """Return the decimal mark that the column shows; a point if no cell has any mark."""
    marked = [word.lstrip("+-") for word in words if "," in word or "." in word]
    comma = next((w for w in marked if re.fullmatch(_with(SHOWS, ","), w)), None)
    point = next((w for w in marked if re.fullmatch(_with(SHOWS, "."), w)), None)
    if comma and point:
        raise ArgumentError(
            f"{argument}={name!r}: {comma!r} has a decimal comma and {point!r} a decimal point. "
            "Write all in one way, or say decimal=',' or decimal='.'."
        )
    unclear = next((w for w in marked if OPEN.fullmatch(w)), None)
    if unclear and not comma and not point:
        a, b = unclear.replace(",", ".").split(".")
        raise ArgumentError(
            f"{argument}={name!r}: {unclear!r} may be {a}{b} or {a} and {b} thousandths. "
            "Say decimal=',' or decimal='.'."
        )
    return "," if comma else "."


def _with(pattern: str, mark: str) -> str:
    return pattern.replace("d", re.escape(mark)).replace("t", re.escape("." if mark == "," else ","))
