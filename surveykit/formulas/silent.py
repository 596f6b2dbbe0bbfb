"""Values that no unit moves but for rounding, as the mean of equal answers: their error is 0."""

from __future__ import annotations

import numpy as np

from surveykit.formulas.arrays import Array, Mask
from surveykit.formulas.totals import Cells

ROUNDING = 1e-12  # of a value: more than any unit moves it by rounding, less than a sample could show


def silence(Z: Array, B: Array, value: Array, cells: Cells) -> Mask:
    """Set the influence of units to 0, in place, where it is rounding beside the value; (D, q) where it is 0.

    Parameters
    ----------
    Z : (C, q) influence by cell
    B : (r, D, q) its part by weighting steps
    value : (D, q)
    cells : Cells
    """
    starts = cells.starts
    with np.errstate(invalid="ignore"):
        most = np.maximum.reduceat(np.abs(Z), starts)
        still = (most <= ROUNDING * np.abs(value)) & (most > 0)
    for j in np.flatnonzero(still.any(axis=0)):
        Z[still[cells.domain, j], j] = 0.0
        B[:, still[:, j], j] = 0.0
    return np.asarray(still | (most == 0))


def silenced(deviations: Array, value: Array) -> Array:
    """Return deviations of replicates (R, k), those from a value (k,) that are rounding as 0."""
    with np.errstate(invalid="ignore"):
        still = np.abs(deviations).max(axis=0, initial=0.0) <= ROUNDING * np.abs(value)
    return np.where(still, 0.0, deviations) if still.any() else deviations
