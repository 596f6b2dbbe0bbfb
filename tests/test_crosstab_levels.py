"""Levels of a table: those that nobody has are left out, and the rest is the table without them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import surveykit as sv

TIGHT = 1e-9  # linear algebra on the same numbers in another order
few = settings(max_examples=5)
SEEDS = st.integers(0, 2**32 - 1)
METHODS = ("rao-scott", "rao-scott-1", "wald", "adjusted-wald", "score")


def survey(seed: int) -> pd.DataFrame:
    """Return answers in which level 1 of a and level 0 of b never meet an answer of the other column."""
    rng = np.random.default_rng(seed)
    n = 300
    a, b = rng.integers(0, 4, n).astype(float), rng.integers(0, 3, n).astype(float)
    b[a == 1] = np.nan
    a[(b == 0) & (a != 1)] = np.nan
    return pd.DataFrame({"unit": np.arange(n) // 10, "w": rng.uniform(0.5, 2, n), "a": a, "b": b})


def table_of(data: pd.DataFrame) -> sv.testing.Crosstab:
    return sv.crosstab(sv.Design(data, weights="w", psu="unit"), "a", "b")


def check_same(found: sv.testing.Crosstab, expected: sv.testing.Crosstab) -> None:
    assert found.n.to_numpy().tolist() == expected.n.to_numpy().tolist()
    assert_allclose(found.cells.value.to_numpy(), expected.cells.value.to_numpy(), rtol=TIGHT)
    assert_allclose(found.cells.covariance.full(), expected.cells.covariance.full(), rtol=1e-6, atol=1e-15)
    for percent in ("row", "column", "total"):
        mine, other = found.to_frame(percent), expected.to_frame(percent)
        assert list(mine["n_cell"]) == found.n.to_numpy().ravel().tolist() == list(other["n_cell"])
        assert_allclose(mine["estimate"], other["estimate"], rtol=TIGHT)
        assert found.to_html("vi", percent).count("<small>") == found.n.size
        assert_allclose(
            found.shares(percent).se.to_numpy(), expected.shares(percent).se.to_numpy(), rtol=1e-6
        )
    for method in METHODS:
        mine, other = found.test(method), expected.test(method)
        assert_allclose([mine.statistic, *mine.df], [other.statistic, *other.df], rtol=1e-6)


@few
@given(SEEDS)
def test_levels_without_a_partner_are_left_out_and_their_rows_are_missing(seed):
    data = survey(seed)
    found = table_of(data)
    assert found.n.index.tolist() == [0, 2, 3]
    assert found.n.columns.tolist() == [1, 2]
    alone = data["a"].isna() | data["b"].isna()
    assert found.missing == int(alone.sum())
    check_same(found, table_of(data.assign(a=data["a"].mask(alone), b=data["b"].mask(alone))))


@few
@given(SEEDS)
def test_counts_are_those_of_a_loop(seed):
    data = survey(seed)
    found = table_of(data)
    for i in found.n.index:
        for j in found.n.columns:
            assert found.n.loc[i, j] == sum(
                x == i and y == j for x, y in zip(data["a"], data["b"], strict=True)
            )
    total = data["w"][data["a"].notna() & data["b"].notna()].sum()
    for (i, j), share in found.cells.value.items():
        assert_allclose(share, data["w"][(data["a"] == i) & (data["b"] == j)].sum() / total, rtol=TIGHT)


@few
@given(SEEDS)
def test_categories_that_nobody_has_change_nothing_and_the_rest_keeps_its_order(seed):
    data = survey(seed)
    ordered = pd.CategoricalDtype([9.0, 3.0, 2.0, 1.0, 0.0, 8.0], ordered=True)
    found = table_of(data.assign(a=data["a"].astype(ordered)))
    assert found.n.index.tolist() == [3, 2, 0]
    expected = table_of(data.assign(a=-data["a"]))
    check_same(found, expected)


@few
@given(SEEDS)
def test_a_level_of_rows_without_weight_is_a_level_that_nobody_has(seed):
    data = survey(seed)
    data.loc[data["a"] == 3, "w"] = 0.0
    found = table_of(data)
    assert found.n.index.tolist() == [0, 2]
    check_same(found, table_of(data.assign(a=data["a"].mask(data["a"] == 3))))


@pytest.mark.parametrize("method", METHODS)
def test_a_cell_without_answers_stays_and_is_told(method):
    data = survey(5).query("not (a == 0 and b == 1)").reset_index(drop=True)
    table = table_of(data)
    assert table.n.loc[0, 1] == 0
    result = table.test(method)
    assert 0 < result.p < 1
    assert "1 cells have no answers" in result.context.text("en")
    assert "1 ô không có câu trả lời nào" in result.context.text("vi")
