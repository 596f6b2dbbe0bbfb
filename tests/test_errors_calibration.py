"""The sentences when a calibration cannot be done, or was done in a way to look at, word for word."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from refusals import ABSENT, PEOPLE, at, design, refused, warned

import surveykit as sv
from sampling.checks import ArgumentError, ColumnError, DataError, MarginError
from surveykit.formulas import calibration
from surveykit.weighting import trouble

COUNTS = {"Nam": 60, "Nữ": 60}
NESTED = PEOPLE.assign(a=[0] * 4 + [1] * 4, b=[0] * 2 + [1] * 6)  # nobody has a = 1 and b = 0
CORRECT = "Correct the targets, join levels, or drop a margin."
CANNOT = "cannot be met together by the rows that have a weight: no weights of at least 0 sum to them. "
DROP = "Drop it, or correct the targets."


def calibrate(targets: Any, data: pd.DataFrame = PEOPLE, **words: Any) -> sv.Design:
    return sv.calibrate(design(data), targets, **words)


# --- arguments ----------------------------------------------------------------------------------------------

PAIR = "pass two numbers, (lower, upper)."


@pytest.mark.parametrize(
    ("kind", "words", "sentence"),
    [
        *(
            (TypeError, {"bounds": pair}, f"bounds={pair!r}: {PAIR}")
            for pair in (3, (1,), ("a", 2), (None, 2), (np.nan, 2), (0.5, 1, 2))
        ),
        (TypeError, {"weight_bounds": 5}, f"weight_bounds=5: {PAIR}"),
        (ArgumentError, {"bounds": (2, 1)}, "bounds=(2, 1): the lower bound must lie below the upper."),
        (
            ArgumentError,
            {"weight_bounds": (5, 5)},
            "weight_bounds=(5, 5): the lower bound must lie below the upper.",
        ),
        (
            ArgumentError,
            {"distance": "logit"},
            "distance='logit' needs bounds=(lower, upper) with lower < 1 < upper.",
        ),
        *(
            (
                ArgumentError,
                {"distance": "logit", "bounds": pair},
                f"bounds={pair!r}: distance='logit' needs lower < 1 < upper.",
            )
            for pair in ((1.2, 2), (0.2, np.inf))
        ),
        (
            ArgumentError,
            {"distance": "rakng"},
            "distance='rakng' is not known. Did you mean 'raking'? "
            "Choose one of 'linear', 'raking', 'logit', 'sinh'.",
        ),
        (
            ArgumentError,
            {"linearisation": "raked"},
            "linearisation='raked' is not known. Choose one of 'calibrated', 'base'.",
        ),
        (
            ArgumentError,
            {"equal_within": "ho", "scale": "tuoi"},
            "scale='tuoi' and equal_within='ho' do not go together. Pass one.",
        ),
        (ColumnError, {"equal_within": "hoo"}, f"equal_within='hoo': {ABSENT} Did you mean 'ho'?"),
        (
            TypeError,
            {"scale": "gioi"},
            "scale='gioi' holds text ('Nam', 'Nữ'), and the freedom of a row to move is a number.",
        ),
        (ArgumentError, {"penalty": -1}, "penalty['gioi'] is -1; pass a number, at least 0."),
        (ArgumentError, {"penalty": "1"}, "penalty['gioi'] is '1'; pass a number, at least 0."),
        (ArgumentError, {"penalty": True}, "penalty['gioi'] is True; pass a number, at least 0."),
        (
            ArgumentError,
            {"penalty": {"goi": 1}},
            "penalty names 'goi', which is not among the targets: 'gioi'.",
        ),
    ],
)
def test_arguments_of_a_calibration_are_refused(kind, words, sentence):
    refused(kind, sentence, lambda: calibrate({"gioi": COUNTS}, **words))


@pytest.mark.parametrize(
    ("kind", "call", "sentence"),
    [
        (
            DataError,
            lambda: calibrate({"gioi": COUNTS}, at("tuoi", 2, 0), scale="tuoi"),
            "scale='tuoi' is 0 in row 2. Give a number above 0.",
        ),
        (
            DataError,
            lambda: calibrate({"gioi": COUNTS}, at("tuoi", 2, np.nan), scale="tuoi"),
            "scale='tuoi' is missing in row 2. Give a number above 0.",
        ),
        (
            DataError,
            lambda: calibrate({"gioi": COUNTS}, at("ho", 2, np.nan), equal_within="ho"),
            "equal_within='ho' is missing in row 2. Every row needs its unit: fill them in, or drop rows "
            "that were never in the sample.",
        ),
        (
            ArgumentError,
            lambda: calibrate(
                {"gioi": COUNTS}, PEOPLE.assign(quyen_so=[10.0, 11, 9, 9, 1, 1, 2, 4]), equal_within="ho"
            ),
            "equal_within='ho': the weights inside ho=1 already differ (10 to 11; 2 such units), so one "
            "ratio cannot make them equal. Calibrate with equal_within= before steps that part them, or "
            "leave it out.",
        ),
        (
            ArgumentError,
            lambda: calibrate(
                {"gioi": {"A": COUNTS, "B": COUNTS}},
                PEOPLE.assign(quyen_so=1.0, ho=[1, 1, 2, 3, 3, 4, 4, 4]),
                equal_within="ho",
                by="tang",
            ),
            "equal_within='ho': ho=3 lies in more than one tang. Units must lie inside the parts of by=.",
        ),
    ],
)
def test_units_and_freedoms_that_do_not_fit_are_refused(kind, call, sentence):
    refused(kind, sentence, call)


# --- targets that no weights reach --------------------------------------------------------------------------


#: The same people twice; in the second part nobody has a = 1 and b = 0, in the first there are all four.
TWO_PARTS = pd.concat([NESTED.assign(tang="A", b=[0, 1] * 4), NESTED.assign(tang="B")], ignore_index=True)
HALF = {0: 60, 1: 60}
BY_PART = {"a": {"A": HALF, "B": HALF}, "b": {"A": HALF, "B": {0: 70, 1: 50}}}


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            lambda: sv.rake(design(NESTED), {"a": {0: 60, 1: 60}, "b": {0: 70, 1: 50}}),
            f"margins: 'a' 1 = 60, 'b' 1 = 50 {CANNOT}Without any one of them the others can. "
            f"The nearest is 'a' 1 = 50, 'b' 0 = 60. {CORRECT}",
        ),
        (
            lambda: sv.rake(
                design(NESTED),
                {"gioi": {"Nam": 0.5, "Nữ": 0.5}, "a": {0: 0.5, 1: 0.5}, "b": {0: 0.7, 1: 0.3}},
            ),
            f"margins: 'a' 1 = 0.5, 'b' 1 = 0.3 {CANNOT}Without any one of them the others can. "
            f"The nearest is 'a' 0 = 0.7, 'a' 1 = 0.3. {CORRECT}",
        ),
        (
            lambda: calibrate({"tuoi": 8000}, population=120, distance="raking"),
            f"targets: 'population' = 120, 'tuoi' = 8000 {CANNOT}Without any one of them the others can. "
            f"The nearest is 'tuoi' = 7200. {CORRECT}",
        ),
        (
            lambda: calibrate({"duong": -5}, PEOPLE.assign(duong=[1.0, 2] * 4), distance="sinh"),
            "targets: 'duong' = -5 cannot be met by the rows that have a weight: no weights of at least 0 "
            f"sum to it. The nearest is 'duong' = 0. {CORRECT}",
        ),
        (
            lambda: sv.rake(
                design(NESTED.assign(c=["z"] + ["y"] * 7)),
                {"a": {0: 60, 1: 60}, "b": {0: 70, 1: 50}, "c": {"z": 0, "y": 120}},
            ),
            f"margins: 'a' 1 = 60, 'b' 1 = 50 {CANNOT}Without any one of them the others can. "
            f"The nearest is 'a' 0 = 70, 'a' 1 = 50. {CORRECT}",
        ),
        (
            lambda: sv.rake(design(NESTED), {"a": {0: 0, 1: 60}, "b": {0: 30, 1: 30}}),
            "margins: 'b' 0 = 30, but all its rows have another level whose target is 0. Correct one of "
            "them.",
        ),
        (
            lambda: calibrate(BY_PART, TWO_PARTS, by="tang", distance="raking"),
            f"targets: 'a (B)' 1 = 60, 'b (B)' 1 = 50 {CANNOT}Without any one of them the others can. "
            f"The nearest is 'a (B)' 1 = 50, 'b (B)' 0 = 60. {CORRECT}",
        ),
    ],
)
def test_the_targets_that_contradict_each_other_are_named_and_what_comes_nearest(call, sentence):
    refused(MarginError, sentence, call)


def test_where_no_reason_is_found_what_was_tried_is_told(monkeypatch):
    refused(
        MarginError,
        "targets: the weights do not come to agree with 'gioi' 'Nam' (relative gap 0.71). "
        "The ratios they need are too far from 1 for distance='sinh': pass distance='raking'.",
        lambda: calibrate({"gioi": {"Nam": 6000, "Nữ": 60}}, distance="sinh"),
    )
    margins = {"a": {0: 60, 1: 60}, "b": {0: 70, 1: 50}}
    monkeypatch.setattr(calibration, "MOST", 1)
    with pytest.raises(MarginError, match=r"would have to come to 0: join small levels, or drop a margin\.$"):
        sv.rake(design(NESTED), {"a": {0: 60, 1: 60}, "b": {0: 40, 1: 80}})
    monkeypatch.setattr(trouble, "MOST_CELLS", 1)
    with pytest.raises(
        MarginError, match=r"\(relative gap 0\.\d+\)\. Use fewer targets, or distance='linear'\.$"
    ):
        sv.rake(design(NESTED), margins)


# --- auxiliaries that follow from others --------------------------------------------------------------------

TWICE = PEOPLE.assign(
    hai=2 * PEOPLE["tuoi"], hai_ba=2 * PEOPLE["tuoi"] + 3, nu=(PEOPLE["gioi"] == "Nữ") * 1, khong=0.0
)
OF_TWO = "'hai_ba' is 3 × 'population' + 2 × 'tuoi'"


@pytest.mark.parametrize(
    ("targets", "words", "relation", "wanted", "given"),
    [
        ({"tuoi": 4500, "hai": 9100}, {}, "'hai' is 2 × 'tuoi'", 9000, 9100),
        ({"tuoi": 4500, "hai_ba": 9361}, {"population": 120}, OF_TWO, 9360, 9361),
        ({"tuoi": 4500, "khong": 5}, {}, "'khong' is 0", 0, 5),
        ({"gioi": COUNTS, "nu": 61}, {}, "'nu' is the same as 'gioi' 'Nữ'", 60, 61),
        ({"gioi": COUNTS, "nu": 61}, {"distance": "raking"}, "'nu' is the same as 'gioi' 'Nữ'", 60, 61),
    ],
)
def test_auxiliaries_that_follow_from_others_are_named(targets, words, relation, wanted, given):
    refused(
        MarginError,
        f"targets: {relation} in every row, so its target would have to be {wanted}, not {given}. {DROP}",
        lambda: calibrate(targets, TWICE, **words),
    )
    last = list(targets)[-1]
    made = warned(
        f"targets: {relation} in every row, so it asks for nothing more. Leave it out.",
        lambda: calibrate(targets | {last: wanted}, TWICE, **words),
    )
    others = {name: target for name, target in targets.items() if name != last}
    np.testing.assert_allclose(made.w, calibrate(others, TWICE, **words).w, rtol=1e-9)
