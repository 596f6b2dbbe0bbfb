"""What a draw record says, worked out from a drawn sample."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

import pandas as pd

from ..format import Lang, integer
from ..format import date as day_words
from ..sample import Sample
from ..sample.sentences import sentences
from .lists import Lists
from .pages import Grid, Record, Section
from .results import joint, log, result
from .writer import Writer

__all__ = ["LIBRARY", "MOST", "list_grids", "record_of"]

LIBRARY = "surveykit-workbench"
MOST = 500  # rows of the lists of units that a document still holds


def record_of(
    sample: Sample,
    *,
    lang: Lang,
    agency: str,
    place: str,
    date: dt.date | None,
    members: Sequence[tuple[str, str]],
    apart: str | None,
) -> Record:
    """Return the record of a draw.

    Parameters
    ----------
    sample : Sample
    lang : language
    agency, place : who makes the record and where; dots where empty
    date : day of the record, or None for a line to fill in
    members : (name, role) of those who sign
    apart : name of the file with the lists of units where the document does not hold them, else None
    """
    w = Writer.of(sample, lang)
    lists = Lists.of(sample, lang)
    sections = (
        _plan(w), _lists(w), _random(w), result(w), joint(w), *_units(w, lists, apart), log(w), _again(w),
    )  # fmt: skip
    return Record(
        agency=agency or w.say("dots") * 4,
        number=w.say("number"),
        nation=w.say("nation"),
        motto=w.say("motto"),
        place_day=_place_day(w, place, date),
        title=w.say("title"),
        subject=sample.outline.name,
        notice=w.say("notice") if w.tail else "",
        opening=w.say("opening"),
        sections=sections,
        closing=w.say("closing"),
        members=tuple(members),
        sign=(w.say("signed.name"), w.say("signed.role"), w.say("signed.sign")),
        lang=lang,
    )


def list_grids(sample: Sample, lang: Lang) -> tuple[Grid, ...]:
    """Return the lists of units alone, for a file of their own."""
    return tuple(_grids(Writer.of(sample, lang), Lists.of(sample, lang)))


def _place_day(w: Writer, place: str, date: dt.date | None) -> str:
    place = place or w.say("dots")
    if date is None:
        return w.say("place_blank", place=place)
    month = (
        f"{date.month:02d}" if date.month < 3 else str(date.month)
    )  # 01 and 02, so that no 1 is put before
    words = {"day": f"{date.day:02d}", "month": month, "year": date.year, "date": day_words(date, w.lang)}
    return w.say("place", place=place, **words)


def _plan(w: Writer) -> Section:
    lines = [*sentences(w.sample.outline, w.lang), w.say("plan_hash", hash=w.sample.outline.hash)]
    return Section(w.say("plan"), tuple(lines))


def _lists(w: Writer) -> Section:
    rows = [
        (w.unit(stage.name), f"{used.listing.name}; {used.listing.source}",
         day_words(used.listing.as_of, w.lang), used.listing.units, used.listing.hash)
        for stage in w.sample.stages
        for used in stage.lists
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["stage", "list", "day", "units", "hash"]).drop_duplicates()
    columns = [
        w.column("stage", width=20), w.column("list", width=54), w.column("day", width=24),
        w.column("units", "count", 18), w.column("hash", width=44),
    ]  # fmt: skip
    return Section(w.say("lists"), (w.say("lists_note"),), grids=(w.grid("lists", columns, frame),))


def _random(w: Writer) -> Section:
    rows = [
        (w.unit(stage.name), used.listing.name, ", ".join(map(str, used.stream)))
        for stage in w.sample.stages
        for used in stage.lists
    ]
    frame = pd.DataFrame(rows, columns=["stage", "list", "stream"])
    columns = [w.column("stage", width=25), w.column("name_of_list", width=75), w.column("stream", width=60)]
    lines = (
        w.say("drawn_on", date=day_words(w.sample.on, w.lang)),
        w.say("seed", seed=w.sample.seed),
        w.say("generator"),
    )
    return Section(w.say("random"), lines, grids=(w.grid("streams", columns, frame),))


def _units(w: Writer, lists: Lists, apart: str | None) -> tuple[Section, ...]:
    main, reserve = int((~lists.spare).sum()), int(lists.spare.sum())
    lines = [
        w.say("list_count", main=integer(main, w.lang), reserve=integer(reserve, w.lang)),
        w.say("list_hash", hash=lists.hash),
    ]
    if apart is not None:
        names = (
            {"main": w.say("s.main"), "reserve": w.say("s.reserve")} if reserve else {"main": w.say("s.main")}
        )
        phrase = "list_apart" if reserve else "list_apart_main"
        lines.append(w.say(phrase, most=integer(MOST, w.lang), file=apart, **names))
        return (Section(w.say("main_list"), tuple(lines)),)
    first, *rest = _grids(w, lists)
    note = w.say("reserves_note" if rest else "reserves_none")
    return (
        Section(w.say("main_list"), tuple(lines), grids=(first,)),
        Section(w.say("reserves"), (note,), grids=tuple(rest)),
    )


def _grids(w: Writer, lists: Lists) -> list[Grid]:
    found = [w.grid("main", lists.columns(reserve=False), lists.rows(reserve=False))]
    if lists.spare.any():
        found.append(w.grid("reserve", lists.columns(reserve=True), lists.rows(reserve=True)))
    return found


def _again(w: Writer) -> Section:
    try:
        number = version(LIBRARY)
    except PackageNotFoundError:  # run from a folder, not installed
        number = w.say("unknown")
    lines = (w.say("again_same"), w.say("again_note", library=LIBRARY, version=number))
    return Section(w.say("again"), lines, code=tuple(_code(w)))


def _code(w: Writer) -> list[str]:
    """Return the commands: the plan with the lists it names, then each list that came later."""
    stages = list(zip(w.sample.outline.stages, w.sample.stages, strict=False))
    planned = [
        stage.name for number, (stage, _) in enumerate(stages) if number == 0 or stage.frame is not None
    ]
    frames = ", ".join(f'"{name}": …' for name in planned)
    lines = [
        "from sampling import Plan",
        "from sampling.record import list_hash",
        f"# {w.say('again_frames')}",
        f"frames = {{{frames}}}",
        'plan = Plan.from_toml("plan.toml", frames)',
        f"sample = plan.draw(seed={w.sample.seed})",
    ]
    for number, (stage, how) in enumerate(stages):
        if number and stage.frame is None:
            k = len(how.lists)
            lines += [
                f"sample = sample.draw_next(…{', part=True' if i < k else ''})  # {stage.name} {i}/{k}"
                for i in range(1, k + 1)
            ]
    if len(w.sample.log):
        lines += [f"# {w.say('again_release')}", "sample = sample.release(…)"]
    return [*lines, f"# {w.say('again_hash')}", "list_hash(sample)"]
