"""The lists of units of a sample as they are printed: main units, reserves in order, and their hash."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..format import Lang
from ..sample import Sample
from ..sample.words import USES, unit_word
from .pages import Column, Kind
from .words import say

__all__ = ["Lists", "drawn_stages", "reserves_of"]

RESERVE = ("reserve", "released")
PEOPLE = ("household", "adult", "citizen", "respondent", "visitor", "person")  # whose names no record needs


def drawn_stages(sample: Sample) -> list[str]:
    """Return the stages that were drawn, outermost first."""
    return [stage.name for stage in sample.stages if stage.name in sample.table.columns]


def reserves_of(sample: Sample) -> npt.NDArray[np.bool_]:
    """Mark the rows drawn as reserves, whatever became of them."""
    table, names = sample.table, drawn_stages(sample)
    found = table["use"].isin(RESERVE).to_numpy(dtype=bool, copy=True)
    released = set(zip(sample.log["stage"], sample.log["parent"], sample.log["reserve"], strict=True))
    for row in np.flatnonzero((table["use"] == "replaced").to_numpy()) if released else ():
        ids = table[names].iloc[row].dropna().tolist()
        top = table["stratum"].iloc[row] if "stratum" in table else ""
        parent = "/".join(ids[:-1]) if len(ids) > 1 else top
        found[row] = (names[len(ids) - 1], parent, ids[-1]) in released
    return found


@dataclass(frozen=True, eq=False)
class Lists:
    """The lists of units of a sample in one language.

    Main units are those drawn as such, also where a reserve took their place later.

    Attributes
    ----------
    sample, lang : what, and in which language
    spare : (rows of the table,) True for rows drawn as reserves
    """

    sample: Sample
    lang: Lang
    spare: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, sample: Sample, lang: Lang) -> Lists:
        """Return the lists of a sample."""
        return cls(sample, lang, reserves_of(sample))

    @property
    def hash(self) -> str:
        """SHA-256 of the ids, the order and the kind (main or reserve) of every unit as drawn."""
        table = self.sample.table
        columns = [table[name].fillna("").astype(str).tolist() for name in drawn_stages(self.sample)]
        columns.append(table["order"].astype(int).astype(str).tolist())
        columns.append(np.where(self.spare, "reserve", "main").tolist())
        rows = sorted(map("\x1f".join, zip(*columns, strict=True)))
        return hashlib.sha256("\x1e".join(rows).encode("utf-8")).hexdigest()

    def rows(self, *, reserve: bool) -> pd.DataFrame:
        """Return the list of main units, or of reserves, with the values of its columns as they are."""
        found = self.sample.table[self.spare == reserve].reset_index(drop=True)
        sure = np.where(found["certainty"].to_numpy(dtype=bool), say("yes", self.lang), "")
        words = {use: pair[self.lang == "en"] for use, pair in USES.items()}
        words["empty"] = say("empty", self.lang)
        use = [words[name] for name in found["use"]]
        found = found.assign(row=np.arange(1, len(found) + 1), use=use, certainty=sure)
        names = [name for name, _ in self._spec(reserve)]
        return pd.DataFrame(found[names])

    def columns(self, *, reserve: bool) -> tuple[Column, ...]:
        """Return the columns of the list of main units, or of reserves."""
        return tuple(column for _, column in self._spec(reserve))

    def _spec(self, reserve: bool) -> list[tuple[str, Column]]:
        table = self.sample.table
        found = [("row", self._column("row", "count", 12.0))]
        if self.sample.outline.strata:
            found.append(("stratum", self._column("stratum", "text", 34.0)))
        for name in drawn_stages(self.sample):
            word = unit_word(name, self.lang)
            found.append((name, Column(say("h.code", self.lang, unit=word), "text", 24.0)))
            if f"{name}_name" in table.columns and name not in PEOPLE:
                found.append((f"{name}_name", Column(say("h.name", self.lang, unit=word), "text", 34.0)))
        if reserve:
            found.append(("order", self._column("order", "count", 16.0)))
        else:
            found.append(("probability", self._column("probability", "probability", 24.0)))
            found.append(("weight", self._column("weight", "weight", 22.0)))
            if table["certainty"].any():
                found.append(("certainty", self._column("sure", "text", 20.0)))
        if len(set(table["use"][self.spare == reserve])) > 1:
            found.append(("use", self._column("use", "text", 32.0)))
        return found

    def _column(self, key: str, kind: Kind, width: float) -> Column:
        return Column(say(f"h.{key}", self.lang), kind, width)
