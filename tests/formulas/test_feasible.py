"""Why a calibration cannot be done: the linear programmes against programmes written anew here."""

import re

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis.strategies import floats
from numpy.testing import assert_allclose
from reachable import WAYS, impossible, possible, problem
from scipy.optimize import linprog
from strategies import SEEDS

from sampling.checks import ArgumentError
from surveykit.formulas.feasible import conflict, elastic, is_feasible, least_violating, scales
from surveykit.formulas.steps import one_hot

few = settings(max_examples=40)

# Men, women, town, country; no man lives in the country and no woman in town.
APART = np.array([[1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 1.0]])


def least_sum(d, X, t, lower, upper):
    """Return the least sum of relative gaps, with one variable above each gap and its negative."""
    K, p = X.shape
    A = np.block([[X.T / t[:, None], -np.eye(p)], [-X.T / t[:, None], -np.eye(p)]])
    bounds = np.vstack([np.column_stack([d * lower, d * upper]), np.tile([0.0, np.inf], (p, 1))])
    found = linprog(
        np.r_[np.zeros(K), np.ones(p)], A_ub=A, b_ub=np.r_[np.ones(p), -np.ones(p)], bounds=bounds
    )
    return found.fun


@few
@given(SEEDS)
def test_totals_of_factors_within_the_bounds_can_be_reached(seed):
    _, d, X, g, _ = problem(seed)
    t = X.T @ (d * g)
    assert is_feasible(d, X, t)
    assert is_feasible(d, X, t, lower=g.min(), upper=g.max())
    assert is_feasible(d, sp.csr_matrix(X), t, lower=g, upper=g)
    assert conflict(d, X, t, lower=g - 0.01, upper=g + 0.01) is None


@few
@given(SEEDS, WAYS)
def test_what_can_be_reached_is_what_another_programme_says(seed, way):
    d, X, t, lower, upper = impossible(seed, way)
    assert is_feasible(d, X, t, lower=lower, upper=upper) == possible(d, X, t, lower, upper)


@few
@given(SEEDS, WAYS, floats(-6, 6), floats(-6, 6))
def test_units_never_matter(seed, way, people, number):
    d, X, t, lower, upper = impossible(seed, way)
    unit = np.r_[np.full(t.size - 1, 1.0), 10**number]
    there = is_feasible(d, X, t, lower=lower, upper=upper)
    many = 10**people
    assert is_feasible(d * many, X * unit, t * unit * many, lower=lower, upper=upper) == there


@few
@given(SEEDS, WAYS)
def test_a_conflict_is_impossible_and_drops_with_any_member(seed, way):
    d, X, t, lower, upper = impossible(seed, way)
    found = conflict(d, X, t, lower=lower, upper=upper)
    if possible(d, X, t, lower, upper):
        assert found is None
        return
    assert found.bounds == possible(d, X, t)
    low, high = (lower, upper) if found.bounds else (0.0, np.inf)
    assert not possible(d, X[:, found.members], t[found.members], low, high)
    for member in found.members:
        rest = np.setdiff1d(found.members, member)
        assert possible(d, X[:, rest], t[rest], low, high)


@few
@given(SEEDS, WAYS)
def test_groups_in_conflict_drop_with_any_of_them(seed, way):
    d, X, t, lower, upper = impossible(seed, way)
    groups = np.arange(t.size) // 2
    found = conflict(d, X, t, groups=groups, lower=lower, upper=upper)
    if found is None:
        assert possible(d, X, t, lower, upper)
        return
    low, high = (lower, upper) if found.bounds else (0.0, np.inf)
    inside = np.isin(groups, found.members)
    assert not possible(d, X[:, inside], t[inside], low, high)
    for member in found.members:
        rest = inside & (groups != member)
        assert possible(d, X[:, rest], t[rest], low, high)


@few
@given(SEEDS, WAYS)
def test_no_factors_violate_less(seed, way):
    d, X, t, lower, upper = impossible(seed, way)
    g, reached = least_violating(d, X, t, lower=lower, upper=upper)
    high = np.broadcast_to(upper, d.shape)
    assert (g >= lower).all()
    assert (g <= high).all()
    assert_allclose(reached, X.T @ (d * g))
    gap = np.abs(reached / t - 1).sum()
    assert_allclose(gap, least_sum(d, X, t, lower, upper), atol=1e-8)
    assert (gap < 1e-8) == possible(d, X, t, lower, upper)
    rng = np.random.default_rng(seed)
    for _ in range(20):
        other = rng.uniform(lower, np.minimum(high, 3.0))
        assert np.abs(X.T @ (d * other) / t - 1).sum() >= gap - 1e-8


# --- by hand ------------------------------------------------------------------------------------------------


def test_margins_over_the_same_cells_contradict_each_other():
    found = conflict(np.array([5.0, 5.0]), APART, np.array([60.0, 40.0, 70.0, 30.0]))
    assert tuple(found.members) in {(0, 2), (1, 3)}  # men and town, or women and country: the same people
    assert not found.bounds


def test_groups_name_the_margins():
    t = np.array([60.0, 40.0, 70.0, 30.0])
    found = conflict(np.ones(2), APART, t, groups=np.array([0, 0, 1, 1]))
    assert found.members.tolist() == [0, 1]


