"""Weighting steps: the weights they make, and how their estimation enters the variance."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from reference.textbook import variance
from replay import REPLAYED, covariances
from strategies import MARGINS, SEEDS, SHAPES, STRATA, build, designs, samples, weighted

import surveykit as sv

#: Raking stops at a relative gap of 1e-12.
RAKED = 1e-9

few = settings(max_examples=10)

COUNTS = {"stratum": {"h0": 300.0, "h1": 500.0}}
CLASS = (sv.adjust_nonresponse, {"responded": "answered", "cells": "stratum"})
CLASSES = (sv.adjust_nonresponse, {"responded": "answered", "cells": ["stratum", "sex"]})
SHARES = (sv.rake, {"margins": MARGINS})
PEOPLE = (sv.rake, {"margins": {k: {m: 1e3 * s for m, s in v.items()} for k, v in MARGINS.items()}})
STRATUM = (sv.rake, {"margins": COUNTS})
REPEAT = (sv.adjust_nonresponse, {"responded": "again", "cells": "group"})
PATHS = {
    "no step": (),
    "class": (CLASS,),
    "crossed classes": (CLASSES,),
    "shares": (SHARES,),
    "counts": (PEOPLE,),
    "class, shares": (CLASS, SHARES),
    "class, counts": (CLASS, PEOPLE),
    "shares, counts of strata": (SHARES, STRATUM),
    "two classes": (CLASS, REPEAT),
    "class, class, shares, counts of strata": (CLASS, REPEAT, SHARES, STRATUM),
}
STATISTICS = {
    "mean": lambda design: sv.mean(design, "z", by="group"),
    "two means": lambda design: sv.mean(design, ["z", "x"], where="x < 1.7"),
    "total": lambda design: sv.total(design, "z", by="sex"),
    "total in one stratum": lambda design: sv.total(design, "x", where="stratum == 'h0'"),
    "shares": lambda design: sv.proportion(design, "y"),
    "share": lambda design: sv.proportion(design, "y", by="sex", value=[4, 5]),
    "ratio": lambda design: sv.ratio(design, "z", "x", by="group"),
    "variance": lambda design: sv.variance(design, ["z", "x"]),
}


def taken(design: sv.Design, path: str) -> sv.Design:
    """Return the design after the steps of a path."""
    return reduce(lambda made, step: step[0](made, **step[1]), PATHS[path], design)


def walk(data: pd.DataFrame, shape: str, path: str) -> sv.Design:
    """Return the design of a sample after the steps of a path."""
    return taken(sv.Design(data, weights="w", **SHAPES[shape]), path)


def replayed(data: pd.DataFrame, shape: str, path: str) -> dict[str, Any]:
    """Return the covariance of every statistic from its replayed influence and the textbook's variance."""
    return covariances(data, SHAPES[shape], lambda design: taken(design, path), STATISTICS)


@pytest.mark.parametrize("shape", ["clusters", "two stages with sizes"])
@pytest.mark.parametrize("path", PATHS)
def test_the_variance_takes_the_derivative_of_the_replayed_weights(shape, path):
    data = build([2, 2], 17, villages=2, people=2)
    data["again"] = np.where(np.arange(len(data)) % 5 == 4, 0, 1)
    wanted = replayed(data, shape, path)
    for name, statistic in STATISTICS.items():
        V = statistic(walk(data, shape, path)).covariance.full()
        assert_allclose(V, wanted[name], rtol=REPLAYED, atol=REPLAYED * np.abs(wanted[name]).max())


@settings(max_examples=3)
@given(STRATA, SEEDS, st.sampled_from(sorted(set(PATHS) - {"shares, counts of strata"})))
def test_the_derivative_holds_for_any_sample(strata, seed, path):
    data = build([strata[0], 2], seed, villages=2, people=2)
    data["again"] = np.where(np.arange(len(data)) % 5 == 4, 0, 1)
    wanted = replayed(data, "clusters", path)
    for name, statistic in STATISTICS.items():
        V = statistic(walk(data, "clusters", path)).covariance.full()
        assert_allclose(V, wanted[name], rtol=REPLAYED, atol=REPLAYED * np.abs(wanted[name]).max())


# --- nonresponse --------------------------------------------------------------------------------------------


