"""Design effects of weighting, and degrees of freedom of few clusters."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from surveykit.formulas.effects import biggest_change, cluster_df, deff_henry, deff_kish, deff_spencer

few = settings(max_examples=25)
seeds = st.integers(0, 2**32 - 1)


def sample(seed, n=40):
    rng = np.random.default_rng(seed)
    x = rng.uniform(1, 5, n)
    return rng.uniform(0.5, 4, n), 3 * x + rng.normal(size=n), x


@few
@given(seeds)
def test_kish_is_one_plus_the_squared_variation_of_the_weights(seed):
    w, _, _ = sample(seed)
    assert_allclose(deff_kish(w), 1 + np.var(w) / np.mean(w) ** 2)
    assert_allclose(deff_kish(np.full(7, 3.0)), 1.0)


@few
@given(seeds, st.floats(0.1, 100))
def test_design_effects_have_no_unit(seed, scale):
    w, y, x = sample(seed)
    p = x / x.sum()
    assert_allclose(deff_spencer(w, scale * y, p), deff_spencer(w, y, p))
    assert_allclose(deff_spencer(scale * w, y, p), deff_spencer(w, y, p))
    assert_allclose(deff_henry(w, scale * y, x), deff_henry(w, y, x))
    assert_allclose(deff_henry(w, y, scale * x), deff_henry(w, y, x))
    assert_allclose(deff_henry(scale * w, y, x), deff_henry(w, y, x))


def test_equal_weights_leave_the_gain_of_the_regression_only():
    _, y, x = sample(1)
    w = np.full(y.size, 5.0)
    residual = y - np.polyval(np.polyfit(x, y, 1), x)
    assert_allclose(deff_henry(w, y, x), residual.var() / y.var())
    assert_allclose(deff_henry(w, y, x, practools=True), deff_henry(w, y, x))


def test_the_slip_of_practools_has_a_unit():
    w, y, x = sample(2)
    one, two = deff_henry(w, y, x, practools=True), deff_henry(w, 1000 * y, x, practools=True)
    assert abs(one - two) > 1e-6


@pytest.mark.parametrize("clusters", [2, 3, 5, 20])
def test_equal_clusters_have_one_degree_less_than_their_number(clusters):
    assert cluster_df(np.full(clusters, 2.0)) == clusters - 1


@few
@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=12))
def test_degrees_of_freedom_are_those_of_the_whole_matrix(share):
    c = np.array(share) / sum(share)
    centre = np.eye(c.size) - np.outer(np.ones(c.size), c)
    A = centre.T @ np.diag(c**2) @ centre
    wanted = np.trace(A) ** 2 / np.trace(A @ A)
    assert_allclose(cluster_df(np.array(share)), wanted, rtol=1e-6)
    assert 0.99 <= cluster_df(np.array(share)) <= c.size - 1 + 1e-6


def test_the_biggest_change_is_the_ratio_farthest_from_1():
    before = np.array([2.0, 2, 2, 0, 2])
    assert biggest_change(before, np.array([3.0, 1.5, 2, 9, 0])) == 1.5
    assert biggest_change(before, np.array([3.0, 1.0, 2, 9, 0])) == 0.5
    assert biggest_change(before, np.array([4.0, 1.0, 2, 9, 0])) == 2.0  # as far up as down
    assert biggest_change(before, np.array([30.0, -1.0, 2, 9, 0])) == -0.5
    assert biggest_change(before, np.zeros(5)) == 1.0
