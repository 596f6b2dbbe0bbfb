"""`precision`: the margin, cv and effective sample size to expect of an allocation before fieldwork."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape
from math import fsum
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..checks import ArgumentError, check_fraction, shown
from ..format import Lang, decimals_for, integer, number, percent
from .goals import domains_of, z_value
from .result import Allocation, assumed_text, sentences
from .strata import ByStratum, Mask, Strata, by_stratum, read_sizes, spread, told
from .words import say

__all__ = ["Precision", "precision"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Precision:
    """What an allocation will give, if what is assumed of the variable holds.

    Attributes
    ----------
    table : pd.DataFrame
        A row for each stratum, each domain and the whole, told apart by `level` ("stratum", "domain",
        "overall"): `name`, `size` N, `n` units drawn, `answers`, `deff` inside strata, `weighting` (design
        effect of unequal weights: what the allocation loses), `n_eff`, `estimate` (the share or mean that is
        assumed), `se`, `margin` and `cv`.
    level : float
        Confidence level of the margins.
    is_share : bool
        Whether the variable is a share.
    assumptions : mapping
        What was assumed, in the caller's words.
    """

    table: pd.DataFrame
    level: float
    is_share: bool
    assumptions: Mapping[str, Any]

    @property
    def overall(self) -> pd.Series[Any]:
        """The row of the whole population."""
        return self.table.iloc[-1]

    @property
    def strata(self) -> pd.DataFrame:
        """The rows of the strata."""
        return self.table[self.table["level"] == "stratum"]

    def shown_margin(self, value: float, lang: Lang = "vi", *, unit: bool = True) -> str:
        """Return a margin as text: percentage points of a share, else the units of the variable."""
        if self.is_share:
            words = (" điểm phần trăm" if lang == "vi" else " percentage points") if unit else ""
            return number(100 * value, 1, lang) + words
        typical = float(self.table["margin"].median())
        return number(value, decimals_for(typical), lang)

    def _shown_estimate(self, value: float) -> str:
        return percent(value) if self.is_share else self.shown_margin(value)

    def sentence(self, lang: Lang = "vi") -> str:
        """Return the result in one sentence."""
        strata, whole = self.strata, self.overall
        least, most = strata.iloc[int(strata["margin"].argmin())], strata.iloc[int(strata["margin"].argmax())]
        text = say("expects", lang).format(
            n=integer(whole["n"], lang), answers=integer(whole["answers"], lang),
            margin=self.shown_margin(whole["margin"], lang), level=percent(self.level, 0, lang),
            least=self.shown_margin(least["margin"], lang, unit=False), least_name=least["name"],
            most=self.shown_margin(most["margin"], lang), most_name=most["name"],
        )  # fmt: skip
        return f"{say('precision', lang)}: {text}."

    def __repr__(self) -> str:
        return self.sentence()

    def _repr_html_(self) -> str:
        rows = self.table.to_dict("records")
        points = " (điểm phần trăm)" if self.is_share else ""
        shown = pd.DataFrame(
            {
                "": [say("overall") if row["level"] == "overall" else str(row["name"]) for row in rows],
                say("size"): [integer(row["size"]) for row in rows],
                say("n"): [integer(row["n"]) for row in rows],
                say("answers"): [integer(row["answers"]) for row in rows],
                say("deff"): [number(row["deff"], 2) for row in rows],
                say("weighting"): [number(row["weighting"], 2) for row in rows],
                say("n_eff"): [integer(row["n_eff"]) for row in rows],
                say("estimate"): [self._shown_estimate(row["estimate"]) for row in rows],
                say("margin") + points: [f"±{self.shown_margin(row['margin'], unit=False)}" for row in rows],
                say("cv"): [percent(row["cv"]) for row in rows],
            }
        )
        lines = [assumed_text(self.assumptions, [say("design"), say("normal")])]
        if self.overall["weighting"] > 1.005:  # 1.01 as it is shown
            lines.insert(0, say("lost").format(loss=number(self.overall["weighting"], 2)))
        return (
            f"<div><p>{escape(self.sentence())}</p>{shown.to_html(index=False, border=0)}"
            f"<p style='font-size:90%'>{escape(sentences(lines))}</p></div>"
        )


def precision(
    n: Any,
    sizes: Any = None,
    *,
    sd: ByStratum | None = None,
    p: ByStratum | None = None,
    mean: ByStratum | None = None,
    deff: ByStratum | None = None,
    icc: ByStratum | None = None,
    take: ByStratum | None = None,
    response: ByStratum | None = None,
    level: float = 0.95,
    domains: Mapping[Any, Any] | pd.Series[Any] | None = None,
) -> Precision:
    r"""Return the margin to expect of an allocation, by stratum, by domain and overall.

    In a stratum with n units drawn, m = n r answers and design effect D the variance of the mean is
    :math:`D S^2 (1/m - 1/N)`; over several strata it is :math:`\sum W_h^2 V_h` with
    :math:`W_h = N_h / \sum N_h`. The margin is z times the standard error.

    The effective sample size :math:`(\sum N_h)^2 / \sum (N_h^2 D_h / m_h)` is the size of a simple random
    sample that would do as well if the variable varied alike in all strata. Answers over it are the design
    effect, of which :math:`(\sum m_h) \sum (N_h^2 / m_h) / (\sum N_h)^2`, the column `weighting`, is due to
    unequal weights: 1 for a proportional allocation, and what is paid overall for larger samples in small
    strata.

    Parameters
    ----------
    n : Allocation, Series, mapping or array
        Units drawn in each stratum. An Allocation brings its sizes and, where they are not given here, its
        spread, design effects and response.
    sizes : Series, mapping, array or Frame, optional
        Units of each stratum, if n is not an Allocation.
    sd : float, Series, mapping or array, optional
        Standard deviation in each stratum.
    p : float, Series, mapping or array, optional
        Share in each stratum, 0 to 1, in the place of `sd`.
    mean : float, Series, mapping or array, optional
        Mean in each stratum, for a cv together with `sd`.
    deff : float, Series, mapping or array, optional
        Design effect inside the strata, 1 or more.
    icc, take : float, Series, mapping or array, optional
        Intraclass correlation and answers in a cluster, in the place of `deff`: 1 + (take - 1) icc.
    response : float, Series, mapping or array, optional
        Share of the units drawn that answer.
    level : float
        Confidence level.
    domains : mapping or Series, optional
        The domain of each stratum; None for a stratum outside all.

    Returns
    -------
    Precision

    Raises
    ------
    ArgumentError
        A share is written as a percentage, n is above the units of a stratum, or the spread is not given.
    ColumnError
        A stratum is named that is absent, or one lacks a value.
    DataError
        A value is missing or negative.

    References
    ----------
    Cochran (1977), Sampling Techniques, section 5.3. Kish (1965), Survey Sampling, section 11.7.

    Examples
    --------
    >>> households = {"Phường": 52_000, "Xã": 31_000, "Đặc khu": 1_400}
    >>> found = precision({"Phường": 600, "Xã": 400, "Đặc khu": 200}, households, p=0.8, icc=0.05, take=10)
    >>> found.table[["name", "margin", "n_eff"]].round(3).values.tolist()
    [['Phường', 0.038, 413.793], ['Xã', 0.047, 275.862], ['Đặc khu', 0.062, 137.931], ['', 0.029, 710.028]]
    """
    check_fraction(level, "level")
    strata, drawn = _drawn(n, sizes)
    known, middle, is_share = spread(sd, p, mean, strata.labels)
    if known is not None:
        strata = replace(strata, sd=known, mean=middle, is_share=is_share)
    elif middle is not None:
        strata = replace(strata, mean=middle)
    if strata.sd is None:
        raise ArgumentError(
            "precision needs sd=..., the standard deviation in each stratum, or p=... for a share."
        )
    strata = replace(strata, deff=_effect(strata, deff, icc, take))
    if response is not None:
        strata = replace(strata, response=by_stratum(response, strata.labels, "response", "response"))
    masks: dict[tuple[str, Any], Mask] = {
        ("stratum", label): np.arange(len(strata)) == i for i, label in enumerate(strata.labels)
    }
    if domains is not None:
        masks |= {("domain", name): mask for name, mask in domains_of(domains, strata.labels).items()}
    masks["overall", ""] = np.ones(len(strata), dtype=np.bool_)
    z = z_value(level)
    rows = [
        {"level": kind, "name": name, **_row(strata, drawn, mask, z)} for (kind, name), mask in masks.items()
    ]
    assumed = {
        "sd": sd, "p": p, "mean": mean, "deff": deff, "icc": icc, "take": take, "response": response,
        "level": level,
    }  # fmt: skip
    return Precision(
        pd.DataFrame(rows).astype({"name": object}), level, strata.is_share, _kept(n, sd, p) | told(assumed)
    )


def _drawn(n: Any, sizes: Any) -> tuple[Strata, Array]:
    """Return the strata and the units drawn in each."""
    if isinstance(n, Allocation):
        if sizes is not None:
            raise ArgumentError("sizes is given, and the allocation has its own. Leave sizes out.")
        return n.strata, np.asarray(n.n, dtype=np.float64)
    if sizes is None:
        raise ArgumentError(
            "precision needs sizes=..., the units of each stratum, unless n is an Allocation."
        )
    size = read_sizes(sizes)
    labels, there = tuple(size.index), np.asarray(size, dtype=np.float64)
    drawn = by_stratum(n, labels, "n", "positive")
    for i in map(int, np.flatnonzero((drawn > there) | (drawn != np.floor(drawn)))):
        raise ArgumentError(
            f"n={drawn[i]:g} in {shown(labels[i])}: pass a whole number, at most its {there[i]:g} units."
        )
    ones = np.ones(len(labels))
    return Strata(labels, there, None, None, False, ones, ones, ones, ones, np.floor(there)), drawn


def _kept(n: Any, sd: Any, p: Any) -> dict[str, Any]:
    """Return what was assumed for an allocation, but for a spread that is given anew."""
    keys = (
        ("deff", "response") if sd is not None or p is not None else ("sd", "p", "mean", "deff", "response")
    )
    return (
        {key: n.assumptions[key] for key in keys if key in n.assumptions} if isinstance(n, Allocation) else {}
    )


def _effect(strata: Strata, deff: Any, icc: Any, take: Any) -> Array:
    """Return the design effect inside each stratum."""
    if icc is None and take is None:
        return strata.deff if deff is None else by_stratum(deff, strata.labels, "deff", "deff")
    if deff is not None:
        raise ArgumentError("deff and icc are both given. Pass deff, or icc with take.")
    if icc is None or take is None:
        raise ArgumentError("icc and take go together: pass both, or deff.")
    share = by_stratum(icc, strata.labels, "icc", "share")
    answers = by_stratum(take, strata.labels, "take", "positive")
    for i in map(int, np.flatnonzero(answers < 1)):
        raise ArgumentError(
            f"take={answers[i]:g} in {shown(strata.labels[i])}: a cluster has 1 answer or more."
        )
    return 1 + (answers - 1) * share


def _row(strata: Strata, drawn: Array, mask: Mask, z: float) -> dict[str, float]:
    """Return the numbers of a group of strata."""
    size, deff = strata.size[mask], strata.deff[mask]
    answers, whole = (drawn * strata.response)[mask], fsum(size)
    weight = size / whole
    sd = np.zeros(len(size)) if strata.sd is None else strata.sd[mask]
    variance = fsum(weight**2 * deff * sd**2 * np.maximum(1 / answers - 1 / size, 0.0))
    middle = float("nan") if strata.mean is None else fsum(weight * strata.mean[mask])
    se = float(np.sqrt(variance))
    n_eff = 1 / fsum(weight**2 * deff / answers)
    weighting = fsum(answers) * fsum(weight**2 / answers)
    return {
        "size": whole,
        "n": int(drawn[mask].sum()),
        "answers": fsum(answers),
        "deff": fsum(answers) / n_eff / weighting,
        "weighting": weighting,
        "n_eff": n_eff,
        "estimate": middle,
        "se": se,
        "margin": z * se,
        "cv": se / abs(middle) if middle else float("nan"),
    }
