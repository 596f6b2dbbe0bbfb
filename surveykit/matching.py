"""Columns of two samples laid side by side: levels matched, what only one has named."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sampling.checks import ColumnError, DataError, MarginError, near, shown
from surveykit import columns as col
from surveykit.columns import factorise
from surveykit.design import Design
from surveykit.formulas.arrays import Array, Codes, Mask, cross
from surveykit.weighting.margins import plain_key

NAMED = 5  # levels that a sentence names
WHERE = ("among the self-selected", "in the reference")


class Pair(NamedTuple):
    """One column in both samples: codes (n,) and (m,) of common ``levels``, or numbers if these are None."""

    name: str
    own: Any
    theirs: Any
    levels: tuple[Any, ...] | None


def match_columns(design: Design, reference: Design, names: tuple[str, ...], used: Mask) -> list[Pair]:
    """Return the columns of the rows of the design, and of the rows of the reference that are used."""
    pairs = []
    for name in names:
        if name not in reference.data.columns:
            raise ColumnError(
                f"using={name!r}: the reference has no such column.{near(name, reference.data.columns)}"
            )
        sides = (("design", design.data), ("reference", reference.data[used]))
        for who, data in sides:
            missing = np.flatnonzero(data[name].isna().to_numpy())
            if missing.size:
                raise DataError(
                    f"using={name!r} is missing in {col.place(data, missing)} of the {who}. Fill it in, or "
                    "make missing a level of its own."
                )
        kinds = [col.kind_of(data[name]) for _, data in sides]
        if any(kind in ("date", "decimal-comma", "complex") for kind in kinds) or kinds == ["number"] * 2:
            need = "the chance of answering depends on numbers or levels"
            own, theirs = (col.floats(data, name, "using", need) for _, data in sides)
            for (who, data), values in zip(sides, (own, theirs), strict=True):
                infinite = np.flatnonzero(np.isinf(values))
                if infinite.size:
                    raise DataError(
                        f"using={name!r} is infinite in {col.place(data, infinite)} of the {who}. Correct it."
                    )
            pairs.append(Pair(name, own, theirs, None))
        else:
            pairs.append(_levels(name, *(data[name] for _, data in sides)))
    return pairs


def _levels(name: str, own: pd.Series, theirs: pd.Series) -> Pair:
    """Match the levels of two columns; both must have the same."""
    tables = []
    for values in (own, theirs):
        codes, levels = factorise(values)
        keys, rows = [plain_key(level) for level in levels], np.bincount(codes)
        counts: dict[Any, int] = dict.fromkeys(keys, 0)
        for key, n in zip(keys, rows, strict=True):
            counts[key] += int(n)
        tables.append((codes, keys, counts))
    common = tuple(key for key in tables[1][2] if key in tables[0][2])
    alone = [[key for key in counts if key not in common] for _, _, counts in tables]
    if any(alone):
        said = [
            f"Only {where}: {_counted(keys, counts)}."
            for where, keys, (_, _, counts) in zip(WHERE, alone, tables, strict=True)
            if keys
        ]
        raise MarginError(
            f"using={name!r}: the levels do not match. {' '.join(said)}{_types(*alone)} "
            "Recode or join levels until both have the same."
        )
    number = {key: k for k, key in enumerate(common)}
    places = [np.array([number[key] for key in keys])[codes] for codes, keys, _ in tables]
    return Pair(name, places[0], places[1], common)


def _counted(keys: list[Any], counts: dict[Any, int]) -> str:
    """Name levels with their rows."""
    more = f" and {len(keys) - NAMED} more" if len(keys) > NAMED else ""
    return ", ".join(f"{shown(key)} ({counts[key]} rows)" for key in keys[:NAMED]) + more


def _types(own: list[Any], theirs: list[Any]) -> str:
    """Point at a level that is text in one sample and a number in the other."""
    for key in own:
        for other in theirs:
            if isinstance(key, str) != isinstance(other, str) and str(key) == str(other):
                words = ["text" if isinstance(v, str) else "a number" for v in (key, other)]
                return f" {shown(key)} is {words[0]} and {shown(other)} is {words[1]}."
    return ""


def pair_cells(pairs: list[Pair], d: Array) -> tuple[Codes, Codes, Array]:
    """Cell of each row (n,) and (m,), and predictors of the cells (K, p) with a constant first.

    Levels are indicators of all but the first; numbers are centred and divided by their standard deviation
    in the reference, with weights d (m,), which changes no fitted chance.
    """
    n = len(pairs[0].own)
    codes = np.zeros(n + d.size, dtype=np.intp)
    parts: list[Array] = []
    for pair in pairs:
        both = np.concatenate([pair.own, pair.theirs])
        if pair.levels is None:
            values, own = np.unique(both, return_inverse=True)
            centre = float(np.average(pair.theirs, weights=d))
            size = float(np.sqrt(np.average((pair.theirs - centre) ** 2, weights=d)))
            block = ((values - centre) / (size or 1.0))[:, None]
        else:
            own, block = both, np.eye(len(pair.levels))[:, 1:]
        codes, first, second = cross(codes, own, len(block))
        parts = [*(part[first] for part in parts), block[second]]
    X = np.hstack([np.ones((int(codes.max()) + 1, 1)), *parts])
    return codes[:n], codes[n:], X
