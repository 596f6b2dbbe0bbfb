"""Answers sorted and their weights added up once: quantiles against plain loops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from surveykit.formulas.quantiles import sort_answers

few = settings(max_examples=60)


@few
@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.booleans())
def test_the_first_answer_at_which_the_weights_pass_a_share(seed, D, whole):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 30))
    y = rng.integers(0, 6, n) * 1.0 if whole else rng.choice([0.25, 1.5, 2.75, 3.1], n)
    domain, inside = rng.integers(0, D, n), rng.random(n) < 0.8
    w = rng.integers(0, 4, n) * 1.0
    p = rng.choice([0.1, 0.3, 0.5, 0.77, 0.95], (D, 2))
    for apart in (False, True):
        order = sort_answers(y, domain, inside, D, apart=apart)
        found = order.cumulated(order.weights(w)).quantiles(p, "math")
        assert_array_equal(found, order.quantiles(order.weights(w), p, "math"))
        for d in range(D):
            here = [(y[i], w[i]) for i in range(n) if inside[i] and domain[i] == d and w[i] > 0]
            for j in range(2):
                if not here:
                    assert np.isnan(found[d, j])
                    continue
                here.sort()
                sums = np.cumsum([weight for _, weight in here])
                wanted = next(
                    v for (v, _), C in zip(here, sums, strict=True) if p[d, j] * sums[-1] - 1e-9 <= C
                )
                assert found[d, j] == wanted


@pytest.mark.parametrize("D", [1, 2])
def test_equal_answers_are_one_point_or_stand_in_the_order_of_rows(D):
    y = np.array([2.5, 1.0, 2.5, 1.0, 2.5])
    domain, inside = np.zeros(5, dtype=np.intp), np.ones(5, dtype=bool)
    one = sort_answers(y, domain, inside, D)
    assert_array_equal(one.value, [1.0, 2.5])
    assert_array_equal(one.group, [1, 0, 1, 0, 1])
    many = sort_answers(y, domain, inside, D, apart=True)
    assert_array_equal(many.group, [2, 0, 3, 1, 4])
    assert_array_equal(many.domain, np.zeros(5))
