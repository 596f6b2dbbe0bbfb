r"""Variance forms of one block of units drawn together: matrices Ω with :math:`\hat V = z' \Omega z`.

z are the totals of the weighted influence by unit, :math:`z_i = y_i / \pi_i`; π the inclusion probabilities.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from sampling.checks import ArgumentError
from surveykit.formulas import unequal
from surveykit.formulas.arrays import Array
from surveykit.formulas.omega import Omega

__all__ = [
    "balanced",
    "brewer",
    "hajek",
    "hartley_rao",
    "horvitz_thompson",
    "local",
    "overton",
    "poisson",
    "srs",
    "successive",
    "with_replacement",
    "yates_grundy",
]

Estimator = Literal["yates_grundy", "horvitz_thompson"]


def check_joint(joint: Array) -> None:
    """Refuse joint probabilities of 0: pairs that are never drawn together leave the variance unknown."""
    zero = np.argwhere(np.triu(joint <= 0, 1))
    if zero.size:
        named = ", ".join(f"{i + 1} and {j + 1}" for i, j in zero[:3]) + (", …" if len(zero) > 3 else "")
        raise ArgumentError(
            f"joint: {len(zero)} of the pairs of {len(joint)} units can't be drawn together (units {named} "
            "of the block), so no variance is unbiased. Choose pps='hajek' or 'with_replacement', or leave "
            "pps out: then successive differences are used for systematic draws."
        )


def check_units(n: int) -> None:
    """Refuse fewer than two units drawn by chance."""
    if n < 2:
        raise ArgumentError(
            f"pi: a variance is seen between two or more units drawn by chance, and the block has {n}. "
            "Merge it with a neighbour."
        )


def with_replacement(n: int) -> Array:
    r"""Form of n independent draws with replacement: :math:`\frac{n}{n-1} \sum (z_i - \bar z)^2`.

    References
    ----------
    Särndal, Swensson & Wretman (1992), section 2.9.

    Examples
    --------
    >>> with_replacement(2)
    array([[ 1., -1.],
           [-1.,  1.]])
    """
    check_units(n)
    return np.asarray(n / (n - 1) * (np.eye(n) - 1 / n))


def srs(n: int, f: float) -> Array:
    r"""Form of simple random sampling, f = n / N of the units drawn: 1 − f times that with replacement."""
    return (1 - f) * with_replacement(n)


def _lack(joint: Array) -> Array:
    """(n, n) (π_i π_j − π_ij) / π_ij between units, 0 on the diagonal."""
    check_joint(joint)
    pi = np.diag(joint)
    out: Array = np.outer(pi, pi) / joint - 1
    np.fill_diagonal(out, 0.0)
    return out


def yates_grundy(joint: Array) -> Array:
    r"""Yates–Grundy (Sen) form, for designs of fixed size.

    .. math:: \hat V = \tfrac12 \sum_{i \ne j} \frac{\pi_i \pi_j - \pi_{ij}}{\pi_{ij}} (z_i - z_j)^2

    Parameters
    ----------
    joint : (n, n) joint probabilities, all above 0, the first-order ones on the diagonal

    Returns
    -------
    (n, n)

    References
    ----------
    Särndal, Swensson & Wretman (1992), Model Assisted Survey Sampling, section 2.8.

    Examples
    --------
    >>> yates_grundy(np.array([[0.5, 1 / 6], [1 / 6, 0.5]]))
    array([[ 0.5, -0.5],
           [-0.5,  0.5]])
    """
    lack = _lack(joint)
    return np.asarray(np.diag(lack.sum(axis=1)) - lack)


def horvitz_thompson(joint: Array) -> Array:
    r"""Horvitz–Thompson form: :math:`\sum_{ij} \frac{\pi_{ij} - \pi_i \pi_j}{\pi_{ij}} z_i z_j`, π_ii = π_i.

    Parameters
    ----------
    joint : (n, n) joint probabilities, all above 0, the first-order ones on the diagonal

    References
    ----------
    Särndal, Swensson & Wretman (1992), section 2.8.
    """
    return np.asarray(np.diag(1 - np.diag(joint)) - _lack(joint))


def poisson(pi: Array) -> Array:
    """Form of independent draws: Σ (1 − π) z²."""
    return np.diag(1 - pi)


def brewer(pi: Array) -> Array:
    """R's ``pps="brewer"`` for one block; see :func:`surveykit.formulas.unequal.brewer`."""
    return _block(unequal.brewer, pi)


