import base64
import datetime as dt
import re
import string

import openpyxl
import pytest
from projects import (
    ADOPTING,
    COMPARISON,
    EARLY,
    EXAMPLE,
    change_rows,
    copy_example,
    drop_line,
    keep_communes,
    sampled,
)

from surveykit.project import read_project
from surveykit.report import FILES, render, write_report
from surveykit.report.findings import work_out
from surveykit.report.grids import tables
from surveykit.report.limits import limits
from surveykit.report.pictures import pictures
from surveykit.report.truth import with_truth
from surveykit.report.words import Words, sentences

TODAY = dt.date(2026, 11, 22)
MB = 2**20


class Told:
    """A report without its pictures: findings, tables, limits and page."""

    def __init__(self, settings, lang=None):
        project = read_project(settings, lang=lang)
        self.words = Words(project.lang, project.settings["report.level"])
        self.findings = work_out(project)
        truth = with_truth(self.findings)
        self.tables = tables(self.findings, truth, self.words)
        self.pictures = {p.key: p for p in pictures(self.findings, truth[1], self.words)}
        self.limits = {limit.key: limit for limit in limits(self.findings, self.words)}
        self.page = render(self.findings, truth, self.tables, {}, self.words, TODAY)

    @property
    def summary(self):
        return self.page.split('class="summary"')[1].split("</section>")[0]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report") / "output"
    write_report(EXAMPLE / "bao_cao.toml", folder, today=TODAY)
    return folder


