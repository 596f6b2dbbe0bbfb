"""The exact sentences that lists give which a plan cannot be drawn from."""

import pandas as pd
import pytest
from planned import commune_frame, communes, frame, household_frame, says, village_frame, villages

from sampling.checks import ArgumentError, ColumnError, DataError, SurveyWarning
from sampling.frame import Frame
from sampling.plan import Plan


def plan(strata="type", **changes):
    return Plan(commune_frame(), strata).stage("commune", **({"n": 6} | changes))


def test_a_draw_needs_a_seed_and_a_stage():
    assert says(ArgumentError, lambda: plan().draw(None)) == (
        "seed=None: a draw needs a seed, so that it can be repeated. Pass a number, e.g. 20261122."
    )
    assert says(TypeError, lambda: plan().draw("1")) == "seed='1': pass a whole number."
    assert (
        says(ArgumentError, lambda: plan().draw(-1)) == "seed=-1: pass a whole number from 0 to 4294967295."
    )
    assert says(ArgumentError, lambda: Plan(commune_frame()).draw(1)) == (
        "draw: the plan has no stage. Add one: plan.stage('commune', n=12)."
    )
    assert says(ColumnError, lambda: plan().draw(1, through="comune")) == (
        "through='comune': the plan has no such stage. Did you mean 'commune'?"
    )
    assert says(ArgumentError, lambda: plan().draw(1, on="22/11/2026")) == (
        "on='22/11/2026' is not a day. Write it as 'yyyy-mm-dd'."
    )


def test_ids_that_are_missing_or_stand_twice_are_named_when_drawn():
    twice = pd.concat([communes(), communes().iloc[[2, 5]]])
    assert says(DataError, lambda: Plan(frame(twice, "code")).stage("commune", n=2).draw(1)) == (
        "stage 'commune': '01279', '01288' stand for more than one unit of 'Danh sách code giả lập'. Give "
        "each "
        "unit an id of its own, or drop the repeated rows."
    )
    hole = communes()
    hole.loc[3, "code"] = None
    assert says(DataError, lambda: Plan(frame(hole, "code")).stage("commune", n=2).draw(1)) == (
        "stage 'commune': 1 units of 'Danh sách code giả lập' have no id in 'code', first in row 3. Fill it "
        "in."
    )


def test_sizes_that_cannot_be_used_are_named_with_the_stage():
    wrong = communes().assign(households=[0, *communes()["households"][1:]])
    chosen = Plan(frame(wrong, "code")).stage("commune", n=2, method="pps_sampford", size="households")
    assert says(DataError, lambda: chosen.draw(1)) == (
        "stage 'commune': size is not above 0 for 1 of 16 units, first at '01273'. Correct it, or leave "
        "these "
        "units out of the frame."
    )
    text = communes().assign(households="nhiều")
    chosen = Plan(frame(text, "code")).stage("commune", n=2, method="pps_sampford", size="households")
    assert says(TypeError, lambda: chosen.draw(1)) == (
        "stage 'commune', size='households' holds 'nhiều', and a size must be a number. Turn the column into "
        "numbers first."
    )


def test_order_and_balance_need_values_for_all_units():
    hole = communes().assign(x=[None, *range(15)])
    chosen = Plan(frame(hole, "code")).stage("commune", n=2, method="systematic", sort="x")
    assert says(DataError, lambda: chosen.draw(1)) == (
        "stage 'commune', sort='x': no value for '01273'. Fill it in, or sort by another column."
    )
    chosen = Plan(frame(hole, "code")).stage("commune", n=2, method="cube", balance="x")
    assert says(DataError, lambda: chosen.draw(1)) == (
        "stage 'commune', balance='x': it needs a number for each unit. Turn the column into numbers and "
        "fill in "
        "what is missing."
    )


def test_forced_units_must_be_flags_and_leave_room_for_the_others():
    flagged = frame(communes().assign(seat="có"), "code")
    assert says(DataError, lambda: Plan(flagged).stage("commune", n=4, certain="seat").draw(1)) == (
        "stage 'commune', certain='seat' holds 'có'; it must be True or False (1 or 0) for each unit."
    )
    many = frame(communes().assign(seat=[True, False] * 8), "code")
    assert says(ArgumentError, lambda: Plan(many).stage("commune", n=8, certain="seat").draw(1)) == (
        "stage 'commune', certain='seat': 8 units are certain, and n=8 of 16 are to be drawn, so the others "
        "have "
        "no chance. Raise n, or mark fewer units."
    )
    assert " are certain in 'phường', and n=2 of 4" in says(
        ArgumentError,
        lambda: Plan(many, "type").stage("commune", n={"xã": 3, "phường": 2}, certain="seat").draw(1),
    )


