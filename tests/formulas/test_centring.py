"""What is taken off numbers far from 0: by hand, and that nothing else is touched."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from surveykit.formulas.centring import centre, seems_narrow

RNG = np.random.default_rng(11)
N = 3000
W = RNG.uniform(1, 2, N)
FAR, WIDE = 1e6 + RNG.normal(0, 1, N), RNG.normal(5, 1, N)
PEOPLE = np.array([1.0, 0.0, 0.0])


def test_the_weighted_mean_is_taken_off_a_number_whose_spread_is_small():
    found, constant = centre([FAR, WIDE], W, None, PEOPLE)
    assert_allclose(found, [[0.0, W @ FAR / W.sum(), 0.0]], rtol=1e-14)
    assert_allclose(constant, PEOPLE)
    second, _ = centre([WIDE, FAR], W, None, PEOPLE)
    assert_allclose(second, [[0.0, 0.0, found[0, 1]]])
    signs, _ = centre([-FAR, WIDE], -W, None, PEOPLE)  # weights below 0 count by their size
    assert_allclose(signs, -found)


def test_each_part_has_its_own_mean_and_rows_outside_have_no_say():
    part = np.arange(N) % 3 - 1
    x = FAR + 1e5 * part
    found, _ = centre([x, WIDE], W, part, PEOPLE)
    by_hand = [np.average(x[part == d], weights=W[part == d]) for d in (0, 1)]
    assert_allclose(found, [[0.0, m, 0.0] for m in by_hand], rtol=1e-12)


def test_a_number_that_is_narrow_in_one_part_alone_is_centred_there():
    part = np.arange(N) % 2
    found, _ = centre([np.where(part == 0, FAR, WIDE)], W, part, np.array([1.0, 0.0]))
    assert_allclose(found[:, 1], [np.average(FAR[part == 0], weights=W[part == 0]), 0.0])
    assert centre([np.where(part == 0, FAR, WIDE)], W, part, np.zeros(1)) is None


def test_without_a_constant_the_first_such_number_stands_for_it():
    part = np.arange(N) % 2
    x, y = FAR * (1 + part), 3 * FAR + RNG.normal(0, 1, N)
    for groups in (None, part):
        found, constant = centre([WIDE, x if groups is not None else FAR, y], W, groups, np.zeros(3))
        assert constant[[0, 2]].tolist() == [0.0, 0.0]
        assert found[:, :2].tolist() == [[0.0, 0.0]] * len(found)
        first = x if groups is not None else FAR
        for d in range(len(found)):
            here = W * (groups == d) if groups is not None else W
            left = y - found[d, 2] * (first * constant[1])  # nothing is left of the mean
            assert abs(here @ left) < 1e-9 * (here @ y)
        here = W * (groups == 0) if groups is not None else W
        assert_allclose(here @ first * constant[1], here.sum())  # it is 1 on average
    both = [np.where(part == 0, FAR, WIDE), y]
    found, constant = centre(both, W, part, np.zeros(2))  # only the second is so in every part
    assert (constant != 0).tolist() == [False, True]
    assert (found != 0).tolist() == [[True, False], [False, False]]
    assert centre([FAR], W, None, np.zeros(1)) is None
    assert centre([WIDE, WIDE], W, None, np.zeros(2)) is None


@pytest.mark.parametrize(
    ("spread", "centred"), [(5e-10, False), (2e-9, True), (0.9e-3, True), (1.2e-3, False)]
)
def test_rounding_and_wide_numbers_are_left_as_they_are(spread, centred):
    x = 10 * (1 + spread * RNG.choice([-1.0, 1.0], N))
    for sign in (1, -1):
        assert (centre([sign * x], W, None, np.array([1.0, 0.0])) is not None) == centred


def test_few_rows_tell_whether_it_is_worth_a_look():
    assert seems_narrow(FAR, W)
    assert seems_narrow(-FAR, W)
    assert not seems_narrow(WIDE, W)
    assert not seems_narrow(np.zeros(5), np.ones(5))
    unused = np.where(np.arange(N) % 3 == 0, 1.0, 0.0)  # most rows have no weight, and 0 in their place
    assert seems_narrow(FAR * unused, unused)
    assert seems_narrow(FAR, np.zeros(N))
    first = np.where(np.arange(N) < N // 2, FAR, WIDE)  # rows from all over the table
    assert not seems_narrow(first, W)
