"""A picture of any result: a dot and its interval for each row, with the numbers beside."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sampling.checks import ArgumentError, DataError
from sampling.format import Lang, decimals_for, number
from surveykit.limits import Interval, method_of
from surveykit.plots import GREY, INK, LINE, STYLE, WIDTH, Picture, _frame
from surveykit.result import Estimates

__all__ = ["plot_estimates"]

TOGETHER = ("simultaneous", "bonferroni")
MOST = 120  # rows that can still be read
WRAP = 46  # letters of a label on one line
TALL, LINES = 0.26, 0.15  # inches of a row, and of each further line of its label
WORDS = {
    "vi": {
        "share": "phần trăm",
        "points": "điểm phần trăm",
        "to": "đến",
        "note": "Thanh ngang: khoảng tin cậy {level} %.",
        "together": "Thanh ngang: khoảng {level} % đúng đồng thời cho mọi dòng.",
        "minus": "trừ",
        "chosen": "Thanh ngang: khoảng {level} %, chưa kể thiên lệch tự chọn. Không suy rộng được.",
        "hollow": "Dấu rỗng: không tính được khoảng tin cậy.",
        "missing": "(thiếu)",
    },
    "en": {
        "share": "per cent",
        "points": "percentage points",
        "to": "to",
        "note": "Bars: {level} % confidence intervals.",
        "together": "Bars: {level} % intervals that hold for all rows together.",
        "minus": "minus",
        "chosen": "Bars: {level} % intervals, bias of self-selection not counted. No inference.",
        "hollow": "Hollow marks: no interval can be worked out.",
        "missing": "(missing)",
    },
}


def plot_estimates(
    result: Estimates,
    *,
    title: str,
    xlabel: str = "",
    labels: Mapping[Any, str] | None = None,
    reference: float | None = None,
    reference_label: str = "",
    sort: bool = False,
    level: float = 0.95,
    method: Interval | None = None,
    note: str = "",
    lang: Lang = "vi",
) -> Figure:
    """Draw each row of a result as a dot with its interval, in its units, the numbers at the right.

    Parameters
    ----------
    result : Estimates
        Shares are drawn in per cent, their differences in percentage points with a line at 0.
    title, xlabel, note : str
        Words; without ``xlabel`` the unit of shares stands there. The note follows what the bars are.
    labels : mapping, optional
        Words for row names, as in ``result.value.index``; others keep their names.
    reference : number, optional
        A line to compare with, in the units of ``result`` (0.85 for 85 %).
    reference_label : str
        Its words in the legend.
    sort : bool
        Whether the largest estimate comes on top; else the order of the rows.
    level, method : as for ``Estimates.ci``
    lang : {"vi", "en"}

    Returns
    -------
    Figure
        Rows without an interval have a hollow mark and no bar; rows without an estimate have their place and
        nothing in it.

    Raises
    ------
    ArgumentError
        More rows than can be read.
    DataError
        No row has an estimate.

    Examples
    --------
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"thon": list("aabbccdd"), "muc": [5, 4, 2, 4, 5, 3, 4, 4]})
    >>> shares = sv.proportion(sv.Design(people, sampling="srs", psu="thon"), "muc", value=[4, 5])
    >>> figure = plot_estimates(shares, title="Hài lòng", labels={"muc": "Câu hỏi chung"})
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['75 (37 đến 94)']
    """
    words, rows, scale = WORDS[lang], _rows(result, level, method), _scale(result)
    y = np.arange(len(rows))[::-1]
    if sort:
        rows = rows.iloc[np.argsort(-rows["estimate"].fillna(-np.inf).to_numpy(), kind="stable")]
    names = [textwrap.fill(text, WRAP) for text in _labels(rows.index, labels, lang)]
    row = TALL + LINES * max(name.count("\n") for name in names)
    figure = Picture(figsize=(WIDTH, 1.9 + row * len(rows)), layout="constrained")
    axes = figure.subplots()
    drawn = rows[["estimate", "ci_low", "ci_high"]].to_numpy(dtype=float) * scale
    known = ~np.isnan(drawn[:, 1])
    look = STYLE["adopting"]
    axes.hlines(y[known], drawn[known, 1], drawn[known, 2], color=look.color, lw=1.6, zorder=2)
    for here, face in ((known, look.color), (~known, "white")):
        axes.plot(drawn[here, 0], y[here], "o", color=look.color, mfc=face, ms=5.5, ls="none", zorder=3)
    if result.points:
        axes.axvline(0, color=INK, lw=0.9, zorder=1)
    if reference is not None:
        axes.axvline(scale * reference, color=STYLE["comparison"].color, lw=1.1, ls="--", zorder=1,
                     label=reference_label or "reference")  # fmt: skip
    _numbers(axes, drawn, y, result, lang)
    unit = "points" if result.points else "share" if result.is_share else ""
    axes.set_xlabel(xlabel or (words[unit] if unit else ""), fontsize=9, color=INK)
    axes.set_yticks(y, names, fontsize=8.5)
    axes.set_ylim(-0.7, len(rows) - 0.3)
    _plain(axes, lang)
    share = number(100 * level, 0 if round(100 * level, 6) % 1 == 0 else 1, lang)
    kind = "together" if method_of(result, method) in TOGETHER else "note"
    kind = "chosen" if result.context.sampling == "self-selected" else kind
    said = [words[kind].format(level=share)]
    said += [words["hollow"]] * bool((~known & ~np.isnan(drawn[:, 0])).any()) + [note] * bool(note)
    legend = {reference_label: reference_label} if reference is not None and reference_label else {}
    _frame(figure, title, " ".join(said), legend, "")
    return figure


def _rows(result: Estimates, level: float, method: Interval | None) -> pd.DataFrame:
    if not isinstance(result, Estimates):
        raise TypeError(
            f"result is a {type(result).__name__}, not Estimates. Pass what a verb such as sv.mean returns."
        )
    if len(result.value) > MOST:
        raise ArgumentError(
            f"result has {len(result.value)} rows, and more than {MOST} cannot be read in one picture. "
            "Draw fewer: pick them with where=."
        )
    if not result.value.notna().any():
        raise DataError("result has no estimate to draw. Its column reason says why.")
    return pd.DataFrame({"estimate": result.value}).join(result.ci(level, method))


def _scale(result: Estimates) -> float:
    """Return 100 for shares and their differences, 1 for the rest."""
    return 100.0 if result.is_share or result.points else 1.0


def _labels(index: pd.Index[Any], labels: Mapping[Any, str] | None, lang: Lang) -> list[str]:
    """Return the words of the rows; the parts of a name are joined, the two of a pair by "minus"."""
    words, out = WORDS[lang], []
    for name in index.tolist():
        whole: tuple[Any, ...] = name if isinstance(name, tuple) else (name,)
        parts: list[str] = [words["missing"] if pd.isna(part) else str(part) for part in whole]
        if index.names[-1] == "minus":
            parts = [f" {words['minus']} ".join(parts)]
        out.append((labels or {}).get(name, " · ".join(parts)))
    return out


def _numbers(axes: Axes, drawn: Any, y: Any, result: Estimates, lang: Lang) -> None:
    """Write estimate and limits at the right, with the decimals that the errors allow."""
    errors = result.se.to_numpy(dtype=float) * _scale(result)
    typical = float(np.nanmedian(errors)) if np.isfinite(errors).any() else np.nan
    digits = decimals_for(typical) if typical > 0 else 1
    for place, (middle, low, high) in zip(y, drawn, strict=True):
        if np.isnan(middle):
            continue
        text = number(middle, digits, lang, sign=result.points)
        if not np.isnan(low):
            ends = [number(end, digits, lang, sign=result.points) for end in (low, high)]
            text += f" ({ends[0]} {WORDS[lang]['to']} {ends[1]})"
        axes.text(1.02, place, text, fontsize=8, va="center", color=INK, transform=axes.get_yaxis_transform())


def _plain(axes: Axes, lang: Lang) -> None:
    """Ticks with the decimal mark of the language, a light grid, no frame."""
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))

    def tick(v: float, _: Any) -> str:
        digits = next((d for d in range(5) if abs(v - round(v, d)) < 1e-9), 5)
        return number(v, digits, lang)

    axes.xaxis.set_major_formatter(FuncFormatter(tick))
    axes.tick_params(axis="x", labelsize=8)
    axes.tick_params(axis="y", length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(GREY)
    axes.grid(axis="both", color=LINE, lw=0.5, zorder=0)
