"""Plots of the report: frames in, a matplotlib Figure out, nothing written and no global state.

Every plot takes its words from the caller, draws intervals as well as estimates, and tells the arms apart by
colour and by marker. Shares and differences come as fractions (0.81) and are drawn in per cent or points.
"""

from __future__ import annotations

import io
import itertools
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sampling.checks import DataError, check_columns
from sampling.format import Lang, number

__all__ = ["STYLE", "dot_interval", "forest", "slope", "spread", "to_png", "to_svg"]

INK, GREY, LINE = "#222222", "#6b6b6b", "#d9d9d9"
ROW = 0.2  # inches of height a row of labels needs
WIDTH = 9.2  # inches that a legend of three arms and the truth needs
DPI = 160


class Look(NamedTuple):
    """Colour, marker and face of one arm; the three differ in print without colour too."""

    color: str
    marker: str
    face: str


STYLE: Mapping[str, Look] = {  # colours of Okabe and Ito, told apart by the colour-blind
    "adopting": Look("#0072B2", "o", "#0072B2"),
    "comparison": Look("#D55E00", "s", "white"),
    "early": Look("#555555", "^", "#555555"),
}
PLAIN = Look(INK, "o", INK)


class Picture(Figure):
    """A figure that shows itself in a notebook whole, title and notes included, without any magic line."""

    def _repr_png_(self) -> bytes:
        page = io.BytesIO()
        self.savefig(page, format="png", dpi=DPI * 2 / 3)
        return page.getvalue()


def dot_interval(
    panels: Mapping[str, pd.DataFrame],
    *,
    title: str,
    xlabel: str,
    arms: Mapping[str, str],
    note: str = "",
    truth: str = "",
    lang: Lang = "vi",
) -> Figure:
    """Draw estimates with their intervals, one row a unit, panels side by side in the same order.

    Parameters
    ----------
    panels : mapping of title to DataFrame
        Columns estimate, low, high, arm and, if ``truth`` is given, truth; the index holds the labels. Rows
        are sorted by the estimate in the last panel, largest on top.
    title, xlabel, note : str
        Words; the note stands below the plot.
    arms : mapping
        Legend text of each arm.
    truth : str
        Legend text of the true value, drawn as a cross.
    lang : {"vi", "en"}
        Decimal mark.

    Returns
    -------
    Figure

    Examples
    --------
    >>> shares = pd.DataFrame({"estimate": [0.7, 0.8], "low": [0.6, 0.7], "high": [0.8, 0.9],
    ...                        "arm": ["adopting", "comparison"]}, index=["Xã A", "Xã B"])
    >>> figure = dot_interval({"Đợt 1": shares}, title="Hài lòng", xlabel="%", arms={"adopting": "áp dụng"})
    >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
    ['Xã A', 'Xã B']
    """
    frames = {name: _checked(frame, ["arm"] + ["truth"] * bool(truth)) for name, frame in panels.items()}
    last = list(frames.values())[-1]
    order = last.index[np.argsort(last["estimate"].fillna(-np.inf).to_numpy(), kind="stable")]
    figure = Picture(
        figsize=(max(WIDTH, 4.2 + 3.4 * len(frames)), 1.9 + ROW * len(order)), layout="constrained"
    )
    grid: npt.NDArray[Any] = figure.subplots(1, len(frames), sharey=True, sharex=True, squeeze=False)
    y = np.arange(len(order))
    for axes, (name, frame) in zip(grid[0], frames.items(), strict=True):
        rows = frame.loc[order]
        _intervals(axes, rows, y)
        if truth:
            axes.plot(
                100 * rows["truth"], y, "x", color="black", ms=5, mew=1.2, ls="none", label=truth, zorder=4
            )
        axes.set_title(name, fontsize=10, loc="left", color=INK)
        _percent_axis(axes, lang)
        axes.set_xlabel(xlabel, fontsize=9)
    grid[0][0].set_yticks(y, [str(label) for label in order], fontsize=8)
    grid[0][0].set_ylim(-0.7, len(order) - 0.3)
    _frame(figure, title, note, arms, truth)
    return figure


