import sys
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from numpy.testing import assert_allclose

from sampling.checks import ColumnError, DataError
from surveykit import plots

ARMS = {"adopting": "Xã áp dụng", "comparison": "Xã so sánh", "early": "Xã áp dụng từ trước"}


def wave(n=6, *, truth=False):
    p = np.linspace(0.5, 0.9, n)
    frame = pd.DataFrame(
        {"estimate": p, "low": p - 0.1, "high": p + 0.05, "arm": np.resize(list(ARMS), n)},
        index=[f"Xã số {i}" for i in range(n)],
    )
    return frame.assign(truth=p + 0.02) if truth else frame


def dots(axes):
    """Return the estimates and interval ends drawn in an axes, by arm."""
    out = {}
    for container in axes.containers:
        x = container.lines[0].get_xdata()
        bars = container.lines[2][0].get_segments()
        out[container.get_label()] = [(x[i], bars[i][0][0], bars[i][1][0]) for i in range(len(x))]
    return out


def draw(figure):
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return canvas.get_renderer()


# --- dots and intervals -------------------------------------------------------------------------------------


def test_dots_stand_at_the_estimates_and_bars_end_at_the_interval():
    figure = plots.dot_interval({"Đợt 1": wave()}, title="T", xlabel="%", arms=ARMS)
    drawn = sorted(row for rows in dots(figure.axes[0]).values() for row in rows)
    frame = 100 * wave()[["estimate", "low", "high"]]
    assert_allclose(drawn, frame.to_numpy(), atol=1e-9)


def test_rows_of_all_panels_follow_the_estimate_of_the_last():
    first, last = wave(), wave().assign(estimate=[0.9, 0.1, 0.5, 0.3, 0.2, 0.8])
    figure = plots.dot_interval({"Đợt 1": first, "Đợt 2": last}, title="T", xlabel="%", arms=ARMS)
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == [f"Xã số {i}" for i in (1, 4, 3, 2, 5, 0)]
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["Đợt 1", "Đợt 2"]


def test_arms_differ_in_colour_and_in_marker():
    figure = plots.dot_interval({"Đợt 1": wave()}, title="T", xlabel="%", arms=ARMS)
    looks = {
        c.get_label(): (c.lines[0].get_color(), c.lines[0].get_marker()) for c in figure.axes[0].containers
    }
    assert len({color for color, _ in looks.values()}) == len({m for _, m in looks.values()}) == 3
    assert [text.get_text() for text in figure.legends[0].get_texts()] == list(ARMS.values())


def test_a_hidden_commune_keeps_its_row_without_a_dot():
    frame = wave()
    frame.iloc[2, :3] = np.nan
    figure = plots.dot_interval({"Đợt 1": frame}, title="T", xlabel="%", arms=ARMS)
    assert len(figure.axes[0].get_yticklabels()) == 6
    drawn = [x for rows in dots(figure.axes[0]).values() for x, *_ in rows]
    assert len(drawn) == 5


def test_true_values_are_crosses():
    figure = plots.dot_interval({"Đợt 2": wave(truth=True)}, title="T", xlabel="%", arms=ARMS, truth="Thật")
    (line,) = [line for line in figure.axes[0].lines if line.get_label() == "Thật"]
    assert_allclose(sorted(line.get_xdata()), 100 * wave(truth=True)["truth"])
    assert figure.legends[0].get_texts()[-1].get_text() == "Thật"


def test_the_longest_legend_fits_the_narrowest_figure():
    names = ("Xã áp dụng giữa hai đợt", "Xã so sánh (chưa áp dụng)", "Xã áp dụng từ trước đợt đầu")
    arms = dict(zip(ARMS, names, strict=True))
    figure = plots.dot_interval(
        {"Đợt 2": wave(truth=True)}, title="T", xlabel="%", arms=arms, truth="Giá trị thật"
    )
    assert figure.legends[0].get_window_extent(draw(figure)).x1 <= figure.bbox.x1


