import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from record_samples import (
    SEED,
    book_of,
    cells_of,
    commune_frame,
    commune_units,
    drawn,
    frames,
    household_frame,
    paths,
    three_stages,
    village_frame,
)

from sampling.frame import Frame
from sampling.plan import Plan
from sampling.record import write_field_lists
from sampling.record.assignment import share_out

HOSTILE = ["=1+1", "+84912", "-5", "@SUM(A1)", "#N/A", "TRUE", "00123", "=HYPERLINK(1)"]


@pytest.fixture(scope="module")
def sample():
    return drawn()


def table_of(sheet):
    """Return the table of a sheet by its headings."""
    top = int(sheet.print_title_rows.split("$")[1].rstrip(":"))
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=top)]
    return pd.DataFrame(rows[1:], columns=rows[0])


def ids_of(table):
    return (table["Mã xã/phường"] + "/" + table["Mã thôn"] + "/" + table["Mã hộ"]).tolist()


def text_of(sheet):
    return "\n".join(str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None)


# --- who gets what ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("interviewers", [None, 3, ["An", "Bình"]])
def test_every_unit_in_use_is_on_one_list_and_every_reserve_on_the_sheet_beside(
    sample, tmp_path, interviewers
):
    _, *files = write_field_lists(sample, tmp_path / "ra", interviewers=interviewers)
    books = [book_of(path) for path in files]
    main = list(itertools.chain(*(ids_of(table_of(book["Danh sách"])) for book in books)))
    spare = list(itertools.chain(*(ids_of(table_of(book["Dự phòng"])) for book in books)))
    assert main == paths(sample.main)
    assert spare == paths(sample.table[sample.table["use"] == "reserve"])


def test_reserves_go_where_their_units_go(sample, tmp_path):
    for path in write_field_lists(sample, tmp_path / "ra", interviewers=3)[1:]:
        book = book_of(path)
        places = [set(table_of(book[name])["Mã thôn"]) for name in ("Danh sách", "Dự phòng")]
        assert places[0] == places[1]


def test_places_are_those_of_the_stage_above_the_last_or_of_the_one_named(sample, tmp_path):
    assert len(write_field_lists(sample, tmp_path / "a")) == 1 + 8
    assert len(write_field_lists(sample, tmp_path / "b", by="commune")) == 1 + 4
    assert len(write_field_lists(sample, tmp_path / "c", by="household")) == 1 + 24


def test_one_stage_is_shared_out_unit_by_unit(tmp_path):
    sample = Plan(commune_frame(), name="Giả lập").stage("commune", n=6, reserve=2).draw(1)
    files = write_field_lists(sample, tmp_path / "ra", interviewers=2)
    assert [len(table_of(book_of(path)["Danh sách"])) for path in files[1:]] == [3, 3]


def test_names_of_files_are_numbered_and_plain(sample, tmp_path):
    files = write_field_lists(sample, tmp_path / "ra", interviewers=["Nguyễn Văn Đức", "..", "Lê/Thị\\Ơn"])
    assert [path.name for path in files] == [
        "00_phan_cong.xlsx", "01_nguyen_van_duc.xlsx", "02.xlsx", "03_le_thi_on.xlsx",
    ]  # fmt: skip
    assert sorted(p.name for p in (tmp_path / "ra").iterdir()) == [path.name for path in files]


@given(st.data())
def test_sharing_out_keeps_places_whole_and_in_order_and_the_loads_near_to_equal(data):
    load = np.array(data.draw(st.lists(st.integers(1, 60), min_size=1, max_size=25)))
    people = data.draw(st.integers(1, load.size))
    owner = share_out(load, people)
    assert owner[0] == 0
    assert set(np.diff(owner)) <= {0, 1}
    assert owner[-1] == people - 1
    loads = np.bincount(owner, load)
    assert people * loads.max() <= load.sum() + people * load.max()


@pytest.mark.parametrize(
    ("load", "people", "owner"),
    [
        ([8] * 7, 3, [0, 0, 1, 1, 1, 2, 2]),
        ([100, 1, 1, 1], 3, [0, 1, 2, 2]),
        ([1, 1, 1, 100], 3, [0, 0, 1, 2]),
        ([5], 1, [0]),
    ],
)
def test_shares_of_small_cases_are_those_worked_out_by_hand(load, people, owner):
    assert share_out(np.array(load), people).tolist() == owner


