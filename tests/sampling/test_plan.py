import dataclasses
import time
from statistics import median

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal
from planned import commune_frame, communes, frame, household_frame, village_frame, villages

from sampling.allocation import allocate
from sampling.plan import Plan
from sampling.sample import sentences

SECONDS = 1.0  # for a plan of the whole country
EXACT = 1e-12  # products of a few probabilities
SIGMAS = 5  # Monte Carlo error: chance of a false alarm below 1e-6

EQUAL = ["srs", "bernoulli", "systematic"]
BY_SIZE = [
    "poisson", "pps_systematic", "pps_randomised", "pps_brewer", "pps_sampford", "pps_conditional_poisson",
    "pps_tille", "pps_pivotal", "pps_pivotal_random", "pps_pareto",
]  # fmt: skip
SPREAD = {"cube": {"balance": ["x", "y"]}, "local_pivotal": {"coords": ["x", "y"]}}


def by(method, n=6, strata="type", source=None, **changes):
    """Return a plan of one stage drawn by a method."""
    more = {"size": "households"} if method in BY_SIZE else SPREAD.get(method, {})
    plan = Plan(source or commune_frame(), strata)
    return plan.stage("commune", n=n, method=method, **(more | changes))


def three_stages(seeds=(None, None, None), **changes):
    """Return a plan with all its lists; seeds shuffle their rows."""
    lists = [f(seed=s) for f, s in zip((commune_frame, village_frame, household_frame), seeds, strict=True)]
    options = {"reserve": 1} | changes
    return (
        Plan(lists[0], "type")
        .stage("commune", n=6, method="pps_systematic", size="households", **options)
        .stage("village", n=2, frame=lists[1], **options)
        .stage("household", n=4, method="systematic", frame=lists[2], reserve=3)
    )


# --- what a plan is -----------------------------------------------------------------------------------------


def test_a_plan_is_read_aloud_stage_by_stage():
    plan = three_stages().stage("adult", method="birthday")
    assert repr(plan).splitlines() == [
        "Kế hoạch chọn mẫu: Danh sách code giả lập",
        "Khung mẫu: Danh sách code giả lập, 16 đơn vị, ngày 01/07/2026; phân tầng theo type.",
        "1. Rút 6 xã/phường, phân bổ tỷ lệ với quy mô (phường 2, xã 4), PPS hệ thống theo households; "
        "1 dự phòng xếp sẵn thứ tự.",
        "2. Trong mỗi xã/phường, rút 2 thôn, ngẫu nhiên đơn giản; 1 dự phòng xếp sẵn thứ tự.",
        "3. Trong mỗi thôn, rút 4 hộ, ngẫu nhiên hệ thống; 3 dự phòng xếp sẵn thứ tự.",
        "4. Trong mỗi hộ, lấy một người trong hộ theo ngày sinh; xác suất là 1 chia cho số người trong hộ.",
    ]
    assert "<li>Rút 6 xã/phường" in plan._repr_html_()
    assert plan.hash[:12] in plan._repr_html_()