@pytest.mark.parametrize("n", [5, 44])
def test_labels_of_many_communes_do_not_overlap(n):
    figure = plots.dot_interval({"Đợt 1": wave(n), "Đợt 2": wave(n)}, title="T", xlabel="%", arms=ARMS)
    renderer = draw(figure)
    boxes = [label.get_window_extent(renderer) for label in figure.axes[0].get_yticklabels()]
    assert all(lower.y1 <= upper.y0 for lower, upper in pairwise(boxes))


def test_title_legend_and_note_have_room_of_their_own():
    figure = plots.dot_interval(
        {"Đợt 1": wave()}, title="Tỷ lệ hài lòng chung theo xã, trước và sau " * 3, xlabel="%", arms=ARMS,
        note="Thanh ngang: khoảng tin cậy 95 %. " * 8,
    )  # fmt: skip
    renderer = draw(figure)
    title, note = figure.texts
    legend = figure.legends[0].get_window_extent(renderer)
    axes = figure.axes[0].get_tightbbox(renderer)
    assert title.get_window_extent(renderer).y0 >= legend.y1 - 1
    assert legend.y0 >= axes.y1 - 1
    assert axes.y0 >= note.get_window_extent(renderer).y1 - 1
    assert title.get_window_extent(renderer).y1 <= figure.bbox.y1


def test_ticks_have_the_decimal_comma_in_vietnamese_only():
    for lang, text in (("vi", "2,5"), ("en", "2.5")):
        effects = pd.DataFrame({"estimate": [0.02], "low": [-0.01], "high": [0.05]}, index=["Chung"])
        figure = plots.forest(effects, title="T", xlabel="điểm", texts=["x"], lang=lang)
        assert figure.axes[0].xaxis.get_major_formatter()(2.5, 0) == text
        assert figure.axes[0].xaxis.get_major_formatter()(10.0, 0) == "10"


def test_a_frame_without_estimates_is_refused():
    with pytest.raises(DataError, match="no estimate to draw"):
        plots.dot_interval({"Đợt 1": wave().assign(estimate=np.nan)}, title="T", xlabel="%", arms=ARMS)
    with pytest.raises(ColumnError, match="low"):
        plots.dot_interval({"Đợt 1": wave().drop(columns="low")}, title="T", xlabel="%", arms=ARMS)


# --- slopes -------------------------------------------------------------------------------------------------


def means(arms):
    columns = ["before", "before_low", "before_high", "after", "after_low", "after_high"]
    return pd.DataFrame([[0.7, 0.65, 0.75, 0.8, 0.76, 0.84]] * len(arms), index=list(arms), columns=columns)


def test_every_commune_has_a_line_and_every_arm_a_mean_with_intervals():
    units = pd.DataFrame(
        {"before": [0.5, 0.6, 0.7], "after": [0.6, 0.5, 0.9], "arm": ["adopting", "adopting", "comparison"]},
        index=["A", "B", "C"],
    )
    figure = plots.slope(units, means(ARMS), title="T", waves=("Đợt 1", "Đợt 2"), arms=ARMS, ylabel="%")
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["Xã áp dụng", "Xã so sánh"]
    first = figure.axes[0]
    assert_allclose(first.lines[0].get_ydata(), [50, 60])
    (mean,) = [line for line in first.lines if line.get_label() == "mean"]
    assert_allclose(mean.get_ydata(), [70, 80])
    ends = [bars.get_segments()[0][:, 1].tolist() for bars in first.collections[:2]]
    assert_allclose(ends, [[65, 75], [76, 84]])
    assert [text.get_text() for text in first.texts] == ["A", "B"]


