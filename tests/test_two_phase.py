"""A second phase: unbiased over all samples, the definition in plain loops, calibration."""

from itertools import combinations, product

import enumerated
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose

import surveykit as sv
from sampling.checks import ArgumentError
from surveykit.joint import together

RTOL = 1e-9  # linear algebra only
ONE = sp.identity(1, format="csr")
POPULATION = pd.DataFrame(
    {"y": [3.0, 7, 1, 12, 5, 9], "x": [1.0, 3, 1, 5, 2, 4], "g": list("aabbab"), "xa": list("ppqqrr")}
)
ROWS = pd.DataFrame(
    {
        "w": [4.0, 4, 4, 4, 6, 6, 6, 6, 6, 6],
        "tang": list("AAAABBBBBB"),
        "xa": list("aabbccddee"),
        "loai": list("xyxyxyxyxx"),
        "chon": [1, 1, 1, 0, 0, 1, 1, 1, 0, 1],
        "x": [1.0, 2, 4, 3, 5, 2, 3, 6, 4, 2],
        "y": [2.0, 5, 7, np.nan, np.nan, 3, 6, 9, np.nan, 4],
        "n1": [6, 4, 6, 4, 6, 4, 6, 4, 6, 6],
    }
)


def second_draws(sample, g, take):
    """All second samples: ``take`` rows of each stratum (all where there are no more), equally likely."""
    parts = [[i for i in sample if g[i] == level] for level in sorted(set(g[list(sample)]))]
    sets = [list(combinations(part, min(take, len(part)))) for part in parts]
    draws = [frozenset(i for part in chosen for i in part) for chosen in product(*sets)]
    return [(draw, 1 / len(draws)) for draw in draws]


def expectation(chances, design_of):
    """True variance of the two-phase total, and the mean of its estimate, over all samples of both phases."""
    g, y = POPULATION["g"].to_numpy(), POPULATION["y"].sum()
    mean = square = estimate = 0.0
    for sample, p1 in chances.items():
        for draw, p2 in second_draws(sample, g, 2):
            rows = sorted(sample)
            table = POPULATION.iloc[rows].assign(chon=[i in draw for i in rows])
            total = sv.total(design_of(table, rows).second_phase("chon", strata="g"), "y")
            mean += p1 * p2 * total.value.iloc[0]
            square += p1 * p2 * (total.value.iloc[0] - y) ** 2
            estimate += p1 * p2 * total.covariance.of(ONE)[0, 0]  # below 0 for some: see the reason there
    assert_allclose(mean, y, rtol=RTOL)
    return square, estimate


def test_after_simple_random_sampling_the_variance_is_unbiased():
    true, mean = expectation(enumerated.srs(6, 4), lambda table, rows: sv.Design(table.assign(N=6), fpc="N"))
    assert_allclose(mean, true, rtol=RTOL)


@pytest.mark.parametrize("form", ["yates-grundy", "horvitz-thompson"])
def test_after_unequal_chances_the_variance_is_unbiased(form):
    from surveykit.chances import JointProbabilities

    chances = enumerated.sampford([0.5, 0.7, 0.6, 0.8, 0.65, 0.75], 4)
    joint = np.zeros((6, 6))
    for sample, p in chances.items():
        joint[np.ix_(sorted(sample), sorted(sample))] += p

    def design(table, rows):
        own = JointProbabilities(joint[np.ix_(rows, rows)], form=form)
        return sv.Design(table.assign(pi=np.diag(joint)[rows]), fpc="pi", pps=own)

    true, mean = expectation(chances, design)
    assert_allclose(mean, true, rtol=RTOL)


def test_after_a_draw_of_clusters_the_variance_is_unbiased():
    clusters = {
        frozenset(i for i in range(6) if POPULATION["xa"][i] in pair): 1 / 3
        for pair in combinations("pqr", 2)
    }
    true, mean = expectation(clusters, lambda table, rows: sv.Design(table.assign(N=3), psu="xa", fpc="N"))
    assert_allclose(mean, true, rtol=RTOL)


def first(**words):
    return sv.Design(ROWS, **{"weights": "w", "strata": "tang", **words})


def by_hand(z1, z2, unit, n_of, f1):
    """Both phases in plain loops: elements Ω₁ π_i π_j / π_ij, then strata of the second phase."""
    drawn = np.flatnonzero(ROWS["chon"] == 1)
    g, h = ROWS["loai"].to_numpy(), ROWS["tang"].to_numpy()
    rows, n = ROWS.groupby("loai").size(), ROWS[ROWS["chon"] == 1].groupby("loai").size()
    v = 0.0
    for i in drawn:
        for j in drawn:
            if h[i] != h[j]:
                continue
            m = n_of[h[i]]
            omega = (1 - f1) * m / (m - 1) * (float(unit[i] == unit[j]) - 1 / m)
            N, k = rows[g[i]], n[g[i]]
            ratio = 1.0
            if g[i] == g[j]:
                ratio = k / N if i == j else (k / N) ** 2 / (k * (k - 1) / (N * (N - 1)))
            v += omega * ratio * z1[i] * z1[j]
    for level in "xy":
        own = [i for i in drawn if g[i] == level]
        N, k = rows[level], len(own)
        v += (1 - k / N) * k / (k - 1) * ((z2[own] - z2[own].mean()) ** 2).sum()
    return v


