r"""From the simple random sample of a formula to the forms handed out, and back.

The order is always the same, and n is rounded up once, at the end:

1. :math:`n_0`, a simple random sample from a population without end;
2. the finite population: :math:`1/n_1 = 1/(c\,n_0) + 1/N`;
3. the design effect: :math:`n_2 = n_1 \times deff` answers;
4. nonresponse: :math:`n = n_2 / response` forms; for a domain met by chance, over its share as well.

The finite population correction is taken at the effective sample size, before the design effect. A cluster
sample that takes a large part of the people still takes few of the clusters, so a correction of the full
number of answers would promise too much; where deff is above 1, this one errs on the side of more people.
c is 1 for means, N/(N - 1) for shares and (N - 1)/N for log-odds, as Valliant, Dever and Kreuter have them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ..checks import ArgumentError, check_fraction
from .earlier import Earlier

__all__ = [
    "Field", "checked_effect", "checked_n", "correlation", "field_of", "number_above", "one_target", "whole",
]  # fmt: skip

Kind = Literal["mean", "share", "odds"]


@dataclass(frozen=True)
class Field:
    """What lies between the formula of a simple random sample and the forms handed out.

    Attributes
    ----------
    level : confidence level
    deff : design effect, 1 or more
    response : share of the forms that come back answered
    population : people in the population, None if there is no end to it
    domain : share of the population that is in the domain, 1 for all
    icc, take : intraclass correlation and answers per cluster, if given
    assumed : names of what was not given and is taken as 1
    """

    level: float = 0.95
    deff: float = 1.0
    response: float = 1.0
    population: float | None = None
    domain: float = 1.0
    icc: float | None = None
    take: float | None = None
    assumed: tuple[str, ...] = ()

    def c(self, kind: Kind) -> float:
        """Return the factor of the finite population correction."""
        N = self.within
        return 1.0 if kind == "mean" or N is None else N / (N - 1) if kind == "share" else (N - 1) / N

    @property
    def within(self) -> float | None:
        """People of the domain in the population."""
        return None if self.population is None else self.population * self.domain

    @property
    def most(self) -> float:
        """Most forms that can be handed out."""
        return math.inf if self.population is None else self.population

    def answers(self, n: float) -> float:
        """Return the answers (of the domain) expected from n forms."""
        return n * self.response * self.domain

    def srs(self, n: float, kind: Kind) -> float:
        """Return the size of the simple random sample without end that says as much as n forms."""
        size, N = self.answers(n) / self.deff, self.within
        if N is None:
            return size
        return size * N / (N - size) / self.c(kind) if size < N else math.inf

    def forms(self, srs: float, kind: Kind) -> float:
        """Return the forms needed for a simple random sample of size `srs`; the inverse of `srs()`."""
        c, N = self.c(kind), self.within
        size = c * srs if N is None else 1 / (1 / (c * srs) + 1 / N)
        return size * self.deff / self.response / self.domain

    def clusters(self, n: float) -> int | None:
        """Return the clusters needed for n forms, if the take is known."""
        return None if self.take is None else math.ceil(self.answers(n) / self.take * (1 - 1e-10))

    def assumptions(self) -> dict[str, Any]:
        """Return the values by name."""
        return {
            "level": self.level, "deff": self.deff, "icc": self.icc, "take": self.take,
            "response": self.response, "population": self.population,
            "domain": None if self.domain == 1 else self.domain,
        }  # fmt: skip


def field_of(
    *,
    level: float,
    deff: float | None,
    icc: float | None,
    take: float | None,
    response: float | None,
    population: float | None,
    domain: float | None = None,
    earlier: Earlier | None = None,
) -> Field:
    """Check the assumptions of the field, complete them from an earlier survey, and say what was assumed."""
    level = check_fraction(level)
    if earlier is not None and not isinstance(earlier, Earlier):
        raise TypeError(
            f"earlier is a {type(earlier).__name__}; pass what surveykit.planning.from_design returns, "
            "or a sampling.size.Earlier."
        )
    if deff is not None and icc is not None:
        raise ArgumentError(f"deff={deff:g} and icc={icc:g}: give one of them; icc with take gives deff.")
    learned = False
    if earlier is not None and deff is None and icc is None:
        if take is None or earlier.icc is None:
            deff = None if earlier.deff is None else max(earlier.deff, 1.0)
        else:
            icc, learned = earlier.icc, True
    if response is None and earlier is not None:
        response = earlier.response
    take = None if take is None else number_above(take, 0, "take", "people per cluster who answer")
    if icc is not None:
        icc = _icc(icc)
        if take is None:
            raise ArgumentError(f"icc={icc:g} needs take, the people per cluster who answer: take=15.")
    if population is not None:
        population = whole(population, "population", least=2)
    return Field(
        level=level,
        deff=_deff(deff, icc, take),
        response=1.0 if response is None else share(response, "response"),
        population=population,
        domain=1.0 if domain is None else share(domain, "domain"),
        icc=icc,
        take=take,
        assumed=_assumed(deff, icc, response, earlier) + ("weights",) * learned,
    )


def _assumed(deff: Any, icc: Any, response: Any, earlier: Earlier | None) -> tuple[str, ...]:
    """Return the names of what was not given, and of what was taken otherwise than it was found."""
    below = earlier is not None and earlier.deff is not None and earlier.deff < 1 and deff == 1
    return (
        ("deff",) * (deff is None and icc is None)
        + ("deff below 1",) * below
        + ("response",) * (response is None)
    )


def _deff(deff: float | None, icc: float | None, take: float | None) -> float:
    if icc is not None and take is not None:
        return 1 + max(take - 1, 0) * icc
    deff = number_above(1.0 if deff is None else deff, 0, "deff", "how many times the variance of an SRS")
    if deff < 1:
        raise ArgumentError(
            f"deff={deff:g} is below 1: a plan should not count on a design that beats simple random "
            "sampling. Use 1 or more; a gain from strata comes out in the allocation."
        )
    return deff


def _icc(icc: Any) -> float:
    if isinstance(icc, bool) or not isinstance(icc, (int, float, np.number)):
        raise TypeError(f"icc={icc!r}: pass a number from 0 to 1.")
    if not 0 <= icc <= 1:
        raise ArgumentError(
            f"icc={icc:g}: the intraclass correlation lies from 0 to 1; 0.02 to 0.1 is usual."
        )
    return float(icc)


def share(value: Any, argument: str) -> float:
    """Return a share above 0 and up to 1; a percentage is refused."""
    if isinstance(value, (int, float, np.number)) and not isinstance(value, bool) and value == 1:
        return 1.0
    return check_fraction(value, argument)


def number_above(value: Any, least: float, argument: str, meaning: str) -> float:
    """Return a finite number above a bound."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
        raise TypeError(f"{argument}={value!r}: pass a number ({meaning}).")
    if not (math.isfinite(value) and value > least):
        raise ArgumentError(f"{argument}={value:g}: it must be above {least:g} ({meaning}).")
    return float(value)


