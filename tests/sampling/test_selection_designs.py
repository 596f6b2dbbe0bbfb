"""Every method draws the design it is named after: against the chance of every sample, written out."""

import enumerated as design
import numpy as np
import pytest
from numpy.testing import assert_allclose

from sampling.probabilities import pps_probabilities
from sampling.selection import METHODS, balanced, select
from sampling.streams import Tape

SIZE = np.array([10, 20, 30, 40, 25, 35])
N, DRAWN = 6, 3
PI = pps_probabilities(SIZE, DRAWN)
HALF = np.full(N, 0.5)
SIGMAS = 4.5  # of the binomial standard error of a frequency, over some 40 frequencies a method

DESIGNS = {
    "srs": lambda: design.srs(N, DRAWN),
    "bernoulli": lambda: design.poisson(HALF),
    "poisson": lambda: design.poisson(PI),
    "systematic": lambda: design.systematic(HALF),
    "pps_systematic": lambda: design.systematic(PI),
    "pps_randomised": lambda: design.over_all_orders(design.systematic, PI),
    "pps_brewer": lambda: design.brewer(PI, DRAWN),
    "pps_sampford": lambda: design.sampford(PI, DRAWN),
    "pps_conditional_poisson": lambda: design.conditional_poisson(PI, DRAWN),
    "pps_tille": lambda: design.tille(SIZE, DRAWN),
    "pps_pivotal": lambda: design.pivotal(PI),
    "pps_pivotal_random": lambda: design.over_all_orders(design.pivotal, PI),
}
EQUAL = ("srs", "bernoulli", "systematic", "srs_wr")


def draws(method, size, n, R, seed, **more):
    """(R, N) number of hits of each unit in R independent draws: copies of the population as parents."""
    N = len(size)
    ids = [f"{i:02d}" for i in range(N)] * R
    within = np.repeat([f"{r:06d}" for r in range(R)], N)
    given = {} if method in EQUAL else {"size": np.tile(size, R)}
    more = {name: np.tile(x, (R, 1)) for name, x in more.items()}
    drawn = select(ids, n, method=method, seed=seed, within=within, **given, **more)
    hits = np.zeros(R * N)
    np.add.at(hits, drawn.position, 1)
    return hits.reshape(R, N)


def far(found, expected, R):
    """Distance of frequencies from chances in standard errors; chances of 0 and 1 must be met exactly."""
    spread = np.sqrt(expected * (1 - expected) / R)
    sure = spread < 1e-9
    assert_allclose(found[sure], np.round(expected[sure]), atol=0)
    return np.abs(found - expected)[~sure] / spread[~sure]


@pytest.mark.slow
@pytest.mark.parametrize("method", DESIGNS)
def test_units_and_pairs_are_drawn_as_often_as_the_design_says(method, repetitions):
    R = repetitions(100_000, 20_000)
    expected = design.joint(DESIGNS[method](), N)
    hits = draws(method, SIZE, DRAWN, R, seed=20261122)
    assert far(hits.T @ hits / R, expected, R).max() < SIGMAS


@pytest.mark.parametrize("method", DESIGNS)
def test_the_mean_over_all_samples_of_the_weighted_total_is_the_total(method):
    chances = DESIGNS[method]()
    pi = HALF if method in EQUAL else PI
    y = np.array([3.0, 1.0, 4.0, 1.0, 5.0, 9.0])
    mean = sum(p * (y / pi)[list(s)].sum() for s, p in chances.items())
    assert_allclose(mean, y.sum(), rtol=1e-12)
    assert_allclose(sum(chances.values()), 1, rtol=1e-12)


@pytest.mark.slow
def test_repeated_draws_hit_each_unit_as_often(repetitions):
    R = repetitions(100_000, 20_000)
    hits = draws("srs_wr", SIZE, 4, R, seed=3)
    assert (hits.sum(axis=1) == 4).all()
    assert hits.max() > 1
    se = np.sqrt(4 * (1 / 6) * (5 / 6) / R)
    assert (np.abs(hits.mean(axis=0) - 4 / 6) / se).max() < SIGMAS


@pytest.mark.slow
def test_pareto_sampling_comes_near_its_target(repetitions):
    R = repetitions(100_000, 20_000)
    hits = draws("pps_pareto", SIZE, DRAWN, R, seed=4)
    assert (hits.sum(axis=1) == DRAWN).all()
    assert np.abs(hits.mean(axis=0) - PI).max() < 0.02  # Rosén: the target is met only approximately


