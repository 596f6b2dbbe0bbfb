"""Derivatives of functions that are only known by their values, with a check that they are derivatives."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np

from surveykit.formulas.arrays import Array

PART, NEAR, LEAST = 1e-3, 1e-2, 1e-7  # step: of a value, of its standard error, and at least of the value
SHORTER = 1e-2  # of a step, where the function ends nearby
TINY = 1e-20  # step along the imaginary axis
SURE = 1e-6  # relative difference of two derivatives that is none
ALIKE = 1e-4  # relative difference of a complex step and a real one that rounding may make
CORNER = (
    0.4  # slopes on both sides of a smooth function come together as the step: at a quarter of it to 0.25
)
FLAT = 1e-4  # of a value: what moves it less, as its argument moves by its size, may be rounding


def numeric(f: Callable[[Array], Array], at: Array, se: Array) -> tuple[Array, Array]:
    """(m, k) derivative of f (k,) → (m,), and (m, k) doubt: how far two of them are apart, relative.

    Central differences with steps h, h/2 and h/4, freed of their error in h² and h⁴ (Richardson 1911), and
    where f takes complex numbers the imaginary part of f(x + i h) / h, which loses no digits (Squire and
    Trapp 1998), if it agrees with them. At a corner both sides have a slope of their own: their difference is
    the doubt.

    Parameters
    ----------
    at : (k,) where
    se : (k,) standard error of each value, 0 where not known

    Examples
    --------
    >>> D, doubt = numeric(lambda v: np.array([v[0] ** 3]), np.array([2.0]), np.array([0.1]))
    >>> bool(abs(D[0, 0] - 12) < 1e-9), bool(doubt[0, 0] < 1e-9)
    (True, True)
    """
    size = np.maximum(np.abs(at), se)
    size[size == 0] = 1.0
    step = np.minimum(np.where(se > 0, NEAR * se, PART * size), np.where(at != 0, PART * np.abs(at), np.inf))
    step = np.maximum(step, LEAST * size)
    with np.errstate(all="ignore"):
        middle = f(at)
        J, gap = differences(f, at, step, middle)
        if not np.isfinite(gap).all():
            shorter = differences(f, at, SHORTER * step, middle)
            J, gap = (
                np.where(np.isfinite(gap), one, other) for one, other in zip((J, gap), shorter, strict=True)
            )
        exact = complex_step(f, at, size)
    scale = ((np.abs(J) + gap) * size).max(axis=1, keepdims=True, initial=0.0)
    scale = np.maximum(scale, FLAT * np.abs(middle[:, None]))
    doubt = np.divide(gap * size, scale, out=np.zeros_like(gap), where=scale > 0)
    doubt = np.where(np.isfinite(gap), doubt, np.inf)
    if exact is not None:
        sure = (doubt <= ALIKE) & (np.abs(exact - J) * size <= ALIKE * scale)
        J, doubt = np.where(sure, exact, J), np.where(sure, 0.0, doubt)
    return J, doubt


def differences(f: Callable[[Array], Array], at: Array, steps: Array, middle: Array) -> tuple[Array, Array]:
    """(m, k) derivative by differences with these steps, and its error, absolute."""
    J, gap = np.zeros((middle.size, at.size)), np.zeros((middle.size, at.size))
    for i, longest in enumerate(steps):
        slopes, jumps = [], []
        for h in (longest, longest / 2, longest / 4):
            step = np.zeros(at.size)
            step[i] = h
            up, down = f(at + step), f(at - step)
            slopes.append((up - down) / (2 * h))
            jumps.append(np.abs(up - 2 * middle + down) / h)
        first, second = (4 * slopes[1] - slopes[0]) / 3, (4 * slopes[2] - slopes[1]) / 3
        J[:, i] = (16 * second - first) / 15
        noise = SURE * (np.abs(J[:, i]) + np.abs(middle) / (np.abs(at[i]) + longest))
        corner = jumps[2] > CORNER * np.maximum(jumps[0], noise)
        gap[:, i] = np.abs(J[:, i] - second) + np.where(corner, jumps[2], 0.0)
    return J, gap


def complex_step(f: Callable[[Array], Array], at: Array, size: Array) -> Array | None:
    """(m, k) derivative by steps along the imaginary axis; None where f takes no complex numbers."""
    columns = []
    for i in range(at.size):
        moved = at.astype(complex)
        moved[i] += 1j * TINY * size[i]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", np.exceptions.ComplexWarning)  # its imaginary part is lost
                columns.append(np.imag(f(moved)) / (TINY * size[i]))
        except (TypeError, ValueError, AttributeError, np.exceptions.ComplexWarning):
            return None
    return np.stack(columns, axis=1)
