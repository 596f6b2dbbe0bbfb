import re

import pandas as pd
import pytest
from projects import EXAMPLE, change_rows, copy_example, drop_line

from sampling.checks import ArgumentError, ColumnError, DataError, LonelyPSUError
from surveykit.project import SCHEMA, keys_table, read_project, read_settings

WRONG = (ArgumentError, ColumnError, DataError, LonelyPSUError)


def sentence(settings):
    """Return the one sentence with which a settings file is refused."""
    with pytest.raises(WRONG) as caught:
        read_project(settings)
    text = str(caught.value)
    assert "\n" not in text
    return text


# --- keys ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_table_of_keys_has_every_key_once(lang):
    table = keys_table(lang)
    assert re.findall(r"^\| `([^`]+)`", table, flags=re.MULTILINE) == list(SCHEMA)
    assert all(line.count(" | ") == 3 for line in table.splitlines()[2:])


def test_the_example_names_every_required_key():
    settings = read_settings(EXAMPLE / "bao_cao.toml")
    assert [name for name, key in SCHEMA.items() if key.required and settings[name] is None] == []


KEYS = [
    pytest.param(
        [("frame_date", "frame_dat")],
        "'population.frame_dat' is not a key of the settings. Did you "
        "mean 'population.frame_date'? Correct or remove it",
        id="unknown key",
    ),
    pytest.param(
        [drop_line("satisfied")],
        "the key 'outcome.satisfied' is missing. Add it: Answers that count as satisfied",
        id="missing key",
    ),
    pytest.param(
        [drop_line("weight")],
        "The key 'columns.weight' is missing: design.selection=\"probability\" needs the design weights",
        id="no weights",
    ),
    pytest.param(
        [drop_line("margins")], "The key 'files.margins' is missing: weighting.rake needs", id="no margins"
    ),
    pytest.param(
        [drop_line("responded")],
        "The key 'columns.responded' is missing: weighting.nonresponse_cells",
        id="cells without responded",
    ),
    pytest.param(
        [("level = 0.95", "level = 95")],
        "report.level=95: write it as a share between 0 and 1. Did you mean 0.95?",
        id="level in per cent",
    ),
    pytest.param(
        [("level = 0.95", 'level = "cao"')], "report.level='cao': a number is needed here", id="level as text"
    ),
    pytest.param(
        [("synthetic = true", 'synthetic = "yes"')], "synthetic='yes': a true/false is needed", id="flag"
    ),
    pytest.param(
        [('language = "vi"', 'language = "vn"')],
        "language='vn' is not known. Choose one of 'vi', 'en'",
        id="language",
    ),
    pytest.param(
        [("frame_date = 2025-07-01", 'frame_date = "hè 2025"')],
        "population.frame_date: 'hè 2025' is not a date. Write it as 2025-07-01 or 01/07/2025",
        id="date",
    ),
    pytest.param(
        [('level = "2"', 'level = "1"')], "waves.after.level='1' is also waves.before.level", id="one wave"
    ),
    pytest.param(
        [("date = 2026-10-15", "date = 2024-10-15")],
        "waves.after.date=2024-10-15 is not later",
        id="waves swapped",
    ),
    pytest.param(
        [("satisfied = [4, 5]", "satisfied = [4, 6]")],
        "outcome.satisfied='6': it is not an answer of outcome.scale",
        id="unknown level",
    ),
    pytest.param(
        [("missing = []", "missing = [5]")], "outcome.missing='5': it is also an answer of", id="missing code"
    ),
    pytest.param([('title = "', "title = ")], "is not valid TOML", id="toml"),
    pytest.param([('"c01", "c02", "c03"', "")], "outcome.groups={", id="empty group"),
]


@pytest.mark.parametrize(("edits", "error"), KEYS)
def test_a_wrong_key_is_named_with_the_mend(tmp_path, edits, error):
    assert error in sentence(copy_example(tmp_path, *edits))


