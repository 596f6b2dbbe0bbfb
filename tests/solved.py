"""Kinds of calibration, and small problems that ratios near 1 solve."""

import numpy as np

from surveykit.formulas.calibration import NO_BOUNDS, Bounds

BOUNDS = Bounds(0.4, 2.5)
KINDS = {
    "linear": ("linear", NO_BOUNDS),
    "raking": ("raking", NO_BOUNDS),
    "sinh": ("sinh", NO_BOUNDS),
    "logit": ("logit", BOUNDS),
    "linear within bounds": ("linear", BOUNDS),
    "raking within bounds": ("raking", BOUNDS),
    "sinh within bounds": ("sinh", BOUNDS),
}


def small(seed, *, spread=0.5):
    """Return weights, two auxiliaries and a constant, and targets that ratios near 1 reach."""
    rng = np.random.default_rng(seed)
    X = np.column_stack([np.ones(7), rng.uniform(0, 2, 7), rng.random(7) < 0.5]).astype(float)
    d = rng.uniform(1, 3, 7)
    return d, X, (d * rng.uniform(1 - spread, 1 + spread, 7)) @ X