def slope(
    units: pd.DataFrame,
    means: pd.DataFrame,
    *,
    title: str,
    waves: tuple[str, str],
    arms: Mapping[str, str],
    ylabel: str,
    note: str = "",
    lang: Lang = "vi",
) -> Figure:
    """Draw one line a unit from the earlier to the later wave, and the mean of its arm with intervals.

    Parameters
    ----------
    units : DataFrame
        Columns before, after, arm; the index holds the labels, written at the later end without overlap.
    means : DataFrame
        Indexed by arm: before, before_low, before_high, after, after_low, after_high.
    title, ylabel, note : str
        Words.
    waves : (str, str)
        Names of the two waves.
    arms : mapping
        Title of each arm's panel; an arm without units gets none.
    lang : {"vi", "en"}
        Decimal mark.

    Returns
    -------
    Figure

    Examples
    --------
    >>> units = pd.DataFrame({"before": [0.7], "after": [0.8], "arm": ["adopting"]}, index=["Xã A"])
    >>> means = pd.DataFrame({"before": [0.7], "before_low": [0.6], "before_high": [0.8], "after": [0.8],
    ...                       "after_low": [0.7], "after_high": [0.9]}, index=["adopting"])
    >>> figure = slope(units, means, title="Hài lòng", waves=("Đợt 1", "Đợt 2"), ylabel="%",
    ...                arms={"adopting": "Áp dụng"})
    >>> figure.axes[0].lines[0].get_ydata().tolist()
    [70.0, 80.0]
    """
    check_columns(units, ["before", "after", "arm"], "units")
    units = units.dropna(subset=["before", "after"])
    shown = [arm for arm in arms if (units["arm"] == arm).any()]
    if not shown:
        raise DataError("units has no row with both waves. Check the two waves of the data.")
    most = int(units["arm"].value_counts().max())
    figure = Picture(figsize=(1.0 + 3.3 * len(shown), max(5.0, 1.6 + 0.19 * most)), layout="constrained")
    grid: npt.NDArray[Any] = figure.subplots(1, len(shown), sharey=True, squeeze=False)
    ends = 100 * np.r_[units["before"], units["after"], means.loc[shown].to_numpy(dtype=float).ravel()]
    low, high = np.nanmin(ends), np.nanmax(ends)
    gap = max((high - low) / 30, 1e-9)
    for axes, arm in zip(grid[0], shown, strict=True):
        rows, look = units[units["arm"] == arm], STYLE.get(arm, PLAIN)
        for before, after in zip(rows["before"], rows["after"], strict=True):
            axes.plot([0, 1], [100 * before, 100 * after], color=look.color, lw=0.9, alpha=0.45,
                      marker=look.marker, ms=3, mfc=look.face)  # fmt: skip
        places = spread(100 * rows["after"].to_numpy(dtype=float), gap)
        for label, after, place in zip(rows.index, rows["after"], places, strict=True):
            axes.plot([1.02, 1.08], [100 * after, place], color=LINE, lw=0.7)
            axes.text(1.09, place, str(label), fontsize=6.8, va="center", color=INK)
        _mean_line(axes, means.loc[arm].to_dict(), look)
        axes.set_title(arms[arm], fontsize=10, color=look.color, loc="left")
        axes.set_xlim(-0.12, 2.0)
        axes.set_xticks([0, 1], list(waves), fontsize=9)
        for side in ("top", "right", "bottom"):
            axes.spines[side].set_visible(False)
        axes.tick_params(axis="x", length=0)
        axes.vlines([0, 1], 0, 1, transform=axes.get_xaxis_transform(), color=LINE, lw=0.8, zorder=0)
    grid[0][0].set_ylabel(ylabel, fontsize=9)
    grid[0][0].yaxis.set_major_formatter(_tick(lang))
    _frame(figure, title, note, {}, "")
    return figure


