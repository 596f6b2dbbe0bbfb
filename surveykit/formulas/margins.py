r"""Averages over the sample of what a regression predicts, and of its slopes.

.. math:: \hat m_s = \frac{\sum w_i\, g_s(x_i, \hat\theta)}{\sum w_i}, \qquad
          u_i(\hat m_s) = \frac{g_s(x_i, \hat\theta) - \hat m_s}{\sum w} + G_s\, u_i(\hat\theta),\quad
          G_s = \frac{\sum w_i\, \partial g_s(x_i, \hat\theta) / \partial\theta}{\sum w_i}

with g the prediction where a variable is set to a value, or its derivative by the variable (Graubard & Korn
1999, Biometrics 55; Korn & Graubard 1999, Analysis of Health Surveys, 3.7).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from surveykit.formulas.arrays import Array, Codes
from surveykit.formulas.statistics import Solved
from surveykit.formulas.totals import Column

#: What is averaged over the rows of the fit: values (m,) at coefficients θ (p,), and derivatives (m, p).
Predicted = Callable[[Array], tuple[Array, Array]]


class Link(Protocol):
    """How a mean follows from the linear predictor η."""

    def inverse(self, eta: Array) -> Array:
        """μ = h(η)."""
        ...

    def slope(self, eta: Array) -> Array:
        """h'(η)."""
        ...

    def curvature(self, eta: Array) -> Array:
        """h''(η)."""
        ...


def prediction(link: Link, X: Callable[[], Array], offset: Array | float = 0.0) -> Predicted:
    """Return the mean at rows X (m, p), h(Xθ), with its derivative h'(Xθ) X.

    ``X`` makes the rows when they are asked for, so that no second copy of the data is kept.
    """

    def at(theta: Array) -> tuple[Array, Array]:
        rows = X()
        eta = rows @ theta + offset
        return link.inverse(eta), link.slope(eta)[:, None] * rows

    return at


def difference(
    link: Link, X: Callable[[], Array], reference: Callable[[], Array], offset: Array | float = 0.0
) -> Predicted:
    """Return the change of the mean from the rows of the reference to those of X."""
    one, other = prediction(link, X, offset), prediction(link, reference, offset)

    def at(theta: Array) -> tuple[Array, Array]:
        (a, da), (b, db) = one(theta), other(theta)
        return a - b, da - db

    return at


def slope(
    link: Link, X: Callable[[], Array], D: Callable[[], Array], offset: Array | float = 0.0
) -> Predicted:
    r"""Return the derivative of the mean by a variable, :math:`h'(\eta)\,D\theta`, D = ∂X / ∂x (m, p)."""

    def at(theta: Array) -> tuple[Array, Array]:
        rows, change = X(), D()
        eta, moved = rows @ theta + offset, change @ theta
        bent = (link.curvature(eta) * moved)[:, None] * rows
        return link.slope(eta) * moved, bent + link.slope(eta)[:, None] * change

    return at


@dataclass(frozen=True)
class Margins:
    """Averages m (S,) over the rows of a fit, beside the coefficients that they rest on.

    ``model`` the solved coefficients θ (p,); ``theta`` (p,); ``predicted`` what is averaged, one for each
    output; ``rows`` (m,) rows of the fit; ``w`` (m,) their weights; ``n`` rows of the data. With ``fixed``
    the rows count as they are, and only the coefficients vary.
    """

    model: Solved
    theta: Array
    predicted: Sequence[Predicted]
    rows: Codes
    w: Array
    n: int
    fixed: bool = False

    def averages(self) -> tuple[Array, Array]:
        """(S,) the averages and (S, p) their derivatives by θ."""
        N = self.w.sum()
        both = [self._one(make, N) for make in self.predicted]
        return np.array([m for m, _ in both]), np.stack([G for _, G in both])

    def _one(self, make: Predicted, N: float) -> tuple[float, Array]:
        values, derivative = make(self.theta)
        return float(self.w @ values / N), np.asarray(self.w @ derivative / N)

    def columns(self) -> Iterator[Column]:
        """Yield the scores of θ, then what is averaged less its average."""
        missing = None
        for column in self.model.columns():
            missing = column.missing
            yield column
        if self.fixed:
            return
        assert missing is not None
        for make in self.predicted:
            values = make(self.theta)[0]
            full = np.zeros(self.n)
            full[self.rows] = values - self.w @ values / self.w.sum()
            yield Column(full, missing)

    def value(self, T: Array) -> Array:
        """Return the averages, whatever the totals (..., c)."""
        m = self.averages()[0]
        return np.broadcast_to(m, (*T.shape[:-1], m.size))

    def jacobian(self, T: Array) -> Array:
        """(1, S, p + S) how the averages move with the scores of θ and with the sums of what is averaged."""
        G = self.averages()[1]
        through = G @ self.model.jacobian(T[:, : self.theta.size])[0]
        if self.fixed:
            return np.asarray(through[None])
        own = np.eye(len(self.predicted)) / self.w.sum()
        return np.concatenate([through, own], axis=1)[None]

    def solve(self, W: Array, domain: Codes, D: int) -> Array:
        """(b, 1, S) averages with coefficients fitted again, for weights (b, n)."""
        thetas = self.model.solve(W, domain, D)[:, 0]
        out = np.empty((len(W), 1, len(self.predicted)))
        for b, theta in enumerate(thetas):
            w = self.w if self.fixed else W[b, self.rows]
            for s, make in enumerate(self.predicted):
                out[b, 0, s] = w @ make(theta)[0] / w.sum()
        return out
