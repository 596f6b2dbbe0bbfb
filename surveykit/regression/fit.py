"""`regress`: from a design and a formula to coefficients with their joint covariance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from sampling.checks import ArgumentError, DataError, check_choice, check_columns, listed
from surveykit.columns import answers, factorise, kind_of
from surveykit.context import Note
from surveykit.design import Design, check_design
from surveykit.formulas import glm, ordinal, separating
from surveykit.formulas.arrays import Array, Codes, Mask
from surveykit.infer import infer
from surveykit.regression import terms as formulas
from surveykit.regression.instruments import Instruments, told_by
from surveykit.regression.instruments import parse as read_instruments
from surveykit.regression.result import Regression
from surveykit.regression.terms import Terms
from surveykit.result import Estimates

if TYPE_CHECKING:
    import scipy.sparse as sp

Family = Literal["gaussian", "logit", "probit", "cloglog", "poisson", "ordinal"]
Errors = Literal["design", "cr2", "cr2-exchangeable"]
NONE_LEFT = Note(
    "the coefficients leave no degrees of freedom, so there are no intervals and no tests",
    "các hệ số không để lại bậc tự do nào nên không có khoảng tin cậy và kiểm định",
)
BINARY = ("logit", "probit", "cloglog")
ELSEWHERE = {  # what other tools call the families
    **dict.fromkeys(("normal", "linear", "identity", "gauss", "ols", "wls", "lm"), "gaussian"),
    **dict.fromkeys(("binomial", "quasibinomial", "bernoulli", "binary", "logistic"), "logit"),
    **dict.fromkeys(("quasipoisson", "count", "log", "loglinear", "log-linear"), "poisson"),
    **dict.fromkeys(("ologit", "polr", "clm", "cumulative", "ordered", "ordered logit"), "ordinal"),
}


def regress(
    design: Design,
    formula: str,
    *,
    family: Family = "gaussian",
    where: str | None = None,
    offset: str | None = None,
    instruments: str | None = None,
    se: Errors = "design",
) -> Regression:
    r"""Fit a regression with the weights of the design; errors come from the design, not from the model.

    Coefficients solve :math:`\sum w\,x\,(y - \mu)\,\mu'/V(\mu) = 0`; the covariance is A⁻¹ V(Σ w score) A⁻¹,
    with V the variance of a total under the design (Binder 1983).

    Parameters
    ----------
    design : Design
    formula : text
        ``"hai_long ~ tuoi + C(gioi) * loai"``. Text, yes/no and categories are factors, the first level the
        reference; ``C(x)`` makes a factor of numbers, ``C(x, Treatment('Nam'))`` names the reference;
        names with spaces in backticks. On the left a column of numbers, or a comparison:
        ``"muc >= 4 ~ tuoi"``.
    family : {"gaussian", "logit", "probit", "cloglog", "poisson", "ordinal"}
        "ordinal" is the proportional-odds logit; on the left a column whose categories have an order.
    where : text, optional
        A condition; the other rows stay for the variance.
    offset : column name, optional
        Added to the linear predictor, in its units.
    instruments : text, optional
        For a linear model of which a term goes with what is left out of it: the right side of a formula
        with the instruments, and again the terms that need none. Two-stage least squares.
    se : {"design", "cr2", "cr2-exchangeable"}
        With few clusters errors from the design are too small: "cr2" mends the residuals of each cluster for
        their leverage (Bell & McCaffrey 2002) before they go through the form of the design, with degrees of
        freedom of each coefficient's own, under independent or equally correlated errors in a cluster.

    Returns
    -------
    Regression
        ``coefficients`` are Estimates with a row for each column of the model. Degrees of freedom are those
        of the design less the coefficients beyond the first, as R ``svyglm``.

    Raises
    ------
    ColumnError, ArgumentError, DataError, TypeError
        An unknown column, an answer that the family cannot have, a factor of one level, separation.

    References
    ----------
    Binder (1983), International Statistical Review 51; Lumley & Scott (2017), Statistical Science 32.

    Examples
    --------
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"thon": list("aabbccdd"), "diem": [4, 5, 3, 4, 4, 5, 2, 3]})
    >>> people["tuoi"] = [30, 50] * 4
    >>> model = sv.regress(sv.Design(people, sampling="srs", psu="thon"), "diem ~ tuoi")
    >>> model.coefficients.value.round(3).to_dict()
    {'Intercept': 1.75, 'tuoi': 0.05}
    """
    check_design(design)
    check_choice(family, (*glm.FAMILIES, "ordinal"), "family", ELSEWHERE)
    check_choice(se, ("design", "cr2", "cr2-exchangeable"), "se")
    data = design.data
    more = check_columns(data, offset, "offset")
    two_stage: Instruments | None = None
    if instruments is not None:
        if family != "gaussian" or offset or se != "design":
            raise ArgumentError("instruments= is for family='gaussian', without offset= and se=.")
        two_stage = read_instruments(instruments, formula, data)
        more = (*more, *two_stage.terms.used)
    terms = formulas.parse(formula, data)
    inside = design.domains(None, where).row >= 0
    keep = inside & formulas.complete(terms, data, *more)
    rows = np.flatnonzero(keep & (design.w != 0))
    if rows.size == 0:
        raise DataError(f"formula={formula!r}: no row asked for has all of {listed(terms.used, 6)}.")
    part = data if rows.size == len(data) else data.iloc[rows]
    terms = formulas.build(terms, part)
    w = design.w[rows]
    if (w < 0).any():
        raise DataError(
            f"the weight is below 0 in row {part.index[np.flatnonzero(w < 0)[0]]}, and a regression needs "
            "weights of 0 or more. Calibrate with distance='raking' or with bounds."
        )
    if not terms.names:
        raise ArgumentError(
            f"formula={formula!r} has no term on the right, not even the intercept. Write ~ 1 for it."
        )
    X = terms.matrix(part)
    if family == "ordinal":
        if offset or se != "design":
            raise ArgumentError("family='ordinal' takes no offset= and no se=.")
        return estimate_ordinal(design, terms, part, X, w, rows, keep, where)
    y = answer(terms, part, family)
    shift = answers(part, offset, "regression", "offset").values if offset else None
    shift = np.zeros(0) if shift is None else shift
    Z = two_stage.matrix(part, w) if two_stage else None
    fitted = replace(estimate(design, terms, family, X, y, w, shift, rows, keep, where, Z), offset=offset)
    if se == "design":
        return fitted
    from surveykit.regression.fewclusters import mended

    return mended(replace(fitted, se=se), "independent" if se == "cr2" else "exchangeable")


def answer(terms: Terms, part: pd.DataFrame, family: str) -> Array:
    """(m,) the left side of the formula as numbers, which the family can have."""
    names = terms.sources[terms.left]
    name = terms.left
    if len(names) == 1 and terms.left in (names[0], f"Q({names[0]!r})"):
        name = names[0]
        kind = kind_of(part[name])
        if kind in ("text", "category"):
            levels = [str(v) for v in pd.unique(part[name])[:3]]
            raise TypeError(
                f"y={name!r} holds {'text' if kind == 'text' else 'categories'} ({listed(levels, 3)}), and a "
                f'regression needs numbers. Say which answers count as 1: "{name} == {levels[0]!r} ~ …" '
                "with family='logit'."
            )
        values = answers(part, name, "regression").values
        assert values is not None
    else:
        try:
            values = np.asarray(terms.evaluate(terms.left, part), dtype=float)
        except (TypeError, ValueError) as error:
            if isinstance(error, ArgumentError):
                raise
            raise ArgumentError(
                f"formula={terms.formula!r}: the left side gives no numbers. Write a column of numbers, or a "
                'comparison: "muc >= 4 ~ tuoi".'
            ) from error
        if values.ndim > 1:
            raise ArgumentError(f"formula={terms.formula!r}: the left side gives several columns. Write one.")
        bad = np.flatnonzero(~np.isfinite(values))
        if bad.size:
            raise DataError(
                f"formula={terms.formula!r}: the left side is not a finite number in row "
                f"{part.index[bad[0]]}. Correct the value, or leave the row out with where=."
            )
    wrong = np.zeros(values.size, dtype=bool)
    need = ""
    if family in BINARY:
        wrong, need = (values != 0) & (values != 1), f"family={family!r} needs answers of 0 and 1"
    elif family == "poisson":
        wrong, need = values < 0, "family='poisson' needs counts of 0 or more"
    if wrong.any():
        found = np.unique(values[wrong])
        mend = (
            f' Write which answers count as 1: "{name} >= 4 ~ …".'
            if family in BINARY
            else " Correct those rows."
        )
        raise DataError(
            f"y={name!r} has {listed([f'{v:g}' for v in found], 4)} ({int(wrong.sum())} rows), and {need}."
            f"{mend}"
        )
    if (family in BINARY and np.ptp(values) == 0) or (family == "poisson" and values.max() == 0):
        raise DataError(
            f"y={name!r} is {values[0]:g} in every row of the model: there is nothing to explain."
        )
    return np.asarray(values, dtype=float)


def estimate(
    design: Design, terms: Terms, family: str, X: Array, y: Array, w: Array, offset: Array, rows: Codes,
    keep: Mask, where: str | None, Z: Array | None = None,
) -> Regression:  # fmt: skip
    """Fit, and read the covariance of the coefficients from the design."""
    names, intercept = list(terms.names), terms.intercept
    centre, back = glm.centred(X, w, intercept)
    kept = glm.independent(X, w)
    dropped = [names[j] for j in range(len(names)) if j not in set(kept.tolist())]
    if dropped:
        X, centre, back = np.asfortranarray(X[:, kept]), centre[kept], back[np.ix_(kept, kept)]
        names = [names[j] for j in kept]
    how = glm.FAMILIES[family]
    found = glm.fit(how, X, y, w, offset)
    if not found.ended:
        refuse(terms, names, family, X, y, w, found)
    model = glm.Glm(
        how,
        X,
        centre,
        y,
        offset,
        rows,
        len(design.data),
        np.flatnonzero(~keep),
        found.theta,
        found.information,
        back,
    )
    deviance = found.deviance
    if Z is not None:
        model = told_by(model, Z, w, names)
        deviance = float(w @ (y - model.eta()) ** 2)
    raw = infer(
        design,
        [lambda: model],
        statistic="coefficient",
        y=[f"formula={terms.formula!r}"] * len(names),
        labels=pd.Index(names, name="term"),
        where=where,
    )
    return Regression(
        coefficients=less_df(raw, len(names) - 1, told(dropped)), formula=terms.formula, family=family,
        design=design, where=where, terms=terms, model=model, w=w, deviance=deviance,
        dropped=tuple(dropped), kept=kept,
    )  # fmt: skip


def told(dropped: Sequence[str]) -> tuple[Note, ...]:
    """Say which columns were left out of the fit."""
    if not dropped:
        return ()
    names = listed(dropped, 6)
    en = f"left out because other terms determine {'it' if len(dropped) == 1 else 'them'}: {names}"
    return (Note(en, f"bỏ vì trùng với các biến khác: {names}"),)


def less_df(raw: Estimates, k: int, notes: tuple[Note, ...] = ()) -> Estimates:
    """Return the estimates with k degrees of freedom fewer, for the coefficients beyond the first."""
    df_of, df_many = raw.detail.df_of, raw.detail.df_many
    df = (raw.df - k).clip(lower=0)

    def many(picked: sp.csc_matrix) -> Array:
        assert df_many is not None
        return np.maximum(df_many(picked) - k, 0)

    if (df <= 0).any() and not raw.no_test:
        notes = (*notes, NONE_LEFT)
    span = (max(raw.context.df[0] - k, 0), max(raw.context.df[1] - k, 0))
    return replace(
        raw,
        df=df,
        detail=replace(
            raw.detail,
            reference=None,
            df_of=lambda rows: max(df_of(rows) - k, 0),
            df_many=many if df_many else None,
            together=True,
        ),
        context=replace(raw.context, df=span, notes=(*raw.context.notes, *notes)),
    )


def refuse(
    terms: Terms, names: list[str], family: str, X: Array, y: Any, w: Array, found: glm.Solution
) -> None:
    """Say why the search found no end."""
    apart = None
    if family == "ordinal":
        step = found.step[: X.shape[1]]
        apart = step if np.isfinite(step).all() and ordinal.separated(X, y, step) else None
    elif family in BINARY:  # whether answers are told apart is the same for every link
        others = [] if family == "logit" else [glm.fit(glm.FAMILIES["logit"], X, y, w, np.zeros(0)).step]
        steps = [step for step in (found.step, *others) if np.isfinite(step).all()]
        apart = next((step for step in steps if glm.separated(X, y, step)), None)
    elif family == "poisson" and np.isfinite(found.step).all():
        apart = found.step if glm.without_counts(X, y, found.step) else None
    if apart is None:  # what the search shows is not all: ask for any direction
        used = w > 0
        X_used, y_used = X[used], np.asarray(y)[used]
        if family == "ordinal":
            apart = separating.of_levels(X_used, y_used, int(y_used.max()) + 1)
        elif family in BINARY:
            apart = separating.of_two(X_used, y_used)
        elif family == "poisson":
            apart = separating.of_counts(X_used, y_used)
    if apart is None:
        raise DataError(
            f"formula={terms.formula!r}: the fit of family={family!r} has no end after {glm.ROUNDS} rounds. "
            "Bring the variables to a common scale, or leave terms out."
        )
    size = np.abs(apart) * np.sqrt((X**2).mean(axis=0))
    size[[name == "Intercept" for name in names]] = 0.0
    worst = [names[j] for j in np.argsort(-size) if size[j] > 0.1 * size.max()]
    tells, has = ("tell", "their coefficients have") if len(worst) > 1 else ("tells", "its coefficient has")
    told = {
        "ordinal": "the lower answers from the higher ones",
        "poisson": "rows with a count of 0 from all higher counts",
    }.get(family, "answers 1 from answers 0")
    raise DataError(
        f"formula={terms.formula!r}: {listed(worst, 3)} {tells} {told} without error in some or all rows "
        f"(separation), so {has} no end. Join levels, leave it out, or look at a crosstab."
    )


def estimate_ordinal(
    design: Design, terms: Terms, part: pd.DataFrame, X: Array, w: Array, rows: Codes, keep: Mask,
    where: str | None,
) -> Regression:  # fmt: skip
    """Fit a proportional-odds model."""
    name = terms.sources[terms.left][0] if len(terms.sources[terms.left]) == 1 else ""
    if terms.left not in (name, f"Q({name!r})"):
        raise ArgumentError(f"formula={terms.formula!r}: family='ordinal' needs one column on the left.")
    if kind_of(part[name]) == "text":
        raise TypeError(
            f"y={name!r} holds text, whose order is not known. Make it a category with its order first: "
            f"data[{name!r}] = pd.Categorical(data[{name!r}], categories=[…], ordered=True)."
        )
    y, categories = factorise(part[name])
    present, y = np.unique(y, return_inverse=True)  # categories that nobody chose have no cut
    categories = categories[present]
    K = len(categories)
    if K < 3:
        raise DataError(
            f"y={name!r} has {K} categories in the rows of the model; for two use family='logit'."
        )
    intercept = terms.intercept
    centre, _ = glm.centred(X, w, intercept)
    kept = np.setdiff1d(glm.independent(X, w), [] if intercept is None else [intercept])
    names = [terms.names[j] for j in kept]
    left_out = {*kept.tolist(), intercept}
    dropped = [name for j, name in enumerate(terms.names) if j not in left_out]
    if not names:
        raise ArgumentError(f"formula={terms.formula!r}: family='ordinal' needs a term on the right.")
    X, centre = np.ascontiguousarray(X[:, kept]), centre[kept]
    found = ordinal.fit(X, y, w, K)
    if not found.ended:
        refuse(terms, names, "ordinal", X, y, w, found)
    model = ordinal.Ordinal(
        X, centre, y, K, rows, len(design.data), np.flatnonzero(~keep), found.theta, found.information
    )
    cuts = [f"{a}|{b}" for a, b in pairwise(categories)]
    raw = infer(
        design,
        [lambda: model],
        statistic="coefficient",
        y=[f"formula={terms.formula!r}"] * (len(names) + K - 1),
        labels=pd.Index([*names, *cuts], name="term"),
        where=where,
    )
    return Regression(
        coefficients=less_df(raw, len(names), told(dropped)), formula=terms.formula,
        family="ordinal", design=design, where=where, terms=terms, model=model, w=w,
        deviance=found.deviance, dropped=tuple(dropped), kept=kept,
    )  # fmt: skip
