"""Calibration as a weighting step: cells, parts, shares, levels without people, caps."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from derivatives import influence
from numpy.testing import assert_allclose, assert_array_equal
from solved import AGE, LABELS, PART, SEX, SHARES, STEPS, WEIGHTS, N, U, by_part, indicators, raked

from surveykit.formulas.calibrated import Calibration
from surveykit.formulas.calibration import Bounds
from surveykit.formulas.steps import dense, one_hot

steps = pytest.mark.parametrize("sort", STEPS)


def on_cells(step):
    """Return a step of rows as one of cells, rows with the same auxiliaries and part."""
    block = np.zeros(N, dtype=int) if step.block is None else step.block
    _, pick, cell = np.unique(
        np.column_stack([dense(step.X), block]), axis=0, return_index=True, return_inverse=True
    )
    return replace(step, cell=cell.ravel(), X=step.X[pick], block=None if step.block is None else block[pick])


# --- weights ------------------------------------------------------------------------------------------------


@steps
def test_the_targets_are_met_and_limits_hold(sort):
    step = STEPS[sort]
    w, found = step.apply(WEIGHTS), step.solution(WEIGHTS)
    assert found.met
    if step.ridge is None:
        assert_allclose(step.column_sums(w), step.goals_of(WEIGHTS), rtol=1e-10, atol=1e-10)
    used = w != 0
    assert (w >= np.asarray(step.caps.lower) * (1 - 1e-15))[used].all()
    assert (w <= np.asarray(step.caps.upper) * (1 + 1e-15)).all()
    ratio = w[used] / WEIGHTS[used]
    assert ratio.min() >= step.bounds.lower * (1 - 1e-15)
    assert ratio.max() <= step.bounds.upper * (1 + 1e-15)


@pytest.mark.parametrize("sort", sorted(k for k, s in STEPS.items() if s.cell is None and s.scale is None))
def test_cells_give_what_their_rows_do(sort):
    step = STEPS[sort]
    if step.X is not None and sp.issparse(step.X):
        step = replace(step, X=step.X.toarray())
    alike = WEIGHTS[0] + AGE + 0.1 * SEX  # caps need the rows of a cell to be alike
    w = alike if "caps" in sort else WEIGHTS
    cells = on_cells(step)
    assert cells.X.shape[0] < N
    assert_allclose(cells.apply(w), step.apply(w), rtol=1e-10)
    assert_allclose(cells.column_sums(w), step.column_sums(w))
    assert_allclose(cells.part_sums(w), step.part_sums(w))
    assert_allclose(dense(cells.wide()), dense(step.wide()))
    assert_allclose(influence(cells, w, U), influence(step, w, U), rtol=1e-7, atol=1e-9)


def test_shares_are_of_the_sum_of_all_weights_or_of_those_of_the_part():
    one = STEPS["shares"]
    assert one.shares
    assert_allclose(one.goals_of(WEIGHTS), SHARES * WEIGHTS.sum())
    assert_allclose(one.apply(WEIGHTS).sum(), WEIGHTS.sum())
    two, sums = STEPS["parts, shares"], [WEIGHTS[d == PART].sum() for d in (0, 1)]
    assert_allclose(two.goals_of(WEIGHTS), two.targets * np.array(sums)[:, None])
    assert_allclose([two.apply(WEIGHTS)[d == PART].sum() for d in (0, 1)], sums)
    assert_allclose(STEPS["one part of shares"].apply(WEIGHTS), one.apply(WEIGHTS))
    assert not STEPS["dense"].shares
    assert_array_equal(STEPS["dense"].goals_of(WEIGHTS), 60 * SHARES)


def test_rows_outside_the_parts_keep_their_weight():
    step, outside = STEPS["parts, shares, some outside"], np.arange(N) % 7 == 3
    w = step.apply(WEIGHTS)
    assert_array_equal(w[outside], WEIGHTS[outside])
    sums = [WEIGHTS[(d == PART) & ~outside].sum() for d in (0, 1)]
    assert_allclose(step.part_sums(WEIGHTS), sums)
    assert_allclose([w[(d == PART) & ~outside].sum() for d in (0, 1)], sums)


def test_a_level_with_the_target_0_gets_no_weight_but_by_linear_calibration():
    targets = np.array([[30.0, 30.0, 20.0, 40.0, 0.0]])
    w = STEPS["barred"].apply(WEIGHTS)
    assert (w[AGE == 2] == 0).all()
    assert (w[AGE != 2] > 0).all()
    linear = replace(STEPS["barred"], distance="linear")
    assert linear.barred is None
    assert_allclose(linear.column_sums(linear.apply(WEIGHTS)), targets, atol=1e-9)
    assert linear.apply(WEIGHTS)[AGE == 2].min() < 0


def test_a_numeric_auxiliary_with_the_total_0_bars_nobody():
    x = np.linspace(-1, 1.5, N)[:, None]
    step = Calibration(None, x, np.zeros((1, 1)), (("x", None),), "calibrate", distance="raking")
    w = step.apply(WEIGHTS)
    assert step.barred is None
    assert (w > 0).all()
    assert abs(float(w @ x[:, 0])) < 1e-9


def test_a_level_with_the_target_0_that_nobody_has_bars_nobody():
    X = np.hstack([indicators(), np.zeros((N, 1))])
    step = raked(X=X, targets=np.hstack([60 * SHARES, [[0.0]]]), labels=(*LABELS, ("age", "d")))
    assert step.barred is None
    assert_allclose(step.apply(WEIGHTS), STEPS["dense"].apply(WEIGHTS))


def test_a_level_is_barred_in_the_part_whose_target_is_0():
    step = by_part(targets=np.array([[22.0, 0.0], [20.0, 13.0]]))
    w = step.apply(WEIGHTS)
    assert_array_equal(w == 0, (PART == 0) & (SEX == 1))
    assert step.aims == (("sex (N)", 1), ("sex (N)", 2), ("sex (S)", 1), ("sex (S)", 2))


def test_weights_below_0_stay_below_0_and_the_targets_are_met():
    w = WEIGHTS.copy()
    w[[3, 10]] *= -0.05
    for sort in ("dense", "linear", "shares", "one margin", "parts"):
        step = STEPS[sort]
        after = step.apply(w)
        assert (after[[3, 10]] < 0).all()
        assert_allclose(step.column_sums(after), step.goals_of(w))
    capped = replace(STEPS["dense"], caps=Bounds(-0.12, 5.0)).apply(w)
    assert capped.min() >= -0.12
    assert capped.max() <= 5.0
    assert_allclose(STEPS["dense"].column_sums(capped), 60 * SHARES)


def test_rows_without_weight_keep_none():
    w = WEIGHTS * (np.arange(N) % 5 != 0)
    for sort in ("dense", "caps", "parts", "one margin"):
        assert_array_equal(STEPS[sort].apply(w) == 0, w == 0)


# --- limits of the weights ----------------------------------------------------------------------------------


def test_limits_of_the_ratios_are_the_narrower_of_both():
    step = STEPS["bounds and caps"]
    low, high = step.limits(WEIGHTS)
    assert_allclose(low, np.maximum(0.65, 1.0 / WEIGHTS))
    assert_allclose(high, np.minimum(2.5, 4.8 / WEIGHTS))
    assert STEPS["bounds"].limits(WEIGHTS) == Bounds(0.6, 2.1)


def test_limits_of_a_cell_are_those_of_a_row_with_a_weight():
    step = Calibration(
        np.array([0, 0, 1, 2]),
        np.ones((3, 1)),
        np.array([[10.0]]),
        (("x", None),),
        "c",
        caps=Bounds(1.0, 4.0),
    )
    low, high = step.limits(np.array([0.0, 2.0, 4.0, 0.0]))
    assert low.tolist() == [0.5, 0.25, 1.0]
    assert high.tolist() == [2.0, 1.0, 1.0]


def test_in_a_replicate_the_limits_are_for_a_row_that_counts_once():
    step, factor = STEPS["caps"], 1.0 + (np.arange(N) % 5 == 0)
    w = step.replay(WEIGHTS * factor, factor)
    assert (w / factor).max() <= 4.5 * (1 + 1e-15)
    assert w.max() > 4.5
    assert_allclose(step.column_sums(w), 60 * SHARES)


def test_a_replicate_may_have_shifted_targets_in_the_units_they_were_given_in():
    shift = np.array([[1.0, -1.0, 0.5, 0.5, -1.0]])
    w = STEPS["dense"].replay(WEIGHTS, np.ones(N), shift)
    assert_allclose(STEPS["dense"].column_sums(w), 60 * SHARES + shift)
    w = STEPS["shares"].replay(WEIGHTS, np.ones(N), shift / 100)
    assert_allclose(STEPS["shares"].column_sums(w), (SHARES + shift / 100) * WEIGHTS.sum())


# --- auxiliaries side by side -------------------------------------------------------------------------------


def test_each_part_has_columns_of_its_own():
    wide = dense(STEPS["parts"].wide())
    X = one_hot(SEX, 2).toarray()
    assert_array_equal(wide, np.hstack([X * (PART == 0)[:, None], X * (PART == 1)[:, None]]))
    outside = np.arange(N) % 7 == 3
    wide = dense(STEPS["parts, some rows outside"].wide())
    assert (wide[outside] == 0).all()
    assert (wide[~outside].sum(axis=1) == 1).all()
    assert_array_equal(dense(STEPS["one margin"].wide()), one_hot(AGE, 3).toarray())
