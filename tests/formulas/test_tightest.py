"""The tightest bounds: possible a little wider, impossible a little tighter, and numbers by hand."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.testing import assert_allclose
from reachable import WAYS, impossible, possible, problem
from strategies import SEEDS

from sampling.checks import ArgumentError
from surveykit.formulas.tightest import tightest_bounds, tightest_cap, tightest_lower, tightest_upper

few = settings(max_examples=30)
A_LITTLE = 1e-6


def widened(tau, lower, upper):
    return np.maximum(1 - tau * (1 - lower), 0.0), 1 + tau * (upper - 1)


@few
@given(SEEDS)
def test_the_tightest_bounds_are_possible_and_no_tighter_ones(seed):
    rng, d, X, g, _ = problem(seed)
    t = X.T @ (d * g)
    for lower, upper in ((0.9, 1.2), (rng.uniform(0.2, 0.9, d.size), rng.uniform(1.1, 1.5, d.size))):
        found = tightest_bounds(d, X, t, lower=lower, upper=upper)
        assert_allclose((found.lower, found.upper), widened(found.tau, lower, upper), atol=1e-12)
        assert possible(d, X, t, *widened(found.tau * (1 + A_LITTLE), lower, upper))
        assert not possible(d, X, t, *widened(found.tau * (1 - A_LITTLE), lower, upper))


@few
@given(SEEDS)
def test_the_least_upper_and_the_greatest_lower_bound_are_at_their_edge(seed):
    _, d, X, g, _ = problem(seed)
    t = X.T @ (d * g)
    up = tightest_upper(d, X, t, lower=0.3)
    assert possible(d, X, t, 0.3, up * (1 + A_LITTLE))
    assert not possible(d, X, t, 0.3, up * (1 - A_LITTLE))
    down = tightest_lower(d, X, t, upper=2.5)
    assert possible(d, X, t, down * (1 - A_LITTLE), 2.5)
    assert not possible(d, X, t, down * (1 + A_LITTLE), 2.5)


@few
@given(SEEDS)
def test_the_least_cap_is_at_its_edge(seed):
    rng, d, X, g, _ = problem(seed)
    m = rng.integers(1, 9, d.size).astype(float)
    t = X.T @ (m * d * g)
    floor = 0.2 * d * g
    cap = tightest_cap(m, X, t, floor=floor)
    assert possible(m, X, t, floor, cap * (1 + A_LITTLE))
    assert not possible(m, X, t, np.minimum(floor, cap * (1 - A_LITTLE)), cap * (1 - A_LITTLE))


@few
@given(SEEDS, WAYS)
def test_there_are_bounds_exactly_where_the_margins_are_possible(seed, way):
    d, X, t, _, _ = impossible(seed, way)
    there = possible(d, X, t)
    assert (tightest_bounds(d, X, t, lower=0.5, upper=2.0) is not None) == there
    assert (tightest_upper(d, X, t) is not None) == there
    assert (tightest_lower(d, X, t) is not None) == there
    assert (tightest_cap(d, X, t) is not None) == there


# --- by hand ------------------------------------------------------------------------------------------------

TWO = np.eye(2)
TENS = np.array([10.0, 10.0])


def test_bounds_keep_their_proportions():
    found = tightest_bounds(TENS, TWO, np.array([14.0, 9.0]), lower=0.9, upper=1.2)
    assert_allclose(found, (2, 0.8, 1.4))  # the upper decides


def test_a_lower_bound_stops_at_0():
    found = tightest_bounds(TENS, TWO, np.array([40.0, 1.0]), lower=0.5, upper=1.2)
    assert_allclose(found, (15, 0, 4))
    found = tightest_bounds(TENS, TWO, np.array([11.0, 1.0]), lower=np.array([0.9, 0.4]), upper=1.2)
    assert_allclose(found.tau, 1.5)
    assert_allclose(found.lower, [0.85, 0.1])


def test_targets_that_hold_already_need_no_room():
    assert tightest_bounds(TENS, TWO, TENS, lower=0.9, upper=1.2) == (0.0, 1.0, 1.0)


@pytest.mark.parametrize(("lower", "upper"), [(1.1, 2.0), (0.5, 0.9), (-np.inf, 2.0), (0.5, np.inf)])
def test_bounds_lie_on_both_sides_of_1(lower, upper):
    sentence = f"bounds: {lower:g} and {upper:g} must be finite, and 1 must lie between them."
    with pytest.raises(ArgumentError, match=f"^{re.escape(sentence)}$"):
        tightest_bounds(TENS, TWO, TENS, lower=lower, upper=upper)


def test_the_upper_bound_of_all_is_that_of_the_neediest():
    everyone = np.column_stack([TWO, np.ones(2)])
    assert_allclose(tightest_upper(TENS, everyone, np.array([14.0, 9.0, 23.0])), 1.4)
    assert_allclose(tightest_upper(TENS, np.ones((2, 1)), np.array([30.0])), 1.5)
    assert_allclose(tightest_upper(TENS, np.ones((2, 1)), np.array([30.0]), lower=np.array([1.2, 0])), 1.5)
    assert tightest_upper(TENS, np.ones((2, 1)), np.array([30.0]), lower=1.6) is None


def test_the_lower_bound_of_all_is_that_of_the_scarcest():
    assert_allclose(tightest_lower(TENS, TWO, np.array([14.0, 9.0])), 0.9)
    both = np.ones((2, 1))
    assert_allclose(tightest_lower(TENS, both, np.array([15.0])), 0.75)
    assert tightest_lower(TENS, both, np.array([15.0]), upper=0.7) is None


def test_an_upper_bound_may_hold_the_lower_one_down():
    X = np.array([[1.0, 3.0], [1.0, 0.0]])  # the first has 3 of something: 42 of it need the ratio 1.4
    assert_allclose(tightest_lower(TENS, X, np.array([20.0, 42.0]), upper=1.4), 0.6)


def test_where_nothing_limits_the_lower_bound_it_is_1():
    X = np.array([[1.0], [-1.0]])
    assert_allclose(tightest_lower(TENS, X, np.zeros(1)), 1.0)
    assert_allclose(tightest_lower(TENS, X, np.zeros(1), upper=3.0), 3.0)


def test_rows_that_must_stand_for_many_set_the_cap():
    m = np.array([30.0, 5.0, 5.0])
    X = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    assert_allclose(tightest_cap(m, X, np.array([600.0, 400.0])), 40.0)
    assert_allclose(tightest_cap(m, X, np.array([600.0, 400.0]), floor=np.array([0.0, 0.0, 50.0])), 50.0)
