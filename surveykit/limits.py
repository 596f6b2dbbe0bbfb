"""Confidence limits of estimates: method, degrees of freedom, one or two sides, one row or all together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import scipy.sparse as sp

from sampling import format as fmt
from sampling.checks import ArgumentError, check_choice, check_fraction, shown
from surveykit.context import Note
from surveykit.formulas import intervals
from surveykit.formulas.arrays import Array, Mask
from surveykit.formulas.joined import Joined, unfolded
from surveykit.formulas.maxt import Family, family, multiplier
from surveykit.formulas.satterthwaite import satterthwaite
from surveykit.formulas.statistics import divide
from surveykit.formulas.variance import Combined

if TYPE_CHECKING:
    from surveykit.result import Estimates

Interval = Literal[
    "t", "auto", "wald", "logit", "wilson", "korn-graubard", "beta", "likelihood", "arcsine",
    "agresti-coull", "jeffreys", "log", "simultaneous", "bonferroni",
]  # fmt: skip
Side = Literal["two", "lower", "upper"]
ELSEWHERE = {  # what other tools call the side of a claim
    **dict.fromkeys(("greater", "larger", "above", ">"), "lower"),
    **dict.fromkeys(("less", "smaller", "below", "<"), "upper"),
    **dict.fromkeys(("two-sided", "two.sided", "two_sided"), "two"),
}
Degrees = float | Literal["satterthwaite"] | None
TOGETHER = ("simultaneous", "bonferroni")
SHARES = ("auto", "wald", "logit", "wilson", "korn-graubard", "beta", "likelihood", "arcsine",
          "agresti-coull", "jeffreys")  # fmt: skip
POSITIVE = ("count", "total", "mean", "ratio", "variance")
MATRIX, MANY = 1_000, 20_000  # estimates, and combinations of them, whose correlations are looked at


def method_of(est: Estimates, method: str | None) -> str:
    """Return the method of limits, after a look at whether these estimates have it."""
    own = est.detail.methods
    if own:
        return own[0] if method is None else check_choice(method, (*own, *TOGETHER), "method")
    if method is None:
        together = {"max-t": "simultaneous", "holm": "bonferroni", "bonferroni": "bonferroni"}
        return together.get(est.adjust, "auto" if est.is_share else "t")
    if est.is_share:
        return "wald" if method == "t" else check_choice(method, (*SHARES, *TOGETHER), "method")
    if method in SHARES and method != "wald":
        raise ArgumentError(f"method={method!r} is for shares, and these are {est.statistic}s. Use 't'.")
    if method == "log" and est.statistic not in POSITIVE:
        raise ArgumentError(
            f"method='log' is for counts, totals and means above 0, and these are {est.statistic}s. Use 't'."
        )
    check_choice(method, ("t", "wald", "log", *TOGETHER), "method")
    return "t" if method == "wald" else method


def degrees_of(est: Estimates, df: Any) -> Array:
    """Return the degrees of freedom of each row: the design's, Satterthwaite's, or a number given."""
    if df is None:
        return est.df.to_numpy(float)
    if df == "satterthwaite":
        own = satterthwaite(est.covariance)
        if own is None:
            together = isinstance(unfolded(est.covariance)[0], Joined)
            what = "several results together" if together else "replicate weights"
            raise ArgumentError(
                f"df='satterthwaite': {what} do not show what each stratum adds to the variance. "
                "Leave df out, or give a number."
            )
        return np.where(np.isnan(est.df.to_numpy(float)), np.nan, own)
    if isinstance(df, bool) or not isinstance(df, (int, float, np.number)) or not df >= 0:
        raise ArgumentError(f"df={df!r}: write a number, inf for normal limits, or 'satterthwaite'.")
    return np.full(len(est.value), float(df))


def check_side(side: Any) -> None:
    """Refuse what is no side; a claim that a value is greater is for its lower limit."""
    check_choice(side, ("two", "lower", "upper"), "side", ELSEWHERE)


def limits(est: Estimates, level: float, method: Any, df: Any, cap: bool, side: Any) -> tuple[Array, Array]:
    """Return the limits of each row, NaN where it has no standard error."""
    level = check_fraction(level, "level")
    check_side(side)
    if side != "two" and level <= 0.5:
        raise ArgumentError(f"side={side!r} with level={level:g}: a one-sided limit needs a level above 0.5.")
    name, degrees = method_of(est, method), degrees_of(est, df)
    both = level if side == "two" else 2 * level - 1  # the two-sided level with these limits
    p, v = est.value.to_numpy(float), est.variance
    if name == "auto":
        low, high = _auto(est, p, v, degrees, both)
    elif name in TOGETHER:
        low, high = _together(est, name, p, v, degrees, level, 2 if side == "two" else 1)
    elif est.detail.limits is not None and name in est.detail.methods:
        low, high = est.detail.limits(name, degrees, both)
    elif name == "t":
        low, high = intervals.wald(p, v, intervals.quantile(degrees, both))
    elif name == "log":
        low, high = intervals.log_limits(_positive(est, p, v), v, intervals.quantile(degrees, both))
    else:
        low, high = intervals.limits(name, p, v, est.n.to_numpy(float), degrees, both, cap=cap)
    missing = np.isnan(v) & (name not in est.detail.methods)  # of a quantile one end may be known
    ends = (0.0 if est.is_share or name == "log" else -np.inf), (1.0 if est.is_share else np.inf)
    low = np.where(np.isnan(high), np.nan, ends[0]) if side == "upper" else low
    high = np.where(np.isnan(low), np.nan, ends[1]) if side == "lower" else high
    if est.detail.bounds is not None:
        low, high = (np.clip(end, *est.detail.bounds) for end in (low, high))
    return np.where(missing, np.nan, low), np.where(missing, np.nan, high)


def _auto(est: Estimates, p: Array, v: Array, df: Array, level: float) -> tuple[Array, Array]:
    parts, n = est.share_parts, est.n.to_numpy(float)
    deff = intervals.auto_effect(p, v, n, df, parts.K, parts.b, parts.rho)
    low, high = intervals.wilson(p, divide(n, deff), intervals.quantile(np.maximum(df, 0) + 8, level))
    return np.where(parts.census, p, low), np.where(parts.census, p, high)


def _positive(est: Estimates, p: Array, v: Array) -> Array:
    """Refuse values that have no logarithm."""
    wrong = np.flatnonzero((p <= 0) & (v > 0))
    if wrong.size:
        row = est.value.index[wrong[0]]
        raise ArgumentError(
            f"method='log' is for values above 0, and row {shown(row)} is {p[wrong[0]]:g}. Use 't'."
        )
    return np.where(p > 0, p, np.nan)


# ---- all rows together -----------------------------------------------------------------------------------


def counting(est: Estimates, df: Array) -> Mask:
    """(k,) rows that can be wrong: those with a standard error above 0 and degrees of freedom."""
    return np.asarray((est.variance > 0) & (df > 0))


def family_of(est: Estimates, rows: Mask, sides: int = 2) -> Family:
    """Return the rows as a family; where they are too many for their correlations, as independent ones."""
    k, covariance = int(rows.sum()), est.covariance
    which = np.flatnonzero(rows)
    if correlated(est, k):
        if isinstance(covariance, Combined):
            L = sp.csr_matrix(covariance.L.tocsc()[:, which])
            used = np.unique(L.nonzero()[0])
            return family(covariance.base.of(_pick(used, L.shape[0])), L[used], sides)
        return family(covariance.of(_pick(which, rows.size)), sp.identity(k, format="csr"), sides)
    return Family(k, k, (), np.zeros((0, 1)), sides)


def _pick(which: Any, size: int) -> sp.csr_matrix:
    return sp.csr_matrix((np.ones(len(which)), (which, np.arange(len(which)))), shape=(size, len(which)))


def correlated(est: Estimates, k: int) -> bool:
    """Whether the correlations of so many rows are looked at."""
    if isinstance(est.covariance, Combined) and est.covariance.L.shape[0] <= MATRIX:
        return 0 < k <= MANY
    return 0 < k <= MATRIX


def _together(
    est: Estimates, name: str, p: Array, v: Array, df: Array, level: float, sides: int
) -> tuple[Array, Array]:
    """Limits that hold for all rows at once with chance ``level``; of shares on the logit scale.

    Shares on which all agree have no error that could be seen, and are not known for that: they have their
    part of the risk, and the limits of "auto" at it.
    """
    rows = counting(est, df)
    k = int(rows.sum())
    agreed = np.zeros(rows.size, dtype=bool)
    if est.is_share:
        agreed = (v == 0) & ~np.isnan(p) & ~est.share_parts.census
    risk = (1 - level) / max(k + int(agreed.sum()), 1)
    level = 1 - max(k, 1) * risk
    if name == "bonferroni":
        t = intervals.quantile(df, 1 - 2 * (1 - level) / (sides * max(k, 1)))
    elif k:
        t = multiplier(family_of(est, rows, sides).limit(level), df)
    else:
        t = intervals.quantile(df, level)
    if not est.is_share:
        return intervals.wald(p, v, t)
    low, high = intervals.logit_limits(p, v, t)
    if agreed.any():
        ends = _auto(est, p, v, df, 1 - risk if sides == 2 else 1 - 2 * risk)
        low, high = (np.where(agreed, end, one) for end, one in zip(ends, (low, high), strict=True))
    known = (v == 0) & ~np.isnan(p) & ~agreed
    return np.where(known, p, low), np.where(known, p, high)


NAMES = {
    "holm": Note("Holm", "Holm"),
    "hochberg": Note("Hochberg", "Hochberg"),
    "hommel": Note("Hommel", "Hommel"),
    "bonferroni": Note("Bonferroni", "Bonferroni"),
    "bh": Note("Benjamini–Hochberg (share of false findings)", "Benjamini–Hochberg (tỉ lệ phát hiện sai)"),
    "by": Note("Benjamini–Yekutieli (share of false findings)", "Benjamini–Yekutieli (tỉ lệ phát hiện sai)"),
    "max-t": Note("max-t", "max-t"),
}


def remarks(est: Estimates, used: str) -> tuple[Note, ...]:
    """Return what the line says of limits and p-values that look at several rows together."""
    notes: tuple[Note, ...] = ()
    k = int(counting(est, est.df.to_numpy(float)).sum())
    count, rows = fmt.integer(k), "row" if k == 1 else "rows"
    if used == "simultaneous":
        way = "max-t" if correlated(est, k) else "Šidák"
        notes += (Note(f"limits hold for {count} {rows} together ({way})",
                       f"các cận đúng đồng thời cho {count} dòng ({way})"),)  # fmt: skip
    if used == "bonferroni":
        notes += (Note(f"limits hold for {count} {rows} together (Bonferroni)",
                       f"các cận đúng đồng thời cho {count} dòng (Bonferroni)"),)  # fmt: skip
    if est.adjust and est.adjust != "none":
        name = NAMES[est.adjust]
        notes += (Note(f"p adjusted for {count} comparisons: {name.en}",
                       f"p hiệu chỉnh cho {count} phép so sánh: {name.vi}"),)  # fmt: skip
    if est.adjust and used not in TOGETHER:
        notes += (Note("limits are for each row by itself", "cận tính riêng cho từng dòng"),)
    return notes
