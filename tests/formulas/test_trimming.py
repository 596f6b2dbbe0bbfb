"""Trimmed weights: limits by every rule, gifts that keep the sum, groups, rows that count several times."""

import numpy as np
import pytest
from derivatives import check_derivative, influence
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from surveykit.formulas import trimming
from surveykit.formulas.trimming import Trimming

few = settings(max_examples=50)
seeds = st.integers(0, 2**32 - 1)
gifts = pytest.mark.parametrize("give", ["proportional", "equal"])
KEPT = 1e-12


def trim(w, group=None, **rules):
    """Return weights after trimming in groups."""
    w = np.array(w, dtype=float)
    group = np.zeros(w.size, dtype=int) if group is None else np.array(group)
    return Trimming(group, int(group.max()) + 1, "trim", **rules).apply(w)


# --- limits -------------------------------------------------------------------------------------------------


def test_limits_come_from_the_weights_above_0_of_each_group():
    w = np.array([1.0, 2, 6, 0, -4, 10, 30])
    group = np.array([0, 0, 0, 0, 0, 1, 1])

    def limits(**rules):
        low, high = Trimming(group, 3, "trim", **rules).limits(w)
        return low.tolist(), high.tolist()

    inf = np.inf
    assert limits() == ([-inf] * 3, [inf] * 3)
    assert limits(lower=2.0, upper=9.0) == ([2.0] * 3, [9.0] * 3)
    assert limits(ratio=1.5) == ([-inf] * 3, [3.0, 30.0, inf])
    assert limits(quantile=0.75) == ([-inf] * 3, [4.0, 25.0, inf])
    assert limits(quantile=0.75, ratio=2.0, lower=1.0) == ([1.0] * 3, [8.0, 50.0, inf])


# --- gifts, by hand -----------------------------------------------------------------------------------------


def test_what_is_cut_is_given_in_proportion_in_equal_parts_or_not_at_all():
    w = [1.0, 3.0, 16.0]
    assert_allclose(trim(w, upper=12.0), [2.0, 6.0, 12.0])
    assert_allclose(trim(w, upper=12.0, give="equal"), [3.0, 5.0, 12.0])
    assert_allclose(trim(w, upper=12.0, give="none"), [1.0, 3.0, 12.0])


def test_what_is_given_to_small_weights_is_taken_from_the_others():
    w = [1.0, 4.0, 8.0]
    assert_allclose(trim(w, lower=4.0), [4.0, 4.0, 5.0])
    assert_allclose(trim(w, lower=2.0), [2.0, 4 * 11 / 12, 8 * 11 / 12])
    assert_allclose(trim(w, lower=2.0, give="equal"), [2.0, 3.5, 7.5])
    assert_allclose(trim(w, lower=4.0, give="none"), [4.0, 4.0, 8.0])


def test_a_gift_does_not_lift_anybody_above_the_limit_unless_asked_once():
    w = [1.0, 9.0, 20.0]
    assert_allclose(trim(w, upper=12.0), [6.0, 12.0, 12.0])
    assert_allclose(trim(w, upper=12.0, give="equal"), [6.0, 12.0, 12.0])
    assert_allclose(trim(w, upper=12.0, strict=False), [1.8, 16.2, 12.0])
    assert_allclose(trim(w, upper=12.0, strict=False, give="equal"), [5.0, 13.0, 12.0])
    assert_allclose(trim(w, upper=12.0, strict=False, give="none"), [1.0, 9.0, 12.0])


def test_both_limits_hold_together():
    # cut at once, 8 → 4 and 1 → 2.5 three times would sum to 11.5
    assert_allclose(trim([8.0, 1.0, 1.0, 1.0], lower=2.5, upper=4.0), [3.5, 2.5, 2.5, 2.5])
    assert_allclose(trim([8.0, 1.0, 1.0, 1.0], lower=2.5, upper=4.0, give="equal"), [3.5, 2.5, 2.5, 2.5])


@gifts
def test_groups_do_not_give_to_one_another(give):
    made = trim([1.0, 9.0, 5.0, 5.0, 2.0], [0, 0, 1, 1, 2], upper=6.0, give=give)
    assert_allclose(made, [4.0, 6.0, 5.0, 5.0, 2.0])


@gifts
@pytest.mark.parametrize("strict", [True, False])
def test_where_all_are_cut_nobody_is_left_to_take(give, strict):
    assert_allclose(trim([8.0, 9.0], upper=6.0, give=give, strict=strict), [6.0, 6.0])


