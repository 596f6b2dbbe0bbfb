r"""Weighting steps: what each does to the weights, and how its estimation enters the variance.

A step is frozen. ``apply`` makes the new weights; ``linear`` gives the derivative that replicates would
take: with u the influence divided by the new weights,

.. math:: B = A^{-1} X' \operatorname{diag}(g)\, u, \qquad
          \text{influence} \leftarrow \text{influence} - V B,\quad V = \operatorname{diag}(v) X - t r'

Calibration w = d F(x'λ) has g = d F'(x'λ), A = X' diag(g) X and v = w (Deville & Särndal 1992); a weighting
class with respondents r and factor f has g = d r, A = Σ g by class and v = d (r f − 1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

import numpy as np
import scipy.sparse as sp

from surveykit.formulas.arrays import Array, Codes, Mask, cross, sum_by
from surveykit.formulas.totals import Column

TOLERANCE = 1e-12  # relative difference from a margin at which raking stops
SWEEPS = 1000


class Linear(NamedTuple):
    """The derivative of a step: X (n, p), g (n,), A⁻¹ (p, p), v (n,), t (n,), r (p,)."""

    X: sp.csr_matrix
    g: Array
    inverse: Array
    v: Array
    t: Array
    r: Array

    def unit_sums(self, unit: Codes, P: int) -> Array:
        """(P, p) sums of V by unit."""
        add = sp.csr_matrix((np.ones(unit.size), (unit, np.arange(unit.size))), shape=(P, unit.size))
        return np.asarray((add @ sp.diags(self.v) @ self.X).todense()) - np.outer(add @ self.t, self.r)

    def cross_product(self, scale: Array, later: Linear) -> Array:
        """(p, p') X' diag(scale) V' of a later step."""
        left = (sp.diags(scale) @ self.X).T
        return np.asarray((left @ sp.diags(later.v) @ later.X).todense()) - np.outer(left @ later.t, later.r)


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
    """Respondents of a class take over the weight of its nonrespondents.

    ``classes`` (n,) class of each row, ``responded`` (n,), ``count`` number of classes.
    """

    classes: Codes
    responded: Mask
    count: int
    name: str

    def _sums(self, w: Array) -> tuple[Array, Array]:
        every = sum_by(self.classes, w, self.count)
        held = sum_by(self.classes, w * self.responded, self.count)
        return every, held

    def factors(self, w: Array) -> Array:
        """(count,) weight of the class over that of its respondents."""
        every, held = self._sums(w)
        return np.divide(every, held, out=np.ones(self.count), where=held > 0)

    def apply(self, w: Array) -> Array:
        """(n,) new weights; 0 for nonrespondents."""
        return np.asarray(w * self.responded * self.factors(w)[self.classes])

    def linear(self, before: Array, after: Array) -> Linear:
        """Return the derivative: nonrespondents carry the mean influence of their class."""
        held = self._sums(before)[1]
        inverse = np.diag(np.divide(1.0, held, out=np.zeros(self.count), where=held > 0))
        X = one_hot(self.classes, self.count)
        zero = np.zeros(self.count)
        return Linear(X, before * self.responded, inverse, after - before, np.zeros(before.size), zero)


@dataclass(frozen=True)
class Raking:
    """Weights w = d exp(x'λ) that agree with every margin, by proportional fitting on the distinct cells.

    ``margins`` codes (n,) for each margin; ``targets`` totals or shares of the levels of each;
    ``shares`` whether the targets are shares of the sum of the weights; ``linearisation`` "raked" takes the
    derivative at the new weights, "base" at the old (as R ``calibrate``).
    """

    margins: tuple[Codes, ...]
    targets: tuple[Array, ...]
    shares: bool
    name: str
    linearisation: Literal["raked", "base"] = "raked"

    def cells(self) -> tuple[Codes, list[Codes]]:
        """Cell of each row, and the level of each cell on each margin."""
        codes, levels = self.margins[0], [np.arange(self.targets[0].size)]
        for margin, target in zip(self.margins[1:], self.targets[1:], strict=True):
            codes, first, second = cross(codes, margin, target.size)
            levels = [part[first] for part in levels] + [second]
        return codes, levels

    def goals(self, w: Array) -> list[Array]:
        """Totals of each margin."""
        scale = float(w.sum()) if self.shares else 1.0
        return [target * scale for target in self.targets]

    def fit(self, w: Array) -> tuple[Array, float, int]:
        """(n,) raked weights, the greatest relative gap that is left, and its margin."""
        codes, levels = self.cells()
        count = max((int(part.size) for part in levels), default=0)
        start = sum_by(codes[w > 0], w[w > 0], count)
        W, goals = start.copy(), self.goals(w)
        for _ in range(SWEEPS):
            for level, goal in zip(levels, goals, strict=True):
                sums = sum_by(level, W, goal.size)
                W = W * np.divide(goal, sums, out=np.ones(goal.size), where=sums > 0)[level]
            gaps = self.gaps(W, levels, goals)
            if max(gaps) < TOLERANCE:
                break
        factor = np.divide(W, start, out=np.ones(count), where=start > 0)
        return w * factor[codes], max(gaps), int(np.argmax(gaps))

    @staticmethod
    def gaps(W: Array, levels: Sequence[Codes], goals: Sequence[Array]) -> list[float]:
        """Greatest relative gap of each margin."""
        out = []
        for level, goal in zip(levels, goals, strict=True):
            sums = sum_by(level, W, goal.size)
            out.append(float(np.max(np.abs(sums - goal) / np.where(goal > 0, goal, 1.0))))
        return out

    def apply(self, w: Array) -> Array:
        """(n,) new weights."""
        return self.fit(w)[0]

    def linear(self, before: Array, after: Array) -> Linear:
        """Return the derivative; shares move with the sum of the weights, so they take no part of it away."""
        X = sp.hstack([one_hot(m, t.size) for m, t in zip(self.margins, self.targets, strict=True)]).tocsr()
        g = after if self.linearisation == "raked" else before
        inverse = np.linalg.pinv((X.T @ sp.diags(g) @ X).toarray(), hermitian=True)
        r = np.concatenate(self.targets) if self.shares else np.zeros(X.shape[1])
        t = before if self.shares else np.zeros(before.size)
        return Linear(X, g, inverse, after, t, r)


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
    inside = np.flatnonzero((domain >= 0) & (w > 0))
    out: list[tuple[Linear, Array]] = []
    for s in reversed(range(len(lines))):
        line, after = lines[s], path[s + 1]
        scale = np.divide(line.g, after, out=np.zeros_like(after), where=after > 0)
        M = np.zeros((line.X.shape[1], *J.shape[:2]))
        for c, column in enumerate(columns):
            part = scale * w
            if column.values is not None:
                part = part * column.values
            part = part.copy()
            part[column.missing] = 0.0
            sums = sp.csr_matrix((part[inside], (domain[inside], inside)), shape=(len(J), w.size)) @ line.X
            M += np.einsum("dq,dp->pdq", J[:, :, c], sums.toarray())
        for later, B in out:
            M -= np.einsum("ps,sdq->pdq", line.cross_product(scale, later), B)
        out.append((line, np.einsum("pr,rdq->pdq", line.inverse, M)))
    return np.concatenate([B for _, B in out], axis=0)
