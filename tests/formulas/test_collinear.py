"""Auxiliaries that are combinations of others."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from strategies import SEEDS

from surveykit.formulas.collinear import Relation, collinear, consistent

few = settings(max_examples=40)


def named(found):
    return {relation.j: relation.others.tolist() for relation in found}


@few
@given(SEEDS, st.integers(1, 5), st.integers(-8, 8))
def test_a_combination_is_found_with_its_coefficients(seed, parts, power):
    rng = np.random.default_rng(seed)
    X, d = rng.normal(size=(40, 6)), rng.uniform(0.5, 100, 40)
    taken = np.sort(rng.choice(6, parts, replace=False))
    b = rng.uniform(1, 2, parts) * rng.choice([-1, 1], parts) * 10.0**power
    (found,) = collinear(np.column_stack([X, X[:, taken] @ b]), d)
    assert found.j == 6
    assert found.others.tolist() == taken.tolist()
    assert_allclose(found.coefficients, b, rtol=1e-9)


@few
@given(SEEDS, st.integers(0, 6))
def test_columns_that_add_something_are_never_named(seed, zeros):
    rng = np.random.default_rng(seed)
    scale = 10.0 ** rng.integers(-6, 7, 6)
    X = rng.normal(size=(30, 6)) * scale
    assert collinear(X, rng.uniform(0.5, 100, 30)) == []
    near = np.column_stack([X, X[:, 0] + 1e-7 * scale[0] * rng.normal(size=30)])
    assert collinear(near, np.ones(30)) == []


def test_two_margins_have_one_relation_and_a_third_another():
    rng = np.random.default_rng(3)
    margins = [np.eye(L)[np.r_[np.arange(L), rng.integers(0, L, 50 - L)]] for L in (2, 3, 4)]
    X = np.hstack(margins)
    found = collinear(X, np.ones(50))
    assert named(found) == {4: [0, 1, 2, 3], 8: [0, 1, 5, 6, 7]}
    assert_allclose(found[0].coefficients, [1, 1, -1, -1])
    assert_allclose(found[1].coefficients, [1, 1, -1, -1, -1])
    sparse = collinear(sp.csr_matrix(X), np.ones(50))
    assert named(sparse) == named(found)


def test_the_fewest_others_are_named():
    rng = np.random.default_rng(4)
    a, b, c = rng.normal(size=(3, 20))
    X = np.column_stack([a, b, c, a + b + c, 2 * (a + b + c), a + b, b + 3 * (a + c + b), 1.0 * c])
    found = collinear(X, np.ones(20))
    assert named(found) == {3: [0, 1, 2], 4: [3], 5: [0, 1], 6: [1, 3], 7: [2]}
    assert_allclose(found[1].coefficients, [2])
    assert_allclose(found[3].coefficients, [1, 3])


def test_columns_that_nearly_agree_are_tried_in_full():
    rng = np.random.default_rng(5)
    a, b = rng.normal(size=(2, 30))
    near = a + 1e-6 * b  # correlated to 1e-12 with a, but not a multiple of it
    X = np.column_stack([a, b, near])
    (found,) = collinear(X, np.ones(30))
    assert (found.j, found.others.tolist()) == (2, [0, 1])
    assert_allclose(found.coefficients, [1, 1e-6], rtol=1e-8)


def test_a_column_of_zeros_is_the_sum_of_nothing():
    (found,) = collinear(np.column_stack([np.ones(3), np.zeros(3)]), np.ones(3))
    assert (found.j, found.others.tolist(), found.coefficients.tolist()) == (1, [], [])
    assert consistent([found], np.array([5.0, 0.0])).tolist() == [True]
    assert consistent([found], np.array([5.0, 1.0])).tolist() == [False]


@pytest.mark.parametrize(("target", "agrees"), [(8_100.0, True), (8_100.001, False), (8_100.000001, True)])
def test_targets_satisfy_the_relation_or_do_not(target, agrees):
    relation = Relation(2, np.array([0, 1]), np.array([1.0, 2.0]))
    assert consistent([relation], np.array([100.0, 4_000.0, target])).tolist() == [agrees]


def test_totals_of_any_weights_satisfy_the_relations():
    rng = np.random.default_rng(6)
    a = rng.normal(size=(20, 3))
    X = np.column_stack([a, a[:, 0] - a[:, 1], a.sum(axis=1)])
    found = collinear(X, np.ones(20))
    assert consistent(found, X.T @ rng.uniform(1, 5, 20)).tolist() == [True, True]
