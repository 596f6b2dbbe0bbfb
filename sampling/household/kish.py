"""The Kish grid: eight tables that say which adult of a household is interviewed."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..checks import ArgumentError, SurveyWarning, check_choice, listed, refuse_choice
from ..format import LANGS, Lang
from ..streams import Seed, uniforms
from .listed import Codes, checked_adults, checked_ids

__all__ = [
    "KISH_SHARES",
    "KISH_TABLES",
    "assign_kish_tables",
    "kish_grid",
    "kish_probabilities",
    "kish_select",
    "kish_table",
]

#: Number of the adult to interview by table, in households of 1, 2, 3, 4, 5 and 6 or more adults.
KISH_TABLES: Mapping[str, tuple[int, int, int, int, int, int]] = {
    "A": (1, 1, 1, 1, 1, 1),
    "B1": (1, 1, 1, 1, 2, 2),
    "B2": (1, 1, 1, 2, 2, 2),
    "C": (1, 1, 2, 2, 3, 3),
    "D": (1, 2, 2, 3, 4, 4),
    "E1": (1, 2, 3, 3, 3, 5),
    "E2": (1, 2, 3, 4, 5, 5),
    "F": (1, 2, 3, 4, 5, 6),
}
#: Of twelve questionnaires, how many carry each table.
TWELFTHS = {"A": 2, "B1": 1, "B2": 1, "C": 2, "D": 2, "E1": 1, "E2": 1, "F": 2}
#: Share of the questionnaires that carry each table.
KISH_SHARES: Mapping[str, float] = {name: n / 12 for name, n in TWELFTHS.items()}
LARGEST = 6  # adults that the grid tells apart

GRID = {
    "table": ("Bảng", "Table"),
    "share": ("Tỷ lệ phiếu", "Share of questionnaires"),
    "one": ("1 người", "1 adult"),
    "many": ("{n} người", "{n} adults"),
    "more": ("{n} người trở lên", "{n} or more adults"),
    "note": (
        "Số người từ 18 tuổi trong hộ → phỏng vấn người số",
        "Adults in the household → interview number",
    ),
}


def kish_table(name: str) -> list[int]:
    """Return which adult a table of the Kish grid selects in households of 1 to 6 or more adults.

    Examples
    --------
    >>> kish_table("E1")
    [1, 2, 3, 3, 3, 5]
    """
    if name not in KISH_TABLES:
        refuse_choice(name, list(KISH_TABLES), "name")
    return list(KISH_TABLES[name])


def kish_grid(lang: Lang = "vi") -> pd.DataFrame:
    """Return the whole grid as it is printed for the field.

    Parameters
    ----------
    lang : {"vi", "en"}

    Returns
    -------
    pd.DataFrame
        A row for each table: its share of the questionnaires as a fraction, and the number of the adult to
        interview by the number of adults. `attrs["note"]` says how the columns are read.

    Examples
    --------
    >>> kish_grid().columns.tolist()
    ['Bảng', 'Tỷ lệ phiếu', '1 người', '2 người', '3 người', '4 người', '5 người', '6 người trở lên']
    """
    say = {key: pair[0 if check_choice(lang, LANGS, "lang") == "vi" else 1] for key, pair in GRID.items()}
    grid = pd.DataFrame({say["table"]: list(KISH_TABLES)})
    grid[say["share"]] = [str(Fraction(TWELFTHS[name], 12)) for name in KISH_TABLES]
    for adults in range(1, LARGEST + 1):
        key = "one" if adults == 1 else "more" if adults == LARGEST else "many"
        grid[say[key].format(n=adults)] = [table[adults - 1] for table in KISH_TABLES.values()]
    grid.attrs["note"] = say["note"]
    return grid


def assign_kish_tables(questionnaires: int | npt.ArrayLike, *, seed: Seed) -> pd.Series[str]:
    """Assign the tables of the Kish grid to questionnaires, in controlled proportions.

    The questionnaires are put in the order of their ids as text; each twelve of them, one after another,
    carry the tables in their exact proportions, in a random order.

    Parameters
    ----------
    questionnaires : (n,) or int
        Id of each; a single number n stands for questionnaires 1 to n.
    seed : int or sequence of int
        Required. The same seed gives the same tables in every order of rows.

    Returns
    -------
    (n,) Series of the names of the tables, by id, in the order of the caller.

    Raises
    ------
    ArgumentError
        There is no seed.
    DataError
        An id is missing or there twice.

    Examples
    --------
    >>> assign_kish_tables(["P01", "P02", "P03"], seed=1).to_dict()
    {'P01': 'E2', 'P02': 'B1', 'P03': 'C'}
    """
    ids, order = checked_ids(questionnaires, "questionnaires")
    twelve = [name for name, many in TWELFTHS.items() for _ in range(many)]
    rounds = -(-len(ids) // 12)
    shuffled = np.argsort(uniforms(12 * rounds, seed).reshape(rounds, 12), axis=1, kind="stable").ravel()
    tables = np.empty(len(ids), dtype=object)
    tables[order] = np.array(twelve, dtype=object)[shuffled[: len(ids)]]
    return pd.Series(tables, index=ids, name="table", dtype="str")


def kish_select(table: str | npt.ArrayLike, adults: int | npt.ArrayLike) -> pd.DataFrame:
    """Return whom the Kish grid selects.

    Parameters
    ----------
    table : str or (n,)
        Table that each questionnaire carries, as `assign_kish_tables` gave it.
    adults : int or (n,)
        Adults in each household.

    Returns
    -------
    pd.DataFrame
        `table`, `adults`, `position` of the adult to interview and its `probability`; with the index of a
        Series that was passed.

    Raises
    ------
    ArgumentError
        A table is not one of the grid, or a number of adults is not a whole number of 1 or more.

    Warns
    -----
    SurveyWarning
        A household has more than six adults: those above the sixth are never selected.

    Examples
    --------
    >>> kish_select(["A", "D", "F"], [3, 5, 2])
      table  adults  position  probability
    0     A       3         1     0.333333
    1     D       5         4     0.166667
    2     F       2         2     0.500000
    """
    names, counts = _paired(table, adults)
    known = list(KISH_TABLES)
    for name in names.unique():
        if name not in known:
            refuse_choice(name, known, "table")
    number = checked_adults(counts)
    _warn_large(number)
    row, column = pd.Index(known).get_indexer(pd.Index(names)), np.minimum(number, LARGEST) - 1
    position = np.array(list(KISH_TABLES.values()))[row, column]
    chance = np.array([_chances(k) + [0.0] * (LARGEST - k) for k in range(1, LARGEST + 1)])
    columns = {
        "table": names.to_numpy(), "adults": number, "position": position,
        "probability": chance[column, position - 1],
    }  # fmt: skip
    return pd.DataFrame(columns, index=names.index)


def _paired(table: Any, adults: Any) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """Return tables and numbers of adults with the same index, by which Series are matched."""
    names, counts = pd.Series(table), pd.Series(adults)
    if isinstance(table, pd.Series) and isinstance(adults, pd.Series):
        if not names.index.is_unique or set(names.index) != set(counts.index) or len(names) != len(counts):
            raise ArgumentError(
                "table and adults are Series of different households. Give both one value for each household."
            )
        return names, counts.reindex(names.index)
    if len(names) != len(counts) and np.ndim(table) and np.ndim(adults):
        raise ArgumentError(
            f"table has {len(names)} values and adults has {len(counts)}. Pass one of each for a household."
        )
    index = counts.index if isinstance(adults, pd.Series) or len(counts) > len(names) else names.index
    wide = [column if len(column) == len(index) else column.repeat(len(index)) for column in (names, counts)]
    return wide[0].set_axis(index), wide[1].set_axis(index)


def kish_probabilities(adults: int) -> pd.Series[float]:
    """Return the probability of each adult of a household under the Kish grid.

    They are equal for 1 to 4 and for 6 adults. With 5 they are 1/6, 1/6, 1/4, 1/6, 1/4; above 6 the adults
    above the sixth have none.

    Parameters
    ----------
    adults : int
        Adults in the household.

    Returns
    -------
    (adults,) Series by the number of the adult, from 1.

    Warns
    -----
    SurveyWarning
        There are more than six adults.

    References
    ----------
    Kish (1949), A procedure for objective respondent selection within the household, JASA 44, 380-387.

    Examples
    --------
    >>> kish_probabilities(5).round(4).tolist()
    [0.1667, 0.1667, 0.25, 0.1667, 0.25]
    """
    number = checked_adults(pd.Series([adults]))
    _warn_large(number)
    k = int(number[0])
    chances = _chances(min(k, LARGEST)) + [0.0] * max(k - LARGEST, 0)
    return pd.Series(chances, index=pd.RangeIndex(1, k + 1, name="adult"), name="probability")


def _chances(adults: int) -> list[float]:
    """Return the probabilities of up to six adults, exact before they are divided."""
    twelfths = [0] * adults
    for name, table in KISH_TABLES.items():
        twelfths[table[adults - 1] - 1] += TWELFTHS[name]
    return [n / 12 for n in twelfths]


def _warn_large(number: Codes) -> None:
    large = number[number > LARGEST]
    if large.size:
        warnings.warn(
            f"adults: {large.size} of {number.size} households have more than {LARGEST} adults ("
            f"{listed(sorted(set(large.tolist())))}). The grid never selects those above the sixth: their "
            "probability is 0, and no weight can make up for it. select_adult draws from the full list.",
            SurveyWarning,
            stacklevel=3,
        )
