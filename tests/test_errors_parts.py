"""The sentences when targets by part do not fit the parts of the data, word for word."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from refusals import ABSENT, PEOPLE, TARGET, at, design, refused

import surveykit as sv
from sampling.checks import ArgumentError, ColumnError, DataError, MarginError

COUNTS = {"Nam": 60, "Nữ": 60}
BOTH = {"A": COUNTS, "B": COUNTS}
HALVES = {"A": {"Nam": 0.5, "Nữ": 0.5}, "B": {"Nam": 0.4, "Nữ": 0.6}}


def by_tang(targets: Any, data: pd.DataFrame = PEOPLE, **words: Any) -> sv.Design:
    return sv.calibrate(design(data), targets, by="tang", **words)


@pytest.mark.parametrize(
    ("kind", "call", "sentence"),
    [
        (
            ColumnError,
            lambda: sv.calibrate(design(), {"gioi": BOTH}, by="tan"),
            f"by='tan': {ABSENT} Did you mean 'tang'?",
        ),
        (
            ArgumentError,
            lambda: sv.calibrate(design(), {"gioi": BOTH}, by=["tang", "nhom"]),
            "by=['tang', 'nhom']: name one column.",
        ),
        (
            DataError,
            lambda: by_tang({"gioi": BOTH}, at("tang", 2, None)),
            "by='tang' is missing in row 2. Every row needs its part: fill them in, or drop rows that were "
            "never in the sample.",
        ),
        (
            TypeError,
            lambda: by_tang({"gioi": 5}),
            "targets['gioi'] is a int; with by='tang' pass {tang: …}, a Series with tang and the levels as "
            "index, or a table with a row for each tang.",
        ),
        (
            TypeError,
            lambda: by_tang({("tang", "gioi"): 5}),
            "targets['gioi'] is a int; with by='tang' pass {tang: …}, a Series with tang and the levels as "
            "index, or a table with a row for each tang.",
        ),
        (
            MarginError,
            lambda: by_tang({"gioi": {"A": COUNTS}}),
            "targets['gioi'] has no targets for tang='B'. Add them, or leave those rows out.",
        ),
        (
            MarginError,
            lambda: by_tang({"gioi": {"A": COUNTS, "b": COUNTS}}),
            "targets['gioi'] has no targets for tang='B'. Did you mean 'b'? Add them, or leave those rows "
            "out.",
        ),
        (
            MarginError,
            lambda: sv.calibrate(design(), {"gioi": {"1": COUNTS, "2": COUNTS}}, by="nhom"),
            "targets['gioi'] has no targets for nhom=1, 2. 1 is a number and '1' is text: make them the "
            "same. Add them, or leave those rows out.",
        ),
        (
            MarginError,
            lambda: by_tang({"gioi": BOTH | {"C": COUNTS}}),
            "targets['gioi'] has targets for tang='C', but no row with a weight lies there. Drop them, or "
            "check the spelling.",
        ),
        (
            MarginError,
            lambda: by_tang({"gioi": COUNTS}),
            "targets['gioi'] has targets for 'Nam', 'Nữ', which are no tang; with by='tang' write them by "
            "tang: {'A': …}.",
        ),
        (
            TypeError,
            lambda: by_tang({"gioi": {"A": 5, "B": COUNTS}}),
            "targets['gioi']['A'] is a int; pass {level: share or count}.",
        ),
        (
            MarginError,
            lambda: by_tang({"gioi": {"A": {"Nam": True, "Nữ": 2}, "B": COUNTS}}),
            f"targets['gioi']['A']['Nam'] is True. {TARGET}",
        ),
        (
            MarginError,
            lambda: by_tang({"gioi": {"A": {"Nam": 40}, "B": COUNTS}}),
            "targets['gioi']['A'] has no target for 'Nữ' (2 rows). Add it, or recode those rows.",
        ),
        (
            MarginError,
            lambda: by_tang({"gioi": {"A": COUNTS | {"Khác": 3}, "B": COUNTS}}),
            "targets['gioi'] has a target for 'Khác', but no row has it. Join it with another level, or "
            "check the spelling.",
        ),
        (
            MarginError,
            lambda: by_tang(
                {"nhom": {"A": {1: 10, 2: 30}, "B": {1: 40, 2: 40}}}, PEOPLE.assign(nhom=[1] * 6 + [2] * 2)
            ),
            "targets['nhom']['A'] has a target for 2, but no row has it. Join it with another level.",
        ),
        (
            MarginError,
            lambda: by_tang({"gioi": {"A": HALVES["A"], "B": COUNTS}}),
            "targets: tang='A' has shares and tang='B' has counts. Write all alike.",
        ),
        (
            MarginError,
            lambda: by_tang({"gioi": BOTH, "nhom": {"A": {1: 60, 2: 60}, "B": {1: 60, 2: 61}}}),
            "targets of tang='B' have different sums ('gioi': 120, 'nhom': 121), so no weights can agree "
            "with all. Correct them.",
        ),
        (
            MarginError,
            lambda: by_tang({"gioi": pd.DataFrame([COUNTS] * 3, index=["A", "B", "A"])}),
            "targets['gioi'] has two targets for 'A'. Keep one.",
        ),
        (
            MarginError,
            lambda: by_tang({("tang", "gioi"): {("A", "Nam"): 60, "B": 60}}),
            "targets['tang × gioi'] has a target for 'B', which does not name a level of each of 'tang', "
            "'gioi'. Write the levels as tuples in this order.",
        ),
        (
            TypeError,
            lambda: by_tang({"gioi": HALVES}, population=150),
            "population is a int; with by='tang' pass {tang: number of people}.",
        ),
        (
            MarginError,
            lambda: by_tang({"gioi": HALVES}, population={"A": 50}),
            "population has no number of people for tang='B'. Add them, or leave those rows out.",
        ),
        (
            ArgumentError,
            lambda: by_tang({"gioi": HALVES}, population={"A": 50, "B": -1}),
            "population['B'] is -1; pass a number of people above 0.",
        ),
        (
            MarginError,
            lambda: by_tang({"gioi": BOTH}, population={"A": 120, "B": 121}),
            "population['B']=121, but the counts in targets of tang='B' sum to 120. Correct one of them.",
        ),
        (
            ArgumentError,
            lambda: by_tang({"tuoi": {"A": 1500, "B": 3500}}, penalty=0.1),
            "by='tang': penalties are for one population. Calibrate the parts apart.",
        ),
    ],
)
def test_targets_by_part_that_do_not_fit_are_refused(kind, call, sentence):
    refused(kind, sentence, call)
