"""Sections on what was drawn: counts, certainty units, joint probabilities, reserves used."""

from __future__ import annotations

import pandas as pd

from ..format import date as day_words
from ..format import integer
from ..sample.listing import paths_of
from ..sample.words import method_words
from .pages import Grid, Section
from .words import FORMULAS, JOINTS
from .writer import Writer

__all__ = ["joint", "log", "result"]

NAMED = 40  # certainty units that are named in a sentence


def result(w: Writer) -> Section:
    """Return the section on the numbers of units listed and drawn."""
    sample = w.sample
    waiting = [stage for stage in sample.outline.stages if stage.name in sample.awaiting]
    lines = [
        w.say("by_rule", stage=w.unit(stage.name), method=method_words(stage.method, w.lang))
        for stage in sample.outline.stages
        if stage.by_rule
    ]
    awaited = ", ".join(f"“{w.unit(stage.name)}”" for stage in waiting if not stage.by_rule)
    if awaited:
        lines.insert(0, w.say("waiting", stages=awaited))
    lines += [
        w.say("short", stage=w.unit(stage.name), n=integer(stage.short, w.lang))
        for stage in sample.stages
        if stage.short
    ]
    counts = _counts(w)
    return Section(w.say("result"), (*lines, _certain(w)), grids=(_stages(w, counts), *_strata(w, counts)))


def _counts(w: Writer) -> pd.DataFrame:
    """Return N, n and certainty units of each block: stage from 0, stratum or units above."""
    rows = [
        (stage, parent, block.N, len(block), int(block.certainty.sum()))
        for (stage, parent), block in w.sample.blocks.items()
    ]
    return pd.DataFrame(rows, columns=["stage", "parent", "N", "n", "sure"])


def _certain(w: Writer) -> str:
    names = [w.unit(stage.name) for stage in w.sample.outline.stages]
    sure = [
        f"{names[stage]} {unit}"
        for (stage, _), block in w.sample.blocks.items()
        for unit, certain in zip(block.ids, block.certainty.tolist(), strict=True)
        if certain
    ]
    if not sure:
        return w.say("certainty_none")
    if len(sure) > NAMED:
        return w.say("certainty_many", n=integer(len(sure), w.lang))
    return w.say("certainty", units=", ".join(sure))


def _stages(w: Writer, counts: pd.DataFrame) -> Grid:
    sure = counts.groupby("stage")["sure"].sum()
    rows = [
        (
            w.unit(stage.name),
            method_words(stage.method, w.lang),
            stage.N,
            stage.n,
            int(sure.get(i, 0)),
            stage.reserve,
        )
        for i, stage in enumerate(w.sample.stages)
    ]
    columns = [
        w.column("stage", width=22), w.column("method", width=50), w.column("N", "count", 26),
        w.column("n", "count", 22), w.column("sure", "count", 20), w.column("reserve", "count", 20),
    ]  # fmt: skip
    return w.grid(
        "stages", columns, pd.DataFrame(rows, columns=["stage", "method", "N", "n", "sure", "reserve"])
    )


def _strata(w: Writer, counts: pd.DataFrame) -> tuple[Grid, ...]:
    if not w.sample.outline.strata:
        return ()
    names = [stage.name for stage in w.sample.stages]
    table, parts = w.sample.table, []
    for number in range(len(names)):
        own = counts[counts["stage"] == number]
        if number:
            above = table[table[names[:number]].notna().all(axis=1)]
            stratum = dict(zip(paths_of(above[names[:number]]), above["stratum"], strict=True))
            own = own.assign(parent=own["parent"].map(stratum))
        parts.append(own.groupby(["stage", "parent"], sort=True)[["N", "n", "sure"]].sum().reset_index())
    found = pd.concat(parts, ignore_index=True)
    found["stage"] = [w.unit(names[number]) for number in found["stage"]]
    columns = [
        w.column("stage", width=22), w.column("stratum", width=64), w.column("N", "count", 26),
        w.column("n", "count", 24), w.column("sure", "count", 24),
    ]  # fmt: skip
    return (w.grid("strata", columns, found),)


def joint(w: Writer) -> Section:
    """Return the section on joint probabilities: a row for each stage, method and formula."""
    keys = ["stage", "method", "joint", "formula"]
    found = w.sample.joint.groupby(keys, sort=False, dropna=False)
    frame = found.agg(blocks=("n", "size"), share=("measurable", "mean")).reset_index()
    frame["stage"] = [w.unit(name) for name in frame["stage"]]
    frame["method"] = [method_words(name, w.lang) for name in frame["method"]]
    frame["formula"] = [FORMULAS.get(text, (text, text))[w.lang == "en"] for text in frame["formula"]]
    frame["joint"] = [JOINTS[kind][w.lang == "en"] for kind in frame["joint"]]
    shares = frame["share"].astype(float)
    frame["share"] = [w.say("yes" if x == 1 else "some" if x else "no") for x in shares]
    columns = [
        w.column("stage", width=22), w.column("method", width=36), w.column("joint", width=24),
        w.column("measurable", width=23), w.column("blocks", "count", 16), w.column("formula", width=39),
    ]  # fmt: skip
    rows = frame[["stage", "method", "joint", "share", "blocks", "formula"]]
    return Section(w.say("joint"), (w.say("joint_note"),), grids=(w.grid("joint", columns, rows),))


def log(w: Writer) -> Section:
    """Return the section on the reserves released."""
    entries = w.sample.log
    if entries.empty:
        return Section(w.say("log"), (w.say("log_none"),))
    rows = pd.DataFrame(
        {
            "date": [day_words(day, w.lang) for day in entries["date"]],
            "stage": [w.unit(name) for name in entries["stage"]],
            "parent": entries["parent"],
            "lost": entries["lost"],
            "reserve": entries["reserve"],
            "order": entries["order"],
            "reason": entries["reason"],
        }
    )
    columns = [
        w.column("date", width=22), w.column("stage", width=18), w.column("parent", width=32),
        w.column("lost", width=24), w.column("released", width=24), w.column("order", "count", 14),
        w.column("reason", width=34),
    ]  # fmt: skip
    return Section(w.say("log"), grids=(w.grid("log", columns, rows),))
