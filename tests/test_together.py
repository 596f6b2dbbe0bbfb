"""Results of several calls together: cross-covariances by linearised columns, by one call, by plain loops."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from strategies import MARGINS, SEEDS, SHAPES, STRATA, build, designs, make, weighted

import surveykit as sv
from sampling.checks import ArgumentError

few = settings(max_examples=20)
RTOL = 1e-9  # sums in another order


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
@given(designs(tuple(SHAPES)[2:]))
def test_coefficients_stand_beside_means(design):
    """A model of groups alone has their means: beside them sums of its coefficients have no error."""
    model = sv.regress(design, "x ~ C(sex)").coefficients
    both = sv.together(model=model, mean=sv.mean(design, "x", by="sex"))
    first, second = both.value.index[:2]
    same = both.contrast({first: 1, second: 1, both.value.index[3]: -1})
    assert abs(same.value.iloc[0]) < 1e-9
    assert same.se.iloc[0] < 1e-7 * both.se.max()
    assert same.df.iloc[0] == model.df.iloc[0]


def test_the_median_beside_the_mean_has_their_covariance():
    design = make([5, 5], 8, "clusters")
    both = sv.together(median=sv.median(design, "x"), mean=sv.mean(design, "x"))
    jack = sv.replicate_weights(design, "bootstrap", seed=1, replicates=2000)
    again = sv.together(median=sv.median(jack, "x"), mean=sv.mean(jack, "x"))
    r, s = (V[0, 1] / np.sqrt(V[0, 0] * V[1, 1]) for V in (e.covariance.full() for e in (both, again)))
    assert abs(r - s) < 0.15


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
    pair = sv.together(a=one, b=sv.mean(design, "x")).pairwise("none")
    assert pair.value.index.names == [None, "minus"]
    assert pair.value.index.to_list() == [("a · z", "b · x")]
    named = sv.together(chung=one, nhom=groups)
    assert named.value.index[0] == "chung · z"
    assert named.value.index[1] == "nhom · a · 1"
    assert sv.together(groups, sv.mean(design, "x", by=["sex", "group"])).value.index.names == [None, None]
    again = sv.together(a=groups, b=sv.mean(design, "x", by=["group", "sex"]))
    assert again.value.index.names == [None, "group", "sex"]
    assert list(sv.together(one, sv.mean(design, "x")).value.index) == ["z", "x"]
