"""Many tests at once: p-values adjusted so that the chance of any, or the share of, false findings holds.

References
----------
Holm (1979), Scandinavian Journal of Statistics 6, 65-70; Hochberg (1988), Biometrika 75, 800-802; Hommel
(1988), Biometrika 75, 383-386; Benjamini and Hochberg (1995), JRSS B 57, 289-300; Benjamini and Yekutieli
(2001), Annals of Statistics 29, 1165-1188.
"""

from __future__ import annotations

import numpy as np

from surveykit.formulas.arrays import Array

METHODS = ("holm", "bonferroni", "hochberg", "hommel", "bh", "by", "none")


def adjust(p: Array, method: str) -> Array:
    """Adjust p-values for their number; NaN is left out and does not count.

    Parameters
    ----------
    p : (k,)
    method : {"holm", "bonferroni", "hochberg", "hommel", "bh", "by", "none"}
        The first four bound the chance of any false finding ("hochberg" and "hommel" under positive
        dependence), "bh" and "by" the expected share of false findings.

    Returns
    -------
    (k,) adjusted p, to be compared with 1 − level

    Examples
    --------
    >>> adjust(np.array([0.01, 0.04, 0.03]), "holm")
    array([0.03, 0.06, 0.06])
    >>> adjust(np.array([0.01, 0.04, 0.03]), "bh")
    array([0.03, 0.04, 0.04])
    """
    out = np.full(len(p), np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    out[order] = _ordered(p[order], method)
    return out


def _ordered(p: Array, method: str) -> Array:
    """Adjust p-values in ascending order."""
    m = len(p)
    rank = np.arange(1, m + 1)
    if method == "none":
        return p
    if method == "bonferroni":
        return np.minimum(1.0, m * p)
    if method == "holm":
        return np.minimum(1.0, np.maximum.accumulate((m - rank + 1) * p))
    if method == "hommel":
        return _hommel(p)
    factor = {"hochberg": m - rank + 1.0, "bh": m / rank, "by": m / rank * (1 / rank).sum()}[method]
    out: Array = np.minimum(1.0, np.minimum.accumulate((factor * p)[::-1])[::-1])
    return out


def _hommel(p: Array) -> Array:
    r"""Hommel's adjusted p in ascending order: the largest over m of what Simes gives within m hypotheses.

    .. math:: c_m = \min_{i > n - m} \frac{m\,p_{(i)}}{i - n + m}; \qquad
              \tilde p_{(i)} = \max_m \{ c_m \text{ for } i > n - m,\ \min(c_m, m p_{(i)}) \text{ else} \}
    """
    n = len(p)
    out = p.copy()
    for m in range(n, 1, -1):
        last = np.arange(n - m, n)
        c = np.min(m * p[last] / np.arange(1, m + 1))
        out[last] = np.maximum(out[last], c)
        out[: n - m] = np.maximum(out[: n - m], np.minimum(c, m * p[: n - m]))
    return out
