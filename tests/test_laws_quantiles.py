"""Quantiles: rules of equal weights, limits by loops, the joint covariance, domains, replicates."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import surveykit as sv
from sampling.checks import ArgumentError, DataError, SurveyWarning
from surveykit.quantiles import Solved, answers_of

TIGHT = 1e-9  # linear algebra on the same numbers in another order

#: Rules that are NumPy's; its hf3 rounds the place of the answer to even in another way than R.
NUMPY = {
    "math": "inverted_cdf", "hf1": "inverted_cdf", "school": "averaged_inverted_cdf",
    "hf2": "averaged_inverted_cdf", "hf4": "interpolated_inverted_cdf", "hf5": "hazen", "hf6": "weibull",
    "hf7": "linear", "hf8": "median_unbiased", "hf9": "normal_unbiased",
}  # fmt: skip


def sample(seed: int, communes: int = 24) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    n = 5 * communes
    data = pd.DataFrame({"xa": np.repeat(np.arange(communes), 5), "tang": np.repeat(["A", "B"], n // 2)})
    data["w"], data["z"] = rng.uniform(0.5, 3, n), rng.normal(size=n) + data["xa"] % 3
    data["v"], data["nhom"] = rng.exponential(10, n), rng.choice(["a", "b"], n)
    data.loc[rng.choice(n, 6, replace=False), "z"] = np.nan
    return data


def design(data: pd.DataFrame) -> sv.Design:
    return sv.Design(data, weights="w", strata="tang", psu="xa")


def first(y: np.ndarray, w: np.ndarray, p: float) -> float:
    """Return the first answer at which the share p is reached, by a loop."""
    total, so_far = w.sum(), 0.0
    for i in np.argsort(y):
        so_far += w[i]
        if so_far >= p * total * (1 - 1e-11):
            return float(y[i])
    return float(y.max())


@pytest.mark.parametrize(("rule", "method"), NUMPY.items())
@pytest.mark.parametrize("n", [7, 10, 40])
def test_with_equal_weights_the_rules_are_those_of_numpy(rule, method, n):
    y = np.random.default_rng(n).normal(size=n)
    q = [0.0, 0.1, 0.25, 0.33, 0.5, 0.75, 0.9, 1.0]
    found = sv.quantile(sv.Design(pd.DataFrame({"y": y}), sampling="srs"), "y", q, rule=rule).value
    assert_allclose(found, np.quantile(y, q, method=method), rtol=TIGHT, atol=1e-12)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("p", [0.2, 0.5, 0.8])
def test_limits_are_the_answers_at_the_limits_of_the_share_below(seed, p):
    data = sample(seed)
    d, held = design(data), data["z"].notna().to_numpy()
    y, w = data["z"].to_numpy()[held], data["w"].to_numpy()[held]
    theta = first(y, w, p)
    below = data.assign(below=(data["z"] <= theta).astype(float).where(held))
    share = sv.mean(design(below), "below")
    found = sv.quantile(d, "z", p)
    df, v = float(share.df.iloc[0]), float(share.se.iloc[0]) ** 2
    t = stats.t.ppf(0.975, df)
    low, high = (share.value.iloc[0] + sign * t * np.sqrt(v) for sign in (-1, 1))
    limits = found.ci().iloc[0]
    assert found.value.iloc[0] == theta
    assert_allclose([limits["ci_low"], limits["ci_high"]], [first(y, w, low), first(y, w, high)])
    assert_allclose(found.se.iloc[0], (first(y, w, high) - first(y, w, low)) / (2 * t), rtol=TIGHT)
    narrow = found.ci(0.8).iloc[0]
    assert limits["ci_low"] <= narrow["ci_low"] <= theta <= narrow["ci_high"] <= limits["ci_high"]


@pytest.mark.parametrize("seed", range(3))
def test_the_covariance_is_that_of_the_shares_in_units_of_the_standard_errors(seed):
    data, q = sample(seed), [0.25, 0.5, 0.75]
    found = sv.quantile(design(data), "z", q)
    shares = data.assign(
        **{
            f"b{j}": (data["z"] <= theta).astype(float).where(data["z"].notna())
            for j, theta in enumerate(found.value)
        }
    )
    F = sv.mean(design(shares), ["b0", "b1", "b2"])
    D = np.diag(found.se.to_numpy() / F.se.to_numpy())
    assert_allclose(found.covariance.full(), D @ F.covariance.full() @ D, rtol=1e-8)


@pytest.mark.parametrize("rule", ["math", "school", "hf7"])
def test_one_at_a_time_and_together_domains_and_variables_are_the_same(rule):
    data = sample(5)
    d, q = design(data), [0.25, 0.5]
    many = sv.quantile(d, ["z", "v"], q, by="nhom", rule=rule)
    assert len(many.value) == 8
    for level in ("a", "b"):
        for name in ("z", "v"):
            for p in q:
                one = sv.quantile(d, name, p, where=f"nhom == '{level}'", rule=rule)
                row = (level, name, p)
                assert_allclose(many.value.loc[row], one.value.iloc[0])
                assert_allclose(many.se.loc[row], one.se.iloc[0], rtol=TIGHT)
                assert_allclose(many.ci().loc[row], one.ci().iloc[0])
    half = sv.median(d, "z", by="nhom", rule=rule)
    assert_allclose(half.value, many.value.xs(("z", 0.5), level=["variable", "quantile"]))
    assert half.statistic == "median"
    assert list(half.value.index) == ["a", "b"]
    assert list(sv.median(d, "z").value.index) == ["z"]
    assert list(sv.median(d, ["z", "v"]).value.index) == ["z", "v"]


@pytest.mark.parametrize("method", ["woodruff", "logit", "beta", "arcsine", "score"])
def test_neither_order_nor_scale_nor_rows_of_weight_zero_matter_and_units_turn_with_the_answers(method):
    data = sample(7)
    one = sv.quantile(design(data), "z", [0.3, 0.5])
    turned = data.sample(frac=1, random_state=3).assign(w=lambda x: 40 * x["w"])
    more = sv.quantile(design(turned), "z", [0.3, 0.5])
    scaled = sv.quantile(design(data.assign(z=10 * data["z"] + 4)), "z", [0.3, 0.5])
    assert_allclose(more.ci(method=method), one.ci(method=method))
    assert_allclose(more.covariance.full(), one.covariance.full(), rtol=1e-8)
    assert_allclose(scaled.ci(method=method), 10 * one.ci(method=method) + 4)
    out = sv.quantile(design(data), "z", [0.3, 0.5], where="v < 12")
    zero = sv.quantile(design(data.assign(w=data["w"].where(data["v"] < 12, 0.0))), "z", [0.3, 0.5])
    assert_allclose(zero.ci(method=method), out.ci(method=method))
    assert_allclose(zero.se, out.se, rtol=TIGHT)


def test_the_quantile_of_minus_the_answers_is_minus_the_quantile_from_the_other_side():
    data = sample(8)
    for p in (0.2, 0.5, 0.9):
        one = sv.quantile(design(data), "z", p, rule="school")
        other = sv.quantile(design(data.assign(z=-data["z"])), "z", 1 - p, rule="school")
        assert_allclose(other.value.iloc[0], -one.value.iloc[0])


def test_replicates_have_a_spread_of_their_own_quantiles():
    data = sample(2)
    d = sv.replicate_weights(design(data), "JKn")
    found = sv.quantile(d, "z", 0.5)
    held = data["z"].notna().to_numpy()
    y, w, V = data["z"].to_numpy()[held], data["w"].to_numpy()[held], 0.0
    xa, tang = data["xa"].to_numpy()[held], data["tang"].to_numpy()[held]
    theta = first(y, w, 0.5)
    for h in ("A", "B"):
        units = data.loc[data["tang"] == h, "xa"].unique()
        for u in units:
            moved = np.where(tang == h, w * len(units) / (len(units) - 1), w) * (xa != u)
            V += (len(units) - 1) / len(units) * (first(y[moved > 0], moved[moved > 0], 0.5) - theta) ** 2
    t = stats.t.ppf(0.975, found.df.iloc[0])
    wanted = [theta - t * np.sqrt(V), theta + t * np.sqrt(V)]
    assert_allclose(found.ci(method="quantile").iloc[0], wanted, rtol=1e-8)


def test_a_domain_of_nobody_and_one_of_few_say_why():
    data = sample(3)
    data["ai"] = np.where(data.index == 0, "một", np.where(data.index < 3, "ít", "nhiều"))
    data.loc[3:9, "ai"] = "không"
    data.loc[3:9, "z"] = np.nan
    found = sv.quantile(design(data), "z", 0.5, by="ai")
    assert np.isnan(found.value.loc["không"])
    assert "no answers in this domain" in found.reason.loc["không"]
    assert found.reason.loc["một"] != ""
    assert np.isnan(found.se.loc[["một", "ít", "không"]]).all()
    assert found.reason.loc["nhiều"] == ""
    assert "không có câu trả lời" in found._repr_html_()


@pytest.mark.parametrize(
    ("kind", "call", "sentence"),
    [
        (ArgumentError, lambda d: sv.quantile(d, "z", 50),
         "q=50: a quantile is asked for by a share from 0 to 1, as 0.5 for the median."),
        (ArgumentError, lambda d: sv.quantile(d, "z", [0.5, True]),
         "q=True: a quantile is asked for by a share from 0 to 1, as 0.5 for the median."),
        (ArgumentError, lambda d: sv.quantile(d, "z", "0.5"),
         "q='0.5': a quantile is asked for by a share from 0 to 1, as 0.5 for the median."),
        (ArgumentError, lambda d: sv.quantile(d, "z", []),
         "q=[]: name at least one share, as 0.5 for the median."),
        (ArgumentError, lambda d: sv.quantile(d, "z", [0.5, 0.5]),
         "q: 0.5 stands there twice. Name each share once."),
        (TypeError, lambda d: sv.median(d, "nhom"),
         "y='nhom' holds text ('a', 'b'), and a quantile needs numbers. For shares of each answer use "
         "proportion(design, 'nhom')."),
    ],
)  # fmt: skip
def test_what_is_refused_is_said_word_for_word(kind, call, sentence):
    with pytest.raises(kind, match=f"^{re.escape(sentence)}$"):
        call(design(sample(1)))


def test_an_unknown_rule_names_the_known_ones():
    with pytest.raises(
        ArgumentError, match=r"^rule='hf10' is not known\. .*Choose one of 'math', 'school', "
    ):
        sv.quantile(design(sample(1)), "z", rule="hf10")


def test_replicate_weights_below_zero_are_refused():
    data = sample(1)
    row = np.zeros(len(data), dtype=np.intp)
    part = answers_of(design(data), "z", row, 1, "math")
    sentence = (
        "method='quantile': some replicate weights are below 0, and a quantile needs weights of 0 or more. "
        "Use method='woodruff'."
    )
    W = np.ones((2, len(data)))
    W[1, 4] = -0.5
    with pytest.raises(DataError, match=f"^{re.escape(sentence)}$"):
        Solved([part], np.array([0.5]), "math").solve(W, row, 1)


def test_weights_below_zero_are_refused_in_the_rows_asked_for_alone():
    data = sample(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SurveyWarning)
        d = sv.calibrate(
            design(data), {"v": float(data["w"] @ data["v"]) / 5}, population=float(data["w"].sum())
        )
    assert (d.w < 0).any()
    with pytest.raises(
        DataError, match=r"^the weight is below 0 in rows 5, 21, .*Calibrate with distance='raking'"
    ):
        sv.median(d, "z")
    kept = sv.median(d, "z", where="v < 5")
    assert np.isfinite(kept.value.iloc[0])
