"""Stages that are carried out in the field by a rule: every k-th unit, and one person of a household."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..checks import ArgumentError, DataError, SurveyWarning, listed, shown
from ..household import kish_probabilities
from .drawing import Drawn
from .listing import Texts, Units, paths_of, words_of
from .outline import Stage
from .parts import Block
from .rows import ordered, weights

__all__ = [
    "Counted",
    "all_taken",
    "blocks_by_rule",
    "chances_of",
    "count_households",
    "matched",
    "people_of",
]

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]
EVERY_FORMULA = "1/k"
ONE_OF = "1/A"


def all_taken(stage: Stage, units: Units) -> Drawn:
    """Take all units of a list of those that the rule met: each had the chance 1/k."""
    order = np.lexsort((units.id.astype(np.str_), units.parent))
    chance = np.full(order.size, 1 / int(stage.every or 1))
    return Drawn(order, units.parent[order], chance, np.zeros(order.size, dtype=bool))


def blocks_by_rule(stage: Stage, number: int, units: Units, drawn: Drawn) -> dict[tuple[int, str], Block]:
    """Return the blocks of units met by the rule; N is k times their number."""
    ends = np.searchsorted(drawn.parent, np.arange(len(units.labels) + 1))
    ids = units.id[drawn.position]
    found = {}
    for g, label in enumerate(units.labels):
        mine = slice(ends[g], ends[g + 1])
        chance = drawn.probability[mine]
        N = chance.size * int(stage.every or 1)
        found[number, label] = _block(tuple(ids[mine]), chance, "every", EVERY_FORMULA, N)
    return found


def _block(ids: tuple[str, ...], chance: Array, method: str, formula: str, N: int) -> Block:
    sure = chance == 1
    return Block(ids, chance, method, "none", bool(sure.all()), formula, None, None, N, sure)


class Counted(NamedTuple):
    """The table with the chance of one person of each household, its blocks, and the number of people."""

    table: pd.DataFrame
    blocks: dict[tuple[int, str], Block]
    n: int
    N: int


def count_households(
    table: pd.DataFrame,
    number: int,
    names: Sequence[str],
    at: Codes,
    people: Array,
    chance: Array,
    method: str,
) -> Counted:
    """Give one person of each household a chance.

    Parameters
    ----------
    table : so far
    number : of the stage, from 0
    names : stages above, and the stage itself
    at : rows of the households
    people, chance : (n,) people of each, and the chance of the one taken
    method : how the one person is found
    """
    *above, name = names
    ids = table[above[-1]].to_numpy(dtype=object)[at]
    own = {name: ids, f"{name}_adults": people, f"{name}_probability": chance}
    columns = {column: table[column] for column in table.columns if column not in own}
    for column, values in own.items():
        kind = "str" if column == name else "float64"
        old = table[column] if column in table else pd.Series([None] * len(table), dtype=kind)
        columns[column] = _put(old, at, values)
    columns["probability"] = _put(table["probability"], at, table["probability"].to_numpy()[at] * chance)
    new = ordered(pd.DataFrame(columns))
    weight = weights(new.iloc[at], names)
    new = new.assign(weight=_put(new["weight"], at, weight))
    blocks = {}
    for path, id, count, share in zip(paths_of(new.iloc[at][above]), ids, people, chance, strict=True):
        blocks[number, path] = _block((id,), np.array([share]), method, ONE_OF, int(np.ceil(count)))
    return Counted(new, blocks, at.size, int(np.ceil(people).sum()))


def _put(column: pd.Series[Any], at: Codes, values: npt.NDArray[Any]) -> pd.Series[Any]:
    new = column.copy()
    new.iloc[at] = values
    return new


def matched(
    rows: pd.DataFrame, known: pd.DataFrame, data: pd.DataFrame, columns: tuple[str, ...]
) -> pd.DataFrame:
    """Return the rows of a table of households in the order of the households asked for.

    Parameters
    ----------
    rows : ids of the households asked for, a column a stage
    known : ids of all households of the sample
    data : a row for each household
    columns : columns of the data with the ids, outermost first
    """
    unit, k = known.columns[-1], len(columns)
    keys = paths_of(pd.DataFrame({name: words_of(data[name]) for name in columns}))
    twice = pd.Series(keys)[pd.Series(keys).duplicated()].unique()
    if len(twice):
        raise DataError(f"data: {listed(twice, 3)} stand in more than one row. Keep one row a {unit}.")
    strangers = sorted(set(keys) - set(paths_of(known.iloc[:, -k:])))
    if strangers:
        raise DataError(
            f"data: {listed(strangers)} are no {unit} of the sample. Correct the ids, or drop these rows."
        )
    return data.set_axis(pd.Index(keys)).reindex(pd.Index(paths_of(rows[known.columns[-k:]])))


def people_of(told: pd.DataFrame, adults: str, ids: Texts, unit: str, unknown: float | None) -> Array:
    """Return how many people each household has.

    Parameters
    ----------
    told : a row for each household
    adults : column with the number
    ids, unit : (n,) ids of the households, and the name of their stage, for errors
    unknown : number for households without one
    """
    values = _whole(told[adults], "adults", adults, ids, unit)
    none = np.isnan(values)
    if none.any() and unknown is None:
        raise DataError(
            f"adults={adults!r}: no number for {int(none.sum())} of {none.size} units of {unit!r}: "
            f"{listed(ids[none])}. Fill it in, or say which number stands for it: unknown=2."
        )
    if unknown is not None and not unknown >= 1:
        raise ArgumentError(f"unknown={unknown!r}: a {unit} holds 1 person or more.")
    return np.where(none, np.nan if unknown is None else float(unknown), values)


def _whole(column: pd.Series[Any], argument: str, name: str, ids: Texts, unit: str) -> Array:
    """Return whole numbers from 1; a missing one stays missing."""
    values = pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    there = column.notna().to_numpy(dtype=bool)
    wrong = np.flatnonzero(there & ~((values >= 1) & (values == np.floor(values))))
    if wrong.size:
        raise DataError(
            f"{argument}={name!r} is {shown(column.iloc[wrong[0]])} for {unit} {ids[wrong[0]]!r}; it must be "
            "a whole number from 1. Correct it."
        )
    return values


def chances_of(
    method: str, people: Array, told: pd.DataFrame, person: str | None, ids: Texts, unit: str
) -> Array:
    """Return the chance of the person taken: 1 / people, but for the Kish grid where it is not even.

    Parameters
    ----------
    method : how the one person is found
    people : (n,) people of each household
    told : a row for each household
    person : column with the number of the person on the household's list, for the Kish grid
    ids, unit : (n,) ids of the households, and the name of their stage, for errors
    """
    even: Array = 1 / people
    if person is None:
        uneven = int(((people == 5) | (people > 6)).sum()) if method == "kish" else 0
        if uneven:
            warnings.warn(
                f"{unit}: {uneven} have 5 people, or more than 6, whose chances by the Kish grid are not "
                "even; 1 / people stands for them. Pass person=, the column with the number of the person on "
                "the list.",
                SurveyWarning,
                stacklevel=3,
            )
        return even
    if method != "kish":
        raise ArgumentError(
            f"person={person!r}: it is for the Kish grid, and here one person is taken by {method!r}, all "
            "with the same chance. Leave it out."
        )
    place = _whole(told[person], "person", person, ids, unit)
    beyond = np.flatnonzero(place > people)
    if beyond.size:
        i = beyond[0]
        raise DataError(
            f"person={person!r} is {place[i]:g} for {unit} {ids[i]!r}, which has {people[i]:g} people. "
            "Correct one of the two."
        )
    grid = {k: kish_probabilities(int(k)).to_numpy() for k in np.unique(people[~np.isnan(place)])}
    found = even.copy()
    for i in np.flatnonzero(~np.isnan(place)):
        found[i] = grid[people[i]][int(place[i]) - 1]
    zero = np.flatnonzero(found == 0)
    if zero.size:
        i = zero[0]
        raise DataError(
            f"person={person!r} is {place[i]:g} for {unit} {ids[i]!r}: the Kish grid never takes a person "
            "above the sixth. Correct the number, or the rule."
        )
    return found
