"""CR2 covariance and its degrees of freedom, against dense matrices with plain loops, and R's numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from reference import cases

from sampling.checks import ArgumentError
from surveykit.formulas import clusterrobust
from surveykit.formulas.clusterrobust import LowRank, cr2

few = settings(max_examples=30, deadline=None)
seeds = st.integers(0, 2**32 - 1)
RTOL = 1e-8  # products inside clusters are formed before their roots are taken


def model(seed, *, dummies=False):
    """Give a small model: columns, weights, residuals, clusters of different sizes in mixed order."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 7, 8)
    cluster = np.repeat(np.arange(8), sizes)
    level = rng.normal(size=8)[cluster]
    x = rng.normal(size=cluster.size) + level
    columns = [np.ones(cluster.size), x, level]
    if dummies:
        columns.append((cluster == 0) * 1.0)
    mixed = rng.permutation(cluster.size)
    X = np.column_stack(columns)[mixed]
    w = rng.uniform(0.5, 3, cluster.size)
    y = rng.normal(size=cluster.size) + level[mixed]
    e = y - X @ np.linalg.solve(X.T @ (w[:, None] * X), X.T @ (w * y))
    return X, w, e, cluster[mixed]


def dense(X, w, e, cluster, phi, c, working):
    """CR2 with whole hat matrices: contributions, rho, and the degrees of freedom of c."""
    M = np.linalg.inv(X.T @ np.diag(w) @ X)
    D = np.diag(np.sqrt(phi))
    Di = np.diag(1 / np.sqrt(phi))
    H = Di @ X @ M @ X.T @ np.diag(w) @ D
    left = np.eye(len(e)) - H
    scaled = Di @ e
    u, directions, mended = [], [], np.zeros(len(e))
    for g in np.unique(cluster):
        i = np.flatnonzero(cluster == g)
        values, vectors = np.linalg.eigh((left @ left.T)[np.ix_(i, i)])
        A = sum(np.outer(v, v) / np.sqrt(a) for a, v in zip(values, vectors.T, strict=True) if a > 1e-9)
        A = A if np.ndim(A) else np.zeros((len(i), len(i)))
        mended[i] = A @ scaled[i]
        lead = M @ X[i].T @ np.diag(w[i]) @ D[np.ix_(i, i)]
        u.append(lead @ mended[i])
        directions.append(left[i].T @ A @ lead.T @ c)
    same = cluster[:, None] == cluster
    products = np.outer(mended, mended)
    pairs = same.sum() - len(e)
    rho = 0.0 if pairs == 0 else (products[same].sum() - np.trace(products)) / pairs / np.mean(mended**2)
    r = max(rho, 0.0) if working == "exchangeable" else 0.0
    P = np.array(directions).T
    lam = np.linalg.eigvalsh(P.T @ ((1 - r) * np.eye(len(e)) + r * same) @ P)
    return np.array(u), rho, lam.sum() ** 2 / (lam**2).sum()


@few
@given(seeds, st.booleans(), st.sampled_from(["inverse", "equal", "other"]))
def test_it_is_what_whole_hat_matrices_give(seed, dummies, kind):
    X, w, e, cluster = model(seed, dummies=dummies)
    rng = np.random.default_rng(seed + 1)
    phi = {"inverse": None, "equal": np.ones(len(e)), "other": rng.uniform(0.5, 2, len(e))}[kind]
    own = cr2(X, w, e, cluster, phi=phi)
    c = rng.normal(size=X.shape[1])
    for working in ("independent", "exchangeable"):
        u, rho, df = dense(X, w, e, cluster, 1 / w if phi is None else phi, c, working)
        scale = np.abs(u).max()
        assert_allclose(own.influence, u, rtol=1e-6, atol=1e-7 * scale)
        assert_allclose(own.covariance, u.T @ u, rtol=1e-6, atol=1e-7 * scale**2)
        assert_allclose(own.rho, rho, rtol=1e-6, atol=1e-8)
        assert_allclose(own.df(c[:, None], working), df, rtol=1e-6)


@few
@given(seeds)
def test_the_expectation_under_the_working_model_is_the_true_covariance(seed):
    """Errors e = (I − H) ε with Var ε = diag(1 / w): the mean of CR2 is (X'WX)⁻¹ without leverage of 1."""
    X, w, _, cluster = model(seed)
    M = np.linalg.inv(X.T @ (w[:, None] * X))
    H = X @ M @ X.T * w
    mean = np.zeros((X.shape[1],) * 2)
    for k in range(len(w)):
        unit = np.zeros(len(w))
        unit[k] = 1 / np.sqrt(w[k])
        mean += cr2(X, w, unit - H @ unit, cluster).covariance
    assert_allclose(mean, M, rtol=1e-6, atol=1e-8 * np.abs(M).max())


