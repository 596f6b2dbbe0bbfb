"""Quadratic forms of the stages against their matrices written out, and the covariances read from them."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from surveykit.formulas import variance
from surveykit.formulas.totals import make_cells
from surveykit.formulas.variance import Combined, Stage, Taylor, check_size

few = settings(max_examples=30)
seeds = st.integers(0, 2**32 - 1)


def stage_of(sizes, rng, *, below=2, **rules):
    """Return a stage of strata with so many units, each with ``below`` finest units."""
    n = np.array(sizes)
    stratum = np.repeat(np.arange(n.size), n)
    unit = np.repeat(np.arange(stratum.size), below)
    f = np.where(rng.random(n.size) < 0.5, 0.0, rng.uniform(0, 0.9, n.size))
    return Stage(unit, stratum, n, f, rng.uniform(0.2, 1, n.size), **rules)


def matrix(stage):
    """Return the matrix of the form of a stage, by its definition."""
    P, U = stage.unit.size, stage.stratum.size
    up = np.zeros((U, P))
    up[stage.unit, np.arange(P)] = 1
    omega = np.zeros((U, U))
    for h, n in enumerate(stage.n):
        own = stage.stratum == h
        a = stage.factor[h] * (1 - stage.f[h])
        if n > 1:
            R = np.diag(own * 1.0) - np.outer(own, own) / n
            omega += a * n / (n - 1) * R
        elif stage.lonely == "centre":
            r = own - 1 / U
            omega += a * np.outer(r, r)
    if stage.lonely == "average":
        good = (stage.n > 1).sum()
        omega *= stage.n.size / good
    return up.T @ omega @ up


@few
@given(seeds, st.sampled_from(["certainty", "centre", "average"]))
def test_the_form_of_full_columns_is_its_matrix(seed, lonely):
    rng = np.random.default_rng(seed)
    stage = stage_of([3, 1, 2, 4], rng, lonely=lonely)
    M = rng.normal(size=(stage.unit.size, 3))
    assert_allclose(stage.form(M), M.T @ matrix(stage) @ M, atol=1e-10)
    if lonely != "average":  # whose factor belongs to the whole form
        assert_allclose(stage.apply(M), matrix(stage) @ M, atol=1e-10)


def taylor(seed, *, low=0, sizes=(3, 2, 4), below=2, D=3, q=2, **rules):
    """Return the covariance of random columns in domains that not all units hold, and its matrices."""
    rng = np.random.default_rng(seed)
    stage = stage_of(sizes, rng, below=below, **rules)
    P = stage.unit.size
    here = np.argwhere(rng.random((D, P)) < 0.7)
    here = np.array([*here, *((d, 0) for d in range(D))])
    cells = make_cells(here[:, 1], here[:, 0], P, D)
    Z = rng.normal(size=(cells.unit.size, q))
    X, B = rng.normal(size=(P, low)), rng.normal(size=(low, D, q))
    whole = np.zeros((P, D * q))
    for c, (u, d) in enumerate(zip(cells.unit, cells.domain, strict=True)):
        whole[u, d * q : (d + 1) * q] = Z[c]
    return Taylor((stage,), cells, Z, X, B), whole - X @ B.reshape(low, D * q), matrix(stage)


@few
@given(seeds, st.sampled_from([0, 1, 3, 8]), st.integers(1, 2), st.booleans())
def test_the_covariance_is_that_of_the_matrices(seed, low, below, sparse):
    covariance, M, omega = taylor(seed, low=low, below=below)
    covariance = replace(covariance, X=sp.csr_matrix(covariance.X)) if sparse and low else covariance
    V = M.T @ omega @ M
    L = sp.random(V.shape[0], 2, density=0.8, rng=1, format="csr")
    assert covariance.size == V.shape[0]
    assert_allclose(covariance.full(), V, atol=1e-9)
    assert_allclose(covariance.diag(), np.diag(V), atol=1e-9)
    assert_allclose(covariance.of(L), L.T @ V @ L, atol=1e-9)


@pytest.mark.parametrize("low", [2, 8])
def test_targets_that_are_estimates_add_their_own_variance(low):
    covariance, M, omega = taylor(8, low=low)
    root = np.random.default_rng(9).normal(size=(low, low))
    B = covariance.B.reshape(low, -1)
    V = M.T @ omega @ M + B.T @ root @ root.T @ B
    noisy = replace(covariance, noise=root @ root.T)
    assert_allclose(noisy.full(), V, atol=1e-9)
    assert_allclose(noisy.diag(), np.diag(V), atol=1e-9)


@pytest.mark.parametrize("low", [1, 2])
def test_a_variance_nearly_taken_away_keeps_its_digits(low):
    covariance, *_ = taylor(6, low=low)
    P, X = covariance.X.shape[0], covariance.X
    here = make_cells(np.tile(np.arange(P), 2), np.repeat([0, 1], P), P, 2)
    left = 1e-6 * np.random.default_rng(1).normal(size=(2 * P, 1))
    B = np.ones((low, 2, 1))
    B[:, 1] = 0.5
    Z = np.concatenate([X @ B[:, 0], X @ B[:, 1]]) + left
    nearly = Taylor(covariance.stages, here, Z, X, B)
    wanted = Taylor(covariance.stages, here, left, X[:, :0], B[:0])
    assert_allclose(nearly.diag(), wanted.diag(), rtol=1e-6)


def test_a_combination_of_nothing_has_no_variance():
    covariance, *_ = taylor(7, low=2)
    assert covariance.of(sp.csr_matrix((6, 2))).tolist() == [[0.0, 0.0], [0.0, 0.0]]


@few
@given(seeds, st.sampled_from(["centre", "average"]))
def test_steps_and_rules_for_lonely_units_go_through_the_whole_matrix(seed, lonely):
    covariance, M, omega = taylor(seed, low=2, sizes=(3, 1, 2), lonely=lonely)
    covariance = replace(covariance, X=sp.csr_matrix(covariance.X)) if seed % 2 else covariance
    V = M.T @ omega @ M
    assert covariance.odd
    assert_allclose(covariance.full(), V, atol=1e-9)
    assert_allclose(covariance.diag(), np.diag(V), atol=1e-9)


def test_a_large_covariance_is_made_without_a_large_matrix(monkeypatch):
    covariance, M, omega = taylor(3)
    monkeypatch.setattr(variance, "DENSE", 0)
    assert_allclose(covariance.full(), M.T @ omega @ M, atol=1e-9)


def test_combinations_are_worked_in_blocks(monkeypatch):
    covariance, M, omega = taylor(4)
    V = M.T @ omega @ M
    L = sp.random(V.shape[0], 7, density=0.9, rng=2, format="csr")
    monkeypatch.setattr(variance, "BLOCK", 3)
    joint = Combined(covariance, L)
    wanted = L.T @ V @ L
    assert_allclose(joint.diag(), np.diag(wanted), atol=1e-9)
    assert_allclose(joint.full(), wanted, atol=1e-9)
    one = sp.csr_matrix(np.ones((7, 1)))
    assert_allclose(joint.of(one), one.T @ wanted @ one, atol=1e-9)
    assert_allclose(Combined(joint, one).full(), one.T @ wanted @ one, atol=1e-9)


def test_one_row_times_a_number_takes_its_variance():
    covariance, M, omega = taylor(5)
    L = sp.csr_matrix(np.diag(np.arange(1.0, 7.0)))
    assert_allclose(Combined(covariance, L).diag(), np.diag(M.T @ omega @ M) * np.arange(1, 7) ** 2)


def test_a_variance_that_the_steps_took_away_is_zero():
    covariance, M, _ = taylor(6, low=1)
    P, k = covariance.X.shape[0], covariance.size
    here = make_cells(np.tile(np.arange(P), 1), np.zeros(P, dtype=np.intp), P, 1)
    gone = Taylor(covariance.stages, here, covariance.X, covariance.X, np.ones((1, 1, 1)))
    assert gone.diag().tolist() == [0.0]
    assert k == M.shape[1]


def test_a_covariance_too_large_to_write_out_is_refused():
    sentence = (
        "The full covariance of 5001 estimates has 25,010,001 numbers. Ask for what you need with "
        "contrast(), covariance.diag() or covariance.of(L)."
    )
    with pytest.raises(ValueError, match="5001") as error:
        check_size(5001)
    assert str(error.value) == sentence
    check_size(5000)


def test_covariances_say_what_they_are_without_their_numbers():
    covariance, *_ = taylor(7)
    assert repr(covariance) == "Taylor covariance of 6 estimates"
    assert repr(Combined(covariance, sp.csr_matrix(np.ones((6, 2))))) == "covariance of 2 combinations"
