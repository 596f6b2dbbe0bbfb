"""What is expected before fieldwork, against samples drawn in full and against itself."""

from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.special import ndtri

from sampling.allocation import Target, allocate, precision

#: Sums of a few dozen floats.
ROUNDING = 1e-12

HOUSEHOLDS = {"Phường": 52_000, "Xã": 31_000, "Đặc khu": 1_400}
DRAWN = {"Phường": 600, "Xã": 400, "Đặc khu": 200}
URBAN = {"Phường": "đô thị", "Xã": "nông thôn", "Đặc khu": "đô thị"}


def test_the_standard_error_is_that_of_all_samples():
    population = {"A": [1.0, 4, 6, 7, 12], "B": [3.0, 3, 8], "C": [20.0, 21, 29, 35]}
    take = {"A": 2, "B": 2, "C": 3}
    total = sum(map(len, population.values()))
    each = [[np.mean(s) * len(y) / total for s in combinations(y, take[h])] for h, y in population.items()]
    estimates = [sum(sample) for sample in product(*each)]
    sd = {h: np.std(y, ddof=1) for h, y in population.items()}
    sizes = {h: len(y) for h, y in population.items()}
    found = precision(take, sizes, sd=sd, mean={h: np.mean(y) for h, y in population.items()})
    assert found.overall["se"] == pytest.approx(np.std(estimates), rel=ROUNDING)
    assert found.overall["estimate"] == pytest.approx(np.mean(estimates), rel=ROUNDING)
    assert found.overall["cv"] == pytest.approx(np.std(estimates) / np.mean(estimates), rel=ROUNDING)


@st.composite
def designs(draw):
    h = draw(st.integers(1, 6))
    size = draw(st.lists(st.integers(2, 5000), min_size=h, max_size=h))
    n = [draw(st.integers(1, x)) for x in size]
    p = draw(st.lists(st.floats(0.01, 0.99), min_size=h, max_size=h))
    return size, n, p, draw(st.sampled_from([0.5, 0.83, 1.0])), draw(st.sampled_from([1.0, 1.8]))


@settings(derandomize=True, deadline=None, max_examples=50)
@given(design=designs())
def test_design_effects_are_those_of_the_weights(design):
    size, n, p, response, deff = design
    found = precision(n, size, p=p, response=response, deff=deff)
    m = np.array(n) * response
    w = np.array(size) / m
    kish = m.sum() * (m * w**2).sum() / (m * w).sum() ** 2  # 1 + cv^2 of the weights of the answers
    whole = found.overall
    assert whole["weighting"] == pytest.approx(kish, rel=ROUNDING)
    assert whole["n_eff"] == pytest.approx(m.sum() / kish / deff, rel=ROUNDING)
    assert whole["deff"] == pytest.approx(deff, rel=ROUNDING)
    assert whole["weighting"] >= 1 - ROUNDING
    assert_allclose(found.strata["n_eff"], m / deff, rtol=ROUNDING)
    assert_allclose(found.strata["weighting"], 1, rtol=ROUNDING)
    assert_allclose(found.table["margin"], ndtri(0.975) * found.table["se"], rtol=ROUNDING)


@settings(derandomize=True, deadline=None, max_examples=30)
@given(design=designs())
def test_one_domain_of_all_strata_is_the_whole_and_a_domain_of_one_is_its_stratum(design):
    size, n, p, response, deff = design
    everyone = dict.fromkeys(range(len(size)), "cả tỉnh")
    table = precision(n, size, p=p, response=response, deff=deff, domains=everyone).table
    columns = ["size", "n", "answers", "deff", "weighting", "n_eff", "estimate", "se", "margin", "cv"]
    assert table[columns].iloc[-2].tolist() == table[columns].iloc[-1].tolist()
    alone = {i: i if i == 0 else None for i in range(len(size))}
    table = precision(n, size, p=p, response=response, deff=deff, domains=alone).table
    assert table[columns].iloc[len(size)].tolist() == table[columns].iloc[0].tolist()
    assert table["level"].tolist() == ["stratum"] * len(size) + ["domain", "overall"]


def test_a_proportional_sample_loses_nothing_and_a_census_has_no_error():
    assert precision([50, 100, 25], [500, 1000, 250], p=0.4).overall["weighting"] == pytest.approx(1)
    census = precision([500, 1000], [500, 1000], p=0.4).table
    assert census["margin"].tolist() == [0, 0, 0]


def test_answers_above_the_population_are_no_gain():
    # rounding of the response never turns a variance negative
    assert precision([10], [10], sd=3.0, response=1.0).overall["se"] == 0


