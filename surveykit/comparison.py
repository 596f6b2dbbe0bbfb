"""Comparison of two waves: the change, with the covariance of the waves."""

from __future__ import annotations

import datetime as dt
import re
import warnings
from typing import Any, Literal

import numpy as np
import pandas as pd
import scipy.sparse as sp

from sampling import format as fmt
from sampling.checks import (
    ArgumentError,
    DataError,
    SurveyWarning,
    check_choice,
    check_columns,
    listed,
    plain,
)
from surveykit.columns import factorise
from surveykit.context import Note
from surveykit.design import Design, check_design
from surveykit.estimation import Names, mean, proportion
from surveykit.result import Estimates

EARLIER = {"truoc", "before", "pre", "dau", "baseline", "earlier", "first"}
LATER = {"sau", "after", "post", "cuoi", "endline", "later", "second"}
WAVES = "number of waves"  # column of the design: waves in which a unit was taken
YEAR_LAST = re.compile(r"(?:(\d{1,2})\s*[/.-]\s*)?(\d{1,2})\s*[/.-]\s*(\d{4})")


def check_comparison(design: Design, y: Any, **one: Any) -> None:
    """Refuse what is not a design, and arguments that must name one column each."""
    check_design(design)
    for argument, name in {"y": y, **one}.items():
        check_columns(design.data, name, argument)
        if not isinstance(name, str):
            raise TypeError(
                f"{argument}={name!r}: a comparison takes one column at a time. Give its name as text."
            )


def wave_levels(design: Design, wave: str, where: str | None) -> tuple[Any, Any]:
    """Return the earlier and the later of two waves.

    Numbers, dates and ordered categories have their order. Texts are read: words such as "trước" and "sau", a
    date or quarter with its year, or the one number in each; where that fails the order must be given.
    """
    rows = design.domains(None, where).row >= 0
    codes, levels = factorise(design.data[wave][rows])
    if (codes < 0).any():
        row = design.data.index[rows][codes < 0][0]
        raise DataError(f"wave={wave!r} is missing in row {row}. Every row needs its wave.")
    if len(levels) != 2:
        raise ArgumentError(
            f"wave={wave!r} has {len(levels)} levels ({listed(levels, 6)}), and a comparison needs two. "
            "Pick two with where=."
        )
    first, second = levels
    if isinstance(design.data[wave].dtype, pd.CategoricalDtype) or not isinstance(first, str):
        return first, second
    places = [_place(text) for text in (first, second)]
    for a, b in zip(*places, strict=True):
        if a is not None and b is not None and a != b:
            return (first, second) if a < b else (second, first)
    raise ArgumentError(
        f"wave={wave!r}: the order of {first!r} and {second!r} cannot be read. "
        "Write 1 and 2, or make the column an ordered category."
    )


def _place(text: str) -> tuple[Any, Any, Any]:
    """Return what a text says of its place in time: a word, a date with the year last, its one number."""
    words = set(re.findall(r"[a-z]+", plain(text)))
    early, late = bool(words & EARLIER), bool(words & LATER)
    word = None if early == late else int(late)
    dated = YEAR_LAST.search(text)
    date = tuple(int(part or 0) for part in reversed(dated.groups())) if dated else None
    numbers = re.findall(r"\d+", text)
    number = tuple(map(int, numbers)) if len(numbers) == 1 or _iso(text) else None
    return word, date, number


def _iso(text: str) -> bool:
    return re.match(r"\s*\d{4}\s*[-/.]", text) is not None


def name_of(level: Any) -> str:
    """Name of a wave for the line below a table."""
    if isinstance(level, (pd.Timestamp, dt.date)):
        return fmt.date(level)
    return f"{level:g}" if isinstance(level, float) else str(level)


def overlapping(design: Design, wave: str, overlap: str | None) -> str:
    """Return "psu" if the waves share first-stage units, else "none"; what is said counts."""
    if overlap is not None:
        check_choice(overlap, ("none", "psu"), "overlap")
        if overlap == "psu" and not design.psu:
            raise ArgumentError(
                "overlap='psu': the design names no psu that the waves could share. Pass psu= to Design."
            )
        return overlap
    if not design.psu:
        return "none"
    return "psu" if shared_units(design, wave, 0) else "none"


