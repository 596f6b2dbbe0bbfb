import unicodedata
from collections import Counter
from fractions import Fraction
from itertools import accumulate

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from sampling.checks import ArgumentError, ColumnError, DataError
from sampling.probabilities import pps_probabilities
from sampling.selection import TOP, select_pps_systematic, select_srs, uniforms
from sampling.selection.common import Groups, Sized
from sampling.selection.proportional import _systematic as hit_by_points

IDS = [f"{code:05d}" for code in range(1273, 1273 + 3 * 20, 3)]
SIZE = [412, 310, 95, 1210, 2600, 77, 540, 388, 901, 120, 333, 642, 205, 518, 760, 298, 111, 459, 874, 366]
PARENT = ["xã", "phường"] * 10

#: Monte Carlo error: chance of a false alarm below 1e-6 for each unit.
SIGMAS = 5


def _systematic(size, n, start):
    """Return the units of one group that are hit, no unit being certain."""
    total = np.array([size.sum()], dtype=size.dtype)
    groups = Groups(None, None, np.array([0, size.size]), [""])
    return hit_by_points(size, Sized(size, None, np.array([n]), total), groups, [start])


# --- the same seed, the same sample -------------------------------------------------------------------------


def test_random_numbers_are_the_pinned_stream_of_pcg64():
    raw = [9441442522235856127, 17532960557476522086, 2659275481604167885]
    assert_array_equal(uniforms(3, seed=1), [(r >> 11) / 2**53 for r in raw])


def test_a_simple_random_sample_is_the_pinned_one():
    assert [IDS[i] for i in select_srs(IDS, 5, seed=20261122).position] == [
        "01273",
        "01285",
        "01315",
        "01318",
        "01330",
    ]


def test_a_systematic_sample_is_the_pinned_one():
    drawn = select_pps_systematic(IDS, SIZE, 8, seed=20261122)
    assert " ".join(IDS[i] for i in drawn.position) == "01273 01282 01285 01291 01297 01306 01315 01327"
    assert [IDS[i] for i in drawn.position[drawn.certainty]] == ["01285"]


def test_a_sequence_as_seed_gives_each_stage_its_own_stream():
    assert_array_equal(uniforms(5, seed=7), uniforms(5, seed=[7]))
    streams = [tuple(uniforms(5, seed=s)) for s in [7, (7, 1), (7, 2), (7, 1, 1)]]
    assert len(set(streams)) == 4


orders = st.permutations(range(len(IDS)))


@settings(derandomize=True, deadline=None)
@given(order=orders, seed=st.integers(0, 2**64))
def test_the_order_of_rows_never_matters(order, seed):
    ids, size, parent = (np.array(x)[order] for x in (IDS, SIZE, PARENT))
    for within, first in ((None, None), (PARENT, parent)):
        one = select_srs(IDS, 4, seed=seed, within=within)
        other = select_srs(ids, 4, seed=seed, within=first)
        assert_array_equal(np.array(IDS)[one.position], ids[other.position])
        one = select_pps_systematic(IDS, SIZE, 6, seed=seed, within=within)
        other = select_pps_systematic(ids, size, 6, seed=seed, within=first)
        assert_array_equal(np.array(IDS)[one.position], ids[other.position])
        assert_array_equal(one.probability, other.probability)
        assert_array_equal(one.certainty, other.certainty)


def test_ids_read_as_text_numbers_or_categories_give_the_same_sample():
    numbers = pd.Series([9, 10, 101, 2, 33, 1])
    expected = select_srs(numbers, 3, seed=5).position
    types = ["str", "string[pyarrow]", "Int64", "uint8", "object"]
    forms = [numbers.astype(t) for t in types]
    forms += [numbers.astype(str).astype("category"), numbers.tolist(), pd.Index(numbers)]
    for ids in forms:
        assert_array_equal(select_srs(ids, 3, seed=5).position, expected)


def test_composed_and_decomposed_names_give_the_same_sample():
    names = ["Đàm Thủy", "Hạ Lang", "Nùng Trí Cao", "Bảo Lạc", "Thục Phán"]
    apart = [unicodedata.normalize("NFD", name) for name in names]
    for seed in range(20):
        assert_array_equal(select_srs(names, 2, seed=seed).position, select_srs(apart, 2, seed=seed).position)


def test_a_count_stands_for_units_in_a_fixed_order():
    ids = [f"{i:02d}" for i in range(30)]
    assert_array_equal(select_srs(30, 7, seed=3).position, select_srs(ids, 7, seed=3).position)


