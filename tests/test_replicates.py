"""Replicate weights made from a design: what every replicate gives, and the variance that is read from it.

The estimates of a replicate are found a second way: its starting weights become the weights of a design of
their own, and the public verbs weight and estimate it anew.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from drawn_samples import joined, one_stage, variance_by_block
from hypothesis import given, settings
from numpy.testing import assert_allclose, assert_array_equal
from strategies import SHAPES, STEPS, build, designs, make, statistics, weighted

import surveykit as sv
from sampling.checks import SurveyWarning
from surveykit import replay
from surveykit.formulas import forms

EXACT = 1e-9  # linear algebra only
#: Raking stops at a relative gap of 1e-12.
RAKED = 1e-8

few = settings(max_examples=15)
one_stage_shapes = tuple(name for name in SHAPES if name != "two stages with sizes")


def replicated(design: sv.Design, method: Any = "auto", **words: Any) -> sv.Design:
    """Return the design with replicates; a remark about a stage left out is not what is tested here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SurveyWarning)
        return sv.replicate_weights(design, method, **{"seed": 3, **words})


def taylor(design: sv.Design) -> sv.Design:
    return design.changed(replicates=None)


def by_hand(design: sv.Design, by: Any, shape: str, steps: str) -> dict[str, Any]:
    """Return the covariances of all statistics from designs whose weights are those of each replicate."""
    reps, full = design.replicates, statistics(taylor(design), by=by)
    deviations: dict[str, list[Any]] = {name: [] for name in full}
    for r in range(reps.R):
        start = design.base_weights * reps.factors[reps.unit, r]
        data = design.data.assign(w=start, answered=design.data["answered"] * (start > 0))
        own = weighted(sv.Design(data, weights="w", **SHAPES[shape]), steps)
        for name, found in statistics(own, by=by).items():
            value = found.value.to_numpy()
            if name == "variance":  # n / (n − 1) is that of the whole sample, as in R
                n, whole = found.n.to_numpy(), full[name].n.to_numpy()
                value = value * (n - 1) / n * whole / (whole - 1)
            deviations[name].append(value - full[name].value.to_numpy())
    out = {}
    for name, rows in deviations.items():
        d = np.array(rows)
        d = d if reps.mse else d - d.mean(axis=0)
        out[name] = d.T * reps.coefficients @ d
    return out


# --- the variance -------------------------------------------------------------------------------------------


@few
@given(designs(one_stage_shapes, steps=("",)))
def test_the_jackknife_of_totals_has_the_covariance_of_taylor(design):
    jackknife = replicated(design, "JKn")
    for words in ({}, {"by": "sex"}):
        for estimate in (
            lambda d, w=words: sv.total(d, ["z", "x"], **w),
            lambda d, w=words: sv.count(d, **w),
        ):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SurveyWarning)
                ours, theirs = estimate(jackknife), estimate(design)
            scale = np.abs(theirs.covariance.full()).max()
            assert_allclose(ours.covariance.full(), theirs.covariance.full(), rtol=EXACT, atol=EXACT * scale)
            assert_array_equal(ours.value, theirs.value)
            assert_array_equal(ours.df, theirs.df)
            assert_array_equal(ours.n, theirs.n)


@pytest.mark.parametrize("method", ["JK2", "BRR", "Fay"])
@pytest.mark.parametrize("shape", ["clusters", "clusters with fractions"])
def test_methods_for_pairs_have_the_covariance_of_taylor_for_totals(method, shape):
    design = make([2, 2, 2, 2], 5, shape)
    ours, theirs = (sv.total(d, ["z", "x"], by="sex") for d in (replicated(design, method), design))
    assert_allclose(ours.covariance.full(), theirs.covariance.full(), rtol=EXACT)


def large() -> pd.DataFrame:
    """Return a sample of 18 communes in two strata, so that no domain is lost in a replicate."""
    parts = [build([4, 5], seed, missing=0.05) for seed in (1, 2)]
    for part, letter in zip(parts, "ab", strict=True):
        part["commune"] = letter + part["commune"]
        part["village"] = letter + part["village"]
    data = pd.concat(parts, ignore_index=True)
    data["N1"] = data.groupby("stratum")["commune"].transform("nunique") + 5
    data["f1"] = 1 - 5 / data["N1"]
    return data


