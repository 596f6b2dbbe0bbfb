"""The draw record as .docx, in the form of Decree 30/2020/NĐ-CP, Annex I."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from .pages import Grid, Record, Section, clean, shown_cells

__all__ = ["write_word"]

FONT = "Times New Roman"
BODY, TABLE, HEAD = 13, 11, 12  # points
MARGINS = {"top": 20, "bottom": 20, "left": 30, "right": 20}  # mm, within those of the decree
UPRIGHT = 210 - MARGINS["left"] - MARGINS["right"]  # mm of text over a page
LYING = 297 - MARGINS["left"] - MARGINS["right"]
WIDE = 190  # mm of columns that no longer fit an upright page
HASH = 40  # letters of a word that is a hash
TWIPS = 1440 / 25.4  # a millimetre
NUMBERS = ("count", "probability", "weight")


def write_word(record: Record, path: Path) -> None:
    """Write the record to a path."""
    import docx

    document = docx.Document()
    _page(document, record)
    _head(document, record)
    _lines(document, record.opening)
    lying = False
    for number, section in enumerate(record.sections, 1):
        wide = any(sum(column.width for column in grid.columns) > WIDE for grid in section.grids)
        if wide != lying:
            _turn(document, lying=wide)
            lying = wide
        _section(document, number, section, record)
    _signatures(document, record)
    with path.open("wb") as file:
        document.save(file)


def _page(document: Any, record: Record) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls, qn
    from docx.shared import Mm, Pt

    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    for side, width in MARGINS.items():
        setattr(section, f"{side}_margin", Mm(width))
    section.header_distance = Mm(10)
    section.different_first_page_header_footer = True
    style = document.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(BODY)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    style.paragraph_format.space_after = Pt(4)
    language = "vi-VN" if record.lang == "vi" else "en-GB"
    style.element.rPr.append(parse_xml(f'<w:lang {nsdecls("w")} w:val="{language}"/>'))
    line = section.header.paragraphs[0]
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    field = f'<w:fldSimple {nsdecls("w")} w:instr=" PAGE "><w:r><w:t>2</w:t></w:r></w:fldSimple>'
    line._p.append(parse_xml(field))
    core = document.core_properties
    core.author, core.comments, core.title = clean(record.agency), "", f"{record.title}: {record.subject}"
    core.language = language


def _turn(document: Any, *, lying: bool) -> None:
    """Begin a new page, lying for a wide table or upright again."""
    from docx.enum.section import WD_ORIENT
    from docx.shared import Mm

    section = document.add_section()
    section.different_first_page_header_footer = False
    section.orientation = WD_ORIENT.LANDSCAPE if lying else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (Mm(297), Mm(210)) if lying else (Mm(210), Mm(297))


def _head(document: Any, record: Record) -> None:
    """Put the agency at the left, the nation and its motto at the right, then the title."""
    left = [_run(record.agency, bold=True, size=HEAD), _run("─" * 6, size=8), _run(record.number)]
    right = [
        _run(record.nation, bold=True, size=HEAD),
        _run(record.motto, bold=True),
        _run("─" * 18, size=8),
        _run(record.place_day, italic=True),
    ]
    cells = [
        _cell("".join(_paragraph(run, "center") for run in part), width)
        for part, width in ((left, 0.38 * UPRIGHT), (right, 0.62 * UPRIGHT))
    ]
    _append(
        document, _table([0.38 * UPRIGHT, 0.62 * UPRIGHT], [f"<w:tr>{''.join(cells)}</w:tr>"], border=False)
    )
    _append(document, _paragraph(_run(record.title, bold=True, size=14), "center", before=12))
    _append(document, _paragraph(_run(record.subject, bold=True, size=14), "center"))
    if record.notice:
        _append(document, _paragraph(_run(record.notice, bold=True, italic=True), "center", after=8))


def _lines(document: Any, *texts: str) -> None:
    for text in texts:
        side = "left" if max(map(len, text.split())) > HASH else "both"  # no gaps before a hash
        _append(document, _paragraph(_run(text), side, indent=True))


def _section(document: Any, number: int, section: Section, record: Record) -> None:
    _append(document, _paragraph(_run(f"{number}. {section.heading}", bold=True), keep=True, before=6))
    _lines(document, *section.lines)
    for line in section.code:
        _append(document, _paragraph(_run(line, size=TABLE, font="Courier New"), after=0))
    for grid in section.grids:
        _grid(document, grid, record)


def _grid(document: Any, grid: Grid, record: Record) -> None:
    """Write a table as one piece of XML: python-docx would take a second for a few hundred rows."""
    total = sum(column.width for column in grid.columns)
    scale = (LYING if total > WIDE else UPRIGHT) / total
    widths = [column.width * scale for column in grid.columns]
    sides = ["right" if column.kind in NUMBERS else "left" for column in grid.columns]
    head = [
        _cell(_paragraph(_run(column.heading, bold=True, size=TABLE), "center", after=0), width, middle=True)
        for column, width in zip(grid.columns, widths, strict=True)
    ]
    rows = [f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{''.join(head)}</w:tr>"]
    columns = shown_cells(grid, record.lang)
    for values in zip(*columns, strict=True):
        cells = [
            _cell(_paragraph(_run(value, size=TABLE), side, after=0), width)
            for value, side, width in zip(values, sides, widths, strict=True)
        ]
        rows.append(f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{''.join(cells)}</w:tr>")
    _append(document, _paragraph(_run(grid.caption, bold=True, size=HEAD), keep=True, before=6))
    _append(document, _table(widths, rows))
    _append(document, _paragraph(_run(" ", size=4), after=2))


def _signatures(document: Any, record: Record) -> None:
    _append(document, _paragraph(_run(record.closing), "both", indent=True, before=8, keep=True))
    widths = [0.4 * UPRIGHT, 0.3 * UPRIGHT, 0.3 * UPRIGHT]
    lines = [tuple(_run(text, bold=True, size=HEAD) for text in record.sign)]
    lines += [(_run(name, size=HEAD), _run(role, size=HEAD), "") for name, role in record.members]
    rows = []
    for place, runs in enumerate(lines):
        height = '<w:trHeight w:val="850" w:hRule="atLeast"/>' if place else "<w:tblHeader/>"
        cells = [
            _cell(_paragraph(run, "left" if place else "center", after=0, keep=place < len(lines) - 1), width)
            for run, width in zip(runs, widths, strict=True)
        ]
        rows.append(f"<w:tr><w:trPr><w:cantSplit/>{height}</w:trPr>{''.join(cells)}</w:tr>")
    _append(document, _table(widths, rows))


def _append(document: Any, xml: str) -> None:
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    element = parse_xml(xml.replace(">", f" {nsdecls('w')}>", 1))
    document.element.body.insert_element_before(element, "w:sectPr")


def _run(text: str, *, bold: bool = False, italic: bool = False, size: int = BODY, font: str = FONT) -> str:
    marks = "<w:b/>" * bold + "<w:i/>" * italic
    fonts = f'<w:rFonts w:ascii="{font}" w:hAnsi="{font}" w:cs="{font}" w:eastAsia="{font}"/>'
    look = f'{fonts}{marks}<w:sz w:val="{2 * size}"/><w:szCs w:val="{2 * size}"/>'
    return f'<w:r><w:rPr>{look}</w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def _paragraph(
    runs: str,
    side: str = "left",
    *,
    before: int = 0,
    after: int = 4,
    indent: bool = False,
    keep: bool = False,
) -> str:
    look = "<w:keepNext/>" * keep
    look += f'<w:spacing w:before="{20 * before}" w:after="{20 * after}"/>'
    look += '<w:ind w:firstLine="567"/>' * indent + f'<w:jc w:val="{side}"/>'
    return f"<w:p><w:pPr>{look}</w:pPr>{runs}</w:p>"


def _cell(content: str, width: float, *, middle: bool = False) -> str:
    look = f'<w:tcW w:w="{round(width * TWIPS)}" w:type="dxa"/>' + '<w:vAlign w:val="center"/>' * middle
    return f"<w:tc><w:tcPr>{look}</w:tcPr>{content}</w:tc>"


def _table(widths: list[float], rows: list[str], *, border: bool = True) -> str:
    sides = ("top", "left", "bottom", "right", "insideH", "insideV")
    lines = "".join(f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>' for side in sides)
    look = f'<w:tblW w:w="{round(sum(widths) * TWIPS)}" w:type="dxa"/>'
    look += f"<w:tblBorders>{lines}</w:tblBorders>" * border + '<w:tblLayout w:type="fixed"/>'
    look += '<w:tblCellMar><w:left w:w="70" w:type="dxa"/><w:right w:w="70" w:type="dxa"/></w:tblCellMar>'
    grid = "".join(f'<w:gridCol w:w="{round(width * TWIPS)}"/>' for width in widths)
    return f"<w:tbl><w:tblPr>{look}</w:tblPr><w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>"
