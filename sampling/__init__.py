"""Plan a survey and draw its sample: frames, Viet Nam's communes, probabilities and selections."""

from .communes import communes, crosswalk
from .frame import Frame
from .probabilities import pps_probabilities
from .selection import select_pps_systematic, select_srs

__all__ = [
    "Frame",
    "communes",
    "crosswalk",
    "pps_probabilities",
    "select_pps_systematic",
    "select_srs",
]
