"""Unequal chances said by hand: the definition in plain loops, laws, enumeration, the line below a table."""

import enumerated
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose

import surveykit as sv
from sampling.checks import LonelyPSUError
from surveykit.chances import HartleyRao, JointProbabilities, Overton, Successive
from surveykit.formulas import forms

RTOL = 1e-9  # linear algebra only
ONE = sp.identity(1, format="csr")
WORDS = ["brewer", "overton", "hajek", "hartley-rao", "poisson", "successive"]
PI = np.array([0.2, 0.5, 0.35, 0.6, 0.3, 0.45, 0.25, 0.7])
ROWS = pd.DataFrame(
    {
        "xa": np.repeat([f"x{k}" for k in range(8)], 2),
        "tang": np.repeat(list("AB"), 8),
        "pi": np.repeat(PI, 2),
        "f": 0.5,
        "stt": np.repeat([4, 2, 1, 3, 8, 6, 7, 5], 2),
        "nhom": ["m", "n"] * 8,
        "y": [3.0, 4, 7, 1, 5, 5, 2, 8, 4, 4, 6, 7, 1, 2, 9, 3],
    }
)
OF = {
    "brewer": forms.brewer,
    "overton": forms.overton,
    "hajek": forms.hajek,
    "hartley-rao": forms.hartley_rao,
    "poisson": forms.poisson,
    "successive": forms.successive,
}


def design(data=ROWS, **words):
    return sv.Design(data, **{"strata": "tang", "psu": "xa", "fpc": "pi", **words})


def by_hand(z, omega_of):
    """Σ_h z'Ωz over the strata, z the totals of the units."""
    total = z.groupby([ROWS["tang"], ROWS["xa"]]).sum()
    v = 0.0
    for h, at in (("A", slice(0, 4)), ("B", slice(4, 8))):
        t, omega = total[h].to_numpy(), omega_of(PI[at])
        v += sum(t[i] * omega[i, j] * t[j] for i in range(4) for j in range(4))
    return v


@pytest.mark.parametrize("word", WORDS)
def test_totals_means_and_domains_are_the_definition_in_plain_loops(word):
    made = design(pps=word)
    assert_allclose(made.w, 1 / ROWS["pi"])
    z = made.w * ROWS["y"]
    total = sv.total(made, "y")
    assert_allclose(total.covariance.diag(), by_hand(z, OF[word]), rtol=RTOL)
    both = sv.total(made, "y", by="nhom")
    parts = [z * (ROWS["nhom"] == level) for level in "mn"]
    assert_allclose(both.covariance.diag(), [by_hand(part, OF[word]) for part in parts], rtol=RTOL)
    assert_allclose(both.covariance.full().sum(), total.covariance.diag()[0], rtol=RTOL)
    mean = sv.mean(made, "y")
    u = made.w * (ROWS["y"] - mean.value.iloc[0]) / made.w.sum()
    assert_allclose(mean.covariance.diag(), by_hand(u, OF[word]), rtol=RTOL)
    assert mean.df.iloc[0] == 8 - 2


def test_weighting_steps_are_pulled_back_through_the_form():
    made = sv.calibrate(design(pps="brewer"), {"y": 150.0})
    y, d = ROWS["y"], design(pps="brewer").w
    z = made.w * (y - y * (d * y * y).sum() / (d * y * y).sum())
    assert_allclose(sv.total(made, "y").se, 0, atol=1e-6)
    other = sv.total(made, "stt")
    x = ROWS["stt"]
    z = made.w * (x - y * (d * x * y).sum() / (d * y * y).sum())
    assert_allclose(other.covariance.diag(), by_hand(z, forms.brewer), rtol=RTOL)


@pytest.mark.parametrize("word", ["brewer", "overton", "hajek", "hartley-rao"])
def test_equal_chances_are_simple_random_sampling(word):
    equal = sv.total(design(pps=word, fpc="f"), "y", by="nhom")
    plain = sv.total(design(fpc="f", weights="w", data=ROWS.assign(w=2.0)), "y", by="nhom")
    assert_allclose(equal.covariance.full(), plain.covariance.full(), rtol=RTOL)
    assert_allclose(equal.df, plain.df)


def test_a_second_stage_taken_whole_adds_nothing():
    data = ROWS.assign(one=1.0, row=range(16))
    two = sv.Design(data, strata="tang", psu=["xa", "row"], fpc=["pi", "one"], pps=["brewer", "brewer"])
    assert_allclose(sv.total(two, "y").se, sv.total(design(pps="brewer"), "y").se, rtol=RTOL)


