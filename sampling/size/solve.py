"""From a target to n: the smallest simple random sample that is enough, then the forms of the field."""

from __future__ import annotations

import math
from collections.abc import Callable

from ..checks import ArgumentError
from ..format import integer
from .field import Field, Kind
from .tails import crossing, up

__all__ = ["enough_forms", "rounded", "smallest"]

LEAST = 1e-3  # people: where the search begins


def enough_forms(field: Field, kind: Kind, enough: Callable[[float], bool], target: str) -> float:
    """Return the forms, not yet rounded, from which a simple random sample of their worth is enough.

    Parameters
    ----------
    field : what lies between the sample of the formula and the forms
    kind : of the finite population correction
    enough : tells of a simple random sample from a population without end whether it reaches the target
    target : the target in words, for the error
    """
    srs = crossing(enough, LEAST)
    return math.inf if srs is None else checked_forms(field.forms(srs, kind), field, target)


def checked_forms(exact: float, field: Field, target: str) -> float:
    """Return the forms if the population has so many people."""
    if up(exact) > field.most:
        raise ArgumentError(
            f"{target}: {integer(up(exact), 'en')} forms would be needed, and the population has "
            f"{integer(field.most, 'en')} people. Ask everyone, or take a wider target."
        )
    return exact


def smallest(
    enough: Callable[[float], bool], most: float, target: str, mend: str, least: float = LEAST
) -> float:
    """Return the smallest real number from which a target is reached; none is an error."""
    found = crossing(enough, least, most) if math.isfinite(most) else crossing(enough, least)
    if found is None:
        raise ArgumentError(f"{target}: no sample reaches it. {mend}")
    return found


def rounded(exact: float) -> int:
    """Round the forms up, to at least one."""
    return max(up(exact), 1)
