"""Try plans out before the money is spent: the same plan drawn many times from a synthetic population.

>>> from surveykit.rehearsal import rehearse
"""

from .result import Rehearsal
from .run import rehearse

__all__ = ["Rehearsal", "rehearse"]
