"""Confidence intervals, most of them of proportions; every function is elementwise on arrays.

``p`` estimate, ``v`` design variance, ``n`` answers, ``n_eff`` effective number, ``t`` quantile.
"""

from __future__ import annotations

import numpy as np
from scipy.special import betaincinv, expit, logit, stdtrit

from surveykit.formulas.arrays import Array
from surveykit.formulas.profile import likelihood_interval
from surveykit.formulas.statistics import divide

Pair = tuple[Array, Array]
PRIOR = 30.0  # weight of the pooled design effect, in degrees of freedom
FLOOR = 0.05  # intraclass correlation assumed where the sample cannot show one
BOUNDARY = 1e-12


def quantile(df: Array, level: float) -> Array:
    """Two-sided t quantile; the normal one for df = inf, NaN for df <= 0."""
    df = np.where(np.asarray(df, dtype=float) > 0, df, np.nan)
    out = np.where(np.isinf(df), stdtrit(1e300, (1 + level) / 2), stdtrit(df, (1 + level) / 2))
    return np.asarray(out)


def effective(p: Array, v: Array) -> Array:
    """Effective number p (1 − p) / v, NaN where v is 0."""
    return divide(np.asarray(p * (1 - p)), np.asarray(v))


def wald(p: Array, v: Array, t: Array) -> Pair:
    """P ± t se, not cut to [0, 1]."""
    half = t * np.sqrt(v)
    return p - half, p + half


def log_limits(p: Array, v: Array, t: Array) -> Pair:
    """Wald limits of log p, turned back: for counts and totals, never below 0."""
    half = np.exp(t * divide(np.sqrt(v), p))
    return p / half, p * half


def logit_limits(p: Array, v: Array, t: Array) -> Pair:
    """Wald limits of log(p / (1 − p)), turned back."""
    with np.errstate(divide="ignore", invalid="ignore"):
        half = t * divide(np.sqrt(v), p * (1 - p))
        return expit(logit(p) - half), expit(logit(p) + half)


def arcsine(p: Array, v: Array, t: Array, *, cut: bool = False) -> Pair:
    """Wald limits of asin √p, turned back; past 0 and π / 2 they fold back as in R unless they are cut."""
    centre, half = np.arcsin(np.sqrt(p)), t * divide(np.sqrt(v), 2 * np.sqrt(p * (1 - p)))
    if cut:
        return np.sin(np.maximum(centre - half, 0)) ** 2, np.sin(np.minimum(centre + half, np.pi / 2)) ** 2
    return np.sin(centre - half) ** 2, np.sin(centre + half) ** 2


def wilson(p: Array, n_eff: Array, t: Array) -> Pair:
    """Score limits (Wilson 1927) with n_eff in the place of n."""
    weight = 1 + t**2 / n_eff
    centre = (p + t**2 / (2 * n_eff)) / weight
    half = t * np.sqrt(p * (1 - p) / n_eff + t**2 / (4 * n_eff**2)) / weight
    low, high = np.maximum(centre - half, 0), np.minimum(centre + half, 1)
    return np.where(p <= 0, 0.0, low), np.where(p >= 1, 1.0, high)


def agresti_coull(p: Array, n_eff: Array, t: Array) -> Pair:
    """Wald limits after t² / 2 successes and as many failures are added, cut to [0, 1]."""
    n = n_eff + t**2
    centre = (n_eff * p + t**2 / 2) / n
    half = t * np.sqrt(centre * (1 - centre) / n)
    return np.maximum(centre - half, 0), np.minimum(centre + half, 1)


def beta(p: Array, n_eff: Array, level: float) -> Pair:
    """Clopper–Pearson limits with n_eff in the place of n."""
    tail, x = (1 - level) / 2, n_eff * p
    rest = n_eff * (1 - p)
    with np.errstate(invalid="ignore"):
        low = np.where(p <= 0, 0.0, betaincinv(np.where(x > 0, x, 1), rest + 1, tail))
        high = np.where(p >= 1, 1.0, betaincinv(x + 1, np.where(rest > 0, rest, 1), 1 - tail))
    return low, high


def jeffreys(p: Array, n_eff: Array, level: float) -> Pair:
    """Beta quantiles under Jeffreys' prior (Brown, Cai & DasGupta 2001)."""
    tail, x, rest = (1 - level) / 2, n_eff * p, n_eff * (1 - p)
    low = np.where(p <= 0, 0.0, betaincinv(x + 0.5, rest + 0.5, tail))
    high = np.where(p >= 1, 1.0, betaincinv(x + 0.5, rest + 0.5, 1 - tail))
    return low, high