@few
@given(samples())
def test_respondents_take_over_the_weight_of_their_class(data):
    before = sv.Design(data, weights="w")
    after = sv.adjust_nonresponse(before, responded="answered", cells=["stratum"])
    assert (after.weights[data["answered"] == 0] == 0).all()
    classes = data["stratum"]
    assert_allclose(after.weights.groupby(classes).sum(), before.weights.groupby(classes).sum())
    factor = (after.weights / before.weights)[data["answered"] == 1].groupby(classes)
    assert_allclose(factor.min(), factor.max())


@few
@given(designs(shapes=("clusters", "two stages with sizes"), steps=("", "rake shares")))
def test_a_step_that_changes_nothing_leaves_the_variance_alone(design):
    data = design.data.assign(everyone=True, same="one level")
    start = design.changed(data=data)
    for after in (
        sv.adjust_nonresponse(start, responded="everyone", cells=["stratum", "sex"]),
        sv.rake(start, {"same": {"one level": 1.0}}),
    ):
        assert_allclose(after.weights, start.weights)
        for statistic in STATISTICS.values():
            one, two = statistic(start).covariance.full(), statistic(after).covariance.full()
            assert_allclose(two, one, rtol=1e-9, atol=1e-12)


def test_one_count_for_everyone_leaves_means_alone():
    data = build([3, 3], 4).assign(same=1)
    start = sv.Design(data, weights="w", **SHAPES["clusters"])
    after = sv.rake(start, {"same": {1: 5_000}})
    assert_allclose(sv.mean(after, "z").se, sv.mean(start, "z").se)
    assert_allclose(sv.count(after).value, 5_000)
    assert_allclose(sv.count(after).se, 0.0, atol=1e-6)


def test_answers_of_nonrespondents_never_count():
    data = build([3, 3], 6)
    wild = data.assign(z=data["z"].where(data["answered"] == 1, 1e6))
    one, two = (weighted(sv.Design(d, weights="w"), "class") for d in (data, wild))
    assert_allclose(sv.mean(two, "z").value, sv.mean(one, "z").value)
    assert_allclose(sv.mean(two, "z").se, sv.mean(one, "z").se)


def test_rows_that_dropped_out_earlier_need_no_second_answer():
    data = build([3, 3], 6)
    data["again"] = np.where(data["answered"] == 1, 1.0, np.nan)
    design = weighted(sv.Design(data, weights="w"), "class")
    twice = sv.adjust_nonresponse(design, responded="again")
    assert_allclose(twice.weights, design.weights)


# --- raking -------------------------------------------------------------------------------------------------


@few
@given(designs(steps=("", "class")), st.booleans())
def test_raked_counts_hit_their_targets_without_error(design, counts):
    people = 1_000.0 if counts else 1.0
    before = design.weights.sum()
    raked = sv.rake(design, {k: {m: people * s for m, s in v.items()} for k, v in MARGINS.items()})
    for name, margin in MARGINS.items():
        share = sv.proportion(raked, name)
        assert_allclose(share.value, list(margin.values()), rtol=RAKED)
        assert_allclose(share.se, 0.0, atol=1e-6)
        if counts:
            count = sv.count(raked, by=name)
            assert_allclose(count.value, [people * s for s in margin.values()], rtol=RAKED)
            assert_allclose(count.se, 0.0, atol=1e-3)
    if not counts:
        assert_allclose(raked.weights.sum(), before)


@few
@given(samples())
def test_one_margin_of_counts_is_poststratification(data):
    design = sv.Design(data, weights="w", **SHAPES["clusters"])
    sizes = {"a": 210.0, "b": 330.0, "c": 460.0}
    raked = sv.rake(design, {"group": sizes})
    held = data.groupby("group")["w"].transform("sum")
    assert_allclose(raked.weights, data["w"] * data["group"].map(sizes) / held)
    u = (data["z"].fillna(0.0) - _mean(data["z"].fillna(0.0), raked.weights, data["group"])) * raked.weights
    V = variance(u.to_numpy(), [data["commune"]], data["stratum"], [None])
    total = sv.total(sv.rake(design.changed(data=data.fillna({"z": 0.0})), {"group": sizes}), "z")
    assert_allclose(total.se**2, V)


def _mean(values: pd.Series, w: pd.Series, groups: pd.Series) -> pd.Series:
    return (values * w).groupby(groups).transform("sum") / w.groupby(groups).transform("sum")


