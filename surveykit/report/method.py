"""The method section: how the data came about and how the numbers were made, in sentences."""

from __future__ import annotations

from typing import Any

from sampling.checks import listed

from .findings import Findings
from .words import Words

__all__ = ["method"]


def method(findings: Findings, words: Words) -> list[str]:
    """Return the sentences of the method section.

    Parameters
    ----------
    findings : Findings
        What was worked out.
    words : Words
        Language and level.

    Returns
    -------
    list of str
    """
    project = findings.project
    settings = project.settings
    out: list[str] = []

    def add(key: str, **values: Any) -> None:
        out.append(words.say(f"method.{key}", **values))

    add("population", name=settings["population.name"])
    add("frame", frame=settings["population.frame"], date=words.date(settings["population.frame_date"]))
    if settings["design.stages"]:
        add("stages", stages=settings["design.stages"])
    add("selection_" + settings["design.selection"].removesuffix("-selected"))
    add(
        "waves",
        before=project.wave_label(1),
        after=project.wave_label(2),
        before_date=words.date(settings["waves.before.date"]),
        after_date=words.date(settings["waves.after.date"]),
    )
    shared = findings.shared and settings["design.overlap"] != "none"
    add("overlap_psu" if shared else "overlap_none", **({"shared": findings.shared} if shared else {}))
    add("arms", **{arm: findings.communes_in(arm) for arm in ("adopting", "comparison", "early")})
    _response(findings, words, add)
    add(
        "outcome",
        satisfied=_list(settings["outcome.satisfied"], words),
        scale=f"{settings['outcome.scale'][0]}–{settings['outcome.scale'][-1]}",
        label=settings["outcome.label"],
    )
    if project.groups:
        add("groups")
    _weights(findings, words, add)
    add("variance")
    add("variance_domain")
    add("interval")
    if not findings.effects.empty and not findings.refusal:
        add("effect")
    deff = findings.arms.loc[findings.arms["mark"] != "hidden", "deff"].dropna()
    if len(deff):
        from sampling.format import number

        add("deff", low=number(deff.min(), 2, words.lang), high=number(deff.max(), 2, words.lang))
    add("decimals")
    return out


def _response(findings: Findings, words: Words, add: Any) -> None:
    total = findings.counts[["issued", "answered"]].sum()
    if findings.project.settings["columns.responded"]:
        rate = words.share(float(total["answered"] / total["issued"]))
        add(
            "response",
            issued=words.count(total["issued"]),
            answered=words.count(total["answered"]),
            rate=rate,
        )
    else:
        add("response_unknown", answered=words.count(total["answered"]))
    data = findings.project.data
    missing = int(((data["responded"] == 1) & data["satisfied"].isna()).sum())
    if missing >= findings.rules.cell:
        add("missing", missing=words.count(missing))


def _weights(findings: Findings, words: Words, add: Any) -> None:
    """Name the weighting steps that were taken, in their order."""
    settings = findings.project.settings
    if not settings["columns.weight"]:
        add("weights_none")
    taken = [str(step).split(" ")[0] for step in findings.project.design.trail["step"]]
    steps = [words.say("method.base")] if settings["columns.weight"] else []
    if "nonresponse" in taken:
        cells = settings["weighting.nonresponse_cells"] or [words.say("label.all").lower()]
        steps.append(words.say("method.nonresponse", cells=", ".join(cells)))
    if "rake" in taken:
        steps.append(words.say("method.rake", columns=", ".join(settings["weighting.rake"])))
    if steps:
        add("weights", steps=" → ".join(steps))


def _list(values: list[str], words: Words) -> str:
    joint = " hoặc " if words.lang == "vi" else " or "
    return joint.join(values) if len(values) < 3 else listed(values)
