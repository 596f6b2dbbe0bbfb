"""How a size reads: sentences, limits, tables, curves, comparisons."""

import math
import unicodedata

import pytest
from numpy.testing import assert_allclose

import sampling
from sampling.size import (
    compare_sizes,
    krejcie_morgan,
    size_acceptance,
    size_change,
    size_did,
    size_difference,
    size_mean,
    size_proportion,
    size_threshold,
    size_total,
    yamane,
)
from sampling.size.words import CHOICES, KINDS, LABELS

PLAN = {"deff": 2.5, "response": 0.8}
DID = {"icc": 0.05, "stability": 0.6, "response": 0.8}

SENTENCES = [
    (size_proportion(0.85, 0.03, **PLAN),
     "Cần phát 1.701 phiếu (khoảng 1.361 phiếu trả lời) để ước lượng tỷ lệ khoảng 85 % với sai số "
     "biên ±3,0 điểm "
     "phần trăm, độ tin cậy 95 %; deff 2,5, tỷ lệ trả lời 80 %.",
     "Hand out 1,701 forms (about 1,361 answers) to estimate a proportion of about 85% with a margin of ±3.0 "
     "percentage points at 95% confidence; deff 2.5, response rate 80%."),
    (size_proportion(0.5, n=400, population=5000, icc=0.05, take=10, domain=0.5),
     "Phát 400 phiếu thì ước lượng tỷ lệ khoảng 50 % của một miền chiếm 50 % tổng thể có sai số biên "
     "±8,1 điểm phần "
     "trăm, độ tin cậy 95 %; deff 1,45, ICC 0,05, tỷ lệ trả lời 100 %, tổng thể 5.000 người, 20 chùm.",
     "With 400 forms a proportion of about 50% in a domain of 50% of the population is estimated "
     "with a margin of "
     "±8.1 percentage points at 95% confidence; deff 1.45, ICC 0.05, response rate 100%, population 5,000, "
     "20 clusters."),
    (size_mean(cv_population=2, cv=0.09),
     "Cần phát 494 phiếu để ước lượng trung bình với CV 9 %, độ tin cậy 95 %; deff 1, tỷ lệ trả lời 100 %.",
     "Hand out 494 forms to estimate a mean with a CV of 9% at 95% confidence; deff 1, response rate 100%."),
    (size_mean(10, se=1, deff=1.2),
     "Cần phát 120 phiếu để ước lượng trung bình với sai số chuẩn 1, độ tin cậy 95 %; deff 1,2, tỷ "
     "lệ trả lời 100 %.",
     "Hand out 120 forms to estimate a mean with a standard error of 1 at 95% confidence; deff 1.2, "
     "response rate "
     "100%."),
    (size_total(10, 2000, population=1000, **PLAN),
     "Cần phát 274 phiếu (khoảng 219 phiếu trả lời) để ước lượng tổng số với sai số biên ±1.999, độ "
     "tin cậy 95 %; "
     "deff 2,5, tỷ lệ trả lời 80 %, tổng thể 1.000 người.",
     "Hand out 274 forms (about 219 answers) to estimate a total with a margin of ±1,999 at 95% confidence; "
     "deff 2.5, response rate 80%, population 1,000."),
    (size_mean(n=100, cv_population=0.5),
     "Phát 100 phiếu thì ước lượng trung bình có sai số biên tương đối ±9,8 %, độ tin cậy 95 %; deff "
     "1, tỷ lệ trả "
     "lời 100 %.",
     "With 100 forms a mean is estimated with a relative margin of ±9.8% at 95% confidence; deff 1, "
     "response rate "
     "100%."),
    (size_difference(0.80, 0.85, **PLAN),
     "Cần phát 2.830 phiếu mỗi nhóm để phát hiện chênh lệch hai nhóm +5,0 điểm phần trăm với lực "
     "kiểm định 80,0 % "
     "(kiểm định hai phía, độ tin cậy 95 %); deff 2,5, tỷ lệ trả lời 80 %.",
     "Hand out 2,830 forms in each group to find a difference of two groups of +5.0 percentage "
     "points with power "
     "80.0% (two-sided test at 95% confidence); deff 2.5, response rate 80%."),
    (size_difference(sd=10, effect=3, n=100, ratio=2, sides="one"),
     "Phát 100 + 200 phiếu (nhóm, đợt 1 + 2) thì phát hiện chênh lệch hai nhóm 3 với lực kiểm định "
     "78,9 % (kiểm "
     "định một phía, độ tin cậy 95 %); deff 1, tỷ lệ trả lời 100 %.",
     "With 100 + 200 forms (group, wave 1 + 2) a difference of two groups of 3 is found with power "
     "78.9% (one-sided "
     "test at 95% confidence); deff 1, response rate 100%."),
    (size_change(0.85, 0.88, margin=0.05),
     "Cần phát 359 phiếu mỗi đợt để ước lượng thay đổi giữa hai đợt với sai số biên ±5,0 điểm phần "
     "trăm, độ tin cậy "
     "95 %; deff 1, tỷ lệ trả lời 100 %.",
     "Hand out 359 forms in each wave to estimate a change between two waves with a margin of ±5.0 "
     "percentage points "
     "at 95% confidence; deff 1, response rate 100%."),
    (size_change(0.85, n=400),
     "Phát 400 phiếu mỗi đợt thì phát hiện được thay đổi giữa hai đợt từ +6,4 điểm phần trăm với lực "
     "kiểm định "
     "80,0 % (kiểm định hai phía, độ tin cậy 95 %); deff 1, tỷ lệ trả lời 100 %.",
     "With 400 forms in each wave a change between two waves of +6.4 percentage points can be found "
     "with power "
     "80.0% (two-sided test at 95% confidence); deff 1, response rate 100%."),
    (size_did(0.8, 0.1, take=20, **DID),
     "Cần phát 1.600 phiếu mỗi đợt (32 xã áp dụng + 32 xã so sánh, 25 phiếu mỗi xã) để phát hiện tác "
     "động (DiD) "
     "+10,0 điểm phần trăm với lực kiểm định 80,7 % (kiểm định hai phía, độ tin cậy 95 %); ICC 0,05, "
     "tỷ lệ trả lời "
     "80 %.",
     "Hand out 1,600 forms in each wave (32 adopting + 32 comparison communes, 25 forms each) to "
     "find an effect (DiD) "
     "of +10.0 percentage points with power 80.7% (two-sided test at 95% confidence); ICC 0.05, "
     "response rate 80%."),
    (size_threshold(0.90, 0.95, method="normal"),
     "Cần phát 184 phiếu để chứng tỏ tỷ lệ trên 90 % khi tỷ lệ thật là 95 %, với lực kiểm định 80,2 "
     "% (một phía, độ "
     "tin cậy 95 %); deff 1, tỷ lệ trả lời 100 %.",
     "Hand out 184 forms to show that a share is above 90% when it truly is 95%, with power 80.2% "
     "(one-sided, 95% "
     "confidence); deff 1, response rate 100%."),
    (size_threshold(0.10, 0.05, n=200, side="below", method="normal"),
     "Phát 200 phiếu thì khi tỷ lệ thật là 5 %, khả năng chứng tỏ được tỷ lệ dưới 10 % là 83,7 % "
     "(một phía, độ tin "
     "cậy 95 %); deff 1, tỷ lệ trả lời 100 %.",
     "With 200 forms, when the share truly is 5%, the chance to show that it is below 10% is 83.7% "
     "(one-sided, 95% "
     "confidence); deff 1, response rate 100%."),
    (yamane(1000),
     "Cần phát 286 phiếu để ước lượng tỷ lệ (công thức Yamane – Slovin) khoảng 50 % với sai số biên "
     "±5,0 điểm phần "
     "trăm, độ tin cậy 95,45 %; deff 1, tỷ lệ trả lời 100 %, tổng thể 1.000 người.",
     "Hand out 286 forms to estimate a proportion (formula of Yamane – Slovin) of about 50% with a "
     "margin of ±5.0 "
     "percentage points at 95.45% confidence; deff 1, response rate 100%, population 1,000."),
    (size_acceptance(0.05, 1),
     "Cần xem 93 hồ sơ: nếu có không quá 1 sai sót thì tỷ lệ sai sót dưới 5 % với độ tin cậy 95 %.",
     "Look at 93 records: with no more than 1 errors the rate of errors is below 5% at 95% confidence."),
]  # fmt: skip


