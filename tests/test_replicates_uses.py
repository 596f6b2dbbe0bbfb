"""What is read from replicates: the line below a table, intervals of shares, changes, differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from numpy.testing import assert_allclose, assert_array_equal
from strategies import SEEDS, build, make

import surveykit as sv
from sampling.checks import ArgumentError, SurveyWarning

EXACT = 1e-9  # linear algebra only

few = settings(max_examples=15)


def replicated(design: sv.Design, method: Any = "auto", **words: Any) -> sv.Design:
    return sv.replicate_weights(design, method, **{"seed": 3, **words})


def taylor(design: sv.Design) -> sv.Design:
    return design.changed(replicates=None)


def test_the_line_below_says_method_and_number():
    design = replicated(make([3, 4], 4, "clusters"))
    mean = sv.mean(design, "x")
    assert "df 5 (below 8: read with care) · JKn, 7 replicates · t intervals" in mean.context.text("en")
    assert "· JKn, 7 bộ quyền số lặp ·" in mean.context.text("vi")
    assert "Taylor" not in mean.context.text("vi")
    fay = replicated(make([2, 2], 4, "clusters"), "Fay", fay=0.3)
    assert "Fay 0,30, 4 replicates" in sv.mean(fay, "x").context.text("en")
    assert "JKn, 7 replicates" in repr(design)
    assert "JKn, 7 bộ quyền số lặp" in design._repr_html_()
    assert repr(design.replicates) == "Replicates: JKn, 7 replicates; seed 3"


def test_stages_left_out_are_said():
    design = make([3, 4], 4, "two stages with sizes")
    with pytest.warns(SurveyWarning, match="counts the first stage alone"):
        made = sv.replicate_weights(design, "JKn")
    mean = sv.mean(made, "x")
    assert "variance inside commune left out by the replicates" in mean.context.text("en")
    assert "quyền số lặp bỏ qua sai số bên trong commune" in mean.context.text("vi")


@few
@given(SEEDS)
def test_shares_have_their_intervals_effects_contrasts_and_tests(seed):
    design = replicated(make([4, 5], seed, "clusters"))
    by, linear = (sv.proportion(d, "y", value=[4, 5], by="sex") for d in (design, taylor(design)))
    limits = by.ci()
    assert ((limits["ci_low"] <= by.value) & (by.value <= limits["ci_high"])).all()
    assert_allclose(by.deff(), linear.deff() * by.se**2 / linear.se**2)
    V, difference = by.covariance.full(), by.contrast({1: 1, 2: -1})
    assert_allclose(difference.se.iloc[0] ** 2, V[0, 0] + V[1, 1] - 2 * V[0, 1], rtol=EXACT)
    assert difference.df.iloc[0] == linear.contrast({1: 1, 2: -1}).df.iloc[0]
    test = difference.test()
    assert_allclose(test["t"], difference.value / difference.se)


def test_the_pool_of_the_auto_interval_is_that_of_the_linear_variance():
    design = make([4, 5], 6, "clusters")
    ours, theirs = (sv.proportion(d, "y", value=[4, 5]) for d in (replicated(design), design))
    assert_array_equal(ours.share_parts.rho, theirs.share_parts.rho)
    assert_array_equal(ours.share_parts.K, theirs.share_parts.K)


def panel() -> pd.DataFrame:
    """Return two waves of the same communes with fresh people."""
    waves = [build([4, 4], seed).assign(wave=seed) for seed in (1, 2)]
    return pd.concat(waves, ignore_index=True)


def test_a_change_takes_the_covariance_of_the_waves_from_the_replicates():
    design = replicated(sv.Design(panel(), weights="w", strata="stratum", psu="commune"))
    change = sv.before_after(design, "z", wave="wave")
    V = sv.mean(design, "z", by="wave").covariance.full()
    assert_allclose(change.se.iloc[0] ** 2, V[0, 0] + V[1, 1] - 2 * V[0, 1], rtol=EXACT)
    assert "waves share their PSUs" in change.context.text()


def test_independent_waves_are_strata_of_the_replicates():
    data = panel()
    data["commune"] += data["wave"].astype(str)
    design = sv.Design(data, weights="w", strata=["stratum", "wave"], psu="commune")
    ours, theirs = (sv.before_after(d, "z", wave="wave") for d in (replicated(design), design))
    assert_allclose(ours.se, theirs.se, rtol=0.1)
    assert_array_equal(ours.df, theirs.df)


@pytest.mark.filterwarnings("ignore::sampling.checks.SurveyWarning")
@pytest.mark.parametrize("arms", [(4, 4), (1, 4)])
def test_did_leaves_replicates_aside_and_says_so(arms):
    data = panel()
    number = data["commune"].astype("category").cat.codes
    data["treated"] = np.where(number < arms[0], 1.0, np.where(number < sum(arms), 0.0, np.nan))
    design = sv.Design(data, weights="w", strata="stratum", psu="commune")
    words: dict[str, Any] = {"treated": "treated", "wave": "wave", "unit": "commune"}
    ours, theirs = (sv.did(d, "x", **words) for d in (replicated(design), design))
    assert_array_equal(ours.se, theirs.se)
    assert "replicate weights left aside" in ours.context.text("en")
    assert "không dùng quyền số lặp" in ours.context.text("vi")
    assert "left aside" not in theirs.context.text("en")


def larger_survey() -> sv.Design:
    """Return another survey of the same population, whose estimates serve as targets."""
    return sv.Design(build([8, 9], 21), weights="w", strata="stratum", psu="commune")


@pytest.mark.parametrize("shares", [False, True])
@pytest.mark.parametrize("method", ["JKn", "bootstrap"])
def test_targets_that_are_estimates_bring_their_covariance_into_the_replicates(shares, method):
    """Calibrated totals of the auxiliaries are the targets, so their spread must be that of the targets."""
    other = larger_survey()
    target = sv.proportion(other, "group") if shares else sv.count(other, by="group")
    words = {"replicates": 60} if method == "bootstrap" else {}
    design = sv.calibrate(replicated(make([5, 6], 4, "clusters"), method, **words), {"group": target})
    found = sv.proportion(design, "group") if shares else sv.count(design, by="group")
    assert_allclose(found.value, target.value, rtol=EXACT)
    scale = np.abs(target.covariance.full()).max()
    assert_allclose(found.covariance.full(), target.covariance.full(), atol=1e-7 * scale)
    again = sv.calibrate(replicated(make([5, 6], 4, "clusters"), method, **words), {"group": target})
    assert_array_equal(sv.mean(again, "z").se, sv.mean(design, "z").se)


def test_two_steps_with_estimated_targets_have_shifts_of_their_own():
    other = larger_survey()
    plain = replicated(make([5, 6], 4, "clusters"))
    design = sv.calibrate(plain, {"group": sv.count(other, by="group")})
    design = sv.calibrate(design, {"sex": sv.count(other, by="sex")})
    V = sv.count(design, by="sex").covariance.full()
    assert_allclose(V, sv.count(other, by="sex").covariance.full(), rtol=1e-6)


def test_the_error_of_estimated_targets_asks_for_a_seed():
    target = sv.count(larger_survey(), by="group")
    design = sv.calibrate(sv.replicate_weights(make([5, 6], 4, "clusters")), {"group": target})
    with pytest.raises(ArgumentError) as error:
        sv.mean(design, "z")
    assert str(error.value) == (
        "calibrate (group): its targets are estimates, whose error is mixed into the replicates by "
        "chance. Pass seed= to replicate_weights, so that it can be repeated."
    )
