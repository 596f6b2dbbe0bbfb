"""Standard errors after weighting steps under nonresponse; for all samples see benchmarks/weighting_*.md."""

from functools import cache

import numpy as np
import pytest

from benchmarks.weighting_replicates import compare
from benchmarks.weighting_steps import TAKEN, population
from benchmarks.weighting_variance import ALL, LARGE, simulate, summary

pytestmark = pytest.mark.slow

OWN, FIXED, R = 0, 1, 2  # the steps in the variance, the final weights as known, R's choice
MENDED = ALL[1:]
CALIBRATED = "befgh"
LOW, HIGH = 0.93, 0.97
ERRORS = 3.5  # Monte Carlo errors: some 50 comparisons are made
AGREE = 0.05
REFUSED = 0.01  # share of samples in which limits of weights cannot hold


@cache
def rows(samples, letters=ALL, setting="thường", statistics=2, taken=TAKEN):
    found = simulate(samples, letters, setting=setting, statistics=statistics, taken=taken)
    lost = {k: np.isnan(own.estimate[:, 0]).mean() for k, own in found.items()}
    assert max(lost.values()) < REFUSED, f"samples that could not be mended: {lost}"
    return {k: summary(own, population(setting).truth) for k, own in found.items()}


@pytest.mark.parametrize("statistic", [0, 1], ids=["mean", "total"])
@pytest.mark.parametrize("letter", MENDED)
def test_standard_errors_with_the_steps_in_are_those_of_the_estimates(repetitions, letter, statistic):
    row = rows(repetitions(2000, 200))[letter][statistic]
    assert abs(row.ratio[OWN] - 1) < ERRORS * row.error[OWN]
    low, high = (c + sign * 2 * np.sqrt(c * (1 - c) / row.samples) for c, sign in ((LOW, -1), (HIGH, 1)))
    assert low <= row.coverage[OWN] <= high


@pytest.mark.parametrize("letter", MENDED)
def test_weights_taken_as_known_give_standard_errors_of_totals_that_are_too_large(repetitions, letter):
    row = rows(repetitions(2000, 200))[letter][1]
    assert row.ratio[FIXED] - 1 > ERRORS * row.error[FIXED]


@pytest.mark.parametrize("letter", CALIBRATED)
def test_known_margins_make_means_more_certain_than_fixed_weights_say(repetitions, letter):
    row = rows(repetitions(2000, 200))[letter][0]
    assert row.ratio[FIXED] - 1 > ERRORS * row.error[FIXED]
    assert row.coverage[FIXED] > 0.98


def test_without_mending_the_mean_is_biased_and_its_interval_misses(repetitions):
    found = rows(repetitions(2000, 200))
    assert found["0"][0].bias > found["0"][0].sd
    assert found["0"][0].coverage[OWN] < 0.8
    assert all(abs(found[k][0].bias) < found["0"][0].bias / 4 for k in MENDED)


def test_where_margins_explain_little_the_derivative_at_the_old_weights_is_too_large(repetitions):
    found = rows(repetitions(600, 100), "be", "chéo", 1, LARGE)
    for letter in found:
        own, r = found[letter][0].ratio[[OWN, R]]
        assert abs(own - 1) < ERRORS * found[letter][0].error[OWN]
        assert r > 1.05 * own


@pytest.mark.parametrize("letter", MENDED)
def test_the_jackknife_that_takes_the_steps_again_agrees(repetitions, letter):
    ratio, error, *_ = compare(repetitions(400, 24), letter)[letter].ratios()
    assert abs(ratio - 1) < AGREE + 2 * error


@pytest.mark.parametrize("letter", "abceg")
def test_the_bootstrap_that_takes_the_steps_again_agrees(repetitions, letter):
    own = compare(repetitions(60, 5), letter, kind="bootstrap")[letter]
    ratio, error, *_ = own.ratios()
    assert abs(ratio - 1) < AGREE + 2 * error
