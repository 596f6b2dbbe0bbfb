"""The survey drawn from the synthetic population (giả lập)."""

import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from sampling.checks import ArgumentError
from sampling.probabilities import pps_probabilities
from surveykit.population import (
    AGES,
    ARMS,
    FACTORS,
    INDICATORS,
    ITEMS,
    SYNTHETIC,
    Settings,
    build,
    draw_demo,
    simulate,
)

ADOPTING, COMPARISON, EARLY = ARMS
#: Monte Carlo error: chance of a false alarm below 1e-6.
SIGMAS = 5


@pytest.fixture(scope="module")
def province():
    return build("Cao Bằng")


@pytest.fixture(scope="module")
def population(province):
    return simulate(province, seed=7)


@pytest.fixture(scope="module")
def survey(population):
    return draw_demo(population, seed=20261122)


@pytest.fixture(scope="module")
def many(province):
    """Populations of twenty seeds, overall item only."""
    return [simulate(province, seed=seed, items=False) for seed in range(20)]


def within(found, expected):
    """The mean of draws is the number expected, within Monte Carlo error."""
    found = np.asarray(found, dtype=float)
    error = SIGMAS * found.std(axis=0, ddof=1) / np.sqrt(len(found))
    return bool((np.abs(found.mean(axis=0) - expected) <= error).all())


# --- the survey ---------------------------------------------------------------------------------------------


def test_the_demonstration_is_forty_communes_and_four_apart_in_both_waves(survey):
    forms = survey.forms.merge(survey.communes[["ma_xa", "nhom"]], on="ma_xa")
    assert forms.groupby(["dot", "nhom"]).size().to_dict() == {
        (wave, arm): n for wave in (1, 2) for arm, n in ((ADOPTING, 640), (COMPARISON, 640), (EARLY, 128))
    }
    assert (forms.groupby(["dot", "ma_xa"])["ma_thon"].nunique() == 4).all()
    assert (forms.groupby("ma_thon").size() == 8).all()
    assert set(forms.loc[forms["dot"] == 1, "ma_xa"]) == set(forms.loc[forms["dot"] == 2, "ma_xa"])
    assert forms["ma_phieu"].is_unique


def test_villages_of_the_second_wave_are_fresh_and_named_after_their_commune(survey):
    forms = survey.forms
    assert not set(forms.loc[forms["dot"] == 1, "ma_thon"]) & set(forms.loc[forms["dot"] == 2, "ma_thon"])
    assert (forms["ma_thon"].str[:5] == forms["ma_xa"]).all()


def test_certainty_communes_have_their_own_stratum_and_no_other_commune_is_alone(survey):
    drawn = survey.communes[survey.communes["duoc_chon"] == 1]
    sure = drawn["xac_suat"] == 1
    assert (drawn.loc[sure, "tang"] == "chắc chắn " + drawn.loc[sure, "ma_xa"]).all()
    assert sure.any()
    assert (drawn[~sure].groupby("tang").size() >= 2).all()
    assert set(drawn.loc[~sure, "tang"]) <= {f"{k} – {a}" for k in ("xã", "phường") for a in ARMS} | {EARLY}


def test_weights_are_one_over_the_product_of_the_three_probabilities(survey):
    p = survey.population.structure
    first = p.communes.assign(arm=p.arm, urban=p.urban).set_index("ma_xa")
    drawn = survey.communes.set_index("ma_xa")
    probability = pd.Series(np.nan, index=first.index)
    for (arm, _), rows in first[first["arm"] < 2].groupby(["arm", "urban"]):
        n = int(drawn.loc[rows.index, "duoc_chon"].sum())
        probability[rows.index] = pps_probabilities(rows["so_ho_gia_lap"], n)
        assert arm in (0, 1)
    probability[first.index[first["arm"] == 2]] = 4 / 6
    assert_allclose(drawn["xac_suat"], probability)
    numbers = np.concatenate([np.arange(n) for n in first["so_thon_gia_lap"]])
    ids = [f"{c}-T{k + 1:03d}" for c, k in zip(first.index[p.commune], numbers, strict=True)]
    size = pd.Series(np.diff(p.start), index=ids)
    forms = survey.forms
    village = 4 / first.loc[forms["ma_xa"], "so_thon_gia_lap"].to_numpy()
    person = 8 / size[forms["ma_thon"]].to_numpy()
    expected = 1 / (probability[forms["ma_xa"]].to_numpy() * village * person)
    assert_allclose(forms["quyen_so"], expected, atol=1e-6)


