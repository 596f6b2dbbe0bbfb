"""Strata with one unit: what they were taken to give, by the rule of the design."""

from __future__ import annotations

import numpy as np

from sampling.checks import LonelyPSUError, shown
from surveykit.context import Note
from surveykit.design import Design
from surveykit.formulas.arrays import Array, Codes
from surveykit.formulas.totals import Cells
from surveykit.formulas.variance import Stage
from surveykit.stepnames import stage_vi


def sizes_of(design: Design, s: int) -> Codes:
    """(H,) units in each stratum of stage s."""
    return np.bincount(design.units(s).parent)


def given_fractions(design: Design, s: int) -> Array:
    """(H,) fraction drawn of each stratum of stage s, as the design has it; 0 without fpc."""
    return design.fractions[s] if s < len(design.fpc) else np.zeros(sizes_of(design, s).size)


def fractions_of(design: Design, s: int, *, conditional: bool) -> Array:
    """(H,) fraction drawn of each stratum of stage s; a lonely unit taken for certain is all of its own."""
    n, f = sizes_of(design, s), given_fractions(design, s)
    whole = design.lonely_psu == "certainty" and s + 1 < design.stages and not conditional
    return np.where(n == 1, 1.0, f) if whole else f


#: What a stratum with one unit gives, by the rule of the design.
LONELY = {
    "certainty": ("add no variance", "không tính phương sai"),
    "centre": ("compared with the mean of all units", "so với trung bình của mọi đơn vị"),
    "average": (
        "given the mean variance of the other strata",
        "lấy phương sai trung bình của các tầng khác",
    ),
}


BELOW = ("taken for certain, so the units below count", "coi là chọn chắc chắn nên tính theo đơn vị bên dưới")


def note_lonely(design: Design, stages: list[Stage], first: int, notes: list[Note]) -> None:
    """Say how many strata have one unit, and what they were taken to give."""
    if design.lonely_psu not in LONELY or design.replicates is not None:
        return
    for s, stage in enumerate(stages, start=first):
        whole = (stage.n == 1) & (stage.f == 1) & (given_fractions(design, s) < 1)
        count = int((stage.alone | whole).sum())
        if count == 0 or (s == first and first > 0):
            continue
        en, vi = BELOW if whole.any() else LONELY[design.lonely_psu]
        if s == 0:
            notes.append(Note(f"{count} strata of one PSU: {en}", f"{count} tầng chỉ có một PSU: {vi}"))
            continue
        above, below = design.stage_name(s - 1), design.stage_name(s)
        notes.append(
            Note(
                f"{count} {above} with one {below}: {en}",
                f"{count} {stage_vi(above)} chỉ có một {stage_vi(below)}: {vi}",
            )
        )


def collapse(parent: Codes, n: Codes, f: Array, notes: list[Note]) -> tuple[Codes, Codes, Array]:
    """Join each stratum of one unit to the one before it, or where there is none to the one after.

    Strata taken whole have no error, and none is joined to them or across them (Wolter 2007, 2.5).
    """
    alone, whole = (n == 1) & (f < 1), f >= 1
    if not alone.any():
        return parent, n, f
    nothing_before = np.r_[True, whole[:-1]]
    start = ~alone | nothing_before
    before = np.maximum.accumulate(np.where(alone, 0, np.arange(1, n.size + 1)))  # first of the lonely run
    after_run = ~alone & ~whole & np.r_[False, alone[:-1]]
    start[after_run] = ~nothing_before[np.r_[0, before[:-1]][after_run]]
    group = np.cumsum(start) - 1
    N = np.divide(n, f, out=np.full(n.size, np.inf), where=f > 0)
    size, population = np.bincount(group, weights=n), np.bincount(group, weights=N)
    count = int(alone.sum())
    notes.append(
        Note(
            f"{count} strata of one PSU joined to a neighbour",
            f"ghép {count} tầng chỉ có một PSU vào tầng bên",
        )
    )
    return group[parent], size.astype(np.intp), size / population


def check_lonely(design: Design, s: int, stage: Stage, cells: Cells) -> None:
    """Refuse a stratum with one unit that holds a domain, unless the design says what to do."""
    if not stage.alone.any() or design.lonely_psu not in ("error", "collapse"):
        return
    stratum = stage.stratum[stage.unit[cells.unit]]
    hit = np.flatnonzero(stage.alone[stratum])
    if hit.size == 0:
        return
    unit = int(stage.unit[cells.unit[hit[0]]])
    row = int(np.flatnonzero(design.units(s).row == unit)[0])
    name = design.stage_name(s)
    inside = ", ".join(design.strata) if s == 0 else design.psu[s - 1]
    label = design.data[list(design.strata)].iloc[row].tolist() if s == 0 else [design.data[inside].iloc[row]]
    named = shown(label[0] if len(label) == 1 else tuple(label))
    own = f"{name}={design.data[name].iloc[row]}" if design.psu else f"row {design.data.index[row]}"
    alone = s == 0 and stage.unit.max() == 0
    where = (
        f"strata={inside!r}: {named} has one PSU ({own})"
        if (design.strata or s) and not alone
        else f"the sample has one PSU ({own})"
    )
    if s:
        where = f"psu={inside!r}: {named} has one unit of the next stage ({own})"
    mend = 'Merge it with a neighbour, or pass lonely_psu="centre"'
    if alone:
        below = f"Name the stage below too, as in psu=['{name}', …], or draw" if design.psu else "Draw"
        mend = f"{below} more units"
    elif s + 1 < design.stages:
        below = design.stage_name(s + 1)
        mend += f'; if it was taken for certain, lonely_psu="certainty" counts each {below} in its place'
    raise LonelyPSUError(f"{where}, so the variance between units cannot be estimated. {mend}.")
