"""What targets, rounding and expected precision refuse, in the words that a user reads."""

import pytest

from sampling.allocation import Target, allocate, precision, round_to
from sampling.checks import ArgumentError, ColumnError, DataError
from sampling.plots.allocation import plot_precision

SIZES = {"Phường": 500, "Xã": 300, "Đặc khu": 40}


def refused(kind, call, message):
    with pytest.raises(kind) as error:
        call()
    assert str(error.value) == message


# --- targets ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "kind", "message"),
    [
        (
            Target("Y", margin=0.05),
            ArgumentError,
            "target 'Y' needs sd=..., the standard deviation in each stratum, or p=... for a share.",
        ),
        (
            Target("Y", p=0.8),
            ArgumentError,
            "target 'Y': no precision is given. Pass one of cv, margin, variance.",
        ),
        (
            Target("Y", p=0.8, cv=0.1, margin=0.1),
            ArgumentError,
            "target 'Y': cv and margin are all given. Pass one of cv, margin, variance.",
        ),
        (
            Target("Y", p=85, margin=0.1),
            ArgumentError,
            "target 'Y', p=85: write it as a share between 0 and 1. Did you mean 0.85?",
        ),
        (
            Target("Y", p=0.8, margin=0.1, deff=0.5),
            ArgumentError,
            "target 'Y', deff=0.5: a design effect is 1 or more. Correct it.",
        ),
        (
            Target("Y", sd=2, variance=0),
            ArgumentError,
            "target 'Y', variance=0: it must be above 0. Correct it.",
        ),
        (
            Target("Y", p=0.8, margin=0.1, level=95),
            ArgumentError,
            "level=95: write it as a share between 0 and 1. Did you mean 0.95?",
        ),
        (
            Target("Y", p=0.8, margin=0.1, domains="vùng"),
            TypeError,
            "domains is a str; pass the domain of each stratum by its name: {stratum: domain}.",
        ),
        (
            Target("Y", p=0.8, margin=0.1, domains={"Xa": 1}),
            ColumnError,
            "domains names 'Xa', and sizes has no such stratum. Did you mean 'Xã'?",
        ),
        (
            Target("Y", p=0.8, margin=0.1, domains={"Xã": 1}),
            ColumnError,
            "domains has no domain for 'Phường', 'Đặc khu'. Add it, or None if it is in none.",
        ),
        (
            Target("Y", p=0.8, margin=0.1, domains=dict.fromkeys(SIZES)),
            ArgumentError,
            "domains puts no stratum into a domain. Name the domain of each stratum.",
        ),
        ("Y", TypeError, "targets holds a str; pass Target(name, p=..., margin=...)."),
    ],
)
def test_a_target_that_cannot_be_used_is_named(target, kind, message):
    refused(kind, lambda: allocate(SIZES, method="targets", targets=[target]), message)


def test_a_target_out_of_reach_is_named_with_its_domain():
    easy = Target("Dễ", p=0.5, margin=0.1)
    hard = Target("Hài lòng", p=0.8, margin=0.05, domains={k: k for k in SIZES})
    refused(
        ArgumentError,
        lambda: allocate(SIZES, method="targets", targets=[easy, hard], maximum={"Đặc khu": 20}),
        "target 'Hài lòng' in 'Đặc khu' cannot be met: with all that the strata allow (820 units) the "
        "margin is "
        "0.124, and 0.05 is wanted. Raise the maximum or the response, or loosen the target.",
    )


# --- rounding and precision ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "arguments", "message"),
    [
        ([1.5, 2.4], {}, "values add up to 3.9, not to a whole number. Pass total=..."),
        ([1.5, 2.4], {"total": 9}, "total=9: rounding gives 3 to 5. Scale the values to the total first."),
        (
            {"A": 1.5, "B": 2.4},
            {"total": 4, "minimum": 2},
            "values=1.5 in 'A' is below minimum=2. Bring the values within their bounds before they are "
            "rounded.",
        ),
        (
            {"A": 1.5, "B": 2.4},
            {"total": 4, "maximum": 2},
            "values=2.4 in 'B' is above maximum=2. Bring the values within their bounds before they are "
            "rounded.",
        ),
        ({"A": 1.5, "B": 2.5}, {"maximum": 2.6}, "maximum=2.6 in 'A': pass a whole number."),
    ],
)
def test_rounding_that_cannot_be_done_is_refused(values, arguments, message):
    refused(ArgumentError, lambda: round_to(values, **arguments), message)


def test_rounding_refuses_nothing_and_totals_that_are_not_whole():
    refused(DataError, lambda: round_to([]), "values has no numbers. Check what they came from.")
    refused(TypeError, lambda: round_to([1.5, 2.5], 4.0), "total=4.0: pass a whole number.")
    refused(DataError, lambda: round_to({"A": -1.5}), "values=-1.5 in 'A': it must be 0 or more. Correct it.")


@pytest.mark.parametrize(
    ("n", "arguments", "message"),
    [
        (
            [10, 10, 10],
            {},
            "precision needs sd=..., the standard deviation in each stratum, or p=... for a share.",
        ),
        ([10, 10, 41], {"p": 0.5}, "n=41 in 'Đặc khu': pass a whole number, at most its 40 units."),
        ([10, 2.5, 4], {"p": 0.5}, "n=2.5 in 'Xã': pass a whole number, at most its 300 units."),
        ([10, 10, 10], {"p": 0.5, "icc": 0.1}, "icc and take go together: pass both, or deff."),
        (
            [10, 10, 10],
            {"p": 0.5, "icc": 0.1, "take": 5, "deff": 2},
            "deff and icc are both given. Pass deff, or icc with take.",
        ),
        (
            [10, 10, 10],
            {"p": 0.5, "icc": 0.1, "take": 0.5},
            "take=0.5 in 'Phường': a cluster has 1 answer or more.",
        ),
        (
            [10, 10, 10],
            {"p": 0.5, "icc": 5, "take": 8},
            "icc=5: write it as a share between 0 and 1. Did you mean 0.05?",
        ),
    ],
)
def test_a_precision_that_cannot_be_told_is_refused(n, arguments, message):
    refused(ArgumentError, lambda: precision(n, SIZES, **arguments), message)


def test_sizes_are_given_once():
    refused(
        ArgumentError,
        lambda: precision([10, 10], p=0.5),
        "precision needs sizes=..., the units of each stratum, unless n is an Allocation.",
    )
    refused(
        ArgumentError,
        lambda: precision(allocate(SIZES, 90), SIZES, p=0.5),
        "sizes is given, and the allocation has its own. Leave sizes out.",
    )


def test_a_line_of_the_picture_that_cannot_be_is_refused():
    share, mean = (precision([10, 10], [100, 100], **x) for x in ({"p": 0.5}, {"sd": 3}))
    refused(
        ArgumentError,
        lambda: plot_precision(share, target=5),
        "target=5: write it as a share between 0 and 1. Did you mean 0.05?",
    )
    refused(
        ArgumentError,
        lambda: plot_precision(mean, target=-5),
        "target=-5: it must be above 0. Correct it.",
    )
