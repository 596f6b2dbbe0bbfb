"""Corners of what a drawn sample tells: nothing below a unit, certain units below, chance that hits all."""

import numpy as np
import pandas as pd
import pytest
from drawn_samples import (
    ADULTS,
    COMMUNES,
    RTOL,
    VILLAGES,
    frame,
    inside,
    joined,
    one_stage,
    variance_by_block,
)
from numpy.testing import assert_allclose

import sampling
import surveykit as sv
from sampling.checks import LonelyPSUError
from surveykit.formulas import forms


def test_units_with_nothing_below_them_count_as_zero_in_a_total():
    plan = sampling.Plan(frame(COMMUNES, "ma_xa"), strata="loai").stage("xa", n_each=4).stage("thon", n=2)
    first = plan.draw(seed=3)
    empty = first.main["xa"].iloc[[0, 5]].tolist()
    there = VILLAGES[~VILLAGES["ma_xa"].isin(empty)].rename(columns={"ma_xa": "xa"})
    sample = first.draw_next(frame(there, "ma_thon"), empty=empty, others="drop")
    data = pd.DataFrame({"thon": sample.main["thon"], "y": np.arange(len(sample.main)) + 90.0})
    found = sv.total(sv.join(sample, data, id="thon"), "y")
    main = sample.main.merge(data, on="thon")
    main["z"] = main["weight"] * main["y"]
    variance = 0.0
    for stratum, N in (("phường", 5), ("xã", 7)):
        units = first.main.loc[first.main["stratum"] == stratum, "xa"]
        t = main.groupby("xa")["z"].sum().reindex(units, fill_value=0.0)
        variance += (1 - 4 / N) * 4 * t.var(ddof=1)
        for xa in units[~units.isin(empty)]:
            M = (VILLAGES["ma_xa"] == xa).sum()
            variance += 4 / N * (1 - 2 / M) * 2 * main.loc[main["xa"] == xa, "z"].var(ddof=1)
    assert_allclose(found.se.iloc[0] ** 2, variance, rtol=RTOL)
    assert_allclose(found.value.iloc[0], main["z"].sum(), rtol=RTOL)


def test_units_under_which_chance_hit_nobody_count_too():
    plan = (
        sampling.Plan(frame(COMMUNES, "ma_xa"))
        .stage("xa", n=8, method="pps_sampford", size="ho")
        .stage("thon", n=1, frame=frame(VILLAGES, "ma_thon"), parent="ma_xa", method="bernoulli")
    )
    sample = plan.draw(seed=1)
    assert sample.main["xa"].nunique() < 8
    data = pd.DataFrame({"thon": sample.main["thon"], "y": 10.0 + np.arange(len(sample.main))})
    found = sv.total(sv.join(sample, data, id="thon"), "y")
    main = sample.main.merge(data, on="thon")
    z = (main["weight"] * main["y"]).groupby(main["xa"]).sum()
    block = sample.blocks[0, ""]
    keep = ~block.certainty
    own = z.reindex(list(block.ids), fill_value=0.0).to_numpy()
    variance = own[keep] @ forms.yates_grundy(inside(block, keep)) @ own[keep]
    square = (main["weight"] * main["y"]) ** 2 * (1 - main["thon_probability"]) * main["xa_probability"]
    assert_allclose(found.se.iloc[0] ** 2, variance + square.sum(), rtol=RTOL)
    assert "lack units" not in str(found.context)


def test_certain_units_below_the_first_stage_add_nothing():
    seats = VILLAGES.assign(seat=~VILLAGES["ma_xa"].duplicated())
    plan = (
        sampling.Plan(frame(COMMUNES, "ma_xa"))
        .stage("xa", n=12)
        .stage("thon", n=3, frame=frame(seats, "ma_thon"), parent="ma_xa", certain="seat")
    )
    sample = plan.draw(seed=2)
    data = pd.DataFrame({"thon": sample.main["thon"], "y": np.arange(len(sample.main)) % 7 + 1.0})
    main = sample.main.merge(data, on="thon").merge(
        seats[["ma_thon", "seat"]], left_on="thon", right_on="ma_thon"
    )
    main["z"] = main["weight"] * main["y"]
    by_chance = main[~main["seat"]]
    M = VILLAGES.groupby("ma_xa").size()
    found = sv.total(sv.join(sample, data, id="thon"), "y")
    variance = sum((1 - 2 / (M[xa] - 1)) * 2 * rows["z"].var(ddof=1) for xa, rows in by_chance.groupby("xa"))
    assert_allclose(found.se.iloc[0] ** 2, variance, rtol=RTOL)


