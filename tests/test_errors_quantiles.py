"""The sentences a user reads when a quantile or its interval is refused, word for word."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

import surveykit as sv
from sampling.checks import ArgumentError, ColumnError, DataError
from surveykit.replay import weights_of

PEOPLE = pd.DataFrame(
    {
        "quyen_so": [10.0, 10, 10, 10, 20, 20, 20, 20],
        "xa": ["01273", "01273", "01276", "01276", "01279", "01279", "01282", "01282"],
        "gioi": ["Nam", "Nữ"] * 4,
        "phut": [4.0, 5, 3, 4, 5, 4, 2, 5],
        "chu": ["ít", "nhiều"] * 4,
        "trong": np.nan,
    }
)
Q = "a quantile is asked for by a share from 0 to 1, as 0.5 for the median."
RULES = (
    "'math', 'school', 'hf1', 'hf2', 'hf3', 'hf4', 'hf5', 'hf6', 'hf7', 'hf8', 'hf9', 'shahvaish'"
)  # fmt: skip
OWN = "'woodruff', 'logit', 'beta', 'arcsine', 'score', 'simultaneous', 'bonferroni'"


def design(data: pd.DataFrame = PEOPLE) -> sv.Design:
    return sv.Design(data, weights="quyen_so", psu="xa")


def quantile(y: Any = "phut", q: Any = 0.5, **words: Any) -> sv.Estimates:
    return sv.quantile(design(), y, q, **words)


def refused(kind: type[Exception], sentence: str, call: Any) -> None:
    """Fail unless the call is refused with exactly this sentence."""
    with pytest.raises(kind, match=f"^{re.escape(sentence)}$") as error:
        call()
    assert type(error.value) is kind


@pytest.mark.parametrize(
    ("q", "sentence"),
    [
        (2, f"q=2: {Q}"),
        (-0.1, f"q=-0.1: {Q}"),
        ([0.5, 50], f"q=50: {Q}"),
        ("0.5", f"q='0.5': {Q}"),
        (True, f"q=True: {Q}"),
        (None, f"q=None: {Q}"),
        (float("nan"), f"q=nan: {Q}"),
        ([], "q=[]: name at least one share, as 0.5 for the median."),
        ([0.25, 0.5, 0.25], "q: 0.25 stands there twice. Name each share once."),
    ],
)
def test_a_share_that_is_none_is_named(q, sentence):
    refused(ArgumentError, sentence, lambda: quantile(q=q))


@pytest.mark.parametrize(
    ("rule", "hint"), [("maths", "Did you mean 'math'? "), ("hf10", "Did you mean 'hf1'? "), (7, "")]
)
def test_a_rule_that_is_not_known_has_its_neighbour_named(rule, hint):
    sentence = f"rule={rule!r} is not known. {hint}Choose one of {RULES}."
    refused(ArgumentError, sentence, lambda: quantile(rule=rule))
    refused(ArgumentError, sentence, lambda: sv.median(design(), "phut", rule=rule))


@pytest.mark.parametrize(
    ("method", "hint"),
    [("wodruff", "Did you mean 'woodruff'? "), ("t", ""), ("wilson", ""), ("quantile", "")],
)
def test_an_interval_that_quantiles_do_not_have_is_refused(method, hint):
    sentence = f"method={method!r} is not known. {hint}Choose one of {OWN}."
    refused(ArgumentError, sentence, lambda: quantile().ci(method=method))


def test_text_and_columns_without_answers_are_refused():
    refused(
        TypeError,
        "y='chu' holds text ('ít', 'nhiều'), and a quantile needs numbers. "
        "For shares of each answer use proportion(design, 'chu').",
        lambda: quantile("chu"),
    )
    refused(
        ColumnError,
        "y='phút': the data have no such column. Did you mean 'phut'?",
        lambda: sv.median(design(), "phút"),
    )
    refused(
        DataError,
        "y='trong' has no answers in the rows asked for: all are missing.",
        lambda: quantile("trong"),
    )
    refused(
        DataError,
        "y='trong' has no answers in the rows asked for: all are missing.",
        lambda: quantile(["phut", "trong"], [0.25, 0.5]),
    )


def calibrated() -> sv.Design:
    """Linear calibration that drives one weight below 0."""
    data = PEOPLE.assign(x=[1.0, 2, 1, 2, 1, 2, 1, 9])
    with pytest.warns(UserWarning, match="below 0"):
        return sv.calibrate(design(data), {"x": 100.0}, population=120)


def test_weights_below_0_are_refused_with_their_place():
    made = calibrated()
    assert (made.w < 0).sum() == 1
    refused(
        DataError,
        f"the weight is below 0 in row {int(np.flatnonzero(made.w < 0)[0])}, and a quantile needs weights "
        "of 0 or more. Calibrate with distance='raking' or with bounds.",
        lambda: sv.median(made, "phut"),
    )


def test_weights_below_0_outside_the_rows_asked_for_do_no_harm():
    assert sv.median(calibrated(), "phut", where="x < 9").value.iloc[0] == 4.0


def test_replicate_weights_below_0_have_no_quantiles():
    start = sv.replicate_weights(design(PEOPLE.assign(x=[1.0, 2, 1, 2, 1, 2, 1, 9])), "JK1")
    made = sv.calibrate(start, {"x": 260.0}, population=120)
    assert (made.w > 0).all()
    assert min(weights_of(made, r).min() for r in range(4)) < 0
    found = sv.median(made, "phut")
    assert np.isfinite(found.se.iloc[0])
    refused(
        DataError,
        "method='quantile': some replicate weights are below 0, and a quantile needs weights of 0 or more. "
        "Use method='woodruff'.",
        lambda: found.ci(method="quantile"),
    )
