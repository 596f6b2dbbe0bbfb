"""Items on a scale of agreement or satisfaction: mean score, top boxes, bottom boxes, net score."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from sampling import format as fmt
from sampling.checks import ArgumentError, DataError, listed, shown
from surveykit import columns as col
from surveykit.design import Design
from surveykit.estimation import Names, check_answers, count, labels_for
from surveykit.formulas.arrays import Array, Codes
from surveykit.formulas.statistics import Smooth, mean
from surveykit.formulas.totals import Column
from surveykit.infer import infer
from surveykit.result import Estimates


@dataclass(frozen=True, repr=False, eq=False)
class LikertTable:
    """Items of one scale.

    Attributes
    ----------
    mean : Estimates
        Mean score of each item, in points of the scale.
    top, bottom : Estimates
        Share of the ``top`` highest and the ``bottom`` lowest levels, with "auto" intervals.
    net : Estimates
        Share of the top less that of the bottom levels, −1 to 1, with its own covariance.
    scale : least and greatest level; levels : how many count as top and as bottom
    missing : rows without an answer, of each item
    """

    mean: Estimates
    top: Estimates
    bottom: Estimates
    net: Estimates
    scale: tuple[int, int]
    levels: tuple[int, int]
    missing: pd.Series

    def to_frame(self, level: float = 0.95) -> pd.DataFrame:
        """Return one row an item: n, missing, mean, top, bottom and net, each with its limits."""
        table = pd.DataFrame({"n": self.mean.n, "missing": self.missing})
        for name in ("mean", "top", "bottom", "net"):
            est: Estimates = getattr(self, name)
            limits = est.ci(level)
            table[name], table[f"{name}_se"] = est.value, est.se
            table[f"{name}_low"], table[f"{name}_high"] = limits["ci_low"], limits["ci_high"]
        return table

    def __repr__(self) -> str:
        """Return the table and its line as text."""
        table = self.to_frame()[["n", "missing", "mean", "top", "bottom", "net"]]
        return f"{table.to_string(float_format=lambda x: f'{x:.3f}')}\n{self.top.line('en')}"

    def to_html(self, lang: fmt.Lang = "vi", level: float = 0.95) -> str:
        """Return the table, limits under each number, as HTML."""
        vi, table = lang == "vi", self.to_frame(level)
        low, high = self.scale
        top, bottom = self.levels
        heads = {
            "mean": f"điểm trung bình ({low}–{high})" if vi else f"mean score ({low}–{high})",
            "top": f"{top} mức cao nhất" if vi else f"top {top}",
            "bottom": f"{bottom} mức thấp nhất" if vi else f"bottom {bottom}",
            "net": "chênh lệch (điểm phần trăm)" if vi else "net (percentage points)",
        }
        names = ["" if name is None else str(name) for name in table.index.names]
        names = [{"variable": "câu hỏi"}.get(name, name) if vi else name for name in names]
        body = pd.DataFrame({
            i: [col.html_text(str(v)) for v in table.index.get_level_values(i)]
            for i in range(table.index.nlevels)
        })  # fmt: skip
        for name in ("n", "missing"):
            body[name] = [fmt.integer(n, lang) for n in table[name]]
        for name in heads:
            body[name] = [
                with_limits(name, *row, lang=lang)
                for row in table[[name, f"{name}_low", f"{name}_high"]].to_numpy(float)
            ]
        body.columns = pd.Index(
            [*map(col.html_text, names), "n", "thiếu" if vi else "missing", *heads.values()]
        )
        line = html.escape(self.top.line(lang, level), quote=False)
        return f'{body.to_html(index=False, border=0, escape=False)}<p style="font-size:90%">{line}</p>'

    def _repr_html_(self) -> str:
        return self.to_html("vi")


def with_limits(name: str, value: float, low: float, high: float, *, lang: fmt.Lang) -> str:
    """Return a number with its limits under it."""
    if np.isnan(value):
        return "–"
    factor, digits, sign = {"mean": (1, 2, False), "net": (100, 1, True)}.get(name, (100, 1, False))
    shown = fmt.number(value * factor, digits, lang, sign=sign) + ("" if name in ("mean", "net") else " %")
    if np.isnan(low):
        return shown
    ends = " – ".join(fmt.number(x * factor, digits, lang, sign=sign) for x in (low, high))
    return f"{shown}<br><small>{ends}</small>"


def likert(
    design: Design,
    items: Names,
    *,
    scale: tuple[int, int] = (1, 5),
    top: int = 2,
    bottom: int = 2,
    codes: Mapping[Any, int] | None = None,
    missing: Sequence[Any] | Any = (),
    by: Names | None = None,
    where: str | None = None,
) -> LikertTable:
    """Mean, top-box, bottom-box and net scores of items on one scale.

    Parameters
    ----------
    design : Design
    items : column name or list of them
    scale : least and greatest level
    top, bottom : int
        How many of the highest levels count as satisfied, of the lowest as dissatisfied.
    codes : {answer: level}, optional
        For answers in words: ``{"Rất không hài lòng": 1, …, "Rất hài lòng": 5}``.
    missing : list of values, optional
        Answers that are none, as 9 for "không biết": left out and counted.
    by, where : as for :func:`surveykit.mean`

    Returns
    -------
    LikertTable

    Raises
    ------
    DataError, ArgumentError
        An answer outside the scale, with its item and count; top and bottom that overlap.

    Examples
    --------
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"thon": list("aabbccdd"), "c1": [5, 4, 2, 4, 5, 3, 4, 1]})
    >>> people["c2"] = [3, 4, 4, 9, 5, 5, 2, 4]
    >>> design = sv.Design(people, sampling="srs", psu="thon")
    >>> table = sv.likert(design, ["c1", "c2"], missing=[9])
    >>> table.net.value.round(3).to_dict()
    {'c1': 0.375, 'c2': 0.571}
    """
    names = check_answers(design, items, by, "items")
    low, high = check_scale(scale, top, bottom)
    missing = list(missing) if isinstance(missing, (list, tuple, set, frozenset)) else [missing]
    scores = {name: score(design.data, name, (low, high), codes, missing) for name in names}
    labels = labels_for(names, by)

    def ask(what: Callable[[Array], Any], statistic: str, *, share: bool = False) -> Estimates:
        def make(values: Array, gone: Codes) -> Callable[[], Smooth]:
            def maker() -> Smooth:
                own = np.asarray(what(values), dtype=float)
                own[gone] = 0.0
                return mean(Column(own, gone))

            return maker

        return infer(
            design, [make(*scores[name]) for name in names], statistic=statistic,
            y=[f"items={name!r}" for name in names], labels=labels, by=by, where=where, share=share,
        )  # fmt: skip

    mean_score = ask(lambda v: v.copy(), "mean")
    people = count(design, by=by, where=where).n.to_numpy()
    asked = np.repeat(people, len(mean_score.n) // len(people))
    net = ask(lambda v: (v > high - top) * 1.0 - (v < low + bottom) * 1.0, "net")
    one = np.ones(len(net.value))
    return LikertTable(
        mean=mean_score,
        top=ask(lambda v: (v > high - top) * 1.0, "share", share=True),
        bottom=ask(lambda v: (v < low + bottom) * 1.0, "share", share=True),
        net=replace(net, points=True, detail=replace(net.detail, bounds=(-one, one))),
        scale=(low, high),
        levels=(top, bottom),
        missing=(asked - mean_score.n).rename("missing"),
    )


def check_scale(scale: Any, top: Any, bottom: Any) -> tuple[int, int]:
    """Return the ends of the scale; levels that count twice are refused."""
    whole = isinstance(scale, (tuple, list)) and len(scale) == 2
    if not whole or not all(isinstance(v, (int, np.integer)) for v in scale) or not scale[0] < scale[1]:
        raise ArgumentError(f"scale={scale!r}: pass the least and the greatest level, as (1, 5).")
    for name, value in (("top", top), ("bottom", bottom)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
            raise ArgumentError(f"{name}={value!r}: say how many levels count, a whole number from 1 on.")
    levels = scale[1] - scale[0] + 1
    if top + bottom > levels:
        raise ArgumentError(
            f"top={top} and bottom={bottom} overlap on a scale of {levels} levels. Take fewer."
        )
    return int(scale[0]), int(scale[1])


def score(
    data: pd.DataFrame,
    name: str,
    scale: tuple[int, int],
    codes: Mapping[Any, int] | None,
    missing: Sequence[Any],
) -> tuple[Array, Codes]:
    """(n,) levels of an item, 0 where there is none, and the rows without one."""
    values = data[name]
    if isinstance(values.dtype, pd.CategoricalDtype):  # as SPSS labels and select_one come
        values = values.astype(values.cat.categories.dtype if values.notna().all() else object)
    gone = values.isna().to_numpy() | values.isin(list(missing)).to_numpy()
    if codes is not None:
        unknown = [v for v in pd.unique(values[~gone]) if v not in codes]
        if unknown:
            raise DataError(
                f"codes has no level for {shown(unknown[0])}, which items={name!r} holds "
                f"({int((values == unknown[0]).sum())} rows). Add it, or name it in missing=."
            )
        values = values.where(~gone).map(dict(codes)).astype(float)
    levels = col.floats(data.assign(**{name: values.where(~gone)}), name, "items", "a scale needs numbers",
                        " Say which level each answer is with codes={…}.")  # fmt: skip
    outside = ~gone & ~((levels >= scale[0]) & (levels <= scale[1]))
    if outside.any():
        found = [int(v) if v == int(v) else float(v) for v in np.unique(levels[outside])]
        raise DataError(
            f"items={name!r} has {listed(found, 4)} ({int(outside.sum())} rows), outside "
            f"the scale {scale[0]} to {scale[1]}. "
            + (
                "Correct codes= or scale=."
                if codes is not None
                else "Name it in missing=, or correct scale=."
            )
        )
    out = np.where(gone, 0.0, levels)
    return out, np.flatnonzero(gone)
