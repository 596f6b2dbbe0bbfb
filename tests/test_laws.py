"""Laws: true of any sample, so no stored number is needed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from strategies import (
    LEVELS,
    SHAPES,
    build,
    check_same,
    designs,
    intervals_of,
    samples,
    statistics,
    steps_of,
    weighted,
    words_of,
)

import surveykit as sv
from sampling.checks import SurveyWarning
from surveykit.formulas.intervals import quantile

#: Linear algebra on the same numbers in another order.
TIGHT = 1e-9
#: The same after raking, which stops at a relative gap of 1e-12, times the condition of its equations.
RAKED = 1e-7

few = settings(max_examples=10)


# --- weights ------------------------------------------------------------------------------------------------


@few
@given(designs(steps=("",)), st.sampled_from(["", "class", "rake shares"]), st.floats(1e-3, 1e6))
def test_the_scale_of_the_weights_never_matters_but_for_totals(design, steps, scale):
    many = sv.Design(design.data.assign(w=design.data["w"] * scale), weights="w", **words_of(design))
    one, other = statistics(weighted(design, steps), "group"), statistics(weighted(many, steps), "group")
    for name, result in one.items():
        if name in ("total", "count"):
            assert_allclose(other[name].value, scale * result.value, rtol=RAKED)
            assert_allclose(
                other[name].se, scale * result.se, rtol=RAKED, atol=RAKED * scale * result.value.abs().max()
            )
        else:
            check_same(result, other[name], rtol=RAKED)


@few
@given(samples())
def test_rows_of_weight_zero_are_as_rows_outside_where(data):
    out = data["sex"] == 2
    words = SHAPES["clusters"]
    zero = sv.Design(data.assign(w=data["w"].where(~out, 0.0)), weights="w", **words)
    for a, b in zip(
        statistics(sv.Design(data, weights="w", **words), "group", "sex == 1").values(),
        statistics(zero, "group").values(),
        strict=True,
    ):
        check_same(a, b, rtol=TIGHT, intervals=not a.is_share)


def test_a_domain_whose_rows_all_have_weight_zero_is_not_there():
    data = build([3, 3], 5)
    design = sv.Design(data.assign(w=data["w"].where(data["group"] != "b", 0.0)), weights="w")
    assert sv.mean(design, "z", by="group").value.index.tolist() == ["a", "c"]


@few
@given(samples(), st.sampled_from(["clusters", "two stages with sizes"]))
def test_rows_written_twice_inside_their_cluster_add_nothing(data, shape):
    twice = pd.concat([data, data], ignore_index=True).assign(w=lambda t: t["w"] / 2)
    one = statistics(sv.Design(data, weights="w", **SHAPES[shape]), "group")
    other = statistics(sv.Design(twice, weights="w", **SHAPES[shape]), "group")
    by_number_of_answers = {"auto", "korn-graubard", "beta", "likelihood"}
    for name in set(one) - {"variance"}:
        assert_allclose(other[name].value, one[name].value, rtol=TIGHT, atol=TIGHT)
        assert_allclose(other[name].se, one[name].se, rtol=TIGHT, atol=TIGHT)
        assert_array_equal(other[name].df, one[name].df)
        theirs = intervals_of(other[name])
        for method in set(theirs) - by_number_of_answers:
            assert_allclose(theirs[method], intervals_of(one[name])[method], rtol=TIGHT, atol=TIGHT)


# --- domains ------------------------------------------------------------------------------------------------


@few
@given(designs())
def test_a_row_of_a_table_is_the_domain_alone(design):
    for name, table in statistics(design, "group").items():
        for level in LEVELS:
            alone = statistics(design, where=f"group == '{level}'")[name]
            picked = np.flatnonzero(table.value.index.get_level_values(0) == level)
            if name == "levels":  # a level nobody has in the domain is a row of 0 in both
                assert len(picked) == len(alone.value)
            check_same(alone, table, rtol=RAKED, rows=picked)


@few
@given(designs())
def test_where_is_the_design_where(design):
    held = design.data.query("x > 1.3").groupby("sex")[design.psu[0] if design.psu else "sex"].nunique()
    assume(len(design.psu) < 2 or held.min() > 1)  # else domains of two sizes, which one call refuses
    pairs = zip(
        statistics(design, "sex", "x > 1.3").values(),
        statistics(design.where("x > 1.3"), "sex").values(),
        strict=True,
    )
    for one, other in pairs:
        check_same(one, other, rtol=0)


@few
@given(designs())
def test_a_domain_mean_is_a_ratio_of_totals(design):
    data = design.data.assign(inside=design.data["z"].notna() * 1.0, z=design.data["z"].fillna(0.0))
    told = weighted(sv.Design(data, weights="w", **words_of(design)), steps_of(design))
    totals = sv.ratio(told, "z", "inside", by="group")
    mean = sv.mean(design, "z", by="group")
    assert_allclose(totals.value, mean.value, rtol=RAKED)
    assert_allclose(totals.covariance.full(), mean.covariance.full(), rtol=RAKED, atol=RAKED)


@few
@given(designs())
def test_totals_of_domains_add_to_the_total_with_its_error(design):
    whole, parts = sv.total(design, "z"), sv.total(design, "z", by=["group", "sex"])
    added = parts.contrast(dict.fromkeys(parts.value.index, 1.0))
    assert_allclose(added.value, whole.value, rtol=RAKED, atol=RAKED * parts.value.abs().max())
    assert_allclose(added.se, whole.se, rtol=RAKED, atol=RAKED * parts.se.max())


@few
@given(designs())
def test_shares_of_all_levels_add_to_one_without_error(design):
    result = sv.proportion(design, "y", where="sex == 1")
    added = result.contrast(dict.fromkeys(result.value.index, 1.0))
    assert_allclose(added.value, 1.0)
    assert_allclose(added.se, 0.0, atol=1e-6)  # the square root of a rounding error of 1e-12


@few
@given(designs())
def test_a_share_of_levels_is_the_sum_of_their_shares(design):
    levels = sv.proportion(design, "y", by="group")
    both = sv.proportion(design, "y", by="group", value=[4, 5])
    for group in LEVELS:
        wanted = {row: 1.0 for row in levels.value.index if row[0] == group and row[1] in (4.0, 5.0)}
        if wanted:
            added = levels.contrast(wanted)
            assert_allclose(added.value, both.value[group], rtol=RAKED, atol=RAKED)
            assert_allclose(added.se, both.se[group], rtol=RAKED, atol=RAKED)


@few
@given(designs())
def test_missing_answers_are_left_out_as_a_domain(design):
    for one, other in (
        (sv.mean(design, "z"), sv.mean(design, "z", where="z == z")),
        (sv.mean(design, "z", by="sex"), sv.mean(design, "z", by="sex", where="z == z")),
        (sv.proportion(design, "y", value=[4, 5]), sv.proportion(design, "y", where="y == y", value=[4, 5])),
    ):
        check_same(one, other, rtol=RAKED)
        assert one.context.missing == int((design.data["z"].isna() & (design.w > 0)).sum())
        assert other.context.missing == 0


# --- covariance ---------------------------------------------------------------------------------------------


def agree(result: sv.Estimates, rtol: float = RAKED) -> None:
    """Fail unless the whole covariance, that of the identity and the variances are one."""
    covariance, k = result.covariance, len(result.value)
    full = covariance.full()
    scale = max(float(np.abs(full).max()), float(np.square(result.value).max()) * 1e-6)
    assert_allclose(full, full.T, rtol=rtol, atol=rtol * scale)
    assert_allclose(covariance.of(sp.identity(k, format="csr")), full, rtol=rtol, atol=rtol * scale)
    assert_allclose(covariance.diag(), np.diag(full), rtol=rtol, atol=rtol * scale)
    some = sp.random(k, 3, density=0.7, rng=7, format="csr")
    assert_allclose(covariance.of(some), some.T @ full @ some, rtol=rtol, atol=rtol * scale * k)


@few
@given(designs())
def test_the_covariance_is_one_however_it_is_asked_for(design):
    for result in (sv.total(design, "z", by="group"), sv.mean(design, ["z", "y"], by="group")):
        agree(result)


RULES: list[dict[str, str]] = [
    {"lonely_psu": "certainty"}, {"lonely_psu": "centre"}, {"lonely_psu": "average"},
    {"lonely_psu": "collapse"}, {"lonely_domain": "centre"}, {"lonely_domain": "average"},
    {"lonely_psu": "centre", "lonely_domain": "centre"},
    {"lonely_psu": "average", "lonely_domain": "average"},
]  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: " ".join(rule.values()))
@pytest.mark.parametrize("steps", ["", "class", "rake counts", "class, rake shares"])
def test_the_variance_of_a_row_is_that_of_its_contrast_under_every_rule_for_one_psu(rule, steps):
    data = build([3, 1, 4], 11) if "lonely_psu" in rule else build([3, 4], 11)
    only = (data["stratum"] == data["stratum"].iloc[-1]) & (data["commune"] != data["commune"].iloc[-1])
    data.loc[only & (data["group"] == "c"), "group"] = "a"  # c in one commune of the last stratum
    design = weighted(sv.Design(data, weights="w", **SHAPES["clusters"], **rule), steps)
    for verb in (sv.mean, sv.total):
        for by in ("group", "stratum"):
            result = verb(design, "z", by=by)
            for row in result.value.index[result.se.notna()]:
                assert_allclose(result.contrast({row: 1.0}).se, result.se[row], rtol=RAKED, atol=1e-9)
                two = result.contrast({row: 3.0}).se.iloc[0]
                assert_allclose(two, 3 * result.se[row], rtol=RAKED, atol=1e-9)


@few
@given(designs())
def test_a_contrast_of_a_contrast_is_a_contrast(design):
    table = sv.mean(design, "z", by="group")
    step = table.contrast({"a": 1, "b": -1}, name="a-b").contrast({"a-b": -2.0})
    check_same(table.contrast({"a": -2, "b": 2}), step, rtol=RAKED)
    blank = table.contrast({"a": 1, "b": -1, "c": 0})
    assert_allclose(blank.se, table.contrast({"a": 1, "b": -1}).se, rtol=RAKED)


@few
@given(designs())
def test_the_error_of_a_difference_follows_from_the_covariance(design):
    table = sv.mean(design, "z", by="group")
    V = table.covariance.full()
    assert_allclose(
        table.contrast({"a": 1, "c": -1}).se ** 2,
        V[0, 0] + V[2, 2] - 2 * V[0, 2],
        rtol=RAKED,
        atol=RAKED * V.max(),
    )


@few
@given(designs(steps=("",)))
def test_a_test_and_an_interval_agree(design):
    table = sv.mean(design, "z", by="group")
    assume((table.df > 0).all())
    p = table.test(null=0.1)["p"].to_numpy()
    for level in (0.5, 0.95):
        limits = table.ci(level)
        outside = (limits["ci_low"] > 0.1) | (limits["ci_high"] < 0.1)
        assert_array_equal(outside, p < 1 - level)
    half = (table.ci()["ci_high"] - table.value) / table.se
    assert_allclose(half, quantile(table.df.to_numpy(), 0.95), rtol=1e-6)


# --- standard errors of 0 -----------------------------------------------------------------------------------


@few
@given(designs(), st.sampled_from([None, "group", "village", ["commune", "sex"]]))
def test_a_mean_never_has_an_error_of_zero_but_in_a_census_or_where_all_agree(design, by):
    table = sv.mean(design, "x", by=by)
    for se, reason in zip(table.se, table.reason, strict=True):
        assert np.isnan(se) == (reason != "")
        assert np.isnan(se) or se > 0


def test_certainty_communes_with_sampled_villages_never_have_an_error_of_zero():
    data = build([4], 3).assign(N1=4)
    with pytest.warns(SurveyWarning, match="the variance inside commune is left out"):
        design = sv.Design(data, weights="w", psu=["commune", "village"], fpc="N1")
    result = sv.proportion(design, "y", value=[4, 5])
    assert not (result.se == 0).any()
    assert not (result.ci()["ci_low"] == result.ci()["ci_high"]).any()
    below = sv.Design(data.assign(none=0.0), weights="w", psu=["commune", "village"], fpc=["N1", "none"])
    assert (sv.proportion(below, "y", value=[4, 5]).se > 0).all()
