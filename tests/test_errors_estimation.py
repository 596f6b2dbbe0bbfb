"""The sentences a user reads when an estimate, an interval or a contrast is refused, word for word."""

from __future__ import annotations

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
        "gioi": ["Nam", "Nữ"] * 4,
        "nhom": [1, 2, 2, 1, 1, 2, 2, 1],
        "diem": [4.0, 5, 3, 4, 5, 4, 2, 5],
        "hai_long": pd.Categorical(["có", "không"] * 4),
        "phay": ["4,5", "3,0"] * 4,
        "nghin": ["1.234,5", "3,0"] * 4,
        "so_chu": ["45", "30"] * 4,
        "cham": ["4.5", "3"] * 4,
        "ngay": pd.Timestamp("2026-11-23"),
        "trong": np.nan,
        "khong": 0.0,
    }
)
ABSENT = "the data have no such column."
AS_TEXT = "pass the name of a column as text. Add the values to the data first if they are not there yet."
NEEDS = "and a mean needs numbers."
SHARES = "For shares of each answer use proportion(design, {!r})."


def design(data: pd.DataFrame = PEOPLE, **words: Any) -> sv.Design:
    return sv.Design(data, **{"weights": "quyen_so", "strata": "tang", "psu": "xa", **words})


def mean(y: Any = "diem", data: pd.DataFrame = PEOPLE, **words: Any) -> sv.Estimates:
    return sv.mean(design(data), y, **words)


def refused(kind: type[Exception], sentence: str, call: Any) -> None:
    """Fail unless the call is refused with exactly this sentence."""
    with pytest.raises(kind, match=f"^{re.escape(sentence)}$") as error:
        call()
    assert type(error.value) is kind


# --- what is asked ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: mean("diểm"), f"y='diểm': {ABSENT} Did you mean 'diem'?"),
        (lambda: mean(["diem", "tuoi_tac"]), f"y='tuoi_tac': {ABSENT}"),
        (lambda: mean(by="Gioi"), f"by='Gioi': {ABSENT} Did you mean 'gioi'?"),
        (lambda: mean(by=["gioi", "nhóm"]), f"by='nhóm': {ABSENT} Did you mean 'nhom'?"),
        (lambda: sv.ratio(design(), "diem", "nghn"), f"x='nghn': {ABSENT} Did you mean 'nghin'?"),
        (
            lambda: mean(where="goi == 'Nam'"),
            "where=\"goi == 'Nam'\": the data have no column 'goi'. Did you mean 'gioi'? "
            "(Text values need quotation marks.)",
        ),
        (
            lambda: mean(where="gioi == Nam"),
            "where='gioi == Nam': the data have no column 'Nam'. (Text values need quotation marks.)",
        ),
        (
            lambda: sv.proportion(design(), "hai_long", value=["vừa"]),
            "value=['vừa']: 'hai_long' has no such level. Its levels are 'có', 'không'.",
        ),
        (
            lambda: sv.proportion(design(), "gioi", value="nu"),
            "value='nu': 'gioi' has no such level. Its levels are 'Nam', 'Nữ'. Did you mean 'Nữ'?",
        ),
    ],
)
def test_an_absent_column_or_level_names_the_likely_one(call, sentence):
    refused(ColumnError, sentence, call)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: mean(PEOPLE["diem"]), f"y is a Series; {AS_TEXT}"),
        (lambda: mean(PEOPLE["diem"].to_numpy()), f"y is a ndarray; {AS_TEXT}"),
        (lambda: mean(by=PEOPLE["gioi"]), f"by is a Series; {AS_TEXT}"),
        (lambda: mean(1), "y=1: pass the name of a column, or a list of names."),
        (lambda: sv.ratio(design(), "diem", PEOPLE["nhom"]), f"x is a Series; {AS_TEXT}"),
        (
            lambda: mean(where=PEOPLE["diem"] > 3),
            'where is a Series; write the condition as text, as in where="tuoi >= 18".',
        ),
        (
            lambda: design().where(PEOPLE["diem"] > 3),
            'where is a Series; write the condition as text, as in where="tuoi >= 18".',
        ),
        (
            lambda: sv.proportion(design(), "nhom", value=PEOPLE["nhom"]),
            "value is a Series; pass one level, or a list of levels such as [4, 5].",
        ),
        (
            lambda: sv.proportion(design(), "nhom", value={1: "một"}),
            "value is a dict; pass one level, or a list of levels such as [4, 5].",
        ),
    ],
)
def test_values_in_the_place_of_names(call, sentence):
    refused(TypeError, sentence, call)


