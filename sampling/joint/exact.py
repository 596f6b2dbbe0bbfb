r"""Joint probabilities from the definition of the design, for some units of a population without certainty.

Each function takes p (N,), the inclusion probabilities of the population in the order of the list, n, and the
rows wanted (m,); it returns (m, m) joint probabilities, whose diagonal does not count.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..conditional import chances, degree, without, working_probabilities

__all__ = ["adjacent", "brewer", "conditional_poisson", "pivotal", "sampford", "srs", "systematic", "tille"]

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]
NOTHING = 1e-12  # an overlap this small is rounding error


def srs(p: Array, n: int, rows: Codes) -> Array:
    """N (n − 1) / (N (N − 1)) for every pair."""
    N = p.size
    return np.full((rows.size, rows.size), n * (n - 1) / (N * (N - 1)) if N > 1 else 0.0)


def conditional_poisson(p: Array, n: int, rows: Codes) -> Array:
    r"""Joint probabilities of conditional Poisson sampling.

    .. math:: \pi_{ij} = p_i p_j\, P_{-ij}[n - 2] / P[n], \qquad P(z) = \prod_k (1 - p_k + p_k z)

    with p the working probabilities: the pair, and n − 2 units of the others.

    References
    ----------
    Chen, Dempster & Liu (1994), Biometrika 81, 457–469.
    """
    if n < 2:
        return np.zeros((rows.size, rows.size))
    work = working_probabilities(p, n)
    top = degree(work, n)
    P, own = chances(work, top), work[rows]
    one = without(P, own, truncated=top < p.size)
    both, _ = _pairs(one, np.zeros_like(one), own, n - 2)
    return np.asarray(np.outer(own, own) * both / P[n])


def sampford(p: Array, n: int, rows: Codes) -> Array:
    r"""Joint probabilities of Sampford's design.

    A sample has the chance of its units in :math:`P(z) = \prod_k (1 - \pi_k + \pi_k z)`, but for one marked
    unit k that counts (1 − π_k) times; M is the polynomial with the mark, and

    .. math:: \pi_{ij} = \pi_i \pi_j \{(2 - \pi_i - \pi_j) P_{-ij}[n - 2] + M_{-ij}[n - 2]\} / M[n].

    References
    ----------
    Sampford (1967), Biometrika 54, 499–513.
    """
    if n < 2:
        return np.zeros((rows.size, rows.size))
    top = degree(p, n)
    P, M = np.zeros(top + 1), np.zeros(top + 1)
    P[0] = 1.0
    for chance in p.tolist():
        M[1:] = (1 - chance) * M[1:] + chance * (M[:-1] + (1 - chance) * P[:-1])
        P[1:], P[0] = (1 - chance) * P[1:] + chance * P[:-1], (1 - chance) * P[0]
    own = p[rows]
    one = without(P, own, truncated=top < p.size)
    marked = M - (own * (1 - own))[:, None] * np.column_stack([np.zeros(rows.size), one[:, :-1]])
    both, rest = _pairs(one, without(marked, own, truncated=top < p.size), own, n - 2)
    pair, sum_ = np.outer(own, own), own[:, None] + own
    return np.asarray(pair * ((2 - sum_) * both + rest) / M[n])


def _pairs(P: Array, M: Array, p: Array, at: int) -> tuple[Array, Array]:
    """Coefficient `at` of P and of M, from which row i takes unit i out, when unit j is taken out too.

    Taking j out of M leaves M_-ij = (M_-i − p_j (1 − p_j) z P_-ij) / (1 − p_j + p_j z).
    """
    m, top = P.shape
    out, rest = np.zeros((m, m)), np.zeros((m, m))
    low, high = np.flatnonzero(p < 0.5), np.flatnonzero(p >= 0.5)
    q = p[low]
    a, b = np.zeros((m, low.size)), np.zeros((m, low.size))
    for k in range(at + 1):
        mark = q * (1 - q) * a
        a = (P[:, k, None] - q * a) / (1 - q)
        b = (M[:, k, None] - mark - q * b) / (1 - q)
    out[:, low], rest[:, low] = a, b
    q = p[high]
    a, b = np.zeros((m, high.size)), np.zeros((m, high.size))
    for k in range(top - 1, at, -1):
        a = (P[:, k, None] - (1 - q) * a) / q
        b = (M[:, k, None] - q * (1 - q) * a - (1 - q) * b) / q
    out[:, high], rest[:, high] = a, b
    return out, rest


def brewer(p: Array, n: int, rows: Codes) -> Array:  # noqa: ARG001 the formula is for n = 2
    r"""Joint probabilities of Brewer's method, n = 2.

    .. math:: \pi_{ij} = \frac{\pi_i \pi_j}{2 D} \left(\frac{1}{1 - \pi_i} + \frac{1}{1 - \pi_j}\right),
              \qquad D = \sum_k \frac{\pi_k (2 - \pi_k)}{2 (1 - \pi_k)}

    References
    ----------
    Brewer (1963), Australian Journal of Statistics 5, 5–13.
    """
    D = (p * (2 - p) / (2 * (1 - p))).sum()
    own, odd = p[rows], 1 / (1 - p[rows])
    return np.asarray(own[:, None] * own * (odd[:, None] + odd) / (2 * D))


def tille(p: Array, n: int, rows: Codes) -> Array:
    r"""Joint probabilities of Tillé's elimination: :math:`\prod_{k=n}^{N-1} (1 - r_{ki} - r_{kj})`.

    r are the chances to be put out when k + 1 units are left. Units that are not certain share one chance, so
    it is followed for the units wanted alone.

    References
    ----------
    Tillé (1996), Biometrika 83, 238–241.
    """
    N = p.size
    order = np.argsort(-p, kind="stable")
    size = p[order]
    rest = np.r_[np.cumsum(size[::-1])[::-1], 0.0]  # sum of the sizes from a place on
    out = np.ones((rows.size, rows.size))
    own = p[rows]
    sure, before = N, np.ones(rows.size)
    for k in range(N - 1, n - 1, -1):
        while sure and (k - sure + 1) * size[sure - 1] < rest[sure - 1] * (1 - 1e-15):
            sure -= 1
        after = np.minimum(own * ((k - sure) / rest[sure]), 1.0) if rest[sure] > 0 else np.ones(rows.size)
        if sure:
            after = np.where(own >= size[sure - 1], 1.0, after)
        gone = 1 - after / before
        out *= 1 - gone[:, None] - gone
        before = after
    return out


def pivotal(p: Array, n: int, rows: Codes) -> Array:  # noqa: ARG001 the list tells n
    r"""Joint probabilities of the ordered pivotal method.

    For a unit i already met, D is the chance that it was drawn and H that it is in play, with what is left
    a of its probability. A later unit j of probability b is drawn in the end with chance b whatever came
    before, so :math:`\pi_{ij} = D b + H \max(a + b - 1, 0)`; then D and H pass the duel with j.

    References
    ----------
    The duels are those of Deville & Tillé (1998), Biometrika 85, 89–101; Chauvet (2012), Bernoulli 18, gives
    the joint probabilities of the same design.
    """
    m = rows.size
    place = np.full(p.size, -1)
    place[rows] = np.arange(m)
    H, D = np.zeros(m), np.zeros(m)
    out = np.zeros((m, m))
    a = 0.0
    for t, b in enumerate(p.tolist()):
        s, own = a + b, place[t]
        if own >= 0:
            pair = D * b + H * max(s - 1, 0.0)
            out[own], out[:, own] = pair, pair
        if s < 1 - NOTHING:
            H *= a / s
            here, gone, a = b / s, 0.0, s
        else:
            new = (1 - a) / (2 - s)
            D += H * (1 - new)
            H *= new
            here, gone, a = 1 - new, new, max(s - 1, 0.0)
        if own >= 0:
            H[own], D[own] = here, gone
    return out


def adjacent(p: Array) -> Array:
    """(N − 1,) joint probabilities of neighbours in the ordered pivotal method."""
    out = np.zeros(max(p.size - 1, 0))
    H, D, a = 1.0, 0.0, 0.0
    for t, b in enumerate(p.tolist()):
        s = a + b
        if t:
            out[t - 1] = D * b + H * max(s - 1, 0.0)
        if s < 1 - NOTHING:
            H, D, a = b / s, 0.0, s
        else:
            D = (1 - a) / (2 - s)
            H, a = 1 - D, max(s - 1, 0.0)
    return out


def systematic(p: Array, n: int, rows: Codes) -> Array:  # noqa: ARG001 the list tells n
    """Joint probabilities of a systematic draw: how far the units' stretches overlap, taken modulo 1.

    References
    ----------
    Connor (1966), Journal of the American Statistical Association 61, 384–390.
    """
    reached = np.cumsum(p)
    low = ((reached - p) % 1.0)[rows]
    high = low + p[rows]
    out = np.zeros((rows.size, rows.size))
    for shift in (-1.0, 0.0, 1.0):
        out += np.maximum(
            np.minimum(high[:, None], high + shift) - np.maximum(low[:, None], low + shift), 0.0
        )
    out[out < NOTHING] = 0.0
    return out
