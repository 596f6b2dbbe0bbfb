"""Survey estimates with honest confidence intervals, for satisfaction with local government."""

from surveykit.comparison import before_after
from surveykit.design import Design
from surveykit.difference import did
from surveykit.dispositions import dispositions, spread_unknown
from surveykit.estimation import count, mean, proportion, ratio, total, variance
from surveykit.functions import function
from surveykit.joining import join
from surveykit.joint import together
from surveykit.likert import likert
from surveykit.moments import correlation, sd
from surveykit.multiple import multiple_response
from surveykit.quantiles import median, quantile
from surveykit.regression import regress
from surveykit.replicates import ReplicateColumns
from surveykit.replication import replicate_weights
from surveykit.result import Estimates
from surveykit.selfselected import data_defect, pseudo_weights
from surveykit.standardised import standardise
from surveykit.testing import crosstab, rank_test, t_test
from surveykit.weighting import (
    adjust_nonresponse,
    calibrate,
    multiply_weights,
    poststratify,
    rake,
    redistribute,
    trim,
)

__version__ = "0.1.0"

__all__ = [
    "Design",
    "Estimates",
    "ReplicateColumns",
    "adjust_nonresponse",
    "before_after",
    "calibrate",
    "correlation",
    "count",
    "crosstab",
    "data_defect",
    "did",
    "dispositions",
    "function",
    "join",
    "likert",
    "mean",
    "median",
    "multiple_response",
    "multiply_weights",
    "poststratify",
    "proportion",
    "pseudo_weights",
    "quantile",
    "rake",
    "rank_test",
    "ratio",
    "redistribute",
    "regress",
    "replicate_weights",
    "sd",
    "spread_unknown",
    "standardise",
    "t_test",
    "together",
    "total",
    "trim",
    "variance",
]
