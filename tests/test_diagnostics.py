"""What the weights are made of: factors, heaviest forms, what they cost, margins, and the file of them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from strategies import MARGINS, SEEDS, STEPS, STRATA, make
from weighted import PEOPLE, three_stages, weighted

import surveykit as sv
from sampling.checks import ArgumentError, ColumnError, DataError, SurveyWarning
from surveykit.diagnostics import (
    heaviest,
    kish_deff,
    margins_table,
    stage_factors,
    weight_factors,
)

few = settings(max_examples=15)
PUBLISHED = Path(__file__).parent / "reference" / "published_cases.json"
#: The solver stops at a relative gap of 1e-12; sums of a hundred weights lose a few digits more.
MET = 1e-9


def published(name: str) -> dict:
    cases = json.loads(PUBLISHED.read_text(encoding="utf-8"))["cases"]
    return next(case for case in cases if case["id"] == name)


# --- factors ------------------------------------------------------------------------------------------------


def test_factors_are_those_worked_by_hand():
    # a: 20 of weight on one answer; then 40 men and 20 women are made 30 and 30
    table = weight_factors(weighted())
    assert table.columns.tolist() == ["xa", "base weight", "nonresponse (xa)", "rake (gioi)", "final weight"]
    assert_allclose(table["nonresponse (xa)"], [2, 0, 1, 1])
    assert_allclose(table["rake (gioi)"], [0.75, 1, 0.75, 1.5])
    assert_allclose(table["final weight"], [15, 0, 15, 30])


@few
@given(STRATA, SEEDS, st.sampled_from(STEPS))
def test_the_product_of_the_factors_is_the_final_weight(strata, seed, steps):
    design = make(strata, seed, "clusters", steps)
    table = weight_factors(design)
    factors = table.drop(columns=["stratum", "commune", "final weight"])
    assert_allclose(factors.prod(axis=1), table["final weight"], rtol=1e-12)
    assert_array_equal(table["final weight"], design.weights)
    assert_array_equal(table.index, design.data.index)


def test_factors_below_nought_multiply_to_the_final_weight_too():
    design = sv.Design(PEOPLE, weights="w")
    with pytest.warns(SurveyWarning, match="below 0"):
        design = sv.calibrate(design, {"tuoi": 600.0}, population=60)
    table = weight_factors(design)
    assert (table["final weight"] < 0).any()
    assert_allclose(table.prod(axis=1) / table["final weight"], table["final weight"])


def test_a_row_that_had_no_weight_has_factors_of_one():
    table = weight_factors(sv.Design(PEOPLE.assign(w=[10.0, 0, 20, 20]), weights="w").pipe(sv.trim, upper=30))
    assert table.iloc[1].tolist() == [0.0, 1.0, 0.0]


def test_steps_of_the_same_name_stand_side_by_side():
    design = sv.Design(PEOPLE, weights="w")
    for share in (0.5, 0.25):
        design = sv.rake(design, {"gioi": {"Nam": share, "Nữ": 1 - share}})
    table = weight_factors(design)
    assert table.columns.tolist() == ["base weight", "rake (gioi)", "rake (gioi) (2)", "final weight"]
    assert_allclose(table["rake (gioi) (2)"], [0.5, 1.5, 0.5, 1.5])


def test_columns_asked_for_stand_in_front_and_a_column_of_ones_own_name_is_kept_apart():
    data = PEOPLE.assign(**{"base weight": "x"})
    table = weight_factors(sv.Design(data, weights="w", psu="xa"), columns=["so", "base weight"])
    assert table.columns.tolist() == ["so", "base weight", "xa", "base weight (2)", "final weight"]


def test_a_part_shows_its_rows_only():
    assert weight_factors(weighted().where("xa == 'b'")).index.tolist() == [2, 3]


def test_the_base_weight_of_a_drawn_sample_is_split_into_its_stages():
    design = three_stages()
    table = weight_factors(design)
    stages = [f"stage {name}" for name in ("xa", "thon", "nguoi")]
    assert table.columns.tolist()[-5:] == [*stages, "base weight", "final weight"]
    assert_allclose(table[stages].prod(axis=1), table["base weight"])
    assert_allclose(table["stage thon"], 1 / design.data["thon_probability"])


def test_stages_are_shown_only_where_their_product_is_the_base_weight():
    data = pd.DataFrame({"xa_probability": [0.5, 0.5], "ho_probability": [0.1, 0.2], "w": [20.0, 10.0]})
    assert set(stage_factors(sv.Design(data, weights="w"))) == {"xa", "ho"}
    for wrong in (
        data.assign(w=[20.0, 11.0]),
        data.assign(ho_probability=[0.1, np.nan]),
        data.assign(ho_probability=["0,1", "0,2"]),
        data.drop(columns="ho_probability").assign(w=2.0),
    ):
        assert stage_factors(sv.Design(wrong, weights="w")) == {}


def test_rows_of_weight_nought_have_stage_factors_of_nought():
    data = pd.DataFrame({"a_probability": [0.5, 0.5], "b_probability": [0.1, np.nan], "w": [20.0, 0.0]})
    table = weight_factors(sv.Design(data, weights="w"))
    assert_allclose(table[["stage a", "stage b"]], [[2, 10], [0, 0]])


# --- the heaviest, and what unequal weights cost ------------------------------------------------------------


def test_the_heaviest_come_first_with_their_share_and_their_distance_from_the_median():
    table = heaviest(weighted(), 2, columns="so")
    assert table["so"].tolist() == ["010", "007"]
    assert_allclose(table["share"], [0.5, 0.25])
    assert_allclose(table["times_median"], [2, 1])


@few
@given(STRATA, SEEDS, st.integers(1, 80))
def test_the_heaviest_are_the_greatest_weights(strata, seed, count):
    design = make(strata, seed, "clusters", "class, rake shares")
    table = heaviest(design, count)
    assert_array_equal(table["final weight"], np.sort(design.w)[::-1][:count])
    assert_array_equal(table["final weight"], design.weights[table.index])


def test_the_deff_of_ten_published_weights_is_the_published_one():
    case = published("kish-deff-1-cv2")
    weights = pd.DataFrame({"w": np.array(case["statistic"]["weights"], dtype=float)})
    assert weights["w"].tolist() == [20, 200, 11, 25, 550, 30, 250, 100, 10, 55]
    table = kish_deff(sv.Design(weights, weights="w"))
    assert_allclose(table.loc["all", "deff"], 2.6847970065194846, rtol=1e-14)
    assert_allclose(table.loc["all", "n_eff"], 10 / 2.6847970065194846, rtol=1e-14)
    assert table.loc["all", ["n", "sum"]].tolist() == [10, 1251]


@few
@given(STRATA, SEEDS, st.floats(0.01, 100))
def test_the_deff_of_a_group_is_that_of_the_group_alone(strata, seed, scale):
    design = make(strata, seed, "clusters", "class")
    table = kish_deff(design, by="sex")
    assert table["n"].sum() == (design.w != 0).sum()
    assert_allclose(table["sum"].sum(), design.w.sum())
    for sex in (1, 2):
        pd.testing.assert_series_equal(
            table.loc[sex], kish_deff(design.where(f"sex == {sex}")).loc["all"], check_names=False
        )
    scaled = sv.Design(design.data.assign(w=scale * design.data["w"]), weights="w")
    assert_allclose(kish_deff(scaled)["deff"], kish_deff(sv.Design(design.data, weights="w"))["deff"])


def test_equal_weights_cost_nothing():
    table = kish_deff(sv.Design(PEOPLE.assign(w=3.0), weights="w"), by=["xa", "gioi"])
    assert_allclose(table["deff"], 1)
    assert_allclose(table["n_eff"], table["n"])


def test_the_trail_ends_with_the_same_deff():
    design = weighted()
    assert_allclose(kish_deff(design)["deff"], design.trail["deff"].iloc[-1])


# --- margins ------------------------------------------------------------------------------------------------


def test_margins_and_their_differences_are_those_worked_by_hand():
    table = margins_table(weighted())
    assert table["step"].tolist() == ["rake (gioi)"] * 2
    assert table["margin"].tolist() == ["gioi", "gioi"]
    assert table["level"].tolist() == ["Nam", "Nữ"]
    assert_allclose(table["target"], [30, 30])
    assert_allclose(table["before"], [40, 20])
    assert_allclose(table["after"], [30, 30])
    assert_allclose(table["gap"], 0, atol=30 * MET)
    spread = np.sqrt(2 / 3 * 1 / 3)
    assert_allclose(table["standardised_before"], [(2 / 3 - 1 / 2) / spread, (1 / 3 - 1 / 2) / spread])
    assert_allclose(table["standardised_final"], 0, atol=MET)


def test_a_total_of_numbers_is_compared_by_its_mean():
    design = sv.calibrate(sv.Design(PEOPLE, weights="w"), {"tuoi": 2000.0}, population=50)
    table = margins_table(design).set_index("margin")
    assert table["level"].isna().all()
    w, age = np.array([10, 10, 20, 20]) / 60, PEOPLE["tuoi"]
    mean = w @ age
    spread = np.sqrt(w @ age**2 - mean**2)
    assert_allclose(table.loc["tuoi", "standardised_before"], (mean - 2000 / 50) / spread)
    assert_allclose(table.loc["tuoi", ["target", "before"]].astype(float), [2000, 60 * mean])
    assert_allclose(table.loc["population", ["target", "before", "after"]].astype(float), [50, 60, 50])
    assert np.isnan(table.loc["population", "standardised_before"])


def test_a_total_beside_a_margin_is_for_the_people_of_the_margin():
    design = sv.Design(PEOPLE, weights="w")
    both = sv.calibrate(design, {"gioi": {"Nam": 25, "Nữ": 25}, "tuoi": 2000.0})
    alone = sv.calibrate(design, {"tuoi": 2000.0}, population=50)
    rows = [margins_table(d).set_index("margin").loc["tuoi"] for d in (both, alone)]
    assert_allclose(rows[0]["standardised_before"], rows[1]["standardised_before"])


def test_a_total_that_is_alone_is_for_the_people_of_the_new_weights():
    design = sv.calibrate(sv.Design(PEOPLE, weights="w"), {"tuoi": 2000.0})
    row = margins_table(design).iloc[0]
    mean = PEOPLE["w"] @ PEOPLE["tuoi"] / 60
    spread = np.sqrt(PEOPLE["w"] @ PEOPLE["tuoi"] ** 2 / 60 - mean**2)
    assert_allclose(row["standardised_before"], (mean - 2000 / design.w.sum()) / spread)
    assert_allclose(row["standardised_after"], 0, atol=MET)


def test_parts_are_compared_with_their_own_targets():
    targets = {"gioi": {"a": {"Nam": 5, "Nữ": 15}, "b": {"Nam": 30, "Nữ": 10}}}
    table = margins_table(sv.calibrate(sv.Design(PEOPLE, weights="w"), targets, by="xa"))
    assert table["margin"].tolist() == ["gioi (a)", "gioi (a)", "gioi (b)", "gioi (b)"]
    assert_allclose(table["before"], [10, 10, 20, 20])
    assert_allclose(table["after"], table["target"])
    assert_allclose(table["standardised_before"], [0.5, -0.5, -0.5, 0.5])  # spread 1/2 in both


@pytest.mark.parametrize(
    "verb",
    [
        lambda design: sv.poststratify(design, "gioi", {"Nam": 0.5, "Nữ": 0.5}),
        lambda design: sv.calibrate(design, {"gioi": {"Nam": 0.5, "Nữ": 0.5}}),
        lambda design: sv.calibrate(design, {"gioi": {"Nam": 30, "Nữ": 30}}, distance="raking"),
    ],
)
def test_every_way_to_the_same_targets_has_the_same_margins(verb):
    base = sv.Design(PEOPLE, weights="w").pipe(sv.adjust_nonresponse, responded="tra_loi", cells="xa")
    table, wanted = margins_table(verb(base)), margins_table(weighted())
    assert_allclose(table.iloc[:, 3:].astype(float), wanted.iloc[:, 3:].astype(float), atol=30 * MET)


@few
@given(STRATA, SEEDS, st.sampled_from(["rake shares", "rake counts", "class, rake shares"]))
def test_margins_are_the_sums_of_the_weights(strata, seed, steps):
    design = make(strata, seed, "clusters", steps)
    table = margins_table(design).set_index(["margin", "level"])
    before = pd.Series(design.weight_path[-2], index=design.data.index)
    for name, targets in MARGINS.items():
        for level in targets:
            rows = design.data[name] == level
            assert_allclose(table.loc[(name, level), "before"], before[rows].sum())
            assert_allclose(table.loc[(name, level), "after"], design.weights[rows].sum())
    assert_allclose(table["after"], table["target"], rtol=MET)


def test_later_steps_show_in_the_final_sums():
    design = sv.rake(sv.Design(PEOPLE, weights="w"), {"gioi": {"Nam": 0.25, "Nữ": 0.75}})
    design = sv.trim(design, upper=25, recalibrate=False)
    table = margins_table(design)
    assert_allclose(table["after"], [15, 45])
    assert_allclose(table["final"], design.weights.groupby(PEOPLE["gioi"]).sum())
    assert abs(table["final"][1] - 45) > 1


def test_a_price_on_a_target_leaves_a_gap():
    design = sv.calibrate(sv.Design(PEOPLE, weights="w"), {"tuoi": 2000.0}, penalty=0.1)
    row = margins_table(design).iloc[0]
    before = PEOPLE["w"] @ PEOPLE["tuoi"]
    assert_allclose(row["gap"], (before - 2000) * (1 - 1 / 1.1))


def test_without_calibration_there_are_no_margins():
    table = margins_table(sv.Design(PEOPLE, weights="w"))
    assert len(table) == 0
    assert table.columns.tolist() == margins_table(weighted()).columns.tolist()


# --- refusals ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "call", "sentence"),
    [
        (
            TypeError,
            lambda: weight_factors(PEOPLE),
            "design is a DataFrame; make one first: Design(data, weights='…', strata='…', psu='…').",
        ),
        (
            ColumnError,
            lambda: weight_factors(weighted(), columns="số"),
            "columns='số': the data have no such column. Did you mean 'so'?",
        ),
        (
            ArgumentError,
            lambda: heaviest(weighted(), 0),
            "count=0: pass a whole number of rows, at least 1.",
        ),
        (
            ArgumentError,
            lambda: heaviest(weighted(), True),
            "count=True: pass a whole number of rows, at least 1.",
        ),
        (
            DataError,
            lambda: heaviest(weighted().where("gioi == 'Khác'")),
            "where=\"gioi == 'Khác'\" leaves no rows with a weight. Check the names and values in it.",
        ),
        (
            DataError,
            lambda: kish_deff(weighted(), where="gioi == 'Khác'"),
            "where=\"gioi == 'Khác'\" leaves no rows with a weight. Check the names and values in it.",
        ),
        (
            TypeError,
            lambda: margins_table(None),
            "design is a NoneType; make one first: Design(data, weights='…', strata='…', psu='…').",
        ),
    ],
)
def test_diagnostics_are_refused(kind, call, sentence):
    with pytest.raises(kind, match=f"^{re.escape(sentence)}$") as error:
        call()
    assert type(error.value) is kind
