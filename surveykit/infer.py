"""The one place that turns a design and a statistic into estimates with their variance."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import scipy.sparse as sp

from sampling.checks import DataError
from surveykit.columns import Domains
from surveykit.context import Context, Note
from surveykit.design import Design
from surveykit.effective import effective_of
from surveykit.formulas import intervals
from surveykit.formulas.arrays import Array, Codes, Mask, runs, sum_runs
from surveykit.formulas.holding import Holding
from surveykit.formulas.replicated import Replicated
from surveykit.formulas.silent import silence
from surveykit.formulas.statistics import Shares, Smooth, divide
from surveykit.formulas.steps import Linear, low_rank, noise_of, pull_back
from surveykit.formulas.totals import Weigher, by_domain
from surveykit.formulas.variance import Covariance, Taylor
from surveykit.lost import dropped_rows, lost_answers, without_weight
from surveykit.replay import degrees, made, replicated
from surveykit.result import Detail, Estimates, ShareParts
from surveykit.stages import Plan, make_plan, strata_plan

Maker = Callable[[], Smooth]
MANY = 100_000  # rows from which threads are worth their while
THREADS = 4  # columns in memory at once
CHUNK = 4_000_000  # numbers of a jacobian spread over cells at once
FEW_PSUS = 30
UNKNOWN_TAKE = 11.0  # stands for the cluster take where replicates were read: all that ρ can carry is deff 11
NO_ANSWERS = "no answers in this domain"
ALIKE = "every replicate moves its rows alike, as inside one sampling unit: they show no sampling error"
NEGATIVE = "the estimate of the variance is negative: choose another form with pps="
NEGATIVE_PHASES = "the estimate of the variance is negative: the second phase has too few rows"
NO_DENOMINATOR = "the denominator is 0 in this domain"
MODELS = ("coefficient", "margin", "effect")
NO_SPREAD = Note(
    "where all answers are equal limits have no width, which says nothing of the uncertainty",
    "nơi mọi câu trả lời như nhau, khoảng không có độ rộng không nói gì về mức bất định",
)
NO_DF = Note(
    "no interval where there are as many strata as units",
    "không có khoảng tin cậy khi số tầng bằng số đơn vị",
)


class Part(NamedTuple):
    """What one statistic adds: value and answers (D, q), influence (C, q), and what the steps take away.

    ``answered`` (C, q) whether a cell has answers, or None if all have; ``lost`` answers whose weight is 0.
    """

    value: Array
    n: Array
    missing: int
    influence: Array
    below: Any
    answered: Mask | None
    lost: int


def whole_chance(above: str) -> Note:
    """Say that a total conditional on units has weights that count their chance."""
    return Note(
        f"totals are weighted by the chance of {above} too, and their error is that inside {above} alone",
        f"tổng được nhân cả xác suất chọn {above}, còn sai số chỉ là của bên trong {above}",
    )


class Evaluated(NamedTuple):
    """What one pass over the columns gives: values, answers, missing, and the covariance."""

    value: Array
    n: Array
    missing: int
    covariance: Covariance
    holding: Holding
    lost: int
    still: Mask


def spread_jacobian(J: Array, domain: Codes, S: Array) -> Array:
    """(C, q) weighted influence of each cell, Σ_c J[domain] S, in blocks."""
    step = max(1, CHUNK // max(1, J.shape[1] * J.shape[2]))
    parts = [
        np.einsum("Cqc,Cc->Cq", J[domain[i : i + step]], S[i : i + step]) for i in range(0, len(domain), step)
    ]
    return np.concatenate(parts, axis=0)


def at_once(one: Callable[[Maker], Part], makers: Sequence[Maker]) -> list[Part]:
    """Work out the statistics in threads, kept in order; over long columns NumPy and SciPy free the lock."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(min(THREADS, os.cpu_count() or 1, len(makers))) as pool:
        return list(pool.map(one, makers))


