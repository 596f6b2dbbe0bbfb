"""Functions of estimates, statistics of one's own on replicates."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from numpy.testing import assert_allclose
from strategies import STEPS, build, designs, make

import surveykit as sv
from surveykit.functions import replicate_statistic

few = settings(max_examples=20)
RTOL = 1e-9  # sums in another order
SLOPES = 1e-8  # derivatives by differences


# ---- functions -----------------------------------------------------------------------------------------


@few
@given(designs(steps=("", "rake shares")))
def test_a_ratio_of_totals_is_the_ratio(design):
    data = design.data.assign(z=design.data["z"].fillna(0.0))
    design = design.changed(data=data)
    made = sv.function(sv.total(design, ["z", "x"]), lambda v: v["z"] / v["x"], name="z/x")
    ratio = sv.ratio(design, "z", "x")
    assert_allclose(made.value.to_numpy(), ratio.value.to_numpy(), rtol=RTOL)
    assert_allclose(made.se.to_numpy(), ratio.se.to_numpy(), rtol=1e-7)
    assert (made.df == ratio.df).all()


@few
@given(designs())
def test_a_linear_function_is_the_contrast(design):
    means = sv.mean(design, ["z", "x"])
    made = sv.function(means, lambda v: {"a": 2 * v["z"] - v["x"], "b": v["x"] + 7})
    for name, weights in {"a": {"z": 2, "x": -1}, "b": {"x": 1}}.items():
        assert_allclose(made.se[name], means.contrast(weights).se.iloc[0], rtol=RTOL)
    L = np.array([[2.0, -1.0], [0.0, 1.0]])
    assert_allclose(made.covariance.full(), L @ means.covariance.full() @ L.T, rtol=RTOL, atol=1e-14)


FUNCTIONS = {
    "product": (lambda v: v["z"] * v["x"], lambda v: {"z": v["x"], "x": v["z"]}),
    "log": (lambda v: np.log(v["x"]), lambda v: {"x": 1 / v["x"]}),
    "log of math": (lambda v: math.log(v["x"]), lambda v: pd.Series({"x": 1 / v["x"]})),
    "norm": (
        lambda v: np.sqrt(v["z"] ** 2 + v["x"] ** 2),
        lambda v: {k: v[k] / np.sqrt(v["z"] ** 2 + v["x"] ** 2) for k in ("z", "x")},
    ),
    "power": (lambda v: v["x"] ** -3.5, lambda v: {"x": -3.5 * v["x"] ** -4.5}),
    "flat": (lambda _: 3.0, lambda _: {}),
    "real part": (lambda v: np.exp(np.real(v["x"])), lambda v: {"x": np.exp(v["x"])}),
    "absolute": (lambda v: abs(v["x"]), lambda _: {"x": 1.0}),
}


@pytest.mark.parametrize("which", FUNCTIONS)
@pytest.mark.parametrize("steps", STEPS[::2])
def test_derivatives_found_are_those_given(which, steps):
    means = sv.mean(make([3, 3], 9, "clusters", steps), ["z", "x"])
    f, derivative = FUNCTIONS[which]
    found, told = sv.function(means, f), sv.function(means, f, derivative=derivative)
    assert_allclose(found.se.to_numpy(), told.se.to_numpy(), rtol=SLOPES)
    assert found.value.to_dict() == told.value.to_dict()


def test_derivatives_of_several_results_are_given_by_name():
    means = sv.mean(make([3, 3], 9, "clusters"), ["z", "x"])

    def f(v: pd.Series) -> dict[str, float]:
        return {"inverse": 1 / v["x"], "z": v["z"]}

    told = sv.function(means, f, derivative=lambda v: {"inverse": {"x": -1 / v["x"] ** 2}, "z": {"z": 1.0}})
    assert_allclose(told.covariance.full(), sv.function(means, f).covariance.full(), rtol=SLOPES)


def test_a_share_near_one_has_a_logit():
    data = pd.DataFrame({"y": np.r_[np.ones(99_999), 0.0]})
    share = sv.proportion(sv.Design(data, sampling="srs"), "y", value=1)
    logit = sv.function(share, lambda v: np.log(v["y"] / (1 - v["y"])))
    p = share.value.iloc[0]
    assert_allclose(logit.se.iloc[0], share.se.iloc[0] / (p * (1 - p)), rtol=SLOPES)


def test_large_numbers_with_small_errors_have_derivatives():
    data = pd.DataFrame({"a": 1e8 + np.arange(50.0), "b": 2e8 - np.arange(50.0) ** 1.5})
    means = sv.mean(sv.Design(data, sampling="srs"), ["a", "b"])
    found = sv.function(means, lambda v: math.exp((v["a"] - 1e8) / 100) * math.sqrt(v["b"]))
    a, b = means.value
    inner = math.exp((a - 1e8) / 100)
    slope = np.array([inner * math.sqrt(b) / 100, inner / (2 * math.sqrt(b))])
    assert_allclose(found.se.iloc[0] ** 2, slope @ means.covariance.full() @ slope, rtol=1e-5)


def test_functions_of_results_together():
    design = make([3, 3], 10, "two stages with sizes")
    both = sv.together(w=sv.mean(design, "x", where="sex == 2"), m=sv.mean(design, "x", where="sex == 1"))
    relative = sv.function(both, lambda v: v["w", "x"] / v["m", "x"] - 1)
    groups = sv.mean(design, "x", by="sex")
    again = sv.function(groups, lambda v: v[2] / v[1] - 1)
    assert_allclose(relative.ci().to_numpy(), again.ci().to_numpy(), rtol=1e-7)


def test_replicates_use_the_delta_method_too():
    design = sv.replicate_weights(make([3, 3], 5, "clusters"), "JKn")
    means = sv.mean(design, ["z", "x"])
    found = sv.function(means, lambda v: v["z"] / v["x"])
    z, x = means.value
    slope = np.array([1 / x, -z / x**2])
    assert_allclose(found.variance[0], slope @ means.covariance.full() @ slope, rtol=SLOPES)


def test_reasons_are_those_of_the_rows_behind():
    data = build([3, 3], 11)
    data.loc[data["group"] == "c", "z"] = np.nan
    means = sv.mean(sv.Design(data, weights="w", strata="stratum", psu="commune"), "z", by="group")
    found = sv.function(
        means, lambda v: {"ab": v["a"] * v["b"], "ac": v["a"] / v["c"], "none": np.log(v["a"] - 100)}
    )
    assert found.reason.to_dict() == {
        "ab": "",
        "ac": "no answers in this domain",
        "none": "the function has no finite value here",
    }
    assert found.se.isna().to_list() == [False, True, True]
    assert found.df.isna().to_list() == [False, True, True]
    told = sv.function(means, lambda v: v["a"] / v["c"], derivative=lambda v: {"a": 1 / v["c"], "c": 1.0})
    assert told.reason.iloc[0] == "no answers in this domain"
    assert "hàm không có giá trị hữu hạn tại đây" in found.to_html("vi")


def test_rows_without_a_standard_error_give_none():
    data = pd.DataFrame({"w": [1.0, 2, 1, 2], "thon": list("aabb"), "k": list("xxyy"), "z": [1.0, 2, 4, 5]})
    means = sv.mean(sv.Design(data, weights="w", psu="thon"), "z", by="k")
    assert (means.reason != "").all()
    made = sv.function(means, lambda v: v["x"] * v["y"])
    assert made.reason.iloc[0] == means.reason.iloc[0]
    assert made.se.isna().all()


# ---- statistics of one's own ---------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "steps"), [("JKn", ""), ("JKn", "rake shares"), ("bootstrap", "")])
def test_a_mean_of_ones_own_is_the_mean(method, steps):
    words = {} if method == "JKn" else {"seed": 1, "replicates": 30}
    design = sv.replicate_weights(make([3, 3], 12, "clusters", steps), method, **words)

    def own(data: pd.DataFrame, w: pd.Series) -> pd.Series:
        known = data[["z", "x"]].notna()
        return pd.Series({k: (w * data[k].fillna(0)).sum() / w[known[k]].sum() for k in ("z", "x")})

    found, means = replicate_statistic(design, own), sv.mean(design, ["z", "x"])
    assert_allclose(found.value.to_numpy(), means.value.to_numpy(), rtol=RTOL)
    assert_allclose(found.covariance.full(), means.covariance.full(), rtol=1e-8)
    assert found.df.to_list() == means.df.to_list()


def test_a_statistic_of_ones_own_keeps_to_the_rows_asked_for():
    design = sv.replicate_weights(make([3, 3], 12, "clusters", "rake shares"), "JKn").where("sex == 2")

    def own(data: pd.DataFrame, w: pd.Series) -> float:
        assert (data["sex"] == 2).all()
        return float((w * data["x"]).sum() / w.sum())

    found, mean = replicate_statistic(design, own), sv.mean(design, "x")
    assert_allclose([found.value.iloc[0], found.se.iloc[0]], [mean.value.iloc[0], mean.se.iloc[0]], rtol=1e-8)
    assert found.df.iloc[0] == mean.df.iloc[0]
    both = sv.together(own=found, mean=mean)
    gap = both.contrast({("own", "statistic"): 1, ("mean", "x"): -1})
    assert gap.se.iloc[0] < 1e-9
    assert gap.df.iloc[0] == mean.df.iloc[0]


def test_a_statistic_without_a_value_has_a_reason():
    design = sv.replicate_weights(make([3, 3], 12, "clusters"), "JKn")
    found = replicate_statistic(design, lambda _, w: {"none": float("inf"), "n": w.sum()})
    assert found.reason.to_list() == ["the function has no finite value here", ""]
    assert found.se.isna().to_list() == [True, False]


def test_replicates_in_which_the_statistic_fails_are_told():
    design = sv.replicate_weights(make([3, 3], 12, "clusters"), "JKn")
    found = replicate_statistic(design, lambda _, w: float("nan") if (w == 0).any() else 1.0)
    assert found.reason.iloc[0] == "it could not be worked out in 6 of 6 replicates"
    assert "không tính được ở 6 trong 6 bộ quyền số lặp" in found.to_html("vi")
    assert found.se.isna().all()
