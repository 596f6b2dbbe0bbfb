"""Adjusted p-values, and the joint Wald test."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from surveykit.formulas.jointwald import joint
from surveykit.formulas.multiplicity import METHODS, adjust

few = settings(max_examples=30, deadline=None)
ps = st.lists(st.floats(0, 1, allow_subnormal=False), min_size=1, max_size=7).map(np.array)
RTOL = 1e-10


def local(p, kind):
    """Return p of the intersection of hypotheses: the smallest times their number, or Simes."""
    p = np.sort(p)
    if kind == "simes":
        return min(1.0, float((len(p) * p / np.arange(1, len(p) + 1)).min()))
    return min(1.0, len(p) * p[0])


def closed(p, kind):
    """Adjust by the closure: the largest p of all intersections that hold a hypothesis."""
    k = len(p)
    subsets = [s for r in range(1, k + 1) for s in combinations(range(k), r)]
    return np.array([max(local(p[list(s)], kind) for s in subsets if i in s) for i in range(k)])


@few
@given(ps)
def test_holm_and_hommel_are_closures(p):
    assert_allclose(adjust(p, "holm"), closed(p, "bonferroni"), rtol=RTOL)
    assert_allclose(adjust(p, "hommel"), closed(p, "simes"), rtol=RTOL)


@few
@given(ps)
def test_bh_is_the_smallest_share_at_which_a_p_is_found(p):
    k = len(p)
    factor = sum(1 / i for i in range(1, k + 1))
    ordered = np.sort(p)
    for i, x in enumerate(p):
        shares = [k * ordered[j] / (j + 1) for j in range(k) if ordered[j] >= x]
        assert_allclose(adjust(p, "bh")[i], min(1.0, *shares, 1.0), rtol=RTOL)
        assert_allclose(adjust(p, "by")[i], min(1.0, factor * min(shares)), rtol=RTOL)


@few
@given(ps)
def test_methods_are_ordered_and_none_is_below_the_plain_p(p):
    made = {name: adjust(p, name) for name in METHODS}
    tiny = 1e-12
    assert (made["none"] == p).all()
    for less, more in (("holm", "bonferroni"), ("hochberg", "holm"), ("hommel", "hochberg"), ("bh", "hommel"),
                       ("bh", "by"), ("none", "bh")):  # fmt: skip
        assert (made[less] <= made[more] + tiny).all(), (less, more)
    assert all((x <= 1).all() for x in made.values())


@pytest.mark.parametrize("name", METHODS)
def test_what_is_missing_does_not_count(name):
    p = np.array([0.01, np.nan, 0.04, 0.03])
    made = adjust(p, name)
    assert np.isnan(made[1])
    assert_allclose(made[[0, 2, 3]], adjust(p[[0, 2, 3]], name))
    assert np.isnan(adjust(np.array([np.nan]), name)).all()


def test_one_row_is_the_square_of_t():
    done = joint(np.array([2.5]), np.array([[1.0]]), 7)
    assert_allclose(done.F, 6.25)
    assert_allclose(done.p, 2 * stats.t.sf(2.5, 7))


@few
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_it_is_the_quadratic_form_and_does_not_depend_on_the_basis(seed, adjusted):
    rng = np.random.default_rng(seed)
    A, d, T = rng.normal(size=(3, 5)), rng.normal(size=3), rng.normal(size=(3, 3)) + 3 * np.eye(3)
    V, df = A @ A.T, 12.0
    done = joint(d, V, df, adjusted=adjusted)
    W = d @ np.linalg.inv(V) @ d
    second = df - 2 if adjusted else df
    F = W / 3 * (second / df if adjusted else 1)
    assert done.df == (3, second)
    assert_allclose(done.F, F, rtol=1e-6)
    assert_allclose(done.p, stats.f.sf(F, 3, second), rtol=1e-6)
    turned = joint(T @ d, T @ V @ T.T, df, adjusted=adjusted)
    assert_allclose(turned.F, done.F, rtol=1e-5)


def test_degrees_without_end_are_chi_square():
    done = joint(np.array([1.0, 2.0]), np.eye(2), np.inf)
    assert_allclose(done.p, stats.chi2.sf(5, 2))


def test_rows_that_follow_from_others_count_once():
    L = np.array([[1.0, 0], [0, 1], [1, 1]])
    V, d = np.array([[2.0, 0.5], [0.5, 1.0]]), np.array([1.0, -2.0])
    done, plain = joint(L @ d, L @ V @ L.T, 10), joint(d, V, 10)
    assert done.rank == 2
    assert not done.off
    assert_allclose(done.F, plain.F)
    away = joint(L @ d + [0, 0, 1], L @ V @ L.T, 10)
    assert away.off
    assert np.isnan(away.p)


def test_no_variance_or_too_few_units_give_no_p():
    assert joint(np.zeros(2), np.zeros((2, 2)), 10).rank == 0
    assert np.isnan(joint(np.zeros(2), np.zeros((2, 2)), 10).p)
    assert np.isnan(joint(np.ones(3), np.eye(3), 2).p)
    assert joint(np.ones(3), np.eye(3), 2).df == (3, 0)


def test_the_second_degrees_of_freedom_may_be_a_fraction_but_not_0():
    d, V = np.array([1.0, 2.0]), np.diag([1.0, 4.0])
    some = joint(d, V, 1.5)
    assert_allclose([some.F, *some.df], [0.5 / 1.5, 2.0, 0.5])
    assert np.isfinite(some.p)
    assert np.isnan(joint(d, V, 1.0).F)
    assert np.isnan(joint(d, V, 0.0, adjusted=False).F)
