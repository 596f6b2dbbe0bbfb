"""Whether two covariances may be read together."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import surveykit as sv
from sampling.checks import ArgumentError
from surveykit.formulas.joined import Joined, comparable

PEOPLE = pd.DataFrame({
    "h": np.repeat(["a", "b"], 12), "p": np.repeat(np.arange(8), 3), "k": np.arange(24), "f": 0.25,
    "y": np.arange(24) % 7, "z": np.arange(24) % 5,
})  # fmt: skip


def covariance(data=PEOPLE, y="y", where=None, **words):
    words = {"sampling": "srs", "strata": "h", "psu": "p"} | words
    return sv.mean(sv.Design(data, **words), y, where=where).covariance


OTHERS = {
    "more stages": {"psu": ["p", "k"], "fpc": ["f", "f"], "sampling": None},
    "fewer rows": {"data": PEOPLE[PEOPLE["p"] < 7]},
    "other units": {"psu": "k"},
    "other strata": {"strata": None},
    "a fraction": {"fpc": "f", "sampling": None},
    "another rule for lonely domains": {"lonely_domain": "centre"},
}


def test_the_same_units_strata_and_fractions_can_be_read_together():
    one = covariance()
    assert comparable(one, covariance(y="z"))
    assert comparable(one, covariance(where="y > 2"))
    assert comparable(one, covariance(data=PEOPLE.copy()))


@pytest.mark.parametrize("name", OTHERS)
def test_other_designs_cannot(name):
    other = covariance(**OTHERS[name])
    assert not comparable(covariance(), other)
    assert not comparable(other, covariance())


def test_domains_that_share_no_row_leave_nothing_to_disagree_on():
    first = covariance(where="k == 0 or k == 3 or k == 12 or k == 15")
    assert comparable(first, covariance(where="k != 0 and k != 3 and k != 12 and k != 15"))
    moved = PEOPLE.assign(p=np.where(PEOPLE["k"] == 0, 1, PEOPLE["p"]))  # the first row in another unit
    assert not comparable(covariance(), covariance(data=moved))


def test_parts_of_other_designs_are_refused():
    plain = sv.mean(sv.Design(PEOPLE, sampling="srs", psu="p"), "y")
    other = sv.mean(sv.Design(PEOPLE, sampling="srs", psu="k"), "z")
    with pytest.raises(ArgumentError):
        sv.together(a=plain, b=other)


def test_the_joint_covariance_has_the_parts_as_its_blocks():
    import scipy.sparse as sp

    a, b = covariance(), covariance(y="z")
    made = Joined([(part, sp.identity(1, format="csr")) for part in (a, b)])
    full = made.full()
    assert_allclose(np.diag(full), made.diag(), rtol=1e-12)
    assert_allclose(made.diag(), [a.diag()[0], b.diag()[0]], rtol=1e-12)
    both = sv.mean(sv.Design(PEOPLE, sampling="srs", strata="h", psu="p"), ["y", "z"]).covariance.full()
    assert_allclose(full, both, rtol=1e-12)
