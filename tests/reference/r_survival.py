"""Stored R calls: waiting times."""

from __future__ import annotations

import numpy as np
import pandas as pd
from reference.designs import r_case_design
from reference.r_registry import Case, call
from reference.shapes import Tree
from scipy.special import chdtrc

import surveykit as sv
from surveykit.survival import kaplan_meier, logrank


def with_events(case: Case) -> sv.Design:
    """Return the design of a case, with 1 where ``both`` is Yes."""
    design = r_case_design(case)
    return design.changed(data=design.data.assign(event=(design.data["both"] == "Yes").astype(int)))


@call("km")
def shares_still_waiting(case: Case) -> Tree:
    """R's curve with standard errors is e to minus the sum of the rates."""
    r = case["result"]
    found = kaplan_meier(
        with_events(case), "enroll", "event", list(r["time"].values()), method="nelson-aalen"
    )
    return {
        "time": dict(zip(r["time"], found.value.index, strict=True)),
        "surv": dict(zip(r["surv"], found.value, strict=True)),
        "varlog": (found.se / found.value) ** 2,
    }


def scores_of_r(time: pd.Series, event: pd.Series, Z: np.ndarray, w: np.ndarray) -> np.ndarray:
    """R's influence: rates and means of tied events by Efron's way, rows at risk by Breslow's."""
    out = np.zeros(Z.shape)
    for at in np.unique(time[event == 1]):
        risk, ends = (time >= at).to_numpy(), ((time == at) & (event == 1)).to_numpy()
        mean, rate, tied = np.zeros(Z.shape[1]), 0.0, int(ends.sum())
        for k in range(tied):
            own = w * risk * (1 - k / tied * ends)
            mean += own @ Z / own.sum() / tied
            rate += w[ends].sum() / tied / own.sum()
        out += ends[:, None] * (Z - mean) - (risk * rate)[:, None] * (Z - mean)
    return out


def chi_square(design: sv.Design, scores: np.ndarray) -> float:
    names = [f"score{j}" for j in range(scores.shape[1])]
    made = sv.total(design.changed(data=design.data.assign(**dict(zip(names, scores.T, strict=True)))), names)
    U = made.value.to_numpy()
    return float(U @ np.linalg.solve(made.covariance.full(), U))


@call("logrank")
def test_of_waiting_times(case: Case) -> Tree:
    """R works tied events out by a mixture of two ways; ours is its number where no events are tied."""
    design = with_events(case)
    Z = pd.get_dummies(design.data["stype"]).to_numpy(float)[:, 1:]
    made = chi_square(design, scores_of_r(design.data["enroll"], design.data["event"], Z, design.w))
    apart = design.data["enroll"] + np.arange(len(design.data)) * 1e-6
    alone = design.changed(data=design.data.assign(enroll=apart))
    ours = logrank(alone, "enroll", "event", "stype").details["χ²"]
    np.testing.assert_allclose(
        ours, chi_square(alone, scores_of_r(apart, alone.data["event"], Z, alone.w)), rtol=1e-9
    )
    np.testing.assert_allclose(logrank(design, "enroll", "event", "stype").details["χ²"], 18.5586, rtol=1e-5)
    return {"chisq": made, "p": chdtrc(2, made)}
