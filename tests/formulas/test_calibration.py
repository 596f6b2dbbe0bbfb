"""The solver of calibration: its ratios and slopes, the same place by other roads, what cannot be met."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from solved import BOUNDS, KINDS, small

from surveykit.formulas import calibration
from surveykit.formulas.calibration import Bounds, System, inverse, ratio, slope, solve

#: Central differences of F with step 1e-6.
NUMERIC = 1e-7
#: Gap left, relative to the target.
MET = 1e-10

few = settings(max_examples=25)
seeds = st.integers(0, 2**32 - 1)
kinds = pytest.mark.parametrize("kind", KINDS)


# --- the ratio as a function of x'λ -------------------------------------------------------------------------


@kinds
def test_the_ratio_is_1_at_0_and_rises_with_slope_1(kind):
    distance, bounds = KINDS[kind]
    F = ratio(distance, np.zeros(1), bounds)
    assert_allclose(F, 1.0, rtol=1e-15)
    assert_allclose(slope(distance, F, bounds), 1.0, rtol=1e-15)


@kinds
def test_the_slope_is_the_derivative_of_the_ratio(kind):
    distance, bounds = KINDS[kind]
    u = np.linspace(-3, 3, 241)
    F = ratio(distance, u, bounds)
    up, down = (ratio(distance, u + h, bounds) for h in (1e-6, -1e-6))
    smooth = (np.abs(F - bounds.lower) > 1e-5) & (np.abs(F - bounds.upper) > 1e-5)
    assert smooth.sum() > 40
    assert_allclose(slope(distance, F, bounds)[smooth], ((up - down) / 2e-6)[smooth], rtol=NUMERIC)
    if distance != "logit":
        assert (slope(distance, F, bounds)[(bounds.lower == F) | (bounds.upper == F)] == 0).all()


def test_the_ratios_are_those_of_the_textbook():
    u = np.linspace(-2, 2, 41)
    assert_allclose(ratio("linear", u), 1 + u)
    assert_allclose(ratio("raking", u), np.exp(u))
    F = ratio("sinh", u)
    assert_allclose(np.sinh(F - 1 / F) / 2, u, atol=1e-12)
    low, high = BOUNDS
    F, A = ratio("logit", u, BOUNDS), (high - low) / ((1 - low) * (high - 1))
    assert_allclose(np.log((F - low) / (1 - low) * (high - 1) / (high - F)) / A, u, atol=1e-12)


def test_ratios_are_cut_at_their_bounds_and_logit_comes_near():
    u = np.array([-50.0, 0.0, 50.0])
    for distance in ("linear", "raking", "sinh"):
        F = ratio(distance, u, BOUNDS)
        assert F.tolist() == [0.4, 1.0, 2.5]
        assert slope(distance, F, BOUNDS)[[0, 2]].tolist() == [0.0, 0.0]
    F = ratio("logit", np.array([-5.0, 5.0]), BOUNDS)
    assert 0.4 < F[0] < 0.401
    assert 2.499 < F[1] < 2.5


def test_every_cell_may_have_its_own_bounds():
    u, own = (
        np.array([-3.0, -3.0, 3.0, 3.0]),
        Bounds(np.array([0.1, 0.9, 0.1, 0.1]), np.array([2, 2, 1.5, 9])),
    )
    assert ratio("linear", u, own).tolist() == [0.1, 0.9, 1.5, 4.0]
    assert slope("linear", ratio("linear", u, own), own).tolist() == [0.0, 0.0, 0.0, 1.0]


@kinds
def test_ratios_far_out_are_finite(kind):
    distance, bounds = KINDS[kind]
    u = np.array([-1e300, -1e6, -700.0, 700.0, 1e6, 1e300])
    F = ratio(distance, u, bounds)
    assert np.isfinite(F).all()
    assert np.isfinite(slope(distance, F, bounds)).all()
    assert (np.diff(F) >= 0).all()


# --- roads that lead to the same place ----------------------------------------------------------------------


@kinds
def test_sparse_auxiliaries_give_what_dense_ones_do(kind):
    d, X, t = small(2)
    distance, bounds = KINDS[kind]
    one, two = (
        solve(d, System(form(X)), t[None], distance=distance, bounds=bounds)
        for form in (np.asarray, sp.csr_matrix)
    )
    assert_allclose(two.ratio, one.ratio, rtol=1e-12)
    assert_allclose(two.coefficients, one.coefficients, rtol=1e-8)


@kinds
def test_parts_are_what_each_is_by_itself(kind):
    distance, bounds = KINDS[kind]
    problems = [small(seed, spread=0.4) for seed in (20, 21, 22)]
    mixed = np.random.default_rng(0).permutation(21)
    d, X, block = (
        np.concatenate(v)[mixed]
        for v in ([p[0] for p in problems], [p[1] for p in problems], np.repeat([0, 1, 2], 7).reshape(3, 7))
    )
    t, C = np.array([p[2] for p in problems]), np.array([0.0, 0.2, 0.0])
    found = solve(d, System(X, block, 3), t, distance=distance, bounds=bounds, ridge=C)
    for k, (own, x, aim) in enumerate(problems):
        alone = solve(own, System(x), aim[None], distance=distance, bounds=bounds, ridge=C)
        assert_allclose(found.ratio[np.argsort(mixed)][7 * k : 7 * k + 7], alone.ratio, rtol=1e-9)
        assert_allclose(found.coefficients[k], alone.coefficients[0], rtol=1e-7, atol=1e-9)


def test_long_tables_are_worked_on_in_pieces(monkeypatch):
    d, X, _ = small(4)
    whole = System(X).gram(d)
    monkeypatch.setattr(calibration, "ROWS", 3)
    assert_allclose(System(X).gram(d), whole)
    assert_allclose(whole[0], X.T @ (d[:, None] * X))


@pytest.mark.parametrize("sort", ["dense", "sparse", "parts"])
def test_sums_of_absolute_values_are_those_of_the_auxiliaries_without_their_signs(sort):
    rng = np.random.default_rng(5)
    X, w, block = rng.normal(size=(9, 3)), rng.uniform(1, 2, 9), np.array([0, 1, 1, 0, 0, 1, 1, 1, 0])
    system = System(X, block, 2) if sort == "parts" else System(sp.csr_matrix(X) if sort == "sparse" else X)
    wanted = [(w[:, None] * abs(X))[block == d].sum(axis=0) for d in (0, 1)]
    assert_allclose(system.absolute_sums(w), wanted if sort == "parts" else [sum(wanted)])


@kinds
def test_a_solution_carries_the_matrix_from_which_the_search_began(kind):
    distance, bounds = KINDS[kind]
    d, X, t = small(4, spread=0.2)
    q = np.linspace(0.5, 2, d.size)
    found = solve(d, System(X), t[None], distance=distance, bounds=bounds, scale=q)
    assert_allclose(found.gram[0], X.T @ ((d * q)[:, None] * X))


@kinds
def test_a_column_that_follows_from_others_changes_nothing(kind):
    d, X, t = small(6)
    distance, bounds = KINDS[kind]
    wide = np.column_stack([X, X @ [2.0, -1.0, 3.0], np.zeros(7)])
    aim = np.r_[t, t @ [2.0, -1.0, 3.0], 0.0]
    one = solve(d, System(X), t[None], distance=distance, bounds=bounds)
    two = solve(d, System(wide), aim[None], distance=distance, bounds=bounds)
    assert two.met
    assert_allclose(two.ratio, one.ratio, rtol=1e-9)


def test_cells_without_weight_take_no_part():
    d, X, t = small(8)
    one = solve(d, System(X), t[None], distance="raking")
    more = np.vstack([X, [[1.0, 50.0, 1.0]]])
    two = solve(np.r_[d, 0.0], System(more), t[None], distance="raking")
    assert_allclose(two.ratio[:7], one.ratio, rtol=1e-10)


def test_the_unit_of_a_target_and_of_the_weights_does_not_matter():
    d, X, t = small(9)
    one = solve(d, System(X), t[None], distance="raking").ratio
    unit = np.array([1.0, 1e9, 1e-7])
    assert_allclose(solve(1e6 * d, System(X * unit), 1e6 * (t * unit)[None], distance="raking").ratio, one)


# --- prices -------------------------------------------------------------------------------------------------


def test_a_price_of_a_tenth_of_the_squares_closes_one_part_in_1_1_of_a_lone_gap():
    d, x = np.array([1.0, 2.0, 3.0]), np.array([[1.0], [2.0], [4.0]])
    before = float(d @ x[:, 0])
    C = 0.1 * d @ x**2
    found = solve(d, System(x), np.array([[before + 11.0]]), ridge=C)
    assert_allclose((d * found.ratio) @ x, before + 10.0)
    assert_allclose(found.gap, 1.0 / (before + 11.0) - C * found.coefficients / (before + 11.0), atol=1e-12)


def test_a_price_towards_0_meets_the_target_and_towards_infinity_leaves_it():
    d, X, t = small(1)
    exact = solve(d, System(X), t[None]).ratio
    assert_allclose(solve(d, System(X), t[None], ridge=np.full(3, 1e-12)).ratio, exact, rtol=1e-9)
    assert_allclose(solve(d, System(X), t[None], ridge=np.full(3, 1e12)).ratio, 1.0, rtol=1e-9)


# --- bounds -------------------------------------------------------------------------------------------------


def test_bounds_need_not_hold_1():
    d = np.array([4.0, 1.0, 1.0])
    caps = Bounds(0.0, np.array([0.5, 2.5, 4.0]))  # no weight above 2.5 or 4
    found = solve(d, System(np.ones((3, 1))), np.array([[7.0]]), bounds=caps)
    assert found.met
    assert_allclose(found.ratio, [0.5, 2.5, 2.5])


# --- what cannot be met -------------------------------------------------------------------------------------


@kinds
def test_targets_that_contradict_each_other_are_not_met_and_nothing_is_infinite(kind):
    distance, bounds = KINDS[kind]
    X = np.array([[1.0, 1.0], [0.0, 1.0], [1.0, 1.0]])[:, [0, 1, 0]]  # the first and third are the same
    found = solve(np.ones(3), System(X), np.array([[2.0, 3.0, 2.6]]), distance=distance, bounds=bounds)
    assert not found.met
    assert np.isfinite(found.ratio).all()
    assert np.isfinite(found.coefficients).all()
    assert found.gap.max() > 0.01


@pytest.mark.parametrize("kind", ["raking", "sinh", "logit", "raking within bounds", "linear within bounds"])
def test_targets_that_no_positive_weights_reach_are_not_met(kind):
    distance, bounds = KINDS[kind]
    X = np.array([[1.0, 1.0], [1.0, 2.0], [1.0, 3.0]])
    for mean in (0.9, 3.5):  # beyond the least and the greatest x
        found = solve(np.ones(3), System(X), np.array([[3.0, 3 * mean]]), distance=distance, bounds=bounds)
        assert not found.met
        assert np.isfinite(found.ratio).all()


@kinds
def test_a_part_that_cannot_be_met_leaves_the_others_alone(kind):
    distance, bounds = KINDS[kind]
    d, X, t = small(30)
    bad = np.ones((2, 3))
    system = System(np.vstack([X, bad]), np.r_[np.zeros(7, dtype=int), 1, 1], 2)
    found = solve(
        np.r_[d, 1.0, 1.0], system, np.vstack([t, [2.0, 3.0, 2.0]]), distance=distance, bounds=bounds
    )
    assert not found.met
    assert found.gap[0].max() < MET
    assert found.gap[1].max() > 0.1
    alone = solve(d, System(X), t[None], distance=distance, bounds=bounds)
    assert_allclose(found.ratio[:7], alone.ratio, rtol=1e-8)


def test_a_level_without_weight_cannot_get_any():
    found = solve(np.array([1.0, 0.0]), System(np.eye(2)), np.array([[1.0, 1.0]]), distance="raking")
    assert not found.met
    assert_allclose(found.gap, [[0.0, 1.0]], atol=1e-12)


def test_a_target_of_0_has_its_gap_in_units_of_what_is_there():
    x = np.array([[1.0], [-1.0], [2.0]])
    found = solve(np.ones(3), System(x), np.array([[0.0]]), distance="raking")
    assert found.met
    assert abs(found.ratio @ x) < 1e-11
    unmet = solve(np.ones(3), System(np.abs(x)), np.array([[0.0]]), bounds=Bounds(0.5, 2.0))
    assert not unmet.met
    assert_allclose(unmet.gap, 0.5)


# --- many problems ------------------------------------------------------------------------------------------


def possible(rng, bounds, K, margins):
    """Return a random problem of indicators and numbers that ratios within the bounds meet."""
    levels = [rng.integers(0, L, K) for L in margins]
    X = np.column_stack(
        [*(np.eye(L)[c] for L, c in zip(margins, levels, strict=True)), rng.lognormal(size=K)]
    )
    d = rng.lognormal(0, 1.0, K) * (rng.random(K) > 0.1)
    low, high = max(bounds.lower, 0.2) + 0.02, min(bounds.upper, 5.0) - 0.02
    return d, X, (d * np.exp(rng.uniform(np.log(low), np.log(high), K))) @ X


@settings(max_examples=150)
@given(seeds, st.sampled_from(sorted(KINDS)), st.integers(20, 200))
def test_whatever_can_be_met_is_met(seed, kind, K):
    distance, bounds = KINDS[kind]
    d, X, t = possible(np.random.default_rng(seed), bounds, K, [2, 4, 3])
    found = solve(d, System(X), t[None], distance=distance, bounds=bounds)
    assert found.met
    assert_allclose((d * found.ratio) @ X, t, rtol=MET, atol=MET * d.sum())
    assert_array_equal(found.ratio >= bounds.lower, True)
    assert_array_equal(found.ratio <= bounds.upper, True)


@few
@given(seeds, st.sampled_from([("raking", 8), ("linear", 4), ("sinh", 1)]))
def test_ratios_far_from_1_are_found_too(seed, case):
    distance, power = case  # by sinh a ratio of 20 needs x'λ = sinh(20) / 2, about 10⁸
    rng = np.random.default_rng(seed)
    X = np.eye(4)[rng.integers(0, 4, 40)] @ np.array([[1, 0, 0, 1], [0, 1, 0, 1], [0, 0, 1, 1], [0, 0, 0, 1]])
    d = np.exp(rng.normal(size=40))
    t = (d * 10.0 ** rng.uniform(-power, power, 40)) @ X
    found = solve(d, System(X), t[None], distance=distance)
    assert found.met
    assert_allclose((d * found.ratio) @ X, t, rtol=1e-8)


# --- inverses -----------------------------------------------------------------------------------------------


def test_an_inverse_is_one_where_there_is_one():
    rng = np.random.default_rng(1)
    A = np.array([(M := rng.normal(size=(5, 3))).T @ M for _ in range(4)])
    assert_allclose(inverse(A) @ A, np.broadcast_to(np.eye(3), (4, 3, 3)), atol=1e-9)


def test_an_inverse_passes_over_what_columns_have_in_common():
    x = np.random.default_rng(2).normal(size=(9, 2))
    X = np.column_stack([x, x @ [1.0, 1e5], np.zeros(9)])
    A = X.T @ X
    assert_allclose(A @ inverse(A[None])[0] @ A, A, rtol=1e-8, atol=1e-8 * np.abs(A).max())
    assert (inverse(np.zeros((1, 2, 2))) == 0).all()
