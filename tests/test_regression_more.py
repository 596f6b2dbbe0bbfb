"""Instruments, score tests of terms not in a model, and limits from the profile of the deviance."""

import re

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from numpy.testing import assert_allclose
from scipy.special import fdtrc, stdtrit
from test_regression import FAMILIES, design_of, table

import surveykit as sv
from sampling.checks import ArgumentError, DataError
from surveykit.regression import measures, regress


def with_instruments(seed: int = 3) -> pd.DataFrame:
    """Return people whose `den` goes with what is left out of the model, and two instruments."""
    rng = np.random.default_rng(seed)
    data = table()
    n = len(data)
    data["cach"], data["xe_buyt"] = rng.normal(size=n), rng.normal(size=n)
    hidden = rng.normal(size=n)
    data["den"] = data["cach"] + 0.5 * data["xe_buyt"] + hidden + rng.normal(size=n)
    data["diem"] = 2 + 0.7 * data["den"] - 0.01 * data["tuoi"] + 2 * hidden + rng.normal(size=n)
    return data


# --- instruments --------------------------------------------------------------------------------------------


def test_terms_that_are_their_own_instruments_give_least_squares():
    design = design_of(table())
    plain = regress(design, "gaussian ~ tuoi * gioi + loai")
    same = regress(design, "gaussian ~ tuoi * gioi + loai", instruments="tuoi * gioi + loai")
    assert_allclose(same.coefficients.value, plain.coefficients.value, rtol=1e-9)
    assert_allclose(same.coefficients.covariance.full(), plain.coefficients.covariance.full(), rtol=1e-8)
    assert_allclose(same.deviance, plain.deviance, rtol=1e-10)


@pytest.mark.parametrize("instruments", ["cach + tuoi", "cach + xe_buyt + tuoi"])
def test_two_stages_are_those_of_the_textbook(instruments):
    design = design_of(with_instruments())
    model = regress(design, "diem ~ den + tuoi", instruments=instruments)
    data, w = design.data.iloc[model.model.rows], model.w
    X = np.c_[np.ones(len(w)), data["den"], data["tuoi"]]
    Z = np.c_[np.ones(len(w)), data[instruments.split(" + ")]]
    y = data["diem"].to_numpy()
    hat = Z @ np.linalg.solve(Z.T @ (w[:, None] * Z), Z.T @ (w[:, None] * X))
    bread = np.linalg.inv(hat.T @ (w[:, None] * hat))
    theta = bread @ (hat.T @ (w * y))
    assert_allclose(model.coefficients.value, theta, rtol=1e-8)
    scores = np.zeros((len(design.data), 3))
    scores[model.model.rows] = hat * (y - X @ theta)[:, None]
    totals = design.changed(data=design.data.assign(a=scores[:, 0], b=scores[:, 1], c=scores[:, 2]))
    V = sv.total(totals, ["a", "b", "c"]).covariance.full()
    assert_allclose(model.coefficients.covariance.full(), bread @ V @ bread, rtol=1e-7)
    assert_allclose(model.deviance, w @ (y - X @ theta) ** 2, rtol=1e-9)
    assert_allclose(model.fitted, X @ theta, rtol=1e-8)


def test_instruments_find_what_least_squares_does_not():
    design = design_of(with_instruments())
    told = regress(design, "diem ~ den + tuoi", instruments="cach + xe_buyt + tuoi")
    limits = told.coefficients.ci().loc["den"]
    assert limits["ci_low"] < 0.7 < limits["ci_high"]
    assert regress(design, "diem ~ den + tuoi").coefficients.ci()["ci_low"]["den"] > 0.8


def test_replicates_go_through_both_stages():
    design = design_of(with_instruments())
    words = {"formula": "diem ~ den + tuoi", "instruments": "cach + xe_buyt + tuoi"}
    taylor = regress(design, **words)
    made = regress(sv.replicate_weights(design), **words)
    assert_allclose(made.coefficients.value, taylor.coefficients.value, rtol=1e-10)
    assert_allclose(made.coefficients.se, taylor.coefficients.se, rtol=0.3)
    w = design.w * np.random.default_rng(2).uniform(0.5, 2, len(design.data))
    once = taylor.model.solve(w[None], np.zeros(w.size, dtype=np.intp), 1)[0, 0]
    again = regress(sv.Design(design.data.assign(w2=w), weights="w2"), **words)
    assert_allclose(once, again.coefficients.value, rtol=1e-8)


