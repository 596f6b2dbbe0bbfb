"""Stored R calls: poststratification, raking, calibration, trimming, nonresponse.

R's ``calibrate``, ``rake`` and ``postStratify`` take the derivative at the weights before the step, so
``linearisation="base"`` is asked for wherever a standard error of theirs is compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from reference import cases, shapes
from reference.designs import r_case_design
from reference.r_registry import Case, call
from reference.shapes import Tree

import surveykit as sv

SCHOOLS, SCORES = 6194, 3914069
TYPES = {"E": 4421, "H": 755, "M": 1018}
WIDE = {"No": 1072, "Yes": 5122}
#: R's ``~stype + api99`` with the constant is this.
BOTH: dict[str, Any] = {"stype": TYPES, "api99": SCORES}
#: Schools of the population by type and whether they met their goal, counted in ``apipop`` of the R package.
TYPES_BY_GOAL = {
    ("E", "No"): 885,
    ("E", "Yes"): 3536,
    ("H", "No"): 438,
    ("H", "Yes"): 317,
    ("M", "No"): 389,
    ("M", "Yes"): 629,
}

#: Case: targets and words of ``calibrate``. R's ``aggregate.stage`` gives every row the means of its unit;
#: its ``aggregate.index`` is for replicates, and has no effect here.
CALIBRATIONS: dict[str, tuple[Mapping[str, Any], dict[str, Any]]] = {
    "cal_agg_index": (BOTH, {}),
    "cal_agg_stage": (BOTH, {"equal_within": "dnum"}),
    "cal_agg_stage_raking": ({"stype": TYPES}, {"equal_within": "dnum", "distance": "raking"}),
    "cal_linbound_dclus1": (BOTH, {"bounds": (0.6, 1.6)}),
    "cal_linbound_dsrs": (BOTH, {"bounds": (0.6, 1.6)}),
    "cal_linear_dclus1": (BOTH, {}),
    "cal_linear_dclus1_nofpc": (BOTH, {}),
    "cal_linear_dsrs": (BOTH, {}),
    "cal_logit_dclus1": (BOTH, {"distance": "logit", "bounds": (0.5, 1.8)}),
    "cal_logit_dsrs": (BOTH, {"distance": "logit", "bounds": (0.5, 1.8)}),
    "cal_margins_dclus1_nofpc": ({"stype": TYPES, "sch.wide": WIDE}, {"distance": "raking"}),
    "cal_nointercept_dclus1_nofpc": ({"api99": SCORES}, {}),
    "cal_sinh": (BOTH, {"distance": "sinh", "bounds": (0.3, 3)}),
    "cal_trim": (BOTH, {}),  # trim= has no effect there: see the table of differences
}
GREG: dict[str, Any] = {"targets": BOTH, "linearisation": "base"}


def summary(w: np.ndarray) -> Tree:
    """Write weights as the stored cases do."""
    return {
        "n": w.size,
        "sum": w.sum(),
        "sumsq": (w**2).sum(),
        "min": w.min(),
        "max": w.max(),
        "first10": w[:10],
        "last5": w[-5:],
    }


def answers(before: sv.Design, after: sv.Design, r: Tree) -> Tree:
    """Write what the cases ask of new weights: a mean, a total, the weights, five ratios."""
    made: Tree = {"w": summary(after.w)}
    for name, verb in (("m", sv.mean), ("t", sv.total)):
        made[name] = shapes.stat(verb(after, next(iter(r[name]["estimate"]))), r[name])
    if "g5" in r:
        made["g5"] = dict(zip(r["g5"], (after.w / before.w)[:5], strict=True))
    return made


@call(*CALIBRATIONS)
def calibrated(case: Case) -> Tree:
    targets, words = CALIBRATIONS[case["id"]]
    design = r_case_design(case)
    return answers(design, sv.calibrate(design, targets, linearisation="base", **words), case["result"])


@call("poststrat_dclus1", "poststrat_dclus1_nofpc", "poststrat_dsrs", "poststrat_strat_noop")
def poststratified(case: Case) -> Tree:
    design = r_case_design(case)
    made = sv.poststratify(design, "stype", TYPES, linearisation="base")
    return answers(design, made, case["result"])


@call("poststrat_partial")
def poststratified_by_two_columns(case: Case) -> Tree:
    design = r_case_design(case)
    cells = ["stype", "comp.imp"]
    made = sv.poststratify(design, cells, TYPES_BY_GOAL, empty="leave", linearisation="base")
    return answers(design, made, case["result"])


@call("rake_dclus1", "rake_three")
def raked(case: Case) -> Tree:
    design = r_case_design(case)
    margins: dict[str, Any] = {"stype": TYPES, "sch.wide": WIDE}
    if case["id"] == "rake_three":
        margins["comp.imp"] = {"No": 1700, "Yes": 4494}
    return answers(design, sv.rake(design, margins, linearisation="base"), case["result"])


@call("cal_domain")
def domains_after_calibration(case: Case) -> Tree:
    design, r = sv.calibrate(r_case_design(case), **GREG), case["result"]
    return {
        "by": shapes.by(sv.mean(design, "api00", by="stype"), ["stype"], r["by"]),
        "s": shapes.stat(sv.total(design, "enroll", where="`comp.imp` == 'Yes'"), r["s"]),
        "r": shapes.stat(sv.ratio(design, "api.stu", "enroll"), r["r"]),
    }


@call("cal_domain_covmat")
def covariance_of_domains_after_calibration(case: Case) -> Tree:
    est = sv.mean(sv.calibrate(r_case_design(case), **GREG), "api00", by="comp.imp")
    return {
        "b": shapes.by(est, ["comp.imp"], case["result"]["b"]),
        "d": shapes.contrasts(est, {"contrast": {"No": -1, "Yes": 1}}),
    }


@call("cal_greg_residual_deff")
def design_effects_after_calibration(case: Case) -> Tree:
    r = case["result"]
    design = sv.calibrate(r_case_design(case), {"api99": SCORES}, population=SCHOOLS, linearisation="base")
    return {
        "m": shapes.stat(sv.mean(design, "api00"), r["m"], deff="wor"),
        "t": shapes.stat(sv.total(design, "api00"), r["t"], deff="wr"),
    }


@call("cal_quantile")
def share_after_calibration(case: Case) -> Tree:
    above = {"above": lambda table: (table["api00"] > 700).astype(int)}
    design = sv.calibrate(r_case_design(case, above), **GREG)
    est = sv.proportion(design, "above", value=1)
    limits = est.ci(method="logit")
    return {
        "q": {"api00": shapes.quantiles(sv.quantile(design, "api00", [0.25, 0.5, 0.75]))},
        "ci": {
            "estimate": est.value.iloc[0],
            "var": est.se.iloc[0] ** 2,
            "ci_lower": limits["ci_low"].iloc[0],
            "ci_upper": limits["ci_high"].iloc[0],
        },
    }


@call("cal_total_of_aux_zero_se")
def totals_of_the_auxiliaries(case: Case) -> Tree:
    """Totals that calibration fixes: R's covariances are rounding, and so must ours be."""
    r = case["result"]
    levels = {f"stype{k}": lambda table, k=k: (table["stype"] == k).astype(float) for k in TYPES}
    design = sv.calibrate(r_case_design(case, levels), **GREG)
    made = shapes.stat(sv.total(design, [*levels, "api99"]), r)
    size = np.array(list(r["estimate"].values()))
    assert (np.abs(made["vcov"]) <= (shapes.ROUNDING * np.outer(size, size) * shapes.ROUNDING)).all()
    return {**made, "vcov": r["vcov"]}


