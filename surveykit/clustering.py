"""How a sample's clusters, weights and strata change its precision: intraclass correlation, parts of deff."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sampling.checks import ArgumentError
from surveykit.design import Design, check_design
from surveykit.estimation import check_answers, mean


def deff_parts(design: Design, y: str, *, where: str | None = None) -> pd.DataFrame:
    """Take the design effect of a mean apart into what weights, clusters and strata do.

    The mean's variance is worked out under four designs: simple random (with replacement, equal weights as
    ``deff``), the weights alone, weights and clusters, and the whole; each part is the ratio of one to the
    one before, so that their product is the whole design effect.

    Returns
    -------
    DataFrame with a row for "weights", "clusters", "strata and fractions" and "total": ``deff`` and ``share``
    of its logarithm

    Examples
    --------
    >>> import surveykit as sv
    >>> from surveykit.clustering import deff_parts
    >>> people = pd.DataFrame({"w": [1, 1, 2, 2, 1, 1], "thon": list("aabbcc"), "y": [4, 5, 1, 2, 3, 3]})
    >>> parts = deff_parts(sv.Design(people, weights="w", psu="thon"), "y")["deff"]
    >>> bool(np.isclose(parts.iloc[:3].prod(), parts["total"]))
    True
    """
    check_design(design)
    check_answers(design, y, None)
    if design.steps or design.replicates is not None:
        raise ArgumentError(
            "deff_parts needs a design without weighting steps and replicates: take it before."
        )
    whole = mean(design, y, where=where)
    plain = design.data.assign(**{WEIGHT: design.w})
    subset = " and ".join(f"({c})" for c in (*design.subset, *((where,) if where else ()))) or None
    v = [float(whole.reference[0][0])]
    v.append(float(mean(Design(plain, weights=WEIGHT), y, where=subset).variance[0]))
    if design.psu:
        plain = plain.assign(**{UNIT: design.units(0).row})
        v.append(float(mean(Design(plain, weights=WEIGHT, psu=UNIT), y, where=subset).variance[0]))
    else:
        v.append(v[-1])
    v.append(float(whole.variance[0]))
    parts = [v[i + 1] / v[i] for i in range(3)]
    table = pd.DataFrame({"deff": [*parts, v[3] / v[0]]}, index=pd.Index([*PARTS, "total"], name="part"))
    with np.errstate(divide="ignore", invalid="ignore"):
        table["share"] = np.log(table["deff"]) / np.log(table["deff"].iloc[-1])
    return table


WEIGHT, UNIT = "weight of the design", "first-stage unit"
PARTS = ("weights", "clusters", "strata and fractions")


def icc(design: Design, y: str, *, where: str | None = None) -> pd.Series:
    r"""Estimate the intraclass correlation of a column inside the first-stage units (analysis of variance).

    .. math:: \hat\rho = \frac{MS_b - MS_w}{MS_b + (n_0 - 1) MS_w}, \qquad
              n_0 = \frac{n - \sum n_g^2 / n}{G - 1}

    with weights that average 1 in the mean squares (Donner & Koval 1980, Biometrics 36). A jackknife over the
    units gives its standard error.

    Returns
    -------
    Series with ``icc``, ``se``, ``units`` and ``take``

    Examples
    --------
    >>> import surveykit as sv
    >>> from surveykit.clustering import icc
    >>> people = pd.DataFrame({"thon": list("aabbccdd"), "y": [1, 1, 0, 0, 1, 1, 0, 0]})
    >>> round(float(icc(sv.Design(people, sampling="srs", psu="thon"), "y")["icc"]), 3)
    1.0
    """
    check_design(design)
    check_answers(design, y, None)
    if not design.psu:
        raise ArgumentError("icc needs units with several rows: name them with psu= when the design is made.")
    inside = (design.domains(None, where).row >= 0) & ~design.data[y].isna().to_numpy()
    values = design.data[y].to_numpy(float, na_value=np.nan)[inside]
    w, unit = design.w[inside], np.unique(design.units(0).row[inside], return_inverse=True)[1]
    own = _icc(values, w, unit)
    G = int(unit.max()) + 1
    if G < 3 or np.isnan(own):
        return pd.Series({"icc": own, "se": np.nan, "units": float(G), "take": take(unit)})
    left = np.array([_icc(values[unit != g], w[unit != g], np.unique(unit[unit != g], return_inverse=True)[1])
                     for g in range(G)])  # fmt: skip
    se = float(np.sqrt((G - 1) / G * ((left - left.mean()) ** 2).sum()))
    return pd.Series({"icc": own, "se": se, "units": float(G), "take": take(unit)})


def take(unit: np.ndarray) -> float:
    """Mean take of a cluster as an answer sees it, Σ n_i² / n."""
    n = np.bincount(unit)
    return float((n**2).sum() / n.sum())


def _icc(y: np.ndarray, w: np.ndarray, unit: np.ndarray) -> float:
    n, G = y.size, int(unit.max()) + 1
    if n <= G or G < 2:
        return float("nan")
    w = w / w.mean()
    W, size = np.bincount(unit, weights=w), np.bincount(unit)
    mean = np.bincount(unit, weights=w * y) / W
    between = float((W * (mean - (w @ y) / w.sum()) ** 2).sum()) / (G - 1)
    within = float((w * (y - mean[unit]) ** 2).sum()) / (n - G)
    n0 = (n - float((size**2).sum()) / n) / (G - 1)
    whole = between + (n0 - 1) * within
    return (between - within) / whole if whole > 0 else float("nan")
