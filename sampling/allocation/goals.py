"""How precise an estimate must be: targets in the user's words, and as a bound on a sum of part / n."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import fsum
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..checks import ArgumentError, ColumnError, check_fraction, listed, near, nfc, shown
from .optimum import variance_of
from .strata import ByStratum, Mask, Strata, by_stratum, labels_of, spread

__all__ = ["PRECISION", "Goal", "Kind", "Target", "domains_of", "goal_of", "goals_of", "kind_of", "z_value"]

Array = npt.NDArray[np.float64]
Kind = Literal["cv", "margin", "variance"]

PRECISION: tuple[Kind, ...] = ("cv", "margin", "variance")


@dataclass(frozen=True)
class Target:
    """How precise the estimate of one variable must be, for `allocate(..., method="targets")`.

    One of `sd` and `p` says how the variable varies, and one of `cv`, `margin` and `variance` how precise its
    estimated mean (or share) must be.

    Parameters
    ----------
    name : str
        What is estimated.
    sd : float, Series, mapping or array, optional
        Standard deviation in each stratum.
    p : float, Series, mapping or array, optional
        Share in each stratum, 0 to 1; it stands for the standard deviation sqrt(p (1 - p)).
    mean : float, Series, mapping or array, optional
        Mean in each stratum, for a `cv` together with `sd`.
    cv, margin, variance : float, optional
        Coefficient of variation; half-length of the interval, in the units of the variable (0.05 is 5
        percentage points of a share); variance of the mean.
    level : float
        Confidence level of the margin.
    deff : float, Series, mapping or array, optional
        Design effect of this variable inside the strata; by default that of the allocation.
    domains : mapping or Series, optional
        The domain of each stratum: the target then holds in every one of them. None for a stratum outside
        all. By default the target is for the whole population.

    Examples
    --------
    >>> Target("Hài lòng", p=0.8, margin=0.03).margin
    0.03
    """

    name: str
    sd: ByStratum | None = None
    p: ByStratum | None = None
    mean: ByStratum | None = None
    cv: float | None = None
    margin: float | None = None
    variance: float | None = None
    level: float = 0.95
    deff: ByStratum | None = None
    domains: Mapping[Any, Any] | pd.Series[Any] | None = None


@dataclass(frozen=True)
class Goal:
    r"""A bound on the variance of an estimated mean: :math:`\sum a_h / n_h - v \le V`.

    With the weight :math:`W_h = N_h / \sum N_h` of a stratum in the domain,
    :math:`a_h = W_h^2 S_h^2 D_h / r_h` and :math:`v = \sum W_h^2 S_h^2 D_h / N_h`, D the design effect and r
    the response rate: in a stratum the variance is :math:`D S^2 (1/(n r) - 1/N)`.
    """

    target: str
    domain: Any  # None: the whole population
    kind: Kind
    wanted: float
    unit: float  # cv or margin of a standard error of 1
    part: Array
    lost: float
    bound: float  # of the sum of part / n
    is_share: bool

    def reached(self, n: Array) -> float:
        """Return the cv, margin or variance with n units drawn."""
        variance = max(variance_of(self.part, n) - self.lost, 0.0)
        return variance if self.kind == "variance" else self.unit * float(np.sqrt(variance))

    @property
    def name(self) -> str:
        """The target and its domain as an error names them."""
        place = "" if self.domain is None else f" in {shown(self.domain)}"
        return f"target {self.target!r}{place}" if self.target else f"the {self.kind}{place}"

    def check(self, high: Array) -> None:
        """Refuse a goal that even the largest sample does not reach."""
        if variance_of(self.part, high) > self.bound * (1 + 1e-12):
            raise ArgumentError(
                f"{self.name} cannot be met: with all that the strata allow ({high.sum():.0f} units) the "
                f"{self.kind} is {self.reached(high):.4g}, and {self.wanted:g} is wanted. "
                "Raise the maximum or the response, or loosen the target."
            )


def z_value(level: float) -> float:
    """Return the normal quantile of a two-sided interval.

    >>> round(z_value(0.95), 4)
    1.96
    """
    from scipy.special import ndtri

    return float(ndtri((1 + check_fraction(level)) / 2))


def kind_of(target: Target, what: str) -> Kind:
    """Return which precision is asked; refuse none and several."""
    asked = [kind for kind in PRECISION if getattr(target, kind) is not None]
    if len(asked) != 1:
        found = " and ".join(asked) + " are all given" if asked else "no precision is given"
        raise ArgumentError(f"{what}: {found}. Pass one of cv, margin, variance.")
    return asked[0]


def goals_of(target: Target, strata: Strata) -> list[Goal]:
    """Return the goals of a target, one for each of its domains."""
    what = f"target {target.name!r}"
    kind = kind_of(target, what)
    sd, mean, is_share = spread(target.sd, target.p, target.mean, strata.labels, f"{what}, ")
    if sd is None:
        raise ArgumentError(
            f"{what} needs sd=..., the standard deviation in each stratum, or p=... for a share."
        )
    deff = strata.deff
    if target.deff is not None:
        deff = by_stratum(target.deff, strata.labels, f"{what}, deff", "deff")
    own = replace(strata, sd=sd, mean=mean, is_share=is_share, deff=deff)
    wanted = getattr(target, kind)
    check_precision(wanted, kind, is_share, f"{what}, ")
    inside: dict[Any, Mask] = {None: np.ones(len(strata), dtype=np.bool_)}
    if target.domains is not None:
        inside = domains_of(target.domains, strata.labels)
    return [
        goal_of(own, kind, wanted, target.level, mask, target=target.name, domain=domain)
        for domain, mask in inside.items()
    ]


def check_precision(wanted: Any, kind: Kind, is_share: bool, where: str = "") -> None:
    """Refuse a cv or a margin of a share that is not a share, and what is not above 0."""
    if kind == "cv" or (kind == "margin" and is_share):
        check_fraction(wanted, f"{where}{kind}")
    elif not 0 < wanted < float("inf"):
        raise ArgumentError(f"{where}{kind}={wanted:g}: it must be above 0. Correct it.")


def goal_of(
    strata: Strata,
    kind: Kind,
    wanted: float,
    level: float,
    mask: Mask,
    *,
    target: str = "",
    domain: Any = None,
) -> Goal:
    """Return the goal for the mean over the strata of a mask; their spread is known."""
    sd = np.zeros(len(strata)) if strata.sd is None else strata.sd
    weight = np.where(mask, strata.size, 0.0) / fsum(strata.size[mask])
    full = weight**2 * sd**2 * strata.deff
    lost = fsum(full / strata.size)
    unit = 1.0
    if kind == "margin":
        unit = z_value(level)
    elif kind == "cv":
        if strata.mean is None:
            raise ArgumentError(
                "cv needs mean=..., the mean of the variable, besides sd. Pass it, or pass a margin."
            )
        middle = abs(fsum(weight * strata.mean))
        if middle == 0:
            raise ArgumentError("cv: the mean is 0, and a cv is relative to it. Pass a margin or a variance.")
        unit = 1 / middle
    variance = wanted if kind == "variance" else (wanted / unit) ** 2
    part = full / strata.response
    return Goal(target, domain, kind, wanted, unit, part, lost, variance + lost, strata.is_share)


def domains_of(domains: Any, labels: Sequence[Any]) -> dict[Any, Mask]:
    """Return which strata are in each domain, in the order of their first stratum.

    Parameters
    ----------
    domains : mapping or Series
        The domain of each stratum; None for a stratum outside all.
    labels : (H,) names of the strata

    Returns
    -------
    dict of domain to (H,) mask.
    """
    if not isinstance(domains, (Mapping, pd.Series)):
        raise TypeError(
            f"domains is a {type(domains).__name__}; pass the domain of each stratum by its name: "
            "{stratum: domain}."
        )
    column = pd.Series(dict(domains), dtype=object) if isinstance(domains, Mapping) else domains
    given = dict(zip(labels_of(column.index, "domains"), column, strict=True))
    for name in given:
        if name not in labels:
            raise ColumnError(
                f"domains names {shown(name)}, and sizes has no such stratum.{near(name, labels)}"
            )
    absent = [label for label in labels if label not in given]
    if absent:
        raise ColumnError(f"domains has no domain for {listed(absent, 3)}. Add it, or None if it is in none.")
    found: list[Any] = [None if pd.isna(given[label]) else given[label] for label in labels]
    of: list[Any] = [nfc(x) if isinstance(x, str) else x for x in found]
    names = [name for name in dict.fromkeys(of) if name is not None]
    if not names:
        raise ArgumentError("domains puts no stratum into a domain. Name the domain of each stratum.")
    return {name: np.array([x == name for x in of], dtype=np.bool_) for name in names}
