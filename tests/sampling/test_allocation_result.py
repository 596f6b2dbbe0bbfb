"""How an allocation is read: from what it is made, what it says, and how it is drawn."""

import unicodedata
from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex

from sampling.allocation import Target, allocate, precision
from sampling.allocation.words import TEXTS
from sampling.checks import SurveyWarning, nfc
from sampling.frame import Frame
from sampling.plots.allocation import plot_precision

HOUSEHOLDS = {"Phường": 52_000, "Xã": 31_000, "Đặc khu": 1_400}
URBAN = {"Phường": "đô thị", "Xã": "nông thôn", "Đặc khu": "đô thị"}


def frame(**more):
    units = pd.DataFrame(
        {
            "ma": [f"{i:03d}" for i in range(12)],
            "loai": ["xã"] * 6 + ["phường"] * 4 + ["đặc khu"] * 2,
            "vung": ["núi", "biển"] * 6,
            "so_ho": np.arange(12) * 10 + 5,
        }
    )
    return Frame(units, id="ma", name="Khung thử", as_of="2025-07-01", source="giả lập", **more)


# --- sizes --------------------------------------------------------------------------------------------------


def test_sizes_come_as_a_mapping_a_series_a_list_or_crossed_labels():
    assert allocate({"A": 10, "B": 30}, 4, minimum=1).n.to_dict() == {"A": 1, "B": 3}
    assert allocate(pd.Series({"A": 10, "B": 30}), 4, minimum=1).n.to_dict() == {"A": 1, "B": 3}
    assert allocate([10, 30], 4, minimum=1).n.to_dict() == {0: 1, 1: 3}
    assert allocate(np.array([10.0, 30.0]), 8).n.tolist() == [2, 6]
    crossed = pd.Series([10, 30], index=pd.MultiIndex.from_tuples([("xã", "núi"), ("xã", "biển")]))
    assert allocate(crossed, 8).n.to_dict() == {"xã × núi": 2, "xã × biển": 6}


def test_names_are_matched_however_their_marks_are_coded():
    apart = {unicodedata.normalize("NFD", k): v for k, v in HOUSEHOLDS.items()}
    found = allocate(apart, 1200, method="neyman", sd={"Xã": 3, "Phường": 4, "Đặc khu": 5})
    assert found.n.index.tolist() == list(HOUSEHOLDS)


def test_a_frame_is_counted_by_its_strata_or_its_sizes_are_added_up():
    assert allocate(frame(strata="loai"), 6, minimum=1).sizes.to_dict() == {
        "phường": 4,
        "xã": 6,
        "đặc khu": 2,
    }
    crossed = allocate(frame(strata=["loai", "vung"]), 12).sizes
    assert crossed["xã × núi"] == 3
    assert crossed.sum() == 12
    found = allocate(frame(strata="loai", size="so_ho"), 60, measure="size")
    assert found.sizes.to_dict() == {"phường": 320, "xã": 180, "đặc khu": 220}
    assert found.assumptions["measure"] == "measure of size"
    assert "quy mô tính bằng số đo quy mô" in found._repr_html_()


def test_the_numbers_are_a_mapping_for_a_selection():
    found = allocate(HOUSEHOLDS, 1200)
    assert found.n.dtype == np.int64
    assert dict(found.n) == {"Phường": 739, "Xã": 441, "Đặc khu": 20}


# --- words --------------------------------------------------------------------------------------------------


def test_an_allocation_tells_itself():
    found = allocate(HOUSEHOLDS, 1200, minimum=100, p=0.8, cost={"Phường": 20, "Xã": 25, "Đặc khu": 60.5})
    assert repr(found) == (
        "Phân bổ mẫu: 1.200 đơn vị vào 3 tầng, tỷ lệ với quy mô; ít nhất 100 (Đặc khu), nhiều nhất 689 "
        "(Phường)."
    )
    assert found.sentence("en") == (
        "Allocation: 1,200 units to 3 strata, proportional to size; least 100 (Đặc khu), most 689 (Phường)."
    )
    assert found.notes() == ["sai số chuẩn của tỷ lệ chung: 1,18 điểm phần trăm", "chi phí: 30.105"]
    assert found.notes("en") == [
        "standard error of the overall share: 1.18 percentage points",
        "cost: 30,105",
    ]
    page = found._repr_html_()
    for text in (
        "<th>cỡ mẫu</th>",
        "<td>mức tối thiểu</td>",
        "<td>Cộng</td>",
        "<td>75,47</td>",
        "<td>7,1 %</td>",
        "Giả định: cỡ mẫu 1.200, tỷ lệ 80 %, chi phí theo tầng, mức tối thiểu 100, làm tròn theo phần lẻ lớn "
        "nhất.",
    ):
        assert text in page, text


def test_the_table_says_what_each_stratum_stands_at():
    table = allocate({"A": 1000, "B": 100, "C": 5, "D": 3000}, 200, minimum=20, maximum={"D": 100}).table
    assert table["limit"].to_dict() == {"A": "", "B": "minimum", "C": "census", "D": "maximum"}
    assert table.columns.tolist() == ["size", "n", "unrounded", "share", "fraction", "weight", "limit"]
    assert table["share"].sum() == pytest.approx(1)
    assert (table["weight"] * table["n"]).tolist() == pytest.approx(table["size"].tolist())


def test_strata_taken_whole_and_strata_of_one_are_named():
    found = allocate({"A": 1000, "B": 3, "C": 2}, 20, method="equal", minimum=1, maximum={"C": 1}, sd=4.2)
    assert found.n.tolist() == [16, 3, 1]
    assert found.notes() == [
        "sai số chuẩn của trung bình chung: 1,04",
        "lấy hết: B",
        "chỉ một đơn vị, không ước lượng được sai số trong tầng: C",
    ]


