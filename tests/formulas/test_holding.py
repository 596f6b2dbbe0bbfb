"""Degrees of freedom: units less strata that hold an estimate, counted by hand."""

import numpy as np
import scipy.sparse as sp
from numpy.testing import assert_array_equal

from surveykit.formulas.holding import Holding


def test_units_less_strata_are_counted_where_there_are_answers():
    unit, stratum = np.array([0, 1, 2, 0, 2, 3]), np.array([0, 0, 1, 0, 1, 1])
    domain = np.array([0, 0, 0, 1, 1, 1])
    every = Holding(unit, stratum, domain, None, 2)
    assert_array_equal(every.df(), [[1, 1], [1, 1]])
    assert every.union([0, 3]) == (4, 2)
    assert every.union([]) == (0, 0)
    assert every.union_all() == (4, 2)
    some = np.array([[1, 1], [1, 0], [0, 1], [1, 0], [0, 0], [1, 0]], dtype=bool)
    held = Holding(unit, stratum, domain, some, 2)
    assert_array_equal(held.df(), [[1, 0], [0, 0]])
    assert held.union([0, 2]) == (3, 2)
    assert held.union([3]) == (0, 0)
    assert held.union_all() == (4, 2)


def test_combinations_count_the_units_and_strata_of_all_their_estimates():
    rng = np.random.default_rng(1)
    unit = rng.integers(0, 9, 40)
    domain = np.sort(rng.integers(0, 4, 40))
    first = np.unique(domain * 9 + unit)  # one cell for each unit of a domain
    unit, domain = first % 9, first // 9
    stratum = unit // 3
    some = rng.random((unit.size, 2)) < 0.7
    for answered in (None, some):
        held = Holding(unit, stratum, domain, answered, 2)
        every_pair = [(a, b) for a in range(8) for b in range(a + 1, 8)]
        for sets in (every_pair, [(0, 1, 5), (2, 3), (7,), ()]):
            L = np.zeros((8, len(sets)))
            for j, rows in enumerate(sets):
                L[list(rows), j] = np.where(np.arange(len(rows)) % 2, -1.0, 2.0)
            union = [held.union(rows) for rows in sets]
            assert_array_equal(held.unions(sp.csc_matrix(L)), [units - strata for units, strata in union])
