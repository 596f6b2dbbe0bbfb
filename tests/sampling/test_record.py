import hashlib
import re

import pandas as pd
import pytest
from record_samples import (
    SEED,
    book_of,
    commune_frame,
    commune_units,
    docx_of,
    drawn,
    frames,
    paths,
    three_stages,
    village_frame,
    words_of,
)

from sampling.frame import Frame
from sampling.plan import Plan
from sampling.record import content, list_hash, write_record

MM = 36000  # of the file format


@pytest.fixture(scope="module")
def sample():
    return drawn()


@pytest.fixture(scope="module")
def document(sample, tmp_path_factory):
    (path,) = write_record(
        sample,
        tmp_path_factory.mktemp("record") / "bien_ban.docx",
        members=[("Nguyễn Thị Hồng", "Phó Giám đốc"), "Lê Thị Thắm"],
        agency="SỞ NỘI VỤ",
        place="Cao Bằng",
        date="2026-02-03",
    )
    return docx_of(path)


def text_of(sample, tmp_path, **options):
    path = write_record(sample, tmp_path / "r.docx", **options)[0]
    return words_of(docx_of(path))


def grids_of(document):
    """Return the tables but for the head and the signatures, as DataFrames."""
    found = []
    for table in document.tables[1:-1]:
        rows = [[cell.text for cell in row.cells] for row in table.rows]
        found.append(pd.DataFrame(rows[1:], columns=rows[0]))
    return found


# --- what it says -------------------------------------------------------------------------------------------


def test_the_record_holds_hashes_seed_streams_and_version(sample, document):
    text = words_of(document).replace("\n", " ")
    for stage in sample.stages:
        assert stage.hash in text
        assert ", ".join(map(str, stage.stream)) in text
    assert sample.outline.hash in text
    assert list_hash(sample) in text
    assert f"Hạt giống ngẫu nhiên: {SEED}" in text
    assert "Ngày rút mẫu: 22/11/2026" in text
    assert "surveykit-workbench bản " in text


def test_the_plan_is_told_in_its_own_sentences(sample, document):
    from sampling.sample import sentences

    text = words_of(document)
    assert [line for line in sentences(sample.outline) if line not in text] == []


def test_every_unit_stands_in_its_list_in_order(sample, document):
    lists, _, _, _, _, main, reserve = grids_of(document)
    table = sample.table
    for shown, use in ((main, "main"), (reserve, "reserve")):
        own = table[table["use"] == use]
        assert (shown["Mã xã/phường"] + "/" + shown["Mã thôn"] + "/" + shown["Mã hộ"]).tolist() == paths(own)
    assert reserve["Thứ tự"].tolist() == table.loc[table["use"] == "reserve", "order"].astype(str).tolist()
    assert lists["Ngày của danh sách"].tolist() == ["01/07/2026"] * 3
    assert lists["Số đơn vị"].tolist() == ["12", "48", "480"]
    assert all(re.fullmatch(r"0,\d{6}", value) for value in main["Xác suất được chọn"])


def test_counts_by_stratum_add_up_to_those_by_stage(sample, document):
    _, _, stages, strata, _, _, _ = grids_of(document)
    for name in ("N (có trong danh sách)", "n (được chọn)"):
        total = strata[name].astype(int).groupby(strata["Giai đoạn"]).sum()
        assert total.to_dict() == dict(zip(stages["Giai đoạn"], stages[name].astype(int), strict=True))
    assert stages["n (được chọn)"].astype(int).tolist() == [stage.n for stage in sample.stages]
    assert sorted(set(strata["Tầng"])) == ["phường", "xã"]


def test_joint_probabilities_are_told_by_stage(document):
    joint = grids_of(document)[4]
    assert joint["Xác suất cặp"].tolist() == ["chính xác"] * 3
    assert joint["Đo được"].tolist() == ["không", "có", "có"]
    assert joint["Công thức"].tolist()[0] == "phần chung của các bước"


def test_names_of_people_stay_out_of_the_record(sample, document):
    assert sample.table["household_name"].str.startswith("Nguyễn Văn").all()
    text = words_of(document)
    assert "Nguyễn Văn" not in text
    assert "0912" not in text
    assert "Thôn 1" in text


