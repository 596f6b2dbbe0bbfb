"""The derivative that a variance takes, found a second way, without any formula of the engine.

The weights of one unit after another are moved by a little, all weighting steps are taken again, and what the
statistic does is the influence of the unit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from reference.textbook import variance

import surveykit as sv

#: Central differences with this step: error of its square, and of the tolerance 1e-12 of the steps over it.
STEP = 1e-4
#: What is left of them, in units of the largest number of a covariance matrix.
REPLAYED = 1e-6

Matrix = npt.NDArray[np.float64]
Take = Callable[[sv.Design], sv.Design]
Statistics = Mapping[str, Callable[[sv.Design], sv.Estimates]]


def stages_of(data: pd.DataFrame, words: Mapping[str, Any]) -> list[pd.Series]:
    """Return the units of each stage; the rows where none are named."""
    names = words.get("psu", [])
    rows = pd.Series(np.arange(len(data)), index=data.index)
    return [data[name] for name in ([names] if isinstance(names, str) else names)] or [rows]


def influences(
    data: pd.DataFrame, words: Mapping[str, Any], take: Take, statistics: Statistics
) -> dict[str, Matrix]:
    """Return (n, k) influences; that of a unit of the last stage stands in its first row.

    ``data`` has the weights in ``w``, ``words`` are the other words of Design, ``take`` takes the steps.
    """
    unit = stages_of(data, words)[-1]
    moved: dict[str, list[Any]] = {name: [] for name in statistics}
    place = np.zeros((len(data), unit.nunique()))
    for k, one in enumerate(unit.unique()):
        inside = (unit == one).to_numpy()
        place[np.flatnonzero(inside)[0], k] = 1.0
        up, down = (
            take(sv.Design(data.assign(w=data["w"] * np.where(inside, 1 + h, 1.0)), weights="w", **words))
            for h in (STEP, -STEP)
        )
        for name, statistic in statistics.items():
            moved[name].append((statistic(up).value - statistic(down).value).to_numpy() / (2 * STEP))
    return {name: place @ np.array(z) for name, z in moved.items()}


def covariances(
    data: pd.DataFrame, words: Mapping[str, Any], take: Take, statistics: Statistics
) -> dict[str, Matrix]:
    """Return the covariance of every statistic: the textbook's variance of its replayed influence."""
    stages = stages_of(data, words)
    strata = data["stratum"] if "strata" in words else pd.Series(0, index=data.index)
    sizes = [data[name] for name in words.get("fpc", [])] or [None] * len(stages)
    found = influences(data, words, take, statistics)
    return {name: variance(z, stages, strata, sizes) for name, z in found.items()}