def test_over_draws_every_stage_has_its_probability_and_the_estimate_is_the_truth(province):
    settings = Settings(response=1.0, response_women=0.0, response_ages=(0.0, 0.0, 0.0), response_phuong=0.0)
    p = simulate(build("Cao Bằng", settings), seed=3, items=False)
    totals, effects, hits = [], [], []
    for seed in range(80):
        survey = draw_demo(p, seed=seed)
        forms = survey.forms
        hits.append(survey.communes["duoc_chon"])
        totals.append(forms.groupby("dot")["quyen_so"].sum())
        used = forms[forms["tra_loi"] == 1].merge(survey.communes[["ma_xa", "nhom"]], on="ma_xa")
        used = used.assign(good=(used["chung"] >= 4) * used["quyen_so"])
        sums = used.groupby(["nhom", "dot"])[["good", "quyen_so"]].sum()
        change = (sums["good"] / sums["quyen_so"]).groupby("nhom").diff().xs(2, level="dot")
        effects.append(change[ADOPTING] - change[COMPARISON])
    assert within(totals, province.communes["so_nguoi_gia_lap"].sum())
    assert within(effects, p.effect()[0])
    probability = draw_demo(p, seed=0).communes["xac_suat"]
    error = SIGMAS * np.sqrt(probability * (1 - probability) / len(hits))
    assert (np.abs(np.mean(hits, axis=0) - probability) <= error).all()


def test_eighty_percent_of_forms_return_and_a_twentieth_of_these_cannot_be_used(many):
    surveys = [draw_demo(p, seed=seed).forms for seed, p in enumerate(many)]
    forms = pd.concat(surveys)
    returned = forms["ket_qua"] != "không thu về"
    assert returned.mean() == pytest.approx(0.80, abs=0.01)
    assert (forms.loc[returned, "ket_qua"] == "không dùng được").mean() == pytest.approx(0.05, abs=0.005)
    assert (forms["tra_loi"] == (forms["ket_qua"] == "dùng được")).all()
    by = returned.groupby(forms["nhom_tuoi"]).mean()
    assert by[AGES[0]] < by[AGES[1]] < by[AGES[2]]
    assert returned[forms["gioi"] == "Nữ"].mean() > returned[forms["gioi"] == "Nam"].mean()


def test_answers_stand_where_a_form_is_usable_and_few_items_are_empty(survey):
    forms = survey.forms
    used = forms["tra_loi"] == 1
    assert (forms["chung"].notna() == used).all()
    assert forms.loc[~used, list(ITEMS)].isna().all(axis=None)
    empty = forms.loc[used, list(ITEMS[1:])].isna().mean(axis=None)
    assert empty == pytest.approx(survey.population.structure.settings.missing_item, abs=0.005)


def test_margins_are_the_shares_of_all_adults(survey):
    p = survey.population.structure
    shares = survey.margins.set_index("muc")["ty_le"]
    assert shares["Nữ"] == p.woman.mean()
    assert_allclose(shares[list(AGES)], np.bincount(p.age) / p.age.size)


def test_the_same_seed_draws_the_same_survey_and_another_seed_another(population, survey):
    pd.testing.assert_frame_equal(draw_demo(population, seed=20261122).forms, survey.forms)
    other = draw_demo(population, seed=20261123)
    assert (other.communes["duoc_chon"] != survey.communes["duoc_chon"]).any()


