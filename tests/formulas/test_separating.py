"""Directions that tell answers apart, against what the search for a maximum does."""

from contextlib import nullcontext

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import surveykit as sv
from sampling.checks import DataError
from surveykit.formulas import separating
from surveykit.regression import regress


def test_answers_told_apart_have_a_direction_and_mixed_ones_none():
    X = np.column_stack([np.ones(6), [1.0, 2, 3, 4, 5, 6]])
    way = separating.of_two(X, np.array([0.0, 0, 0, 1, 1, 1]))
    moved = X @ way
    assert (moved[:3] <= 1e-9).all()
    assert (moved[3:] >= -1e-9).all()
    assert np.ptp(moved) > 0
    assert separating.of_two(X, np.array([0.0, 1, 0, 1, 0, 1])) is None


def test_counts_of_0_alone_in_a_level():
    X = np.column_stack([np.ones(6), [0.0, 0, 0, 0, 1, 1]])
    way = separating.of_counts(X, np.array([1.0, 2, 0, 3, 0, 0]))
    assert_allclose(X[:4] @ way, 0, atol=1e-9)
    assert separating.of_counts(X, np.array([1.0, 2, 0, 3, 0, 1])) is None
    assert separating.of_counts(X, np.ones(6)) is None


def test_categories_in_their_order():
    X = np.array([[0.0], [1], [2], [3], [4], [5]])
    assert separating.of_levels(X, np.array([0, 0, 1, 1, 2, 2]), 3)[0] > 0
    assert separating.of_levels(X, np.array([2, 2, 1, 1, 0, 0]), 3)[0] < 0
    assert separating.of_levels(X, np.array([0, 1, 2, 0, 1, 2]), 3) is None
    assert separating.of_levels(np.zeros((6, 1)), np.array([0, 0, 1, 1, 2, 2]), 3) is None


@pytest.mark.parametrize("family", ["logit", "probit", "cloglog"])
def test_two_levels_that_are_all_1_are_told_by_their_names(family):
    rng = np.random.default_rng(2)
    d = pd.DataFrame({"g": np.repeat(list("abcdef"), 10), "x": rng.normal(size=60)})
    d["b"] = (rng.uniform(size=60) < 0.5) * 1.0
    d.loc[d["g"].isin(["a", "b"]), "b"] = 1.0
    with pytest.raises(DataError, match=r"tells? answers 1 from answers 0 without error .*\(separation\)"):
        regress(sv.Design(d, sampling="srs"), "b ~ g", family=family)


def test_a_level_wholly_in_the_top_category():
    rng = np.random.default_rng(3)
    d = pd.DataFrame({"g": np.repeat(list("abc"), 20), "o": rng.integers(1, 4, 60)})
    d.loc[d["g"] == "a", "o"] = 3
    d["o"] = pd.Categorical(d["o"], ordered=True)
    with pytest.raises(DataError, match="separation"):
        regress(sv.Design(d, sampling="srs"), "o ~ g", family="ordinal")


def test_the_programme_and_the_search_agree():
    """On small samples: a fit ends where no direction is found, and is refused as separated where one is."""
    rng, seen = np.random.default_rng(9), {True: 0, False: 0}
    for _ in range(60):
        n = int(rng.integers(8, 16))
        d = pd.DataFrame({"x": rng.normal(size=n).round(1), "g": rng.choice(list("abc"), n)})
        d["b"] = (rng.uniform(size=n) < 0.6) * 1.0
        if d["g"].nunique() < 2 or d["b"].nunique() < 2:
            continue
        X = np.column_stack([np.ones(n), d["x"], pd.get_dummies(d["g"]).to_numpy(float)[:, 1:]])
        apart = separating.of_two(X, d["b"].to_numpy()) is not None
        seen[apart] += 1
        ended = nullcontext() if not apart else pytest.raises(DataError, match="separation")
        with ended:
            regress(sv.Design(d, sampling="srs"), "b ~ x + g", family="logit")
    assert min(seen.values()) > 5


FAMILY = {"gaussian": "y", "logit": "b", "probit": "b", "cloglog": "b", "poisson": "c", "ordinal": "o"}


@pytest.mark.parametrize("family", FAMILY)
@pytest.mark.parametrize("seed", [10, 11, 12])
def test_a_replicate_that_does_not_tell_the_terms_apart_has_no_fit(family, seed):
    r = np.random.default_rng(seed)
    n = 200
    psu = r.integers(0, 12, n)
    psu[:12] = np.arange(12)
    d = pd.DataFrame({"psu": psu, "x": r.normal(size=n), "w": r.uniform(0.4, 5, n)})
    d["lv"] = np.where(psu == 3, "r", np.where(psu < 8, "s", "t"))  # a level in one unit alone
    d["y"] = d["x"] + r.normal(size=n)
    d["b"], d["c"] = (d["y"] > 0) * 1, r.poisson(np.exp(d["x"] / 3))
    d["o"] = pd.Categorical(pd.cut(d["y"], [-99, -1, 0, 1, 99], labels=False), ordered=True)
    design = sv.replicate_weights(sv.Design(d, weights="w", psu="psu"), "JK1")
    for right in ("lv + x", "x + lv"):
        found = regress(design, f"{FAMILY[family]} ~ {right}", family=family).coefficients
        assert found.se.isna().all()
        assert (found.reason == "the model has no fit in 1 of 12 replicates").all()
