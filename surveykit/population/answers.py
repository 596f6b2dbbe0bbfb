r"""Answers of all adults in both waves, and the truth counted from them.

The answer to an item is a latent value cut at four points. The latent value of adult i of village v in
commune c in wave t is

.. math:: \alpha_{jt} + x_i + \delta_j A_{ct} + h\,(a_c + b_{ct} + g_v + e_{it})
          + \sqrt{1 - h^2}\, (f_{it} + u_{ijt}) / \sqrt 2

with x sex, age and type of commune; A 1 after adoption; a, b, g, e, f, u normal; a + b + g + e of variance 1;
h = 1 for the overall item and the halo for the others; f common to the items of a factor. The intercepts are
solved for, so that the shares satisfied that are expected over the random effects are those of the settings.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtr, ndtri

from .settings import ARM_CODES, ARMS, FACTORS, INDICATORS, ITEMS, SYNTHETIC, Settings
from .structure import Structure, build

Array = npt.NDArray[np.float64]

#: Cut points of the latent value between the answers 1|2, 2|3, 3|4 and 4|5.
CUTS = (-1.6, -0.9, 0.0, 1.5)


@dataclass(frozen=True)
class Population:
    """A structure, the answers of all its adults in both waves, and the truth counted from them.

    Attributes
    ----------
    structure, seed : what it was simulated from
    answers : (2, J, N) answers 1 to 5 by wave, item and adult; J is 16, or 1 without the items
    satisfied : (2, K, C) share satisfied by wave, indicator (overall, then the factors) and commune
    """

    structure: Structure
    seed: int
    answers: npt.NDArray[np.int8]
    satisfied: Array

    def effect(self) -> Array:
        """(K,) true effect: mean change of adopting less mean change of comparison communes, by adults."""
        change = self.satisfied[1] - self.satisfied[0]
        arm, adults = self.structure.arm, self.structure.communes["so_nguoi_gia_lap"].to_numpy(float)
        adopting, comparison = (
            np.average(change[:, arm == k], axis=1, weights=adults[arm == k]) for k in (0, 1)
        )
        result: Array = adopting - comparison
        return result

    @cached_property
    def truth(self) -> pd.DataFrame:
        """Shares of all adults by commune and group; the effect in this population and its parameter."""
        places, adults = self.structure.communes, self.structure.communes["so_nguoi_gia_lap"].to_numpy(float)
        names = INDICATORS[: self.satisfied.shape[1]]
        parts = [_rows("xã", places["ma_xa"], places["ten_xa"], names, self.satisfied)]
        groups = [
            (code, arm, self.structure.arm == k)
            for k, (code, arm) in enumerate(zip(ARM_CODES, ARMS, strict=True))
        ]
        groups.append(("toan_tinh", "toàn tỉnh", np.ones(adults.size, dtype=bool)))
        shares = np.stack(
            [np.average(self.satisfied[..., w], axis=2, weights=adults[w]) for _, _, w in groups if w.any()],
            axis=2,
        )
        groups = [g for g in groups if g[2].any()]
        parts.append(_rows("nhóm", [g[0] for g in groups], [g[1] for g in groups], names, shares))
        parameter = np.full(len(names), self.structure.settings.effect)
        for scope, code, text, value in (
            ("hiệu quả", "did", "hiệu quả trong dân số này", self.effect()),
            ("tham số", "tham_so", "hiệu quả dùng để tạo dân số", parameter),
        ):
            parts.append(_rows(scope, [code], [text], names, value[None, :, None]).assign(dot=None))
        return pd.concat(parts, ignore_index=True).astype({"dot": "Int64"}).assign(nguon=SYNTHETIC)


def _rows(scope: str, codes: Any, names: Any, indicators: Any, values: Array) -> pd.DataFrame:
    """Write (waves, indicators, places) out with a row for each value, places first."""
    waves, kinds, places = values.shape
    return pd.DataFrame(
        {
            "pham_vi": scope,
            "ma": np.repeat(np.asarray(codes, dtype=object), waves * kinds),
            "ten": np.repeat(np.asarray(names, dtype=object), waves * kinds),
            "chi_tieu": np.tile(np.repeat(np.asarray(indicators, dtype=object), waves), places),
            "dot": np.tile(np.arange(1, waves + 1), places * kinds),
            "gia_tri": values.transpose(2, 1, 0).ravel(),
        }
    )


def simulate(
    place: Structure | str, *, seed: int, items: bool = True, settings: Settings | None = None
) -> Population:
    """Give every adult answers in both waves, and count the truth.

    Parameters
    ----------
    place : a structure from `build`, or the name of a province
    seed : of the effects and answers; the structure stays the same
    items : without the 15 items it is about ten times faster, and the overall answers are the same
    settings : for a province given by name

    Returns
    -------
    Population

    Examples
    --------
    >>> province = build("Cao Bằng")
    >>> population = simulate(province, seed=20261122, items=False)
    >>> population.satisfied.shape, population.effect().round(3)
    ((2, 1, 56), array([0.066]))
    """
    p = build(place, settings) if isinstance(place, str) else place
    s = p.settings
    general, special = (
        np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, part)))) for part in (11, 12)
    )
    kinds = len(ITEMS) if items else 1
    x, before, after, shift = _intercepts(p, kinds)
    own = x[p.cell]
    adopted = np.stack([p.each((p.arm == 2).astype(float)), p.each((p.arm != 1).astype(float))])
    effects = _random_effects(p, general)
    straight = general.random(own.size) < s.straight_lining
    answers = np.empty((2, kinds, own.size), dtype=np.int8)
    for t, intercept in enumerate((before, after)):
        answers[t, 0] = _cut(own + intercept[0] + shift[0] * adopted[t] + effects[t])
        if not items:
            continue
        column = 0
        for factor in FACTORS.values():
            common = s.halo * effects[t] + np.sqrt((1 - s.halo**2) / 2) * special.standard_normal(own.size)
            for _ in factor:
                column += 1
                noise = np.sqrt((1 - s.halo**2) / 2) * special.standard_normal(own.size)
                level = _cut(own + intercept[column] + shift[column] * adopted[t] + common + noise)
                answers[t, column] = np.where(straight, answers[t, 0], level)
    return Population(p, seed, answers, _indicators(_shares(p, answers)))


def _cut(latent: Array) -> npt.NDArray[np.int8]:
    level = np.ones(latent.size, dtype=np.int8)
    for point in CUTS:
        level += latent > point
    return level


def _shares(p: Structure, answers: npt.NDArray[np.int8]) -> Array:
    """Share satisfied by wave, item and commune, counted over all adults."""
    first = p.start[np.searchsorted(p.commune, np.arange(len(p.communes)))]
    counts = np.add.reduceat(answers >= 4, first, axis=2, dtype=np.int64)
    return np.asarray(counts / p.communes["so_nguoi_gia_lap"].to_numpy(float))


def _indicators(shares: Array) -> Array:
    """Mean over the items of each factor: a person's share of satisfied items, averaged."""
    if shares.shape[1] == 1:
        return shares
    rows = [[0], *([ITEMS.index(item) for item in items] for items in FACTORS.values())]
    return np.stack([shares[:, row].mean(axis=1) for row in rows], axis=1)


