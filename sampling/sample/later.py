"""Later stages, drawn from the lists of the units drawn above them, at once or as the lists come."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..checks import ColumnError, DataError, listed, near
from ..frame import Frame
from .blocks import blocks_of
from .listing import Others, Texts, parent_columns, path_labels, paths_of, size_of, under
from .outline import Listing, Outline
from .rows import grown, in_use, with_units
from .rules import all_taken, blocks_by_rule
from .steps import NO_RESERVES, Step, draw_stage, stream_of, told, with_start

__all__ = ["awaiting_rows", "next_step", "waiting"]

Codes = npt.NDArray[np.intp]


def waiting(table: pd.DataFrame, outline: Outline) -> list[int]:
    """Return the stages, numbered from 0, that some unit in use still waits for."""
    used = table[in_use(table)]
    found: list[int] = []
    for number, stage in enumerate(outline.stages):
        if found or stage.name not in used or bool(used[stage.name].isna().any()):
            found.append(number)
    return found


def awaiting_rows(table: pd.DataFrame, outline: Outline, number: int) -> Codes:
    """Return the rows of the units in use for which a stage is not drawn yet."""
    names = [stage.name for stage in outline.stages]
    there = table[names[number - 1]].notna() & in_use(table)
    if names[number] in table:
        there &= table[names[number]].isna()
    return np.flatnonzero(there.to_numpy())


def next_step(
    outline: Outline,
    table: pd.DataFrame,
    frame: Frame,
    listing: Listing,
    *,
    number: int,
    seed: int,
    batch: int,
    id_above: str | None,
    part: bool,
    empty: Collection[str],
    others: Others,
    progress: bool,
) -> Step:
    """Draw a later stage in the units drawn above it.

    Parameters
    ----------
    outline, table : the plan, and what is drawn so far
    frame, listing : list of the stage, and how it is told of
    number, seed, batch : stage from 0; seed of the plan; which draw of this stage it is, from 1
    id_above : column of ids in the list above, where it is known
    part : whether units above may stay without a list for now
    empty : ids of units above that hold no unit
    others : what to do with units of the list that stand under none of those drawn
    progress : whether to show how far a long draw has come
    """
    stage = outline.stages[number]
    names = [s.name for s in outline.stages[:number]]
    at = awaiting_rows(table, outline, number)
    above = table.iloc[at]
    paths = paths_of(above[names])
    labels = path_labels(stage, frame, parent_columns(stage, frame, names, id_above), above[names], others)
    there = set(labels.tolist()) - {""}
    nobody = _nobody(stage.name, names[-1], above[names[-1]], paths, there, empty, part)
    units = under(stage, frame, labels, there)
    place = {path: i for i, path in enumerate(paths)}
    mine = np.array([place[label] for label in units.labels], dtype=np.intp)
    rows = above.iloc[mine]
    stream = stream_of(seed, number, batch)
    if stage.by_rule:
        drawn, reserves, short = all_taken(stage, units), NO_RESERVES, 0
        blocks = blocks_by_rule(stage, number, units, drawn)
    else:
        strata = rows["stratum"].tolist() if "stratum" in rows else [""] * len(rows)
        wanted = {label: stage.wanted(h) for label, h in zip(units.labels, strata, strict=True)}
        drawn, reserves, short = draw_stage(
            stage, number, units, frame, wanted, seed=seed, batch=batch, places=f"units of {names[-1]!r}"
        )
        size = size_of(stage, frame)
        blocks = blocks_of(stage, number, units, drawn, size, wanted, progress=progress)
    new, parent = with_units(rows, stage, units, frame, drawn, reserves, names)
    new = with_start(new, outline, number, seed, batch)
    replaced = np.concatenate([at[mine], at[[place[path] for path in nobody]]]).astype(np.intp)
    how = told(stage, listing, units, drawn, reserves, short, stream)
    return Step(grown(table, replaced, new, parent), blocks, how)


def _nobody(
    name: str,
    unit: str,
    ids: pd.Series[str],
    paths: Texts,
    there: Collection[str],
    empty: Collection[str],
    part: bool,
) -> list[str]:
    """Return the units above that hold no unit, as the user says; refuse those without a list."""
    told_empty = [path for path, id in zip(paths, ids, strict=True) if id in empty or path in empty]
    known = {*ids, *paths}
    for one in empty:
        if one not in known:
            raise ColumnError(f"empty={one!r}: no {unit} of that id waits for its list.{near(one, known)}")
    listed_too = [path for path in told_empty if path in there]
    if listed_too:
        raise DataError(
            f"empty: {listed(listed_too, 3)} hold units in the list. Leave them out of the one or the other."
        )
    missing = [path for path in paths if path not in there and path not in told_empty]
    if missing and not (part and there):
        raise DataError(
            f"stage {name!r}: no list for {len(missing)} of {len(paths)} units of {unit!r} drawn: "
            f"{listed(missing)}. Bring their units too, pass part=True to draw the others now, or name those "
            "that hold no unit: empty=[...]."
        )
    return told_empty
