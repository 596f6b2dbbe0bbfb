"""Trimming as a weighting step: weights cut at a cap, and what was cut given to the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from surveykit.formulas.arrays import Array, Codes, Mask, sum_by
from surveykit.formulas.steps import Linear, fixed, once

Redistribution = Literal["proportional", "equal", "none"]

PASSES = 200
CLOSE = 1e-12  # relative distance from a cap that is rounding error


@dataclass(frozen=True, eq=False)
class Trimming:
    """Weights cut at a lower and an upper limit, group by group.

    ``group`` (n,) group of each row, ``count`` groups; ``lower``, ``upper`` limits, or None; with ``ratio``
    the upper limit is that many medians of the weights of the group, with ``quantile`` that quantile of
    them. ``give`` how the weight that was cut is given to the rows that were not: in proportion to their
    weights, in equal parts, or not at all. ``strict``: cut again where the gift has passed the limit, until
    none does.
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
        low, high = low[self.group], high[self.group]
        used = own != 0
        cut = np.zeros(own.size, dtype=bool)
        total = sum_by(self.group, np.where(used, own, 0.0) * factor, self.count)
        for _ in range(PASSES):
            cut |= used & ((own > high * (1 + CLOSE)) | (own < low * (1 - CLOSE)))
            own = np.where(cut, np.clip(own, low, high), own)
            if self.give != "none":
                own = self._given(own, factor, cut, total)
            beyond = used & ((own > high * (1 + CLOSE)) | (own < low * (1 - CLOSE)))
            if not self.strict or not beyond.any():
                break
        return np.asarray(own * factor)

    def _given(self, own: Array, factor: Array, cut: Mask, total: Array) -> Array:
        """(n,) weights after the rows that were not cut have taken what keeps the sum of their group."""
        free = ~cut & (own != 0)
        left = total - sum_by(self.group, np.where(cut, own * factor, 0.0), self.count)
        held = sum_by(self.group, np.where(free, own * factor, 0.0), self.count)
        if self.give == "proportional":
            rise = np.divide(left, held, out=np.ones(self.count), where=held > 0)
            return np.asarray(np.where(free, own * rise[self.group], own))
        rows = sum_by(self.group, np.where(free, factor, 0.0), self.count)
        more = np.divide(left - held, rows, out=np.zeros(self.count), where=rows > 0)
        return np.asarray(np.where(free, own + more[self.group], own))

    def linear(self, before: Array, after: Array) -> Linear:  # noqa: ARG002 (as every step)
        """Return the derivative: which weights are cut is taken as given, so nothing is taken away."""
        return fixed(after.size)
