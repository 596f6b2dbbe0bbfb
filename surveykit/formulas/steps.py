r"""Weighting steps: what each does to the weights, and how its estimation enters the variance.

A step is frozen. ``apply`` makes the new weights; ``linear`` gives the derivative that replicates would
take: with u the influence divided by the new weights,

.. math:: B = A^{-1} X' \operatorname{diag}(g)\, u, \qquad
          \text{influence} \leftarrow \text{influence} - V B,\quad V = \operatorname{diag}(v) X - t r'

Calibration w = d F(x'λ) has g = d F'(x'λ), A = X' diag(g) X and v = w (Deville & Särndal 1992); a weighting
class with respondents r and factor f has g = d r, A = Σ g by class and v = d (r f − 1); a response propensity
p fitted by logit has g = d r (1 − p) / p, A = X' diag(d p (1 − p)) X and v = d (r − p).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeAlias, runtime_checkable

import numpy as np
import scipy.sparse as sp

from surveykit.formulas.arrays import Array, Codes, Mask, sum_by
from surveykit.formulas.totals import Column

SAME = 1e-9  # relative difference of two covariances that is rounding

Matrix: TypeAlias = Any  #: an array, or a sparse matrix of SciPy


class Linear(NamedTuple):
    """The derivative of a step.

    ``X`` (n, p), or (K, p) with ``cell`` (n,) the row of X that each row has, dense or sparse; ``g`` (n,);
    ``inverse`` A⁻¹ (p, p) dense or sparse; ``v`` (n,). Targets that are shares of the sum of the weights move
    with it: ``t`` (n,) those weights, ``r`` (D, p) the shares of each part, ``part`` (n,) the part of each
    row. ``noise`` (p, p) covariance of targets that are estimates. ``passes`` (n,) how much of a relative
    change of the weight before the step is one of the weight after it: 0 where a limit of the weight itself
    holds, w / (w + c) where the step adds c, and 1 elsewhere; None where it is 1 for all.
    """

    X: Matrix
    g: Array
    inverse: Matrix
    v: Array
    t: Array | None = None
    r: Matrix | None = None
    part: Codes | None = None
    noise: Array | None = None
    cell: Codes | None = None
    passes: Array | None = None

    def through(self, scale: Array) -> Array:
        """(n,) ``scale``, as far as the weight of the row depends on that before the step."""
        return scale if self.passes is None else scale * self.passes

    @property
    def parts(self) -> int:
        """Number D of parts with shares of their own: V B = diag(v) X B − T (r B), T (n, D) with t in it."""
        return 0 if self.r is None else int(self.r.shape[0])

    def fold(self, s: Array, group: Codes | None = None, G: int = 1) -> Matrix:
        """(G, p) Σ s x of the rows of each group."""
        K = self.X.shape[0]
        if group is None:
            M = (s if self.cell is None else sum_by(self.cell, s, K))[None, :]
        elif self.cell is not None and 4 * s.size >= G * K:  # few enough to count them all, empty or not
            M = sum_by(group * K + self.cell, s, G * K).reshape(G, K)
        else:
            M = sp.csc_matrix((s, group, np.arange(s.size + 1)), shape=(G, s.size))
            if self.cell is None and not sp.issparse(self.X):  # a table of the rows, written by column
                return np.column_stack([np.zeros((G, 0)), *(M @ x for x in self.X.T)])
            if self.cell is not None:
                rows = M.tocsr()
                M = sp.csr_matrix((rows.data, self.cell[rows.indices], rows.indptr), shape=(G, K))
        return M @ self.X

    def unit_sums(self, unit: Codes, P: int) -> Matrix:
        """(P, p + D) sums of [diag(v) X, −T] by unit; sparse where most are 0."""
        out = self.fold(self.v, unit, P)
        if self.t is not None:
            part = np.zeros(unit.size, dtype=np.intp) if self.part is None else self.part
            if sp.issparse(out):
                more = sp.csr_matrix((-self.t, (unit, part)), shape=(P, self.parts))
                out = sp.hstack([out, more]).tocsr()
            else:
                more = -sum_by(unit * self.parts + part, self.t, P * self.parts)
                out = np.hstack([out, more.reshape(P, self.parts)])
        return dense(out) if sp.issparse(out) and out.nnz > out.shape[0] * out.shape[1] / 8 else out

    def cross_product(self, scale: Array, later: Linear) -> Array:
        """(p, p' + D') X' diag(scale) [diag(v) X, −T] of a later step; at a limit there only T counts."""
        s = later.through(scale) * later.v
        if self.cell is not None:
            out = self.X.T @ later.fold(s, self.cell, self.X.shape[0])
        elif later.cell is not None:
            out = self.fold(s, later.cell, later.X.shape[0]).T @ later.X
        else:
            out = product(self.X, s, later.X)
        if later.t is None:
            return dense(out)
        part = np.zeros(s.size, dtype=np.intp) if later.part is None else later.part
        return np.hstack([dense(out), -dense(self.fold(scale * later.t, part, later.parts)).T])

    def coefficients(self, M: Array) -> Array:
        """(p + D, D', q) B = A⁻¹ M, and r B below it."""
        B = self.inverse @ M.reshape(len(M), M.shape[1] * M.shape[2])
        B = np.concatenate([dense(B), dense(self.r @ B)]) if self.parts else dense(B)
        return B.reshape(len(B), *M.shape[1:])


