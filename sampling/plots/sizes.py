"""Pictures of a sample size: what moves it, its power or margin against n, its operating curve."""

from __future__ import annotations

import io
import textwrap
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ..checks import ArgumentError, check_choice
from ..format import LANGS, Lang, integer, number
from ..size.result import SizeResult
from ..size.threshold import operating_curve
from ..size.words import label, of_shares, value_text

__all__ = ["plot_operating_curve", "plot_power", "plot_sensitivity"]

INK, GREY, LINE = "#222222", "#6b6b6b", "#d9d9d9"
BLUE, RED = "#0072B2", "#D55E00"  # of Okabe and Ito, told apart by the colour-blind, and by line style too
DPI = 107
WIDTH = 8.0  # inches

POINTS = ("margin", "effect")

WORDS = {
    "sensitivity": ("Cỡ mẫu thay đổi theo từng giả định", "How the sample size moves with each assumption"),
    "sensitivity of": ("{what} thay đổi theo từng giả định", "How the {what} moves with each assumption"),
    "forms": ("phiếu phát ra", "forms to hand out"),
    "communes": ("số xã áp dụng", "adopting communes"),
    "margin": ("sai số biên", "margin of error"),
    "relative_margin": ("sai số biên tương đối", "relative margin of error"),
    "points": ("điểm phần trăm", "percentage points"),
    "power": ("lực kiểm định", "power"),
    "effect": ("mức chênh lệch phát hiện được", "effect that can be found"),
    "power curve": ("Lực kiểm định theo cỡ mẫu", "Power against sample size"),
    "margin curve": ("Sai số biên theo cỡ mẫu", "Margin of error against sample size"),
    "chosen": ("phương án: {n}", "this plan: {n}"),
    "curve": ("Khả năng kết luận đạt ngưỡng", "Chance of passing the threshold"),
    "p": ("tỷ lệ thật (%)", "true share (%)"),
    "pass": ("khả năng kết luận “đạt” (%)", "chance of passing (%)"),
    "limit above": ("cận dưới của khoảng tin cậy trên ngưỡng", "lower confidence limit above the threshold"),
    "limit below": ("cận trên của khoảng tin cậy dưới ngưỡng", "upper confidence limit below the threshold"),
    "naive above": ("tỷ lệ quan sát từ ngưỡng trở lên", "share observed at or above the threshold"),
    "naive below": ("tỷ lệ quan sát từ ngưỡng trở xuống", "share observed at or below the threshold"),
    "threshold": ("ngưỡng {p}", "threshold {p}"),
    "nothing": ("(không có lời giải)", "(no answer)"),
}


class SizePicture(Figure):
    """A figure that shows itself in a notebook whole, without any magic line."""

    def _repr_png_(self) -> bytes:
        page = io.BytesIO()
        self.savefig(page, format="png", dpi=DPI)
        return page.getvalue()


def plot_sensitivity(
    result: SizeResult, table: pd.DataFrame | None = None, *, title: str | None = None, lang: Lang = "vi"
) -> Figure:
    """Draw how the answer moves when one assumption changes and the others stay.

    One row for each assumption; each mark is a value tried, with the value beside it; the line through all
    rows is the plan itself. Values without an answer are named at the right of their row.

    Parameters
    ----------
    result : SizeResult
    table : what `result.sensitivity()` returns, by default with its own values
    title : words above the plot
    lang : {"vi", "en"}

    Returns
    -------
    Figure

    Examples
    --------
    >>> from sampling.size import size_proportion
    >>> figure = plot_sensitivity(size_proportion(p=0.85, margin=0.03, deff=2.5, response=0.8))
    >>> [text.get_text() for text in figure.axes[0].get_yticklabels()][-1]
    'tỷ lệ dự kiến'
    """
    e = check_choice(lang, LANGS, "lang") == "en"
    table = result.sensitivity() if table is None else table
    column = _answer(result)
    rows = list(dict.fromkeys(table["assumption"]))
    figure = SizePicture(figsize=(WIDTH, 1.9 + 0.55 * len(rows)), layout="constrained")
    axes = figure.subplots()
    scale = _scale(result, column)
    base = scale * _of(result, column)
    axes.axvline(base, color=GREY, lw=0.9, ls="--", zorder=1)
    for y, name in enumerate(reversed(rows)):
        part = table[table["assumption"] == name]
        _row(axes, result, part.dropna(subset=[column]), y, column, scale, lang)
        lost = [_short(result, name, v, lang) for v in part.loc[part[column].isna(), "value"]]
        if lost:
            text = f"{'; '.join(lost)}: {WORDS['nothing'][e]}"
            axes.annotate(text, (1, y), (-4, -9), xycoords=("axes fraction", "data"), fontsize=7.5,
                          color=GREY, textcoords="offset points", ha="right", va="top")  # fmt: skip
    names = [label(name, lang) + _unit(result, name, lang) for name in reversed(rows)]
    axes.set_yticks(range(len(rows)), names, fontsize=9)
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.margins(x=0.14)
    axes.set_xlabel(_axis(result, column, lang), fontsize=9)
    _numbers(axes, column, lang, axis="x")
    what = WORDS["effect" if column == "effect" else column if column in WORDS else "forms"][e]
    if title is None:
        of = WORDS["sensitivity of"][e].format(what=what if e else what[0].upper() + what[1:])
        title = WORDS["sensitivity"][e] if column == "total" else of
    _dress(figure, axes, title, result, lang)
    return figure


