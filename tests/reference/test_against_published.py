"""Numbers printed in textbooks, manuals and papers come out again."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from reference import cases
from reference.published_ops import OPS

from sampling.checks import SurveyWarning

#: Values of a case that are decided otherwise here: see the table of differences.
DECIDED = {
    "api-ttest-domains": {"df", "p"},  # df of a contrast: PSUs less strata, not those left by a regression
}


def is_outside(case: dict[str, Any]) -> bool:
    """Whether the table of a case may not be committed."""
    return case["dataset"] is not None and not (cases.HERE / "published_data" / case["dataset"]).exists()


def now() -> dict[str, dict[str, Any]]:
    """Return the cases whose operation is built."""
    found = cases.published_cases().items()
    return {k: v for k, v in found if v["statistic"]["op"] in OPS}


def parameters() -> list[Any]:
    """Mark the cases whose table may not be committed with the path of that table."""
    made = []
    for name, case in now().items():
        marks = [pytest.mark.outside_data(f"published_data/{case['dataset']}")] if is_outside(case) else []
        made.append(pytest.param(name, marks=marks, id=name))
    return made


def test_every_published_case_is_compared_or_waits_with_a_reason() -> None:
    found = cases.published_cases()
    ops = {case["statistic"]["op"] for case in found.values()}
    assert not set(OPS) & set(cases.LATER)
    assert not set(cases.ELSEWHERE) & (set(OPS) | set(cases.LATER))
    assert set(OPS) | set(cases.LATER) | set(cases.ELSEWHERE) == ops
    assert all((cases.HERE / f"{file}.py").exists() for file in cases.ELSEWHERE.values())
    later = {k for k, v in found.items() if v["statistic"]["op"] in cases.LATER}
    elsewhere = {k for k, v in found.items() if v["statistic"]["op"] in cases.ELSEWHERE}
    assert set(now()) | later | elsewhere == set(found)


def check(ours: Any, expected: Any, tolerance: dict[str, float], where: str, skip: set[str]) -> None:
    if isinstance(expected, dict):
        for key in set(expected) - skip:
            check(ours[key], expected[key], tolerance, f"{where}/{key}", skip)
    else:
        rtol, atol = tolerance.get("rel", 0.0), tolerance.get("abs", 0.0)
        np.testing.assert_allclose(ours, expected, rtol=rtol, atol=atol, err_msg=where)


@pytest.mark.parametrize("name", parameters())
def test_the_published_number_comes_out(name: str) -> None:
    case = cases.published_cases()[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SurveyWarning)  # few PSUs: textbook samples are small
        ours = OPS[case["statistic"]["op"]](case)
    check(ours, case["expected"], case["tolerance"], f"{name} ({case['source']})", DECIDED.get(name, set()))
