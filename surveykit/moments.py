"""Standard deviations and correlations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from sampling.checks import ArgumentError
from surveykit import columns as col
from surveykit.design import Design
from surveykit.estimation import Names, blank, check_answers, labels_for, variance
from surveykit.formulas import intervals
from surveykit.formulas.arrays import Array
from surveykit.formulas.moments import Correlation
from surveykit.formulas.statistics import Smooth, divide
from surveykit.formulas.variance import Combined
from surveykit.infer import infer
from surveykit.result import Estimates

ENDS = 1e-12  # a correlation so near 1 or −1 is one of rounding
STILL = "a column does not vary in this domain"


def sd(design: Design, y: Names, *, by: Names | None = None, where: str | None = None) -> Estimates:
    r"""Estimate standard deviations in the population, :math:`\sqrt{s^2}` with :func:`surveykit.variance`.

    Parameters as for :func:`surveykit.mean`. Limits come from the logarithm, so that they stay above 0.

    Examples
    --------
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"diem": [4.0, 5, 3, 4]})
    >>> float(sv.sd(sv.Design(people, sampling="srs"), "diem").value.iloc[0].round(3))
    0.816
    """
    names = check_answers(design, y, by)
    raw = variance(design, list(names) if len(names) > 1 else names[0], by=by, where=where)
    if len(names) > 1:  # of the pairs keep the columns themselves
        raw = squares(raw, names)
    s = np.sqrt(raw.value.to_numpy(float))
    scale = np.nan_to_num(divide(np.full(s.size, 0.5), s))
    reason = raw.reason.where((raw.reason != "") | (s > 0), STILL)

    def limits(method: str, df: Array, level: float) -> tuple[Array, Array]:  # noqa: ARG001 (there is one)
        width = intervals.quantile(df, level) * divide(scale * np.sqrt(raw.variance), s)
        return s * np.exp(-width), s * np.exp(width)

    return replace(
        raw,
        value=pd.Series(s, index=raw.value.index, name="sd"),
        covariance=Combined(raw.covariance, sp.diags(scale, format="csr")),
        statistic="sd",
        reason=reason,
        points=False,
        detail=replace(raw.detail, reference=None, limits=limits, methods=("log",)),
    )


def squares(raw: Estimates, names: tuple[str, ...]) -> Estimates:
    """Return the rows of a column with itself, named by the column."""
    own = [a == b for i, a in enumerate(names) for b in names[i:]]
    keep = np.flatnonzero(np.tile(own, len(raw.value) // len(own)))
    D = len(keep) // len(names)
    one = sp.csr_matrix((np.ones(keep.size), (keep, np.arange(keep.size))), shape=(len(raw.value), keep.size))
    index: pd.Index[Any] = pd.Index(list(names) * D, name="variable")
    before = raw.value.index[keep]
    if isinstance(before, pd.MultiIndex):
        levels = [before.get_level_values(i) for i in range(before.nlevels - 1)]
        index = pd.MultiIndex.from_arrays([*levels, index], names=[*before.names[:-1], "variable"])
    return raw.combine(one, index, "variance")


def correlation(design: Design, y: Names, *, by: Names | None = None, where: str | None = None) -> Estimates:
    r"""Correlation of each pair of numeric columns, over rows with both answers.

    Parameters
    ----------
    design : Design
    y : list of at least two column names
    by, where : as for :func:`surveykit.mean`

    Returns
    -------
    Estimates
        Limits by Fisher's z, :math:`\tanh(\operatorname{artanh} r \pm t\, se / (1 - r^2))`.

    Examples
    --------
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"a": [1.0, 2, 3, 4, 5, 6], "b": [2.0, 1, 4, 3, 6, 5]})
    >>> sv.correlation(sv.Design(people, sampling="srs"), ["a", "b"]).value.round(3).to_dict()
    {'a, b': 0.829}
    """
    names = check_answers(design, y, by)
    if len(names) < 2:
        raise ArgumentError(f"y={y!r}: a correlation is of two columns. Name at least two.")
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]

    def make(a: str, b: str) -> Callable[[], Smooth]:
        def maker() -> Smooth:
            one, other = (col.answers(design.data, name, "correlation") for name in (a, b))
            missing = np.union1d(one.missing, other.missing)
            return Correlation(blank(one, missing), blank(other, missing))

        return maker

    words = [f"{a}, {b}" for a, b in pairs]
    raw = infer(
        design, [make(a, b) for a, b in pairs], statistic="correlation",
        y=[f"the pair y={a!r}, {b!r}" for a, b in pairs],
        labels=labels_for(words, by) if len(words) == 1 else pd.Index(words, name="pair"), by=by, where=where,
    )  # fmt: skip
    r = raw.value.to_numpy(float)
    still = np.isnan(r) & (raw.n.to_numpy() > 0)
    reason = raw.reason.where(~still, STILL)

    def limits(method: str, df: Array, level: float) -> tuple[Array, Array]:  # noqa: ARG001 (there is one)
        ends = 1 - np.abs(r) < ENDS  # all on one line: no error at all
        inner = np.where(ends, 0.0, r)
        width = intervals.quantile(df, level) * divide(np.sqrt(raw.variance), 1 - inner**2)
        z = np.arctanh(inner)
        return np.where(ends, r, np.tanh(z - width)), np.where(ends, r, np.tanh(z + width))

    return replace(
        raw, reason=reason, detail=replace(raw.detail, reference=None, limits=limits, methods=("fisher",))
    )
