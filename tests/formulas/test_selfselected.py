"""Pseudo-weights and the effective size of rows that chose themselves, as arrays."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.optimize import minimize
from strategies import SEEDS

from surveykit.formulas import selfselected
from surveykit.formulas.calibrated import Calibration
from surveykit.formulas.selfselected import (
    Effective,
    PseudoWeights,
    defect_correlation,
    effective,
    effective_size,
    kish,
    known_population,
    pseudo_chances,
)
from surveykit.formulas.steps import Multiplication

few = settings(max_examples=25)
BY_SLOPES = 1e-5  # where a general optimiser stops


def samples(seed):
    """Return predictors of cells, how many chose themselves, and the people of a reference."""
    rng = np.random.default_rng(seed)
    X = np.column_stack([np.ones(12), np.arange(12) % 2, rng.normal(size=12)])
    people = rng.uniform(50, 500, 12)
    chance = 1 / (1 + np.exp(1 - X @ rng.uniform(-0.5, 0.5, 3)))
    return X, rng.binomial(people.astype(int), chance).astype(float), people


@few
@given(SEEDS)
def test_the_chances_are_those_of_the_pseudo_likelihood(seed):
    X, n, d = samples(seed)
    fit = pseudo_chances(X, n, d)
    assert fit.met
    assert_allclose(X.T @ n, X.T @ (d * fit.p), rtol=1e-9, atol=1e-7)  # equation (6) of the paper

    def loss(beta):
        return -(n @ X @ beta - d @ np.log1p(np.exp(X @ beta))) / d.sum()

    other = minimize(loss, np.zeros(3), method="BFGS", options={"gtol": 1e-9})
    assert_allclose(fit.beta, other.x, rtol=BY_SLOPES, atol=BY_SLOPES)


def test_one_column_of_levels_gives_the_share_of_each_that_answered():
    fit = pseudo_chances(np.eye(3), np.array([10.0, 40.0, 1.0]), np.array([100.0, 100.0, 50.0]))
    assert_allclose(fit.p, [0.1, 0.4, 0.02])


def test_a_level_with_more_answers_than_people_has_no_chance():
    assert not pseudo_chances(np.eye(2), np.array([10.0, 40.0]), np.array([100.0, 30.0])).met


def test_the_step_divides_by_the_chance_and_takes_nothing_away():
    step = PseudoWeights(np.array([0.5, 0.1]), "pseudo-weights (x)")
    w = np.array([1.0, 2.0])
    assert_allclose(step.apply(w), [2, 20])
    line = step.linear(w, step.apply(w))
    assert line.X.shape == (2, 0)
    assert line.unit_sums(np.array([0, 1]), 2).shape == (2, 0)


# --- the big-data paradox -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "N", "defect", "size"),
    [
        (2_315_570, 231_557_000, 0.005, 404.04),  # 1 % of the voters of the US, Meng (2018), section 4.2
        (3_000, 300_000, 0.005, 404.04),
        (3_000, 300_000, 0.05, 4.0404),
        (120, 120, 0.005, np.inf),
        (121, 120, 0.005, np.inf),
    ],
)
def test_the_effective_size_is_that_of_the_paper(n, N, defect, size):
    assert_allclose(effective_size(np.array(float(n)), np.array(float(N)), defect), size, rtol=1e-4)
    assert_allclose(effective_size(np.array([float(n)]), np.array([float(N)]), -defect), [size], rtol=1e-4)


@few
@given(SEEDS, st.integers(20, 200))
def test_the_defect_is_the_correlation_of_answering_with_the_answer(seed, N):
    rng = np.random.default_rng(seed)
    y, r = rng.normal(size=N), (np.arange(N) < N // 4).astype(float)
    own = y[r == 1].mean()
    f = np.array(r.mean())
    rho = defect_correlation(np.array(own), np.array(y.mean()), np.array(y.std()), f)
    assert_allclose(rho, np.corrcoef(y, r)[0, 1], rtol=1e-9, atol=1e-12)
    # the mean square error of a simple random sample of that size, without the finite population, is the same
    size = effective_size(np.array(r.sum()), np.array(float(N)), float(rho))
    assert_allclose(y.var() / size, (own - y.mean()) ** 2, rtol=1e-9)


def test_answers_that_are_all_alike_have_no_defect():
    assert np.isnan(defect_correlation(np.array(1.0), np.array(1.0), np.array(0.0), np.array(0.1)))


def test_unequal_weights_cost_answers():
    assert kish(np.full(7, 3.0)) == pytest.approx(1.0)
    w = np.array([1.0, 1.0, 2.0])
    assert kish(w) == pytest.approx(16 / 18)
    assert effective(30, w, (), 0.005) == Effective(pytest.approx(30 * 16 / 18), None)


def calibration(labels, shares_of=""):
    return Calibration(None, np.ones((2, 1)), np.ones((1, 1)), labels, "c", shares_of=shares_of)


@pytest.mark.parametrize(
    ("step", "known"),
    [
        (PseudoWeights(np.ones(2), "p"), True),
        (calibration((("gioi", "Nam"),)), True),
        (calibration((("population", None),)), True),
        (calibration((("tuoi", None),)), False),
        (calibration((("gioi", "Nam"),), "all"), False),
        (Multiplication(np.ones(2), "m"), False),
    ],
)
def test_counts_and_pseudo_weights_tell_how_many_people_there_are(step, known):
    assert known_population((step,)) is known
    assert known_population((Multiplication(np.ones(2), "m"), step)) is known


def test_the_effective_number_assumes_a_defect_where_people_are_counted():
    step = (PseudoWeights(np.full(3_000, 0.01), "p"),)
    w = np.full(3_000, 100.0)
    assert effective(3_000, w, step, 0.005) == Effective(pytest.approx(404.0404), 0.005)
    assert effective(2_900, w, step, 0.01) == Effective(pytest.approx(101.0101), 0.01)


def test_a_defect_no_greater_than_by_chance_tells_nothing():
    step = (PseudoWeights(np.full(300, 0.3), "p"),)
    found = effective(300, np.full(300, 1 / 0.3), step, selfselected.DEFECT)
    assert np.isnan(found.size)
    assert found.defect == 0.005
