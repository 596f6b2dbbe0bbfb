"""Stored R calls: intervals of a proportion."""

from __future__ import annotations

import operator
import re

import numpy as np
import numpy.typing as npt
import pandas as pd
from reference.designs import r_case_design
from reference.r_registry import Case, alike, call
from reference.shapes import Tree

import surveykit as sv
from surveykit.formulas.profile import likelihood_interval

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


def asked(case: Case) -> tuple[sv.Design, sv.Estimates]:
    """Return the design with the column ``event``, and the share of it that the call asks for."""
    column, sign, against = EVENT.search(case["call"]).groups()

    def event(table: pd.DataFrame) -> pd.Series:
        number = pd.api.types.is_numeric_dtype(table[column])
        return COMPARE[sign](table[column], float(against) if number else against).astype(int)

    design = r_case_design(case, {"event": event})
    domain = re.search(r"commune=='(\w+)'", case["call"])
    where = f"commune == '{domain.group(1)}'" if domain else None
    return design, sv.proportion(design, "event", value=1, where=where)


def written(est: sv.Estimates, low: float, high: float) -> Tree:
    variance = est.se.iloc[0] ** 2
    return {"estimate": est.value.iloc[0], "var": variance, "ci_lower": low, "ci_upper": high}


@call(*alike("ciprop_"))
def interval_of_a_proportion(case: Case) -> Tree:
    """R's ``svyciprop`` with its method, level and df; ``beta`` is Korn and Graubard's without a cap."""
    _, est = asked(case)
    method = METHODS[re.search(r"method='(\w+)'", case["call"]).group(1)]
    given = re.search(r"df=(\d+)", case["call"])
    words = {"method": method, "df": float(given.group(1)) if given else None}

    def at(level: float) -> Tree:
        limits = est.ci(level=level, **words)
        if method == "beta":
            other = est.ci(level=level, method="korn-graubard", cap=False)
            np.testing.assert_allclose(other, limits, rtol=1e-12)
        return written(est, limits["ci_low"].iloc[0], limits["ci_high"].iloc[0])

    return {"p": at(0.95), "p90": at(0.90)} if "p90" in case["result"] else at(0.95)


@call("ciprop_likelihood_dclus2")
def interval_where_glm_stops(case: Case) -> Tree:
    """R's ``glm`` stops here before its working weight is p (1 − p); the limits carry that weight.

    Our interval is the same formula at p (1 − p) itself: the limits differ by 5e-5 of their value. A weight
    larger by a factor stands in the formula as a variance larger by the factor does.
    """
    design, est = asked(case)
    factor = stopped_weight(design.weights.to_numpy(), design.data["event"].to_numpy(float))
    p, v, n, df = (float(part.iloc[0]) for part in (est.value, est.se**2, est.n, est.df))

    def at(level: float) -> Tree:
        ours = est.ci(level=level, method="likelihood").iloc[0]
        np.testing.assert_allclose(ours, likelihood_interval(p, v, int(n), df, level), rtol=1e-12)
        return written(est, *likelihood_interval(p, v * factor, int(n), df, level))

    return {"p": at(0.95), "p90": at(0.90)}


def stopped_weight(w: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> float:
    """Working weight at which R's ``glm`` of a share on a constant stops, over p (1 − p).

    Iteratively reweighted least squares from (w y + 1/2) / (w + 1), until the deviance changes by less than
    1e-8 of itself (R's ``glm.control``).
    """
    w = w / w.mean()
    mu, p = (w * y + 0.5) / (w + 1), np.average(y, weights=w)
    before = np.inf
    for _ in range(25):
        deviance = -2 * np.sum(w * np.log(np.where(y == 1, mu, 1 - mu)))
        if abs(deviance - before) < 1e-8 * (abs(deviance) + 0.1):
            break
        before, weight = deviance, w * mu * (1 - mu)
        eta = np.average(np.log(mu / (1 - mu)) + (y - mu) / (mu * (1 - mu)), weights=weight)
        mu = np.full(len(y), 1 / (1 + np.exp(-eta)))
    return float(weight.sum() / (len(y) * p * (1 - p)))