def test_a_plan_is_read_aloud_in_english_too():
    plan = three_stages().stage("adult", method="kish")
    lines = sentences(plan.outline, "en")
    assert lines[0] == "Frame: Danh sách code giả lập, 16 units, as of 1 July 2026; stratified by type."
    assert lines[1] == (
        "1. Draw 6 commune, allocated in proportion to size (phường 2, xã 4), systematic PPS "
        "sampling by households; 1 reserves in a fixed order."
    )
    assert lines[4].startswith(
        "4. In each household, one person of the household by the Kish grid; the chance"
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"n": {"xã": 3, "phường": 2}}, "rút 5 xã/phường (phường 2, xã 3), ngẫu nhiên đơn giản."),
        ({"n_each": 2, "n": None}, "rút 2 xã/phường mỗi tầng, ngẫu nhiên đơn giản."),
        ({"method": "systematic", "sort": ["x", "y"], "serpentine": True}, "xếp hình rắn theo x, y."),
        ({"method": "cube", "balance": ["x"]}, "cân bằng theo x."),
        ({"method": "local_pivotal", "coords": ["x", "y"]}, "trải theo x, y."),
        ({"allocation": "equal"}, "phân bổ đều nhau (phường 3, xã 3), ngẫu nhiên đơn giản."),
        ({"short": "all", "n_each": 9, "n": None}, "nơi không đủ thì lấy hết."),
        ({"rotate": 0.5}, "giữ số ngẫu nhiên qua các đợt, dời 50 % cỡ mẫu so với đợt đầu."),
    ],
)
def test_the_sentence_of_a_stage_says_what_was_asked(changes, words):
    plan = Plan(commune_frame(), "type").stage("commune", **({"n": 6} | changes))
    assert words.lower() in sentences(plan.outline)[1].lower()
    assert sentences(plan.outline, "en")[1].startswith("1. Draw ")


def test_numbers_of_many_strata_are_told_as_a_range():
    plan = Plan(commune_frame(32), ["x", "type", "y"])
    counts = plan.frame.units.groupby(["x", "type", "y"]).size()
    plan = plan.stage("commune", n=counts)
    assert counts.value_counts().to_dict() == {1: 20, 2: 6}
    assert "Rút 32 xã/phường (26 tầng, từ 1 đến 2 mỗi tầng)" in sentences(plan.outline)[1]
    assert "(26 strata, 1 to 2 in each)" in sentences(plan.outline, "en")[1]


def test_a_plan_cannot_be_changed_and_each_stage_gives_a_new_one():
    first = Plan(commune_frame())
    second = first.stage("commune", n=3)
    assert first.stages == ()
    assert [stage.name for stage in second.stages] == ["commune"]
    with pytest.raises(dataclasses.FrozenInstanceError):
        second.name = "other"


def test_strata_are_those_of_the_frame_unless_said_otherwise():
    source = commune_frame(strata="type")
    assert Plan(source).outline.strata == ("type",)
    assert Plan(source, ()).outline.strata == ()
    assert Plan(source, ["x", "type"]).outline.strata == ("x", "type")


def test_the_hash_follows_what_the_plan_says_and_the_content_of_its_lists():
    plan = three_stages()
    assert plan.hash == three_stages((1, 2, 3)).hash
    other = Plan(commune_frame(), "type").stage("commune", n=6, method="pps_systematic", size="households")
    assert (
        len({plan.hash, other.hash, other.stage("village", n=2).hash, other.stage("village", n=3).hash}) == 4
    )


# --- numbers ------------------------------------------------------------------------------------------------


def test_a_total_is_shared_out_by_size_where_a_size_is_used_and_by_units_elsewhere():
    by_units = by("srs").stages[0]
    by_size = by("pps_systematic").stages[0]
    counts = communes()["type"].value_counts()
    sums = communes().groupby("type")["households"].sum()
    assert dict(by_units.n_by) == dict(allocate(counts.sort_index(), 6, minimum=2).n)
    assert dict(by_size.n_by) == dict(allocate(sums, 6, minimum=2, maximum=counts).n)
    assert sum(dict(by_units.n_by).values()) == 6


def test_whole_numbers_may_be_written_with_a_point_or_as_numpy_numbers():
    hashes = {by("srs", n=n).hash for n in (6, 6.0, np.int64(6), np.float64(6))}
    assert len(hashes) == 1


def test_the_result_of_allocate_and_a_series_serve_as_numbers():
    counts = communes()["type"].value_counts()
    found = allocate(counts, 8, method="equal")
    plans = [Plan(commune_frame(), "type").stage("commune", n=n) for n in (found, found.n, dict(found.n))]
    assert len({plan.hash for plan in plans}) == 1
    assert dict(plans[0].stages[0].n_by) == {"phường": 4, "xã": 4}


