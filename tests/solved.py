"""Kinds of calibration: small problems that ratios near 1 solve, and steps of every kind."""

from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from surveykit.formulas.calibrated import Calibration
from surveykit.formulas.calibration import NO_BOUNDS, Bounds
from surveykit.formulas.steps import one_hot

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


# --- steps of 24 rows ---------------------------------------------------------------------------------------

N = 24
SEX, AGE = np.arange(N) % 2, np.arange(N) // 2 % 3
LABELS = (("sex", 1), ("sex", 2), ("age", "a"), ("age", "b"), ("age", "c"))
SHARES = np.array([[0.45, 0.55, 0.2, 0.3, 0.5]])
PART = np.array([0, 0, 1, 1, 1, 0] * 4)


def indicators():
    """(n, 5) levels of sex and age."""
    return np.hstack([one_hot(SEX, 2).toarray(), one_hot(AGE, 3).toarray()])


def raked(**changes):
    """Return the raking of sex and age to counts of 60 people."""
    step = Calibration(None, indicators(), 60 * SHARES, LABELS, "rake", distance="raking")
    return replace(step, **changes)


def by_part(**changes):
    """Return the raking of sex inside each of two parts."""
    step = Calibration(
        None, one_hot(SEX, 2).toarray(), np.array([[10.0, 12.0], [20.0, 13.0]]), LABELS[:2], "rake by part",
        distance="raking", block=PART, parts=("N", "S"),
    )  # fmt: skip
    return replace(step, **changes)


def margin(**changes):
    """Return poststratification by age, whose levels are the parts of one auxiliary."""
    step = Calibration(
        AGE,
        np.ones((3, 1)),
        np.array([[12.0], [18.0], [30.0]]),
        LABELS[2:],
        "poststratify",
        block=np.arange(3),
    )
    return replace(step, **changes)


WEIGHTS = np.random.default_rng(5).uniform(1, 3, N)
U = np.random.default_rng(6).normal(size=(N, 3))
STEPS = {
    "dense": raked(),
    "linear": raked(distance="linear"),
    "sinh": raked(distance="sinh"),
    "logit": raked(distance="logit", bounds=Bounds(0.3, 3.0)),
    "sparse": raked(X=sp.csr_matrix(indicators())),
    "shares": raked(targets=SHARES, shares_of="all"),
    "scale": raked(scale=np.random.default_rng(1).uniform(0.5, 2, N)),
    "ridge": raked(ridge=np.array([1.0, 2.0, 0.0, 3.0, 0.5])),
    "ridge, shares": raked(targets=SHARES, shares_of="all", ridge=np.full(5, 2.0)),
    "bounds": raked(distance="linear", bounds=Bounds(0.6, 2.1)),
    "caps": raked(caps=Bounds(1.1, 4.5)),
    "caps, linear": raked(distance="linear", caps=Bounds(1.1, 4.5)),
    "bounds and caps": raked(bounds=Bounds(0.65, 2.5), caps=Bounds(1.0, 4.8)),
    "barred": raked(targets=np.array([[30.0, 30.0, 20.0, 40.0, 0.0]])),
    "barred, shares": raked(targets=np.array([[0.5, 0.5, 0.3, 0.7, 0.0]]), shares_of="all"),
    "one margin": margin(),
    "one margin of shares": margin(targets=np.array([[0.2], [0.3], [0.5]]), shares_of="all"),
    "parts": by_part(),
    "parts, shares": by_part(targets=np.array([[0.4, 0.6], [0.55, 0.45]]), shares_of="part"),
    "parts, some rows outside": by_part(block=np.where(np.arange(N) % 7 == 3, -1, PART)),
    "parts, shares, some outside": by_part(
        targets=np.array([[0.4, 0.6], [0.55, 0.45]]), shares_of="part",
        block=np.where(np.arange(N) % 7 == 3, -1, PART),
    ),
    "one part of shares": raked(targets=SHARES, shares_of="part"),
}  # fmt: skip