def forest(
    frame: pd.DataFrame,
    *,
    title: str,
    xlabel: str,
    texts: Sequence[str],
    arms: Mapping[str, str] | None = None,
    truth: str = "",
    note: str = "",
    lang: Lang = "vi",
) -> Figure:
    """Draw differences with their intervals against zero, the numbers written at the right.

    Parameters
    ----------
    frame : DataFrame
        Columns estimate, low, high and, if several arms share a label, arm; the index holds the labels, first
        row on top. Rows with the same label follow each other and stand close together.
    title, xlabel, note : str
        Words.
    texts : list of str
        What is written beside each row.
    arms : mapping, optional
        Legend text of each arm.
    truth : str
        Legend text of the true value (column truth), drawn as a cross.
    lang : {"vi", "en"}
        Decimal mark.

    Returns
    -------
    Figure

    Examples
    --------
    >>> effects = pd.DataFrame({"estimate": [0.06], "low": [0.01], "high": [0.11]}, index=["Chung"])
    >>> figure = forest(effects, title="Chênh lệch", xlabel="điểm phần trăm", texts=["+6,0"])
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['+6,0']
    """
    rows = _checked(frame, ["truth"] * bool(truth))
    if "arm" not in rows:
        rows["arm"] = ""
    labels = list(dict.fromkeys(rows.index))
    y = -np.cumsum([0.0, *(0.5 if a == b else 1.0 for a, b in itertools.pairwise(rows.index))])
    figure = Picture(figsize=(WIDTH, 1.7 - 0.36 * y.min()), layout="constrained")
    axes = figure.subplots()
    _intervals(axes, rows, y)
    if truth:
        axes.plot(100 * rows["truth"], y, "x", color="black", ms=6, mew=1.3, ls="none", label=truth, zorder=4)
    axes.axvline(0, color=INK, lw=0.9)
    for place, text, arm in zip(y, texts, rows["arm"], strict=True):
        color = STYLE[arm].color if arm in STYLE else INK
        axes.text(
            1.02, place, text, fontsize=8, va="center", color=color, transform=axes.get_yaxis_transform()
        )
    middle = [float(np.mean(y[rows.index == label])) for label in labels]
    axes.set_yticks(middle, [textwrap.fill(str(label), 34) for label in labels], fontsize=9)
    axes.set_ylim(y.min() - 0.7, 0.7)
    axes.set_xlabel(xlabel, fontsize=9)
    _percent_axis(axes, lang)
    _frame(figure, title, note, arms or {}, truth)
    return figure


def spread(places: npt.NDArray[np.float64], gap: float) -> npt.NDArray[np.float64]:
    """Return places at least `gap` apart, as near to the wanted ones as possible (least squares).

    Examples
    --------
    >>> spread(np.array([1.0, 1.0, 5.0]), 1.0).tolist()
    [0.5, 1.5, 5.0]
    """
    from scipy.optimize import isotonic_regression

    order = np.argsort(places, kind="stable")
    steps = gap * np.arange(len(places))
    out = np.empty(len(places))
    out[order] = isotonic_regression(places[order] - steps).x + steps
    return out


def to_svg(figure: Figure) -> str:
    """Return a figure as SVG text, the same on every run."""
    page = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "surveykit", "svg.fonttype": "path"}):
        figure.savefig(page, format="svg", metadata={"Date": None, "Creator": None})
    return page.getvalue()


def to_png(figure: Figure, path: Path) -> None:
    """Write a figure as PNG."""
    figure.savefig(path, format="png", dpi=DPI, metadata={"Software": None})


