r"""Waiting times, some of which are not yet over: the Kaplan–Meier estimate and the log-rank scores.

At the event times :math:`t_j`, with :math:`d_j` the weight of events and :math:`Y_j` of those still waiting,

.. math:: \hat S(t) = \prod_{t_j \le t} (1 - d_j / Y_j)

(Kaplan & Meier 1958, Journal of the American Statistical Association 53, 457-481).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from surveykit.formulas.arrays import Array, Codes
from surveykit.formulas.statistics import divide
from surveykit.formulas.totals import Column

NOBODY = 1e-12  # part of a weight that is rounding


@dataclass(frozen=True, eq=False)
class Waits:
    """Times until an event, or until the last look.

    ``time`` (n,), ``event`` (n,) 1 where it happened and 0 where it had not yet; ``domain`` (n,) codes,
    −1 outside or missing; ``D`` their number; ``missing`` rows without a time.
    """

    time: Array
    event: Array
    domain: Codes
    D: int
    missing: Codes

    @cached_property
    def used(self) -> Codes:
        """(m,) rows that count."""
        return np.flatnonzero(self.domain >= 0)

    @cached_property
    def moments(self) -> Array:
        """(J,) times at which something happened, in order."""
        rows = self.used
        return np.unique(self.time[rows][self.event[rows] == 1])

    @cached_property
    def place(self) -> Codes:
        """(m,) number of event times up to the time of each row: at these it was still waiting."""
        return np.searchsorted(self.moments, self.time[self.used], side="right").astype(np.intp)

    def sums(self, w: Array, group: Codes, G: int) -> tuple[Array, Array]:
        """(G, J) weight of the events d and of those waiting Y, by a group (m,) of each row that counts."""
        J, rows = self.moments.size, self.used
        cell = group * (J + 1) + self.place
        waiting = np.bincount(cell, w[rows], G * (J + 1)).reshape(G, J + 1)
        Y = np.cumsum(waiting[:, ::-1], axis=1)[:, ::-1][:, 1:]
        happened = self.event[rows] == 1
        own = group[happened] * J + self.place[happened] - 1
        d = np.bincount(own, w[rows][happened], G * J).reshape(G, J)
        return np.asarray(d, dtype=float), np.asarray(Y, dtype=float)

    def column(self, values: Array, n: int) -> Column:
        """Return values (m,) of the rows that count as a column of all rows."""
        full = np.zeros(n)
        full[self.used] = values
        return Column(full, self.missing)


@dataclass(frozen=True, eq=False)
class KaplanMeier:
    r"""Shares S still waiting after the times ``at`` (q,), by domain; ``w`` (n,) weights.

    With ``hazard`` the exponential form :math:`\exp(-\sum d_j / Y_j)` of Nelson and Aalen.
    """

    waits: Waits
    w: Array
    at: Array
    hazard: bool = False

    @cached_property
    def stop(self) -> Codes:
        """(q,) number of event times up to each time asked for."""
        return np.searchsorted(self.waits.moments, self.at, side="right").astype(np.intp)

    def shares(self, w: Array) -> Array:
        """(D, q) shares for weights (n,); 1 where nobody is known."""
        d, Y = self.waits.sums(w, self.waits.domain[self.waits.used], self.waits.D)
        rate = np.nan_to_num(divide(d, Y))
        left = np.exp(-np.cumsum(rate, axis=1)) if self.hazard else np.cumprod(1 - rate, axis=1)
        return np.column_stack([np.ones(self.waits.D), left])[:, self.stop]

    def columns(self) -> Iterator[Column]:
        """Yield the influence of each row on log S, once for each time.

        Of a row still waiting at :math:`t_j`: :math:`d_j / Y_j (Y_j - d_j)`; of one whose wait ends there
        :math:`-1 / (Y_j - d_j)` more; with ``hazard`` :math:`Y_j` for :math:`Y_j - d_j`.
        """
        waits = self.waits
        domain, J = waits.domain[waits.used], waits.moments.size
        d, Y = waits.sums(self.w, domain, waits.D)
        rest = Y if self.hazard else np.where(Y - d > NOBODY * Y, Y - d, 0.0)  # where 0, S does not move
        ended = np.nan_to_num(divide(np.ones_like(d), rest))
        still = np.column_stack([np.zeros(waits.D), np.cumsum(np.nan_to_num(divide(d, Y * rest)), axis=1)])
        event = waits.event[waits.used] == 1
        last = np.where(event, waits.place - 1, J)
        own = np.column_stack([ended, np.zeros(waits.D)])[domain, last]
        for stop in self.stop:
            score = still[domain, np.minimum(waits.place, stop)] - np.where(last < stop, own, 0.0)
            yield waits.column(score, self.w.size)

    def value(self, T: Array) -> Array:
        """Return the shares, whatever the totals."""
        S = self.shares(self.w)
        return np.broadcast_to(S, (*T.shape[:-1], S.shape[1]))

    def jacobian(self, T: Array) -> Array:  # noqa: ARG002 (the shares fix it)
        """(D, q, q) the shares on the diagonal: dS = S d log S."""
        S = self.shares(self.w)
        return np.asarray(S[:, :, None] * np.eye(S.shape[1]))

    def solve(self, W: Array, domain: Codes, D: int) -> Array:  # noqa: ARG002 (the domains of the waits)
        """(b, D, q) shares for weights (b, n)."""
        return np.stack([self.shares(w) for w in W])


@dataclass(frozen=True, eq=False)
class LogRank:
    r"""Log-rank scores of k groups: events less those expected, :math:`\sum_j d_{gj} - Y_{gj} d_j / Y_j`.

    ``group`` (m,) group of each row that counts; ``k`` groups.
    """

    waits: Waits
    w: Array
    group: Codes
    k: int

    def scores(self, w: Array) -> Array:
        """(k,) totals for weights (n,)."""
        d, Y = self.waits.sums(w, self.group, self.k)
        rate = np.nan_to_num(divide(d.sum(axis=0), Y.sum(axis=0)))
        return np.asarray((d - Y * rate).sum(axis=1))

    def columns(self) -> Iterator[Column]:
        """Yield the influence of each row on each total (Lin & Wei 1989, JASA 84, 1074-1078)."""
        waits, J = self.waits, self.waits.moments.size
        d, Y = waits.sums(self.w, self.group, self.k)
        whole = Y.sum(axis=0)
        rate = np.nan_to_num(divide(d.sum(axis=0), whole))
        event = waits.event[waits.used] == 1
        last = np.where(event, waits.place - 1, J)
        for g in range(self.k):
            share = np.nan_to_num(divide(Y[g], whole))
            own = (self.group == g).astype(float)
            seen = np.where(event, own - np.r_[share, 0.0][last], 0.0)
            expected = own * np.r_[0.0, np.cumsum(rate)][waits.place]
            expected -= np.r_[0.0, np.cumsum(rate * share)][waits.place]
            yield waits.column(seen - expected, self.w.size)

    def value(self, T: Array) -> Array:
        """Return the totals, whatever those of the columns."""
        return np.broadcast_to(self.scores(self.w), (*T.shape[:-1], self.k))

    def jacobian(self, T: Array) -> Array:  # noqa: ARG002 (the totals are the scores)
        """(1, k, k) ones on the diagonal."""
        return np.eye(self.k)[None]

    def solve(self, W: Array, domain: Codes, D: int) -> Array:  # noqa: ARG002 (one domain)
        """(b, 1, k) totals for weights (b, n)."""
        return np.stack([self.scores(w)[None] for w in W])
