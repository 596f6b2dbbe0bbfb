"""Intervals of proportions as formulas: against SciPy, and at the ends."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from surveykit.formulas import intervals

NAMED = [
    "wald",
    "logit",
    "wilson",
    "korn-graubard",
    "beta",
    "likelihood",
    "arcsine",
    "agresti-coull",
    "jeffreys",
]


def one(value):
    return np.array([float(value)])


@pytest.mark.filterwarnings("error")
def test_quantiles_of_t_end_in_those_of_the_normal():
    found = intervals.quantile(np.array([1.0, 30.0, np.inf, 0.0, -2.0, np.nan]), 0.95)
    assert_allclose(found[:3], [stats.t.ppf(0.975, 1), stats.t.ppf(0.975, 30), stats.norm.ppf(0.975)])
    assert np.isnan(found[3:]).all()


counts = st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts, st.sampled_from([0.8, 0.95]))
def test_intervals_of_counts_are_those_of_scipy(pair, level):
    x, n = pair
    known = stats.binomtest(x, n)
    for name, theirs in (("wilson", "wilson"), ("clopper-pearson", "exact")):
        wanted = known.proportion_ci(level, method=theirs)
        assert_allclose(intervals.count_interval(x, n, name, level), wanted, rtol=1e-7, atol=1e-12)


@given(counts)
def test_agresti_and_coull_add_successes_and_failures(pair):
    x, n = pair
    z = stats.norm.ppf(0.975)
    p = (x + z**2 / 2) / (n + z**2)
    half = z * np.sqrt(p * (1 - p) / (n + z**2))
    found = intervals.count_interval(x, n, "agresti-coull")
    assert_allclose(found, [max(p - half, 0), min(p + half, 1)], atol=1e-12)


def test_jeffreys_ends_at_the_ends():
    assert_allclose(intervals.count_interval(0, 10, "jeffreys"), [0.0, stats.beta.ppf(0.975, 0.5, 10.5)])
    assert_allclose(intervals.count_interval(10, 10, "jeffreys"), [stats.beta.ppf(0.025, 10.5, 0.5), 1.0])


@given(counts, counts)
def test_newcombe_joins_two_wilson_intervals(first, second):
    (x1, n1), (x2, n2) = first, second
    low, high = intervals.newcombe(x1, n1, x2, n2)
    d = x1 / n1 - x2 / n2
    assert -1 - 1e-12 <= low <= d + 1e-12
    assert d - 1e-12 <= high <= 1 + 1e-12
    assert_allclose(intervals.newcombe(x2, n2, x1, n1), [-high, -low], atol=1e-12)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("method", NAMED)
@pytest.mark.parametrize("p", [0.0, 1.0])
def test_no_named_interval_is_half_an_interval_where_the_variance_is_0(method, p):
    for cap in (True, False):
        low, high = intervals.limits(method, one(p), one(0), one(20), one(9), 0.95, cap=cap)
        assert np.isnan(low[0]) == np.isnan(high[0])
        if method == "korn-graubard":
            assert (low[0], high[0]) != (p, p)
            assert_allclose(1 - high if p else low, 0.0)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("method", NAMED)
def test_intervals_are_made_for_all_rows_at_once(method):
    rng = np.random.default_rng(1)
    p, n, df = rng.uniform(0.1, 0.9, 8), rng.integers(20, 90, 8) * 1.0, rng.integers(3, 30, 8) * 1.0
    v = 1.5 * p * (1 - p) / n
    low, high = intervals.limits(method, p, v, n, df, 0.9)
    for k in range(8):
        alone = intervals.limits(method, p[k : k + 1], v[k : k + 1], n[k : k + 1], df[k : k + 1], 0.9)
        assert_allclose([alone[0][0], alone[1][0]], [low[k], high[k]])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("method", NAMED)
def test_a_variance_of_rounding_is_none_at_the_ends(method):
    for p in (0.0, 1.0, 1 - 1e-16):
        exact = intervals.limits(method, one(round(p)), one(0), one(20), one(2), 0.95)
        found = intervals.limits(method, one(p), one(3e-33), one(20), one(2), 0.95)
        assert_allclose(found, exact, atol=1e-9)


def test_korn_and_graubard_keep_the_effective_number_below_n():
    p, n, df = one(0.6), one(50), one(49)
    v = 0.4 * p * (1 - p) / n  # a design better than a simple random sample
    capped = intervals.limits("korn-graubard", p, v, n, df, 0.95)
    free = intervals.limits("korn-graubard", p, v, n, df, 0.95, cap=False)
    plain = intervals.beta(p, n, 0.95)
    assert_allclose(capped, plain)
    assert free[0] > capped[0]


def test_likelihood_has_no_answer_at_the_ends_or_without_degrees_of_freedom():
    p, v = np.array([0.0, 1.0, 0.5, 0.5]), np.array([0.1, 0.1, 0.0, 0.1])
    low, high = intervals.likelihood(p, v, np.full(4, 9.0), np.array([5.0, 5.0, 5.0, 0.0]), 0.95)
    assert np.isnan(low).all()
    assert np.isnan(high).all()


# --- auto ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("D", "K", "b", "few", "rho", "raised"),
    [
        (2.0, 1.0, 11.0, False, 0.1, False),
        (2.0, 1.0, 11.0, True, 0.1, False),
        (0.5, 1.0, 11.0, False, 0.0, False),  # cut at 0
        (0.5, 1.0, 11.0, True, 0.05, True),  # one stratum with few units
        (99.0, 1.0, 11.0, False, 1.0, False),  # cut at 1
        (np.nan, 1.0, 11.0, False, 0.05, True),  # no stratum varies
        (2.0, 1.0, 1.0, False, 0.0, False),  # one answer a unit
        (1.3, 1.2, 3.0, False, 1 / 24, False),
    ],
)
@pytest.mark.filterwarnings("error")
def test_the_pooled_correlation(D, K, b, few, rho, raised):
    found, up = intervals.pooled_rho(one(D), one(K), one(b), few=few)
    assert_allclose(found, [rho])
    assert up is raised


def test_the_design_effect_of_auto():
    def effect(p, own, df, pool):
        v = own * p * (1 - p) / 40 if 0 < p < 1 else 0.0
        return intervals.auto_effect(one(p), one(v), one(40), one(df), one(pool), one(1), one(0))[0]

    assert_allclose(effect(0.8, 1.5, 10, 2.0), (10 * 1.5 + 30 * 2.0) / 40)
    assert_allclose(effect(0.8, 3.0, 10, 2.0), 3.0)  # the larger of the two counts
    assert_allclose(effect(0.8, 0.4, 10, 0.7), 1.0)  # never below a simple random sample
    assert_allclose(effect(1.0, 0.0, 10, 2.0), 2.0)  # at the boundary the pooled one
    assert_allclose(effect(0.8, 1.5, 1e9, 9.0), 1.5, rtol=1e-6)  # the own one for many degrees of freedom
    assert_allclose(effect(0.8, 1.5, 0, 2.0), 2.0)
    pool = intervals.auto_effect(one(1), one(0), one(40), one(5), one(1.2), one(6), one(0.1))
    assert_allclose(pool, [1.2 * 1.5])


def test_wilson_is_cut_exactly_at_the_ends():
    low, high = intervals.wilson(np.array([0.0, 1.0]), np.array([7.3, 7.3]), np.array([2.1, 2.1]))
    assert low[0] == 0.0
    assert high[1] == 1.0
    assert_array_equal(intervals.effective(np.array([0.5, 0.5]), np.array([0.25, 0.0])), [1.0, np.nan])
