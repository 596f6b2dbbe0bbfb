"""Stages, strata of one unit, certainty, and domains inside one first-stage unit."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from reference.textbook import variance
from strategies import SEEDS, STRATA, build, check_same, intervals_of, samples, weighted

import surveykit as sv
from sampling.checks import ArgumentError, LonelyPSUError, SurveyWarning

#: Linear algebra on the same numbers in another order.
TIGHT = 1e-9
#: The same after raking, which stops at a relative gap of 1e-12, times the condition of its equations.
RAKED = 1e-7

few = settings(max_examples=10)
VERBS = {
    "mean": lambda design, **words: sv.mean(design, "z", **words),
    "total": lambda design, **words: sv.total(design, "z", **words),
    "share": lambda design, **words: sv.proportion(design, "y", value=[4, 5], **words),
    "levels": lambda design, **words: sv.proportion(design, "y", **words),
    "ratio": lambda design, **words: sv.ratio(design, "z", "x", **words),
    "count": lambda design, **words: sv.count(design, **words),
}


def whole(strata: list[int], seed: int) -> pd.DataFrame:
    """Return a sample with no answer missing and a third stage, the house."""
    data = build(strata, seed, people=6, missing=0.0)
    data["house"] = data["village"] + "-" + (data.groupby("village").cumcount() % 3).astype(str)
    data["N3"] = data.groupby("village")["house"].transform("nunique") + 2
    return data


# --- domains inside one unit --------------------------------------------------------------------------------

FULL: dict[str, dict[str, Any]] = {
    "no sizes": {"psu": ["commune", "village"]},
    "sizes": {"psu": ["commune", "village"], "fpc": ["N1", "N2"]},
    "three stages": {"psu": ["commune", "village", "house"], "fpc": ["N1", "N2", "N3"]},
    "three stages without sizes": {"psu": ["commune", "village", "house"]},
}
OWN: dict[str, dict[str, Any]] = {
    "no sizes": {"psu": "village"},
    "sizes": {"psu": "village", "fpc": "N2"},
    "three stages": {"psu": ["village", "house"], "fpc": ["N2", "N3"]},
    "three stages without sizes": {"psu": ["village", "house"]},
}


@few
@given(
    STRATA, SEEDS, st.sampled_from(sorted(FULL)), st.sampled_from(["", "rake shares", "class, rake shares"])
)
def test_a_commune_is_estimated_as_if_communes_were_the_strata(strata, seed, shape, steps):
    data = whole(strata, seed)
    # one stage with sizes needs equal weights inside a stratum, or fractions
    own = dict(OWN[shape])
    if shape == "sizes":
        data["f2"] = data.groupby("commune")["village"].transform("nunique") / data["N2"]
        own["fpc"] = "f2"
    one = weighted(sv.Design(data, weights="w", strata="stratum", **FULL[shape]), steps)
    two = weighted(sv.Design(data, weights="w", strata="commune", **own), steps)
    assume(data[one.w > 0].groupby("commune")["village"].nunique().min() > 1)
    for verb in VERBS.values():
        a, b = verb(one, by="commune"), verb(two, by="commune")
        check_same(b, a, rtol=RAKED)
        assert "conditional on commune; PSU = village" in str(a.context)


@few
@given(STRATA, SEEDS)
def test_a_commune_alone_is_a_commune_in_the_table(strata, seed):
    design = sv.Design(whole(strata, seed), weights="w", strata="stratum", psu=["commune", "village"])
    for name in ("mean", "total", "share", "ratio", "count"):
        table = VERBS[name](design, by="commune")
        for k, commune in enumerate(table.value.index[:3]):
            alone = VERBS[name](design, where=f"commune == '{commune}'")
            check_same(alone, table, rtol=TIGHT, rows=[k])


def test_a_commune_with_one_village_has_no_error_and_the_reason():
    data = whole([3, 3], 5)
    data.loc[data["commune"] == "h0c1", "village"] = "h0c1v0"
    design = sv.Design(data, weights="w", strata="stratum", psu=["commune", "village"])
    table = sv.proportion(design, "y", by="commune", value=[4, 5])
    assert table.reason["h0c1"] == "one village only: no sampling error can be estimated"
    assert table.reason.drop("h0c1").eq("").all()
    assert np.isnan(table.se["h0c1"])
    assert table.ci().loc["h0c1"].isna().all()
    assert table.se.drop("h0c1").notna().all()
    assert "one village only" in table.to_frame().loc["h0c1", "reason"]


def test_a_total_needs_no_second_village_with_answers():
    data = whole([3, 3], 5)
    data["w"] = data["w"].where(data["village"] != "h0c1v0", 0.0)
    data.loc[data["commune"] == "h0c1", "village"] = np.where(
        data.loc[data["commune"] == "h0c1", "w"] > 0, "h0c1v1", "h0c1v0"
    )
    one = sv.Design(data, weights="w", strata="stratum", psu=["commune", "village"])
    two = sv.Design(data, weights="w", strata="commune", psu="village")
    check_same(sv.total(two, "z", by="commune"), sv.total(one, "z", by="commune"), rtol=TIGHT)


def test_a_commune_in_a_design_of_one_stage_has_no_error_and_the_mend():
    design = sv.Design(whole([3], 5), weights="w", psu="commune")
    table = sv.mean(design, "z", by="commune")
    wanted = "lies inside one commune: name the stage below in psu=[…] to estimate its sampling error"
    assert table.reason.eq(wanted).all()
    assert table.se.isna().all()
    assert sv.total(design, "z", by="commune").se.gt(0).all()


def test_one_person_has_no_error():
    data = build([3], 6).assign(one=lambda t: np.arange(len(t)) == 0)
    table = sv.mean(sv.Design(data, weights="w"), "x", by="one")
    assert table.reason.to_dict() == {False: "", True: "one answer: no sampling error can be estimated"}
    assert np.isnan(table.se[True])
    assert np.isnan(sv.variance(sv.Design(data, weights="w"), "x", by="one").value[True])


def test_a_sample_of_one_commune_speaks_of_that_commune():
    data = whole([3], 7)
    one = data[data["commune"] == "h0c0"]
    result = sv.proportion(sv.Design(one, weights="w", psu=["commune", "village"]), "y", value=[4, 5])
    same = sv.proportion(sv.Design(one, weights="w", psu="village"), "y", value=[4, 5])
    check_same(same, result, rtol=TIGHT)
    assert "conditional on commune; PSU = village" in result.line()
    assert "có điều kiện theo commune; PSU = village" in result.line("vi")


def test_domains_of_two_sizes_in_one_table_are_refused_by_name():
    data = whole([3], 7).assign(area=lambda t: t["commune"].replace({"h0c1": "rest", "h0c2": "rest"}))
    design = sv.Design(data, weights="w", psu=["commune", "village"])
    sentence = (
        "by=['area']: 'h0c0' lies inside one commune (h0c0) and 'rest' spreads over several, so their errors "
        "are of two kinds. Estimate them apart with where=, or merge the small domain with another."
    )
    for name in ("mean", "share", "ratio", "levels"):
        with pytest.raises(ArgumentError, match=f"^{re.escape(sentence)}$"):
            VERBS[name](design, by="area")
    assert VERBS["total"](design, by="area").se.gt(0).all()
    assert VERBS["mean"](design, where="area == 'h0c0'").se.iloc[0] > 0
    with pytest.raises(ArgumentError, match=r"by=\['area', 'sex'\]: \('h0c0', 1\) lies inside one commune"):
        VERBS["mean"](design, by=["area", "sex"])


def test_a_commune_taken_with_certainty_stands_beside_larger_domains():
    data = whole([1, 3], 8)
    data["N1"] = data["N1"].where(data["stratum"] != "h0", 1)
    design = sv.Design(data, weights="w", strata="stratum", psu=["commune", "village"], fpc=["N1", "N2"])
    table = sv.mean(design, "z", by="stratum")
    assert table.reason.eq("").all()
    assert table.se.gt(0).all()
    own = data[data["stratum"] == "h0"]
    u = own["w"] * (own["z"] - table.value["h0"]) / own["w"].sum()
    V = variance(u.to_numpy(), [own["village"]], own["stratum"], [own["N2"]])
    assert_allclose(table.se["h0"] ** 2, V)
    assert table.df["h0"] == own["village"].nunique() - 1


# --- stages -------------------------------------------------------------------------------------------------


@few
@given(STRATA, SEEDS, st.sampled_from(["sizes", "three stages"]))
def test_the_variance_is_that_of_the_textbook_stage_by_stage(strata, seed, shape):
    data = whole(strata, seed)
    words = FULL[shape]
    design = sv.Design(data, weights="w", strata="stratum", **words)
    stages, sizes = [data[s] for s in words["psu"]], [data[s] for s in words["fpc"]]
    total = variance((data["w"] * data["z"]).to_numpy(), stages, data["stratum"], sizes)
    assert_allclose(sv.total(design, "z").se ** 2, total)
    mean = sv.mean(design, "z", where="sex == 1")
    u = (data["w"] * (data["z"] - mean.value.iloc[0])).where(data["sex"] == 1, 0.0)
    u = u / data["w"].where(data["sex"] == 1).sum()
    assert_allclose(mean.se**2, variance(u.to_numpy(), stages, data["stratum"], sizes))


@few
@given(samples())
def test_stages_below_a_stage_drawn_with_replacement_add_nothing(data):
    one = sv.Design(data, weights="w", strata="stratum", psu="commune")
    two = sv.Design(data, weights="w", strata="stratum", psu=["commune", "village"])
    zero = sv.Design(
        data.assign(none=0.0), weights="w", strata="stratum", psu=["commune", "village"], fpc=["none", "N2"]
    )
    for verb in VERBS.values():
        check_same(verb(one), verb(two), rtol=0)
        check_same(verb(one), verb(zero), rtol=0)


def test_weights_follow_from_the_fractions():
    data = whole([3, 2], 9)
    words = {"strata": "stratum", "psu": ["commune", "village"], "fpc": ["N1", "N2"]}
    n1 = data.groupby("stratum")["commune"].transform("nunique")
    n2 = data.groupby("commune")["village"].transform("nunique")
    assert_allclose(sv.Design(data, **words).weights, data["N1"] / n1 * data["N2"] / n2)


def test_a_census_has_no_error():
    data = whole([3], 9)
    for census in (data.assign(N=len(data)), data.assign(N=1.0)):
        result = sv.proportion(sv.Design(census, fpc="N"), "y")
        assert (result.se == 0).all()
        limits = result.ci()
        assert_allclose(limits["ci_low"], result.value)
        assert_allclose(limits["ci_high"], result.value)


def test_everyone_of_one_mind_is_no_census():
    data = whole([3, 3], 9).assign(y=5, n=4)
    for words in ({}, {"psu": "commune"}, {"strata": "stratum", "psu": ["commune", "village"]}):
        for result in (
            sv.proportion(sv.Design(data, weights="w", **words), "y", value=5),
            sv.proportion(sv.Design(data, weights="w", **words), "y", value=5, by="stratum"),
        ):
            limits = result.ci()
            assert (result.value == 1).all()
            assert (limits["ci_low"] < 0.999).all()
            assert (limits["ci_high"] == 1).all()


def test_a_size_for_the_first_stage_only_is_warned_of():
    data = whole([3], 9)
    sentence = (
        "fpc=['N1'] names a size for commune but none for village below it: the variance inside commune is "
        "left out. Give fpc for every stage (0: with replacement), or for none."
    )
    with pytest.warns(SurveyWarning, match=f"^{re.escape(sentence)}$"):
        design = sv.Design(data, weights="w", psu=["commune", "village"], fpc=["N1"])
    one = sv.Design(data.assign(f=3 / data["N1"]), weights="w", psu="commune", fpc="f")
    check_same(sv.mean(one, "z"), sv.mean(design, "z"), rtol=TIGHT)


# --- strata of one unit -------------------------------------------------------------------------------------


def lonely(rule: str, data: pd.DataFrame | None = None, **words: Any) -> sv.Design:
    data = whole([3, 1, 4], 10) if data is None else data
    return sv.Design(data, weights="w", strata="stratum", psu="commune", lonely_psu=rule, **words)


def parts(design: sv.Design) -> tuple[dict[str, float], pd.Series]:
    """Return what each stratum adds to the variance of the total of z, and the totals by commune."""
    data = design.data
    z = (data["w"] * data["z"]).groupby([data["stratum"], data["commune"]]).sum()
    return {h: n * t.var() for h, t in z.groupby(level=0) if (n := len(t)) > 1}, z


def test_a_stratum_of_one_unit_is_refused_by_name():
    sentence = (
        "strata='stratum': 'h1' has one PSU (commune=h1c0), so the variance between units cannot be "
        'estimated. Merge it with a neighbour, or pass lonely_psu="centre".'
    )
    with pytest.raises(LonelyPSUError, match=f"^{re.escape(sentence)}$"):
        sv.mean(lonely("error"), "z")
    data = whole([1, 3], 10)
    with pytest.raises(LonelyPSUError, match=re.escape("strata='stratum, N3': ('h0', 3) has one PSU (")):
        sv.mean(sv.Design(data.assign(N3=3), weights="w", strata=["stratum", "N3"], psu="commune"), "z")
    elsewhere = sv.proportion(lonely("error"), "y", where="stratum == 'h0'", value=[4, 5])
    assert elsewhere.se.iloc[0] > 0
    assert elsewhere.ci().notna().all(axis=None)


def test_certainty_counts_nothing_for_the_unit():
    design = lonely("certainty")
    assert_allclose(sv.total(design, "z").se ** 2, sum(parts(design)[0].values()))


def test_centre_compares_the_unit_with_the_mean_unit():
    design = lonely("centre")
    known, z = parts(design)
    wanted = sum(known.values()) + (z["h1"].iloc[0] - z.mean()) ** 2
    assert_allclose(sv.total(design, "z").se ** 2, wanted)


def test_average_gives_the_stratum_the_mean_of_the_others():
    design = lonely("average")
    known, _ = parts(design)
    assert_allclose(sv.total(design, "z").se ** 2, sum(known.values()) * 3 / 2)
    alone = sv.total(design, "z", where="stratum == 'h1'")
    assert alone.reason.iloc[0] == "no stratum with two units to take the mean of"
    assert np.isnan(alone.se.iloc[0])


@pytest.mark.parametrize(
    ("strata", "joined"),
    [
        ([3, 1, 4], {"h1": "h0"}),
        ([1, 3, 4], {"h0": "h1"}),
        ([3, 1, 1], {"h1": "h0", "h2": "h0"}),
        ([1, 1, 3], {"h0": "h2", "h1": "h2"}),
        ([1, 1], {"h1": "h0"}),
    ],
)
def test_collapse_joins_the_stratum_to_its_neighbour(strata, joined):
    data = whole(strata, 11)
    design = lonely("collapse", data)
    known = sv.Design(data.replace({"stratum": joined}), weights="w", strata="stratum", psu="commune")
    result, wanted = sv.mean(design, "z"), sv.mean(known, "z")
    assert_allclose(result.se, wanted.se)
    assert result.df.iloc[0] == wanted.df.iloc[0]
    count = sum(n == 1 for n in strata)
    assert f"{count} strata of one PSU joined to a neighbour" in str(result.context)


def test_collapse_leaves_a_design_without_lonely_strata_alone():
    data = whole([3, 2], 11)
    check_same(sv.mean(lonely("error", data), "z"), sv.mean(lonely("collapse", data), "z"), rtol=0)


def test_counts_of_units_are_fractions_where_the_weights_are_equal():
    data = whole([3, 2], 12).assign(w=5.0)
    counts = sv.Design(data, weights="w", strata="stratum", psu="commune", fpc="N1")
    fractions = sv.Design(data, weights="w", strata="stratum", psu="commune", fpc="f1")
    check_same(sv.total(fractions, "z"), sv.total(counts, "z"), rtol=TIGHT)
    V = variance((5 * data["z"]).to_numpy(), [data["commune"]], data["stratum"], [data["N1"]])
    assert_allclose(sv.total(counts, "z").se ** 2, V)


def test_collapse_adds_up_the_sizes():
    data = whole([3, 1], 12).assign(N=lambda t: np.where(t["stratum"] == "h0", 10, 4))
    data["f"] = np.where(data["stratum"] == "h0", 3 / 10, 1 / 4)
    known = sv.Design(data.assign(one="all", f=4 / 14), weights="w", strata="one", psu="commune", fpc="f")
    assert_allclose(sv.mean(lonely("collapse", data, fpc="f"), "z").se, sv.mean(known, "z").se)


def test_one_unit_in_all_cannot_be_joined():
    data = whole([1], 12)
    sentence = "the sample has one PSU (commune=h0c0), so the variance between units cannot be estimated."
    for rule in ("error", "collapse"):
        with pytest.raises(LonelyPSUError, match=re.escape(sentence)):
            sv.mean(sv.Design(data, weights="w", psu="commune", lonely_psu=rule), "z")
    with pytest.raises(LonelyPSUError, match=re.escape("the sample has one PSU (row 0)")):
        sv.mean(sv.Design(data.iloc[:1], weights="w"), "z")


def test_one_unit_of_a_later_stage_is_refused_by_name():
    data = whole([3], 13)
    data.loc[data["commune"] == "h0c1", "village"] = "h0c1v0"
    design = sv.Design(data, weights="w", psu=["commune", "village"], fpc=["N1", "N2"])
    sentence = (
        "psu='commune': 'h0c1' has one unit of the next stage (village=h0c1v0), so the variance between "
        'units cannot be estimated. Merge it with a neighbour, or pass lonely_psu="centre".'
    )
    with pytest.raises(LonelyPSUError, match=f"^{re.escape(sentence)}$"):
        sv.mean(design, "z")


def test_the_only_unit_of_a_stratum_taken_with_certainty_is_accepted():
    data = whole([3, 1], 14)
    data["f"] = np.where(data["stratum"] == "h1", 1.0, 0.3)
    design = lonely("error", data, fpc="f")
    assert_allclose(sv.total(design, "z").se ** 2, sum(parts(design)[0].values()) * 0.7)


@pytest.mark.parametrize("rule", ["off", "centre", "average"])
def test_a_domain_in_one_unit_of_a_stratum_follows_its_rule(rule):
    data = whole([3, 4], 15)
    data["part"] = (data["stratum"] == "h0") | (data["commune"] == "h1c0")
    design = sv.Design(data, weights="w", strata="stratum", psu="commune", lonely_domain=rule)
    z = (data["w"] * data["z"]).where(data["part"], 0.0).groupby([data["stratum"], data["commune"]]).sum()
    good, h1 = 3 * z["h0"].var(), z["h1"]
    wanted = {
        "off": good + 4 * h1.var(),
        "centre": good + 4 / 3 * ((h1 - z.mean()) ** 2).sum(),
        "average": 2 * good,
    }[rule]
    result = sv.total(design, "z", where="part")
    assert_allclose(result.se**2, wanted)
    assert result.df.iloc[0] == 2
    assert all(limits.notna().all(axis=None) for limits in intervals_of(result).values())