def hajek(pi: Array) -> Array:
    """Deville's form of Hájek's approximation for one block; see :func:`surveykit.formulas.unequal.hajek`.

    Examples
    --------
    >>> hajek(np.array([0.5, 0.5]))
    array([[ 0.5, -0.5],
           [-0.5,  0.5]])
    """
    return _block(unequal.hajek, pi)


def hartley_rao(pi: Array, squares: float | None = None, estimator: Estimator = "yates_grundy") -> Array:
    """Hartley–Rao approximation for one block; see :func:`surveykit.formulas.unequal.hartley_rao`.

    Parameters
    ----------
    pi : (n,)
    squares : S of the population; by default its estimate, the mean of π over the sample
    estimator : "yates_grundy"; or "horvitz_thompson" with the same joint probabilities (R's ``HR``)
    """
    S = None if squares is None else np.array([squares])
    return _block(unequal.hartley_rao, pi, S, estimator == "yates_grundy")


def overton(pi: Array, estimator: Estimator = "yates_grundy") -> Array:
    """Overton's approximation for one block; see :func:`surveykit.formulas.unequal.overton`."""
    return _block(unequal.overton, pi, estimator == "yates_grundy")


def successive(pi: Array, *, circular: bool = False) -> Array:
    """Successive differences for one block; see :func:`surveykit.formulas.unequal.successive`.

    Parameters
    ----------
    pi : (n,) in the order of the list; their mean stands for the fraction drawn
    circular : the last unit is compared with the first too (SD2)
    """
    return _block(unequal.successive, pi, np.arange(pi.size), circular)


def _block(form: Callable[..., Omega], pi: Array, *more: Any) -> Array:
    """(n, n) a form by stratum, written out for one stratum."""
    by_chance = int((pi < 1).sum())
    check_units(by_chance if by_chance or form is unequal.hajek else pi.size)
    return form(pi, np.zeros(pi.size, dtype=np.intp), 1, *more).dense()


def local(pi: Array, x: Array) -> Array:
    r"""Local neighbourhoods, for samples spread over space.

    .. math:: \hat V = \sum_i (1 - \pi_i) \frac{n_i}{n_i - 1}
              \Big(z_i - \frac{1}{n_i} \sum_{j \in N_i} z_j\Big)^2

    with N_i the unit and those nearest to it: the nearest neighbour, and all as near as that. The source has
    no 1 − π; without it the variance of a large fraction is far too large.

    Parameters
    ----------
    pi : (n,)
    x : (n, k) places

    References
    ----------
    Grafström & Schelin (2014), Scandinavian Journal of Statistics 41, 277–290.
    """
    n = pi.size
    check_units(n)
    square = ((x[:, None, :] - x[None, :, :]) ** 2).sum(axis=2)
    np.fill_diagonal(square, np.inf)
    near = square <= square.min(axis=1)[:, None]
    np.fill_diagonal(near, True)
    size = near.sum(axis=1)
    D = np.eye(n) - near / size[:, None]
    return np.asarray(D.T @ (((1 - pi) * size / (size - 1))[:, None] * D))


def balanced(pi: Array, x: Array) -> Array:
    r"""Residual form for balanced samples.

    .. math:: \hat V = \frac{n}{n - q} \sum (1 - \pi_i) (z_i - \breve x_i' b)^2, \qquad
              \breve x = x / \pi, \quad b \text{ by least squares with weights } 1 - \pi

    q is the number of columns, the constant of the fixed size among them. What the landing phase adds is
    not in it, so that it is a little too small where the sample is small against the number of columns.

    Parameters
    ----------
    pi : (n,)
    x : (n, p) balancing variables

    Raises
    ------
    ArgumentError
        There are no more units than columns.

    References
    ----------
    Deville & Tillé (2005), Journal of Statistical Planning and Inference 128, 569–591.
    """
    X = np.column_stack([np.ones(pi.size), x / pi[:, None]])
    c = np.sqrt(1 - pi)[:, None] * X
    u, size, _ = np.linalg.svd(c / np.abs(c).max(axis=0).clip(1e-300), full_matrices=False)
    u = u[:, size > 1e-10 * size[0]]
    n, rank = u.shape
    if n <= rank:
        raise ArgumentError(
            f"balance: {n} units drawn and {rank} columns to balance on leave nothing to estimate the "
            "variance from. Draw more units, balance on fewer columns, or choose pps='hajek'."
        )
    root = np.sqrt(1 - pi)
    return np.asarray(n / (n - rank) * (root[:, None] * (np.eye(n) - u @ u.T) * root))
