"""Sizes mended: the raw value kept, the reason written, the totals of the provinces hit."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from sampling.checks import ArgumentError, ColumnError, DataError, SurveyWarning
from sampling.cleaning import clean_sizes
from sampling.frame import Frame

RTOL = 1e-9


def units():
    """Two made-up provinces of twelve communes (giả lập)."""
    rng = np.random.default_rng(3)
    n = 24
    return pd.DataFrame(
        {
            "ma": [f"{k:05d}" for k in range(n)],
            "name": [f"Xã {k % 12}" for k in range(n)],
            "type": "xã",
            "province": ["Tỉnh A"] * 12 + ["Tỉnh B"] * 12,
            "area_km2": rng.uniform(10, 50, n),
            "dan": rng.integers(4000, 12_000, n).astype(object),
        }
    )


def frame(**changes):
    table = units()
    for row, value in changes.pop("dan", {}).items():
        table.loc[row, "dan"] = value
    return Frame(table.assign(**changes), id="ma", name="giả lập", as_of="2026-07-01", source="giả lập")


def notes(cleaned):
    return {row: note for row, note in cleaned.units["dan_note"].items() if note}


def test_good_sizes_stay_and_raw_values_are_kept():
    cleaned = clean_sizes(frame(), size="dan")
    assert notes(cleaned) == {}
    assert (cleaned.units["dan"] == units()["dan"].astype(float)).all()
    assert cleaned.units["dan_raw"].tolist() == units()["dan"].tolist()
    assert cleaned.size == "dan"


def test_each_wrong_size_is_mended_and_says_why():
    dirty = frame(dan={0: "đang cập nhật", 1: None, 2: 0, 3: 12, 4: 653_422})
    cleaned = clean_sizes(dirty, size="dan")
    said = notes(cleaned)
    assert set(said) == {0, 1, 2, 3, 4}
    for row, words in {0: "không phải là số", 3: "nhỏ hơn 1.000", 4: "lần trung vị"}.items():
        assert words in said[row]
    assert cleaned.units["dan"].between(1000, 60_000).all()
    assert cleaned.units["dan_raw"][0] == "đang cập nhật"
    assert dirty.units["dan"][0] == "đang cập nhật"  # the caller's frame is as it was


def test_the_same_number_under_the_same_name_in_another_province_is_not_believed():
    cleaned = clean_sizes(frame(dan={2: 7777, 14: 7777}), size="dan")
    assert set(notes(cleaned)) == {2, 14}
    assert notes(clean_sizes(frame(dan={2: 7777, 14: 7777}), size="dan", duplicates=False)) == {}


def test_a_mended_size_is_area_times_density_or_the_median():
    dirty = frame(dan={0: None})
    good = dirty.units.iloc[1:12]
    density = good["dan"].astype(float).sum() / good["area_km2"].sum()
    by_area = clean_sizes(dirty, size="dan").units["dan"][0]
    assert_allclose(by_area, density * dirty.units["area_km2"][0], rtol=0.35)  # bounded, and by its own rule
    by_median = clean_sizes(dirty, size="dan", impute="median").units["dan"][0]
    assert_allclose(by_median, good["dan"].astype(float).median(), rtol=RTOL)


def test_totals_are_hit_and_proportions_kept():
    totals = {"A": 120_000, "Tỉnh B": 90_000}
    cleaned = clean_sizes(frame(dan={0: None}), size="dan", totals=totals).units
    sums = cleaned.groupby("province")["dan"].sum()
    assert_allclose(sums, [120_000, 90_000], rtol=RTOL)
    plain = clean_sizes(frame(dan={0: None}), size="dan").units
    for _, rows in cleaned.groupby("province"):
        ratio = rows["dan"] / plain.loc[rows.index, "dan"]
        assert_allclose(ratio, ratio.iloc[0], rtol=RTOL)


def test_units_of_one_province_without_a_column_of_provinces():
    table = units().drop(columns="province").iloc[:12]
    one = Frame(table, id="ma", name="giả lập", as_of="2026-07-01", source="giả lập")
    cleaned = clean_sizes(one, size="dan", province=None, totals=50_000)
    assert_allclose(cleaned.units["dan"].sum(), 50_000, rtol=RTOL)


def test_exempt_types_may_be_small():
    small = frame(dan={0: 300}, type=["đặc khu"] * 3 + ["xã"] * 21)
    assert 0 not in notes(clean_sizes(small, size="dan"))
    assert 0 in notes(clean_sizes(small, size="dan", exempt=()))


REFUSED = [
    (lambda: clean_sizes(frame(), size="ho"), ColumnError, "size='ho'"),
    (lambda: clean_sizes(clean_sizes(frame(), size="dan"), size="dan"), ColumnError, ""),
    (lambda: clean_sizes(frame(), size="dan", least=-1), ArgumentError, "least=-1"),
    (lambda: clean_sizes(frame(), size="dan", impute="mean"), ArgumentError, "impute='mean' is not known."),
    (lambda: clean_sizes(frame(), size="dan", totals={"A": 1000}), DataError, "totals"),
    (lambda: clean_sizes(frame(), size="dan", totals={"A": -5, "B": 10}), ArgumentError, "totals"),
    (lambda: clean_sizes(frame(dan=dict.fromkeys(range(24), None)), size="dan"), DataError, ""),
]


@pytest.mark.parametrize(("call", "kind", "sentence"), REFUSED, ids=range(len(REFUSED)))
def test_refusals(call, kind, sentence):
    with pytest.raises(kind) as error:
        call()
    assert str(error.value).startswith(sentence)


def test_a_total_of_a_province_that_is_not_there_is_said():
    with pytest.warns(SurveyWarning, match="C"):
        clean_sizes(frame(), size="dan", totals={"A": 90_000, "B": 90_000, "C": 1000})
