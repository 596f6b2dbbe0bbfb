"""The file of the weights: a column for each factor, the trail, the margins, in Vietnamese."""

from __future__ import annotations

import re

import numpy as np
import openpyxl
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from weighted import PEOPLE, three_stages, weighted

import surveykit as sv
from sampling.checks import ArgumentError
from surveykit.diagnostics import export_weights, margins_table, step_words, weight_factors


def rows_of(sheet, heading: str) -> tuple[list[str], list[tuple]]:
    """Return the headings and rows of a sheet below its caption."""
    lines = list(sheet.iter_rows(values_only=True))
    at = next(i for i, line in enumerate(lines) if heading in line)
    return list(lines[at]), lines[at + 1 :]


def test_the_workbook_has_a_column_for_each_factor_and_sheets_for_trail_and_margins(tmp_path):
    design = weighted()
    assert export_weights(design, tmp_path / "quyen_so.xlsx", columns="so") == [tmp_path / "quyen_so.xlsx"]
    book = openpyxl.load_workbook(tmp_path / "quyen_so.xlsx")
    assert book.sheetnames == ["Quyền số", "Các bước", "Biên"]
    heads, rows = rows_of(book["Quyền số"], "phiếu")
    assert heads == [
        "phiếu", "so", "xa", "quyền số cơ sở", "không trả lời (xa)", "hiệu chỉnh biên (gioi)",
        "quyền số cuối cùng",
    ]  # fmt: skip
    assert rows[0][:3] == ("0", "007", "a")
    assert_allclose([row[3:] for row in rows], weight_factors(design).iloc[:, 1:].to_numpy(), rtol=1e-15)
    heads, rows = rows_of(book["Các bước"], "bước")
    assert heads == [
        "bước", "số phiếu có quyền số", "tổng quyền số", "nhỏ nhất", "lớn nhất", "hệ số thiết kế Kish",
        "thay đổi lớn nhất (lần)",
    ]  # fmt: skip
    assert [row[0] for row in rows] == [
        "quyền số thiết kế", "không trả lời (xa)", "hiệu chỉnh biên (gioi)",
    ]  # fmt: skip
    assert_allclose([row[1:] for row in rows], design.trail.iloc[:, 1:])
    heads, rows = rows_of(book["Biên"], "biên")
    assert heads[:5] == ["bước", "biên", "nhóm", "mục tiêu", "trước bước"]
    assert [row[:3] for row in rows] == [("hiệu chỉnh biên (gioi)", "gioi", level) for level in ("Nam", "Nữ")]
    assert_allclose([row[3:5] for row in rows], [[30, 40], [30, 20]])


def test_the_text_files_hold_the_same(tmp_path):
    design = weighted()
    paths = export_weights(design, tmp_path / "w.csv", columns="so")
    assert [path.name for path in paths] == ["w.csv", "w_cac_buoc.csv", "w_bien.csv"]
    forms, trail, margins = (pd.read_csv(path, encoding="utf-8-sig", dtype={"so": str}) for path in paths)
    assert forms["so"].tolist() == ["007", "008", "009", "010"]
    assert_allclose(forms["quyền số cuối cùng"], design.w)
    assert_allclose(trail["hệ số thiết kế Kish"], design.trail["deff"])
    assert_allclose(margins["còn lệch"], margins_table(design)["gap"])
    assert paths[0].read_bytes().startswith("\ufeffphiếu,so".encode())


def test_stages_have_headings_and_ids_are_text(tmp_path):
    design = three_stages()
    export_weights(design, tmp_path / "w.xlsx")
    heads, rows = rows_of(openpyxl.load_workbook(tmp_path / "w.xlsx")["Quyền số"], "phiếu")
    assert heads[5:8] == ["hệ số cấp xa", "hệ số cấp thon", "hệ số cấp nguoi"]
    assert rows[0][2] == design.data["xa"].iloc[0]


