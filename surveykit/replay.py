"""Estimates of every replicate: from unit totals where there are no steps, else by replaying the steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from sampling.checks import ArgumentError, DataError, MarginError
from sampling.streams import uniforms
from surveykit.columns import NONE, floats
from surveykit.design import Design
from surveykit.formulas import steps
from surveykit.formulas.arrays import Array, Codes, sum_by
from surveykit.formulas.calibrated import Calibration, target_shifts
from surveykit.formulas.propensity import Propensity
from surveykit.formulas.replicated import Replicated, rank, spread
from surveykit.formulas.statistics import Smooth, Solved, mean
from surveykit.formulas.steps import ClassAdjustment, Step
from surveykit.formulas.totals import Cells, Column, Weigher, make_cells
from surveykit.formulas.trimming import Trimming
from surveykit.replicates import Replicates
from surveykit.stages import Plan

MEMORY = 256 * 2**20  # bytes of weights held at once
NUMBERS = 16_000_000  # totals of replicates held at once
LONG = 50_000_000  # weights to make from which a progress bar is worth its while
PATIENCE = 2.0  # seconds before it appears
KEPT = 1e-9  # relative part of the weights that may be lost to rounding
STILL = 1e-9  # movement of a mean of random numbers that is rounding


def replay(design: Design, factor: Array, r: int) -> Array:
    """(n,) final weights of replicate r, whose rows count ``factor`` (n,) times: steps are taken again."""
    w = before = np.asarray(design.base_weights * factor)
    for s, step in enumerate(design.steps):
        one = step.under(before, factor) if isinstance(step, Calibration) else step
        before, w = w, take(design, one, w, factor, shift_of(design, s, r), r)
    return w


def take(design: Design, step: Step, w: Array, factor: Array, shift: Array | None, r: int) -> Array:
    """(n,) weights after one step; a step that too few rows allow is refused."""
    trouble = ""
    if isinstance(step, Calibration):
        found = step.solution(w, factor, shift)
        trouble = "" if found.met else f"the targets cannot be met (relative gap {found.gap.max():.2g})"
        after = step.capped(step.spread(w, found.ratio), factor)
    else:
        after = steps.replay(step, w, factor, shift)
        classes = isinstance(step, ClassAdjustment) or (isinstance(step, Propensity) and step.classes > 0)
        if classes and not after.sum() >= (1 - KEPT) * w.sum():
            trouble = "a class has nobody left who could stand for the others"
        if isinstance(step, Propensity) and not step.fit(w).met:
            trouble = "rows of some kind have no chance of responding"
        if isinstance(step, Trimming) and step.give != "none" and not lasting(step, w, after):
            trouble = "the weights cannot keep their sum between the limits"
    if trouble:
        reps = made(design)
        kind = MarginError if isinstance(step, Calibration) else DataError
        raise kind(
            f"replicate {r + 1} of {reps.R} ({reps.method}), step {step.name!r}: {trouble}, for too few "
            "rows keep a weight in it. Join small classes or levels, or make replicates that keep more "
            "rows (method='Fay' or 'rwyb'); without replicates the Taylor variance takes the steps in."
        )
    return after


def lasting(step: Trimming, before: Array, after: Array) -> bool:
    """Whether the weights of every group keep their sum, up to rounding."""
    sums = [sum_by(step.group, w, step.count) for w in (before, after, np.abs(before))]
    return bool((np.abs(sums[1] - sums[0]) <= KEPT * sums[2]).all())


def shift_of(design: Design, s: int, r: int) -> Array | None:
    """(D, p) what is added to the targets of step s in replicate r, where they are estimates."""
    step = design.steps[s]
    if not isinstance(step, Calibration) or step.noise is None:
        return None
    noise, reps = step.noise, made(design)
    s = next(
        k for k, one in enumerate(design.steps) if getattr(one, "noise", None) is noise
    )  # met again: same
    if reps.seed is None:
        raise ArgumentError(
            f"{step.name}: its targets are estimates, whose error is mixed into the replicates by chance. "
            "Pass seed= to replicate_weights, so that it can be repeated."
        )
    seed = reps.seed
    shifts: Array = design.cached(("shifts", s), lambda: target_shifts(noise, reps.coefficients, seed + s))
    return np.asarray(shifts[r].reshape(step.targets.shape))


def made(design: Design) -> Replicates:
    """Return the replicates of a design that has them."""
    assert design.replicates is not None
    return design.replicates


def weights_of(design: Design, r: int) -> Array:
    """(n,) final weights of replicate r."""
    reps = made(design)
    if reps.unit is None or reps.factors is None:
        return reps.column(design.data, design.base_weights, r)
    return replay(design, reps.factors[:, r][reps.unit], r)


def replicated(
    design: Design, plan: Plan, makers: Sequence[Callable[[], Smooth]], value: Array
) -> Replicated:
    """Return the covariance of the statistics from the replicates of the design.

    Parameters
    ----------
    makers : functions that make a statistic, all smooth or all solved
    value : (D, q) full estimates of all of them, one after another
    """
    reps = made(design)
    used = np.flatnonzero(reps.coefficients > 0)
    D, Q = value.shape
    probes = [probe(design)] if reps.given else []
    estimates = np.empty((used.size, D, Q + len(probes)))
    by_row = design.steps or reps.given or isinstance(makers[0](), Solved)
    parts = by_weights if by_row else by_factors
    for block, j, found in parts(design, plan, [*makers, *probes], used):
        estimates[block, :, j : j + found.shape[2]] = found
    flat = estimates[:, :, :Q].reshape(used.size, D * Q)
    made_of = spread(flat, value.ravel(), reps.coefficients[used], mse=reps.mse)
    if not probes:
        return made_of
    return replace(made_of, alike=np.ptp(estimates[:, :, Q], axis=0) < STILL)


def probe(design: Design) -> Callable[[], Smooth]:
    """Return the maker of a mean of random numbers, which stands still where all rows move alike."""
    values = uniforms(len(design.data), seed=0)
    return lambda: mean(Column(values, NONE))


Found = Iterator[tuple[slice, int, Array]]


def by_factors(design: Design, plan: Plan, makers: Sequence[Callable[[], Smooth]], used: Codes) -> Found:
    """Yield blocks of replicates, first output and values (b, D, q): totals of units times their factors."""
    reps = made(design)
    assert reps.unit is not None
    assert reps.factors is not None
    F = reps.factors if used.size == reps.R else reps.factors[:, used]
    cells = _cells(design, plan, reps.unit, len(F))
    weigher = design.cached(("replicate weigher", *plan.key), lambda: Weigher(cells, design.w))
    ends = np.r_[cells.starts, cells.unit.size]
    j = 0
    for make in makers:
        statistic = make()
        S = weigher.totals(statistic.columns())
        step = max(1, NUMBERS // (cells.D * S.shape[1]))
        q = 0
        for a in range(0, used.size, step):
            block = slice(a, min(a + step, used.size))
            part = F[:, block]
            T = np.empty((part.shape[1], cells.D, S.shape[1]))
            for c in range(S.shape[1]):
                table = sp.csr_matrix((S[:, c], cells.unit, ends), shape=(cells.D, len(F)))
                T[:, :, c] = (table @ part).T
            found = statistic.value(T)
            q = found.shape[2]
            yield block, j, found
        j += q


def _cells(design: Design, plan: Plan, unit: Codes, P: int) -> Cells:
    if plan.finest is unit:
        return plan.cells
    made: Cells = design.cached(
        ("replicate cells", *plan.key), lambda: make_cells(unit, domain_of(plan), P, plan.cells.D)
    )
    return made


def domain_of(plan: Plan) -> Codes:
    """(n,) domain of each row, −1 outside."""
    row = plan.cells.row
    return np.where(row >= 0, plan.cells.domain[row], -1)


def by_weights(design: Design, plan: Plan, makers: Sequence[Callable[[], Smooth]], used: Codes) -> Found:
    """Yield blocks of replicates, first output and values (b, D, q): weights made again, row by row."""
    n, domain = len(design.data), domain_of(plan)
    step = max(1, MEMORY // (8 * n))
    W = np.empty((min(step, used.size), n))
    for i, r in enumerate(progress(used, n)):
        k = i % step
        W[k] = weights_of(design, int(r))
        if k + 1 < len(W) and i + 1 < used.size:
            continue
        j = 0
        for make in makers:
            statistic = make()
            block, D = W[: k + 1], plan.cells.D
            if isinstance(statistic, Solved):
                found = statistic.solve(block, domain, D)
            else:
                found = statistic.value(totals(block, domain, D, statistic.columns()))
            yield slice(i - k, i + 1), j, found
            j += found.shape[2]


def totals(W: Array, domain: Codes, D: int, columns: Iterable[Column]) -> Array:
    """(b, D, c) weighted sums of the columns by domain, for weights (b, n)."""
    inside = domain >= 0
    where = np.where(inside, domain, 0).astype(np.int32)
    ends = np.arange(domain.size + 1, dtype=np.int32)
    out = []
    for column in columns:
        values = inside.astype(float) if column.values is None else np.where(inside, column.values, 0.0)
        values[column.missing] = 0.0
        if D == 1:
            out.append((W @ values)[:, None])
            continue
        table = sp.csc_matrix((values, where, ends), shape=(D, domain.size))
        out.append(np.stack([table @ w for w in W]))
    return np.stack(out, axis=-1)


def progress(used: Codes, n: int) -> Iterable[int]:
    """Show how far a long replay is; short ones stay silent."""
    if used.size * n < LONG:
        return used
    from tqdm import tqdm

    return tqdm(used, delay=PATIENCE, leave=False, desc="Quyền số lặp", unit="bộ")


def degrees(design: Design) -> float | None:
    """Degrees of freedom of replicates read from columns: as said, or their rank less 1; None for others."""
    reps = design.replicates
    if reps is None or not reps.given:
        return None
    if reps.df is not None:
        return reps.df
    df: float = design.cached(("replicate df",), lambda: float(rank(_blocks(design, reps), reps.R) - 1))
    return df


def _blocks(design: Design, reps: Replicates) -> Iterator[Array]:
    n = len(design.data)
    step = max(1, MEMORY // (8 * reps.R))
    for a in range(0, n, step):
        part = design.data.iloc[a : a + step]
        base = design.base_weights[a : a + step]
        columns = [floats(part, name, "replicates", "") for name in reps.columns]
        block = np.column_stack(columns)
        yield block if reps.combined else block * base[:, None]