def test_later_numbers_may_differ_by_stratum():
    plan = Plan(commune_frame(), "type").stage("commune", n=6)
    plan = plan.stage("village", n={"xã": 1, "phường": 3}, frame=village_frame())
    main = plan.draw(seed=5).main
    counts = main.groupby(["type", "commune"])["village"].size()
    assert counts.groupby("type").agg(["min", "max"]).values.tolist() == [[3, 3], [1, 1]]
    assert "rút thôn theo tầng (phường 3, xã 1)" in repr(plan)


def test_short_takes_all_there_are_and_counts_where():
    plan = Plan(commune_frame(), "type").stage("commune", n=6)
    sample = plan.stage("village", n=5, frame=village_frame(), short="all", reserve=1).draw(seed=5)
    counts = sample.main.groupby("commune")["village"].size()
    there = villages().groupby("commune").size()
    assert (counts == np.minimum(there[counts.index], 5)).all()
    assert sample.stages[1].short == int((there[counts.index] < 5).sum()) > 0
    assert "nơi không đủ đơn vị nên lấy hết" in repr(sample)


# --- the draw -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", [*EQUAL, *BY_SIZE, *SPREAD])
def test_every_method_draws_and_its_blocks_tell_what_was_drawn(method):
    sample = by(method, reserve=1).draw(seed=20261122)
    assert set(sample.blocks) == {(0, "phường"), (0, "xã")}
    for (_, stratum), block in sample.blocks.items():
        rows = sample.main[sample.main["stratum"] == stratum]
        assert tuple(rows["commune"]) == block.ids
        assert rows["order"].tolist() == list(range(1, len(block) + 1))
        assert_allclose(rows["commune_probability"], block.probability)
        assert rows["certainty"].tolist() == block.certainty.tolist()
        assert (communes()["type"] == stratum).sum() == block.N
        assert block.method == method
        if block.joint is not None:
            assert_allclose(np.diag(block.joint), block.probability, rtol=EXACT)
        assert (block.x is not None) == (method in SPREAD)
    told = sample.joint
    assert told["joint"].isin(["exact", "approx", "none"]).all()
    assert (told["joint"] == "none").all() == (method in SPREAD)


@pytest.mark.parametrize(
    "method", [m for m in [*EQUAL, *BY_SIZE, *SPREAD] if m not in ("bernoulli", "poisson")]
)
def test_probabilities_of_the_whole_stratum_add_up_to_the_number_drawn(method):
    sample = by(method).draw(seed=3)
    for (_, stratum), block in sample.blocks.items():
        assert len(block) == dict(sample.outline.stages[0].n_by)[stratum]
        if method in BY_SIZE:
            own = communes().set_index("code")
            size = own.loc[list(block.ids), "households"].to_numpy()
            sure = block.certainty
            whole = own.loc[own["type"] == stratum, "households"].sum() - size[sure].sum()
            assert_allclose((size / block.probability)[~sure], whole / (~sure).sum())


@settings(max_examples=8)
@given(seeds=st.tuples(*[st.integers(0, 1000)] * 3), draw=st.integers(0, 2**32 - 1))
def test_the_order_of_rows_of_every_list_never_matters(seeds, draw):
    one = three_stages().draw(seed=draw, on="2026-11-22")
    other = three_stages(seeds).draw(seed=draw, on="2026-11-22")
    assert_frame_equal(one.table, other.table)
    assert one.stages == other.stages


@pytest.mark.parametrize("method", [*EQUAL, *BY_SIZE, *SPREAD])
def test_the_order_of_rows_never_matters_for_any_method(method):
    sort = {"sort": ["x", "y"]} if method in ("systematic", "pps_systematic", "pps_pivotal") else {}
    one = by(method, reserve=1, **sort).draw(seed=7)
    other = by(method, source=commune_frame(seed=5), reserve=1, **sort).draw(seed=7)
    assert_frame_equal(one.table, other.table)
    for key, block in one.blocks.items():
        if block.joint is not None:
            assert_allclose(block.joint, other.blocks[key].joint, rtol=EXACT)


