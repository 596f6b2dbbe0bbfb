"""What is asked of a fitted model: tests of terms, predictions, ratios, measures of fit, how it looks."""

import re

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.special import expit, fdtrc
from test_regression import FAMILIES, design_of, table

import surveykit as sv
from surveykit.regression import regress

EXACT = 1e-9
METHODS = ("wald", "lrt", "working-wald")


def model(
    formula: str = "logit ~ tuoi * gioi + loai", family: str = "logit", **words: object
) -> sv.regression.Regression:
    return regress(design_of(table()), formula, family=family, **words)


# --- tests of terms -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", [*FAMILIES, "ordinal"])
def test_one_coefficient_is_tested_by_its_t(family):
    y = "muc" if family == "ordinal" else family
    fitted = model(f"{y} ~ tuoi + gioi", family)
    t = fitted.coefficients.test().loc["tuoi"]
    for method in ("wald", "working-wald"):
        found = fitted.test("tuoi", method=method)
        assert_allclose([found.statistic, found.p], [t["t"] ** 2, t["p"]], rtol=1e-7)
        assert found.df == (1.0, float(fitted.coefficients.df.iloc[0]))


def test_wald_of_several_is_the_quadratic_form():
    fitted = model()
    found = fitted.test(["loai", "tuoi:gioi"])
    rows = ["loai[xã]", "loai[đặc khu]", "tuoi:gioi[Nữ]"]
    at = [list(fitted.coefficients.value.index).index(row) for row in rows]
    b = fitted.coefficients.value.to_numpy()[at]
    W = b @ np.linalg.solve(fitted.coefficients.covariance.full()[np.ix_(at, at)], b)
    df = fitted.coefficients.df.iloc[0]
    assert_allclose(found.statistic, W / 3, rtol=EXACT)
    assert_allclose(found.p, fdtrc(3, df, W / 3), rtol=EXACT)
    chi2 = fitted.test(["loai", "tuoi:gioi"], df=np.inf)
    assert chi2.kind == "chi2"
    assert_allclose(chi2.statistic, W, rtol=EXACT)
    assert_allclose(fitted.test(["loai", "tuoi:gioi"], df=5).p, fdtrc(3, 5, W / 3), rtol=EXACT)
    assert fitted.test(rows).p == found.p


def test_likelihood_ratio_and_working_wald_of_a_linear_model_are_one():
    fitted = model("gaussian ~ tuoi + loai + gioi", "gaussian")
    one, two = (fitted.test("loai", method=method) for method in ("lrt", "working-wald"))
    assert_allclose([one.statistic, one.p, one.df[0]], [two.statistic, two.p, two.df[0]], rtol=EXACT)


@pytest.mark.parametrize("family", [*FAMILIES, "ordinal"])
def test_scaled_tests_are_made_of_the_deviance_and_the_design_effects(family):
    y = "muc" if family == "ordinal" else family
    data = table()
    whole = regress(design_of(data), f"{y} ~ tuoi + loai", family=family)
    small = regress(design_of(data), f"{y} ~ tuoi", family=family)
    found = whole.test("loai", method="lrt")
    X2 = (small.deviance - whole.deviance) / data["w"].mean()
    assert_allclose(found.details["X²"], X2, rtol=1e-7)
    effects = np.array([found.details["λ1"], found.details["λ2"]])
    d = effects.sum() ** 2 / (effects**2).sum()
    assert_allclose(found.df[0], d, rtol=EXACT)
    assert_allclose(found.p, fdtrc(d, found.df[1], X2 / effects.sum()), rtol=1e-7)
    assert whole.test("loai", method="lrt", df=np.inf).kind == "chi2"


@pytest.mark.parametrize("offset", [None, "cot"])
def test_a_model_without_any_column_has_the_deviance_of_its_offset(offset):
    data = table()
    fitted = regress(design_of(data), "logit ~ 0 + gioi", family="logit", offset=offset)
    found = fitted.test("gioi", method="lrt")
    eta = data["cot"] * (offset is not None)
    chance = expit(np.where(data["logit"] == 1, eta, -eta))
    null = -2 * (data["w"] @ np.log(chance)) / data["w"].mean()
    assert_allclose(found.details["X²"], null - fitted.deviance / data["w"].mean(), rtol=1e-8)


