"""How a sample reads in a notebook."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from ..format import COLUMNS, Lang, date, integer, number, word
from .parts import DrawnStage
from .words import USES, method_words, unit_word

if TYPE_CHECKING:
    from .sample import Sample

__all__ = ["html", "lines", "text"]

ROWS = 8  # of the table that are shown


def lines(sample: Sample, lang: Lang = "vi") -> list[str]:
    """Return what is told of a sample: what it is, a line a stage, weights, what is awaited."""
    vi = lang == "vi"
    head = f"{'Mẫu' if vi else 'Sample'}: {sample.outline.name}; {word('seed', lang)} {sample.seed}, "
    head += f"{'rút ngày' if vi else 'drawn on'} {date(sample.on, lang)}"
    found = [head]
    found += [f"{i}. {stage_line(stage, lang)}" for i, stage in enumerate(sample.stages, 1)]
    used = sample.main
    if len(used):
        ends = f"{number(used['weight'].min(), 2, lang)} – {number(used['weight'].max(), 2, lang)}"
        total = number(used["weight"].sum(), 1, lang)
        found.append(f"{word('weight', lang).capitalize()}: {ends}; {word('sum', lang)} {total}")
    counts = sample.table["use"].value_counts()
    uses = [f"{integer(counts[use], lang)} {USES[use][not vi]}" for use in USES if use in counts]
    found.append(f"{'Dòng' if vi else 'Rows'}: {', '.join(uses)}")
    if sample.awaiting:
        names = ", ".join(unit_word(name, lang) for name in sample.awaiting)
        last = unit_word(sample.stages[-1].name, lang)
        found.append(
            f"Còn chờ danh sách: {names}; quyền số ở trên là của {last}"
            if vi
            else f"Lists still awaited: {names}; the weights above are those of the units of {last!r}"
        )
    return found


def stage_line(stage: DrawnStage, lang: Lang) -> str:
    """Return one line on how a stage was drawn."""
    vi = lang == "vi"
    line = f"{unit_word(stage.name, lang)}: {integer(stage.n, lang)} {'trên' if vi else 'of'} "
    line += f"{integer(stage.N, lang)}, {method_words(stage.method, lang)}"
    if stage.reserve:
        line += f"; {integer(stage.reserve, lang)} {word('reserve', lang)}"
    if stage.short:
        line += (
            f"; {integer(stage.short, lang)} nơi không đủ đơn vị nên lấy hết"
            if vi
            else f"; {integer(stage.short, lang)} places hold too few units, so all were taken"
        )
    return line


def text(sample: Sample) -> str:
    """Return the sample as text."""
    return "\n".join(lines(sample))


def html(sample: Sample) -> str:
    """Return the sample as HTML: what is told of it, and its first rows."""
    names = {stage.name: unit_word(stage.name) for stage in sample.stages}
    names |= {f"{name}_name": f"tên {unit_word(name)}" for name in names}
    names |= {f"{stage.name}_probability": f"xác suất {unit_word(stage.name)}" for stage in sample.stages}
    own = {"stratum": "tầng", "probability": "xác suất", "weight": "quyền số", "order": "thứ tự"}
    own |= {"use": "dùng", "certainty": "chắc chắn"}
    shown = sample.table.head(ROWS).copy()
    shown["use"] = shown["use"].map({use: words[0] for use, words in USES.items()})
    shown["certainty"] = shown["certainty"].map({True: "có", False: "không"})
    head = shown.rename(columns={**COLUMNS, **names, **own})
    table = head.to_html(
        index=False, border=0, na_rep="–", float_format=lambda x: f"{x:.4g}".replace(".", ",")
    )
    told = "".join(f"<p>{escape(line)}</p>" for line in lines(sample))
    more = len(sample.table) - ROWS
    rest = f"<p>… và {integer(more)} dòng nữa (.table)</p>" if more > 0 else ""
    return f"<div>{told}{table}{rest}</div>"
