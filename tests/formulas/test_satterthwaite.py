"""Satterthwaite's degrees of freedom, against loops over strata."""

import numpy as np
import pytest
import scipy.sparse as sp
from drawn_samples import joined, one_stage
from hypothesis import given, settings
from numpy.testing import assert_allclose
from strategies import SHAPES, build, designs

import surveykit as sv
from surveykit.formulas.satterthwaite import satterthwaite

few = settings(max_examples=20, deadline=None)
RTOL = 1e-7
ONE_STAGE = ("rows", "strata", "clusters", "clusters without strata", "clusters with fractions")


def by_hand(design, group):
    """(Σ v)² / Σ v² / (n − 1) of the mean of z in a group, with loops; n units with answers in the group."""
    data = design.data.assign(w=design.w)
    own = data[(data["group"] == group) & data["z"].notna()]
    centre = np.average(own["z"], weights=own["w"])
    u = (own["w"] * (own["z"] - centre) / own["w"].sum()).reindex(data.index).fillna(0.0)
    unit = data["commune"] if design.psu else data.index
    stratum = data["stratum"] if design.strata else 0 * data["w"]
    total = square = 0.0
    for h in np.unique(stratum):
        inside = stratum == h
        sums = u[inside].groupby(unit[inside]).sum() if design.psu else u[inside]
        n = len(sums)
        f = data.loc[inside, "f1"].iloc[0] if design.fpc else 0.0
        v = (1 - f) * n / (n - 1) * ((sums - sums.mean()) ** 2).sum()
        held = data.loc[inside & (data["group"] == group), "commune"].nunique() if design.psu else int(
            (inside & (data["group"] == group)).sum()
        )  # fmt: skip
        total += v
        square += v**2 / max(held - 1, 1)
    return total**2 / square


@few
@given(designs(shapes=ONE_STAGE, steps=("",)))
def test_it_is_what_loops_over_strata_give(design):
    result = sv.mean(design, "z", by="group")
    own = result.ci(df="satterthwaite")
    degrees = satterthwaite(result.covariance)
    assert_allclose(degrees, [by_hand(design, g) for g in result.value.index], rtol=RTOL)
    for k in range(len(degrees)):
        assert_allclose(own.iloc[k], result.ci(df=degrees[k]).iloc[k], rtol=RTOL)


@few
@given(designs(steps=("",)))
def test_each_estimate_is_the_combination_of_itself_alone(design):
    covariance = sv.mean(design, ["z", "y"], by="group").covariance
    each = satterthwaite(covariance)
    assert_allclose(satterthwaite(covariance, sp.identity(covariance.size, format="csr")), each, rtol=RTOL)


@few
@given(designs())
def test_it_is_never_more_than_all_the_degrees_of_all_stages(design):
    result = sv.mean(design, "z")
    own = satterthwaite(result.covariance)
    most = sum(len(s.stratum) - len(s.n) for s in result.covariance.stages)
    assert 0 < own[0] <= most * (1 + RTOL)
    assert_allclose(result.test(df="satterthwaite")["df"], own, rtol=RTOL)


def test_one_stratum_has_its_units_less_one():
    design = sv.Design(build([4], 3, missing=0.0), weights="w", psu="commune")
    result = sv.mean(design, "z")
    assert_allclose(satterthwaite(result.covariance), [3], rtol=RTOL)
    change = result.contrast({"z": 2.0})
    assert_allclose(satterthwaite(change.covariance), [3], rtol=RTOL)


@pytest.mark.parametrize("targets", ["known", "estimated"])
def test_steps_fill_the_sample_and_estimated_targets_add_variance_of_many_degrees(targets):
    data = build([3, 4], 6, missing=0.0)
    design = sv.Design(data, weights="w", **SHAPES["clusters"])
    words = {"group": {"a": 0.2, "b": 0.3, "c": 0.5}}
    raked = sv.rake(design, words)
    result = sv.mean(raked, "z")
    plain = satterthwaite(result.covariance)
    if targets == "estimated":
        from dataclasses import replace

        p = result.covariance.B.shape[0]
        noisy = replace(result.covariance, noise=np.eye(p))
        extra = result.covariance.B.reshape(p, -1)[:, 0]
        v = result.covariance.diag()[0]
        assert_allclose(satterthwaite(noisy), plain * ((v + extra @ extra) / v) ** 2, rtol=1e-6)
    else:
        stage = result.covariance.stages[0]
        L = sp.identity(1, format="csr")
        taken = result.covariance.taken(stage, result.covariance.below(L))
        ((r, _),) = stage.halves(result.covariance.cells, result.covariance.Z, L, taken)
        v = np.bincount(stage.stratum, (r**2).ravel())
        assert_allclose(plain, v.sum() ** 2 / (v**2 / (stage.n - 1)).sum(), rtol=RTOL)


def test_strata_with_a_matrix_of_their_own_have_what_their_form_gives():
    result = sv.mean(joined(one_stage("pps_sampford", size="ho")), "y")
    (stage,) = result.covariance.stages
    assert stage.omega is not None
    own = np.zeros(len(stage.n))
    z = np.zeros((len(stage.stratum), 1))
    z[stage.unit[result.covariance.cells.unit]] = result.covariance.Z
    for h in range(len(own)):
        i = np.flatnonzero(stage.stratum == h)
        part = stage.omega.dense()[np.ix_(i, i)]
        own[h] = z[i, 0] @ part @ z[i, 0]
    assert_allclose(own.sum(), result.variance[0], rtol=RTOL)
    assert_allclose(
        satterthwaite(result.covariance), own.sum() ** 2 / (own**2 / (stage.n - 1)).sum(), rtol=RTOL
    )


def test_replicates_do_not_know_strata():
    design = sv.Design(build([3, 4], 6), weights="w", **SHAPES["clusters"])
    assert satterthwaite(sv.mean(sv.replicate_weights(design, "JKn"), "z").covariance) is None