@pytest.mark.parametrize(
    "verb",
    [
        lambda data: sv.mean(data, "diem"), lambda data: sv.total(data, "diem"), sv.count,
        lambda data: sv.proportion(data, "gioi"), lambda data: sv.ratio(data, "diem", "nhom"),
        lambda data: sv.variance(data, "diem"), lambda data: sv.before_after(data, "diem", wave="nhom"),
        lambda data: sv.did(data, "diem", wave="nhom", treated="nhom", unit="xa"),
    ],
)  # fmt: skip
def test_data_without_a_design(verb):
    sentence = "design is a DataFrame; make one first: Design(data, weights='…', strata='…', psu='…')."
    refused(TypeError, sentence, lambda: verb(PEOPLE))


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: mean([]), "y=[]: name at least one column."),
        (lambda: mean(None), "y=None: name at least one column."),
        (lambda: mean(by="diem"), "by='diem' is y itself. Group by another column, or drop by."),
        (
            lambda: sv.ratio(design(), "diem", "nhom", by="nhom"),
            "by='nhom' is x itself. Group by another column, or drop by.",
        ),
        (lambda: mean(by=["gioi", "gioi"]), "by=['gioi', 'gioi'] names a column twice."),
        (
            lambda: sv.proportion(design(), ["gioi", "nhom"]),
            "y=['gioi', 'nhom']: without value= a proportion takes one column at a time. "
            "Pass value=[…] for the share of these answers in each column.",
        ),
        (
            lambda: mean(where="nhom"),
            "where='nhom' gives no yes or no for each row. Write a comparison, as in \"tuoi >= 18\".",
        ),
        (
            lambda: mean(where="nhom = 1"),
            "where='nhom = 1': equality is written '==', not '='. Write where='nhom == 1'.",
        ),
        (
            lambda: mean(where="nhom >"),
            "where='nhom >' breaks off at its end. "
            "Write it like \"tuoi >= 18 and gioi == 'Nữ'\"; names with spaces in backticks.",
        ),
        (
            lambda: mean(where=""),
            "where='' is empty. Write it like \"tuoi >= 18 and gioi == 'Nữ'\".",
        ),
    ],
)
def test_a_question_that_cannot_be_asked(call, sentence):
    refused(ArgumentError, sentence, call)


# --- what the columns hold ----------------------------------------------------------------------------------


def turn(name: str, points: str = "") -> str:
    replaced = f"data[{name!r}]{points}.str.replace(',', '.', regex=False).astype(float)"
    return f"Turn them into numbers first: {replaced}."


POINTS = ".str.replace('.', '', regex=False)"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("gioi", f"y='gioi' holds text ('Nam', 'Nữ'), {NEEDS} {SHARES.format('gioi')}"),
        ("ngay", f"y='ngay' holds dates ('2026-11-23 00:00:00'), {NEEDS} {SHARES.format('ngay')}"),
        ("hai_long", f"y='hai_long' holds categories ('có', 'không'), {NEEDS} {SHARES.format('hai_long')}"),
        ("phay", f"y='phay' holds numbers written as text ('4,5', '3,0'), {NEEDS} {turn('phay')}"),
        (
            "nghin",
            f"y='nghin' holds numbers written as text ('1.234,5', '3,0'), {NEEDS} {turn('nghin', POINTS)}",
        ),
        ("so_chu", f"y='so_chu' holds numbers written as text ('45', '30'), {NEEDS} {turn('so_chu')}"),
        ("cham", f"y='cham' holds numbers written as text ('4.5', '3'), {NEEDS} {turn('cham')}"),
    ],
)
def test_text_and_dates_where_numbers_are_needed(name, sentence):
    refused(TypeError, sentence, lambda: mean(name))
    for verb, word in ((sv.total, "total"), (sv.variance, "variance")):
        refused(TypeError, sentence.replace("a mean", f"a {word}"), lambda verb=verb: verb(design(), name))


@pytest.mark.parametrize(
    ("name", "first"), [("phay", 4.5), ("nghin", 1234.5), ("so_chu", 45.0), ("cham", 4.5)]
)
def test_the_mend_that_is_offered_works(name, first):
    with pytest.raises(TypeError, match="Turn them into numbers first") as error:
        mean(name)
    numbers = eval(str(error.value).split("first: ")[1].removesuffix("."), {"data": PEOPLE})
    assert numbers.iloc[0] == first
    assert mean(name, PEOPLE.assign(**{name: numbers})).value.notna().all()


def test_text_far_down_a_column_of_numbers_is_found():
    data = pd.DataFrame({"diem": [1] * 1500 + ["không biết"]})
    sentence = f"y='diem' holds text ('1', 'không biết'), {NEEDS} {SHARES.format('diem')}"
    refused(TypeError, sentence, lambda: sv.mean(sv.Design(data, sampling="srs"), "diem"))


