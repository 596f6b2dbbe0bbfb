"""Tests of tables: brute force, derivatives by differences, and what the textbook says of a simple sample."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from surveykit.formulas import association as a

few = settings(max_examples=25)
TIGHT = 1e-9  # linear algebra on the same numbers in another order
STEP = 1e-6  # of central differences, whose error is about STEP² and rounding / STEP
NEAR = 1e-6

SEEDS = st.integers(0, 2**32 - 1)
SHAPES = st.sampled_from([(2, 2), (2, 3), (3, 2), (3, 4), (4, 4)])


def table_of(seed: int, shape: tuple[int, int]) -> np.ndarray:
    """Return shares (r c,), all above 0."""
    counts = np.random.default_rng(seed).uniform(1, 20, shape[0] * shape[1])
    return counts / counts.sum()


def covariance_of(seed: int, p: np.ndarray, m: int = 200) -> np.ndarray:
    """Return the covariance of shares of m unequal clusters."""
    rng = np.random.default_rng(seed + 1)
    shares = rng.dirichlet(20 * p, m)
    return np.cov(shares.T) / m


def pearson(p: np.ndarray, shape: tuple[int, int], n: float) -> float:
    t, total = p.reshape(shape), 0.0
    for i in range(shape[0]):
        for j in range(shape[1]):
            e = t[i].sum() * t[:, j].sum()
            total += (t[i, j] - e) ** 2 / e
    return n * total


def numeric(f, p: np.ndarray) -> np.ndarray:
    """(k, r c) derivative of f by its argument."""
    out = []
    for i in range(p.size):
        h = np.zeros(p.size)
        h[i] = STEP
        out.append((np.atleast_1d(f(p + h)) - np.atleast_1d(f(p - h))) / (2 * STEP))
    return np.array(out).T


@few
@given(SEEDS, SHAPES)
def test_the_basis_spans_the_tables_without_margins(seed, shape):
    r, c = shape
    B = a.interactions(r, c)
    assert B.shape == (r * c, (r - 1) * (c - 1))
    assert np.linalg.matrix_rank(B) == (r - 1) * (c - 1)
    T = (B @ np.random.default_rng(seed).normal(size=B.shape[1])).reshape(shape)
    assert_allclose(T.sum(axis=0), 0, atol=1e-12)
    assert_allclose(T.sum(axis=1), 0, atol=1e-12)


@few
@given(SEEDS, SHAPES)
def test_without_a_design_the_correction_of_the_first_order_is_the_textbook_chi_square(seed, shape):
    n = 500.0
    p = table_of(seed, shape)
    r, c = shape
    t = p.reshape(shape)
    e = np.outer(t.sum(axis=1), t.sum(axis=0)).ravel()
    found = a.rao_scott(e, (np.diag(e) - np.outer(e, e)) / n, n, 30.0, shape, 1)
    assert_allclose(found.delta, 1.0, rtol=TIGHT)  # every design effect of a simple sample is 1
    assert_allclose(found.pearson, 0, atol=1e-9)
    V = (np.diag(p) - np.outer(p, p)) / n
    found = a.rao_scott(p, V, n, 30.0, shape, 1)
    wanted = stats.chi2_contingency(n * t, correction=False)
    assert_allclose(found.pearson, wanted.statistic, rtol=TIGHT)
    assert_allclose(found.statistic, wanted.statistic, rtol=1e-8)
    assert found.df == ((r - 1) * (c - 1),)
    assert_allclose(found.p, wanted.pvalue, rtol=1e-7)


@few
@given(SEEDS, SHAPES)
def test_the_design_effects_are_those_of_their_definition(seed, shape):
    """By the generalised eigenvalues of the contrasts of log shares, and Pearson by loops."""
    p, n, nu = table_of(seed, shape), 321.0, 17.0
    V = covariance_of(seed, p)
    found, first = (a.rao_scott(p, V, n, nu, shape, order) for order in (2, 1))
    C = np.diag(1 / p) @ a.interactions(*shape)
    P = np.diag(p) - np.outer(p, p)
    delta = np.linalg.eigvals(np.linalg.solve(C.T @ P @ C / n, C.T @ V @ C)).real
    assert_allclose(np.sort(found.delta), np.sort(delta), rtol=1e-7)
    X2 = pearson(p, shape, n)
    assert_allclose([found.pearson, first.pearson], X2, rtol=TIGHT)
    assert_allclose(first.statistic, X2 / delta.mean(), rtol=1e-8)
    d = delta.sum() ** 2 / (delta**2).sum()
    assert_allclose(found.statistic, X2 / delta.sum(), rtol=1e-8)
    assert_allclose(found.df, (d, d * nu), rtol=1e-8)
    assert_allclose(found.p, stats.f.sf(X2 / delta.sum(), d, d * nu), rtol=1e-7)


@few
@given(SEEDS, st.floats(0.1, 50))
def test_two_by_two_the_design_effect_is_the_variance_of_the_log_odds_ratio(seed, scale):
    p, n = table_of(seed, (2, 2)), 100.0
    V = scale * covariance_of(seed, p)
    g = np.array([1, -1, -1, 1]) / p
    found = a.rao_scott(p, V, n, 12.0, (2, 2), 2)
    assert_allclose(found.delta, [(g @ V @ g) / ((1 / p).sum() / n)], rtol=1e-8)
    assert_allclose(found.df, (1, 12))


def test_a_cell_that_nobody_has_takes_no_part():
    p = np.array([0.2, 0.3, 0.0, 0.1, 0.25, 0.15])
    V = (np.diag(p) - np.outer(p, p)) / 90
    found = a.rao_scott(p, V, 90.0, 20.0, (2, 3), 2)
    assert found.delta.size == 2
    assert np.isfinite([found.statistic, *found.df, found.p]).all()
    assert_allclose(found.pearson, pearson(p, (2, 3), 90.0))


def test_without_degrees_of_freedom_there_is_no_p():
    p = table_of(1, (2, 3))
    V = covariance_of(1, p)
    assert np.isnan(a.rao_scott(p, V, 50.0, 0.0, (2, 3), 2).p)
    assert np.isfinite(a.rao_scott(p, V, 50.0, 0.0, (2, 3), 1).p)  # chi-square asks for none
    assert np.isnan(a.wald(p, V, 1.0, (2, 3), adjusted=True).p)
    assert np.isfinite(a.wald(p, V, 1.0, (2, 3), adjusted=False).p)


@few
@given(SEEDS, st.integers(2, 6))
def test_given_shares_of_a_simple_sample_are_the_textbook_chi_square(seed, k):
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, 40, k).astype(float)
    n, p = counts.sum(), counts / counts.sum()
    expected = rng.dirichlet(np.full(k, 5.0))
    found = a.fit(p, (np.diag(expected) - np.outer(expected, expected)) / n, expected, n, 25.0)
    wanted = stats.chisquare(counts, n * expected)
    assert_allclose(found.pearson, wanted.statistic, rtol=TIGHT)
    assert_allclose(found.delta, 1.0, rtol=1e-7)
    assert_allclose(found.statistic, wanted.statistic / (k - 1), rtol=1e-7)
    assert_allclose(found.df, (k - 1, 25.0 * (k - 1)), rtol=1e-7)


@few
@given(SEEDS, st.integers(3, 5))
def test_the_level_left_out_of_given_shares_does_not_matter(seed, k):
    rng = np.random.default_rng(seed)
    p, expected = rng.dirichlet(np.full(k, 9.0)), rng.dirichlet(np.full(k, 9.0))
    V = covariance_of(seed, p)
    turn = rng.permutation(k)
    one = a.fit(p, V, expected, 80.0, 11.0)
    other = a.fit(p[turn], V[np.ix_(turn, turn)], expected[turn], 80.0, 11.0)
    assert_allclose(other.delta, one.delta, rtol=1e-7)
    assert_allclose([other.statistic, *other.df, other.p], [one.statistic, *one.df, one.p], rtol=1e-7)


@few
@given(SEEDS, SHAPES)
def test_the_derivative_of_the_residuals_is_that_of_totals(seed, shape):
    p = table_of(seed, shape)

    def by_loops(T: np.ndarray) -> np.ndarray:
        t = T.reshape(shape)
        N = t.sum()
        return np.array(
            [
                t[i, j] - t[i].sum() * t[:, j].sum() / N
                for i in range(shape[0] - 1)
                for j in range(shape[1] - 1)
            ]
        )

    y, J = a.residuals(p, shape)
    assert_allclose(y, by_loops(p), rtol=TIGHT, atol=1e-12)
    assert_allclose(J, numeric(by_loops, p), rtol=NEAR, atol=NEAR)


@few
@given(SEEDS, SHAPES)
def test_the_wald_test_is_that_of_its_definition_and_does_not_depend_on_the_cells_left_out(seed, shape):
    p, nu = table_of(seed, shape), 40.0
    V = covariance_of(seed, p)
    y, J = a.residuals(p, shape)
    k = y.size
    W = float(y @ np.linalg.inv(J @ V @ J.T) @ y)
    plain, adjusted = (a.wald(p, V, nu, shape, adjusted=x) for x in (False, True))
    assert_allclose([plain.pearson, plain.statistic], [W, W / k], rtol=1e-7)
    assert plain.df == (k, nu)
    assert_allclose(plain.p, stats.f.sf(W / k, k, nu), rtol=1e-6)
    assert_allclose(adjusted.statistic, W / k * (nu - k + 1) / nu, rtol=1e-7)
    assert adjusted.df == (k, nu - k + 1)
    assert_allclose(adjusted.p, stats.f.sf(adjusted.statistic, k, nu - k + 1), rtol=1e-6)
    order = np.arange(p.size).reshape(shape)[::-1, ::-1].ravel()
    turned = a.wald(p[order], V[np.ix_(order, order)], nu, shape, adjusted=False)
    assert_allclose(turned.statistic, plain.statistic, rtol=1e-6)


@few
@given(SEEDS, SHAPES)
def test_cramers_v_and_its_derivative_are_those_of_totals(seed, shape):
    p = table_of(seed, shape)

    def by_loops(T: np.ndarray) -> float:
        return float(np.sqrt(pearson(T / T.sum(), shape, 1.0) / (min(shape) - 1)))

    V, slope = a.cramers_v(p, shape)
    assert_allclose(V, by_loops(p), rtol=1e-8)
    # shares sum to 1: along that plane the derivative by shares is that by totals
    plane = np.eye(p.size) - np.outer(p, np.ones(p.size))
    assert_allclose(slope @ plane, numeric(by_loops, p)[0], rtol=1e-4, atol=1e-5)


def test_cramers_v_is_1_for_a_table_that_tells_all_and_has_no_derivative_at_0():
    V, _ = a.cramers_v(np.array([0.4, 0.0, 0.0, 0.6]), (2, 2))
    assert_allclose(V, 1)
    V, slope = a.cramers_v(np.outer([0.25, 0.75], [0.5, 0.5]).ravel(), (2, 2))
    assert V == 0
    assert np.isnan(slope).all()


@pytest.mark.parametrize("order", [1, 2])
def test_without_any_variance_no_design_effect_divides_and_there_is_no_number(order):
    p = table_of(3, (2, 3))
    found = a.rao_scott(p, np.zeros((6, 6)), 40.0, 9.0, (2, 3), order)
    assert np.isnan([found.statistic, found.p]).all()
    assert len(found.df) == order
    assert np.isfinite(found.pearson)


@few
@given(SEEDS, SHAPES, st.integers(1, 12))
def test_the_score_test_is_the_wald_statistic_and_has_no_p_without_degrees_of_freedom(seed, shape, nu):
    p = table_of(seed, shape)
    V = covariance_of(seed, p)
    found, wald = a.score(p, V, nu, shape), a.wald(p, V, nu, shape, adjusted=False)
    assert found.statistic == wald.statistic
    assert found.df == (wald.df[0], nu + 2 - sum(shape))
    expected = stats.f.sf(found.statistic, *found.df) if found.df[1] > 0 else np.nan
    assert_allclose(found.p, expected, rtol=TIGHT)