def fixed(n: int) -> Linear:
    """Return the derivative of a step whose ratios are taken as given: it takes nothing away."""
    return Linear(np.zeros((n, 0)), np.zeros(n), np.zeros((0, 0)), np.zeros(n))


def once(w: Array, factor: Array) -> Array:
    """(n,) weight of a row that counts once: the replicate's own factor taken out again."""
    return np.divide(w, factor, out=np.zeros_like(w), where=factor > 0)


def dense(M: Matrix) -> Array:
    """Return a matrix as an array."""
    return np.asarray(M.toarray() if sp.issparse(M) else M)


def product(X: Matrix, s: Array, Y: Matrix) -> Array:
    """(p, p') X' diag(s) Y."""
    if sp.issparse(Y):
        return dense((X.T @ (sp.diags(s) @ Y)) if sp.issparse(X) else ((sp.diags(s) @ Y).T @ X).T)
    return dense((sp.diags(s) @ X).T @ Y) if sp.issparse(X) else np.asarray(X.T @ (s[:, None] * Y))


class Step(Protocol):
    """A weighting step."""

    @property
    def name(self) -> str:
        """What the trail calls it."""
        ...

    def apply(self, w: Array) -> Array:
        """(n,) new weights."""
        ...

    def linear(self, before: Array, after: Array) -> Linear:
        """Return the derivative at these weights."""
        ...


def one_hot(codes: Codes, count: int) -> sp.csr_matrix:
    """(n, count) indicator columns; rows with −1 are empty."""
    rows = np.flatnonzero(codes >= 0)
    return sp.csr_matrix((np.ones(rows.size), (rows, codes[rows])), shape=(codes.size, count))


@dataclass(frozen=True)
class ClassAdjustment:
    """Those who take over carry the weight of those who give it up, class by class.

    ``classes`` (n,) class of each row, −1 for rows that are left as they are; ``responded`` (n,) who takes
    over; ``count`` number of classes; ``joined`` which small classes were joined, in words.
    """

    classes: Codes
    responded: Mask
    count: int
    name: str
    joined: tuple[str, ...] = ()

    def _sums(self, w: Array) -> tuple[Array, Array]:
        inside = np.maximum(self.classes, 0)
        every = sum_by(inside, w * (self.classes >= 0), self.count)
        held = sum_by(inside, w * (self.responded & (self.classes >= 0)), self.count)
        return every, held

    def factors(self, w: Array) -> Array:
        """(count,) weight of the class over that of those who take over."""
        every, held = self._sums(w)
        return np.divide(every, held, out=np.ones(self.count), where=held > 0)

    def apply(self, w: Array) -> Array:
        """(n,) new weights; 0 for those who gave theirs up."""
        moved = w * self.responded * self.factors(w)[np.maximum(self.classes, 0)]
        return np.asarray(np.where(self.classes >= 0, moved, w))

    def linear(self, before: Array, after: Array) -> Linear:
        """Return the derivative: those who gave their weight up carry the mean influence of their class."""
        held = self._sums(before)[1]
        share = np.divide(1.0, held, out=np.zeros(self.count), where=held > 0)
        g = np.where(self.classes >= 0, before * self.responded, 0.0)
        one = sp.identity(self.count, format="csr")
        return Linear(one, g, sp.diags(share).tocsr(), after - before, cell=np.maximum(self.classes, 0))


