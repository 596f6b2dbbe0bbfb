"""Score test of association: plain loops, what it shares with the Wald test, what it refuses."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

import surveykit as sv
from sampling.checks import ArgumentError

TIGHT = 1e-8  # linear algebra on the same numbers in another order
few = settings(max_examples=15)
SEEDS = st.integers(0, 2**32 - 1)
LEVELS = st.tuples(st.integers(2, 4), st.integers(2, 3))


def survey(
    seed: int, levels: tuple[int, int], strata: int = 2, units: int = 9, take: int = 12
) -> pd.DataFrame:
    """Return clustered answers with unequal weights, every level held."""
    rng = np.random.default_rng(seed)
    n = strata * units * take
    unit = np.repeat(np.arange(strata * units), take)
    pull = rng.normal(size=(strata * units, 2))[unit]
    a = np.clip(np.floor(levels[0] * stats.norm.cdf(0.5 * pull[:, 0] + rng.normal(size=n))), 0, levels[0] - 1)
    b = np.clip(np.floor(levels[1] * stats.norm.cdf(0.5 * pull[:, 1] + rng.normal(size=n))), 0, levels[1] - 1)
    a[: levels[0]], b[: levels[1]] = np.arange(levels[0]), np.arange(levels[1])
    return pd.DataFrame(
        {"h": unit // units, "unit": unit, "w": rng.uniform(0.3, 3, n), "a": a, "b": b}
    )  # fmt: skip


def design_of(data: pd.DataFrame) -> sv.Design:
    return sv.Design(data, weights="w", strata="h", psu="unit")


def by_loops(data: pd.DataFrame) -> tuple[float, int, int]:
    """Return F and its degrees of freedom from the residuals of every row, one by one."""
    rows, columns = sorted(data["a"].unique()), sorted(data["b"].unique())
    total = data["w"].sum()
    p = {i: data["w"][data["a"] == i].sum() / total for i in rows}
    q = {j: data["w"][data["b"] == j].sum() / total for j in columns}
    cells = [(i, j) for i in rows[1:] for j in columns[1:]]  # the first ones are left out, not the last
    units: dict[tuple[float, float], np.ndarray] = {}
    for row in data.itertuples():
        u = np.array([((row.a == i) - p[i]) * ((row.b == j) - q[j]) for i, j in cells])
        key = (row.h, row.unit)
        units[key] = units.get(key, np.zeros(len(cells))) + row.w * u
    V = np.zeros((len(cells), len(cells)))
    for h in sorted(data["h"].unique()):
        own = [z for (stratum, _), z in units.items() if stratum == h]
        middle = sum(own) / len(own)
        for z in own:
            V += len(own) / (len(own) - 1) * np.outer(z - middle, z - middle)
    s = sum(units.values())
    second = len(units) - data["h"].nunique() + 2 - len(rows) - len(columns)
    return float(s @ np.linalg.inv(V) @ s) / len(cells), len(cells), second


@few
@given(SEEDS, LEVELS)
def test_the_score_test_is_that_of_loops_over_residuals(seed, levels):
    data = survey(seed, levels)
    found = sv.crosstab(design_of(data), "a", "b").test("score")
    F, k, second = by_loops(data)
    assert_allclose(found.statistic, F, rtol=TIGHT)
    assert found.df == (k, second)
    assert_allclose(found.p, stats.f.sf(F, k, second), rtol=TIGHT)


@few
@given(SEEDS, LEVELS, st.floats(1e-6, 1e6))
def test_neither_the_side_of_the_table_nor_the_scale_of_weights_nor_the_names_matter(seed, levels, scale):
    data = survey(seed, levels)
    first = sv.crosstab(design_of(data), "a", "b").test("score")
    names = {i: f"{(7 * i) % 5:g} {i:g}" for i in range(5)}  # another order of the levels
    other = design_of(data.assign(w=scale * data["w"], a=data["a"].map(names)))
    second = sv.crosstab(other, "b", "a").test("score")
    assert_allclose(second.statistic, first.statistic, rtol=1e-6)
    assert second.df == first.df


@few
@given(SEEDS, LEVELS)
def test_it_is_the_wald_statistic_with_fewer_degrees_of_freedom(seed, levels):
    table = sv.crosstab(design_of(survey(seed, levels)), "a", "b")
    wald, score = table.test("wald"), table.test("score")
    assert score.statistic == wald.statistic
    assert score.df == (wald.df[0], wald.df[1] + 2 - sum(table.shape))
    assert_allclose(score.p, stats.f.sf(wald.statistic, *score.df), rtol=TIGHT)


@few
@given(SEEDS)
def test_of_two_by_two_it_is_the_squared_t_of_the_slope_under_no_slope(seed):
    """The slope over its error from the residuals without it: the mean of (y − ȳ)(x − x̄) over its own."""
    data = survey(seed, (2, 2))
    w = data["w"]
    product = (data["a"] - np.average(data["a"], weights=w)) * (data["b"] - np.average(data["b"], weights=w))
    total = sv.total(design_of(data.assign(product=product)), "product")
    found = sv.crosstab(design_of(data), "a", "b").test("score")
    assert_allclose(found.statistic, (total.value.iloc[0] / total.se.iloc[0]) ** 2, rtol=TIGHT)


def test_few_units_are_refused_with_another_test():
    data = survey(1, (3, 3), strata=1, units=5)
    with pytest.raises(ArgumentError) as error:
        sv.crosstab(design_of(data), "a", "b").test("score")
    assert str(error.value) == (
        "test: a score test of 3 × 3 levels needs more than 4 degrees of freedom, and there are 4. "
        "Use method='rao-scott', or join levels."
    )


def test_its_name_is_told_in_both_languages():
    found = sv.crosstab(design_of(survey(3, (2, 3))), "a", "b").test("score")
    assert found.sentence("en").startswith("score test of association: F(2; 13) = ")
    assert found.sentence("vi").startswith("kiểm định điểm số (score) về mối liên hệ: F(2; 13) = ")
