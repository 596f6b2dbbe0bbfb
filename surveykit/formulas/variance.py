r"""Design variance of totals: one quadratic form for each stage, and the covariance that is read from it.

.. math:: \hat V = \sum_s \sum_h F_{sh} (1 - f_{sh}) \frac{n_{sh}}{n_{sh} - 1}
          \sum_{i \in h} (z_{shi} - \bar z_{sh})^2

with z the totals of the weighted influence by unit of stage s, F the product of the sampling fractions of
the stages above (Särndal, Swensson & Wretman 1992, result 4.3.1; Wolter 2007, ch. 2).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import scipy.sparse as sp

from surveykit.formulas.arrays import Array, Codes, Mask, runs, sum_runs
from surveykit.formulas.omega import Omega
from surveykit.formulas.pairs import Pairs, spread
from surveykit.formulas.statistics import divide
from surveykit.formulas.totals import Cells

BLOCK = 256  # columns of a contrast matrix worked on at once
ROUNDING = 1e-13  # what is left of a variance that the steps took away, below which it is rounding error
DOUBT = 1e-7  # of its parts: a variance so small is worked out again from the influence of each unit
NEGATIVE = 1e4  # times that: a variance so far below 0 is no rounding error, and there is no standard error
FEW = 2000  # estimates few enough for their whole matrix
DENSE = 10_000_000  # numbers in a matrix that is still written out


@dataclass(frozen=True)
class Stage:
    """One stage of selection; units and strata are numbered in the order of the finest units.

    ``unit`` (P,) stage unit of each finest unit; ``stratum`` (U,) stratum of each stage unit; ``n`` (H,)
    units drawn; ``f`` (H,) fraction drawn, 0 with replacement; ``factor`` (H,) product of the fractions
    above. ``lonely``: what a stratum with one unit gives; ``lonely_domain``: what a stratum gives in which
    a domain has one unit. ``given`` (H,) strata whose form is a matrix of its own, as for unequal
    probabilities; ``omega`` (U, U) holds these, factors included, and is 0 elsewhere. ``phase``: of the first
    of two phases, which calibration to the first phase does not touch.
    """

    unit: Codes
    stratum: Codes
    n: Codes
    f: Array
    factor: Array
    lonely: str = "certainty"
    lonely_domain: str = "off"
    given: Mask | None = None
    omega: Omega | None = None
    phase: int = 2

    @property
    def alone(self) -> Mask:
        """(H,) strata with one unit that was not taken with certainty."""
        alone = (self.n == 1) & (self.f < 1)
        return np.asarray(alone if self.given is None else alone & ~self.given)

    @property
    def a(self) -> Array:
        """(H,) factor of the sum of squares; 0 for strata with a form of their own."""
        a = self.factor * (1 - self.f) * self.n / np.maximum(self.n - 1, 1)
        off = self.alone & (self.lonely != "centre")
        out: Array = np.where(off if self.given is None else off | self.given, 0.0, a)
        return out

    def sums(self, M: Array) -> Array:
        """(U, m) totals by stage unit."""
        return M if self.unit.size == self.stratum.size else sum_runs(M, runs(self.unit))

    def means(self, t: Array) -> Array:
        """(H, m) what unit totals of a column that fills the sample are compared with."""
        mean = sum_runs(t, runs(self.stratum)) / self.n[:, None]
        if self.lonely == "centre":
            mean[self.alone] = t.mean(axis=0)
        return mean

    def apply(self, M: Array) -> Array:
        """(P, m) the matrix of the form times M (P, m), for columns that fill the sample."""
        t = self.sums(M)
        r = (t - self.means(t)[self.stratum]) * self.a[self.stratum][:, None]
        if self.lonely == "centre" and self.alone.any():
            r = r - r[self.alone[self.stratum]].sum(axis=0) / len(r)
        if self.omega is not None:
            r = r + self.omega @ t
        out: Array = r[self.unit]
        return out

    def form(self, M: Array) -> Array:
        """(m, m) quadratic form M' Ω M, for columns that fill the sample."""
        t = self.sums(M)
        r = (t - self.means(t)[self.stratum]) * np.sqrt(self.a[self.stratum])[:, None]
        scale = 1.0
        if self.lonely == "average" and self.alone.any():
            scale = self.n.size / max(self.n.size - int(self.alone.sum()), 1)
        out: Array = r.T @ r
        if self.omega is not None:
            out = out + self.omega.form(t)
        return out * scale

    def pairs(self, cells: Cells, Z: Array) -> Pairs:
        """Sum the cells by stage unit, and find the centre of each (stratum, domain) pair."""
        unit, domain, z = self.unit[cells.unit], cells.domain, Z
        if self.unit.size != self.stratum.size:
            first = runs(domain * self.stratum.size + unit)
            unit, domain, z = unit[first], domain[first], sum_runs(Z, first)
        stratum = self.stratum[unit]
        starts = runs(domain * self.n.size + stratum)
        h, d = stratum[starts], domain[starts]
        held = np.diff(np.r_[starts, stratum.size])
        centre = sum_runs(z, starts) / self.n[h][:, None]
        single = (held == 1) & (self.n[h] > 1)
        if self.given is not None:
            single &= ~self.given[h]
        swap = self.alone[h] & (self.lonely == "centre") | single & (self.lonely_domain == "centre")
        if swap.any():
            present = np.bincount(d, weights=self.n[h], minlength=cells.D)
            overall = sum_runs(z, runs(domain)) / present[:, None]
            centre[swap] = overall[d[swap]]
        left_out = single & (self.lonely_domain == "average")
        if left_out.any():
            centre[left_out] = 0.0
            z = np.where(np.repeat(left_out, held)[:, None], 0.0, z)
        poor = self.alone[h] & (self.lonely == "average") | left_out
        strata, bad = np.bincount(d, minlength=cells.D), np.bincount(d, poor, minlength=cells.D)
        scale = divide(strata.astype(float), (strata - bad).astype(float))
        return Pairs(z, unit, domain, starts, h, d, held, centre, scale)

    def by_pair(self, pairs: Pairs) -> Array:
        """(pairs, q) what each stratum adds for its domains; units without the domain count as 0."""
        out = sum_runs((pairs.z - np.repeat(pairs.centre, pairs.held, axis=0)) ** 2, pairs.starts)
        out += (self.n[pairs.h] - pairs.held)[:, None] * pairs.centre**2
        out *= self.a[pairs.h][:, None]
        return out

    def squares(self, pairs: Pairs) -> Array:
        """(D, q) quadratic form of each domain's own column."""
        out = sum_runs(self.by_pair(pairs), runs(pairs.domain)) + self.given_squares(pairs)
        return out * np.nan_to_num(pairs.scale)[:, None]

    def given_squares(self, pairs: Pairs) -> Array:
        """(D, q) z' Ω z of each domain's own column, over the strata with a form of their own."""
        shape = (self.stratum.size, pairs.scale.size)
        out = np.zeros((pairs.scale.size, pairs.z.shape[1]))
        if self.omega is not None:
            for j in range(pairs.z.shape[1]):
                Z = sp.csr_matrix((pairs.z[:, j], (pairs.unit, pairs.column)), shape=shape)
                out[:, j] = self.omega.squares(Z)
        return out

    def halves(
        self, cells: Cells, Z: Array, L: sp.csr_matrix, taken: Array | None
    ) -> Iterator[tuple[Array, Array]]:
        """Give pairs a, b (U, m) whose products a'b add up to the form of combinations L of domains' columns.

        ``taken`` (P, m) is taken away from them before.
        """
        q = Z.shape[1]
        pairs = self.pairs(cells, Z)
        L = sp.diags(np.repeat(np.sqrt(np.nan_to_num(pairs.scale)), q)) @ L
        t = (spread(pairs.z, pairs.unit, pairs.column, (self.stratum.size, L.shape[0])) @ L).toarray()
        centre = (spread(pairs.centre, pairs.h, pairs.domain, (self.n.size, L.shape[0])) @ L).toarray()
        if taken is not None:
            x = self.sums(taken)
            t -= x
            centre -= self.means(x)
        r = (t - centre[self.stratum]) * np.sqrt(self.a[self.stratum])[:, None]
        yield r, r
        if self.omega is not None:
            yield t, self.omega @ t