def likelihood(p: Array, v: Array, n: Array, df: Array, level: float) -> Pair:
    """Profile-likelihood limits, one estimate at a time."""
    p, v, n, df = np.broadcast_arrays(p, v, n, df)
    out = np.full((p.size, 2), np.nan)
    for i, (pi, vi, ni, di) in enumerate(zip(p.flat, v.flat, n.flat, df.flat, strict=True)):
        if 0 < pi < 1 and vi > 0 and di > 0:
            out[i] = likelihood_interval(float(pi), float(vi), int(ni), float(di), level)
    return out[:, 0].reshape(p.shape), out[:, 1].reshape(p.shape)


def limits(method: str, p: Array, v: Array, n: Array, df: Array, level: float, *, cap: bool = True) -> Pair:
    """Limits by a named method from the design variance.

    Where v is 0 the methods that use n_eff have no answer (NaN), but Korn–Graubard takes n. "beta" is R's
    (Korn–Graubard without the cap n_eff <= n).
    """
    t = quantile(df, level)
    inner = p * (1 - p) >= BOUNDARY  # where all agree a variance left over is rounding error
    p, v = np.where(inner, p, np.round(p)), np.where(inner, v, 0.0)
    n_eff = effective(p, v)
    if method in ("beta", "korn-graubard"):
        n_eff = n_eff * (quantile(n - 1, level) / t) ** 2
        if method == "korn-graubard":
            n_eff = np.where(np.isnan(n_eff), n, np.minimum(n_eff, n) if cap else n_eff)
        low, high = beta(p, n_eff, level)
        return np.where(np.isnan(n_eff), np.nan, low), np.where(np.isnan(n_eff), np.nan, high)
    if method == "likelihood":
        return likelihood(p, v, n, df, level)
    if method in ("wilson", "agresti-coull", "jeffreys"):
        low, high = by_number(method, p, n_eff, t, level)
        return np.where(np.isnan(n_eff), np.nan, low), np.where(np.isnan(n_eff), np.nan, high)
    functions = {"wald": wald, "logit": logit_limits, "arcsine": arcsine}
    return functions[method](p, v, t)


def by_number(method: str, p: Array, n_eff: Array, t: Array, level: float) -> Pair:
    """Limits of the methods that need an effective number only."""
    if method == "jeffreys":
        return jeffreys(p, n_eff, level)
    if method == "clopper-pearson":
        return beta(p, n_eff, level)
    return wilson(p, n_eff, t) if method == "wilson" else agresti_coull(p, n_eff, t)


def count_interval(x: float, n: float, method: str = "wilson", level: float = 0.95) -> tuple[float, float]:
    """Interval of a share from x of n independent answers (simple random sampling with replacement).

    Examples
    --------
    >>> low, high = count_interval(81, 90)
    >>> round(low, 3), round(high, 3)
    (0.821, 0.946)
    """
    p, size = np.array([x / n]), np.array([float(n)])
    t = quantile(np.array([np.inf]), level)
    low, high = by_number(method, p, size, t, level)
    return float(low[0]), float(high[0])


def newcombe(x1: float, n1: float, x2: float, n2: float, level: float = 0.95) -> tuple[float, float]:
    """Interval of a difference of two independent shares (Newcombe 1998, method 10)."""
    p1, p2 = x1 / n1, x2 / n2
    (l1, u1), (l2, u2) = count_interval(x1, n1, "wilson", level), count_interval(x2, n2, "wilson", level)
    low = p1 - p2 - float(np.hypot(p1 - l1, u2 - p2))
    return low, p1 - p2 + float(np.hypot(u1 - p1, p2 - l2))


def pooled_rho(D: Array, K: Array, b: Array, *, few: bool) -> tuple[Array, bool]:
    """Intraclass correlation that the strata show together, and whether it was raised to 0.05.

    ρ = [D / K̄ − 1] / (b̄ − 1), cut to [0, 1]; at least 0.05 where no stratum varies or the
    one stratum has few PSUs.
    """
    D, K, b = np.asarray(D, dtype=float), np.asarray(K, dtype=float), np.asarray(b, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        rho = np.where(b > 1, (D / K - 1) / (b - 1), 0.0)
    none = ~np.isfinite(rho)
    rho = np.clip(np.where(none, 0.0, rho), 0, 1)
    raise_it = none | few
    return np.where(raise_it, np.maximum(rho, FLOOR), rho), bool((raise_it & (rho < FLOOR)).any())


def auto_effect(p: Array, v: Array, n: Array, df: Array, K: Array, b: Array, rho: Array) -> Array:
    """Design effect of the "auto" interval: the domain's own, steadied by the pooled one.

    deff = max(1, (df own + 30 max(own, pool)) / (df + 30)), own = v n / (p (1 − p)),
    pool = K (1 + ρ (b − 1)); at the boundary own = pool.
    """
    pool = K * (1 + rho * (b - 1))
    inner = p * (1 - p) >= BOUNDARY
    own = np.where(inner, v * n / np.where(inner, p * (1 - p), 1.0), pool)
    df = np.maximum(df, 0)
    return np.maximum(1.0, (df * own + PRIOR * np.maximum(own, pool)) / (df + PRIOR))
