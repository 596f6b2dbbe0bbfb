"""Hadamard matrices: their definition, the orders that are reached, and the fields behind them."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from surveykit.formulas.hadamard import character, hadamard, irreducible, modulus, paley, prime_power

#: Multiples of 4 up to 200 that no product of Sylvester's and Paley's matrices has.
OUT_OF_REACH = {92, 116, 156, 172, 184, 188}


@pytest.mark.parametrize("order", [1, 2, *range(4, 204, 4)])
def test_columns_are_orthogonal_and_the_first_is_ones(order):
    H = hadamard(order).astype(int)
    assert_array_equal(H.T @ H, len(H) * np.eye(len(H)))
    assert_array_equal(H[:, 0], 1)
    assert set(np.unique(H)) <= {-1, 1}


def test_the_least_order_that_can_be_made_is_taken():
    reached = {order for order in range(4, 204, 4) if len(hadamard(order)) == order}
    assert set(range(4, 204, 4)) - reached == OUT_OF_REACH
    assert [len(hadamard(order)) for order in (1, 2, 3, 5, 90, 185)] == [1, 2, 4, 8, 96, 192]


def test_columns_but_the_first_are_half_plus_and_half_minus():
    assert_array_equal(hadamard(60).astype(int).sum(axis=0)[1:], 0)


@pytest.mark.parametrize(
    ("q", "factors"), [(7, (7, 1)), (27, (3, 3)), (25, (5, 2)), (8, None), (15, None), (1, None)]
)
def test_powers_of_odd_primes_are_known(q, factors):
    assert prime_power(q) == factors


def test_each_construction_has_its_orders():
    assert paley(28) == (1, 27)
    assert paley(52) == (2, 25)
    assert paley(40) is None
    assert paley(6) is None


@pytest.mark.parametrize("q", [9, 13, 25, 27])
def test_half_of_a_field_is_squares_and_differences_tell_them(q):
    """The character sums to 0, and its products over shifted places to −1: GF(q) has no other such table."""
    S = character(q).astype(int)
    assert_array_equal(S.sum(axis=1), 0)
    assert_array_equal(np.diag(S), 0)
    assert_array_equal(S @ S.T, q * np.eye(q) - 1)
    assert_array_equal(S, S.T if q % 4 == 1 else -S.T)


def test_a_polynomial_with_a_factor_is_seen():
    assert not irreducible(3, (0, 1))  # x² − 1 = (x − 1)(x + 1)
    assert irreducible(3, (0, 2))  # x² + 1 has no root in GF(3)
    assert not irreducible(3, (0, 0, 0, 2))  # x⁴ + 1 = (x² + x + 2)(x² + 2x + 2), without a root
    assert modulus(3, 2).tolist() == [0, 2]