class Covariance(Protocol):
    """Covariance of k estimates; nothing k × k is made until it is asked for."""

    def diag(self) -> Array:
        """(k,) variances."""
        ...

    def of(self, L: sp.csr_matrix) -> Array:
        """(m, m) covariance of the combinations L (k, m)."""
        ...

    def full(self) -> Array:
        """(k, k) covariance."""
        ...


def check_size(k: int, most: int = 5000) -> None:
    """Refuse a full covariance that would not fit in memory."""
    if k > most:
        raise ValueError(
            f"The full covariance of {k} estimates has {k * k:,} numbers. Ask for what you need with "
            "contrast(), covariance.diag() or covariance.of(L)."
        )


def in_blocks(covariance: Covariance, L: sp.csc_matrix) -> Array:
    """(m,) variances of the combinations L (k, m), a block of columns at a time."""
    parts = [np.diag(covariance.of(L[:, i : i + BLOCK].tocsr())) for i in range(0, L.shape[1], BLOCK)]
    return np.concatenate(parts)


def squares_of(B: Array, form: Array) -> Array:
    """(D, q) B' form B of each estimate, with B (p, D, q)."""
    return np.asarray(np.einsum("pdq,pdq->dq", B, np.tensordot(form, B, axes=1)))


@dataclass(frozen=True, repr=False)
class Taylor:
    """Covariance by linearisation: z = sparse(Z) − X B, read through the forms of the stages.

    ``Z`` (C, q) weighted influence by cell; ``X`` (P, p), dense or sparse, and ``B`` (p, D, q) what the
    weighting steps take away; ``noise`` (p, p) covariance of calibration targets that are estimates of their
    own, which adds B' noise B. ``inner`` (p,) columns of calibrations to the first of two phases, which its
    stages do not see. Estimates are numbered d q + j.
    """

    stages: tuple[Stage, ...]
    cells: Cells
    Z: Array
    X: Array | sp.csr_matrix
    B: Array
    noise: Array | None = None
    inner: Mask | None = None

    def seen(self, stage: Stage, M: Array | sp.csr_matrix) -> Array | sp.csr_matrix:
        """Return columns (…, p) with 0 for those that the stage does not see."""
        if self.inner is None or stage.phase == 2:
            return M
        return M @ sp.diags((~self.inner).astype(float)) if sp.issparse(M) else M * ~self.inner

    @property
    def size(self) -> int:
        """Number of estimates k."""
        return self.cells.D * int(self.Z.shape[1])

    def __repr__(self) -> str:
        """Return what it is, without its numbers."""
        return f"Taylor covariance of {self.size} estimates"

    @property
    def odd(self) -> bool:
        """Whether a rule for lonely units meets weighting steps, whose influence fills the sample."""
        rules = any(
            s.lonely_domain != "off" or (s.lonely != "certainty" and s.alone.any()) for s in self.stages
        )
        return rules and self.X.shape[1] > 0

    def diag(self) -> Array:
        """(k,) variances."""
        if self.odd:
            return in_blocks(self, sp.identity(self.size, format="csc"))
        total = np.zeros((self.cells.D, self.Z.shape[1]))
        for stage in self.stages:
            total += stage.squares(stage.pairs(self.cells, self.Z))
        room = np.abs(total)
        if sp.issparse(self.X) or self.size <= self.X.shape[1]:
            total = self._directly(np.arange(self.size)).reshape(total.shape)
            room = room + np.abs(total)
        elif self.X.shape[1]:
            total, room = self._less(total, room)
        least = ROUNDING * room
        kept: Array = np.where(total > least, total, np.where(total < -NEGATIVE * least, np.nan, 0.0))
        return kept.ravel()

    def _directly(self, which: Codes) -> Array:
        """(m,) variances of some estimates, from the influence of each unit."""
        out = np.zeros(which.size)
        for i in range(0, which.size, BLOCK):
            own = which[i : i + BLOCK]
            L = sp.csr_matrix((np.ones(own.size), (own, np.arange(own.size))), shape=(self.size, own.size))
            BL = self.below(L)
            v = np.zeros(own.size)
            if self.noise is not None:
                v += np.einsum("pm,pm->m", BL, self.noise @ BL)
            for s in self.stages:
                for a, b in s.halves(self.cells, self.Z, L, self.taken(s, BL)):
                    v += np.einsum("um,um->m", a, b)
            out[i : i + BLOCK] = v
        return out

    def below(self, L: sp.csr_matrix) -> Array:
        """(p, m) B L."""
        used = np.unique(L.tocsc().indices)
        return np.asarray(self.B.reshape(self.B.shape[0], self.size)[:, used] @ L.tocsr()[used])

    def taken(self, stage: Stage, BL: Array) -> Array | None:
        """(P, m) X B L, None without steps."""
        return np.asarray(self.X @ self.seen(stage, BL.T).T) if self.X.shape[1] else None

    def _less(self, out: Array, room: Array) -> tuple[Array, Array]:
        """Variances (D, q) without steps, less what the steps take away: by B, with few columns p."""
        total = np.zeros_like(out)
        for stage in self.stages:
            X = self.seen(stage, self.X)
            form = stage.form(X)
            total += squares_of(self.B, form) - 2 * self._cross(stage, X)
            room = room + squares_of(np.abs(self.B), np.abs(form))
        if self.noise is not None:
            total += squares_of(self.B, self.noise)
        total += out
        doubtful = np.flatnonzero(np.abs(total) < DOUBT * room)
        if doubtful.size:
            total.flat[doubtful] = self._directly(doubtful)
        return total, room

    def _cross(self, stage: Stage, X: Array) -> Array:
        """(D, q) product of the sparse and the low-rank part, (Z'ΩX)_d B_d."""
        OX = stage.apply(X)
        out = np.zeros((self.cells.D, self.Z.shape[1]))
        for j in range(self.X.shape[1]):
            out += self.B[j] * sum_runs(self.Z * OX[self.cells.unit, j, None], self.cells.starts)
        return out

    def of(self, L: sp.csr_matrix) -> Array:
        """(m, m) covariance of the combinations L (k, m)."""
        BL = self.below(L)
        start: Array = np.zeros((L.shape[1],) * 2) if self.noise is None else BL.T @ self.noise @ BL
        if self.odd:
            q = self.Z.shape[1]
            Z = spread(self.Z, self.cells.unit, self.cells.domain, (self.cells.P, self.cells.D * q))
            M = np.asarray((Z @ L).todense())
            return np.asarray(sum((s.form(M - self.taken(s, BL)) for s in self.stages), start))
        for s in self.stages:
            for a, b in s.halves(self.cells, self.Z, L, self.taken(s, BL)):
                start += a.T @ b
        return start

    def full(self) -> Array:
        """(k, k) covariance; refused above 5,000 estimates."""
        check_size(self.size)
        odd = any(s.lonely_domain != "off" or s.alone.any() for s in self.stages)
        if odd or self.X.shape[1] or self.cells.P * self.size <= DENSE:
            return self.of(sp.identity(self.size, format="csr"))
        V = np.zeros((self.size, self.size))
        for s in self.stages:
            pairs = s.pairs(self.cells, self.Z)
            T = spread(pairs.z, pairs.unit, pairs.column, (s.stratum.size, self.size))
            M = spread(pairs.centre, pairs.h, pairs.domain, (s.n.size, self.size))
            V += (T.T @ sp.diags(s.a[s.stratum]) @ T - M.T @ sp.diags(s.a * s.n) @ M).toarray()
            if s.omega is not None:
                V += s.omega.form(T)
        np.fill_diagonal(V, self.diag())
        return V


