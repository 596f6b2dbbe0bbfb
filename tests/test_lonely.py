"""Strata with one unit: those taken for certain, those joined to a neighbour; totals inside one unit."""

import re

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import surveykit as sv
from sampling.checks import LonelyPSUError

NOTE = "3 strata of one PSU: taken for certain, so the units below count"


def sample(seed: int = 5, sure: int = 3) -> pd.DataFrame:
    """Return communes of two strata, and some that are a stratum each, with villages and people."""
    rng = np.random.default_rng(seed)
    rows = []
    for xa in range(8 + sure):
        tang = f"chắc chắn {xa}" if xa >= 8 else "AB"[xa % 2]
        for thon in range(rng.integers(2, 5)):
            people = rng.integers(2, 6)
            rows += [
                (tang, xa, f"{xa}-{thon}", *pair)
                for pair in zip(
                    rng.uniform(1, 3, people), rng.normal(xa % 3 + thon, size=people), strict=True
                )
            ]
    data = pd.DataFrame(rows, columns=["tang", "xa", "thon", "w", "y"])
    data["co"] = (data["y"] > 1).astype(int)
    data["f1"], data["f2"] = np.where(data["xa"] >= 8, 1.0, 0.0), 0.0
    data["nhom"] = np.where(data["xa"] % 4 == 0, "a", "b")
    return data


def design(data: pd.DataFrame, **words: object) -> sv.Design:
    return sv.Design(data, weights="w", strata="tang", psu=["xa", "thon"], **words)


@pytest.mark.parametrize("by", [None, "nhom"])
@pytest.mark.parametrize("statistic", [sv.mean, sv.total])
def test_the_unit_is_all_of_its_stratum(by, statistic):
    data = sample()
    certain = statistic(design(data, lonely_psu="certainty"), "y", by=by)
    told = statistic(design(data, fpc=["f1", "f2"]), "y", by=by)
    assert_allclose(certain.covariance.full(), told.covariance.full(), rtol=1e-12)
    assert_allclose(certain.df, told.df)


def test_by_hand_its_villages_are_units_of_a_stratum_of_their_own():
    data = sample()
    sure = data["xa"] >= 8
    data["h"] = np.where(sure, data["xa"].astype(str), data["tang"])
    data["u"] = np.where(sure, data["thon"], data["xa"].astype(str))
    flat = sv.mean(sv.Design(data, weights="w", strata="h", psu="u"), "y")
    found = sv.mean(design(data, lonely_psu="certainty"), "y")
    assert_allclose([found.se, found.df], [flat.se, flat.df], rtol=1e-12)


def test_what_was_done_is_said():
    line = sv.mean(design(sample(), lonely_psu="certainty"), "y").line("en")
    assert NOTE in line
    vi = sv.mean(design(sample(), lonely_psu="certainty"), "y").line("vi")
    assert "3 tầng chỉ có một PSU: coi là chọn chắc chắn nên tính theo đơn vị bên dưới" in vi
    data = sample()
    assert "taken for certain" not in sv.mean(
        design(data, fpc=["f1", "f2"], lonely_psu="certainty"), "y"
    ).line("en")


def test_without_a_stage_below_nothing_is_added():
    data = sample()
    flat = sv.Design(data, weights="w", strata="tang", psu="xa", lonely_psu="certainty")
    est = sv.mean(flat, "y", by="tang")
    sure = est.value.index.str.startswith("chắc")
    assert est.se[sure].isna().all()
    assert set(est.reason[sure]) == {
        "lies inside one xa: name the stage below in psu=[…] to estimate its sampling error"
    }
    assert "3 strata of one PSU: add no variance" in sv.mean(flat, "y").line("en")


def test_a_group_of_units_taken_for_certain_alone_shows_no_error():
    data = sample()
    data["nhom"] = np.where(data["xa"] >= 8, "lớn", "nhỏ")
    flat = sv.Design(data, weights="w", strata="tang", psu="xa", lonely_psu="certainty")
    est = sv.mean(flat, "y", by="nhom")
    assert (
        est.reason["lớn"] == "every stratum has one PSU, taken for certain: no sampling error is seen there"
    )
    assert np.isnan(est.se["lớn"])
    assert est.se["nhỏ"] > 0
    below = sv.mean(design(data, lonely_psu="certainty"), "y", by="nhom")
    assert below.se["lớn"] > 0
    assert below.reason["lớn"] == ""


