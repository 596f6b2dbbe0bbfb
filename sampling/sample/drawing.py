"""Draw the units of one stage in all strata, or in all units above, at once; and put reserves in order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..checks import ArgumentError, ColumnError, DataError, listed
from ..selection import permanent_numbers, select, select_with_numbers, serpentine, uniforms
from .listing import Units, sized, words_of
from .outline import Stage

__all__ = ["Drawn", "draw_units", "forced_units", "list_order", "measure", "put_in_order", "values_of"]

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]
TINY = 1e-9  # shares of a sample such as 2/3 of 3 are whole
ORDERED = ("systematic", "pps_systematic", "pps_pivotal")


class Drawn(NamedTuple):
    """Units drawn in one stage, by parent, forced units first, then in the order of selection.

    ``position`` (n,) rows of the units, ``parent`` (n,), ``probability`` (n,), ``certainty`` (n,).
    """

    position: Codes
    parent: Codes
    probability: Array
    certainty: Mask


def draw_units(
    stage: Stage, units: Units, frame_size: str | None, wanted: Mapping[str, int], stream: tuple[int, ...]
) -> Drawn:
    """Draw the wanted number in each stratum or unit above.

    Parameters
    ----------
    stage : how
    units : from what
    frame_size : column with the measure of size, for the methods that need one
    wanted : number to draw by label
    stream : seed of the stage

    Returns
    -------
    Drawn; units that the column `certain` marks are taken with probability 1, the others by the method.
    """
    forced = forced_units(stage, units)
    counts = np.bincount(units.parent, minlength=len(units.labels))
    sure = np.bincount(units.parent[forced], minlength=len(units.labels))
    n = np.array([wanted[label] for label in units.labels], dtype=np.intp)
    _check_forced(stage, units, sure, counts, n)
    rest = np.flatnonzero(~forced & (n > sure)[units.parent])
    left = {label: int(k) for label, k in zip(units.labels, n - sure, strict=True) if k > 0}
    position, probability, certainty = (
        [np.flatnonzero(forced)],
        [np.ones(int(forced.sum()))],
        [forced[forced]],
    )
    if rest.size:
        chosen = _select(stage, units, frame_size, rest, left, stream)
        position.append(rest[chosen.position])
        probability.append(chosen.probability)
        certainty.append(chosen.certainty)
    place = np.concatenate(position)
    late = np.arange(place.size)
    late[: position[0].size] = np.argsort(np.argsort(units.id[position[0]].astype(np.str_), kind="stable"))
    order = np.lexsort((late, np.arange(place.size) >= position[0].size, units.parent[place]))
    place = place[order]
    return Drawn(
        place, units.parent[place], np.concatenate(probability)[order], np.concatenate(certainty)[order]
    )


def _select(
    stage: Stage,
    units: Units,
    frame_size: str | None,
    rest: Codes,
    left: Mapping[str, int],
    stream: tuple[int, ...],
) -> Any:
    labels = np.array(units.labels, dtype=np.str_)
    within = labels[units.parent[rest]]
    if stage.rotate is not None:
        numbers = _rotated(stage.rotate, units, rest, left, stream)
        return select_with_numbers(units.id[rest], numbers, dict(left), within=within)
    method: Any = stage.method
    size = None
    if frame_size is not None and (sized(stage.method) or stage.method in ("cube", "local_pivotal")):
        size = measure(units, frame_size, stage)[rest].set_axis(pd.Index(units.id[rest]))
    table = units.table.iloc[rest]
    order = list_order(stage, units)
    balance = values_of(table, stage.balance, "balance", stage) if stage.balance else None
    coords = values_of(table, stage.coords, "coords", stage) if stage.coords else None
    try:
        return select(
            units.id[rest],
            dict(left),
            method=method,
            seed=stream,
            size=size,
            within=within,
            order=None if order is None else order[rest],
            balance=balance,
            coords=coords,
        )
    except (ArgumentError, ColumnError, DataError) as error:
        raise type(error)(f"stage {stage.name!r}: {error}") from error


def _rotated(
    rotate: float, units: Units, rest: Codes, left: Mapping[str, int], stream: tuple[int, ...]
) -> Array:
    """Return numbers in [0, 1) that put the units in an order which begins further on with every wave.

    Units are ranked by the random numbers that they keep; the first is the one after a share `rotate` of the
    n units of the first wave.
    """
    own = permanent_numbers(units.id[rest], seed=stream)
    parent = units.parent[rest]
    order = np.lexsort((units.id[rest].astype(np.str_), own, parent))
    N = np.bincount(parent, minlength=len(units.labels))
    rank = np.empty(rest.size, dtype=np.intp)
    rank[order] = np.arange(rest.size) - (np.cumsum(N) - N)[parent[order]]
    n = np.array([left.get(label, 0) for label in units.labels])
    begin = np.floor(rotate * n + TINY).astype(np.intp)
    return ((rank - begin[parent]) % N[parent]) / N[parent]


def forced_units(stage: Stage, units: Units) -> Mask:
    """Mark the units that are taken with probability 1 because the plan says so."""
    if stage.certain is None:
        return np.zeros(units.parent.size, dtype=bool)
    column = units.table[stage.certain]
    plain = pd.to_numeric(column, errors="coerce") if column.dtype.kind in "biuf" else None
    if plain is None or not plain.isin([0, 1]).all():
        raise DataError(
            f"stage {stage.name!r}, certain={stage.certain!r} holds {listed(column.unique(), 3)}; it must be "
            "True or False (1 or 0) for each unit."
        )
    return plain.to_numpy(dtype=bool)


def _check_forced(stage: Stage, units: Units, sure: Codes, counts: Codes, n: Codes) -> None:
    over = np.flatnonzero((sure > n) | ((sure == n) & (counts > sure)))
    if over.size:
        first = over[0]
        where = f" in {units.labels[first]!r}" if units.labels[first] else ""
        raise ArgumentError(
            f"stage {stage.name!r}, certain={stage.certain!r}: {sure[first]} units are certain{where}, and "
            f"n={n[first]} of {counts[first]} are to be drawn, so the others have no chance. Raise n, or "
            "mark fewer units."
        )


def measure(units: Units, column: str, stage: Stage) -> pd.Series[Any]:
    """Return the measure of size of the units as numbers."""
    values = units.table[column]
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        raise TypeError(
            f"stage {stage.name!r}, size={column!r} holds {listed(values.iloc[:1])}, and a size must be a "
            "number. Turn the column into numbers first."
        )
    return values


def list_order(stage: Stage, units: Units) -> Codes | None:
    """Return the place of each unit in the sorted list of its parent, equal where the sort columns are equal.

    None where the method does not look at the order, or where the units stand in the order of ids.
    """
    if not stage.sort or stage.method not in ORDERED:
        return None
    keys = []
    for name in stage.sort:
        column = units.table[name]
        if column.isna().any():
            ids = units.id[column.isna().to_numpy()]
            raise DataError(
                f"stage {stage.name!r}, sort={name!r}: no value for {listed(ids, 3)}. Fill it in, or sort by "
                "another column."
            )
        numeric = pd.api.types.is_numeric_dtype(column)
        keys.append(column.to_numpy(np.float64) if numeric else words_of(column).astype(np.str_))
    if stage.serpentine:
        return serpentine(*keys, within=units.parent)
    return dense_rank(keys)


def dense_rank(keys: list[npt.NDArray[Any]]) -> Codes:
    """Return the place of each row among the sorted distinct rows of the keys, the first counting most."""
    order = np.lexsort(keys[::-1])
    new = np.zeros(order.size, dtype=bool)
    for key in keys:
        new[1:] |= key[order][1:] != key[order][:-1]
    rank = np.empty(order.size, dtype=np.intp)
    rank[order] = np.cumsum(new)
    return rank


def values_of(table: pd.DataFrame, names: tuple[str, ...], argument: str, stage: Stage) -> Array:
    """Return columns as numbers, none of them missing."""
    for name in names:
        column = table[name]
        if not pd.api.types.is_numeric_dtype(column) or column.isna().any():
            raise DataError(
                f"stage {stage.name!r}, {argument}={name!r}: it needs a number for each unit. "
                "Turn the column into numbers and fill in what is missing."
            )
    return table[list(names)].to_numpy(np.float64)


def put_in_order(units: Units, drawn: Drawn, reserve: int, stream: tuple[int, ...]) -> tuple[Codes, Codes]:
    """Draw reserves from the units not drawn: each gets a random number, and the smallest come first.

    Returns
    -------
    (r,) rows of the units by parent in the order in which they are to be used, and (r,) their place from 1
    """
    left = np.ones(units.parent.size, dtype=bool)
    left[drawn.position] = False
    rest = np.flatnonzero(left)
    rest = rest[np.lexsort((units.id[rest].astype(np.str_), units.parent[rest]))]
    key = uniforms(rest.size, stream) if rest.size else np.zeros(0)
    rest = rest[np.lexsort((key, units.parent[rest]))]
    start = np.searchsorted(units.parent[rest], np.arange(len(units.labels)))
    place = np.arange(rest.size) - start[units.parent[rest]] + 1
    keep = place <= reserve
    return rest[keep], place[keep]
