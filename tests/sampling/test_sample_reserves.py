"""Reserves released in order, and what they take over."""

import datetime as dt

import pytest
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal
from planned import (
    commune_frame,
    communes,
    drawn,
    frame,
    household_frame,
    says,
    three,
    village_frame,
    villages,
)

from sampling.checks import ArgumentError, ColumnError, DataError, SurveyWarning
from sampling.plan import Plan

EXACT = 1e-12  # products of a few probabilities


def test_reserves_are_released_in_order_and_every_release_is_logged():
    sample = drawn()
    village = sample.main["village"][0]
    rows = sample.table[(sample.table["village"] == village) & sample.table["household"].notna()]
    lost, order = rows["household"].tolist()[:2], rows["household"].tolist()[4:]
    after = sample.release(lost[1], reason="đi vắng", on="2026-12-01").release(
        [lost[0]], reason="từ chối", on=dt.date(2026, 12, 2)
    )
    assert after.log.values.tolist() == [
        ["household", f"{rows['commune'].iloc[0]}/{village}", lost[1], order[0], 1, "đi vắng", "2026-12-01"],
        ["household", f"{rows['commune'].iloc[0]}/{village}", lost[0], order[1], 2, "từ chối", "2026-12-02"],
    ]
    assert len(sample.log) == 0
    assert sample.table["use"].isin(["main", "reserve"]).all()
    uses = after.table.set_index("household")["use"]
    assert uses[[*lost, *order]].tolist() == ["replaced", "replaced", "released", "released", "reserve"]
    assert "1 dự phòng đã dùng" in repr(sample.release(lost[0], reason="vắng", on="2026-12-01"))


def test_a_reserve_takes_over_weight_and_place_and_the_sum_of_weights_stays():
    sample = drawn(method="pps_systematic")
    lost = sample.main["household"][[0, 5, 17]].tolist()
    after = sample.release(lost, reason="vắng", on="2026-12-01")
    assert_allclose(after.main["weight"].sum(), sample.main["weight"].sum(), rtol=EXACT)
    before = sample.main.set_index("household").loc[lost]
    now = after.main.set_index("household").loc[after.log["reserve"]]
    for name in (
        "weight",
        "probability",
        "household_probability",
        "commune_probability",
        "certainty",
        "village",
    ):
        assert now[name].tolist() == before[name].tolist()
    assert sorted(after.place("household")) == sorted(sample.main["household"])
    block = sample.blocks[2, after.log["parent"][0]]
    assert lost[0] in block.ids
    assert after.place("village").tolist() == after.main["village"].tolist()


def test_a_reserve_that_is_lost_too_makes_room_for_the_next_in_the_same_place():
    sample = drawn()
    lost = sample.main["household"][0]
    for step in range(3):
        sample = sample.release(lost, reason=f"lần {step}", on="2026-12-01")
        lost = sample.log["reserve"].iloc[-1]
    assert sample.log["order"].tolist() == [1, 2, 3]
    assert set(sample.place("household")) == set(drawn().main["household"])
    parent = sample.log["parent"][0]
    assert says(DataError, lambda: sample.release(lost, reason="vắng", on="2026-12-01")) == (
        f"release: no reserve of household is left in {parent!r} for {lost!r}. Leave the unit in the sample "
        "as one "
        "that did not answer, and adjust the weights for it."
    )


