"""Joint probabilities of long lists, and of probabilities far from each other or nearly the same."""

from fractions import Fraction
from itertools import combinations

import enumerated as design
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from sampling.conditional import chances, working_probabilities
from sampling.joint import exact, joint_probabilities, polynomials
from sampling.probabilities import pps_probabilities

RTOL = 1e-9  # digits that are promised of a joint probability


def sizes(count, spread, seed=4):
    return np.random.default_rng(seed).lognormal(8, spread, count).round() + 1


# --- no digit is lost: the same in fractions ----------------------------------------------------------------


def polynomial(p):
    """Chance of 0, 1, … units drawn independently, in fractions."""
    P = [Fraction(1)]
    for q in p:
        P = [(1 - q) * a + q * b for a, b in zip([*P, 0], [0, *P], strict=True)]
    return P


def leave_out(p, *places):
    return [q for k, q in enumerate(p) if k not in places]


def one_marked(p, n):
    """Coefficient n where one of the units counts (1 − p) times."""
    return sum(q * (1 - q) * polynomial(leave_out(p, k))[n - 1] for k, q in enumerate(p)) if n else 0


def sampford(p, n, i, j):
    rest = leave_out(p, i, j)
    pair = (2 - p[i] - p[j]) * polynomial(rest)[n - 2] + one_marked(rest, n - 2)
    return p[i] * p[j] * pair / one_marked(p, n)


def conditional_poisson(p, n, i, j):
    return p[i] * p[j] * polynomial(leave_out(p, i, j))[n - 2] / polynomial(p)[n]


HARD = {
    "far apart": ([0.999, 0.98, 0.9, 0.1, 0.02, 0.001], 3),
    "next to 0 and 1": ([1 - 2**-10, 1 - 2**-12, 2**-11, 2**-11, 2**-13, 2**-13], 2),
    "nearly the same": ([0.5, 0.5, 0.5 + 2**-12, 0.5 - 2**-12, 0.5 + 2**-9, 0.5 - 2**-9], 3),
    "nearly all": ([0.9, 0.8, 0.7, 0.6], 3),
    "two of many": ([0.4, 0.3, 0.3, 0.2, 0.2, 0.2, 0.2, 0.1, 0.1], 2),
}


@pytest.mark.parametrize("name", HARD)
def test_no_digits_are_lost(name):
    p, n = np.array(HARD[name][0]), HARD[name][1]
    every = np.arange(p.size)
    work = working_probabilities(p, n)
    found = polynomials.sampford(p, n, every), polynomials.conditional_poisson(p, n, every)
    for i, j in combinations(range(p.size), 2):
        assert_allclose(found[0][i, j], float(sampford([Fraction(x) for x in p], n, i, j)), rtol=RTOL)
        expected = conditional_poisson([Fraction(x) for x in work], n, i, j)
        assert_allclose(found[1][i, j], float(expected), rtol=RTOL)


# --- 300 of 3,321 units: the polynomials without the pair, made from the start ------------------------------

N, DRAWN = 3321, 300
ROWS = np.array([0, 17, 18, 900, 3320])


def with_mark(p, n):
    P, M = np.zeros(n + 1), np.zeros(n + 1)
    P[0] = 1.0
    for q in p:
        M = (1 - q) * M + q * np.r_[0.0, M[:-1] + (1 - q) * P[:-1]]
        P = (1 - q) * P + q * np.r_[0.0, P[:-1]]
    return P, M


@pytest.mark.parametrize("spread", [0.0, 0.4, 1.2])
def test_pairs_of_a_long_list_are_those_of_the_list_without_them(spread):
    pi = pps_probabilities(sizes(N, spread), DRAWN)
    by_chance = np.flatnonzero(pi < 1)
    p, n = pi[by_chance], DRAWN - int((pi == 1).sum())
    by_sampford = polynomials.sampford(p, n, ROWS % p.size)
    by_entropy = polynomials.conditional_poisson(p, n, ROWS % p.size)
    work = working_probabilities(p, n)
    all_marked, whole = with_mark(p, n)[1][n], chances(work, n)[n]
    for a, b in ((0, 1), (1, 2), (3, 4)):
        i, j = ROWS[[a, b]] % p.size
        P, M = with_mark(np.delete(p, [i, j]), n - 2)
        expected = p[i] * p[j] * ((2 - p[i] - p[j]) * P[n - 2] + M[n - 2]) / all_marked
        assert_allclose(by_sampford[a, b], expected, rtol=RTOL)
        expected = work[i] * work[j] * chances(np.delete(work, [i, j]), n - 2)[n - 2] / whole
        assert_allclose(by_entropy[a, b], expected, rtol=RTOL)


