"""Takes, design effects, variance components and two phases: laws beside R's numbers."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from sampling.size import deff_from_icc, optimum_take, two_phase, variance_components

costs = st.floats(1, 1000)
iccs = st.floats(0.005, 0.6)


@settings(max_examples=40)
@given(costs, costs, iccs, st.floats(0.3, 3))
def test_no_other_take_is_more_precise_for_the_same_money(c1, c2, icc, unit_cv):
    plan = optimum_take(cost_cluster=c1, cost_person=c2, icc=icc, unit_cv=unit_cv, budget=1e6)
    assert_allclose(plan.cost, 1e6)
    for take in (0.8 * plan.take, 1.25 * plan.take):
        m = 1e6 / (c1 + c2 * take)
        assert unit_cv * np.sqrt((1 + icc * (take - 1)) / (m * take)) >= plan.cv * (1 - 1e-12)


@settings(max_examples=40)
@given(costs, costs, costs, iccs, iccs)
def test_no_other_three_stage_plan_is_more_precise_for_the_same_money(c1, c2, c3, d1, d2):
    plan = optimum_take(cost_cluster=c1, cost_second=c2, cost_person=c3, icc=d1, icc_second=d2, budget=1e6)
    for a in (0.8, 1, 1.25):
        for b in (0.8, 1, 1.25):
            n, q = a * plan.second, b * plan.take
            m = 1e6 / (c1 + c2 * n + c3 * n * q)
            cv = np.sqrt((d1 * n * q + 1 + d2 * (q - 1)) / (m * n * q))
            assert cv >= plan.cv * (1 - 1e-12)
    assert_allclose(plan.n, plan.clusters * plan.second * plan.take)


@settings(max_examples=30)
@given(costs, costs, iccs, st.floats(0.5, 2), st.booleans())
def test_the_cv_of_a_budget_needs_that_budget(c1, c2, icc, k, fixed):
    asked = {"cost_cluster": c1, "cost_person": c2, "icc": icc, "k": k}
    if fixed:
        asked["clusters"] = 1e5 / c1
    plan = optimum_take(**asked, budget=1e6)
    assume(plan.cv < 0.9)
    back = optimum_take(**asked, cv=plan.cv)
    assert_allclose([back.cost, back.take, back.clusters], [1e6, plan.take, plan.clusters], rtol=1e-7)


def test_a_take_alone_is_found_without_a_budget():
    plan = optimum_take(cost_cluster=750, cost_person=100, icc=0.05)
    assert_allclose(plan.take, np.sqrt(7.5 * 19))
    assert (plan.clusters, plan.n, plan.cost, plan.cv) == (None, None, None, None)
    assert_allclose(plan.deff, deff_from_icc(0.05, plan.take))
    assert plan.sentence() == "Mỗi chùm nên lấy khoảng 11,9 người; deff khoảng 1,55."
    assert plan.sentence("en") == "Take about 11.9 people per cluster; deff about 1.55."
    assert repr(plan) in plan._repr_html_()


def test_three_stages_and_a_budget_are_read_in_a_sentence():
    plan = optimum_take(
        cost_cluster=500, cost_second=100, cost_person=120, icc=0.01, icc_second=0.1, budget=100_000
    )
    assert plan.sentence() == (
        "Nên lấy khoảng 28,3 chùm (7,1 đơn vị cấp 2 mỗi chùm), mỗi nơi 2,7 người, tất cả khoảng 548 người; "
        "chi phí 100.000, CV 4,99 %, deff khoảng 1,37."
    )
    assert plan.sentence("en") == (
        "Take about 28.3 clusters (7.1 second-stage units each) with 2.7 people in each place, about 548 "
        "people in all; cost 100,000, CV 4.99%, deff about 1.37."
    )
    with pytest.raises(ValueError, match="lang='fr' is not known"):
        plan.sentence("fr")


def test_design_effect_of_clusters():
    assert deff_from_icc(0, 20) == 1
    assert deff_from_icc(1, 20) == 20
    assert_allclose(deff_from_icc(0.05, 20, spread=0.5), 1 + 0.05 * (1.25 * 20 - 1))
    assert_allclose(deff_from_icc(0.05, 20, weighting=0.5), 1.25 * 1.95)
    assert deff_from_icc(0.5, 0.5) == 1


@settings(max_examples=30)
@given(st.integers(2, 8), st.integers(2, 6), st.integers(0, 10**6))
def test_components_of_equal_clusters_are_those_of_the_analysis_of_variance(M, N, seed):
    rng = np.random.default_rng(seed)
    y = rng.normal(10, 1, (M, 1)) + rng.normal(0, 2, (M, N))
    data = pd.DataFrame({"y": y.ravel(), "c": np.repeat(np.arange(M), N)})
    parts = variance_components(data, "y", cluster="c")
    mean = y.mean()
    assert_allclose(parts.between, y.mean(axis=1).var(ddof=1) / mean**2)
    assert_allclose(parts.within, y.var(axis=1, ddof=1).mean() / mean**2)
    # sums of squares add up
    whole = (M - 1) * N * parts.between + M * (N - 1) * parts.within
    assert_allclose(whole, (M * N - 1) * parts.unit)
    assert_allclose(parts.icc, parts.between / parts.total)
    assert_allclose(parts.k, parts.total / parts.unit)


def test_a_cluster_of_one_person_has_no_variance_within():
    data = pd.DataFrame({"y": [1.0, 2.0, 3.0], "c": ["a", "a", "b"]})
    parts = variance_components(data, "y", cluster="c")
    assert_allclose(parts.within, (2 / 1.5) ** 2 * 0.5 / (2 * 4))


@settings(max_examples=30)
@given(st.floats(1, 50), st.floats(50, 500), st.floats(0.6, 1.6))
def test_no_other_split_of_the_money_between_phases_is_better(c1, c2, factor):
    sizes, sd, means = np.array([300, 600, 100]), np.array([20, 40, 80]), np.array([50, 70, 120])
    plan = two_phase(cost_first=c1, cost_second=c2, budget=20_000, sizes=sizes, sd=sd, means=means)
    assert_allclose(plan.cost, 20_000)
    assert_allclose(sum(plan.allocation), plan.second)
    n1 = plan.first * factor
    n2 = (20_000 - c1 * n1) / c2
    assume(n2 > 0)
    assert plan.between / n1 + plan.within / n2 >= plan.variance * (1 - 1e-12)
