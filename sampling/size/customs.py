"""Sizes by habit, each with what it leaves out said; and the size of an audit sample."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..checks import ArgumentError, check_fraction
from .field import Field, whole
from .proportion import size_proportion
from .result import Call, SizeResult
from .solve import rounded
from .tails import first_whole

__all__ = ["krejcie_morgan", "size_acceptance", "yamane"]

CHI2 = 3.841  # of 1 degree of freedom at 95 %, as Krejcie and Morgan have it
MOST = 50_000_000


def yamane(N: int, e: float = 0.05) -> SizeResult:
    r"""Yamane's size, known in Viet Nam as Slovin's formula, and what it leaves out.

    .. math:: n = \frac{N}{1 + N e^2}

    It is Cochran's size for a share of 0.5 with z = 2 (a level of 95.45 %). Neither the design effect of a
    cluster sample nor nonresponse is in it, and it does not ask which share is measured.

    Parameters
    ----------
    N : people in the population
    e : margin, as a share

    Returns
    -------
    SizeResult; `sensitivity()` and `curve()` answer with `size_proportion`

    Raises
    ------
    ArgumentError
        e=5 in the place of 0.05, N below 2.

    References
    ----------
    Yamane (1967), Statistics: An Introductory Analysis.

    Examples
    --------
    >>> yamane(1000).n, yamane(20_000).n
    (286, 393)
    """
    N, e = whole(N, "N", least=2), check_fraction(e, "e")
    from scipy.special import ndtr

    return _by_habit("yamane", N / (1 + N * e * e), N, 0.5, e, 2 * float(ndtr(2.0)) - 1)


def krejcie_morgan(N: int, margin: float = 0.05, *, p: float = 0.5) -> SizeResult:
    r"""Krejcie and Morgan's size, rounded up (their table rounds to the nearest).

    .. math:: n = \frac{\chi^2 N p (1 - p)}{d^2 (N - 1) + \chi^2 p (1 - p)}, \qquad \chi^2 = 3.841

    Parameters
    ----------
    N : people in the population
    margin : d, as a share
    p : share expected

    Returns
    -------
    SizeResult

    References
    ----------
    Krejcie and Morgan (1970), Educational and Psychological Measurement 30, 607-610.

    Examples
    --------
    >>> krejcie_morgan(100).n, round(krejcie_morgan(100).exact, 3)
    (80, 79.507)
    """
    N, margin, p = whole(N, "N", least=2), check_fraction(margin, "margin"), check_fraction(p, "p")
    size = CHI2 * N * p * (1 - p) / (margin**2 * (N - 1) + CHI2 * p * (1 - p))
    return _by_habit("krejcie-morgan", size, N, p, margin, 0.95)


def _by_habit(kind: str, exact: float, N: int, p: float, margin: float, level: float) -> SizeResult:
    asked = {
        "p": p,
        "margin": margin,
        "level": level,
        "population": N,
        "n": None,
        "deff": None,
        "response": None,
    }
    field = Field(level=level, population=N)
    n = rounded(exact)
    return SizeResult(
        kind=kind,
        solved="n",
        n=n,
        exact=exact,
        n_answered=n,
        total=n,
        groups=(("all", n),),
        clusters=None,
        assumptions={"p": p, "margin": margin, **field.assumptions()},
        field=field,
        assumed=("p", "deff", "response") if kind == "yamane" else ("deff", "response"),
        margin=margin,
        relative_margin=margin / p,
        call=Call(size_proportion, asked, targets=("margin",)),
    )


def size_acceptance(
    tolerable: float, accept: int = 0, *, level: float = 0.95, population: int | None = None
) -> SizeResult:
    r"""Return the records to look at so that few errors rule out a tolerable rate (attribute sampling).

    .. math:: n = \min\{n : P(X \le c) \le 1 - level\}

    where X counts the errors in n records when their rate is the tolerable one: binomial, or hypergeometric
    with a population.

    Parameters
    ----------
    tolerable : rate of errors that must be ruled out, as a share
    accept : c, errors that may be found
    level : confidence level
    population : records there are

    Returns
    -------
    SizeResult; critical is `accept`

    Raises
    ------
    ArgumentError
        The population has no more errors than are accepted.

    References
    ----------
    Arkin (1984), Handbook of Sampling for Auditing and Accounting.

    Examples
    --------
    >>> size_acceptance(0.05, 1).n, size_acceptance(0.05, 1, population=5000).n
    (93, 93)
    """
    tolerable, level, accept = (
        check_fraction(tolerable, "tolerable"),
        check_fraction(level),
        whole(accept, "accept", 0),
    )
    field = Field(level=level, population=None if population is None else whole(population, "population", 2))
    most = MOST if field.population is None else int(field.population)
    bad = round(tolerable * most)
    if field.population is not None and bad <= accept:
        raise ArgumentError(
            f"accept={accept}: at a rate of {tolerable:g} the population of {most} has {bad} errors, so none "
            "could be ruled out. Accept fewer, or look at all records."
        )
    n = first_whole(lambda k: at_most(accept, k, tolerable, field.population) <= 1 - level, accept + 1, most)
    n = most if n is None else n
    return SizeResult(
        kind="acceptance",
        solved="n",
        n=n,
        exact=float(n),
        n_answered=n,
        total=n,
        groups=(("all", n),),
        clusters=None,
        assumptions={"tolerable": tolerable, "accept": accept, "level": level, "population": population},
        field=field,
        critical=accept,
    )


def at_most(c: int, n: int, rate: float, population: float | None) -> float:
    """Return P(X <= c) for n records at this rate of errors: binomial, or hypergeometric in a population."""
    if population is None:
        from scipy.special import bdtr

        return float(bdtr(c, n, rate))
    from scipy.special import gammaln

    N, bad = int(population), round(rate * population)
    x = np.arange(max(0, n - (N - bad)), min(c, n, bad) + 1)

    def choose(a: int, b: npt.ArrayLike) -> npt.NDArray[np.float64]:
        rest = a - np.asarray(b)
        return np.asarray(gammaln(a + 1) - gammaln(np.asarray(b) + 1) - gammaln(rest + 1))

    return float(np.exp(choose(bad, x) + choose(N - bad, n - x) - choose(N, n)).sum()) if x.size else 0.0
