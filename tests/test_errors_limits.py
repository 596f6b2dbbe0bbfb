"""The sentences about bounds, limits of the weights, trimming, and weights to look at, word for word."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from refusals import ABSENT, PEOPLE, at, design, refused, unchanged, warned

import surveykit as sv
from sampling.checks import ArgumentError, ColumnError, DataError, MarginError

COUNTS = {"Nam": 60, "Nữ": 60}
FAR = {"gioi": {"Nam": 90, "Nữ": 30}}
NESTED = PEOPLE.assign(a=[0] * 4 + [1] * 4, b=[0] * 2 + [1] * 6)  # nobody has a = 1 and b = 0
CORRECT = "Correct the targets, join levels, or drop a margin."
CANNOT = "cannot be met together by the rows that have a weight: no weights of at least 0 sum to them. "
WIDER = "Choose wider limits, or join levels."


def calibrate(targets: Any, data: pd.DataFrame = PEOPLE, **words: Any) -> sv.Design:
    return sv.calibrate(design(data), targets, **words)


# --- bounds and limits of the weights -----------------------------------------------------------------------

NO_RATIOS = "no ratios between them meet the targets."


@pytest.mark.parametrize(
    ("targets", "words", "sentence"),
    [
        *(
            (
                FAR,
                {"bounds": (0.8, 1.2), "distance": distance},
                f"bounds=(0.8, 1.2): {NO_RATIOS} Nearest is 'gioi' 'Nữ' = 48, 'gioi' 'Nam' = 72. "
                "The tightest that can, in the same proportions, are (0.5, 1.5).",
            )
            for distance in ("linear", "raking", "sinh", "logit")
        ),
        (
            {"gioi": {"Nam": 0.75, "Nữ": 0.25}},
            {"bounds": (0.8, 1.2)},
            f"bounds=(0.8, 1.2): {NO_RATIOS} Nearest is 'gioi' 'Nữ' = 0.4, 'gioi' 'Nam' = 0.6. "
            "The tightest that can, in the same proportions, are (0.5, 1.5).",
        ),
        (
            {"tuoi": 6000},
            {"bounds": (0.9, 1.1), "population": 120},
            f"bounds=(0.9, 1.1): {NO_RATIOS} Nearest is 'tuoi' = 4830. "
            "The tightest that can, in the same proportions, are (0, 2).",
        ),
        (
            FAR,
            {"bounds": (-np.inf, 1.2)},
            f"bounds=(-inf, 1.2): {NO_RATIOS} Nearest is 'gioi' 'Nam' = 72. "
            "The lowest upper bound that can is 1.5.",
        ),
        (
            FAR,
            {"bounds": (0.9, np.inf)},
            f"bounds=(0.9, inf): {NO_RATIOS} Nearest is 'gioi' 'Nữ' = 54. "
            "The greatest lower bound that can is 0.5.",
        ),
        (FAR, {"bounds": (1.2, 3)}, f"bounds=(1.2, 3): {NO_RATIOS} Nearest is 'gioi' 'Nữ' = 72."),
        (
            {"tuoi": 8000},
            {"bounds": (-0.5, 1.2), "population": 120},
            f"bounds=(-0.5, 1.2): {NO_RATIOS} Nearest is 'tuoi' = 5125.",
        ),
        (
            FAR,
            {"weight_bounds": (0, 20)},
            "targets: weights of at most 20 cannot meet the targets; the lowest cap that can hold is 22.5. "
            f"{WIDER}",
        ),
        (
            FAR,
            {"weight_bounds": (12, 100)},
            "targets: weights of at least 12 and at most 100 cannot meet the targets; the greatest lower "
            f"limit that can hold is 7.5. {WIDER}",
        ),
        (
            FAR,
            {"weight_bounds": (9, np.inf)},
            "targets: weights of at least 9 cannot meet the targets; the greatest lower limit that can hold "
            f"is 7.5. {WIDER}",
        ),
        (
            FAR,
            {"weight_bounds": (0, 24), "bounds": (0.6, 3)},
            "targets: weights of at most 24 with bounds=(0.6, 3) cannot meet the targets; the nearest is "
            f"'gioi' 'Nữ' = 36. {WIDER}",
        ),
        (
            {"tuoi": 6600},
            {"weight_bounds": (0, 21), "equal_within": "ho", "population": 160},
            "targets: weights of at most 21 cannot meet the targets; the lowest cap that can hold is "
            f"24.762. {WIDER}",
        ),
    ],
)
def test_bounds_that_cannot_hold_are_refused_with_the_tightest_that_can(targets, words, sentence):
    refused(MarginError, sentence, lambda: calibrate(targets, **words))


@pytest.mark.parametrize(
    ("targets", "words"),
    [
        (FAR, {"bounds": (0.5, 1.5)}),
        (FAR, {"bounds": (0.5, 1.5), "distance": "raking"}),
        ({"tuoi": 6000}, {"bounds": (0, 2), "population": 120}),
        (FAR, {"bounds": (-np.inf, 1.5)}),
        (FAR, {"bounds": (0.5, np.inf)}),
        (FAR, {"weight_bounds": (0, 22.5)}),
        (FAR, {"weight_bounds": (7.5, 100)}),
        ({"tuoi": 6600}, {"weight_bounds": (0, 24.762), "equal_within": "ho", "population": 160}),
    ],
)
def test_the_tightest_limits_that_were_offered_do_hold(targets, words):
    made = calibrate(targets, **words)
    for name, wanted in targets.items():
        if isinstance(wanted, dict):
            assert made.weights.groupby(PEOPLE[name]).sum().to_dict() == pytest.approx(wanted)
        else:
            assert float(made.w @ PEOPLE[name]) == pytest.approx(wanted)


# --- trimming -----------------------------------------------------------------------------------------------

NONE = "Choose another limit, or pass redistribute='none'."
#: Made by hand: the heaviest are two men of the second stratum, 70/60 of 20.
MADE = {"gioi": {"Nam": 70, "Nữ": 50}, "nhom": {1: 60, 2: 60}}


@pytest.mark.parametrize(
    ("kind", "words", "sentence"),
    [
        (
            ArgumentError,
            {},
            "trim: say where to cut: upper=, lower=, ratio= (times the median) or quantile=.",
        ),
        *((ArgumentError, {"upper": v}, f"upper={v!r}: pass a number above 0.") for v in (0, -3, "a", True)),
        (ArgumentError, {"lower": 0}, "lower=0: pass a number above 0."),
        (ArgumentError, {"ratio": np.nan}, "ratio=nan: pass a number above 0."),
        (ArgumentError, {"quantile": 2}, "quantile=2: pass a number between 0 and 1, such as 0.99."),
        *(
            (
                ArgumentError,
                {"upper": 18, **words},
                "upper= and a limit from the weights (ratio=, quantile=) do not go together. Pass one.",
            )
            for words in ({"ratio": 3}, {"quantile": 0.9})
        ),
        (ArgumentError, {"lower": 5, "upper": 5}, "lower=5 must lie below upper=5."),
        (
            ArgumentError,
            {"lower": 16, "ratio": 1, "redistribute": "none"},
            "lower=16 lies above the upper limit, 15. Choose another limit.",
        ),
        (
            ArgumentError,
            {"lower": 15, "ratio": 1.2, "by": "tang"},
            "lower=15 lies above the upper limit of 'A', 12. Choose another limit.",
        ),
        (
            ArgumentError,
            {"upper": 18, "redistribute": "half"},
            "redistribute='half' is not known. Choose one of 'proportional', 'equal', 'none'.",
        ),
        (
            ArgumentError,
            {"upper": 18, "recalibrate": "yes"},
            "recalibrate='yes': pass True, False or 'auto'.",
        ),
        (
            ArgumentError,
            {"upper": 18, "recalibrate": True},
            "recalibrate=True: there is no calibration among the steps. Calibrate first, or leave it out.",
        ),
        (
            ArgumentError,
            {"upper": 14},
            f"upper: the 8 weights have mean 15, so they cannot all lie below 14 and keep their sum. {NONE}",
        ),
        (
            ArgumentError,
            {"lower": 16},
            f"lower: the 8 weights have mean 15, so they cannot all lie above 16 and keep their sum. {NONE}",
        ),
        (
            ArgumentError,
            {"upper": 18, "by": "tang"},
            "upper: the 4 weights of 'B' have mean 20, so they cannot all lie below 18 and keep their sum. "
            f"{NONE}",
        ),
        (
            ArgumentError,
            {"lower": 12, "upper": 13, "strict": False},
            f"strict=False: all 8 weights are cut, so nobody is left to take what was cut. {NONE}",
        ),
        (ColumnError, {"upper": 18, "by": "tan"}, f"by='tan': {ABSENT} Did you mean 'tang'?"),
    ],
)
def test_trimming_is_refused(kind, words, sentence):
    refused(kind, sentence, lambda: sv.trim(design(), **words))


def test_groups_of_trimming_must_be_known():
    refused(
        DataError,
        "by='tang' is missing in row 2. Every row needs its part: fill them in, or drop rows that were "
        "never in the sample.",
        lambda: sv.trim(design(at("tang", 2, None)), upper=18, by="tang"),
    )


def test_known_totals_that_no_cap_so_low_can_meet_are_refused_with_the_lowest_that_can():
    start = calibrate(MADE)
    unchanged(
        MarginError,
        "upper: weights of at most 17 cannot meet the targets; the lowest cap that can hold is 17.5. "
        f"{WIDER}",
        lambda d: sv.trim(d, upper=17),
        start,
    )
    held = sv.trim(start, upper=17.5)
    assert held.weights.max() <= 17.5
    assert held.weights.groupby(PEOPLE["gioi"]).sum().to_dict() == pytest.approx(MADE["gioi"])
    refused(
        MarginError,
        "upper: weights within the limits of the groups cannot meet the targets; the nearest is 'gioi' "
        f"'Nam' = 60. {WIDER}",
        lambda: sv.trim(calibrate({"gioi": MADE["gioi"]}), ratio=1.0, by="tang", redistribute="none"),
    )


# --- weights to look at -------------------------------------------------------------------------------------


def test_weights_below_0_are_told():
    made = warned(
        "targets: 1 weight comes out below 0 (-2.83262 in row 0). Pass distance='raking', or bounds=.",
        lambda: calibrate({"tuoi": 6000}, population=120),
    )
    warned(
        "targets: 3 weights come out below 0 (-28.1545 in row 5). Pass distance='raking', or bounds=.",
        lambda: calibrate({"tuoi": 8000}, population=120),
    )
    warned(
        "margins: 1 weight comes out below 0 (-2.42647 in row 0), as 1 did before this step. Calibrate "
        "there with distance='raking', or bounds=.",
        lambda: sv.rake(made, {"gioi": COUNTS}),
    )
    below = PEOPLE.assign(mot=(PEOPLE.index == 0) * 1)
    start = made.changed(data=below)
    unchanged(
        MarginError,
        "margins: no weights that agree were found, as 1 of them lie below 0 before this step. Take the "
        "earlier calibration again with distance='raking', or bounds=.",
        lambda d: sv.rake(d, {"mot": {0: 100, 1: 20}}),
        start,
    )


def test_weights_that_come_to_nothing_are_told():
    warned(
        "margins: weights come to less than a millionth of what they were in rows 2, 3: the targets are met "
        "only without those rows. Correct the targets, or join levels.",
        lambda: sv.rake(design(NESTED), {"a": {0: 60, 1: 60}, "b": {0: 60, 1: 60}}),
    )


def test_a_design_is_as_it_was_after_a_calibration_could_not_be_done():
    start = sv.rake(design(NESTED), {"nhom": {1: 0.4, 2: 0.6}})
    start.trail  # noqa: B018 (what it keeps in memory must not change either)
    for step, sentence in (
        (
            lambda d: sv.calibrate(d, FAR, bounds=(0.8, 1.2)),
            f"bounds=(0.8, 1.2): {NO_RATIOS} Nearest is 'gioi' 'Nữ' = 48, 'gioi' 'Nam' = 72. "
            "The tightest that can, in the same proportions, are (0.5, 1.5).",
        ),
        (
            lambda d: sv.rake(d, {"a": {0: 60, 1: 60}, "b": {0: 70, 1: 50}}),
            f"margins: 'a' 1 = 60, 'b' 1 = 50 {CANNOT}Without any one of them the others can. "
            f"The nearest is 'a' 1 = 50, 'b' 0 = 60. {CORRECT}",
        ),
    ):
        unchanged(MarginError, sentence, step, start)
