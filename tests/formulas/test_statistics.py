"""Smooth statistics: values against plain sums, jacobians against differences."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from surveykit.formulas.statistics import NONE, Covariances, Ratio, Shares, Total, divide, mean
from surveykit.formulas.totals import Column, Weigher, make_cells

#: Central differences of step 1e-6 of numbers near 1.
DIFFERENCES = 1e-6

few = settings(max_examples=20)
seeds = st.integers(0, 2**32 - 1)


def column(values, missing=()):
    lost = np.array(missing, dtype=np.intp)
    kept = np.array(values, dtype=float)
    kept[lost] = 0.0
    return Column(kept, lost)


def totals(statistic, w):
    out = []
    for values, missing in statistic.columns():
        part = w.copy() if values is None else w * values
        part[missing] = 0.0
        out.append(part.sum())
    return np.array(out)


@few
@given(seeds)
def test_values_are_those_of_plain_sums(seed):
    rng = np.random.default_rng(seed)
    w, y, x = rng.uniform(1, 2, 12), rng.normal(size=12), rng.uniform(1, 2, 12)
    lost, level = [3, 7], rng.integers(0, 3, 12)
    level[lost] = -1
    held = np.setdiff1d(np.arange(12), lost)
    W, Y, X = w[held], y[held], x[held]
    assert_allclose(Total(column(y, lost)).value(totals(Total(column(y, lost)), w)), [W @ Y])
    for statistic, wanted in (
        (mean(column(y, lost)), W @ Y / W.sum()),
        (Ratio(column(y, lost), column(x, lost)), W @ Y / (W @ X)),
        (Shares(level, 3), [W[level[held] == k].sum() / W.sum() for k in range(3)]),
        (Covariances(column(y, lost), column(x, lost)), np.cov(Y, X, aweights=W, ddof=0)[0, 1]),
        (Covariances(column(y, lost), column(y, [])), np.cov(Y, aweights=W, ddof=0)),
    ):
        assert_allclose(statistic.value(totals(statistic, w)), np.atleast_1d(wanted), rtol=1e-9, atol=1e-12)


@few
@given(seeds)
def test_jacobians_are_derivatives(seed):
    rng = np.random.default_rng(seed)
    y, x, level = column(rng.normal(size=5)), column(rng.uniform(1, 2, 5)), np.arange(5) % 3
    for statistic in (Total(y), mean(y), Ratio(y, x), Shares(level, 3), Covariances(y, x)):
        c = len(list(statistic.columns()))
        T = rng.uniform(1, 2, (4, c))
        step = 1e-6 * np.eye(c)
        J = np.stack([(statistic.value(T + s) - statistic.value(T - s)) / 2e-6 for s in step], axis=-1)
        assert_allclose(statistic.jacobian(T), J, rtol=DIFFERENCES, atol=DIFFERENCES)


@few
@given(seeds)
def test_totals_of_shares_in_one_pass_are_those_of_their_columns(seed):
    rng = np.random.default_rng(seed)
    n = 40
    unit, domain, level = rng.integers(0, 6, n), rng.integers(-1, 3, n), rng.integers(-1, 4, n)
    w = rng.uniform(1, 2, n) * (rng.uniform(size=n) < 0.9)
    domain[:3], level[unit == 5] = range(3), -1  # a unit in which nobody answered
    weigher = Weigher(make_cells(unit, domain, 6, 3), w)
    shares = Shares(level, 4)
    found = shares.sums(weigher)
    assert_allclose(found, weigher.totals(shares.columns()), rtol=1e-12, atol=1e-15)
    C = weigher.cells.unit.size
    by_hand = np.zeros((C, 5))
    for i in range(n):
        if weigher.cells.row[i] >= 0 and level[i] >= 0:
            by_hand[weigher.cells.row[i], [0, 1 + level[i]]] += w[i]
    assert_allclose(found, by_hand, rtol=1e-12, atol=1e-15)


def test_columns_hold_0_where_nobody_answered():
    assert NONE.size == 0
    y, x = column(np.arange(5.0), [1]), column(np.arange(5.0) + 2, [3])
    for part in list(Covariances(y, x).columns())[1:]:
        assert_array_equal(part.values[[1, 3]], 0)
        assert_array_equal(part.missing, [1, 3])


def test_values_take_any_leading_axes():
    T = np.random.default_rng(1).uniform(1, 2, (2, 3, 4))
    for statistic in (Shares(np.arange(3), 3), Covariances(column([1, 2]), column([1, 3]))):
        whole = statistic.value(T)
        assert whole.shape[:2] == (2, 3)
        assert_allclose(whole[1, 2], statistic.value(T[1, 2]))


def test_a_variance_far_from_zero_keeps_its_digits():
    y = np.array([1.0, 2.0, 3.0, 4.0])
    far = Covariances(column(1e9 + y), column(1e9 + y))
    assert_allclose(far.value(totals(far, np.ones(4))), [1.25])


def test_columns_without_any_answer_are_empty():
    empty = Covariances(column([1, 2], [0, 1]), column([1, 2], [0, 1]))
    assert np.isnan(empty.value(totals(empty, np.ones(2)))).all()
    ones = Covariances(Column(np.ones(2), NONE), Column(np.ones(2), NONE))
    assert_allclose(ones.value(totals(ones, np.ones(2))), [0.0])


@pytest.mark.filterwarnings("error")
def test_division_by_zero_is_missing_and_silent():
    assert_array_equal(divide(np.array([1.0, 4.0]), np.array([0.0, 2.0])), [np.nan, 2.0])
    assert divide(np.ones((2, 1)), np.ones(3)).shape == (2, 3)
