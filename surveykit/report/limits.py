"""What the report may conclude and what it may not: rules that read the design, never the wish."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import pandas as pd

from .findings import BOUNDARY, FEW, FEWEST, MAIN, Findings
from .words import Words

__all__ = ["Limit", "conclusions", "limits", "response_rates"]

LOW_RESPONSE, RESPONSE_GAP = 0.6, 0.05
MONTH = 30.44  # days

Tone = Literal["stop", "warn", "note"]
Add = Callable[..., None]


class Limit(NamedTuple):
    """One limit: its key, how serious it is, and its sentence."""

    key: str
    tone: Tone
    text: str


def response_rates(findings: Findings) -> dict[int, float] | None:
    """Return the share of issued forms that were answered, by wave; None if it is not known."""
    if not findings.project.settings["columns.responded"]:
        return None
    total = findings.counts.groupby("wave")[["issued", "answered"]].sum()
    return {int(w): float(row["answered"] / row["issued"]) for w, row in total.iterrows()}  # type: ignore[call-overload]


def limits(findings: Findings, words: Words) -> list[Limit]:
    """Return every limit that the design brings, the most serious first.

    Parameters
    ----------
    findings : Findings
        What was worked out.
    words : Words
        Language and level.

    Returns
    -------
    list of Limit
    """
    found: list[Limit] = []

    def add(key: str, tone: Tone, **values: Any) -> None:
        found.append(Limit(key, tone, words.say(f"limits.{key}", **values)))

    settings = findings.project.settings
    if settings["synthetic"]:
        add("synthetic", "stop")
    if settings["design.selection"] == "self-selected":
        add("self_selected", "stop")
    if settings["design.selection"] == "srs":
        add("srs", "warn")
    if settings["design.instrument_changed"]:
        add("instrument", "stop")
    if settings["waves.before.date"] < BOUNDARY <= settings["waves.after.date"]:
        add("boundary", "stop")
    _arms(findings, add)
    _overlap(findings, add)
    _response(findings, words, add)
    _duration(findings, words, add)
    first, frame = settings["waves.before.date"], settings["population.frame_date"]
    if frame > first:
        add("frame_later", "warn", date=words.date(frame))
    elif (first - frame).days > 365:
        add("frame_old", "warn", date=words.date(frame))
    starred = int((findings.communes[["1_mark", "2_mark"]] == "star").sum().sum())
    if starred:
        add("starred", "note", count=starred, star=findings.rules.star)
    add("mode", "note")
    order = {"stop": 0, "warn": 1, "note": 2}
    return sorted(found, key=lambda limit: order[limit.tone])


def _arms(findings: Findings, add: Add) -> None:
    adopting, comparison, early = (findings.communes_in(arm) for arm in ("adopting", "comparison", "early"))
    if not comparison:
        add("no_comparison", "stop")
    if not adopting:
        add("no_adopting", "stop")
    if adopting and comparison:
        pair = {"adopting": adopting, "comparison": comparison}
        least = min(adopting, comparison)
        key: str = "too_few" if least < FEWEST else "few" if least < FEW else "enough"
        tone: Tone = "stop" if key == "too_few" else "warn" if key == "few" else "note"
        add(key, tone, **pair)
        if key != "too_few":
            add("comparison", "warn")
            add("spillover", "note")
    if early:
        add("early", "note", early=early)


def _overlap(findings: Findings, add: Add) -> None:
    communes = len(findings.communes)
    if findings.shared and findings.project.settings["design.overlap"] == "none":
        add("overlap_said_none", "warn", shared=findings.shared)
    elif findings.shared == communes:
        add("overlap_psu", "note", shared=communes)
    elif findings.shared:
        add("overlap_part", "warn", shared=findings.shared, communes=communes)
    else:
        add("overlap_none", "warn")


def _response(findings: Findings, words: Words, add: Add) -> None:
    rates = response_rates(findings)
    if rates is None:
        add("response_unknown", "warn")
        return
    total = findings.counts[["issued", "answered"]].sum()
    rate = float(total["answered"] / total["issued"])
    low = rate < LOW_RESPONSE
    add("response_low" if low else "response_ok", "warn" if low else "note", rate=words.share(rate))
    if abs(rates[2] - rates[1]) > RESPONSE_GAP:
        add("response_gap", "warn", before_rate=words.share(rates[1]), after_rate=words.share(rates[2]))


def _duration(findings: Findings, words: Words, add: Add) -> None:
    """How long the adopting communes had lived with the model by the later wave."""
    project = findings.project
    dates = project.sampled.loc[project.sampled["arm"] == "adopting", "adopted"].dropna()
    if len(dates):
        after = project.settings["waves.after.date"]
        months = [round((after - day).days / MONTH) for day in (max(dates), min(dates))]
        span = {"shortest": months[0], "longest": months[1]}
        add("duration", "note", first=words.date(min(dates)), last=words.date(max(dates)), **span)


def conclusions(findings: Findings, words: Words) -> list[str]:
    """Return what the design does allow to say, in sentences."""
    settings, out = findings.project.settings, []
    self_selected = settings["design.selection"] == "self-selected"
    if self_selected:
        out.append(words.say("can.respondents", n=words.count(findings.counts["answered"].sum())))
    else:
        out.append(words.say("can.population", name=settings["population.name"]))
    if findings.comparable and not self_selected:
        out.append(words.say("can.change"))
    if findings.conclusive and MAIN in findings.effects.index:
        row = findings.effects.loc[[MAIN]].iloc[0]
        if row["mark"] != "hidden" and pd.notna(row["low"]):
            ends = words.points_ends(row["low"], row["high"], row["se"])
            out.append(words.say(f"can.effect_{side(row['low'], row['high'])}", interval=ends))
    return out


def side(low: float, high: float) -> Literal["above", "below", "across"]:
    """Return where an interval lies against zero."""
    return "above" if low > 0 else "below" if high < 0 else "across"
