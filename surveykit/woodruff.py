"""Limits of quantiles, read from the share of answers at or below them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy.sparse as sp

from surveykit.context import Note
from surveykit.formulas import intervals
from surveykit.formulas.arrays import Array, Codes, Mask
from surveykit.formulas.quantiles import SAME, Cumulated, Sorted, bounded, first_where
from surveykit.formulas.statistics import divide
from surveykit.formulas.variance import Combined, Taylor
from surveykit.result import Estimates
from surveykit.stages import census_of

METHODS = ("woodruff", "logit", "beta", "arcsine", "score")
LEVEL = 0.95  # of the interval from which the standard error is read
NO_LOW = "too few answers below it: its interval has no lower limit"
NO_HIGH = "too few answers above it: its interval has no upper limit"
NO_ENDS = "too few answers: its interval has no limits"
NO_DF = "as many strata as units: it has no interval from which a standard error could be read"
STILL = Note(
    "both limits fall on one value where many answers are equal",
    "hai cận trùng một giá trị ở chỗ nhiều câu trả lời bằng nhau",
)
NO_WIDTH = Note(
    "the share at or below a quantile is the same in every unit: limits without width say nothing of how far "
    "it may be off",
    "tỉ lệ không vượt phân vị như nhau ở mọi đơn vị: khoảng không có độ rộng không nói gì về mức bất định",
)
TIES = Note(
    "many answers equal a quantile: limits by method='score' are surer",
    "nhiều câu trả lời bằng đúng phân vị: khoảng theo method='score' chắc hơn",
)


class Answers(NamedTuple):
    """One column: its answers in order, and with their weights added up; the rows missing."""

    order: Sorted
    sums: Cumulated
    y: Array
    missing: Codes


def woodruff(
    below: Callable[[Array], Estimates], value: Array, parts: Sequence[Answers], p: Array, rule: str
) -> Woodruff:
    """Return the quantiles with the shares at or below them; below the greatest answer if that is one.

    At the greatest answer the share is 1 and has no error: whether the quantile may be less is told by the
    share below it.
    """
    shares = below(value)
    top = (shares.value.to_numpy(float) >= 1 - SAME).reshape(value.shape)
    if top.any():
        Q = value.shape[1] // len(parts)
        lower = [part.sums.before(value[:, i * Q : (i + 1) * Q]) for i, part in enumerate(parts)]
        shares = below(np.where(top, np.concatenate(lower, axis=1), value))
    return Woodruff(shares, value, top.ravel(), parts, p, rule, below)


@dataclass(frozen=True, repr=False, eq=False)
class Woodruff:
    """Quantiles (D, q) and the shares of answers at or below them, from which limits are read.

    ``top`` (D q,) quantiles that are the greatest answer, whose share is that of the answers below.
    """

    shares: Estimates
    value: Array
    top: Mask
    parts: Sequence[Answers]
    p: Array
    rule: str
    below: Callable[[Array], Estimates]

    def estimates(self) -> Estimates:
        """Return the quantiles, with standard errors from the width of their 95 % intervals."""
        raw, theta = self.shares, self.value.ravel()
        df, v = raw.df.to_numpy(float), raw.variance
        low, high = self.limits("woodruff", df, LEVEL)
        se = np.where(v == 0, 0.0, (high - low) / (2 * intervals.quantile(df, LEVEL)))
        reason = raw.reason.to_numpy(dtype=object).copy()
        had = (reason == "") & ~np.isnan(v)
        for text, lost in (
            (NO_DF, np.isnan(intervals.quantile(df, LEVEL))), (NO_ENDS, np.isnan(low) & np.isnan(high)),
            (NO_LOW, np.isnan(low)), (NO_HIGH, np.isnan(high)),
        ):  # fmt: skip
            reason[had & np.isnan(se) & lost & (reason == "")] = text
        notes = raw.context.notes
        split = (v < SAME**2) & ~self.top
        if (had & (se == 0) & ~split & ((v > 0) | self.top)).any():
            notes = (*notes, STILL)
        if (had & (se == 0) & split & ~self.census).any():
            notes = (*notes, NO_WIDTH)
        if (had & (raw.value.to_numpy(float) - self.targets.ravel() > np.sqrt(v)) & (v > 0)).any():
            notes = (*notes, TIES)
        scale = np.nan_to_num(divide(se, np.sqrt(v)))
        every = np.arange(scale.size)  # zeros stay in the table: each quantile is one share, scaled
        return replace(
            raw,
            value=pd.Series(theta, index=raw.value.index, name="quantile"),
            covariance=Combined(raw.covariance, sp.csr_matrix((scale, (every, every)))),
            reason=pd.Series(reason, index=raw.value.index, name="reason", dtype=object),
            detail=replace(raw.detail, reference=None, limits=self.limits, methods=METHODS),
            context=replace(raw.context, notes=notes),
        )

    def limits(self, method: str, df: Array, level: float) -> tuple[Array, Array]:
        """(k,) limits of the quantiles; NaN for an end that too few answers bound."""
        v, t, p = self.shares.variance, intervals.quantile(df, level), self.targets.ravel()
        if method == "score":
            low, high = self.search(t)
        else:
            share = np.clip(self.shares.value.to_numpy(float), 0.0, 1.0)
            n = self.shares.n.to_numpy(float)
            if method == "arcsine":
                low, high = intervals.arcsine(share, v, t, cut=True)
            else:
                name = "wald" if method == "woodruff" else method
                low, high = intervals.limits(name, share, v, n, df, level)
            low = np.where(self.top, p - t * np.sqrt(v), low)
            high = np.where(self.top, 1.0, high)
        known = v == 0  # as far as the sample tells, all of the share is known
        unbounded = ~bounded(1 - p, self.size, level), ~bounded(p, self.size, level)
        low = np.where(np.isnan(t) | ((low <= 0) & unbounded[0]), np.nan, low)
        high = np.where(np.isnan(t) | ((high >= 1) & unbounded[1]), np.nan, high)
        rule = "math" if method == "score" else self.rule
        low, high, theta = self.at(low, rule), self.at(high, rule), self.value.ravel()
        if method == "score":
            low, high = np.minimum(low, theta), np.maximum(high, theta)
        return np.where(known, theta, low), np.where(known, theta, high)

    @cached_property
    def census(self) -> Mask:
        """(k,) quantiles of domains without sampling error, whose limits have no width with right."""
        made, k = self.shares.covariance, len(self.shares.value)
        if not isinstance(made, Taylor):
            return np.zeros(k, dtype=bool)
        return np.repeat(census_of(list(made.stages), made.cells), k // made.cells.D)

    @cached_property
    def targets(self) -> Array:
        """(D, q) shares asked for."""
        return np.tile(self.p, (len(self.value), 1))

    @cached_property
    def size(self) -> Array:
        """(k,) effective number of answers: no more than there are, all that can be where v is 0."""
        est = self.shares
        share, v = np.clip(est.value.to_numpy(float), 0.0, 1.0), est.variance
        return np.where(v == 0, np.inf, np.minimum(divide(share * (1 - share), v), est.n.to_numpy(float)))

    def at(self, share: Array, rule: str) -> Array:
        """(k,) values at these shares, the least and the greatest answer beyond 0 and 1."""
        wanted = share.reshape(self.value.shape)
        Q = self.value.shape[1] // len(self.parts)
        found = [
            part.sums.quantiles(wanted[:, i * Q : (i + 1) * Q], rule) for i, part in enumerate(self.parts)
        ]
        return np.concatenate(found, axis=1).ravel()

    def search(self, t: Array) -> tuple[Array, Array]:
        """(k,) shares at the first answer not rejected as too low, and at the first rejected as too high.

        Where the error of the share goes up and down, one of several such answers, as halving comes by it.
        """
        Q = self.value.shape[1] // len(self.parts)
        ends = [part.sums.ends() for part in self.parts]
        first, last = (np.repeat(np.column_stack([end[k] for end in ends]), Q, axis=1) for k in (0, 1))
        t = t.reshape(self.value.shape)

        def z(at: Codes) -> Array:
            theta = [part.sums.value[at[:, i * Q : (i + 1) * Q]] for i, part in enumerate(self.parts)]
            est = self.below(np.concatenate(theta, axis=1))
            gap = est.value.to_numpy(float).reshape(t.shape) - self.targets
            gap[np.abs(gap) <= SAME] = 0.0
            error = np.sqrt(est.variance).reshape(t.shape)
            return np.where(error > 0, divide(gap, error), np.where(gap == 0, 0.0, np.copysign(np.inf, gap)))

        low = first_where(lambda at: z(at) >= -t, first, last)
        high = first_where(lambda at: z(at) > t, first, last)
        return self.inside(low, first, 0.0), self.inside(high, last, 1.0)

    def inside(self, at: Codes, end: Codes, share: float) -> Array:
        """(k,) shares in the middle of these answers, but this one at the end of a domain."""
        Q = at.shape[1] // len(self.parts)
        found = []
        for i, part in enumerate(self.parts):
            sums, here = part.sums, at[:, i * Q : (i + 1) * Q]
            found.append(sums.C[here] - sums.share[here] / 2)
        return np.where(at == end, share, np.concatenate(found, axis=1)).ravel()
