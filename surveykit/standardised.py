"""Standardised means: groups compared as if they had the same ages and sexes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from sampling.checks import ArgumentError, DataError, check_columns, listed, near, shown
from surveykit import columns as col
from surveykit.context import Note
from surveykit.design import Design
from surveykit.estimation import Names, check_answers, labels_for
from surveykit.formulas.arrays import Array, Codes, cross
from surveykit.formulas.standardised import Standardised, cell_shares
from surveykit.formulas.statistics import Smooth
from surveykit.infer import infer
from surveykit.result import Estimates

MOST = 200  # cells
SUM = 1e-6
EMPTY = "a cell of the standard population has no answers here"


def standardise(
    design: Design,
    y: Names,
    *,
    cells: Names,
    population: Mapping[Any, float] | pd.Series | str,
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
    population : {cell: share or count}, Series, or "all"
        The standard; a cell of several columns is a tuple. "all" takes the shares of the whole sample, as
        they are: their own sampling error is not counted.
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
    cell, keys = cells_of(design, factors)
    if len(keys) > MOST:
        raise ArgumentError(
            f"cells={list(factors)}: {len(keys)} cells, and at most {MOST} can be told apart. Join levels."
        )
    notes: tuple[Note, ...] = ()
    if isinstance(population, str):
        if population != "all":
            raise ArgumentError(
                f"population={population!r}: pass shares by cell, or 'all' for those of the sample."
            )
        inside = design.domains(None, where).row >= 0
        shares = cell_shares(np.where(inside, cell, -1), design.w, len(keys))
        notes = (
            Note(
                "standard: the sample's own shares, taken as known",
                "chuẩn: cơ cấu của chính mẫu, coi như đã biết",
            ),
        )
    else:
        shares = given_shares(population, keys)

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
    lost = np.isnan(est.value.to_numpy(float)) & (est.n.to_numpy() > 0)
    context = replace(est.context, notes=(*est.context.notes, *notes))
    return replace(
        est,
        reason=est.reason.where(~lost, EMPTY),
        context=context,
        detail=replace(est.detail, reference=None),
    )


def cells_of(design: Design, factors: tuple[str, ...]) -> tuple[Codes, list[Any]]:
    """(n,) cell of each row, −1 where one is missing, and the names of the cells."""
    codes, levels = col.factorise(design.data[factors[0]])
    keys: list[tuple[Any, ...]] = [(v,) for v in levels]
    for name in factors[1:]:
        own, more = col.factorise(design.data[name])
        codes, first, second = cross(codes, own, len(more))
        keys = [(*keys[a], more[b]) for a, b in zip(first, second, strict=True)]
    return codes, [key[0] for key in keys] if len(factors) == 1 else list(keys)


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
    if total <= 0 or (total < 1 - SUM):
        raise DataError(
            f"population: the shares sum to {total:g}, and they sum to 1 (counts to more). Correct them."
        )
    return np.asarray(shares / total)
