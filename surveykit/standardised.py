"""Standardised means: groups compared as if they had the same ages and sexes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from sampling.checks import ArgumentError, DataError, check_columns, listed, near, shown
from surveykit import columns as col
from surveykit.context import Note
from surveykit.design import Design
from surveykit.estimation import Names, check_answers, labels_for
from surveykit.formulas.arrays import Array, Codes, Mask, cross, sum_by
from surveykit.formulas.standardised import Standardised, cell_shares
from surveykit.formulas.statistics import Shares, Smooth, divide
from surveykit.formulas.variance import Combined
from surveykit.infer import infer
from surveykit.joint import together
from surveykit.result import Estimates

MOST = 200  # cells
SUM = 1e-6
ALL = "all"
EMPTY = "cell {} of the standard population has no answers here"
KNOWN = Note(
    "standard: the sample's own shares, taken as known", "chuẩn: cơ cấu của chính mẫu, coi như đã biết"
)


def standardise(
    design: Design,
    y: Names,
    *,
    cells: Names,
    population: Mapping[Any, float] | pd.Series | pd.DataFrame | str,
    by: Names | None = None,
    where: str | None = None,
) -> Estimates:
    r"""Means with the cells in the shares of a standard population, :math:`\sum_k P_k \bar y_k`.

    Parameters
    ----------
    design : Design
    y : column name or list of them, numbers (0 and 1 for a share)
    cells : column name or list of them
        As age group and sex; their combinations are the cells.
    population : {cell: share or count}, Series, DataFrame, or "all"
        The standard; a cell of several columns is a tuple, or in a DataFrame a row with one more column for
        its share. "all" takes the shares of the whole sample (of ``where``), whose own sampling error counts.
    by, where : as for :func:`surveykit.mean`

    Returns
    -------
    Estimates, in units of y; no standard error, with the reason, where a cell has no answers in a group

    Raises
    ------
    ColumnError, DataError
        A cell without a share, shares that are not positive.

    Examples
    --------
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"thon": list("aabbccdd"), "y": [1, 0, 1, 1, 0, 1, 1, 0]})
    >>> people["tuoi"] = list("gtgtgtgg")
    >>> design = sv.Design(people, sampling="srs", psu="thon")
    >>> sv.standardise(design, "y", cells="tuoi", population={"g": 0.5, "t": 0.5}).value.round(3).to_dict()
    {'y': 0.633}
    """
    names = check_answers(design, y, by)
    factors = check_columns(design.data, cells, "cells")
    if not factors:
        raise ArgumentError(f"cells={cells!r}: name at least one column.")
    both = [name for name in factors if name in names]
    if both:
        raise ArgumentError(f"cells={both[0]!r} is y itself. Standardise by other columns.")
    inside = design.domains(None, where).row >= 0
    cell, keys = cells_of(design, factors, inside)
    if len(keys) > MOST:
        raise ArgumentError(
            f"cells={list(factors)}: {len(keys)} cells, and at most {MOST} can be told apart. Join levels."
        )
    if isinstance(population, str):
        if population != ALL:
            raise ArgumentError(
                f"population={population!r}: pass shares by cell, or 'all' for those of the sample."
            )
        shares = cell_shares(cell, design.w, len(keys))
    else:
        shares = given_shares(by_cell(population, factors), keys)

    def make(name: str) -> Callable[[], Smooth]:
        def maker() -> Smooth:
            values, gone = col.answers(design.data, name, "standardised mean")
            assert values is not None
            missing = np.union1d(gone, np.flatnonzero(cell < 0))
            return Standardised(values, cell, missing, shares)

        return maker

    est = infer(
        design, [make(name) for name in names], statistic="standardised mean",
        y=[f"y={name!r}" for name in names], labels=labels_for(names, by), by=by, where=where,
    )  # fmt: skip
    est = replace(est, detail=replace(est.detail, reference=None))
    where_known = [means_of_cells(design, name, cell, len(keys), by, where) for name in names]
    means = np.stack(where_known, axis=1).reshape(len(est.value), len(keys))
    lost = np.flatnonzero(np.isnan(est.value.to_numpy(float)) & (est.n.to_numpy() > 0))
    reason = est.reason.copy()
    for row in lost.tolist():
        empty = keys[int(np.flatnonzero(np.isnan(means[row]) & (shares > 0))[0])]
        reason.iloc[row] = EMPTY.format(shown(empty))
    est = replace(est, reason=reason)
    return with_own_shares(est, design, cell, len(keys), means, where) if isinstance(population, str) else est


def means_of_cells(
    design: Design, name: str, cell: Codes, K: int, by: Names | None, where: str | None
) -> Array:
    """(D, K) mean of a column in each cell of each domain, NaN where it has no answers."""
    domains = design.domains(by if by is None or len(by) else None, where)
    column = col.answers(design.data, name, "standardised mean")
    assert column.values is not None
    known = (domains.row >= 0) & (cell >= 0)
    known[column.missing] = False
    place, w = domains.row[known] * K + cell[known], design.w[known]
    sums = sum_by(place, w * column.values[known], domains.D * K)
    return divide(sums, sum_by(place, w, domains.D * K)).reshape(domains.D, K)


def with_own_shares(
    est: Estimates, design: Design, cell: Codes, K: int, means: Array, where: str | None
) -> Estimates:
    r"""Add the sampling error of the sample's own shares, :math:`\sum_k \bar y_{dk} (\hat P_k - P_k)`."""
    own = infer(
        design, [lambda: Shares(cell, K)], statistic="share", y=["cells="], labels=pd.RangeIndex(K),
        where=where,
    )  # fmt: skip
    try:
        both = together(mean=est, share=own)
    except ArgumentError:  # domains that are judged inside their units: the shares are of all units
        return replace(est, context=replace(est.context, notes=(*est.context.notes, KNOWN)))
    moved = sp.csr_matrix(np.nan_to_num(means).T)
    L = sp.vstack([sp.identity(len(est.value)), moved]).tocsr()
    return replace(est, covariance=Combined(both.covariance, L))


