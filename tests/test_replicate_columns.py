"""Replicate weights that a file brings along: the same numbers as where they were made."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from strategies import build, make, statistics, weighted

import surveykit as sv
from surveykit.replication import replicate_frame

#: Weights are multiplied by factors in another order of operations.
EXACT = 1e-9


def read(design: sv.Design, **words: Any) -> sv.Design:
    """Return a design that reads the final replicate weights of another."""
    reps, frame = design.replicates, replicate_frame(design)
    said = {"method": "other", "scale": reps.scale, "rscales": list(reps.rscales), "mse": reps.mse, **words}
    data = pd.concat([design.data.assign(final=design.w), frame], axis=1)
    return sv.Design(data, weights="final", replicates=sv.ReplicateColumns(list(frame.columns), **said))


@pytest.mark.parametrize("steps", ["", "class, rake shares"])
@pytest.mark.parametrize("mse", [True, False])
def test_columns_give_the_covariance_of_the_design_that_made_them(steps, mse):
    made = sv.replicate_weights(weighted(make([5, 5], 2, "clusters"), steps), "JKn", mse=mse)
    own = read(made)
    for by in (None, "sex"):
        theirs = statistics(made, by=by)
        for name, est in statistics(own, by=by).items():
            assert_allclose(est.value, theirs[name].value, rtol=EXACT, err_msg=name)
            scale = np.abs(theirs[name].covariance.full()).max()
            assert_allclose(
                est.covariance.full(), theirs[name].covariance.full(), rtol=1e-6, atol=1e-6 * scale
            )


@pytest.mark.parametrize("mse", [True, False])
@pytest.mark.parametrize("method", ["bootstrap", "rwyb", "preston"])
def test_a_bootstrap_has_one_scale_made_here_or_read_from_columns(method, mse):
    made = sv.replicate_weights(make([5, 5], 2, "clusters"), method, replicates=8, seed=1, mse=mse)
    assert made.replicates.scale == 1 / (8 if mse else 7)
    own = read(made, method="bootstrap", scale=None, rscales=None)
    for verb in (sv.mean, sv.total):
        assert_allclose(verb(own, "z").se, verb(made, "z").se, rtol=EXACT)


def test_factors_of_the_weight_are_taken_by_a_word():
    made = sv.replicate_weights(make([5, 5], 2, "clusters"), "JKn")
    reps = made.replicates
    names = [f"factor_{r}" for r in range(reps.R)]
    factors = pd.DataFrame(reps.factors[reps.unit], columns=names)
    said = sv.ReplicateColumns("factor_*", method="JKn", rscales=list(reps.rscales), combined=False)
    own = sv.Design(pd.concat([made.data, factors], axis=1), weights="w", replicates=said)
    assert_allclose(sv.mean(own, "z", by="sex").se, sv.mean(made, "z", by="sex").se, rtol=EXACT)
    assert_allclose(replicate_frame(own), replicate_frame(made), rtol=EXACT)
    assert sv.mean(own, "z").df.iloc[0] == 8


def small(R: int = 4, **words: Any) -> sv.Design:
    """Return 8 people with R random replicate weights."""
    rng = np.random.default_rng(1)
    data = pd.DataFrame({"w": 10.0, "y": rng.normal(size=8), "x": [0, 1] * 4, "k": np.arange(8)})
    for r in range(R):
        data[f"rep_{r + 1}"] = rng.uniform(0, 20, 8)
    return sv.Design(data, weights="w", replicates=sv.ReplicateColumns("rep_*", **words))


def se(design: sv.Design) -> float:
    return float(sv.mean(design, "y").se.iloc[0])


@pytest.mark.parametrize(
    ("words", "scale"),
    [
        ({"method": "JK1"}, 3 / 4),
        ({"method": "JK2"}, 1.0),
        ({"method": "BRR"}, 1 / 4),
        ({"method": "Fay", "fay": 0.5}, 1.0),
        ({"method": "bootstrap"}, 1 / 4),
        ({"method": "bootstrap", "mse": False}, 1 / 3),
        ({"method": "SDR"}, 1.0),
        ({"method": "ACS"}, 1.0),
        ({"method": "other", "scale": 0.7}, 0.7),
        ({"method": "JK1", "scale": 0.5}, 0.5),
    ],
)
def test_the_scale_follows_from_the_method_or_is_said(words, scale):
    design = small(**words)
    data = design.data
    means = [np.average(data["y"], weights=data[f"rep_{r}"]) for r in range(1, 5)]
    centre = data["y"].mean() if words.get("mse", True) else np.mean(means)
    assert_allclose(se(design) ** 2, scale * ((np.array(means) - centre) ** 2).sum())


def test_each_replicate_has_its_own_scale():
    design = small(method="JKn", rscales=[0.5, 0.0, 0.25, 1.0])
    data = design.data
    d = np.array([np.average(data["y"], weights=data[f"rep_{r}"]) for r in range(1, 5)]) - data["y"].mean()
    assert_allclose(se(design) ** 2, d**2 @ [0.5, 0.0, 0.25, 1.0])


def test_a_pattern_takes_columns_in_the_order_of_their_numbers():
    design = small(R=12, method="other", scale=1.0)
    assert design.replicates.columns == tuple(f"rep_{r}" for r in range(1, 13))
    named = sv.ReplicateColumns(["rep_2", "rep_10"], method="other", scale=1.0)
    assert sv.Design(design.data, weights="w", replicates=named).replicates.columns == ("rep_2", "rep_10")


def test_degrees_of_freedom_are_the_rank_less_one_or_as_the_manual_says():
    design = small(method="JK1")
    assert sv.mean(design, "y").df.iloc[0] == 3
    twice = design.data.assign(rep_4=design.data["rep_3"] * 1.5)
    columns = sv.ReplicateColumns("rep_*", method="JK1")
    assert sv.mean(sv.Design(twice, weights="w", replicates=columns), "y").df.iloc[0] == 2
    told = sv.ReplicateColumns("rep_*", method="JK1", df=30)
    by = sv.mean(sv.Design(twice, weights="w", replicates=told), "y", by="x")
    assert by.df.tolist() == [30, 30]
    assert by.contrast({0: 1, 1: -1}).df.iloc[0] == 30


def test_the_line_below_names_no_units():
    text = sv.mean(small(method="BRR"), "y").context.text("en")
    assert text == "n = 8 · df 3 (below 8: read with care) · BRR, 4 replicates · t intervals 95 %"
    other = sv.mean(small(method="other", scale=1.0), "y").context.text("vi")
    assert "· 4 bộ quyền số lặp ·" in other
    design = small(method="BRR")
    assert repr(design) == "Design of 8 rows: weights 'w'; BRR, 4 replicates"
    assert "có hoàn lại" not in design._repr_html_()
    assert repr(design.replicates) == "Replicates: BRR, 4 replicates; columns rep_1 … rep_4"


def test_padding_columns_equal_to_the_weight_add_nothing_where_the_method_does_not_count_them():
    design = small(method="JK2")
    padded = design.data.assign(rep_5=10.0, rep_6=10.0)
    more = sv.Design(padded, weights="w", replicates=sv.ReplicateColumns("rep_*", method="JK2"))
    assert_allclose(se(more), se(design), rtol=EXACT)


def test_one_answer_has_no_error_and_a_lost_domain_has_the_reason():
    design = small(method="JK1")
    by = sv.mean(design, "y", by="k")
    assert set(by.reason) == {"one answer: no sampling error can be estimated"}
    empty = design.data.assign(rep_2=np.where(design.data["x"] == 1, 0.0, 20.0))
    columns = sv.ReplicateColumns("rep_*", method="JK1")
    lost = sv.mean(sv.Design(empty, weights="w", replicates=columns), "y", by="x")
    assert lost.reason.tolist() == ["", "nobody of this domain is left in 1 of 4 replicates"]


def test_shares_have_the_auto_interval_with_the_design_effect_of_the_whole_item():
    rng = np.random.default_rng(4)
    village = np.repeat(np.arange(30), 20)
    yes = rng.random(600) < np.clip(rng.normal(0.6, 0.25, 30), 0, 1)[village]
    data = pd.DataFrame(
        {"w": 1.0, "village": village, "yes": yes.astype(int), "sex": rng.integers(1, 3, 600)}
    )
    made = sv.replicate_weights(sv.Design(data, weights="w", psu="village"), "JK1")
    own = read(made)
    theirs, ours = (sv.proportion(d, "yes", value=1, by="sex") for d in (made, own))
    assert_allclose(ours.se, theirs.se, rtol=1e-6)
    whole = sv.proportion(own, "yes", value=1)
    D = float(whole.deff().iloc[0] * 600 / 599)
    pool = ours.share_parts.K * (1 + ours.share_parts.rho * (ours.share_parts.b - 1))
    assert_allclose(pool, D, rtol=0.01)
    width = (ours.ci()["ci_high"] - ours.ci()["ci_low"]).to_numpy()
    assert (width > 2 * 1.96 * np.sqrt(0.24 / ours.n.to_numpy())).all()  # wider than independent answers


def test_a_change_takes_the_covariance_of_the_waves_from_the_columns():
    data = pd.concat([build([4, 4], s).assign(wave=s) for s in (1, 2)], ignore_index=True)
    made = sv.replicate_weights(sv.Design(data, weights="w", strata="stratum", psu="commune"))
    ours, theirs = (sv.before_after(d, "z", wave="wave") for d in (read(made, df=6), made))
    assert_allclose(ours.se, theirs.se, rtol=1e-6)
    assert_array_equal(ours.df, 6)
    assert "covariance of the waves from the replicates" in ours.context.text("en")
    assert "hiệp phương sai của hai đợt lấy từ quyền số lặp" in ours.context.text("vi")
    assert "independent" not in ours.context.text("en")


def test_a_domain_inside_one_unit_has_no_error_of_a_mean_and_the_reason():
    """Fay's factors never lose a domain: without a look at the weights its error would be 0."""
    made = sv.replicate_weights(make([2, 2, 2], 4, "clusters"), "Fay")
    own = read(made)
    by = sv.mean(own, ["x", "z"], by="commune")
    alike = "every replicate moves its rows alike, as inside one sampling unit: they show no sampling error"
    assert set(by.reason) == {alike}
    assert by.se.isna().all()
    assert "mọi bộ quyền số lặp đổi các dòng như nhau" in by.to_html()
    assert (sv.mean(own, "x", by="stratum").se > 0).all()
    totals = sv.total(own, "x", by="commune")
    assert_allclose(totals.se, sv.total(taylor(made), "x", by="commune").se, rtol=1e-6)


def taylor(design: sv.Design) -> sv.Design:
    return design.changed(replicates=None)
