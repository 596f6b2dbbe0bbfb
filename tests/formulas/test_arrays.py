"""Codes in place of labels, and sums over runs of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from surveykit.formulas.arrays import (
    compress,
    cross,
    crossing,
    first_of_each,
    runs,
    sum_by,
    sum_runs,
    whole_numbers,
)

codes = st.lists(st.integers(-1, 9), max_size=30).map(lambda keys: np.array(keys, dtype=np.intp))


@pytest.mark.parametrize("bound", [10, 10_000_000])  # a table of occurrences, and sorting
@given(keys=codes)
def test_compress_numbers_what_occurs_in_its_order(bound, keys):
    wanted = sorted(set(keys.tolist()) - {-1})
    found_codes, found = compress(keys, bound)
    assert_array_equal(found, wanted)
    assert found_codes.tolist() == [wanted.index(k) if k >= 0 else -1 for k in keys.tolist()]


@given(pairs=st.lists(st.tuples(st.integers(-1, 5), st.integers(-1, 7)), max_size=30))
def test_cross_numbers_the_pairs_that_occur(pairs):
    first, second = (np.array([p[i] for p in pairs], dtype=np.intp) for i in (0, 1))
    wanted = sorted({p for p in pairs if min(p) >= 0})
    found, a, b = cross(first, second, 8)
    assert list(zip(a.tolist(), b.tolist(), strict=True)) == wanted
    assert found.tolist() == [wanted.index(p) if min(p) >= 0 else -1 for p in pairs]


@given(owner=st.lists(st.integers(0, 4), min_size=1, max_size=8), data=st.data())
def test_cross_numbers_units_inside_their_strata(owner, data):
    second = np.array(data.draw(st.lists(st.integers(0, len(owner) - 1), min_size=1, max_size=20)))
    first = np.array(owner)[second]
    wanted = sorted(set(zip(first.tolist(), second.tolist(), strict=True)))
    found, a, b = cross(first, second, len(owner))
    assert list(zip(a.tolist(), b.tolist(), strict=True)) == wanted
    assert [wanted[k] for k in found] == list(zip(first.tolist(), second.tolist(), strict=True))


@pytest.mark.parametrize("count", [6, 100_000])  # one table of all combinations, and renumbering between
@given(rows=st.lists(st.tuples(*[st.integers(0, 5)] * 3), min_size=1, max_size=20))
def test_crossing_numbers_the_combinations_that_occur_in_their_order(count, rows):
    wanted = sorted(set(rows))
    parts = [(np.array([row[i] for row in rows], dtype=np.intp), count) for i in range(3)]
    assert crossing(parts, len(rows)).tolist() == [wanted.index(row) for row in rows]
    assert crossing([], len(rows)).tolist() == [0] * len(rows)


@given(rows=st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=20))
def test_the_first_row_of_each_code_is_one_that_is_wanted_if_any_is(rows):
    keys, wanted = (np.array(v) for v in zip(*rows, strict=True))
    keys = compress(keys, 6)[0]
    found = first_of_each(keys, wanted)
    assert found.size == keys.max() + 1
    for code, row in enumerate(found):
        own = np.flatnonzero(keys == code)
        better = own[wanted[own]]
        assert row == (better if better.size else own)[0]


@pytest.mark.parametrize(
    ("values", "count"),
    [([3, 5, 4], 3), ([-2, 0], 3), ([0, 1000], 1001), ([0, 1001], 0), ([1, 1.5], 0), ([0, np.inf], 0)],
)
def test_whole_numbers_over_a_short_span_are_codes(values, count):
    codes, found = whole_numbers(np.array(values, dtype=float))
    assert found == count
    assert codes.tolist() == ([v - min(values) for v in values] if count else [])


@given(values=st.lists(st.integers(0, 5), max_size=20), width=st.integers(1, 3))
def test_runs_are_added_up_one_by_one(values, width):
    ordered = np.sort(np.array(values, dtype=np.intp))
    table = np.arange(ordered.size * width, dtype=float).reshape(ordered.size, width)
    wanted = [table[ordered == v].sum(axis=0) for v in np.unique(ordered)]
    assert_allclose(sum_runs(table, runs(ordered)), np.array(wanted).reshape(-1, width))


def test_sums_by_code_have_a_place_for_every_code():
    assert sum_by(np.array([2, 0, 2]), np.array([1.0, 2.0, 3.0]), 4).tolist() == [2.0, 0.0, 4.0, 0.0]
    assert sum_by(np.zeros(0, dtype=np.intp), np.zeros(0), 2).tolist() == [0.0, 0.0]