def test_one_stratum_has_no_range():
    assert repr(allocate([50], 10)) == "Phân bổ mẫu: 10 đơn vị vào 1 tầng, tỷ lệ với quy mô."


def test_targets_are_told_in_their_own_units():
    found = allocate(
        HOUSEHOLDS, method="targets",
        targets=[Target("Hài lòng", p=0.8, margin=0.02), Target("Chờ", sd=12, margin=1.5, domains=URBAN),
                 Target("Thu nhập", sd=4, mean=9, cv=0.05), Target("Chi", sd=3, variance=0.04, deff=2)],
    )  # fmt: skip
    page = found._repr_html_()
    for text in (
        "<td>2,00 điểm phần trăm</td>",
        "<td>1,5</td>",
        "<td>5,00 %</td>",
        "<td>0,04</td>",
        "<td>đô thị</td>",
        "<td>Chung</td>",
        "Thu nhập (độ lệch chuẩn 4, trung bình 9)",
        "Hài lòng (tỷ lệ 80 %, độ tin cậy 95 %)",
        "Chi (độ lệch chuẩn 3, deff trong tầng 2)",
    ):
        assert text in page, text


def test_words_are_composed_and_there_in_both_languages():
    assert [key for key, pair in TEXTS.items() if not all(pair) or pair != tuple(map(nfc, pair))] == []


def test_a_stratum_that_gets_one_unit_is_warned_of_unless_the_minimum_was_chosen():
    with pytest.warns(SurveyWarning) as caught:
        allocate({"A": 1000, "B": 30, "C": 1}, 20)
    assert str(caught[0].message) == (
        "n is 1 in 'B': no sampling error can be estimated there. Pass minimum=2, or minimum=1 to accept it."
    )
    allocate({"A": 1000, "B": 30, "C": 1}, 20, minimum=1)


# --- picture ------------------------------------------------------------------------------------------------


def drawn(axes):
    """Return the dots of a picture by their legend."""
    return {line.get_label(): line for line in axes.lines if not line.get_label().startswith("_")}


def test_margins_are_dots_in_percentage_points_strata_on_top():
    found = precision(allocate(HOUSEHOLDS, 1200, minimum=100, p=0.8, response=0.9), domains=URBAN)
    figure = plot_precision(found, target=0.05)
    axes = figure.axes[0]
    labels = [text.get_text().replace("\u00a0", " ") for text in axes.get_yticklabels()]
    assert labels == ["Chung (n = 1.200)", "nông thôn (n = 411)", "đô thị (n = 789)", "Đặc khu (n = 100)",
                      "Xã (n = 411)", "Phường (n = 689)"]  # fmt: skip
    dots = drawn(axes)
    assert list(dots) == ["tầng", "miền", "chung", "cần đạt: ±5,0 điểm phần trăm"]
    strata = found.strata
    assert dots["tầng"].get_xdata().tolist() == pytest.approx((100 * strata["margin"]).tolist())
    assert dots["cần đạt: ±5,0 điểm phần trăm"].get_xdata() == [5.0, 5.0]
    assert [text.get_text() for text in axes.texts][:3] == ["±3,1", "±4,1", "±8,0"]
    assert axes.get_xlabel() == "sai số biên (± điểm phần trăm)"
    assert len({line.get_marker() for line in dots.values()}) == 4
    assert len({to_hex(line.get_color()) for line in dots.values()}) == 4
    texts = [text.get_text() for text in figure.texts]
    assert texts[0] == "Sai số biên dự kiến trước khi điều tra"
    assert texts[1].startswith("Độ tin cậy 95 %; 1.080 trả lời từ 1.200 đơn vị được chọn.")


def test_nothing_of_the_picture_is_cut_off_or_covered():
    long = {f"Xã, vùng trung du và miền núi phía Bắc, nhóm {i}": 1000 + i for i in range(25)}
    figure = plot_precision(precision(allocate(long, 900, p=0.4)), title="Sai số " * 30)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    page = figure.bbox
    for text in [*figure.texts, *figure.axes[0].get_yticklabels(), *figure.axes[0].texts]:
        box = text.get_window_extent(renderer)
        assert page.x0 - 1 <= box.x0
        assert box.x1 <= page.x1 + 1
        assert page.y0 - 1 <= box.y0
        assert box.y1 <= page.y1 + 1
    labels = [text.get_window_extent(renderer) for text in figure.axes[0].get_yticklabels()]
    assert all(a.y1 <= b.y0 + 2 for a, b in pairwise(labels))


def test_a_mean_and_english_words():
    found = precision({"A": 30, "B": 40}, {"A": 300, "B": 4000}, sd=[12.5, 30])
    axes = plot_precision(found, target=9.0, lang="en", title="Waiting time").axes[0]
    assert axes.get_xlabel() == "margin of error (±)"
    assert list(drawn(axes)) == ["stratum", "overall", "wanted: ±9.0"]
    assert axes.get_yticklabels()[0].get_text().startswith("Overall")


def test_a_census_has_a_picture_too():
    axes = plot_precision(precision([3, 4], [3, 4], p=0.5)).axes[0]
    assert axes.get_xlim() == (0, 1)


def test_the_picture_shows_itself_and_leaves_no_state():
    before = dict(mpl.rcParams)
    page = plot_precision(precision([30, 40], [300, 400], p=0.5))._repr_png_()
    assert page.startswith(b"\x89PNG")
    assert dict(mpl.rcParams) == before
