"""Stored R calls: tests of tables, of given shares, of means and of ranks."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from reference import cases
from reference.designs import open_entry, r_case_design, r_design
from reference.r_registry import Case, alike, call, compared_in_part, decided, waits
from reference.r_replicates import r_replicates
from reference.shapes import Tree
from scipy.special import ndtri

import surveykit as sv
from surveykit.testresult import TestResult

METHODS = {
    "F": "rao-scott",
    "Chisq": "rao-scott-1",
    "Wald": "wald",
    "adjWald": "adjusted-wald",
    "wls-score": "score",
}


def rows_of(table: sv.testing.Crosstab) -> float:
    """Return R's number of rows, those without an answer included, over the answers counted here."""
    n = float(table.n.to_numpy().sum())
    return (n + table.missing) / n


APART = ("saddlepoint", "lincom", "wls-score")
OURS = [name for name in alike("chisq_") if not any(word in name for word in APART)]
WLS = [name for name in alike("chisq_") if "wls-score" in name]
waits(
    "left out on purpose: saddlepoint and exact weighted chi-square",
    *[name for name in alike("chisq_") if "saddlepoint" in name or "lincom" in name],
)


@call(*OURS)
def association(case: Case) -> Tree:
    rows, columns, statistic = re.match(
        r"svychisq\(~(\S+)\+(\S+), \w+, statistic='(\S+)'\)", case["call"]
    ).groups()
    table = sv.crosstab(r_case_design(case), rows, columns)
    found = table.test(METHODS[statistic])
    if statistic == "Chisq":
        made = {
            "statistic": {"X-squared": found.details["X²"] * rows_of(table)},
            "parameter": {"df": found.df[0]},
        }
    else:
        made = {"statistic": {"F": found.statistic}, "parameter": {"ndf": found.df[0], "ddf": found.df[1]}}
    return {**made, "p_value": found.p, "method": case["result"]["method"]}


@call(*WLS)
def score_test(case: Case) -> Tree:
    """R's F is k / r² of ours: see the table of differences. Its p follows from it and is left out."""
    rows, columns = re.match(r"svychisq\(~(\S+)\+(\S+), \w+, statistic='wls-score'\)", case["call"]).groups()
    table = sv.crosstab(r_case_design(case), rows, columns)
    found = table.test("score")
    k, second = found.df
    return {
        "statistic": {"F": found.statistic * k / table.shape[0] ** 2},
        "parameter": {"ndf.df": k, "ddf.ddf": second},
        "method": case["result"]["method"],
    }


for name in WLS:
    compared_in_part(name, {"p_value"}, "R's F is k / r² of the quadratic form over k, and its p follows")


compared_in_part("gof_chisq", {"p_value"}, "R's p is a saddlepoint approximation")
SHARES = {"a": ("stype", ["E", "H", "M"], [1 / 2, 1 / 4, 1 / 4]), "b": ("service", None, [0.5, 0.3, 0.2])}


@call("gof_chisq")
def given_shares(case: Case) -> Tree:
    """R takes the derivative of (seen − E) / √E where seen is, ours where seen = E: table of differences.

    Its scale and df come from the covariance of our totals; its p, by a saddlepoint, is left out.
    """
    made = {}
    for entry, (key, (y, levels, shares)) in zip(case["design"], SHARES.items(), strict=True):
        args, data = open_entry(entry)
        design = r_design(args, data, {})
        totals = sv.count(design, by=y)
        seen, p = totals.value.to_numpy(float), np.array(shares)
        E = seen.sum() * p
        J = (np.eye(seen.size) - p[:, None]) / np.sqrt(E)[:, None] - ((seen - E) * p / (2 * E**1.5))[:, None]
        values = np.linalg.eigvalsh(J @ totals.covariance.full() @ J.T)
        order = levels or list(totals.value.index)
        found = sv.testing.goodness_of_fit(design, y, dict(zip(order, shares, strict=True)))
        scale, df = (values**2).sum() / values.sum(), values.sum() ** 2 / (values**2).sum()
        pearson = found.details["X²"] * seen.sum() / len(data)
        made[key] = {
            "statistic": {"X-squared": pearson},
            "parameter": {"scale": scale, "df": df},
            "method": case["result"][key]["method"],
        }
    return made


def ranks(found: TestResult, r: Tree) -> Tree:
    """Write a rank test as R's ``svyranktest``; of several groups it has the chi-square under parameter."""
    if found.kind == "t":
        return {
            "statistic": {"t": found.statistic},
            "parameter": {"df": found.df[0]},
            "p_value": found.p,
            "method": r["method"],
            "estimate": {"difference in mean rank score": found.details["estimate"]},
        }
    return {
        "statistic": {"df": found.df[0]},
        "parameter": {"Chisq": found.details["χ²"]},
        "p_value": found.p,
        "method": r["method"],
        "ddf": found.df[1],
    }


SCORES = {
    "median": lambda r, N: (r > N / 2).astype(float),
    "vanderWaerden": lambda r, N: ndtri(r / N),
    "function(r,N) as.numeric(r>0.75*N)": lambda r, N: (r > 0.75 * N).astype(float),
}


def r_ranks(y: Any, w: Any) -> Any:
    """R's ranks of equal answers: the plain mean of what each has in the order of the rows."""
    order = np.argsort(y, kind="stable")
    rank = pd.Series(np.cumsum(w[order]) - w[order] / 2).groupby(y[order]).transform("mean")
    out = np.empty(len(y))
    out[order] = rank
    return out


def rank_test(design: sv.Design, y: str, by: str, **words: Any) -> TestResult:
    """Test as our ``rank_test`` does, with R's ranks in it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("surveykit.testing.ranks.mid_ranks", r_ranks)
        return sv.rank_test(design, y, by, **words)


@call(*[name for name in alike("rank_") if name != "rank_csat"])
def rank_tests(case: Case) -> Tree:
    y, by, test = re.match(r"svyranktest\((\S+)~(\S+), \w+, test='?(.*?)'?\)$", case["call"]).groups()
    found = rank_test(r_case_design(case), y, by, method=SCORES.get(test))
    return ranks(found, case["result"])


@call("rank_csat")
def rank_tests_of_satisfaction(case: Case) -> Tree:
    design, r = r_case_design(case), case["result"]
    return {
        "w": ranks(rank_test(design, "score", "sex"), r["w"]),
        "k": ranks(rank_test(design, "score", "service"), r["k"]),
    }


@call(*alike("rep_kwtest"))
def rank_test_of_replicates(case: Case) -> Tree:
    """The case leaves the replicates out; other cases with the same design have them."""
    name = case["design"][0]["name"]
    entries = [entry for other in cases.r_cases().values() for entry in other.get("design") or []]
    entry = next(entry for entry in entries if entry["name"] == name and "replicates" in entry)
    return ranks(rank_test(r_replicates(entry), "api00", "stype"), case["result"])


for swapped in ("rank_kw_dclus1", "rank_kw_dclus2", "rep_kwtest"):
    decided(swapped, "statistic and degrees of freedom stand in their places; R swaps them")
