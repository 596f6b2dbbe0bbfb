"""Two ways to the same error: steps pulled back in the linear variance, or taken again on each replicate.

Samples of communes are drawn from a synthetic population (giả lập) in which answering and the answers hang
together through age; the weights are corrected for nonresponse by class, then raked to known margins.
Over the samples the two standard errors must agree within 5 %, and with the spread of the estimates within
its error.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import surveykit as sv

pytestmark = pytest.mark.slow

COMMUNES, DRAWN, PEOPLE = 400, 40, 15  # of each of two strata; people taken of each commune
AGREE = 0.05


def population(rng: np.random.Generator) -> pd.DataFrame:
    """Return 2 × 400 communes of 100 people each."""
    commune = np.repeat(np.arange(2 * COMMUNES), 100)
    old = (rng.random(commune.size) < rng.beta(4, 6, 2 * COMMUNES)[commune]).astype(int)
    sex = rng.integers(1, 3, commune.size)
    shift = rng.normal(0, 0.5, 2 * COMMUNES)[commune]
    return pd.DataFrame(
        {
            "stratum": commune // COMMUNES,
            "commune": commune,
            "age": np.where(old, "60+", "18-59"),
            "sex": sex,
            "y": 3 + shift + 0.8 * old - 0.3 * (sex == 2) + rng.normal(size=commune.size),
            "chance": np.where(old, 0.85, 0.55) + 0.05 * (sex == 2),
        }
    )


def draw(people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the people of communes drawn in each stratum, and who of them answered."""
    start = np.concatenate([h * COMMUNES + rng.choice(COMMUNES, DRAWN, replace=False) for h in (0, 1)])
    rows = np.concatenate([c * 100 + rng.choice(100, PEOPLE, replace=False) for c in start])
    sample = people.iloc[rows].reset_index(drop=True)
    answered = rng.random(len(sample)) < sample["chance"]
    w = COMMUNES / DRAWN * 100 / PEOPLE
    return sample.assign(
        w=w, f=DRAWN / COMMUNES, answered=answered.astype(int), y=sample["y"].where(answered)
    )


def weighted(data: pd.DataFrame, margins: dict[str, dict[object, float]]) -> sv.Design:
    design = sv.Design(data, weights="w", strata="stratum", psu="commune", fpc="f")
    return sv.rake(sv.adjust_nonresponse(design, responded="answered", cells="stratum"), margins)


def test_pulled_back_and_replayed_errors_agree_and_are_those_of_the_estimates(repetitions):
    rng = np.random.default_rng(20261122)
    people = population(rng)
    margins = {name: people[name].value_counts().to_dict() for name in ("age", "sex")}
    times = repetitions(400, 25)
    found = []
    for k in range(times):
        design = weighted(draw(people, rng), margins)
        linear = sv.mean(design, "y")
        jackknife = sv.mean(sv.replicate_weights(design, "JKn"), "y")
        bootstrap = sv.mean(sv.replicate_weights(design, "bootstrap", replicates=200, seed=k), "y")
        found.append([linear.value["y"], *(est.se["y"] ** 2 for est in (linear, jackknife, bootstrap))])
    estimates, *variances = np.array(found).T
    taylor, jackknife, bootstrap = (np.sqrt(v.mean()) for v in variances)
    assert abs(jackknife / taylor - 1) < AGREE
    assert abs(bootstrap / taylor - 1) < AGREE + 2 / np.sqrt(2 * 200 * times)
    true = np.sqrt(np.mean((estimates - people["y"].mean()) ** 2))
    assert abs(true / taylor - 1) < 3 / np.sqrt(2 * times)
