"""What of a result is worked out only when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from surveykit.formulas.arrays import Array, Codes, Mask


class ShareParts(NamedTuple):
    """What the "auto" interval needs beside the design variance, a number for each row."""

    K: Array
    b: Array
    rho: Array
    census: Mask
    raised: bool


@dataclass(frozen=True)
class Detail:
    """What is worked out only when asked for.

    ``reference()``: variance of each estimate under simple random sampling with replacement, and the
    population the weights stand for; ``share()``: parts of the "auto" interval; ``df_of(rows)``: degrees of
    freedom of a combination of rows. ``methods``: intervals made for these estimates alone, the first by
    default; ``limits(method, df, level)``: their two-sided limits. ``df_many(L)``: those of the combinations
    L (k, m). ``held(rows)``: codes of the units and strata behind rows; ``source``: the table and the
    replicates that the estimates are of, for what puts several results together. ``together``: whether
    all rows rest on the same answers, as coefficients do; ``no_test``: why a test against 0 would mean
    nothing, but of differences. ``bounds``: the least and the greatest value that each row can have, at which
    its limits are cut. ``percent``: whether the values are shares without the intervals of plain ones.
    """

    reference: Callable[[], tuple[Array, Array]] | None
    share: Callable[[], ShareParts] | None
    df_of: Callable[[Sequence[int]], float]
    limits: Callable[[str, Array, float], tuple[Array, Array]] | None = None
    methods: tuple[str, ...] = ()
    df_many: Callable[[sp.csc_matrix], Array] | None = None
    held: Callable[[Sequence[int]], tuple[Codes, Codes]] | None = None
    source: tuple[Any, Any] | None = None
    together: bool = False
    no_test: str = ""
    bounds: tuple[Array, Array] | None = None
    percent: bool = False


NOTHING = 1e-18  # of the largest variance of a combination: what lies below is rounding


def carrying(L: sp.csc_matrix, v: Array) -> sp.csc_matrix:
    """Return the combinations L (k, m) without the rows that add no variance, where others of theirs do.

    A row on which everyone agrees has no sampling error, so its units say nothing of how well that of the
    others is known. ``v`` (k,) variances; a row whose variance is not known stays.
    """
    L = sp.csc_matrix(L)
    column, own = np.repeat(np.arange(L.shape[1]), np.diff(L.indptr)), v[L.indices]
    largest = np.zeros(L.shape[1])
    np.fmax.at(largest, column, own)
    keep = ~(own <= NOTHING * largest[column]) | (largest[column] == 0)
    if keep.all():
        return L
    return sp.csc_matrix((L.data[keep], (L.indices[keep], column[keep])), shape=L.shape)


def combined(detail: Detail, L: sp.csc_matrix, v: Array) -> Detail:
    """Return what is worked out later for the combinations L (k, m) of rows with variances v (k,)."""

    def df_many(further: sp.csc_matrix) -> Array:
        whole = carrying(L @ further, v)
        if detail.df_many is not None:
            return detail.df_many(whole)
        rows = [np.sort(part).tolist() for part in np.split(whole.indices, whole.indptr[1:-1])]
        return np.array([detail.df_of(part) for part in rows], dtype=float)

    def below(rows: Sequence[int]) -> list[int]:
        made_of: list[int] = np.unique(carrying(L[:, list(rows)], v).indices).tolist()
        return made_of

    held = detail.held
    return Detail(
        None, None, lambda rows: detail.df_of(below(rows)), df_many=df_many,
        held=None if held is None else lambda rows: held(below(rows)), source=detail.source,
        together=detail.together, no_test=detail.no_test if np.any(L.sum(axis=0)) else "",
        bounds=bounds_of(detail, L),
    )  # fmt: skip


def bounds_of(detail: Detail, L: sp.csc_matrix) -> tuple[Array, Array] | None:
    """Return the least and the greatest value of combinations L (k, m) of rows; of shares 0 and 1."""
    if detail.share is None and detail.bounds is None:
        return None
    low, high = (np.zeros(L.shape[0]), np.ones(L.shape[0])) if detail.bounds is None else detail.bounds
    up, down = L.maximum(0).T, L.minimum(0).T
    return up @ low + down @ high, up @ high + down @ low
