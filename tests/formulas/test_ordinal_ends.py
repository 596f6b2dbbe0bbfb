"""Proportional odds: derivatives by differences, far starts, categories told apart, replicates."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from surveykit.formulas import ordinal


def table(seed=3, m=300):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(m, 2))
    latent = X @ [0.8, -0.5] + rng.logistic(size=m)
    return X, np.digitize(latent, [-1.0, 0.5, 2.0]), rng.uniform(0.3, 3, m)


def test_score_and_information_are_derivatives_of_the_likelihood():
    X, y, w = table()
    theta, h = np.array([0.5, -0.1, -0.9, 0.6, 1.8]), 1e-5
    information, score, deviance = ordinal.likelihood(X, y, w, theta)
    assert_allclose(deviance, -2 * w @ ordinal.gradients(X, y, theta)[0], rtol=1e-12)
    for j, e in enumerate(np.eye(5)):
        up, down = ordinal.likelihood(X, y, w, theta + h * e), ordinal.likelihood(X, y, w, theta - h * e)
        assert_allclose(score[j], -(up[2] - down[2]) / (4 * h), rtol=1e-6)
        assert_allclose(information[j], -(up[1] - down[1]) / (2 * h), rtol=1e-5, atol=1e-5)


def test_from_a_far_start_steps_are_halved_and_cuts_stay_in_order():
    X, y, w = table()
    plain = ordinal.fit(X, y, w, 4)
    assert plain.ended
    assert_allclose(ordinal.likelihood(X, y, w, plain.theta)[1], 0, atol=1e-8)
    for start in ([6.0, 4.0, -5.0, 0.0, 5.0], [0.0, 0.0, -0.1, 0.0, 0.1], [-4.0, 3.0, 0.0, 4.0, 4.5]):
        far = ordinal.fit(X, y, w, 4, np.array(start))
        assert far.ended
        assert_allclose(far.theta, plain.theta, rtol=1e-8)


def test_a_search_of_categories_that_are_told_apart_has_no_end():
    X, y, w = table()
    X = np.column_stack([X, y])
    found = ordinal.fit(X, y, w, 4)
    assert not found.ended
    assert ordinal.separated(X, y, np.array([0.0, 0.0, 1.0]))
    assert not ordinal.separated(X, y, np.array([0.0, 0.0, -1.0]))
    assert not ordinal.separated(X, y, np.array([1.0, 0.0, 0.0]))
    assert not ordinal.separated(X, y, np.zeros(3))
    one = np.column_stack([X[:, 0], (y == 3) & (np.arange(y.size) % 2 == 0)]).astype(
        float
    )  # some of the highest
    assert ordinal.separated(one, y, np.array([0.0, 1.0]))
    assert not ordinal.fit(one, y, w, 4).ended


@pytest.mark.parametrize("lost", [True, False])
def test_replicates_are_fitted_again_but_where_a_category_is_lost(lost):
    X, y, w = table()
    found = ordinal.fit(X, y, w, 4)
    n, rows = 320, np.arange(300) + 7
    model = ordinal.Ordinal(X, np.array([0.4, -0.2]), y, 4, rows, n, np.zeros(0, dtype=int), found.theta,
                            found.information)  # fmt: skip
    W = np.random.default_rng(1).uniform(0.1, 2, (1, n))
    if lost:
        W[0, 7:307] = np.where(y == 3, 0.0, W[0, 7:307])
    (again,) = model.solve(W, np.zeros(n), 1)
    if lost:
        assert np.isnan(again).all()
    else:
        plain = ordinal.fit(X, y, W[0, rows], 4).theta
        moved = np.r_[plain[:2], plain[2:] + np.array([0.4, -0.2]) @ plain[:2]]
        assert_allclose(again[0], moved, rtol=1e-7)


def test_replicates_without_an_end_have_no_answer():
    X, y, w = table()
    X = X[:, :1]
    found = ordinal.fit(X, y, w, 4)
    model = ordinal.Ordinal(X, np.zeros(1), y, 4, np.arange(300), 300, np.zeros(0, dtype=int), found.theta,
                            found.information)  # fmt: skip
    order = np.argsort(X[:, 0])
    apart = np.zeros(300)
    for k, part in enumerate(np.array_split(order, 4)):  # weights only where the category follows from x
        apart[part] = y[part] == k
    assert np.bincount(y, weights=apart, minlength=4).min() > 0
    assert np.isnan(model.solve(apart[None], np.zeros(300), 1)).all()