@pytest.fixture(scope="module")
def page(written):
    return (written / "bao_cao.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def told():
    return Told(EXAMPLE / "bao_cao.toml")


# --- what is written ----------------------------------------------------------------------------------------


def test_a_report_is_a_page_a_workbook_and_every_plot_twice(written):
    assert sorted(path.name for path in written.iterdir()) == sorted(FILES)
    plots = sorted(path.name for path in (written / "bieu_do").iterdir())
    names = ["01_communes", "02_slope", "03_changes", "04_effects", "05_truth"]
    assert plots == [f"{name}.{end}" for name in names for end in ("png", "svg")]


def test_the_page_needs_nothing_but_itself_and_is_small(written, page):
    assert (written / "bao_cao.html").stat().st_size <= 3 * MB
    assert re.findall(r"https?://|<script|<link|@import|url\(", page) == []
    sources = re.findall(r'src="([^"]*)"', page)
    assert len(sources) == 5
    for source in sources:
        kind, data = source.split(",", 1)
        assert kind == "data:image/svg+xml;base64"
        svg = base64.b64decode(data).decode("utf-8")
        assert "<script" not in svg
        assert re.findall(r'(?:href|src)="(?!#)[^"]*"', svg) == []


def test_the_page_has_its_five_sections_in_order(page):
    assert re.findall(r"<h2>(\d)\. ", page) == list("12345")
    assert page.index("Kết quả chính") < page.index("1. Phương pháp")


def test_synthetic_data_say_so_in_the_title_every_table_and_every_plot(page, told, written):
    assert "giả lập" in re.search("<title>(.*)</title>", page)[1]
    captions = re.findall(r"<caption>(.*?)</caption>", page)
    assert len(captions) == len(told.tables)
    assert [caption for caption in captions if "giả lập" not in caption] == []
    assert [p.title for p in told.pictures.values() if "giả lập" not in p.title] == []
    assert [alt for alt in re.findall(r'alt="([^"]*)"', page) if "giả lập" not in alt] == []
    book = openpyxl.load_workbook(written / "bang_so_lieu.xlsx")
    assert [sheet.title for sheet in book if "GIẢ LẬP" not in sheet["A1"].value] == []


def test_the_workbook_has_every_table_codes_as_text_and_no_formula(written, told):
    book = openpyxl.load_workbook(written / "bang_so_lieu.xlsx")
    assert len(book.sheetnames) == len(told.tables) + 1
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert [cell.coordinate for cell in cells if cell.data_type == "f"] == []
    (sheet,) = [sheet for sheet in book if sheet.title.endswith("_communes") and "truth" not in sheet.title]
    codes = [row[0].value for row in sheet.iter_rows(min_row=5, max_row=48)]
    assert all(isinstance(code, str) and re.fullmatch(r"0\d{4}", code) for code in codes)


def test_every_estimated_share_has_its_interval_and_a_decimal_comma(page):
    shares = re.findall(r'<td class="share">([^<]*)</td>', page)
    estimated = [text for text in shares if "đến" in text]
    assert len(estimated) > 100
    assert all(re.fullmatch(r"\d+(,\d+)? % \(\d+(,\d+)? đến \d+(,\d+)? %\)\*?", text) for text in estimated)
    body = re.sub(r'src="[^"]*"|<style>.*?</style>', "", page, flags=re.DOTALL)
    assert re.findall(r"\d\.\d+ ?%", body) == []


def test_the_same_input_gives_the_same_page(told):
    assert Told(EXAMPLE / "bao_cao.toml").page == told.page


def test_every_result_is_read_in_a_sentence(told):
    assert "Xã áp dụng giữa hai đợt (20 xã): tỷ lệ hài lòng chung là" in told.summary
    assert "Thay đổi ở 20 xã áp dụng trừ thay đổi ở 20 xã so sánh: +" in told.summary
    for group in told.findings.project.groups.values():
        number = r"[+−]?\d+,\d điểm phần trăm \(khoảng tin cậy 95 %: "
        assert re.search(f"<li>{re.escape(group)}: {number}", told.page)


def test_the_truth_stands_beside_the_estimates_with_what_is_covered(told):
    effects, communes = with_truth(told.findings)
    assert set(effects["scope"]) == {"group", "effect"}
    main = effects[(effects["scope"] == "effect") & (effects["measure"] == "satisfied")].iloc[0]
    assert main["truth"] == pytest.approx(0.0603, abs=1e-4)
    assert main["covered"] == (main["low"] <= main["truth"] <= main["high"])
    assert len(communes) == 88
    assert communes["covered"].mean() >= 0.9
    assert f"{int(communes['covered'].sum())} trên 88 khoảng tin cậy 95 %" in told.page


def test_the_change_of_a_commune_has_an_interval_even_where_everybody_agrees(told):
    rows = told.findings.communes
    agreed = rows[(rows["1"] == 1) & (rows["2"] == 1)]
    assert (agreed["change"] == 0).all()
    assert ((rows["change_high"] - rows["change_low"]) > 0.05).all()
    assert (rows["change_low"] <= rows["change"]).all()
    assert (rows["change"] <= rows["change_high"]).all()


def test_english_is_english_all_the_way(tmp_path):
    told = Told(EXAMPLE / "bao_cao.toml", lang="en")
    assert '<html lang="en">' in told.page
    assert "confidence interval" in told.page
    assert re.findall("khoảng tin cậy|Nhóm xã|Bảng ", told.page) == []


@pytest.mark.parametrize("table", sorted({key.split(".")[0] for key in sentences("vi")}))
def test_both_languages_have_the_same_sentences_with_the_same_names(table):
    def names(lang):
        found = {k: v for k, v in sentences(lang).items() if k.startswith(f"{table}.")}
        return {k: {f for _, f, _, _ in string.Formatter().parse(v) if f} for k, v in found.items()}

    assert names("vi") == names("en")


# --- what may be concluded ----------------------------------------------------------------------------------


def test_without_comparison_communes_the_report_speaks_of_change_and_never_of_effect(tmp_path):
    settings = copy_example(tmp_path)
    keep_communes(tmp_path, sampled(ADOPTING) + sampled(EARLY))
    told = Told(settings)
    assert told.limits["no_comparison"].tone == "stop"
    assert "effects" not in told.tables
    assert "effects" not in told.pictures
    assert re.findall("hiệu quả|tác động|giá trị p", told.page.lower()) == []
    assert "Không có nhóm xã so sánh" in told.summary
    assert "thay đổi +" in told.summary


def test_without_adopting_communes_there_is_nothing_to_compare(tmp_path):
    settings = copy_example(tmp_path)
    keep_communes(tmp_path, sampled(COMPARISON))
    told = Told(settings)
    assert told.limits["no_adopting"].tone == "stop"
    assert "effects" not in told.tables
    assert re.findall("hiệu quả|giá trị p", told.page.lower()) == []


def test_two_adopting_communes_give_a_described_difference_the_reason_and_no_p(tmp_path):
    settings = copy_example(tmp_path)
    keep_communes(tmp_path, sampled(ADOPTING)[:2] + sampled(COMPARISON))
    told = Told(settings)
    assert told.findings.refusal
    assert told.findings.effects["p"].isna().all()
    assert [column.name for column in told.tables["effects"].columns] == ["measure", "effect"]
    assert "Chênh lệch mô tả" in told.summary
    assert "vì chỉ có 2 xã áp dụng (cần ít nhất 3)" in told.summary
    assert told.limits["too_few"].tone == "stop"
    assert "comparison" not in told.limits
    assert "Hiệu quả của mô hình" not in told.page


@pytest.mark.parametrize("groups", [(ADOPTING,), (ADOPTING, COMPARISON)])
def test_one_commune_alone_or_against_one_is_told_for_that_commune(tmp_path, groups):
    settings = copy_example(tmp_path)
    keep_communes(tmp_path, [sampled(group)[-1] for group in groups])
    told = Told(settings)
    assert told.findings.changes["change_low"].notna().all()
    assert "Xã áp dụng giữa hai đợt (1 xã): tỷ lệ" in told.summary
    assert ("effects" in told.tables) == (len(groups) == 2)


def test_one_adopting_commune_against_many_is_described(tmp_path):
    settings = copy_example(
        tmp_path, drop_line("stratum"), ('nonresponse_cells = ["tang"]', "nonresponse_cells = []")
    )
    keep_communes(tmp_path, sampled(ADOPTING)[:1] + sampled(COMPARISON))
    told = Told(settings)
    assert "vì chỉ có 1 xã áp dụng (cần ít nhất 3)" in told.summary
    assert "có điều kiện theo" in told.page
    assert told.tables["effects"].columns[1].header.endswith("(khoảng mô tả 95 %)")


def test_five_communes_an_arm_are_warned_of(tmp_path):
    settings = copy_example(tmp_path)
    keep_communes(tmp_path, sampled(ADOPTING)[:5] + sampled(COMPARISON)[:5])
    told = Told(settings)
    assert told.limits["few"].tone == "warn"
    assert told.findings.effects["p"].notna().all()
    assert any("fewer than 6" in message for message in told.findings.messages)
    assert "Ghi chú kỹ thuật" in told.page


def test_a_self_selected_sample_is_not_generalised(tmp_path):
    settings = copy_example(
        tmp_path, ('selection = "probability"', 'selection = "self-selected"'), drop_line("weight")
    )
    told = Told(settings)
    assert told.limits["self_selected"].tone == "stop"
    assert "không suy rộng được" in told.summary
    assert "khoảng +" not in told.page.split("Kết luận được</h3>")[1].split("</ul>")[0]
    assert not told.findings.conclusive
    assert "không được đọc thành kết luận" in told.summary
    assert "p" not in [column.name for column in told.tables["effects"].columns]
    assert "Giá trị p" not in told.page


def test_a_changed_instrument_forbids_the_comparison(tmp_path):
    told = Told(copy_example(tmp_path, ("instrument_changed = false", "instrument_changed = true")))
    assert told.limits["instrument"].tone == "stop"
    assert not told.findings.conclusive
    assert "So sánh hai đợt cho biết" not in told.page
    assert "Phiếu hỏi hoặc cách hỏi đã đổi" in told.summary


def test_waves_on_both_sides_of_the_reorganisation_are_flagged(tmp_path):
    told = Told(copy_example(tmp_path, ("date = 2025-10-15", "date = 2025-06-30")))
    assert told.limits["boundary"].tone == "stop"
    assert "01/07/2025" in told.summary
    assert "boundary" not in Told(EXAMPLE / "bao_cao.toml").limits


def test_low_and_changing_response_are_flagged(tmp_path):
    settings = copy_example(tmp_path)
    turn = iter(range(10**6))
    change_rows(tmp_path / "phieu_dot_2.csv", lambda row: {**row, "tra_loi": "0"} if next(turn) % 2 else row)
    told = Told(settings)
    assert {"response_low", "response_gap"} <= set(told.limits)


def test_an_unknown_response_rate_is_said(tmp_path):
    settings = copy_example(
        tmp_path, drop_line("responded"), ('nonresponse_cells = ["tang"]', "nonresponse_cells = []")
    )
    for wave in (1, 2):
        change_rows(tmp_path / f"phieu_dot_{wave}.csv", lambda row: row if row["tra_loi"] == "1" else None)
    told = Told(settings)
    assert "response_unknown" in told.limits
    assert "rate" not in [column.name for column in told.tables["response"].columns]


def test_other_communes_in_each_wave_have_no_change_of_their_own(tmp_path):
    settings = copy_example(tmp_path)
    half = {code for group in (ADOPTING, COMPARISON) for code in sampled(group)[::2]}
    change_rows(tmp_path / "phieu_dot_1.csv", lambda row: row if row["ma_xa"] in half else None)
    change_rows(tmp_path / "phieu_dot_2.csv", lambda row: row if row["ma_xa"] not in half else None)
    told = Told(settings)
    assert "overlap_none" in told.limits
    assert "slope" not in told.pictures
    assert told.findings.communes["change"].isna().all()
    assert "Không có xã nào được khảo sát ở cả hai đợt" in told.page
    assert told.findings.effects["p"].notna().all()


def test_comparison_communes_in_one_wave_only_give_no_difference(tmp_path):
    settings = copy_example(tmp_path)
    gone = set(sampled(COMPARISON))
    change_rows(tmp_path / "phieu_dot_2.csv", lambda row: None if row["ma_xa"] in gone else row)
    told = Told(settings)
    assert "không có trả lời ở cả hai đợt" in told.summary
    assert "effects" not in told.tables
    assert told.limits["overlap_part"].tone == "warn"


def test_an_old_frame_and_early_adopters_are_named(told, tmp_path):
    assert "frame_old" not in told.limits
    assert "4 xã áp dụng từ trước" in told.limits["early"].text
    old = Told(copy_example(tmp_path, ("frame_date = 2025-07-01", "frame_date = 2023-07-01")))
    assert old.limits["frame_old"].tone == "warn"
    late = Told(copy_example(tmp_path, ("frame_date = 2025-07-01", "frame_date = 2026-07-01")))
    assert late.limits["frame_later"].tone == "warn"


# --- small cells, other settings ----------------------------------------------------------------------------


def test_a_commune_with_few_answers_is_hidden_in_page_workbook_and_plots(tmp_path):
    settings = copy_example(tmp_path)
    code = sampled(ADOPTING)[0]
    left = iter(range(10**6))

    def few(row):
        silent = row["ma_xa"] == code and row["tra_loi"] == "1" and next(left) >= 8
        return {**row, "tra_loi": "0"} if silent else row

    change_rows(tmp_path / "phieu_dot_2.csv", few)
    told = Told(settings)
    row = told.findings.communes.loc[code]
    assert (row["2_n"], row["2_mark"], row["change_mark"]) == (8, "hidden", "hidden")
    table = told.tables["communes"]
    cells = dict(zip(table.frame["code"], table.cells("vi"), strict=True))[code]
    assert cells[6:] == ["–", "–", "–"]
    assert "1 ước lượng theo xã không công bố" in told.page
    figure = told.pictures["communes"].draw()
    assert sum(len(c.lines[0].get_xdata()) for c in figure.axes[1].containers) == 43
    write_report(settings, tmp_path / "out", today=TODAY)
    book = openpyxl.load_workbook(tmp_path / "out" / "bang_so_lieu.xlsx")
    sheet = next(page for page in book if page.title.endswith("05_communes"))
    (values,) = [r for r in sheet.iter_rows(min_row=5, values_only=True) if r[0] == code]
    assert values.count("–") == 4 + 1 + 4


def test_counts_below_five_are_not_printed(told):
    cells = told.tables["answers"].cells("vi")
    numbers = [int(cell.replace(".", "")) for row in cells for cell in row[1:] if cell != "–"]
    assert min(numbers) >= 5
    assert any(cell == "–" for row in cells for cell in row)
    assert "không công bố" in told.tables["answers"].note


def test_no_groups_no_truth_no_villages_no_strata_still_make_a_report(tmp_path):
    text = (EXAMPLE / "bao_cao.toml").read_text(encoding="utf-8")
    groups = text[text.index("[outcome.groups]") : text.index("[weighting]")]
    settings = copy_example(
        tmp_path, (groups, ""), drop_line("truth"), drop_line("village"), drop_line("stratum"),
        drop_line("probability"), ('nonresponse_cells = ["tang"]', "nonresponse_cells = []"),
        ("synthetic = true", "synthetic = false"), drop_line("source"),
    )  # fmt: skip
    told = Told(settings)
    assert list(told.findings.effects.index) == ["satisfied"]
    assert {"truth", "truth_communes"}.isdisjoint(told.tables)
    assert "Không có tệp giá trị thật" in told.page
    assert "SỐ LIỆU GIẢ LẬP" not in told.page
    assert "(số liệu giả lập)" not in told.page


def test_text_of_the_user_is_text_on_the_page(tmp_path):
    told = Told(copy_example(tmp_path, ('title = "Mức', 'title = "<script>alert(1)</script> Mức')))
    assert "<script>" not in told.page
    assert "&lt;script&gt;" in told.page


def test_another_level_is_named_and_narrower(told, tmp_path):
    other = Told(copy_example(tmp_path, ("level = 0.95", "level = 0.9")))
    assert "khoảng tin cậy 90 %" in other.page
    assert "95 %" not in other.page
    assert other.findings.effects["low"].iloc[0] > told.findings.effects["low"].iloc[0]
