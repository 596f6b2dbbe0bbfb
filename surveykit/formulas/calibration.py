r"""Calibration: the ratios of new to old weights that bring weighted sums to their targets.

.. math:: w_k = d_k F(q_k x_k'\lambda), \qquad \sum_k w_k x_k + C \lambda = t

F is 1 + u (linear), exp(u) (raking), or keeps the ratio inside bounds; C = 0 meets the targets exactly, C > 0
lets them go at a price (ridge). λ is the least point of a convex function whose gradient is the gap, and is
found by Newton's method with a search along each step (Deville & Särndal 1992, JASA 87, 376–382; Rao & Singh
1997, for C). Work is done on cells, rows that share x; a calibration of many parts (blocks) is done at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
import scipy.sparse as sp

from surveykit.formulas.arrays import Array, Codes, sum_by

Distance = Literal["linear", "raking", "logit", "sinh"]

TOLERANCE = 1e-12  # gap, relative to the target, at which the search stops
ROUNDING = 4e-16  # gap, relative to the sum of absolute values, that is rounding error
MOST = 200  # Newton steps
LENT = 1.0  # share of the first slope, times the relative gap, lent to cells at their bounds
RANK = 1e-11  # eigenvalue, relative to the largest, below which columns count as collinear
ROWS = 1 << 13  # rows of a matrix worked on at once
LIMIT = 600.0  # exp(u) is cut here


class Bounds(NamedTuple):
    """Least and greatest ratio, numbers or (K,) arrays; −inf and inf where there is none."""

    lower: float | Array = -np.inf
    upper: float | Array = np.inf


NO_BOUNDS = Bounds()


def endless(bounds: Bounds) -> bool:
    """Whether there is no bound at all."""
    return all(np.ndim(x) == 0 and np.isinf(x) for x in bounds)


def ratio(distance: Distance, u: Array, bounds: Bounds = NO_BOUNDS) -> Array:
    """(K,) F(u): the ratio of new to old weights; outside the bounds it is cut, by "logit" it comes near."""
    low, high = bounds
    if distance == "logit":
        a = (high - low) / ((1 - low) * (high - 1))
        e = np.exp(np.clip(a * u, -LIMIT, LIMIT))
        return np.asarray((low * (high - 1) + high * (1 - low) * e) / ((high - 1) + (1 - low) * e))
    if distance == "linear":
        F = 1 + u
    elif distance == "raking":
        F = np.exp(np.clip(u, -LIMIT, LIMIT))
    else:
        s = np.arcsinh(2 * u)
        F = (s + np.sqrt(s * s + 4)) / 2
    return np.asarray(F if endless(bounds) else np.clip(F, low, high))


def slope(distance: Distance, F: Array, bounds: Bounds = NO_BOUNDS) -> Array:
    """(K,) F'(u), written by the ratio F(u) itself; 0 at a bound."""
    low, high = bounds
    if distance == "logit":
        return np.asarray((F - low) * (high - F) / ((1 - low) * (high - 1)))
    if distance == "linear":
        out = np.ones_like(F)
    elif distance == "raking":
        out = F
    else:
        x = np.maximum(F, 1e-300)
        out = 2 / (np.cosh(np.clip(x - 1 / x, -LIMIT, LIMIT)) * (1 + 1 / x**2))
    return np.asarray(out if endless(bounds) else np.where((low < F) & (high > F), out, 0.0))


class System(NamedTuple):
    """Auxiliaries of the cells: ``X`` (K, p), dense or sparse; ``block`` (K,) part of each, ``D`` parts.

    Several parts need a dense X.
    """

    X: Array | sp.csr_matrix
    block: Codes | None = None
    D: int = 1

    def form(self, coefficients: Array) -> Array:
        """(K,) x'λ, with λ (D, p) of each part."""
        if self.block is None:
            return np.asarray(self.X @ coefficients[0])
        return np.asarray(np.einsum("kp,kp->k", self.X, coefficients[self.block]))

    def sums(self, w: Array) -> Array:
        """(D, p) Σ w x of each part."""
        if self.block is None:
            return np.asarray(self.X.T @ w)[None, :]
        return np.column_stack([sum_by(self.block, w * x, self.D) for x in self.X.T])

    def absolute_sums(self, w: Array) -> Array:
        """(D, p) Σ w |x| of each part."""
        if sp.issparse(self.X):
            return np.asarray(abs(self.X).T @ w)[None, :]
        if self.block is None:
            return np.array([[np.abs(x) @ w for x in self.X.T]])
        return np.column_stack([sum_by(self.block, w * np.abs(x), self.D) for x in self.X.T])

    def gram(self, g: Array) -> Array:
        """(D, p, p) X' diag(g) X of each part."""
        X = self.X
        if self.block is None:
            if sp.issparse(X):
                return np.asarray((X.T @ sp.diags(g) @ X).toarray())[None]
            parts = range(0, len(g), ROWS)
            return np.asarray(
                sum(X[i : i + ROWS].T @ (g[i : i + ROWS, None] * X[i : i + ROWS]) for i in parts)
            ).reshape(1, X.shape[1], X.shape[1])
        p = X.shape[1]
        out = np.empty((self.D, p, p))
        for j in range(p):
            gx = g * X[:, j]
            for k in range(j + 1):
                out[:, j, k] = out[:, k, j] = sum_by(self.block, gx * X[:, k], self.D)
        return out


class Solution(NamedTuple):
    """``ratio`` (K,); ``coefficients`` λ (D, p); ``gap`` (D, p) left, relative; ``met`` whether none is.

    ``gram`` (D, p, p) X' diag(d q) X, from which the search began.
    """

    ratio: Array
    coefficients: Array
    gap: Array
    met: bool
    gram: Array


