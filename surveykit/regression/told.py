"""What the data tell of a model of which columns were left out, for other columns give them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sampling.checks import listed
from surveykit.formulas.arrays import Array, Codes, Mask
from surveykit.result import Estimates

if TYPE_CHECKING:
    from surveykit.regression.result import Regression

SAME = 1e-6  # of the largest number of a column, within which it is what the others give


@dataclass(frozen=True, eq=False)
class Told:
    """How the columns left out follow from those kept: ``given`` (k, d) coefficients, ``size`` (d,)."""

    kept: Codes
    left: Codes
    given: Array
    size: Array
    names: tuple[str, ...]

    def lost(self, X: Array) -> Mask:
        """(m,) rows of the whole X (m, p) on which the data have no say."""
        if not self.left.size:
            return np.zeros(len(X), dtype=bool)
        away = np.abs(X[:, self.left] - X[:, self.kept] @ self.given)
        return np.asarray((away > SAME * self.size).any(axis=1))

    def marked(self, est: Estimates, lost: Mask) -> Estimates:
        """Return estimates without those that the data have no say on."""
        if not lost.any():
            return est
        reason = f"the data do not tell the terms apart there (left out: {listed(self.names, 3)})"
        return replace(est, value=est.value.mask(lost), reason=est.reason.mask(lost, reason))


def told_by(model: Regression) -> Told:
    """Work out how the columns that were left out follow from the others in the rows of the fit."""
    names = model.terms.names
    left = np.setdiff1d(np.arange(len(names)), model.kept)
    if not left.size:
        return Told(model.kept, left, np.zeros((model.kept.size, 0)), np.zeros(0), ())
    X = model.terms.matrix(model.rows)
    given = np.asarray(np.linalg.lstsq(X[:, model.kept], X[:, left], rcond=None)[0], dtype=float)
    size = np.maximum(np.abs(X[:, left]).max(axis=0), 1e-300)
    return Told(model.kept, left, given, size, tuple(names[j] for j in left))
