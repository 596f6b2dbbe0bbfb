"""Whole designs drawn again and again: does the size that was worked out do what it says?

Every test takes n from the size function, draws many surveys with the clusters, answers and refusals of the
plan, works out each as it would be analysed, and compares with what the plan promised.
"""

import math

import numpy as np
import pytest
from scipy.special import stdtrit

from sampling.size import (
    operating_curve,
    size_change,
    size_did,
    size_difference,
    size_proportion,
    size_threshold,
)
from surveykit.formulas.intervals import count_interval

#: Standard errors of the simulation that the result may be off by chance, once in 16,000.
CHANCE = 4.0
#: What the approximations themselves may be off: normal for binomial, t for binary means.
APPROXIMATE = 0.015
MANY, FEW = 20_000, 2_000


def near(found, promised, repetitions, slack=APPROXIMATE):
    error = CHANCE * math.sqrt(promised * (1 - promised) / repetitions)
    return abs(found - promised) <= error + slack


def clustered(rng, R, clusters, take, p, icc):
    """Answers "yes" in each cluster, beta-binomial: (R, clusters)."""
    a = (1 - icc) / icc
    share = rng.beta(a * p, a * (1 - p), (R, clusters))
    return rng.binomial(take, share)


@pytest.mark.slow
@pytest.mark.parametrize(("p", "icc", "take"), [(0.5, 0.05, 15), (0.85, 0.1, 10), (0.7, 0.02, 30)])
def test_a_clustered_proportion_has_the_margin_planned(repetitions, p, icc, take):
    R = repetitions(MANY, FEW)
    rng = np.random.default_rng([1, take])
    plan = size_proportion(p, 0.04, icc=icc, take=take, response=0.8)
    yes = clustered(rng, R, plan.clusters, take, p, icc).sum(axis=1)
    inside = (np.abs(yes / (plan.clusters * take) - p) <= plan.margin).mean()
    assert near(inside, 0.95, R), inside


@pytest.mark.slow
def test_refusals_leave_as_many_answers_as_planned(repetitions):
    R = repetitions(MANY, FEW)
    rng = np.random.default_rng(2)
    plan = size_proportion(0.6, 0.04, response=0.7)
    answers = rng.binomial(plan.n, 0.7, R)
    share = rng.binomial(answers, 0.6) / answers
    assert near((np.abs(share - 0.6) <= plan.margin).mean(), 0.95, R)
    assert abs(answers.mean() - plan.n_answered) < 1


@pytest.mark.slow
def test_a_finite_population_is_drawn_without_replacement(repetitions):
    R = repetitions(MANY, FEW)
    plan = size_proportion(0.4, 0.04, population=2000)
    yes = np.random.default_rng(3).hypergeometric(800, 1200, plan.n, R)
    assert near((np.abs(yes / plan.n - 0.4) <= plan.margin).mean(), 0.95, R)


@pytest.mark.slow
@pytest.mark.parametrize("ratio", [1, 2])
def test_a_difference_of_clustered_groups_is_found_as_often_as_planned(repetitions, ratio):
    R = repetitions(MANY, FEW)
    rng = np.random.default_rng([4, ratio])
    icc, take, p = 0.05, 10, (0.70, 0.78)
    plan = size_difference(*p, icc=icc, take=take, ratio=ratio)
    share, size = [], []
    for (_, n), q in zip(plan.groups, p, strict=True):
        clusters = round(n / take)
        size.append(clusters * take)
        share.append(clustered(rng, R, clusters, take, q, icc).sum(axis=1) / size[-1])
    common = (size[0] * share[0] + size[1] * share[1]) / sum(size)
    se = np.sqrt(plan.field.deff * common * (1 - common) * (1 / size[0] + 1 / size[1]))
    assert near(((share[1] - share[0]) / se > 1.959964).mean(), plan.power, R)


@pytest.mark.slow
@pytest.mark.parametrize("overlap", [0.0, 0.5, 1.0])
def test_a_change_with_overlap_is_found_as_often_as_planned(repetitions, overlap):
    R = repetitions(MANY, FEW)
    rng = np.random.default_rng([5, round(10 * overlap)])
    p1, p2, pxy = 0.60, 0.68, 0.52
    plan = size_change(p1, p2, overlap=overlap, pxy=pxy if overlap else None)
    both = round(overlap * plan.n)
    cells = rng.multinomial(both, [pxy, p1 - pxy, p2 - pxy, 1 - p1 - p2 + pxy], R)
    first = (cells[:, 0] + cells[:, 1] + rng.binomial(plan.n - both, p1, R)) / plan.n
    later = (cells[:, 0] + cells[:, 2] + rng.binomial(plan.n - both, p2, R)) / plan.n
    cov = both / plan.n * (cells[:, 0] / max(both, 1) - first * later)
    se = np.sqrt((first * (1 - first) + later * (1 - later) - 2 * cov) / plan.n)
    assert near(((later - first) / se > 1.959964).mean(), plan.power, R)