def plot_power(result: SizeResult, *, title: str | None = None, lang: Lang = "vi") -> Figure:
    """Draw the power against n, or the margin where there is no test, and where the plan stands.

    Parameters
    ----------
    result : SizeResult
    title : words above the plot
    lang : {"vi", "en"}

    Returns
    -------
    Figure

    Examples
    --------
    >>> from sampling.size import size_difference
    >>> figure = plot_power(size_difference(0.80, 0.85))
    >>> figure.axes[0].get_ylabel()
    'lực kiểm định (%)'
    """
    e = check_choice(lang, LANGS, "lang") == "en"
    curve = result.curve()
    size, column = str(curve.columns[0]), str(curve.columns[-1])
    scale = _scale(result, column)
    figure = SizePicture(figsize=(WIDTH, 4.4), layout="constrained")
    axes = figure.subplots()
    x, y = curve[size].to_numpy(dtype=float), scale * curve[column].to_numpy(dtype=float)
    axes.plot(x, y, color=BLUE, lw=1.8, zorder=2)
    at, value = (result.n if size == "n" else result.assumptions[size]), scale * _of(result, column)
    axes.plot([at], [value], "o", color=RED, ms=7, zorder=3)
    axes.vlines(at, 0, value, color=RED, lw=0.9, ls=":")
    axes.hlines(value, 0, at, color=RED, lw=0.9, ls=":")
    lower = column == "power"
    axes.annotate(WORDS["chosen"][e].format(n=integer(at, lang)), (at, value), (8, -14 if lower else 10),
                  textcoords="offset points", fontsize=9, color=RED)  # fmt: skip
    axes.set_xlim(0, 1.03 * x.max())
    axes.set_ylim(0, 103 if lower else 1.05 * np.nanmax(y))
    groups = len(result.groups) == 2 and result.kind != "did"
    per = (" (mỗi nhóm hoặc đợt)", " (in the first group or wave)")[e] if groups else ""
    axes.set_xlabel(WORDS["communes" if size == "communes" else "forms"][e] + per, fontsize=9)
    axes.set_ylabel(_axis(result, column, lang), fontsize=9)
    _numbers(axes, "n", lang, axis="x")
    _numbers(axes, column, lang, axis="y")
    head = WORDS["power curve" if lower else "margin curve"][e]
    _dress(figure, axes, head if title is None else title, result, lang)
    return figure


def plot_operating_curve(result: SizeResult, *, title: str | None = None, lang: Lang = "vi") -> Figure:
    """Draw the chance of passing a threshold against the true share, for two rules.

    Parameters
    ----------
    result : of `size_threshold`
    title : words above the plot
    lang : {"vi", "en"}

    Returns
    -------
    Figure: the rule of the confidence limit, drawn through, and the naive one that looks at the share
    observed alone, dashed.

    Examples
    --------
    >>> from sampling.size import size_threshold
    >>> figure = plot_operating_curve(size_threshold(0.90, 0.95))
    >>> [text.get_text() for text in figure.axes[0].get_legend().get_texts()][1]
    'tỷ lệ quan sát từ ngưỡng trở lên'
    """
    e = check_choice(lang, LANGS, "lang") == "en"
    curve = operating_curve(result)
    side, p0 = str(result.assumptions["side"]), float(result.assumptions["p0"])
    figure = SizePicture(figsize=(WIDTH, 4.6), layout="constrained")
    axes = figure.subplots()
    x = 100 * curve["p"].to_numpy(dtype=float)
    for column, look in (("limit_rule", (BLUE, "-")), ("naive_rule", (RED, "--"))):
        name = f"{column.split('_')[0]} {side}"
        axes.plot(x, 100 * curve[column].to_numpy(dtype=float), color=look[0], ls=look[1], lw=1.8,
                  label=WORDS[name][e])  # fmt: skip
    axes.axvline(100 * p0, color=GREY, lw=0.9, ls=":")
    axes.annotate(WORDS["threshold"][e].format(p=value_text(result, "p0", p0, lang)), (100 * p0, 101), (3, 0),
                  textcoords="offset points", fontsize=8.5, color=GREY, va="bottom")  # fmt: skip
    axes.set_xlim(x.min(), x.max())
    axes.set_ylim(0, 109)
    axes.set_yticks(range(0, 101, 20))
    axes.set_xlabel(WORDS["p"][e], fontsize=9)
    axes.set_ylabel(WORDS["pass"][e], fontsize=9)
    _numbers(axes, "power", lang, axis="x")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=False, fontsize=8.5)
    _dress(figure, axes, WORDS["curve"][e] if title is None else title, result, lang)
    return figure


