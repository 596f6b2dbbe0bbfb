"""Stored R calls: functions of estimates, correlations, statistics of the user's own on replicates."""

from __future__ import annotations

import numpy as np
import pandas as pd
from reference import shapes
from reference.designs import r_case_design
from reference.r_registry import Case, call
from reference.r_replicates import opened
from reference.shapes import Tree

import surveykit as sv
from surveykit.functions import replicate_statistic


@call("cor_contrast_dstrat")
def correlation_from_variances(case: Case) -> Tree:
    """By both ways: a function of the variances, and the correlation itself."""
    design = r_case_design(case)
    moments = sv.variance(design, ["api00", "api99"])

    def r(v: pd.Series) -> float:
        return v["api00, api99"] / np.sqrt(v["api00, api00"] * v["api99, api99"])

    shapes.compare(
        shapes.stat(sv.correlation(design, ["api00", "api99"]), case["result"]), case["result"], case["rtol"]
    )
    return shapes.stat(sv.function(moments, r), case["result"])


@call("cor_moments_dclus1")
def correlation_from_means(case: Case) -> Tree:
    """By both ways: a function of the means of squares and products, and the correlation itself."""
    design = r_case_design(case)
    data = design.data.assign(
        a2=design.data["api00"] ** 2,
        b2=design.data["api99"] ** 2,
        ab=design.data["api00"] * design.data["api99"],
    )
    moments = sv.mean(design.changed(data=data), ["api00", "api99", "a2", "b2", "ab"])

    def r(v: pd.Series) -> float:
        return (v["ab"] - v["api00"] * v["api99"]) / np.sqrt(
            (v["a2"] - v["api00"] ** 2) * (v["b2"] - v["api99"] ** 2)
        )

    shapes.compare(
        shapes.stat(sv.correlation(design, ["api00", "api99"]), case["result"]), case["result"], case["rtol"]
    )
    return shapes.stat(sv.function(moments, r), case["result"])


@call("correlation_dclus1")
def correlation(case: Case) -> Tree:
    return {"cor": sv.correlation(r_case_design(case), ["api00", "api99"]).value.iloc[0]}


@call("contrast_nonlinear_csat")
def promoters_less_detractors(case: Case) -> Tree:
    """Shares of several questions at once, then their difference."""
    design = r_case_design(case)
    both = sv.together(
        high=sv.proportion(design, "score", value=[8, 9, 10]),
        low=sv.proportion(design, "score", value=list(range(7))),
    )
    assert set(design.data["score"].dropna().unique()) <= set(range(11))
    net = sv.function(both, lambda v: v["high", "score"] - v["low", "score"])
    return {"nps": shapes.stat(net, case["result"]["nps"])}


def gini(data: pd.DataFrame, w: pd.Series) -> float:
    """Return Gini's coefficient of enrolment, as the stored call has it."""
    order = np.argsort(data["enroll"].to_numpy(), kind="stable")
    y, w = data["enroll"].to_numpy(float)[order], w.to_numpy()[order]
    below = np.cumsum(w)
    return float(2 * np.sum(w * y * (below - w / 2)) / (w.sum() * np.sum(w * y)) - 1)


@call("rep_gini")
def statistic_of_ones_own(case: Case) -> Tree:
    return shapes.stat(replicate_statistic(opened(case), gini), case["result"])


@call("rep_withReplicates")
def two_statistics_of_ones_own(case: Case) -> Tree:
    def both(data: pd.DataFrame, w: pd.Series) -> dict[str, float]:
        moments = np.cov(data["api00"], data["api99"], aweights=w)
        return {
            "cor": moments[0, 1] / np.sqrt(moments[0, 0] * moments[1, 1]),
            "gm": np.exp(np.average(np.log(data["api00"]), weights=w)),
        }

    return shapes.stat(replicate_statistic(opened(case), both), case["result"])
