"""Profile-likelihood intervals: R's interpolation, and the exact roots where it has no meaning."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from surveykit.formulas.profile import _fmm_spline, likelihood_interval

#: R's table is interpolated: the limits miss the exact roots by this much of the deviance's root.
INTERPOLATED = 0.05


def root(q, p, v, n, df):
    """Return the signed root of the scaled deviance at q, over the quantile of 95 %."""
    d = p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))
    z = np.sqrt(2 * (n - 1) / n * p * (1 - p) / v * d)
    return z / stats.t.ppf(0.975, df)


@pytest.mark.parametrize(("p", "n", "df", "deff"), [(0.5, 100, 99, 1), (0.9, 60, 10, 2), (0.1, 900, 40, 1.5)])
def test_limits_are_roots_of_the_deviance(p, n, df, deff):
    v = deff * p * (1 - p) / n
    low, high = likelihood_interval(p, v, n, df, 0.95)
    assert low < p < high
    assert_allclose([root(low, p, v, n, df), root(high, p, v, n, df)], 1.0, atol=INTERPOLATED)


@given(
    p=st.floats(0.02, 0.98), n=st.integers(2, 300), df=st.integers(1, 60), deff=st.floats(0.3, 20),
    level=st.sampled_from([0.5, 0.8, 0.95, 0.99]),
)  # fmt: skip
def test_limits_always_stand_on_both_sides(p, n, df, deff, level):
    low, high = likelihood_interval(p, deff * p * (1 - p) / n, n, df, level)
    assert 0 <= low < p < high <= 1


@pytest.mark.parametrize(("p", "v", "n"), [(0.57371318, 0.00699735, 3), (0.54703638, 0.01123791, 5)])
def test_a_higher_level_has_a_wider_interval(p, v, n):
    pairs = [likelihood_interval(p, v, n, 1, level) for level in (0.5, 0.8, 0.95, 0.99, 0.999)]
    low, high = np.array(pairs).T
    assert (np.diff(low) <= 0).all()
    assert (np.diff(high) >= 0).all()


@pytest.mark.parametrize(
    ("p", "n", "df", "deff"),
    [
        (0.452, 2, 1, 1.06),  # the spline of so coarse a grid is noise
        (0.7, 50, 1, 8.0),  # a root past 30
        (0.95, 5, 3, 5.0),
    ],
)
def test_where_the_table_has_no_meaning_the_roots_are_exact(p, n, df, deff):
    v = deff * p * (1 - p) / n
    low, high = likelihood_interval(p, v, n, df, 0.95)
    near = [root(q, p, v, n, df) for q in (low, high) if 1e-12 < q < 1 - 1e-12]
    assert_allclose(near, 1.0, rtol=1e-6)


def test_the_spline_goes_through_its_points_and_is_exact_for_cubics():
    x = np.array([-2.0, -1.1, 0.3, 1.0, 2.5])
    y = x**3 - 2 * x + 1
    at = np.linspace(-2, 2.5, 31)
    assert_allclose(_fmm_spline(x, y, x), y, atol=1e-12)
    assert_allclose(_fmm_spline(x, y, at), at**3 - 2 * at + 1, atol=1e-10)
