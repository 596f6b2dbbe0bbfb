r"""Ranks of weighted answers: the share of the population at or below each, ties at their middle.

.. math:: \hat R_i = \sum_{j < i} w_j + w_i / 2

with equal answers given the mean of theirs (Lumley & Scott 2013, Biometrika 100, 831-842).
"""

from __future__ import annotations

import numpy as np

from surveykit.formulas.arrays import Array, sum_by


def mid_ranks(y: Array, w: Array) -> Array:
    """(m,) estimated rank of each answer in the population, up to the sum of the weights.

    Examples
    --------
    >>> mid_ranks(np.array([3.0, 1.0, 3.0]), np.array([2.0, 1.0, 2.0]))
    array([3. , 0.5, 3. ])
    """
    order = np.argsort(y, kind="stable")
    rank = np.cumsum(w[order]) - w[order] / 2
    new = np.r_[True, y[order][1:] != y[order][:-1]]
    group = np.cumsum(new) - 1
    count = group[-1] + 1
    middle = sum_by(group, rank, count) / np.bincount(group, minlength=count)
    out = np.empty(y.size)
    out[order] = middle[group]
    return out
