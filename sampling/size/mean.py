"""Sample size for a mean or a total."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..checks import ArgumentError, check_fraction
from .earlier import Earlier
from .field import checked_n, field_of, number_above, one_target
from .result import Call, SizeResult
from .solve import enough_forms, rounded
from .tails import z_of

__all__ = ["size_mean", "size_total"]


def size_mean(
    sd: float | None = None,
    margin: float | None = None,
    *,
    n: int | None = None,
    mean: float | None = None,
    cv_population: float | None = None,
    relative_margin: float | None = None,
    cv: float | None = None,
    se: float | None = None,
    level: float = 0.95,
    deff: float | None = None,
    icc: float | None = None,
    take: float | None = None,
    response: float | None = None,
    population: int | None = None,
    domain: float | None = None,
    earlier: Earlier | None = None,
) -> SizeResult:
    r"""Forms to hand out for a mean with a given margin or CV, or the margin that n forms give.

    .. math:: n_0 = \frac{z^2 S^2}{e^2} = \frac{CV_U^2}{CV_0^2}, \qquad n_1 = \frac{n_0}{1 + n_0 / N}, \qquad
              n = n_1 \times deff / response

    Parameters
    ----------
    sd : standard deviation of the people, in units of y; by default that of `earlier`
    margin : half the length of the interval, in units of y
    n : people to select; give it instead of a target to learn the margin
    mean : mean expected, in units of y; needed for a relative target
    cv_population : sd over mean, in the place of sd (and mean), for a relative target
    relative_margin, cv, se : other ways to give the target: margin over the mean, standard error over the
        mean, standard error in units of y
    level, deff, icc, take, response, population, domain, earlier : as in `size_proportion`

    Returns
    -------
    SizeResult

    Raises
    ------
    ArgumentError
        As `size_proportion`; neither sd nor cv_population; a relative target without a mean.

    References
    ----------
    Cochran (1977), Sampling Techniques, section 4.6; Valliant, Dever and Kreuter (2018), ch. 3.

    Examples
    --------
    >>> size_mean(cv_population=2, cv=0.09).n
    494
    >>> size_mean(sd=10, margin=2).n
    97
    """
    return _sized("mean", size_mean, dict(locals()))


def size_total(
    sd: float | None = None,
    margin: float | None = None,
    *,
    n: int | None = None,
    population: int | None = None,
    mean: float | None = None,
    cv_population: float | None = None,
    relative_margin: float | None = None,
    cv: float | None = None,
    se: float | None = None,
    level: float = 0.95,
    deff: float | None = None,
    icc: float | None = None,
    take: float | None = None,
    response: float | None = None,
    domain: float | None = None,
    earlier: Earlier | None = None,
) -> SizeResult:
    r"""Forms to hand out for a total N times a mean; margin and se are in units of the total.

    For a domain met by chance, the people outside it count as 0, so that the relative variance of a person is

    .. math:: CV_d^2 + 1 - P_d

    and the mean is needed with `sd` (or `cv_population` alone).

    Parameters
    ----------
    population : people in the population; required
    sd, margin, n, mean, cv_population, relative_margin, cv, se : as in `size_mean`
    level, deff, icc, take, response, domain, earlier : as in `size_proportion`

    Returns
    -------
    SizeResult

    References
    ----------
    Valliant, Dever and Kreuter (2018), ch. 3.

    Examples
    --------
    >>> size_total(sd=10, margin=2000, population=1000).n
    88
    """
    if population is None:
        raise ArgumentError("size_total needs population, the number of people the total is of.")
    return _sized("total", size_total, dict(locals()))


def _sized(kind: str, function: Any, asked: dict[str, Any]) -> SizeResult:
    targets = {name: asked[name] for name in ("margin", "relative_margin", "cv", "se")}
    target = one_target(targets, asked["n"], function.__name__)
    field = field_of(
        **{name: asked[name] for name in ("level", "deff", "icc", "take", "response", "population", "domain",
                                          "earlier")}
    )  # fmt: skip
    sd, mean = _spread(asked["sd"], asked["mean"], asked["cv_population"], asked["earlier"])
    spread = sd
    if asked["cv_population"] is not None and target in ("margin", "se"):
        raise ArgumentError(
            f"{target}={targets[target]:g} is in units of y, and cv_population knows no units. Give sd in "
            "its place, or a relative target: relative_margin or cv."
        )
    scale = 1.0  # of the margin of a total over that of a mean
    if kind == "total":
        scale = float(field.within or 1)
        if field.domain < 1:
            spread = math.hypot(sd, _mean(mean, "a total of a domain") * math.sqrt(1 - field.domain))
    z = z_of(field.level)
    if target is None:
        size = checked_n(asked["n"], field)
        exact = float(size)
    else:
        srs = (spread / _wanted_se(target, targets[target], mean, z, scale)) ** 2
        exact = enough_forms(field, "mean", lambda n: n >= srs, f"{target}={targets[target]:g}")
        size = rounded(exact)
    se = spread / math.sqrt(field.srs(size, "mean"))
    return SizeResult(
        kind=kind,
        solved="margin" if target is None else "n",
        n=size,
        exact=exact,
        n_answered=round(size * field.response),
        total=size,
        groups=(("all", size),),
        clusters=field.clusters(size),
        assumptions={"sd": sd, "mean": mean, "cv_population": asked["cv_population"], **targets,
                     **field.assumptions()},
        field=field,
        assumed=field.assumed,
        margin=None if asked["cv_population"] is not None else z * se * scale,
        relative_margin=None if mean is None else z * se / abs(mean),
        cv=None if mean is None else se / abs(mean),
        se=None if asked["cv_population"] is not None else se * scale,
        call=Call(function, asked, targets=tuple(targets)),
    )  # fmt: skip


def _spread(sd: Any, mean: Any, cv: Any, earlier: Earlier | None) -> tuple[float, float | None]:
    """Return the standard deviation and the mean; a cv alone stands for a mean of 1."""
    if cv is not None:
        if sd is not None or mean is not None:
            raise ArgumentError(
                f"cv_population={cv:g} is given with sd or mean. Give it alone, or sd and mean."
            )
        return number_above(cv, 0, "cv_population", "standard deviation over mean"), 1.0
    if earlier is not None:
        sd, mean = (earlier.sd if sd is None else sd), (earlier.mean if mean is None else mean)
    if sd is None:
        raise ArgumentError(
            "sd is missing: give the standard deviation of the people, or cv_population = sd / mean."
        )
    if mean is not None:
        _check_mean(mean)
    return number_above(sd, 0, "sd", "in units of y"), None if mean is None else float(mean)


def _check_mean(mean: Any) -> None:
    number = isinstance(mean, (int, float, np.number)) and not isinstance(mean, bool)
    if not number or not math.isfinite(mean) or mean == 0:
        raise ArgumentError(f"mean={mean!r}: pass a number other than 0; nothing is relative to 0.")


def _mean(mean: float | None, what: str) -> float:
    if mean is None:
        raise ArgumentError(f"{what} needs the mean: give mean, or cv_population in the place of sd.")
    return abs(mean)


def _wanted_se(target: str, value: Any, mean: float | None, z: float, scale: float) -> float:
    """Return the standard error of the mean that the target asks for."""
    if target == "cv":
        return check_fraction(value, "cv") * _mean(mean, f"cv={value:g}")
    if target == "relative_margin":
        return check_fraction(value, "relative_margin") * _mean(mean, f"relative_margin={value:g}") / z
    wanted = number_above(value, 0, target, "in units of y") / scale
    return wanted / z if target == "margin" else wanted
