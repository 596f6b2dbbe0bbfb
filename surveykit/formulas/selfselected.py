r"""Rows that chose themselves: pseudo-weights from a reference sample, and how little many such rows may say.

The mean of a self-selected sample S of n rows out of N people is off by

.. math:: \bar y_S - \bar Y = \rho \, \sqrt{\frac{1 - f}{f}} \, \sigma, \qquad f = n / N,

with ρ the data defect correlation, that of answering with the answer; a simple random sample as far off on
average has :math:`n_\text{eff} = \frac{f}{1 - f} \frac{1}{\rho^2}` rows.

References
----------
Meng (2018), Statistical paradises and paradoxes in big data (I), Annals of Applied Statistics 12, 685–726.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from surveykit.formulas.arrays import Array
from surveykit.formulas.calibrated import Calibration
from surveykit.formulas.propensity import Fit, logit
from surveykit.formulas.statistics import divide
from surveykit.formulas.steps import Linear, Matrix, Step, fixed

#: What Meng (2018, section 4) finds for Trump's share in the surveys before the US election of 2016.
DEFECT = 0.005


def pseudo_chances(X: Matrix, n: Array, d: Array) -> Fit:
    r"""Chances of being among the self-selected, from their cells and those of a reference sample.

    .. math:: \max_\beta \; \sum_{k} n_k x_k'\beta - \sum_k d_k \log(1 + e^{x_k'\beta}), \qquad
              \sum_k n_k x_k = \sum_k d_k \pi_k x_k

    Parameters
    ----------
    X : (K, p) predictors of the cells of both samples
    n : (K,) number of self-selected rows
    d : (K,) sum of the weights of the reference sample

    Returns
    -------
    Fit with ``p`` (K,) the chances π; ``met`` False where no finite β is best

    References
    ----------
    Chen, Li & Wu (2020), Doubly robust inference with nonprobability survey samples, JASA 115, 2011–2021.

    Examples
    --------
    Of 100 men 10 answered, of 100 women 40.

    >>> pseudo_chances(np.eye(2), np.array([10.0, 40.0]), np.array([100.0, 100.0])).p.round(6)
    array([0.1, 0.4])
    """
    return logit(X, n, d)


@dataclass(frozen=True, eq=False)
class PseudoWeights:
    """Self-selected rows weighted by the inverse of their fitted chance of answering, taken as given.

    ``chance`` (n,) above 0.
    """

    chance: Array
    name: str

    def apply(self, w: Array) -> Array:
        """(n,) new weights."""
        return np.asarray(w / self.chance)

    def linear(self, before: Array, after: Array) -> Linear:  # noqa: ARG002 (as every step)
        """Return the derivative, which takes nothing away."""
        return fixed(after.size)


def defect_correlation(own: Array, reference: Array, sigma: Array, f: Array) -> Array:
    r"""Correlation of answering with the answer, which tells how far off a self-selected mean is.

    .. math:: \rho = \frac{\bar y_S - \bar y}{\sigma} \sqrt{\frac{f}{1 - f}}

    Parameters
    ----------
    own, reference : (...) means of the self-selected and of the population (or an estimate of it)
    sigma : (...) standard deviation of the answers in the population
    f : (...) share of the population that answered, below 1

    Examples
    --------
    >>> float(defect_correlation(np.array(0.55), np.array(0.5), np.array(0.5), np.array(0.01)).round(6))
    0.01005
    """
    return np.asarray(divide(own - reference, sigma) * np.sqrt(f / (1 - f)))


def effective_size(n: Array, N: Array, defect: float) -> Array:
    r"""Size of a simple random sample whose mean is as far off, :math:`\frac{f}{1 - f} \frac{1}{\rho^2}`.

    Parameters
    ----------
    n, N : (...) answers, and people they are from; infinite where n is at least N
    defect : ρ, not 0

    Examples
    --------
    One per cent of a population, 2.3 million answers, is worth 404 (Meng 2018).

    >>> effective_size(np.array([2_300_000.0]), np.array([230_000_000.0]), 0.005).round(2)
    array([404.04])
    """
    odds = np.divide(n, N - n, out=np.full(np.shape(n), np.inf), where=n < N)
    return np.asarray(odds / defect**2)


def kish(w: Array) -> float:
    r"""Effective share of rows with unequal weights, :math:`(\sum w)^2 / (n \sum w^2)`.

    References
    ----------
    Kish (1965), Survey Sampling, section 11.7.
    """
    return float(w.sum() ** 2 / (w.size * (w**2).sum()))


class Effective(NamedTuple):
    """Effective number of answers; ``defect`` what is assumed, or None where only the weights are counted.

    ``size`` is NaN where the defect assumed is no more than that of a simple random sample.
    """

    size: float
    defect: float | None


def known_population(steps: Sequence[Step]) -> bool:
    """Tell whether the weights after these steps sum to a number of people: pseudo-weights, or counts."""
    return any(
        isinstance(step, PseudoWeights)
        or (isinstance(step, Calibration) and not step.shares and _counts(step))
        for step in steps
    )


def _counts(step: Calibration) -> bool:
    """Whether the people themselves are among the targets: levels, or everyone."""
    return any(level is not None or name == "population" for name, level in step.labels)


def effective(n: int, w: Array, steps: Sequence[Step], defect: float) -> Effective:
    """Effective number of n answers of rows with the weights w (m,), which sum to N where that is known.

    Examples
    --------
    >>> effective(3, np.array([1.0, 1.0, 2.0]), (), 0.005)
    Effective(size=2.666..., defect=None)
    """
    if not known_population(steps):
        return Effective(n * kish(w), None)
    size = effective_size(np.array(float(w.size)), np.array(float(w.sum())), defect)
    return Effective(float(size) if size < n else np.nan, defect)
