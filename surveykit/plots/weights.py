"""Pictures of the weights: margins before and after, how they spread, and what each step costs."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sampling.checks import ArgumentError, DataError
from sampling.format import Lang, integer, number
from surveykit.design import Design, check_design
from surveykit.diagnostics import kish_deff, margins_table, step_words
from surveykit.formulas.calibrated import Calibration
from surveykit.formulas.trimming import Trimming
from surveykit.plots import GREY, INK, LINE, STYLE, WIDTH, Picture, _frame

__all__ = ["plot_margins", "plot_trail", "plot_weights"]

BALANCED = 0.1  # standardised difference that counts as small (Austin 2009)
PAPER = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}  # so that no line of the grid crosses a text
GAIN, LOSS, WHOLE = "#0072B2", "#D55E00", "#9a9a9a"
WORDS = {
    "vi": {
        "margins": "Các biên trước và sau hiệu chỉnh",
        "difference": "chênh lệch chuẩn hóa so với mục tiêu",
        "before": "trước hiệu chỉnh",
        "final": "quyền số cuối cùng",
        "margins note": "Số 0 là đúng mục tiêu. Đường gạch: ±{small}, bên trong là chênh lệch nhỏ.",
        "left out": " Chỉ vẽ {shown} trong {all} nhóm, là những nhóm lệch nhiều nhất.",
        "mean": "{name} (trung bình)",
        "weights": "Phân bố quyền số",
        "weight": "quyền số",
        "forms": "số phiếu",
        "base": "quyền số cơ sở",
        "cap": "mức cắt {cap}",
        "caps": "mức cắt của {count} nhóm",
        "kish": "Hệ số thiết kế Kish {deff}: {n} phiếu chính xác bằng {n_eff} phiếu có quyền số như nhau.",
        "trail": "Mỗi bước quyền số làm mất bao nhiêu phiếu",
        "n": "phiếu có quyền số",
        "unequal": "quyền số cơ sở không đều",
        "n_eff": "cỡ mẫu hiệu dụng",
        "people": "số phiếu, tính theo độ chính xác",
        "trail note": "Cỡ mẫu hiệu dụng = số phiếu có quyền số chia cho hệ số thiết kế Kish: quyền số "
        "không đều làm mất bao nhiêu. Điều các bước bù lại (bớt thiên lệch, khớp với số đã biết) không có "
        "trong hình.",
    },
    "en": {
        "margins": "Margins before and after calibration",
        "difference": "standardised difference from the target",
        "before": "before calibration",
        "final": "final weights",
        "margins note": "0 is the target; dashed lines at ±{small}: differences inside count as small.",
        "left out": " Only {shown} of {all} levels are drawn, those farthest off.",
        "mean": "{name} (mean)",
        "weights": "How the weights spread",
        "weight": "weight",
        "forms": "forms",
        "base": "base weight",
        "cap": "cap {cap}",
        "caps": "caps of {count} groups",
        "kish": "Kish design effect {deff}: {n} forms are as precise as {n_eff} of equal weight.",
        "trail": "How many forms each weighting step costs",
        "n": "forms with a weight",
        "unequal": "unequal base weights",
        "n_eff": "effective sample size",
        "people": "forms, by precision",
        "trail note": "Effective sample size = forms with a weight over Kish's design effect: what unequal "
        "weights cost. What the steps give for it (less bias, agreement with known totals) is not in the "
        "picture.",
    },
}


def plot_margins(design: Design, *, title: str = "", most: int = 40, lang: Lang = "vi") -> Figure:
    """Draw how far each margin is from its target, before calibration and with the final weights.

    Parameters
    ----------
    design : Design
        With a calibrating step; of a target met twice the first "before" and the last weights are drawn.
    title : str
    most : int
        Levels drawn at most: those farthest off; the note says how many there are.
    lang : {"vi", "en"}

    Returns
    -------
    Figure (a "love plot")

    Examples
    --------
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"w": [10.0] * 4, "gioi": ["Nam", "Nữ", "Nữ", "Nữ"]})
    >>> figure = plot_margins(sv.rake(sv.Design(people, weights="w"), {"gioi": {"Nam": 0.5, "Nữ": 0.5}}))
    >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
    ['gioi: Nam', 'gioi: Nữ']
    """
    words, rows = WORDS[lang], _moved(design)
    note = words["margins note"].format(small=number(BALANCED, 1, lang))
    if len(rows) > most:
        note += words["left out"].format(shown=integer(most, lang), all=integer(len(rows), lang))
        far = rows[["before", "final"]].abs().max(axis=1).to_numpy()
        rows = rows.iloc[np.sort(np.argsort(-far, kind="stable")[:most])]
    y = np.arange(len(rows))[::-1]
    figure = Picture(figsize=(WIDTH, 2.0 + 0.26 * len(rows)), layout="constrained")
    axes = figure.subplots()
    axes.hlines(y, rows["before"], rows["final"], color=LINE, lw=1.5, zorder=1)
    for name, look in (("before", STYLE["comparison"]), ("final", STYLE["adopting"])):
        axes.plot(rows[name], y, look.marker, color=look.color, mfc=look.face, ms=6, label=name, zorder=3)
    axes.axvline(0, color=INK, lw=0.9)
    for side in (-BALANCED, BALANCED):
        axes.axvline(side, color=GREY, lw=0.8, ls="--")
    reach = 1.1 * max(float(np.abs(rows[["before", "final"]].to_numpy()).max()), 1.5 * BALANCED)
    axes.set_xlim(-reach, reach)
    axes.set_ylim(-0.7, len(rows) - 0.3)
    axes.set_yticks(y, [_label(m, v, words["mean"]) for m, v in rows.index], fontsize=8)
    axes.set_xlabel(words["difference"], fontsize=9)
    _plain(axes, lang)
    _frame(figure, title or words["margins"], note, {k: words[k] for k in ("before", "final")}, "")
    return figure


def _moved(design: Design) -> pd.DataFrame:
    """Return the first difference before, and that of the final weights, of each margin and level."""
    table = margins_table(check_design(design))
    if not len(table):
        raise ArgumentError(
            "plot_margins: the design has no calibrating step, so there are no targets. "
            "Use rake, poststratify or calibrate first."
        )
    table = table[table["standardised_before"].notna() & table["standardised_final"].notna()]
    if not len(table):
        raise DataError("plot_margins: no auxiliary varies in the sample, so no difference can be drawn.")
    keys = list(zip(table["margin"], table["level"], strict=True))
    first: dict[Any, float] = {}
    for key, value in zip(keys, table["standardised_before"], strict=True):
        first.setdefault(key, value)
    last = dict(zip(keys, table["standardised_final"], strict=True))
    return pd.DataFrame(
        {"before": list(first.values()), "final": [last[key] for key in first]},
        index=pd.Index(list(first), tupleize_cols=False),
    )


def _label(margin: str, level: Any, mean: str) -> str:
    if level is None:
        text = mean.format(name=margin)
    else:
        parts = level if isinstance(level, tuple) else (level,)
        text = f"{margin}: {' × '.join(str(part) for part in parts)}"
    return textwrap.fill(text, 44)


def plot_weights(design: Design, *, title: str = "", bins: int = 30, lang: Lang = "vi") -> Figure:
    """Draw how the final weights spread, beside the base weights, with the cap and Kish's design effect.

    Parameters
    ----------
    design : Design
        Limited by ``where``, only those rows count. The cap is that of the last step that has one.
    title : str
    bins : int
        Number of bars.
    lang : {"vi", "en"}

    Returns
    -------
    Figure

    Examples
    --------
    >>> figure = plot_weights(Design(pd.DataFrame({"w": [10.0, 10.0, 10.0, 30.0]}), weights="w"))
    >>> figure.axes[0].get_title(loc="left")
    'Hệ số thiết kế Kish 1,33: 4 phiếu chính xác bằng 3 phiếu có quyền số như nhau.'
    """
    words, inside = WORDS[lang], check_design(design).mask()
    rows = np.ones(len(design.data), dtype=bool) if inside is None else inside
    w, d = design.w[rows & (design.w != 0)], design.base_weights[rows & (design.base_weights != 0)]
    kish = kish_deff(design).iloc[0]
    figure = Picture(figsize=(WIDTH, 4.6), layout="constrained")
    axes = figure.subplots()
    look, other = STYLE["adopting"], STYLE["comparison"]
    edges = np.linspace(min(0.0, float(w.min())), float(max(w.max(), d.max())), bins + 1).tolist()
    axes.hist(w, edges, color=look.color, alpha=0.75, edgecolor="white", lw=0.5, label="final")
    axes.hist(d, edges, histtype="step", color=other.color, lw=1.4, label="base")
    caps = _caps(design)
    if caps:
        for cap in caps:
            axes.axvline(cap, color=INK, lw=1.2, ls="--", label="cap")
    axes.set_xlabel(words["weight"], fontsize=9)
    axes.set_ylabel(words["forms"], fontsize=9)
    axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: integer(v, lang)))
    _plain(axes, lang)
    arms = {"final": words["final"], "base": words["base"]}
    if caps:
        one = words["cap"].format(cap=_short(float(f"{caps[0]:.4g}"), lang))
        arms["cap"] = one if len(caps) == 1 else words["caps"].format(count=integer(len(caps), lang))
    line = words["kish"].format(
        deff=number(kish["deff"], 2, lang), n=integer(kish["n"], lang), n_eff=integer(kish["n_eff"], lang)
    )
    axes.set_title(line, loc="left", fontsize=9, color=INK)
    _frame(figure, title or words["weights"], "", arms, "")
    return figure


def _caps(design: Design) -> Sequence[float]:
    """Return the upper limits of the last step that cuts weights, one for each group, without repeats."""
    path = design.weight_path
    for k in reversed(range(len(design.steps))):
        step = design.steps[k]
        if isinstance(step, Trimming):
            found = step.limits(path[k])[1]
        elif isinstance(step, Calibration):
            found = np.atleast_1d(step.caps.upper)
        else:
            continue
        if np.isfinite(found).any():
            return sorted({float(f"{cap:.9g}") for cap in found[np.isfinite(found)]})
    return []


def plot_trail(design: Design, *, title: str = "", lang: Lang = "vi") -> Figure:
    """Draw how many forms of equal weight the sample is worth after each weighting step.

    Parameters
    ----------
    design : Design
        All rows count.
    title : str
    lang : {"vi", "en"}

    Returns
    -------
    Figure: the forms with a base weight, what each step takes away (orange) or gives back (blue), and the
    effective sample size that is left

    Examples
    --------
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"w": [10.0] * 4, "tra_loi": [1, 0, 1, 1]})
    >>> design = sv.Design(people, weights="w").pipe(sv.adjust_nonresponse, responded="tra_loi")
    >>> [text.get_text() for text in plot_trail(design).axes[0].texts]
    ['4', '0 · deff 1,00', '−1 · n = 3 · deff 1,00', '3']
    """
    words, trail = WORDS[lang], check_design(design).trail
    n_eff = (trail["n"] / trail["deff"]).to_numpy()
    start = float(trail["n"].iloc[0])
    ends = np.r_[start, n_eff]
    names = [
        words["n"],
        words["unequal"],
        *(_step_label(s, lang) for s in trail["step"].iloc[1:]),
        words["n_eff"],
    ]
    left = np.r_[0.0, np.minimum(ends[:-1], ends[1:]), 0.0]
    width = np.r_[start, np.abs(np.diff(ends)), n_eff[-1]]
    change = np.diff(ends)
    colors = [WHOLE, *(GAIN if c > 0 else LOSS for c in change), WHOLE]
    y = np.arange(len(names))[::-1]
    figure = Picture(figsize=(WIDTH, 2.0 + 0.42 * len(names)), layout="constrained")
    axes = figure.subplots()
    axes.barh(y, width, left=left, color=colors, height=0.62, zorder=2)
    for k in range(len(names) - 1):
        axes.plot([ends[k]] * 2, [y[k], y[k + 1]], color=GREY, lw=0.8, zorder=1)
    n = trail["n"].to_numpy()
    fell = np.r_[False, n[1:] != n[:-1]]
    texts = [integer(start, lang)]
    for c, deff, count, less in zip(change, trail["deff"], n, fell, strict=True):
        people = f" · n = {integer(count, lang)}" if less else ""
        texts.append(f"{number(c, 0, lang, sign=True)}{people} · deff {number(deff, 2, lang)}")
    texts.append(integer(n_eff[-1], lang))
    most = float(ends.max())
    for place, x, text in zip(y, left + width, texts, strict=True):
        axes.text(x + 0.012 * most, place, text, va="center", fontsize=8, color=INK, bbox=PAPER, zorder=1)
    axes.set_xlim(0, 1.3 * most)
    axes.set_ylim(-0.6, len(names) - 0.4)
    axes.set_yticks(y, names, fontsize=8)
    axes.set_xlabel(words["people"], fontsize=9)
    _plain(axes, lang)
    _frame(figure, title or words["trail"], words["trail note"], {}, "")
    return figure


def _step_label(name: str, lang: Lang) -> str:
    """Return a step in words, without what a trimming step tells of its effects."""
    text = step_words(name, lang)
    return textwrap.fill(text.split(": ")[0] + ")" if name.startswith("trim (") else text, 40)


def _plain(axes: Axes, lang: Lang) -> None:
    axes.xaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: _short(v, lang)))
    axes.tick_params(axis="x", labelsize=8)
    axes.tick_params(axis="y", length=0, labelsize=8)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.grid(axis="x", color=LINE, lw=0.5, zorder=0)
    axes.set_axisbelow(True)


def _short(value: float, lang: Lang) -> str:
    """Return a number with as few decimals as it needs, three at most."""
    digits = next(d for d in range(4) if d == 3 or round(value, d) == round(value, 3))
    return number(value, digits, lang)
