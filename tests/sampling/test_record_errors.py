import datetime as dt
import re
from dataclasses import replace
from pathlib import Path

import pytest
from record_samples import commune_frame, drawn, paths

from sampling.checks import ArgumentError, ColumnError, DataError
from sampling.plan import Plan
from sampling.record import list_hash, write_field_lists, write_record


@pytest.fixture(scope="module")
def sample():
    return drawn()


def says(kind, text):
    return pytest.raises(kind, match=f"^{re.escape(text)}$")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


# --- where things may stand ---------------------------------------------------------------------------------


def test_another_ending_is_refused(sample, tmp_path):
    path = str(tmp_path / "bien_ban.pdf")
    with says(ArgumentError, f"path={path!r} ends in '.pdf'. End it in .docx or .xlsx."):
        write_record(sample, path)


def test_a_folder_in_the_place_of_the_record_is_refused(sample, tmp_path):
    (tmp_path / "a.docx").mkdir()
    with says(ArgumentError, f"path={str(tmp_path / 'a.docx')!r} is a folder. Name a file."):
        write_record(sample, tmp_path / "a.docx")


def test_a_missing_folder_is_named(sample, tmp_path):
    path = tmp_path / "khong_co" / "a.docx"
    with says(
        ArgumentError, f"path={str(path)!r}: there is no folder 'khong_co' to put it in. Make it first."
    ):
        write_record(sample, path)
    folder = tmp_path / "khong_co" / "ra"
    with says(
        ArgumentError, f"folder={str(folder)!r}: there is no folder 'khong_co' to put it in. Make it first."
    ):
        write_field_lists(sample, folder)


def test_a_record_that_is_there_is_replaced_only_on_request(sample, tmp_path):
    write_record(sample, tmp_path / "a.docx")
    before = (tmp_path / "a.docx").read_bytes()
    with says(ArgumentError, "path='a.docx' is there already. Name a new file, or pass overwrite=True."):
        write_record(sample, tmp_path / "a.docx")
    assert (tmp_path / "a.docx").read_bytes() == before
    write_record(sample, tmp_path / "a.docx", lang="en", overwrite=True)
    assert (tmp_path / "a.docx").read_bytes() != before


def test_the_workbook_beside_a_long_record_is_not_replaced_either(sample, tmp_path, monkeypatch):
    monkeypatch.setattr("sampling.record.MOST", 1)
    (tmp_path / "a_danh_sach.xlsx").write_text("other", encoding="utf-8")
    with says(
        ArgumentError, "path='a_danh_sach.xlsx' is there already. Name a new file, or pass overwrite=True."
    ):
        write_record(sample, tmp_path / "a.docx")
    assert names(tmp_path) == ["a_danh_sach.xlsx"]


def test_a_record_that_fails_leaves_nothing_behind(sample, tmp_path, monkeypatch):
    def broken(record, path):
        path.write_text("half", encoding="utf-8")
        raise OSError("No space left on device")

    monkeypatch.setattr("sampling.record.write_word", broken)
    with pytest.raises(OSError, match="No space left"):
        write_record(sample, tmp_path / "a.docx")
    assert names(tmp_path) == []


def test_a_record_that_is_open_elsewhere_is_told_so(sample, tmp_path, monkeypatch):
    def stubborn(self, target):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", stubborn)
    with says(
        PermissionError,
        "path='a.docx' is in use (Permission denied). Close the document, then write it again.",
    ):
        write_record(sample, tmp_path / "a.docx")
    assert names(tmp_path) == []


def test_lists_never_go_into_a_folder_that_holds_other_things(sample, tmp_path):
    (tmp_path / "ra").mkdir()
    (tmp_path / "ra" / "cua_toi.txt").write_text("x", encoding="utf-8")
    with says(
        ArgumentError,
        f"folder={str(tmp_path / 'ra')!r} holds other things ('cua_toi.txt'), and lists that were handed "
        f"out are "
        "never replaced. Name a new folder, or move them away.",
    ):
        write_field_lists(sample, tmp_path / "ra")
    assert names(tmp_path / "ra") == ["cua_toi.txt"]
    assert names(tmp_path) == ["ra"]


def test_lists_that_were_written_are_never_replaced(sample, tmp_path):
    write_field_lists(sample, tmp_path / "ra", interviewers=1)
    before = names(tmp_path / "ra")
    with pytest.raises(ArgumentError, match="are never replaced"):
        write_field_lists(sample, tmp_path / "ra", interviewers=2)
    assert names(tmp_path / "ra") == before


def test_an_empty_folder_and_the_litter_of_desktops_are_no_hindrance(sample, tmp_path):
    (tmp_path / "ra").mkdir()
    (tmp_path / "ra" / "Thumbs.db").write_text("", encoding="utf-8")
    write_field_lists(sample, tmp_path / "ra", interviewers=1)
    assert len(names(tmp_path / "ra")) == 2


def test_a_file_in_the_place_of_the_folder_is_refused(sample, tmp_path):
    (tmp_path / "ra").write_text("", encoding="utf-8")
    with says(ArgumentError, f"folder={str(tmp_path / 'ra')!r} is a file. Name a folder."):
        write_field_lists(sample, tmp_path / "ra")


