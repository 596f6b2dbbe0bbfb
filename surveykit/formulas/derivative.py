"""Derivatives of functions by differences, with a check that they are derivatives."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from surveykit.formulas.arrays import Array

STEP = 1e-3  # of the size of a value
SURE = 1e-6  # relative difference of two derivatives that is none


def numeric(f: Callable[[Array], Array], at: Array, size: Array) -> tuple[Array, Array]:
    """(m, k) derivative of f (k,) → (m,), and (m, k) how far two of them are apart, relative.

    Central differences with steps h, h/2 and h/4, freed of their error in h² and h⁴ (Richardson 1911).

    Parameters
    ----------
    at : (k,) where
    size : (k,) scale of each value, above 0

    Examples
    --------
    >>> D, gap = numeric(lambda v: np.array([v[0] ** 3]), np.array([2.0]), np.array([2.0]))
    >>> bool(abs(D[0, 0] - 12) < 1e-9), bool(gap[0, 0] < 1e-9)
    (True, True)
    """
    columns, gaps = [], []
    for i in range(at.size):
        D = []
        for part in (1.0, 0.5, 0.25):
            step = np.zeros(at.size)
            step[i] = STEP * size[i] * part
            D.append((f(at + step) - f(at - step)) / (2 * step[i]))
        first, second = (4 * D[1] - D[0]) / 3, (4 * D[2] - D[1]) / 3
        best = (16 * second - first) / 15
        columns.append(best)
        gaps.append(np.abs(best - second))
    J, gap = np.stack(columns, axis=1), np.stack(gaps, axis=1)
    scale = (np.abs(J) * size).max(axis=1, keepdims=True)
    return J, np.divide(gap * size, scale, out=np.zeros_like(gap), where=scale > 0)
