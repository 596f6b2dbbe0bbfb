"""The demo's survey drawn again and again from fresh synthetic populations (giả lập): is the truth inside?"""

from __future__ import annotations

import numpy as np
import pytest

import surveykit as sv
from surveykit.population import build, draw_demo, simulate

AIM = 0.93  # of the 95 % intervals hold the true effect


def interval(survey, seed):
    """The report's steps: nonresponse by wave and stratum, raking in each wave, difference in differences."""
    forms = survey.forms.copy()
    arms = {"áp dụng giữa hai đợt": 1.0, "chưa áp dụng": 0.0}
    group = survey.communes.set_index("ma_xa")["nhom"]
    forms["ap_dung"] = forms["ma_xa"].map(group).map(arms)
    design = sv.Design(forms, weights="quyen_so", strata="tang", psu=["ma_xa", "dot", "ma_thon"])
    design = sv.adjust_nonresponse(design, responded="tra_loi", cells=["dot", "tang"])
    share = design.weights.groupby(forms["dot"]).sum() / design.weights.sum()
    margins = {}
    for name, table in survey.margins.groupby("dac_diem"):
        forms[f"{name}_dot"] = forms[name] + forms["dot"].astype(str)
        margins[f"{name}_dot"] = {
            f"{level}{wave}": float(part * share[wave])
            for level, part in zip(table["muc"], table["ty_le"], strict=True)
            for wave in share.index
        }
    design = sv.rake(design.changed(data=forms), margins)
    result = sv.did(design, "chung", value=[4, 5], treated="ap_dung", wave="dot", unit="ma_xa")
    return result.ci().iloc[0], result


@pytest.mark.slow
def test_the_true_effect_lies_in_the_printed_interval(repetitions):
    n = repetitions(500, 60)
    place = build("Cao Bằng")
    inside = 0
    for seed in range(1, n + 1):
        population = simulate(place, seed=seed, items=False)
        truth = float(np.ravel(population.effect())[0])
        ci, _ = interval(draw_demo(population, seed=seed), seed)
        inside += ci["ci_low"] <= truth <= ci["ci_high"]
    share = inside / n
    assert share >= AIM - 2 * np.sqrt(AIM * (1 - AIM) / n), f"{inside} of {n}"