def test_lists_that_fail_leave_nothing_behind(sample, tmp_path, monkeypatch):
    monkeypatch.setattr("sampling.record.fields.put_table", lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_field_lists(sample, tmp_path / "ra")
    assert names(tmp_path) == []


# --- arguments ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", [write_record, write_field_lists])
def test_something_else_than_a_sample_is_refused(tmp_path, call):
    with says(TypeError, "sample is a DataFrame; pass the Sample that Plan.draw returned."):
        call(drawn().table, tmp_path / "a.docx")


def test_a_sample_without_units_is_refused(sample, tmp_path):
    empty = replace(sample, table=sample.table.iloc[:0])
    for call in (write_record, write_field_lists):
        with says(DataError, "sample has no units. Draw it first: plan.draw(seed=...)."):
            call(empty, tmp_path / "a.docx")
    with pytest.raises(DataError, match="has no units"):
        list_hash(empty)


def test_a_sample_of_which_no_unit_is_in_use_has_no_lists(sample, tmp_path):
    gone = replace(sample, table=sample.table.assign(use="replaced"))
    with says(
        DataError,
        "sample: no unit of it is in use, so there is nothing to visit. Draw or release units first.",
    ):
        write_field_lists(gone, tmp_path / "ra")


@pytest.mark.parametrize("call", [write_record, write_field_lists])
def test_an_unknown_language_is_refused(sample, tmp_path, call):
    with says(ArgumentError, "lang='fr' is not known. Choose one of 'vi', 'en'."):
        call(sample, tmp_path / "a.docx", lang="fr")


def test_members_are_names_or_pairs(sample, tmp_path):
    with says(TypeError, "members='An': pass a list of names, or of pairs (name, role)."):
        write_record(sample, tmp_path / "a.docx", members="An")
    with says(ArgumentError, "members: ('An', 'Bình', 'Chính') is neither a name nor a pair (name, role)."):
        write_record(sample, tmp_path / "a.docx", members=[("An", "Bình", "Chính")])


def test_the_day_is_a_date(sample, tmp_path):
    write_record(sample, tmp_path / "ok.docx", date=dt.date(2026, 11, 22))
    with says(ArgumentError, "date='22/11/2026': write it as 'yyyy-mm-dd', e.g. '2026-11-22'."):
        write_record(sample, tmp_path / "a.docx", date="22/11/2026")
    with says(TypeError, "date=2026 is a int; pass a date, or text such as '2026-11-22'."):
        write_record(sample, tmp_path / "a.docx", date=2026)


def test_an_unknown_stage_names_the_likely_one(sample, tmp_path):
    with says(
        ColumnError,
        "by='vilage': no stage of that name is drawn. Did you mean 'village'? Choose one of 'commune', "
        "'village', "
        "'household'.",
    ):
        write_field_lists(sample, tmp_path / "ra", by="vilage")


def test_a_stage_that_waits_is_no_place(tmp_path):
    sample = Plan(commune_frame()).stage("commune", n=3).stage("village", n=2).draw(1)
    with says(ColumnError, "by='village': no stage of that name is drawn. Choose one of 'commune'."):
        write_field_lists(sample, tmp_path / "ra", by="village")


def test_an_unknown_column_names_the_likely_one(sample, tmp_path):
    with says(
        ColumnError,
        "columns='household_nam': the sample has no such column. Did you mean 'household_name'?",
    ):
        write_field_lists(sample, tmp_path / "ra", columns=["household_nam"])


@pytest.mark.parametrize(
    ("given", "kind", "text"),
    [
        ("An", TypeError, "interviewers='An': pass a list of names, or how many people there are."),
        (True, TypeError, "interviewers=True: pass a list of names, or how many people there are."),
        (2.5, TypeError, "interviewers=2.5: pass a list of names, or how many people there are."),
        (0, ArgumentError, "interviewers=0: it takes one person at least."),
        ([], ArgumentError, "interviewers=[]: give every person a name."),
        (["An", " "], ArgumentError, "interviewers=['An', ' ']: give every person a name."),
        (
            ["An", "Bình", "An "],
            ArgumentError,
            "interviewers: 'An' stands there twice. Tell the two apart, e.g. by a number.",
        ),
        (
            9,
            ArgumentError,
            "interviewers: 9 people for 8 units of 'village', which stay whole. Name fewer people, or "
            "divide at a "
            "later stage: by=... of 'commune', 'village', 'household'.",
        ),
    ],
)
def test_interviewers_are_names_or_a_number(sample, tmp_path, given, kind, text):
    with says(kind, text):
        write_field_lists(sample, tmp_path / "ra", interviewers=given)


def test_a_release_of_a_unit_leaves_the_file_of_lists_as_it_was(sample, tmp_path):
    before = sample.table.copy()
    once = sample.release(paths(sample.main)[:1], reason="vắng", on="2026-12-01")
    write_record(once, tmp_path / "a.xlsx")
    write_field_lists(once, tmp_path / "ra")
    assert sample.table.equals(before)
