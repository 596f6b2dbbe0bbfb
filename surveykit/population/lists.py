"""The lists of a synthetic population, as a survey would find them: communes, villages, adults."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .answers import Population
from .settings import AGES, ITEMS, SEXES, SYNTHETIC
from .survey import _village_ids

__all__ = ["adult_list", "commune_list", "village_list"]


def commune_list(population: Population) -> pd.DataFrame:
    """Return the communes: code, name, type, households and adults, group (all but names made up).

    Examples
    --------
    >>> from surveykit.population import simulate
    >>> commune_list(simulate("Cao Bằng", seed=1, items=False)).columns.tolist()
    ['ma_xa', 'ten_xa', 'loai', 'so_ho', 'so_nguoi', 'nhom', 'nguon']
    """
    table = population.structure.communes
    kept = table[["ma_xa", "ten_xa", "loai", "so_ho_gia_lap", "so_nguoi_gia_lap", "nhom"]]
    return kept.set_axis(["ma_xa", "ten_xa", "loai", "so_ho", "so_nguoi", "nhom"], axis=1).assign(
        nguon=SYNTHETIC
    )


def village_list(population: Population) -> pd.DataFrame:
    """Return the villages: code, commune, adults (giả lập).

    Examples
    --------
    >>> from surveykit.population import simulate
    >>> village_list(simulate("Cao Bằng", seed=1, items=False)).iloc[0, :2].tolist()
    ['01273-T001', '01273']
    """
    p = population.structure
    return pd.DataFrame(
        {
            "ma_thon": _village_ids(p),
            "ma_xa": p.communes["ma_xa"].to_numpy()[p.commune],
            "so_nguoi": np.diff(p.start),
            "nguon": SYNTHETIC,
        }
    )


def adult_list(population: Population, wave: int = 2, communes: list[str] | None = None) -> pd.DataFrame:
    """Return the adults with their answers in one wave: the population that plans are rehearsed on (giả lập).

    Parameters
    ----------
    population : from `simulate`
    wave : 1 or 2
    communes : codes, optional
        These communes alone.

    Returns
    -------
    DataFrame: ma_nguoi, ma_thon, ma_xa, gioi, nhom_tuoi, the items (1 to 5), hai_long (1 if chung is 4 or 5)

    Examples
    --------
    >>> from surveykit.population import simulate
    >>> adults = adult_list(simulate("Cao Bằng", seed=1, items=False), communes=["01273"])
    >>> adults.columns.tolist(), int(adults["hai_long"].max())
    (['ma_nguoi', 'ma_thon', 'ma_xa', 'gioi', 'nhom_tuoi', 'chung', 'hai_long'], 1)
    """
    p = population.structure
    village = np.repeat(np.arange(p.commune.size), np.diff(p.start))
    commune = p.commune[village]
    codes = p.communes["ma_xa"].to_numpy()
    keep = np.arange(village.size)
    if communes is not None:
        keep = np.flatnonzero(np.isin(codes, communes)[commune])
    answers = population.answers[wave - 1, :, keep]
    table = pd.DataFrame(
        {
            "ma_nguoi": np.char.add("N", np.char.zfill(keep.astype(str), 7)),
            "ma_thon": _village_ids(p)[village[keep]],
            "ma_xa": codes[commune[keep]],
            "gioi": np.array(SEXES, dtype=object)[p.woman[keep]],
            "nhom_tuoi": np.array(AGES, dtype=object)[p.age[keep]],
        }
    )
    for k, item in enumerate(ITEMS[: answers.shape[1]]):
        table[item] = answers[:, k]
    return table.assign(hai_long=(table["chung"] >= 4).astype(int))