def test_few_clusters_have_degrees_of_freedom_for_each_combination():
    fitted = model("gaussian ~ tuoi + loai", "gaussian", se="cr2")
    both = fitted.coefficients.contrast({"loai[xã]": 1, "loai[đặc khu]": -1})
    own = fitted.coefficients.df
    assert both.df.iloc[0] == min(own["loai[xã]"], own["loai[đặc khu]"])
    assert (own != own.iloc[0]).any()


def test_tests_in_order_have_the_rows_and_the_errors_of_the_whole_model():
    data = table()
    data.loc[data.index % 6 == 0, "gioi"] = None
    design = design_of(data)
    for se in ("design", "cr2"):
        fitted = regress(design, "gaussian ~ tuoi + loai + tuoi:gioi", se=se)
        rows = fitted.anova()
        assert list(rows.index) == ["tuoi", "loai", "tuoi:gioi"]
        for formula, term in (("gaussian ~ tuoi", "tuoi"), ("gaussian ~ tuoi + loai", "loai")):
            alone = regress(design, formula, where="gioi == gioi", se=se).test(term)
            assert_allclose(rows.loc[term], [alone.statistic, *alone.df, alone.p], rtol=1e-8)
        last = fitted.test("tuoi:gioi")
        assert_allclose(rows.loc["tuoi:gioi"], [last.statistic, *last.df, last.p], rtol=1e-8)


def test_tests_in_order_of_ordered_categories_and_of_a_model_without_an_intercept():
    for formula, family in (("muc ~ tuoi + loai", "ordinal"), ("gaussian ~ 0 + tuoi + loai", "gaussian")):
        design, small = design_of(table()), formula.replace(" + loai", "")
        rows = regress(design, formula, family=family).anova()
        alone = regress(design, small, family=family).test("tuoi")
        assert_allclose(rows.loc["tuoi"], [alone.statistic, *alone.df, alone.p], rtol=1e-7)


def test_a_term_that_others_give_has_no_test_in_order():
    data = table().assign(gap=lambda d: 2 * d["tuoi"] + 3)
    rows = regress(design_of(data), "gaussian ~ tuoi + gap + loai").anova()
    assert rows.loc["gap"].isna().tolist() == [True, False, True, True]
    assert rows.loc["gap", "df1"] == 0
    assert rows.loc["loai", "df1"] == 2


# --- on other scales ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
def test_predictions_have_the_errors_of_the_delta_method(family):
    fitted = model(f"{family} ~ tuoi + gioi", family, offset="cot")
    new = pd.DataFrame({"tuoi": [20.0, 60], "gioi": ["Nữ", "Nam"], "cot": [0.1, -0.2]}, index=["a", "b"])
    X = np.array([[1, 20, 1], [1, 60, 0]])
    eta = X @ fitted.coefficients.value.to_numpy() + [0.1, -0.2]
    link, mean = fitted.predict(new, type="link"), fitted.predict(new)
    V = X @ fitted.coefficients.covariance.full() @ X.T
    how, h = FAMILIES[family].link.inverse, 1e-5
    slope = (how(eta + h) - how(eta - h)) / (2 * h)
    assert_allclose(link.value, eta, rtol=EXACT)
    assert_allclose(link.covariance.full(), V, rtol=EXACT)
    assert_allclose(mean.value, how(eta), rtol=1e-8)
    assert_allclose(mean.covariance.full(), V * np.outer(slope, slope), rtol=1e-6)
    assert list(mean.value.index) == ["a", "b"]
    assert (mean.n == fitted.coefficients.n.iloc[0]).all()  # the answers behind a model, not their sum


