"""Synthetic populations (giả lập), samples of them with nonresponse, and eight ways to mend them.

Some 8,000 adults in 300 villages and 4 strata. The answer depends on sex, age and urban or rural, on pairs
of these, on the village and on an x that is known in total. A sample holds 15 villages of each stratum,
drawn with replacement by an outdated size, and 12 adults of each. A person responds with a chance of 40 to
90 %, a product of factors of sex, age and urban or rural: raking, and classes of all three crossed, have the
right model of it, the others a near one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd

import surveykit as sv

POPULATION_SEED = 20261201
VILLAGES, STRATA, TAKEN, TAKE = 300, 4, 15, 12
LEAST, MOST = 16, 60  # adults of a village
STALE = 0.25  # spread of the logarithm of the sizes used for drawing around the true ones
LEVELS = {"loai": ("xã", "phường"), "gioi": ("Nam", "Nữ"), "tuoi": ("18–34", "35–59", "60+")}
CLASSES = list(LEVELS)
ANSWERED = "tra_loi"
#: Chance of responding: 0.9 times the factors of place, sex and age.
RESPONSE = ((1.0, 0.75), (0.84, 1.0), (0.7, 0.86, 1.0))
Steps = Callable[[sv.Design], sv.Design]


class Setting(NamedTuple):
    """Mean answer by place, sex and age (2, 2, 3); spread of villages and persons; slope of x."""

    answer: tuple[tuple[tuple[int, int, int], ...], ...]
    village: float
    person: float
    slope: float


#: Plausible, and one in which all depends on how two classes meet, so that margins explain little.
SETTINGS = {
    "thường": Setting((((52, 55, 57), (55, 58, 66)), ((30, 44, 54), (38, 50, 56))), 3.0, 9.0, 1.5),
    "chéo": Setting((((40, 50, 60), (40, 50, 60)), ((60, 50, 40), (60, 50, 40))), 0.5, 2.0, 0.0),
}


class Population(NamedTuple):
    """Villages: stratum, old size (V,), first adult (V + 1,). Adults: classes (N, 3), x, chance, answer."""

    stratum: np.ndarray
    size: np.ndarray
    start: np.ndarray
    codes: np.ndarray
    x: np.ndarray
    chance: np.ndarray
    y: np.ndarray

    @property
    def margins(self) -> dict[str, dict[str, float]]:
        """People of each level of each margin."""
        counts = (np.bincount(codes) for codes in self.codes.T)
        return {name: dict(zip(LEVELS[name], n, strict=True)) for name, n in zip(LEVELS, counts, strict=True)}

    @property
    def truth(self) -> np.ndarray:
        """(3,) what is estimated: mean, total, mean in urban places."""
        return np.array([self.y.mean(), self.y.sum(), self.y[self.codes[:, 0] == 1].mean()])


@cache
def population(name: str = "thường") -> Population:
    """Make a population, always the same."""
    setting = SETTINGS[name]
    rng = np.random.default_rng(POPULATION_SEED)
    adults = np.clip(np.rint(rng.lognormal(3.2, 0.35, VILLAGES)), LEAST, MOST).astype(np.intp)
    village = np.repeat(np.arange(VILLAGES), adults)
    N = village.size
    stratum = np.repeat(np.arange(STRATA), [60, 70, 80, 90])
    place = (rng.random(VILLAGES) < np.array([0.5, 0.4, 0.3, 0.2])[stratum])[village]
    older = rng.uniform(-0.08, 0.08, VILLAGES)[village]
    sex = rng.random(N) < 0.51
    u = rng.random(N) + older
    age = (u > 0.3).astype(np.intp) + (u > 0.75)
    codes = np.column_stack([place, sex, age]).astype(np.intp)
    x = rng.gamma(4.0, 1.0, N)
    noise = setting.village * rng.normal(size=VILLAGES)[village] + setting.person * rng.normal(size=N)
    y = np.array(setting.answer, dtype=float)[tuple(codes.T)] + setting.slope * (x - 4) + noise
    factors = [np.array(own)[k] for own, k in zip(RESPONSE, codes.T, strict=True)]
    size = adults * rng.lognormal(0.0, STALE, VILLAGES)
    start = np.r_[0, np.cumsum(adults)]
    return Population(stratum, size, start, codes, x, 0.9 * np.prod(factors, axis=0), y)


def draw(of: Population, rng: np.random.Generator, taken: int = TAKEN) -> pd.DataFrame:
    """Draw a sample, a row for everyone chosen; those who do not respond have no answer.

    Villages are drawn with replacement, each time with adults of its own, so that the spread between the
    villages drawn is that of the whole design, the chance of responding included.
    """
    chosen, weight = [], []
    for h in range(STRATA):
        own = np.flatnonzero(of.stratum == h)
        p = of.size[own] / of.size[own].sum()
        for k in rng.choice(own.size, taken, p=p):
            first, last = of.start[own[k]], of.start[own[k] + 1]
            chosen.append(first + rng.permutation(last - first)[:TAKE])
            weight.append((last - first) / (taken * p[k] * TAKE))
    i, w = np.concatenate(chosen), np.repeat(weight, TAKE)
    yes = rng.random(i.size) < of.chance[i]
    village = np.repeat(np.arange(STRATA * taken), TAKE)
    classes = {
        name: pd.Categorical.from_codes(codes, list(LEVELS[name]))
        for name, codes in zip(LEVELS, of.codes[i].T, strict=True)
    }
    return pd.DataFrame({
        "w": w, "w_tra_loi": w * yes, ANSWERED: yes, "tang": village // taken, "thon": village, **classes,
        "x": of.x[i], "diem": np.where(yes, of.y[i], np.nan),
    })  # fmt: skip


def design(data: pd.DataFrame, weights: str = "w") -> sv.Design:
    """Return the design of a sample; with "w_tra_loi" nonrespondents have no weight before any step."""
    return sv.Design(data, weights=weights, strata="tang", psu="thon")


def held(of: sv.Design) -> sv.Design:
    """Return the design with the final weights of another as a column, so that its steps are not known."""
    return design(of.data.assign(held=of.w), "held")


class Method(NamedTuple):
    """One way to mend: the column of weights to begin with, its steps, and the steps with R's variance.

    R takes weights after nonresponse as known and linearises calibration at the weights before it;
    ``as_r`` is None where nothing but known weights is left.
    """

    name: str
    weights: str
    steps: Steps
    as_r: Steps | None = None


def methods(of: Population) -> dict[str, Method]:
    """Return the eight ways, by letter; "0" mends nothing."""
    margins, both = of.margins, ("raked", "base")
    totals = {**margins, "x": float(of.x.sum())}

    def classes(d: sv.Design) -> sv.Design:
        return sv.adjust_nonresponse(d, responded=ANSWERED, cells=CLASSES)

    def propensity(method: str, *, estimated: bool = True) -> Steps:
        return lambda d: sv.adjust_nonresponse(
            d, responded=ANSWERED, method=method, predictors=CLASSES, estimated=estimated
        )

    rake, rake_r = (lambda d, at=at: sv.rake(d, margins, linearisation=at) for at in both)
    logit, logit_r = (
        lambda d, at=at: sv.calibrate(d, margins, distance="logit", bounds=(0.4, 5.0), linearisation=at)
        for at in ("calibrated", "base")
    )

    greg, greg_r = (  # the bounds only keep weights above 0, in one sample of thousands
        lambda d, at=at: sv.calibrate(d, totals, bounds=(0.1, 10.0), linearisation=at)
        for at in ("calibrated", "base")
    )

    def trim(d: sv.Design) -> sv.Design:
        return sv.trim(d, ratio=2.5)

    known = propensity("propensity", estimated=False)

    return {
        "0": Method("không sửa gì", "w_tra_loi", lambda d: d),
        "a": Method("lớp trả lời", "w", classes),
        "b": Method("raking", "w_tra_loi", rake, rake_r),
        "c": Method("propensity logit", "w", propensity("propensity"), known),
        "d": Method("lớp propensity", "w", propensity("propensity_classes")),
        "e": Method("lớp, raking", "w", lambda d: rake(classes(d)), lambda d: rake_r(held(classes(d)))),
        "f": Method("raking có biên (logit)", "w_tra_loi", logit, logit_r),
        "g": Method("GREG", "w_tra_loi", greg, greg_r),
        "h": Method("lớp, raking, cắt và hiệu chỉnh lại", "w", lambda d: trim(rake(classes(d))),
                    lambda d: trim(rake_r(held(classes(d))))),
    }  # fmt: skip
