"""Lists that come after the stage above was drawn, and stages that are carried out in the field."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal
from planned import commune_frame, frame, household_frame, households, says, village_frame, villages

from sampling.checks import ArgumentError, ColumnError, DataError, SurveyWarning
from sampling.plan import Plan

EXACT = 1e-12  # products of a few probabilities


def plan(**changes):
    return Plan(commune_frame(), "type").stage("commune", n=6, reserve=1).stage("village", n=2, **changes)


def listed(table, column, ids):
    """Keep the rows of the units above that were drawn: the lists a field team would make."""
    return table[table[column].isin(set(ids))]


# --- lists that come later ----------------------------------------------------------------------------------


@settings(max_examples=15)
@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(0, 99),
    method=st.sampled_from(["srs", "systematic", "bernoulli", "pps_systematic", "pps_sampford"]),
)
def test_lists_brought_later_give_the_sample_that_all_lists_at_once_give(seed, rows, method):
    size = {"size": "so_ho"} if method.startswith("pps") else {}
    options = {"method": method, "reserve": 1, "short": "all", **size}
    whole = plan(frame=village_frame(), **options).stage("household", n=3, frame=household_frame())
    later = plan(**options).stage("household", n=3)
    sample = later.draw(seed=seed, on="2026-11-22")
    own = listed(villages(), "commune", sample.main["commune"])
    sample = sample.draw_next(frame(own, "ma_thon", seed=rows))
    own = listed(households(), "village", sample.main["village"])
    if len(own):
        sample = sample.draw_next(frame(own, "ma_ho", seed=rows))
        assert_frame_equal(sample.table, whole.draw(seed=seed, on="2026-11-22").table)


def test_lists_that_come_one_by_one_are_drawn_as_they_come():
    sample = plan(reserve=1).draw(seed=4)
    codes = sample.main["commune"].tolist()
    first = sample.draw_next(frame(listed(villages(), "commune", codes[:4]), "ma_thon"), part=True)
    assert first.awaiting == ("village",)
    assert first.main["village"].isna().sum() == 2
    second = first.draw_next(frame(listed(villages(), "commune", codes[4:]), "ma_thon"))
    assert second.awaiting == ()
    assert [used.stream for used in second.stages[1].lists] == [(4, 2), (4, 2, 2)]
    assert [used.parents for used in second.stages[1].lists] == [4, 2]
    assert second.stages[1].n == 12
    assert second.main["commune"].tolist() == [code for code in codes for _ in range(2)]
    assert " ; ".join([second.stages[1].hash]).count(";") == 1
    assert second.stages[1].frame == "Danh sách ma_thon giả lập"
    alone = sample.draw_next(frame(listed(villages(), "commune", codes[:4]), "ma_thon"), part=True)
    assert_frame_equal(alone.table, first.table)


def test_units_of_other_places_are_refused_or_dropped():
    sample = plan().draw(seed=4)
    strange = sorted(set(villages()["commune"]) - set(sample.main["commune"]))
    text = says(DataError, lambda: sample.draw_next(village_frame()))
    assert text == (
        "stage 'village': the list 'Danh sách ma_thon giả lập' holds units of 10 commune not drawn: "
        f"{', '.join(map(repr, sorted(strange)[:5]))} and 5 more. Correct their ids, or pass others='drop' "
        "if the "
        "list is of more than the commune drawn."
    )
    assert len(sample.draw_next(village_frame(), others="drop")) == 12
    assert says(ArgumentError, lambda: sample.draw_next(village_frame(), others="keep")) == (
        "others='keep' is not known. Choose one of 'error', 'drop'."
    )


def test_a_unit_above_without_any_unit_is_told_and_stays_as_empty():
    sample = plan().draw(seed=4)
    codes = sample.main["commune"].tolist()
    rest = frame(listed(villages(), "commune", codes[1:]), "ma_thon")
    after = sample.draw_next(rest, empty=codes[0])
    assert after.awaiting == ()
    assert len(after) == 10
    row = after.table[after.table["commune"] == codes[0]]
    assert row["use"].tolist() == ["empty"]
    assert row["weight"].isna().all()
    assert says(ColumnError, lambda: sample.draw_next(rest, empty=["1273"])).startswith(
        "empty='1273': no commune of that id waits for its list."
    )
    whole = frame(listed(villages(), "commune", codes), "ma_thon")
    assert says(DataError, lambda: sample.draw_next(whole, empty=[codes[0]])) == (
        f"empty: {codes[0]!r} hold units in the list. Leave them out of the one or the other."
    )


def test_a_complete_sample_waits_for_nothing():
    sample = plan(frame=village_frame()).draw(seed=4)
    assert says(ArgumentError, lambda: sample.draw_next(village_frame())) == (
        "No stage waits for a list: the sample is complete."
    )


def test_ids_above_that_are_missing_in_a_list_are_named():
    sample = plan().draw(seed=4)
    hole = listed(villages(), "commune", sample.main["commune"]).reset_index(drop=True)
    hole.loc[1, "commune"] = None
    assert says(DataError, lambda: sample.draw_next(frame(hole, "ma_thon"))) == (
        "stage 'village', parent='commune': 1 units of 'Danh sách ma_thon giả lập' have no value, first "
        f"{hole['ma_thon'][1]!r}. Fill it in."
    )


def test_a_column_that_the_plan_names_must_be_in_the_list():
    sample = plan(method="pps_systematic", size="so_h").draw(seed=4)
    assert says(ColumnError, lambda: sample.draw_next(village_frame())) == (
        "stage 'village', size='so_h': the list 'Danh sách ma_thon giả lập' has no such column. Did you mean "
        "'so_ho'?"
    )


# --- every k-th ---------------------------------------------------------------------------------------------


def visitors(sample, k=5):
    """Return those that the rule met: the visitors s, s + k, s + 2k, ... of each hour."""
    rows = [
        (village, f"{village}#{number}")
        for village, start in sample.main[["village", "visitor_start"]].values
        for number in range(start, 23, k)
    ]
    return frame(pd.DataFrame(rows, columns=["village", "luot"]), "luot")


def test_every_kth_visitor_starts_at_random_and_has_the_chance_one_in_k():
    hours = Plan(village_frame()).stage("village", n=12).stage("visitor", method="every", every=5)
    sample = hours.draw(seed=8)
    assert sample.awaiting == ("visitor",)
    assert sample.main["visitor_start"].between(1, 5).all()
    assert sample.main["visitor_start"].nunique() > 2
    assert "cứ 5 lượt khách lấy một tại thực địa" in repr(hours)
    after = sample.draw_next(visitors(sample))
    assert_allclose(after.main["visitor_probability"], 1 / 5)
    assert_allclose(after.main["weight"], len(villages()) / 12 * 5)
    block = after.blocks[1, after.main["village"][0]]
    assert (block.method, block.kind, block.N) == ("every", "none", 5 * len(block))
    assert after.stages[1].n == len(after)


def test_starts_are_even_over_one_to_k_and_the_same_in_every_order_of_rows():
    hours = Plan(village_frame()).stage("village", n=60).stage("visitor", every=4)
    assert hours.stages[1].method == "every"
    starts = pd.concat([hours.draw(seed=s).main["visitor_start"] for s in range(20)]).value_counts()
    expected = 1200 / 4
    assert ((starts - expected) ** 2 / expected).sum() < 25  # chi-squared with 3 df: chance below 2e-5
    other = Plan(village_frame(seed=3)).stage("village", n=60).stage("visitor", every=4)
    assert_frame_equal(hours.draw(seed=1).table, other.draw(seed=1).table)


def test_hours_listed_later_have_the_start_they_would_have_had():
    late = plan().stage("visitor", every=4)
    whole = plan(frame=village_frame()).stage("visitor", every=4)
    sample = late.draw(seed=2).draw_next(village_frame(), others="drop")
    assert_frame_equal(sample.table, whole.draw(seed=2).table)


def test_a_reserve_takes_over_the_start_of_the_unit_lost():
    hours = Plan(village_frame()).stage("village", n=12, reserve=2).stage("visitor", every=5)
    sample = hours.draw(seed=8)
    lost = sample.main.iloc[3]
    after = sample.release(lost["village"], reason="đóng cửa", on="2026-12-01")
    taken = after.main[after.main["use"] == "released"].iloc[0]
    assert taken["visitor_start"] == lost["visitor_start"]


def test_with_k_of_one_all_are_taken():
    hours = Plan(village_frame()).stage("village", n=3).stage("visitor", every=1)
    sample = hours.draw(seed=8)
    after = sample.draw_next(visitors(sample, k=1))
    assert_allclose(after.main["visitor_probability"], 1)
    assert after.joint["measurable"].tolist()[1:] == [True] * 3


# --- one person of a household ------------------------------------------------------------------------------


def homes(seed=3, **changes):
    whole = Plan(village_frame()).stage("village", n=5, carry=())
    whole = whole.stage("household", n=4, frame=household_frame(), carry=["so_nguoi"], reserve=2)
    return whole.stage("adult", **({"method": "kish"} | changes)).draw(seed=seed)


def test_one_person_of_a_household_has_the_chance_one_over_its_people():
    sample = homes()
    assert sample.awaiting == ("adult",)
    after = sample.with_household(adults="household_so_nguoi")
    assert after.awaiting == ()
    people = households().set_index("ma_ho")["so_nguoi"].loc[after.main["household"]].to_numpy()
    assert_allclose(after.main["adult_probability"], 1 / people)
    assert_allclose(after.main["weight"], sample.main["weight"] * people, rtol=EXACT)
    assert after.main["adult"].tolist() == after.main["household"].tolist()
    assert after.stages[2].n == 20
    assert people.sum() == after.stages[2].N
    assert (after.stages[2].frame, after.stages[2].as_of, after.stages[2].stream) == ("", None, ())
    key = f"{after.main['village'][0]}/{after.main['household'][0]}"
    block = after.blocks[2, key]
    assert (block.N, block.method, block.ids) == (people[0], "kish", (after.main["household"][0],))


def test_the_number_of_people_may_come_from_the_field_in_any_order():
    sample = homes()
    field = households().rename(columns={"ma_ho": "household"})
    field = field[field["household"].isin(sample.main["household"])].iloc[::-1]
    expected = sample.with_household(adults="household_so_nguoi").table
    for data, id in (
        (field[["household", "so_nguoi"]], None),
        (field[["village", "household", "so_nguoi"]], None),
        (field.rename(columns={"household": "ma"})[["ma", "so_nguoi"]], "ma"),
        (field.rename(columns={"household": "ma"}), ["village", "ma"]),
    ):
        assert_frame_equal(sample.with_household(data, adults="so_nguoi", id=id).table, expected)


def test_a_household_released_later_is_counted_later():
    sample = homes().with_household(adults="household_so_nguoi")
    lost = sample.main["household"][0]
    after = sample.release(lost, reason="vắng", on="2026-12-01", stage="household")
    assert after.awaiting == ("adult",)
    again = after.with_household(adults="household_so_nguoi")
    assert again.awaiting == ()
    assert again.stages[2].n == 21
    row = again.main[again.main["use"] == "released"].iloc[0]
    assert_allclose(
        row["weight"], sample.main["weight"][0] / sample.main["adult_adults"][0] * row["adult_adults"]
    )


def test_a_household_nobody_could_count_is_named_or_gets_the_number_that_is_said():
    sample = homes()
    field = sample.main[["household", "household_so_nguoi"]].astype({"household_so_nguoi": float})
    field.loc[[2, 7], "household_so_nguoi"] = np.nan
    ids = field["household"]
    assert says(DataError, lambda: sample.with_household(field, adults="household_so_nguoi")) == (
        f"adults='household_so_nguoi': no number for 2 of 20 units of 'household': {ids[2]!r}, {ids[7]!r}. "
        "Fill it "
        "in, or say which number stands for it: unknown=2."
    )
    after = sample.with_household(field, adults="household_so_nguoi", unknown=2.5)
    assert_allclose(after.main["adult_probability"][[2, 7]], 1 / 2.5)
    assert says(
        ArgumentError, lambda: sample.with_household(field, adults="household_so_nguoi", unknown=0)
    ) == ("unknown=0: a household holds 1 person or more.")


def test_numbers_of_people_that_cannot_be_used_are_named():
    sample = homes()
    field = sample.main[["household", "household_so_nguoi"]].rename(columns={"household_so_nguoi": "so"})
    ids = field["household"]
    assert says(
        DataError, lambda: sample.with_household(field.replace({"so": {1: 0}}), adults="so")
    ).startswith("adults='so' is 0 for household ")
    assert says(DataError, lambda: sample.with_household(pd.concat([field, field[:1]]), adults="so")) == (
        f"data: {ids[0]!r} stand in more than one row. Keep one row a household."
    )
    wrong = field.replace({"household": {ids[0]: "x"}})
    assert says(DataError, lambda: sample.with_household(wrong, adults="so")) == (
        "data: 'x' are no household of the sample. Correct the ids, or drop these rows."
    )
    assert says(ColumnError, lambda: sample.with_household(field, adults="s0")) == (
        "adults='s0': the data have no such column."
    )
    assert says(ColumnError, lambda: sample.with_household(field[["so"]], adults="so")) == (
        "id='household': the data have no such column."
    )
    assert says(ColumnError, lambda: sample.with_household(adults="household_so_nguoi2")) == (
        "adults='household_so_nguoi2': the sample has no such column. Did you mean 'household_so_nguoi'?"
    )
    with pytest.raises(TypeError, match="data is a list"):
        sample.with_household([1], adults="so")


def test_the_kish_grid_is_not_even_among_five_people_and_never_takes_the_seventh():
    sample = homes()
    field = sample.main[["household"]].assign(so=[5, 5, 6, 7] * 5, ai=[3, 1, 6, 2] * 5)
    with pytest.warns(SurveyWarning) as caught:
        even = sample.with_household(field, adults="so")
    assert str(caught[0].message) == (
        "household: 15 have 5 people, or more than 6, whose chances by the Kish grid are not even; 1 / "
        "people "
        "stands for them. Pass person=, the column with the number of the person on the list."
    )
    assert_allclose(even.main["adult_probability"][:4], [1 / 5, 1 / 5, 1 / 6, 1 / 7])
    with pytest.warns(SurveyWarning, match="never selects those above the sixth"):
        exact = sample.with_household(field, adults="so", person="ai")
    assert_allclose(exact.main["adult_probability"][:4], [1 / 4, 1 / 6, 1 / 6, 1 / 6])
    assert_allclose(exact.main["weight"], sample.main["weight"] / exact.main["adult_probability"])
    four = field.assign(so=4, ai=[2, None, 3, 1] * 5)
    assert_allclose(sample.with_household(four, adults="so", person="ai").main["adult_probability"], 1 / 4)


def test_a_person_that_the_rule_cannot_take_is_refused():
    sample = homes()
    field = sample.main[["household"]].assign(so=3, ai=4)
    one = field["household"][0]
    assert says(DataError, lambda: sample.with_household(field, adults="so", person="ai")) == (
        f"person='ai' is 4 for household {one!r}, which has 3 people. Correct one of the two."
    )
    many = field.assign(so=8, ai=7)
    with pytest.warns(SurveyWarning, match="never selects"):
        text = says(DataError, lambda: sample.with_household(many, adults="so", person="ai"))
    assert text == (
        f"person='ai' is 7 for household {one!r}: the Kish grid never takes a person above the sixth. "
        "Correct the "
        "number, or the rule."
    )
    words = field.assign(so="ba")
    assert says(DataError, lambda: sample.with_household(words, adults="so", unknown=2)) == (
        f"adults='so' is 'ba' for household {one!r}; it must be a whole number from 1. Correct it."
    )
    other = homes(method="birthday")
    assert says(ArgumentError, lambda: other.with_household(field, adults="so", person="ai")) == (
        "person='ai': it is for the Kish grid, and here one person is taken by 'birthday', all with the same "
        "chance. Leave it out."
    )
    assert says(ColumnError, lambda: sample.with_household(field, adults="so", person="al")).startswith(
        "person='al': the data have no such column."
    )


def test_people_are_counted_only_where_one_of_them_is_taken():
    assert says(ArgumentError, lambda: plan().draw(seed=1).with_household(adults="a")) == (
        "stage 'village' is drawn from a list (method 'srs'). Bring it: sample.draw_next(frame)."
    )


def test_a_household_is_released_by_default_where_the_last_stage_is_a_rule():
    sample = homes().with_household(adults="household_so_nguoi")
    after = sample.release(sample.main["household"][0], reason="vắng", on="2026-12-01")
    assert after.log["stage"].tolist() == ["household"]


def test_a_list_known_to_the_plan_waits_until_the_one_above_it_has_come():
    whole = plan(frame=village_frame()).stage("household", n=3, frame=household_frame())
    later = plan().stage("household", n=3, frame=household_frame())
    sample = later.draw(seed=6, on="2026-11-22")
    assert sample.awaiting == ("village", "household")
    sample = sample.draw_next(village_frame(), others="drop").draw_next(household_frame())
    assert_frame_equal(sample.table, whole.draw(seed=6, on="2026-11-22").table)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([1, 2], [3.5, 4.0], [1.0, 3.5]),
        ([1, 2], ["ba", "tư"], ["1", "ba"]),
        (["một", ""], [3, 4], ["một", "3"]),
    ],
)
def test_a_column_of_two_lists_is_of_one_kind(first, second, expected):
    upper = frame(pd.DataFrame({"xa": ["A", "B"]}), "xa")
    sample = Plan(upper).stage("commune", n=2).stage("village", n=2, carry="so").draw(seed=1)
    for commune, values in (("A", first), ("B", second)):
        rows = pd.DataFrame({"commune": commune, "ma": [f"{commune}1", f"{commune}2"], "so": values})
        sample = sample.draw_next(frame(rows, "ma"), part=True)
    assert sample.main.set_index("village").loc[["A1", "B1"], "village_so"].tolist() == expected
