"""Conditions in where=: what a user is told."""

from __future__ import annotations

import pandas as pd
import pytest
from refusals import refused

import surveykit as sv
from sampling.checks import ArgumentError
from surveykit.columns import condition

PEOPLE = pd.DataFrame(
    {
        "gioi": ["Nam", "Nữ", "Nữ", "Nam"],
        "tuoi": [20, 30, 40, 50],
        "dân tộc": ["Tày", "Kinh", "Tày", "Nùng"],
        "khoi": pd.Categorical(["a", "b", "a", "b"]),
        "ma": ["01", "02", "01", "02"],
        "ngay": pd.to_datetime(["2026-01-01"] * 4),
    }
)
FORM = "Write it like \"tuoi >= 18 and gioi == 'Nữ'\""
NAMES = "; names with spaces in backticks."


def ask(where: str) -> sv.Estimates:
    return sv.mean(sv.Design(PEOPLE, sampling="srs"), "tuoi", where=where)


@pytest.mark.parametrize(
    ("where", "said", "mended"),
    [
        ("gioi = 'Nam'", "equality is written '==', not '='", "gioi == 'Nam'"),
        ("gioi='Nam' and tuoi>3", "equality is written '==', not '='", "gioi=='Nam' and tuoi>3"),
        ("tuoi > 3 and (gioi = 'Nam')", "equality is written '==', not '='", "tuoi > 3 and (gioi == 'Nam')"),
        ("not(gioi = 'Nam')", "equality is written '==', not '='", "not(gioi == 'Nam')"),
        ("`dân tộc` = 'a = b'", "equality is written '==', not '='", "`dân tộc` == 'a = b'"),
        ("tuoi => 30", "'=>' is written '>='", "tuoi >= 30"),
        ("tuoi ≤ 30 và gioi = 'Nữ'", "'≤' is written '<='", "tuoi <= 30 and gioi == 'Nữ'"),
        ("tuoi <> 30 || tuoi > 3", "'<>' is written '!='", "tuoi != 30 or tuoi > 3"),
        ("tuoi > 20 AND tuoi < 50", "'AND' is written 'and'", "tuoi > 20 and tuoi < 50"),
        ("gioi == “Nữ”", "'“' is written '\"'", 'gioi == "Nữ"'),
    ],
)
def test_signs_of_other_languages_are_named_with_the_text_mended(where, said, mended):
    refused(ArgumentError, f"where={where!r}: {said}. Write where={mended!r}.", lambda: ask(where))
    assert condition(PEOPLE, mended).shape == (4,)


@pytest.mark.parametrize(
    ("where", "why"),
    [
        ("gioi > 3", "Invalid comparison between dtype=str and int): 'gioi' holds text ('Nam', 'Nữ')"),
        ("tuoi > 'a'", "Invalid comparison between dtype=int64 and str): 'tuoi' holds numbers"),
        (
            "ma > 1",
            "Invalid comparison between dtype=str and int): 'ma' holds numbers written as text ('01', '02')",
        ),
        (
            "khoi > 'a'",
            "Unordered Categoricals can only compare equality or not): 'khoi' holds categories ('a', 'b')",
        ),
        (
            "`dân tộc` > 3",
            "Invalid comparison between dtype=str and int): 'dân tộc' holds text ('Tày', 'Kinh' and 1 more)",
        ),
        (
            "-ngay > tuoi",
            "bad operand type for unary -: 'DatetimeArray'): 'ngay' holds dates, 'tuoi' holds numbers",
        ),
        ("gioi[99] == 'a'", "KeyError 99)"),
        ("gioi == 'Nam' and foo(tuoi)", '"foo" is not a supported function)'),
        ("tuoi.iloc[99] > 3", "single positional indexer is out-of-bounds)"),
        ("1 / 0 > tuoi", "division by zero)"),
        ("gioi & 3", "cannot evaluate scalar only bool ops)"),
        ("lambda x: 3", "'Lambda' nodes are not implemented)"),
        ("gioi.str.foo(regex=True)", "'StringMethods' object has no attribute 'foo')"),
    ],
)
def test_a_condition_that_cannot_be_worked_out_says_what_its_columns_hold(where, why):
    refused(ArgumentError, f"where={where!r} cannot be worked out ({why}. {FORM}.", lambda: ask(where))


@pytest.mark.parametrize(
    ("where", "fault"),
    [
        ("tuoi >", "breaks off at its end"),
        ("tuoi >= 18 &", "breaks off at its end"),
        ("dân tộc == 'Tày'", "cannot be read from \"tộc == 'Tày'\" on"),
        ("(tuoi > 18", "cannot be read from '(tuoi > 18' on"),
        ("  `dân tộc` == 'Tày", 'cannot be read from "\'Tày" on'),
        ("tuoi\n> 3", "stands on several lines"),
    ],
)
def test_a_condition_that_cannot_be_read_shows_the_place(where, fault):
    refused(ArgumentError, f"where={where!r} {fault}. {FORM}{NAMES}", lambda: ask(where))


@pytest.mark.parametrize("where", ["tuoi.head(3) > 2", "tuoi > 1,5", "True"])
def test_a_condition_is_for_each_row(where):
    sentence = f'where={where!r} gives no yes or no for each row. Write a comparison, as in "tuoi >= 18".'
    refused(ArgumentError, sentence, lambda: ask(where))


def test_arguments_of_a_call_and_quoted_text_are_no_comparisons():
    assert ask("gioi.str.contains('N', regex=False)").value.iloc[0] == 35
    assert ask("gioi != 'a = b' and `dân tộc` != 'Hoa => &&'").value.iloc[0] == 35
