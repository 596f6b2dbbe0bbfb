"""Limits for all rows together: how often all ten hold at once."""

import numpy as np
import pandas as pd
import pytest

import surveykit as sv


@pytest.mark.slow
def test_ten_correlated_domain_means_hold_together(repetitions):
    """Domains that share their 40 PSUs; measured .950 with 2,000 samples, and .66 for single limits."""
    R = repetitions(2000, 400)
    rng = np.random.default_rng(20261126)
    psu = np.repeat(np.arange(40), 20)
    domain = np.tile(np.arange(10), 80)
    truth = np.arange(10) / 5.0
    together = single = 0
    for _ in range(R):
        shift = rng.normal(size=40)[psu] * 0.6
        y = truth[domain] + shift + rng.normal(size=psu.size)
        design = sv.Design(
            pd.DataFrame({"psu": psu, "d": domain, "y": y}), weights=None, sampling="srs", psu="psu"
        )
        result = sv.mean(design, "y", by="d")
        for method in ("simultaneous", "t"):
            limits = result.ci(method=method)
            hit = bool(((limits["ci_low"] <= truth) & (limits["ci_high"] >= truth)).all())
            together += hit and method == "simultaneous"
            single += hit and method == "t"
    error = np.sqrt(0.95 * 0.05 / R)
    assert together / R >= 0.94 - 2 * error * (R < 2000)
    assert together / R <= 0.97 + 2 * error
    assert single / R < 0.8
