"""The margins to expect of an allocation: a dot for each stratum, each domain and the whole."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ..allocation import Precision
from ..allocation.result import plain_number
from ..checks import ArgumentError, check_choice, check_fraction
from ..format import LANGS, Lang, integer, percent

__all__ = ["plot_precision"]

INK, GREY, LINE = "#222222", "#6b6b6b", "#d9d9d9"
#: Colour, marker and face of a row: colours of Okabe and Ito, told apart by shape too.
LOOKS: Mapping[str, tuple[str, str, str]] = {
    "stratum": ("#0072B2", "o", "#0072B2"),
    "domain": ("#D55E00", "s", "white"),
    "overall": (INK, "D", INK),
}
BOND = "\u00a0"  # a space at which no line breaks
DPI = 107
BEHIND = {"boxstyle": "square,pad=0.1", "fc": "white", "ec": "none"}  # so that no line crosses a number
ROW, LINE_OF_LABEL = 0.27, 0.14  # inches of height that a row needs, and every further line of a label

WORDS: Mapping[str, tuple[str, str]] = {
    "title": ("Sai số biên dự kiến trước khi điều tra", "Margins of error expected before fieldwork"),
    "share": ("sai số biên (± điểm phần trăm)", "margin of error (± percentage points)"),
    "mean": ("sai số biên (±)", "margin of error (±)"),
    "stratum": ("tầng", "stratum"),
    "domain": ("miền", "domain"),
    "overall": ("chung", "overall"),
    "whole": ("Chung", "Overall"),
    "target": ("cần đạt: ±{margin}", "wanted: ±{margin}"),
    "note": (
        "Độ tin cậy {level}; {answers} trả lời từ {n} đơn vị được chọn. Chỉ đúng nếu các giả định đúng.",
        "Confidence level {level}; {answers} answers from {n} units drawn. True if what is assumed is.",
    ),
}


class PrecisionPlot(Figure):
    """A figure that shows itself in a notebook whole, without any magic line."""

    def _repr_png_(self) -> bytes:
        page = io.BytesIO()
        self.savefig(page, format="png", dpi=DPI)
        return page.getvalue()


def plot_precision(
    expected: Precision, *, target: float | None = None, title: str | None = None, lang: Lang = "vi"
) -> Figure:
    r"""Draw the expected margin of each stratum, each domain and the whole, the largest sample on top.

    Parameters
    ----------
    expected : Precision
        What `precision` returned.
    target : float, optional
        A margin that is wanted, drawn as a line: 0.05 is 5 percentage points of a share.
    title : str, optional
    lang : {"vi", "en"}

    Returns
    -------
    Figure

    Raises
    ------
    ArgumentError
        The target is not above 0, or is a percentage.

    Examples
    --------
    >>> from sampling.allocation import precision
    >>> found = precision({"Phường": 600, "Xã": 400}, {"Phường": 52_000, "Xã": 31_000}, p=0.8)
    >>> [label.get_text() for label in plot_precision(found).axes[0].get_yticklabels()]
    ['Chung (n\xa0=\xa01.000)', 'Xã (n\xa0=\xa0400)', 'Phường (n\xa0=\xa0600)']
    """
    say = {key: pair[0 if check_choice(lang, LANGS, "lang") == "vi" else 1] for key, pair in WORDS.items()}
    scale = 100 if expected.is_share else 1
    _check_target(target, expected)
    rows, y = expected.table, _places(expected.table)
    margins = scale * rows["margin"].to_numpy(dtype=np.float64)
    labels = _labels(rows, say["whole"], lang)
    lines = max(label.count("\n") for label in labels)
    row = ROW + LINE_OF_LABEL * lines
    figure = PrecisionPlot(figsize=(8.0, 1.7 + row * (y.max() - y.min() + 1.4)))
    axes = figure.subplots()
    for kind, (color, marker, face) in LOOKS.items():
        here = (rows["level"] == kind).to_numpy()
        if here.any():
            axes.hlines(y[here], 0, margins[here], color=color, lw=1.1, zorder=2)
            axes.plot(
                margins[here],
                y[here],
                marker,
                color=color,
                mfc=face,
                ms=6.5,
                ls="none",
                label=say[kind],
                zorder=3,
            )
    for place, margin, text in zip(y, margins, _texts(expected, lang), strict=True):
        axes.annotate(
            text, (margin, place), (8, -0.5), textcoords="offset points", va="center", fontsize=8, bbox=BEHIND
        )
    if target is not None:
        text = say["target"].format(margin=expected.shown_margin(target, lang))
        axes.axvline(scale * target, color=GREY, lw=1.1, ls=(0, (5, 3)), label=text, zorder=1)
    most = max(float(margins.max()), scale * (target or 0.0))
    axes.set_xlim(0, 1.12 * most if most else 1)
    _dress(axes, labels, y, lang)
    axes.set_xlabel(say["share" if expected.is_share else "mean"], fontsize=9)
    whole = expected.overall
    note = say["note"].format(
        level=percent(expected.level, 0, lang),
        n=integer(whole["n"], lang),
        answers=integer(whole["answers"], lang),
    )
    _frame(figure, title or say["title"], textwrap.fill(note, 115))
    return figure


def _check_target(target: float | None, expected: Precision) -> None:
    if target is None:
        return
    if expected.is_share:
        check_fraction(target, "target")
    elif not 0 < target < float("inf"):
        raise ArgumentError(f"target={target:g}: it must be above 0. Correct it.")


def _places(rows: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Return the height of each row: strata by sample size, domains below them, the whole at the bottom."""
    kind = rows["level"].map({"stratum": 0, "domain": 1, "overall": 2}).to_numpy()
    order = np.lexsort((np.arange(len(rows)), -rows["n"].to_numpy(), kind))
    gaps = 0.5 * np.diff(kind[order], prepend=0).clip(0, 1)
    y = np.empty(len(rows))
    y[order] = -(np.arange(len(rows)) + np.cumsum(gaps))
    return y


