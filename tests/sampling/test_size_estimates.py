"""Laws of the sizes for proportions, means and totals."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from sampling.size import (
    Earlier,
    krejcie_morgan,
    size_acceptance,
    size_mean,
    size_proportion,
    size_total,
    yamane,
)
from sampling.size.customs import at_most
from sampling.size.proportion import half_length

RTOL = 1e-9  # the search for n ends at float rounding
METHODS = ("wald", "wilson", "log-odds", "exact")

shares = st.floats(0.02, 0.98)
fields = st.fixed_dictionaries(
    {
        "deff": st.one_of(st.none(), st.floats(1, 5)),
        "response": st.one_of(st.none(), st.floats(0.3, 1)),
        "level": st.sampled_from([0.8, 0.9, 0.95, 0.99]),
        "domain": st.one_of(st.none(), st.floats(0.1, 1)),
    }
)


@settings(max_examples=60)
@given(
    shares,
    st.integers(2, 50_000),
    st.sampled_from(METHODS),
    fields,
    st.one_of(st.none(), st.floats(1.01, 20)),
)
def test_the_margin_of_n_people_needs_n_people_and_not_one_fewer(p, n, method, field, beyond):
    N = None if beyond is None else math.ceil(n * beyond) + 1
    margin = size_proportion(p, n=n, method=method, population=N, **field).margin
    assume(0 < margin < 0.49)
    assert size_proportion(p, margin, method=method, population=N, **field).n == n
    assert size_proportion(p, n=n - 1, method=method, population=N, **field).margin > margin


@settings(max_examples=40)
@given(st.floats(0.1, 100), st.integers(2, 50_000), fields, st.one_of(st.none(), st.floats(1.01, 20)))
def test_the_margin_of_a_mean_or_total_leads_back_to_n(sd, n, field, beyond):
    N = None if beyond is None else math.ceil(n * beyond) + 1
    asked = {"sd": sd, "mean": 50.0, "population": N, **field}
    found = size_mean(n=n, **asked)
    assert size_mean(margin=found.margin, **asked).n == n
    assert size_mean(se=found.se, **asked).n == n
    if found.cv < 1:
        assert size_mean(cv=found.cv, **asked).n == n
    if found.relative_margin < 1:
        assert size_mean(relative_margin=found.relative_margin, **asked).n == n
    if N is not None:
        total = size_total(n=n, **asked)
        assert size_total(margin=total.margin, **asked).n == n


@settings(max_examples=40)
@given(shares, st.floats(0.01, 0.2), fields, st.integers(2_000, 10**6))
def test_the_order_is_simple_sample_then_population_then_deff_then_response(p, margin, field, N):
    z = stats.norm.isf((1 - field["level"]) / 2)
    share, deff = field["domain"] or 1, field["deff"] or 1
    n0 = z**2 * p * (1 - p) / margin**2
    n1 = n0 * N * share / (N * share - 1 + n0)
    exact = n1 * deff / (field["response"] or 1) / share
    assume(exact < N)
    found = size_proportion(p, margin, population=N, **field)
    assert_allclose(found.exact, exact, rtol=RTOL)
    assert found.n == math.ceil(found.exact * (1 - 1e-10))


def test_rounding_is_done_once_so_that_1201_forms_do_where_rounding_twice_gives_1204():
    once = size_proportion(0.5, 0.05, deff=2.5, response=0.8)
    assert (once.n, math.ceil(385 * 2.5 / 0.8)) == (1201, 1204)
    assert size_proportion(0.5, 0.05).n == 385
    assert size_proportion(0.85, 0.05).n == 196


@pytest.mark.parametrize("p", [0.05, 0.5, 0.9])
@pytest.mark.parametrize("n", [40, 400])
def test_half_lengths_are_those_of_the_intervals(p, n):
    x = round(n * p)
    exact = stats.binomtest(x, n).proportion_ci(0.95, method="exact")
    wilson = stats.binomtest(x, n).proportion_ci(0.95, method="wilson")
    assert_allclose(half_length(x / n, n, "exact", 0.95), (exact.high - exact.low) / 2, rtol=1e-8)
    assert_allclose(half_length(x / n, n, "wilson", 0.95), (wilson.high - wilson.low) / 2, rtol=1e-8)


@pytest.mark.parametrize("method", METHODS)
def test_a_census_has_no_margin(method):
    found = size_proportion(0.5, n=1000, population=1000, method=method)
    assert (found.margin, found.se, found.cv) == (0, 0, 0)
    assert size_mean(10, n=1000, population=1000).margin == 0


def test_icc_and_take_give_deff_and_clusters():
    found = size_proportion(0.8, 0.05, icc=0.05, take=15, response=0.8)
    assert_allclose(found.field.deff, 1.7)
    same = size_proportion(0.8, 0.05, deff=1.7, response=0.8)
    assert (found.n, same.clusters) == (same.n, None)
    assert found.clusters == math.ceil(found.n * 0.8 / 15)
    assert size_proportion(0.8, 0.05, deff=2, take=15).clusters == math.ceil(492 / 15)


def test_a_take_below_one_person_has_no_gain():
    assert size_proportion(0.8, 0.05, icc=0.5, take=0.5).field.deff == 1


def test_yamane_is_cochran_with_one_half_and_z_of_two():
    level = 2 * stats.norm.cdf(2) - 1
    for N in (50, 1000, 20_000, 10**7):
        assert_allclose(yamane(N).exact, size_mean(0.5, 0.05, level=level, population=N).exact, rtol=1e-9)
    assert [yamane(N).n for N in (1000, 20_000)] == [286, 393]
    assert [size_proportion(0.5, 0.05, population=N).n for N in (1000, 20_000)] == [278, 377]
    assert abs(yamane(86_933, e=0.1).exact - 100) < 0.12  # the book's 100 people, at "sai số 10 %"


def test_krejcie_and_morgan_take_chi_square_to_three_decimals():
    ours = size_proportion(0.5, 0.05, population=2800).exact
    assert_allclose(krejcie_morgan(2800).exact, ours, rtol=2e-4)  # 3.841 for 3.8415
    assert krejcie_morgan(2800).n == 338


@settings(max_examples=40)
@given(st.floats(0.01, 0.3), st.integers(0, 5), st.one_of(st.none(), st.integers(100, 5000)))
def test_an_audit_sample_rules_the_rate_out_and_one_fewer_does_not(rate, accept, N):
    bad = None if N is None else round(rate * N)
    assume(bad is None or bad > accept)
    n = size_acceptance(rate, accept, population=N).n
    law = (lambda k: stats.binom.cdf(accept, k, rate)) if N is None else (
        lambda k: stats.hypergeom.cdf(accept, N, bad, k))  # fmt: skip
    assert law(n) <= 0.05 * (1 + 1e-9)
    assert law(n - 1) > 0.05 * (1 - 1e-9)
    assert_allclose(at_most(accept, n, rate, N), law(n), rtol=1e-8)


def test_a_small_lot_is_looked_at_whole_but_for_the_errors_that_must_show():
    assert size_acceptance(0.05, 0, population=20).n == 19
    assert at_most(0, 20, 0.05, 20) == 0


def test_an_earlier_survey_fills_in_what_is_not_given():
    pilot = Earlier(p=0.8, deff=1.95, icc=0.05, take=20, response=0.7)
    assert size_proportion(margin=0.05, earlier=pilot) == size_proportion(0.8, 0.05, deff=1.95, response=0.7)
    other = size_proportion(0.6, 0.05, take=10, response=0.9, earlier=pilot)
    assert other.assumptions["p"] == 0.6
    assert_allclose(other.field.deff, 1.45)
    assert other.limits() == (
        "deff tính từ ICC của cuộc điều tra trước, chưa kể phần do quyền số không đều.",
    )
    assert (
        size_mean(margin=1, earlier=Earlier(mean=50, sd=10, deff=2)).n == size_mean(10, 1, deff=2, mean=50).n
    )
    without = size_proportion(margin=0.05, earlier=Earlier(p=0.8))
    assert without.assumed == ("deff", "response")
    low = size_proportion(margin=0.05, earlier=Earlier(p=0.8, deff=0.7))
    assert (low.field.deff, low.assumed) == (1.0, ("deff below 1", "response"))


def test_a_domain_met_by_chance_needs_its_share_more_people():
    inside = size_proportion(0.5, 0.05)
    assert_allclose(size_proportion(0.5, 0.05, domain=0.2).exact, inside.exact / 0.2, rtol=RTOL)
    assert (
        size_total(10, 2000, population=1000, mean=50, domain=0.5).n
        > size_mean(10, 4, population=1000, domain=0.5).n
    )


def test_relative_targets_and_numpy_numbers_are_understood():
    assert size_proportion(0.5, relative_margin=0.1).n == size_proportion(0.5, 0.05).n
    assert_allclose(size_proportion(0.2, cv=0.05).exact, 1600, rtol=RTOL)
    assert size_mean(np.float64(10), np.float64(2)).n == 97
    assert size_mean(n=10, cv_population=2).margin is None