def test_replicates_in_which_the_instruments_tell_nothing_have_no_solution():
    model = regress(design_of(with_instruments()), "diem ~ den", instruments="cach")
    n = len(model.design.data)
    W = np.stack([np.zeros(n), model.design.w])
    found = model.model.solve(W, np.zeros(n, dtype=np.intp), 1)[:, 0]
    assert np.isnan(found[0]).all()
    assert_allclose(found[1], model.coefficients.value, rtol=1e-9)


def test_replicates_in_which_a_term_does_not_vary_have_no_solution():
    data = with_instruments()
    data.loc[data.index[:9], "den"] = 1.0
    model = regress(design_of(data), "diem ~ den", instruments="cach")
    w = np.where(np.arange(len(data)) < 9, model.design.w, 0.0)
    assert np.isnan(model.model.solve(w[None], np.zeros(w.size, dtype=np.intp), 1)).all()


def test_a_missing_instrument_leaves_the_row_out():
    data = with_instruments()
    data.loc[data.index[:7], "cach"] = np.nan
    design = design_of(data)
    model = regress(design, "diem ~ den", instruments="cach")
    kept = regress(design, "diem ~ den", instruments="cach", where="cach == cach")
    assert_allclose(model.coefficients.value, kept.coefficients.value, rtol=1e-12)
    assert_allclose(model.coefficients.se, kept.coefficients.se, rtol=1e-12)


WRONG_INSTRUMENTS = {
    "a logit": (
        {"formula": "logit ~ tuoi", "family": "logit", "instruments": "tuoi"},
        "instruments= is for family='gaussian', without offset= and se=.",
    ),
    "few clusters": (
        {"formula": "diem ~ den", "se": "cr2", "instruments": "cach"},
        "instruments= is for family='gaussian', without offset= and se=.",
    ),
    "a whole formula": (
        {"formula": "diem ~ den", "instruments": "den ~ cach"},
        "instruments='den ~ cach': write the right side of a formula: the instruments, and the terms of the "
        'model that need none: "khoang_cach + tuoi".',
    ),
    "too few": (
        {"formula": "diem ~ den + tuoi", "instruments": "cach"},
        "instruments: 2 columns for a model of 3 ('Intercept', 'den', 'tuoi'). Name an instrument for each "
        "term that they are to tell, and repeat the terms that need none.",
    ),
    "nothing in common": (
        {"formula": "diem ~ den", "instruments": "alone"},
        "instruments: they do not tell the terms apart ('Intercept', 'den'): some column, or a sum of "
        "columns, has no part in common with them. Name others.",
    ),
}


@pytest.mark.parametrize("name", WRONG_INSTRUMENTS)
def test_instruments_are_refused_in_these_words(name):
    words, text = WRONG_INSTRUMENTS[name]
    data = with_instruments()
    design = design_of(data)
    w, x = design.w, np.random.default_rng(1).normal(size=len(data))
    X = np.c_[np.ones(len(data)), data["den"]]
    data["alone"] = x - X @ np.linalg.solve(X.T @ (w[:, None] * X), X.T @ (w * x))
    with pytest.raises(ArgumentError, match=f"^{re.escape(text)}$"):
        regress(design_of(data), **words)


@pytest.mark.parametrize("what", ["r_squared", "aic", "anova", "likelihood_ci", "score_test", "lrt"])
def test_a_model_of_two_stages_has_no_likelihood(what):
    model = regress(design_of(with_instruments()), "diem ~ den", instruments="cach")
    ask = {
        "r_squared": lambda: model.r_squared,
        "aic": lambda: model.aic,
        "anova": model.anova,
        "likelihood_ci": model.likelihood_ci,
        "score_test": lambda: model.score_test("tuoi"),
        "lrt": lambda: model.test("den", method="lrt"),
    }[what]
    with pytest.raises(ArgumentError, match="a model with instruments= has no likelihood"):
        ask()


# --- score tests --------------------------------------------------------------------------------------------


def test_the_working_score_test_of_a_linear_model_has_the_statistic_of_the_ratio():
    design = design_of(table())
    small, whole = (regress(design, f"gaussian ~ tuoi{more}") for more in ("", " + loai + gioi"))
    score = small.score_test("loai + gioi", method="working-score")
    ratio = whole.test(["loai", "gioi"], method="lrt")
    assert_allclose(score.details["X²"], ratio.details["X²"], rtol=1e-8)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("method", ["score", "working-score"])
