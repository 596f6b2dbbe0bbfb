"""The sentences when the targets of a calibration do not fit the data, word for word."""

from __future__ import annotations

import unicodedata
from typing import Any

import numpy as np
import pandas as pd
import pytest
from refusals import ABSENT, PEOPLE, TARGET, at, design, refused, unchanged

import surveykit as sv
from sampling.checks import ArgumentError, ColumnError, DataError, MarginError

COUNTS = {"Nam": 60, "Nữ": 60}
SHARES = {"Nam": 0.49, "Nữ": 0.51}
FORMS = (
    "pass {column: {level: share or count}}, or a Series or DataFrame whose index or columns name the levels."
)
ADD, ADD_ALL = "Add it, or recode those rows.", "Add them, or recode those rows."
JOIN = "Join it with another level, or check the spelling."


def calibrate(targets: Any, data: pd.DataFrame = PEOPLE, **words: Any) -> sv.Design:
    return sv.calibrate(design(data), targets, **words)


def poststratify(cells: Any, targets: Any, data: pd.DataFrame = PEOPLE, **words: Any) -> sv.Design:
    return sv.poststratify(design(data), cells, targets, **words)


# --- the form of targets ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "targets", "sentence"),
    [
        (TypeError, {}, "targets={}: pass {column: {level: share or count}}."),
        (TypeError, [], f"targets=[]: {FORMS}"),
        (TypeError, None, f"targets=None: {FORMS}"),
        (TypeError, "gioi", f"targets='gioi': {FORMS}"),
        (TypeError, [1, 2], f"targets=[1, 2]: {FORMS}"),
        (TypeError, pd.Series([60, 60], index=["Nam", "Nữ"]), f"targets is a Series without names: {FORMS}"),
        (TypeError, pd.DataFrame({"n": [60, 60]}), f"targets is a DataFrame without names: {FORMS}"),
        (MarginError, {"gioi": {}}, "targets['gioi'] is empty; pass {level: share or count}."),
        (MarginError, {"gioi": {"Nam": True, "Nữ": 5}}, f"targets['gioi']['Nam'] is True. {TARGET}"),
        (MarginError, {"gioi": {"Nam": {"A": 1}}}, f"targets['gioi']['Nam'] is {{'A': 1}}. {TARGET}"),
        (MarginError, {"gioi": {"Nam": np.inf}}, f"targets['gioi']['Nam'] is inf. {TARGET}"),
        (
            MarginError,
            pd.DataFrame({"gioi": ["Nam", "Nữ"], "n": ["60", "60"]}),
            f"targets['gioi']['Nam'] is '60'. {TARGET}",
        ),
        (
            TypeError,
            {"gioi": pd.DataFrame({"gioi": ["Nam", "Nữ"], "n": [60, 60], "p": [0.5, 0.5]})},
            "targets['gioi'] is a table with the columns 'gioi', 'n', 'p'; "
            "give one column for each of 'gioi' and one column of numbers.",
        ),
        (
            TypeError,
            {("gioi", "nhom"): pd.DataFrame({"gioi": ["Nam", "Nữ"], "n": [60, 60]})},
            "targets['gioi × nhom'] is a table with the columns 'gioi', 'n'; "
            "give one column for each of 'gioi', 'nhom' and one column of numbers.",
        ),
        (
            ColumnError,
            pd.DataFrame({"gioi": ["Nam", "Nữ"], "n": [60, 60], "p": [0.5, 0.5]}),
            f"targets='n': {ABSENT}",
        ),
        (
            MarginError,
            {("gioi", "nhom"): {("Nam", 1): 60, "Nữ": 60}},
            "targets['gioi × nhom'] has a target for 'Nữ', which does not name a level of each of "
            "'gioi', 'nhom'. Write the levels as tuples in this order.",
        ),
        (
            MarginError,
            {"gioi": pd.Series([60, 60, 1], index=["Nam", "Nữ", "Nam"])},
            "targets['gioi'] has two targets for 'Nam'. Keep one.",
        ),
        (
            MarginError,
            pd.Series(
                [60, 60, 1],
                index=pd.MultiIndex.from_tuples([("Nam", 1), ("Nữ", 2), ("Nam", 1)], names=["gioi", "nhom"]),
            ),
            "targets['gioi × nhom'] has two targets for ('Nam', 1). Keep one.",
        ),
        (
            MarginError,
            {"gioi": {**COUNTS, unicodedata.normalize("NFD", "Nữ"): 1}},
            "targets['gioi'] has two targets for 'Nữ', written in two ways (blanks, or marks set apart from "
            "their letters). Keep one.",
        ),
        (ColumnError, {"tuo": 100}, f"targets='tuo': {ABSENT} Did you mean 'tuoi'?"),
        (ColumnError, {("gioi", "nho"): {}}, f"targets='nho': {ABSENT} Did you mean 'nhom'?"),
        *(
            (
                TypeError,
                {"tuoi": total},
                f"targets['tuoi'] is {total!r}; pass {{level: share or count}}, or the total of a numeric "
                "column.",
            )
            for total in (True, "4000", np.nan, None, [4000])
        ),
        (
            TypeError,
            {"gioi": 100},
            "targets='gioi' holds text ('Nam', 'Nữ'), and a total needs numbers. "
            "For its levels pass {level: share or count}: targets={'gioi': {…}}.",
        ),
    ],
)
def test_targets_in_another_form_are_refused(kind, targets, sentence):
    refused(kind, sentence, lambda: calibrate(targets))


