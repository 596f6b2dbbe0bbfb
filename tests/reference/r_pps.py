"""Stored R calls: unequal chances, quadratic forms, and two phases."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from reference import cases, shapes
from reference.designs import columns
from reference.r_registry import Case, alike, call, compared_in_part
from reference.r_weighting import summary
from reference.shapes import Tree

import surveykit as sv
from surveykit.chances import HartleyRao, JointProbabilities, Overton, Successive
from surveykit.formulas import forms
from surveykit.formulas.replicates import successive
from surveykit.regression import regress

NO_FRACTION = (
    1e-12  # R's "full" without fpc: the first phase by independent draws from a population without end
)


def r_pps(said: str, variance: str) -> Any:
    """Say R's argument ``pps`` in our words; R takes Horvitz and Thompson's form unless told."""
    form = "yates-grundy" if variance == "YG" else "horvitz-thompson"
    if said == "brewer":
        return "brewer"
    if said == "overton":
        return Overton(form)
    if said.startswith("poisson_sampling"):
        return "poisson"
    if said == "HR()":
        return HartleyRao(form=form)
    if said.startswith("HR"):
        squares = float((cases.r_table("election")["p"] ** 2).sum() / 40)
        return HartleyRao(squares, form)
    assert said.startswith("ppsmat")
    return JointProbabilities(cases.r_table("election_jointprob_df"), form=form)


def pps_design(case: Case) -> sv.Design:
    """Build a design of unequal chances; the weights follow from the probabilities."""
    entry = case["design"][0]
    args, table = entry["args"], cases.r_table(entry["dataset"])
    fpc, psu = columns(table, args["fpc"]), columns(table, args["id"])
    assert fpc is not None
    pps = r_pps(args["pps"].strip("\"'"), args.get("variance", "HT").strip("\"'"))
    return sv.Design(table, strata=columns(table, args.get("strata")), psu=psu, fpc=fpc, pps=[pps] * len(fpc))


@call(*alike("pps_total_"))
def totals(case: Case) -> Tree:
    r = case["result"]
    return {"total": shapes.stat(sv.total(pps_design(case), list(r["total"]["estimate"])), r["total"])}


@call(*alike("pps_mean_ratio_"))
def means_and_ratios(case: Case) -> Tree:
    design, r = pps_design(case), case["result"]
    found = {"estimate": {}, "se": {}}
    for name in r["ratio"]["estimate"]:
        est = sv.ratio(design, *name.split("/"))
        found["estimate"][name], found["se"][name] = est.value.iloc[0], est.se.iloc[0]
    return {"mean": shapes.stat(sv.mean(design, list(r["mean"]["estimate"])), r["mean"]), "ratio": found}


@call(*alike("pps_domain_"))
def domains_of_a_sample_by_size(case: Case) -> Tree:
    design, r = pps_design(case).where("Bush > Kerry"), case["result"]
    return {
        "t": shapes.stat(sv.total(design, "Bush"), r["t"]),
        "m": shapes.stat(sv.mean(design, "votes"), r["m"]),
    }


@call("pps_strat_brewer", "pps_2stage_brewer")
def strata_and_stages(case: Case) -> Tree:
    design, r = pps_design(case), case["result"]
    made = {
        "m": shapes.stat(sv.mean(design, "api00"), r["m"]),
        "t": shapes.stat(sv.total(design, "api.stu"), r["t"]),
    }
    return made | ({"w": summary(design.w)} if "w" in r else {})


# --- quadratic forms ----------------------------------------------------------------------------------------


def matrix(form: np.ndarray) -> Tree:
    numbers = list(range(1, len(form) + 1))
    return {"rows": numbers, "cols": numbers, "values": form}


@call("qf_sd1")
def successive_differences(case: Case) -> Tree:
    return matrix(forms.successive(np.full(5, 1e-18)))


@call("qf_sd2")
def successive_differences_in_a_ring(case: Case) -> Tree:
    return matrix(forms.successive(np.full(5, 0.1), circular=True))


@call("qf_srswor")
def simple_random_sampling(case: Case) -> Tree:
    return matrix(forms.srs(4, 0.25))


def variance_of_total(table: pd.DataFrame, **words: Any) -> Tree:
    design = sv.Design(table.assign(chance=1 / table["pw"]), fpc="chance", **words)
    return {"var": sv.total(design, "api.stu").covariance.diag()[0]}


@call("qf_total_sd2_apistrat")
def total_down_a_list(case: Case) -> Tree:
    return variance_of_total(cases.r_table("apisrs"), pps=Successive(order="snum", circular=True))


@call("qf_make_SD1")
def total_down_the_list_of_each_stratum(case: Case) -> Tree:
    return variance_of_total(cases.r_table("apistrat"), strata="stype", pps="successive")


@call("qf_make_Stratified_Multistage_SRS")
def total_of_a_stratified_sample(case: Case) -> Tree:
    return variance_of_total(cases.r_table("apistrat"), strata="stype")


@call("qf_sdr_factors")
def replicate_factors_down_a_list(case: Case) -> Tree:
    """Ours leave the constant row of the Hadamard matrix out: every factor averages 1 over the replicates."""
    made = successive(np.zeros(6, dtype=np.intp), np.zeros(1), np.arange(6), 8)
    return {"dim": list(made[0].shape), "scale": None, "rowmeans": made[0].mean(axis=1)}


compared_in_part(
    "qf_sdr_factors",
    {"rowmeans"},
    "svrep's factors average 0.65 to 1.35, for it uses the constant row of the matrix; ours average 1",
)


# --- two phases ---------------------------------------------------------------------------------------------


def two_phases(method: str) -> sv.Design:
    """Two of three schools; a first phase without fpc is R's "full" by independent draws (see README)."""
    table = cases.r_table("apistrat")
    table = table.assign(insub=np.arange(1, 201) % 3 != 0, one=1.0, chance=NO_FRACTION)
    first: dict[str, Any] = {"fpc": "chance", "pps": "poisson"} if method == "full" else {}
    design = sv.Design(table, weights="one", **first)
    return design.second_phase("insub", strata="stype", method=method)


def mean_and_total(design: sv.Design, r: Tree) -> Tree:
    return {
        "m": shapes.stat(sv.mean(design, "api00"), r["m"]),
        "t": shapes.stat(sv.total(design, "api.stu"), r["t"]),
    }


@call("tp_strat")
def second_phase_approximately(case: Case) -> Tree:
    return mean_and_total(two_phases("approx"), case["result"])


@call("tp_strat_full")
def second_phase_in_full(case: Case) -> Tree:
    return mean_and_total(two_phases("full"), case["result"])


@call("tp_strat_calib")
def calibrated_to_the_first_phase(case: Case) -> Tree:
    second = two_phases("full")
    targets = second.first_phase_totals(["stype", "api99"])
    design = sv.calibrate(second, targets, linearisation="base")
    w = design.w[design.w != 0]
    return mean_and_total(design, case["result"]) | {"w": summary(w)}


@call("tp_glm")
def regression_on_two_phases(case: Case) -> Tree:
    est = regress(two_phases("full"), "api00 ~ ell + meals").coefficients
    names = ["(Intercept)", "ell", "meals"]
    assert list(est.value.index) == ["Intercept", "ell", "meals"]
    return {
        "coef": dict(zip(names, est.value, strict=True)),
        "se": dict(zip(names, est.se, strict=True)),
        "vcov": est.covariance.full(),
        "df_residual": est.df.iloc[0],
    }
