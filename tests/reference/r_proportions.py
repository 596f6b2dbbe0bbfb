"""Stored R calls: intervals of a proportion."""

from __future__ import annotations

import operator
import re

import numpy as np
import pandas as pd
from reference.designs import r_case_design
from reference.r_registry import Case, alike, call
from reference.shapes import Tree

import surveykit as sv

EVENT = re.compile(r"~I\(([\w.]+)\s*(==|<|>)\s*'?(\w+)'?\)")
COMPARE = {"==": operator.eq, "<": operator.lt, ">": operator.gt}
METHODS = {
    "mean": "wald",
    "asin": "arcsine",
    "logit": "logit",
    "xlogit": "logit",
    "beta": "beta",
    "likelihood": "likelihood",
    "wilson": "wilson",
}


@call(*alike("ciprop_"))
def interval_of_a_proportion(case: Case) -> Tree:
    """R's ``svyciprop`` with its method, level and df; ``beta`` is Korn and Graubard's without a cap."""
    text, r = case["call"], case["result"]
    column, sign, against = EVENT.search(text).groups()

    def event(table: pd.DataFrame) -> pd.Series:
        number = pd.api.types.is_numeric_dtype(table[column])
        return COMPARE[sign](table[column], float(against) if number else against).astype(int)

    design = r_case_design(case, {"event": event})
    domain = re.search(r"commune=='(\w+)'", text)
    where = f"commune == '{domain.group(1)}'" if domain else None
    est = sv.proportion(design, "event", value=1, where=where)
    method = METHODS[re.search(r"method='(\w+)'", text).group(1)]
    given = re.search(r"df=(\d+)", text)
    words = {"method": method, "df": float(given.group(1)) if given else None}

    def written(level: float) -> Tree:
        limits = est.ci(level=level, **words)
        if method == "beta":
            other = est.ci(level=level, method="korn-graubard", cap=False)
            np.testing.assert_allclose(other, limits, rtol=1e-12)
        return {
            "estimate": est.value.iloc[0],
            "var": est.se.iloc[0] ** 2,
            "ci_lower": limits["ci_low"].iloc[0],
            "ci_upper": limits["ci_high"].iloc[0],
        }

    return {"p": written(0.95), "p90": written(0.90)} if "p90" in r else written(0.95)
