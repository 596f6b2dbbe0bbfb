"""Multiple imputation: the results of several imputed tables made into one, by Rubin's rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from sampling.checks import ArgumentError, shown
from surveykit.context import Note
from surveykit.formulas.arrays import Array
from surveykit.formulas.imputed import Imputed, rests
from surveykit.regression import Regression
from surveykit.result import Detail, Estimates


def combine(results: Sequence[Estimates | Regression], *, df_complete: float | None = None) -> Estimates:
    r"""Return one result from the same estimates of several imputed tables.

    .. math:: \bar Q = \frac 1 m \sum_i Q_i, \qquad T = \bar W + (1 + 1/m) B

    Parameters
    ----------
    results : list of Estimates, or of models
        One for each imputation, with the same rows in the same order; of a model its coefficients.
    df_complete : number, optional
        Degrees of freedom that complete data would have; by default the design's, row by row. ``inf`` gives
        Rubin's classical degrees, which may be more than the design has.

    Returns
    -------
    Estimates, with columns ``increase`` (of the variance, for the answers imputed) and
    ``missing_information`` (the share of the information that is missing)

    Raises
    ------
    ArgumentError
        Fewer than two results, or results of different rows.

    References
    ----------
    Rubin (1987), Multiple Imputation for Nonresponse in Surveys; Barnard and Rubin (1999), Biometrika 86,
    948-955.

    Examples
    --------
    >>> import surveykit as sv
    >>> tables = [pd.DataFrame({"diem": [7.0, 8.0, 5.0, 6.0, filled]}) for filled in (6.0, 8.0, 7.0)]
    >>> result = combine([sv.mean(sv.Design(table, sampling="srs"), "diem") for table in tables])
    >>> result.to_frame()[["estimate", "se", "df", "increase"]].round(3)
          estimate     se    df  increase
    diem       6.6  0.583  2.34     0.186
    """
    parts = _checked(results, df_complete)
    first, m = parts[0], len(parts)
    Q = np.array([result.value.to_numpy(float) for result in parts])
    value = Q.mean(axis=0)
    covariance = Imputed(tuple(result.covariance for result in parts), Q - value)
    reason = first.reason.to_numpy().copy()
    for result in parts[1:]:
        reason = np.where(reason == "", result.reason.to_numpy(), reason)

    def complete(own: Array) -> Array:
        return own if df_complete is None else np.full(own.shape, float(df_complete))

    own = rests(*covariance.sides(), m, complete(np.min([result.df for result in parts], axis=0)))
    missing = reason != ""
    df = np.where(missing, np.nan, own.df)

    def df_many(L: sp.csc_matrix) -> Array:
        return rests(*covariance.sides(L.tocsr()), m, complete(_least(parts, L))).df

    def df_of(rows: Sequence[int]) -> float:
        return float(df[list(rows)].min())

    def reference() -> tuple[Array, Array]:
        v, N = zip(*(result.reference for result in parts), strict=True)
        return np.mean(v, axis=0), np.mean(N, axis=0)

    index = first.value.index
    known = df[np.isfinite(df)]
    span = (float(known.min()), float(known.max())) if known.size else (np.inf, np.inf)
    note = Note(f"{m} imputations, Rubin's rules", f"{m} lần điền, quy tắc Rubin")
    return Estimates(
        value=pd.Series(value, index=index, name=first.value.name),
        covariance=covariance,
        df=pd.Series(df, index=index, name="df"),
        statistic=first.statistic,
        context=replace(first.context, df=span, notes=(*first.context.notes, note)),
        n=pd.Series(np.mean([r.n for r in parts], axis=0).round().astype(int), index=index, name="n"),
        reason=pd.Series(reason, index=index, name="reason", dtype=object),
        detail=Detail(
            reference=None if first.detail.reference is None else reference,
            share=None if first.detail.share is None else lambda: first.share_parts,
            df_of=df_of,
            df_many=df_many,
            bounds=first.detail.bounds,
        ),
        refusal=next((result.refusal for result in parts if result.refusal), ""),
        points=first.points,
        extra={
            "increase": np.where(missing, np.nan, own.increase),
            "missing_information": np.where(missing, np.nan, own.missing),
        },
    )


def _least(results: Sequence[Estimates], L: sp.csc_matrix) -> Array:
    """(m,) the least degrees of freedom of a combination in any of the imputed tables."""
    names = pd.RangeIndex(L.shape[1])
    out: Array = np.min([r.combine(sp.csr_matrix(L), names, "contrast").df for r in results], axis=0)
    return out


def _checked(results: Any, df_complete: Any) -> list[Estimates]:
    """Return the results as estimates; refuse what is not several results of the same rows."""
    if isinstance(results, (list, tuple)):
        results = [result.coefficients if isinstance(result, Regression) else result for result in results]
    if not isinstance(results, list) or not all(isinstance(result, Estimates) for result in results):
        raise TypeError(
            "combine: pass a list of results, one for each imputed table, as "
            "combine([mean(design, 'diem') for design in designs])."
        )
    if len(results) < 2:
        raise ArgumentError(
            f"combine: {len(results)} result does not show how imputations differ. Pass at least 2."
            if results
            else "combine: the list of results is empty. Pass at least 2."
        )
    number = not isinstance(df_complete, bool) and isinstance(df_complete, (int, float, np.number))
    if df_complete is not None and not (number and df_complete > 0):
        raise ArgumentError(
            f"df_complete={df_complete!r}: write a number above 0, or inf for Rubin's classical degrees."
        )
    first = results[0]
    for i, other in enumerate(results[1:], start=2):
        _check_alike(first, other, i)
    return results


def _check_alike(first: Estimates, other: Estimates, i: int) -> None:
    """Refuse a result whose statistic or rows are not those of the first."""
    if other.statistic != first.statistic:
        raise ArgumentError(
            f"combine: result {i} holds {other.statistic}s, and the first {first.statistic}s. "
            "Ask the same of every imputed table."
        )
    if len(other.value) != len(first.value):
        raise ArgumentError(
            f"combine: result {i} has {len(other.value)} rows, and the first {len(first.value)}. "
            "Ask the same of every imputed table."
        )
    for k, (a, b) in enumerate(zip(first.value.index, other.value.index, strict=True), start=1):
        if shown(a) != shown(b):
            raise ArgumentError(
                f"combine: row {k} of result {i} is {shown(b)}, and of the first {shown(a)}. "
                "Every imputed table needs the same rows in the same order."
            )
