"""How many lines of a list lead to the same person, and which columns may tell who a person is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from ..checks import ColumnError, DataError, check_choice, column_names, listed, plain
from ..codes import person_key

__all__ = ["MULTIPLICITY", "WithoutPerson", "count_lines", "personal"]

MULTIPLICITY = "multiplicity"
WithoutPerson = Literal["refuse", "alone"]
PERSONAL = re.compile(
    r"\b(?:(?:tele)?phone|mobile|(?:so )?dien thoai|sdt|so dt|zalo|cccd|cmnd|can cuoc|dinh danh|ho chieu"
    r"|passport|e ?mail|thu dien tu|ho (?:va )?ten|full ?name|ten (?:nguoi|cong dan|khach)|nguoi nop|chu ho"
    r"|ngay sinh|nam sinh|birth|birthday|dia chi|address)\b"
)


def personal(names: Iterable[object]) -> list[str]:
    """Return the names of columns that may tell who a person is: name, phone, number of an identity card.

    >>> personal(["ma_ho", "ten_chu_ho", "Điện thoại", "so_ho", "Họ và tên"])
    ['ten_chu_ho', 'Điện thoại', 'Họ và tên']
    """
    return [str(n) for n in names if PERSONAL.search(re.sub(r"[\W_]+", " ", plain(str(n))))]


def count_lines(
    table: pd.DataFrame,
    person: str | Sequence[str],
    *,
    without_person: WithoutPerson = "refuse",
    drop_person: bool = True,
    keep: Sequence[str] = (),
    rows: Sequence[int] | None = None,
) -> tuple[pd.DataFrame, str]:
    """Return the table with a column `multiplicity`: how many lines are of the same person.

    Two lines are of one person if all columns of the key agree after composing letters (NFC), placing tones
    alike (Hòa, Hoà) and leaving out capitals, doubled blanks and invisible letters.

    Parameters
    ----------
    table : pd.DataFrame
        A line for each transaction.
    person : str or list of str
        Column or columns that together say who the person is.
    without_person : {"refuse", "alone"}
        What to do with lines where the key, or a part of it, is missing: refuse them, or let each be a
        person of its own (multiplicity 1).
    drop_person : bool
        Leave the columns of the key out, so that only the count is kept.
    keep : list of str
        Columns of the key that stay all the same, since the frame needs them.
    rows : sequence of int, optional
        Number of each line in the file, for the sentences.

    Returns
    -------
    pd.DataFrame, and a sentence for the user, empty if there is nothing to say.

    Raises
    ------
    ColumnError
        A column is not there, or there is a column `multiplicity` already.
    DataError
        Lines have no key and `without_person` is "refuse".

    Examples
    --------
    >>> table = pd.DataFrame({"ma_hs": ["a", "b", "c"], "ten": ["Lê Hòa", "lê  Hoà", "Lý Mai"]})
    >>> count_lines(table, "ten")[0].to_numpy().tolist()
    [['a', 2], ['b', 2], ['c', 1]]
    """
    check_choice(without_person, ("refuse", "alone"), "without_person")
    names = list(column_names(person, "person"))
    if MULTIPLICITY in table.columns:
        raise ColumnError(
            f"person={person!r}: the list has a column {MULTIPLICITY!r} already. Pass "
            f"multiplicity={MULTIPLICITY!r} to use it, or rename it to have the lines counted."
        )
    key = person_key(table[names].reset_index(drop=True))
    none = (key == "").to_numpy()
    lines = np.arange(len(table)) if rows is None else np.asarray(rows)
    if none.any() and without_person == "refuse":
        raise DataError(
            f"person={person!r}: {int(none.sum())} lines have no person, in row {listed(lines[none])}. Fill "
            "them in, drop them, or pass without_person='alone' to count each as a person of its own."
        )
    times = key.map(key.value_counts()).to_numpy()
    times = np.where(none, 1, times).astype(np.int64)
    mixed = [name for name in names if _kinds(table[name]) > 1]
    said = (
        f"person={person!r}: {listed(mixed)} holds numbers and text, so one person may count as two "
        "(912345678 and '0912345678'). Write all as text."
        if mixed
        else ""
    )
    gone = [name for name in names if name not in keep] if drop_person else []
    return table.drop(columns=gone).assign(**{MULTIPLICITY: times}), said


def _kinds(column: pd.Series[Any]) -> int:
    there = column.dropna().astype(object)
    return int(there.map(lambda value: isinstance(value, str)).nunique())
