"""One adult of a household: the Kish grid by its identities, birthdays by the calendar, draws by their "
"chances."""

import datetime as dt
from collections import Counter
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import cases

from sampling.checks import SurveyWarning
from sampling.household import (
    KISH_SHARES,
    KISH_TABLES,
    assign_kish_tables,
    kish_grid,
    kish_probabilities,
    kish_select,
    kish_table,
    select_adult,
    select_birthday,
)

#: Monte Carlo error: chance of a false alarm below 1e-6 for each share.
SIGMAS = 5

HOUSEHOLDS = [f"H{i:04d}" for i in range(600)]
PINNED_TABLES = "A C E1 F D B2 C A F D E2 B1 B1 E2"
PINNED_ADULTS = [1, 2, 3, 3, 1, 4, 6, 1, 1, 3, 1, 4, 6, 2, 1, 1, 3, 4, 2, 1]
FAMILY = ["1961-11-03", "1964-02-29", "1990-07-15"]


def published(op):
    return [case for case in cases.published_cases().values() if case["statistic"]["op"] == op]


# --- the grid -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", published("kish_table"), ids=lambda case: case["id"])
def test_a_table_is_the_published_one(case):
    assert kish_table(case["statistic"]["table"]) == case["expected"]["select"]


@pytest.mark.parametrize("case", published("kish_probs"), ids=lambda case: case["id"])
def test_chances_are_the_published_ones(case):
    np.testing.assert_allclose(
        kish_probabilities(case["statistic"]["adults"]),
        case["expected"]["prob"],
        atol=case["tolerance"]["abs"],
    )


def test_the_shares_of_the_tables_are_those_of_kish_and_add_up_to_one():
    twelfths = {name: Fraction(share).limit_denominator(12) for name, share in KISH_SHARES.items()}
    assert twelfths == {
        "A": Fraction(1, 6), "B1": Fraction(1, 12), "B2": Fraction(1, 12), "C": Fraction(1, 6),
        "D": Fraction(1, 6), "E1": Fraction(1, 12), "E2": Fraction(1, 12), "F": Fraction(1, 6),
    }  # fmt: skip
    assert sum(twelfths.values()) == 1


@pytest.mark.parametrize("adults", [1, 2, 3, 4, 6])
def test_chances_are_equal_for_1_to_4_and_6_adults(adults):
    assert kish_probabilities(adults).tolist() == [float(Fraction(1, adults))] * adults


def test_chances_with_5_adults_are_unequal_as_kish_says():
    expected = [Fraction(1, 6), Fraction(1, 6), Fraction(1, 4), Fraction(1, 6), Fraction(1, 4)]
    assert kish_probabilities(5).tolist() == [float(x) for x in expected]
    assert kish_probabilities(5).index.tolist() == [1, 2, 3, 4, 5]


def test_a_table_never_points_beyond_the_household_and_never_goes_back():
    for table in KISH_TABLES.values():
        assert all(1 <= number <= adults for adults, number in enumerate(table, 1))
        assert list(table) == sorted(table)


def test_adults_above_the_sixth_have_no_chance_and_that_is_said():
    with pytest.warns(SurveyWarning) as caught:
        chances = kish_probabilities(8)
    assert chances.tolist() == [1 / 6] * 6 + [0.0, 0.0]
    assert str(caught[0].message) == (
        "adults: 1 of 1 households have more than 6 adults (8). The grid never selects those above the "
        "sixth: "
        "their probability is 0, and no weight can make up for it. select_adult draws from the full list."
    )
    with pytest.warns(SurveyWarning, match=r"adults: 2 of 3 households have more than 6 adults \(7, 9\)\."):
        chosen = kish_select("F", [9, 2, 7])
    assert chosen["position"].tolist() == [6, 2, 6]
    assert chosen["probability"].tolist() == [1 / 6, 1 / 2, 1 / 6]


def test_the_probability_of_who_is_selected_is_that_of_the_household():
    for name in KISH_TABLES:
        for adults in range(1, 7):
            row = kish_select(name, adults).iloc[0]
            assert row["position"] == kish_table(name)[adults - 1]
            assert row["probability"] == kish_probabilities(adults)[row["position"]]


def test_over_twelve_questionnaires_each_adult_is_selected_as_often_as_its_probability_says():
    tables = assign_kish_tables(12, seed=1)
    for adults in range(1, 7):
        counts = kish_select(tables, adults)["position"].value_counts()
        expected = kish_probabilities(adults)
        assert {k: n / 12 for k, n in counts.items()} == pytest.approx(expected.to_dict())