def test_an_icc_and_the_answers_of_a_cluster_are_a_design_effect():
    by_icc = precision(DRAWN, HOUSEHOLDS, p=0.8, icc=0.05, take={"Phường": 10, "Xã": 8, "Đặc khu": 5})
    by_deff = precision(DRAWN, HOUSEHOLDS, p=0.8, deff={"Phường": 1.45, "Xã": 1.35, "Đặc khu": 1.2})
    pd.testing.assert_frame_equal(by_icc.table, by_deff.table)


def test_an_allocation_brings_what_it_was_made_with():
    found = allocate(HOUSEHOLDS, 1200, minimum=100, p=[0.8, 0.7, 0.6], deff=1.5, response=0.9)
    own = precision(found)
    by_hand = precision(found.n, HOUSEHOLDS, p=[0.8, 0.7, 0.6], deff=1.5, response=0.9)
    pd.testing.assert_frame_equal(own.table, by_hand.table)
    assert own.overall["se"] == pytest.approx(found.se, rel=ROUNDING)
    assert own.assumptions == {"p": "by stratum", "deff": 1.5, "response": 0.9, "level": 0.95}
    other = precision(found, sd=10, mean=50, deff=1, response=1, level=0.9)
    pd.testing.assert_frame_equal(
        other.table, precision(found.n, HOUSEHOLDS, sd=10, mean=50, level=0.9).table
    )
    assert other.assumptions == {"deff": 1, "response": 1, "sd": 10, "mean": 50, "level": 0.9}


def test_a_mean_may_be_added_to_the_spread_of_an_allocation():
    found = allocate(HOUSEHOLDS, 1200, method="neyman", sd=[4, 3, 2])
    assert np.isnan(precision(found).overall["cv"])
    whole = precision(found, mean=20).overall
    assert whole["cv"] == pytest.approx(whole["se"] / 20)


def test_a_margin_that_was_asked_is_the_margin_to_expect():
    found = allocate(HOUSEHOLDS, method="cost_optimal", p=0.8, margin=0.03, response=0.85, deff=1.6)
    margin = precision(found).overall["margin"]
    assert margin <= 0.03 * (1 + 1e-8)
    assert margin == pytest.approx(found.targets["expected"].item(), rel=ROUNDING)
    each = allocate(HOUSEHOLDS, method="fixed_precision", p=0.8, margin=0.05, response=0.85)
    assert_allclose(precision(each).strata["margin"], each.targets["expected"], rtol=ROUNDING)
    both = allocate(
        HOUSEHOLDS,
        method="targets",
        targets=Target("Hài lòng", p=0.8, margin=0.04, domains=URBAN),
        response=0.85,
    )
    domains = precision(both, p=0.8, domains=URBAN).table
    expected = domains.loc[domains["level"] == "domain", "margin"]
    assert_allclose(expected, both.targets["expected"], rtol=ROUNDING)


# --- words --------------------------------------------------------------------------------------------------


def test_a_share_is_told_in_percentage_points():
    found = precision(DRAWN, HOUSEHOLDS, p=0.8, icc=0.05, take=10, domains=URBAN)
    assert repr(found) == (
        "Độ chính xác dự kiến: 1.200 đơn vị, 1.200 trả lời: sai số biên chung ±2,9 điểm phần trăm; trong "
        "tầng từ ±3,8 (Phường) đến ±6,2 điểm phần trăm (Đặc khu), độ tin cậy 95 %."
    )
    assert found.sentence("en") == (
        "Expected precision: 1,200 units, 1,200 answers: overall margin of error ±2.9 percentage points; in "
        "the strata from ±3.8 (Phường) to ±6.2 percentage points (Đặc khu), confidence level 95%."
    )
    page = found._repr_html_()
    for text in (
        "<th>sai số biên (điểm phần trăm)</th>",
        "<td>đô thị</td>",
        "<td>Chung</td>",
        "<td>80,0 %</td>",
        "Do quyền số không đều, phương sai chung bằng 1,17 lần phương sai khi phân bổ theo tỷ lệ (nếu "
        "các tầng "
        "biến động như nhau). Giả định: tỷ lệ 80 %, ICC 0,05, số trả lời mỗi chùm 10, độ tin cậy 95 %, chọn "
        "ngẫu nhiên đơn giản trong tầng, khoảng tin cậy theo phân phối chuẩn.",
    ):
        assert text in page, text


def test_a_mean_is_told_in_its_own_units():
    found = precision({"A": 30, "B": 40}, {"A": 300, "B": 400}, sd=[12.5, 30], mean=[100, 150])
    assert found.shown_margin(4.256) == "4,3"
    page = found._repr_html_()
    assert "<th>sai số biên</th>" in page
    assert "<td>±4,2</td>" in page
    assert "quyền số không đều" not in page