def crossed(design: Design, wave: str, overlap: str) -> Design:
    """Return the design of both waves.

    Independent waves: strata and units are crossed with the wave. Shared units with fresh units below: the
    wave becomes a stage of its own above the fresh units, of which all was taken, so that they are a
    draw of their wave.
    """
    if wave in design.strata or wave in design.psu:
        return design
    if design.replicates is not None:
        return _replicated(design, wave, overlap)
    if overlap == "none":
        known = design.data[wave].notna()
        if not known.all():  # rows outside the comparison: a stratum of their own
            own = f"{wave} of the strata"
            data = design.data.assign(**{own: design.data[wave].astype(object).where(known, "–")})
            return design.changed(keep_units=False, data=data, strata=(*design.strata, own), nest=True)
        return design.changed(keep_units=False, strata=(*design.strata, wave), nest=True)
    at = next((s for s in range(1, len(design.psu)) if not shared_units(design, wave, s)), None)
    if at is None:
        return design
    stages = (*design.psu[:at], wave, *design.psu[at:])
    pps = (*design.pps[:at], None, *design.pps[at:]) if len(design.pps) > at else design.pps
    if len(design.fpc) <= at:
        return design.changed(keep_units=False, psu=stages)
    waves = design.data[wave].groupby(design.units(at - 1).row).transform("nunique").to_numpy()
    data = design.data.assign(**{WAVES: waves})
    fpc = (*design.fpc[:at], WAVES, *design.fpc[at:])
    return design.changed(keep_units=False, data=data, psu=stages, fpc=fpc, pps=pps)


def _replicated(design: Design, wave: str, overlap: str) -> Design:
    """Return a design whose replicates tell how the waves go together; refuse those that do not."""
    reps = design.replicates
    if reps is None or reps.given:
        return design
    if overlap == "none":
        raise ArgumentError(
            f"wave={wave!r}: the waves share no units, but the replicates were made as if both were drawn "
            f"from the same strata. Give Design strata={[*design.strata, wave]}, then make the replicates."
        )
    at = next((s for s in range(1, len(design.psu)) if not shared_units(design, wave, s)), None)
    if at is not None and reps.unit is not design.units(0).row:
        raise ArgumentError(
            f"wave={wave!r}: each wave has {design.psu[at]} of its own, but the replicates were made as if "
            f"they were drawn together. Give Design psu={[*design.psu[:at], wave, *design.psu[at:]]} and "
            "for the wave an fpc of 1 (all waves), then make the replicates."
        )
    return design


def shared_units(design: Design, wave: str, s: int) -> bool:
    """Tell whether a unit of stage s has rows in both waves."""
    codes = factorise(design.data[wave])[0]
    used = (codes >= 0) & (design.w != 0)
    pairs = pd.DataFrame({"unit": design.units(s).row[used], "wave": codes[used]}).drop_duplicates()
    return bool(pairs["unit"].duplicated().any())


def averages(design: Design, y: Names, *, by: Any, where: str | None, value: Any) -> Estimates:
    """Mean of y, or share of the answers in ``value``."""
    if value is None:
        return mean(design, y, by=by, where=where)
    return proportion(design, y, by=by, where=where, value=value)


