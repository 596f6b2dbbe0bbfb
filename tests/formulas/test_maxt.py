"""The largest of jointly normal errors, against numbers known exactly."""

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats
from scipy.optimize import brentq

from surveykit.formulas.maxt import family, multiplier, score_of, sidak, sidak_score

EXACT = 1e-9  # no points are used
POINTS = 7e-4  # relative, of a limit read from points: three digits
FAR = 3e-2  # relative, of a chance


def rows(k):
    return sp.identity(k, format="csr")


def alike(k, rho):
    """Correlation of k rows that share one part."""
    return np.full((k, k), rho) + (1 - rho) * np.eye(k)


def all_pairs(k):
    i, j = np.triu_indices(k, 1)
    m = np.arange(i.size)
    return sp.csr_matrix(
        (np.r_[np.ones(m.size), -np.ones(m.size)], (np.r_[i, j], np.r_[m, m])), shape=(k, m.size)
    )


def inside(c, k, rho, sides=2):
    """P(no |Z| of k equally correlated rows above c) as an integral over what they share (Dunnett)."""
    x, w = np.polynomial.hermite_e.hermegauss(150)
    top = stats.norm.cdf((c - np.sqrt(rho) * x) / np.sqrt(1 - rho))
    bottom = stats.norm.cdf((-c - np.sqrt(rho) * x) / np.sqrt(1 - rho)) if sides == 2 else 0.0
    return float((w / w.sum()) @ (top - bottom) ** k)


def dunnett(k, rho, level, sides=2):
    return brentq(lambda c: inside(c, k, rho, sides) - level, 0.1, 8)


@pytest.mark.parametrize("level", [0.9, 0.95, 0.999])
def test_independent_rows_have_the_limits_of_sidak(level):
    own = family(np.diag([1.0, 4.0, 0.25, 9.0]), rows(4)).limit(level)
    assert_allclose(own, stats.norm.ppf(0.5 + level ** (1 / 4) / 2), rtol=EXACT)
    one = family(np.eye(4), rows(4), sides=1).limit(level)
    assert_allclose(one, stats.norm.ppf(level ** (1 / 4)), rtol=EXACT)


def test_rows_that_say_the_same_have_the_limit_of_one():
    x = np.array([1.0, -2.0, 3.0])
    own = family(np.outer(x, x), rows(3))
    assert_allclose(own.limit(0.95), stats.norm.ppf(0.975), rtol=EXACT)
    z = np.array([0.5, 1.96, 3.0])
    assert_allclose(own.adjusted(z), 2 * stats.norm.sf(z), rtol=EXACT)


def test_on_one_side_rows_that_say_the_opposite_are_the_two_sides_of_one():
    x = np.array([1.0, -1.0])
    own = family(np.outer(x, x), rows(2), sides=1)
    assert_allclose(own.limit(0.95), stats.norm.ppf(0.975), rtol=POINTS)


@pytest.mark.parametrize("k", [2, 5, 20])
@pytest.mark.parametrize("rho", [0.05, 0.5, 0.9])
@pytest.mark.parametrize("sides", [1, 2])
def test_equally_correlated_rows_have_the_limits_of_dunnett(k, rho, sides):
    own = family(alike(k, rho), rows(k), sides)
    for level in (0.9, 0.95, 0.99):
        assert_allclose(own.limit(level), dunnett(k, rho, level, sides), rtol=POINTS)


@pytest.mark.parametrize("k", [3, 6, 30])
def test_all_pairs_of_equal_means_have_the_limits_of_tukey(k):
    own = family(np.eye(k), all_pairs(k))
    exact = stats.studentized_range.ppf(0.95, k, np.inf) / np.sqrt(2)
    assert_allclose(own.limit(0.95), exact, rtol=POINTS)
    z = np.array([1.0, 2.5, 3.5, 5.0])
    assert_allclose(own.adjusted(z), stats.studentized_range.sf(z * np.sqrt(2), k, np.inf), rtol=FAR)


def test_adjusted_p_is_the_chance_of_a_larger_one_however_small():
    own = family(alike(8, 0.6), rows(8))
    z = np.array([0.0, 0.3, 1.0, 2.0, 3.0, 4.0, 5.0, np.nan, np.inf])
    exact = [1 - inside(c, 8, 0.6) for c in z[:6]]
    made = own.adjusted(z)
    assert_allclose(made[:6], exact, rtol=FAR)
    assert 2 * stats.norm.sf(5) < made[6] < sidak(np.array(5.0), 8)
    assert np.isnan(made[7])
    assert made[8] == 0
    assert np.isnan(own.adjusted(np.array([np.nan]))).all()


def test_the_limit_and_adjusted_p_say_the_same():
    rng = np.random.default_rng(3)
    A = rng.normal(size=(6, 9))
    own = family(A @ A.T, rows(6))
    assert_allclose(own.adjusted(np.array([0.1, own.limit(0.95), 4.0]))[1], 0.05, rtol=1e-3)


def test_groups_that_are_independent_of_each_other_multiply():
    C = np.zeros((7, 7))
    C[:3, :3], C[3:6, 3:6], C[6, 6] = alike(3, 0.5), alike(3, 0.8), 2.0
    mixed = np.random.default_rng(1).permutation(7)
    own = family(C[np.ix_(mixed, mixed)], rows(7))
    assert own.alone == 1
    assert sorted(group.size for group in own.groups) == [3, 3]
    c = 2.5
    exact = inside(c, 3, 0.5) * inside(c, 3, 0.8) * (1 - 2 * stats.norm.sf(c))
    assert_allclose(own.outside(c), 1 - exact, rtol=5e-3)


def test_it_is_the_same_every_time():
    one, two = (family(alike(12, 0.4), rows(12)).limit(0.95) for _ in range(2))
    assert one == two


def test_against_plain_draws_of_a_matrix_of_any_kind():
    rng = np.random.default_rng(8)
    A = rng.normal(size=(15, 4))  # 15 rows of 4 directions
    own = family(A @ A.T, rows(15))
    Z = rng.normal(size=(400_000, 4)) @ (A / np.sqrt((A**2).sum(axis=1))[:, None]).T
    largest = np.abs(Z).max(axis=1)
    share = (largest > own.limit(0.95)).mean()
    assert abs(share - 0.05) < 4 * np.sqrt(0.05 * 0.95 / 400_000)


def test_scores_and_multipliers_are_those_of_each_rows_own_t():
    df = np.array([1.0, 5.0, 60.0, np.inf, 0.0])
    z = stats.norm.ppf(0.975)
    assert_allclose(multiplier(z, df), [*stats.t.ppf(0.975, df[:3]), z, np.nan], rtol=1e-9)
    t = np.array([3.0, -2.0, 0.0, 1.5, 2.0])
    exact = -stats.norm.ppf(stats.t.sf(np.abs(t[:3]), df[:3]))
    assert_allclose(score_of(t, df), [*exact, 1.5, np.nan], rtol=1e-9, atol=1e-12)
    assert_array_equal(score_of(np.array([1e300]), np.array([1e5])), [38.0])
    assert_allclose(sidak_score(1, 0.9), stats.norm.ppf(0.95))
