"""How a sample is divided among strata, and how precise it will be before anyone goes to the field."""

from .expected import Precision, precision
from .goals import Target
from .methods import Method, allocate
from .result import Allocation
from .rounding import round_to

__all__ = ["Allocation", "Method", "Precision", "Target", "allocate", "precision", "round_to"]
