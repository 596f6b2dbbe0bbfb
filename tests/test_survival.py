"""Waiting times: plain loops, statsmodels, replicates, corners and sentences."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from statsmodels.duration.survfunc import SurvfuncRight

import surveykit as sv
from sampling.checks import ArgumentError, DataError
from surveykit.survival import kaplan_meier, logrank

AT = [0.0, 2.0, 5.0, 9.5]


def files(seed: int = 2, n: int = 160) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"xa": rng.integers(0, 14, n), "w": rng.uniform(0.5, 4, n)})
    table["tang"] = table["xa"] % 2
    table["loai"] = rng.choice(["đất đai", "hộ tịch", "xây dựng"], n)
    wait = rng.exponential(np.where(table["loai"] == "đất đai", 9, 5)).round() + 1  # rounded: ties
    seen = rng.uniform(3, 25, n).round()
    table["ngay"], table["xong"] = np.minimum(wait, seen), (wait <= seen).astype(int)
    table.loc[:4, "ngay"] = np.nan
    table.loc[5:8, "xong"] = np.nan
    return table


def design(table: pd.DataFrame) -> sv.Design:
    return sv.Design(table, weights="w", strata="tang", psu="xa")


def product(table: pd.DataFrame, at: float, hazard: bool = False) -> float:
    S = 1.0
    for t in sorted(set(table["ngay"][table["xong"] == 1])):
        if t <= at:
            d = sum(
                w
                for w, x, e in zip(table["w"], table["ngay"], table["xong"], strict=True)
                if x == t and e == 1
            )
            Y = sum(w for w, x in zip(table["w"], table["ngay"], strict=True) if x >= t)
            S *= np.exp(-d / Y) if hazard else 1 - d / Y
    return float(S)


@pytest.mark.parametrize("method", ["kaplan-meier", "nelson-aalen"])
def test_the_share_and_its_error_are_those_of_loops(method):
    table = files()
    found = kaplan_meier(design(table), "ngay", "xong", AT, by="loai", method=method)
    for (kind, at), value in found.value.items():
        own = table[(table["loai"] == kind) & table["ngay"].notna() & table["xong"].notna()]
        assert_allclose(value, product(own, at, method == "nelson-aalen"), rtol=1e-12)
        influence = np.zeros(len(table))
        for i in own.index:  # derivative by the weight of each row
            moved = own.copy()
            h = 1e-5 * moved.loc[i, "w"]
            ends = []
            for side in (1, -1):
                moved.loc[i, "w"] = own.loc[i, "w"] + side * h
                ends.append(product(moved, at, method == "nelson-aalen"))
            influence[i] = (ends[0] - ends[1]) / (2 * h)
        total = sv.total(design(table.assign(u=influence)), "u")
        assert_allclose(found.se[kind, at], total.se.iloc[0], rtol=1e-6, atol=1e-12)


def test_without_weights_it_is_greenwoods():
    table = files().dropna()
    found = kaplan_meier(sv.Design(table, sampling="srs"), "ngay", "xong", AT[1:])
    known, n = SurvfuncRight(table["ngay"], table["xong"]), len(table)
    place = np.searchsorted(known.surv_times, AT[1:], side="right") - 1
    assert_allclose(found.value, known.surv_prob[place], rtol=1e-12)
    assert_allclose(found.se * np.sqrt((n - 1) / n), known.surv_prob_se[place], rtol=1e-9)


def test_without_unfinished_cases_it_is_the_share_of_longer_waits():
    table = files().dropna().assign(xong=1)
    table["hon_5"] = (table["ngay"] > 5).astype(int)
    found = kaplan_meier(design(table), "ngay", "xong", 5)
    plain = sv.mean(design(table), "hon_5")
    assert_allclose(
        [found.value.iloc[0], found.se.iloc[0]], [plain.value.iloc[0], plain.se.iloc[0]], rtol=1e-10
    )


def test_replicates_work_it_out_again():
    table = files()
    taylor = kaplan_meier(design(table), "ngay", "xong", AT, by="loai")
    made = kaplan_meier(sv.replicate_weights(design(table)), "ngay", "xong", AT, by="loai")
    assert_allclose(made.value, taylor.value, rtol=1e-12)
    assert_allclose(made.se, taylor.se, rtol=0.15, atol=1e-12)
    test, other = (
        logrank(d, "ngay", "xong", "loai") for d in (design(table), sv.replicate_weights(design(table)))
    )
    assert_allclose(test.statistic, other.statistic, rtol=0.25)


def test_limits_are_on_the_scale_of_log_minus_log_and_stay_inside():
    found = kaplan_meier(design(files()), "ngay", "xong", AT)
    limits, S, se = found.ci(), found.value, found.se
    from scipy import stats

    width = stats.t.ppf(0.975, found.df) * se / (S * np.abs(np.log(S)))
    inner = S < 1
    assert_allclose(limits["ci_low"][inner], (S ** np.exp(width))[inner], rtol=1e-10)
    assert_allclose(limits["ci_high"][inner], (S ** np.exp(-width))[inner], rtol=1e-10)
    assert limits[~inner].isna().all().all()
    assert "log–log" in found.line("vi")
    assert "%" in found.to_html()


def test_beyond_the_last_look_nothing_is_known_but_where_all_waits_are_over():
    table = pd.DataFrame({"ngay": [1, 2, 3, 4, 5, 6.0], "xong": [1, 1, 0, 1, 1, 1], "g": list("aaabbb")})
    found = kaplan_meier(sv.Design(table, sampling="srs"), "ngay", "xong", [3, 10], by="g")
    assert_allclose(found.value, [1 / 3, np.nan, 1.0, 0.0])
    assert list(found.reason) == ["", "nobody of this domain was followed for so long", "", ""]
    assert "không ai trong nhóm này được theo dõi lâu đến thế" in found.to_html()
    assert found.se["b", 10.0] == 0


def test_differences_of_shares_have_points_and_the_joint_covariance():
    found = kaplan_meier(design(files()), "ngay", "xong", 5, by="loai")
    pair = found.pairwise()
    V = found.covariance.full()
    assert_allclose(pair.se.iloc[0] ** 2, V[0, 0] + V[1, 1] - 2 * V[0, 1], rtol=1e-10)
    assert pair.points


def test_rows_that_chose_themselves_have_no_test():
    own = sv.Design(files(), sampling="self-selected")
    with pytest.raises(ArgumentError, match="logrank: "):
        logrank(own, "ngay", "xong", "loai")


def scores(table: pd.DataFrame) -> np.ndarray:
    """(n, 3) influence of each row on the scores of the three kinds."""
    own = table.dropna()
    Z = pd.get_dummies(own["loai"]).to_numpy(float)
    w, t, e = (own[name].to_numpy(float) for name in ("w", "ngay", "xong"))
    out = np.zeros((len(own), 3))
    for at in sorted(set(t[e == 1])):
        risk, ends = t >= at, (t == at) & (e == 1)
        mean = (w * risk) @ Z / (w * risk).sum()
        rate = (w * ends).sum() / (w * risk).sum()
        out += (ends * 1.0 - risk * rate)[:, None] * (Z - mean)
    full = np.zeros((len(table), 3))
    full[table.index.get_indexer(own.index)] = out
    return full


def test_logrank_is_the_quadratic_form_of_the_scores():
    table = files()
    u = scores(table)
    names = ["a", "b", "c"]
    total = sv.total(design(table.assign(**dict(zip(names, u.T, strict=True)))), names)
    U, V = total.value.to_numpy()[1:], total.covariance.full()[1:, 1:]
    chi2 = U @ np.linalg.solve(V, U)
    found = logrank(design(table), "ngay", "xong", "loai")
    assert_allclose(found.details["χ²"], chi2, rtol=1e-8)
    df = 12.0
    assert found.df == (2.0, df - 1)
    assert_allclose(found.statistic, chi2 / 2 * (df - 1) / df, rtol=1e-8)
    assert found.name.vi == "kiểm định log-rank: ngay theo loai"


def test_size_of_the_logrank_test(repetitions):
    rng, hits, R = np.random.default_rng(11), 0, repetitions(150, 1000)
    for _ in range(R):
        table = pd.DataFrame(
            {"xa": np.repeat(np.arange(40), 4), "g": np.tile([0, 1], 80), "w": rng.uniform(1, 2, 160)}
        )
        wait, seen = (
            rng.exponential(5, 160) * np.exp(rng.normal(0, 0.5, 40))[table["xa"]],
            rng.uniform(1, 15, 160),
        )
        table["t"], table["e"] = np.minimum(wait, seen), (wait <= seen).astype(int)
        hits += logrank(sv.Design(table, weights="w", psu="xa"), "t", "e", "g").p < 0.05
    assert abs(hits / R - 0.05) < 3.5 * np.sqrt(0.05 * 0.95 / R)


LATE = "over at that time, and 0 where it was not yet when last looked at."
WRONG = {
    "at below 0": ({"at": [5, -1]}, "at=[5, -1]: write a time of 0 or more, or a list of them."),
    "time below 0": ({"ngay": -2.0}, "time='ngay' is below 0 in row 20. Correct the values."),
    "event of 2": ({"xong": 2.0}, f"event='xong' has '2' in row 20. Write 1 where the wait was {LATE}"),
}


@pytest.mark.parametrize("name", WRONG)
def test_waiting_times_are_refused_in_these_words(name):
    change, text = WRONG[name]
    table = files()
    for column in change.keys() - {"at"}:
        table.loc[20, column] = change[column]
    with pytest.raises((ArgumentError, DataError), match=f"^{re.escape(text)}$"):
        kaplan_meier(design(table), "ngay", "xong", change.get("at", 5))


def test_weights_below_0_have_no_waiting_times():
    table = files().dropna().reset_index(drop=True)
    table["x"] = np.where(np.arange(len(table)) == 20, 500.0, 1.0)
    with pytest.warns(match="below 0"):
        below = sv.calibrate(design(table), {"x": 10.0})
    with pytest.raises(
        DataError, match="some weights are below 0, and waiting times need weights of 0 or more"
    ):
        kaplan_meier(below, "ngay", "xong", 5)


def test_logrank_needs_two_groups_and_an_event():
    table = files().assign(one="a", none=0)
    with pytest.raises(
        DataError, match=r"by='one' has 1 level with waiting times, and a test compares groups\."
    ):
        logrank(design(table), "ngay", "xong", "one")
    with pytest.raises(DataError, match="event='none' is 0 in every row: no wait is over"):
        logrank(design(table), "ngay", "none", "loai")
