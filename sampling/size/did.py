"""Sample size for a difference in differences with communes as clusters."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..checks import ArgumentError, check_choice, check_fraction
from .earlier import Earlier
from .field import Field, _icc, correlation, field_of, number_above, share, whole
from .pairs import POWER, Direction, Pair, Sides, means_of, of_means, shares_of
from .result import Call, SizeResult
from .solve import rounded, smallest
from .tails import first_whole, t_power

__all__ = ["FEW", "FEWEST", "size_did"]

#: Communes an arm: below the first no effect interval, below the second it rests on few; as in the analysis.
FEWEST, FEW = 3, 6
MOST = 10_000_000  # communes or people: beyond it a target counts as out of reach


@dataclass(frozen=True)
class Model:
    """How much the change of a commune's mean varies, by arm."""

    pair: Pair
    icc: float
    stability: float
    ratio: float
    again: float = 0.0  # correlation that the people asked again bring: their share times rho

    def change(self, first: float, second: float, take: float) -> float:
        """Return the variance of the change of a commune's mean, from the variances of a person."""
        both = first + second
        product = 2 * math.sqrt(first * second)
        between = self.icc * (both - self.stability * product)
        return between + (1 - self.icc) * (both - self.again * product) / take

    def error(self, communes: int, take: float, effect: float) -> tuple[float, float]:
        """Return the standard error of the effect and its degrees of freedom (Satterthwaite)."""
        start, later = self.pair.variances(effect)
        others = self.comparison(communes)
        still = start if self.pair.kind == "share" else later
        a = self.change(start, later, take) / communes
        k = self.change(start, still, take) / others
        df = (a + k) ** 2 / (a**2 / (communes - 1) + k**2 / (others - 1)) if a + k > 0 else 1.0
        return math.sqrt(a + k), df

    def comparison(self, communes: int) -> int:
        """Return the number of comparison communes."""
        return rounded(self.ratio * communes)


def size_did(
    p1: float | None = None,
    effect: float | None = None,
    *,
    communes: int | None = None,
    take: float | None = None,
    power: float | None = None,
    sd: float | tuple[float, float] | None = None,
    icc: float | None = None,
    stability: float | None = None,
    overlap: float = 0.0,
    rho: float | None = None,
    ratio: float = 1.0,
    sides: Sides = "two",
    direction: Direction = "up",
    level: float = 0.95,
    response: float | None = None,
    earlier: Earlier | None = None,
) -> SizeResult:
    r"""Communes, people per commune, power or effect of a difference in differences between two arms.

    .. math:: V = \sum_{a} \frac{1}{G_a} \left[\rho (S_1^2 + S_2^2 - 2 c S_1 S_2)
              + (1 - \rho) \frac{S_1^2 + S_2^2 - 2 g s S_1 S_2}{m}\right]

    with :math:`G_a` communes in arm a and m people per commune and wave, a share g of them the same people
    in both waves (0: fresh people; 1: a panel) and s the correlation of their answers. The communes are the
    clusters, no finite population correction is made, and the test is t with the degrees of freedom of
    Satterthwaite, 2 (G - 1) for arms of the same size, as :func:`surveykit.did` tests it.

    Parameters
    ----------
    p1 : share before, in both arms; without adoption it stays
    effect : what adoption adds, as a share, or in units of y with `sd`
    communes : adopting communes; the comparison has `ratio` times as many
    take : people per commune and wave who answer
    power : by default 0.8, where communes, take or effect are to be found
    sd : standard deviation of the people, or of each wave, for a mean
    icc : intraclass correlation of people in one commune and wave
    stability : c, correlation over time of a commune's true mean (its people without end); by default 0,
        as if other communes were visited, which errs on the side of more of them
    overlap : g, share of a commune's people of the first wave who answer in the second too; 0: fresh people
    rho : s, correlation of a person's two answers within the commune, its mean of each wave set aside; needed
        where overlap is above 0
    ratio : comparison communes for each adopting one
    sides, direction, level : as in `size_difference`
    response : share of the forms that come back answered
    earlier : share, sd, icc, take and response of an earlier survey, for what is not given

    Returns
    -------
    SizeResult; n and total are the people to select in one wave, both arms; clusters the communes of both

    Raises
    ------
    ArgumentError
        Fewer than 3 communes in an arm, no icc, an overlap without rho, not exactly one of
        communes, take, power and effect left out, or an effect that no number of people in
        so few communes can show.

    References
    ----------
    Donner and Klar (2000), Design and Analysis of Cluster Randomization Trials; Teerenstra et al. (2012),
    Statistics in Medicine 31, 2169-2178 (correlation of a cluster's mean and of a person over time).

    Examples
    --------
    >>> result = size_did(0.80, 0.06, take=30, icc=0.05, stability=0.6)
    >>> result.assumptions["communes"], result.clusters, result.n
    (69, 138, 4140)
    >>> size_did(0.80, 0.06, take=30, icc=0.05, stability=0.6, overlap=1, rho=0.4).clusters
    106
    """
    asked = dict(locals())
    take = _take_of(asked)
    pair = _pair(asked)
    model = Model(pair, _icc_of(asked), 0.0 if stability is None else _stability(stability),
                  number_above(ratio, 0, "ratio", "comparison communes for each adopting one"),
                  _again(overlap, rho))  # fmt: skip
    field = field_of(level=level, deff=None, icc=None, take=take, response=response, population=None,
                     earlier=None if earlier is None else Earlier(response=earlier.response))  # fmt: skip
    one_sided = check_choice(sides, ("two", "one"), "sides") == "one"
    sign = 1.0 if check_choice(direction, ("up", "down"), "direction") == "up" else -1.0
    power = None if power is None else check_fraction(power, "power")
    solved = _left_out(communes, take, power, pair.effect)
    goal = POWER if power is None else power

    def reached(g: int, m: float, d: float) -> float:
        se, df = model.error(g, m, d)
        return t_power(abs(d) / se, df, field.level, one_sided=one_sided) if se > 0 else 1.0

    g, m, d = _solve(solved, model, communes, take, pair, goal, sign, reached, field)
    forms = rounded(m / field.response)
    others = model.comparison(g)
    n = forms * (g + others)
    return SizeResult(
        kind="did",
        solved=solved,
        n=n,
        exact=float(n),
        n_answered=round(n * field.response),
        total=n,
        groups=(("adopting", forms * g), ("comparison", forms * others)),
        clusters=g + others,
        assumptions={
            "p1": pair.base if pair.kind == "share" else None,
            "sd": None if pair.kind == "share" else pair.sd[0] if pair.sd[0] == pair.sd[1] else pair.sd,
            "effect": d, "communes": g, "comparison": others, "take": m, "forms": forms, "icc": model.icc,
            "stability": model.stability, "overlap": overlap or None,
            "rho": rho if overlap else None, "ratio": model.ratio, "sides": sides,
            "power": None if solved == "power" else goal, "level": field.level, "response": field.response,
        },
        field=field,
        assumed=("response",) * ("response" in field.assumed) + ("stability",) * (stability is None)
        + ("power",) * (power is None and solved != "power"),
        power=reached(g, m, d),
        effect=d,
        se=model.error(g, m, d)[0],
        call=Call(size_did, asked, size="communes", targets=("power",)),
    )  # fmt: skip