def test_scores_by_hand(family, method):
    design = design_of(table())
    model = regress(design, f"{family} ~ tuoi", family=family)
    found = model.score_test("loai + gioi", method=method)
    whole = regress(design, f"{family} ~ tuoi + loai + gioi", family=family)
    X, w, rows = whole.terms.matrix(whole.rows), whole.w, whole.model.rows
    family_of = whole.model.family
    eta = model.model.eta()
    y = model.model.y
    if family_of.tails is not None:
        tails = family_of.tails(eta, y)
        factor, expected = tails.factor, tails.expected
    else:
        mu = family_of.inverse(eta)
        factor, expected = y - mu, family_of.variance(mu)
    names = list(whole.coefficients.value.index)
    new = np.array([name not in model.coefficients.value.index for name in names])
    A = X.T @ ((w * expected)[:, None] * X)
    G = np.zeros((new.sum(), len(names)))
    G[:, new] = np.eye(new.sum())
    G[:, ~new] = -A[np.ix_(new, ~new)] @ np.linalg.inv(A[np.ix_(~new, ~new)])
    scores = np.zeros((len(design.data), new.sum()))
    scores[rows] = (X * factor[:, None]) @ G.T
    columns = {f"s{j}": scores[:, j] for j in range(new.sum())}
    totals = sv.total(design.changed(data=design.data.assign(**columns)), list(columns))
    U, V, df = totals.value.to_numpy(), totals.covariance.full(), float(model.coefficients.df.iloc[0])
    if method == "score":
        F, d = U @ np.linalg.solve(V, U) / new.sum(), float(new.sum())
    else:
        simple = G @ A @ G.T
        effects = np.linalg.eigvals(np.linalg.solve(simple, V)).real
        F, d = U @ np.linalg.solve(simple, U) / effects.sum(), effects.sum() ** 2 / (effects**2).sum()
    assert_allclose(found.statistic, F, rtol=1e-6)
    assert_allclose(found.df, (d, df), rtol=1e-6)
    assert_allclose(found.p, fdtrc(d, df, F), rtol=1e-5)


def test_a_score_test_says_what_it_tested():
    found = regress(design_of(table()), "gaussian ~ tuoi").score_test("gioi")
    assert (found.name.en, found.name.vi) == ("score test of gioi", "kiểm định điểm số: gioi")


def test_a_term_that_separates_can_be_tested_without_its_fit():
    data = table()
    data["het"] = (data["logit"] == 1).astype(float)
    with pytest.raises(DataError, match="separation"):
        regress(design_of(data), "logit ~ tuoi + het", family="logit")
    assert regress(design_of(data), "logit ~ tuoi", family="logit").score_test("het").p < 1e-6


WRONG_SCORES = {
    "not terms": ("y ~ x", "score_test: added='y ~ x': write terms as in a formula: \"tuoi + C(gioi)\"."),
    "there already": ("tuoi", "score_test: the model has all of 'tuoi', or gives it."),
    "what others give": ("hai_lan_tuoi", "score_test: the model has all of 'hai_lan_tuoi', or gives it."),
}


@pytest.mark.parametrize("name", WRONG_SCORES)
def test_a_score_test_is_refused_in_these_words(name):
    added, text = WRONG_SCORES[name]
    data = table()
    data["hai_lan_tuoi"] = 2 * data["tuoi"]
    model = regress(design_of(data), "gaussian ~ tuoi + gioi")
    with pytest.raises(ArgumentError, match=f"^{re.escape(text)}$"):
        model.score_test(added)


def test_a_score_test_is_not_there_for_every_model():
    ordinal = regress(design_of(table()), "muc ~ tuoi", family="ordinal")
    cr2 = regress(design_of(table()), "gaussian ~ tuoi", se="cr2")
    for model in (ordinal, cr2):
        with pytest.raises(ArgumentError, match="not there for family='ordinal' and se='cr2'"):
            model.score_test("gioi")
    with pytest.raises(ArgumentError, match="not there for family='ordinal'"):
        ordinal.likelihood_ci()


def test_rows_without_the_new_term_are_named():
    data = table()
    data["moi"] = np.where(np.arange(len(data)) < 5, np.nan, 1.0 * np.arange(len(data)))
    model = regress(design_of(data), "gaussian ~ tuoi")
    with pytest.raises(
        DataError, match=r"rows of the model have a value missing in 'moi'\. Fit the model to"
    ):
        model.score_test("moi")


