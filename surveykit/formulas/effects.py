"""Design effects of weighting: Kish, Spencer, Henry; degrees of freedom for few clusters."""

from __future__ import annotations

import numpy as np

from surveykit.formulas.arrays import Array
from surveykit.formulas.clusterrobust import LowRank


def _moments(w: Array, *columns: Array) -> tuple[float, Array]:
    """Return n/(n-1) and the weighted covariance matrix (divisor: sum of the weights) of the columns."""
    n = len(w)
    table = np.column_stack(columns)
    centred = table - w @ table / w.sum()
    return n / (n - 1), (w[:, None] * centred).T @ centred / w.sum()


def _regress(w: Array, y: Array, x: Array) -> tuple[float, Array]:
    """Weighted least squares of y on a constant and x: the intercept and the residuals."""
    design = np.column_stack([np.ones(len(y)), x])
    root = np.sqrt(w)
    beta = np.linalg.lstsq(design * root[:, None], y * root, rcond=None)[0]
    return float(beta[0]), y - design @ beta


def deff_kish(w: Array) -> float:
    r"""Kish's design effect of unequal weights, :math:`1 + cv^2(w) = n \sum w^2 / (\sum w)^2`."""
    return float(len(w) * np.sum(w**2) / np.sum(w) ** 2)


def deff_spencer(w: Array, y: Array, p: Array) -> float:
    r"""Spencer's design effect of a total when the probabilities p may correlate with y.

    .. math:: \frac{A^2}{\sigma_y^2}(K - 1) + K (1 - \rho_{yp}^2) + \frac{n}{\hat N \sigma_y^2}
              \left[ \sigma_{e^2, w} + 2 A \sigma_{e, w} \right]

    with K Kish's effect, (A, B) the weighted regression of y on p, e its residual, N the sum of the weights.

    Parameters
    ----------
    w, y, p : (n,)
        Weights, values and one-draw selection probabilities (they sum to 1 over the population).

    Notes
    -----
    Moments are weighted by w. As PracTools has it, :math:`\sigma_y^2` and both variances inside
    :math:`\rho_{yp}` carry n/(n-1), the covariances do not.

    References
    ----------
    Spencer (2000), Survey Methodology 26, 137-138; Park and Lee (2004), Survey Methodology 30, 183-193.
    """
    a, e = _regress(w, y, p)
    c, m = _moments(w, y, p, w, e, e**2)
    kish, s2 = deff_kish(w), c * m[0, 0]
    rho = m[0, 1] / (c * np.sqrt(m[0, 0] * m[1, 1]))
    extra = len(w) * (m[4, 2] + 2 * a * m[3, 2]) / (w.sum() * s2)
    return float(a**2 / s2 * (kish - 1) + kish * (1 - rho**2) + extra)


def deff_henry(w: Array, y: Array, x: Array, *, practools: bool = False) -> float:
    r"""Design effect of a calibrated (GREG) total in a one-stage sample, by Henry and Valliant.

    .. math:: K \frac{\sigma_u^2}{\sigma_y^2} + \frac{n \sigma_w}{\hat N \sigma_y^2}
              \left[ \rho_{u^2, w}\, \sigma_{u^2} - 2 A \rho_{u, w}\, \sigma_u \right], \qquad u = A + e

    with K Kish's effect, A the intercept and e the residual of the weighted regression of y on x.

    Parameters
    ----------
    w, y : (n,)
        Weights and values.
    x : (n,) or (n, k)
        Auxiliary variables, without the constant.
    practools : bool
        PracTools 1.7.5 puts :math:`\sigma_u` where the paper has :math:`\sigma_{u^2}` (units then disagree:
        the answer depends on the unit of y). True reproduces it; False is the published formula.

    References
    ----------
    Henry and Valliant (2015), Survey Methodology 41, 315-331.
    """
    a, e = _regress(w, y, x)
    u = a + e
    c, m = _moments(w, y, u, u**2, w)
    spread = np.sqrt(m[1, 1] / m[2, 2]) if practools else 1.0  # sigma_u in the place of sigma_{u^2}
    # rho sigma_w sigma = covariance: divisor N in rho, n/(n-1) in every sigma cancels
    bracket = m[2, 3] * spread - 2 * a * m[1, 3]
    return float((deff_kish(w) * c * m[1, 1] + len(w) / w.sum() * bracket) / (c * m[0, 0]))


def cluster_df(share: Array) -> float:
    r"""Bell–McCaffrey degrees of freedom of a weighted mean of clusters.

    The variance is read from the squared residuals :math:`c_g^2 (\bar y_g - \sum_k c_k \bar y_k)^2`; with
    cluster means of equal variance it behaves as a chi-square of
    :math:`(\operatorname{tr} A)^2 / \operatorname{tr} A^2` degrees,
    :math:`A = (I - 1c')' \operatorname{diag}(c^2) (I - 1c')`: G − 1 for equal shares, fewer for unequal.

    Parameters
    ----------
    share : (G,)
        Share c_g of each cluster in the weight of its arm; they sum to 1.

    References
    ----------
    Bell and McCaffrey (2002), Survey Methodology 28, 169-181; Satterthwaite (1946).

    Examples
    --------
    >>> cluster_df(np.full(5, 0.2))
    4.0
    """
    c = share / share.sum()
    d = c**2
    K = np.array([[float(d.sum()), -1.0], [-1.0, 0.0]])
    return round(LowRank(d, np.column_stack([c, d]), K).df(), 10)


def biggest_change(before: Array, after: Array) -> float:
    """Ratio of a new weight to the old that is farthest from 1, up or down, where both count."""
    both = (before != 0) & (after != 0)
    ratio = after[both] / before[both]
    low, high = float(ratio.min(initial=1.0)), float(ratio.max(initial=1.0))
    return low if low <= 0 or 1 / low > high else high
