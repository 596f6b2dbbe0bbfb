"""What a draw record is made of before it is a document: sections of sentences and tables."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from ..checks import nfc
from ..format import Lang, integer, number

__all__ = ["Column", "Grid", "Record", "Section", "clean", "shown_cells"]

Kind = Literal["text", "count", "probability", "weight"]
UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")  # no document may hold these
DIGITS = {"probability": 6, "weight": 2}


@dataclass(frozen=True)
class Column:
    """A column of a grid: its heading, what it holds, and its width in the printed table in mm."""

    heading: str
    kind: Kind = "text"
    width: float = 25.0


@dataclass(frozen=True)
class Grid:
    """A table with its caption; ``rows`` has a column for each of ``columns``, text or numbers as they are.

    ``sheet`` names the worksheet of an .xlsx record that holds the table; "" for the first.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: pd.DataFrame
    sheet: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the record: its heading, its sentences, lines of code, then its tables."""

    heading: str
    lines: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    grids: tuple[Grid, ...] = ()


@dataclass(frozen=True)
class Record:
    """A draw record: the blocks at its head, its sections, and the people who sign it.

    Attributes
    ----------
    agency, number : left of the head
    nation, motto, place_day : right of the head
    title, subject : in the middle
    notice : what stands under the title where the lists are synthetic, else ""
    opening : first paragraph
    sections : in order
    closing : last paragraph
    members : (name, role) of those present
    sign : headings of the table for the signatures
    lang : language
    """

    agency: str
    number: str
    nation: str
    motto: str
    place_day: str
    title: str
    subject: str
    notice: str
    opening: str
    sections: tuple[Section, ...]
    closing: str
    members: tuple[tuple[str, str], ...]
    sign: tuple[str, str, str]
    lang: Lang


def clean(value: object) -> str:
    r"""Return text that a document can hold: composed (NFC), control characters turned into blanks.

    >>> clean("  Nguyễn\x0bAn ")
    'Nguyễn An'
    """
    return UNFIT.sub(" ", nfc(str(value)))


def shown_cells(grid: Grid, lang: Lang) -> list[list[str]]:
    """Return the cells of a grid as they are printed, column by column; equal numbers are written once.

    >>> grid = Grid("", (Column("mã"), Column("n", "count")), pd.DataFrame({"a": ["01"], "b": [1200]}))
    >>> shown_cells(grid, "vi")
    [['01'], ['1.200']]
    """
    return [_shown(grid.rows.iloc[:, i], column.kind, lang) for i, column in enumerate(grid.columns)]


def _shown(values: pd.Series, kind: Kind, lang: Lang) -> list[str]:
    codes, known = pd.factorize(values, use_na_sentinel=False)
    if kind == "text":
        written = ["" if pd.isna(value) else clean(value) for value in known]
    elif kind == "count":
        written = [integer(value, lang) for value in known]
    else:
        written = [number(value, DIGITS[kind], lang) for value in known]
    return np.array(written, dtype=object)[codes].tolist() if len(codes) else []