# --- what stands in a list ----------------------------------------------------------------------------------


def test_a_list_has_survey_place_rules_and_columns_to_fill_in(sample, tmp_path):
    path = write_field_lists(sample, tmp_path / "ra", interviewers=["Nguyễn Văn An"], by="commune")[1]
    sheet = book_of(path)["Danh sách"]
    text = text_of(sheet)
    assert text.startswith("DỮ LIỆU GIẢ LẬP")
    assert "Cuộc khảo sát: Khảo sát 2026 (giả lập). Điều tra viên: Nguyễn Văn An." in text
    assert "Số đơn vị: 24." in text
    assert "chỉ dùng trang “Dự phòng” khi được cho phép" in text
    table = table_of(sheet)
    assert list(table.columns) == [
        "STT", "Mã xã/phường", "Tên xã/phường", "Mã thôn", "Tên thôn", "Mã hộ", "Tên hộ", "phone",
        "Mã kết quả", "Ngày (ngày/tháng)", "Ghi chú",
    ]  # fmt: skip
    assert table["STT"].tolist() == list(range(1, 25))
    assert table[["Mã kết quả", "Ngày (ngày/tháng)", "Ghi chú"]].isna().all(axis=None)
    assert table["phone"].str.startswith("0912").all()


def test_the_sheet_of_reserves_says_how_they_are_used(sample, tmp_path):
    sheet = book_of(write_field_lists(sample, tmp_path / "ra")[1])["Dự phòng"]
    text = text_of(sheet)
    assert "CHỈ DÙNG KHI ĐƯỢC CHO PHÉP VÀ THEO ĐÚNG THỨ TỰ" in text
    assert "Trong cùng một thôn, dùng dự phòng số 1 trước" in text
    assert table_of(sheet)["Thứ tự"].tolist() == [1, 2]
    assert {"Thay cho mã", "Người cho phép"} <= set(table_of(sheet).columns)


def test_reserves_that_serve_several_lists_are_kept_by_the_supervisor(tmp_path):
    sample = Plan(commune_frame()).stage("commune", n=4, reserve=2).draw(1)
    overview, *files = write_field_lists(sample, tmp_path / "ra", interviewers=2)
    assert [book_of(path).sheetnames for path in files] == [["Danh sách"]] * 2
    assert "dự phòng do giám sát viên giữ" in text_of(book_of(files[0])["Danh sách"])
    book = book_of(overview)
    assert "2 dự phòng dùng chung cho nhiều danh sách" in text_of(book["Phân công"])
    spare = table_of(book["Dự phòng"])
    assert (
        spare["Mã xã/phường"].tolist()
        == sample.table.loc[sample.table["use"] == "reserve", "commune"].tolist()
    )
    assert "Dùng dự phòng số 1 trước" in text_of(book["Dự phòng"])


def test_reserves_of_one_person_in_a_single_stage_are_told_by_stratum(tmp_path):
    sample = Plan(commune_frame(), strata="type").stage("commune", n_each=2, reserve=1).draw(1)
    sheet = book_of(write_field_lists(sample, tmp_path / "ra", interviewers=1)[1])["Dự phòng"]
    assert table_of(sheet)["tầng"].tolist() == ["phường", "xã"]
    assert "Trong cùng một tầng, dùng dự phòng số 1 trước" in text_of(sheet)


@pytest.mark.parametrize(("by", "interviewers"), [("household", 5), ("household", None), ("commune", 3)])
def test_no_reserve_is_lost_or_given_twice(sample, tmp_path, by, interviewers):
    files = write_field_lists(sample, tmp_path / "ra", by=by, interviewers=interviewers)
    books = [book_of(path) for path in files]
    found = [ids_of(table_of(book["Dự phòng"])) for book in books if "Dự phòng" in book.sheetnames]
    assert sorted(itertools.chain(*found)) == sorted(paths(sample.table[sample.table["use"] == "reserve"]))


