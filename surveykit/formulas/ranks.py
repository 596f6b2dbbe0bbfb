r"""Ranks of weighted answers: the share of the population at or below each, ties at their middle.

.. math:: \hat R_i = \sum_{j < i} w_j + w_i / 2

with equal answers given the mean of theirs by weight, so that their order does not count (Lumley & Scott
2013, Biometrika 100, 831-842).
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
    values, place = np.unique(y, return_inverse=True)
    own = sum_by(place, w, values.size)
    middle: Array = np.cumsum(own) - own / 2
    return middle[place]
