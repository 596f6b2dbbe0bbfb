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
    nothing, but of differences.
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


def combined(detail: Detail, L: sp.csc_matrix) -> Detail:
    """Return what is worked out later for the combinations L (k, m) of rows."""

    def df_many(further: sp.csc_matrix) -> Array:
        whole = sp.csc_matrix(L @ further)
        if detail.df_many is not None:
            return detail.df_many(whole)
        rows = [np.sort(part).tolist() for part in np.split(whole.indices, whole.indptr[1:-1])]
        return np.array([detail.df_of(part) for part in rows], dtype=float)

    def below(rows: Sequence[int]) -> list[int]:
        made_of: list[int] = np.unique(L[:, list(rows)].indices).tolist()
        return made_of

    held = detail.held
    return Detail(
        None, None, lambda rows: detail.df_of(below(rows)), df_many=df_many,
        held=None if held is None else lambda rows: held(below(rows)), source=detail.source,
        together=detail.together, no_test=detail.no_test if np.any(L.sum(axis=0)) else "",
    )  # fmt: skip
