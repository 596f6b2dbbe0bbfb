"""Guards and the few kinds of error; both packages speak through this module.

Every message says what was passed, what is wrong (with the value and its place) and how to mend it.
The parents are built-in types, so nobody has to import ours to catch them.
"""

from __future__ import annotations

import difflib
import functools
import inspect
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NoReturn, ParamSpec, TypeAlias

import numpy as np
import pandas as pd

__all__ = [
    "ArgumentError",
    "ColumnError",
    "DataError",
    "LonelyPSUError",
    "MarginError",
    "SurveyWarning",
    "check_choice",
    "check_columns",
    "check_fraction",
    "check_frame",
    "check_spellings",
    "column_names",
    "listed",
    "near",
    "nfc",
    "own_keywords",
    "shown",
]


P = ParamSpec("P")
Init: TypeAlias = Callable[P, None]


class ColumnError(KeyError):
    """A column, row or level was named that is not there."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class ArgumentError(ValueError):
    """An argument has a value that cannot be used."""


class DataError(ValueError):
    """The data hold values that cannot be used."""


class LonelyPSUError(ValueError):
    """A stratum has one primary sampling unit, so its variance cannot be estimated."""


class MarginError(ValueError):
    """Calibration targets do not fit the data."""


class SurveyWarning(UserWarning):
    """The answer stands, but it should be looked at."""


def nfc(text: str) -> str:
    """Return Vietnamese text in composed form (NFC), outer blanks removed."""
    return unicodedata.normalize("NFC", text).strip()


def plain(text: str) -> str:
    """Return text without marks, in lower case: for finding near names only."""
    letters = unicodedata.normalize("NFD", text.replace("Đ", "D").replace("đ", "d"))
    return "".join(c for c in letters if not unicodedata.combining(c)).lower().strip()


def near(name: object, names: Iterable[object]) -> str:
    """Return " Did you mean 'x'?" for the likeliest name, or an empty string.

    >>> near("comune", ["commune", "village"])
    " Did you mean 'commune'?"
    """
    known = {plain(str(n)): n for n in names}
    close = difflib.get_close_matches(plain(str(name)), list(known), n=1, cutoff=0.6)
    return f" Did you mean {known[close[0]]!r}?" if close else ""


def shown(value: Any) -> str:
    """Return a value as the user wrote it: NumPy numbers and tuples of them as plain ones.

    >>> shown((np.int64(1), "a"))
    "(1, 'a')"
    """
    return repr(_bare(value))


def _bare(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_bare(v) for v in value)
    return value.item() if isinstance(value, np.generic) else value


def listed(values: Iterable[object], most: int = 5) -> str:
    """Return the first values as text, with how many more there are.

    >>> listed(["a", "b", "c"], most=2)
    "'a', 'b' and 1 more"
    """
    items = [str(v) if isinstance(v, (int, float, np.number)) else shown(v) for v in values]
    more = len(items) - most
    return ", ".join(items[:most]) + (f" and {more} more" if more > 0 else "")


def check_frame(data: Any, argument: str = "data") -> pd.DataFrame:
    """Return data if it is a DataFrame with rows and unique column names."""
    if not isinstance(data, pd.DataFrame):
        raise TypeError(f"{argument} is a {type(data).__name__}; pass a pandas DataFrame.")
    if data.columns.nlevels > 1:
        raise TypeError(
            f"{argument} has column names of {data.columns.nlevels} levels. Give each column one name: "
            "data.columns = [' '.join(map(str, c)) for c in data.columns]."
        )
    if not data.columns.is_unique:
        twice = data.columns[data.columns.duplicated()].unique()
        raise ColumnError(
            f"{argument} has columns of the same name: {listed(twice)}. "
            "Rename or drop one of each, so that a name means one column."
        )
    if len(data) == 0:
        raise DataError(f"{argument} has no rows. Check the filter or the file it came from.")
    return data


def column_names(names: Any, argument: str) -> tuple[str, ...]:
    """Return one name or a sequence of names as a tuple; refuse Series and arrays."""
    if names is None:
        return ()
    if isinstance(names, str):
        return (names,)
    if isinstance(names, (pd.Series, pd.Index, np.ndarray, pd.DataFrame)):
        raise TypeError(
            f"{argument} is a {type(names).__name__}; pass the name of a column as text. "
            "Add the values to the data first if they are not there yet."
        )
    if isinstance(names, Sequence) and all(isinstance(n, str) for n in names):
        return tuple(names)
    raise TypeError(f"{argument}={names!r}: pass the name of a column, or a list of names.")


def check_columns(data: pd.DataFrame, names: Any, argument: str) -> tuple[str, ...]:
    """Return the names as a tuple after checking that the data have them all."""
    found = column_names(names, argument)
    for name in found:
        if name not in data.columns:
            raise ColumnError(f"{argument}={name!r}: the data have no such column.{near(name, data.columns)}")
    return found


def check_column(data: pd.DataFrame, name: Any, argument: str) -> None:
    """Refuse what is not the name of one column of the data."""
    if not isinstance(name, str):
        raise TypeError(f"{argument}={name!r}: pass the name of one column, as text.")
    check_columns(data, name, argument)


def check_spellings(levels: Iterable[Any], name: object) -> None:
    """Refuse levels of a column that differ only in blanks at the ends or in how accents are stored.

    >>> check_spellings(["Nam", "Nữ", "Nữ "], "gioi")
    Traceback (most recent call last):
    ...
    sampling.checks.DataError: 'gioi' holds 'Nữ' and 'Nữ ', which differ only in blanks at the ends and \
