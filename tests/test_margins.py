"""Average predictions and effects, ordered categories: laws, plain loops, replicates, sentences."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import surveykit as sv
from surveykit.formulas import ordinal

TIGHT = 1e-9
FAMILIES = ("logit", "probit", "cloglog", "poisson", "gaussian")


def people(seed: int = 4, n: int = 200) -> pd.DataFrame:
    r = np.random.default_rng(seed)
    table = pd.DataFrame(
        {"tang": r.integers(0, 3, n), "w": r.uniform(1, 4, n), "tuoi": r.integers(18, 80, n)}
    )
    table["thon"] = table["tang"] * 10 + r.integers(0, 5, n)
    table["gioi"] = pd.Categorical(r.choice(["Nam", "Nữ"], n))
    table["loai"] = r.choice(["phường", "xã", "đặc khu"], n)
    lean = 0.03 * (table["tuoi"] - 45) + (table["gioi"] == "Nữ") * 0.6 + r.logistic(size=n)
    table["y"] = (lean > 0).astype(int)
    table["muc"] = np.digitize(lean, [-2, 0, 1.5])
    table["log_tuoi"] = np.log(table["tuoi"])
    table.loc[:5, "tuoi"] = 40
    return table


def design(table: pd.DataFrame) -> sv.Design:
    return sv.Design(table, weights="w", strata="tang", psu="thon")


def test_the_effect_of_a_number_in_a_linear_model_is_its_coefficient() -> None:
    model = sv.regress(design(people()), "y ~ tuoi + gioi + loai")
    found, own = model.effects(), model.coefficients
    assert_allclose(found.value["tuoi"], own.value["tuoi"], rtol=1e-7)
    assert_allclose(found.se["tuoi"], own.se["tuoi"], rtol=1e-7)
    assert_allclose(found.se["gioi[Nữ]"], own.se["gioi[Nữ]"], rtol=TIGHT)
    margins = model.margins("gioi")
    assert_allclose(margins.contrast({"Nữ": 1, "Nam": -1}).se.iloc[0], own.se["gioi[Nữ]"], rtol=TIGHT)
    assert_allclose(found.df, own.df.iloc[0])


@pytest.mark.parametrize("family", FAMILIES)
def test_margins_of_the_only_factor_are_the_means_of_its_groups(family: str) -> None:
    d = design(people())
    found = sv.regress(d, "y ~ gioi", family=family).margins("gioi")
    means = sv.mean(d, "y", by="gioi")
    assert_allclose(found.value, means.value, rtol=1e-8)
    assert_allclose(found.covariance.full(), means.covariance.full(), rtol=1e-7, atol=1e-12)


@pytest.mark.parametrize("family", FAMILIES)
def test_effects_and_margins_are_averages_of_predictions(family: str) -> None:
    table = people()
    model = sv.regress(design(table), "y ~ tuoi * gioi + loai", family=family)
    w = table["w"].to_numpy()

    def mean_of(**change) -> float:
        return float(w @ model.predict(table.assign(**change)).value.to_numpy() / w.sum())

    women = mean_of(gioi=pd.Categorical(["Nữ"] * len(table), categories=["Nam", "Nữ"]))
    men = mean_of(gioi=pd.Categorical(["Nam"] * len(table), categories=["Nam", "Nữ"]))
    assert_allclose(model.margins("gioi").value, [men, women], rtol=1e-9)
    assert_allclose(model.effects("gioi").value.iloc[0], women - men, rtol=1e-8)
    h = 1e-4
    slope = (mean_of(tuoi=table["tuoi"] + h) - mean_of(tuoi=table["tuoi"] - h)) / (2 * h)
    assert_allclose(model.effects("tuoi").value.iloc[0], slope, rtol=1e-5)
    assert_allclose(model.margins("tuoi", at=[30, 60]).value, [mean_of(tuoi=30), mean_of(tuoi=60)], rtol=1e-9)


@pytest.mark.parametrize("fixed", [False, True])
@pytest.mark.parametrize("family", ["logit", "poisson"])
def test_the_variance_of_margins_is_that_of_jackknifed_fits(family: str, fixed: bool) -> None:
    d = design(people())
    one = sv.regress(d, "y ~ tuoi + gioi", family=family)
    other = sv.regress(sv.replicate_weights(d, "JKn"), "y ~ tuoi + gioi", family=family)
    for ask in (lambda m: m.margins("gioi", fixed=fixed), lambda m: m.effects(fixed=fixed)):
        assert_allclose(ask(other).value, ask(one).value, rtol=1e-9)
        assert_allclose(ask(other).se, ask(one).se, rtol=0.15)


def test_replicates_of_margins_are_fitted_and_averaged_again() -> None:
    table = people()
    d = sv.replicate_weights(design(table), "JKn")
    model = sv.regress(d, "y ~ tuoi + gioi", family="logit")
    found = model.margins("gioi")
    reps = d.replicates
    again = []
    for r in range(reps.R):
        w = table["w"] * reps.factors[:, r][reps.unit]
        own = sv.Design(table.assign(v=w).query("v > 0"), weights="v")
        again.append(sv.regress(own, "y ~ tuoi + gioi", family="logit").margins("gioi").value.to_numpy())
    gap = np.array(again) - found.value.to_numpy()
    V = (reps.coefficients[:, None] * gap).T @ gap
    assert_allclose(found.covariance.full(), V, rtol=1e-6)


def test_an_offset_stays_in_the_predictions_that_are_averaged() -> None:
    table = people()
    model = sv.regress(design(table), "y ~ gioi", family="poisson", offset="log_tuoi")
    means = sv.ratio(design(table), "y", "tuoi", by="gioi")
    assert model.margins("gioi").value["Nam"] == pytest.approx(
        means.value["Nam"] * float(table["w"] @ np.exp(table["log_tuoi"]) / table["w"].sum()), rel=0.05
    )
    assert_allclose(model.effects("gioi").value.iloc[0], np.diff(model.margins("gioi").value)[0], rtol=TIGHT)


SENTENCES = {
    "absent": (lambda m: m.margins("gio"),
               "margins: 'gio' does not stand on the right side of 'y ~ tuoi + gioi'. "
               "Did you mean 'gioi'?"),
    "values": (lambda m: m.margins("tuoi"), "margins: 'tuoi' has 57 values. Say at which ones with at=[…], "
               "or use effects('tuoi')."),
    "level": (lambda m: m.margins("gioi", at=["nữ"]), "at: 'gioi' has no level 'nữ'. Did you mean 'Nữ'?"),
    "list": (lambda m: m.margins("gioi", at="Nữ"), "at='Nữ': pass a list of values of 'gioi'."),
}  # fmt: skip


@pytest.mark.parametrize("name", SENTENCES)
def test_margins_are_refused_in_these_words(name: str) -> None:
    ask, text = SENTENCES[name]
    with pytest.raises((ValueError, TypeError, KeyError)) as error:
        ask(sv.regress(design(people()), "y ~ tuoi + gioi", family="logit"))
    assert str(error.value).strip('"') == text


def test_models_without_one_mean_or_without_variables_have_no_effects() -> None:
    d = design(people())
    with pytest.raises(ValueError, match="margins of family='ordinal' are not there"):
        sv.regress(d, "muc ~ tuoi + gioi", family="ordinal").margins("gioi")
    with pytest.raises(ValueError, match="the model has no variable on its right side"):
        sv.regress(d, "y ~ 1").effects()


# ---- ordered categories ------------------------------------------------------------------------------------


def test_scores_and_information_are_derivatives_of_the_likelihood() -> None:
    r = np.random.default_rng(2)
    X, y, w = r.normal(size=(80, 2)), r.integers(0, 4, 80), r.uniform(0.5, 2, 80)
    theta = np.array([0.4, -0.2, -1.0, 0.1, 1.2])
    information, score, _ = ordinal.likelihood(X, y, w, theta)
    h = 1e-5
    steps = h * np.eye(5)
    down = [
        ordinal.likelihood(X, y, w, theta + s)[2] - ordinal.likelihood(X, y, w, theta - s)[2] for s in steps
    ]
    assert_allclose(score, -np.array(down) / (4 * h), rtol=1e-6)
    slope = [
        (ordinal.likelihood(X, y, w, theta - s)[1] - ordinal.likelihood(X, y, w, theta + s)[1]) for s in steps
    ]
    assert_allclose(information, np.array(slope) / (2 * h), rtol=1e-6, atol=1e-6)


def test_cuts_without_variables_are_the_logits_of_the_shares() -> None:
    table = people()
    found = ordinal.fit(np.zeros((len(table), 0)), table["muc"].to_numpy(), table["w"].to_numpy(), 4)
    shares = table.groupby("muc")["w"].sum().cumsum().to_numpy() / table["w"].sum()
    assert_allclose(found.theta, np.log(shares[:-1] / (1 - shares[:-1])), rtol=1e-8)


def test_two_categories_would_be_the_logit_turned_round() -> None:
    """The probability of the higher of two is that of the logit; the cut is minus its intercept."""
    table = people()
    X = (table[["tuoi"]].to_numpy(float) - 45) / 10
    w = table["w"].to_numpy()
    found = ordinal.fit(X, table["y"].to_numpy(), w, 2)
    logit = sv.regress(sv.Design(table.assign(x=X), weights="w"), "y ~ x", family="logit").coefficients.value
    assert_allclose(found.theta, [logit["x"], -logit["Intercept"]], rtol=1e-7)


def test_proportional_odds_with_a_large_number_and_replicates() -> None:
    table = people().assign(xa=lambda t: 1e6 + t["tuoi"])
    d = design(table)
    near, far = (sv.regress(d, f"muc ~ {x} + gioi", family="ordinal") for x in ("tuoi", "xa"))
    assert_allclose(far.coefficients.value["xa"], near.coefficients.value["tuoi"], rtol=1e-6)
    assert_allclose(far.coefficients.se["xa"], near.coefficients.se["tuoi"], rtol=1e-6)
    assert list(near.coefficients.value.index) == ["tuoi", "gioi[Nữ]", "0|1", "1|2", "2|3"]
    lap = sv.regress(sv.replicate_weights(d, "JKn"), "muc ~ tuoi + gioi", family="ordinal").coefficients
    assert_allclose(lap.value, near.coefficients.value, rtol=1e-8)
    assert_allclose(lap.se, near.coefficients.se, rtol=0.2)
    assert 0 < near.r_squared["cox-snell"] < near.r_squared["nagelkerke"] < 1
    assert list(near.exp().value.index) == ["tuoi", "gioi[Nữ]"]


def test_a_replicate_that_has_lost_a_category_has_no_fit() -> None:
    table = people()
    table["muc"] = np.where(table["thon"] == table["thon"].iloc[0], 3, np.minimum(table["muc"], 2))
    lap = sv.replicate_weights(design(table), "JKn")
    found = sv.regress(lap, "muc ~ tuoi", family="ordinal").coefficients
    assert found.reason.iloc[0] == f"the model has no fit in 1 of {lap.replicates.R} replicates"
    assert "mô hình không khớp được ở 1 trong" in found.to_html("vi")


def test_an_offset_stays_in_the_effect_of_a_number() -> None:
    table = people()
    model = sv.regress(design(table), "y ~ tuoi + gioi", family="poisson", offset="log_tuoi")
    mean = np.average(model.fitted, weights=model.w)
    own = model.coefficients.value
    assert_allclose(model.effects("tuoi").value, own["tuoi"] * mean, rtol=TIGHT)
    both = (model.fitted / np.exp(own["gioi[Nữ]"] * (table["gioi"] == "Nữ")).to_numpy()).to_numpy()
    change = np.average(both, weights=model.w) * (np.exp(own["gioi[Nữ]"]) - 1)
    assert_allclose(model.effects("gioi").value, change, rtol=TIGHT)
