"""Picture of a rehearsal: estimates against the truth, errors said against errors made, and coverage."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from sampling.format import Lang, number, percent
from surveykit.plots import INK, LINE, STYLE, Picture
from surveykit.rehearsal import Rehearsal

__all__ = ["rehearsal"]

WORDS = {
    "vi": (
        "Ước lượng qua các lần diễn tập", "giá trị thật", "Sai số chuẩn", "thật (độ tản mát)", "ước lượng",
        "Độ phủ của khoảng tin cậy", "mức đã chọn", "trung bình và 95 % số lần", "số liệu giả lập",
    ),
    "en": (
        "Estimates over the repetitions", "true value", "Standard error", "true (spread)", "estimated",
        "Coverage of the intervals", "nominal level", "mean and 95 % of repetitions", "synthetic data",
    ),
}  # fmt: skip


def rehearsal(found: Rehearsal, *, title: str = "", lang: Lang = "vi") -> Figure:
    """Draw the designs of a rehearsal side by side, one row a design.

    Parameters
    ----------
    found : Rehearsal
    title : str
    lang : {"vi", "en"}

    Returns
    -------
    Figure with three panels: estimates, standard errors, coverage with its simulation error

    Examples
    --------
    >>> import pandas as pd
    >>> draws = pd.DataFrame({"design": "A", "estimate": [0.4, 0.6], "se": [0.1, 0.1], "ci_low": [0.2, 0.4],
    ...                       "ci_high": [0.6, 0.8], "df": 9.0, "n": 20})
    >>> figure = rehearsal(Rehearsal(draws, 0.5, "y", "mean", 0.95, 1))
    >>> [axes.get_title(loc="left") for axes in figure.axes][2]
    'Độ phủ của khoảng tin cậy'
    """
    words, table = WORDS[lang], found.table
    y = np.arange(len(table))[::-1]
    figure = Picture(figsize=(11, 2.4 + 0.45 * len(table)), layout="constrained")
    grid: npt.NDArray[Any] = figure.subplots(1, 3, sharey=True)
    low, high = (found.draws.groupby("design", sort=False)["estimate"].quantile(q) for q in (0.025, 0.975))
    look, other = STYLE["adopting"], STYLE["comparison"]
    grid[0].hlines(y, low, high, color=look.color, lw=2)
    grid[0].plot(table["mean"], y, look.marker, color=look.color, label=words[7])
    grid[0].axvline(found.truth, color=INK, lw=1, ls="--", label=words[1])
    grid[1].plot(table["sd"], y, other.marker, color=other.color, mfc="white", ms=8, label=words[3])
    grid[1].plot(table["se"], y, look.marker, color=look.color, ms=5, label=words[4])
    spread = 1.96 * table["coverage_mc"]
    grid[2].hlines(
        y, table["coverage"] - spread, np.minimum(table["coverage"] + spread, 1), color=look.color, lw=2
    )
    grid[2].plot(table["coverage"], y, look.marker, color=look.color)
    grid[2].axvline(found.level, color=INK, lw=1, ls="--", label=words[6])
    for axes, name in zip(grid, (words[0], words[2], words[5]), strict=True):
        axes.set_title(name, loc="left", fontsize=10)
        axes.grid(axis="x", color=LINE, lw=0.6)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(axis="y", length=0)
        axes.tick_params(labelsize=8)
        axes.margins(x=0.12)
        axes.legend(fontsize=8, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2)
    grid[0].set_yticks(y, table.index.astype(str), fontsize=9)
    grid[0].set_ylim(-0.6, len(table) - 0.4)
    grid[1].set_xlim(0, 1.15 * max(table["sd"].max(), table["se"].max()))
    for axes in grid[:2]:
        axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: _short(v, lang)))
    grid[2].xaxis.set_major_formatter(FuncFormatter(lambda v, _: percent(v, 0, lang)))
    figure.suptitle(f"{title or found.y} ({words[8]})", x=0.01, ha="left", fontsize=11)
    return figure


def _short(value: float, lang: Lang) -> str:
    digits = next(d for d in range(5) if d == 4 or round(value, d) == round(value, 4))
    return number(value, digits, lang)
