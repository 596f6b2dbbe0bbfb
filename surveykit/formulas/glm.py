r"""Generalised linear models with survey weights, by iteratively reweighted least squares.

θ solves :math:`\sum w_i x_i (y_i - \mu_i) \mu_i' / V(\mu_i) = 0` with :math:`\mu = h(x'\theta + o)`; bread
is the inverse of the expected information :math:`A = \sum w_i x_i x_i' \mu_i'^2 / V(\mu_i)` (Binder 1983,
International Statistical Review 51; McCullagh & Nelder 1989, 2.5).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from surveykit.formulas.arrays import Array, Codes
from surveykit.formulas.links import FAMILIES, Family
from surveykit.formulas.totals import Column

__all__ = ["FAMILIES", "Family", "Glm", "Solution"]

NUMBERS = 1 << 15  # numbers of X worked on at once: what a processor keeps near
LEAST = 256  # rows
SAME = 1e-10  # change of the linear predictor, in its own units, at which the search ends
LAST = 1e-6  # change after which one more step is sure to end it
ROUNDS = 60
ALIASED = 1e-11  # part of a column's sum of squares that the columns before it leave
WEAK = 1e-6  # information in a direction, of that of its columns, from which on it may be separation
TOUCH = 1e-4  # of the longest move, by which rows may lie on the wrong side and yet be told apart
HALVED = 30  # times that a step is halved


class Solution(NamedTuple):
    """What a search found: θ (p,), information A (p, p), deviance, whether it ended, its last step (p,)."""

    theta: Array
    information: Array
    deviance: float
    ended: bool
    step: Array


def blocks(X: Array) -> Iterator[slice]:
    """Yield the rows of X (m, p) in blocks."""
    m, p = X.shape
    step = max(LEAST, NUMBERS // max(p, 1))
    for a in range(0, m, step):
        yield slice(a, min(a + step, m))


def independent(X: Array, w: Array) -> Codes:
    """(k,) columns of X (m, p) that those before them do not give: with weights w, in order.

    Examples
    --------
    >>> independent(np.array([[1.0, 2, 0], [1, 2, 1], [1, 2, 5]]), np.ones(3))
    array([0, 2])
    """
    G = np.zeros((X.shape[1],) * 2)
    for b in blocks(X):
        G += (X[b] * w[b, None]).T @ X[b]
    size = np.sqrt(np.diag(G))
    G = G / np.where(np.outer(size, size) > 0, np.outer(size, size), 1.0)
    kept = []
    for j in range(len(G)):
        if size[j] > 0 and G[j, j] > ALIASED:
            kept.append(j)
            column = G[:, j] / np.sqrt(G[j, j])
            G = G - np.outer(column, column)
    return np.array(kept, dtype=np.intp)


def normal_equations(
    family: Family, X: Array, y: Array, w: Array, offset: Array, theta: Array | None, observed: bool = False
) -> tuple[Array, Array, float]:
    """Return A (p, p), score (p,) and deviance at θ; without θ what the search starts from.

    With ``observed`` the second derivative is in the place of its mean A; for a canonical link they are one.
    """
    p = X.shape[1]
    A, score, deviance = np.zeros((p, p)), np.zeros(p), 0.0
    for b in blocks(X):
        x, o = X[b], offset[b] if offset.size else 0.0
        if theta is None:
            mu = family.start(y[b])
            eta = family.link(mu)
            slope = family.slope(eta)
            residual = y[b] - mu + slope * (eta - o)
        elif family.tails is not None:
            row = family.tails(x @ theta + o, y[b])
            A += (x * (w[b] * (row.observed if observed else row.expected))[:, None]).T @ x
            score += (w[b] * row.factor) @ x
            deviance += float(w[b] @ row.deviance)
            continue
        else:
            eta = x @ theta + o
            mu = family.inverse(eta)
            slope = family.variance(mu) if family.canonical else family.slope(eta)
            residual = y[b] - mu
            assert family.deviance is not None
            deviance += float(w[b] @ family.deviance(y[b], mu))
        straight = family.canonical and theta is not None
        half = w[b] if straight else w[b] * slope / family.variance(mu)
        A += (x * (half * slope)[:, None]).T @ x
        score += (half * residual) @ x
    return A, score, deviance


def solve_scaled(A: Array, score: Array) -> Array:
    """Return A⁻¹ score, columns brought to one scale before; NaN where A has no inverse."""
    size = np.sqrt(np.diag(A))
    if not (np.isfinite(size).all() and (size > 0).all()):
        return np.full(score.size, np.nan)
    try:
        root = np.linalg.cholesky(A / np.outer(size, size))
    except np.linalg.LinAlgError:
        return np.full(score.size, np.nan)
    return np.asarray(np.linalg.solve(root.T, np.linalg.solve(root, score / size)) / size)


def fit(family: Family, X: Array, y: Array, w: Array, offset: Array, start: Array | None = None) -> Solution:
    """Search θ by Newton's method, with the step halved while the deviance grows.

    Parameters
    ----------
    X : (m, p), y, w : (m,), offset : (m,) or empty
    start : (p,) coefficients to begin with
    """
    spread = np.sqrt(np.array([w @ (x * x) for x in X.T]) / w.sum())
    theta = start
    if theta is None:
        A, score, _ = normal_equations(family, X, y, w, offset, None)
        theta = solve_scaled(A, score)
    A, score, deviance = normal_equations(family, X, y, w, offset, theta, True)
    step, ended = np.full(theta.size, np.nan), False
    for _ in range(ROUNDS):
        step = solve_scaled(A, score)
        if not np.isfinite(step).all():
            break
        size = float(np.max(np.abs(step) * spread))
        moved, tries = theta + step, 0
        if size <= SAME * (1.0 + float(np.max(np.abs(theta) * spread))):  # too short to be worth another look
            theta, ended = moved, True
            break
        A, score, new = normal_equations(family, X, y, w, offset, moved, True)
        while not new <= deviance + 1e-9 * (abs(deviance) + 1e-300) and size > LAST and tries < HALVED:
            step, tries = step / 2, tries + 1
            moved = theta + step
            A, score, new = normal_equations(family, X, y, w, offset, moved, True)
        theta, deviance = moved, new
        if family.name == "gaussian" and not tries:
            ended = True
            break
    if family.binary:
        A = A if family.canonical else normal_equations(family, X, y, w, offset, theta)[0]
        apart = separation(X, y, w, A, (step, theta), ended)
        ended, step = ended and apart is None, step if apart is None else apart
    return Solution(theta, A, deviance, ended, step)


def separation(X: Array, y: Array, w: Array, A: Array, ways: tuple[Array, ...], ended: bool) -> Array | None:
    """Return a direction (p,) that tells all answers of 1 from those of 0, or None.

    Along it the information A goes to 0, so that a search ends anywhere, or not; ``ways`` are where it was
    going, and how far it came.
    """
    found = [] if ended else [way for way in ways if np.isfinite(way).all()]
    size = np.sqrt(np.diag(A))
    if np.isfinite(A).all():
        scaled = A / np.where(np.outer(size, size) > 0, np.outer(size, size), 1.0)
        values, vectors = np.linalg.eigh(scaled)
        if values[0] < WEAK or not ended:
            found.append(vectors[:, 0] / np.where(size > 0, size, 1.0))
    used = w > 0
    return next((way for way in found if separated(X[used], y[used], way)), None)


def separated(X: Array, y: Array, step: Array) -> bool:
    """Whether a direction tells all answers of 1 from those of 0, ties left out: θ has no end along it."""
    moved = X @ step
    moved /= np.max(np.abs(moved)) or 1.0
    for sign in (1, -1):
        if (sign * moved[y == 1] >= -TOUCH).all() and (sign * moved[y == 0] <= TOUCH).all():
            return True
    return False


def without_counts(X: Array, y: Array, step: Array) -> bool:
    """Whether a direction lowers rows with a count of 0 alone: their mean goes to 0 along it, without end."""
    moved = X @ step
    moved = moved / (np.max(np.abs(moved)) or 1.0)
    some = bool((moved < -TOUCH).any())
    return some and bool((moved <= TOUCH).all() and (np.abs(moved[y > 0]) <= TOUCH).all())


@dataclass(frozen=True, repr=False, eq=False)
class Glm:
    """Coefficients of a fitted model, for the variance and for replicates.

    ``X`` (m, p) less ``centre`` (p,), which is 0 for the intercept, ``y`` (m,), ``offset`` (m,) or empty: the
    rows of the fit; ``rows`` (m,) their numbers among ``n``; ``missing`` the rows that have no part in it;
    ``inner`` (p,) coefficients for the centred columns, ``information`` (p, p) there; ``back`` (p, p) turns
    them into those of the columns themselves.
    """

    family: Family
    X: Array
    centre: Array
    y: Array
    offset: Array
    rows: Codes
    n: int
    missing: Codes
    inner: Array
    information: Array
    back: Array

    @property
    def theta(self) -> Array:
        """(p,) coefficients."""
        return np.asarray(self.back @ self.inner)

    def eta(self) -> Array:
        """(m,) linear predictor."""
        return np.asarray(self.X @ self.inner + (self.offset if self.offset.size else 0.0))

    def residuals(self) -> Array:
        """(m,) (y − μ) μ' / V(μ): the score of each row is this times its x."""
        eta = self.eta()
        if self.family.tails is not None:
            return self.family.tails(eta, self.y).factor
        return np.asarray(self.y - self.family.inverse(eta))  # of the others the link is canonical

    def scored(self, j: int) -> Array:
        """(m,) what the residuals are multiplied with in the score of coefficient j."""
        return np.asarray(self.X[:, j])

    def columns(self) -> Iterator[Column]:
        """Yield the scores."""
        residual = self.residuals()
        for j in range(self.X.shape[1]):
            score = self.scored(j) * residual
            if score.size < self.n:
                full = np.zeros(self.n)
                full[self.rows] = score
                score = full
            yield Column(score, self.missing)

    def value(self, T: Array) -> Array:
        """Return θ, whatever the totals."""
        return np.broadcast_to(self.theta, (*T.shape[:-1], self.theta.size))

    def jacobian(self, T: Array) -> Array:  # noqa: ARG002 (the fit fixes θ)
        """(1, p, p) the bread."""
        return (self.back @ np.linalg.inv(self.information))[None]

    def solve(self, W: Array, domain: Codes, D: int) -> Array:  # noqa: ARG002 (one domain: the rows of the fit)
        """(b, 1, p) coefficients for weights (b, n), from those of the whole sample on."""
        out = np.full((len(W), 1, self.inner.size), np.nan)
        for b, weights in enumerate(W):
            w = weights[self.rows]
            if independent(self.X, w).size < self.inner.size:  # as where a level is in no row of weight
                continue
            found = fit(self.family, self.X, self.y, w, self.offset, self.inner)
            if found.ended:
                out[b, 0] = self.back @ found.theta
        return out


def centred(X: Array, w: Array, intercept: int | None) -> tuple[Array, Array]:
    """Take the weighted mean of each column away, in place, where there is an intercept.

    Returns
    -------
    centre : (p,) what was taken away
    back : (p, p) turns coefficients of the centred columns into those of the columns
    """
    p = X.shape[1]
    centre, back = np.zeros(p), np.eye(p)
    if intercept is not None:
        centre = w @ X / w.sum()
        centre[intercept] = 0.0
        for x, c in zip(X.T, centre, strict=True):
            x -= c
        back[intercept] -= centre
    return centre, back
