"""Bootstrap factors: over all resamples their mean is 1 and their covariance the Taylor form, exactly."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from surveykit.formulas import bootstrap
from surveykit.formulas.bootstrap import (
    Level,
    combine,
    draws,
    half_sample,
    halves,
    multiply,
    preston,
    resample,
    rescale,
    rescaled,
)
from surveykit.formulas.forms import hajek

few = settings(max_examples=12)
seeds = st.integers(0, 2**32 - 1)
EXACT = 1e-10

FIRST = Level(np.array([0, 0, 0, 1, 1]), np.array([0.3, 0.6]), np.zeros(5, dtype=int), np.ones(5))
PARENT = np.repeat(np.arange(5), [2, 2, 1, 3, 2])
ABOVE = np.array([0.3, 0.3, 0.3, 0.6, 0.6])
SECOND = Level(PARENT, np.array([0.5, 0.2, 0.4, 1.0, 0.3]), PARENT, ABOVE[PARENT])


def form(t, level):
    """Return Σ F (1 − f) n / (n − 1) Σ (t − t̄)² over the strata of a stage, t totals of its units."""
    out = 0.0
    for h in range(level.f.size):
        own = level.stratum == h
        n = own.sum()
        if n > 1:
            a = level.factor[own][0] * (1 - level.f[h]) * n / (n - 1)
            out += a * ((t[own] - t[own].mean()) ** 2).sum()
    return out


def columns(level, each):
    """(U, K) every outcome of a stage: ``each(units, h)`` gives the equally likely ones of a stratum."""
    outcomes = [each(np.flatnonzero(level.stratum == h), h) for h in range(level.f.size)]
    return np.array([sum(parts) for parts in itertools.product(*outcomes)], dtype=float).T


def all_counts(level):
    m, U = draws(level), level.stratum.size
    return columns(
        level,
        lambda units, h: [
            np.bincount(list(c), minlength=U) for c in itertools.product(units, repeat=int(m[h]))
        ],
    )


def all_halves(level):
    m, U = halves(level)[1], level.stratum.size
    return columns(
        level,
        lambda units, h: [np.bincount(c, minlength=U) for c in itertools.combinations(units, int(m[h]))],
    )


def crossed(first, second):
    """Every outcome of the first stage with every one of the second."""
    return [np.repeat(first, second.shape[1], axis=1), np.tile(second, first.shape[1])]


def totals(z):
    return np.bincount(PARENT, weights=z)


@pytest.mark.parametrize(("outcomes", "factors"), [(all_counts, combine), (all_halves, multiply)])
def test_over_all_resamples_of_two_stages_the_variance_of_a_total_is_taylors(outcomes, factors):
    A = factors([FIRST, SECOND], crossed(outcomes(FIRST), outcomes(SECOND)))
    assert_allclose(A.mean(axis=1), 1.0, rtol=EXACT)
    for seed in range(5):
        z = np.random.default_rng(seed).normal(size=10)
        expected = form(totals(z), FIRST) + form(z, SECOND)
        assert_allclose(((z @ A - z.sum()) ** 2).mean(), expected, rtol=EXACT)


def test_over_all_resamples_of_three_stages_the_variance_of_a_total_is_taylors():
    one = Level(np.zeros(2, dtype=int), np.array([0.4]), np.zeros(2, dtype=int), np.ones(2))
    above = np.repeat([0, 1], 2)
    two = Level(above, np.array([0.5, 0.25]), above, np.full(4, 0.4))
    top = np.repeat(np.arange(4), 2)
    f = np.array([0.1, 0.6, 0.0, 0.3])
    three = Level(top, f, top, np.array([0.2, 0.2, 0.1, 0.1])[top])
    z = np.random.default_rng(2).normal(size=8)
    expected = form(z.reshape(2, 4).sum(axis=1), one) + form(z.reshape(4, 2).sum(axis=1), two)
    expected += form(z, three)
    for outcomes, factors in ((all_counts, combine), (all_halves, multiply)):
        K = crossed(outcomes(one), outcomes(two))
        last = outcomes(three)
        K = [*(np.repeat(k, last.shape[1], axis=1) for k in K), np.tile(last, K[0].shape[1])]
        A = factors([one, two, three], K)
        assert_allclose(A.mean(axis=1), 1.0, rtol=EXACT)
        assert_allclose(((z @ A - z.sum()) ** 2).mean(), expected, rtol=EXACT)


def test_one_stage_with_replacement_is_rao_and_wus_count_times_n_over_n_less_1():
    level = FIRST._replace(f=np.zeros(2))
    counts = all_counts(level)
    assert_array_equal(combine([level], [counts]), counts * np.array([1.5, 1.5, 1.5, 2, 2])[:, None])


def test_unequal_chances_have_the_covariance_of_hajeks_form():
    pi = np.array([0.2, 0.5, 0.7, 1.0, 0.4])
    level = Level(np.zeros(5, dtype=int), np.array([0.5]), np.zeros(5, dtype=int), np.ones(5), pi)
    c, m = level.variances, int(draws(level)[0])
    assert c[3] == 0
    outcomes = list(itertools.product(range(5), repeat=m))
    counts = np.array([np.bincount(one, minlength=5) for one in outcomes], dtype=float).T
    chance = np.array([np.prod((c / c.sum())[list(one)]) for one in outcomes])
    a = rescale(level, counts)
    assert_allclose(a @ chance, 1.0, rtol=EXACT)
    drawn = pi < 1
    V = (a - 1) * chance @ (a - 1).T
    assert_allclose(V[np.ix_(drawn, drawn)], hajek(pi[drawn]), atol=EXACT)
    assert_allclose(V[3], 0, atol=EXACT)
    assert a[:, chance > 0].min() >= 0


def test_chances_that_are_equal_give_the_same_factors_told_either_way():
    told = FIRST._replace(pi=np.array([0.3, 0.3, 0.3, 0.6, 0.6]))
    assert_array_equal(draws(told), draws(FIRST))
    u = np.random.default_rng(1).random((3, 7))
    assert_array_equal(resample(told, u), resample(FIRST, u))
    assert_allclose(rescale(told, resample(told, u)), rescale(FIRST, resample(FIRST, u)), rtol=EXACT)


def test_units_are_drawn_again_in_proportion_to_their_part_of_the_variance():
    pi = np.array([0.1, 0.4, 1.0, 0.8, 0.3, 0.9])
    level = Level(np.repeat([0, 1], 3), np.full(2, 0.5), np.zeros(6, dtype=int), np.ones(6), pi)
    m = draws(level)
    counts = resample(level, np.random.default_rng(3).random((int(m.sum()), 20_000)))
    assert_array_equal(counts.sum(axis=0), m.sum())
    c = level.variances.reshape(2, 3)
    wanted = (m[:, None] * c / c.sum(axis=1, keepdims=True)).ravel()
    assert_allclose(counts.mean(axis=1), wanted, atol=4 * np.sqrt(m.max() * 0.25 / 20_000))
    assert counts[2].max() == 0


def test_strata_of_one_unit_or_taken_whole_keep_the_factor_one():
    level = Level(np.array([0, 1, 1, 2, 2]), np.array([0.2, 1.0, 0.0]), np.zeros(5, dtype=int), np.ones(5))
    for make in (rescaled, preston):
        F = make([level], 20, 1).F
        assert_array_equal(F[:3], 1.0)
        assert F[3:].std() > 0
    lone = level._replace(pi=np.array([0.2, 1.0, 1.0, 0.3, 0.4]))
    assert_array_equal(rescaled([lone], 20, 1).F[:3], 1.0)


@few
@given(seeds)
def test_half_samples_keep_half_of_each_stratum(seed):
    u = np.random.default_rng(seed).random((10, 4))
    kept = half_sample(SECOND, u)
    n, m = halves(SECOND)
    assert_array_equal([kept[h == PARENT].sum(axis=0) for h in range(5)], np.repeat(m[:, None], 4, axis=1))
    assert m.tolist() == [1, 1, 1, 3, 1]  # one unit alone, or taken whole: all are kept
    assert n.tolist() == [2, 2, 1, 3, 2]
    for h in (0, 1, 4):
        chosen = np.argmin(u[h == PARENT], axis=0)
        assert_array_equal(kept[h == PARENT][chosen, np.arange(4)], 1.0)


@pytest.mark.parametrize("make", [rescaled, preston])
def test_a_replicate_depends_on_the_seed_and_its_number_alone(make, monkeypatch):
    some = make([FIRST, SECOND], 4, 7)
    monkeypatch.setattr(bootstrap, "BLOCK", 1)  # one replicate at a time
    more = make([FIRST, SECOND], 9, 7)
    assert_array_equal(more.F[:, :4], some.F)
    assert not np.array_equal(make([FIRST, SECOND], 4, 8).F, some.F)
    assert more.scale == 1 / 9
    assert_array_equal(more.rscales, np.ones(9))
    assert not np.array_equal(more.F[:, 0], more.F[:, 1])


def test_many_replicates_come_near_the_taylor_variance():
    """Relative error of a variance from R replicates: about √(2 / R)."""
    z = np.random.default_rng(4).normal(size=10)
    expected = form(totals(z), FIRST) + form(z, SECOND)
    for make in (rescaled, preston):
        F = make([FIRST, SECOND], 8000, 11).F
        assert_allclose(((z @ F - z.sum()) ** 2).mean(), expected, rtol=5 * np.sqrt(2 / 8000))
