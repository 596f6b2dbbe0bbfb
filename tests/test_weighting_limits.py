"""Limits of ratios and weights, one ratio for a household, trimming by hand and with totals met again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from numpy.testing import assert_allclose, assert_array_equal
from strategies import SEEDS, SHAPES, build

import surveykit as sv

few = settings(max_examples=10)
GROUP = {"a": 0.2, "b": 0.3, "c": 0.5}
SEX = {1: 0.48, 2: 0.52}


def sample(seed: int = 40, households: int = 3) -> sv.Design:
    """Return a design with households of up to so many people, who have the same weight."""
    data = build([6, 6], seed, missing=0.0, villages=3, people=6)
    place = data.groupby("village").cumcount() // households
    data["ho"] = data["village"] + "-" + place.astype(str)
    data["w"] = data.groupby("ho")["w"].transform("first")
    return sv.Design(data, weights="w", **SHAPES["clusters"])


DESIGN = sample()
DATA = DESIGN.data


def shares(design: sv.Design, name: str) -> list[float]:
    return (design.weights.groupby(design.data[name]).sum() / design.w.sum()).tolist()


# --- limits that hold exactly -------------------------------------------------------------------------------


@pytest.mark.parametrize("distance", ["linear", "raking", "sinh"])
def test_ratios_reach_their_bounds_exactly_and_the_targets_are_met(distance):
    free = sv.calibrate(DESIGN, {"group": GROUP, "sex": SEX}, distance=distance)
    ratio = free.w / DESIGN.w
    bounds = (round(ratio.min() + 0.02, 3), round(ratio.max() - 0.02, 3))
    made = sv.calibrate(DESIGN, {"group": GROUP, "sex": SEX}, distance=distance, bounds=bounds)
    ratio = made.w / DESIGN.w
    assert_allclose([ratio.min(), ratio.max()], bounds, rtol=1e-14)
    assert_allclose(shares(made, "group"), list(GROUP.values()))
    assert_allclose(shares(made, "sex"), list(SEX.values()))
    if distance == "raking":
        raked = sv.rake(DESIGN, {"group": GROUP, "sex": SEX}, bounds=bounds)
        assert_allclose(raked.w, made.w)


@pytest.mark.parametrize("distance", ["linear", "raking", "sinh"])
def test_weights_reach_their_bounds_exactly_and_the_targets_are_met(distance):
    targets = {"group": GROUP, "sex": SEX}
    free = sv.calibrate(DESIGN, targets, distance=distance)
    bounds = (np.quantile(free.w, 0.1), np.quantile(free.w, 0.9))
    made = sv.calibrate(DESIGN, targets, distance=distance, weight_bounds=bounds)
    assert made.w.min() >= bounds[0] * (1 - 1e-14)
    assert made.w.max() <= bounds[1] * (1 + 1e-14)
    assert (np.isclose(made.w, bounds[1], rtol=1e-12)).sum() >= 2
    assert_allclose(shares(made, "group"), list(GROUP.values()))
    assert_allclose(shares(made, "sex"), list(SEX.values()))


def test_limits_that_nobody_reaches_change_nothing():
    free = sv.calibrate(DESIGN, {"group": GROUP}, distance="raking")
    for words in ({"bounds": (0.01, 100)}, {"weight_bounds": (0.001, 1e6)}):
        made = sv.calibrate(DESIGN, {"group": GROUP}, distance="raking", **words)
        assert_allclose(made.w, free.w, rtol=1e-10)
        assert_allclose(sv.mean(made, "z").se, sv.mean(free, "z").se, rtol=1e-9)


def test_one_limit_may_be_open():
    free = sv.calibrate(DESIGN, {"group": GROUP, "sex": SEX})
    made = sv.calibrate(DESIGN, {"group": GROUP, "sex": SEX}, weight_bounds=(0, np.quantile(free.w, 0.9)))
    capped = sv.calibrate(DESIGN, {"group": GROUP, "sex": SEX}, weight_bounds=(-np.inf, made.w.max()))
    assert_allclose(capped.w, made.w, rtol=1e-9)


# --- households ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("distance", ["linear", "raking"])
def test_everyone_in_a_household_keeps_one_ratio_and_one_weight(distance):
    people, x = DESIGN.w.sum(), 1.01 * DESIGN.w @ DATA["x"]
    group = DESIGN.weights.groupby(DATA["group"]).sum() * [0.9, 1.0, 1.1]
    targets = {"group": group * people / group.sum(), "x": x}
    made = sv.calibrate(DESIGN, targets, distance=distance, equal_within="ho")
    ratio = pd.Series(made.w / DESIGN.w).groupby(DATA["ho"])
    assert_allclose(ratio.max(), ratio.min(), rtol=1e-12)
    weight = made.weights.groupby(DATA["ho"])
    assert_allclose(weight.max(), weight.min(), rtol=1e-12)
    assert_allclose(shares(made, "group"), group / group.sum())
    assert_allclose(made.w @ DATA["x"], x)
    alone = pd.Series(sv.calibrate(DESIGN, targets, distance=distance).w / DESIGN.w).groupby(DATA["ho"])
    assert (alone.max() > 1.05 * alone.min()).any()


def test_households_of_one_person_are_people():
    design = sample(41, households=1)
    one = sv.calibrate(design, {"group": GROUP, "sex": SEX}, equal_within="ho")
    assert_allclose(one.w, sv.calibrate(design, {"group": GROUP, "sex": SEX}).w, rtol=1e-9)


def test_households_may_be_calibrated_part_by_part():
    within = {"h0": SEX, "h1": {1: 0.55, 2: 0.45}}
    made = sv.calibrate(DESIGN, {"sex": within}, by="stratum", distance="raking", equal_within="ho")
    found = made.weights.groupby([DATA["stratum"], DATA["sex"]]).sum()
    sums = DESIGN.weights.groupby(DATA["stratum"]).sum()
    assert_allclose(found, [*(sums["h0"] * np.array([0.48, 0.52])), *(sums["h1"] * np.array([0.55, 0.45]))])
    weight = made.weights.groupby(DATA["ho"])
    assert_allclose(weight.max(), weight.min(), rtol=1e-12)


def test_people_of_a_household_without_weight_have_no_say():
    gone = DATA["answered"] == 0
    data = DATA.assign(w=DATA["w"].where(~gone, 0.0))
    wild = data.assign(x=data["x"].where(~gone, 1e6))
    targets = {"group": GROUP, "sex": SEX, "x": 1.01 * data["w"] @ data["x"]}
    one, two = (
        sv.calibrate(
            sv.Design(d, weights="w", **SHAPES["clusters"]), targets,
            distance="raking", equal_within="ho", population=data["w"].sum(),
        ).w
        for d in (data, wild)
    )  # fmt: skip
    assert_allclose(two, one, rtol=1e-12)


# --- trimming by hand ---------------------------------------------------------------------------------------

FOUR = pd.DataFrame({"w": [10.0, 20.0, 30.0, 140.0], "nhom": list("aabb")})


def trimmed(**words: object) -> list[float]:
    return sv.trim(sv.Design(FOUR, weights="w"), **words).weights.tolist()


def test_limits_by_number_median_or_quantile_are_those_worked_out_by_hand():
    assert_allclose(trimmed(upper=80), [20.0, 40.0, 60.0, 80.0])
    assert_allclose(trimmed(ratio=3.2), [20.0, 40.0, 60.0, 80.0])  # the median is 25
    assert_allclose(trimmed(quantile=0.75, ratio=80 / 57.5), [20.0, 40.0, 60.0, 80.0])
    assert_allclose(trimmed(quantile=0.75, redistribute="none"), [10.0, 20.0, 30.0, 57.5])
    assert_allclose(trimmed(upper=80, redistribute="equal"), [30.0, 40.0, 50.0, 80.0])
    assert_allclose(trimmed(lower=40, upper=100), [40.0, 40.0, 40.0, 80.0])


def test_groups_have_their_own_limits_and_gifts():
    assert_allclose(trimmed(ratio=1.2, by="nhom"), [12.0, 18.0, 68.0, 102.0])


def test_a_gift_may_be_given_once():
    once = trimmed(upper=80, redistribute="equal", strict=False)
    assert_allclose(once, [30.0, 40.0, 50.0, 80.0])
    assert_allclose(trimmed(upper=55, strict=False), [10 * 145 / 60, 20 * 145 / 60, 30 * 145 / 60, 55.0])
    assert_allclose(trimmed(upper=55), [35.0, 55.0, 55.0, 55.0])


def test_the_trail_tells_the_limit_the_number_cut_and_what_it_saves():
    made = sv.trim(sv.Design(FOUR, weights="w"), upper=80)
    assert made.steps[-1].name == "trim (≤ 80: 1 cut, deff 2.1 → 1.2)"
    w = np.array([10.0, 20.0, 30.0, 140.0])
    assert 4 * (w**2).sum() / w.sum() ** 2 == pytest.approx(2.1)
    groups = sv.trim(sv.Design(FOUR, weights="w"), ratio=1.2, by="nhom")
    assert groups.steps[-1].name.startswith("trim (≤ limits of 2 groups: 2 cut, deff 2.1 → ")
    raised = sv.trim(sv.Design(FOUR, weights="w"), lower=15)
    assert raised.steps[-1].name.startswith("trim (≥ 15: 1 cut, deff 2.1 → ")
    both = sv.trim(sv.Design(FOUR, weights="w"), lower=40, upper=100)
    assert both.steps[-1].name.startswith("trim (≥ 40, ≤ 100: ")


def test_weights_cut_without_a_gift_count_as_given_weights_in_the_variance():
    cap = float(np.quantile(DESIGN.w, 0.9))
    made = sv.trim(DESIGN, upper=cap, redistribute="none")
    given_weights = sv.Design(DATA.assign(w2=made.w), weights="w2", **SHAPES["clusters"])
    for statistic in (lambda d: sv.mean(d, "z", by="sex"), lambda d: sv.total(d, "z")):
        assert_allclose(statistic(made).covariance.full(), statistic(given_weights).covariance.full())


@pytest.mark.parametrize("redistribute", ["proportional", "equal"])
@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize(("before", "near"), [(None, 0.001), ("sex", 0.03)])  # apart by the second order
def test_the_variance_of_totals_after_trimming_is_that_of_the_jackknife(redistribute, strict, before, near):
    data = DATA.assign(much=DATA["z"] + 10)
    start = sv.Design(data, weights="w", **SHAPES["clusters"])
    start = start if before is None else sv.poststratify(start, before, {1: 90.0, 2: 110.0})
    low, high = (float(np.quantile(start.w, q)) for q in (0.1, 0.85))
    gift = {"redistribute": redistribute, "strict": strict}
    made = sv.trim(start, lower=low, upper=high, recalibrate=False, **gift)
    taken = sv.Design(data.assign(w2=made.w), weights="w2", **SHAPES["clusters"])
    se, wanted, known = (
        float(sv.total(d, "much").se.iloc[0]) for d in (made, sv.replicate_weights(made, "JKn"), taken)
    )
    assert_allclose(se, wanted, rtol=near)
    assert abs(known / wanted - 1) > 10 * near  # weights taken for known would not do


# --- trimming after a calibration ---------------------------------------------------------------------------


@few
@given(SEEDS)
def test_after_a_calibration_the_known_totals_are_met_again_under_the_limit(seed):
    design = sv.rake(sample(seed), {"group": GROUP, "sex": SEX})
    cap = float(np.quantile(design.w, 0.97))
    made = sv.trim(design, upper=cap)
    assert made.w.max() <= cap * (1 + 1e-12)
    assert_allclose(shares(made, "group"), list(GROUP.values()))
    assert_allclose(shares(made, "sex"), list(SEX.values()))
    assert [step.name.split(" (")[0] for step in made.steps] == ["rake", "trim", "again rake"]
    assert_allclose(sv.proportion(made, "group").se, 0.0, atol=1e-6)


def test_known_totals_are_met_again_only_where_asked_or_where_it_goes_without_saying():
    raked = sv.rake(DESIGN, {"group": GROUP, "sex": SEX})
    cap = float(np.quantile(raked.w, 0.95))
    assert len(sv.trim(raked, upper=cap, recalibrate=False).steps) == 2
    assert len(sv.trim(raked, upper=cap, strict=False).steps) == 2  # the limit need not hold for everyone
    again = sv.trim(raked, upper=cap, strict=False, recalibrate=True)
    assert len(again.steps) == 3
    assert again.w.max() <= cap * (1 + 1e-12)
    assert_allclose(shares(again, "group"), list(GROUP.values()))
    assert len(sv.trim(DESIGN, upper=float(DESIGN.w.max() * 0.9)).steps) == 1


def test_the_trail_tells_how_far_the_known_totals_move():
    raked = sv.rake(DESIGN, {"group": GROUP, "sex": SEX})
    cap = float(np.quantile(raked.w, 0.9))
    made = sv.trim(raked, upper=cap, recalibrate=False)
    moved = max(
        abs(found / wanted - 1)
        for name, levels in (("group", GROUP), ("sex", SEX))
        for found, wanted in zip(shares(made, name), levels.values(), strict=True)
    )
    assert made.steps[-1].name.endswith(f"known totals moved up to {100 * moved:.2g} %)")


@pytest.mark.parametrize(
    "words",
    [
        {"by": "stratum"},
        {"scale": "x"},
        {"equal_within": "ho"},
        {"bounds": (0.3, 3.0)},
        {"distance": "raking"},
        {"linearisation": "base"},
    ],
)
def test_the_calibration_that_is_repeated_is_the_one_that_was_asked_for(words):
    within = {"h0": SEX, "h1": {1: 0.55, 2: 0.45}} if "by" in words else SEX
    start = sv.calibrate(DESIGN, {"sex": within}, **words)
    cap = float(np.quantile(start.w, 0.95))
    made = sv.trim(start, upper=cap)
    last = made.steps[-1]
    assert last.name == f"again {start.steps[-1].name}"
    assert (last.distance, last.bounds, last.linearisation) == (
        start.steps[-1].distance, start.steps[-1].bounds, start.steps[-1].linearisation,
    )  # fmt: skip
    assert made.w.max() <= cap * (1 + 1e-12)
    for stratum in ("h0", "h1"):  # within the parts the shares are known, without them those of all
        inside = (DATA["stratum"] == stratum) | ("by" not in words)
        found, wanted = (design.weights[inside].groupby(DATA["sex"]).sum() for design in (made, start))
        assert_allclose(found / found.sum(), wanted / wanted.sum())
    everyone = sv.trim(start, upper=float(start.w.max() * 2))
    assert_allclose(everyone.w, start.w, rtol=1e-9)


def test_groups_keep_their_own_limits_when_known_totals_are_met_again():
    raked = sv.rake(DESIGN, {"group": GROUP})
    made = sv.trim(raked, ratio=1.8, by="stratum")
    medians = raked.weights.groupby(DATA["stratum"]).transform("median")
    assert (made.w <= 1.8 * medians * (1 + 1e-12)).all()
    assert_allclose(shares(made, "group"), list(GROUP.values()))
    assert_array_equal(made.w > 0, True)
