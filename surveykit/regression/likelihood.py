"""Limits of coefficients from the profile of the deviance, scaled by the design."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import stdtrit

from sampling.checks import ArgumentError, check_fraction
from surveykit.formulas import glm
from surveykit.formulas.ordinal import Ordinal
from surveykit.regression.measures import check_one_stage, naive

if TYPE_CHECKING:
    from surveykit.regression.result import Regression

SAME = 1e-10  # of the distance of estimate ± t·se: how near the search comes to a limit


def likelihood_ci(model: Regression, level: float) -> pd.DataFrame:
    """Return estimate, ci_low, ci_high and df of each coefficient."""
    level = check_fraction(level, "level")
    check_one_stage(model, "likelihood_ci")
    if isinstance(model.model, Ordinal):
        raise ArgumentError("likelihood_ci: not there for family='ordinal'.")
    est = model.coefficients
    if est.no_test:
        raise ArgumentError(f"likelihood_ci: {est.no_test}")
    names, df = est.value.index, est.df.to_numpy(float)
    effect = est.variance / np.diag(naive(model))
    with np.errstate(invalid="ignore"):
        t = np.where(df > 0, -stdtrit(df, (1 - level) / 2), np.nan)
    limits = np.array([profile_limits(model, j, float(t[j]), float(effect[j])) for j in range(len(names))])
    columns = {"estimate": est.value, "ci_low": limits[:, 0], "ci_high": limits[:, 1], "df": df}
    return pd.DataFrame(columns, index=names)


def profile_limits(model: Regression, j: int, t: float, effect: float) -> tuple[float, float]:
    """Return where the profile of coefficient j is effect · t² above its least, weights of mean 1."""
    m, w = model.model, model.w
    assert isinstance(m, glm.Glm)
    at, step = float(model.coefficients.value.iloc[j]), t * float(model.coefficients.se.iloc[j])
    if not step > 0:  # no degrees of freedom, or no error
        return at - step, at + step
    X = m.X + m.centre  # of a coefficient of the columns themselves
    rest, own = np.asfortranarray(np.delete(X, j, axis=1)), X[:, j]
    start = np.delete(m.theta, j)

    def above(b: float) -> float:
        offset = own * b + (m.offset if m.offset.size else 0.0)
        if rest.shape[1]:
            deviance = glm.fit(m.family, rest, m.y, w, offset, start).deviance
        else:
            deviance = glm.normal_equations(m.family, rest, m.y, w, offset, np.zeros(0))[2]
        return float((deviance - model.deviance) / w.mean() - effect * t**2)

    return one_side(above, at, -step), one_side(above, at, step)


def one_side(above: Callable[[float], float], at: float, step: float) -> float:
    """Return where ``above`` is 0 on the side of ``at`` that ``step`` points to."""
    near, far = 0.0, 1.0
    while above(at + far * step) <= 0:  # without separation the deviance has no bound
        near, far = far, 2 * far
    return at + step * float(brentq(lambda x: above(at + x * step), near, far, xtol=SAME))
