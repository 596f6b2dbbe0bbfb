"""What allocation refuses, in the words that a user reads."""

import numpy as np
import pandas as pd
import pytest

from sampling.allocation import Target, allocate, precision
from sampling.checks import ArgumentError, ColumnError, DataError
from sampling.frame import Frame

SIZES = {"Phường": 500, "Xã": 300, "Đặc khu": 40}


def refused(kind, call, message):
    with pytest.raises(kind) as error:
        call()
    assert str(error.value) == message


# --- n, budget and precision --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 900}, "n=900: there are only 840 units. Draw 840 or fewer."),
        (
            {"n": 90, "minimum": 40},
            "n=90: the minima of the 3 strata add up to 120. Raise n, lower minimum, or merge strata.",
        ),
        (
            {"n": 90, "maximum": 20},
            "n=90: the maxima of the strata add up to 60. Raise maximum, or lower n.",
        ),
        (
            {"n": 90, "minimum": 30, "maximum": 20},
            "minimum=30 is above maximum=20 in 'Phường'. Lower one, or raise the other.",
        ),
        (
            {"n": 90, "minimum": {"Đặc khu": 41}},
            "minimum=41 in 'Đặc khu': the stratum has only 40 units. Lower it.",
        ),
        (
            {"n": 90, "minimum": 2.5},
            "minimum=2.5 in 'Phường': pass a whole number of 1 or more.",
        ),
        ({"n": 90, "maximum": 0}, "maximum=0: it must be above 0. Correct it."),
        (
            {"n": 90, "method": "neymann"},
            "method='neymann' is not known. Did you mean 'neyman'? Choose "
            "one of "
            "'equal', 'proportional', 'square_root', 'power', 'neyman', 'cost_optimal', 'fixed_precision', "
            "'targets'.",
        ),
        ({}, "method='proportional': the size of the sample is not given. Pass n."),
        (
            {"method": "cost_optimal", "sd": 3},
            "method='cost_optimal': the size of the sample is not given. "
            "Pass one of n, budget, cv, margin, variance.",
        ),
        (
            {"n": 90, "cv": 0.05, "method": "neyman", "sd": 3},
            "method='neyman': n and cv are all given. Pass one of n, cv, margin, variance.",
        ),
        (
            {"n": 90, "budget": 500},
            "budget is given, and method='proportional' has no use for it. "
            "Leave it out, or choose one of 'cost_optimal'.",
        ),
        (
            {"n": 90, "method": "neyman"},
            "method='neyman' needs sd=..., the standard deviation in each stratum, or p=... for a share.",
        ),
        ({"n": 90, "method": "power"}, "method='power' needs power=..., from 0 (equal) to 1 (proportional)."),
        (
            {"n": 90, "power": 0.5},
            "power is given, and method='proportional' has no use for it. Leave it out.",
        ),
        (
            {"n": 90, "method": "power", "power": 2},
            "power=2: it must be from 0 (equal) to 1 (proportional).",
        ),
        (
            {"method": "cost_optimal", "sd": 3, "cost": 10, "budget": 20},
            "budget=20: the minima of the 3 strata cost 30. Raise budget, lower minimum, or merge strata.",
        ),
        ({"method": "cost_optimal", "sd": 3, "budget": -1}, "budget=-1: it must be above 0. Correct it."),
        (
            {"method": "neyman", "sd": 3, "margin": 0.2, "maximum": 50},
            "the margin cannot be met: with all that the strata allow (140 units) the margin is 0.5422, "
            "and 0.2 is "
            "wanted. Raise the maximum or the response, or loosen the target.",
        ),
        ({"method": "neyman", "sd": 3, "margin": -1}, "margin=-1: it must be above 0. Correct it."),
        (
            {"method": "neyman", "sd": 3, "cv": 0.05},
            "cv needs mean=..., the mean of the variable, besides sd. Pass it, or pass a margin.",
        ),
        (
            {"method": "neyman", "sd": 3, "mean": 0, "cv": 0.05},
            "cv: the mean is 0, and a cv is relative to it. Pass a margin or a variance.",
        ),
        (
            {"n": 90, "method": "neyman", "sd": 0},
            "sd is 0 in every stratum, so method='neyman' has nothing to go by. Correct it.",
        ),
        (
            {"n": 90, "measure": "size"},
            "measure='size' is for a Frame. Leave it out, and pass the sizes of the strata.",
        ),
        (
            {"method": "targets", "targets": []},
            "targets is empty. Pass at least one Target(name, p=..., margin=...).",
        ),
    ],
)
def test_what_cannot_be_allocated_is_refused(arguments, message):
    refused(ArgumentError, lambda: allocate(SIZES, **arguments), message)


