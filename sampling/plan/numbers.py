"""How many units a stage draws: a total shared out over strata, a number for each, or one for all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from ..allocation import Method, allocate
from ..checks import ArgumentError, ColumnError, near
from ..codes import texts
from ..frame import Frame
from ..sample.listing import size_of, stratum_labels
from ..sample.outline import PAIR_SEPARATOR, Stage

__all__ = ["Numbers", "check_total", "first_numbers", "later_numbers"]

#: A total, numbers by stratum, or the result of `allocate`.
Numbers = Any
LEAST = 2  # units of each stratum, so that its variance can be estimated


def first_numbers(
    stage: Stage, frame: Frame, strata: tuple[str, ...], n: Numbers, n_each: int | None, allocation: Method
) -> Stage:
    """Return the first stage with the number for each stratum."""
    if (n is None) == (n_each is None):
        raise ArgumentError(
            f"stage {stage.name!r}: say how many units to draw: n= (in all) or n_each= (in each stratum)."
        )
    counts = pd.Series(stratum_labels(frame, strata)).value_counts().sort_index()
    if n_each is not None:
        stage = replace(stage, n=_whole(n_each, "n_each", stage.name))
    elif not _is_one(n):
        stage = replace(stage, n_by=_by_stratum(stage, n, list(counts.index), bool(strata)))
    elif strata:
        total = _whole(n, "n", stage.name)
        shares = _shared_out(stage, frame, strata, total, counts, allocation)
        stage = replace(stage, n=total, n_by=shares, allocation=allocation)
    else:
        stage = replace(stage, n=_whole(n, "n", stage.name))
    _check_counts(stage, counts)
    return stage


def check_total(stage: Stage, frame: Frame, strata: tuple[str, ...]) -> None:
    """Refuse the first stage of a file whose numbers do not fit each other or the frame."""
    labels = stratum_labels(frame, strata)
    if stage.n_by is not None:
        _by_stratum(stage, dict(stage.n_by), sorted(set(labels)), bool(strata))
        total = sum(k for _, k in stage.n_by)
        if stage.n is not None and total != stage.n:
            raise ArgumentError(
                f"stage {stage.name!r}: n={stage.n}, and n_by adds up to {total}. Correct one of the two."
            )
    elif stage.n is None:
        raise ArgumentError(f"stage {stage.name!r}: say how many units to draw: n= or n_by.")
    _check_counts(stage, pd.Series(labels).value_counts().sort_index())


def _check_counts(stage: Stage, counts: pd.Series[int]) -> None:
    """Refuse more units than a stratum holds."""
    if stage.short == "all":
        return
    for label, N in counts.items():
        wanted = stage.wanted(str(label))
        if wanted > N:
            where = f" for the stratum {label!r}" if label else ""
            raise ArgumentError(
                f"stage {stage.name!r}: n={wanted}{where}, which has {N} units. Draw {N} or fewer, or pass "
                "short='all'."
            )


def _shared_out(
    stage: Stage,
    frame: Frame,
    strata: tuple[str, ...],
    total: int,
    counts: pd.Series[int],
    allocation: Method,
) -> tuple[tuple[str, int], ...]:
    """Share a total out over the strata, by size if one is used, else by the number of units."""
    sizes = counts.astype(np.float64)
    column = size_of(stage, frame)
    if column is not None:
        label = stratum_labels(frame, strata)
        sums = frame.units[column].astype(np.float64).groupby(label).sum().reindex(counts.index)
        sizes = sums * max(
            1.0, float((counts / sums).max())
        )  # a common factor, so that none is below its units
    found = allocate(sizes, total, method=allocation, minimum=LEAST, maximum=counts)
    return tuple((str(label), int(k)) for label, k in found.n.items())


def later_numbers(stage: Stage, frame: Frame, strata: tuple[str, ...], n: Numbers) -> Stage:
    """Return a later stage with the number in each unit above, the same everywhere or by stratum."""
    if n is None:
        raise ArgumentError(f"stage {stage.name!r}: say how many units to draw in each unit above: n=.")
    if _is_one(n):
        return replace(stage, n=_whole(n, "n", stage.name))
    labels = sorted(set(stratum_labels(frame, strata)))
    return replace(stage, n_by=_by_stratum(stage, n, labels, bool(strata)))


def _is_one(n: Numbers) -> bool:
    return not isinstance(n, (Mapping, pd.Series)) and not hasattr(n, "n")


def _by_stratum(stage: Stage, n: Numbers, labels: list[str], strata: bool) -> tuple[tuple[str, int], ...]:
    """Return the numbers by stratum, in the order of strata."""
    if not strata:
        raise ArgumentError(
            f"stage {stage.name!r}: n is given by stratum, and the plan has no strata. Pass one number, or "
            "Plan(frame, strata='...')."
        )
    given: Any = n if isinstance(n, (Mapping, pd.Series)) else n.n
    found = {_label(key): value for key, value in given.items()}
    for label in found:
        if label not in labels:
            hint = near(label, labels)
            raise ColumnError(f"stage {stage.name!r}: n names {label!r}, which is no stratum.{hint}")
    missing = [label for label in labels if label not in found]
    if missing:
        raise ColumnError(
            f"stage {stage.name!r}: n has no number for the stratum {missing[0]!r}. Add it, or leave its "
            "units out of the frame."
        )
    return tuple((label, _whole(found[label], f"n for {label!r}", stage.name)) for label in labels)


def _label(key: Any) -> str:
    return PAIR_SEPARATOR.join(texts(pd.Series(list(key) if isinstance(key, tuple) else [key], dtype=object)))


def _whole(value: Any, argument: str, name: str) -> int:
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ArgumentError(f"stage {name!r}, {argument}={value!r}: pass a whole number of 1 or more.")
    return int(value)
