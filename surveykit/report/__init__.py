"""The report: an HTML page, a workbook of every table and a picture of every plot, from one settings file."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sampling.format import Lang
from surveykit.privacy import SmallCells
from surveykit.project import read_project
from surveykit.tables import Table, write_workbook

from .findings import Findings, work_out
from .grids import tables
from .output import check_output, write_whole
from .pictures import Picture, pictures
from .sections import sections, summary
from .truth import with_truth
from .words import TEMPLATES, Words

__all__ = ["FILES", "write_report"]

PAGE, BOOK, PLOTS = "bao_cao.html", "bang_so_lieu.xlsx", "bieu_do"
FILES = (PAGE, BOOK, PLOTS)
STEPS, BAR = 8, "{desc:<26}{percentage:3.0f}% |{bar:30}| {elapsed}"  # steps beside the plots


def write_report(
    settings: str | Path,
    output: str | Path = "output",
    *,
    lang: Lang | None = None,
    rules: SmallCells | None = None,
    progress: bool = False,
    today: dt.date | None = None,
) -> Path:
    """Read a settings file and write its report.

    Parameters
    ----------
    settings : path
        The TOML file.
    output : path
        Folder to write; an earlier report there is replaced when the new one is complete.
    lang : {"vi", "en"}, optional
        Before the language that the file names.
    rules : SmallCells, optional
        When a number is hidden or starred.
    progress : bool
        Whether a progress bar is shown.
    today : date, optional
        Date printed in the report; otherwise the clock's.

    Returns
    -------
    Path
        The HTML page.

    Raises
    ------
    ColumnError, ArgumentError, DataError, MarginError
        Something in the settings or the tables is wrong; nothing is written.

    Examples
    --------
    >>> write_report("khong_co.toml")
    Traceback (most recent call last):
    ...
    sampling.checks.DataError: khong_co.toml: there is no such file. ...
    """
    from tqdm import tqdm

    folder = Path(output)
    check_output(folder, FILES)
    with tqdm(total=STEPS, disable=not progress, bar_format=BAR) as bar:

        def tick(step: str) -> None:
            bar.set_description_str(words.say(f"progress.{step}"), refresh=False)
            bar.update()

        words = Words(lang or "vi")
        tick("read")
        project = read_project(settings, lang=lang)
        words = Words(project.lang, float(project.settings["report.level"]))
        findings = work_out(project, rules=rules, tick=tick)
        truth = with_truth(findings)
        grids = tables(findings, truth, words)
        plots = pictures(findings, truth[1], words)
        bar.total = STEPS + len(plots)

        def fill(part: Path) -> None:
            figures = draw(plots, part / PLOTS, words, tick)
            tick("tables")
            banner = words.say("label.synthetic_banner") if project.settings["synthetic"] else ""
            heads = {name: words.say(f"label.{name}") for name in ("index_sheet", "sheet", "title")}
            ends = {name: words.say(f"head.{name}") for name in ("low", "high", "se")}
            write_workbook(list(grids.values()), part / BOOK, words=heads | ends, banner=banner)
            tick("page")
            page = render(findings, truth, grids, figures, words, today or dt.date.today())
            (part / PAGE).write_text(page, encoding="utf-8", newline="\n")

        write_whole(folder, fill, ours=FILES)
        tick("done")
    return folder / PAGE


def draw(
    plots: list[Picture], folder: Path, words: Words, tick: Callable[[str], None]
) -> dict[str, dict[str, str]]:
    """Write every plot as SVG and PNG; return caption and SVG (base64) by key."""
    from surveykit.plots import to_png, to_svg

    folder.mkdir()
    made: dict[str, dict[str, str]] = {}
    for number, picture in enumerate(plots, start=1):
        tick("plots")
        figure = picture.draw()
        svg = to_svg(figure)
        name = f"{number:02d}_{picture.key}"
        (folder / f"{name}.svg").write_text(svg, encoding="utf-8", newline="\n")
        to_png(figure, folder / f"{name}.png")
        label = f"{words.say('label.figure')} {number}."
        made[picture.key] = {
            "number": label,
            "caption": f"{label} {picture.title}",
            "data": base64.b64encode(svg.encode("utf-8")).decode("ascii"),
        }
    return made


def render(
    findings: Findings,
    truth: Any,
    grids: dict[str, Table],
    figures: dict[str, dict[str, str]],
    words: Words,
    today: dt.date,
) -> str:
    """Return the HTML page, which needs nothing but itself."""
    from jinja2 import Environment, FileSystemLoader

    from surveykit import __version__ as number

    settings, synthetic = findings.project.settings, findings.project.settings["synthetic"]
    tail = words.say("label.synthetic_tail") if synthetic else ""
    parts = sections(
        findings, truth, [*(f"table:{k}" for k in grids), *(f"figure:{k}" for k in figures)], words
    )
    source = settings["source"]
    pages = Environment(
        loader=FileSystemLoader(TEMPLATES, encoding="utf-8"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return pages.get_template("report.html.j2").render(
        lang=words.lang,
        version=number,
        title=settings["title"] + tail,
        style=_style(),
        banner=words.say("label.synthetic_banner") if synthetic else "",
        made=words.say("label.made", date=words.date(today), version=number),
        summary_title=words.say("page.summary"),
        summary=summary(findings, words),
        contents=words.say("label.contents"),
        sections=parts,
        figures=figures,
        tables=_table_views(parts, grids, words),
        source=words.say("label.source", source=source + tail) if source else "",
    )


def _style() -> Any:
    from markupsafe import Markup

    return Markup((TEMPLATES / "report.css").read_text(encoding="utf-8"))


def _table_views(parts: Any, grids: dict[str, Table], words: Words) -> dict[str, dict[str, Any]]:
    """Return what the page shows of each table, numbered as they come."""
    views: dict[str, dict[str, Any]] = {}
    for block in (b for part in parts for b in part.blocks if b.kind == "table"):
        table = grids[block.content]
        caption = f"{words.say('label.table')} {len(views) + 1}. {table.title}"
        rows = table.cells(words.lang)
        views[table.key] = {"caption": caption, "columns": table.columns, "rows": rows, "note": table.note}
        views[table.key]["folded"] = table.folded
    return views
