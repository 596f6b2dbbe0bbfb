r"""Intraclass correlation by the analysis of variance, with weights.

.. math:: \hat\rho = \frac{\hat\sigma_b^2}{\hat\sigma_b^2 + \hat\sigma_w^2}, \qquad
          E\,SS_w = a\,\sigma_w^2, \qquad E\,SS_b = b\,\sigma_b^2 + c\,\sigma_w^2

.. math:: a = W - \sum_g \frac{V_g}{W_g}, \quad b = W - \sum_g \frac{W_g^2}{W}, \quad
          c = \sum_g \frac{V_g}{W_g} - \frac{V}{W}

with W, V the sums of weights and of their squares. Equal weights give
:math:`(MS_b - MS_w) / (MS_b + (n_0 - 1) MS_w)`.

References
----------
Searle, Casella and McCulloch (1992), Variance Components, ch. 5;
Donner and Koval (1980), Biometrics 36, 19-25.
"""

from __future__ import annotations

import numpy as np

from surveykit.formulas.arrays import Array, Codes, sum_by
from surveykit.formulas.statistics import divide

NOTHING = 1e-12  # part of weights or values that is rounding


def icc(y: Array, w: Array, unit: Codes, domain: Codes) -> tuple[Array, Array]:
    """Correlation inside the units of each domain, and its standard error by a jackknife over units.

    Parameters
    ----------
    y, w : (n,) values and weights
    unit : (n,) units 0 … G − 1, each in one domain
    domain : (G,) domain of each unit, 0 … D − 1

    Returns
    -------
    (D,) correlations, NaN where no unit has two rows or nothing varies; (D,) standard errors, NaN for fewer
    than 3 units
    """
    G, D = domain.size, int(domain.max(initial=-1)) + 1
    row = domain[unit]
    least = NOTHING * float(np.abs(y).max(initial=0.0))
    y = y - divide(sum_by(row, w * y, D), sum_by(row, w, D))[row]
    y = np.where(np.abs(y) <= least, 0.0, y)  # a domain that does not vary but for rounding
    W, V, S = (np.bincount(unit, x, G) for x in (w, w**2, w * y))
    inside = np.bincount(unit, w * (y - (S / W)[unit]) ** 2, G)
    parts: Array = np.column_stack([W, V, S, inside, V / W, W**2, S**2 / W])
    total: Array = np.column_stack([np.bincount(domain, part, D) for part in parts.T])
    own = correlation(total)
    left = correlation(total[domain] - parts)
    units = np.bincount(domain, minlength=D).astype(float)
    mean = divide(np.asarray(np.bincount(domain, left, D), dtype=float), units)
    spread = np.bincount(domain, (left - mean[domain]) ** 2, D)
    se = np.sqrt(divide(units - 1, units) * spread)
    return own, np.where((units < 3) | np.isnan(own), np.nan, se)


def correlation(total: Array) -> Array:
    """(m,) correlations from sums over units (m, 7): W, V, S, SS inside, V / W, W², S² / W."""
    W, V, S, inside, weighted, squares, between = total.T
    a, b, c = W - weighted, W - divide(squares, W), weighted - divide(V, W)
    within = divide(inside, np.where(a > NOTHING * W, a, 0.0))
    among = divide(between - divide(S**2, W) - c * within, np.where(b > NOTHING * W, b, 0.0))
    whole = among + within
    return divide(among, np.where(whole > 0, whole, 0.0))
