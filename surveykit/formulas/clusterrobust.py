r"""Covariance of regression coefficients from few clusters: residuals mended for their leverage (CR2).

For a working model with weights W the coefficients move by :math:`M X'W e`, :math:`M = (X'WX)^{-1}`.
Residuals are too small by their leverage; those of cluster g are turned by the symmetric root of their own
covariance under a working model in which errors have variances φ:

.. math:: u_g = M X_g' W_g A_g e_g, \qquad A_g = B_g^{-1/2}, \qquad
          B_g = [(I - H)(I - H)^\top]_{gg}, \quad H = X M X' W

in units where φ = 1, and :math:`V = \sum_g u_g u_g^\top` has no bias under that model. B differs from I by
a matrix of few columns, so that nothing of the size of a cluster squared is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from sampling.checks import ArgumentError
from surveykit.formulas.arrays import Array, Codes, runs

MOST = 5_000  # clusters
NOTHING = 1e-10  # share of an error left after the leverage, below which nothing of it is left
FLAT = 1e-13  # length of a direction inside a cluster, in units of its longest, below which it has none

Working = Literal["independent", "exchangeable"]


class LowRank(NamedTuple):
    """A symmetric matrix diag(d) + L K L' with d (G,), L (G, r), K (r, r)."""

    d: Array
    L: Array
    K: Array

    def trace(self) -> float:
        """Sum of the eigenvalues."""
        return float(self.d.sum() + np.trace(self.K @ (self.L.T @ self.L)))

    def square(self) -> float:
        """Sum of the squared eigenvalues."""
        KG = self.K @ (self.L.T @ self.L)
        cross = np.trace(self.K @ (self.L.T @ (self.d[:, None] * self.L)))
        return float((self.d**2).sum() + 2 * cross + np.trace(KG @ KG))

    def plus(self, other: LowRank, share: float) -> LowRank:
        """Return (1 − share) of this matrix and a share of another."""
        K = np.zeros((len(self.K) + len(other.K),) * 2)
        K[: len(self.K), : len(self.K)] = (1 - share) * self.K
        K[len(self.K) :, len(self.K) :] = share * other.K
        return LowRank((1 - share) * self.d + share * other.d, np.hstack([self.L, other.L]), K)

    def df(self) -> float:
        r"""Satterthwaite's degrees of freedom :math:`(\sum λ)^2 / \sum λ^2`, NaN where all λ are 0."""
        square = self.square()
        return self.trace() ** 2 / square if square > 0 else float("nan")


@dataclass(frozen=True, repr=False, eq=False)
class ClusterRobust:
    """What the clusters show of p coefficients.

    ``influence`` (G, p) mended contribution u of each cluster; ``rho`` correlation of mended residuals
    inside clusters. The others serve ``df``, in coordinates in which X'WX = I (``R`` leads back): with a
    weight vector c the variance reads errors through a = A W X R'c; ``a_a`` (G, p, p), ``a_U`` (G, p, r) and
    ``a_1`` (G, p) are its products with itself, the columns of B − I = U C U', and 1; ``lift`` (G, p) X'W 1.
    """

    influence: Array
    rho: float
    R: Array
    C: Array
    a_a: Array
    a_U: Array
    a_1: Array
    lift: Array

    @property
    def covariance(self) -> Array:
        """(p, p) CR2 covariance."""
        out: Array = self.influence.T @ self.influence
        return out

    def df(self, c: Array | None = None, working: Working = "independent") -> Array:
        r"""Bell–McCaffrey degrees of freedom.

        The variance estimate is a quadratic form of the errors; it has those of the chi-square that matches
        its mean and variance under a working model: errors independent, or equally correlated inside
        clusters (by the correlation of the mended residuals, at least 0).

        Parameters
        ----------
        c : (p, m) combinations of coefficients, or None for each coefficient
        working : {"independent", "exchangeable"}

        Returns
        -------
        (m,)

        References
        ----------
        Bell and McCaffrey (2002), Survey Methodology 28, 169-181; Imbens and Kolesár (2016), Review of
        Economics and Statistics 98, 701-712; Pustejovsky and Tipton (2018), JBES 36, 672-683.
        """
        own = self.R.T if c is None else self.R.T @ c
        return np.array([self._form(x, working).df() for x in own.T])

    def _form(self, c: Array, working: Working) -> LowRank:
        """Return the products of the errors' directions of the clusters, (G, G) as diagonal + low rank."""
        form = LowRank(np.einsum("gpq,p,q->g", self.a_a, c, c), np.einsum("gpr,p->gr", self.a_U, c), self.C)
        if working == "independent":
            return form
        p = len(self.R)
        s, T = self.a_1 @ c, form.L[:, :p]  # the first p columns of U are X
        eye = np.eye(p)
        K = np.block([[self.lift.T @ self.lift, -eye], [-eye, np.zeros((p, p))]])
        together = LowRank(s**2, np.hstack([T, s[:, None] * self.lift]), K)
        return form.plus(together, max(self.rho, 0.0))