@dataclass(frozen=True, repr=False)
class Combined:
    """Covariance of linear combinations L (k, m) of estimates."""

    base: Covariance
    L: sp.csr_matrix

    def __repr__(self) -> str:
        """Return what it is, without its numbers."""
        return f"covariance of {self.L.shape[1]} combinations"

    def diag(self) -> Array:
        """(m,) variances, worked in blocks of columns."""
        L = self.L.tocsc()
        if (np.diff(L.indptr) == 1).all():
            picked: Array = self.base.diag()[L.indices] * L.data**2
            return picked
        if L.shape[0] <= FEW and L.shape[1] > BLOCK and (np.diff(L.indptr) == 2).all():  # many pairs of few
            V, a, b, x, y = self.base.full(), L.indices[::2], L.indices[1::2], L.data[::2], L.data[1::2]
            room = V[a, a] * x**2 + V[b, b] * y**2
            v = room + 2 * V[a, b] * x * y
            return np.where(np.abs(v) <= ROUNDING * room, 0.0, v)
        return in_blocks(self.base, L)

    def of(self, L: sp.csr_matrix) -> Array:
        """(m, m) covariance of further combinations."""
        return self.base.of((self.L @ L).tocsr())

    def full(self) -> Array:
        """(m, m) covariance."""
        check_size(self.L.shape[1])
        return self.base.of(self.L)
