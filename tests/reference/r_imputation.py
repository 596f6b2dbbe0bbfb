"""Stored R calls: multiple imputation."""

from __future__ import annotations

import numpy as np
from reference import cases
from reference.r_registry import Case, call, waits
from reference.shapes import Tree

import surveykit as sv
from surveykit.imputation import combine

waits("regression is a later room", "mi_glm")


def designs() -> list[sv.Design]:
    table = cases.r_table("mi_apistrat")
    return [sv.Design(part, weights="pw", strata="stype", fpc="fpc") for _, part in table.groupby("imp")]


@call("mi_mean")
def mean_of_an_imputed_column(case: Case) -> Tree:
    """As mitools has it unless told: degrees of freedom as if complete data had any number of them."""
    est = combine([sv.mean(design, "meals") for design in designs()], df_complete=np.inf)
    return {
        "coef": {"meals": est.value.iloc[0]},
        "vcov": est.covariance.full(),
        "df": est.df.to_list(),
        "missinfo": est.extra["missing_information"].tolist(),
    }