CASES = [
    ("clusters", "JKn", ""),
    ("clusters", "JKn", "class, rake shares"),
    ("clusters", "bootstrap", "rake counts"),
    ("rows", "JK1", "class"),
    ("two stages with sizes", "rwyb", ""),
    ("two stages", "SDR", "rake shares"),
    ("two stages with sizes", "preston", "class"),
    ("clusters with fractions", "SDR", ""),
]


@pytest.mark.parametrize(("shape", "method", "steps"), CASES)
@pytest.mark.parametrize("mse", [True, False])
def test_every_statistic_is_worked_out_again_with_the_weights_of_each_replicate(shape, method, steps, mse):
    data = large()
    replicates = 24 if method in ("bootstrap", "rwyb", "preston") else None
    start = replicated(sv.Design(data, weights="w", **SHAPES[shape]), method, mse=mse, replicates=replicates)
    design = weighted(start, steps)
    for by in (None, "sex"):
        wanted = by_hand(design, by, shape, steps)
        for name, est in statistics(design, by=by).items():
            assert (est.reason == "").all()
            expected, V = wanted[name], est.covariance.full()
            small = RAKED * np.abs(expected).max() + (1e-12 * np.abs(est.value).max()) ** 2
            assert_allclose(V, expected, rtol=RAKED, atol=small, err_msg=name)
            assert_allclose(est.se**2, np.diag(expected), rtol=RAKED, atol=small, err_msg=name)


@pytest.mark.parametrize("steps", STEPS[1:])
def test_replicates_before_the_steps_are_replicates_after_them(steps):
    design = make([4, 4, 4], 3, "clusters")
    before = sv.mean(weighted(replicated(design, "JKn"), steps), ["z", "x"], by="sex")
    after = sv.mean(replicated(weighted(design, steps), "JKn"), ["z", "x"], by="sex")
    assert_array_equal(before.covariance.full(), after.covariance.full())
    alone = sv.mean(replicated(weighted(design, steps), "JKn").where("x > 1.2"), "z")
    assert_array_equal(
        sv.mean(weighted(replicated(design, "JKn"), steps), "z", where="x > 1.2").se.to_numpy(), alone.se
    )


@pytest.mark.parametrize("steps", ["", "class"])
def test_blocks_of_replicates_change_nothing(steps, monkeypatch):
    design = weighted(replicated(make([3, 3], 4, "clusters"), "JKn"), steps)
    whole = sv.mean(design, ["z", "x"], by="sex").covariance.full()
    monkeypatch.setattr(replay, "MEMORY", 1)
    monkeypatch.setattr(replay, "NUMBERS", 1)
    one_by_one = sv.mean(design.changed(), ["z", "x"], by="sex").covariance.full()
    assert_allclose(one_by_one, whole, rtol=1e-12)
    monkeypatch.setattr(replay, "MEMORY", 8 * len(design) * 4)  # 4 replicates, then the last 2
    assert_allclose(sv.mean(design.changed(), ["z", "x"], by="sex").covariance.full(), whole, rtol=1e-12)


@pytest.mark.filterwarnings("ignore::sampling.checks.SurveyWarning")
def test_a_long_replay_shows_how_far_it_is(monkeypatch, capsys):
    monkeypatch.setattr(replay, "LONG", 1)
    monkeypatch.setattr(replay, "PATIENCE", 0.0)
    design = weighted(replicated(make([3, 3], 4, "clusters"), "JKn"), "class")
    sv.mean(design, "z")
    assert "Quyền số lặp" in capsys.readouterr().err
    monkeypatch.undo()
    sv.mean(design.changed(), "x")
    assert capsys.readouterr().err == ""