@dataclass(frozen=True)
class Multiplication:
    """Weights times given numbers, which are taken as known.

    ``factor`` (n,): one over the number of frames a person stands in, the number of adults in a household.
    """

    factor: Array
    name: str

    def apply(self, w: Array) -> Array:
        """(n,) new weights."""
        return np.asarray(w * self.factor)

    def linear(self, before: Array, after: Array) -> Linear:  # noqa: ARG002 (as every step)
        """Return the derivative, which takes nothing away."""
        return fixed(after.size)


@runtime_checkable
class Replayed(Protocol):
    """A step that must know how often the rows of a replicate count, or whose targets have an error."""

    def replay(self, w: Array, factor: Array, shift: Array | None = None) -> Array:
        """(n,) new weights of a replicate."""
        ...


def replay(step: Step, w: Array, factor: Array, shift: Array | None = None) -> Array:
    """(n,) new weights of a replicate whose rows count ``factor`` (n,) times."""
    return step.replay(w, factor, shift) if isinstance(step, Replayed) else step.apply(w)


def low_rank(lines: Sequence[Linear], unit: Codes, P: int) -> Matrix:
    """(P, p) unit sums of what the steps take away, the last step first; sparse if one of them is."""
    parts = [line.unit_sums(unit, P) for line in reversed(lines)]
    return sp.hstack(parts).tocsr() if any(map(sp.issparse, parts)) else np.concatenate(parts, axis=1)


def noise_of(lines: Sequence[Linear]) -> Array | None:
    """(p, p) covariance of the targets of all steps, the last step first, or None if all are known.

    Steps with the same covariance have the same estimates for targets, met again after a trim: one error.
    """
    if all(line.noise is None for line in lines):
        return None
    back = list(reversed(lines))
    ends = np.cumsum([0, *(line.X.shape[1] + line.parts for line in back)])
    out = np.zeros((ends[-1], ends[-1]))
    for a, one in zip(ends, back, strict=False):
        for b, other in zip(ends, back, strict=False):
            if one.noise is None or other.noise is None or one.noise.shape != other.noise.shape:
                continue
            if one is other or np.allclose(one.noise, other.noise, rtol=SAME, atol=0.0):
                p = len(one.noise)
                out[a : a + p, b : b + p] = one.noise
    return out


def pull_back(
    columns: Sequence[Column], J: Array, domain: Codes, path: Sequence[Array], lines: Sequence[Linear]
) -> Array:
    """Coefficients B of every step, last step first, for a statistic with jacobian J (D, q, c).

    Parameters
    ----------
    columns : the statistic's columns (n,)
    domain : (n,) domain of each row, −1 outside
    path : weights before the first step … after the last
    lines : derivative of each step, in their order

    Returns
    -------
    (p, D, q) coefficients of the columns of `Linear.unit_sums`, the steps one after another from the last to
    the first
    """
    w = path[-1]
    outside = np.flatnonzero(domain < 0)
    group = None if len(J) == 1 else np.maximum(domain, 0)
    out: list[tuple[Linear, Array]] = []
    reach: list[Array | None] = []  # how far a weight after this step still counts before each later one
    last: Array | None = None  # and in the last weight
    for s in reversed(range(len(lines))):
        line, after = lines[s], path[s + 1]
        scale = np.divide(line.g, after, out=np.zeros_like(after), where=after != 0)
        M = np.zeros((line.X.shape[1], *J.shape[:2]))
        for c, column in enumerate(columns):
            part = scale * w if last is None else scale * w * last
            if column.values is not None:
                part *= column.values
            part[column.missing] = 0.0
            part[outside] = 0.0
            M += np.einsum(
                "dq,dp->pdq", J[:, :, c], dense(line.fold(part, group, len(J))).reshape(len(J), -1)
            )
        for (later, B), far in zip(out, reach, strict=True):
            own = scale if far is None else scale * far
            M -= np.einsum("ps,sdq->pdq", line.cross_product(own, later), B)
        out.append((line, line.coefficients(M)))
        if line.passes is not None:
            reach = [line.passes if far is None else far * line.passes for far in reach]
            last = line.passes if last is None else last * line.passes
        reach.append(None)
    return np.concatenate([B for _, B in out], axis=0)
