"""Targets that are estimates of another survey: their error stays in, however they are written."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import surveykit as sv
from surveykit.formulas import steps


def people(n: int, seed: int) -> sv.Design:
    rng = np.random.default_rng(seed)
    data = pd.DataFrame({"w": rng.uniform(5, 15, n), "xa": np.arange(n) // 5, "y": rng.normal(50, 10, n)})
    data["gioi"] = rng.choice(["Nam", "Nữ"], n)
    data["y"] += 20 * (data["gioi"] == "Nam")
    return sv.Design(data, weights="w", psu="xa")


OWN, OTHER = people(200, 1), people(100, 2)
SHARES, COUNTS = sv.proportion(OTHER, "gioi"), sv.count(OTHER, by="gioi")
N = float(OWN.w.sum())


def expected(design: sv.Design, shares: sv.Estimates) -> float:
    """Return the SE of a mean of two classes with shares P: that of known P, and (y_1 − y_2)² Var(P)."""
    known = sv.rake(design, {"gioi": shares.value.to_dict()})
    means = sv.mean(known, "y", by="gioi").value
    own = sv.mean(known, "y").se.iloc[0]
    return float(np.sqrt(own**2 + (means.iloc[0] - means.iloc[1]) ** 2 * shares.se.iloc[0] ** 2))


@pytest.mark.parametrize(
    "take",
    [
        lambda d: sv.rake(d, {"gioi": SHARES}),
        lambda d: sv.poststratify(d, "gioi", SHARES),
        lambda d: sv.calibrate(d, {"gioi": SHARES}),
        lambda d: sv.calibrate(d, {"gioi": SHARES}, population=N),
        lambda d: sv.calibrate(d, {"gioi": SHARES}, population=3 * N),
    ],
)
def test_the_error_of_estimated_shares_is_in_that_of_the_mean(take):
    assert_allclose(sv.mean(take(OWN), "y").se.iloc[0], expected(OWN, SHARES), rtol=1e-9)


@pytest.mark.parametrize("take", [sv.poststratify, lambda d, _, t: sv.rake(d, {"gioi": t})])
def test_estimated_counts_keep_their_error(take):
    made = take(OWN, "gioi", COUNTS)
    assert_allclose(sv.count(made, by="gioi").se, COUNTS.se, rtol=1e-9)


def test_a_class_left_out_takes_its_error_along():
    data = OTHER.data.assign(gioi=OTHER.data["gioi"].where(np.arange(100) > 9, "khác"))
    counts = sv.count(sv.Design(data, weights="w", psu="xa"), by="gioi")
    made = sv.poststratify(OWN, "gioi", counts, empty="leave")
    assert_allclose(sv.count(made, by="gioi").se, counts.se.loc[["Nam", "Nữ"]], rtol=1e-9)


def test_the_step_of_one_margin_moves_with_its_targets():
    made = sv.poststratify(OWN, "gioi", SHARES)
    shift = np.array([[0.01], [-0.01]])
    w = steps.replay(made.steps[-1], OWN.w, np.ones(len(OWN)), shift)
    sums = pd.Series(w).groupby(OWN.data["gioi"]).sum()
    assert_allclose(sums, (SHARES.value.to_numpy() + shift.ravel()) * N, rtol=1e-10)


def test_estimates_that_two_steps_use_bring_their_error_once():
    """The error of the targets counts through both calibrations together: B₁ + B₂ on each side of it."""
    rng = np.random.default_rng(20)

    def people(n: int) -> pd.DataFrame:
        g = rng.choice(list("abc"), n)
        y = pd.Series(g).map({"a": 0.0, "b": 1.0, "c": 3.0}) + rng.normal(size=n)
        return pd.DataFrame({"w": rng.uniform(5, 40, n), "xa": rng.integers(0, 40, n), "g": g, "y": y})

    design = sv.Design(people(400), weights="w", psu="xa")
    wanted = sv.count(sv.Design(people(120), weights="w", psu="xa"), by="g")

    def chain(targets: object) -> sv.Estimates:
        once = sv.rake(design, {"g": targets})
        return sv.mean(sv.calibrate(once, {"g": targets}, penalty=1.0), "y")

    known = wanted.value.to_dict()
    slopes = []
    for level, number in known.items():
        step = 1e-4 * number
        ends = [chain({**known, level: number + sign * step}).value.iloc[0] for sign in (1, -1)]
        slopes.append((ends[0] - ends[1]) / (2 * step))
    added = np.array(slopes) @ wanted.covariance.full() @ np.array(slopes)
    assert_allclose(chain(wanted).se.iloc[0] ** 2, chain(known).se.iloc[0] ** 2 + added, rtol=1e-6)
    assert added > 0.02 * chain(known).se.iloc[0] ** 2
