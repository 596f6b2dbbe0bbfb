"""The doorway: degrees of freedom per row, domains, memory of a design, and statistics against plain sums."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from numpy.testing import assert_allclose
from strategies import SHAPES, build, check_same, designs, samples, statistics

import surveykit as sv
from surveykit import design as design_module
from surveykit import infer as infer_module

#: Linear algebra on the same numbers in another order.
TIGHT = 1e-9

few = settings(max_examples=10)


@few
@given(samples())
def test_values_are_weighted_sums(data):
    design = sv.Design(data, weights="w", **SHAPES["clusters"])
    for sex, rows in data.groupby("sex"):
        held = rows.dropna(subset="z")
        w, z = held["w"], held["z"]
        for verb, wanted in (
            (lambda: sv.mean(design, "z", by="sex"), np.average(z, weights=w)),
            (lambda: sv.total(design, "z", by="sex"), w @ z),
            (lambda: sv.count(design, by="sex"), rows["w"].sum()),
            (lambda: sv.ratio(design, "z", "x", by="sex"), (w @ z) / (w @ held["x"])),
            (
                lambda: sv.variance(design, "z", by="sex"),
                np.cov(z, aweights=w, ddof=0) * len(z) / (len(z) - 1),
            ),
        ):
            assert_allclose(verb().value[sex], wanted)


def test_a_covariance_of_two_columns_is_that_of_pandas():
    data = build([3, 3], 41, missing=0.0)
    table = sv.variance(sv.Design(data, sampling="srs"), ["z", "x"])
    assert_allclose(table.value["z, x"], data["z"].cov(data["x"]))
    assert_allclose(table.value[["z, z", "x, x"]], [data["z"].var(), data["x"].var()])


@few
@given(designs(steps=("", "class")))
def test_degrees_of_freedom_are_units_less_strata_with_answers(design):
    data = design.data.assign(row=range(len(design)), one="all")
    unit = design.psu[0] if design.psu else "row"
    stratum = design.strata[0] if design.strata else "one"
    table = sv.mean(design, "z", by="group")
    for group in table.value.index:
        held = data[(data["group"] == group) & data["z"].notna() & (design.w > 0)]
        assert table.df[group] == held[unit].nunique() - held[stratum].nunique()
        assert table.n[group] == len(held)
    all_of_them = data[data["z"].notna() & (design.w > 0)]
    assert sv.mean(design, "z").context.psus == all_of_them[unit].nunique()
    assert sv.mean(design, "z").context.strata == all_of_them[stratum].nunique()


def test_three_columns_of_by_have_a_row_for_each_combination_that_occurs():
    data = build([3, 3], 42)
    design = sv.Design(data, weights="w", strata="stratum")
    table = sv.total(design, "x", by=["stratum", "group", "sex"])
    wanted = (data["w"] * data["x"]).groupby([data[c] for c in ("stratum", "group", "sex")]).sum()
    assert_allclose(table.value, wanted)
    assert table.value.index.names == ["stratum", "group", "sex"]
    assert table.value.index.tolist() == wanted.index.tolist()


def test_labels_of_several_kinds_stand_in_the_order_of_their_text():
    data = pd.DataFrame({"by": ["b", 2, "a", 10, None] * 2, "z": range(10)})
    index = sv.mean(sv.Design(data, sampling="srs"), "z", by="by").value.index
    assert index[:-1].tolist() == [10, 2, "a", "b"]
    assert pd.isna(index[-1])


def test_categories_stand_in_their_order():
    data = build([3], 43).assign(group=lambda t: pd.Categorical(t["group"], ["c", "a", "zz", "b"]))
    design = sv.Design(data, weights="w")
    assert sv.mean(design, "z", by="group").value.index.tolist() == ["c", "a", "b"]
    assert sv.proportion(design, "group").value.index.tolist() == ["c", "a", "b"]


def test_whole_numbers_far_apart_are_levels_as_well():
    data = pd.DataFrame({"code": [10**12, 5, 5, 10**12] * 3, "z": range(12)})
    assert sv.mean(sv.Design(data, sampling="srs"), "z", by="code").value.index.tolist() == [5, 10**12]
    high = data.assign(code=np.array([2**63, 2**63 + 1] * 6, dtype="uint64"))
    assert len(sv.mean(sv.Design(high, sampling="srs"), "z", by="code").value) == 2


@few
@given(samples())
def test_a_table_of_many_columns_is_each_column_alone(data):
    design = sv.Design(data, weights="w", **SHAPES["two stages with sizes"])
    table = sv.mean(design, ["z", "x", "y"], by="group")
    for name in ("z", "x", "y"):
        rows = table.value.index.get_level_values("variable") == name
        check_same(sv.mean(design, name, by="group"), table, rtol=TIGHT, rows=rows)


def test_a_design_asked_many_questions_answers_the_first_as_before(monkeypatch):
    monkeypatch.setattr(design_module, "REMEMBERED", 2)
    design = sv.Design(build([3, 3], 44), weights="w", **SHAPES["clusters"])
    first = {name: (table, table.to_frame()) for name, table in statistics(design, "group").items()}
    for k in range(6):
        sv.proportion(design, "y", where=f"x > 1.0{k}", value=[4, 5]).to_frame()
    again = statistics(design, "group")
    for name, (table, frame) in first.items():
        check_same(table, again[name], rtol=0)
        pd.testing.assert_frame_equal(table.to_frame(), frame)
    kinds = [key[0] for key in design.cache if key[0] != "units"]
    assert max(kinds.count(kind) for kind in set(kinds)) <= 2


def test_a_jacobian_is_spread_over_cells_in_blocks(monkeypatch):
    design = sv.Design(build([3, 3], 45), weights="w", **SHAPES["clusters"])
    wanted = statistics(design, "group")
    monkeypatch.setattr(infer_module, "CHUNK", 1)
    for name, table in statistics(design, "group").items():
        check_same(wanted[name], table, rtol=TIGHT)


def test_long_tables_are_worked_out_in_threads_to_the_same_numbers(monkeypatch):
    design = sv.Design(build([3, 3], 45), weights="w", **SHAPES["clusters"])
    wanted = sv.mean(design, ["z", "x", "y"], by="group")
    monkeypatch.setattr(infer_module, "MANY", 0)
    check_same(wanted, sv.mean(design, ["z", "x", "y"], by="group"), rtol=0)


@pytest.mark.parametrize("change", [0.0, 1e6])
def test_far_from_zero_a_mean_keeps_its_error(change):
    data = build([3, 3], 46)
    one = sv.mean(sv.Design(data, weights="w", **SHAPES["clusters"]), "z")
    far = sv.mean(sv.Design(data.assign(z=data["z"] + change), weights="w", **SHAPES["clusters"]), "z")
    assert_allclose(far.se, one.se, rtol=1e-7)
    assert_allclose(far.value - change, one.value, rtol=1e-7)


def test_a_column_of_by_may_have_any_name():
    data = build([3, 3], 47)
    for name in ("variable", "estimate", "n", "index", "level_0"):
        design = sv.Design(data.rename(columns={"group": name}), weights="w", **SHAPES["clusters"])
        for by in (name, [name, "sex"]):
            for table in (sv.mean(design, ["z", "x"], by=by), sv.proportion(design, "y", by=by)):
                assert len(table.to_frame()) == len(table.value)
                assert table.to_html().count("<tr") == len(table.value) + 1


def test_a_column_named_twice_is_refused():
    design = sv.Design(build([3], 47), weights="w")
    with pytest.raises(ValueError, match=r"y=\['z', 'z'\] names a column twice\.$"):
        sv.mean(design, ["z", "z"])


def test_answers_that_came_with_weight_0_are_told_and_change_no_number():
    frame = pd.DataFrame(
        {"diem": [4.0, 5, 3, 2, np.nan, 4], "w": [2.0, 1, 3, 0, 0, 2], "vung": list("BBNNNN")}
    )
    design, kept = sv.Design(frame, weights="w"), frame[frame["w"] > 0]
    for result in (sv.mean(design, "diem"), sv.proportion(design, "diem", value=4), sv.total(design, "diem")):
        assert int(result.n.iloc[0]) == len(kept)
        assert "1 answers have weight 0 and do not count" in str(result.context)
        assert "1 câu trả lời có quyền số 0, không được tính" in result.context.text("vi")
    assert sv.mean(design, "diem").value.iloc[0] == np.average(kept["diem"], weights=kept["w"])
    assert "weight 0" not in str(sv.mean(design, "diem", where="vung == 'B'").context)
    assert "weight 0" not in str(sv.count(design).context)
    assert "weight 0" not in str(sv.mean(sv.Design(kept, weights="w"), "diem").context)
    second = sv.Design(frame.assign(sau=[1, 1, 1, 0, 0, 1], w=2.0), weights="w").second_phase("sau")
    assert "weight 0" not in str(sv.mean(second, "diem").context)