def test_a_second_stage_counts_with_the_chance_of_its_unit():
    data = ROWS.assign(below=[0.4, 0.6] * 8, row=range(16))
    two = sv.Design(data, strata="tang", psu=["xa", "row"], fpc=["pi", "below"], pps=["hajek", "brewer"])
    z = two.w * ROWS["y"]
    v = by_hand(z, forms.hajek)
    for k in range(8):
        part, own = z[2 * k : 2 * k + 2].to_numpy(), forms.brewer(np.array([0.4, 0.6]))
        v += PI[k] * (part @ own @ part)
    assert_allclose(sv.total(two, "y").covariance.diag(), v, rtol=RTOL)
    mixed = sv.Design(data, strata="tang", psu=["xa", "row"], fpc=["pi", "f"], pps="hajek", weights="pi")
    assert "xa: Hájek approximation" in str(sv.mean(mixed, "y").context)


def test_the_order_of_a_list_and_its_ring():
    order = np.array([4, 2, 1, 3, 8, 6, 7, 5])

    def listed(pi, circular=False):
        at = np.argsort(order[:4] if pi[0] == PI[0] else order[4:])
        out = np.zeros((4, 4))
        out[np.ix_(at, at)] = forms.successive(pi[at], circular=circular)
        return out

    z = ROWS["y"] / ROWS["pi"]
    for circular in (False, True):
        found = sv.total(design(pps=Successive("stt", circular)), "y")
        assert_allclose(found.covariance.diag(), by_hand(z, lambda pi, c=circular: listed(pi, c)), rtol=RTOL)


def test_forms_and_known_squares():
    z = ROWS["y"] / ROWS["pi"]
    for pps, form in (
        (Overton("horvitz-thompson"), lambda pi: forms.overton(pi, "horvitz_thompson")),
        (HartleyRao(0.5), lambda pi: forms.hartley_rao(pi, 0.5)),
        (HartleyRao(form="horvitz-thompson"), lambda pi: forms.hartley_rao(pi, None, "horvitz_thompson")),
        (HartleyRao({"A": 0.5, "B": 0.6}), lambda pi: forms.hartley_rao(pi, 0.5 if pi[0] == 0.2 else 0.6)),
    ):
        found = sv.total(design(pps=pps), "y")
        assert_allclose(found.covariance.of(ONE), by_hand(z, form), rtol=RTOL)


SIX = [0.5, 0.7, 0.6, 0.8, 0.65, 0.75]
CHANCES = enumerated.sampford(SIX, 4)
JOINT = np.zeros((6, 6))
for _sample, _p in CHANCES.items():
    JOINT[np.ix_(sorted(_sample), sorted(_sample))] += _p


def joined(rows, form="yates-grundy", matrix=None, **words):
    y = np.array([3.0, 7, 1, 12, 5, 9])
    data = pd.DataFrame({"ma": [f"m{i}" for i in rows], "pi": np.diag(JOINT)[rows], "y": y[rows]})
    matrix = JOINT[np.ix_(rows, rows)] if matrix is None else matrix
    return sv.Design(data, fpc="pi", pps=JointProbabilities(matrix, form=form, **words))


@pytest.mark.parametrize("form", ["yates-grundy", "horvitz-thompson"])
def test_joint_probabilities_are_unbiased_over_all_samples(form):
    true = mean = 0.0
    for sample, p in CHANCES.items():
        total = sv.total(joined(sorted(sample), form), "y")
        true += p * (total.value.iloc[0] - 37) ** 2
        mean += p * total.covariance.of(ONE)[0, 0]
    assert_allclose(mean, true, rtol=RTOL)


def test_poisson_sampling_is_unbiased_over_all_samples():
    true = mean = 0.0
    y = np.array([3.0, 7, 1, 12])
    for sample, p in enumerated.poisson(SIX[:4]).items():
        rows = sorted(sample)
        if not rows:
            true += p * 23**2
            continue
        data = pd.DataFrame({"pi": np.array(SIX)[rows], "y": y[rows]})
        total = sv.total(sv.Design(data, fpc="pi", pps="poisson"), "y")
        true += p * (total.value.iloc[0] - 23) ** 2
        mean += p * total.covariance.diag()[0]
    assert_allclose(mean, true, rtol=RTOL)


def test_a_matrix_with_ids_is_matched_by_them():
    rows, back = [0, 2, 3, 5], [5, 3, 0, 2]
    ids = [f"m{i}" for i in back]
    table = pd.DataFrame(JOINT[np.ix_(back, back)], index=ids, columns=ids)
    found = sv.total(joined(rows, matrix=table, id="ma"), "y")
    assert_allclose(found.se, sv.total(joined(rows), "y").se, rtol=RTOL)
    assert "Yates–Grundy from joint probabilities" in str(found.context)
    assert "Yates–Grundy từ xác suất cặp" in found.context.text("vi")


def test_replicates_know_the_chances():
    made = sv.replicate_weights(design(pps="brewer"), "rwyb", replicates=400, seed=1)
    ratio = sv.total(made, "y").se.iloc[0] / sv.total(design(pps="hajek"), "y").se.iloc[0]
    assert 0.85 < ratio < 1.15  # Monte Carlo error of 400 replicates