COLUMNS = [
    pytest.param(
        [('"phieu_dot_2.csv"]', '"phieu_dot_3.csv"]')],
        "files.answers='phieu_dot_3.csv': there is no such file",
        id="absent file",
    ),
    pytest.param(
        [('stratum = "tang"', 'stratum = "tangg"')],
        "columns.stratum='tangg': phieu_dot_1.csv has no such column. Did you mean 'tang'?",
        id="absent column",
    ),
    pytest.param(
        [('"c13", "c14", "c15"', '"c13", "c14", "c51"')],
        "outcome.groups.Tiếp nhận, xử lý phản ánh kiến nghị='c51': phieu_dot_1.csv has no such column",
        id="absent item",
    ),
    pytest.param(
        [('adopted = "ngay_ap_dung"', 'adopted = "ngay"')],
        "communes.adopted='ngay': xa.csv has no such column",
        id="absent date",
    ),
    pytest.param(
        [('level = "2"', 'level = "3"')],
        "columns.wave='dot': '2' in row 2 of phieu_dot_2.csv is neither "
        "waves.before.level='1' nor waves.after.level='3'",
        id="other wave",
    ),
    pytest.param(
        [('"phieu_dot_1.csv", "phieu_dot_2.csv"', '"phieu_dot_1.csv"')],
        "waves.after.level='2': no form has this value in column 'dot'",
        id="empty wave",
    ),
    pytest.param(
        [('"phieu_dot_1.csv", "phieu_dot_2.csv"', '"phieu_dot_1.csv", "phieu_dot_1.csv"')],
        "columns.id='ma_phieu': 'D1-0001' stands on 2 forms",
        id="ids twice",
    ),
    pytest.param(
        [('weight = "quyen_so"', 'weight = "gioi"')],
        "columns.weight='gioi': 'Nữ' in row 2 of phieu_dot_1.csv is not a number",
        id="weights as text",
    ),
    pytest.param(
        [('responded = "tra_loi"', 'responded = "chung"')],
        "columns.responded='chung': ",
        id="responded with other values",
    ),
    pytest.param(
        [('main = "chung"', 'main = "gioi"')],
        "outcome.main='gioi': 'Nữ' in row 2 of phieu_dot_1.csv is not "
        "an answer of outcome.scale=['1', '2', '3', '4', '5']",
        id="answers off the scale",
    ),
    pytest.param(
        [('rake = ["gioi", "nhom_tuoi"]', 'rake = ["gioi", "tang"]')],
        "weighting.rake='tang': bien_dan_so.csv has no rows for it",
        id="no margin",
    ),
]


@pytest.mark.parametrize(("edits", "error"), COLUMNS)
def test_a_wrong_name_in_the_tables_is_named_with_its_key(tmp_path, edits, error):
    assert error in sentence(copy_example(tmp_path, *edits))


def rewrite(name, **changes):
    """Return a change of one cell in the first row of a file."""

    def change(folder):
        done = []

        def once(row):
            if done:
                return row
            done.append(1)
            return {**row, **changes}

        change_rows(folder / name, once)

    return change