def test_index_and_type_of_the_size_never_matter():
    expected = select_pps_systematic(IDS, SIZE, 8, seed=4).position
    for size in [
        np.array(SIZE, dtype=np.float32),
        np.array(SIZE) / 8,
        np.array(SIZE) * 2.0**1000,
        pd.Series(SIZE, index=IDS[::-1], dtype="Int64"),
    ]:
        assert_array_equal(
            select_pps_systematic(pd.Series(IDS, index=[0] * 20), size, 8, seed=4).position, expected
        )


# --- the probabilities are what they say --------------------------------------------------------------------


def test_over_all_starts_each_unit_is_drawn_with_its_probability_exactly():
    # sum 64 and 4 points: a step of 16, so that the 16 starts j / 16 stand for all starts
    size = np.array([1, 7, 15, 3, 9, 13, 2, 14])
    hits = Counter(i for j in range(16) for i in _systematic(size, 4, j * TOP // 16).tolist())
    assert [Fraction(hits[i], 16) for i in range(8)] == [Fraction(4 * int(x), 64) for x in size]


@settings(derandomize=True, deadline=None)
@given(
    size=st.lists(st.integers(1, 50), min_size=3, max_size=12),
    start=st.integers(0, TOP - 1),
    unit=st.sampled_from([1, 2**70]),
)
def test_the_units_hit_are_those_of_the_definition_in_exact_fractions(size, start, unit):
    n = sum(size) // max(size)  # no unit is longer than a step
    step = Fraction(sum(size), n)
    reached = list(accumulate(size))
    expected = []
    for k in range(n):
        point = (Fraction(start, TOP) + k) * step
        expected.append(next(i for i, c in enumerate(reached) if point < c))
    whole = np.array([x * unit for x in size], dtype=np.int64 if unit == 1 else object)
    assert _systematic(whole, n, start).tolist() == expected


def test_the_largest_start_stays_inside_the_frame():
    for size in ([0.1] * 10, [1 / 3, 2 / 7, 1 / 11, 0.3]):
        whole = np.array([int(x * 2**60) for x in size], dtype=object)
        assert _systematic(whole, 1, TOP - 1).tolist() == [len(size) - 1]


def test_simple_random_samples_hit_each_unit_and_each_pair_alike():
    draws = 4000
    hits, pairs = np.zeros(6), Counter()
    for seed in range(draws):
        drawn = select_srs(6, 3, seed=seed).position
        hits[drawn] += 1
        pairs.update((a, b) for a in drawn.tolist() for b in drawn.tolist() if a < b)
    assert_allclose(hits / draws, 1 / 2, atol=SIGMAS * np.sqrt(1 / 4 / draws))
    assert len(pairs) == 15
    assert_allclose(np.array(list(pairs.values())) / draws, 1 / 5, atol=SIGMAS * np.sqrt(0.16 / draws))


def test_systematic_samples_hit_each_unit_with_its_probability():
    draws = 3000
    expected = pps_probabilities(SIZE, 8)
    hits = np.zeros(len(SIZE))
    for seed in range(draws):
        drawn = select_pps_systematic(IDS, SIZE, 8, seed=seed)
        assert len(drawn) == 8
        assert_array_equal(drawn.probability, expected[drawn.position])
        hits[drawn.position] += 1
    error = SIGMAS * np.sqrt(expected * (1 - expected) / draws)
    assert (np.abs(hits / draws - expected) <= error).all()


def test_each_parent_is_drawn_from_by_itself():
    ids, parent = np.repeat(np.arange(40), 5), np.tile(["a", "b", "c", "d", "e"], 40)
    drawn = select_srs(ids, {"a": 1, "b": 2, "c": 3, "d": 39, "e": 40}, seed=2, within=parent)
    found = pd.Series(parent[drawn.position]).value_counts()
    assert found.to_dict() == {"a": 1, "b": 2, "c": 3, "d": 39, "e": 40}
    assert_array_equal(drawn.probability, found[parent[drawn.position]] / 40)
    assert len(set(zip(ids[drawn.position], parent[drawn.position], strict=True))) == len(drawn)


def test_parents_are_drawn_from_independently():
    same = [
        np.array_equal(
            *(select_srs(20, 1, seed=seed, within=[0] * 10 + [1] * 10).position - [0, 10]).reshape(2, 1)
        )
        for seed in range(1000)
    ]
    assert np.mean(same) == pytest.approx(0.1, abs=SIGMAS * np.sqrt(0.09 / 1000))


def test_certainty_units_are_drawn_in_each_stratum():
    drawn = select_pps_systematic(IDS, SIZE, {"xã": 4, "phường": 5}, seed=9, within=PARENT)
    for label, n in (("xã", 4), ("phường", 5)):
        rows = [i for i, p in enumerate(PARENT) if p == label]
        expected = dict(zip(rows, pps_probabilities([SIZE[i] for i in rows], n), strict=True))
        mine = [k for k, i in enumerate(drawn.position) if PARENT[i] == label]
        assert len(mine) == n
        assert_array_equal(drawn.probability[mine], [expected[i] for i in drawn.position[mine]])
        assert_array_equal(drawn.certainty[mine], drawn.probability[mine] == 1)
        assert {i for i in rows if expected[i] == 1} <= set(drawn.position.tolist())


def test_drawing_every_unit_returns_every_unit():
    assert_array_equal(np.sort(select_srs(IDS, 20, seed=1).position), np.arange(20))
    everyone = select_pps_systematic(IDS, SIZE, 20, seed=1)
    assert_array_equal(everyone.position, np.arange(20))
    assert everyone.certainty.all()


# --- what is refused ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            lambda: select_srs(IDS, 2, seed=None),
            ArgumentError,
            "seed=None: a draw needs a seed, so that it can be repeated. Pass a number, e.g. 20261122.",
        ),
        (
            lambda: select_srs(IDS, 2, seed="abc"),
            TypeError,
            "seed='abc': pass a whole number, or a sequence of whole numbers.",
        ),
        (
            lambda: select_srs(IDS, 2, seed=-1),
            ArgumentError,
            "seed=-1: pass 0 or more, followed by stages numbered from 1, e.g. (2026, 1).",
        ),
        (
            lambda: select_srs(IDS, 2, seed=(7, 0)),
            ArgumentError,
            "seed=(7, 0): pass 0 or more, followed by stages numbered from 1, e.g. (2026, 1).",
        ),
        (
            lambda: select_srs(["01273", None, "01279"], 2, seed=1),
            DataError,
            "units is missing for 1 units, first in row 1. Fill it in, or drop the rows.",
        ),
        (
            lambda: select_srs(["01273", "01279", "01273"], 2, seed=1),
            DataError,
            "units: '01273' stands for more than one unit. "
            "Give each unit an id of its own, or drop the repeated rows.",
        ),
        (
            lambda: select_srs([1.0, 2.0], 2, seed=1),
            TypeError,
            "units holds 1.0; an id must be text or a whole number. Turn it into text first.",
        ),
        (
            lambda: select_srs([], 2, seed=1),
            DataError,
            "units has no values. Check the filter or the file it came from.",
        ),
        (
            lambda: select_srs(IDS[:3], 2, seed=1, within=["a", "a"]),
            ArgumentError,
            "within has 2 values for 3 units. Pass the parent of each unit.",
        ),
        (
            lambda: select_srs(IDS[:3], 2, seed=1, within=["a", None, "a"]),
            DataError,
            "within is missing for 1 units, first in row 1. Fill it in, or drop the rows.",
        ),
        (
            lambda: select_srs(IDS[:3], 2, seed=1, within=["T01", "T01", "T02"]),
            ArgumentError,
            "n=2: there are only 1 units in 'T02'. Draw 1 or fewer.",
        ),
        (
            lambda: select_srs(IDS[:2], {"xã": 1}, seed=1, within=["xã", "phường"]),
            ColumnError,
            "n has no number for 'phường' (1 units). Add it, or leave these units out of the frame.",
        ),
        (
            lambda: select_srs(IDS[:2], {"xa": 1}, seed=1, within=["xã", "phường"]),
            ColumnError,
            "n has 'xa', and within does not. Did you mean 'xã'?",
        ),
        (
            lambda: select_pps_systematic(IDS, SIZE[:-1], 2, seed=1),
            ArgumentError,
            "size has 19 values for 20 units. Pass one size for each unit.",
        ),
        (
            lambda: select_pps_systematic(IDS[:2], [1, 0], 2, seed=1),
            DataError,
            "size is not above 0 for 1 of 2 units, first at 1. "
            "Correct it, or leave these units out of the frame.",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_a_sentence(call, kind, message):
    with pytest.raises(kind) as error:
        call()
    assert str(error.value) == message


def test_a_repeated_id_is_allowed_in_different_parents():
    assert len(select_srs([1, 2, 1, 2], 1, seed=1, within=["a", "a", "b", "b"])) == 2
