"""Comparisons of rows: each with a number, all pairs, against one or the mean, one test of several."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.special import stdtr

from sampling import format as fmt
from sampling.checks import ArgumentError, check_choice, shown
from surveykit.context import FEW_DF, Note
from surveykit.detail import carrying
from surveykit.formulas import intervals
from surveykit.formulas.arrays import Array, Codes
from surveykit.formulas.jointwald import Wald, joint
from surveykit.formulas.maxt import score_of
from surveykit.formulas.multiplicity import METHODS
from surveykit.formulas.multiplicity import adjust as adjusted_p
from surveykit.formulas.statistics import divide
from surveykit.limits import check_side, counting, degrees_of, family_of
from surveykit.testresult import TestResult

if TYPE_CHECKING:
    from surveykit.result import Estimates

Adjust = Literal["holm", "bonferroni", "hochberg", "hommel", "bh", "by", "max-t", "none"]
ADJUST = (*METHODS, "max-t")
MOST = 500_000  # pairs
SLOW = 20_000  # rows from which on a method that takes their number squared is refused
ALL = "all"


# ---- each with a number --------------------------------------------------------------------------------


def test(est: Estimates, null: float, side: str, adjust: str | None, df: Any) -> pd.DataFrame:
    """Return t tests of each row against a value, see :meth:`surveykit.result.Estimates.test`."""
    if est.no_test:
        raise ArgumentError(f"test: {est.no_test}")
    if isinstance(null, bool) or not isinstance(null, (int, float, np.number)) or not np.isfinite(null):
        raise ArgumentError(f"null={null!r}: write the number that the estimates are compared with.")
    if est.is_share and not 0 <= null <= 1:
        mend = f" Did you mean {null / 100:g}?" if 1 < null <= 100 else ""
        raise ArgumentError(f"null={null!r}: these are shares, from 0 to 1.{mend}")
    check_side(side)
    se, degrees = est.se.to_numpy(), degrees_of(est, df)
    t = divide(est.value.to_numpy(float) - null, se)
    degrees = np.where(degrees > 0, degrees, np.nan)
    far = {"two": -np.abs(t), "lower": -t, "upper": t}[side]
    p = (2 if side == "two" else 1) * stdtr(np.where(np.isinf(degrees), 1e300, degrees), far)
    table = pd.DataFrame(
        {"estimate": est.value, "se": se, "t": t, "df": degrees, "p": p}, index=est.value.index
    )
    adjust = adjust or (est.adjust if est.adjust != "none" else None)
    if adjust:
        table["p_adjusted"] = adjusted(est, -far, degrees, p, adjust, 2 if side == "two" else 1)
    return table


def adjusted(est: Estimates, t: Array, df: Array, p: Array, method: str, sides: int) -> Array:
    """(k,) p-values adjusted for the number of rows that can be wrong."""
    check_choice(method, ADJUST, "adjust")
    if method == "hommel" and p.size > SLOW:
        raise ArgumentError(
            f"adjust='hommel' takes too long for {fmt.integer(p.size)} rows. Use 'hochberg' or 'holm'."
        )
    if method != "max-t":
        return adjusted_p(p, method)
    rows = counting(est, df) & ~np.isnan(t)
    out = np.full(p.size, np.nan)
    if rows.any():
        score = np.sign(t) * score_of(t, df)
        out[rows] = np.maximum(family_of(est, rows, sides).adjusted(score[rows]), p[rows])
    return out


# ---- pairs -----------------------------------------------------------------------------------------------


def pairwise(est: Estimates, adjust: str, against: Hashable | None, within: str | None) -> Estimates:
    """Return the differences of rows, see :meth:`surveykit.result.Estimates.pairwise`."""
    check_choice(adjust, ADJUST, "adjust")
    if est.no_test:
        raise ArgumentError(f"pairwise: {est.no_test}")
    k = len(est.value)
    if k < 2:
        raise ArgumentError("pairwise: there is one row, and a comparison needs two. Name groups with by=.")
    group = _groups(est, within)
    if against is None:
        first, second, L = _all_pairs(group)
    elif isinstance(against, str) and against == ALL and ALL not in est.value.index:
        return _against_mean(est, adjust, group)
    else:
        first, second, L = _against_row(est, against, group)
    names = _labels(est.value.index)
    index = pd.MultiIndex.from_arrays([names.take(first), names.take(second)], names=[names.name, "minus"])
    return replace(silent(est, est.combine(L, index, "difference"), L), adjust=adjust)


def few_units(own: Array, picked: sp.csc_matrix, df: Array) -> tuple[Note, ...]:
    """Say that a row (k,) of few degrees of freedom stands in combinations (m,) that have many.

    The units that hold any of the rows are counted together, as R does; where one row lies in few of them,
    tests of its differences find too much (size 12 % for 5 % with 3 units of 20, simulated).
    """
    used = np.diff(picked.indptr) > 0
    if not used.any():
        return ()
    least = np.fmin.reduceat(own[picked.indices], picked.indptr[:-1][used])
    odd = (least > 0) & (least < FEW_DF) & (df[used] >= FEW_DF)
    if not odd.any():
        return ()
    k = f"{least[odd].min():.0f}"
    return (
        Note(
            f"a group lies in few units (df {k}): limits and p of its differences are too sure, "
            f"see ci(df={k})",
            f"có nhóm nằm trong ít đơn vị (bậc tự do {k}): khoảng và p của hiệu số quá chắc chắn, "
            f"xem ci(df={k})",
        ),
    )


def silent(est: Estimates, made: Estimates, L: sp.csr_matrix) -> Estimates:
    """Return differences, with the reason for no error where all their shares are 0 or 1 (no census)."""
    if not est.is_share:
        return made
    p, used = est.value.to_numpy(float), (L != 0).astype(int).T
    agree = p * (1 - p) < intervals.BOUNDARY
    alike = (np.asarray(used @ (~agree).astype(int)).ravel() == 0) & (made.reason == "").to_numpy()
    alike &= np.abs(np.asarray(L.sum(axis=0)).ravel()) < SAME
    some = np.asarray(used @ (agree & ~est.share_parts.census).astype(int)).ravel() > 0
    if (some & ~alike & (made.reason == "").to_numpy()).any():
        made = replace(made, context=replace(made.context, notes=(*made.context.notes, ONE_AGREES)))
    if not alike.any():
        return made
    known = np.asarray(used @ (~est.share_parts.census).astype(int)).ravel() == 0
    return replace(made, reason=made.reason.mask(alike & ~known, AGREE))


def _groups(est: Estimates, within: str | None) -> Codes:
    """(k,) codes of the rows that may be compared with each other."""
    index = est.value.index
    if within is None:
        return np.zeros(len(index), dtype=np.intp)
    check_choice(within, tuple(map(str, index.names)), "within")
    return pd.factorize(index.get_level_values(within))[0]


def _labels(index: pd.Index[Any]) -> pd.Index[Any]:
    """Return the names of rows, those of several levels as one text."""
    if index.nlevels == 1:
        return index.rename(index.name if index.name is not None else "row")
    texts = [" · ".join(map(str, row)) for row in index]
    known = [str(name) for name in index.names if name is not None]
    return pd.Index(texts, name=" · ".join(known) or None)


def _all_pairs(group: Codes) -> tuple[Codes, Codes, sp.csr_matrix]:
    """Return the pairs of rows of a group, the earlier less the later."""
    sizes = np.bincount(group)
    count = int((sizes * (sizes - 1) // 2).sum())
    if count > MOST:
        raise ArgumentError(
            f"pairwise: {fmt.integer(len(group))} rows have {fmt.integer(count)} pairs, too many to read. "
            "Compare every row with one (against='its name') or with the mean (against='all'), or take fewer "
            "rows with where=."
        )
    first, second = np.triu_indices(len(group), 1) if sizes.size == 1 else _pairs_inside(group)
    return first, second, _differences(first, second, len(group))


def _pairs_inside(group: Codes) -> tuple[Codes, Codes]:
    parts = []
    for g in range(int(group.max()) + 1):
        own = np.flatnonzero(group == g)
        a, b = np.triu_indices(own.size, 1)
        parts.append((own[a], own[b]))
    return np.concatenate([a for a, _ in parts]), np.concatenate([b for _, b in parts])


def _against_row(est: Estimates, against: Hashable, group: Codes) -> tuple[Codes, Codes, sp.csr_matrix]:
    """Return every other row of its group less the row named."""
    at = est.locate(against, "pairwise")
    first = np.flatnonzero((group == group[at]) & (np.arange(len(group)) != at))
    second = np.full(first.size, at)
    return first, second, _differences(first, second, len(group))


def _differences(first: Codes, second: Codes, k: int) -> sp.csr_matrix:
    m = np.arange(first.size)
    signs = np.r_[np.ones(m.size), -np.ones(m.size)]
    return sp.csr_matrix((signs, (np.r_[first, second], np.r_[m, m])), shape=(k, m.size))


def _against_mean(est: Estimates, adjust: str, group: Codes) -> Estimates:
    """Return every row less the plain mean of the rows of its group that have a standard error."""
    good = (est.reason == "").to_numpy() & ~np.isnan(est.value.to_numpy(float))
    size = np.bincount(group, weights=good)
    share = np.where(good, 1 / np.maximum(size, 1)[group], 0.0)
    same = sp.csr_matrix((np.ones(group.size), (np.arange(group.size), group)))
    L = sp.identity(len(group), format="csr") - sp.diags(share) @ same @ same.T
    names = _labels(est.value.index)
    index = pd.MultiIndex.from_arrays([names, [ALL] * len(names)], names=[names.name, "minus"])
    count = fmt.integer(int(good.sum()))
    note = Note(
        f"all = the plain mean of {count} rows, the row itself among them",
        f"all = trung bình cộng của {count} dòng, kể cả chính dòng đó",
    )
    return replace(est.combine(sp.csr_matrix(L), index, "difference", note), adjust=adjust)


# ---- one test of several ---------------------------------------------------------------------------------

SAME = 1e-12  # sum of the weights of a difference
ONE_AGREES = Note(
    "a share on which all agree brings no error to its differences: their limits and p are too sure",
    "nhóm mà ai cũng trả lời như nhau không cho thấy sai số: khoảng tin cậy và p của hiệu số quá chắc chắn",
)
AGREE = "everyone agrees in these groups: no sampling error can be estimated"
Contrasts = Sequence[Hashable] | Mapping[str, Mapping[Any, float]]


def joint_test(est: Estimates, rows: Contrasts | None, null: float, adjusted: bool) -> TestResult:
    """Return one test of several rows, see :meth:`surveykit.result.Estimates.joint_test`."""
    if est.no_test:
        raise ArgumentError(f"joint_test: {est.no_test}")
    L = _asked(est, rows)
    used = np.unique(L.nonzero()[0])
    bad = [i for i in used if est.reason.iloc[i] or np.isnan(est.variance[i])]
    if bad:
        raise ArgumentError(
            f"joint_test: row {shown(est.value.index[bad[0]])} has no standard error: "
            f"{est.reason.iloc[bad[0]] or 'it is missing'}. Leave it out with rows=."
        )
    value = np.asarray(L[used].T @ est.value.to_numpy(float)[used])
    df = est.detail.df_of(np.unique(carrying(L, est.variance).indices).tolist())
    k = L.shape[1]
    done = joint(value - null, est.covariance.of(L), df, adjusted=adjusted)
    notes = est.context.notes
    if done.rank < k:
        en = f"the covariance is singular: {done.rank} of {k} rows are independent"
        notes = (*notes, Note(en, f"ma trận hiệp phương sai suy biến: {done.rank} trong {k} dòng độc lập"))
    other = joint(value - null, est.covariance.of(L), df, adjusted=not adjusted)
    word = "unadjusted" if adjusted else "adjusted"
    return TestResult(
        name=Note(f"joint test of {k} row{'s' if k > 1 else ''}", f"kiểm định đồng thời {k} dòng"),
        kind="F",
        statistic=done.F,
        df=done.df,
        p=done.p,
        context=replace(est.context, df=(df, df), notes=notes),
        details={f"F_{word}": other.F, f"p_{word}": other.p},
        reason=_why(k, done, df),
    )


def _why(k: int, done: Wald, df: float) -> str:
    """Return why there is no p, if so."""
    if done.rank == 0:
        return "none of the rows has a sampling error"
    if done.df[1] <= 0 or (done.off and done.rank >= df):
        return f"{k} rows are too many for {df:g} degrees of freedom"
    return "the rows differ from the null in a direction that has no sampling error" if done.off else ""


def _asked(est: Estimates, rows: Contrasts | None) -> sp.csr_matrix:
    """(k, m) the rows or contrasts to be tested."""
    k = len(est.value)
    if rows is None:
        return sp.identity(k, format="csr")
    if isinstance(rows, str) or not isinstance(rows, (Mapping, Sequence)) or len(rows) == 0:
        raise TypeError(
            f"joint_test: rows={rows!r}: pass a list of row names, or contrasts as "
            "{'name': {'A': 1, 'B': -1}}."
        )
    if isinstance(rows, Mapping):
        return sp.hstack([est.weights_of(weights) for weights in rows.values()], format="csr")
    at = [est.locate(row, "joint_test") for row in rows]
    return sp.csr_matrix((np.ones(len(at)), (at, np.arange(len(at)))), shape=(k, len(at)))
