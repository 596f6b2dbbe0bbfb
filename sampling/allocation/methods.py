"""`allocate`: from the sizes of the strata to the number of units drawn in each."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..checks import ArgumentError, SurveyWarning, check_choice, check_fraction, listed
from ..frame import Frame
from .goals import PRECISION, Target
from .result import Allocation
from .solve import NEEDS_SPREAD, Asked, error_of, solve
from .strata import ByStratum, Measure, Strata, bounds, by_stratum, read_sizes, spread, told

__all__ = ["Method", "allocate"]

Method = Literal[
    "equal", "proportional", "square_root", "power", "neyman", "cost_optimal", "fixed_precision", "targets"
]

#: What fixes the size of the sample, by method.
FIXES: Mapping[str, tuple[str, ...]] = {
    "equal": ("n",),
    "proportional": ("n",),
    "square_root": ("n",),
    "power": ("n",),
    "neyman": ("n", "cv", "margin", "variance"),
    "cost_optimal": ("n", "budget", "cv", "margin", "variance"),
    "fixed_precision": ("cv", "margin", "variance"),
    "targets": ("targets",),
}


def allocate(
    sizes: Any,
    n: int | None = None,
    *,
    method: Method = "proportional",
    sd: ByStratum | None = None,
    p: ByStratum | None = None,
    mean: ByStratum | None = None,
    cost: ByStratum | None = None,
    budget: float | None = None,
    cv: ByStratum | None = None,
    margin: ByStratum | None = None,
    variance: ByStratum | None = None,
    targets: Target | Sequence[Target] | None = None,
    power: float | None = None,
    level: float = 0.95,
    deff: ByStratum = 1.0,
    response: ByStratum = 1.0,
    minimum: ByStratum | None = None,
    maximum: ByStratum | None = None,
    measure: Measure = "units",
) -> Allocation:
    r"""Divide a sample among strata.

    The number before rounding is :math:`n_h = \min(\max(t\,x_h, l_h), u_h)`: what a bound takes from one
    stratum goes to the others in proportion to x, and t is such that the whole is as asked. No stratum gets
    more than its units.

    ================  =========================================  ==========================================
    method            x                                          the whole
    ================  =========================================  ==========================================
    equal             1                                          `n` units
    proportional      :math:`N_h`                                `n` units
    square_root       :math:`\sqrt{N_h}`                         `n` units
    power             :math:`N_h^q`, q = `power`                 `n` units
    neyman            :math:`N_h S_h \sqrt{D_h/r_h}`             `n` units, or a `cv`, `margin`, `variance`
    cost_optimal      :math:`N_h S_h \sqrt{D_h/(r_h c_h)}`       `n` units, a `budget`, or a `cv`, `margin`,
                                                                 `variance` of the overall mean
    fixed_precision   each stratum by itself                     a `cv`, `margin`, `variance` in each stratum
    targets           Bethel's problem                           least cost at which all `targets` are reached
    ================  =========================================  ==========================================

    S is the standard deviation, D the design effect, r the response rate and c the cost of a unit drawn; the
    variance of the mean of a stratum is :math:`D S^2 (1/(n r) - 1/N)`.

    The whole numbers are each less than 1 away from the number before rounding and keep the bounds. They add
    up to `n` exactly (largest remainders; with neyman and cost_optimal the units that lower the variance most
    for their cost), cost no more than the `budget`, or are no more than a precision needs.

    Parameters
    ----------
    sizes : Series, mapping, array or Frame
        Units N of each stratum, by name; a Frame is counted by its strata.
    n : int, optional
        Units to draw in all.
    method : str
        See above.
    sd : float, Series, mapping or array, optional
        Standard deviation of the variable in each stratum.
    p : float, Series, mapping or array, optional
        Share in each stratum, 0 to 1, in the place of `sd`: the standard deviation is sqrt(p (1 - p)).
    mean : float, Series, mapping or array, optional
        Mean in each stratum, or one for all, for a `cv` together with `sd`.
    cost : float, Series, mapping or array, optional
        Cost of a unit drawn; by default 1.
    budget : float, optional
        What the units may cost in all, without fixed costs.
    cv, margin, variance : float, optional
        Precision of the overall mean; by stratum with fixed_precision. A margin is the half-length of the
        interval: 0.05 is 5 percentage points of a share.
    targets : Target or list of Target, optional
        For method="targets".
    power : float, optional
        For method="power", from 0 (equal) to 1 (proportional).
    level : float
        Confidence level of a margin.
    deff : float, Series, mapping or array
        Design effect inside the strata, 1 or more.
    response : float, Series, mapping or array
        Share of the units drawn that answer.
    minimum, maximum : int, Series, mapping or array, optional
        Bounds of n in each stratum; by name they may leave strata out. A single minimum is lowered to the
        units of a small stratum. By default at least 1.
    measure : {"units", "size"}
        What of a Frame counts: its units, or their sizes.

    Returns
    -------
    Allocation

    Raises
    ------
    ArgumentError
        n is above the units there are or below what the minima add up to; a minimum is above its maximum; a
        share is written as a percentage; a precision cannot be reached, which is named.
    ColumnError
        A stratum is named that is absent, or one lacks a value.
    DataError
        A value is missing or negative.

    Warns
    -----
    SurveyWarning
        A stratum gets one unit and no `minimum` was given: no error can be estimated in it.

    References
    ----------
    Cochran (1977), Sampling Techniques, chapters 5 and 5A. Bankier (1988), Power allocations, The American
    Statistician 42. Bethel (1989), Sample allocation in multivariate surveys, Survey Methodology 15.

    Examples
    --------
    >>> households = {"Phường": 52_000, "Xã": 31_000, "Đặc khu": 1_400}
    >>> found = allocate(households, 1200, minimum=100)
    >>> found.n.to_dict()
    {'Phường': 689, 'Xã': 411, 'Đặc khu': 100}
    >>> allocate(households, method="fixed_precision", p=0.8, margin=0.05, response=0.9).n.tolist()
    [272, 272, 233]
    """
    check_choice(method, list(FIXES), "method")
    check_fraction(level, "level")
    asked = Asked(n, budget, cv, margin, variance, targets, power, level)
    _one_of(method, asked)
    strata = _strata(sizes, measure, sd, p, mean, cost, deff, response, minimum, maximum)
    if method in NEEDS_SPREAD and strata.sd is None:
        raise ArgumentError(
            f"method={method!r} needs sd=..., the standard deviation in each stratum, or p=... for a share."
        )
    found = solve(method, strata, asked)
    _warn_single(found.n, strata, minimum)
    counted = {"units": "units", "size": "measure of size"}[measure] if isinstance(sizes, Frame) else None
    assumed = {
        "n": n, "budget": budget, "cv": cv, "margin": margin, "level": None if margin is None else level,
        "variance": variance, "power": power, "sd": sd, "p": p, "mean": mean, "cost": cost,
        "deff": None if np.all(strata.deff == 1) else deff,
        "response": None if np.all(strata.response == 1) else response,
        "minimum": minimum, "maximum": maximum, "measure": counted, "rounding": found.rounding,
    }  # fmt: skip
    names = pd.Index(strata.labels, name="stratum")
    return Allocation(
        method,
        pd.Series(found.n, index=names, name="n"),
        pd.Series(found.x, index=names, name="unrounded"),
        strata,
        {**told(assumed), **found.assumed},
        error_of(strata, found.n.astype(np.float64)),
        error_of(strata, found.x),
        found.targets,
    )


def _one_of(method: str, asked: Asked) -> None:
    """Refuse what a method has no use for, and anything but one size of the sample."""
    fixes = FIXES[method]
    given = [name for name in ("n", "budget", *PRECISION, "targets") if getattr(asked, name) is not None]
    for name in given:
        if name not in fixes:
            others = listed([other for other in FIXES if name in FIXES[other]], 8)
            raise ArgumentError(
                f"{name} is given, and method={method!r} has no use for it. "
                f"Leave it out, or choose one of {others}."
            )
    if len(given) != 1:
        found = " and ".join(given) + " are all given" if given else "the size of the sample is not given"
        wanted = fixes[0] if len(fixes) == 1 else f"one of {', '.join(fixes)}"
        raise ArgumentError(f"method={method!r}: {found}. Pass {wanted}.")
    if method == "power" and asked.power is None:
        raise ArgumentError("method='power' needs power=..., from 0 (equal) to 1 (proportional).")
    if asked.power is not None and method != "power":
        raise ArgumentError(f"power is given, and method={method!r} has no use for it. Leave it out.")
    if asked.power is not None and not 0 <= asked.power <= 1:
        raise ArgumentError(f"power={asked.power:g}: it must be from 0 (equal) to 1 (proportional).")


def _strata(
    sizes: Any,
    measure: Measure,
    sd: Any,
    p: Any,
    mean: Any,
    cost: Any,
    deff: Any,
    response: Any,
    minimum: Any,
    maximum: Any,
) -> Strata:
    size = read_sizes(sizes, measure)
    labels, there = tuple(size.index), np.asarray(size, dtype=np.float64)
    known, middle, is_share = spread(sd, p, mean, labels)
    return Strata(
        labels,
        there,
        known,
        middle,
        is_share,
        by_stratum(1.0 if cost is None else cost, labels, "cost", "positive"),
        by_stratum(deff, labels, "deff", "deff"),
        by_stratum(response, labels, "response", "response"),
        *bounds(minimum, maximum, there, labels),
    )


def _warn_single(n: npt.NDArray[np.int64], strata: Strata, minimum: Any) -> None:
    single = [
        label for label, k, size in zip(strata.labels, n, strata.size, strict=True) if k == 1 and size >= 2
    ]
    if single and minimum is None:
        warnings.warn(
            f"n is 1 in {listed(single, 3)}: no sampling error can be estimated there. "
            "Pass minimum=2, or minimum=1 to accept it.",
            SurveyWarning,
            stacklevel=3,
        )
