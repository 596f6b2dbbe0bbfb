"""Rubin's rules, against loops and textbook formulas."""

import numpy as np
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from surveykit.formulas.imputed import Imputed, rests
from surveykit.formulas.replicated import Replicated

few = settings(max_examples=20, deadline=None)


@few
@given(st.integers(0, 2**32 - 1), st.integers(2, 6))
def test_the_covariance_is_the_mean_inside_and_the_spread_between(seed, m):
    rng = np.random.default_rng(seed)
    Q, k = rng.normal(size=(m, 3)), 3
    halves = rng.normal(size=(m, 8, k))
    parts = tuple(Replicated(half, np.zeros(k, dtype=np.intp)) for half in halves)
    own = Imputed(parts, Q - Q.mean(axis=0))
    T = np.mean([half.T @ half for half in halves], axis=0) + (1 + 1 / m) * np.cov(Q.T)
    L = sp.csr_matrix(rng.normal(size=(k, 2)))
    assert_allclose(own.full(), T)
    assert_allclose(own.diag(), np.diag(T))
    assert_allclose(own.of(L), L.T @ T @ L.toarray())
    inside, between = own.sides(L)
    assert_allclose(inside + between, np.diag(L.T @ T @ L.toarray()))
    assert repr(own) == f"covariance of 3 estimates from {m} imputations"


def test_degrees_of_freedom_are_those_of_rubin_and_of_barnard_and_rubin():
    W, B, m = 2.0, 0.6, 5
    b = (1 + 1 / m) * B
    r, T = b / W, W + b
    classical = (m - 1) * (1 + 1 / r) ** 2
    own = rests(np.array([W]), np.array([b]), m, np.array([np.inf]))
    assert_allclose([own.increase[0], own.df[0]], [r, classical])
    assert_allclose(own.missing, (r + 2 / (classical + 3)) / (r + 1))
    observed = (20 + 1) / (20 + 3) * 20 * (1 - b / T)
    own = rests(np.array([W]), np.array([b]), m, np.array([20.0]))
    assert_allclose(own.df, 1 / (1 / classical + 1 / observed))
    assert own.df[0] < 20


def test_what_is_not_imputed_has_no_increase_and_what_is_only_imputed_has_m_less_one():
    inside, between = np.array([2.0, 0.0, 0.0]), np.array([0.0, 3.0, 0.0])
    own = rests(inside, between, 4, np.full(3, np.inf))
    assert_array_equal(own.increase, [0, np.inf, 0])
    assert_array_equal(own.df, [np.inf, 3, np.inf])
    assert_array_equal(own.missing, [0, 1, 0])
    own = rests(inside, between, 4, np.full(3, 10.0))
    assert_allclose(own.df, [11 / 13 * 10, 3, 11 / 13 * 10])