def test_synthetic_lists_are_called_so_on_top_and_in_every_caption(document):
    text = words_of(document)
    assert text.index("DỮ LIỆU GIẢ LẬP") < text.index("1. Phương án")
    captions = re.findall(r"^Bảng \d+\. .*$", text, flags=re.MULTILINE)
    assert len(captions) == 7
    assert all(line.endswith("(giả lập)") for line in captions)
    assert [int(line.split()[1].rstrip(".")) for line in captions] == list(range(1, 8))


def test_a_list_that_is_not_synthetic_is_not_called_so(tmp_path):
    frame = commune_frame(name="Các xã", source="danh mục hành chính")
    text = text_of(Plan(frame, name="Khảo sát").stage("commune", n=3).draw(1), tmp_path)
    assert "giả lập" not in text.lower()


def test_a_synthetic_list_of_a_later_stage_is_enough(tmp_path):
    frame = commune_frame(name="Các xã", source="danh mục hành chính")
    villages = village_frame(frame.units["code"], name="Thôn", source="giả lập để thử")
    plan = Plan(frame, name="Khảo sát").stage("commune", n=3).stage("village", n=1, frame=villages)
    assert "DỮ LIỆU GIẢ LẬP" in text_of(plan.draw(1), tmp_path)


def test_certainty_units_are_named_or_counted(tmp_path, monkeypatch):
    sample = Plan(commune_frame()).stage("commune", n=3, certain="chac").draw(1)
    assert "(xác suất bằng 1): xã/phường 01212." in text_of(sample, tmp_path)
    monkeypatch.setattr("sampling.record.results.NAMED", 0)
    assert "(xác suất bằng 1): 1 đơn vị" in text_of(sample, tmp_path, overwrite=True)


def test_a_sample_without_certainty_units_and_reserves_says_so(tmp_path):
    text = text_of(Plan(commune_frame()).stage("commune", n=3).draw(1), tmp_path)
    assert "Không có đơn vị chọn chắc chắn." in text
    assert "Không rút dự phòng." in text
    assert "chưa dùng đơn vị dự phòng nào" in text


def test_a_stage_that_waits_for_its_list_is_named(tmp_path):
    plan = Plan(commune_frame()).stage("commune", n=3).stage("village", n=2).stage("adult", n=4)
    text = text_of(plan.draw(1), tmp_path)
    assert "Giai đoạn “thôn”, “người lớn”: CHƯA RÚT, còn chờ danh sách." in text


def test_a_stage_taken_by_a_rule_is_named(tmp_path):
    plan = Plan(commune_frame()).stage("commune", n=3).stage("visitor", every=5)
    text = text_of(plan.draw(1), tmp_path)
    assert "chọn tại thực địa theo quy tắc" in text
    assert "CHƯA RÚT" not in text


def test_units_above_with_too_few_units_are_counted(tmp_path):
    frame = commune_frame()
    villages = village_frame(frame.units["code"], each=2)
    plan = Plan(frame).stage("commune", n=3).stage("village", n=3, frame=villages, short="all")
    assert "3 đơn vị cấp trên có ít đơn vị hơn số phải rút" in text_of(plan.draw(1), tmp_path)


def test_a_block_of_which_some_are_measurable_says_in_part(tmp_path):
    units = commune_units().assign(code=lambda t: t["code"])
    frame = Frame(units, id="code", name="Xã", as_of="2026-07-01", source="thử", strata="type")
    sample = Plan(frame).stage("commune", n={"phường": 1, "xã": 3}).draw(1)
    assert sorted(sample.joint["measurable"]) == [False, True]
    assert "một phần" in text_of(sample, tmp_path)


# --- reserves released --------------------------------------------------------------------------------------


def test_released_reserves_stand_in_the_log_and_in_the_lists(sample, tmp_path):
    lost = paths(sample.main)[:1]
    once = sample.release(lost, reason="Chuyển đi nơi khác", on="2026-12-01")
    (new,) = set(paths(once.main)) - set(paths(sample.main))
    twice = once.release([new], reason="Từ chối", on="2026-12-05")
    document = docx_of(write_record(twice, tmp_path / "r.docx")[0])
    *_, main, reserve, log = grids_of(document)
    assert log["Lý do"].tolist() == ["Chuyển đi nơi khác", "Từ chối"]
    assert log["Ngày"].tolist() == ["01/12/2026", "05/12/2026"]
    assert (main["Loại"] == "đã thay").sum() == 1
    assert sorted(reserve["Loại"].unique()) == ["dự phòng", "dự phòng đã dùng", "đã thay"]
    assert len(reserve) == (sample.table["use"] == "reserve").sum()


