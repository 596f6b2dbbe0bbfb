"""Plan a survey and draw its sample: frames, communes, sample sizes, allocations, plans and draws.

What is not used is not loaded: a name is looked up in its room when it is first asked for.
"""

import importlib
import typing

from .communes import communes
from .frame import Frame, read_frame
from .probabilities import pps_probabilities

if typing.TYPE_CHECKING:
    from .allocation import allocate, precision
    from .conversion import convert, crosswalk
    from .joint import joint_probabilities
    from .plan import Plan
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

_ROOMS = {
    "allocation": ("allocate", "precision"),
    "conversion": ("convert", "crosswalk"),
    "joint": ("joint_probabilities",),
    "plan": ("Plan",),
    "record": ("write_field_lists", "write_record"),
    "selection": ("select",),
    "size": tuple(name for name in __all__ if "size" in name),
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _ROOM_OF:
        raise AttributeError(f"module 'sampling' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"sampling.{_ROOM_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
