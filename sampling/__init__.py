"""Plan a survey and draw its sample: frames, Viet Nam's communes, and how results are written."""

from .communes import communes, crosswalk
from .frame import Frame

__all__ = ["Frame", "communes", "crosswalk"]
