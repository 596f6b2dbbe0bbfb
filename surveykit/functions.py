"""Functions of estimates, estimates of several calls together, and statistics of one's own on replicates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from sampling.checks import ArgumentError, DataError, shown
from surveykit.context import Context, Note
from surveykit.design import Design, check_design
from surveykit.detail import Detail, ShareParts
from surveykit.formulas.arrays import Array
from surveykit.formulas.derivative import SURE, numeric
from surveykit.formulas.joined import Joined, comparable, unfolded
from surveykit.formulas.replicated import Replicated, spread
from surveykit.formulas.variance import Combined, Covariance, Taylor
from surveykit.replay import degrees, made, progress, weights_of
from surveykit.result import Estimates

MOST = 2_000  # estimates that a function may be of


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
        0), or by name of f's results a dict of such. Without it differences are taken, and refused where two
        steps differ by more than 1e-6.
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

    def call(values: Array) -> pd.Series:
        return as_series(f(pd.Series(values, index=estimates.value.index)), name)

    value = call(at)
    if derivative is None:
        J = differences(call, at, estimates)
    else:
        J = given(derivative(estimates.value.copy()), value.index, estimates)
    L = sp.csr_matrix(np.nan_to_num(J).T)
    made_of = estimates.combine(L, value.index, "function")
    reason = made_of.reason.copy()
    reason[np.isnan(J).any(axis=1) & (reason == "").to_numpy()] = "the function has no derivative here"
    return replace(
        made_of, value=value.rename("function"), covariance=Combined(estimates.covariance, L), reason=reason,
        points=False,
    )  # fmt: skip


def as_series(found: Any, name: str) -> pd.Series:
    """Return numbers by name."""
    if isinstance(found, Mapping):
        found = pd.Series(dict(found))
    if not isinstance(found, pd.Series):
        found = pd.Series([found], index=[name])
    try:
        numbers: pd.Series = found.astype(float)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"f gave {shown(found.iloc[0])}; it must give a number, or numbers by name."
        ) from error
    return numbers


def differences(call: Callable[[Array], pd.Series], at: Array, est: Estimates) -> Array:
    """(m, k) derivative by differences, checked."""
    se = np.nan_to_num(np.sqrt(est.variance))
    size = np.maximum(np.abs(at), se)
    size[size == 0] = 1.0
    J, gap = numeric(lambda v: call(v).to_numpy(), at, size)
    rough = np.argwhere(gap > SURE)
    if rough.size:
        i = int(rough[0, 1])
        raise ArgumentError(
            f"f is not smooth at row {shown(est.value.index[i])} = {at[i]:g}: derivatives by two steps "
            f"differ by {gap.max():.1g}. Pass derivative=, or choose a function without corners there."
        )
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


def together(*parts: Estimates, **named: Estimates) -> Estimates:
    """Return the estimates of several calls on one design with their joint covariance.

    A total beside its parts, means beside ratios, overlapping groups: contrasts, tests and functions of them
    need nothing said again.

    Parameters
    ----------
    parts, named : Estimates
        Of the same design. Names in front (``nam=…, nu=…``) become a level of the rows; without them the
        rows of the parts must differ.

    Raises
    ------
    ArgumentError
        Fewer than two parts; parts of different designs, or conditional on units where others are not.

    Examples
    --------
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"thon": list("aabbcc"), "gioi": list("NWNWNW"), "diem": [4, 5, 3, 4, 2, 5]})
    >>> design = sv.Design(people, sampling="srs", psu="thon")
    >>> both = sv.together(chung=sv.mean(design, "diem"), nu=sv.mean(design, "diem", where="gioi == 'W'"))
    >>> both.contrast({("nu", "diem"): 1, ("chung", "diem"): -1}).value.round(3).to_list()
    [0.833]
    """
    if parts and named:
        raise ArgumentError("together: name all parts or none.")
    every = list(named.values()) if named else list(parts)
    if len(every) < 2 or not all(isinstance(part, Estimates) for part in every):
        raise ArgumentError("together: pass at least two results of one design.")
    index = joined_index(every, list(named) or None)
    ends = np.cumsum([0, *(len(part.value) for part in every)])

    def df_of(rows: Sequence[int]) -> float:
        at = np.searchsorted(ends, np.asarray(rows), side="right") - 1
        own = [(i, [int(r - ends[i]) for r in np.asarray(rows)[at == i]]) for i in np.unique(at)]
        return float(min(every[i].detail.df_of(part) for i, part in own))

    def concatenated(name: str) -> pd.Series:
        whole: pd.Series = pd.concat([getattr(part, name) for part in every])
        return whole.set_axis(index).rename(name)

    first = every[0]
    shares = all(part.is_share for part in every)
    reference = all(part.detail.reference is not None for part in every)
    return Estimates(
        value=concatenated("value").rename("estimate"),
        covariance=joint_covariance(every),
        df=concatenated("df"),
        statistic=first.statistic if len({part.statistic for part in every}) == 1 else "estimate",
        context=joint_context(every),
        n=concatenated("n"),
        reason=concatenated("reason"),
        detail=Detail(
            reference=(lambda: references(every)) if reference else None,
            share=(lambda: share_parts(every)) if shares else None,
            df_of=df_of,
        ),
        refusal=next((part.refusal for part in every if part.refusal), ""),
        points=all(part.points for part in every),
    )


def references(every: Sequence[Estimates]) -> tuple[Array, Array]:
    """Return the simple random variances and populations of all parts."""
    v, N = zip(*(part.reference for part in every), strict=True)
    return np.concatenate(v), np.concatenate(N)


def share_parts(every: Sequence[Estimates]) -> ShareParts:
    """Return what the intervals of shares need, of all parts."""
    own = [part.share_parts for part in every]
    K, b, rho, census = (
        np.concatenate(x) for x in zip(*((p.K, p.b, p.rho, p.census) for p in own), strict=True)
    )
    return ShareParts(K, b, rho, census, any(p.raised for p in own))


def joined_index(every: Sequence[Estimates], keys: Sequence[str] | None) -> pd.Index[Any]:
    """Return the names of all rows, which differ."""
    if keys is not None:
        rows = [
            (key, *(row if isinstance(row, tuple) else (row,)))
            for key, part in zip(keys, every, strict=True)
            for row in part.value.index
        ]
        if len({len(row) for row in rows}) == 1:
            return pd.MultiIndex.from_tuples(rows)
        return pd.Index([" · ".join(map(str, row)) for row in rows])
    names = [row for part in every for row in part.value.index]
    if len(set(names)) < len(names):
        twice = next(row for row in names if names.count(row) > 1)
        raise ArgumentError(
            f"together: row {shown(twice)} stands in two parts. Name the parts: together(a=…, b=…)."
        )
    if all(isinstance(row, tuple) for row in names) and len({len(row) for row in names}) == 1:
        return pd.MultiIndex.from_tuples(names)
    flat: pd.Index[Any] = pd.Index(names, tupleize_cols=False)
    return flat


def joint_covariance(every: Sequence[Estimates]) -> Covariance:
    """Return the joint covariance, once it is sure that one design made all parts."""
    bases = [unfolded(part.covariance) for part in every]
    first = bases[0][0]
    if all(isinstance(base, Replicated) for base, _ in bases):
        deviations = [
            base.deviations if L is None else np.asarray((L.T @ base.deviations.T).T)
            for base, L in bases
            if isinstance(base, Replicated)
        ]
        if len({len(d) for d in deviations}) == 1:
            return Replicated(
                np.hstack(deviations), np.zeros(sum(d.shape[1] for d in deviations), dtype=np.intp)
            )
    if isinstance(first, Taylor):
        parts = []
        for base, L in bases:
            if not isinstance(base, Taylor) or not comparable(first, base):
                break
            parts.append((base, sp.identity(base.size, format="csr") if L is None else L))
        else:
            return Joined(parts)
    raise ArgumentError(
        "together: the parts come from different designs, or are judged by different units (one is "
        "conditional on units, as the line below its table says). Make them from one design."
    )


def joint_context(every: Sequence[Estimates]) -> Context:
    """Return the line of several parts."""
    contexts = [part.context for part in every]
    low, high = min(c.df[0] for c in contexts), max(c.df[1] for c in contexts)
    notes = tuple(dict.fromkeys(note for c in contexts for note in c.notes))
    widest = max(contexts, key=lambda c: c.n)
    return replace(widest, df=(low, high), notes=notes, missing=max(c.missing for c in contexts))


def replicate_statistic(
    design: Design, f: Callable[[pd.DataFrame, pd.Series], Any], *, name: str = "statistic"
) -> Estimates:
    """Return a statistic of one's own with the variance that the replicate weights give.

    Parameters
    ----------
    design : Design with replicates
    f : function of the data and the weights (Series with the index of the data)
        Gives a number, or numbers by name.

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
    reps, index = made(design), design.data.index
    value = as_series(f(design.data, design.weights), name)
    used = np.flatnonzero(reps.coefficients > 0)
    rows = []
    for r in progress(used, len(index)):
        found = as_series(f(design.data, pd.Series(weights_of(design, int(r)), index=index)), name)
        if not found.index.equals(value.index):
            raise DataError(f"f gives other names in replicate {int(r) + 1}: {list(found.index)[:3]}.")
        rows.append(found.to_numpy())
    own = spread(np.array(rows), value.to_numpy(), reps.coefficients[used], mse=reps.mse)
    read = degrees(design)
    units = design.units(0).parent if design.psu or not reps.given else None
    df = (
        float(read)
        if read is not None
        else float(len(units) - units.max() - 1)
        if units is not None
        else np.nan
    )
    size = pd.Series(len(index), index=value.index, name="n")
    lost = pd.Series(
        [f"it could not be worked out in {n} of {reps.R} replicates" if n else "" for n in own.lost],
        index=value.index, dtype=object, name="reason",
    )  # fmt: skip
    context = Context(
        n=len(index), missing=0, psus=0, strata=1, df=(df, df), interval="t", sampling=design.sampling,
        notes=(*reps.notes, Note("a function of one's own", "hàm do người dùng viết")), method=reps.note,
    )  # fmt: skip
    return Estimates(
        value=value.rename("statistic"), covariance=own, df=pd.Series(df, index=value.index, name="df"),
        statistic="statistic", context=context, n=size, reason=lost,
        detail=Detail(None, None, lambda _: df),
    )  # fmt: skip