def test_tables_and_adults_are_matched_by_household():
    tables = pd.Series({"H1": "D", "H2": "F", "H3": "A"})
    adults = pd.Series({"H3": 4, "H1": 5, "H2": 2})
    chosen = kish_select(tables, adults)
    assert chosen.index.tolist() == ["H1", "H2", "H3"]
    assert chosen["position"].tolist() == [4, 2, 1]
    assert kish_select("D", adults).index.tolist() == ["H3", "H1", "H2"]
    assert kish_select(tables, 3).index.tolist() == ["H1", "H2", "H3"]
    assert kish_select(tables, [5, 2, 4])["position"].tolist() == [4, 2, 1]
    assert kish_select(["D", "F", "A"], adults.loc[["H1", "H2", "H3"]])["position"].tolist() == [4, 2, 1]


def test_the_grid_is_ready_for_print():
    grid = kish_grid()
    assert grid.shape == (8, 8)
    assert grid.set_index("Bảng").loc["E2"].tolist() == ["1/12", 1, 2, 3, 4, 5, 5]
    assert grid.attrs["note"] == "Số người từ 18 tuổi trong hộ → phỏng vấn người số"
    english = kish_grid("en")
    assert english.columns.tolist() == [
        "Table", "Share of questionnaires", "1 adult", "2 adults", "3 adults", "4 adults", "5 adults",
        "6 or more adults",
    ]  # fmt: skip


# --- tables for questionnaires ------------------------------------------------------------------------------


def test_each_twelve_questionnaires_carry_the_tables_in_their_proportions():
    tables = assign_kish_tables(HOUSEHOLDS, seed=20261122)
    for start in range(0, 600, 12):
        counts = Counter(tables.iloc[start : start + 12])
        assert counts == {"A": 2, "B1": 1, "B2": 1, "C": 2, "D": 2, "E1": 1, "E2": 1, "F": 2}


def test_tables_are_the_pinned_ones_and_do_not_depend_on_the_order_of_rows():
    tables = assign_kish_tables(HOUSEHOLDS[:14], seed=20261122)
    assert " ".join(tables) == PINNED_TABLES
    other = assign_kish_tables(HOUSEHOLDS[13::-1], seed=20261122)
    assert other.to_dict() == tables.to_dict()
    assert other.index.tolist() == HOUSEHOLDS[13::-1]
    assert assign_kish_tables(14, seed=20261122).tolist() == tables.tolist()
    assert assign_kish_tables(14, seed=20261122).index.tolist() == list(range(1, 15))
    assert assign_kish_tables(HOUSEHOLDS[:14], seed=3).tolist() != tables.tolist()


def test_a_questionnaire_of_a_broken_twelve_carries_each_table_with_its_share():
    many = 3000
    counts = Counter(assign_kish_tables(5, seed=[7, i]).iloc[4] for i in range(1, many + 1))
    for name, share in KISH_SHARES.items():
        assert abs(counts[name] - many * share) < SIGMAS * (many * share * (1 - share)) ** 0.5


# --- the full list ------------------------------------------------------------------------------------------


def test_a_draw_from_the_full_list_is_the_pinned_one_in_every_order_of_rows():
    adults = [1 + i % 7 for i in range(20)]
    chosen = select_adult(HOUSEHOLDS[:20], adults, seed=20261122)
    assert chosen["position"].tolist() == PINNED_ADULTS
    assert chosen["probability"].tolist() == [1 / k for k in adults]
    order = np.random.default_rng(1).permutation(20)
    other = select_adult([HOUSEHOLDS[i] for i in order], [adults[i] for i in order], seed=20261122)
    pd.testing.assert_frame_equal(other.loc[chosen.index], chosen)
    assert select_adult(20, adults, seed=20261122)["position"].tolist() == PINNED_ADULTS


@settings(derandomize=True, deadline=None)
@given(adults=st.lists(st.integers(1, 999), min_size=1, max_size=30), seed=st.integers(0, 2**64))
def test_an_adult_of_the_household_is_drawn(adults, seed):
    chosen = select_adult(len(adults), adults, seed=seed)
    assert chosen["position"].between(1, adults).all()
    assert chosen["adults"].tolist() == adults


def test_each_adult_is_drawn_as_often_as_its_probability_says():
    for adults in (2, 3, 5, 9):
        many = 20_000
        counts = select_adult(many, adults, seed=adults)["position"].value_counts()
        assert counts.index.size == adults
        error = (many / adults * (1 - 1 / adults)) ** 0.5
        assert (abs(counts - many / adults) < SIGMAS * error).all()


# --- birthdays ----------------------------------------------------------------------------------------------


