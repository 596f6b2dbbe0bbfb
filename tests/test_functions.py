"""Functions of estimates, results of several calls together, statistics of one's own on replicates."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from strategies import MARGINS, SEEDS, SHAPES, STEPS, STRATA, build, designs, make, weighted

import surveykit as sv
from sampling.checks import ArgumentError
from surveykit.functions import replicate_statistic

few = settings(max_examples=20)
RTOL = 1e-9  # sums in another order
SLOPES = 1e-8  # derivatives by differences


def linear(design: sv.Design, u: np.ndarray) -> sv.Estimates:
    """Return the total of a linearised column, whose variance is that of the statistic."""
    return sv.total(design.changed(data=design.data.assign(u=u)), "u")


def of_mean(design: sv.Design, y: str, rows: np.ndarray) -> np.ndarray:
    """Return the influence of each row on the mean of y over some rows."""
    z, w = design.data[y].to_numpy(float), design.weights.to_numpy()
    use = rows & ~np.isnan(z)
    z = np.where(use, z, 0.0)
    mean = (w * z).sum() / w[use].sum()
    return np.where(use, z - mean, 0.0) / w[use].sum()


# ---- together ------------------------------------------------------------------------------------------


@few
@given(designs())
def test_a_group_less_everyone_has_the_variance_of_its_linearised_column(design):
    both = sv.together(all=sv.mean(design, "z"), part=sv.mean(design, "x", by="group"))
    first = both.value.index[1]
    found = both.contrast({first: 1, ("all", "z"): -1})
    group = (design.data["group"] == first[1]).to_numpy()
    u = of_mean(design, "x", group) - of_mean(design, "z", np.ones(group.size, bool))
    assert_allclose(found.variance, linear(design, u).variance, rtol=RTOL)
    assert_allclose(found.value.iloc[0], both.value.iloc[1] - both.value.iloc[0], rtol=RTOL)


@few
@given(designs(), st.floats(-3, 3))
def test_totals_of_overlapping_groups_add_up_like_columns(design, c):
    women = (design.data["sex"] == 2).to_numpy()
    both = sv.together(sv.total(design, "x", where="sex == 2").contrast({"x": 1}, "women"), sv.count(design))
    found = both.contrast({"women": 1, "count": c})
    column = design.data["x"].to_numpy() * women + c
    assert_allclose(found.variance, linear(design, column).variance, rtol=RTOL, atol=1e-12)


@few
@given(designs())
def test_the_whole_matrix_is_that_of_one_call(design):
    one = sv.mean(design, ["z", "x"])
    two = sv.together(sv.mean(design, "z"), sv.mean(design, "x"))
    assert two.value.to_dict() == one.value.to_dict()
    V = one.covariance.full()
    assert_allclose(two.covariance.full(), V, rtol=RTOL, atol=1e-12 * np.abs(V).max())
    assert_allclose(two.covariance.diag(), np.diag(V), rtol=RTOL)
    a, b = (e.contrast({"z": 1, "x": -1}) for e in (one, two))
    assert_allclose(b.ci(), a.ci(), rtol=1e-8)
    assert (b.df == a.df).all()


@few
@given(designs(tuple(SHAPES)[2:]))
def test_groups_asked_for_one_by_one_are_those_of_one_call(design):
    one = sv.mean(design, "z", by="sex")
    two = sv.together(a=sv.mean(design, "z", where="sex == 1"), b=sv.mean(design.where("sex == 2"), "z"))
    assert_allclose(two.covariance.full(), one.covariance.full(), rtol=RTOL, atol=1e-14)
    ours = two.contrast({("a", "z"): 1, ("b", "z"): -1})
    theirs = one.contrast({1: 1, 2: -1})
    assert_allclose(ours.ci().to_numpy(), theirs.ci().to_numpy(), rtol=1e-8)
    assert ours.df.iloc[0] == theirs.df.iloc[0]


@few
@given(STRATA, SEEDS)
def test_cross_covariance_by_plain_loops(strata, seed):
    data = build(strata, seed, missing=0.0)
    design = sv.Design(data, weights="w", strata="stratum", psu="commune")
    both = sv.together(m=sv.mean(design, "z", where="sex == 1"), r=sv.ratio(design, "y", "x"))
    w, z, y, x = (data[name].to_numpy() for name in ("w", "z", "y", "x"))
    s = (data["sex"] == 1).to_numpy()
    m, r = (w * z * s).sum() / (w * s).sum(), (w * y).sum() / (w * x).sum()
    u = {}
    for i in range(len(data)):
        key = (data["stratum"][i], data["commune"][i])
        a, b = u.get(key, (0.0, 0.0))
        u[key] = (a + w[i] * s[i] * (z[i] - m) / (w * s).sum(), b + w[i] * (y[i] - r * x[i]) / (w * x).sum())
    c = 0.0
    for h in {h for h, _ in u}:
        own = [pair for (g, _), pair in u.items() if g == h]
        n = len(own)
        ma, mb = sum(a for a, _ in own) / n, sum(b for _, b in own) / n
        c += n / (n - 1) * sum((a - ma) * (b - mb) for a, b in own)
    assert_allclose(both.covariance.full()[0, 1], c, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("rule", ["centre", "average"])
@pytest.mark.parametrize("steps", ["", "rake shares"])
def test_lonely_units_together_are_those_of_one_call(rule, steps):
    data = build([3, 3], 4)
    data = data[(data["stratum"] != "h1") | (data["commune"] == "h1c0")].reset_index(drop=True)
    design = weighted(sv.Design(data, weights="w", strata="stratum", psu="commune", lonely_psu=rule), steps)
    one = sv.mean(design, ["z", "x"]).covariance.full()
    two = sv.together(sv.mean(design, "z"), sv.mean(design, "x")).covariance.full()
    assert_allclose(two, one, rtol=RTOL)


def test_replicates_together_are_those_of_one_call():
    design = sv.replicate_weights(make([3, 3], 5, "clusters", "rake shares"), "JKn")
    one = sv.mean(design, ["z", "x"])
    two = sv.together(sv.mean(design, "z"), sv.mean(design, "x").contrast({"x": 2}, "twice"))
    V = one.covariance.full() * np.array([[1, 2], [2, 4]])
    assert_allclose(two.covariance.full(), V, rtol=RTOL)


def test_weights_before_and_after_a_step_vary_together():
    """The movement that raking makes has an error far below that of either mean."""
    design = make([4, 4], 6, "clusters")
    raked = sv.rake(design, MARGINS)
    both = sv.together(before=sv.mean(design, "z"), after=sv.mean(raked, "z"))
    moved = both.contrast({("after", "z"): 1, ("before", "z"): -1})
    V = both.covariance.full()
    assert_allclose(moved.variance[0], V[0, 0] + V[1, 1] - 2 * V[0, 1], rtol=1e-8)
    reps = sv.replicate_weights(design, "JKn")
    again = sv.together(before=sv.mean(reps, "z"), after=sv.mean(sv.rake(reps, MARGINS), "z"))
    jack = again.contrast({("after", "z"): 1, ("before", "z"): -1}).se.iloc[0]
    assert 0.3 < moved.se.iloc[0] / jack < 3
    assert moved.se.iloc[0] < both.se.max()


def test_errors_of_estimated_targets_count_in_the_parts_that_meet_them():
    """A mean raked to shares P of another survey has (y_1 − y_2)² Var(P) more; the one before has not."""
    rng = np.random.default_rng(1)
    data = pd.DataFrame(
        {"w": rng.uniform(5, 15, 200), "xa": np.arange(200) // 5, "y": rng.normal(50, 9, 200)}
    )
    data["gioi"] = rng.choice(["Nam", "Nữ"], 200)
    design = sv.Design(data, weights="w", psu="xa")
    shares = sv.proportion(sv.Design(data.sample(90, random_state=2), sampling="srs"), "gioi")

    def matrix(targets: object) -> tuple[sv.Design, np.ndarray]:
        raked = sv.rake(design, {"gioi": targets})
        parts = (sv.mean(raked, "y", where="gioi == 'Nam'"), sv.mean(design, "y"), sv.mean(raked, "y"))
        return raked, sv.together(**dict(zip("abc", parts, strict=True))).covariance.full()

    known, V = matrix(shares.value.to_dict())
    _, noisy = matrix(shares)
    means = sv.mean(known, "y", by="gioi").value
    more = np.zeros((3, 3))
    more[2, 2] = (means.iloc[0] - means.iloc[1]) ** 2 * shares.variance[0]
    assert_allclose(noisy - V, more, rtol=1e-9, atol=1e-12)
    with pytest.raises(ArgumentError, match="or has other strata, fractions or estimated targets"):
        sv.together(
            a=sv.mean(sv.rake(design, {"gioi": shares}), "y"),
            b=sv.mean(sv.rake(design, {"gioi": sv.proportion(sv.Design(data, weights="w"), "gioi")}), "y"),
        )


def test_shares_together_have_the_intervals_of_shares():
    design = make([3, 3], 8, "clusters")
    parts = [sv.proportion(design, "y", value=5), sv.proportion(design, "group", by="sex")]
    both = sv.together(a=parts[0], b=parts[1])
    assert both.is_share
    assert_allclose(both.ci().to_numpy(), pd.concat([part.ci() for part in parts]).to_numpy(), rtol=RTOL)
    assert_allclose(both.deff().to_numpy(), pd.concat([part.deff() for part in parts]).to_numpy(), rtol=RTOL)
    assert both.joint_test([both.value.index[0]]).p >= 0
    mixed = sv.together(a=parts[0], m=sv.mean(design, "z"))
    assert mixed.statistic == "estimate"
    assert not mixed.is_share
    assert_allclose(mixed.ci().iloc[0].to_numpy(), parts[0].ci(method="wald").iloc[0].to_numpy(), rtol=RTOL)


@few
@given(designs(steps=("", "rake shares")))
def test_results_together_may_be_put_together_again(design):
    means = sv.mean(design, ["z", "x", "y"])
    pair = sv.together(sv.mean(design, "x"), sv.mean(design, "y"))
    again = sv.together(sv.mean(design, "z"), sv.function(pair, lambda v: {"x": v["x"], "y": v["y"]}))
    V = means.covariance.full()
    assert_allclose(again.covariance.full(), V, rtol=1e-8, atol=1e-12 * np.abs(V).max())


def test_a_joint_covariance_says_what_it_is():
    design = make([3, 3], 8, "clusters")
    both = sv.together(sv.mean(design, "z"), sv.mean(design, "x"))
    assert repr(both.covariance) == "joint covariance of 2 estimates"
    with pytest.raises(ArgumentError) as error:
        both.ci(df="satterthwaite")
    assert str(error.value) == (
        "df='satterthwaite': several results together do not show what each stratum adds to the variance. "
        "Leave df out, or give a number."
    )


def test_rows_of_parts_keep_their_names():
    design = make([3, 3], 8, "clusters")
    one, groups = sv.mean(design, "z"), sv.mean(design, "z", by=["group", "sex"])
    named = sv.together(chung=one, nhom=groups)
    assert named.value.index[0] == "chung · z"
    assert named.value.index[1] == "nhom · a · 1"
    assert sv.together(groups, sv.mean(design, "x", by=["sex", "group"])).value.index.nlevels == 2
    assert list(sv.together(one, sv.mean(design, "x")).value.index) == ["z", "x"]


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


def test_replicates_in_which_the_statistic_fails_are_told():
    design = sv.replicate_weights(make([3, 3], 12, "clusters"), "JKn")
    found = replicate_statistic(design, lambda _, w: float("nan") if (w == 0).any() else 1.0)
    assert found.reason.iloc[0] == "it could not be worked out in 6 of 6 replicates"
    assert "không tính được ở 6 trong 6 bộ quyền số lặp" in found.to_html("vi")
    assert found.se.isna().all()
