"""Fitting in blocks of rows: equations against plain loops, the end against a general solver."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import optimize, special

from surveykit.formulas import glm

FAMILIES = list(glm.FAMILIES)


def table(family, seed=3, m=700):
    rng = np.random.default_rng(seed)
    X = np.asfortranarray(np.column_stack([np.ones(m), rng.normal(size=(m, 2))]))
    eta = X @ [-0.3, 0.5, -0.4]
    mu = glm.FAMILIES[family].inverse(eta)
    if family == "gaussian":
        y = eta + rng.normal(size=m)
    else:
        y = (rng.poisson(mu) if family == "poisson" else rng.random(m) < mu).astype(float)
    return X, y, rng.uniform(0.5, 2, m), rng.normal(0, 0.1, m)


@pytest.fixture
def short(monkeypatch):
    """Blocks so short that there are several."""
    monkeypatch.setattr(glm, "NUMBERS", 300)
    monkeypatch.setattr(glm, "LEAST", 64)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("shifted", [True, False])
def test_equations_are_those_of_a_loop_over_rows(family, shifted, short):
    X, y, w, offset = table(family)
    how, theta = glm.FAMILIES[family], np.array([-0.2, 0.4, -0.3])
    A, score, deviance = glm.normal_equations(how, X, y, w, offset if shifted else np.zeros(0), theta)
    wanted, total, off = np.zeros((3, 3)), np.zeros(3), 0.0
    for i in range(len(y)):
        eta = X[i] @ theta + (offset[i] if shifted else 0.0)
        mu = float(how.inverse(eta))
        step = 1e-6
        slope = float(how.inverse(eta + step) - how.inverse(eta - step)) / (2 * step)
        V = {"gaussian": 1.0, "poisson": mu}.get(family, mu * (1 - mu))
        wanted += w[i] * np.outer(X[i], X[i]) * slope**2 / V
        total += w[i] * X[i] * (y[i] - mu) * slope / V
        if family == "gaussian":
            off += w[i] * (y[i] - mu) ** 2
        elif family == "poisson":
            off += 2 * w[i] * ((y[i] * np.log(y[i] / mu) if y[i] > 0 else 0.0) - y[i] + mu)
        else:
            off -= 2 * w[i] * np.log(mu if y[i] == 1 else 1 - mu)
    assert_allclose(A, wanted, rtol=1e-7, atol=1e-7)
    assert_allclose(score, total, rtol=1e-7, atol=1e-7)
    assert_allclose(deviance, off, rtol=1e-12)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("order", ["C", "F"])
def test_the_end_is_where_a_general_solver_finds_it(family, order, short):
    X, y, w, offset = table(family)
    how = glm.FAMILIES[family]
    found = glm.fit(how, np.asarray(X, order=order), y, w, offset)

    def score(theta):
        return glm.normal_equations(how, X, y, w, offset, theta)[1]

    ended = optimize.root(score, np.zeros(3), tol=1e-13)
    assert found.ended
    assert_allclose(found.theta, ended.x, rtol=1e-9)
    A, left, deviance = glm.normal_equations(how, X, y, w, offset, found.theta)
    assert np.abs(left).max() < 1e-8 * w.sum()
    assert_allclose(found.information, A, rtol=1e-8, atol=1e-9)  # at the end, or a step of 1e-10 before it
    assert_allclose(found.deviance, deviance, rtol=1e-10)


@pytest.mark.parametrize("family", ["logit", "probit", "cloglog"])
def test_the_deviance_is_minus_twice_the_log_of_the_chance_of_what_was_answered(family):
    how = glm.FAMILIES[family]
    eta = how.link(np.array([0.25, 0.25, 0.8]))
    wanted = -2 * np.log([0.75, 0.25, 0.8])
    assert_allclose(how.tails(eta, np.array([0.0, 1.0, 1.0])).deviance, wanted)
    assert how.tails(np.array([-400.0]), np.array([1.0])).deviance[0] > 500


def test_blocks_hold_a_number_of_numbers_and_at_least_so_many_rows():
    assert [b.stop - b.start for b in glm.blocks(np.zeros((70_000, 1)))] == [32_768, 32_768, 4_464]
    assert [b.stop - b.start for b in glm.blocks(np.zeros((600, 1_000)))] == [256, 256, 88]
    assert list(glm.blocks(np.zeros((0, 3)))) == []


@pytest.mark.parametrize("missing", [True, False])
@pytest.mark.parametrize("family", ["logit", "probit"])
def test_scores_stand_in_the_rows_of_the_data(family, missing):
    X, y, w, offset = table(family)
    n = 900 if missing else 700
    rows = np.sort(np.random.default_rng(1).choice(n, 700, replace=False))
    lost = np.setdiff1d(np.arange(n), rows)
    found = glm.fit(glm.FAMILIES[family], X, y, w, offset)
    model = glm.Glm(glm.FAMILIES[family], X, np.zeros(3), y, offset, rows, n, lost, found.theta,
                    found.information, np.eye(3))  # fmt: skip
    eta = X @ found.theta + offset
    mu = 1 / (1 + np.exp(-eta)) if family == "logit" else special.ndtr(eta)
    residual = (y - mu) * (1.0 if family == "logit" else glm.FAMILIES["probit"].slope(eta) / (mu * (1 - mu)))
    for j, column in enumerate(model.columns()):
        assert column.values.shape == (n,)
        assert_allclose(column.values[rows], X[:, j] * residual, rtol=1e-9, atol=1e-12)
        assert (column.values[lost] == 0).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_slopes_curvatures_and_links_are_those_of_the_mean(family):
    how, eta, h = glm.FAMILIES[family], np.linspace(-3, 2.5, 23), 1e-5
    assert_allclose(how.slope(eta), (how.inverse(eta + h) - how.inverse(eta - h)) / (2 * h), rtol=1e-7)
    assert_allclose(
        how.curvature(eta), (how.slope(eta + h) - how.slope(eta - h)) / (2 * h), rtol=1e-6, atol=1e-9
    )
    assert_allclose(how.link(how.inverse(eta)), eta, rtol=1e-9)
    mu = how.inverse(eta)
    if how.canonical:
        assert_allclose(how.variance(mu), how.slope(eta), rtol=1e-10)
    started = how.start(np.array([0.0, 1.0]))
    assert np.isfinite(how.link(started)).all()


def test_far_predictors_of_cloglog_do_not_overflow():
    how = glm.FAMILIES["cloglog"]
    far = np.array([650.0, 705.0, 800.0, 1e6])
    for found in (how.inverse(far) - 1, how.slope(far), how.curvature(far)):
        assert found.tolist() == [0.0] * 4


def test_columns_that_others_give_are_found_whatever_their_scale_and_weights(short):
    rng = np.random.default_rng(5)
    m = 400
    a, b, w = rng.normal(size=m), rng.normal(size=m), rng.uniform(0.5, 2, m)
    X = np.column_stack([np.zeros(m), np.ones(m), 1e6 * a, 3 - 2 * a, b, a + 1e-3 * b, a * b])
    assert glm.independent(X, w).tolist() == [1, 2, 4, 6]
    # one row alone tells two columns apart: its weight decides
    apart = np.column_stack([X[:, 1], np.where(np.arange(m) == 7, 0.0, 1.0)])
    assert glm.independent(apart, w).tolist() == [0, 1]
    w[7] = 0.0
    assert glm.independent(apart, w).tolist() == [0]


@pytest.mark.parametrize("order", ["C", "F"])
def test_centred_columns_have_a_mean_of_0_and_the_way_back(order):
    X, _, w, _ = table("logit")
    X = np.asarray(X + np.array([0.0, 100.0, 5.0]), order=order)
    theta = np.array([0.3, -0.2, 0.7])
    kept = X.copy()
    centre, back = glm.centred(X, w, 0)
    assert_allclose(centre, [0.0, *np.average(kept[:, 1:], axis=0, weights=w)])
    assert_allclose(w @ X[:, 1:] / w.sum(), 0, atol=1e-12)
    assert_allclose(kept @ (back @ theta), X @ theta)
    centre, back = glm.centred(X, w, None)
    assert centre.tolist() == [0.0, 0.0, 0.0]
    assert_allclose(back, np.eye(3))


def test_equations_without_an_inverse_have_no_step():
    A, score = np.array([[4.0, 1.0], [1.0, 9e12]]), np.array([1.0, 2.0])
    assert_allclose(glm.solve_scaled(A, score), np.linalg.solve(A, score), rtol=1e-12)
    for wrong in (
        [[1.0, 1.0], [1.0, 1.0]],
        [[1.0, 0.0], [0.0, 0.0]],
        [[1.0, 0.0], [0.0, np.inf]],
        [[1.0, 2.0], [2.0, 1.0]],
    ):
        found = glm.solve_scaled(np.array(wrong), score)
        assert found.shape == (2,)
        assert np.isnan(found).all()


def test_the_start_of_a_linear_model_is_its_end_with_or_without_an_offset(short):
    X, y, w, offset = table("gaussian")
    for o in (offset, np.zeros(0)):
        A, score, _ = glm.normal_equations(glm.FAMILIES["gaussian"], X, y, w, o, None)
        left = y - (o if o.size else 0.0)
        wanted = np.linalg.lstsq(X * np.sqrt(w)[:, None], left * np.sqrt(w), rcond=None)[0]
        assert_allclose(np.linalg.solve(A, score), wanted, rtol=1e-10)


@pytest.mark.parametrize("family", FAMILIES)
def test_units_of_the_columns_and_of_the_weights_do_not_matter(family):
    X, y, w, offset = table(family)
    how = glm.FAMILIES[family]
    plain = glm.fit(how, X, y, w, offset)
    for units in ([1e7, 1e-7, 1.0], [1e-6, 1.0, 1e6]):
        for times in (1e-6, 1e6):
            found = glm.fit(how, X * np.array(units), y, w * times, offset)
            assert found.ended
            assert_allclose(found.theta * units, plain.theta, rtol=1e-8)
            assert_allclose(found.deviance, plain.deviance * times, rtol=1e-8)


@pytest.mark.parametrize(
    ("direction", "wanted"),
    [([0.0, 3.0], True), ([0.0, -2.0], True), ([5.0, 0.0], False), ([0.0, 0.0], True), ([-2.0, 3.0], False)],
)
def test_separation_is_a_direction_that_tells_the_answers_apart_ties_left_out(direction, wanted):
    X = np.column_stack([np.ones(6), [-2.0, -1.0, 0.0, 0.0, 1.0, 2.0]])
    y = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0])
    assert glm.separated(X, y, np.array(direction)) is wanted
    assert glm.separated(X, 1 - y, np.array(direction)) is wanted  # to either side
    mixed = np.array([0.0, 1.0, 0.0, 1.0, 0.0, 1.0])
    assert not glm.separated(X, mixed, np.array([0.0, 3.0]))


def test_a_step_that_goes_too_far_is_halved():
    X, y, w, _ = table("poisson")
    how = glm.FAMILIES["poisson"]
    plain = glm.fit(how, X, y, w, np.zeros(0))
    far = glm.fit(how, X, y, w, np.zeros(0), np.array([-4.0, 0.0, 0.0]))  # the first step is 50 long
    assert far.ended
    assert_allclose(far.theta, plain.theta, rtol=1e-8)


def test_replicates_are_fitted_again_each_with_its_weights():
    X, y, w, offset = table("logit")
    how, rows = glm.FAMILIES["logit"], np.arange(700) + 10
    found = glm.fit(how, X, y, w, offset)
    back = np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 3.0]])
    model = glm.Glm(how, X, np.zeros(3), y, offset, rows, 720, np.zeros(0, dtype=int), found.theta,
                    found.information, back)  # fmt: skip
    W = np.random.default_rng(2).uniform(0, 2, (2, 720))
    W[1, 10:710] = y  # only those who said yes: no end
    again = model.solve(W, np.zeros(720), 1)
    assert_allclose(again[0, 0], back @ glm.fit(how, X, y, W[0, 10:710], offset).theta, rtol=1e-8)
    assert np.isnan(again[1]).all()
    assert_allclose(model.value(np.zeros((4, 1, 3))), np.tile(back @ found.theta, (4, 1, 1)))
    assert_allclose(model.jacobian(np.zeros((1, 3)))[0], back @ np.linalg.inv(found.information))
