"""The sentences a user reads when outcomes cannot be counted, word for word."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

import surveykit as sv
from sampling.checks import ArgumentError, ColumnError, DataError

CASES = pd.DataFrame(
    {
        "w": [10.0] * 6,
        "xa": list("aabbbb"),
        "kq": ["hoàn thành", "từ chối", "không rõ", "vắng nhà", "hoàn thành", "một phần"],
        "thay": [False] * 5 + [True],
    }
)
CLASSES = (
    "I (complete), P (partial), R (refusal or break-off), NC (non-contact), "
    "O (eligible, other non-interview), UH (unknown household), UO (unknown, other), NE (not eligible)"
)
ABSENT = "the data have no such column."


def at(column: str, rows: list[int], value: Any) -> pd.DataFrame:
    """Return the cases with some values changed."""
    data = CASES.astype({column: object})
    data.loc[rows, column] = value
    return data


def words(*values: Any) -> pd.DataFrame:
    return pd.DataFrame({"kq": list(values)})


def refused(kind: type[Exception], sentence: str, call: Any) -> None:
    """Fail unless the call is refused with exactly this sentence."""
    with pytest.raises(kind, match=f"^{re.escape(sentence)}$") as error:
        call()
    assert type(error.value) is kind


def count(data: Any = CASES, status: Any = "kq", **given: Any) -> sv.dispositions:
    return sv.dispositions(data, status, **given)


def spread(data: pd.DataFrame = CASES, **given: Any) -> sv.Design:
    return sv.spread_unknown(sv.Design(data, weights="w"), **{"status": "kq", **given})


@pytest.mark.parametrize(
    ("kind", "call", "sentence"),
    [
        (
            DataError,
            lambda: count(at("kq", [1, 3], "bận")),
            "status='kq': no class is known for 'bận' 2 times (rows 1, 3). "
            f"Say which it is, as in codes={{'bận': 'R'}}: {CLASSES}.",
        ),
        (
            DataError,
            lambda: count(at("kq", [4], "tư chối")),
            "status='kq': no class is known for 'tư chối' once (row 4). Did you mean 'từ chối'? "
            f"Say which it is, as in codes={{'tư chối': 'R'}}: {CLASSES}.",
        ),
        (
            DataError,
            lambda: count(words("I", 1, 2, 2, 3, 3, 3, 3, 3, 4)),
            "status='kq': no class is known for 1 once (row 1), 2 2 times (rows 2, 3), "
            "3 5 times (rows 4, 5, 6 and 2 more) and 1 more words. "
            f"Say which it is, as in codes={{1: 'R'}}: {CLASSES}.",
        ),
        (
            DataError,
            lambda: count(at("kq", [2], None)),
            "status='kq' is missing in row 2. Every case issued needs one: write 'không rõ' where it is not "
            "known whether the person belongs to the survey.",
        ),
        (ColumnError, lambda: count(status="ket_qua"), f"status='ket_qua': {ABSENT}"),
        (ArgumentError, lambda: count(status=["kq", "xa"]), "status=['kq', 'xa']: name one column."),
        (
            ArgumentError,
            lambda: count(codes={"vắng nhà": "N"}),
            f"codes['vắng nhà']='N' is not a class. Choose one of {CLASSES}.",
        ),
        (
            TypeError,
            lambda: count(codes=["I", "R"]),
            "codes is a list; pass {word of the data: class}, as in {'bận': 'R'}.",
        ),
        (
            DataError,
            lambda: count(CASES.iloc[:0]),
            "data has no rows. Check the filter or the file it came from.",
        ),
        (
            DataError,
            lambda: count(sv.Design(CASES, weights="w").where("xa == 'c'")),
            "where=\"xa == 'c'\" leaves no rows with a weight. Check the names and values in it.",
        ),
        (
            DataError,
            lambda: count(CASES.assign(thay=True), substitute="thay"),
            "substitute='thay': no row is a case first issued, so there is no response rate. "
            "Keep the rows of the cases that were replaced.",
        ),
        (
            ArgumentError,
            lambda: count(e=95),
            "e=95: a share, of those of unknown eligibility, is from 0 to 1. Did you mean 0.95?",
        ),
        (
            ArgumentError,
            lambda: count(e=-0.1),
            "e=-0.1: a share, of those of unknown eligibility, is from 0 to 1.",
        ),
        (
            ArgumentError,
            lambda: count(e=np.nan),
            "e=nan: a share, of those of unknown eligibility, is from 0 to 1.",
        ),
        (TypeError, lambda: count(e="0,9"), "e='0,9': pass a number from 0 to 1, or leave it out."),
        (TypeError, lambda: count(e=True), "e=True: pass a number from 0 to 1, or leave it out."),
        (
            ArgumentError,
            lambda: count(sv.Design(CASES, weights="w"), weights="w"),
            "weights='w': a design has its own base weights. Leave weights out.",
        ),
        (
            DataError,
            lambda: count(at("w", [3], -1.0).astype({"w": float}), weights="w"),
            "weights='w' is negative (-1) in row 3. "
            "A weight is a positive number, or 0 for a row that does not count.",
        ),
        (TypeError, lambda: count([1, 2]), "data is a list; pass a pandas DataFrame."),
        (ColumnError, lambda: count(by="xã"), f"by='xã': {ABSENT} Did you mean 'xa'?"),
    ],
)
def test_outcomes_are_refused(kind, call, sentence):
    refused(kind, sentence, call)


@pytest.mark.parametrize(
    ("kind", "call", "sentence"),
    [
        (
            DataError,
            lambda: count(at("thay", [0], 2), substitute="thay"),
            "substitute='thay' is 2 in row 0. Write True for a case that was taken in the place of another, "
            "and False for one issued at first.",
        ),
        (
            DataError,
            lambda: count(CASES.assign(thay=[0, 0, np.nan, 0, 1, np.nan]), substitute="thay"),
            "substitute='thay' is missing in rows 2, 5. Write True for a case that was taken in the place of "
            "another, and False for one issued at first.",
        ),
        (
            TypeError,
            lambda: count(substitute="kq"),
            "substitute='kq' holds text ('hoàn thành', 'từ chối' and 1 more), and it must be True or False.",
        ),
        (ColumnError, lambda: count(substitute="thế"), f"substitute='thế': {ABSENT}"),
        (
            DataError,
            lambda: count(CASES.assign(use=["main"] * 5 + ["released"]), substitute="use"),
            "substitute='use' holds reserves in use, but not the cases that they replaced. "
            "Use sample.table, in which those stand too.",
        ),
        (
            ArgumentError,
            lambda: count(CASES.assign(use=["main"] * 5 + ["released"])),
            "substitute= is not given, but column 'use' holds 1 reserves in use. A case that was replaced is "
            "still a nonrespondent: pass substitute='use' with sample.table, in which the replaced cases "
            "stand too.",
        ),
        (
            ArgumentError,
            lambda: count().to_frame(weighted=True),
            "weighted=True: no weights were given. Pass weights= to dispositions().",
        ),
        (
            ArgumentError,
            lambda: count().to_frame("isued"),
            "cases='isued' is not known. Did you mean 'issued'? Choose one of 'issued', 'with_substitutes'.",
        ),
    ],
)
def test_substitutes_and_tables_are_refused(kind, call, sentence):
    refused(kind, sentence, call)


@pytest.mark.parametrize(
    ("kind", "call", "sentence"),
    [
        (
            DataError,
            lambda: spread(CASES.assign(kq="không rõ")),
            "status='kq': the eligibility of every case is unknown, so none can stand for it.",
        ),
        (
            DataError,
            lambda: spread(at("kq", [0, 1], "không rõ"), cells="xa"),
            "cells=['xa']: in class 'a' the eligibility of every case is unknown (2 rows), so none can stand "
            "for it. Join it with another class.",
        ),
        (
            DataError,
            lambda: spread(at("xa", [1], None), cells="xa"),
            "cells='xa' is missing in row 1. Every row needs its class: fill them in, "
            "or drop rows that were never in the sample.",
        ),
        (
            ArgumentError,
            lambda: sv.spread_unknown(sv.Design(CASES, weights="w").where("xa == 'a'"), status="kq"),
            "spread_unknown: the design is limited by where=\"xa == 'a'\", but weights are for all rows. "
            "Adjust the weights first, then take the part with where=.",
        ),
        (
            TypeError,
            lambda: sv.spread_unknown(CASES, status="kq"),
            "design is a DataFrame; make one first: Design(data, weights='…', strata='…', psu='…').",
        ),
    ],
)
def test_spreading_is_refused(kind, call, sentence):
    refused(kind, sentence, call)
