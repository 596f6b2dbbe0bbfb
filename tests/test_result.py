"""Estimates: tables, contrasts, lines in two languages, HTML."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from strategies import SHAPES, build, weighted

import surveykit as sv
from surveykit.context import Context, Note
from surveykit.imputation import combine

DATA = build([3, 3], 31)
DESIGN = sv.Design(DATA, weights="w", **SHAPES["clusters"])


def cells(html: str) -> list[list[str]]:
    """Return the texts of the rows of a table."""
    rows = re.findall(r"<tr.*?</tr>", html, re.DOTALL)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]


# --- tables -------------------------------------------------------------------------------------------------


def test_a_table_has_every_number_of_a_row():
    result = sv.mean(DESIGN, "z", by="group")
    table = result.to_frame()
    assert table.columns.tolist() == [
        "estimate", "se", "ci_low", "ci_high", "df", "cv", "deff", "n", "n_eff",
    ]  # fmt: skip
    assert table.index.equals(result.value.index)
    assert_allclose(table["cv"], result.se / result.value.abs())
    assert_allclose(table["n_eff"], result.n / result.deff())
    assert_allclose(table[["ci_low", "ci_high"]], result.ci())
    assert_allclose(result.to_frame(0.8)[["ci_low", "ci_high"]], result.ci(0.8))


def test_a_table_may_leave_out_or_change_the_design_effect():
    heavy = sv.Design(DATA.assign(w=DATA["w"] * 100), weights="w", **SHAPES["clusters"])
    result = sv.mean(heavy, "z")
    assert "deff" not in result.to_frame(deff=None)
    assert "n_eff" not in result.to_frame(deff=None)
    other = result.to_frame(deff="wor")
    assert_allclose(other["deff_wor"], result.deff("wor"))
    N = heavy.data.loc[heavy.data["z"].notna(), "w"].sum()
    assert_allclose(result.deff("wor") / result.deff("wr"), 1 / (1 - result.n / N))
    assert_allclose(other["n_eff"], result.n / result.deff("wr"))


def test_the_design_effect_is_the_variance_over_that_of_a_simple_random_sample():
    people = DATA.dropna()
    plain = sv.Design(people, sampling="srs")
    assert_allclose(sv.mean(plain, "z").se, people["z"].std() / np.sqrt(len(people)))
    for result in (sv.mean(plain, "z"), sv.total(plain, "z"), sv.proportion(plain, "y")):
        assert_allclose(result.deff(), 1.0)


def test_counts_and_contrasts_have_no_design_effect():
    for result in (sv.count(DESIGN, by="sex"), sv.mean(DESIGN, "z", by="sex").contrast({1: 1, 2: -1})):
        assert "deff" not in result.to_frame()
        assert result.deff().isna().all()


def test_the_reason_stands_in_the_table_only_where_there_is_one():
    assert "reason" not in sv.mean(DESIGN, "z", by="group").to_frame()
    table = sv.mean(DESIGN, "z", by="commune").to_frame()
    assert table["reason"].str.startswith("lies inside one commune").all()


def test_a_result_is_frozen():
    result = sv.mean(DESIGN, "z")
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.statistic = "total"


def test_the_rows_of_several_columns_and_levels_are_named():
    assert sv.mean(DESIGN, ["z", "x"]).value.index.tolist() == ["z", "x"]
    assert sv.mean(DESIGN, ["z", "x"]).value.index.name == "variable"
    by = sv.mean(DESIGN, ["z", "x"], by=["group", "sex"]).value.index
    assert by.names == ["group", "sex", "variable"]
    assert by[:2].tolist() == [("a", 1, "z"), ("a", 1, "x")]
    assert sv.proportion(DESIGN, "y", by="sex").value.index.names == ["sex", "y"]
    assert sv.proportion(DESIGN, "y").value.index.tolist() == [1, 2, 3, 4, 5]
    assert sv.proportion(DESIGN, ["y", "sex"], value=[1]).value.index.tolist() == ["y", "sex"]
    assert sv.ratio(DESIGN, ["z", "y"], ["x", "w"]).value.index.tolist() == ["z/x", "y/x", "z/w", "y/w"]
    assert sv.variance(DESIGN, ["z", "x"]).value.index.tolist() == ["z, z", "z, x", "x, x"]
    assert sv.variance(DESIGN, "z").value.index.tolist() == ["z"]
    assert sv.count(DESIGN).value.index.tolist() == ["count"]
    assert sv.mean(DESIGN, "z", by=[]).value.index.tolist() == ["z"]
    assert sv.mean(DESIGN, ["z"], by="sex").value.index.name == "sex"


# --- contrasts ----------------------------------------------------------------------------------------------


def test_a_contrast_carries_the_reason_of_its_rows():
    data = DATA.assign(z=DATA["z"].where(DATA["group"] != "b"))
    table = sv.mean(sv.Design(data, weights="w", **SHAPES["clusters"]), "z", by="group")
    result = table.contrast({"a": 1, "b": -1})
    assert result.reason.iloc[0] == "no answers in this domain"
    assert result.se.isna().all()
    assert result.ci().isna().all(axis=None)
    assert result.test()["p"].isna().all()
    assert table.contrast({"a": 1, "c": -1}).reason.iloc[0] == ""


def test_a_contrast_counts_the_units_of_the_union_of_its_rows():
    data = build([4, 3], 32, missing=0.0)
    design = sv.Design(data, weights="w", **SHAPES["clusters"])
    table = sv.mean(design, "z", by="stratum")
    assert table.df.to_dict() == {"h0": 3, "h1": 2}
    both = table.contrast({"h0": 1, "h1": -1})
    assert both.df.iloc[0] == 5
    assert both.n.iloc[0] == table.n.sum()
    assert "df 5" in str(both.context)
    assert both.contrast({"contrast": 2}).df.iloc[0] == 5


def test_rows_on_which_everyone_agrees_lend_a_contrast_no_degrees_of_freedom():
    data = build([4, 3, 6], 32, missing=0.0)
    data["z"] = data["z"].where(data["stratum"] != "h2", 33.3)
    table = sv.mean(sv.Design(data, weights="w", **SHAPES["clusters"]), "z", by="stratum")
    assert table.df.to_dict() == {"h0": 3, "h1": 2, "h2": 5}
    assert table.pairwise("none").df.tolist() == [5, 3, 2]
    assert table.pairwise("none", against="h2").df.tolist() == [3, 2]
    one = table.contrast({"h0": 1, "h2": -1})
    assert one.ci().to_numpy().ravel() == pytest.approx(table.ci().loc["h0"].to_numpy() - 33.3)
    assert one.contrast({"contrast": 2}).df.iloc[0] == 3
    for test in (one.joint_test(), table.joint_test({"h0 − h2": {"h0": 1, "h2": -1}})):
        assert (test.df[-1], test.p) == (3, pytest.approx(one.test()["p"].iloc[0]))
    mean = table.contrast({"h0": 0.5, "h1": 0.5, "h2": -1})
    assert mean.df.iloc[0] == table.contrast({"h0": 0.5, "h1": 0.5}).df.iloc[0] == 5


def test_limits_of_differences_of_shares_stop_where_the_differences_do():
    frame = pd.DataFrame(
        {"thon": [1, 1, 2, 2, 3, 3] * 2, "vung": ["B"] * 6 + ["N"] * 6, "tot": [1] * 5 + [0] * 6 + [1]}
    )
    design = sv.Design(frame, sampling="srs", psu="thon")
    shares = sv.proportion(design, "tot", by="vung", value=1)
    made = shares.pairwise("none")
    free = made.value.to_numpy()[:, None] + made.se.iloc[0] * stats.t.ppf([0.0005, 0.9995], made.df.iloc[0])
    assert free[0, 0] < -1
    assert free[0, 1] > 1
    for method in ("t", "bonferroni", "simultaneous"):
        assert made.ci(0.999, method).to_numpy().tolist() == [[-1, 1]]
    assert made.ci(0.4).to_numpy() == pytest.approx(
        made.value.iloc[0] + made.se.iloc[0] * stats.t.ppf([[0.3, 0.7]], made.df.iloc[0])
    )
    double = shares.contrast({"B": 0.5, "N": -2})
    assert double.ci(0.9999).to_numpy().tolist() == [[-2, 0.5]]
    assert double.contrast({"contrast": -1}).ci(0.9999).to_numpy().tolist() == [[-0.5, 2]]
    both = sv.together(a=made, b=double)
    assert both.ci(0.9999).to_numpy().tolist() == [[-1, 1], [-2, 0.5]]
    assert combine([made, made]).ci(1 - 1e-9).to_numpy().tolist() == [[-1, 1]]
    net = sv.likert(design, "tot", scale=(0, 1), top=1, bottom=1, by="vung").net
    assert net.ci(0.9999).to_numpy().tolist() == [[-1, 1], [-1, 1]]
    mean = sv.mean(design, "tot", by="vung").contrast({"B": 1, "N": -1})
    loose = sv.function(shares, lambda v: v["B"] - v["N"], name="hiệu")
    for result in (mean, loose):
        assert result.ci(0.999).to_numpy() == pytest.approx(free)


def test_a_contrast_has_the_name_it_is_given():
    result = sv.mean(DESIGN, "z", by="sex").contrast({1: 1, 2: -1}, name="Nam − Nữ")
    assert result.value.index.tolist() == ["Nam − Nữ"]
    assert result.statistic == "contrast"


def test_a_test_is_two_sided_and_missing_without_degrees_of_freedom():
    one = build([2], 3).drop_duplicates("commune").assign(stratum=["u", "v"])
    two = pd.concat([one, one.assign(z=one["z"] + 1)], ignore_index=True)
    design = sv.Design(two, weights="w", strata="stratum", psu="commune", lonely_psu="centre")
    result = sv.mean(design, "z")
    assert result.df.iloc[0] == 0
    assert result.test()[["df", "p"]].isna().all(axis=None)
    assert result.ci().isna().all(axis=None)
    assert "no interval where there are as many strata as units" in str(result.context)


# --- lines --------------------------------------------------------------------------------------------------

NOTE = Note("a remark", "một ghi chú")


@pytest.mark.parametrize(
    ("context", "en", "vi"),
    [
        (
            Context(1204, 13, 96, 8, (88.0, 88.0), "t"),
            "n = 1.204 · 96 PSU in 8 strata · df 88 · Taylor · t intervals 95 % · 13 missing left out",
            "n = 1.204 · 96 PSU trong 8 tầng · bậc tự do 88 · Taylor · khoảng tin cậy 95 % (t) · "
            "bỏ qua 13 câu không trả lời",
        ),
        (
            Context(10, 0, 4, 1, (3.0, 3.0), "auto", sampling="srs", level=0.9, notes=(NOTE,)),
            "n = 10 · 4 PSU · df 3 (below 8: read with care) · Taylor · auto intervals 90 % · a remark · "
            "taken as a simple random sample",
            "n = 10 · 4 PSU · bậc tự do 3 (dưới 8: đọc thận trọng) · Taylor · "
            "khoảng tin cậy 90 % (Wilson, cỡ mẫu hiệu dụng) · một ghi chú · coi như mẫu ngẫu nhiên đơn giản",
        ),
        (
            Context(10, 0, 40, 2, (9.2, 38.0), "t", sampling="self-selected", level=0.975),
            "n = 10 · 40 PSU in 2 strata · df 9,2–38 · Taylor · t intervals 97,5 %, bias of self-selection "
            "not counted · self-selected: không suy rộng được (no inference)",
            "n = 10 · 40 PSU trong 2 tầng · bậc tự do 9,2–38 · Taylor · khoảng 97,5 % (t), chưa kể "
            "thiên lệch tự chọn · mẫu tự chọn: không suy rộng được",
        ),
    ],
)
def test_the_line_under_a_table(context, en, vi):
    assert str(context) == en
    assert context.text("vi") == vi


def test_the_line_counts_what_the_result_stands_on():
    result = sv.mean(DESIGN, "z", where="sex == 1")
    inside = DATA[DATA["sex"] == 1]
    assert result.context.n == inside["z"].notna().sum()
    assert result.context.missing == inside["z"].isna().sum()
    assert result.line("vi").startswith(f"n = {inside['z'].notna().sum()} · ")
    assert "self-selected" in str(sv.mean(sv.Design(DATA, sampling="self-selected"), "z").context)


def test_the_printed_result_is_the_table_and_its_line():
    text = repr(sv.proportion(DESIGN, "y", value=[4, 5]))
    first, *_, last = text.splitlines()
    assert first.split() == ["estimate", "se", "ci_low", "ci_high", "df", "cv", "deff", "n", "n_eff"]
    assert last.startswith("n = ")


# --- HTML ---------------------------------------------------------------------------------------------------


def test_a_notebook_shows_a_table_in_vietnamese():
    result = sv.proportion(DESIGN, "y", by="sex", value=[4, 5])
    head, first, *_ = cells(result._repr_html_())
    assert head == [
        "sex", "ước lượng", "sai số chuẩn", "cận dưới", "cận trên", "bậc tự do", "hệ số biến thiên", "deff",
        "n", "n hiệu dụng",
    ]  # fmt: skip
    assert first[0] == "1"
    assert re.fullmatch(r"\d+(,\d+)? %", first[1])
    assert first[5] == "4"
    assert result.line("vi") in result._repr_html_()
    english = cells(result.to_html("en", 0.9))
    assert english[0][1] == "estimate"
    assert re.fullmatch(r"\d+(\.\d+)? ?%", english[1][1])
    assert "90" in result.to_html("en", 0.9).split("</table>")[1]


def test_the_line_names_the_interval_that_is_shown():
    result = sv.proportion(DESIGN, "y", value=[4, 5])
    assert "auto intervals 95 %" in result.to_html("en")
    shown = result.to_html("en", method="wilson").split("</table>")[1]
    assert "wilson intervals 95 %" in shown
    assert "auto" not in shown


def test_names_are_written_as_they_are_however_they_look():
    data = DATA.assign(**{"xã & <phường>": DATA["group"].replace({"a": "A & <B>", "b": "b", "c": None})})
    html = sv.mean(sv.Design(data, weights="w", psu="commune"), "z", by="xã & <phường>").to_html()
    rows = cells(html)
    assert rows[0][0] == "xã &amp; &lt;phường&gt;"
    assert rows[1][0] == "A &amp; &lt;B&gt;"
    assert rows[3][0] == "(thiếu)"
    named = data.rename(columns={"commune": "xã <1>"})
    html = sv.mean(sv.Design(named, weights="w", psu="xã <1>"), "z", by="xã <1>").to_html()
    assert "xã &lt;1&gt;" in cells(html)[1][-1]
    assert "&amp;lt;" not in html


def test_reasons_are_told_in_the_language_of_the_table():
    html = sv.mean(DESIGN, "z", by="commune").to_html("vi")
    assert "lies inside" not in html
    assert "lies inside one commune" in sv.mean(DESIGN, "z", by="commune").to_html("en")


def test_a_reason_without_a_translation_is_told_as_it_is():
    result = sv.mean(DESIGN, "z")
    odd = dataclasses.replace(result, reason=result.reason.replace("", "a reason of its own"))
    assert "a reason of its own" in odd.to_html("vi")


def test_missing_numbers_are_a_dash_and_whole_degrees_are_whole():
    (head, *rows) = cells(sv.mean(DESIGN, "z", by="commune").to_html())
    assert head[-1] == "lý do"
    assert rows[0][2:5] == ["–", "–", "–"]
    assert rows[0][5] == "0"


@pytest.mark.parametrize("steps", ["", "class, rake shares"])
def test_every_kind_of_result_can_be_shown(steps):
    design = weighted(DESIGN, steps)
    results: list[Any] = [
        sv.mean(design, "z"), sv.mean(design, ["z", "x"], by=["group", "sex"]),
        sv.total(design, "z", by="sex"), sv.proportion(design, "y", by="group"),
        sv.ratio(design, "z", "x"), sv.count(design, by="sex"),
        sv.variance(design, ["z", "x"]), sv.mean(design, "z", by="group").contrast({"a": 1, "b": -1}),
        sv.before_after(design, "z", wave="sex", by="group"),
        sv.before_after(design, "y", wave="sex", value=[4, 5]),
    ]  # fmt: skip
    for result in results:
        for lang in ("vi", "en"):
            rows = cells(result.to_html(lang))
            assert len(rows) == len(result.value) + 1
            assert len({len(row) for row in rows}) == 1
        assert repr(result)


AGREED = sv.Design(DATA.assign(sex=1), weights="w", **SHAPES["clusters"])
OWN = {
    "median": (lambda: sv.median(DESIGN, "z"), "Woodruff"),
    "sd": (lambda: sv.sd(DESIGN, "z"), "log"),
    "correlation": (lambda: sv.correlation(DESIGN, ["z", "x"]), "fisher"),
    "share of all": (lambda: sv.proportion(AGREED, "sex", value=1), "ρ taken as"),
    "pairs": (lambda: sv.mean(DESIGN, "z", by="sex").pairwise(), "p adjusted for"),
    "contrast": (lambda: sv.proportion(DESIGN, "sex", value=1).contrast({"sex": 1.0}), "t intervals"),
}


@pytest.mark.parametrize("name", OWN)
def test_the_context_says_what_the_line_says(name):
    made, said = OWN[name]
    result = made()
    assert said.lower() in str(result.context).lower()
    for lang in ("en", "vi"):
        assert result.context.text(lang) == result.line(lang)


def test_a_test_leaves_out_what_the_limits_of_its_estimates_take():
    result = sv.mean(DESIGN, "z", by="sex").pairwise()
    assert "p adjusted" in str(result.context)
    assert "p adjusted" not in result.joint_test().context.text()
