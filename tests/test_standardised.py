"""Directly standardised means: laws, tables of standards, own shares with their error, sentences."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from test_items import TIGHT, design, people

import surveykit as sv
from surveykit.functions import replicate_statistic

STANDARD = {"18–34": 0.3, "35–59": 0.5, "60+": 0.2}


def test_a_standardised_mean_is_the_contrast_of_the_means_of_its_cells() -> None:
    d = design(people())
    found = sv.standardise(d, "c1", cells="tuoi", population=STANDARD, by="gioi")
    cells = sv.mean(d, "c1", by=["gioi", "tuoi"])
    for sex in ("Nam", "Nữ"):
        line = cells.contrast({(sex, age): share for age, share in STANDARD.items()})
        assert_allclose(found.value[sex], line.value.iloc[0], rtol=TIGHT)
        assert_allclose(found.se[sex], line.se.iloc[0], rtol=TIGHT)
    both = cells.contrast(
        {(s, a): p * (1 if s == "Nữ" else -1) for s in ("Nam", "Nữ") for a, p in STANDARD.items()}
    )
    change = found.contrast({"Nữ": 1, "Nam": -1})
    assert_allclose(change.se.iloc[0], both.se.iloc[0], rtol=TIGHT)


def test_counts_and_tables_are_standards_too() -> None:
    table = people()
    d = design(table)
    counts = {k: v * 5000 for k, v in STANDARD.items()}
    one = sv.standardise(d, ["c1", "c2"], cells="tuoi", population=counts)
    assert_allclose(
        one.value, sv.standardise(d, ["c1", "c2"], cells="tuoi", population=STANDARD).value, rtol=TIGHT
    )
    frame = pd.DataFrame({"tuoi": list(counts), "so": list(counts.values())})
    again = sv.standardise(d, ["c1", "c2"], cells="tuoi", population=frame)
    assert_allclose(again.covariance.full(), one.covariance.full(), rtol=TIGHT)
    both = [(a, s) for a in STANDARD for s in ("Nam", "Nữ")]
    frame = pd.DataFrame(both, columns=["tuoi", "gioi"]).assign(so=range(1, 7))
    crossed = sv.standardise(d, "c1", cells=["gioi", "tuoi"], population=frame)
    said = {(s, a): i + 1 for i, (a, s) in enumerate(both)}
    known = sv.standardise(d, "c1", cells=["gioi", "tuoi"], population=said)
    assert_allclose([crossed.value, crossed.se], [known.value, known.se], rtol=TIGHT)


@pytest.mark.parametrize("steps", [False, True])
def test_the_samples_own_shares_bring_back_the_mean_with_its_error(steps: bool) -> None:
    """Standardised to itself a sample has its own mean: the error of the shares is the part between cells."""
    d = design(people())
    d = sv.rake(d, {"gioi": {"Nam": 0.45, "Nữ": 0.55}}) if steps else d
    own = sv.standardise(d, ["w", "tang"], cells=["tuoi", "gioi"], population="all")
    means = sv.mean(d, ["w", "tang"])
    assert_allclose(own.value, means.value, rtol=TIGHT)
    assert_allclose(own.covariance.full(), means.covariance.full(), rtol=1e-9)
    both = sv.together(chuan=own, thuong=means)
    gap = both.contrast({("chuan", "w"): 1, ("thuong", "w"): -1})
    assert gap.se.iloc[0] < 1e-7 * means.se["w"]


def test_shares_of_the_sample_in_groups_have_the_error_of_replicates() -> None:
    d = sv.replicate_weights(design(people(n=600)), "JKn")
    found = sv.standardise(d, "c1", cells="tuoi", population="all", by="gioi")

    def own(data: pd.DataFrame, w: pd.Series) -> dict[str, float]:
        P = w.groupby(data["tuoi"]).sum() / w.sum()
        known = data["c1"].notna()
        keys = [data["gioi"][known], data["tuoi"][known]]
        mean = (w * data["c1"])[known].groupby(keys).sum() / w[known].groupby(keys).sum()
        return {s: float((mean[s] * P).sum()) for s in ("Nam", "Nữ")}

    again = replicate_statistic(d, own)
    assert_allclose(found.value, again.value, rtol=TIGHT)
    assert_allclose(found.covariance.full(), again.covariance.full(), rtol=0.1, atol=2e-4)
    linear = sv.standardise(design(people(n=600)), "c1", cells="tuoi", population="all", by="gioi")
    assert_allclose(linear.se, found.se, rtol=0.1)


def test_cells_outside_the_rows_asked_for_need_no_share() -> None:
    d = design(people())
    young = {"18–34": 0.4, "35–59": 0.6}
    found = sv.standardise(d, "c1", cells="tuoi", population=young, where="tuoi != '60+'")
    line = sv.mean(d, "c1", by="tuoi").contrast(young)
    assert_allclose([found.value, found.se], [line.value, line.se], rtol=TIGHT)
    with pytest.raises(ValueError, match=r"population has cell '60\+', of which the sample has nobody"):
        sv.standardise(d, "c1", cells="tuoi", population=STANDARD, where="tuoi != '60+'")


def test_groups_inside_units_take_the_samples_shares_as_known() -> None:
    table = people(n=400)
    table["ho"] = np.arange(400)
    d = sv.Design(table, weights="w", psu=["tang", "ho"])
    found = sv.standardise(d, "c1", cells="gioi", population="all", by="tang")
    assert "cơ cấu của chính mẫu, coi như đã biết" in found.context.text("vi")
    P = table.groupby("gioi")["w"].sum() / table["w"].sum()
    known = sv.standardise(d, "c1", cells="gioi", population=P, by="tang")
    assert_allclose([found.value, found.se], [known.value, known.se], rtol=TIGHT)


def test_a_cell_with_share_0_may_be_empty() -> None:
    table = people()
    table.loc[table["tuoi"] == "60+", "c1"] = np.nan
    d = design(table)
    found = sv.standardise(d, "c1", cells="tuoi", population={"18–34": 1, "35–59": 3, "60+": 0}, by="gioi")
    cells = sv.mean(d, "c1", by=["gioi", "tuoi"])
    line = cells.contrast({("Nam", "18–34"): 0.25, ("Nam", "35–59"): 0.75})
    assert_allclose([found.value["Nam"], found.se["Nam"]], [line.value.iloc[0], line.se.iloc[0]], rtol=TIGHT)


def test_a_cell_without_answers_in_a_group_has_a_reason() -> None:
    table = people()
    table.loc[(table["gioi"] == "Nữ") & (table["tuoi"] == "60+"), "c1"] = np.nan
    found = sv.standardise(design(table), "c1", cells="tuoi", population=STANDARD, by="gioi")
    assert np.isnan(found.value["Nữ"])
    assert found.reason["Nữ"] == "cell '60+' of the standard population has no answers here"
    assert "ô '60+' của dân số chuẩn không có câu trả lời nào ở nhóm này" in found.to_html("vi")
    assert found.reason["Nam"] == ""


CELLS = {
    "absent": (
        {"18–34": 0.5, "35–59": 0.5},
        "population has no share for cell '60+'. Add it, or leave its rows out.",
    ),
    "unknown": (
        {**STANDARD, "90+": 0.1},
        "population has cell '90+', of which the sample has nobody. Its cells are '18–34', '35–59', '60+'. "
        "Join it with a neighbour.",
    ),
    "negative": (
        {**STANDARD, "60+": -0.2},
        "population['60+'] is -0.2: a share or a count is a number from 0 on.",
    ),
    "sum": (
        {"18–34": 0.3, "35–59": 0.3, "60+": 0.2},
        "population: the shares sum to 0.8, and they sum to 1 (counts to more). Correct them.",
    ),
    "columns": (
        pd.DataFrame({"tuoi": ["60+"], "a": [1], "b": [2]}),
        "population has columns 'tuoi', 'a', 'b': it needs 'tuoi' and one more for the shares.",
    ),
    "twice": (
        pd.DataFrame({"tuoi": ["60+", "60+"], "a": [1, 2]}),
        "population names cell '60+' twice. Add its shares.",
    ),
    "kind": ("dân số", "population='dân số': pass shares by cell, or 'all' for those of the sample."),
    "empty": ({}, "population={}: pass shares by cell, as {('Nữ', '60+'): 0.12, …}."),
}


@pytest.mark.parametrize("name", CELLS)
def test_standards_are_refused_in_these_words(name: str) -> None:
    population, text = CELLS[name]
    with pytest.raises((ValueError, TypeError)) as error:
        sv.standardise(design(people()), "c1", cells="tuoi", population=population)
    assert str(error.value) == text


def test_cells_that_are_y_or_too_many_are_refused() -> None:
    d = design(people())
    with pytest.raises(ValueError, match="cells='c1' is y itself"):
        sv.standardise(d, "c1", cells="c1", population="all")
    with pytest.raises(ValueError, match="240 cells, and at most 200 can be told apart"):
        sv.standardise(d, "c1", cells="w", population="all")
    with pytest.raises(ValueError, match="name at least one column"):
        sv.standardise(d, "c1", cells=[], population="all")
