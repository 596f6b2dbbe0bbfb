"""Weighting steps as arrays: derivatives, classes, factors, replay, and how several are pulled back."""

from functools import reduce

import numpy as np
import pytest
import scipy.sparse as sp
from derivatives import MOVED, STEP, carried, check_derivative, rows_of
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from surveykit.formulas import steps
from surveykit.formulas.calibrated import Calibration
from surveykit.formulas.steps import (
    ClassAdjustment,
    Linear,
    Multiplication,
    dense,
    fixed,
    once,
    one_hot,
    product,
    pull_back,
    replay,
)
from surveykit.formulas.totals import Column
from surveykit.formulas.trimming import Trimming

few = settings(max_examples=20)
seeds = st.integers(0, 2**32 - 1)
NOBODY = np.zeros(0, dtype=np.intp)


# --- matrices -----------------------------------------------------------------------------------------------


def test_indicator_columns_leave_out_what_has_no_code():
    assert one_hot(np.array([1, -1, 0]), 2).toarray().tolist() == [[0, 1], [0, 0], [1, 0]]


@pytest.mark.parametrize("left", [np.asarray, sp.csr_matrix])
@pytest.mark.parametrize("right", [np.asarray, sp.csr_matrix])
def test_a_product_is_the_same_dense_or_sparse(left, right):
    rng = np.random.default_rng(1)
    X, s, Y = rng.normal(size=(6, 2)), rng.normal(size=6), rng.normal(size=(6, 3))
    found = product(left(X), s, right(Y))
    assert type(found) is np.ndarray
    assert_allclose(found, [[sum(X[:, i] * s * Y[:, j]) for j in range(3)] for i in range(2)])


def test_dense_turns_sparse_matrices_into_arrays_and_leaves_arrays():
    M = np.array([[0.0, 2.0]])
    assert dense(sp.csr_matrix(M)).tolist() == dense(M).tolist() == [[0.0, 2.0]]
    assert type(dense(sp.csr_matrix(M))) is np.ndarray


# --- the derivative as a value ------------------------------------------------------------------------------


PARTS = np.array([0, 1, 2, 0, 1, 2, 2, 2])
SORTS = ["totals", "shares", "shares of parts"]


def line_of(rng, sort, sparse=False, cells=False):
    """Return a derivative of 8 rows and 3 columns, with shares of all, of three parts, or none."""
    X = rng.normal(size=(4 if cells else 8, 3))
    X = sp.csr_matrix(X) if sparse else X
    g, v, inverse = rng.normal(size=8), rng.normal(size=8), rng.normal(size=(3, 3))
    cell = np.array([3, 0, 0, 2, 2, 0, 3, 2]) if cells else None
    if sort == "totals":
        return Linear(X, g, inverse, v, cell=cell)
    if sort == "shares":
        return Linear(X, g, inverse, v, rng.normal(size=8), rng.normal(size=(1, 3)), cell=cell)
    r = sp.csr_matrix(rng.normal(size=(3, 3)))
    return Linear(X, g, inverse, v, rng.normal(size=8), r, PARTS, cell=cell)


@pytest.mark.parametrize("cells", [False, True])
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("group", [None, np.array([0, 0, 1, 1, 3, 3, 3, 0])])
@pytest.mark.parametrize("counted", [False, True])
def test_rows_are_folded_into_the_sums_of_their_groups(group, sparse, cells, counted):
    rng = np.random.default_rng(3)
    line, s = line_of(rng, "totals", sparse, cells), rng.normal(size=8)
    G = 1 if group is None else 4 if counted else 40
    wanted = np.zeros((G, 3))
    own = np.zeros(8, dtype=int) if group is None else group
    for k, row in zip(own, s[:, None] * rows_of(line), strict=True):
        wanted[k] += row
    assert_allclose(dense(line.fold(s, group, G)), wanted, atol=1e-12)


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("cells", [(False, False), (False, True), (True, False), (True, True)])
def test_sums_and_products_with_coefficients_are_those_of_v_written_out(sort, sparse, cells):
    rng = np.random.default_rng(2)
    line, other = line_of(rng, sort, sparse, cells[0]), line_of(rng, "totals", not sparse, cells[1])
    unit, scale, M = np.array([0, 0, 1, 1, 3, 3, 3, 0]), rng.normal(size=8), rng.normal(size=(3, 2, 2))
    B = line.coefficients(M)
    taken = np.tensordot(carried(line) @ line.inverse, M, axes=1)
    wanted = np.zeros((60, 2, 2))
    for k, row in zip(unit, taken, strict=True):
        wanted[k] += row
    sums = line.unit_sums(unit, 60)
    assert sp.issparse(sums) == sparse  # 3 of 60 units have any
    assert_allclose(np.tensordot(dense(sums), B, axes=1), wanted, atol=1e-12)
    assert_allclose(np.tensordot(dense(line.unit_sums(unit, 4)), B, axes=1), wanted[:4], atol=1e-12)
    assert_allclose(
        np.tensordot(other.cross_product(scale, line), B, axes=1),
        np.tensordot(rows_of(other).T * scale, taken, axes=1), atol=1e-12,
    )  # fmt: skip


