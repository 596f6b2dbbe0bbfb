"""Tables by unit turned into tables by the units of another day, and the pairs of units this rests on."""

from .convert import convert
from .crosswalk import crosswalk
from .result import Conversion

__all__ = ["Conversion", "convert", "crosswalk"]
