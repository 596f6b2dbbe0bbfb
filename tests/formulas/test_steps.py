"""Weighting steps as arrays: fits, gaps, derivatives."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from surveykit.formulas import steps
from surveykit.formulas.steps import ClassAdjustment, Raking, one_hot


def test_indicator_columns_leave_out_what_has_no_code():
    assert one_hot(np.array([1, -1, 0]), 2).toarray().tolist() == [[0, 1], [0, 0], [1, 0]]


def test_a_class_without_weight_keeps_the_factor_one():
    step = ClassAdjustment(np.array([0, 0, 1]), np.array([True, False, False]), 2, "nonresponse")
    w = np.array([2.0, 1.0, 0.0])
    assert step.factors(w).tolist() == [1.5, 1.0]
    assert step.apply(w).tolist() == [3.0, 0.0, 0.0]


def test_raking_is_proportional_fitting():
    step = Raking(
        (np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])), (np.array([3.0, 7.0]), np.array([4.0, 6.0])),
        shares=False, name="rake",
    )  # fmt: skip
    w = np.array([1.0, 2.0, 3.0, 4.0])
    raked, gap, _ = step.fit(w)
    assert gap < 1e-12
    table = raked.reshape(2, 2)
    assert_allclose(table.sum(axis=1), [3, 7])
    assert_allclose(table.sum(axis=0), [4, 6])
    odds = w[0] * w[3] / (w[1] * w[2])
    assert_allclose(raked[0] * raked[3] / (raked[1] * raked[2]), odds)  # exp(x'λ) keeps them


def test_shares_keep_the_sum_and_counts_set_it():
    w = np.array([1.0, 2.0, 3.0])
    margin, share = np.array([0, 1, 1]), np.array([0.5, 0.5])
    assert_allclose(Raking((margin,), (share,), shares=True, name="r").apply(w).sum(), 6.0)
    assert_allclose(Raking((margin,), (share * 40,), shares=False, name="r").apply(w).sum(), 40.0)


def test_rows_without_weight_take_no_part():
    margin = np.array([0, 1, 1])
    step = Raking((margin, np.array([0, 1, 0])), (np.array([2.0, 5.0]), np.array([2.0, 5.0])), False, "r")
    raked, gap, _ = step.fit(np.array([1.0, 2.0, 0.0]))
    assert gap < 1e-12
    assert_allclose(raked, [2.0, 5.0, 0.0])


def test_targets_that_cannot_be_met_tell_the_margin(monkeypatch):
    monkeypatch.setattr(steps, "SWEEPS", 50)
    same = np.array([0, 1])
    step = Raking((same, same), (np.array([1.0, 2.0]), np.array([2.0, 1.0])), False, "r")
    _, gap, margin = step.fit(np.array([1.0, 1.0]))
    assert gap == pytest.approx(1.0)
    assert margin == 0


def test_a_target_of_zero_has_an_absolute_gap():
    assert Raking.gaps(np.array([0.5, 2.0]), [np.array([0, 1])], [np.array([0.0, 2.0])]) == [0.5]


@pytest.mark.parametrize("shares", [True, False])
def test_the_derivative_is_that_of_small_changes_of_the_weights(shares):
    rng = np.random.default_rng(4)
    a, b, w = np.arange(12) % 2, np.arange(12) % 3, rng.uniform(1, 2, 12)
    scale = 1.0 if shares else 20.0
    step = Raking((a, b), (scale * np.array([0.4, 0.6]), scale * np.array([0.2, 0.3, 0.5])), shares, "r")
    after, u = step.apply(w), rng.normal(size=12)
    line = step.linear(w, after)
    B = line.inverse @ (line.X.T @ (line.g * u))
    V = line.v[:, None] * line.X.toarray() - np.outer(line.t, line.r)
    influence = after * u - V @ B
    moved = [
        sum(s * (step.apply(w * (1 + s * 1e-5 * (np.arange(12) == k))) @ u) for s in (1, -1)) / 2e-5
        for k in range(12)
    ]
    assert_allclose(influence, moved, rtol=1e-6, atol=1e-6)
    unit = np.arange(12) // 2
    assert_allclose(line.unit_sums(unit, 6), [V[unit == k].sum(axis=0) for k in range(6)])
    assert_allclose(line.cross_product(u, line), line.X.T @ (u[:, None] * V))