def test_the_bootstrap_comes_near_taylor_and_more_replicates_nearer():
    """The relative error of a variance from R replicates is about √(2 / R)."""
    design = make([12, 15], 8, "two stages with sizes")
    expected = sv.mean(design, "z").se.iloc[0]
    for method in ("rwyb", "preston"):
        found = sv.mean(replicated(design, method, replicates=4000), "z").se.iloc[0]
        assert_allclose(found, expected, rtol=0.1)  # a mean is not linear: 27 communes


def test_a_seed_gives_the_same_replicates_and_is_recorded():
    design = make([3, 3], 4, "clusters")
    seeds = (1, np.int64(1), 2)
    one, same, other = (replicated(design, "bootstrap", replicates=10, seed=s).replicates for s in seeds)
    assert_array_equal(one.factors, same.factors)
    assert not np.array_equal(one.factors, other.factors)
    assert (one.seed, sv.replicate_weights(design, "JKn").replicates.seed) == (1, None)


def test_units_drawn_with_unequal_chances_have_the_variance_of_hajek():
    design = joined(one_stage("pps_brewer", n=5, size="ho"), "hajek")
    expected = sv.total(design, "y").se.iloc[0]
    made = replicated(design, replicates=6000)
    assert made.replicates.method == "rwyb"
    assert_allclose(sv.total(made, "y").se.iloc[0], expected, rtol=4 / np.sqrt(2 * 6000))
    assert "Hájek" not in sv.total(made, "y").context.text()


def test_units_drawn_down_a_list_have_successive_differences():
    design = joined(one_stage("systematic", n=5))
    made = replicated(design)
    assert made.replicates.method == "SDR"
    by_block = variance_by_block(
        one_stage("systematic", n=5), lambda b, k: forms.successive(b.probability[k], circular=True)
    )
    assert_allclose(sv.total(made, "y").se.iloc[0] ** 2, by_block, rtol=EXACT)


# --- strata, domains, df ------------------------------------------------------------------------------------


def lonely(**words: Any) -> sv.Design:
    return sv.Design(build([1, 3, 3], 2), weights="w", strata="stratum", psu="commune", **words)


def test_a_stratum_of_one_unit_is_kept_whole_or_joined_as_taylor_does():
    for rule in ("certainty", "collapse"):
        design = lonely(lonely_psu=rule)
        ours, theirs = (sv.total(d, ["z", "x"]) for d in (replicated(design), design))
        assert_allclose(ours.covariance.full(), theirs.covariance.full(), rtol=EXACT)
        assert_array_equal(ours.df, theirs.df)
    assert replicated(lonely(lonely_psu="certainty")).replicates.R == 6
    assert replicated(lonely(lonely_psu="collapse")).replicates.R == 7


def test_strata_taken_whole_add_nothing():
    data = build([3, 4], 2)
    data["f1"] = np.where(data["stratum"] == "h0", 1.0, 0.5)
    design = sv.Design(data, weights="w", strata="stratum", psu="commune", fpc="f1")
    made = replicated(design)
    assert made.replicates.R == 4
    assert_allclose(sv.total(made, "z").se, sv.total(design, "z").se, rtol=EXACT)
    by = sv.mean(made, "z", by="stratum")
    assert by.se["h0"] == 0  # a census, as Taylor has it
    assert by.reason["h0"] == ""


def test_communes_taken_with_certainty_keep_the_error_of_their_villages():
    data = build([1, 4], 2, villages=5)
    data["f1"] = np.where(data["stratum"] == "h0", 1.0, 0.5)
    design = sv.Design(data, weights="w", strata="stratum", psu=["commune", "village"], fpc=["f1", "N2"])
    made = replicated(design, replicates=4000)
    assert made.replicates.method == "rwyb"
    for estimate in (
        lambda d: sv.mean(d, "z", where="stratum == 'h0'"),
        lambda d: sv.total(d, "z", by="stratum"),
    ):
        ours, theirs = estimate(made), estimate(design)
        assert (theirs.se > 0).all()
        assert_allclose(ours.se, theirs.se, rtol=0.15)


