"""What differences and changes share: two samples, an effect, a test and its power."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from ..checks import ArgumentError, check_choice, check_fraction
from .earlier import Earlier
from .field import Field, Kind, checked_effect, checked_n, number_above
from .result import Call, SizeResult
from .solve import rounded, smallest
from .tails import normal_power, z_of

__all__ = ["Direction", "Pair", "Question", "Sides", "means_of", "of_means", "ratio_of", "shares_of", "sized"]

Sides = Literal["two", "one"]
Direction = Literal["up", "down"]
POWER = 0.8
EDGE = 1e-9  # the effect looked for stays so far inside the shares there are


@dataclass(frozen=True)
class Pair:
    """Two groups or waves: the share of the first, or the standard deviations; and the effect, if known."""

    kind: Kind
    base: float = 0.0
    sd: tuple[float, float] = (0.0, 0.0)
    effect: float | None = None

    def variances(self, effect: float) -> tuple[float, float]:
        """Return the variance of a person in each group."""
        if self.kind == "mean":
            return self.sd[0] ** 2, self.sd[1] ** 2
        second = self.base + effect
        return self.base * (1 - self.base), second * (1 - second)

    def most(self, direction: Direction) -> float:
        """Return the largest effect there can be."""
        if self.kind == "mean":
            return math.inf
        return (1 - self.base if direction == "up" else self.base) - EDGE


@dataclass(frozen=True)
class Question:
    """A difference or a change to be sized.

    `errors` gives, for an effect, the standard error under the null hypothesis and under the alternative,
    each times the root of the size of the first sample.
    """

    kind: str
    function: Callable[..., SizeResult]
    asked: dict[str, Any]
    field: Field
    pair: Pair
    ratio: float
    errors: Callable[[float], tuple[float, float]]
    names: tuple[str, str] = ("1", "2")


def sized(question: Question) -> SizeResult:
    """Find what was left out: n, the power, or the effect."""
    asked, field, pair = question.asked, question.field, question.pair
    one_sided = check_choice(asked["sides"], ("two", "one"), "sides") == "one"
    direction: Direction = (
        "up" if check_choice(asked["direction"], ("up", "down"), "direction") == "up" else "down"
    )
    power, margin, n = asked["power"], asked["margin"], asked["n"]
    power = None if power is None else check_fraction(power, "power")
    solved = what_is_left_out(n, pair.effect, power, margin, question.kind)
    sign = 1.0 if direction == "up" else -1.0

    def reached(size: float, effect: float) -> float:
        null, own = question.errors(effect)
        root = math.sqrt(srs_of_pair(field, pair.kind, size, question.ratio))
        return normal_power(abs(effect) * root / own, field.level, one_sided=one_sided, null=null / own)

    def half(size: float, effect: float) -> float:
        root = math.sqrt(srs_of_pair(field, pair.kind, size, question.ratio))
        return z_of(field.level) * question.errors(effect)[1] / root

    effect = pair.effect
    if solved == "n":
        goal = POWER if power is None else power
        here = 0.0 if effect is None else effect
        enough = (
            (lambda x: half(x, here) <= margin)
            if margin is not None
            else (lambda x: reached(x, here) >= goal)
        )
        text = f"power={goal:g}" if margin is None else f"margin={margin:g}"
        exact = _first(field, enough, text, question.ratio)
        size = rounded(exact)
    else:
        size = checked_n(n, field)
        exact = float(size)
        _check_second(field, size, question.ratio)
    if solved == "effect":
        goal = POWER if power is None else power
        most = pair.most(direction)
        size_of = smallest(
            lambda d: reached(size, sign * d) >= goal, most, f"n={size}, power={goal:g}",
            "Take more people, a lower power, or the other direction.", least=EDGE,
        )  # fmt: skip
        effect = sign * size_of
    return _result(question, solved, size, exact, effect, reached, half)


def _first(field: Field, enough: Callable[[float], bool], text: str, ratio: float) -> float:
    most = math.inf if field.population is None else field.population / max(ratio, 1)
    mend = "Take a larger effect, a wider margin or a lower power."
    return smallest(enough, most, text, mend)


def _result(
    question: Question,
    solved: str,
    size: int,
    exact: float,
    effect: float | None,
    reached: Callable[[float, float], float],
    half: Callable[[float, float], float],
) -> SizeResult:
    asked, field, pair = question.asked, question.field, question.pair
    second = rounded(exact * question.ratio)
    sizes = (size, second)
    change = question.kind == "change"
    taken = [field.clusters(k) for k in sizes]
    clusters = [k for k in taken if k is not None]
    goal = POWER if asked["power"] is None else asked["power"]
    tested = asked["margin"] is None and effect is not None
    words: dict[str, Any] = {"sd": pair.sd[0] if pair.sd[0] == pair.sd[1] else pair.sd}
    if pair.kind == "share":
        words = {"p1": pair.base, "p2": None if effect is None else pair.base + effect}
    extra: dict[str, Any] = {name: asked[name] for name in ("overlap", "rho", "pxy") if name in asked}
    return SizeResult(
        kind=question.kind,
        solved=solved,
        n=size,
        exact=exact,
        n_answered=round(size * field.response),
        total=max(sizes) if change else sum(sizes),
        groups=tuple(zip(question.names, sizes, strict=True)),
        clusters=(max(clusters) if change else sum(clusters)) if clusters else None,
        assumptions={
            **words, "effect": effect, **extra, "ratio": question.ratio, "sides": asked["sides"],
            "power": goal if tested and solved != "power" else None,
            "margin": asked["margin"], **field.assumptions(),
        },
        field=field,
        assumed=field.assumed + ("power",) * (tested and solved != "power" and asked["power"] is None),
        margin=half(size, 0.0 if effect is None else effect),
        power=reached(size, effect) if tested and effect is not None else None,
        effect=effect,
        call=Call(question.function, asked, targets=("margin", "power")),
    )  # fmt: skip


def what_is_left_out(n: Any, effect: Any, power: Any, margin: Any, kind: str) -> str:
    """Return "n", "power", "effect" or "margin": the one to be found; the others must be there."""
    if margin is not None:
        if n is not None or power is not None:
            other = f"n={n}" if n is not None else f"power={power:g}"
            raise ArgumentError(f"margin={margin:g} and {other} are given together. Give one target.")
        number_above(margin, 0, "margin", "half the length of the interval")
        return "n"
    if n is None:
        if effect is None:
            raise ArgumentError(
                f"size_{kind}: two of n, power and effect are needed; n and the effect are not given."
            )
        return "n"
    if effect is None:
        return "effect"
    if power is not None:
        raise ArgumentError(
            f"n={n}, the effect and power={power:g} are all given: one follows from the others. "
            "Leave one out."
        )
    return "power"


def srs_of_pair(field: Field, kind: Kind, n: float, ratio: float) -> float:
    """Return the first sample's worth in people of simple random samples without end, for n forms in it."""
    return field.srs(n, kind) if field.population is None else _with_population(field, kind, n, ratio)