def _solve(
    solved: str, model: Model, communes: Any, take: float | None, pair: Pair, goal: float, sign: float,
    reached: Callable[[int, float, float], float], field: Field,
) -> tuple[int, float, float]:  # fmt: skip
    """Return communes, answers per commune and wave, and the effect; one of them found."""
    d = 0.0 if pair.effect is None else pair.effect
    if solved == "communes":
        least = FEWEST
        while model.comparison(least) < FEWEST:
            least += 1
        m = 1.0 if take is None else take
        found = first_whole(lambda k: reached(k, m, d) >= goal, least, MOST)
        if found is None:
            raise ArgumentError(f"power={goal:g}: no number of communes reaches it. Take a larger effect.")
        return found, m, d
    g = whole(communes, "communes")
    if min(g, model.comparison(g)) < FEWEST:
        raise ArgumentError(
            f"communes={g}, ratio={model.ratio:g}: {g} adopting and {model.comparison(g)} comparison "
            f"communes; an effect needs at least {FEWEST} in each arm. With fewer, only describe them."
        )
    if solved == "take":
        forms = first_whole(lambda k: reached(g, k * field.response, d) >= goal, 1, MOST)
        if forms is None:
            raise ArgumentError(
                f"communes={g}, effect={d:g}: however many people are asked, so few communes do not reach "
                f"power={goal:g}, for the communes themselves vary. Take more communes or a larger effect."
            )
        return g, forms * field.response, d
    m = 1.0 if take is None else take
    if solved == "effect":
        size = smallest(
            lambda x: reached(g, m, sign * x) >= goal, pair.most("up" if sign > 0 else "down"),
            f"communes={g}, take={m:g}, power={goal:g}",
            "Take more communes, a lower power, or the other direction.", least=1e-9,
        )  # fmt: skip
        return g, m, sign * size
    return g, m, d


def _left_out(communes: Any, take: Any, power: Any, effect: Any) -> str:
    """Return what is to be found; power has a default, so it is found only where all else is given."""
    missing = [n for n, v in (("communes", communes), ("take", take), ("effect", effect)) if v is None]
    if len(missing) > 1:
        raise ArgumentError(
            f"size_did: {' and '.join(missing)} are not given, and only one can be found. Give more."
        )
    if missing:
        return missing[0]
    if power is not None:
        raise ArgumentError(
            f"communes={communes}, take={take:g}, the effect and power={power:g} are all given: one follows "
            "from the others. Leave one out."
        )
    return "power"


def _take_of(asked: dict[str, Any]) -> float | None:
    take, earlier = asked["take"], asked["earlier"]
    if take is None and earlier is not None and asked["communes"] is None:
        take = earlier.take
    return None if take is None else number_above(take, 0, "take", "people per commune and wave who answer")


def _pair(asked: dict[str, Any]) -> Pair:
    known = {**asked, "p2": None, "n": None, "margin": None}
    return means_of(known) if of_means(known, "size_did") else shares_of(known)


def _icc_of(asked: dict[str, Any]) -> float:
    icc, earlier = asked["icc"], asked["earlier"]
    icc = earlier.icc if icc is None and earlier is not None else icc
    if icc is None:
        raise ArgumentError("size_did needs icc, how alike people of one commune are; 0.02 to 0.1 is usual.")
    return _icc(icc)


def _again(overlap: Any, rho: Any) -> float:
    """Return the share of people asked again times the correlation of their answers."""
    part = 0.0 if overlap == 0 else share(overlap, "overlap")
    if part and rho is None:
        raise ArgumentError(
            f"overlap={part:g} needs rho, the correlation of a person's two answers within the commune."
        )
    return 0.0 if rho is None else part * correlation(rho, "rho")


def _stability(value: Any) -> float:
    return 0.0 if value == 0 else share(value, "stability")
