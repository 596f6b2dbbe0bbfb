"""What is known of each stratum: its size, spread, costs and bounds, read from what the caller has."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..checks import ArgumentError, ColumnError, DataError, check_choice, listed, near, shown
from ..codes import texts
from ..frame import Frame

__all__ = [
    "ByStratum",
    "Mask",
    "Measure",
    "Rule",
    "Strata",
    "bounds",
    "by_stratum",
    "labels_of",
    "read_sizes",
    "spread",
    "told",
]

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Measure = Literal["units", "size"]
Rule = Literal["positive", "nonnegative", "share", "deff", "response", "number"]
ByStratum = float | Mapping[Any, float] | npt.ArrayLike

SEPARATOR = " × "
RULES: Mapping[str, str] = {
    "positive": "it must be above 0. Correct it.",
    "nonnegative": "it must be 0 or more. Correct it.",
    "share": "write it as a share between 0 and 1.",
    "deff": "a design effect is 1 or more. Correct it.",
    "response": "write the response rate as a share, above 0 and at most 1.",
    "number": "it must be a number. Correct it.",
}


@dataclass(frozen=True)
class Strata:
    """H strata in the order of the caller.

    Attributes
    ----------
    labels : (H,) names of the strata, text or whole numbers
    size : (H,) units N of the population
    sd : (H,) standard deviation of the variable, or None
    mean : (H,) its mean, or None
    is_share : whether the variable is a share, given by p
    cost : (H,) cost of a unit drawn
    deff, response : (H,) design effect inside the stratum and response rate
    low, high : (H,) whole numbers between which n must lie
    """

    labels: tuple[Any, ...]
    size: Array
    sd: Array | None
    mean: Array | None
    is_share: bool
    cost: Array
    deff: Array
    response: Array
    low: Array
    high: Array

    def __len__(self) -> int:
        return len(self.labels)

    def only(self, i: int) -> Strata:
        """Return one stratum."""
        one = slice(i, i + 1)
        return Strata(
            self.labels[one],
            self.size[one],
            None if self.sd is None else self.sd[one],
            None if self.mean is None else self.mean[one],
            self.is_share,
            *(array[one] for array in (self.cost, self.deff, self.response, self.low, self.high)),
        )

    @property
    def rank(self) -> npt.NDArray[np.intp]:
        """Place of each stratum among those that are otherwise equal: by size, then by name."""
        names = np.array([f"{x:020d}" if isinstance(x, int) else str(x) for x in self.labels], dtype=np.str_)
        place = np.empty(len(names), dtype=np.intp)
        place[np.lexsort((names, -self.size))] = np.arange(len(names))
        return place


def read_sizes(sizes: Any, measure: Measure = "units") -> pd.Series[float]:
    """Return the size of each stratum by its name.

    Parameters
    ----------
    sizes : Series, mapping, array or Frame
        Units of each stratum; a Frame is counted by its strata, or its sizes are added up.
    measure : {"units", "size"}
        What of a Frame counts: its units or their sizes.

    Returns
    -------
    (H,) Series of numbers above 0.
    """
    check_choice(measure, ("units", "size"), "measure")
    if isinstance(sizes, Frame):
        return _of_frame(sizes, measure)
    if measure == "size":
        raise ArgumentError("measure='size' is for a Frame. Leave it out, and pass the sizes of the strata.")
    if isinstance(sizes, (pd.DataFrame, str)) or np.ndim(sizes) > 1:
        raise TypeError(
            f"sizes is a {type(sizes).__name__}; pass a Series with a number for each stratum, a mapping, "
            "a list or a Frame."
        )
    column = pd.Series(dict(sizes)) if isinstance(sizes, Mapping) else pd.Series(sizes)
    if len(column) == 0:
        raise DataError("sizes has no strata. Check the filter or the file it came from.")
    labels = labels_of(column.index, "sizes")
    values = _checked(column, labels, "sizes", "positive", one=False)
    less = [label for label, value in zip(labels, values, strict=True) if value < 1]
    if less:
        raise DataError(
            f"sizes is below 1 for {listed(less, 3)}. Pass the number of units in a stratum, not its share."
        )
    return pd.Series(values, index=pd.Index(labels, name="stratum"), name="size")


def _of_frame(frame: Frame, measure: Measure) -> pd.Series[float]:
    names = list(frame.strata or ())
    if not names:
        raise ArgumentError(
            f"sizes: the frame {frame.name!r} has no strata. Name their columns: Frame(..., strata=...)."
        )
    parts = [np.array(texts(frame.units[name]), dtype=object) for name in names]
    for name, part in zip(names, parts, strict=True):
        none = int((part == "").sum())
        if none:
            raise DataError(
                f"sizes: {none} units of {frame.name!r} have no value in strata={name!r}. "
                "Fill it in, or leave these units out of the frame."
            )
    joined = parts[0]
    for part in parts[1:]:
        joined = joined + SEPARATOR + part
    if measure == "units":
        found = pd.Series(joined).value_counts(sort=False).astype(float)
    elif frame.size is None:
        raise ArgumentError(
            f"measure='size': the frame {frame.name!r} has no measure of size. Name it: Frame(..., size=...)."
        )
    else:
        ids = texts(frame.units[frame.id])
        size = _checked(frame.units[frame.size], ids, f"size={frame.size!r}", "positive", one=False)
        found = pd.Series(size).groupby(joined, sort=False).sum()
    return found.rename_axis("stratum").rename("size").sort_index()


def labels_of(index: Sequence[Any] | pd.Index[Any], argument: str) -> list[Any]:
    """Return names of strata as composed text or whole numbers, each of them once."""
    found = [_label(value, argument) for value in index]
    twice = [label for label, many in pd.Series(found, dtype=object).value_counts().items() if many > 1]
    if twice:
        raise DataError(f"{argument} has {listed(twice, 3)} more than once. Give each stratum one value.")
    return found


def _label(value: Any, argument: str) -> Any:
    if isinstance(value, tuple):
        return SEPARATOR.join(texts(pd.Series(list(value), dtype=object)))
    if pd.isna(value):
        raise DataError(f"{argument} has a stratum without a name. Name it, or leave it out.")
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return int(value)
    return unicodedata.normalize("NFC", str(value))


def by_stratum(
    value: Any, labels: Sequence[Any], argument: str, rule: Rule, *, usual: Array | None = None
) -> Array:
    """Return a value for each stratum, from one for all, a list in their order, or values by name.

    Parameters
    ----------
    value : number, Series, mapping or array
    labels : (H,) names of the strata
    argument : what the caller calls it
    rule : what the values must be
    usual : (H,) what the strata have that values by name leave out; without it none may be left out

    Returns
    -------
    (H,) array.
    """
    count = len(labels)
    if np.ndim(value) == 0 and not isinstance(value, (Mapping, str)):
        return np.full(count, _checked(pd.Series([value]), [argument], argument, rule, one=True)[0])
    if not isinstance(value, (Mapping, pd.Series)):
        column = pd.Series(value)
        if len(column) != count:
            raise ArgumentError(
                f"{argument} has {len(column)} values for {count} strata. Pass one for each, in their order, "
                "or values by the names of the strata."
            )
        return _checked(column, labels, argument, rule, one=False)
    column = pd.Series(dict(value)) if isinstance(value, Mapping) else value
    named = labels_of(column.index, argument)
    unknown = [name for name in named if name not in labels]
    if unknown:
        raise ColumnError(
            f"{argument} names {shown(unknown[0])}, and sizes has no such stratum.{near(unknown[0], labels)}"
        )
    absent = [label for label in labels if label not in named]
    if absent and usual is None:
        raise ColumnError(f"{argument} has no value for {listed(absent, 3)}. Add it.")
    given = dict(zip(named, _checked(column, named, argument, rule, one=False), strict=True))
    kept = np.zeros(count) if usual is None else usual
    return np.array([given.get(label, kept[i]) for i, label in enumerate(labels)])


def _checked(column: pd.Series[Any], labels: Sequence[Any], argument: str, rule: Rule, *, one: bool) -> Array:
    """Return numbers that follow a rule; refuse the first that does not, by its stratum."""
    none = [label for label, missing in zip(labels, column.isna(), strict=True) if missing]
    if none:
        raise DataError(f"{argument} is missing{'' if one else f' for {listed(none, 3)}'}. Fill it in.")
    wrong = [
        x for x in column if isinstance(x, (bool, np.bool_)) or not isinstance(x, (int, float, np.number))
    ]
    if wrong:
        raise TypeError(
            f"{argument} holds {shown(wrong[0])}, and it must be a number. Turn it into a number first."
        )
    values = column.to_numpy(dtype=np.float64)
    for i in map(int, np.flatnonzero(~_follows(values, rule))):
        place = "" if one else f" in {shown(labels[i])}"
        percent = rule in ("share", "response") and 1 < values[i] <= 100
        hint = f" Did you mean {values[i] / 100:g}?" if percent else ""
        error = ArgumentError if one or rule in ("share", "response", "deff") else DataError
        raise error(f"{argument}={values[i]:g}{place}: {RULES[rule]}{hint}")
    return values


def _follows(x: Array, rule: Rule) -> Mask:
    finite = np.isfinite(x)
    kinds = {
        "positive": x > 0,
        "nonnegative": x >= 0,
        "share": (x > 0) & (x < 1),
        "deff": x >= 1,
        "response": (x > 0) & (x <= 1),
        "number": finite,
    }
    return np.asarray(finite & kinds[rule], dtype=np.bool_)


def spread(
    sd: Any, p: Any, mean: Any, labels: Sequence[Any], where: str = ""
) -> tuple[Array | None, Array | None, bool]:
    """Return the standard deviation and the mean in each stratum, and whether they are those of a share.

    A share p has the mean p and the standard deviation sqrt(p (1 - p)). `where` stands before the names of
    the arguments in errors.
    """
    if p is None:
        known = None if sd is None else by_stratum(sd, labels, f"{where}sd", "nonnegative")
        return known, None if mean is None else by_stratum(mean, labels, f"{where}mean", "number"), False
    for name, value in (("sd", sd), ("mean", mean)):
        if value is not None:
            raise ArgumentError(
                f"{where}p and {name} are both given, and p says what {name} is. Pass one of them."
            )
    share = by_stratum(p, labels, f"{where}p", "share")
    return np.sqrt(share * (1 - share)), share, True


def told(assumed: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was given: single values as they are, others as "by stratum"."""
    single = {key: np.ndim(value) == 0 and not isinstance(value, Mapping) for key, value in assumed.items()}
    return {
        key: value if single[key] else "by stratum" for key, value in assumed.items() if value is not None
    }


