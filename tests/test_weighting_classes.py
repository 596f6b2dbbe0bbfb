"""Small classes joined, by hand; the eligible; chances; moved and multiplied weights; empty classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from strategies import SHAPES, build

import surveykit as sv
from sampling.checks import SurveyWarning


def people(classes: Mapping[Any, tuple[int, int]], *names: str) -> pd.DataFrame:
    """Return rows of weight 10: for each class so many respondents and nonrespondents."""
    rows = [
        (*(key if isinstance(key, tuple) else (key,)), answered)
        for key, (yes, no) in classes.items()
        for answered in [1] * yes + [0] * no
    ]
    return pd.DataFrame(rows, columns=[*names, "tra_loi"]).assign(w=10.0)


def joined(data: pd.DataFrame, names: list[str], **words: Any) -> tuple[list[str], sv.Design]:
    """Return which classes were joined, in their order, as the name of the step and the warning tell it."""
    with pytest.warns(SurveyWarning) as caught:
        made = sv.adjust_nonresponse(sv.Design(data, weights="w"), responded="tra_loi", cells=names, **words)
    text = str(caught[0].message)
    said = list(made.steps[-1].joined)
    assert made.steps[-1].name.endswith(f"; {len(said)} joined)")
    assert made.trail["step"].iloc[-1] == made.steps[-1].name
    assert text.startswith(
        f"cells={names}: {'1 class was' if len(said) == 1 else f'{len(said)} classes were'}"
    )
    assert f"({'; '.join(said[:5])}" in text
    return said, made


def factors(made: sv.Design, *names: str) -> dict:
    """Return the factor of the respondents of each class."""
    data = made.data.assign(f=made.weights / made.data["w"])
    return data[data["tra_loi"] == 1].groupby(list(names))["f"].first().to_dict()


# --- classes in a row ---------------------------------------------------------------------------------------


def test_a_class_without_respondents_joins_the_neighbour_whose_response_rate_is_nearer():
    data = people({"a": (1, 1), "b": (3, 1), "c": (0, 2), "d": (4, 0)}, "xa")
    said, made = joined(data, ["xa"], collapse_below=1)
    assert said == ["'b' + 'c'"]  # 3 of 4 is nearer to 0 of 2 than 4 of 4
    assert factors(made, "xa") == {"a": 2.0, "b": 2.0, "d": 1.0}


def test_at_equal_distance_the_earlier_neighbour_is_taken():
    data = people({"a": (2, 2), "b": (0, 1), "c": (3, 3)}, "xa")
    assert joined(data, ["xa"], collapse_below=1)[0] == ["'a' + 'b'"]


def test_the_first_and_the_last_class_have_one_neighbour():
    data = people({"a": (0, 1), "b": (2, 6), "c": (2, 1), "d": (0, 1)}, "xa")
    assert joined(data, ["xa"], collapse_below=1)[0] == ["'a' + 'b'", "'c' + 'd'"]


def test_the_class_with_the_fewest_respondents_goes_first_and_what_was_joined_counts_as_one():
    data = people({"a": (2, 0), "b": (1, 1), "c": (9, 1), "d": (3, 1)}, "xa")
    said, made = joined(data, ["xa"], collapse_below=4)
    # b (1) takes c, whose rate 0.9 is nearer to 0.5 than 1; then a (2) joins b + c; d (3) joins all
    assert said == ["'b' + 'c'", "'a' + 'b' + 'c'", "'a' + 'b' + 'c' + 'd'"]
    assert_allclose(list(factors(made, "xa").values()), 18 / 15)


def test_a_class_whose_factor_is_too_great_is_joined_too():
    data = people({"a": (5, 0), "b": (4, 8), "c": (5, 1), "d": (5, 0)}, "xa")
    said, made = joined(data, ["xa"], greatest=2.0)
    assert said == ["'b' + 'c'"]
    assert factors(made, "xa") == {"a": 1.0, "b": 2.0, "c": 2.0, "d": 1.0}


def test_neighbours_are_next_to_each_other_in_the_order_of_the_categories():
    data = people({"to": (3, 0), "vua": (0, 1), "nho": (2, 1), "lon": (9, 0)}, "co")
    order = ["nho", "vua", "to", "lon"]
    data["co"] = pd.Categorical(data["co"], categories=order, ordered=True)
    assert joined(data, ["co"], collapse_below=1)[0] == ["'nho' + 'vua'"]


def test_classes_that_are_large_enough_stay_and_nothing_is_said():
    data = people({"a": (2, 1), "b": (3, 1)}, "xa")
    made = sv.adjust_nonresponse(
        sv.Design(data, weights="w"), responded="tra_loi", cells="xa", collapse_below=2, greatest=1.5
    )
    assert made.steps[-1].name == "nonresponse (xa)"
    assert factors(made, "xa") == {"a": 1.5, "b": 4 / 3}


# --- crossed classes ----------------------------------------------------------------------------------------


def test_crossed_classes_are_joined_inside_the_levels_of_the_columns_before_the_last():
    data = people({("N", 1): (4, 0), ("N", 2): (0, 1), ("S", 1): (1, 3), ("S", 2): (5, 0)}, "vung", "nhom")
    said, made = joined(data, ["vung", "nhom"], collapse_below=1)
    assert said == ["('N', 1) + ('N', 2)"]  # though ('S', 1) has a response rate that is nearer
    assert factors(made, "vung", "nhom") == {("N", 1): 1.25, ("S", 1): 4.0, ("S", 2): 1.0}


def test_where_a_level_has_one_class_left_it_joins_the_next_level():
    data = people({("N", 1): (1, 0), ("N", 2): (1, 1), ("S", 1): (6, 2), ("S", 2): (5, 0)}, "vung", "nhom")
    said, made = joined(data, ["vung", "nhom"], collapse_below=3)
    assert said == ["('N', 1) + ('N', 2)", "('N', 1) + ('N', 2) + ('S', 1)"]
    assert factors(made, "vung", "nhom") == {
        ("N", 1): 11 / 8,
        ("N", 2): 11 / 8,
        ("S", 1): 11 / 8,
        ("S", 2): 1.0,
    }


def test_only_rows_that_take_part_count():
    data = people({"a": (2, 1), "b": (3, 0), "c": (2, 0)}, "xa")
    data.loc[data["xa"] == "b", "thuoc"] = [1, 0, 0]
    data["thuoc"] = data["thuoc"].fillna(1)
    said, made = joined(data, ["xa"], collapse_below=2, eligible="thuoc")
    assert said == ["'b' + 'c'"]  # of b one is eligible
    assert_allclose(made.weights[data["thuoc"] == 0], 10.0)
    known = sv.adjust_nonresponse(
        sv.Design(data, weights="w"), responded="tra_loi", cells="xa", eligible="thuoc"
    )
    again = sv.adjust_nonresponse(
        known, responded="tra_loi", cells="xa", eligible="thuoc", collapse_below=1
    )  # nonrespondents have no weight any more, and classes without weight are not joined
    assert again.steps[-1].name == "nonresponse (xa)"


def test_weights_count_in_the_factor_and_heads_in_the_number_of_respondents():
    data = people({"a": (1, 1), "b": (1, 1), "c": (1, 0)}, "xa")
    data["w"] = [30.0, 10.0, 10.0, 40.0, 5.0]
    assert joined(data, ["xa"], greatest=3.0)[0] == ["'a' + 'b'"]
    assert joined(data, ["xa"], collapse_below=2)[0] == ["'a' + 'b'", "'a' + 'b' + 'c'"]


# --- the eligible -------------------------------------------------------------------------------------------


def test_people_who_do_not_belong_keep_their_weight_and_take_none():
    data = people({"a": (2, 2), "b": (1, 1)}, "xa").assign(thuoc=[1, 0, 1, 0, 1, 1])
    made = sv.adjust_nonresponse(
        sv.Design(data, weights="w"), responded="tra_loi", cells="xa", eligible="thuoc"
    )
    assert made.weights.tolist() == [20.0, 10.0, 0.0, 10.0, 20.0, 0.0]


def test_whether_somebody_who_does_not_belong_responded_need_not_be_known():
    data = people({"a": (2, 2)}, "xa").assign(thuoc=[1, 0, 1, 1])
    data["tra_loi"] = data["tra_loi"].where(data["thuoc"] == 1)
    made = sv.adjust_nonresponse(sv.Design(data, weights="w"), responded="tra_loi", eligible="thuoc")
    assert made.weights.tolist() == [30.0, 10.0, 0.0, 0.0]


# --- chances of responding ----------------------------------------------------------------------------------

DATA = build([4, 4], 12, missing=0.0, villages=4, people=5)
START = sv.Design(DATA, weights="w", **SHAPES["clusters"])


def test_the_scale_and_place_of_a_numeric_predictor_do_not_matter():
    words = {"responded": "answered", "method": "propensity"}
    one = sv.adjust_nonresponse(START, predictors=["x", "group"], **words)
    moved = START.changed(data=DATA.assign(x=1e4 - 37 * DATA["x"]))
    assert_allclose(sv.adjust_nonresponse(moved, predictors=["x", "group"], **words).w, one.w, rtol=1e-8)


def test_numbers_are_slopes_and_texts_and_categories_are_levels():
    words = {"responded": "answered", "method": "propensity"}
    texts = DATA.assign(
        nhom=DATA["sex"].astype(str), loai=DATA["sex"].astype("category"), co=DATA["sex"] == 1
    )
    made = [
        sv.adjust_nonresponse(START.changed(data=texts), predictors=name, **words).w
        for name in ("sex", "nhom", "loai", "co")
    ]
    for other in made[1:]:  # of a column with two values a slope and a level are the same
        assert_allclose(other, made[0], rtol=1e-8)


def test_classes_of_chances_have_about_equal_weights_and_keep_the_sum():
    made = sv.adjust_nonresponse(
        START, responded="answered", method="propensity_classes", predictors=["x", "group"], classes=4
    )
    cut = made.steps[-1].cut(START.w)
    held = np.bincount(cut.classes, weights=START.w, minlength=4)
    assert np.abs(held / START.w.sum() - 0.25).max() < 0.08
    assert_allclose(made.w.sum(), START.w.sum())
    ratio = made.weights[DATA["answered"] == 1] / DATA["w"]
    assert_allclose(ratio.groupby(cut.classes).max(), ratio.groupby(cut.classes).min())


def test_a_chance_taken_as_known_leaves_the_variance_of_a_weight_that_was_given():
    words = {"responded": "answered", "method": "propensity", "predictors": ["x", "group"]}
    known = sv.adjust_nonresponse(START, estimated=False, **words)
    given = sv.Design(DATA.assign(w2=known.w), weights="w2", **SHAPES["clusters"])
    fitted = sv.adjust_nonresponse(START, **words)
    assert_allclose(sv.mean(known, "z").se, sv.mean(given, "z").se)
    assert_allclose(sv.mean(fitted, "z").value, sv.mean(known, "z").value)
    assert abs(float(sv.mean(fitted, "z").se.iloc[0] / sv.mean(known, "z").se.iloc[0]) - 1) > 1e-4


# --- moved and multiplied weights ---------------------------------------------------------------------------


def test_weights_move_inside_classes_in_proportion_to_those_that_take_them():
    data = people({"a": (2, 2), "b": (1, 2)}, "xa").assign(
        tt=["có", "có", "mất", "ngoài", "có", "mất", "mất"]
    )
    data["w"] = [10.0, 30.0, 8.0, 5.0, 10.0, 1.0, 2.0]
    made = sv.redistribute(sv.Design(data, weights="w"), give="tt == 'mất'", take="tt == 'có'", cells="xa")
    assert made.weights.tolist() == [12.0, 36.0, 0.0, 5.0, 13.0, 0.0, 0.0]
    assert made.steps[-1].name == "redistribute (xa)"


def test_factors_multiply_or_divide_and_take_nothing_away_in_the_variance():
    data = DATA.assign(k=1 + np.arange(len(DATA)) % 3)
    start = START.changed(data=data)
    for divide in (False, True):
        made = sv.multiply_weights(start, "k", divide=divide)
        w = data["w"] / data["k"] if divide else data["w"] * data["k"]
        assert_allclose(made.w, w)
        given = sv.Design(data.assign(w2=w), weights="w2", **SHAPES["clusters"])
        assert_allclose(sv.mean(made, "z").se, sv.mean(given, "z").se)
        assert made.steps[-1].name == f"{'divided' if divide else 'times'} (k)"


# --- classes of the population that the sample does not have ------------------------------------------------


def test_a_class_that_the_sample_does_not_have_may_be_left_out():
    counts = {"a": 210.0, "b": 330.0, "c": 460.0}
    made = sv.poststratify(START, "group", counts | {"nobody": 90.0}, empty="leave")
    assert_allclose(made.w, sv.poststratify(START, "group", counts).w)
    assert_allclose(made.w.sum(), 1_000.0)  # the 90 people are not represented


def test_its_share_is_left_out_too_and_the_others_keep_theirs():
    kept = {"a": 0.2, "b": 0.3, "c": 0.4}
    made = sv.poststratify(START, "group", kept | {"nobody": 0.1}, empty="leave")
    found = made.weights.groupby(DATA["group"]).sum()
    assert_allclose(found, np.array(list(kept.values())) * START.w.sum())
