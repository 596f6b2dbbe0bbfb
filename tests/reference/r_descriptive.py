"""Stored R calls: descriptive statistics and design effects."""

from __future__ import annotations

import numpy as np
import pandas as pd
from reference import cases, shapes
from reference.designs import r_case_design, r_design
from reference.r_registry import Case, alike, call, df
from reference.shapes import Tree

import surveykit as sv
from surveykit.formulas.effects import deff_henry, deff_spencer


@call(*alike("mean_total_"))
def mean_and_total(case: Case) -> Tree:
    design, r = r_case_design(case), case["result"]
    one = sv.mean(design, "api00")
    return {
        "mean": shapes.stat(sv.mean(design, ["api00", "api99"]), r["mean"]),
        "total": shapes.stat(sv.total(design, "api.stu"), r["total"]),
        "mean_ci": shapes.confint(one.ci(df=np.inf), r["mean_ci"]),  # R's confint takes z
        "mean_ci_df": shapes.confint(one.ci(), r["mean_ci_df"]),
        "degf": df(one),
        "cv": one.to_frame()["cv"].iloc[0],
    }


@call("csat_dcsat1_el")
def element_sample(case: Case) -> Tree:
    design, r = r_case_design(case), case["result"]
    score = sv.mean(design, "score")
    return {
        "mean": shapes.stat(sv.mean(design, ["score", "satisfied"]), r["mean"]),
        "total": shapes.stat(sv.total(design, "satisfied"), r["total"]),
        "deff": shapes.stat(score, r["deff"], deff="wr"),
        "degf": df(score),
    }


@call(*alike("factor_"))
def factor(case: Case) -> Tree:
    def cross(table: pd.DataFrame) -> pd.Series:
        return table["stype"].astype(str) + "." + table["comp.imp"].astype(str)

    design, r = r_case_design(case, {"cross": cross}), case["result"]
    return {
        "mean": shapes.stat(sv.proportion(design, "stype"), r["mean"]),
        "total": shapes.stat(sv.count(design, by="stype"), r["total"]),
        "inter": shapes.stat(sv.proportion(design, "cross"), r["inter"]),
    }


@call("hospital_strat")
def hospital(case: Case) -> Tree:
    design, r = r_case_design(case), case["result"]
    return {
        "total": shapes.stat(sv.total(design, "births"), r["total"]),
        "mean": shapes.stat(sv.mean(design, "births"), r["mean"]),
        "r": shapes.stat(sv.ratio(design, "births", "weighta"), r["r"]),
    }


@call("mean_na_dclus2")
def missing_answers(case: Case) -> Tree:
    answered = {"answered": lambda table: table["enroll"].notna().astype(float)}
    design, r = r_case_design(case, answered), case["result"]
    return {
        "m": shapes.stat(sv.mean(design, "enroll"), r["m"]),
        "t": shapes.stat(sv.total(design, "enroll"), r["t"]),
        "n": sv.total(design, "answered").value.iloc[0],
    }


@call("ratio_dclus1")
def ratios(case: Case) -> Tree:
    design, r = r_case_design(case), case["result"]
    pairs = sv.ratio(design, ["api00", "api99"], ["api.stu", "enroll"])
    return {
        "r": shapes.stat(sv.ratio(design, "api.stu", "enroll"), r["r"]),
        "multi": {name: part for name, part in shapes.stat(pairs, r["multi"]).items() if name != "vcov"},
    }


@call("ratio_na_dclus2")
def ratio_with_missing(case: Case) -> Tree:
    return shapes.stat(sv.ratio(r_case_design(case), "api.stu", "enroll"), case["result"])


@call("ratio_combined_pred")
def ratio_estimate_of_a_total(case: Case) -> Tree:
    r, est = case["result"], sv.ratio(r_case_design(case), "api.stu", "enroll")
    total = est.contrast({est.value.index[0]: 3811472})
    return {
        "total": {**r["total"], "values": [[total.value.iloc[0]]]},
        "se": {**r["se"], "values": [[total.se.iloc[0]]]},
    }


@call("scd_mean")
def two_psus_a_stratum(case: Case) -> Tree:
    design, r = r_case_design(case), case["result"]
    return {
        "m": shapes.stat(sv.mean(design, ["alive", "arrests"]), r["m"]),
        "r": shapes.stat(sv.ratio(design, "alive", "arrests"), r["r"]),
        "t": shapes.stat(sv.total(design, "alive"), r["t"]),
    }


