from fractions import Fraction
from math import fsum

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from sampling.checks import ArgumentError, DataError
from sampling.probabilities import certainty_units, pps_probabilities, whole_sizes

#: One division and one product of floats.
ROUNDING = 1e-15

whole = st.lists(st.integers(1, 10_000), min_size=1, max_size=40)
decimal = st.lists(st.floats(1e-3, 1e6, allow_nan=False), min_size=1, max_size=40)


def by_definition(sizes: list[Fraction], n: int) -> list[Fraction]:
    """Take one certainty unit after the other, in exact fractions."""
    probability = {}
    rest = dict(enumerate(sizes))
    while rest:
        left = n - len(probability)
        largest = max(rest, key=lambda i: rest[i])
        if left == 0 or left * rest[largest] < sum(rest.values()):
            break
        probability[largest] = Fraction(1)
        del rest[largest]
    left, total = n - len(probability), sum(rest.values())
    probability |= {i: left * x / total for i, x in rest.items()}
    return [probability[i] for i in range(len(sizes))]


@settings(derandomize=True, deadline=None)
@given(sizes=st.one_of(whole, decimal), data=st.data())
def test_probabilities_are_those_of_the_definition_in_exact_fractions(sizes, data):
    n = data.draw(st.integers(1, len(sizes)))
    expected = by_definition([Fraction(x) for x in sizes], n)
    found = pps_probabilities(sizes, n)
    assert_allclose(found, [float(p) for p in expected], rtol=ROUNDING)
    assert_array_equal(certainty_units(whole_sizes(sizes), n), [p == 1 for p in expected])
    assert_array_equal(found == 1, [p == 1 for p in expected])
    assert fsum(found) == pytest.approx(n, rel=ROUNDING * n)


def test_without_a_certainty_unit_probabilities_are_n_x_over_the_sum():
    assert_allclose(pps_probabilities([1, 2, 3, 4], 2), [0.2, 0.4, 0.6, 0.8], rtol=ROUNDING)


def test_setting_one_certainty_unit_apart_can_make_the_next_one_certain():
    # 100 is certain at once; 40 only then, as 2 * 40 >= 79
    assert_allclose(pps_probabilities([100, 40, 20, 19], 3), [1, 1, 20 / 39, 19 / 39], rtol=ROUNDING)


def test_a_unit_that_just_reaches_one_is_certain():
    assert pps_probabilities([2, 1, 1], 2).tolist() == [1, 0.5, 0.5]
    assert certainty_units(whole_sizes([2, 1, 1]), 2).tolist() == [True, False, False]


def test_drawing_every_unit_makes_each_certain():
    assert pps_probabilities([0.1, 0.1, 0.7], 3).tolist() == [1, 1, 1]


def test_sizes_in_another_unit_give_the_same_probabilities():
    sizes = np.array([10, 20, 30, 140, 7])
    assert_array_equal(pps_probabilities(sizes, 2), pps_probabilities(sizes * 2**40, 2))
    assert_array_equal(pps_probabilities(sizes, 2), pps_probabilities(sizes / 8, 2))


@pytest.mark.parametrize(
    "sizes",
    [[2**61, 2**61, 2**61, 2**60], [3e300, 3e300, 3e300, 1.5e300], [3e-300, 3e-300, 3e-300, 1.5e-300]],
)
def test_sizes_that_overflow_when_added_are_added_exactly(sizes):
    assert_allclose(pps_probabilities(sizes, 2), [4 / 7, 4 / 7, 4 / 7, 2 / 7], rtol=ROUNDING)


def test_a_difference_beyond_the_digits_of_a_float_still_counts():
    # as floats 2 * 1e18 reaches the sum 2e18 + 1; as whole numbers it does not
    assert not certainty_units(whole_sizes(pd.Series([10**18, 10**18, 1])), 2).any()


def test_nullable_and_arrow_columns_give_the_same_numbers():
    plain = pps_probabilities([3, 5, 8], 2)
    for dtype in ["Int64", "Float64", "int64[pyarrow]", "double[pyarrow]", "uint8", "float32"]:
        assert_array_equal(pps_probabilities(pd.Series([3, 5, 8], dtype=dtype), 2), plain)


@pytest.mark.parametrize(
    ("size", "message"),
    [
        (
            pd.Series([1.0, None, 2.0], index=["01273", "01279", "01288"]),
            "size is missing for 1 of 3 units, first at '01279'. "
            "Correct it, or leave these units out of the frame.",
        ),
        (
            [3, 0, -1],
            "size is not above 0 for 2 of 3 units, first at 1, 2. "
            "Correct it, or leave these units out of the frame.",
        ),
        (
            [3, np.inf],
            "size is infinite for 1 of 2 units, first at 1. "
            "Correct it, or leave these units out of the frame.",
        ),
        ([], "size has no values. Check the filter or the file it came from."),
    ],
)
def test_a_size_that_cannot_be_used_is_named_with_its_place(size, message):
    with pytest.raises(DataError) as error:
        pps_probabilities(size, 1)
    assert str(error.value) == message


def test_sizes_as_text_are_refused():
    with pytest.raises(TypeError) as error:
        pps_probabilities(["1,5", "2"], 1)
    assert str(error.value) == (
        "size holds '1,5', and a size must be a number. Turn the column into numbers first."
    )


@pytest.mark.parametrize(
    ("n", "message"),
    [
        (4, "n=4: there are only 3 units. Draw 3 or fewer."),
        (0, "n=0: at least 1 unit must be drawn. Leave out what is not sampled."),
    ],
)
def test_a_number_to_draw_that_cannot_be_met_is_refused(n, message):
    with pytest.raises(ArgumentError) as error:
        pps_probabilities([1, 2, 3], n)
    assert str(error.value) == message


@pytest.mark.parametrize("n", [1.5, True, "2"])
def test_a_number_to_draw_that_is_not_whole_is_refused(n):
    with pytest.raises(TypeError, match=r"pass a whole number of units to draw\."):
        pps_probabilities([1, 2, 3], n)
