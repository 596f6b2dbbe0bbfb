"""Statistics that are smooth functions of totals: a value, and how it moves with each total.

The influence of a row on a statistic g(T) is u = g'(T) · (its columns); the variance of the statistic
is the variance of the total of w u (Deville 1999; Wolter 2007, ch. 6).
Shapes: c columns, q outputs; T (..., c), value (..., q), jacobian (D, q, c).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from surveykit.formulas.arrays import Array, Codes
from surveykit.formulas.totals import Column, Weigher

NONE: Codes = np.zeros(0, dtype=np.intp)


class Smooth(Protocol):
    """A statistic that is a smooth function of totals."""

    def columns(self) -> Iterator[Column]:
        """Columns whose weighted totals the statistic needs."""
        ...

    def value(self, T: Array) -> Array:
        """(..., q) value from totals (..., c)."""
        ...

    def jacobian(self, T: Array) -> Array:
        """(D, q, c) derivative of the value at totals (D, c)."""
        ...


@runtime_checkable
class Solved(Smooth, Protocol):
    """A statistic θ that solves Σ w score(θ) = 0: a quantile, a regression.

    At its solution it is smooth: ``columns`` are the scores, each row's own domain's θ put in (c = q);
    ``value`` is θ (D, q) whatever the totals, ``jacobian`` (D, q, q) minus the inverse derivative of the
    total score. Replicates solve it again.
    """

    def solve(self, W: Array, domain: Codes, D: int) -> Array:
        """(b, D, q) solutions for weights (b, n) and the domain of each row, −1 outside; NaN where none."""
        ...


def divide(a: Array, b: Array) -> Array:
    """Return a / b, and NaN where b is 0."""
    out = np.full(np.broadcast_shapes(a.shape, b.shape), np.nan)
    np.divide(a, b, out=out, where=b != 0)
    return out


@dataclass(frozen=True)
class Total:
    """Total of a column, or with a column of ones the number of people: Σ w y."""

    y: Column

    def columns(self) -> Iterator[Column]:
        """Yield the column itself."""
        yield self.y

    def value(self, T: Array) -> Array:
        """Return the total."""
        return T

    def jacobian(self, T: Array) -> Array:
        """Return ones."""
        return np.ones((len(T), 1, 1))


@dataclass(frozen=True)
class Ratio:
    """Ratio of two totals, R = Σ w y / Σ w x; with x = 1 the mean. Influence u = (y − R x) / Σ w x."""

    y: Column
    x: Column

    def columns(self) -> Iterator[Column]:
        """Yield the denominator, then the numerator."""
        yield self.x
        yield self.y

    def value(self, T: Array) -> Array:
        """Return the ratio, NaN for an empty denominator."""
        return divide(T[..., 1:], T[..., :1])

    def jacobian(self, T: Array) -> Array:
        """Return (−R / X, 1 / X)."""
        x = divide(np.ones(len(T)), T[:, 0])
        return np.stack([-self.value(T)[:, 0] * x, x], axis=-1)[:, None, :]


def mean(y: Column) -> Ratio:
    """Return the mean as a ratio to the number of people who answered."""
    return Ratio(y, Column(None, y.missing))


@dataclass(frozen=True)
class Shares:
    """Shares of the levels of a factor, p_k = Σ w 1[level k] / Σ w.

    ``levels`` (n,) code of each row, −1 missing; ``count`` number of levels.
    """

    levels: Codes
    count: int

    def columns(self) -> Iterator[Column]:
        """Yield ones, then an indicator for each level."""
        missing = np.flatnonzero(self.levels < 0)
        yield Column(None, missing)
        for k in range(self.count):
            yield Column((self.levels == k).astype(float), missing)

    def sums(self, weigher: Weigher) -> Array:
        """(C, 1 + count) totals of the columns by cell, in one pass."""
        return weigher.by_level(self.levels, self.count)

    def value(self, T: Array) -> Array:
        """Return the shares."""
        return divide(T[..., 1:], T[..., :1])

    def jacobian(self, T: Array) -> Array:
        """Return −p_k / N in the first column and 1 / N in the level's own."""
        inverse = divide(np.ones(len(T)), T[:, 0])
        out = np.zeros((len(T), self.count, self.count + 1))
        out[:, :, 0] = -self.value(T) * inverse[:, None]
        k = np.arange(self.count)
        out[:, k, k + 1] = inverse[:, None]
        return out


@dataclass(frozen=True)
class Counts(Shares):
    """Estimated numbers of people at each level, Σ w 1[level k]."""

    def value(self, T: Array) -> Array:
        """Return the totals of the levels."""
        return np.asarray(T[..., 1:])

    def jacobian(self, T: Array) -> Array:
        """Return 1 in the level's own column."""
        one = np.eye(self.count + 1)[1:]
        return np.broadcast_to(one, (len(T), *one.shape))


@dataclass(frozen=True)
class Covariances:
    """Population covariance of two columns, Σ w (y − ȳ)(x − x̄) / Σ w; with y = x the variance.

    Values are shifted by a constant before products are taken, for accuracy; the result is the same.
    """

    y: Column
    x: Column

    def columns(self) -> Iterator[Column]:
        """Yield ones, y, x and y x, both shifted to a middle value."""
        missing = np.union1d(self.y.missing, self.x.missing)
        yield Column(None, missing)
        shifted = []
        for column in (self.y, self.x):
            values = np.ones(0) if column.values is None else column.values
            answered = np.delete(values, missing)
            middle = float(answered.mean()) if answered.size else 0.0
            part = values - middle
            part[missing] = 0.0
            shifted.append(part)
            yield Column(part, missing)
        yield Column(shifted[0] * shifted[1], missing)

    def value(self, T: Array) -> Array:
        """Return E(yx) − E(y) E(x)."""
        m = divide(T[..., 1:], T[..., :1])
        return np.asarray(m[..., 2:3] - m[..., 0:1] * m[..., 1:2])

    def jacobian(self, T: Array) -> Array:
        """Return the derivative by (N, Σ y, Σ x, Σ yx)."""
        m = divide(T[:, 1:], T[:, :1])
        y, x, yx = m[:, 0], m[:, 1], m[:, 2]
        parts = np.stack([2 * y * x - yx, -x, -y, np.ones(len(T))], axis=-1)
        return divide(parts, T[:, :1])[:, None, :]