def test_independent_draws_that_hit_everybody_are_no_census():
    small = sampling.Plan(frame(COMMUNES.head(3), "ma_xa")).stage("xa", n=2, method="bernoulli")
    sample = next(s for s in (small.draw(seed=k) for k in range(50)) if len(s) == 3)
    found = sv.total(joined(sample), "y")
    z = sample.main["weight"] * (np.arange(3) ** 1.5 + 3)
    assert_allclose(found.se.iloc[0] ** 2, (z**2 / 3).sum(), rtol=RTOL)


def test_independent_draws_of_many_keep_their_own_form(monkeypatch):
    monkeypatch.setattr("surveykit.blocks.LARGEST", 2)
    sample = one_stage("bernoulli", n=4)
    expected = variance_by_block(sample, lambda b, k: forms.poisson(b.probability[k]))
    assert_allclose(sv.total(joined(sample), "y").se ** 2, expected, rtol=RTOL)


def test_a_fall_back_for_large_blocks_is_said(monkeypatch):
    monkeypatch.setattr("surveykit.blocks.LARGEST", 2)
    assert "xa: as drawn with replacement" in str(
        sv.mean(joined(one_stage("pps_sampford", size="ho")), "y").context
    )


def test_a_negative_variance_is_no_standard_error_of_zero():
    units = pd.DataFrame({"xa": [f"{k:02d}" for k in range(20)], "ho": np.arange(20) * 3 + 20})
    plan = sampling.Plan(frame(units, "xa")).stage("xa", n=4, method="pps_sampford", size="ho")
    found = []
    for seed in range(20):
        sample = plan.draw(seed=seed)
        data = sample.main[["xa"]].merge(units, on="xa")
        found.append(sv.total(sv.join(sample, data, id="xa", pps="horvitz_thompson"), "ho"))
    reasons = [result.reason.iloc[0] for result in found]
    assert any("negative" in reason for reason in reasons)
    assert all(result.se.iloc[0] > 0 or "negative" in result.reason.iloc[0] for result in found)


def test_a_lonely_unit_by_chance_can_be_told_what_it_counts_as():
    plan = sampling.Plan(frame(COMMUNES, "ma_xa"), strata="loai")
    sample = plan.stage("xa", n={"phường": 1, "xã": 4}, method="pps_sampford", size="ho").draw(seed=3)
    data = pd.DataFrame({"xa": sample.main["xa"], "y": np.arange(5.0) + 1})
    with pytest.raises(LonelyPSUError):
        sv.total(sv.join(sample, data, id="xa"), "y")
    found = sv.total(sv.join(sample, data, id="xa", lonely_psu="centre"), "y")
    assert found.se.iloc[0] > 0


def test_one_hit_of_independent_draws_needs_no_second():
    plan = (
        sampling.Plan(frame(COMMUNES, "ma_xa"))
        .stage("xa", n=8)
        .stage("thon", n=1, frame=frame(VILLAGES, "ma_thon"), parent="ma_xa", method="bernoulli")
    )
    sample = plan.draw(seed=1)
    data = pd.DataFrame({"thon": sample.main["thon"], "y": 1.0})
    assert sv.join(sample, data, id="thon").psu == ("xa", "thon")


def test_an_empty_village_counts_as_zero_within_its_commune():
    plan = (
        sampling.Plan(frame(COMMUNES, "ma_xa"))
        .stage("xa", n=6)
        .stage("thon", n=3, frame=frame(VILLAGES, "ma_thon"), parent="ma_xa")
        .stage("nguoi", n=1, frame=frame(ADULTS, "ma_nguoi"), parent="ma_thon", method="bernoulli")
    )
    sample = plan.draw(seed=3)
    drawn = [id for (s, _), block in sample.blocks.items() if s == 1 for id in block.ids]
    empty = set(drawn) - set(sample.main["thon"])
    assert empty
    data = pd.DataFrame({"nguoi": sample.main["nguoi"], "y": 5.0 + np.arange(len(sample.main)) % 4})
    found = sv.total(sv.join(sample, data, id="nguoi"), "y")
    main = sample.main.merge(data, on="nguoi")
    main["z"] = main["weight"] * main["y"]
    t = main.groupby("xa")["z"].sum().reindex(list(sample.blocks[0, ""].ids), fill_value=0.0)
    variance = (1 - 6 / 12) * 6 * t.var(ddof=1)
    villages = main.groupby("thon")["z"].sum().reindex(drawn, fill_value=0.0)
    for (s, xa), block in sample.blocks.items():
        if s == 1:
            M = (VILLAGES["ma_xa"] == xa).sum()
            variance += 0.5 * (1 - 3 / M) * 3 * villages[list(block.ids)].var(ddof=1)
    above = 0.5 * main["thon_probability"]
    variance += (above * (1 - main["nguoi_probability"]) * main["z"] ** 2).sum()
    assert_allclose(found.se.iloc[0] ** 2, variance, rtol=RTOL)
