"""Estimates, standard errors, whole covariance matrices and intervals are R's."""

from __future__ import annotations

import warnings

import pytest
from reference import cases, r_descriptive, r_domains, r_proportions, shapes
from reference.r_registry import CALLS

from sampling.checks import SurveyWarning

ROOMS = (r_descriptive, r_domains, r_proportions)  # importing them fills CALLS


def test_every_case_of_the_topics_is_compared_or_waits_with_a_reason() -> None:
    assert len(ROOMS) == 3
    assert not set(CALLS) & set(cases.WAITING)
    assert set(CALLS) | set(cases.WAITING) == set(cases.r_cases())


def test_no_case_of_the_topics_carries_a_caveat() -> None:
    assert [name for name, case in cases.r_cases().items() if "caveat" in case] == []


@pytest.mark.parametrize("name", CALLS)
def test_the_numbers_are_those_of_r(name: str) -> None:
    case = cases.r_cases()[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SurveyWarning)  # few PSUs, or R's reading of a stage: seen elsewhere
        ours = CALLS[name](case)
    shapes.compare(ours, case["result"], case["rtol"], where=f"{name}: {case['call']}")
