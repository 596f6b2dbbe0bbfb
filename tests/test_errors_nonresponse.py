"""The sentences when nonresponse, moved or multiplied weights are refused or warned of, word for word."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from refusals import PEOPLE, at, design, refused, unchanged, warned

import surveykit as sv
from sampling.checks import ArgumentError, ColumnError, DataError


def adjust(data: pd.DataFrame = PEOPLE, **words: Any) -> sv.Design:
    return sv.adjust_nonresponse(design(data), **{"responded": "tra_loi", **words})


# --- chances of responding, joined classes ------------------------------------------------------------------

PROPENSITY: dict[str, Any] = {"method": "propensity", "predictors": "tuoi"}
NOBODY = "no rows with a weight are there to take the weight over. Check the condition."
NOT_APART = "so no chance of responding can be fitted. Use fewer predictors, or method='classes'."


@pytest.mark.parametrize(
    ("kind", "call", "sentence"),
    [
        (
            ArgumentError,
            lambda: adjust(method="clases"),
            "method='clases' is not known. Did you mean 'classes'? "
            "Choose one of 'classes', 'propensity', 'propensity_classes'.",
        ),
        (
            ArgumentError,
            lambda: adjust(predictors="tuoi"),
            "predictors= is for method='propensity'. For classes name the columns in cells=.",
        ),
        (
            ArgumentError,
            lambda: adjust(**PROPENSITY, cells="gioi"),
            "cells= is for method='classes'; a propensity takes predictors=.",
        ),
        (
            ArgumentError,
            lambda: adjust(**PROPENSITY, collapse_below=3),
            "collapse_below= is for method='classes'; a propensity takes predictors=.",
        ),
        (
            ArgumentError,
            lambda: adjust(**PROPENSITY, greatest=3),
            "greatest= is for method='classes'; a propensity takes predictors=.",
        ),
        (
            ArgumentError,
            lambda: adjust(method="propensity"),
            "predictors: name the columns that the chance of responding depends on.",
        ),
        (
            DataError,
            lambda: adjust(at("tuoi", 3, np.nan), **PROPENSITY),
            "predictors: 'tuoi' is missing in row 3. Fill it in, or make missing a level of its own.",
        ),
        (
            TypeError,
            lambda: adjust(PEOPLE.assign(tuoi=pd.Timestamp("2026-11-22")), **PROPENSITY),
            "predictors='tuoi' holds dates ('2026-11-22 00:00:00'), and a predictor is a number or a level.",
        ),
        (
            ArgumentError,
            lambda: adjust(
                pd.concat([PEOPLE] * 30, ignore_index=True).assign(ma=lambda t: "m" + t.index.astype(str)),
                method="propensity",
                predictors=["tuoi", "ma"],
            ),
            "predictors=['tuoi', 'ma'] have 241 levels in all. Group the levels first.",
        ),
        (
            DataError,
            lambda: adjust(
                PEOPLE.assign(tra_loi=[1, 0] * 4), method="propensity", predictors=["gioi", "nhom"]
            ),
            f"predictors=['gioi', 'nhom']: they tell respondents from nonrespondents without fail "
            f"(near 'gioi' 'Nữ'), {NOT_APART}",
        ),
        (
            DataError,
            lambda: adjust(PEOPLE.assign(tra_loi=(PEOPLE["tuoi"] > 32) * 1), **PROPENSITY),
            f"predictors=['tuoi']: they tell respondents from nonrespondents without fail (near 'tuoi'), "
            f"{NOT_APART}",
        ),
        (
            DataError,
            lambda: adjust(PEOPLE.assign(tra_loi=0), **PROPENSITY),
            "responded='tra_loi' is 0 in every row with a weight: nobody responded.",
        ),
        *(
            (
                ArgumentError,
                lambda classes=classes, method=method: adjust(
                    **PROPENSITY | {"method": method}, classes=classes
                ),
                f"classes={classes!r}: pass a whole number of classes, at least 2.",
            )
            for method, classes in [
                ("propensity_classes", 0),
                ("propensity_classes", 1),
                ("propensity_classes", 2.5),
                ("propensity_classes", True),
                ("propensity", "5"),
            ]
        ),
        (
            DataError,
            lambda: adjust(method="propensity_classes", predictors="tuoi", classes=8),
            "classes=8: class 3 of the chances has no respondents. Pass a smaller number of classes.",
        ),
        (
            ArgumentError,
            lambda: adjust(cells="gioi", collapse_below=0),
            "collapse_below=0: pass a number, at least 1.",
        ),
        (
            ArgumentError,
            lambda: adjust(cells="gioi", collapse_below=True),
            "collapse_below=True: pass a number, at least 1.",
        ),
        (
            ArgumentError,
            lambda: adjust(cells="gioi", greatest=0.5),
            "greatest=0.5: pass a number, at least 1.",
        ),
        (
            ArgumentError,
            lambda: adjust(collapse_below=30),
            "collapse_below= joins classes: name the columns that make them in cells=.",
        ),
        (
            DataError,
            lambda: adjust(PEOPLE.assign(y=1.0, z=np.nan), answers=["z", "y"]),
            "answers='y' has answers in 2 rows where 'tra_loi' is 0 (rows 1, 6): they would get weight 0 "
            "and be lost. Write 1 in 'tra_loi' if the form is usable, or clear its answers.",
        ),
        (
            DataError,
            lambda: adjust(PEOPLE.assign(quyen_so=[10.0, 10, 0, 10, 20, 20, 20, 0])),
            "responded='tra_loi' is 1 in rows 2, 7, whose weight is 0, so those answers would count for "
            "nothing. Give the rows their weight, or write 0.",
        ),
        (
            DataError,
            lambda: adjust(PEOPLE.assign(thuoc=[1, 1, 1, 2, 1, 1, 0, 0]), eligible="thuoc"),
            "eligible='thuoc' is 2 in row 3. Write 1 for yes and 0 for no.",
        ),
        (
            DataError,
            lambda: adjust(PEOPLE.assign(thuoc=[1, 1, np.nan, 1, 1, 1, 0, 0]), eligible="thuoc"),
            "eligible='thuoc' is missing in row 2. Write 1 for yes and 0 for no.",
        ),
        (
            DataError,
            lambda: adjust(PEOPLE.assign(thuoc=0), eligible="thuoc"),
            "eligible='thuoc' is 0 in every row with a weight. Check the column.",
        ),
    ],
)
def test_nonresponse_by_chances_or_joined_classes_is_refused(kind, call, sentence):
    refused(kind, sentence, call)


def test_joined_classes_are_told():
    warned(
        "cells=['gioi']: 1 class was joined with a neighbour ('Nam' + 'Nữ').",
        lambda: adjust(PEOPLE.assign(tra_loi=[0, 1] * 4), cells="gioi", collapse_below=1),
    )
    warned(
        "cells=['tang', 'gioi']: 3 classes were joined with a neighbour (('A', 'Nam') + ('A', 'Nữ'); "
        "('B', 'Nam') + ('B', 'Nữ'); ('A', 'Nam') + ('A', 'Nữ') + ('B', 'Nam') + ('B', 'Nữ')). "
        "Even all rows together have 6 respondents and the factor 1.33.",
        lambda: adjust(cells=["tang", "gioi"], greatest=1.2),
    )
    warned(
        "cells=['tang', 'gioi', 'nhom']: 6 classes were joined with a neighbour (('A', 'Nữ', 1) + "
        "('A', 'Nữ', 2); ('B', 'Nam', 1) + ('B', 'Nam', 2); ('A', 'Nam', 1) + ('A', 'Nam', 2); "
        "('A', 'Nam', 1) + ('A', 'Nam', 2) + ('A', 'Nữ', 1) + ('A', 'Nữ', 2); "
        "('B', 'Nam', 1) + ('B', 'Nam', 2) + ('B', 'Nữ', 1) …).",
        lambda: adjust(cells=["tang", "gioi", "nhom"], collapse_below=3),
    )
    warned(
        "cells=['mot']: Even all rows together have 6 respondents and the factor 1.33.",
        lambda: adjust(PEOPLE.assign(mot="x"), cells="mot", collapse_below=7),
    )


# --- moved and multiplied weights ---------------------------------------------------------------------------


def move(give: Any = "tt == 'không rõ'", take: Any = "tt == 'có'", **words: Any) -> sv.Design:
    return sv.redistribute(
        design(PEOPLE.assign(tt=["có", "có", "không rõ", "ngoài"] * 2)), give=give, take=take, **words
    )


def multiply(factors: Any) -> sv.Design:
    return sv.multiply_weights(design(PEOPLE.assign(he_so=factors)), "he_so")


@pytest.mark.parametrize(
    ("kind", "call", "sentence"),
    [
        (
            ArgumentError,
            lambda: move(give="nhom == 1"),
            "give and take both hold in rows 0, 4. A row can do one of them.",
        ),
        (
            DataError,
            lambda: move(take="nhom == 3"),
            f"take='nhom == 3': {NOBODY}",
        ),
        (
            DataError,
            lambda: move(take="tuoi == 20", cells="tang"),
            "take='tuoi == 20': class 'B' has no rows to take the weight over. Use fewer cells.",
        ),
        (
            ArgumentError,
            lambda: move(give="tt = 'có'"),
            "give=\"tt = 'có'\": equality is written '==', not '='. Write give=\"tt == 'có'\".",
        ),
        (
            ColumnError,
            lambda: move(take="trang == 'có'"),
            "take=\"trang == 'có'\": the data have no column 'trang'. Did you mean 'tang'? "
            "(Text values need quotation marks.)",
        ),
        (
            TypeError,
            lambda: move(take=3),
            'take is a int; write the condition as text, as in take="tuoi >= 18".',
        ),
        (
            DataError,
            lambda: multiply([1.0, 0, 1, 1, 1, 1, 1, 1]),
            "column='he_so' is 0 in row 1. A factor is a number above 0.",
        ),
        (
            DataError,
            lambda: multiply([1.0, -2, 1, -1, 1, 1, 1, 1]),
            "column='he_so' is -2 in rows 1, 3. A factor is a number above 0.",
        ),
        (
            DataError,
            lambda: multiply([1.0, np.nan, 1, 1, 1, 1, 1, 1]),
            "column='he_so' is missing in row 1. A factor is a number above 0.",
        ),
        (
            TypeError,
            lambda: sv.multiply_weights(design(), "gioi"),
            "column='gioi' holds text ('Nam', 'Nữ'), and a factor is a number.",
        ),
        (
            ArgumentError,
            lambda: sv.multiply_weights(design(), ["tuoi", "nhom"]),
            "column=['tuoi', 'nhom']: name one column.",
        ),
    ],
)
def test_moved_and_multiplied_weights_are_refused(kind, call, sentence):
    refused(kind, sentence, call)


def test_weights_that_nobody_gives_are_told():
    made = warned(
        "give=\"tt == 'rõ'\" holds in no row with a weight, so nothing moves. Check the condition.",
        lambda: move(give="tt == 'rõ'"),
    )
    assert made.weights.tolist() == PEOPLE["quyen_so"].tolist()


def test_a_design_is_as_it_was_after_a_step_is_refused():
    start = sv.multiply_weights(design(), "nhom")
    unchanged(
        DataError,
        "responded='quyen_so' is 10 in rows 0, 1, 2 and 5 more. Write 1 for a usable answer and 0 for none.",
        lambda d: sv.adjust_nonresponse(d, responded="quyen_so"),
        start,
    )
    unchanged(
        DataError,
        f"take='tuoi > 99': {NOBODY}",
        lambda d: sv.redistribute(d, give="nhom == 1", take="tuoi > 99"),
        start,
    )
