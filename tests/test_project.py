import datetime as dt
import re

import openpyxl
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from projects import EXAMPLE, change_rows, copy_example, drop_line

from sampling.checks import ColumnError, DataError
from surveykit.project import read_project
from surveykit.project.files import read_table


@pytest.fixture(scope="module")
def project():
    return read_project(EXAMPLE / "bao_cao.toml")


# --- the example --------------------------------------------------------------------------------------------


def test_the_example_has_its_communes_in_three_arms_by_date_of_adoption(project):
    assert project.sampled["arm"].value_counts().to_dict() == {"adopting": 20, "comparison": 20, "early": 4}
    dates = project.communes.groupby("arm")["adopted"]
    assert max(dates.get_group("early")) <= dt.date(2025, 10, 15) < min(dates.get_group("adopting"))
    assert project.communes.loc[project.communes["arm"] == "comparison", "adopted"].isna().all()


def test_arms_agree_with_what_the_example_says_of_its_communes(project):
    said = pd.read_csv(EXAMPLE / "xa.csv", dtype=str, encoding="utf-8-sig").set_index("ma_xa")["nhom"]
    names = {"adopting": "áp dụng giữa hai đợt", "comparison": "chưa áp dụng", "early": "áp dụng từ trước"}
    assert (project.communes["arm"].map(names) == said).all()


def test_codes_are_text_with_their_zeros(project):
    assert set(project.data["commune"].str.len()) == {5}
    assert project.data["commune"].str.startswith("0").all()


def test_nonrespondents_stay_as_rows_with_weight_zero(project):
    assert len(project.data) == 2816
    silent = (project.data["responded"] == 0).to_numpy()
    assert (project.design.w[silent] == 0).all()
    assert project.data.loc[silent, "satisfied"].isna().all()


def test_each_wave_keeps_its_weights_and_meets_the_margins(project):
    w = pd.DataFrame(
        {"wave": project.data["wave"], "base": project.design.weight_path[0], "w": project.design.w}
    )
    sums = w.groupby("wave").sum()
    assert_allclose(sums["w"], sums["base"])
    for name, shares in project.margins.items():
        for wave in (1, 2):
            rows = project.data["wave"] == wave
            found = project.design.weights[rows].groupby(project.data.loc[rows, f"x_{name}"]).sum()
            assert_allclose(found / found.sum(), [shares[level] for level in found.index], rtol=1e-8)


def test_a_group_is_the_share_of_satisfied_answers_of_each_person(project):
    raw = pd.read_csv(EXAMPLE / "phieu_dot_1.csv", dtype=str, encoding="utf-8-sig")
    items = raw[["c01", "c02", "c03"]]
    share = items.isin(["4", "5"]).sum(axis=1) / items.notna().sum(axis=1)
    answered = raw["tra_loi"] == "1"
    first = project.data["group_1"].iloc[: len(raw)]
    assert_allclose(first[answered], share[answered])
    assert first[~answered].isna().all()


def test_a_commune_taken_with_certainty_has_fraction_one(project):
    sure = project.communes.index[project.communes["probability"] == 1]
    data = project.design.data
    assert (data.loc[data["commune"].isin(sure), "fraction"] == 1).all()
    assert (data.loc[~data["commune"].isin(sure), "fraction"] < 1e-6).all()


def test_waves_in_other_communes_are_independent_samples(tmp_path):
    settings = copy_example(tmp_path, ('overlap = "auto"', 'overlap = "none"'))
    design = read_project(settings).design
    assert design.strata == ("stratum", "certainty", "wave")
    assert design.psu == ("commune", "village")


def test_without_villages_people_are_the_second_stage(tmp_path):
    settings = copy_example(tmp_path, drop_line("village"))
    assert read_project(settings).design.psu == ("commune", "wave", "id")


def test_a_self_selected_sample_needs_no_weights_and_says_what_it_is(tmp_path):
    settings = copy_example(
        tmp_path,
        ('selection = "probability"', 'selection = "self-selected"'),
        drop_line("weight"),
    )
    assert read_project(settings).design.sampling == "self-selected"


def test_what_is_read_names_every_file_with_its_hash(project):
    assert set(project.files) == {
        "bao_cao.toml",
        "phieu_dot_1.csv",
        "phieu_dot_2.csv",
        "xa.csv",
        "bien_dan_so.csv",
        "su_that.csv",
    }
    assert all(re.fullmatch("[0-9a-f]{64}", value) for value in project.files.values())


