"""Intraclass correlation: plain loops, its components on average, equal weights, a jackknife."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from surveykit.formulas.icc import icc

few = settings(max_examples=30)


def sample(seed: int, G: int) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(G), rng.integers(1, 6, G))
    return rng.normal(size=G)[unit] + rng.normal(size=unit.size), rng.uniform(0.5, 3, unit.size), unit


def loops(y, w, unit):
    groups = [[i for i in range(len(y)) if unit[i] == g] for g in sorted(set(unit))]
    W = sum(w)
    centre = sum(a * b for a, b in zip(w, y, strict=True)) / W
    inside = between = a = b = c = 0.0
    for own in groups:
        W_g, V_g = sum(w[i] for i in own), sum(w[i] ** 2 for i in own)
        mean = sum(w[i] * y[i] for i in own) / W_g
        inside += sum(w[i] * (y[i] - mean) ** 2 for i in own)
        between += W_g * (mean - centre) ** 2
        a += W_g - V_g / W_g
        b -= W_g**2 / W
        c += V_g / W_g
    b, c = b + W, c - sum(v**2 for v in w) / W
    s_w = inside / a
    s_b = (between - c * s_w) / b
    return s_b / (s_b + s_w)


@few
@given(st.integers(0, 10**6), st.integers(4, 9))
def test_the_correlation_and_its_jackknife_by_plain_loops(seed, G):
    y, w, unit = sample(seed, G)
    # without any cluster some other has two people: else there is nothing to divide by
    assume(all((np.bincount(unit[unit != g]) > 1).any() for g in range(G)))
    own, se = icc(y, w, unit, np.zeros(G, dtype=int))
    assert_allclose(own[0], loops(y, w, unit), rtol=1e-9, atol=1e-12)
    left = [loops(y[unit != g], w[unit != g], unit[unit != g]) for g in range(G)]
    assert_allclose(se[0], np.sqrt((G - 1) / G * np.sum((left - np.mean(left)) ** 2)), rtol=1e-7)


@few
@given(st.integers(0, 10**6))
def test_equal_weights_give_the_analysis_of_variance_and_the_scale_of_weights_does_not_count(seed):
    y, _, unit = sample(seed, 8)
    n, size = len(y), np.bincount(unit)
    mean = np.bincount(unit, y) / size
    MSB = (size * (mean - y.mean()) ** 2).sum() / 7
    MSW = ((y - mean[unit]) ** 2).sum() / (n - 8)
    n0 = (n - (size**2).sum() / n) / 7
    zero = np.zeros(8, dtype=int)
    assert_allclose(icc(y, np.full(n, 3.7), unit, zero)[0], (MSB - MSW) / (MSB + (n0 - 1) * MSW), rtol=1e-9)
    assert_allclose(icc(1e6 + 5 * y, np.ones(n), unit, zero), icc(y, np.ones(n), unit, zero), rtol=1e-6)


def test_domains_are_those_alone():
    y, w, unit = sample(3, 10)
    domain = np.array([0, 1] * 5)
    both = icc(y, w, unit, domain)
    for d in (0, 1):
        rows = domain[unit] == d
        alone = icc(y[rows], w[rows], unit[rows] // 2, np.zeros(5, dtype=int))
        assert_allclose([both[0][d], both[1][d]], [alone[0][0], alone[1][0]], rtol=1e-9)


def test_unequal_weights_do_not_bend_the_parts_of_the_variance():
    """In 4,000 samples with ρ = 0.2 the sums of squares over their expectations keep to it (4 errors)."""
    rng = np.random.default_rng(11)
    unit = np.repeat(np.arange(30), 6)
    w = rng.lognormal(0, 0.8, unit.size)
    W, V = np.bincount(unit, w), np.bincount(unit, w**2)
    y = np.sqrt(0.2) * rng.normal(size=(4000, 30))[:, unit]
    y += np.sqrt(0.8) * rng.normal(size=(4000, unit.size))
    mean = np.array([np.bincount(unit, w * row) / W for row in y])
    inside = (w * (y - mean[:, unit]) ** 2).sum(axis=1)
    within = inside / (w.sum() - (V / W).sum())
    assert abs(within.mean() - 0.8) < 4 * within.std() / np.sqrt(4000)
    found = np.array([icc(row, w, unit, np.zeros(30, dtype=int))[0][0] for row in y[:1000]])
    assert abs(found.mean() - 0.2) < 0.015  # a ratio of 30 units is a little low


def test_a_domain_that_does_not_vary_has_none_whatever_the_others_do():
    _, w, unit = sample(3, 10)
    domain = np.array([0, 1] * 5)
    y = np.where(domain[unit] == 0, 1e6 / 3, np.arange(unit.size))
    own, se = icc(y, w, unit, domain)
    assert np.isnan(own).tolist() == np.isnan(se).tolist() == [True, False]


@pytest.mark.parametrize(
    ("y", "unit", "expected"),
    [
        ([1.0, 1, 2, 2], [0, 0, 1, 1], 1.0),
        ([1.0, 2, 1, 2], [0, 0, 1, 1], -1.0),
        ([1.0, 2, 3, 4], [0, 1, 2, 3], np.nan),
        ([1.0, 1, 1, 1], [0, 0, 1, 1], np.nan),
        ([1.0, 2, 3, 4], [0, 0, 0, 0], np.nan),
    ],
)
def test_ends(y, unit, expected):
    G = max(unit) + 1
    own, se = icc(np.array(y), np.ones(4), np.array(unit), np.zeros(G, dtype=int))
    assert_allclose(own[0], expected)
    assert np.isnan(se[0])


def test_two_units_have_a_correlation_without_error():
    y, w, unit = np.array([1.0, 2, 4, 6]), np.ones(4), np.array([0, 0, 1, 1])
    own, se = icc(y, w, unit, np.zeros(2, dtype=np.intp))
    assert_allclose(own, loops(y, w, unit))
    assert np.isnan(se).all()
