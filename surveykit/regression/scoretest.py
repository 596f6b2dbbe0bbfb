"""Tests that terms not yet in a model would be away with, from the fit without them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from sampling.checks import ArgumentError, DataError, check_choice, listed
from surveykit.context import Note
from surveykit.formulas import glm
from surveykit.formulas.ordinal import Ordinal
from surveykit.infer import infer
from surveykit.regression import terms as formulas
from surveykit.regression.measures import check_one_stage, effects_of
from surveykit.regression.waldtests import scaled_by
from surveykit.testresult import TestResult

if TYPE_CHECKING:
    from surveykit.regression.result import Regression

Method = Literal["score", "working-score"]
NAMES: dict[str, tuple[str, str]] = {
    "score": ("score test", "kiểm định điểm số"),
    "working-score": ("working score test (Rao–Scott)", "kiểm định điểm số theo mô hình (Rao–Scott)"),
}


def score_test(model: Regression, added: str, method: Method) -> TestResult:
    r"""Test the terms of ``added``, none of which the model has.

    With :math:`U` the scores of the whole model at the coefficients of the small one and A its information,
    :math:`\theta_1 = A^{-1}U` is a first step towards the whole fit, and its added part is tested as
    coefficients are: by its covariance under the design, or by :math:`A` and the effects λ (Rao–Scott).
    """
    from surveykit.regression.fit import less_df

    check_choice(method, tuple(NAMES), "method")
    check_one_stage(model, "score_test")
    m, design = model.model, model.design
    if isinstance(m, Ordinal) or model.robust is not None:
        raise ArgumentError("score_test: not there for family='ordinal' and se='cr2'.")
    if model.coefficients.no_test:
        raise ArgumentError(f"score_test: {model.coefficients.no_test}")
    if not isinstance(added, str) or "~" in added or not added.strip():
        raise ArgumentError(f'score_test: added={added!r}: write terms as in a formula: "tuoi + C(gioi)".')
    whole = formulas.parse(f"{model.formula} + {added}", design.data)
    part = design.data.iloc[m.rows]
    lost = ~formulas.complete(whole, part)
    if lost.any():
        raise DataError(
            f"score_test: {int(lost.sum())} rows of the model have a value missing in {added!r}. Fit the "
            "model to the rows that have it: where= with notna()."
        )
    whole = formulas.build(whole, part)
    X = whole.matrix(part)
    centre, back = glm.centred(X, model.w, whole.intercept)
    small = list(model.coefficients.value.index)
    own = [whole.names.index(name) for name in small if name in whole.names]
    if len(own) < len(small):
        gone = [name for name in small if name not in whole.names]
        raise ArgumentError(f"score_test: {added!r} changes the terms of the model ({listed(gone, 4)}).")
    order = np.array([*own, *(j for j in range(len(whole.names)) if j not in own)], dtype=np.intp)
    kept = order[glm.independent(X[:, order], model.w)]
    names = [whole.names[j] for j in kept]
    new = names[len(small) :]
    if not new:
        raise ArgumentError(f"score_test: the model has all of {added!r}, or gives it.")
    X = np.asfortranarray(X[:, kept])
    theta = np.r_[m.inner, np.zeros(len(new))]
    A, score, _ = glm.normal_equations(m.family, X, m.y, model.w, m.offset, theta)
    back = back[np.ix_(kept, kept)]
    step = replace(m, X=X, centre=centre[kept], inner=theta, information=A, back=back)
    raw = infer(
        design, [lambda: step], statistic="coefficient", y=[f"formula={whole.formula!r}"] * kept.size,
        labels=pd.Index(names, name="term"), where=model.where,
    )  # fmt: skip
    step_taken = pd.Series(back @ np.linalg.solve(A, score), index=raw.value.index)
    first = replace(less_df(raw, len(small) - 1), value=step_taken)
    found = first.joint_test(new, adjusted=False)
    en, vi = NAMES[method]
    found = replace(found, name=Note(f"{en} of {added}", f"{vi}: {added}"), details={})
    if method == "score" or found.reason:
        return found
    places = np.arange(len(small), kept.size)
    simple = (back @ np.linalg.inv(A) @ back.T * float(model.w.mean()))[np.ix_(places, places)]
    moved = step_taken.to_numpy()[places]
    return scaled_by(
        found, float(moved @ np.linalg.solve(simple, moved)), effects_of(first, simple, places), found.df[1]
    )