# --- files as people have them ------------------------------------------------------------------------------


def test_semicolons_decimal_commas_and_vietnamese_dates_give_the_same_project(tmp_path, project):
    settings = copy_example(tmp_path)

    def vietnamese(row):
        row = dict(row)
        for name in ("quyen_so", "xac_suat", "ty_le"):
            if row.get(name):
                row[name] = row[name].replace(".", ",")
        if row.get("ngay_ap_dung"):
            year, month, day = row["ngay_ap_dung"].split("-")
            row["ngay_ap_dung"] = f"{int(day)}/{int(month)}/{year}"
        return row

    for path in tmp_path.glob("*.csv"):
        if path.name != "su_that.csv":
            change_rows(path, vietnamese, delimiter=";")
    other = read_project(settings)
    pd.testing.assert_frame_equal(other.data, project.data)
    pd.testing.assert_frame_equal(other.communes, project.communes)
    assert_allclose(other.design.w, project.design.w)


def test_a_workbook_gives_the_same_project_as_the_csv_files(tmp_path, project):
    settings = copy_example(
        tmp_path,
        ('answers = ["phieu_dot_1.csv", "phieu_dot_2.csv"]', 'answers = ["s.xlsx#dot 1", "s.xlsx#dot 2"]'),
        ('communes = "xa.csv"', 'communes = "s.xlsx#xa"'),
    )
    book = openpyxl.Workbook()
    for sheet, name in (("dot 1", "phieu_dot_1.csv"), ("dot 2", "phieu_dot_2.csv"), ("xa", "xa.csv")):
        page = book.create_sheet(sheet)
        frame = pd.read_csv(EXAMPLE / name, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        page.append(list(frame.columns))
        for row in frame.itertuples(index=False):
            page.append([_excel(name, value) for name, value in zip(frame.columns, row, strict=True)])
    book.save(tmp_path / "s.xlsx")
    other = read_project(settings)
    pd.testing.assert_frame_equal(other.data, project.data)
    assert_allclose(other.design.w, project.design.w)


def _excel(column, value):
    """Return a cell as Excel would hold it: numbers as numbers, dates as dates, codes as text."""
    if value == "":
        return None
    if column == "ngay_ap_dung":
        return dt.datetime.fromisoformat(value)
    return float(value) if column in ("quyen_so", "chung", "tra_loi", "dot", "xac_suat") else value


def test_every_cell_is_text_and_says_where_it_stood(tmp_path):
    (tmp_path / "a.csv").write_text('ma,ten\n01,"Xã A, cũ"\n,\n02, B \n', encoding="utf-8")
    table = read_table(tmp_path, "a.csv", "files.communes")
    assert table["ma"].tolist() == ["01", "02"]
    assert table["ten"].tolist() == ["Xã A, cũ", "B"]
    assert table["_place"].tolist() == ["row 2 of a.csv", "row 4 of a.csv"]


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("a.csv", b"m\xe3,t\n1,2\n", "CSV UTF-8"),
        ("a.csv", b"", "is empty"),
        ("a.csv", b"a,b\n", "has no rows"),
        ("a.csv", b"a,a\n1,2\n", "same name: 'a'"),
        ("a.csv", b"a,b\n1,2,3\n", "line 2 has 3 cells, the first line has 2"),
        ("a.ods", b"x", "only .csv and .xlsx"),
    ],
)
def test_files_that_cannot_be_read_say_why(tmp_path, name, content, error):
    (tmp_path / name).write_bytes(content)
    with pytest.raises((DataError, ColumnError), match=error) as caught:
        read_table(tmp_path, name, "files.communes")
    assert "files.communes='" in str(caught.value)


def test_an_absent_sheet_names_the_likely_one(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "phieu"
    book.active.append(["a"])
    book.save(tmp_path / "b.xlsx")
    with pytest.raises(DataError, match=r"no sheet 'phiu'\. Did you mean 'phieu'"):
        read_table(tmp_path, "b.xlsx#phiu", "files.answers")
    with pytest.raises(DataError, match="has no rows"):
        read_table(tmp_path, "b.xlsx#phieu", "files.answers")
