"""run.py with other ways out to the machine: no program is started here, and no network is touched."""

import ast
import errno
import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

import run

PROJECT = Path(run.__file__).parent


class Programs:
    """Stands in for the programs that run.py starts: keeps the commands, makes what they would make."""

    def __init__(self, fails="", log="", code=1):
        self.fails, self.log, self.code = fails, log, code
        self.seen = []

    def __call__(self, command, root, log):
        words = " ".join(command[1:])
        self.seen.append(words)
        if self.fails and self.fails in words:
            if log is not None:
                log.write_text(self.log, encoding="utf-8")
            return self.code
        if "venv" in words:
            for python in (root / ".venv/bin/python", root / ".venv/Scripts/python.exe"):
                python.parent.mkdir(parents=True)
                python.touch()
        return 0

    def count(self, word):
        return sum(word in words for words in self.seen)


@pytest.fixture(params=["surveykit", "Thư mục của Đặng Hữu Ước"])
def root(request, tmp_path):
    folder = tmp_path / request.param
    folder.mkdir()
    (folder / "constraints.txt").write_text("numpy==2.4.6\n", encoding="utf-8")
    (folder / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    return folder


def refuse(path, text):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


# --- what is done, and how often ----------------------------------------------------------------------------


def test_demo_makes_an_environment_installs_and_writes_the_report(root, capsys):
    programs = Programs()
    assert run.main(["demo", "--lang", "en"], run.Machine(root, programs)) == 0
    assert programs.seen == [
        f"-m venv {root / '.venv'}",
        "-m pip install --constraint constraints.txt hatchling",
        "-m pip install --constraint constraints.txt --no-build-isolation --editable .",
        "-m surveykit.cli report --lang en",
    ]
    said = capsys.readouterr().out
    assert "Tạo môi trường" in said
    assert str(root / ".venv" / "cai_dat.log") in said


def test_second_time_starts_no_installer(root):
    run.main(["demo"], run.Machine(root, Programs()))
    programs = Programs(fails="pip")
    assert run.main(["demo"], run.Machine(root, programs)) == 0
    assert programs.count("pip") == programs.count("venv") == 0
    assert programs.seen[-1] == "-m surveykit.cli report"


@pytest.mark.parametrize("name", ["constraints.txt", "pyproject.toml"])
def test_changed_pins_or_project_install_again_in_the_same_environment(root, name):
    run.main(["demo"], run.Machine(root, Programs()))
    (root / name).write_text("changed\n", encoding="utf-8")
    programs = Programs()
    assert run.main(["demo"], run.Machine(root, programs)) == 0
    assert programs.count("pip") == 2
    assert programs.count("venv") == 0


def test_line_ends_of_windows_are_no_change(root):
    run.main(["demo"], run.Machine(root, Programs()))
    (root / "constraints.txt").write_bytes(b"numpy==2.4.6\r\n")
    programs = Programs()
    run.main(["demo"], run.Machine(root, programs))
    assert programs.count("pip") == 0


def test_test_adds_what_demo_lacks_and_demo_lacks_nothing_after_test(root):
    run.main(["demo"], run.Machine(root, Programs()))
    programs = Programs()
    run.main(["test"], run.Machine(root, programs))
    assert programs.count("--editable .[test]") == 1
    programs = Programs()
    run.main(["demo"], run.Machine(root, programs))
    assert programs.count("pip") == 0


def test_an_installation_that_fails_is_not_taken_for_done(root):
    run.main(["demo"], run.Machine(root, Programs()))
    (root / "pyproject.toml").write_text("changed\n", encoding="utf-8")
    run.main(["demo"], run.Machine(root, Programs(fails="--editable")))
    (root / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    programs = Programs()
    run.main(["demo"], run.Machine(root, programs))
    assert programs.count("--editable") == 1


def test_an_environment_whose_python_does_not_start_is_made_anew(root):
    run.main(["demo"], run.Machine(root, Programs()))
    programs = Programs(fails="-I -S")
    assert run.main(["demo"], run.Machine(root, programs)) == 0
    assert programs.count("venv") == 1
    assert programs.count("--editable") == 1


def test_lab_opens_the_landing_page(root):
    programs = Programs()
    assert run.main(["lab"], run.Machine(root, programs)) == 0
    assert programs.seen[-1] == "-m jupyterlab notebooks/00_bat_dau.ipynb"


def test_test_runs_every_check_and_pytest_last(root, capsys):
    programs = Programs()
    assert run.main(["test"], run.Machine(root, programs)) == 0
    checks = [words.split(" -")[0] for words in programs.seen[-5:]]
    assert checks[:3] == ["-m ruff check .", "-m ruff format", "-m mypy"]
    assert "lint_imports_command" in checks[3]
    assert programs.seen[-1] == "-m pytest --cov"
    assert "failed" not in capsys.readouterr().out


@pytest.mark.parametrize("check", ["ruff check", "mypy", "lint_imports"])
def test_a_check_that_fails_fails_the_run_though_pytest_passes(root, check, capsys):
    programs = Programs(fails=check)
    assert run.main(["test"], run.Machine(root, programs)) == 1
    assert programs.seen[-1] == "-m pytest --cov"
    assert capsys.readouterr().out.rstrip().split("\n")[-1].startswith("• pytest; chưa đạt")


def test_test_with_arguments_is_pytest_alone(root):
    programs = Programs()
    run.main(["test", "tests/test_run.py", "-x"], run.Machine(root, programs))
    assert programs.seen[-1] == "-m pytest tests/test_run.py -x"
    assert programs.count("ruff") == 0


def test_exit_code_of_the_command_is_handed_on(root):
    assert run.main(["demo"], run.Machine(root, Programs(fails="surveykit.cli", code=2))) == 2


@pytest.mark.parametrize("arguments", [[], ["dem"], ["--help"]])
def test_unknown_command_shows_the_three_that_exist(root, arguments, capsys):
    programs = Programs()
    assert run.main(arguments, run.Machine(root, programs)) == 2
    assert "python run.py demo | lab | test" in capsys.readouterr().out
    assert programs.seen == []


# --- what goes wrong ----------------------------------------------------------------------------------------


def one_line(capsys, start):
    """Return the last line said, after checking that it is a sentence and no trace."""
    said = capsys.readouterr()
    line = said.out.rstrip().split("\n")[-1]
    assert line.startswith(start), line
    assert "Traceback" not in said.out + said.err
    return line


@pytest.mark.parametrize(
    ("options", "found"), [({"version": (3, 9)}, "Python 3.9"), ({"wide": False}, "Python 3.11, 32 bit")]
)
def test_python_that_is_too_old_or_32_bit(root, options, found, capsys):
    programs = Programs()
    machine = run.Machine(root, programs, **{"version": (3, 11), **options})
    assert run.main(["demo"], machine) == 1
    assert "cần Python 3.11 trở lên" in one_line(capsys, f"Máy đang dùng {found};")
    assert programs.seen == []


def test_python_3_8_can_read_the_file():
    source = (PROJECT / "run.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 8))
    assert "match " not in source


def test_only_the_standard_library_is_imported():
    tree = ast.parse((PROJECT / "run.py").read_text(encoding="utf-8"))
    names = {a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names}
    names |= {str(node.module).split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert names <= set(sys.stdlib_module_names)


OFFLINE = """WARNING: Retrying after connection broken by 'NewConnectionError: Name or service not known'
ERROR: Could not find a version that satisfies the requirement hatchling (from versions: none)
"""


@pytest.mark.parametrize(
    ("step", "log", "sentence"),
    [
        ("hatchling", OFFLINE, "Không tải được các gói cần thiết: máy không có mạng"),
        ("--editable", "ReadTimeoutError: Read timed out.", "Không tải được các gói cần thiết"),
        ("--editable", "OSError: [Errno 28] No space left on device", "Ổ đĩa không cho ghi: hết chỗ."),
        ("--editable", "[WinError 5] Access is denied", "Ổ đĩa không cho ghi: không có quyền ghi."),
        (
            "--editable",
            "[WinError 32] The process cannot access the file",
            "Tệp đang bị chương trình khác giữ",
        ),
        ("--editable", "HINT: Windows Long Path support", "Đường dẫn của thư mục quá dài"),
        ("venv", "ensurepip is not available.", "Python này thiếu phần tạo môi trường"),
        ("--editable", "something new", "Cài đặt không xong."),
    ],
)
def test_step_that_fails_is_told_in_a_sentence_that_names_the_log(root, step, log, sentence, capsys):
    programs = Programs(fails=step, log=log)
    assert run.main(["demo"], run.Machine(root, programs)) == 1
    assert one_line(capsys, sentence).endswith(str(root / ".venv" / "cai_dat.log"))
    assert programs.count("surveykit.cli") == 0


def test_disk_that_refuses_to_write(root, capsys):
    programs = Programs()
    assert run.main(["demo"], run.Machine(root, programs, refuse)) == 1
    line = one_line(capsys, "Ổ đĩa không cho ghi: No space left on device")
    assert "cai_dat.log" in line
    assert programs.seen == []


def test_log_lies_beside_an_environment_that_cannot_be_made(root, capsys):
    (root / ".venv").write_text("a file", encoding="utf-8")
    assert run.main(["demo"], run.Machine(root, Programs(fails="venv", log="[Errno 17]"))) == 1
    assert one_line(capsys, "Cài đặt không xong.").endswith(str(root / "cai_dat.log"))


def test_missing_pins_are_named(root, capsys):
    (root / "constraints.txt").unlink()
    (root / ".venv").mkdir()
    assert run.main(["demo"], run.Machine(root, Programs())) == 1
    assert "constraints.txt" in one_line(capsys, "Ổ đĩa không cho ghi:")


def test_ctrl_c_leaves_no_trace(root, capsys):
    def interrupted(command, folder, log):
        raise KeyboardInterrupt

    assert run.main(["demo"], run.Machine(root, interrupted)) == 1
    one_line(capsys, "Đã dừng")


# --- paths --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("windows", "python"), [(True, ".venv/Scripts/python.exe"), (False, ".venv/bin/python")]
)
def test_python_of_the_environment_by_system(root, windows, python):
    commands = []

    def keep(command, folder, log):
        commands.append(command)
        return 0

    run.main(["demo"], run.Machine(root, keep, windows=windows))
    assert commands[0][0] == sys.executable
    assert {command[0] for command in commands[1:]} == {str(root / python)}


@pytest.mark.parametrize("site", ["lib/python3.12/site-packages", "Lib/site-packages"])
def test_link_to_the_project_has_no_letter_that_a_code_page_lacks(root, site):
    folder = root / ".venv" / site
    folder.mkdir(parents=True)
    (folder / run.LINK).write_text(str(root), encoding="utf-8")
    run.link_by_relative_path(run.Machine(root))
    link = (folder / run.LINK).read_text(encoding="ascii").strip()
    assert (folder / link).resolve() == root.resolve()


def test_programs_speak_utf_8_and_forget_another_python(monkeypatch):
    monkeypatch.setenv("PYTHONHOME", "elsewhere")
    found = run.environment()
    assert found["PYTHONUTF8"] == "1"
    assert "PYTHONHOME" not in found


# --- the real ways out --------------------------------------------------------------------------------------


def test_write_leaves_the_old_file_whole_when_it_fails(tmp_path, monkeypatch):
    path = tmp_path / "stamp"
    run.write(path, "cũ")
    monkeypatch.setattr(Path, "write_text", refuse_text)
    with pytest.raises(OSError, match="No space"):
        run.write(path, "mới")
    assert path.read_text(encoding="utf-8") == "cũ"


def refuse_text(self, text, encoding):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_output_of_an_installer_goes_into_the_log(tmp_path):
    log = tmp_path / "cai_dat.log"
    assert run.execute([sys.executable, "-c", "print('xã'); raise SystemExit(3)"], tmp_path, log) == 3
    lines = log.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("$ ")
    assert lines[1] == "xã"


def test_output_of_a_command_is_shown(tmp_path, capfd):
    assert run.execute([sys.executable, "-c", "print('phường')"], tmp_path, None) == 0
    assert capfd.readouterr().out.strip() == "phường"


def test_waiting_is_said_and_ctrl_c_waits_for_the_program(capsys):
    class Process:
        turns = iter([subprocess.TimeoutExpired("pip", 30), KeyboardInterrupt(), None])

        def wait(self, patience):
            turn = next(self.turns)
            if turn is not None:
                raise turn
            return 7

    assert run.wait(Process(), 30) == 7
    said = capsys.readouterr().out
    assert "vẫn đang cài" in said
    assert "đang dừng" in said


def test_console_of_a_western_code_page_stops_nothing():
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"}
    command = [sys.executable, str(PROJECT / "run.py")]
    ended = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert ended.returncode == 2
    said = ended.stdout.decode("utf-8")
    assert said.startswith("Cách dùng")
    assert unicodedata.is_normalized("NFC", said)
    assert ended.stderr == b""
