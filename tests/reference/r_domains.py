"""Stored R calls: domains, contrasts, change and strata with one PSU."""

from __future__ import annotations

import numpy as np
from reference import cases, shapes
from reference.designs import r_case_design, r_design
from reference.r_registry import Case, call, df
from reference.shapes import Tree

import surveykit as sv


@call("byc_mean_dclus1", "byc_mean_dsrs", "byc_mean_dstrat")
def means_by_type(case: Case) -> Tree:
    est = sv.mean(r_case_design(case), ["api00", "api99"], by="stype")
    return shapes.by(est, ["stype"], case["result"])


@call("byc_total_dclus1")
def totals_by_two_columns(case: Case) -> Tree:
    groups = ["comp.imp", "sch.wide"]
    return shapes.by(sv.total(r_case_design(case), "api.stu", by=groups), groups, case["result"])


@call("by_vartype_dclus2", "by_vartype_dsrs")
def every_column_of_svyby(case: Case) -> Tree:
    return shapes.by(sv.mean(r_case_design(case), "api00", by="stype"), ["stype"], case["result"])


@call("by_ratio_dclus1", "by_ratio_dstrat")
def ratio_by_type(case: Case) -> Tree:
    est = sv.ratio(r_case_design(case), "api.stu", "enroll", by="stype")
    return shapes.by(est, ["stype"], case["result"])


@call("by_ratio_dclus2")
def ratio_by_type_with_missing(case: Case) -> Tree:
    """R was not told ``na.rm``: NA where a domain has missing answers. Here they are left out and counted."""
    made = ratio_by_type(case)
    for row, r in zip(made["rows"], case["result"]["rows"], strict=True):
        for name in [name for name, value in r.items() if value in ("NA", "NaN")]:
            assert np.isfinite(row[name])
            row[name] = np.nan
    return made


@call("by_ciprop_dclus1")
def interval_by_type(case: Case) -> Tree:
    design = r_case_design(case, {"event": lambda table: (table["ell"] > 30).astype(int)})
    est = sv.proportion(design, "event", value=1, by="stype")
    return shapes.by(est, ["stype"], case["result"], method="logit", df=None)


@call("by_unwtd_dclus1")
def number_of_answers(case: Case) -> Tree:
    est = sv.mean(r_case_design(case), "api99", by="stype")
    rows = [{"stype": level, "counts": n, "se": 0} for level, n in est.n.items()]
    return {"columns": case["result"]["columns"], "rows": rows}


@call("by_keepvar_contrast")
def contrasts_of_domains(case: Case) -> Tree:
    est = sv.mean(r_case_design(case), "api00", by="stype")
    e, h, _ = (est.value[level] for level in "EHM")
    assert list(est.value.index) == list("EHM")
    several = {"EminusM": {"E": 1, "M": -1}, "avg": dict.fromkeys("EHM", 1 / 3)}
    return {
        "EH": shapes.contrasts(est, {"contrast": {"E": 1, "H": -1}}),
        "EM": shapes.contrasts(est, several),
        "ratio": shapes.delta(e / h, [1 / h, -e / h**2, 0], est),
    }


@call("contrast_csat_pairwise")
def pairs_of_services(case: Case) -> Tree:
    est = sv.mean(r_case_design(case), "satisfied", by="service")
    health, land, permit = est.value.index
    weights = {"hl": {health: 1, land: -1}, "hp": {health: 1, permit: -1}, "lp": {land: 1, permit: -1}}
    return shapes.contrasts(est, weights)


@call("contrast_total_ratio")
def ratio_from_totals(case: Case) -> Tree:
    design, r = r_case_design(case), case["result"]
    totals = sv.total(design, ["api.stu", "enroll"])
    y, x = totals.value["api.stu"], totals.value["enroll"]
    return {
        "r": shapes.delta(y / x, [1 / x, -y / x**2], totals),
        "vs": shapes.stat(sv.ratio(design, "api.stu", "enroll"), r["vs"]),
    }


@call("csat_by_sex_service")
def two_stages_by_two_columns(case: Case) -> Tree:
    groups = ["sex", "service"]
    return shapes.by(sv.mean(r_case_design(case), "score", by=groups), groups, case["result"])


@call("domain_nhanes")
def middle_aged_men(case: Case) -> Tree:
    design, r = r_case_design(case), case["result"]
    who = "RIAGENDR == 1 and agecat == '(39,59]'"
    est = sv.mean(design, "HI_CHOL", where=who)
    return {
        "m": shapes.stat(est, r["m"]),
        "by": shapes.by(sv.mean(design.where(who), "HI_CHOL", by="race"), ["race"], r["by"]),
        "degf": df(est),
    }


