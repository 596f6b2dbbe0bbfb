"""Tests of ranks for samples with a design."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.special import fdtrc, stdtr

from sampling.checks import ArgumentError, DataError, check_column, listed
from surveykit import columns as col
from surveykit.context import Note
from surveykit.design import Design, check_design
from surveykit.doubts import tell_blanks
from surveykit.formulas.arrays import Array
from surveykit.formulas.jointwald import joint
from surveykit.formulas.ranks import mid_ranks
from surveykit.formulas.statistics import Smooth
from surveykit.formulas.statistics import mean as mean_of
from surveykit.formulas.totals import Column
from surveykit.infer import infer
from surveykit.testresult import NO_ERROR, TestResult

Score = Callable[[Array, float], Array]
NAMES = {
    "wilcoxon": Note("Wilcoxon rank test", "kiểm định hạng Wilcoxon"),
    "kruskal-wallis": Note("Kruskal–Wallis rank test", "kiểm định hạng Kruskal–Wallis"),
}
FLAT = 1e-9  # standard error, as a part of the greatest score, that is rounding
OWN = Note("rank test", "kiểm định hạng")


def rank_test(
    design: Design,
    y: str,
    by: str,
    *,
    method: Literal["wilcoxon", "kruskal-wallis"] | Score | None = None,
    where: str | None = None,
) -> TestResult:
    """Test that the answers of groups have the same distribution, by their ranks in the population.

    Parameters
    ----------
    design : Design
    y : column name, numbers
    by : column name
        Two groups (t) or more (F).
    method : {"wilcoxon", "kruskal-wallis"} or a function (r, N), optional
        Which of the first two follows from the number of groups; a function gives scores (m,) from the ranks
        r (m,), 0 to N, the sum of the weights: ``lambda r, N: (r > 0.75 * N).astype(float)``.
    where : text, optional

    Returns
    -------
    TestResult
        For two groups t with the design's degrees of freedom less 1 and the difference of the mean scores
        (second less first); for k groups F with k − 1 and the design's less k − 1, with the chi-square in
        ``details``.

    References
    ----------
    Lumley & Scott (2013), Biometrika 100, 831-842.

    Examples
    --------
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"thon": list("aabbccddee"), "diem": [4, 5, 3, 4, 4, 5, 2, 3, 4, 4]})
    >>> people["gioi"] = list("NWNWNWNWNW")
    >>> round(sv.rank_test(sv.Design(people, sampling="srs", psu="thon"), "diem", "gioi").statistic, 2)
    3.36
    """
    check_design(design)
    check_column(design.data, y, "y")
    check_column(design.data, by, "by")
    if by == y:
        raise ArgumentError(f"by={by!r} is y itself. Group by another column.")
    values, missing = col.answers(design.data, y, "rank test")
    assert values is not None
    codes, levels = col.factorise(design.data[by])
    inside = design.domains(None, where).row >= 0
    answered = inside & (codes >= 0)
    answered[missing] = False
    tell_blanks(design.data[by], f"by={by!r}", answered)
    groups = np.unique(codes[answered])
    if groups.size < 2:
        told = listed(levels[groups], 3) if groups.size else "none"
        raise DataError(
            f"by={by!r} has {groups.size} levels with answers ({told}), and a rank test compares groups."
        )
    name = name_of(method, groups.size)
    rows = np.flatnonzero(answered)
    w = design.w[rows]
    ranks, N = mid_ranks(values[rows], w), float(w.sum())
    scores = np.asarray(method(ranks, N) if callable(method) else ranks / N)
    if scores.dtype.kind not in "biuf":
        raise TypeError(
            "method: the function gave scores that are not numbers. Return one number for each rank."
        )
    scores = scores.astype(float)
    if scores.shape != ranks.shape or not np.isfinite(scores).all():
        raise ArgumentError(
            f"method: the function gave {scores.shape} scores for {ranks.shape[0]} ranks, or not all finite."
        )
    score = np.zeros(len(design.data))
    score[rows] = scores

    def group(g: int) -> Callable[[], Smooth]:
        own = answered & (codes == g)
        return lambda: mean_of(Column(np.where(own, score, 0.0), np.flatnonzero(~own)))

    est = infer(
        design, [group(int(g)) for g in groups], statistic="mean rank score", y=[f"y={y!r}"] * groups.size,
        labels=pd.Index(levels[groups], name=by), where=where,
    )  # fmt: skip
    if est.no_test:
        raise ArgumentError(f"rank_test: {est.no_test}")
    why = next((r for r in est.reason if r), "")
    if why:
        raise ArgumentError(f"rank_test: a group has no standard error ({why}), so there is no test.")
    k = groups.size - 1
    df = est.detail.df_of(list(range(k + 1))) - k
    if df <= 0:
        raise ArgumentError(
            f"rank_test: {k + 1} groups leave {df:g} degrees of freedom, so there is no test."
        )
    L = np.vstack([-np.ones(k), np.eye(k)])
    change = L.T @ est.value.to_numpy(float)
    V = est.covariance.of(sp.csr_matrix(L))
    context = replace(
        est.context, n=int(answered.sum()), missing=int(inside.sum() - answered.sum()), df=(df, df)
    )
    if k == 1:
        spread = FLAT * float(np.abs(scores).max())
        t = float(change[0] / np.sqrt(V[0, 0])) if V[0, 0] > spread**2 else float("nan")
        return TestResult(
            name, "t", t, (df,), float(2 * stdtr(df, -abs(t))), context,
            details={"estimate": float(change[0]), "se": float(np.sqrt(V[0, 0]))},
            reason="" if np.isfinite(t) else NO_ERROR,
        )  # fmt: skip
    done = joint(change, V, df + k, adjusted=False)
    chi2 = done.F * done.rank
    return TestResult(
        name,
        "F",
        done.F,
        (float(done.rank), df),
        float(fdtrc(done.rank, df, done.F)),
        context,
        details={"χ²": chi2},
        reason="" if np.isfinite(done.F) else NO_ERROR,
    )


def name_of(method: object, groups: int) -> Note:
    """Return what the test is called; two groups and more have names of their own."""
    if callable(method):
        return OWN
    natural = "wilcoxon" if groups == 2 else "kruskal-wallis"
    if method is None:
        return NAMES[natural]
    if not isinstance(method, str) or method not in NAMES:
        raise ArgumentError(
            f"method={method!r}: choose 'wilcoxon' or 'kruskal-wallis', or pass a function of ranks."
        )
    if method == "wilcoxon" and groups > 2:
        raise ArgumentError(
            f"method='wilcoxon' compares two groups, and there are {groups}. Use method='kruskal-wallis'."
        )
    return NAMES[str(method)]
