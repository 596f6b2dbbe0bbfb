"""Response propensity: the fit against another package, separation, classes of the chances, derivatives."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
import statsmodels.api as sm
from derivatives import check_derivative, influence
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from surveykit.formulas import propensity
from surveykit.formulas.propensity import Propensity, logit
from surveykit.formulas.steps import ClassAdjustment

few = settings(max_examples=20)
seeds = st.integers(0, 2**32 - 1)
#: The other package stops at a relative change of the deviance of 1e-14.
OTHER = 1e-7


def people(seed, n=60):
    """Return auxiliaries with a constant first, who responded, and weights."""
    rng = np.random.default_rng(seed)
    X = np.column_stack([np.ones(n), rng.normal(size=n), rng.random(n) < 0.4]).astype(float)
    responded = rng.random(n) < 1 / (1 + np.exp(-X @ [0.8, 0.7, -0.5]))
    return X, responded, rng.uniform(1, 4, n)


def by_rows(seed, n=60, **changes):
    """Return a propensity in which each row is a cell, and the weights."""
    X, responded, w = people(seed, n)
    return replace(Propensity(np.arange(n), X, responded, "propensity"), **changes), w


# --- the fit ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_the_fit_is_that_of_a_weighted_generalised_linear_model(seed):
    X, responded, w = people(seed)
    fit = logit(X, w * responded, w)
    other = sm.GLM(responded.astype(float), X, family=sm.families.Binomial(), freq_weights=w).fit(tol=1e-14)
    assert fit.met
    assert_allclose(fit.beta, other.params, rtol=OTHER)
    assert_allclose(fit.p, other.fittedvalues, rtol=OTHER)


@few
@given(seeds)
def test_the_fitted_sums_of_the_auxiliaries_are_those_of_the_respondents(seed):
    X, responded, w = people(seed, 80)
    fit = logit(X, w * responded, w)
    if fit.met:
        assert_allclose(X.T @ (w * fit.p), X.T @ (w * responded), rtol=1e-9, atol=1e-9)
    else:  # then some combination of the columns parts them, which few examples have
        assert np.abs(X @ fit.beta).max() > 20


def test_cells_give_what_their_rows_do():
    rng = np.random.default_rng(4)
    cell, cells = rng.integers(0, 5, 60), np.column_stack([np.ones(5), np.arange(5.0)])
    responded, w = rng.random(60) < 0.6, rng.uniform(1, 3, 60)
    rows = logit(cells[cell], w * responded, w)
    sums = [np.bincount(cell, weights=v, minlength=5) for v in (w * responded, w)]
    assert_allclose(logit(cells, *sums).beta, rows.beta, rtol=1e-9)
    assert_allclose(logit(sp.csr_matrix(cells), *sums).beta, rows.beta, rtol=1e-9)


@pytest.mark.parametrize("start", [[0.0, 0.0, 0.0], [1.0, -2.0, 0.5], [3.0, 3.0, 3.0]])
def test_the_fit_comes_to_the_same_place_wherever_it_begins(start):
    X, responded, w = people(3)
    wanted, found = logit(X, w * responded, w), logit(X, w * responded, w, np.array(start))
    assert wanted.met
    assert found.met
    assert_allclose(found.beta, wanted.beta, rtol=1e-9)


def test_a_fit_begun_where_another_ended_stays_there():
    step, w = by_rows(4)
    beta = step.fit(w).beta
    assert_array_equal(replace(step, start=beta).fit(w).beta, beta)


def test_indicators_of_classes_give_their_response_rates():
    fit = logit(np.eye(3), np.array([3.0, 1.0, 5.0]), np.array([4.0, 4.0, 6.0]))
    assert fit.met
    assert_allclose(fit.p, [3 / 4, 1 / 4, 5 / 6])


def test_a_column_that_follows_from_others_changes_nothing():
    X, responded, w = people(7)
    wide = np.column_stack([X, X[:, 1] - 2 * X[:, 2], np.zeros(60)])
    fit = logit(wide, w * responded, w)
    assert fit.met
    assert_allclose(fit.p, logit(X, w * responded, w).p, rtol=1e-9)


def test_a_cell_without_weight_takes_no_part_however_far_out():
    X, responded, w = people(8)
    far = np.vstack([X, [[1.0, 1e4, 0.0]]])
    fit = logit(far, np.r_[w * responded, 0.0], np.r_[w, 0.0])
    assert fit.met
    assert_allclose(fit.p[:-1], logit(X, w * responded, w).p, rtol=1e-9)


def test_the_scale_of_weights_and_columns_does_not_matter():
    X, responded, w = people(9)
    wanted = logit(X, w * responded, w).p
    assert_allclose(logit(X * [1.0, 1e6, 1e-6], 1e5 * w * responded, 1e5 * w).p, wanted, rtol=1e-8)


def test_steps_that_lead_away_from_the_greatest_likelihood_are_halved():
    X = np.array([[10.2, 28.0], [17.7, -3.8], [0.2, -0.3], [0.3, 3.2], [0.1, -0.7]])
    total, responded = np.array([3.0, 3, 109, 435, 10]), np.array([2.0, 1, 89, 372, 3])
    fit = logit(X, responded, total)
    rates = np.column_stack([responded, total - responded])
    other = sm.GLM(rates, X, family=sm.families.Binomial())
    assert fit.met
    assert_allclose(fit.p, other.fit(tol=1e-14, start_params=fit.beta).fittedvalues, rtol=OTHER)
    assert_allclose(other.score(fit.beta), 0.0, atol=1e-9)


# --- what cannot be fitted ----------------------------------------------------------------------------------


def test_columns_that_tell_respondents_from_nonrespondents_are_not_met():
    x = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    X = np.column_stack([np.ones(6), x])
    fit = logit(X, (x > 3).astype(float), np.ones(6))
    assert not fit.met
    assert np.isfinite(fit.beta).all()
    assert_allclose(fit.p, x > 3, atol=1e-6)


def test_a_class_in_which_nobody_responded_is_not_met():
    assert not logit(np.eye(2), np.array([3.0, 0.0]), np.array([4.0, 4.0])).met


def test_a_class_in_which_everybody_responded_has_the_chance_1():
    fit = logit(np.eye(2), np.array([3.0, 4.0]), np.array([4.0, 4.0]))
    assert fit.met
    assert_allclose(fit.p, [0.75, 1.0], atol=1e-9)


def test_a_fit_that_runs_out_of_steps_is_not_met(monkeypatch):
    X, responded, w = people(1)
    monkeypatch.setattr(propensity, "MOST", 2)
    assert not logit(X, w * responded, w).met


# --- weights ------------------------------------------------------------------------------------------------


def test_respondents_have_their_weight_over_their_chance():
    step, w = by_rows(3)
    p = logit(step.X, w * step.responded, w).p
    assert_allclose(step.chances(w), p)
    assert_allclose(step.apply(w), np.where(step.responded, w / p, 0.0))


def test_rows_left_out_keep_their_weight_and_have_no_part_in_the_fit():
    step, w = by_rows(3)
    out = np.arange(60) % 6 == 1
    less = replace(step, cell=np.where(out, -1, np.arange(60)))
    made = less.apply(w)
    assert_array_equal(made[out], w[out])
    assert (less.chances(w)[out] == 1).all()
    p = logit(step.X[~out], (w * step.responded)[~out], w[~out]).p
    assert_allclose(made[~out], np.where(step.responded[~out], w[~out] / p, 0.0), rtol=1e-9)


# --- classes of the chances ---------------------------------------------------------------------------------


def test_classes_are_cut_in_the_order_of_the_chances_with_about_equal_weights():
    step, w = by_rows(5, classes=4)
    cut, p = step.cut(w), step.chances(w)
    assert isinstance(cut, ClassAdjustment)
    assert cut.count == 4
    for c in range(3):
        assert p[cut.classes == c].max() <= p[cut.classes > c].min()
    held = np.bincount(cut.classes, weights=w)
    assert np.abs(held - w.sum() / 4).max() <= w.max()
    assert_allclose(step.apply(w), cut.apply(w))
    assert_allclose(step.apply(w).sum(), w.sum())


def test_a_cell_is_in_the_class_in_which_its_middle_lies():
    step = Propensity(
        np.repeat(np.arange(4), 2), np.eye(4), np.array([True, False] * 4), "classes", classes=2
    )
    w = np.array([1.0, 2.0, 0.9, 0.1, 1.5, 0.5, 1.2, 2.8])
    # chances 1/3, 0.9, 0.75, 0.3 with weights 3, 1, 2, 4: by chance 4, 3, 2, 1, middles 2, 5.5, 8, 9.5 of 10
    assert step.cut(w).classes.tolist() == [1, 1, 1, 1, 1, 1, 0, 0]
    three = replace(step, classes=3)
    assert three.cut(w).classes.tolist() == [1, 1, 2, 2, 2, 2, 0, 0]


def test_rows_left_out_are_in_no_class():
    step, w = by_rows(5, classes=4)
    out = np.arange(60) % 6 == 1
    less = replace(step, cell=np.where(out, -1, np.arange(60)))
    assert_array_equal(less.cut(w).classes == -1, out)
    assert_array_equal(less.apply(w)[out], w[out])


# --- derivatives --------------------------------------------------------------------------------------------


@few
@given(seeds, st.sampled_from([0, 3]), st.booleans())
def test_the_derivative_is_that_of_the_weights(seed, classes, out):
    step, w = by_rows(seed, 40, classes=classes)
    if out:
        step = replace(step, cell=np.where(np.arange(40) % 9 == 1, -1, np.arange(40)))
    if not step.fit(w).met or (classes and (step.cut(w).factors(w) == 1).any()):
        return  # a class in which nobody responded: few examples have it
    check_derivative(step, w, np.random.default_rng(1).normal(size=(40, 2)))


def test_the_derivative_is_the_same_from_cells_and_from_sparse_auxiliaries():
    step, w = by_rows(11)
    u = np.random.default_rng(1).normal(size=(60, 2))
    _, pick, cell = np.unique(step.X[:, [0, 2]], axis=0, return_index=True, return_inverse=True)
    rows = replace(step, X=step.X[:, [0, 2]])
    cells = replace(rows, cell=cell.ravel(), X=rows.X[pick])
    check_derivative(cells, w, u)
    assert_allclose(influence(cells, w, u), influence(rows, w, u), rtol=1e-7)
    sparse = replace(rows, X=sp.csr_matrix(rows.X))
    assert_allclose(influence(sparse, w, u), influence(rows, w, u), rtol=1e-9)


def test_chances_taken_as_known_take_nothing_away():
    step, w = by_rows(3, estimated=False)
    u = np.random.default_rng(1).normal(size=(60, 2))
    assert_allclose(influence(step, w, u), step.apply(w)[:, None] * u)
