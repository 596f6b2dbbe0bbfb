"""What the published cases ask, in the words of this project: op -> (case) -> numbers by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from reference import cases
from reference.designs import published_design

import surveykit as sv
from surveykit.formulas.effects import deff_kish
from surveykit.formulas.intervals import count_interval, newcombe
from surveykit.formulas.multiplicity import adjust

Case = dict[str, Any]
Numbers = dict[str, Any]
OPS: dict[str, Callable[[Case], Numbers]] = {}

METHODS = {
    "wilson": "wilson",
    "clopper_pearson": "clopper-pearson",
    "jeffreys": "jeffreys",
    "agresti_coull": "agresti-coull",
    "korn_graubard": "korn-graubard",
    "arcsine": "arcsine",
    "wald": "wald",
    "logit": "logit",
}


def op(function: Callable[[Case], Numbers]) -> Callable[[Case], Numbers]:
    """Enter a function under its name, which is the name of the operation."""
    OPS[function.__name__] = function
    return function


def opened(case: Case, extra: dict[str, Callable[[pd.DataFrame], pd.Series]] | None = None) -> sv.Design:
    """Read the table of a case and build its design, with a domain if the case names one."""
    table = cases.read(cases.table_path(case))
    for name, make in (extra or {}).items():
        table[name] = make(table)
    design = published_design(case, table)
    domain = case["statistic"].get("domain")
    if domain is None:
        return design
    sign, against = ("==", domain["eq"]) if "eq" in domain else (">", domain["gt"])
    return design.where(f"`{domain['col']}` {sign} {against!r}")


def numbers(est: sv.Estimates) -> Numbers:
    """Return estimate, standard error, t interval and df of one row."""
    limits = est.ci()
    return {
        "estimate": est.value.iloc[0],
        "se": est.se.iloc[0],
        "ci_low": limits["ci_low"].iloc[0],
        "ci_high": limits["ci_high"].iloc[0],
        "df": est.df.iloc[0],
    }


def by_level(est: sv.Estimates) -> Numbers:
    rows = zip(est.value.index, est.value, est.se, strict=True)
    return {"levels": {str(level): {"estimate": value, "se": se} for level, value, se in rows}}


def asked(case: Case, *names: str) -> list[Any]:
    return [case["statistic"][name] for name in names]


@op
def mean(case: Case) -> Numbers:
    return numbers(sv.mean(opened(case), *asked(case, "y")))


@op
def total(case: Case) -> Numbers:
    return numbers(sv.total(opened(case), *asked(case, "y")))


@op
def ratio(case: Case) -> Numbers:
    return numbers(sv.ratio(opened(case), *asked(case, "y", "x")))


@op
def ratio_total(case: Case) -> Numbers:
    """Ratio estimate of a total, t_x times the ratio, with t_x times its standard error."""
    est = sv.ratio(opened(case), *asked(case, "y", "x"))
    return numbers(est.contrast({est.value.index[0]: case["statistic"]["x_total"]}))


@op
def mean_by(case: Case) -> Numbers:
    y, by = asked(case, "y", "by")
    return by_level(sv.mean(opened(case), y, by=by))


@op
def total_by(case: Case) -> Numbers:
    y, by = asked(case, "y", "by")
    return by_level(sv.total(opened(case), y, by=by))


@op
def deff_mean(case: Case) -> Numbers:
    y, reference = asked(case, "y", "reference")
    return {"estimate": sv.mean(opened(case), y).deff(reference).iloc[0]}


@op
def kish_deff(case: Case) -> Numbers:
    return {"estimate": deff_kish(np.asarray(case["statistic"]["weights"], dtype=float))}


@op
def p_adjust(case: Case) -> Numbers:
    """By R's names of the methods: "fdr" is another for "BH"."""
    p, method = asked(case, "p", "method")
    name = {"fdr": "bh"}.get(method.lower(), method.lower())
    return {"p_adj": adjust(np.array(p, dtype=float), name).tolist()}


@op
def ttest_groups(case: Case) -> Numbers:
    """Difference of two domains and its t; the df of R's regression are in the table of differences."""
    y, by, (first, second) = asked(case, "y", "by", "levels")
    est = sv.mean(opened(case), y, by=by).contrast({second: 1, first: -1})
    test = est.test()
    return {"estimate": est.value.iloc[0], "t": test["t"].iloc[0]}


@op
def chisq(case: Case) -> Numbers:
    """Rao–Scott tests; R prints Pearson's X² itself beside the p of the first-order correction."""
    rows, columns, statistic = asked(case, "rows", "cols", "statistic")
    table = sv.crosstab(opened(case), rows, columns)
    found = table.test({"F": "rao-scott", "Chisq": "rao-scott-1"}[statistic])
    if statistic == "Chisq":
        return {"stat": found.details["X²"], "df": found.df[0], "p": found.p}
    return {"stat": found.statistic, "ndf": found.df[0], "ddf": found.df[1], "p": found.p}


@op
def mcnemar_counts(case: Case) -> Numbers:
    table, correction = asked(case, "table", "correction")
    return {"stat": sv.testing.mcnemar(table, correction=correction).statistic}


