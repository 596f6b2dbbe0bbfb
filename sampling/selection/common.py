"""What all draws share: the result, units put in order within their parents, numbers wanted, certainty."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..checks import ArgumentError, ColumnError, DataError, listed, near
from ..probabilities import check_n, whole_sizes

__all__ = ["Groups", "Selection", "Sized", "arranged", "sized", "wanted_by_group"]

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]
Whole = npt.NDArray[Any]

ENDLESS = 2**31  # units that may be drawn with replacement
NEVER = 2**63 - 1  # above every size that int64 holds


@dataclass(frozen=True)
class Selection:
    """Units drawn in one stage.

    Attributes
    ----------
    position : (n,) rows of the units in the order of the caller, from 0; listed by parent, then in the order
        in which the draw treats the units (by id, or by `order`)
    probability : (n,) inclusion probability of each within its parent
    certainty : (n,) True where the unit was taken with certainty and not by chance
    """

    position: Codes
    probability: Array
    certainty: Mask

    def __len__(self) -> int:
        return self.position.size


class Groups(NamedTuple):
    """Units in the order of parents, then of the list.

    ``order`` (N,) rows of the caller, or None where they stand in that order already; ``code`` (N,) parent of
    each unit in that order, from 0, or None where there is one; ``start`` (G + 1,) where each begins.
    """

    order: Codes | None
    code: Codes | None
    start: Codes
    labels: list[str]

    @property
    def N(self) -> int:
        """Number of units."""
        return int(self.start[-1])

    def take(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Put values of the caller in this order."""
        return values if self.order is None else values[self.order]

    def rows(self, drawn: Codes) -> Codes:
        """Return places in this order as rows of the caller."""
        return drawn if self.order is None else self.order[drawn]

    def codes(self) -> Codes:
        """(N,) parent of each unit."""
        return np.zeros(self.N, dtype=np.intp) if self.code is None else self.code


def arranged(units: int | npt.ArrayLike, within: npt.ArrayLike | None, order: Any = None) -> Groups:
    """Put units in the order of parent, of the keys of the list if there are any, and of id."""
    ids = None
    if isinstance(units, (int, np.integer)) and not isinstance(units, bool):
        count = check_n(units, int(units), argument="units")
    else:
        ids = text_of(pd.Series(units), "units")
        count = ids.size
    code, labels = _parents(within, count)
    rows: Codes | None = None
    if ids is not None and not (ids[1:] > ids[:-1]).all():
        rows = np.argsort(ids, kind="stable")
    if ids is not None:
        _check_twice(ids, code, rows)
    if order is not None:
        keys = _keys(order, count)
        rows = (
            np.argsort(keys, kind="stable") if rows is None else rows[np.argsort(keys[rows], kind="stable")]
        )
    if code is not None:
        rows = (
            np.argsort(code, kind="stable") if rows is None else rows[np.argsort(code[rows], kind="stable")]
        )
        code = code[rows]
        return Groups(rows, code, np.searchsorted(code, np.arange(len(labels) + 1)), labels)
    return Groups(rows, None, np.array([0, count]), labels)


def _check_twice(ids: npt.NDArray[np.str_], code: Codes | None, rows: Codes | None) -> None:
    by_id = np.arange(ids.size) if rows is None else rows
    same = np.flatnonzero(ids[by_id][1:] == ids[by_id][:-1])
    if same.size and code is not None:  # the same id may stand in several parents
        by_id = np.lexsort((ids, code))
        same = np.flatnonzero((ids[by_id][1:] == ids[by_id][:-1]) & (code[by_id][1:] == code[by_id][:-1]))
    if same.size:
        raise DataError(
            f"units: {listed(ids[by_id][same].tolist(), 3)} stands for more than one unit. "
            "Give each unit an id of its own, or drop the repeated rows."
        )


def _keys(order: Any, count: int) -> npt.NDArray[Any]:
    column = pd.Series(order)
    if len(column) != count:
        raise ArgumentError(f"order has {len(column)} values for {count} units. Pass one key for each unit.")
    no_missing(column, "order")
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column.to_numpy(np.float64 if column.dtype.kind == "f" else None)
    return text_of(column, "order")


def _parents(within: npt.ArrayLike | None, count: int) -> tuple[Codes | None, list[str]]:
    if within is None:
        return None, [""]
    column = pd.Series(within)
    if len(column) != count:
        raise ArgumentError(
            f"within has {len(column)} values for {count} units. Pass the parent of each unit."
        )
    no_missing(column, "within")
    codes, levels = pd.factorize(column)
    text = text_of(pd.Series(levels), "within")
    by_text = np.argsort(text, kind="stable")
    rank = np.empty(text.size, dtype=np.intp)
    rank[by_text] = np.arange(text.size)
    return rank[codes], text[by_text].tolist()


