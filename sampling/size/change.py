"""Sample size for a change between two waves, some of the people the same."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from ..checks import ArgumentError, check_fraction
from .earlier import Earlier
from .field import correlation, field_of, share
from .pairs import Direction, Pair, Question, Sides, means_of, of_means, ratio_of, shares_of, sized
from .result import SizeResult

__all__ = ["size_change"]


def size_change(
    p1: float | None = None,
    p2: float | None = None,
    *,
    sd: float | tuple[float, float] | None = None,
    effect: float | None = None,
    n: int | None = None,
    power: float | None = None,
    margin: float | None = None,
    overlap: float = 0.0,
    rho: float | None = None,
    pxy: float | None = None,
    ratio: float = 1.0,
    sides: Sides = "two",
    direction: Direction = "up",
    level: float = 0.95,
    deff: float | None = None,
    icc: float | None = None,
    take: float | None = None,
    response: float | None = None,
    population: int | None = None,
    earlier: Earlier | None = None,
) -> SizeResult:
    r"""Forms for a change between two waves: n, power, the change that can be found, or the margin.

    .. math:: n_1 = \frac{(z_\alpha + z_\beta)^2}{d^2} \left(S_1^2 + S_2^2 / r - 2 g \rho S_1 S_2 / r\right),
              \qquad \rho S_1 S_2 = p_{xy} - p_1 p_2 \text{ for shares}

    with g the share of the first wave's people who are in the second too and r the size of the second wave
    over that of the first. Waves without people in common are two groups; their test here takes each wave's
    own variance, so that n is a little below that of `size_difference`.

    Parameters
    ----------
    p1, p2 : shares in the two waves; p2 may be left out if `effect` is given or asked for
    sd : standard deviation of the people in both waves, or in each: then the change is of a mean
    effect : the change
    n : people to select in the first wave; the second has `ratio` times as many
    power, margin, sides, direction : as in `size_difference`
    overlap : g, the share of those who answer in the first wave who answer in the second too
    rho : correlation of a person's two answers; needed if overlap is above 0, or instead of it:
    pxy : share of people who are "yes" in both waves
    ratio : size of the second wave over that of the first
    level, deff, icc, take, response, population, earlier : as in `size_proportion`; deff is that of the
        change. Where both waves visit the same clusters it is usually smaller than that of one wave, so the
        design effect of one wave errs on the side of more people.

    Returns
    -------
    SizeResult; n is of the first wave, total the larger wave

    Raises
    ------
    ArgumentError
        As `size_difference`; an overlap without rho or pxy, a pxy or rho that the shares do not allow.

    References
    ----------
    Valliant, Dever and Kreuter (2018), Practical Tools for Designing and Weighting Survey Samples, ch. 4.

    Examples
    --------
    >>> size_change(0.50, 0.55, overlap=0.5, pxy=0.45).n
    1013
    >>> size_change(sd=(200**0.5, 180**0.5), effect=5, overlap=0.6, rho=0.9, sides="one").n
    44
    """
    asked = dict(locals())
    field = field_of(
        level=level, deff=deff, icc=icc, take=take, response=response, population=population, earlier=earlier
    )
    ratio = ratio_of(ratio)
    overlap = 0.0 if overlap == 0 else share(overlap, "overlap")
    if overlap > ratio:
        raise ArgumentError(
            f"overlap={overlap:g}, ratio={ratio:g}: the second wave is smaller than what it shares with "
            "the first. Overlap is a share of the first wave, at most the ratio."
        )
    pair = means_of(asked) if of_means(asked, "size_change") else shares_of(asked)
    _check_overlap(pair, overlap, rho, pxy)

    def errors(effect: float) -> tuple[float, float]:
        """Return the standard error of the change times the root of n1: the same under both hypotheses."""
        first, second = pair.variances(effect)
        both = _covariance(pair, effect, first * second, rho, pxy) if overlap else 0.0
        variance = first + second / ratio - 2 * overlap * both / ratio
        if variance <= 1e-12 * (first + second / ratio):
            raise ArgumentError(
                f"overlap={overlap:g}, rho={rho}: everyone would change alike, so nothing is left to chance. "
                "Take a rho below 1."
            )
        own = math.sqrt(variance)
        return own, own

    result = sized(Question("change", size_change, asked, field, pair, ratio, errors))
    if pair.effect is None and result.effect is not None:
        _check_overlap(replace(pair, effect=result.effect), overlap, rho, pxy)
    return result


def _covariance(pair: Pair, effect: float, product: float, rho: float | None, pxy: float | None) -> float:
    """Return the covariance of a person's two answers."""
    if rho is not None:
        return rho * math.sqrt(product)
    return (pxy or 0.0) - pair.base * (pair.base + effect)


def _check_overlap(pair: Pair, overlap: float, rho: Any, pxy: Any) -> None:
    if rho is not None and pxy is not None:
        raise ArgumentError(f"rho={rho:g} and pxy={pxy:g}: each follows from the other. Give one of them.")
    if overlap and rho is None and pxy is None:
        raise ArgumentError(
            f"overlap={overlap:g} needs rho, the correlation of a person's two answers"
            + (", or pxy, the share who are 'yes' in both waves." if pair.kind == "share" else ".")
        )
    if rho is not None:
        rho = correlation(rho, "rho")
    if pxy is not None:
        _check_pxy(pair, check_fraction(pxy, "pxy"))
    elif rho is not None and pair.kind == "share" and pair.effect is not None:
        first, second = pair.variances(pair.effect)
        both = pair.base * (pair.base + pair.effect) + rho * math.sqrt(first * second)
        low, high = _bounds(pair.base, pair.base + pair.effect)
        if not low - 1e-12 <= both <= high + 1e-12:
            raise ArgumentError(
                f"rho={rho:g}: with shares {pair.base:g} and {pair.base + pair.effect:g} the share who are "
                f"'yes' in both would be {both:.3f}; it lies from {low:g} to {high:g}. Take another rho."
            )


def _check_pxy(pair: Pair, pxy: float) -> None:
    if pair.kind == "mean":
        raise ArgumentError(f"pxy={pxy:g} is for shares. For means give rho.")
    if pair.effect is None:
        raise ArgumentError(f"pxy={pxy:g} belongs to a known p2. To find the effect give rho instead.")
    low, high = _bounds(pair.base, pair.base + pair.effect)
    if not low - 1e-12 <= pxy <= high + 1e-12:
        raise ArgumentError(
            f"pxy={pxy:g}: with shares {pair.base:g} and {pair.base + pair.effect:g} the share who are 'yes' "
            f"in both lies from {low:g} to {high:g}."
        )


def _bounds(p1: float, p2: float) -> tuple[float, float]:
    return round(max(0.0, p1 + p2 - 1), 12), min(p1, p2)
