"""How often `did` finds an effect where there is none, at the 5 % level.

So many surveys are worked out on sums by commune and wave, with the formulas the package uses; the first test
shows that the public call gives the same estimate, standard error and degrees of freedom.
"""

import warnings
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.special import expit, stdtr

import surveykit as sv
from sampling.checks import SurveyWarning
from surveykit.formulas.effects import cluster_df

VILLAGES = 4
LEVEL = 0.05
#: Communes adopting and not adopting, and the share of surveys in which an effect may be found.
FEW_COMMUNES, MANY_COMMUNES = (0.0, 0.08), (0.04, 0.06)
ARMS = [(3, 3), (3, 10), (4, 4), (5, 5), (6, 20), (10, 10), (10, 30), (20, 20), (40, 40)]
KINDS = ["equal", "sizes", "sizes and weights"]


class Surveys(NamedTuple):
    """Adults and satisfied adults (surveys, communes, waves, villages), and the weight of the adults."""

    take: np.ndarray
    yes: np.ndarray
    weight: np.ndarray


def surveys(rng, communes, kind, number):
    """Two waves, the same communes, fresh villages: levels and changes differ, but adoption does nothing."""
    shape = (number, communes, 2, VILLAGES)
    level, change = rng.normal(1.2, 0.5, shape[:2]), rng.normal(0.1, 0.25, shape[:2])
    logit = level[..., None, None] + change[..., None, None] * np.array([0, 1])[:, None]
    share = expit(logit + rng.normal(0, 0.4, shape))
    take, weight = np.full(shape, 8), np.ones(shape)
    if kind != "equal":  # communes of 8 to 60 adults a wave
        take = rng.integers(2, 16, shape[:2])[..., None, None] + np.zeros(shape, dtype=int)
    if kind == "sizes and weights":  # between communes, waves and villages
        weight = rng.uniform(0.5, 2, shape[:2])[..., None, None] * rng.uniform(0.7, 1.4, shape)
    return Surveys(take, rng.binomial(take, share), weight)


def arm(of):
    """Change in one arm: estimate, variance, degrees of freedom."""
    W, Y = ((of.weight * x).sum(axis=-1) for x in (of.take, of.yes))
    total = W.sum(axis=1)
    mean = Y.sum(axis=1) / total
    share = W / total[:, None]
    z = np.diff((Y - mean[:, None] * W) / total[:, None])[..., 0]
    G = z.shape[1]
    df = np.array([cluster_df(s) for s in share.mean(axis=-1)]) if np.ptp(share) > 1e-12 else G - 1.0
    return np.diff(mean)[:, 0], G / (G - 1) * (z**2).sum(axis=1), df


def differences(of, adopting):
    """Return estimates, standard errors and degrees of freedom of all surveys."""
    (a, v, d), (b, u, e) = (arm(Surveys(*(x[:, rows] for x in of)))
                            for rows in (slice(None, adopting), slice(adopting, None)))  # fmt: skip
    with np.errstate(invalid="ignore"):  # once in thousands every commune of both arms changes alike
        return a - b, np.sqrt(v + u), (v + u) ** 2 / (v**2 / d + u**2 / e)


def adults(of, number, adopting):
    """A row for each adult of one survey."""
    take, yes, weight = (x[number] for x in of)
    row = np.repeat(np.arange(take.size), take.ravel())
    xa, dot, _ = np.unravel_index(row, take.shape)
    order = np.arange(row.size) - np.searchsorted(row, row)
    return pd.DataFrame({
        "xa": xa, "dot": dot + 1, "thon": row, "w": weight.ravel()[row],
        "mo_hinh": (xa < adopting).astype(int), "hai_long": (order < yes.ravel()[row]).astype(int),
    })  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("arms", [(3, 3), (6, 20)])
def test_the_differences_simulated_are_those_of_the_public_call(arms, kind):
    of = surveys(np.random.default_rng(2), sum(arms), kind, 4)
    estimate, se, df = differences(of, arms[0])
    for number in range(4):
        design = sv.Design(adults(of, number, arms[0]), weights="w", psu=["xa", "dot", "thon"])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SurveyWarning)  # few communes, on purpose
            found = sv.did(design, "hai_long", treated="mo_hinh", wave="dot", unit="xa")
        test = found.test().iloc[0]
        assert_allclose([test["estimate"], test["se"], test["df"]], [x[number] for x in (estimate, se, df)])
        assert_allclose(test["p"], 2 * stdtr(df[number], -abs(estimate[number] / se[number])))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("arms", ARMS)
def test_no_effect_is_found_where_there_is_none(repetitions, arms, kind):
    n = repetitions(10_000, 2_000)
    of = surveys(np.random.default_rng([*arms, len(kind)]), sum(arms), kind, n)
    estimate, se, df = differences(of, arms[0])
    t = np.divide(estimate, se, out=np.full(n, np.nan), where=se > 0)
    found = (2 * stdtr(df, -np.abs(t)) < LEVEL).mean()
    low, high = MANY_COMMUNES if min(arms) >= 10 else FEW_COMMUNES
    error = 2 * np.sqrt(LEVEL * (1 - LEVEL) / n)
    assert low - error <= found <= high + error, f"{found:.4f} of {n}"
