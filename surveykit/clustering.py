"""How a sample's clusters, weights and strata change its precision: intraclass correlation, parts of deff."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sampling.checks import ArgumentError, DataError
from surveykit.columns import answers
from surveykit.design import Design, check_design
from surveykit.estimation import Names, check_answers, mean
from surveykit.formulas.icc import icc as formula
from surveykit.formulas.statistics import divide


def deff_parts(design: Design, y: str, *, where: str | None = None) -> pd.DataFrame:
    """Take the design effect of a mean apart into what weights, clusters and strata do.

    The mean's variance is worked out under four designs: simple random (with replacement, equal weights as
    ``deff``), the weights alone, weights and clusters, and the whole; each part is the ratio of one to the
    one before, so that their product is the whole design effect.

    Returns
    -------
    DataFrame with a row for "weights", "clusters", "strata and fractions" and "total": ``deff`` and ``share``
    of its logarithm

    Raises
    ------
    DataError
        The mean has no standard error, or answers do not vary.

    Examples
    --------
    >>> import surveykit as sv
    >>> from surveykit.clustering import deff_parts
    >>> people = pd.DataFrame({"w": [1, 1, 2, 2, 1, 1], "thon": list("aabbcc"), "y": [4, 5, 1, 2, 3, 3]})
    >>> parts = deff_parts(sv.Design(people, weights="w", psu="thon"), "y")["deff"]
    >>> bool(np.isclose(parts.iloc[:3].prod(), parts["total"]))
    True
    """
    one_column(design, y)
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
    if not np.isfinite(v).all() or min(v) <= 0:
        why = whole.reason.iloc[0] or "all answers are the same, or there is no sampling error"
        raise DataError(f"y={y!r}: {why}, so there is no design effect to take apart.")
    parts = [v[i + 1] / v[i] for i in range(3)]
    table = pd.DataFrame({"deff": [*parts, v[3] / v[0]]}, index=pd.Index([*PARTS, "total"], name="part"))
    with np.errstate(divide="ignore", invalid="ignore"):
        table["share"] = np.log(table["deff"]) / np.log(table["deff"].iloc[-1])
    return table


WEIGHT, UNIT = "weight of the design", "first-stage unit"
PARTS = ("weights", "clusters", "strata and fractions")


def icc(
    design: Design, y: str, *, by: Names | None = None, where: str | None = None
) -> pd.Series | pd.DataFrame:
    r"""Estimate the intraclass correlation of a column inside the first-stage units (analysis of variance).

    .. math:: \hat\rho = \hat\sigma_b^2 / (\hat\sigma_b^2 + \hat\sigma_w^2)

    with both parts from the weighted sums of squares between and inside units, set equal to what they are on
    average. What strata differ by counts as between units; ``sampling.size`` wants Kish's rate of homogeneity
    of a design with strata, which ``planning.from_design`` gives. A jackknife over the units gives the
    standard error.

    Returns
    -------
    Series with ``icc``, ``se``, ``units`` and ``take``; with ``by`` a DataFrame, a row for each group

    References
    ----------
    Searle, Casella and McCulloch (1992), Variance Components, ch. 5.

    Examples
    --------
    >>> import surveykit as sv
    >>> from surveykit.clustering import icc
    >>> people = pd.DataFrame({"thon": list("aabbccdd"), "y": [1, 1, 0, 0, 1, 1, 0, 0]})
    >>> round(float(icc(sv.Design(people, sampling="srs", psu="thon"), "y")["icc"]), 3)
    1.0
    """
    one_column(design, y, by)
    if not design.psu:
        raise ArgumentError("icc needs units with several rows: name them with psu= when the design is made.")
    column = answers(design.data, y, "correlation")
    assert column.values is not None
    domains = design.domains(by if by is None or len(by) else None, where)
    inside = domains.row >= 0
    inside[column.missing] = False
    if not inside.any():
        raise DataError(f"y={y!r} has no answers in the rows asked for: all are missing.")
    units = len(design.units(0).parent)
    pairs, unit = np.unique(domains.row[inside] * units + design.units(0).row[inside], return_inverse=True)
    domain = pairs // units
    found, se = formula(column.values[inside], design.w[inside], unit, domain)
    size, D = np.bincount(unit), len(found)
    rows = {
        "icc": found,
        "se": se,
        "units": np.bincount(domain, minlength=D).astype(float),
        "take": divide(*(np.bincount(domain, part, D).astype(float) for part in (size**2, size))),
    }
    if domains.names is None:
        return pd.Series({name: float(part[0]) for name, part in rows.items()})
    return pd.DataFrame(rows, index=domains.names[:D]).reindex(domains.names)


def one_column(design: Design, y: str, by: Names | None = None) -> None:
    """Refuse anything but the name of one column."""
    check_design(design)
    if not isinstance(y, str):
        raise ArgumentError(f"y={y!r}: pass the name of one column.")
    check_answers(design, y, by)
