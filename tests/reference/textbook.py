"""The variance of a total written out as textbooks do, stage within stage; no code of the engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Vector = npt.NDArray[np.float64]


def variance(z: Vector, stages: list[pd.Series], strata: pd.Series, sizes: list[pd.Series | None]) -> Any:
    """Variance of Σ z of a stratified multistage sample.

    Särndal, Swensson and Wretman (1992), result 4.3.1: within a stratum
    (1 − f) n / (n − 1) Σ (z_i − z̄)², and f times what the units themselves give at the next stage.

    Parameters
    ----------
    z : (n,) or (n, k)
        Weighted values of the rows; 0 outside a domain.
    stages : units of the first stage, the second, …
    strata : first-stage stratum of each row
    sizes : units of each stage in the population; None with replacement, which ends the stages
    """
    total = 0.0
    for _, rows in pd.Series(range(len(z))).groupby(strata.to_numpy()):
        at = rows.to_numpy()
        units = stages[0].iloc[at]
        groups = [at[(units == unit).to_numpy()] for unit in units.unique()]
        n = len(groups)
        f = 0.0 if sizes[0] is None else n / sizes[0].iloc[at[0]]
        sums = np.array([z[group].sum(axis=0) for group in groups])
        if f < 1:
            off = sums - sums.mean(axis=0)
            total = total + (1 - f) * n / (n - 1) * off.T @ off
        if len(stages) > 1 and sizes[0] is not None:
            for group in groups:
                one = pd.Series(0, index=group)
                below = [stage.iloc[group] for stage in stages[1:]]
                known = [None if size is None else size.iloc[group] for size in sizes[1:]]
                total = total + f * variance(z[group], below, one, known)
    return total