def test_a_thousand_units_of_one_stratum_are_no_burden():
    pi = pps_probabilities(sizes(N, 0.3), 1000)
    rows = np.flatnonzero(np.arange(N) % 3 == 0)[:1000]
    for method in ("pps_sampford", "pps_conditional_poisson", "pps_tille", "pps_pivotal"):
        found = joint_probabilities(pi, method, rows=rows).matrix
        lack = 1 - found / np.outer(pi[rows], pi[rows])
        assert np.isfinite(found).all()
        assert abs(lack[np.triu_indices(1000, 1)].mean()) < 2e-3  # of the order of 1/n


# --- elimination --------------------------------------------------------------------------------------------


def test_elimination_is_the_product_over_all_units_put_out():
    size, n, rows = np.sort(sizes(400, 1.0))[::-1].copy(), 25, np.array([0, 5, 6, 150, 399])
    size[:3] = size[3]  # ties among the largest
    out, before = np.ones((5, 5)), np.ones(5)
    for k in range(399, n - 1, -1):
        after = design.capped(size, k)[rows]
        gone = 1 - after / before
        out *= 1 - gone[:, None] - gone
        before = after
    found = joint_probabilities(pps_probabilities(size, n), "pps_tille", rows=rows).matrix
    off = ~np.eye(5, dtype=bool)
    assert_allclose(found[off], out[off], rtol=RTOL)


@pytest.mark.parametrize("method", ["srs", "pps_tille", "pps_sampford", "pps_conditional_poisson"])
def test_equal_probabilities_give_the_pairs_of_simple_random_sampling(method):
    count, n = (20_000, 200) if method in ("srs", "pps_tille") else (3000, 60)
    found = joint_probabilities(np.full(count, n / count), method, rows=[0, 7, count - 1])
    expected = n * (n - 1) / (count * (count - 1))
    assert_allclose(found.matrix[np.triu_indices(3, 1)], expected, rtol=RTOL)
    assert found.measurable


def test_independent_draws_of_twenty_thousand_units():
    pi = pps_probabilities(sizes(20_000, 0.8), 500)
    found = joint_probabilities(pi, "poisson", rows=[3, 19_999]).matrix
    assert_allclose(found, [[pi[3], pi[3] * pi[-1]], [pi[3] * pi[-1], pi[-1]]], rtol=1e-15)


# --- systematic ---------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 30), min_size=2, max_size=9), st.integers(1, 8))
def test_some_units_are_apart_where_a_pair_of_a_systematic_draw_has_no_chance(size, n):
    pi = pps_probabilities(size, min(n, len(size)))
    p = pi[pi < 1]
    pairs = exact.systematic(p, round(p.sum()), np.arange(p.size))
    assert exact.apart(p) == bool((pairs[np.triu_indices(p.size, 1)] == 0).any())


def test_the_steps_of_a_long_list_are_added_up_without_rounding():
    pi = np.tile([0.1, 0.2, 0.3, 0.4], 5000)  # 0.1, 0.2, 0.3 are no floats, so sums of floats drift
    found = joint_probabilities(pi, "pps_systematic", rows=[0, 1, 19_996, 19_997]).matrix
    assert_allclose(found[[0, 1], [2, 3]], [0.1, 0.2], atol=3e-13)
    assert found[0, 1] == found[0, 3] == found[1, 2] == 0


# --- the law of a fixed size, over a long list --------------------------------------------------------------


@pytest.mark.parametrize("method", ["pps_sampford", "pps_conditional_poisson", "pps_tille", "pps_pivotal"])
def test_rows_add_up_in_a_long_list(method):
    pi = pps_probabilities(sizes(1200, 1.0), 200)
    found = joint_probabilities(pi, method).matrix
    assert_allclose(found.sum(axis=1), 200 * pi, rtol=RTOL)
    assert (found <= np.minimum.outer(pi, pi) * (1 + 1e-12)).all()
    assert (found >= np.maximum(np.add.outer(pi, pi) - 1, 0) - 1e-12).all()
