"""The sentences a user reads when unequal chances are refused, word for word."""

import re

import numpy as np
import pandas as pd
import pytest
from test_chances import JOINT, LONELY, ROWS, design, joined, lonely

import surveykit as sv
from sampling.checks import ArgumentError, ColumnError, DataError
from surveykit.chances import HartleyRao, JointProbabilities, Overton, Successive


def refused(kind, sentence, call):
    with pytest.raises(kind, match=f"^{re.escape(sentence)}$") as error:
        call()
    assert type(error.value) is kind


def test_words_and_stages_that_do_not_fit():
    choose = "Choose one of 'brewer', 'overton', 'hajek', 'hartley-rao', 'poisson', 'successive'."
    refused(
        ArgumentError,
        f"pps='brewr' is not known. Did you mean 'brewer'? {choose}",
        lambda: design(pps="brewr"),
    )
    refused(
        ArgumentError,
        "form='yates' is not known. Choose one of 'yates-grundy', 'horvitz-thompson'.",
        lambda: design(pps=Overton("yates")),
    )
    refused(
        ArgumentError,
        "pps='brewer' needs the inclusion probabilities of stage 1. Pass their column in fpc.",
        lambda: design(pps="brewer", fpc=None, weights="pi"),
    )
    refused(
        ArgumentError,
        "pps has 2 entries for 1 stage(s). Give one for each stage named in psu, None where the chances were "
        "equal.",
        lambda: design(pps=["brewer", None]),
    )
    words = "'brewer', 'overton', 'hajek', 'hartley-rao', 'poisson', 'successive'"
    refused(TypeError, f"pps=3: pass a word, one of {words}, or a list of them.", lambda: design(pps=3))
    refused(TypeError, f"pps=3: pass a word, one of {words}.", lambda: design(pps=[3]))
    assert design(pps=[None], fpc="f").pps == ()
    refused(
        ArgumentError,
        "pps: joint probabilities are taken for the first stage only. For a stage below choose 'brewer', "
        "'hajek' or 'hartley-rao'.",
        lambda: design(pps=["brewer", JointProbabilities(JOINT)], psu=["xa", "y"], fpc=["pi", "f"]),
    )


def test_probabilities_that_are_none():
    holds = "With pps= it holds the inclusion probability of each unit: above 0, at most 1."
    for value, said in ((0.0, "0"), (1.2, "1.2"), (np.nan, "nan")):
        data = ROWS.assign(pi=ROWS["pi"].where(ROWS.index != 3, value))
        refused(DataError, f"fpc='pi' is {said} in row 3. {holds}", lambda d=data: design(d, pps="brewer"))
    refused(
        DataError,
        "fpc='pi' differs inside xa 'x1': 0.5 and 0.4. A unit has one inclusion probability, given the unit "
        "above.",
        lambda: design(ROWS.assign(pi=ROWS["pi"].where(ROWS.index != 3, 0.4)), pps="brewer"),
    )
    refused(
        ArgumentError,
        "pps: stratum 'C' has one row drawn by chance beside others taken with certainty, so "
        "its variance cannot "
        "be estimated. Give units of probability 1 a stratum of their own and merge the other "
        "with a neighbour.",
        lambda: sv.total(
            sv.Design(
                LONELY.assign(tang=list("AAACCCC"), pi=[0.2, 0.5, 0.3, 1, 1, 1, 0.5]),
                strata="tang", fpc="pi", pps="brewer",
            ),
            "y",
        ),
    )  # fmt: skip


def test_squares_and_orders_that_do_not_fit():
    refused(
        ArgumentError,
        "sum_p2_over_n=2: pass Σ p² over the population divided by n, a number above 0 and at most 1.",
        lambda: sv.total(design(pps=HartleyRao(2)), "y"),
    )
    refused(
        ArgumentError,
        "sum_p2_over_n has no number for stratum 'B'. Give one for each.",
        lambda: sv.total(design(pps=HartleyRao({"A": 0.5})), "y"),
    )
    refused(
        ArgumentError,
        "sum_p2_over_n by stratum is for the strata of the first stage, none of them joined to another.",
        lambda: lonely("collapse", HartleyRao({"A": 0.5, "B": 0.5, "C": 0.5})),
    )
    refused(
        ColumnError,
        "order='sttt': the data have no such column. Did you mean 'stt'?",
        lambda: sv.total(design(pps=Successive("sttt")), "y"),
    )
    refused(
        DataError,
        "order='nhom' differs inside one xa (rows 1, 3, 5 and 5 more). A unit has one place in the list.",
        lambda: sv.total(design(pps=Successive("nhom")), "y"),
    )


def joint_refused(sentence, matrix, **words):
    refused(ArgumentError, sentence, lambda: sv.total(joined([0, 1, 2, 3], matrix=matrix, **words), "y"))


def test_matrices_that_do_not_fit():
    four = JOINT[:4, :4]
    joint_refused(
        "JointProbabilities: the matrix is 4 × 3. Pass a square one, a row and a column for each unit.",
        four[:, :3],
    )
    joint_refused(
        "JointProbabilities: the matrix is of 6 units, and the data have 4 (row). Keep the rows "
        "and columns of "
        "the units drawn.",
        JOINT,
    )
    other = four.copy()
    other[0, 2] = 0.2
    joint_refused(
        f"JointProbabilities: the matrix is not symmetric: 0 with 2 is 0.2, and the other way round "
        f"{four[2, 0]:g}. Correct one of them.",
        other,
    )
    other = four.copy()
    other[1, 1] = 0.6
    joint_refused(
        "JointProbabilities: the diagonal has 0.6 for 1, and fpc='pi' says 0.7. The diagonal holds the "
        "probability of each unit; check the order of rows.",
        other,
    )
    other = four.copy()
    other[0, 3] = other[3, 0] = 0
    joint_refused(
        "JointProbabilities: 0 and 3 have probability 0 (1 such pairs): units never drawn together, so no "
        "variance is unbiased. Choose pps='hajek', or pps='successive' for a systematic draw.",
        other,
    )
    other[0, 3] = other[3, 0] = 0.55
    joint_refused(
        "JointProbabilities: 0 with 3 is 0.55, above the probability of one of them (0.5). "
        "Correct the matrix.",
        other,
    )
    ids = ["m0", "m1", "m2", "m9"]
    joint_refused(
        "JointProbabilities: ma 'm3' stands in the data but not in the matrix. Its ids are 'm0', 'm1', 'm2', "
        "'m9'.",
        pd.DataFrame(four, index=ids, columns=ids),
        id="ma",
    )
    joint_refused(
        "JointProbabilities: the columns of the matrix are other ids than its rows, or in "
        "another order. Write "
        "both alike.",
        pd.DataFrame(four, index=["m0", "m1", "m2", "m3"]),
        id="ma",
    )
    joint_refused(
        "JointProbabilities: the matrix has ids. Name their column in the data: id='…'.",
        pd.DataFrame(four, index=["m0", "m1", "m2", "m3"]),
    )
    joint_refused(
        "id='ma': the matrix has no ids to match it with. Pass a DataFrame whose index and "
        "columns are ids, or "
        "leave id out where its rows are in the order of the data.",
        four,
        id="ma",
    )
    assert repr(JointProbabilities(four)) == "JointProbabilities(4 units, form='yates-grundy')"
