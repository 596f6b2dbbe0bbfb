"""Targets by part: a calibration of its own in every province, commune or wave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from sampling.checks import ArgumentError, MarginError, listed, shown
from surveykit import columns as col
from surveykit.design import Design
from surveykit.formulas.arrays import Array, Codes
from surveykit.weighting.guards import is_number, one_column
from surveykit.weighting.margins import (
    Coded,
    Margin,
    check_keys,
    check_tuples,
    coded,
    hint,
    is_target,
    long_series,
    plain_key,
)

if TYPE_CHECKING:
    from surveykit.weighting.auxiliaries import Asked


class Parts(NamedTuple):
    """The parts of ``by``, and where each stands."""

    by: str
    argument: str
    names: tuple[Any, ...]

    @property
    def number(self) -> dict[Any, int]:
        """Place of each part."""
        return {plain_key(name): d for d, name in enumerate(self.names)}

    def entries(self, said: str, value: Any, what: str = "targets") -> list[Any]:
        """Return what is given for each part, in their order; every part has something, and nothing else."""
        given = by_part(said, value)
        if given is None:
            forms = (
                f"a Series with {self.by} and the levels as index, or a table with a row for each {self.by}"
            )
            forms = f"{{{self.by}: …}}, {forms}" if what == "targets" else f"{{{self.by}: {what}}}"
            raise TypeError(f"{said} is a {type(value).__name__}; with by={self.by!r} pass {forms}.")
        check_keys(said, given)
        keys = {plain_key(k): v for k, v in given.items()}
        lost = [name for name in self.names if plain_key(name) not in keys]
        strange = [k for k in given if plain_key(k) not in self.number]
        if len(lost) == len(self.names) and strange and not hint(lost[0], strange):
            raise MarginError(
                f"{said} has {what} for {listed(strange, 3)}, which are no {self.by}; with by={self.by!r} "
                f"write them by {self.by}: {{{shown(lost[0])}: …}}."
            )
        if lost:
            raise MarginError(
                f"{said} has no {what} for {self.by}={listed(lost, 3)}.{hint(lost[0], strange)} "
                "Add them, or leave those rows out."
            )
        if strange:
            raise MarginError(
                f"{said} has {what} for {self.by}={listed(strange, 3)}, but no row with a weight lies there. "
                "Drop them, or check the spelling."
            )
        return [keys[plain_key(name)] for name in self.names]

    def values_of(self, columns: tuple[str, ...], value: Any) -> tuple[Array, str]:
        """(D,) totals of a numeric column, or nothing for a margin of levels."""
        found = self.entries(f"{self.argument}[{' × '.join(columns)!r}]", value)
        if all(is_number(v) for v in found):
            return np.array([float(v) for v in found]), "number"
        return np.zeros(0), "levels"

    def match(
        self, design: Design, columns: tuple[str, ...], value: Any, part: Codes | None
    ) -> tuple[Coded, Array]:
        """Return the levels of the rows, and the targets (D, L) of each part."""
        said = f"{self.argument}[{' × '.join(columns)!r}]"
        tables = []
        for name, one in zip(self.names, self.entries(said, value), strict=True):
            if not isinstance(one, (Mapping, pd.Series)):
                raise TypeError(
                    f"{said}[{shown(name)}] is a {type(one).__name__}; pass {{level: share or count}}."
                )
            check_keys(f"{said}[{shown(name)}]", dict(one))
            table = {plain_key(level): v for level, v in dict(one).items() if not _absent(v)}
            bad = [level for level, v in table.items() if not is_target(v)]
            if bad:
                raise MarginError(
                    f"{said}[{shown(name)}][{shown(bad[0])}] is {shown(table[bad[0]])}. "
                    "A target is a number: a share or a count."
                )
            tables.append(table)
        levels = tuple(dict.fromkeys(level for table in tables for level in table))
        margin = Margin(" × ".join(columns), columns, levels, np.ones(len(levels)))
        found = coded(design, margin, self.argument)
        targets = np.array([[float(table.get(level, 0.0)) for level in levels] for table in tables])
        row = np.zeros(len(design.data), dtype=np.intp) if part is None else part
        used = design.w != 0
        held = np.bincount(row[used] * len(levels) + found.codes[used], minlength=targets.size).reshape(
            targets.shape
        )
        given = np.array([[level in table for level in levels] for table in tables])
        for wrong, text in (
            ((held > 0) & ~given, "has no target for {} ({} rows). Add it, or recode those rows."),
            (
                (held == 0) & (targets > 0),
                "has a target for {}, but no row has it. Join it with another level.",
            ),
        ):
            if wrong.any():
                d, k = (int(v[0]) for v in np.nonzero(wrong))
                raise MarginError(
                    f"{said}[{shown(self.names[d])}] " + text.format(shown(levels[k]), held[d, k])
                )
        return found, targets

    def population(self, value: Any) -> Array:
        """(D,) people of each part."""
        found = self.entries("population", value, "number of people")
        wrong = [d for d, v in enumerate(found) if not is_number(v) or v <= 0]
        if wrong:
            raise ArgumentError(
                f"population[{shown(self.names[wrong[0]])}] is {found[wrong[0]]!r}; pass a number of "
                "people above 0."
            )
        return np.array([float(v) for v in found])


def _absent(v: Any) -> bool:
    return v is None or (isinstance(v, float) and np.isnan(v))


def by_part(said: str, value: Any) -> dict[Any, Any] | None:
    """Return {part: number or levels} from a mapping, a Series or a table; None for anything else."""
    if isinstance(value, (pd.Series, pd.DataFrame)):
        twice = value.index[value.index.duplicated()]
        if len(twice):
            raise MarginError(f"{said} has two targets for {shown(twice[0])}. Keep one.")
    if isinstance(value, pd.DataFrame):
        return {part: value.loc[part] for part in value.index}
    if isinstance(value, pd.Series):
        if value.index.nlevels == 1:
            return dict(value)
        return {part: value.xs(part, level=0) for part in value.index.get_level_values(0).unique()}
    if not isinstance(value, Mapping):
        return None
    if value and all(isinstance(k, tuple) and len(k) > 1 for k in value):
        out: dict[Any, Any] = {}
        for (part, *level), v in value.items():
            out.setdefault(part, {})[level[0] if len(level) == 1 else tuple(level)] = v
        return out
    return dict(value)


def parts_first(key: Any, value: Any, asked: Asked) -> tuple[Any, Any]:
    """Return a margin that names ``by`` among its columns without it, and its targets by part."""
    if asked.by is None or not isinstance(key, tuple) or asked.by not in key:
        return key, value
    said = f"{asked.argument}[{' × '.join(key)!r}]"
    order = [key.index(asked.by), *(i for i, name in enumerate(key) if name != asked.by)]
    if isinstance(value, pd.DataFrame):
        value = long_series(said, value, key)
    if isinstance(value, pd.Series):
        value = value.reorder_levels(order)
    elif isinstance(value, Mapping):
        check_tuples(said, value, key)
        value = {tuple(levels[i] for i in order): v for levels, v in value.items()}
    rest = tuple(key[i] for i in order[1:])
    return rest if len(rest) > 1 else rest[0], value


def read_parts(design: Design, asked: Asked) -> tuple[Codes | None, Parts | None]:
    """(n,) part of each row, and the parts; None without by."""
    if asked.by is None:
        return None, None
    name = one_column(design, asked.by, "by")
    codes, levels = col.complete_codes(design.data, name, "by", design.w != 0)
    used = np.unique(codes[design.w != 0])
    place = np.full(len(levels), -1, dtype=np.intp)
    place[used] = np.arange(used.size)
    return place[codes], Parts(name, asked.argument, tuple(levels[used]))
