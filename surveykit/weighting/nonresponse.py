"""Nonresponse: respondents stand for nonrespondents, by class or by their chance of responding."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from sampling.checks import (
    ArgumentError,
    DataError,
    SurveyWarning,
    check_choice,
    check_columns,
    shown,
)
from surveykit import columns as col
from surveykit.design import Design
from surveykit.formulas.arrays import Array, Mask
from surveykit.formulas.propensity import Propensity
from surveykit.formulas.steps import ClassAdjustment, Multiplication
from surveykit.weighting.classes import collapse
from surveykit.weighting.guards import check_open, is_number, one_column
from surveykit.weighting.predictors import predictor_cells


def adjust_nonresponse(
    design: Design,
    *,
    responded: str,
    cells: str | Sequence[str] | None = None,
    method: Literal["classes", "propensity", "propensity_classes"] = "classes",
    predictors: str | Sequence[str] | None = None,
    collapse_below: int | None = None,
    greatest: float | None = None,
    classes: int = 5,
    estimated: bool = True,
    answers: str | Sequence[str] | None = None,
    eligible: str | None = None,
) -> Design:
    r"""Let respondents stand for nonrespondents.

    By classes, :math:`w_i \leftarrow w_i r_i \sum_{c} w / \sum_{c} w r`; by propensity,
    :math:`w_i \leftarrow w_i r_i / p_i` with p a logit of responding, fitted with the weights; by propensity
    classes, in classes of that p.

    Parameters
    ----------
    design : Design
        Its data hold a row for every selected person, answered or not.
    responded : column name
        1 or True for a usable answer, 0 or False for none.
    cells : column name or list of them, optional
        Classes, known for respondents and nonrespondents alike; without them all rows are one class.
    method : {"classes", "propensity", "propensity_classes"}
    predictors : column name or list of them
        For the propensity: numeric columns as they are, text and categories as their levels.
    collapse_below : int, optional
        Classes with fewer respondents are joined with the neighbour inside the same levels of the columns
        before the last one, the smallest first; what was joined is told by a warning and stands with the
        step (``design.steps[-1].joined``), their number in its name.
    greatest : number, optional
        Classes whose factor would be greater are joined in the same way.
    classes : int
        Number of propensity classes.
    estimated : bool
        False takes the fitted chances as known in the variance, as R does with weights divided by them.
    answers : column name or list of them, optional
        Answers to check against ``responded``: a nonrespondent with answers is refused.
    eligible : column name, optional
        1 where a person belongs to the population; the others keep their weight and take no part.

    Returns
    -------
    Design with one more step; nonrespondents keep their rows with weight 0. The variance takes in that the
    response rates were estimated.

    Raises
    ------
    DataError
        ``responded`` is missing or neither 0 nor 1; a class has no respondents; nonrespondents with answers;
        respondents without weight; predictors that tell respondents and nonrespondents apart without fail.

    References
    ----------
    Särndal, Swensson & Wretman (1992), ch. 15; Little (1986), Int. Stat. Review 54, 139–157; Kim & Kim
    (2007), Canadian J. Statistics 35, 501–514 (variance with estimated chances).

    Examples
    --------
    >>> import pandas as pd, surveykit as sv
    >>> people = pd.DataFrame({"w": [10.0] * 4, "loai": list("xxpp"), "tra_loi": [1, 0, 1, 1]})
    >>> design = sv.Design(people, weights="w").pipe(sv.adjust_nonresponse, responded="tra_loi", cells="loai")
    >>> design.weights.tolist()
    [20.0, 0.0, 10.0, 10.0]
    """
    check_open(design, "adjust_nonresponse")
    check_choice(method, ("classes", "propensity", "propensity_classes"), "method")
    name = one_column(design, responded, "responded")
    inside = np.ones(len(design.data), dtype=bool)
    if eligible is not None:
        inside = yes_no(design, eligible, "eligible", design.w != 0)
        if not (inside & (design.w != 0)).any():
            raise DataError(f"eligible={eligible!r} is 0 in every row with a weight. Check the column.")
    yes = yes_no(design, name, "responded", inside & (design.w != 0))
    _check_rows(design, name, yes, inside, answers)
    if method == "classes":
        if predictors is not None:
            raise ArgumentError(
                "predictors= is for method='propensity'. For classes name the columns in cells=."
            )
        return _by_classes(design, name, yes, inside, cells, collapse_below, greatest)
    for given, word in ((cells, "cells"), (collapse_below, "collapse_below"), (greatest, "greatest")):
        if given is not None:
            raise ArgumentError(f"{word}= is for method='classes'; a propensity takes predictors=.")
    if not is_number(classes) or classes < 2 or classes != int(classes):
        raise ArgumentError(f"classes={classes!r}: pass a whole number of classes, at least 2.")
    return _by_propensity(
        design, name, yes, inside, predictors, int(classes) if method != "propensity" else 0, estimated
    )


def yes_no(design: Design, name: str, argument: str, used: Mask) -> Mask:
    """(n,) rows where a column is 1; anything but 1 and 0 in the rows used is refused."""
    name = one_column(design, name, argument)
    values = col.floats(design.data, name, argument, "it must be 1 or 0")
    wrong = np.flatnonzero(~np.isin(values, (0.0, 1.0)) & used)
    if wrong.size:
        value = "missing" if np.isnan(values[wrong[0]]) else f"{values[wrong[0]]:g}"
        means = "a usable answer" if argument == "responded" else "yes"
        none = "none" if argument == "responded" else "no"
        raise DataError(
            f"{argument}={name!r} is {value} in {col.place(design.data, wrong)}. "
            f"Write 1 for {means} and 0 for {none}."
        )
    return np.asarray(values == 1)


def _check_rows(design: Design, name: str, yes: Mask, inside: Mask, answers: Any) -> None:
    """Refuse respondents without weight, and nonrespondents with answers."""
    lost = np.flatnonzero(yes & inside & (design.base_weights == 0))
    if lost.size:
        raise DataError(
            f"responded={name!r} is 1 in {col.place(design.data, lost)}, whose weight is 0, so those answers "
            f"would count for nothing. Give the rows their weight, or write 0."
        )
    for column in check_columns(design.data, answers, "answers"):
        odd = np.flatnonzero(~yes & inside & design.data[column].notna().to_numpy() & (design.w != 0))
        if odd.size:
            raise DataError(
                f"answers={column!r} has answers in {odd.size} rows where {name!r} is 0 "
                f"({col.place(design.data, odd)}): they would get weight 0 and be lost. "
                f"Write 1 in {name!r} if the form is usable, or clear its answers."
            )


def _by_classes(
    design: Design,
    responded: str,
    yes: Mask,
    inside: Mask,
    cells: Any,
    below: int | None,
    greatest: float | None,
) -> Design:
    names = check_columns(design.data, cells, "cells")
    codes, index = col.crossed_codes(design.data, names, "cells")
    label, w = f"nonresponse ({', '.join(names) or 'one class'})", design.w
    for limit, word in ((below, "collapse_below"), (greatest, "greatest")):
        if limit is not None and (not is_number(limit) or limit < 1):
            raise ArgumentError(f"{word}={limit!r}: pass a number, at least 1.")
        if limit is not None and not names:
            raise ArgumentError(f"{word}= joins classes: name the columns that make them in cells=.")
    used, said = inside & (w != 0), list[str]()
    if below is not None or greatest is not None:
        codes, index, said = collapse(codes, index, w * used, yes & used, below or 1, greatest or np.inf)
        label = f"{label[:-1]}; {len(said)} joined)" if said else label
        _warn_of_joined(names, said, w, used, yes, (below or 1, greatest or np.inf))
    every = np.bincount(codes, weights=w * used, minlength=len(index))
    held = np.bincount(codes, weights=w * (yes & used), minlength=len(index))
    empty = np.flatnonzero((every > 0) & (held == 0))
    if empty.size and not names:
        raise DataError(f"responded={responded!r} is 0 in every row with a weight: nobody responded.")
    if empty.size:
        rows = int(np.sum((codes == empty[0]) & used))
        raise DataError(
            f"cells={list(names)}: class {shown(index[empty[0]])} has no respondents ({rows} rows), so "
            "nobody can stand for it. Join it with another class, or use fewer cells. (collapse_below=1 "
            "joins it with its neighbour.)"
        )
    step = ClassAdjustment(np.where(inside, codes, -1), yes, len(index), label, tuple(said))
    return design.add_step(step)


def _warn_of_joined(
    names: tuple[str, ...], said: list[str], w: Array, used: Mask, yes: Mask, limits: tuple[float, float]
) -> None:
    """Say which classes were joined, and whether even all of them together do not reach the limits."""
    joined = "1 class was" if len(said) == 1 else f"{len(said)} classes were"
    text = f"{joined} joined with a neighbour ({'; '.join(said[:5])}{' …' if len(said) > 5 else ''})."
    respondents, held = int((yes & used).sum()), float(w[yes & used].sum())
    factor = float(w[used].sum()) / held if held else np.inf
    if respondents < limits[0] or factor > limits[1]:
        end = f"Even all rows together have {respondents} respondents and the factor {factor:.3g}."
        text = f"{text} {end}" if said else end
    elif not said:
        return
    warnings.warn(f"cells={list(names)}: {text}", SurveyWarning, stacklevel=5)


def _by_propensity(
    design: Design, responded: str, yes: Mask, inside: Mask, predictors: Any, classes: int, estimated: bool
) -> Design:
    names = check_columns(design.data, predictors, "predictors")
    if not names:
        raise ArgumentError("predictors: name the columns that the chance of responding depends on.")
    used = inside & (design.w != 0)
    cell, X, terms = predictor_cells(design, names, used)
    label = f"propensity{' classes' if classes else ''} ({', '.join(names)})"
    step = Propensity(np.where(used, cell, -1), X, yes, label, estimated, classes)
    if not (yes & used).any():
        raise DataError(f"responded={responded!r} is 0 in every row with a weight: nobody responded.")
    fit = step.fit(design.w)
    step = replace(step, start=fit.beta)
    if not fit.met and (~yes & used).any():
        largest = terms[int(np.argmax(np.abs(fit.beta) * X.std(axis=0)))]
        raise DataError(
            f"predictors={list(names)}: they tell respondents from nonrespondents without fail (near "
            f"{largest}), so no chance of responding can be fitted. Use fewer predictors, or "
            "method='classes'."
        )
    if classes:
        made = step.cut(design.w)
        held = np.bincount(made.classes[used & yes], minlength=made.count)
        every = np.bincount(made.classes[used], minlength=made.count)
        if ((every > 0) & (held == 0)).any():
            raise DataError(
                f"classes={classes}: class {int(np.flatnonzero((every > 0) & (held == 0))[0]) + 1} of the "
                "chances has no respondents. Pass a smaller number of classes."
            )
    return design.add_step(step)


def redistribute(design: Design, *, give: str, take: str, cells: str | Sequence[str] | None = None) -> Design:
    r"""Move the weight of some rows (G) to others (T) of the same class.

    .. math:: w_i \leftarrow w_i \left(1 + \sum_G w / \sum_T w\right), \quad i \in T

    Parameters
    ----------
    design : Design
    give, take : conditions, as in ``"tinh_trang == 'không rõ'"``
        Rows whose weight goes to 0, and rows that take it over in proportion to their own. The others stay.
    cells : column name or list of them, optional
        Classes inside which the weight moves.

    Returns
    -------
    Design with one more step; the variance takes it in.

    Examples
    --------
    >>> import pandas as pd, surveykit as sv
    >>> people = pd.DataFrame({"w": [10.0] * 4, "tt": ["có", "có", "không rõ", "ngoài"]})
    >>> made = sv.redistribute(sv.Design(people, weights="w"), give="tt == 'không rõ'", take="tt == 'có'")
    >>> made.weights.tolist()
    [15.0, 15.0, 0.0, 10.0]
    """
    check_open(design, "redistribute")
    conditions = {"give": give, "take": take}
    for argument, text in conditions.items():
        col.check_condition(text, argument)
    gives, takes = (col.condition(design.data, text, argument) for argument, text in conditions.items())
    both = np.flatnonzero(gives & takes)
    if both.size:
        raise ArgumentError(
            f"give and take both hold in {col.place(design.data, both)}. A row can do one of them."
        )
    names = check_columns(design.data, cells, "cells")
    codes, index = col.crossed_codes(design.data, names, "cells")
    w = design.w
    lost = np.bincount(codes, weights=w * gives, minlength=len(index)) > 0
    alone = np.flatnonzero(lost & ~(np.bincount(codes, weights=w * takes, minlength=len(index)) > 0))
    if alone.size:
        where = f"class {shown(index[alone[0]])} has no rows" if names else "no rows with a weight are there"
        mend = "Use fewer cells." if names else "Check the condition."
        raise DataError(f"take={take!r}: {where} to take the weight over. {mend}")
    if not lost.any():
        warnings.warn(
            f"give={give!r} holds in no row with a weight, so nothing moves. Check the condition.",
            SurveyWarning,
            stacklevel=2,
        )
    label = f"redistribute ({', '.join(names) or give})"
    return design.add_step(ClassAdjustment(np.where(gives | takes, codes, -1), takes, len(index), label))


def multiply_weights(design: Design, column: str, *, divide: bool = False) -> Design:
    r"""Multiply (or divide) the weights by a column: adults in a household, lists a person stands in.

    Parameters
    ----------
    design : Design
    column : column name
        Numbers above 0, taken as known: the chance of one adult out of k is 1/k, so the weight is multiplied
        by k; someone who stands in m lists had m chances, so it is divided by m.
    divide : bool

    Returns
    -------
    Design with one more step

    Raises
    ------
    DataError
        A factor that is missing, 0 or negative in a row with a weight.

    Examples
    --------
    >>> import pandas as pd, surveykit as sv
    >>> people = pd.DataFrame({"w": [10.0, 10.0], "nguoi_lon": [1, 3]})
    >>> sv.multiply_weights(sv.Design(people, weights="w"), "nguoi_lon").weights.tolist()
    [10.0, 30.0]
    """
    check_open(design, "multiply_weights")
    name = one_column(design, column, "column")
    values: Array = col.floats(design.data, name, "column", "a factor is a number")
    wrong = np.flatnonzero(~(np.isfinite(values) & (values > 0)) & (design.w != 0))
    if wrong.size:
        value = "missing" if np.isnan(values[wrong[0]]) else f"{values[wrong[0]]:g}"
        raise DataError(
            f"column={name!r} is {value} in {col.place(design.data, wrong)}. A factor is a number above 0."
        )
    values = np.where(design.w != 0, values, 1.0)
    factor = 1 / values if divide else values
    return design.add_step(Multiplication(factor, f"{'divided' if divide else 'times'} ({name})"))
