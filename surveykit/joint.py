"""Results of several calls on one design together: a total beside its parts, overlapping groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from sampling.checks import ArgumentError, shown
from surveykit.context import Context
from surveykit.detail import Detail, ShareParts, bounds_of
from surveykit.formulas.arrays import Array, Codes
from surveykit.formulas.joined import Joined, comparable, unfolded
from surveykit.formulas.replicated import Replicated
from surveykit.formulas.variance import Covariance, Taylor
from surveykit.result import Estimates

DIFFERENT = (
    "together: the parts are judged by different units: one is conditional on units, as the line below its "
    "table says, or has other strata, fractions or estimated targets. Ask for domains of one kind."
)
NOT_ONE = (
    "together: the parts come from different tables, or from different replicates, so that nothing says how "
    "they vary together. Make them from one design."
)


def together(*parts: Estimates, **named: Estimates) -> Estimates:
    """Return the estimates of several calls on one design with their joint covariance.

    A total beside its parts, means beside ratios, overlapping groups: contrasts, tests and functions of them
    need nothing said again.

    Parameters
    ----------
    parts, named : Estimates
        Of the same design. Names in front (``nam=…, nu=…``) become a level of the rows; without them the
        rows of the parts must differ.

    Raises
    ------
    ArgumentError
        Fewer than two parts; parts of different designs, or conditional on units where others are not.

    Examples
    --------
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"thon": list("aabbcc"), "gioi": list("NWNWNW"), "diem": [4, 5, 3, 4, 2, 5]})
    >>> design = sv.Design(people, sampling="srs", psu="thon")
    >>> both = sv.together(chung=sv.mean(design, "diem"), nu=sv.mean(design, "diem", where="gioi == 'W'"))
    >>> both.contrast({("nu", "diem"): 1, ("chung", "diem"): -1}).value.round(3).to_list()
    [0.833]
    """
    if parts and named:
        raise ArgumentError("together: name all parts or none.")
    every = list(named.values()) if named else list(parts)
    if len(every) < 2 or not all(isinstance(part, Estimates) for part in every):
        raise ArgumentError("together: pass at least two results of one design.")
    index = joined_index(every, list(named) or None)
    ends = np.cumsum([0, *(len(part.value) for part in every)])

    def own(rows: Sequence[int]) -> list[tuple[Detail, list[int]]]:
        at = np.searchsorted(ends, np.asarray(rows), side="right") - 1
        return [
            (every[i].detail, [int(r - ends[i]) for r in np.asarray(rows)[at == i]]) for i in np.unique(at)
        ]

    def held(rows: Sequence[int]) -> tuple[Codes, Codes]:
        unit, stratum = zip(*(d.held(part) for d, part in own(rows) if d.held is not None), strict=True)
        return np.unique(np.concatenate(unit)), np.unique(np.concatenate(stratum))

    def df_of(rows: Sequence[int]) -> float:
        """Units less strata of the union, less what a part gives away (as a model its coefficients)."""
        parts = own(rows)
        df = [(d.df_of(part), d.held(part) if d.held is not None else None) for d, part in parts]
        if len(df) == 1 or any(codes is None for _, codes in df):
            return float(min(d for d, _ in df))
        less = max(unit.size - stratum.size - d for d, (unit, stratum) in df)  # type: ignore[misc]
        unit, stratum = held(rows)
        return float(unit.size - stratum.size - less)

    def concatenated(name: str) -> pd.Series:
        whole: pd.Series = pd.concat([getattr(part, name) for part in every])
        return whole.set_axis(index).rename(name)

    first = every[0]
    shares = all(part.is_share for part in every)
    reference = all(part.detail.reference is not None for part in every)
    return Estimates(
        value=concatenated("value").rename("estimate"),
        covariance=joint_covariance(every),
        df=concatenated("df"),
        statistic=first.statistic if len({part.statistic for part in every}) == 1 else "estimate",
        context=joint_context(every),
        n=concatenated("n"),
        reason=concatenated("reason"),
        detail=Detail(
            reference=(lambda: references(every)) if reference else None,
            share=(lambda: share_parts(every)) if shares else None,
            df_of=df_of,
            held=held if all(part.detail.held is not None for part in every) else None,
            source=first.detail.source,
            bounds=None if shares else joint_bounds(every),
        ),
        refusal=next((part.refusal for part in every if part.refusal), ""),
        points=all(part.points for part in every),
    )


def joint_bounds(every: Sequence[Estimates]) -> tuple[Array, Array] | None:
    """Return the least and the greatest value of each row, if they are known of all parts."""
    own = [bounds_of(part.detail, sp.identity(len(part.value), format="csc")) for part in every]
    known = [ends for ends in own if ends is not None]
    if len(known) < len(own):
        return None
    return np.concatenate([low for low, _ in known]), np.concatenate([high for _, high in known])


def references(every: Sequence[Estimates]) -> tuple[Array, Array]:
    """Return the simple random variances and populations of all parts."""
    v, N = zip(*(part.reference for part in every), strict=True)
    return np.concatenate(v), np.concatenate(N)


def share_parts(every: Sequence[Estimates]) -> ShareParts:
    """Return what the intervals of shares need, of all parts."""
    own = [part.share_parts for part in every]
    K, b, rho, census = (
        np.concatenate(x) for x in zip(*((p.K, p.b, p.rho, p.census) for p in own), strict=True)
    )
    return ShareParts(K, b, rho, census, any(p.raised for p in own))


def joined_index(every: Sequence[Estimates], keys: Sequence[str] | None) -> pd.Index[Any]:
    """Return the names of all rows, which differ."""
    if keys is not None:
        rows = [
            (key, *(row if isinstance(row, tuple) else (row,)))
            for key, part in zip(keys, every, strict=True)
            for row in part.value.index
        ]
        if len({len(row) for row in rows}) == 1:
            return pd.MultiIndex.from_tuples(rows, names=[None, *level_names(every)])
        return pd.Index([" · ".join(map(str, row)) for row in rows])
    names = [row for part in every for row in part.value.index]
    if len(set(names)) < len(names):
        twice = next(row for row in names if names.count(row) > 1)
        raise ArgumentError(
            f"together: row {shown(twice)} stands in two parts. Name the parts: together(a=…, b=…)."
        )
    if all(isinstance(row, tuple) for row in names) and len({len(row) for row in names}) == 1:
        return pd.MultiIndex.from_tuples(names, names=level_names(every))
    flat: pd.Index[Any] = pd.Index(names, tupleize_cols=False)
    return flat


def level_names(every: Sequence[Estimates]) -> list[Any]:
    """Return the names that the levels of the rows have in all parts."""
    several = zip(*(part.value.index.names for part in every), strict=True)
    return [own[0] if len(set(own)) == 1 else None for own in several]


def joint_covariance(every: Sequence[Estimates]) -> Covariance:
    """Return the joint covariance, once it is sure that one design made all parts."""
    sources = [part.detail.source for part in every]
    same = all(
        source is not None
        and sources[0] is not None
        and all(a is b for a, b in zip(source, sources[0], strict=True))
        for source in sources
    )
    bases = [unfolded(part.covariance) for part in every] if same else [(None, None)]
    if all(isinstance(base, Replicated) for base, _ in bases):
        deviations = [
            base.deviations if L is None else np.asarray((L.T @ base.deviations.T).T)
            for base, L in bases
            if isinstance(base, Replicated)
        ]
        return Replicated(np.hstack(deviations), np.zeros(sum(d.shape[1] for d in deviations), dtype=np.intp))
    parts = [
        (base, sp.identity(base.size, format="csr") if L is None else L)
        for base, L in bases
        if isinstance(base, (Taylor, Joined))
    ]
    if len(parts) == len(bases):
        whole = Joined(parts)
        leaves = [base for base, _ in whole.leaves(sp.csr_matrix((whole.size, 0)))]
        first = next((base for base in leaves if base.noise is not None), leaves[0])
        if all(comparable(first, base) for base in leaves):
            return whole
    raise ArgumentError(DIFFERENT if same else NOT_ONE)


def joint_context(every: Sequence[Estimates]) -> Context:
    """Return the line of several parts."""
    contexts = [part.context for part in every]
    low, high = min(c.df[0] for c in contexts), max(c.df[1] for c in contexts)
    notes = tuple(dict.fromkeys(note for c in contexts for note in c.notes))
    widest = max(contexts, key=lambda c: c.n)
    return replace(widest, df=(low, high), notes=notes, missing=max(c.missing for c in contexts))
