"""From what a user asks of a calibration to its step: auxiliaries on distinct cells, targets, parts."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
import scipy.sparse as sp

from sampling.checks import ArgumentError, DataError, MarginError, listed, shown
from surveykit import columns as col
from surveykit.design import Design
from surveykit.formulas.arrays import Array, Codes, crossing, first_of_each, whole_numbers
from surveykit.formulas.calibrated import Calibration
from surveykit.formulas.calibration import NO_BOUNDS, Bounds, Distance
from surveykit.formulas.centring import centre
from surveykit.formulas.steps import Matrix, one_hot
from surveykit.result import Estimates
from surveykit.weighting.guards import is_number, one_column
from surveykit.weighting.margins import SAME, Coded, Margin, are_shares, coded, read_levels
from surveykit.weighting.parts import parts_first, read_parts

PEOPLE = "population"
THIN = 4  # columns for each number that a row has, from which a matrix is kept sparse


@dataclass(frozen=True)
class Asked:
    """What a calibration is asked for, checked; see :func:`surveykit.calibrate`."""

    targets: Mapping[Hashable, Any]
    argument: str
    distance: Distance = "linear"
    bounds: Bounds = NO_BOUNDS
    caps: Bounds = NO_BOUNDS
    population: Any = None
    equal_within: str | None = None
    scale: str | None = None
    by: str | None = None
    penalty: Mapping[str, float] = field(default_factory=dict)
    linearisation: Literal["calibrated", "base"] = "calibrated"

    @property
    def plain(self) -> bool:
        """Whether one margin of levels, asked so, has a closed form."""
        return self.by is None and self.scale is None and self.equal_within is None and not self.penalty


@dataclass(frozen=True)
class Number:
    """A numeric auxiliary: ``values`` (n,), its total in each part (D,), variance if it is an estimate."""

    name: str
    values: Array
    total: Array
    noise: float = 0.0


def gather(design: Design, asked: Asked, verb: str) -> Calibration:
    """Return the step that was asked for, not yet tried."""
    part, names = read_parts(design, asked)
    margins: list[Coded] = []
    table: list[Array] = []
    numbers: list[Number] = []
    for given, wanted in asked.targets.items():
        key, value = parts_first(given, wanted, asked)
        columns = key if isinstance(key, tuple) else (key,)
        for name in columns:
            one_column(design, name, asked.argument)
        if names is not None:
            values, kind = names.values_of(columns, value)
            if kind == "number":
                numbers.append(Number(str(key), _numeric(design, str(key), asked.argument), values))
            else:
                found, targets = names.match(design, columns, value, part)
                margins.append(found)
                table.append(targets)
        elif asked.argument == "targets" and _is_total(value):
            numbers.append(_number(design, str(key), value, asked.argument))
        else:
            name = " × ".join(columns)
            found = coded(design, read_levels(name, value, columns, asked.argument), asked.argument)
            margins.append(found)
            table.append(found.margin.target[None, :])
    shares = _kind(asked, margins, table, numbers, names)
    table, numbers = _with_population(design, asked, shares, table, numbers, names)
    if shares and asked.population is not None and names is None:
        margins = [_in_people(found, float(asked.population)) for found in margins]
    shares = shares and asked.population is None
    if shares:
        table = [t / t.sum(axis=1, keepdims=True) for t in table]
    label = f"{verb} ({', '.join([m.margin.name for m in margins] + [v.name for v in numbers])})"
    if asked.by:
        label = f"{label} by {asked.by}"
    noisy = any(m.margin.noise is not None for m in margins) or any(v.noise for v in numbers)
    if len(margins) == 1 and not numbers and asked.plain and not noisy and asked.caps is NO_BOUNDS:
        return one_margin(margins[0], table[0][0], shares, label, asked)
    return _assemble(design, asked, margins, table, numbers, part, names, shares, label)


def _is_total(value: Any) -> bool:
    return not isinstance(value, (Mapping, pd.Series, pd.DataFrame)) and (
        not isinstance(value, Estimates) or (value.statistic == "total" and len(value.value) == 1)
    )


def _number(design: Design, name: str, value: Any, argument: str) -> Number:
    noise = 0.0
    if isinstance(value, Estimates):
        noise, value = float(value.covariance.full()[0, 0]), float(value.value.iloc[0])
    if not is_number(value):
        raise TypeError(
            f"{argument}[{name!r}] is {value!r}; pass {{level: share or count}}, or the total of a "
            "numeric column."
        )
    return Number(name, _numeric(design, name, argument), np.array([float(value)]), noise)


def _numeric(design: Design, name: str, argument: str) -> Array:
    """(n,) a numeric auxiliary, complete wherever a row has a weight."""
    said = f"{argument}[{name!r}]"
    other = f" For its levels pass {{level: share or count}}: {argument}={{{name!r}: {{…}}}}."
    values = col.floats(design.data, name, argument, "a total needs numbers", other)
    used = design.w != 0
    missing = np.flatnonzero(~np.isfinite(values) & used)
    if missing.size:
        raise DataError(
            f"{said}: the column is missing or infinite in {col.place(design.data, missing)}. "
            "Fill it in before calibrating, or leave those rows out."
        )
    return values if used.all() else np.where(used, values, 0.0)


def _kind(asked: Asked, margins: list[Coded], table: list[Array], numbers: list[Number], names: Any) -> bool:
    """Whether the levels' targets are shares; they are all of one kind, and totals go with counts only."""
    if not margins:
        return False
    kinds, people = [], _people(asked, names)
    for d in range(len(table[0])):
        sums = {m.margin.name: float(t[d].sum()) for m, t in zip(margins, table, strict=True)}
        said = asked.argument if names is None else f"{asked.argument} of {asked.by}={shown(names.names[d])}"
        kinds.append(are_shares(sums, said, None if people is None else float(people[d])))
    if len(set(kinds)) > 1:
        d = kinds.index(not kinds[0])
        raise MarginError(
            f"{asked.argument}: {asked.by}={shown(names.names[0])} has {'shares' if kinds[0] else 'counts'} "
            f"and {asked.by}={shown(names.names[d])} has {'shares' if kinds[d] else 'counts'}. "
            "Write all alike."
        )
    if kinds[0] and numbers and asked.population is None:
        raise ArgumentError(
            f"{asked.argument}[{numbers[0].name!r}] is a total, but the other targets are shares, which "
            "leave the number of people open. Pass population=, or write counts."
        )
    return kinds[0]


