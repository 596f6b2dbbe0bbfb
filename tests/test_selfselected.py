"""Self-selected rows weighted towards a reference sample: what it mends and what not, what is refused."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import surveykit as sv
from sampling.checks import ArgumentError, DataError
from surveykit.formulas.selfselected import defect_correlation, effective_size

ROUNDING = 1e-9
AGES = ("trẻ", "vừa", "già")


def people(seed: int, hidden: float) -> tuple[pd.DataFrame, pd.DataFrame, float]:
    """Those who took part, a random sample, the truth; taking part hangs on age, and on y by hidden."""
    rng = np.random.default_rng(seed)
    N = 60_000
    everyone = pd.DataFrame({"tuoi": rng.choice(AGES, N, p=[0.4, 0.4, 0.2]), "hoc": rng.normal(9, 3, N)})
    chance = np.where(everyone["tuoi"] == "trẻ", 0.5, 0.8)
    everyone["y"] = (rng.random(N) < chance).astype(int)
    taking = np.where(everyone["tuoi"] == "trẻ", 0.12, 0.02) * np.exp(hidden * everyone["y"])
    chosen = everyone[rng.random(N) < taking]
    sample = everyone.sample(1500, random_state=seed).assign(w=N / 1500)
    return chosen, sample, float(everyone["y"].mean())


def counter(chosen: pd.DataFrame) -> sv.Design:
    return sv.Design(chosen, sampling="self-selected")


@pytest.mark.parametrize("method", ["propensity", "calibration"])
def test_the_columns_used_come_to_agree_with_the_reference(method):
    chosen, sample, _ = people(1, 0.0)
    reference = sv.Design(sample, weights="w")
    made = sv.pseudo_weights(counter(chosen), reference, using=["tuoi", "hoc"], method=method)
    wanted = sample.groupby("tuoi")["w"].sum()
    if method == "calibration":
        assert_allclose(pd.Series(made.w).groupby(chosen["tuoi"].to_numpy()).sum(), wanted, rtol=ROUNDING)
        assert_allclose(made.w @ chosen["hoc"], sample["w"] @ sample["hoc"], rtol=ROUNDING)
    else:  # the equation of Chen, Li & Wu: rows of the self-selected against chances of the reference
        X = [np.column_stack([np.ones(len(t)), *(t["tuoi"] == a for a in AGES[1:]), t["hoc"]]).astype(float)
             for t in (chosen, sample)]  # fmt: skip
        odds = np.log(1 / made.w / (1 - 1 / made.w))
        beta = np.linalg.lstsq(X[0], odds, rcond=None)[0]
        chances = 1 / (1 + np.exp(-X[1] @ beta))
        assert_allclose(X[0].sum(axis=0), X[1].T @ (sample["w"] * chances), rtol=1e-7)


@pytest.mark.parametrize("method", ["propensity", "calibration"])
def test_choice_by_the_columns_is_mended_and_choice_by_the_answer_is_not(method):
    gaps: dict[float, list[float]] = {0.0: [], 0.7: []}
    for hidden, found in gaps.items():
        for seed in range(12):
            chosen, sample, truth = people(seed, hidden)
            made = sv.pseudo_weights(
                counter(chosen), sv.Design(sample, weights="w"), using="tuoi", method=method
            )
            found.append(float(sv.mean(made, "y").value.iloc[0]) - truth)
    means = {k: np.mean(v) for k, v in gaps.items()}
    errors = {k: np.std(v, ddof=1) / np.sqrt(len(v)) for k, v in gaps.items()}
    assert abs(means[0.0]) < 4 * errors[0.0] + 1e-3
    assert means[0.7] > 0.08 > 10 * errors[0.7]


def test_estimates_stay_labelled_and_say_what_their_number_is_worth():
    chosen, sample, _ = people(2, 0.0)
    made = sv.pseudo_weights(counter(chosen), sv.Design(sample, weights="w"), using="tuoi")
    estimate = sv.mean(made, "y")
    text = estimate.context.text("vi")
    worth = effective_size(len(chosen), made.w.sum())
    assert f"(chỉ đáng khoảng {round(worth):,}".replace(",", ".") in text
    assert "tương quan 0,005" in text
    assert text.endswith("mẫu tự chọn: không suy rộng được")
    assert "self-selected: không suy rộng được" in str(estimate.context)
    raked = sv.rake(counter(chosen), {"tuoi": {"trẻ": 0.4, "vừa": 0.4, "già": 0.2}})
    kish = raked.w.sum() ** 2 / (raked.w**2).sum()
    words = sv.mean(raked, "y").context.text("vi").replace(".", "")
    assert f"(theo Kish nhiều nhất đáng {round(kish)} phiếu)" in words
    assert "đáng" not in sv.mean(counter(chosen), "y").context.text("vi")


def test_no_p_value_is_given():
    chosen, _, _ = people(3, 0.0)
    with pytest.raises(ArgumentError, match=r"^test: the rows are self-selected \(không suy rộng được\)"):
        sv.mean(counter(chosen), "y").test(0.5)


def test_the_effective_size_is_mengs():
    assert_allclose(effective_size(3000, 300_000, 0.005), 0.01 / 0.99 / 0.005**2)
    assert effective_size(100, 1000, 1e-9) == 100
    assert effective_size(100, 1000, 0.0) == 100
    assert effective_size(100, 100, 0.1) == 100


def test_the_defect_correlation_is_the_correlation_over_the_population():
    rng = np.random.default_rng(5)
    y = rng.normal(size=4000)
    taking = rng.random(4000) < 1 / (1 + np.exp(2 - y))
    found = defect_correlation(y[taking].mean(), y.mean(), y.std(), taking.mean())
    assert_allclose(found, np.corrcoef(taking, y)[0, 1])


# --- what is refused ----------------------------------------------------------------------------------------

SELF = pd.DataFrame({"tuoi": ["trẻ", "trẻ", "già"], "y": [1, 0, 1], "so": [1.0, 2.0, 3.0]})
SAMPLE = pd.DataFrame({"tuoi": ["trẻ", "già", "già"], "w": [20.0, 20.0, 10.0], "so": [1.0, 2.0, 9.0]})


def weigh(
    mine: pd.DataFrame = SELF, theirs: pd.DataFrame = SAMPLE, using: Any = "tuoi", **words: Any
) -> sv.Design:
    return sv.pseudo_weights(counter(mine), sv.Design(theirs, weights="w"), using=using, **words)


@pytest.mark.parametrize(
    ("kind", "call", "sentence"),
    [
        (
            ArgumentError,
            lambda: sv.pseudo_weights(*2 * [sv.Design(SAMPLE, weights="w")], using="tuoi"),
            "pseudo_weights: the design is a probability sample, which has weights of its own. Use rake or "
            "calibrate; for forms that people chose to fill in, make it with sampling='self-selected'.",
        ),
        (
            ArgumentError,
            lambda: sv.pseudo_weights(counter(SELF), counter(SELF), using="tuoi"),
            "reference: its rows are self-selected too, so they say nothing about the population. Pass a "
            "probability sample, or known totals to rake or calibrate.",
        ),
        (ArgumentError, lambda: weigh(using=[]), "using=[]: name at least one column of both."),
        (
            ArgumentError,
            lambda: weigh(using="y"),
            "using='y': reference has no such column. It has 'tuoi', 'w', 'so'.",
        ),
        (
            DataError,
            lambda: weigh(SELF.replace({"tuoi": {"già": "Già"}})),
            "using='tuoi': 'Già' stands in 1 rows of the design and in none of reference. Join levels, or "
            "correct the spelling.",
        ),
        (
            DataError,
            lambda: weigh(SELF.iloc[:2]),
            "using='tuoi': 'già' stands in 2 rows of reference and in none of the design. Join levels, or "
            "correct the spelling.",
        ),
        (
            DataError,
            lambda: weigh(SELF.assign(so=["a", "b", "c"]), using="so"),
            "using='so' holds text here and numbers in reference. Make them the same.",
        ),
        (
            DataError,
            lambda: weigh(SELF, SAMPLE.assign(w=[0.5, 20.0, 20.0])),
            "using=['tuoi']: no chance of taking part fits; some combination of levels holds more of "
            "the rows "
            "than of the reference's people, or none of them. Use fewer columns, or method='calibration'.",
        ),
        (
            DataError,
            lambda: weigh(SELF, SAMPLE.assign(so=[1.0, np.nan, 2.0]), using="so", method="calibration"),
            "using='so' is missing in row 1 of reference. Fill it in, or make missing a level of its own.",
        ),
    ],
)
def test_it_is_refused(kind, call, sentence):
    with pytest.raises(kind, match=f"^{re.escape(sentence)}$"):
        call()


def test_marks_and_blanks_written_in_another_way_are_the_same_level():
    import unicodedata

    apart = SELF.assign(tuoi=[unicodedata.normalize("NFD", f" {v}") for v in SELF["tuoi"]])
    assert_allclose(weigh(apart.astype({"tuoi": "category"})).w, weigh().w)
