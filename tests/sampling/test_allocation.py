"""Laws of allocation: what is true of any strata."""

from itertools import product
from math import fsum

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from sampling.allocation import allocate, round_to
from sampling.allocation.optimum import at_variance, share_out

#: Sums of a few dozen floats, each rounded once.
ROUNDING = 1e-9
#: What is found by search (`several`) is held to 1e-9 of the targets; n is no better known than that.
SEARCH = 1e-7

FOR_N = ("equal", "proportional", "square_root", "power", "neyman", "cost_optimal")


@st.composite
def strata(draw, most=8, largest=5000):
    """Sizes, spread, costs and bounds of a few strata, with an n that fits them."""
    h = draw(st.integers(1, most))
    size = draw(st.lists(st.integers(1, largest), min_size=h, max_size=h))
    sd = draw(st.lists(st.floats(0.01, 100), min_size=h, max_size=h))
    cost = draw(st.lists(st.sampled_from([1, 2.5, 10, 40]), min_size=h, max_size=h))
    low = [draw(st.integers(1, min(x, 30))) for x in size]
    high = [draw(st.integers(a, x)) for a, x in zip(low, size, strict=True)]
    n = draw(st.integers(sum(low), sum(high)))
    names = [f"tầng {i}" for i in range(h)]
    return {
        "sizes": dict(zip(names, size, strict=True)),
        "n": n,
        "sd": dict(zip(names, sd, strict=True)),
        "cost": dict(zip(names, cost, strict=True)),
        "minimum": dict(zip(names, low, strict=True)),
        "maximum": dict(zip(names, high, strict=True)),
    }


def asked(case, method):
    return {
        **{k: v for k, v in case.items() if k not in ("cost", "power")},
        "method": method,
        "cost": case["cost"] if method == "cost_optimal" else None,
        "power": 0.3 if method == "power" else None,
    }


def spread_of(found, sd):
    size = found.sizes.to_numpy()
    return (size / size.sum() * np.array([sd[k] for k in found.n.index])) ** 2


@settings(derandomize=True, deadline=None, max_examples=60)
@given(case=strata(), method=st.sampled_from(FOR_N))
def test_numbers_add_up_keep_their_bounds_and_are_within_one(case, method):
    found = allocate(**asked(case, method))
    assert found.total == case["n"]
    assert fsum(found.unrounded) == pytest.approx(case["n"], rel=ROUNDING)
    assert (found.n - found.unrounded).abs().max() < 1
    for name, n in found.n.items():
        assert case["minimum"][name] <= n <= case["maximum"][name]


@settings(derandomize=True, deadline=None, max_examples=60)
@given(case=strata(), method=st.sampled_from(FOR_N), data=st.data())
def test_the_order_of_strata_never_matters(case, method, data):
    found = allocate(**asked(case, method))
    order = data.draw(st.permutations(list(case["sizes"])))
    other = allocate(**asked({**case, "sizes": {k: case["sizes"][k] for k in order}}, method))
    assert other.n.to_dict() == found.n.to_dict()
    assert other.unrounded.to_dict() == found.unrounded.to_dict()


@settings(derandomize=True, deadline=None, max_examples=60)
@given(case=strata(), method=st.sampled_from(FOR_N))
def test_what_a_bound_takes_goes_to_the_others_in_proportion(case, method):
    found = allocate(**asked(case, method))
    size = found.sizes
    weight = {
        "equal": size**0,
        "proportional": size,
        "square_root": size**0.5,
        "power": size**0.3,
        "neyman": size * pd.Series(case["sd"]),
        "cost_optimal": size * pd.Series(case["sd"]) / pd.Series(case["cost"]) ** 0.5,
    }[method]
    low, high, x = pd.Series(case["minimum"]), pd.Series(case["maximum"]), found.unrounded
    free = (x > low) & (x < high)
    rate = x / weight
    if free.any():
        t = rate[free].median()
        assert_allclose(rate[free], t, rtol=1e-8)
        assert (rate[(x == low) & (x < high)] >= t * (1 - 1e-8)).all()
        assert (rate[(x == high) & (x > low)] <= t * (1 + 1e-8)).all()


