r"""Degrees of freedom of a stratified variance: many where strata share it, few where one makes it up.

.. math:: \nu = \frac{(\sum_h v_h)^2}{\sum_h v_h^2 / (n_h - 1)}

with v_h what stratum h of a stage adds to the variance.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from surveykit.formulas.arrays import Array, runs, sum_runs
from surveykit.formulas.pairs import spread
from surveykit.formulas.statistics import divide
from surveykit.formulas.variance import BLOCK, Combined, Covariance, Stage, Taylor


def satterthwaite(covariance: Covariance, L: sp.csr_matrix | None = None) -> Array | None:
    """Satterthwaite's degrees of freedom of the combinations L (k, m) of estimates, or of each estimate.

    n_h counts the units of a stratum that hold a combination, at least 2; so it is not above units less
    strata that hold it where each of these has two.

    Returns
    -------
    (m,), NaN where there is no variance; None where the covariance does not know strata (replicates)

    References
    ----------
    Satterthwaite (1946), Biometrics Bulletin 2, 110-114; Rust and Rao (1996), SMMR 5, 283-310.
    """
    if isinstance(covariance, Combined):
        whole = covariance.L if L is None else covariance.L @ L
        return satterthwaite(covariance.base, sp.csr_matrix(whole))
    if not isinstance(covariance, Taylor):
        return None
    if L is None:
        given = any(stage.omega is not None for stage in covariance.stages)
        if covariance.X.shape[1] == 0 and not given:
            return _each(covariance)
        L = sp.identity(covariance.size, format="csr")
    columns = sp.csc_matrix(L)
    parts = [_block(covariance, columns[:, i : i + BLOCK].tocsr()) for i in range(0, columns.shape[1], BLOCK)]
    return np.concatenate(parts)


def _each(covariance: Taylor) -> Array:
    """Return the degrees of freedom of each estimate, from the occupied strata of its domain."""
    shape = (covariance.cells.D, covariance.Z.shape[1])
    total, square = np.zeros(shape), np.zeros(shape)
    for stage in covariance.stages:
        pairs = stage.pairs(covariance.cells, covariance.Z)
        v = stage.by_pair(pairs) * np.nan_to_num(pairs.scale)[pairs.domain][:, None]
        first = runs(pairs.domain)
        total += sum_runs(v, first)
        square += sum_runs(v**2 / np.maximum(pairs.held - 1, 1)[:, None], first)
    return divide(total**2, square).ravel()


def _block(covariance: Taylor, L: sp.csr_matrix) -> Array:
    """Return the degrees of freedom of a block of combinations."""
    BL = covariance.below(L)
    total, square = np.zeros(L.shape[1]), np.zeros(L.shape[1])
    if covariance.noise is not None:  # targets from elsewhere: as good as known degrees without end
        total += np.einsum("pm,pm->m", BL, covariance.noise @ BL)
    for stage in covariance.stages:
        v, held = by_stratum(covariance, stage, L, covariance.taken(stage, BL))
        total += v.sum(axis=0)
        square += (v**2 / np.maximum(held - 1, 1)).sum(axis=0)
    return divide(total**2, square)


def by_stratum(
    covariance: Taylor, stage: Stage, L: sp.csr_matrix, taken: Array | None
) -> tuple[Array, Array]:
    """(H, m) what each stratum of a stage adds to each variance, and its units that hold the combination.

    What weighting steps take away fills the sample, so that with them every unit holds it.
    """
    first = runs(stage.stratum)
    added = np.zeros((first.size, L.shape[1]))
    for a, b in stage.halves(covariance.cells, covariance.Z, L, taken):
        added += sum_runs(a * b, first)
    n = np.diff(np.r_[first, stage.stratum.size])
    if taken is not None:
        return added, np.repeat(n[:, None], L.shape[1], axis=1)
    q = covariance.Z.shape[1]
    pairs = stage.pairs(covariance.cells, covariance.Z)
    shape = (stage.stratum.size, covariance.size)
    Z = spread(np.ones((pairs.unit.size, q)), pairs.unit, pairs.column, shape)
    held = np.asarray(((Z @ abs(L)) != 0).todense(), dtype=float)
    return added, sum_runs(held, first)
