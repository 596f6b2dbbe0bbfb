"""Whether some direction tells answers apart without error: the last word on a fit without end."""

from __future__ import annotations

import numpy as np

from surveykit.formulas.arrays import Array, Codes

SOME = 1e-6  # of the sum of what is gained, from which it is no rounding


def best(A: Array, equal: Array | None = None) -> Array | None:
    """Return β (p,) within −1 … 1 with Aβ ≥ 0, not all 0, and ``equal`` β = 0; None where there is none.

    Albert & Anderson (1984), Biometrika 71, 1-10.
    """
    from scipy.optimize import linprog

    size = np.sqrt((A**2).mean(axis=0))
    size = np.where(size > 0, size, 1.0)
    scaled = A / size
    found = linprog(
        -scaled.sum(axis=0),
        A_ub=-scaled,
        b_ub=np.zeros(len(A)),
        A_eq=None if equal is None else equal / size,
        b_eq=None if equal is None else np.zeros(len(equal)),
        bounds=(-1, 1),
    )
    if found.status != 0 or -found.fun <= SOME:
        return None
    return np.asarray(found.x / size)


def of_two(X: Array, y: Array) -> Array | None:
    """Return a direction in which no answer of 0 stands above one of 1, constant in X."""
    return best(np.where(y == 1, 1.0, -1.0)[:, None] * X)


def of_counts(X: Array, y: Array) -> Array | None:
    """Return a direction that lowers rows with a count of 0 alone."""
    some = y > 0
    return best(X[~some], X[some]) if not some.all() else None


def of_levels(X: Array, y: Codes, K: int) -> Array | None:
    """Return a direction (p,) in which the categories 0 … K − 1 stand between cuts in their order."""
    cuts = np.eye(K - 1)
    above = np.column_stack([X[y > 0], -cuts[y[y > 0] - 1]])  # x'β at or above the cut below
    under = np.column_stack([-X[y < K - 1], cuts[y[y < K - 1]]])
    found = best(np.vstack([above, under]))
    return None if found is None or not np.abs(X @ found[: X.shape[1]]).max() > SOME else found[: X.shape[1]]