def evaluate(design: Design, plan: Plan, makers: Sequence[Maker], where: str | None = None) -> Evaluated:
    """Value, answers and influence of each statistic in each domain."""
    cells = plan.cells
    weigher = design.cached(("weigher", *plan.key), lambda: Weigher(cells, design.w))
    taylor = design.replicates is None
    lines = design_lines(design) if taylor else []
    domain = np.where(cells.row >= 0, cells.domain[cells.row], -1) if lines else cells.row
    dropped = dropped_rows(design, where)

    def one(make: Maker) -> Part:
        statistic = make()
        rest = iter(statistic.columns())  # all are held at once only where steps are pulled back
        columns = list(rest) if design.steps else [next(rest)]
        S = statistic.sums(weigher) if isinstance(statistic, Shares) else weigher.totals(chain(columns, rest))
        T = by_domain(cells, S)
        value = statistic.value(T)
        J = np.nan_to_num(statistic.jacobian(T)) if taylor else np.zeros((0, 0, 0))
        n = weigher.answers(columns[0])
        q = value.shape[1]
        return Part(
            value=value,
            n=np.repeat(by_domain(cells, n.astype(float))[:, None], q, axis=1),
            missing=int(weigher.rows.sum() - n.sum()),
            influence=spread_jacobian(J, cells.domain, S) if taylor else np.zeros((cells.unit.size, q)),
            below=pull_back(columns, J, domain, design.weight_path, lines) if lines else None,
            answered=None if n.all() else np.repeat((n > 0)[:, None], q, axis=1),
            lost=lost_answers(statistic.columns(), dropped) if dropped.size else 0,
        )

    several = len(makers) > 1 and len(design.w) > MANY
    parts = at_once(one, makers) if several else [one(make) for make in makers]
    Z = np.concatenate([part.influence for part in parts], axis=1)
    X, B = np.zeros((cells.P, 0)), np.zeros((0, cells.D, Z.shape[1]))
    if lines:
        X = design.cached(("low", *plan.key), lambda: low_rank(lines, plan.finest, cells.P))
        B = np.concatenate([part.below for part in parts], axis=2)
    held = None
    if any(part.answered is not None for part in parts):
        held = np.concatenate(
            [np.ones(part.influence.shape, dtype=bool) if part.answered is None else part.answered
             for part in parts], axis=1,
        )  # fmt: skip
    holding = Holding(plan.unit[cells.unit], plan.stratum[cells.unit], cells.domain, held, Z.shape[1])
    value, n_table = (np.concatenate(x, axis=1) for x in ([p.value for p in parts], [p.n for p in parts]))
    missing = sum(part.missing for part in parts)
    still = silence(Z, B, value, cells)
    inner = None if design.phase is None else design.phase.columns(lines)
    covariance: Covariance = Taylor(plan.stages, cells, Z, X, B, noise_of(lines), inner)
    if not taylor:
        covariance = replicated(design, plan, makers, value)
        still = (covariance.deviations == 0).all(axis=0).reshape(value.shape)
    return Evaluated(value, n_table, missing, covariance, holding, max(part.lost for part in parts), still)


def design_lines(design: Design) -> list[Linear]:
    """Return the derivative of every weighting step, in their order."""
    path = design.weight_path
    made: list[Linear] = design.cached(
        ("lines",), lambda: [step.linear(path[i], path[i + 1]) for i, step in enumerate(design.steps)]
    )
    return made


