r"""Self-selected rows: chances of taking part fitted against a reference sample, and what they are worth.

The chance :math:`\pi = 1 / (1 + e^{-x'\beta})` solves, over the self-selected A and the reference B with
weights d,

.. math:: \sum_A x - \sum_B d\, \pi(x'\beta)\, x = 0

(Chen, Li & Wu 2020, JASA 115, 2011–2021), which is the equation of
:func:`surveykit.formulas.propensity.logit`. The pseudo-weight is 1/π. It mends what the columns x explain
and nothing else.
"""

from __future__ import annotations

import numpy as np

DEFECT = 0.005  # as Meng (2018) found for an answer of large internet and telephone polls in 2016


def effective_size(n: float, N: float, defect: float = DEFECT) -> float:
    r"""Return the size of a simple random sample whose mean would be as near to the truth.

    .. math:: n_\text{eff} = \frac{f}{1 - f} \frac{1}{\rho^2}, \quad f = n / N

    but not more than n.

    Parameters
    ----------
    n, N : rows, and people they come from
    defect : number
        ρ, the correlation over the population of taking part with the answer. It is not in the data; 0.005 is
        what Meng (2018) found for one answer of the polls of the US election of 2016.

    References
    ----------
    Meng (2018), Annals of Applied Statistics 12, 685–726.

    Examples
    --------
    >>> round(effective_size(3000, 300_000, 0.005))
    404
    """
    f = n / N
    return n if f >= 1 or defect == 0 else min(n, f / (1 - f) / defect**2)


def defect_correlation(chosen: float, truth: float, sd: float, f: float) -> float:
    r"""Return the correlation of taking part with an answer, where the truth is known from elsewhere.

    .. math:: \rho = \frac{\bar y_A - \bar Y}{\sigma} \sqrt{\frac{f}{1 - f}}

    Parameters
    ----------
    chosen, truth : mean of those who took part, and of everyone
    sd : standard deviation of the answer over everyone
    f : share of the population that took part

    Examples
    --------
    >>> round(defect_correlation(0.95, 0.80, 0.4, 0.01), 4)
    0.0377
    """
    return float((chosen - truth) / sd * np.sqrt(f / (1 - f)))
