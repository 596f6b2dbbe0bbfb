"""Estimates, standard errors, whole covariance matrices and intervals are R's."""

from __future__ import annotations

import re
import warnings
from importlib import import_module

import numpy as np
import pytest
from reference import cases, shapes
from reference.designs import r_case_design
from reference.r_registry import CALLS

import surveykit as sv
from sampling.checks import SurveyWarning

APART = ("r_registry", "r_sample_size")  # the table itself; tests of their own
ROOMS = [path.stem for path in sorted(cases.HERE.glob("r_*.py")) if path.stem not in APART]
for room in ROOMS:  # importing them fills CALLS
    import_module(f"reference.{room}")


def test_every_case_of_the_topics_is_compared_or_waits_with_a_reason() -> None:
    assert len(ROOMS) >= 5
    assert not set(CALLS) & set(cases.WAITING)
    assert set(CALLS) | set(cases.WAITING) == set(cases.r_cases())


def test_every_compared_case_with_a_caveat_is_decided_and_in_the_table_of_differences() -> None:
    assert {name for name in CALLS if "caveat" in cases.r_cases()[name]} == set(cases.DECIDED)
    told = (cases.HERE / "README.md").read_text(encoding="utf-8")
    assert [name for name in {*cases.DECIDED, *cases.PARTS} if f"`{name}`" not in told] == []


@pytest.mark.parametrize("name", CALLS)
def test_the_numbers_are_those_of_r(name: str) -> None:
    case = cases.r_cases()[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SurveyWarning)  # few PSUs, or R's reading of a stage: seen elsewhere
        ours = CALLS[name](case)
    left_out = cases.PARTS.get(name, (set(), ""))[0]
    ours, r = cases.without(ours, left_out), cases.without(case["result"], left_out)
    shapes.compare(ours, r, case["rtol"], where=f"{name}: {case['call']}")


def test_raking_three_margins_from_the_base_weights_has_the_standard_error_of_calibrate() -> None:
    """The stored caveat has the number of R's ``calibrate``, to four decimals."""
    case = cases.r_cases()["rake_three"]
    (printed,) = re.findall(r"another SE \(([\d.]+)\)", case["caveat"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SurveyWarning)
        ours = CALLS["rake_three"](case)
    np.testing.assert_allclose(ours["m"]["se"]["api00"], float(printed), atol=5e-5, rtol=0)


def test_change_of_the_same_villages_takes_in_the_covariance_of_the_waves() -> None:
    """The change by arm and its variance follow from R's joint matrix of the four cells."""
    case = cases.r_cases()["csat_did_svyby"]
    stored = case["result"]["by"]
    cell = {(row["treated"], row["wave"]): i for i, row in enumerate(stored["rows"])}
    V = np.array(stored["vcov"]["values"])
    change = sv.before_after(r_case_design(case), "score", wave="wave", by="treated", overlap="psu")
    for arm in (0, 1):
        first, second = cell[arm, 0], cell[arm, 1]
        value = stored["rows"][second]["score"] - stored["rows"][first]["score"]
        variance = V[first, first] + V[second, second] - 2 * V[first, second]
        np.testing.assert_allclose(change.value[arm], value, rtol=case["rtol"])
        np.testing.assert_allclose(change.se[arm] ** 2, variance, rtol=case["rtol"])


def test_difference_in_differences_of_communes_has_the_value_of_the_four_cells() -> None:
    """Its standard error is another question: there the communes are the clusters."""
    case = cases.r_cases()["csat_did_svyby"]
    with pytest.warns(SurveyWarning, match="4 adopting and 4 comparison"):
        effect = sv.did(r_case_design(case), "score", treated="treated", wave="wave", unit="commune")
    expected = case["result"]["did"]["estimate"]["contrast"]
    np.testing.assert_allclose(effect.value.iloc[0], expected, rtol=case["rtol"])
