"""What became of the cases issued: counts, rates, flow, substitutes, and the weight of unknown cases."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from drawn_samples import COMMUNES, frame
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from projects import EXAMPLE
from strategies import SEEDS

import sampling
import surveykit as sv
from sampling.checks import SurveyWarning
from surveykit.dispositions import classify
from surveykit.formulas.response import CLASSES, RATES
from surveykit.outcomes import CLASS_WORDS, RATE_WORDS, STAGE_WORDS, WORDS

few = settings(max_examples=20)


def fieldwork(seed: int, n: int = 60) -> pd.DataFrame:
    """Return cases of two communes with a status and a weight; the last ten may be substitutes."""
    rng = np.random.default_rng(seed)
    words, chance = [words[0] for words in WORDS.values()], [0.5, 0.1, 0.1, 0.1, *[0.05] * 4]
    data = pd.DataFrame(
        {
            "xa": rng.choice(["Minh Tâm", "Phục Hòa"], n),
            "kq": rng.choice(words, n, p=chance),
            "w": rng.uniform(1, 5, n),
            "thay": (np.arange(n) >= n - 10) & (rng.random(n) < 0.7),
        }
    )
    data.loc[:21, "xa"] = ["Minh Tâm", "Phục Hòa"] * 11
    data.loc[:21, "kq"] = ["hoàn thành"] * 2 + ["từ chối"] * 20  # whom the substitutes stand for
    return data


HERE = ["hoàn thành"] * 6 + ["từ chối", "vắng nhà", "không rõ", "ngoài đối tượng"]
THERE = ["hoàn thành"] * 4 + ["một phần"] + ["từ chối"] * 2 + ["khác", "không rõ", "chưa đến"]
INSTEAD = ["hoàn thành", "hoàn thành", "từ chối"]
#: 20 cases issued, 3 of them replaced: weights 10 in Minh Tâm, 30 in Phục Hòa.
CASES = pd.DataFrame(
    [("Minh Tâm", 10.0, False, word) for word in HERE]
    + [("Phục Hòa", 30.0, False, word) for word in THERE]
    + [("Phục Hòa", 30.0, True, word) for word in INSTEAD],
    columns=["xa", "w", "thay", "kq"],
)


def test_counts_and_rates_are_those_counted_by_hand():
    found = sv.dispositions(CASES, "kq", weights="w", substitute="thay")
    assert found.counts["issued"].tolist() == [10, 1, 3, 1, 1, 3, 0, 1]
    assert found.counts["substitutes"].tolist() == [2, 0, 1, 0, 0, 0, 0, 0]
    assert found.counts["issued_weighted"].tolist() == [180, 30, 70, 10, 30, 70, 0, 10]
    assert found.counts["substitutes_weighted"].tolist() == [60, 0, 30, 0, 0, 0, 0, 0]
    e, weighted_e = Fraction(16, 17), Fraction(320, 330)
    rates = found.rates
    assert_allclose(rates["issued"]["e"], float(e))
    assert_allclose(rates["issued"]["RR3"], float(10 / (16 + 3 * e)))
    assert_allclose(rates["issued"]["RR2"], 11 / 19)
    assert_allclose(rates["issued_weighted"]["RR3"], float(180 / (320 + 70 * weighted_e)))
    assert_allclose(rates["with_substitutes"]["RR3"], float(12 / (19 + 3 * Fraction(19, 20))))
    assert_allclose(rates["with_substitutes_weighted"]["CON1"], 400 / (410 + 70))


def test_the_flow_goes_from_the_cases_issued_to_those_that_answered():
    flow = sv.dispositions(CASES, "kq", weights="w", substitute="thay").flow
    assert flow.index.tolist() == ["issued", "known", "eligible", "contacted", "responded"]
    assert flow["issued"].tolist() == [20, 17, 16, 15, 11]
    assert_allclose(flow["of_issued"], [1, 17 / 20, 16 / 20, 15 / 20, 11 / 20])
    assert_allclose(flow["of_stage_before"], [1, 17 / 20, 16 / 17, 15 / 16, 11 / 15])
    assert flow["issued_weighted"].tolist() == [400, 330, 320, 310, 210]


def test_substitutes_never_move_the_rates_of_the_cases_issued():
    every = sv.dispositions(CASES, "kq", weights="w", substitute="thay")
    issued = sv.dispositions(CASES[~CASES["thay"]], "kq", weights="w")
    pd.testing.assert_frame_equal(every.rates[["issued", "issued_weighted"]], issued.rates)
    pd.testing.assert_frame_equal(every.flow, issued.flow)


@few
@given(SEEDS)
def test_groups_add_up(seed):
    data = fieldwork(seed)
    whole = sv.dispositions(data, "kq", weights="w", substitute="thay")
    parts = sv.dispositions(data, "kq", weights="w", substitute="thay", by="xa")
    assert_allclose(parts.counts.groupby("class", sort=False).sum(), whole.counts)
    columns = ["issued", "issued_weighted"]
    assert_allclose(parts.flow.groupby("stage", sort=False).sum()[columns], whole.flow[columns])
    assert whole.counts[["issued", "substitutes"]].to_numpy().sum() == len(data)
    assert_allclose(
        whole.counts[["issued_weighted", "substitutes_weighted"]].to_numpy().sum(), data["w"].sum()
    )


@few
@given(SEEDS)
def test_a_group_has_the_rates_that_it_has_alone(seed):
    data = fieldwork(seed)
    parts = sv.dispositions(data, "kq", weights="w", substitute="thay", by="xa")
    for commune in ("Minh Tâm", "Phục Hòa"):
        alone = sv.dispositions(data[data["xa"] == commune], "kq", weights="w", substitute="thay")
        pd.testing.assert_frame_equal(parts.rates.loc[commune], alone.rates)


@few
@given(SEEDS, st.floats(0.01, 100))
def test_weighted_rates_do_not_depend_on_the_scale_of_the_weights(seed, scale):
    data = fieldwork(seed)
    one = sv.dispositions(data, "kq", weights="w", by="xa")
    two = sv.dispositions(data.assign(w=scale * data["w"]), "kq", weights="w", by="xa")
    assert_allclose(two.rates, one.rates)


def test_equal_weights_give_the_rates_without_weights():
    rates = sv.dispositions(fieldwork(3).assign(w=7.0), "kq", weights="w", by="xa").rates
    assert_allclose(rates["issued_weighted"], rates["issued"])


def test_a_given_share_takes_the_place_of_the_proportional_one():
    rates = sv.dispositions(CASES, "kq", weights="w", e=0.5).rates
    assert (rates.loc["e"] == 0.5).all()
    assert_allclose(rates["issued"]["RR3"], 12 / (19 + 0.5 * 3))


def test_a_design_counts_by_its_base_weights_whatever_its_steps_and_limits():
    design = sv.Design(CASES, weights="w").pipe(sv.spread_unknown, status="kq")
    table = sv.dispositions(CASES, "kq", weights="w", substitute="thay")
    pd.testing.assert_frame_equal(sv.dispositions(design, "kq", substitute="thay").rates, table.rates)
    part = sv.dispositions(design.where("xa == 'Minh Tâm'"), "kq", substitute="thay")
    by = sv.dispositions(design, "kq", substitute="thay", by="xa")
    pd.testing.assert_frame_equal(part.rates, by.rates.loc["Minh Tâm"])


def test_rows_of_weight_nought_are_no_cases_and_need_no_status():
    more = pd.concat([CASES, pd.DataFrame({"xa": ["Trống"], "w": [0.0], "thay": [False]})], ignore_index=True)
    found = sv.dispositions(sv.Design(more, weights="w"), "kq", by="xa")
    pd.testing.assert_frame_equal(found.counts, sv.dispositions(CASES, "kq", weights="w", by="xa").counts)


def test_a_missing_group_is_a_group_of_its_own():
    data = CASES.assign(xa=CASES["xa"].where(CASES["xa"] == "Minh Tâm"))
    found = sv.dispositions(data, "kq", by="xa")
    assert found.to_frame()["I"].tolist() == [6, 6]
    assert "(thiếu)" in found._repr_html_()


def test_words_are_known_in_any_dress():
    words = ["  Hoàn  thành ", "TỪ CHỐI", "Không gặp", "I", "nc", "Refused", "Vắng nhà"]
    assert classify(pd.DataFrame({"kq": words}), "kq").tolist() == ["I", "R", "NC", "I", "NC", "R", "NC"]


def test_the_words_of_the_example_are_known():
    forms = pd.read_csv(EXAMPLE / "phieu_dot_1.csv", encoding="utf-8-sig")
    times = forms["ket_qua"].value_counts()
    counts = sv.dispositions(forms, "ket_qua").counts["issued"]
    assert counts[counts > 0].to_dict() == {
        "I": times["dùng được"], "O": times["không dùng được"], "UH": times["không thu về"],
    }  # fmt: skip


def test_every_word_of_the_house_stands_for_one_class():
    every = [word for words in WORDS.values() for word in words]
    assert len(every) == len(set(every))
    assert not set(every) & {name.casefold() for name in CLASSES}
    assert set(WORDS) == set(CLASS_WORDS) == set(CLASSES)
    assert tuple(RATE_WORDS) == ("e", *RATES)
    assert tuple(STAGE_WORDS) == ("issued", "known", "eligible", "contacted", "responded")


def test_words_and_numbers_of_ones_own_go_before_those_of_the_house():
    data = pd.DataFrame({"kq": [1.0, 2, 2, 9]})
    assert classify(data, "kq", {1: "I", 2: "R", 9: "UH"}).tolist() == ["I", "R", "R", "UH"]
    words = pd.DataFrame({"kq": pd.Categorical(["khác", "bận", "khác"])})
    assert classify(words, "kq", {"Khác": "NE", "bận": "R"}).tolist() == ["NE", "R", "NE"]


def test_the_use_column_of_a_drawn_sample_tells_substitutes_and_reserves():
    use = ["main", "main", "replaced", "released", "reserve", "empty"]
    kq = ["hoàn thành", "từ chối", "vắng nhà", "hoàn thành", None, None]
    table = pd.DataFrame({"use": use, "kq": kq, "weight": [5.0, 5.0, 5.0, 5.0, np.nan, 0.0]})
    found = sv.dispositions(table, "kq", weights="weight", substitute="use")
    assert found.counts["issued"].tolist() == [1, 0, 1, 1, 0, 0, 0, 0]
    assert found.counts["substitutes"].tolist() == [1, 0, 0, 0, 0, 0, 0, 0]
    assert found.rates["issued"]["RR1"] == 1 / 3


def test_a_drawn_sample_with_a_reserve_in_use_is_counted_whole():
    plan = sampling.Plan(frame(COMMUNES, "ma_xa"), strata="loai").stage(
        "xa", n_each=3, method="srs", reserve=1
    )
    sample = plan.draw(seed=7)
    lost = sample.main["xa"][0]
    sample = sample.release([lost], reason="lũ", on="2026-10-01")
    table = sample.table.assign(kq="hoàn thành", w=1 / sample.table["probability"])
    table.loc[table["xa"] == lost, "kq"] = "không gặp được"
    found = sv.dispositions(table, "kq", weights="w", substitute="use")
    assert found.counts["issued"].tolist() == [5, 0, 0, 1, 0, 0, 0, 0]
    assert found.counts["substitutes"].tolist() == [1, 0, 0, 0, 0, 0, 0, 0]
    assert_allclose(found.rates["issued"]["RR1"], 5 / 6)
    assert_allclose(found.rates["issued_weighted"]["RR1"], 1 - (5 / 3) / 12)  # 12 communes, 3 of 5 drawn


def test_more_answering_substitutes_than_cases_to_replace_are_warned_of():
    data = CASES.assign(kq="hoàn thành")
    with pytest.warns(SurveyWarning) as caught:
        sv.dispositions(data, "kq", substitute="thay")
    assert str(caught[0].message) == (
        "substitute='thay': 3 substitutes answered, but only 0 of the cases issued did not. If the replaced "
        "cases are not among the rows, the response rate is too high: keep a row for each of them."
    )


def test_one_row_a_group_holds_classes_and_rates():
    found = sv.dispositions(CASES, "kq", weights="w", substitute="thay", by="xa")
    table = found.to_frame()
    assert table.columns.tolist() == [*CLASSES, "e", *RATES]
    assert table.loc["Phục Hòa", "I"] == 4
    assert found.to_frame("with_substitutes").loc["Phục Hòa", "I"] == 6
    assert found.to_frame("with_substitutes", weighted=True).loc["Phục Hòa", "I"] == 180
    assert_array_equal(table["RR3"], found.rates["issued"].xs("RR3", level="rate"))


def test_groups_of_two_columns_keep_their_names():
    found = sv.dispositions(CASES, "kq", by=["xa", "thay"])
    assert found.counts.index.names == ["xa", "thay", "class"]
    assert found.counts.loc[("Phục Hòa", True, "I"), "issued"] == 2


# --- how it reads -------------------------------------------------------------------------------------------


def test_the_reading_says_that_a_replaced_case_is_a_nonrespondent():
    found = sv.dispositions(CASES, "kq", substitute="thay")
    assert found.reading() == (
        "Cứ 100 người thuộc đối tượng trong các phiếu phát ra thì khoảng 53 người trả lời đủ (RR3 = 53,1 %; "
        "kể cả trả lời một phần RR4 = 58,4 %; không quyền số, e = 0,94). 3 phiếu thay thế (2 phiếu có "
        "trả lời) chỉ bù cỡ mẫu, không nâng tỷ lệ trả lời: người bị thay vẫn là người không trả lời. Tính "
        "phiếu thay thế như phiếu phát thêm, RR3 = 54,9 %."
    )
    assert repr(found) == (
        "Of 100 eligible people among the cases issued, about 53 answered in full (RR3 = 53.1%; with partial "
        "answers RR4 = 58.4%; unweighted, e = 0.94). 3 substitutes (2 with answers) make up the number of "
        "forms, not the response rate: a case that was replaced is still a nonrespondent. With them as "
        "further cases, RR3 = 54.9%."
    )


def test_the_reading_is_of_all_groups_together():
    whole = sv.dispositions(CASES, "kq", substitute="thay")
    assert sv.dispositions(CASES, "kq", substitute="thay", by="xa").reading() == whole.reading()


def test_the_share_among_the_unknown_is_told_only_where_somebody_is_unknown():
    data = pd.DataFrame({"kq": ["hoàn thành", "từ chối"]})
    assert sv.dispositions(data, "kq").reading() == (
        "Cứ 100 người thuộc đối tượng trong các phiếu phát ra thì khoảng 50 người trả lời đủ (RR3 = 50,0 %; "
        "kể cả trả lời một phần RR4 = 50,0 %; không quyền số)."
    )


def test_no_rate_is_told_where_nobody_is_known_to_be_eligible():
    found = sv.dispositions(pd.DataFrame({"kq": ["không rõ", "không rõ"]}), "kq")
    assert found.reading() == "Không tính được tỷ lệ trả lời: chưa có phiếu nào rõ là thuộc đối tượng."
    assert repr(found) == "No response rate: no case is known to be eligible."


def test_the_tables_are_in_vietnamese_with_decimal_commas():
    page = sv.dispositions(CASES, "kq", weights="w", substitute="thay", by="xa")._repr_html_()
    for piece in (
        "Từ phiếu phát ra đến phiếu trả lời",
        "<td>từ chối, bỏ dở (R)</td>", "<th>phiếu thay thế, có quyền số</th>",
        "<td>RR3 trả lời đủ, phiếu không rõ tính theo e</td>", "<td>60,0 %</td>", "<td>120,0</td>",
        "<th>so với bước trước</th>", "vẫn là người không trả lời",
    ):  # fmt: skip
        assert piece in page
    assert "issued" not in page


# --- the weight of cases of unknown eligibility -------------------------------------------------------------


@few
@given(SEEDS)
def test_unknown_cases_give_their_weight_to_the_known_of_their_class(seed):
    data = fieldwork(seed)
    before = sv.Design(data, weights="w")
    after = sv.spread_unknown(before, status="kq", cells="xa")
    unknown = classify(data, "kq").isin(["UH", "UO"])
    assert (after.weights[unknown] == 0).all()
    assert_allclose(after.weights.groupby(data["xa"]).sum(), data["w"].groupby(data["xa"]).sum())
    factor = (after.weights / data["w"])[~unknown].groupby(data["xa"])
    assert_allclose(factor.min(), factor.max())


def test_without_unknown_cases_nothing_changes():
    data = CASES[~classify(CASES, "kq").isin(["UH", "UO"])]
    design = sv.spread_unknown(sv.Design(data, weights="w"), status="kq", cells="xa")
    assert_allclose(design.weights, data["w"])


def test_the_weighted_count_of_eligible_people_is_that_of_proportional_allocation():
    design = sv.spread_unknown(sv.Design(CASES[~CASES["thay"]], weights="w"), status="kq")
    out = classify(design.data, "kq")
    rates = sv.dispositions(design, "kq")
    e, unknown = rates.rates["issued_weighted"]["e"], 70
    assert_allclose(design.weights[~out.isin(["NE", "UH", "UO"])].sum(), 320 + e * unknown)


def test_unknown_cases_first_then_nonresponse_among_the_eligible():
    data = CASES[~CASES["thay"]].reset_index(drop=True)
    out = classify(data, "kq")
    data["doi_tuong"], data["tra_loi"] = out != "NE", out.isin(["I", "P"])
    design = sv.Design(data, weights="w").pipe(sv.spread_unknown, status="kq", cells="xa")
    design = design.pipe(sv.adjust_nonresponse, responded="tra_loi", cells="xa", eligible="doi_tuong")
    # Minh Tâm: 9 known of 10, then 6 answers for 8 eligible; Phục Hòa: 8 known of 10, then 5 for 8
    minh_tam, phuc_hoa = 10 * Fraction(10, 9), 30 * Fraction(10, 8)
    wanted = {
        ("Minh Tâm", "I"): minh_tam * Fraction(8, 6),
        ("Minh Tâm", "NE"): minh_tam,
        ("Phục Hòa", "I"): phuc_hoa * Fraction(8, 5),
        ("Phục Hòa", "P"): phuc_hoa * Fraction(8, 5),
    }
    found = design.weights[design.weights > 0].groupby([data["xa"], out]).agg(["min", "max"])
    assert_allclose(found["min"], [float(wanted[key]) for key in found.index])
    assert_allclose(found["max"], found["min"])
    assert_allclose(design.w.sum(), 400)
    assert design.trail["step"].tolist()[1] == "unknown eligibility (xa)"
    estimate = sv.count(design.where("doi_tuong"))
    assert_allclose(estimate.value, float(minh_tam * 8 + phuc_hoa * 8))
    assert 0 < estimate.se.iloc[0] < 400