@pytest.mark.parametrize(("result", "vi", "en"), SENTENCES, ids=lambda x: getattr(x, "kind", ""))
def test_a_result_is_one_sentence_in_two_languages(result, vi, en):
    assert (result.sentence(), result.sentence("en")) == (vi, en)
    assert repr(result) == unicodedata.normalize("NFC", vi) == vi


@pytest.mark.parametrize("result", [r for r, _, _ in SENTENCES], ids=lambda x: x.kind)
def test_a_result_shows_every_assumption_in_a_notebook(result):
    page = result._repr_html_()
    assert result.sentence() in page
    for name, value in result.assumptions.items():
        assert (LABELS[name][0] in page) == (value is not None)
    for text in result.limits():
        assert text in page or "&" in page


def test_two_standard_deviations_are_both_shown():
    result = size_difference(sd=(10, 12.5), effect=3)
    assert "10; 12,5" in result._repr_html_()
    assert "sd" not in set(result.sensitivity()["assumption"])


def test_every_term_has_two_languages_in_composed_form():
    for words in (KINDS, LABELS, CHOICES):
        for vi, en in words.values():
            assert vi == unicodedata.normalize("NFC", vi)
            assert vi != ""
            assert en != ""


def test_what_was_not_given_is_said():
    assert size_proportion(margin=0.05).limits() == (
        "Chưa biết tỷ lệ nên lấy 50 %, khi đó cỡ mẫu lớn nhất.",
        "Lấy deff = 1, tức là chọn mẫu ngẫu nhiên đơn giản: mẫu chùm cần nhiều phiếu hơn.",
        "Chưa tính phần không trả lời (lấy tỷ lệ trả lời 100 %).",
    )
    assert size_proportion(0.5, 0.05, **PLAN).limits() == ()
    assert size_difference(0.8, 0.85, **PLAN).limits("en") == ("The power was not given, so 80% is taken.",)
    assert size_proportion(0.5, 0.05, population=5000, **PLAN).limits("en") == (
        "The finite population correction is taken before deff (on the effective size), so it does "
        "not promise too "
        "much.",
    )
    assert size_did(0.5, communes=5, take=50, icc=0.01, response=0.8).limits("en") == (
        "The correlation of a commune's mean over time was not given, so 0 is taken: it needs the "
        "most communes.",
        "The power was not given, so 80% is taken.",
        "An arm has fewer than 6 communes: the conclusion will rest on very few.",
    )


