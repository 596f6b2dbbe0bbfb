"""Laws of the weighting steps: bounds, penalties, the regression estimator, chances, trimming."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from calibrations import DISTANCES, EVERY, matrix, reachable, samples, sums
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from reference.textbook import variance
from strategies import SEEDS, SHAPES, build

import surveykit as sv

#: Totals that calibration fixes.
MET = 1e-10
#: Weights where a search stopped at a relative gap of 1e-12, times the condition of its equations.
SEARCHED = 1e-8

few = settings(max_examples=12)


# --- bounds -------------------------------------------------------------------------------------------------


@few
@given(samples(), SEEDS, st.sampled_from(["linear", "raking", "logit"]))
def test_ratios_stay_within_their_bounds(data, seed, distance):
    low, high = 0.78, 1.27
    start = sv.Design(data, weights="w")
    made = sv.calibrate(start, reachable(data, seed), distance=distance, bounds=(low, high))
    ratio = made.w / start.w
    if distance == "logit":
        assert ((low < ratio) & (ratio < high)).all()
    else:
        assert ((low * (1 - 1e-15) <= ratio) & (ratio <= high * (1 + 1e-15))).all()


@few
@given(samples(), SEEDS, st.sampled_from(["linear", "raking"]))
def test_weights_stay_within_their_bounds(data, seed, distance):
    w = data["w"] * np.random.default_rng(seed).uniform(0.8, 1.25, len(data))
    low, high = np.quantile(w, [0.1, 0.9])
    kept = np.clip(w, low, high)
    targets = {"group": kept.groupby(data["group"]).sum().to_dict(), "x": float(kept @ data["x"])}
    made = sv.calibrate(sv.Design(data, weights="w"), targets, distance=distance, weight_bounds=(low, high))
    assert ((low * (1 - 1e-14) <= made.w) & (made.w <= high * (1 + 1e-14))).all()
    assert_allclose(sv.total(made, "x").value, targets["x"], rtol=MET)


# --- penalty ------------------------------------------------------------------------------------------------


@few
@given(samples(), SEEDS, st.sampled_from(["linear", "raking", "sinh"]))
def test_a_penalty_runs_from_exact_to_no_change(data, seed, distance):
    start = sv.Design(data, weights="w", **SHAPES["clusters"])
    targets = reachable(data, seed)
    exact = sv.calibrate(start, targets, distance=distance)
    free, dear = (sv.calibrate(start, targets, distance=distance, penalty=p) for p in (0, 1e12))
    assert_allclose(free.w, exact.w, rtol=SEARCHED)
    assert_allclose(dear.w, start.w, rtol=1e-9)
    assert_allclose(sv.mean(dear, "z").se, sv.mean(start, "z").se, rtol=1e-7)
    assert_allclose(sv.mean(free, "z").se, sv.mean(exact, "z").se, rtol=1e-7)


@few
@given(samples(), SEEDS, st.floats(0.0, 10.0))
def test_a_penalty_leaves_its_share_of_the_gap_of_a_target_that_is_alone(data, seed, penalty):
    start = sv.Design(data, weights="w")
    goal = reachable(data, seed)["x"]
    made = sv.calibrate(start, {"x": goal}, penalty=penalty)
    gap = goal - start.w @ data["x"]
    assert_allclose(goal - made.w @ data["x"], gap * penalty / (1 + penalty), rtol=1e-8, atol=1e-11 * goal)


# --- the regression estimator written out -------------------------------------------------------------------


@few
@given(samples(), SEEDS, st.booleans())
def test_linear_calibration_is_the_regression_estimator(data, seed, scaled):
    """Weights d (1 + q x'λ), and the variance of their residuals, by least squares of numpy."""
    data = data.fillna({"z": 0.0})
    start = sv.Design(data, weights="w", **SHAPES["clusters"])
    targets = reachable(data, seed)
    made = sv.calibrate(start, targets, **({"scale": "N2"} if scaled else {}))
    X, d, q = matrix(data), data["w"].to_numpy(), data["N2"].to_numpy(float) if scaled else 1.0
    root = np.sqrt(d * q)[:, None]
    gap = sums(data, targets) - d @ X
    projected = np.linalg.lstsq((root * X).T, gap, rcond=1e-12)[0]  # the shortest u with (root X)'u = gap
    assert_allclose(made.w, d + root[:, 0] * projected, rtol=1e-8)
    z = data["z"].to_numpy()
    e = z - X @ np.linalg.lstsq(root * X, root[:, 0] * z, rcond=1e-12)[0]
    V = variance(made.w * e, [data["commune"]], data["stratum"], [None])
    assert_allclose(sv.total(made, "z").se ** 2, V, rtol=1e-7)


@few
@given(samples(), SEEDS)
def test_one_ratio_for_a_unit_is_regression_on_the_means_of_the_units(data, seed):
    weight = dict(zip(data["village"], data["w"], strict=True))
    data = data.assign(w=data["village"].map(weight)).fillna({"z": 0.0})
    start = sv.Design(data, weights="w", **SHAPES["clusters"])
    w = start.w * data["village"].map(_draws(data["village"], seed))
    targets = {"sex": w.groupby(data["sex"]).sum().to_dict(), "x": float(w @ data["x"])}
    made = sv.calibrate(start, targets, equal_within="village")
    X = np.column_stack([data["sex"] == 1, data["sex"] == 2, data["x"]]).astype(float)
    means = pd.DataFrame(X).groupby(data["village"]).transform("mean").to_numpy()
    root = np.sqrt(start.w)[:, None]
    gap = np.array([targets["sex"][1], targets["sex"][2], targets["x"]]) - start.w @ X
    added = root[:, 0] * np.linalg.lstsq((root * means).T, gap, rcond=1e-12)[0]
    assert_allclose(made.w, start.w + added, rtol=1e-7)
    ratio = (made.weights / data["w"]).groupby(data["village"])
    assert_allclose(ratio.max(), ratio.min(), rtol=1e-12)
    e = data["z"] - means @ np.linalg.lstsq(root * means, root[:, 0] * data["z"], rcond=1e-12)[0]
    V = variance((made.w * e).to_numpy(), [data["commune"]], data["stratum"], [None])
    assert_allclose(sv.total(made, "z").se ** 2, V, rtol=1e-6)


def _draws(names: pd.Series, seed: int) -> dict[str, float]:
    rng = np.random.default_rng(seed)
    return {name: rng.uniform(0.8, 1.25) for name in names.unique()}


def inverse_of(name: str, ratio: np.ndarray) -> np.ndarray:
    """U with F(u) = ratio, as Deville and Särndal (1992) and, for sinh, R's ``cal.sinh`` have F."""
    low, high = 0.7, 1.4
    if name.startswith("raking"):
        return np.log(ratio)
    if name == "sinh":
        return np.sinh(ratio - 1 / ratio) / 2
    if name == "logit":
        a = (high - low) / ((1 - low) * (high - 1))
        return np.log((ratio - low) * (high - 1) / ((high - ratio) * (1 - low))) / a
    return ratio - 1


@few
@given(samples(), SEEDS, EVERY)
def test_ratios_lie_where_their_distance_is_least(data, seed, name):
    """F⁻¹(ratio) / q is linear in x between the bounds and beyond it at one: with the totals, that is all."""
    start = sv.Design(data, weights="w")
    made = sv.calibrate(start, reachable(data, seed), **DISTANCES[name])
    ratio, X = made.w / start.w, matrix(data)
    u = inverse_of(name, ratio) / (data["N2"].to_numpy() if name == "scaled" else 1.0)
    low, high = DISTANCES[name].get("bounds", (-np.inf, np.inf))
    at_low, at_high = np.isclose(ratio, low, rtol=1e-12), np.isclose(ratio, high, rtol=1e-12)
    free = ~(at_low | at_high)
    slopes = np.linalg.lstsq(X[free], u[free], rcond=1e-12)[0]
    assert_allclose(X[free] @ slopes, u[free], rtol=1e-7, atol=1e-9)
    if np.linalg.matrix_rank(X[free]) == np.linalg.matrix_rank(X):
        assert (X[at_low] @ slopes <= u[at_low] + 1e-9).all()
        assert (X[at_high] @ slopes >= u[at_high] - 1e-9).all()


@few
@given(samples(), SEEDS)
def test_fitted_chances_solve_the_weighted_score(data, seed):
    """Log odds of the chances are linear in the predictors, and Σ w (r − p) x = 0."""
    del seed
    start = sv.Design(data, weights="w")
    try:
        made = sv.adjust_nonresponse(
            start, responded="answered", method="propensity", predictors=["x", "sex"]
        )
    except ValueError:  # respondents and nonrespondents told apart without fail
        assume(False)
    r = data["answered"].to_numpy() == 1
    X = np.column_stack([np.ones(len(data)), data["x"], data["sex"]])
    p = start.w[r] / made.w[r]
    assume((p < 1 - 1e-9).all())
    beta = np.linalg.lstsq(X[r], np.log(p / (1 - p)), rcond=None)[0]
    assert_allclose(X[r] @ beta, np.log(p / (1 - p)), rtol=1e-8, atol=1e-8)
    chance = 1 / (1 + np.exp(-X @ beta))
    assert_allclose((start.w * (r - chance)) @ X, 0.0, atol=1e-9 * start.w.sum())


# --- trimming -----------------------------------------------------------------------------------------------


@few
@given(samples(), st.sampled_from(["proportional", "equal"]), st.floats(0.55, 0.95))
def test_trimmed_weights_keep_their_sum_under_the_limit(data, gift, quantile):
    start = sv.Design(data, weights="w")
    upper = float(np.quantile(data["w"], quantile))
    assume(upper > data["w"].mean() * 1.01)
    made = sv.trim(start, upper=upper, redistribute=gift)
    assert_allclose(made.w.sum(), start.w.sum(), rtol=1e-12)
    assert (made.w <= upper * (1 + 1e-12)).all()
    free = made.w < upper * (1 - 1e-9)
    moved = made.w[free] / start.w[free] if gift == "proportional" else made.w[free] - start.w[free]
    assert_allclose(moved, moved.max(), rtol=1e-9)


@few
@given(samples(), st.sampled_from(["proportional", "equal"]), st.booleans(), st.floats(0.6, 0.95))
def test_trimming_that_keeps_the_sum_keeps_its_standard_error(data, gift, strict, quantile):
    start = sv.Design(data.assign(one=1.0), weights="w", **SHAPES["clusters"])
    for before in (start, sv.calibrate(start, {"x": float(data["w"] @ data["x"])})):
        high = float(np.quantile(before.w, quantile))
        assume(high > before.w.mean() * 1.05)
        words = {"redistribute": gift, "strict": strict, "recalibrate": False}
        made = sv.trim(before, upper=high, **words)
        again = sv.trim(made, lower=float(made.w.min()) * 1.05, **words)
        for after in (made, again):
            assert (after.w != before.w).any()
            assert_allclose(sv.total(after, "one").se, sv.total(before, "one").se, rtol=1e-9)


@few
@given(samples(), st.sampled_from(["proportional", "equal"]))
def test_trimming_inside_groups_keeps_totals_that_are_known_without_error(data, gift):
    people = data.groupby("sex")["w"].sum()
    start = sv.Design(data, weights="w", **SHAPES["clusters"])
    known = sv.poststratify(start, "sex", (1.1 * people).to_dict())
    words = {"by": "sex", "redistribute": gift, "recalibrate": False}
    made = sv.trim(known, ratio=1.3, strict=False, **words)
    assert (made.w != known.w).any()
    assert_allclose(sv.count(made, by="sex").value, 1.1 * people, rtol=1e-12)
    assert_allclose(sv.count(made, by="sex").se, 0.0, atol=1e-9 * people.min())


@few
@given(samples())
def test_weights_cut_without_a_gift_are_the_lesser_of_weight_and_limit(data):
    start = sv.Design(data, weights="w")
    made = sv.trim(start, upper=2000, lower=1000, redistribute="none")
    assert_allclose(made.w, np.clip(data["w"], 1000, 2000), rtol=1e-12)


@few
@given(samples(), SEEDS)
def test_trimming_after_calibration_holds_limit_and_targets_both(data, seed):
    w = data["w"] * np.random.default_rng(seed).uniform(0.8, 1.25, len(data))
    upper = float(np.quantile(w, 0.85)) * 1.02
    kept = np.minimum(w, upper / 1.01)
    targets = {"sex": kept.groupby(data["sex"]).sum().to_dict(), "x": float(kept @ data["x"])}
    calibrated = sv.calibrate(sv.Design(data, weights="w"), targets, distance="raking")
    assume(calibrated.w.max() > upper)
    made = sv.trim(calibrated, upper=upper)
    assert (made.w <= upper * (1 + 1e-12)).all()
    assert_allclose(sv.total(made, "x").value, targets["x"], rtol=MET)
    assert_allclose(sv.count(made, by="sex").value, list(targets["sex"].values()), rtol=MET)


@pytest.mark.parametrize("distance", ["linear", "raking"])
def test_rows_at_a_limit_of_the_weights_have_no_say_in_the_slopes(distance):
    """Between the limits a weight moves with x, at one it stays: the residual is from the others alone."""
    data = build([3, 3], 3, missing=0.0)
    start = sv.Design(data, weights="w", **SHAPES["clusters"])
    kept = np.clip(data["w"] * (1 + 0.1 * (data["x"] - 1.5)), 0.8, 2.6)
    targets = {"sex": kept.groupby(data["sex"]).sum().to_dict(), "x": float(kept @ data["x"])}
    made = sv.calibrate(start, targets, distance=distance, weight_bounds=(0.75, 2.65))
    cut = np.isclose(made.w, 0.75) | np.isclose(made.w, 2.65)
    assert 0 < cut.sum() < len(data)
    X = np.column_stack([data["sex"] == 1, data["sex"] == 2, data["x"]]).astype(float)
    root = np.sqrt(np.where(cut, 0.0, start.w if distance == "linear" else made.w))
    z = data["z"].to_numpy()
    e = z - X @ np.linalg.lstsq(root[:, None] * X, root * z, rcond=None)[0]
    V = variance(made.w * e, [data["commune"]], data["stratum"], [None])
    assert_allclose(sv.total(made, "z").se ** 2, V, rtol=1e-9)