def _with_population(
    design: Design, asked: Asked, shares: bool, table: list[Array], numbers: list[Number], names: Any
) -> tuple[list[Array], list[Number]]:
    """Turn shares into counts of a known number of people, or make that number a target of its own."""
    people = _people(asked, names)
    if people is None:
        return table, numbers
    if shares:
        return [t / t.sum(axis=1, keepdims=True) * people[:, None] for t in table], numbers
    if table:
        sums = table[0].sum(axis=1)
        off = np.flatnonzero(np.abs(sums - people) > SAME * people)
        if off.size:
            d = off[0]
            part = "" if names is None else f"[{shown(names.names[d])}]"
            of = "" if names is None else f" of {asked.by}={shown(names.names[d])}"
            raise MarginError(
                f"population{part}={people[d]:g}, but the counts in {asked.argument}{of} sum to {sums[d]:g}. "
                "Correct one of them."
            )
        return table, numbers
    return table, [Number(PEOPLE, (design.w != 0).astype(float), people), *numbers]


def _in_people(found: Coded, people: float) -> Coded:
    """Return a margin of estimated shares with the covariance of its counts."""
    noise = found.margin.noise
    return found if noise is None else found._replace(margin=found.margin._replace(noise=noise * people**2))


def _people(asked: Asked, names: Any) -> Array | None:
    """(D,) number of people of each part, where it was given."""
    if asked.population is None:
        return None
    if names is not None:
        found: Array = names.population(asked.population)
        return found
    if not is_number(asked.population) or asked.population <= 0:
        raise ArgumentError(f"population={asked.population!r}: pass the number of people, above 0.")
    return np.array([float(asked.population)])


def one_margin(found: Coded, target: Array, shares: bool, label: str, asked: Asked) -> Calibration:
    """Return the step of one margin: its levels are parts with one auxiliary, the number of people."""
    L = target.size
    return Calibration(
        found.codes, np.ones((L, 1)), target[:, None],
        tuple((found.margin.name, level) for level in found.margin.levels), label,
        shares_of="all" if shares else "", distance=asked.distance, bounds=asked.bounds, block=np.arange(L),
        noise=found.margin.noise, linearisation=asked.linearisation,
    )  # fmt: skip