def test_the_order_of_margins_levels_and_types_never_matters():
    data = build([3, 3], 21)
    design = sv.Design(data, weights="w", **SHAPES["clusters"])
    one = sv.rake(design, MARGINS)
    backwards = {k: dict(reversed(v.items())) for k, v in reversed(MARGINS.items())}
    two = sv.rake(design, backwards)
    three = sv.rake(design, {k: pd.Series(v) for k, v in MARGINS.items()})
    four = sv.rake(design.changed(data=data.assign(sex=data["sex"] * 1.0)), MARGINS)
    for other in (two, three, four):
        assert_allclose(other.weights, one.weights, rtol=RAKED)
        assert_allclose(sv.mean(other, "z").se, sv.mean(one, "z").se, rtol=1e-7)


def test_levels_are_known_in_whatever_form_their_marks_are_written():
    data = build([3, 3], 21).assign(gioi=lambda t: np.where(t["sex"] == 1, "Nữ", "Nam "))
    raked = sv.rake(sv.Design(data, weights="w"), {"gioi": {" Nữ": 0.5, "Nam": 0.5}})
    assert_allclose(sv.proportion(raked, "gioi").value, 0.5)


def test_a_level_with_the_target_0_loses_its_weight():
    data = build([3, 3], 22)
    raked = sv.rake(sv.Design(data, weights="w"), {"group": {"a": 0.4, "b": 0.6, "c": 0.0, "nobody": 0.0}})
    assert (raked.weights[data["group"] == "c"] == 0).all()
    assert sv.mean(raked, "z", by="group").value.index.tolist() == ["a", "b"]
    assert (sv.mean(raked, "z", by="group").se > 0).all()


def test_rows_without_weight_may_have_a_level_without_target():
    data = build([3, 3], 22)
    data["level"] = np.where(data["answered"] == 1, "known", None)
    raked = sv.rake(weighted(sv.Design(data, weights="w"), "class"), {"level": {"known": 1.0}})
    assert (raked.weights > 0).sum() == data["answered"].sum()
    data["level"] = np.where(data["answered"] == 1, "known", "not in the margin")
    again = sv.rake(weighted(sv.Design(data, weights="w"), "class"), {"level": {"known": 1.0}})
    assert_allclose(again.weights, raked.weights)


def test_base_linearisation_has_the_weights_before_raking_in_its_regression():
    data = build([3, 3], 23, missing=0.0)
    design = sv.Design(data, weights="w", **SHAPES["clusters"])
    margins = PEOPLE[1]["margins"]
    raked, base = sv.rake(design, margins), sv.rake(design, margins, linearisation="base")
    assert_array_equal(raked.weights, base.weights)
    X = np.column_stack([data[name] == level for name, m in MARGINS.items() for level in m]).astype(float)
    for design, w in ((raked, raked.w), (base, data["w"].to_numpy())):
        root = np.sqrt(w)[:, None]
        u = data["z"].to_numpy() - sv.mean(design, "z").value.iloc[0]
        B = np.linalg.lstsq(root * X, root[:, 0] * u, rcond=None)[0]
        e = raked.w * (u - X @ B) / raked.w.sum()
        V = variance(e, [data["commune"]], data["stratum"], [None])
        assert_allclose(sv.mean(design, "z").se ** 2, V, rtol=1e-8)


def test_the_trail_tells_each_step():
    design = weighted(sv.Design(build([3, 3], 24), weights="w"), "class, rake shares")
    trail = design.trail
    assert trail["step"].tolist() == ["design", "nonresponse (stratum)", "rake (group, sex)"]
    assert trail["n"].iloc[0] == len(design) > trail["n"].iloc[1] == design.data["answered"].sum()
    assert_allclose(trail["sum"], trail["sum"].iloc[0])
    w = design.w[design.w > 0]
    assert_allclose(trail.iloc[-1][["min", "max"]].astype(float), [w.min(), w.max()])
    assert_allclose(trail["deff"].iloc[-1], 1 + w.var() / w.mean() ** 2)
    assert "rake (group, sex)" in repr(design)


def test_steps_make_new_designs_and_leave_the_old_ones():
    design = sv.Design(build([3, 3], 24), weights="w")
    before = design.weights.copy()
    raked = design.pipe(sv.adjust_nonresponse, responded="answered").pipe(sv.rake, margins=MARGINS)
    assert raked is not design
    assert len(design.steps) == 0
    assert len(raked.steps) == 2
    pd.testing.assert_series_equal(design.weights, before)
