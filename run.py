"""Set the workbench up and run it: ``python run.py demo | lab | test``.

Standard library only. The file is written so that Python 3.8 can read it: an old Python then says that it is
too old instead of stopping at a syntax error. What the user reads is Vietnamese with a short English gloss.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent
OLDEST = (3, 11)
PINS = "constraints.txt"
LOG = "cai_dat.log"
STAMP = "cai_dat.stamp"
LINK = "_surveykit_workbench.pth"

USAGE = """Cách dùng (usage): python run.py demo | lab | test
  demo   làm báo cáo mẫu vào thư mục output (write the sample report)
  lab    mở sổ tay notebooks/00_bat_dau.ipynb (open the notebooks)
  test   chạy mọi kiểm tra; thêm tên tệp thì chỉ chạy pytest với tệp ấy (run every check)
Lần đầu sẽ tự cài đặt vào thư mục .venv (the first time it installs into .venv)."""

TOO_OLD = """Máy đang dùng Python {found}; cần Python {oldest} trở lên, 64 bit. Hãy cài bản mới ở python.org \
rồi gõ lại lệnh (Windows: py -{oldest} run.py demo). (64-bit Python {oldest} or newer is needed.)"""
NO_DISK = """Ổ đĩa không cho ghi: {reason}. Hãy giải phóng chỗ trống, hoặc chép thư mục này sang nơi có \
quyền ghi, rồi chạy lại. (The disk refuses to write.)"""
NO_NETWORK = """Không tải được các gói cần thiết: máy không có mạng, hoặc mạng chặn kho gói Python. Hãy nối \
mạng (hoặc hỏi bộ phận kỹ thuật về proxy) rồi chạy lại. (No network.)"""
NO_VENV = """Python này thiếu phần tạo môi trường: trên Debian hoặc Ubuntu hãy cài gói python3-venv rồi \
chạy lại. (The venv module is missing.)"""
LONG_PATH = """Đường dẫn của thư mục quá dài đối với Windows: hãy chép thư mục ra gần gốc ổ đĩa, \
ví dụ C:\\surveykit, rồi chạy lại. (The path is too long.)"""
IN_USE = """Tệp đang bị chương trình khác giữ: hãy đóng Jupyter và các cửa sổ Python rồi chạy lại. \
(Files are in use.)"""
FAILED = "Cài đặt không xong. (Installation failed.)"

# What a piece of the log means; the first row with a piece that is found counts.
SIGNS = (
    (("ensurepip is not available", "No module named venv", "No module named ensurepip"), NO_VENV),
    (("Long Path support", "WinError 206"), LONG_PATH),
    (("WinError 32",), IN_USE),
    (("Errno 28", "Errno 122", "WinError 112"), NO_DISK.format(reason="hết chỗ")),
    (("Errno 13", "Errno 30", "WinError 5]"), NO_DISK.format(reason="không có quyền ghi")),
    (("connection broken by", "Max retries", "timed out", "ProxyError", "SSLError"), NO_NETWORK),
    (("ConnectionError", "from versions: none", "getaddrinfo failed", "name resolution"), NO_NETWORK),
)

# The steps of `test` before pytest, which comes last so that its own summary is the last line printed.
CHECKS = (
    ("ruff check", ["-m", "ruff", "check", "."]),
    ("ruff format", ["-m", "ruff", "format", "--check", "."]),
    ("mypy --strict", ["-m", "mypy"]),
    ("lint-imports", ["-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"]),
)


class Trouble(Exception):
    """One sentence that tells the user what is wrong and how to mend it."""


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


def speak_utf8() -> None:
    """Let Vietnamese through on consoles of any code page."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")


def write(path: Path, text: str) -> None:
    """Write a file whole: under another name first, then renamed."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)


def environment() -> dict[str, str]:
    """Return the environment of the programs started: UTF-8, and nothing of another Python."""
    foreign = ("PYTHONHOME", "PYTHONPATH", "__PYVENV_LAUNCHER__")
    own = {"PYTHONUTF8": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    return {**{k: v for k, v in os.environ.items() if k not in foreign}, **own}


def execute(command: list[str], root: Path, log: Path | None) -> int:
    """Run a program in the folder, its output shown or added to the log; return its exit code."""
    if log is None:
        return wait(subprocess.Popen(command, cwd=root, env=environment()), None)
    with open(log, "ab") as out:
        out.write(f"$ {' '.join(command)}\n".encode())
        out.flush()
        none = subprocess.DEVNULL
        process = subprocess.Popen(command, cwd=root, env=environment(), stdin=none, stdout=out, stderr=out)
        return wait(process, 30)


def wait(process: subprocess.Popen[bytes], patience: float | None) -> int:
    """Return the exit code of a program when it ends, with a line now and then while it does not."""
    try:
        return process.wait(patience)
    except subprocess.TimeoutExpired:
        say("  … vẫn đang cài (still installing)")
    except KeyboardInterrupt:  # the program hears Ctrl+C too
        say("  … đang dừng (stopping)")
    return wait(process, patience)


class Machine(NamedTuple):
    """The folder and the ways out to the machine, so that a test can put others in their place."""

    root: Path = ROOT
    execute: Callable[[list[str], Path, Path | None], int] = execute
    write: Callable[[Path, str], None] = write
    windows: bool = os.name == "nt"
    version: tuple[int, int] = sys.version_info[:2]
    wide: bool = sys.maxsize > 2**32

    @property
    def venv(self) -> Path:
        """The folder of the environment."""
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        """The Python inside the environment."""
        return self.venv / ("Scripts/python.exe" if self.windows else "bin/python")

    def run(self, arguments: list[str], log: Path | None = None) -> int:
        """Run the environment's Python."""
        return self.execute([str(self.python), *arguments], self.root, log)


