"""The first stage drawn from the strata, and what all stages have in common.

Stage s (from 1) takes the random numbers of the seed (seed, s), its reserves those of (seed, 100 + s). Where
the lists of one stage come at different times, the second draw takes (seed, s, 2), the third (seed, s, 3).
"""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..checks import ArgumentError, SurveyWarning
from ..frame import Frame
from ..selection import uniforms
from .blocks import blocks_of
from .drawing import Drawn, draw_units, put_in_order
from .listing import Units, paths_of, size_of, stratum_labels, under, words_of
from .outline import Listing, Outline, Stage
from .parts import Block, DrawnList, DrawnStage
from .rows import ordered, strata_rows, with_units

__all__ = ["RESERVES", "Step", "draw_stage", "first_step", "stream_of", "told"]

Codes = npt.NDArray[np.intp]
Reserves = tuple[Codes, Codes]
NO_RESERVES: Reserves = (np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp))
RESERVES = 100  # added to the number of a stage for the stream of its reserves


class Step(NamedTuple):
    """What one draw adds: the table after it, its blocks, and what is told of it."""

    table: pd.DataFrame
    blocks: dict[tuple[int, str], Block]
    stage: DrawnStage


def stream_of(seed: int, number: int, batch: int) -> tuple[int, ...]:
    """Return the seed of a stage, numbered from 0, for its first or a later list."""
    return (seed, number + 1) if batch == 1 else (seed, number + 1, batch)


def first_step(outline: Outline, frame: Frame, seed: int, *, progress: bool) -> Step:
    """Draw the first stage in all strata."""
    stage = outline.stages[0]
    labels = stratum_labels(frame, outline.strata)
    units = under(stage, frame, labels, set(labels.tolist()))
    wanted = {label: stage.wanted(label) for label in units.labels}
    texts = [words_of(frame.units[name]) for name in outline.strata]
    above = strata_rows(outline.strata, texts, labels, units.labels)
    places = "strata" if outline.strata else "frames"
    drawn, reserves, short = draw_stage(stage, 0, units, frame, wanted, seed=seed, batch=1, places=places)
    table, _ = with_units(above, stage, units, frame, drawn, reserves)
    size = size_of(stage, frame)
    blocks = blocks_of(stage, 0, units, drawn, size, wanted, progress=progress)
    how = told(stage, outline.frame, units, drawn, reserves, short, stream_of(seed, 0, 1))
    return Step(with_start(table, outline, 0, seed, 1), blocks, how)


def with_start(table: pd.DataFrame, outline: Outline, number: int, seed: int, batch: int) -> pd.DataFrame:
    """Add the start of the next stage where every k-th unit is taken: a whole number from 1 to k."""
    below = outline.stages[number + 1] if number + 1 < len(outline.stages) else None
    if below is None or below.every is None:
        return ordered(table)
    names = [stage.name for stage in outline.stages[: number + 1]]
    rows = np.flatnonzero((table["use"] == "main").to_numpy())
    rows = rows[np.argsort(paths_of(table.iloc[rows][names]).astype(np.str_), kind="stable")]
    start = np.zeros(len(table), dtype=np.intp)
    start[rows] = 1 + np.floor(uniforms(rows.size, stream_of(seed, number + 1, batch)) * below.every)
    column = pd.Series(start, dtype="Int64")
    return ordered(table.assign(**{f"{below.name}_start": column.where(column > 0)}))


def draw_stage(
    stage: Stage,
    number: int,
    units: Units,
    frame: Frame,
    wanted: dict[str, int],
    *,
    seed: int,
    batch: int,
    places: str,
) -> tuple[Drawn, Reserves, int]:
    """Draw main units and reserves; `wanted` is cut to what there is where the stage says so.

    Returns
    -------
    units drawn; rows and order of the reserves; number of strata or units above that hold too few
    """
    N = np.bincount(units.parent, minlength=len(units.labels))
    few = {label: int(k) for label, k in zip(units.labels, N, strict=True) if k < wanted[label]}
    if few and stage.short == "error":
        shown = [f"{label!r} ({k} of {wanted[label]})" for label, k in few.items()]
        more = f" and {len(few) - 5} more" if len(few) > 5 else ""
        raise ArgumentError(
            f"stage {stage.name!r}: {len(few)} of {len(units.labels)} {places} hold fewer units than are to "
            f"be drawn: {', '.join(shown[:5])}{more}. Lower n, or pass short='all' to take all there are."
        )
    wanted |= few
    drawn = draw_units(stage, units, size_of(stage, frame), wanted, stream_of(seed, number, batch))
    reserves = NO_RESERVES
    if stage.reserve:
        reserves = put_in_order(units, drawn, stage.reserve, stream_of(seed, RESERVES + number, batch))
        lacking = len(units.labels) * stage.reserve - reserves[0].size
        if lacking and stage.short == "error":
            warnings.warn(
                f"stage {stage.name!r}: {reserves[0].size} reserves instead of "
                f"{reserves[0].size + lacking}, because no more units are left. "
                "Pass short='all' if that is meant.",
                SurveyWarning,
                stacklevel=4,
            )
    return drawn, reserves, len(few)


def told(
    stage: Stage,
    listing: Listing,
    units: Units,
    drawn: Drawn,
    reserves: Reserves,
    short: int,
    stream: tuple[int, ...],
) -> DrawnStage:
    """Return how a stage was drawn, in this one draw of it."""
    N, n = units.parent.size, drawn.position.size
    used = DrawnList(listing, len(units.labels), N, n, stream)
    return DrawnStage(stage.name, stage.method, N, n, reserves[0].size, short, (used,))
