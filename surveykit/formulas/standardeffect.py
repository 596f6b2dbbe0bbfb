r"""Difference of two means in units of the standard deviation inside the groups.

.. math:: d = (\bar y_1 - \bar y_0) / s, \qquad
          s^2 = \sum_g \sum w (y - \bar y_g)^2 / \sum w
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from surveykit.formulas.arrays import Array, Codes
from surveykit.formulas.statistics import divide
from surveykit.formulas.totals import Column


@dataclass(frozen=True)
class StandardEffect:
    """The difference of group 1 from group 0 in standard deviations (Cohen's d).

    ``y`` (n,) values, 0 where missing; ``group`` (n,) 0 or 1; ``missing`` the rows without one of the two.
    """

    y: Array
    group: Codes
    missing: Codes

    def columns(self) -> Iterator[Column]:
        """Yield ones, y and y² of each group, y less a middle value."""
        answered = np.ones(self.y.size, dtype=bool)
        answered[self.missing] = False
        y = np.where(answered, self.y - self.y[answered].mean(), 0.0)
        for g in (0, 1):
            own = answered & (self.group == g)
            for values in (own.astype(float), np.where(own, y, 0.0), np.where(own, y**2, 0.0)):
                yield Column(values, self.missing)

    def value(self, T: Array) -> Array:
        """Return d, NaN without spread inside the groups."""
        return self._parts(T)[0][..., None]

    def _parts(self, T: Array) -> tuple[Array, ...]:
        N, Y, Q = T[..., [0, 3]], T[..., [1, 4]], T[..., [2, 5]]
        m = divide(Y, N)
        left = Q - N * m**2
        square = np.where(left > 1e-12 * np.abs(Q), left, 0.0).sum(axis=-1) / N.sum(axis=-1)
        s = np.sqrt(square)
        return divide(m[..., 1] - m[..., 0], s), m, s, N

    def jacobian(self, T: Array) -> Array:
        """(D, 1, 6) derivative by the totals."""
        d, m, s, N = self._parts(T)
        whole, square = N.sum(axis=-1), s**2
        out = np.zeros((len(T), 1, 6))
        for g, sign in ((0, -1.0), (1, 1.0)):
            by_mean = divide(np.full(len(T), sign), s)
            half = divide(-d, 2 * square)
            out[:, 0, 3 * g] = by_mean * divide(-m[:, g], N[:, g]) + half * divide(
                m[:, g] ** 2 - square, whole
            )
            out[:, 0, 3 * g + 1] = divide(by_mean, N[:, g]) + half * divide(-2 * m[:, g], whole)
            out[:, 0, 3 * g + 2] = divide(half, whole)
        return out


@dataclass(frozen=True)
class OneSample:
    r"""Mean over standard deviation, :math:`\bar y / s`, :math:`s^2 = \sum w y^2 / \sum w - \bar y^2`."""

    y: Column

    def columns(self) -> Iterator[Column]:
        """Yield ones, y and y²."""
        yield Column(None, self.y.missing)
        assert self.y.values is not None
        yield self.y
        yield Column(self.y.values**2, self.y.missing)

    @staticmethod
    def _parts(T: Array) -> tuple[Array, Array]:
        """Mean and standard deviation, 0 where what is left of it is rounding."""
        m, q = divide(T[..., 1], T[..., 0]), divide(T[..., 2], T[..., 0])
        left = q - m**2
        return m, np.sqrt(np.where(left > 1e-12 * q, left, 0.0))

    def value(self, T: Array) -> Array:
        """Return mean over standard deviation, NaN without spread."""
        m, s = self._parts(T)
        return divide(m, s)[..., None]

    def jacobian(self, T: Array) -> Array:
        """(D, 1, 3) derivative by the totals."""
        m, s = self._parts(T)
        q = s**2 + m**2
        by_m, by_q = divide(q, s**3), divide(-m, 2 * s**3)
        parts = np.stack([-(by_m * m + by_q * q), by_m, by_q], axis=-1)
        return divide(parts, T[:, :1])[:, None, :]
