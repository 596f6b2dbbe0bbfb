"""What the laws of calibration are tried on: samples, ways to calibrate, targets that can be met."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from strategies import SEEDS, STRATA, build

#: Words of ``calibrate``. Targets come from ratios between 0.8 and 1.25, so that these bounds leave room.
DISTANCES: dict[str, dict[str, Any]] = {
    "linear": {},
    "linear within bounds": {"bounds": (0.7, 1.4)},
    "raking": {"distance": "raking"},
    "raking within bounds": {"distance": "raking", "bounds": (0.7, 1.4)},
    "logit": {"distance": "logit", "bounds": (0.7, 1.4)},
    "sinh": {"distance": "sinh"},
    "scaled": {"scale": "N2"},
}
EVERY = st.sampled_from(sorted(DISTANCES))


def thousands(strata: list[int], seed: int) -> pd.DataFrame:
    """Return a sample whose weights stand for thousands of people, so that no count looks like a share."""
    data = build(strata, seed)
    return data.assign(w=1000 * data["w"])


def samples() -> st.SearchStrategy[pd.DataFrame]:
    """Return such samples, of one to three strata."""
    return st.builds(thousands, strata=STRATA, seed=SEEDS)


def reachable(data: pd.DataFrame, seed: int, *, low: float = 0.8, high: float = 1.25) -> dict[str, Any]:
    """Return targets of group, sex and x that weights with ratios between low and high meet."""
    w = data["w"] * np.random.default_rng(seed).uniform(low, high, len(data))
    people = {name: w.groupby(data[name]).sum().to_dict() for name in ("group", "sex")}
    return {**people, "x": float(w @ data["x"])}


def matrix(data: pd.DataFrame) -> np.ndarray:
    """(n, 6) indicators of group and sex, and x; one of them is a combination of the others."""
    levels = [data["group"] == level for level in "abc"] + [data["sex"] == level for level in (1, 2)]
    return np.column_stack([*levels, data["x"]]).astype(float)


def sums(data: pd.DataFrame, targets: dict[str, Any]) -> np.ndarray:
    """(6,) targets in the order of the matrix."""
    return np.array(
        [*(targets["group"][k] for k in "abc"), targets["sex"][1], targets["sex"][2], targets["x"]]
    )
