"""A plan in a TOML file, and read from it with its lists."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..checks import ArgumentError, ColumnError, DataError, near
from ..codes import day
from ..frame import Frame
from ..sample.listing import listing_of
from ..sample.outline import Listing, Outline, Stage
from ..sample.sentences import file_tables
from ..sample.toml import read_toml, to_toml, write_text

__all__ = ["checked_seed_of", "day_of", "frames_of", "outline_of", "write"]


def checked_seed_of(seed: Any) -> int:
    """Return the seed if it is one whole number from 0."""
    if seed is None:
        raise ArgumentError(
            "seed=None: a draw needs a seed, so that it can be repeated. Pass a number, e.g. 20261122."
        )
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
        raise TypeError(f"seed={seed!r}: pass a whole number.")
    if not 0 <= seed < 2**32:  # a larger one could give the numbers of another seed and stage
        raise ArgumentError(f"seed={seed!r}: pass a whole number from 0 to {2**32 - 1}.")
    return int(seed)


def day_of(on: dt.date | str | None) -> dt.date:
    """Return a day; today without one."""
    if on is None:
        return dt.date.today()
    return day(on, "on")


def write(outline: Outline, path: str | os.PathLike[str], *, overwrite: bool) -> None:
    """Write the file of a plan."""
    path = Path(path)
    if path.exists() and not overwrite:
        raise ArgumentError(f"path={path.name!r} is there already. Name a new file, or pass overwrite=True.")
    write_text(path, to_toml(file_tables(outline)).lstrip("\n"))


def outline_of(path: str | os.PathLike[str], *, check: bool) -> Outline:
    """Read what a plan's file says."""
    name = Path(path).name
    given = read_toml(path)
    if not isinstance(given.get("plan"), Mapping):
        raise ColumnError(
            f"{name}: there is no table [plan], so it holds no plan. Write one: plan.to_toml(path)."
        )
    outline = Outline.from_dict(given["plan"], name)
    said = given["plan"].get("hash")
    if check and said is not None and said != outline.hash:
        raise DataError(
            f"{name}: the plan was changed after it was written (its hash is {outline.hash}, the file says "
            f"{said}). Put the old values back, or pass check=False to take it as it is now."
        )
    return outline


def frames_of(
    outline: Outline, frames: Mapping[str, Frame], *, check: bool
) -> tuple[dict[str, Frame], dict[str, Listing]]:
    """Return the lists by stage and how the plan tells of them, after comparing their content."""
    names = [stage.name for stage in outline.stages]
    for name in frames:
        if name not in names:
            raise ColumnError(f"frames names {name!r}, and the plan has no such stage.{near(name, names)}")
    if names[0] not in frames:
        raise ColumnError(
            f"frames has no list for the first stage {names[0]!r}. Pass frames={{{names[0]!r}: frame}}."
        )
    told: dict[str, Listing] = {}
    for number, stage in enumerate(outline.stages):
        said = outline.frame if number == 0 else stage.frame
        if stage.name not in frames:
            continue
        own = listing_of(frames[stage.name])
        if check and said is not None and own.hash != said.hash:
            raise DataError(
                f"frames[{stage.name!r}]: the plan was made with {said.name!r} of the hash {said.hash}, and "
                f"this list, {own.name!r}, has {own.hash}. Pass the list of the plan, or check=False."
            )
        told[stage.name] = said if said is not None and said.hash == own.hash else own
    return dict(frames), told


def with_listings(stages: tuple[Stage, ...], told: Mapping[str, Listing]) -> tuple[Stage, ...]:
    """Return the stages with how their lists are told of; the first has that of the plan."""
    first, *rest = stages
    return (first, *(replace(stage, frame=told.get(stage.name, stage.frame)) for stage in rest))
