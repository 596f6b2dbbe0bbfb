"""Stored R calls: regression."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from reference import shapes, stopping
from reference.designs import r_case_design
from reference.r_registry import Case, alike, call, compared_in_part, decided, df, waits
from reference.r_replicates import r_replicates
from reference.r_weighting import BOTH
from reference.shapes import Tree
from scipy.special import stdtr, stdtrit

import surveykit as sv
from surveykit.regression import Regression, measures, regress
from surveykit.regression.likelihood import profile_limits
from surveykit.testresult import TestResult

FAMILIES = {"gaussian": "gaussian", "quasibinomial": "logit", "quasipoisson": "poisson"}
YES = ("sch.wide", "comp.imp", "both", "awards")  # factors of No and Yes, of which R models the second
GLM = re.compile(
    r"svyglm\((?P<formula>[^,]+), ?design=\w+(?:, ?family=(?P<family>\w+)\((?:link='(?P<link>\w+)')?\))?"
)


def our_formula(formula: str) -> str:
    """Write an R formula in our words: names with dots in backticks, a factor on the left compared.

    >>> our_formula("sch.wide~ell+comp.imp")
    "`sch.wide` == 'Yes' ~ ell+`comp.imp`"
    """
    left, right = (re.sub(r"\b[A-Za-z]\w*\.\w+\b", r"`\g<0>`", side) for side in formula.split("~"))
    return f"{left} == 'Yes' ~ {right}" if left.strip("`") in YES else f"{left} ~ {right}"


def fitted(case: Case, design: sv.Design | None = None) -> Regression:
    """Fit the first svyglm of a call."""
    said = GLM.search(case["call"])
    assert said is not None
    family = said["link"] or FAMILIES[said["family"] or "gaussian"]
    return regress(design or r_case_design(case), our_formula(said["formula"]), family=family)


def r_name(term: str) -> str:
    """Return R's name of a column of the model: ``stype[H]:ell`` is ``stypeH:ell`` there."""
    return "(Intercept)" if term == "Intercept" else re.sub(r"\[([^\]]*)\]", r"\1", str(term))


def by_name(values: pd.Series) -> Tree:
    return {r_name(term): value for term, value in values.items()}


def glm(model: Regression) -> Tree:
    """Write a model as R's ``svyglm``; the order of its columns is R's."""
    est = model.coefficients
    return {
        "coef": by_name(est.value),
        "se": by_name(est.se),
        "vcov": est.covariance.full(),
        "df_residual": df(est),
    }


def at_the_stop(model: Regression) -> Tree:
    """Write a model as :func:`glm`, with what R's early stop changes in R's numbers added to ours.

    The change is worked out in plain steps (``stopping``): at R's stop less at the end. Scores of a linear
    model end in one step.
    """
    made = glm(model) | {"dispersion": model.dispersion}
    if model.family == "gaussian":
        return made
    m = model.model
    X = model.terms.matrix(model.rows)
    offset = m.offset if m.offset.size else 0.0
    stop, end = (
        stopping.fit(model.design, m.rows, X, m.y, model.family, offset, rule) for rule in (stopping.RULE, 0)
    )
    for name in ("coef", "se"):
        change = stop[name] - end[name]
        made[name] = {term: v + c for (term, v), c in zip(made[name].items(), change, strict=True)}
    made["vcov"] = made["vcov"] + stop["vcov"] - end["vcov"]
    made["dispersion"] += stop["dispersion"] - end["dispersion"]
    return made


@call("cal_glm")
def after_calibration(case: Case) -> Tree:
    """R's standard errors after calibration take the derivative at the weights before it."""
    design = sv.calibrate(r_case_design(case), BOTH, linearisation="base")
    return glm(fitted(case, design))


def without_dispersion(made: Tree) -> Tree:
    return {name: part for name, part in made.items() if name != "dispersion"}


@call("csat_did_glm_logit", "glm_csat_logit", "glm_na", "lonely_glm_adjust")
def model_alone(case: Case) -> Tree:
    return without_dispersion(at_the_stop(fitted(case)))


@call("glm_offset")
def with_an_offset(case: Case) -> Tree:
    design = r_case_design(case, {"log enroll": lambda table: np.log(table["enroll"])})
    return glm(regress(design, "`api.stu` ~ meals", family="poisson", offset="log enroll"))


KINDS = ("gauss", "factor", "logit", "probit", "cloglog", "pois")
SUMMARIES = [name for kind in KINDS for name in alike(f"glm_{kind}_")]


