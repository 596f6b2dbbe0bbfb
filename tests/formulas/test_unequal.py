"""Forms of unequal chances for all strata at once: the definitions in plain loops, and their corners."""

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose

from surveykit.formulas import forms, phases, unequal
from surveykit.formulas.omega import added, centred, only_sparse

RTOL = 1e-10  # linear algebra only
PI = np.array([0.2, 0.5, 0.35, 1.0, 0.6, 0.3, 0.45, 0.25, 0.7, 1.0])
STRATUM = np.array([0, 0, 0, 0, 1, 1, 1, 2, 3, 3])  # stratum 2 has one unit, 3 one drawn by chance


def joint_forms(pi, joint, grundy):
    """Sum over pairs, from the definition of the two estimators."""
    n = len(pi)
    omega = np.zeros((n, n))
    for i in range(n):
        if not grundy:
            omega[i, i] += 1 - pi[i]
        for j in range(n):
            if i != j:
                lack = (pi[i] * pi[j] - joint(i, j)) / joint(i, j)
                if grundy:
                    omega[i, i] += lack
                omega[i, j] -= lack
    return omega


def brewer(pi):
    n, c = len(pi), 1 - pi
    R = np.eye(n) - 1 / n
    return n / (n - 1) * sum(c[k] * np.outer(R[k], R[k]) for k in range(n))


def hajek(pi):
    c = 1 - pi
    a = c / c.sum()
    R = np.eye(len(pi)) - a
    return sum(c[k] * np.outer(R[k], R[k]) for k in range(len(pi))) / (1 - (a**2).sum())


def hartley_rao(pi, grundy):
    """π_ij π_i π_j from the lack of independence, (1 − π_i − π_j + S) / (n − 1)."""
    n, S = len(pi), pi.mean()
    return joint_forms(pi, lambda i, j: pi[i] * pi[j] / (1 + (1 - pi[i] - pi[j] + S) / (n - 1)), grundy)


def overton(pi, grundy):
    n = len(pi)
    return joint_forms(pi, lambda i, j: 2 * (n - 1) * pi[i] * pi[j] / (2 * n - pi[i] - pi[j]), grundy)


def successive(pi, circular):
    n = len(pi)
    out = np.zeros((n, n))
    pairs = [(i, i + 1) for i in range(n - 1)] + ([(n - 1, 0)] if circular else [])
    for i, j in pairs:
        d = np.zeros(n)
        d[i] += 1
        d[j] -= 1
        out += np.outer(d, d)
    return (1 - pi.mean()) / 2 * (1 if circular else n / (n - 1)) * out


BRUTE = {
    "brewer": (unequal.brewer, (), brewer),
    "hajek": (unequal.hajek, (), hajek),
    "hartley_rao": (unequal.hartley_rao, (None, True), lambda pi: hartley_rao(pi, True)),
    "hartley_rao ht": (unequal.hartley_rao, (None, False), lambda pi: hartley_rao(pi, False)),
    "overton": (unequal.overton, (True,), lambda pi: overton(pi, True)),
    "overton ht": (unequal.overton, (False,), lambda pi: overton(pi, False)),
    "successive": (unequal.successive, (np.arange(10), False), lambda pi: successive(pi, False)),
    "in a ring": (unequal.successive, (np.arange(10), True), lambda pi: successive(pi, True)),
}


@pytest.mark.parametrize("name", BRUTE)
def test_every_stratum_has_the_form_of_its_units_drawn_by_chance(name):
    form, more, brute = BRUTE[name]
    expected = np.zeros((10, 10))
    for rows in ([0, 1, 2], [4, 5, 6]):
        expected[np.ix_(rows, rows)] = brute(PI[rows])
    made = form(PI, STRATUM, 4, *more)
    assert_allclose(made.dense(), expected, rtol=RTOL, atol=1e-14)
    assert_allclose(made.diagonal(), np.diag(expected), rtol=RTOL, atol=1e-14)
    assert np.isfinite(made.middle.data).all()


