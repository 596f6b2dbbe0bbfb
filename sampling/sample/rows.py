"""Rows of the drawn table: built stage by stage, each unit below the row of the unit above."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..frame import Frame
from .drawing import Drawn
from .listing import Texts, Units, words_of
from .outline import KEPT, Stage

__all__ = ["IN_USE", "carried_names", "grown", "in_use", "ordered", "strata_rows", "weights", "with_units"]

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]
IN_USE = ("main", "released")
LAST = KEPT[1:]  # columns at the end of the table


def in_use(table: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Mark the rows that count: main units and the reserves that took the place of one."""
    return table["use"].isin(IN_USE).to_numpy(dtype=bool)


def strata_rows(
    names: Sequence[str], texts: Sequence[Texts], labels: Texts, wanted: Sequence[str]
) -> pd.DataFrame:
    """Return a row for each stratum, in the order of `wanted`; the first stage stands under them."""
    first = {label: row for row, label in reversed(list(enumerate(labels.tolist())))}
    at = [first[label] for label in wanted]
    rows = pd.DataFrame(
        {name: pd.Series(text[at], dtype="str") for name, text in zip(names, texts, strict=True)},
        index=range(len(at)),
    )
    if names:
        rows["stratum"] = pd.Series(list(wanted), dtype="str")
    return rows.assign(probability=1.0)


def carried_names(stage: Stage, frame: Frame) -> tuple[str, ...]:
    """Return the columns of the list that go along: those named, else the names of the units."""
    if stage.carry is not None:
        return stage.carry
    return ("name",) if "name" in frame.units.columns and frame.id != "name" else ()


def with_units(
    above: pd.DataFrame,
    stage: Stage,
    units: Units,
    frame: Frame,
    drawn: Drawn,
    reserves: tuple[Codes, Codes],
    names: Sequence[str] = (),
) -> tuple[pd.DataFrame, Codes]:
    """Return rows for the units drawn and for the reserves, and the row of `above` that each stands under.

    Parameters
    ----------
    above : a row for each stratum or unit above, in the order of ``units.labels``
    stage, units, frame : what was drawn from
    drawn, reserves : units drawn, and rows and order of the reserves
    names : of the stages above
    """
    place = np.arange(drawn.position.size)
    place -= np.searchsorted(drawn.parent, drawn.parent)
    rows = np.concatenate([drawn.position, reserves[0]])
    parent, reserved = units.parent[rows], reserves[0].size
    main = np.arange(rows.size) < drawn.position.size
    order = np.concatenate([place + 1, reserves[1]])
    listed = np.lexsort((order, ~main, parent))
    rows, parent, main, order = rows[listed], parent[listed], main[listed], order[listed]
    own = np.concatenate([drawn.probability, np.full(reserved, np.nan)])[listed]
    sure = np.concatenate([drawn.certainty, np.zeros(reserved, dtype=bool)])[listed]
    if "certainty" in above:
        sure = above["certainty"].to_numpy(dtype=bool)[parent] & main
    kept = [name for name in above.columns if name not in LAST]
    table: dict[str, Any] = {name: above[name].iloc[parent].array for name in kept}
    table[stage.name] = pd.array(units.id[rows], dtype="str")
    for name in carried_names(stage, frame):
        table[f"{stage.name}_{name}"] = carried(units.table[name].iloc[rows])
    table[f"{stage.name}_probability"] = own
    if frame.multiplicity is not None:
        times = units.table[frame.multiplicity].iloc[rows]
        table[f"{stage.name}_multiplicity"] = times.to_numpy(np.float64)
    table |= {
        "probability": above["probability"].to_numpy()[parent] * own,
        "weight": np.full(rows.size, np.nan),
        "order": order,
        "use": pd.array(np.where(main, "main", "reserve"), dtype="str"),
        "certainty": sure,
    }
    new = pd.DataFrame(table)
    return new.assign(weight=weights(new, [*names, stage.name])), parent


def weights(table: pd.DataFrame, names: Sequence[str]) -> Array:
    """Return 1 / probability of each row, divided by how often its units stand in their lists.

    Parameters
    ----------
    table : rows
    names : of the stages
    """
    found: Array = 1 / table["probability"].to_numpy(np.float64)
    for column in [f"{name}_multiplicity" for name in names if f"{name}_multiplicity" in table]:
        found = found / table[column].fillna(1).to_numpy(np.float64)
    return found


def carried(column: pd.Series[Any]) -> Any:
    """Return the values of a column as the table holds them: whole numbers, numbers or text."""
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_integer_dtype(column):
        return column.astype("Int64").array
    if pd.api.types.is_numeric_dtype(column):
        return column.astype(np.float64).to_numpy()
    return _as_text(column).array


def grown(table: pd.DataFrame, at: Codes, new: pd.DataFrame, parent: Codes) -> pd.DataFrame:
    """Put new rows in the place of the rows they stand under.

    Parameters
    ----------
    table : so far
    at : rows of it that were the units above; one that got no unit stays, with the use "empty"
    new, parent : new rows, and for each the place of its row in `at`
    """
    new = new.copy()
    kept = table.drop(index=at[np.unique(parent)].tolist())
    bare = np.isin(kept.index.to_numpy(), at)
    kept = kept.assign(use=kept["use"].where(~bare, "empty"), weight=kept["weight"].where(~bare, np.nan))
    for name in new.columns:
        if name not in kept:
            kept[name] = pd.Series([None] * len(kept), index=kept.index, dtype=new[name].dtype)
        if kept[name].dtype != new[name].dtype:
            kept[name], new[name] = _alike(kept[name], new[name])
    place = np.concatenate([kept.index.to_numpy(), at[parent]])
    order = np.argsort(place, kind="stable")
    whole: pd.DataFrame = pd.concat([kept[list(new.columns)], new], ignore_index=True)
    return whole.iloc[order].reset_index(drop=True)


def _alike(old: pd.Series[Any], new: pd.Series[Any]) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """Return a column of two lists as one kind: numbers, or text where one of the lists holds text."""
    if pd.api.types.is_numeric_dtype(old) and pd.api.types.is_numeric_dtype(new):
        return old.astype("float64"), new.astype("float64")
    return _as_text(old), _as_text(new)


def _as_text(column: pd.Series[Any]) -> pd.Series[Any]:
    text = words_of(column)
    text[text == ""] = None
    return pd.Series(text, index=column.index, dtype="str")


def ordered(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with its columns in order: those of the stages, then weight and use."""
    names = [str(name) for name in table.columns]
    return table.loc[
        :, [name for name in names if name not in LAST] + [name for name in LAST if name in names]
    ]
