"""Tests of given shares, and of two answers of the same people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.special import chdtrc

from sampling.checks import ArgumentError, ColumnError, DataError, listed, near, shown
from surveykit.context import Context, Note
from surveykit.design import Design
from surveykit.estimation import check_answers, proportion
from surveykit.formulas import association
from surveykit.testresult import TestResult

SUM = 1e-6  # by which shares may miss 1


def goodness_of_fit(
    design: Design, y: str, shares: Mapping[Any, float], *, where: str | None = None
) -> TestResult:
    """Test that the shares of the levels of a column are these.

    Parameters
    ----------
    design : Design
    y : column name
    shares : {level: share or count}
        Every level with its share (they sum to 1) or its count in the population.
    where : text, optional

    Returns
    -------
    TestResult
        F of the second order (Rao & Scott); Pearson's X² of n answers, the mean design effect and the
        degrees of freedom of its chi-square in ``details``.

    Raises
    ------
    ColumnError, DataError
        A level without a share, an unknown level, shares that do not sum to 1.

    References
    ----------
    Rao & Scott (1981), Journal of the American Statistical Association 76, 221-230.

    Examples
    --------
    >>> import pandas as pd
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"thon": list("aabbccddee"), "gioi": list("NWNWWWNWNW")})
    >>> design = sv.Design(people, sampling="srs", psu="thon")
    >>> round(sv.testing.goodness_of_fit(design, "gioi", {"N": 0.5, "W": 0.5}).p, 3)
    0.374
    """
    check_answers(design, y, None)
    if not isinstance(shares, Mapping) or not shares:
        raise TypeError(
            f"shares={shares!r}: pass the levels with their shares, as {{'Nam': 0.49, 'Nữ': 0.51}}."
        )
    est = proportion(design, y, where=where)
    if est.no_test:
        raise ArgumentError(f"goodness_of_fit: {est.no_test}")
    levels = list(est.value.index)
    for level in levels:
        if level not in shares:
            raise ColumnError(
                f"shares has no {shown(level)}, which {y!r} holds.{near(level, shares)} Add it."
            )
    for level in shares:
        if level not in levels:
            raise ColumnError(
                f"shares names {shown(level)}, an answer nobody gave to {y!r}.{near(level, levels)}"
            )
    for level in levels:
        share = shares[level]
        if isinstance(share, (bool, np.bool_)) or not isinstance(share, (int, float, np.number)):
            raise TypeError(f"shares[{level!r}] is {share!r}: write a share or a count, as a number.")
        if not 0 < share < np.inf:
            raise DataError(f"shares[{level!r}] is {share!r}: a share to be tested is above 0 and finite.")
    expected = np.array([float(shares[level]) for level in levels])
    total = float(expected.sum())
    counts = (expected >= 1).all()
    if not counts and abs(total - 1) > SUM:
        raise DataError(f"shares sum to {total:g}, and shares sum to 1. Correct them, or give counts.")
    why = next((r for r in est.reason if r), "")
    if why:
        raise ArgumentError(
            f"goodness_of_fit: the shares have no standard error ({why}), so there is no test."
        )
    if len(levels) < 2:
        raise DataError(f"y={y!r} has one level ({listed(levels, 1)}), and shares of one level are always 1.")
    nu = est.detail.df_of(list(range(len(levels))))
    if nu <= 0:
        raise ArgumentError("goodness_of_fit: there are as many strata as units, so there is no test.")
    n = float(est.n.max())
    found = association.fit(est.value.to_numpy(float), est.covariance.full(), expected / total, n, nu)
    if np.isnan(found.statistic):
        raise ArgumentError("goodness_of_fit: the shares have no sampling error, so there is no test.")
    chi2 = float(found.delta.sum()) / found.df[0]
    return TestResult(
        name=Note(f"test of given shares of {y}", f"kiểm định cơ cấu cho trước của {y}"),
        kind="F", statistic=found.statistic, df=found.df, p=found.p,
        context=replace(est.context, df=(nu, nu)),
        details={
            "X²": found.pearson, "scale": chi2, "p_chi2": float(chdtrc(found.df[0], found.pearson / chi2)),
        },
    )  # fmt: skip


def mcnemar(table: Any, *, correction: bool = False) -> TestResult:
    """Return McNemar's test of a 2 × 2 table of pairs drawn independently.

    For a survey compare the two columns by ``t_test(design, after, paired=before)``; this is the textbook's
    test for simple random samples, :math:`(b - c)^2 / (b + c)`.

    Parameters
    ----------
    table : (2, 2) counts, first answer in rows
    correction : bool
        Take 1 from the difference (Edwards 1948).

    Examples
    --------
    >>> round(mcnemar([[794, 150], [86, 570]]).statistic, 3)
    17.356
    """
    try:
        counts = np.asarray(table, dtype=float)
    except (TypeError, ValueError):
        counts = np.zeros(0)
    if counts.shape != (2, 2) or not ((counts >= 0) & (counts < np.inf)).all():
        raise ArgumentError(f"table={table!r}: pass two rows of two counts.")
    b, c = counts[0, 1], counts[1, 0]
    if b + c == 0:
        raise DataError("table: nobody changed the answer, so there is nothing to test.")
    chi2 = max(abs(b - c) - float(correction), 0.0) ** 2 / (b + c)
    n = int(counts.sum())
    context = Context(n, 0, 0, 1, (np.inf, np.inf), "z", sampling="srs")
    name = Note("McNemar's test", "kiểm định McNemar")
    return TestResult(name, "chi2", float(chi2), (1.0,), float(chdtrc(1.0, chi2)), context)
