"""The page as a list of sections, each a list of blocks; every result is read in one sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from surveykit.project import ARMS

from .findings import BOUNDARY, FEWEST, MAIN, Findings
from .limits import conclusions, limits, side
from .method import method
from .words import Words

__all__ = ["Block", "Section", "sections", "summary"]


class Block(NamedTuple):
    """A piece of a section: sentences, a table or figure by its key, or limits with their tone."""

    kind: Literal["text", "list", "head", "table", "figure", "limit", "folded"]
    content: Any
    tone: str = ""


class Section(NamedTuple):
    """A numbered part of the report."""

    key: str
    title: str
    blocks: tuple[Block, ...]


def sections(
    findings: Findings,
    truth: tuple[pd.DataFrame, pd.DataFrame],
    shown: Iterable[str],
    words: Words,
) -> list[Section]:
    """Return the five sections of the report.

    Parameters
    ----------
    findings : Findings
        What was worked out.
    truth : (DataFrame, DataFrame)
        True values of groups and effects, and of communes.
    shown : list of str
        Keys of the tables ("table:arms") and figures ("figure:slope") that exist.
    words : Words
        Language and level.

    Returns
    -------
    list of Section
    """
    parts = {
        "method": [Block("list", method(findings, words)), *_tables("response", "answers", "trail", "arms")],
        "communes": _communes(findings, words),
        "effects": _effects(findings, words),
        "limits": _limits(findings, words),
        "annex": _annex(findings, truth, words),
    }
    known = set(shown)
    out = []
    for key, blocks in parts.items():
        kept = [b for b in blocks if b.kind not in ("table", "figure") or f"{b.kind}:{b.content}" in known]
        out.append(Section(key, words.say(f"page.{key}"), tuple(kept)))
    return out


def summary(findings: Findings, words: Words) -> list[str]:
    """Return the main results in sentences: each arm, then the difference, then what forbids a conclusion."""
    out = [_arm_sentence(findings, words, arm) for arm in ARMS if (MAIN, arm) in findings.changes.index]
    settings = findings.project.settings
    if not findings.communes_in("adopting"):
        out.append(words.say("summary.no_adopting"))
    elif not findings.communes_in("comparison"):
        out.append(words.say("summary.no_comparison"))
    else:
        out += _effect_sentences(findings, words)
    if settings["design.selection"] == "self-selected":
        out.append(words.say("summary.self_selected"))
    if settings["design.instrument_changed"]:
        out.append(words.say("summary.instrument"))
    if settings["waves.before.date"] < BOUNDARY <= settings["waves.after.date"]:
        out.append(words.say("summary.boundary"))
    return [text for text in out if text]


def _arm_sentence(findings: Findings, words: Words, arm: str) -> str:
    """Level in each wave and change of one arm."""
    row = findings.changes.loc[[(MAIN, arm)]].iloc[0]
    if "hidden" in (row["1_mark"], row["2_mark"], row["change_mark"]):
        return ""
    project = findings.project
    parts: dict[str, str] = {}
    for wave, name in (("1", "before"), ("2", "after")):
        parts |= _share_parts(row, wave, name, words)
        parts[name] = project.wave_label(int(wave))
    return words.say(
        "summary.arm",
        arm=words.say(f"label.{arm}"),
        communes=findings.communes_in(arm),
        label=project.settings["outcome.label"],
        change=words.points(row["change"], row["change_se"]),
        change_ci=words.points_interval(row["change_low"], row["change_high"], row["change_se"]),
        **parts,
    )


def _share_parts(row: Any, column: str, name: str, words: Words) -> dict[str, str]:
    """Return a share and its interval under the names of a sentence.

    Few units give a poor standard error, so the width of the interval decides on the decimals as well.
    """
    low, high = row[f"{column}_low"], row[f"{column}_high"]
    error = max(row[f"{column}_se"], (high - low) / 4)
    return {
        f"{name}_share": words.share(row[column], error),
        f"{name}_ci": words.share_interval(low, high, error),
    }


def _reason(findings: Findings, words: Words) -> str:
    """Why there is no effect interval."""
    found = [
        words.say(f"effects.few_{arm}", n=findings.communes_in(arm))
        for arm in ("adopting", "comparison")
        if findings.communes_in(arm) < FEWEST
    ]
    return "; ".join(found) or words.say("effects.refused")


def _effect_sentences(findings: Findings, words: Words) -> list[str]:
    if MAIN not in findings.effects.index:
        return [words.say("summary.one_wave")]
    row = findings.effects.loc[[MAIN]].iloc[0]
    if row["mark"] == "hidden":
        return []
    pair = {arm: findings.communes_in(arm) for arm in ("adopting", "comparison")}
    estimate = words.points(row["estimate"], row["se"])
    if findings.refusal:
        ends = words.points_ends(row["low"], row["high"], row["se"])
        reason = _reason(findings, words)
        return [words.say("summary.effect_refused", estimate=estimate, interval=ends, reason=reason, **pair)]
    interval = words.points_interval(row["low"], row["high"], row["se"])
    return [
        words.say("summary.effect", estimate=estimate, interval=interval, **pair)
        + " "
        + words.say(f"summary.{side(row['low'], row['high']) if findings.conclusive else 'no_reading'}")
    ]


def _communes(findings: Findings, words: Words) -> list[Block]:
    rows, text = findings.communes, []
    shown = rows[rows["2_mark"].isin(["", "star"]) & rows["2"].notna()]
    if len(shown):
        found: dict[str, Any] = {"after": findings.project.wave_label(2)}
        order = shown["2"].argsort()
        for name, row in (("low", shown.iloc[order.iloc[0]]), ("high", shown.iloc[order.iloc[-1]])):
            found |= _share_parts(row, "2", name, words) | {f"{name}_name": row["name"]}
        text.append(words.say("communes.range", **found))
    changed = rows[(rows["change_mark"] != "hidden") & rows["change_low"].notna()]
    if len(changed):
        most = f"{round((1 - findings.level) * 100, 6):g} %".replace(".", ",")
        up, down = int((changed["change_low"] > 0).sum()), int((changed["change_high"] < 0).sum())
        text.append(words.say("communes.change", communes=len(changed), up=up, down=down, most=most))
    else:
        text.append(words.say("communes.no_change"))
    hidden = int((rows[["1_mark", "2_mark"]] == "hidden").sum().sum())
    if hidden:
        text.append(words.say("communes.hidden", count=hidden))
    return [Block("list", text), *_figures("communes", "slope"), *_tables("communes")]


def _effects(findings: Findings, words: Words) -> list[Block]:
    arms = [_arm_sentence(findings, words, arm) for arm in ARMS if (MAIN, arm) in findings.changes.index]
    blocks = [Block("list", [text for text in arms if text]), *_figures("changes"), *_tables("changes")]
    if not findings.communes_in("adopting"):
        return [*blocks, Block("text", words.say("summary.no_adopting"), "warn")]
    if not findings.communes_in("comparison"):
        return [*blocks, Block("text", words.say("summary.no_comparison"), "warn")]
    text = _effect_sentences(findings, words)
    for measure, row in findings.effects.iterrows():
        if measure == MAIN or row["mark"] == "hidden" or np.isnan(row["low"]):
            continue
        name, estimate = findings.measures[str(measure)], words.points(row["estimate"], row["se"])
        if findings.refusal:
            ends = words.points_ends(row["low"], row["high"], row["se"])
            text.append(words.say("effects.group_refused", measure=name, estimate=estimate, interval=ends))
        else:
            interval = words.points_interval(row["low"], row["high"], row["se"])
            found = {"measure": name, "estimate": estimate, "interval": interval}
            where = side(row["low"], row["high"])
            reading = words.say(f"effects.group_{where}") if findings.conclusive else ""
            text.append(words.say("effects.group", reading=reading, **found).strip())
    if findings.conclusive and MAIN in findings.effects.index:
        from sampling.format import p_value

        p = float(findings.effects.loc[[MAIN], "p"].iloc[0])
        text.append(words.say("effects.p", p=p_value(p, words.lang)))
    return [*blocks, Block("list", text), *_figures("effects"), *_tables("effects")]


def _limits(findings: Findings, words: Words) -> list[Block]:
    return [
        Block("head", words.say("page.can")),
        Block("list", conclusions(findings, words)),
        Block("head", words.say("page.cannot")),
        *(Block("limit", limit.text, limit.tone) for limit in limits(findings, words)),
    ]


def _annex(findings: Findings, truth: tuple[pd.DataFrame, pd.DataFrame], words: Words) -> list[Block]:
    text, (groups, communes) = [], truth
    if findings.project.truth is None:
        text.append(words.say("annex.none"))
    if not groups.empty:
        effect = groups[(groups["scope"] == "effect") & (groups["measure"] == MAIN)]
        if len(effect) and effect["covered"].iloc[0] is not None and not findings.refusal:
            row = effect.iloc[0]
            text.append(
                words.say(
                    "annex.effect",
                    truth=words.points(row["truth"], row["se"]),
                    estimate=words.points(row["estimate"], row["se"]),
                    interval=words.points_interval(row["low"], row["high"], row["se"]),
                    contains=words.say("annex.contains" if row["covered"] else "annex.misses"),
                )
            )
        text.append(words.say("annex.truth", **_covered(groups)))
    if not communes.empty:
        text.append(words.say("annex.truth_communes", **_covered(communes)))
    text.append(words.say("annex.files"))
    blocks = [Block("list", text), *_figures("truth"), *_tables("truth", "truth_communes", "files")]
    contexts = [
        f"{_context_name(findings, name, words)}: {_plain_units(line, words)}"
        for name, line in findings.contexts.items()
    ]
    blocks.append(Block("folded", (words.say("page.contexts"), contexts)))
    if findings.messages:
        blocks.append(Block("folded", (words.say("page.notes"), list(findings.messages))))
    return blocks


def _covered(table: pd.DataFrame) -> dict[str, int]:
    known = table["covered"].dropna()
    return {"covered": int(known.astype(bool).sum()), "total": len(known)}


def _context_name(findings: Findings, name: str, words: Words) -> str:
    """Return what a context line is about: the kind of estimate, the measure, the wave, the arm."""
    kind, _, rest = name.partition("_")
    parts = [words.say(f"context.{kind}")]
    parts += [label for measure, label in findings.measures.items() if rest.startswith(measure)]
    parts += [findings.project.wave_label(wave) for wave in (1, 2) if rest == str(wave)]
    parts += [words.say(f"label.{arm}") for arm in ARMS if rest.endswith(arm)]
    return ", ".join(parts)


def _plain_units(line: str, words: Words) -> str:
    """Put the words of the house in place of column names."""
    return re.sub(r"\b(commune|village|wave)\b", lambda m: words.say(f"unit.{m[0]}"), line)


def _tables(*keys: str) -> list[Block]:
    return [Block("table", key) for key in keys]


def _figures(*keys: str) -> list[Block]:
    return [Block("figure", key) for key in keys]