@settings(derandomize=True, deadline=None, max_examples=20)
@given(case=strata(), method=st.sampled_from(FOR_N))
def test_drawing_every_unit_is_a_census(case, method):
    sizes = case["sizes"]
    found = allocate(**asked({**case, "n": sum(sizes.values()), "minimum": None, "maximum": None}, method))
    assert found.n.to_dict() == sizes
    assert found.se == 0
    assert set(found.table["limit"]) == {"census"}


def test_a_stratum_that_does_not_vary_gets_more_only_when_the_others_are_full():
    sizes, sd = {"A": 10, "B": 100, "C": 50}, {"A": 3, "B": 0, "C": 0}
    assert allocate(sizes, 10, method="neyman", sd=sd, minimum=1).n.to_dict() == {"A": 8, "B": 1, "C": 1}
    assert allocate(sizes, 40, method="neyman", sd=sd).n.to_dict() == {"A": 10, "B": 20, "C": 10}
    assert allocate(sizes, 160, method="neyman", sd=sd).n.to_dict() == sizes


@settings(derandomize=True, deadline=None, max_examples=80)
@given(case=strata(most=4, largest=40))
def test_neyman_is_the_best_of_all_its_neighbours_in_whole_numbers(case):
    found = allocate(**asked(case, "neyman"))
    part = spread_of(found, case["sd"])
    sides = [sorted({int(np.floor(x)), int(np.ceil(x))}) for x in found.unrounded]
    best = min(float((part / np.array(k)).sum()) for k in product(*sides) if sum(k) == case["n"])
    assert float((part / found.n.to_numpy()).sum()) == pytest.approx(best, rel=ROUNDING)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(case=strata(most=3, largest=25))
def test_no_allocation_in_whole_numbers_is_better_than_neyman_before_rounding(case):
    found = allocate(**asked(case, "neyman"))
    part = spread_of(found, case["sd"])
    least = float((part / found.unrounded.to_numpy()).sum())
    ranges = [range(case["minimum"][k], case["maximum"][k] + 1) for k in found.n.index]
    every = [np.array(k) for k in product(*ranges) if sum(k) == case["n"]]
    assert min(float((part / k).sum()) for k in every) >= least * (1 - ROUNDING)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(case=strata(), data=st.data())
def test_with_equal_costs_cost_optimal_is_neyman(case, data):
    same = {**case, "cost": None}
    a, b = (allocate(**{**asked(same, m), "cost": None}) for m in ("neyman", "cost_optimal"))
    assert a.n.to_dict() == b.n.to_dict()
    variance = data.draw(st.floats(0.1, 2)) * max(a.se, 1e-3) ** 2
    without = {"method": "neyman", "sd": case["sd"], "variance": variance, "minimum": 1}
    a, b = (
        allocate(case["sizes"], **without),
        allocate(case["sizes"], **{**without, "method": "cost_optimal"}),
    )
    assert a.n.to_dict() == b.n.to_dict()


@settings(derandomize=True, deadline=None, max_examples=40)
@given(case=strata())
def test_the_least_variance_for_a_budget_has_that_budget_as_its_least_cost(case):
    low = np.array(list(case["minimum"].values()), dtype=float)
    high = np.array(list(case["maximum"].values()), dtype=float)
    cost = np.array(list(case["cost"].values()))
    part = np.array([(n * s) ** 2 for n, s in zip(case["sizes"].values(), case["sd"].values(), strict=True)])
    budget = 0.4 * (cost * low).sum() + 0.6 * (cost * high).sum()
    n = share_out(np.sqrt(part / cost), budget, low, high, cost)
    assert_allclose((cost * n).sum(), budget, rtol=ROUNDING)
    assert_allclose(at_variance(part, (part / n).sum(), low, high, cost), n, rtol=SEARCH)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(case=strata(), share=st.floats(0.05, 1.2))
