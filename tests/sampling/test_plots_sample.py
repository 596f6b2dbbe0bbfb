import re

import numpy as np
import pytest
from record_samples import commune_frame, commune_units, village_frame

from sampling.checks import ArgumentError, ColumnError, DataError
from sampling.plan import Plan
from sampling.plots.sample import plot_sample_map

PER_POINT = 1e-9  # coordinates are drawn as they are


def draw(units=None, **stage):
    frame = commune_frame(units)
    options = {"n": 5, "method": "pps_systematic", **stage}
    return Plan(frame, name="Khảo sát").stage("commune", **options).draw(1), frame


def says(kind, text):
    return pytest.raises(kind, match=f"^{re.escape(text)}$")


def marks(figure):
    """Return the marks on the map by their words: others, drawn, certain."""
    axes = figure.axes[0]
    found = {}
    for points in axes.collections:
        if len(points.get_offsets()):
            found[points.get_label()] = points
    return found


def texts(figure):
    legends = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    titles = [legend.get_title().get_text() for legend in figure.legends]
    return [figure.axes[0].get_title(loc="left"), figure.get_supxlabel(), *titles, *legends]


def test_every_unit_stands_at_its_place_and_drawn_ones_are_marked():
    sample, frame = draw()
    found = marks(plot_sample_map(sample, frame))
    assert list(found) == ["Xã/phường không được chọn (7)", "Xã/phường được chọn (5)"]
    units = frame.units.set_index("code")
    drawn = sample.main["commune"]
    wanted = np.column_stack([units.loc[sorted(drawn), "lon"], units.loc[sorted(drawn), "lat"]])
    np.testing.assert_allclose(found["Xã/phường được chọn (5)"].get_offsets(), wanted, atol=PER_POINT)
    assert len(found["Xã/phường không được chọn (7)"].get_offsets()) == 7


def test_the_area_of_a_mark_grows_with_its_probability():
    sample, frame = draw()
    points = marks(plot_sample_map(sample, frame))["Xã/phường được chọn (5)"]
    chance = sample.main.set_index("commune")["probability"].sort_index()
    slope = np.diff(points.get_sizes()) / np.diff(chance)
    np.testing.assert_allclose(slope, slope[0])
    assert slope[0] > 0


def test_certainty_units_have_a_mark_of_their_own():
    sample, frame = draw(certain="chac")
    found = marks(plot_sample_map(sample, frame))
    assert list(found)[-1] == "Xã/phường chọn chắc chắn (1)"
    place = frame.units.set_index("code").loc["01212", ["lon", "lat"]].astype(float)
    np.testing.assert_allclose(found["Xã/phường chọn chắc chắn (1)"].get_offsets()[0], place, atol=PER_POINT)


def test_a_sample_of_certainty_units_alone_has_no_scale_of_probabilities():
    sample, frame = draw(commune_units().assign(chac=True), n=12, certain="chac")
    figure = plot_sample_map(sample, frame)
    assert list(marks(figure)) == ["Xã/phường chọn chắc chắn (12)"]
    assert len(figure.legends) == 1


def test_the_picture_says_what_when_and_that_it_is_synthetic():
    sample, frame = draw()
    title, note, scale, *_ = texts(plot_sample_map(sample, frame))
    assert title == "Mẫu được rút: Khảo sát (giả lập)"
    assert "ngày 01/07/2026" in note
    assert "dữ liệu giả lập" in note
    assert "Hạt giống 1." in note
    assert scale in ("", "Xác suất được chọn")
    axes = plot_sample_map(sample, frame).axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("kinh độ (°Đ)", "vĩ độ (°B)")
    assert axes.yaxis.get_major_formatter()(22.5) == "22,50"


def test_frames_that_are_not_synthetic_are_not_called_so():
    frame = commune_frame(name="Các xã", source="danh mục")
    sample = Plan(frame, name="Khảo sát").stage("commune", n=3).draw(1)
    assert not any("giả lập" in text for text in texts(plot_sample_map(sample, frame)))


def test_an_own_title_is_kept_and_english_is_english():
    sample, frame = draw()
    figure = plot_sample_map(sample, frame, title="My survey", lang="en")
    title, *rest = texts(figure)
    assert title == "My survey (synthetic)"
    assert "Commune drawn (5)" in rest
    assert "Inclusion probability" in rest


def test_units_without_coordinates_are_counted_in_the_note():
    units = commune_units()
    units.loc[[0, 11], "lat"] = np.nan
    sample, frame = draw(units)
    lost = int(sample.main["commune"].isin(units["code"].iloc[[0, 11]]).sum())
    figure = plot_sample_map(sample, frame)
    assert f"không vẽ: 2 (được chọn: {lost})" in " ".join(figure.get_supxlabel().split())
    assert sum(len(points.get_offsets()) for points in marks(figure).values()) == 10


def test_other_columns_may_hold_the_coordinates():
    units = commune_units().rename(columns={"lat": "vi_do", "lon": "kinh_do"})
    sample, frame = draw(units)
    assert len(marks(plot_sample_map(sample, frame, lat="vi_do", lon="kinh_do"))) == 2


def test_later_stages_do_not_matter():
    frame = commune_frame()
    plan = Plan(frame, name="Khảo sát").stage("commune", n=5, method="pps_systematic")
    both = plan.stage("village", n=2, frame=village_frame(frame.units["code"])).draw(1)
    one, two = (marks(plot_sample_map(sample, frame)) for sample in (plan.draw(1), both))
    assert list(one) == list(two)


def test_one_place_alone_can_be_drawn():
    sample, frame = draw(commune_units(1), n=1, method="srs")
    width, height = plot_sample_map(sample, frame).get_size_inches()
    assert 4 <= height <= 10
    assert width > 0


def test_a_notebook_shows_a_png():
    sample, frame = draw()
    assert plot_sample_map(sample, frame)._repr_png_().startswith(b"\x89PNG")


# --- errors -------------------------------------------------------------------------------------------------


def test_another_frame_than_that_of_the_sample_is_refused():
    sample, frame = draw()
    other = commune_frame(commune_units(13))
    with says(
        ArgumentError,
        f"frame='Các xã tỉnh giả lập' is not the list that the sample was drawn from: its hash begins with "
        f"{other.hash[:8]}, and the plan's 'Các xã tỉnh giả lập' with {frame.hash[:8]}. Pass the frame of "
        f"the plan.",
    ):
        plot_sample_map(sample, other)


def test_a_missing_column_is_named():
    sample, frame = draw()
    with says(ColumnError, "lat='latt': the data have no such column. Did you mean 'lat'?"):
        plot_sample_map(sample, frame, lat="latt")


def test_text_is_no_coordinate():
    sample, frame = draw()
    with says(DataError, "lon='name' holds text; a coordinate must be a number. Convert the column."):
        plot_sample_map(sample, frame, lon="name")


def test_a_frame_without_any_coordinate_is_refused():
    sample, frame = draw(commune_units().assign(lat=np.nan))
    with says(DataError, "lat='lat', lon='lon': no unit of 'Các xã tỉnh giả lập' has both. Fill them in."):
        plot_sample_map(sample, frame)


def test_an_unknown_language_is_refused():
    sample, frame = draw()
    with says(ArgumentError, "lang='fr' is not known. Choose one of 'vi', 'en'."):
        plot_sample_map(sample, frame, lang="fr")
