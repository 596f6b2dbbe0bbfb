from pathlib import Path

import pytest

from sampling.checks import ArgumentError
from surveykit.report.output import check_output, write_whole

OURS = ("bao_cao.html",)


def fill(text):
    return lambda folder: (folder / "bao_cao.html").write_text(text, encoding="utf-8")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_new_folder_appears_with_what_was_written(tmp_path):
    write_whole(tmp_path / "a" / "output", fill("new"), ours=OURS)
    assert (tmp_path / "a" / "output" / "bao_cao.html").read_text(encoding="utf-8") == "new"
    assert names(tmp_path / "a") == ["output"]


def test_an_earlier_report_is_replaced_whole(tmp_path):
    write_whole(tmp_path / "output", fill("old"), ours=OURS)
    (tmp_path / "output" / "Thumbs.db").write_text("", encoding="utf-8")
    write_whole(tmp_path / "output", fill("new"), ours=OURS)
    assert names(tmp_path / "output") == ["bao_cao.html"]
    assert (tmp_path / "output" / "bao_cao.html").read_text(encoding="utf-8") == "new"
    assert names(tmp_path) == ["output"]


def test_a_writer_that_fails_leaves_the_earlier_report_and_nothing_else(tmp_path):
    write_whole(tmp_path / "output", fill("old"), ours=OURS)

    def broken(folder):
        fill("half")(folder)
        raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space left"):
        write_whole(tmp_path / "output", broken, ours=OURS)
    assert (tmp_path / "output" / "bao_cao.html").read_text(encoding="utf-8") == "old"
    assert names(tmp_path) == ["output"]


@pytest.mark.parametrize("step", [1, 2])
def test_a_folder_that_cannot_be_moved_leaves_the_earlier_report(tmp_path, monkeypatch, step):
    write_whole(tmp_path / "output", fill("old"), ours=OURS)
    moves = []
    move = Path.replace

    def stubborn(self, target):
        moves.append(target)
        if len(moves) == step:
            raise PermissionError(13, "Permission denied")
        return move(self, target)

    monkeypatch.setattr(Path, "replace", stubborn)
    with pytest.raises(PermissionError, match=r"in use|denied"):
        write_whole(tmp_path / "output", fill("new"), ours=OURS)
    assert (tmp_path / "output" / "bao_cao.html").read_text(encoding="utf-8") == "old"
    assert names(tmp_path) == ["output"]


def test_a_folder_with_other_things_is_never_replaced(tmp_path):
    (tmp_path / "luan_van.docx").write_text("x", encoding="utf-8")
    with pytest.raises(ArgumentError, match=r"holds other things \('luan_van.docx'\).*Name another folder"):
        check_output(tmp_path, OURS)


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "output").write_text("x", encoding="utf-8")
    with pytest.raises(ArgumentError, match="is a file"):
        write_whole(tmp_path / "output", fill("new"), ours=OURS)