def test_predictions_at_the_rows_of_the_fit_are_its_fitted_values():
    fitted = model("poisson ~ tuoi * loai", "poisson", where="gioi == 'Nữ'")
    assert_allclose(fitted.predict(fitted.rows).value, fitted.fitted, rtol=EXACT)
    assert list(fitted.fitted.index) == list(fitted.rows.index)


def test_a_contrast_of_coefficients_rests_on_the_answers_of_the_model():
    fitted = model()
    assert fitted.coefficients.contrast({"loai[xã]": 1, "loai[đặc khu]": -1}).n.iloc[0] == 360


@pytest.mark.parametrize("family", ["logit", "cloglog", "poisson", "ordinal"])
def test_ratios_are_e_to_the_coefficients_with_their_limits(family):
    fitted = model(f"{'muc' if family == 'ordinal' else family} ~ tuoi + gioi", family)
    ratios, own = fitted.exp(), fitted.coefficients
    rows = ["tuoi", "gioi[Nữ]"]
    assert list(ratios.value.index) == rows
    assert_allclose(ratios.value, np.exp(own.value[rows]))
    assert_allclose(ratios.se, ratios.value * own.se[rows], rtol=EXACT)
    for words in ({}, {"level": 0.9}, {"df": np.inf}):
        assert_allclose(ratios.ci(**words), np.exp(own.ci(**words).loc[rows]), rtol=EXACT)
    for alone in (ratios, ratios.contrast({"tuoi": 1})):
        with pytest.raises(ValueError, match="no effect is a ratio of 1, not 0"):
            alone.test()
    assert ratios.contrast({"tuoi": 1, "gioi[Nữ]": -1}).test()["p"].between(0, 1).all()


def test_odds_ratios_are_those_of_a_table_of_two_by_two():
    data = table()
    ratio = regress(design_of(data), "logit ~ gioi", family="logit").odds_ratios().value.iloc[0]
    cells = data.groupby(["gioi", "logit"])["w"].sum()
    odds = [cells[s, 1] / cells[s, 0] for s in ("Nữ", "Nam")]
    assert_allclose(ratio, odds[0] / odds[1], rtol=1e-8)


# --- measures of fit ----------------------------------------------------------------------------------------


def test_r_squared_of_a_linear_model_is_that_of_the_variances():
    data = table()
    fitted = regress(design_of(data), "gaussian ~ tuoi + gioi")
    w, y = data["w"].to_numpy(), data["gaussian"].to_numpy()
    spread = w @ (y - w @ y / w.sum()) ** 2
    assert_allclose(fitted.r_squared["r2"], 1 - w @ (y - fitted.fitted) ** 2 / spread, rtol=EXACT)


def test_r_squared_of_a_logit_is_that_of_the_likelihoods():
    data = table()
    fitted = regress(design_of(data), "logit ~ tuoi + gioi", family="logit")
    w, y = data["w"].to_numpy(), data["logit"].to_numpy()

    def log_likelihood(p: object) -> float:
        return float(w @ np.log(np.where(y == 1, p, 1 - np.asarray(p))))

    whole, none, N = log_likelihood(fitted.fitted), log_likelihood(w @ y / w.sum()), w.sum()
    cox = 1 - np.exp(2 * (none - whole) / N)
    assert_allclose(fitted.r_squared["cox-snell"], cox, rtol=1e-7)
    assert_allclose(fitted.r_squared["nagelkerke"], cox / (1 - np.exp(2 * none / N)), rtol=1e-7)
    assert 0 < model("muc ~ tuoi", "ordinal").r_squared["cox-snell"] < 1


def test_the_dispersion_of_a_linear_model_is_its_variance():
    data = table()
    fitted = regress(design_of(data), "gaussian ~ tuoi + gioi")
    e, w = data["gaussian"] - fitted.fitted, data["w"]
    assert_allclose(fitted.dispersion, (w @ e**2) / w.sum() * len(e) / (len(e) - 1), rtol=EXACT)


