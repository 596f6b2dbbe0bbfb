r"""Rubin's rules: the covariance of estimates from m imputed tables, and what it rests on.

.. math:: T = \bar W + (1 + 1/m) B, \qquad B = \frac{1}{m - 1} \sum_i (Q_i - \bar Q)(Q_i - \bar Q)^\top
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from surveykit.formulas.arrays import Array
from surveykit.formulas.variance import Combined, Covariance


@dataclass(frozen=True, repr=False)
class Imputed:
    """Covariance over m imputations: ``parts`` inside each, ``deviations`` (m, k) of each from the mean."""

    parts: tuple[Covariance, ...]
    deviations: Array

    def __repr__(self) -> str:
        """Return what it is, without its numbers."""
        m, k = self.deviations.shape
        return f"covariance of {k} estimates from {m} imputations"

    @property
    def factor(self) -> float:
        """(1 + 1/m) / (m − 1)."""
        m = len(self.parts)
        return (1 + 1 / m) / (m - 1)

    def sides(self, L: sp.csr_matrix | None = None) -> tuple[Array, Array]:
        """Variance inside and (1 + 1/m) that between imputations, of each estimate or combination (k, m)."""
        parts = self.parts if L is None else tuple(Combined(part, L) for part in self.parts)
        moved = self.deviations if L is None else np.asarray(L.T @ self.deviations.T).T
        inside = np.mean([part.diag() for part in parts], axis=0)
        return inside, self.factor * (moved**2).sum(axis=0)

    def diag(self) -> Array:
        """(k,) variances."""
        inside, between = self.sides()
        return inside + between

    def of(self, L: sp.csr_matrix) -> Array:
        """(m, m) covariance of the combinations L (k, m)."""
        moved = np.asarray(L.T @ self.deviations.T)
        inside: Array = np.mean([part.of(L) for part in self.parts], axis=0)
        out: Array = inside + self.factor * moved @ moved.T
        return out

    def full(self) -> Array:
        """(k, k) covariance."""
        inside: Array = np.mean([part.full() for part in self.parts], axis=0)
        out: Array = inside + self.factor * self.deviations.T @ self.deviations
        return out


class Rests(NamedTuple):
    """What the variance of each row rests on: relative increase, degrees of freedom, missing information."""

    increase: Array
    df: Array
    missing: Array


def rests(inside: Array, between: Array, m: int, complete: Array) -> Rests:
    r"""Return the relative increase r of the variance, its degrees of freedom and the information missing.

    .. math:: r = \frac{(1 + 1/m) B}{W}, \quad
              \nu_m = (m - 1)\left(1 + \frac 1 r\right)^2, \quad
              \nu_o = \frac{\nu_c + 1}{\nu_c + 3}\, \nu_c \frac{1}{1 + r}, \quad
              \nu = \left( \frac 1{\nu_m} + \frac 1{\nu_o} \right)^{-1}, \quad
              \lambda = \frac{r + 2 / (\nu + 3)}{r + 1}

    Parameters
    ----------
    inside, between : (k,) W and (1 + 1/m) B
    m : imputations
    complete : (k,) degrees of freedom of complete data, ``inf`` for Rubin's classical ones

    References
    ----------
    Rubin (1987), Multiple Imputation for Nonresponse in Surveys, ch. 3; Barnard and Rubin (1999), Biometrika
    86, 948-955.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        r = np.where(between == 0, 0.0, between / inside)
        alone = np.isinf(r)  # no sampling error: only the imputations differ
        classical = (m - 1) * (1 + 1 / r) ** 2
        observed = np.where(np.isinf(complete), np.inf, (complete + 1) / (complete + 3) * complete / (1 + r))
        df = np.where(alone, m - 1.0, 1 / (1 / classical + 1 / observed))
        missing = np.where(alone, 1.0, (r + 2 / (df + 3)) / (r + 1))
    return Rests(r, df, missing)
