"""Regression: how formulas are read, fits of replicates, and what is asked of a model."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from numpy.testing import assert_allclose
from scipy.special import expit
from strategies import make

import surveykit as sv

FAMILIES = {"gaussian": sm.families.Gaussian(), "logit": sm.families.Binomial()}


@pytest.fixture
def clusters() -> sv.Design:
    return make([4, 5, 3], 12, "clusters")


def same(one: sv.Estimates, other: sv.Estimates, rtol: float = 1e-9) -> None:
    assert_allclose(one.value.to_numpy(float), other.value.to_numpy(float), rtol=rtol, atol=rtol)
    assert_allclose(one.covariance.full(), other.covariance.full(), rtol=rtol, atol=rtol * 1e-2)


# --- formulas -----------------------------------------------------------------------------------------------


def test_names_in_backticks_are_names(clusters: sv.Design) -> None:
    d = sv.Design(clusters.data.assign(**{"tuổi tác": clusters.data["x"]}), weights="w", psu="commune")
    plain, ticks = sv.regress(d, "z ~ x").coefficients, sv.regress(d, "z ~ `tuổi tác`").coefficients
    same(ticks, plain)
    assert list(ticks.value.index) == ["Intercept", "tuổi tác"]


def test_another_reference_is_another_way_to_write_the_same_model(clusters: sv.Design) -> None:
    first = sv.regress(clusters, "z ~ group + x")
    other = sv.regress(clusters, "z ~ C(group, Treatment('c')) + x")
    assert list(other.coefficients.value.index) == ["Intercept", "group[a]", "group[b]", "x"]
    a, b = first.coefficients, other.coefficients
    swapped = b.contrast({"group[b]": 1, "group[a]": -1})
    assert_allclose(swapped.value.iloc[0], a.value["group[b]"], rtol=1e-9)
    assert_allclose(swapped.se.iloc[0], a.se["group[b]"], rtol=1e-9)
    assert_allclose(other.deviance, first.deviance, rtol=1e-12)


def test_a_factor_of_numbers_is_that_of_their_words(clusters: sv.Design) -> None:
    words = clusters.data.assign(s=clusters.data["sex"].astype(str))
    d = sv.Design(words, weights="w", strata="stratum", psu="commune")
    same(sv.regress(d, "z ~ C(sex) * x").coefficients, sv.regress(d, "z ~ s * x").coefficients)


def test_an_interaction_of_factors_has_the_means_of_the_cells(clusters: sv.Design) -> None:
    model = sv.regress(clusters, "z ~ C(sex) * group").coefficients
    cells = sv.mean(clusters, "z", by=["sex", "group"])
    change = {(2, "b"): 1, (2, "a"): -1, (1, "b"): -1, (1, "a"): 1}
    double = cells.contrast(change)
    assert_allclose(model.value["sex[2]:group[b]"], double.value.iloc[0], rtol=1e-8)
    assert_allclose(model.se["sex[2]:group[b]"], double.se.iloc[0], rtol=1e-8)


def test_a_comparison_on_the_left_is_a_column_of_0_and_1(clusters: sv.Design) -> None:
    made = clusters.data.assign(
        high=(clusters.data["y"] >= 4).where(clusters.data["y"].notna()).astype(float)
    )
    d = sv.Design(made, weights="w", strata="stratum", psu="commune")
    said = sv.regress(d, "y >= 4 ~ x", family="logit").coefficients
    same(said, sv.regress(d, "high ~ x", family="logit").coefficients)


# --- what is asked of a model -------------------------------------------------------------------------------


@pytest.mark.parametrize("family", ["gaussian", "logit"])
def test_replicates_are_fits_with_each_column_of_weights(family: str) -> None:
    d = make([4, 5, 3], 8, "clusters")
    jk = sv.replicate_weights(d, "JKn", mse=True)
    found = sv.regress(jk, "answered ~ x + sex", family=family).coefficients
    data = d.data
    X = np.column_stack([np.ones(len(data)), data["x"], data["sex"]])

    def fit(w: np.ndarray) -> np.ndarray:
        on = w > 0
        y = data["answered"][on]
        return np.asarray(sm.GLM(y, X[on], family=FAMILIES[family], freq_weights=w[on]).fit(tol=1e-14).params)

    whole, V = fit(data["w"].to_numpy()), np.zeros((3, 3))
    for h, part in data.groupby("stratum"):
        units = part["commune"].unique()
        for unit in units:
            w = data["w"].where(data["stratum"] != h, data["w"] * len(units) / (len(units) - 1))
            away = fit(w.where(data["commune"] != unit, 0.0).to_numpy()) - whole
            V += (len(units) - 1) / len(units) * np.outer(away, away)
    assert_allclose(found.value, whole, rtol=1e-6)
    assert_allclose(found.covariance.full(), V, rtol=1e-5)


@pytest.mark.parametrize("family", ["gaussian", "poisson"])
def test_an_offset_of_the_linear_predictor_moves_the_coefficients_by_itself(family: str) -> None:
    d = make([4, 4], 3, "clusters")
    d = sv.Design(d.data.assign(o=2 * d.data["x"]), weights="w", strata="stratum", psu="commune")
    plain = sv.regress(d, "answered ~ x + sex", family=family).coefficients
    moved = sv.regress(d, "answered ~ x + sex", family=family, offset="o").coefficients
    assert_allclose(moved.value - plain.value, [0, -2, 0], atol=1e-7)
    assert_allclose(moved.covariance.full(), plain.covariance.full(), rtol=1e-6)


def test_odds_ratios_and_their_limits_are_those_of_the_coefficients(clusters: sv.Design) -> None:
    model = sv.regress(clusters, "answered ~ x + sex", family="logit")
    odds, own = model.odds_ratios(), model.coefficients
    assert_allclose(odds.value, np.exp(own.value.iloc[1:]))
    for options in ({}, {"df": 5}):
        assert_allclose(odds.ci(**options), np.exp(own.ci(**options).iloc[1:]))


def test_predictions_have_the_error_of_the_linear_predictor_times_the_slope(clusters: sv.Design) -> None:
    model = sv.regress(clusters, "answered ~ x + sex", family="logit")
    new = pd.DataFrame({"x": [1.1, 1.9], "sex": [1, 2]})
    X = np.column_stack([np.ones(2), new])
    V = X @ model.coefficients.covariance.full() @ X.T
    eta = X @ model.coefficients.value.to_numpy(float)
    link, mean = model.predict(new, type="link"), model.predict(new)
    assert_allclose(link.covariance.full(), V, rtol=1e-9)
    p = expit(eta)
    assert_allclose(mean.value, p)
    assert_allclose(mean.se, p * (1 - p) * np.sqrt(np.diag(V)), rtol=1e-9)


def test_a_test_of_one_coefficient_is_its_t_squared(clusters: sv.Design) -> None:
    model = sv.regress(clusters, "answered ~ x + sex", family="logit")
    t = model.coefficients.test().loc["x"]
    found = model.test("x")
    assert_allclose([found.statistic, found.p], [t["t"] ** 2, t["p"]], rtol=1e-9)


def test_anova_ends_with_the_test_of_the_last_term(clusters: sv.Design) -> None:
    model = sv.regress(clusters, "z ~ x + group")
    last, found = model.anova().loc["group"], model.test("group")
    assert_allclose([last["F"], last["p"]], [found.statistic, found.p], rtol=1e-12)
    first = sv.regress(clusters, "z ~ x", where="group == group").test("x")
    assert_allclose(model.anova().loc["x", "F"], first.statistic, rtol=1e-9)
