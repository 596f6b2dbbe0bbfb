"""Forms that a drawn sample carries: they meet domains, contrasts, steps and stages like any other."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import surveykit as sv
from surveykit.context import Note
from surveykit.drawn import Drawn

RTOL = 1e-10  # linear algebra only
NOTE = Note("a form of its own", "dạng riêng")


def people(seed=1):
    """Return 3 strata of 5 drawn units with 1 to 4 people each, rows in random order."""
    rng = np.random.default_rng(seed)
    units = pd.DataFrame({"tang": np.repeat(list("abc"), 5), "xa": [f"x{i:02d}" for i in range(15)]})
    units["pi"] = rng.uniform(0.2, 0.7, 15)
    rows = units.loc[np.repeat(units.index, rng.integers(1, 5, 15))].reset_index(drop=True)
    rows["w"] = rng.uniform(1, 2, len(rows)) / rows["pi"]
    rows["diem"] = rng.normal(5, 2, len(rows))
    rows["gioi"] = rng.choice(["Nam", "Nữ"], len(rows))
    rows["vung"] = rng.choice(["A", "B", "C"], len(rows))
    rows["f"] = rows["tang"].map({"a": 0.25, "b": 0.5, "c": 0.1})
    return rows.sample(frac=1, random_state=seed).reset_index(drop=True), units


def random_form(rng, n):
    A = rng.normal(size=(n, n))
    return A @ A.T


def with_forms(rows, units, forms, fraction="f", **options):
    """Return the design whose strata have these forms, the units of a block in the order of `units`."""
    block = rows["tang"].map({"a": 0, "b": 1, "c": 2}).to_numpy()
    place = rows["xa"].map(dict(zip(units["xa"], np.tile(np.arange(5), 3), strict=True))).to_numpy()
    pi = tuple(units["pi"].to_numpy()[5 * k : 5 * k + 5] for k in range(3))
    design = sv.Design(rows, weights="w", strata="tang", psu="xa", fpc=fraction, **options)
    return design.changed(drawn={"xa": Drawn(block, place, tuple(forms), pi, NOTE)})


def srs_forms(fractions, n=5):
    centre = np.eye(n) - 1 / n
    return [(1 - f) * n / (n - 1) * centre for f in fractions]


@pytest.fixture
def alike():
    """Return two designs that say the same: by fractions, and by the matrices of these fractions."""
    rows, units = people()
    plain = sv.Design(rows, weights="w", strata="tang", psu="xa", fpc="f")
    return plain, with_forms(rows, units, srs_forms([0.25, 0.5, 0.1]))


RAKING = {"gioi": {"Nam": 0.5, "Nữ": 0.5}, "vung": {"A": 0.3, "B": 0.3, "C": 0.4}}


@pytest.mark.parametrize("raked", [False, True])
@pytest.mark.parametrize("by", [None, "gioi", ["gioi", "vung"], ["tang", "gioi", "vung"]])
@pytest.mark.parametrize("verb", [sv.mean, sv.total])
def test_matrix_of_simple_random_sampling_gives_its_variance(alike, verb, by, raked):
    plain, own = (d.pipe(sv.rake, RAKING) if raked else d for d in alike)
    a, b = (verb(design, "diem", by=by) for design in (plain, own))
    assert_allclose(b.covariance.diag(), a.covariance.diag(), rtol=RTOL)
    assert_allclose(b.covariance.full(), a.covariance.full(), rtol=RTOL, atol=1e-9)
    assert_allclose(b.df, a.df)


def test_contrasts_and_tests_see_the_matrix(alike):
    a, b = (sv.mean(design, "diem", by="gioi").contrast({"Nam": 1, "Nữ": -1}).to_frame() for design in alike)
    pd.testing.assert_frame_equal(a, b)


def test_variance_is_the_quadratic_form_of_the_unit_totals():
    rows, units = people(3)
    rng = np.random.default_rng(5)
    forms = [random_form(rng, 5) for _ in range(3)]
    result = sv.total(with_forms(rows, units, forms), "diem", by="gioi")
    table = rows.assign(z=rows["w"] * rows["diem"])
    table = table.pivot_table(index="gioi", columns="xa", values="z", aggfunc="sum", fill_value=0.0)
    z = table[units["xa"]].to_numpy()
    expected = sum(z[:, 5 * k : 5 * k + 5] @ forms[k] @ z[:, 5 * k : 5 * k + 5].T for k in range(3))
    assert_allclose(result.covariance.full(), expected, rtol=RTOL)
    assert_allclose(result.se**2, np.diag(expected), rtol=RTOL)


def test_full_covariance_of_many_units_is_the_same_by_either_way(monkeypatch):
    rows, units = people(3)
    rng = np.random.default_rng(6)
    result = sv.mean(with_forms(rows, units, [random_form(rng, 5) for _ in range(3)]), "diem", by="vung")
    dense = result.covariance.full()
    monkeypatch.setattr("surveykit.formulas.variance.DENSE", 0)
    assert_allclose(result.covariance.full(), dense, rtol=RTOL, atol=1e-12)


def test_stage_below_counts_with_the_probability_of_each_unit():
    rng = np.random.default_rng(8)
    rows = pd.DataFrame({"xa": np.repeat(list("pqrs"), 6), "tang": "a"})
    rows["thon"] = rows["xa"] + np.tile(np.repeat(["1", "2", "3"], 2), 4)
    pi = np.array([0.3, 0.6, 0.5, 0.2])
    rows["w"] = np.repeat(1 / pi, 6) * 4
    rows["diem"] = rng.normal(3, 1, 24)
    rows["f1"], rows["f2"] = 0.4, np.repeat([0.1, 0.2, 0.3, 0.4], 6)
    form = random_form(rng, 4)
    design = sv.Design(rows, weights="w", strata="tang", psu=["xa", "thon"], fpc=["f1", "f2"])
    block, place = np.zeros(24, dtype=int), np.repeat(np.arange(4), 6)
    design = design.changed(drawn={"xa": Drawn(block, place, (form,), (pi,), NOTE)})
    z = (rows["w"] * rows["diem"]).to_numpy().reshape(4, 3, 2).sum(axis=2)
    within = pi * (1 - np.array([0.1, 0.2, 0.3, 0.4])) * 3 * z.var(axis=1, ddof=1)
    between = z.sum(axis=1) @ form @ z.sum(axis=1)
    assert_allclose(sv.total(design, "diem").se ** 2, between + within.sum(), rtol=RTOL)


def test_context_names_the_form(alike):
    assert "xa: a form of its own" in str(sv.mean(alike[1], "diem").context)
    assert "'xa': a form of its own" in repr(alike[1])
    assert "xa: dạng riêng" in alike[1]._repr_html_()


def test_strata_that_lost_a_unit_count_as_drawn_with_replacement_and_say_so():
    rows, units = people()
    kept = rows[rows["xa"] != "x00"].reset_index(drop=True)
    own = with_forms(kept, units, srs_forms([0.25, 0.5, 0.1]))
    kept["g"] = kept["f"].where(kept["tang"] != "a", 0.0)
    plain = sv.Design(kept, weights="w", strata="tang", psu="xa", fpc="g")
    a, b = sv.mean(plain, "diem"), sv.mean(own, "diem")
    assert_allclose(b.se, a.se, rtol=RTOL)
    assert "xa: 1 strata lack units that were drawn: counted as drawn with replacement" in str(b.context)


def test_strata_crossed_with_something_else_lose_the_forms():
    rows, units = people()
    own = with_forms(rows, units, srs_forms([0.25, 0.5, 0.1]))
    crossed = own.changed(keep_units=False, strata=("tang", "gioi"), nest=True)
    found = sv.mean(crossed, "diem")
    broken = [note.en for note in found.context.notes if "lack units" in note.en]
    assert len(broken) == 1


def test_effects_of_adoption_leave_the_forms_out():
    rows, units = people(4)
    rows["dot"] = np.tile([1, 2], len(rows))[: len(rows)]
    rows["mo_hinh"] = (rows["xa"] < "x08").astype(int)
    own = with_forms(rows, units, srs_forms([0.25, 0.5, 0.1]))
    plain = sv.Design(rows, weights="w", strata="tang", psu="xa", fpc="f")
    a, b = (sv.did(d, "diem", treated="mo_hinh", wave="dot", unit="xa").to_frame() for d in (plain, own))
    pd.testing.assert_frame_equal(a, b)


def test_lonely_rule_average_scales_the_given_strata_too():
    rows, units = people()
    lone = pd.concat([rows, rows.iloc[[0]].assign(tang="d", xa="x99")], ignore_index=True)
    lone["f"] = lone["f"].where(lone["tang"] != "d", 0.2)
    rule = {"lonely_psu": "average"}
    plain = sv.Design(lone, weights="w", strata="tang", psu="xa", fpc="f", **rule)
    block = lone["tang"].map({"a": 0, "b": 1, "c": 2, "d": -1}).to_numpy()
    place = (
        lone["xa"].map(dict(zip(units["xa"], np.tile(np.arange(5), 3), strict=True))).fillna(0).astype(int)
    )
    pi = tuple(units["pi"].to_numpy()[5 * k : 5 * k + 5] for k in range(3))
    drawn = Drawn(block, place.to_numpy(), tuple(srs_forms([0.25, 0.5, 0.1])), pi, NOTE)
    own = plain.changed(drawn={"xa": drawn})
    for by in (None, "gioi"):
        a, b = sv.mean(plain, "diem", by=by), sv.mean(own, "diem", by=by)
        assert_allclose(b.covariance.diag(), a.covariance.diag(), rtol=RTOL)
        assert_allclose(b.covariance.full(), a.covariance.full(), rtol=RTOL, atol=1e-12)


def test_collapsed_stratum_falls_back():
    rows, units = people()
    lone = pd.concat([rows, rows.iloc[[0]].assign(tang="d", xa="x99", f=0.2)], ignore_index=True)
    plain = sv.Design(lone, weights="w", strata="tang", psu="xa", fpc="f", lonely_psu="collapse")
    block = lone["tang"].map({"a": 0, "b": 1, "c": 2, "d": -1}).to_numpy()
    place = (
        lone["xa"].map(dict(zip(units["xa"], np.tile(np.arange(5), 3), strict=True))).fillna(0).astype(int)
    )
    pi = tuple(units["pi"].to_numpy()[5 * k : 5 * k + 5] for k in range(3))
    drawn = Drawn(block, place.to_numpy(), tuple(srs_forms([0.25, 0.5, 0.1])), pi, NOTE)
    found = sv.mean(plain.changed(drawn={"xa": drawn}), "diem")
    lone["g"] = lone["f"].where(lone["tang"].isin(["a", "b"]), 0.0)
    expected = sv.mean(
        sv.Design(lone, weights="w", strata="tang", psu="xa", fpc="g", lonely_psu="collapse"), "diem"
    )
    assert_allclose(found.se, expected.se, rtol=RTOL)


def test_repr_says_how_many_blocks(alike):
    assert repr(alike[1].drawn["xa"]) == "3 blocks: a form of its own"
