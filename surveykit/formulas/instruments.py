r"""Two-stage least squares with survey weights, for terms that go with what is left out of a model.

With :math:`\hat X = Z (Z'WZ)^{-1} Z'WX`, the part of the terms that the instruments Z tell, θ solves
:math:`\sum w_i \hat x_i (y_i - x_i'\theta) = 0`; the bread is the inverse of :math:`\hat X'W\hat X`, and the
first stage counts as known, which is so in large samples where the instruments are valid (Wooldridge 2010,
Econometric Analysis of Cross Section and Panel Data, 5.2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from surveykit.formulas.arrays import Array, Codes
from surveykit.formulas.glm import Glm, blocks, independent


def products(Z: Array, X: Array, w: Array) -> Array:
    """(q, p) Z'WX, in blocks of rows."""
    out = np.zeros((Z.shape[1], X.shape[1]))
    for b in blocks(Z):
        out += (Z[b] * w[b, None]).T @ X[b]
    return out


def first_stage(Z: Array, X: Array, w: Array) -> tuple[Array, Array]:
    """Return the coefficients (q, p) of X (m, p) on the instruments Z (m, q), and X̂'WX̂ (p, p)."""
    ZX = products(Z, X, w)
    pi = np.asarray(np.linalg.solve(products(Z, Z, w), ZX))
    return pi, np.asarray(pi.T @ ZX)


def second_stage(Z: Array, X: Array, y: Array, w: Array) -> tuple[Array, Array, Array]:
    """Return θ (p,), the first stage (q, p) and X̂'WX̂ (p, p)."""
    pi, A = first_stage(Z, X, w)
    return np.asarray(np.linalg.solve(A, pi.T @ products(Z, y[:, None], w))[:, 0]), pi, A


@dataclass(frozen=True, repr=False, eq=False)
class TwoStage(Glm):
    """A linear model whose scores are x̂ (y − x'θ); ``Z`` (m, q) instruments, ``pi`` (q, p) first stage."""

    Z: Array
    pi: Array

    def scored(self, j: int) -> Array:
        """(m,) what the residuals are multiplied with: the part of a column that the instruments tell."""
        return np.asarray(self.Z @ self.pi[:, j])

    def solve(self, W: Array, domain: Codes, D: int) -> Array:  # noqa: ARG002 (one domain: the rows of the fit)
        """(b, 1, p) coefficients for weights (b, n), both stages again."""
        out = np.full((len(W), 1, self.inner.size), np.nan)
        for b, weights in enumerate(W):
            w = weights[self.rows]
            if independent(self.Z, w).size < self.Z.shape[1]:
                continue
            pi, A = first_stage(self.Z, self.X, w)
            if independent(self.Z @ pi, w).size == self.inner.size:
                out[b, 0] = self.back @ np.linalg.solve(A, pi.T @ products(self.Z, self.y[:, None], w))[:, 0]
        return out
