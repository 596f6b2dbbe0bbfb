"""The list of a stage put under the strata or under the units drawn above, and its columns checked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..checks import ArgumentError, ColumnError, DataError, listed, near
from ..codes import texts
from ..frame import Frame
from .outline import PAIR_SEPARATOR, Listing, Stage

__all__ = [
    "Others",
    "Units",
    "check_stage",
    "listing_of",
    "parent_columns",
    "path_labels",
    "paths_of",
    "size_of",
    "sized",
    "stratum_labels",
    "under",
    "words_of",
]

Codes = npt.NDArray[np.intp]
Texts = npt.NDArray[np.object_]
Others = Literal["error", "drop"]

SIZED = ("poisson", "pps_")
PATH = "/"


class Units(NamedTuple):
    """Units that may be drawn in one stage.

    ``table`` (N rows) their columns, ``id`` (N,) their ids, ``parent`` (N,) place of the stratum or unit
    above in ``labels``, which are in the order of text.
    """

    table: pd.DataFrame
    id: Texts
    parent: Codes
    labels: list[str]


def words_of(column: pd.Series[Any]) -> Texts:
    """Return canonical text, "" where a value is missing."""
    return np.array(texts(column), dtype=object)


def listing_of(frame: Frame) -> Listing:
    """Return a frame as a plan refers to it."""
    day: Any = frame.as_of
    return Listing(frame.name, frame.hash, day, frame.source, frame.id, len(frame))


def sized(method: str) -> bool:
    """Whether a method needs a measure of size."""
    return method.startswith(SIZED)


def size_of(stage: Stage, frame: Frame) -> str | None:
    """Return the column with the measure of size that a stage uses, the frame's own for PPS methods."""
    return stage.size or (frame.size if sized(stage.method) else None)


def check_stage(stage: Stage, frame: Frame) -> None:
    """Refuse a stage that names a column which its list does not have, or that lacks one it needs."""
    named = (
        ("size", (stage.size,) if stage.size else ()),
        ("certain", (stage.certain,) if stage.certain else ()),
        ("sort", stage.sort),
        ("balance", stage.balance),
        ("coords", stage.coords),
        ("carry", stage.carry or ()),
        ("parent", stage.parent),
    )
    for argument, names in named:
        for name in names:
            if name not in frame.units.columns:
                raise ColumnError(
                    f"stage {stage.name!r}, {argument}={name!r}: the list {frame.name!r} has no such column."
                    f"{near(name, frame.units.columns)}"
                )
    if sized(stage.method) and size_of(stage, frame) is None:
        raise ArgumentError(
            f"stage {stage.name!r}, method={stage.method!r}: there is no measure of size. "
            f"Name its column: size='...' (the list {frame.name!r} has {listed(frame.units.columns, 8)})."
        )


def stratum_labels(frame: Frame, strata: Sequence[str]) -> Texts:
    """Return the joined stratum of each unit; "" for all without strata."""
    parts = []
    for name in strata:
        part = words_of(frame.units[name])
        none = np.flatnonzero(part == "")
        if none.size:
            ids = words_of(frame.units[frame.id])[none]
            raise DataError(
                f"strata={name!r}: {none.size} units of {frame.name!r} have no value: {listed(ids, 3)}. "
                "Fill it in, or leave these units out of the frame."
            )
        parts.append(part)
    if not parts:
        return np.full(len(frame), "", dtype=object)
    return _joined(parts, PAIR_SEPARATOR)


def _joined(parts: Sequence[Texts], separator: str) -> Texts:
    whole = parts[0]
    for part in parts[1:]:
        whole = whole + separator + part
    return whole


def parent_columns(stage: Stage, frame: Frame, above: Sequence[str], id_above: str | None) -> tuple[str, ...]:
    """Return the columns of a list that say under which unit each of its units stands."""
    if stage.parent:
        return stage.parent
    columns = [name for name in frame.units.columns if name != frame.id]
    if above[-1] in columns:
        own = [name for name in above if name in columns]
        return tuple(own)
    if id_above in columns:
        return (str(id_above),)
    looked = [above[-1]] + ([id_above] if id_above and id_above != frame.id else [])
    raise ColumnError(
        f"stage {stage.name!r}: the list {frame.name!r} has no column {' or '.join(map(repr, looked))} with "
        f"the {above[-1]} of each unit. Name it: parent='...' (the list has {listed(columns, 8)})."
    )


