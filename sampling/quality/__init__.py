"""The quality report of a frame: what to look at before a sample is drawn, in Vietnamese."""

from .coverage import coverage
from .units import ERROR, NO_POPULATION, NOTE, WARNING, report

__all__ = ["ERROR", "NOTE", "NO_POPULATION", "WARNING", "coverage", "report"]
