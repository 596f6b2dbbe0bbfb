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
    silence(Z, B, np.array([[4.2, 4.2], [4.2, np.nan]]), cells)
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
        assert by.test(4.2)["p"].isna().all()
        assert np.isnan(sv.t_test(design, "y", by="g").p)
        assert by.pairwise().test()["p"].isna().all()