def test_a_fixed_step_takes_nothing_away():
    line = fixed(4)
    assert line.unit_sums(np.array([0, 1, 1, 0]), 2).shape == (2, 0)
    assert line.coefficients(np.zeros((0, 2, 1))).shape == (0, 2, 1)


# --- replicates ---------------------------------------------------------------------------------------------


def test_a_weight_that_counts_once_has_the_factor_taken_out_again():
    assert once(np.array([6.0, 5.0, 0.0]), np.array([3.0, 1.0, 0.0])).tolist() == [2.0, 5.0, 0.0]


class Doubling:
    name = "doubling"

    def apply(self, w):
        return 2 * w

    def linear(self, before, after):
        return fixed(after.size)


class DoublingOnce(Doubling):
    def replay(self, w, factor, shift=None):
        return 2 * once(w, factor) + (0 if shift is None else shift)


def test_only_a_step_that_asks_is_told_how_often_rows_count():
    w, factor = np.array([6.0, 5.0]), np.array([3.0, 1.0])
    assert replay(Doubling(), w, factor).tolist() == [12.0, 10.0]
    assert replay(DoublingOnce(), w, factor).tolist() == [4.0, 10.0]
    assert replay(DoublingOnce(), w, factor, np.array([0.5, 0.0])).tolist() == [4.5, 10.0]


# --- classes ------------------------------------------------------------------------------------------------


def test_a_class_without_weight_keeps_the_factor_one():
    step = ClassAdjustment(np.array([0, 0, 1]), np.array([True, False, False]), 2, "nonresponse")
    w = np.array([2.0, 1.0, 0.0])
    assert step.factors(w).tolist() == [1.5, 1.0]
    assert step.apply(w).tolist() == [3.0, 0.0, 0.0]


def test_rows_left_out_of_the_classes_keep_their_weight_and_give_none():
    step = ClassAdjustment(np.array([0, 0, -1, -1]), np.array([True, False, True, False]), 1, "nonresponse")
    w = np.array([2.0, 1.0, 5.0, 7.0])
    assert step.factors(w).tolist() == [1.5]
    assert step.apply(w).tolist() == [3.0, 0.0, 5.0, 7.0]


@few
@given(seeds)
def test_the_derivative_of_classes_is_that_of_their_weights(seed):
    rng = np.random.default_rng(seed)
    classes = rng.integers(-1, 3, 14)
    responded = rng.random(14) < 0.6
    responded[[np.flatnonzero(classes == c)[0] for c in np.unique(classes[classes >= 0])]] = True
    step = ClassAdjustment(classes, responded, 3, "nonresponse")
    check_derivative(step, rng.uniform(1, 3, 14), rng.normal(size=(14, 2)))


# --- given factors ------------------------------------------------------------------------------------------


def test_multiplied_weights_take_nothing_away_in_the_variance():
    step = Multiplication(np.array([1.0, 3.0, 0.5]), "times (adults)")
    w = np.array([10.0, 10.0, 4.0])
    assert step.apply(w).tolist() == [10.0, 30.0, 2.0]
    check_derivative(step, w, np.array([[1.0], [-2.0], [3.0]]))


# --- several steps ------------------------------------------------------------------------------------------