def whole(value: Any, argument: str, least: int = 1) -> int:
    """Return a whole number, at least so large."""
    number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or value != int(value):
        raise TypeError(f"{argument}={value!r}: pass a whole number.")
    if value < least:
        raise ArgumentError(f"{argument}={value:g}: it must be {least} or more.")
    return int(value)


def correlation(value: Any, argument: str) -> float:
    """Return a correlation, from -1 to 1."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
        raise TypeError(f"{argument}={value!r}: pass a number from -1 to 1.")
    if not -1 <= value <= 1:
        raise ArgumentError(f"{argument}={value:g}: a correlation lies from -1 to 1.")
    return float(value)


def checked_n(n: Any, field: Field, argument: str = "n") -> int:
    """Return n forms, at most one for each person of the population."""
    forms = whole(n, argument)
    if forms > field.most:
        raise ArgumentError(f"{argument}={n}: the population has only {field.most:g} people.")
    return forms


def one_target(given: dict[str, float | None], n: Any, what: str) -> str | None:
    """Return the name of the one target given, or None where n is; too much or nothing is an error."""
    named = [name for name, value in given.items() if value is not None]
    if n is not None and named:
        raise ArgumentError(
            f"n={n} and {named[0]}={given[named[0]]:g}: one of them follows from the other. Leave one out."
        )
    if len(named) > 1:
        raise ArgumentError(f"{' and '.join(named)} are given together. Give one target.")
    if n is None and not named:
        raise ArgumentError(f"{what}: give one of n, {', '.join(given)}.")
    return named[0] if named else None


def checked_effect(value: Any, argument: str = "effect") -> float:
    """Return an effect other than 0."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not math.isfinite(value):
        raise TypeError(f"{argument}={value!r}: pass a number other than 0.")
    if value == 0:
        raise ArgumentError(f"{argument}=0: no sample finds a difference that is not there. Give another.")
    return float(value)