def communes(rng, R, G, forms, p, effect, icc, stability):
    """Change of the share of each commune between two waves, with fresh people: (R, G)."""
    sd = [math.sqrt(icc * q * (1 - q)) for q in (p, p + effect)]
    shared, own = rng.normal(size=(R, G)), rng.normal(size=(2, R, G))
    levels = [math.sqrt(stability) * shared + math.sqrt(1 - stability) * o for o in own]
    shares = [np.clip(q + s * z, 0, 1) for q, s, z in zip((p, p + effect), sd, levels, strict=True)]
    first, later = (rng.binomial(forms, s) / forms for s in shares)
    return later - first


@pytest.mark.slow
@pytest.mark.parametrize(("G", "ratio"), [(4, 1), (8, 2), (25, 1)])
def test_a_did_of_communes_finds_the_effect_as_often_as_planned(repetitions, G, ratio):
    R = repetitions(MANY, FEW)
    rng = np.random.default_rng([6, G])
    asked = {"icc": 0.03, "stability": 0.6, "ratio": ratio}
    effect = size_did(0.6, communes=G, take=25, **asked).effect
    plan = size_did(0.6, effect, communes=G, take=25, **asked)
    arms = [communes(rng, R, g, 25, 0.6, d, 0.03, 0.6) for g, d in ((G, effect), (G * ratio, 0.0))]
    a, b = (x.var(axis=1, ddof=1) / x.shape[1] for x in arms)
    df = (a + b) ** 2 / (a**2 / (G - 1) + b**2 / (G * ratio - 1))  # as surveykit.did, communes of one size
    t = (arms[0].mean(axis=1) - arms[1].mean(axis=1)) / np.sqrt(a + b)
    # with few communes the df are estimated too, which costs a little power
    slack = 0.05 if G < 6 else 0.02
    assert near((np.abs(t) > stdtrit(df, 0.975)).mean(), plan.power, R, slack)


@pytest.mark.slow
@pytest.mark.parametrize("overlap", [0.0, 0.5, 1.0])
def test_a_did_that_asks_people_again_finds_the_effect_as_often_as_planned(repetitions, overlap):
    R, G, m, icc, stability, rho = repetitions(MANY, FEW), 10, 12, 0.1, 0.5, 0.6
    rng = np.random.default_rng([9, round(10 * overlap)])
    asked = {"icc": icc, "stability": stability, "take": m, "overlap": overlap, "rho": rho}
    plan = size_did(sd=1, effect=0.35, communes=G, **asked)
    shared, own = rng.normal(size=(R, 2 * G)), rng.normal(size=(2, R, 2 * G))
    level = math.sqrt(icc) * (math.sqrt(stability) * shared + math.sqrt(1 - stability) * own)
    same = round(overlap * m)  # people asked in both waves; the others are fresh
    kept, noise = rng.normal(size=(R, 2 * G, same)), rng.normal(size=(2, R, 2 * G, m))
    noise[..., :same] = math.sqrt(rho) * kept + math.sqrt(1 - rho) * noise[..., :same]
    change = np.diff(level + math.sqrt(1 - icc) * noise.mean(axis=-1), axis=0)[0]
    change[:, :G] += 0.35
    a, b = (x.var(axis=1, ddof=1) / G for x in (change[:, :G], change[:, G:]))
    t = (change[:, :G].mean(axis=1) - change[:, G:].mean(axis=1)) / np.sqrt(a + b)
    df = (a + b) ** 2 / (a**2 + b**2) * (G - 1)
    assert near((np.abs(t) > stdtrit(df, 0.975)).mean(), plan.power, R, 0.01)


@pytest.mark.slow
@pytest.mark.parametrize(("p0", "p"), [(0.90, 0.95), (0.50, 0.58)])
def test_the_threshold_is_passed_as_often_as_the_operating_curve_says(repetitions, p0, p):
    R = repetitions(MANY, FEW)
    rng = np.random.default_rng([7, round(100 * p)])
    plan = size_threshold(p0, p)
    lower = np.array([count_interval(x, plan.n, "clopper-pearson", 0.90)[0] for x in range(plan.n + 1)])
    for truth in (p0, (p0 + p) / 2, p):
        x = rng.binomial(plan.n, truth, R)
        curve = operating_curve(plan, [truth]).iloc[0]
        assert near((lower[x] > p0).mean(), curve["limit_rule"], R, 0.0)
        assert near((x / plan.n >= p0).mean(), curve["naive_rule"], R, 0.0)


@pytest.mark.slow
def test_a_clustered_threshold_keeps_its_error(repetitions):
    R = repetitions(MANY, FEW)
    plan = size_threshold(0.8, 0.88, icc=0.05, take=10)
    rng = np.random.default_rng(8)
    k = math.floor(plan.field.srs(plan.n, "share"))
    for truth in (0.8, 0.88):
        share = clustered(rng, R, plan.clusters, 10, truth, 0.05).sum(axis=1) / (10 * plan.clusters)
        passed = (share * k >= plan.critical).mean()
        assert near(passed, operating_curve(plan, [truth])["limit_rule"].iloc[0], R, 0.03), passed
