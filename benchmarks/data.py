"""Synthetic survey data (giả lập) for the benchmarks: strata, communes, PSUs, 30 five-point items."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

SIZES = {"36k": (36_000, 3_600), "1m": (1_000_000, 20_000)}  # rows, PSUs
ITEMS = [f"item_{j}" for j in range(1, 31)]
STRATA, COMMUNES = 68, 3321
MISSING = 0.02
LEVELS = {"province": 34, "urban": 2, "sex": 2, "age": 6, "educ": 5}  # margins to rake to
PLACES = 100  # communes that are compared with each other
PAIRED = ("half_stratum", "half_psu")  # 126 strata of two PSUs, for half-samples
NUMBERS = [f"x_{j}" for j in range(1, 21)]


def make(size: str, seed: int = 20250701) -> pd.DataFrame:
    """Return shuffled rows of a stratified cluster sample of the whole country.

    68 strata (34 provinces, urban and rural), 3,321 communes inside them, PSUs inside communes, at least two
    rows a PSU, weights that vary between and inside PSUs, items of 1 to 5 with 2 % missing.

    Parameters
    ----------
    size : {"36k", "1m"}
    seed : int
    """
    n, psus = SIZES[size]
    rng = np.random.default_rng(seed)
    extra = rng.integers(0, STRATA, COMMUNES - 2 * STRATA)
    stratum_of_commune = np.sort(np.r_[np.tile(np.arange(STRATA), 2), extra])
    commune_of_psu = np.sort(np.r_[np.arange(COMMUNES), rng.integers(0, COMMUNES, psus - COMMUNES)])
    psu = rng.permutation(np.r_[np.repeat(np.arange(psus), 2), rng.integers(0, psus, n - 2 * psus)])
    commune = commune_of_psu[psu]
    stratum = stratum_of_commune[commune]
    level = rng.normal(0, 0.4, psus)[psu] + rng.normal(0, 0.3, COMMUNES)[commune]
    columns = {
        "stratum": stratum.astype("int32"),
        "psu": psu.astype("int32"),
        "commune": commune.astype("int32"),
        "province": (stratum // 2).astype("int32"),
        "weight": rng.gamma(20, 5, psus)[psu] * rng.uniform(0.7, 1.3, n),
    }
    for item in ITEMS:
        answer = np.clip(np.rint(3 + 0.8 * level + rng.normal(0, 1, n)), 1, 5)
        answer[rng.random(n) < MISSING] = np.nan
        columns[item] = answer
    return pd.DataFrame(columns)


def with_auxiliaries(data: pd.DataFrame, seed: int = 20250702) -> pd.DataFrame:
    """Return the design columns and one item of `make` with what weighting needs.

    Margins as numbers and, named ``…_text``, as text; 20 numeric auxiliaries; who responded, by a chance that
    differs by sex, age and commune (every commune has respondents).
    """
    n = len(data)
    rng = np.random.default_rng(seed)
    out = data[["stratum", "psu", "commune", "province", "weight", ITEMS[0]]].copy()
    out["urban"] = out["stratum"] % 2
    for name, count in LEVELS.items():
        if name not in out:
            out[name] = rng.integers(0, count, n).astype("int32")
    names = np.array([f"nhóm {k:02d}" for k in range(max(LEVELS.values()))])
    for name in LEVELS:
        out[f"{name}_text"] = pd.Series(names[out[name].to_numpy()], dtype="str")
    for j, name in enumerate(NUMBERS):
        out[name] = rng.gamma(4, 5 + j, n) + out["age"]
    chance = 0.5 + 0.1 * out["sex"] + 0.03 * out["age"] + rng.normal(0, 0.05, COMMUNES)[out["commune"]]
    out["responded"] = (rng.random(n) < chance).astype("int8")
    first = np.unique(out["commune"].to_numpy(), return_index=True)[1]
    out.loc[first, "responded"] = 1
    return out


def with_covariates(data: pd.DataFrame, seed: int = 20250703) -> pd.DataFrame:
    """Return the design columns and two items of `make` with what estimates and models need.

    Sex, ten numeric covariates, a yes or no that depends on them, 126 strata of two PSUs, and `place`: the
    100 communes with the most PSUs (0 to 99), −1 elsewhere.
    """
    n = len(data)
    rng = np.random.default_rng(seed)
    out = data[["stratum", "psu", "commune", "weight", *ITEMS[:2]]].copy()
    out["sex"] = rng.integers(0, 2, n).astype("int32")
    x = rng.standard_normal((n, 10))
    for j in range(10):
        out[f"x_{j + 1}"] = x[:, j]
    chance = 1 / (1 + np.exp(0.4 - x @ np.linspace(-0.5, 0.5, 10)))
    out["yes"] = (rng.random(n) < chance).astype("int8")
    units = out.groupby("commune")["psu"].nunique().sort_values(ascending=False, kind="stable")
    out["place"] = units.index[:PLACES].get_indexer(out["commune"]).astype("int32")
    out[PAIRED[1]] = (out["psu"] % 252).astype("int32")
    out[PAIRED[0]] = (out[PAIRED[1]] // 2).astype("int32")
    return out


def save(data: pd.DataFrame, folder: Path) -> None:
    """Write each column as raw 8-byte numbers, NaN where missing: what another process or R can read."""
    for name in data:
        data[name].to_numpy("float64").tofile(folder / f"{name}.f8")


def load(folder: Path) -> pd.DataFrame:
    """Read what `save` wrote."""
    codes = ("stratum", "psu", "commune", "province")
    columns = {path.stem: np.fromfile(path) for path in sorted(folder.glob("*.f8"))}
    return pd.DataFrame({k: v.astype("int32") if k in codes else v for k, v in columns.items()})
