"""The same thing asked of a calibration twice, or asked for within limits that forbid it."""

from __future__ import annotations

import unicodedata
from typing import Any

import pandas as pd
import pytest
from refusals import PEOPLE, design, refused

import surveykit as sv
from sampling.checks import ArgumentError, MarginError


def test_a_margin_or_level_named_twice_is_refused_wherever_it_stands():
    sex = pd.Series({"Nam": 0.5, "Nữ": 0.5}).rename_axis("gioi")
    both = {"Nam": 0.5, "Nữ": 0.3, unicodedata.normalize("NFD", "Nữ"): 0.2}
    twice = "written in two ways (blanks, or marks set apart from their letters). Keep one."
    refused(
        MarginError,
        "margins has two tables for 'gioi'. Keep one.",
        lambda: sv.rake(design(PEOPLE), [sex, sex]),
    )

    def by_stratum(targets: Any) -> sv.Design:
        return sv.calibrate(design(PEOPLE), {"gioi": targets}, by="tang")

    refused(
        MarginError,
        f"targets['gioi']['A'] has two targets for 'Nữ', {twice}",
        lambda: by_stratum({"A": both, "B": sex}),
    )
    refused(
        MarginError,
        f"targets['gioi'] has two targets for 'A', {twice}",
        lambda: by_stratum({"A": sex, "A ": sex, "B": sex}),
    )


def test_sums_that_differ_by_less_than_a_person_are_printed_so_that_it_shows():
    counts = {"gioi": {"Nam": 1_000_000, "Nữ": 1_000_000}, "nhom": {1: 1_000_000, 2: 1_000_000.5}}
    refused(
        MarginError,
        "margins have different sums ('gioi': 2000000, 'nhom': 2000000.5), so no weights can agree with all. "
        "Correct them.",
        lambda: sv.rake(design(PEOPLE), counts),
    )


@pytest.mark.parametrize("limits", [{"bounds": (0.5, 2)}, {"weight_bounds": (5, 100)}])
def test_a_level_without_people_cannot_be_met_where_limits_forbid_a_weight_of_0(limits):
    levels = PEOPLE.assign(loai=list("zbababab"))
    with pytest.raises(MarginError):
        sv.calibrate(design(levels), {"loai": {"z": 0, "a": 60, "b": 60}}, distance="raking", **limits)
    made = sv.calibrate(
        design(levels), {"loai": {"z": 0, "a": 60, "b": 60}}, distance="raking", bounds=(0, 2)
    )
    assert made.weights.iloc[0] == 0


def test_after_a_logit_calibration_a_trim_meets_the_targets_again_with_weights_at_their_cap():
    start = sv.calibrate(design(PEOPLE), {"nhom": {1: 70, 2: 50}}, distance="logit", bounds=(0.5, 2))
    made = sv.trim(start, upper=20)
    assert start.w.max() > 20.0
    assert made.w.max() == 20.0
    assert made.weights.groupby(PEOPLE["nhom"]).sum().tolist() == pytest.approx([70.0, 50.0], rel=1e-10)


def test_logit_does_not_take_limits_of_the_weights():
    refused(
        ArgumentError,
        "distance='logit' and weight_bounds= do not go together, for its ratios only come near their bounds. "
        "Pass distance='raking'.",
        lambda: sv.calibrate(
            design(PEOPLE), {"nhom": {1: 70, 2: 50}}, distance="logit", bounds=(0.5, 2), weight_bounds=(1, 15)
        ),
    )
