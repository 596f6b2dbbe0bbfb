"""Pictures of the weights: what is drawn stands where the tables say."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.text import Text
from numpy.testing import assert_allclose
from strategies import MARGINS, make

import surveykit as sv
from sampling.checks import ArgumentError, DataError, SurveyWarning
from surveykit.diagnostics import kish_deff, margins_table
from surveykit.plots.weights import GAIN, LOSS, WHOLE, plot_margins, plot_trail, plot_weights

PEOPLE = pd.DataFrame(
    {
        "w": [10.0, 10.0, 20.0, 20.0],
        "gioi": ["Nam", "Nữ", "Nam", "Nữ"],
        "tra_loi": [1, 0, 1, 1],
        "tuoi": [20.0, 30.0, 40.0, 60.0],
    }
)


def design(steps="class, rake shares"):
    return make([3, 4], 5, "clusters", steps)


def draw(figure):
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return canvas.get_renderer()


def labels(axes):
    return [label.get_text() for label in axes.get_yticklabels()]


def legend(figure):
    return [text.get_text() for found in figure.legends for text in found.get_texts()]


def line(axes, name):
    """Return the points of the one artist with a label."""
    (found,) = [artist for artist in axes.lines if artist.get_label() == name]
    return found.get_xdata(), found.get_ydata()


def cut_off(figure):
    """Return the words that stand beyond the edge of the page; ticks beyond the axes are not drawn."""
    renderer, (width, height) = draw(figure), figure.get_size_inches() * figure.dpi
    (axes,) = figure.axes
    ticks = {label for axis in (axes.xaxis, axes.yaxis) for label in axis.get_ticklabels()}
    low, high = axes.get_xlim()
    drawn = [label for label in axes.get_xticklabels() if low <= label.get_position()[0] <= high]
    words = [text for text in figure.findobj(Text) if text not in ticks and text.get_text()]
    boxes = {
        text.get_text(): text.get_window_extent(renderer)
        for text in [*words, *drawn, *axes.get_yticklabels()]
        if text.get_visible()
    }
    assert len(boxes) > 8
    return [
        name
        for name, box in boxes.items()
        if box.x0 < -1 or box.y0 < -1 or box.x1 > width + 1 or box.y1 > height + 1
    ]


# --- margins ------------------------------------------------------------------------------------------------


def test_each_margin_stands_at_its_difference_before_and_after():
    weighted = design()
    axes = plot_margins(weighted).axes[0]
    table = margins_table(weighted)
    assert labels(axes) == ["group: a", "group: b", "group: c", "sex: 1", "sex: 2"]
    x, y = line(axes, "before")
    assert_allclose(x, table["standardised_before"])
    assert y.tolist() == [4, 3, 2, 1, 0]
    assert_allclose(line(axes, "final")[0], 0, atol=1e-9)
    assert_allclose(axes.get_xlim()[0], -axes.get_xlim()[1])
    (bars,) = axes.collections
    assert_allclose([bar[0][0] for bar in bars.get_segments()], table["standardised_before"])


def test_lines_mark_the_target_and_what_counts_as_small():
    axes = plot_margins(design()).axes[0]
    places = [a.get_xdata()[0] for a in axes.lines if a.get_label().startswith("_")]
    assert places == [0, -0.1, 0.1]


def test_a_target_met_twice_is_drawn_once_from_first_to_last():
    weighted = design("rake shares")
    again = weighted.pipe(sv.trim, upper=float(np.quantile(weighted.w, 0.9)))
    assert len(margins_table(again)) == 10
    axes = plot_margins(again).axes[0]
    assert len(labels(axes)) == 5
    assert_allclose(line(axes, "before")[0], margins_table(weighted)["standardised_before"])


def test_only_the_margins_farthest_off_are_drawn_and_the_note_says_so():
    weighted = design()
    figure = plot_margins(weighted, most=2)
    far = margins_table(weighted)["standardised_before"].abs().nlargest(2, keep="first").index
    assert_allclose(
        np.sort(line(figure.axes[0], "before")[0]),
        np.sort(margins_table(weighted)["standardised_before"][far]),
    )
    assert "Chỉ vẽ 2 trong 5 nhóm" in figure.texts[-1].get_text().replace("\n", " ")


def test_numbers_and_crossings_have_labels():
    crossed = {("gioi", "tra_loi"): {("Nam", 1): 30, ("Nữ", 0): 10, ("Nữ", 1): 20}, "tuoi": 2400.0}
    figure = plot_margins(sv.calibrate(sv.Design(PEOPLE, weights="w"), crossed))
    assert labels(figure.axes[0]) == [
        "gioi × tra_loi: Nam × 1", "gioi × tra_loi: Nữ × 0", "gioi × tra_loi: Nữ × 1", "tuoi (trung bình)",
    ]  # fmt: skip


def test_the_legend_and_the_title_are_in_the_language_asked_for():
    figure = plot_margins(design())
    assert legend(figure) == ["trước hiệu chỉnh", "quyền số cuối cùng"]
    assert figure.texts[0].get_text() == "Các biên trước và sau hiệu chỉnh"
    figure = plot_margins(design(), title="Margins", lang="en")
    assert legend(figure) == ["before calibration", "final weights"]
    assert figure.texts[0].get_text() == "Margins"


def test_margins_need_a_calibration_with_something_to_draw():
    sentence = (
        "plot_margins: the design has no calibrating step, so there are no targets. "
        "Use rake, poststratify or calibrate first."
    )
    with pytest.raises(ArgumentError, match=f"^{re.escape(sentence)}$"):
        plot_margins(sv.Design(PEOPLE, weights="w"))
    sentence = "plot_margins: no auxiliary varies in the sample, so no difference can be drawn."
    with pytest.raises(DataError, match=f"^{re.escape(sentence)}$"):
        plot_margins(sv.rake(sv.Design(PEOPLE.assign(gioi="Nam"), weights="w"), {"gioi": {"Nam": 1.0}}))


# --- weights ------------------------------------------------------------------------------------------------


def bars(axes, name):
    """Return where the bars of a histogram begin, and their heights."""
    (found,) = [container for container in axes.containers if container[0].get_label() == name]
    return [(patch.get_x(), patch.get_height()) for patch in found]


def test_bars_count_the_weights_that_are_not_nought():
    weighted = design("class")
    axes = plot_weights(weighted, bins=12).axes[0]
    found = bars(axes, "final")
    assert len(found) == 12
    edges = np.linspace(0, max(weighted.w.max(), weighted.base_weights.max()), 13)
    assert_allclose([x for x, _ in found], edges[:-1], atol=1e-12)
    w = weighted.w[weighted.w != 0]
    assert [h for _, h in found] == np.histogram(w, edges)[0].tolist()
    assert sum(h for _, h in found) == w.size


def test_the_base_weights_are_outlined():
    weighted = design("class")
    (outline,) = [patch for patch in plot_weights(weighted).axes[0].patches if patch.get_label() == "base"]
    assert outline.get_xy()[:, 1].max() == np.histogram(
        weighted.base_weights, np.linspace(0, max(weighted.w.max(), weighted.base_weights.max()), 31)
    )[0].max()  # fmt: skip


def test_the_design_effect_of_kish_is_written_out():
    title = plot_weights(sv.Design(pd.DataFrame({"w": [10.0, 10, 10, 30]}), weights="w")).axes[0]
    assert title.get_title(loc="left") == (
        "Hệ số thiết kế Kish 1,33: 4 phiếu chính xác bằng 3 phiếu có quyền số như nhau."
    )


def test_a_part_has_the_bars_and_the_effect_of_its_rows():
    part = design("class").where("sex == 1")
    axes = plot_weights(part).axes[0]
    assert sum(h for _, h in bars(axes, "final")) == kish_deff(part)["n"].iloc[0]
    assert f"{kish_deff(part)['deff'].iloc[0]:.2f}".replace(".", ",") in axes.get_title(loc="left")


def caps(figure):
    return sorted(a.get_xdata()[0] for a in figure.axes[0].lines if a.get_label() == "cap")


def test_the_cap_is_that_of_the_last_step_that_cuts():
    start = sv.Design(PEOPLE.assign(w=[10.0, 10, 10, 90]), weights="w")
    assert caps(plot_weights(start)) == []
    once = sv.trim(start, upper=60)
    figure = plot_weights(once)
    assert caps(figure) == [60]
    assert legend(figure) == ["quyền số cuối cùng", "quyền số cơ sở", "mức cắt 60"]
    assert caps(plot_weights(sv.trim(once, upper=45.678912))) == [45.678912]
    assert legend(plot_weights(sv.trim(once, upper=45.678912)))[2] == "mức cắt 45,68"
    assert caps(plot_weights(sv.trim(once, lower=21))) == [60]


def test_the_cap_of_bounded_calibration_is_drawn():
    start = sv.Design(PEOPLE, weights="w")
    bounded = sv.calibrate(start, {"gioi": {"Nam": 20, "Nữ": 40}}, weight_bounds=(5, 28))
    assert caps(plot_weights(bounded)) == [28]
    assert caps(plot_weights(bounded.pipe(sv.rake, {"gioi": {"Nam": 0.5, "Nữ": 0.5}}))) == [28]


def test_caps_of_groups_are_drawn_each():
    start = sv.Design(PEOPLE.assign(w=[10.0, 10, 30, 90]), weights="w")
    figure = plot_weights(sv.trim(start, ratio=1.2, by="gioi"))
    assert_allclose(caps(figure), [1.2 * 20, 1.2 * 50])
    assert legend(figure)[2] == "mức cắt của 2 nhóm"


def test_weights_below_nought_are_drawn_too():
    with pytest.warns(SurveyWarning, match="below 0"):
        linear = sv.calibrate(sv.Design(PEOPLE, weights="w"), {"tuoi": 600.0}, population=60)
    assert (linear.w < 0).any()
    assert sum(h for _, h in bars(plot_weights(linear).axes[0], "final")) == 4


# --- trail --------------------------------------------------------------------------------------------------


def test_bars_of_the_trail_go_from_the_forms_to_the_effective_size():
    weighted = design()
    axes = plot_trail(weighted).axes[0]
    trail = weighted.trail
    ends = [trail["n"].iloc[0], *(trail["n"] / trail["deff"])]
    left = [0, *map(min, ends[:-1], ends[1:]), 0]
    wide = [ends[0], *np.abs(np.diff(ends)), ends[-1]]
    assert_allclose([bar.get_x() for bar in axes.patches], left)
    assert_allclose([bar.get_width() for bar in axes.patches], wide)
    assert labels(axes) == [
        "phiếu có quyền số", "quyền số cơ sở không đều", "không trả lời (stratum)",
        "hiệu chỉnh biên (group, sex)", "cỡ mẫu hiệu dụng",
    ]  # fmt: skip


def test_what_a_step_costs_is_written_with_its_design_effect():
    people = sv.Design(PEOPLE, weights="w").pipe(sv.adjust_nonresponse, responded="tra_loi")
    # 4 weights of 60: 60²/1000 = 3,6; then 12, 24, 24: 60²/1296 = 2,78 of 3
    texts = [text.get_text() for text in plot_trail(people).axes[0].texts]
    assert_allclose(people.w, [12, 0, 24, 24])
    assert texts == ["4", "0 · deff 1,11", "−1 · n = 3 · deff 1,08", "3"]
    assert [text.get_text() for text in plot_trail(people, lang="en").axes[0].texts][1] == "0 · deff 1.11"


def test_losses_and_gains_have_their_colours():
    start = sv.Design(PEOPLE.assign(w=[10.0, 10, 10, 90]), weights="w")
    axes = plot_trail(sv.trim(start, upper=60)).axes[0]
    assert [to_hex(bar.get_facecolor()) for bar in axes.patches] == [
        WHOLE.lower(), LOSS.lower(), GAIN.lower(), WHOLE.lower(),
    ]  # fmt: skip
    assert labels(axes)[2] == "cắt quyền số (≤ 60)"


# --- nothing is cut off -------------------------------------------------------------------------------------

LONG = "Tày, Nùng, Mông, Dao và các dân tộc thiểu số khác ở vùng cao biên giới"


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_no_word_leaves_the_page(lang):
    data = design("").data.assign(dan_toc=lambda d: np.where(d["sex"] == 1, LONG, "Kinh"))
    weighted = sv.Design(data, weights="w").pipe(sv.adjust_nonresponse, responded="answered")
    weighted = weighted.pipe(sv.rake, {"dan_toc": {LONG: 0.3, "Kinh": 0.7}, "group": MARGINS["group"]})
    weighted = weighted.pipe(sv.trim, upper=float(np.quantile(weighted.w, 0.98)))
    for plot in (plot_margins, plot_weights, plot_trail):
        assert cut_off(plot(weighted, lang=lang)) == []
