"""The survey design of a report: strata, stages, design weight, nonresponse, raking."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd

from sampling.checks import ArgumentError, ColumnError, DataError, LonelyPSUError, MarginError
from surveykit.design import Design
from surveykit.weighting import adjust_nonresponse, rake

from .settings import Settings

__all__ = ["build_design"]


def build_design(
    data: pd.DataFrame,
    settings: Settings,
    communes: pd.DataFrame,
    margins: Mapping[str, Mapping[str, float]],
) -> Design:
    """Return the weighted design of both waves.

    Waves that share communes: the stages are communes, the wave within a commune (both were taken, so it
    brings no error, but the villages of one wave are one draw) and villages, or people where no villages are
    named. A commune taken with certainty brings no error either: its fraction is 1, so its villages count.
    Waves in separate samples of communes: strata are crossed with the wave. Classes of nonresponse and raking
    are worked out in each wave by itself.

    Parameters
    ----------
    data : DataFrame
        As in ``Project.data``.
    settings : Settings
        The checked keys.
    communes : DataFrame
        By code, with ``probability``.
    margins : mapping
        Population shares by characteristic and level.

    Returns
    -------
    Design
    """
    data = data.copy()
    last = "village" if "village" in data else "id"
    sure = data["commune"].map(communes["probability"]) == 1
    strata = (["stratum"] if "stratum" in data else []) + (["certainty"] if sure.any() else [])
    waves = data.groupby("commune")["wave"].transform("nunique")
    shared = settings["design.overlap"] != "none" and waves.max() > 1
    fresh = shared and data.groupby(last)["wave"].nunique().max() == 1  # other villages in each wave
    stages = ["commune", "wave", last] if fresh else ["commune", last]
    options: dict[str, Any] = {"lonely_psu": settings["design.lonely_psu"], "nest": not shared}
    options["strata"] = strata if shared else [*strata, "wave"]
    options |= {"weights": "weight" if "weight" in data else None, "sampling": settings["design.selection"]}
    if sure.any():
        data["certainty"] = np.where(sure, "certain", "drawn")
        data["fraction"] = np.where(sure, 1.0, 0.0)
        data = data.assign(waves=waves, below=0.0)
        options["fpc"] = ["fraction", "waves", "below"] if fresh else ["fraction", "below"]
    for name in margins:
        data[f"rake_{name}"] = data["wave"].astype(str) + " " + data[f"x_{name}"]
    with naming("columns"):
        design = Design(data, psu=stages, **options)
    if (data["responded"] == 0).any():
        cells = ["wave", *(f"x_{name}" for name in settings["weighting.nonresponse_cells"])]
        with naming("weighting.nonresponse_cells"):
            design = adjust_nonresponse(design, responded="responded", cells=cells)
    if margins:
        with naming("weighting.rake"):
            design = rake(design, _by_wave(design, margins))
    return design


def _by_wave(design: Design, margins: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """Return the margins of both waves in one, each wave keeping its sum of weights."""
    share = design.weights.groupby(design.data["wave"]).sum() / design.weights.sum()
    return {
        f"rake_{name}": {f"{wave} {m}": float(share[wave] * s) for wave in (1, 2) for m, s in levels.items()}
        for name, levels in margins.items()
    }


@contextmanager
def naming(key: str) -> Iterator[None]:
    """Put the key of the settings before the sentence of an error from the engine."""
    try:
        yield
    except (ArgumentError, ColumnError, DataError, LonelyPSUError, MarginError) as error:
        raise type(error)(f"{key}: {error}") from None
