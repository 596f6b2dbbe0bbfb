"""Correlations as smooth functions of totals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from surveykit.formulas.arrays import Array
from surveykit.formulas.statistics import divide
from surveykit.formulas.totals import Column

NOTHING = 1e-12  # part of a mean square that is rounding


@dataclass(frozen=True)
class Correlation:
    r"""Correlation of two columns, :math:`s_{yx} / (s_y s_x)` with moments of the population.

    ``y``, ``x`` without missing answers but the same ones.
    """

    y: Column
    x: Column

    def columns(self) -> Iterator[Column]:
        """Yield ones, y, x, y², x², y x, both less a middle value."""
        missing = self.y.missing
        yield Column(None, missing)
        parts = []
        for column in (self.y, self.x):
            assert column.values is not None
            answered = np.delete(column.values, missing)
            part = column.values - (float(answered.mean()) if answered.size else 0.0)
            part[missing] = 0.0
            parts.append(part)
        y, x = parts
        for values in (y, x, y**2, x**2, y * x):
            yield Column(values, missing)

    def _parts(self, T: Array) -> tuple[Array, Array, Array, Array]:
        m = divide(T[..., 1:], T[..., :1])
        vy, vx = m[..., 2] - m[..., 0] ** 2, m[..., 3] - m[..., 1] ** 2
        vy, vx = np.where(vy > NOTHING * m[..., 2], vy, 0.0), np.where(vx > NOTHING * m[..., 3], vx, 0.0)
        return m, vy, vx, m[..., 4] - m[..., 0] * m[..., 1]

    def value(self, T: Array) -> Array:
        """Return the correlation, NaN where a column does not vary."""
        _, vy, vx, c = self._parts(T)
        return divide(c, np.sqrt(vy * vx))[..., None]

    def jacobian(self, T: Array) -> Array:
        """(D, 1, 6) derivative by the totals."""
        m, vy, vx, c = self._parts(T)
        s = np.sqrt(vy * vx)
        r = divide(c, s)
        by_c, by_vy, by_vx = divide(np.ones_like(s), s), divide(-r, 2 * vy), divide(-r, 2 * vx)
        my, mx = m[..., 0], m[..., 1]
        slopes = np.stack(
            [-by_c * mx - 2 * by_vy * my, -by_c * my - 2 * by_vx * mx, by_vy, by_vx, by_c], axis=-1
        )
        first = -np.einsum("dk,dk->d", slopes, m)
        return divide(np.concatenate([first[:, None], slopes], axis=-1), T[:, :1])[:, None, :]
