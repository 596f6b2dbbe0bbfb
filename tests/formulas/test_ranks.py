"""Weighted ranks against plain loops."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from surveykit.formulas.ranks import mid_ranks

few = settings(max_examples=40)
TIGHT = 1e-9  # sums of the same numbers in another order
SEEDS = st.integers(0, 2**32 - 1)


@few
@given(SEEDS, st.integers(1, 25), st.integers(1, 6))
def test_a_rank_is_the_weight_below_and_half_of_that_of_its_equals(seed, n, levels):
    rng = np.random.default_rng(seed)
    y, w = rng.integers(0, levels, n).astype(float), rng.uniform(0, 3, n)
    wanted = [w[y < value].sum() + w[y == value].sum() / 2 for value in y]
    assert_allclose(mid_ranks(y, w), wanted, rtol=TIGHT, atol=1e-12)
    turn = rng.permutation(n)
    assert_allclose(mid_ranks(y[turn], w[turn]), np.array(wanted)[turn], rtol=TIGHT, atol=1e-12)
    assert_allclose(mid_ranks(-y, w), w.sum() - mid_ranks(y, w), rtol=TIGHT, atol=1e-12)


@few
@given(SEEDS, st.integers(1, 25))
def test_with_weights_of_1_they_are_the_textbook_ranks_less_a_half(seed, n):
    y = np.random.default_rng(seed).integers(0, 8, n).astype(float)
    assert_allclose(mid_ranks(y, np.ones(n)), stats.rankdata(y) - 0.5)


@few
@given(SEEDS, st.integers(2, 25), st.floats(0.01, 100))
def test_neither_a_rising_function_of_the_answers_nor_the_scale_of_the_weights_changes_them(seed, n, scale):
    rng = np.random.default_rng(seed)
    y, w = rng.integers(-3, 4, n).astype(float), rng.uniform(0.5, 2, n)
    ranks = mid_ranks(y, w)
    assert_allclose(mid_ranks(np.exp(y), scale * w), scale * ranks, rtol=TIGHT)
