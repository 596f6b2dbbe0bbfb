"""Links far out: derivatives by differences, identities of chances, optima found another way, separation."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import optimize, special

from surveykit.formulas import glm, links

ETA = np.linspace(-7, 3, 41)
BINARY = ("logit", "probit", "cloglog")


@pytest.mark.parametrize("family", BINARY)
@pytest.mark.parametrize("y", [0.0, 1.0])
def test_tails_are_derivatives_of_the_deviance(family, y):
    tails, h = links.FAMILIES[family].tails, 1e-5
    answer = np.full(ETA.size, y)
    up, down, here = tails(ETA + h, answer), tails(ETA - h, answer), tails(ETA, answer)
    assert_allclose(here.factor, -(up.deviance - down.deviance) / (4 * h), rtol=1e-5, atol=1e-9)
    assert_allclose(here.observed, -(up.factor - down.factor) / (2 * h), rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("family", BINARY)
def test_the_mean_information_is_the_mean_square_of_the_score(family):
    how = links.FAMILIES[family]
    yes, no = how.tails(ETA, np.ones(ETA.size)), how.tails(ETA, np.zeros(ETA.size))
    p1, p0 = np.exp(-yes.deviance / 2), np.exp(-no.deviance / 2)
    assert_allclose(p1 + p0, 1, rtol=1e-12)
    assert_allclose(p1, how.inverse(ETA), rtol=1e-12)
    for row in (yes, no):
        assert_allclose(row.expected, p1 * yes.factor**2 + p0 * no.factor**2, rtol=1e-9)
        assert_allclose(row.expected, how.slope(ETA) ** 2 / (p1 * p0), rtol=1e-9)


@pytest.mark.parametrize("family", BINARY)
def test_tails_stay_finite_very_far_out(family):
    far = np.array([-900.0, -60.0, 60.0, 900.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for y in (0.0, 1.0):
            for part in links.FAMILIES[family].tails(far, np.full(4, y)):
                assert np.isfinite(part).all()
    against = links.FAMILIES["probit"].tails(far[1:3], np.array([1.0, 0.0]))
    assert_allclose(np.abs(against.factor), 60 + 1 / 60, rtol=1e-6)  # Mills' ratio
    assert_allclose(against.observed, 1, rtol=1e-3)


def minus_log(family, X, y, w):
    """Return the deviance as a function of θ, without anything of the code."""

    def of(theta):
        eta = X @ theta
        if family == "logit":
            return 2 * float(w @ np.logaddexp(0, (1 - 2 * y) * eta))
        if family == "probit":
            return -2 * float(w @ special.log_ndtr((2 * y - 1) * eta))
        e = np.exp(np.minimum(eta, 300))
        return 2 * float(w @ np.where(y == 1, -np.log(-np.expm1(-np.maximum(e, 1e-300))), e))

    return of


@pytest.mark.parametrize("family", BINARY)
@pytest.mark.parametrize("seed", range(4))
def test_answers_against_all_chance_are_fitted_to_the_optimum(family, seed):
    """A few far rows with the other answer: their chances are below what 1 − μ can hold."""
    rng = np.random.default_rng(seed)
    x = rng.standard_t(2, size=200) * 2
    X, w = np.column_stack([np.ones(200), x, rng.normal(size=200)]), rng.uniform(0.1, 9, 200) ** 2
    y = (rng.random(200) < links.FAMILIES[family].inverse(np.clip(0.3 + 0.8 * x, -4, 1.2))).astype(float)
    y[rng.choice(200, 6)] = 1
    y[np.argmax(x)] = 0
    found = glm.fit(links.FAMILIES[family], X, y, w, np.zeros(0))
    assert found.ended
    deviance = minus_log(family, X, y, w)
    best = optimize.minimize(
        deviance, found.theta, method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-9}
    )
    assert_allclose(found.theta, best.x, atol=1e-5)
    assert_allclose(found.deviance, deviance(found.theta), rtol=1e-10)


def separable(X, y):
    """Whether some direction tells the answers apart, by a linear programme."""
    S = np.where(y[:, None] == 1, X, -X)
    best = optimize.linprog(-S.sum(0), A_ub=-S, b_ub=np.zeros(len(S)), bounds=[(-1, 1)] * X.shape[1])
    return -best.fun > 1e-7


@pytest.mark.parametrize("family", BINARY)
def test_a_search_ends_where_answers_cannot_be_told_apart_and_only_there(family):
    seen = set()
    for seed in range(60):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(8, 50))
        levels = rng.integers(0, 3, n)
        X = np.column_stack([np.ones(n), rng.normal(size=n), levels == 1, levels == 2]).astype(float)
        X = X[:, glm.independent(X, np.ones(n))]
        y = (rng.random(n) < rng.choice([0.1, 0.5, 0.8])).astype(float)
        if np.ptp(y) == 0:
            continue
        apart = separable(X, y)
        found = glm.fit(links.FAMILIES[family], X, y, rng.uniform(0.1, 9, n), np.zeros(0))
        assert found.ended is not apart, seed
        seen.add(apart)
    assert seen == {True, False}


def test_an_end_by_rounding_is_none():
    """Where a level has one answer, information runs out and the search would stop anywhere."""
    X = np.column_stack([np.ones(40), np.repeat([0.0, 1.0], 20)])
    y = np.r_[np.tile([0.0, 1.0], 10), np.ones(20)]
    for family in BINARY:
        found = glm.fit(links.FAMILIES[family], X, y, np.ones(40), np.zeros(0), np.array([0.0, 8.0]))
        assert not found.ended
        assert glm.separated(X, y, found.step)


def test_counts_of_0_alone_lower_their_mean_without_end():
    X = np.column_stack([np.ones(6), [0.0, 0, 0, 1, 1, 1]])
    y = np.array([0.0, 2, 1, 0, 0, 0])
    assert glm.without_counts(X, y, np.array([0.0, -1.0]))
    assert not glm.without_counts(X, y, np.array([0.0, 1.0]))
    assert not glm.without_counts(X, y, np.array([-1.0, 0.0]))
    assert not glm.without_counts(X, y, np.zeros(2))


def test_a_search_that_is_too_long_has_no_end(monkeypatch):
    monkeypatch.setattr(glm, "ROUNDS", 1)
    X = np.column_stack([np.ones(30), np.linspace(-1, 1, 30)])
    y = (np.arange(30) % 3 == 0).astype(float)
    assert not glm.fit(links.FAMILIES["logit"], X, y, np.ones(30), np.zeros(0)).ended


def test_information_without_a_number_tells_no_direction():
    X, y = np.ones((4, 1)), np.array([0.0, 1, 0, 1])
    assert glm.separation(X, y, np.ones(4), np.array([[np.inf]]), (np.array([np.nan]),), False) is None
