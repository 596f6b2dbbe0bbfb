"""Waiting times of which some are not over: shares still waiting, and a test that groups wait alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from sampling.checks import ArgumentError, DataError, check_choice, check_column, listed
from surveykit import columns as col
from surveykit.context import Note
from surveykit.design import Design, check_design
from surveykit.detail import ShareParts
from surveykit.estimation import Names
from surveykit.formulas import intervals
from surveykit.formulas.arrays import Array, Codes
from surveykit.formulas.statistics import divide
from surveykit.formulas.survival import KaplanMeier, LogRank, Waits
from surveykit.infer import infer
from surveykit.result import Estimates
from surveykit.testresult import TestResult

NOT_SEEN = "nobody of this domain was followed for so long"
NAME = Note("log-rank test", "kiểm định log-rank")


def waits_of(design: Design, time: str, event: str, row: Codes, D: int) -> Waits:
    """Read times and events of the rows with a domain (n,); bad ones are refused."""
    check_column(design.data, time, "time")
    check_column(design.data, event, "event")
    t, happened = (
        col.answers(design.data, n, "waiting time", a) for n, a in ((time, "time"), (event, "event"))
    )
    assert t.values is not None
    assert happened.values is not None
    missing = np.union1d(t.missing, happened.missing)
    domain = np.where(design.w > 0, row, -1)
    domain[missing] = -1
    inside = np.flatnonzero(domain >= 0)
    if (design.w[row >= 0] < 0).any():
        raise DataError(
            "some weights are below 0, and waiting times need weights of 0 or more. Calibrate with "
            "distance='raking' or with bounds."
        )
    early = inside[t.values[inside] < 0]
    if early.size:
        raise DataError(f"time={time!r} is below 0 in {col.place(design.data, early)}. Correct the values.")
    other = inside[~np.isin(happened.values[inside], (0, 1))]
    if other.size:
        found = listed([f"{v:g}" for v in np.unique(happened.values[other])], 4)
        raise DataError(
            f"event={event!r} has {found} in {col.place(design.data, other)}. Write 1 where the wait was "
            "over at that time, and 0 where it was not yet when last looked at."
        )
    return Waits(t.values, happened.values, domain, D, missing)


def kaplan_meier(
    design: Design,
    time: str,
    event: str,
    at: float | Sequence[float],
    *,
    by: Names | None = None,
    where: str | None = None,
    method: Literal["kaplan-meier", "nelson-aalen"] = "kaplan-meier",
) -> Estimates:
    """Estimate the share still waiting after a time, where some waits were not over when last looked at.

    Leaving unfinished cases out makes waits look shorter than they are: the long ones are those unfinished.

    Parameters
    ----------
    design : Design
    time : column name
        Time from the start to the end of the wait, or to the last look; 0 or more.
    event : column name
        1 where the wait was over at that time, 0 where it was not yet.
    at : number or list of them, in units of ``time``
    by, where : as for :func:`surveykit.mean`
    method : {"kaplan-meier", "nelson-aalen"}
        The product of the shares that go on waiting, or e to minus the sum of the rates (R ``svykm``).

    Returns
    -------
    Estimates
        Limits by the log of minus the log, so that they stay between 0 and 1. No value where nobody of a
        domain was followed for so long.

    References
    ----------
    Kaplan & Meier (1958), Journal of the American Statistical Association 53, 457-481; Lin (2000),
    Lifetime Data Analysis 6, 363-378 (samples with a design).

    Examples
    --------
    >>> import surveykit as sv
    >>> from surveykit.survival import kaplan_meier
    >>> files = pd.DataFrame({"ngay": [3, 5, 5, 8, 9, 12], "xong": [1, 1, 0, 1, 1, 0]})
    >>> kaplan_meier(sv.Design(files, sampling="srs"), "ngay", "xong", [5, 10]).value.round(3).to_dict()
    {5: 0.667, 10: 0.222}
    """
    check_design(design)
    check_choice(method, ("kaplan-meier", "nelson-aalen"), "method")
    times = np.atleast_1d(np.asarray(at, dtype=float))
    if times.ndim != 1 or times.size == 0 or not (np.isfinite(times) & (times >= 0)).all():
        raise ArgumentError(f"at={at!r}: write a time of 0 or more, or a list of them.")
    written = times.astype(int) if (times == times.astype(int)).all() else times
    domains = design.domains(by, where)
    waits = waits_of(design, time, event, domains.row, domains.D)
    model = partial(KaplanMeier, waits, design.w, times, method == "nelson-aalen")
    raw = infer(
        design, [model], statistic="share still waiting", y=[f"time={time!r}"] * times.size,
        labels=pd.Index(written, name=time), by=by, where=where, share=True,
    )  # fmt: skip
    S = raw.value.to_numpy(float)
    last = np.full(domains.D, -np.inf)
    np.maximum.at(last, waits.domain[waits.used], waits.time[waits.used])
    unseen = (
        (np.tile(times, domains.D) > np.repeat(last, times.size)) & (S > 0) & (raw.reason == "").to_numpy()
    )

    def limits(method: str, df: Array, level: float) -> tuple[Array, Array]:  # noqa: ARG001 (there is one)
        inner = np.where((S > 0) & (S < 1), S, np.nan)
        log = np.log(inner)
        width = intervals.quantile(df, level) * divide(np.sqrt(raw.variance), -inner * log)
        return inner ** np.exp(width), inner ** np.exp(-width)

    def parts() -> ShareParts:  # the intervals of plain shares are not for these
        one = np.ones(S.size)
        return ShareParts(one, one, 0 * one, np.zeros(S.size, dtype=bool), False)

    return replace(
        raw,
        value=raw.value.mask(unseen),
        reason=raw.reason.mask(unseen, NOT_SEEN),
        detail=replace(raw.detail, reference=None, limits=limits, methods=("log-log",), share=parts),
    )


def logrank(design: Design, time: str, event: str, by: str, *, where: str | None = None) -> TestResult:
    """Test that groups wait alike: events beside those expected, were the rates those of all together.

    Parameters
    ----------
    design : Design
    time, event : as for :func:`kaplan_meier`
    by : column name, two groups or more
    where : text, optional

    Returns
    -------
    TestResult
        F with k − 1 degrees of freedom, and the chi-square with its p in ``details``.

    References
    ----------
    Rader (2014), Methods for Analyzing Survival and Binary Data in Complex Surveys, Harvard University.

    Examples
    --------
    >>> import surveykit as sv
    >>> from surveykit.survival import logrank
    >>> files = pd.DataFrame({"ngay": [3, 5, 5, 8, 9, 12, 13, 15], "xong": [1, 1, 0, 1, 1, 0, 1, 1]})
    >>> files["loai"] = list("abbaabab")
    >>> round(logrank(sv.Design(files, sampling="srs"), "ngay", "xong", "loai").p, 3)
    0.122
    """
    check_design(design)
    check_column(design.data, by, "by")
    codes, levels = col.factorise(design.data[by])
    inside = (design.domains(None, where).row >= 0) & (codes >= 0)
    waits = waits_of(design, time, event, np.where(inside, 0, -1), 1)
    waits = replace(waits, missing=np.union1d(waits.missing, np.flatnonzero(codes < 0)))
    groups, group = np.unique(codes[waits.used], return_inverse=True)
    if groups.size < 2:
        raise DataError(f"by={by!r} has {groups.size} level with waiting times, and a test compares groups.")
    if waits.moments.size == 0:
        raise DataError(
            f"event={event!r} is 0 in every row: no wait is over, so there is nothing to compare."
        )
    k = groups.size
    est = infer(
        design, [lambda: LogRank(waits, design.w, group, k)], statistic="log-rank score",
        y=[f"time={time!r}"] * k, labels=pd.Index(levels[groups], name=by), where=where,
    )  # fmt: skip
    if est.no_test:
        raise ArgumentError(f"logrank: {est.no_test}")
    found = est.joint_test(list(est.value.index[1:]))
    chi2 = found.details["F_unadjusted"] * (k - 1)
    name = Note(f"{NAME.en} of {time} by {by}", f"{NAME.vi}: {time} theo {by}")
    return replace(found, name=name, details={"χ²": chi2, "p_chi2": float(chdtrc(k - 1, chi2))})