def _checked(frame: pd.DataFrame, more: Sequence[str]) -> pd.DataFrame:
    check_columns(frame, ["estimate", "low", "high", *more], "frame")
    if frame["estimate"].notna().sum() == 0:
        raise DataError("frame has no estimate to draw. Check the data behind the plot.")
    return frame.copy()


def _intervals(axes: Axes, rows: pd.DataFrame, y: npt.NDArray[Any]) -> None:
    """Draw dots and bars, one artist an arm; rows without an estimate stay empty."""
    for arm in dict.fromkeys(rows["arm"]):
        look = STYLE.get(arm, PLAIN)
        here = ((rows["arm"] == arm) & rows["estimate"].notna()).to_numpy()
        middle = 100 * rows["estimate"].to_numpy(dtype=float)[here]
        low, high = (100 * rows[c].to_numpy(dtype=float)[here] for c in ("low", "high"))
        bars = np.nan_to_num(np.vstack([middle - low, high - middle]), nan=0.0).clip(min=0.0)
        axes.errorbar(middle, y[here], xerr=bars, fmt=look.marker, color=look.color, mfc=look.face, ms=5,
                      elinewidth=1.3, capsize=0, ls="none", label=arm, zorder=3)  # fmt: skip
    for place in y:
        axes.axhline(place, color=LINE, lw=0.5, zorder=0)


def _mean_line(axes: Axes, mean: Mapping[Any, float], look: Look) -> None:
    """Draw the mean of an arm: a thick line with an interval at each end."""
    for x, name in ((0, "before"), (1, "after")):
        axes.vlines(
            x, 100 * mean[f"{name}_low"], 100 * mean[f"{name}_high"], color=look.color, lw=5, alpha=0.35
        )
    axes.plot([0, 1], [100 * mean["before"], 100 * mean["after"]], color=look.color, lw=3, marker=look.marker,
              ms=8, mfc=look.face, mew=1.6, zorder=5, label="mean")  # fmt: skip


def _percent_axis(axes: Axes, lang: Lang) -> None:
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(_tick(lang))
    axes.tick_params(axis="x", labelsize=8)
    axes.tick_params(axis="y", length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.grid(axis="x", color=LINE, lw=0.5, zorder=0)


def _tick(lang: Lang) -> FuncFormatter:
    """Ticks with the decimal mark of the language, as few decimals as the value needs."""
    return FuncFormatter(lambda v, _: number(v, 0 if float(v).is_integer() else 1, lang))


def _frame(figure: Figure, title: str, note: str, arms: Mapping[str, str], truth: str) -> None:
    """Title and legend above the axes, note below, each with room of its own; text is wrapped."""
    width, height = figure.get_size_inches()
    title = textwrap.fill(title, int(width * 8.5))
    note = textwrap.fill(note, int(width * 14.5))
    found = [axes.get_legend_handles_labels() for axes in figure.axes]
    handles: dict[str, Artist] = {
        name: handle
        for pair in found
        for handle, name in zip(*pair, strict=True)
        if name in arms or (name and name == truth)
    }
    top = 0.1 + 0.22 * (title.count("\n") + 1)
    figure.text(0.01, 1 - 0.06 / height, title, fontsize=12, fontweight="bold", color=INK, va="top")
    if handles and arms:
        names = [name for name in [*arms, truth] if name in handles]
        legend = figure.legend(
            [handles[n] for n in names], [arms.get(n, n) for n in names], loc="upper left", ncols=len(names),
            bbox_to_anchor=(0.0, 1 - top / height), frameon=False, fontsize=9,
        )  # fmt: skip
        legend.set_in_layout(False)
        top += 0.32
    below = 0.08 + 0.14 * (note.count("\n") + 1) if note else 0.02
    figure.text(0.01, 0.05 / height, note, fontsize=7.5, color=GREY, va="bottom")
    for text in figure.texts:
        text.set_in_layout(False)
    figure.set_layout_engine("constrained", rect=(0, below / height, 1, 1 - (top + below) / height))
