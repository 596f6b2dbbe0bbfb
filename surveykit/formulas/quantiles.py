r"""Quantiles of weighted answers, by domain: where the cumulated weights pass a share p of their sum.

With the answers of a domain in order, v_k, their weights w_k and C_k = w_1 + … + w_k, a rule takes
the first value with C_k ≥ p C_n ("math"), the middle of two where C_k = p C_n ("school"), or joins the points
(P_k, v_k) by lines, with

.. math:: P_k = \frac{C_k - a\,w_k}{C_n + b\,w_n}

(a, b) = (0, 0) for hf4, (1/2, 0) for hf5, (0, 1) for hf6, (1, −1) for hf7, (1/3, 1/3) for hf8 and (3/8, 1/4)
for hf9 (Hyndman & Fan 1996, The American Statistician 50, their types with weights as in R ``survey``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from surveykit.formulas.arrays import Array, Codes, Mask, runs, sum_by, whole_numbers

RULES = ("math", "school", "hf1", "hf2", "hf3", "hf4", "hf5", "hf6", "hf7", "hf8", "hf9", "shahvaish")
LINES = {
    "hf4": (0.0, 0.0), "hf5": (0.5, 0.0), "hf6": (0.0, 1.0), "hf7": (1.0, -1.0), "hf8": (1 / 3, 1 / 3),
    "hf9": (3 / 8, 1 / 4),
}  # fmt: skip
APART = (*LINES, "hf3", "shahvaish")  # rules in which equal answers of several rows count one by one
SAME = 1e-11  # part of the sum of the weights that is rounding
SHORT = 2**16  # domains whose codes have two bytes


@dataclass(frozen=True, repr=False, eq=False)
class Sorted:
    """The distinct answers of each domain, in order.

    ``group`` (n,) which of them each row has, −1 outside; ``value``, ``domain`` (k,); ``D`` domains.
    """

    group: Codes
    value: Array
    domain: Codes
    D: int

    def weights(self, w: Array) -> Array:
        """(k,) sums of the weights (n,)."""
        inside = self.group >= 0
        if inside.all():
            return sum_by(self.group, w, self.value.size)
        return sum_by(self.group[inside], w[inside], self.value.size)

    def quantiles(self, w: Array, p: Array, rule: str) -> Array:
        """(D, Q) quantiles.

        Parameters
        ----------
        w : (k,) weights of the distinct answers, 0 or more
        p : (D, Q) shares; NaN gives NaN
        rule : one of ``RULES``
        """
        return self.cumulated(w).quantiles(p, rule)

    def cumulated(self, w: Array) -> Cumulated:
        """Return the answers with weights w (k,) added up, from which quantiles are read."""
        value, domain = self.value, self.domain
        keep = w > 0
        if not keep.all():
            value, domain, w = value[keep], domain[keep], w[keep]
        starts = runs(domain)
        size = np.diff(np.r_[starts, value.size])
        place = np.zeros(1, dtype=np.intp)  # one domain: the same for all
        if starts.size > 1:
            place = np.repeat(np.arange(starts.size), size)
        whole = np.add.reduceat(w, starts) if starts.size else np.zeros(1)
        share = w / whole[place]
        C = np.cumsum(share)
        C -= place  # the sum of each domain is 1, so that none grows large
        last = starts + size - 1
        C[last] = 1.0
        return Cumulated(value, share, C, place, starts, last, domain[starts], self.D)


@dataclass(frozen=True, repr=False, eq=False)
class Cumulated:
    """Answers with a weight, in order of domain and value: their shares (k,) of the weights, and the sums.

    ``place`` (k,), or (1,) where there is one, which of the d domains that have any; ``starts``, ``last``
    (d,) their first and last answer; ``domain`` (d,) their codes among ``D``.
    """

    value: Array
    share: Array
    C: Array
    place: Codes
    starts: Codes
    last: Codes
    domain: Codes
    D: int

    def quantiles(self, p: Array, rule: str) -> Array:
        """(D, Q) quantiles at the shares p (D, Q); NaN gives NaN."""
        out = np.full((self.D, p.shape[1]), np.nan)
        if not self.value.size:
            return out
        C, value, place, starts, last = self.C, self.value, self.place, self.starts, self.last
        own = np.clip(p[self.domain], 0.0, 1.0)
        if rule in LINES:
            a, b = LINES[rule]
            end = (1 + b * self.share[last])[place]
            P = np.divide(C - a * self.share, end, out=np.ones_like(C), where=end > SAME)
            out[self.domain] = _lines(P, value, place, starts, last, own)
        else:
            out[self.domain] = _steps(C, value, place, starts, last, own, rule, self.share)
        out[np.isnan(p)] = np.nan
        return out

    def ends(self) -> tuple[Codes, Codes]:
        """(D,) places of the first and the last answer of each domain, 0 where it has none."""
        first, final = (np.zeros(self.D, dtype=np.intp) for _ in range(2))
        first[self.domain], final[self.domain] = self.starts, self.last
        return first, final

    def before(self, theta: Array) -> Array:
        """(D, Q) greatest answer of each domain below θ (D, Q); θ itself where there is none."""
        out = theta.copy()
        for j in range(theta.shape[1] if self.starts.size else 0):
            below = self.value < theta[self.domain, j][self.place]
            count = np.add.reduceat(below.astype(np.intp), self.starts)
            at = self.value[np.maximum(self.starts + count - 1, 0)]
            out[self.domain, j] = np.where(count > 0, at, theta[self.domain, j])
        return out


def bounded(p: Array, size: Array, level: float) -> Mask:
    """Whether the greatest of so many answers bounds the quantile at p: p^size ≤ (1 − level) / 2.

    All answers lie below the quantile with no more than this chance; of its least answer the same with 1 − p.

    Examples
    --------
    >>> bounded(np.array([0.5, 0.9]), np.array([6.0, 30.0]), 0.95)
    array([ True, False])
    """
    return np.asarray(p**size <= (1 - level) / 2)


def first_where(holds: Callable[[Codes], Mask], first: Codes, last: Codes) -> Codes:
    """First place from ``first`` to ``last`` from which on a condition holds, by halving; else the last.

    Examples
    --------
    >>> first_where(lambda at: at * at > 10, np.array([0, 6]), np.array([9, 9]))
    array([4, 6])
    """
    low, high = first.copy(), last.copy()
    while (low < high).any():
        middle = (low + high) // 2
        yes = holds(middle) | (low >= high)
        low, high = np.where(yes, low, middle + 1), np.where(yes, middle, high)
    return low


def _passed(P: Array, place: Codes, starts: Codes, last: Codes, p: Array) -> Codes:
    """(d, Q) first point of each domain at or above p, up to rounding; the last one if none is."""
    keys = P + 2.0 * place if starts.size > 1 else P  # increasing over all domains
    at = np.searchsorted(keys, (np.nan_to_num(p) - SAME + 2.0 * np.arange(len(p))[:, None]).ravel())
    return np.clip(at.reshape(p.shape), starts[:, None], last[:, None])


def _steps(
    C: Array, value: Array, place: Codes, starts: Codes, last: Codes, p: Array, rule: str, share: Array
) -> Array:
    if rule == "shahvaish":  # S_k + (1 − w_k) / 2 of n answers with weights that average 1
        size = (last - starts + 1)[place]
        C = C + (1 / size - share) / 2
    at = _passed(C, place, starts, last, p)
    if rule in ("math", "hf1", "shahvaish"):
        return value[at]
    after = np.minimum(at + 1, last[:, None])
    equal = np.abs(C[at] - p) <= SAME
    if rule in ("school", "hf2"):
        return np.where(equal, (value[at] + value[after]) / 2, value[at])
    odd = (at - starts[:, None] + 1) % 2 == 1  # hf3: the even one of two
    return np.where(equal & odd, value[after], value[at])


def _lines(P: Array, value: Array, place: Codes, starts: Codes, last: Codes, p: Array) -> Array:
    at = _passed(P, place, starts, last, p)
    before = np.maximum(at - 1, starts[:, None])
    gap = P[at] - P[before]
    part = np.divide(p - P[before], gap, out=np.ones_like(p), where=gap > 0)
    return np.asarray(value[before] + np.clip(part, 0.0, 1.0) * (value[at] - value[before]))


def sort_answers(y: Array, domain: Codes, inside: Mask, D: int, *, apart: bool = False) -> Sorted:
    """Find the distinct answers of each domain; ``apart`` keeps every row a point, in the order of rows.

    Parameters
    ----------
    y : (n,) answers
    domain : (n,) domain of each row
    inside : (n,) rows that count
    D : number of domains
    """
    group = np.full(y.size, -1, dtype=np.intp)
    whole = bool(inside.all())
    rows = np.arange(y.size) if whole else np.flatnonzero(inside)
    values, d = (y, domain) if whole else (y[rows], domain[rows])
    if values.size == 0:
        return Sorted(group, np.zeros(0), np.zeros(0, dtype=np.intp), D)
    codes, span = whole_numbers(values)
    if not apart and span and span * D <= 8 * values.size + 1024:
        keys = d * span + codes if D > 1 else codes
        present = np.bincount(keys, minlength=span * D) > 0
        found = np.flatnonzero(present)
        number = np.cumsum(present) - 1
        group[rows] = number[keys]
        return Sorted(group, np.asarray(float(values.min()) + found % span, dtype=float), found // span, D)
    order = np.argsort(values, kind="stable" if apart else None)  # equal answers become one in any order
    if D > 1:
        short = d.astype(np.uint16) if D <= SHORT else d  # sorted by their digits
        order = order[np.argsort(short[order], kind="stable")]
    v = values[order]
    new = np.ones(v.size, dtype=bool)
    if not apart:
        np.not_equal(v[1:], v[:-1], out=new[1:])
    e = d[order] if D > 1 else d
    if D > 1:
        new[1:] |= e[1:] != e[:-1]
    number = np.arange(v.size) if new.all() else np.cumsum(new) - 1
    if whole:
        group[order] = number
    else:
        group[rows[order]] = number
    return Sorted(group, v, e, D) if new.all() else Sorted(group, v[new], e[new], D)