def test_a_budget_is_never_passed_and_no_raise_that_it_allows_is_left_out(case, share):
    cost = pd.Series(case["cost"])
    least, most = (float((cost * pd.Series(case[k])).sum()) for k in ("minimum", "maximum"))
    budget = least + share * (most - least)
    found = allocate(
        case["sizes"], method="cost_optimal", budget=budget, sd=case["sd"], cost=case["cost"],
        minimum=case["minimum"], maximum=case["maximum"],
    )  # fmt: skip
    assert found.cost <= budget * (1 + ROUNDING)
    assert (found.n - found.unrounded).abs().max() < 1
    lowered = found.n < found.unrounded
    assert (cost[lowered[lowered].index] > budget - found.cost - ROUNDING * budget).all()


@settings(derandomize=True, deadline=None, max_examples=60)
@given(case=strata(), share=st.floats(0.01, 0.99))
def test_a_fixed_variance_is_met_and_no_stratum_that_was_rounded_up_can_be_lowered(case, share):
    ends = {"sd": case["sd"], "minimum": case["minimum"], "maximum": case["maximum"]}
    at_low = allocate(case["sizes"], sum(case["minimum"].values()), method="neyman", **ends).se
    at_high = allocate(case["sizes"], sum(case["maximum"].values()), method="neyman", **ends).se
    variance = at_high**2 + share * (at_low**2 - at_high**2) + 1e-12
    found = allocate(case["sizes"], method="cost_optimal", cost=case["cost"], variance=variance, **ends)
    assert found.se**2 <= variance * (1 + 1e-6) + 1e-11
    assert found.se_unrounded**2 <= variance * (1 + 1e-6) + 1e-11
    assert (found.n - found.unrounded).abs().max() < 1
    part = spread_of(found, case["sd"])
    lost = float((part / found.sizes.to_numpy()).sum())
    for i, (n, x) in enumerate(zip(found.n, found.unrounded, strict=True)):
        if n > x:
            lower = found.n.to_numpy() - (np.arange(len(part)) == i)
            assert (part / lower).sum() - lost > variance * (1 - 1e-6)


@settings(derandomize=True, deadline=None, max_examples=30)
@given(case=strata())
def test_powers_0_a_half_and_1_are_equal_square_root_and_proportional(case):
    for power, method in ((0, "equal"), (0.5, "square_root"), (1, "proportional")):
        a = allocate(**{**asked(case, "power"), "power": power})
        b = allocate(**asked(case, method))
        assert_allclose(a.unrounded, b.unrounded, rtol=1e-8)
        assert a.n.to_dict() == b.n.to_dict()


@settings(derandomize=True, deadline=None, max_examples=30)
@given(case=strata(), data=st.data())
def test_a_share_is_its_standard_deviation(case, data):
    p = {k: data.draw(st.floats(0.01, 0.99)) for k in case["sizes"]}
    sd = {k: (x * (1 - x)) ** 0.5 for k, x in p.items()}
    bounds = {"minimum": case["minimum"], "maximum": case["maximum"]}
    a = allocate(case["sizes"], case["n"], method="neyman", p=p, **bounds)
    b = allocate(case["sizes"], case["n"], method="neyman", sd=sd, **bounds)
    assert a.n.to_dict() == b.n.to_dict()
    assert a.se == b.se


def test_a_design_effect_or_a_response_alike_everywhere_changes_no_share():
    sizes, sd = [400, 900, 2500], [3, 1, 2]
    plain = allocate(sizes, 200, method="neyman", sd=sd)
    assert allocate(sizes, 200, method="neyman", sd=sd, deff=2.5, response=0.8).n.equals(plain.n)


