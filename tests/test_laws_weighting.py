"""Laws of the weighting steps: true of any sample, without a stored number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from calibrations import DISTANCES, EVERY, reachable, samples, thousands
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from strategies import SEEDS, SHAPES, STRATA, check_same, statistics

import surveykit as sv
from sampling.checks import SurveyWarning

#: Totals that calibration fixes.
MET = 1e-10
#: What is left of their standard error, in units of that before.
NOTHING = 1e-9
#: Linear algebra on the same numbers in another order.
TIGHT = 1e-9
#: The same where a search stopped at a relative gap of 1e-12, times the condition of its equations.
SEARCHED = 1e-8

few = settings(max_examples=12)


# --- totals -------------------------------------------------------------------------------------------------


@few
@given(samples(), SEEDS, EVERY, st.sampled_from(sorted(SHAPES)))
def test_calibrated_totals_hit_their_targets_without_error(data, seed, name, shape):
    start = sv.Design(data, weights="w", **SHAPES[shape])
    targets = reachable(data, seed)
    made = sv.calibrate(start, targets, **DISTANCES[name])
    pairs = [(sv.total(d, "x"), sv.count(d, by="group"), sv.count(d, by="sex")) for d in (start, made)]
    wanted = [[targets["x"]], list(targets["group"].values()), list(targets["sex"].values())]
    for before, after, goal in zip(*pairs, wanted, strict=True):
        assert_allclose(after.value, goal, rtol=MET)
        assert (after.se <= NOTHING * before.se.max()).all()


@few
@given(samples(), SEEDS, EVERY)
def test_the_mean_of_a_calibrated_column_is_known(data, seed, name):
    start = sv.Design(data, weights="w", **SHAPES["clusters"])
    targets = reachable(data, seed)
    people, total = sum(targets["sex"].values()), targets["x"]
    made = sv.mean(sv.calibrate(start, {"x": total}, population=people, **DISTANCES[name]), "x")
    assert_allclose(made.value, total / people, rtol=MET)
    assert made.se.iloc[0] <= NOTHING * sv.mean(start, "x").se.iloc[0]


@few
@given(samples(), SEEDS, EVERY)
def test_calibration_to_what_the_weights_give_already_leaves_them(data, seed, name):
    del seed
    start = sv.Design(data, weights="w", **SHAPES["clusters"])
    held = reachable(data, 0, low=1.0, high=1.0)
    assert_allclose(sv.calibrate(start, held, **DISTANCES[name]).weights, start.weights, rtol=TIGHT)


# --- order --------------------------------------------------------------------------------------------------


@few
@given(samples(), SEEDS, EVERY)
def test_the_order_of_targets_levels_and_rows_never_matters(data, seed, name):
    targets = reachable(data, seed)
    shuffled = data.sample(frac=1, random_state=seed % 2**31)
    turned = {
        k: dict(reversed(v.items())) if isinstance(v, dict) else v for k, v in reversed(targets.items())
    }
    one = sv.calibrate(sv.Design(data, weights="w", **SHAPES["clusters"]), targets, **DISTANCES[name])
    two = sv.calibrate(sv.Design(shuffled, weights="w", **SHAPES["clusters"]), turned, **DISTANCES[name])
    assert_allclose(two.weights.sort_index(), one.weights, rtol=SEARCHED)
    for result, other in zip(statistics(one, "sex").values(), statistics(two, "sex").values(), strict=True):
        check_same(result, other, rtol=1e-7, intervals=False)


@few
@given(samples(), SEEDS, EVERY, st.floats(1, 1e6))
def test_the_scale_of_weights_and_targets_never_matters_to_means(data, seed, name, size):
    targets = reachable(data, seed)
    larger = {
        k: {m: v * size for m, v in t.items()} if isinstance(t, dict) else t * size
        for k, t in targets.items()
    }
    one = sv.calibrate(sv.Design(data, weights="w", **SHAPES["clusters"]), targets, **DISTANCES[name])
    many = sv.Design(data.assign(w=data["w"] * size), weights="w", **SHAPES["clusters"])
    two = sv.calibrate(many, larger, **DISTANCES[name])
    assert_allclose(two.weights, size * one.weights, rtol=SEARCHED)
    check_same(sv.mean(one, "z", by="sex"), sv.mean(two, "z", by="sex"), rtol=1e-7, intervals=False)


@few
@given(samples(), SEEDS, EVERY)
def test_the_unit_of_an_auxiliary_never_matters(data, seed, name):
    targets = reachable(data, seed)
    one = sv.calibrate(sv.Design(data, weights="w", **SHAPES["clusters"]), targets, **DISTANCES[name])
    other = sv.Design(data.assign(x=data["x"] * 1e9), weights="w", **SHAPES["clusters"])
    two = sv.calibrate(other, {**targets, "x": targets["x"] * 1e9}, **DISTANCES[name])
    assert_allclose(two.weights, one.weights, rtol=SEARCHED)
    check_same(sv.mean(one, "z"), sv.mean(two, "z"), rtol=1e-7, intervals=False)


# --- the same thing said in other ways ----------------------------------------------------------------------


@few
@given(samples(), SEEDS, st.sampled_from(["group", "sex", ("group", "sex")]), st.booleans())
def test_poststratification_is_raking_and_calibration_on_one_margin(data, seed, cells, shares):
    start = sv.Design(data, weights="w", **SHAPES["two stages with sizes"])
    columns = list(cells) if isinstance(cells, tuple) else cells
    rng = np.random.default_rng(seed)
    people = data.groupby(columns)["w"].sum() * rng.uniform(0.5, 2.0, data.groupby(columns).ngroups)
    people = people / people.sum() if shares else people
    one = sv.poststratify(start, columns, people)
    others = [
        sv.poststratify(start, columns, people.reset_index(name="people")),
        sv.rake(start, {cells: people.to_dict()}),
        sv.calibrate(start, {cells: people}),
        sv.calibrate(start, {cells: people}, distance="sinh"),
        sv.calibrate(start, {cells: people}, distance="logit", bounds=(0.1, 9.0)),
    ]
    assert_allclose(one.w, data["w"] * _ratio(data, columns, people, shares), rtol=TIGHT)
    for other in others:
        assert_allclose(other.w, one.w, rtol=TIGHT)
        for first, second in zip(statistics(one).values(), statistics(other).values(), strict=True):
            check_same(first, second, rtol=1e-8, intervals=False)


def _ratio(data: pd.DataFrame, columns: Any, people: pd.Series, shares: bool) -> Any:
    wanted = people * data["w"].sum() if shares else people
    ratio = (wanted / data.groupby(columns)["w"].sum()).rename("ratio")
    return data.join(ratio, on=columns)["ratio"]


@few
@given(samples(), SEEDS, EVERY)
def test_whole_weights_are_repeated_rows(data, seed, name):
    copies = np.random.default_rng(seed).integers(1, 4, len(data))
    data = data.assign(w=copies.astype(float))
    targets = reachable(data, seed)
    one = sv.calibrate(sv.Design(data, weights="w"), targets, **DISTANCES[name])
    repeated = data.loc[data.index.repeat(copies)].reset_index(drop=True).assign(w=1.0)
    two = sv.calibrate(sv.Design(repeated, weights="w"), targets, **DISTANCES[name])
    assert_allclose(np.repeat(one.w / copies, copies), two.w, rtol=SEARCHED)
    assert_allclose(sv.mean(one, "z", by="sex").value, sv.mean(two, "z", by="sex").value, rtol=SEARCHED)


@few
@given(samples(), SEEDS, EVERY)
def test_by_is_each_part_calibrated_alone(data, seed, name):
    start = sv.Design(data, weights="w", **SHAPES["clusters"])
    w = data["w"] * np.random.default_rng(seed).uniform(0.8, 1.25, len(data))
    parts = {h: rows.index for h, rows in data.groupby("stratum")}
    targets: dict[str, Any] = {
        "sex": {h: w[i].groupby(data["sex"][i]).sum().to_dict() for h, i in parts.items()},
        "x": {h: float(w[i] @ data["x"][i]) for h, i in parts.items()},
    }
    made = sv.calibrate(start, targets, by="stratum", **DISTANCES[name])
    for h, rows in parts.items():
        alone = sv.Design(data.loc[rows].reset_index(drop=True), weights="w", psu="commune")
        said = {key: value[h] for key, value in targets.items()}
        one = sv.calibrate(alone, said, **DISTANCES[name])
        assert_allclose(made.weights[rows], one.w, rtol=SEARCHED)
        for verb in (sv.mean, sv.total):
            inside, own = verb(made, "z", where=f"stratum == {h!r}"), verb(one, "z")
            assert_allclose(inside.value, own.value, rtol=SEARCHED, atol=SEARCHED)
            assert_allclose(inside.se, own.se, rtol=1e-7)


@few
@given(STRATA, SEEDS)
def test_a_propensity_of_levels_is_a_class_of_each(strata, seed):
    data = thousands(strata, seed)
    rates = data.groupby("group")["answered"].agg(["min", "max"])
    assume((rates["min"] == 0).all() and (rates["max"] == 1).all())
    start = sv.Design(data, weights="w", **SHAPES["clusters"])
    one = sv.adjust_nonresponse(start, responded="answered", cells="group")
    two = sv.adjust_nonresponse(start, responded="answered", method="propensity", predictors="group")
    assert_allclose(two.w, one.w, rtol=SEARCHED)
    for first, second in zip(statistics(one, "sex").values(), statistics(two, "sex").values(), strict=True):
        check_same(first, second, rtol=1e-7, intervals=False)


# --- steps that change nothing ------------------------------------------------------------------------------


@few
@given(samples(), st.sampled_from(sorted(SHAPES)))
def test_steps_that_change_nothing_leave_the_variance_alone(data, shape):
    start = sv.Design(data.assign(one=1), weights="w", **SHAPES[shape])
    unchanged = {
        "times 1": sv.multiply_weights(start, "one"),
        "divided by 1": sv.multiply_weights(start, "one", divide=True),
        "a cut above all": sv.trim(start, upper=2 * data["w"].max()),
        "a cut below all": sv.trim(start, lower=data["w"].min() / 2),
    }
    with pytest.warns(SurveyWarning, match="nothing moves"):
        unchanged["nobody gives"] = sv.redistribute(start, give="w > 1e6", take="w <= 1e6", cells="sex")
    for made in unchanged.values():
        assert_allclose(made.w, start.w, rtol=1e-14)
        for one, two in zip(statistics(start).values(), statistics(made).values(), strict=True):
            check_same(one, two, rtol=TIGHT, intervals=False)