def digest(root: Path, extra: str) -> str:
    """Return the fingerprint of what an installation is made from."""
    parts = [(root / name).read_bytes().replace(b"\r\n", b"\n") for name in (PINS, "pyproject.toml")]
    return hashlib.sha256(b"\0".join([*parts, extra.encode()])).hexdigest()


def is_ready(machine: Machine, extra: str) -> bool:
    """Say whether the environment holds just this; one made for `test` holds all that the others need."""
    stamp = machine.venv / STAMP
    made = stamp.read_text(encoding="utf-8") if stamp.is_file() else ""
    return made in (digest(machine.root, extra), digest(machine.root, "test")) and runs(machine)


def runs(machine: Machine) -> bool:
    """Say whether the environment has a Python that starts and is new enough."""
    look = f"import sys; sys.exit(sys.version_info < {OLDEST})"
    return machine.python.exists() and machine.run(["-I", "-S", "-c", look], Path(os.devnull)) == 0


def start_log(machine: Machine) -> Path:
    """Make the environment's folder and an empty log in it, or beside it if there can be no such folder."""
    try:
        machine.venv.mkdir(exist_ok=True)
        log = machine.venv / LOG
    except OSError:
        log = machine.root / LOG
    machine.write(log, "")
    return log


def do(machine: Machine, arguments: list[str], log: Path) -> None:
    """Run one step of the installation; when it fails, say what its log means."""
    if machine.execute(arguments, machine.root, log) == 0:
        return
    text = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
    known = (sentence for signs, sentence in SIGNS if any(sign in text for sign in signs))
    raise Trouble(f"{next(known, FAILED)} Chi tiết (details): {log}")


def link_by_relative_path(machine: Machine) -> None:
    """Let .venv find this folder by a relative path, which no letter in the folder's name can spoil.

    Python 3.11 and 3.12 on Windows read the link in the code page of the machine, and do not even start
    when the page lacks a letter of the path.
    """
    for site in (*machine.venv.glob("lib/python*/site-packages"), machine.venv / "Lib" / "site-packages"):
        if (site / LINK).is_file():
            machine.write(site / LINK, os.path.relpath(str(machine.root), str(site)) + "\n")


def install(machine: Machine, extra: str) -> None:
    """Install the project in place with its pinned libraries, unless that has been done."""
    if is_ready(machine, extra):
        return
    whole = runs(machine)
    if machine.venv.is_dir() and not whole:
        shutil.rmtree(machine.venv)
    log = start_log(machine)
    if not whole:
        say("• Tạo môi trường Python riêng trong .venv (making .venv)")
        do(machine, [sys.executable, "-m", "venv", str(machine.venv)], log)
    say("• Cài các gói cần thiết: lần đầu mất vài phút, cần mạng (installing; a few minutes the first time)")
    say(f"  nhật ký (log): {log}")
    machine.write(machine.venv / STAMP, "")
    pip = [str(machine.python), "-m", "pip", "install", "--constraint", PINS]
    do(machine, [*pip, "hatchling"], log)
    do(machine, [*pip, "--no-build-isolation", "--editable", f".[{extra}]" if extra else "."], log)
    link_by_relative_path(machine)
    machine.write(machine.venv / STAMP, digest(machine.root, extra))
    say("• Đã cài xong (installed)")


def demo(machine: Machine, more: list[str]) -> int:
    """Write the sample report."""
    say("• Làm báo cáo mẫu từ số liệu giả lập (writing the sample report from synthetic data)")
    return machine.run(["-m", "surveykit.cli", "report", *more])


def lab(machine: Machine, more: list[str]) -> int:
    """Open the notebooks."""
    say("• Mở sổ tay; bấm Ctrl+C ở cửa sổ này để dừng (opening the notebooks; Ctrl+C here stops)")
    return machine.run(["-m", "jupyterlab", "notebooks/00_bat_dau.ipynb", *more])


def test(machine: Machine, more: list[str]) -> int:
    """Run every check, pytest last; with arguments, pytest alone with these."""
    if more:
        return machine.run(["-m", "pytest", *more])
    failed = []
    for name, arguments in CHECKS:
        say(f"• {name}")
        if machine.run(arguments) != 0:
            failed.append(name)
    say(f"• pytest{'; chưa đạt (failed before it): ' + ', '.join(failed) if failed else ''}")
    return machine.run(["-m", "pytest", "--cov"]) or int(bool(failed))


COMMANDS = {"demo": (demo, ""), "lab": (lab, ""), "test": (test, "test")}


def main(arguments: list[str], machine: Machine | None = None) -> int:
    """Run one command; return the exit code."""
    machine = machine or Machine()
    speak_utf8()
    if machine.version < OLDEST or not machine.wide:
        found, oldest = (".".join(map(str, v)) for v in (machine.version, OLDEST))
        say(TOO_OLD.format(found=found if machine.wide else f"{found}, 32 bit", oldest=oldest))
        return 1
    if not arguments or arguments[0] not in COMMANDS:
        say(USAGE)
        return 2
    command, extra = COMMANDS[arguments[0]]
    try:
        install(machine, extra)
        return command(machine, arguments[1:])
    except Trouble as trouble:
        say(str(trouble))
    except OSError as error:
        place = f" ({error.filename})" if error.filename else ""
        say(NO_DISK.format(reason=f"{error.strerror or error}{place}"))
    except KeyboardInterrupt:
        say("Đã dừng (stopped).")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