def inverse(A: Array) -> Array:
    """(D, p, p) inverse of symmetric matrices, and 0 along combinations of columns that carry nothing."""
    size = np.sqrt(np.maximum(np.diagonal(A, axis1=1, axis2=2), 0.0))
    size = np.where(size > 0, size, 1.0)
    values, vectors = np.linalg.eigh(A / size[:, :, None] / size[:, None, :])
    kept = values > RANK * np.maximum(values[:, -1:], 1e-300)
    turned = vectors / size[:, :, None]
    return np.asarray((turned * np.where(kept, 1 / np.where(kept, values, 1.0), 0.0)[:, None, :])
                      @ turned.transpose(0, 2, 1))  # fmt: skip


def solve(
    d: Array,
    system: System,
    targets: Array,
    *,
    distance: Distance = "linear",
    bounds: Bounds = NO_BOUNDS,
    scale: Array | None = None,
    ridge: Array | None = None,
    given: Array | None = None,
) -> Solution:
    r"""Find λ and the ratios F(q x'λ).

    Parameters
    ----------
    d : (K,)
        Weight of each cell, 0 for cells that do not count.
    system : System
    targets : (D, p)
        Wanted sums Σ w x of each part, in the units of w x.
    distance : {"linear", "raking", "logit", "sinh"}
    bounds : Bounds
        On the ratios; "logit" needs lower < 1 < upper.
    scale : (K,), optional
        q, the freedom of a cell to move: 1 where not given.
    ridge : (p,), optional
        Diagonal of C, in units of w x²; 0 for targets that must be met.
    given : (D, p), optional
        The targets as the user knows them, to which gaps are relative, where those here are centred.

    Returns
    -------
    Solution; it may not have met its targets, which the caller must look at

    References
    ----------
    Deville & Särndal (1992), JASA 87, 376–382.

    Examples
    --------
    >>> found = solve(np.ones(2), System(np.eye(2)), np.array([[2.0, 0.5]]), distance="raking")
    >>> found.ratio.round(6), found.met
    (array([2. , 0.5]), True)
    """
    q: Array | float = 1.0 if scale is None else scale
    price = np.zeros(targets.shape[1]) if ridge is None else ridge
    every = system.absolute_sums(d)
    room = TOLERANCE * np.abs(targets) + ROUNDING * np.sqrt(d.size) * every
    gram = system.gram(d * q)
    first = gram + np.diag(price)
    start = inverse(first)
    lam = np.zeros_like(targets)

    def at(lam: Array) -> tuple[Array, Array]:
        F = ratio(distance, q * system.form(lam), bounds)
        return F, targets - system.sums(d * F) - price * lam

    F, gap = at(lam)
    size = np.maximum(np.einsum("dp,dpr,dr->d", targets, start, targets), 1e-300)
    stuck = np.zeros(len(targets), dtype=bool)
    for _ in range(MOST):
        open_parts = (np.abs(gap) > room).any(axis=1)
        if not open_parts.any():
            break
        slopes = slope(distance, F, bounds)
        plainly = bool((slopes == 1).all())  # linear away from its bounds, and every distance where it begins
        A = first if plainly else system.gram(d * q * slopes) + np.diag(price)
        step = np.einsum("dpr,dr->dp", start if plainly else inverse(A), gap)
        hope, plain = (gap * step).sum(axis=1), np.einsum("dp,dpr,dr->d", gap, start, gap)
        stuck |= hope < 1e-9 * plain  # cells at their bounds leave too little to move: lend them some slope
        if (stuck & open_parts).any():
            lent = LENT * np.minimum(1.0, plain / size)[:, None, None] * first
            step = np.where(stuck[:, None], np.einsum("dpr,dr->dp", inverse(A + lent), gap), step)
            hope = (gap * step).sum(axis=1)
        step[~open_parts] = 0.0
        lam, F, new = search(at, lam, step, hope)
        if (np.abs(lam) > 1e12).any() or not np.isfinite(new).all():
            break
        still = np.abs(new - gap).max(initial=0.0) == 0.0
        gap = new
        if still:
            break
    known = targets if given is None else given
    scale_of = np.where(known == 0, np.maximum(every, 1e-300), np.abs(known))
    met = bool((np.abs(gap) <= np.maximum(room, 1e-10 * scale_of)).all())
    return Solution(F, lam, np.abs(gap) / scale_of, met, gram)


def search(
    at: Callable[[Array], tuple[Array, Array]], lam: Array, step: Array, hope: Array
) -> tuple[Array, Array, Array]:
    """Go along the step of each part: less far if its end lies beyond the least point, farther if short.

    The gradient of the convex function along the step is −gap · step. The end is accepted when it has not
    turned to more than half of what it was at the beginning, and has lost a tenth of it.
    """
    length, low, top = np.ones(len(lam)), np.zeros(len(lam)), np.full(len(lam), np.inf)
    for _ in range(60):
        there = lam + length[:, None] * step
        F, gap = at(there)
        turned = (gap * step).sum(axis=1)
        beyond = ~(turned >= -0.5 * hope)
        short = (turned > 0.9 * hope) & (hope > 0)
        if not (beyond | short).any():
            break
        low, top = np.where(short, length, low), np.where(beyond, length, top)
        with np.errstate(invalid="ignore", divide="ignore"):
            cut = np.clip(np.nan_to_num(hope / (hope - turned), nan=0.1), 0.05, 0.7)
        farther = np.where(np.isfinite(top), (length + top) / 2, 2 * length)
        length = np.where(beyond, low + (length - low) * cut, np.where(short, farther, length))
    return there, F, gap
