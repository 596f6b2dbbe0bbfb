"""Weights that a cap holds: what earlier steps would do to them is lost, in the variance as in replicates."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import surveykit as sv
from surveykit import replay
from surveykit.formulas import steps

UNITS, EACH, MOVE = 30, 4, 1e-5


def start(seed: int) -> sv.Design:
    rng = np.random.default_rng(seed)
    n = UNITS * EACH
    data = pd.DataFrame({"w": rng.uniform(5, 15, n), "xa": np.repeat(np.arange(UNITS), EACH)})
    data = data.assign(x=rng.normal(5, 1, n), a=rng.choice(["Nam", "Nữ"], n), t=rng.choice(["1", "2"], n))
    data["tra_loi"] = (rng.uniform(size=n) < 0.8).astype(int)
    return sv.Design(data.assign(y=rng.normal(50, 10, n) + 5 * data["x"]), weights="w", psu="xa")


def capped(design: sv.Design, **words: object) -> sv.Design:
    """Calibrate with about a tenth of the weights at each cap."""
    used = design.w[design.w > 0]
    limits = (float(np.quantile(used, 0.1)), float(np.quantile(used, 0.9)))
    N = float(design.w.sum())
    targets: dict[str, object] = {"a": {"Nam": 0.52, "Nữ": 0.48}, "t": {"1": 0.47, "2": 0.53}}
    if words.pop("counts", False):
        targets = {"x": 5.02 * N, "a": {"Nam": 0.52 * N, "Nữ": 0.48 * N}}
    return sv.calibrate(design, targets, weight_bounds=limits, distance="raking", **words)  # type: ignore[arg-type]


def raked(design: sv.Design) -> sv.Design:
    return sv.rake(design, {"a": {"Nam": 0.6, "Nữ": 0.4}})


def answered(design: sv.Design) -> sv.Design:
    return sv.adjust_nonresponse(design, responded="tra_loi", cells="t")


CHAINS: dict[str, list[Callable[[sv.Design], sv.Design]]] = {
    "alone": [capped],
    "after raking": [raked, capped],
    "after two": [answered, raked, lambda d: capped(d, counts=True)],
    "between": [answered, capped, raked],
    "twice": [raked, capped, answered, lambda d: capped(d, counts=True), raked],
}


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("seed", [1, 3])
def test_the_variance_is_that_of_the_weights_worked_out_again(name, seed):
    design = start(seed)
    for take in CHAINS[name]:
        design = take(design)
    data, path = design.data, design.weight_path
    y, unit, part = (data[column].to_numpy() for column in ("y", "xa", "t"))

    def estimates(factor: np.ndarray) -> list[float]:
        w = design.base_weights * factor
        for step in design.steps:
            w = steps.replay(step, w, factor)
        return [float(w @ y), float(w @ y / w.sum()), float(w[part == "1"] @ y[part == "1"])]

    moved = []
    for i in range(UNITS):
        ends = [estimates(np.where(unit == i, 1 + h, 1.0)) for h in (MOVE, -MOVE)]
        moved.append(np.subtract(*ends) / (2 * MOVE))
    z = np.array(moved)
    expected = np.sqrt(UNITS / (UNITS - 1) * ((z - z.mean(axis=0)) ** 2).sum(axis=0))
    found = [sv.total(design, "y"), sv.mean(design, "y"), sv.total(design, "y", where="t == '1'")]
    assert_allclose([float(f.se.iloc[0]) for f in found], expected, rtol=1e-5)
    held = [step.passes(path[k + 1], np.ones(len(y), dtype=bool)) for k, step in enumerate(design.steps)
            if step.name.startswith("calibrate")]  # fmt: skip
    assert all((passes == 0).sum() > 5 for passes in held)


@pytest.mark.parametrize("method", ["JK1", "bootstrap"])
def test_no_weight_of_a_replicate_passes_its_cap_by_rounding(method):
    words = {"replicates": 20, "seed": 3} if method == "bootstrap" else {}
    people = {"a": {"Nam": 0.5, "Nữ": 0.5}}
    made = sv.calibrate(start(1), people, weight_bounds=(4.5, 14), distance="raking")
    design = sv.replicate_weights(made, method, **words)
    low, high = design.steps[-1].caps
    reps, at = design.replicates, 0
    for r in range(reps.R):
        factor = reps.factors[:, r][reps.unit]
        w, inside = replay.weights_of(design, r), factor > 0
        assert ((low * factor <= w) & (w <= high * factor))[inside].all()
        assert (w[~inside] == 0).all()
        at += int((w[inside] == high * factor[inside]).sum())
        assert_array_equal(w, design.steps[-1].replay(design.base_weights * factor, factor))
    assert at > 2 * reps.R


@pytest.mark.parametrize(
    "words", [{"ratio": 1.3}, {"quantile": 0.9}, {"quantile": 0.8, "by": "t"}, {"upper": 13}]
)
def test_a_replicate_trims_at_its_own_limit_and_meets_the_totals_again_under_it(words):
    design = sv.replicate_weights(sv.trim(raked(start(2)), **words), "JK1")
    held = []
    for r in range(UNITS):
        factor = UNITS / (UNITS - 1)
        left = design.replicates.factors[:, r][design.replicates.unit] > 0
        # the sample without a unit, its weights made up for it, as if nothing else had ever been drawn
        limits = words if "upper" not in words else {"upper": 13 * factor}
        rest = design.data[left].assign(w=design.base_weights[left] * factor)
        alone = sv.trim(raked(sv.Design(rest, weights="w", psu="xa")), **limits)
        assert_allclose(replay.weights_of(design, r)[left], alone.w, rtol=1e-9)
        held.append(alone.w.max())
    assert np.ptp(held) > 0.01 or "upper" in words
