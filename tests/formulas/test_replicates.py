"""Factors without chance: for a linear total their variance is the Taylor form of the same design,
exactly."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from surveykit.formulas.replicates import balanced, jk1, jk2, jkn, row_cycle, successive, varying

few = settings(max_examples=30)
seeds = st.integers(0, 2**32 - 1)
EXACT = 1e-10  # linear algebra only


def taylor(z, stratum, f):
    """(1 − f) n / (n − 1) Σ (z − z̄)², stratum by stratum; strata of one unit give nothing."""
    out = 0.0
    for h in range(f.size):
        own = z[stratum == h]
        if own.size > 1:
            out += (1 - f[h]) * own.size / (own.size - 1) * ((own - own.mean()) ** 2).sum()
    return out


def variance(made, z):
    """Read the variance of the total of z from factors."""
    moved = z @ made.F - z.sum()
    return made.scale * (made.rscales * moved**2).sum()


def sample(seed, sizes):
    """Return stratum, fractions (one stratum taken whole) and values."""
    rng = np.random.default_rng(seed)
    f = np.where(rng.random(len(sizes)) < 0.5, 0.0, rng.uniform(0, 0.9, len(sizes)))
    f[-1] = 1.0
    stratum = np.repeat(np.arange(len(sizes)), sizes)
    return stratum, f, rng.normal(size=stratum.size)


@few
@given(seeds, st.lists(st.integers(1, 6), min_size=2, max_size=5))
def test_jkn_of_a_total_is_the_taylor_variance(seed, sizes):
    stratum, f, z = sample(seed, sizes)
    made = jkn(stratum, f)
    assert_allclose(variance(made, z), taylor(z, stratum, f), rtol=EXACT, atol=EXACT)
    assert made.rscales.size == sum(n for n, part in zip(sizes, f, strict=True) if n > 1 and part < 1)
    assert_array_equal(made.F[~varying(stratum, f)[stratum]], 1.0)


@few
@given(seeds, st.integers(2, 12), st.sampled_from([0.0, 0.3]))
def test_jk1_of_a_total_is_the_taylor_variance(seed, n, f):
    z = np.random.default_rng(seed).normal(size=n)
    made = jk1(np.zeros(n, dtype=int), np.array([f]))
    assert_allclose(variance(made, z), taylor(z, np.zeros(n), np.array([f])), rtol=EXACT)
    assert made.scale == pytest.approx((1 - f) * (n - 1) / n)
    assert_array_equal(made.rscales, 1.0)


@few
@given(seeds, st.integers(1, 9), st.sampled_from([0.0, 0.3, 0.5]), st.sampled_from([0, 10]))
def test_half_samples_of_a_total_are_the_taylor_variance_whatever_fays_factor(seed, pairs, rho, least):
    stratum, f, z = sample(seed, [2] * pairs + [3])  # the last is taken whole
    made = balanced(stratum, f, rho, least)
    assert_allclose(variance(made, z), taylor(z, stratum, f), rtol=EXACT)
    assert_allclose((z @ made.F).mean(), z.sum())  # balanced in full
    assert made.rscales.size >= max(least, pairs + 1)
    assert made.F.min() >= 0


def test_half_samples_keep_one_unit_of_each_pair_and_double_it():
    stratum = np.repeat(np.arange(3), 2)
    F = balanced(stratum, np.zeros(3)).F
    assert_array_equal(F[::2] + F[1::2], 2.0)
    assert set(np.unique(F)) == {0.0, 2.0}
    assert set(np.unique(balanced(stratum, np.zeros(3), rho=0.5).F)) == {0.5, 1.5}


@few
@given(seeds, st.integers(1, 9))
def test_jk2_of_a_total_is_the_taylor_variance_whichever_unit_goes(seed, pairs):
    stratum, f, z = sample(seed, [2] * pairs + [1])
    made = jk2(stratum, f, seed)
    assert_allclose(variance(made, z), taylor(z, stratum, f), rtol=EXACT)
    assert_array_equal((made.F == 0).sum(axis=0), 1)
    assert_array_equal(jk2(stratum, f, seed).F, made.F)


def test_jk2_leaves_out_the_first_unit_about_as_often_as_the_second():
    made = jk2(np.repeat(np.arange(2000), 2), np.zeros(2000), 5)
    first = (made.F[::2] == 0).any(axis=1).mean()
    assert abs(first - 0.5) < 4 * 0.5 / np.sqrt(2000)


@few
@given(seeds, st.lists(st.integers(1, 8), min_size=1, max_size=4))
def test_successive_differences_with_a_row_for_every_unit_are_the_circular_estimator(seed, sizes):
    stratum, f, z = sample(seed, [*sizes, 2])
    place = np.random.default_rng(seed).permutation(stratum.size)
    made = successive(stratum, f, place, stratum.size + 1)
    wanted = 0.0
    for h in range(f.size):
        own = z[stratum == h][np.argsort(place[stratum == h])]
        if own.size > 1:
            wanted += (1 - f[h]) / 2 * ((own - np.roll(own, -1)) ** 2).sum()
    assert_allclose(variance(made, z), wanted, rtol=EXACT, atol=EXACT)
    assert_allclose((z @ made.F).mean(), z.sum())
    assert made.scale == 4 / made.rscales.size


def test_factors_of_successive_differences_are_those_of_the_american_community_survey():
    made = successive(np.zeros(500, dtype=int), np.zeros(1), np.arange(500), 80)
    assert made.F.shape == (500, 80)
    known = [1 - 2**-0.5, 1.0, 1 + 2**-0.5]  # 0,3, 1 and 1,7
    assert_allclose(np.unique(made.F.round(12)), known, rtol=EXACT)


def test_rows_are_used_in_turn_and_no_pair_of_rows_comes_back_on_the_next_lap():
    rows = row_cycle(23, 11)
    assert_array_equal(rows[:11], np.arange(11))
    assert_array_equal(rows[11:22], np.arange(11) * 2 % 11)
    pairs = list(itertools.pairwise(rows))
    assert len(set(pairs)) == len(pairs)
    assert_array_equal(row_cycle(5, 1), 0)