def test_ids_given_as_numbers_and_as_text_give_the_same_sample():
    text, numbers = communes(), communes()
    text["code"], numbers["code"] = text["code"].astype(int).astype(str), numbers["code"].astype(int)
    one, other = (by("pps_systematic", source=frame(t, "code")).draw(seed=2) for t in (text, numbers))
    assert_frame_equal(one.table, other.table)


@settings(max_examples=10)
@given(draw=st.integers(0, 2**32 - 1))
def test_the_probability_is_the_product_over_stages_and_the_weight_its_inverse(draw):
    table = three_stages().draw(seed=draw).main
    product = table["commune_probability"] * table["village_probability"] * table["household_probability"]
    assert_allclose(table["probability"], product, rtol=EXACT)
    assert_allclose(table["weight"], 1 / product, rtol=EXACT)


def test_the_sum_of_weights_estimates_the_number_of_units_without_bias(repetitions):
    count = repetitions(2000, 100)
    plan = (
        Plan(commune_frame(), "type")
        .stage("commune", n=6, method="pps_systematic", size="households")
        .stage("village", n=2, method="pps_sampford", size="so_ho", frame=village_frame())
    )
    sums = [plan.draw(seed=s).main["weight"].sum() for s in range(count)]
    error = np.std(sums, ddof=1) / np.sqrt(count)
    assert abs(np.mean(sums) - len(villages())) < SIGMAS * error


def test_over_all_seeds_units_come_in_with_their_probability(repetitions):
    count = repetitions(4000, 250)
    plan = Plan(commune_frame(), "type").stage("commune", n=6, reserve=2)
    drawn = pd.concat([plan.draw(seed=s).table for s in range(count)])
    for use, expected in (
        ("main", {"phường": 2 / 4, "xã": 4 / 12}),
        ("reserve", {"phường": 2 / 4, "xã": 2 / 12}),
    ):
        hits = drawn[drawn["use"] == use].groupby("commune").size().reindex(communes()["code"], fill_value=0)
        p = communes().set_index("code")["type"].map(expected)
        z = (hits / count - p) / np.sqrt(p * (1 - p) / count)
        assert z.abs().max() < SIGMAS


def test_multiplicity_of_the_list_is_carried_into_the_weight():
    table = communes().assign(times=[1, 2, 3, 4] * 4)
    plan = Plan(frame(table, "code", multiplicity="times")).stage("commune", n=5)
    main = plan.draw(seed=1).main
    times = table.set_index("code")["times"]
    assert_allclose(main["weight"], 16 / 5 / times[main["commune"]].to_numpy())
    assert_allclose(main["commune_multiplicity"], times[main["commune"]])


def test_columns_of_the_lists_go_along():
    table = communes().assign(seen=pd.Timestamp("2026-01-02"), flag=True, area=1.5)
    plan = Plan(frame(table, "code")).stage("commune", n=4, carry=["households", "area", "seen", "flag"])
    sample = plan.draw(seed=1)
    own = table.set_index("code").loc[sample.table["commune"]]
    assert sample.table["commune_households"].tolist() == own["households"].tolist()
    assert sample.table["commune_seen"].unique().tolist() == ["2026-01-02"]
    assert sample.table["commune_flag"].tolist() == [1] * 4
    assert sample.table["commune_area"].tolist() == [1.5] * 4
    assert "commune_name" not in sample.table
    assert "commune_name" in Plan(frame(table, "code")).stage("commune", n=4).draw(seed=1).table
    assert "commune_name" not in Plan(frame(table, "code")).stage("commune", n=4, carry=()).draw(seed=1).table


