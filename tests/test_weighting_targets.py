"""Targets of a calibration in every form a user may give, and what their own error does to the variance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose
from strategies import SHAPES, build

import surveykit as sv
from sampling.checks import MarginError

GROUP = {"a": 210.0, "b": 330.0, "c": 460.0}
SEX = {1: 480.0, 2: 520.0}
SAME = 1e-9


def sample(seed: int = 31, **words: int) -> sv.Design:
    return sv.Design(build([3, 4], seed, missing=0.0, **words), weights="w", **SHAPES["clusters"])


DESIGN = sample()


def series(levels: dict, name: str) -> pd.Series:
    return pd.Series(levels).rename_axis(name)


def table(levels: dict, *names: str) -> pd.DataFrame:
    """Return a long table: a column for each of the names, and one of numbers."""
    keys = [key if isinstance(key, tuple) else (key,) for key in levels]
    return pd.DataFrame(keys, columns=list(names)).assign(so_nguoi=list(levels.values()))


# --- forms --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "targets",
    [
        {"group": pd.Series(GROUP), "sex": pd.Series(SEX)},
        {"group": table(GROUP, "group"), "sex": table(SEX, "sex")},
        {"group": pd.DataFrame({"so_nguoi": GROUP}), "sex": pd.DataFrame({"so_nguoi": SEX})},
        [series(GROUP, "group"), series(SEX, "sex")],
        [table(GROUP, "group"), series(SEX, "sex")],
        (series(SEX, "sex").to_frame("n"), table(GROUP, "group")),
        {("group",): GROUP, "sex": SEX},
    ],
)
@pytest.mark.parametrize("verb", [sv.rake, sv.calibrate])
def test_margins_mean_the_same_in_every_form(targets, verb):
    assert_allclose(verb(DESIGN, targets).w, verb(DESIGN, {"group": GROUP, "sex": SEX}).w, rtol=SAME)


CROSSED = {
    ("a", 1): 90.0,
    ("a", 2): 120.0,
    ("b", 1): 150.0,
    ("b", 2): 180.0,
    ("c", 1): 240.0,
    ("c", 2): 220.0,
}


@pytest.mark.parametrize(
    "targets",
    [
        {("group", "sex"): pd.Series(CROSSED)},
        {("group", "sex"): table(CROSSED, "group", "sex")},
        {("sex", "group"): {(sex, group): v for (group, sex), v in CROSSED.items()}},
        pd.Series(CROSSED).rename_axis(["group", "sex"]),
        table(CROSSED, "group", "sex"),
        [table(CROSSED, "group", "sex")],
        pd.Series(CROSSED).rename_axis(["group", "sex"]).to_frame("n"),
    ],
)
def test_crossings_mean_the_same_in_every_form(targets):
    wanted = sv.poststratify(DESIGN, ["group", "sex"], CROSSED).w
    for verb in (sv.rake, sv.calibrate):
        assert_allclose(verb(DESIGN, targets).w, wanted, rtol=SAME)
    held = DESIGN.data.groupby(["group", "sex"])["w"].transform("sum")
    cells = pd.MultiIndex.from_frame(DESIGN.data[["group", "sex"]])
    assert_allclose(wanted, DESIGN.w / held * pd.Series(CROSSED).reindex(cells).to_numpy(), rtol=SAME)


@pytest.mark.parametrize("form", [dict, pd.Series, lambda t: table(t, "group", "sex")])
def test_classes_of_poststratification_mean_the_same_in_every_form(form):
    wanted = sv.poststratify(DESIGN, ["group", "sex"], CROSSED).w
    assert_allclose(sv.poststratify(DESIGN, ["group", "sex"], form(CROSSED)).w, wanted, rtol=SAME)


def test_a_margin_may_stand_beside_a_crossing_of_its_column():
    targets = {"stratum": {"h0": 450.0, "h1": 550.0}, ("group", "sex"): CROSSED}
    made = sv.rake(DESIGN, targets)
    assert_allclose(made.weights.groupby(DESIGN.data["stratum"]).sum(), [450.0, 550.0])
    found = made.weights.groupby([DESIGN.data["group"], DESIGN.data["sex"]]).sum()
    assert_allclose(found, list(CROSSED.values()))


def test_hundreds_of_levels_are_kept_sparse_and_give_what_one_after_another_does():
    n = 1_200
    data = pd.DataFrame(
        {"w": np.linspace(1, 3, n), "xa": np.arange(n) // 5, "sex": np.arange(n) % 2, "y": 1.0}
    )
    data["y"] += np.sin(np.arange(n))
    design = sv.Design(data, weights="w", psu="xa")
    communes = (data.groupby("xa")["w"].sum() * np.linspace(0.8, 1.2, 240)).rename_axis("xa")
    sex = pd.Series([0.48, 0.52]) * communes.sum()
    made = sv.rake(design, {"xa": communes, "sex": sex})
    assert sp.issparse(made.steps[-1].X)
    w = data["w"].copy()
    for _ in range(200):
        for name, wanted in (("xa", communes), ("sex", sex)):
            w *= data[name].map(wanted / w.groupby(data[name]).sum())
    assert_allclose(made.w, w, rtol=1e-8)
    assert_allclose(sv.count(made, by="sex").se, 0.0, atol=1e-6)


# --- number of people ---------------------------------------------------------------------------------------


def shares(levels: dict) -> dict:
    return {level: v / 1000 for level, v in levels.items()}


def test_shares_of_a_known_number_of_people_are_counts():
    counts = sv.calibrate(DESIGN, {"group": GROUP, "sex": SEX, "x": 1_500.0})
    made = sv.calibrate(DESIGN, {"group": shares(GROUP), "sex": shares(SEX), "x": 1_500.0}, population=1_000)
    assert_allclose(made.w, counts.w, rtol=SAME)
    assert_allclose(sv.total(made, "z").se, sv.total(counts, "z").se)


def test_without_it_shares_keep_the_sum_of_the_weights():
    made = sv.calibrate(DESIGN, {"group": shares(GROUP), "sex": shares(SEX)})
    assert_allclose(made.w.sum(), DESIGN.w.sum())
    assert_allclose(sv.proportion(made, "group").value, list(shares(GROUP).values()))


def test_counts_may_state_the_number_of_people_again():
    known = sv.calibrate(DESIGN, {"group": GROUP}, population=1_000)
    assert_allclose(known.w, sv.calibrate(DESIGN, {"group": GROUP}).w, rtol=SAME)


def test_beside_totals_it_is_the_constant_of_a_regression_estimator():
    made = sv.calibrate(DESIGN, {"x": 1_500.0}, population=1_000)
    assert_allclose([made.w.sum(), made.w @ DESIGN.data["x"]], [1_000.0, 1_500.0])
    one = DESIGN.changed(data=DESIGN.data.assign(mot=1.0))
    assert_allclose(made.w, sv.calibrate(one, {"mot": 1_000.0, "x": 1_500.0}).w, rtol=SAME)


def test_counts_of_just_100_people_are_counts_where_that_is_said():
    hundred = {"group": {"a": 20.0, "b": 30.0, "c": 50.0}}
    made = sv.calibrate(DESIGN, hundred, population=100)
    assert_allclose(sv.count(made, by="group").value, list(hundred["group"].values()))
    for population in (None, 101, 5_000_000):
        with pytest.raises(MarginError, match="sum to 100"):
            sv.calibrate(DESIGN, hundred, population=population)
    parts = {"h0": hundred["group"], "h1": BY["h1"]}
    people = {"h0": 100, "h1": 550}
    made = sv.calibrate(DESIGN, {"group": parts}, by="stratum", population=people)
    assert_allclose(made.weights.groupby(DESIGN.data["stratum"]).sum(), [100.0, 550.0])
    few = sv.calibrate(DESIGN, {"group": {"a": 0.5, "b": 0.4, "c": 0.7}}, population=1.6)  # in thousands, say
    assert_allclose(few.w.sum(), 1.6)


# --- by part ------------------------------------------------------------------------------------------------

BY = {
    "h0": {"a": 100.0, "b": 150.0, "c": 200.0},
    "h1": {"a": 110.0, "b": 180.0, "c": 260.0},
}
LONG = {(part, level): v for part, levels in BY.items() for level, v in levels.items()}
TURNED = {(level, part): v for (part, level), v in LONG.items()}


@pytest.mark.parametrize(
    "targets",
    [
        {"group": BY},
        {"group": LONG},
        {"group": {part: pd.Series(levels) for part, levels in BY.items()}},
        {"group": pd.Series(LONG)},
        {"group": pd.DataFrame(BY).T},
        pd.Series(LONG).rename_axis(["stratum", "group"]),
        pd.Series(TURNED).rename_axis(["group", "stratum"]),
        table(LONG, "stratum", "group"),
        [table(TURNED, "group", "stratum")],
        {("stratum", "group"): LONG},
        {("group", "stratum"): TURNED},
        {("group", "stratum"): table(LONG, "stratum", "group")},
    ],
)
def test_targets_by_part_mean_the_same_in_every_form(targets):
    made = sv.calibrate(DESIGN, targets, by="stratum", distance="raking")
    found = made.weights.groupby([DESIGN.data["stratum"], DESIGN.data["group"]]).sum()
    assert_allclose(found, list(LONG.values()))
    wanted = sv.poststratify(DESIGN, ["stratum", "group"], LONG)
    assert_allclose(made.w, wanted.w, rtol=SAME)
    assert_allclose(sv.total(made, "z").se, sv.total(wanted, "z").se)
    assert "by stratum" in made.steps[-1].name


THREE = {(part, *key): v / 2 for part in BY for key, v in CROSSED.items()}


@pytest.mark.parametrize(
    "targets",
    [
        {("group", "sex"): {part: {key: v / 2 for key, v in CROSSED.items()} for part in BY}},
        {("group", "sex"): THREE},
        {("group", "sex"): pd.Series(THREE)},
        pd.Series(THREE).rename_axis(["stratum", "group", "sex"]),
        table(THREE, "stratum", "group", "sex"),
    ],
)
def test_crossings_by_part_mean_the_same_in_every_form(targets):
    wanted = sv.poststratify(many(), ["stratum", "group", "sex"], THREE)
    assert_allclose(sv.calibrate(many(), targets, by="stratum").w, wanted.w, rtol=SAME)


def many() -> sv.Design:
    """Return a design in which every stratum has all pairs of group and sex."""
    return sv.Design(build([6, 6], 8, villages=4, people=6, missing=0.0), weights="w", **SHAPES["clusters"])


def test_totals_by_part_may_stand_in_a_mapping_or_a_series():
    totals = {"h0": 700.0, "h1": 900.0}
    for form in (dict, pd.Series):
        made = sv.calibrate(DESIGN, {"x": form(totals)}, by="stratum")
        found = (made.w * DESIGN.data["x"]).groupby(DESIGN.data["stratum"]).sum()
        assert_allclose(found, list(totals.values()))


@pytest.mark.parametrize("form", [dict, pd.Series])
def test_shares_of_parts_take_the_number_of_people_of_each(form):
    within = {
        part: {level: v / sum(levels.values()) for level, v in levels.items()} for part, levels in BY.items()
    }
    made = sv.calibrate(DESIGN, {"group": within}, by="stratum", population=form({"h0": 450.0, "h1": 550.0}))
    assert_allclose(made.w, sv.calibrate(DESIGN, {"group": BY}, by="stratum").w, rtol=SAME)
    kept = sv.calibrate(DESIGN, {"group": within}, by="stratum")
    sums = DESIGN.weights.groupby(DESIGN.data["stratum"]).sum()
    assert_allclose(kept.weights.groupby(DESIGN.data["stratum"]).sum(), sums)


def test_parts_may_have_different_levels():
    data = DESIGN.data.assign(
        loai=np.where(DESIGN.data["stratum"] == "h0", DESIGN.data["group"], DESIGN.data["sex"].astype(str))
    )
    targets = {"h0": BY["h0"], "h1": {"1": 270.0, "2": 280.0}}
    wide = pd.DataFrame(targets).T  # levels that a part does not have are empty
    for form in (targets, wide):
        made = sv.calibrate(DESIGN.changed(data=data), {"loai": form}, by="stratum")
        assert_allclose(made.weights.groupby(data["loai"]).sum().sort_values(), [100.0, 150, 200, 270, 280])


# --- targets with an error of their own ---------------------------------------------------------------------

OTHER = sample(77, villages=4, people=5)


def known(estimates: sv.Estimates) -> dict:
    """Return the values alone, as if they had no error."""
    return estimates.value.to_dict()


@pytest.mark.parametrize(
    "verb", [sv.rake, sv.calibrate, lambda d, t: sv.poststratify(d, "group", t["group"])]
)
def test_estimated_counts_add_the_variance_of_what_they_predict(verb):
    counts = sv.count(OTHER, by="group")
    made, exact = verb(DESIGN, {"group": counts}), verb(DESIGN, {"group": known(counts)})
    assert_allclose(made.w, exact.w, rtol=SAME)
    data, V = DESIGN.data, counts.covariance.full()
    means = (data["z"] * data["w"]).groupby(data["group"]).sum() / data["w"].groupby(data["group"]).sum()
    more = means.to_numpy() @ V @ means.to_numpy()
    assert_allclose(sv.total(made, "z").se ** 2, sv.total(exact, "z").se ** 2 + more)
    assert_allclose(sv.count(made, by="group").covariance.full(), V, rtol=1e-6, atol=1e-6 * V.max())
    centred = (means.to_numpy() - sv.mean(made, "z").value.iloc[0]) / made.w.sum()
    assert_allclose(sv.mean(made, "z").se ** 2, sv.mean(exact, "z").se ** 2 + centred @ V @ centred)


@pytest.mark.parametrize("people", [None, 1_000])
def test_estimated_shares_add_theirs_in_units_of_people(people):
    estimated = sv.proportion(OTHER, "group")
    words = {} if people is None else {"population": people}
    made = sv.calibrate(DESIGN, {"group": estimated}, **words)
    exact = sv.calibrate(DESIGN, {"group": known(estimated)}, **words)
    data, V = DESIGN.data, estimated.covariance.full()
    means = (data["z"] * data["w"]).groupby(data["group"]).sum() / data["w"].groupby(data["group"]).sum()
    more = made.w.sum() ** 2 * means.to_numpy() @ V @ means.to_numpy()
    assert_allclose(sv.total(made, "z").se ** 2, sv.total(exact, "z").se ** 2 + more)
    assert_allclose(sv.proportion(made, "group").se, estimated.se, rtol=1e-6)


def test_an_estimated_total_adds_the_variance_of_its_slope():
    total = sv.total(sample(79), "x")
    made = sv.calibrate(DESIGN, {"x": total})
    exact = sv.calibrate(DESIGN, {"x": float(total.value.iloc[0])})
    assert_allclose(made.w, exact.w, rtol=SAME)
    x, z, w = DESIGN.data["x"], DESIGN.data["z"], DESIGN.data["w"]
    more = ((w * x * z).sum() / (w * x**2).sum() * float(total.se.iloc[0])) ** 2
    assert_allclose(sv.total(made, "z").se ** 2, sv.total(exact, "z").se ** 2 + more)
    assert_allclose(sv.total(made, "x").se, total.se, rtol=1e-6)


def test_beside_other_margins_estimated_shares_add_the_variance_of_their_slopes():
    estimated, sex = sv.proportion(OTHER, "group"), shares(SEX)
    for words in ({}, {"population": 1_000}):
        made = sv.calibrate(DESIGN, {"group": estimated, "sex": sex}, distance="raking", **words)
        exact = sv.calibrate(DESIGN, {"group": known(estimated), "sex": sex}, distance="raking", **words)
        data = DESIGN.data
        levels = [data["group"] == level for level in "abc"] + [data["sex"] == level for level in (1, 2)]
        root = np.sqrt(made.w)  # raking: the slope of a ratio is the ratio
        X = np.column_stack(levels) * root[:, None]
        B = np.linalg.lstsq(X, root * data["z"], rcond=None)[0][:3]
        more = made.w.sum() ** 2 * B @ estimated.covariance.full() @ B
        assert_allclose(sv.total(made, "z").se ** 2, sv.total(exact, "z").se ** 2 + more)


# --- prices -------------------------------------------------------------------------------------------------


def test_a_price_of_a_tenth_closes_one_part_in_1_1_of_a_gap_that_is_alone():
    before = float(DESIGN.w @ DESIGN.data["x"])
    made = sv.calibrate(DESIGN, {"x": before + 22.0}, penalty=0.1)
    assert_allclose(made.w @ DESIGN.data["x"], before + 20.0)


def test_a_price_may_be_named_for_one_margin_and_the_others_are_met():
    targets = {"sex": SEX, ("group", "sex"): CROSSED | {("a", 1): 90.0}}
    targets["sex"] = {1: 480.0, 2: 520.0}
    made = sv.calibrate(DESIGN, targets, penalty={("group", "sex"): 0.2})
    assert_allclose(made.weights.groupby(DESIGN.data["sex"]).sum(), [480.0, 520.0])
    exact = sv.calibrate(DESIGN, targets)
    cells = [DESIGN.data["group"], DESIGN.data["sex"]]
    gap = made.weights.groupby(cells).sum() - exact.weights.groupby(cells).sum()
    start = DESIGN.weights.groupby(cells).sum() - exact.weights.groupby(cells).sum()
    assert 1e-3 < np.abs(gap).max() < np.abs(start).max()


def test_rows_without_weight_may_lack_what_a_step_asks_for():
    data = pd.DataFrame(
        {"w": 10.0, "r": [1, 1, 1, 1, 0], "g": [*list("aabb"), None], "p": [*list("xyxy"), None]}
    )
    design = sv.adjust_nonresponse(sv.Design(data, weights="w"), responded="r")
    parts = sv.calibrate(design, {"g": {"x": {"a": 9, "b": 21}, "y": {"a": 8, "b": 12}}}, by="p")
    assert_allclose(parts.w, [9, 8, 21, 12, 0])
    assert_allclose(sv.trim(parts, upper=16.0, by="p", recalibrate=False).w, [14, 8, 16, 12, 0])
    within = sv.calibrate(
        design.changed(data=data.assign(h=data["g"])), {"g": {"a": 20, "b": 30}}, equal_within="h"
    )
    assert_allclose(within.w, [10, 10, 15, 15, 0])
