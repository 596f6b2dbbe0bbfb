"""Tests that terms of a model are away with: Wald, working Wald, and the ratio of likelihoods."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.special import chdtrc, fdtrc

from sampling.checks import ArgumentError
from surveykit.context import Note
from surveykit.formulas.arrays import Array
from surveykit.regression.measures import check_one_stage, deviance_without, multipliers, naive, slopes
from surveykit.testresult import TestResult

if TYPE_CHECKING:
    from surveykit.regression.result import Regression

Method = Literal["wald", "lrt", "working-wald"]
NONE_LEFT = "the coefficients leave no degrees of freedom"
METHODS: dict[str, tuple[str, str]] = {
    "wald": ("Wald test", "kiểm định Wald"),
    "lrt": ("likelihood ratio test (Rao–Scott)", "kiểm định tỷ số hợp lý (Rao–Scott)"),
    "working-wald": ("working Wald test (Rao–Scott)", "kiểm định Wald theo mô hình (Rao–Scott)"),
}


def test_terms(
    model: Regression, rows: list[str], asked: list[str], df: float | None, method: Method
) -> TestResult:
    """Test that the coefficients in these rows are all 0."""
    if df is not None and not df > 0:
        raise ArgumentError(f"df={df!r}: write a number above 0, or inf for the chi-square test.")
    if model.coefficients.no_test:
        raise ArgumentError(f"test: {model.coefficients.no_test}")
    found = model.coefficients.joint_test(rows, adjusted=False)
    if found.df[1] <= 0:
        found = replace(found, reason=NONE_LEFT)
    en, vi = METHODS[method]
    names = ", ".join(asked)
    found = replace(found, name=Note(f"{en} of {names}", f"{vi}: {names}"), details={})
    if found.reason:
        return found
    return wald(found, df) if method == "wald" else scaled(found, model, rows, df, method)


def wald(found: TestResult, df: float | None) -> TestResult:
    """Return the test with other degrees of freedom."""
    if df is None:
        return found
    k = found.df[0]
    if np.isinf(df):
        chi2 = found.statistic * k
        return replace(found, kind="chi2", statistic=chi2, df=(k,), p=float(chdtrc(k, chi2)))
    return replace(found, df=(k, float(df)), p=float(fdtrc(k, df, found.statistic)))


def scaled(
    found: TestResult, model: Regression, rows: list[str], df: float | None, method: Method
) -> TestResult:
    r"""Return a test whose statistic is a sum of chi-squares, each times a design effect λ.

    .. math:: F = \frac{X^2}{\sum \lambda} \sim F(d, \nu), \qquad d = \frac{(\sum\lambda)^2}{\sum\lambda^2}

    References
    ----------
    Lumley & Scott (2014), Australian & New Zealand Journal of Statistics 56, 1-14; Rao & Scott (1984),
    Annals of Statistics 12, 46-60.
    """
    check_one_stage(model, f"test with method={method!r}")
    places = np.flatnonzero(model.coefficients.value.index.isin(rows))
    if not np.isin(places, slopes(model)).all():
        raise ArgumentError(
            f"test: method={method!r} compares with a model of the same intercept or cuts, and "
            f"{', '.join(rows)} has them. Use method='wald'."
        )
    effects = multipliers(model, places)
    if method == "lrt":
        X2 = (deviance_without(model, places) - model.deviance) / float(model.w.mean())
    else:
        b = model.coefficients.value.to_numpy(float)[places]
        X2 = float(b @ np.linalg.solve(naive(model)[np.ix_(places, places)], b))
    return scaled_by(found, X2, effects, found.df[1] if df is None else float(df))


def scaled_by(found: TestResult, X2: float, effects: Array, second: float) -> TestResult:
    """Return a test with the statistic X² over Σ λ, and its second degrees of freedom."""
    total = float(effects.sum())
    d = total**2 / float((effects**2).sum())
    F = X2 / total
    details = {"X²": X2, **{f"λ{i}": float(v) for i, v in enumerate(effects, 1)}}
    if np.isinf(second):
        p = float(chdtrc(d, F * d))
        return replace(found, kind="chi2", statistic=F * d, df=(d,), p=p, details=details)
    return replace(found, statistic=F, df=(d, second), p=float(fdtrc(d, second, F)), details=details)