def test_forced_units_have_probability_one_and_the_rest_share_what_is_left():
    table = communes().assign(seat=[True, False, False, False] * 4)
    plan = Plan(frame(table, "code")).stage(
        "commune", n=7, method="pps_sampford", size="households", certain="seat"
    )
    sample = plan.draw(seed=11)
    block = sample.blocks[0, ""]
    assert sample.main["commune"].tolist()[:4] == table.loc[table["seat"], "code"].tolist()
    assert_allclose(block.probability[:4], 1)
    assert block.certainty[:4].all()
    rest = table[~table["seat"]].set_index("code")
    own = rest.loc[list(block.ids[4:]), "households"].to_numpy()
    assert_allclose(block.probability[4:], 3 * own / rest["households"].sum())
    matrix = sample.joint_matrix("commune").to_numpy()
    assert_allclose(matrix[:4, 4:], np.tile(block.probability[4:], (4, 1)))


@pytest.mark.parametrize("method", ["srs", "pps_sampford"])
def test_where_all_units_are_forced_nothing_is_left_to_chance(method):
    flagged = frame(communes().assign(seat=True), "code")
    plan = by(method, n={"xã": 12, "phường": 4}, certain="seat", source=flagged)
    sample = plan.draw(seed=1)
    assert len(sample) == 16
    assert sample.main["certainty"].all()
    assert (sample.joint_matrix("commune", "xã") == 1).all().all()
    assert "; lấy chắc chắn nơi có seat." in sentences(plan.outline)[1]


def test_sorting_stratifies_a_systematic_draw():
    plan = Plan(commune_frame()).stage("commune", n=8, method="systematic", sort=["type", "x"])
    for seed in range(10):
        counts = (
            plan.draw(seed=seed)
            .main.merge(communes(), left_on="commune", right_on="code")["type"]
            .value_counts()
        )
        assert counts.to_dict() == {"xã": 6, "phường": 2}


def test_rotation_keeps_what_stays_and_every_wave_is_whole():
    waves = [by("srs", n=8, rotate=k / 2).draw(seed=4).main["commune"] for k in range(3)]
    assert [len(set(waves[0]) & set(wave)) for wave in waves] == [8, 4, 0]
    fewer = communes().drop(index=[1, 5, 9])
    again = Plan(frame(fewer, "code"), "type").stage("commune", n=8, rotate=0.0).draw(seed=4).main["commune"]
    assert len(set(waves[0]) & set(again)) >= 6


def test_the_seed_may_be_a_numpy_number():
    assert_frame_equal(by("srs").draw(seed=np.int64(5)).table, by("srs").draw(seed=5).table)


def test_draw_stops_after_the_stage_that_is_named_and_goes_on_to_the_same_sample():
    plan = three_stages()
    part = plan.draw(seed=9, through="commune", on="2026-11-22")
    assert part.awaiting == ("village", "household")
    whole = part.draw_next(village_frame()).draw_next(household_frame())
    assert_frame_equal(whole.table, plan.draw(seed=9, on="2026-11-22").table)


def test_a_national_two_stage_plan_is_drawn_within_a_second():
    codes = [f"{i:05d}" for i in range(3321)]
    many = np.arange(3321) % 15 + 10
    upper = frame(pd.DataFrame({"code": codes, "households": many * 100}), "code")
    lower = pd.DataFrame({"commune": np.repeat(codes, many), "so_ho": np.arange(many.sum()) % 200 + 50})
    lower["ma_thon"] = [f"{i:06d}" for i in range(len(lower))]
    assert len(lower) > 50_000
    every = Plan(upper).stage("commune", n=3321).stage("village", n=3, frame=frame(lower, "ma_thon"))
    some = Plan(upper).stage("commune", n=600, method="pps_systematic", size="households")
    some = some.stage("village", n=3, method="pps_systematic", size="so_ho", frame=frame(lower, "ma_thon"))

    def seconds(plan):
        start = time.perf_counter()
        plan.draw(seed=1)
        return time.perf_counter() - start

    assert median(seconds(every) for _ in range(3)) <= SECONDS
    assert median(seconds(some) for _ in range(3)) <= SECONDS
