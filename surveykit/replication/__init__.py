"""Replicate weights: made from a design, written to files, read again."""

from surveykit.replication.make import replicate_weights

__all__ = ["replicate_weights"]
