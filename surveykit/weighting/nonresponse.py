"""Nonresponse: respondents stand for nonrespondents."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sampling.checks import DataError, check_columns, shown
from surveykit import columns as col
from surveykit.design import Design
from surveykit.formulas.steps import ClassAdjustment
from surveykit.weighting.guards import check_open, one_column


def adjust_nonresponse(design: Design, *, responded: str, cells: str | Sequence[str] | None = None) -> Design:
    r"""Let the respondents of each class stand for its nonrespondents.

    .. math:: w_i \leftarrow w_i r_i \sum_{c} w / \sum_{c} w r

    Parameters
    ----------
    design : Design
        Its data hold a row for every selected person, answered or not.
    responded : column name
        1 or True for a usable answer, 0 or False for none.
    cells : column name or list of them, optional
        Classes, known for respondents and nonrespondents alike; without them all rows are one class.

    Returns
    -------
    Design with one more step; nonrespondents keep their rows with weight 0. The variance takes in that the
    response rates were estimated.

    Raises
    ------
    DataError
        ``responded`` is missing or neither 0 nor 1; a class has no respondents.

    References
    ----------
    Särndal, Swensson & Wretman (1992), ch. 15.

    Examples
    --------
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"w": [10.0] * 4, "loai": list("xxpp"), "tra_loi": [1, 0, 1, 1]})
    >>> design = sv.Design(people, weights="w").pipe(sv.adjust_nonresponse, responded="tra_loi", cells="loai")
    >>> design.weights.tolist()
    [20.0, 0.0, 10.0, 10.0]
    """
    check_open(design, "adjust_nonresponse")
    name = one_column(design, responded, "responded")
    values = col.floats(design.data, name, "responded", "it must be 1 or 0")
    wrong = np.flatnonzero(~np.isin(values, (0.0, 1.0)) & (design.w > 0))
    if wrong.size:
        value = "missing" if np.isnan(values[wrong[0]]) else f"{values[wrong[0]]:g}"
        raise DataError(
            f"responded={name!r} is {value} in {col.place(design.data, wrong)}. "
            "Write 1 for a usable answer and 0 for none."
        )
    names = check_columns(design.data, cells, "cells")
    classes, index = col.crossed_codes(design.data, names, "cells")
    step = ClassAdjustment(
        classes, values == 1, len(index), f"nonresponse ({', '.join(names) or 'one class'})"
    )
    every = np.bincount(classes, weights=design.w, minlength=len(index))
    held = np.bincount(classes, weights=design.w * step.responded, minlength=len(index))
    empty = np.flatnonzero((every > 0) & (held == 0))
    if empty.size and not names:
        raise DataError(f"responded={name!r} is 0 in every row with a weight: nobody responded.")
    if empty.size:
        rows = int(np.sum((classes == empty[0]) & (design.w > 0)))
        raise DataError(
            f"cells={list(names)}: class {shown(index[empty[0]])} has no respondents ({rows} rows), so "
            "nobody can stand for it. Join it with another class, or use fewer cells."
        )
    return design.add_step(step)