@pytest.mark.parametrize("clusters", [False, True])
@pytest.mark.parametrize("f1", [0.0, 0.25])
def test_both_phases_in_plain_loops(clusters, f1):
    table = ROWS.assign(f=f1)
    design = sv.Design(table, weights="w", strata="tang", psu="xa" if clusters else None, fpc="f")
    design = design.second_phase("chon", strata="loai")
    unit = ROWS["xa"].to_numpy() if clusters else np.arange(10)
    n_of = {"A": 2, "B": 3} if clusters else {"A": 4, "B": 6}
    y = ROWS["y"].fillna(0).to_numpy()
    z = design.w * y
    total = sv.total(design, "y")
    assert_allclose(total.covariance.diag(), by_hand(z, z, unit, n_of, f1), rtol=RTOL)
    inside = (ROWS["x"] > 2).to_numpy()
    both = sv.total(design, "y", by="loai")
    for level, v in zip(both.value.index, both.covariance.diag(), strict=True):
        own = z * (ROWS["loai"] == level)
        assert_allclose(v, by_hand(own, own, unit, n_of, f1), rtol=RTOL)
    part = sv.mean(design, "y", where="x > 2")
    u = design.w * inside * (y - part.value.iloc[0]) / (design.w * inside).sum()
    u[ROWS["chon"] == 0] = 0
    assert_allclose(part.covariance.diag(), by_hand(u, u, unit, n_of, f1), rtol=RTOL)
    a, b = (z * (ROWS["loai"] == level).to_numpy() for level in "xy")
    whole = both.covariance.full()
    sum_of = by_hand(a + b, a + b, unit, n_of, f1)
    assert_allclose(whole.sum(), sum_of, rtol=RTOL)


def test_calibration_to_the_first_phase_leaves_the_answers_to_the_first_phase():
    design = first().second_phase("chon", strata="loai")
    made = sv.calibrate(design, design.first_phase_totals(["x", "loai"]))
    assert_allclose((made.w * ROWS["x"]).sum(), (ROWS["w"] * ROWS["x"]).sum(), rtol=RTOL)
    total = sv.total(made, "y")
    y = ROWS["y"].fillna(0).to_numpy()
    X = np.column_stack([ROWS["x"], ROWS["loai"] == "x", ROWS["loai"] == "y"]).astype(float)
    d = design.w
    B = np.linalg.solve((X * d[:, None]).T @ X, (X * d[:, None]).T @ y)
    z1, z2 = made.w * y, made.w * (y - X @ B)
    expected = by_hand(z1, z2, np.arange(10), {"A": 4, "B": 6}, 0.0)
    assert_allclose(total.covariance.diag(), expected, rtol=RTOL)
    assert_allclose(total.covariance.full(), [[expected]], rtol=RTOL)
    alone = sv.calibrate(design, design.first_phase_totals("x"))
    assert_allclose(alone.w.sum(), ROWS["w"].sum(), rtol=RTOL)  # the number of people is met too
    several = sv.total(alone, "y", by="xa").covariance
    assert_allclose(several.diag(), np.diag(several.full()), rtol=RTOL)
    population = sv.calibrate(made, {"x": 180.0})  # known totals after it reach both phases
    assert len(population.steps) == 2
    assert np.isfinite(sv.total(population, "y").se.iloc[0])
    with pytest.raises(ArgumentError, match="calibrate to the first phase before other weighting steps"):
        sv.calibrate(sv.rake(design, {"loai": {"x": 0.6, "y": 0.4}}), design.first_phase_totals("x"))


def test_known_totals_reach_both_phases():
    design = first().second_phase("chon", strata="loai")
    made = sv.calibrate(design, {"x": 160.0})
    y, x, d = ROWS["y"].fillna(0).to_numpy(), ROWS["x"].to_numpy(), design.w
    z = made.w * (y - x * (d * x * y).sum() / (d * x * x).sum())
    expected = by_hand(z, z, np.arange(10), {"A": 4, "B": 6}, 0.0)
    assert_allclose(sv.total(made, "y").covariance.diag(), expected, rtol=RTOL)


def test_everybody_selected_is_one_phase():
    everyone = sv.Design(
        ROWS.assign(chon=True, y=ROWS["y"].fillna(1.0)), weights="w", strata="tang", psu="xa"
    )
    two = everyone.second_phase("chon", strata="loai")
    assert_allclose(two.w, everyone.w)
    for by in (None, "loai"):
        one, other = (sv.total(design, "y", by=by) for design in (everyone, two))
        assert_allclose(one.covariance.full(), other.covariance.full(), rtol=RTOL)
        assert_allclose(one.df, other.df)


