"""Corners of the search for proportional odds."""

import numpy as np
from numpy.testing import assert_allclose

from surveykit.formulas import ordinal


def drawn(seed=3, n=60):
    r = np.random.default_rng(seed)
    X = r.normal(size=(n, 2))
    y = np.digitize(X[:, 0] + r.logistic(size=n), [-1, 0.5])
    return X, y, r.uniform(0.5, 2, n)


def test_a_start_far_off_is_halved_back_to_the_same_place():
    X, y, w = drawn()
    near = ordinal.fit(X, y, w, 3)
    far = ordinal.fit(X, y, w, 3, np.array([6.0, -6.0, -0.2, 0.2]))
    assert far.ended
    assert_allclose(far.theta, near.theta, rtol=1e-7)


def test_a_column_of_zeros_has_no_fit():
    X, y, w = drawn()
    X[:, 1] = 0.0
    found = ordinal.fit(X, y, w, 3)
    assert not found.ended
    assert np.isnan(found.step).all()


def test_a_search_without_an_end_says_so():
    X, y, w = drawn()
    X = np.column_stack([y.astype(float), X[:, 1]])  # the first column tells the categories apart
    found = ordinal.fit(X, y, w, 3)
    assert not found.ended
    assert ordinal.separated(X, y, np.array([1.0, 0.0]))
    assert not ordinal.separated(X, y, np.array([0.0, 1.0]))
    assert not ordinal.separated(X, y, np.zeros(2))


def test_a_replicate_without_a_fit_is_missing():
    X, y, w = drawn()
    found = ordinal.fit(X, y, w, 3)
    rows = np.arange(len(y))
    model = ordinal.Ordinal(
        X, np.zeros(2), y, 3, rows, len(y), np.zeros(0, dtype=np.intp), found.theta, found.information
    )
    low = np.where(y == 0, 1.0, 0.0)
    one_each = np.zeros(len(y))
    one_each[[np.flatnonzero(y == k)[0] for k in range(3)]] = 1.0
    solved = model.solve(np.stack([w, low, one_each]), np.zeros(len(y), dtype=np.intp), 1)
    assert_allclose(solved[0, 0], model.theta, rtol=1e-8)
    assert np.isnan(solved[1:]).all()


def test_cuts_that_cross_have_no_likelihood():
    X, y, w = drawn()
    information, score, deviance = ordinal.ordered(X, y, w, np.array([0.1, 0.2, 1.0, -1.0]))
    assert deviance == np.inf
    assert not information.any()
    assert not score.any()
