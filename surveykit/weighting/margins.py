"""Targets as users write them, matched with the levels of the data, as arrays."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sampling.checks import DataError, MarginError, check_columns, listed, near, nfc, shown
from surveykit import columns as col
from surveykit.columns import factorise
from surveykit.design import Design
from surveykit.formulas.arrays import Array, Codes, cross
from surveykit.result import Estimates

SAME = 1e-6  # relative difference of a sum and the number of people that counts as equal
EQUAL = 1e-10  # relative difference of the sums of margins of counts: a greater one could not be met
HOW = "pass {level: share or count}"


class Margin(NamedTuple):
    """One margin: its name, columns, levels and their targets; ``noise`` (L, L) if they are estimates."""

    name: str
    columns: tuple[str, ...]
    levels: tuple[Any, ...]
    target: Array
    noise: Array | None = None


class Coded(NamedTuple):
    """A margin and the level of each row (n,); rows without weight may have any."""

    margin: Margin
    codes: Codes


def plain_key(level: Any) -> Any:
    """Return a level for comparison: text composed and without outer blanks."""
    if isinstance(level, tuple):
        return tuple(plain_key(part) for part in level)
    return nfc(level) if isinstance(level, str) else level


def is_target(v: Any) -> bool:
    """Whether a value can be a share or a count."""
    return (
        isinstance(v, (int, float, np.number)) and not isinstance(v, bool) and bool(np.isfinite(v) and v >= 0)
    )


def as_mapping(targets: Any, argument: str) -> dict[Hashable, Any]:
    """Return margins given as a mapping, a Series, a table or a list of these, as one mapping by columns."""
    if isinstance(targets, Mapping) and targets:
        return dict(targets)
    if isinstance(targets, Mapping):
        raise TypeError(f"{argument}={targets!r}: pass {{column: {{level: share or count}}}}.")
    parts = targets if isinstance(targets, (list, tuple)) and targets else [targets]
    out: dict[Hashable, Any] = {}
    for part in parts:
        names = _names(part)
        if not names:
            raise TypeError(
                f"{argument}{_short(targets)}: pass {{column: {{level: share or count}}}}, "
                "or a Series or DataFrame whose index or columns name the levels."
            )
        key = names[0] if len(names) == 1 else names
        if key in out:
            raise MarginError(f"{argument} has two tables for {shown(key)}. Keep one.")
        out[key] = part
    return out


def _short(value: Any) -> str:
    if isinstance(value, (pd.Series, pd.DataFrame, np.ndarray)):
        return f" is a {type(value).__name__} without names"
    return f"={value!r}"


def _names(part: Any) -> tuple[str, ...]:
    """Return the columns that a table or a Series is about."""
    if isinstance(part, pd.DataFrame) and part.index.nlevels == 1 and part.index.name is None:
        return tuple(str(name) for name in part.columns[:-1])
    if isinstance(part, (pd.Series, pd.DataFrame)) and all(part.index.names):
        return tuple(str(name) for name in part.index.names)
    return ()


def read_levels(name: str, value: Any, columns: tuple[str, ...], argument: str) -> Margin:
    """Return one margin from a mapping, a Series, a table or estimates."""
    said = f"{argument}[{name!r}]"
    noise = None
    if isinstance(value, Estimates):
        if value.statistic not in ("count", "share"):
            raise TypeError(
                f"{said} are estimates of a {value.statistic}. For the levels of a column pass counts or "
                f"shares (sv.count(…, by={name!r}), sv.proportion(…, {name!r})); for a numeric column its "
                "one total."
            )
        noise = value.covariance.full()
        value = value.value
    if isinstance(value, pd.DataFrame):
        value = long_series(said, value, columns)
    if not isinstance(value, (Mapping, pd.Series)):
        raise TypeError(f"{said} is a {type(value).__name__}; {HOW}.")
    if isinstance(value, pd.Series):
        twice = value.index[value.index.duplicated()]
        if len(twice):
            raise MarginError(f"{said} has two targets for {shown(twice[0])}. Keep one.")
    entries = dict(value)
    if not entries:
        raise MarginError(f"{said} is empty; {HOW}.")
    check_keys(said, entries)
    bad = [level for level, v in entries.items() if not is_target(v)]
    if bad:
        raise MarginError(
            f"{said}[{shown(bad[0])}] is {shown(entries[bad[0]])}. A target is a number: a share or a count."
        )
    if len(columns) > 1:
        check_tuples(said, entries, columns)
    return Margin(name, columns, tuple(entries), np.array([float(v) for v in entries.values()]), noise)


def check_keys(said: str, keys: Iterable[Any]) -> None:
    """Refuse two targets for what is the same once text is composed and without outer blanks."""
    seen: set[Any] = set()
    for key in map(plain_key, keys):
        if key in seen:
            raise MarginError(
                f"{said} has two targets for {shown(key)}, written in two ways (blanks, or marks set apart "
                "from their letters). Keep one."
            )
        seen.add(key)


def check_tuples(said: str, entries: Mapping[Any, Any], columns: tuple[str, ...]) -> None:
    """Refuse levels of a crossing that are no tuples with a level of each column."""
    short = [level for level in entries if not isinstance(level, tuple) or len(level) != len(columns)]
    if short:
        raise MarginError(
            f"{said} has a target for {shown(short[0])}, which does not name a level of each of "
            f"{listed(columns, 4)}. Write the levels as tuples in this order."
        )


def long_series(said: str, table: pd.DataFrame, columns: tuple[str, ...]) -> pd.Series:
    """Return a long table (levels, then one column of numbers) as a Series."""
    rest = [name for name in table.columns if name not in columns]
    held = [name for name in columns if name in table.columns]
    if len(held) == len(columns) and len(rest) == 1:
        return table.set_index(list(columns))[rest[0]]
    if not held and len(table.columns) == 1:
        return table.iloc[:, 0]
    raise TypeError(
        f"{said} is a table with the columns {listed([str(c) for c in table.columns], 6)}; "
        f"give one column for each of {listed(columns, 4)} and one column of numbers."
    )


def coded(design: Design, margin: Margin, argument: str, *, empty: str = "error") -> Coded:
    """Match the levels of the rows with those of the targets; every level has a target, and rows.

    ``empty="leave"`` drops targets that no row has.
    """
    said, used = f"{argument}[{margin.name!r}]", design.w != 0
    check_columns(design.data, list(margin.columns), argument)
    codes, levels = _row_levels(design, margin.columns, used, said)
    number = {plain_key(level): k for k, level in enumerate(margin.levels)}
    every = bool(used.all())
    counts = np.bincount(codes if every else codes[used], minlength=len(levels))
    place = np.array([number.get(plain_key(level), -1) for level in levels], dtype=np.intp)
    held = np.zeros(len(margin.levels), dtype=np.intp)
    np.add.at(held, place[place >= 0], counts[place >= 0])
    lost = [k for k in range(len(levels)) if place[k] < 0 and counts[k]]
    if lost:
        free = [level for level, rows in zip(margin.levels, held, strict=True) if rows == 0]
        several = ", ".join(f"{shown(levels[k])} ({counts[k]} rows)" for k in lost[:5])
        more = f" and {len(lost) - 5} more" if len(lost) > 5 else ""
        mend = "Add it, or recode those rows." if len(lost) == 1 else "Add them, or recode those rows."
        raise MarginError(f"{said} has no target for {several}{more}.{hint(levels[lost[0]], free)} {mend}")
    none = np.flatnonzero((held == 0) & (margin.target > 0))
    if none.size and empty == "error":
        names = [margin.levels[k] for k in none]
        it, level = ("it", "another level") if len(names) == 1 else ("them", "other levels")
        raise MarginError(
            f"{said} has a target for {listed(names, 3)}, but no row has {it}. Join {it} with {level}, or "
            "check the spelling."
        )
    if none.size:
        keep = np.setdiff1d(np.arange(len(margin.levels)), none)
        order = np.zeros(len(margin.levels), dtype=np.intp)
        order[keep] = np.arange(keep.size)
        noise = None if margin.noise is None else margin.noise[np.ix_(keep, keep)]
        margin = margin._replace(
            levels=tuple(margin.levels[k] for k in keep), target=margin.target[keep], noise=noise
        )
        place = order[place]
    if not (place == np.arange(place.size)).all():
        codes = place[codes]
    return Coded(margin, codes if every else np.where(used, codes, 0))


def _row_levels(design: Design, columns: tuple[str, ...], used: Any, said: str) -> tuple[Codes, list[Any]]:
    """(n,) level of each row, 0 where a row has no weight, and the levels (tuples for a crossing)."""
    codes = np.zeros(len(design.data), dtype=np.intp)
    parts: list[list[Any]] = []
    for name in columns:
        own, levels = factorise(design.data[name])
        missing = np.flatnonzero((own < 0) & used) if own.min(initial=0) < 0 else col.NONE
        if missing.size:
            which = "the column" if len(columns) == 1 else repr(name)
            verb = "raking" if said.startswith("margins") else "calibrating"
            raise DataError(
                f"{said}: {which} is missing in {col.place(design.data, missing)}. "
                f"Fill it in before {verb}, or leave those rows out."
            )
        own = np.maximum(own, 0) if own.min(initial=0) < 0 else own
        names = list(levels)
        if not parts:
            codes, parts = own, [names]
        else:
            codes, first, second = cross(codes, own, len(names))
            parts = [[part[i] for i in first] for part in parts] + [[names[i] for i in second]]
    return codes, parts[0] if len(parts) == 1 else list(zip(*parts, strict=True))


def hint(level: Any, others: Sequence[Any]) -> str:
    """Point at a level written as another type, or nearly alike, among those that found no partner."""
    for other in others:
        if isinstance(level, str) != isinstance(other, str) and _text(other) == _text(level):
            kinds = [_kind(v) for v in (level, other)]
            return f" {shown(level)} is {kinds[0]} and {shown(other)} is {kinds[1]}: make them the same."
    return near(level, others)


def _text(level: Any) -> str:
    """Write a level as text, 1.0 and "01" as 1."""
    return str(level).strip().removesuffix(".0").lstrip("0")


def _kind(level: Any) -> str:
    if isinstance(level, (bool, np.bool_)):
        return "yes or no"
    return "text" if isinstance(level, str) else "a number"


def are_shares(sums: Mapping[str, float], argument: str, people: float | None = None) -> bool:
    """Tell shares from counts by the sums of the margins; contradictions are an error.

    ``people`` is the number of people where it was given: sums that agree with it are counts.
    """
    values = np.array(list(sums.values()))
    if (np.abs(values - 1) < 1e-3).all():
        return True
    said = ", ".join(f"{name!r}: {value:g}" for name, value in sums.items())
    counted = people is not None and bool((np.abs(values - people) <= SAME * people).all())
    if (np.abs(values - 100) < 0.1).all() and not counted:
        raise MarginError(
            f"{argument} sum to 100 ({said}): write shares that sum to 1, or counts of people. If they are "
            "100 people, pass population=100 to calibrate."
        )
    kinds = np.abs(values - 1) < 1e-3
    if kinds.any():
        raise MarginError(
            f"{argument} mix shares and counts ({said}). Write all as shares that sum to 1, or all as counts."
        )
    if (np.abs(values - values[0]) > EQUAL * values[0]).any():
        exact = ", ".join(f"{name!r}: {value:.12g}" for name, value in sums.items())
        raise MarginError(
            f"{argument} have different sums ({exact}), so no weights can agree with all. Correct them."
        )
    if values[0] < 2 and not counted:
        raise MarginError(f"{argument} sum to {values[0]:g} ({said}): shares must sum to 1.")
    return False
