"""Rows that chose themselves: pseudo-weights, what stands beside n, what is not said of them."""

import re
import unicodedata
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import surveykit as sv
from sampling.checks import ArgumentError
from surveykit.context import Context
from surveykit.formulas.selfselected import Effective

N = 30_000
LABEL = "mẫu tự chọn: không suy rộng được"


def people(seed=1):
    """Return a synthetic population: sex, age, region, and an answer that hangs on sex and age."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"gioi": rng.choice(["Nam", "Nữ"], N), "tuoi": rng.integers(18, 80, N)})
    table["vung"] = rng.choice(list("abc"), N)
    level = 0.5 * (table["tuoi"] - 18) / 62 + 0.3 * (table["gioi"] == "Nữ") + rng.normal(0, 0.1, N)
    return table.assign(hai_long=(level > 0.5) * 1.0, chance=rng.random(N))


def both(table, chance, *, size=1_500, seed=2):
    """Return a design of those who chose themselves with this chance, and of a random sample."""
    rng = np.random.default_rng(seed)
    own = table[table["chance"] < chance]
    sample = table.iloc[rng.choice(N, size, replace=False)].assign(w=N / size)
    return sv.Design(own, sampling="self-selected"), sv.Design(sample, weights="w")


def by_answers(table):
    """Chance of answering by sex and age alone."""
    eta = -2.5 - 0.03 * (table["tuoi"] - 45) + 0.6 * (table["gioi"] == "Nữ")
    return 1 / (1 + np.exp(-eta))


TABLE = people()
OWN, REFERENCE = both(TABLE, by_answers(TABLE))


# --- the weights --------------------------------------------------------------------------------------------


def test_weights_meet_the_equation_of_the_pseudo_likelihood():
    made = sv.pseudo_weights(OWN, REFERENCE, using=["gioi", "tuoi"])
    chance = 1 / made.w
    women, age = (OWN.data["gioi"] == "Nữ").to_numpy(), OWN.data["tuoi"].to_numpy()
    X = np.column_stack([np.ones(len(OWN)), women, age])
    beta = np.linalg.lstsq(X, np.log(chance / (1 - chance)), rcond=None)[0]
    assert_allclose(X @ beta, np.log(chance / (1 - chance)), atol=1e-8)  # a logit in sex and age
    sample = REFERENCE.data
    R = np.column_stack([np.ones(len(sample)), sample["gioi"] == "Nữ", sample["tuoi"]]).astype(float)
    fitted = 1 / (1 + np.exp(-R @ beta))
    assert_allclose(X.sum(axis=0), R.T @ (sample["w"] * fitted), rtol=1e-8)


def test_one_column_of_levels_makes_each_level_as_large_as_in_the_reference():
    made = sv.pseudo_weights(OWN, REFERENCE, using="vung")
    assert_allclose(sv.count(made, by="vung").value, sv.count(REFERENCE, by="vung").value)
    assert made.trail["step"].tolist() == ["design", "pseudo-weights (vung)"]


def test_calibration_meets_the_totals_of_the_reference_and_keeps_their_variance():
    made = sv.pseudo_weights(OWN, REFERENCE, using=["gioi", "tuoi"], method="calibration")
    for one, other in (
        (sv.count(made, by="gioi"), sv.count(REFERENCE, by="gioi")),
        (sv.total(made, "tuoi"), sv.total(REFERENCE, "tuoi")),
    ):
        assert_allclose(one.value, other.value, rtol=1e-9)
        assert_allclose(one.se, other.se, rtol=1e-6)
    assert (made.w > 0).all()
    assert made.trail["step"].tolist() == ["design", "pseudo-weights (gioi, tuoi)"]
    alone = sv.pseudo_weights(OWN, REFERENCE, using="tuoi", method="calibration")
    assert_allclose(alone.w.sum(), N)


@pytest.mark.parametrize("method", ["propensity", "calibration"])
def test_the_form_of_a_column_never_matters(method):
    wanted = sv.pseudo_weights(OWN, REFERENCE, using=["gioi", "tuoi"], method=method).w
    written = OWN.data["gioi"].map({"Nam": " Nam", "Nữ": unicodedata.normalize("NFD", "Nữ ")})
    other = OWN.changed(data=OWN.data.assign(gioi=written, tuoi=OWN.data["tuoi"] * 1.0))
    told = REFERENCE.data.assign(gioi=REFERENCE.data["gioi"].astype("category"), tuoi=REFERENCE.data["tuoi"])
    again = sv.pseudo_weights(other, sv.Design(told, weights="w"), using=["tuoi", "gioi"], method=method)
    assert_allclose(again.w, wanted, rtol=1e-8)
    moved = [d.changed(data=d.data.assign(tuoi=1e4 * (d.data["tuoi"] - 40))) for d in (OWN, REFERENCE)]
    if method == "propensity":
        assert_allclose(sv.pseudo_weights(*moved, using=["gioi", "tuoi"]).w, wanted, rtol=1e-7)


@pytest.mark.parametrize("method", ["propensity", "calibration"])
def test_a_population_rescales_a_reference_whose_weights_do_not_sum_to_it(method):
    small = sv.Design(REFERENCE.data.assign(w=1.0), weights="w")
    one = sv.pseudo_weights(OWN, REFERENCE, using="gioi", method=method)
    two = sv.pseudo_weights(OWN, small, using="gioi", method=method, population=N)
    assert_allclose(two.w, one.w, rtol=1e-9)


@pytest.mark.parametrize("method", ["propensity", "calibration"])
def test_only_the_part_of_the_reference_that_is_asked_for_counts(method):
    part = sv.pseudo_weights(OWN, REFERENCE.where("vung == 'a'"), using="gioi", method=method)
    people_a = REFERENCE.data.loc[REFERENCE.data["vung"] == "a", ["gioi", "w"]].groupby("gioi")["w"].sum()
    assert_allclose(sv.count(part, by="gioi").value, people_a)


def test_rows_of_the_reference_without_weight_have_no_levels():
    more = pd.concat([REFERENCE.data, REFERENCE.data.head(1).assign(gioi="Khác", w=0.0)], ignore_index=True)
    made = sv.pseudo_weights(OWN, sv.Design(more, weights="w"), using="gioi")
    assert_allclose(made.w, sv.pseudo_weights(OWN, REFERENCE, using="gioi").w)


def test_a_number_that_never_varies_changes_nothing():
    one, two = (d.changed(data=d.data.assign(same=5)) for d in (OWN, REFERENCE))
    assert_allclose(
        sv.pseudo_weights(one, two, using=["same", "gioi"]).w,
        sv.pseudo_weights(OWN, REFERENCE, using="gioi").w,
    )


# --- what is said, and what is not --------------------------------------------------------------------------


def test_beside_n_stands_what_it_is_worth():
    context = Context(3_000, 0, 3_000, 1, (2_999.0, 2_999.0), "t", sampling="self-selected")
    known = replace(context, effective=Effective(404.04, 0.005))
    assert known.text("vi").startswith(
        "n = 3.000 (cỡ mẫu hiệu dụng chỉ khoảng 404 nếu tương quan khuyết tật là 0,005) · "
    )
    assert known.text("en").startswith(
        "n = 3.000 (effective only about 404 if the data defect correlation is 0,005) · "
    )
    chance = replace(context, effective=Effective(float("nan"), 0.005))
    assert chance.text("vi").startswith(
        "n = 3.000 (tương quan khuyết tật 0,005 chỉ ngang mức ngẫu nhiên: chưa rõ cỡ mẫu hiệu dụng) · "
    )
    assert chance.text("en").startswith(
        "n = 3.000 (a data defect correlation of 0,005 is no more than chance: effective size not known) · "
    )
    kish = replace(context, effective=Effective(2_837.2, None))
    assert kish.text("vi").startswith(
        "n = 3.000 (cỡ mẫu hiệu dụng theo Kish 2.837, chưa kể thiên lệch tự chọn) · "
    )
    assert kish.text("en").startswith(
        "n = 3.000 (effective by Kish 2.837, bias of self-selection not counted) · "
    )
    for one in (known, chance, kish):
        assert "khoảng tin cậy" not in one.text("vi")
        assert one.text("vi").endswith(LABEL)


@pytest.mark.parametrize(("defect", "worth"), [(None, ""), (0.02, "0,02"), (0.05, "0,05")])
def test_the_effective_number_follows_from_the_people_and_the_defect_assumed(defect, worth):
    design = sv.Design(OWN.data, sampling="self-selected", defect=defect)
    made = sv.pseudo_weights(design, REFERENCE, using=["gioi", "tuoi"])
    result = sv.mean(made, "hai_long")
    n, total = len(OWN), made.w.sum()
    if defect is None:  # 0.005 is no more than chance among 30,000
        assert np.isnan(result.context.effective.size)
        assert result.to_frame()["n_eff"].isna().all()
        return
    size = n / (total - n) / defect**2
    assert_allclose(result.context.effective, (size, defect))
    assert_allclose(result.to_frame()["n_eff"], size)
    assert f"nếu tương quan khuyết tật là {worth})" in result.line("vi")


def test_each_row_is_worth_what_its_own_people_make_it():
    made = sv.pseudo_weights(
        sv.Design(OWN.data, sampling="self-selected", defect=0.05), REFERENCE, using=["gioi", "tuoi"]
    )
    table = sv.proportion(made, "hai_long", value=1, by="vung").to_frame()
    w = made.weights.groupby(OWN.data["vung"]).sum()
    assert_allclose(table["n_eff"], table["n"] / (w - table["n"]) / 0.05**2)


def test_without_a_number_of_people_only_the_weights_are_counted():
    raked = sv.rake(OWN, {"gioi": {"Nam": 0.5, "Nữ": 0.5}})
    result = sv.mean(raked, "hai_long")
    w = raked.w
    assert_allclose(result.context.effective.size, w.sum() ** 2 / (w**2).sum())
    assert result.context.effective.defect is None
    assert result.to_frame()["n_eff"].isna().all()
    counted = sv.rake(OWN, {"gioi": {"Nam": 15_000, "Nữ": 15_000}})
    assert sv.mean(counted, "hai_long").context.effective.defect == 0.005


def test_rows_drawn_by_chance_have_nothing_beside_n():
    result = sv.mean(REFERENCE, "hai_long")
    assert result.context.effective is None
    assert result.line("vi").startswith("n = 1.500 · ")
    assert result.no_test == ""


@pytest.mark.parametrize("weighted", [False, True])
def test_there_is_no_test_of_rows_that_chose_themselves(weighted):
    design = sv.pseudo_weights(OWN, REFERENCE, using="gioi") if weighted else OWN
    by = sv.mean(design, "hai_long", by="gioi")
    sentence = (
        "test: the rows are self-selected (không suy rộng được), so no sampling error says how far chance "
        "could have moved them, and there is no p-value. Compare with a probability sample."
    )
    for result in (by, by.contrast({"Nam": 1, "Nữ": -1}), sv.mean(design.where("tuoi > 40"), "hai_long")):
        assert result.line("vi").endswith(LABEL)
        assert LABEL in result.to_html("vi")
        with pytest.raises(ArgumentError, match=f"^{re.escape(sentence)}$"):
            result.test()


# --- how defective ------------------------------------------------------------------------------------------


def test_the_defect_is_that_of_the_population_within_its_limits():
    found = sv.data_defect(OWN, REFERENCE, "hai_long")
    answered = TABLE.index.isin(OWN.data.index)
    truth = np.corrcoef(TABLE["hai_long"], answered)[0, 1]
    assert found.low < truth < found.high < 0
    assert (found.n, found.N) == (len(OWN), N)
    p = REFERENCE.data["hai_long"].mean()
    f = len(OWN) / N
    rho = (OWN.data["hai_long"].mean() - p) / np.sqrt(p * (1 - p) * 1_500 / 1_499) * np.sqrt(f / (1 - f))
    assert_allclose(found.correlation, rho, rtol=1e-3)
    assert_allclose(found.effective, f / (1 - f) / found.correlation**2)
    share = sv.data_defect(OWN, REFERENCE, "hai_long", value=1)
    assert_allclose(share.correlation, found.correlation, rtol=1e-3)
    assert_allclose((share.own, share.reference), (found.own, found.reference))


def test_the_defect_counts_rows_once_whatever_their_weights():
    weighted = sv.pseudo_weights(OWN, REFERENCE, using="gioi")
    assert sv.data_defect(weighted, REFERENCE, "hai_long") == sv.data_defect(OWN, REFERENCE, "hai_long")
    part = sv.data_defect(OWN.where("gioi == 'Nam'"), REFERENCE.where("gioi == 'Nam'"), "hai_long")
    assert part.n == (OWN.data["gioi"] == "Nam").sum()


def test_the_defect_is_told_in_a_sentence():
    ratings = sv.Design(pd.DataFrame({"y": [1.0] * 90 + [0.0] * 10}), sampling="self-selected")
    sample = sv.Design(pd.DataFrame({"y": [1.0, 0.0] * 50, "w": 1.0}), weights="w")
    found = sv.data_defect(ratings, sample, "y", population=10_000)
    assert str(found) == (
        "y: 0,900 among the self-selected, 0,500 in the reference; data defect correlation 0,0800 (0,0601 to "
        "0,0999); 100 answers out of 10.000 people are worth about 2 drawn at random"
    )
    assert found.text("vi") == (
        "y: 0,900 ở mẫu tự chọn, 0,500 ở mẫu đối chiếu; tương quan khuyết tật 0,0800 (0,0601 đến 0,0999); "
        "100 câu trả lời trong 10.000 người đáng giá khoảng 2 người chọn ngẫu nhiên"
    )


def test_equal_means_are_worth_all_answers():
    same = sv.Design(pd.DataFrame({"y": [1.0, 0.0]}), sampling="self-selected")
    sample = sv.Design(pd.DataFrame({"y": [1.0, 0.0] * 50, "w": 1.0}), weights="w")
    found = sv.data_defect(same, sample, "y")
    assert (found.correlation, found.effective) == (0.0, 2.0)
