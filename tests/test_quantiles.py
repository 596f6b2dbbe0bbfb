"""Quantiles and their limits: laws, and the whole of it again in plain loops."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats
from strategies import LEVELS, SHAPES, build, designs, make, samples, steps_of, weighted, words_of

import surveykit as sv
from surveykit.formulas.quantiles import RULES
from surveykit.replay import weights_of
from surveykit.woodruff import METHODS

#: The same sums in another order; raking stops at a relative gap of 1e-12.
TIGHT, RAKED = 1e-9, 1e-7

few = settings(max_examples=12)


def same(one: sv.Estimates, other: sv.Estimates, rtol: float = TIGHT) -> None:
    """Fail unless two results have the same values, errors, df, answers, reasons and limits."""
    assert_allclose(other.value.to_numpy(), one.value.to_numpy(), rtol=rtol, atol=rtol)
    assert_allclose(other.se.to_numpy(), one.se.to_numpy(), rtol=rtol, atol=rtol)
    assert_array_equal(other.df.to_numpy(), one.df.to_numpy())
    assert_array_equal(other.n.to_numpy(), one.n.to_numpy())
    assert other.reason.tolist() == one.reason.tolist()
    for method in METHODS:
        assert_allclose(
            other.ci(0.9, method).to_numpy(), one.ci(0.9, method).to_numpy(), rtol=rtol, atol=rtol
        )


def picked(est: sv.Estimates, level: str) -> pd.DataFrame:
    """Return the rows of one domain with their limits."""
    table = pd.concat([est.to_frame(), est.ci(0.8, "score").add_prefix("score_")], axis=1)
    table["reason"] = est.reason
    return table[table.index.get_level_values(0) == level].reset_index(drop=True)


# --- in plain loops -----------------------------------------------------------------------------------------


def first_at(y, w, share):
    """First answer at which the weights added up reach a share of their sum."""
    order = np.argsort(y, kind="stable")
    total = sum(w)
    for k in order:
        below = sum(w[i] for i in range(len(y)) if y[i] <= y[k])
        if below >= share * total - 1e-11 * total:
            return y[k]
    return y[order[-1]]


def share_and_variance(data, inside, column, theta):
    """Share of the answers at or below θ, and its variance between communes inside strata."""
    w, y = data["w"].to_numpy(), data[column].to_numpy()
    total = w[inside].sum()
    share = (w * (y <= theta))[inside].sum() / total
    z = np.where(inside, w * ((y <= theta) - share) / total, 0.0)
    variance = 0.0
    for h in data["stratum"].unique():
        rows = data["stratum"].to_numpy() == h
        sums = [
            z[rows & (data["commune"].to_numpy() == c)].sum()
            for c in data["commune"][rows].unique()
        ]  # fmt: skip
        variance += len(sums) / (len(sums) - 1) * ((np.array(sums) - np.mean(sums)) ** 2).sum()
    return share, max(variance, 0.0)


def woodruff_by_hand(data, inside, column, p, level):
    """Quantile and its limits, by the words of the table of decisions."""
    y, w = data[column].to_numpy()[inside], data["w"].to_numpy()[inside]
    theta = first_at(y, w, p)
    units = data.loc[inside].groupby("stratum")["commune"].nunique()
    held = data[data["stratum"].isin(units.index)].groupby("stratum")["commune"].nunique()
    df = units.sum() - len(held)
    t = stats.t.ppf((1 + level) / 2, df)
    top = theta == y.max()
    anchor = max(y[y < theta], default=theta) if top else theta
    share, v = share_and_variance(data, inside, column, anchor)
    if v < 1e-25:
        return theta, theta, theta
    low, high = share - t * v**0.5, share + t * v**0.5
    if top:
        low, high = p - t * v**0.5, 1.0
    n = min(share * (1 - share) / v, inside.sum())
    tail = (1 - level) / 2
    low = first_at(y, w, low) if low > 0 else y.min() if (1 - p) ** n <= tail else np.nan
    high = first_at(y, w, high) if high < 1 else y.max() if p**n <= tail else np.nan
    return theta, low, high


@settings(max_examples=30)
@given(samples(), st.sampled_from(["z", "y"]), st.sampled_from([0.1, 0.5, 0.8]), st.sampled_from([0.8, 0.95]))
def test_quantiles_and_woodruffs_limits_are_those_of_plain_loops(data, column, p, level):
    with np.errstate(all="raise"):
        est = sv.quantile(sv.Design(data, weights="w", **SHAPES["clusters"]), column, p, by="group")
    limits = est.ci(level)
    for group in est.value.index:
        inside = ((data["group"] == group) & data[column].notna()).to_numpy()
        if not inside.any():
            assert np.isnan(est.value[group])
            continue
        if est.df[group] <= 0:
            continue
        theta, low, high = woodruff_by_hand(data, inside, column, p, level)
        assert est.value[group] == theta
        assert_array_equal(limits.loc[group], [low, high])


@settings(max_examples=30)
@given(samples(), st.sampled_from(["z", "y"]), st.sampled_from([0.25, 0.5, 0.8]))
def test_score_limits_stand_where_the_share_begins_to_be_rejected(data, column, p):
    """Tried at each limit and at the answer before it; where the limit is open, at the end of the answers."""
    est = sv.quantile(sv.Design(data, weights="w", **SHAPES["clusters"]), column, p)
    low, high = est.ci(0.9, "score").to_numpy()[0]
    inside = data[column].notna().to_numpy()
    values, t, theta = np.unique(data[column][inside]), stats.t.ppf(0.95, est.df.iloc[0]), est.value.iloc[0]

    def z(value):
        share, v = share_and_variance(data, inside, column, value)
        return (
            0.0
            if abs(share - p) < 1e-11
            else (share - p) / v**0.5
            if v > 1e-25
            else np.sign(share - p) * np.inf
        )

    def before(value):
        return max(values[values < value], default=None)

    anchor = before(theta) if theta == values[-1] and len(values) > 1 else theta
    share, v = share_and_variance(data, inside, column, anchor)
    if v < 1e-25:
        assert low == theta == high
        return
    n = min(share * (1 - share) / v, inside.sum())
    if np.isnan(low):
        assert (1 - p) ** n > 0.05
        assert z(values[0]) >= -t
    else:
        assert z(low) >= -t
        assert z(before(low)) < -t if before(low) is not None else (1 - p) ** n <= 0.05
    if np.isnan(high):
        assert p**n > 0.05
        assert z(before(values[-1])) <= t
    else:
        assert z(high) > t
        assert z(before(high)) <= t if before(high) is not None else theta == high
        assert high < values[-1] or p**n <= 0.05


# --- laws ---------------------------------------------------------------------------------------------------


@few
@given(designs(steps=("",)), st.floats(1e-3, 1e6), st.sampled_from(RULES))
def test_the_scale_of_the_weights_does_not_count(design, scale, rule):
    many = sv.Design(design.data.assign(w=design.data["w"] * scale), weights="w", **words_of(design))
    one, other = (sv.quantile(d, ["z", "y"], [0.3, 0.5], by="group", rule=rule) for d in (design, many))
    same(one, other, RAKED)


@few
@given(designs())
def test_quantiles_go_along_with_a_function_that_keeps_the_order(design):
    grown = sv.mean(design, "z").value.iloc[0]  # any number
    bent = design.data.assign(bent=np.exp(design.data["z"] - grown))
    other = sv.Design(bent, weights="w", **words_of(design))
    one = sv.Design(design.data, weights="w", **words_of(design))
    for by in (None, "group"):
        a, b = sv.quantile(one, "z", [0.2, 0.5], by=by), sv.quantile(other, "bent", [0.2, 0.5], by=by)
        assert_allclose(b.value, np.exp(a.value - grown), rtol=TIGHT)
        for method in METHODS:
            assert_allclose(b.ci(method=method), np.exp(a.ci(method=method) - grown), rtol=TIGHT)


def test_rows_of_weight_zero_are_as_rows_outside_where():
    data = build([3, 4], 11)
    zero = data.assign(w=data["w"].where(data["sex"] == 1, 0.0))
    one = sv.quantile(
        sv.Design(data, weights="w", **SHAPES["clusters"]), ["z", "y"], [0.5, 0.7], where="sex == 1"
    )
    same(one, sv.quantile(sv.Design(zero, weights="w", **SHAPES["clusters"]), ["z", "y"], [0.5, 0.7]))


@few
@given(samples(), st.sampled_from(["clusters", "two stages with sizes"]))
def test_rows_written_twice_inside_their_cluster_add_nothing(data, shape):
    twice = pd.concat([data, data], ignore_index=True).assign(w=lambda t: t["w"] / 2)
    one, other = (
        sv.quantile(sv.Design(d, weights="w", **SHAPES[shape]), ["z", "y"], [0.4, 0.5]) for d in (data, twice)
    )
    assert_allclose(other.value, one.value)
    for method in ("woodruff", "logit", "arcsine"):
        a, b = one.ci(0.8, method).to_numpy(), other.ci(0.8, method).to_numpy()
        both = ~np.isnan(a)  # more rows may bound an end
        assert_array_equal(b[both], a[both])


@few
@given(designs())
def test_a_row_of_a_table_is_the_domain_alone(design):
    table = sv.quantile(design, ["z", "y"], [0.25, 0.5], by="group")
    for level in LEVELS:
        alone = sv.quantile(design, ["z", "y"], [0.25, 0.5], where=f"group == '{level}'")
        one = pd.concat([alone.to_frame(), alone.ci(0.8, "score").add_prefix("score_")], axis=1)
        one = one.assign(reason=alone.reason).reset_index(drop=True)
        pd.testing.assert_frame_equal(picked(table, level)[one.columns.tolist()], one, rtol=RAKED)


@few
@given(designs())
def test_several_columns_and_shares_are_each_alone(design):
    table = sv.quantile(design, ["z", "x"], [0.5, 0.25])
    for column in ("z", "x"):
        for q in (0.5, 0.25):
            row = table.to_frame().loc[(column, q)].dropna()
            alone = sv.quantile(design, column, q).to_frame().iloc[0].dropna()
            assert_allclose(row.drop("reason", errors="ignore").astype(float),
                            alone.drop("reason", errors="ignore").astype(float), rtol=RAKED)  # fmt: skip


@few
@given(designs(), st.sampled_from(RULES))
def test_the_covariance_is_that_of_the_shares_scaled(design, rule):
    est = sv.quantile(design, ["z", "x"], [0.4, 0.6], rule=rule)
    theta = est.value.to_numpy()
    data = design.data.copy()
    for k, (column, _) in enumerate(est.value.index):
        data[f"b{k}"] = (data[column] <= theta[k]).astype(float).where(data[column].notna())
    means = sv.mean(replaced(design, data), [f"b{k}" for k in range(4)])
    full, shares = est.covariance.full(), means.covariance.full()
    assert_allclose(np.diag(full), np.nan_to_num(est.se.to_numpy()) ** 2, rtol=RAKED)
    known = (est.reason == "").to_numpy() & (est.se > 0).to_numpy() & (means.value < 1).to_numpy()
    scale = est.se.to_numpy() / np.sqrt(np.diag(shares))
    wanted = (shares * np.outer(scale, scale))[np.ix_(known, known)]
    assert_allclose(
        full[np.ix_(known, known)], wanted, rtol=RAKED, atol=RAKED * np.abs(wanted).max(initial=1)
    )


def replaced(design: sv.Design, data: pd.DataFrame) -> sv.Design:
    """Return the same design with more columns."""
    return weighted(sv.Design(data, weights="w", **words_of(design)), steps_of(design))


@few
@given(designs(), st.sampled_from(["woodruff", "score", "beta"]))
def test_a_higher_level_has_wider_limits_that_hold_the_quantile(design, method):
    est = sv.quantile(design, ["z", "y"], [0.3, 0.5, 0.8])
    narrow, wide = est.ci(0.8, method), est.ci(0.95, method)
    value = est.value.to_numpy()
    for side, sign in (("ci_low", -1), ("ci_high", 1)):
        a, b = (sign * (x[side].to_numpy() - value) for x in (narrow, wide))
        assert (a[~np.isnan(a)] >= 0).all()
        assert ((b >= a) | np.isnan(b)).all()
    for column in ("z", "y"):
        own = wide.loc[column].to_numpy()
        ends = design.data[column].min(), design.data[column].max()
        assert ((own >= ends[0]) & (own <= ends[1]) | np.isnan(own)).all()


@few
@given(st.integers(0, 2**32 - 1))
def test_inside_one_commune_the_villages_tell(seed):
    data = build([3, 3], seed, people=6, missing=0)
    inside = sv.median(sv.Design(data, weights="w", psu=["commune", "village"]), "z", by="commune")
    as_strata = sv.Design(data, weights="w", strata="commune", psu="village")
    same(sv.median(as_strata, "z", by="commune"), inside)
    alone = sv.median(sv.Design(data, weights="w", psu="commune"), "z", by="commune")
    assert alone.se.isna().all()
    assert (alone.reason != "").all()


@few
@given(
    st.integers(0, 2**32 - 1), st.sampled_from(["", "class, rake shares"]), st.sampled_from([None, "group"])
)
def test_replicates_solve_every_quantile_again(seed, steps, by):
    made = sv.replicate_weights(make([4, 3], seed, "clusters", steps), "JKn")
    est = sv.quantile(made, ["z", "y"], [0.4, 0.5], by=by)
    rows = est.value.index
    found = est.ci(0.9, "quantile").to_numpy()
    r = made.replicates
    t = stats.t.ppf(0.95, est.df.to_numpy())
    for k, row in enumerate(rows):
        group, column, p = row if by else ("", *row)
        inside = made.data[column].notna() & ((made.data["group"] == group) | (by is None))
        y = made.data[column][inside].to_numpy()
        again = np.array([
            first_at(y[w > 0], w[w > 0], p) if (w > 0).any() else np.nan
            for w in (weights_of(made, i)[inside] for i in range(r.rscales.size))
        ])  # fmt: skip
        half = t[k] * np.sqrt(r.scale * (r.rscales * (again - est.value.iloc[k]) ** 2).sum())
        if np.isnan(found[k]).any():
            assert np.isnan(again).any() or est.reason.iloc[k] or est.n.iloc[k] == 0
        else:
            assert_allclose(found[k], est.value.iloc[k] + half * np.array([-1, 1]), rtol=RAKED, atol=RAKED)


def test_replicates_have_woodruffs_limits_from_the_shares_they_show():
    made = sv.replicate_weights(make([4, 5], 3, "clusters", "rake shares"), "JKn")
    est = sv.median(made, "z")
    data = made.data.assign(below=(made.data["z"] <= est.value.iloc[0]).where(made.data["z"].notna()) * 1.0)
    share = sv.mean(
        sv.replicate_weights(replaced(make([4, 5], 3, "clusters", "rake shares"), data), "JKn"), "below"
    )
    y, w = data["z"].dropna().to_numpy(), made.w[data["z"].notna()]
    wanted = [first_at(y, w, share.ci()[side].iloc[0]) for side in ("ci_low", "ci_high")]
    assert_array_equal(est.ci().to_numpy()[0], wanted)
