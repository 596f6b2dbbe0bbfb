"""The picture of a result: what is drawn stands where the table says."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from numpy.testing import assert_allclose

import surveykit as sv
from sampling.checks import ArgumentError, DataError
from surveykit.plots.estimates import MOST, plot_estimates

PEOPLE = pd.DataFrame(
    {
        "thon": np.repeat(list("abcdefgh"), 4),
        "vung": np.repeat(["Bắc", "Nam"], 16),
        "muc": [5, 4, 2, 4, 5, 3, 4, 4, 1, 2, 5, 4, 4, 4, 3, 2] * 2,
        "phut": np.arange(32) % 7 * 1.5 + 3,
    }
)
DESIGN = sv.Design(PEOPLE, sampling="srs", psu="thon")
SHARES = sv.proportion(DESIGN, "muc")


def dots(axes):
    """Return the places of the marks, filled and hollow."""
    filled, hollow = axes.lines[:2]
    assert to_hex(filled.get_markerfacecolor()) != "#ffffff" == to_hex(hollow.get_markerfacecolor())
    return filled.get_xydata(), hollow.get_xydata()


def bars(axes):
    return np.array([segment[:, 0] for segment in axes.collections[0].get_segments()])


def labels(axes):
    return [label.get_text() for label in axes.get_yticklabels()]


def written(axes):
    return [text.get_text() for text in axes.texts]


def note(figure):
    return figure.texts[-1].get_text().replace("\n", " ")


@pytest.mark.parametrize(
    ("result", "scale", "unit"),
    [
        (SHARES, 100, "phần trăm"),
        (sv.mean(DESIGN, "phut", by="vung"), 1, ""),
        (sv.proportion(DESIGN, "muc").contrast({5: 1, 4: -1}), 100, "điểm phần trăm"),
    ],
    ids=["shares", "means", "differences of shares"],
)
def test_dots_and_bars_stand_at_the_estimates_and_their_limits_in_their_units(result, scale, unit):
    (axes,) = plot_estimates(result, title="T").axes
    table = result.to_frame()
    filled, hollow = dots(axes)
    assert_allclose(filled[:, 0], scale * table["estimate"], rtol=1e-12)
    assert filled[:, 1].tolist() == list(range(len(table)))[::-1]  # the first row on top
    assert_allclose(bars(axes), scale * table[["ci_low", "ci_high"]], rtol=1e-12)
    assert len(hollow) == 0
    assert axes.get_xlabel() == unit
    zero = [line for line in axes.lines[2:] if set(line.get_xdata()) == {0}]
    assert len(zero) == (unit == "điểm phần trăm")


def test_level_and_method_are_those_of_the_interval():
    figure = plot_estimates(SHARES, title="T", level=0.9, method="wilson")
    assert_allclose(bars(figure.axes[0]), 100 * SHARES.ci(0.9, "wilson"), rtol=1e-12)
    assert note(figure) == "Thanh ngang: khoảng tin cậy 90 %."


def test_sorted_rows_have_the_largest_on_top_with_their_own_labels_and_numbers():
    words = {k: f"mức {k}" for k in range(1, 6)}
    (axes,) = plot_estimates(SHARES, title="T", sort=True, labels=words).axes
    order = SHARES.value.sort_values(ascending=False, kind="stable")
    assert labels(axes) == [words[k] for k in order.index]
    assert [float(text.split(" ")[0].replace(",", ".")) for text in written(axes)] == pytest.approx(
        100 * order.to_numpy(), abs=0.5
    )


def test_numbers_have_a_decimal_comma_in_vietnamese_and_a_sign_where_they_are_differences():
    mean = sv.mean(DESIGN, "phut")
    for lang, mark, to in (("vi", ",", "đến"), ("en", ".", "to")):
        low, high = (f"{v:.2f}".replace(".", mark) for v in mean.ci().iloc[0])
        middle = f"{mean.value.iloc[0]:.2f}".replace(".", mark)
        assert written(plot_estimates(mean, title="T", lang=lang).axes[0]) == [
            f"{middle} ({low} {to} {high})"
        ]
    change = SHARES.contrast({4: 1, 1: -1})
    assert written(plot_estimates(change, title="T").axes[0])[0].startswith("+")


def test_a_row_without_error_is_hollow_and_one_without_answers_is_empty():
    people = PEOPLE.assign(nhom=np.where(PEOPLE["thon"] == "a", "một thôn", PEOPLE["vung"]))
    people.loc[people["vung"] == "Bắc", "phut"] = np.nan
    people.loc[people["thon"] == "a", "phut"] = [1.0, 2.0, 3.0, 4.0]
    result = sv.mean(sv.Design(people, weights=None, sampling="srs", psu="thon"), "phut", by="nhom")
    known = result.reason == ""
    assert sorted(known) == [False, False, True]  # nobody answered in one row, one village in another
    figure = plot_estimates(result, title="T")
    filled, hollow = dots(figure.axes[0])
    assert len(filled) == 1
    assert hollow[:, 0][~np.isnan(hollow[:, 0])].tolist() == [2.5]
    assert len(written(figure.axes[0])) == 2
    assert note(figure).endswith("Dấu rỗng: không tính được khoảng tin cậy.")


def test_a_reference_is_a_line_in_the_units_of_the_result_named_in_the_legend():
    figure = plot_estimates(SHARES, title="T", reference=0.85, reference_label="ngưỡng")
    (line,) = [line for line in figure.axes[0].lines if line.get_label() == "ngưỡng"]
    assert set(line.get_xdata()) == {85.0}
    assert [text.get_text() for found in figure.legends for text in found.get_texts()] == ["ngưỡng"]
    assert plot_estimates(SHARES, title="T", reference=0.85).legends == []


def test_rows_of_several_columns_are_joined_and_missing_levels_are_said():
    people = PEOPLE.assign(vung=PEOPLE["vung"].where(PEOPLE["thon"] != "a"))
    design = sv.Design(people, sampling="srs")
    for lang, word in (("vi", "(thiếu)"), ("en", "(missing)")):
        result = sv.proportion(design, "muc", value=5, by=["vung", "thon"], where="thon in ['a', 'b', 'h']")
        (axes,) = plot_estimates(result, title="T", lang=lang).axes
        assert labels(axes) == ["Bắc · b", "Nam · h", f"{word} · a"]


def test_pairs_are_named_by_what_is_taken_from_what_and_their_limits_hold_together():
    pairs = sv.mean(DESIGN, "phut", by="vung").pairwise("max-t")
    for lang, word in (("vi", "trừ"), ("en", "minus")):
        assert labels(plot_estimates(pairs, title="T", lang=lang).axes[0]) == [f"Bắc {word} Nam"]
    assert note(plot_estimates(pairs, title="T")) == ("Thanh ngang: khoảng 95 % đúng đồng thời cho mọi dòng.")
    inside = sv.proportion(DESIGN, "muc", by="vung").pairwise("holm", within="muc")
    assert labels(plot_estimates(inside, title="T").axes[0])[0] == "Bắc · 1 trừ Nam · 1"
    assert note(plot_estimates(inside, title="T", method="t")) == "Thanh ngang: khoảng tin cậy 95 %."


def test_self_selected_rows_say_that_there_is_no_inference():
    chosen = sv.proportion(sv.Design(PEOPLE, sampling="self-selected"), "muc", value=5)
    said = "Thanh ngang: khoảng 95 %, chưa kể thiên lệch tự chọn. Không suy rộng được. Nguồn."
    assert note(plot_estimates(chosen, title="T", note="Nguồn.")) == said


def test_nothing_written_leaves_the_page():
    names = {k: f"một nhãn rất dài của mức {k}, dài hơn một dòng có thể chứa được" for k in range(1, 6)}
    figure = plot_estimates(SHARES, title="Tiêu đề " * 12, labels=names, note="Ghi chú. " * 20)
    FigureCanvasAgg(figure).draw()
    width, height = figure.get_size_inches() * figure.dpi
    for text in [*figure.texts, *figure.axes[0].texts, *figure.axes[0].get_yticklabels()]:
        box = text.get_window_extent()
        outside = [box.x0 < 0, box.y0 < 0, box.x1 > width, box.y1 > height]
        assert not any(outside), text.get_text()
    boxes = [label.get_window_extent() for label in figure.axes[0].get_yticklabels()]
    tops = sorted((box.y1, box.y0) for box in boxes)
    assert all(below[0] <= above[1] for below, above in pairwise(tops))  # long labels do not overlap


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(TypeError) as error:
        plot_estimates(PEOPLE, title="T")
    assert str(error.value) == (
        "result is a DataFrame, not Estimates. Pass what a verb such as sv.mean returns."
    )
    many = pd.DataFrame({"g": np.repeat(np.arange(MOST + 1), 2), "y": np.arange(2 * MOST + 2.0)})
    with pytest.raises(ArgumentError) as error:
        plot_estimates(sv.mean(sv.Design(many, sampling="srs"), "y", by="g"), title="T")
    assert str(error.value) == (
        "result has 121 rows, and more than 120 cannot be read in one picture. "
        "Draw fewer: pick them with where=."
    )


def test_a_result_without_any_estimate_is_refused():
    people = PEOPLE.assign(khong=0.0)
    nothing = sv.ratio(sv.Design(people, sampling="srs"), "phut", "khong")
    with pytest.raises(DataError) as error:
        plot_estimates(nothing, title="T")
    assert str(error.value) == "result has no estimate to draw. Its column reason says why."