def test_a_unit_of_an_upper_stage_goes_with_all_that_stands_under_it():
    sample = drawn()
    lost = sample.main["commune"][0]
    after = sample.release(lost, reason="lũ", on="2026-12-01", stage="commune")
    gone = after.table[after.table["commune"] == lost]
    assert (gone["use"] == "replaced").all()
    assert gone["weight"].isna().all()
    assert after.awaiting == ("village", "household", "adult")
    taken = after.main[after.main["village"].isna()]
    assert taken["commune"].tolist() == after.log["reserve"].tolist()
    old = sample.main[sample.main["commune"] == lost].iloc[0]
    assert taken["commune_probability"].iloc[0] == old["commune_probability"]
    again = after.draw_next(village_frame(), others="drop").draw_next(household_frame(), others="drop")
    assert again.awaiting == ("adult",)
    assert again.stages[1].lists[1].stream == (20261122, 2, 2)
    assert again.stages[1].n == 14
    kept = sample.table[sample.table["commune"] != lost]
    both = again.table[again.table["commune"].isin(kept["commune"]) & (again.table["use"] != "released")]
    both = both[~both["commune"].isin(after.log["reserve"])]
    others = kept[~kept["commune"].isin(after.log["reserve"])]
    assert_frame_equal(both.reset_index(drop=True), others.reset_index(drop=True))
    assert again.place("commune").value_counts().to_dict() == sample.main["commune"].value_counts().to_dict()


def test_a_reserve_keeps_its_own_multiplicity():
    table = communes().assign(times=[1, 2, 3, 4] * 4)
    sample = Plan(frame(table, "code", multiplicity="times")).stage("commune", n=5, reserve=3).draw(seed=1)
    after = sample.release(sample.main["commune"][0], reason="vắng", on="2026-12-01")
    row = after.main[after.main["use"] == "released"].iloc[0]
    times = table.set_index("code")["times"]
    assert_allclose(row["weight"], 16 / 5 / times[row["commune"]])


def test_what_cannot_be_released_is_refused_with_the_reason():
    sample = three().draw(seed=20261122)
    one = sample.main["commune"][0]
    spare = sample.table.loc[sample.table["use"] == "reserve", "commune"].iloc[0]

    def release(lost, reason="vắng", on="2026-12-01", **more):
        return lambda: sample.release(lost, reason=reason, on=on, **more)

    assert says(ColumnError, release("9")) == "release: the sample has no commune '9'."
    assert says(DataError, release(spare)) == (
        f"release: commune {spare!r} is not in use (reserve). Name a unit that is in the field."
    )
    assert says(ArgumentError, release(one, reason=" ")) == (
        "reason is empty. Say why the unit was lost; it stands in the log."
    )
    assert says(ArgumentError, release(one, on="1/12/2026")) == (
        "on='1/12/2026' is not a day. Write it as 'yyyy-mm-dd'."
    )
    assert says(ArgumentError, release(one, stage="village")) == (
        "stage='village' is not drawn yet. Draw it first: sample.draw_next(frame)."
    )
    plain = Plan(commune_frame()).stage("commune", n=3).draw(seed=1)
    lost = plain.main["commune"][0]
    assert says(DataError, lambda: plain.release(lost, reason="vắng", on="2026-12-01")) == (
        f"release: no reserve of commune is left for {lost!r}. Leave the unit in the sample as one that did "
        "not "
        "answer, and adjust the weights for it."
    )


def test_an_id_under_several_units_is_named_with_those_above():
    lower = villages().assign(ma_thon=villages()["ma_thon"].str[-1])
    plan = Plan(commune_frame()).stage("commune", n=16)
    sample = plan.stage("village", n=3, reserve=1, frame=frame(lower, "ma_thon")).draw(seed=1)
    used = sample.main[sample.main["village"] == "1"]["commune"].tolist()
    text = says(DataError, lambda: sample.release("1", reason="vắng", on="2026-12-01"))
    assert text.startswith("release: village '1' stands under '01")
    assert text.endswith(f"Name it with the units above: '{used[0]}/1'.")
    after = sample.release(f"{used[1]}/1", reason="vắng", on="2026-12-01")
    assert after.log[["parent", "lost"]].values.tolist() == [[used[1], "1"]]


def test_no_reserves_where_all_units_are_drawn():
    with pytest.warns(SurveyWarning, match="0 reserves instead of 2"):
        sample = Plan(commune_frame()).stage("commune", n=16, reserve=2).draw(seed=1)
    assert sample.stages[0].reserve == 0