# --- strata with one unit -----------------------------------------------------------------------------------

LONELY = pd.DataFrame(
    {"tang": list("AAABBBC"), "pi": [0.2, 0.5, 0.3, 0.6, 0.3, 0.4, 0.5], "y": [3.0, 7, 5, 2, 8, 4, 6]}
)


def lonely(rule, pps="brewer"):
    return sv.total(sv.Design(LONELY, strata="tang", fpc="pi", pps=pps, lonely_psu=rule), "y")


def test_all_rules_for_a_stratum_of_one_unit():
    z = (LONELY["y"] / LONELY["pi"]).to_numpy()
    a, b = forms.brewer(LONELY["pi"][:3].to_numpy()), forms.brewer(LONELY["pi"][3:6].to_numpy())
    two = z[:3] @ a @ z[:3] + z[3:6] @ b @ z[3:6]
    assert_allclose(lonely("certainty").covariance.diag(), two, rtol=RTOL)
    assert_allclose(lonely("average").covariance.diag(), two * 3 / 2, rtol=RTOL)
    assert_allclose(lonely("centre").covariance.diag(), two + 0.5 * (z[6] - z.mean()) ** 2, rtol=RTOL)
    joint = forms.brewer(LONELY["pi"][3:].to_numpy())
    assert_allclose(
        lonely("collapse").covariance.diag(), z[:3] @ a @ z[:3] + z[3:] @ joint @ z[3:], rtol=RTOL
    )
    with pytest.raises(LonelyPSUError, match="'C' has one PSU"):
        lonely("error")
    assert np.isfinite(lonely("error", "poisson").se.iloc[0])  # independent draws need no second unit


@pytest.mark.parametrize(
    ("rule", "en", "vi"),
    [
        ("certainty", "1 strata of one PSU: add no variance", "1 tầng chỉ có một PSU: không tính phương sai"),
        (
            "centre",
            "1 strata of one PSU: compared with the mean of all units",
            "1 tầng chỉ có một PSU: so với trung bình của mọi đơn vị",
        ),
        (
            "average",
            "1 strata of one PSU: given the mean variance of the other strata",
            "1 tầng chỉ có một PSU: lấy phương sai trung bình của các tầng khác",
        ),
        ("collapse", "1 strata of one PSU joined to a neighbour", "ghép 1 tầng chỉ có một PSU vào tầng bên"),
    ],
)
def test_the_line_says_what_was_done_with_it(rule, en, vi):
    est = lonely(rule)
    assert en in str(est.context)
    assert vi in est.context.text("vi")


def test_the_line_says_so_of_a_later_stage():
    data = ROWS.drop(index=15).assign(row=range(15), village=range(15), f=0.5)
    two = sv.Design(data, strata="tang", psu=["xa", "village"], fpc=["f", "f"], lonely_psu="certainty")
    est = sv.mean(two, "y")
    assert "1 xa with one village: add no variance" in str(est.context)
    assert "1 xa chỉ có một thôn: không tính phương sai" in est.context.text("vi")


def test_a_design_says_its_chances_in_both_languages():
    made = design(pps="hartley-rao")
    assert repr(made).endswith("fpc 'pi'; 'xa': Hartley–Rao approximation")
    assert "xa: xấp xỉ Hartley–Rao" in made._repr_html_()
    rows = sv.Design(ROWS, fpc="pi", pps=Overton("horvitz-thompson"))
    assert repr(rows).endswith("; Overton approximation, Horvitz–Thompson")
    assert "xấp xỉ Overton, dạng Horvitz–Thompson" in rows._repr_html_()
    named = ROWS.rename(columns={"xa": "commune", "pi": "commune_fraction"})
    page = sv.Design(named, psu="commune", fpc="commune_fraction", pps="hajek")._repr_html_()
    assert "fpc: tỷ lệ chọn xã; xã: xấp xỉ Hájek" in page


def test_changes_and_effects_keep_the_weights_that_followed_from_the_probabilities():
    n = 240
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"xa": np.repeat(range(12), 20), "pi": np.repeat(rng.uniform(0.2, 0.8, 12), 20)})
    table = table.assign(
        dot=np.tile([0, 1], n // 2),
        ap_dung=np.repeat([0, 1], n // 2),
        y=rng.normal(size=n),
        w=1 / table["pi"],
    )
    made = sv.Design(table, psu="xa", fpc="pi", pps="brewer")
    told = sv.Design(table, psu="xa", fpc="pi", pps="brewer", weights="w")
    for first, second in (
        [sv.before_after(design, "y", wave="dot") for design in (made, told)],
        [sv.did(design, "y", treated="ap_dung", wave="dot", unit="xa") for design in (made, told)],
    ):
        assert_allclose(first.value, second.value, rtol=RTOL)
        assert_allclose(first.se, second.se, rtol=RTOL)
