"""The sentences a user reads when replicate weights are refused, word for word."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from drawn_samples import joined, one_stage
from numpy.testing import assert_allclose
from strategies import build, make

import surveykit as sv
from sampling.checks import ArgumentError, DataError, LonelyPSUError, MarginError, SurveyWarning
from surveykit.replication import make as making
from surveykit.replication import replicate_frame


def refused(kind: type[Exception], sentence: str, call: Any) -> None:
    """Fail unless the call is refused with exactly this sentence."""
    with pytest.raises(kind, match=f"^{re.escape(sentence)}$") as error:
        call()
    assert type(error.value) is kind


PAIRS = make([2, 2], 4, "clusters")


def replicate(design: sv.Design = PAIRS, method: Any = "JKn", **words: Any) -> sv.Design:
    return sv.replicate_weights(design, method, **words)


# --- making them --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            lambda: replicate(replicate()),
            "replicate_weights: the design has replicates already (JKn, 4 replicates). Start from the "
            "design without them.",
        ),
        (
            lambda: replicate(method="brr"),
            "method='brr' is not known. Did you mean 'BRR'? Choose one of 'auto', 'JK1', 'JKn', 'JK2', "
            "'BRR', 'Fay', 'bootstrap', 'rwyb', 'preston', 'SDR'.",
        ),
        (
            lambda: replicate(method="bootstrap"),
            "method='bootstrap' draws by chance: pass a seed, so that it can be repeated, e.g. "
            "seed=20261122.",
        ),
        (
            lambda: replicate(method="bootstrap", seed=1.5),
            "seed=1.5: pass a whole number, 0 or more, e.g. 20261122.",
        ),
        (
            lambda: replicate(replicates=50),
            "replicates=50: with method='JKn' the units give the number. Leave it out, or take "
            "method='bootstrap'.",
        ),
        (
            lambda: replicate(method="bootstrap", replicates=1, seed=1),
            "replicates=1: give a whole number, 2 or more.",
        ),
        (
            lambda: replicate(method="BRR", fay=0.5),
            "fay=0.5 goes with method='Fay', not with 'BRR'. Leave it out.",
        ),
        (
            lambda: replicate(method="Fay", fay=1),
            "fay=1: Fay's factor is a number from 0 to below 1; 0.5 is usual.",
        ),
        (
            lambda: replicate(method="JK1"),
            "method='JK1' is for a sample without strata, and this one has 2. Use method='JKn'.",
        ),
        (
            lambda: replicate(make([2, 3, 4], 4, "clusters"), "BRR"),
            "method='BRR' needs two units (commune) in every stratum, and 'h1' has 3 (2 strata in all). "
            "Use method='JKn' or 'bootstrap', or form pairs.",
        ),
        (
            lambda: replicate(make([3], 4, "clusters without strata"), "JK2", seed=1),
            "method='JK2' needs two units (commune) in every stratum, and the sample has 3. Use "
            "method='JKn' or 'bootstrap', or form pairs.",
        ),
        (
            lambda: replicate(sv.Design(pd.DataFrame({"y": [1, 2]}), sampling="self-selected")),
            "replicate_weights: the rows are self-selected, so there is no sampling error that replicates "
            "could show.",
        ),
        (
            lambda: replicate(sv.Design(build([1], 3), weights="w", psu=["commune", "village"])),
            "replicate_weights: the whole sample lies in one commune. Give Design psu=['village'], so "
            "that village is the first stage.",
        ),
        (
            lambda: replicate(
                sv.Design(build([1, 3], 3), weights="w", strata="stratum", psu="commune", lonely_psu="centre")
            ),
            "lonely_psu='centre': replicates cannot show what a stratum with one commune is to give. "
            "Merge it "
            'with a neighbour, or pass lonely_psu="collapse" or "certainty" to Design.',
        ),
        (
            lambda: replicate(PAIRS.changed(lonely_domain="average")),
            "lonely_domain='average' is a rule for the Taylor variance, and replicates know none like it. "
            "Leave it off to make replicates.",
        ),
        (
            lambda: replicate(sv.Design(build([3], 3).assign(N=1.0), weights="w", psu="commune", fpc="N")),
            "method='JKn': every commune was taken (fpc 1). There is no sampling error.",
        ),
        (
            lambda: replicate(
                sv.Design(
                    build([3], 3).assign(N=1.0), weights="w", psu=["commune", "village"], fpc=["N", "N2"]
                )
            ),
            "method='JKn': every commune was taken (fpc 1). Use method='rwyb', which draws the units below.",
        ),
        (
            lambda: replicate(joined(one_stage("pps_brewer", size="ho"))),
            "method='JKn' does not fit the way in which the units were drawn ('hajek'). Use "
            "method='rwyb', which has the chances of each.",
        ),
        (
            lambda: replicate(joined(one_stage("systematic")), "rwyb", seed=1),
            "method='rwyb' does not fit the way in which the units were drawn ('successive'). Use "
            "method='SDR', for draws down a list.",
        ),
        (
            lambda: replicate(joined(one_stage("cube", n=4, balance=["ho"])), "rwyb", seed=1),
            "method='rwyb' does not fit the way in which the units were drawn ('balanced'). Leave the "
            "replicates out: the Taylor variance has the form of the draw.",
        ),
    ],
)
def test_what_cannot_be_made_is_refused(call, sentence):
    refused(ArgumentError, sentence, call)


def test_a_stratum_of_one_unit_is_refused_as_for_taylor():
    design = sv.Design(build([1, 3], 3), weights="w", strata="stratum", psu="commune")
    refused(
        LonelyPSUError,
        "strata='stratum': 'h0' has one PSU (commune=h0c0), so the variance between units cannot be "
        "estimated. "
        'Merge it with a neighbour, or pass lonely_psu="centre".',
        lambda: replicate(design),
    )


def two_stages(f1: Any) -> sv.Design:
    data = build([3, 3], 3)
    data["f1"] = data["stratum"].map(f1)
    return sv.Design(data, weights="w", strata="stratum", psu=["commune", "village"], fpc=["f1", "N2"])


def test_one_stage_where_more_count_is_refused_or_warned_of():
    refused(
        ArgumentError,
        "method='JKn' counts the first stage alone, but in 'h1' every commune was taken, so the error "
        "lies in the stage below (village). Use method='rwyb' or 'preston'.",
        lambda: replicate(two_stages({"h0": 0.5, "h1": 1.0})),
    )
    with pytest.warns(SurveyWarning) as warned:
        replicate(two_stages({"h0": 0.5, "h1": 0.4}))
    assert str(warned[0].message) == (
        "method='JKn' counts the first stage alone. Up to 50% of its units (commune) were drawn, so the "
        "variance inside them matters, and is left out. method='rwyb' or 'preston' counts every stage."
    )


def test_factors_below_0_are_refused():
    design = two_stages({"h0": 0.95, "h1": 0.95})
    refused(
        DataError,
        "method='preston' gives factors below 0 here (least −0.062), which weights cannot have: large "
        "fractions or very unequal chances stand at one stage above small ones. Use method='rwyb'.",
        lambda: replicate(design, "preston", seed=1),
    )


def test_tables_that_do_not_fit_in_memory_are_refused(monkeypatch):
    monkeypatch.setattr(making, "LARGEST", 10)
    refused(
        ArgumentError,
        "4 units by 4 replicates are 0.0 GB of factors. Use method='bootstrap' with replicates=500, or "
        "name the clusters in psu= if commune is not the first stage.",
        lambda: replicate(),
    )


# --- steps on them ------------------------------------------------------------------------------------------


def with_columns(**words: Any) -> sv.Design:
    said = {"method": "JKn", "rscales": [0.5] * 4} | words
    return sv.Design(PEOPLE, weights="w", replicates=sv.ReplicateColumns("rep_*", **said))


PEOPLE = pd.DataFrame({"w": [10.0, 10, 20, 20], "answered": [1, 1, 1, 0], "sex": [1, 2, 1, 2]}).assign(
    rep_1=[0.0, 20, 20, 20], rep_2=[20.0, 0, 20, 20], rep_3=[10.0, 10, 0, 40], rep_4=[10.0, 10, 40, 0]
)
UNKNOWN = (
    ": the replicate weights were read from columns (rep_1 …), and how they were made is not known, so "
    "the step cannot be taken on each of them. Use the weights as they are; or give strata= and psu= to "
    "Design and make replicates with replicate_weights()."
)


@pytest.mark.parametrize(
    ("step", "name"),
    [
        (lambda d: sv.adjust_nonresponse(d, responded="answered"), "nonresponse (one class)"),
        (lambda d: sv.rake(d, {"sex": {1: 0.5, 2: 0.5}}), "rake (sex)"),
        (lambda d: sv.calibrate(d, {"sex": {1: 30, 2: 30}}), "calibrate (sex)"),
    ],
)
def test_a_step_after_replicates_that_were_read_is_refused(step, name):
    refused(ArgumentError, name + UNKNOWN, lambda: step(with_columns()))


def test_replicates_on_replicates_that_were_read_are_refused():
    refused(
        ArgumentError,
        "replicate_weights: the design has replicates already (JKn, 4 replicates). Start from the design "
        "without them.",
        lambda: replicate(with_columns()),
    )


END = (
    ", for too few rows keep a weight in it. Join small classes or levels, or make replicates that keep "
    "more rows (method='Fay' or 'rwyb'); without replicates the Taylor variance takes the steps in."
)


def communes(**columns: Any) -> sv.Design:
    """Return three communes of four people each, with a replicate without each of them."""
    data = pd.DataFrame({"w": 10.0, "xa": list("aaaabbbbcccc"), "y": np.arange(12.0), **columns})
    return replicate(sv.Design(data, weights="w", psu="xa"), "JK1")


def test_a_step_that_a_replicate_cannot_take_is_refused():
    kind = [1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2]
    refused(
        MarginError,
        "replicate 1 of 3 (JK1), step 'rake (k)': the targets cannot be met (relative gap 1)" + END,
        lambda: sv.mean(sv.rake(communes(k=kind), {"k": {1: 30, 2: 90}}), "y"),
    )
    one_left = communes(k=[1, 1, 1, 2, 1, 1, 2, 2, 2, 2, 2, 2], a=[1, 1, 1, 1, 0, 0, 1, 1, 1, 0, 1, 1])
    refused(
        DataError,
        "replicate 1 of 3 (JK1), step 'nonresponse (k)': a class has nobody left who could stand for the "
        "others" + END,
        lambda: sv.mean(sv.adjust_nonresponse(one_left, responded="a", cells="k"), "y"),
    )
    words: dict[str, Any] = {"responded": "a", "method": "propensity", "predictors": "k"}
    refused(
        DataError,
        "replicate 1 of 3 (JK1), step 'propensity (k)': rows of some kind have no chance of responding" + END,
        lambda: sv.mean(sv.adjust_nonresponse(one_left, **words), "y"),
    )
    mixed = pd.DataFrame({"w": 10.0, "xa": list("abbbabcc"), "y": np.arange(8.0)})
    chances = sv.adjust_nonresponse(
        replicate(sv.Design(mixed.assign(a=[1, 0, 0, 0, 1, 1, 0, 1], x=[1, 1, 2, 3, 4, 5, 7, 6]), weights="w",
                            psu="xa"), "JK1"),
        responded="a", method="propensity_classes", predictors="x", classes=2,
    )  # fmt: skip
    refused(
        DataError,
        "replicate 1 of 3 (JK1), step 'propensity classes (x)': a class has nobody left who could stand for "
        "the others" + END,
        lambda: sv.mean(chances, "y"),
    )
    data = pd.DataFrame({"xa": list("aabbcc"), "y": np.arange(6.0), "a": [1, 0, 1, 1, 1, 0]})
    heavy = replicate(sv.Design(data.assign(w=[10.0, 10, 10, 10, 16, 16]), weights="w", psu="xa"), "JK1")
    given = sv.adjust_nonresponse(heavy, responded="a")
    refused(
        DataError,
        "replicate 2 of 3 (JK1), step 'trim (≤ 18.5: 1 cut, deff 1.05 → 1)': the weights cannot keep "
        "their sum between the limits" + END,
        lambda: sv.mean(sv.trim(given, upper=18.5), "y"),
    )


def test_chances_are_fitted_in_a_replicate_in_which_everyone_responded():
    data = pd.DataFrame(
        {"w": 10.0, "xa": list("aabbccdd"), "y": np.arange(8.0), "a": [0, 1, 1, 1, 1, 1, 1, 1]}
    )
    data["x"] = [3.0, 1, 2, 5, 4, 2, 1, 6]
    design = sv.adjust_nonresponse(
        sv.Design(data, weights="w", psu="xa"), responded="a", method="propensity", predictors="x"
    )
    weights = replicate_frame(replicate(design, "JK1"))
    assert_allclose(weights["jkw_1"], np.where(data["xa"] == "a", 0.0, 40 / 3), rtol=1e-12)


def test_a_kind_of_rows_that_all_answer_in_a_replicate_keeps_its_weights_there():
    design = communes(k=[1, 1, 1, 2, 1, 1, 2, 2, 2, 2, 2, 2], a=[0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1])
    design = design.changed(data=design.data.assign(k=design.data["k"].astype(str)))
    made = sv.adjust_nonresponse(design, responded="a", method="propensity", predictors="k")
    own = replicate_frame(made)["jkw_1"]
    assert own.iloc[4:6].tolist() == pytest.approx([15.0, 15.0])  # both of this kind who are left answered
    assert float(own.sum()) == pytest.approx(120.0)
    assert float(sv.mean(made, "y").se.iloc[0]) > 0


# --- waves --------------------------------------------------------------------------------------------------


def test_waves_without_common_units_must_be_strata_of_the_replicates():
    data = pd.concat([build([3, 3], s).assign(wave=s) for s in (1, 2)], ignore_index=True)
    data["commune"] += data["wave"].astype(str)
    design = replicate(sv.Design(data, weights="w", strata="stratum", psu="commune"))
    refused(
        ArgumentError,
        "wave='wave': the waves share no units, but the replicates were made as if both were drawn from "
        "the same strata. Give Design strata=['stratum', 'wave'], then make the replicates.",
        lambda: sv.before_after(design, "z", wave="wave"),
    )
    data = pd.concat([build([3, 3], s).assign(wave=s) for s in (1, 2)], ignore_index=True)
    data["village"] += data["wave"].astype(str)
    data["N1"], data["N2"] = 8, 20
    both = sv.Design(data, weights="w", strata="stratum", psu=["commune", "village"], fpc=["N1", "N2"])
    refused(
        ArgumentError,
        "wave='wave': each wave has village of its own, but the replicates were made as if they were "
        "drawn together. Give Design psu=['commune', 'wave', 'village'] and for the wave an fpc of 1 (all "
        "waves), then make the replicates.",
        lambda: sv.before_after(replicate(both, "rwyb", seed=1), "z", wave="wave"),
    )
