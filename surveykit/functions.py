"""Functions of estimates, and statistics of one's own on replicates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from sampling.checks import ArgumentError, DataError, shown
from surveykit.context import Note
from surveykit.design import Design, check_design
from surveykit.detail import Detail
from surveykit.estimation import count
from surveykit.formulas.arrays import Array
from surveykit.formulas.derivative import SURE, numeric
from surveykit.formulas.replicated import spread
from surveykit.formulas.variance import Combined
from surveykit.replay import made, progress, weights_of
from surveykit.result import Estimates

MOST = 2_000  # estimates that a function may be of
LOST = "it could not be worked out in {} of {} replicates"
NO_VALUE = "the function has no finite value here"


def function(
    estimates: Estimates,
    f: Callable[[pd.Series], Any],
    *,
    derivative: Callable[[pd.Series], Any] | None = None,
    name: str = "function",
) -> Estimates:
    r"""Return a smooth function of estimates with its variance, :math:`g' V g'^\top` (delta method).

    Parameters
    ----------
    estimates : Estimates
    f : function
        Gets the values by row name, gives a number, or numbers by name (dict or Series):
        ``lambda v: v["sau"] / v["trước"]``.
    derivative : function, optional
        Gets the values, gives the derivative of the number by each row (dict or Series; rows left out count
        0), or by name of f's results a dict of such. Without it a complex step or differences are taken, and
        refused where two ways differ by more than 1e-6.
    name : text
        Name of a single result.

    Returns
    -------
    Estimates

    Raises
    ------
    TypeError, ArgumentError
        f gives no numbers, or is not smooth where the estimates are.

    References
    ----------
    Wolter (2007), Introduction to Variance Estimation, ch. 6.

    Examples
    --------
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"w": [10, 10, 20, 20], "thon": list("aabb"), "tot": [1, 0, 2, 1]})
    >>> people["tra"] = [2, 1, 2, 2]
    >>> totals = sv.total(sv.Design(people, weights="w", psu="thon"), ["tot", "tra"])
    >>> sv.function(totals, lambda v: v["tot"] / v["tra"], name="tỷ số").value.round(3).to_dict()
    {'tỷ số': 0.636}
    """
    if not isinstance(estimates, Estimates):
        raise TypeError(
            f"estimates is a {type(estimates).__name__}; pass the result of mean(), total() or another."
        )
    if not callable(f):
        raise TypeError(f"f={f!r}: pass a function of the values, as lambda v: v['A'] / v['B'].")
    at = estimates.value.to_numpy(float)
    if at.size > MOST:
        raise ArgumentError(
            f"function: {at.size} estimates are too many for differences by each. Take fewer rows."
        )

    value = call(f, estimates, at, name)
    depends = of_missing(f, estimates, at, value, name)
    if derivative is None:
        J = slopes(f, estimates, at, value, name)
    else:
        J = given(derivative(estimates.value.copy()), value.index, estimates)
    L = sp.csr_matrix(np.where(np.isfinite(J), J, 0.0).T)
    made_of = estimates.combine((L != 0) + depends, value.index, "function")
    reason = made_of.reason.copy()
    finite = np.isfinite(value.to_numpy())
    reason[~finite & (reason == "").to_numpy()] = NO_VALUE
    df = made_of.df.where(finite)
    context = made_of.context
    if finite.any():
        context = replace(context, df=(float(df.min()), float(df.max())))
    return replace(
        made_of, value=value.rename("function"), covariance=Combined(estimates.covariance, L), reason=reason,
        df=df, context=context, points=False, detail=replace(made_of.detail, bounds=None),
    )  # fmt: skip


def call(f: Callable[[pd.Series], Any], est: Estimates, at: Array, name: str) -> pd.Series:
    """Return what f gives for these values of the rows, as numbers by name."""
    try:
        with np.errstate(all="ignore"):
            return as_series(f(pd.Series(at, index=est.value.index)), name)
    except KeyError as error:
        est.locate(error.args[0], "f")  # says which rows there are
        raise


def of_missing(
    f: Callable[[pd.Series], Any], est: Estimates, at: Array, value: pd.Series, name: str
) -> sp.csr_matrix:
    """(k, m) which results without a value are so because they are made of a row without one."""
    out = np.zeros((at.size, len(value)), dtype=bool)
    lost = np.isnan(at)
    if lost.any() and np.isnan(value.to_numpy()).any():
        filled = np.where(lost, 1.0, at)
        has = ~np.isnan(call(f, est, filled, name).to_numpy())
        for i in np.flatnonzero(lost):  # all other rows have a value then
            one = filled.copy()
            one[i] = np.nan
            out[i] = np.isnan(call(f, est, one, name).to_numpy()) & has
    return sp.csr_matrix(out)


def as_series(found: Any, name: str) -> pd.Series:
    """Return numbers by name; complex ones stay so."""
    if isinstance(found, Mapping):
        found = pd.Series(dict(found))
    if not isinstance(found, pd.Series):
        found = pd.Series([found], index=[name])
    numbers: pd.Series = found
    if found.dtype.kind == "c":
        return numbers
    try:
        numbers = found.astype(float)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"f gave {shown(found.iloc[0])}; it must give a number, or numbers by name."
        ) from error
    return numbers


def slopes(f: Callable[[pd.Series], Any], est: Estimates, at: Array, value: pd.Series, name: str) -> Array:
    """(m, k) derivative by differences, checked; 0 for rows and results without a value."""
    rows = np.flatnonzero(np.isfinite(at))
    results = np.flatnonzero(np.isfinite(value.to_numpy()))

    def part(values: Array) -> Array:
        moved = at.astype(values.dtype)
        moved[rows] = values
        found = call(f, est, moved, name)
        if not found.index.equals(value.index):
            raise ArgumentError(f"f gives other names for other values: {list(found.index)[:3]}.")
        return found.to_numpy()[results]

    J = np.zeros((len(value), at.size))
    if rows.size and results.size:
        own, doubt = numeric(part, at[rows], np.nan_to_num(est.se.to_numpy()[rows]))
        rough = np.argwhere(~(doubt <= SURE))
        if rough.size:
            i = rows[int(rough[0, 1])]
            raise ArgumentError(
                f"f is not smooth at row {shown(est.value.index[i])} = {at[i]:g}: two ways to work out its "
                "derivative do not agree. Pass derivative=, or choose a function without corners there."
            )
        J[np.ix_(results, rows)] = own
    return J


def given(found: Any, names: pd.Index[Any], est: Estimates) -> Array:
    """(m, k) derivative as the user gives it."""
    parts = found if isinstance(found, Mapping) and set(found) == set(names) else None
    if parts is None or not all(isinstance(p, (Mapping, pd.Series)) for p in parts.values()):
        parts = {names[0]: found} if len(names) == 1 else {}
    if len(parts) != len(names):
        raise ArgumentError(
            f"derivative gives no derivative of {shown(names[0])} by row: with several results give a dict "
            "of {result: {row: derivative}}."
        )
    J = np.zeros((len(names), len(est.value)))
    for k, name in enumerate(names):
        for row, slope in dict(parts[name]).items():
            J[k, est.locate(row, "derivative")] = float(slope)
    return J


def replicate_statistic(
    design: Design, f: Callable[[pd.DataFrame, pd.Series], Any], *, name: str = "statistic"
) -> Estimates:
    """Return a statistic of one's own with the variance that the replicate weights give.

    Parameters
    ----------
    design : Design with replicates
    f : function of the data and the weights (Series with the index of the data)
        Gives a number, or numbers by name. Both hold the rows with a weight that ``design.where`` has left.

    Raises
    ------
    ArgumentError
        A design without replicates.

    Examples
    --------
    >>> import surveykit as sv
    >>> from surveykit.functions import replicate_statistic
    >>> people = pd.DataFrame({"thon": list("aabbccdd"), "diem": [4, 5, 3, 4, 2, 5, 4, 4]})
    >>> design = sv.replicate_weights(sv.Design(people, sampling="srs", psu="thon"), "JK1")
    >>> found = replicate_statistic(design, lambda data, w: (w * data["diem"]).sum() / w.sum())
    >>> bool(abs(found.se.iloc[0] - sv.mean(design, "diem").se.iloc[0]) < 1e-12)
    True
    """
    check_design(design)
    if design.replicates is None:
        raise ArgumentError(
            "replicate_statistic needs replicate weights: make them with replicate_weights(design)."
        )
    reps, people = made(design), count(design)
    inside = design.domains().row >= 0
    data = design.data[inside]

    def call_with(w: Array) -> pd.Series:
        return as_series(f(data, pd.Series(w[inside], index=data.index, name="weight")), name)

    value = call_with(design.w)
    used = np.flatnonzero(reps.coefficients > 0)
    rows = []
    for r in progress(used, len(data)):
        found = call_with(weights_of(design, int(r)))
        if not found.index.equals(value.index):
            raise DataError(f"f gives other names in replicate {int(r) + 1}: {list(found.index)[:3]}.")
        rows.append(np.where(np.isfinite(found), found, np.nan))
    own = spread(np.array(rows), value.to_numpy(), reps.coefficients[used], mse=reps.mse)
    lost = [LOST.format(n, reps.R) if n else people.reason.iloc[0] for n in own.lost]
    lost = [why if np.isfinite(v) else NO_VALUE for v, why in zip(value, lost, strict=True)]
    note = Note("a function of one's own", "hàm do người dùng viết")
    df, index, units = float(people.df.iloc[0]), value.index, people.detail.held
    held = None if units is None else lambda _: units([0])
    return Estimates(
        value=value.rename("statistic"), covariance=own, df=pd.Series(df, index=index, name="df"),
        statistic="statistic",
        context=replace(people.context, notes=(*people.context.notes, note)),
        n=pd.Series(len(data), index=index, name="n"),
        reason=pd.Series(lost, index=index, dtype=object, name="reason"),
        detail=Detail(None, None, lambda _: df, held=held, source=people.detail.source),
    )  # fmt: skip
