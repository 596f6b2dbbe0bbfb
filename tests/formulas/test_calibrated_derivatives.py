"""Calibration as a weighting step: its derivative for every kind, and shifts of estimated targets."""

from dataclasses import replace

import numpy as np
import pytest
from derivatives import check_derivative
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from solved import SHARES, STEPS, WEIGHTS, N, U, raked

from sampling.checks import ArgumentError
from surveykit.formulas.calibrated import target_shifts
from surveykit.formulas.calibration import Bounds
from surveykit.formulas.steps import dense

few = settings(max_examples=15)
seeds = st.integers(0, 2**32 - 1)
steps = pytest.mark.parametrize("sort", STEPS)


@steps
def test_the_derivative_is_that_of_the_weights(sort):
    check_derivative(STEPS[sort], WEIGHTS, U)


@steps
def test_the_derivative_is_that_of_the_weights_where_some_rows_have_none(sort):
    check_derivative(STEPS[sort], WEIGHTS * (np.arange(N) % 11 != 4), U)


@few
@given(seeds, st.sampled_from(["dense", "shares", "logit", "parts, shares", "scale", "ridge"]))
def test_the_derivative_holds_for_any_weights(seed, sort):
    check_derivative(STEPS[sort], np.random.default_rng(seed).uniform(1, 3, N), U)


def test_some_rows_of_the_cases_are_at_their_limits_and_some_are_not():
    for sort in ("bounds", "caps", "caps, linear", "bounds and caps"):
        step = STEPS[sort]
        g = step.linear(WEIGHTS, step.apply(WEIGHTS)).g
        assert 2 <= (g == 0).sum() <= N - 6


def test_a_ratio_that_rounding_puts_next_to_its_limit_is_at_its_limit():
    bounds = Bounds(0.7, 1.3)
    step = raked(distance="linear", bounds=bounds)
    for limit in bounds:
        w = np.random.default_rng(9).uniform(1, 3, N)
        assert (w * limit / w != limit).any()
        assert (step.slopes(w, w * limit / w) == 0).all()


@pytest.mark.parametrize("sort", ["dense", "shares", "parts", "bounds"])
def test_the_base_linearisation_has_the_old_weights_in_its_regression(sort):
    step = replace(STEPS[sort], linearisation="base")
    w = step.apply(WEIGHTS)
    assert_array_equal(w, STEPS[sort].apply(WEIGHTS))
    line = step.linear(WEIGHTS, w)
    assert_array_equal(line.g, WEIGHTS)
    root, X = np.sqrt(WEIGHTS), dense(step.wide())
    wanted = X @ np.linalg.lstsq(root[:, None] * X, root * U[:, 0], rcond=None)[0]
    assert_allclose(X @ dense(line.inverse @ line.fold(line.g * U[:, 0])[0]), wanted, atol=1e-9)


def test_the_covariance_of_targets_is_in_units_of_their_totals():
    noise = np.diag([1.0, 2.0, 0.0, 0.0, 3.0])
    counts = raked(noise=noise)
    assert_array_equal(counts.linear(WEIGHTS, counts.apply(WEIGHTS)).noise, noise)
    shares = raked(targets=SHARES, shares_of="all", noise=noise)
    assert_allclose(shares.linear(WEIGHTS, shares.apply(WEIGHTS)).noise, noise * WEIGHTS.sum() ** 2)
    for sort in ("dense", "shares", "parts, shares"):
        assert STEPS[sort].linear(WEIGHTS, STEPS[sort].apply(WEIGHTS)).noise is None


# --- shifts of estimated targets in replicates --------------------------------------------------------------


@few
@given(seeds, st.integers(1, 4))
def test_shifts_of_targets_have_their_covariance_and_no_mean(seed, rank):
    rng = np.random.default_rng(seed)
    root, share = rng.normal(size=(4, rank)), rng.uniform(0.1, 1, 12)
    shifts = target_shifts(root @ root.T, share, seed)
    assert_allclose(shifts.T @ (share[:, None] * shifts), root @ root.T, atol=1e-9)
    assert_allclose(share @ shifts, 0.0, atol=1e-9)


def test_too_few_replicates_cannot_carry_the_error_of_targets():
    with pytest.raises(ArgumentError) as caught:
        target_shifts(np.eye(3), np.full(3, 1 / 3), 1)
    assert str(caught.value) == (
        "replicates: 3 are too few to carry the error of 3 estimated targets. Make at least 4."
    )
    assert target_shifts(np.eye(3), np.full(4, 1 / 4), 1).shape == (4, 3)
