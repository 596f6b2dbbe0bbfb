r"""Joint probabilities of the two designs that follow from :math:`P(z) = \prod_k (1 - p_k + p_k z)`.

Wanted are coefficients of P without the units i and j, P / (A_i A_j) with A = 1 − p + p z. They follow from
P / A_i and P / A_j, as p_i / A_i − p_j / A_j = (p_i − p_j) / (A_i A_j); only where p_i and p_j are nearly the
same, the second unit is divided out as well.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..conditional import chances, degree, without, working_probabilities

__all__ = ["conditional_poisson", "sampford"]

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]
NEAR = 1e-3  # relative distance of two probabilities below which a difference would lose too many digits


def conditional_poisson(p: Array, n: int, rows: Codes) -> Array:
    r"""Joint probabilities of conditional Poisson sampling.

    .. math:: \pi_{ij} = p_i p_j\, P_{-ij}[n - 2] / P[n], \qquad P(z) = \prod_k (1 - p_k + p_k z)

    with p the working probabilities: the pair, and n − 2 units of the others.

    References
    ----------
    Chen, Dempster & Liu (1994), Biometrika 81, 457–469.
    """
    work = working_probabilities(p, n)
    top = degree(work, n)
    P = chances(work, top)
    own, back = np.unique(work[rows], return_inverse=True)
    one = without(P, own, truncated=top < p.size)
    both, _ = _pairs(own, one, np.zeros_like(one), n - 2)
    return np.asarray((np.outer(own, own) * both / P[n])[np.ix_(back, back)])


def sampford(p: Array, n: int, rows: Codes) -> Array:
    r"""Joint probabilities of Sampford's design.

    A sample has the chance of its units in :math:`P(z) = \prod_k (1 - \pi_k + \pi_k z)`, but for one marked
    unit k that counts (1 − π_k) times; M is the polynomial with the mark, and

    .. math:: \pi_{ij} = \pi_i \pi_j \{(2 - \pi_i - \pi_j) P_{-ij}[n - 2] + M_{-ij}[n - 2]\} / M[n].

    References
    ----------
    Sampford (1967), Biometrika 54, 499–513.
    """
    top = degree(p, n)
    P, M = np.zeros(top + 1), np.zeros(top + 1)
    P[0] = 1.0
    for chance in p.tolist():
        M[1:] = (1 - chance) * M[1:] + chance * (M[:-1] + (1 - chance) * P[:-1])
        P[1:], P[0] = (1 - chance) * P[1:] + chance * P[:-1], (1 - chance) * P[0]
    own, back = np.unique(p[rows], return_inverse=True)
    one = without(P, own, truncated=top < p.size)
    marked = M - (own * (1 - own))[:, None] * np.column_stack([np.zeros(own.size), one[:, :-1]])
    both, rest = _pairs(own, one, without(marked, own, truncated=top < p.size), n - 2)
    odd = (1 - own)[:, None] + (1 - own)
    return np.asarray((np.outer(own, own) * (odd * both + rest) / M[n])[np.ix_(back, back)])


def _pairs(p: Array, P: Array, M: Array, at: int) -> tuple[Array, Array]:
    """Coefficient `at` of P and of M without both units of each pair.

    Parameters
    ----------
    p : (u,) probabilities, all different, in ascending order
    P, M : (u, top + 1) coefficients without the unit of the row
    at : n − 2

    Returns
    -------
    Two (u, u) arrays; on the diagonal two units of the same probability are taken out.
    """
    gap = p[:, None] - p
    near = np.abs(gap) <= NEAR * np.maximum.outer(p, p)
    gap[near] = 1.0
    both, rest = (np.subtract.outer(p * X[:, at], p * X[:, at]) / gap for X in (P, M))
    if at:
        below = p * P[:, at - 1]
        rest -= np.outer(p, p) * np.subtract.outer(below, below) / gap
    i, j = np.nonzero(np.triu(near))
    both[i, j], rest[i, j] = both[j, i], rest[j, i] = _divided(p[j], P, M, i, at)
    return both, rest


def _divided(q: Array, P: Array, M: Array, row: Codes, at: int) -> tuple[Array, Array]:
    """Coefficient `at` of the rows of P and M when one more unit, of probability q, is divided out.

    Taking j out of M leaves M_-ij = (M_-i − q (1 − q) z P_-ij) / (1 − q + q z).
    """
    out, rest = np.zeros(q.size), np.zeros(q.size)
    low, high = np.flatnonzero(q < 0.5), np.flatnonzero(q >= 0.5)
    c, i = q[low], row[low]
    a, b = np.zeros(low.size), np.zeros(low.size)
    for k in range(at + 1):
        mark = c * (1 - c) * a
        a = (P[i, k] - c * a) / (1 - c)
        b = (M[i, k] - mark - c * b) / (1 - c)
    out[low], rest[low] = a, b
    c, i = q[high], row[high]
    a, b = np.zeros(high.size), np.zeros(high.size)
    for k in range(P.shape[1] - 1, at, -1):
        a = (P[i, k] - (1 - c) * a) / c
        b = (M[i, k] - c * (1 - c) * a - (1 - c) * b) / c
    out[high], rest[high] = a, b
    return out, rest
