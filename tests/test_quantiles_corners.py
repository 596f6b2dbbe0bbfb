"""Quantiles of few values or few answers: what bounds them, what the line says; names of the rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats
from strategies import build

import surveykit as sv
from surveykit.woodruff import METHODS, NO_DF, NO_ENDS, NO_HIGH, NO_LOW, NO_WIDTH, STILL, TIES

# --- few values, few answers --------------------------------------------------------------------------------


def table(y: list[float], psu: list[int] | None = None, **columns: list[object]) -> sv.Design:
    data = pd.DataFrame({"y": y, "psu": psu if psu is not None else range(len(y)), "w": 1.0, **columns})
    return sv.Design(data, weights="w", psu="psu")


def test_one_value_is_its_own_quantile_and_limits_and_the_line_says_so():
    est = sv.quantile(table([3.0] * 12), "y", [0.0, 0.1, 0.5, 0.99, 1.0])
    assert est.value.tolist() == [3.0] * 5
    assert est.se.tolist() == [0.0] * 5
    for method in METHODS:
        assert_array_equal(est.ci(method=method), np.full((5, 2), 3.0))
    assert STILL.en in est.line()
    assert STILL.vi in est.line("vi")


def test_a_median_that_splits_every_village_alike_says_that_its_limits_have_no_width():
    frame = pd.DataFrame(
        {"thon": [1, 1, 2, 2, 3, 3, 4, 4], "tuoi": [20, 40, 33, 50, 25, 60, 31, 45], "so": 4}
    )
    est = sv.median(sv.Design(frame, sampling="srs", psu="thon"), "tuoi")
    assert (est.value.iloc[0], est.se.iloc[0]) == (33, 0)
    for method in METHODS:
        assert est.ci(method=method).to_numpy().tolist() == [[33, 33]]
    assert NO_WIDTH.en in est.line()
    assert NO_WIDTH.vi in est.line("vi")
    assert STILL.en not in est.line()
    other = sv.quantile(sv.Design(frame, sampling="srs", psu="thon"), "tuoi", 0.3)
    every = sv.median(sv.Design(frame, sampling="srs", psu="thon", fpc="so"), "tuoi")  # all four villages
    for result in (other, every, sv.median(table([3.0] * 12), "y")):
        assert NO_WIDTH.en not in result.line()


def test_a_median_that_is_the_top_grade_has_the_limits_of_the_share_below():
    clear = sv.median(table([5.0] * 80 + [4.0] * 15 + [3.0] * 5), "y")
    assert clear.ci().to_numpy().tolist() == [[5.0, 5.0]]
    assert STILL.en in clear.line()
    close = sv.median(table([5.0] * 55 + [4.0] * 40 + [3.0] * 5), "y")
    se = np.sqrt(0.45 * 0.55 / 99)
    t = stats.t.ppf(0.975, 99)
    assert 0.05 < 0.5 - t * se <= 0.45
    assert close.ci().to_numpy().tolist() == [[4.0, 5.0]]
    assert_allclose(close.se, 1 / (2 * t))
    assert_allclose(close.covariance.full(), close.se.to_numpy()[:, None] ** 2)
    assert STILL.en not in close.line()


def test_a_grade_far_above_what_was_asked_says_that_score_limits_are_surer():
    close = sv.median(table([1.0] * 10 + [2.0] * 37 + [3.0] * 43 + [4.0] * 10), "y")
    assert close.value.iloc[0] == 3.0  # 47 of 100 have less: it may be 2 in the population
    assert close.ci().iloc[0].tolist() == [3.0, 4.0]
    assert close.ci(method="score").iloc[0].tolist() == [2.0, 3.0]
    assert TIES.en in close.line()
    assert TIES.vi in close.line("vi")
    apart = sv.median(table([float(k) for k in range(100)]), "y")
    assert TIES.en not in apart.line()


@pytest.mark.parametrize(
    ("q", "low", "high", "reason", "vi"),
    [
        (0.02, np.nan, 4.0, NO_LOW, "quá ít câu trả lời ở phía dưới: khoảng tin cậy không có cận dưới"),
        (0.98, 95.0, np.nan, NO_HIGH, "quá ít câu trả lời ở phía trên: khoảng tin cậy không có cận trên"),
    ],
)
def test_an_end_without_answers_is_open_and_the_other_stands(q, low, high, reason, vi):
    est = sv.quantile(table([float(k) for k in range(100)]), "y", q)
    assert est.reason.tolist() == [reason]
    assert np.isnan(est.se.iloc[0])
    assert_array_equal(est.ci().to_numpy()[0], [low, high])
    one_sided = [low, np.nan if np.isnan(low) else np.inf]  # a lower limit needs nothing above it
    assert_array_equal(est.ci(side="lower").to_numpy()[0], one_sided)
    assert reason in est.to_html("en")
    assert vi in est.to_html("vi")
    assert est.contrast({q: 1}).reason.tolist() == [reason]


def test_three_answers_bound_no_median():
    est = sv.median(table([1.0, 2.0, 4.0]), "y")
    assert est.value.iloc[0] == 2.0
    assert est.reason.tolist() == [NO_ENDS]
    assert "quá ít câu trả lời: khoảng tin cậy không có cận" in est.to_html("vi")
    for method in ("woodruff", "score"):
        assert est.ci(method=method).isna().to_numpy().all()


def test_the_greatest_answer_is_a_limit_where_enough_answers_say_so():
    est = sv.median(table([0.0, 1, 2, 3, 4, 5, 6] * 2, list(range(7)) * 2), "y")
    n = 7 - 1  # 4/7 · 3/7 over the variance of seven units
    assert 0.0005 < 0.5**n <= 0.025
    assert est.ci(0.999).isna().to_numpy().all()
    assert est.ci().to_numpy().tolist() == [[0.0, 6.0]]
    few = sv.median(table([0.0, 1, 2, 3, 4] * 2, list(range(5)) * 2), "y")
    assert 0.025 < 0.5**4
    assert few.reason.tolist() == [NO_ENDS]


def test_as_many_strata_as_units_have_no_interval():
    data = pd.DataFrame({"y": [1.0, 2, 3, 4], "s": [1, 1, 2, 2], "w": 1.0})
    est = sv.median(sv.Design(data, weights="w", strata="s", psu="s", nest=True, lonely_psu="centre"), "y")
    assert est.value.iloc[0] == 2.0
    assert est.reason.tolist() == [NO_DF]
    assert est.ci().isna().to_numpy().all()
    assert "số tầng bằng số đơn vị: không có khoảng tin cậy" in est.to_html("vi")


def test_a_census_knows_its_quantiles():
    data = pd.DataFrame({"y": [1.0, 2, 3, 4, 9], "w": 1.0, "N": 5})
    est = sv.quantile(sv.Design(data, weights="w", fpc="N"), "y", [0.5, 1.0])
    assert est.ci().to_numpy().tolist() == [[3.0, 3.0], [9.0, 9.0]]
    assert est.se.tolist() == [0.0, 0.0]


def test_domains_without_answers_say_so_and_missing_answers_are_counted():
    y = [1.0, 2, 3, 4, 5, 6, np.nan, np.nan]
    est = sv.median(table(y, g=list("aaaaaabb")), "y", by="g")
    assert est.reason.tolist()[1] == "no answers in this domain"
    assert np.isnan(est.value["b"])
    assert est.ci(method="score").loc["b"].isna().all()
    assert est.n.tolist() == [6, 0]
    assert est.context.missing == 2
    assert "2 missing left out" in est.line()


# --- names --------------------------------------------------------------------------------------------------


def test_rows_are_named_by_domain_variable_and_quantile():
    design = sv.Design(build([3, 3], 2), weights="w")
    names = [
        (sv.quantile(design, "z"), ["quantile"]),
        (sv.quantile(design, ["z", "y"]), ["variable"]),
        (sv.quantile(design, "z", [0.1, 0.5], by="group"), ["group", "quantile"]),
        (sv.quantile(design, ["z", "y"], [0.1, 0.5], by=["group", "sex"]),
         ["group", "sex", "variable", "quantile"]),
        (sv.median(design, "z", by="group"), ["group"]),
        (sv.median(design, ["z", "y"], by="group"), ["group", "variable"]),
        (sv.median(design, ["z"]), [None]),
        (sv.median(design, "z"), [None]),
    ]  # fmt: skip
    for est, wanted in names:
        assert list(est.value.index.names) == wanted
        assert est.statistic == est.value.name
    assert sv.median(design, "z").value.index.tolist() == ["z"]
    assert sv.median(design, ["z"]).value.index.tolist() == ["z"]
    one, other = (est.to_frame().to_numpy() for est in (sv.quantile(design, "z"), sv.median(design, "z")))
    assert_array_equal(one, other)
    assert "woodruff" in sv.median(design, "z").line()
    assert "Woodruff" in sv.median(design, "z").line("vi")
