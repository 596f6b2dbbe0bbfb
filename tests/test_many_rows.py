"""Limits, tests and differences of many rows: laws, and plain loops beside them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats
from strategies import INTERVALS, SHAPES, build, designs

import surveykit as sv
from sampling.checks import ArgumentError
from surveykit.formulas.multiplicity import METHODS

few = settings(max_examples=12, deadline=None)
TIGHT = 1e-9
POINTS = 2e-3  # limits read from points, relative to the half width


def halves(result, **words):
    """Half widths of the limits, in standard errors."""
    limits = result.ci(**words)
    return ((limits["ci_high"] - limits["ci_low"]) / 2 / result.se).to_numpy()


# --- one side -----------------------------------------------------------------------------------------------


@few
@given(designs(), st.sampled_from(INTERVALS), st.sampled_from([0.8, 0.95, 0.99]))
def test_a_one_sided_limit_is_that_of_a_two_sided_interval_of_twice_the_tail(design, method, level):
    for result, name in (
        (sv.proportion(design, "y", by="group", value=[4, 5]), method),
        (sv.total(design, "x", by="group"), "log"),
        (sv.mean(design, "z", by="group"), "t"),
    ):
        both = result.ci(2 * level - 1, name)
        lower, upper = (result.ci(level, name, side=side) for side in ("lower", "upper"))
        assert_array_equal(lower["ci_low"], both["ci_low"])
        assert_array_equal(upper["ci_high"], both["ci_high"])
        known = both["ci_low"].notna().to_numpy()
        assert (lower["ci_high"][known] == (1.0 if result.is_share else np.inf)).all()
        assert (upper["ci_low"][known] == (-np.inf if name == "t" else 0.0)).all()
        assert lower[~known].isna().all(axis=None)


# --- limits of counts and totals on the log scale -----------------------------------------------------------


@few
@given(designs(), st.floats(0.5, 0.99))
def test_log_limits_are_the_wald_limits_of_the_logarithm(design, level):
    result = sv.count(design, by="group")
    limits = result.ci(level, "log")
    t = stats.t.ppf((1 + level) / 2, result.df)
    half = t * result.se / result.value
    assert_allclose(np.log(limits["ci_low"]), np.log(result.value) - half, rtol=TIGHT, atol=TIGHT)
    assert_allclose(np.log(limits["ci_high"]), np.log(result.value) + half, rtol=TIGHT, atol=TIGHT)
    assert (limits["ci_low"].dropna() >= 0).all()


# --- all rows together --------------------------------------------------------------------------------------


@few
@given(designs(), st.sampled_from([0.9, 0.95]), st.sampled_from(["two", "lower", "upper"]))
def test_limits_for_all_rows_hold_those_of_one_and_lie_inside_bonferronis(design, level, side):
    for result, single in (
        (sv.mean(design, ["z", "x"], by="group"), "t"),
        (sv.proportion(design, "y", by="group", value=[4, 5]), "logit"),
    ):
        one = result.ci(level, single, side=side)
        both = result.ci(level, "simultaneous", side=side)
        most = result.ci(level, "bonferroni", side=side)
        known = (result.variance > 0) & (result.df > 0)
        slack = POINTS * result.se[known].max()
        for wide, narrow in ((both, one), (most, both)):
            assert (wide["ci_low"][known] <= narrow["ci_low"][known] + slack).all()
            assert (wide["ci_high"][known] >= narrow["ci_high"][known] - slack).all()


def test_independent_rows_have_sidaks_limits_each_with_its_own_degrees():
    data = build([3, 4, 2], 7, missing=0.0)
    result = sv.mean(sv.Design(data, weights="w", **SHAPES["clusters"]), "z", by="stratum")
    tail = (1 - 0.95 ** (1 / 3)) / 2
    assert_allclose(halves(result, method="simultaneous"), stats.t.isf(tail, result.df), rtol=1e-8)
    assert "limits hold for 3 rows together (max-t)" in result.line(method="simultaneous")
    assert "các cận đúng đồng thời cho 3 dòng (max-t)" in result.line("vi", method="simultaneous")
    assert_allclose(halves(result, method="bonferroni"), stats.t.isf(0.05 / 6, result.df), rtol=1e-8)
    assert "limits hold for 3 rows together (Bonferroni)" in result.line(method="bonferroni")


def test_one_row_and_rows_that_say_the_same_have_single_limits():
    data = build([3, 4], 7).assign(twice=lambda d: 3 - 2 * d["z"])
    design = sv.Design(data, weights="w", **SHAPES["clusters"])
    assert_allclose(halves(sv.mean(design, "z"), method="simultaneous"), stats.t.ppf(0.975, 5), rtol=1e-8)
    both = sv.mean(design, ["z", "twice"])
    assert_allclose(halves(both, method="simultaneous"), stats.t.ppf(0.975, 5), rtol=1e-8)


def test_rows_without_a_standard_error_are_left_out_of_the_family():
    data = build([3, 4], 7, missing=0.0)
    data["z"] = data["z"].where(data["stratum"] == "h0", 4.0)  # one row without spread
    design = sv.Design(data, weights="w", **SHAPES["clusters"])
    result = sv.mean(design, "z", by="stratum")
    limits = result.ci(method="simultaneous")
    assert_allclose(halves(result, method="simultaneous")[0], stats.t.ppf(0.975, 2), rtol=1e-8)
    assert_allclose(limits.loc["h1"], 4.0)
    assert "for 1 row together" in result.line(method="simultaneous")
    shares = sv.proportion(design, "z", value=4.0, by="stratum")  # all agree, which is not to know
    assert_allclose(shares.ci(method="simultaneous").loc["h1"], shares.ci(0.975).loc["h1"])
    nothing = sv.mean(design, "z", where="stratum == 'h1'")
    assert_allclose(nothing.ci(method="simultaneous"), 4.0)


def test_of_very_many_rows_correlations_are_not_looked_at(monkeypatch):
    from surveykit import limits

    data = build([3, 4], 7)
    result = sv.mean(sv.Design(data, weights="w", **SHAPES["clusters"]), ["z", "x"], by="group")
    monkeypatch.setattr(limits, "MATRIX", 5)
    own = halves(result, method="simultaneous")
    assert_allclose(own, stats.t.isf((1 - 0.95 ** (1 / 6)) / 2, result.df), rtol=1e-8)
    assert "limits hold for 6 rows together (Šidák)" in result.line(method="simultaneous")


def test_an_unadjusted_row_may_be_given_any_degrees():
    result = sv.mean(sv.Design(build([3, 4], 7), weights="w", **SHAPES["clusters"]), "z", by="group")
    limits = result.ci(method="bonferroni", df=np.inf)
    assert_allclose((limits["ci_high"] - result.value) / result.se, stats.norm.isf(0.05 / 6))
    table = result.test(df=7)
    assert_allclose(table["p"], 2 * stats.t.sf(np.abs(table["t"]), 7))
    assert_allclose(result.test(df=np.inf)["p"], 2 * stats.norm.sf(np.abs(table["t"])))


def test_a_statistic_may_have_limits_of_its_own():
    """As a quantile does: the first method is the default, and it hears of level, side and df."""
    result = sv.mean(sv.Design(build([3, 4], 7), weights="w", **SHAPES["clusters"]), "z", by="group")
    asked = []

    def limits(method, df, level):
        asked.append((method, df.tolist(), round(level, 10)))
        return result.value.to_numpy() - level, result.value.to_numpy() + level

    own = replace(result, detail=replace(result.detail, limits=limits, methods=("inverse", "score")))
    assert_allclose(own.ci(0.9)["ci_high"] - own.value, 0.9)
    assert_allclose(own.ci(0.9, "score", df=4, side="lower")["ci_low"] - own.value, -0.8)
    assert asked == [("inverse", result.df.tolist(), 0.9), ("score", [4.0] * 3, 0.8)]
    assert_array_equal(own.ci(method="bonferroni"), result.ci(method="bonferroni"))
    with pytest.raises(ArgumentError) as error:
        own.ci(method="t")
    assert str(error.value) == (
        "method='t' is not known. Choose one of 'inverse', 'score', 'simultaneous', 'bonferroni'."
    )


def test_degrees_of_combinations_come_one_by_one_where_a_result_knows_no_better():
    result = sv.mean(sv.Design(build([3, 4], 7), weights="w", **SHAPES["clusters"]), "z", by="group")
    plain = replace(result, detail=replace(result.detail, df_many=None))
    assert_array_equal(plain.pairwise().df, result.pairwise().df)


# --- pairs --------------------------------------------------------------------------------------------------


@few
@given(designs())
def test_each_pair_is_its_contrast(design):
    for result in (sv.mean(design, "z", by="group"), sv.proportion(design, "y", by="group", value=5)):
        made = result.pairwise("none")
        assert list(made.value.index) == [("a", "b"), ("a", "c"), ("b", "c")]
        assert made.value.index.names == ["group", "minus"]
        full = made.covariance.full()
        for k, (first, second) in enumerate(made.value.index):
            own = result.contrast({first: 1, second: -1})
            scale = result.se.max() ** 2
            assert_allclose(made.value.iloc[k], own.value.iloc[0], rtol=TIGHT, atol=1e-12)
            assert_allclose(made.variance[k], own.variance[0], rtol=TIGHT, atol=TIGHT * scale)
            assert_allclose(full[k, k], own.covariance.diag()[0], rtol=TIGHT, atol=TIGHT * scale)
            assert made.df.iloc[k] == own.df.iloc[0]
            assert made.n.iloc[k] == own.n.iloc[0]
            assert made.reason.iloc[k] == own.reason.iloc[0]
        assert made.points == result.is_share


@few
@given(designs())
def test_adjusted_p_are_ordered_and_max_t_lies_between_the_plain_and_bonferronis(design):
    result = sv.mean(design, "z", by="group")
    p = {name: result.pairwise(name).test() for name in (*METHODS, "max-t")}
    assert "p_adjusted" not in p["none"]
    assert "p_adjusted" not in result.pairwise("none").to_frame()
    plain = p["none"]["p"]
    for name in METHODS[:-1]:
        assert_array_equal(p[name]["p"], plain)
    known = plain.notna()
    holm, most = p["holm"]["p_adjusted"][known], p["bonferroni"]["p_adjusted"][known]
    assert (holm <= most + 1e-12).all()
    assert (plain[known] <= p["max-t"]["p_adjusted"][known] + 1e-12).all()
    assert (p["max-t"]["p_adjusted"][known] <= most * 1.02 + 1e-12).all()
    assert_allclose(result.test(adjust="holm")["p_adjusted"].to_numpy(), _holm(result.test()["p"].to_numpy()))


def _holm(p):
    """Holm's p with a loop."""
    out, least = np.full(len(p), np.nan), 0.0
    known = [i for i in np.argsort(p) if not np.isnan(p[i])]
    for place, i in enumerate(known):
        least = max(least, min(1.0, (len(known) - place) * p[i]))
        out[i] = least
    return out