def test_the_hash_of_the_list_is_that_of_its_definition_and_stands_a_release(sample):
    rows = [
        "\x1f".join([t.commune, t.village, t.household, str(t.order), t.use])
        for t in sample.table.itertuples()
    ]
    wanted = hashlib.sha256("\x1e".join(sorted(rows)).encode()).hexdigest()
    assert list_hash(sample) == wanted
    lost = paths(sample.main)[:1]
    once = sample.release(lost, reason="vắng", on="2026-12-01")
    (new,) = set(paths(once.main)) - set(paths(sample.main))
    assert list_hash(once) == list_hash(once.release([new], reason="vắng", on="2026-12-02")) == wanted
    assert list_hash(three_stages().draw(SEED + 1)) != wanted


def test_the_hash_stands_a_release_in_the_first_stage():
    sample = Plan(commune_frame(), strata="type").stage("commune", n_each=2, reserve=2).draw(1)
    once = sample.release(sample.main["commune"][0], reason="vắng", on="2026-12-01")
    (new,) = set(once.main["commune"]) - set(sample.main["commune"])
    twice = once.release(new, reason="vắng", on="2026-12-02")
    assert list_hash(twice) == list_hash(once) == list_hash(sample)


def test_reserves_of_a_stage_above_stand_in_the_list_with_nothing_below(tmp_path):
    lists = frames()
    plan = Plan(lists["commune"], strata="type", name="Giả lập").stage("commune", n_each=2, reserve=1)
    sample = plan.stage("village", n=2, frame=lists["village"]).draw(1)
    lost = sample.main["commune"][0]
    once = sample.release(lost, reason="bão", on="2026-12-01", stage="commune")
    (new,) = once.log["reserve"]
    whole = once.draw_next(lists["village"], others="drop")
    *_, main, reserve, log = grids_of(docx_of(write_record(whole, tmp_path / "r.docx")[0]))
    assert (main["Mã xã/phường"] == lost).sum() == 2
    assert (main["Mã xã/phường"] == new).sum() == 2
    assert reserve["Mã thôn"].tolist() == [""]
    assert log["Đơn vị bị thay"].tolist() == [lost]


# --- how to draw again --------------------------------------------------------------------------------------


def run(code, frames_by_stage, later, tmp_path, monkeypatch):
    """Run the commands of a record, lists put in the place of the dots."""
    monkeypatch.chdir(tmp_path)
    code = re.sub(r'"(\w+)": …', r'"\1": lists["\1"]', code).replace("draw_next(…", "draw_next(later.pop(0)")
    *lines, last = [line for line in code.splitlines() if not line.startswith("#")]
    names = {"lists": frames_by_stage, "later": later}
    exec(
        "\n".join(
            [line.replace("from sampling import Plan", "from sampling.plan import Plan") for line in lines]
        ),
        names,
    )
    return eval(last, names)


def code_of(text):
    start = text.index("from sampling import Plan")
    return text[start : text.index("list_hash(sample)") + len("list_hash(sample)")]


def test_the_commands_of_the_record_give_its_hash(sample, document, tmp_path, monkeypatch):
    three_stages().to_toml(tmp_path / "plan.toml")
    code = code_of(words_of(document))
    assert run(code, frames(), [], tmp_path, monkeypatch) == list_hash(sample)


def test_the_commands_draw_later_lists_as_they_came(tmp_path, monkeypatch):
    lists = frames()
    plan = Plan(lists["commune"], name="Khảo sát giả lập").stage("commune", n=3).stage("village", n=2)
    first = plan.draw(SEED)
    first_codes, rest = first.main["commune"][:1], first.main["commune"][1:]
    parts = [village_frame(codes) for codes in (first_codes, rest)]
    sample = first.draw_next(parts[0], part=True).draw_next(parts[1])
    plan.to_toml(tmp_path / "plan.toml")
    code = code_of(text_of(sample, tmp_path))
    assert code.count("part=True") == 1
    assert run(code, lists, parts, tmp_path, monkeypatch) == list_hash(sample)


def test_the_commands_tell_of_releases(sample, tmp_path):
    once = sample.release(paths(sample.main)[:1], reason="vắng", on="2026-12-01")
    assert "sample = sample.release(…)" in code_of(text_of(once, tmp_path))


