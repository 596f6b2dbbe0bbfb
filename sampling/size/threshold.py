"""Sample size to show that a share is above (or below) a threshold, and the rule's operating curve."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..checks import ArgumentError, check_choice, check_fraction
from .earlier import Earlier
from .field import Field, checked_n, field_of
from .pairs import EDGE, POWER
from .result import Call, SizeResult
from .solve import checked_forms, enough_forms, rounded, smallest
from .tails import normal_power, z_of

__all__ = ["operating_curve", "size_threshold"]

Array = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
ThresholdMethod = Literal["exact", "normal"]
Side = Literal["above", "below"]
MOST = 20_000_000  # people looked through for the exact method


def size_threshold(
    p0: float,
    p: float | None = None,
    *,
    n: int | None = None,
    power: float | None = None,
    method: ThresholdMethod = "exact",
    side: Side = "above",
    level: float = 0.95,
    deff: float | None = None,
    icc: float | None = None,
    take: float | None = None,
    response: float | None = None,
    population: int | None = None,
    earlier: Earlier | None = None,
) -> SizeResult:
    r"""Forms to show that a share is above p0 when it truly is p: n, power, or the p that can be shown.

    The share counts as shown when its one-sided lower limit at `level` is above p0. With :math:`X` of the k
    answers "yes":

    .. math:: X \ge c, \quad c = \min\{x : P(X \ge x \mid k, p_0) \le 1 - level\}; \qquad
              power = P(X \ge c \mid k, p)

    "exact" is this binomial rule (Clopper and Pearson's limit), with k the effective number of answers,
    rounded down; its power goes up and down with k, and n is the smallest from which every larger k reaches
    the power too. "normal" is Wilson's limit and the usual approximation

    .. math:: k = \left(\frac{z_\alpha \sqrt{p_0 q_0} + z_\beta \sqrt{p q}}{p - p_0}\right)^2

    Parameters
    ----------
    p0 : the threshold, as a share: 0.9
    p : the share that is true; by default that of `earlier`
    n : people to select; give it to learn the power at p, or without p the p that can be shown
    power : by default 0.8, where n or p is to be found
    method : "exact" or "normal"
    side : "above" to show p > p0, "below" to show p < p0
    level : one-sided confidence level
    deff, icc, take, response, population, earlier : as in `size_proportion`

    Returns
    -------
    SizeResult; effect is p - p0, critical the answers "yes" of the effective k that are needed (at most, with
    side "below")

    Raises
    ------
    ArgumentError
        The truth is at the threshold or on its wrong side; not exactly one of n, power and p left out.

    References
    ----------
    Fleiss, Levin and Paik (2003), Statistical Methods for Rates and Proportions, ch. 2.

    Examples
    --------
    >>> size_threshold(0.90, 0.95).n, size_threshold(0.90, 0.95, method="normal").n
    (203, 184)
    """
    asked = dict(locals())
    check_choice(method, ("exact", "normal"), "method")
    above = check_choice(side, ("above", "below"), "side") == "above"
    p0, power = check_fraction(p0, "p0"), None if power is None else check_fraction(power, "power")
    p = earlier.p if p is None and n is None and earlier is not None else p
    p = None if p is None else check_fraction(p, "p")
    field = field_of(level=level, deff=deff, icc=icc, take=take, response=response, population=population,
                     earlier=earlier)  # fmt: skip
    solved = _left_out(n, p, power)
    if p is not None and (solved == "n" or not math.isclose(p, p0)):
        _check_truth(p, p0, above, solved)
    goal = POWER if power is None else power
    rule = Rule(p0 if above else 1 - p0, field.level, method)
    if solved == "n":
        truth = p0 if p is None else p
        exact = _forms(rule, truth if above else 1 - truth, goal, field)
        size = rounded(exact)
    else:
        size = checked_n(n, field)
        exact = float(size)
    k = field.srs(size, "share")
    if solved == "effect":
        least = rule.p0 + EDGE
        truth = smallest(lambda x: rule.passing(k, x) >= goal, 1 - EDGE, f"n={size}, power={goal:g}",
                         "Take more people, or a lower power.", least=least)  # fmt: skip
        p = truth if above else 1 - truth
    truth = p0 if p is None else p
    return SizeResult(
        kind="threshold",
        solved=solved,
        n=size,
        exact=exact,
        n_answered=round(size * field.response),
        total=size,
        groups=(("all", size),),
        clusters=field.clusters(size),
        assumptions={
            "p0": p0, "p": truth, "power": None if solved == "power" else goal, "method": method,
            "side": side, **field.assumptions(),
        },
        field=field,
        assumed=field.assumed + ("power",) * (power is None and solved != "power"),
        power=rule.passing(k, truth if above else 1 - truth),
        effect=truth - p0,
        critical=_critical(rule, k, above=above),
        call=Call(size_threshold, asked, targets=("power",)),
    )  # fmt: skip


class Rule:
    """When a share counts as shown to be above p0."""

    def __init__(self, p0: float, level: float, method: ThresholdMethod) -> None:
        self.p0, self.level, self.method = p0, level, method

    def passing(self, k: float, p: float) -> float:
        """Return the chance of passing with the worth of k answers when the share is p."""
        if self.method == "normal":
            if p <= 0 or p >= 1 or math.isinf(k):
                return float(p > self.p0)
            own = math.sqrt(p * (1 - p))
            shift, null = (p - self.p0) * math.sqrt(k) / own, math.sqrt(self.p0 * (1 - self.p0)) / own
            return normal_power(shift, self.level, one_sided=True, null=null)
        if math.isinf(k):
            return float(p > self.p0)
        count = np.array([_floor(k)])
        return float(at_least(critical(count, self.p0, self.level), count, p)[0])


def critical(k: Whole, p0: float, level: float) -> Whole:
    """Return for each k the fewest "yes" that show p > p0; k + 1 where not even all do."""
    low, high = np.zeros_like(k), k + 1  # too few; enough
    while bool((high - low > 1).any()):
        middle = (low + high) // 2
        enough = at_least(middle, k, p0) <= 1 - level + 1e-15
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return high


def at_least(c: Whole, k: Whole, p: float) -> Array:
    """Return P(X >= c) for X binomial (k, p)."""
    from scipy.special import betainc

    if p in (0.0, 1.0):
        return np.where(c <= k * p, 1.0, 0.0)
    inside = (c >= 1) & (c <= k)
    tail = betainc(np.where(inside, c, 1), np.where(inside, k - c + 1, 1), p)
    return np.where(inside, tail, np.where(c < 1, 1.0, 0.0))


def _forms(rule: Rule, p: float, goal: float, field: Field) -> float:
    """Return the forms from which the rule passes with the power asked."""
    text = f"power={goal:g}"
    normal = Rule(rule.p0, rule.level, "normal")
    if rule.method == "normal":
        return enough_forms(field, "share", lambda k: normal.passing(k, p) >= goal, text)
    middle = (z_of(rule.level, one_sided=True) * math.sqrt(rule.p0 * (1 - rule.p0))
              + z_of(goal, one_sided=True) * math.sqrt(p * (1 - p))) / (p - rule.p0)  # fmt: skip
    k = _first_k(rule, p, goal, middle * middle)
    return checked_forms(field.forms(k, "share"), field, text)


def _first_k(rule: Rule, p: float, goal: float, guess: float) -> int:
    """Return the smallest k from which every larger one reaches the power, looked for around a guess."""
    start, end = int(guess / 2), int(guess * 1.5) + 100
    while True:
        if end > MOST:
            raise ArgumentError(
                f"p={p:g}, p0={rule.p0:g}: more than {MOST} answers would be needed. Take a p further from "
                "p0, or method='normal'."
            )
        k = np.arange(max(start, 1), end + 1)
        failing = np.flatnonzero(at_least(critical(k, rule.p0, rule.level), k, p) < goal)
        if failing.size and failing[-1] < len(k) - 1:
            return int(k[failing[-1]]) + 1
        if failing.size:
            end *= 2
        elif start <= 1:
            return 1
        else:
            start //= 2


def _floor(k: float) -> int:
    return math.floor(k * (1 + 1e-10))


def _critical(rule: Rule, k: float, *, above: bool) -> int | None:
    if rule.method == "normal" or math.isinf(k):
        return None
    count = _floor(k)
    c = int(critical(np.array([count]), rule.p0, rule.level)[0])
    return c if above else count - c


def _left_out(n: Any, p: Any, power: Any) -> str:
    if n is None:
        if p is None:
            raise ArgumentError("size_threshold: give two of n, power and p, the share that is true.")
        return "n"
    if p is None:
        return "effect"
    if power is not None:
        raise ArgumentError(
            f"n={n}, p={p:g} and power={power:g} are all given: one follows from the others. Leave one out."
        )
    return "power"


def _check_truth(p: float, p0: float, above: bool, solved: str) -> None:
    """Refuse a plan to show what is not so; the power at such a p may be asked."""
    if solved == "n" and not (p > p0 if above else p < p0):
        word = "above" if above else "below"
        raise ArgumentError(
            f"p={p:g}, p0={p0:g}: no sample shows that a share is {word} {p0:g} when it is {p:g}. "
            f"Take a true share {word} the threshold."
        )


def operating_curve(result: SizeResult, p: Sequence[float] | None = None) -> pd.DataFrame:
    """Return the chance of passing against the true share, for the rule of the limit and the naive one.

    Parameters
    ----------
    result : of `size_threshold`
    p : true shares, by default 121 around the threshold

    Returns
    -------
    pd.DataFrame with p; limit_rule, the chance that the limit is on the right side of the threshold;
    naive_rule, the chance that the share observed is at the threshold or beyond, whatever its limit.

    Raises
    ------
    ArgumentError
        The result is of another kind.

    Examples
    --------
    >>> curve = operating_curve(size_threshold(0.90, 0.95, n=200), [0.87, 0.92])
    >>> curve.round(2).to_numpy().tolist()
    [[0.87, 0.0, 0.12], [0.92, 0.18, 0.88]]
    """
    if result.kind != "threshold":
        raise ArgumentError(
            f"result is of kind {result.kind!r}: an operating curve belongs to size_threshold."
        )
    given, field = result.assumptions, result.field
    above, p0 = given["side"] == "above", given["p0"]
    rule = Rule(p0 if above else 1 - p0, field.level, cast(ThresholdMethod, given["method"]))
    reach = max(0.08, 1.5 * abs(result.effect or 0))
    shares = (
        np.linspace(max(p0 - reach, 0), min(p0 + reach, 1), 121) if p is None else np.asarray(p, dtype=float)
    )
    k = field.srs(result.n, "share")
    count = np.array([_floor(min(k, 2**53))])
    naive = np.ceil(count * rule.p0 - 1e-9).astype(np.int64)
    truths = [float(x if above else 1 - x) for x in shares]
    return pd.DataFrame(
        {
            "p": shares,
            "limit_rule": [rule.passing(k, x) for x in truths],
            "naive_rule": [float(at_least(naive, count, x)[0]) for x in truths],
        }
    )