def test_domains_inside_one_unit_have_no_error_and_the_reason():
    design = replicated(make([3, 3], 4, "two stages"))
    by = sv.mean(design, "z", by="commune")
    assert by.se.isna().all()
    assert set(by.reason) == {"lies inside one commune: replicates show no sampling error there"}
    assert "nằm trọn trong một commune: quyền số lặp không cho biết sai số ở đó" in by.to_html()
    mixed = sv.mean(design, "z", by="stratum", where="commune != 'h1c0' and commune != 'h1c1'")
    assert mixed.reason.tolist() == ["", "lies inside one commune: replicates show no sampling error there"]
    assert sv.total(design, "z", by="commune").se.isna().all()  # Taylor would answer another question
    rows = replicated(make([3, 3], 4, "rows"))
    pairs = rows.changed(data=rows.data.assign(k=np.arange(len(rows)) // 2))
    alone = sv.mean(pairs, "x", by="k")
    assert (alone.se[alone.n == 2] >= 0).all()
    assert set(alone.reason[alone.n == 1]) <= {"one answer: no sampling error can be estimated"}


def test_a_domain_that_a_replicate_has_lost_has_no_error_and_the_reason():
    design = replicated(make([2, 2, 2], 4, "clusters"), "BRR")
    reps = design.replicates
    two = design.data["commune"].isin(["h0c0", "h1c0"])
    lost = int((reps.factors[np.unique(reps.unit[two.to_numpy()])].sum(axis=0) == 0).sum())
    assert lost == 1
    made = design.changed(data=design.data.assign(two=two))
    by = sv.mean(made, "x", by="two")
    assert by.reason.tolist() == ["", f"nobody of this domain is left in {lost} of 4 replicates"]
    assert "1 trong 4 bộ quyền số lặp không còn ai thuộc nhóm này" in by.to_html()
    assert np.isnan(by.se[True])
    assert by.se[False] > 0
    assert (sv.total(made, "x", by="two").se > 0).all()  # of a total the replicate has 0
    fay = replicated(taylor(made), "Fay")
    assert (sv.mean(fay, "x", by="two").se > 0).all()


def test_degrees_of_freedom_are_units_less_strata_that_hold_the_row():
    design = make([3, 4, 2], 4, "clusters")
    made = replicated(design)
    for by in (None, "sex", "group"):
        assert_array_equal(sv.mean(made, "z", by=by).df, sv.mean(design, "z", by=by).df)


# --- the method that is taken -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "words", "method"),
    [
        ("clusters", {}, "JKn"),
        ("clusters without strata", {}, "JK1"),
        ("clusters", {"replicates": 20}, "bootstrap"),
        ("two stages", {}, "JKn"),
        ("two stages with sizes", {}, "rwyb"),
    ],
)
def test_auto_takes_the_method_that_fits(shape, words, method):
    assert replicated(make([3, 4], 4, shape), **words).replicates.method == method


def test_auto_takes_the_bootstrap_of_many_units():
    data = pd.DataFrame({"w": np.ones(2001), "y": np.arange(2001.0)})
    made = replicated(sv.Design(data, weights="w"))
    assert (made.replicates.method, made.replicates.R) == ("bootstrap", 500)


@pytest.mark.parametrize(("method", "words", "number"), [
    ("BRR", {}, 4), ("BRR", {"replicates": 9}, 12), ("SDR", {}, 8), ("SDR", {"replicates": 30}, 32),
    ("rwyb", {}, 500), ("preston", {"replicates": 7}, 7), ("JK2", {}, 3),
])  # fmt: skip
def test_the_number_of_replicates_is_that_asked_for_or_the_next_that_can_be(method, words, number):
    assert number == replicated(make([2, 2, 2], 4, "clusters"), method, **words).replicates.R


def test_the_sample_is_replicated_whole_whatever_part_is_asked_for():
    design = make([3, 3], 4, "clusters")
    part = design.where("sex == 1")
    made = replicated(part)
    assert made.subset == part.subset
    assert_array_equal(made.replicates.factors, replicated(design).replicates.factors)
    assert_array_equal(sv.mean(made, "x").se, sv.mean(replicated(design), "x", where="sex == 1").se)
