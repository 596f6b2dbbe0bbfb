"""The sentences a user reads when a weighting step is refused, word for word."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from refusals import ABSENT, PEOPLE, TARGET, at, design, refused

import surveykit as sv
from sampling.checks import ArgumentError, ColumnError, DataError, MarginError

# --- nonresponse --------------------------------------------------------------------------------------------


def adjust(data: pd.DataFrame = PEOPLE, **words: Any) -> sv.Design:
    return sv.adjust_nonresponse(design(data), **{"responded": "tra_loi", **words})


@pytest.mark.parametrize(
    ("kind", "call", "sentence"),
    [
        (
            DataError,
            lambda: adjust(at("tra_loi", 2, 2)),
            "responded='tra_loi' is 2 in row 2. Write 1 for a usable answer and 0 for none.",
        ),
        (
            DataError,
            lambda: adjust(at("tra_loi", 2, np.nan)),
            "responded='tra_loi' is missing in row 2. Write 1 for a usable answer and 0 for none.",
        ),
        (
            TypeError,
            lambda: adjust(responded="gioi"),
            "responded='gioi' holds text ('Nam', 'Nữ'), and it must be 1 or 0.",
        ),
        (
            ColumnError,
            lambda: adjust(responded="traloi"),
            f"responded='traloi': {ABSENT} Did you mean 'tra_loi'?",
        ),
        (
            ArgumentError,
            lambda: adjust(responded=["tra_loi", "nhom"]),
            "responded=['tra_loi', 'nhom']: name one column.",
        ),
        (
            DataError,
            lambda: adjust(PEOPLE.assign(tra_loi=0)),
            "responded='tra_loi' is 0 in every row with a weight: nobody responded.",
        ),
        (
            DataError,
            lambda: adjust(PEOPLE.assign(tra_loi=[0, 1] * 4), cells="gioi"),
            "cells=['gioi']: class 'Nam' has no respondents (4 rows), so nobody can stand for it. "
            "Join it with another class, or use fewer cells. (collapse_below=1 joins it with its neighbour.)",
        ),
        (
            DataError,
            lambda: adjust(cells=["gioi", "nhom", "tang"]),
            "cells=['gioi', 'nhom', 'tang']: class ('Nam', 2, 'B') has no respondents (1 rows), so nobody "
            "can stand for it. Join it with another class, or use fewer cells. (collapse_below=1 joins it "
            "with its neighbour.)",
        ),
        (
            DataError,
            lambda: adjust(at("gioi", 1, None), cells="gioi"),
            "cells='gioi' is missing in row 1. Every row needs its class: fill them in, or drop rows that "
            "were never in the sample.",
        ),
    ],
)
def test_nonresponse_is_refused(kind, call, sentence):
    refused(kind, sentence, call)


# --- raking -------------------------------------------------------------------------------------------------


def rake(margins: Any, data: pd.DataFrame = PEOPLE, **words: Any) -> sv.Design:
    return sv.rake(design(data), margins, **words)


SEX = {"Nam": 0.49, "Nữ": 0.51}


@pytest.mark.parametrize(
    ("kind", "call", "sentence"),
    [
        (
            MarginError,
            lambda: rake({"gioi": {"Nam": 1.0}}),
            "margins['gioi'] has no target for 'Nữ' (4 rows). Add it, or recode those rows.",
        ),
        (
            MarginError,
            lambda: rake({"gioi": {"nam": 0.5, "Nữ": 0.5}}),
            "margins['gioi'] has no target for 'Nam' (4 rows). Did you mean 'nam'? "
            "Add it, or recode those rows.",
        ),
        (
            MarginError,
            lambda: rake({"gioi": {**SEX, "Khác": 0.01}}),
            "margins['gioi'] has a target for 'Khác', but no row has it. "
            "Join it with another level, or check the spelling.",
        ),
        (
            MarginError,
            lambda: rake({"gioi": {"Nam": 490, "Nữ": 510}, "nhom": {1: 300, 2: 600}}),
            "margins have different sums ('gioi': 1000, 'nhom': 900), "
            "so no weights can agree with all. Correct them.",
        ),
        (
            MarginError,
            lambda: rake({"gioi": {"Nam": 49, "Nữ": 51}}),
            "margins sum to 100 ('gioi': 100): write shares that sum to 1, or counts of people. If they "
            "are 100 people, pass population=100 to calibrate.",
        ),
        (
            MarginError,
            lambda: rake({"gioi": {"Nam": 0.4, "Nữ": 0.5}}),
            "margins sum to 0.9 ('gioi': 0.9): shares must sum to 1.",
        ),
        (
            MarginError,
            lambda: rake({"gioi": {"Nam": -1, "Nữ": 51}}),
            f"margins['gioi']['Nam'] is -1. {TARGET}",
        ),
        (
            MarginError,
            lambda: rake({"gioi": {"Nam": np.nan, "Nữ": 51}}),
            f"margins['gioi']['Nam'] is nan. {TARGET}",
        ),
        (
            MarginError,
            lambda: rake({"gioi": {"Nam": "0,5", "Nữ": 0.5}}),
            f"margins['gioi']['Nam'] is '0,5'. {TARGET}",
        ),
        (
            DataError,
            lambda: rake({"gioi": SEX}, at("gioi", 6, None)),
            "margins['gioi']: the column is missing in row 6. "
            "Fill it in before raking, or leave those rows out.",
        ),
        (
            MarginError,
            lambda: rake(
                {"gioi": SEX, "phai": {"M": 0.4, "F": 0.6}},
                PEOPLE.assign(phai=np.where(PEOPLE["gioi"] == "Nam", "M", "F")),
            ),
            "margins: 'phai' 'M' is the same as 'gioi' 'Nam' in every row, so its target would have to be "
            "0.49, not 0.4. Drop it, or correct the targets.",
        ),
        (ColumnError, lambda: rake({"giói": SEX}), f"margins='giói': {ABSENT} Did you mean 'gioi'?"),
        (TypeError, lambda: rake({}), "margins={}: pass {column: {level: share or count}}."),
        (TypeError, lambda: rake({"gioi": 0.5}), "margins['gioi'] is a float; pass {level: share or count}."),
        (
            ArgumentError,
            lambda: rake({"gioi": SEX}, linearisation="bse"),
            "linearisation='bse' is not known. Did you mean 'base'? Choose one of 'raked', 'base'.",
        ),
    ],
)
def test_raking_is_refused(kind, call, sentence):
    refused(kind, sentence, call)


# --- every step ---------------------------------------------------------------------------------------------

STEPS = {
    "adjust_nonresponse": lambda d: sv.adjust_nonresponse(d, responded="tra_loi"),
    "redistribute": lambda d: sv.redistribute(d, give="nhom == 1", take="nhom == 2"),
    "multiply_weights": lambda d: sv.multiply_weights(d, "nhom"),
    "rake": lambda d: sv.rake(d, {"gioi": SEX}),
    "poststratify": lambda d: sv.poststratify(d, "gioi", SEX),
    "calibrate": lambda d: sv.calibrate(d, {"gioi": SEX}),
    "trim": lambda d: sv.trim(d, upper=18),
}
every_step = pytest.mark.parametrize("step", STEPS)


@every_step
def test_steps_come_before_where(step):
    refused(
        ArgumentError,
        f"{step}: the design is limited by where='nhom == 1', but weights are for all rows. "
        "Adjust the weights first, then take the part with where=.",
        lambda: STEPS[step](design().where("nhom == 1")),
    )


@every_step
def test_steps_need_a_design(step):
    sentence = "design is a DataFrame; make one first: Design(data, weights='…', strata='…', psu='…')."
    refused(TypeError, sentence, lambda: STEPS[step](PEOPLE))