def _assemble(
    design: Design, asked: Asked, margins: list[Coded], table: list[Array], numbers: list[Number],
    part: Codes | None, names: Any, shares: bool, label: str,
) -> Calibration:  # fmt: skip
    """Lay the auxiliaries out on the distinct cells."""
    labels = [(m.margin.name, level) for m in margins for level in m.margin.levels]
    labels += [(v.name, None) for v in numbers]
    targets = np.hstack([*table, *(v.total[:, None] for v in numbers)])
    cell, pick = _cells(design, asked, margins, numbers, part)
    X = _matrix(design, asked, margins, numbers, cell, pick, len(labels))
    block = None if part is None else part if cell is None else part[pick]
    scale = _scale(design, asked)
    noises = [_noise(m.margin) for m in margins]
    noises += [np.array([[v.noise]]) for v in numbers]
    noise = sp.block_diag(noises).toarray() if any(n.any() for n in noises) else None
    loose = [m.margin for m, n in zip(margins, noises, strict=False) if n.sum() > 1e-9 * np.trace(n)]
    if len(margins) > 1 and loose:
        raise MarginError(
            f"{asked.argument}[{loose[0].name!r}] are estimated counts whose sum has an error of its own, "
            "so they cannot agree with the other margins. Pass shares (sv.proportion) and population=."
        )
    one = _one(asked, margins, numbers, len(labels))
    found = None if asked.penalty else centre([v.values for v in numbers], design.w, part, one)
    step = Calibration(
        cell, X, targets, tuple(labels), label, centred_by=found,
        shares_of=("" if not shares else "all" if names is None else "part"), distance=asked.distance,
        bounds=asked.bounds, caps=asked.caps, block=block, parts=() if names is None else names.names,
        scale=scale, noise=noise, linearisation=asked.linearisation,
    )  # fmt: skip
    return _priced(design, asked, step)


def _one(asked: Asked, margins: list[Coded], numbers: list[Number], p: int) -> Array:
    """(p,) columns that sum to 1 in every row: the levels of a margin, or the number of people."""
    constant = np.zeros(p)
    if margins:
        constant[: len(margins[0].margin.levels)] = 1.0
    elif asked.population is not None:
        constant[p - len(numbers)] = 1.0
    return constant


def _noise(margin: Margin) -> Array:
    """(L, L) covariance of the targets of a margin, 0 where they are known."""
    L = len(margin.levels)
    return np.zeros((L, L)) if margin.noise is None else margin.noise


def _cells(
    design: Design, asked: Asked, margins: list[Coded], numbers: list[Number], part: Codes | None
) -> tuple[Codes | None, Codes]:
    """Cell of each row (None: every row is its own) and one row of each cell."""
    n = len(design.data)
    if asked.equal_within is not None:
        name = one_column(design, asked.equal_within, "equal_within")
        codes, levels = col.complete_codes(design.data, name, "equal_within", design.w != 0)
        _check_equal(design, name, codes, levels, part, asked.by)
        return codes, first_of_each(codes, design.w != 0)
    if asked.scale is not None or asked.caps is not NO_BOUNDS:
        return None, np.arange(n)
    whole: list[tuple[Codes, int]] = []
    for v in numbers:
        whole.append(whole_numbers(v.values))
        if whole[-1][1] == 0:
            return None, np.arange(n)
    parts = [] if part is None else [(np.maximum(part, 0), int(part.max()) + 1)]
    codes = crossing([*parts, *((m.codes, len(m.margin.levels)) for m in margins), *whole], n)
    return (codes, first_of_each(codes, design.w != 0)) if codes.max() < n / 4 else (None, np.arange(n))


def _check_equal(
    design: Design, name: str, codes: Codes, levels: pd.Index[Any], part: Codes | None, by: str | None
) -> None:
    """Refuse units whose rows have unequal weights before the step, or lie in two parts."""
    w, used = design.w, design.w != 0
    low, high = np.full(len(levels), np.inf), np.full(len(levels), -np.inf)
    np.minimum.at(low, codes[used], w[used])
    np.maximum.at(high, codes[used], w[used])
    bad = np.flatnonzero(high - low > 1e-9 * np.abs(high))
    if bad.size:
        k = bad[0]
        raise ArgumentError(
            f"equal_within={name!r}: the weights inside {name}={shown(levels[k])} already differ "
            f"({low[k]:g} to {high[k]:g}; {bad.size} such units), so one ratio cannot make them equal. "
            "Calibrate with equal_within= before steps that part them, or leave it out."
        )
    if part is not None:
        least, most = np.full(len(levels), np.inf), np.full(len(levels), -np.inf)
        np.minimum.at(least, codes[used], part[used])
        np.maximum.at(most, codes[used], part[used])
        split = np.flatnonzero(most > least)
        if split.size:
            raise ArgumentError(
                f"equal_within={name!r}: {name}={shown(levels[split[0]])} lies in more than one {by}. "
                "Units must lie inside the parts of by=."
            )


