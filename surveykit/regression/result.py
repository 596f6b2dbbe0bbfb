"""Regression: a fitted model, and what is asked of it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from surveykit.design import Design
from surveykit.formulas.arrays import Array, Codes
from surveykit.formulas.glm import Glm
from surveykit.regression.terms import Terms
from surveykit.result import Estimates


@dataclass(frozen=True, repr=False, eq=False)
class Regression:
    """A fitted model.

    Attributes
    ----------
    coefficients : Estimates
        A row for each column of the model.
    formula, family : text
    dropped : names of columns that the others give, left out of the fit
    """

    coefficients: Estimates
    formula: str
    family: str
    design: Design
    where: str | None
    terms: Terms
    model: Glm
    w: Array
    deviance: float
    dropped: tuple[str, ...]
    kept: Codes

    def to_frame(self, level: float = 0.95) -> pd.DataFrame:
        """Return the coefficients with se, limits, t, df and p."""
        table = self.coefficients.to_frame(level, deff=None)
        if not self.coefficients.no_test:
            tests = self.coefficients.test()
            table.insert(4, "t", tests["t"])
            table["p"] = tests["p"]
        return table.drop(columns="cv")

    def __repr__(self) -> str:
        """Return the table and its line as text."""
        head = f"{self.family}: {self.formula}"
        table = self.to_frame().to_string(float_format=lambda x: f"{x:.4g}")
        return f"{head}\n{table}\n{self.coefficients.line('en')}"