@call("grake_raw")
def ratios_of_raking(case: Case) -> Tree:
    del case
    design = sv.Design(cases.r_table("apiclus1"), weights="pw")
    return {"g": summary(sv.calibrate(design, BOTH, distance="raking").w / design.w)}


@call("trim_upper_nonstrict")
def trimmed(case: Case) -> Tree:
    """R takes the trimmed weights for known, so that they are compared as a design of given weights."""
    design = r_case_design(case)
    made = sv.trim(design, upper=60, redistribute="equal", strict=False)
    known = sv.Design(design.data.assign(known=made.w), weights="known", strata="stype")
    return answers(design, known, case["result"])


MU284_WORDS: dict[str, dict[str, Any]] = {
    "calib_linear": {},
    "calib_logit": {"distance": "logit", "bounds": (0.5, 2.5)},
    "calib_raking": {"distance": "raking"},
    "calib_truncated": {"bounds": (0.5, 2.5)},
}


@call(*MU284_WORDS)
def every_fourth_municipality(case: Case) -> Tree:
    """R ``sampling::calib``; what it leaves of the gap is not compared, and here there is none."""
    everyone = cases.r_table("MU284")
    totals = everyone[["P75", "CS82"]].sum().to_dict()
    sample = everyone.iloc[1::4].assign(d=lambda table: len(everyone) / len(table))
    design = sv.Design(sample, weights="d")
    made = sv.calibrate(design, totals, population=len(everyone), **MU284_WORDS[case["id"]])
    for name, total in totals.items():
        np.testing.assert_allclose(made.w @ sample[name], total, rtol=1e-12)
    return {"g": made.w / design.w}


@call("nonresponse_propensity")
def weights_by_propensity(case: Case) -> Tree:
    """R fits the model, divides by the fitted chances and keeps the respondents as a sample of their own."""
    r, design = case["result"], r_case_design(case)
    words: dict[str, Any] = {"responded": "resp", "method": "propensity", "predictors": ["meals", "ell"]}
    made = sv.adjust_nonresponse(design, estimated=False, **words)
    data = made.data.assign(new=made.w)
    stayed = data["resp"] == 1
    p = design.w[stayed] / made.w[stayed]
    X = np.column_stack([np.ones(len(data)), data["meals"], data["ell"]])
    coef = np.linalg.lstsq(X[stayed], np.log(p / (1 - p)), rcond=None)[0]
    alone = sv.Design(data[stayed], weights="new", strata="stype")
    return {
        "coef": dict(zip(r["coef"], coef, strict=True)),
        "p5": 1 / (1 + np.exp(-X[:5] @ coef)),
        "m": shapes.stat(sv.mean(alone, "api00"), r["m"]),
    }


@call("rmodel")
def chances_by_a_model(case: Case) -> Tree:
    """Of 40 units, in each group of x1 three quarters answered: whatever the model, so are the chances."""
    del case
    x = pd.DataFrame({"status": [1, 0, 1, 1, 0, 1, 1, 1] * 5, "x1": [2, 5, 3, 8, 1] * 8, "w": 5.0})
    words: dict[str, Any] = {"responded": "status", "method": "propensity", "predictors": ["x1"]}
    made = sv.adjust_nonresponse(sv.Design(x, weights="w"), **words)
    stayed = np.flatnonzero(x["status"] == 1)[:5]
    return {"p5": 5.0 / made.w[stayed]}
