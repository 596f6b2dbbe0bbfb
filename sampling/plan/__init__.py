"""Plan a sample: strata and stages in order, read aloud, drawn with a seed, kept in a file."""

from .plan import Plan

__all__ = ["Plan"]
