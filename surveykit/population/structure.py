"""Who lives where, and which commune adopts when: the same in every population of a province."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sampling.communes import communes

from .settings import ADOPTING, ARMS, COMPARISON, Settings

Codes = npt.NDArray[np.intp]

#: Days of adoption: before the first wave, between the waves.
EARLY_DAYS = (dt.date(2025, 7, 15), dt.date(2025, 9, 30))
BETWEEN_DAYS = (dt.date(2025, 12, 1), dt.date(2026, 6, 30))


@dataclass(frozen=True)
class Structure:
    """Who lives where: the same in every population simulated on it.

    Attributes
    ----------
    communes : a row per commune in the order of codes: ma_xa, ten_xa, loai, so_ho_gia_lap, so_nguoi_gia_lap,
        so_thon_gia_lap, ngay_ap_dung (ISO date or missing), nhom
    commune : (V,) commune of each village, as a row number
    start : (V + 1,) number of the first adult of each village; adults are in the order of villages
    household : (N,) household of each adult, numbered through the province
    woman, age : (N,) 0 or 1; 0, 1 or 2
    """

    settings: Settings
    communes: pd.DataFrame
    commune: Codes
    start: Codes
    household: npt.NDArray[np.int32]
    woman: npt.NDArray[np.int8]
    age: npt.NDArray[np.int8]

    @cached_property
    def arm(self) -> Codes:
        """(C,) 0 adopts between the waves, 1 does not adopt, 2 adopted before."""
        return pd.Index(ARMS).get_indexer(pd.Index(self.communes["nhom"]))

    @cached_property
    def urban(self) -> Codes:
        """(C,) 1 for phường; đặc khu count with xã."""
        return np.asarray(self.communes["loai"] == "phường", dtype=np.intp)

    @cached_property
    def cell(self) -> npt.NDArray[np.int8]:
        """(N,) arm, type, sex and age of each adult in one code below 36."""
        commune = ((self.arm * 2 + self.urban) * 6).astype(np.int8)
        return np.asarray(self.each(commune) + self.woman * np.int8(3) + self.age)

    def each(self, by_commune: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Repeat values of communes (C,) for their adults (N,)."""
        return np.repeat(by_commune, self.communes["so_nguoi_gia_lap"])


def build(province: str = "Cao Bằng", settings: Settings | None = None) -> Structure:
    """Make up households, villages and adults in the real communes of a province, and dates of adoption.

    Parameters
    ----------
    province : name of a province, as `sampling.communes` takes it
    settings : the plausible ones by default

    Returns
    -------
    Structure

    Examples
    --------
    >>> build("Cao Bằng").communes[["ma_xa", "ten_xa", "so_ho_gia_lap"]].head(2).to_numpy().tolist()
    [['01273', 'Phường Thục Phán', 5922], ['01279', 'Phường Nùng Trí Cao', 4824]]
    """
    s = settings or Settings()
    units = communes(province).units.sort_values("code", ignore_index=True)
    random = np.random.Generator(np.random.PCG64(np.random.SeedSequence((s.structure_seed, 1))))
    area = units["area_km2"].mask(units["quality"].str.contains("area_shared", regex=False))
    middling = area.groupby(units["type"]).transform("median")
    relative = (
        (area / middling).clip(1 / 3, 3).fillna(1).to_numpy(float)
    )  # a wrong area must not make a giant
    base = (
        units["type"]
        .map({"xã": s.households_xa, "phường": s.households_phuong, "đặc khu": s.households_dac_khu})
        .to_numpy(float)
    )
    made = base * relative**s.area_power * np.exp(s.households_spread * random.standard_normal(len(units)))
    made = np.clip(made, 400, 25_000)
    villages = np.maximum(8, np.rint(made / s.households_per_village)).astype(np.intp)
    commune = np.repeat(np.arange(len(units)), villages)
    weight = random.uniform(0.4, 1.6, commune.size)
    weight *= (made / np.bincount(commune, weight))[commune]
    households = np.maximum(12, np.rint(weight)).astype(np.intp)
    adults = 1 + np.searchsorted(
        np.cumsum(s.household_adults)[:-1], random.random(int(households.sum())), "right"
    )
    ends = np.cumsum(adults)[np.cumsum(households) - 1]
    number = int(ends[-1])
    arm = _adoption(units["type"].to_numpy(object), s, random)
    table = pd.DataFrame(
        {
            "ma_xa": units["code"],
            "ten_xa": units["name"],
            "loai": units["type"],
            "so_ho_gia_lap": np.bincount(commune, households).astype(np.int64),
            "so_nguoi_gia_lap": np.bincount(commune, np.diff(ends, prepend=0)).astype(np.int64),
            "so_thon_gia_lap": villages,
            "ngay_ap_dung": [_day(k, u) for k, u in zip(arm, random.random(arm.size), strict=True)],
            "nhom": np.array(ARMS, dtype=object)[arm],
        }
    )
    return Structure(
        settings=s,
        communes=table,
        commune=commune,
        start=np.r_[0, ends],
        household=np.repeat(np.arange(adults.size, dtype=np.int32), adults),
        woman=(random.random(number) < s.women).astype(np.int8),
        age=np.searchsorted(np.cumsum(s.ages)[:-1], random.random(number), "right").astype(np.int8),
    )


def _adoption(kind: npt.NDArray[Any], s: Settings, random: np.random.Generator) -> Codes:
    """Choose who adopts when, at random within each type of commune."""
    arm = np.ones(kind.size, dtype=np.intp)
    for level in np.unique(kind.astype(str)):
        rows = random.permutation(np.flatnonzero(kind == level))
        early, between = round(s.early * rows.size), round(s.between * rows.size)
        arm[rows[:early]], arm[rows[early : early + between]] = 2, 0
    return arm


def _day(arm: int, u: float) -> str | None:
    if arm == ARMS.index(COMPARISON):
        return None
    first, last = BETWEEN_DAYS if arm == ARMS.index(ADOPTING) else EARLY_DAYS
    return (first + dt.timedelta(days=int(u * ((last - first).days + 1)))).isoformat()
