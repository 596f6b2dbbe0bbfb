r"""Forms Ω of units drawn with unequal chances, for all strata at once: :math:`\hat V = z' \Omega z`.

z are the totals of the weighted influence by unit; π the inclusion probabilities given the unit above. Units
taken with certainty have no error: their rows are 0 and they count in no n. A stratum with one unit drawn by
chance has no form; its rows are 0 too (Poisson sampling has one for every unit).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from surveykit.formulas.arrays import Array, Codes, sum_by
from surveykit.formulas.omega import Omega, indicator, only_sparse


class Chances(NamedTuple):
    """Units drawn by chance in strata with two or more of them: c = 1 − π, 0 for the others.

    ``inside`` (U,) 1 for them; m (H,), n (U,) their number.
    """

    pi: Array
    c: Array
    inside: Array
    stratum: Codes
    m: Array
    n: Array


def by_chance(pi: Array, stratum: Codes, H: int) -> Codes:
    """(H,) units drawn by chance in each stratum."""
    return np.bincount(stratum, weights=pi < 1, minlength=H).astype(np.intp)


def _read(pi: Array, stratum: Codes, H: int) -> Chances:
    count = by_chance(pi, stratum, H)
    inside = ((pi < 1) & (count[stratum] > 1)).astype(float)
    n = np.maximum(count, 2).astype(float)  # a stratum without a form has rows of 0 all the same
    return Chances(pi * inside, (1 - pi) * inside, inside, stratum, n, n[stratum])


def _two_columns(
    diagonal: Array, x: Array, known: Chances, corner: Array, between: Array, last: Array
) -> Omega:
    """Diag + Σ_h [x, 1] K_h [x, 1]', with K_h = [[corner, between], [between, last]] (H,)."""
    at, H = np.arange(x.size), known.m.size
    columns = np.concatenate([2 * known.stratum, 2 * known.stratum + 1])
    L = sp.csr_matrix((np.concatenate([x, known.inside]), (np.r_[at, at], columns)), shape=(x.size, 2 * H))
    h = 2 * np.arange(H)
    values = np.concatenate([corner, between, between, last])
    K = sp.csr_matrix((values, (np.r_[h, h, h + 1, h + 1], np.r_[h, h + 1, h, h + 1])), shape=(2 * H, 2 * H))
    return Omega(sp.diags(diagonal).tocsr(), L, K)


def poisson(pi: Array, stratum: Codes, H: int) -> Omega:  # noqa: ARG001 (as the others)
    """Form of independent draws: Σ (1 − π) z²."""
    return only_sparse(sp.diags(1 - pi).tocsr())


def brewer(pi: Array, stratum: Codes, H: int) -> Omega:
    r"""R's ``pps="brewer"``: :math:`\frac{n}{n-1} \sum (1 - \pi_i) (z_i - \bar z)^2`, the mean unweighted.

    Parameters
    ----------
    pi, stratum : (U,)
    H : number of strata

    References
    ----------
    Berger (2004), Survey Methodology 30, 23–31; Lumley, survey vignette "pps".
    """
    known = _read(pi, stratum, H)
    a, n = known.m / (known.m - 1), known.m
    C = sum_by(stratum, known.c, H)
    return _two_columns(a[stratum] * known.c, known.c, known, np.zeros(H), -a / n, a * C / n**2)


def hajek(pi: Array, stratum: Codes, H: int) -> Omega:
    r"""Deville's form of Hájek's approximation, from first-order probabilities alone.

    .. math:: \hat V = \frac{1}{1 - \sum a_k^2} \sum (1 - \pi_i) (z_i - A)^2, \quad
              a_k = \frac{1 - \pi_k}{\sum (1 - \pi)}, \quad A = \sum a_k z_k

    References
    ----------
    Deville (1999), Survey Methodology 25, 193–203; as ``varest`` of R sampling has it.
    """
    known = _read(pi, stratum, H)
    C, squares = sum_by(stratum, known.c, H), sum_by(stratum, known.c**2, H)
    C = np.where(C > 0, C, 1.0)
    k = 1 / (1 - squares / C**2)
    L = sp.diags(known.c) @ indicator(stratum, H)
    return Omega(sp.diags(k[stratum] * known.c).tocsr(), L.tocsr(), sp.diags(-k / C).tocsr())