@pytest.mark.slow
@pytest.mark.parametrize("by_size", [False, True])
def test_the_cube_draws_units_with_their_probabilities(by_size, repetitions):
    R = repetitions(20_000, 4_000)
    x = np.array([[1.0, 2], [4, 1], [2, 2], [8, 5], [3, 9], [7, 4]])
    ids = [f"{i:02d}" for i in range(N)] * R
    within = np.repeat([f"{r:06d}" for r in range(R)], N)
    size = np.tile(SIZE, R) if by_size else None
    drawn = select(ids, DRAWN, method="cube", seed=5, within=within, balance=np.tile(x, (R, 1)), size=size)
    hits = np.bincount(drawn.position, minlength=R * N).reshape(R, N)
    assert (hits.sum(axis=1) == DRAWN).all()
    assert far(hits.mean(axis=0), PI if by_size else HALF, R).max() < SIGMAS


@pytest.mark.slow
@pytest.mark.parametrize("by_size", [False, True])
def test_the_local_pivotal_method_draws_units_with_their_probabilities(by_size, repetitions):
    R = repetitions(20_000, 4_000)
    x = np.array([[0.0, 0], [0, 1], [5, 5], [5, 6], [9, 0], [8, 1]])
    ids = [f"{i:02d}" for i in range(N)] * R
    within = np.repeat([f"{r:06d}" for r in range(R)], N)
    size = np.tile(SIZE, R) if by_size else None
    drawn = select(
        ids, DRAWN, method="local_pivotal", seed=6, within=within, coords=np.tile(x, (R, 1)), size=size
    )
    hits = np.bincount(drawn.position, minlength=R * N).reshape(R, N)
    assert (hits.sum(axis=1) == DRAWN).all()
    assert far(hits.mean(axis=0), PI if by_size else HALF, R).max() < SIGMAS
    if not by_size:  # near twins of equal chance: just one of each pair
        assert (hits.reshape(R, 3, 2).sum(axis=2) == 1).mean() > 0.9


def test_the_flight_of_the_cube_keeps_the_totals_to_rounding():
    rng = np.random.default_rng(1)
    x = rng.gamma(2, 10, (400, 4))
    pi = pps_probabilities(rng.integers(50, 500, 400), 60)
    rows = np.column_stack([np.ones(400), x / pi[:, None]])
    chance = pi.tolist()
    undecided = balanced._flight(list(range(400)), rows.tolist(), chance, 5, Tape(2))
    assert len(undecided) <= 5
    assert_allclose(np.array(chance) @ rows, pi @ rows, rtol=1e-9)
    decided = np.delete(np.array(chance), undecided)
    assert set(decided) <= {0.0, 1.0}


def test_the_cube_lands_far_nearer_to_the_totals_than_an_unbalanced_draw():
    rng = np.random.default_rng(1)
    x = rng.gamma(2, 10, (400, 4))
    size = rng.integers(50, 500, 400)
    off = {"cube": [], "pps_sampford": []}
    for method, found in off.items():
        more = {"balance": x} if method == "cube" else {}
        for seed in range(10):
            drawn = select(400, 60, method=method, seed=seed, size=size, **more)
            assert drawn.position.size == 60
            total = (x[drawn.position] / drawn.probability[:, None]).sum(axis=0)
            found.append(np.abs(total / x.sum(axis=0) - 1).max())
    assert np.mean(off["cube"]) < np.mean(off["pps_sampford"]) / 2


def test_a_cube_that_can_be_balanced_exactly_is():
    x = np.column_stack([np.tile([1.0, 0], 20), np.repeat([0.0, 1], 20)])
    for seed in range(5):
        drawn = select(40, 8, method="cube", seed=seed, balance=x)
        assert_allclose(
            (x[drawn.position] / drawn.probability[:, None]).sum(axis=0), x.sum(axis=0), rtol=1e-9
        )


def spread(x, position, probability, pi):
    """Spatial balance (Stevens & Olsen): variance of the probability in the cell nearest to each unit."""
    near = ((x[:, None] - x[position]) ** 2).sum(axis=2).argmin(axis=1)
    return np.var(np.bincount(near, weights=pi, minlength=position.size))


def test_local_pivotal_samples_are_better_spread_than_simple_random_ones():
    rng = np.random.default_rng(3)
    x = rng.uniform(size=(200, 2))
    pi = np.full(200, 0.1)
    score = {
        method: np.mean(
            [
                spread(x, d.position, d.probability, pi)
                for seed in range(20)
                for d in [select(200, 20, method=method, seed=seed, **more)]
            ]
        )
        for method, more in {"srs": {}, "local_pivotal": {"coords": x}}.items()
    }
    assert score["local_pivotal"] < score["srs"] / 2


def test_every_method_is_tried_here():
    others = {"srs_wr", "pps_pareto", "cube", "local_pivotal"}
    assert set(METHODS) == set(DESIGNS) | others
