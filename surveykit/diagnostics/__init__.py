"""What the weights are made of and what they cost: factors, heaviest forms, margins, and a file of them."""

from surveykit.diagnostics.export import export_weights
from surveykit.diagnostics.factors import heaviest, kish_deff, stage_factors, weight_factors
from surveykit.diagnostics.margins import margins_table
from surveykit.stepnames import step_words

__all__ = [
    "export_weights",
    "heaviest",
    "kish_deff",
    "margins_table",
    "stage_factors",
    "step_words",
    "weight_factors",
]
