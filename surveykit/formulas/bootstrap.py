r"""Bootstrap factors: units are drawn again from the sample, stage by stage, and rescaled.

At one stage a stratum of n units gives factors a with mean 1 and covariance
:math:`\Omega = (1 - f) \frac{n}{n - 1} (I - J / n)`, the form of the Taylor variance. Down the stages

.. math:: A_s = A_{s-1} \{1 + \lambda (a_s - 1)\}, \qquad \lambda^2 = F / E(A_{s-1}^2)

with F the product of the fractions above (Beaumont & Émond 2022, section 7), so that the mean over all
resamples of the replicate variance of a linear total is exactly its Taylor variance, at every stage.

References
----------
Rao & Wu (1988), JASA 83, 231–241; Rao, Wu & Yue (1992), Survey Methodology 18, 209–217; Preston (2009),
Survey
Methodology 35, 227–234; Beaumont & Émond (2022), Stats 5, 339–357.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from sampling.streams import Seed, uniforms
from surveykit.formulas.arrays import Array, Codes, sum_by
from surveykit.formulas.replicates import Factors, varying

BLOCK = 4_000_000  # random numbers at once


class Level(NamedTuple):
    """One stage of selection.

    ``stratum`` (U,) of each unit, in their order; ``f`` (H,) fraction drawn; ``above`` (U,) unit of the stage
    above, 0 at the first; ``factor`` (U,) product of the fractions above; ``pi`` (U,) inclusion probabilities
    where chances were unequal, else None.
    """

    stratum: Codes
    f: Array
    above: Codes
    factor: Array
    pi: Array | None = None

    @property
    def variances(self) -> Array:
        r"""(U,) c of the form diag(c) − c c' / Σ c.

        Equal chances: (1 − f) n / (n − 1). Unequal: :math:`(1 - \pi_i) / (1 - \sum a^2)` with a the share of
        a unit in Σ (1 − π), Hájek's form for all methods of high entropy (Deville 1999).
        """
        lack = 1 - (self.f[self.stratum] if self.pi is None else self.pi)
        H = self.f.size
        n = np.bincount(self.stratum, weights=lack > 0, minlength=H)
        total, squares = (sum_by(self.stratum, x, H) for x in (lack, lack**2))
        rest = 1 - np.divide(squares, total**2, out=np.ones(H), where=n > 1)
        scale = np.divide(1.0, rest, out=np.zeros(H), where=n > 1)
        out: Array = scale[self.stratum] * lack
        return out


def seeds(seed: Seed, r: int) -> list[int]:
    """Seed of replicate r: it does not depend on how many there are."""
    return [*([seed] if isinstance(seed, int) else seed), r + 1]


def draws(level: Level) -> Codes:
    """(H,) number of units drawn again in each stratum: n − 1, or fewer where a factor would fall below 0."""
    c, H = level.variances, level.f.size
    n = np.bincount(level.stratum, weights=c > 0, minlength=H).astype(np.intp)
    if level.pi is None:
        return np.maximum(n - 1, 0)
    most = np.zeros(H)
    np.maximum.at(most, level.stratum, c)
    total = sum_by(level.stratum, c, H)
    fit = np.divide(total, most**2, out=np.zeros(H), where=most > 0)
    return np.where(n > 1, np.clip(np.floor(fit).astype(np.intp), 1, np.maximum(n - 1, 1)), 0)


def resample(level: Level, uniform: Array) -> Array:
    """(U, b) how often each unit is drawn, with replacement, chances in proportion to c.

    ``uniform`` (Σ draws, b) random numbers in [0, 1), stratum by stratum.
    """
    m, n = draws(level), np.bincount(level.stratum, minlength=level.f.size)
    h = np.repeat(np.arange(m.size), m)
    last = np.cumsum(n)
    if level.pi is None:
        picked = (last - n)[h, None] + (uniform * n[h, None]).astype(np.intp)
    else:
        c = level.variances
        reached, total = np.cumsum(c), sum_by(level.stratum, c, m.size)
        wanted = (reached[last - 1] - total)[h, None] + uniform * total[h, None]
        picked = np.minimum(np.searchsorted(reached, wanted, side="right"), last[h, None] - 1)
    U, b = level.stratum.size, uniform.shape[1]
    counts = np.bincount((picked * b + np.arange(b)).ravel(), minlength=U * b)
    return counts.reshape(U, b).astype(float)


def rescale(level: Level, counts: Array) -> Array:
    r"""(U, b) factors :math:`a = 1 + \sqrt{\sum c / m}\,(k - m\,c / \sum c)` from how often units were drawn.

    For equal chances this is :math:`1 + \sqrt{1 - f}\,(k\,n / (n - 1) - 1)`, the rescaling of Rao & Wu;
    written
    so, a factor that should be 0 is 0.
    """
    c, m = level.variances, draws(level).astype(float)
    if level.pi is None:
        n = np.where(m > 0, (m + 1) / np.maximum(m, 1), 0.0)[level.stratum, None]
        return np.asarray(
            1 + np.sqrt(1 - level.f)[level.stratum, None] * np.where(n > 0, counts * n - 1, 0.0)
        )
    total = sum_by(level.stratum, c, m.size)
    root = np.sqrt(np.divide(total, m, out=np.zeros(m.size), where=m > 0))
    mean = np.divide(m, total, out=np.zeros(m.size), where=total > 0)[level.stratum] * c
    return np.asarray(1 + root[level.stratum, None] * (counts - mean[:, None]))


def combine(levels: Sequence[Level], counts: Sequence[Array]) -> Array:
    """(P, b) factors of the finest units from the counts (U, b) of every stage."""
    A, second = np.ones((1, counts[0].shape[1])), np.ones(1)
    for level, k in zip(levels, counts, strict=True):
        c = level.variances
        total = sum_by(level.stratum, c, level.f.size)[level.stratum]
        own = c - np.divide(c**2, total, out=np.zeros(c.size), where=total > 0)
        root = np.sqrt(level.factor / second[level.above])[:, None]
        A = A[level.above] * (1 + root * (rescale(level, k) - 1))
        second = second[level.above] + level.factor * own
    return A


def random_blocks(count: int, replicates: int, seed: Seed) -> Iterator[tuple[slice, Array]]:
    """Yield blocks of replicates and their random numbers (count, b), each replicate from its own seed."""
    step = max(1, BLOCK // max(count, 1))
    for a in range(0, replicates, step):
        block = range(a, min(a + step, replicates))
        yield slice(a, block.stop), np.column_stack([uniforms(count, seeds(seed, r)) for r in block])


def rescaled(levels: Sequence[Level], replicates: int, seed: Seed) -> Factors:
    """Rao–Wu–Yue–Beaumont: units drawn with replacement at every stage; with one level that of Rao & Wu.

    Parameters
    ----------
    levels : the stages, from the first; for the ultimate-cluster bootstrap the first alone
    replicates : number R
    seed : number

    Returns
    -------
    Factors of the finest units; scale 1 / R, around the full estimate
    """
    cuts = np.cumsum([int(draws(level).sum()) for level in levels])
    F = np.empty((levels[-1].stratum.size, replicates))
    for block, u in random_blocks(int(cuts[-1]), replicates, seed):
        parts = np.split(u, cuts[:-1])
        F[:, block] = combine(levels, [resample(*pair) for pair in zip(levels, parts, strict=True)])
    return Factors(F, 1 / replicates, np.ones(replicates))


def halves(level: Level) -> tuple[Codes, Codes]:
    """(H,) units and units kept in a half-sample; all of a stratum that does not vary are kept."""
    n = np.bincount(level.stratum, minlength=level.f.size)
    return n, np.where(varying(level.stratum, level.f), n // 2, n)


def half_sample(level: Level, uniform: Array) -> Array:
    """(U, b) 1 for the units of a half-sample without replacement, 0 for the others.

    ``uniform`` (U, b) random numbers in [0, 1): the smallest of each stratum are kept.
    """
    n, kept = halves(level)
    order = np.argsort(level.stratum[:, None] + uniform, axis=0, kind="stable")
    rank = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
    out = np.empty(uniform.shape)
    np.put_along_axis(out, order, (rank < np.repeat(kept, n)).astype(float)[:, None], axis=0)
    return out


def multiply(levels: Sequence[Level], chosen: Sequence[Array]) -> Array:
    r"""(P, b) Preston's factors from the half-samples δ (U, b) of every stage.

    .. math:: A_s = A_{s-1} + C_{s-1} \sqrt{F\,\frac{m (1 - f)}{n - m}}\,(\delta\,n / m - 1), \qquad
              C_s = C_{s-1}\,\delta \sqrt{n / m}
    """
    A = C = np.ones((1, chosen[0].shape[1]))
    for level, delta in zip(levels, chosen, strict=True):
        n, m = halves(level)
        ratio = np.divide(m * (1 - level.f), n - m, out=np.zeros(n.size), where=n > m)
        root = np.sqrt(level.factor * ratio[level.stratum])[:, None]
        whole = (n / m)[level.stratum, None]
        A = A[level.above] + C[level.above] * root * (delta * whole - 1)
        C = C[level.above] * delta * np.sqrt(whole)
    return A


def preston(levels: Sequence[Level], replicates: int, seed: Seed) -> Factors:
    """Preston's multi-stage bootstrap: half of the units of every stage, without replacement.

    Parameters and result as of :func:`rescaled`; chances are equal within a stratum.
    """
    cuts = np.cumsum([level.stratum.size for level in levels])
    F = np.empty((levels[-1].stratum.size, replicates))
    for block, u in random_blocks(int(cuts[-1]), replicates, seed):
        parts = np.split(u, cuts[:-1])
        F[:, block] = multiply(levels, [half_sample(*pair) for pair in zip(levels, parts, strict=True)])
    return Factors(F, 1 / replicates, np.ones(replicates))
