"""Models that have no end, and questions that they cannot answer: what a user is told, word for word."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from refusals import refused

import surveykit as sv
from sampling.checks import ArgumentError, ColumnError, DataError, SurveyWarning
from surveykit.formulas import glm
from surveykit.regression import Regression, regress


def people() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    n = 60
    data = pd.DataFrame({"w": rng.uniform(1, 3, n), "xa": np.repeat(np.arange(12), 5)})
    data["tuoi"] = rng.integers(18, 80, n).astype(float)
    data["gioi"] = np.where(np.arange(n) % 2 == 0, "Nam", "Nữ")
    data["hai_long"] = np.tile([0.0, 1, 1, 0, 0], 12)
    data["luot"] = np.where(data["gioi"] == "Nữ", 0, np.tile([1, 4, 0, 2], 15))
    data["khong"] = 0.0
    data["ro"] = np.where((data["hai_long"] == 1) & (data["xa"] > 5), "có", "không")
    return data


PEOPLE = people()


def fit(formula: Any, **words: Any) -> Regression:
    return regress(sv.Design(PEOPLE, weights="w", psu="xa"), formula, **words)


APART = (
    "without error in some or all rows (separation), so its coefficient has no end. "
    "Join levels, leave it out, or look at a crosstab."
)


@pytest.mark.parametrize("family", ["logit", "probit", "cloglog"])
def test_a_level_of_one_answer_alone_is_named_whatever_the_link(family: Any) -> None:
    refused(
        DataError,
        f"formula='hai_long ~ tuoi + ro': 'ro[không]' tells answers 1 from answers 0 {APART}",
        lambda: fit("hai_long ~ tuoi + ro", family=family),
    )


def test_a_level_without_counts_is_named() -> None:
    refused(
        DataError,
        f"formula='luot ~ gioi': 'gioi[Nữ]' tells rows with a count of 0 from all higher counts {APART}",
        lambda: fit("luot ~ gioi", family="poisson"),
    )
    refused(
        DataError,
        "y='khong' is 0 in every row of the model: there is nothing to explain.",
        lambda: fit("khong ~ tuoi", family="poisson"),
    )


@pytest.mark.parametrize("family", ["logit", "poisson"])
def test_a_search_that_is_too_long_is_said(family: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glm, "ROUNDS", 1)
    refused(
        DataError,
        f"formula='hai_long ~ tuoi': the fit of family='{family}' has no end after 1 rounds. "
        "Bring the variables to a common scale, or leave terms out.",
        lambda: fit("hai_long ~ tuoi", family=family),
    )


def test_weights_below_0_are_refused() -> None:
    people = float(PEOPLE["w"].sum())
    with pytest.warns(SurveyWarning, match="below 0"):
        design = sv.calibrate(
            sv.Design(PEOPLE, weights="w", psu="xa"), {"tuoi": 18 * people}, population=people
        )
    row = int(np.flatnonzero(design.w < 0)[0])
    refused(
        DataError,
        f"the weight is below 0 in row {row}, and a regression needs weights of 0 or more. "
        "Calibrate with distance='raking' or with bounds.",
        lambda: regress(design, "hai_long ~ tuoi"),
    )


def test_an_offset_of_text_is_refused() -> None:
    refused(
        TypeError,
        "offset='gioi' holds text ('Nam', 'Nữ'), and a regression needs numbers.",
        lambda: fit("hai_long ~ tuoi", offset="gioi"),
    )


def test_self_selected_rows_have_no_test_and_no_criterion() -> None:
    chosen = regress(sv.Design(PEOPLE, sampling="self-selected"), "hai_long ~ tuoi")
    why = (
        "the rows are self-selected (không suy rộng được), so no sampling error says how far chance could "
        "have moved them, and there is no p-value. Compare with a probability sample."
    )
    refused(ArgumentError, f"test: {why}", lambda: chosen.test("tuoi"))
    refused(ArgumentError, f"aic: {why}", lambda: chosen.aic)


def test_expressions_that_cannot_be_worked_out_are_named() -> None:
    upper = fit("tuoi ~ gioi.str.upper()")
    refused(
        ColumnError,
        "formula: 'gioi.str.upper()' has a level that the model does not know. Its levels are NAM, NỮ.",
        lambda: upper.predict(pd.DataFrame({"gioi": ["khác"]})),
    )
    refused(
        ArgumentError,
        "formula='tuoi ~ gioi.str.upper()': 'gioi.str.upper()' cannot be worked out (Error evaluating "
        "factor: AttributeError: Can only use .str accessor with string values, not integer).",
        lambda: upper.predict(pd.DataFrame({"gioi": [1]})),
    )
    refused(
        ArgumentError,
        "formula='hai_long ~ tuoi[99]' cannot be worked out (Error evaluating factor: KeyError: 99).",
        lambda: fit("hai_long ~ tuoi[99]"),
    )


def test_a_column_that_is_not_in_the_new_table_has_a_likely_name() -> None:
    refused(
        ColumnError,
        "new: the model needs a column 'tuoi'. Did you mean 'Tuoi'?",
        lambda: fit("hai_long ~ tuoi").predict(PEOPLE.rename(columns={"tuoi": "Tuoi"})),
    )


def test_terms_may_be_named_as_the_formula_has_them() -> None:
    given = fit("hai_long ~ tuoi + C(gioi)")
    assert given.test("C(gioi)").p == given.test("gioi").p
