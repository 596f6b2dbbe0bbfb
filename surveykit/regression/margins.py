"""Margins of a regression: average predictions with a variable set to a value, average marginal effects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sampling.checks import ArgumentError, ColumnError, DataError, near, shown
from surveykit.columns import factorise, kind_of
from surveykit.formulas import margins as formulas
from surveykit.formulas.arrays import Array
from surveykit.formulas.glm import Glm
from surveykit.infer import infer
from surveykit.regression.fit import less_df
from surveykit.regression.told import Told, told_by
from surveykit.result import Estimates

if TYPE_CHECKING:
    from surveykit.regression.result import Regression

STEEP = 0.01  # change of a one-sided slope, at a quarter of the step, from which it has no end
STEP = 1e-5  # of the spread of a variable: how far it is moved for a derivative
MOST = 50  # levels or values


def margins(
    model: Regression, variable: str, *, at: Sequence[Any] | None = None, fixed: bool = False
) -> Estimates:
    """Average over the sample what the model predicts with a variable set to each of its values.

    Parameters
    ----------
    model : Regression
    variable : column name in the formula
    at : list of values, optional
        For a factor all its levels without it; for numbers it must be given.
    fixed : bool
        Take the other variables of the sample as they are: only the coefficients vary. By default the sample
        varies too, as the population is what is spoken of.

    Returns
    -------
    Estimates on the scale of the answer, a row for each value

    References
    ----------
    Graubard & Korn (1999), Biometrics 55, 652-659.

    Examples
    --------
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"thon": list("aabbccdd"), "diem": [4, 5, 3, 4, 4, 5, 2, 3]})
    >>> people["gioi"] = list("NWNWNWNW")
    >>> model = sv.regress(sv.Design(people, sampling="srs", psu="thon"), "diem ~ gioi")
    >>> model.margins("gioi").value.round(3).to_dict()
    {'N': 3.25, 'W': 4.25}
    """
    link = family(model)
    data = own_rows(model, variable)
    values = levels(data, variable, at)
    X = [partial(columns, model, data, variable, v) for v in values]
    shift = offset(model)
    what = [formulas.prediction(link, x, shift) for x in X]
    told = told_by(model)
    lost = [bool(told.left.size and told.lost(whole(model, data, variable, v)).any()) for v in values]
    made = averaged(model, what, pd.Index(values, name=variable), "margin", fixed)
    return told.marked(made, np.array(lost))


def effects(
    model: Regression, variables: str | Sequence[str] | None = None, *, fixed: bool = False
) -> Estimates:
    """Average marginal effects: the derivative by a number, the difference from the first level of a factor.

    Parameters
    ----------
    model : Regression
    variables : column names, optional
        All on the right side of the formula without it.

    Returns
    -------
    Estimates on the scale of the answer, in its units for each unit of the variable

    References
    ----------
    Korn & Graubard (1999), Analysis of Health Surveys, 3.7.

    Examples
    --------
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"thon": list("aabbccdd"), "diem": [4, 5, 3, 4, 4, 5, 2, 3]})
    >>> people["tuoi"] = [30, 50] * 4
    >>> model = sv.regress(sv.Design(people, sampling="srs", psu="thon"), "diem ~ tuoi")
    >>> model.effects().value.round(3).to_dict()
    {'tuoi': 0.05}
    """
    right = [n for factor in model.terms.info.factor_infos for n in model.terms.sources[factor.code]]
    names = [variables] if isinstance(variables, str) else list(variables or dict.fromkeys(right))
    link = family(model)
    what, labels, shift, told, lost = [], [], offset(model), told_by(model), []
    for name in names:
        data = own_rows(model, name)
        if is_factor(model, data, name):
            first, *others = levels(data, name, None, "effects")
            base = partial(columns, model, data, name, first)
            for level in others:
                what.append(
                    formulas.difference(link, partial(columns, model, data, name, level), base, shift)
                )
                labels.append(f"{name}[{level}]")
                lost.append(bool(told.left.size and lost_between(model, told, data, name, first, level)))
            continue

        def here(d: pd.DataFrame = data) -> Array:
            return model.terms.matrix(d)[:, model.kept]

        moved = partial(derivative, model, data, name)
        what.append(formulas.slope(link, here, partial(kept_of, model, moved), shift))
        labels.append(name)
        lost.append(bool(told.left.size and told.lost(moved()).any()))
    if not what:
        raise ArgumentError("effects: the model has no variable on its right side.")
    made = averaged(model, what, pd.Index(labels, name="variable"), "effect", fixed)
    return told.marked(made, np.array(lost))


def kept_of(model: Regression, make: Callable[[], Array]) -> Array:
    """(m, k) the columns that are in the fit."""
    return make()[:, model.kept]


def lost_between(
    model: Regression, told: Told, data: pd.DataFrame, name: str, first: Any, level: Any
) -> bool:
    """Whether the data have no say on the change from one level to another."""
    one, other = whole(model, data, name, first), whole(model, data, name, level)
    if model.family == "gaussian":  # the change alone counts
        return bool(told.lost(other - one).any())
    return bool((told.lost(one) | told.lost(other)).any())


def derivative(model: Regression, data: pd.DataFrame, name: str) -> Array:
    """(m, p) derivative of the columns by a number, by differences; one-sided where a side has no value."""
    x = data[name].astype(float)
    h = STEP * (float(x.std()) or 1.0)
    try:
        up, down = x + h, x - h
        change = (up - down).to_numpy()[:, None]
        return np.asarray((whole(model, data, name, up) - whole(model, data, name, down)) / change)
    except (ArgumentError, DataError):
        side = np.where(x < (x.min() + x.max()) / 2, 1.0, -1.0)
        slopes = [_one_sided(model, data, name, side * step) for step in (h, h / 4)]
    size = np.maximum(np.abs(slopes[1]).max(axis=0), 1.0)
    if (np.abs(slopes[1] - slopes[0]) > STEEP * size).any():
        raise DataError(
            f"effects: the slope of a term by {name!r} has no end at one of its values. "
            "Leave those rows out with where=, or take margins at values of your own."
        )
    return slopes[0]


def _one_sided(model: Regression, data: pd.DataFrame, name: str, h: Array) -> Array:
    """(m, p) derivative from the values at x, x + h and x + 2h."""
    x = data[name].astype(float)
    here, near, far = (whole(model, data, name, x + k * h) for k in (0, 1, 2))
    return np.asarray((-3 * here + 4 * near - far) / (2 * h[:, None]))


def own_rows(model: Regression, variable: Any) -> pd.DataFrame:
    """Return the rows of the fit, once it is sure that the variable stands in the formula."""
    right = [n for factor in model.terms.info.factor_infos for n in model.terms.sources[factor.code]]
    if variable not in right:
        raise ColumnError(
            f"margins: {shown(variable)} does not stand on the right side of {model.formula!r}."
            f"{near(variable, right)}"
        )
    return model.rows


def is_factor(model: Regression, data: pd.DataFrame, name: str) -> bool:
    """Whether a column counts by its levels in the model."""
    kinds = {model.terms.info.factor_infos[factor].type for factor in model.terms.variable(name)}
    return "categorical" in kinds or kind_of(data[name]) != "number" or pd.api.types.is_bool_dtype(data[name])


def levels(data: pd.DataFrame, name: str, at: Sequence[Any] | None, asked: str = "margins") -> list[Any]:
    """Return the values that a variable is set to."""
    number = kind_of(data[name]) == "number" and not pd.api.types.is_bool_dtype(data[name])
    known = list(factorise(data[name])[1])
    if at is None:
        if number and len(known) > MOST:
            mend = (
                f"Say at which ones with at=[…], or use effects({name!r})."
                if asked == "margins"
                else "Where a term compares it, as (tuoi > 40), make a column of the comparison."
            )
            raise ArgumentError(f"{asked}: {name!r} has {len(known)} values. {mend}")
        return known
    if isinstance(at, str) or not isinstance(at, Sequence) or len(at) == 0:
        raise TypeError(f"at={at!r}: pass a list of values of {name!r}.")
    absent = [] if number else [v for v in at if v not in known]
    if absent:
        raise ColumnError(f"at: {name!r} has no level {shown(absent[0])}.{near(absent[0], known)}")
    return list(at)


def columns(model: Regression, data: pd.DataFrame, name: str, value: Any) -> Array:
    """(m, k) columns of the fit with a variable set to a value."""
    return whole(model, data, name, value)[:, model.kept]


def whole(model: Regression, data: pd.DataFrame, name: str, value: Any) -> Array:
    """(m, p) all columns of the model with a variable set to a value, or to a column of values."""
    if not isinstance(value, pd.Series) and isinstance(data[name].dtype, pd.CategoricalDtype):
        whole = np.repeat(np.array([value], dtype=object), len(data))
        value = pd.Series(whole, index=data.index).astype(data[name].dtype)
    return model.terms.matrix(data.assign(**{name: value}))


def family(model: Regression) -> formulas.Link:
    """Return the link of a model that has one mean for each row."""
    if not isinstance(model.model, Glm):
        raise ArgumentError(
            "margins of family='ordinal' are not there: fit a logit of the categories that count, "
            'as in "muc >= 4 ~ tuoi", and take its margins.'
        )
    return model.model.family


def offset(model: Regression) -> Array | float:
    """(m,) offset of the rows of the fit, or 0."""
    assert isinstance(model.model, Glm)
    return model.model.offset if model.model.offset.size else 0.0


def averaged(
    model: Regression, what: list[formulas.Predicted], labels: pd.Index[Any], statistic: str, fixed: bool
) -> Estimates:
    """Return the averages with their covariance, through the one doorway."""
    m = model.model
    made = formulas.Margins(m, m.theta, what, m.rows, model.w, m.n, fixed)
    raw = infer(
        model.design, [lambda: made], statistic=statistic, y=[f"formula={model.formula!r}"] * len(what),
        labels=labels, where=model.where,
    )  # fmt: skip
    est = less_df(raw, len(model.kept) - 1)
    if not isinstance(m, Glm) or not np.isin(m.y, (0, 1)).all():
        return est
    if statistic == "effect":
        return replace(est, points=True)
    return replace(est, detail=replace(est.detail, percent=True))