def _answer(result: SizeResult) -> str:
    """Return the column that is drawn: what was found, or the forms of a round."""
    if result.solved in ("n", "communes", "take"):
        return "total"
    if result.solved == "margin" and result.margin is None:
        raise ArgumentError(
            "result has no margin in units of y, only a relative one. Give sd and mean to draw it."
        )
    return result.solved


def _of(result: SizeResult, column: str) -> float:
    return float(getattr(result, column))


def _scale(result: SizeResult, column: str) -> float:
    shares = column in ("power", "relative_margin") or (column in ("margin", "effect") and of_shares(result))
    return 100.0 if shares else 1.0


def _axis(result: SizeResult, column: str, lang: Lang) -> str:
    e = lang == "en"
    if column == "total":
        return WORDS["forms"][e]
    unit = "%" if column in ("power", "relative_margin") else WORDS["points"][e] if of_shares(result) else ""
    return WORDS[column][e] + (f" ({unit})" if unit else "")


def _unit(result: SizeResult, name: str, lang: Lang) -> str:
    """Return the unit of an assumption whose values are written without it."""
    return f" ({WORDS['points'][lang == 'en']})" if name in POINTS and of_shares(result) else ""


def _short(result: SizeResult, name: str, value: Any, lang: Lang) -> str:
    """Return the value of an assumption without the words of its unit."""
    if name in POINTS and of_shares(result):
        return number(100 * value, 1 if abs(value) >= 0.01 else 2, lang, sign=name == "effect")
    return value_text(result, name, value, lang)


def _row(
    axes: Axes, result: SizeResult, part: pd.DataFrame, y: int, column: str, scale: float, lang: Lang
) -> None:
    """Draw the values of one assumption: a line from end to end, a mark and its value at each."""
    x = scale * part[column].to_numpy(dtype=float)
    if not len(x):
        return
    axes.plot([x.min(), x.max()], [y, y], color=BLUE, lw=2.4, alpha=0.5, zorder=2, solid_capstyle="round")
    base = part["base"].to_numpy(dtype=bool)
    axes.plot(x[~base], np.full((~base).sum(), y), "o", color=BLUE, ms=5.5, zorder=3)
    axes.plot(x[base], np.full(base.sum(), y), "D", color=RED, ms=6, zorder=4)
    ends = {int(np.argmin(x)), int(np.argmax(x))}
    for i in sorted(ends):
        text = _short(result, str(part["assumption"].iloc[0]), part["value"].iloc[i], lang)
        right = len(ends) == 1 or x[i] == x.max()
        axes.annotate(text, (x[i], y), (7 if right else -7, 0), textcoords="offset points", fontsize=8,
                      color=INK, ha="left" if right else "right", va="center")  # fmt: skip


def _numbers(axes: Axes, column: str, lang: Lang, *, axis: str) -> None:
    """Write the numbers of an axis with the marks of the language."""
    ruler = axes.xaxis if axis == "x" else axes.yaxis
    if column in ("total", "n"):
        ruler.set_major_locator(MaxNLocator(nbins=7, integer=True))

    def text(value: float, _: int | None) -> str:
        whole = column in ("total", "n") or float(value).is_integer()
        return integer(value, lang) if whole else number(value, _decimals(value), lang).rstrip("0")

    ruler.set_major_formatter(FuncFormatter(text))


def _decimals(value: float) -> int:
    return 1 if abs(value) >= 10 else 2 if abs(value) >= 0.1 else 4


def _dress(figure: Figure, axes: Axes, title: str, result: SizeResult, lang: Lang) -> None:
    """Write the title and, below, the sentence of the result."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(LINE)
    axes.tick_params(colors=INK, labelsize=8.5)
    axes.grid(axis="both", color=LINE, lw=0.5, zorder=0)
    axes.set_axisbelow(True)
    figure.suptitle(title, fontsize=12, x=0.01, ha="left", color=INK)
    figure.supxlabel(
        "\n".join(textwrap.wrap(result.sentence(lang), 128)), fontsize=8, color=GREY, x=0.01, ha="left"
    )
