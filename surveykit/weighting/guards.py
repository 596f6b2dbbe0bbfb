"""Guards that the weighting verbs share."""

from __future__ import annotations

from typing import Any

import numpy as np

from sampling.checks import ArgumentError, check_columns
from surveykit.design import Design, check_design


def check_open(design: Any, verb: str) -> None:
    """Refuse to weight a part: steps are for all rows, and a part is taken afterwards."""
    if check_design(design).subset:
        said = " and ".join(design.subset)
        raise ArgumentError(
            f"{verb}: the design is limited by where={said!r}, but weights are for all rows. "
            "Adjust the weights first, then take the part with where=."
        )


def one_column(design: Design, name: Any, argument: str) -> str:
    """Return the name of one column of the data."""
    found = check_columns(design.data, name, argument)
    if len(found) != 1:
        raise ArgumentError(f"{argument}={name!r}: name one column.")
    return found[0]


def is_number(value: Any) -> bool:
    """Whether a value is a finite number, and not True or False."""
    return (
        isinstance(value, (int, float, np.number))
        and not isinstance(value, bool)
        and bool(np.isfinite(value))
    )


def check_pair(pair: Any, argument: str) -> tuple[float, float]:
    """Return two numbers, the lower first."""
    if (
        not isinstance(pair, (tuple, list))
        or len(pair) != 2
        or not all(v is not None and isinstance(v, (int, float, np.number)) and not np.isnan(v) for v in pair)
    ):
        raise TypeError(f"{argument}={pair!r}: pass two numbers, (lower, upper).")
    low, high = float(pair[0]), float(pair[1])
    if not low < high:
        raise ArgumentError(f"{argument}={pair!r}: the lower bound must lie below the upper.")
    return low, high