def by_cell(population: Any, factors: tuple[str, ...]) -> Any:
    """Return a table of cells with their shares as a Series by cell."""
    if not isinstance(population, pd.DataFrame):
        return population
    rest = [name for name in population if name not in factors]
    if len(rest) != 1 or len(population.columns) != len(factors) + 1:
        raise ArgumentError(
            f"population has columns {listed(list(population), 6)}: it needs {listed(factors, 6)} and one "
            "more for the shares."
        )
    table: pd.Series = population.set_index(list(factors))[rest[0]]
    if table.index.has_duplicates:
        raise DataError(
            f"population names cell {shown(table.index[table.index.duplicated()][0])} twice. Add its shares."
        )
    return table


def cells_of(design: Design, factors: tuple[str, ...], inside: Mask) -> tuple[Codes, list[Any]]:
    """(n,) cell of each row, −1 outside and where one is missing, and the names of the cells."""
    codes, levels = col.factorise(design.data[factors[0]])
    keys: list[tuple[Any, ...]] = [(v,) for v in levels]
    for name in factors[1:]:
        own, more = col.factorise(design.data[name])
        codes, first, second = cross(codes, own, len(more))
        keys = [(*keys[a], more[b]) for a, b in zip(first, second, strict=True)]
    found = np.unique(codes[inside & (codes >= 0)])
    place = np.full(len(keys) + 1, -1, dtype=np.intp)
    place[found] = np.arange(found.size)
    names = [keys[k] for k in found]
    return np.where(inside, place[codes], -1), [key[0] for key in names] if len(factors) == 1 else names


def given_shares(population: Any, keys: list[Any]) -> Array:
    """(K,) shares of the cells, summing to 1."""
    if not isinstance(population, (Mapping, pd.Series)) or not len(population):
        raise TypeError(
            f"population={shown(population)}: pass shares by cell, as {{('Nữ', '60+'): 0.12, …}}."
        )
    said = dict(population)
    for key in keys:
        if key not in said:
            raise DataError(
                f"population has no share for cell {shown(key)}.{near(key, said)} "
                "Add it, or leave its rows out."
            )
    for key, value in said.items():
        number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
        if not number or not np.isfinite(value) or value < 0:
            raise DataError(
                f"population[{key!r}] is {shown(value)}: a share or a count is a number from 0 on."
            )
        if key not in keys and value > 0:
            raise DataError(
                f"population has cell {shown(key)}, of which the sample has nobody. Its cells are "
                f"{listed(keys, 6)}. Join it with a neighbour."
            )
    shares = np.array([float(said[key]) for key in keys])
    total = float(shares.sum())
    counts = any(value > 1 for value in said.values())
    if total <= 0 or not (counts or abs(total - 1) <= SUM):
        raise DataError(
            f"population: the shares sum to {total:g}, and they sum to 1 (counts to more). Correct them."
        )
    return np.asarray(shares / total)
