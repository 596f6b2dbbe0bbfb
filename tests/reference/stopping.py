"""Where R's searches stop, in plain steps: what that changes in R's numbers, against the end of the search.

R's ``glm`` stops once the deviance changes by less than 1e-8 of itself, and keeps the weights of the step
before; ``svyolr`` has a Hessian by differences of 0.001 in its own parameters. Nothing of the code under test
is used but totals of columns.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from reference.shapes import Tree
from scipy.special import expit, ndtr, ndtri

import surveykit as sv

RULE = 1e-8  # R's glm.control(epsilon)
STEP = 1e-3  # R's optim(control=list(ndeps))


def _normal(eta: np.ndarray) -> np.ndarray:
    return np.exp(-(eta**2) / 2) / np.sqrt(2 * np.pi)


LINKS: dict[str, tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]] = {
    "logit": (lambda m: np.log(m / (1 - m)), expit, lambda e: expit(e) * expit(-e)),
    "probit": (ndtri, ndtr, _normal),
    "cloglog": (
        lambda m: np.log(-np.log(1 - m)),
        lambda e: 1 - np.exp(-np.exp(e)),
        lambda e: np.exp(e - np.exp(e)),
    ),
    "poisson": (np.log, np.exp, np.exp),
}


def variance_of_scores(design: sv.Design, rows: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return the covariance of the weighted totals of the columns of scores."""
    columns = np.zeros((len(design.data), scores.shape[1]))
    columns[rows] = scores
    names = [f"score {j}" for j in range(scores.shape[1])]
    data = pd.concat(
        [design.data.reset_index(drop=True), pd.DataFrame(columns, columns=names)], axis=1
    ).set_index(design.data.index)
    return np.asarray(sv.total(design.changed(data=data), names).covariance.full())


def fit(
    design: sv.Design, rows: np.ndarray, X: np.ndarray, y: np.ndarray, family: str, offset: Any, rule: float
) -> Tree:
    """Fit as R's ``svyglm``, until the deviance changes by less than the rule, or for 60 steps."""
    link, inverse, slope = LINKS[family]
    w = design.w[rows]
    share = w / w.mean()

    def deviance(mu: np.ndarray) -> float:
        if family == "poisson":
            log = np.where(y > 0, np.log(np.where(y > 0, y, 1) / mu), 0)
            return float(2 * share @ (y * log - (y - mu)))
        return float(-2 * share @ np.log(np.where(y == 1, mu, 1 - mu)))

    def variance(mu: np.ndarray) -> np.ndarray:
        return mu if family == "poisson" else mu * (1 - mu)

    mu = y + 0.1 if family == "poisson" else (share * y + 0.5) / (share + 1)
    eta, old = link(mu), deviance(mu)
    for _ in range(60):
        d = slope(eta)
        W = share * d**2 / variance(mu)
        A = X.T @ (W[:, None] * X)
        theta = np.linalg.solve(A, X.T @ (W * (eta - offset + (y - mu) / d)))
        eta = X @ theta + offset
        mu = inverse(eta)
        new = deviance(mu)
        if abs(new - old) / (abs(new) + 0.1) < rule:
            break
        old = new
    scores = X * ((y - mu) / slope(eta) * W / share)[:, None]
    B = np.linalg.inv(A * w.mean())
    V = B @ variance_of_scores(design, rows, scores) @ B
    residual = (y - mu) / np.sqrt(variance(mu))
    centre = w @ residual / w.sum()
    return {
        "coef": theta,
        "se": np.sqrt(np.diag(V)),
        "vcov": V,
        "dispersion": w @ (residual - centre) ** 2 / w.sum() * len(y) / (len(y) - 1),
    }


def ordered(
    design: sv.Design,
    rows: np.ndarray,
    X: np.ndarray,
    y: np.ndarray,
    theta: np.ndarray,
    step: float,
    polish: bool,
) -> Tree:
    """Return coefficients and covariance of a proportional-odds model with a Hessian by differences.

    ``theta`` (p + cuts) where R stopped; with ``polish`` the search goes on from there by Newton's method.
    R's own parameters are the first cut and the logarithms of the distances of the others.
    """
    p, w = X.shape[1], design.w[rows]
    q = len(theta) - p

    def cuts(t: np.ndarray) -> np.ndarray:
        return np.cumsum(np.r_[t[p], np.exp(t[p + 1 :])])

    def turn(t: np.ndarray) -> np.ndarray:
        J = np.eye(p + q)
        J[p:, p] = 1
        for j in range(1, q):
            J[p + j :, p + j] = np.exp(t[p + j])
        return J

    def scores(t: np.ndarray) -> np.ndarray:
        out = np.zeros((len(y), p + q))
        for i in range(len(y)):
            limit = np.r_[-np.inf, cuts(t), np.inf]
            above, below = limit[y[i] + 1] - X[i] @ t[:p], limit[y[i]] - X[i] @ t[:p]
            fa, fb = expit(above) * expit(-above), expit(below) * expit(-below)
            chance = expit(above) - expit(below)
            out[i, :p] = -(fa - fb) * X[i] / chance
            if y[i] < q:
                out[i, p + y[i]] += fa / chance
            if y[i] > 0:
                out[i, p + y[i] - 1] -= fb / chance
        return out @ turn(t)

    def hessian(t: np.ndarray, h: float) -> np.ndarray:
        H = [(w @ scores(t - h * e) - w @ scores(t + h * e)) / (2 * h) for e in np.eye(p + q)]
        return (np.array(H) + np.array(H).T) / 2

    t = np.r_[theta[: p + 1], np.log(np.diff(theta[p:]))]
    for _ in range(4 if polish else 0):
        t = t + np.linalg.solve(hessian(t, 1e-5), w @ scores(t))
    B = turn(t) @ np.linalg.inv(hessian(t, step))
    return {"coef": np.r_[t[:p], cuts(t)], "vcov": B @ variance_of_scores(design, rows, scores(t)) @ B.T}
