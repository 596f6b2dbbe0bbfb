"""A model with some of its columns, on the same rows: what tests in order and deviances are made of."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from surveykit.formulas import glm, ordinal
from surveykit.formulas.arrays import Codes
from surveykit.infer import infer

if TYPE_CHECKING:
    from surveykit.regression.result import Regression


def solution(model: Regression, columns: Codes) -> glm.Solution:
    """Fit the columns (k,) of X alone, with the weights and the offset of the model."""
    m = model.model
    if isinstance(m, ordinal.Ordinal):
        return ordinal.fit(np.ascontiguousarray(m.X[:, columns]), m.y, model.w, m.K)
    if columns.size == 0:
        deviance = glm.normal_equations(m.family, m.X[:, :0], m.y, model.w, m.offset, np.zeros(0))[2]
        return glm.Solution(np.zeros(0), np.zeros((0, 0)), deviance, True, np.zeros(0))
    return glm.fit(m.family, np.asfortranarray(m.X[:, columns]), m.y, model.w, m.offset)


def reduced(model: Regression, columns: Codes) -> Regression:
    """Return the model of the columns (k,) of X alone, with its covariance; its cuts stay."""
    from surveykit.regression.fewclusters import mended
    from surveykit.regression.fit import less_df

    m, found = model.model, solution(model, columns)
    names = model.coefficients.value.index
    kept = np.r_[columns, np.arange(m.X.shape[1], len(names))].astype(np.intp)  # cuts come last
    X, centre = np.asfortranarray(m.X[:, columns]), m.centre[columns]
    own: glm.Glm | ordinal.Ordinal
    if isinstance(m, ordinal.Ordinal):
        own = replace(m, X=X, centre=centre, inner=found.theta, information=found.information)
    else:
        own = replace(
            m, X=X, centre=centre, inner=found.theta, information=found.information,
            back=m.back[np.ix_(columns, columns)],
        )  # fmt: skip
    raw = infer(
        model.design,
        [lambda: own],
        statistic="coefficient",
        y=[f"formula={model.formula!r}"] * kept.size,
        labels=pd.Index(names[kept], name="term"),
        where=model.where,
    )
    beyond = columns.size - (0 if isinstance(m, ordinal.Ordinal) else 1)
    small = replace(
        model, coefficients=less_df(raw, beyond), model=own, deviance=found.deviance, kept=model.kept[columns]
    )
    if model.robust is None:
        return small
    return mended(small, "independent" if model.se == "cr2" else "exchangeable")
