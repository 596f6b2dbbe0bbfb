"""Weights and sampling fractions as arrays, checked at the door."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from sampling.checks import ArgumentError, DataError, SurveyWarning, check_fraction, shown
from surveykit.columns import floats, place
from surveykit.formulas.arrays import Array
from surveykit.formulas.selfselected import DEFECT

if TYPE_CHECKING:
    from surveykit.design import Design

UNEQUAL = 0.01  # relative difference of PSU weights that counts as unequal


def check_values(design: Design) -> None:
    """Work out units, fractions and weights once: values that cannot be used are refused at the door."""
    design.units(design.stages - 1)
    given = design.fractions
    if design.base_weights.size and given and len(given) < design.stages and (given[-1] > 0).any():
        warnings.warn(
            f"fpc={list(design.fpc)} names a size for {design.stage_name(len(given) - 1)} but none for "
            f"{design.stage_name(len(given))} below it: the variance inside "
            f"{design.stage_name(len(given) - 1)} is "
            "left out. Give fpc for every stage (0: with replacement), or for none.",
            SurveyWarning,
            stacklevel=4,
        )


def base_weights(design: Design) -> Array:
    """(n,) design weight: a column, or what the fractions imply, or 1."""
    data, name = design.data, design.weighted_by
    if name is None:
        w = np.ones(len(data))
        if design.sampling == "self-selected":
            return w
        if len(design.fpc) < design.stages and design.sampling == "probability":
            raise ArgumentError(
                f"fpc={list(design.fpc)} names no size for {design.stage_name(len(design.fpc))}, so no "
                "weights follow from it. Pass weights='…', or the sizes of every stage."
            )
        for s, f in enumerate(design.fractions):
            parent = design.units(s - 1).row if s else design.stratum_codes()[0]
            if not f.all():
                raise ArgumentError(
                    f"fpc={design.fpc[s]!r} has fractions of 0, from which no weights follow. "
                    "Pass weights='…'."
                )
            w = w / f[parent]
        return w
    w = floats(data, name, "weights", "a weight is a number")
    if w.min() > 0 and np.isfinite(w.sum()):
        return w
    for wrong, what in ((np.isnan(w), "missing"), (np.isinf(w), "infinite"), (w < 0, "negative")):
        rows = np.flatnonzero(wrong)
        if rows.size:
            shown = f" ({w[rows[0]]:g})" if what == "negative" else ""
            raise DataError(
                f"weights={name!r} is {what}{shown} in {place(data, rows)}. "
                "A weight is a positive number, or 0 for a row that does not count."
            )
    if not (w > 0).any():
        raise DataError(f"weights={name!r} is 0 in every row, so nothing can be estimated. Check the column.")
    return w


def fractions(design: Design) -> list[Array]:
    """Fraction drawn in each stratum of each stage that has an fpc column."""
    out = []
    for s, name in enumerate(design.fpc):
        x = floats(design.data, name, "fpc", "a population size or a fraction is a number")
        units = design.units(s)
        above = design.units(s - 1).row if s else design.stratum_codes()[0]
        n = np.bincount(units.parent)
        shares = bool(x.max() <= 1) and not ((x == 1).all() and n.max() == 1)
        bad = np.flatnonzero(~np.isfinite(x) | (x < 0) | (x == 0) & (not shares))
        if bad.size:
            raise DataError(
                f"fpc={name!r} is {x[bad[0]]:g} in {place(design.data, bad)}. "
                "Give the number of units in the population, or the fraction drawn (0: with replacement)."
            )
        first = np.zeros(int(above.max()) + 1)
        first[above] = x
        differ = np.flatnonzero(first[above] != x)
        if differ.size:
            raise DataError(
                f"fpc={name!r} changes inside {_stratum_name(design, s, above[differ[0]])}: "
                f"{x[differ[0]]:g} and {first[above[differ[0]]]:g}. One stratum of a stage has one size."
            )
        if shares:
            out.append(first)
            continue
        small = np.flatnonzero(first < n)
        if small.size:
            h = small[0]
            raise DataError(
                f"fpc={name!r} says {first[h]:g} units in {_stratum_name(design, s, h)}, but the sample has "
                f"{n[h]} ({design.stage_name(s)}). "
                "Give the number in the population, or fractions of at most 1; if the rows are "
                "of two waves, name the wave as a stage in psu."
            )
        out.append(n / first)
    _check_counts(design, out)
    return out


def _stratum_name(design: Design, s: int, code: int) -> str:
    if s:
        row = int(np.flatnonzero(design.units(s - 1).row == code)[0])
        return f"{design.stage_name(s - 1)} {design.data[design.psu[s - 1]].iloc[row]!r}"
    names = design.stratum_codes()[1]
    return f"stratum {shown(names[code])}" if design.strata else "the sample"


def _check_counts(design: Design, f: list[Array]) -> None:
    """Refuse counts where PSUs of one stratum have unequal weights: those were not drawn with equal chances.

    With one stage the weight of a PSU is that of its rows; with more it cannot be told from theirs.
    """
    if not f or design.stages > 1 or design.weighted_by is None:
        return
    if design.data[design.fpc[0]].max() <= 1:
        return
    w = floats(design.data, design.weighted_by, "weights", "a weight is a number")
    units = design.units(0)
    own = np.bincount(units.row, weights=w) / np.bincount(units.row)
    used = np.flatnonzero(own > 0)
    H = f[0].size
    low, high = np.full(H, np.inf), np.zeros(H)
    np.minimum.at(low, units.parent[used], own[used])
    np.maximum.at(high, units.parent[used], own[used])
    wrong = np.flatnonzero((high - np.minimum(low, high) > UNEQUAL * high) & (f[0] < 1))
    if wrong.size:
        h = int(wrong[0])
        raise DataError(
            f"fpc={design.fpc[0]!r} counts units, but in {_stratum_name(design, 0, h)} the PSUs have unequal "
            f"weights ({low[h]:g} to {high[h]:g}), so they were not drawn with equal chances and the counts "
            "do not give their fractions. For a PPS sample leave fpc out (with-replacement variance); where "
            "people were "
            "subsampled or weights adjusted, give fpc as fractions of units drawn."
        )


def check_defect(defect: float | None, sampling: str | None) -> float:
    """Return the data defect correlation that is assumed of self-selected rows."""
    if defect is not None and sampling != "self-selected":
        raise ArgumentError(
            f"defect={defect!r} is for sampling='self-selected': rows drawn by chance have none."
        )
    return DEFECT if defect is None else check_fraction(defect, "defect")