def test_labels_of_slopes_do_not_overlap_however_close_the_communes_are():
    n = 22
    units = pd.DataFrame(
        {"before": 0.8, "after": np.linspace(0.8, 0.82, n), "arm": "adopting"},
        index=[f"Phường số {i}" for i in range(n)],
    )
    figure = plots.slope(units, means(["adopting"]), title="T", waves=("1", "2"), arms=ARMS, ylabel="%")
    renderer = draw(figure)
    boxes = sorted((t.get_window_extent(renderer) for t in figure.axes[0].texts), key=lambda box: box.y0)
    assert all(lower.y1 <= upper.y0 + 0.5 for lower, upper in pairwise(boxes))
    assert boxes[-1].y1 <= figure.texts[0].get_window_extent(renderer).y0


def test_slopes_need_a_commune_with_both_waves():
    units = pd.DataFrame({"before": [0.5], "after": [np.nan], "arm": ["adopting"]}, index=["A"])
    with pytest.raises(DataError, match="no row with both waves"):
        plots.slope(units, means(ARMS), title="T", waves=("1", "2"), arms=ARMS, ylabel="%")


def test_spread_keeps_the_order_and_the_gap_and_leaves_free_places_alone():
    places = np.array([5.0, 1.0, 1.1, 1.2])
    out = plots.spread(places, 0.5)
    assert out[0] == 5
    assert np.all(np.diff(out[1:]) >= 0.5 - 1e-12)
    assert_allclose(out[1:].mean(), places[1:].mean())


# --- forests ------------------------------------------------------------------------------------------------


def test_a_forest_has_its_rows_from_top_to_bottom_against_zero():
    effects = pd.DataFrame(
        {"estimate": [0.06, 0.02], "low": [0.01, -0.04], "high": [0.11, 0.08]}, index=["Chung", "Thủ tục"]
    )
    figure = plots.forest(effects, title="T", xlabel="điểm", texts=["+6,0", "+2,0"])
    axes = figure.axes[0]
    (drawn,) = dots(axes).values()
    assert_allclose(drawn, [(6, 1, 11), (2, -4, 8)])
    ticks = {
        label.get_text(): tick for tick, label in zip(axes.get_yticks(), axes.get_yticklabels(), strict=True)
    }
    assert ticks["Chung"] > ticks["Thủ tục"]
    assert any(list(line.get_xdata()) == [0, 0] for line in axes.lines)
    assert [text.get_text() for text in axes.texts] == ["+6,0", "+2,0"]


def test_arms_of_one_measure_stand_close_together_under_one_label():
    rows = pd.DataFrame(
        {"estimate": 0.05, "low": 0.01, "high": 0.09, "arm": ["adopting", "comparison"] * 2},
        index=["Chung", "Chung", "Thủ tục", "Thủ tục"],
    )
    figure = plots.forest(rows, title="T", xlabel="điểm", texts=list("abcd"), arms=ARMS)
    axes = figure.axes[0]
    y = [text.get_position()[1] for text in axes.texts]
    assert y[0] - y[1] < y[1] - y[2]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["Chung", "Thủ tục"]


# --- files --------------------------------------------------------------------------------------------------


def test_svg_is_the_same_on_every_run_and_names_no_address():
    drawn = [
        plots.to_svg(plots.dot_interval({"Đợt 1": wave()}, title="T", xlabel="%", arms=ARMS)) for _ in "ab"
    ]
    assert drawn[0] == drawn[1]
    assert "<script" not in drawn[0]
    assert 'href="http' not in drawn[0]


def test_png_is_written(tmp_path):
    plots.to_png(plots.dot_interval({"Đợt 1": wave()}, title="T", xlabel="%", arms=ARMS), tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_plots_leave_pyplot_alone():
    plots.dot_interval({"Đợt 1": wave()}, title="T", xlabel="%", arms=ARMS)
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or pyplot.get_fignums() == []


def test_a_figure_shows_itself_in_a_notebook():
    frame = pd.DataFrame(
        {"estimate": [0.5], "low": [0.4], "high": [0.6], "arm": ["adopting"]}, index=["Xã A"]
    )
    figure = plots.dot_interval({"Đợt 1": frame}, title="Tựa", xlabel="%", arms={"adopting": "Áp dụng"})
    assert figure._repr_png_().startswith(b"\x89PNG")
