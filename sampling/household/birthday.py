"""The adult with the last or the next birthday."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..checks import ArgumentError, DataError, check_choice, shown
from ..codes import day as checked_day
from ..codes import texts
from ..streams import Seed, raw
from .listed import BITS, Codes

__all__ = ["Rule", "select_birthday"]

Rule = Literal["last", "next"]

LEAP = 2000  # a year that has a place for every birthday
YEAR = 366
SHORT = re.compile(r"\d\d-\d\d")


def select_birthday(
    birthdays: Any,
    day: Any,
    *,
    rule: Rule = "last",
    household: npt.ArrayLike | None = None,
    seed: Seed | None = None,
) -> pd.DataFrame:
    """Select the adult who had the last birthday, or who has the next.

    Days are counted in a year of 366, so that 29 February has its own place between 28 February and 1 March
    whatever the year. A birthday on the day itself has just been: it is the last of all, and the next of none
    but after a whole year.

    Every adult of a household of k is taken to have the probability 1 / k. That is an assumption: that
    birthdays have nothing to do with what is asked, and that the household tells them rightly.

    Parameters
    ----------
    birthdays : (n,)
        Birthday of each adult, in the order of the household's list: dates, or text "yyyy-mm-dd" or "mm-dd".
        The year does not matter.
    day : date or str, or (n,)
        Day of the interview, for all or for each adult of a household alike.
    rule : {"last", "next"}
    household : (n,), optional
        Id of the household of each adult; without it they are of one household.
    seed : int or sequence of int, optional
        Needed where adults share the birthday that decides: one of them is then drawn by lot.

    Returns
    -------
    pd.DataFrame
        By household, in the order in which they first appear: `adults`, the `position` selected on the
        household's list, from 1, its `row` among the birthdays, from 0, and its `probability`.

    Raises
    ------
    ArgumentError
        A birthday or a day cannot be read; adults share the birthday that decides and there is no seed; the
        adults of a household have different days.
    DataError
        A birthday or a household is missing.

    Examples
    --------
    >>> select_birthday(["1961-11-03", "1964-02-29", "1990-07-15"], "2026-11-22")
               adults  position  row  probability
    household
    1               3         1    0     0.333333
    >>> select_birthday(["11-03", "02-29", "07-15"], "2026-11-22", rule="next")["position"].item()
    2
    """
    check_choice(rule, ("last", "next"), "rule")
    column = pd.Series(birthdays)
    if len(column) == 0:
        raise DataError("birthdays has no values. Check the filter or the file it came from.")
    people = _people(household, len(column))
    away = _today(day, people) - _born(column, people)
    away = away % YEAR if rule == "last" else (-away - 1) % YEAR
    order = np.lexsort((people.position, away, people.code))
    first = order[np.searchsorted(people.code[order], np.arange(len(people.ids)))]
    tied = order[(away == away[first][people.code])[order]]
    chosen = first if tied.size == first.size else _by_lot(tied, people, seed)
    adults = np.bincount(people.code)
    columns = {
        "adults": adults, "position": people.position[chosen], "row": chosen, "probability": 1 / adults
    }  # fmt: skip
    return pd.DataFrame(columns, index=pd.Index(people.ids, name="household"))


class _People(NamedTuple):
    """Adults: their household (by place in `ids`), their place on its list from 1, the ids and their text."""

    code: Codes
    position: Codes
    ids: list[Any]
    names: list[str]
    single: bool

    def where(self, row: int) -> str:
        """Return an adult as an error names it."""
        of = "" if self.single else f" of household {self.names[self.code[row]]!r}"
        return f"adult {self.position[row]}{of}"


def _people(household: Any, count: int) -> _People:
    if household is None:
        return _People(np.zeros(count, dtype=np.intp), np.arange(count) + 1, [1], ["1"], single=True)
    column = pd.Series(household)
    if len(column) != count:
        raise ArgumentError(
            f"household has {len(column)} values for {count} birthdays. Pass the household of each adult."
        )
    names = texts(column)
    if "" in names:
        raise DataError(f"household is missing in row {names.index('')}. Fill it in, or drop the row.")
    code, labels = pd.factorize(np.array(names, dtype=object))
    by_household = np.argsort(code, kind="stable")
    start = np.searchsorted(code[by_household], np.arange(len(labels)))
    position = np.empty(count, dtype=np.intp)
    position[by_household] = np.arange(count) - start[code[by_household]] + 1
    ids = [column.iloc[int(row)] for row in by_household[start]]
    return _People(code, position, ids, [str(label) for label in labels], single=False)


def _today(day: Any, people: _People) -> Codes:
    """Return the day of each adult's interview in the year."""
    if np.ndim(day) == 0:
        return np.full(people.code.size, _place(checked_day(day, "day")))
    days = [_place(checked_day(value, "day")) for value in pd.Series(day)]
    if len(days) != people.code.size:
        raise ArgumentError(
            f"day has {len(days)} values for {people.code.size} birthdays. "
            "Pass one for all, or one for each adult."
        )
    found = np.array(days, dtype=np.intp)
    order = np.argsort(people.code, kind="stable")
    odd = np.flatnonzero((np.diff(found[order]) != 0) & (np.diff(people.code[order]) == 0))
    if odd.size:
        raise ArgumentError(
            f"day differs for {people.where(int(order[odd[0] + 1]))} from the adult before. "
            "Pass one day for a household."
        )
    return found


