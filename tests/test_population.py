import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

import sampling
from sampling.checks import ArgumentError
from sampling.probabilities import pps_probabilities
from surveykit.population import (
    AGES,
    ARMS,
    FACTORS,
    INDICATORS,
    ITEMS,
    SYNTHETIC,
    WAVES,
    Settings,
    build,
    draw_demo,
    simulate,
)
from surveykit.population.answers import _intercepts, _latent_correlation

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


# --- who lives where ----------------------------------------------------------------------------------------


def test_the_communes_are_the_real_ones(province):
    frame = sampling.communes("Cao Bằng").units.sort_values("code")
    assert province.communes["ma_xa"].tolist() == frame["code"].tolist()
    assert province.communes["ten_xa"].tolist() == frame["name"].tolist()
    assert province.communes["loai"].tolist() == frame["type"].tolist()


def test_people_live_in_households_in_villages_in_communes(province):
    p, table = province, province.communes
    size = np.diff(p.start)
    assert p.start[-1] == p.woman.size == p.age.size == p.household.size == table["so_nguoi_gia_lap"].sum()
    assert p.household[-1] + 1 == table["so_ho_gia_lap"].sum()
    assert (np.diff(p.household) >= 0).all()
    assert_array_equal(np.bincount(p.commune, size), table["so_nguoi_gia_lap"])
    assert_array_equal(np.bincount(p.commune), table["so_thon_gia_lap"])
    first = np.unique(p.household, return_index=True)[1]  # no household lies in two villages
    assert np.isin(p.start[:-1], first).all()
    assert size.min() >= 8
    assert table["so_thon_gia_lap"].min() >= 8


def test_households_are_2_6_adults_and_shares_of_sex_and_age_are_those_asked_for(province):
    s = province.settings
    assert np.bincount(province.household).mean() == pytest.approx(2.57, abs=0.02)
    assert province.woman.mean() == pytest.approx(s.women, abs=0.005)
    assert_allclose(np.bincount(province.age) / province.age.size, s.ages, atol=0.005)


def test_households_grow_with_area_and_are_more_in_phuong():
    settings = Settings(households_spread=0)
    table = build("Cao Bằng", settings).communes.merge(
        sampling.communes("Cao Bằng").units[["code", "area_km2"]], left_on="ma_xa", right_on="code"
    )
    rural = table[table["loai"] == "xã"]
    assert stats.spearmanr(rural["area_km2"], rural["so_ho_gia_lap"]).statistic > 0.95
    assert table.loc[table["loai"] == "phường", "so_ho_gia_lap"].min() > rural["so_ho_gia_lap"].max()


def test_six_communes_adopt_before_the_first_wave_and_25_between_the_waves(province):
    table = province.communes
    assert table["nhom"].value_counts().to_dict() == {ADOPTING: 25, COMPARISON: 25, EARLY: 6}
    first, second = (day.isoformat() for day in WAVES)
    day = table.set_index("nhom")["ngay_ap_dung"]
    assert (day[EARLY] < first).all()
    assert ((day[ADOPTING] > first) & (day[ADOPTING] < second)).all()
    assert day[COMPARISON].isna().all()


def test_the_structure_depends_on_its_own_seed_only(province):
    again, other = build("Cao Bằng"), build("Cao Bằng", Settings(structure_seed=1))
    pd.testing.assert_frame_equal(province.communes, again.communes)
    assert_array_equal(province.age, again.age)
    assert (province.communes["so_ho_gia_lap"] != other.communes["so_ho_gia_lap"]).any()


# --- answers and truth --------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_answers_and_another_seed_others(province, population):
    assert_array_equal(simulate(province, seed=7).answers, population.answers)
    assert_array_equal(simulate("Cao Bằng", seed=7, items=False).answers[:, 0], population.answers[:, 0])
    assert not np.array_equal(simulate(province, seed=8, items=False).answers[:, 0], population.answers[:, 0])


def test_answers_are_on_the_scale_and_every_level_occurs(population):
    assert np.unique(population.answers).tolist() == [1, 2, 3, 4, 5]
    assert population.answers.shape == (2, len(ITEMS), population.structure.start[-1])


def test_the_truth_is_counted_over_all_adults(population):
    p = population.structure
    commune = np.repeat(p.communes["ma_xa"].to_numpy(), p.communes["so_nguoi_gia_lap"])
    truth = population.truth.set_index(["pham_vi", "ma", "chi_tieu", "dot"])["gia_tri"].sort_index()
    good = population.answers >= 4
    rows = 0
    for indicator, items in {"chung": ("chung",), **FACTORS}.items():
        columns = [ITEMS.index(item) for item in items]
        share = good[:, columns].mean(axis=1)  # of a person
        mean = {}
        for wave in (0, 1):
            by_commune = pd.Series(share[wave]).groupby(commune).mean()
            found = truth.loc["xã"].xs((indicator, wave + 1), level=("chi_tieu", "dot"))
            assert_allclose(found, by_commune[found.index], rtol=1e-12)
            for code, arm in zip(["ap_dung_giua", "chua_ap_dung", "ap_dung_truoc"], ARMS, strict=True):
                members = np.isin(commune, p.communes.loc[p.communes["nhom"] == arm, "ma_xa"])
                mean[arm, wave] = share[wave, members].mean()
                assert truth["nhóm", code, indicator, wave + 1] == pytest.approx(mean[arm, wave], rel=1e-12)
            assert truth["nhóm", "toan_tinh", indicator, wave + 1] == pytest.approx(
                share[wave].mean(), rel=1e-12
            )
        effect = mean[ADOPTING, 1] - mean[ADOPTING, 0] - (mean[COMPARISON, 1] - mean[COMPARISON, 0])
        table = population.truth[population.truth["chi_tieu"] == indicator].set_index("pham_vi")["gia_tri"]
        assert table["hiệu quả"] == pytest.approx(effect, abs=1e-12)
        assert table["tham số"] == population.structure.settings.effect
        rows += len(table)
    assert rows == len(population.truth)
    assert_allclose(
        population.effect(), population.truth.query("pham_vi == 'hiệu quả'")["gia_tri"], atol=1e-15
    )


