"""Margins of a regression: average predictions with a variable set to a value, average marginal effects."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sampling.checks import ArgumentError, ColumnError, near, shown
from surveykit.columns import factorise, kind_of
from surveykit.formulas import margins as formulas
from surveykit.formulas.arrays import Array
from surveykit.formulas.glm import Glm
from surveykit.infer import infer
from surveykit.regression.fit import less_df
from surveykit.result import Estimates

if TYPE_CHECKING:
    from surveykit.regression.result import Regression

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
    return averaged(model, what, pd.Index(values, name=variable), "margin", fixed)


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
    what, labels, shift = [], [], offset(model)
    for name in names:
        data = own_rows(model, name)
        if is_factor(model, data, name):
            first, *others = levels(data, name, None)
            base = partial(columns, model, data, name, first)
            for level in others:
                what.append(
                    formulas.difference(link, partial(columns, model, data, name, level), base, shift)
                )
                labels.append(f"{name}[{level}]")
            continue
        h = STEP * (float(data[name].astype(float).std()) or 1.0)

        def here(d: pd.DataFrame = data) -> Array:
            return model.terms.matrix(d)[:, model.kept]

        def change(d: pd.DataFrame = data, n: str = name, h: float = h) -> Array:
            up, down = columns(model, d, n, d[n] + h), columns(model, d, n, d[n] - h)
            return np.asarray((up - down) / (2 * h))

        what.append(formulas.slope(link, here, change, shift))
        labels.append(name)
    if not what:
        raise ArgumentError("effects: the model has no variable on its right side.")
    return averaged(model, what, pd.Index(labels, name="variable"), "effect", fixed)


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


def levels(data: pd.DataFrame, name: str, at: Sequence[Any] | None) -> list[Any]:
    """Return the values that a variable is set to."""
    number = kind_of(data[name]) == "number" and not pd.api.types.is_bool_dtype(data[name])
    known = list(factorise(data[name])[1])
    if at is None:
        if number and len(known) > MOST:
            raise ArgumentError(
                f"margins: {name!r} has {len(known)} values. Say at which ones with at=[…], "
                f"or use effects({name!r})."
            )
        return known
    if isinstance(at, str) or not isinstance(at, Sequence) or len(at) == 0:
        raise TypeError(f"at={at!r}: pass a list of values of {name!r}.")
    absent = [] if number else [v for v in at if v not in known]
    if absent:
        raise ColumnError(f"at: {name!r} has no level {shown(absent[0])}.{near(absent[0], known)}")
    return list(at)


def columns(model: Regression, data: pd.DataFrame, name: str, value: Any) -> Array:
    """(m, p) columns of the model with a variable set to a value, or to a column of values."""
    if not isinstance(value, pd.Series) and isinstance(data[name].dtype, pd.CategoricalDtype):
        whole = np.repeat(np.array([value], dtype=object), len(data))
        value = pd.Series(whole, index=data.index).astype(data[name].dtype)
    return model.terms.matrix(data.assign(**{name: value}))[:, model.kept]


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
    return less_df(raw, len(model.kept) - 1)
