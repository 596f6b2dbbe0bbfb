"""The command ``surveykit``: write a report, start a folder. Help is in Vietnamese; heavy libraries wait."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

__all__ = ["main"]

DONE, FAILED, WRONG = 0, 1, 2  # exit codes: done; the machine failed; something in the input is wrong


class Parser(argparse.ArgumentParser):
    """An argument parser that speaks Vietnamese."""

    def format_help(self) -> str:
        """Return the help text."""
        text = super().format_help()
        for english, vietnamese in (
            ("usage: ", "Cách dùng: "),
            ("positional arguments:", "Tham số:"),
            ("options:", "Tùy chọn:"),
        ):
            text = text.replace(english, vietnamese)
        return text

    def error(self, message: str) -> NoReturn:
        """Print what is wrong with the command line and leave with code 2."""
        print(f"Lỗi: {message}.\nXem cách dùng: {self.prog} --help", file=sys.stderr)
        raise SystemExit(WRONG)


def parser() -> Parser:
    """Return the parser of the command line."""
    top = Parser(
        prog="surveykit",
        description="Báo cáo khảo sát hài lòng trước – sau, có khoảng tin cậy.",
        epilog="Mã thoát: 0 xong; 1 máy trục trặc (đĩa, quyền ghi); 2 cài đặt hoặc số liệu sai, chưa ghi gì.",
        add_help=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _help(top)
    top.add_argument("--version", action="store_true", help="in phiên bản rồi thoát")
    commands = top.add_subparsers(dest="command", title="Lệnh", metavar="LỆNH", parser_class=Parser)
    report = commands.add_parser(
        "report",
        help="lập báo cáo từ một tệp cài đặt .toml",
        description="Lập báo cáo HTML, bảng Excel và biểu đồ. Không nêu tệp: ví dụ Cao Bằng (giả lập).",
        add_help=False,
    )
    _help(report)
    report.add_argument("file", nargs="?", metavar="TỆP.toml", help="tệp cài đặt; bỏ trống: ví dụ Cao Bằng")
    report.add_argument(
        "--output",
        default="output",
        metavar="THƯ_MỤC",
        help="nơi ghi kết quả (mặc định: output); bản cũ được thay",
    )
    report.add_argument(
        "--lang", choices=("vi", "en"), help="ngôn ngữ của báo cáo (mặc định: theo tệp cài đặt)"
    )
    report.add_argument("--quiet", action="store_true", help="không hiện thanh tiến độ")
    new = commands.add_parser(
        "new",
        help="tạo thư mục mới từ ví dụ, có mẫu nhập liệu Excel",
        description="Chép ví dụ (tệp cài đặt và số liệu) vào thư mục mới, thêm mau_nhap_lieu.xlsx.",
        add_help=False,
    )
    _help(new)
    new.add_argument("folder", metavar="THƯ_MỤC", help="thư mục chưa có, hoặc rỗng")
    return top


def _help(command: argparse.ArgumentParser) -> None:
    command.add_argument("-h", "--help", action="help", help="hiện phần giúp này rồi thoát")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : list of str, optional
        What stands after ``surveykit``; otherwise that of the process.

    Returns
    -------
    int
        0 done, 1 the machine failed, 2 something in the input is wrong and nothing was written.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")  # consoles that are not UTF-8
    top = parser()
    given = top.parse_args(arguments)
    if given.version:
        from surveykit import __version__

        print(f"surveykit {__version__}")
        return DONE
    if given.command is None:
        print(top.format_help())
        return WRONG
    from sampling.checks import ArgumentError, ColumnError, DataError, LonelyPSUError, MarginError

    try:
        _run(given)
    except (ColumnError, ArgumentError, DataError, LonelyPSUError, MarginError) as error:
        print(f"Lỗi: {error}\nChưa ghi gì ra đĩa.", file=sys.stderr)
        return WRONG
    except OSError as error:
        print(
            f"Lỗi: không đọc hoặc ghi được ({error}). Kiểm tra đĩa và quyền ghi rồi chạy lại.",
            file=sys.stderr,
        )
        return FAILED
    return DONE


def _run(given: argparse.Namespace) -> None:
    if given.command == "new":
        from surveykit.report.starter import start

        written = start(given.folder)
        print(f"Đã tạo {given.folder}: {', '.join(path.name for path in written)}")
        print("Sửa bao_cao.toml rồi chạy: surveykit report bao_cao.toml")
        return
    from surveykit.report import write_report
    from surveykit.report.starter import SETTINGS, example_folder

    file = given.file or example_folder() / SETTINGS
    page = write_report(file, given.output, lang=given.lang, progress=not given.quiet)
    print(f"Báo cáo: {page}")


if __name__ == "__main__":
    raise SystemExit(main())