def whitened(X: Array, W: Array) -> Array:
    """(p, p) R with R'X'WX R = I."""
    S = X.T @ (W[:, None] * X)
    size = np.sqrt(np.diag(S))
    values, vectors = np.linalg.eigh(S / np.outer(size, size))
    if values[0] <= len(S) * np.finfo(float).eps * values[-1]:
        raise ArgumentError("X: the columns are collinear under the weights. Leave out the ones that follow.")
    out: Array = vectors / np.sqrt(values) / size[:, None]
    return out


def roots(K: Array, C: Array) -> tuple[Array, Array]:
    """(G, r, r) E and F with B^(-1/2) = I + U E U' and B^-1 = I + U F U', for B = I + U C U' and K = U'U.

    Directions of which nothing is left are taken away (generalised inverse).
    """
    values, vectors = np.linalg.eigh(K)
    keep = values > FLAT * values[:, -1:]
    root = np.sqrt(np.where(keep, values, 0.0))
    inner = root[:, :, None] * (vectors.transpose(0, 2, 1) @ C @ vectors) * root[:, None, :]
    lam, turned = np.linalg.eigh(inner)
    left = 1 + lam
    power = np.where(left > NOTHING, 1 / np.sqrt(np.maximum(left, NOTHING)), 0.0)
    basis = vectors * np.where(keep, 1 / np.where(keep, root, 1.0), 0.0)[:, None, :] @ turned
    back = basis.transpose(0, 2, 1)
    return basis * (power - 1)[:, None, :] @ back, basis * (power**2 - 1)[:, None, :] @ back


def cr2(X: Array, W: Array, e: Array, cluster: Codes, *, phi: Array | None = None) -> ClusterRobust:
    r"""CR2 covariance of the coefficients of a weighted linear (or last step of a generalised) model.

    Parameters
    ----------
    X : (n, p)
        Columns of the model, none of which follows from the others.
    W : (n,)
        Working weights, 0 or more: survey weight times the model's own.
    e : (n,)
        Working residuals, on the scale of the linear predictor.
    cluster : (n,)
        Codes from 0.
    phi : (n,), optional
        Working variances of e, to a factor; without, 1 / W: the weights are inverse variances. With survey
        weights and equal variances pass ones.

    Returns
    -------
    ClusterRobust, with ``covariance`` and ``df()``

    References
    ----------
    Bell and McCaffrey (2002), Survey Methodology 28, 169-181; Pustejovsky and Tipton (2018), JBES 36,
    672-683.

    Examples
    --------
    >>> y = np.array([1.0, 3.0, 2.0, 6.0])
    >>> fit = cr2(np.ones((4, 1)), np.ones(4), y - 3, np.arange(4))
    >>> bool(np.isclose(fit.covariance[0, 0], y.var(ddof=1) / 4)), fit.df().round(6)
    (True, array([3.]))
    """
    order = np.argsort(cluster, kind="stable")
    starts = runs(cluster[order])
    if len(starts) > MOST:
        raise ArgumentError(
            f"cluster: {len(starts)} clusters, and CR2 is for at most {MOST}. "
            "With so many the plain covariance by clusters has no bias to speak of."
        )
    R = whitened(X, W)
    p = X.shape[1]
    scale = np.sqrt(W) if phi is None else 1 / np.sqrt(phi)
    Xs = (scale[:, None] * (X @ R))[order]
    if phi is None:
        WX, U, C = slice(0, p), Xs, -np.eye(p)
    else:
        Y = (W * phi)[order, None] * Xs
        WX, U = slice(p, 2 * p), np.hstack([Xs, Y])
        C = np.block([[Y.T @ Y, -np.eye(p)], [-np.eye(p), np.zeros((p, p))]])
    columns = np.column_stack([U, (scale * e)[order], np.ones(len(e))])
    products = np.stack([x.T @ x for x in np.split(columns, starts[1:])])  # at most 5,000 small products
    r = U.shape[1]
    K, one = products[:, :r, :r], products[:, :r, r + 1]
    E, F = roots(K, C)
    Ue = products[:, :r, r]
    mended = Ue + np.einsum("gij,gjk,gk->gi", K, E, Ue)
    a_1 = (one + np.einsum("gij,gjk,gk->gi", K, E, one))[:, WX]
    return ClusterRobust(
        influence=mended[:, WX] @ R.T,
        rho=_correlation(products[:, r:, r:], Ue, one, E, F),
        R=R, C=C,
        a_a=(K + K @ F @ K)[:, WX, WX],
        a_U=(K + K @ E @ K)[:, WX],
        a_1=a_1,
        lift=one[:, WX],
    )  # fmt: skip


def _correlation(own: Array, Ue: Array, one: Array, E: Array, F: Array) -> float:
    """Return the mean product of two mended residuals of a cluster over the mean square, 0 without pairs."""
    total = own[:, 0, 1] + np.einsum("gi,gij,gj->g", one, E, Ue)
    square = float((own[:, 0, 0] + np.einsum("gi,gij,gj->g", Ue, F, Ue)).sum())
    n = own[:, 1, 1]
    pairs = float((n * (n - 1)).sum())
    if pairs == 0 or square <= 0:
        return 0.0
    return float((total @ total - square) / pairs / (square / n.sum()))