def test_a_sum_contradicts_its_parts_and_each_takes_part():
    X = np.array([[1.0, 0.0, 1.0, 1.0], [0.0, 1.0, 1.0, 0.0]])
    found = conflict(np.ones(2), X, np.array([5.0, 5.0, 20.0, 5.0]))
    assert found.members.size == 3
    assert {1, 2} < set(found.members.tolist())  # and either of the two columns that are alike


@pytest.mark.parametrize("target", [-3.0, 7.0])
def test_one_target_may_be_impossible_by_itself(target):
    X = np.array([[1.0, 0.0], [1.0, 0.0 if target > 0 else 1.0]])
    found = conflict(np.ones(2), X, np.array([4.0, target]))
    assert found.members.tolist() == [1]
    assert not found.bounds


def test_bounds_take_part_where_the_margins_alone_are_possible():
    d, X, t = np.array([10.0, 10.0, 10.0]), np.eye(3), np.array([10.0, 14.0, 11.0])
    found = conflict(d, X, t, upper=1.2)
    assert found.members.tolist() == [1]
    assert found.bounds
    assert conflict(d, X, t, upper=1.4) is None


def test_only_targets_that_contradict_each_other_exclude_negative_weights():
    X = np.array([[1.0, 1.0], [0.0, 1.0]])
    assert conflict(np.ones(2), X, np.array([5.0, 3.0])).members.tolist() == [0, 1]
    assert conflict(np.ones(2), X, np.array([5.0, 3.0]), lower=-np.inf) is None
    twice = np.array([[1.0, 2.0], [1.0, 2.0]])
    assert conflict(np.ones(2), twice, np.array([5.0, 3.0]), lower=-np.inf).members.tolist() == [0, 1]


def test_the_nearest_leaves_the_gap_on_one_target():
    X = np.array([[1.0, 1.0], [0.0, 1.0]])  # men, everyone
    g, reached = least_violating(np.array([10.0, 10.0]), X, np.array([40.0, 30.0]))
    assert_allclose(reached, [30, 30])  # 10 of 40 is less than 10 of 30
    assert_allclose(g, [3, 0], atol=1e-12)


def test_a_target_of_0_is_measured_by_what_the_cells_hold():
    d, X = np.array([10.0, 20.0, 30.0]), np.column_stack([np.eye(3), [0.0, 0.0, 0.0]])
    assert_allclose(scales(d, X, np.array([0.0, 60.0, 90.0, 0.0])), [30, 60, 90, 1])
    assert_allclose(scales(d, X, np.zeros(4)), [10, 20, 30, 1])
    assert is_feasible(d, X, np.array([0.0, 60.0, 90.0, 0.0]))
    assert not is_feasible(d, X, np.array([0.0, 60.0, 90.0, 1e-6]))
    assert not is_feasible(d, X, np.array([0.0, 60.0, 90.0, 0.0]), lower=1e-6)


def test_a_sum_in_which_most_cancels_is_measured_by_its_terms():
    d, x = np.ones(4), np.array([1e6, -1e6, 1e6, -1e6])
    X = np.column_stack([np.ones(4), x])
    assert_allclose(scales(d, X, np.array([4.0, 1.0])), [4, 4e6])


def test_no_targets_are_always_reached():
    assert conflict(np.ones(2), np.zeros((2, 0)), np.zeros(0)) is None


def test_the_greatest_gap_is_least_where_all_are_alike():
    X = np.array([[1.0, 1.0], [0.0, 0.0]])
    done = elastic(np.ones(2), X, np.array([2.0, 4.0]), 0.0, np.inf, "greatest")
    assert_allclose(done.loss, 1 / 3)  # 8/3 people: a third above 2, a third below 4
    assert_allclose(np.abs(done.gap), 1 / 3)
    assert_allclose(np.abs(done.y).sum(), 1)


def test_bounds_the_wrong_way_round_are_refused():
    before = re.escape("targets: the linear programme that looks for weights was not solved (")
    after = re.escape(
        "). Check that every lower bound is below its upper bound, and that all numbers are finite."
    )
    with pytest.raises(ArgumentError, match=f"^{before}.*{after}$"):
        is_feasible(np.ones(2), np.eye(2), np.ones(2), lower=1.0, upper=0.5)


def test_two_levels_over_the_same_people_are_found_among_two_hundred():
    rng, K, levels = np.random.default_rng(1), 20_000, [63, 40, 30, 20, 15, 12, 8, 6, 4, 2]
    codes = [rng.integers(0, L, K) for L in levels]
    keep = (codes[0] == 0) == (codes[1] == 1)  # these two levels are the same people
    X = sp.hstack([one_hot(code, L) for code, L in zip(codes, levels, strict=True)]).tocsr()[keep]
    d = rng.uniform(1, 3_000, int(keep.sum()))
    t = X.T @ (d * rng.uniform(0.5, 2.0, d.size))
    more = 0.3 * t[0]
    t[1:63] -= more * t[1:63] / t[1:63].sum()
    t[0] += more
    found = conflict(d, X, t)
    assert found.members.tolist() == [0, 64]
