"""Joint probabilities against designs written out, and the laws that any of them obeys."""

import enumerated as design
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from sampling.checks import ArgumentError, DataError
from sampling.conditional import counts, inclusion, working_probabilities
from sampling.joint import FORMULAS, joint_probabilities
from sampling.probabilities import pps_probabilities
from sampling.selection import METHODS
from surveykit.formulas.forms import horvitz_thompson, yates_grundy

ATOL = 5e-12  # rounding; working probabilities are found to 1e-12
EXACT = ("pps_sampford", "pps_conditional_poisson", "pps_tille", "pps_pivotal", "pps_systematic")
MEASURABLE = ("pps_sampford", "pps_conditional_poisson", "pps_tille")
WITHOUT_PAIRS = ("srs_wr", "cube", "local_pivotal")
FIXED_SIZE = [method for method in FORMULAS if method not in ("bernoulli", "poisson", *WITHOUT_PAIRS)]


def chances(method, size, n):
    pi = pps_probabilities(size, n)
    return {
        "pps_sampford": lambda: design.sampford(pi, n),
        "pps_conditional_poisson": lambda: design.conditional_poisson(pi, n),
        "pps_tille": lambda: design.tille(size, n),
        "pps_pivotal": lambda: design.pivotal(pi),
        "pps_systematic": lambda: design.systematic(pi),
        "pps_brewer": lambda: design.brewer(pi, n),
        "poisson": lambda: design.poisson(pi),
        "srs": lambda: design.srs(len(size), n),
    }[method]()


