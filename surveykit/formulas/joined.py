"""Covariance of estimates from several calls on one design: cross-products through the same forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from surveykit.formulas.arrays import Array
from surveykit.formulas.pairs import spread
from surveykit.formulas.variance import Combined, Covariance, Stage, Taylor, check_size


def unfolded(covariance: Covariance) -> tuple[Covariance, sp.csr_matrix | None]:
    """Return what a covariance is made of: a base, and the combinations L of it, or None for itself."""
    L = None
    while isinstance(covariance, Combined):
        L = covariance.L if L is None else (covariance.L @ L).tocsr()
        covariance = covariance.base
    return covariance, L


def alike(a: Stage, b: Stage) -> bool:
    """Whether two stages have the same units, strata, fractions and forms."""
    same = all(
        np.array_equal(getattr(a, name), getattr(b, name)) for name in ("unit", "stratum", "n", "f", "factor")
    )
    form = b.omega is None if a.omega is None else a.omega.same(b.omega)
    return (
        same and form and a.phase == b.phase and a.lonely == b.lonely and a.lonely_domain == b.lonely_domain
    )


def comparable(a: Taylor, b: Taylor) -> bool:
    """Whether two covariances are read through the same forms of the same rows."""
    if len(a.stages) != len(b.stages) or a.cells.row.size != b.cells.row.size:
        return False
    both = (a.cells.row >= 0) & (b.cells.row >= 0)
    one, other = a.cells.unit[a.cells.row[both]], b.cells.unit[b.cells.row[both]]
    noise = a.noise is None or b.noise is None or np.array_equal(a.noise, b.noise)
    return np.array_equal(one, other) and noise and all(map(alike, a.stages, b.stages))


@dataclass(frozen=True, repr=False)
class Joined:
    """Covariance of the estimates of several parts, one after another.

    ``parts``: a covariance by linearisation, or a joint one, and the combinations (k, m) of it that the part
    shows.
    """

    parts: Sequence[tuple[Taylor | Joined, sp.csr_matrix]]

    def __repr__(self) -> str:
        """Return what it is, without its numbers."""
        return f"joint covariance of {self.size} estimates"

    @property
    def size(self) -> int:
        """Number of estimates."""
        return int(sum(L.shape[1] for _, L in self.parts))

    def diag(self) -> Array:
        """(k,) variances."""
        return np.concatenate([Combined(base, L).diag() for base, L in self.parts])

    def leaves(self, L: sp.csr_matrix) -> list[tuple[Taylor, sp.csr_matrix]]:
        """Linearised parts and what the combinations L (k, m) take of each, to be added up."""
        own: list[tuple[Taylor, sp.csr_matrix]] = []
        L, at = sp.csr_matrix(L), 0
        for base, combinations in self.parts:
            part = (combinations @ L[at : at + combinations.shape[1]]).tocsr()
            at += combinations.shape[1]
            own += base.leaves(part) if isinstance(base, Joined) else [(base, part)]
        return own

    def of(self, L: sp.csr_matrix) -> Array:
        """(m, m) covariance of the combinations L (k, m)."""
        own = self.leaves(L)
        below = [base.below(part) for base, part in own]
        first = own[0][0]
        out: Array = np.zeros((L.shape[1],) * 2)
        noisy = [(base.noise, BL) for (base, _), BL in zip(own, below, strict=True) if base.noise is not None]
        if noisy:  # parts with known targets have no share in it
            BL = np.sum([B for _, B in noisy], axis=0)
            out = out + BL.T @ noisy[0][0] @ BL
        odd = any(base.odd for base, _ in own)
        for s, stage in enumerate(first.stages):
            taken = [base.taken(stage, BL) for (base, _), BL in zip(own, below, strict=True)]
            if odd:
                whole = np.zeros((first.cells.P, L.shape[1]))
                for (base, part), less in zip(own, taken, strict=True):
                    shape = (base.cells.P, base.size)
                    Z = spread(base.Z, base.cells.unit, base.cells.domain, shape)
                    whole += (Z @ part).toarray() - (0.0 if less is None else less)
                out = out + stage.form(whole)
                continue
            halves = [
                list(base.stages[s].halves(base.cells, base.Z, part, less))
                for (base, part), less in zip(own, taken, strict=True)
            ]
            for several in zip(*halves, strict=True):
                a = sum(one for one, _ in several)
                b = sum(other for _, other in several)
                out = out + np.asarray(a).T @ np.asarray(b)
        return out

    def full(self) -> Array:
        """(k, k) covariance; refused above 5,000 estimates."""
        check_size(self.size)
        return self.of(sp.identity(self.size, format="csr"))
