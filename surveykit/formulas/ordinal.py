r"""Proportional odds: :math:`P(Y \le k) = \operatorname{logit}^{-1}(\zeta_k - x'\beta)` (McCullagh 1980).

Parameters are β (p), then the cuts ζ (K − 1). The bread is minus the inverse of the second derivative.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from surveykit.formulas.arrays import Array, Codes
from surveykit.formulas.glm import HALVED, ROUNDS, SAME, Solution, blocks, independent, solve_scaled
from surveykit.formulas.totals import Column

LEAST = 1e-300  # of a chance
TOUCH = 1e-4  # of the range of a direction, by which categories may overlap and yet be told apart


def gradients(X: Array, y: Codes, theta: Array) -> tuple[Array, Array, Array, Array, Array]:
    """Return log p (m,), A and B (m, p + K − 1) derivatives of the limits above and below, and f / p at both.

    ``y`` (m,) categories from 0.
    """
    p = X.shape[1]
    cuts = np.r_[-np.inf, theta[p:], np.inf]
    eta = X @ theta[:p]
    above, below = cuts[y + 1] - eta, cuts[y] - eta
    E = np.eye(theta.size - p)
    E = np.vstack([np.zeros(theta.size - p), E, np.zeros(theta.size - p)])
    A, B = np.hstack([-X, E[y + 1]]), np.hstack([-X, E[y]])
    high = above > 0  # the small tail of both limits, so that nothing cancels
    chance = np.where(high & (below > 0), expit(-below) - expit(-above), expit(above) - expit(below))
    chance = np.maximum(chance, LEAST)
    fa, fb = expit(above) * expit(-above), expit(below) * expit(-below)
    curve = np.stack([fa * (1 - 2 * expit(above)), fb * (1 - 2 * expit(below))]) / chance
    return np.log(chance), A, B, np.stack([fa, fb]) / chance, curve


def likelihood(X: Array, y: Codes, w: Array, theta: Array) -> tuple[Array, Array, float]:
    """Return information (P, P), score (P,) and −2 log likelihood at θ (P,)."""
    information, score, deviance = np.zeros((theta.size,) * 2), np.zeros(theta.size), 0.0
    for b in blocks(X):
        log, A, B, g, curve = gradients(X[b], y[b], theta)
        deviance -= 2 * float(w[b] @ log)
        score += (w[b] * g[0]) @ A - (w[b] * g[1]) @ B
        aa, bb, ab = g[0] ** 2 - curve[0], g[1] ** 2 + curve[1], -g[0] * g[1]
        mixed = (A * (w[b] * ab)[:, None]).T @ B
        information += (A * (w[b] * aa)[:, None]).T @ A + (B * (w[b] * bb)[:, None]).T @ B + mixed + mixed.T
    return information, score, deviance


def fit(X: Array, y: Codes, w: Array, K: int, start: Array | None = None) -> Solution:
    """Search β and ζ by Newton's method, with the step halved while the likelihood falls or cuts cross.

    Parameters
    ----------
    X : (m, p) without a column of ones
    y : (m,) categories 0 … K − 1, each of which occurs
    w : (m,)
    """
    p = X.shape[1]
    theta = start
    if theta is None:
        shares = np.cumsum(np.bincount(y, weights=w, minlength=K))
        theta = np.r_[np.zeros(p), logit(shares[:-1] / shares[-1])]
    spread = np.r_[np.sqrt((w @ X**2) / w.sum()), np.ones(K - 1)]
    information, score, deviance = likelihood(X, y, w, theta)
    step, ended = np.full(theta.size, np.nan), False
    for _ in range(ROUNDS):
        step = solve_scaled(information, score)
        if not np.isfinite(step).all():
            break
        size = float(np.max(np.abs(step) * spread))
        moved, tries = theta + step, 0
        information, score, new = ordered(X, y, w, moved)
        while not new <= deviance + 1e-9 * abs(deviance) and tries < HALVED:
            step, tries = step / 2, tries + 1
            moved = theta + step
            information, score, new = ordered(X, y, w, moved)
        theta, deviance = moved, new
        if size <= SAME * (1.0 + float(np.max(np.abs(theta) * spread))):
            ended = True
            break
    return Solution(theta, information, deviance, ended, step)


def ordered(X: Array, y: Codes, w: Array, theta: Array) -> tuple[Array, Array, float]:
    """Return what the likelihood does, and an infinite deviance where cuts cross."""
    if (np.diff(theta[X.shape[1] :]) > 0).all():
        return likelihood(X, y, w, theta)
    return np.zeros((theta.size,) * 2), np.zeros(theta.size), np.inf


def separated(X: Array, y: Codes, step: Array) -> bool:
    """Whether a direction (p,) puts every category at or above those below it: β has no end along it."""
    moved = X @ step
    moved = moved / (np.ptp(moved) or 1.0)
    if not np.ptp(moved):
        return False
    K = int(y.max()) + 1
    low = np.array([moved[y == k].min() for k in range(K)])
    high = np.array([moved[y == k].max() for k in range(K)])
    return bool((np.maximum.accumulate(high)[:-1] <= low[1:] + TOUCH).all())


@dataclass(frozen=True, repr=False, eq=False)
class Ordinal:
    """Coefficients and cuts of a fitted model, for the variance and for replicates.

    ``X`` (m, p) less ``centre`` (p,), ``y`` (m,) categories, ``K`` of them; the rest as
    :class:`surveykit.formulas.glm.Glm`.
    """

    X: Array
    centre: Array
    y: Codes
    K: int
    rows: Codes
    n: int
    missing: Codes
    inner: Array
    information: Array

    @property
    def back(self) -> Array:
        """(P, P) what turns parameters of the centred columns into those of the columns: ζ + c'β."""
        p = self.X.shape[1]
        out = np.eye(self.inner.size)
        out[p:, :p] = self.centre
        return out

    @property
    def theta(self) -> Array:
        """(P,) coefficients, then cuts."""
        return np.asarray(self.back @ self.inner)

    def columns(self) -> Iterator[Column]:
        """Yield the scores."""
        _, A, B, g, _ = gradients(self.X, self.y, self.inner)
        for j in range(self.inner.size):
            full = np.zeros(self.n)
            full[self.rows] = g[0] * A[:, j] - g[1] * B[:, j]
            yield Column(full, self.missing)

    def value(self, T: Array) -> Array:
        """Return θ, whatever the totals."""
        return np.broadcast_to(self.theta, (*T.shape[:-1], self.theta.size))

    def jacobian(self, T: Array) -> Array:  # noqa: ARG002 (the fit fixes θ)
        """(1, P, P) the bread."""
        return (self.back @ np.linalg.inv(self.information))[None]

    def solve(self, W: Array, domain: Codes, D: int) -> Array:  # noqa: ARG002 (the rows of the fit)
        """(b, 1, P) coefficients and cuts for weights (b, n), from those of the whole sample on."""
        out = np.full((len(W), 1, self.inner.size), np.nan)
        ones = np.column_stack([np.ones(len(self.X)), self.X])  # the cuts stand for a constant
        for b, weights in enumerate(W):
            w = weights[self.rows]
            whole = independent(ones, w).size == ones.shape[1]
            if whole and np.bincount(self.y, weights=w, minlength=self.K).min() > 0:
                found = fit(self.X, self.y, w, self.K, self.inner)
                if found.ended:
                    out[b, 0] = self.back @ found.theta
        return out
