"""Weighting steps: a recipe on the design, each step visible, replayed and carried into the variance."""

from surveykit.weighting.calibration import calibrate, poststratify, rake
from surveykit.weighting.nonresponse import adjust_nonresponse, multiply_weights, redistribute
from surveykit.weighting.trimming import trim

__all__ = [
    "adjust_nonresponse",
    "calibrate",
    "multiply_weights",
    "poststratify",
    "rake",
    "redistribute",
    "trim",
]