def r_aic(model: Regression) -> float:
    """Return R's dAIC: of a linear model it has the effect of σ² upside down and without the design."""
    if model.family != "gaussian":
        return model.aic
    m, n = model.model, len(model.w)
    e2 = (m.y - m.eta()) ** 2
    square = model.w @ e2 / model.w.sum()
    squares = pd.Series(np.nan, index=model.design.data.index)
    squares.iloc[m.rows] = e2
    own = sv.mean(model.design.changed(data=model.design.data.assign(e2=squares)), "e2").se.iloc[0] ** 2
    score = (e2 - square) / (2 * square**2)
    fisher = n / (2 * square**2)
    return model.aic - 2 * own * fisher + 2 * fisher / (score**2 @ model.w / model.w.mean())


for name in SUMMARIES:
    linear = "gauss" in name or "factor" in name
    decided(name, "R's for σ² turned over" if linear else "R's definitions: deviance + 2 Σ λ, Cox-Snell")


@call(*SUMMARIES)
def with_its_summary(case: Case) -> Tree:
    model = fitted(case)
    fit = at_the_stop(model)
    t = np.array([fit["coef"][name] / se for name, se in fit["se"].items()])
    made = {
        "fit": without_dispersion(fit),
        "dispersion": fit["dispersion"],
        "pvals": dict(zip(fit["coef"], 2 * stdtr(fit["df_residual"], -np.abs(t)), strict=True)),
        "aic": r_aic(model),
    }
    np.testing.assert_allclose(model.coefficients.test()["p"], list(made["pvals"].values()), rtol=1e-3)
    if "psrsq" in case["result"]:
        made["psrsq"] = model.r_squared["cox-snell"]
    return made


@call("glm_bm", "glm_bm2")
def few_clusters(case: Case) -> Tree:
    """R keeps the least of the degrees of freedom of the coefficients."""
    se = "cr2" if case["id"] == "glm_bm" else "cr2-exchangeable"
    model = regress(r_case_design(case), "api00 ~ ell + meals", se=se)
    return {"fit": glm(model) | {"df_residual": model.coefficients.df.min()}, "degf": None}


@call("glm_confint_wald")
def intervals_of_coefficients(case: Case) -> Tree:
    est, r = fitted(case).coefficients, case["result"]
    limits = {"w": est.ci(), "df5": est.ci(df=5), "inf": est.ci(df=np.inf)}
    return {name: shapes.confint(ci, r[name]) for name, ci in limits.items()}


@call("glm_predict")
def predictions(case: Case) -> Tree:
    model = fitted(case)
    new = pd.DataFrame({"ell": [0, 10, 50], "meals": [10, 50, 90]})
    ours = {"link": model.predict(new, type="link"), "resp": model.predict(new)}
    return {name: {"est": list(est.value), "se": list(est.se)} for name, est in ours.items()}


@call("contrast_glm")
def contrasts_of_coefficients(case: Case) -> Tree:
    est = fitted(case).coefficients
    at = np.exp(est.value["ell"] / 10)
    gradient = [at / 10 * (term == "ell") for term in est.value.index]
    several = {"base": {"Intercept": 1}, "h": {"Intercept": 1, "stype[H]": 1}}
    return {
        "a": shapes.contrasts(est, {"contrast": {"stype[H]": 1, "stype[M]": -1}}),
        "b": shapes.delta(at, gradient, est),
        "c": shapes.contrasts(est, several),
    }


def ordinal(model: Regression, r: Tree) -> Tree:
    """Write a model as R's ``svyolr``; what its search leaves and its differences of 0.001 make is added."""
    est, m = model.coefficients, model.model
    cuts = est.value[[("|" in str(term)) for term in est.value.index]]
    names = [r_name(term) for term in est.value.index]
    assert names == list(r["coef"])
    stored = np.array(list(r["coef"].values()))
    X = model.terms.matrix(model.rows)[:, model.kept]
    stop = stopping.ordered(model.design, m.rows, X, m.y, stored, stopping.STEP, polish=False)
    end = stopping.ordered(model.design, m.rows, X, m.y, stored, 1e-5, polish=True)
    coef = dict(zip(names, est.value + stop["coef"] - end["coef"], strict=True))
    return {
        "coef": coef,
        "zeta": {name: coef[name] for name in cuts.index},
        "vcov": est.covariance.full() + stop["vcov"] - end["vcov"],
        "deviance": model.deviance / model.w.mean(),
        "df_residual": df(est),
    }


