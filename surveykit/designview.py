"""How a design looks: one line, a page, and the table of its weighting steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from sampling import format as fmt
from surveykit.columns import html_text
from surveykit.context import Note
from surveykit.formulas.effects import biggest_change
from surveykit.stepnames import size_vi, stage_vi, step_words

if TYPE_CHECKING:
    from surveykit.design import Design

TRAIL_VI = ["bước quyền số", "số dòng", "tổng", "nhỏ nhất", "lớn nhất", "deff", "thay đổi lớn nhất"]


def notes_of(design: Design) -> list[tuple[str, Note]]:
    """Return the stages whose units have chances of their own, and what is said of them."""
    found = [(design.stage_name(s), design.form_of(s)) for s in range(design.stages)]
    return [(name, form[0]) for name, form in found if form is not None]


def one_line(design: Design) -> str:
    """Return a design in one line."""
    parts = [f"weights {design.weighted_by!r}" if design.weighted_by else "no weight column"]
    if design.sampling != "probability":
        parts.append(f"sampling {design.sampling}")
    if design.strata:
        parts.append(f"strata {', '.join(design.strata)!r} ({len(design.stratum_codes()[1])})")
    parts += [f"psu {name!r} ({len(design.units(s).parent)})" for s, name in enumerate(design.psu)]
    if design.replicates is None or not design.replicates.given:
        parts.append(f"fpc {', '.join(design.fpc)!r}" if design.fpc else "drawn with replacement")
    parts += [f"{name!r}: {note.en}" if design.psu else note.en for name, note in notes_of(design)]
    parts += [design.phase.note.en] if design.phase is not None else []
    parts += [f"steps {', '.join(step.name for step in design.steps)}"] if design.steps else []
    parts += [design.replicates.note.en] if design.replicates is not None else []
    parts += [f"where {' and '.join(design.subset)}"] if design.subset else []
    return f"Design of {fmt.integer(len(design.data), 'en')} rows: " + "; ".join(parts)


def page(design: Design) -> str:
    """Return a design and the trail of its weights as HTML."""
    parts = [f"{fmt.integer(len(design.data))} dòng"]
    parts.append(f"quyền số: {design.weighted_by}" if design.weighted_by else "không có cột quyền số")
    if design.strata:
        count = fmt.integer(len(design.stratum_codes()[1]))
        parts.append(f"tầng: {', '.join(design.strata)} ({count})")
    parts += [
        f"PSU: {name} ({fmt.integer(len(design.units(s).parent))})" for s, name in enumerate(design.psu)
    ]
    if design.replicates is None or not design.replicates.given:
        parts.append(f"fpc: {', '.join(map(size_vi, design.fpc))}" if design.fpc else "chọn có hoàn lại")
    parts += [f"{stage_vi(name)}: {note.vi}" if design.psu else note.vi for name, note in notes_of(design)]
    parts += [design.phase.note.vi] if design.phase is not None else []
    if design.sampling == "self-selected":
        parts.append("mẫu tự chọn: không suy rộng được")
    parts += [design.replicates.note.vi] if design.replicates is not None else []
    parts += [f"chỉ các dòng: {' và '.join(design.subset)}"] if design.subset else []
    trail = design.trail.assign(step=[step_words(name) for name in design.trail["step"]])
    table = trail.set_axis(TRAIL_VI, axis=1).map(
        lambda v: fmt.number(v, 2) if isinstance(v, float) else fmt.integer(v) if isinstance(v, int) else v
    )
    return f"<p>Thiết kế mẫu: {html_text('; '.join(parts))}</p>{table.to_html(index=False, border=0)}"


def trail_of(design: Design) -> pd.DataFrame:
    """Return the table of the weighting steps; see :attr:`Design.trail`."""
    names = ["design", *(step.name for step in design.steps)]
    rows = []
    before = design.weight_path[0]
    for name, w in zip(names, design.weight_path, strict=True):
        used = w[w != 0]
        deff = used.size * float((used**2).sum()) / float(used.sum()) ** 2
        rows.append((name, used.size, used.sum(), used.min(), used.max(), deff, biggest_change(before, w)))
        before = w
    return pd.DataFrame(rows, columns=["step", "n", "sum", "min", "max", "deff", "change"])
