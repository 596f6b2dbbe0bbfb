"""Pictures of sample sizes: what is drawn where, with which words."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sampling.plots import plot_operating_curve, plot_power, plot_sensitivity
from sampling.plots.sizes import SizePicture
from sampling.size import (
    operating_curve,
    size_change,
    size_did,
    size_difference,
    size_mean,
    size_proportion,
    size_threshold,
)

PLAN = size_proportion(0.85, 0.03, deff=2.5, response=0.8)
DID = size_did(0.8, communes=12, take=30, icc=0.02, stability=0.6, response=0.8)


def words(figure):
    """Return all text of a figure."""
    figure.draw_without_rendering()
    axes = figure.axes[0]
    ticks = [t.get_text() for t in [*axes.get_xticklabels(), *axes.get_yticklabels()]]
    return [t.get_text() for t in axes.texts] + ticks


def test_sensitivity_draws_every_value_tried_and_marks_the_plan():
    figure = plot_sensitivity(PLAN)
    axes = figure.axes[0]
    table = PLAN.sensitivity()
    names = list(dict.fromkeys(table["assumption"]))
    assert [t.get_text() for t in axes.get_yticklabels()][::-1] == [
        "tỷ lệ dự kiến", "sai số biên mong muốn (điểm phần trăm)", "hệ số thiết kế (deff)", "tỷ lệ trả lời",
        "độ tin cậy",
    ]  # fmt: skip
    marks = [line for line in axes.lines if line.get_marker() in ("o", "D")]
    drawn = sorted(x for line in marks for x in line.get_xdata())
    assert_allclose(drawn, sorted(table["total"]))
    assert sum(len(line.get_xdata()) for line in marks if line.get_marker() == "D") == len(names)
    assert axes.lines[0].get_xdata()[0] == PLAN.total
    texts = words(figure)
    assert {"75 %", "95 %", "4,5", "2,3", "1,5", "60 %", "99 %"} <= set(texts)
    assert any(text == "1.000" for text in texts)  # thousands with a dot
    assert figure.get_suptitle() == "Cỡ mẫu thay đổi theo từng giả định"
    assert figure.get_supxlabel().replace("\n", " ") == PLAN.sentence()


def test_sensitivity_of_a_margin_a_power_and_an_effect_draws_that():
    margin = plot_sensitivity(size_proportion(0.85, n=1000))
    assert margin.get_suptitle() == "Sai số biên thay đổi theo từng giả định"
    assert margin.axes[0].get_xlabel() == "sai số biên (điểm phần trăm)"
    power = plot_sensitivity(size_change(0.85, 0.88, n=200, overlap=0.5, rho=0.3), lang="en")
    assert power.get_suptitle() == "How the power moves with each assumption"
    assert power.axes[0].get_xlabel() == "power (%)"
    effect = plot_sensitivity(DID)
    assert effect.axes[0].get_xlabel() == "mức chênh lệch phát hiện được (điểm phần trăm)"
    assert_allclose(effect.axes[0].lines[0].get_xdata()[0], 100 * DID.effect)
    mean = plot_sensitivity(size_mean(10, n=100))
    assert mean.axes[0].get_xlabel() == "sai số biên"


def test_values_without_an_answer_are_named_in_their_row():
    result = size_threshold(0.90, 0.92)
    texts = words(plot_sensitivity(result, title="Ngưỡng"))
    assert "90 %: (không có lời giải)" in texts
    table = result.sensitivity({"p": [0.85, 0.88]})
    figure = plot_sensitivity(result, table)
    assert "85 %; 88 %: (không có lời giải)" in words(figure)


def test_power_goes_through_the_plan():
    result = size_difference(0.80, 0.85)
    figure = plot_power(result)
    line, mark = figure.axes[0].lines[:2]
    curve = result.curve()
    assert_allclose(line.get_xdata(), curve["n"])
    assert_allclose(line.get_ydata(), 100 * curve["power"])
    assert_allclose([mark.get_xdata()[0], mark.get_ydata()[0]], [906, 100 * result.power])
    assert "phương án: 906" in words(figure)
    assert figure.axes[0].get_xlabel() == "phiếu phát ra (mỗi nhóm hoặc đợt)"
    assert figure.get_suptitle() == "Lực kiểm định theo cỡ mẫu"
    assert plot_power(result, title="A", lang="en").get_suptitle() == "A"


def test_power_of_a_did_is_drawn_against_communes_and_a_margin_where_there_is_no_test():
    figure = plot_power(DID)
    assert figure.axes[0].get_xlabel() == "số xã áp dụng"
    assert figure.axes[0].lines[1].get_xdata()[0] == 12
    margin = plot_power(PLAN)
    assert margin.axes[0].get_ylabel() == "sai số biên (điểm phần trăm)"
    assert margin.get_suptitle() == "Sai số biên theo cỡ mẫu"
    relative = plot_power(size_mean(cv_population=0.5, n=100))
    assert relative.axes[0].get_ylabel() == "sai số biên tương đối (%)"


@pytest.mark.parametrize("side", ["above", "below"])
def test_the_operating_curve_draws_both_rules(side):
    result = size_threshold(0.9, 0.95) if side == "above" else size_threshold(0.1, 0.05, side="below")
    figure = plot_operating_curve(result)
    axes = figure.axes[0]
    curve = operating_curve(result)
    for line, column in zip(axes.lines, ("limit_rule", "naive_rule"), strict=False):
        assert_allclose(line.get_ydata(), 100 * curve[column])
    assert axes.lines[0].get_linestyle() != axes.lines[1].get_linestyle()
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    word = "dưới" if side == "above" else "trên"
    assert names[0].startswith(f"cận {word} của khoảng tin cậy")
    assert ("ngưỡng 90 %" if side == "above" else "ngưỡng 10 %") in words(figure)


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ValueError, match="operating curve belongs to size_threshold"):
        plot_operating_curve(PLAN)
    with pytest.raises(ValueError, match="has no margin in units of y, only a relative one"):
        plot_sensitivity(size_mean(cv_population=0.5, n=100))
    with pytest.raises(ValueError, match="lang='fr' is not known"):
        plot_power(PLAN, lang="fr")


def test_a_picture_shows_itself_and_its_decimals_have_commas():
    figure = plot_power(PLAN)
    assert isinstance(figure, SizePicture)
    assert figure._repr_png_().startswith(b"\x89PNG")
    small = plot_power(size_proportion(0.02, 0.002))
    labels = [t for t in words(small) if "," in t]
    assert labels
    assert not any("." in t and not t.replace(".", "").isdigit() for t in labels)
    assert np.isfinite(small.axes[0].get_ylim()).all()
