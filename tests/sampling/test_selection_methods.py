"""What all methods share: the same seed, the same sample; certainty; what they refuse."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sampling import selection
from sampling.checks import ArgumentError, DataError
from sampling.probabilities import pps_probabilities
from sampling.selection import METHODS, select
from sampling.streams import Tape, uniforms

IDS = [f"{code:05d}" for code in range(1273, 1273 + 3 * 20, 3)]
SIZE = [412, 310, 95, 1210, 2600, 77, 540, 388, 901, 120, 333, 642, 205, 518, 760, 298, 111, 459, 874, 366]
PLACES = np.array([[k % 5, k // 5] for k in range(20)], dtype=float)
BY_SIZE = [m for m in METHODS if m.startswith("pps_") or m == "poisson"]


def given(method, order=None):
    """Return what a method needs, rows put in an order."""
    rows = np.arange(20) if order is None else np.asarray(order)
    more = {}
    if method in BY_SIZE:
        more["size"] = np.array(SIZE)[rows]
    if method == "cube":
        more["balance"] = PLACES[rows]
    if method == "local_pivotal":
        more["coords"] = PLACES[rows]
    return more


PINNED = {
    "srs": "0 4 13 14 15 19",
    "srs_wr": "0 1 10 12 12 19",
    "bernoulli": "0 4 8 10 13 14 15 19",
    "poisson": "0 3 4 8 13 14 15 18 19",
    "systematic": "0 3 6 10 13 16",
    "pps_systematic": "0 3 4 8 12 16",
    "pps_randomised": "3 4 8 14 16 18",
    "pps_brewer": "0 3 4 14 15 18",
    "pps_sampford": "2 3 4 8 13 18",
    "pps_conditional_poisson": "2 3 4 8 13 18",
    "pps_tille": "1 4 6 14 15 18",
    "pps_pivotal": "3 4 8 10 15 19",
    "pps_pivotal_random": "3 4 7 8 14 17",
    "pps_pareto": "0 4 8 14 18 19",
    "cube": "1 4 6 7 15 19",
    "local_pivotal": "3 5 11 16 17 19",
}


@pytest.mark.parametrize("method", METHODS)
def test_a_sample_is_the_pinned_one(method):
    drawn = select(IDS, 6, method=method, seed=20261122, **given(method))
    assert " ".join(str(p) for p in drawn.position) == PINNED[method]


@pytest.mark.parametrize("method", METHODS)
def test_the_order_of_rows_never_matters(method):
    order = np.random.default_rng(4).permutation(20)
    within = np.array(["xã", "phường"])[np.arange(20) % 2]
    one = select(IDS, 3, method=method, seed=8, within=within, **given(method))
    other = select(
        np.array(IDS)[order], 3, method=method, seed=8, within=within[order], **given(method, order)
    )
    assert_array_equal(np.array(IDS)[one.position], np.array(IDS)[order][other.position])
    assert_allclose(one.probability, other.probability, rtol=1e-15)


@pytest.mark.parametrize("method", BY_SIZE)
def test_certainty_units_are_always_drawn_and_marked(method):
    for seed in range(5):
        drawn = select(IDS, 8, method=method, seed=seed, size=SIZE)
        sure = drawn.position[drawn.certainty]
        assert sure.tolist() == [4]
        assert_array_equal(drawn.probability[drawn.certainty], 1)
        assert_allclose(drawn.probability, pps_probabilities(SIZE, 8)[drawn.position], rtol=1e-14)


@pytest.mark.parametrize("method", [m for m in METHODS if m not in ("bernoulli", "poisson", "srs_wr")])
def test_a_draw_of_all_units_takes_all(method):
    drawn = select(IDS, 20, method=method, seed=1, **given(method))
    assert_array_equal(drawn.position, np.arange(20))
    assert_allclose(drawn.probability, 1)


@pytest.mark.parametrize("method", [m for m in METHODS if m not in ("bernoulli", "poisson")])
def test_each_parent_gives_its_own_number(method):
    within = ["a"] * 12 + ["b"] * 8
    drawn = select(IDS, {"a": 5, "b": 2}, method=method, seed=3, within=within, **given(method))
    assert (drawn.position < 12).sum() == 5
    assert (drawn.position >= 12).sum() == 2


@pytest.mark.parametrize("method", BY_SIZE)
def test_sizes_that_overflow_int64_give_the_same_sample(method):
    few = np.array(SIZE)
    one = select(IDS, 6, method=method, seed=5, size=few)
    other = select(IDS, 6, method=method, seed=5, size=few * 2.0**70)
    assert_array_equal(one.position, other.position)
    assert_allclose(one.probability, other.probability, rtol=1e-15)


@pytest.mark.parametrize("method", ["systematic", "pps_systematic", "pps_pivotal"])
def test_keys_put_the_list_in_another_order(method):
    keys = pd.Series(SIZE)
    more = {"size": SIZE} if method in BY_SIZE else {}
    drawn = select(IDS, 6, method=method, seed=9, order=keys, **more)
    by_key = np.argsort(SIZE, kind="stable")
    more = {"size": np.array(SIZE)[by_key]} if more else {}
    listed = select(20, 6, method=method, seed=9, **more)
    assert_array_equal(drawn.position, by_key[listed.position])


def test_the_number_of_each_parent_may_be_a_series():
    n = pd.Series({"a": 2, "b": 3})
    within = ["a"] * 10 + ["b"] * 10
    one, other = (select(IDS, k, method="srs", seed=3, within=within) for k in (n, n.to_dict()))
    assert_array_equal(one.position, other.position)


def test_keys_may_be_words():
    words = [f"{k % 3}" for k in range(20)]
    drawn = select(20, 6, method="systematic", seed=9, order=words)
    assert_array_equal(
        drawn.position, select(20, 6, method="systematic", seed=9, order=[int(w) for w in words]).position
    )


def test_a_cube_whose_probabilities_do_not_add_up_to_a_whole_number_still_ends():
    counts = [
        selection.balanced._cube(np.full(5, 0.5), np.zeros((5, 1)), Tape(seed)).size for seed in range(40)
    ]
    assert set(counts) == {2, 3}


def test_steps_down_a_list_of_unknown_length():
    drawn = selection.select_systematic(100, every=7, seed=2)
    assert (np.diff(drawn.position) == 7).all()
    assert drawn.position[0] < 7
    assert drawn.position[-1] + 7 >= 100
    assert_allclose(drawn.probability, 1 / 7)


def test_systematic_draws_of_equal_chances_hit_the_places_of_the_definition():
    u = float(uniforms(1, seed=4)[0])
    expected = np.floor((u + np.arange(7)) * 23 / 7).astype(int)
    assert_array_equal(selection.select_systematic(23, 7, seed=4).position, expected)


def test_a_tape_gives_the_numbers_of_its_stream_one_by_one():
    tape = Tape(11)
    assert [tape.next() for _ in range(5000)] == uniforms(5000, seed=11).tolist()


def test_brewer_works_out_a_step_over_all_units_where_proposals_fail(monkeypatch):
    monkeypatch.setattr("sampling.selection.unequal.TRIES", 0)
    hits = np.zeros(4)
    for seed in range(400):
        hits[selection.select_pps_brewer(4, [10, 20, 30, 40], 2, seed=seed).position] += 1
    assert np.abs(hits / 400 - [0.2, 0.4, 0.6, 0.8]).max() < 0.11  # 4.5 standard errors


def test_too_large_tables_are_refused(monkeypatch):
    monkeypatch.setattr("sampling.conditional.LARGEST", 100)
    for method in ("pps_sampford", "pps_conditional_poisson"):
        with pytest.raises(ArgumentError, match="too many for this method"):
            select(IDS, 6, method=method, seed=1, size=SIZE)


# --- permanent random numbers -------------------------------------------------------------------------------


def test_a_permanent_number_stays_when_others_come_and_go():
    one = dict(zip(IDS, selection.permanent_numbers(IDS, seed=3), strict=True))
    other = dict(zip(IDS[5:], selection.permanent_numbers(IDS[5:], seed=3), strict=True))
    assert all(one[i] == other[i] for i in IDS[5:])
    numbers = selection.permanent_numbers([f"{k:05d}" for k in range(5000)], seed=1)
    assert abs(numbers.mean() - 0.5) < 0.02
    assert ((numbers >= 0) & (numbers < 1)).all()


def test_coordinated_draws_share_most_units_and_draws_from_afar_fewest():
    own = selection.permanent_numbers(IDS, seed=3)
    new = selection.permanent_numbers(IDS[2:], seed=3)
    first = {IDS[p] for p in selection.select_with_numbers(IDS, own, 8).position}
    again = {IDS[2:][p] for p in selection.select_with_numbers(IDS[2:], new, 8).position}
    away = {IDS[p] for p in selection.select_with_numbers(IDS, own, 8, start=0.5).position}
    assert len(first & again) >= 6
    assert len(first & away) <= 2


@pytest.mark.parametrize("method", ["poisson", "pareto"])
def test_permanent_numbers_draw_by_size_too(method):
    own = selection.permanent_numbers(IDS, seed=3)
    drawn = selection.select_with_numbers(IDS, own, 8, method=method, size=SIZE)
    assert 4 in drawn.position
    assert_allclose(drawn.probability, pps_probabilities(SIZE, 8)[drawn.position], rtol=1e-14)


def test_rotation_groups_are_of_equal_size_and_keep_their_units():
    groups = selection.rotation_groups(IDS, 6, seed=2)
    assert sorted(np.bincount(groups)[1:]) == [3, 3, 3, 3, 4, 4]
    plan = selection.rotation_plan(4, 3)
    assert (plan.sum(axis=1) == 3).all()
    assert ((plan.iloc[1:].to_numpy() & plan.iloc[:-1].to_numpy()).sum(axis=1) == 2).all()


def test_serpentine_order_runs_to_and_fro():
    a = ["x", "x", "y", "y", "y", "z"]
    b = [1, 2, 1, 2, 3, 1]
    rank = selection.serpentine(a, b)
    assert [(a[i], b[i]) for i in np.argsort(rank)] == [
        ("x", 1), ("x", 2), ("y", 3), ("y", 2), ("y", 1), ("z", 1),
    ]  # fmt: skip
    inside = selection.serpentine(a, b, within=["p", "p", "p", "q", "q", "q"])
    assert [(a[i], b[i]) for i in np.argsort(inside)] == [
        ("x", 1), ("x", 2), ("y", 1), ("y", 2), ("y", 3), ("z", 1),
    ]  # fmt: skip


# --- what is refused ----------------------------------------------------------------------------------------

REFUSED = [
    (
        lambda: select(3, 1, method="pps_brewer", seed=1, size=[1e-300, 1e300, 1e300]),
        DataError,
        "size: the sizes are too far apart (the least is",
    ),
    (lambda: select(IDS, 3, method="sampford", seed=1), ArgumentError, "method='sampford' is not known."),
    (
        lambda: select(IDS, 3, method="pps_sampford", seed=1),
        ArgumentError,
        "size: the method 'pps_sampford' needs the size of each unit. Pass size=.",
    ),
    (
        lambda: select(IDS, 3, method="cube", seed=1),
        ArgumentError,
        "balance: the method 'cube' needs the columns to balance on. Pass balance=.",
    ),
    (
        lambda: select(IDS, 3, method="local_pivotal", seed=1),
        ArgumentError,
        "coords: the method 'local_pivotal' needs coordinates. Pass coords=.",
    ),
    (
        lambda: select(IDS, 3, method="srs", seed=1, size=SIZE),
        ArgumentError,
        "size: the method 'srs' does not use it. Leave it out, or choose 'poisson' or 'pps_systematic' or "
        "'pps_randomised'.",
    ),
    (
        lambda: select(IDS, 3, method="srs", seed=1, order=SIZE),
        ArgumentError,
        "order: the method 'srs' does not use it. Leave it out, or choose 'systematic' or 'pps_systematic' "
        "or 'pps_pivotal'.",
    ),
    (
        lambda: select(IDS, 3, method="pps_tille", seed=1, size=[0, *SIZE[1:]]),
        DataError,
        "size is not above 0 for 1 of 20 units, first at 0. Correct it, or leave these units "
        "out of the frame.",
    ),
    (
        lambda: select(IDS, 21, method="pps_tille", seed=1, size=SIZE),
        ArgumentError,
        "n=21: there are only 20 units. Draw 20 or fewer.",
    ),
    (
        lambda: select(IDS, 3, method="pps_tille", seed=1, size=SIZE[:5]),
        ArgumentError,
        "size has 5 values for 20 units. Pass one size for each unit.",
    ),
    (
        lambda: select(["a", "b", "a"], 1, method="systematic", seed=1),
        DataError,
        "units: 'a' stands for more than one unit. Give each unit an id of its own, or drop "
        "the repeated rows.",
    ),
    (
        lambda: select(IDS, 3, method="systematic", seed=1, order=SIZE[:3]),
        ArgumentError,
        "order has 3 values for 20 units. Pass one key for each unit.",
    ),
    (
        lambda: select(IDS, 3, method="systematic", seed=None),
        ArgumentError,
        "seed=None: a draw needs a seed, so that it can be repeated. Pass a number, e.g. 20261122.",
    ),
    (
        lambda: select(IDS, 3, method="cube", seed=1, balance=PLACES[:4]),
        ArgumentError,
        "balance has 4 rows for 20 units. Pass one row for each unit.",
    ),
    (
        lambda: select(IDS, 3, method="cube", seed=1, balance=pd.DataFrame({"loai": ["xã"] * 20})),
        TypeError,
        "balance['loai'] holds 'xã', and it must be a number. Turn it into numbers.",
    ),
    (
        lambda: select(IDS, 3, method="local_pivotal", seed=1, coords=np.where(PLACES > 3, np.inf, PLACES)),
        DataError,
        "coords holds an infinite value. Correct it, or leave the unit out of the frame.",
    ),
    (
        lambda: selection.select_systematic(IDS, seed=1),
        ArgumentError,
        "n and every: neither is given. Give the number to draw, n=, or the step, every=.",
    ),
    (
        lambda: selection.select_systematic(IDS, 3, every=2, seed=1),
        ArgumentError,
        "n and every: give the number to draw or the step, not both.",
    ),
    (
        lambda: selection.select_systematic(IDS, every=21, seed=1),
        ArgumentError,
        "every=21: the step must be from 1 to 20, the units of the shortest list. Choose a smaller step, or "
        "join short lists.",
    ),
    (
        lambda: selection.select_systematic(IDS, every=2.5, seed=1),
        TypeError,
        "every=2.5: pass a whole number, the step down the list.",
    ),
    (
        lambda: selection.select_with_numbers(IDS, [0.5], 3),
        ArgumentError,
        "numbers: pass one number in [0, 1) for each of the 20 units, from permanent_numbers().",
    ),
    (
        lambda: selection.select_with_numbers(IDS, np.zeros(20), 3, start=1),
        ArgumentError,
        "start=1: pass a number from 0 up to but not including 1.",
    ),
    (
        lambda: selection.select_with_numbers(IDS, np.zeros(20), 3, size=SIZE),
        ArgumentError,
        "size: the method 'srs' does not use it. Leave it out, or choose 'poisson' or 'pareto'.",
    ),
    (
        lambda: selection.select_with_numbers(IDS, np.zeros(20), 3, method="pareto"),
        ArgumentError,
        "size: the method 'pareto' needs the size of each unit.",
    ),
    (
        lambda: selection.rotation_plan(0, 2),
        ArgumentError,
        "waves=0: pass a whole number of at least 1.",
    ),
    (
        lambda: selection.serpentine(),
        ArgumentError,
        "serpentine: no key is given. Pass the columns to sort by, the most important first.",
    ),
]


@pytest.mark.parametrize(("call", "kind", "sentence"), REFUSED, ids=range(len(REFUSED)))
def test_refusals_say_what_is_wrong_and_how_to_mend_it(call, kind, sentence):
    with pytest.raises(kind) as error:
        call()
    assert str(error.value).startswith(sentence)
