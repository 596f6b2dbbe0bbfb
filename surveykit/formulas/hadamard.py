r"""Hadamard matrices: square tables of +1 and −1 whose columns are orthogonal, for balanced replicates.

Four constructions, joined freely: Sylvester's and every Kronecker product of two that are known, and Paley's
two from the squares of a finite field GF(q), q a prime or a power of one (Paley 1933):

.. math:: H_{q+1} = I + S \quad (q \equiv 3 \bmod 4), \qquad
          H_{2(q+1)} = S \otimes \begin{pmatrix} 1 & 1 \\ 1 & -1 \end{pmatrix}
          + I \otimes \begin{pmatrix} 1 & -1 \\ -1 & -1 \end{pmatrix} \quad (q \equiv 1 \bmod 4)

with S the bordered matrix of the quadratic character of the differences.

References
----------
Paley (1933), J. Math. Phys. 12, 311–320; Hedayat & Wallis (1978), Ann. Statist. 6, 1184–1238.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt

from surveykit.formulas.arrays import Codes

Signs = npt.NDArray[np.int8]
EDGE: Signs = np.array([[1, 1], [1, -1]], dtype=np.int8)


def hadamard(order: int) -> Signs:
    """Return a Hadamard matrix of the least order that can be made and is not below the one asked for.

    Parameters
    ----------
    order : whole number, at least 1

    Returns
    -------
    (R, R) of +1 and −1, first column +1; R is 1, 2 or a multiple of 4. Of the multiples of 4 up to 200 all
    are made but 92, 116, 156, 172, 184 and 188, in whose place the next one stands.

    Examples
    --------
    >>> hadamard(3)
    array([[ 1,  1,  1,  1],
           [ 1, -1, -1,  1],
           [ 1,  1, -1, -1],
           [ 1, -1,  1, -1]], dtype=int8)
    >>> hadamard(90).shape
    (96, 96)
    """
    size = order if order < 3 else order + -order % 4
    while not constructible(size):
        size += 4
    made = construct(size)
    return made * made[:, :1]


def constructible(order: int) -> bool:
    """Whether the constructions reach this order."""
    return order in (1, 2) or paley(order) is not None or halves(order) is not None


def paley(order: int) -> tuple[int, int] | None:
    """Return which of Paley's constructions gives this order, and its q, or None."""
    if order % 4:
        return None
    if prime_power(order - 1):
        return 1, order - 1
    half = order // 2 - 1
    return (2, half) if half % 4 == 1 and prime_power(half) else None


def halves(order: int) -> tuple[int, int] | None:
    """Return two orders that can be made and whose product is this one, or None."""
    for a in (2, *range(4, int(order**0.5) + 1, 4)):
        if order % a == 0 and order // a > 1 and constructible(order // a) and constructible(a):
            return a, order // a
    return None


def construct(order: int) -> Signs:
    """Return a matrix of an order that is constructible, not yet normalised."""
    if order < 3:
        return EDGE[:order, :order]
    found = paley(order)
    if found is None:
        a, b = halves(order) or (1, order)
        return np.kron(construct(a), construct(b)).astype(np.int8)
    kind, q = found
    S = np.zeros((q + 1, q + 1), dtype=np.int8)
    S[0, 1:] = 1
    S[1:, 0] = -1 if kind == 1 else 1
    S[1:, 1:] = character(q)
    one = np.identity(q + 1, dtype=np.int8)
    if kind == 1:
        return one + S
    return (np.kron(S, EDGE) + np.kron(one, EDGE * np.array([[1, -1], [-1, 1]]))).astype(np.int8)


def prime_power(q: int) -> tuple[int, int] | None:
    """Return p and k where q = p^k with p an odd prime, or None.

    >>> prime_power(27)
    (3, 3)
    """
    p = next((d for d in range(3, int(max(q, 0) ** 0.5) + 1, 2) if q % d == 0), q)
    k, rest = 0, q
    while p > 2 and p % 2 and rest % p == 0:
        rest //= p
        k += 1
    return (p, k) if k and rest == 1 else None


def character(q: int) -> Signs:
    """(q, q) quadratic character of the differences in GF(q): 1 for squares, −1 for others, 0 for 0."""
    p, k = prime_power(q) or (q, 1)
    field = np.array(list(product(range(p), repeat=k)), dtype=np.intp)  # coefficients, the highest first
    place = p ** np.arange(k - 1, -1, -1)
    chi = np.full(q, -1, dtype=np.int8)
    chi[squares(field, p, modulus(p, k)) @ place] = 1
    chi[0] = 0
    out = np.empty((q, q), dtype=np.int8)
    for i, element in enumerate(field):
        out[i] = chi[(field - element) % p @ place]
    return out


def squares(field: Codes, p: int, low: Codes) -> Codes:
    """(q, k) square of each element, reduced by x^k = low."""
    k = field.shape[1]
    wide = np.zeros((len(field), 2 * k - 1), dtype=np.intp)
    for i in range(k):
        wide[:, i : i + k] += field[:, i, None] * field
    for i in range(k - 1):  # the coefficient of the highest power goes down by k places
        wide[:, i + 1 : i + 1 + k] += wide[:, i, None] * low
    out: Codes = wide[:, k - 1 :] % p
    return out


def modulus(p: int, k: int) -> Codes:
    """(k,) coefficients of x^k modulo a polynomial without factors, the highest first."""
    for low in product(range(p), repeat=k):
        if irreducible(p, low):
            return np.array(low, dtype=np.intp)
    raise AssertionError  # pragma: no cover - every field has one


def irreducible(p: int, low: tuple[int, ...]) -> bool:
    """Whether x^k − low has no factor: no monic polynomial of degree up to k / 2 divides it."""
    k = len(low)
    whole = [1, *(-c % p for c in low)]
    for degree in range(1, k // 2 + 1):
        for tail in product(range(p), repeat=degree):
            rest = list(whole)
            for i in range(k - degree + 1):
                lead = rest[i]
                for j, c in enumerate((1, *tail)):
                    rest[i + j] = (rest[i + j] - lead * c) % p
            if not any(rest):
                return False
    return True
