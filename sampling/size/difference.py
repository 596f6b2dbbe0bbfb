"""Sample size for a difference of two separate groups."""

from __future__ import annotations

import math

from .earlier import Earlier
from .field import field_of
from .pairs import Direction, Question, Sides, means_of, of_means, ratio_of, shares_of, sized
from .result import SizeResult

__all__ = ["size_difference"]


def size_difference(
    p1: float | None = None,
    p2: float | None = None,
    *,
    sd: float | tuple[float, float] | None = None,
    effect: float | None = None,
    n: int | None = None,
    power: float | None = None,
    margin: float | None = None,
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
    r"""Forms for a difference of two groups: n, power, the effect that can be found, or the margin.

    .. math:: n_1 = \frac{\left(z_{\alpha} \sqrt{\bar p \bar q (1 + 1/r)} + z_{\beta} \sqrt{p_1 q_1 +
              p_2 q_2 / r}\right)^2}{(p_2 - p_1)^2}, \quad \bar p = \frac{p_1 + r p_2}{1 + r}; \qquad
              n_1 = \frac{(z_{\alpha} + z_{\beta})^2 (S_1^2 + S_2^2 / r)}{d^2}

    The test of two proportions has the common share in its variance under the null hypothesis, as R's
    `power.prop.test` has it. Means are tested against the normal distribution.

    Parameters
    ----------
    p1, p2 : shares of the two groups; p2 may be left out if `effect` is given or asked for
    sd : standard deviation of the people of both groups, or of each: then the difference is of means
    effect : p2 - p1, or the difference of the means
    n : people to select in the first group; the second has `ratio` times as many
    power : by default 0.8, where n or the effect is to be found
    margin : half the length of the interval of the difference; another target for n
    ratio : size of the second group over that of the first
    sides : "two" or "one" tail of the test
    direction : where the effect is to be found: "up" (p2 above p1) or "down"
    level, deff, icc, take, response : as in `size_proportion`, the same in both groups
    population : people in each group; by default without end, as a test usually asks
    earlier : as in `size_proportion`; its share or standard deviation is that of the first group

    Returns
    -------
    SizeResult; n is of the first group, total of both

    Raises
    ------
    ArgumentError
        As `size_proportion`; no effect; not exactly one of n, power and effect left out.

    References
    ----------
    Fleiss, Levin and Paik (2003), Statistical Methods for Rates and Proportions, ch. 4.

    Examples
    --------
    >>> round(size_difference(0.50, 0.75, n=50).power, 4)
    0.7402
    >>> size_difference(0.80, 0.85).n, size_difference(sd=10, effect=3, power=0.9).groups
    (906, (('1', 234), ('2', 234)))
    """
    asked = dict(locals())
    field = field_of(
        level=level, deff=deff, icc=icc, take=take, response=response, population=population, earlier=earlier
    )
    ratio = ratio_of(ratio)
    pair = means_of(asked) if of_means(asked, "size_difference") else shares_of(asked)

    def errors(effect: float) -> tuple[float, float]:
        """Return the standard error under the null and the alternative, times the root of n1, without fpc."""
        first, second = pair.variances(effect)
        own = math.sqrt(first + second / ratio)
        if pair.kind == "mean":
            return own, own
        common = (pair.base + ratio * (pair.base + effect)) / (1 + ratio)
        return math.sqrt(common * (1 - common) * (1 + 1 / ratio)), own

    return sized(Question("difference", size_difference, asked, field, pair, ratio, errors))
