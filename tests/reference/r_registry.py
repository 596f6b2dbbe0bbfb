"""The table that says which function answers which stored R call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reference import cases
from reference.shapes import Tree

import surveykit as sv

Case = dict[str, Any]
CALLS: dict[str, Callable[[Case], Tree]] = {}


def call(*names: str) -> Callable[[Callable[[Case], Tree]], Callable[[Case], Tree]]:
    """Enter a function for the cases with these ids; it returns our results in R's shape."""

    def enter(function: Callable[[Case], Tree]) -> Callable[[Case], Tree]:
        CALLS.update(dict.fromkeys(names, function))
        return function

    return enter


def alike(prefix: str) -> list[str]:
    """Return the ids of the cases whose name begins so."""
    return [name for name in cases.r_cases() if name.startswith(prefix) and name not in cases.WAITING]


def df(est: sv.Estimates) -> float:
    """Return the degrees of freedom of the first row."""
    return float(est.df.iloc[0])


def waits(reason: str, *names: str) -> None:
    """Enter cases that need what is left out or not yet built, and why."""
    cases.WAITING.update(dict.fromkeys(names, reason))


def decided(name: str, decision: str) -> None:
    """Enter how a case with a caveat was decided; the table of differences has the numbers."""
    cases.DECIDED[name] = decision


def compared_in_part(name: str, left_out: set[str], reason: str) -> None:
    """Enter the parts of a case that are not compared, and why."""
    cases.PARTS[name] = (left_out, reason)
