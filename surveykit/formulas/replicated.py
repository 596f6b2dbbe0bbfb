r"""Covariance of estimates read from replicates: the spread of each replicate's estimates.

.. math:: \hat V = c \sum_r s_r\, d_r d_r^\top, \qquad d_r = \hat\theta_r - \hat\theta
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from surveykit.formulas.arrays import Array, Codes, Mask
from surveykit.formulas.silent import silenced
from surveykit.formulas.variance import check_size

RANK = 1e-5  # what is left of a column, in units of its length, from which it counts as one more


@dataclass(frozen=True, repr=False)
class Replicated:
    """Covariance of k estimates from R replicates.

    ``deviations`` (R, k) already times the root of the scales; ``lost`` (k,) replicates in which an estimate
    could not be worked out; ``alike`` (D,) domains whose rows every replicate moves alike, where that was
    looked for.
    """

    deviations: Array
    lost: Codes
    alike: Mask | None = None

    def __repr__(self) -> str:
        """Return what it is, without its numbers."""
        R, k = self.deviations.shape
        return f"covariance of {k} estimates from {R} replicates"

    def diag(self) -> Array:
        """(k,) variances; NaN where a replicate has no estimate."""
        out: Array = np.einsum("rk,rk->k", self.deviations, self.deviations)
        return out

    def of(self, L: sp.csr_matrix) -> Array:
        """(m, m) covariance of the combinations L (k, m)."""
        moved: Array = np.asarray(sp.csr_matrix(L.T) @ self.deviations.T)
        out: Array = moved @ moved.T
        return out

    def full(self) -> Array:
        """(k, k) covariance; refused above 5,000 estimates."""
        check_size(self.deviations.shape[1])
        out: Array = self.deviations.T @ self.deviations
        return out


def spread(estimates: Array, value: Array, coefficients: Array, *, mse: bool) -> Replicated:
    r"""Return the covariance of estimates from what each replicate gives.

    Parameters
    ----------
    estimates : (R, k) of each replicate, NaN where it has none; changed in place
    value : (k,) full estimates, the centre with ``mse``; else the centre is the mean of the replicates
    coefficients : (R,) :math:`c\,s_r`, above 0

    Examples
    --------
    >>> spread(np.array([[1.0], [3.0]]), np.array([1.5]), np.full(2, 0.5), mse=True).diag()
    array([1.25])
    >>> spread(np.array([[1.0], [3.0]]), np.array([1.5]), np.full(2, 0.5), mse=False).diag()
    array([1.])
    """
    lost = np.count_nonzero(np.isnan(estimates), axis=0)
    estimates -= value if mse else estimates.mean(axis=0)
    estimates = silenced(estimates, value)
    estimates *= np.sqrt(coefficients)[:, None]
    return Replicated(estimates, lost)


def rank(blocks: Iterable[Array], R: int) -> int:
    """Return the rank of a matrix (n, R) that comes in blocks of rows, to a relative 1e-5 as R's ``degf``.

    Columns are brought to length 1 and taken one after another, the longest remainder first.

    Examples
    --------
    >>> rank([np.array([[0.0, 2.0], [2.0, 0.0]]), np.array([[1.0, 1.0]])], 2)
    2
    """
    G = np.zeros((R, R))
    for block in blocks:
        G += block.T @ block
    size = np.sqrt(np.diag(G))
    G /= np.outer(size, size)
    found = 0
    while found < R:
        k = int(np.argmax(np.diag(G)))
        pivot = G[k, k]
        if pivot < RANK**2:
            break
        column = G[:, k] / np.sqrt(pivot)
        G -= np.outer(column, column)
        found += 1
    return found
