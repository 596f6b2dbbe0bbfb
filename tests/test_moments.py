"""Standard deviations and correlations: laws, plain loops, limits, reasons, sentences."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from numpy.testing import assert_allclose
from scipy import stats
from strategies import SEEDS, STRATA, build, designs, make

import surveykit as sv
from sampling.checks import ArgumentError, DataError
from surveykit.formulas.moments import Correlation
from surveykit.formulas.totals import Column

few = settings(max_examples=20)
RTOL = 1e-9  # sums in another order


@few
@given(designs())
def test_a_correlation_is_the_function_of_variances(design):
    data = design.data.copy()
    data.loc[data["z"].isna(), "x"] = np.nan
    design = design.changed(data=data)
    V = sv.variance(design, ["z", "x"])
    made = sv.function(V, lambda v: v["z, x"] / np.sqrt(v["z, z"] * v["x, x"]))
    found = sv.correlation(design, ["z", "x"])
    assert_allclose(found.value.to_numpy(), made.value.to_numpy(), rtol=RTOL)
    assert_allclose(found.se.to_numpy(), made.se.to_numpy(), rtol=1e-6, atol=1e-10)
    assert found.df.to_list() == made.df.to_list()


@few
@given(designs())
def test_a_standard_deviation_is_the_root_of_the_variance(design):
    found = sv.sd(design, ["z", "x"])
    V = sv.variance(design, ["z", "x"])
    made = sv.function(V, lambda v: {"z": np.sqrt(v["z, z"]), "x": np.sqrt(v["x, x"])})
    assert found.value.index.to_list() == ["z", "x"]
    assert_allclose(found.value.to_numpy(), made.value.to_numpy(), rtol=RTOL)
    assert_allclose(found.covariance.full(), made.covariance.full(), rtol=1e-6, atol=1e-12)
    one = sv.sd(design, "x")
    assert_allclose([one.value.iloc[0], one.se.iloc[0]], [found.value["x"], found.se["x"]], rtol=RTOL)


@few
@given(designs())
def test_shift_and_scale_change_no_correlation(design):
    data = design.data.assign(far=1e4 + 3 * design.data["z"], back=-design.data["x"])
    moved = sv.correlation(design.changed(data=data), ["far", "back"])
    found = sv.correlation(design, ["z", "x"])
    assert_allclose(moved.value.iloc[0], -found.value.iloc[0], rtol=1e-7, atol=1e-9)
    assert_allclose(moved.se.iloc[0], found.se.iloc[0], rtol=1e-6, atol=1e-9)


@few
@given(STRATA, SEEDS)
def test_correlations_of_groups_by_plain_loops(strata, seed):
    data = build(strata, seed)
    design = sv.Design(data, weights="w", strata="stratum", psu="commune")
    found = sv.correlation(design, ["z", "x", "y"], by="sex")
    for sex in (1, 2):
        for a, b in (("z", "x"), ("z", "y"), ("x", "y")):
            rows = [
                i for i in range(len(data)) if data["sex"][i] == sex and not data[[a, b]].iloc[i].isna().any()
            ]
            w = [data["w"][i] for i in rows]
            u, v = ([data[name][i] for i in rows] for name in (a, b))
            N = sum(w)
            mu, mv = (sum(p * q for p, q in zip(w, s, strict=True)) / N for s in (u, v))
            suu, svv, suv = (
                sum(p * (q - m) * (r - k) for p, q, r in zip(w, s, t, strict=True))
                for s, t, m, k in ((u, u, mu, mu), (v, v, mv, mv), (u, v, mu, mv))
            )
            rho = suv / math.sqrt(suu * svv)
            assert_allclose(found.value[sex, f"{a}, {b}"], rho, rtol=1e-8, atol=1e-10)
            psu = {}
            for i, p, q, r in zip(rows, w, u, v, strict=True):
                zu, zv = (q - mu) / math.sqrt(suu), (r - mv) / math.sqrt(svv)
                key = (data["stratum"][i], data["commune"][i])
                psu[key] = psu.get(key, 0.0) + p * (zu * zv - rho / 2 * (zu**2 + zv**2))
            V = 0.0
            for h in set(data["stratum"]):
                units = sorted(set(data.loc[data["stratum"] == h, "commune"]))
                own = [psu.get((h, c), 0.0) for c in units]
                m = sum(own) / len(own)
                V += len(own) / (len(own) - 1) * sum((t - m) ** 2 for t in own)
            if found.reason[sex, f"{a}, {b}"] == "":
                assert_allclose(found.se[sex, f"{a}, {b}"], math.sqrt(V), rtol=1e-6, atol=1e-9)


@few
@given(designs(steps=("rake shares",)))
def test_one_pair_is_that_of_many(design):
    many, one = (
        sv.correlation(design, ["z", "x", "y"], by="group"),
        sv.correlation(design, ["x", "y"], by="group"),
    )
    rows = [(g, "x, y") for g in one.value.index]
    assert_allclose(one.value.to_numpy(), many.value[rows].to_numpy(), rtol=RTOL)
    assert_allclose(one.se.to_numpy(), many.se[rows].to_numpy(), rtol=1e-7)
    assert_allclose(one.ci().to_numpy(), many.ci().loc[rows].to_numpy(), rtol=1e-6)


def test_limits_are_fishers_and_those_of_the_logarithm():
    design = make([3, 4], 3, "clusters")
    r = sv.correlation(design, ["z", "x"])
    t = stats.t.ppf(0.95, r.df.iloc[0])
    z, width = np.arctanh(r.value.iloc[0]), t * r.se.iloc[0] / (1 - r.value.iloc[0] ** 2)
    assert_allclose(r.ci(0.9).to_numpy()[0], np.tanh([z - width, z + width]), rtol=RTOL)
    s = sv.sd(design, "z", by="sex")
    width = stats.t.ppf(0.975, s.df) * s.se / s.value
    assert_allclose(s.ci().to_numpy(), np.column_stack([s.value * np.exp(-width), s.value * np.exp(width)]))
    assert (s.ci()["ci_low"] > 0).all()
    assert "(Fisher)" in r.line("vi")
    assert "(thang log)" in s.line("vi")


def test_equal_weights_give_the_textbook_numbers():
    rng = np.random.default_rng(5)
    data = pd.DataFrame(rng.normal(size=(80, 3)), columns=list("abc"))
    design = sv.Design(data, sampling="srs")
    assert_allclose(sv.sd(design, list("abc")).value.to_numpy(), data.std().to_numpy(), rtol=RTOL)
    C = data.corr().to_numpy()[np.triu_indices(3, 1)]
    assert_allclose(sv.correlation(design, list("abc")).value.to_numpy(), C, rtol=RTOL)


def test_replicates_follow_the_linear_errors():
    design = make([4, 4], 3, "clusters")
    linear, jack = (sv.correlation(d, ["z", "x"]) for d in (design, sv.replicate_weights(design, "JKn")))
    assert linear.value.iloc[0] == jack.value.iloc[0]
    assert 0.7 < jack.se.iloc[0] / linear.se.iloc[0] < 1.5
    spread = [sv.sd(d, "z").se.iloc[0] for d in (design, sv.replicate_weights(design, "JKn"))]
    assert 0.7 < spread[1] / spread[0] < 1.5


def test_columns_on_one_line_have_one_for_a_correlation_and_for_both_limits():
    data = build([3, 3], 2).assign(twice=lambda t: 2 * t["z"], less=lambda t: 5 - t["z"])
    design = sv.Design(data, weights="w", strata="stratum", psu="commune")
    found = sv.correlation(design, ["z", "twice", "less"])
    assert_allclose(found.value.to_numpy(), [1, -1, -1], rtol=RTOL)
    assert_allclose(found.ci().to_numpy(), np.outer([1, -1, -1], [1, 1]), rtol=RTOL)


def test_a_column_that_does_not_vary_has_a_reason():
    data = build([3, 3], 2).assign(still=1e9 + 0.1)
    design = sv.Design(data, weights="w", strata="stratum", psu="commune")
    r, s = sv.correlation(design, ["z", "still"]), sv.sd(design, ["z", "still"])
    assert np.isnan(r.value.iloc[0])
    assert r.reason.iloc[0] == s.reason["still"] == "a column does not vary in this domain"
    assert s.value["still"] == 0
    assert s.reason["z"] == ""
    assert r.ci().isna().all(axis=None)
    assert s.ci().isna().all(axis=1).to_list() == [False, True]
    assert "có cột không thay đổi trong nhóm này" in r.to_html("vi")


def test_an_empty_group_has_no_answers():
    data = build([3, 3], 2)
    data.loc[data["group"] == "b", "z"] = np.nan
    design = sv.Design(data, weights="w", strata="stratum", psu="commune")
    for found in (sv.correlation(design, ["z", "x"], by="group"), sv.sd(design, "z", by="group")):
        assert found.reason["b"] == "no answers in this domain"
        assert np.isnan(found.value["b"])


def test_names_with_commas_keep_their_names():
    data = build([3, 3], 2).rename(columns={"z": "z, x"})
    found = sv.sd(sv.Design(data, weights="w"), ["z, x", "x"], by="sex")
    assert found.value.index.to_list() == [(1, "z, x"), (1, "x"), (2, "z, x"), (2, "x")]


def test_a_correlation_from_its_totals_has_the_derivative_of_differences():
    rng = np.random.default_rng(3)
    y, x = rng.normal(size=(2, 30))
    none = np.zeros(0, dtype=np.intp)
    statistic = Correlation(Column(y, none), Column(x, none))
    T = np.array([[np.sum(c.values) if c.values is not None else 30.0 for c in statistic.columns()]])
    J = statistic.jacobian(T)[0, 0]
    for i in range(6):
        step = np.zeros(6)
        step[i] = 1e-5
        slope = (statistic.value(T + step) - statistic.value(T - step)) / 2e-5
        assert_allclose(J[i], slope[0, 0], rtol=1e-6, atol=1e-9)


def test_a_correlation_needs_two_columns_of_numbers():
    design = make([3, 3], 2, "rows")
    with pytest.raises(ArgumentError) as error:
        sv.correlation(design, ["z"])
    assert str(error.value) == "y=['z']: a correlation is of two columns. Name at least two."
    with pytest.raises(TypeError) as kind:
        sv.correlation(design, ["z", "group"])
    shown = ", ".join(repr(v) for v in design.data["group"].unique()[:2])
    assert str(kind.value) == (
        f"y='group' holds text ({shown} and 1 more), and a correlation needs numbers. For shares of "
        "each answer use proportion(design, 'group')."
    )
    lost = design.data.assign(z=np.where(np.arange(len(design.data)) % 2, design.data["z"], np.nan))
    lost["x"] = np.where(lost["z"].isna(), lost["x"], np.nan)
    with pytest.raises(DataError) as empty:
        sv.correlation(sv.Design(lost, weights="w"), ["z", "x"])
    assert str(empty.value) == ("the pair y='z', 'x' has no answers in the rows asked for: all are missing.")