@gifts
@pytest.mark.parametrize("strict", [True, False])
def test_weights_between_the_limits_are_left_alone(give, strict):
    w = np.random.default_rng(2).uniform(1, 2, 30)
    assert_array_equal(trim(w, lower=0.9, upper=2.1, give=give, strict=strict), w)
    assert_array_equal(trim(w, give=give, strict=strict), w)


@gifts
@pytest.mark.parametrize("strict", [True, False])
def test_rows_without_weight_get_none_and_groups_without_weight_stay_empty(give, strict):
    made = trim([0.0, 3.0, 3.0, 8.0, 0.0, 0.0], [0, 0, 0, 0, 1, 1], upper=6.0, give=give, strict=strict)
    assert_allclose(made, [0.0, 4.0, 4.0, 6.0, 0.0, 0.0])


@gifts
def test_weights_below_0_are_cut_at_the_lower_limit_and_take_nothing(give):
    assert_allclose(trim([-3.0, 4.0, 9.0, 0.0], upper=8.0, give=give), [-3.0, 5.0, 8.0, 0.0])
    assert_allclose(trim([-3.0, 4.0, 9.0, 0.0], lower=1.0, upper=8.0, give=give)[0], 1.0)
    assert_allclose(trim([-3.0, 4.0, 9.0, 0.0], lower=1.0, upper=8.0, give=give).sum(), 10.0)


# --- gifts, for any weights ---------------------------------------------------------------------------------


@few
@given(seeds, st.sampled_from(["proportional", "equal"]), st.sampled_from(["upper", "lower", "both"]))
def test_gifts_keep_the_sum_of_each_group_within_the_limits(seed, give, ends):
    rng = np.random.default_rng(seed)
    n = 60
    group = np.sort(rng.integers(0, 3, n))
    w, factor = rng.lognormal(0, 1, n), rng.integers(0, 3, n).astype(float)
    factor[[np.flatnonzero(group == h)[0] for h in np.unique(group)]] = 1.0
    means = [(w * factor)[group == h].sum() / factor[group == h].sum() for h in np.unique(group)]
    low = None if ends == "upper" else min(means) * rng.uniform(0.3, 1)
    high = None if ends == "lower" else max(means) * rng.uniform(1, 2)
    step = Trimming(group, 3, "trim", low, high, give=give)
    made = step.replay(w * factor, factor)
    once = made[factor > 0] / factor[factor > 0]
    assert once.max() <= (np.inf if high is None else high * (1 + KEPT))
    assert once.min() >= (0 if low is None else low * (1 - KEPT))
    sums = [np.bincount(group, weights=v, minlength=3) for v in (made, w * factor)]
    assert_allclose(*sums, rtol=KEPT)
    for h in np.unique(group):  # rows between the limits keep their proportions, or their distances
        inside = (group == h) & (factor > 0)
        for v, end in ((made / np.maximum(factor, 1), high), (made / np.maximum(factor, 1), low)):
            inside &= True if end is None else np.abs(v - end) > 1e-9
        change = (
            made[inside] / factor[inside] / w[inside]
            if give == "proportional"
            else (made[inside] / factor[inside] - w[inside])
        )
        assert_allclose(change, change[:1].repeat(change.size), rtol=1e-9, atol=1e-9)


def test_a_search_that_is_cut_short_stays_within_the_limits(monkeypatch):
    monkeypatch.setattr(trimming, "PASSES", 1)
    assert_allclose(trim([1.0, 9.0, 20.0], upper=12.0), [1.0, 9.0, 12.0])


@few
@given(seeds)
def test_the_order_of_the_weights_is_kept(seed):
    w = np.sort(np.random.default_rng(seed).lognormal(0, 1, 40))
    for give in ("proportional", "equal", "none"):
        assert (np.diff(trim(w, lower=w.mean() / 2, upper=w.mean() * 1.5, give=give)) >= 0).all()


# --- replicates and variance --------------------------------------------------------------------------------


def test_limits_are_for_the_weight_of_a_row_that_counts_once():
    step = Trimming(np.zeros(4, dtype=int), 1, "trim", upper=12.0)
    factor = np.array([3.0, 1.0, 1.0, 0.0])
    made = step.replay(np.array([10.0, 10.0, 20.0, 30.0]) * factor, factor)
    assert_allclose(made, [3 * 12.0, 12.0, 12.0, 0.0])
    step = Trimming(np.zeros(4, dtype=int), 1, "trim", upper=15.0)
    assert_allclose(
        step.replay(np.array([10.0, 10.0, 20.0, 30.0]) * factor, factor), [33.75, 11.25, 15.0, 0.0]
    )
    equal = Trimming(np.zeros(4, dtype=int), 1, "trim", upper=15.0, give="equal", strict=False)
    assert_allclose(
        equal.replay(np.array([10.0, 10.0, 20.0, 30.0]) * factor, factor), [33.75, 11.25, 15.0, 0.0]
    )


