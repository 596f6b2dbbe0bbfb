"""A drawn sample tells its own design: strata, stages, fractions and the variance of unequal chances."""

import warnings
from dataclasses import replace

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
from sampling.checks import ArgumentError, DataError, SurveyWarning
from surveykit.formulas import forms

FORMS = {
    ("pps_sampford", "auto"): lambda b, k: forms.yates_grundy(inside(b, k)),
    ("pps_sampford", "horvitz_thompson"): lambda b, k: forms.horvitz_thompson(inside(b, k)),
    ("pps_sampford", "hajek"): lambda b, k: forms.hajek(b.probability[k]),
    ("pps_sampford", "brewer"): lambda b, k: forms.brewer(b.probability[k]),
    ("pps_sampford", "hartley_rao"): lambda b, k: forms.hartley_rao(b.probability[k]),
    ("pps_conditional_poisson", "auto"): lambda b, k: forms.yates_grundy(inside(b, k)),
    ("pps_brewer", "auto"): lambda b, k: forms.hajek(b.probability[k]),
    ("pps_systematic", "auto"): lambda b, k: forms.successive(b.probability[k]),
    ("systematic", "auto"): lambda b, k: forms.successive(b.probability[k]),
    ("pps_randomised", "auto"): lambda b, k: forms.hartley_rao(b.probability[k]),
    ("pps_pareto", "auto"): lambda b, k: forms.hajek(b.probability[k]),
    ("poisson", "auto"): lambda b, k: forms.poisson(b.probability[k]),
    ("poisson", "hajek"): lambda b, k: forms.poisson(b.probability[k]),
    ("bernoulli", "auto"): lambda b, k: forms.poisson(b.probability[k]),
}


@pytest.mark.parametrize(("method", "pps"), FORMS)
def test_the_variance_is_that_of_the_method(method, pps):
    size = {"size": "ho"} if method.startswith(("pps_", "poisson")) else {}
    sample = one_stage(method, **size)
    found = sv.total(joined(sample, pps), "y")
    assert_allclose(found.se**2, variance_by_block(sample, FORMS[method, pps]), rtol=RTOL)


def test_draws_spread_over_space_and_balanced_draws_carry_their_values():
    for method, names, form in (
        ("local_pivotal", {"coords": ["lon", "lat"]}, forms.local),
        ("cube", {"balance": ["ho"]}, forms.balanced),
    ):
        sample = one_stage(method, n=4, **names)
        found = sv.total(joined(sample), "y")
        expected = variance_by_block(sample, lambda b, k, f=form: f(b.probability[k], b.x[k]))
        assert_allclose(found.se**2, expected, rtol=RTOL)
        by_hajek = sv.total(joined(sample, "hajek"), "y")
        assert_allclose(
            by_hajek.se**2, variance_by_block(sample, lambda b, k: forms.hajek(b.probability[k])), rtol=RTOL
        )


def test_a_stratified_simple_random_sample_is_the_design_by_hand():
    sample = one_stage("srs")
    table = sample.main.assign(
        y=np.arange(6) ** 1.5 + 3, f=sample.main["stratum"].map({"phường": 3 / 5, "xã": 3 / 7})
    )
    hand = sv.Design(table, weights="weight", strata="stratum", psu="xa", fpc="f")
    a, b = sv.mean(hand, "y"), sv.mean(joined(sample), "y")
    assert_allclose(b.covariance.full(), a.covariance.full(), rtol=RTOL)
    assert_allclose(b.df, a.df)
    assert "Yates" not in str(b.context)


def test_drawn_with_replacement_on_request():
    sample = one_stage("pps_sampford", size="ho")
    table = sample.main.assign(y=np.arange(6) ** 1.5 + 3)
    hand = sv.Design(table, weights="weight", strata="stratum", psu="xa")
    assert_allclose(sv.mean(joined(sample, "with_replacement"), "y").se, sv.mean(hand, "y").se, rtol=RTOL)


