"""The sentences a user reads when a design, a join or a weighting step is refused, word for word."""

from __future__ import annotations

import inspect
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

import surveykit as sv
from sampling.checks import ArgumentError, ColumnError, DataError, SurveyWarning

PEOPLE = pd.DataFrame(
    {
        "quyen_so": [10.0, 10, 10, 10, 20, 20, 20, 20],
        "tang": list("AAAABBBB"),
        "xa": ["01273", "01273", "01276", "01276", "01279", "01279", "01282", "01282"],
        "thon": [f"thôn {k}" for k in range(8)],
        "gioi": ["Nam", "Nữ"] * 4,
        "nhom": [1, 2, 2, 1, 1, 2, 2, 1],
        "tra_loi": [1, 0, 1, 1, 1, 1, 0, 1],
        "diem": [4.0, 5, 3, 4, 5, 4, 2, 5],
        "so_xa": 10,
        "ngay": pd.Timestamp("2026-11-23"),
    }
)
SPREAD = "Every row needs its stratum and units: fill them in, or drop rows that were never in the sample."
WEIGHT = "A weight is a positive number, or 0 for a row that does not count."
SIZE = "Give the number of units in the population, or the fraction drawn (0: with replacement)."
AS_TEXT = "pass the name of a column as text. Add the values to the data first if they are not there yet."


def at(column: str, row: int, value: Any) -> pd.DataFrame:
    """Return the people with one value changed."""
    kept = PEOPLE[column].astype(object) if isinstance(value, str) or value is None else PEOPLE[column]
    return PEOPLE.assign(**{column: kept.where(PEOPLE.index != row, value)})


def design(data: Any = PEOPLE, **words: Any) -> sv.Design:
    return sv.Design(data, **{"weights": "quyen_so", **words})


def refused(kind: type[Exception], sentence: str, call: Any) -> None:
    """Fail unless the call is refused with exactly this sentence."""
    with pytest.raises(kind, match=f"^{re.escape(sentence)}$") as error:
        call()
    assert type(error.value) is kind


# --- the data -----------------------------------------------------------------------------------------------


def test_no_design_given():
    refused(
        ArgumentError,
        "No design given: an estimate needs to know how the rows were drawn. Pass weights='…' (and "
        "strata=, psu=), or say sampling='srs' (every row had the same chance) or sampling='self-selected' "
        "(people chose to answer: no inference to the population).",
        lambda: sv.Design(PEOPLE),
    )


def test_no_rows():
    sentence = "data has no rows. Check the filter or the file it came from."
    refused(DataError, sentence, lambda: design(PEOPLE.iloc[:0]))


def test_columns_of_one_name():
    twice = pd.concat([PEOPLE, PEOPLE[["diem", "xa"]]], axis=1)
    sentence = (
        "data has columns of the same name: 'diem', 'xa'. Rename or drop one of each, so that a name means "
        "one column."
    )
    refused(ColumnError, sentence, lambda: design(twice))


def test_no_frame():
    refused(TypeError, "data is a dict; pass a pandas DataFrame.", lambda: design({"xa": [1]}))


ABSENT = "the data have no such column."


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"weights": "quyen_xo"}, f"weights='quyen_xo': {ABSENT} Did you mean 'quyen_so'?"),
        ({"weights": "zzz"}, f"weights='zzz': {ABSENT}"),
        ({"strata": "tầng"}, f"strata='tầng': {ABSENT} Did you mean 'tang'?"),
        ({"psu": ["xa", "thonn"]}, f"psu='thonn': {ABSENT} Did you mean 'thon'?"),
        ({"psu": "xa", "fpc": "So_xa"}, f"fpc='So_xa': {ABSENT} Did you mean 'so_xa'?"),
    ],
)
def test_an_absent_column_names_the_likely_one(words, sentence):
    refused(ColumnError, sentence, lambda: design(**words))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"weights": PEOPLE["quyen_so"]}, f"weights is a Series; {AS_TEXT}"),
        ({"weights": np.ones(8)}, f"weights is a ndarray; {AS_TEXT}"),
        ({"weights": ["quyen_so"]}, "weights=['quyen_so']: pass the name of one column."),
        ({"strata": PEOPLE["tang"]}, f"strata is a Series; {AS_TEXT}"),
        ({"psu": PEOPLE["xa"].to_numpy()}, f"psu is a ndarray; {AS_TEXT}"),
        ({"fpc": PEOPLE[["so_xa"]]}, f"fpc is a DataFrame; {AS_TEXT}"),
        ({"strata": 5}, "strata=5: pass the name of a column, or a list of names."),
        ({"psu": ["xa", 3]}, "psu=['xa', 3]: pass the name of a column, or a list of names."),
    ],
)
def test_values_in_the_place_of_names(words, sentence):
    refused(TypeError, sentence, lambda: design(**words))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            {"lonely_psu": "center"},
            "lonely_psu='center' is not known. Did you mean 'centre'? "
            "Choose one of 'error', 'certainty', 'centre', 'average', 'collapse'.",
        ),
        (
            {"lonely_domain": "remove"},
            "lonely_domain='remove' is not known. Choose one of 'off', 'centre', 'average'.",
        ),
        (
            {"sampling": "SRS"},
            "sampling='SRS' is not known. Did you mean 'srs'? "
            "Choose one of 'probability', 'srs', 'self-selected'.",
        ),
    ],
)
def test_a_word_that_is_not_known(words, sentence):
    refused(ArgumentError, sentence, lambda: design(**words))


