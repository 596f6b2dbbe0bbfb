"""Inclusion and joint probabilities, and estimates that rest on them: those of R `sampling` and of books."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from reference import cases, shapes

import surveykit as sv
from sampling.conditional import inclusion
from sampling.joint import joint_probabilities
from sampling.probabilities import pps_probabilities
from surveykit.context import Note
from surveykit.drawn import Drawn
from surveykit.formulas import forms

TOPICS = ("joint_probabilities", "selection_probabilities", "sampling_estimation")
#: Cases of these topics that are not answered here.
WAITING = {
    "joint_midzunopi2": "no method of ours; as the complement of Tillé's it is compared in test_joint",
    "regest": "the regression estimator comes with calibration",
}
#: Cases in which R is not right to its own digits: compared apart, below.
APART = ("joint_maxentropypi2", "joint_tille_mu")
PIK = np.array([0.07, 0.17, 0.41, 0.61, 0.83, 0.91])
Tree = Any


def mu284() -> pd.DataFrame:
    return cases.read(cases.HERE / "data" / "MU284.csv")


def matrix(pi: np.ndarray, method: str) -> Tree:
    values = joint_probabilities(pi, method).matrix
    labels = list(range(1, len(pi) + 1))
    return {"rows": labels, "cols": labels, "values": values.tolist()}


def drawn(rows: np.ndarray, pi: np.ndarray, form: np.ndarray | None = None) -> sv.Design:
    """Return the design of the rows drawn from MU284 with these probabilities."""
    table = mu284().iloc[rows].reset_index(drop=True).assign(w=1 / pi, unit=range(len(rows)), f=0.5)
    design = sv.Design(table, weights="w", psu="unit", fpc=None if form is None else "f")
    if form is None:
        return design
    places = np.arange(len(rows))
    own = Drawn(np.zeros(len(rows), dtype=int), places, (form,), (pi,), Note("a form", "một dạng"))
    return design.changed(drawn={"unit": own})


def pik(n: int) -> np.ndarray:
    return pps_probabilities(mu284()["P75"], n)


def ht_hajek() -> Tree:
    s = np.arange(2, 284, 6)[:47]
    design = drawn(s, pik(50)[s])
    mean = sv.mean(design, "RMT85").value.iloc[0]
    return {"ht": sv.total(design, "RMT85").value.iloc[0], "hajek": mean, "hajekt": 284 * mean}


def ht_strata() -> Tree:
    s = np.arange(0, 284, 5)
    return {
        "rows": [1],
        "cols": [1],
        "values": [[sv.total(drawn(s, np.full(len(s), 0.2)), "RMT85").value.iloc[0]]],
    }


def ratioest() -> Tree:
    s = np.arange(0, 284, 4)
    found = sv.ratio(drawn(s, np.full(len(s), 0.25)), "RMT85", "P75")
    return {"t": found.value.iloc[0] * mu284()["P75"].sum()}


def varest() -> Tree:
    s = np.arange(2, 284, 6)[:47]
    pi = pik(50)[s]
    return sv.total(drawn(s, pi, forms.hajek(pi)), "RMT85").se.iloc[0] ** 2


def vartaylor() -> Tree:
    rows = np.arange(59, 79)
    pi = pps_probabilities(mu284()["P75"].iloc[rows], 6)
    s = np.array([1, 4, 8, 12, 15, 18])
    joint = joint_probabilities(pi, "pps_sampford", rows=s).matrix
    found = sv.ratio(drawn(s, pi[s], forms.horvitz_thompson(joint)), "RMT85", "P75")
    return {"ratio": found.value.iloc[0], "estvar": found.se.iloc[0] ** 2}


def swiss() -> Tree:
    size = cases.read(cases.HERE / "data" / "swissmunicipalities.csv")["Surfacesbois"].to_numpy(float)
    size[:5] = 0
    pi = np.zeros(size.size)  # sizes of 0 are refused here: such units are left out first
    pi[size > 0] = pps_probabilities(size[size > 0], 100)
    return {
        "n": pi.size, "sum": pi.sum(), "sumsq": (pi**2).sum(), "min": pi.min(), "max": pi.max(),
        "first10": pi[:10].tolist(), "last5": pi[-5:].tolist(),
    }  # fmt: skip


CALLS = {
    "joint_sampfordpi2": lambda: matrix(PIK, "pps_sampford"),
    "joint_systematicpi2": lambda: matrix(PIK, "pps_systematic"),
    "joint_sampford_mu": lambda: matrix(pps_probabilities(mu284()["P75"].iloc[59:79], 6), "pps_sampford"),
    "pik_mu284_50": lambda: {"pik": pik(50).tolist()},
    "pik_mu284_150": lambda: {"pik": pik(150).tolist(), "n_certain": int((pik(150) == 1).sum())},
    "pik_swiss_zero": swiss,
    "ht_hajek": ht_hajek,
    "ht_strata": ht_strata,
    "ratioest": ratioest,
    "varest_noaux": varest,
    "vartaylor": vartaylor,
}


def of_r() -> dict[str, Any]:
    return {case["id"]: case for case in cases.r_file()["cases"] if case["topic"] in TOPICS}


def test_every_case_is_compared_or_waits_with_a_reason() -> None:
    assert set(CALLS) | set(WAITING) | set(APART) == set(of_r())
    assert not set(CALLS) & set(WAITING)


@pytest.mark.parametrize("name", CALLS)
def test_the_numbers_are_those_of_r(name: str) -> None:
    case = of_r()[name]
    shapes.compare(CALLS[name](), case["result"], case["rtol"], where=f"{name}: {case['call']}")


def test_greatest_entropy_is_that_of_r_where_the_search_stops_as_early() -> None:
    """R stops its search for the working probabilities at changes of 1e-6: its rows do not add up."""
    case = of_r()["joint_maxentropypi2"]
    stored = np.array(case["result"]["values"])
    ours = joint_probabilities(PIK, "pps_conditional_poisson").matrix
    assert np.abs(stored.sum(axis=1) - 3 * PIK).max() > 1e-7
    assert_allclose(ours.sum(axis=1), 3 * PIK, rtol=1e-11)
    work = PIK.copy()
    while True:
        step = PIK - inclusion(work, 3)
        work = work + step
        if np.abs(step).sum() < 1e-6:
            break
    odds = work / (1 - work)
    with np.errstate(invalid="ignore"):
        early = (np.outer(odds, PIK) - np.outer(PIK, odds)) / np.subtract.outer(odds, odds)
    np.fill_diagonal(early, PIK)
    assert_allclose(early, stored, rtol=case["rtol"])
    assert_allclose(ours, early, rtol=1e-5)


def test_elimination_is_that_of_r_but_for_the_pairs_of_certainty_units() -> None:
    """R leaves 0 for the pairs of a unit that is always drawn: they are drawn as often as the other."""
    case = of_r()["joint_tille_mu"]
    stored = np.array(case["result"]["values"])
    pi = pps_probabilities(mu284()["P75"].iloc[:20], 6)
    ours = joint_probabilities(pi, "pps_tille").matrix
    by_chance = pi < 1
    assert (~by_chance).sum() == 1
    inside = np.ix_(by_chance, by_chance)
    assert_allclose(ours[inside], stored[inside], rtol=case["rtol"])
    assert_allclose(ours[~by_chance][0], pi)
    assert stored[~by_chance].sum() == 0  # R: not even itself


# --- the presidential election of 2004, 40 counties drawn by size -------------------------------------------


def election(form: np.ndarray) -> sv.Design:
    table = cases.read(cases.HERE / "data" / "election_pps.csv").assign(f=0.5, unit=range(40))
    design = sv.Design(table.assign(w=1 / table["p"]), weights="w", psu="unit", fpc="f")
    own = Drawn(np.zeros(40, dtype=int), np.arange(40), (form,), (table["p"].to_numpy(),), Note("f", "f"))
    return design.changed(drawn={"unit": own})


def election_forms() -> dict[str, np.ndarray]:
    p = cases.read(cases.HERE / "data" / "election_pps.csv")["p"].to_numpy()
    joint = cases.read(cases.HERE / "data" / "election_jointprob_df.csv").to_numpy()
    squares = float((cases.read(cases.HERE / "data" / "election.csv")["p"] ** 2).sum() / 40)
    return {
        "dpps_ht": forms.horvitz_thompson(joint),
        "yates_grundy": forms.yates_grundy(joint),
        "dpps_br": forms.brewer(p),
        "dpps_poisson": forms.poisson(p),
        "dpps_hr": forms.hartley_rao(p, squares, "horvitz_thompson"),
        "dpps_hr1": forms.hartley_rao(p, estimator="horvitz_thompson"),
        "dpps_hr_yg": forms.hartley_rao(p, squares),
    }


ELECTION = [
    case["id"]
    for case in cases.r_file()["cases"]
    if case["topic"] == "pps" and case["id"].startswith(("pps_total_", "pps_mean_ratio_"))
]


@pytest.mark.parametrize("name", ELECTION)
def test_forms_give_the_errors_and_covariances_of_r_survey(name: str) -> None:
    case = {c["id"]: c for c in cases.r_file()["cases"]}[name]
    design = election(election_forms()[name.removeprefix("pps_total_").removeprefix("pps_mean_ratio_")])
    if "total" in case["result"]:
        found = sv.total(design, ["Bush", "Kerry", "Nader"])
        shapes.compare(
            {"total": shapes.stat(found, case["result"]["total"])}, case["result"], case["rtol"], name
        )
        return
    mean = sv.mean(design, ["Bush", "Kerry"])
    expected = case["result"]["mean"]
    shapes.compare(shapes.stat(mean, expected), expected, case["rtol"], name)
    for y, value in zip(["Bush", "Nader"], np.ravel(_ratios(case["result"]["ratio"])), strict=True):
        assert_allclose(sv.ratio(design, y, "votes").value.iloc[0], value, rtol=case["rtol"])


def _ratios(stored: Tree) -> list[float]:
    return [v for k, v in _leaves(stored) if "ratio" in k or "estimate" in k][:2]


def _leaves(tree: Tree, path: str = "") -> list[tuple[str, float]]:
    if isinstance(tree, dict):
        return [leaf for k, v in tree.items() for leaf in _leaves(v, f"{path}/{k}")]
    if isinstance(tree, list):
        return [leaf for v in tree for leaf in _leaves(v, path)]
    return [(path, tree)]


# --- published ----------------------------------------------------------------------------------------------


def test_published_errors_of_the_election_sample() -> None:
    found = cases.published_cases()
    for name, form in (("yates_grundy", "yates_grundy"), ("hartley_rao", "dpps_hr1")):
        case = found[f"election-pps-{name}"]
        total = sv.total(election(election_forms()[form]), ["Bush", "Kerry", "Nader"])
        assert_allclose(total.value, case["expected"]["estimate"], rtol=case["tolerance"]["rel"])
        assert_allclose(total.se, case["expected"]["se"], rtol=case["tolerance"]["rel"])


def test_published_probabilities_of_the_belgian_municipalities() -> None:
    case = cases.published_cases()["belgium-pps-inclusion-200"]
    pi = pps_probabilities(cases.read(cases.table_path(case))["Tot04"], 200)
    found = {"sum": pi.sum(), "n_certainty": (pi == 1).sum(), "min": pi.min(), "median": np.median(pi)}
    for key, value in case["expected"].items():
        assert_allclose(found[key], value, rtol=case["tolerance"]["rel"])


def test_published_true_variance_of_a_draw_by_draw_sample() -> None:
    """Lohr's supermarkets: the second unit by size among those left, so its chances are written out."""
    case = cases.published_cases()["lohr-supermarkets-var-ht"]
    size, y = (np.array(case["statistic"][k], dtype=float) for k in ("size", "totals"))
    p = size / size.sum()
    chances: dict[frozenset[int], float] = {}
    for i, j in permutations(range(4), 2):
        pair = frozenset((i, j))
        chances[pair] = chances.get(pair, 0.0) + p[i] * p[j] / (1 - p[i])
    pi = np.array([sum(c for s, c in chances.items() if i in s) for i in range(4)])
    joint = np.diag(pi)
    for s, c in chances.items():
        i, j = s
        joint[i, j] = joint[j, i] = c
    z = y / pi
    lack = np.outer(pi, pi) - joint
    assert_allclose(-(z @ lack @ z), case["expected"]["variance"], rtol=case["tolerance"]["rel"])
    # the estimator is unbiased, so its mean over the samples is the variance
    mean = sum(c * z[list(s)] @ _pair(joint, list(s)) @ z[list(s)] for s, c in chances.items())
    assert_allclose(mean, case["expected"]["variance"], rtol=case["tolerance"]["rel"])


def _pair(joint: np.ndarray, s: list[int]) -> np.ndarray:
    return forms.yates_grundy(joint[np.ix_(s, s)])
