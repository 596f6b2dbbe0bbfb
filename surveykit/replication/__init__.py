"""Replicate weights: made from a design, written to files, read again."""

from surveykit.replication.files import read_replicates, replicate_frame, write_replicates
from surveykit.replication.make import replicate_weights

__all__ = ["read_replicates", "replicate_frame", "replicate_weights", "write_replicates"]
