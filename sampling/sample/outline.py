"""What a plan says, without its lists: frames by name and hash, strata, and the stages in order."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, Literal

from ..checks import ArgumentError, ColumnError, near
from .words import RULES

__all__ = ["KEPT", "Listing", "Outline", "Short", "Stage"]

Short = Literal["error", "all"]
VERSION = 1

#: Keys of a stage in a file, and what their values are.
KINDS = {
    "name": "text", "n": "a whole number", "n_by": "a table of whole numbers", "every": "a whole number",
    "method": "text", "size": "text", "allocation": "text", "certain": "text", "rotate": "a number",
    "sort": "a list of text", "serpentine": "true or false", "balance": "a list of text",
    "coords": "a list of text", "reserve": "a whole number", "short": "text", "carry": "a list of text",
    "parent": "a list of text", "frame": "a table",
}  # fmt: skip
PAIR_SEPARATOR = " × "

#: Columns of the drawn table that no stage may be called.
KEPT = ("stratum", "probability", "weight", "order", "use", "certainty")

#: Columns that the analysis of the sample adds.
TAKEN = ("design_stratum",)


@dataclass(frozen=True)
class Listing:
    """A frame as a plan refers to it: by name, day and hash of its content."""

    name: str
    hash: str
    as_of: dt.date
    source: str
    id: str
    units: int


@dataclass(frozen=True)
class Stage:
    """One stage of a plan; the arguments are those of `Plan.stage`.

    `n_by` is the number for each stratum, in the order of strata, where it is not the same in all;
    `frame` is None while the list of the stage is not known.
    """

    name: str
    n: int | None = None
    n_by: tuple[tuple[str, int], ...] | None = None
    every: int | None = None
    method: str = "srs"
    size: str | None = None
    allocation: str | None = None
    certain: str | None = None
    rotate: float | None = None
    sort: tuple[str, ...] = ()
    serpentine: bool = False
    balance: tuple[str, ...] = ()
    coords: tuple[str, ...] = ()
    reserve: int = 0
    short: Short = "error"
    carry: tuple[str, ...] | None = None
    parent: tuple[str, ...] = ()
    frame: Listing | None = None

    @property
    def by_rule(self) -> bool:
        """Whether units are taken by a rule in the field and not from a list."""
        return self.method in RULES

    def wanted(self, stratum: str) -> int:
        """Return the number to draw in a stratum at the first stage, in a unit of that stratum later."""
        if self.n_by is None:
            return int(self.n or 0)
        return dict(self.n_by)[stratum]

    def to_dict(self) -> dict[str, Any]:
        """Return what differs from the defaults, ready for TOML."""
        found: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if field.default is not MISSING and value == field.default:
                continue
            found[field.name] = list(value) if isinstance(value, tuple) else value
        if self.n_by is not None:
            found["n_by"] = dict(self.n_by)
        if self.frame is not None:
            found["frame"] = listing_dict(self.frame)
        return found

    @classmethod
    def from_dict(cls, table: Mapping[str, Any], where: str) -> Stage:
        """Read what `to_dict` returned; `where` names the place in an error."""
        for key, value in table.items():
            if key not in KINDS:
                raise ColumnError(f"{where}: {key!r} is not a key of a stage.{near(key, KINDS)}")
            if not _is(value, KINDS[key]):
                raise ArgumentError(f"{where}.{key}={value!r}: {KINDS[key]} is needed here.")
        if "name" not in table:
            raise ColumnError(f"{where}: the key 'name' is missing. Give the stage its name.")
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}
        if "n_by" in table:
            values["n_by"] = tuple(table["n_by"].items())
        if "frame" in table:
            values["frame"] = listing_from(table["frame"], f"{where}.frame")
        return cls(**values)


@dataclass(frozen=True)
class Outline:
    """What a plan says, without its lists.

    Attributes
    ----------
    name : what the plan is for
    frame : the list of the first stage
    strata : columns of the frame whose crossing gives the strata
    stages : the stages in order
    """

    name: str
    frame: Listing
    strata: tuple[str, ...]
    stages: tuple[Stage, ...]

    @property
    def hash(self) -> str:
        """SHA-256 of what the plan says: the same however its file is written."""
        text = json.dumps(self.to_dict(), sort_keys=True, ensure_ascii=False, default=str)
        return hashlib.sha256(text.encode("utf-8")).hexdigest()

    def stage(self, name: str | None, argument: str = "stage") -> int:
        """Return the number of a stage from 0."""
        names = [stage.name for stage in self.stages]
        if name not in names:
            raise ColumnError(f"{argument}={name!r}: the plan has no such stage.{near(name, names)}")
        return names.index(str(name))

    def to_dict(self) -> dict[str, Any]:
        """Return the table `plan` of the file, without its hash."""
        return {
            "version": VERSION,
            "name": self.name,
            "strata": list(self.strata),
            "frame": listing_dict(self.frame),
            "stages": [stage.to_dict() for stage in self.stages],
        }

    @classmethod
    def from_dict(cls, table: Mapping[str, Any], where: str) -> Outline:
        """Read what `to_dict` returned; `where` names the file in an error."""
        known = ("version", "name", "strata", "frame", "stages", "hash", "seed")
        for key in table:
            if key not in known:
                raise ColumnError(f"{where}: 'plan.{key}' is not a key of a plan.{near(key, known)}")
        for key in ("version", "name", "frame", "stages"):
            if key not in table:
                raise ColumnError(f"{where}: the key 'plan.{key}' is missing. Write it as Plan.to_toml does.")
        if table["version"] != VERSION:
            raise ArgumentError(
                f"{where}: plan.version={table['version']!r} is not known; this library reads {VERSION}. "
                "Read the file with the library that wrote it."
            )
        stages = tuple(
            Stage.from_dict(stage, f"{where}: plan.stages[{i}]") for i, stage in enumerate(table["stages"], 1)
        )
        frame = listing_from(table["frame"], f"{where}: plan.frame")
        return cls(table["name"], frame, tuple(table.get("strata", ())), stages)


def _is(value: Any, kind: str) -> bool:
    """Whether a value read from a file is of a kind."""
    if kind == "a table of whole numbers":
        return isinstance(value, Mapping) and all(_is(v, "a whole number") for v in value.values())
    if kind == "a list of text":
        return isinstance(value, list) and all(isinstance(v, str) for v in value)
    if isinstance(value, bool):
        return kind == "true or false"
    types: dict[str, Any] = {"text": str, "a whole number": int, "a number": (int, float), "a table": Mapping}
    return kind in types and isinstance(value, types[kind])


def listing_dict(listing: Listing) -> dict[str, Any]:
    return {field.name: getattr(listing, field.name) for field in fields(listing)}


def listing_from(table: Mapping[str, Any], where: str) -> Listing:
    names = [field.name for field in fields(Listing)]
    for key in names:
        if key not in table:
            raise ColumnError(f"{where}: the key {key!r} is missing. Write it as Plan.to_toml does.")
    for key in table:
        if key not in names:
            raise ColumnError(f"{where}: {key!r} is not a key of a frame.{near(key, names)}")
    return Listing(**{key: table[key] for key in names})
