"""Auxiliaries far from 0 (years, prices in đồng): what counts is how they spread, not how large they are."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from strategies import SHAPES, build

import surveykit as sv
from sampling.checks import MarginError, SurveyWarning
from surveykit.diagnostics import margins_table

DATA = build([3, 4], 31, missing=0.0)
DATA = DATA.assign(
    v=np.random.default_rng(5).normal(0, 10, len(DATA)),
    place=np.arange(len(DATA)) % 9,
    ho=DATA["village"].astype(str) + np.where(np.arange(len(DATA)) % 2, "a", "b"),
)
N = float(DATA["w"].sum())
SEX = {1: 0.49 * N, 2: 0.51 * N}
#: What is left of a spread of 10 around so large a number, as the data hold it: 1e9 × 2e-16 / 10, and sums.
HELD = 1e-7


def designed(base: float, **columns: object) -> sv.Design:
    far = DATA.assign(u=DATA["v"] + base, **columns)
    return sv.Design(far, weights="w", **SHAPES["clusters"])


def alone(design: sv.Design, at: float) -> sv.Design:
    return sv.calibrate(design, {"u": (at + 0.5) * N, "x": 1.02 * float(DATA["w"] @ DATA["x"])}, population=N)


def beside_margins(design: sv.Design, at: float) -> sv.Design:
    return sv.calibrate(design, {"sex": SEX, "u": (at + 0.5) * N}, distance="raking")


def beside_many_levels(design: sv.Design, at: float) -> sv.Design:
    return sv.calibrate(design, {"place": dict.fromkeys(range(9), N / 9), "u": (at + 0.5) * N})


def capped(design: sv.Design, at: float) -> sv.Design:
    limits = tuple(np.quantile(design.w, [0.02, 0.98]))
    return sv.calibrate(design, {"u": (at + 0.5) * N}, population=N, weight_bounds=limits)


def by_household(design: sv.Design, at: float) -> sv.Design:
    one = sv.Design(design.data.assign(w=N / len(design.data)), weights="w", **SHAPES["clusters"])
    return sv.calibrate(one, {"u": (at - 0.3) * N}, population=N, equal_within="ho")


def by_part(design: sv.Design, at: float) -> sv.Design:
    people = {"h0": 0.4 * N, "h1": 0.6 * N}
    totals = {"h0": (at + 0.5) * people["h0"], "h1": (at - 0.2) * people["h1"]}
    return sv.calibrate(design, {"u": totals}, by="stratum", population=people)


def estimated(design: sv.Design, at: float) -> sv.Design:
    """The target is the estimate of another survey, whose number of people is known."""
    other = build([4, 4], 77, missing=0.0)
    other["u"] = np.random.default_rng(6).normal(0, 10, len(other)) + at
    survey = sv.poststratify(sv.Design(other, weights="w", **SHAPES["clusters"]), "sex", SEX)
    return sv.calibrate(design, {"u": sv.total(survey, "u")}, population=N)


def responded(design: sv.Design, at: float) -> sv.Design:
    """Rows that have lost their weight have no say about where the numbers lie."""
    there = design.changed(data=design.data.assign(tra_loi=(np.arange(len(DATA)) % 3 > 0).astype(int)))
    return alone(sv.adjust_nonresponse(there, responded="tra_loi", cells="sex"), at)


KINDS = [alone, beside_margins, beside_many_levels, capped, by_household, by_part, estimated, responded]


@pytest.mark.parametrize("base", [-3e4, 1e7, 1e9])
@pytest.mark.parametrize("take", KINDS)
def test_numbers_far_from_0_give_the_weights_and_errors_of_their_deviations(base, take):
    near, made = take(designed(0.0), 0.0), take(designed(base), base)
    assert (near.steps[-1].centred_by is None, made.steps[-1].centred_by is None) == (True, False)
    assert_allclose(made.w, near.w, rtol=HELD, atol=HELD * near.w.mean())
    for verb in (sv.total, sv.mean):
        assert_allclose(verb(made, "z").se, verb(near, "z").se, rtol=HELD)


@pytest.mark.parametrize("by", [None, "stratum"])
def test_without_a_number_of_people_the_first_of_them_stands_for_it(by):
    """A column called population is a number like any other."""
    far = designed(1e7, population=np.where(DATA["stratum"] == "h0", 2e7, 4e7) + DATA["w"])
    u, v, w = far.data["u"], far.data["population"], far.w
    inside = (
        [np.ones(len(w))] if by is None else [(DATA["stratum"] == h).to_numpy() * 1.0 for h in ("h0", "h1")]
    )
    totals = np.array([[w @ (u * k), w @ (v * k) + 0.05 * N] for k in inside])
    if by is None:
        v = 2e7 + DATA["w"]
        far = far.changed(data=far.data.assign(population=v))
        totals = np.array([[w @ u, w @ v + 0.05 * N]])
    targets = {name: totals[0, j] if by is None else dict(zip(("h0", "h1"), totals[:, j], strict=True))
               for j, name in enumerate(["u", "population"])}  # fmt: skip
    made = sv.calibrate(far, targets, by=by)
    assert made.steps[-1].centred_by is not None
    # by hand: w (1 + x'λ) with long numbers, solved by least squares on the scaled columns
    wanted = w.copy()
    for k, (a, b) in zip(inside, totals, strict=True):
        X = np.column_stack([u, v - u * (v @ k) / (u @ k)])[k > 0]
        size = np.abs(X).mean(axis=0)
        gap = np.array([a - w @ (u * k), b - w @ (v * k) - (v @ k) / (u @ k) * (a - w @ (u * k))]) / size
        X = X / size
        wanted[k > 0] *= 1 + X @ np.linalg.solve(X.T @ (w[k > 0][:, None] * X), gap)
    assert_allclose(made.w, wanted, rtol=1e-5)
    assert_allclose([[made.w @ (u * k), made.w @ (v * k)] for k in inside], totals, rtol=1e-12)


def test_a_price_is_for_the_gap_of_the_numbers_as_they_are():
    made = sv.calibrate(designed(1e7), {"u": 1e7 * N + 50 * N}, population=N, penalty=1e-9)
    assert made.steps[-1].centred_by is None


def test_deviations_that_are_combinations_of_others_are_still_found():
    design = designed(1e7, k=1e7 + 5, twice=2 * (DATA["v"] + 1e7))
    targets = {"u": 1e7 * N, "twice": 2e7 * N, "k": (1e7 + 5) * N}
    with pytest.warns(SurveyWarning, match=r"'twice' is 2 × 'u'; 'k' is 1e\+07 × 'population' in every row"):
        made = sv.calibrate(design, targets, population=N)
    assert_allclose(made.w, sv.calibrate(design, {"u": 1e7 * N}, population=N).w, rtol=HELD)
    with pytest.raises(MarginError, match="'twice' is 2 × 'u' in every row, so its target would have to be"):
        sv.calibrate(design, targets | {"twice": 2e7 * N + N}, population=N)


@pytest.mark.parametrize("take", [alone, beside_many_levels, by_part])
def test_margins_are_shown_in_the_numbers_of_the_data(take):
    far, near = (margins_table(take(designed(base), base)).set_index("margin") for base in (1e7, 0.0))
    made = take(designed(1e7), 1e7)
    for when, w in (("before", made.base_weights), ("after", made.w), ("final", made.w)):
        sums = [float(w @ DATA["v"] + 1e7 * w.sum())]
        if take is by_part:
            inside = [(DATA["stratum"] == part).to_numpy() for part in ("h0", "h1")]
            sums = [float((w * (DATA["v"] + 1e7))[part].sum()) for part in inside]
        assert_allclose(far.loc[[i for i in far.index if i.startswith("u")], when], sums, rtol=1e-12)
    assert_allclose(far["standardised_before"], near["standardised_before"], atol=1e-6)


@pytest.mark.parametrize("base", [3e4, 1e6])
def test_the_error_of_estimated_people_counts_by_the_numbers_as_they_are(base):
    """With the total known, an error of the people moves their mean: coefficients of the data's own x."""
    other = sv.Design(build([4, 4], 77, missing=0.0), weights="w", **SHAPES["clusters"])
    people = sv.count(other, by="sex")
    far = designed(base)
    total = (base + 0.5) * float(people.value.sum())
    made = sv.calibrate(far, {"sex": people, "u": total})
    known = sv.calibrate(far, {"sex": people.value.to_dict(), "u": total})
    assert made.steps[-1].centred_by is not None
    assert_allclose(made.w, known.w, rtol=1e-12)
    u, w = far.data["u"] - base, far.base_weights
    X = np.column_stack([far.data["sex"] == 1, far.data["sex"] == 2, u]).astype(float)
    b = np.linalg.solve(X.T @ (w[:, None] * X), X.T @ (w * far.data["z"]))
    b[:2] -= b[2] * base
    more = b[:2] @ people.covariance.full() @ b[:2]
    found = [float(sv.total(design, "z").se.iloc[0]) ** 2 for design in (made, known)]
    assert_allclose(found[0] - found[1], more, rtol=1e-6)