@few
@given(seeds, st.floats(0.01, 100))
def test_units_of_columns_and_weights_do_not_matter(seed, factor):
    X, w, e, cluster = model(seed)
    own = cr2(X, w, e, cluster)
    scaled = cr2(X * [1, factor, 1], w * factor, e, cluster)
    assert_allclose(scaled.influence * [1, factor, 1], own.influence, rtol=1e-6,
                    atol=1e-9 * np.abs(own.influence).max())  # fmt: skip
    assert_allclose(scaled.df(), own.df(), rtol=1e-6)
    assert_allclose(own.df(np.eye(3)), own.df(), rtol=RTOL)


@few
@given(seeds)
def test_rows_of_weight_0_count_for_nothing_where_weights_are_inverse_variances(seed):
    X, w, e, cluster = model(seed)
    more = cr2(np.vstack([X, X[:2] + 5]), np.r_[w, 0, 0], np.r_[e, 9, 9], np.r_[cluster, cluster[:2]])
    own = cr2(X, w, e, cluster)
    assert_allclose(more.covariance, own.covariance, rtol=RTOL)
    assert_allclose(more.df(), own.df(), rtol=RTOL)


def test_single_rows_are_hc2_and_have_no_correlation():
    X, w, e, _ = model(4)
    own = cr2(X, w, e, np.arange(len(e)))
    root = np.sqrt(w)
    Q = np.linalg.qr(root[:, None] * X)[0]
    h = (Q**2).sum(axis=1)
    M = np.linalg.inv(X.T @ (w[:, None] * X))
    hc2 = M @ X.T @ np.diag(w**2 * e**2 / (1 - h)) @ X @ M
    assert_allclose(own.covariance, hc2, rtol=RTOL)
    assert own.rho == 0
    assert_allclose(own.df(working="exchangeable"), own.df(), rtol=RTOL)


def test_two_arms_of_equal_clusters_have_the_degrees_of_their_units():
    arm = np.repeat([0.0] * 4 + [1.0] * 6, 3)
    cluster = np.repeat(np.arange(10), 3)
    e = np.random.default_rng(1).normal(size=30)
    for k in (0, 1):
        e[arm == k] -= e[arm == k].mean()
    fit = cr2(np.column_stack([arm == 0, arm == 1]).astype(float), np.ones(30), e, cluster)
    assert_allclose(fit.df(), [3, 5], rtol=RTOL)
    v = np.array([1 / 4, 1 / 6])
    assert_allclose(fit.df(np.array([[-1.0], [1.0]])), v.sum() ** 2 / (v**2 / [3, 5]).sum(), rtol=RTOL)


def test_a_perfect_fit_has_no_error_and_no_correlation():
    X, w, e, cluster = model(3)
    fit = cr2(X, w, 0 * e, cluster)
    assert not fit.covariance.any()
    assert fit.rho == 0
    assert np.isnan(LowRank(np.zeros(2), np.zeros((2, 1)), np.zeros((1, 1))).df())


@pytest.mark.parametrize(("case", "working"), [("glm_bm", "independent"), ("glm_bm2", "exchangeable")])
def test_r_has_the_same_residuals_and_degrees(case, working):
    """R reads the mended residuals once more as a drawn sample: centred, times G / (G − 1) and 1 − f."""
    r = cases.r_cases()[case]["result"]["fit"]
    table = cases.r_table("apiclus1")
    X = np.column_stack([np.ones(len(table)), table["ell"], table["meals"]])
    w, y = table["pw"].to_numpy(float), table["api00"].to_numpy(float)
    b = np.linalg.solve(X.T @ (w[:, None] * X), X.T @ (w * y))
    fit = cr2(X, w, y - X @ b, np.unique(table["dnum"], return_inverse=True)[1])
    assert_allclose(b, list(r["coef"].values()), rtol=1e-10)
    G = len(fit.influence)
    u = fit.influence - fit.influence.mean(axis=0)
    again = (1 - G / table["fpc"].iloc[0]) * G / (G - 1) * u.T @ u
    assert_allclose(again, r["vcov"], rtol=1e-8)
    df = fit.df(working=working)
    assert_allclose(df.min(), r["df_residual"], rtol=1e-8)
    assert df.argmin() == 2


def test_collinear_columns_and_too_many_clusters_are_refused(monkeypatch):
    X, w, e, cluster = model(5)
    with pytest.raises(ArgumentError) as one:
        cr2(np.column_stack([X, X[:, 0] - X[:, 1]]), w, e, cluster)
    assert str(one.value) == (
        "X: the columns are collinear under the weights. Leave out the ones that follow."
    )
    monkeypatch.setattr(clusterrobust, "MOST", 7)
    with pytest.raises(ArgumentError) as many:
        cr2(X, w, e, cluster)
    assert str(many.value) == (
        "cluster: 8 clusters, and CR2 is for at most 7. "
        "With so many the plain covariance by clusters has no bias to speak of."
    )
