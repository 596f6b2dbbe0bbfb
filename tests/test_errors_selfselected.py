"""The sentences a user reads when rows that chose themselves cannot be weighted, word for word."""

import re

import numpy as np
import pandas as pd
import pytest

import surveykit as sv
from sampling.checks import ArgumentError, ColumnError, DataError, MarginError

OWN = pd.DataFrame({"gioi": ["Nam", "Nữ", "Nữ", "Nữ"], "tuoi": [20.0, 30, 40, 50], "diem": [1.0, 0, 1, 1]})
SAMPLE = pd.DataFrame(
    {"gioi": ["Nam", "Nữ"] * 3, "tuoi": [25.0, 35, 45, 55, 65, 30], "diem": [0.0, 1] * 3, "w": 100.0}
)


def refused(kind, sentence, call):
    with pytest.raises(kind, match=f"^{re.escape(sentence)}$") as error:
        call()
    assert type(error.value) is kind


def weigh(own=OWN, sample=SAMPLE, using="gioi", **words):
    return sv.pseudo_weights(
        sv.Design(own, sampling="self-selected"), sv.Design(sample, weights="w"), using=using, **words
    )


CHOSEN = sv.Design(OWN, sampling="self-selected")
DRAWN = sv.Design(SAMPLE, weights="w")
LEVELS = "Recode or join levels until both have the same."


@pytest.mark.parametrize(
    ("kind", "call", "sentence"),
    [
        (
            ArgumentError,
            lambda: sv.pseudo_weights(sv.Design(OWN, sampling="srs"), DRAWN, using="gioi"),
            "pseudo_weights: the design has sampling='srs', so its weights follow from how the rows "
            "were drawn. This is for sampling='self-selected'; to mend weights use calibrate or "
            "adjust_nonresponse.",
        ),
        (
            TypeError,
            lambda: sv.pseudo_weights(CHOSEN, SAMPLE, using="gioi"),
            "reference is a DataFrame; pass the Design of a probability sample. Where only totals "
            "are known use rake or calibrate.",
        ),
        (
            ArgumentError,
            lambda: sv.pseudo_weights(CHOSEN, CHOSEN, using="gioi"),
            "reference has sampling='self-selected': rows that chose themselves cannot stand for the "
            "population. Pass a probability sample; where only totals are known use rake or calibrate.",
        ),
        (
            ArgumentError,
            lambda: sv.pseudo_weights(weigh(), DRAWN, using="gioi"),
            "pseudo_weights: the design is weighted already (pseudo-weights (gioi)), and pseudo-weights take "
            "the place of weights. Start from Design(data, sampling='self-selected').",
        ),
        (
            ArgumentError,
            lambda: sv.pseudo_weights(
                sv.Design(OWN, weights="tuoi", sampling="self-selected"), DRAWN, using="gioi"
            ),
            "pseudo_weights: the design is weighted already (column 'tuoi'), and pseudo-weights take "
            "the place of weights. Start from Design(data, sampling='self-selected').",
        ),
        (
            ArgumentError,
            lambda: sv.pseudo_weights(CHOSEN.where("tuoi > 20"), DRAWN, using="gioi"),
            "pseudo_weights: the design is limited by where='tuoi > 20', but weights are for all "
            "rows. Adjust the weights first, then take the part with where=.",
        ),
        (
            ArgumentError,
            lambda: weigh(method="propensty"),
            "method='propensty' is not known. Did you mean 'propensity'? Choose one of 'propensity', "
            "'calibration'.",
        ),
        (ArgumentError, lambda: weigh(using=[]), "using=[]: name at least one column."),
        (
            ArgumentError,
            lambda: weigh(using=["gioi", "gioi"]),
            "using=['gioi', 'gioi'] names a column twice.",
        ),
        (
            ColumnError,
            lambda: weigh(using="giới"),
            "using='giới': the data have no such column. Did you mean 'gioi'?",
        ),
        (
            ColumnError,
            lambda: weigh(sample=SAMPLE.rename(columns={"gioi": "phai"})),
            "using='gioi': the reference has no such column.",
        ),
        (
            ArgumentError,
            lambda: weigh(sample=SAMPLE.assign(w=0.5)),
            "reference: its weights sum to 3 people, but 4 rows chose themselves. Pass population=, or a "
            "reference whose weights sum to the population.",
        ),
        (
            ArgumentError,
            lambda: weigh(population=-5),
            "population=-5: pass the number of people, above 0.",
        ),
        (
            DataError,
            lambda: weigh(own=OWN.assign(gioi=["Nam", None, "Nữ", "Nữ"])),
            "using='gioi' is missing in row 1 of the design. Fill it in, or make missing a level of its own.",
        ),
        (
            DataError,
            lambda: weigh(sample=SAMPLE.assign(tuoi=[25.0, np.nan, 45, np.nan, 65, 30]), using="tuoi"),
            "using='tuoi' is missing in rows 1, 3 of the reference. Fill it in, or make missing a "
            "level of its own.",
        ),
        (
            DataError,
            lambda: weigh(own=OWN.assign(tuoi=[20.0, np.inf, 40, 50]), using="tuoi"),
            "using='tuoi' is infinite in row 1 of the design. Correct it.",
        ),
        (
            TypeError,
            lambda: weigh(own=OWN.assign(tuoi=["20,5", "30", "40", "50"]), using="tuoi"),
            "using='tuoi' holds numbers written as text ('20,5', '30' and 1 more), and the chance of "
            "answering "
            "depends on numbers or levels. Turn them into numbers first: "
            "data['tuoi'].str.replace(',', '.', regex=False).astype(float).",
        ),
        (
            MarginError,
            lambda: weigh(own=OWN.assign(gioi=["Nam", "Khác", "Nữ", "Khác"])),
            f"using='gioi': the levels do not match. Only among the self-selected: 'Khác' (2 rows). {LEVELS}",
        ),
        (
            MarginError,
            lambda: weigh(own=OWN.assign(gioi=["nam", "Nữ", "Nữ", "Nữ"])),
            "using='gioi': the levels do not match. Only among the self-selected: 'nam' (1 rows). "
            f"Only in the reference: 'Nam' (3 rows). {LEVELS}",
        ),
        (
            MarginError,
            lambda: weigh(
                own=OWN.assign(ma=["1", "2", "2", "2"]), sample=SAMPLE.assign(ma=[1, 2] * 3), using="ma"
            ),
            "using='ma': the levels do not match. Only among the self-selected: '1' (1 rows), '2' (3 "
            f"rows). Only in the reference: 1 (3 rows), 2 (3 rows). '1' is text and 1 is a number. {LEVELS}",
        ),
        (
            MarginError,
            lambda: weigh(
                own=OWN.assign(ma=["a", "b", "c", "d"]), sample=SAMPLE.assign(ma=list("ABCDEF")), using="ma"
            ),
            "using='ma': the levels do not match. Only among the self-selected: 'a' (1 rows), 'b' (1 "
            "rows), 'c' (1 rows), 'd' (1 rows). Only in the reference: 'A' (1 rows), 'B' (1 rows), "
            f"'C' (1 rows), 'D' (1 rows), 'E' (1 rows) and 1 more. {LEVELS}",
        ),
        (
            DataError,
            lambda: weigh(sample=SAMPLE.assign(w=[100.0, 1] * 3)),
            "using='gioi': 3 rows with 'Nữ' chose themselves, but by the reference there are 3 such "
            "people. Join levels, look for people who answered twice, or pass population=.",
        ),
        (
            DataError,
            lambda: weigh(own=OWN.assign(tuoi=[90.0, 91, 92, 93]), using=["tuoi", "gioi"]),
            "using=['tuoi', 'gioi']: no chances of answering fit, because the rows that chose "
            "themselves differ too much from the reference. Use fewer columns, or join levels.",
        ),
    ],
)
def test_pseudo_weights_are_refused(kind, call, sentence):
    refused(kind, sentence, call)


