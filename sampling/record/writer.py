"""The language of a record, the numbers of its tables, and whether its lists are made up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

import pandas as pd

from ..format import Lang
from ..sample import Sample
from ..sample.words import unit_word
from .pages import Column, Grid, Kind
from .words import say

__all__ = ["Writer", "is_synthetic"]

MADE_UP = ("giả lập", "synthetic")


def is_synthetic(sample: Sample) -> bool:
    """Whether the plan, or the name or source of one of the lists, says that it is made up."""
    listings = [sample.outline.frame, *(used.listing for stage in sample.stages for used in stage.lists)]
    texts = [sample.outline.name, *(text for one in listings for text in (one.name, one.source))]
    return any(word in text.lower() for text in texts for word in MADE_UP)


@dataclass(frozen=True, eq=False)
class Writer:
    """A sample and the language in which it is told; tables are numbered as they come.

    Attributes
    ----------
    sample, lang : what, and in which language
    tail : added to each caption where the lists are made up
    """

    sample: Sample
    lang: Lang
    tail: str
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @classmethod
    def of(cls, sample: Sample, lang: Lang) -> Writer:
        """Return a writer that starts with table 1."""
        return cls(sample, lang, say("synthetic_tail", lang) if is_synthetic(sample) else "")

    def say(self, phrase: str, **values: object) -> str:
        """Return a phrase in the language of the record."""
        return say(phrase, self.lang, **values)

    def unit(self, stage: str) -> str:
        """Return the word for the units of a stage."""
        return unit_word(stage, self.lang)

    def column(self, key: str, kind: Kind = "text", width: float = 25.0) -> Column:
        """Return a column with its heading."""
        return Column(self.say(f"h.{key}"), kind, width)

    def grid(self, key: str, columns: Sequence[Column], rows: pd.DataFrame) -> Grid:
        """Return a table with its numbered caption and the name of its sheet."""
        text = self.say(f"c.{key}") + self.tail
        caption = self.say("caption", number=next(self.numbers), text=text)
        return Grid(caption, tuple(columns), rows, self.say(f"s.{key}"))
