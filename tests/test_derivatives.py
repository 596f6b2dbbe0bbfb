"""The variance after every kind of weighting step takes the derivative of the weights replayed."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from replay import REPLAYED, STEP, covariances
from strategies import SHAPES, build

import surveykit as sv

Verb = Callable[..., sv.Design]
Step = tuple[Verb, dict[str, Any]]
Maker = Callable[[sv.Design], Step]

STATISTICS = {
    "mean": lambda design: sv.mean(design, "z", by="group"),
    "two means": lambda design: sv.mean(design, ["z", "x"], where="x < 1.7"),
    "total": lambda design: sv.total(design, "z", by="sex"),
    "total in one stratum": lambda design: sv.total(design, "x", where="stratum == 'h0'"),
    "ratio": lambda design: sv.ratio(design, "z", "x", by="group"),
    "variance": lambda design: sv.variance(design, ["z", "x"]),
}
#: A variance that the steps bring to 0 is rounding, in units of what it was.
ROUNDING = 1e-14
SEEDS = (1, 3)
WITHIN = {"equal_within": "village", "distance": "raking"}


def near(design: sv.Design, levels: list[str], totals: list[str]) -> dict[str, Any]:
    """Return targets that weights a little away from those of the design meet."""
    data = design.data
    tilt = 0.5 * (data["x"] - 1.5) + data["group"].map({"a": -0.06, "b": 0.0, "c": 0.06}).astype(float)
    noise = np.random.default_rng(8).uniform(-0.01, 0.01, len(data))
    w = design.w * ((tilt + 0.08 * (data["sex"] - 1.5)).clip(-0.1, 0.1) + 1 + noise)
    made: dict[str, Any] = {name: w.groupby(data[name]).sum().to_dict() for name in levels}
    return made | {name: float(w @ data[name]) for name in totals}


def nonresponse(**words: Any) -> Maker:
    return lambda _: (sv.adjust_nonresponse, {"responded": "answered", **words})


def raked(**words: Any) -> Maker:
    return lambda design: (sv.rake, {"margins": near(design, ["group", "sex"], []), **words})


def calibrated(*, levels: tuple[str, ...] = ("group",), **words: Any) -> Maker:
    return lambda design: (sv.calibrate, {"targets": near(design, list(levels), ["x"]), **words})


def poststratified(design: sv.Design) -> Step:
    people = pd.Series(design.w).groupby([design.data["sex"], design.data["stratum"]]).sum()
    factors = np.random.default_rng(9).uniform(0.8, 1.2, len(people))
    return sv.poststratify, {"cells": ["sex", "stratum"], "targets": people * factors}


def shares(design: sv.Design) -> Step:
    del design
    return sv.poststratify, {"cells": "group", "targets": {"a": 0.3, "b": 0.25, "c": 0.45}}


def by_stratum(design: sv.Design) -> Step:
    parts = design.data["stratum"].unique()
    w = pd.Series(design.w * np.random.default_rng(10).uniform(0.9, 1.1, len(design)))
    group, part = design.data["sex"], design.data["stratum"]
    sex = {h: w[part == h].groupby(group[part == h]).sum().to_dict() for h in parts}
    x = {h: float((w * design.data["x"])[part == h].sum()) for h in parts}
    return sv.calibrate, {"targets": {"sex": sex, "x": x}, "by": "stratum", "distance": "sinh"}


def shares_by_stratum(design: sv.Design) -> Step:
    shares = {h: {1: 0.4 + 0.1 * k, 2: 0.6 - 0.1 * k} for k, h in enumerate(design.data["stratum"].unique())}
    return sv.calibrate, {"targets": {"sex": shares}, "by": "stratum"}


def shares_of_people(design: sv.Design) -> Step:
    people = float(design.w.sum())
    totals = {"group": {"a": 0.35, "b": 0.3, "c": 0.35}, "x": 1.55 * people}
    return sv.calibrate, {"targets": totals, "population": people, "distance": "raking"}


PROPENSITY = nonresponse(method="propensity", predictors=["x", "sex"])
CUT = {
    "rake within bounds": (0.89, 1.07),
    "linear within bounds": (0.89, 1.11),
    "raking within bounds": (0.89, 1.11),
}
LOGIT = calibrated(distance="logit", bounds=(0.6, 1.7))
CHAINS: dict[str, list[Maker]] = {
    "classes": [nonresponse(cells="stratum")],
    "propensity": [PROPENSITY],
    "propensity of levels": [nonresponse(method="propensity", predictors=["sex", "group_sometimes"])],
    "classes of propensity": [nonresponse(method="propensity_classes", predictors="x", classes=2)],
    "eligible only": [nonresponse(cells="stratum", eligible="belongs")],
    "redistribute": [
        lambda _: (sv.redistribute, {"give": "answered == 0", "take": "answered == 1 and belongs == 1"})
    ],
    "multiplied": [lambda _: (sv.multiply_weights, {"column": "adults"}), raked()],
    "poststratify": [poststratified],
    "poststratify to shares": [shares],
    "rake": [raked()],
    "rake within bounds": [raked(bounds=CUT["rake within bounds"])],
    "linear": [calibrated()],
    "linear without a constant": [calibrated(levels=())],
    "linear within bounds": [calibrated(bounds=CUT["linear within bounds"])],
    "raking within bounds": [calibrated(distance="raking", bounds=CUT["raking within bounds"])],
    "logit": [LOGIT],
    "sinh": [calibrated(distance="sinh")],
    "scaled": [calibrated(scale="adults")],
    "equal in villages": [calibrated(**WITHIN)],
    "by parts": [by_stratum],
    "shares by parts": [shares_by_stratum],
    "shares of people": [shares_of_people],
    "penalty": [calibrated(levels=("group", "sex"), penalty={"sex": 0.4, "x": 0.2})],
    "two calibrations": [LOGIT, calibrated(levels=("sex",), distance="sinh")],
    "chain": [PROPENSITY, raked(), LOGIT, poststratified],
    "longer chain": [
        nonresponse(cells="sex"),
        lambda _: (sv.multiply_weights, {"column": "adults"}),
        shares,
        by_stratum,
        calibrated(bounds=(0.8, 1.2), penalty=0.3),
    ],
}


def sample(seed: int) -> pd.DataFrame:
    """Return a sample of 6 communes whose villages have equal weights."""
    data = build([3, 3], seed, villages=2, people=3)
    rng = np.random.default_rng(seed)
    n = len(data)
    data["w"] = data["village"].map({v: rng.uniform(0.5, 3.0) for v in data["village"].unique()})
    data["adults"] = rng.integers(1, 4, n)
    data["belongs"] = np.where((np.arange(n) % 7 == 3) & (data["answered"] == 0), 0, 1)
    data["group_sometimes"] = data["group"].replace("c", "b").astype(str)
    return data


def follow(design: sv.Design, makers: list[Maker]) -> tuple[sv.Design, list[Step]]:
    """Take the steps, and return them with the words that they had: what is moved later has the same."""
    taken: list[Step] = []
    for make in makers:
        verb, words = make(design)
        taken.append((verb, words))
        design = verb(design, **words)
    return design, taken


def again(design: sv.Design, taken: list[Step]) -> sv.Design:
    return reduce(lambda made, step: step[0](made, **step[1]), taken, design)


TRIED = [("clusters", name, seed) for name in CHAINS for seed in SEEDS]
TRIED += [("two stages with sizes", name, SEEDS[0]) for name in ("equal in villages", "by parts", "chain")]


@pytest.mark.parametrize(("shape", "name", "seed"), TRIED)
def test_the_variance_takes_the_derivative_of_the_steps_taken_again(shape, name, seed):
    data, words = sample(seed), SHAPES[shape]
    start = sv.Design(data, weights="w", **words)
    design, taken = follow(start, CHAINS[name])
    # the price of a gap is set once, by the whole sample: there the steps are replayed, not the verbs
    if any("penalty" in said for _, said in taken):
        wanted = covariances(data, words, lambda d: reduce(sv.Design.add_step, design.steps, d), STATISTICS)
    else:
        wanted = covariances(data, words, lambda d: again(d, taken), STATISTICS)
    for key, statistic in STATISTICS.items():
        V, before = (statistic(d).covariance.full() for d in (design, start))
        room = max(REPLAYED * np.abs(wanted[key]).max(), ROUNDING * np.abs(before).max())
        assert_allclose(V, wanted[key], rtol=REPLAYED, atol=room)


@pytest.mark.parametrize("name", CUT)
def test_some_rows_of_the_calibrations_within_bounds_stand_at_one(name):
    for seed in SEEDS:
        start = sv.Design(sample(seed), weights="w", **SHAPES["clusters"])
        ratio = follow(start, CHAINS[name])[0].w / start.w
        cut = sum(np.isclose(ratio, bound, rtol=1e-12, atol=0) for bound in CUT[name])
        assert 0 < cut.sum() < len(start) / 2


def test_what_calibration_cannot_know_of_its_targets_adds_to_the_variance():
    """Targets that are estimates: the variance of the sample, and that of the targets through the slopes."""
    data, words = sample(1), SHAPES["clusters"]
    start = sv.Design(data, weights="w", **words)
    other = sv.Design(build([4, 3], 77), weights="w", **words)
    known = {"group": sv.count(other, by="group"), "x": sv.total(other, "x")}
    plain = {"group": known["group"].value.to_dict(), "x": float(known["x"].value.iloc[0])}

    def take(design: sv.Design, **moved: float) -> sv.Design:
        group = {k: v + moved.get(k, 0.0) for k, v in plain["group"].items()}
        return sv.calibrate(
            design, {"group": group, "x": plain["x"] + moved.get("x", 0.0)}, distance="raking"
        )

    within = covariances(data, words, take, STATISTICS)
    made = sv.calibrate(start, known, distance="raking")
    noise = np.zeros((4, 4))
    noise[:3, :3], noise[3, 3] = known["group"].covariance.full(), known["x"].covariance.full()[0, 0]
    for name, statistic in STATISTICS.items():
        slopes = np.array(
            [
                (statistic(take(start, **{k: h})).value - statistic(take(start, **{k: -h})).value) / (2 * h)
                for k, h in (("a", STEP), ("b", STEP), ("c", STEP), ("x", STEP))
            ]
        )
        wanted = within[name] + slopes.T @ noise @ slopes
        V = statistic(made).covariance.full()
        assert_allclose(V, wanted, rtol=REPLAYED, atol=REPLAYED * np.abs(wanted).max())
