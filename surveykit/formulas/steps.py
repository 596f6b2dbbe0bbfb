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

Matrix: TypeAlias = Any  #: an array, or a sparse matrix of SciPy


class Linear(NamedTuple):
    """The derivative of a step.

    ``X`` (n, p) dense or sparse; ``g`` (n,); ``inverse`` A⁻¹ (p, p) dense or sparse; ``v`` (n,). Targets
    that are shares of the sum of the weights move with it: ``t`` (n,) those weights, ``r`` (D, p) the shares
    of each part, ``part`` (n,) the part of each row. ``noise`` (p, p) covariance of targets that are
    estimates. ``passes`` (n,) is 0 where a limit of the weight itself holds, whatever the weight was before
    the step, and 1 elsewhere; None where it is 1 for all.
    """

    X: Matrix
    g: Array
    inverse: Matrix
    v: Array
    t: Array | None = None
    r: Matrix | None = None
    part: Codes | None = None
    noise: Array | None = None
    passes: Array | None = None

    def through(self, scale: Array) -> Array:
        """(n,) ``scale``, 0 for rows whose weight does not depend on that before the step."""
        return scale if self.passes is None else scale * self.passes

    def unit_sums(self, unit: Codes, P: int) -> Array:
        """(P, p) sums of V by unit."""
        rows = np.arange(unit.size)
        out = dense(sp.csr_matrix((self.v, (unit, rows)), shape=(P, unit.size)) @ self.X)
        if self.t is None or self.r is None:
            return out
        part = np.zeros(unit.size, dtype=np.intp) if self.part is None else self.part
        sums = sp.csr_matrix((self.t, (unit, part)), shape=(P, self.r.shape[0]))
        return out - dense(sums @ self.r)

    def cross_product(self, scale: Array, later: Linear) -> Array:
        """(p, p') X' diag(scale) V' of a later step; a row at a limit there has no part in its sums of X."""
        out = product(self.X, later.through(scale) * later.v, later.X)
        if later.t is None or later.r is None:
            return out
        part = np.zeros(scale.size, dtype=np.intp) if later.part is None else later.part
        return out - dense(product(self.X, scale * later.t, one_hot(part, later.r.shape[0])) @ later.r)


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
        X = one_hot(self.classes, self.count)
        return Linear(X, before * self.responded, sp.diags(share).tocsr(), after - before)


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
    (p, D, q) coefficients, the steps one after another from the last to the first
    """
    w = path[-1]
    inside = np.flatnonzero((domain >= 0) & (w != 0))
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
                part = part * column.values
            part = part.copy()
            part[column.missing] = 0.0
            sums = sp.csr_matrix((part[inside], (domain[inside], inside)), shape=(len(J), w.size)) @ line.X
            M += np.einsum("dq,dp->pdq", J[:, :, c], dense(sums))
        for (later, B), far in zip(out, reach, strict=True):
            own = scale if far is None else scale * far
            M -= np.einsum("ps,sdq->pdq", line.cross_product(own, later), B)
        out.append((line, dense(line.inverse @ M.reshape(len(M), J.shape[0] * J.shape[1])).reshape(M.shape)))
        if line.passes is not None:
            reach = [line.passes if far is None else far * line.passes for far in reach]
            last = line.passes if last is None else last * line.passes
        reach.append(None)
    return np.concatenate([B for _, B in out], axis=0)