def test_the_criterion_adds_twice_the_design_effects():
    data = table()
    logit = regress(design_of(data), "logit ~ tuoi + loai", family="logit")
    found = logit.test(["tuoi", "loai"], method="working-wald")
    effects = sum(v for name, v in found.details.items() if name.startswith("λ"))
    assert_allclose(logit.aic, logit.deviance / data["w"].mean() + 2 * effects, rtol=EXACT)
    none = regress(design_of(data), "logit ~ 1", family="logit")
    assert_allclose(none.aic, none.deviance / data["w"].mean(), rtol=EXACT)
    linear = regress(design_of(data), "gaussian ~ tuoi")
    e2, n = (data["gaussian"] - linear.fitted) ** 2, len(data)
    square = sv.mean(design_of(data.assign(e2=e2)), "e2")
    s2 = square.value.iloc[0]
    own = square.se.iloc[0] ** 2 / (2 * s2**2 / n)
    effect = linear.test("tuoi", method="lrt").details["λ1"] / s2
    assert_allclose(linear.aic, n * (np.log(2 * np.pi * s2) + 1) + 2 * (effect + own), rtol=EXACT)


# --- names and looks ----------------------------------------------------------------------------------------


def test_columns_stand_in_the_order_of_the_formula_interactions_last():
    fitted = model("gaussian ~ tuoi:gioi + cot + loai + tuoi + gioi", "gaussian")
    assert list(fitted.coefficients.value.index) == [
        "Intercept", "cot", "loai[xã]", "loai[đặc khu]", "tuoi", "gioi[Nữ]", "tuoi:gioi[Nữ]",
    ]  # fmt: skip
    assert list(fitted.terms.slices) == ["Intercept", "cot", "loai", "tuoi", "gioi", "tuoi:gioi"]


@pytest.mark.parametrize(
    ("formula", "names"),
    [
        ("`thu nhập` ~ `x.y`", ["Intercept", "x.y"]),
        ('Q("thu nhập") ~ tuổi + Q("x.y")', ["Intercept", "tuổi", "x.y"]),
        ("tuổi ~ C(bậc)", ["Intercept", "bậc[2]", "bậc[3]"]),
        ("tuổi ~ C(bậc, Treatment(3))", ["Intercept", "bậc[1]", "bậc[2]"]),
        ("tuổi ~ đúng", ["Intercept", "đúng[True]"]),
        ("log(tuổi) ~ I(`x.y` ** 2)", ["Intercept", "I(x.y ** 2)"]),
        ("tuổi >= 50 ~ np.exp(`x.y`)", ["Intercept", "np.exp(x.y)"]),
        ("tuổi ~ 0 + đúng", ["đúng[False]", "đúng[True]"]),
    ],
)
def test_columns_have_readable_names(formula, names):
    rng = np.random.default_rng(2)
    data = pd.DataFrame({"tuổi": rng.uniform(20, 80, 60), "x.y": rng.normal(size=60)})
    data["thu nhập"] = rng.normal(size=60)
    data["bậc"] = pd.array(rng.integers(1, 4, 60), dtype="Int64")
    data["đúng"] = rng.random(60) < 0.5
    fitted = regress(sv.Design(data, sampling="srs"), formula)
    assert list(fitted.coefficients.value.index) == names


@pytest.mark.parametrize(
    ("expression", "column"),
    [
        ("C(tuoi > 50)", lambda d: d["tuoi"] > 50),
        ("(gioi == 'Nữ')", lambda d: d["gioi"] == "Nữ"),
        ("np.where(gioi == 'Nữ', 1, 0)", lambda d: (d["gioi"] == "Nữ").astype(int)),
        ("gioi.str.upper()", lambda d: d["gioi"].astype(str).str.upper()),
        ("C(np.round(tuoi / 20))", lambda d: "k" + (d["tuoi"] / 20).round().astype(str)),
        ("C(tuoi > 50 * (1 + cot))", lambda d: d["tuoi"] > 50 * (1 + d["cot"])),
        ("standardize(tuoi)", lambda d: (d["tuoi"] - d["tuoi"].mean()) / d["tuoi"].std(ddof=0)),
    ],
)
def test_an_expression_is_the_column_it_makes(expression, column):
    data = table()
    data["gioi"] = data["gioi"].where(data.index != 200, "Khác")  # a level that the first rows do not have
    one = regress(design_of(data), f"gaussian ~ {expression} + cot")
    two = regress(design_of(data.assign(made=column)), "gaussian ~ made + cot")
    assert_allclose(one.coefficients.value, two.coefficients.value, rtol=1e-9)
    assert_allclose(one.coefficients.covariance.full(), two.coefficients.covariance.full(), rtol=1e-8)
    assert_allclose(one.predict(data.iloc[3:9]).value, one.fitted.iloc[3:9], rtol=1e-9)