def test_what_yamane_leaves_out_is_said_first():
    assert yamane(1000).limits()[0] == (
        "Công thức Yamane (Slovin) chỉ là công thức Cochran với p = 0,5 và z = 2 (độ tin cậy 95,45 "
        "%), sai số biên "
        "±5,0 điểm phần trăm. Công thức không có deff và không có phần không trả lời."
    )
    assert krejcie_morgan(1000).limits("en")[0] == (
        "Krejcie and Morgan's table has neither a design effect nor nonresponse."
    )


def test_the_count_that_passes_a_threshold_is_said():
    assert size_threshold(0.9, 0.95, n=90, power=None, **PLAN).limits() == (
        "Với 28 câu trả lời hiệu dụng, kết quả nào cũng chưa đủ để chứng tỏ.",
    )
    assert size_threshold(0.9, 0.95, n=203).limits("en")[-1] == (
        "At least 190 “yes” among 203 effective answers are needed."
    )
    assert size_threshold(0.1, 0.05, n=203, side="below").limits()[-1] == (
        "Nhiều nhất 13 “có” trong 203 câu trả lời hiệu dụng."
    )
    assert size_threshold(0.1, 0.05, n=20, side="below").limits("en")[-1] == (
        "With 20 effective answers no result is enough to show it."
    )


# ---- tables and curves -----------------------------------------------------------------------------


@pytest.mark.parametrize("result", [r for r, _, _ in SENTENCES if r.call], ids=lambda x: x.kind)
def test_the_base_rows_of_the_table_are_the_result_itself(result):
    table = result.sensitivity()
    base = table[table["base"]]
    assert len(base) >= 2
    if result.kind != "yamane":
        assert set(base["n"]) == {result.n}
    for column in ("margin", "power", "effect"):
        if column in table and result.kind != "yamane":
            assert_allclose(base[column].astype(float), getattr(result, column), rtol=1e-6)
    assert not table.duplicated(["assumption", "value"]).any()


@pytest.mark.parametrize("result", [r for r, _, _ in SENTENCES if r.call], ids=lambda x: x.kind)
def test_the_curve_goes_through_the_result(result):
    curve = result.curve()
    size, column = curve.columns[0], curve.columns[-1]
    at = curve[curve[size] == (result.assumptions["communes"] if result.kind == "did" else result.n)]
    assert len(at) == 1
    assert_allclose(at[column], getattr(result, column), rtol=1e-3 if result.kind == "yamane" else 1e-9)
    steps = curve[column].diff().dropna()
    exact = result.kind == "threshold" and result.critical is not None
    assert exact or ((steps >= 0).all() if column == "power" else (steps <= 0).all())