def test_a_reference_with_weights_below_0_is_refused():
    with pytest.warns(UserWarning, match="below 0"):
        below = sv.calibrate(DRAWN, {"tuoi": 500 * 66.0}, population=500)
    least = below.w.min()
    refused(
        DataError,
        f"reference: {(below.w < 0).sum()} weights are below 0 ({least:g}), so its rows do not stand "
        "for people. Calibrate it with distance='raking', or with bounds=.",
        lambda: sv.pseudo_weights(CHOSEN, below, using="gioi"),
    )


@pytest.mark.parametrize(
    ("kind", "call", "sentence"),
    [
        (
            ArgumentError,
            lambda: sv.data_defect(DRAWN, DRAWN, "diem"),
            "data_defect: the design has sampling='probability', so its weights follow from how the "
            "rows were drawn. This is for sampling='self-selected'; to mend weights use calibrate or "
            "adjust_nonresponse.",
        ),
        (
            ColumnError,
            lambda: sv.data_defect(CHOSEN, DRAWN, "điem"),
            "y='điem': the design has no such column. Did you mean 'diem'?",
        ),
        (
            ColumnError,
            lambda: sv.data_defect(CHOSEN, sv.Design(SAMPLE.drop(columns="diem"), weights="w"), "diem"),
            "y='diem': the reference has no such column.",
        ),
        (
            TypeError,
            lambda: sv.data_defect(CHOSEN, DRAWN, ["diem"]),
            "y=['diem']: one question at a time. Give the name of its column as text.",
        ),
        (
            DataError,
            lambda: sv.data_defect(CHOSEN, sv.Design(SAMPLE.assign(diem=1.0), weights="w"), "diem"),
            "y='diem': all answers of the reference are alike, so nothing can be compared.",
        ),
        (
            TypeError,
            lambda: sv.data_defect(OWN, DRAWN, "diem"),
            "design is a DataFrame; make one first: Design(data, weights='…', strata='…', psu='…').",
        ),
    ],
)
def test_a_defect_is_refused(kind, call, sentence):
    refused(kind, sentence, call)


@pytest.mark.parametrize(
    ("kind", "words", "sentence"),
    [
        (
            ArgumentError,
            {"sampling": "srs", "defect": 0.005},
            "defect=0.005 is for sampling='self-selected': rows drawn by chance have none.",
        ),
        (
            ArgumentError,
            {"sampling": "self-selected", "defect": 5},
            "defect=5: write it as a share between 0 and 1. Did you mean 0.05?",
        ),
        (
            TypeError,
            {"sampling": "self-selected", "defect": "nhỏ"},
            "defect='nhỏ': pass a number between 0 and 1.",
        ),
    ],
)
def test_an_assumed_defect_is_a_share_of_self_selected_rows(kind, words, sentence):
    refused(kind, sentence, lambda: sv.Design(OWN, **words))
