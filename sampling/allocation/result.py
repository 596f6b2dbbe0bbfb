"""The result of an allocation: whole numbers by stratum, what they stand for and what was assumed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import fsum
from typing import Any

import numpy as np
import pandas as pd

from ..format import Lang, integer, number, percent, points
from .strata import Strata
from .words import METHODS, say

__all__ = ["Allocation", "assumed_text", "plain_number", "sentences"]

#: Assumptions that are shares, shown in per cent.
SHARES = ("p", "cv", "level", "response")


@dataclass(frozen=True, eq=False, repr=False)
class Allocation:
    """How many units each stratum gets.

    Attributes
    ----------
    method : str
    n : (H,) Series of whole numbers by stratum
        Usable as the `n` of a selection and of a stage of a plan.
    unrounded : (H,) Series
        Before rounding; the bounds are kept.
    strata : Strata
        What was known of the strata, in the same order.
    assumptions : mapping
        What was asked and assumed, in the caller's words.
    se, se_unrounded : float or None
        Expected standard error of the overall mean (or share), if the spread is known.
    targets : pd.DataFrame or None
        For precision targets: `target`, `domain` (None: the whole), `kind`, `is_share`, `wanted`, `expected`
        with the whole numbers, and `drives`, the share of the target in what the cost is due to: by how many
        per cent it falls if the variance wanted is loosened by 1 per cent.
    """

    method: str
    n: pd.Series[int]
    unrounded: pd.Series[float]
    strata: Strata
    assumptions: Mapping[str, Any]
    se: float | None = None
    se_unrounded: float | None = None
    targets: pd.DataFrame | None = None

    @property
    def total(self) -> int:
        """Units to draw in all."""
        return int(self.n.sum())

    @property
    def sizes(self) -> pd.Series[float]:
        """Units of the population by stratum."""
        return pd.Series(self.strata.size, index=self.n.index, name="size")

    @property
    def cost(self) -> float:
        """What the units to draw cost, in the units of `cost`."""
        return fsum(self.strata.cost * self.n.to_numpy(dtype=np.float64))

    @property
    def table(self) -> pd.DataFrame:
        """Return a row for each stratum.

        Columns: `size`, `n`, `unrounded`, `share` of the sample, `fraction` n / N, `weight` N / n and
        `limit`, the bound that n stands at ("minimum", "maximum", "census" for all units, or "").
        """
        n, size = self.n.to_numpy(), self.strata.size
        limit = np.select(
            [n == np.floor(size), n == self.strata.high, (n == self.strata.low) & (n > 1)],
            ["census", "maximum", "minimum"],
            "",
        )
        columns = {
            "size": size, "n": n, "unrounded": self.unrounded.to_numpy(), "share": n / n.sum(),
            "fraction": n / size, "weight": size / n, "limit": limit,
        }  # fmt: skip
        return pd.DataFrame(columns, index=self.n.index)

    def sentence(self, lang: Lang = "vi") -> str:
        """Return the allocation in one sentence."""
        n = self.n
        method = METHODS[self.method][0 if lang == "vi" else 1]
        text = say("allocated", lang).format(n=integer(self.total, lang), strata=len(n), method=method)
        if len(n) > 1:
            low, high = int(n.argmin()), int(n.argmax())
            text += "; " + say("range", lang).format(
                low=integer(n.iloc[low], lang),
                low_name=n.index[low],
                high=integer(n.iloc[high], lang),
                high_name=n.index[high],
            )
        return f"{say('allocation', lang)}: {text}."

    def notes(self, lang: Lang = "vi") -> list[str]:
        """Return what is to be known of it: its error, its cost, strata taken whole or with one unit."""
        found = []
        if self.se is not None:
            share = self.strata.is_share
            value = points(self.se, 2, lang, sign=False) if share else plain_number(self.se, lang)
            found.append(say("se_of_share" if share else "se_of", lang).format(se=value))
        if "cost" in self.assumptions:
            found.append(say("costs", lang).format(cost=plain_number(self.cost, lang)))
        table = self.table
        for key, here in (
            ("taken whole", table["limit"] == "census"),
            ("single", (table["n"] == 1) & (table["limit"] != "census")),
        ):
            if here.any():
                found.append(say(key, lang).format(names=", ".join(map(str, table.index[here]))))
        return found

    def __repr__(self) -> str:
        return self.sentence()

    def _repr_html_(self) -> str:
        table = self.table
        shown = pd.DataFrame(
            {
                say("stratum"): [str(name) for name in table.index],
                say("size"): [integer(x) for x in table["size"]],
                say("n"): [integer(x) for x in table["n"]],
                say("unrounded"): [number(x, 2) for x in table["unrounded"]],
                say("fraction"): [percent(x) for x in table["fraction"]],
                say("weight"): [number(x, 2) for x in table["weight"]],
                say("limit"): [say(x) if x else "" for x in table["limit"]],
            }
        )
        whole = float(self.strata.size.sum())
        sums = [
            integer(whole),
            integer(self.total),
            number(table["unrounded"].sum()),
            percent(self.total / whole),
        ]
        shown.loc[len(shown)] = [say("total"), *sums, "", ""]
        parts = [f"<p>{escape(self.sentence())}</p>", shown.to_html(index=False, border=0)]
        if self.targets is not None:
            parts += [f"<p>{say('targets')}</p>", _targets(self.targets).to_html(index=False, border=0)]
        lines = [*self.notes(), assumed_text(self.assumptions)]
        return f"<div>{''.join(parts)}<p style='font-size:90%'>{escape(sentences(lines))}</p></div>"


def _targets(targets: pd.DataFrame) -> pd.DataFrame:
    rows = targets.to_dict("records")
    return pd.DataFrame(
        {
            say("target"): [str(row["target"]) for row in rows],
            say("domain"): [say("overall") if row["domain"] is None else str(row["domain"]) for row in rows],
            say("kind"): [say(row["kind"]) for row in rows],
            say("wanted"): [_reached(row["wanted"], row) for row in rows],
            say("expected"): [_reached(row["expected"], row) for row in rows],
            say("drives"): [percent(row["drives"]) for row in rows],
        }
    )


def _reached(value: float, row: Mapping[Any, Any]) -> str:
    if row["kind"] == "cv":
        return percent(value, 2)
    return (
        points(value, 2, sign=False) if row["kind"] == "margin" and row["is_share"] else plain_number(value)
    )


def plain_number(x: float, lang: Lang = "vi") -> str:
    """Return a number with three significant digits, and no decimals from 1,000 on.

    >>> plain_number(0.03), plain_number(12.345), plain_number(64500.2)
    ('0,03', '12,3', '64.500')
    """
    if abs(x) >= 1000:
        return integer(x, lang)
    rounded = float(f"{x:.3g}")
    return number(rounded, len(f"{rounded:f}".rstrip("0").partition(".")[2]), lang)


def assumed_text(assumed: Mapping[str, Any], more: Sequence[str] = (), lang: Lang = "vi") -> str:
    """Return what was assumed in one line."""
    parts = []
    for key, value in assumed.items():
        if isinstance(value, Mapping):  # what is assumed for each target
            parts += [f"{name} ({_listed(inner, lang)})" for name, inner in value.items()]
        else:
            parts.append(_listed({key: value}, lang, share="p" in assumed))
    return say("assumes", lang).format(list=", ".join([*parts, *more]))


def _listed(assumed: Mapping[str, Any], lang: Lang, *, share: bool = False) -> str:
    parts = []
    for key, value in assumed.items():
        if isinstance(value, str):
            text = say(value, lang)
        elif key in SHARES or (key == "margin" and share):
            text = plain_number(100 * float(value), lang) + (" %" if lang == "vi" else "%")
        else:
            text = integer(value, lang) if float(value) == int(value) else plain_number(value, lang)
        parts.append(f"{say(key, lang)} {text}")
    return ", ".join(parts)


def sentences(lines: Sequence[str]) -> str:
    """Return lines as sentences, one after another.

    >>> sentences(["chi phí: 12", "giả định: deff 2"])
    'Chi phí: 12. Giả định: deff 2.'
    """
    return " ".join(f"{line[:1].upper()}{line[1:]}." for line in lines)