# --- weights ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (-2.5, "is negative (-2.5) in row 3"),
        (np.nan, "is missing in row 3"),
        (np.inf, "is infinite in row 3"),
    ],
)
def test_weights_that_are_no_weights(value, what):
    refused(DataError, f"weights='quyen_so' {what}. {WEIGHT}", lambda: design(at("quyen_so", 3, value)))


def test_many_bad_weights_are_counted():
    data = PEOPLE.assign(quyen_so=-PEOPLE["quyen_so"])
    sentence = f"weights='quyen_so' is negative (-10) in rows 0, 1, 2 and 5 more. {WEIGHT}"
    refused(DataError, sentence, lambda: design(data))


def test_the_place_is_said_by_the_label_the_user_sees():
    data = at("quyen_so", 3, np.nan).set_axis([f"phiếu {k}" for k in range(8)])
    refused(DataError, f"weights='quyen_so' is missing in row phiếu 3. {WEIGHT}", lambda: design(data))


def test_weights_that_are_all_zero():
    sentence = "weights='quyen_so' is 0 in every row, so nothing can be estimated. Check the column."
    refused(DataError, sentence, lambda: design(PEOPLE.assign(quyen_so=0)))


def test_weights_as_text():
    mend = "Turn them into numbers first: data['quyen_so'].str.replace(',', '.', regex=False).astype(float)."
    sentence = f"weights='quyen_so' holds numbers written as text ('12,5'), and a weight is a number. {mend}"
    refused(TypeError, sentence, lambda: design(PEOPLE.assign(quyen_so="12,5")))
    sentence = "weights='gioi' holds text ('Nam', 'Nữ'), and a weight is a number."
    refused(TypeError, sentence, lambda: design(weights="gioi"))


# --- strata, units, sizes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("argument", "column"), [("strata", "tang"), ("psu", "xa")])
def test_a_missing_stratum_or_unit(argument, column):
    data = at(column, 5, None)
    sentence = f"{argument}='{column}' is missing in row 5. {SPREAD}"
    refused(DataError, sentence, lambda: design(data, **{argument: column}))
    refused(DataError, sentence, lambda: design(data.astype({column: "category"}), **{argument: column}))


def test_a_missing_unit_of_the_second_stage():
    refused(
        DataError,
        f"psu='thon' is missing in row 7. {SPREAD}",
        lambda: design(at("thon", 7, None), psu=["xa", "thon"]),
    )


def test_ids_of_units_that_start_again_in_each_stratum():
    data = PEOPLE.assign(xa=[1, 1, 2, 2, 1, 1, 2, 2])
    refused(
        ArgumentError,
        "psu='xa': 1, 2 stands in more than one stratum ('A', 'B'). If the ids start again in each "
        "stratum, pass nest=True; if not, correct the stratum of those rows.",
        lambda: design(data, strata="tang", psu="xa"),
    )
    assert sv.mean(design(data, strata="tang", psu="xa", nest=True), "diem").df.iloc[0] == 2


MEND = (
    "Give the number in the population, or fractions of at most 1; if the rows are of two waves, name the "
    "wave as a stage in psu."
)


@pytest.mark.parametrize(
    ("data", "words", "sentence"),
    [
        (
            PEOPLE.assign(so_xa=3),
            {"strata": "tang", "fpc": "so_xa"},
            "3 units in stratum 'A', but the sample has 4 (row)",
        ),
        (
            PEOPLE.assign(so_xa=3),
            {"psu": "xa", "fpc": "so_xa"},
            "3 units in the sample, but the sample has 4 (xa)",
        ),
        (
            PEOPLE.assign(so_thon=1.5),
            {"psu": ["xa", "thon"], "fpc": ["so_xa", "so_thon"]},
            "1.5 units in xa '01273', but the sample has 2 (thon)",
        ),
    ],
)
def test_a_size_below_the_sample(data, words, sentence):
    name = words["fpc"] if isinstance(words["fpc"], str) else words["fpc"][-1]
    refused(DataError, f"fpc='{name}' says {sentence}. {MEND}", lambda: design(data, **words))


@pytest.mark.parametrize(("value", "shown"), [(-3, "-3"), (np.inf, "inf"), (np.nan, "nan"), (0, "0")])
def test_a_size_that_is_no_size(value, shown):
    data = PEOPLE.assign(so_xa=PEOPLE["so_xa"].astype(float).where(PEOPLE.index != 2, value))
    refused(DataError, f"fpc='so_xa' is {shown} in row 2. {SIZE}", lambda: design(data, fpc="so_xa"))


