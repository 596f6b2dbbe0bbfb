"""Trimming as a weighting step: weights cut at a cap, and what was cut given to the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy.sparse as sp

from surveykit.formulas.arrays import Array, Codes, Mask, sum_by
from surveykit.formulas.steps import Linear, fixed, once

Redistribution = Literal["proportional", "equal", "none"]

PASSES = 200
CLOSE = 1e-12  # relative distance from a limit that is rounding error


@dataclass(frozen=True, eq=False)
class Trimming:
    """Weights cut at a lower and an upper limit, group by group.

    ``group`` (n,) group of each row, ``count`` groups; ``lower``, ``upper`` limits, or None; with ``ratio``
    the upper limit is that many medians of the weights of the group, with ``quantile`` that quantile of
    them. ``give`` how the weight that was cut is given to the other rows: in proportion to their weights, in
    equal parts, or not at all. ``strict``: nobody passes a limit by a gift either, so that the new weights
    are c w, or w + c, between the limits, with the c of each group that keeps its sum.
    """

    group: Codes
    count: int
    name: str
    lower: float | None = None
    upper: float | None = None
    ratio: float | None = None
    quantile: float | None = None
    give: Redistribution = "proportional"
    strict: bool = True

    def limits(self, w: Array) -> tuple[Array, Array]:
        """(count,) lower and upper limit of each group, from weights above 0."""
        low = np.full(self.count, -np.inf if self.lower is None else self.lower)
        high = np.full(self.count, np.inf if self.upper is None else self.upper)
        if self.ratio is not None or self.quantile is not None:
            used = np.flatnonzero(w > 0)
            order = used[np.lexsort((w[used], self.group[used]))]
            sorted_w, g = w[order], self.group[order]
            starts = np.searchsorted(g, np.arange(self.count + 1))
            for h in range(self.count):
                own = sorted_w[starts[h] : starts[h + 1]]
                if own.size:
                    at = 0.5 if self.quantile is None else self.quantile
                    times = 1.0 if self.ratio is None else self.ratio
                    high[h] = times * float(np.quantile(own, at))
        return low, high

    def apply(self, w: Array) -> Array:
        """(n,) new weights."""
        return self.replay(w, np.ones(w.size))

    def replay(self, w: Array, factor: Array, shift: Array | None = None) -> Array:  # noqa: ARG002 (as every step)
        """(n,) new weights of a replicate, whose rows count ``factor`` times: the limits are for one time."""
        own = once(w, factor)
        low, high = self.limits(own)
        cut = np.where(own != 0, np.clip(own, low[self.group], high[self.group]), 0.0)
        if self.give != "none":
            cut = self._given(own, factor, cut) if not self.strict else self._level(own, factor, low, high)
        return np.asarray(cut * factor)

    def _given(self, own: Array, factor: Array, cut: Array) -> Array:
        """(n,) weights after the rows that were not cut have taken, once, what keeps the sum of the group."""
        free = (own != 0) & close(own, cut)
        left = sum_by(self.group, (own - cut) * factor, self.count)
        if self.give == "equal":
            rows = sum_by(self.group, np.where(free, factor, 0.0), self.count)
            more = np.divide(left, rows, out=np.zeros(self.count), where=rows > 0)
            return np.asarray(np.where(free, own + more[self.group], cut))
        held = sum_by(self.group, np.where(free, own * factor, 0.0), self.count)
        rise = np.divide(left, held, out=np.zeros(self.count), where=held > 0)
        return np.asarray(np.where(free, own * (1 + rise[self.group]), cut))

    def _level(self, own: Array, factor: Array, low: Array, high: Array) -> Array:
        """(n,) weights c w, or w + c, between the limits, with the c of each group that keeps its sum.

        The sum rises with c in straight pieces: Newton's method between ends that are drawn together. Weights
        below 0 are cut and take nothing.
        """
        g, times, takes = self.group, self.give == "proportional", own > 0
        lower, upper = low[g], high[g]
        cut = np.where(own < 0, np.clip(own, lower, upper), 0.0)
        wanted = sum_by(g, (own - cut) * factor, self.count)
        least, most = np.full(self.count, np.inf), np.zeros(self.count)
        np.minimum.at(least, g[takes], own[takes])
        np.maximum.at(most, g[takes], own[takes])
        c = np.full(self.count, 1.0 if times else 0.0)
        start = np.minimum(c, 0.0 if times else np.where(np.isfinite(low), low - most, 0.0))
        top = np.where(np.isfinite(high) & np.isfinite(least), high, 0.0)
        end = np.maximum(c, top / least if times else top - np.where(top > 0, least, 0.0))
        for _ in range(PASSES):
            moved = own * c[g] if times else own + c[g]
            new = np.where(takes, np.clip(moved, lower, upper), cut)
            gap = wanted - sum_by(g, np.where(takes, new * factor, 0.0), self.count)
            start, end = np.where(gap >= 0, c, start), np.where(gap <= 0, c, end)
            free = takes & (moved > lower) & (moved < upper)
            slope = sum_by(g, np.where(free, factor * (own if times else 1.0), 0.0), self.count)
            step = c + np.divide(gap, slope, out=np.full(self.count, np.nan), where=slope > 0)
            known = (step == c) | ((start < step) & (step < end))
            before, c = c, np.where(known, step, (start + end) / 2)
            if (c == before).all():
                break
        return np.asarray(new)

    def linear(self, before: Array, after: Array) -> Linear:
        r"""Return the derivative: which weights are cut, and where, is taken as given, what is given is not.

        With B the mean of u over the rows that take, weighted by w, or plain where they take equal parts,

        .. math:: w'_i u_i \;\to\; w'_i u_i + (w_i - w'_i)\,B ,

        so that the sum of the weights has the variance it had before. A cut weight stays at its limit,
        whatever the steps before made of it; a limit that is worked out from the weights is held fixed.
        """
        cut, takes = self._cut(before, after)
        passes = np.where(cut, 0.0, 1.0)
        if self.give == "none" or not cut.any():
            return fixed(after.size)._replace(passes=passes if cut.any() else None)
        free = takes & ~cut
        if self.give == "equal":
            np.divide(before, after, out=passes, where=free & (after != 0))
        g = np.where(free, before if self.give == "proportional" else 1.0, 0.0)
        held = sum_by(self.group, g, self.count)
        share = np.divide(1.0, held, out=np.zeros(self.count), where=held > 0)
        one = sp.identity(self.count, format="csr")
        return Linear(
            one, g, sp.diags(share).tocsr(), after, before, one, self.group, cell=self.group, passes=passes
        )

    def _cut(self, before: Array, after: Array) -> tuple[Mask, Mask]:
        """(n,) rows that are cut, and (n,) rows that take where they are not."""
        low, high = (end[self.group] for end in self.limits(before))
        if self.give == "none" or not self.strict:
            return (before != 0) & ~close(before, np.clip(before, low, high)), before != 0
        moved = sum_by(self.group, np.where(close(before, after), 0.0, 1.0), self.count) > 0
        at_limit = close(after, low) | close(after, high)
        return (before != 0) & at_limit & moved[self.group], before > 0


def close(value: Array, limit: Array) -> Mask:
    """(n,) values that differ from the limits by rounding alone."""
    return np.asarray(np.abs(value - limit) <= CLOSE * np.abs(value))