ORDERED = {"olr_csat": ("likert ~ sex + age + service", ["low", "mid", "high", "top"]),
           "olr_strat": ("rank3 ~ ell + meals", ["lo", "mid", "hi"])}  # fmt: skip


@call(*ORDERED)
def proportional_odds(case: Case) -> Tree:
    formula, levels = ORDERED[case["id"]]
    y = formula.split(" ~ ")[0]
    design = r_case_design(case, {y: lambda table: pd.Categorical(table[y], levels, ordered=True)})
    return ordinal(regress(design, formula, family="ordinal"), case["result"])


@call("rep_glm_r_boot_clus1", "rep_glm_r_jkn", "rep_glm_r_mrb_clus2")
def on_replicates(case: Case) -> Tree:
    design = r_replicates(case["design"][0])
    linear = regress(design, "api00 ~ ell + meals")
    logit = regress(design, "`sch.wide` == 'Yes' ~ ell + meals", family="logit")
    return {"g": glm(linear), "l": glm(logit)}


@call("anova_glm")
def tests_in_their_order(case: Case) -> Tree:
    table = fitted(case).anova()
    return [{"term": t, "F": row["F"], "df": row["df1"], "p": row["p"]} for t, row in table.iterrows()]


def wald(found: TestResult) -> Tree:
    """Write a Wald test as R's ``regTermTest``: with infinite df it is a chi-square."""
    ddf = found.df[1] if found.kind == "F" else None
    return {"F_or_chisq": found.statistic, "df": found.df[0], "ddf": ddf, "p": found.p}


@call("rtt_Wald_dclus2", "rtt_Wald_dstrat")
def tests_of_terms(case: Case) -> Tree:
    model = fitted(case)
    return {"stype": wald(model.test("stype")), "two": wald(model.test(["ell", "meals"], df=np.inf))}


@call("rtt_interaction")
def test_of_an_interaction(case: Case) -> Tree:
    return wald(fitted(case).test("stype:comp.imp"))


@call("rtt_LRT_dclus2", "rtt_LRT_dstrat", "rtt_WorkingWald_dclus2", "rtt_WorkingWald_dstrat")
def scaled_tests_of_terms(case: Case) -> Tree:
    """The statistic and the design effects are R's; its p is a saddlepoint approximation."""
    model = fitted(case)
    method = "lrt" if "LRT" in case["id"] else "working-wald"
    made = {}
    for key, terms, degrees in (("stype", "stype", None), ("two", ["ell", "meals"], np.inf)):
        found = model.test(terms, df=degrees, method=method)
        effects = [v for name, v in found.details.items() if name.startswith("λ")]
        ddf = found.df[1] if found.kind == "F" else "Inf"
        made[key] = {"chisq": found.details["X²"], "lambda": effects, "df": len(effects), "ddf": ddf}
    return made


for name in ("rtt_LRT_dclus2", "rtt_LRT_dstrat", "rtt_WorkingWald_dclus2", "rtt_WorkingWald_dstrat"):
    compared_in_part(name, {"p"}, "R's p is a saddlepoint approximation")
    decided(name, "statistic, design effects and df are R's; p is of the second order")


@call("predmeans")
def predictive_margins(case: Case) -> Tree:
    """R adds the variance of fixed rows and that of the mean of fixed predictions, and no covariance of both.

    Ours has it (Graubard & Korn 1999): table of differences.
    """
    model = regress(r_case_design(case), "api00 ~ ell + meals + stype")
    fixed = model.margins("stype", fixed=True)
    levels = list(case["result"]["estimate"])
    data = model.design.data
    fits = {f"fit {a}": model.predict(data.assign(stype=a)).value for a in levels}
    moving = sv.mean(model.design.changed(data=data.assign(**fits)), list(fits))
    order = [list(fixed.value.index).index(a) for a in levels]
    V = fixed.covariance.full()[np.ix_(order, order)] + moving.covariance.full()
    return {
        "estimate": dict(zip(levels, moving.value, strict=True)),
        "se": dict(zip(levels, np.sqrt(np.diag(V)), strict=True)),
        "vcov": V,
    }