def test_without_reserves_there_is_no_sheet_for_them(tmp_path):
    sample = three_stages(reserve=0).draw(SEED)
    book = book_of(write_field_lists(sample, tmp_path / "ra")[1])
    assert book.sheetnames == ["Danh sách"]
    assert "không có dự phòng" in text_of(book["Danh sách"])


def test_a_list_by_place_leaves_lines_for_the_people(sample, tmp_path):
    text = text_of(book_of(write_field_lists(sample, tmp_path / "ra")[1])["Danh sách"])
    assert "Điều tra viên: ……" in text
    assert "Giám sát viên: ……" in text


def test_many_places_are_told_by_the_first_and_the_last(sample, tmp_path):
    path = write_field_lists(sample, tmp_path / "ra", interviewers=1, by="household")[1]
    assert "Địa bàn: 24 nơi (hộ), từ hộ " in text_of(book_of(path)["Danh sách"])


def test_columns_asked_for_stand_beside_the_ids(sample, tmp_path):
    path = write_field_lists(sample, tmp_path / "ra", columns=["household_name", "weight"])[1]
    table = table_of(book_of(path)["Danh sách"])
    assert list(table.columns)[:6] == ["STT", "Mã xã/phường", "Mã thôn", "Mã hộ", "Tên hộ", "quyền số"]
    assert table["quyền số"].tolist() == pytest.approx(sample.main["weight"][: len(table)].tolist(), rel=0)


def test_names_of_other_columns_follow_the_language(tmp_path):
    sample = Plan(commune_frame()).stage("commune", n=2, carry=["lat", "so_ho"]).draw(1)
    vi = table_of(book_of(write_field_lists(sample, tmp_path / "vi")[1])["Danh sách"])
    en = table_of(book_of(write_field_lists(sample, tmp_path / "en", lang="en")[1])["List"])
    assert {"vĩ độ", "so_ho"} <= set(vi.columns)
    assert {"lat", "so_ho", "Result"} <= set(en.columns)


def test_the_start_of_a_count_in_the_field_is_shown(tmp_path):
    sample = Plan(commune_frame()).stage("commune", n=2).stage("visitor", every=5).draw(1)
    table = table_of(book_of(write_field_lists(sample, tmp_path / "ra", interviewers=1)[1])["Danh sách"])
    assert table["Bắt đầu từ lượt khách thứ"].tolist() == sample.main["visitor_start"].tolist()


def test_the_overview_tells_who_has_what(sample, tmp_path):
    files = write_field_lists(sample, tmp_path / "ra", interviewers=["An", "Bình", "Chính"])
    sheet = book_of(files[0]).active
    table = table_of(sheet)
    assert table["Tệp"].tolist() == [path.name for path in files[1:]]
    assert table["Số đơn vị"].sum() == len(sample)
    assert table["Số nơi"].sum() == 8
    assert table["Dự phòng"].sum() == 16
    low, high = table["Số đơn vị"].min(), table["Số đơn vị"].max()
    assert f"số đơn vị mỗi người từ {low} đến {high}" in text_of(sheet)


def test_the_overview_by_place_has_no_people(sample, tmp_path):
    sheet = book_of(write_field_lists(sample, tmp_path / "ra")[0]).active
    assert list(table_of(sheet).columns) == ["STT", "Địa bàn", "Số đơn vị", "Dự phòng", "Tệp"]
    assert "8 nơi (thôn), 24 đơn vị; mỗi nơi một tệp" in text_of(sheet)


def test_units_replaced_are_left_out_and_reserves_in_use_are_visited(sample, tmp_path):
    lost = paths(sample.main)[0]
    once = sample.release([lost], reason="vắng", on="2026-12-01")
    overview, *files = write_field_lists(once, tmp_path / "ra", interviewers=1)
    assert "1 đơn vị đã được thay" in text_of(book_of(overview).active)
    main = ids_of(table_of(book_of(files[0])["Danh sách"]))
    assert main == paths(once.main)
    assert lost not in main


def test_places_that_wait_for_their_list_are_named_in_the_overview(tmp_path):
    lists = frames()
    first = Plan(lists["commune"], name="Giả lập").stage("commune", n=4).stage("village", n=2).draw(1)
    codes = first.main["commune"]
    part = first.draw_next(village_frame(codes[:1]), part=True)
    overview, *files = write_field_lists(part, tmp_path / "ra")
    assert len(files) == 1
    text = text_of(book_of(overview).active)
    assert f"3 xã/phường còn chờ danh sách nên chưa có ở đây: {', '.join(codes[1:])}." in text


