"""Weights and sampling fractions as arrays, checked at the door."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from sampling.checks import (
    ArgumentError,
    ColumnError,
    DataError,
    SurveyWarning,
    check_fraction,
    column_names,
    listed,
    near,
    shown,
)
from surveykit.columns import complete_codes, floats, place
from surveykit.formulas.arrays import Array, Codes, cross
from surveykit.formulas.selfselected import DEFECT

if TYPE_CHECKING:
    from surveykit.design import Design

ROUNDING = 1e-12  # relative difference of probabilities that is rounding
UNEQUAL = 0.01  # relative difference of PSU weights that counts as unequal
ELSEWHERE = {  # what other tools call the arguments of a design
    **dict.fromkeys(("weight", "wt", "wts", "w", "pw", "pweight", "weight_col"), "weights='…'"),
    **dict.fromkeys(("id", "ids", "cluster", "clusters", "psus", "psu_id", "units"), "psu='…'"),
    **dict.fromkeys(("stratum", "strat", "stratification", "layer"), "strata='…'"),
    **dict.fromkeys(("n", "population", "pop_size", "popsize"), "fpc='…'"),
    **dict.fromkeys(
        ("prob", "probs", "probability"), "weights='…' (1 / probability), or fpc='…' (shares drawn)"
    ),
    **dict.fromkeys(
        ("repweights", "rep_weights", "repwts", "brr_weights"), "replicates=ReplicateColumns('…', method='…')"
    ),
    **dict.fromkeys(("singleunit", "single_unit", "single_psu", "lonely"), "lonely_psu='…'"),
}


class Units(NamedTuple):
    """Units of one stage: ``row`` (n,) unit of each row, ``parent`` (U,) stratum of each unit."""

    row: Codes
    parent: Codes


def check_weights_name(data: pd.DataFrame, weights: Any) -> None:
    """Refuse a weight that is not the name of one column."""
    if weights is not None and (not isinstance(weights, str) or weights not in data.columns):
        if isinstance(weights, str):
            raise ColumnError(
                f"weights={weights!r}: the data have no such column.{near(weights, data.columns)}"
            )
        column_names(weights, "weights")
        raise TypeError(f"weights={weights!r}: pass the name of one column.")


def check_given(weights: Any, sampling: Any, psu: tuple[str, ...], fpc: tuple[str, ...]) -> None:
    """Refuse a design that says nothing of chances, or more sizes than stages."""
    if weights is None and not fpc and sampling not in ("srs", "self-selected"):
        raise ArgumentError(
            "No design given: an estimate needs to know how the rows were drawn. Pass weights='…' (and "
            "strata=, psu=), or say sampling='srs' (every row had the same chance) or "
            "sampling='self-selected' (people chose to answer: no inference to the population)."
        )
    if len(fpc) > max(len(psu), 1):
        raise ArgumentError(
            f"fpc={list(fpc)}: {len(fpc)} columns for {max(len(psu), 1)} "
            "stage(s). Give one column for each stage named in psu."
        )


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


def make_units(design: Design, s: int) -> Units:
    """Return the units of stage s; below the last stage named, and where none is, the rows."""
    above = design.units(s - 1).row if s else design.stratum_codes()[0]
    if s >= len(design.psu):
        row = np.empty(len(above), dtype=np.intp)
        order = np.argsort(above, kind="stable")
        row[order] = np.arange(len(above))
        return Units(row, above[order])
    codes, levels = complete_codes(design.data, design.psu[s], "psu")
    row, parent, own = cross(above, codes, len(levels))
    if s == 0 and not design.nest and len(parent) > len(levels):
        twice = np.flatnonzero(np.bincount(own) > 1)
        strata = design.stratum_codes()[1][parent[own == twice[0]]]
        raise ArgumentError(
            f"psu={design.psu[0]!r}: {listed(levels[twice], 3)} stands in more than one stratum "
            f"({listed(strata, 3)}). If the ids start again in each stratum, pass nest=True; if not, "
            "correct the stratum of those rows."
        )
    return Units(row, parent)


def base_weights(design: Design) -> Array:
    """(n,) design weight before any step, divided by the chance of a second phase."""
    w = first_weights(design)
    return w if design.phase is None else w * design.phase.factor


def first_weights(design: Design) -> Array:
    """(n,) weight of the first phase."""
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
            if design.unequal(s):
                w = w / design.chances(s)[design.units(s).row]
                continue
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
        if design.unequal(s):
            parent = design.units(s).parent
            out.append(np.bincount(parent, weights=design.chances(s)) / np.bincount(parent))
            continue
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
                f"fpc={name!r} changes inside {stratum_name(design, s, above[differ[0]])}: "
                f"{x[differ[0]]:g} and {first[above[differ[0]]]:g}. One stratum of a stage has one size."
            )
        if shares:
            out.append(first)
            continue
        small = np.flatnonzero(first < n)
        if small.size:
            h = small[0]
            raise DataError(
                f"fpc={name!r} says {first[h]:g} units in {stratum_name(design, s, h)}, but the sample has "
                f"{n[h]} ({design.stage_name(s)}). "
                "Give the number in the population, or fractions of at most 1; if the rows are "
                "of two waves, name the wave as a stage in psu."
            )
        out.append(n / first)
    _check_counts(design, out)
    return out


def unit_chances(design: Design, s: int) -> Array:
    """(U,) inclusion probability of each unit of a stage of unequal chances."""
    name, units = design.fpc[s], design.units(s)
    x = floats(design.data, name, "fpc", "an inclusion probability is a number")
    bad = np.flatnonzero(~((x > 0) & (x <= 1)))
    if bad.size:
        raise DataError(
            f"fpc={name!r} is {x[bad[0]]:g} in {place(design.data, bad)}. With pps= it holds the inclusion "
            "probability of each unit: above 0, at most 1."
        )
    pi = np.zeros(len(units.parent))
    pi[units.row] = x
    differ = np.flatnonzero(np.abs(pi[units.row] - x) > ROUNDING * x)
    if differ.size:
        row = int(differ[0])
        own = shown(design.data[design.psu[s]].iloc[row])
        raise DataError(
            f"fpc={name!r} differs inside {design.stage_name(s)} {own}: {x[row]:g} and "
            f"{pi[units.row[row]]:g}. A unit has one inclusion probability, given the unit above."
        )
    return pi


def stratum_name(design: Design, s: int, code: int) -> str:
    """Return the name of a stratum of stage s, for messages."""
    if s:
        row = int(np.flatnonzero(design.units(s - 1).row == code)[0])
        return f"{design.stage_name(s - 1)} {design.data[design.psu[s - 1]].iloc[row]!r}"
    names = design.stratum_codes()[1]
    return f"stratum {shown(names[code])}" if design.strata else "the sample"


def _check_counts(design: Design, f: list[Array]) -> None:
    """Refuse counts where PSUs of one stratum have unequal weights: those were not drawn with equal chances.

    With one stage the weight of a PSU is that of its rows; with more it cannot be told from theirs.
    """
    if not f or design.stages > 1 or design.weighted_by is None or design.unequal(0):
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
            f"fpc={design.fpc[0]!r} counts units, but in {stratum_name(design, 0, h)} the PSUs have unequal "
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