def test_estimates_must_be_of_what_they_are_the_targets_of():
    for made, statistic in (
        (sv.mean(design(), "tuoi"), "mean"),
        (sv.total(design(), "tuoi", by="gioi"), "total"),
    ):
        refused(
            TypeError,
            f"targets['gioi'] are estimates of a {statistic}. For the levels of a column pass counts or "
            "shares (sv.count(…, by='gioi'), sv.proportion(…, 'gioi')); for a numeric column its one total.",
            lambda made=made: calibrate({"gioi": made}),
        )


def test_estimated_counts_do_not_stand_beside_another_margin():
    refused(
        MarginError,
        "targets['gioi'] are estimated counts whose sum has an error of its own, so they cannot agree with "
        "the other margins. Pass shares (sv.proportion) and population=.",
        lambda: calibrate({"gioi": sv.count(design(), by="gioi"), "nhom": {1: 60, 2: 60}}),
    )


# --- levels and rows ----------------------------------------------------------------------------------------

LETTERS = PEOPLE.assign(chu=list("abcdefgh"))


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            lambda: calibrate({"chu": {"x": 120}}, LETTERS),
            "targets['chu'] has no target for 'a' (1 rows), 'b' (1 rows), 'c' (1 rows), 'd' (1 rows), 'e' "
            f"(1 rows) and 3 more. {ADD_ALL}",
        ),
        (
            lambda: calibrate({"gioi": {**COUNTS, "a": 1, "b": 2, "c": 3, "d": 4}}),
            "targets['gioi'] has a target for 'a', 'b', 'c' and 1 more, but no row has them. "
            "Join them with other levels, or check the spelling.",
        ),
        (
            lambda: calibrate({"gioi": {"Nam": 60, "Nử": 60}}),
            f"targets['gioi'] has no target for 'Nữ' (4 rows). Did you mean 'Nử'? {ADD}",
        ),
        (
            lambda: calibrate({"nhom": {"1": 60, "2": 60}}),
            "targets['nhom'] has no target for 1 (4 rows), 2 (4 rows). 1 is a number and '1' is text: make "
            f"them the same. {ADD_ALL}",
        ),
        (
            lambda: calibrate({"nhom": {"1": 60, "2": 60}}, PEOPLE.assign(nhom=PEOPLE["nhom"] * 1.0)),
            "targets['nhom'] has no target for 1.0 (4 rows), 2.0 (4 rows). 1.0 is a number and '1' is text: "
            f"make them the same. {ADD_ALL}",
        ),
        (
            lambda: calibrate({"nhom": {1: 60, 2: 60}}, PEOPLE.assign(nhom="0" + PEOPLE["nhom"].astype(str))),
            "targets['nhom'] has no target for '01' (4 rows), '02' (4 rows). '01' is text and 1 is a "
            f"number: make them the same. {ADD_ALL}",
        ),
        (
            lambda: calibrate({"b": {"True": 60, "False": 60}}, PEOPLE.assign(b=PEOPLE["nhom"] == 1)),
            "targets['b'] has no target for False (4 rows), True (4 rows). False is yes or no and 'False' "
            f"is text: make them the same. {ADD_ALL}",
        ),
        (
            lambda: calibrate({("gioi", "nhom"): {("Nam", 1): 30, ("Nam", 2): 30, ("Nữ", 1): 60}}),
            f"targets['gioi × nhom'] has no target for ('Nữ', 2) (2 rows). {ADD}",
        ),
        (
            lambda: calibrate(
                {("gioi", "tang"): {(g, t): 24 for g in ("Nam", "Nữ") for t in "AB"} | {("Nữ", "C"): 24}}
            ),
            f"targets['gioi × tang'] has a target for ('Nữ', 'C'), but no row has it. {JOIN}",
        ),
        (
            lambda: poststratify("gioi", {**COUNTS, "Khác": 5}),
            f"targets['gioi'] has a target for 'Khác', but no row has it. {JOIN}",
        ),
        (
            lambda: poststratify("gioi", {"Nam": 60}, empty="leave"),
            f"targets['gioi'] has no target for 'Nữ' (4 rows). {ADD}",
        ),
    ],
)
def test_levels_without_target_and_targets_without_rows_are_named(call, sentence):
    refused(MarginError, sentence, call)


