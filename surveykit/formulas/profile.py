"""Profile-likelihood interval of a proportion, as R survey prints it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import expit, ndtr, stdtrit

from surveykit.formulas.arrays import Array


def _fmm_spline(x: Array, y: Array, at: Array) -> Array:
    """Cubic spline whose end pieces have the third derivative of the cubic through four end points.

    Forsythe, Malcolm and Moler (1977), Computer Methods for Mathematical Computations, ch. 4.
    """
    n, h = len(x), np.diff(x)
    slope = np.diff(y) / h
    system, right = np.zeros((n, n)), np.zeros(n)
    inner = np.arange(1, n - 1)
    system[inner, inner - 1], system[inner, inner + 1] = h[:-1], h[1:]
    system[inner, inner] = 2 * (h[:-1] + h[1:])
    right[inner] = np.diff(slope)
    system[0, :2], system[-1, -2:] = (-h[0], h[0]), (h[-1], -h[-1])
    second = np.diff(slope) / (x[2:] - x[:-2])
    third = np.diff(second) / (x[3:] - x[:-3])
    right[0], right[-1] = third[0] * h[0] ** 2, -third[-1] * h[-1] ** 2
    s = np.linalg.solve(system, right)
    i = np.clip(np.searchsorted(x, at, side="right") - 1, 0, n - 2)
    t = at - x[i]
    first = slope[i] - h[i] * (s[i + 1] + 2 * s[i])
    return np.asarray(y[i] + t * (first + t * (3 * s[i] + t * (s[i + 1] - s[i]) / h[i])))


FAR = 350.0  # of the logit: shares that a float cannot tell from 0 and 1
OFF = 0.05  # how far, of the cut, the interpolated root may lie from the exact one


def likelihood_interval(p: float, variance: float, n: int, df: float, level: float) -> tuple[float, float]:
    r"""Profile-likelihood interval of a proportion (Rao-Scott scaled), as R survey prints it.

    Exactly: the two roots q of :math:`2\,\frac{n-1}{n}\,\frac{p(1-p)}{v}\,
    [p \log(p/q) + (1-p) \log((1-p)/(1-q))] = t_{df}^2`. R tabulates the signed root of the deviance on
    a grid of the logit, interpolates it by a spline on 3 x as many points and then linearly; so does this
    (differences from the exact root: up to 1e-3 of the limit where clustering is strong).
    """
    logit, se = np.log(p / (1 - p)), np.sqrt(variance) / (p * (1 - p))
    scale = n / (n - 1)
    cut = -stdtrit(df, (1 - level) / 2) * se * np.sqrt(n * p * (1 - p))

    def root(b: Array) -> Array:
        deviance = 2 * n * (p * (logit - b) + np.logaddexp(0, b) - np.logaddexp(0, logit))
        return np.asarray(np.sign(b - logit) * np.sqrt(np.maximum(deviance, 0) / scale))

    limit = -stdtrit(n - 1, ndtr(-cut) / 4)  # square root of an upper quantile of F(1, n - 1)
    if cut > 30 or limit * se > FAR:  # R's grid has no meaning so far out
        return _bisect(root, -cut, logit), _bisect(root, cut, logit)
    sides = []
    for sign in (-1, 1):
        grid = logit + sign * np.arange(1, 10) * limit / 5 * se
        past = np.flatnonzero(np.abs(root(grid)) >= limit)
        sides.append(grid[: past[0] + 1] if past.size else grid)
    b = np.concatenate([sides[0][::-1], [logit], sides[1]])
    z = root(b)
    if not (z[0] < -cut and cut < z[-1]):  # R has no answer here: the exact roots
        return _bisect(root, -cut, logit), _bisect(root, cut, logit)
    fine = np.linspace(b[0], b[-1], 3 * len(b))
    low, high = np.interp([-cut, cut], _fmm_spline(b, z, fine), fine)
    ends = np.abs(root(np.array([low, high])))
    if not low < logit < high or np.any(
        np.abs(ends - cut) > OFF * cut
    ):  # few answers: so coarse a grid is noise
        return _bisect(root, -cut, logit), _bisect(root, cut, logit)
    return float(expit(low)), float(expit(high))


def _bisect(root: Callable[[Array], Array], target: float, logit: float) -> float:
    """Solve root(b) = target for b on the logit scale, and return it as a proportion."""
    near, far = logit, logit + np.sign(target) * 700
    for _ in range(80):
        middle = (near + far) / 2
        near, far = (middle, far) if abs(root(np.array(middle))) < abs(target) else (near, middle)
    return float(expit(near))