def test_a_library_that_is_not_installed_has_no_known_version(sample, tmp_path, monkeypatch):
    monkeypatch.setattr(content, "LIBRARY", "no-such-library-here")
    assert "no-such-library-here bản (không rõ)" in text_of(sample, tmp_path)


# --- the page -----------------------------------------------------------------------------------------------


def test_the_page_follows_the_decree(document):
    for section in document.sections:
        assert sorted([section.page_width // MM, section.page_height // MM]) == [210, 297]
        assert 20 <= section.top_margin // MM <= 25
        assert 20 <= section.bottom_margin // MM <= 25
        assert 30 <= section.left_margin // MM <= 35
        assert 15 <= section.right_margin // MM <= 20
    style = document.styles["Normal"]
    assert (style.font.name, style.font.size.pt) == ("Times New Roman", 13)


def test_the_page_number_stands_on_top_in_the_middle_from_page_two(document):
    first, *others = document.sections
    assert first.different_first_page_header_footer
    assert "PAGE" in first.header._element.xml
    assert first.header.paragraphs[0].alignment == 1
    assert "PAGE" not in first.first_page_header._element.xml
    assert not any(s.different_first_page_header_footer for s in others)
    assert all(s.header.is_linked_to_previous for s in others)


def test_wide_lists_lie_and_the_signatures_stand(document):
    assert [s.page_width > s.page_height for s in document.sections] == [False, True, False]


def test_signatures_stand_however_wide_the_tables_before_them(sample, tmp_path, monkeypatch):
    monkeypatch.setattr("sampling.record.word.WIDE", 0)
    document = docx_of(write_record(sample, tmp_path / "r.docx")[0])
    assert document.sections[-1].page_width < document.sections[-1].page_height


def test_the_head_has_agency_nation_motto_place_and_day(document):
    left, right = (cell.text for cell in document.tables[0].rows[0].cells)
    assert left.startswith("SỞ NỘI VỤ\n")
    assert right.splitlines()[:2] == ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"]
    assert right.splitlines()[-1] == "Cao Bằng, ngày 03 tháng 02 năm 2026"


def test_what_is_not_told_is_left_to_fill_in(sample, tmp_path):
    document = docx_of(write_record(sample, tmp_path / "r.docx")[0])
    left, right = (cell.text for cell in document.tables[0].rows[0].cells)
    assert left.startswith("……")
    assert right.splitlines()[-1] == "……, ngày … tháng … năm …"
    assert [cell.text for row in document.tables[-1].rows[1:] for cell in row.cells] == [""] * 15


def test_those_present_have_room_to_sign(document):
    rows = [[cell.text for cell in row.cells] for row in document.tables[-1].rows]
    assert rows == [
        ["Họ và tên", "Chức vụ, cơ quan", "Chữ ký"],
        ["Nguyễn Thị Hồng", "Phó Giám đốc", ""],
        ["Lê Thị Thắm", "", ""],
    ]


def test_an_english_record_speaks_english(sample, tmp_path):
    text = text_of(sample, tmp_path, lang="en", place="Ha Noi", date="2026-11-22")
    assert "Ha Noi, 22 November 2026" in text
    assert "SYNTHETIC DATA" in text
    assert "Table 7. Reserves (synthetic)" in text
    assert [word for word in ("Bảng", "tầng", "Quyền số", "Dự phòng", "Mã ") if word in text] == []


# --- long lists ---------------------------------------------------------------------------------------------


def test_a_long_list_goes_into_a_workbook_that_the_document_names(sample, tmp_path, monkeypatch):
    monkeypatch.setattr("sampling.record.MOST", 10)
    path, beside = write_record(sample, tmp_path / "bien_ban.docx")
    assert beside.name == "bien_ban_danh_sach.xlsx"
    text = words_of(docx_of(path))
    assert beside.name in text
    assert "“Chính thức” và “Dự phòng”" in text
    assert list_hash(sample) in text
    book = book_of(beside)
    assert book.sheetnames == ["Chính thức", "Dự phòng"]
    assert "giả lập" in book["Dự phòng"]["A1"].value


def test_a_long_list_without_reserves_names_one_sheet(tmp_path, monkeypatch):
    monkeypatch.setattr("sampling.record.MOST", 2)
    path, beside = write_record(Plan(commune_frame()).stage("commune", n=5).draw(1), tmp_path / "b.docx")
    assert "trang “Chính thức”; tệp này" in words_of(docx_of(path))
    assert book_of(beside).sheetnames == ["Chính thức"]
