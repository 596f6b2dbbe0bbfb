"""Which units go to whom: the units of a sample divided into parts, a person or a place each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..checks import ArgumentError, ColumnError, DataError, listed, near
from ..format import Lang
from ..sample import Sample
from ..sample.listing import paths_of
from ..sample.words import unit_word
from .assignment import share_out
from .lists import drawn_stages
from .pages import clean
from .words import say

__all__ = ["Part", "Shared", "people_of", "place_stage", "shared"]

Codes = npt.NDArray[np.intp]


class Part(NamedTuple):
    """What one person, or one place, gets: name, places in words, units to visit and reserves there."""

    name: str
    places: list[str]
    main: pd.DataFrame
    reserve: pd.DataFrame


class Shared(NamedTuple):
    """Units shared out.

    ``parts``; ``by`` the stage of the places; ``held`` reserves beside units of several parts, which the
    supervisor keeps; ``replaced`` units left out; ``waiting`` places without a list.
    """

    parts: list[Part]
    by: str
    held: pd.DataFrame
    replaced: int
    waiting: list[str]


def place_stage(sample: Sample, by: str | None) -> str:
    """Return the stage whose units stay whole: by default the one above the last drawn."""
    stages = drawn_stages(sample)
    if by is None:
        return stages[max(len(stages) - 2, 0)]
    if by not in stages:
        raise ColumnError(
            f"by={by!r}: no stage of that name is drawn.{near(by, stages)} Choose one of {listed(stages, 9)}."
        )
    return by


def people_of(interviewers: Sequence[str] | int | None, lang: Lang) -> list[str] | None:
    """Return the names of the interviewers; numbered ones where only their number is told."""
    if interviewers is None:
        return None
    if isinstance(interviewers, (bool, str)) or not isinstance(interviewers, (int, Sequence)):
        raise TypeError(f"interviewers={interviewers!r}: pass a list of names, or how many people there are.")
    if isinstance(interviewers, int):
        if interviewers < 1:
            raise ArgumentError(f"interviewers={interviewers}: it takes one person at least.")
        return [say("person", lang, number=i) for i in range(1, interviewers + 1)]
    names = [clean(name) for name in interviewers]
    if not names or "" in names:
        raise ArgumentError(f"interviewers={list(interviewers)!r}: give every person a name.")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ArgumentError(
            f"interviewers: {listed(twice)} stands there twice. Tell the two apart, e.g. by a number."
        )
    return names


def shared(sample: Sample, by: str, people: list[str] | None, lang: Lang) -> Shared:
    """Divide the units in use, a part for each person, or for each place where nobody is named.

    Parameters
    ----------
    sample : Sample
    by : stage whose units stay whole
    people : names, or None
    lang : language of the words for places

    Raises
    ------
    ArgumentError
        More people than places.
    DataError
        No unit of the last stage is in use.
    """
    stages, table = drawn_stages(sample), sample.table
    there = table[stages[-1]].notna()
    main = table[there & table["use"].isin(("main", "released"))]
    reserve = table[there & (table["use"] == "reserve")]
    if main.empty:
        raise DataError(
            "sample: no unit of it is in use, so there is nothing to visit. Draw or release units first."
        )
    above = stages[: stages.index(by) + 1]
    place, known = pd.factorize(paths_of(main[above]))
    labels = _labels(main, above[-1], place, lang)
    if people is None:
        owner, names = np.arange(len(known)), labels
    elif len(people) > len(known):
        raise ArgumentError(
            f"interviewers: {len(people)} people for {len(known)} units of {by!r}, which stay whole. "
            f"Name fewer people, or divide at a later stage: by=... of {listed(stages, 9)}."
        )
    else:
        owner, names = share_out(np.bincount(place), len(people)), people
    spare = _owner_of_reserves(main, reserve, owner[place], stages)
    parts = [
        Part(
            name,
            [labels[i] for i in np.flatnonzero(owner == k)],
            main[owner[place] == k],
            reserve[spare == k],
        )
        for k, name in enumerate(names)
    ]
    bare = table[~there & table["use"].isin(("main", "released"))]
    waiting = list(dict.fromkeys(bare[stages[-2]].dropna())) if len(stages) > 1 else []
    replaced = int((there & (table["use"] == "replaced")).sum())
    return Shared(parts, by, reserve[spare < 0], replaced, waiting)


def _owner_of_reserves(main: pd.DataFrame, reserve: pd.DataFrame, owner: Codes, stages: list[str]) -> Codes:
    """Return who has each reserve: the one who visits all units beside it, else −1, nobody."""
    keys = [_parents(table, stages) for table in (main, reserve)]
    found = pd.Series(owner).groupby(keys[0]).agg(["min", "max"])
    alone = found["min"].where(found["min"] == found["max"], -1)
    return alone.reindex(keys[1]).fillna(-1).to_numpy(np.intp)


def _parents(table: pd.DataFrame, stages: list[str]) -> pd.Index[Any]:
    """Return the units above those of the last stage, or the stratum."""
    if len(stages) > 1:
        return pd.Index(paths_of(table[stages[:-1]]), dtype=object)
    strata = table["stratum"].tolist() if "stratum" in table else [""] * len(table)
    return pd.Index(strata, dtype=object)


def _labels(main: pd.DataFrame, stage: str, place: npt.NDArray[np.intp], lang: Lang) -> list[str]:
    """Return words for each place, in the order of their numbers: the stage, the code and the name."""
    first = main[~pd.Series(place).duplicated().to_numpy()]
    word, name = unit_word(stage, lang), f"{stage}_name"
    names = first[name].fillna("") if name in first else [""] * len(first)
    return [
        f"{word} {code}" + (f" ({text})" if text else "")
        for code, text in zip(first[stage], names, strict=True)
    ]
