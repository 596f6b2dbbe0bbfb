"""Values that no unit moves but for rounding."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

import surveykit as sv
from surveykit.formulas.silent import silence, silenced
from surveykit.formulas.totals import make_cells


def test_only_what_is_rounding_beside_its_value_is_set_to_0():
    cells = make_cells(np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1]), 2, 2)
    Z = np.array([[1e-15, 1e-15], [-2e-15, 0.1], [1e-15, 0.0], [1e-3, 0.0]])
    B = np.ones((1, 2, 2))
    still = silence(Z, B, np.array([[4.2, 4.2], [4.2, np.nan]]), cells)
    assert_array_equal(still, [[True, False], [False, True]])
    assert_array_equal(Z, [[0, 1e-15], [0, 0.1], [1e-15, 0], [1e-3, 0]])
    assert_array_equal(B, [[[0, 1], [1, 1]]])


def test_deviations_of_replicates_alike():
    found = silenced(np.array([[1e-15, 1e-15], [0.0, 0.1]]), np.array([4.2, 4.2]))
    assert_array_equal(found, [[0, 1e-15], [0, 0.1]])
    moved = np.array([[0.1, 0.2]])
    assert silenced(moved, np.array([1.0, 1.0])) is moved


@pytest.mark.parametrize("replicates", [False, True])
@pytest.mark.parametrize("other", [4.2, 4.7])
def test_equal_answers_have_no_error_whatever_the_weights(replicates, other):
    rng = np.random.default_rng(3)
    for _ in range(10):
        people = pd.DataFrame({"thon": np.repeat(np.arange(6), 4), "w": rng.uniform(1, 30, 24)})
        people["g"] = np.tile(list("ab"), 12)
        people["y"] = np.where(people["g"] == "a", 4.2, other)
        design = sv.Design(people, weights="w", psu="thon")
        design = sv.replicate_weights(design, "JK1") if replicates else design
        by = sv.mean(design, "y", by="g")
        assert_array_equal(by.se, 0.0)
        assert "where all answers are equal limits have no width" in by.line("en")
        assert by.test(4.2)["p"].isna().all()
        assert np.isnan(sv.t_test(design, "y", by="g").p)
        assert by.pairwise().test()["p"].isna().all()


def test_limits_without_width_are_told_of_but_not_where_all_were_asked():
    people = pd.DataFrame({"y": [4.0, 4, 4], "N": 3})
    said = "nơi mọi câu trả lời như nhau, khoảng không có độ rộng không nói gì về mức bất định"
    assert said in sv.mean(sv.Design(people, sampling="srs"), "y").line("vi")
    assert said not in sv.mean(sv.Design(people, fpc="N"), "y").line("vi")
    assert said not in sv.proportion(sv.Design(people, sampling="srs"), "y", value=4).line("vi")
    assert said not in sv.total(sv.Design(people.assign(y=0), sampling="srs"), "y").line("vi")


def test_a_difference_from_a_share_on_which_all_agree_says_that_it_is_too_sure():
    people = pd.DataFrame({"thon": np.arange(12) // 2, "g": list("ab") * 6, "y": [1, 0, 1, 1, 1, 0] * 2})
    found = sv.proportion(sv.Design(people, sampling="srs", psu="thon"), "y", value=1, by="g").pairwise()
    assert "nhóm mà ai cũng trả lời như nhau không cho thấy sai số" in found.line("vi")
    people.loc[0, "y"] = 0
    mixed = sv.proportion(sv.Design(people, sampling="srs", psu="thon"), "y", value=1, by="g").pairwise()
    assert "nhóm mà ai" not in mixed.line("vi")