def test_nullable_numbers_and_yes_or_no_are_numbers():
    data = table()
    own = data.assign(logit=data["logit"].astype("boolean"), tuoi=data["tuoi"].astype("Int64"))
    own.loc[3, "tuoi"] = pd.NA
    one = regress(design_of(own), "logit ~ tuoi", family="logit")
    two = regress(design_of(data), "logit ~ tuoi", family="logit", where="index != 3")
    assert_allclose(one.coefficients.covariance.full(), two.coefficients.covariance.full(), rtol=1e-8)


def test_the_index_of_the_data_and_the_order_of_its_rows_make_no_difference():
    data = table()
    mixed = data.sample(frac=1, random_state=4).assign(i=0).set_index("i")
    one, two = (regress(design_of(d), "logit ~ tuoi + loai", family="logit") for d in (data, mixed))
    assert_allclose(two.coefficients.value, one.coefficients.value, rtol=1e-9)
    assert_allclose(two.coefficients.covariance.full(), one.coefficients.covariance.full(), rtol=1e-8)


def test_tables_are_in_vietnamese_on_the_screen():
    text = model()._repr_html_()
    assert "<p>hồi quy logit: logit ~ tuoi * gioi + loai</p>" in text
    assert all(f"<th>{head}</th>" in text for head in ("hệ số", "sai số chuẩn", "cận dưới", "bậc tự do", "p"))
    assert "<td>hằng số</td>" in text
    assert not re.search(r">-?\d+\.\d+<", text)
    assert repr(model()).startswith("logit: logit ~ tuoi * gioi + loai\n")
    assert "kiểm định tỷ số hợp lý (Rao–Scott): loai" in model().test("loai", method="lrt")._repr_html_()


def test_small_p_and_reasons_are_told_in_vietnamese():
    data = table().assign(gaussian=lambda d: d["gaussian"] + 3 * d["tuoi"])
    assert "<td>&lt; 0,0001</td>" in regress(design_of(data), "gaussian ~ tuoi")._repr_html_()
    chosen = regress(sv.Design(data, sampling="self-selected"), "gaussian ~ tuoi")
    assert "mẫu tự chọn" in chosen._repr_html_()
    assert "t" not in chosen.to_frame()
    one = data[data["xa"] == 3]
    alone = regress(
        sv.Design(pd.concat([one, data]), weights="w", psu="xa"), "gaussian ~ tuoi", where="xa == 3"
    )
    text = alone._repr_html_()
    assert "<th>lý do</th>" in text
    assert "nằm trọn trong một" in text
    assert "<td>–</td>" in text


def test_more_coefficients_than_units_leave_no_tests_and_say_so():
    few = table().iloc[:36]
    fitted = regress(sv.Design(few, weights="w", psu="xa"), "gaussian ~ tuoi + loai + gioi")
    assert (fitted.coefficients.df == 0).all()
    assert fitted.coefficients.ci().isna().all(axis=None)
    line = fitted.coefficients.line("en")
    assert "the coefficients leave no degrees of freedom, so there are no intervals and no tests" in line
    assert "các hệ số không để lại bậc tự do nào" in fitted.coefficients.line("vi")
    for method in METHODS:
        found = fitted.test("tuoi", method=method)
        assert found.reason == "the coefficients leave no degrees of freedom"
        assert np.isnan(found.p)
        assert "các hệ số không để lại bậc tự do nào" in found._repr_html_()