def before_after(
    design: Design,
    y: str,
    *,
    wave: str,
    by: Names | None = None,
    where: str | None = None,
    value: Any = None,
    overlap: Literal["none", "psu"] | None = None,
) -> Estimates:
    r"""Change between two waves, later less earlier, with the covariance of the waves.

    .. math:: V(\bar y_2 - \bar y_1) = V(\bar y_2) + V(\bar y_1) - 2 C(\bar y_1, \bar y_2)

    Parameters
    ----------
    design : Design
        Rows of both waves.
    y : column name
        Numeric; or any column with ``value``.
    wave : column name
        Two levels; numbers, dates and ordered categories in their order, texts by the numbers in them, and
        "trước"/"sau" by their meaning.
    by : column name or list of them, optional
        One change for each level.
    value : a level or a list of levels, optional
        Compare the share of answers in these levels.
    overlap : {"none", "psu"}, optional
        "psu": units with one id in both waves are the same unit (a panel, or the same communes with fresh
        people). "none": independent samples; strata and units are crossed with the wave. Not said: read from
        the ids.

    Returns
    -------
    Estimates of the change with t intervals: design variance, for the population sampled. A change is not yet
    an effect; see :func:`did`.

    References
    ----------
    Kish (1965), ch. 12; Wolter (2007), ch. 6.

    Examples
    --------
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"ho": list("abcabc"), "dot": [1, 1, 1, 2, 2, 2], "diem": [3.0, 4, 5, 4, 4, 7]})
    >>> sv.before_after(sv.Design(people, sampling="srs", psu="ho"), "diem", wave="dot").test().round(3)
          estimate     se      t   df      p
    diem       1.0  0.577  1.732  2.0  0.225
    """
    check_comparison(design, y, wave=wave)
    first, second = wave_levels(design, wave, where)
    shared = overlapping(design, wave, overlap)
    groups = check_columns(design.data, by, "by")
    both = averages(crossed(design, wave, shared), y, by=[*groups, wave], where=where, value=value)
    index = both.value.index
    position = {key: k for k, key in enumerate(index)}
    names = index.droplevel(-1).unique() if isinstance(index, pd.MultiIndex) else pd.Index([y])
    pairs: list[tuple[int, Any, Any]] = []
    lost: list[tuple[int, Any, Any]] = []
    for k, name in enumerate(names):
        key = _key(name) if groups else ()
        a, b = (
            position.get((*key, first) if groups else first),
            position.get((*key, second) if groups else second),
        )
        (pairs if a is not None and b is not None else lost).append((k, a, b))
    if not pairs:
        raise DataError(
            f"by={list(groups)}: no level has answers in both waves, so there is nothing to compare."
        )
    if lost:
        warnings.warn(
            f"by={list(groups)}: {listed(names[[k for k, _, _ in lost]], 3)} has answers in one wave only "
            "and is left out.",
            SurveyWarning, stacklevel=2,
        )  # fmt: skip
    rows = np.array([[a, b] for _, a, b in pairs]).ravel()
    data = np.tile([-1.0, 1.0], len(pairs))
    L = sp.csr_matrix(
        (data, (rows, np.repeat(np.arange(len(pairs)), 2))), shape=(len(both.value), len(pairs))
    )
    note = Note(f"{name_of(second)} minus {name_of(first)}", f"{name_of(second)} trừ {name_of(first)}")
    kind = {
        "psu": Note("waves share their PSUs", "hai đợt có chung PSU"),
        "none": Note("waves taken as independent", "hai đợt coi là độc lập"),
    }[shared]
    if design.replicates is not None and design.replicates.given:
        en, vi = "covariance of the waves", "hiệp phương sai của hai đợt"
        kind = Note(f"{en} from the replicates", f"{vi} lấy từ quyền số lặp")
    return both.combine(L, names[[k for k, _, _ in pairs]], "change", note, kind)


def _key(name: Any) -> tuple[Any, ...]:
    return name if isinstance(name, tuple) else (name,)


def arms_of(adopted: pd.Series, *, first: Any, second: Any) -> pd.Series:
    """Sort communes into arms by the date they adopted: 1 between the waves, 0 not yet, missing before.

    Parameters
    ----------
    adopted : (communes,) dates, missing where the model was not adopted
    first, second : dates of the waves

    Examples
    --------
    >>> dates = pd.Series(pd.to_datetime(["2025-12-01", None, "2024-05-01"]), index=["A", "B", "C"])
    >>> arms_of(dates, first="2025-10-01", second="2026-10-01").tolist()
    [1.0, 0.0, nan]
    """
    start, end = pd.Timestamp(first), pd.Timestamp(second)
    if not start < end:
        raise ArgumentError(
            f"first={first!r} is not before second={second!r}. Give the dates of the two waves in order."
        )
    between = (adopted > start) & (adopted <= end)
    arm = between.astype(float)
    return arm.mask(adopted <= start)


__all__ = ["arms_of", "before_after"]