def path_labels(
    stage: Stage, frame: Frame, columns: Sequence[str], above: pd.DataFrame, others: Others
) -> Texts:
    """Return under which of the units drawn above each unit stands, as its path; "" where under none.

    Parameters
    ----------
    stage, frame : the stage to be drawn and its list
    columns : columns of the list with the ids above, outermost first
    above : ids of the units drawn above, a column a stage
    others : what to do with units that stand under none of them
    """
    parts = []
    for name in columns:
        part = words_of(frame.units[name])
        none = np.flatnonzero(part == "")
        if none.size:
            raise DataError(
                f"stage {stage.name!r}, parent={name!r}: {none.size} units of {frame.name!r} have no value, "
                f"first {listed(words_of(frame.units[frame.id])[none], 3)}. Fill it in."
            )
        parts.append(part)
    unit = above.columns[-1]
    tails: dict[str, str] = {}
    for tail, path in zip(paths_of(above.iloc[:, -len(columns) :]), paths_of(above), strict=True):
        if tail in tails:
            raise DataError(
                f"stage {stage.name!r}: {unit} {tail!r} was drawn in more than one place. "
                "Name the columns of all stages above, outermost first: "
                f"parent={list(above.columns)!r}, or as the list has them."
            )
        tails[tail] = path
    codes, values = pd.factorize(_joined(parts, PATH))
    found = [tails.get(value, "") for value in values]
    strangers = [value for value, path in zip(values, found, strict=True) if not path]
    if strangers and others == "error":
        raise DataError(
            f"stage {stage.name!r}: the list {frame.name!r} holds units of {len(strangers)} {unit} not "
            f"drawn: {listed(strangers)}. Correct their ids, or pass others='drop' if the list is of more "
            f"than the {unit} drawn."
        )
    return np.array(found, dtype=object)[codes]


def paths_of(ids: pd.DataFrame) -> Texts:
    """Return the ids of the stages of each row joined by "/"; ids with a "/" of their own are refused."""
    if len(ids.columns) > 1:
        for name in ids.columns:
            odd = ids[name][ids[name].astype("str").str.contains(PATH, regex=False, na=False)]
            if len(odd):
                raise DataError(
                    f"stage {name!r}: the ids {listed(odd.unique(), 3)} hold a '/', which parts the ids of "
                    "the stages where another stage is drawn below. Write them another way, e.g. with '-'."
                )
    return _joined([ids[name].to_numpy(dtype=object) for name in ids.columns], PATH)


def under(stage: Stage, frame: Frame, labels: Texts, wanted: Collection[str]) -> Units:
    """Keep the units under the strata or units above that are named, and check their ids."""
    keep = np.flatnonzero(pd.Series(labels).isin(list(wanted)).to_numpy())
    table = frame.units.iloc[keep].reset_index(drop=True)
    ids = words_of(table[frame.id])
    none = np.flatnonzero(ids == "")
    if none.size:
        raise DataError(
            f"stage {stage.name!r}: {none.size} units of {frame.name!r} have no id in {frame.id!r}, first in "
            f"row {keep[none[0]]}. Fill it in."
        )
    codes, values = pd.factorize(labels[keep])
    order = (
        np.argsort(np.array(values, dtype=np.str_), kind="stable") if len(values) else np.zeros(0, np.intp)
    )
    rank = np.empty(len(values), dtype=np.intp)
    rank[order] = np.arange(len(values))
    parent = rank[codes]
    twice = pd.DataFrame({"id": ids, "parent": parent}).duplicated().to_numpy()
    if twice.any():
        raise DataError(
            f"stage {stage.name!r}: {listed(sorted(set(ids[twice])))} stand for more than one unit of "
            f"{frame.name!r}. Give each unit an id of its own, or drop the repeated rows."
        )
    return Units(table, ids, parent, [str(values[i]) for i in order])