def test_degrees_of_freedom_and_the_line_in_both_languages():
    est = sv.mean(first().second_phase("chon", strata="loai"), "y")
    assert est.df.iloc[0] == 7 - 2
    assert "two phases: 7 of 10 rows in 2 strata" in str(est.context)
    assert "hai pha: 7 trong 10 dòng, 2 tầng" in est.context.text("vi")
    plain = first().second_phase("chon")
    assert repr(plain).endswith("two phases: 7 of 10 rows")
    assert "hai pha: 7 trong 10 dòng" in plain._repr_html_()
    clusters = sv.mean(first(psu="xa").second_phase("chon", strata="loai"), "y")
    assert clusters.df.iloc[0] == 5 - 2


def test_sizes_fractions_and_chances_of_the_second_phase_say_the_same():
    counted = first().second_phase("chon", strata="loai")
    table = ROWS.assign(f=np.where(ROWS["loai"] == "x", 4 / 6, 3 / 4))
    for words in ({"fpc": "n1"}, {"fpc": "f"}, {"probabilities": "f"}):
        told = sv.Design(table, weights="w", strata="tang").second_phase("chon", strata="loai", **words)
        assert_allclose(told.w, counted.w, rtol=RTOL)
        assert_allclose(sv.total(told, "y").se, sv.total(counted, "y").se, rtol=RTOL)


def test_a_variance_estimated_below_0_is_not_shown():
    table = POPULATION.iloc[[2, 3, 4, 5]].assign(chon=[0, 1, 1, 1], N=3)
    est = sv.total(sv.Design(table, psu="xa", fpc="N").second_phase("chon", strata="g"), "y")
    assert np.isnan(est.se.iloc[0])
    assert est.covariance.of(ONE)[0, 0] < 0
    assert est.reason.iloc[0] == "the estimate of the variance is negative: the second phase has too few rows"
    assert "ước lượng phương sai âm: pha hai có quá ít dòng" in est._repr_html_()


def test_rs_approximation_in_plain_loops():
    design = first().second_phase("chon", strata="loai", method="approx")
    drawn = ROWS["chon"].to_numpy() == 1
    z, chance = design.w * ROWS["y"].fillna(0).to_numpy(), np.where(ROWS["loai"] == "x", 4 / 6, 3 / 4)
    v = 0.0
    for level, n in (("A", 4), ("B", 6)):
        inside = (ROWS["tang"] == level).to_numpy() & drawn
        mean = z[inside].sum() / n
        v += n / (n - 1) * ((z[inside] * chance[inside] - mean) ** 2 / chance[inside]).sum()
    for level, k in (("x", 4), ("y", 3)):
        inside = (ROWS["loai"] == level).to_numpy() & drawn
        v += (
            (1 - k / (ROWS["loai"] == level).sum())
            * k
            / (k - 1)
            * ((z - z[inside].mean())[inside] ** 2).sum()
        )
    assert_allclose(sv.total(design, "y").covariance.diag(), v, rtol=RTOL)


def test_many_targets_of_the_first_phase_are_kept_sparse_with_the_same_answer():
    """One level a pair of rows: residuals by hand, whether the columns are a table or sparse."""
    rng = np.random.default_rng(3)
    n = 120
    table = pd.DataFrame({"w": 2.0, "y": rng.normal(size=n), "chon": np.arange(n) % 4 != 3})
    table = table.assign(o=[f"o{k // 6:02d}" for k in range(n)], p=[f"p{k % 6}" for k in range(n)])
    design = sv.Design(table, weights="w").second_phase("chon")
    made = sv.calibrate(design, design.first_phase_totals(["o", "p"]))
    total = sv.total(made, "y")
    X = pd.get_dummies(table[["o", "p"]]).to_numpy(float)
    d, y = design.w, table["y"].to_numpy()
    g = d * (made.w != 0)
    B = np.linalg.pinv((X * g[:, None]).T @ X) @ ((X * g[:, None]).T @ y)
    z1, z2, s = made.w * y, made.w * (y - X @ B), (made.w != 0)
    k, f = s.sum(), s.mean()
    same = f**2 / (k * (k - 1) / (n * (n - 1)))
    omega = n / (n - 1) * (np.eye(n) - 1 / n) * np.where(np.eye(n) > 0, f, same)
    v = z1 @ omega @ z1 + (1 - f) * k / (k - 1) * ((z2[s] - z2[s].mean()) ** 2).sum()
    assert_allclose(total.covariance.diag(), v, rtol=1e-7)
    by = sv.total(made, "y", by="p")
    assert_allclose(by.covariance.full().sum(), v, rtol=1e-7)
    assert_allclose(np.diag(by.covariance.full()), by.covariance.diag(), rtol=1e-7)


def test_several_calls_on_two_phases_have_the_covariance_of_one():
    design = sv.Design(ROWS.assign(pi=0.4 + ROWS.index / 20), fpc="pi", pps="brewer")
    second = design.second_phase("chon", strata="loai")
    for made in (design.where("chon == 1"), second, sv.calibrate(second, second.first_phase_totals("x"))):
        apart = together(sv.total(made, "y"), sv.total(made, "n1"))
        both = sv.total(made, ["y", "n1"])
        assert_allclose(apart.covariance.full(), both.covariance.full(), rtol=RTOL)
