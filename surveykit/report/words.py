"""Sentences of the report, and numbers as they stand in a sentence."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sampling import format as fmt
from sampling.checks import ColumnError, near
from sampling.format import Lang

__all__ = ["TEMPLATES", "Words"]

TEMPLATES = Path(__file__).parents[1] / "templates"


@cache
def sentences(lang: Lang) -> dict[str, str]:
    """Return every sentence of a language by its dotted key."""
    tables = tomllib.loads((TEMPLATES / f"{lang}.toml").read_text(encoding="utf-8"))
    return {f"{name}.{key}": text for name, table in tables.items() for key, text in table.items()}


@dataclass(frozen=True)
class Words:
    """Sentences in one language, with the confidence level that they name.

    Examples
    --------
    >>> Words("vi").say("label.source", source="tự khảo sát")
    'Nguồn: tự khảo sát.'
    """

    lang: Lang
    level: float = 0.95

    def say(self, key: str, **values: Any) -> str:
        """Return a sentence with its names filled in; {level} is known to all."""
        known = sentences(self.lang)
        if key not in known:
            raise ColumnError(f"{key!r} is not a sentence of {self.lang}.toml.{near(key, known)}")
        return known[key].format(**({"level": self.level_text} | values))

    @property
    def level_text(self) -> str:
        """The confidence level in per cent."""
        whole = round(100 * self.level, 6).is_integer()
        return fmt.percent(self.level, 0 if whole else 1, self.lang)

    def date(self, day: Any) -> str:
        """Return a date."""
        return fmt.date(day, self.lang)

    def count(self, n: Any) -> str:
        """Return a whole number."""
        return fmt.integer(n, self.lang)

    def share(self, value: float, se: float = float("nan")) -> str:
        """Return a share in per cent, with the decimals its standard error deserves."""
        return fmt.percent(value, decimals(se), self.lang)

    def share_interval(self, low: float, high: float, se: float) -> str:
        """Return the interval of a share, with its name."""
        ends = fmt.interval(low, high, decimals(se), self.lang)
        return self.say("summary.interval", ends=ends)

    def points(self, value: float, se: float) -> str:
        """Return a difference of shares in percentage points."""
        return fmt.points(value, decimals(se), self.lang)

    def points_ends(self, low: float, high: float, se: float) -> str:
        """Return the two ends of a difference, without the name of the interval."""
        return fmt.interval(low, high, decimals(se), self.lang, unit="points")

    def points_interval(self, low: float, high: float, se: float) -> str:
        """Return the interval of a difference, with its name."""
        return self.say("summary.interval", ends=self.points_ends(low, high, se))


def decimals(se: float) -> int:
    """Return how many decimals of a percentage a standard error (of the share) deserves; two at most."""
    return min(fmt.decimals_for(100 * se), 2)
