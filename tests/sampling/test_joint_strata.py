"""Joint probabilities over strata: independent between them, as the design within."""

import enumerated as design
import numpy as np
import pytest
from numpy.testing import assert_allclose

from sampling.checks import ArgumentError, DataError
from sampling.joint import joint_probabilities, stratified_probabilities
from sampling.probabilities import pps_probabilities
from surveykit.formulas.forms import horvitz_thompson, yates_grundy

ATOL = 5e-12  # rounding; working probabilities are found to 1e-12
STRATUM = np.array(["B", "A", "A", "B", "B", "A", "A"])
SIZE = np.array([10, 20, 15, 12, 9, 30, 25])


def together(first, second):
    """Independent draws in two strata."""
    return {a | b: p * q for a, p in first.items() for b, q in second.items()}


def placed(chances, rows):
    return {frozenset(int(rows[i]) for i in s): p for s, p in chances.items()}


def drawn(method):
    """Probabilities and the chance of every sample: two of A, two of B."""
    pi, parts = np.zeros(7), []
    for label in "AB":
        rows = np.flatnonzero(label == STRATUM)
        pi[rows] = 2 / rows.size if method == "srs" else pps_probabilities(SIZE[rows], 2)
        own = design.srs(rows.size, 2) if method == "srs" else design.sampford(pi[rows], 2)
        parts.append(placed(own, rows))
    return pi, together(*parts)


@pytest.mark.parametrize("method", ["srs", "pps_sampford"])
def test_they_are_those_of_all_samples_and_make_the_variance_unbiased(method):
    pi, chances = drawn(method)
    found = stratified_probabilities(pi, STRATUM, method)
    assert_allclose(found.matrix, design.joint(chances, 7), atol=ATOL)
    assert (found.kind, found.measurable) == ("exact", True)
    y = np.cos(np.arange(7)) * 10 + SIZE
    z = y / pi
    samples = [(p, sorted(s)) for s, p in chances.items()]
    assert_allclose(sum(p * z[s].sum() for p, s in samples), y.sum(), rtol=1e-12)
    true = sum(p * (z[s].sum() - y.sum()) ** 2 for p, s in samples)
    for form in (horvitz_thompson, yates_grundy):
        mean = sum(p * z[s] @ form(found.matrix[np.ix_(s, s)]) @ z[s] for p, s in samples)
        assert_allclose(mean, true, rtol=1e-9)


def test_rows_in_any_order_are_a_part_of_the_whole():
    pi, _ = drawn("pps_sampford")
    whole = stratified_probabilities(pi, STRATUM, "pps_sampford")
    part = stratified_probabilities(pi, STRATUM, "pps_sampford", rows=[5, 0, 2])
    assert_allclose(part.matrix, whole.matrix[np.ix_([5, 0, 2], [5, 0, 2])], rtol=1e-12)
    assert_allclose(part.probability, pi[[5, 0, 2]])


def test_one_stratum_is_the_population():
    pi = pps_probabilities(SIZE, 3)
    whole = stratified_probabilities(pi, np.zeros(7), "pps_tille")
    assert_allclose(whole.matrix, joint_probabilities(pi, "pps_tille").matrix, rtol=1e-15)


def test_the_least_exact_stratum_tells_the_kind():
    pi = np.array([0.5, 0.5, 0.5, 0.5, 0.6, 0.7, 0.8, 0.9])
    label = ["A"] * 4 + ["B"] * 4
    found = stratified_probabilities(pi, label, "pps_brewer")
    assert (found.kind, found.formula, found.measurable) == ("approx", "Brewer 1963, Hájek", False)
    assert stratified_probabilities(pi, label, "cube").matrix is None
    assert stratified_probabilities(pi, label, "cube").kind == "none"


def test_refusals():
    with pytest.raises(ArgumentError) as error:
        stratified_probabilities([0.5, 0.5], ["A"], "srs")
    assert str(error.value) == "stratum: pass one label for each of the 2 units; there are 1."
    with pytest.raises(DataError) as error:
        stratified_probabilities([0.5, 0.5], ["A", None], "srs")
    assert str(error.value) == "stratum is missing for unit 1. Fill it in."
