"""Sample size, margin, power and detectable effect; every result says what it rests on.

Give all but one of n, target and effect, and the missing one is found. n is always people to select, that
is forms to hand out, rounded up once, at the end: simple random sample, finite population, design effect,
response.
"""

from .change import size_change
from .clusters import OptimumTake, deff_from_icc, optimum_take
from .compare import SizeComparison, compare_sizes
from .customs import krejcie_morgan, size_acceptance, yamane
from .did import size_did
from .difference import size_difference
from .earlier import Earlier
from .mean import size_mean, size_total
from .phases import TwoPhase, VarianceComponents, two_phase, variance_components
from .proportion import size_proportion
from .result import SizeResult
from .threshold import operating_curve, size_threshold

__all__ = [
    "Earlier",
    "OptimumTake",
    "SizeComparison",
    "SizeResult",
    "TwoPhase",
    "VarianceComponents",
    "compare_sizes",
    "deff_from_icc",
    "krejcie_morgan",
    "operating_curve",
    "optimum_take",
    "size_acceptance",
    "size_change",
    "size_did",
    "size_difference",
    "size_mean",
    "size_proportion",
    "size_threshold",
    "size_total",
    "two_phase",
    "variance_components",
    "yamane",
]