@op
def variance_total_stratified(case: Case) -> Numbers:
    """Variance of a total from stratum sizes and variances: values that have these variances are made up."""
    N, n, S2 = asked(case, "N_h", "n_h", "S2_h")
    parts = []
    for h, (size, drawn, variance) in enumerate(zip(N, n, S2, strict=True)):
        y = np.resize([1.0, -1.0], drawn) * np.sqrt(variance * (drawn - 1) / drawn)
        parts.append(pd.DataFrame({"h": h, "N": size, "y": y}))
    est = sv.total(sv.Design(pd.concat(parts, ignore_index=True), strata="h", fpc="N"), "y")
    return {"variance": est.se.iloc[0] ** 2, "se": est.se.iloc[0]}


@op
def poststratify_mean(case: Case) -> Numbers:
    return numbers(sv.mean(poststratified(case), *asked(case, "y")))


@op
def poststratify_total(case: Case) -> Numbers:
    return numbers(sv.total(poststratified(case), *asked(case, "y")))


def poststratified(case: Case) -> sv.Design:
    by, totals = asked(case, "by", "totals")
    design = opened(case, {by: lambda table: table[by].astype(str)})
    return sv.poststratify(design, by, totals)


def calibrated(case: Case) -> sv.Design:
    """Levels and totals; the published standard errors take the derivative at the base weights."""
    method, aux = asked(case, "method", "aux")
    bounds = case["statistic"].get("bounds")
    return sv.calibrate(
        opened(case),
        {**aux.get("factors", {}), **aux.get("numeric", {})},
        distance=method,
        bounds=tuple(bounds) if bounds else None,
        linearisation="base",
    )


@op
def calibrate_mean(case: Case) -> Numbers:
    return numbers(sv.mean(calibrated(case), *asked(case, "y")))


@op
def calibrate_weights_summary(case: Case) -> Numbers:
    w = calibrated(case).w
    return {"min": w.min(), "max": w.max(), "sum": w.sum()}


@op
def calibration_g_weights(case: Case) -> Numbers:
    """Ratios of the cells of a two-way table, from the numbers of the sample and the population in each."""
    method, rows, cols = asked(case, "method", "rows", "cols")
    table = cases.read(cases.table_path(case))
    design = sv.Design(table, weights="sample")
    people = table["population"]
    margins = {name: people.groupby(table[name]).sum().to_dict() for name in (rows, cols)}
    if method == "poststratify":
        made = sv.poststratify(design, [rows, cols], people.groupby([table[rows], table[cols]]).sum())
    elif method == "linear_numeric":
        totals = {name: float((people * table[name]).sum()) for name in (rows, cols)}
        made = sv.calibrate(design, totals, population=float(people.sum()))
    else:
        made = sv.calibrate(design, margins, distance=method, bounds=tuple(case["statistic"]["bounds"]))
    return {"g": made.w / design.w}


@op
def regression_mean_srs(case: Case) -> Numbers:
    """Regression estimator of a mean: calibration on the number of units and the total of x."""
    y, x, mean_x, N = asked(case, "y", "x", "x_pop_mean", "N")
    table = cases.read(cases.table_path(case)).assign(N=N)
    made = sv.calibrate(sv.Design(table, fpc="N"), {x: mean_x * N}, population=N)
    return numbers(sv.mean(made, y))


@op
def rake_mean(case: Case) -> Numbers:
    """Raked mean; the published standard error takes the derivative at the base weights."""
    y, margins = asked(case, "y", "margins")
    return numbers(sv.mean(sv.rake(opened(case), margins, linearisation="base"), y))


@op
def quantile(case: Case) -> Numbers:
    y, p = asked(case, "y", "p")
    return numbers(sv.quantile(opened(case), y, p))


@op
def ci_proportion_counts(case: Case) -> Numbers:
    x, n, method, level = asked(case, "x", "n", "method", "level")
    low, high = count_interval(x, n, METHODS[method], level)
    return {"ci_low": low, "ci_high": high}


@op
def ci_diff_proportions_counts(case: Case) -> Numbers:
    assert case["statistic"]["method"] == "newcombe"
    low, high = newcombe(*asked(case, "x1", "n1", "x2", "n2"))
    return {"ci_low": low, "ci_high": high}


@op
def ci_proportion_design(case: Case) -> Numbers:
    event, method = asked(case, "event", "method")
    column, value = event["col"], event["eq"]
    design = opened(case, {"event": lambda table: (table[column] == value).astype(int)})
    est = sv.proportion(design, "event", value=1)
    words = {"cap": False} if method == "korn_graubard" else {}
    limits = est.ci(method=METHODS[method], **words)
    return {
        "estimate": est.value.iloc[0],
        "ci_low": limits["ci_low"].iloc[0],
        "ci_high": limits["ci_high"].iloc[0],
    }


@op
def linear_regression(case: Case) -> Numbers:
    y, x = asked(case, "y", "x")
    own = sv.regress(opened(case), f"`{y}` ~ {' + '.join(f'`{name}`' for name in x)}").coefficients
    names = {"Intercept": "(Intercept)"}
    return {
        "coef": {names.get(name, name): value for name, value in own.value.items()},
        "se": {names.get(name, name): value for name, value in own.se.items()},
    }
