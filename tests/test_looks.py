"""How results stand in a notebook: shares in percent, changes in points, ratios by their names."""

import numpy as np
import pandas as pd
import pytest

import surveykit as sv
from surveykit.regression import regress


@pytest.fixture(scope="module")
def model():
    return regress(design(), "b ~ x + g", family="logit")


def people() -> pd.DataFrame:
    r = np.random.default_rng(4)
    d = pd.DataFrame(
        {"thon": np.arange(120) // 4, "x": r.normal(size=120), "g": r.choice(["Nam", "Nữ"], 120)}
    )
    d["b"] = (r.uniform(size=120) < 0.6) * 1
    d["dem"] = r.poisson(2, 120)
    d["kho"] = r.choice(["bảng tin", "loa", "bảng tin loa"], 120)
    return d


def design() -> sv.Design:
    return sv.Design(people(), sampling="srs", psu="thon")


def test_margins_of_a_yes_are_shares(model):
    html = model.margins("g").to_html()
    assert html.count(" %</td>") >= 8
    pair = model.margins("g").pairwise()
    assert pair.points
    assert "(điểm phần trăm)" in pair.to_html()
    plain = regress(design(), "dem ~ g", family="poisson").margins("g")
    assert not plain.pairwise().points
    assert "điểm phần trăm" not in plain.pairwise().to_html()


def test_effects_on_a_yes_are_points_and_have_no_variation_beside_a_value_near_0(model):
    html = model.effects().to_html()
    assert "ước lượng (điểm phần trăm)" in html
    assert "hệ số biến thiên" not in html
    plain = regress(design(), "dem ~ x", family="poisson").effects().to_html()
    assert "điểm phần trăm" not in plain
    assert "hệ số biến thiên" not in plain


RATIOS = [
    ("logit", "b", "tỷ số chênh (OR)"),
    ("cloglog", "b", "tỷ số nguy cơ"),
    ("poisson", "dem", "tỷ số tần suất"),
]


@pytest.mark.parametrize(("family", "y", "name"), RATIOS)
def test_ratios_have_their_names(family, y, name):
    found = regress(design(), f"{y} ~ x + g", family=family).exp()
    assert f"<th>{name}</th>" in found.to_html()
    assert "<th>estimate</th>" in found.to_html("en")
    assert "khoảng tin cậy 95 % (lấy mũ cận của hệ số)" in found.line("vi")


def test_shares_of_answers_are_in_percent():
    for base in ("people", "answers"):
        html = sv.multiple_response(design(), "kho", separator=" ", base=base).to_html()
        assert " %</td>" in html
    assert "điểm" in sv.multiple_response(design(), "kho", separator=" ", base="answers").pairwise().to_html()
