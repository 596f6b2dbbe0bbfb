r"""Response propensity: a logit of responding, fitted with the weights, whose inverse corrects them.

.. math:: \sum_i w_i (r_i - p_i) x_i = 0, \quad p = 1 / (1 + e^{-x'\beta}), \quad w_i \leftarrow w_i r_i / p_i
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from surveykit.formulas.arrays import Array, Codes, Mask, sum_by
from surveykit.formulas.calibration import System, inverse
from surveykit.formulas.steps import ClassAdjustment, Linear, Matrix, fixed

TOLERANCE = 1e-13  # score, relative to Σ w |x|, at which the fit stops
CLOSE = 1e-9  # score that is small enough, and chance below which nobody could respond
MOST = 100


class Fit(NamedTuple):
    """``p`` (K,) fitted chances; ``beta`` (p,); ``met``: the score came to 0, and no chance did."""

    p: Array
    beta: Array
    met: bool


def logit(X: Matrix, responded: Array, total: Array, start: Array | None = None) -> Fit:
    """Fit a logit on cells: ``responded`` (K,) weight of those who did, of ``total`` (K,).

    Newton's method with steps halved where the likelihood would fall. A column that is a combination of the
    others is passed over. Where everyone of a class responded the chance comes to 1; where nobody did it
    comes to 0, so that no weight can stand for them, and the fit has not met. ``start`` (p,) is a β from
    which to begin.

    References
    ----------
    McCullagh & Nelder (1989), Generalized Linear Models, section 4.4.

    Examples
    --------
    >>> fit = logit(np.eye(2), np.array([3.0, 1.0]), np.array([4.0, 4.0]))
    >>> fit.p.round(6), fit.met
    (array([0.75, 0.25]), True)
    """
    system = System(X)
    beta = np.zeros(X.shape[1]) if start is None else start
    scale = max(float(total.sum()), 1e-300)
    size = system.absolute_sums(total)[0]

    def likelihood(eta: Array) -> float:
        return float((responded * eta - total * np.logaddexp(0.0, eta)).sum()) / scale

    eta = np.zeros(X.shape[0]) if start is None else np.asarray(X @ start)
    value = likelihood(eta)
    for _ in range(MOST):
        p = expit(eta)
        score = np.asarray(X.T @ (responded - total * p))
        if (np.abs(score) <= TOLERANCE * size).all():
            break
        step = inverse(system.gram(total * p * (1 - p)))[0] @ score
        moved = np.asarray(X @ step)
        if not np.abs(moved).max(initial=0.0) > TOLERANCE:
            break
        length = 1.0
        while likelihood(eta + length * moved) < value - 1e-14 and length > 1e-6:
            length /= 2
        beta, eta = beta + length * step, eta + length * moved
        value = likelihood(eta)
    p = expit(eta)
    gap = np.abs(np.asarray(X.T @ (responded - total * p)))
    met = bool((gap <= CLOSE * size).all()) and float(p[total > 0].min(initial=1.0)) > CLOSE
    return Fit(p, beta, met)


@dataclass(frozen=True, eq=False)
class Propensity:
    """Respondents weighted by the inverse of their fitted chance of responding.

    ``cell`` (n,) cell of each row with its own x, −1 for rows left as they are; ``X`` (K, p) auxiliaries of
    the cells; ``responded`` (n,); ``estimated`` whether the variance takes in that the chance was fitted;
    ``classes`` 0, or the number of classes of equal weight into which the chances are cut, whose respondents
    then stand for their nonrespondents; ``start`` (p,) β from which fits begin.
    """

    cell: Codes
    X: Matrix
    responded: Mask
    name: str
    estimated: bool = True
    classes: int = 0
    start: Array | None = None

    def _sum(self, w: Array) -> Array:
        return sum_by(np.maximum(self.cell, 0), np.where(self.cell >= 0, w, 0.0), self.X.shape[0])

    def fit(self, w: Array) -> Fit:
        """Fit the logit with these weights."""
        return logit(self.X, self._sum(w * self.responded), self._sum(w), self.start)

    def chances(self, w: Array) -> Array:
        """(n,) fitted chance of responding; 1 for rows left as they are."""
        return np.asarray(np.where(self.cell >= 0, self.fit(w).p[np.maximum(self.cell, 0)], 1.0))

    def cut(self, w: Array) -> ClassAdjustment:
        """Return the adjustment in classes of the chances, in their order and of about equal weight."""
        fit, total = self.fit(w), self._sum(w)
        order = np.argsort(fit.p, kind="stable")
        reached = np.cumsum(total[order])
        place = np.minimum(
            (reached - total[order] / 2) * self.classes // max(reached[-1], 1e-300), self.classes - 1
        )
        number = np.empty(order.size, dtype=np.intp)
        number[order] = place
        codes = np.where(self.cell >= 0, number[np.maximum(self.cell, 0)], -1)
        return ClassAdjustment(codes, self.responded, self.classes, self.name)

    def apply(self, w: Array) -> Array:
        """(n,) new weights; 0 for nonrespondents."""
        if self.classes:
            return self.cut(w).apply(w)
        moved = np.where(self.responded, w / self.chances(w), 0.0)
        return np.asarray(np.where(self.cell >= 0, moved, w))

    def linear(self, before: Array, after: Array) -> Linear:
        """Return the derivative; with classes, where the cuts are taken as given, that of the classes."""
        if not self.estimated:
            return fixed(before.size)
        if self.classes:
            return self.cut(before).linear(before, after)
        inside = self.cell >= 0
        p = self.chances(before)
        spread = np.where(inside, before * p * (1 - p), 0.0)
        middle = inverse(System(self.X).gram(self._sum(spread)))[0]
        g = np.where(inside & self.responded, before * (1 - p) / p, 0.0)
        v = np.where(inside, before * (self.responded - p), 0.0)
        own = self.X.shape[0] == inside.size and bool((self.cell == np.arange(inside.size))[inside].all())
        return Linear(self.X, g, middle, v, cell=None if own else np.maximum(self.cell, 0))
