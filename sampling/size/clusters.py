"""Clusters: design effect from the intraclass correlation, and the take that costs least."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape

from ..checks import ArgumentError, check_choice, check_fraction
from ..format import LANGS, Lang, integer, number, percent
from .field import _icc, number_above

__all__ = ["OptimumTake", "deff_from_icc", "optimum_take"]


def deff_from_icc(icc: float, take: float, *, spread: float = 0.0, weighting: float = 0.0) -> float:
    r"""Design effect of a cluster sample.

    .. math:: (1 + cv_w^2)\,\bigl(1 + \rho\,[(1 + cv_b^2)\, b - 1]\bigr)

    Parameters
    ----------
    icc : intraclass correlation, 0 to 1
    take : b, mean number of answers per cluster
    spread : coefficient of variation of the answers per cluster
    weighting : coefficient of variation of the weights (Kish's loss)

    Returns
    -------
    Design effect, 1 or more.

    References
    ----------
    Kish (1965), Survey Sampling, ch. 5 and 11.

    Examples
    --------
    >>> round(deff_from_icc(0.05, 20), 2), round(deff_from_icc(0.05, 20, weighting=0.5), 4)
    (1.95, 2.4375)
    """
    icc, take = _icc(icc), number_above(take, 0, "take", "people per cluster who answer")
    for value, name in ((spread, "spread"), (weighting, "weighting")):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
            raise ArgumentError(f"{name}={value!r}: a coefficient of variation is 0 or more.")
    return (1 + weighting**2) * (1 + icc * max((1 + spread**2) * take - 1, 0.0))


@dataclass(frozen=True)
class OptimumTake:
    """Take per cluster that costs least, not rounded; costs and precision that come with it.

    Attributes
    ----------
    clusters : first-stage units; None where neither a budget nor a CV was given
    second : second-stage units per first-stage unit, in three stages; else None
    take : people per unit of the stage above
    n : people in all
    cost, cv : of the whole, None as clusters
    deff : design effect of the sample with this take
    """

    clusters: float | None
    second: float | None
    take: float
    n: float | None
    cost: float | None
    cv: float | None
    deff: float

    def sentence(self, lang: Lang = "vi") -> str:
        """Return the result in one sentence, in Vietnamese or English."""
        vi = check_choice(lang, LANGS, "lang") == "vi"
        per = ""
        if self.second is not None:
            second = number(self.second, 1, lang)
            per = f" ({second} đơn vị cấp 2 mỗi chùm)" if vi else f" ({second} second-stage units each)"
        take, deff = number(self.take, 1, lang), number(self.deff, 2, lang)
        if self.clusters is None or self.cv is None:
            return (
                f"Mỗi chùm nên lấy khoảng {take} người{per}; deff khoảng {deff}."
                if vi
                else f"Take about {take} people per cluster{per}; deff about {deff}."
            )
        c, n = number(self.clusters, 1, lang), integer(self.n, lang)
        cost, cv = integer(self.cost, lang), percent(self.cv, 2, lang)
        if vi:
            return (
                f"Nên lấy khoảng {c} chùm{per}, mỗi nơi {take} người, tất cả khoảng {n} người; "
                f"chi phí {cost}, CV {cv}, deff khoảng {deff}."
            )
        return (
            f"Take about {c} clusters{per} with {take} people in each place, about {n} people in all; "
            f"cost {cost}, CV {cv}, deff about {deff}."
        )

    def __repr__(self) -> str:
        return self.sentence()

    def _repr_html_(self) -> str:
        return f"<p><b>{escape(self.sentence())}</b></p>"


def optimum_take(
    *,
    cost_cluster: float,
    cost_person: float,
    icc: float,
    cost_second: float | None = None,
    icc_second: float | None = None,
    unit_cv: float = 1.0,
    k: float = 1.0,
    k_second: float = 1.0,
    budget: float | None = None,
    cv: float | None = None,
    clusters: float | None = None,
) -> OptimumTake:
    r"""Take per cluster that gives the smallest variance for its cost, in two or three stages.

    .. math:: \text{two} \quad n = \sqrt{\frac{C_1}{C_2} \frac{1 - \delta}{\delta}}, \qquad
              CV^2 = \frac{CV_U^2\, k}{m n} \left[1 + \delta (n - 1)\right], \qquad C = C_1 m + C_2 m n

    .. math:: \text{three} \quad q = \sqrt{\frac{C_2}{C_3} \frac{1 - \delta_2}{\delta_2}}, \quad
              n = \frac1q \sqrt{\frac{C_1}{C_3} \frac{1 - \delta_2}{\delta_1} \frac{k_2}{k_1}}, \qquad
              CV^2 = \frac{CV_U^2}{m n q} \left[k_1 \delta_1 n q + k_2 (1 + \delta_2 (q - 1))\right]

    with m clusters. A budget, or a CV to be reached, then gives m; or with `clusters` given, the take.

    Parameters
    ----------
    cost_cluster, cost_person : cost of one more cluster and of one more person, in the same unit
    icc : δ, homogeneity of the clusters: B² / (B² + W²), see `variance_components`
    cost_second, icc_second : for three stages, cost of one more second-stage unit and its homogeneity
    unit_cv : standard deviation of a person over the mean
    k, k_second : (B² + W²) over the relative variance of a person, of the first and the second stage
    budget, cv : what may be spent, or the CV of the estimate wanted; at most one
    clusters : a number of clusters that is fixed already (two stages); then the take is what the budget
        leaves, or what the CV needs

    Returns
    -------
    OptimumTake, not rounded

    Raises
    ------
    ArgumentError
        Budget and cv together; costs at or below 0; icc of 0 (then the take has no end) or 1; a budget that
        the fixed clusters use up; a CV that the fixed clusters cannot reach.

    References
    ----------
    Hansen, Hurwitz and Madow (1953), vol. I, ch. 6; Valliant, Dever and Kreuter (2018), ch. 9.

    Examples
    --------
    >>> plan = optimum_take(cost_cluster=750, cost_person=100, icc=0.05, budget=100_000)
    >>> round(plan.clusters, 1), round(plan.take, 1), round(plan.cv, 4)
    (51.4, 11.9, 0.0502)
    """
    c1 = number_above(cost_cluster, 0, "cost_cluster", "cost of one more cluster")
    c3 = number_above(cost_person, 0, "cost_person", "cost of one more person")
    rv = number_above(unit_cv, 0, "unit_cv", "standard deviation over mean") ** 2
    k, k_second = number_above(k, 0, "k", "a ratio"), number_above(k_second, 0, "k_second", "a ratio")
    icc = check_fraction(icc, "icc")
    if budget is not None and cv is not None:
        raise ArgumentError(f"budget={budget:g} and cv={cv:g} are given together. Give one of them.")
    cv = None if cv is None else check_fraction(cv, "cv")
    budget = None if budget is None else number_above(budget, 0, "budget", "what may be spent")
    if (cost_second is None) != (icc_second is None):
        raise ArgumentError(
            "cost_second and icc_second belong together: give both for three stages, or neither."
        )
    if clusters is not None:
        if cost_second is not None:
            raise ArgumentError(f"clusters={clusters:g}: a fixed number of clusters is for two stages only.")
        return _fixed(
            number_above(clusters, 0, "clusters", "their number"), c1, c3, icc, rv * k, k, budget, cv
        )
    if cost_second is None or icc_second is None:
        take = math.sqrt(c1 / c3 * (1 - icc) / icc)
        effect = k * (1 + icc * (take - 1))
        return _whole_plan(None, take, take, effect, rv, c1 + c3 * take, budget, cv)
    c2 = number_above(cost_second, 0, "cost_second", "cost of one more second-stage unit")
    two = check_fraction(icc_second, "icc_second")
    q = math.sqrt((1 - two) / two * c2 / c3)
    second = math.sqrt((1 - two) / icc * c1 / c3 * k_second / k) / q
    effect = k * icc * second * q + k_second * (1 + two * (q - 1))
    return _whole_plan(second, q, second * q, effect, rv, c1 + c2 * second + c3 * second * q, budget, cv)


def _whole_plan(
    second: float | None, take: float, people: float, effect: float, rv: float, cost: float,
    budget: float | None, cv: float | None,
) -> OptimumTake:  # fmt: skip
    """Return the plan, m clusters from the budget or the CV; people and cost are those of one cluster."""
    if budget is None and cv is None:
        return OptimumTake(None, second, take, None, None, None, effect)
    m = budget / cost if budget is not None else rv * effect / (people * (cv or 1) ** 2)
    return OptimumTake(m, second, take, m * people, m * cost, math.sqrt(rv * effect / (m * people)), effect)


def _fixed(
    m: float, c1: float, c2: float, icc: float, rv: float, k: float, budget: float | None, cv: float | None
) -> OptimumTake:
    if budget is not None:
        take = (budget - c1 * m) / (c2 * m)
        if take <= 0:
            raise ArgumentError(
                f"budget={budget:g}: {m:g} clusters at {c1:g} cost {c1 * m:g}, so nothing is left for "
                "people. Take fewer clusters."
            )
    elif cv is not None:
        room = cv**2 * m / rv - icc
        if room <= 0:
            raise ArgumentError(
                f"cv={cv:g}: {m:g} clusters cannot reach it however many people are asked; their own "
                f"differences leave a CV of {math.sqrt(rv * icc / m):.4f}. Take more clusters."
            )
        take = (1 - icc) / room
    else:
        raise ArgumentError(f"clusters={m:g}: give budget or cv as well, or leave the clusters to be found.")
    effect = 1 + icc * (take - 1)
    return OptimumTake(
        m, None, take, m * take, m * (c1 + c2 * take), math.sqrt(rv * effect / (m * take)), k * effect
    )