def test_limits_of_pairs_go_with_their_adjustment():
    result = sv.mean(sv.Design(build([3, 4], 7), weights="w", **SHAPES["clusters"]), "z", by="group")
    single = result.pairwise("none")
    for adjust, method in (("holm", "bonferroni"), ("bonferroni", "bonferroni"), ("max-t", "simultaneous"),
                           ("bh", "t"), ("none", "t")):  # fmt: skip
        made = result.pairwise(adjust)
        assert_array_equal(made.ci(), single.ci(method=method))
    assert_array_equal((single.ci(method="bonferroni")["ci_low"] > 0), single.test()["p"] * 3 < 0.05)
    p = result.pairwise("max-t").test()["p_adjusted"]
    edge = result.pairwise("max-t").ci(level=1 - p.iloc[0])
    nearest = edge.iloc[0].abs().min() / single.se.iloc[0]
    assert nearest < 0.02  # an interval of that level ends at 0


@pytest.mark.parametrize("shape", ["rows", "clusters"])
def test_many_pairs_are_worked_out_from_the_matrix_of_the_rows(shape):
    data = build([4, 4, 4], 9, villages=6, people=6, missing=0.0)
    data["cell"] = np.arange(len(data)) % 25
    result = sv.mean(sv.Design(data, weights="w", **SHAPES[shape]), "z", by="cell")
    made = result.pairwise()
    assert len(made.value) == 300
    few_of_them = made.covariance.of(sp.identity(300, format="csr")[:, [0, 17, 299]])
    assert_allclose(made.variance[[0, 17, 299]], np.diag(few_of_them), rtol=TIGHT)
    for k in (0, 17, 299):
        first, second = made.value.index[k]
        assert made.df.iloc[k] == result.contrast({first: 1, second: -1}).df.iloc[0]