# --- cells and pages ----------------------------------------------------------------------------------------


def test_codes_stay_text_and_nothing_becomes_a_formula(tmp_path):
    units = pd.DataFrame({"ma": HOSTILE, "name": [f"{text}\x0b" for text in HOSTILE]})
    frame = Frame(units, id="ma", name="=A1", as_of="2026-07-01", source="giả lập")
    sample = Plan(frame, name="=B2").stage("hộ", n=len(HOSTILE)).draw(1)
    files = write_field_lists(sample, tmp_path / "ra", interviewers=["=An()", "@Bình"])
    cells = [cell for path in files for cell in cells_of(book_of(path))]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    for path in files[1:]:
        table = table_of(book_of(path)["Danh sách"])
        assert set(table["Mã hộ"]) <= set(HOSTILE)
        assert table["Tên hộ"].tolist() == table["Mã hộ"].tolist()
    shown = [cell for path in files[1:] for cell in cells_of(book_of(path)) if cell.value in HOSTILE]
    assert {cell.number_format for cell in shown} == {"@"}
    assert {cell.value for cell in shown if cell.quotePrefix} == {v for v in HOSTILE if v[0] in "=+-@"}


def test_lists_are_set_up_for_printing(sample, tmp_path):
    for path in write_field_lists(sample, tmp_path / "ra", interviewers=2):
        for sheet in book_of(path):
            assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 9)
            assert sheet.sheet_properties.pageSetUpPr.fitToPage
            assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
            top = int(sheet.print_title_rows.split("$")[1].rstrip(":"))
            assert sheet.freeze_panes == f"A{top + 1}"
            assert "&P/&N" in sheet.oddFooter.right.text


def test_lists_that_are_not_synthetic_are_not_called_so(tmp_path):
    frame = commune_frame(name="Các xã", source="danh mục")
    sample = Plan(frame, name="Khảo sát").stage("commune", n=3).draw(1)
    files = write_field_lists(sample, tmp_path / "ra")
    assert not any("GIẢ LẬP" in str(cell.value) for path in files for cell in cells_of(book_of(path)))


def test_english_lists_speak_english(sample, tmp_path):
    files = write_field_lists(sample, tmp_path / "ra", interviewers=2, lang="en")
    assert [path.name for path in files] == [
        "00_assignment.xlsx", "01_interviewer_1.xlsx", "02_interviewer_2.xlsx",
    ]  # fmt: skip
    book = book_of(files[1])
    assert book.sheetnames == ["List", "Reserves"]
    assert "Interviewer: Interviewer 1." in text_of(book["List"])


def test_a_list_does_not_depend_on_the_order_of_rows(tmp_path):
    lists = frames()
    mixed = {
        name: Frame(
            frame.units.sample(frac=1, random_state=1), id=frame.id, name=frame.name, as_of=frame.as_of,
            source=frame.source, size=frame.size,
        )
        for name, frame in lists.items()
    }  # fmt: skip
    one, two = (three_stages(given).draw(SEED) for given in (lists, mixed))
    shown = [
        [ids_of(table_of(book_of(path)["Danh sách"])) for path in write_field_lists(s, tmp_path / str(i))[1:]]
        for i, s in enumerate((one, two))
    ]
    assert shown[0] == shown[1]


def test_names_with_places_come_from_the_list(tmp_path):
    units = commune_units().drop(columns="name")
    frame = Frame(units, id="code", name="Xã giả lập", as_of="2026-07-01", source="giả lập")
    households = household_frame([f"{code}-1" for code in units["code"]], 3)
    plan = Plan(frame).stage("commune", n=2).stage("household", n=2, frame=households, carry=[])
    sheet = book_of(write_field_lists(plan.draw(1), tmp_path / "ra")[1])["Danh sách"]
    assert "Địa bàn: xã/phường 0" in text_of(sheet)
    assert list(table_of(sheet).columns)[:3] == ["STT", "Mã xã/phường", "Mã hộ"]
