"""Field lists as .xlsx: who visits which units, where, and the reserves in their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..checks import ColumnError, column_names, near
from ..format import COLUMNS, WORDS, Lang, integer, word
from ..sample import Sample
from ..sample.words import unit_word
from .lists import drawn_stages
from .pages import Column, Kind, clean
from .sharing import Part, Shared
from .sheets import MM_PER_LETTER, new_book, page, put, put_table, sheet_title
from .words import say

__all__ = ["NAMED", "Layout", "fill_sheet", "reserve_sheet", "shown_columns", "write_part"]

NAMED = 10  # places that a heading names one by one
ROW = 24.0  # points of a row to write in
HIDDEN = ("_probability", "_multiplicity", "_adults")  # no business of an interviewer
FILL = (("result", 20.0), ("day", 24.0), ("remark", 42.0))
RELEASE = (("instead", 28.0), ("release", 28.0), ("result", 20.0), ("day", 24.0))


@dataclass(frozen=True, eq=False)
class Layout:
    """What all lists of a sample share.

    Attributes
    ----------
    sample : Sample
    shown : columns of the drawn table that are printed
    named : whether the parts are people, not places
    lang : language
    notice : what is said where the lists are made up, else ""
    """

    sample: Sample
    shown: tuple[str, ...]
    named: bool
    lang: Lang
    notice: str

    def say(self, phrase: str, **values: object) -> str:
        """Return a phrase in the language of the lists."""
        return say(phrase, self.lang, **values)


def shown_columns(sample: Sample, columns: Sequence[str] | None) -> tuple[str, ...]:
    """Return the columns of the drawn table that a list shows: ids, and those asked for or carried along."""
    table, stages = sample.table, drawn_stages(sample)
    if columns is not None:
        asked = column_names(columns, "columns")
        for name in asked:
            if name not in table.columns:
                raise ColumnError(
                    f"columns={name!r}: the sample has no such column.{near(name, table.columns)}"
                )
        return tuple(dict.fromkeys([*stages, *asked]))
    known = {f"{stage.name}{tail}" for stage in sample.outline.stages for tail in HIDDEN}
    starts = [f"{stage.name}_start" for stage in sample.outline.stages]
    own = [c for c in table.columns if c.startswith(tuple(f"{s}_" for s in stages)) and c not in known]
    return tuple(c for c in table.columns if c in (*stages, *own, *starts))


def write_part(layout: Layout, found: Shared, part: Part, path: Path) -> None:
    """Write the list of one person or place, with its reserves on a sheet of their own."""
    book = new_book()
    sheet = book.create_sheet(sheet_title(layout.say("f.main")))
    rules = [layout.say("f.rule"), layout.say("f.codes")]
    if not part.reserve.empty:
        rules.append(layout.say("f.reserve_rule", sheet=layout.say("f.reserve")))
    else:
        rules.append(layout.say("f.no_reserve" if found.held.empty else "f.reserve_held"))
    own = _head(layout, found.by, part)
    columns, rows = _table(layout, part.main, FILL, layout.shown)
    fill_sheet(layout, sheet, layout.say("f.title"), [*own, *rules], columns, rows, part.name)
    if not part.reserve.empty:
        reserve_sheet(layout, book, part.reserve, own[:1], part.name)
    book.save(path)


def reserve_sheet(layout: Layout, book: Any, units: pd.DataFrame, head: Sequence[str], name: str) -> None:
    """Add the sheet of reserves, in their order within the unit above, with room to say what they replace."""
    stages, shown = drawn_stages(layout.sample), layout.shown
    if len(stages) > 1:
        note = layout.say("f.reserve_note", unit=unit_word(stages[-2], layout.lang))
    elif "stratum" in units:
        note = layout.say("f.reserve_note", unit=word("stratum", layout.lang))
        shown = tuple(dict.fromkeys(("stratum", *shown)))
    else:
        note = layout.say("f.reserve_note_alone")
    columns, rows = _table(layout, units, RELEASE, shown, order=True)
    sheet = book.create_sheet(sheet_title(layout.say("f.reserve")))
    fill_sheet(layout, sheet, layout.say("f.reserve_title"), [*head, note], columns, rows, name)


def _head(layout: Layout, by: str, part: Part) -> list[str]:
    name, lang = layout.sample.outline.name, layout.lang
    survey = (
        layout.say("f.survey", name=name, person=part.name)
        if layout.named
        else layout.say("f.survey_blank", name=name)
    )
    places = ", ".join(part.places)
    if len(part.places) > NAMED:
        places = layout.say(
            "f.places", n=integer(len(part.places), lang), unit=unit_word(by, lang), first=part.places[0],
            last=part.places[-1],
        )  # fmt: skip
    return [survey, layout.say("f.place", places=places, n=integer(len(part.main), lang))]


def _table(
    layout: Layout,
    units: pd.DataFrame,
    fill: Sequence[tuple[str, float]],
    shown: Sequence[str],
    *,
    order: bool = False,
) -> tuple[list[Column], pd.DataFrame]:
    """Return the columns of a list and its rows: what is known, then what is to be filled in."""
    found: dict[str, tuple[Column, Any]] = {}
    if order:
        found["order"] = Column(layout.say("h.order"), "count", 14.0), units["order"].to_numpy()
    else:
        found["row"] = Column(layout.say("h.row"), "count", 10.0), np.arange(1, len(units) + 1)
    for name in shown:
        values = units[name]
        text = not pd.api.types.is_numeric_dtype(values)
        kind: Kind = "text" if text else "count" if pd.api.types.is_integer_dtype(values) else "weight"
        found[name] = Column(_heading(layout, name), kind, _width(values)), values.to_numpy(object)
    for key, width in fill:
        found[f"fill {key}"] = Column(layout.say(f"f.{key}"), "text", width), [None] * len(units)
    rows = pd.DataFrame({name: list(values) for name, (_, values) in found.items()}, dtype=object)
    return [column for column, _ in found.values()], rows


def _heading(layout: Layout, name: str) -> str:
    """Return the heading of a column of the drawn table: code and name of a stage, or what it carries."""
    for stage in drawn_stages(layout.sample):
        unit = unit_word(stage, layout.lang)
        if name == stage:
            return layout.say("h.code", unit=unit)
        if name == f"{stage}_name":
            return layout.say("h.name", unit=unit)
        if name.startswith(f"{stage}_"):
            name = name.removeprefix(f"{stage}_")
            break
    if name.endswith("_start"):
        return layout.say("f.start", unit=unit_word(name.removesuffix("_start"), layout.lang))
    if name in WORDS:
        return WORDS[name][layout.lang == "en"]
    return COLUMNS.get(name, name) if layout.lang == "vi" else name


def _width(values: pd.Series[Any]) -> float:
    """Return the width of a column in mm by its longest text, within reason."""
    longest = max((len(clean(value)) for value in values.dropna().unique()), default=0)
    return float(min(max(2.3 * longest + 4, 20), 60))


def fill_sheet(
    layout: Layout,
    sheet: Any,
    title: str,
    head: Sequence[str],
    columns: Sequence[Column],
    rows: pd.DataFrame,
    name: str,
) -> None:
    """Write a sheet: notice, title, lines of the head, table; and set up its page, the name at its foot."""
    widths = [column.width for column in columns]
    characters, last, row = int(sum(widths) / MM_PER_LETTER), len(columns), 1
    for text in filter(None, (layout.notice, title)):
        put(sheet, row, 1, text, bold=True, size=13, side="center", to=last, characters=characters)
        row += 1
    for text in head:
        put(sheet, row, 1, text, to=last, characters=characters)
        row += 1
    put_table(sheet, row, columns, rows, height=ROW)
    foot = " – ".join(filter(None, (layout.sample.outline.name, name)))
    page(sheet, widths, landscape=True, repeat=row, foot=foot)