@call("standardize")
def age_standardised(case: Case) -> Tree:
    """Rates at a common age mix, R's ``svystandardize``.

    One crossed margin of race, sex and age among those who answered; each cell gets its share of the
    estimated total of its race and sex. Directly standardised means are the same.
    """
    table = cases.r_table("nhanes")
    share = pd.Series([55901, 77670, 72816, 45364], index=table["agecat"].cat.categories)
    answered = table["HI_CHOL"].notna()
    over = [table["race"], table["RIAGENDR"]]
    people = table["WTMEC2YR"].where(answered, 0).groupby(over).transform("sum")
    target = people * table["agecat"].map(share / share.sum()).astype(float)
    cell = table[["race", "RIAGENDR", "agecat"]].astype(str).agg("|".join, axis=1)
    cell[~answered], target[~answered] = "no answer", table.loc[~answered, "WTMEC2YR"].sum()
    table["cell"] = cell
    args = {"id": "~SDMVPSU", "strata": "~SDMVSTRA", "weights": "~WTMEC2YR", "nest": "TRUE"}
    design = sv.rake(r_design(args, table, {}), {"cell": target.groupby(cell).first().to_dict()})
    groups = ["race", "RIAGENDR"]
    est = sv.mean(design, "HI_CHOL", by=groups, where="agecat != '(0,19]'")
    shapes.compare(shapes.by(est, groups, case["result"]), case["result"], case["rtol"])
    grown = share[share.index != "(0,19]"]
    est = sv.standardise(
        r_design(args, table, {}), "HI_CHOL", cells="agecat", population=grown, by=groups,
        where="agecat != '(0,19]'",
    )  # fmt: skip
    return shapes.by(est, groups, case["result"])


@call("svytable_strat")
def weighted_table(case: Case) -> Tree:
    design, r = r_case_design(case), case["result"]
    value = sv.count(design, by=["stype", "sch.wide"]).value
    people = np.array([[value[a, b] for b in r["t"]["cols"]] for a in r["t"]["rows"]])
    return {
        "t": {**r["t"], "values": people},
        "round": {**r["round"], "values": 100 * people / people.sum()},
    }


@call("var_dclus1", "var_dclus2", "var_dstrat")
def variances(case: Case) -> Tree:
    r, est = case["result"], sv.variance(r_case_design(case), ["api00", "api99"])
    names = r["estimate"]["rows"]
    rows = [pair_row(est, a, b) for b in names for a in names]
    return {
        "estimate": {**r["estimate"], "values": est.value.to_numpy()[rows].reshape(2, 2)},
        "vcov_of_elements": est.covariance.full()[np.ix_(rows, rows)],
    }


def pair_row(est: sv.Estimates, a: str, b: str) -> int:
    """Return the row of the variance (a = b) or covariance of two columns."""
    rows = list(est.value.index)
    return next(i for i, row in enumerate(rows) if row in {f"{a}, {b}", f"{b}, {a}"})


@call(*alike("deff_w"))
def design_effects(case: Case) -> Tree:
    design, r = r_case_design(case), case["result"]
    kind = "wor" if "_wor_" in case["id"] else "wr"
    made = {
        "mean": shapes.stat(sv.mean(design, ["api00", "meals"]), r["mean"], deff=kind),
        "total": shapes.stat(sv.total(design, "api.stu"), r["total"], deff=kind),
    }
    if "prop" in r:
        made["prop"] = shapes.stat(sv.proportion(design, "stype"), r["prop"], deff=kind)
    return made


@call("deffs")
def spencer(case: Case) -> Tree:
    del case
    table = cases.r_table("apistrat2")
    w, y = table["w_nr"].to_numpy(float), table["api00"].to_numpy(float)
    return {"s": deff_spencer(w, y, w / w.sum())}


@call("deffh")
def henry(case: Case) -> Tree:
    """PracTools has the standard deviation of u where Henry and Valliant have that of u squared."""
    del case
    table = cases.r_table("apistrat2")
    w, y, x = (table[name].to_numpy(float) for name in ("w_nr", "api00", "api99"))
    return {"h": deff_henry(w, y, x, practools=True)}
