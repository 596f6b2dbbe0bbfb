import subprocess
import sys

import openpyxl
import pandas as pd
import pytest
from projects import EXAMPLE, copy_example, drop_line

from surveykit import __version__
from surveykit.cli import main
from surveykit.project import SCHEMA, read_project
from surveykit.report.starter import FORM, STEPS, start

HEAVY = ("scipy.stats", "statsmodels", "matplotlib", "openpyxl", "jinja2", "tqdm", "surveykit.report")


def run(*arguments):
    """Return the exit code of the command line, however it ends."""
    try:
        return main(list(arguments))
    except SystemExit as done:
        return done.code


# --- words --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [["--help"], ["report", "--help"], ["new", "-h"]])
def test_help_is_in_vietnamese(capsys, arguments):
    assert run(*arguments) == 0
    text = capsys.readouterr().out
    assert "Cách dùng: surveykit" in text
    assert "hiện phần giúp này rồi thoát" in text
    assert [word for word in ("usage", "options", "positional", "show this") if word in text] == []


def test_help_is_quick_for_it_loads_nothing_heavy():
    code = (
        "import sys; from surveykit.cli import main\n"
        "try: main(['--help'])\n"
        f"except SystemExit: print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, encoding="utf-8")
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_version_is_told(capsys):
    assert run("--version") == 0
    assert capsys.readouterr().out == f"surveykit {__version__}\n"


def test_no_command_shows_the_help_and_is_wrong(capsys):
    assert run() == 2
    assert "LỆNH" in capsys.readouterr().out


def test_an_unknown_command_is_wrong(capsys):
    assert run("repot") == 2
    assert "Xem cách dùng: surveykit --help" in capsys.readouterr().err


# --- report -------------------------------------------------------------------------------------------------


@pytest.fixture
def asked(monkeypatch):
    """Take the place of the report's writer; return what it was asked."""
    calls = []

    def write(*arguments, **options):
        calls.append((arguments, options))
        return "bao_cao.html"

    monkeypatch.setattr("surveykit.report.write_report", write)
    return calls


def test_report_without_a_file_is_that_of_the_example(asked, capsys):
    assert run("report") == 0
    ((file, output), options) = asked[0]
    assert file == EXAMPLE / "bao_cao.toml"
    assert output == "output"
    assert options == {"lang": None, "progress": True}
    assert capsys.readouterr().out == "Báo cáo: bao_cao.html\n"


def test_options_reach_the_report(asked):
    assert run("report", "x.toml", "--output", "ra", "--lang", "en", "--quiet") == 0
    assert asked == [(("x.toml", "ra"), {"lang": "en", "progress": False})]


def test_a_report_shows_its_progress_and_says_where_it_lies(tmp_path, capsys):
    assert run("report", str(EXAMPLE / "bao_cao.toml"), "--output", str(tmp_path / "ra")) == 0
    done = capsys.readouterr()
    assert done.out == f"Báo cáo: {tmp_path / 'ra' / 'bao_cao.html'}\n"
    assert "Vẽ biểu đồ" in done.err
    assert "100%" in done.err


def test_what_is_wrong_in_the_input_is_one_sentence_code_2_and_nothing_written(tmp_path, capsys):
    settings = copy_example(tmp_path / "du_an", ('stratum = "tang"', 'stratum = "tangg"'))
    assert run("report", str(settings), "--output", str(tmp_path / "ra"), "--quiet") == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith(
        "Lỗi: columns.stratum='tangg': phieu_dot_1.csv has no such column. Did you mean"
    )
    assert lines[1] == "Chưa ghi gì ra đĩa."
    assert not (tmp_path / "ra").exists()


def test_a_stratum_of_one_commune_is_wrong_input_too(tmp_path, capsys):
    settings = copy_example(tmp_path / "du_an", drop_line("probability"))
    assert run("report", str(settings), "--output", str(tmp_path / "ra"), "--quiet") == 2
    error = capsys.readouterr().err
    assert "columns.stratum: strata='stratum': 'chắc chắn 01279' has one PSU (commune=01279)" in error
    assert 'or set design.lonely_psu = "centre"' in error
    assert not (tmp_path / "ra").exists()


def test_a_disk_that_refuses_is_code_1(monkeypatch, tmp_path, capsys):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("surveykit.report.write_workbook", full)
    assert run("report", "--output", str(tmp_path / "ra"), "--quiet") == 1
    assert "No space left on device" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


# --- new ----------------------------------------------------------------------------------------------------


def test_new_copies_the_example_and_adds_a_form(tmp_path, capsys):
    assert run("new", str(tmp_path / "du_an")) == 0
    names = {path.name for path in EXAMPLE.iterdir() if path.suffix in (".csv", ".toml")} | {FORM}
    assert {path.name for path in (tmp_path / "du_an").iterdir()} == names
    assert "surveykit report bao_cao.toml" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == [tmp_path / "du_an"]


def test_new_fills_an_empty_folder_but_no_other(tmp_path, capsys):
    (tmp_path / "trong").mkdir()
    assert run("new", str(tmp_path / "trong")) == 0
    assert run("new", str(tmp_path / "trong")) == 2
    assert "is not empty" in capsys.readouterr().err
    (tmp_path / "tep").write_text("x", encoding="utf-8")
    assert run("new", str(tmp_path / "tep")) == 2
    assert "is a file" in capsys.readouterr().err


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    folder = tmp_path_factory.mktemp("new") / "du_an"
    start(folder)
    return folder


def test_the_form_has_lists_to_choose_from_and_text_columns(started):
    book = openpyxl.load_workbook(started / FORM)
    assert book.sheetnames == ["phieu", "xa", "bien_dan_so", "huong_dan"]
    page = book["phieu"]
    heads = [cell.value for cell in page[1]]
    assert heads[:7] == ["ma_phieu", "dot", "ma_xa", "ma_thon", "tang", "quyen_so", "tra_loi"]
    assert len(heads) == len(set(heads))
    assert heads[-16:] == ["chung", *(f"c{i:02d}" for i in range(1, 16))]
    rules = {str(rule.sqref).split("2:")[0]: rule for rule in page.data_validations.dataValidation}
    letters = {cell.value: cell.column_letter for cell in page[1]}
    assert rules[letters["chung"]].formula1 == '"1,2,3,4,5"'
    assert rules[letters["dot"]].formula1 == '"1,2"'
    assert rules[letters["gioi"]].formula1 == '"Nam,Nữ"'
    assert rules[letters["ma_xa"]].formula1.startswith("xa!$A$2")
    assert page.column_dimensions[letters["ma_xa"]].number_format == "@"
    dates = {str(rule.sqref).split("2:")[0]: rule.type for rule in book["xa"].data_validations.dataValidation}
    assert "date" in dates.values()


def test_the_form_says_how_to_use_it_and_what_every_column_is(started):
    rows = list(openpyxl.load_workbook(started / FORM)["huong_dan"].iter_rows(values_only=True))
    assert tuple(row[0] for row in rows[: len(STEPS)]) == STEPS
    assert ("phieu", "ma_xa", SCHEMA["columns.commune"].vi) in rows


def test_a_form_filled_in_gives_the_same_project_as_the_csv_files(started, tmp_path):
    settings = copy_example(
        tmp_path,
        ('answers = ["phieu_dot_1.csv", "phieu_dot_2.csv"]', f'answers = ["{FORM}#phieu"]'),
        ('communes = "xa.csv"', f'communes = "{FORM}#xa"'),
        ('margins = "bien_dan_so.csv"', f'margins = "{FORM}#bien_dan_so"'),
    )
    book = openpyxl.load_workbook(started / FORM)
    tables = {"phieu": ["phieu_dot_1", "phieu_dot_2"], "xa": ["xa"], "bien_dan_so": ["bien_dan_so"]}
    for sheet, files in tables.items():
        frames = [
            pd.read_csv(EXAMPLE / f"{f}.csv", dtype=str, keep_default_na=False, encoding="utf-8-sig")
            for f in files
        ]
        heads = [cell.value for cell in book[sheet][1]]
        for i, row in enumerate(pd.concat(frames)[heads].itertuples(index=False), start=2):
            for j, value in enumerate(row, start=1):
                book[sheet].cell(i, j, value or None)
    book.save(tmp_path / FORM)
    filled, plain = read_project(settings), read_project(EXAMPLE / "bao_cao.toml")
    pd.testing.assert_frame_equal(filled.data, plain.data)
    pd.testing.assert_frame_equal(filled.communes, plain.communes)
    assert filled.margins == plain.margins