def test_a_size_that_changes_inside_its_stratum():
    data = PEOPLE.assign(so_xa=[10, 10, 10, 12, 9, 9, 9, 9])
    sentence = "fpc='so_xa' changes inside stratum 'A': 10 and 12. One stratum of a stage has one size."
    refused(DataError, sentence, lambda: design(data, strata="tang", fpc="so_xa"))


def test_counts_where_the_weights_say_unequal_chances():
    data = PEOPLE.assign(quyen_so=[10.0, 10, 15, 15, 20, 20, 20, 20])
    refused(
        DataError,
        "fpc='so_xa' counts units, but in stratum 'A' the PSUs have unequal weights (10 to 15), so they "
        "were not drawn with equal chances and the counts do not give their fractions. For a PPS sample "
        "leave fpc out (with-replacement variance); where people were subsampled or weights adjusted, give "
        "fpc as fractions of units drawn.",
        lambda: design(data, strata="tang", psu="xa", fpc="so_xa"),
    )
    fractions = data.assign(so_xa=0.2)
    assert sv.mean(design(fractions, strata="tang", psu="xa", fpc="so_xa"), "diem").se.iloc[0] > 0


def test_more_sizes_than_stages():
    sentence = (
        "fpc=['so_xa', 'so_xa']: 2 columns for 1 stage(s). Give one column for each stage named in psu."
    )
    refused(ArgumentError, sentence, lambda: design(psu="xa", fpc=["so_xa", "so_xa"]))


def test_no_weights_follow_from_fractions_of_0():
    sentence = "fpc='so_xa' has fractions of 0, from which no weights follow. Pass weights='…'."
    refused(ArgumentError, sentence, lambda: sv.Design(PEOPLE.assign(so_xa=0.0), fpc="so_xa"))


def test_no_weights_follow_from_the_fractions_of_some_stages_only():
    with pytest.raises(ArgumentError, match="fpc") as error:
        sv.Design(PEOPLE, psu=["xa", "thon"], fpc="so_xa")
    assert "thon" in str(error.value)
    assert "weights=" in str(error.value)


def test_names_of_columns_of_two_levels():
    data = pd.DataFrame({("diem", "dot 1"): [1, 2], ("diem", "dot 2"): [2, 3]})
    with pytest.raises((TypeError, ColumnError), match="data has column names of 2 levels"):
        sv.Design(data, sampling="srs")


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        *((name, "weights='…'") for name in ("weight", "wt", "w", "pweight")),
        *((name, "psu='…'") for name in ("id", "ids", "cluster", "clusters")),
        *((name, "strata='…'") for name in ("stratum", "strat")),
        *((name, "fpc='…'") for name in ("N", "popsize")),
        ("probs", "weights='…' (1 / probability), or fpc='…' (shares drawn)"),
        ("repweights", "replicates=ReplicateColumns('…', method='…')"),
        ("singleunit", "lonely_psu='…'"),
    ],
)
def test_the_arguments_of_other_tools_are_told_by_our_names(theirs, ours):
    sentence = f"{theirs}=: Design has no such argument. Write {ours}."
    refused(TypeError, sentence, lambda: sv.Design(PEOPLE, **{theirs: "quyen_so"}))


def test_an_unknown_argument_of_a_design_has_a_likely_name():
    form = "It is written Design(data, weights='…', strata='…', psu='…')."
    for word, likely in (("Weights", "weights"), ("nested", "nest"), ("xyz", "")):
        hint = f" Did you mean {likely!r}?" if likely else ""
        sentence = f"{word}=: Design has no such argument.{hint} {form}"
        refused(TypeError, sentence, lambda word=word: sv.Design(PEOPLE, **{word: "quyen_so"}))
    refused(
        TypeError,
        "Design takes all but data by name: Design(data, weights='…', strata='…', psu='…').",
        lambda: sv.Design(PEOPLE, "quyen_so"),
    )


def test_the_help_of_a_design_still_names_its_arguments():
    assert list(inspect.signature(sv.Design).parameters)[:4] == ["data", "weights", "strata", "psu"]


def test_the_warning_of_a_size_that_is_not_there_points_at_the_call():
    with pytest.warns(SurveyWarning, match="none for") as caught:
        sv.Design(PEOPLE, weights="quyen_so", psu=["xa", "thon"], fpc="so_xa")
    assert caught[0].filename == __file__


# --- inputs -------------------------------------------------------------------------------------------------


def test_the_data_are_never_changed_and_never_change_the_design():
    data = PEOPLE.copy()
    made = design(data, strata="tang", psu=["xa", "thon"])
    after = sv.rake(sv.adjust_nonresponse(made, responded="tra_loi"), {"gioi": {"Nam": 0.49, "Nữ": 0.51}})
    sv.mean(after, "diem", by="gioi", where="nhom == 1").to_frame()
    pd.testing.assert_frame_equal(data, PEOPLE)
    weights = after.weights.copy()
    data["quyen_so"] = 1.0
    data.loc[0, "diem"] = 1e9
    pd.testing.assert_series_equal(after.weights, weights)
    assert sv.mean(made, "diem").value.iloc[0] < 5