def _additive(b: Array, known: Chances, grundy: bool) -> Omega:
    """Form of joint probabilities for which (π_i π_j − π_ij) / π_ij = (b_i + b_j) / (n − 1)."""
    b = b * known.inside
    m = known.m - 1
    own = 2 * b / m[known.stratum]  # what the product of columns puts on the diagonal
    if grundy:
        B = sum_by(known.stratum, b, known.m.size)
        own = own + (b * (known.n - 2) + B[known.stratum] * known.inside) / m[known.stratum]
    else:
        own = own + known.c
    nothing = np.zeros(m.size)
    return _two_columns(own, b, known, nothing, -1 / m, nothing)


def hartley_rao(
    pi: Array, stratum: Codes, H: int, squares: Array | None = None, grundy: bool = True
) -> Omega:
    r"""Hartley–Rao approximation, for systematic draws from a list in random order.

    .. math:: \hat V = \frac{1}{2 (n - 1)} \sum_{i \ne j} (1 - \pi_i - \pi_j + S) (z_i - z_j)^2,
              \qquad S = \sum_U \pi_k^2 / n

    Parameters
    ----------
    pi, stratum : (U,)
    H : number of strata
    squares : (H,) S of the population; by default its estimate, the mean of π over the sample. Units taken
        with certainty are in it, and are taken out here.
    grundy : bool
        The Yates–Grundy form above, or that of Horvitz and Thompson with the same joint probabilities.

    References
    ----------
    Hartley & Rao (1962), Annals of Mathematical Statistics 33, 350–374.
    """
    known = _read(pi, stratum, H)
    S = sum_by(stratum, known.pi, H) / known.m
    if squares is not None:
        sure = np.bincount(stratum, weights=pi >= 1, minlength=H)
        S = (squares * (known.m + sure) - sure) / known.m
    return _additive((1 + S[stratum]) / 2 - known.pi, known, grundy)


def overton(pi: Array, stratum: Codes, H: int, grundy: bool = True) -> Omega:
    r"""Overton's approximation: :math:`\pi_{ij} = 2 (n - 1) \pi_i \pi_j / (2n - \pi_i - \pi_j)`.

    References
    ----------
    Overton (1985), as in Stehman & Overton (1994), Communications in Statistics 23.
    """
    known = _read(pi, stratum, H)
    return _additive((1 - known.pi) / 2, known, grundy)


def successive(pi: Array, stratum: Codes, H: int, order: Codes, circular: bool = False) -> Omega:
    r"""Successive differences in the order of the list, for systematic draws.

    .. math:: \hat V = (1 - \bar\pi)\,\frac{n}{2 (n - 1)} \sum_{i=2}^n (z_i - z_{i-1})^2

    Parameters
    ----------
    pi, stratum : (U,); the mean of π of a stratum stands for the fraction drawn
    H : number of strata
    order : (U,) ranks in the list
    circular : the last unit is compared with the first too, and n/(n − 1) falls away (SD2)

    References
    ----------
    Wolter (2007), Introduction to Variance Estimation, ch. 8; Fay & Train (1995) for the circular one.
    """
    known = _read(pi, stratum, H)
    units = np.flatnonzero(known.inside)
    units = units[np.lexsort((order[units], stratum[units]))]
    own = stratum[units]
    f = sum_by(stratum, known.pi, H) / known.m
    a = (1 - f) / 2 * (1 if circular else known.m / (known.m - 1))
    starts = np.flatnonzero(np.r_[True, own[1:] != own[:-1]]) if own.size else np.zeros(0, dtype=np.intp)
    before = np.roll(units, 1)
    if own.size:
        before[starts] = units[np.r_[starts[1:], units.size] - 1]
    keep = np.ones(units.size, dtype=bool)
    keep[starts] = circular
    now, before, weight = units[keep], before[keep], a[own[keep]]
    rows, columns = np.r_[now, before, now, before], np.r_[now, before, before, now]
    values = np.r_[weight, weight, -weight, -weight]
    return only_sparse(sp.csr_matrix((values, (rows, columns)), shape=(pi.size, pi.size)))
