"""Reserves: put in order when the sample is drawn, released in that order only, and every release logged."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from ..checks import ArgumentError, ColumnError, DataError, listed, near, nfc
from ..codes import day
from .listing import paths_of
from .outline import Outline
from .rows import in_use, weights

__all__ = ["LOG", "empty_log", "places", "release"]

LOG = ("stage", "parent", "lost", "reserve", "order", "reason", "date")


def empty_log() -> pd.DataFrame:
    """Return a log without entries."""
    return _without_entries().copy()


@cache
def _without_entries() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype="int64" if name == "order" else "str") for name in LOG})


def parent_keys(table: pd.DataFrame, outline: Outline, number: int) -> pd.Series[str]:
    """Return the key of the block of each row at a stage: its stratum, or the path of ids above."""
    if number:
        names = [stage.name for stage in outline.stages[:number]]
        return pd.Series(paths_of(table[names].fillna("")), index=table.index, dtype="str")
    if "stratum" in table:
        return table["stratum"]
    return pd.Series("", index=table.index, dtype="str")


def release(
    outline: Outline,
    table: pd.DataFrame,
    log: pd.DataFrame,
    lost: Sequence[str],
    *,
    number: int,
    reason: str,
    on: Any,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Put the next reserve in the place of each unit lost; return the new table and log.

    Parameters
    ----------
    outline, table, log : the plan and what is drawn so far
    lost : ids, or paths of ids joined by "/"
    number : stage of the units, from 0
    reason, on : why and when, for the log
    """
    name, date, why = outline.stages[number].name, day(on, "on").isoformat(), nfc(reason)
    if not why:
        raise ArgumentError("reason is empty. Say why the unit was lost; it stands in the log.")
    table, entries = table.reset_index(drop=True), []
    for one in lost:
        parents = parent_keys(table, outline, number)
        rows = _rows_of(table, parents, name, one)
        parent, id = str(parents[rows[0]]), str(table[name].iloc[rows[0]])
        reserve = _next_reserve(table, parents, outline, number, parent, id)
        gone = np.flatnonzero((table[name] == id) & (parents == parent) & (table["use"] != "empty"))
        table = _exchanged(table, rows[0], gone.tolist(), reserve, outline, number)
        place, instead = int(table["order"].iloc[reserve]), table[name].iloc[reserve]
        entries.append((name, parent, id, instead, place, why, date))
    new = pd.DataFrame(entries, columns=list(LOG)).astype(empty_log().dtypes.to_dict())
    return table, pd.concat([log, new], ignore_index=True) if len(log) else new


def _rows_of(table: pd.DataFrame, parents: pd.Series[str], name: str, one: str) -> list[int]:
    """Return the rows of a unit in use."""
    used = table[in_use(table) & table[name].notna()]
    own, keys = used[name], parents[used.index]
    found = (own == one) | (keys + "/" + own == one)
    if not found.any():
        gone = table.loc[table[name] == one, "use"]
        if len(gone):
            raise DataError(
                f"release: {name} {one!r} is not in use ({gone.iloc[0]}). Name a unit that is in the field."
            )
        raise ColumnError(f"release: the sample has no {name} {one!r}.{near(one, own)}")
    if len(set(keys[found])) > 1:
        raise DataError(
            f"release: {name} {one!r} stands under {listed(keys[found].unique(), 3)}. "
            f"Name it with the units above: {keys[found].iloc[0] + '/' + one!r}."
        )
    return list(found.index[found])


def _next_reserve(
    table: pd.DataFrame, parents: pd.Series[str], outline: Outline, number: int, parent: str, lost: str
) -> int:
    """Return the row of the reserve that is next in order."""
    name = outline.stages[number].name
    there = table[(table["use"] == "reserve") & table[name].notna() & (parents == parent)]
    below = outline.stages[number + 1].name if number + 1 < len(outline.stages) else None
    if below in there:
        there = there[there[below].isna()]
    if not len(there):
        where = f" in {parent!r}" if parent else ""
        raise DataError(
            f"release: no reserve of {name} is left{where} for {lost!r}. Leave the unit in the sample as one "
            "that did not answer, and adjust the weights for it."
        )
    return int(there.index.to_numpy()[there["order"].to_numpy().argmin()])


def _exchanged(
    table: pd.DataFrame, first: int, gone: list[int], reserve: int, outline: Outline, number: int
) -> pd.DataFrame:
    """Give the reserve the chance and the place of the unit lost, which goes with all that is under it."""
    name, row = outline.stages[number].name, table.iloc[first]
    probability = 1.0
    for stage in outline.stages[: number + 1]:
        probability = probability * float(row[f"{stage.name}_probability"])
    below = outline.stages[number + 1] if number + 1 < len(outline.stages) else None
    new = _set(table, gone, {"weight": np.nan, "use": "replaced"})
    taken: dict[str, Any] = {f"{name}_probability": row[f"{name}_probability"], "probability": probability}
    taken |= {"use": "released", "certainty": row["certainty"]}
    if below is not None and below.every is not None:
        taken[f"{below.name}_start"] = row[f"{below.name}_start"]
    new = _set(new, [reserve], taken)
    names = [stage.name for stage in outline.stages[: number + 1]]
    return _set(new, [reserve], {"weight": weights(new.iloc[[reserve]], names)[0]})


def _set(table: pd.DataFrame, rows: list[int], values: dict[str, Any]) -> pd.DataFrame:
    """Return the table with one value a column put into rows."""
    columns = {}
    for name, value in values.items():
        column = table[name].copy()
        column.iloc[rows] = value
        columns[name] = column
    return table.assign(**columns)


def places(outline: Outline, table: pd.DataFrame, log: pd.DataFrame, number: int) -> pd.Series[str]:
    """Return for each row the unit first drawn in whose place its unit of a stage stands."""
    name = outline.stages[number].name
    mine = log[log["stage"] == name]
    origin: dict[tuple[str, str], str] = {}
    for parent, lost, reserve in zip(mine["parent"], mine["lost"], mine["reserve"], strict=True):
        origin[parent, reserve] = origin.get((parent, lost), lost)
    keys = parent_keys(table, outline, number)
    found = [origin.get((key, id), id) for key, id in zip(keys, table[name], strict=True)]
    return pd.Series(found, index=table.index, name=name, dtype="str")