def test_rows_that_are_the_same_differ_by_nothing():
    data = build([3, 4], 7, missing=0.0)
    data = pd.concat([data.assign(copy=k) for k in range(25)], ignore_index=True)
    design = sv.Design(data, weights="w", **SHAPES["clusters"])
    made = sv.mean(design, "z", by="copy").pairwise("max-t")
    assert_array_equal(made.variance, 0.0)
    assert made.test()[["p", "p_adjusted"]].isna().all(axis=None)
    assert_allclose(made.ci(), 0.0, atol=1e-12)


@few
@given(designs())
def test_against_one_row_and_against_the_mean(design):
    result = sv.mean(design, "z", by="group")
    one = result.pairwise(against="b")
    assert list(one.value.index) == [("a", "b"), ("c", "b")]
    assert_allclose(one.se.iloc[1], result.contrast({"c": 1, "b": -1}).se, rtol=TIGHT)
    mean = result.pairwise(against="all")
    assert list(mean.value.index) == [("a", "all"), ("b", "all"), ("c", "all")]
    own = result.contrast({"a": 2 / 3, "b": -1 / 3, "c": -1 / 3})
    assert_allclose(mean.value.iloc[0], own.value.iloc[0], rtol=TIGHT, atol=1e-12)
    assert_allclose(mean.se.iloc[0], own.se.iloc[0], rtol=TIGHT)
    assert_allclose(mean.value.sum(), 0, atol=1e-9)
    assert "all = the plain mean of 3 rows, the row itself among them" in mean.line()