@st.composite
def populations(draw, least=4, most=8):
    """Sizes of which none is certain, and n from 2 to N − 1."""
    size = draw(st.lists(st.integers(20, 60), min_size=least, max_size=most))
    n = draw(st.integers(2, len(size) - 1))
    if n * max(size) >= sum(size):  # make room for the largest
        size = [20 + x // 6 for x in size]
    if n * max(size) >= sum(size):
        size = [100 + k for k in range(len(size))]
    return size, n


@pytest.mark.parametrize("method", EXACT)
@settings(max_examples=25, deadline=None)
@given(case=populations())
def test_joint_probabilities_are_those_of_all_samples(method, case):
    size, n = case
    found = joint_probabilities(pps_probabilities(size, n), method)
    expected = design.joint(chances(method, size, n), len(size))
    assert_allclose(found.matrix, expected, atol=ATOL)
    assert found.kind == "exact"
    assert found.measurable == bool((expected > 1e-10).all())


@settings(max_examples=25, deadline=None)
@given(case=populations())
def test_brewer_is_exact_for_two_units_and_approximate_for_more(case):
    size, n = case
    found = joint_probabilities(pps_probabilities(size, n), "pps_brewer")
    if n == 2:
        assert_allclose(found.matrix, design.joint(chances("pps_brewer", size, 2), len(size)), atol=ATOL)
    assert (found.kind, found.measurable) == (("exact", True) if n == 2 else ("approx", False))
    assert found.formula == ("Brewer 1963" if n == 2 else "Hájek")


def test_simple_and_independent_draws():
    for method, pi in (("srs", np.full(5, 0.4)), ("poisson", np.array([0.1, 0.5, 0.9]))):
        expected = design.srs(5, 2) if method == "srs" else design.poisson(pi)
        assert_allclose(joint_probabilities(pi, method).matrix, design.joint(expected, pi.size), atol=ATOL)
    assert joint_probabilities(np.full(4, 0.5), "systematic").matrix[0].tolist() == [0.5, 0, 0.5, 0]
    assert joint_probabilities([0.5], "bernoulli").measurable


@pytest.mark.parametrize("method", [*MEASURABLE, "pps_brewer", "poisson", "srs"])
@settings(max_examples=8, deadline=None)
@given(case=populations(most=6))
def test_the_variance_estimators_are_unbiased_over_all_samples(method, case):
    size, n = case
    n = 2 if method == "pps_brewer" else n
    pi = np.full(len(size), n / len(size)) if method == "srs" else pps_probabilities(size, n)
    joint = joint_probabilities(pi, method)
    if not joint.measurable:  # Tillé's two smallest units may have no chance together
        assert method == "pps_tille"
        return
    y = np.cos(np.arange(len(size))) * 10 + np.array(size)
    z = y / pi
    p = chances(method, size, n)
    true = sum(c * (z[list(s)].sum() - y.sum()) ** 2 for s, c in p.items())
    forms = [horvitz_thompson] if method == "poisson" else [horvitz_thompson, yates_grundy]
    for form in forms:
        mean = sum(
            c * z[list(s)] @ form(joint.matrix[np.ix_(list(s), list(s))]) @ z[list(s)]
            for s, c in p.items()
            if s
        )
        assert_allclose(mean, true, rtol=1e-9)


@pytest.mark.parametrize("method", [*EXACT, "pps_randomised"])
def test_rows_of_joint_probabilities_add_up_in_a_large_population(method):
    pi = pps_probabilities(np.random.default_rng(2).lognormal(9, 0.6, 400).round(), 60)
    found = joint_probabilities(pi, method)
    off = (found.matrix.sum(axis=1) - pi) / (59 * pi) - 1
    assert np.abs(off).max() < (1e-9 if found.kind == "exact" else 1e-3)
    assert (found.matrix <= np.minimum.outer(pi, pi) + 1e-12).all()
    assert_allclose(found.matrix, found.matrix.T, rtol=1e-9, atol=1e-15)
    assert_allclose(np.diag(found.matrix), pi, rtol=0)


@pytest.mark.parametrize("method", EXACT)
def test_certainty_units_go_with_every_unit_as_often_as_that_is_drawn(method):
    pi = pps_probabilities([10, 20, 30, 300, 25, 15], 3)
    found = joint_probabilities(pi, method)
    assert_allclose(found.matrix[3], pi)
    others = np.delete(np.arange(6), 3)
    alone = joint_probabilities(pi[others], method)
    assert_allclose(found.matrix[np.ix_(others, others)], alone.matrix, atol=1e-15)


@pytest.mark.parametrize("method", [*EXACT, "srs", "poisson", "pps_brewer", "pps_randomised", "pps_pareto"])
def test_rows_are_a_part_of_the_whole(method):
    pi = np.full(30, 0.2) if method == "srs" else pps_probabilities(np.arange(20, 50), 6)
    whole, part = joint_probabilities(pi, method), joint_probabilities(pi, method, rows=[3, 17, 9])
    assert_allclose(part.matrix, whole.matrix[np.ix_([3, 17, 9], [3, 17, 9])], atol=1e-14)
    assert (part.kind, part.measurable) == (whole.kind, whole.measurable)


@pytest.mark.parametrize("method", ["pps_sampford", "pps_conditional_poisson", "pps_tille", "pps_brewer"])
def test_the_order_of_the_list_does_not_count_where_the_design_is_free_of_it(method):
    pi = pps_probabilities(np.arange(20, 50), 2)
    turned = np.random.default_rng(8).permutation(30)
    found = joint_probabilities(pi[turned], method).matrix
    assert_allclose(found, joint_probabilities(pi, method).matrix[np.ix_(turned, turned)], rtol=1e-11)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_of_selection_has_an_answer(method):
    found = joint_probabilities(np.full(6, 0.5), method)
    none = method in WITHOUT_PAIRS
    assert (found.matrix is None) == none == (found.kind == "none")
    assert found.formula


def test_approximations_come_near_the_truth():
    pi = pps_probabilities([10, 20, 30, 40, 25, 35], 3)
    for method, truth in (("pps_randomised", design.systematic), ("pps_pivotal_random", design.pivotal)):
        found = joint_probabilities(pi, method)
        expected = design.joint(design.over_all_orders(truth, pi), 6)
        assert np.abs(found.matrix - expected).max() < 0.06  # six units: far from where they are good


def test_the_counts_of_independent_draws():
    assert_allclose(counts(np.array([0.2, 0.7]), 2)[0], [0.24, 0.62, 0.14])


def test_working_probabilities_of_many_and_large_chances():
    pi = pps_probabilities(np.random.default_rng(5).lognormal(9, 1, 300).round(), 120)
    pi = pi[pi < 1]
    n = round(pi.sum())
    p = working_probabilities(pi, n)
    assert_allclose(inclusion(p, n), pi, atol=1e-11)


@pytest.mark.parametrize("method", FIXED_SIZE)
def test_of_one_unit_by_chance_no_two_are_drawn_together(method):
    found = joint_probabilities([1.0, 0.25, 0.25, 0.25, 0.25], method)
    assert (found.kind, found.measurable) == ("exact", False)
    assert_allclose(found.matrix[1:, 1:], np.diag(np.full(4, 0.25)))
    assert_allclose(found.matrix[0], [1, 0.25, 0.25, 0.25, 0.25])


def test_systematic_pairs_may_all_be_possible():
    found = joint_probabilities([0.9, 0.8, 0.7, 0.6], "pps_systematic")
    assert found.measurable
    assert joint_probabilities([1.0, 1.0], "pps_systematic").measurable


REFUSED = [
    (lambda: joint_probabilities([0.5, 0.2], "pps_tille"), ArgumentError,
     "probability: the probabilities add up to 0.7, but 'pps_tille' draws a fixed number of units, so they "
     "must add up to a whole number. Pass those of all units of one stratum."),
    (lambda: joint_probabilities([0.5, 0.0], "poisson"), DataError,
     "probability is 0 for unit 1; it must be above 0 and at most 1. Leave units out that can't be drawn."),
    (lambda: joint_probabilities(["a"], "poisson"), TypeError,
     "probability: pass a number for each unit, as pps_probabilities() returns them."),
    (lambda: joint_probabilities([0.5, 0.5], "sampfort"), ArgumentError, "method='sampfort' is not known."),
    (lambda: joint_probabilities([0.5, 0.5], "srs", rows=[2]), ArgumentError,
     "rows: places must be from 0 to 1; 2 is not."),
    (lambda: joint_probabilities([0.5, 0.5], "srs", rows=[1, -1]), ArgumentError,
     "rows: places must be from 0 to 1; -1 is not."),
    (lambda: joint_probabilities([0.5, 0.5], "srs", rows=[1, 0, 1]), ArgumentError,
     "rows: place 1 is there twice. Name each unit once."),
    (lambda: joint_probabilities([0.5, 0.5], "srs", rows=[True, False]), TypeError,
     "rows: pass places as whole numbers from 0 to 1, in one list."),
    (lambda: joint_probabilities([0.5, 0.3, 0.2], "srs"), ArgumentError,
     "probability: they run from 0.2 to 0.5, but 'srs' draws all units of a stratum with the same. Pass one "
     "stratum at a time, or choose method='pps_sampford'."),
    (lambda: joint_probabilities([0.75, 0.25], "systematic"), ArgumentError,
     "probability: they run from 0.25 to 0.75, but 'systematic' draws all units of a stratum with the same. "
     "Pass one stratum at a time, or choose method='pps_systematic'."),
    (lambda: joint_probabilities(np.full(6000, 0.5), "poisson"), ArgumentError,
     "rows: the pairs of 6000 units do not fit; ask for at most 5000 at once."),
]  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "sentence"), REFUSED, ids=range(len(REFUSED)))
def test_refusals(call, kind, sentence):
    with pytest.raises(kind) as error:
        call()
    assert str(error.value).startswith(sentence)


def test_probabilities_too_near_to_one_are_refused(monkeypatch):
    monkeypatch.setattr("sampling.conditional.ROUNDS", 1)
    with pytest.raises(ArgumentError, match="no working probabilities were found"):
        joint_probabilities([0.2, 0.5, 0.6, 0.7], "pps_conditional_poisson")


def test_too_many_units_for_a_table_are_refused(monkeypatch):
    monkeypatch.setattr("sampling.conditional.LARGEST", 5)
    with pytest.raises(ArgumentError, match="are too many for this method"):
        joint_probabilities([0.2, 0.5, 0.6, 0.7], "pps_sampford")
