"""Regression with survey weights: coefficients, tests of terms, predictions and margins."""

from surveykit.regression.fit import regress
from surveykit.regression.result import Regression

__all__ = ["Regression", "regress"]
