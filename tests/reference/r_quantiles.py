"""Stored R calls: quantiles and their intervals."""

from __future__ import annotations

import re

import numpy as np
from reference import cases
from reference.designs import open_entry, r_case_design, r_design
from reference.r_registry import Case, alike, call, compared_in_part, decided
from reference.r_replicates import r_replicates
from reference.shapes import Tree
from reference.shapes import quantiles as table

import surveykit as sv

RULES = {name: name.removeprefix("qrule_") for name in cases.r_cases() if name.startswith("qrule_")}
METHODS = {
    "mean": "woodruff", "xlogit": "logit", "beta": "beta", "asin": "arcsine", "score": "score",
    "quantile": "quantile",
}  # fmt: skip


def opened(case: Case) -> dict[str, sv.Design]:
    """Return the designs of a case by R's names."""
    found = {}
    for entry in case["design"]:
        args, data = open_entry(entry)
        found[entry["name"]] = r_design(args, data, case.get("r_options", {}))
    return found


def shares(text: str) -> list[float]:
    return [float(part) for part in re.findall(r"[\d.]+", text)]


@call(*RULES)
def rules(case: Case) -> Tree:
    """Each of the designs with its own shares."""
    designs = opened(case)
    asked = re.findall(r"(\w+)=svyquantile\(~(\w+), (\w+), c\(([^)]*)\), qrule", case["call"])
    return {
        name: {y: table(sv.quantile(designs[design], y, shares(q), rule=RULES[case["id"]]))}
        for name, y, design, q in asked
    }


compared_in_part("qrule_shahvaish", {"strat", "noisy"}, "R takes half the raw weight away: the scale counts")
decided("qrule_shahvaish", "weights average 1 everywhere, so that their scale does not count; R: raw w / 2")


@call(*alike("qint_"))
def intervals(case: Case) -> Tree:
    """Limits by each way; R's beta limits keep the design's df whatever is asked for."""
    designs = opened(case)
    pattern = r"(\w+)=svyquantile\(~(\w+), (\w+), c\(([^)]*)\), interval.type='(\w+)'(, df=Inf)?"
    found: Tree = {}
    for name, y, design, q, kind, infinite in re.findall(pattern, case["call"]):
        est = sv.quantile(designs[design], y, shares(q))
        df = np.inf if infinite else None
        own = None if kind == "beta" else df
        found[name] = {y: table(est, METHODS[kind], own, df)}
    return found


@call("q_domain")
def quantiles_of_a_domain(case: Case) -> Tree:
    return {"score": table(sv.quantile(r_case_design(case).where("sex == 'F'"), "score", [0.25, 0.5, 0.75]))}


@call("q_na")
def quantiles_with_missing(case: Case) -> Tree:
    return {"enroll": table(sv.quantile(r_case_design(case), "enroll", [0.25, 0.5, 0.75]))}


@call("by_quantile_dclus1", "csat_wave_quantile")
def medians_by_group(case: Case) -> Tree:
    """R says so only by its limits that it takes z for t where ``svyby`` asks for them."""
    group, y = case["result"]["columns"][:2]
    est = sv.median(r_case_design(case), y, by=group)
    limits = est.ci()
    return {
        "columns": case["result"]["columns"],
        "rows": [
            {group: level, y: est.value[level], f"se.{y}": est.se[level], "ci_l": limits["ci_low"][level],
             "ci_u": limits["ci_high"][level]}
            for level in est.value.index
        ],
    }  # fmt: skip


@call("rep_quant_r_subboot_strat")
def quantiles_from_replicates(case: Case) -> Tree:
    est = sv.quantile(r_replicates(case["design"][0]), "api00", [0.25, 0.5, 0.75])
    made = {name: {"api00": table(est, METHODS[name])} for name in ("mean", "quantile")}
    middle = sv.quantile(r_replicates(case["design"][0]), "api00", [0.5])
    return {**made, "xlogit": {"api00": table(middle, "logit")}}