would count as two. Make them one: data['gioi'] = data['gioi'].str.normalize("NFC").str.strip().
    """
    texts = [v for v in levels if isinstance(v, str)]
    odd = [v for v in texts if v != v.strip() or not unicodedata.is_normalized("NFC", v)]
    if not odd:
        return
    strange = set(odd)
    known = {v: v for v in texts if v not in strange}
    for v in odd:
        one = known.setdefault(nfc(v), v)
        if one == v:
            continue
        how = "blanks at the ends" if one.strip() == v.strip() else "the Unicode form of their accents"
        raise DataError(
            f"{name!r} holds {one!r} and {v!r}, which differ only in {how} and would count as two. Make them "
            f'one: data[{name!r}] = data[{name!r}].str.normalize("NFC").str.strip().'
        )


def check_choice(
    value: Any, choices: Sequence[str], argument: str, elsewhere: Mapping[str, str] | None = None
) -> str:
    """Return value if it is one of the choices; ``elsewhere`` has the words of other tools for them."""
    if value in choices:
        return str(value)
    refuse_choice(value, choices, argument, elsewhere)


def refuse_choice(
    value: Any, choices: Sequence[str], argument: str, elsewhere: Mapping[str, str] | None = None
) -> NoReturn:
    """Raise the error for a word that is not one of the choices."""
    ours = (elsewhere or {}).get(plain(str(value)))
    hint = f" Write {argument}={ours!r}." if ours else near(value, choices)
    raise ArgumentError(f"{argument}={value!r} is not known.{hint} Choose one of {listed(choices, most=20)}.")


def own_keywords(name: str, elsewhere: Mapping[str, str], form: str) -> Callable[[Init[P]], Init[P]]:
    """Guard ``__init__``: an argument that it does not have is told by the name it has here.

    ``elsewhere`` has the names of other tools with what to write here, ``form`` shows a whole call.
    """

    def guard(init: Init[P]) -> Init[P]:
        given = list(inspect.signature(init).parameters.values())
        known = [p.name for p in given[1:]]
        placed = sum(p.kind is not p.KEYWORD_ONLY for p in given)

        @functools.wraps(init)
        def guarded(*args: P.args, **words: P.kwargs) -> None:
            for word in words:
                if word not in known:
                    ours = elsewhere.get(plain(word))
                    hint = f" Write {ours}." if ours else f"{near(word, known)} It is written {form}."
                    raise TypeError(f"{word}=: {name} has no such argument.{hint}")
            if len(args) > placed:
                raise TypeError(f"{name} takes all but {known[0]} by name: {form}.")
            init(*args, **words)

        return guarded

    return guard


def check_fraction(value: Any, argument: str = "level") -> float:
    """Return a number strictly between 0 and 1; a percentage such as 95 is refused.

    >>> check_fraction(95)
    Traceback (most recent call last):
    ...
    sampling.checks.ArgumentError: level=95: write it as a share between 0 and 1. Did you mean 0.95?
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
        raise TypeError(f"{argument}={value!r}: pass a number between 0 and 1.")
    if 0 < value < 1:
        return float(value)
    hint = f" Did you mean {value / 100:g}?" if 1 < value < 100 else ""
    raise ArgumentError(f"{argument}={value:g}: write it as a share between 0 and 1.{hint}")
