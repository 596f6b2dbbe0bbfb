"""Titled tables of results, numbers the Vietnamese way."""

from __future__ import annotations

import html
from typing import Any, Literal, NamedTuple

import pandas as pd

from sampling.checks import check_choice, check_columns, check_frame
from sampling.format import integer, interval, number, points
from surveykit.design import Design
from surveykit.result import Estimates
from surveykit.stepnames import HEADS, step_words

__all__ = ["Titled", "in_words", "show", "table"]

LARGE = 1000  # a column that reaches this is shown without decimals
UNITS = {"percent": "%", "points": "điểm phần trăm"}


class Titled(NamedTuple):
    """A table under its title.

    Attributes
    ----------
    title : str
    body : str
        HTML of the table.
    text : str
        The table as text.
    """

    title: str
    body: str
    text: str

    def __repr__(self) -> str:
        """Return title and table as text."""
        return f"{self.title}\n{self.text}"

    def _repr_html_(self) -> str:
        return f'<p style="margin-bottom:2px"><b>{html.escape(self.title, quote=False)}</b></p>{self.body}'


def show(result: Any, title: str) -> Titled:
    """Return a result, the trail of a design's weights, or a table under its title, the Vietnamese way.

    Parameters
    ----------
    result : Estimates, Design, DataFrame, or anything that shows itself as HTML
        Such as a crosstab, a table of Likert items, a test. Rows of a DataFrame that are only numbered lose
        their numbers.
    title : str
        Says “giả lập” where the data are synthetic.

    Returns
    -------
    Titled

    Examples
    --------
    >>> forms = pd.DataFrame({"xã": ["A", "B"], "phiếu": [1280, 32], "quyền số": [71.5, 98.25]})
    >>> show(forms, "Phiếu của hai xã (giả lập)")
    Phiếu của hai xã (giả lập)
    xã phiếu quyền số
     A 1.280    71,50
     B    32    98,25
    """
    if isinstance(result, Estimates):
        return Titled(title, result.to_html("vi"), repr(result))
    if isinstance(result, Design):
        trail = result.trail
        trail["step"] = [step_words(name) for name in trail["step"]]
        result = trail.rename(columns=HEADS)
    if not isinstance(result, pd.DataFrame) and hasattr(result, "_repr_html_"):
        return Titled(title, result._repr_html_(), repr(result))
    frame = check_frame(result, "result").apply(_texts)
    named = frame.index.names != [None] or not pd.api.types.is_integer_dtype(frame.index)
    return Titled(title, frame.to_html(index=named, border=0), frame.to_string(index=named))


def in_words(row: pd.Series[Any]) -> str:
    """Return a difference of shares with its interval, to stand in a sentence.

    Parameters
    ----------
    row : Series
        A row of ``Estimates.to_frame()``: estimate, ci_low, ci_high.

    Returns
    -------
    str

    Examples
    --------
    >>> in_words(pd.Series({"estimate": 0.068, "ci_low": 0.024, "ci_high": 0.112}))
    '+6,8 điểm phần trăm (từ +2,4 đến +11,2)'
    """
    ends = interval(row["ci_low"], row["ci_high"], unit="points").removesuffix(f" {UNITS['points']}")
    return f"{points(row['estimate'])} (từ {ends})"


def table(
    estimates: pd.DataFrame, *, unit: Literal["percent", "points"] = "percent", rows: str = ""
) -> pd.DataFrame:
    """Return the table of a result for reading: estimate, interval, answers, degrees of freedom.

    Parameters
    ----------
    estimates : DataFrame
        As ``Estimates.to_frame()`` returns it; shares or their differences.
    unit : {"percent", "points"}
        Shares in per cent, or differences in percentage points, with their sign.
    rows : str
        What the rows are, written at their head.

    Returns
    -------
    DataFrame of text, numbers with a decimal comma

    Examples
    --------
    >>> change = pd.DataFrame({"estimate": [0.068], "ci_low": [0.024], "ci_high": [0.112], "df": [49.0]})
    >>> table(change.set_axis(["áp dụng"]), unit="points", rows="nhóm xã").loc["áp dụng"].tolist()
    ['+6,8', '+2,4 đến +11,2', '49']
    """
    check_choice(unit, tuple(UNITS), "unit")
    check_columns(estimates, ["estimate", "ci_low", "ci_high"], "estimates")
    ends = estimates[["ci_low", "ci_high"]].to_numpy(dtype=float)
    sign = unit == "points"
    texts = {
        f"ước lượng ({UNITS[unit]})": [number(100 * x, 1, sign=sign) for x in estimates["estimate"]],
        "khoảng tin cậy 95 %": [interval(*pair, unit=unit).removesuffix(f" {UNITS[unit]}") for pair in ends],
    }
    if "n" in estimates and not sign:
        texts["số trả lời"] = [integer(n) for n in estimates["n"]]
    if "df" in estimates:
        texts["bậc tự do"] = [integer(d) for d in estimates["df"]]
    out = pd.DataFrame(texts, index=estimates.index)
    return out.rename_axis(index=None, columns=rows or None) if out.index.nlevels == 1 else out


def _texts(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column as text: whole or large numbers without decimals, others with two, "–" for none."""
    if pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column):
        return column.astype(object).where(column.notna(), "–")
    whole = (column.dropna() % 1 == 0).all() or column.abs().max() >= LARGE
    return column.map(integer if whole else number)
