"""Reasons and refusals in Vietnamese: every sentence the engine can give has its translation."""

from __future__ import annotations

import pickle
import re

import numpy as np
import pandas as pd
import pytest

import surveykit as sv
from surveykit.display import reason_text
from surveykit.infer import NO_ANSWERS, NO_DENOMINATOR

PLAIN = pd.DataFrame({"c": list("aabb"), "v": list("pqrs"), "y": [1.0, 2, 3, 4], "x": 0.0, "n": 2})


def reasons(result):
    return {reason for reason in result.reason if reason}


@pytest.mark.parametrize("text", [NO_ANSWERS, NO_DENOMINATOR])
def test_constant_reasons_are_translated(text):
    assert reason_text(text, "vi") != text
    assert reason_text(text, "en") == text


def test_reasons_that_name_a_stage_keep_the_name():
    inside = sv.mean(sv.Design(PLAIN, sampling="srs", psu="c"), "y", by="c")
    (reason,) = reasons(inside)
    assert reason_text(reason, "vi").startswith("nằm trọn trong một c: nêu cấp dưới")
    alone = sv.mean(sv.Design(PLAIN, sampling="srs", psu=["c", "v"]), "y", by="v")
    (reason,) = reasons(alone)
    assert reason_text(reason, "vi") == "chỉ có một v: không ước lượng được sai số"
    assert "chỉ có một v" in alone.to_html()
    assert "one v only" in alone.to_html("en")


def test_a_single_answer_has_its_reason_in_vietnamese():
    (reason,) = reasons(sv.mean(sv.Design(PLAIN, sampling="srs"), "y", by="v"))
    assert reason_text(reason, "vi") == "một câu trả lời: không ước lượng được sai số"


@pytest.mark.parametrize(
    ("adopting", "comparison", "words"),
    [
        (2, 6, "chỉ có 2 xa áp dụng: "),
        (6, 1, "chỉ có 1 xa so sánh: "),
        (2, 2, "chỉ có 2 xa áp dụng và 2 xa so sánh: "),
    ],
)
def test_a_refusal_is_shown_in_vietnamese(adopting, comparison, words):
    n = adopting + comparison
    xa = np.repeat(np.arange(n), 8)
    data = pd.DataFrame({"xa": xa, "dot": np.tile([1, 1, 1, 1, 2, 2, 2, 2], n), "mh": (xa < adopting) * 1.0})
    data["y"] = np.random.default_rng(1).normal(size=len(data))
    result = sv.did(sv.Design(data, sampling="srs", psu="xa"), "y", treated="mh", wave="dot", unit="xa")
    assert words in result.line("vi")
    assert words in result.to_html()


def test_rows_and_heads_that_verbs_name_are_in_the_language_of_the_table():
    design = sv.Design(PLAIN, sampling="srs")
    several = sv.mean(design, ["y", "n"])
    pairs = sv.variance(design, ["y", "n"])
    chosen = sv.Design(PLAIN.assign(a=1, b=[0, 1, 0, 1]), sampling="srs")
    contrast = sv.mean(design, "y", by="c").contrast({"a": 1, "b": -1})
    for result, vi, en in (
        (several, "biến", "variable"),
        (pairs, "cặp", "pair"),
        (contrast, "so sánh", "contrast"),
        (sv.count(design), "số người", "count"),
        (sv.multiple_response(chosen, ["a", "b"]), "lựa chọn", "option"),
        (sv.regress(design, "y ~ 1").coefficients, "hằng số", "Intercept"),
        (sv.regress(design, "y ~ 1").coefficients, "số hạng", "term"),
    ):
        assert f">{vi}<" in result.to_html("vi")
        assert f">{en}<" in result.to_html("en")
        assert f">{en}<" not in result.to_html("vi")


def test_a_column_that_has_the_name_of_such_a_row_keeps_it():
    design = sv.Design(PLAIN.assign(count=1.0, contrast=[1.0, 2, 3, 5]), sampling="srs")
    assert ">count<" in sv.mean(design, "count").to_html("vi")
    assert ">contrast<" in sv.mean(design, "contrast").to_html("vi")


