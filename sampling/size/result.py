"""The result of every size function: numbers, assumptions, a sentence, a table and a curve."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from types import NoneType
from typing import Any

import numpy as np
import pandas as pd

from ..checks import ArgumentError, check_choice
from ..format import LANGS, Lang
from .field import Field
from .limits import limits
from .sentences import sentence
from .words import assumption_rows

__all__ = ["Call", "SizeResult"]

#: Other values of an assumption that `sensitivity()` tries: added, or multiplied.
STEPS: Mapping[str, tuple[str, tuple[float, ...]]] = {
    "p": ("add", (-0.1, -0.05, 0, 0.05, 0.1)),
    "p1": ("add", (-0.1, -0.05, 0, 0.05, 0.1)),
    "p2": ("add", (-0.01, 0, 0.01)),
    "sd": ("times", (0.8, 1, 1.25)),
    "cv_population": ("times", (0.8, 1, 1.25)),
    "margin": ("times", (0.75, 1, 1.5)),
    "relative_margin": ("times", (0.75, 1, 1.5)),
    "cv": ("times", (0.75, 1, 1.5)),
    "effect": ("times", (0.75, 1, 1.25)),
    "deff": ("add", (-1, -0.5, 0, 0.5, 1, 2)),
    "icc": ("add", (-0.02, 0, 0.02, 0.05)),
    "take": ("times", (0.5, 1, 1.5)),
    "response": ("add", (-0.2, -0.1, 0, 0.1)),
    "rho": ("add", (-0.2, 0, 0.2)),
    "stability": ("add", (-0.2, 0, 0.2)),
    "overlap": ("add", (-0.5, -0.25, 0, 0.25, 0.5)),
    "power": ("add", (0, 0.1)),
    "level": ("add", (-0.05, 0, 0.04)),
}
COLUMNS = ("n", "n_answered", "total", "margin", "power", "effect")
#: For the true share of a threshold, which is near it.
NEAR = (-0.02, -0.01, 0, 0.01, 0.02)


@dataclass(frozen=True)
class Call:
    """How a result was asked for, so that it can be asked for again with other assumptions.

    `size` is the argument that holds n, `targets` those that n takes the place of.
    """

    function: Callable[..., SizeResult]
    arguments: Mapping[str, Any]
    size: str = "n"
    targets: tuple[str, ...] = ()


@dataclass(frozen=True)
class SizeResult:
    """A sample size with all that it rests on.

    Attributes
    ----------
    kind : "proportion", "mean", "total", "difference", "change", "did", "threshold", "acceptance", "yamane"
        or "krejcie-morgan"
    solved : "n" (for a DiD "communes" or "take"), "margin", "power" or "effect": what was left out and found
    n : people to select, that is forms to hand out, rounded up once at the end; in the first group where
        there are two, in the first wave for a change, in both arms and one wave for a DiD
    exact : n before rounding
    n_answered : answers that these bring, rounded to the nearest
    total : people to select in one round of the survey, all groups together
    groups : name and n of each group, wave or arm
    clusters : clusters in the sample of n, None where the take is not given
    margin, relative_margin, cv, se : half the length of the interval, its ratio to the estimate, standard
        error over the estimate, standard error; None where they have no meaning
    power, effect : of the test, if there is one
    critical : answers "yes" from which a threshold is shown, or errors up to which a lot is accepted
    assumptions : everything that went in, by name; those of `assumed` were not given
    field : level, design effect, response, population
    """

    kind: str
    solved: str
    n: int
    exact: float
    n_answered: int
    total: int
    groups: tuple[tuple[str, int], ...]
    clusters: int | None
    assumptions: Mapping[str, Any]
    field: Field
    assumed: tuple[str, ...] = ()
    margin: float | None = None
    relative_margin: float | None = None
    cv: float | None = None
    se: float | None = None
    power: float | None = None
    effect: float | None = None
    critical: int | None = None
    call: Call | None = dataclasses.field(default=None, repr=False, compare=False)

    def sentence(self, lang: Lang = "vi") -> str:
        """Return the result in one sentence, in Vietnamese or English."""
        check_choice(lang, LANGS, "lang")
        return sentence(self, lang)

    def limits(self, lang: Lang = "vi") -> tuple[str, ...]:
        """Return what was assumed without being said, and what the number leaves out."""
        check_choice(lang, LANGS, "lang")
        return limits(self, lang)

    def again(self, changes: Mapping[str, Any]) -> SizeResult:
        """Return the result of the same question with some arguments changed."""
        call = self._call()
        unknown = [name for name in changes if name not in call.arguments]
        if unknown:
            raise ArgumentError(f"changes={unknown}: the question has {', '.join(call.arguments)}.")
        return call.function(**{**call.arguments, **changes})

    def _call(self) -> Call:
        if self.call is None:
            raise ArgumentError(
                f"a result of kind {self.kind!r} cannot be asked again with other assumptions."
            )
        return self.call

    def sensitivity(self, values: Mapping[str, Sequence[Any]] | None = None) -> pd.DataFrame:
        """Return how the answer moves when one assumption changes and the others stay.

        Parameters
        ----------
        values : mapping of an argument to the values to try, optional
            By default some steps below and above each assumption in use.

        Returns
        -------
        pd.DataFrame with assumption, value, n, n_answered, total, whichever of margin, power and effect there
        is, and base (True in the rows of this result itself); reason says why a row has no answer.
        """
        tried = self._tried() if values is None else values
        rows = [self._row(name, value) for name, some in tried.items() for value in some]
        table = pd.DataFrame(rows)
        return table.drop(
            columns=[c for c in ("margin", "power", "effect", "reason") if table[c].isna().all()]
        )

    def _tried(self) -> dict[str, list[float]]:
        asked = self._call().arguments
        tried: dict[str, list[float]] = {}
        idle = {"icc" if self.field.icc is None and self.kind != "did" else "deff"}
        idle |= {"p1", "effect"} if asked.get("p2") is not None else set()
        idle |= {"sd", "mean"} if asked.get("cv_population") is not None else set()
        idle |= {"overlap"} if asked.get("rho") is None and asked.get("pxy") is None else set()
        idle |= set(self._held())
        for name, (how, steps) in STEPS.items():
            base = self.assumptions.get(name)
            if name not in asked or name in idle or isinstance(base, (bool, tuple, NoneType, str)):
                continue
            by = NEAR if self.kind == "threshold" and name == "p" else steps
            moved = [base + s if how == "add" else base * s for s in by]
            tried[name] = [round(v, 10) for v in moved if _possible(name, v)]
        return tried

    def _row(self, name: str, value: Any) -> dict[str, Any]:
        base = self.assumptions.get(name)
        same = base == value
        if isinstance(base, (int, float)) and isinstance(value, (int, float)):
            same = math.isclose(base, value)
        row = {"assumption": name, "value": value, **dict.fromkeys(COLUMNS), "base": same, "reason": None}
        try:
            found = self.again({**self._without(name), name: value})
        except (ArgumentError, TypeError) as error:
            return {**row, "reason": str(error)}
        return {**row, **{column: getattr(found, column) for column in COLUMNS}}

    def _without(self, name: str) -> dict[str, Any]:
        """Return the arguments that must give way to another."""
        other = {"deff": "icc", "icc": "deff"}.get(name, "")
        return {other: None} if self._call().arguments.get(other) is not None else {}

    def curve(self, n: Sequence[int] | None = None) -> pd.DataFrame:
        """Return the margin, or the power, against n.

        Parameters
        ----------
        n : sequence of int, optional
            By default 25 sizes from a quarter of n to twice n, within the population.

        Returns
        -------
        pd.DataFrame with n (communes for a DiD), n_answered, total and margin or power
        """
        call = self._call()
        column = (
            "power" if self.power is not None else "margin" if self.margin is not None else "relative_margin"
        )
        sizes = self._sizes() if n is None else n
        held = {**dict.fromkeys(call.targets), **self._held()}
        found = [self.again({**held, call.size: int(k)}) for k in sizes]
        return pd.DataFrame(
            {
                call.size: [int(k) for k in sizes],
                "n_answered": [one.n_answered for one in found],
                "total": [one.total for one in found],
                column: [getattr(one, column) for one in found],
            }
        )

    def _held(self) -> dict[str, Any]:
        """Return what was found here, to be held while n moves."""
        if self.solved == "effect":
            name = "p" if self.kind == "threshold" else "effect"
            return {name: self.assumptions[name]}
        return {"take": self.assumptions["take"]} if self.solved == "take" else {}

    def _sizes(self) -> list[int]:
        middle = self.assumptions[self._call().size] if self._call().size != "n" else self.n
        least = math.ceil(3 / min(self.assumptions["ratio"], 1)) if self.kind == "did" else 2
        most = min(2 * middle, self.field.most)
        return sorted({max(round(k), least) for k in np.linspace(middle / 4, most, 25)} | {middle})

    def __repr__(self) -> str:
        return self.sentence()

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(name)}</td><td style='text-align:right'>{escape(value)}</td></tr>"
            for name, value in assumption_rows(self, "vi")
        )
        notes = "".join(f"<li>{escape(text)}</li>" for text in self.limits())
        return (
            f"<div><p><b>{escape(self.sentence())}</b></p><table>{rows}</table>"
            + (f"<ul>{notes}</ul>" if notes else "")
            + "</div>"
        )


def _possible(name: str, value: float) -> bool:
    if name in ("p", "p1", "p2", "level", "power"):
        return 0 < value < 1
    if name in ("icc", "stability", "overlap"):
        return 0 <= value <= 1
    if name == "response":
        return 0 < value <= 1
    if name == "rho":
        return -1 <= value <= 1
    return value >= 1 if name == "deff" else value > 0