def _matrix(
    design: Design, asked: Asked, margins: list[Coded], numbers: list[Number], cell: Codes | None,
    pick: Codes, p: int,
) -> Matrix:  # fmt: skip
    """(K, p) auxiliaries of the cells: those of one row, or the means over a unit."""
    sizes = [len(m.margin.levels) for m in margins]
    if asked.equal_within is not None and cell is not None:
        used = (design.w != 0).astype(float)
        K = pick.size
        mean = sp.csr_matrix((used, (cell, np.arange(cell.size))), shape=(K, cell.size))
        count = np.maximum(np.asarray(mean.sum(axis=1)).ravel(), 1.0)
        parts = [(mean @ one_hot(m.codes, L)).toarray() for m, L in zip(margins, sizes, strict=True)]
        parts += [(mean @ v.values)[:, None] for v in numbers]
        return np.asarray(np.hstack(parts) / count[:, None])
    own = slice(None) if cell is None else pick
    first = np.cumsum([0, *sizes])
    columns = [m.codes[own] + at for m, at in zip(margins, first[:-1], strict=True)]
    values = [v.values[own] for v in numbers]
    m = len(columns) + len(values)
    if asked.by is None and p >= THIN * m:  # a row has m numbers, and most of p are 0
        columns += [np.full(pick.size, first[-1] + j) for j in range(len(values))]
        data = np.column_stack([np.ones((pick.size, len(margins))), *values])
        at = np.arange(pick.size + 1) * m
        return sp.csr_matrix((data.ravel(), np.column_stack(columns).ravel(), at), shape=(pick.size, p))
    X = np.zeros((pick.size, p), order="F")  # written and read by column
    for column in columns:
        X[np.arange(pick.size), column] = 1.0
    for j, x in enumerate(values):
        X[:, first[-1] + j] = x
    return X


def _scale(design: Design, asked: Asked) -> Array | None:
    """(n,) freedom of each row to move."""
    if asked.scale is None:
        return None
    name = one_column(design, asked.scale, "scale")
    q = col.floats(design.data, name, "scale", "the freedom of a row to move is a number")
    wrong = np.flatnonzero(~(np.isfinite(q) & (q > 0)) & (design.w != 0))
    if wrong.size:
        value = "missing" if np.isnan(q[wrong[0]]) else f"{q[wrong[0]]:g}"
        raise DataError(
            f"scale={name!r} is {value} in {col.place(design.data, wrong)}. Give a number above 0."
        )
    return np.where(design.w != 0, q, 1.0)


def _priced(design: Design, asked: Asked, step: Calibration) -> Calibration:
    """Return the step with the price of a gap on each target: penalty × Σ w x²."""
    if not asked.penalty:
        return step
    known = {name for name, _ in step.labels}
    prices = {" × ".join(key) if isinstance(key, tuple) else key: v for key, v in asked.penalty.items()}
    strange = [name for name in prices if name not in known]
    if strange:
        raise ArgumentError(
            f"penalty names {listed(strange, 3)}, which is not among the targets: {listed(sorted(known), 6)}."
        )
    wrong = [name for name, v in prices.items() if not is_number(v) or v < 0]
    if wrong:
        raise ArgumentError(f"penalty[{wrong[0]!r}] is {prices[wrong[0]]!r}; pass a number, at least 0.")
    if step.D > 1:
        raise ArgumentError(f"by={asked.by!r}: penalties are for one population. Calibrate the parts apart.")
    price = np.array([prices.get(name, 0.0) for name, _ in step.labels])
    X = step.X.multiply(step.X) if sp.issparse(step.X) else step.X**2
    squares = np.asarray(X.T @ step.cell_weights(design.w))
    return replace(step, ridge=price * squares)
