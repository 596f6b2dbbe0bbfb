"""Laws of the sizes for differences, changes, DiD and thresholds."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import proportion_confint

from sampling.checks import ArgumentError
from sampling.size import (
    Earlier,
    operating_curve,
    size_change,
    size_did,
    size_difference,
    size_threshold,
)
from sampling.size.tails import t_power
from sampling.size.threshold import at_least, critical

RTOL = 1e-9
#: Powers that one person fewer changes by more than float rounding.
LOW, HIGH = 0.1, 0.999

shares = st.floats(0.05, 0.95)
fields = st.fixed_dictionaries(
    {
        "deff": st.one_of(st.none(), st.floats(1, 4)),
        "response": st.one_of(st.none(), st.floats(0.4, 1)),
        "level": st.sampled_from([0.9, 0.95, 0.99]),
        "sides": st.sampled_from(["two", "one"]),
        "ratio": st.sampled_from([0.5, 1, 2]),
    }
)


def there_and_back(function, n, **asked):
    """n -> power -> n, and n - 1 does not reach it; n -> margin -> n."""
    found = function(n=n, **asked)
    assume(LOW < found.power < HIGH)
    back = function(power=found.power, **asked)
    assert (back.n, back.groups, back.total) == (n, found.groups, found.total)
    assert function(n=n - 1, **asked).power < found.power
    assert function(margin=found.margin, **asked).n == n
    return found


@settings(max_examples=50)
@given(shares, shares, st.integers(5, 20_000), fields, st.one_of(st.none(), st.floats(2.5, 50)))
def test_the_power_of_two_groups_leads_back_to_n(p1, p2, n, field, beyond):
    assume(abs(p1 - p2) > 0.005)
    N = None if beyond is None else math.ceil(n * beyond)
    there_and_back(size_difference, n, p1=p1, p2=p2, population=N, **field)


@settings(max_examples=50)
@given(shares, shares, st.integers(5, 20_000), fields, st.floats(0, 1), st.floats(0, 1))
def test_the_power_of_a_change_leads_back_to_n(p1, p2, n, field, overlap, place):
    assume(abs(p1 - p2) > 0.005)
    overlap = min(overlap, field["ratio"])
    pxy = p1 * p2 + place * (0.98 * min(p1, p2) - p1 * p2) if overlap else None
    assume(pxy is None or pxy >= p1 * p2)
    there_and_back(size_change, n, p1=p1, p2=p2, overlap=overlap, pxy=pxy, **field)


@settings(max_examples=30)
@given(st.tuples(st.floats(1, 20), st.floats(1, 20)), st.floats(0.5, 5), st.integers(5, 20_000), fields)
def test_the_power_for_means_leads_back_to_n_and_to_the_effect(sd, effect, n, field):
    found = there_and_back(size_difference, n, sd=sd, effect=effect, **field)
    least = size_difference(sd=sd, n=n, power=found.power, **field)
    assert_allclose(least.effect, effect, rtol=1e-7)  # the power carries the effect to this
    assert_allclose(
        there_and_back(size_change, n, sd=sd, effect=effect, **field).power, found.power, rtol=1e-12
    )


@pytest.mark.parametrize("sides", ["two", "one"])
@pytest.mark.parametrize("ratio", [0.5, 1, 3])
def test_power_of_means_is_that_of_statsmodels(sides, ratio):
    ours = size_difference(sd=10, effect=4, n=120, ratio=ratio, sides=sides)
    word = {"two": "two-sided", "one": "larger"}[sides]
    theirs = NormalIndPower().power(0.4, 120, 0.05, ratio, alternative=word)
    assert_allclose(ours.power, theirs, rtol=1e-5)  # statsmodels adds the far tail


def test_numbers_of_the_handbook_for_before_and_after():
    assert_allclose(size_change(0.85, 0.88, n=200).margin, 0.067, atol=5e-4)
    # "905 per wave": the exact value is 905.4, so 906 people; with each wave's own variance 903
    assert_allclose(size_difference(0.80, 0.85).exact, 905.4, atol=0.05)
    assert (size_difference(0.80, 0.85).n, size_change(0.80, 0.85).n) == (906, 903)
    assert size_difference(0.80, 0.85, deff=2.5).n == 2264  # 905.4 × 2.5; 905 × 2.5 = 2,263


def test_overlap_helps_where_answers_stay():
    none = size_change(0.80, 0.85).n
    some = size_change(0.80, 0.85, overlap=0.5, rho=0.4).n
    assert size_change(0.80, 0.85, overlap=1, rho=0.4).n < some < none
    assert size_change(0.80, 0.85, overlap=0.5, rho=-0.1).n > none
    assert size_change(0.80, 0.85, n=500, overlap=0.5, rho=0.4).total == 500


def test_the_effect_found_is_the_one_with_that_power():
    for direction, sign in (("up", 1), ("down", -1)):
        found = size_difference(0.8, n=905, direction=direction)
        assert found.effect * sign > 0
        assert_allclose(size_difference(0.8, 0.8 + found.effect, n=905).power, 0.8, rtol=1e-8)
    found = size_change(0.8, n=500, overlap=0.5, rho=0.3)
    assert_allclose(size_change(0.8, 0.8 + found.effect, n=500, overlap=0.5, rho=0.3).power, 0.8, rtol=1e-8)


def test_earlier_surveys_give_the_first_group_and_the_same_p_has_no_power():
    pilot = Earlier(p=0.8, deff=1.5, response=0.9)
    assert size_difference(p2=0.85, earlier=pilot).n == size_difference(0.8, 0.85, deff=1.5, response=0.9).n
    assert size_change(effect=1, earlier=Earlier(sd=10)).n == size_change(sd=10, effect=1).n
    assert_allclose(size_difference(0.8, 0.8, n=100).power, 0.025)
    assert size_difference(0.8, 0.8, margin=0.05).effect == 0


def test_a_population_for_both_groups_makes_them_smaller():
    free = size_difference(0.80, 0.85).n
    assert size_difference(0.80, 0.85, population=2000).n < free
    assert size_difference(0.80, 0.85, n=2000, population=2000).power == 1
    clusters = size_difference(0.80, 0.85, icc=0.05, take=10).clusters
    assert clusters == 2 * math.ceil(size_difference(0.80, 0.85, deff=1.45).n / 10)
    assert size_change(0.80, 0.85, icc=0.05, take=10).clusters == math.ceil(
        size_change(0.80, 0.85, deff=1.45).n / 10
    )


# ---- difference in differences ---------------------------------------------------------------------

DID = {"icc": 0.05, "stability": 0.6}


@settings(max_examples=40)
@given(
    st.integers(4, 80), st.floats(2, 60), st.floats(0.02, 0.15), st.floats(0.005, 0.2), st.floats(0, 0.9),
    st.sampled_from([0.75, 1, 2]), st.sampled_from(["two", "one"]), st.sampled_from([0, 0.5, 1]),
)  # fmt: skip
def test_the_power_of_communes_leads_back_to_them(G, take, effect, icc, stability, ratio, sides, overlap):
    asked = {"icc": icc, "stability": stability, "ratio": ratio, "sides": sides}
    asked |= {"overlap": overlap, "rho": 0.5} if overlap else {}
    found = size_did(0.7, effect, communes=G, take=take, **asked)
    assume(LOW < found.power < HIGH)
    before = size_did(0.7, effect, communes=G - 1, take=take, **asked) if (G - 1) * ratio >= 3 else None
    assert before is None or before.power < found.power
    back = size_did(0.7, effect, take=take, power=found.power, **asked)
    assert (back.assumptions["communes"], back.n) == (G, found.n)
    assert_allclose(
        size_did(0.7, communes=G, take=take, power=found.power, **asked).effect, effect, rtol=1e-6
    )


def test_people_per_commune_are_found_and_one_form_fewer_is_not_enough():
    found = size_did(0.7, 0.10, communes=15, response=0.8, **DID)
    m = found.assumptions["forms"]
    assert_allclose(found.assumptions["take"], 0.8 * m)
    assert found.power >= 0.8 > size_did(0.7, 0.10, communes=15, take=0.8 * (m - 1), **DID).power
    assert found.n == 30 * m


def test_the_tails_have_an_answer_where_scipy_has_none():
    from sampling.size.tails import _upper

    for shift, df in ((3.0, 4.0), (10.0, 2.5), (30.0, 50.0)):
        t = stats.t.isf(0.025, df)
        assert_allclose(_upper(shift, df, t), stats.nct.sf(t, df, shift), atol=1e-6)
    powers = [t_power(s, 4.0, 0.9995, one_sided=False) for s in np.arange(0, 60, 0.5)]
    assert np.isfinite(powers).all()
    assert np.diff(powers).min() > -1e-6


def test_did_of_means_has_two_g_less_two_degrees_of_freedom():
    G, m, sd, icc, c = 8, 20, 10.0, 0.1, 0.5
    found = size_did(sd=sd, effect=4, communes=G, take=m, icc=icc, stability=c)
    change = 2 * sd**2 * (icc * (1 - c) + (1 - icc) / m)
    se = math.sqrt(2 * change / G)
    assert_allclose(found.se, se)
    t, df = stats.t.isf(0.025, 2 * G - 2), 2 * G - 2
    power = stats.nct.sf(t, df, 4 / se) + stats.nct.cdf(-t, df, 4 / se)
    assert_allclose(found.power, power, rtol=1e-7)
    assert_allclose(
        t_power(4 / se, df, 0.95, one_sided=True), stats.nct.sf(stats.t.isf(0.05, df), df, 4 / se), rtol=1e-7
    )


def test_people_asked_again_take_their_part_of_the_noise_away():
    G, m, sd, icc, c, g, rho = 8, 20, (10.0, 12.0), 0.1, 0.5, 0.6, 0.3
    found = size_did(sd=sd, effect=4, communes=G, take=m, icc=icc, stability=c, overlap=g, rho=rho)
    both, product = sd[0] ** 2 + sd[1] ** 2, 2 * sd[0] * sd[1]
    change = icc * (both - c * product) + (1 - icc) * (both - g * rho * product) / m
    assert_allclose(found.se, math.sqrt(2 * change / G))
    fresh = size_did(sd=sd, effect=4, communes=G, take=m, icc=icc, stability=c)
    assert_allclose(
        size_did(sd=sd, effect=4, communes=G, take=m, icc=icc, stability=c, overlap=g, rho=0).se, fresh.se
    )
    assert (found.assumptions["overlap"], fresh.assumptions["overlap"]) == (0.6, None)
    # one person a commune and a commune's level that stays as a person's does: the paired t test
    pair = size_did(sd=1, effect=1, communes=10, take=1, icc=0.2, stability=rho, overlap=1, rho=rho)
    assert_allclose(pair.se, math.sqrt(2 * 2 * (1 - rho) / 10))


def test_arms_have_at_least_three_communes():
    assert size_did(0.5, 0.4, take=200, icc=0.001, stability=0.9).clusters == 6
    few = size_did(0.5, 0.4, take=200, icc=0.001, stability=0.9, ratio=0.5)
    assert (few.assumptions["communes"], few.assumptions["comparison"]) == (5, 3)
    assert size_did(0.5, 0.4, take=200, icc=0.001, stability=0.9, ratio=2).assumptions["communes"] == 3
    pilot = Earlier(p=0.7, icc=0.05, take=12, response=0.9)
    found = size_did(effect=0.1, earlier=pilot)
    assert (found.assumptions["take"], found.field.response, found.assumed) == (
        12,
        0.9,
        ("stability", "power"),
    )
    down = size_did(0.7, communes=20, take=20, direction="down", **DID)
    assert down.effect < 0


def test_communes_that_never_change_and_one_person_each():
    alike = size_did(sd=1, effect=5, communes=3, take=1e9, icc=1.0, stability=1.0)
    assert alike.power == 1


# ---- threshold -------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(st.floats(0.5, 0.93), st.floats(0.02, 0.06), st.integers(30, 3000), st.floats(1, 3), st.floats(0.5, 1))
def test_the_normal_power_of_a_threshold_leads_back_to_n(p0, gap, n, deff, response):
    asked = {"p0": p0, "p": p0 + gap, "method": "normal", "deff": deff, "response": response}
    found = size_threshold(n=n, **asked)
    assume(LOW < found.power < HIGH)
    assert size_threshold(power=found.power, **asked).n == n
    assert size_threshold(n=n - 1, **asked).power < found.power


@settings(max_examples=25)
@given(
    st.floats(0.5, 0.93), st.floats(0.03, 0.06), st.sampled_from([0.7, 0.8, 0.9]), st.sampled_from([1.0, 1.7])
)
def test_the_exact_threshold_is_reached_from_n_on_and_not_before(p0, gap, power, deff):
    asked = {"p0": p0, "p": p0 + gap, "deff": deff, "response": 0.9}
    n = size_threshold(power=power, **asked).n
    powers = [size_threshold(n=k, **asked).power for k in (n - 1, *range(n, n + 60, 3))]
    assert powers[0] < power <= min(powers[1:])


@settings(max_examples=40)
@given(st.integers(1, 400), st.floats(0.05, 0.95), st.sampled_from([0.9, 0.95]))
def test_the_critical_count_is_the_first_whose_limit_passes(k, p0, level):
    c = int(critical(np.array([k]), p0, level)[0])
    assert stats.binom.sf(c - 1, k, p0) <= 1 - level + 1e-12
    assert c == 0 or stats.binom.sf(c - 2, k, p0) > 1 - level - 1e-12
    if c <= k:  # the one-sided limit of Clopper and Pearson
        low = proportion_confint(c, k, 2 * (1 - level), method="beta")[0]
        assert low >= p0 - 1e-9
    assert_allclose(
        at_least(np.array([c]), np.array([k]), 0.7)[0], stats.binom.sf(c - 1, k, 0.7), rtol=1e-9, atol=1e-300
    )


def test_tails_at_the_ends():
    k = np.array([10, 10, 10])
    assert at_least(np.array([0, 5, 11]), k, 0.5).tolist() == [1.0, stats.binom.sf(4, 10, 0.5), 0.0]
    assert at_least(np.array([0, 1, 10]), k, 0.0).tolist() == [1.0, 0.0, 0.0]
    assert at_least(np.array([0, 10, 11]), k, 1.0).tolist() == [1.0, 1.0, 0.0]


def test_numbers_of_the_handbook_for_the_threshold():
    # 1,302, 557, 183 and 83 there are the normal sizes to the nearest; here they are rounded up
    exact = [size_threshold(0.9, p, method="normal").exact for p in (0.92, 0.93, 0.95, 0.97)]
    assert_allclose(exact, [1302.4, 557.3, 183.3, 82.8], atol=0.06)
    table = {30: (0.44, 0.78), 50: (0.35, 0.79), 90: (0.25, 0.82), 200: (0.12, 0.88), 400: (0.04, 0.94)}
    for n, passing in table.items():
        curve = operating_curve(size_threshold(0.9, 0.95, n=n), [0.87, 0.92])
        assert_allclose(curve["naive_rule"], passing, atol=0.0051)
    naive = operating_curve(size_threshold(0.9, 0.95, n=90), [0.93, 0.95, 0.97])["naive_rule"]
    assert_allclose(naive[1:] ** 400, [0.003, 0.86], rtol=0.2)  # "all 400 communes reach 90 %"
    assert naive[0] ** 400 < 1e-17


def test_below_is_the_mirror_of_above():
    above, below = size_threshold(0.9, 0.95), size_threshold(0.1, 0.05, side="below")
    assert (above.n, above.critical) == (below.n, below.n - below.critical)
    assert_allclose(above.power, below.power)
    curves = operating_curve(above, [0.88, 0.93]), operating_curve(below, [0.12, 0.07])
    for column in ("limit_rule", "naive_rule"):
        assert_allclose(curves[0][column], curves[1][column])


def test_the_share_that_can_be_shown_has_that_power():
    for method in ("exact", "normal"):
        for side, p0 in (("above", 0.9), ("below", 0.1)):
            found = size_threshold(p0, n=300, method=method, side=side)
            again = size_threshold(p0, found.assumptions["p"], n=300, method=method, side=side)
            assert_allclose(again.power, 0.8, rtol=1e-8)


def test_a_rule_at_the_threshold_passes_with_at_most_its_error_and_a_census_always_knows():
    for n in range(20, 400, 7):
        assert size_threshold(0.9, 0.9, n=n).power <= 0.05
    for method in ("exact", "normal"):
        whole = size_threshold(0.9, 0.92, n=1000, population=1000, method=method)
        assert (whole.power, whole.critical) == (1.0, None)
        curve = operating_curve(whole, [0.0, 0.89, 0.91, 1.0])
        assert curve["limit_rule"].tolist() == [0, 0, 1, 1]
    assert size_threshold(0.9, 0.92, population=3000).n < size_threshold(0.9, 0.92).n
    pilot = Earlier(p=0.95, deff=1.5)
    assert size_threshold(0.9, earlier=pilot).n == size_threshold(0.9, 0.95, deff=1.5).n


def test_the_curve_goes_around_the_threshold():
    curve = operating_curve(size_threshold(0.9, 0.95))
    assert len(curve) == 121
    assert curve["p"].min() < 0.9 < curve["p"].max() <= 1
    assert curve["limit_rule"].is_monotonic_increasing
    with pytest.raises(ArgumentError, match="of kind 'difference'"):
        operating_curve(size_difference(0.8, 0.85))


def test_one_answer_is_enough_where_it_cannot_be_chance():
    assert size_threshold(0.01, 0.999).n == 1


def test_a_guess_far_off_is_mended():
    from sampling.size.threshold import Rule, _first_k

    rule = Rule(0.9, 0.95, "exact")
    assert _first_k(rule, 0.95, 0.8, 5) == _first_k(rule, 0.95, 0.8, 2000) == size_threshold(0.9, 0.95).n
    assert _first_k(rule, 0.9999999, 0.0001, 1) == 29
