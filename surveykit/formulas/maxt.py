r"""Many estimates at once: the largest of jointly normal errors.

Each row keeps its own t quantile; what is shared is the chance that any of them fails. With z the normal
score of a row's own p, that chance is

.. math:: P(\max_i |Z_i| > z), \qquad Z \sim N(0, R)

with R the correlation of the estimates: rows that are independent give Šidák's limits, rows that say the
same give single ones. Groups of rows that are independent of each other multiply. Inside a group of k
(Naiman & Priebe 2001, JCGS 10, 296–328)

.. math:: P(\max_i |Z_i| > z) = 2 k \Phi(-z)\, E \left[ 1 / \#\{ j : |Z_j| > z \} \right]

over a row i taken at random and Z given :math:`|Z_i| > z`, which has a small relative error however small
the chance is. The points at which the mean is taken are the same every time: limits agree with those known
exactly (Dunnett, Tukey) to 3e-4, to 2e-3 where hundreds of rows are correlated by 0.9. With one side only
|Z| is Z, and k Φ its chance.

References
----------
Šidák (1967), JASA 62, 626–633; Hothorn, Bretz & Westfall (2008), Biometrical Journal 50, 346–363.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from sampling.streams import uniforms
from surveykit.formulas.arrays import Array

UNRELATED = 1e-9  # correlation below which rows count as independent
FLAT = 1e-10  # share of the largest variance below which a direction has none
WORK = 4e7  # numbers Z worked out for one chance
HELD = 8e6  # numbers in points
POINTS = (2**13, 2**17)  # points at least and at most
LATTICE = 9  # coordinates of a point that a lattice fills; the others are scattered
BLOCK = 1_000_000  # numbers in memory at once
SEED = 20161
NODES = 9  # scores for which chances are worked out; between them a curve is read
NEAR, FAR = 0.5, 30.0  # scores between which the number of independent rows that stand for all changes
CLOSE = 1e-4  # of a limit
STEPS = 12  # of the search for it, which needs about four
PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23)


class Group(NamedTuple):
    """Related rows Z of variance 1: root (k, r) g, or sparse rows (k, d) · root (d, r) g, g ~ N(0, I)."""

    root: Array
    rows: Any = None

    @property
    def size(self) -> int:
        """Number of rows k."""
        return int(self.root.shape[0] if self.rows is None else self.rows.shape[0])

    def outside(self, z: float, points: Array, sides: int) -> float:
        """Chance that the largest |Z| (or Z) is above z, by points (N, 1 + r), the first of them uniform."""
        k, r, N = self.size, self.root.shape[1], len(points)
        step, found = max(1, BLOCK // k), 0.0
        for a in range(0, N, step):
            own = points[a : a + step]
            i = np.arange(a, a + len(own)) * k // N
            direction = self.root[i] if self.rows is None else np.asarray(self.rows[i] @ self.root)
            far = -ndtri(own[:, 0] * ndtr(-z))
            g = own[:, 1 : r + 1]
            g = g + direction * (far - np.einsum("nr,nr->n", direction, g))[:, None]
            Z = self.root @ g.T
            Z = Z if self.rows is None else self.rows @ Z
            Z = np.abs(Z, out=Z) if sides == 2 else Z
            found += float((1 / np.maximum(np.count_nonzero(z < Z, axis=0), 1)).sum())
        return float(sides * k * ndtr(-z) * found / N)


class Family(NamedTuple):
    """Rows whose errors are looked at together; ``alone`` of them count as independent of all others."""

    rows: int
    alone: int
    groups: tuple[Group, ...]
    points: Array
    sides: int = 2

    def outside(self, z: float) -> float:
        """Chance that the largest |Z| is above z."""
        inside = sum(
            np.log1p(-min(group.outside(z, self.points, self.sides), 1 - 1e-16)) for group in self.groups
        )
        inside += self.alone * np.log1p(-self.sides * ndtr(-z)) if self.alone else 0.0
        return float(-np.expm1(inside))

    def limit(self, level: float) -> float:
        """Return the normal score at which all rows hold together with chance ``level``."""
        b = sidak_score(self.alone + sum(group.size for group in self.groups), level, self.sides)
        if not self.groups:
            return b
        f = np.log(self.outside(b) / (1 - level))
        slope, a, steps = -b, b + 1, 0  # of a log chance, which is nearly a straight line
        while abs(b - a) > CLOSE and steps < STEPS:
            a, b = b, b - f / slope
            old, f = f, np.log(self.outside(b) / (1 - level))
            slope = (f - old) / (b - a) if b != a else slope
            steps += 1
        return float(b)

    def adjusted(self, z: Array) -> Array:
        """P of each normal score (on one side with its sign) for the largest of the family, single-step."""
        if not self.groups:
            return sidak(z, self.alone, self.sides)
        known = np.clip(z[~np.isnan(z)], NEAR, FAR)
        if known.size == 0:
            return z
        nodes = np.unique(np.quantile(known, np.linspace(0, 1, NODES)))
        held = np.log1p([-min(self.outside(x), 1 - 1e-12) for x in nodes])
        most = self.rows if self.sides == 2 else np.inf  # rows against each other are worth more on one side
        count = np.clip(held / np.log1p(-self.sides * ndtr(-nodes)), 1, most)  # independent rows
        out = sidak(z, np.exp(np.interp(z, nodes, np.log(count))), self.sides)
        return np.where(np.isnan(z), np.nan, out)


def sidak(z: Array, rows: float | Array, sides: int = 2) -> Array:
    """Chance that one of so many independent |Z| (or Z) is above z."""
    with np.errstate(divide="ignore"):
        out: Array = -np.expm1(rows * np.log1p(-sides * ndtr(-z)))
    return out


def sidak_score(rows: int, level: float, sides: int = 2) -> float:
    """Return the normal score at which so many independent rows hold together with chance ``level``."""
    return float(-ndtri(-np.expm1(np.log(level) / rows) / sides))


def multiplier(score: float, df: Array) -> Array:
    """(k,) t quantiles with the tail of a normal score, NaN for df <= 0."""
    df = np.where(df > 0, df, np.nan)
    out: Array = np.where(np.isinf(df), score, -stdtrit(np.where(np.isinf(df), 1.0, df), ndtr(-score)))
    return out


def score_of(t: Array, df: Array) -> Array:
    """(k,) normal scores with the two-sided p of |t|."""
    far = np.abs(t)
    out: Array = np.where(np.isinf(df), far, -ndtri(stdtr(np.where(np.isinf(df), 1.0, df), -far)))
    return np.where(df > 0, np.where(np.isposinf(out), 38.0, out), np.nan)


def family(C: Array, L: sp.csr_matrix, sides: int = 2) -> Family:
    """Lay out the rows L'x of variables x with covariance C, each with a variance above 0.

    Parameters
    ----------
    C : (d, d)
    L : (d, k)
    sides : 2 for the largest |Z|, 1 for the largest Z

    Examples
    --------
    >>> round(family(np.eye(3), sp.identity(3, format="csr")).limit(0.95), 4)  # Šidák's
    2.3877
    """
    from scipy.sparse.csgraph import connected_components  # slow to import

    scale = np.sqrt(np.diag(C))
    scale = np.where(scale > 0, scale, 1.0)
    R = C / np.outer(scale, scale)
    pattern = sp.csr_matrix(L != 0)
    graph = sp.bmat([[sp.csr_matrix(np.abs(R) > UNRELATED), pattern], [pattern.T, None]])
    _, label = connected_components(graph, directed=False)
    own, rows = label[: len(C)], label[len(C) :]
    L = sp.csr_matrix(sp.diags(scale) @ L)
    size = np.bincount(rows, minlength=int(label.max()) + 1)
    alone, groups = int((size == 1).sum()), []
    for g in np.flatnonzero(size > 1):
        variables = np.flatnonzero(own == g)
        group = related(R[np.ix_(variables, variables)], L[variables][:, np.flatnonzero(rows == g)])
        if group.root.shape[1] == 1 and sides == 2:  # all of them say the same
            alone += 1
        else:
            groups.append(group)
    k, r = (sum(x.size for x in groups), max(x.root.shape[1] for x in groups)) if groups else (1, 0)
    N = int(np.clip(min(WORK // k, HELD // (r + 1)), *POINTS)) if groups else 0
    return Family(L.shape[1], alone, tuple(groups), cloud(N, r + 1), sides)


def related(R: Array, L: sp.csr_matrix) -> Group:
    """Return rows L'x, x of covariance R, as a group, its directions of most variance first."""
    values, vectors = np.linalg.eigh(R)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    F = np.asarray(L.T @ root)
    length = np.sqrt((F**2).sum(axis=1))
    F /= length[:, None]
    values, vectors = np.linalg.eigh(F.T @ F)
    turn = vectors[:, np.flatnonzero(values > FLAT * values[-1])[::-1]]
    rows = sp.csr_matrix(sp.diags(1 / length) @ L.T)
    if rows.nnz <= 0.2 * rows.shape[0] * rows.shape[1]:
        return Group(root @ turn, rows)
    return Group(F @ turn)


def cloud(N: int, r: int) -> Array:
    """(N, r) a uniform number and r − 1 normal ones, spread evenly, the same every time."""
    few = min(r, LATTICE)
    lattice = (np.arange(1, N + 1)[:, None] * np.sqrt(PRIMES[:few])) % 1
    rest = uniforms(N * (r - few), SEED).reshape(N, r - few)
    x = np.clip(np.hstack([lattice, rest]), 1e-16, 1 - 1e-16)
    ndtri(x[:, 1:], out=x[:, 1:])
    return x
