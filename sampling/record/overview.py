"""The lists for the field, a file for each person or place, and the overview of who has what."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ..checks import plain
from ..format import integer
from ..sample.words import unit_word
from .fields import NAMED, Layout, fill_sheet, reserve_sheet, write_part
from .lists import drawn_stages
from .pages import Column
from .sharing import Shared
from .sheets import new_book, sheet_title

__all__ = ["write_parts"]


def write_parts(layout: Layout, found: Shared, folder: Path) -> list[str]:
    """Write the overview and a list for each part into a folder; return their names."""
    digits = max(2, len(str(len(found.parts))))
    names = [f"{0:0{digits}d}_{layout.say('file.overview')}.xlsx"]
    for number, part in enumerate(found.parts, 1):
        text = re.sub(r"[^a-z0-9]+", "_", plain(part.name)).strip("_")[:40]
        names.append(f"{number:0{digits}d}_{text}.xlsx".replace("_.", "."))
    _write_overview(layout, found, names[1:], folder / names[0])
    for part, name in zip(found.parts, names[1:], strict=True):
        write_part(layout, found, part, folder / name)
    return names


def _told(layout: Layout, found: Shared) -> list[str]:
    """Return how the units were shared out, and what is not on the lists."""
    lang, unit = layout.lang, unit_word(found.by, layout.lang)
    n = [len(part.main) for part in found.parts]
    words = {
        "k": integer(len(n), lang), "unit": unit,
        "p": integer(sum(len(part.places) for part in found.parts), lang),
        "n": integer(sum(n), lang), "low": integer(min(n), lang), "high": integer(max(n), lang),
    }  # fmt: skip
    head = [layout.say("f.how_people" if layout.named else "f.how_places", **words)]
    if found.replaced:
        head.append(layout.say("f.replaced", n=integer(found.replaced, lang)))
    if found.waiting:
        shown = ", ".join(found.waiting[:NAMED]) + (", …" if len(found.waiting) > NAMED else "")
        above = unit_word(drawn_stages(layout.sample)[-2], lang)
        head.append(layout.say("f.waiting", n=integer(len(found.waiting), lang), unit=above, places=shown))
    if len(found.held):
        n_held = integer(len(found.held), lang)
        head.append(layout.say("f.held", n=n_held, sheet=layout.say("f.reserve")))
    return head


def _write_overview(layout: Layout, found: Shared, names: Sequence[str], path: Path) -> None:
    n = [len(part.main) for part in found.parts]
    rows = pd.DataFrame(
        {
            "row": np.arange(1, len(n) + 1),
            "name": [part.name for part in found.parts],
            "places": [", ".join(part.places) for part in found.parts],
            "count": [len(part.places) for part in found.parts],
            "n": n,
            "spare": [len(part.reserve) for part in found.parts],
            "file": list(names),
        }
    )
    columns = [
        Column(layout.say("h.row"), "count", 12.0), Column(layout.say("f.person"), "text", 46.0),
        Column(layout.say("f.where"), "text", 92.0), Column(layout.say("f.count"), "count", 18.0),
        Column(layout.say("f.n"), "count", 20.0), Column(layout.say("f.spare"), "count", 20.0),
        Column(layout.say("f.file"), "text", 54.0),
    ]  # fmt: skip
    if not layout.named:
        keep = [0, 2, 4, 5, 6]
        columns, rows = [columns[i] for i in keep], rows.iloc[:, keep]
    book = new_book()
    sheet = book.create_sheet(sheet_title(layout.say("f.multi")))
    title = f"{layout.say('f.overview')}: {layout.sample.outline.name}"
    fill_sheet(layout, sheet, title, _told(layout, found), columns, rows, "")
    if len(found.held):
        reserve_sheet(layout, book, found.held, [], "")
    book.save(path)
