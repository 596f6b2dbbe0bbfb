"""Derivatives by complex steps and by differences: known slopes, corners, ends of where a function is."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from surveykit.formulas.derivative import SURE, complex_step, numeric

SLOPES = 1e-8  # differences of numbers with 16 digits


def of(f):
    return lambda v: np.array([f(v)])


SMOOTH = {
    "ratio": (lambda v: v[0] / v[1], [2.0, 3.0], [1 / 3, -2 / 9]),
    "logarithm without complex numbers": (lambda v: math.log(v[0]), [2.0], [0.5]),
    "square at 0": (lambda v: v[0] ** 2, [0.0], [0.0]),
    "cube at 0": (lambda v: v[0] ** 3, [0.0], [0.0]),
    "flat": (lambda _: 3.0, [1.0, 2.0], [0.0, 0.0]),
    "difference of large numbers": (lambda v: v[0] - v[1], [1e8, 1e8], [1.0, -1.0]),
    "far from a corner": (lambda v: abs(v[0]), [-0.5], [-1.0]),
    "real part alone": (lambda v: np.exp(v[0].real), [0.3], [np.exp(0.3)]),
    "greater of two": (lambda v: max(v[0], v[1]), [1.0, 2.0], [0.0, 1.0]),
}


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("cv", [0.0, 1e-4, 0.05])
def test_slopes_are_found(name, cv):
    f, at, slopes = SMOOTH[name]
    at = np.array(at)
    J, doubt = numeric(of(f), at, cv * np.where(at == 0, 1.0, np.abs(at)))
    assert_allclose(J[0], slopes, rtol=SLOPES, atol=1e-12)
    assert (doubt <= SURE).all()


ROUGH = {
    "corner": (lambda v: abs(v[0]), [0.0]),
    "corner away from 0": (lambda v: max(v[0], v[1]), [1.0, 1.0]),
    "step": (lambda v: np.floor(v[0]), [1.0]),
    "end of a root": (lambda v: np.sqrt(v[0]), [0.0]),
    "slope that turns": (lambda v: v[0] * abs(v[0]), [0.0]),
}


@pytest.mark.parametrize("name", ROUGH)
@pytest.mark.parametrize("se", [0.0, 0.05])
def test_what_is_not_smooth_is_in_doubt(name, se):
    f, at = ROUGH[name]
    _, doubt = numeric(of(f), np.array(at), np.full(len(at), se))
    assert (doubt > SURE).any()


def test_a_shorter_step_is_taken_where_the_function_ends_nearby():
    J, doubt = numeric(
        of(lambda v: math.log(v[0]) if v[0] > 0 else math.nan), np.array([1e-3]), np.array([1.0])
    )
    assert np.isnan(numeric(of(lambda v: math.nan), np.array([1.0]), np.array([0.1]))[0]).all()
    f = of(lambda v: math.log1p(-v[0]) if v[0] < 1 else math.nan)
    J, doubt = numeric(f, np.array([0.9995]), np.array([0.5]))
    assert_allclose(J[0], [-1 / (1 - 0.9995)], rtol=1e-6)
    assert doubt[0, 0] <= SURE


def test_a_function_that_takes_no_complex_numbers_has_no_complex_step():
    def lossy(v):
        return np.array([float(v[0])])

    assert complex_step(lossy, np.array([1.0]), np.array([1.0])) is None
    assert complex_step(of(lambda v: math.exp(v[0])), np.array([1.0]), np.array([1.0])) is None
    assert_allclose(
        complex_step(of(lambda v: v[0] ** 2), np.array([3.0]), np.array([1.0])), [[6.0]], rtol=1e-15
    )
