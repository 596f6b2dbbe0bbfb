"""Guards of a plan: names, methods and what goes with them, parents of a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..checks import ArgumentError, DataError, check_choice, listed, near
from ..frame import Frame
from ..sample.listing import parent_columns, words_of
from ..sample.outline import KEPT, TAKEN, Outline, Stage
from ..sample.words import HOUSEHOLD, RULES
from ..selection import METHODS

__all__ = ["check_list", "check_name", "check_stage_rules"]

SUFFIXES = ("name", "probability", "multiplicity", "start", "adults", "fraction")
ORDERED = ("systematic", "pps_systematic", "pps_pivotal")
BY_SIZE = ("poisson", "cube", "local_pivotal")
CHOICES = (*(method for method in METHODS if method != "srs_wr"), *RULES)


def check_name(stage: Stage, outline: Outline) -> None:
    """Refuse a name that would give two columns of the drawn table the same name."""
    name = stage.name
    if not isinstance(name, str) or not name.strip():
        raise TypeError(f"name={name!r}: give the stage a name, such as 'commune'.")
    if name in [s.name for s in outline.stages]:
        raise ArgumentError(f"stage {name!r} is in the plan already. Give this one another name.")
    if name in (*KEPT, *TAKEN):
        raise ArgumentError(f"stage {name!r} is also a column of the drawn table. Give it another name.")
    both = sorted(set(stage.carry or ()) & set(SUFFIXES[1:]))
    if both:
        raise ArgumentError(
            f"stage {name!r}, carry={both[0]!r}: {name}_{both[0]} is a column that the draw fills. Give the "
            "column of the list another name."
        )
    own = {name, *(f"{name}_{part}" for part in (*SUFFIXES, *(stage.carry or ())))}
    taken = set(outline.strata)
    for other in outline.stages:
        taken |= {other.name, *(f"{other.name}_{part}" for part in (*SUFFIXES, *(other.carry or ())))}
    twice = sorted(own & taken)
    if twice:
        raise ArgumentError(
            f"stage {name!r}: the drawn table would have two columns {twice[0]!r}, one of them of the "
            "strata or of another stage. Give the stage another name."
        )


def check_stage_rules(stage: Stage, number: int, before: Stage | None) -> None:
    """Refuse arguments that do not go together.

    Parameters
    ----------
    stage : Stage
    number : of the stage, from 0
    before : the stage above
    """
    name, method = stage.name, stage.method
    if method == "srs_wr":
        raise ArgumentError(
            f"stage {name!r}, method='srs_wr': a plan draws without replacement. Choose 'srs'."
        )
    check_choice(method, CHOICES, "method")
    check_choice(stage.short, ("error", "all"), "short")
    if before is not None and before.method in HOUSEHOLD:
        raise ArgumentError(
            f"stage {name!r} stands below {before.name!r}, where one person is taken ({before.method!r}). "
            "Make that the last stage."
        )
    _whole(stage.reserve, "reserve", 0, name)
    if stage.by_rule:
        _check_field_rule(stage, number)
    elif stage.every is not None:
        raise ArgumentError(
            f"stage {name!r}: every={stage.every!r} goes with method='every'. Leave one of the two out."
        )
    given = {
        "sort": (stage.sort, ORDERED),
        "balance": (stage.balance, ("cube",)),
        "coords": (stage.coords, ("local_pivotal",)),
    }
    for argument, (names, methods) in given.items():
        if names and method not in methods:
            raise ArgumentError(
                f"stage {name!r}, {argument}=: the method {method!r} does not look at it. Leave it out, or "
                f"choose {' or '.join(map(repr, methods))}."
            )
        if not names and argument != "sort" and method in methods:
            raise ArgumentError(
                f"stage {name!r}: the method {method!r} needs columns to work on. Name "
                f"them: {argument}=[...]."
            )
    if stage.serpentine and len(stage.sort) < 2:
        raise ArgumentError(
            f"stage {name!r}: serpentine=True needs two columns or more to go to and fro. "
            "Name them: sort=[...]."
        )
    if stage.size and number and not method.startswith(("pps_", *BY_SIZE)):
        raise ArgumentError(
            f"stage {name!r}, size={stage.size!r}: the method {method!r} does not use a size. Leave it out, "
            "or choose a PPS method."
        )
    _check_rotate(stage, number)


def _check_field_rule(stage: Stage, number: int) -> None:
    name = stage.name
    if number == 0:
        raise ArgumentError(
            f"stage {name!r}, method={stage.method!r}: the first stage is drawn from the frame. "
            "Put a stage above it, e.g. the hours or the households."
        )
    if stage.method == "every":
        if stage.every is None:
            raise ArgumentError(f"stage {name!r}, method='every': say how far apart: every=5.")
        _whole(stage.every, "every", 1, name)
    elif stage.every is not None:
        raise ArgumentError(
            f"stage {name!r}: every={stage.every!r} goes with method='every'. Leave one of the two out."
        )
    for argument in ("size", "certain", "reserve", "frame"):
        if getattr(stage, argument):
            raise ArgumentError(
                f"stage {name!r}, {argument}=: units are taken in the field ({stage.method!r}), not from a "
                "list. Leave it out."
            )


def _check_rotate(stage: Stage, number: int) -> None:
    if stage.rotate is None:
        return
    if number or stage.method != "srs":
        raise ArgumentError(
            f"stage {stage.name!r}, rotate=: numbers are kept from wave to wave at the first stage, with "
            "method='srs'. Leave it out."
        )
    if isinstance(stage.rotate, bool) or not isinstance(stage.rotate, (int, float)) or not stage.rotate >= 0:
        raise ArgumentError(
            f"stage {stage.name!r}, rotate={stage.rotate!r}: pass 0 for the first wave, then the share "
            "of the sample renewed since, e.g. 0.25."
        )


def _whole(value: Any, argument: str, least: int, name: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ArgumentError(f"stage {name!r}, {argument}={value!r}: pass a whole number of {least} or more.")


def check_list(stage: Stage, frame: Frame, names: Sequence[str], above: Frame | None) -> None:
    """Refuse a list whose units stand under units that the list of the stage above does not have."""
    columns = parent_columns(stage, frame, names, None if above is None else above.id)
    if above is None:
        return
    known = set(words_of(above.units[above.id]))
    strangers = sorted(set(words_of(frame.units[columns[-1]])) - known)
    if strangers:
        raise DataError(
            f"stage {stage.name!r}, parent={columns[-1]!r}: {listed(strangers)} of the list {frame.name!r} "
            f"are not in {above.name!r}.{near(strangers[0], known)} Correct the ids in one of the two lists."
        )
