"""Formulas that cannot be read: what a user is told."""

from __future__ import annotations

import pandas as pd
import pytest
from refusals import refused

import surveykit as sv
from sampling.checks import ArgumentError, ColumnError

PEOPLE = pd.DataFrame(
    {
        "hl": [1.0, 2, 3, 4, 5, 4],
        "tuoi": [20, 30, 40, 50, 60, 25],
        "gioi": ["Nam", "Nữ", "Nữ", "Nam", "Nam", "Nữ"],
        "dân tộc": ["Tày", "Kinh", "Tày", "Nùng", "Kinh", "Tày"],
    }
)
FORM = 'Write it like "hai_long ~ tuoi + C(gioi)"; names with spaces in backticks.'


def regress(formula: str) -> sv.regression.Regression:
    return sv.regress(sv.Design(PEOPLE, sampling="srs"), formula)


@pytest.mark.parametrize(
    ("formula", "fault"),
    [
        ("hl ~ gioi +", "breaks off at its end: a term is missing after '+'"),
        ("hl ~", "breaks off at its end: a term is missing after '~'"),
        ("hl ~ `dân tộc` *", "breaks off at its end: a term is missing after '*'"),
        ("hl ~ tuoi + * gioi", "cannot be read from '* gioi' on: a term is missing before it"),
        ("hl ~ tuoi * (`dân tộc`", "cannot be read from '(`dân tộc`' on: its bracket is not closed"),
        ("hl ~ C(gioi + tuoi", "cannot be read from 'C(gioi + tuoi' on: its bracket is not closed"),
        ("hl ~ gioi) + tuoi", "cannot be read from ') + tuoi' on: the bracket was not opened"),
        ("hl ~ gioi] + tuoi", "cannot be read from '] + tuoi' on: the bracket was not opened"),
        (
            "hl ~ gioi ~ tuoi",
            "cannot be read from '~ tuoi' on: one '~' stands between the answer and the terms",
        ),
        (
            "hl ~ gioi ** tuoi",
            "cannot be read from 'tuoi' on: '**' needs a whole number of 1 or more after it",
        ),
        (
            "hl ~ 2 + tuoi",
            "cannot be read from '2 + tuoi' on: no number is a term but 1 and 0, with and without the "
            "intercept",
        ),
        ("hl ~ tuoi + 1**2", "cannot be read from '1**2' on: the intercept has no interactions"),
        ("hl ~ tuoi # x", "cannot be read from '# x' on: '#' begins a comment"),
        (
            "hl ~ tuoi $ gioi",
            "cannot be read from '$ gioi' on: no name or sign begins so, or a quotation mark is not closed",
        ),
        (
            "hl ~ 'tuoi",
            'cannot be read from "\'tuoi" on: no name or sign begins so, or a quotation mark is not closed',
        ),
    ],
)
def test_a_formula_that_cannot_be_read_shows_the_place(formula, fault):
    refused(ArgumentError, f"formula={formula!r} {fault}. {FORM}", lambda: regress(formula))


@pytest.mark.parametrize(
    ("formula", "sentence"),
    [
        ("hl ~ tuoi; gioi", "'tuoi;gioi' cannot be read. Put names with spaces or signs in backticks."),
        ("hl ~ tuoi, `dân tộc`", "'tuoi, `dân tộc`' is a list. Join terms by '+'."),
        (
            "hl ~ lgo(tuoi)",
            "there is no function 'lgo'. Did you mean 'log'? Formulas have log, exp, sqrt, abs and those of "
            "np; C(…) for categories written as numbers.",
        ),
        (
            "hl ~ factor(gioi)",
            "there is no function 'factor'. Formulas have log, exp, sqrt, abs and those of "
            "np; C(…) for categories written as numbers.",
        ),
    ],
)
def test_a_piece_of_a_formula_that_is_no_term_is_named(formula, sentence):
    refused(ArgumentError, f"formula={formula!r}: {sentence}", lambda: regress(formula))


@pytest.mark.parametrize(
    ("formula", "name", "likely"),
    [
        ("hl ~ tuoi + gioii", "gioii", "gioi"),
        ("HL ~ gioi", "HL", "hl"),
        ("hl ~ C(goi)", "goi", "gioi"),
        ("hl ~ `dan toc`", "dan toc", "dân tộc"),
        ("hl ~ np.log(tuoii)", "tuoii", "tuoi"),
        ("hl ~ tuoi + gioi:tuổi", "tuổi", "tuoi"),
    ],
)
def test_an_unknown_column_in_a_formula_has_a_likely_name(formula, name, likely):
    sentence = f"formula={formula!r}: the data have no column {name!r}. Did you mean {likely!r}?"
    refused(ColumnError, sentence, lambda: regress(formula))