def test_a_response_below_1_can_put_a_precision_out_of_reach():
    # all 40 units give 36 answers: 1.96 * sqrt(0.16 * (1/36 - 1/40)) = 0.0413
    refused(
        ArgumentError,
        lambda: allocate(SIZES, method="fixed_precision", p=0.8, margin=0.03, response=0.9),
        "the margin in 'Đặc khu' cannot be met: with all that the strata allow (40 units) the margin is "
        "0.04132, "
        "and 0.03 is wanted. Raise the maximum or the response, or loosen the target.",
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"p": 80}, "p=80: write it as a share between 0 and 1. Did you mean 0.8?"),
        (
            {"p": [0.8, 85, 0.7]},
            "p=85 in 'Xã': write it as a share between 0 and 1. Did you mean 0.85?",
        ),
        (
            {"p": 0.8, "response": 85},
            "response=85: write the response rate as a share, above 0 and at most 1. Did you mean 0.85?",
        ),
        ({"p": 0.8, "level": 95}, "level=95: write it as a share between 0 and 1. Did you mean 0.95?"),
        ({"p": 0.8, "deff": 0.7}, "deff=0.7: a design effect is 1 or more. Correct it."),
        ({"p": 0.8, "sd": 3}, "p and sd are both given, and p says what sd is. Pass one of them."),
        ({"p": 0.8, "mean": 3}, "p and mean are both given, and p says what mean is. Pass one of them."),
    ],
)
def test_a_share_is_not_a_percentage(arguments, message):
    refused(ArgumentError, lambda: allocate(SIZES, 100, **arguments), message)
    if "p" in arguments:
        refused(ArgumentError, lambda: precision([10, 10, 10], SIZES, **arguments), message)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"margin": 5, "p": 0.8}, "margin=5: write it as a share between 0 and 1. Did you mean 0.05?"),
        ({"cv": 5, "p": 0.8}, "cv=5: write it as a share between 0 and 1. Did you mean 0.05?"),
    ],
)
def test_a_precision_is_not_a_percentage(arguments, message):
    for method in ("neyman", "cost_optimal", "fixed_precision"):
        refused(ArgumentError, lambda m=method: allocate(SIZES, method=m, **arguments), message)
    target = Target("Hài lòng", **arguments)
    refused(
        ArgumentError,
        lambda: allocate(SIZES, method="targets", targets=target),
        f"target 'Hài lòng', {message}",
    )


