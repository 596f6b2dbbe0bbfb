"""How well a model fits: deviances, R², dispersion, and the information criterion of the design."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sampling.checks import ArgumentError
from surveykit.formulas import glm, ordinal
from surveykit.formulas.arrays import Array, Codes
from surveykit.formulas.instruments import TwoStage
from surveykit.formulas.statistics import Smooth, mean
from surveykit.formulas.totals import Column
from surveykit.infer import infer
from surveykit.regression.reduced import solution

if TYPE_CHECKING:
    from surveykit.regression.result import Regression
    from surveykit.result import Estimates


def check_one_stage(model: Regression, what: str) -> None:
    """Refuse what rests on a likelihood for a model with instruments."""
    if isinstance(model.model, TwoStage):
        raise ArgumentError(
            f"{what}: a model with instruments= has no likelihood. Its terms are tested by "
            "model.test(…) with method='wald'."
        )


def slopes(model: Regression) -> Codes:
    """Places of the coefficients beside the intercept and the cuts."""
    first = [term != "Intercept" for term in model.coefficients.value.index]
    if isinstance(model.model, ordinal.Ordinal):
        first = [j < model.model.X.shape[1] for j in range(len(first))]
    return np.flatnonzero(first)


def deviance_without(model: Regression, places: Codes) -> float:
    """Deviance of the model without the coefficients at these places, weights as they are."""
    return solution(model, np.setdiff1d(np.arange(model.model.X.shape[1]), places)).deviance


def null_deviance(model: Regression) -> float:
    """Deviance of the model of one constant, and the offset."""
    m = model.model
    if isinstance(m, ordinal.Ordinal):
        return deviance_without(model, slopes(model))
    return glm.fit(m.family, np.ones((len(m.y), 1)), m.y, model.w, m.offset).deviance


def r_squared(model: Regression) -> dict[str, float]:
    """Share of the variation that the model explains."""
    check_one_stage(model, "r_squared")
    null, N = null_deviance(model), float(model.w.sum())
    if model.family == "gaussian":
        return {"r2": 1 - model.deviance / null}
    cox = 1 - np.exp((model.deviance - null) / N)
    return {"cox-snell": float(cox), "nagelkerke": float(cox / (1 - np.exp(-null / N)))}


def dispersion(model: Regression) -> float:
    r"""Variance of the Pearson residuals in the population, :math:`(y - \mu) / \sqrt{V(\mu)}`."""
    m, w = model.model, model.w
    assert isinstance(m, glm.Glm)
    mu = m.family.inverse(m.eta())
    residual = (m.y - mu) / np.sqrt(m.family.variance(mu))
    centre = w @ residual / w.sum()
    return float(w @ (residual - centre) ** 2 / w.sum() * w.size / (w.size - 1))


def naive(model: Regression) -> Array:
    """(P, P) inverse of the information of weights of mean 1: the covariance, were the sample simple."""
    m = model.model
    return np.asarray(m.back @ np.linalg.inv(m.information) @ m.back.T * float(model.w.mean()))


def multipliers(model: Regression, places: Codes) -> Array:
    r"""(k,) eigenvalues λ of V₀⁻¹V of the coefficients at these places: their design effects.

    V₀ is :func:`naive`, V the covariance under the design. Lumley & Scott (2014).
    """
    return effects_of(model.coefficients, naive(model)[np.ix_(places, places)], places)


def effects_of(estimates: Estimates, simple: Array, places: Codes) -> Array:
    """(k,) eigenvalues of V₀⁻¹V, with V₀ = ``simple`` (k, k) and V that of the estimates at k places."""
    V = estimates.covariance.full()[np.ix_(places, places)]
    factor = np.linalg.cholesky(np.linalg.inv(simple))
    return np.asarray(np.linalg.eigvalsh(factor.T @ V @ factor)[::-1])


def aic(model: Regression) -> float:
    r"""Akaike's criterion of the design: deviance and twice Σ λ, weights of mean 1.

    A linear model has :math:`n \log \hat\sigma^2 + n + n \log 2\pi` for the deviance, λ over
    :math:`\hat\sigma^2`, and the design effect of :math:`\hat\sigma^2` beside them.
    """
    check_one_stage(model, "aic")
    scale, places = float(model.w.mean()), slopes(model)
    effects = float(multipliers(model, places).sum()) if places.size else 0.0
    if model.family != "gaussian":
        return model.deviance / scale + 2 * effects
    n = model.w.size
    square = model.deviance / scale / n
    likelihood = n * (np.log(square) + 1 + np.log(2 * np.pi))
    own = n * variance_of_dispersion(model) / (2 * square**2)
    return float(likelihood + 2 * (effects / square + own))


def variance_of_dispersion(model: Regression) -> float:
    """Variance under the design of the mean squared residual of a linear model."""
    m = model.model
    assert isinstance(m, glm.Glm)
    e = np.zeros(m.n)
    e[m.rows] = (m.y - m.eta()) ** 2

    def squares() -> Smooth:
        return mean(Column(e, m.missing))

    found = infer(
        model.design, [squares], statistic="mean", y=["squared residual"], labels=None, where=model.where
    )
    return float(found.se.iloc[0] ** 2)