def steps_of(rng, n, sort):
    """Return three or four steps of different kinds, one after another."""
    part, level = np.arange(n) % 2, np.arange(n) // 2 % 3
    X = one_hot(level, 3).toarray()
    responded = rng.random(n) < 0.8
    responded[:6] = True
    labels = tuple(("level", k) for k in range(3))
    classes = ClassAdjustment(np.where(np.arange(n) < n - 2, part, -1), responded, 2, "nonresponse")
    by_part = Calibration(
        None, X, np.array([[0.2, 0.3, 0.5], [0.4, 0.4, 0.2]]), labels, "by part", shares_of="part",
        distance="raking", block=part, parts=("a", "b"),
    )  # fmt: skip
    shares = Calibration(None, X, np.array([[0.5, 0.2, 0.3]]), labels, "shares", shares_of="all")
    totals = Calibration(None, rng.uniform(1, 2, (n, 2)), np.array([[60.0, 70.0]]), labels[:2], "totals")
    times = Multiplication(rng.uniform(1, 2, n), "times")
    cut = Trimming(part, 2, "trim", 1.6, 2.6)
    equal = Trimming(np.zeros(n, dtype=np.intp), 1, "trim", upper=2.4, give="equal", strict=False)
    lost = Trimming(part, 2, "trim", upper=2.3, give="none")
    return {
        "class, totals": (classes, totals),
        "class, times, by part": (classes, times, by_part),
        "totals, shares, by part": (totals, shares, by_part),
        "by part, class, totals, shares": (by_part, classes, totals, shares),
        "totals, trim": (totals, cut),
        "trim, shares": (cut, shares),
        "class, trim, trim": (classes, cut, equal),
        "totals, trim, trim, shares": (totals, equal, cut, shares),
        "by part, trim, class, trim": (by_part, lost, classes, equal),
    }[sort]


@pytest.mark.parametrize(
    "sort",
    [
        "class, totals", "class, times, by part", "totals, shares, by part", "by part, class, totals, shares",
        "totals, trim", "trim, shares", "class, trim, trim", "totals, trim, trim, shares",
        "by part, trim, class, trim",
    ],
)  # fmt: skip
def test_steps_pulled_back_are_the_derivative_of_all_of_them_together(sort):
    n, rng = 20, np.random.default_rng(7)
    steps, w = steps_of(rng, n, sort), rng.uniform(1, 3, n)
    domain = np.where(np.arange(n) == 3, -1, np.arange(n) % 3 == 0)
    z, missing = rng.normal(size=n), np.array([4, 5])
    z[missing] = 0.0
    columns = [Column(z, missing), Column(None, missing)]

    def totals(often):
        new = w * often
        for step in steps:
            new = replay(step, new, often)
        known = np.where(np.isin(np.arange(n), missing), 0.0, new)
        return np.array([[(known * z)[domain == d].sum(), known[domain == d].sum()] for d in (0, 1)])

    T = totals(np.ones(n))
    J = np.stack([np.column_stack([1 / T[:, 1], -T[:, 0] / T[:, 1] ** 2])], axis=1)
    path = reduce(lambda made, step: [*made, step.apply(made[-1])], steps, [w])
    lines = [step.linear(path[s], path[s + 1]) for s, step in enumerate(steps)]
    B = pull_back(columns, J, domain, path, lines)[:, :, 0]
    V = np.hstack([dense(line.unit_sums(np.arange(n), n)) for line in reversed(lines)])
    known = np.where(np.isin(np.arange(n), missing), 0.0, path[-1])
    own = known[:, None] * (domain[:, None] == [0, 1]) * (z[:, None] - T[:, 0] / T[:, 1]) / T[:, 1]

    def mean(k, s):
        one, two = totals(1 + s * STEP * (np.arange(n) == k)).T
        return one / two

    moved = np.array([(mean(k, 1) - mean(k, -1)) / (2 * STEP) for k in range(n)])
    assert_allclose(own - V @ B, moved, rtol=MOVED, atol=MOVED * np.abs(moved).max())


def test_the_error_of_targets_stands_once_for_steps_that_share_it():
    one, other = np.diag([4.0, 1.0]), np.diag([9.0, 2.0])
    lines = [steps.fixed(5)._replace(X=np.zeros((5, p)), noise=noise)
             for p, noise in ((2, one), (1, None), (2, other), (2, one.copy()))]  # fmt: skip
    assert steps.noise_of([lines[1]]) is None
    found = steps.noise_of(lines)  # the last step first: one, other, none, one again
    expected = np.zeros((7, 7))
    expected[:2, :2] = expected[:2, 5:] = expected[5:, :2] = expected[5:, 5:] = one
    expected[2:4, 2:4] = other
    assert found is not None
    assert_allclose(found, expected)
