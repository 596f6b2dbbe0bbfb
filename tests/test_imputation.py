"""Results of imputed tables made into one: laws, and Rubin's rules with loops."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from numpy.testing import assert_allclose, assert_array_equal
from strategies import SEEDS, SHAPES, build, designs

import surveykit as sv
from surveykit.imputation import combine

few = settings(max_examples=10, deadline=None)


def imputed(seed, m=4):
    """Give m tables in which missing z is filled at random, as designs."""
    data = build([3, 4], seed, missing=0.2)
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(m):
        filled = data["z"].where(data["z"].notna(), rng.normal(size=len(data)))
        made.append(
            sv.Design(data.assign(z=filled, y=data["y"].fillna(3)), weights="w", **SHAPES["clusters"])
        )
    return made


@few
@given(designs())
def test_results_that_are_the_same_are_one_without_spread(design):
    one = sv.mean(design, ["z", "y"], by="group")
    own = combine([one] * 3)
    assert_allclose(own.value, one.value, rtol=1e-14)
    assert_allclose(own.se, one.se, rtol=1e-12)
    assert_array_equal(own.n, one.n)
    assert own.reason.tolist() == one.reason.tolist()
    known = one.variance > 0
    assert (own.extra["increase"][known] < 1e-20).all()
    assert_allclose(combine([one] * 3, df_complete=1e9).df[known], 1e9, rtol=1e-6)
    v = one.df.to_numpy(float)
    assert_allclose(own.df[known], ((v + 1) / (v + 3) * v)[known])


@few
@given(SEEDS)
def test_it_is_rubins_rules_with_loops(seed):
    results = [sv.mean(design, "z", by="group") for design in imputed(seed)]
    own = combine(results, df_complete=12)
    m, V = len(results), own.covariance.full()
    Q = [r.value.to_numpy() for r in results]
    mean = sum(Q) / m
    W = sum(r.covariance.full() for r in results) / m
    B = sum(np.outer(q - mean, q - mean) for q in Q) / (m - 1)
    assert_allclose(own.value, mean)
    assert_allclose(V, W + (1 + 1 / m) * B)
    assert_allclose(own.se**2, np.diag(V))
    for k in range(3):
        lam = (1 + 1 / m) * B[k, k] / V[k, k]
        df = 1 / (lam**2 / (m - 1) + 1 / (13 / 15 * 12 * (1 - lam)))
        assert_allclose(own.df.iloc[k], df)
        assert_allclose(own.extra["increase"][k], lam / (1 - lam))
        assert_allclose(own.extra["missing_information"][k], (lam / (1 - lam) + 2 / (df + 3)) * (1 - lam))


@few
@given(SEEDS)
def test_contrasts_before_and_after_are_the_same(seed):
    weights = {"a": 1.0, "b": -1.0}
    results = [sv.mean(design, "z", by="group") for design in imputed(seed)]
    before = combine([r.contrast(weights) for r in results])
    after = combine(results).contrast(weights)
    assert_allclose(after.value, before.value, atol=1e-12)
    assert_allclose(after.se, before.se)
    assert_allclose(after.df, before.df)
    assert_allclose(after.ci(), before.ci(), atol=1e-12)
    table = combine(results).pairwise("holm").to_frame()
    assert_allclose(table["se"].iloc[0], before.se.iloc[0])


def test_shares_keep_their_intervals_and_what_they_look_like():
    results = [sv.proportion(design, "z", value=1.0, by="sex") for design in
               [sv.Design(d.data.assign(z=(d.data["z"] > 0) * 1.0), weights="w", **SHAPES["clusters"])
                for d in imputed(3)]]  # fmt: skip
    own = combine(results)
    limits = own.ci()
    assert ((limits["ci_low"] >= 0) & (limits["ci_high"] <= 1)).all()
    assert (limits["ci_low"] < own.value).all()
    page = own.to_html()
    for text in ("4 lần điền, quy tắc Rubin", "tăng phương sai", "thông tin thiếu"):
        assert text in page
    assert "4 imputations, Rubin's rules" in own.line()
    assert_allclose(own.deff(), own.variance / np.mean([r.reference[0] for r in results], axis=0))


def test_a_row_without_an_error_in_one_table_has_none():
    data = pd.DataFrame({"g": list("aabb"), "z": [1.0, 2.0, 3.0, 4.0]})
    other = data.iloc[:3]
    own = combine([sv.mean(sv.Design(d, sampling="srs"), "z", by="g") for d in (data, other)])
    assert own.reason.tolist() == ["", "one answer: no sampling error can be estimated"]
    assert own.se.isna().tolist() == [False, True]
    assert np.isnan(own.df["b"])


@pytest.mark.parametrize("rows", [[0], [0, 1, 2]])
def test_several_rows_together_have_the_least_degrees(rows):
    own = combine([sv.mean(design, "z", by="group") for design in imputed(5)])
    assert own.detail.df_of(rows) == own.df.iloc[rows].min()
