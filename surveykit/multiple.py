"""Questions with several answers: share of people, share of answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from sampling.checks import (
    ArgumentError,
    ColumnError,
    DataError,
    check_choice,
    check_columns,
    listed,
    near,
    shown,
)
from surveykit import columns as col
from surveykit.design import Design, check_design
from surveykit.estimation import Names, check_answers
from surveykit.formulas.arrays import Array, Codes
from surveykit.formulas.statistics import Ratio, Smooth, mean
from surveykit.formulas.totals import Column
from surveykit.infer import infer
from surveykit.result import Estimates

MOST = 60  # options


def multiple_response(
    design: Design,
    columns: str | Sequence[str],
    *,
    base: Literal["people", "answers"] = "people",
    selected: Any = 1,
    separator: str = " ",
    labels: Mapping[str, str] | None = None,
    by: Names | None = None,
    where: str | None = None,
) -> Estimates:
    """Shares of the options of a question with several answers.

    Parameters
    ----------
    design : Design
    columns : list of column names, or one
        One column an option (1 or True where it was chosen; SPSS, Kobo), or one column of text with the
        options chosen, as Kobo's ``select_multiple``: ``"giay_to cho_lau"``. An empty text is an answer
        without any option; make it missing where it means that nobody asked.
    base : {"people", "answers"}
        Out of the people who answered the question (the shares sum to the mean number of options), or out of
        all options chosen (they sum to 1).
    selected : value, optional
        What stands in a column where its option was chosen; blank columns of a person who chose another
        option count as not chosen.
    separator : text
        Between the options in one column.
    labels : {option: words}, optional
    by, where : as for :func:`surveykit.mean`

    Returns
    -------
    Estimates, shares with their joint covariance

    Raises
    ------
    DataError, ArgumentError
        Nobody answered; more than 60 options; a value that is neither chosen nor not chosen; people with
        all columns blank where no column has a value for "not chosen".

    Examples
    --------
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"thon": list("aabbcc")})
    >>> people["kho"] = ["cho_lau", "cho_lau giay_to", "", None, "giay_to", ""]
    >>> design = sv.Design(people, sampling="srs", psu="thon")
    >>> sv.multiple_response(design, "kho").value.to_dict()
    {'cho_lau': 0.4, 'giay_to': 0.4}
    >>> sv.multiple_response(design, "kho", base="answers").value.to_dict()
    {'cho_lau': 0.5, 'giay_to': 0.5}
    """
    check_design(design)
    check_choice(base, ("people", "answers"), "base")
    names = check_columns(design.data, columns, "columns")
    check_answers(design, list(names), by, "columns")
    if len(names) == 1 and (isinstance(columns, str) or col.kind_of(design.data[names[0]]) == "text"):
        options, chosen, missing = split(design.data[names[0]], names[0], separator)
    else:
        options, chosen, missing = dichotomies(design.data, names, selected)
        if missing.size:
            check_blanks(design.data, names, selected, missing[design.domains(None, where).row[missing] >= 0])
    words = worded(options, labels)
    total = np.sum(chosen, axis=0)

    def make(one: Array) -> Callable[[], Smooth]:
        if base == "people":
            return lambda: mean(Column(one, missing))
        return lambda: Ratio(Column(one, missing), Column(total, missing))

    found = infer(
        design, [make(one) for one in chosen], statistic="share",
        y=[f"the option {option!r}" for option in options], labels=pd.Index(words, name="option"), by=by,
        where=where, share=base == "people",
    )  # fmt: skip
    blank = found.context.missing // len(options)  # a person who did not answer is one, whatever the options
    return replace(
        found,
        context=replace(found.context, missing=blank),
        detail=replace(found.detail, percent=base == "answers"),
    )


def split(values: pd.Series, name: str, separator: str) -> tuple[list[str], list[Array], Codes]:
    """Return the options in a column of text, who chose each, and who did not answer."""
    if not isinstance(separator, str) or not separator:
        raise ArgumentError(f"separator={separator!r}: write the text between two options, as ' ' or ';'.")
    kind = col.kind_of(values)
    if kind not in ("text", "category", "digits"):
        raise TypeError(
            f"columns={name!r} holds {kind}s, and one column of a question with several answers is text. "
            "Pass the list of columns, one an option."
        )
    missing = np.flatnonzero(values.isna().to_numpy())
    codes, levels = pd.factorize(values)  # each combination is taken apart once
    parts = [[part.strip() for part in str(level).split(separator) if part.strip()] for level in levels]
    options = sorted({part for own in parts for part in own})
    if not options:
        raise DataError(f"columns={name!r}: nobody chose an option.")
    too_many(options)
    chosen = []
    for option in options:
        holds = np.array([option in own for own in parts] + [False], dtype=float)
        chosen.append(holds[codes])
    return options, chosen, missing


def dichotomies(
    data: pd.DataFrame, names: Sequence[str], selected: Any
) -> tuple[list[str], list[Array], Codes]:
    """Return the options, one a column, who chose each, and who has none of the columns filled in."""
    too_many(names)
    filled = np.zeros(len(data), dtype=bool)
    chosen = []
    for name in names:
        values = data[name]
        known = ~values.isna().to_numpy()
        filled |= known
        hit = (values == selected).fillna(False).to_numpy(dtype=bool)
        chosen.append((hit & known).astype(float))
        others = pd.unique(values[known & ~hit]).tolist()
        if len(others) > 1:
            raise DataError(
                f"columns: {name!r} holds {listed(sorted(others, key=str), 4)} beside selected={selected!r}. "
                "A column of an option has one value for chosen and one for not: recode it, or say selected=."
            )
    if not any(one.any() for one in chosen):
        raise DataError(
            f"columns: nobody chose an option: selected={selected!r} stands in none of {listed(names, 4)}."
        )
    return list(names), chosen, np.flatnonzero(~filled)


def check_blanks(data: pd.DataFrame, names: Sequence[str], selected: Any, blank: Codes) -> None:
    """Refuse rows asked for that are blank throughout, where blank is all that can mean "not chosen"."""
    if blank.size == 0 or any((data[name].notna() & (data[name] != selected)).any() for name in names):
        return
    zero = "'0'" if isinstance(selected, str) else "0"
    raise DataError(
        f'columns: {listed(names, 4)} hold {shown(selected)} or blank, and no value for "not chosen", so '
        f"{blank.size} rows with all of them blank may have chosen none or not have answered. For those who "
        f"chose none write {zero}: data[columns] = data[columns].fillna({zero}); leave out with where= those "
        "who did not answer."
    )


def too_many(options: Sequence[str]) -> None:
    """Refuse more options than a question has."""
    if len(options) > MOST:
        raise ArgumentError(
            f"columns: {len(options)} options, and a question has at most {MOST}. Is separator= right?"
        )


def worded(options: Sequence[str], labels: Mapping[str, str] | None) -> list[str]:
    """Return the words of the options."""
    for option in labels or {}:
        if option not in options:
            raise ColumnError(f"labels names {option!r}, which is no option.{near(option, options)}")
    words = [(labels or {}).get(option, option) for option in options]
    if len(set(words)) < len(words):
        twice = next(word for word in words if words.count(word) > 1)
        raise ArgumentError(f"labels gives {twice!r} to two options. Write different words.")
    return words