def by_counting_days(birthdays, day, rule):
    """Walk from day to day, back or on, in the years as they are; 29 February stands before 1 March."""
    wanted = {}
    for number, text in enumerate(birthdays, 1):
        born = dt.date.fromisoformat(text)
        wanted.setdefault((born.month, born.day), number)
    here, step = day, dt.timedelta(1 if rule == "next" else -1)
    if rule == "next":
        here += step
    while True:
        met = [(here.month, here.day)]
        skipped = (here.month, here.day) == (3, 1) and (here - dt.timedelta(1)).day == 28
        if skipped:
            met = [(2, 29), (3, 1)] if rule == "next" else [(3, 1), (2, 29)]
        for month_day in met:
            if month_day in wanted:
                return wanted[month_day]
        here += step


dates = st.dates(dt.date(1930, 1, 1), dt.date(2008, 12, 31))


@settings(derandomize=True, deadline=None, max_examples=150)
@given(
    born=st.lists(dates, min_size=1, max_size=7, unique_by=lambda day: (day.month, day.day)),
    day=st.dates(dt.date(2023, 1, 1), dt.date(2029, 12, 31)),
    rule=st.sampled_from(["last", "next"]),
)
def test_the_birthday_is_that_of_counting_days(born, day, rule):
    texts = [x.isoformat() for x in born]
    chosen = select_birthday(texts, day, rule=rule).iloc[0]
    assert chosen["position"] == by_counting_days(texts, day, rule)
    assert chosen["probability"] == 1 / len(born)
    assert chosen["row"] == chosen["position"] - 1


@pytest.mark.parametrize(
    ("day", "last", "next_"),
    [
        ("2026-02-27", 1, 2),  # 3 November was last; 29 February comes, in a year without it too
        ("2026-02-28", 1, 2),
        ("2026-03-01", 2, 3),
        ("2028-02-29", 2, 3),  # a birthday today has just been
        ("2026-07-15", 3, 1),
        ("2026-11-02", 3, 1),
        ("2026-11-03", 1, 2),
        ("2026-12-31", 1, 2),
    ],
)
def test_the_29th_of_february_stands_before_the_1st_of_march(day, last, next_):
    assert select_birthday(FAMILY, day)["position"].item() == last
    assert select_birthday(FAMILY, day, rule="next")["position"].item() == next_


def test_28_and_29_february_and_1_march_are_three_birthdays():
    born = ["02-28", "02-29", "03-01"]
    days = ["2026-02-28", "2028-02-29", "2026-03-01", "2026-03-02"]
    assert [select_birthday(born, day)["position"].item() for day in days] == [1, 2, 3, 3]
    assert [select_birthday(born, day, rule="next")["position"].item() for day in days] == [2, 3, 1, 1]


def test_a_lone_adult_is_selected_on_the_birthday_too():
    assert select_birthday(["11-22"], "2026-11-22", rule="next")["position"].item() == 1


def test_birthdays_may_be_dates_timestamps_or_text():
    as_dates = [dt.date.fromisoformat(x) for x in FAMILY]
    for born in (FAMILY, as_dates, pd.Series(as_dates), pd.to_datetime(pd.Series(FAMILY)), np.array(FAMILY)):
        assert select_birthday(born, pd.Timestamp("2026-11-22"))["position"].tolist() == [1]


def test_many_households_at_once_are_each_by_itself():
    household = ["H2", "H1", "H2", "H1", "H3"]
    born = ["1980-05-01", "1970-01-31", "1985-11-20", "1999-11-21", "1950-06-06"]
    day = ["2026-11-22", "2026-11-20", "2026-11-22", "2026-11-20", "2026-11-22"]
    chosen = select_birthday(born, day, household=household)
    assert chosen.index.tolist() == ["H2", "H1", "H3"]
    assert chosen["position"].tolist() == [2, 1, 1]
    assert chosen["row"].tolist() == [2, 1, 4]
    assert chosen["adults"].tolist() == [2, 2, 1]
    assert chosen["probability"].tolist() == [1 / 2, 1 / 2, 1]


def test_a_shared_birthday_is_decided_by_lot_in_every_order_of_households():
    born = pd.Series(["1980-05-01", "1985-05-01", "1990-01-01"] * 600)
    household = np.repeat(HOUSEHOLDS, 3)
    chosen = select_birthday(born, "2026-05-10", household=household, seed=5)
    counts = chosen["position"].value_counts()
    assert set(counts.index) == {1, 2}
    assert abs(counts[1] - 300) < SIGMAS * 150**0.5
    assert (chosen["probability"] == 1 / 3).all()
    back = select_birthday(born, "2026-05-10", household=np.repeat(HOUSEHOLDS[::-1], 3), seed=5)
    assert back["position"].loc[chosen.index].tolist() == chosen["position"].tolist()
    # a birthday that is shared but does not decide needs no lot
    assert select_birthday(["05-01", "05-01", "05-09"], "2026-05-10")["position"].item() == 3