def test_the_context_names_the_form():
    sample = one_stage("pps_sampford", size="ho")
    assert "xa: Yates–Grundy from joint probabilities" in str(sv.mean(joined(sample), "y").context)
    assert "Yates–Grundy từ xác suất cặp" in sv.mean(joined(sample), "y")._repr_html_()


def three_stages(n=3, villages=2, adults=3, **first):
    first = first or {"method": "pps_sampford", "size": "ho"}
    plan = (
        sampling.Plan(frame(COMMUNES, "ma_xa"), strata="loai")
        .stage("xa", n_each=n, **first)
        .stage("thon", n=villages, frame=frame(VILLAGES, "ma_thon"), parent="ma_xa")
        .stage("nguoi", n=adults, frame=frame(ADULTS, "ma_nguoi"), parent="ma_thon")
    )
    return plan.draw(seed=5)


def answers(sample):
    return sample.main[["nguoi"]].merge(
        ADULTS[["ma_nguoi", "diem"]].rename(columns={"ma_nguoi": "nguoi"}), on="nguoi"
    )


def test_further_stages_count_with_the_chance_of_the_units_above():
    sample = three_stages()
    design = sv.join(sample, answers(sample), id="nguoi")
    found = sv.total(design, "diem")
    main = sample.main.merge(answers(sample), on="nguoi")
    main["z"] = main["weight"] * main["diem"]
    variance = 0.0
    for block in (b for (s, _), b in sample.blocks.items() if s == 0):
        own = main.groupby("xa")["z"].sum()[list(block.ids)].to_numpy()
        variance += own @ forms.yates_grundy(block.joint) @ own
        for xa, pi in zip(block.ids, block.probability, strict=True):
            rows = main[main["xa"] == xa]
            M = (VILLAGES["ma_xa"] == xa).sum()
            t = rows.groupby("thon")["z"].sum()
            variance += pi * (1 - 2 / M) * 2 * t.var(ddof=1)
            for thon, inner in rows.groupby("thon"):
                N = (ADULTS["ma_thon"] == thon).sum()
                variance += pi * 2 / M * (1 - 3 / N) * 3 * inner["z"].var(ddof=1)
    assert_allclose(found.se.iloc[0] ** 2, variance, rtol=RTOL)
    assert_allclose(design.weights.sum(), main["weight"].sum(), rtol=RTOL)


def test_certainty_units_are_strata_of_their_own_and_their_villages_count():
    large = COMMUNES.assign(ho=COMMUNES["ho"].where(COMMUNES["ma_xa"] != "03", 900))
    plan = (
        sampling.Plan(frame(large, "ma_xa"), strata="loai")
        .stage("xa", n_each=3, method="pps_sampford", size="ho")
        .stage("thon", n=2, frame=frame(VILLAGES, "ma_thon"), parent="ma_xa")
    )
    sample = plan.draw(seed=2)
    data = pd.DataFrame({"thon": sample.main["thon"], "y": np.arange(len(sample.main)) % 5 + 1.0})
    design = sv.join(sample, data, id="thon")
    assert "phường · chắc chắn 03" in set(design.data["design_stratum"])
    found = sv.total(design, "y")
    main = sample.main.merge(data, on="thon")
    z = main["weight"] * main["y"]
    sure = main["xa"] == "03"
    M = (VILLAGES["ma_xa"] == "03").sum()
    alone = sv.total(design, "y", where="xa == '03'")
    assert_allclose(alone.se.iloc[0] ** 2, (1 - 2 / M) * 2 * z[sure].var(ddof=1), rtol=RTOL)
    assert found.se.iloc[0] > alone.se.iloc[0]
    assert found.df.iloc[0] == 4  # 2 + 3 communes by chance and 2 villages, less 3 strata


