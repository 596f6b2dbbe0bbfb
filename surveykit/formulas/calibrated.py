"""Calibration as a weighting step: its aims, what it does to weights, how it enters the variance."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import scipy.sparse as sp

from sampling.checks import ArgumentError
from surveykit.formulas.arrays import Array, Codes, Mask, sum_by
from surveykit.formulas.calibration import (
    NO_BOUNDS,
    Bounds,
    Distance,
    Solution,
    System,
    inverse,
    slope,
    solve,
)
from surveykit.formulas.steps import Linear, Matrix, dense, once
from surveykit.formulas.trimming import Trimming

Label = tuple[str, Any]


@dataclass(frozen=True, eq=False)
class Calibration:
    """Weights whose sums of the auxiliaries x agree with targets, by parts.

    Rows that share x are one cell. ``cell`` (n,) cell of each row, or None where every row is its own;
    ``X`` (K, p); ``block`` (K,) part of each cell, −1 outside, or None; ``targets`` (D, p) totals, or
    shares of the sum of all weights (``shares_of`` "all") or of those of the part ("part"); ``labels`` margin
    and level of each target, (p,) with ``parts`` (D,) the names of the parts, or (D p,) without;
    ``bounds`` on the ratios, ``caps`` on the weights themselves; ``scale`` (K,) freedom of each cell;
    ``ridge`` (p,) price of a gap, in units of w x²; ``noise`` (D p, D p) covariance of targets that are
    estimates; ``linearisation`` "calibrated" takes the derivative at the new weights, "base" at the old (as
    R ``calibrate``); ``trimmed`` the trimming just before, where its limits, worked out from the weights, are
    the caps. ``centred_by`` is a centre (D, p), taken off the columns before anything is solved, times the 1
    that a constant (p,) makes of them (:func:`surveykit.formulas.centring.centre`): the weights are the same.
    """

    cell: Codes | None
    X: Matrix
    targets: Array
    labels: tuple[Label, ...]
    name: str
    shares_of: Literal["", "all", "part"] = ""
    distance: Distance = "linear"
    bounds: Bounds = NO_BOUNDS
    caps: Bounds = NO_BOUNDS
    block: Codes | None = None
    parts: tuple[Any, ...] = ()
    scale: Array | None = None
    ridge: Array | None = None
    noise: Array | None = None
    linearisation: Literal["calibrated", "base"] = "calibrated"
    trimmed: Trimming | None = None
    centred_by: tuple[Array, Array] | None = None

    @property
    def shares(self) -> bool:
        """Whether the targets are shares of the sum of the weights."""
        return bool(self.shares_of)

    @property
    def D(self) -> int:
        """Number of parts."""
        return len(self.targets)

    @property
    def aims(self) -> tuple[Label, ...]:
        """(D p,) margin and level of every target, part by part."""
        if not self.parts:
            return self.labels
        return tuple((f"{name} ({part})", level) for part in self.parts for name, level in self.labels)

    @cached_property
    def system(self) -> System:
        """Auxiliaries as the solver takes them; cells outside every part have x = 0."""
        X = self.X if self.block is None else dense(self.X) * (self.block >= 0)[:, None]
        block = None if self.block is None else np.maximum(self.block, 0)
        if self.centred_by is not None:
            centre, constant = self.centred_by
            one = np.asarray(X @ constant)[:, None]
            if sp.issparse(X):
                X = (X - sp.csr_matrix(one) @ sp.csr_matrix(centre)).tocsr()
            else:
                X = X - one * centre[np.zeros(len(X), dtype=np.intp) if block is None else block]
        return System(X, block, self.D)

    def centred(self, totals: Array) -> Array:
        """(D, p) totals of the columns as they are solved for."""
        if self.centred_by is None:
            return totals
        centre, constant = self.centred_by
        return np.asarray(totals - centre * (totals @ constant)[:, None])

    @cached_property
    def barred(self) -> Mask | None:
        """(K,) cells of a level whose target is 0: they get no weight, as weights by raking are positive.

        Where limits forbid a weight of 0 there are none, and the targets cannot be met.
        """
        level = np.array([level is not None for _, level in self.aims]).reshape(self.targets.shape)
        zero = (self.targets == 0) & level
        least = max(float(np.max(limits.lower)) for limits in (self.bounds, self.caps))
        if self.distance == "linear" or not zero.any() or least > 0:
            return None
        found = self.system.form(zero.astype(float)) > 0
        return found if found.any() else None

    def rows(self, values: Array) -> Array:
        """(n,) values of the cells, for each row."""
        return values if self.cell is None else values[self.cell]

    def cell_weights(self, w: Array) -> Array:
        """(K,) weight of each cell."""
        d = w if self.cell is None else sum_by(self.cell, w, self.X.shape[0])
        return d if self.barred is None else np.where(self.barred, 0.0, d)

    def goals_of(self, w: Array) -> Array:
        """(D, p) wanted totals, when the weights before are w."""
        if self.shares_of == "part":
            return self.targets * self.part_sums(w)[:, None]
        return self.targets * float(w.sum()) if self.shares_of else self.targets

    def part_sums(self, w: Array) -> Array:
        """(D,) sums of the weights of the parts."""
        part = self.row_part
        if part is None:
            return np.array([float(w.sum())])
        return sum_by(np.maximum(part, 0), np.where(part >= 0, w, 0.0), self.D)

    def column_sums(self, w: Array) -> Array:
        """(D, p) sums Σ w x."""
        sums = self.system.sums(w if self.cell is None else sum_by(self.cell, w, self.X.shape[0]))
        if self.centred_by is None:
            return sums
        centre, constant = self.centred_by
        return np.asarray(sums + centre * (sums @ constant)[:, None])

    def limits(self, w: Array, factor: Array | None = None) -> Bounds:
        """Return the bounds on the ratios of the cells, those of the weights of their rows included.

        In a replicate the rows count ``factor`` (n,) times, and limits of the weights are for one time.
        """
        if self.caps is NO_BOUNDS:
            return self.bounds
        d = np.where(w != 0, w if factor is None else once(w, factor), 1.0)
        ends = [np.broadcast_to(c, w.shape) / d for c in self.caps]  # a weight below 0 turns them round
        low, high = (self.one_of_each(end, w) for end in (np.minimum(*ends), np.maximum(*ends)))
        return Bounds(np.maximum(self.bounds.lower, low), np.minimum(self.bounds.upper, high))

    def one_of_each(self, values: Array, w: Array) -> Array:
        """(K,) value of a row of each cell that has a weight; the rows of a cell are alike."""
        if self.cell is None:
            return values
        out = np.ones(self.X.shape[0])
        used = w != 0
        out[self.cell[used]] = values[used]
        return out

    def solution(self, w: Array, factor: Array | None = None, shift: Array | None = None) -> Solution:
        """Return the ratios of the cells.

        ``factor`` (n,) says how often the rows count in a replicate; ``shift`` (D, p), in the units of the
        targets as given, is added to them.
        """
        goals = self.goals_of(w)
        if shift is not None:
            goals = goals + shift * (float(w.sum()) if self.shares_of else 1.0)
        return solve(
            self.cell_weights(w),
            self.system,
            self.centred(goals),
            distance=self.distance,
            bounds=self.limits(w, factor),
            scale=self.scale,
            ridge=self.ridge,
            given=goals,
        )

    def apply(self, w: Array) -> Array:
        """(n,) new weights."""
        return self.capped(self.spread(w, self.solution(w).ratio))

    def capped(self, w: Array, factor: Array | float = 1.0) -> Array:
        """(n,) new weights, without the rounding error by which they pass their limits (for one time)."""
        if self.caps is NO_BOUNDS:
            return w
        inside = w != 0 if self.row_part is None else (w != 0) & (self.row_part >= 0)
        low, high = (cap * np.where(inside, factor, 1.0) for cap in self.caps)
        return np.asarray(np.where(inside, np.clip(w, low, high), w))

    def replay(self, w: Array, factor: Array, shift: Array | None = None) -> Array:
        """(n,) new weights of a replicate."""
        return self.capped(self.spread(w, self.solution(w, factor, shift).ratio), factor)

    def under(self, w: Array, factor: Array) -> Calibration:
        """Return the step of a replicate: its caps are the limits by its weights w before the trimming."""
        if self.trimmed is None:
            return self
        low, high = (end[self.trimmed.group] for end in self.trimmed.limits(once(w, factor)))
        return replace(self, caps=Bounds(low, high))

    def spread(self, w: Array, ratio: Array) -> Array:
        """(n,) weights times the ratios of their cells; rows outside the parts keep theirs."""
        if self.barred is not None:
            ratio = np.where(self.barred, 0.0, ratio)
        if self.block is not None:
            ratio = np.where(self.block >= 0, ratio, 1.0)
        return np.asarray(w * self.rows(ratio))

    def columns(self) -> Matrix:
        """(K, D p) auxiliaries of the cells as they are solved for, a block of columns for each part."""
        X = self.system.X
        if self.block is None:
            return X
        K, p = X.shape
        cells, columns = np.nonzero(X)
        where = np.maximum(self.block, 0)[cells] * p + columns
        return sp.csr_matrix((np.asarray(X)[cells, columns], (cells, where)), shape=(K, self.D * p))

    def wide(self) -> Matrix:
        """(n, D p) auxiliaries of the rows as they are solved for."""
        return self.columns() if self.cell is None else sp.csr_matrix(self.columns())[self.cell]

    def linear(self, before: Array, after: Array) -> Linear:
        """Return the derivative; shares move with the sum of the weights, so they take no part of it away."""
        F = np.divide(after, before, out=np.ones_like(after), where=before != 0)
        g = before * (1.0 if self.linearisation == "base" else self.slopes(before, F))
        g = np.where(after != 0, g if self.scale is None else g * self.rows(self.scale), 0.0)
        A = self.system.gram(g if self.cell is None else sum_by(self.cell, g, self.X.shape[0]))
        inner = inverse(A + (0.0 if self.ridge is None else np.diag(self.ridge)))
        part, t, r, noise = self.row_part, None, None, self._centred_noise()
        inside = np.ones(after.size, dtype=bool) if part is None else part >= 0
        if self.shares_of:
            noise = None if noise is None else noise * float(before.sum()) ** 2
            t, r = before, self.targets.reshape(1, -1)
        if self.shares_of == "part":
            t, r = np.where(inside, before, 0.0), blocks(self.targets[:, None, :])
        return Linear(
            self.columns(), g, inner[0] if self.D == 1 else blocks(inner), np.where(inside, after, 0.0), t, r,
            None if part is None or self.shares_of == "all" else np.maximum(part, 0), noise, self.cell,
            self.passes(after, inside),
        )  # fmt: skip

    def _centred_noise(self) -> Array | None:
        """(D p, D p) covariance of the totals of the columns as they are solved for."""
        if self.noise is None or self.centred_by is None:
            return self.noise
        centre, constant = self.centred_by
        turn = np.eye(len(self.noise)) - blocks(centre[:, :, None] * constant).toarray()
        return np.asarray(turn @ self.noise @ turn.T)

    def passes(self, after: Array, inside: Mask) -> Array | None:
        """(n,) 0 for rows whose new weight is a cap, whatever it was before; None without caps."""
        if self.caps is NO_BOUNDS:
            return None
        at = [np.abs(after - cap) <= 1e-14 * np.abs(after) for cap in self.caps]
        return np.where(inside & (after != 0) & (at[0] | at[1]), 0.0, 1.0)

    def slopes(self, before: Array, F: Array) -> Array:
        """(n,) derivative of the ratio of each row; 0 at a limit."""
        ends = [self.rows(np.asarray(x)) if np.ndim(x) else x for x in self.limits(before)]
        for end in [x for x in ends if np.isfinite(x).any()]:
            # a ratio worked out again from the weights may lie next to its limit by rounding
            F = np.where(np.abs(F - end) <= 1e-14 * np.abs(F), end, F)
        return slope(self.distance, F, Bounds(*ends))

    @cached_property
    def row_part(self) -> Codes | None:
        """(n,) part of each row, −1 outside."""
        if self.block is None or self.cell is None:
            return self.block
        return self.block[self.cell]


def blocks(M: Array) -> sp.csr_matrix:
    """(D a, D b) matrices M (D, a, b) down the diagonal."""
    D = len(M)
    return sp.bsr_matrix((M, np.arange(D), np.arange(D + 1)), shape=(D * M.shape[1], D * M.shape[2])).tocsr()


def target_shifts(noise: Array, share: Array, seed: int) -> Array:
    r"""(R, p) shifts of estimated targets in replicates, so that their spread is that of the targets.

    .. math:: \sum_r c_r s_r s_r' = \text{noise}, \qquad \sum_r c_r s_r = 0

    Parameters
    ----------
    noise : (p, p)
        Covariance of the targets, in their squared units.
    share : (R,)
        c, what the squared deviation of each replicate counts.
    seed : int
        Of the rotation that mixes the shifts with the replicates by chance.

    Raises
    ------
    ArgumentError
        Fewer replicates than the targets have dimensions, and one.

    References
    ----------
    Fuller (1998), Survey Methodology 24, 153–164; Opsomer & Erciulescu (2021), Survey Methodology 47,
    353–369.

    Examples
    --------
    >>> shifts = target_shifts(np.diag([4.0, 0.0]), np.full(6, 1 / 6), seed=1)
    >>> (shifts.T @ shifts / 6).round(9) + 0.0
    array([[4., 0.],
           [0., 0.]])
    """
    values, vectors = np.linalg.eigh(noise)
    kept = values > 1e-12 * max(float(values[-1]), 1e-300)
    root = vectors[:, kept] * np.sqrt(values[kept])
    R, m = share.size, int(kept.sum())
    if m + 1 > R:
        raise ArgumentError(
            f"replicates: {R} are too few to carry the error of {m} estimated targets. Make at least {m + 1}."
        )
    start = np.column_stack([np.sqrt(share), np.random.default_rng(seed).standard_normal((R, m))])
    rows = np.linalg.qr(start)[0][:, 1:]
    return np.asarray(rows @ root.T / np.sqrt(share)[:, None])
