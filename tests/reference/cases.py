"""The stored cases: numbers made by R and numbers printed in books, and the tables that they are about."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
OUTSIDE = Path(os.environ.get("SURVEYKIT_REFERENCE", ROOT.parent / "shared" / "reference"))

#: Topics of r_cases.json that are built; the other topics come with their own rooms.
TOPICS = (
    "descriptive", "domain", "contrast", "change", "deff", "lonely_psu", "proportion_ci", "calibration",
    "sampling_calib", "sampling_nonresponse", "replicate",
    "replicate_calibration",
    "quantile", "pps", "quadratic_forms", "tests", "regression", "twophase", "multiple_imputation",
)  # fmt: skip

#: Cases of these topics that need a room not yet built.
WAITING = {
    "cralpha": "Cronbach's alpha comes with the instrument",
    "prcomp": "principal components come with the instrument",
}

#: Parts of a case that are not compared, and why; the rest of the case is.
PARTS = {
    "calib_linear": ({"check"}, "the gap that R leaves"),
    "calib_logit": ({"check"}, "the gap that R leaves"),
    "calib_raking": ({"check"}, "the gap that R leaves"),
    "calib_truncated": ({"check"}, "the gap that R leaves"),
    "rake_three": ({"se"}, "R takes unweighted means in the sweeps of its residuals: table of differences"),
}

#: Cases with a caveat, each decided; the table of differences has the numbers.
DECIDED = {
    "cal_trim": "trim= has no effect on linear calibration without bounds, so the numbers are those of none",
    "calib_linear": "the ratios agree",
    "calib_logit": "the ratios agree as far as R's search went",
    "calib_raking": "the ratios agree",
    "calib_truncated": "the ratios agree",
    "rake_three": "weights and estimates agree; the standard errors are those of R's calibrate",
}

#: Operations of published_cases.json that need a room not yet built.
LATER = {
    "cronbach_alpha": "instrument: reliability",
    "did_aggregate": "comparison: staggered adoption",
    "fay_herriot": "small areas",
    "read_stat_file": "files of SPSS and Stata",
    "unit_level_sae": "small areas",
}

#: Operations of published_cases.json that are compared beside the R cases of the same subject, and where.
ELSEWHERE = {
    "allocation": "test_allocation",
    "ht_true_variance": "test_sampling_estimation",
    "kish_probs": "test_allocation",
    "kish_table": "test_allocation",
    "krejcie_morgan": "test_sample_size",
    "power_two_proportions": "test_sample_size",
    "pps_inclusion": "test_sampling_estimation",
    "sample_size_mean_cv": "test_sample_size",
    "sample_size_proportion": "test_sample_size",
    "total_multi": "test_sampling_estimation",
}


@cache
def r_file() -> dict[str, Any]:
    return json.loads((HERE / "r_cases.json").read_text(encoding="utf-8"))


def r_cases() -> dict[str, dict[str, Any]]:
    """Return the cases of the topics that are built, by id."""
    return {case["id"]: case for case in r_file()["cases"] if case["topic"] in TOPICS}


def r_calls() -> dict[str, str]:
    """Return the R call of every case, for messages."""
    return {case["id"]: case["call"] for case in r_cases().values()}


def without(result: Any, names: set[str]) -> Any:
    """Return a stored result without the parts of these names, wherever they stand."""
    if not isinstance(result, dict):
        return result
    return {name: without(part, names) for name, part in result.items() if name not in names}


@cache
def published_cases() -> dict[str, dict[str, Any]]:
    file = json.loads((HERE / "published_cases.json").read_text(encoding="utf-8"))
    return {case["id"]: case for case in file["cases"]}


def table_path(case: dict[str, Any]) -> Path:
    """Where the table of a published case lies: copied here, or outside the project."""
    here = HERE / "published_data" / case["dataset"]
    return here if here.exists() else OUTSIDE / "published_data" / case["dataset"]


def read(path: Path) -> pd.DataFrame:
    """Read a table of numbers and words."""
    return pd.read_csv(path, encoding="utf-8")


def r_table(name: str) -> pd.DataFrame:
    """Read a data set that the R cases name, with its factors in R's order of levels."""
    table = read(HERE / r_file()["datasets"][name]["file"])
    for column, factor in (r_file()["datasets"][name]["factors"] or {}).items():
        table[column] = pd.Categorical(table[column].astype(object), categories=factor["levels"])
    return table