def test_single_units_by_chance_are_left_to_the_stage_above():
    sample = three_stages(adults=1)
    design = sv.join(sample, answers(sample), id="nguoi")
    assert design.psu == ("xa", "thon")
    hand = sample.main.merge(answers(sample), on="nguoi")
    found = sv.total(design, "diem")
    z = hand.assign(z=hand["weight"] * hand["diem"])
    variance = 0.0
    for block in (b for (s, _), b in sample.blocks.items() if s == 0):
        own = z.groupby("xa")["z"].sum()[list(block.ids)].to_numpy()
        variance += own @ forms.yates_grundy(block.joint) @ own
        for xa, pi in zip(block.ids, block.probability, strict=True):
            t = z[z["xa"] == xa].groupby("thon")["z"].sum()
            variance += pi * 2 * t.var(ddof=1)  # as drawn with replacement: what varies below is in it
    assert_allclose(found.se.iloc[0] ** 2, variance, rtol=RTOL)


def test_a_stage_that_still_waits_is_left_to_the_stage_above():
    plan = sampling.Plan(frame(COMMUNES, "ma_xa"), strata="loai").stage("xa", n_each=3).stage("thon", n=2)
    sample = plan.draw(seed=3)
    sample_table = sample.main.assign(y=1.0 + np.arange(6))
    design = sv.join(sample, sample_table[["xa", "y"]], id="xa")
    assert (design.data["xa_fraction"] == 0).all()


def test_reserves_that_were_released_take_the_place_of_those_lost():
    sample = one_stage("pps_sampford", size="ho", reserve=1)
    lost = sample.main["xa"].iloc[0]
    other = sample.release(lost, reason="sáp nhập", on="2026-11-25")
    new = set(other.main["xa"]) - set(sample.main["xa"])
    assert len(new) == 1
    first = sample.main.assign(y=np.arange(6) ** 1.5)
    second = other.main.copy()
    origin = other.place("xa")
    second["y"] = origin.map(dict(zip(first["xa"], first["y"], strict=True))).to_numpy()
    a = sv.total(sv.join(sample, first[["xa", "y"]], id="xa"), "y")
    b = sv.total(sv.join(other, second[["xa", "y"]], id="xa"), "y")
    assert_allclose(b.value, a.value, rtol=RTOL)
    assert_allclose(b.se, a.se, rtol=RTOL)


def test_a_saved_sample_gives_the_same_design(tmp_path):
    sample = three_stages()
    sample.save(tmp_path / "mau")
    again = sampling.sample.Sample.read(tmp_path / "mau")
    a, b = (sv.total(sv.join(s, answers(s), id="nguoi"), "diem") for s in (sample, again))
    assert_allclose(b.value, a.value, rtol=RTOL)
    assert_allclose(b.se, a.se, rtol=1e-9)


def test_people_without_answers_stay_as_rows_of_the_blocks():
    sample = three_stages()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SurveyWarning)
        design = sv.join(sample, answers(sample).iloc[3:], id="nguoi")
        found = sv.mean(design, "diem")
    assert len(design) == len(sample.main)
    assert "lack units" not in str(found.context)


def test_unequal_chances_below_the_first_stage_have_their_form_too():
    sized = VILLAGES.assign(nguoi=np.arange(len(VILLAGES)) % 7 + 5)
    plan = (
        sampling.Plan(frame(COMMUNES, "ma_xa"), strata="loai")
        .stage("xa", n_each=3)
        .stage(
            "thon", n=3, frame=frame(sized, "ma_thon"), parent="ma_xa", method="pps_sampford", size="nguoi"
        )
    )
    sample = plan.draw(seed=4)
    data = pd.DataFrame({"thon": sample.main["thon"], "y": np.arange(len(sample.main)) % 5 + 1.0})
    found = sv.total(sv.join(sample, data, id="thon"), "y")
    main = sample.main.merge(data, on="thon")
    z = (main["weight"] * main["y"]).set_axis(main["thon"])
    variance = 0.0
    for stratum, n, N in (("phường", 3, 5), ("xã", 3, 7)):
        t = z.groupby(
            main.set_axis(main["thon"])["xa"].where(main.set_axis(main["thon"])["stratum"] == stratum)
        ).sum()
        variance += (1 - n / N) * n * t.var(ddof=1)
    share = {"phường": 3 / 5, "xã": 3 / 7}
    kind = main.drop_duplicates("xa").set_index("xa")["stratum"]
    for (_, xa), block in ((key, b) for key, b in sample.blocks.items() if key[0] == 1):
        keep = ~block.certainty
        own = z[list(block.ids)].to_numpy()[keep]
        if keep.sum() > 1:
            variance += share[kind[xa]] * own @ forms.yates_grundy(inside(block, keep)) @ own
    assert_allclose(found.se.iloc[0] ** 2, variance, rtol=RTOL)