def wanted_by_group(
    n: int | Mapping[Any, int] | pd.Series[Any], groups: Groups, *, repeated: bool = False
) -> Codes:
    """(G,) number to draw in each parent; at most all there are, unless a unit may be drawn repeatedly."""
    found = np.diff(groups.start).tolist()
    given: dict[str, Any] = {}
    if isinstance(n, (Mapping, pd.Series)):
        column = pd.Series(n)
        given = dict(zip(text_of(pd.Series(column.index), "n").tolist(), column.tolist(), strict=True))
        there = set(groups.labels)
        for label in given:
            if label not in there:
                raise ColumnError(f"n has {label!r}, and within does not.{near(label, groups.labels)}")
    else:
        given = dict.fromkeys(groups.labels, n)
    wanted = np.empty(len(found), dtype=np.intp)
    for g, label in enumerate(groups.labels):
        if label not in given:
            raise ColumnError(
                f"n has no number for {label!r} ({found[g]} units). "
                "Add it, or leave these units out of the frame."
            )
        what = "units" if label == "" else f"units in {label!r}"
        wanted[g] = check_n(given[label], ENDLESS if repeated else found[g], what)
    return wanted


class Sized(NamedTuple):
    """Sizes in the order of the groups: whole numbers, certainty units, and what is left for chance.

    ``whole`` (N,); ``sure`` (N,) or None where no unit is certain; ``left`` (G,) units to draw by chance;
    ``total`` (G,) sum of the sizes that are not certain, Python integers where int64 would overflow.
    """

    whole: Whole
    sure: Mask | None
    left: Codes
    total: Whole

    def probability(self, groups: Groups, drawn: Codes) -> Array:
        """(n,) inclusion probability of units by their place."""
        g = groups.codes()[drawn] if groups.code is not None else np.zeros(drawn.size, dtype=np.intp)
        size = self.whole[drawn]
        size = size if size.dtype == object else size.astype(np.float64)
        total = self.total[g] if self.total.dtype == object else self.total[g].astype(np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = size * self.left[g] / np.where(total > 0, total, 1)
        out = np.asarray(share, dtype=np.float64)
        return out if self.sure is None else np.where(self.sure[drawn], 1.0, out)

    def chance(self) -> Whole:
        """(N,) sizes, 0 for certainty units."""
        return self.whole if self.sure is None else np.where(self.sure, 0, self.whole)


def sized(size: npt.ArrayLike, wanted: Codes, groups: Groups) -> Sized:
    """Check sizes, and find the certainty units of each group again and again until none is left."""
    whole = whole_sizes(size)
    if whole.size != groups.N:
        raise ArgumentError(
            f"size has {whole.size} values for {groups.N} units. Pass one size for each unit."
        )
    whole = groups.take(whole)
    starts, code = groups.start[:-1], groups.code
    sure: Mask | None = None
    left = wanted.copy()
    total = _sums(whole, starts)
    while True:
        bar = np.where(left > 0, -(-total // np.maximum(left, 1)), NEVER)
        reached = whole >= (bar[0] if code is None else bar[code])
        if sure is not None:
            reached &= ~sure
        if not reached.any():
            return Sized(whole, sure, left, total)
        sure = reached if sure is None else sure | reached
        total = _sums(np.where(sure, 0, whole), starts)
        left = wanted - np.add.reduceat(sure.astype(np.intp), starts)


def _sums(whole: Whole, starts: Codes) -> Whole:
    return np.asarray([whole.sum()]) if starts.size == 1 else np.add.reduceat(whole, starts)


def text_of(column: pd.Series[Any], argument: str) -> npt.NDArray[np.str_]:
    """Ids as composed text, so that they sort alike however they were read."""
    no_missing(column, argument)
    if len(column) == 0:
        raise DataError(f"{argument} has no values. Check the filter or the file it came from.")
    if column.dtype.kind in "iu":
        return column.to_numpy().astype(str)
    values = column.astype(object).tolist()
    wrong = next((v for v in values if isinstance(v, bool) or not isinstance(v, (str, int))), None)
    if wrong is not None:
        raise TypeError(
            f"{argument} holds {wrong!r}; an id must be text or a whole number. Turn it into text first."
        )
    text = [str(v) for v in values]
    if not all(map(str.isascii, text)):
        text = [unicodedata.normalize("NFC", v) for v in text]
    return np.array(text, dtype=np.str_)


def no_missing(column: pd.Series[Any], argument: str) -> None:
    """Refuse missing values."""
    missing = np.flatnonzero(column.isna().to_numpy())
    if missing.size:
        raise DataError(
            f"{argument} is missing for {missing.size} units, first in row {missing[0]}. "
            "Fill it in, or drop the rows."
        )
