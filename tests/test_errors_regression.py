"""Regression: what a user is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from refusals import refused
from strategies import make

import surveykit as sv
from sampling.checks import ArgumentError, ColumnError, DataError

DESIGN = make([6, 6], 3, "clusters")
DATA = DESIGN.data
Call = Callable[[], Any]


def design(**columns: Any) -> sv.Design:
    return sv.Design(DATA.assign(**columns), weights="w", strata="stratum", psu="commune")


def fit(formula: Any, family: Any = "gaussian", **words: Any) -> sv.regression.Regression:
    return sv.regress(DESIGN, formula, family=family, **words)


def x_in_row_2(value: float) -> pd.Series:
    return DATA["x"].where(DATA.index != 2, value)


FORM = 'Write one column, then ~, then the terms: "hai_long ~ tuoi + C(gioi)".'
FORMULAS: dict[str, tuple[type[Exception], str, Call]] = {
    "no text": (
        TypeError, 'formula=5: write it as text: "hai_long ~ tuoi + gioi".', lambda: fit(5),
    ),
    "open bracket": (
        ArgumentError,
        "formula='z ~ (x' cannot be read from '(x' on: its bracket is not closed. "
        "Write it like \"hai_long ~ tuoi + C(gioi)\"; names with spaces in backticks.",
        lambda: fit("z ~ (x"),
    ),
    "no answer": (
        ArgumentError, f"formula='x + sex' names no answer, or several. {FORM}", lambda: fit("x + sex"),
    ),
    "two answers": (
        ArgumentError, f"formula='z + y ~ x' names no answer, or several. {FORM}", lambda: fit("z + y ~ x"),
    ),
    "a product of answers": (
        ArgumentError, f"formula='z:y ~ x' names no answer, or several. {FORM}", lambda: fit("z:y ~ x"),
    ),
    "no such column": (
        ColumnError, "formula='z ~ xx': the data have no column 'xx'. Did you mean 'x'?",
        lambda: fit("z ~ xx"),
    ),
    "no such column in backticks": (
        ColumnError, "formula='z ~ `tuổi tác`': the data have no column 'tuổi tác'.",
        lambda: fit("z ~ `tuổi tác`"),
    ),
    "a name with a space": (
        ArgumentError,
        "formula='z ~ tuổi tác': 'tuổi tác' cannot be read. Put names with spaces or signs in backticks.",
        lambda: fit("z ~ tuổi tác"),
    ),
    "nothing on the right": (
        ArgumentError,
        "formula='z ~ 0' has no term on the right, not even the intercept. Write ~ 1 for it.",
        lambda: fit("z ~ 0"),
    ),
    "no such reference": (
        ArgumentError,
        "formula=\"z ~ C(group, Treatment('q'))\" cannot be worked out (specified level 'q' not found).",
        lambda: fit("z ~ C(group, Treatment('q'))"),
    ),
    "one level": (
        DataError, "formula='z ~ group': 'group' has one level (a) in the rows of the model. Leave it out.",
        lambda: fit("z ~ group", where="group == 'a'"),
    ),
    "a factor on the left": (
        ArgumentError,
        "formula='C(group) ~ x': the left side gives no numbers. Write a column of numbers, or a comparison: "
        '"muc >= 4 ~ tuoi".',
        lambda: fit("C(group) ~ x"),
    ),
    "text on the left": (
        ArgumentError,
        "formula='I(group) ~ x': the left side gives no numbers. Write a column of numbers, or a comparison: "
        '"muc >= 4 ~ tuoi".',
        lambda: fit("I(group) ~ x"),
    ),
    "several columns on the left": (
        ArgumentError, "formula='np.c_[x, x] ~ sex': the left side gives several columns. Write one.",
        lambda: fit("np.c_[x, x] ~ sex"),
    ),
    "an endless answer": (
        DataError,
        "formula='log(answered) ~ x': the left side is not a finite number in row "
        f"{DATA.index[DATA['answered'] == 0][0]}. Correct the value, or leave the row out with where=.",
        lambda: fit("log(answered) ~ x"),
    ),
    "an endless number": (
        DataError,
        "formula: 'u' is not a finite number in row 2. Correct the value, make it missing, or leave the row "
        "out with where=.",
        lambda: sv.regress(design(u=x_in_row_2(np.inf)), "z ~ u"),
    ),
    "endless numbers": (
        DataError,
        f"formula: 'log(answered)' is not a finite number in row {DATA.index[DATA['answered'] == 0][0]} and "
        f"{int((DATA['answered'] == 0).sum()) - 1} more. Correct the value, make it missing, or leave the "
        "row out with where=.",
        lambda: fit("x ~ log(answered)"),
    ),
}  # fmt: skip

NEGATIVE = DATA["z"][DATA["z"] < 0]
FOUND = [f"'{v:g}'" for v in np.unique(NEGATIVE)]
MODELS: dict[str, tuple[type[Exception], str, Call]] = {
    "family": (
        ArgumentError,
        "family='gamma' is not known. Choose one of 'gaussian', 'logit', 'probit', 'cloglog', 'poisson', "
        "'ordinal'.",
        lambda: fit("z ~ x", "gamma"),
    ),
    "se": (
        ArgumentError, "se='hc1' is not known. Choose one of 'design', 'cr2', 'cr2-exchangeable'.",
        lambda: fit("z ~ x", se="hc1"),
    ),
    "offset": (ColumnError, "offset='oo': the data have no such column.", lambda: fit("z ~ x", offset="oo")),
    "no complete row": (
        DataError, "formula='q ~ x': no row asked for has all of 'q', 'x'.",
        lambda: sv.regress(design(q=np.nan), "q ~ x"),
    ),
    "text": (
        TypeError,
        f"y='group' holds text ({', '.join(repr(v) for v in DATA['group'].unique())}), and a regression "
        f"needs numbers. Say which answers count as 1: \"group == '{DATA['group'].iloc[0]}' ~ …\" with "
        "family='logit'.",
        lambda: fit("group ~ x", "logit"),
    ),
    "categories": (
        TypeError,
        f"y='g' holds categories ({', '.join(repr(v) for v in DATA['group'].unique())}), and a regression "
        f"needs numbers. Say which answers count as 1: \"g == '{DATA['group'].iloc[0]}' ~ …\" with "
        "family='logit'.",
        lambda: sv.regress(design(g=pd.Categorical(DATA["group"])), "g ~ x"),
    ),
    "no 0 and 1": (
        DataError,
        f"y='y' has '2', '3', '4', '5' ({int((DATA['y'] > 1).sum())} rows), and family='probit' needs "
        'answers of 0 and 1. Write which answers count as 1: "y >= 4 ~ …".',
        lambda: fit("y ~ x", "probit"),
    ),
    "counts below 0": (
        DataError,
        f"y='z' has {', '.join(FOUND[:4])} and {len(FOUND) - 4} more ({len(NEGATIVE)} rows), and "
        "family='poisson' needs counts of 0 or more. Correct those rows.",
        lambda: fit("z ~ x", "poisson"),
    ),
    "always 1": (
        DataError, "y='y > 0' is 1 in every row of the model: there is nothing to explain.",
        lambda: fit("y > 0 ~ x", "logit"),
    ),
    "separation": (
        DataError,
        "formula='s ~ x': 'x' tells answers 1 from answers 0 without error in some or all rows (separation), "
        "so its coefficient has no end. Join levels, leave it out, or look at a crosstab.",
        lambda: sv.regress(design(s=(DATA["x"] > 1.5).astype(int)), "s ~ x", family="logit"),
    ),
    "replicates have no clusters": (
        ArgumentError, "se='cr2' needs the units of the design. Leave replicates out, or use se='design'.",
        lambda: sv.regress(sv.replicate_weights(DESIGN, "JKn"), "z ~ x", se="cr2"),
    ),
    "ordinal: text": (
        TypeError,
        "y='group' holds text, whose order is not known. Make it a category with its order first: "
        "data['group'] = pd.Categorical(data['group'], categories=[…], ordered=True).",
        lambda: fit("group ~ x", "ordinal"),
    ),
    "ordinal: a comparison": (
        ArgumentError, "formula='y > 1 ~ x': family='ordinal' needs one column on the left.",
        lambda: fit("y > 1 ~ x", "ordinal"),
    ),
    "ordinal: two categories": (
        DataError, "y='sex' has 2 categories in the rows of the model; for two use family='logit'.",
        lambda: fit("sex ~ x", "ordinal"),
    ),
    "ordinal: no term": (
        ArgumentError, "formula='y ~ 1': family='ordinal' needs a term on the right.",
        lambda: fit("y ~ 1", "ordinal"),
    ),
    "ordinal: offset": (
        ArgumentError, "family='ordinal' takes no offset= and no se=.",
        lambda: fit("y ~ x", "ordinal", offset="z"),
    ),
    "ordinal: se": (
        ArgumentError, "family='ordinal' takes no offset= and no se=.",
        lambda: fit("y ~ x", "ordinal", se="cr2"),
    ),
    "ordinal: separation": (
        DataError,
        "formula='s ~ x': 'x' tells the lower answers from the higher ones without error in some or all rows "
        "(separation), so its coefficient has no end. Join levels, leave it out, or look at a crosstab.",
        lambda: sv.regress(design(s=np.digitize(DATA["x"], [1.3, 1.6])), "s ~ x", family="ordinal"),
    ),
}  # fmt: skip

LINK = "answered ~ x + group"
NO_ORDER = "compares with a model of the same intercept or cuts, and"
ASKED: dict[str, tuple[type[Exception], str, Call]] = {
    "no such term": (
        ColumnError,
        "test: there is no term 'grup'. Did you mean 'group'? The terms are 'x', 'group', 'Intercept', "
        "'group[b]', 'group[c]'.",
        lambda: fit("z ~ x + group").test("grup"),
    ),
    "a number for a term": (
        ColumnError, "test: there is no term 5. The terms are 'x', 'Intercept'.",
        lambda: fit("z ~ x").test(5),
    ),
    "a list in a list": (
        ColumnError, "test: there is no term ['x']. The terms are 'x', 'Intercept'.",
        lambda: fit("z ~ x").test([["x"]]),
    ),
    "no term": (
        ArgumentError, "test: name a term, or several in a list.", lambda: fit("z ~ x").test([]),
    ),
    "a term that others give": (
        ArgumentError, "test: other terms give 'twice' whole, so there is nothing to test.",
        lambda: sv.regress(design(twice=2 * DATA["x"]), "z ~ x + twice").test("twice"),
    ),
    "method": (
        ArgumentError, "method='score' is not known. Choose one of 'wald', 'lrt', 'working-wald'.",
        lambda: fit("z ~ x").test("x", method="score"),
    ),
    "df": (
        ArgumentError, "df=0: write a number above 0, or inf for the chi-square test.",
        lambda: fit("z ~ x").test("x", df=0),
    ),
    "df that is no number": (
        ArgumentError, "df=nan: write a number above 0, or inf for the chi-square test.",
        lambda: fit("z ~ x").test("x", df=float("nan")),
    ),
    "intercept": (
        ArgumentError, f"test: method='lrt' {NO_ORDER} Intercept has them. Use method='wald'.",
        lambda: fit(LINK, "logit").test("Intercept", method="lrt"),
    ),
    "anova of nothing": (
        ArgumentError, "anova: the model has no term beside the intercept.", lambda: fit("z ~ 1").anova(),
    ),
    "exp of a linear model": (
        ArgumentError,
        "exp: coefficients of family='gaussian' are no logarithms. Use effects() for changes of the mean.",
        lambda: fit("z ~ x").exp(),
    ),
    "exp of a constant": (
        ArgumentError, "exp: the model has no term beside the intercept.",
        lambda: fit("answered ~ 1", "logit").exp(),
    ),
    "odds of a linear model": (
        ArgumentError, "odds_ratios: family='gaussian' has none. Use family='logit'.",
        lambda: fit("z ~ x").odds_ratios(),
    ),
    "odds of counts": (
        ArgumentError, "odds_ratios: family='poisson' has none. Use family='logit', or exp().",
        lambda: fit("answered ~ x", "poisson").odds_ratios(),
    ),
    "odds are not tested against 0": (
        ArgumentError,
        "test: no effect is a ratio of 1, not 0. Test the coefficients: model.coefficients.test().",
        lambda: fit(LINK, "logit").odds_ratios().test(),
    ),
    "fitted": (
        ArgumentError, "fitted: a model of ordered categories has no one mean for each row.",
        lambda: fit("y ~ x", "ordinal").fitted,
    ),
    "dispersion": (
        ArgumentError, "dispersion: a model of ordered categories has none.",
        lambda: fit("y ~ x", "ordinal").dispersion,
    ),
    "predict ordered": (
        ArgumentError,
        "predict: not there for family='ordinal'. Fit a logit of the categories that count, as in "
        '"muc >= 4 ~ tuoi".',
        lambda: fit("y ~ x", "ordinal").predict(DATA),
    ),
    "predict type": (
        ArgumentError, "type='terms' is not known. Choose one of 'response', 'link'.",
        lambda: fit("z ~ x").predict(DATA, type="terms"),
    ),
    "predict without a table": (
        TypeError, "new: pass a DataFrame with the columns of the right side and a row or more.",
        lambda: fit("z ~ x").predict({"x": [1.0]}),
    ),
    "predict without rows": (
        TypeError, "new: pass a DataFrame with the columns of the right side and a row or more.",
        lambda: fit("z ~ x").predict(DATA.iloc[:0]),
    ),
    "predict without a column": (
        ColumnError, "new: the model needs a column 'group'.",
        lambda: fit("z ~ x + group").predict(DATA[["x"]]),
    ),
    "predict with a gap": (
        ArgumentError, "new['x'] is missing in row 2.",
        lambda: fit("z ~ x").predict(DATA.assign(x=x_in_row_2(np.nan))),
    ),
    "predict with words": (
        TypeError, "new['x'] holds no numbers, and the model was fitted to numbers.",
        lambda: fit("z ~ x").predict(DATA.assign(x="1")),
    ),
    "predict for another level": (
        ColumnError, "formula: 'group' holds 'q', which the model does not know. Its levels are a, b, c.",
        lambda: fit("z ~ x + group").predict(DATA.assign(group="q")),
    ),
    "margins of ordered categories": (
        ArgumentError,
        "margins of family='ordinal' are not there: fit a logit of the categories that count, as in "
        '"muc >= 4 ~ tuoi", and take its margins.',
        lambda: fit("y ~ x", "ordinal").margins("x"),
    ),
    "effects of nothing": (
        ArgumentError, "effects: the model has no variable on its right side.",
        lambda: fit("z ~ 1").effects(),
    ),
    "at no level": (
        TypeError, "at=[]: pass a list of values of 'group'.",
        lambda: fit("z ~ group").margins("group", at=[]),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMULAS)
def test_a_formula_is_refused_in_these_words(name: str) -> None:
    refused(*FORMULAS[name])


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_refused_in_these_words(name: str) -> None:
    refused(*MODELS[name])


@pytest.mark.parametrize("name", ASKED)
def test_what_a_model_cannot_give_is_refused_in_these_words(name: str) -> None:
    refused(*ASKED[name])


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        *((name, "logit") for name in ("binomial", "quasibinomial", "logistic", "Logistic", "bernoulli")),
        *((name, "gaussian") for name in ("normal", "Normal", "linear", "ols", "lm", "identity")),
        *((name, "poisson") for name in ("quasipoisson", "log", "count")),
        *((name, "ordinal") for name in ("ologit", "polr", "clm", "ordered", "cumulative")),
    ],
)
def test_the_families_of_other_tools_are_told_by_our_names(theirs, ours) -> None:
    sentence = (
        f"family={theirs!r} is not known. Write family={ours!r}. Choose one of 'gaussian', 'logit', "
        "'probit', 'cloglog', 'poisson', 'ordinal'."
    )
    refused(ArgumentError, sentence, lambda: fit("z ~ x", theirs))
