"""What a drawn sample is made of: blocks of units drawn together, and how each stage was drawn."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from .outline import Listing

__all__ = ["Block", "DrawnList", "DrawnStage", "Kind"]

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]
Kind = Literal["exact", "approx", "none"]


@dataclass(frozen=True, eq=False)
class Block:
    """Units of one stage drawn together: in one stratum, or in one unit of the stage above.

    Attributes
    ----------
    ids : the units drawn, in the order of selection; a reserve takes the place of the unit it stands for
    probability : (n,) inclusion probability of each, given the unit above
    method : how they were drawn
    kind : what the joint probabilities are: "exact", "approx" or "none"
    measurable : whether every pair of units of the block's population could be drawn together
    formula : where the joint probabilities come from
    joint : (n, n) joint probabilities, or None where they follow from n and N, are not known, or n is large
    x : (n, k) values that the units were balanced on or spread over, or None
    N : units in the block's population
    certainty : (n,) True for units taken with certainty
    """

    ids: tuple[str, ...]
    probability: Array
    method: str
    kind: Kind
    measurable: bool
    formula: str
    joint: Array | None
    x: Array | None
    N: int
    certainty: Mask

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        return f"Block({len(self)} of {self.N}, {self.method!r}, joint {self.kind!r})"


@dataclass(frozen=True)
class DrawnList:
    """A list from which units of one stage were drawn, and the stream of random numbers they took.

    `parents` counts the strata or units above in which units were drawn, `N` the units listed there.
    """

    listing: Listing
    parents: int
    N: int
    n: int
    stream: tuple[int, ...]


@dataclass(frozen=True)
class DrawnStage:
    """How one stage was drawn.

    Attributes
    ----------
    name, method : as in the plan
    N : units listed in the strata or in the units drawn above
    n : units drawn, reserves not counted
    reserve : reserves put in order
    short : units above that hold fewer units than the plan asks for, all of which were taken
    lists : the lists used, in the order in which they came
    """

    name: str
    method: str
    N: int
    n: int
    reserve: int = 0
    short: int = 0
    lists: tuple[DrawnList, ...] = ()

    @property
    def frame(self) -> str:
        """Name of the list; several are joined."""
        return "; ".join(_distinct(used.listing.name for used in self.lists))

    @property
    def hash(self) -> str:
        """Hash of the content of the list; several are joined."""
        return "; ".join(_distinct(used.listing.hash for used in self.lists))

    @property
    def as_of(self) -> dt.date | None:
        """Day of the (latest) list."""
        return max((used.listing.as_of for used in self.lists), default=None)

    @property
    def stream(self) -> tuple[int, ...]:
        """Seed of the (first) draw of the stage."""
        return self.lists[0].stream if self.lists else ()

    def plus(self, other: DrawnStage) -> DrawnStage:
        """Return the stage with a later draw of it added."""
        return DrawnStage(
            self.name,
            self.method,
            self.N + other.N,
            self.n + other.n,
            self.reserve + other.reserve,
            self.short + other.short,
            self.lists + other.lists,
        )


def _distinct(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
