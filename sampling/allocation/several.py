"""The cheapest allocation that reaches several precision targets at once (Bethel's problem), by its dual.

For multipliers y >= 0 of the K targets the best n has a closed form, so only K numbers are searched for.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..checks import ArgumentError

__all__ = ["at_goals"]

Array = npt.NDArray[np.float64]

#: Largest violation of the conditions of an optimum, relative to the targets and to the cost.
KKT = 1e-9
STEPS = 200


def at_goals(parts: Array, goals: Array, low: Array, high: Array, cost: Array) -> tuple[Array, Array]:
    r"""Return the n of least cost that reaches every goal, and the multipliers.

    .. math:: \min \sum_h c_h n_h \quad\text{with}\quad \sum_h a_{kh} / n_h \le b_k,\; l_h \le n_h \le u_h

    which is convex in n. The conditions of Karush, Kuhn and Tucker give
    :math:`n_h = \min(\max(\sqrt{\sum_k y_k a_{kh} / c_h}, l_h), u_h)`; the dual is maximised over y with
    L-BFGS-B and then with Newton steps, and the conditions are checked.

    Parameters
    ----------
    parts : (K, H) a, 0 or more
    goals : (K,) b, above 0, which n = `high` must reach
    low, high : (H,) bounds, above 0
    cost : (H,) c, above 0

    Returns
    -------
    n : (H,), not rounded
    share : (K,)
        y b, what the cost falls by for each per cent by which a variance target is loosened, in per cent of
        the cost: 0 where a target does not bind.

    Raises
    ------
    ArgumentError
        The conditions do not hold to 1e-9.

    References
    ----------
    Bethel (1989), Sample allocation in multivariate surveys, Survey Methodology 15, 47-57.
    """
    a = parts / goals[:, None]
    unit = np.sqrt(a * cost).sum(axis=1) ** 2  # y of a target alone without bounds
    binding = unit > 0
    share = np.zeros(len(goals))
    if not binding.any():
        return low, share
    dual = _Dual(a[binding] * unit[binding, None], unit[binding], low, high, cost)
    y = dual.newton(dual.start())
    off = dual.off(y)
    if off > KKT:
        raise ArgumentError(
            f"targets: no optimum was found (the conditions of an optimum are off by {off:.1e}). "
            "Look for targets that contradict each other or differ by many orders of magnitude."
        )
    n = dual.n(y)
    share[binding] = y * unit[binding] / float((cost * n).sum())
    return n, share


class _Dual:
    """The dual in scaled multipliers y: each is 1 where its target alone decides."""

    def __init__(self, a: Array, unit: Array, low: Array, high: Array, cost: Array) -> None:
        self.a, self.unit, self.low, self.high, self.cost = a, unit, low, high, cost
        self.scale = float(unit.max())

    def n(self, y: Array) -> Array:
        return np.clip(np.sqrt(y @ self.a / self.cost), self.low, self.high)

    def value(self, y: Array) -> float:
        n = self.n(y)
        return float((self.cost * n).sum() + y @ (self.a @ (1 / n) - self.unit)) / self.scale

    def slope(self, y: Array) -> Array:
        """How far each target is missed, relative to itself: below 0 where it is met with room."""
        found: Array = self.a @ (1 / self.n(y)) / self.unit - 1
        return found

    def off(self, y: Array) -> float:
        """How far the conditions are from holding: a target is met, and its multiplier 0 if with room."""
        return float(np.abs(np.minimum(y, -self.slope(y))).max())

    def start(self) -> Array:
        from scipy.optimize import minimize

        weight = self.unit / self.scale
        found = minimize(
            lambda y: (-self.value(y), -self.slope(y) * weight),
            np.full(len(self.unit), 1 / len(self.unit)),
            jac=True,
            method="L-BFGS-B",
            bounds=[(0, None)] * len(self.unit),
            options={"maxiter": 1000, "ftol": 1e-15, "gtol": 1e-10},
        )
        return np.maximum(np.asarray(found.x, dtype=np.float64), 0.0)

    def newton(self, y: Array) -> Array:
        """Sharpen the multipliers by projected Newton steps (Bertsekas 1982).

        Multipliers that are as good as 0 and whose targets are met with room go to 0 and stay out of a step.
        """
        for _ in range(STEPS):
            slope, off = self.slope(y), self.off(y)
            if off < KKT / 1000:
                break
            moving = (y > min(off, 0.01)) | (slope > 0)
            step = np.where(moving, 0.0, -y)
            step[moving] = np.linalg.solve(self._bend(y, moving), slope[moving])
            step /= max(1.0, float(np.abs(step).max()) / (2 + 2 * float(y.max())))
            y = self._better(y, step, slope)
        return y

    def _bend(self, y: Array, moving: npt.NDArray[np.bool_]) -> Array:
        """Return the derivative of the slope, its sign turned, for the multipliers that move."""
        n = self.n(y)
        free = (n > self.low) & (n < self.high)
        a = self.a[moving][:, free]
        bend: Array = (a / (2 * self.cost[free] * n[free] ** 3)) @ a.T / self.unit[moving, None]
        bend[np.diag_indices_from(bend)] += 1e-13 * (1 + np.trace(bend))
        return bend

    def _better(self, y: Array, step: Array, slope: Array) -> Array:
        """Return a point along a step that raises the value, or, at the top, that is less off."""
        size, off, value = 1.0, self.off(y), self.value(y)
        while size > 1e-15:
            there = np.maximum(y + size * step, 0.0)
            rise = float((slope * self.unit) @ (there - y)) / self.scale
            gain = self.value(there) - value
            if gain > max(1e-4 * rise, 1e-13 * abs(value)) or (abs(gain) <= 1e-12 and self.off(there) < off):
                return there
            size /= 2
        return y