def test_ids_that_pandas_made_floats_lose_their_point_and_pairs_are_joined(tmp_path):
    data = PEOPLE.assign(so=[7.0, 8.0, np.nan, 9.5])
    crossed = {("gioi", "xa"): {(g, x): 0.25 for g in ("Nam", "Nữ") for x in "ab"}}
    paths = export_weights(sv.rake(sv.Design(data, weights="w"), crossed), tmp_path / "w.csv", columns="so")
    forms, _, margins = (pd.read_csv(path, encoding="utf-8-sig", dtype=str) for path in paths)
    assert forms["so"].fillna("").tolist() == ["7", "8", "", "9.5"]
    assert margins["nhóm"].tolist() == ["Nam × a", "Nam × b", "Nữ × a", "Nữ × b"]
    assert margins["biên"][0] == "gioi × xa"


def test_a_total_has_no_level_in_the_file(tmp_path):
    design = sv.calibrate(sv.Design(PEOPLE, weights="w"), {"tuoi": 2000.0})
    margins = pd.read_csv(export_weights(design, tmp_path / "w.csv")[2], encoding="utf-8-sig")
    assert margins["nhóm"].isna().all()


def test_a_design_without_steps_has_an_empty_sheet_of_margins(tmp_path):
    export_weights(sv.Design(PEOPLE, weights="w"), tmp_path / "w.xlsx")
    heads, rows = rows_of(openpyxl.load_workbook(tmp_path / "w.xlsx")["Biên"], "biên")
    assert len(heads) == 11
    assert rows == []


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_a_file_is_replaced_only_when_asked(tmp_path, ending):
    path = tmp_path / f"w.{ending}"
    export_weights(weighted(), path)
    with pytest.raises(
        ArgumentError, match=r"^path='w\.\w+' is there already\. Name a new file, or pass over"
    ):
        export_weights(weighted(), path)
    export_weights(sv.Design(PEOPLE, weights="w"), path, overwrite=True)
    assert [p.name for p in tmp_path.iterdir() if p.suffix == ".part"] == []


def test_a_file_of_another_kind_is_refused():
    sentence = "path='quyen_so.txt' ends in '.txt'. End it in .xlsx or .csv."
    with pytest.raises(ArgumentError, match=f"^{re.escape(sentence)}$"):
        export_weights(weighted(), "quyen_so.txt")


# --- words -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("nonresponse (one class)", "không trả lời (một lớp)"),
        ("nonresponse (xa; 2 joined)", "không trả lời (xa; gộp 2 lớp)"),
        ("propensity classes (tuoi)", "lớp xác suất trả lời (tuoi)"),
        ("propensity (tuoi)", "xác suất trả lời (tuoi)"),
        ("calibrate (gioi) by xa", "hiệu chỉnh (gioi) theo xa"),
        ("again rake (gioi)", "làm lại hiệu chỉnh biên (gioi)"),
        ("times (so_nguoi)", "nhân với (so_nguoi)"),
        ("unknown eligibility (xa)", "không rõ đối tượng (xa)"),
        (
            "trim (≤ limits of 2 groups: 3 cut, deff 1.42 → 1.4, known totals moved up to 0.39 %)",
            "cắt quyền số (≤ giới hạn của 2 nhóm: cắt 3, deff 1,42 → 1,4, tổng đã biết lệch tới 0,39 %)",
        ),
        ("raked by hand", "raked by hand"),
        ("design", "quyền số thiết kế"),
    ],
)
def test_steps_have_vietnamese_words(name, text):
    assert step_words(name) == text
    assert step_words(name, "en") == name


def test_every_step_of_the_house_has_words():
    data = PEOPLE.assign(k=2.0, kq=["I", "UH", "I", "R"])
    design = sv.Design(data, weights="w").pipe(sv.spread_unknown, status="kq")
    design = design.pipe(sv.adjust_nonresponse, responded="tra_loi").pipe(sv.multiply_weights, "k")
    design = design.pipe(sv.multiply_weights, "k", divide=True)
    design = design.pipe(sv.redistribute, give="so == '010'", take="so == '009'")
    design = design.pipe(sv.calibrate, {"tuoi": 2500.0}).pipe(sv.rake, {"xa": {"a": 0.5, "b": 0.5}})
    design = design.pipe(sv.poststratify, "xa", {"a": 0.5, "b": 0.5}).pipe(sv.trim, upper=100)
    assert len(design.steps) == 10
    for name in design.trail["step"]:
        assert step_words(name).split(" (")[0] != name.split(" (")[0]