def test_every_table_says_that_it_is_synthetic(population, survey):
    for table in (survey.forms, survey.communes, survey.margins, population.truth):
        assert (table["nguon"] == SYNTHETIC).all()
    made_up = [c for c in population.structure.communes if c.startswith("so_")]
    assert len(made_up) == 3
    assert all(c.endswith("gia_lap") for c in made_up)


def test_without_the_items_only_the_overall_one_is_there(many):
    survey = draw_demo(many[0], seed=1)
    assert [c for c in ITEMS if c in survey.forms] == ["chung"]
    assert set(many[0].truth["chi_tieu"]) == {"chung"}


# --- other provinces and settings ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "communes"),
    [
        ("Bắc Ninh", 44),
        ("Quảng Trị", 44),  # two areas are missing, and one đặc khu
        ("Tuyên Quang", 44),  # 28 areas are those of communes elsewhere
        ("Lai Châu", 38),  # 38 communes in all: 17 adopt, 17 do not
    ],
)
def test_any_province_will_do(name, communes):
    p = simulate(name, seed=1, items=False)
    assert p.structure.communes["so_ho_gia_lap"].between(300, 26_000).all()
    survey = draw_demo(p, seed=1)
    drawn = survey.communes[survey.communes["duoc_chon"] == 1]
    assert len(drawn) == communes
    assert len(survey.forms) == communes * 64
    assert (drawn[drawn["xac_suat"] < 1].groupby("tang").size() >= 2).all()


def test_a_province_can_do_without_early_adopters():
    p = simulate("Lai Châu", seed=1, items=False, settings=Settings(early=0.0))
    assert set(draw_demo(p, seed=1).communes["nhom"]) == {ADOPTING, COMPARISON}
    assert "ap_dung_truoc" not in set(p.truth["ma"])


def test_an_arm_without_phuong_is_drawn_from_xa_alone():
    survey = draw_demo(simulate("Cao Bằng", seed=1, items=False, settings=Settings(between=0.1)), seed=1)
    adopting = survey.communes[survey.communes["nhom"] == ADOPTING]
    assert set(adopting["loai"]) == {"xã"}
    assert adopting["duoc_chon"].tolist() == [1] * 5  # all there are


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"baseline": 80}, "baseline=80: write it as a share between 0 and 1. Did you mean 0.8?"),
        ({"icc": -0.1}, "icc=-0.1: write it as a share between 0 and 1."),
        ({"effect": 6}, "effect=6: write it as a share between 0 and 1. Did you mean 0.06?"),
        (
            {"baseline": 0.95},
            "baseline=0.95, secular=0.01 and effect=0.06: shares satisfied would run from 0.95 to 1.02. "
            "Keep them between 0.02 and 0.98.",
        ),
        (
            {"icc": 0.01},
            "icc_commune=0.02 is a part of icc=0.01, and it is larger. Lower it, or raise icc.",
        ),
        (
            {"early": 0.5, "between": 0.5},
            "early=0.5 and between=0.5: some communes must adopt between the waves, and some not at all. "
            "Let between be above 0 and the sum below 1.",
        ),
        ({"ages": (0.3, 0.3, 0.3)}, "ages=(0.3, 0.3, 0.3): these shares must be 0 or more and add up to 1."),
    ],
)
def test_settings_that_cannot_be_are_refused_in_a_sentence(settings, message):
    with pytest.raises(ArgumentError) as error:
        Settings(**settings)
    assert str(error.value) == message


def test_indicators_are_the_overall_item_and_five_factors():
    assert list(INDICATORS) == ["chung", *FACTORS]
    assert list(ITEMS) == ["chung", *(f"c{k:02d}" for k in range(1, 16))]


def test_a_population_and_its_survey_take_well_under_a_second(province):
    start = time.perf_counter()
    draw_demo(simulate(province, seed=1, items=False), seed=1)
    assert time.perf_counter() - start < 1


def test_neither_plots_nor_statistics_are_imported():
    code = "import sys, surveykit.population; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"matplotlib", "scipy.stats", "statsmodels"} & set(loaded)
