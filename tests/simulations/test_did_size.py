"""How often `did` finds an effect where there is none, at the 5 % level."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
import surveykit as sv
from sampling.checks import SurveyWarning

TAKE = 32


def rejected(rng: np.random.Generator, communes: int) -> bool:
    """One survey of two waves: the communes differ, and change differently, but adoption does nothing."""
    n = 2 * communes
    level, change = rng.normal(1.2, 0.5, n), rng.normal(0.1, 0.25, n)
    c = np.repeat(np.arange(n), 2 * TAKE)
    wave = np.tile(np.repeat([1, 2], TAKE), n)
    village = rng.normal(0, 0.4, (n, 2, 4))[c, wave - 1, np.tile(np.repeat(np.arange(4), TAKE // 4), 2 * n)]
    p = 1 / (1 + np.exp(-(level[c] + change[c] * (wave == 2) + village)))
    data = pd.DataFrame({
        "xa": c, "dot": wave, "nhom": (c < communes).astype(int), "w": rng.uniform(0.7, 1.4, n)[c],
        "y": (rng.random(c.size) < p).astype(int),
    })  # fmt: skip
    design = sv.Design(data, weights="w", psu="xa")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SurveyWarning)
        result = sv.did(design, "y", treated="nhom", wave="dot", unit="xa")
    return bool(result.test()["p"].iloc[0] < 0.05)


@pytest.mark.slow
@pytest.mark.parametrize(("communes", "low", "high"), [(3, 0.0, 0.08), (5, 0.0, 0.08), (10, 0.04, 0.06), (20, 0.04, 0.06)])
def test_no_effect_is_found_where_there_is_none(repetitions, communes, low, high):
    n = repetitions(4000, 300)
    rng = np.random.default_rng(communes)
    size = sum(rejected(rng, communes) for _ in range(n)) / n
    error = 2 * np.sqrt(0.05 * 0.95 / n)
    assert low - error <= size <= high + error, f"{size:.4f} of {n}"
