"""Degrees of freedom: units less strata that hold an estimate, counted by hand."""

import numpy as np
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
