"""Laws of regression, and its covariance in plain loops."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given
from numpy.testing import assert_allclose
from scipy import special
from strategies import designs

import surveykit as sv
from surveykit.regression import regress

EXACT = 1e-8  # linear algebra of a few columns


def table(seed: int = 7, communes: int = 30, people: int = 12) -> pd.DataFrame:
    """Return a sample of two strata with a number, two factors, and answers of every family."""
    rng = np.random.default_rng(seed)
    n = communes * people
    data = pd.DataFrame({"xa": np.repeat(np.arange(communes), people)})
    data["tang"] = np.where(data["xa"] < communes // 3, "A", "B")
    data["w"] = rng.uniform(0.5, 3, n)
    data["tuoi"] = rng.integers(18, 80, n).astype(float)
    data["gioi"] = rng.choice(["Nam", "Nữ"], n)
    data["loai"] = rng.choice(["đặc khu", "phường", "xã"], n)
    eta = 0.02 * (data["tuoi"] - 50) + 0.4 * (data["gioi"] == "Nữ") + rng.normal(0, 0.3, communes)[data["xa"]]
    data["gaussian"] = eta + rng.normal(size=n)
    data["logit"] = (rng.random(n) < special.expit(eta)).astype(float)
    data["probit"] = (rng.random(n) < special.ndtr(eta)).astype(float)
    data["cloglog"] = (rng.random(n) < 1 - np.exp(-np.exp(eta - 1))).astype(float)
    data["poisson"] = rng.poisson(np.exp(eta)).astype(float)
    latent = eta + rng.logistic(size=n)
    data["muc"] = pd.Categorical.from_codes(
        np.digitize(latent, [-1, 0, 1.5]), ["thấp", "vừa", "cao", "rất cao"], True
    )
    data["cot"] = rng.normal(0, 0.2, n)
    return data


def design_of(data: pd.DataFrame) -> sv.Design:
    return sv.Design(data, weights="w", strata="tang", psu="xa")


FAMILIES = {
    "gaussian": sm.families.Gaussian(),
    "logit": sm.families.Binomial(),
    "probit": sm.families.Binomial(sm.families.links.Probit()),
    "cloglog": sm.families.Binomial(sm.families.links.CLogLog()),
    "poisson": sm.families.Poisson(),
}


def spread_of_totals(data: pd.DataFrame, scores: np.ndarray) -> np.ndarray:
    """Covariance of the weighted totals of scores, commune by commune, in plain loops."""
    V = np.zeros((scores.shape[1],) * 2)
    for _, stratum in data.groupby("tang"):
        totals = []
        for commune in stratum["xa"].unique():
            rows = np.flatnonzero(data["xa"] == commune)
            totals.append(sum(data["w"].iloc[i] * scores[i] for i in rows))
        centre = sum(totals) / len(totals)
        for z in totals:
            V += len(totals) / (len(totals) - 1) * np.outer(z - centre, z - centre)
    return V


# --- against other programs and plain loops -----------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("offset", [None, "cot"])
def test_coefficients_are_those_of_statsmodels_and_their_covariance_that_of_loops(family, offset):
    data = table()
    model = regress(design_of(data), f"{family} ~ tuoi + gioi", family=family, offset=offset)
    X = np.column_stack([np.ones(len(data)), data["tuoi"], data["gioi"] == "Nữ"]).astype(float)
    y, w, off = data[family].to_numpy(), data["w"].to_numpy(), data["cot"].to_numpy() * (offset is not None)
    known = sm.GLM(y, X, family=FAMILIES[family], var_weights=w, offset=off).fit(tol=1e-14, maxiter=100)
    assert_allclose(model.coefficients.value, known.params, rtol=1e-6)
    theta = model.coefficients.value.to_numpy()
    mean, slope = FAMILIES[family].link.inverse, FAMILIES[family].link.inverse_deriv
    A, scores = np.zeros((3, 3)), np.zeros((len(y), 3))
    for i in range(len(y)):
        eta = X[i] @ theta + off[i]
        mu, d = float(mean(eta)), float(slope(eta))
        V = float(FAMILIES[family].variance(mu))
        scores[i] = X[i] * (y[i] - mu) * d / V
        A += w[i] * np.outer(X[i], X[i]) * d**2 / V
    assert_allclose(w @ scores, 0, atol=1e-7 * np.abs(w[:, None] * scores).sum())
    bread = np.linalg.inv(A)
    covariance = bread @ spread_of_totals(data, scores) @ bread
    assert_allclose(model.coefficients.covariance.full(), covariance, rtol=1e-7, atol=1e-14)
    assert (model.coefficients.df == 30 - 2 - 2).all()


def chance(theta: np.ndarray, x: np.ndarray, k: int) -> float:
    """Chance of category k of four under proportional odds."""
    cuts = [-np.inf, *theta[2:], np.inf]
    return float(special.expit(cuts[k + 1] - x @ theta[:2]) - special.expit(cuts[k] - x @ theta[:2]))


def test_ordered_categories_are_at_the_maximum_with_the_covariance_of_loops():
    data = table(communes=16, people=8)
    model = regress(design_of(data), "muc ~ tuoi + gioi", family="ordinal")
    theta, w = model.coefficients.value.to_numpy(), data["w"].to_numpy()
    assert list(model.coefficients.value.index[2:]) == ["thấp|vừa", "vừa|cao", "cao|rất cao"]
    X = np.column_stack([data["tuoi"], data["gioi"] == "Nữ"]).astype(float)
    y, step = data["muc"].cat.codes.to_numpy(), np.array([1e-6, 1e-4, 1e-4, 1e-4, 1e-4])

    def score(t: np.ndarray, i: int) -> np.ndarray:
        ends = [(t + s * e, t - s * e) for s, e in zip(step, np.eye(5), strict=True)]
        up_down = [(np.log(chance(a, X[i], y[i])) - np.log(chance(b, X[i], y[i]))) for a, b in ends]
        return np.array(up_down) / (2 * step)

    scores = np.array([score(theta, i) for i in range(len(y))])
    assert_allclose(w @ scores / np.abs(w[:, None] * scores).sum(axis=0), 0, atol=1e-6)
    h = 20 * step
    H = np.zeros((5, 5))
    for j, e in enumerate(np.eye(5)):
        up = sum(w[i] * score(theta + h * e, i) for i in range(len(y)))
        down = sum(w[i] * score(theta - h * e, i) for i in range(len(y)))
        H[j] = (down - up) / (2 * h[j])
    bread = np.linalg.inv((H + H.T) / 2)
    wanted = bread @ spread_of_totals(data, scores) @ bread
    size = np.sqrt(np.outer(np.diag(wanted), np.diag(wanted)))
    assert_allclose(model.coefficients.covariance.full() / size, wanted / size, atol=2e-5)


def test_ordered_categories_of_equal_weights_are_those_of_statsmodels():
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    data = table().assign(w=1.0)
    model = regress(design_of(data), "muc ~ tuoi + gioi", family="ordinal")
    X = np.column_stack([data["tuoi"] / 10, data["gioi"] == "Nữ"]).astype(float)
    known = OrderedModel(data["muc"].cat.codes.to_numpy(), X, distr="logit").fit(method="newton", disp=0)
    b = known.params[:2] / [10, 1]
    cuts = known.model.transform_threshold_params(known.params)[1:-1]
    assert_allclose(model.coefficients.value, [*b, *cuts], rtol=1e-5)
    assert_allclose(model.deviance, -2 * known.llf, rtol=1e-9)


# --- models that are other estimates ------------------------------------------------------------------------


@given(design=designs())
def test_a_model_of_the_constant_is_the_mean(design):
    model, mean = regress(design, "y ~ 1").coefficients, sv.mean(design, "y")
    assert_allclose(model.value.iloc[0], mean.value.iloc[0], rtol=EXACT)
    assert_allclose(model.se.iloc[0], mean.se.iloc[0], rtol=EXACT, atol=1e-12)
    assert model.df.iloc[0] == mean.df.iloc[0]


@given(design=designs())
def test_a_model_of_one_factor_is_the_means_of_its_levels(design):
    by = sv.mean(design, "y", by="group", where="answered == 1")
    cells = regress(design, "y ~ 0 + group", where="answered == 1").coefficients
    assert [f"group[{level}]" for level in by.value.index] == list(cells.value.index)
    assert_allclose(cells.value, by.value, rtol=EXACT)
    if (by.reason == "").all():
        V = by.covariance.full()
        assert_allclose(cells.covariance.full(), V, rtol=EXACT, atol=1e-10 * np.abs(V).max())


@given(design=designs())
def test_a_logit_of_the_constant_is_the_logit_of_the_share(design):
    model = regress(design, "y >= 4 ~ 1", family="logit").coefficients
    data = design.data.assign(high=(design.data["y"] >= 4).where(design.data["y"].notna()).astype(float))
    share = sv.mean(design.changed(data=data), "high")
    p = share.value.iloc[0]
    assert_allclose(model.value.iloc[0], np.log(p / (1 - p)), rtol=EXACT, atol=1e-10)
    assert_allclose(model.se.iloc[0], share.se.iloc[0] / (p * (1 - p)), rtol=EXACT, atol=1e-12)


def test_inside_one_commune_villages_take_the_place_of_communes():
    data = table()
    data["thon"] = data["xa"] * 10 + np.arange(len(data)) % 4
    whole = sv.Design(data, weights="w", strata="tang", psu=["xa", "thon"])
    inside = regress(whole, "gaussian ~ tuoi", where="xa == 3").coefficients
    alone = sv.Design(data, weights="w", strata="xa", psu="thon")
    known = regress(alone, "gaussian ~ tuoi", where="xa == 3").coefficients
    assert_allclose(inside.covariance.full(), known.covariance.full(), rtol=EXACT)
    assert (inside.df == 2).all()
    assert "conditional on xa" in inside.line("en")


@pytest.mark.parametrize("family", ["gaussian", "logit"])
def test_replicates_and_derivatives_nearly_agree(family):
    design = design_of(table(communes=90, people=6))
    taylor = regress(design, f"{family} ~ tuoi + gioi", family=family).coefficients
    jackknife = regress(
        sv.replicate_weights(design, "JKn"), f"{family} ~ tuoi + gioi", family=family
    ).coefficients
    assert_allclose(jackknife.value, taylor.value, rtol=1e-9)
    assert_allclose(jackknife.se, taylor.se, rtol=0.04)


# --- what must make no difference ---------------------------------------------------------------------------


@pytest.mark.parametrize("family", [*FAMILIES, "ordinal"])
def test_the_unit_of_weights_and_of_a_variable_makes_no_difference(family):
    data, y = table(), "muc" if family == "ordinal" else family
    one = regress(design_of(data), f"{y} ~ tuoi + gioi", family=family).coefficients
    for unit in (1e-6, 1e6):
        other = data.assign(w=data["w"] * unit, tuoi=data["tuoi"] * unit)
        two = regress(design_of(other), f"{y} ~ tuoi + gioi", family=family).coefficients
        scale = np.where(one.value.index == "tuoi", unit, 1.0)
        assert_allclose(two.value * scale, one.value, rtol=1e-7)
        assert_allclose(two.covariance.full() * np.outer(scale, scale), one.covariance.full(), rtol=1e-6)


def test_large_constants_leave_slopes_and_errors_as_they_are():
    data = table()
    one = regress(design_of(data), "gaussian ~ tuoi + gioi").coefficients
    far = data.assign(gaussian=data["gaussian"] + 1e7, tuoi=data["tuoi"] + 1e6)
    two = regress(design_of(far), "gaussian ~ tuoi + gioi").coefficients
    assert_allclose(two.value.iloc[1:], one.value.iloc[1:], rtol=1e-6)
    assert_allclose(two.se.iloc[1:], one.se.iloc[1:], rtol=1e-6)


@pytest.mark.parametrize("family", [*FAMILIES, "ordinal"])
def test_the_reference_level_changes_neither_fit_nor_tests(family):
    data, y = table(), "muc" if family == "ordinal" else family
    one = regress(design_of(data), f"{y} ~ tuoi + loai", family=family)
    two = regress(design_of(data), f"{y} ~ tuoi + C(loai, Treatment('xã'))", family=family)
    assert_allclose(two.deviance, one.deviance, rtol=1e-9)
    for method in ("wald", "lrt", "working-wald"):
        a, b = one.test("loai", method=method), two.test("C(loai)", method=method)
        assert_allclose([a.statistic, a.p], [b.statistic, b.p], rtol=1e-5)
    assert list(one.coefficients.value.index[1 if family == "ordinal" else 2 :][:2]) == [
        "loai[xã]",
        "loai[đặc khu]",
    ]
    step = one.coefficients.contrast({"loai[xã]": -1, "loai[đặc khu]": 1})
    level = "loai[đặc khu]"
    assert_allclose(two.coefficients.value[level], step.value.iloc[0], rtol=1e-6)
    assert_allclose(two.coefficients.se[level], step.se.iloc[0], rtol=1e-6)


def test_rows_left_out_by_missing_values_stay_for_the_variance():
    data = table()
    data.loc[data.index % 7 == 0, "tuoi"] = np.nan
    model = regress(design_of(data), "gaussian ~ tuoi + gioi")
    known = regress(design_of(data), "gaussian ~ tuoi + gioi", where="tuoi == tuoi")
    assert_allclose(model.coefficients.covariance.full(), known.coefficients.covariance.full(), rtol=EXACT)
    assert model.coefficients.n.iloc[0] == (data.index % 7 != 0).sum()
    assert f"{(data.index % 7 == 0).sum()} missing left out" in model.coefficients.line("en")


def test_weights_of_zero_are_as_no_rows_but_for_the_units():
    data = table()
    data.loc[data.index % 5 == 0, "w"] = 0.0
    out = regress(design_of(data), "logit ~ tuoi + gioi", family="logit")
    known = regress(design_of(data), "logit ~ tuoi + gioi", family="logit", where="w > 0")
    assert_allclose(out.coefficients.covariance.full(), known.coefficients.covariance.full(), rtol=EXACT)
    assert_allclose([out.aic, out.dispersion], [known.aic, known.dispersion], rtol=EXACT)


def test_what_rows_without_weight_hold_does_not_matter():
    """Answers that the family cannot have, a level and a category that nobody else has, endless numbers."""
    data = table()
    out = data.index % 5 == 0
    data["w"] = data["w"].where(~out, 0.0)
    data.loc[out, ["logit", "tuoi", "loai"]] = [7.0, np.inf, "khác"]
    codes = np.where(out & (data.index % 2 == 0), 4, data["muc"].cat.codes)
    data["muc"] = pd.Categorical.from_codes(codes, ["thấp", "vừa", "cao", "rất cao", "khác"], True)
    for formula, family in (("logit ~ tuoi + loai", "logit"), ("muc ~ tuoi + loai", "ordinal")):
        whole = regress(design_of(data), formula, family=family)
        known = regress(design_of(data), formula, family=family, where="w > 0")
        assert list(whole.coefficients.value.index) == list(known.coefficients.value.index)
        assert whole.dropped == ()
        assert_allclose(
            whole.coefficients.covariance.full(), known.coefficients.covariance.full(), rtol=EXACT
        )


@pytest.mark.parametrize("family", ["probit", "cloglog"])
def test_few_cluster_errors_of_large_samples_are_those_of_the_design(family):
    data = table(communes=300, people=4)
    design = sv.Design(data, weights="w", psu="xa")
    one, two = (regress(design, f"{family} ~ tuoi", family=family, se=se) for se in ("design", "cr2"))
    assert_allclose(two.coefficients.se, one.coefficients.se, rtol=0.02)
    assert (two.coefficients.df > 50).all()


def test_an_offset_of_a_linear_model_is_taken_from_the_answer():
    data = table().assign(rest=lambda d: d["gaussian"] - d["cot"])
    one = regress(design_of(data), "gaussian ~ tuoi", offset="cot").coefficients
    two = regress(design_of(data), "rest ~ tuoi").coefficients
    assert_allclose(one.value, two.value, rtol=EXACT)
    assert_allclose(one.covariance.full(), two.covariance.full(), rtol=EXACT)


def test_a_column_that_others_give_is_left_out_and_said():
    data = table().assign(gap=lambda d: 2 * d["tuoi"] + 3)
    one = regress(design_of(data), "gaussian ~ tuoi + gap + gioi")
    two = regress(design_of(data), "gaussian ~ tuoi + gioi")
    assert one.dropped == ("gap",)
    assert_allclose(one.coefficients.covariance.full(), two.coefficients.covariance.full(), rtol=EXACT)
    assert "left out because other terms determine it: 'gap'" in one.coefficients.line("en")
    assert "bỏ vì trùng với các biến khác: 'gap'" in one.coefficients.line("vi")