@call("domain_whole_psu_missing")
def domain_absent_from_some_psus(case: Case) -> Tree:
    r = case["result"]
    design = r_case_design(case).where("commune in ['C01', 'C02'] and service == 'permit'")
    est = sv.mean(design, "score")
    return {
        "m": shapes.stat(est, r["m"]),
        "t": shapes.stat(sv.total(design, "satisfied"), r["t"]),
        "degf": df(est),
        "n": est.n.iloc[0],
    }


@call("subset_dclus1", "subset_dclus2")
def one_domain(case: Case) -> Tree:
    design, r = r_case_design(case).where("`comp.imp` == 'Yes'"), case["result"]
    est = sv.mean(design, "api00")
    return {
        "mean": shapes.stat(est, r["mean"]),
        "total": shapes.stat(sv.total(design, "api.stu"), r["total"]),
        "ratio": shapes.stat(sv.ratio(design, "api00", "api99"), r["ratio"]),
        "degf": df(est),
        "ci": shapes.confint(est.ci(), r["ci"]),
    }


@call("subset_lonely_domain")
def domain_alone_in_its_psus(case: Case) -> Tree:
    est = sv.mean(r_case_design(case), "api00", where="stype == 'H'")
    return {"m": shapes.stat(est, case["result"]["m"]), "degf": df(est)}


@call("csat_did_svyby")
def difference_in_differences(case: Case) -> Tree:
    groups, r = ["treated", "wave"], case["result"]
    est = sv.mean(r_case_design(case), "score", by=groups)
    cells = {(0, 0): 1, (1, 0): -1, (0, 1): -1, (1, 1): 1}
    return {"by": shapes.by(est, groups, r["by"]), "did": shapes.contrasts(est, {"contrast": cells})}


@call("csat_two_wave_change_indep")
def change_between_waves(case: Case) -> Tree:
    """Waves with strata and PSUs of their own: as R has it, and in our words for it."""
    r, table = case["result"], cases.r_table("csat")
    crossed = sv.mean(r_case_design(case), "satisfied", by="wave")
    design = sv.Design(table, weights="weight", strata="commune", psu="village")
    change = sv.before_after(design, "satisfied", wave="wave", overlap="none")
    by_contrast = shapes.contrasts(crossed, {"contrast": {0: -1, 1: 1}})
    shapes.compare(by_contrast, r["diff"], case["rtol"])
    return {
        "by": shapes.by(crossed, ["wave"], r["by"]),
        "diff": {"estimate": {"contrast": change.value.iloc[0]}, "se": {"contrast": change.se.iloc[0]}},
    }


@call("lonely_adjust_dlonely", "lonely_average_dclusl", "lonely_remove_dclusl")
def one_psu_in_a_stratum(case: Case) -> Tree:
    design, r = r_case_design(case), case["result"]
    est = sv.mean(design, "api00")
    return {
        "m": shapes.stat(est, r["m"]),
        "t": shapes.stat(sv.total(design, "api.stu"), r["t"]),
        "by": shapes.by(sv.mean(design, "api00", by="sch.wide"), ["sch.wide"], r["by"]),
        "degf": df(est),
    }


@call("lonely_domain_adjust", "lonely_domain_average", "lonely_domain_default")
def one_psu_of_a_stratum_in_the_domain(case: Case) -> Tree:
    villages = ["C01-V1", "C02-V1", "C02-V2", "C03-V1", "C03-V2", "C03-V3"]
    design, r = r_case_design(case).where(f"village in {villages}"), case["result"]
    return {
        "m": shapes.stat(sv.mean(design, "score"), r["m"]),
        "t": shapes.stat(sv.total(design, "satisfied"), r["t"]),
    }


@call("lonely_certainty_fpc")
def one_psu_of_one(case: Case) -> Tree:
    table, r = cases.r_table("lonely"), case["result"]
    table["f"] = np.where(table["stype"] == "H", 1, 4000)
    args = {"id": "~1", "strata": "~stype", "weights": "~pw", "fpc": "~f"}
    design = r_design(args, table, {})
    return {
        "m": shapes.stat(sv.mean(design, "api00"), r["m"]),
        "t": shapes.stat(sv.total(design, "api.stu"), r["t"]),
    }
