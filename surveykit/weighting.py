"""Weighting steps for a design: nonresponse by class, raking to known margins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from sampling.checks import (
    ArgumentError,
    DataError,
    MarginError,
    check_choice,
    check_columns,
    listed,
    near,
    nfc,
    shown,
)
from surveykit import columns as col
from surveykit.columns import factorise
from surveykit.design import Design, check_design
from surveykit.formulas.arrays import Array, Codes
from surveykit.formulas.steps import ClassAdjustment, Raking

GAP = 1e-9  # greatest relative gap from a margin that counts as met
SAME = 1e-6  # relative difference of margin sums that counts as equal


def adjust_nonresponse(design: Design, *, responded: str, cells: str | Sequence[str] | None = None) -> Design:
    r"""Let the respondents of each class stand for its nonrespondents.

    .. math:: w_i \leftarrow w_i r_i \sum_{c} w / \sum_{c} w r

    Parameters
    ----------
    design : Design
        Its data hold a row for every selected person, answered or not.
    responded : column name
        1 or True for a usable answer, 0 or False for none.
    cells : column name or list of them, optional
        Classes, known for respondents and nonrespondents alike; without them all rows are one class.

    Returns
    -------
    Design with one more step; nonrespondents keep their rows with weight 0. The variance takes in that the
    response rates were estimated.

    Raises
    ------
    DataError
        ``responded`` is missing or neither 0 nor 1; a class has no respondents.

    References
    ----------
    Särndal, Swensson & Wretman (1992), ch. 15.

    Examples
    --------
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"w": [10.0] * 4, "loai": list("xxpp"), "tra_loi": [1, 0, 1, 1]})
    >>> design = sv.Design(people, weights="w").pipe(sv.adjust_nonresponse, responded="tra_loi", cells="loai")
    >>> design.weights.tolist()
    [20.0, 0.0, 10.0, 10.0]
    """
    _whole(design, "adjust_nonresponse")
    (name,) = _one(design, responded, "responded")
    values = col.floats(design.data, name, "responded", "it must be 1 or 0")
    wrong = np.flatnonzero(~np.isin(values, (0.0, 1.0)) & (design.w > 0))
    if wrong.size:
        value = "missing" if np.isnan(values[wrong[0]]) else f"{values[wrong[0]]:g}"
        raise DataError(
            f"responded={name!r} is {value} in {col.place(design.data, wrong)}. "
            "Write 1 for a usable answer and 0 for none."
        )
    names = check_columns(design.data, cells, "cells")
    classes, index = col.crossed_codes(design.data, names, "cells")
    step = ClassAdjustment(
        classes, values == 1, len(index), f"nonresponse ({', '.join(names) or 'one class'})"
    )
    every = np.bincount(classes, weights=design.w, minlength=len(index))
    held = np.bincount(classes, weights=design.w * step.responded, minlength=len(index))
    empty = np.flatnonzero((every > 0) & (held == 0))
    if empty.size and not names:
        raise DataError(f"responded={name!r} is 0 in every row with a weight: nobody responded.")
    if empty.size:
        rows = int(np.sum((classes == empty[0]) & (design.w > 0)))
        raise DataError(
            f"cells={list(names)}: class {shown(index[empty[0]])} has no respondents ({rows} rows), so "
            "nobody can stand for it. Join it with another class, or use fewer cells."
        )
    return design.add_step(step)


def _whole(design: Any, verb: str) -> None:
    """Refuse to weight a part: steps are for all rows, and a part is taken afterwards."""
    if check_design(design).subset:
        said = " and ".join(design.subset)
        raise ArgumentError(
            f"{verb}: the design is limited by where={said!r}, but weights are for all rows. "
            "Adjust the weights first, then take the part with where=."
        )


def _one(design: Design, name: Any, argument: str) -> tuple[str]:
    found = check_columns(design.data, name, argument)
    if len(found) != 1:
        raise ArgumentError(f"{argument}={name!r}: name one column.")
    return (found[0],)


def rake(
    design: Design,
    margins: Mapping[str, Mapping[Any, float] | pd.Series],
    *,
    linearisation: Literal["raked", "base"] = "raked",
) -> Design:
    r"""Adjust the weights until they agree with every margin, by raking: :math:`w = d \exp(x'\lambda)`.

    Parameters
    ----------
    design : Design
    margins : {column name: {level: target}}
        Targets are counts of people, or shares that sum to 1 (then the sum of the weights stays). All margins
        are of the same kind.
    linearisation : {"raked", "base"}
        Weights at which the derivative is taken; "base" is what R ``calibrate`` does.

    Returns
    -------
    Design with one more step; the variance takes it in.

    Raises
    ------
    MarginError
        A level without target, a target without rows, margins that contradict each other, no convergence.

    References
    ----------
    Deming & Stephan (1940); Deville, Särndal & Sautory (1993), JASA 88, 1013–1020.

    Examples
    --------
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"w": [10.0] * 4, "gioi": ["Nam", "Nữ", "Nữ", "Nữ"]})
    >>> sv.rake(sv.Design(people, weights="w"), {"gioi": {"Nam": 0.5, "Nữ": 0.5}}).weights.round(2).tolist()
    [20.0, 6.67, 6.67, 6.67]
    """
    _whole(design, "rake")
    check_choice(linearisation, ("raked", "base"), "linearisation")
    if not isinstance(margins, Mapping) or not margins:
        raise TypeError(f"margins={margins!r}: pass {{column: {{level: share or count}}}}.")
    codes, targets, sums = [], [], {}
    for name, margin in margins.items():
        _one(design, name, "margins")
        if not isinstance(margin, (Mapping, pd.Series)):
            raise TypeError(
                f"margins[{name!r}] is a {type(margin).__name__}; pass {{level: share or count}}."
            )
        code, target = _margin(design, name, dict(margin))
        codes.append(code)
        targets.append(target)
        sums[name] = float(target.sum())
    shares = _shares(sums)
    if shares:
        targets = [target / target.sum() for target in targets]
    step = Raking(tuple(codes), tuple(targets), shares, f"rake ({', '.join(margins)})", linearisation)
    w, gap, worst = step.fit(design.w)
    if gap > GAP or not np.isfinite(w).all():
        raise MarginError(
            f"margins: the weights do not come to agree with {list(margins)[worst]!r} "
            f"(relative gap {gap:.2g} after 1,000 sweeps), because some combination of levels has no rows. "
            "Join small levels, or drop a margin."
        )
    return design.add_step(step)


def _margin(design: Design, name: str, margin: dict[Any, float]) -> tuple[Codes, Array]:
    """Codes (n,) by the order of the targets, and the targets; every level has one, and rows."""
    own, levels = factorise(design.data[name])
    used = design.w > 0
    missing = np.flatnonzero((own < 0) & used)
    if missing.size:
        raise DataError(
            f"margins[{name!r}]: the column is missing in {col.place(design.data, missing)}. "
            "Fill it in before raking, or leave those rows out."
        )
    number = {_key(level): k for k, level in enumerate(margin)}
    counts = np.bincount(own[used], minlength=len(levels))
    code = np.full(len(levels), -1, dtype=np.intp)
    for k, level in enumerate(levels):
        if _key(level) in number:
            code[k] = number[_key(level)]
        elif counts[k]:
            raise MarginError(
                f"margins[{name!r}] has no target for {shown(level)} ({counts[k]} rows)."
                f"{near(level, margin)} Add it, or recode those rows."
            )
    held = np.bincount(code[own[used]], minlength=len(margin))
    bad = [level for level, v in margin.items() if not _is_target(v)]
    if bad:
        raise MarginError(
            f"margins[{name!r}][{shown(bad[0])}] is {shown(margin[bad[0]])}. "
            "A target is a number: a share or a count."
        )
    values = np.array([float(v) for v in margin.values()])
    empty = [level for level, n, v in zip(margin, held, values, strict=True) if n == 0 and v > 0]
    if empty:
        raise MarginError(
            f"margins[{name!r}] has a target for {listed(empty, 3)}, but no row has it."
            f"{near(empty[0], levels)} Join it with another level, or check the spelling."
        )
    return np.where(own < 0, 0, code[own]), values


def _is_target(v: Any) -> bool:
    return isinstance(v, (int, float, np.number)) and bool(np.isfinite(v) and v >= 0)


def _key(level: Any) -> Any:
    """Return a level for comparison: text composed and without outer blanks."""
    return nfc(level) if isinstance(level, str) else level


def _shares(sums: dict[str, float]) -> bool:
    """Tell shares from counts by the sums of the margins; contradictions are an error."""
    values = np.array(list(sums.values()))
    if (np.abs(values - 1) < 1e-3).all():
        return True
    shown = ", ".join(f"{name!r}: {value:g}" for name, value in sums.items())
    if (np.abs(values - 100) < 0.1).all():
        raise MarginError(f"margins sum to 100 ({shown}): write shares that sum to 1, or counts of people.")
    if (values - values[0] > SAME * values[0]).any() or (values[0] - values > SAME * values[0]).any():
        raise MarginError(
            f"margins have different sums ({shown}), so no weights can agree with all. Correct them."
        )
    if values[0] < 2:
        raise MarginError(f"margins sum to {values[0]:g} ({shown}): shares must sum to 1.")
    return False
