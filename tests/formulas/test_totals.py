"""Where rows meet domains: sums by cell against plain loops."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from surveykit.formulas.totals import Column, Weigher, by_domain, make_cells

few = settings(max_examples=40)


@st.composite
def tables(draw):
    n = draw(st.integers(1, 25))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    domain = rng.integers(draw(st.sampled_from([-1, 0])), 3, n)
    domain[0] = 0
    _, domain_codes = np.unique(domain, return_inverse=True)
    domain = np.where(domain < 0, -1, domain_codes - (domain.min() < 0))
    w = rng.choice([1.5, 2.0, draw(st.sampled_from([0.0, 1.0]))], n)
    w[0] = 1.0
    domain = np.where(w > 0, domain, -1)
    found = np.unique(domain[domain >= 0])
    domain = np.where(domain >= 0, np.searchsorted(found, domain), -1)
    missing = np.flatnonzero(rng.random(n) < draw(st.sampled_from([0.0, 0.5])))
    y = rng.normal(size=n)
    y[missing] = 0.0
    return rng.integers(0, 4, n), domain, w, Column(y, missing), int(domain.max()) + 1


@few
@given(tables())
def test_sums_by_cell_are_those_of_a_loop(table):
    unit, domain, w, column, D = table
    cells = make_cells(unit, domain, 4, D)
    weigher = Weigher(cells, w)
    for c, (u, d) in enumerate(zip(cells.unit, cells.domain, strict=True)):
        here = np.flatnonzero((unit == u) & (domain == d) & (w > 0))
        held = np.setdiff1d(here, column.missing)
        assert_allclose(weigher.total(column)[c], w[held] @ column.values[held], atol=1e-12)
        assert_allclose(weigher.total(Column(None, column.missing))[c], w[held].sum(), atol=1e-12)
        assert weigher.answers(column)[c] == held.size
        assert weigher.rows[c] == here.size
    both = weigher.totals([column, Column(None, column.missing)])
    assert both.shape == (cells.unit.size, 2)
    for d in range(D):
        held = np.setdiff1d(np.flatnonzero((domain == d) & (w > 0)), column.missing)
        assert_allclose(by_domain(cells, both)[d], [w[held] @ column.values[held], w[held].sum()], atol=1e-12)


@few
@given(tables())
def test_cells_stand_in_the_order_of_domain_and_unit(table):
    unit, domain, _, _, D = table
    cells = make_cells(unit, domain, 4, D)
    keys = cells.domain * 4 + cells.unit
    assert (np.diff(keys) > 0).all()
    inside = domain >= 0
    assert_array_equal(keys[cells.row[inside]], domain[inside] * 4 + unit[inside])
    assert (cells.row[~inside] == -1).all()
    assert_array_equal(cells.domain[cells.starts], np.arange(D))


def test_a_cell_without_answers_sums_to_exactly_zero():
    w = np.array([0.1, 0.2, 0.3])
    cells = make_cells(np.zeros(3, dtype=np.intp), np.zeros(3, dtype=np.intp), 1, 1)
    assert Weigher(cells, w).total(Column(None, np.arange(3)))[0] == 0.0


def test_rows_without_weight_are_nobody():
    cells = make_cells(np.array([0, 0, 1]), np.zeros(3, dtype=int), 2, 1)
    weigher = Weigher(cells, np.array([2.0, 0.0, 3.0]))
    assert_array_equal(weigher.rows, [1, 1])
    assert_array_equal(weigher.answers(Column(np.zeros(3), np.array([1]))), [1, 1])
    assert_array_equal(weigher.total(Column(None, np.array([1]))), [2.0, 3.0])


def test_a_cell_in_which_nobody_answered_has_nothing_to_the_last_digit():
    w = np.array([0.1, 0.2, 0.3, 0.7])
    weigher = Weigher(make_cells(np.array([0, 0, 0, 1]), np.zeros(4, dtype=int), 2, 1), w)
    lost = np.array([2, 1, 0])  # summed in another order: 1e-16 less
    assert weigher.weight[0] - sum(w[lost]) != 0
    assert_array_equal(weigher.total(Column(None, lost)), [0.0, 0.7])
