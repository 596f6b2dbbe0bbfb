"""Stored R calls: multiple imputation."""

from __future__ import annotations

from typing import Any

import numpy as np
from reference import cases
from reference.r_registry import Case, call
from reference.shapes import Tree

import surveykit as sv
from surveykit.imputation import combine


def designs() -> list[sv.Design]:
    table = cases.r_table("mi_apistrat")
    return [sv.Design(part, weights="pw", strata="stype", fpc="fpc") for _, part in table.groupby("imp")]


def tree(results: list[Any], names: list[str]) -> Tree:
    """As mitools has it unless told: degrees of freedom as if complete data had any number of them."""
    est = combine(results, df_complete=np.inf)
    return {
        "coef": dict(zip(names, est.value, strict=True)),
        "vcov": est.covariance.full(),
        "df": est.df.to_list(),
        "missinfo": est.extra["missing_information"].tolist(),
    }


@call("mi_mean")
def mean_of_an_imputed_column(case: Case) -> Tree:
    return tree([sv.mean(design, "meals") for design in designs()], list(case["result"]["coef"]))


@call("mi_glm")
def coefficients_of_an_imputed_column(case: Case) -> Tree:
    models = [sv.regress(design, "api00 ~ meals + ell") for design in designs()]
    return tree(models, list(case["result"]["coef"]))
