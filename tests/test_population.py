import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

import sampling
from surveykit.population import (
    ARMS,
    FACTORS,
    ITEMS,
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