def test_pairs_within_a_level_are_those_of_each_answer():
    design = sv.Design(build([3, 4], 7), weights="w", **SHAPES["clusters"])
    result = sv.proportion(design, "y", by="sex")
    made = result.pairwise("holm", within="y")
    answers = result.value.index.get_level_values("y").unique()
    assert list(made.value.index) == [(f"1 · {y}", f"2 · {y}") for y in answers]
    one = result.contrast({(1, answers[1]): 1, (2, answers[1]): -1})
    assert_allclose(made.value.iloc[1], one.value.iloc[0])
    assert len(result.pairwise(against=(1, answers[0]), within="y").value) == 1
    assert len(result.pairwise(against="all", within="y").value) == len(result.value)


def test_pairs_of_pairs_keep_their_degrees_of_freedom():
    design = sv.Design(build([3, 4], 7), weights="w", **SHAPES["clusters"])
    result = sv.mean(design, "z", by="group")
    made = result.pairwise("none").contrast({("a", "b"): 1, ("b", "c"): 1})
    own = result.contrast({"a": 1, "c": -1})
    assert_allclose([made.value.iloc[0], made.se.iloc[0]], [own.value.iloc[0], own.se.iloc[0]])
    assert made.joint_test().df == (1, result.detail.df_of([0, 1, 2]))


# --- how pairs look -----------------------------------------------------------------------------------------


def test_shares_differ_by_percentage_points_and_the_page_is_vietnamese():
    design = sv.Design(build([3, 4], 7), weights="w", **SHAPES["clusters"])
    page = sv.proportion(design, "y", by="group", value=[4, 5]).pairwise().to_html()
    for text in ("ước lượng (điểm phần trăm)", "trừ", "p hiệu chỉnh",
                 "p hiệu chỉnh cho 3 phép so sánh: Holm",
                 "các cận đúng đồng thời cho 3 dòng (Bonferroni)"):  # fmt: skip
        assert text in page
    english = sv.mean(design, "z", by="group").pairwise("bh").to_html("en")
    for text in ("adjusted p", "minus", "limits are for each row by itself",
                 "p adjusted for 3 comparisons: Benjamini–Hochberg (share of false findings)"):  # fmt: skip
        assert text in english


def test_of_many_pairs_the_clearest_are_shown_first():
    data = build([4, 4, 4], 9, villages=6, people=6, missing=0.0)
    data["cell"] = np.arange(len(data)) % 12
    data["z"] += 50.0 * (data["cell"] == 7)
    made = sv.mean(sv.Design(data, weights="w", strata="stratum"), "z", by="cell").pairwise()
    page = made.to_html()
    assert page.count("<tr>") + page.count("<tr ") == 31
    assert "30 trong 66 cặp, khác biệt rõ nhất trước" in page
    rows = page.split("<tr>")[1:12]
    assert all("<td>7</td>" in row for row in rows)
    assert "&lt; 0,0001" in page


