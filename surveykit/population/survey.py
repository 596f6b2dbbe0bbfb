"""The demonstration survey: communes drawn, villages and adults within them, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sampling.probabilities import certainty_units, pps_probabilities, whole_sizes
from sampling.selection import select_pps_systematic, select_srs, uniforms

from .answers import Population
from .settings import AGES, EARLY, ITEMS, SEXES, SYNTHETIC
from .structure import Structure

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]

#: Communes drawn in the adopting and in the comparison arm, and among early adopters; villages; adults.
COMMUNES, EARLY_COMMUNES, VILLAGES, ADULTS = 20, 4, 4, 8
#: What becomes of a form.
OUTCOMES = ("dùng được", "không dùng được", "không thu về")


@dataclass(frozen=True)
class Survey:
    """A survey of a population in both waves, as it comes back from the field.

    Attributes
    ----------
    forms : a row per form issued, in both waves
    communes : a row per commune of the province: group, drawn or not, inclusion probability
    margins : shares of sexes and ages among all adults
    """

    population: Population
    seed: int
    forms: pd.DataFrame
    communes: pd.DataFrame
    margins: pd.DataFrame


def draw_demo(population: Population, *, seed: int) -> Survey:
    """Draw the demonstration survey from a population, and let it answer.

    Communes: 20 of those that adopt between the waves and 20 of those that do not, systematically with
    probability proportional to households; the 20 are shared between phường and xã (đặc khu with xã) in
    proportion to households, at least one each and at most all. Shares that would leave a stratum with a
    single commune drawn by chance, which has no variance, are passed over. Certainty communes are split off
    into strata of their own. Early adopters: 4 by SRS, one stratum, apart. Both waves have the same communes.

    Villages: 8 of the M of a commune by SRS, of which 4 at random are for the first wave and the 4 others for
    the second. So villages are fresh in the second wave, and in each wave the probability is 4/M.
    Adults: 8 of each village by SRS. The weight is 1 / (commune x village x adult probability).

    Response differs by sex, age and type of commune, not by the answer itself.

    Parameters
    ----------
    population : from `simulate`
    seed : of the draw and of who responds

    Returns
    -------
    Survey

    Examples
    --------
    >>> from surveykit.population import simulate
    >>> survey = draw_demo(simulate("Cao Bằng", seed=1, items=False), seed=1)
    >>> survey.forms.groupby("dot").size().tolist(), int(survey.communes["duoc_chon"].sum())
    ([1408, 1408], 44)
    """
    p = population.structure
    communes = _draw_communes(p, seed)
    village, wave = _draw_villages(p, np.flatnonzero(communes["duoc_chon"]), seed)
    size = np.diff(p.start)[village]
    first = np.cumsum(size) - size
    drawn = select_srs(int(size.sum()), ADULTS, within=np.repeat(np.arange(size.size), size), seed=(seed, 5))
    row = np.sort(drawn.position)
    row = row.reshape(size.size, ADULTS) - first[:, None] + p.start[village][:, None]
    place = p.commune[village]
    probability = (
        communes["xac_suat"].to_numpy()[place] * VILLAGES / p.communes["so_thon_gia_lap"].to_numpy()[place]
    )
    person, forms = row.ravel(), np.repeat(np.arange(size.size), ADULTS)
    outcome = _outcome(p, person, seed)
    table = pd.DataFrame(
        {
            "dot": wave[forms],
            "ma_xa": p.communes["ma_xa"].to_numpy()[place[forms]],
            "ma_thon": _village_ids(p)[village[forms]],
            "tang": communes["tang"].to_numpy()[place[forms]],
            "quyen_so": np.round((size / (probability * ADULTS))[forms], 6),
            "ket_qua": np.array(OUTCOMES, dtype=object)[outcome],
            "tra_loi": (outcome == 0).astype(np.int64),
            "gioi": np.array(SEXES, dtype=object)[p.woman[person]],
            "nhom_tuoi": np.array(AGES, dtype=object)[p.age[person]],
        }
    )
    table.insert(0, "ma_phieu", _form_ids(wave[forms]))
    answers = population.answers[wave[forms] - 1, :, person]
    empty = uniforms(answers.size, (seed, 8)).reshape(answers.shape) < p.settings.missing_item
    empty[:, 0] = False
    empty |= (outcome > 0)[:, None]
    for k, item in enumerate(ITEMS[: answers.shape[1]]):
        table[item] = pd.array(answers[:, k], dtype="Int64")
        table.loc[empty[:, k], item] = pd.NA
    table["nguon"] = SYNTHETIC
    return Survey(population, seed, table, communes, _margins(p))


def _draw_communes(p: Structure, seed: int) -> pd.DataFrame:
    """Return the communes of the province with stratum, inclusion probability and whether they are drawn."""
    table = p.communes.drop(columns=["so_nguoi_gia_lap", "so_thon_gia_lap"])
    size, code = table["so_ho_gia_lap"].to_numpy(), table["ma_xa"].to_numpy()
    kind = np.where(p.urban == 1, "phường", "xã").astype(object)
    stratum = np.array([f"{k} – {g}" for k, g in zip(kind, table["nhom"], strict=True)], dtype=object)
    probability, drawn = np.zeros(code.size), np.zeros(code.size, dtype=bool)
    wanted: dict[str, int] = {}
    for arm in (0, 1):
        rows = [np.flatnonzero((p.arm == arm) & (p.urban == urban)) for urban in (1, 0)]
        shares = _allocate([size[r] for r in rows], COMMUNES)
        for r, n in zip(rows, shares, strict=True):
            if n:
                wanted[stratum[r[0]]] = n
                probability[r] = pps_probabilities(size[r], n)
    main = np.flatnonzero(p.arm != 2)
    chosen = select_pps_systematic(code[main], size[main], wanted, within=stratum[main], seed=(seed, 1))
    drawn[main[chosen.position]] = True
    sure = main[chosen.position[chosen.certainty]]
    stratum[sure] = [f"chắc chắn {c}" for c in code[sure]]
    early = np.flatnonzero(p.arm == 2)
    if early.size:
        stratum[early] = EARLY
        n = min(EARLY_COMMUNES, early.size)
        probability[early] = n / early.size
        drawn[early[select_srs(code[early], n, seed=(seed, 2)).position]] = True
    return table.assign(tang=stratum, duoc_chon=drawn.astype(int), xac_suat=probability, nguon=SYNTHETIC)


def _allocate(size: list[npt.NDArray[Any]], n: int) -> tuple[int, int]:
    """Share n communes between two strata by households; avoid a single draw by chance in either.

    Examples
    --------
    >>> _allocate([np.array([9, 8]), np.arange(20, 41)], 8)  # 0.2 of 8 by households; 1 would be alone
    (2, 6)
    """
    units = [s.size for s in size]
    n = min(n, sum(units))
    ideal = n * size[0].sum() / max(size[0].sum() + size[1].sum(), 1)

    def lonely(k: int, of: npt.NDArray[Any]) -> bool:
        return k > 0 and k - int(certainty_units(whole_sizes(of), k).sum()) == 1

    possible = [
        (k, n - k)
        for k in range(n + 1)
        if all(min(1, u) <= m <= u for m, u in zip((k, n - k), units, strict=True))
    ]
    return min(possible, key=lambda pair: (sum(map(lonely, pair, size)), abs(pair[0] - ideal)))


def _draw_villages(p: Structure, chosen: Codes, seed: int) -> tuple[Codes, Codes]:
    """Draw 8 villages of each commune, half of them for each wave; return them and their wave (1 or 2)."""
    village = np.flatnonzero(np.isin(p.commune, chosen))
    ids, within = _village_ids(p), p.communes["ma_xa"].to_numpy()[p.commune]
    both = select_srs(ids[village], 2 * VILLAGES, within=within[village], seed=(seed, 3))
    village = np.sort(village[both.position])
    half = select_srs(ids[village], VILLAGES, within=within[village], seed=(seed, 4))
    wave = np.full(village.size, 2, dtype=np.intp)
    wave[half.position] = 1
    order = np.lexsort((village, wave))
    return village[order], wave[order]


def _village_ids(p: Structure) -> npt.NDArray[Any]:
    """(V,) id of each village: the code of its commune and a number within it."""
    code = p.communes["ma_xa"].to_numpy()[p.commune]
    number = np.arange(code.size) - np.searchsorted(p.commune, p.commune) + 1
    return np.array([f"{c}-T{k:03d}" for c, k in zip(code, number, strict=True)], dtype=object)


def _form_ids(wave: Codes) -> list[str]:
    number = np.arange(wave.size) - np.searchsorted(wave, wave) + 1
    return [f"D{w}-{k:04d}" for w, k in zip(wave, number, strict=True)]


def _outcome(p: Structure, person: Codes, seed: int) -> Codes:
    """(n,) 0 usable, 1 returned but unusable, 2 not returned; over all adults as many return as asked for."""
    s = p.settings
    urban, woman, age = (k.ravel() for k in np.indices((2, 2, 3)))
    gain = np.array(s.response_ages)[age] + s.response_women * woman + s.response_phuong * urban
    cell = p.cell % 12  # without the arm
    gain = np.clip(s.response + gain - np.average(gain, weights=np.bincount(cell, minlength=12)), 0, 1)
    returned = uniforms(person.size, (seed, 6)) < gain[cell[person]]
    usable = uniforms(person.size, (seed, 7)) >= s.unusable
    return np.where(returned, np.where(usable, 0, 1), 2)


def _margins(p: Structure) -> pd.DataFrame:
    """Shares of sexes and ages among all adults of the province."""
    shares = {
        "gioi": dict(zip(SEXES, np.bincount(p.woman, minlength=2) / p.woman.size, strict=True)),
        "nhom_tuoi": dict(zip(AGES, np.bincount(p.age, minlength=3) / p.age.size, strict=True)),
    }
    rows = [(name, level, share) for name, levels in shares.items() for level, share in levels.items()]
    return pd.DataFrame(rows, columns=["dac_diem", "muc", "ty_le"]).assign(nguon=SYNTHETIC)
