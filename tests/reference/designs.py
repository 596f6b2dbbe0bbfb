"""Designs of the stored cases, said in the words of this project."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
from reference import cases

import surveykit as sv

LONELY = {"remove": "certainty", "certainty": "certainty", "adjust": "centre", "average": "average"}


def terms(formula: str) -> list[str]:
    """Split an R formula: ``~dnum + snum`` into its two columns; ``~1`` has none.

    >>> terms("~interaction(wave, village) + hh")
    ['interaction(wave, village)', 'hh']
    """
    body = formula.strip().removeprefix("~")
    return [] if body.strip() == "1" else [part.strip() for part in body.split("+")]


def columns(table: pd.DataFrame, formula: str | None) -> list[str] | None:
    """Return the columns that a formula names; an interaction becomes a column of its own."""
    if formula is None or not terms(formula):
        return None
    names = []
    for term in terms(formula):
        crossed = re.fullmatch(r"interaction\((.*)\)", term)
        if crossed:
            parts = [part.strip() for part in crossed.group(1).split(",")]
            table[term] = table[parts].astype(str).agg(".".join, axis=1)
        names.append(term)
    return names


def r_design(args: dict[str, str], table: pd.DataFrame, options: dict[str, Any]) -> sv.Design:
    """Build the design of a ``svydesign`` call; R's options become the words of the design."""
    if args.get("prob") == "~1":
        table["weight of one"] = 1.0
        args = {**args, "weights": "~`weight of one`"}
    weights = columns(table, args.get("weights"))
    rule = options.get("survey.lonely.psu", "error")
    lonely = LONELY.get(rule, "error")
    inside = options.get("survey.adjust.domain.lonely", False) and lonely in ("centre", "average")
    return sv.Design(
        table,
        weights=weights[0].strip("`") if weights else None,
        strata=columns(table, args.get("strata")),
        psu=columns(table, args["id"]),
        fpc=columns(table, args.get("fpc")),
        nest=args.get("nest") == "TRUE",
        lonely_psu=lonely,
        lonely_domain=lonely if inside else "off",
    )


def open_entry(entry: dict[str, Any]) -> tuple[dict[str, str], pd.DataFrame]:
    """Return the arguments and the table of a stored design.

    The final weights of ``dcsat1_2st`` differ inside a stratum: R's counts are said as fractions there.
    """
    args, table = entry["args"], cases.r_table(entry["dataset"])
    if entry["name"] == "dcsat1_2st":
        table["f_village"] = table.groupby("commune")["village"].transform("nunique") / table["N_vil"]
        table["f_household"] = table.groupby("village")["hh"].transform("nunique") / table["N_hh"]
        args = {**args, "fpc": "~f_village + f_household"}
    return args, table


def r_case_design(case: dict[str, Any], extra: dict[str, Any] | None = None) -> sv.Design:
    """Build the design of an R case, with columns computed from the table (name: function)."""
    args, table = open_entry(case["design"][0])
    for name, make in (extra or {}).items():
        table[name] = make(table)
    return r_design(args, table, case.get("r_options", {}))


def published_design(case: dict[str, Any], table: pd.DataFrame) -> sv.Design:
    """Build the design of a published case."""
    said = case["design"]
    psu = said.get("psu")
    if psu and psu[-1] == "__row__":
        table["row"] = range(len(table))
        psu = [*psu[:-1], "row"]
    words = {
        "weights": said.get("weights"),
        "strata": said.get("strata"),
        "psu": psu,
        "fpc": said.get("fpc"),
        "nest": bool(said.get("nest")),
    }
    if words["weights"] is None and words["fpc"] is None:
        words["sampling"] = "srs"
    if said.get("repweights"):
        words["replicates"] = sv.ReplicateColumns(
            said["repweights"], method=said["rep_method"], mse=said["mse"], df=said.get("df")
        )
    rule = said.get("lonely_psu")
    design = sv.Design(table, lonely_psu=LONELY[rule] if rule else "error", **words)
    method = said.get("replicate")
    return sv.replicate_weights(design, method, mse=said["mse"]) if method else design