CELLS = [
    pytest.param(
        rewrite("phieu_dot_1.csv", ma_xa="1273"),
        "columns.commune='ma_xa': '1273' in row 2 of "
        "phieu_dot_1.csv is not in xa.csv. Its leading zeros are lost ('01273')?",
        id="zeros lost",
    ),
    pytest.param(
        rewrite("phieu_dot_1.csv", ma_xa="99999"),
        "'99999' in row 2 of phieu_dot_1.csv is not in xa.csv",
        id="unknown commune",
    ),
    pytest.param(
        rewrite("phieu_dot_1.csv", ma_xa=""),
        "columns.commune='ma_xa' is empty in 1 rows (first: row 2 of phieu_dot_1.csv)",
        id="no commune",
    ),
    pytest.param(
        rewrite("phieu_dot_1.csv", quyen_so="0"), "columns.weight='quyen_so': '0' in row 2", id="weight 0"
    ),
    pytest.param(
        rewrite("phieu_dot_1.csv", quyen_so=""), "columns.weight='quyen_so' is empty", id="no weight"
    ),
    pytest.param(
        rewrite("phieu_dot_1.csv", tra_loi="2"), "columns.responded='tra_loi': '2' in row 2", id="responded"
    ),
    pytest.param(rewrite("phieu_dot_1.csv", chung="7"), "outcome.main='chung': '7' in row 2", id="answer 7"),
    pytest.param(
        rewrite("phieu_dot_1.csv", gioi="nam"),
        "weighting.rake='gioi': bien_dan_so.csv has no share for 'nam'. Did you mean 'Nam'?",
        id="level without share",
    ),
    pytest.param(rewrite("phieu_dot_1.csv", gioi=""), "weighting.rake='gioi' is empty", id="no sex"),
    pytest.param(rewrite("phieu_dot_1.csv", tang=""), "columns.stratum='tang' is empty", id="no stratum"),
    pytest.param(rewrite("phieu_dot_1.csv", tang="khác"), "columns: ", id="commune in two strata"),
    pytest.param(
        rewrite("xa.csv", ngay_ap_dung="sang năm"),
        "communes.adopted='ngay_ap_dung': row 2 of xa.csv: 'sang năm' is not a date",
        id="date of adoption",
    ),
    pytest.param(
        rewrite("xa.csv", ma_xa="01279"),
        "communes.code: '01279' stands more than once in xa.csv",
        id="commune twice",
    ),
    pytest.param(
        rewrite("xa.csv", xac_suat="1.2"),
        "communes.probability='xac_suat': a probability must lie",
        id="probability above 1",
    ),
    pytest.param(
        rewrite("bien_dan_so.csv", ty_le="0.9"),
        "files.margins='bien_dan_so.csv': the shares of 'gioi' add up to 1.4",
        id="shares do not add up",
    ),
    pytest.param(
        rewrite("bien_dan_so.csv", muc="Khác"),
        "weighting.rake='gioi': bien_dan_so.csv has no share for 'Nam'",
        id="share of another level",
    ),
]


@pytest.mark.parametrize(("change", "error"), CELLS)
def test_a_wrong_cell_is_named_with_its_row_and_the_mend(tmp_path, change, error):
    settings = copy_example(tmp_path)
    change(tmp_path)
    assert error in sentence(settings)


def test_a_stratum_with_one_commune_is_named_and_can_be_settled_by_a_key(tmp_path):
    settings = copy_example(tmp_path, drop_line("probability"))
    assert "has one PSU" in _first_estimate(settings)
    text = settings.read_text(encoding="utf-8").replace("[report]", "[report]\n#", 1)
    text = text.replace('overlap = "auto"', 'overlap = "auto"\nlonely_psu = "centre"')
    settings.write_text(text, encoding="utf-8")
    assert read_project(settings).design.lonely_psu == "centre"


def _first_estimate(settings):
    import surveykit as sv

    with pytest.raises(LonelyPSUError) as caught:
        sv.proportion(read_project(settings).design, "satisfied", by="arm", value=1)
    return str(caught.value)


def test_an_absent_settings_file_names_the_likely_one(tmp_path):
    copy_example(tmp_path)
    assert "Did you mean 'bao_cao.toml'?" in sentence(tmp_path / "bao_cao.tml")


def test_codes_for_no_opinion_are_left_out(tmp_path):
    settings = copy_example(tmp_path, ("missing = []", "missing = [9]"))
    rewrite("phieu_dot_1.csv", chung="9")(tmp_path)
    data = read_project(settings).data
    assert data["responded"].iloc[0] == 1
    assert pd.isna(data["satisfied"].iloc[0])
