"""Before and after, difference in differences: what is read from the data, and what is refused."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import surveykit as sv
from sampling.checks import ArgumentError, ColumnError, DataError, SurveyWarning
from surveykit.comparison import arms_of


def people(adopting: int = 6, comparison: int = 6, seed: int = 1) -> pd.DataFrame:
    """Return two waves of communes with three villages each, fresh in the second wave."""
    rng = np.random.default_rng(seed)
    units = adopting + comparison
    data = pd.DataFrame({"xa": np.repeat(np.arange(units), 12), "dot": np.tile(np.repeat([1, 2], 6), units)})
    data["thon"] = data["xa"] * 100 + data["dot"] * 10 + np.tile([0, 0, 1, 1, 2, 2], 2 * units)
    data["mo_hinh"] = (data["xa"] < adopting) * 1
    data["nhom"] = np.tile(["a", "b"], len(data) // 2)
    data["w"] = rng.uniform(1, 2, len(data))
    data["diem"] = rng.normal(size=len(data)) + rng.normal(size=units)[data["xa"]] + (data["dot"] == 2)
    data["muc"] = np.clip(np.round(data["diem"] + 3), 1, 5)
    return data


DATA = people()
ARMS = {"treated": "mo_hinh", "wave": "dot", "unit": "xa"}


def design(data: pd.DataFrame = DATA, **words: Any) -> sv.Design:
    return sv.Design(data, **{"weights": "w", "psu": ["xa", "thon"], **words})


def change(data: pd.DataFrame = DATA, y: Any = "diem", **words: Any) -> sv.Estimates:
    return sv.before_after(design(data), y, **{"wave": "dot", **words})


def effect(data: pd.DataFrame = DATA, y: Any = "diem", **words: Any) -> sv.Estimates:
    return sv.did(design(data), y, **{**ARMS, **words})


def refused(kind: type[Exception], sentence: str, call: Any) -> None:
    """Fail unless the call is refused with exactly this sentence."""
    with pytest.raises(kind, match=f"^{re.escape(sentence)}$") as error:
        call()
    assert type(error.value) is kind


# --- the order of the waves ---------------------------------------------------------------------------------


def waves(first: Any, second: Any) -> pd.DataFrame:
    return DATA.assign(dot=DATA["dot"].map({1: first, 2: second}))


WAVES: list[tuple[Any, Any]] = [
    (1, 2), (2025, 2026), (False, True), (0.5, 1.5), ("1", "2"), ("đợt 9", "đợt 10"), ("wave 2", "wave 10"),
    ("trước", "sau"), ("Trước khi áp dụng", "Sau khi áp dụng"), ("kỳ trước", "kỳ sau"), ("before", "after"),
    ("pre", "post"), ("baseline", "endline"), ("đầu kỳ", "cuối kỳ"), ("sau 3 tháng", "sau 9 tháng"),
    ("trước đợt 2", "sau đợt 1"), ("năm 2025", "năm 2026"), ("15/10/2025", "01/11/2026"),
    ("10/2025", "03/2026"), ("Quý 4/2025", "Quý 1/2026"), ("2025-10", "2026-03"), ("2025-10", "2026"),
    ("2025-10-15", "2026-03-01"), ("ngày 15.10.2025", "ngày 1.11.2026"),
    (pd.Timestamp("2025-10-15"), pd.Timestamp("2026-03-01")), (pd.Period("2025Q4"), pd.Period("2026Q1")),
]  # fmt: skip


@pytest.mark.parametrize(("first", "second"), WAVES)
def test_the_later_wave_is_read_from_the_data(first, second):
    result = change(waves(first, second))
    assert_allclose(result.value, change().value)
    assert_allclose(result.se, change().se)
    other = change(waves(second, first))
    assert_allclose(other.value, -change().value)


def test_ordered_categories_have_their_order():
    typed = pd.CategoricalDtype(["sau", "giữa", "trước"], ordered=True)
    data = waves("sau", "trước").astype({"dot": typed})
    assert_allclose(change(data).value, change().value)
    assert "trước minus sau" in str(change(data).context)


@pytest.mark.parametrize(
    "pair", [("Wave A", "Wave B"), ("đợt năm", "đợt sáu"), ("15/10/25", "01/11/26"), ("I", "II")]
)
def test_an_order_that_cannot_be_read_is_asked_for(pair):
    first, second = sorted(pair)
    sentence = (
        f"wave='dot': the order of {first!r} and {second!r} cannot be read. "
        "Write 1 and 2, or make the column an ordered category."
    )
    refused(ArgumentError, sentence, lambda: change(waves(*pair)))


def test_the_line_names_the_waves_and_their_overlap():
    dated = change(waves(pd.Timestamp("2025-10-15"), pd.Timestamp("2026-03-01")))
    assert "01/03/2026 minus 15/10/2025 · waves share their PSUs" in str(dated.context)
    assert "01/03/2026 trừ 15/10/2025 · hai đợt có chung PSU" in dated.line("vi")
    apart = DATA.assign(xa=DATA["xa"] + 100 * DATA["dot"])
    assert "waves taken as independent" in str(change(apart).context)
    assert "hai đợt coi là độc lập" in change(apart).line("vi")


# --- waves that are refused ---------------------------------------------------------------------------------

TWO = "and a comparison needs two. Pick two with where=."


@pytest.mark.parametrize(
    ("kind", "call", "sentence"),
    [
        (ArgumentError, lambda: change(where="dot == 1"), f"wave='dot' has 1 levels (1), {TWO}"),
        (
            ArgumentError,
            lambda: change(DATA.assign(dot=DATA["xa"] % 3)),
            f"wave='dot' has 3 levels (0, 1, 2), {TWO}",
        ),
        (
            DataError,
            lambda: change(DATA.assign(dot=DATA["dot"].where(DATA.index != 7))),
            "wave='dot' is missing in row 7. Every row needs its wave.",
        ),
        (
            ColumnError,
            lambda: change(wave="đợt"),
            "wave='đợt': the data have no such column. Did you mean 'dot'?",
        ),
        (
            TypeError,
            lambda: change(wave=DATA["dot"]),
            "wave is a Series; pass the name of a column as text. "
            "Add the values to the data first if they are not there yet.",
        ),
        (
            TypeError,
            lambda: change(wave=["dot"]),
            "wave=['dot']: a comparison takes one column at a time. Give its name as text.",
        ),
        (
            TypeError,
            lambda: change(y=["diem", "muc"]),
            "y=['diem', 'muc']: a comparison takes one column at a time. Give its name as text.",
        ),
        (ArgumentError, lambda: change(by="dot"), "by=['dot', 'dot'] names a column twice."),
        (
            ArgumentError,
            lambda: change(overlap="panel"),
            "overlap='panel' is not known. Choose one of 'none', 'psu'.",
        ),
        (
            ArgumentError,
            lambda: sv.before_after(design(psu=None), "diem", wave="dot", overlap="psu"),
            "overlap='psu': the design names no psu that the waves could share. Pass psu= to Design.",
        ),
        (
            DataError,
            lambda: change(DATA.assign(nhom=DATA["dot"].map({1: "cũ", 2: "mới"})), by="nhom"),
            "by=['nhom']: no level has answers in both waves, so there is nothing to compare.",
        ),
    ],
)
def test_a_comparison_is_refused(kind, call, sentence):
    refused(kind, sentence, call)


def test_a_level_in_one_wave_only_is_left_out_and_named():
    data = DATA.assign(nhom=np.where((DATA["dot"] == 1) & (DATA["nhom"] == "b"), "cũ", DATA["nhom"]))
    sentence = "by=['nhom']: 'b', 'cũ' has answers in one wave only and is left out."
    with pytest.warns(SurveyWarning, match=f"^{re.escape(sentence)}$"):
        assert change(data, by="nhom").value.index.tolist() == ["a"]


def test_missing_levels_of_by_are_compared_as_well():
    data = DATA.assign(nhom=DATA["nhom"].where(DATA["nhom"] == "a"), kia=DATA["xa"] % 2)
    for by in ("nhom", ["nhom", "kia"]):
        table = change(data, by=by)
        missing = table.value.index.get_level_values(0).isna()
        assert missing.sum() == len(table.value) / 2
        assert table.se.notna().all()
        known = change(data, where="nhom != 'a'", by=None if by == "nhom" else "kia")
        assert_allclose(table.value[missing], known.value)


@pytest.mark.parametrize("overlap", ["none", "psu"])
@pytest.mark.parametrize("where", ["dot == dot", "dot > 0", "dot.notna()", "nhom == 'a'"])
def test_rows_outside_where_may_lack_their_wave(overlap, where):
    data = DATA.assign(dot=DATA["dot"].where(DATA["nhom"] == "a"))
    result = change(data, where=where, overlap=overlap)
    assert_allclose(result.value, change(where="nhom == 'a'").value)
    if overlap == "psu":
        assert_allclose(result.se, change(where="nhom == 'a'", overlap="psu").se)


def test_two_of_three_waves_are_picked_with_where():
    third = DATA[DATA["dot"] == 2].assign(dot=3, thon=lambda t: t["thon"] + 10)
    data = pd.concat([DATA, third], ignore_index=True)
    assert_allclose(change(data, where="dot < 3").value, change().value)
    assert_allclose(change(data, where="dot < 3").se, change().se)


def test_waves_that_are_named_in_the_design_stay_as_they_are():
    strata = sv.before_after(design(strata="dot", psu="thon"), "diem", wave="dot")
    crossed = sv.before_after(design(psu="thon"), "diem", wave="dot")
    assert_allclose(strata.se, crossed.se)
    stage = sv.before_after(design(psu=["xa", "dot", "thon"]), "diem", wave="dot")
    assert_allclose(stage.se, change().se)


# --- difference in differences ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "call", "sentence"),
    [
        (
            DataError,
            lambda: effect(DATA.assign(mo_hinh=DATA["mo_hinh"] * 2)),
            "treated='mo_hinh' is 2 in rows 0, 1, 2 and 69 more. Write 1 for units that adopted between the "
            "waves, 0 for the comparison, and leave the others missing.",
        ),
        (
            TypeError,
            lambda: effect(treated="nhom"),
            "treated='nhom' holds text ('a', 'b'), and it must be 1 or 0.",
        ),
        (
            DataError,
            lambda: effect(DATA.assign(mo_hinh=(DATA["xa"] < 6) * (DATA["dot"] == 2) * 1)),
            "treated='mo_hinh' changes inside xa 0. It must be one value for all rows of a unit, in both "
            "waves: 1 if the unit adopted between them.",
        ),
        (
            DataError,
            lambda: effect(DATA.assign(mo_hinh=DATA["mo_hinh"].where(DATA.index != 40))),
            "treated='mo_hinh' changes inside xa 3. It must be one value for all rows of a unit, in both "
            "waves: 1 if the unit adopted between them.",
        ),
        (
            DataError,
            lambda: effect(DATA[(DATA["xa"] < 6) | (DATA["dot"] == 1)]),
            "wave: the comparison units have no answers to 'diem' in wave 2.",
        ),
        (
            DataError,
            lambda: effect(DATA.assign(diem=DATA["diem"].where((DATA["xa"] > 5) | (DATA["dot"] == 2)))),
            "wave: the adopting units have no answers to 'diem' in wave 1.",
        ),
        (
            DataError,
            lambda: effect(DATA[DATA["xa"] < 6]),
            "treated='mo_hinh': there are no comparison units, so there is no difference in differences. "
            "Use before_after() for the change; without a comparison group it is not an effect.",
        ),
        (
            DataError,
            lambda: effect(DATA[DATA["xa"] > 5]),
            "treated='mo_hinh': there are no adopting units, so there is no difference in differences. "
            "Use before_after() for the change; without a comparison group it is not an effect.",
        ),
        (
            TypeError,
            lambda: effect(unit=["xa"]),
            "unit=['xa']: a comparison takes one column at a time. Give its name as text.",
        ),
        (
            ColumnError,
            lambda: effect(treated="mo_hin"),
            "treated='mo_hin': the data have no such column. Did you mean 'mo_hinh'?",
        ),
        (
            ArgumentError,
            lambda: effect(y="mo_hinh"),
            "by='mo_hinh' is y itself. Group by another column, or drop by.",
        ),
    ],
)
def test_an_effect_is_refused(kind, call, sentence):
    refused(kind, sentence, call)


def test_a_missing_unit_is_refused_by_its_place():
    data = DATA.assign(don_vi=DATA["xa"].where(DATA.index != 5))
    sentence = "unit='don_vi' is missing in row 5. Every row needs its unit."
    refused(DataError, sentence, lambda: effect(data, unit="don_vi"))


def test_few_units_in_an_arm_are_warned_of():
    sentence = (
        "did: 4 adopting and 6 comparison xa units; with fewer than 6 in an arm the interval is wide and "
        "rests on few units."
    )
    with pytest.warns(SurveyWarning, match=f"^{re.escape(sentence)}$"):
        effect(DATA[DATA["xa"] > 1])


@pytest.mark.parametrize("psu", [["xa", "thon"], ["xa", "dot", "thon"], "thon", "xa", None])
def test_fewer_than_three_units_in_an_arm_have_a_difference_and_no_effect(psu):
    data = DATA[DATA["xa"] > 3]
    result = sv.did(design(data, psu=psu), "diem", **ARMS)
    sentence = (
        "only 2 adopting xa units: the difference describes these units; "
        "an effect needs at least 3 in each arm"
    )
    assert result.refusal == sentence
    assert result.statistic == "difference (descriptive)"
    assert sentence in str(result.to_frame()["reason"].iloc[0])
    assert sentence in result.line()
    refused(ArgumentError, f"test: {sentence}", result.test)
    people_only = psu in ("xa", None)
    inside = sv.Design(data, weights="w", strata=["xa", "dot"], psu=None if people_only else "thon")
    four = sv.mean(inside, "diem", by=["mo_hinh", "dot"])
    wanted = four.contrast({(1, 2): 1, (1, 1): -1, (0, 2): -1, (0, 1): 1})
    assert_allclose(result.value, wanted.value)
    assert_allclose(result.se, wanted.se)


def test_the_people_of_a_commune_are_found_below_larger_units():
    data = DATA[DATA["xa"] > 3].assign(huyen=DATA["xa"] // 4)
    known = sv.did(design(data, psu="thon"), "diem", **ARMS)
    found = sv.did(design(data, psu=["huyen", "thon"]), "diem", **ARMS)
    assert_allclose(found.se, known.se)
    assert_allclose(found.df, known.df)


def test_a_refused_effect_stays_refused_in_a_contrast():
    result = effect(DATA[DATA["xa"] > 3]).contrast({"did": 1})
    assert "only 2 adopting xa units" in result.refusal
    with pytest.raises(ArgumentError, match="only 2 adopting xa units"):
        result.test()


def test_the_contrast_of_an_effect_keeps_its_degrees_of_freedom():
    result = effect()
    assert_allclose(result.contrast({"did": 2}).df, result.df)


def test_units_left_out_are_counted_in_the_line():
    data = DATA.assign(mo_hinh=DATA["mo_hinh"].mask(DATA["xa"].isin([0, 11])))
    with pytest.warns(SurveyWarning, match="5 adopting and 5 comparison"):
        result = effect(data)
    assert "2 minus 1; 5 adopting and 5 comparison xa units · xa left out: 2 " in str(result.context)
    assert "5 xa áp dụng và 5 xa so sánh · để riêng 2 xa " in result.line("vi")


@pytest.mark.parametrize("name", ["mô hình", "mô hình (1=có)", "treated-between"])
def test_names_of_columns_may_hold_blanks_and_signs(name):
    data = DATA.rename(columns={"mo_hinh": name})
    result = effect(data, treated=name, where="nhom == 'a'")
    assert_allclose(result.value, effect(where="nhom == 'a'").value)
    few = data[data["xa"] > 3]
    assert effect(few, treated=name).refusal


def test_an_effect_without_any_spread_has_no_error():
    result = effect(DATA.assign(diem=1.0 * (DATA["dot"] == 2)))
    assert_allclose([result.value.iloc[0], result.se.iloc[0]], 0.0, atol=1e-12)
    assert np.isfinite(result.df.iloc[0])


def test_communes_are_sorted_into_arms_by_the_date_they_adopted():
    dates = pd.Series(pd.to_datetime(["2025-10-01", "2025-10-02", "2026-10-01", "2026-10-02", None]))
    arms = arms_of(dates, first="2025-10-01", second="2026-10-01")
    assert arms.tolist()[1:] == [1.0, 1.0, 0.0, 0.0]
    assert np.isnan(arms.iloc[0])
    refused(
        ArgumentError,
        "first='2026' is not before second='2025'. Give the dates of the two waves in order.",
        lambda: arms_of(dates, first="2026", second="2025"),
    )
