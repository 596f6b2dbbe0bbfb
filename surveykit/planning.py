"""What an earlier survey tells about the next one: share or mean, spread, design effect, ICC, response."""

from __future__ import annotations

from typing import Any

import numpy as np

from sampling.checks import ArgumentError, DataError, check_columns
from sampling.size import Earlier
from surveykit import columns as col
from surveykit.design import Design, check_design
from surveykit.estimation import mean, proportion, variance
from surveykit.formulas.arrays import Mask
from surveykit.formulas.effects import deff_kish

__all__ = ["from_design"]


def from_design(
    design: Design,
    y: str,
    *,
    value: Any = None,
    where: str | None = None,
    responded: str | None = None,
    source: str = "",
) -> Earlier:
    r"""Design effect, ICC and the other assumptions of a sample size, from an earlier survey.

    .. math:: \hat\rho = \max\left(0, \frac{deff / K - 1}{b - 1}\right), \qquad
              K = \frac{n \sum w^2}{(\sum w)^2}, \qquad b = \frac{\sum_i m_i^2}{n}

    with :math:`m_i` answers in first-stage unit i. This intraclass correlation is Kish's "rate of
    homogeneity": what strata gain and later stages add is in it, unequal weights are not; put into
    1 + (b - 1) ρ with the same take it gives back deff / K. It estimates the next survey well where that one
    has the same strata and stages, and it is as uncertain as the variance from which it comes: from fewer
    than 30 clusters, take it with a range.

    Parameters
    ----------
    design : Design
    y : column name
    value : a level or a list of levels, optional
        Those that count as "yes": then the variable is a share. Without it y must be numbers; if these are
        all 0 or 1 it is a share too.
    where : text, optional
        A condition, as in ``"tuoi >= 18"``.
    responded : column name, optional
        1 for rows that answered the survey, 0 for those that did not, for the response rate; it counts
        forms, without weights.
    source : text
        Where the numbers come from, kept with them.

    Returns
    -------
    sampling.size.Earlier, for `earlier=` of the size functions

    Raises
    ------
    ColumnError, TypeError
        An absent column, text in the place of numbers.
    DataError
        ``responded`` is neither 0 nor 1; all answers are the same, so that there is no design effect.

    References
    ----------
    Kish (1965), Survey Sampling, ch. 5 (the rate of homogeneity).

    Examples
    --------
    >>> import pandas as pd, surveykit as sv, sampling
    >>> people = pd.DataFrame({"thon": list("aaabbbcccddd"), "dat": [1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0, 1]})
    >>> pilot = from_design(sv.Design(people, sampling="srs", psu="thon"), "dat")
    >>> round(pilot.p, 3), pilot.take, round(pilot.deff, 2), round(pilot.icc, 2)
    (0.583, 3.0, 1.15, 0.08)
    >>> sampling.size.size_proportion(margin=0.05, take=10, earlier=pilot).n
    630
    """
    check_design(design)
    if not isinstance(y, str):
        raise ArgumentError(f"y={y!r}: pass the name of one column.")
    if value is not None:
        est = proportion(design, y, value=value, where=where)
    else:
        est = mean(design, y, where=where)
    rows = (design.domains(None, where).row >= 0) & design.data[y].notna().to_numpy() & (design.w != 0)
    values = design.data.loc[rows, y]
    is_share = value is not None or bool(values.isin([0, 1]).all())
    estimate = float(est.value.iloc[0])
    deff = float(est.deff("wr").iloc[0])
    if not np.isfinite(deff):
        raise DataError(
            f"y={y!r}: {_why(est.reason.iloc[0])}, so there is no design effect to learn from. "
            "Take another variable."
        )
    of_share = estimate * (1 - estimate)
    spread = of_share if is_share else float(variance(design, y, where=where).value.iloc[0])
    take = _take(design, rows)
    kish = deff_kish(design.w[rows])
    icc = None if take is None or take <= 1 else max(0.0, (deff / kish - 1) / (take - 1))
    return Earlier(
        p=estimate if is_share else None,
        mean=None if is_share else estimate,
        sd=float(np.sqrt(spread)),
        deff=deff,
        icc=icc,
        take=take,
        n=int(rows.sum()),
        response=None if responded is None else _response(design, responded, where),
        source=source,
    )


def _why(reason: str) -> str:
    return reason or "all answers are the same"


def _take(design: Design, rows: Mask) -> float | None:
    """Return the answers per unit, each answer counted with its own unit; None without units.

    The units are those of the first stage of which the rows hold more than one, as in the estimate.
    """
    for stage in range(len(design.psu)):
        m = np.bincount(design.units(stage).row[rows]).astype(float)
        if (m > 0).sum() > 1:
            return float((m**2).sum() / m.sum())
    return None


def _response(design: Design, responded: str, where: str | None) -> float:
    """Return the share of the forms that came back answered."""
    (name,) = check_columns(design.data, responded, "responded")
    inside = design.domains(None, where).row >= 0
    answers = col.floats(design.data, name, "responded", "it must be 1 or 0")[inside]
    wrong = np.flatnonzero(~np.isin(answers, (0.0, 1.0)))
    if wrong.size:
        raise DataError(
            f"responded={name!r} is {answers[wrong[0]]:g} in "
            f"{col.place(design.data, np.flatnonzero(inside)[wrong])}. "
            "Write 1 for forms that came back answered and 0 for the others."
        )
    share = float(answers.mean())
    if share == 0:
        raise DataError(f"responded={name!r} is 0 in every row: nobody responded.")
    return share