def test_design_effect_and_response_enter_the_variance_as_written():
    sizes, sd, deff, response = (
        np.array([400.0, 900]),
        np.array([3.0, 1]),
        np.array([2, 1.5]),
        np.array([0.9, 0.5]),
    )
    found = allocate(sizes, 200, method="neyman", sd=sd, deff=deff, response=response)
    weight = sizes * sd * np.sqrt(deff / response)
    assert_allclose(found.unrounded, 200 * weight / weight.sum(), rtol=ROUNDING)
    n, w = found.n.to_numpy(), sizes / sizes.sum()
    assert found.se == pytest.approx((w**2 * deff * sd**2 * (1 / (n * response) - 1 / sizes)).sum() ** 0.5)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(
    sizes=st.lists(st.integers(5, 100_000), min_size=1, max_size=6),
    p=st.floats(0.05, 0.95),
    margin=st.floats(0.01, 0.2),
    deff=st.sampled_from([1.0, 1.7]),
)
def test_fixed_precision_is_the_least_whole_number_that_reaches_it_in_each_stratum(sizes, p, margin, deff):
    found = allocate(sizes, method="fixed_precision", p=p, margin=margin, deff=deff, minimum=1)
    for n, size in zip(found.n, sizes, strict=True):
        margins = [
            1.959963984540054 * (deff * p * (1 - p) * (1 / k - 1 / size)) ** 0.5 for k in (n, max(n - 1, 1))
        ]
        assert margins[0] <= margin * (1 + 1e-6)
        assert n == 1 or margins[1] > margin * (1 - 1e-6)


def test_fixed_precision_takes_a_precision_for_each_stratum():
    sizes = {"A": 10_000, "B": 10_000}
    found = allocate(sizes, method="fixed_precision", sd=10, mean=50, cv={"A": 0.02, "B": 0.04})
    # n0 = (10 / 50 / cv)^2 = 100 and 25; n = n0 / (1 + n0 / N)
    assert_allclose(found.unrounded, [100 / 1.01, 25 / 1.0025], rtol=ROUNDING)
    assert found.n.tolist() == [100, 25]
    assert found.targets["expected"].tolist() == pytest.approx([0.0199, 0.03995], abs=5e-5)
    assert found.targets["drives"].sum() == pytest.approx(1)


# --- rounding -----------------------------------------------------------------------------------------------


@settings(derandomize=True, deadline=None)
@given(thousandths=st.lists(st.integers(0, 10_000_000), min_size=1, max_size=20), data=st.data())
def test_rounding_adds_up_and_raises_the_largest_remainders(thousandths, data):
    values = np.array(thousandths) / 1000
    total = data.draw(st.integers(int(np.floor(values).sum()), int(np.ceil(values).sum())))
    found = round_to(values, total)
    assert found.sum() == total
    assert ((found - values).abs() < 1).all()
    remainder = np.array(thousandths) % 1000
    raised, lowered = (found > values).to_numpy(), (found < values).to_numpy()
    if raised.any() and lowered.any():
        assert remainder[raised].min() >= remainder[lowered].max()


def test_equal_remainders_are_decided_by_size_and_then_by_name():
    values = {"B": 2.5, "A": 2.5, "C": 4.5, "D": 1.5}
    assert round_to(values, 10).to_dict() == {"B": 2, "A": 2, "C": 5, "D": 1}
    assert round_to(values, 11).to_dict() == {"B": 2, "A": 3, "C": 5, "D": 1}
    assert round_to(values, 12).to_dict() == {"B": 3, "A": 3, "C": 5, "D": 1}
    assert round_to({"A": 2.5, "B": 2.5}).to_dict() == {"A": 3, "B": 2}


def test_what_is_whole_but_for_the_rounding_of_floats_is_whole():
    thirds = pd.Series([1 / 3] * 3) * 12
    assert round_to(thirds * (1 + 1e-15)).tolist() == [4, 4, 4]


def test_rounding_keeps_bounds_labels_and_name():
    values = pd.Series([1.25, 3.5, 5.25], index=["x", "y", "z"], name="n")
    found = round_to(values, 10, minimum=1, maximum=[2, 4, 6])
    assert found.to_dict() == {"x": 1, "y": 4, "z": 5}
    assert found.name == "n"