def bounds(minimum: Any, maximum: Any, size: Array, labels: Sequence[Any]) -> tuple[Array, Array]:
    """Return the whole numbers between which the n of each stratum lies.

    Nothing is above the units there are, and a single minimum for all is lowered to them.
    """
    there = np.floor(size)
    least = np.ones(len(labels))
    low = least if minimum is None else by_stratum(minimum, labels, "minimum", "positive", usual=least)
    high = there if maximum is None else by_stratum(maximum, labels, "maximum", "positive", usual=there)
    for name, values in (("minimum", low), ("maximum", high)):
        broken = np.flatnonzero((values != np.floor(values)) | (values < 1))
        for i in map(int, broken):
            raise ArgumentError(
                f"{name}={values[i]:g} in {shown(labels[i])}: pass a whole number of 1 or more."
            )
    if np.ndim(minimum) == 0 and not isinstance(minimum, Mapping):
        low = np.minimum(low, there)
    for i in map(int, np.flatnonzero(low > there)):
        raise ArgumentError(
            f"minimum={low[i]:g} in {shown(labels[i])}: the stratum has only {there[i]:g} units. Lower it."
        )
    for i in map(int, np.flatnonzero(low > high)):
        raise ArgumentError(
            f"minimum={low[i]:g} is above maximum={high[i]:g} in {shown(labels[i])}. "
            "Lower one, or raise the other."
        )
    return low, np.minimum(high, there)
