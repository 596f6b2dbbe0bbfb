"""Several precision targets at once: the conditions of an optimum, and what follows from them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from sampling.allocation import Target, allocate
from sampling.allocation import several as searched
from sampling.allocation.goals import goals_of
from sampling.allocation.optimum import at_variance
from sampling.allocation.several import at_goals
from sampling.checks import ArgumentError

#: Conditions are held to 1e-9 of the targets; n and the cost are no better known than this.
SEARCH = 1e-7

HOUSEHOLDS = {"Phường": 52_000, "Xã": 31_000, "Đặc khu": 1_400}
URBAN = {"Phường": "đô thị", "Xã": "nông thôn", "Đặc khu": "đô thị"}
SATISFIED = Target("Hài lòng", p=0.8, margin=0.02)
ONLINE = Target("Trực tuyến", p=[0.5, 0.3, 0.2], margin=0.05, domains=URBAN)


@st.composite
def problems(draw):
    """a (K, H), b, bounds and costs with all goals within reach."""
    h, k = draw(st.integers(1, 12)), draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    size = rng.integers(5, 3000, h).astype(float)
    inside = np.where(rng.random((k, 1)) < 0.5, True, rng.random((k, h)) < 0.6)
    inside[:, 0] = True
    weight = np.where(inside, size, 0) / np.where(inside, size, 0).sum(axis=1, keepdims=True)
    full = (weight * rng.lognormal(0, 1, (k, h)) * 10 ** rng.uniform(-3, 3, (k, 1))) ** 2
    goals = (full / size).sum(axis=1) + full.sum(axis=1) * 10 ** rng.uniform(-4, 0, k)
    low = np.minimum(rng.integers(1, 40, h).astype(float), size)
    return full, goals, low, size, rng.uniform(0.5, 20, h)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(problem=problems())
def test_the_conditions_of_karush_kuhn_and_tucker_hold(problem):
    a, b, low, high, cost = problem
    n, share = at_goals(a, b, low, high, cost)
    reached = (a / n).sum(axis=1) / b
    assert reached.max() <= 1 + SEARCH
    assert (share >= 0).all()
    assert_allclose(share * (1 - reached), 0, atol=SEARCH)  # a multiplier only where a target binds
    slope = (share / b * (cost * n).sum()) @ a / n**2 / cost  # 1 where n lies between its bounds
    free = (n > low * (1 + SEARCH)) & (n < high * (1 - SEARCH))
    assert_allclose(slope[free], 1, rtol=1e-6)
    assert (slope[(n <= low) & (n < high)] <= 1 + 1e-6).all()
    assert (slope[(n >= high) & (n > low)] >= 1 - 1e-6).all()


@settings(derandomize=True, deadline=None, max_examples=30)
@given(problem=problems())
def test_one_target_is_the_allocation_of_a_fixed_variance(problem):
    a, b, low, high, cost = problem
    n, _ = at_goals(a[:1], b[:1], low, high, cost)
    assert_allclose(n, at_variance(a[0], b[0], low, high, cost), rtol=SEARCH)


@settings(derandomize=True, deadline=None, max_examples=25)
@given(problem=problems())
def test_a_target_more_never_lowers_the_cost_and_a_target_twice_changes_nothing(problem):
    a, b, low, high, cost = problem
    n, _ = at_goals(a, b, low, high, cost)
    for k in range(len(b)):
        fewer, _ = at_goals(a[: k + 1], b[: k + 1], low, high, cost)
        assert (cost * fewer).sum() <= (cost * n).sum() * (1 + SEARCH)
    twice, _ = at_goals(np.vstack([a, a]), np.concatenate([b, b]), low, high, cost)
    assert_allclose(twice, n, rtol=1e-6)


@settings(derandomize=True, deadline=None, max_examples=15)
@given(problem=problems())
def test_the_general_optimiser_of_scipy_finds_nothing_cheaper(problem):
    from scipy.optimize import minimize

    a, b, low, high, cost = problem
    n, _ = at_goals(a, b, low, high, cost)
    unit = (cost * n).sum()
    found = minimize(
        lambda x: ((cost / x).sum() / unit, -cost / x**2 / unit),
        1 / np.minimum(n * 1.2, high),
        jac=True,
        method="SLSQP",
        bounds=list(zip(1 / high, 1 / low, strict=True)),
        constraints={"type": "ineq", "fun": lambda x: 1 - a @ x / b, "jac": lambda _: -a / b[:, None]},
        options={"ftol": 1e-14, "maxiter": 500},
    )
    if (a @ found.x <= b * (1 + 1e-9)).all():
        assert found.fun >= 1 - 1e-6


def test_every_target_is_met_by_the_whole_numbers_and_none_that_was_raised_can_be_lowered():
    found = allocate(HOUSEHOLDS, method="targets", targets=[SATISFIED, ONLINE], minimum=50, deff=1.5)
    table = found.targets
    assert table["domain"].tolist() == [None, "đô thị", "nông thôn"]
    assert (table["expected"] <= table["wanted"] * (1 + 1e-8)).all()
    assert (found.n - found.unrounded).abs().max() < 1
    for name in found.n.index[found.n > found.unrounded]:
        lower = found.n.to_numpy() - (found.n.index == name)
        goals = [g for t in (SATISFIED, ONLINE) for g in goals_of(t, found.strata)]
        assert any(goal.reached(lower.astype(float)) > goal.wanted for goal in goals)


def test_a_single_target_of_a_call_is_the_same_as_cost_optimal():
    cost = [10, 14, 30]
    a = allocate(HOUSEHOLDS, method="targets", targets=SATISFIED, cost=cost)
    b = allocate(HOUSEHOLDS, method="cost_optimal", p=0.8, margin=0.02, cost=cost)
    assert_allclose(a.unrounded, b.unrounded, rtol=SEARCH)
    assert a.n.to_dict() == b.n.to_dict()
    assert a.targets["drives"].tolist() == pytest.approx(b.targets["drives"].tolist(), rel=1e-6)
    assert a.targets["drives"].tolist() == pytest.approx([1.0])


def test_targets_in_every_stratum_are_those_of_fixed_precision():
    each = Target("Hài lòng", p=0.8, margin=0.05, domains={name: name for name in HOUSEHOLDS})
    a = allocate(HOUSEHOLDS, method="targets", targets=each, response=0.9)
    b = allocate(HOUSEHOLDS, method="fixed_precision", p=0.8, margin=0.05, response=0.9)
    assert_allclose(a.unrounded, b.unrounded, rtol=SEARCH)
    assert a.n.to_dict() == b.n.to_dict()


def test_what_drives_the_cost_is_what_a_looser_target_saves():
    def cost(scale):
        looser = Target("Hài lòng", p=0.8, margin=0.02 * scale**0.5)
        return allocate(
            {k: 1000 * n for k, n in HOUSEHOLDS.items()}, method="targets", targets=[looser, ONLINE]
        )

    here = cost(1.0)
    saved = 1 - cost(1.0001).unrounded.sum() / here.unrounded.sum()
    assert saved / 0.0001 == pytest.approx(here.targets["drives"].iloc[0], rel=1e-3)


def test_targets_met_by_the_least_sample_drive_nothing():
    loose = Target("Hài lòng", p=0.8, margin=0.5)
    flat = Target("Không đổi", sd=0, variance=1)
    found = allocate(HOUSEHOLDS, method="targets", targets=[loose, flat], minimum=20)
    assert found.n.tolist() == [20, 20, 20]
    assert found.targets["drives"].tolist() == [0, 0]
    assert allocate(HOUSEHOLDS, method="targets", targets=flat, minimum=2).n.tolist() == [2, 2, 2]
    assert (
        allocate(HOUSEHOLDS, method="cost_optimal", p=0.8, margin=0.5, minimum=20).targets["drives"].item()
        == 0
    )


def test_a_target_that_needs_all_that_is_allowed_gets_it():
    size = np.array([400.0, 900])
    part = np.array([0.2, 0.3])
    n, _ = at_goals(part[None, :], np.array([(part / size).sum()]), np.ones(2), size, np.ones(2))
    assert_allclose(n, size)
    assert_allclose(at_variance(part, (part / size).sum(), np.ones(2), size, np.ones(2)), size)


def test_a_domain_may_leave_strata_out():
    only = Target("Hài lòng", p=0.8, margin=0.05, domains={"Phường": None, "Xã": None, "Đặc khu": "đảo"})
    found = allocate(HOUSEHOLDS, method="targets", targets=only, minimum=2)
    assert found.n.tolist() == [2, 2, 209 + 1]


def test_a_cv_is_relative_to_the_mean_of_the_domain():
    income = Target("Thu nhập", sd=[4, 3, 2], mean=[9, 6, 5], cv=0.03, domains=URBAN, deff=1.4)
    found = allocate(HOUSEHOLDS, method="targets", targets=income)
    n, size = found.n, pd.Series(HOUSEHOLDS)
    w = size / (52_000 + 1_400)
    v = w**2 * 1.4 * pd.Series([16, 9, 4], index=n.index) * (1 / n - 1 / size)
    expected = (v["Phường"] + v["Đặc khu"]) ** 0.5 / (9 * w["Phường"] + 5 * w["Đặc khu"])
    assert found.targets["expected"].iloc[0] == pytest.approx(expected)


def test_two_targets_of_one_name_keep_what_each_assumes():
    other = Target("Hài lòng", p=0.6, margin=0.05)
    found = allocate(HOUSEHOLDS, method="targets", targets=[SATISFIED, other, SATISFIED])
    assert found.assumptions["targets"] == {
        "Hài lòng": {"p": 0.8, "level": 0.95},
        "Hài lòng*": {"p": 0.6, "level": 0.95},
    }


@pytest.mark.parametrize("start", [0.0, 1e-6, 1.0, 1e3])
def test_where_the_last_steps_begin_does_not_matter(monkeypatch, start):
    targets = [SATISFIED, ONLINE, Target("Thu nhập", sd=[4, 3, 9], mean=[9, 6, 5], cv=0.01)]
    expected = allocate(HOUSEHOLDS, method="targets", targets=targets).unrounded
    monkeypatch.setattr(searched._Dual, "start", lambda self: np.full(len(self.unit), start))
    assert_allclose(allocate(HOUSEHOLDS, method="targets", targets=targets).unrounded, expected, rtol=SEARCH)


def test_a_step_that_helps_nothing_is_not_taken():
    dual = searched._Dual(np.eye(2), np.ones(2), np.ones(2), np.full(2, 9.0), np.ones(2))
    best = dual.newton(dual.start())
    assert_allclose(dual.slope(best), 0, atol=SEARCH)
    assert dual._better(best, np.array([-1.0, 1.0]), dual.slope(best)) is best


def test_a_search_that_does_not_end_is_refused(monkeypatch):
    monkeypatch.setattr(searched, "STEPS", 0)
    monkeypatch.setattr(searched._Dual, "start", lambda self: np.ones(len(self.unit)))
    with pytest.raises(ArgumentError) as error:
        allocate(HOUSEHOLDS, method="targets", targets=[SATISFIED, ONLINE])
    assert str(error.value) == (
        "targets: no optimum was found (the conditions of an optimum are off by 6.3e-01). "
        "Look for targets that contradict each other or differ by many orders of magnitude."
    )
