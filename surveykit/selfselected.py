"""Self-selected rows (QR codes, counters): weighted towards a reference sample, and still not a sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from sampling.checks import ArgumentError, DataError, check_choice, check_columns, listed
from surveykit import columns as col
from surveykit.design import Design, check_design
from surveykit.formulas.arrays import Array, sum_by
from surveykit.formulas.propensity import logit
from surveykit.formulas.steps import Multiplication
from surveykit.weighting import calibrate
from surveykit.weighting.guards import check_open
from surveykit.weighting.margins import plain_key
from surveykit.weighting.predictors import predictor_cells

__all__ = ["pseudo_weights"]


def pseudo_weights(
    design: Design,
    reference: Design,
    *,
    using: str | Sequence[str],
    method: Literal["propensity", "calibration"] = "propensity",
) -> Design:
    r"""Weight self-selected rows so that they resemble a probability sample in some columns.

    By propensity, 1/π with :math:`\sum_A x - \sum_B d\,\pi(x'\beta) x = 0` (A the self-selected rows, B the
    reference sample with weights d); by calibration, so that the sums of the columns are those of the
    reference. Either mends what the columns explain and nothing else: people still chose to answer.
    Estimates stay labelled “không suy rộng được” and say what their number of rows is worth (Meng 2018).

    Parameters
    ----------
    design : Design
        Made with ``sampling="self-selected"``.
    reference : Design
        A probability sample of the same people, with its final weights.
    using : column name or list of them
        Columns of both, asked in the same words: numbers as they are, text and categories by level.
    method : {"propensity", "calibration"}

    Returns
    -------
    Design with one more step; its weights are taken as known

    Raises
    ------
    ArgumentError
        A design that is not self-selected, or a reference that is.
    DataError
        Levels that stand in one of the two only; missing values; columns that tell the two apart without
        fail.

    References
    ----------
    Chen, Li & Wu (2020), JASA 115, 2011–2021; Meng (2018), Annals of Applied Statistics 12, 685–726;
    Elliott & Valliant (2017), Statistical Science 32, 249–264.

    Examples
    --------
    >>> import pandas as pd, surveykit as sv
    >>> phieu = pd.DataFrame({"tuoi": ["trẻ"] * 3 + ["già"], "y": [5, 5, 4, 3]})
    >>> quay = sv.Design(phieu, sampling="self-selected")
    >>> mau = sv.Design(pd.DataFrame({"tuoi": ["trẻ", "già"], "w": [20.0, 20.0]}), weights="w")
    >>> sv.pseudo_weights(quay, mau, using="tuoi").weights.round(3).tolist()
    [6.667, 6.667, 6.667, 20.0]
    """
    check_open(design, "pseudo_weights")
    check_design(reference)
    check_choice(method, ("propensity", "calibration"), "method")
    if design.sampling != "self-selected":
        raise ArgumentError(
            "pseudo_weights: the design is a probability sample, which has weights of its own. Use rake or "
            "calibrate; for forms that people chose to fill in, make it with sampling='self-selected'."
        )
    if reference.sampling == "self-selected":
        raise ArgumentError(
            "reference: its rows are self-selected too, so they say nothing about the population. Pass a "
            "probability sample, or known totals to rake or calibrate."
        )
    names = check_columns(design.data, using, "using")
    if not names:
        raise ArgumentError(f"using={using!r}: name at least one column of both.")
    for name in names:
        if name not in reference.data.columns:
            raise ArgumentError(
                f"using={name!r}: reference has no such column. It has {listed(reference.data.columns, 8)}."
            )
    both = _together(design, reference, names)
    if method == "calibration":
        return _calibrated(design, reference, both, names)
    mine = len(design.data)
    cell, X, _ = predictor_cells(both, names, both.w != 0)
    taking = sum_by(cell[:mine], both.w[:mine], len(X))
    people = sum_by(cell[mine:], both.w[mine:], len(X))
    fit = logit(X, taking, people)
    if not fit.met:
        raise DataError(
            f"using={list(names)}: no chance of taking part fits; some combination of levels holds "
            "more of the "
            "rows than of the reference's people, or none of them. Use fewer columns, or "
            "method='calibration'."
        )
    chance = np.where(design.w != 0, fit.p[cell[:mine]], 1.0)
    return design.add_step(Multiplication(1 / chance, f"pseudo-weights ({', '.join(names)})"))


def _together(design: Design, reference: Design, names: tuple[str, ...]) -> Design:
    """Return the columns of both below one another; every level stands in both."""
    parts = [
        pd.DataFrame({name: _plain(one.data[name]) for name in names}).reset_index(drop=True)
        for one in (design, reference)
    ]
    for name in names:
        kinds = [col.kind_of(part[name]) for part in parts]
        if (kinds[0] == "number") != (kinds[1] == "number"):
            words = ["numbers" if kind == "number" else "text" for kind in kinds]
            raise DataError(
                f"using={name!r} holds {words[0]} here and {words[1]} in reference. Make them the same."
            )
        if kinds[0] == "number":
            continue
        used = [part[name][one.w != 0].dropna() for part, one in zip(parts, (design, reference), strict=True)]
        for k, (where, other) in enumerate((("the design", "reference"), ("reference", "the design"))):
            lost = [v for v in used[k].unique() if v not in set(used[1 - k])]
            if lost:
                rows = int(used[k].isin(lost).sum())
                raise DataError(
                    f"using={name!r}: {listed(lost, 3)} stands in {rows} rows of {where} and in none "
                    f"of {other}. "
                    "Join levels, or correct the spelling."
                )
    weights = pd.Series(np.r_[design.w, np.maximum(reference.w, 0.0)], name="weight of both")
    data = pd.concat([pd.concat(parts, ignore_index=True), weights], axis=1)
    return Design(data, weights="weight of both")


def _plain(values: pd.Series) -> Any:
    """Return a column with its text composed and trimmed; numbers and categories of them as they are."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.cat.categories.dtype)
    return values if col.kind_of(values) == "number" else values.map(plain_key, na_action="ignore")


def _calibrated(design: Design, reference: Design, both: Design, names: tuple[str, ...]) -> Design:
    """Return the design calibrated (by raking) to the sums of the reference."""
    mine = len(design.data)
    theirs, w = both.data.iloc[mine:], both.w[mine:]
    targets: dict[str, Any] = {}
    for name in names:
        missing = np.flatnonzero(theirs[name].isna().to_numpy() & (w > 0))
        if missing.size:
            raise DataError(
                f"using={name!r} is missing in {col.place(reference.data, missing)} of reference. "
                "Fill it in, or "
                "make missing a level of its own."
            )
        if col.kind_of(theirs[name]) == "number":
            values: Array = theirs[name].to_numpy(dtype=float)
            targets[name] = float((w * np.where(w > 0, values, 0.0)).sum())
        else:
            sums = pd.Series(w, index=theirs.index).groupby(theirs[name]).sum()
            targets[name] = {level: float(v) for level, v in sums.items()}
    made = calibrate(design, targets, population=float(w.sum()), distance="raking")
    last = replace(made.steps[-1], name=f"pseudo-weights ({', '.join(names)})")  # type: ignore[type-var]
    return design.add_step(last)
