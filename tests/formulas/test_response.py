"""Outcome rates as arrays: against published numbers and fractions worked by hand, and their laws."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from surveykit.formulas.response import CLASSES, RATES, eligible_share, flow, outcome_rates

#: Numbers of cases, and sums of weights; some classes are empty.
COUNTS = st.lists(st.one_of(st.just(0.0), st.floats(0.01, 1e4)), min_size=8, max_size=8).map(np.array)
SHARE = st.floats(0, 1)


def named(counts, e):
    return dict(zip(RATES, outcome_rates(counts, np.array(e)).tolist(), strict=True))


def test_rates_are_those_that_the_package_outcomerate_publishes():
    # the table and the numbers in its README: 12 cases, e = 0.9
    counts = np.array([4.0, 2, 1, 1, 1, 1, 1, 1])
    published = [
        0.364, 0.545, 0.370, 0.556, 0.444, 0.667, 0.500, 0.750, 0.571, 0.857, 0.091, 0.093, 0.111,
        0.727, 0.741, 0.889,
    ]  # fmt: skip
    assert eligible_share(counts) == 0.9
    assert_array_equal(outcome_rates(counts, eligible_share(counts)).round(3), published)


def test_weighted_rates_are_those_that_the_package_outcomerate_publishes():
    words = ["I", "P", "I", "UO", "R", "I", "NC", "I", "O", "P", "UH"]
    weights = [1.3] * 6 + [2.5] * 5
    counts = np.bincount([CLASSES.index(word) for word in words], weights=weights, minlength=8)
    rates = named(counts, 1.0)
    assert (round(rates["RR2"], 2), round(rates["CON1"], 2)) == (0.50, 0.69)


def test_rates_are_those_worked_by_hand():
    # I 260, P 20, R 40, NC 30, O 10, UH 25, UO 15, NE 90: eligible 360, unknown 40
    counts = np.array([260.0, 20, 40, 30, 10, 25, 15, 90])
    e = Fraction(360, 450)
    half = 360 + e * 40  # 392
    wanted = {
        "RR1": Fraction(260, 400), "RR2": Fraction(280, 400),
        "RR3": 260 / half, "RR4": 280 / half, "RR5": Fraction(260, 360), "RR6": Fraction(280, 360),
        "COOP1": Fraction(260, 330), "COOP2": Fraction(280, 330),
        "COOP3": Fraction(260, 320), "COOP4": Fraction(280, 320),
        "REF1": Fraction(40, 400), "REF2": 40 / half, "REF3": Fraction(40, 360),
        "CON1": Fraction(330, 400), "CON2": 330 / half, "CON3": Fraction(330, 360),
    }  # fmt: skip
    assert half == 392
    assert float(eligible_share(counts)) == float(e)
    found = named(counts, float(e))
    assert list(found) == list(wanted)
    assert_allclose(list(found.values()), [float(v) for v in wanted.values()], rtol=1e-15)


@given(COUNTS, SHARE)
def test_response_rates_have_their_order(counts, e):
    if counts[:5].sum() == 0:
        return
    rates = named(counts, e)
    slack = 1 + 1e-12
    assert rates["RR1"] <= rates["RR3"] * slack
    assert rates["RR3"] <= rates["RR5"] * slack
    assert rates["RR2"] <= rates["RR4"] * slack
    assert rates["RR4"] <= rates["RR6"] * slack
    assert all(rates[f"RR{k}"] <= rates[f"RR{k + 1}"] for k in (1, 3, 5))
    assert all(0 <= rate <= slack for rate in rates.values() if not np.isnan(rate))


@given(COUNTS)
def test_e_of_one_counts_the_unknown_whole_and_e_of_nought_not_at_all(counts):
    one, nought = named(counts, 1.0), named(counts, 0.0)
    for middle, least, most in (
        ("RR3", "RR1", "RR5"), ("RR4", "RR2", "RR6"), ("REF2", "REF1", "REF3"), ("CON2", "CON1", "CON3"),
    ):  # fmt: skip
        assert_array_equal(one[middle], one[least])
        assert_array_equal(nought[middle], nought[most])


@given(COUNTS, SHARE, st.floats(0.001, 1000))
def test_rates_do_not_depend_on_the_scale_of_the_weights(counts, e, scale):
    assert_allclose(
        outcome_rates(scale * counts, np.array(e)), outcome_rates(counts, np.array(e)), rtol=1e-12
    )
    assert_allclose(eligible_share(scale * counts), eligible_share(counts), rtol=1e-12)


@given(COUNTS, COUNTS)
def test_the_flow_of_groups_adds_up_and_never_grows(one, two):
    assert_allclose(flow(one) + flow(two), flow(one + two))
    assert (np.diff(flow(one)) <= 1e-9).all()
    assert_allclose(flow(one)[0], one.sum())
    assert_allclose(flow(one)[-1], one[0] + one[1])


def test_a_rate_without_cases_is_not_a_number_and_a_share_nobody_needs_does_no_harm():
    nobody = np.zeros(8)
    assert np.isnan(outcome_rates(nobody, eligible_share(nobody))).all()
    only_unknown = np.array([0.0, 0, 0, 0, 0, 3, 1, 0])
    rates = named(only_unknown, eligible_share(only_unknown))
    assert rates["RR1"] == 0
    assert np.isnan(rates["RR3"])
    assert named(np.array([3.0, 0, 1, 0, 0, 0, 0, 0]), np.nan)["RR3"] == 0.75


@pytest.mark.parametrize("groups", [(), (3,), (2, 3)])
def test_groups_stand_on_the_axes_before_the_last(groups):
    counts = np.random.default_rng(1).uniform(0, 9, (*groups, 8))
    e = eligible_share(counts)
    assert e.shape == groups
    assert outcome_rates(counts, e).shape == (*groups, 16)
    assert flow(counts).shape == (*groups, 5)
