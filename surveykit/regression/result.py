"""Regression: a fitted model, and what is asked of it."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
import scipy.sparse as sp

from sampling.checks import ArgumentError, ColumnError, check_choice, listed, near, shown
from surveykit.columns import kind_of
from surveykit.design import Design
from surveykit.display import HEADS, ROWS, cell
from surveykit.formulas.arrays import Array, Codes
from surveykit.formulas.clusterrobust import ClusterRobust
from surveykit.formulas.glm import Glm
from surveykit.formulas.ordinal import Ordinal
from surveykit.formulas.variance import Combined
from surveykit.regression import measures
from surveykit.regression.reduced import reduced
from surveykit.regression.terms import Terms, readable
from surveykit.regression.told import told_by
from surveykit.regression.waldtests import METHODS, Method, test_terms
from surveykit.result import Estimates
from surveykit.testresult import TestResult

FAMILIES_VI = {
    "gaussian": "hồi quy tuyến tính",
    "logit": "hồi quy logit",
    "probit": "hồi quy probit",
    "cloglog": "hồi quy cloglog",
    "poisson": "hồi quy Poisson",
    "ordinal": "hồi quy thứ bậc (logit tích lũy)",
}
NO_TEST = "no effect is a ratio of 1, not 0. Test the coefficients: model.coefficients.test()."
EXP = {"logit": "odds ratio", "ordinal": "odds ratio", "cloglog": "hazard ratio", "poisson": "rate ratio"}


@dataclass(frozen=True, repr=False, eq=False)
class Regression:
    """A fitted model.

    Attributes
    ----------
    coefficients : Estimates
        A row for each column of the model; for "ordinal" the cuts ``low|high`` come last.
    formula, family : text
    dropped : names of columns that the others give, left out of the fit
    deviance : float
        Weighted deviance, in sums of weights.
    robust : ClusterRobust or None
        What CR2 knows of the clusters, with ``se="cr2"``.
    se : text
        Where the standard errors come from, as ``regress`` was told.
    """

    coefficients: Estimates
    formula: str
    family: str
    design: Design
    where: str | None
    terms: Terms
    model: Glm | Ordinal
    w: Array
    deviance: float
    dropped: tuple[str, ...]
    kept: Codes
    offset: str | None = None
    robust: ClusterRobust | None = None
    se: str = "design"

    @property
    def rows(self) -> pd.DataFrame:
        """The rows of the fit, with the columns of the formula."""
        names = [*self.terms.used, *((self.offset,) if self.offset else ())]
        return self.design.data[list(dict.fromkeys(names))].iloc[self.model.rows]

    @property
    def fitted(self) -> pd.Series:
        """The mean that the model gives each row of the fit."""
        if isinstance(self.model, Ordinal):
            raise ArgumentError("fitted: a model of ordered categories has no one mean for each row.")
        mu = self.model.family.inverse(self.model.eta())
        return pd.Series(mu, index=self.design.data.index[self.model.rows], name="fitted")

    @property
    def r_squared(self) -> dict[str, float]:
        """Share of the variation explained: Cox–Snell and Nagelkerke with the weights; R² of a linear model.

        Lumley (2017), Journal of the Royal Statistical Society C 66.
        """
        return measures.r_squared(self)

    @property
    def dispersion(self) -> float:
        """Variance of the Pearson residuals: σ² of a linear model, near 1 where a model of counts holds."""
        if isinstance(self.model, Ordinal):
            raise ArgumentError("dispersion: a model of ordered categories has none.")
        return measures.dispersion(self)

    @property
    def aic(self) -> float:
        """Akaike's criterion with the design effects of the terms for their number (dAIC).

        Only models of the same rows may be compared. Lumley & Scott (2015), Journal of Survey Statistics and
        Methodology 3, 1-18.
        """
        if self.coefficients.no_test:
            raise ArgumentError(f"aic: {self.coefficients.no_test}")
        return measures.aic(self)

    # ---- tests -------------------------------------------------------------------------------------

    def _term(self, name: Any) -> list[str]:
        """Return the rows of a term, or of one column of it."""
        rows = list(self.coefficients.value.index)
        slices = self.terms.slices
        if isinstance(name, str) and name in slices:
            own = [n for n in self.terms.names[slices[name]] if n in rows]
            if not own:
                raise ArgumentError(f"test: other terms give {name!r} whole, so there is nothing to test.")
            return own
        if name in rows:
            return [name]
        if isinstance(name, str) and readable(name) in slices and readable(name) != name:
            return self._term(readable(name))  # as the formula has it: C(gioi)
        known = list(dict.fromkeys([*(term for term in slices if term != "Intercept"), *rows]))
        raise ColumnError(
            f"test: there is no term {shown(name)}.{near(name, known)} The terms are {listed(known, 10)}."
        )

    def test(
        self, terms: str | Sequence[str], *, df: float | None = None, method: Method = "wald"
    ) -> TestResult:
        """Test that the coefficients of these terms are all 0.

        Parameters
        ----------
        terms : name of a term ("gioi", "tuoi:gioi") or of a coefficient, or a list of them
        df : number, optional
            In place of the degrees of freedom of the coefficients; ``inf`` gives the chi-square test.
        method : {"wald", "lrt", "working-wald"}
            "lrt" compares the deviance with that of the model without the terms, "working-wald" takes the
            covariance that a simple sample would have; both are scaled by the design effects λ, which
            ``details`` has (Lumley & Scott 2014).
        """
        check_choice(method, tuple(METHODS), "method")
        asked = list(terms) if isinstance(terms, Iterable) and not isinstance(terms, str) else [terms]
        if not asked:
            raise ArgumentError("test: name a term, or several in a list.")
        rows = list(dict.fromkeys(row for term in asked for row in self._term(term)))
        return test_terms(self, rows, asked, df, method)

    def score_test(self, added: str, *, method: Literal["score", "working-score"] = "score") -> TestResult:
        """Test terms that the model does not have, from this fit alone.

        Parameters
        ----------
        added : terms as in a formula: ``"tuoi + C(gioi)"``
        method : {"score", "working-score"}
            "working-score" takes the covariance of a simple sample, scaled by the design effects λ
            (Rao, Scott & Skinner 1998, Statistica Sinica 8).
        """
        from surveykit.regression.scoretest import score_test

        return score_test(self, added, method)

    def anova(self) -> pd.DataFrame:
        """Return Wald tests of the terms in their order, each in the model that ends with it.

        All models have the rows of the whole one, so that a value missing in a later term counts from the
        start.
        """
        measures.check_one_stage(self, "anova")
        rows, columns, tests = list(self.coefficients.value.index), np.zeros(0, dtype=np.intp), []
        for term, part in self.terms.slices.items():
            own = [rows.index(name) for name in self.terms.names[part] if name in rows]
            columns = np.r_[columns, np.array(own, dtype=np.intp)]
            if term == "Intercept":
                continue
            if not own:
                tests.append({"term": term, "F": np.nan, "df1": 0.0, "df2": np.nan, "p": np.nan})
                continue
            found = reduced(self, np.sort(columns)).test([rows[j] for j in own])
            tests.append(
                {"term": term, "F": found.statistic, "df1": found.df[0], "df2": found.df[1], "p": found.p}
            )
        if not tests:
            raise ArgumentError("anova: the model has no term beside the intercept.")
        return pd.DataFrame(tests).set_index("term")

    def likelihood_ci(self, level: float = 0.95) -> pd.DataFrame:
        r"""Return limits where the profile deviance is :math:`\lambda\,t^2` above its least.

        λ is the design effect of the coefficient (Rao & Scott 1984). Unlike estimate ± t·se the limits
        follow the model where few answers are 1.
        """
        from surveykit.regression.likelihood import likelihood_ci

        return likelihood_ci(self, level)

    # ---- on another scale ---------------------------------------------------------------------------

    def exp(self) -> Estimates:
        """Return e to the coefficients: odds ratios of a logit, rate ratios of a Poisson model.

        Limits are those of the coefficients, transformed; the intercept and cuts are left out.
        """
        if self.family not in EXP:
            raise ArgumentError(
                f"exp: coefficients of family={self.family!r} are no logarithms. "
                "Use effects() for changes of the mean."
            )
        est = self.coefficients
        rows = [i for i, name in enumerate(est.value.index) if name != "Intercept" and "|" not in str(name)]
        if not rows:
            raise ArgumentError("exp: the model has no term beside the intercept.")
        L = sp.csr_matrix(
            (np.ones(len(rows)), (rows, np.arange(len(rows)))), shape=(len(est.value), len(rows))
        )
        own = est.combine(L, est.value.index[rows], "coefficient")
        at = own.value.to_numpy(float)
        scale = np.exp(at)

        def limits(method: str, df: Array, level: float) -> tuple[Array, Array]:  # noqa: ARG001 (as every set of limits)
            table = (
                own.ci(level, df=None)
                if np.array_equal(df, own.df.to_numpy(float))
                else own.ci(level, df=float(df[0]))
            )
            return np.exp(table["ci_low"].to_numpy()), np.exp(table["ci_high"].to_numpy())

        return replace(
            own,
            value=pd.Series(scale, index=own.value.index, name=EXP[self.family]),
            covariance=Combined(own.covariance, sp.diags(scale, format="csr")),
            statistic=EXP[self.family],
            detail=replace(own.detail, limits=limits, methods=("exp",), no_test=NO_TEST),
        )

    def odds_ratios(self) -> Estimates:
        """Return e to the coefficients of a logit or an ordinal model, as :meth:`exp`."""
        if EXP.get(self.family) != "odds ratio":
            raise ArgumentError(
                f"odds_ratios: family={self.family!r} has none. Use family='logit'"
                f"{', or exp()' if self.family in EXP else ''}."
            )
        return self.exp()

    def predict(self, new: pd.DataFrame, *, type: Literal["response", "link"] = "response") -> Estimates:  # noqa: A002 (the word of R)
        """Return the mean, or the linear predictor, at the rows of another table.

        Parameters
        ----------
        new : DataFrame with the columns on the right side of the formula
        type : {"response", "link"}
        """
        check_choice(type, ("response", "link"), "type")
        if isinstance(self.model, Ordinal):
            raise ArgumentError(
                "predict: not there for family='ordinal'. Fit a logit of the categories that count, "
                'as in "muc >= 4 ~ tuoi".'
            )
        told, (X, shift) = told_by(self), self.new_rows(new)
        index = pd.Index(new.index, name=new.index.name)
        est = self.coefficients.combine(sp.csr_matrix(X[:, self.kept].T), index, "prediction")
        lost = told.lost(X)
        eta = est.value.to_numpy(float) + shift
        scale = np.ones(eta.size) if type == "link" else self.model.family.slope(eta)
        value = eta if type == "link" else self.model.family.inverse(eta)
        made = replace(
            est,
            value=pd.Series(value, index=index, name="prediction"),
            covariance=Combined(est.covariance, sp.diags(scale, format="csr")),
        )
        return told.marked(made, lost)

    def new_rows(self, new: pd.DataFrame) -> tuple[Array, Array | float]:
        """(m, p) all columns of the model for another table, and its offset."""
        if not isinstance(new, pd.DataFrame) or len(new) == 0:
            raise TypeError("new: pass a DataFrame with the columns of the right side and a row or more.")
        right = [n for factor in self.terms.info.factor_infos for n in self.terms.sources[factor.code]]
        for name in dict.fromkeys([*right, *((self.offset,) if self.offset else ())]):
            if name not in new.columns:
                raise ColumnError(f"new: the model needs a column {name!r}.{near(name, list(new.columns))}")
            if new[name].isna().any():
                raise ArgumentError(f"new[{name!r}] is missing in row {new.index[new[name].isna()][0]}.")
            number = kind_of(self.design.data[name]) == "number"
            if number and kind_of(new[name]) != "number":
                raise TypeError(f"new[{name!r}] holds no numbers, and the model was fitted to numbers.")
        X = self.terms.matrix(new)
        return X, new[self.offset].to_numpy(float) if self.offset else 0.0

    def margins(self, variable: str, *, at: Sequence[Any] | None = None, fixed: bool = False) -> Estimates:
        """Average predictions with a variable set to each of its values; see the room ``margins``."""
        from surveykit.regression.margins import margins

        return margins(self, variable, at=at, fixed=fixed)

    def effects(self, variables: str | Sequence[str] | None = None, *, fixed: bool = False) -> Estimates:
        """Average marginal effects; see the room ``margins``."""
        from surveykit.regression.margins import effects

        return effects(self, variables, fixed=fixed)

    # ---- how it looks -------------------------------------------------------------------------------

    def to_frame(self, level: float = 0.95) -> pd.DataFrame:
        """Return the coefficients with se, limits, t, df and p."""
        est = self.coefficients
        table = est.to_frame(level, deff=None)
        if not est.no_test:
            tests = est.test()
            table.insert(2, "t", tests["t"])
            table.insert(3, "p", tests["p"])
        return table.drop(columns="cv")

    def __repr__(self) -> str:
        """Return the table and its line as text."""
        table = self.to_frame().to_string(float_format=lambda x: f"{x:.4g}")
        return f"{self.family}: {self.formula}\n{table}\n{self.coefficients.line('en')}"

    def _repr_html_(self) -> str:
        table = self.to_frame().drop(columns="n")
        words = pd.DataFrame(
            {"biến": [ROWS.get(("coefficient", str(name)), str(name)) for name in table.index]}
        )
        for column in table.columns:
            head = "hệ số" if column == "estimate" else HEADS[column][0]
            words[head] = [cell(column, v, unit="", digits=3, lang="vi") for v in table[column]]
        head = html.escape(f"{FAMILIES_VI[self.family]}: {self.formula}", quote=False)
        line = html.escape(self.coefficients.line("vi"), quote=False)
        return f'<p>{head}</p>{words.to_html(index=False, border=0)}<p style="font-size:90%">{line}</p>'
