"""Sums by stage unit and domain, and the sparse matrix they stand in."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from surveykit.formulas.arrays import Array, Codes


class Pairs(NamedTuple):
    """Occupied (stratum, domain) pairs of one stage.

    ``z`` (c, q) totals by stage unit and domain; ``starts`` first of them in each pair; ``h``, ``domain``,
    ``held`` (k,) stratum, domain and number of units with the domain; ``centre`` (k, q); ``scale`` (D,), NaN
    where no stratum can give a variance.
    """

    z: Array
    unit: Codes
    column: Codes
    starts: Codes
    h: Codes
    domain: Codes
    held: Codes
    centre: Array
    scale: Array


def spread(z: Array, row: Codes, domain: Codes, shape: tuple[int, int]) -> sp.csr_matrix:
    """Place (c, q) values in the columns d q + j of a sparse matrix."""
    q = z.shape[1]
    columns = (domain[:, None] * q + np.arange(q)).ravel()
    return sp.csr_matrix((z.ravel(), (np.repeat(row, q), columns)), shape=shape)