def test_blanks_and_marks_apart_from_their_letters_make_no_difference():
    written = {" Nam": 60, unicodedata.normalize("NFD", "Nữ") + " ": 60}
    assert calibrate({"gioi": written}).weights.tolist() == calibrate({"gioi": COUNTS}).weights.tolist()


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            lambda: calibrate({"gioi": COUNTS}, at("gioi", 3, None)),
            "targets['gioi']: the column is missing in row 3. Fill it in before calibrating, or leave those "
            "rows out.",
        ),
        (
            lambda: calibrate({("gioi", "nhom"): {("Nam", 1): 120}}, at("nhom", 3, np.nan)),
            "targets['gioi × nhom']: 'nhom' is missing in row 3. Fill it in before calibrating, or leave "
            "those rows out.",
        ),
        *(
            (
                lambda value=value: calibrate({"tuoi": 5000}, at("tuoi", 3, value)),
                "targets['tuoi']: the column is missing or infinite in row 3. Fill it in before "
                "calibrating, or leave those rows out.",
            )
            for value in (np.nan, np.inf)
        ),
    ],
)
def test_a_missing_auxiliary_is_refused(call, sentence):
    refused(DataError, sentence, call)


# --- shares, counts, number of people -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "call", "sentence"),
    [
        (
            MarginError,
            lambda: calibrate({"gioi": {"Nam": 490, "Nữ": 510}, "nhom": {1: 300, 2: 600}}),
            "targets have different sums ('gioi': 1000, 'nhom': 900), so no weights can agree with all. "
            "Correct them.",
        ),
        (
            MarginError,
            lambda: calibrate({"gioi": {"Nam": 49, "Nữ": 51}, "nhom": {1: 30, 2: 70}}),
            "targets sum to 100 ('gioi': 100, 'nhom': 100): write shares that sum to 1, or counts of people. "
            "If they are 100 people, pass population=100 to calibrate.",
        ),
        (
            MarginError,
            lambda: calibrate({"gioi": SHARES, "nhom": {1: 300, 2: 600}}),
            "targets mix shares and counts ('gioi': 1, 'nhom': 900). "
            "Write all as shares that sum to 1, or all as counts.",
        ),
        (
            MarginError,
            lambda: poststratify("gioi", {"Nam": 0.4, "Nữ": 0.5}),
            "targets sum to 0.9 ('gioi': 0.9): shares must sum to 1.",
        ),
        (
            ArgumentError,
            lambda: calibrate({"gioi": SHARES, "tuoi": 4000}),
            "targets['tuoi'] is a total, but the other targets are shares, which leave the number of people "
            "open. Pass population=, or write counts.",
        ),
        *(
            (
                ArgumentError,
                lambda people=people: calibrate({"gioi": SHARES}, population=people),
                f"population={people!r}: pass the number of people, above 0.",
            )
            for people in (-3, "100", True, {"A": 50, "B": 50})
        ),
        (
            MarginError,
            lambda: calibrate({"gioi": COUNTS}, population=131),
            "population=131, but the counts in targets sum to 120. Correct one of them.",
        ),
        (ArgumentError, lambda: poststratify([], COUNTS), "cells=[]: name at least one column."),
        (
            ArgumentError,
            lambda: poststratify(["gioi", "gioi"], COUNTS),
            "cells=['gioi', 'gioi'] names a column twice.",
        ),
        (
            ArgumentError,
            lambda: poststratify("gioi", COUNTS, empty="drop"),
            "empty='drop' is not known. Choose one of 'error', 'leave'.",
        ),
        (
            TypeError,
            lambda: poststratify("gioi", 60),
            "targets['gioi'] is a int; pass {level: share or count}.",
        ),
    ],
)
def test_sums_that_do_not_fit_are_refused(kind, call, sentence):
    refused(kind, sentence, call)


# --- the design afterwards ----------------------------------------------------------------------------------


def test_a_design_is_as_it_was_after_targets_are_refused():
    sentence = f"targets['gioi'] has no target for 'Nữ' (4 rows). {ADD}"
    start = sv.rake(design(), {"nhom": {1: 0.4, 2: 0.6}})
    for step in (
        lambda d: sv.calibrate(d, {"gioi": {"Nam": 60}}),
        lambda d: sv.poststratify(d, "gioi", {"Nam": 60}),
    ):
        unchanged(MarginError, sentence, step, start)