def _born(birthdays: pd.Series[Any], people: _People) -> Codes:
    """Return the place of each birthday in the year."""
    none = np.flatnonzero(birthdays.isna())
    if none.size:
        more = f" and {none.size - 1} more" if none.size > 1 else ""
        raise DataError(
            f"birthdays is missing for {people.where(int(none[0]))}{more}. Ask again, or draw from the full "
            "list with select_adult, which needs no birthdays."
        )
    return np.array([_birthday(value, people, row) for row, value in enumerate(birthdays)], dtype=np.intp)


def _birthday(value: Any, people: _People, row: int) -> int:
    try:
        if isinstance(value, str):
            value = dt.date.fromisoformat(f"{LEAP}-{value}" if SHORT.fullmatch(value) else value)
    except ValueError:
        raise ArgumentError(
            f"birthdays: {value!r} of {people.where(row)} is not a day. Write it as 'yyyy-mm-dd' or 'mm-dd'."
        ) from None
    if not isinstance(value, dt.date):
        raise TypeError(
            f"birthdays holds {shown(value)} for {people.where(row)}. "
            "Pass a date, or text such as '1990-07-15'."
        )
    return _place(value)


def _place(day: dt.date) -> int:
    """Return the place of a day in a year of 366 days, from 0."""
    return dt.date(LEAP, day.month, day.day).toordinal() - dt.date(LEAP, 1, 1).toordinal()


def _by_lot(tied: Codes, people: _People, seed: Seed | None) -> Codes:
    """Draw one of the adults of each household that share the birthday that decides.

    Parameters
    ----------
    tied : (m,) rows of the adults among whom to draw, by household, at least one of each
    """
    code = people.code[tied]
    many = np.bincount(code)
    start = np.cumsum(many) - many
    if seed is None:
        here = int(np.flatnonzero(many > 1)[0])
        who = tied[start[here] : start[here] + many[here]]
        of = "" if people.single else f" of household {people.names[here]!r}"
        raise ArgumentError(
            f"birthdays: adults {', '.join(map(str, people.position[who]))}{of} share the birthday that "
            "decides. Pass seed=..., and one of them is drawn by lot."
        )
    random = np.empty(many.size, dtype=np.uint64)
    random[np.argsort(np.array(people.names, dtype=np.str_), kind="stable")] = raw(many.size, seed)
    place: Codes = start + ((random * many.astype(np.uint64)) >> BITS).astype(np.intp)
    return tied[place]