def test_the_curve_and_the_table_take_values_of_one_s_own():
    result = size_proportion(0.85, 0.03, **PLAN)
    assert result.curve([100, 200])["n"].tolist() == [100, 200]
    table = result.sensitivity({"deff": [1, 2.5, 0.5], "method": ["wald", "wilson"]})
    assert table["n"].isna().tolist() == [False, False, True, False, False]
    assert table["reason"].iloc[2].startswith("deff=0.5 is below 1")
    assert table["base"].tolist() == [False, True, False, True, False]
    found = size_did(0.8, 0.1, communes=30, **DID)
    assert_allclose(found.curve([30])["power"], found.power)
    assert_allclose(size_change(0.85, n=400).curve([400])["power"], 0.8)
    assert_allclose(size_threshold(0.9, n=400).curve([400])["power"], 0.8, rtol=1e-6)


def test_an_icc_gives_way_to_a_deff_and_back():
    result = size_proportion(0.85, 0.03, icc=0.05, take=15)
    assert result.again({"icc": None, "deff": 1.7}).n == result.n
    table = result.sensitivity({"deff": [1.7], "icc": [0.05]})
    assert table["n"].tolist() == [result.n] * 2
    other = size_proportion(0.85, 0.03, deff=1.7, take=15).sensitivity({"icc": [0.05]})
    assert other["n"].tolist() == [result.n]
    assert "icc" in set(result.sensitivity()["assumption"])


def test_other_overlaps_are_tried_only_where_the_correlation_is_known():
    assert "overlap" not in set(size_change(0.85, 0.88).sensitivity()["assumption"])
    assert "overlap" not in set(size_did(0.8, 0.1, take=20, **DID).sensitivity()["assumption"])
    panel = size_did(0.8, 0.1, take=20, overlap=0.5, rho=0.4, **DID)
    table = panel.sensitivity()
    assert {"overlap", "rho"} <= set(table["assumption"])
    n = table[table["assumption"] == "overlap"]["n"]
    assert n.is_monotonic_decreasing
    assert n.iloc[0] == size_did(0.8, 0.1, take=20, **DID).n


def test_a_larger_deff_needs_proportionally_more():
    table = size_proportion(0.85, 0.03, **PLAN).sensitivity({"deff": [1, 2, 3]})
    assert_allclose(table["n"] / table["n"].iloc[0], [1, 2, 3], rtol=2e-3)


# ---- side by side ----------------------------------------------------------------------------------


def test_the_one_that_drives_n_is_named():
    both = compare_sizes({
        "hài lòng": size_proportion(0.85, 0.03, **PLAN),
        "nữ": size_proportion(0.5, 0.05, icc=0.05, take=10, domain=0.5),
        "trước – sau": size_change(0.85, 0.88),
    })  # fmt: skip
    n = size_change(0.85, 0.88).n
    assert (both.driver, both.n) == ("trước – sau", n)
    assert both.together == both.table["total"].sum()
    assert both.table["share"].max() == 1
    assert both.table["clusters"].isna().tolist() == [True, False, True]
    assert both.sentence() == (
        "“trước – sau” quyết định cỡ mẫu: 2.033 phiếu mỗi đợt; tiếp theo là hài lòng (1.701). Nếu "
        "mỗi dòng là một miền "
        "chọn mẫu riêng thì cộng lại: 4.849 phiếu."
    )
    assert both.sentence("en").startswith(
        "“trước – sau” drives the sample size: 2,033 forms in a round; next comes"
    )
    assert repr(both) == both.sentence()
    page = both._repr_html_()
    assert all(text in page for text in ("thay đổi giữa hai đợt", "2.033", "←"))


def test_totals_are_compared_and_one_result_stands_alone():
    two = compare_sizes({"nhóm": size_difference(0.8, 0.85), "tỷ lệ": size_proportion(0.5, 0.03)})
    assert (two.driver, two.n) == ("nhóm", 1812)
    assert compare_sizes({"a": yamane(1000)}).sentence() == (
        "“a” quyết định cỡ mẫu: 286 phiếu mỗi đợt. Nếu mỗi dòng là một miền chọn mẫu riêng thì cộng "
        "lại: 286 phiếu."
    )


def test_the_package_is_reached_from_the_top():
    assert sampling.size.size_proportion is size_proportion
    assert math.isclose(size_proportion(0.5, 0.05).exact, 384.1458820694124, rel_tol=1e-9)