def _texts(expected: Precision, lang: Lang) -> list[str]:
    return [f"±{expected.shown_margin(margin, lang, unit=False)}" for margin in expected.table["margin"]]


def _labels(rows: pd.DataFrame, whole: str, lang: Lang) -> list[str]:
    names = rows["name"].where(rows["level"] != "overall", whole)
    sizes = [f"(n{BOND}={BOND}{integer(n, lang)})" for n in rows["n"]]
    return [textwrap.fill(f"{name} {size}", 36) for name, size in zip(names, sizes, strict=True)]


def _dress(axes: Axes, labels: list[str], y: npt.NDArray[np.float64], lang: Lang) -> None:
    order = np.argsort(y)
    axes.set_yticks(y[order], [labels[i] for i in order], fontsize=9)
    axes.set_ylim(y.min() - 0.7, y.max() + 0.7)
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: plain_number(x, lang)))
    axes.tick_params(axis="x", labelsize=8)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=LINE, lw=0.5, zorder=0)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def _frame(figure: Figure, title: str, note: str) -> None:
    """Title and legend above the axes, note below, each with room of its own."""
    height = figure.get_size_inches()[1]
    title = textwrap.fill(title, 80)
    top = 0.12 + 0.22 * (title.count("\n") + 1)
    below = 0.1 + 0.14 * (note.count("\n") + 1)
    figure.text(0.01, 1 - 0.06 / height, title, fontsize=12, fontweight="bold", color=INK, va="top")
    legend = figure.legend(
        loc="upper left", ncols=4, bbox_to_anchor=(0.0, 1 - top / height), frameon=False, fontsize=9
    )
    legend.set_in_layout(False)
    figure.text(0.01, 0.05 / height, note, fontsize=7.5, color=GREY, va="bottom")
    for text in figure.texts:
        text.set_in_layout(False)
    top += 0.34
    figure.set_layout_engine("constrained", rect=(0, below / height, 1, 1 - (top + below) / height))