def test_units_above_with_too_few_units_are_named():
    chosen = Plan(commune_frame()).stage("commune", n=16).stage("village", n=6, frame=village_frame())
    assert says(ArgumentError, lambda: chosen.draw(1)) == (
        "stage 'village': 11 of 16 units of 'commune' hold fewer units than are to be drawn: '01273' (4 of "
        "6), "
        "'01276' (5 of 6), '01282' (4 of 6), '01285' (5 of 6), '01291' (4 of 6) and 6 more. Lower n, or pass "
        "short='all' to take all there are."
    )


def test_too_few_reserves_are_warned_of():
    with pytest.warns(SurveyWarning) as caught:
        sample = plan(n={"xã": 4, "phường": 3}, reserve=2).draw(1)
    assert str(caught[0].message) == (
        "stage 'commune': 3 reserves instead of 4, because no more units are left. Pass short='all' if that "
        "is "
        "meant."
    )
    assert sample.stages[0].reserve == 3


def test_a_unit_drawn_without_a_list_is_named():
    some = villages()[villages()["commune"] != "01312"]
    chosen = Plan(commune_frame()).stage("commune", n=16).stage("village", n=2, frame=frame(some, "ma_thon"))
    assert says(DataError, lambda: chosen.draw(1)) == (
        "stage 'village': no list for 1 of 16 units of 'commune' drawn: '01312'. Bring their units too, pass "
        "part=True to draw the others now, or name those that hold no unit: empty=[...]."
    )


def test_an_id_that_two_units_above_share_asks_for_all_columns():
    lower = villages().assign(ma_thon=villages()["ma_thon"].str[-1])
    chosen = plan().stage("village", n=3, frame=frame(lower, "ma_thon"))
    plots = pd.DataFrame({"village": ["1", "2"], "ho": ["a", "b"]})
    assert says(DataError, lambda: chosen.stage("household", n=1).draw(1).draw_next(frame(plots, "ho"))) == (
        "stage 'household': village '2' was drawn in more than one place. Name the columns of all stages "
        "above, "
        "outermost first: parent=['commune', 'village'], or as the list has them."
    )


def test_all_columns_of_the_stages_above_tell_units_of_the_same_id_apart():
    lower = villages().assign(ma_thon=villages()["ma_thon"].str[-1])
    rows = [(c, v, f"{k}") for c, v in lower[["commune", "ma_thon"]].values for k in range(5)]
    plots = pd.DataFrame(rows, columns=["commune", "village", "ho"])
    chosen = plan().stage("village", n=3, frame=frame(lower, "ma_thon"))
    sample = chosen.stage("household", n=2, frame=frame(plots, "ho")).draw(1)
    assert len(sample) == 6 * 3 * 2
    assert {key for s, key in sample.blocks if s == 2} == set(
        sample.main["commune"] + "/" + sample.main["village"]
    )


def test_households_cannot_be_listed_for_a_stage_that_takes_one_person():
    chosen = plan().stage("village", n=2).stage("household", n=3).stage("adult", method="list")
    sample = (
        chosen.draw(1).draw_next(village_frame(), others="drop").draw_next(household_frame(), others="drop")
    )
    assert says(ArgumentError, lambda: sample.draw_next(household_frame())) == (
        "stage 'adult' takes 'list' in the field, not from a list. Tell the number of people of each "
        "household: "
        "sample.with_household(adults='...')."
    )


def test_ids_with_a_slash_are_refused_where_they_would_be_joined():
    told = {"as_of": "2026-07-01", "source": "giả lập"}
    first = Frame(pd.DataFrame({"a": ["x/y", "x"]}), id="a", name="a giả lập", **told)
    second = pd.DataFrame({"b": ["z", "w", "y/z", "v"], "a": ["x/y", "x/y", "x", "x"]})
    third = pd.DataFrame({"c": list("klmn"), "b": ["z", "w", "y/z", "v"]})
    made = (
        Plan(first)
        .stage("a", n=2)
        .stage("b", n=2, frame=Frame(second, id="b", name="b giả lập", **told))
        .stage("c", n=1, frame=Frame(third, id="c", name="c giả lập", **told))
    )
    assert says(DataError, lambda: made.draw(1)) == (
        "stage 'a': the ids 'x/y' hold a '/', which parts the ids of the stages where another stage is drawn "
        "below. Write them another way, e.g. with '-'."
    )
