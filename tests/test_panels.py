"""Paired t tests of rows of two waves: what they equal, what they leave out and refuse."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

import surveykit as sv
from sampling.checks import ArgumentError, DataError, SurveyWarning

TIGHT = 1e-9  # linear algebra on the same numbers in another order
few = settings(max_examples=15)
SEEDS = st.integers(0, 2**32 - 1)


def people(seed: int, units: int = 12, take: int = 4) -> pd.DataFrame:
    """Return one row a person: strata, units, a weight, two answers that cluster."""
    rng = np.random.default_rng(seed)
    n = units * take
    unit = np.repeat(np.arange(units), take)
    before = rng.normal(size=n) + 0.5 * rng.normal(size=units)[unit]
    return pd.DataFrame(
        {
            "ma": rng.permutation(n) + 100,
            "tang": unit // (units // 2),
            "xa": unit,
            "w": rng.uniform(0.5, 2, n),
            "truoc": before,
            "sau": 0.4 * before + rng.normal(size=n) + 0.2,
        }
    )


def in_rows(wide: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """Return a row an answer, in any order."""
    long = wide.melt([c for c in wide if c not in ("truoc", "sau")], ["truoc", "sau"], "ten", "y")
    long["dot"] = np.where(long["ten"] == "sau", 2, 1)
    return long.sample(frac=1, random_state=seed % 1000).reset_index(drop=True)


def numbers(result: sv.testing.TestResult) -> list[float]:
    return [result.statistic, *result.df, result.p, *result.details.values()]


@few
@given(SEEDS)
def test_pairs_in_two_rows_are_pairs_in_one(seed):
    wide = people(seed)
    words = {"weights": "w", "strata": "tang", "psu": "xa"}
    one = sv.t_test(sv.Design(wide, **words), "sau", paired="truoc")
    two = sv.t_test(sv.Design(in_rows(wide, seed), **words), "y", wave="dot", id="ma")
    assert_allclose(numbers(two), numbers(one), rtol=TIGHT)
    assert two.context.n == one.context.n == len(wide)
    assert two.context.missing == 0


@few
@given(SEEDS, st.sampled_from([None, "N"]))
def test_without_units_people_are_the_units_and_the_test_is_the_textbook_s(seed, fpc):
    wide = people(seed).assign(N=400)
    f = len(wide) / 400 if fpc else 0.0
    words = {"fpc": fpc} if fpc else {"sampling": "srs"}
    found = sv.t_test(sv.Design(in_rows(wide, seed), **words), "y", wave="dot", id="ma")
    expected = stats.ttest_rel(wide["sau"], wide["truoc"])
    assert_allclose(found.statistic, expected.statistic / np.sqrt(1 - f), rtol=TIGHT)
    assert found.df == (len(wide) - 1,)
    if not fpc:
        assert_allclose(found.p, expected.pvalue, rtol=TIGHT)


@few
@given(SEEDS)
def test_it_is_before_and_after_of_a_panel_that_everyone_answered(seed):
    design = sv.Design(in_rows(people(seed)), weights="w", strata="tang", psu="xa")
    found = sv.t_test(design, "y", wave="dot", id="ma")
    change = sv.before_after(design, "y", wave="dot", overlap="psu").test().iloc[0]
    assert_allclose(
        [found.statistic, found.df[0], found.p], change[["t", "df", "p"]].to_numpy(float), rtol=1e-7
    )


@few
@given(SEEDS, st.integers(1, 5))
def test_people_with_one_row_are_named_and_count_as_units_without_an_answer(seed, k):
    wide = people(seed)
    words = {"weights": "w", "strata": "tang", "psu": "xa"}
    long = in_rows(wide, seed)
    gone = sorted(wide["ma"])[:k]
    alone = long[~((long["dot"] == 1) & long["ma"].isin(gone))].reset_index(drop=True)
    with pytest.warns(SurveyWarning) as told:
        found = sv.t_test(sv.Design(alone, **words), "y", wave="dot", id="ma")
    text = ", ".join(str(v) for v in gone[:3]) + (f" and {k - 3} more" if k > 3 else "")
    assert str(told[0].message) == f"id='ma': {text} has a row in one wave only and is left out."
    expected = sv.t_test(sv.Design(wide, **words), "sau", paired="truoc", where=f"ma not in {gone}")
    assert_allclose(numbers(found), numbers(expected), rtol=TIGHT)


def test_missing_answers_are_counted_and_where_picks_waves_and_people():
    wide = people(4).assign(gioi=lambda d: np.where(d["ma"] % 3 == 0, "Nam", "Nữ"))
    wide.loc[[0, 5], "sau"], wide.loc[[5, 7], "truoc"] = np.nan, np.nan
    third = in_rows(wide).assign(dot=3, y=9.0).drop_duplicates("ma")
    data = pd.concat([in_rows(wide), third], ignore_index=True)
    words = {"weights": "w", "strata": "tang", "psu": "xa"}
    found = sv.t_test(sv.Design(data, **words), "y", wave="dot", id="ma", where="dot < 3 and gioi == 'Nữ'")
    expected = sv.t_test(sv.Design(wide, **words), "sau", paired="truoc", where="gioi == 'Nữ'")
    assert_allclose(numbers(found), numbers(expected), rtol=TIGHT)
    assert found.context.n == expected.context.n
    assert found.context.missing == expected.context.missing > 0


def test_ordered_texts_dates_and_any_mark_in_the_data_are_taken():
    wide = people(9)
    words = {"weights": "w", "strata": "tang", "psu": "xa"}
    expected = numbers(sv.t_test(sv.Design(wide, **words), "sau", paired="truoc"))
    long = in_rows(wide).rename(columns={"ten": "later row of a pair"})
    order = pd.CategoricalDtype(["truoc", "sau"], ordered=True)
    long["thu_tu"] = long["later row of a pair"].astype(order)
    long["ngay"] = pd.to_datetime(long["dot"].map({1: "2025-10-01", 2: "2026-10-01"}))
    before = long.copy()
    for wave in ("thu_tu", "ngay", "dot"):
        found = sv.t_test(sv.Design(long, **words), "y", wave=wave, id="ma")
        assert_allclose(numbers(found), expected, rtol=TIGHT)
    pd.testing.assert_frame_equal(long, before)


def test_replicates_of_units_give_the_jackknife_of_pairs():
    wide = people(2)
    words = {"weights": "w", "strata": "tang", "psu": "xa"}
    one = sv.t_test(sv.replicate_weights(sv.Design(wide, **words), method="JKn"), "sau", paired="truoc")
    long = sv.replicate_weights(sv.Design(in_rows(wide), **words), method="JKn")
    two = sv.t_test(long, "y", wave="dot", id="ma")
    assert_allclose(numbers(two), numbers(one), rtol=1e-8)


def test_raked_weights_are_pulled_back_over_both_rows_as_over_one():
    wide = people(6).assign(gioi=lambda d: np.where(d["ma"] % 3 == 0, "Nam", "Nữ"))
    words = {"weights": "w", "strata": "tang", "psu": "xa"}
    shares = {"gioi": {"Nam": 0.5, "Nữ": 0.5}}
    one = sv.t_test(sv.rake(sv.Design(wide, **words), shares), "sau", paired="truoc")
    two = sv.t_test(sv.rake(sv.Design(in_rows(wide), **words), shares), "y", wave="dot", id="ma")
    assert_allclose(numbers(two), numbers(one), rtol=1e-7)


BASE = in_rows(people(1))
D = sv.Design(BASE, weights="w", strata="tang", psu="xa")


def changed(**columns) -> sv.Design:
    return sv.Design(BASE.assign(**columns), weights="w", strata="tang", psu="xa")


def at(column: str, row: int, value: object) -> pd.Series:
    values = BASE[column].astype(object).copy()
    values.iloc[row] = value
    return values


TWIN = int(np.flatnonzero((BASE["ma"] == BASE["ma"][0]).to_numpy())[1])
FIRST = int(BASE["ma"][0])
CASES = [
    (
        ArgumentError,
        lambda: sv.t_test(D, "y", wave="dot"),
        "wave='dot' without id=: a paired test needs to know which rows are of one person. Name the column "
        "of the ids, or compare independent samples by before_after().",
    ),
    (
        ArgumentError,
        lambda: sv.t_test(D, "y", id="ma"),
        "id='ma' without wave=: name the column that tells the two answers of one person apart.",
    ),
    (
        ArgumentError,
        lambda: sv.t_test(D, "y", by="dot", wave="dot", id="ma"),
        "wave= and id= pair rows of two waves. Leave by= and paired= out.",
    ),
    (
        DataError,
        lambda: sv.t_test(changed(ma=at("ma", 3, None)), "y", wave="dot", id="ma"),
        "id='ma' is missing in row 3. Every row of a pair needs its id.",
    ),
    (
        DataError,
        lambda: sv.t_test(changed(dot=at("dot", 3, None)), "y", wave="dot", id="ma"),
        "wave='dot' is missing in row 3. Every row needs its wave.",
    ),
    (
        DataError,
        lambda: sv.t_test(changed(dot=BASE["dot"].iloc[TWIN]), "y", wave="dot", id="ma"),
        f"wave='dot' has 1 levels ({BASE['dot'].iloc[TWIN]}), and pairs have two. Pick two with where=.",
    ),
    (
        DataError,
        lambda: sv.t_test(changed(dot=at("dot", 0, BASE["dot"].iloc[TWIN])), "y", wave="dot", id="ma"),
        f"id='ma': {FIRST} has 2 rows in dot={BASE['dot'].iloc[TWIN]}, and a pair has one in each wave. "
        "Remove the doubled rows, or correct the id.",
    ),
    (
        DataError,
        lambda: sv.t_test(changed(ma=np.arange(len(BASE))), "y", wave="dot", id="ma"),
        "id='ma': nobody has a row in both waves of 'dot', so there are no pairs.",
    ),
    (
        ArgumentError,
        lambda: sv.t_test(D, "y", wave="ten", id="ma"),
        "wave='ten': which of 'sau' and 'truoc' comes first is not known. Write 1 and 2, or make the column "
        "an ordered category.",
    ),
    (
        ArgumentError,
        lambda: sv.t_test(changed(dot=BASE["dot"].astype("category")), "y", wave="dot", id="ma"),
        "wave='dot': which of 1 and 2 comes first is not known. Write 1 and 2, or make the column an ordered "
        "category.",
    ),
    (
        DataError,
        lambda: sv.t_test(changed(w=at("w", 0, 7.0).astype(float)), "y", wave="dot", id="ma"),
        None,
    ),
    (
        ArgumentError,
        lambda: sv.t_test(
            sv.replicate_weights(sv.Design(BASE, weights="w"), method="JKn"), "y", wave="dot", id="ma"
        ),
        "id='ma': the replicates were made as if each row were a unit of its own. Give Design psu='ma', "
        "then make the replicates.",
    ),
]


@pytest.mark.parametrize(("kind", "call", "sentence"), CASES)
def test_what_is_refused_is_said_word_for_word(kind, call, sentence):
    if sentence is None:
        a, b = sorted([0, TWIN], key=lambda row: BASE["dot"].iloc[row])
        w = [7.0 if row == 0 else BASE["w"].iloc[row] for row in (a, b)]
        sentence = (
            f"id='ma': the two rows of {FIRST} have the weights {w[0]:g} and {w[1]:g}. "
            "Give a pair one weight, or use before_after()."
        )
    with pytest.raises(kind, match=f"^{re.escape(sentence)}$"):
        call()


@pytest.mark.parametrize(("column", "name"), [("tang", "stratum"), ("xa", "xa")])
def test_a_pair_in_two_units_is_refused(column, name):
    data = BASE.copy()
    other = (data["tang"] == data["tang"][0]) & (data["xa"] != data["xa"][0])
    data.loc[0, column] = data.loc[other, "xa"].iloc[0] if column == "xa" else 1 - data["tang"][0]
    design = sv.Design(data, weights="w", strata="tang", psu="xa", nest=True)
    sentence = (
        f"id='ma': the two rows of {FIRST} lie in two units of {name!r}. "
        "Give both the one that was drawn, or use before_after()."
    )
    with pytest.raises(DataError, match=f"^{re.escape(sentence)}$"):
        sv.t_test(design, "y", wave="dot", id="ma")


def test_rows_that_chose_themselves_are_not_tested():
    with pytest.raises(ArgumentError, match=r"^t_test: the rows are self-selected"):
        sv.t_test(sv.Design(BASE, sampling="self-selected"), "y", wave="dot", id="ma")
