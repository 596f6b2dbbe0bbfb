"""What each weight is made of: a column for each factor; the heaviest forms; what unequal weights cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from sampling.checks import ArgumentError, DataError, check_columns
from surveykit.design import Design, check_design
from surveykit.formulas.arrays import Array, Mask
from surveykit.formulas.effects import deff_kish

__all__ = ["heaviest", "kish_deff", "stage_factors", "weight_factors"]

BASE, FINAL = "base weight", "final weight"
PROBABILITY = "_probability"  # ends the columns of a drawn sample that hold the chances of its stages
SAME = 1e-9  # relative difference of a weight from the product of its factors


def weight_factors(design: Design, *, columns: str | Sequence[str] | None = None) -> pd.DataFrame:
    r"""Split every weight into its factors: :math:`w_i = d_i \prod_s f_{is}`.

    Parameters
    ----------
    design : Design
        Limited by ``where``, only those rows are shown.
    columns : column name or list of them, optional
        Columns of the data to stand in front, as the number of the form.

    Returns
    -------
    DataFrame with the index of the data: ``columns``, strata and units of the design; where the data carry
    the chances of two or more stages whose product is the base weight, ``stage …`` with one over each;
    ``base weight``; for each weighting step, under its name, the weight after over that before (0 where a
    row dropped out, 1 where it had before); ``final weight``, the product of base weight and steps.

    Examples
    --------
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"w": [10.0] * 4, "loai": list("xxpp"), "tra_loi": [1, 0, 1, 1]})
    >>> design = sv.Design(people, weights="w").pipe(sv.adjust_nonresponse, responded="tra_loi", cells="loai")
    >>> weight_factors(design).iloc[:2]
       base weight  nonresponse (loai)  final weight
    0         10.0                 2.0          20.0
    1         10.0                 0.0           0.0
    """
    check_design(design)
    data = design.data
    table: dict[str, Any] = {name: data[name].to_numpy() for name in id_columns(design, columns)}
    for stage, factor in stage_factors(design).items():
        _add(table, f"stage {stage}", factor)
    path = design.weight_path
    _add(table, BASE, path[0])
    for step, before, after in zip(design.steps, path[:-1], path[1:], strict=True):
        _add(table, step.name, np.divide(after, before, out=np.ones_like(before), where=before != 0))
    _add(table, FINAL, path[-1])
    frame = pd.DataFrame(table, index=data.index)
    return frame[_rows(design)]


def id_columns(design: Design, columns: str | Sequence[str] | None) -> list[str]:
    """Return the columns that stand in front: those asked for, then strata and units, each once."""
    named = check_columns(design.data, columns, "columns")
    return list(dict.fromkeys([*named, *design.strata, *design.psu]))


def _add(table: dict[str, Any], name: str, values: Array) -> None:
    """Put a column into a table; a name that is there already gets a number."""
    label, k = name, 1
    while label in table:
        k += 1
        label = f"{name} ({k})"
    table[label] = values


def _rows(design: Design) -> Mask:
    mask = design.mask()
    return np.ones(len(design.data), dtype=bool) if mask is None else mask


def stage_factors(design: Design) -> dict[str, Array]:
    """(n,) one over the chance of each stage of a drawn sample, by its name; nothing where it is not known.

    The columns ``…_probability`` of the data count if there are two or more and one over their product is the
    base weight of every row; rows of weight 0 have 0.

    Examples
    --------
    >>> drawn = pd.DataFrame({"xa_probability": [0.5, 0.5], "ho_probability": [0.1, 0.2], "w": [20.0, 10]})
    >>> {name: f.tolist() for name, f in stage_factors(Design(drawn, weights="w")).items()}
    {'xa': [2.0, 2.0], 'ho': [10.0, 5.0]}
    """
    data, w = design.data, design.base_weights
    names = [
        str(name)
        for name in data.columns
        if str(name).endswith(PROBABILITY) and pd.api.types.is_numeric_dtype(data[name])
    ]
    chances = [data[name].to_numpy(dtype=float, na_value=np.nan) for name in names]
    used = w != 0
    if len(names) < 2 or any(not (p[used] > 0).all() for p in chances):
        return {}
    factors = [np.divide(1.0, p, out=np.zeros_like(p), where=used & (p > 0)) for p in chances]
    if not np.allclose(np.prod(factors, axis=0)[used], w[used], rtol=SAME, atol=0.0):
        return {}
    return {name.removesuffix(PROBABILITY): factor for name, factor in zip(names, factors, strict=True)}


def heaviest(design: Design, count: int = 10, *, columns: str | Sequence[str] | None = None) -> pd.DataFrame:
    """Show the rows with the greatest weights, with every factor that made them.

    Parameters
    ----------
    design : Design
    count : int
        Number of rows.
    columns : column name or list of them, optional
        Columns of the data to stand in front.

    Returns
    -------
    DataFrame as :func:`weight_factors`, heaviest first, with ``share`` of the sum of the weights and
    ``times_median``, the weight over the median of the weights that are not 0

    Examples
    --------
    >>> people = pd.DataFrame({"w": [10.0, 10.0, 10.0, 30.0]})
    >>> heaviest(Design(people, weights="w"), 1)
       base weight  final weight  share  times_median
    3         30.0          30.0    0.5           3.0
    """
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 1:
        raise ArgumentError(f"count={count!r}: pass a whole number of rows, at least 1.")
    table = weight_factors(design, columns=columns)
    w = table[_last(table)].to_numpy()
    if not (w != 0).any():
        said = " and ".join(design.subset)
        raise DataError(f"where={said!r} leaves no rows with a weight. Check the names and values in it.")
    table["share"], table["times_median"] = w / w.sum(), w / np.median(w[w != 0])
    return table.iloc[np.argsort(-w, kind="stable")[:count]]


def _last(table: pd.DataFrame) -> str:
    return str(table.columns[-1])


def kish_deff(
    design: Design, *, by: str | Sequence[str] | None = None, where: str | None = None
) -> pd.DataFrame:
    r"""Design effect of unequal weights, :math:`n \sum w^2 / (\sum w)^2`, overall or by group.

    Parameters
    ----------
    design : Design
    by : column name or list of them, optional
        Groups.
    where : text, optional
        A condition, as in ``"tuoi >= 18"``.

    Returns
    -------
    DataFrame with ``n`` rows that have a weight, ``sum`` of the weights, ``deff``, and ``n_eff`` = n / deff

    References
    ----------
    Kish (1965), Survey Sampling, section 11.7; Kish (1992), J. Official Statistics 8, 183–200.

    Examples
    --------
    >>> people = pd.DataFrame({"w": [10.0, 10.0, 10.0, 30.0]})
    >>> kish_deff(Design(people, weights="w"))
         n   sum      deff  n_eff
    all  4  60.0  1.333333    3.0
    """
    groups = check_design(design).domains(by, where)
    found = []
    for d in range(groups.D):
        w = design.w[(groups.row == d) & (design.w != 0)]
        deff = deff_kish(w)
        found.append((w.size, float(w.sum()), deff, w.size / deff))
    index = pd.Index(["all"]) if groups.names is None else groups.names
    return pd.DataFrame(found, index=index, columns=["n", "sum", "deff", "n_eff"])
