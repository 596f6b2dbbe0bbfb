r"""Replicate factors without chance: jackknife, balanced half-samples, successive differences.

Each method gives factors F (P, R) by which the weights of the units are multiplied, and the scales of

.. math:: \hat V = c \sum_r s_r (\hat\theta_r - \hat\theta)^2 .

For a linear total :math:`\sum_i z_i` the jackknives and half-samples give exactly
:math:`\sum_h (1 - f_h) \frac{n_h}{n_h - 1} \sum_i (z_{hi} - \bar z_h)^2`. Units are numbered in the order of
strata. A stratum with one unit, or taken whole (f = 1), adds no variance: its factors are 1.

References
----------
Wolter (2007), Introduction to Variance Estimation, ch. 3 and 4; Judkins (1990), J. Off. Stat. 6, 223–239
(Fay); Fay & Train (1995), ASA Proc. Gov. Stat., 154–159; Ash (2014), Survey Methodology 40, 47–59.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sampling.streams import Seed, uniforms
from surveykit.formulas.arrays import Array, Codes, Mask, runs
from surveykit.formulas.hadamard import hadamard


class Factors(NamedTuple):
    """Factors F (P, R), the common ``scale`` c, and ``rscales`` s (R,)."""

    F: Array
    scale: float
    rscales: Array


def varying(stratum: Codes, f: Array) -> Mask:
    """(H,) strata that add to the variance: two units or more, not taken whole."""
    return np.asarray((np.bincount(stratum, minlength=f.size) > 1) & (f < 1))


def jk1(stratum: Codes, f: Array) -> Factors:
    r"""Leave out one unit after another of a sample without strata; the others count n / (n − 1).

    .. math:: c = (1 - f) (n - 1) / n

    Parameters
    ----------
    stratum : (P,) all 0
    f : (1,) fraction drawn

    Examples
    --------
    >>> jk1(np.zeros(3, dtype=int), np.zeros(1)).F
    array([[0. , 1.5, 1.5],
           [1.5, 0. , 1.5],
           [1.5, 1.5, 0. ]])
    """
    made = jkn(stratum, f)
    return Factors(made.F, float(made.rscales[0]), np.ones(made.rscales.size))


def jkn(stratum: Codes, f: Array) -> Factors:
    r"""Leave out one unit after another; the others of its stratum count n_h / (n_h − 1).

    .. math:: c = 1, \qquad s_r = (1 - f_h) (n_h - 1) / n_h

    Parameters
    ----------
    stratum : (P,) stratum of each unit, in their order
    f : (H,) fraction drawn

    Returns
    -------
    Factors with a replicate for each unit of a stratum that varies
    """
    n = np.bincount(stratum, minlength=f.size)
    units = np.flatnonzero(varying(stratum, f)[stratum])
    own, R = stratum[units], units.size
    F = np.ones((stratum.size, R))
    first = runs(own)
    for a, b in zip(first, np.r_[first, R][1:], strict=True):
        rows = slice(int(units[a]), int(units[a] + n[own[a]]))
        F[rows, a:b] = n[own[a]] / (n[own[a]] - 1)
    F[units, np.arange(R)] = 0.0
    return Factors(F, 1.0, (1 - f[own]) * (n[own] - 1) / n[own])


def jk2(stratum: Codes, f: Array, seed: Seed) -> Factors:
    r"""One replicate for each pair: one unit, taken by chance, is left out, and the other doubled.

    .. math:: c = 1, \qquad s_r = 1 - f_h

    Parameters
    ----------
    stratum : (P,) stratum of each unit, in their order; those that vary have two units
    f : (H,) fraction drawn
    seed : number
    """
    pairs = np.flatnonzero(varying(stratum, f))
    first = np.searchsorted(stratum, pairs)
    out = first + (uniforms(pairs.size, seed) < 0.5)
    r = np.arange(pairs.size)
    F = np.ones((stratum.size, pairs.size))
    F[first, r], F[first + 1, r] = 2.0, 2.0
    F[out, r] = 0.0
    return Factors(F, 1.0, 1 - f[pairs])


def balanced(stratum: Codes, f: Array, rho: float = 0.0, least: int = 0) -> Factors:
    r"""Half-samples of pairs, balanced by a Hadamard matrix; Fay's with ``rho`` > 0.

    .. math:: F_{ir} = 1 \pm (1 - \rho) \sqrt{1 - f_h}\, H_{rh}, \qquad c = \frac{1}{R (1 - \rho)^2}

    With f = 0 and ρ = 0 the factors are 0 and 2. The first column of H, all ones, is left out, so that the
    replicates are balanced in full: their mean is the estimate.

    Parameters
    ----------
    stratum : (P,) stratum of each unit, in their order; those that vary have two units
    f : (H,) fraction drawn
    rho : Fay's factor, 0 <= rho < 1
    least : number of replicates wanted at least
    """
    pairs = np.flatnonzero(varying(stratum, f))
    H = hadamard(max(pairs.size + 1, least))
    R = len(H)
    move = (1 - rho) * np.sqrt(1 - f[pairs])[:, None] * H[:, 1 : pairs.size + 1].T
    first = np.searchsorted(stratum, pairs)
    F = np.ones((stratum.size, R))
    F[first] += move
    F[first + 1] -= move
    return Factors(F, 1 / (R * (1 - rho) ** 2), np.ones(R))


def successive(stratum: Codes, f: Array, place: Codes, least: int) -> Factors:
    r"""Successive differences down the list: each unit shares a row of a Hadamard matrix with the next.

    .. math:: F_{ir} = 1 + 2^{-3/2} \sqrt{1 - f_h}\,(a_{ir} - a_{i'r}), \qquad c = 4 / R

    With a row for every unit this is, for a linear total, exactly the circular estimator
    :math:`\tfrac12 \sum_h (1 - f_h) \sum_i (z_{hi} - z_{h,i+1})^2`, the last unit followed by the first. With
    fewer rows they are used again in steps of 2, 3, …, so that no pair of rows comes back soon.

    Parameters
    ----------
    stratum : (P,) stratum of each unit, in their order
    f : (H,) fraction drawn
    place : (P,) place of each unit in the list
    least : number of replicates wanted at least
    """
    moved = varying(stratum, f)[stratum]
    order = np.lexsort((place, stratum))
    order = order[moved[order]]
    H = hadamard(max(least, 4))
    R, U = len(H), order.size
    start = runs(stratum[order])
    own = row_cycle(U, R - 1)
    following = np.arange(1, U + 1)
    following[np.r_[start, U][1:] - 1] = start  # the last of a stratum is followed by its first
    move = (H[:, 1 + own] - H[:, 1 + own[following]]).T * (2**-1.5)
    F = np.ones((stratum.size, R))
    F[order] += np.sqrt(1 - f[stratum[order]])[:, None] * move
    return Factors(F, 4 / R, np.ones(R))


def row_cycle(count: int, rows: int) -> Codes:
    """(count,) rows 0 … rows − 1 in turn, in steps of 1, then of the next number without a common divisor."""
    steps = [s for s in range(1, rows) if np.gcd(s, rows) == 1] or [1]
    laps = np.arange(-(-count // rows))
    step = np.array(steps)[laps % len(steps)]
    return (step[:, None] * np.arange(rows) % rows).ravel()[:count]
