"""What a user is told who asks too much of limits, pairs, joint tests and imputations."""

import numpy as np
import pandas as pd
import pytest
from strategies import SHAPES, build

import surveykit as sv
from sampling.checks import ArgumentError, ColumnError
from surveykit import pairs
from surveykit.imputation import combine


@pytest.fixture(scope="module")
def design():
    return sv.Design(build([3, 4], 7), weights="w", **SHAPES["clusters"])


@pytest.fixture(scope="module")
def groups(design):
    return sv.mean(design, "z", by="group")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"side": "both"}, "side='both' is not known. Choose one of 'two', 'lower', 'upper'."),
        (
            {"side": "lower", "level": 0.5},
            "side='lower' with level=0.5: a one-sided limit needs a level above 0.5.",
        ),
        ({"df": "kr"}, "df='kr': write a number, inf for normal limits, or 'satterthwaite'."),
        ({"df": -1}, "df=-1: write a number, inf for normal limits, or 'satterthwaite'."),
        ({"df": True}, "df=True: write a number, inf for normal limits, or 'satterthwaite'."),
        ({"method": "log"}, "method='log' is for values above 0, and row 'a' is -0.86192. Use 't'."),
        (
            {"method": "simultanous"},
            "method='simultanous' is not known. Did you mean 'simultaneous'? Choose one of 't', 'wald', "
            "'log', 'simultaneous', 'bonferroni'.",
        ),
    ],
)
def test_limits_that_cannot_be(groups, words, sentence):
    with pytest.raises(ArgumentError) as error:
        groups.ci(**words)
    assert str(error.value) == sentence


def test_a_difference_has_no_logarithm(groups):
    with pytest.raises(ArgumentError) as error:
        groups.pairwise("none").ci(method="log")
    assert str(error.value) == (
        "method='log' is for counts, totals and means above 0, and these are differences. Use 't'."
    )


def test_replicates_have_no_strata_for_satterthwaite(design):
    result = sv.mean(sv.replicate_weights(design, "JKn"), "z")
    with pytest.raises(ArgumentError) as error:
        result.ci(df="satterthwaite")
    assert str(error.value) == (
        "df='satterthwaite': replicate weights do not show what each stratum adds to the variance. "
        "Leave df out, or give a number."
    )


ADJUST = "Choose one of 'holm', 'bonferroni', 'hochberg', 'hommel', 'bh', 'by', 'none', 'max-t'."


@pytest.mark.parametrize(
    ("words", "kind", "sentence"),
    [
        ({"adjust": "tukey"}, ArgumentError, f"adjust='tukey' is not known. {ADJUST}"),
        ({"against": "d"}, ColumnError,
         "pairwise: there is no row 'd'. The rows are 'a', 'b', 'c'."),
        ({"within": "sex"}, ArgumentError, "within='sex' is not known. Choose one of 'group'."),
    ],
)  # fmt: skip
def test_pairs_that_cannot_be(groups, words, kind, sentence):
    with pytest.raises(kind) as error:
        groups.pairwise(**words)
    assert str(error.value) == sentence


def test_adjustments_of_a_test_that_are_not_known(groups):
    with pytest.raises(ArgumentError) as error:
        groups.test(adjust="tukey")
    assert str(error.value) == f"adjust='tukey' is not known. {ADJUST}"


def test_too_many_rows_for_hommel(groups, monkeypatch):
    monkeypatch.setattr(pairs, "SLOW", 2)
    with pytest.raises(ArgumentError) as error:
        groups.test(adjust="hommel")
    assert str(error.value) == ("adjust='hommel' takes too long for 3 rows. Use 'hochberg' or 'holm'.")


def test_one_row_has_no_pairs(design):
    with pytest.raises(ArgumentError) as error:
        sv.mean(design, "z").pairwise()
    assert str(error.value) == (
        "pairwise: there is one row, and a comparison needs two. Name groups with by=."
    )


def test_pairs_that_nobody_could_read():
    data = pd.DataFrame({"xa": np.repeat(np.arange(1002), 2), "z": np.arange(2004.0)})
    result = sv.mean(sv.Design(data, sampling="srs"), "z", by="xa")
    with pytest.raises(ArgumentError) as error:
        result.pairwise()
    assert str(error.value) == (
        "pairwise: 1.002 rows have 501.501 pairs, too many to read. Compare every row with one "
        "(against='its name') or with the mean (against='all'), or take fewer rows with where=."
    )
    assert len(result.pairwise(against=5).value) == 1001


def test_self_selected_rows_are_not_tested_in_pairs_or_together():
    data = build([3, 4], 7)
    result = sv.mean(sv.Design(data, sampling="self-selected"), "z", by="group")
    for call, name in ((result.pairwise, "pairwise"), (result.joint_test, "joint_test")):
        with pytest.raises(ArgumentError) as error:
            call()
        assert str(error.value) == (
            f"{name}: the rows are self-selected (không suy rộng được), so no sampling error says how far "
            "chance could have moved them, and there is no p-value. Compare with a probability sample."
        )


def test_rows_of_a_joint_test(design, groups):
    for rows in ("a", [], 3):
        with pytest.raises(TypeError) as error:
            groups.joint_test(rows)
        assert str(error.value) == (
            f"joint_test: rows={rows!r}: pass a list of row names, or contrasts as "
            "{'name': {'A': 1, 'B': -1}}."
        )
    with pytest.raises(ColumnError) as unknown:
        groups.joint_test(["d"])
    assert str(unknown.value) == "joint_test: there is no row 'd'. The rows are 'a', 'b', 'c'."
    alone = sv.mean(sv.Design(build([3, 4], 7), weights="w", psu="commune"), "z", by="commune")
    with pytest.raises(ArgumentError) as missing:
        alone.joint_test()
    assert str(missing.value) == (
        "joint_test: row 'h0c0' has no standard error: lies inside one commune: name the stage below in "
        "psu=[…] to estimate its sampling error. Leave it out with rows=."
    )


# --- imputations --------------------------------------------------------------------------------------------


def test_what_is_not_a_list_of_results(groups):
    for wrong in (groups, [groups, 3.0]):
        with pytest.raises(TypeError) as error:
            combine(wrong)
        assert str(error.value) == (
            "combine: pass a list of results, one for each imputed table, as "
            "combine([mean(design, 'diem') for design in designs])."
        )


def test_results_that_do_not_go_together(design, groups):
    other = sv.mean(design, "z", by="sex")
    for results, words, sentence in (
        ([], {}, "combine: the list of results is empty. Pass at least 2."),
        ([groups], {}, "combine: 1 result does not show how imputations differ. Pass at least 2."),
        ([groups, groups], {"df_complete": 0},
         "df_complete=0: write a number above 0, or inf for Rubin's classical degrees."),
        ([groups, groups, sv.total(design, "z", by="group")], {},
         "combine: result 3 holds totals, and the first means. Ask the same of every imputed table."),
        ([groups, other], {},
         "combine: result 2 has 2 rows, and the first 3. Ask the same of every imputed table."),
        ([groups, sv.mean(design, ["z", "x", "y"])], {},
         "combine: row 1 of result 2 is 'z', and of the first 'a'. "
         "Every imputed table needs the same rows in the same order."),
    ):  # fmt: skip
        with pytest.raises(ArgumentError) as error:
            combine(results, **words)
        assert str(error.value) == sentence