# --- strata and their values --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sd", "kind", "message"),
    [
        (
            {"Phường": 3, "Xa": 2},
            ColumnError,
            "sd names 'Xa', and sizes has no such stratum. Did you mean 'Xã'?",
        ),
        ({"Phường": 3, "Xã": 2}, ColumnError, "sd has no value for 'Đặc khu'. Add it."),
        (
            pd.Series([3.0, 2.0, 1.0]),
            ColumnError,
            "sd names 0, and sizes has no such stratum.",
        ),
        (
            [3, 2],
            ArgumentError,
            "sd has 2 values for 3 strata. Pass one for each, in their order, or values by the names of "
            "the strata.",
        ),
        ([3, None, 2], DataError, "sd is missing for 'Xã'. Fill it in."),
        (
            None,
            ArgumentError,
            "method='neyman' needs sd=..., the standard deviation in each stratum, or p=... for a share.",
        ),
        (float("nan"), DataError, "sd is missing. Fill it in."),
        ([3, -2, 1], DataError, "sd=-2 in 'Xã': it must be 0 or more. Correct it."),
        (-2, ArgumentError, "sd=-2: it must be 0 or more. Correct it."),
        (["3", 2, 1], TypeError, "sd holds '3', and it must be a number. Turn it into a number first."),
        ([3, True, 1], TypeError, "sd holds True, and it must be a number. Turn it into a number first."),
        ([3, np.inf, 1], DataError, "sd=inf in 'Xã': it must be 0 or more. Correct it."),
    ],
)
def test_a_spread_that_cannot_be_used_is_named_with_its_stratum(sd, kind, message):
    refused(kind, lambda: allocate(SIZES, 100, method="neyman", sd=sd), message)


@pytest.mark.parametrize(
    ("sizes", "kind", "message"),
    [
        ({"A": 100, "B": 0}, DataError, "sizes=0 in 'B': it must be above 0. Correct it."),
        ({"A": 100, "B": None}, DataError, "sizes is missing for 'B'. Fill it in."),
        (
            {"A": 0.6, "B": 0.4},
            DataError,
            "sizes is below 1 for 'A', 'B'. Pass the number of units in a stratum, not its share.",
        ),
        ({}, DataError, "sizes has no strata. Check the filter or the file it came from."),
        (
            pd.Series([1, 2], index=["A", "A"]),
            DataError,
            "sizes has 'A' more than once. Give each stratum one value.",
        ),
        (
            pd.Series([1, 2], index=["A", None]),
            DataError,
            "sizes has a stratum without a name. Name it, or leave it out.",
        ),
        (
            pd.DataFrame({"n": [1]}),
            TypeError,
            "sizes is a DataFrame; pass a Series with a number for "
            "each stratum, "
            "a mapping, a list or a Frame.",
        ),
        (
            "100",
            TypeError,
            "sizes is a str; pass a Series with a number for each stratum, a mapping, a list or a Frame.",
        ),
    ],
)
def test_sizes_that_cannot_be_used_are_refused(sizes, kind, message):
    refused(kind, lambda: allocate(sizes, 5), message)


def frame(**more):
    table = {"ma": ["1", "2", "3"], "loai": ["xã", None, "xã"], "vung": ["a", "b", "b"], "so_ho": [4.0, 0, 3]}
    return Frame(pd.DataFrame(table), id="ma", name="Khung thử", as_of="2025-07-01", source="giả lập", **more)


def test_a_frame_without_what_is_needed_is_refused():
    refused(
        ArgumentError,
        lambda: allocate(frame(), 2),
        "sizes: the frame 'Khung thử' has no strata. Name their columns: Frame(..., strata=...).",
    )
    refused(
        DataError,
        lambda: allocate(frame(strata="loai"), 2),
        "sizes: 1 units of 'Khung thử' have no value in strata='loai'. "
        "Fill it in, or leave these units out of the frame.",
    )
    refused(
        ArgumentError,
        lambda: allocate(frame(strata="vung"), 2, measure="size"),
        "measure='size': the frame 'Khung thử' has no measure of size. Name it: Frame(..., size=...).",
    )
    refused(
        DataError,
        lambda: allocate(frame(strata="vung", size="so_ho"), 2, measure="size"),
        "size='so_ho'=0 in '2': it must be above 0. Correct it.",
    )


@pytest.mark.parametrize("n", [1.5, True, "90"])
def test_a_number_that_is_not_whole_is_refused(n):
    refused(TypeError, lambda: allocate(SIZES, n), f"n={n!r}: pass a whole number of units to draw.")


def test_several_values_for_one_precision_are_refused():
    refused(
        TypeError,
        lambda: allocate(SIZES, method="neyman", p=0.8, margin={"Xã": 0.05}),
        "margin has several values; pass one, or choose method='fixed_precision' or 'targets'.",
    )
