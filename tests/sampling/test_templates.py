import pandas as pd
import pytest
from numpy.testing import assert_allclose
from planned import commune_frame, communes, frame, household_frame, households, village_frame, villages

from sampling.checks import ArgumentError, ColumnError
from sampling.templates import counter_interval, one_commune, panel, papi_like, sipas_like, two_tier_2026

SEED = 20261122
EXACT = 1e-12  # products of a few probabilities


def provinces(**changes):
    table = communes(32).assign(province=["Cao Bằng", "Hải Phòng"] * 16, seat=[True, True, *[False] * 30])
    return frame(table, "code", **changes)


def people():
    rows = [(village, f"{village}.{k:02d}") for village in villages(32)["ma_thon"] for k in range(36)]
    return frame(pd.DataFrame(rows, columns=["village", "nguoi"]), "nguoi")


def test_a_plan_like_sipas_takes_the_same_number_in_each_province():
    plan = sipas_like(provinces(), size="households", villages=village_frame(32), adults=people())
    sample = plan.draw(seed=SEED)
    assert sample.main.groupby("stratum").size().tolist() == [6 * 3 * 31] * 2
    assert " ".join(sample.main["commune"].unique()) == PINNED["sipas"]
    assert sipas_like(provinces()).stages[0].method == "srs"
    assert sipas_like(provinces(size="households")).stages[0].method == "pps_systematic"
    assert sipas_like(provinces()).draw(seed=1).awaiting == ("village", "adult")


def districts():
    table = pd.DataFrame(
        {
            "ma": [f"{i:03d}" for i in range(20)],
            "province": ["A"] * 10 + ["B"] * 10,
            "seat": [True, *[False] * 9] * 2,
            "dan": [50 + 7 * ((3 * i) % 8) for i in range(20)],
        }
    )
    below = [(d, f"{d}-{k}", k == 0, 20 + 3 * k) for d in table["ma"] for k in range(5)]
    lower = pd.DataFrame(below, columns=["district", "xa", "seat", "dan"])
    lowest = [(x, f"{x}-{k}", k == 0, 9 + k) for x in lower["xa"] for k in range(4)]
    return (
        frame(table, "ma"),
        frame(lower, "xa"),
        frame(pd.DataFrame(lowest, columns=["commune", "thon", "seat", "dan"]), "thon"),
    )


def test_a_plan_like_papi_takes_the_seats_with_certainty_and_weights_them_so():
    upper, middle, lower = districts()
    plan = papi_like(upper, size="dan", communes=middle, villages=lower)
    sample = plan.draw(seed=SEED)
    assert sample.awaiting == ("citizen",)
    assert len(sample) == 2 * 3 * 2 * 2
    first = sample.main.drop_duplicates("district").set_index("district")
    assert first.loc[["000", "010"], "district_probability"].tolist() == [1, 1]
    assert first["certainty"].tolist() == [True, False, False] * 2
    size = upper.units.set_index("ma")["dan"]
    others = first.index.difference(["000", "010"])
    rest = size.drop(["000", "010"]).groupby(upper.units.set_index("ma")["province"]).sum()
    pi = 2 * size[others] / first.loc[others, "stratum"].map(rest)
    assert_allclose(first.loc[others, "district_probability"], pi)
    assert " ".join(first.index) == PINNED["papi"]
    seats = sample.main[sample.main["village"].str.endswith("-0-0")]
    assert_allclose(seats["probability"], seats["district_probability"], rtol=EXACT)
    assert sample.joint["measurable"].iloc[:2].all()


def test_the_weights_of_seats_and_others_add_up_to_the_districts_on_average(repetitions):
    plan = papi_like(districts()[0], size="dan")
    sums = [plan.draw(seed=s).main["weight"].sum() for s in range(repetitions(2000, 150))]
    mean, error = pd.Series(sums).mean(), pd.Series(sums).sem()
    assert abs(mean - 20) < 5 * error  # a false alarm has a chance below 1e-6


def test_two_tiers_go_from_commune_to_adult_without_a_district():
    plan = two_tier_2026(commune_frame(size="households"), n_communes=8, n_households=5, person="kish")
    assert [stage.name for stage in plan.stages] == ["commune", "village", "household", "adult"]
    assert [stage.method for stage in plan.stages] == ["pps_systematic", "srs", "systematic", "kish"]
    plan = two_tier_2026(
        commune_frame(), n_communes=8, n_households=5, villages=village_frame(), households=household_frame()
    )
    sample = plan.draw(seed=SEED)
    assert len(sample) == 8 * 3 * 5
    assert sample.stages[2].reserve == 8 * 3 * 3
    assert " ".join(sample.main["commune"].unique()) == PINNED["two_tier"]
    counts = households()[["ma_ho", "so_nguoi"]].rename(columns={"ma_ho": "household"})
    counts = counts[counts["household"].isin(sample.main["household"])]
    assert sample.with_household(counts, adults="so_nguoi").awaiting == ()