def _with_population(field: Field, kind: Kind, n: float, ratio: float) -> float:
    """Take the correction of the smaller fraction for both samples, so as not to promise too much."""
    smaller = min(ratio, 1.0)
    return field.srs(n * smaller, kind) / smaller


def _check_second(field: Field, size: int, ratio: float) -> None:
    if rounded(size * ratio) > field.most:
        raise ArgumentError(
            f"n={size}, ratio={ratio:g}: the second sample needs {rounded(size * ratio)} people, and the "
            f"population has only {field.most:g}."
        )


def ratio_of(ratio: Any) -> float:
    """Return the size of the second sample over that of the first."""
    return number_above(ratio, 0, "ratio", "size of the second sample over that of the first")


def of_means(asked: dict[str, Any], name: str) -> bool:
    """Tell whether the question is about means: sd is given, or known from an earlier survey alone."""
    p1, p2, sd, earlier = asked["p1"], asked["p2"], asked["sd"], asked["earlier"]
    if sd is not None and (p1 is not None or p2 is not None):
        raise ArgumentError(
            "sd and p1 are given together: give shares p1 and p2, or sd and effect for means."
        )
    if sd is not None:
        return True
    if p1 is not None or (earlier is not None and earlier.p is not None):
        return False
    if earlier is not None and earlier.sd is not None:
        return True
    raise ArgumentError(f"{name}: give the shares p1 and p2, or sd and effect for means.")


def shares_of(asked: dict[str, Any]) -> Pair:
    """Return the pair of two shares."""
    earlier: Earlier | None = asked["earlier"]
    p1 = check_fraction(earlier.p if asked["p1"] is None and earlier is not None else asked["p1"], "p1")
    p2, effect = asked["p2"], asked["effect"]
    if p2 is not None and effect is not None:
        raise ArgumentError(f"p2={p2:g} and effect={effect:g}: effect is p2 - p1. Give one of them.")
    if p2 is None and effect is None:
        return Pair("share", base=p1)
    if p2 is None:
        effect = checked_effect(effect)
        if not 0 < p1 + effect < 1:
            raise ArgumentError(
                f"effect={effect:g}: with p1={p1:g} the other share would be {p1 + effect:g}; it must lie "
                "between 0 and 1. Write points as a share: 0.05."
            )
        return Pair("share", base=p1, effect=effect)
    p2 = check_fraction(p2, "p2")
    if p1 == p2 and asked["margin"] is None and asked["power"] is None and asked["n"] is not None:
        return Pair("share", base=p1, effect=0.0)
    if p1 == p2 and asked["margin"] is None:
        raise ArgumentError(
            f"p1={p1:g} and p2={p2:g} are the same: no sample finds a difference that is not there."
        )
    return Pair("share", base=p1, effect=p2 - p1)


def means_of(asked: dict[str, Any]) -> Pair:
    """Return the pair of two means."""
    earlier: Earlier | None = asked["earlier"]
    sd = earlier.sd if asked["sd"] is None and earlier is not None else asked["sd"]
    both = sd if isinstance(sd, (tuple, list)) else (sd, sd)
    if len(both) != 2:
        raise ArgumentError(f"sd={sd!r}: give one standard deviation, or one of each of the two samples.")
    first, second = (number_above(s, 0, "sd", "in units of y") for s in both)
    effect = None if asked["effect"] is None else checked_effect(asked["effect"])
    return Pair("mean", sd=(first, second), effect=effect)
