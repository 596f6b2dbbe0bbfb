"""Laws: identities that hold for any data, with no stored number."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import assume, given, settings
from law_samples import samples
from numpy.testing import assert_allclose

import surveykit as sv
from sampling.checks import MarginError

# Both sides are the same sums in another order: rounding only.
CLOSE = {"rtol": 1e-9, "atol": 1e-11}
METHODS = ["auto", "wald", "logit", "wilson", "korn-graubard", "beta", "arcsine", "agresti-coull", "jeffreys"]
FEWER = settings(max_examples=25, deadline=None)


def one_stage(data, **options):
    return sv.Design(data, weights="u", strata="h", psu="c", **options)


def two_stage(data, **options):
    return sv.Design(data, weights="w", strata="h", psu=["c", "v"], fpc=["N_c", "N_v"], **options)


def same(a, b):
    assert_allclose(a.value.to_numpy(), b.value.to_numpy(), **CLOSE)
    assert_allclose(a.se.to_numpy(), b.se.to_numpy(), **CLOSE)
    assert_allclose(a.df.to_numpy(), b.df.to_numpy())
    assert_allclose(a.ci().to_numpy(), b.ci().to_numpy(), **CLOSE)


def spread(data, column="g"):
    """Whether every level lies in two clusters at least, with answers."""
    answered = data.dropna(subset=["y"])
    counts = answered.groupby(column)["c"].nunique()
    assume(len(counts) == data[column].nunique() and (counts >= 2).all())


@FEWER
@given(samples())
def test_the_scale_of_the_weights_does_not_matter_to_means_and_shares(data):
    scaled = data.assign(u=data["u"] * 1000)
    same(sv.mean(one_stage(data), "y"), sv.mean(one_stage(scaled), "y"))
    same(sv.proportion(one_stage(data), "z"), sv.proportion(one_stage(scaled), "z"))
    same(sv.ratio(one_stage(data), "y", "x"), sv.ratio(one_stage(scaled), "y", "x"))


@FEWER
@given(samples())
def test_a_row_of_by_is_the_same_domain_asked_for_alone(data):
    spread(data)
    for design in (one_stage(data), two_stage(data)):
        table = sv.proportion(design, "z", by="g")
        for level in table.value.index.levels[0]:
            alone = sv.proportion(design, "z", where=f"g == '{level}'")
            rows = table.value.index.get_level_values(0) == level
            assert_allclose(table.value[rows], alone.value, **CLOSE)
            assert_allclose(table.se[rows], alone.se, **CLOSE)
            assert_allclose(table.df[rows], alone.df)
            for method in METHODS:
                assert_allclose(table.ci(method=method)[rows], alone.ci(method=method), rtol=1e-7, atol=1e-9)
        means = sv.mean(design, "y", by="g")
        for level in means.value.index:
            alone = sv.mean(design.where(f"g == '{level}'"), "y")
            assert_allclose(means.ci().loc[level], alone.ci().iloc[0], **CLOSE)


@FEWER
@given(samples())
def test_a_domain_mean_is_a_ratio_of_totals(data):
    spread(data)
    data = data.assign(one=data["g"].eq("a") & data["y"].notna(), part=data["y"].where(data["g"] == "a", 0.0))
    data["part"] = data["part"].fillna(0.0)
    a = sv.mean(one_stage(data), "y", by="g")
    b = sv.ratio(one_stage(data), "part", "one")
    assert_allclose(a.value["a"], b.value.iloc[0], **CLOSE)
    assert_allclose(a.se["a"], b.se.iloc[0], **CLOSE)


@FEWER
@given(samples())
def test_totals_of_domains_add_to_the_total_with_its_variance(data):
    for design in (one_stage(data), two_stage(data)):
        parts, whole = sv.total(design, "y", by="g"), sv.total(design, "y")
        together = parts.contrast(dict.fromkeys(parts.value.index, 1))
        assert_allclose(together.value.iloc[0], whole.value.iloc[0], **CLOSE)
        assert_allclose(together.se.iloc[0], whole.se.iloc[0], **CLOSE)


@FEWER
@given(samples())
def test_doubled_rows_of_a_cluster_change_nothing(data):
    doubled = pd.concat([data, data], ignore_index=True).assign(u=lambda d: d["u"] / 2)
    a, b = sv.mean(one_stage(data), "y"), sv.mean(one_stage(doubled), "y")
    same(a, b)
    same(sv.total(one_stage(data), "x"), sv.total(one_stage(doubled), "x"))


@FEWER
@given(samples())
def test_row_order_index_and_dtype_do_not_matter(data):
    data = data.assign(y=data["y"].round())
    numbers = ["estimate", "se", "ci_low", "ci_high", "df", "deff", "n"]
    expected = sv.mean(one_stage(data), "y", by="z").to_frame()[numbers]
    shuffled = data.sample(frac=1, random_state=1)
    variants = {
        "shuffled": shuffled,
        "one label for all rows": shuffled.set_axis([7] * len(data)),
        "nullable": data.astype({"y": "Float64", "z": "Int64"}),
        "small integers": data.astype({"z": "int8"}),
        "float": data.astype({"z": float}),
        "pyarrow": data.astype({"y": "double[pyarrow]", "z": "int16[pyarrow]", "h": "string[pyarrow]"}),
        "categories": data.assign(h=pd.Categorical(data["h"], ["none", *sorted(data["h"].unique())])),
    }
    for name, frame in variants.items():
        got = sv.mean(one_stage(frame), "y", by="z").to_frame()[numbers]
        assert_allclose(got.to_numpy(float), expected.to_numpy(float), err_msg=name, **CLOSE)


@FEWER
@given(samples())
def test_a_commune_is_estimated_as_if_it_were_a_stratum_of_villages(data):
    for fpc in (None, ["N_c", "N_v"]):
        design = sv.Design(data, weights="w", strata="h", psu=["c", "v"], fpc=fpc)
        inner = sv.Design(data, weights="w", strata="c", psu="v")
        if fpc is not None:
            data = data.assign(f_v=data.groupby("c")["v"].transform("nunique") / data["N_v"])
            inner = sv.Design(data, weights="w", strata="c", psu="v", fpc="f_v")
        a, b = sv.mean(design, "x", by="c"), sv.mean(inner, "x", by="c")
        same(a, b)
        assert str(a.context).endswith("conditional on c; PSU = v")
        same(sv.proportion(design, "z", by="c"), sv.proportion(inner, "z", by="c"))
        same(sv.total(design, "x", by="c"), sv.total(inner, "x", by="c"))


@FEWER
@given(samples())
def test_the_whole_covariance_has_the_variances_on_its_diagonal(data):
    spread(data)
    policies = [{}, *({"lonely_psu": rule, "lonely_domain": rule} for rule in ("centre", "average"))]
    for options in policies:
        design = two_stage(data, **options)
        for result in (sv.proportion(design, "z", by="g"), sv.total(design, ["x", "y"], by="g")):
            C = result.covariance
            k = len(result.value)
            assert_allclose(np.diag(C.full()), C.diag(), **CLOSE)
            assert_allclose(C.of(sp.identity(k, format="csr")), C.full(), rtol=1e-8, atol=1e-10)


@FEWER
@given(samples())
def test_shares_add_to_one_without_error(data):
    result = sv.proportion(one_stage(data), "z")
    assert_allclose(result.value.sum(), 1)
    whole = result.contrast(dict.fromkeys(result.value.index, 1))
    assert_allclose(whole.se.iloc[0], 0, atol=1e-12)


@FEWER
@given(samples())
def test_a_standard_error_is_0_only_where_all_agree(data):
    table = sv.mean(two_stage(data), "x", by="c").to_frame()
    known = table["se"].dropna()
    assert (known > 0).all()
    agree = data.assign(z=3)
    limits = sv.proportion(two_stage(agree), "z").to_frame()
    assert limits["se"].iloc[0] == 0
    assert limits["ci_low"].iloc[0] < 1
    assert limits["ci_high"].iloc[0] == 1


def test_a_census_has_no_interval():
    data = pd.DataFrame({"y": [1, 1, 0, 1], "N": 4})
    design = sv.Design(data, sampling="srs", fpc="N")
    result = sv.proportion(design, "y", value=1)
    assert result.se.iloc[0] == 0
    assert result.ci().iloc[0].tolist() == [0.75, 0.75]


@FEWER
@given(samples(missing=False))
def test_a_step_that_changes_nothing_leaves_the_variance_alone(data):
    design = one_stage(data)
    every = data.assign(r=1)
    adjusted = sv.adjust_nonresponse(one_stage(every), responded="r", cells="h")
    same(sv.mean(design, "y"), sv.mean(adjusted, "y"))


@FEWER
@given(samples(missing=False))
def test_raked_totals_hit_their_targets_with_no_error(data):
    assume(data["g"].nunique() == 2 and data["z"].nunique() == 3)
    targets = {"g": {"a": 700.0, "b": 300.0}, "z": {1: 300.0, 2: 300.0, 3: 400.0}}
    try:
        design = sv.rake(one_stage(data), targets)
    except MarginError:
        assume(False)
    for name, margin in targets.items():
        counts = sv.count(design, by=name)
        assert_allclose(counts.value, [margin[k] for k in counts.value.index], rtol=1e-9)
        # the root of a difference of squares that cancel: rounding of about 1e-8 of the total
        assert_allclose(counts.se, 0, atol=1e-7 * counts.value.max())


@pytest.mark.parametrize("kind", ["nonresponse", "shares", "counts", "both"])
@pytest.mark.parametrize("statistic", ["mean", "total", "ratio", "share"])
def test_the_pull_back_is_the_derivative_that_replicates_take(kind, statistic):
    """Move the weight of one cluster a little, replay every step, and see how far the estimate moves."""
    rng = np.random.default_rng(3)
    n = 240
    data = pd.DataFrame({
        "c": np.repeat(np.arange(24), 10), "u": rng.uniform(1, 4, n), "y": rng.normal(5, 2, n),
        "x": rng.uniform(1, 2, n), "g": rng.choice(["a", "b"], n), "z": rng.integers(1, 4, n),
        "k": rng.choice(["p", "q"], n),
    })  # fmt: skip
    data["h"] = data["c"] // 6
    data["r"] = (rng.random(n) < np.where(data["g"] == "a", 0.6, 0.9)).astype(int)
    data.loc[data["r"] == 0, "y"] = np.nan

    def design_of(frame):
        design = sv.Design(frame, weights="u", strata="h", psu="c")
        if kind in ("nonresponse", "both"):
            design = sv.adjust_nonresponse(design, responded="r", cells=["k"])
        if kind in ("shares", "both"):
            design = sv.rake(design, {"g": {"a": 0.4, "b": 0.6}, "z": {1: 0.3, 2: 0.3, 3: 0.4}})
        if kind == "counts":
            design = sv.rake(design, {"g": {"a": 300, "b": 350}, "z": {1: 200, 2: 200, 3: 250}})
        return design

    def estimate(frame):
        design = design_of(frame)
        if statistic == "mean":
            return sv.mean(design, "y", by="k")
        if statistic == "total":
            return sv.total(design, "y", by="k")
        if statistic == "ratio":
            return sv.ratio(design, "y", "x", by="k")
        return sv.proportion(design, "z", by="k")

    result = estimate(data)
    eps = 1e-5
    z = []
    for c in range(24):
        here = data["c"] == c
        moved = [estimate(data.assign(u=data["u"] * np.where(here, 1 + s * eps, 1))).value for s in (1, -1)]
        z.append((moved[0] - moved[1]).to_numpy() / (2 * eps))
    z = np.array(z).reshape(4, 6, -1)
    expected = (6 / 5 * ((z - z.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)).sum(axis=0)
    assert_allclose(result.covariance.diag(), expected, rtol=1e-5)
    flat = (z - z.mean(axis=1, keepdims=True)).reshape(24, -1) * np.sqrt(6 / 5)
    assert_allclose(result.covariance.full(), flat.T @ flat, rtol=1e-4, atol=1e-8 * expected.max())