def test_an_infinite_answer_is_refused_by_its_place():
    data = PEOPLE.assign(diem=PEOPLE["diem"].where(PEOPLE.index != 6, -np.inf))
    sentence = "y='diem' is infinite in row 6. Correct the value, or make it missing (NaN)."
    refused(DataError, sentence, lambda: mean(data=data))


def test_more_than_fifty_levels_of_a_proportion():
    data = pd.DataFrame({"tuoi": np.arange(51)})
    refused(
        ArgumentError,
        "y='tuoi' has 51 levels, and a proportion is for at most 50. Group the values first, or use "
        "mean(design, 'tuoi') if they are measurements.",
        lambda: sv.proportion(sv.Design(data, sampling="srs"), "tuoi"),
    )
    assert len(sv.proportion(sv.Design(data[:50], sampling="srs"), "tuoi").value) == 50


HALF = PEOPLE.assign(diem=PEOPLE["diem"].where(PEOPLE["nhom"] == 1))


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda: mean("trong"), "y='trong'"),
        (lambda: mean(["diem", "trong"]), "y='trong'"),
        (lambda: mean("diem", HALF, where="nhom == 2"), "y='diem'"),
        (lambda: sv.total(design(), "trong"), "y='trong'"),
        (lambda: sv.variance(design(), ["diem", "trong"]), "the pair y='diem', 'trong'"),
        (lambda: sv.ratio(design(), "diem", "trong"), "the pair y='diem', x='trong'"),
    ],
)
def test_nobody_answered(call, what):
    refused(DataError, f"{what} has no answers in the rows asked for: all are missing.", call)


@pytest.mark.parametrize("value", [None, 3, [4, 5]])
def test_nobody_answered_at_all(value):
    sentence = "y='trong' has no answers at all: every row is missing."
    refused(DataError, sentence, lambda: sv.proportion(design(), "trong", value=value))


def test_a_domain_without_rows():
    sentence = "where='diem > 9' leaves no rows with a weight. Check the names and values in it."
    refused(DataError, sentence, lambda: mean(where="diem > 9"))
    sentence = sentence.replace("diem > 9", "nhom == 1 and diem > 9")
    refused(DataError, sentence, lambda: sv.count(design().where("nhom == 1"), where="diem > 9"))


def test_a_value_that_nobody_answered_is_warned_of_and_has_the_share_0():
    sentence = "value: nobody answered 3 to 'nhom'. The share is 0."
    with pytest.warns(SurveyWarning, match=f"^{re.escape(sentence)}$"):
        assert sv.proportion(design(), "nhom", value=3).value.iloc[0] == 0
    sentence = (
        "value: nobody answered 'nam' to 'gioi'. Did you mean 'Nam'? The share is that of the other values."
    )
    with pytest.warns(SurveyWarning, match=f"^{re.escape(sentence)}$"):
        assert sv.proportion(design(), "gioi", value=["nam", "Nữ"]).value.iloc[0] == 0.5
    declared = PEOPLE["hai_long"].cat.add_categories("rất không")
    told = design(PEOPLE.assign(hai_long=declared))
    assert sv.proportion(told, "hai_long", value="rất không").value.iloc[0] == 0
    sentence = "value: nobody answered 3, 6 to 'nhom'. The share is that of the other values."
    with pytest.warns(SurveyWarning, match=f"^{re.escape(sentence)}$"):
        assert sv.proportion(design(), "nhom", value=[1, 3, 6]).value.iloc[0] == 0.5


def test_a_level_without_answers_has_a_row_and_the_reason():
    table = mean(data=HALF, by="nhom")
    assert table.reason.to_dict() == {1: "", 2: "no answers in this domain"}
    assert np.isnan([table.value[2], table.se[2], table.df[2]]).all()
    assert table.ci().loc[2].isna().all()
    assert table.n[2] == 0


def test_a_denominator_of_zero_has_a_row_and_the_reason():
    data = PEOPLE.assign(khong=PEOPLE["nhom"] - 1.0)
    table = sv.ratio(design(data), "diem", "khong", by="nhom")
    assert table.reason.to_dict() == {1: "the denominator is 0 in this domain", 2: ""}
    assert np.isnan([table.value[1], table.se[1]]).all()
    assert np.isnan(table.contrast({1: 1, 2: -1}).se.iloc[0])


