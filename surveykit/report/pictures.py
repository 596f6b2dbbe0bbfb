"""Figures of the report: which frames go into which plot, with their words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from surveykit.project import ARMS
from surveykit.tables import estimate_text

from .findings import MAIN, Findings
from .words import Words, decimals

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Picture", "pictures"]

WAVES = (("before", "1"), ("after", "2"))


class Picture(NamedTuple):
    """One figure: its key, its title, and the function that draws it."""

    key: str
    title: str
    draw: Callable[[], Figure]


def pictures(findings: Findings, local_truth: pd.DataFrame, words: Words) -> list[Picture]:
    """Return the figures that these findings allow, in their order.

    Parameters
    ----------
    findings : Findings
        What was worked out.
    local_truth : DataFrame
        True values by commune, empty without truth.
    words : Words
        Language and level.

    Returns
    -------
    list of Picture
        Nothing is drawn yet.
    """
    made: list[Picture | None] = [_communes(findings, words)]
    both = [_shown(findings.communes, wave)["estimate"].notna() for _, wave in WAVES]
    if (both[0] & both[1]).any():
        made.append(_slope(findings, words))
    made.append(_changes(findings, words))
    if not findings.effects.empty:
        made.append(_effects(findings, words))
    if not local_truth.empty:
        made.append(_truth(findings, local_truth, words))
    return [picture for picture in made if picture is not None]


def _title(findings: Findings, words: Words, key: str) -> str:
    settings = findings.project.settings
    tail = words.say("label.synthetic_tail") if settings["synthetic"] else ""
    after = findings.project.wave_label(2)
    return words.say(f"figure.{key}", label=settings["outcome.label"], after=after) + tail


def _note(findings: Findings, words: Words, key: str) -> str:
    settings = findings.project.settings
    after = findings.project.wave_label(2)
    text = words.say(f"figure.{key}_note", after=after, suppress=findings.rules.suppress)
    source = settings["source"]
    tail = words.say("label.synthetic_tail") if settings["synthetic"] else ""
    return f"{text} {words.say('label.source', source=source + tail)}" if source else text + tail


def _arm_names(words: Words) -> dict[str, str]:
    return {arm: words.say(f"label.{arm}") for arm in ARMS}


def _shown(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return estimate, low, high of one column group, hidden rows emptied."""
    out = pd.DataFrame({"estimate": frame[name], "low": frame[f"{name}_low"], "high": frame[f"{name}_high"]})
    return out.mask(frame[f"{name}_mark"] == "hidden").astype(float)


def _labels(communes: pd.DataFrame) -> pd.Index[str]:
    """Return names of communes; the code is added where a name stands twice."""
    names = communes["name"].astype(str)
    return pd.Index(names.where(~names.duplicated(keep=False), names + " " + communes.index.astype(str)))


def _communes(findings: Findings, words: Words) -> Picture | None:
    title = _title(findings, words, "communes")
    if _shown(findings.communes, "2")["estimate"].isna().all():
        return None

    def draw() -> Figure:
        from surveykit import plots

        rows = findings.communes
        panels = {}
        for wave in (1, 2):
            frame = _shown(rows, str(wave)).set_index(_labels(rows))
            day = words.date(findings.project.settings[f"waves.{'before' if wave == 1 else 'after'}.date"])
            frame["arm"] = rows["arm"].to_numpy()
            panels[f"{findings.project.wave_label(wave)} ({day})"] = frame
        return plots.dot_interval(
            {name: frame for name, frame in panels.items() if frame["estimate"].notna().any()},
            title=title,
            xlabel=words.say("figure.share", label=findings.project.settings["outcome.label"]),
            arms=_arm_names(words),
            note=_note(findings, words, "communes"),
            lang=words.lang,
        )

    return Picture("communes", title, draw)


def _slope(findings: Findings, words: Words) -> Picture:
    title = _title(findings, words, "slope")

    def draw() -> Figure:
        from surveykit import plots

        rows = findings.communes
        units = pd.DataFrame({name: _shown(rows, w)["estimate"] for name, w in WAVES}).assign(arm=rows["arm"])
        units.index = _labels(rows)
        group = findings.changes.loc[findings.changes.index.get_level_values(0) == MAIN].droplevel(0)
        means = pd.DataFrame(index=group.index)
        for name, wave in WAVES:
            part = _shown(group, wave)
            means[[name, f"{name}_low", f"{name}_high"]] = part[["estimate", "low", "high"]]
        project = findings.project
        return plots.slope(
            units,
            means,
            title=title,
            waves=(project.wave_label(1), project.wave_label(2)),
            arms=_arm_names(words),
            ylabel=words.say("figure.share", label=project.settings["outcome.label"]),
            note=_note(findings, words, "slope"),
            lang=words.lang,
        )

    return Picture("slope", title, draw)


def _changes(findings: Findings, words: Words) -> Picture | None:
    title = _title(findings, words, "changes")
    rows = findings.changes[findings.changes["change_mark"] != "hidden"]
    if rows.empty:
        return None

    def draw() -> Figure:
        from surveykit import plots

        frame = _shown(rows, "change")
        frame.index = pd.Index([findings.measures[m] for m, _ in rows.index])
        frame["arm"] = [arm for _, arm in rows.index]
        digits = decimals(float(rows["change_se"].median()))
        return plots.forest(
            frame,
            title=title,
            xlabel=words.say("figure.points"),
            texts=_texts(frame, digits, words),
            arms=_arm_names(words),
            note=_note(findings, words, "changes"),
            lang=words.lang,
        )

    return Picture("changes", title, draw)


def _effects(findings: Findings, words: Words) -> Picture | None:
    title = _title(findings, words, "effects_refused" if findings.refusal else "effects")
    rows = findings.effects[findings.effects["mark"] != "hidden"]
    if rows.empty:
        return None

    def draw() -> Figure:
        from surveykit import plots

        frame = rows[["estimate", "low", "high"]].astype(float)
        frame.index = pd.Index([findings.measures[m] for m in rows.index])
        digits = decimals(float(rows["se"].median()))
        return plots.forest(
            frame,
            title=title,
            xlabel=words.say("figure.points"),
            texts=_texts(frame, digits, words),
            note=_note(findings, words, "effects_refused" if findings.refusal else "effects"),
            lang=words.lang,
        )

    return Picture("effects", title, draw)


def _truth(findings: Findings, local: pd.DataFrame, words: Words) -> Picture:
    title = _title(findings, words, "truth")

    def draw() -> Figure:
        from surveykit import plots

        rows = local[(local["wave"] == 2) & (local["mark"] != "hidden")]
        frame = rows[["estimate", "low", "high", "truth", "arm"]].set_index(
            _labels(rows.set_index("code")[["name"]])
        )
        return plots.dot_interval(
            {findings.project.wave_label(2): frame},
            title=title,
            xlabel=words.say("figure.share", label=findings.project.settings["outcome.label"]),
            arms=_arm_names(words),
            truth=words.say("figure.truth_mark"),
            note=_note(findings, words, "truth"),
            lang=words.lang,
        )

    return Picture("truth", title, draw)


def _texts(frame: pd.DataFrame, digits: int, words: Words) -> list[str]:
    return [
        estimate_text(e, low, high, digits, words.lang, points=True)
        for e, low, high in zip(frame["estimate"], frame["low"], frame["high"], strict=True)
    ]
