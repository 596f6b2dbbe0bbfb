"""Tests of one side: a value above or below a number."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from refusals import refused
from scipy import stats
from strategies import SHAPES, build, designs

import surveykit as sv
from sampling.checks import ArgumentError

few = settings(max_examples=15, deadline=None)
TIGHT = 1e-9
POINTS = 0.02  # an adjusted p is read from points and a curve, relative
LEVELS = st.sampled_from([0.8, 0.9, 0.95, 0.99])


def results(design):
    """Results with the method of their limits whose scale is that of the test."""
    return (
        (sv.mean(design, "z", by="group"), "t"),
        (sv.total(design, "x", by="group"), "t"),
        (sv.proportion(design, "y", by="group", value=[4, 5]), "wald"),
    )


@few
@given(designs(), st.floats(0, 1))
def test_p_of_one_side_is_half_of_two_or_one_less_half(design, null):
    for result, _ in results(design):
        two, lower, upper = (result.test(null, side=side) for side in ("two", "lower", "upper"))
        pd.testing.assert_frame_equal(two, result.test(null))
        for one in (lower, upper):
            pd.testing.assert_frame_equal(one.drop(columns="p"), two.drop(columns="p"))
        above = np.where(two["t"] > 0, two["p"] / 2, 1 - two["p"] / 2)
        above = np.where(two["t"].isna(), np.nan, above)
        assert_allclose(lower["p"], above, rtol=TIGHT)
        assert_allclose(upper["p"], 1 - above, rtol=TIGHT, atol=1e-15)


@few
@given(designs(), LEVELS, st.floats(0, 1))
def test_p_is_small_where_the_limit_of_that_side_leaves_the_number_out(design, level, null):
    for result, method in results(design):
        low = result.ci(level, method, side="lower")["ci_low"]
        high = result.ci(level, method, side="upper")["ci_high"]
        far = result.se > 0
        clear = far & ((low - null).abs() > TIGHT) & ((high - null).abs() > TIGHT)
        below = (result.test(null, side="lower")["p"] < 1 - level)[clear]
        above = (result.test(null, side="upper")["p"] < 1 - level)[clear]
        assert_array_equal(below, (low > null)[clear])
        assert_array_equal(above, (high < null)[clear])


@few
@given(designs(), LEVELS, st.sampled_from([None, 5.0, np.inf]))
def test_p_at_the_limit_is_what_the_level_leaves(design, level, df):
    for result, method in results(design):
        for side, end in (("lower", "ci_low"), ("upper", "ci_high")):
            limits = result.ci(level, method, side=side, df=df)[end]
            for row in limits.index[(result.se > 1e-6) & limits.notna()]:
                if not result.is_share or 0 < limits[row] < 1:
                    p = result.test(float(limits[row]), side=side, df=df).loc[row, "p"]
                    assert_allclose(p, 1 - level, rtol=1e-6)


@pytest.mark.parametrize(("side", "theirs"), [("lower", "greater"), ("upper", "less"), ("two", "two-sided")])
def test_of_a_simple_random_sample_it_is_the_t_test(side, theirs):
    y = pd.DataFrame({"y": [3.0, 4, 5, 5, 4, 2, 5, 4, 3, 5]})
    made = sv.mean(sv.Design(y, sampling="srs"), "y").test(3.5, side=side).iloc[0]
    assert_allclose(made["p"], stats.ttest_1samp(y["y"], 3.5, alternative=theirs).pvalue, rtol=TIGHT)


def four(shape="clusters"):
    design = sv.Design(build([3, 4, 2, 4], 7, missing=0.0), weights="w", **SHAPES[shape])
    return sv.mean(design, "z", by="stratum")


@pytest.mark.parametrize("side", ["lower", "upper"])
def test_of_independent_rows_max_t_is_sidaks_and_bonferroni_their_number(side):
    result = four()
    p = result.test(0.1, side=side)["p"]
    assert_allclose(result.test(0.1, side=side, adjust="max-t")["p_adjusted"], 1 - (1 - p) ** 4, rtol=1e-8)
    most = np.minimum(4 * p, 1)
    assert_allclose(result.test(0.1, side=side, adjust="bonferroni")["p_adjusted"], most, rtol=TIGHT)


@settings(max_examples=6, deadline=None)
@given(designs(), st.sampled_from(["lower", "upper"]), st.sampled_from([0.9, 0.95]))
def test_adjusted_p_agrees_with_the_limits_of_all_rows_together(design, side, level):
    result = sv.mean(design, "z", by="group")
    assume(len(result.value) > 2 and (result.se > 0).all())
    for pairs in (result, result.pairwise("max-t")):
        end = "ci_low" if side == "lower" else "ci_high"
        limits = pairs.ci(level, "simultaneous", side=side)[end]
        for row in limits.index[limits.notna() & (pairs.se > 1e-6)][:1]:
            p = pairs.test(float(limits[row]), side=side, adjust="max-t").loc[row, "p_adjusted"]
            assert_allclose(p, 1 - level, rtol=POINTS)


def test_the_two_sides_of_a_difference_are_one_claim():
    pairs = four().pairwise("none")
    turned = four().contrast({"h1": 1, "h0": -1}).test(-0.2, side="upper")["p"].iloc[0]
    assert_allclose(pairs.test(0.2, side="lower")["p"].iloc[0], turned, rtol=TIGHT)


@pytest.mark.parametrize(
    ("side", "hint"),
    [
        ("greater", " Write side='lower'."),
        ("less", " Write side='upper'."),
        ("two-sided", " Write side='two'."),
        ("loer", " Did you mean 'lower'?"),
        (1, ""),
    ],
)
def test_the_sides_of_other_tools_are_told_by_our_names(side, hint):
    sentence = f"side={side!r} is not known.{hint} Choose one of 'two', 'lower', 'upper'."
    refused(ArgumentError, sentence, lambda: four().test(side=side))
    refused(ArgumentError, sentence, lambda: four().ci(side=side))


def test_a_group_in_few_units_makes_its_differences_too_sure_and_they_say_so() -> None:
    people = pd.DataFrame({"thon": np.arange(40) // 2, "y": np.arange(40) % 7})
    people["g"] = np.where((people["thon"] < 3) & (np.arange(40) % 2 == 0), "hiếm", "khác")
    found = sv.mean(sv.Design(people, sampling="srs", psu="thon"), "y", by="g").pairwise()
    said = "có nhóm nằm trong ít đơn vị (bậc tự do 2): khoảng và p của hiệu số quá chắc chắn, xem ci(df=2)"
    assert said in found.line("vi")
    people["g"] = np.where(np.arange(40) % 2 == 0, "a", "b")
    even = sv.mean(sv.Design(people, sampling="srs", psu="thon"), "y", by="g").pairwise()
    assert "ít đơn vị" not in even.line("vi")
