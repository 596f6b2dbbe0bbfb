"""Effects in standard deviations: values by loops, derivatives by differences."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from surveykit.formulas.standardeffect import OneSample, StandardEffect
from surveykit.formulas.totals import Column

few = settings(max_examples=25)
TIGHT = 1e-9  # sums of the same numbers in another order
STEP = 1e-5  # of central differences, part of each total
NEAR = 1e-5
SEEDS = st.integers(0, 2**32 - 1)


def totals(statistic, w: np.ndarray) -> np.ndarray:
    """Return the weighted totals of its columns, rows without an answer left out."""
    out = []
    for values, missing in statistic.columns():
        part = w.copy() if values is None else w * values
        part[missing] = 0.0
        out.append(part.sum())
    return np.array(out)


def numeric(statistic, T: np.ndarray) -> np.ndarray:
    out = []
    for i in range(T.size):
        h = np.zeros(T.size)
        h[i] = STEP * max(abs(T[i]), 1.0)
        out.append((statistic.value(T + h) - statistic.value(T - h))[0] / (2 * h[i]))
    return np.array(out)


def two(seed: int, n: int = 16) -> tuple[StandardEffect, np.ndarray]:
    rng = np.random.default_rng(seed)
    y, group = rng.normal(rng.uniform(-50, 50), rng.uniform(0.5, 3), n), rng.integers(0, 2, n)
    group[:4] = [0, 1, 0, 1]
    lost = np.flatnonzero(np.r_[np.zeros(4, bool), rng.random(n - 4) < 0.2])
    y[lost] = 0.0
    return StandardEffect(y, group, lost), rng.uniform(0.5, 3, n)


@few
@given(SEEDS)
def test_two_groups_differ_by_their_means_over_the_spread_inside_them(seed):
    d, w = two(seed)
    means, spread, whole = [], 0.0, 0.0
    for g in (0, 1):
        rows = [i for i in range(len(w)) if d.group[i] == g and i not in d.missing]
        m = sum(w[i] * d.y[i] for i in rows) / sum(w[i] for i in rows)
        means.append(m)
        spread += sum(w[i] * (d.y[i] - m) ** 2 for i in rows)
        whole += sum(w[i] for i in rows)
    assert_allclose(d.value(totals(d, w)), [(means[1] - means[0]) / np.sqrt(spread / whole)], rtol=1e-8)


@few
@given(SEEDS)
def test_the_derivative_of_the_difference_of_two_groups(seed):
    d, w = two(seed)
    T = totals(d, w)
    assert_allclose(d.jacobian(T[None, :])[0, 0], numeric(d, T), rtol=NEAR, atol=NEAR)


@few
@given(SEEDS, st.floats(0.1, 10), st.floats(-100, 100), st.floats(0.01, 100))
def test_units_of_the_answers_and_of_the_weights_do_not_matter(seed, slope, shift, scale):
    d, w = two(seed)
    y = np.where(np.isin(np.arange(w.size), d.missing), 0.0, shift + slope * d.y)
    other = StandardEffect(y, d.group, d.missing)
    turned = StandardEffect(d.y, 1 - d.group, d.missing)
    wanted = d.value(totals(d, w))
    assert_allclose(other.value(totals(other, scale * w)), wanted, rtol=1e-7)
    assert_allclose(turned.value(totals(turned, w)), -wanted, rtol=1e-8)


@few
@given(SEEDS)
def test_several_domains_are_each_of_them_alone(seed):
    d, w = two(seed)
    T = np.array([totals(d, w), totals(d, w**2), totals(d, np.sqrt(w))])
    assert_allclose(d.value(T), np.vstack([d.value(t) for t in T]))
    assert_allclose(d.jacobian(T), np.concatenate([d.jacobian(t[None, :]) for t in T]))


def test_without_spread_inside_the_groups_there_is_no_number():
    d = StandardEffect(np.array([1.0, 1.0, 2.0, 2.0]), np.array([0, 0, 1, 1]), np.zeros(0, dtype=np.intp))
    T = totals(d, np.array([1.0, 2.0, 1.0, 3.0]))
    assert np.isnan(d.value(T)).all()
    assert np.isnan(d.jacobian(T[None, :])[0, 0]).any()


# --- one sample ---------------------------------------------------------------------------------------------


def one(seed: int, n: int = 12) -> tuple[OneSample, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y, lost = rng.normal(rng.uniform(-3, 3), rng.uniform(0.5, 3), n), np.flatnonzero(rng.random(n) < 0.2)
    y[lost] = 0.0
    return OneSample(Column(y, lost)), rng.uniform(0.5, 3, n), np.setdiff1d(np.arange(n), lost)


@few
@given(SEEDS)
def test_a_mean_over_its_standard_deviation_and_its_derivative(seed):
    d, w, held = one(seed)
    T = totals(d, w)
    y, v = d.y.values[held], w[held]
    m = sum(v * y) / sum(v)
    s = np.sqrt(sum(v * (y - m) ** 2) / sum(v))
    assert_allclose(d.value(T), [m / s], rtol=1e-8)
    assert_allclose(d.jacobian(T[None, :])[0, 0], numeric(d, T), rtol=NEAR, atol=NEAR)


def test_answers_all_alike_have_no_standard_deviation_to_divide_by():
    d = OneSample(Column(np.full(5, 0.3), np.zeros(0, dtype=np.intp)))
    T = totals(d, np.array([1.0, 2.0, 1.0, 0.5, 3.0]))
    assert np.isnan(d.value(T)).all()