def test_a_missing_level_is_said_in_the_language_of_the_table():
    result = sv.mean(sv.Design(PLAIN.assign(g=[None, "a", "a", "a"]), sampling="srs"), "y", by="g")
    assert ">(thiếu)<" in result.to_html("vi")
    assert ">(missing)<" in result.to_html("en")


def test_what_goes_with_a_joint_test_is_named_in_the_language_of_the_sentence():
    by = sv.mean(sv.Design(PLAIN.assign(g=list("abab")), sampling="srs"), "y", by="g")
    for adjusted, vi, en in (
        (True, "chưa hiệu chỉnh", "unadjusted"),
        (False, "hiệu chỉnh theo số đơn vị", "adjusted"),
    ):
        test = by.joint_test(adjusted=adjusted)
        assert f"F {vi} = " in test.to_html("vi")
        assert f"p {vi} = " in test.to_html("vi")
        assert f"F_{en} = " in test.to_html("en")
        assert f"_{en}" not in test.to_html("vi")


def test_what_goes_with_a_t_test_and_a_function_is_named_in_the_language_of_the_table():
    design = sv.Design(PLAIN.assign(g=list("abab")), sampling="srs")
    test = sv.t_test(design, "y", by="g")
    assert {" ước lượng = ", " sai số chuẩn = ", " cận dưới = ", " cỡ tác động d = "} <= {
        f" {part.split(' = ')[0]} = " for part in test.sentence("vi").split(" · ")
    }
    assert " · estimate = " in test.sentence("en")
    ratio = sv.function(sv.mean(design, "y", by="g"), lambda v: v["a"] / v["b"])
    assert ">hàm<" in ratio.to_html("vi")
    assert ">function<" in ratio.to_html("en")


# --- tables of limits and tests -----------------------------------------------------------------------------


def texts(table):
    """Return the texts of a table as a notebook shows it."""
    return re.findall(r"<t[hd](?: [^>]*)?>(.*?)</t[hd]>", table._repr_html_(), re.DOTALL)


def test_limits_and_tests_are_shown_in_vietnamese():
    design = sv.Design(PLAIN, sampling="srs")
    mean = sv.mean(design, "y")
    assert texts(mean.ci()) == ["", "cận dưới", "cận trên", "y", "0,45", "4,55"]
    heads = ["", "ước lượng", "sai số chuẩn", "t", "bậc tự do", "p"]
    assert texts(mean.test()) == [*heads, "y", "2,50", "0,65", "3,87", "3", "0,0305"]
    assert texts(mean.test(df=np.inf))[-2:] == ["∞", "0,0001"]
    assert texts(mean.test(-100))[-1] == "&lt; 0,0001"
    assert texts(mean.test(adjust="holm"))[6] == "p hiệu chỉnh"


def test_limits_of_shares_are_in_percent_and_those_of_differences_in_points():
    share = sv.proportion(sv.Design(PLAIN, sampling="srs"), "y", value=[1, 2], by="n")
    assert all(text.endswith(" %") for text in texts(share.ci())[4:])
    apart = share.contrast({2: 1.0}, "contrast")
    names = ["", "cận dưới (điểm phần trăm)", "cận trên (điểm phần trăm)", "so sánh"]
    assert texts(apart.ci())[:4] == names
    assert "%" not in "".join(texts(apart.ci())[4:])


def test_tables_of_limits_and_tests_are_otherwise_those_of_pandas():
    table = sv.mean(sv.Design(PLAIN, sampling="srs"), "y").test()
    assert isinstance(table, pd.DataFrame)
    assert type(table.round(2)) is type(table[["p"]]) is type(table.copy()) is pd.DataFrame
    assert list(table) == ["estimate", "se", "t", "df", "p"]
    again = pickle.loads(pickle.dumps(table))
    assert again._repr_html_() == table._repr_html_()
    table["ghi chú"] = "a < b"
    assert texts(table)[6] == "ghi chú"
    assert texts(table)[-1] == "a &lt; b"
