"""The covariance read from replicates, and the rank of a table of them."""

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal

from surveykit.formulas.replicated import Replicated, rank, spread


def random_one(mse=True, seed=1, R=7, k=4):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(R, k)), rng.normal(size=k), rng.uniform(0.1, 1, R), mse


@pytest.mark.parametrize("mse", [True, False])
def test_the_covariance_is_the_weighted_sum_of_products_of_deviations(mse):
    estimates, value, c, _ = random_one()
    centre = value if mse else estimates.mean(axis=0)
    V = sum(ci * np.outer(row - centre, row - centre) for ci, row in zip(c, estimates, strict=True))
    made = spread(estimates.copy(), value, c, mse=mse)
    assert_allclose(made.full(), V)
    assert_allclose(made.diag(), np.diag(V))
    L = np.random.default_rng(2).normal(size=(4, 2))
    assert_allclose(made.of(sp.csr_matrix(L)), L.T @ V @ L)
    assert repr(made) == "covariance of 4 estimates from 7 replicates"


def test_replicates_without_an_estimate_are_counted_and_the_others_stay_whole():
    estimates, value, c, _ = random_one()
    estimates[2, 1] = np.nan
    made = spread(estimates, value, c, mse=True)
    assert_array_equal(made.lost, [0, 1, 0, 0])
    assert np.isnan(made.diag()).tolist() == [False, True, False, False]
    assert np.isfinite(made.of(sp.csr_matrix(([1.0, -1.0], ([0, 2], [0, 0])), shape=(4, 1)))).all()


def test_a_covariance_too_large_to_hold_is_refused():
    with pytest.raises(ValueError, match="5001 estimates"):
        Replicated(np.zeros((2, 5001)), np.zeros(5001, dtype=int)).full()


@pytest.mark.parametrize("wanted", [1, 3, 6])
def test_the_rank_is_that_of_the_whole_table_however_it_is_cut(wanted):
    rng = np.random.default_rng(wanted)
    table = rng.normal(size=(40, wanted)) @ rng.normal(size=(wanted, 6))
    assert rank([table], 6) == wanted
    assert rank([table[:7], table[7:]], 6) == wanted
