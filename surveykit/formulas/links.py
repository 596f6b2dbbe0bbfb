"""Links and variances of generalised linear models, row by row (McCullagh & Nelder 1989, 2.2 and 4.3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import expit, log_ndtr, ndtr, ndtri, xlogy

from surveykit.formulas.arrays import Array

EDGE = 1e-12
LEAST_RATE = 1e-300  # a rate exp η that can still be divided by
LOG_2PI = float(np.log(2 * np.pi))


class Tails(NamedTuple):
    """What each row adds, from η itself, where 1 − μ would be lost in rounding.

    ``factor``: what multiplies w x in the score; ``expected`` and ``observed``: what multiplies w x x' in the
    information, in the mean and for this answer; ``deviance``.
    """

    factor: Array
    expected: Array
    observed: Array
    deviance: Array


class Family(NamedTuple):
    """A link and a variance: h(η), h'(η), h''(η), V(μ), deviance of each row, and a start of μ from y.

    ``canonical``: h'(η) = V(μ), so that the score of a row is w x (y − μ). ``tails`` (η, y): of
    answers of 0 and 1. ``binary``: answers are 0 and 1.
    """

    name: str
    inverse: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    curvature: Callable[[Array], Array]
    variance: Callable[[Array], Array]
    deviance: Callable[[Array, Array], Array] | None  # None where ``tails`` has it
    link: Callable[[Array], Array]
    start: Callable[[Array], Array]
    canonical: bool = False
    tails: Callable[[Array, Array], Tails] | None = None
    binary: bool = False


def _logit_tails(eta: Array, y: Array) -> Tails:
    """Logit, with c the chance of what was answered: ± (1 − c), c (1 − c) twice, −2 log c."""
    sign = 2 * y - 1
    c = expit(sign * eta)
    rest = 1 - c
    weight = c * rest
    return Tails(sign * rest, weight, weight, -2 * np.log(np.maximum(c, LEAST_RATE)))


def _probit_tails(eta: Array, y: Array) -> Tails:
    """Probit: s = ± φ / Φ(± η) with + for an answer of 1, φ² / (Φ(η) Φ(−η)), s (s + η), −2 log Φ(± η)."""
    sign = 2 * y - 1
    near, other = log_ndtr(sign * eta), log_ndtr(-sign * eta)
    log_density = -0.5 * (eta**2 + LOG_2PI)
    s = sign * np.exp(log_density - near)
    return Tails(s, np.exp(2 * log_density - near - other), np.maximum(s * (s + eta), 0.0), -2 * near)


def _cloglog_tails(eta: Array, y: Array) -> Tails:
    """Complementary log-log, with e = exp η and g = e / expm1 e.

    g or −e, e g, g (e + g − 1) or e, −2 log(1 − exp −e) or 2 e, the first for an answer of 1.
    """
    one = y == 1
    e = np.clip(np.exp(np.minimum(eta, 300.0)), LEAST_RATE, None)
    with np.errstate(over="ignore"):
        g = e / np.expm1(e)
    observed = np.where(one, np.maximum(g * (e + g - 1), 0.0), e)
    return Tails(np.where(one, g, -e), e * g, observed, np.where(one, -2 * np.log(-np.expm1(-e)), 2 * e))


def _normal(eta: Array) -> Array:
    return np.asarray(np.exp(-0.5 * eta**2) / np.sqrt(2 * np.pi))


def _logistic(eta: Array) -> Array:
    p = expit(eta)
    return np.asarray(p * (1 - p))


def _cloglog(eta: Array) -> Array:
    eta = np.minimum(eta, 700.0)
    return np.asarray(np.exp(eta - np.exp(eta)))


def _chances(mu: Array) -> Array:
    mu = np.clip(mu, EDGE, 1 - EDGE)
    return np.asarray(mu * (1 - mu))


def _even(y: Array) -> Array:
    return np.asarray((y + 0.5) / 2)


FAMILIES = {
    "gaussian": Family(
        "gaussian", lambda e: e, np.ones_like, np.zeros_like, np.ones_like,
        lambda y, mu: (y - mu) ** 2, lambda mu: mu, lambda y: y, canonical=True,
    ),
    "logit": Family(
        "logit", expit, _logistic, lambda e: _logistic(e) * (1 - 2 * expit(e)),
        _chances, None, lambda mu: np.log(mu / (1 - mu)), _even,
        canonical=True, tails=_logit_tails, binary=True,
    ),
    "probit": Family(
        "probit", ndtr, _normal, lambda e: -e * _normal(e),
        _chances, None, ndtri, _even, tails=_probit_tails, binary=True,
    ),
    "cloglog": Family(
        "cloglog", lambda e: -np.expm1(-np.exp(np.minimum(e, 700.0))), _cloglog,
        lambda e: _cloglog(e) * (1 - np.exp(np.minimum(e, 700.0))),
        _chances, None, lambda mu: np.log(-np.log1p(-mu)), _even, tails=_cloglog_tails, binary=True,
    ),
    "poisson": Family(
        "poisson", np.exp, np.exp, np.exp, lambda mu: np.maximum(mu, EDGE),
        lambda y, mu: 2 * (xlogy(y, y / np.maximum(mu, EDGE)) - (y - mu)), np.log, lambda y: y + 0.1,
        canonical=True,
    ),
}  # fmt: skip
