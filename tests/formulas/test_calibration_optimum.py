"""Ratios found by the solver of calibration against an optimiser that works on the ratios themselves."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize
from solved import KINDS, small

from surveykit.formulas.calibration import NO_BOUNDS, Bounds, System, solve

#: The other optimiser stops at a relative change of the distance of 1e-15, so of the ratios of 1e-7.
OTHER = 1e-5
#: Gap left, relative to the target.
MET = 1e-10

kinds = pytest.mark.parametrize("kind", KINDS)


def gain(distance, r, low, high):
    """Return the inverse of F, the derivative of the distance."""
    if distance == "linear":
        return r - 1
    if distance == "raking":
        return np.log(r)
    if distance == "sinh":
        return np.sinh(r - 1 / r) / 2
    A = (high - low) / ((1 - low) * (high - 1))
    return np.log((r - low) / (1 - low) * (high - 1) / (high - r)) / A


NODES, WEIGHTS = np.polynomial.legendre.leggauss(60)


def loss(distance, r, low, high):
    """Return the distance from 1, as the integral of its derivative."""
    at = 1 + (r[:, None] - 1) * (NODES + 1) / 2
    return (gain(distance, at, low, high) @ WEIGHTS) * (r - 1) / 2


def primal(kind, d, X, t, q=None, C=None):
    """Return the ratios of least distance found by another optimiser on the ratios themselves."""
    distance, (low, high) = kind
    q = np.ones(d.size) if q is None else q
    price = None if C is None else 1 / C

    def value(r):
        gap = t - (d * r) @ X
        own = (d / q * loss(distance, r, low, high)).sum()
        return own + (0 if price is None else (gap**2 * price).sum() / 2)

    def slopes(r):
        own = d / q * gain(distance, r, low, high)
        return own - (0 if price is None else d * (X @ ((t - (d * r) @ X) * price)))

    edge = 1e-9 if distance == "logit" else 0.0
    ends = (-np.inf if kind == ("linear", NO_BOUNDS) else max(low, 1e-6) + edge, high - edge)
    meets = {"type": "eq", "fun": lambda r: (d * r) @ X - t, "jac": lambda r: (X * d[:, None]).T}
    return minimize(
        value, np.ones(d.size), jac=slopes, method="SLSQP", bounds=[ends] * d.size,
        constraints=[] if C is not None else [meets], options={"ftol": 1e-15, "maxiter": 1000},
    ).x  # fmt: skip


@kinds
@pytest.mark.parametrize("seed", range(4))
def test_no_other_ratios_that_meet_the_targets_are_nearer_to_1(kind, seed):
    d, X, t = small(seed)
    found = solve(d, System(X), t[None], distance=KINDS[kind][0], bounds=KINDS[kind][1])
    assert found.met
    assert_allclose(found.ratio, primal(KINDS[kind], d, X, t), rtol=OTHER)


@kinds
def test_the_freedom_of_a_cell_divides_its_distance(kind):
    d, X, t = small(11, spread=0.3)
    q = np.array([0.3, 2.0, 1.0, 1.0, 0.5, 1.5, 1.0])
    found = solve(d, System(X), t[None], distance=KINDS[kind][0], bounds=KINDS[kind][1], scale=q)
    assert found.met
    assert_allclose(found.ratio, primal(KINDS[kind], d, X, t, q), rtol=OTHER)


@kinds
def test_a_price_on_gaps_is_paid_for_by_their_squares(kind):
    d, X, t = small(5)
    C = np.array([0.5, 2.0, 0.1])
    found = solve(d, System(X), t[None], distance=KINDS[kind][0], bounds=KINDS[kind][1], ridge=C)
    assert_allclose(found.ratio, primal(KINDS[kind], d, X, t, C=C), rtol=OTHER)
    gap = t - (d * found.ratio) @ X
    assert_allclose(gap, C * found.coefficients[0], rtol=1e-8)
    assert np.abs(gap).min() > 1e-3


@pytest.mark.parametrize("distance", ["linear", "raking", "sinh"])
def test_bounds_that_bind_are_reached_exactly_and_are_still_the_nearest(distance):
    d, X, t = small(3)
    free = solve(d, System(X), t[None], distance=distance).ratio
    bounds = Bounds(free.min() + 0.02, free.max() - 0.02)
    found = solve(d, System(X), t[None], distance=distance, bounds=bounds)
    assert found.met
    assert found.ratio.min() == bounds.lower
    assert found.ratio.max() == bounds.upper
    assert_allclose(found.ratio, primal((distance, bounds), d, X, t), rtol=OTHER)
    assert_allclose((d * found.ratio) @ X, t, rtol=MET)