def test_large_blocks_count_as_drawn_with_replacement_and_systematic_ones_as_simple(monkeypatch):
    monkeypatch.setattr("surveykit.blocks.LARGEST", 2)
    by_size, in_steps = one_stage("pps_sampford", size="ho"), one_stage("systematic")
    for sample, share in ((by_size, None), (in_steps, {"phường": 3 / 5, "xã": 3 / 7})):
        table = sample.main.assign(y=np.arange(6) ** 1.5 + 3)
        table["f"] = 0.0 if share is None else table["stratum"].map(share)
        hand = sv.Design(table, weights="weight", strata="stratum", psu="xa", fpc="f")
        assert_allclose(sv.mean(joined(sample), "y").se, sv.mean(hand, "y").se, rtol=RTOL)


def test_a_sample_whose_table_was_changed_by_hand_is_refused():
    sample = one_stage("srs")
    other = replace(
        sample, table=sample.table.assign(xa=sample.table["xa"].replace({sample.table["xa"][0]: "77"}))
    )
    with pytest.raises(DataError) as error:
        joined(other)
    assert str(error.value) == (
        "sample: xa '77' is in the table but not among the units drawn. Use the sample as it was drawn or "
        "read; release reserves with sample.release()."
    )


def test_a_sample_that_lost_its_coordinates_is_refused():
    sample = one_stage("local_pivotal", n=4, coords=["lon", "lat"])
    blocks = {key: replace(block, x=None) for key, block in sample.blocks.items()}
    with pytest.raises(DataError) as error:
        joined(replace(sample, blocks=blocks))
    assert str(error.value) == (
        "The sample was drawn by 'local_pivotal' but carries no values of what it was spread over. Draw it "
        "again, or choose pps='hajek'."
    )


REFUSED = [
    (
        lambda: sv.join(one_stage("srs"), pd.DataFrame({"xa": ["00"]}), id="xa", weights="trong_so"),
        "weights=: a drawn sample tells its weights, strata, stages and fractions by itself. Leave weights "
        "out, or pass sample.table to name columns of your own.",
    ),
    (
        lambda: sv.join(one_stage("srs").main, pd.DataFrame({"xa": ["00"]}), id="xa", pps="hajek"),
        "pps='hajek': a table carries no joint probabilities. Pass the Sample that a plan has drawn.",
    ),
    (
        lambda: joined(one_stage("srs"), "sampford"),
        "pps='sampford' is not known.",
    ),
    (
        lambda: joined(one_stage("pps_pareto", size="ho"), "yates_grundy"),
        "pps='yates_grundy': the sample carries no joint probabilities for units drawn by 'pps_pareto'. "
        "Choose pps='hajek' or 'with_replacement'.",
    ),
]


@pytest.mark.parametrize(("call", "sentence"), REFUSED, ids=range(len(REFUSED)))
def test_refusals(call, sentence):
    with pytest.raises(ArgumentError) as error:
        call()
    assert str(error.value).startswith(sentence)


@pytest.mark.parametrize("pps", ["yates_grundy", "horvitz_thompson"])
def test_designs_with_impossible_pairs_have_no_unbiased_variance(pps):
    with pytest.raises(ArgumentError) as error:
        joined(one_stage("pps_systematic", size="ho"), pps)
    assert str(error.value) == (
        f"pps='{pps}': drawn by 'pps_systematic', some pairs of units can never be drawn together, so no "
        "variance is unbiased. Choose pps='hajek' or 'with_replacement', or leave pps out."
    )
