"""The draw record that anybody can check, and the lists that go to the field."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Sequence
from pathlib import Path

from ..checks import ArgumentError, DataError, check_choice
from ..format import LANGS, Lang
from ..sample import Sample
from .content import MOST, list_grids, record_of
from .excel import write_excel, write_grids
from .fields import Layout, shown_columns
from .lists import Lists
from .output import check_new, check_new_folder, check_path, write_files, write_folder
from .overview import write_parts
from .pages import clean
from .sharing import people_of, place_stage, shared
from .word import write_word
from .words import say
from .writer import is_synthetic

__all__ = ["list_hash", "write_field_lists", "write_record"]

ENDINGS = (".docx", ".xlsx")


def write_record(
    sample: Sample,
    path: str | os.PathLike[str],
    *,
    lang: Lang = "vi",
    members: Sequence[str | tuple[str, str]] = (),
    agency: str = "",
    place: str = "",
    date: dt.date | str | None = None,
    overwrite: bool = False,
) -> list[Path]:
    """Write the printable record of a draw (biên bản chọn mẫu).

    It holds the lists with their dates and hashes, the plan in words with its hash, seed and random number
    streams, N and n by stage and stratum, certainty units, what is known of the joint probabilities, the
    units drawn and the reserves in order, the log of reserves used, how to draw again, and room for
    signatures. The page follows Decree 30/2020/NĐ-CP, Annex I: A4, Times New Roman, the page number on top
    from page 2.

    Parameters
    ----------
    sample : Sample
        What was drawn; stages that still wait for their lists are named as such.
    path : str or path
        A file that ends in .docx or .xlsx. A .docx holds up to 500 units; longer lists go into an .xlsx
        beside it, whose name and hash stand in the document.
    lang : {"vi", "en"}
    members : list of str or (name, role)
        Those who sign; without it five lines are left empty.
    agency, place : str
        Who makes the record, and where; dots are left for what is not told.
    date : date or str, optional
        Day of the record, "yyyy-mm-dd"; without it a line is left to fill in.
    overwrite : bool
        Whether files of the same name may be replaced.

    Returns
    -------
    list of Path
        What was written: the record, then the file of lists where there is one.

    Raises
    ------
    ArgumentError
        The ending is neither, the folder is not there, or the file is there already.
    DataError
        The sample has no units.

    Examples
    --------
    >>> write_record("mau", "bien_ban.pdf")
    Traceback (most recent call last):
    ...
    TypeError: sample is a str; pass the Sample that Plan.draw returned.
    """
    _check_sample(sample)
    check_choice(lang, LANGS, "lang")
    target = check_path(path, ENDINGS)
    people, day = _members(members), _day(date)
    word = target.suffix.lower() == ".docx"
    beside = target.with_name(f"{target.stem}_{say('file.list', lang)}.xlsx")
    apart = beside.name if word and len(sample.table) > MOST else None
    record = record_of(
        sample, lang=lang, agency=clean(agency), place=clean(place), date=day, members=people, apart=apart
    )
    writers = {target: lambda part: (write_word if word else write_excel)(record, part)}
    if apart:
        writers[beside] = lambda part: write_grids(list_grids(sample, lang), record.notice, part)
    if not overwrite:
        for name in writers:
            check_new(name)
    write_files(writers)
    return list(writers)


def write_field_lists(
    sample: Sample,
    folder: str | os.PathLike[str],
    *,
    by: str | None = None,
    interviewers: Sequence[str] | int | None = None,
    columns: Sequence[str] | None = None,
    lang: Lang = "vi",
) -> list[Path]:
    """Write the lists for the field as .xlsx: one file for each interviewer, or for each place.

    Each file has the units to visit, with columns to fill in, and on a sheet of their own the reserves, which
    are used only in order and on release. Codes are text, no cell is a formula, and a page is A4 landscape
    with its heading row repeated. A first file tells who has what. Where the units beside a reserve go to
    several people, it stands in that first file, which the supervisor keeps. Reserves of the stages above the
    last stand in the record.

    Places are shared out whole: in the order of codes they are cut where the running sum of units is nearest
    to equal shares, so neighbours stay together, and nobody has more than an equal share and the largest
    place together.

    Parameters
    ----------
    sample : Sample
        What was drawn; units replaced are left out and counted in the first file.
    folder : str or path
        A new or empty folder; it appears when all files are complete. Nothing is ever replaced.
    by : str, optional
        Stage whose units are the places; by default the stage above the last one drawn.
    interviewers : list of str or int, optional
        Names, or how many people there are; without it each place has a file of its own.
    columns : list of str, optional
        Columns of the drawn table to show beside the ids; by default those carried along from the lists.
    lang : {"vi", "en"}

    Returns
    -------
    list of Path
        The overview, then the lists.

    Raises
    ------
    ArgumentError
        The folder holds other things, or there are more people than places.
    ColumnError
        There is no such stage or column.
    DataError
        No unit of the sample is in use.

    Examples
    --------
    >>> write_field_lists("mau", "danh_sach")
    Traceback (most recent call last):
    ...
    TypeError: sample is a str; pass the Sample that Plan.draw returned.
    """
    _check_sample(sample)
    check_choice(lang, LANGS, "lang")
    target = check_new_folder(folder)
    people = people_of(interviewers, lang)
    found = shared(sample, place_stage(sample, by), people, lang)
    notice = say("notice", lang) if is_synthetic(sample) else ""
    layout = Layout(sample, shown_columns(sample, columns), people is not None, lang, notice)
    return write_folder(target, lambda inside: write_parts(layout, found, inside))


def list_hash(sample: Sample) -> str:
    """Return the hash (SHA-256) of the lists of a sample: that which stands in its record.

    It is of the rows of the drawn table, sorted as text: the ids of the stages, the order, and "main" or
    "reserve" as drawn, joined by U+001F; the rows are joined by U+001E. A release does not change it.

    Examples
    --------
    >>> import pandas as pd
    >>> from sampling import Frame, Plan
    >>> units = pd.DataFrame({"ma": ["01", "02", "03"]})
    >>> frame = Frame(units, id="ma", name="Ba xã giả lập", as_of="2026-07-01", source="giả lập")
    >>> list_hash(Plan(frame).stage("commune", n=2).draw(seed=1))[:8]
    '93cda2e0'
    """
    _check_sample(sample)
    return Lists.of(sample, "vi").hash


def _check_sample(sample: Sample) -> None:
    if not isinstance(sample, Sample):
        raise TypeError(f"sample is a {type(sample).__name__}; pass the Sample that Plan.draw returned.")
    if sample.table.empty:
        raise DataError("sample has no units. Draw it first: plan.draw(seed=...).")


def _members(members: Sequence[str | tuple[str, str]]) -> list[tuple[str, str]]:
    if isinstance(members, str):
        raise TypeError(f"members={members!r}: pass a list of names, or of pairs (name, role).")
    found = [(one, "") if isinstance(one, str) else one for one in members]
    for one in found:
        if not isinstance(one, tuple) or len(one) != 2 or not all(isinstance(text, str) for text in one):
            raise ArgumentError(f"members: {one!r} is neither a name nor a pair (name, role).")
    return [(clean(name), clean(role)) for name, role in found] or [("", "")] * 5


def _day(date: dt.date | str | None) -> dt.date | None:
    if date is None:
        return None
    if isinstance(date, str):
        try:
            return dt.date.fromisoformat(date)
        except ValueError:
            raise ArgumentError(f"date={date!r}: write it as 'yyyy-mm-dd', e.g. '2026-11-22'.") from None
    if isinstance(date, dt.date):
        return date
    raise TypeError(f"date={date!r} is a {type(date).__name__}; pass a date, or text such as '2026-11-22'.")