# --- limits from the profile --------------------------------------------------------------------------------


def test_limits_of_a_linear_model_are_those_of_t():
    model = regress(design_of(table()), "gaussian ~ tuoi + gioi")
    assert_allclose(
        model.likelihood_ci(0.9)[["ci_low", "ci_high"]], model.coefficients.ci(0.9)[["ci_low", "ci_high"]],
        rtol=1e-7,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("family", "oracle"), [("logit", sm.families.Binomial()), ("poisson", sm.families.Poisson())]
)
def test_the_deviance_at_a_limit_is_the_design_effect_times_t_squared(family, oracle):
    model = regress(design_of(table()), f"{family} ~ tuoi + gioi", family=family)
    limits = model.likelihood_ci()
    X, w = model.terms.matrix(model.rows), model.w / model.w.mean()
    effect = model.coefficients.variance / np.diag(measures.naive(model))
    t = -stdtrit(float(model.coefficients.df.iloc[0]), 0.025)
    least = sm.GLM(model.model.y, X, family=oracle, freq_weights=w).fit(tol=1e-12).deviance
    for j, name in enumerate(limits.index):
        for side in ("ci_low", "ci_high"):
            fixed = X[:, j] * limits.loc[name, side]
            rest = np.delete(X, j, axis=1)
            at = sm.GLM(model.model.y, rest, family=oracle, freq_weights=w, offset=fixed).fit(tol=1e-12)
            assert_allclose(at.deviance - least, effect[j] * t**2, rtol=1e-5)
        assert limits.loc[name, "ci_low"] < limits.loc[name, "estimate"] < limits.loc[name, "ci_high"]


def test_a_model_of_one_constant_has_limits_too():
    model = regress(design_of(table()), "logit ~ 1", family="logit")
    limits, t = model.likelihood_ci().iloc[0], model.coefficients.ci().iloc[0]
    assert limits["ci_low"] == pytest.approx(t["ci_low"], abs=0.1)
    assert limits["ci_high"] == pytest.approx(t["ci_high"], abs=0.1)


def test_a_coefficient_without_error_is_its_own_limits():
    people = pd.DataFrame({"y": [1.0, 2, 3] * 4, "thon": list("aaabbbcccddd")})
    model = regress(sv.Design(people, sampling="srs", psu="thon"), "y ~ 1")
    assert_allclose(model.likelihood_ci()[["ci_low", "ci_high"]], [[2.0, 2.0]], atol=1e-12)


def test_no_degrees_of_freedom_no_limits():
    people = pd.DataFrame(
        {"y": [1.0, 2, 4, 3], "x": [0.0, 1, 2, 5], "z": [1.0, 0, 0, 2], "thon": list("aabb")}
    )
    model = regress(sv.Design(people, sampling="srs", psu="thon"), "y ~ x")
    assert model.likelihood_ci()[["ci_low", "ci_high"]].isna().all().all()


def test_rows_that_chose_themselves_have_no_score_test_and_no_limits():
    own = regress(sv.Design(table(), sampling="self-selected"), "gaussian ~ tuoi")
    for ask in (own.likelihood_ci, lambda: own.score_test("gioi")):
        with pytest.raises(ArgumentError, match=r"^(likelihood_ci|score_test): "):
            ask()


def test_terms_that_change_the_coding_of_the_model_are_refused():
    model = regress(design_of(table()), "gaussian ~ gioi:loai")
    with pytest.raises(ArgumentError, match="score_test: 'gioi' changes the terms of the model"):
        model.score_test("gioi")


# --- few clusters -------------------------------------------------------------------------------------------


def test_few_clusters_have_no_more_degrees_of_freedom_than_units_less_strata():
    rng = np.random.default_rng(4)
    people = pd.DataFrame({"xa": np.repeat(np.arange(8), 5), "x": rng.normal(size=40), "w": 1.0})
    people["tang"], people["y"] = people["xa"] // 2, people["x"] + rng.normal(size=40)
    whole = regress(sv.Design(people, weights="w", psu="xa"), "y ~ x", se="cr2").coefficients
    parts = regress(sv.Design(people, weights="w", strata="tang", psu="xa"), "y ~ x", se="cr2").coefficients
    assert (whole.df > 4).all()
    assert_allclose(parts.df, 4.0)