def test_hartley_raos_known_squares_hold_the_units_taken_with_certainty():
    """Σ p² / n of a population with one certain unit: taken out, it is that of the others."""
    others = np.array([0.2, 0.5, 0.35, 0.6, 0.35])  # sum 2, and one sure unit: n = 3
    whole = (1 + (others**2).sum()) / 3
    pi = np.array([0.2, 0.5, 1.0])
    made = unequal.hartley_rao(pi, np.zeros(3, int), 1, np.array([whole])).dense()
    expected = forms.hartley_rao(pi[:2], (others**2).sum() / 2)
    assert_allclose(made[:2, :2], expected, rtol=RTOL)
    assert (made[2] == 0).all()


def test_no_unit_drawn_by_chance_gives_no_form():
    sure = np.ones(3)
    none = unequal.successive(sure, np.zeros(3, int), 1, np.arange(3), True)
    assert_allclose(none.dense(), 0)
    assert_allclose(forms.brewer(sure), 0)


def test_a_form_by_structure_multiplies_as_its_matrix_does():
    rng = np.random.default_rng(7)
    omega = added([unequal.brewer(PI, STRATUM, 4), unequal.poisson(PI, STRATUM, 4)])
    Z = rng.normal(size=(10, 3)) * (rng.uniform(size=(10, 3)) < 0.6)
    D = omega.dense()
    assert_allclose(omega @ Z, D @ Z, rtol=RTOL, atol=1e-14)
    assert_allclose((omega @ sp.csr_matrix(Z)).toarray(), D @ Z, rtol=RTOL, atol=1e-14)
    assert_allclose(omega.form(Z), Z.T @ D @ Z, rtol=RTOL, atol=1e-14)
    assert_allclose(omega.form(sp.csr_matrix(Z)), Z.T @ D @ Z, rtol=RTOL, atol=1e-14)
    assert_allclose(omega.squares(sp.csr_matrix(Z)), np.diag(Z.T @ D @ Z), rtol=RTOL, atol=1e-14)
    by = rng.uniform(1, 2, 10)
    assert_allclose(omega.scaled(by).dense(), D * np.outer(by, by), rtol=RTOL, atol=1e-14)
    unit = np.array([0, 3, 3, 9, 9, 1])
    assert_allclose(omega.lifted(unit).dense(), D[np.ix_(unit, unit)], rtol=RTOL, atol=1e-14)
    assert omega.lifted(np.arange(10)) is omega
    assert omega.same(added([unequal.brewer(PI, STRATUM, 4), unequal.poisson(PI, STRATUM, 4)]))
    assert not omega.same(omega.scaled(by))
    assert not omega.same(unequal.poisson(PI, STRATUM, 4))
    assert not omega.same(None)
    assert repr(omega) == "form of 10 units, rank 8 beside its sparse part"


def test_what_a_second_phase_adds_is_the_ratio_of_probabilities():
    rng = np.random.default_rng(8)
    first = added([
        centred(np.array([1.5, 0.8]), np.array([4, 6]), np.repeat([0, 1], [4, 6])),
        only_sparse(sp.csr_matrix(forms.yates_grundy(np.full((10, 10), 0.2) + np.diag(np.full(10, 0.3))))),
    ])  # fmt: skip
    g = rng.integers(0, 3, 10)
    n, f = np.array([2.0, 3, 2]), np.array([0.5, 0.6, 1.0])
    ratio = np.ones((10, 10))
    for i in range(10):
        for j in range(10):
            if g[i] == g[j]:
                N = n[g[i]] / f[g[i]]
                both = n[g[i]] * (n[g[i]] - 1) / (N * (N - 1))
                ratio[i, j] = f[g[i]] if i == j else f[g[i]] ** 2 / both
    made = phases.correction(first, g, n, f)
    assert_allclose(first.dense() + made.dense(), first.dense() * ratio, rtol=RTOL, atol=1e-13)