def test_one_commune_has_every_village_in_the_sample():
    sample = one_commune(household_frame(3), n=40, sort="duong").draw(seed=SEED)
    assert sample.main["stratum"].nunique() == len(villages(3))
    assert len(sample) == 40
    assert " ".join(sample.main["household"][:4]) == PINNED["one_commune"]


def test_hours_at_a_counter_are_clusters_of_visits():
    hours = pd.DataFrame(
        [
            (f"{d:02d}-{h:02d}", "sáng" if h < 12 else "chiều")
            for d in range(1, 23)
            for h in (8, 9, 10, 14, 15)
        ],
        columns=["gio", "buoi"],
    )
    sample = counter_interval(frame(hours, "gio"), strata="buoi", n_hours=8, every=4).draw(seed=SEED)
    told = sample.main["hour"] + ":" + sample.main["visitor_start"].astype(str)
    assert " ".join(told) == PINNED["hours"]
    assert sample.awaiting == ("visitor",)


def test_a_panel_keeps_three_quarters_from_wave_to_wave():
    source = commune_frame(32)
    waves = [panel(source, n=8, wave=w).draw(seed=SEED).main["commune"].tolist() for w in (1, 2, 3, 5)]
    shared = [len(set(waves[0]) & set(wave)) for wave in waves]
    assert shared == [8, 6, 4, 0]
    assert " ".join(waves[1]) == PINNED["panel"]
    stratified = [panel(source, n=12, wave=w, stay=3, strata="type").draw(seed=1).main for w in (1, 2)]
    both = stratified[0].merge(stratified[1], on="commune")
    assert both["stratum_x"].value_counts().to_dict() == {"xã": 6, "phường": 2}
    assert stratified[0]["stratum"].value_counts().to_dict() == {"xã": 9, "phường": 3}
    assert panel(source, n=8, unit="village").stages[0].name == "village"


def test_each_wave_of_a_panel_is_a_simple_random_sample(repetitions):
    count = repetitions(4000, 250)
    hits, plan = pd.Series(0, index=communes(8)["code"]), panel(commune_frame(8), n=2, wave=3, stay=2)
    for seed in range(count):
        hits[plan.draw(seed=seed).main["commune"]] += 1
    expected = count * 2 / 8
    assert ((hits - expected) ** 2 / expected).sum() < 40  # chi-squared with 7 df: chance below 2e-6


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: panel(commune_frame(), n=4, wave=0),
            ArgumentError,
            "wave=0: pass a whole number of 1 or more.",
        ),
        (
            lambda: panel(commune_frame(), n=4, stay=1.5),
            ArgumentError,
            "stay=1.5: pass a whole number of 1 or more.",
        ),
        (
            lambda: two_tier_2026(commune_frame(), person="head"),
            ArgumentError,
            "person='head' is not known. Choose one of 'kish', 'birthday', 'list'.",
        ),
        (
            lambda: one_commune(household_frame(3), person="any"),
            ArgumentError,
            "person='any' is not known. Choose one of 'kish', 'birthday', 'list'.",
        ),
        (
            lambda: papi_like(provinces(), seat="seats", size="households"),
            ColumnError,
            "stage 'district', certain='seats': the list 'Danh sách code giả lập' has no such column. Did "
            "you mean "
            "'seat'?",
        ),
    ],
)
def test_templates_refuse_what_does_not_fit(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == message


#: Drawn once; the same seed must give them on every platform.
PINNED = {
    "sipas": "01291 01303 01315 01333 01351 01363 01276 01294 01312 01324 01342 01360",
    "papi": "000 001 003 010 015 018",
    "two_tier": "01285 01309 01276 01282 01294 01306 01312 01315",
    "one_commune": "01273-1-01 01273-1-07 01273-1-09 01273-2-05",
    "hours": "08-14:1 15-14:2 22-15:3 02-08:4 06-09:3 11-08:2 15-09:1 19-10:1",
    "panel": "01276 01288 01300 01303 01306 01324 01330 01348",
}