def infer(
    design: Design,
    makers: Sequence[Maker],
    *,
    statistic: str,
    y: Sequence[str],
    labels: pd.Index[Any] | None,
    by: str | Sequence[str] | None = None,
    where: str | None = None,
    share: bool = False,
    within: bool = True,
) -> Estimates:
    """Estimate smooth statistics in the domains of a design, with their joint covariance.

    Parameters
    ----------
    design : Design
    makers : functions that make a statistic
        Called again when a design effect is asked for, so that no column is kept in memory.
    statistic : text
        What the values are called.
    y : what each maker works on, for the error when it has no answers
    labels : Index of the q outputs of a domain, or None for one output named by its domain
    by, where : as everywhere
    share : bool
        Whether the values are shares, which have intervals of their own.
    within : bool
        Whether the influence adds to zero inside a domain, as for means and ratios; not for totals.

    Returns
    -------
    Estimates with D q rows, domain by domain
    """
    by = by if by is None or len(by) else None
    domains = design.domains(by, where)
    plan = make_plan(
        design, domains, within=within, key=(by if by is None or isinstance(by, str) else tuple(by), where)
    )
    done = evaluate(design, plan, makers, where)
    q = done.value.shape[1]
    empty = np.flatnonzero(done.n.sum(axis=0) == 0)
    if empty.size:
        name = y[int(empty[0]) * len(y) // q]
        raise DataError(f"{name} has no answers in the rows asked for: all are missing.")
    index = row_index(domains, labels, q)
    reason = np.repeat(plan.reason[:, None], q, axis=1)
    reason[done.n == 0] = NO_ANSWERS
    reason[np.isnan(done.value) & (done.n > 0)] = NO_DENOMINATOR
    if isinstance(done.covariance, Replicated):
        lost = done.covariance.lost.reshape(reason.shape)
        for k, j in zip(*np.nonzero((lost > 0) & (reason == "")), strict=True):
            reason[k, j] = few_left(design, int(lost[k, j]), statistic)
        if within and done.covariance.alike is not None:
            reason[done.covariance.alike[:, None] & (reason == "")] = ALIKE
    elif any(stage.omega is not None for stage in plan.stages):  # such a form may come out below 0
        reason[np.isnan(done.covariance.diag().reshape(reason.shape)) & (reason == "")] = (
            NEGATIVE if design.phase is None else NEGATIVE_PHASES
        )
    df, notes = done.holding.df(), plan.notes
    if design.replicates is not None:
        notes = (*notes, *design.replicates.notes)
    read = degrees(design)
    if read is not None:
        df = np.full(df.shape, read)
    df[done.n == 0] = np.nan
    if ((reason == "") & (df <= 0) & ~plan.census[:, None]).any():
        notes = (*notes, NO_DF)
    if done.lost:
        notes = (*notes, without_weight(done.lost))
    if not share and within and (done.still & ~plan.census[:, None] & (done.n > 1) & (reason == "")).any():
        notes = (*notes, NO_SPREAD)
    if plan.first and not within:
        notes = (*notes, whole_chance(", ".join(design.psu[: plan.first])))
    value = np.where(done.n == 0, np.nan, done.value)

    def df_of(rows: Sequence[int]) -> float:
        if read is not None:
            return read
        units, strata = done.holding.union(rows)
        return float(units - strata)

    def df_many(L: sp.csc_matrix) -> Array:
        return done.holding.unions(L) if read is None else np.full(L.shape[1], read)

    units, strata = done.holding.union_all() if read is None else (0, 1)
    finite = df[np.isfinite(df)]
    span = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    answers = int(done.n.sum(axis=0).max(initial=0))  # of the output that has most
    context = Context(
        n=answers, missing=done.missing, psus=units, strata=strata, df=span,
        interval="auto" if share else "t", sampling=design.sampling, notes=notes,
        effective=effective_of(design, domains, answers),
        method=Context.method if design.replicates is None else design.replicates.note,
    )  # fmt: skip
    detail = Detail(
        reference=None if statistic == "count" else lambda: reference(design, plan, makers),
        share=(lambda: share_parts(design, plan, makers)) if share else None,
        df_of=df_of,
        df_many=df_many,
        held=done.holding.held if read is None else None,
        source=(design.data, design.replicates),
    )
    return Estimates(
        value=pd.Series(value.ravel(), index=index, name=statistic),
        covariance=done.covariance,
        df=pd.Series(df.ravel(), index=index, name="df"),
        statistic=statistic,
        context=context,
        n=pd.Series(done.n.ravel().astype(int), index=index, name="n"),
        reason=pd.Series(reason.ravel(), index=index, name="reason", dtype=object),
        detail=detail,
    )


def few_left(design: Design, lost: int, statistic: str) -> str:
    """Return why an estimate that some replicates do not have shows no error."""
    what = "the model has no fit" if statistic in MODELS else "nobody of this domain is left"
    return f"{what} in {lost} of {made(design).R} replicates"


def row_index(domains: Domains, labels: pd.Index[Any] | None, q: int) -> pd.Index[Any]:
    """Return the names of the rows: domain, then output."""
    if domains.names is None:
        return labels if labels is not None else pd.Index(range(q))
    if labels is None:
        return domains.names
    d = np.repeat(np.arange(domains.D), q)
    j = np.tile(np.arange(q), domains.D)
    parts = [domains.names.get_level_values(i).take(d) for i in range(domains.names.nlevels)]
    names = [*domains.names.names, *labels.names]
    own = [labels.get_level_values(i).take(j) for i in range(labels.nlevels)]
    return pd.MultiIndex.from_arrays([*parts, *own], names=names)


# ---- what is asked for later -------------------------------------------------------------------------


def reference(design: Design, plan: Plan, makers: Sequence[Maker]) -> tuple[Array, Array]:
    r"""Variance under simple random sampling with replacement, and the population, of each estimate.

    .. math:: \frac{\hat N^2}{n} \frac{n}{n - 1} \frac{\sum w (u - \bar u)^2}{\hat N}

    with u the influence of a row, over the answers of the domain (as R ``deff="replace"``).
    """
    cells = plan.cells
    weigher = design.cached(("weigher", *plan.key), lambda: Weigher(cells, design.w))
    inside = cells.row >= 0
    domain = np.where(inside, cells.domain[cells.row], 0)
    variances, sizes = [], []
    for make in makers:
        statistic = make()
        columns = list(statistic.columns())
        T = by_domain(cells, weigher.totals(columns))
        J = np.nan_to_num(statistic.jacobian(T))
        n = by_domain(cells, weigher.answers(columns[0])).astype(float)
        answered = np.ones(len(design.w))
        answered[columns[0].missing] = 0.0
        N = by_domain(cells, weigher.matrix @ answered)
        for j in range(J.shape[1]):
            u = np.zeros(len(design.w))
            for c, column in enumerate(columns):
                if np.any(J[:, j, c]):
                    part = J[domain, j, c]
                    u += part if column.values is None else part * column.values
            u *= answered
            mean = divide(by_domain(cells, weigher.matrix @ u), N)
            square = by_domain(cells, weigher.matrix @ ((u - mean[domain]) ** 2 * answered))
            variances.append(divide(N * square, n - 1))
            sizes.append(N)
    return np.column_stack(variances).ravel(), np.column_stack(sizes).ravel()


def share_parts(design: Design, plan: Plan, makers: Sequence[Maker]) -> ShareParts:
    """Return for each share: unequal weighting K, cluster take b, pooled intraclass correlation ρ."""
    every = [takes(design, plan, make()) for make in makers]
    rho: list[float] = []
    sizes: list[int] = []  # outputs of each statistic
    raised = False
    if design.replicates is not None and not design.replicates.given:
        design = design.changed(replicates=None)  # for the pool the linear variance of the strata is as good
    pooled = strata_plan(design, plan)
    for make in makers:
        over = evaluate(design, pooled, [make])
        n, p = over.n.astype(float), over.value
        q = n.shape[1]
        k_h, b_h = (np.repeat(x[:, None], q, axis=1) for x in takes(design, pooled, make()))
        sizes.append(q)
        use = (~pooled.alone)[:, None] & (n > 0)
        v = over.covariance.diag().reshape(n.shape)
        for j in range(q):
            h = use[:, j]
            spread = p[h, j] * (1 - p[h, j])
            varies = spread >= intervals.BOUNDARY  # an all but unanimous stratum is rounding error
            variation = divide(np.where(varies, spread, 0.0), n[h, j])
            D = divide(np.where(varies, v[h, j], 0.0).sum(keepdims=True), variation.sum(keepdims=True))
            size = n[h, j].sum(keepdims=True)
            few = len(pooled.alone) == 1 and pooled.psus < FEW_PSUS
            kbar = divide((n[h, j] * k_h[h, j]).sum(keepdims=True), size)
            bbar = divide((n[h, j] * b_h[h, j]).sum(keepdims=True), size)
            value, up = intervals.pooled_rho(D, kbar, bbar, few=few)
            rho.append(float(value[0]))
            raised |= up
    K, b = (np.repeat(np.column_stack(x), sizes, axis=1) for x in zip(*every, strict=True))
    table = np.broadcast_to(np.array(rho), K.shape)
    census = np.repeat(plan.census[:, None], K.shape[1], axis=1)
    return ShareParts(K.ravel(), b.ravel(), table.ravel(), census.ravel(), raised)


def takes(design: Design, plan: Plan, statistic: Smooth) -> tuple[Array, Array]:
    """(D,) unequal weighting K = n Σw² / (Σw)² and cluster take b = Σ n_i² / n of the answers."""
    cells = plan.cells
    weigher = design.cached(("weigher", *plan.key), lambda: Weigher(cells, design.w))
    unit = plan.stages[0].unit[cells.unit]
    starts = runs(cells.domain * cells.P + unit)
    answered = next(iter(statistic.columns()))  # ones; the others are not made
    weight = design.w.copy()
    weight[answered.missing] = 0.0
    W = by_domain(cells, weigher.total(answered))
    W2 = by_domain(cells, weigher.matrix @ weight)
    counts = weigher.answers(answered).astype(float)
    n = by_domain(cells, counts)
    squares = sum_runs(sum_runs(counts, starts) ** 2, runs(cells.domain[starts]))
    take = divide(squares, n) if degrees(design) is None else np.full(n.size, UNKNOWN_TAKE)
    return divide(n * W2, W**2), take