def test_expected_shares_are_those_of_the_settings_for_every_item(province):
    s = province.settings
    x, before, after, shift = _intercepts(province, len(ITEMS))
    arm = np.indices((3, 2, 2, 3))[0].ravel()
    number = np.bincount(province.cell, minlength=36)

    def expected(intercept, rows):
        return np.average(stats.norm.cdf(intercept[:, None] + x[rows]), axis=1, weights=number[rows])

    everyone = arm >= 0
    assert_allclose(expected(before, everyone)[0], s.baseline, atol=1e-12)
    assert_allclose(expected(after, everyone) - expected(before, everyone), s.secular, atol=1e-12)
    adopting = expected(after + shift, arm == 0) - expected(before, arm == 0)
    comparison = expected(after, arm == 1) - expected(before, arm == 1)
    assert_allclose(adopting - comparison, s.effect, atol=1e-12)
    factors = [
        expected(before, everyone)[[ITEMS.index(i) for i in items]].mean() for items in FACTORS.values()
    ]
    assert_allclose(np.array(factors) - s.baseline, s.factor_gaps, atol=1e-12)


def test_over_seeds_baseline_change_and_effect_are_those_of_the_settings(many):
    s, arm = many[0].structure.settings, many[0].structure.arm
    assert within([p.effect()[0] for p in many], s.effect)
    adults = many[0].structure.communes["so_nguoi_gia_lap"]
    shares = [np.average(p.satisfied[:, 0, arm == 1], axis=1, weights=adults[arm == 1]) for p in many]
    assert within(np.diff(shares, axis=1), s.secular)
    assert within(np.array(shares)[:, :1], s.baseline)


@pytest.mark.parametrize(("share", "icc"), [(0.8, 0.08), (0.8, 0.02), (0.5, 0.1), (0.95, 0.3), (0.8, 0.0)])
def test_the_latent_correlation_gives_the_icc_of_satisfied_or_not(share, icc):
    r = _latent_correlation(share, icc)
    point = stats.norm.ppf(share)
    both = stats.multivariate_normal([0, 0], [[1, r], [r, 1]]).cdf([point, point])
    assert both == pytest.approx(share**2 + icc * share * (1 - share), abs=1e-7)


def intraclass(y, group):
    """Correlation within groups from the analysis of variance."""
    n = np.bincount(group)
    mean = np.bincount(group, y) / n
    between = (n * (mean - y.mean()) ** 2).sum() / (n.size - 1)
    inside = ((y - mean[group]) ** 2).sum() / (y.size - n.size)
    part = (between - inside) / ((y.size - (n**2).sum() / y.size) / (n.size - 1))
    return part / (part + inside)


def test_two_adults_of_a_village_are_correlated_by_the_icc(many):
    p = many[0].structure
    village = np.repeat(np.arange(p.commune.size), np.diff(p.start))
    found = [intraclass((m.answers[0, 0] >= 4).astype(float), village) for m in many]
    assert np.mean(found) == pytest.approx(p.settings.icc, abs=0.008)


def test_communes_differ_in_their_change_as_much_as_asked_for(many):
    arm = many[0].structure.arm
    found = [np.diff(p.satisfied[:, 0], axis=0)[0, arm == 1].std(ddof=1) for p in many]
    assert np.mean(found) == pytest.approx(many[0].structure.settings.change_sd, abs=0.003)


def test_factor_means_lie_within_a_point_as_under_a_halo(population):
    adults = population.structure.communes["so_nguoi_gia_lap"]
    means = np.average(population.satisfied[0, 1:], axis=1, weights=adults)
    assert np.ptp(means) < 0.01
    items = population.answers[0, :, ::50]
    assert np.corrcoef(items)[0, 1:].min() > 0.6
    same = (items == items[0]).all(axis=0).mean()
    assert population.structure.settings.straight_lining < same < 0.4


def test_without_effects_all_communes_and_waves_agree_up_to_chance():
    settings = Settings(effect=0.0, secular=0.0, icc=0.0, icc_commune=0.0, change_sd=0.0)
    p = simulate("Cao Bằng", seed=1, items=False, settings=settings)
    adults = p.structure.communes["so_nguoi_gia_lap"].to_numpy()
    assert (np.abs(p.satisfied[:, 0] - 0.8) < 0.02 + SIGMAS * np.sqrt(0.16 / adults)).all()
    assert abs(p.effect()[0]) < SIGMAS * np.sqrt(0.16 * 4 / adults[p.structure.arm == 0].sum())


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
