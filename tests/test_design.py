"""Design: what it reads, keeps and shows; order, index and types of the data never matter."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from strategies import (
    SEEDS,
    SHAPES,
    build,
    check_same,
    designs,
    samples,
    statistics,
    steps_of,
    weighted,
    words_of,
)

import surveykit as sv

#: Linear algebra on the same numbers in another order.
TIGHT = 1e-9
#: The same after raking, which stops at a relative gap of 1e-12, times the condition of its equations.
RAKED = 1e-7

few = settings(max_examples=10)


# --- order, index, types ------------------------------------------------------------------------------------


@few
@given(designs(), SEEDS)
def test_the_order_of_rows_never_matters(design, seed):
    order = np.random.default_rng(seed).permutation(len(design))
    shuffled = sv.Design(design.data.iloc[order], weights="w", **words_of(design))
    for one, other in zip(
        statistics(design, "group").values(),
        statistics(weighted(shuffled, steps_of(design)), "group").values(),
        strict=True,
    ):
        check_same(one, other, rtol=RAKED)


INDEXES = {
    "unsorted": lambda n: np.random.default_rng(1).permutation(n),
    "duplicated": lambda n: np.zeros(n, dtype=int),
    "text": lambda n: [f"phiếu {i % 7}" for i in range(n)],
    "dates": lambda n: pd.date_range("2026-11-23", periods=n)[::-1],
    "two levels": lambda n: pd.MultiIndex.from_arrays([np.arange(n) % 2, np.arange(n) % 3]),
}


@pytest.mark.parametrize("index", INDEXES)
@pytest.mark.parametrize("steps", ["", "class, rake shares"])
def test_the_index_never_matters(index, steps):
    data = build([3, 2], 8)
    other = data.set_axis(INDEXES[index](len(data)))
    words = SHAPES["two stages with sizes"]
    one = weighted(sv.Design(data, weights="w", **words), steps)
    two = weighted(sv.Design(other, weights="w", **words), steps)
    for a, b in zip(
        statistics(one, "group", "x < 1.8").values(),
        statistics(two, "group", "x < 1.8").values(),
        strict=True,
    ):
        check_same(a, b, rtol=0)
    assert two.weights.index.equals(other.index)


WHOLE = ["int8", "uint8", "int16", "int64", "float32", "float64"]
NUMBERS = ["Int8", "Int64", "Float64", "float32", "object", "int64[pyarrow]", "double[pyarrow]"]


@pytest.mark.parametrize("dtype", NUMBERS)
def test_the_type_of_numbers_never_matters(dtype):
    data = build([3, 3], 9)
    data["w"] = np.round(data["w"] * 4)  # so that every type holds the same numbers
    data["x"] = np.round(data["x"] * 4)
    other = data.assign(**{c: data[c].astype(dtype) for c in ("y", "w", "x", "N1", "N2", "sex")})
    words = SHAPES["two stages with sizes"]
    for steps in ("", "class, rake shares"):
        design, twin = (weighted(sv.Design(d, weights="w", **words), steps) for d in (data, other))
        for a, b in (
            (sv.mean(design, "y", by="sex"), sv.mean(twin, "y", by="sex")),
            (sv.proportion(design, "y"), sv.proportion(twin, "y")),
            (sv.proportion(design, "y", value=[4, 5]), sv.proportion(twin, "y", value=[4, 5])),
            (sv.ratio(design, "x", "y", where="x > 4"), sv.ratio(twin, "x", "y", where="x > 4")),
        ):
            check_same(a, b, rtol=0)
            assert b.value.index.tolist() == a.value.index.tolist()


@pytest.mark.parametrize("dtype", ["bool", "boolean", "bool[pyarrow]", "int8", "float32", "object"])
def test_yes_and_no_are_one_and_zero(dtype):
    data = build([3, 3], 10, missing=0.0).assign(yes=lambda t: (t["y"] >= 4) * 1)
    other = data.assign(yes=data["yes"].astype(bool).astype(dtype))
    one, two = (sv.Design(d, weights="w", **SHAPES["clusters"]) for d in (data, other))
    check_same(sv.mean(one, "yes", by="group"), sv.mean(two, "yes", by="group"), rtol=0)
    check_same(sv.proportion(one, "yes"), sv.proportion(two, "yes"), rtol=0)
    check_same(sv.proportion(one, "yes", value=1), sv.proportion(two, "yes", value=True), rtol=0)


@pytest.mark.parametrize("dtype", WHOLE)
def test_the_type_of_codes_never_matters(dtype):
    data = build([3, 3], 12)
    code = {level: k for k, level in enumerate(data["commune"].unique())}
    far = data["commune"].map(code).astype(int) * 20 - (100 if dtype.startswith("int") else 0)
    high = far > far.median()
    one = data.assign(commune=far, group=far, stratum=high * 1)
    two = data.assign(commune=far.astype(dtype), group=far.astype(dtype), stratum=high.astype(dtype))
    for by in ("group", ["group", "sex"]):
        a, b = (sv.total(sv.Design(d, weights="w", **SHAPES["clusters"]), "z", by=by) for d in (one, two))
        check_same(a, b, rtol=0)
        assert a.value.index.tolist() == b.value.index.tolist()


def test_a_small_type_that_holds_far_numbers_keeps_its_levels():
    data = pd.DataFrame({"code": np.array([-100, 100] * 6, dtype="int8"), "z": range(12)})
    table = sv.mean(sv.Design(data, sampling="srs"), "z", by="code")
    assert table.value.to_dict() == {-100: 5.0, 100: 6.0}


@pytest.mark.parametrize("dtype", ["category", "string", "object", "string[pyarrow]", "str"])
def test_the_type_of_labels_never_matters(dtype):
    data = build([3, 2], 13)
    labels = ["stratum", "commune", "village", "group"]
    other = data.assign(**{name: data[name].astype(dtype) for name in labels})
    words = SHAPES["two stages with sizes"]
    for steps in ("", "rake counts"):
        one, two = (weighted(sv.Design(d, weights="w", **words), steps) for d in (data, other))
        for a, b in zip(
            statistics(one, "group", "group != 'b'").values(),
            statistics(two, "group", "group != 'b'").values(),
            strict=True,
        ):
            check_same(a, b, rtol=0)
            assert a.value.index.tolist() == b.value.index.tolist()


@few
@given(samples())
def test_levels_that_nobody_has_never_matter(data):
    more = data.assign(
        group=pd.Categorical(data["group"], ["never", "a", "b", "c", "nor this"]),
        y=pd.Categorical(data["y"], [0, 1, 2, 3, 4, 5, 6]),
        commune=pd.Categorical(data["commune"], ["nowhere", *data["commune"].unique()]),
        stratum=pd.Categorical(data["stratum"], ["h9", "h2", "h1", "h0"]),
    )
    one, two = (sv.Design(d, weights="w", **SHAPES["clusters with fractions"]) for d in (data, more))
    check_same(sv.proportion(one, "y", by="group"), sv.proportion(two, "y", by="group"), rtol=TIGHT)
    check_same(sv.mean(one, "z", by="group"), sv.mean(two, "z", by="group"), rtol=TIGHT)


# --- what a design is ---------------------------------------------------------------------------------------


def test_a_design_says_in_one_line_what_it_is():
    data = build([3, 2], 14)
    n = len(data)
    assert repr(sv.Design(data, sampling="self-selected")) == (
        f"Design of {n} rows: no weight column; sampling self-selected; drawn with replacement"
    )
    design = sv.Design(data, weights="w", **SHAPES["two stages with sizes"])
    villages = data["village"].nunique()
    assert repr(weighted(design, "class").where("sex == 1").where("x > 1.5")) == (
        f"Design of {n} rows: weights 'w'; strata 'stratum' (2); psu 'commune' (5); psu 'village' "
        f"({villages}); fpc 'N1, N2'; steps nonresponse (stratum); where sex == 1 and x > 1.5"
    )
    assert len(design) == n


def test_a_notebook_shows_the_design_and_its_trail():
    data = build([3], 14).rename(columns={"commune": "xã <1>"})
    html = weighted(sv.Design(data, weights="w", psu="xã <1>"), "rake shares")._repr_html_()
    assert "quyền số: w; PSU: xã &lt;1&gt; (3); chọn có hoàn lại</p>" in html
    assert "group, sex" in html
    assert html.count("<tr") == 3
    design = sv.Design(data, strata="stratum", sampling="self-selected").where("sex == 1")
    wanted = "không có cột quyền số; tầng: stratum (1); chọn có hoàn lại; mẫu tự chọn: không suy rộng được"
    assert f"{wanted}; chỉ các dòng: sex == 1</p>" in design._repr_html_()


def test_conditions_add_up_and_leave_the_design_they_start_from():
    design = sv.Design(build([3, 3], 15), weights="w", **SHAPES["clusters"])
    one = design.where("sex == 1").where("x > 1.2")
    check_same(sv.mean(design, "z", where="sex == 1 and x > 1.2"), sv.mean(one, "z"), rtol=0)
    assert sv.mean(design, "z").n.iloc[0] > sv.mean(one, "z").n.iloc[0]
    assert design.subset == ()


def test_a_condition_that_empties_a_stratum_leaves_the_other_strata():
    data = build([3, 3], 16)
    design = sv.Design(data, weights="w", **SHAPES["clusters"])
    part = sv.Design(data[data["stratum"] == "h1"], weights="w", **SHAPES["clusters"])
    for one, other in zip(
        statistics(part, "sex").values(),
        statistics(design.where("stratum == 'h1'"), "sex").values(),
        strict=True,
    ):
        check_same(one, other, rtol=TIGHT, intervals=not one.is_share)


def test_missing_values_in_a_condition_are_outside():
    data = build([3, 3], 17).assign(age=lambda t: t["sex"].astype("Int64").where(t["x"] > 1.3))
    table = sv.mean(sv.Design(data, weights="w"), "x", where="age == 1")
    assert table.n.iloc[0] == (data["age"] == 1).sum()


@pytest.mark.parametrize(
    "condition", ["`xã (cũ)` == 'a'", "`xã (cũ)` in ['a']", "`xã (cũ)`.str.startswith('a')"]
)
def test_names_with_blanks_stand_between_backticks(condition):
    data = build([3, 3], 17).rename(columns={"group": "xã (cũ)"})
    design = sv.Design(data, weights="w")
    assert sv.count(design, where=condition).n.iloc[0] == (data["xã (cũ)"] == "a").sum()


def test_names_of_the_index_are_not_columns():
    data = build([3], 18).rename_axis("stt")
    check_same(
        sv.mean(sv.Design(data.reset_index(drop=True), weights="w"), "x"),
        sv.mean(sv.Design(data, weights="w"), "x"),
        rtol=0,
    )


def test_pipe_reads_from_top_to_bottom():
    design = sv.Design(build([3], 18), weights="w")
    piped = design.pipe(weighted, "class").pipe(sv.mean, "z", by="sex")
    check_same(sv.mean(weighted(design, "class"), "z", by="sex"), piped, rtol=0)


def test_unit_ids_that_start_again_in_each_stratum_are_told_with_nest():
    data = build([3, 3], 19)
    again = data.assign(commune=data["commune"].str[2:])
    one = sv.Design(data, weights="w", **SHAPES["clusters"])
    two = sv.Design(again, weights="w", nest=True, **SHAPES["clusters"])
    check_same(sv.mean(one, "z"), sv.mean(two, "z"), rtol=0)


def test_strata_of_two_columns_are_crossed():
    data = build([4, 4], 20).assign(half=lambda t: t["commune"].str[-1].isin(["0", "1"]))
    crossed = data.assign(both=data["stratum"] + data["half"].astype(str))
    one = sv.Design(data, weights="w", strata=["stratum", "half"], psu="commune")
    two = sv.Design(crossed, weights="w", strata="both", psu="commune")
    check_same(sv.mean(one, "z"), sv.mean(two, "z"), rtol=TIGHT)
