"""Deff and ICC from an earlier survey."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import surveykit as sv
from sampling.checks import ArgumentError, DataError
from sampling.size import Earlier, deff_from_icc, size_difference, size_mean, size_proportion
from surveykit.planning import from_design


def survey(clusters, take, icc, rng, p=0.7, weights=False):
    """A cluster sample with beta-distributed shares: its intraclass correlation is icc."""
    a = p * (1 - icc) / icc
    share = rng.beta(a, a * (1 - p) / p, clusters)
    unit = np.repeat(np.arange(clusters), take)
    data = pd.DataFrame({"thon": unit, "dat": (rng.random(unit.size) < share[unit]).astype(int)})
    data["w"] = rng.uniform(0.5, 1.5, unit.size) if weights else 1.0
    data["diem"] = 5 + 3 * data["dat"] + rng.normal(0, 1, unit.size)
    return data


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.integers(3, 12))
def test_with_the_same_take_the_icc_gives_the_design_effect_back(seed, take):
    data = survey(25, take, 0.2, np.random.default_rng(seed), weights=True)
    design = sv.Design(data, weights="w", psu="thon")
    for y in ("dat", "diem"):
        found = from_design(design, y)
        w = data["w"].to_numpy()
        kish = len(w) * (w**2).sum() / w.sum() ** 2
        assert found.take == take
        assert found.n == len(data)
        if found.icc > 0:
            assert_allclose(kish * deff_from_icc(found.icc, take), found.deff)
        else:
            assert found.deff <= kish * (1 + 1e-12)
        assert_allclose(found.deff, sv.mean(design, y).deff().iloc[0])


def test_in_a_large_survey_the_icc_is_that_of_the_population():
    data = survey(3000, 15, 0.08, np.random.default_rng(1))
    found = from_design(sv.Design(data, sampling="srs", psu="thon"), "dat")
    assert_allclose(found.icc, 0.08, atol=0.01)  # three standard errors
    assert_allclose([found.p, found.sd], [0.7, np.sqrt(0.21)], atol=0.02)


def test_a_mean_has_mean_and_sd_and_a_share_its_share():
    data = survey(20, 8, 0.2, np.random.default_rng(2))
    design = sv.Design(data, sampling="srs", psu="thon")
    mean = from_design(design, "diem", source="điều tra 2025")
    assert mean.p is None
    assert_allclose([mean.mean, mean.sd], [data["diem"].mean(), data["diem"].std()])
    assert mean.source == "điều tra 2025"
    data["muc"] = np.where(data["dat"] == 1, "tốt", "kém")
    share = from_design(sv.Design(data, sampling="srs", psu="thon"), "muc", value="tốt")
    same = from_design(design, "dat")
    assert_allclose([share.p, share.sd, share.deff, share.icc], [same.p, same.sd, same.deff, same.icc])
    assert share.mean is None


def test_it_goes_into_the_size_functions():
    data = survey(40, 10, 0.15, np.random.default_rng(3))
    data["tra_loi"] = (np.arange(len(data)) % 5 != 0).astype(int)
    data.loc[data["tra_loi"] == 0, "dat"] = np.nan
    pilot = from_design(sv.Design(data, sampling="srs", psu="thon"), "dat", responded="tra_loi")
    assert isinstance(pilot, Earlier)
    assert (pilot.n, pilot.response, pilot.take) == (320, 0.8, 8)
    as_then = size_proportion(margin=0.05, earlier=pilot)
    assert as_then == size_proportion(pilot.p, 0.05, deff=pilot.deff, response=0.8)
    with_take = size_proportion(margin=0.05, take=20, earlier=pilot)
    assert_allclose(with_take.field.deff, 1 + 19 * pilot.icc)
    assert size_difference(effect=0.1, earlier=pilot).assumptions["p1"] == pilot.p
    score = from_design(sv.Design(data, sampling="srs", psu="thon"), "diem")
    assert size_mean(margin=0.1, earlier=score).assumptions["sd"] == score.sd


def test_unequal_clusters_count_each_answer_with_its_own_and_rows_without_clusters_have_no_icc():
    data = pd.DataFrame({"thon": list("aaabbc"), "dat": [1, 0, 1, 1, 0, 1]})
    found = from_design(sv.Design(data, sampling="srs", psu="thon"), "dat")
    assert_allclose(found.take, (9 + 4 + 1) / 6)
    plain = from_design(sv.Design(data, sampling="srs"), "dat")
    assert (plain.take, plain.icc) == (None, None)
    single = from_design(sv.Design(data.assign(thon=range(6)), sampling="srs", psu="thon"), "dat")
    assert (single.take, single.icc) == (1.0, None)


def test_a_domain_inside_one_commune_has_its_villages_as_clusters():
    data = survey(12, 6, 0.2, np.random.default_rng(4)).assign(w=1.0)
    data["xa"] = data["thon"] // 4
    design = sv.Design(data, weights="w", psu=["xa", "thon"])
    inside = from_design(design, "dat", where="xa == 0")
    assert (inside.take, inside.n) == (6, 24)


def test_answers_all_alike_and_wrong_columns_are_refused():
    data = pd.DataFrame({"thon": list("aabb"), "dat": [1, 1, 1, 1], "chu": list("xyxy"), "r": [1, 0, 2, 1]})
    design = sv.Design(data, sampling="srs", psu="thon")
    with pytest.raises(DataError) as caught:
        from_design(design, "dat")
    assert str(caught.value) == (
        "y='dat': all answers are the same, so there is no design effect to learn from. Take another "
        "variable."
    )
    with pytest.raises(TypeError, match="a mean needs numbers"):
        from_design(design, "chu")
    with pytest.raises(ArgumentError) as caught:
        from_design(design, ["dat"])
    assert str(caught.value) == "y=['dat']: pass the name of one column."
    design = sv.Design(data.assign(dat=[1, 0, 1, 1]), sampling="srs", psu="thon")
    with pytest.raises(DataError) as caught:
        from_design(design, "dat", responded="r")
    assert str(caught.value) == (
        "responded='r' is 2 in row 2. Write 1 for forms that came back answered and 0 for the others."
    )
    none = sv.Design(data.assign(dat=[1, 0, 1, 1], r=0), sampling="srs", psu="thon")
    with pytest.raises(ValueError, match="responded='r' is 0 in every row: nobody responded"):
        from_design(none, "dat", responded="r")