# --- one test of several ------------------------------------------------------------------------------------


@few
@given(designs())
def test_that_all_groups_are_equal_does_not_depend_on_the_group_compared_with(design):
    result = sv.mean(design, "z", by="group")
    if (result.variance > 0).all():
        made = [result.pairwise(against=g).joint_test() for g in "abc"]
        for other in made[1:]:
            assert_allclose(other.statistic, made[0].statistic, rtol=1e-5, equal_nan=True)
            assert_allclose(other.p, made[0].p, rtol=1e-5, equal_nan=True)
        every = result.pairwise().joint_test()
        assert_allclose(every.statistic, made[0].statistic, rtol=1e-5, equal_nan=True)
        if (design.strata == () and len(np.unique(design.data["commune"])) > 2) or not design.psu:
            assert "the covariance is singular: 2 of 3 rows are independent" in every.context.text()


def test_it_is_the_quadratic_form_of_the_rows_asked_for():
    design = sv.Design(build([4, 4, 4], 7), weights="w", **SHAPES["clusters"])
    result = sv.mean(design, ["z", "x"])
    V, d, df = result.covariance.full(), result.value.to_numpy() - 1.0, 9
    W = d @ np.linalg.solve(V, d)
    own = result.joint_test(null=1.0)
    assert own.df == (2, df - 1)
    assert_allclose(own.statistic, W / 2 * (df - 1) / df)
    assert_allclose(own.p, stats.f.sf(own.statistic, 2, df - 1))
    assert_allclose(own.details["F_unadjusted"], W / 2)
    assert_allclose(own.details["p_unadjusted"], stats.f.sf(W / 2, 2, df))
    plain = result.joint_test(null=1.0, adjusted=False)
    assert_allclose([plain.statistic, plain.p], list(own.details.values()))
    one = result.joint_test(["z"])
    assert_allclose(one.statistic, (result.value["z"] / result.se["z"]) ** 2)
    named = result.joint_test({"z": {"z": 1}, "x": {"x": 2}})
    assert_allclose(named.statistic, result.joint_test().statistic)
    assert own.name.vi == "kiểm định đồng thời 2 dòng"


def test_why_there_is_no_p_is_said():
    data = build([2, 3], 7, missing=0.0).assign(u=lambda d: 1 - d["z"], c=0.0)
    design = sv.Design(data, weights="w", **SHAPES["clusters"])
    three = sv.mean(design, ["z", "x"], by="group")
    few_units = three.joint_test()
    assert few_units.reason == "6 rows are too many for 3 degrees of freedom"
    away = sv.mean(design, ["z", "u"]).joint_test()
    assert away.reason == "the rows differ from the null in a direction that has no sampling error"
    nothing = sv.mean(design, "c").joint_test()
    assert nothing.reason == "none of the rows has a sampling error"
    assert all(np.isnan(test.p) for test in (few_units, away, nothing))
    for test, told in ((few_units, "6 dòng là quá nhiều so với 3 bậc tự do"),
                       (away, "các dòng lệch giả thuyết theo một hướng không có sai số chọn mẫu"),
                       (nothing, "không dòng nào có sai số chọn mẫu")):  # fmt: skip
        assert told in test.to_html()


def test_shares_on_which_all_agree_have_limits_at_their_part_of_the_risk() -> None:
    people = pd.DataFrame({"thon": [f"v{i // 4}" for i in range(48)]})
    people["g"] = np.where(np.arange(48) % 4 < 2, "A", "B")
    people["y"] = np.where(people["g"] == "A", 1, (np.arange(48) % 3 == 0) * 1)
    found = sv.proportion(sv.Design(people, sampling="srs", psu="thon"), "y", value=[1], by="g")
    for method in ("simultaneous", "bonferroni"):
        both = found.ci(method=method)
        assert_allclose(both.loc["A"], found.ci(0.975).loc["A"])
        assert_allclose(both.loc["B"], found.ci(0.975, method="logit").loc["B"])
        one = found.ci(method=method, side="lower")
        assert_allclose(one.loc["A"], found.ci(0.975, side="lower").loc["A"])
        assert_allclose(one.loc["B"], found.ci(0.975, side="lower", method="logit").loc["B"])
