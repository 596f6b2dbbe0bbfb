"""Variance within and between clusters of a frame, and samples in two phases."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..checks import ArgumentError, DataError, check_columns, check_frame
from .field import number_above

__all__ = ["TwoPhase", "VarianceComponents", "two_phase", "variance_components"]


@dataclass(frozen=True)
class VarianceComponents:
    """Relative variances of a total from two stages with equal probabilities.

    Attributes
    ----------
    between, within : B² and W²
    unit : relative variance of a person, S² over the squared mean
    total : B² + W²
    k : total over unit
    icc : δ = B² / (B² + W²), homogeneity; for `optimum_take`
    """

    between: float
    within: float
    unit: float
    total: float
    k: float
    icc: float


def variance_components(data: pd.DataFrame, y: str, *, cluster: str) -> VarianceComponents:
    r"""Split the variance of y between and within the clusters of a frame, two stages of SRS being drawn.

    .. math:: B^2 = \frac{S_{U1}^2}{\bar t_U^2}, \quad S_{U1}^2 = \frac{\sum_i (t_i - \bar t_U)^2}{M - 1};
              \qquad W^2 = \frac{1}{M \bar y_U^2} \sum_i \left(\frac{N_i}{\bar N}\right)^2 S_{U2i}^2

    Parameters
    ----------
    data : one row for each person of the population
    y : column of numbers
    cluster : column of the cluster

    Returns
    -------
    VarianceComponents

    Raises
    ------
    DataError
        y is missing or not finite, its mean is 0, or there is one cluster only.

    References
    ----------
    Valliant, Dever and Kreuter (2018), ch. 9.

    Examples
    --------
    >>> people = pd.DataFrame({"thon": list("aabb"), "diem": [1.0, 2.0, 4.0, 5.0]})
    >>> parts = variance_components(people, "diem", cluster="thon")
    >>> round(parts.between, 4), round(parts.within, 4), round(parts.icc, 4)
    (0.5, 0.0556, 0.9)
    """
    check_columns(check_frame(data), [y, cluster], "y and cluster")
    values = pd.to_numeric(data[y], errors="coerce").to_numpy(dtype=float)
    if not np.isfinite(values).all():
        row = int(np.flatnonzero(~np.isfinite(values))[0])
        raise DataError(f"y={y!r} is not a number in row {row}. The whole population must have one.")
    if data[cluster].isna().any():
        row = int(np.flatnonzero(data[cluster].isna())[0])
        raise DataError(f"cluster={cluster!r} is missing in row {row}. Every person needs a cluster.")
    groups = pd.Series(values).groupby(pd.factorize(data[cluster])[0])
    total, N, S2 = (np.asarray(x, dtype=float) for x in (groups.sum(), groups.size(), groups.var()))
    M, mean = len(total), float(values.mean())
    if M < 2 or mean == 0:
        what = "has one value only" if M < 2 else f"does not matter: the mean of {y!r} is 0"
        raise DataError(f"cluster={cluster!r} {what}. Variance relative to the mean cannot be split.")
    between = float(total.var(ddof=1) / total.mean() ** 2)
    within = float(((N / N.mean()) ** 2 * np.where(N > 1, S2, 0.0)).sum() / (M * mean**2))
    unit = float(values.var(ddof=1) / mean**2)
    both = between + within
    return VarianceComponents(between, within, unit, both, both / unit, between / both)


@dataclass(frozen=True)
class TwoPhase:
    """Two-phase sample for stratification: a large cheap first sample, a second one from its strata.

    Attributes
    ----------
    between, within : V1 = Σ W (Ȳ_h - Ȳ)² and V2 = (Σ W S)²
    first, second : people in the two phases, not rounded
    allocation : second phase in each stratum (Neyman)
    variance : of the mean
    single, single_variance : the simple random sample in one phase for the same money, and its variance
    cost : what the two phases cost
    """

    between: float
    within: float
    first: float
    second: float
    allocation: tuple[float, ...]
    variance: float
    single: float
    single_variance: float
    cost: float

    @property
    def ratio(self) -> float:
        """Variance of the two phases over that of the one: below 1 they are worth their while."""
        return self.variance / self.single_variance


def two_phase(
    *,
    cost_first: float,
    cost_second: float,
    budget: float,
    sizes: Sequence[float],
    sd: Sequence[float],
    means: Sequence[float],
) -> TwoPhase:
    r"""Optimum sizes of a two-phase sample for stratification, for a budget.

    .. math:: n_1 = \frac{C}{c_1 + \sqrt{c_1 c_2 V_2 / V_1}}, \qquad
              \frac{n_2}{n_1} = \sqrt{\frac{V_2}{V_1} \frac{c_1}{c_2}}, \qquad
              V = \frac{V_1}{n_1} + \frac{V_2}{n_2}

    Parameters
    ----------
    cost_first, cost_second : cost of a person in each phase
    budget : what may be spent
    sizes, sd, means : people, standard deviation and mean of y in each stratum

    Returns
    -------
    TwoPhase, not rounded. Where n2 would pass n1, one phase serves better: `ratio` is then above 1 or close.

    Raises
    ------
    ArgumentError
        Costs or sizes at or below 0, lists of different lengths, strata with the same mean or no spread.

    References
    ----------
    Neyman (1938), JASA 33; Cochran (1977), Sampling Techniques, ch. 12.

    Examples
    --------
    >>> plan = two_phase(cost_first=20, cost_second=100, budget=20_000, sizes=[300, 600, 100],
    ...                  sd=[20, 40, 80], means=[50, 70, 120])
    >>> round(plan.first, 1), round(plan.second, 1), round(plan.ratio, 2)
    (184.4, 163.1, 1.04)
    """
    c1 = number_above(cost_first, 0, "cost_first", "cost of a person in the first phase")
    c2 = number_above(cost_second, 0, "cost_second", "cost of a person in the second phase")
    C = number_above(budget, 0, "budget", "what may be spent")
    N, S, Y = (np.asarray(x, dtype=float) for x in (sizes, sd, means))
    if not len(N) == len(S) == len(Y):
        raise ArgumentError(
            f"sizes, sd and means have {len(N)}, {len(S)} and {len(Y)} values. Give one a stratum."
        )
    if (N <= 0).any() or (S < 0).any():
        raise ArgumentError("sizes must be above 0 and sd 0 or more in every stratum.")
    W = N / N.sum()
    v1, v2 = float((W * (Y - W @ Y) ** 2).sum()), float((W @ S) ** 2)
    if v1 == 0 or v2 == 0:
        what = (
            "means are all the same: strata gain nothing"
            if v1 == 0
            else "sd are all 0: one person a stratum tells all"
        )
        raise ArgumentError(f"The {what}. A two-phase sample has no optimum.")
    n1 = C / (c1 + math.sqrt(c1 * c2 * v2 / v1))
    n2 = n1 * math.sqrt(v2 / v1 * c1 / c2)
    return TwoPhase(
        between=v1,
        within=v2,
        first=n1,
        second=n2,
        allocation=tuple((n2 * W * S / (W @ S)).tolist()),
        variance=v1 / n1 + v2 / n2,
        single=C / c2,
        single_variance=(v1 + float(W @ S**2)) * c2 / C,
        cost=c1 * n1 + c2 * n2,
    )
