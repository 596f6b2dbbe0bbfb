"""Stored R calls: estimates from R's own replicate weights, and replicate weights that we make ourselves."""

from __future__ import annotations

import numpy as np
from reference import cases, shapes
from reference.r_registry import Case, alike, call, df
from reference.r_weighting import BOTH, TYPES, WIDE, summary
from reference.shapes import Tree
from scipy.special import stdtr

import surveykit as sv
from surveykit.formulas.replicates import jk1, jkn
from surveykit.replay import weights_of

#: R's names of methods where they are not ours; "other" where the scale is not the one that we would take.
METHODS = {"JK1": "JK1", "JKn": "JKn", "BRR": "BRR"}


def r_replicates(entry: Case, **extra: object) -> sv.Design:
    """Return a design with R's stored replicate weights, scales and centre."""
    said, table = entry["replicates"], cases.r_table(entry["dataset"]).assign(**extra)
    weights = cases.read(cases.HERE / said["file"])
    count = weights.shape[1] - 1
    columns = sv.ReplicateColumns(
        "rep*",
        method=METHODS.get(said["type"], "other"),
        scale=said["scale"],
        rscales=list(np.broadcast_to(said["rscales"], count)),
        mse=said["mse"],
    )
    table = table.drop(columns=[name for name in table if name.startswith("rep")]).join(weights)
    return sv.Design(table, weights="pweight", replicates=columns)


def opened(case: Case, **extra: object) -> sv.Design:
    return r_replicates(case["design"][0], **extra)


OUTCOME = {"apiclus1": "api00", "apistrat": "api00", "csat1": "score", "nhanes_s": "HI_CHOL", "scd": "alive"}


@call(*alike("rep_mean_total_"))
def mean_and_total(case: Case) -> Tree:
    design, r, y = opened(case), case["result"], OUTCOME[case["design"][0]["dataset"]]
    est = sv.mean(design, y)
    return {
        "mean": shapes.stat(est, r["mean"]),
        "total": shapes.stat(sv.total(design, y), r["total"]),
        "degf": df(est),
        "deff": shapes.stat(est, r["deff"], deff="wr"),
    }


@call(*alike("rep_by_"))
def domains_and_their_difference(case: Case) -> Tree:
    design, r = opened(case), case["result"]
    est = sv.mean(design, "api00", by="stype")
    return {
        "by": shapes.by(est, ["stype"], r["by"]),
        "diff": shapes.contrasts(est, {"contrast": {"E": 1, "H": -1}}),
    }


@call(*alike("rep_ciprop_"))
def intervals_of_shares(case: Case) -> Tree:
    r = case["result"]
    method = {"asin": "arcsine", "mean": "wald", "xlogit": "logit"}.get(case["id"].split("_")[-1], "beta")
    jkn_design, jk1_design = (r_replicates(entry) for entry in case["design"])
    found = {
        "jkn": sv.proportion(jkn_design, "satisfied", value=1),
        "jk1": sv.proportion(jk1_design, "stype", value="E"),
    }
    limits = {name: est.ci(method=method).iloc[0] for name, est in found.items()}
    return {
        name: {
            "estimate": est.value.iloc[0],
            "var": est.se.iloc[0] ** 2,
            "ci_lower": limits[name]["ci_low"],
            "ci_upper": limits[name]["ci_high"],
        }
        for name, est in found.items()
        if name in r
    }


@call(*alike("rep_ratio_var_"))
def ratio_variance_and_shares(case: Case) -> Tree:
    design, r = opened(case), case["result"]
    est = sv.variance(design, ["api00", "api99"])
    rows = [0, 1, 1, 2]  # api00; api00, api99; again; api99
    return {
        "r": shapes.stat(sv.ratio(design, "api.stu", "enroll"), r["r"]),
        "v": {
            "estimate": {**r["v"]["estimate"], "values": est.value.to_numpy()[rows].reshape(2, 2)},
            "vcov_of_elements": est.covariance.full()[np.ix_(rows, rows)],
        },
        "f": shapes.stat(sv.proportion(design, "stype"), r["f"]),
    }