def _random_effects(p: Structure, random: np.random.Generator) -> Array:
    """(2, N) effects of commune, commune in this wave, village and person, with variance 1 in each wave."""
    s = p.settings
    commune = _latent_correlation(s.baseline, s.icc_commune)
    total = _latent_correlation(s.baseline, s.icc)
    point = ndtri(s.baseline)
    change = min((s.change_sd * np.sqrt(2 * np.pi) * np.exp(point**2 / 2)) ** 2 / 2, commune)
    lasting = np.sqrt(commune - change) * random.standard_normal(len(p.communes))
    by_wave = np.sqrt(change) * random.standard_normal((2, len(p.communes)))
    village = np.sqrt(total - commune) * random.standard_normal(p.commune.size)
    shared = (lasting + by_wave)[:, p.commune] + village
    person = np.sqrt(1 - total) * random.standard_normal((2, p.woman.size))
    return np.asarray(np.repeat(shared, np.diff(p.start), axis=1) + person)


def _latent_correlation(share: float, icc: float) -> float:
    """Correlation of two normals that, cut at this share, are correlated by icc (tetrachoric)."""
    point, nodes = ndtri(share) ** 2, np.polynomial.legendre.leggauss(24)

    def density(r: Any) -> Any:
        return np.exp(-point / (1 + r)) / (2 * np.pi * np.sqrt(1 - r**2))

    found = 0.0
    for _ in range(30):
        covariance = found / 2 * (nodes[1] * density(found / 2 * (nodes[0] + 1))).sum()
        found = min(found - (covariance - icc * share * (1 - share)) / density(found), 0.99)
    return float(found)


def _intercepts(p: Structure, kinds: int) -> tuple[Array, Array, Array, Array]:
    """Solve for what makes the expected shares of the population those of the settings.

    Returns
    -------
    x : (36,) effect of sex, age and type on the latent value, by cell
    before, after : (J,) intercepts of the two waves, without adoption
    shift : (J,) effect of adoption: makes the expected difference in differences the one asked for
    """
    s = p.settings
    arm, urban, woman, age = (k.ravel() for k in np.indices((3, 2, 2, 3)))
    slope = np.exp(-(ndtri(s.baseline) ** 2) / 2) / np.sqrt(2 * np.pi)
    x = (np.array(s.answer_ages)[age] + s.answer_women * woman + s.answer_phuong * urban) / slope
    number = np.bincount(p.cell, minlength=36).astype(float)
    gaps = [0.0]
    for gap, items in zip(s.factor_gaps, FACTORS.values(), strict=True):
        gaps += list(gap + np.linspace(-0.01, 0.01, len(items)))
    target = s.baseline + np.array(gaps[:kinds])

    def expected(intercept: Array, weight: Array) -> Array:
        return np.asarray(np.average(ndtr(intercept[:, None] + x), axis=1, weights=weight))

    before, after = _solve(target, x, number), _solve(target + s.secular, x, number)
    adopting, comparison = number * (arm == 0), number * (arm == 1)
    change = expected(after, comparison) - expected(before, comparison)
    treated = _solve(expected(before, adopting) + change + s.effect, x, adopting)
    return x, before, after, treated - after


def _solve(target: Array, x: Array, weight: Array) -> Array:
    """Return intercepts (J,) at which the mean share over the cells is the target (J,)."""
    found = ndtri(target)
    for _ in range(20):
        at = found[:, None] + x
        slope = np.average(np.exp(-(at**2) / 2), axis=1, weights=weight) / np.sqrt(2 * np.pi)
        found = found - (np.average(ndtr(at), axis=1, weights=weight) - target) / slope
    return np.asarray(found)