def test_the_median_of_a_replicate_is_of_rows_that_count_at_all():
    step = Trimming(np.zeros(4, dtype=int), 1, "trim", ratio=1.5, give="none")
    factor = np.array([0.0, 1.0, 2.0, 1.0])
    assert_allclose(step.replay(np.array([1.0, 2.0, 4.0, 9.0]) * factor, factor), [0.0, 2.0, 8.0, 6.0])


RULES = [
    {"upper": 2.3}, {"lower": 0.8}, {"lower": 0.7, "upper": 2.2}, {"ratio": 1.6},
    {"quantile": 0.75, "lower": 0.6},
]  # fmt: skip


@gifts
@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("rules", RULES, ids=str)
def test_the_derivative_is_that_of_the_weights_with_the_same_rows_cut(give, strict, rules):
    rng = np.random.default_rng(5)
    w, u = rng.lognormal(0, 0.7, 40), rng.normal(size=(40, 2))
    w[3] = 0.0
    for group, count in ((np.zeros(40, dtype=int), 1), (np.arange(40) % 2, 3)):
        step = Trimming(group, count, "trim", **rules, give=give, strict=strict)
        check_derivative(step, w, u)
        ones = influence(step, w, np.ones((40, 1)))[:, 0]
        assert_allclose(ones, w, rtol=KEPT)  # the sum varies as it did before


@gifts
@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("lower", [None, 0.5])
def test_the_derivative_with_weights_below_0(give, strict, lower):
    w, u = np.array([-3.0, 1.0, 4.0, 9.0, 0.0]), np.array([[1.0], [-2.0], [0.7], [3.0], [1.0]])
    check_derivative(Trimming(np.zeros(5, dtype=int), 1, "trim", lower, 8.0, give=give, strict=strict), w, u)


def test_by_hand_a_cut_weight_counts_at_its_limit_and_passes_its_excess_on():
    w, u = np.array([1.0, 3.0, 16.0]), np.array([[1.0], [-2.0], [0.5]])
    step = Trimming(np.zeros(3, dtype=int), 1, "trim", upper=12.0)
    B = (1 - 6) / 4
    assert_allclose(influence(step, w, u)[:, 0], [2 - B, -12 - 3 * B, 6 + 4 * B])
    equal = Trimming(np.zeros(3, dtype=int), 1, "trim", upper=12.0, give="equal")
    B = (1 - 2) / 2
    assert_allclose(influence(equal, w, u)[:, 0], [3 - 2 * B, -10 - 2 * B, 6 + 4 * B])


def test_where_nothing_is_given_a_weight_counts_as_it_is_and_a_cut_one_forgets_the_steps_before():
    w, u = np.array([1.0, 3.0, 16.0]), np.array([[1.0], [-2.0], [0.5]])
    step = Trimming(np.zeros(3, dtype=int), 1, "trim", upper=12.0, give="none")
    check_derivative(step, w, u)
    assert_allclose(influence(step, w, u), step.apply(w)[:, None] * u)
    assert step.linear(w, step.apply(w)).passes.tolist() == [1.0, 1.0, 0.0]


@pytest.mark.parametrize("give", ["proportional", "equal", "none"])
def test_a_group_in_which_nothing_is_cut_passes_all_on_also_at_its_limit(give):
    w, group = np.array([6.0, 5.0, 9.0, 1.0]), np.array([0, 0, 1, 1])
    assert Trimming(group, 2, "trim", upper=9.0, give=give).linear(w, w).passes is None
    step = Trimming(group, 2, "trim", upper=6.0, give=give)
    passes = step.linear(w, step.apply(w)).passes
    assert passes[:3].tolist() == [1.0, 1.0, 0.0]
    assert passes[3] == (0.25 if give == "equal" else 1.0)  # 1 has become 1 + 3


@gifts
def test_where_all_are_cut_nobody_moves(give):
    w, u = np.array([8.0, 9.0]), np.array([[1.0], [3.0]])
    step = Trimming(np.zeros(2, dtype=int), 1, "trim", upper=6.0, give=give)
    assert_allclose(influence(step, w, u), 6 * u)