@call("rep_mse_false_vs_true")
def the_two_centres(case: Case) -> Tree:
    entry, r = case["design"][0], case["result"]
    about = {"f": False, "t": True}
    designs = {
        k: r_replicates({**entry, "replicates": {**entry["replicates"], "mse": v}}) for k, v in about.items()
    }
    return {k: shapes.stat(sv.mean(design, "api00"), r[k]) for k, design in designs.items()}


@call("rep_ttest")
def t_test(case: Case) -> Tree:
    """R takes one df away for the slope of a regression; t is compared, and p and limits at R's df."""
    r, design = case["result"], opened(case)
    est = sv.mean(design, "api00", by="comp.imp").contrast({"Yes": 1, "No": -1})
    t, degrees = float(est.test()["t"].iloc[0]), df(est) - 1
    limits = est.ci(df=degrees).iloc[0]
    return {
        "statistic": {"t": t},
        "parameter": {"df": degrees},
        "p_value": 2 * stdtr(degrees, -abs(t)),
        "method": r["method"],
        "estimate": {"difference in mean": est.value.iloc[0]},
        "conf_int": [limits["ci_low"], limits["ci_high"]],
    }


@call("rep_jk1weights")
def factors_of_jk1(case: Case) -> Tree:
    psu = np.array([1, 1, 2, 3, 3, 4]) - 1
    made = jk1(np.zeros(4, dtype=int), np.array([4 / 10]))
    return {
        "rep": {**case["result"]["rep"], "values": made.F[psu]},
        "scale": made.scale,
        "rscales": case["result"]["rscales"] if (made.rscales == 1).all() else made.rscales,
    }


@call("rep_jknweights")
def factors_of_jkn(case: Case) -> Tree:
    psu = np.array([1, 2, 3, 4, 5, 5]) - 1
    made = jkn(np.array([0, 0, 0, 1, 1]), np.array([3 / 10, 2 / 6]))
    return {
        "rep": {**case["result"]["rep"], "values": made.F[psu]},
        "scale": made.scale,
        "rscales": made.rscales,
    }


@call("rep_calibrate_linear", "rep_calibrate_raking")
def calibrated_replicates(case: Case) -> Tree:
    r, table = case["result"], cases.r_table("apiclus1")
    plain = sv.Design(table, weights="pw", psu="dnum", fpc="fpc")
    design = sv.calibrate(
        sv.replicate_weights(plain, "JK1", mse=False),
        BOTH,
        distance=case["id"].removeprefix("rep_calibrate_"),
    )
    reps = design.replicates
    first = int(np.argmin(reps.factors[reps.unit[0]]))  # R's first replicate leaves out the district of row 0
    return {
        "m": shapes.stat(sv.mean(design, "api00"), r["m"]),
        "t": shapes.stat(sv.total(design, "enroll"), r["t"]),
        "w": summary(design.w),
        "rep1": summary(weights_of(design, first)),
    }


@call("rep_rake")
def raked_replicates(case: Case) -> Tree:
    r, table = case["result"], cases.r_table("apiclus1")
    plain = sv.Design(table, weights="pw", psu="dnum", fpc="fpc")
    design = sv.rake(sv.replicate_weights(plain, "JK1", mse=False), {"stype": TYPES, "sch.wide": WIDE})
    return {
        "m": shapes.stat(sv.mean(design, "api00"), r["m"]),
        "t": shapes.stat(sv.total(design, "enroll"), r["t"]),
        "w": summary(design.w),
    }


@call("rep_trim")
def replicates_calibrated_within_bounds(case: Case) -> Tree:
    r, table = case["result"], cases.r_table("csat1")
    plain = sv.Design(table, weights="weight", strata="commune", psu="village")
    design = sv.calibrate(
        sv.replicate_weights(plain, "JKn"),
        {"sex": {"M": 2400, "F": 2600}},
        distance="logit",
        bounds=(0.4, 2.2),
    )
    return {"m": shapes.stat(sv.mean(design, "score"), r["m"]), "w": summary(design.w)}
