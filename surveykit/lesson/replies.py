"""Sentences shown apart from the tables and commands they belong to."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any, NamedTuple

from sampling.checks import ArgumentError

__all__ = ["Reply", "reading", "refused"]

COLOURS = {
    "đúng": "#2e7d32",
    "chưa đúng": "#b26a00",
    "chưa dự đoán": "#6b6b6b",
    "đọc": "#0072B2",
    "từ chối": "#a33",
}


class Reply(NamedTuple):
    """What a check answers; a notebook shows it as one marked paragraph.

    Attributes
    ----------
    status : {"đúng", "chưa đúng", "chưa dự đoán", "đọc", "từ chối"}
        "đọc" for a sentence that reads a result, "từ chối" for what was refused.
    text : str
        The answer.
    """

    status: str
    text: str

    def __repr__(self) -> str:
        """Return the answer as text."""
        return self.text

    def _repr_html_(self) -> str:
        colour = COLOURS[self.status]
        style = f"border-left: 4px solid {colour}; padding: 2px 12px; margin: 6px 0; max-width: 52em"
        lines = html.escape(self.text, quote=False).replace("\n", "<br>").replace(" %", "\u00a0%")
        return f'<p style="{style}">{lines}</p>'


def reading(text: str) -> Reply:
    """Return the sentence that reads a result, shown apart from the table it belongs to.

    Parameters
    ----------
    text : str
        Numbers already formatted, as by ``sampling.format``.

    Returns
    -------
    Reply

    Examples
    --------
    >>> reading("Tỷ lệ hài lòng là 83,0 %.")
    Đọc kết quả: Tỷ lệ hài lòng là 83,0 %.
    """
    return Reply("đọc", f"Đọc kết quả: {text}")


def refused(work: Callable[[], Any], meaning: str) -> Reply:
    """Return what is said when something is refused, and under it what that means in Vietnamese.

    Parameters
    ----------
    work : function without arguments
        What is to be refused.
    meaning : str

    Returns
    -------
    Reply

    Raises
    ------
    ArgumentError
        It was not refused, so the lesson says something wrong.

    Examples
    --------
    >>> import pandas as pd, surveykit as sv
    >>> people = sv.Design(pd.DataFrame({"w": [10.0, 10.0], "gioi": ["Nam", "Nữ"]}), weights="w")
    >>> refused(lambda: sv.rake(people, {"gioi": {"Nam": 1.0}}), "biên thiếu một mức.")
    Máy nói: margins['gioi'] has no target for 'Nữ' (1 rows). Add it, or recode those rows.
    Nghĩa là: biên thiếu một mức.
    """
    try:
        work()
    except (KeyError, TypeError, ValueError) as error:
        return Reply("từ chối", f"Máy nói: {error}\nNghĩa là: {meaning}")
    raise ArgumentError(f"work was not refused, so {meaning!r} explains nothing. Pass what is refused.")
