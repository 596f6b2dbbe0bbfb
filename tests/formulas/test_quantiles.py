"""Quantiles of equal weights are those of NumPy, and what bounds them, against plain loops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from surveykit.formulas.quantiles import APART, RULES, bounded, first_where, sort_answers

few = settings(max_examples=60)

#: NumPy's names of the types of Hyndman & Fan; "hf3" is R's, which takes no nearest answer.
NUMPY = {
    "math": "inverted_cdf",
    "school": "averaged_inverted_cdf",
    "hf1": "inverted_cdf",
    "hf2": "averaged_inverted_cdf",
    "hf4": "interpolated_inverted_cdf",
    "hf5": "hazen",
    "hf6": "weibull",
    "hf7": "linear",
    "hf8": "median_unbiased",
    "hf9": "normal_unbiased",
}
SHARES = [0.0, 0.1, 0.25, 0.33, 0.5, 0.62, 0.9, 1.0]


def quantiles(y, w, p, rule, domain=None, D=1):
    domain = np.zeros(len(y), dtype=np.intp) if domain is None else domain
    order = sort_answers(y, domain, np.ones(len(y), dtype=bool), D, apart=rule in APART)
    return order.quantiles(order.weights(w), np.tile(p, (D, 1)), rule)


@pytest.mark.parametrize("rule", NUMPY)
@few
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.booleans())
def test_equal_weights_give_the_types_of_hyndman_and_fan(rule, seed, n, whole):
    rng = np.random.default_rng(seed)
    y = rng.integers(1, 6, n) * 1.0 if whole else rng.normal(size=n)
    wanted = np.quantile(y, SHARES, method=NUMPY[rule])
    assert_allclose(quantiles(y, np.full(n, 7.0), SHARES, rule)[0], wanted, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("rule", ["math", "school", "hf1", "hf2"])
@few
@given(st.integers(0, 2**32 - 1), st.integers(1, 20))
def test_a_weight_of_three_is_three_rows(rule, seed, n):
    rng = np.random.default_rng(seed)
    y, w = rng.normal(size=n), rng.integers(1, 4, n)
    rows = np.repeat(y, w)
    one = quantiles(y, w * 1.0, SHARES, rule)
    assert_allclose(one, quantiles(rows, np.ones(rows.size), SHARES, rule), rtol=1e-12)


@pytest.mark.parametrize("rule", RULES)
@few
@given(st.integers(0, 2**32 - 1), st.integers(1, 20), st.floats(1e-6, 1e6))
def test_the_scale_of_the_weights_does_not_count(rule, seed, n, scale):
    rng = np.random.default_rng(seed)
    y, w, domain = rng.integers(0, 9, n) / 4, rng.uniform(0.5, 3, n), rng.integers(0, 2, n)
    one, other = (quantiles(y, x, [0.2, 0.5, 0.9], rule, domain, 2) for x in (w, scale * w))
    assert_allclose(other, one, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("D", [3, 70_000])
def test_many_domains_are_sorted_as_few(D):
    rng = np.random.default_rng(4)
    y, domain = rng.normal(size=300), rng.integers(0, 3, 300) * (D // 3)
    found = quantiles(y, np.ones(300), [0.5], "math", domain, D)[:, 0]
    for d in range(3):
        assert found[d * (D // 3)] == np.quantile(y[domain == d * (D // 3)], 0.5, method="inverted_cdf")
    assert np.isnan(found).sum() == D - 3


def test_nobody_has_no_quantile():
    nothing = np.zeros(4, dtype=bool)
    order = sort_answers(np.ones(4), np.zeros(4, dtype=np.intp), nothing, 2)
    sums = order.cumulated(order.weights(np.ones(4)))
    assert np.isnan(sums.quantiles(np.full((2, 1), 0.5), "math")).all()
    assert_array_equal(sums.ends(), np.zeros((2, 2)))
    assert_array_equal(sums.before(np.full((2, 1), np.nan)), np.full((2, 1), np.nan))


@few
@given(st.integers(0, 2**32 - 1), st.integers(1, 25), st.booleans())
def test_the_answer_before_and_the_ends_are_found_by_looking(seed, n, apart):
    rng = np.random.default_rng(seed)
    y, domain = rng.integers(0, 5, n) / 4, rng.integers(0, 3, n)
    order = sort_answers(y, domain, np.ones(n, dtype=bool), 3, apart=apart)
    sums = order.cumulated(order.weights(np.ones(n)))
    theta = rng.choice([0.25, 0.5, 0.6, 1.0], (3, 2))
    first, last = sums.ends()
    for d in range(3):
        own = y[domain == d]
        if own.size:
            assert (sums.value[first[d]], sums.value[last[d]]) == (own.min(), own.max())
        for j in range(2):
            lower = own[own < theta[d, j]]
            assert sums.before(theta)[d, j] == (lower.max() if lower.size else theta[d, j])


def test_the_greatest_of_n_bounds_the_median_as_tossed_coins_say():
    size = np.arange(1.0, 12.0)
    assert_array_equal(bounded(np.full(11, 0.5), size, 0.95), 0.5**size <= 0.025)
    assert_array_equal(bounded(np.array([0.0, 1.0, 1.0]), np.array([1.0, 50.0, np.inf]), 0.95), [1, 0, 0])
    assert bounded(np.array([0.999]), np.array([np.inf]), 0.95).all()


@few
@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(0, 45)), min_size=1, max_size=6)
)
def test_the_first_place_is_found_as_by_looking_at_each(ranges):
    first, length, turn = (np.array(x) for x in zip(*ranges, strict=True))
    last = first + length
    found = first_where(lambda at: at >= turn, first, last)
    for a, b, t, f in zip(first, last, turn, found, strict=True):
        assert f == next((k for k in range(a, b + 1) if k >= t), b)
