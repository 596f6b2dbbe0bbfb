"""Tests of groups, pairs, ranks and tables: what is true of any data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats
from strategies import SEEDS, SHAPES, build, words_of

import surveykit as sv
from surveykit.testing.fit import goodness_of_fit, mcnemar
from surveykit.testresult import TestResult

TIGHT = 1e-8  # linear algebra on the same numbers in another order
few = settings(max_examples=4)
PLAIN = ("strata", "clusters", "clusters with fractions", "two stages with sizes")


def design_of(strata: list[int], seed: int, shape: str) -> sv.Design:
    data = build(strata, seed)
    data["one"] = (data["sex"] == 2).astype(float)
    data["high"] = (data["y"] >= 3).astype(float).where(data["y"].notna())
    return sv.Design(data, weights="w", **SHAPES[shape])


ENOUGH = st.tuples(st.integers(5, 6), st.integers(4, 5)).map(list)  # degrees of freedom for every test
DESIGNS = st.builds(design_of, ENOUGH, SEEDS, st.sampled_from(PLAIN))


def again(design: sv.Design, data: pd.DataFrame) -> sv.Design:
    return sv.Design(data, weights="w", **words_of(design))


def numbers(result: TestResult) -> np.ndarray:
    return np.array([result.statistic, *result.df, result.p, *result.details.values()], dtype=float)


def every_test(design: sv.Design, where: str | None = None) -> dict[str, TestResult]:
    table = sv.crosstab(design, "high", "sex", where=where)
    found = {m: table.test(m) for m in ("rao-scott", "rao-scott-1", "wald", "adjusted-wald")}
    n = {level: 1 / design.data["sex"].nunique() for level in sorted(design.data["sex"].unique())}
    return found | {
        "t": sv.t_test(design, "z", by="sex", where=where),
        "one": sv.t_test(design, "z", null=0.3, where=where),
        "paired": sv.t_test(design, "z", paired="x", where=where),
        "rank": sv.rank_test(design, "z", "sex", where=where),
        "ranks": sv.rank_test(design, "z", "group", where=where),
        "fit": goodness_of_fit(design, "sex", n, where=where),
    }


# --- any test -----------------------------------------------------------------------------------------------


@few
@given(DESIGNS, SEEDS, st.floats(0.01, 100))
def test_neither_the_order_of_rows_nor_the_scale_of_the_weights_matters(design, seed, scale):
    """Of z, in which no two answers are equal; equal answers of rank tests: see the next."""
    data = design.data.sample(frac=1, random_state=seed % 1000).reset_index(drop=True)
    other = again(design, data.assign(w=data["w"] * scale))
    mine, found = every_test(design), every_test(other)
    for name, result in mine.items():
        assert_allclose(numbers(found[name]), numbers(result), rtol=1e-6, atol=1e-8, err_msg=name)


@few
@given(DESIGNS)
def test_rows_of_weight_zero_are_as_rows_outside_where(design):
    design_0 = again(design, design.data.assign(w=design.data["w"].where(design.data["x"] < 1.7, 0.0)))
    mine, found = every_test(design, "x < 1.7"), every_test(design_0)
    for name, result in mine.items():
        assert_allclose(numbers(found[name]), numbers(result), rtol=1e-6, atol=1e-8, err_msg=name)
        assert found[name].context.n == result.context.n


# --- t ------------------------------------------------------------------------------------------------------


@few
@given(DESIGNS)
def test_t_of_two_groups_is_the_contrast_of_means_and_the_slope_of_a_regression(design):
    t = sv.t_test(design, "z", by="sex")
    change = sv.mean(design, "z", by="sex").contrast({2: 1, 1: -1})
    limits = change.ci().iloc[0]
    got = [t.details[name] for name in ("estimate", "se", "ci_low", "ci_high")]
    assert_allclose(got, [change.value.iloc[0], change.se.iloc[0], limits["ci_low"], limits["ci_high"]])
    assert_allclose(t.p, change.test()["p"].iloc[0])
    slope = sv.regress(design, "z ~ one").coefficients
    assert_allclose(t.details["estimate"], slope.value.loc["one"], rtol=TIGHT, atol=1e-10)
    assert_allclose(t.details["se"], slope.se.loc["one"], rtol=TIGHT)
    assert_allclose(t.statistic, t.details["estimate"] / t.details["se"])
    assert_allclose(t.p, 2 * stats.t.sf(abs(t.statistic), t.df[0]), rtol=1e-7)


@few
@given(DESIGNS)
def test_t_of_pairs_is_t_of_the_change_and_t_of_a_shifted_null_is_t_of_shifted_answers(design):
    data = design.data.assign(change=design.data["z"] - design.data["x"], moved=design.data["z"] - 1.5)
    other = again(design, data)
    one, pair = sv.t_test(other, "change"), sv.t_test(other, "z", paired="x")
    assert_allclose([pair.statistic, *pair.df, pair.p], [one.statistic, *one.df, one.p], rtol=TIGHT)
    v = data["change"].dropna()
    w = data.loc[v.index, "w"]
    m = np.average(v, weights=w)
    assert_allclose(pair.details["d"], m / np.sqrt(np.average((v - m) ** 2, weights=w)), rtol=TIGHT)
    shifted, moved = sv.t_test(other, "z", null=1.5), sv.t_test(other, "moved")
    assert_allclose([shifted.statistic, shifted.p], [moved.statistic, moved.p], rtol=1e-6)


def test_a_simple_sample_gives_the_textbook_t():
    rng = np.random.default_rng(4)
    data = pd.DataFrame({"y": rng.normal(1, 2, 40), "before": rng.normal(0, 1, 40)})
    design = sv.Design(data, sampling="srs")
    for found, wanted in (
        (sv.t_test(design, "y", null=0.5), stats.ttest_1samp(data["y"], 0.5)),
        (sv.t_test(design, "y", paired="before"), stats.ttest_rel(data["y"], data["before"])),
    ):
        assert_allclose([found.statistic, found.p, found.df[0]], [wanted.statistic, wanted.pvalue, wanted.df])


# --- ranks --------------------------------------------------------------------------------------------------


@few
@given(DESIGNS)
def test_a_rank_test_of_answers_0_and_1_of_equal_weights_is_the_t_test_of_shares(design):
    """Their ranks are a straight line of the answers; it has one degree of freedom less."""
    other = again(design, design.data.assign(w=2.0))
    rank, t = sv.rank_test(other, "high", "sex"), sv.t_test(other, "high", by="sex")
    assert_allclose(rank.statistic, t.statistic, rtol=1e-6, atol=1e-9)
    assert rank.df[0] == t.df[0] - 1


@few
@given(DESIGNS)
def test_a_rising_function_of_the_answers_changes_no_rank_test_and_the_order_of_groups_only_its_sign(design):
    data = design.data
    other = again(design, data.assign(z=np.exp(data["z"]), sex=3 - data["sex"]))
    one, turned = (sv.rank_test(d, "z", "sex") for d in (design, other))
    assert_allclose(turned.statistic, -one.statistic, rtol=1e-6, atol=1e-9)
    many = sv.rank_test(other, "z", "group")
    assert_allclose(numbers(many), numbers(sv.rank_test(design, "z", "group")), rtol=1e-6, atol=1e-9)


@few
@given(DESIGNS)
def test_a_rank_test_is_the_t_test_of_scores_and_of_many_groups_the_wald_test_of_a_regression(design):
    data = design.data
    held = data[data["z"].notna()]
    score = [held["w"][held["z"] < v].sum() + held["w"][held["z"] == v].sum() / 2 for v in held["z"]]
    scored = data.assign(score=pd.Series(np.array(score) / held["w"].sum(), index=held.index))
    other = again(design, scored)
    rank, t = sv.rank_test(design, "z", "sex"), sv.t_test(other, "score", by="sex")
    assert_allclose(rank.statistic, t.statistic, rtol=1e-6, atol=1e-9)
    assert_allclose(rank.p, 2 * stats.t.sf(abs(t.statistic), t.df[0] - 1), rtol=1e-6)
    means = sv.mean(other, "score", by="group")
    L = np.array([[-1, 1, 0], [-1, 0, 1]])
    change, V = L @ means.value.to_numpy(), L @ means.covariance.full() @ L.T
    many = sv.rank_test(design, "z", "group")
    W = change @ np.linalg.solve(V, change)
    assert_allclose([many.statistic, many.details["χ²"]], [W / 2, W], rtol=1e-5)
    assert_allclose(many.p, stats.f.sf(W / 2, 2, many.df[1]), rtol=1e-5)


@few
@given(DESIGNS)
def test_own_scores_that_are_the_ranks_are_the_rank_test(design):
    own = sv.rank_test(design, "z", "sex", method=lambda r, N: r / N)
    named = sv.rank_test(design, "z", "sex", method="wilcoxon")
    assert_allclose(numbers(own), numbers(named))
    assert own.name.en == "rank test"


# --- tables -------------------------------------------------------------------------------------------------


@few
@given(DESIGNS)
def test_of_two_by_two_rao_and_scott_divide_pearson_by_the_effect_on_the_log_odds_ratio(design):
    table = sv.crosstab(design, "high", "sex")
    p, V = table.cells.value.to_numpy(), table.cells.covariance.full()
    g, n = np.array([1, -1, -1, 1]) / p, table.n.to_numpy().sum()
    t = p.reshape(2, 2)
    e = np.outer(t.sum(axis=1), t.sum(axis=0))
    X2, effect = n * ((t - e) ** 2 / e).sum(), n * (g @ V @ g) / (1 / p).sum()
    F, chi2 = table.test(), table.test("rao-scott-1")
    assert_allclose([F.statistic, chi2.statistic], X2 / effect, rtol=TIGHT, atol=1e-9)
    assert_allclose(F.details["deff"], effect, rtol=TIGHT)
    assert F.df[0] == pytest.approx(1)
    assert_allclose(chi2.p, stats.chi2.sf(X2 / effect, 1), rtol=1e-6)
    assert_allclose(table.cramers_v().value.iloc[0], np.sqrt(X2 / n), rtol=1e-5, atol=1e-7)


def test_limits_of_cramers_v_stay_between_0_and_1():
    table = pd.DataFrame(
        {"thon": [1, 1, 2, 2, 3, 3] * 2, "vung": ["B"] * 6 + ["N"] * 6, "tot": [1] * 5 + [0] * 6 + [1]}
    )
    V = sv.crosstab(sv.Design(table, sampling="srs", psu="thon"), "tot", "vung").cramers_v()
    assert V.ci().to_numpy().tolist() == [[0, 1]]
    half = V.se.iloc[0] * stats.t.ppf(0.7, V.df.iloc[0])
    assert_allclose(V.ci(0.4), [[V.value.iloc[0] - half, V.value.iloc[0] + half]])


@few
@given(DESIGNS)
def test_a_table_and_its_transpose_have_the_same_tests(design):
    one, other = sv.crosstab(design, "high", "group"), sv.crosstab(design, "group", "high")
    for method in ("rao-scott", "rao-scott-1"):
        a, b = one.test(method), other.test(method)
        assert_allclose(numbers(b), numbers(a), rtol=1e-6, atol=1e-9)
    assert_allclose(other.cramers_v().value, one.cramers_v().value, rtol=1e-6)
    assert_allclose(other.cramers_v().se, one.cramers_v().se, rtol=1e-5)
    assert_allclose(one.row_shares.value.to_numpy(), other.column_shares.value.to_numpy())


@few
@given(DESIGNS)
def test_shares_of_a_table_are_ratios_of_its_counts(design):
    table = sv.crosstab(design, "high", "sex")
    N = table.counts.value.to_numpy().reshape(2, 2)
    for percent, whole in (
        ("total", N.sum()),
        ("column", N.sum(axis=0, keepdims=True)),
        ("row", N.sum(axis=1, keepdims=True)),
    ):
        frame = table.to_frame(percent)
        assert_allclose(frame["estimate"].to_numpy().reshape(2, 2), N / whole, rtol=TIGHT)
        assert frame["n_cell"].tolist() == table.n.to_numpy().ravel().tolist()
        assert list(frame.index) == list(table.cells.value.index)
    held = design.data[design.data["high"].notna()]
    assert table.n.to_numpy().sum() == len(held)
    assert table.missing == len(design.data) - len(held)
    assert_allclose(N.sum(), held["w"].sum())


def test_a_simple_sample_gives_the_textbook_chi_square():
    rng = np.random.default_rng(9)
    data = pd.DataFrame({"a": rng.integers(0, 3, 90), "b": rng.integers(0, 2, 90)})
    design = sv.Design(data, sampling="srs")
    wanted = stats.chi2_contingency(pd.crosstab(data["a"], data["b"]), correction=False)
    found = sv.crosstab(design, "a", "b").test("rao-scott-1")
    assert_allclose(found.details["X²"], wanted.statistic)
    assert_allclose(found.statistic, wanted.statistic * 89 / 90)  # n − 1 in the design's variance
    shares = {0: 0.3, 1: 0.3, 2: 0.4}
    X2 = stats.chisquare(data["a"].value_counts().sort_index(), [27, 27, 36]).statistic
    assert_allclose(goodness_of_fit(design, "a", shares).details["X²"], X2)
    counts = goodness_of_fit(design, "a", {0: 300, 1: 300, 2: 400})
    assert_allclose(numbers(counts), numbers(goodness_of_fit(design, "a", shares)))


@few
@given(DESIGNS)
def test_given_shares_of_two_levels_are_a_t_test_in_units_of_the_share_that_is_tested(design):
    """F(1, ν) of X² over its design effect is t² of the share."""
    fit = goodness_of_fit(design, "sex", {1: 0.35, 2: 0.65})
    t = sv.t_test(design, "one", null=0.65)
    assert_allclose(fit.statistic, t.statistic**2, rtol=1e-6, atol=1e-9)
    assert_allclose(fit.p, t.p, rtol=1e-5)


@pytest.mark.parametrize(("b", "c"), [(150, 86), (3, 9), (0, 4)])
def test_mcnemar_is_the_square_of_the_sign_test_and_edwards_takes_one(b, c):
    for correction in (False, True):
        found = mcnemar([[7, b], [c, 5]], correction=correction)
        chi2 = (abs(b - c) - correction) ** 2 / (b + c)
        assert_allclose([found.statistic, found.p], [chi2, stats.chi2.sf(chi2, 1)])
    assert mcnemar([[7, 4], [4, 5]], correction=True).statistic == 0


# --- replicates ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_replicates_of_the_jackknife_come_near_the_linear_tests_of_large_samples(seed):
    design = design_of([40, 40], seed, "clusters")
    jackknife = sv.replicate_weights(design, "JKn")
    mine, found = every_test(design), every_test(jackknife)
    for name in ("rao-scott", "rao-scott-1", "t", "one", "paired", "rank", "fit"):
        assert_allclose(found[name].statistic, mine[name].statistic, rtol=0.05, atol=0.03, err_msg=name)


@pytest.mark.parametrize("seed", range(3))
def test_of_a_mean_the_jackknife_by_loops_is_the_test(seed):
    design = design_of([4, 3], seed, "clusters")
    data = design.data[design.data["z"].notna()]
    groups, V = {}, 0.0
    for (h, c), _ in design.data.groupby(["stratum", "commune"]):
        groups.setdefault(h, []).append(c)
    whole = np.average(data["z"], weights=data["w"])
    for h, communes in groups.items():
        n = len(communes)
        for c in communes:
            w = data["w"].where(data["stratum"] != h, data["w"] * n / (n - 1)).where(data["commune"] != c, 0)
            V += (n - 1) / n * (np.average(data["z"], weights=w) - whole) ** 2
    found = sv.t_test(sv.replicate_weights(design, "JKn"), "z")
    assert_allclose(found.details["se"], np.sqrt(V), rtol=TIGHT)
