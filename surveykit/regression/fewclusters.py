"""Errors of coefficients from few clusters: CR2 residuals through the form of the design."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sampling.checks import ArgumentError
from surveykit.context import Note
from surveykit.formulas.arrays import Array, compress
from surveykit.formulas.clusterrobust import Working, cr2
from surveykit.formulas.glm import Glm
from surveykit.formulas.totals import Cells
from surveykit.formulas.variance import Taylor
from surveykit.regression.result import Regression

if TYPE_CHECKING:
    import scipy.sparse as sp

LEAST = 1e-300  # information of a row that can still be divided by
NOTE = Note("CR2 residuals, Bell–McCaffrey df", "phần dư CR2, bậc tự do Bell–McCaffrey")
FIXED = Note("weights taken as known", "coi quyền số như đã biết")


def mended(fitted: Regression, working: Working) -> Regression:
    """Return the regression with errors from mended residuals.

    The contribution of each first-stage unit is that of its CR2 residuals; strata and fractions count as in
    every other estimate, as R ``svyglm(std.errors="Bell-McCaffrey")``, so that few units make errors too
    large by up to n / (n − 1): CR2 alone has no bias. Later stages have no part of their own,
    and weighting steps count as known. No coefficient has more degrees of freedom than units less strata.
    """
    est, model = fitted.coefficients, fitted.model
    covariance = est.covariance
    if not isinstance(covariance, Taylor):
        raise ArgumentError(
            "se='cr2' needs the units of the design. Leave replicates out, or use se='design'."
        )
    assert isinstance(model, Glm)
    stage, cells = covariance.stages[0], covariance.cells
    unit = stage.unit[cells.unit[cells.row[model.rows]]]
    U = stage.stratum.size
    cluster, present = compress(unit, U)
    eta = model.eta()
    mu, slope = model.family.inverse(eta), model.family.slope(eta)
    weight, residual = slope**2 / model.family.variance(mu), (model.y - mu) / slope
    if model.family.tails is not None:
        row = model.family.tails(eta, model.y)
        weight, residual = row.expected, row.factor / np.maximum(row.expected, LEAST)
    found = cr2(model.X, fitted.w * weight, residual, cluster)
    Z = np.zeros((U, len(model.inner)))
    Z[present] = found.influence @ model.back.T
    p = Z.shape[1]
    own = Cells(np.zeros(0, dtype=np.intp), np.arange(U), np.zeros(U, dtype=np.intp), U, 1)
    taken = Taylor((replace(stage, unit=np.arange(U)),), own, Z, np.zeros((U, 0)), np.zeros((0, 1, p)))
    strata = np.unique(stage.stratum[present]).size
    df = np.minimum(found.df(model.back.T, working), present.size - strata)

    def df_of(rows: Sequence[int]) -> float:
        return float(df[np.asarray(rows, dtype=np.intp)].min())

    def df_many(picked: sp.csc_matrix) -> Array:
        parts = np.split(picked.indices, picked.indptr[1:-1])
        return np.array([df_of(part.tolist()) for part in parts])

    notes = (*est.context.notes, NOTE, *((FIXED,) if fitted.design.steps else ()))
    mended = replace(
        est,
        covariance=taken,
        df=est.df * 0 + df,
        detail=replace(est.detail, df_of=df_of, df_many=df_many),
        context=replace(est.context, df=(float(df.min()), float(df.max())), notes=notes),
    )
    return replace(fitted, coefficients=mended, robust=found)