def test_missing_values_of_by_have_a_row_of_their_own():
    data = PEOPLE.assign(gioi=PEOPLE["gioi"].where(PEOPLE["nhom"] == 1))
    for typed in (data, data.astype({"gioi": "category"}), data.astype({"gioi": "string"})):
        table = mean(data=typed, by="gioi")
        assert table.value.index[:-1].tolist() == ["Nam", "Nữ"]
        assert pd.isna(table.value.index[-1])
        assert table.n.tolist() == [2, 2, 4]
        alone = mean(data=typed, where="gioi != gioi or gioi.isna()")
        assert table.value.iloc[-1] == alone.value.iloc[0]
        assert table.se.iloc[-1] == pytest.approx(alone.se.iloc[0])
        assert len(mean(data=typed, by=["gioi", "nhom"]).value) == 3


# --- intervals, contrasts, tests ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "level", "sentence"),
    [
        (ArgumentError, 95, "level=95: write it as a share between 0 and 1. Did you mean 0.95?"),
        (ArgumentError, 1, "level=1: write it as a share between 0 and 1."),
        (ArgumentError, -0.5, "level=-0.5: write it as a share between 0 and 1."),
        (TypeError, "0.95", "level='0.95': pass a number between 0 and 1."),
        (TypeError, True, "level=True: pass a number between 0 and 1."),
    ],
)
def test_a_level_that_is_no_share(kind, level, sentence):
    refused(kind, sentence, lambda: mean().ci(level))
    refused(kind, sentence, lambda: mean().to_frame(level))


@pytest.mark.parametrize(
    ("kind", "weights", "sentence"),
    [
        (
            ColumnError, {"nam": 1, "Nữ": -1},
            "contrast: there is no row 'nam'. Did you mean 'Nam'? The rows are 'Nam', 'Nữ'.",
        ),
        (ColumnError, {("Nam", 1): 1}, "contrast: there is no row ('Nam', 1). The rows are 'Nam', 'Nữ'."),
        (TypeError, ["Nam"], "contrast=['Nam']: pass row names with their weights, as {'A': 1, 'B': -1}."),
        (TypeError, {}, "contrast={}: pass row names with their weights, as {'A': 1, 'B': -1}."),
        (ArgumentError, {"Nam": "1"}, "contrast: the weight of row 'Nam' is '1'. Write a number."),
        (ArgumentError, {"Nam": np.nan}, "contrast: the weight of row 'Nam' is nan. Write a number."),
    ],
)  # fmt: skip
def test_a_contrast_that_names_no_row_or_no_number(kind, weights, sentence):
    refused(kind, sentence, lambda: mean(by="gioi").contrast(weights))


def test_a_contrast_names_rows_of_several_columns_as_tuples():
    table = mean(by=["gioi", "nhom"])
    rows = "The rows are ('Nam', 1), ('Nam', 2), ('Nữ', 1), ('Nữ', 2)."
    sentence = f"contrast: there is no row ('Nam', 3). Did you mean ('Nam', 2)? {rows}"
    refused(ColumnError, sentence, lambda: table.contrast({("Nam", 3): 1}))
    refused(ColumnError, f"contrast: there is no row 'Nam'. {rows}", lambda: table.contrast({"Nam": 1}))
    assert table.contrast({("Nam", 1): 1}).value.iloc[0] == table.value["Nam", 1]


@pytest.mark.parametrize("null", ["0", np.nan, None, True])
def test_a_test_against_no_number(null):
    sentence = f"null={null!r}: write the number that the estimates are compared with."
    refused(ArgumentError, sentence, lambda: mean().test(null))


def test_a_design_effect_that_needs_a_population():
    refused(
        ArgumentError,
        "deff='wor' needs weights that sum to the population; here they sum to 1.2 for 8 answers. "
        "Use deff='wr', or weights that expand the sample.",
        lambda: mean(data=PEOPLE.assign(quyen_so=PEOPLE["quyen_so"] / 100)).deff("wor"),
    )
    refused(
        ArgumentError,
        "deff='srs' is not known. Choose one of 'wr', 'wor'.",
        lambda: mean().deff("srs"),
    )


def test_parts_of_shares_are_not_for_means():
    refused(ArgumentError, "These are means, not shares.", lambda: mean().share_parts)


def test_no_verb_changes_the_data():
    data = PEOPLE.copy()
    made = design(data)
    for verb in (sv.mean, sv.total, sv.variance):
        verb(made, "diem", by=["gioi"], where="nhom > 0").to_frame()
    sv.proportion(made, "nhom", by="gioi", value=[1]).to_html()
    sv.ratio(made, "diem", "nhom", by="gioi").contrast({"Nam": 1, "Nữ": -1}).test()
    sv.before_after(made, "diem", wave="nhom", overlap="psu").to_html()
    pd.testing.assert_frame_equal(data, PEOPLE)
    pd.testing.assert_frame_equal(made.data, PEOPLE)
