"""Designs written out: the chance of every sample, from the definitions and none of the code tested."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations, pairwise, permutations
from math import comb, prod

import numpy as np


def srs(N, n):
    return {frozenset(s): 1 / comb(N, n) for s in combinations(range(N), n)}


def poisson(pi):
    N = len(pi)
    every = (s for k in range(N + 1) for s in combinations(range(N), k))
    return {
        frozenset(s): prod(pi[i] if i in s else 1 - pi[i] for i in range(N)) for s in map(frozenset, every)
    }


def _normed(chances):
    total = sum(chances.values())
    return {s: p / total for s, p in chances.items()}


def sampford(pi, n):
    """Sampford (1967): p(s) ∝ Σ_{k not in s} π_k Π_{l in s} π_l / (1 − π_l)."""
    N = len(pi)
    return _normed(
        {
            frozenset(s): sum(pi[k] for k in range(N) if k not in s) * prod(pi[i] / (1 - pi[i]) for i in s)
            for s in combinations(range(N), n)
        }
    )


def conditional_poisson(pi, n):
    """Greatest entropy: p(s) ∝ Π odds, the odds found by matching π over all samples."""
    wanted = np.array(pi) / (1 - np.array(pi))
    odds = wanted
    samples = list(combinations(range(len(pi)), n))
    for _ in range(200):
        chances = _normed({frozenset(s): prod(odds[list(s)]) for s in samples})
        now = first_order(chances, len(pi))
        if np.abs(now - pi).max() < 1e-14:
            break
        odds = odds * np.sqrt(wanted * (1 - now) / now)
    assert np.abs(now - pi).max() < 1e-12
    return chances


def brewer(pi, n):
    """Unit by unit, in proportion to π (n − A − π) / (n − A − π (n − r + 1)), over all orders."""
    chances = defaultdict(float)

    def go(taken, chance):
        r = len(taken) + 1
        if r > n:
            chances[frozenset(taken)] += chance
            return
        rest = n - sum(pi[i] for i in taken)
        free = [i for i in range(len(pi)) if i not in taken]
        weight = {i: pi[i] * (rest - pi[i]) / (rest - pi[i] * (n - r + 1)) for i in free}
        total = sum(weight.values())
        for i in free:
            go((*taken, i), chance * weight[i] / total)

    go((), 1.0)
    return dict(chances)


def capped(size, k):
    """Inclusion probabilities of k units by size: those that reach 1 are certain, again and again."""
    size, sure = np.array(size, dtype=float), np.zeros(len(size), dtype=bool)
    while True:
        pi = np.where(sure, 1.0, (k - sure.sum()) * size / max(size[~sure].sum(), 1e-300))
        new = (pi >= 1 - 1e-12) & ~sure
        if not new.any():
            return pi
        sure |= new


def tille(size, n):
    """Elimination: from k + 1 units one goes with the chance 1 − π(k)/π(k + 1)."""
    chances = defaultdict(float)

    def go(left, chance):
        k = len(left) - 1
        if k < n:
            chances[frozenset(left)] += chance
            return
        after, before = capped(size, k), capped(size, k + 1)
        for i in left:
            out = 1 - after[i] / before[i]
            if out > 1e-15:
                go(tuple(j for j in left if j != i), chance * out)

    go(tuple(range(len(size))), 1.0)
    return dict(chances)


def pivotal(pi, order=None):
    """Duels down the list (Deville & Tillé 1998)."""
    chances = defaultdict(float)
    order = list(range(len(pi))) if order is None else list(order)

    def go(holder, a, at, drawn, chance):
        if chance < 1e-18:
            return
        if at == len(order):
            chances[frozenset(drawn | ({holder} if a > 0.5 else set()))] += chance
            return
        j, b = order[at], pi[order[at]]
        s = a + b
        if s < 1 - 1e-12:
            go(holder, s, at + 1, drawn, chance * a / s)
            go(j, s, at + 1, drawn, chance * b / s)
        else:
            new = (1 - a) / (2 - s)
            go(holder, s - 1, at + 1, drawn | {j}, chance * new)
            go(j, s - 1, at + 1, drawn | {holder}, chance * (1 - new))

    go(order[0], pi[order[0]], 1, frozenset(), 1.0)
    return dict(chances)


def systematic(pi, order=None):
    """One uniform start: the samples between the places where one changes into the next."""
    order = list(range(len(pi))) if order is None else list(order)
    reached = np.r_[0.0, np.cumsum([pi[i] for i in order])]
    cuts = np.unique(np.round(np.r_[0.0, reached % 1, 1.0], 12))
    chances = defaultdict(float)
    for low, high in pairwise(cuts):
        points = (low + high) / 2 + np.arange(round(reached[-1]))
        hit = np.searchsorted(reached, points, side="right") - 1
        chances[frozenset(order[i] for i in hit)] += high - low
    return dict(chances)


def over_all_orders(design, pi):
    """The mean of a design over all orders of the list."""
    chances = defaultdict(float)
    orders = list(permutations(range(len(pi))))
    for order in orders:
        for s, p in design(pi, order).items():
            chances[s] += p / len(orders)
    return dict(chances)


def first_order(chances, N):
    pi = np.zeros(N)
    for s, p in chances.items():
        pi[list(s)] += p
    return pi


def joint(chances, N):
    """(N, N) chances that two units are drawn together, π on the diagonal."""
    out = np.zeros((N, N))
    for s, p in chances.items():
        out[np.ix_(list(s), list(s))] += p
    return out
