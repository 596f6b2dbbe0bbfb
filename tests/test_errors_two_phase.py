"""The sentences a user reads when a second phase is refused, word for word."""

import re

import numpy as np
import pytest
from test_two_phase import ROWS, first

import surveykit as sv
from sampling.checks import ArgumentError, ColumnError, DataError, LonelyPSUError


def refused(kind, sentence, call):
    with pytest.raises(kind, match=f"^{re.escape(sentence)}$") as error:
        call()
    assert type(error.value) is kind


def test_refusals():
    def second(table=ROWS, selected="chon", **words):
        return sv.Design(table, weights="w").second_phase(selected, **words)

    refused(TypeError, "selected=['chon']: pass the name of one column.", lambda: second(selected=["chon"]))
    refused(
        ColumnError,
        "selected='chonn': the data have no such column. Did you mean 'chon'?",
        lambda: second(selected="chonn"),
    )
    mend = "Write 1 or True for rows of the second phase, 0 or False for the others."
    refused(
        DataError,
        f"selected='chon' is 2 in row 1. {mend}",
        lambda: second(ROWS.assign(chon=ROWS["chon"].where(ROWS.index != 1, 2))),
    )
    refused(
        DataError,
        f"selected='chon' is missing in row 1. {mend}",
        lambda: second(ROWS.assign(chon=ROWS["chon"].where(ROWS.index != 1))),
    )
    refused(
        DataError,
        "selected='chon' has nobody in the second phase. Check the column.",
        lambda: second(ROWS.assign(chon=0)),
    )
    refused(
        DataError,
        "strata='loai': 'y' has nobody in the second phase among 4 rows. Merge it with another stratum.",
        lambda: second(ROWS.assign(chon=ROWS["chon"].where(ROWS["loai"] == "x", 0)), strata="loai"),
    )
    refused(
        LonelyPSUError,
        "strata='loai': 'y' has one row in the second phase among 4, so the variance of that phase cannot be "
        "estimated. Merge it with another stratum.",
        lambda: second(ROWS.assign(chon=ROWS["chon"].where(~ROWS.index.isin([5, 7]), 0)), strata="loai"),
    )
    refused(
        DataError,
        "fpc='n1' says 3 rows of the first phase, but strata='loai': 'x' has 4 in the second. Give "
        "the number of "
        "rows of the first phase, or the fraction drawn.",
        lambda: second(ROWS.assign(n1=np.where(ROWS["loai"] == "x", 3, 4)), strata="loai", fpc="n1"),
    )
    refused(
        DataError,
        "fpc='n1' differs inside one stratum of the second phase: 6 and 4. Rows of a stratum have "
        "one chance; "
        "name the strata in strata=.",
        lambda: second(ROWS.assign(n1=[6] * 9 + [4]), fpc="n1"),
    )
    refused(
        DataError,
        "probabilities='n1' is 6 in rows 0, 1, 2 and 7 more. Give the chance of the second phase, "
        "above 0 and at "
        "most 1.",
        lambda: second(ROWS.assign(n1=6), probabilities="n1"),
    )
    refused(
        DataError,
        "fpc='n1' is -1 in rows 0, 1, 2 and 7 more. Give the chance of the second phase, above 0 and "
        "at most 1, "
        "or the number of rows.",
        lambda: second(ROWS.assign(n1=-1), fpc="n1"),
    )
    refused(
        ArgumentError,
        "fpc='n1' and probabilities='x' say the same. Pass one.",
        lambda: second(fpc="n1", probabilities="x"),
    )
    refused(TypeError, "fpc=3: pass the name of one column.", lambda: second(fpc=3))


def test_designs_that_have_no_second_phase():
    def refuse(sentence, design, **words):
        refused(ArgumentError, sentence, lambda: design.second_phase("chon", **words))

    plain = first()
    refuse(
        "second_phase: the design has a second phase already. A third is not supported.",
        plain.second_phase("chon"),
    )
    refuse(
        "second_phase: the design has weighting steps (calibrate (x)), whose variance would be lost. Call "
        "second_phase first and weight after it.",
        sv.calibrate(plain, {"x": 160.0}),
    )
    refuse(
        "second_phase: replicates know nothing of a second phase. Start from the design without them.",
        sv.replicate_weights(plain, "JKn"),
    )
    refuse(
        "second_phase: the rows are self-selected, so the first phase has no chances to start from.",
        sv.Design(ROWS, sampling="self-selected"),
    )
    refuse(
        "second_phase: the design is only of the rows x > 2. Start from the whole design, and call "
        "where() on "
        "the result.",
        plain.where("x > 2"),
    )
    refuse(
        "second_phase: lonely_psu='centre' and 'average', and lonely_domain=, are not for two phases. Pass "
        "lonely_psu='collapse' or 'certainty' to Design.",
        first(lonely_psu="centre"),
    )
    refuse(
        "method='approx' is for a first phase of rows drawn at random. Leave method out: 'full' "
        "takes clusters "
        "and unequal chances in.",
        first(psu="xa"),
        method="approx",
    )
    refused(
        ArgumentError,
        "replicate_weights: replicates of a two-phase design are not made, for the first phase and "
        "the second "
        "vary in different ways. Its standard errors come from the Taylor variance.",
        lambda: sv.replicate_weights(plain.second_phase("chon"), "JKn"),
    )
    refused(
        ArgumentError,
        "first_phase_totals: the design has one phase. Call design.second_phase(selected='…') before.",
        lambda: plain.first_phase_totals("x"),
    )
    refused(
        DataError,
        "columns='y' is missing in rows 3, 4, 8. Calibration to the first phase needs columns known "
        "for all of "
        "its rows.",
        lambda: plain.second_phase("chon").first_phase_totals("y"),
    )
