r"""Joint probabilities from the definition of the design, for some units of a population without certainty.

Each function takes p (N,), the inclusion probabilities of the population in the order of the list, n, and the
rows wanted (m,); it returns (m, m) joint probabilities, whose diagonal does not count.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["adjacent", "apart", "brewer", "pivotal", "srs", "systematic", "tille"]

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]
NOTHING = 1e-12  # an overlap this small is rounding error
TURN = 2.0**64  # a whole turn in units of the last place of a uint64, whose sums leave whole turns out


def srs(p: Array, n: int, rows: Codes) -> Array:
    """N (n − 1) / (N (N − 1)) for every pair."""
    N = p.size
    return np.full((rows.size, rows.size), n * (n - 1) / (N * (N - 1)) if N > 1 else 0.0)


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

    r are the chances to be put out when k + 1 units are left, 1 − π(k) / π(k + 1). They are 0 while a unit is
    certain, and the same for all units that were not certain before. So the product is that of the smaller
    unit j alone down to k = e, where the larger one i is no longer certain, and then that of any two units:

    .. math:: \{\pi_j(e) - \pi_j(e + 1) (1 - \pi_i(e))\} \prod_{k=n}^{e-1} (1 - 2 r_k)

    References
    ----------
    Tillé (1996), Biometrika 83, 238–241.
    """
    factor, bound = _eliminated(p, n)
    own = p[rows]
    entry = np.maximum(np.searchsorted(-bound, -own) - 1, 0)  # n + this is the last k before it is certain
    both = np.r_[1.0, np.cumprod(np.maximum(2 * factor[:-2] / factor[1:-1] - 1, 0.0))]
    e = np.minimum.outer(entry, entry)
    small, large = np.minimum.outer(own, own), np.maximum.outer(own, own)
    before = np.minimum(small * factor[e + 1], 1.0)
    after = np.minimum(small * factor[e], 1.0)
    met = after - before * (1 - np.minimum(large * factor[e], 1.0))
    return np.asarray(np.maximum(met, 0.0) * both[e])


def _eliminated(p: Array, n: int) -> tuple[Array, Array]:
    """Return how the probabilities fall while units are put out, for k = n, …, N − 1 units left.

    Returns
    -------
    (N − n + 1,) π(k) / p of the units that are not certain, endless for k = N; and (N − n,) the bound from
    which on units are certain, which falls as k grows.
    """
    size = np.sort(p)[::-1].tolist()
    rest = np.r_[np.cumsum(size[::-1])[::-1], 0.0].tolist()  # sum of the sizes from a place on
    N = len(size)
    factor, bound = np.full(N - n + 1, np.inf), np.full(N - n, np.inf)
    sure = N
    for k in range(N - 1, n - 1, -1):
        while sure and (k - sure + 1) * size[sure - 1] < rest[sure - 1] * (1 - 1e-15):
            sure -= 1
        factor[k - n] = (k - sure) / rest[sure]
        if sure:
            bound[k - n] = size[sure - 1]
    return factor, bound


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


def _stretches(p: Array) -> tuple[Array, Array]:
    """Where the stretches of the units begin and end, whole turns left out of the beginning."""
    step = (p * TURN).astype(np.uint64)
    low = (np.cumsum(step) - step).astype(np.float64) / TURN
    return low, low + p


def systematic(p: Array, n: int, rows: Codes) -> Array:  # noqa: ARG001 the list tells n
    """Joint probabilities of a systematic draw: how far the units' stretches overlap, taken modulo 1.

    References
    ----------
    Connor (1966), Journal of the American Statistical Association 61, 384–390.
    """
    low, high = (x[rows] for x in _stretches(p))
    out = np.zeros((rows.size, rows.size))
    for turn in (-1.0, 0.0, 1.0):
        out += np.maximum(np.minimum.outer(high, high + turn) - np.maximum.outer(low, low + turn), 0.0)
    out[out < NOTHING] = 0.0
    return out


def apart(p: Array) -> bool:
    """Whether some two units are never together in a systematic draw: a stretch lies beside another."""
    low, high = _stretches(p)
    order = np.argsort(low, kind="stable")
    begin = np.concatenate([low[order] + turn for turn in range(3)])
    end = np.concatenate([high[order] + turn for turn in range(3)])
    first = np.minimum.accumulate(end[::-1])[::-1]  # the end of the stretch that ends first, from a place on
    return bool((first[np.searchsorted(begin, high - NOTHING)] < low + 1 + NOTHING).any())