@call("ttest_dclus1", "ttest_dclus2", "ttest_dstrat")
def t_test_as_a_regression(case: Case) -> Tree:
    """R's t test of two groups is the slope of a regression, with its degrees of freedom."""
    design = r_case_design(case)
    r, test = case["result"]["t"], sv.t_test(design, "api00", by="comp.imp")
    slope = regress(design, "api00 ~ `comp.imp`").coefficients
    np.testing.assert_allclose(slope.test()["t"].iloc[1], test.statistic, rtol=1e-9)
    limits, wide = slope.ci().iloc[1], slope.ci(0.99).iloc[1]
    t = {
        "statistic": {"t": test.statistic},
        "parameter": {"df": slope.df.iloc[1]},
        "p_value": slope.test()["p"].iloc[1],
        "method": r["method"],
        "estimate": {"difference in mean": slope.value.iloc[1]},
        "conf_int": [limits["ci_low"], limits["ci_high"]],
    }
    return {"t": t, "ci99": [wide["ci_low"], wide["ci_high"]]}


@call("scoretest")
def tests_of_terms_not_in_the_model(case: Case) -> Tree:
    model = fitted(case)
    working = model.score_test("meals + stype", method="working-score")
    score = model.score_test("meals + stype")
    return {
        "ws": {"Rao-Scott X^2": working.statistic, "ddf": working.df[1], "p": working.p},
        "ps": {"X2": score.statistic * 3, "df": score.df[0], "ddf": score.df[1], "p": score.p},
    }


@call("glm_confint_lik")
def limits_of_the_profile(case: Case) -> Tree:
    """R divides the deviance by the dispersion and the design effect not: its cut is ours times that."""
    model = fitted(case)
    effect = model.coefficients.variance / np.diag(measures.naive(model))
    t = -stdtrit(model.coefficients.df.to_numpy(float), 0.025)
    ours = model.likelihood_ci()
    made = [profile_limits(model, j, t[j], effect[j] * model.dispersion) for j in range(3)]
    for j in range(3):
        exact = profile_limits(model, j, t[j], effect[j])
        np.testing.assert_allclose(ours.iloc[j][["ci_low", "ci_high"]], exact, rtol=1e-9)
    return {"rows": case["result"]["rows"], "cols": case["result"]["cols"], "values": made}


@call("svyivreg")
def two_stages(case: Case) -> Tree:
    model = regress(r_case_design(case), "api00 ~ ell", instruments="meals")
    r, m = case["result"], model.model
    x = np.c_[np.ones(len(model.w)), m.Z[:, 1:] @ m.pi[1:, 1:] + m.centre[1]]
    return {
        "coefficients": by_name(model.coefficients.value),
        "residuals": dict(zip(r["residuals"], m.y - model.fitted, strict=True)),
        "fitted.values": dict(zip(r["fitted.values"], model.fitted, strict=True)),
        "df.residual": df(model.coefficients),
        "sigma": np.sqrt(model.w @ (m.y - model.fitted) ** 2 / model.w.mean() / (len(m.y) - 2)),
        "weights": model.w,
        "y": dict(zip(r["y"], m.y, strict=True)),
        "n": len(m.y),
        "nobs": len(m.y),
        "rank": len(m.inner),
        "invinf": r["invinf"] | {"values": np.linalg.inv((x * model.w[:, None]).T @ x)},
        "cov.unscaled": r["cov.unscaled"] | {"values": model.coefficients.covariance.full()},
    }


NO_NUMBERS = {"call", "formula", "terms", "levels", "contrasts", "model", "offset"}
compared_in_part("svyivreg", NO_NUMBERS, "the rest are the data and the words of the call")


@call("marginpred")
def means_with_the_rest_made_alike(case: Case) -> Tree:
    """R weights by raking so that the group and the rest are not correlated, and takes the weights for given.

    ``calibrate`` then ``mean`` do it here, and the standard error has the raking in it.
    """
    design = r_case_design(case)
    w, data = design.w, design.data
    yes = (data["comp.imp"] == "Yes").to_numpy(float)
    rest = data[["ell", "meals"]].to_numpy(float)
    products = (yes - w @ yes / w.sum())[:, None] * (rest - w @ rest / w.sum())
    made = design.changed(data=data.assign(one=products[:, 0], two=products[:, 1]))
    raked = sv.calibrate(made, {"one": 0.0, "two": 0.0}, distance="raking")
    own = sv.mean(raked, "api00", by="comp.imp").value[["Yes", "No"]]
    given = sv.mean(design.changed(data=data.assign(pw=raked.w)), "api00", by="comp.imp")
    np.testing.assert_allclose(own, given.value[["Yes", "No"]], rtol=1e-12)
    return {"est": own.tolist(), "se": given.se[["Yes", "No"]].tolist()}


waits("left out on purpose: gamma models", "glm_gammalog_dclus2")
waits("left out on purpose: log-linear models; crosstab has the tests of association", "loglin")
