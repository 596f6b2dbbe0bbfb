"""Variance forms: the laws they obey, and numbers of R packages."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from reference import cases

from sampling.checks import ArgumentError
from surveykit.formulas import forms
from surveykit.formulas.variance import Stage

RTOL = 1e-10  # linear algebra only
PI = np.array([0.2, 0.4, 0.35, 0.6, 0.45])
BY_FIRST_ORDER = {
    "brewer": forms.brewer,
    "hajek": forms.hajek,
    "hartley_rao": forms.hartley_rao,
    "overton": forms.overton,
    "successive": forms.successive,
    "successive in a ring": lambda pi: forms.successive(pi, circular=True),
}


def joint_srs(n, N):
    joint = np.full((n, n), n * (n - 1) / (N * (N - 1)))
    np.fill_diagonal(joint, n / N)
    return joint


@pytest.mark.parametrize("name", BY_FIRST_ORDER)
def test_a_form_of_fixed_size_sees_no_error_in_what_is_the_same_for_all(name):
    assert_allclose(BY_FIRST_ORDER[name](PI) @ np.ones(5), 0, atol=1e-12)


@pytest.mark.parametrize("name", ["brewer", "hajek", "hartley_rao", "overton"])
def test_equal_chances_give_the_form_of_simple_random_sampling(name):
    assert_allclose(BY_FIRST_ORDER[name](np.full(5, 0.25)), forms.srs(5, 0.25), rtol=RTOL)


def test_both_forms_of_joint_probabilities_agree_for_simple_random_sampling():
    expected = forms.srs(5, 5 / 20)
    assert_allclose(forms.yates_grundy(joint_srs(5, 20)), expected, rtol=RTOL)
    z = np.array([3.0, 1, 4, 1, 5])
    z = z - z.mean()  # they differ by what is the same for all units
    assert_allclose(z @ forms.horvitz_thompson(joint_srs(5, 20)) @ z, z @ expected @ z, rtol=RTOL)


def test_hartley_and_raos_joint_probabilities_are_those_of_either_form():
    by_pairs = forms.hartley_rao(PI, 0.4)
    by_products = forms.hartley_rao(PI, 0.4, "horvitz_thompson")
    off = ~np.eye(5, dtype=bool)
    assert_allclose(by_products[off], by_pairs[off], rtol=RTOL)
    assert_allclose(np.diag(by_products), 1 - PI, rtol=RTOL)


def test_forms_are_symmetric_and_not_negative():
    rng = np.random.default_rng(1)
    x = rng.uniform(size=(5, 2))
    made = [form(PI) for form in BY_FIRST_ORDER.values()]
    made += [forms.poisson(PI), forms.local(PI, x), forms.balanced(PI, x)]
    for form in made:
        assert_allclose(form, form.T, atol=1e-14)
        assert np.linalg.eigvalsh(form).min() > -1e-12


def test_residuals_on_the_balancing_variables_vanish_where_the_answer_is_one_of_them():
    x = np.random.default_rng(2).uniform(size=(5, 2))
    form = forms.balanced(PI, x)
    for column in (*x.T, PI):
        assert_allclose(form @ (column / PI), 0, atol=1e-9)


def test_balancing_on_nothing_but_the_size_is_near_hajeks_form():
    one = forms.balanced(PI, PI[:, None])
    c = 1 - PI
    assert_allclose(one, 5 / 4 * (np.diag(c) - np.outer(c, c) / c.sum()), rtol=RTOL)


def test_neighbours_are_compared_with_each_other():
    x = np.array([[0.0], [1], [10], [11.0]])
    z = np.array([2.0, 5, 7, 3])
    # each pair: (1 − π) 2 (z − mean)² for both of its units
    assert_allclose(z @ forms.local(np.full(4, 0.5), x) @ z, ((3 / 2) ** 2 * 2 + (4 / 2) ** 2 * 2))


def test_ties_of_distance_all_count_as_neighbours():
    x = np.array([[0.0], [1], [2.0]])
    z = np.array([1.0, 2, 6])
    own = 0.5 * (2 * 0.5**2 + 3 / 2 * (2 - 3) ** 2 + 2 * 2**2)
    assert_allclose(z @ forms.local(np.full(3, 0.5), x) @ z, own)


def r(name):
    return next(case for case in cases.r_file()["cases"] if case["id"] == name)


def test_successive_differences_are_those_of_svrep():
    assert_allclose(forms.successive(np.full(5, 1e-300)), r("qf_sd1")["result"]["values"], rtol=RTOL)
    ring = forms.successive(np.full(5, 0.1), circular=True)
    assert_allclose(ring, r("qf_sd2")["result"]["values"], rtol=RTOL)
    table = cases.r_table("apisrs").sort_values("snum")
    z = (table["api.stu"] * table["pw"]).to_numpy()
    found = z @ forms.successive(np.full(200, 200 / 6194), circular=True) @ z
    assert_allclose(found, r("qf_total_sd2_apistrat")["result"]["var"], rtol=RTOL)


def test_the_form_of_a_stage_is_that_of_svrep():
    stage = Stage(np.arange(4), np.zeros(4, dtype=int), np.array([4]), np.array([0.25]), np.ones(1))
    for form in (stage.form(np.eye(4)), forms.srs(4, 0.25)):
        assert_allclose(form, r("qf_srswor")["result"]["values"], rtol=RTOL)


def test_simple_random_samples_and_their_forms_are_what_n_and_the_variance_make_them():
    z = np.array([3.0, 1, 4, 1, 5])
    assert_allclose(z @ forms.with_replacement(5) @ z, 5 * z.var(ddof=1), rtol=RTOL)
    assert_allclose(z @ forms.srs(5, 0.2) @ z, 0.8 * 5 * z.var(ddof=1), rtol=RTOL)


STRATIFIED = {
    "qf_make_SD1": lambda n, f: forms.successive(np.full(n, f)),
    "qf_make_Stratified_Multistage_SRS": forms.srs,
}


@pytest.mark.parametrize("name", STRATIFIED)
def test_totals_of_a_stratified_sample_have_the_variance_of_svrep(name):
    table = cases.r_table("apistrat")
    variance = 0.0
    for _, own in table.groupby("stype", observed=True):
        z = (own["api.stu"] * own["pw"]).to_numpy()
        variance += z @ STRATIFIED[name](len(own), len(own) / own["fpc"].iloc[0]) @ z
    assert_allclose(variance, r(name)["result"]["var"], rtol=r(name)["rtol"])


ONE = (
    "pi: a variance is seen between two or more units drawn by chance, and the block has {}. Merge it with a "
    "neighbour."
)
CHOOSE = (
    "so no variance is unbiased. Choose pps='hajek' or 'with_replacement', or leave pps out: then successive "
    "differences are used for systematic draws."
)
REFUSED = [
    (
        lambda: forms.yates_grundy(np.diag([0.5, 0.5])),
        "joint: 1 of the pairs of 2 units can't be drawn together (units 1 and 2 of the block), " + CHOOSE,
    ),
    (
        lambda: forms.horvitz_thompson(np.diag([0.5, 0.5, 0.5, 0.5])),
        "joint: 6 of the pairs of 4 units can't be drawn together (units 1 and 2, 1 and 3, 1 and 4, … of "
        "the block), " + CHOOSE,
    ),
    (
        lambda: forms.balanced(PI[:3], np.eye(3)),
        "balance: 3 units drawn and 3 columns to balance on leave nothing to estimate the variance from. "
        "Draw more units, balance on fewer columns, or choose pps='hajek'.",
    ),
    *((lambda form=form: form(PI[:1]), ONE.format(1)) for form in BY_FIRST_ORDER.values()),
    (lambda: forms.hajek(np.array([1.0, 1.0, 0.5])), ONE.format(1)),
    (lambda: forms.local(PI[:1], np.zeros((1, 2))), ONE.format(1)),
    (lambda: forms.srs(0, 0.0), ONE.format(0)),
]


@pytest.mark.parametrize(("call", "sentence"), REFUSED, ids=range(len(REFUSED)))
def test_refusals(call, sentence):
    with pytest.raises(ArgumentError) as error:
        call()
    assert str(error.value) == sentence
