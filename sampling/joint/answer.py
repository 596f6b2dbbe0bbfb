"""Joint probabilities by the word of the method, certainty units and the whole population looked after."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..checks import ArgumentError, DataError, check_choice
from . import exact, polynomials

__all__ = ["FORMULAS", "Joint", "check_pairs", "checked", "joint_probabilities", "places"]

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]
Kind = Literal["exact", "approx", "none"]

WHOLE = 1e-6  # how near to a whole number the sum of the probabilities of a fixed size must be
LARGEST = 5000  # rows whose pairs are written out
ALIKE = 1e-9  # how far apart, in parts of themselves, probabilities that are the same may lie

Exact = Callable[[Array, int, Codes], Array]
FIXED: Mapping[str, Exact] = {
    "srs": exact.srs,
    "systematic": exact.systematic,
    "pps_systematic": exact.systematic,
    "pps_sampford": polynomials.sampford,
    "pps_conditional_poisson": polynomials.conditional_poisson,
    "pps_tille": exact.tille,
    "pps_pivotal": exact.pivotal,
}
#: Where the joint probabilities of a method come from.
FORMULAS: Mapping[str, str] = {
    "srs": "n(n − 1) / (N(N − 1))",
    "srs_wr": "with replacement",
    "bernoulli": "π_i π_j",
    "poisson": "π_i π_j",
    "systematic": "overlap of steps",
    "pps_systematic": "overlap of steps",
    "pps_randomised": "Hartley–Rao 1962",
    "pps_brewer": "Brewer 1963 (n = 2), Hájek",
    "pps_sampford": "Sampford 1967",
    "pps_conditional_poisson": "Chen–Dempster–Liu 1994",
    "pps_tille": "Tillé 1996",
    "pps_pivotal": "ordered pivotal (Chauvet 2012)",
    "pps_pivotal_random": "Hájek",
    "pps_pareto": "Hájek",
    "cube": "none",
    "local_pivotal": "none",
}
NONE = ("srs_wr", "cube", "local_pivotal")
INDEPENDENT = ("bernoulli", "poisson")
EQUAL: Mapping[str, str] = {"srs": "pps_sampford", "systematic": "pps_systematic"}


@dataclass(frozen=True, eq=False)
class Joint:
    """Joint inclusion probabilities of some units of a population.

    Attributes
    ----------
    probability : (n,) first-order probabilities
    matrix : (n, n) joint probabilities, the first-order ones on the diagonal; None where there are none
    kind : {"exact", "approx", "none"}
    formula : where they come from
    measurable : whether every pair of the population has a joint probability above 0, known exactly
    """

    probability: Array
    matrix: Array | None
    kind: Kind
    formula: str
    measurable: bool


def joint_probabilities(
    probability: npt.ArrayLike, method: str, *, rows: npt.ArrayLike | None = None
) -> Joint:
    """Chance of pairs of units to be drawn together, by the method of the draw.

    Parameters
    ----------
    probability : (N,)
        Inclusion probabilities of the whole population of one stratum, exactly 1 for certainty units, in the
        order in which the draw goes through the list (which counts for systematic and ordered pivotal draws).
        Units of different strata are drawn independently.
    method : str
        A word of `sampling.selection.METHODS`.
    rows : (n,), optional
        Places of the units wanted, from 0; by default all.

    Returns
    -------
    Joint

    Raises
    ------
    ArgumentError
        The probabilities do not add up to a whole number, though the method draws a fixed number of units; or
        they differ, though it draws all units alike; or there are too many pairs; or a place is wrong.
    DataError
        A probability is missing, 0 or below, or above 1.

    References
    ----------
    Exact: SRS, Poisson, Sampford (1967), conditional Poisson (Chen, Dempster & Liu 1994), Tillé (1996),
    Brewer (1963) for n = 2, ordered pivotal (Chauvet 2012), systematic in a fixed order (with zeros).
    Approximate: Hartley & Rao (1962) for randomised systematic, Hájek (1964) for Brewer with n > 2, random
    pivotal and Pareto.

    Examples
    --------
    >>> found = joint_probabilities([0.5, 0.5, 0.5, 0.5], "systematic")
    >>> found.kind, found.measurable, found.matrix[0].tolist()
    ('exact', False, [0.5, 0.0, 0.5, 0.0])
    """
    check_choice(method, tuple(FORMULAS), "method")
    pi = checked(probability)
    at = np.arange(pi.size) if rows is None else places(rows, pi.size)
    if method in NONE:
        return Joint(pi[at], None, "none", FORMULAS[method], measurable=False)
    check_pairs(at)
    if method in INDEPENDENT:
        return Joint(pi[at], _finished(np.outer(pi[at], pi[at]), pi[at]), "exact", FORMULAS[method], True)
    chance = np.flatnonzero(pi < 1)
    p = pi[chance]
    n = _number(p, pi, method)
    place = np.full(pi.size, -1)
    place[chance] = np.arange(chance.size)
    inside = np.flatnonzero(pi[at] < 1)
    matrix = np.outer(pi[at], pi[at])  # a certainty unit goes with every other unit as often as that is drawn
    kind, formula, pairs = _pairs(method, p, n, place[at[inside]])
    matrix[np.ix_(inside, inside)] = pairs
    measurable = kind == "exact" and _measurable(method, p, n)
    return Joint(pi[at], _finished(matrix, pi[at]), kind, formula, measurable)


def checked(probability: npt.ArrayLike) -> Array:
    """Return inclusion probabilities as numbers above 0 and at most 1."""
    column: pd.Series[Any] = pd.Series(probability)
    if not pd.api.types.is_numeric_dtype(column.dtype) or not len(column):
        raise TypeError("probability: pass a number for each unit, as pps_probabilities() returns them.")
    pi = column.to_numpy(np.float64, na_value=np.nan)
    wrong = np.flatnonzero(~((pi > 0) & (pi <= 1)))
    if wrong.size:
        raise DataError(
            f"probability is {pi[wrong[0]]:g} for unit {wrong[0]}; it must be above 0 and at most 1. "
            "Leave units out that can't be drawn."
        )
    return pi


def places(rows: npt.ArrayLike, N: int) -> Codes:
    """Return places from 0 to N − 1, each once."""
    given = np.asarray(rows)
    if given.ndim != 1 or not (given.dtype.kind in "iu" or given.size == 0):
        raise TypeError(f"rows: pass places as whole numbers from 0 to {N - 1}, in one list.")
    at = given.astype(np.intp)
    wrong = np.flatnonzero((at < 0) | (at >= N))
    if wrong.size:
        raise ArgumentError(f"rows: places must be from 0 to {N - 1}; {at[wrong[0]]} is not.")
    place, times = np.unique(at, return_counts=True)
    if (times > 1).any():
        raise ArgumentError(f"rows: place {place[times > 1][0]} is there twice. Name each unit once.")
    return at


def check_pairs(at: Codes) -> None:
    """Refuse more pairs than fit."""
    if at.size > LARGEST:
        raise ArgumentError(
            f"rows: the pairs of {at.size} units do not fit; ask for at most {LARGEST} at once."
        )


def _number(p: Array, pi: Array, method: str) -> int:
    """Return the number of units drawn by chance, of which p are the probabilities."""
    n = round(float(p.sum()))
    if abs(float(p.sum()) - n) > WHOLE:
        raise ArgumentError(
            f"probability: the probabilities add up to {float(pi.sum()):.6g}, but {method!r} draws a fixed "
            "number of units, so they must add up to a whole number. Pass those of all units of one stratum."
        )
    if method in EQUAL and p.size and float(np.ptp(p)) > ALIKE * float(p.max()):
        raise ArgumentError(
            f"probability: they run from {p.min():.6g} to {p.max():.6g}, but {method!r} draws all units of a "
            f"stratum with the same. Pass one stratum at a time, or choose method={EQUAL[method]!r}."
        )
    return n


def _pairs(method: str, p: Array, n: int, rows: Codes) -> tuple[Kind, str, Array]:
    """Kind, formula and joint probabilities among the rows."""
    if n < 2:  # no two units are drawn by chance
        return "exact", FORMULAS[method], np.zeros((rows.size, rows.size))
    if method == "pps_brewer":
        if n == 2:
            return "exact", "Brewer 1963", exact.brewer(p, n, rows)
        return "approx", "Hájek", _hajek(p, rows)
    if method in FIXED:
        return "exact", FORMULAS[method], FIXED[method](p, n, rows)
    if method == "pps_randomised":
        return "approx", FORMULAS[method], _hartley_rao(p, n, rows)
    return "approx", FORMULAS[method], _hajek(p, rows)


def _measurable(method: str, p: Array, n: int) -> bool:
    """Whether every pair can be drawn; judged by the pair with the least chance where that is known."""
    if p.size < 2:
        return True
    if n < 2:
        return False
    if method == "pps_tille":  # the chance to be put out falls with the size
        small = np.argsort(p, kind="stable")[:2]
        return bool(exact.tille(p, n, small)[0, 1] > exact.NOTHING)
    if method == "pps_pivotal":  # if two neighbours can be drawn together, so can all that are further apart
        return bool((exact.adjacent(p) > exact.NOTHING).all())
    if method in ("systematic", "pps_systematic"):
        return not exact.apart(p)
    return True


def _hajek(p: Array, rows: Codes) -> Array:
    r""":math:`\pi_i \pi_j \{1 - (1 - \pi_i)(1 - \pi_j) / d\}`, d = Σ π (1 − π) (Hájek 1964)."""
    own = p[rows]
    d = float((p * (1 - p)).sum())
    return np.asarray(np.outer(own, own) * (1 - np.outer(1 - own, 1 - own) / d))


def _hartley_rao(p: Array, n: int, rows: Codes) -> Array:
    r"""Hartley & Rao (1962), to the order N^-3.

    .. math:: \frac{n-1}{n} \pi_i \pi_j + \frac{n-1}{n^2} (\pi_i^2 \pi_j + \pi_i \pi_j^2)
              - \frac{n-1}{n^3} \pi_i \pi_j \sum_k \pi_k^2
    """
    own = p[rows]
    pair = np.outer(own, own)
    factor = (n - 1) / n * (1 + (own[:, None] + own) / n - float((p**2).sum()) / n**2)
    return np.asarray(pair * factor)


def _finished(matrix: Array, pi: Array) -> Array:
    """To the last digit the same both ways, first-order probabilities on the diagonal."""
    out: Array = np.triu(matrix, 1)
    out += out.T
    np.fill_diagonal(out, pi)
    return out
