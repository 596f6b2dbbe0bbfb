"""Plan a survey and draw its sample: frames, communes, sample sizes, allocations, plans and draws."""

from .allocation import allocate, precision
from .communes import communes
from .conversion import convert, crosswalk
from .frame import Frame, read_frame
from .joint import joint_probabilities
from .plan import Plan
from .probabilities import pps_probabilities
from .record import write_field_lists, write_record
from .selection import select
from .size import (
    compare_sizes,
    size_change,
    size_did,
    size_difference,
    size_mean,
    size_proportion,
    size_threshold,
)

__all__ = [
    "Frame",
    "Plan",
    "allocate",
    "communes",
    "compare_sizes",
    "convert",
    "crosswalk",
    "joint_probabilities",
    "pps_probabilities",
    "precision",
    "read_frame",
    "select",
    "size_change",
    "size_did",
    "size_difference",
    "size_mean",
    "size_proportion",
    "size_threshold",
    "write_field_lists",
    "write_record",
]