def test_the_error_names_the_stage_that_would_count():
    text = (
        "strata='tang': 'chắc chắn 10' has one PSU (xa=10), so the variance between units cannot be "
        'estimated. Merge it with a neighbour, or pass lonely_psu="centre"; if it was taken for certain, '
        'lonely_psu="certainty" counts each thon in its place.'
    )
    with pytest.raises(LonelyPSUError, match=f"^{re.escape(text)}$"):
        sv.mean(design(sample()), "y")


def test_replicates_take_the_stage_below_too():
    taken = design(sample(sure=4), lonely_psu="certainty")
    made = sv.mean(sv.replicate_weights(taken, "rwyb", replicates=800, seed=1), "y")
    assert_allclose(made.se, sv.mean(taken, "y").se, rtol=0.15)


@pytest.mark.parametrize("strata", [None, "tang"])
def test_a_sample_of_one_unit_is_told_what_would_help(strata):
    data = sample()[lambda d: d["xa"] == 8]
    text = (
        "the sample has one PSU (xa=8), so the variance between units cannot be estimated. Name the stage "
        "below too, as in psu=['xa', …], or draw more units."
    )
    with pytest.raises(LonelyPSUError, match=f"^{re.escape(text)}$"):
        sv.mean(sv.Design(data, weights="w", strata=strata, psu="xa"), "y")
    below = sv.mean(sv.Design(data, weights="w", strata=strata, psu=["xa", "thon"]), "y")
    assert below.se.iloc[0] > 0


def test_a_sample_of_one_row_is_told_to_draw_more():
    text = (
        "the sample has one PSU (row 0), so the variance between units cannot be estimated. Draw more units."
    )
    with pytest.raises(LonelyPSUError, match=f"^{re.escape(text)}$"):
        sv.mean(sv.Design(sample().iloc[:1], weights="w"), "y")


def test_collapse_joins_no_stratum_to_one_that_was_taken_whole():
    data = pd.DataFrame(
        {"h": list("AAABCC"), "p": range(6), "N": [3, 3, 3, 8, 10, 10], "y": [1e2, 2e2, 3e2, 5, 6, 9]}
    )
    design = sv.Design(data, strata="h", psu="p", fpc="N", lonely_psu="collapse")
    z = np.array([40.0, 30, 45])  # B joins C: 3 of 18
    wanted = (1 - 3 / 18) * 3 / 2 * ((z - z.mean()) ** 2).sum()
    found = sv.total(design, "y")
    assert_allclose(found.se**2, wanted)
    assert sv.total(design, "y", where="h == 'A'").se.iloc[0] == 0
    alone = sv.Design(data[data["h"] != "C"], strata="h", psu="p", fpc="N", lonely_psu="collapse")
    with pytest.raises(LonelyPSUError, match="'B' has one PSU"):
        sv.total(alone, "y")
    first = data.iloc[[3, 4, 5, 0, 1, 2]].assign(h=list("ABBCCC"))
    assert_allclose(sv.total(design.changed(data=first, keep_units=False), "y").se ** 2, wanted)
    between = data.iloc[[3, 0, 1, 2, 4, 5]].assign(h=list("ABBBCC"))
    with pytest.raises(LonelyPSUError, match="'A' has one PSU"):
        sv.total(design.changed(data=between, keep_units=False), "y")


def test_a_total_inside_one_unit_says_what_its_weights_and_its_error_count():
    data = pd.DataFrame(
        {"p": list("aaabbbccc"), "k": range(9), "f1": 0.1, "f2": 0.3, "y": [4.0, 5, 6, 7, 7, 8, 3, 5, 6]}
    )
    data["w"] = 1 / (data["f1"] * data["f2"])
    design = sv.Design(data, weights="w", psu=["p", "k"], fpc=["f1", "f2"])
    said = "tổng được nhân cả xác suất chọn p, còn sai số chỉ là của bên trong p"
    for found in (sv.total(design, "y", by="p"), sv.count(design, where="p == 'a'")):
        assert said in found.line("vi")
    for found in (sv.total(design, "y"), sv.mean(design, "y", by="p")):
        assert said not in found.line("vi")
