"""Two phases: rows of a first sample, and those among them that were drawn once more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from sampling import format as fmt
from sampling.checks import ArgumentError, DataError, LonelyPSUError, check_choice, check_columns, shown
from surveykit import columns as col
from surveykit.context import Note
from surveykit.formulas.arrays import Array, Codes, Mask
from surveykit.formulas.steps import Linear

if TYPE_CHECKING:
    from surveykit.design import Design

Method = Literal["full", "approx"]


@dataclass(frozen=True, repr=False, eq=False)
class SecondPhase:
    """The second phase of a design.

    Attributes
    ----------
    selected : (n,) rows drawn in the second phase
    stratum : (n,) stratum of each row of the first phase
    n : (G,) rows drawn; f : (G,) fraction drawn
    method : "full" or "approx"
    inner : for each weighting step whether it calibrates to the first phase
    note : what the line below a table says of it
    """

    selected: Mask
    stratum: Codes
    n: Array
    f: Array
    method: Method
    note: Note
    inner: tuple[bool, ...] = ()

    @property
    def factor(self) -> Array:
        """(n,) one over the chance of the second phase, 0 for rows outside it."""
        return np.where(self.selected, 1 / self.f[self.stratum], 0.0)

    def after(self, name: str, *, inner: bool) -> SecondPhase:
        """Return the phase with one more weighting step."""
        if inner and not all(self.inner):
            raise ArgumentError(
                f"{name}: calibrate to the first phase before other weighting steps, for its totals are "
                "those of the weights before them."
            )
        return replace(self, inner=(*self.inner, inner))

    def columns(self, lines: Sequence[Linear]) -> Mask | None:
        """(p,) columns of the steps, the last first, that calibrate to the first phase."""
        if not any(self.inner):
            return None
        marked = zip(reversed(lines), reversed(self.inner), strict=True)
        return np.concatenate([np.full(line.X.shape[1] + line.parts, inner) for line, inner in marked])


class FirstPhase(dict[Any, Any]):
    """Totals over the first phase, as targets; ``population`` the number of people by its weights."""

    population: float


def read_second(
    design: Design, selected: Any, *, strata: Any, fpc: Any, probabilities: Any, method: Any
) -> SecondPhase:
    """Read the second phase from columns; see :meth:`Design.second_phase`."""
    _check_open(design)
    check_choice(method, ("full", "approx"), "method")
    data = design.data
    drawn = _selected(data, selected)
    names = check_columns(data, strata, "strata")
    stratum, levels = col.crossed_codes(data, names, "strata")
    G = len(levels)
    rows, n = np.bincount(stratum, minlength=G), np.bincount(stratum[drawn], minlength=G)

    def said(g: int) -> str:
        return f"strata={', '.join(names)!r}: {shown(levels[g])}" if names else f"selected={selected!r}"

    empty = np.flatnonzero(n == 0)
    if empty.size:
        g = int(empty[0])
        raise DataError(
            f"{said(g)} has nobody in the second phase among {rows[g]} rows. Merge it with another stratum."
        )
    f = _fractions(design, stratum, rows, n, fpc, probabilities, said)
    alone = np.flatnonzero((n == 1) & (f < 1))
    if alone.size:
        g = int(alone[0])
        raise LonelyPSUError(
            f"{said(g)} has one row in the second phase among {rows[g]}, so the variance of that phase "
            "cannot be estimated. Merge it with another stratum."
        )
    if method == "approx" and (design.psu or design.pps or design.drawn):
        raise ArgumentError(
            "method='approx' is for a first phase of rows drawn at random. Leave method out: 'full' takes "
            "clusters and unequal chances in."
        )
    many = fmt.integer(int(drawn.sum())), fmt.integer(len(data)), fmt.integer(G)
    note = Note(
        "two phases: {} of {} rows".format(*many[:2]) + (f" in {many[2]} strata" if G > 1 else ""),
        "hai pha: {} trong {} dòng".format(*many[:2]) + (f", {many[2]} tầng" if G > 1 else ""),
    )
    return SecondPhase(drawn, stratum, n.astype(float), f, method, note)


def _check_open(design: Design) -> None:
    """Refuse a design whose second phase has no variance here."""
    if design.phase is not None:
        raise ArgumentError("second_phase: the design has a second phase already. A third is not supported.")
    if design.steps:
        raise ArgumentError(
            f"second_phase: the design has weighting steps ({design.steps[0].name}), whose variance would be "
            "lost. Call second_phase first and weight after it."
        )
    if design.replicates is not None:
        raise ArgumentError(
            "second_phase: replicates know nothing of a second phase. Start from the design without them."
        )
    if design.sampling == "self-selected":
        raise ArgumentError(
            "second_phase: the rows are self-selected, so the first phase has no chances to start from."
        )
    if design.subset:
        raise ArgumentError(
            f"second_phase: the design is only of the rows {' and '.join(design.subset)}. Start from the "
            "whole design, and call where() on the result."
        )
    if design.lonely_psu in ("centre", "average") or design.lonely_domain != "off":
        raise ArgumentError(
            "second_phase: lonely_psu='centre' and 'average', and lonely_domain=, are not for two phases. "
            "Pass lonely_psu='collapse' or 'certainty' to Design."
        )


def _selected(data: pd.DataFrame, name: Any) -> Mask:
    if not isinstance(name, str):
        raise TypeError(f"selected={name!r}: pass the name of one column.")
    check_columns(data, name, "selected")
    values = data[name]
    wrong = np.flatnonzero(~values.isin([0, 1]).to_numpy())
    if wrong.size:
        value = values.iloc[wrong[0]]
        what = "missing" if pd.isna(value) else shown(value)
        raise DataError(
            f"selected={name!r} is {what} in {col.place(data, wrong)}. Write 1 or True for rows of the "
            "second phase, 0 or False for the others."
        )
    drawn = np.asarray(values.astype(float) == 1)
    if not drawn.any():
        raise DataError(f"selected={name!r} has nobody in the second phase. Check the column.")
    return drawn


def _fractions(
    design: Design, stratum: Codes, rows: Codes, n: Codes, fpc: Any, probabilities: Any, said: Any
) -> Array:
    """(G,) fraction drawn in each stratum of the second phase."""
    if fpc is not None and probabilities is not None:
        raise ArgumentError(f"fpc={fpc!r} and probabilities={probabilities!r} say the same. Pass one.")
    name, argument = (fpc, "fpc") if fpc is not None else (probabilities, "probabilities")
    if name is None:
        return np.asarray(n / rows)
    if not isinstance(name, str):
        raise TypeError(f"{argument}={name!r}: pass the name of one column.")
    check_columns(design.data, name, argument)
    x = col.floats(design.data, name, argument, "a size or a fraction is a number")
    chance = bool(x.max() <= 1) if argument == "fpc" else True
    bad = np.flatnonzero(~((x > 0) & ((x <= 1) if chance else np.isfinite(x))))
    if bad.size:
        raise DataError(
            f"{argument}={name!r} is {x[bad[0]]:g} in {col.place(design.data, bad)}. Give the chance of the "
            "second phase, above 0 and at most 1" + (", or the number of rows." if argument == "fpc" else ".")
        )
    own = np.zeros(rows.size)
    own[stratum] = x
    differ = np.flatnonzero(np.abs(own[stratum] - x) > 1e-12 * x)
    if differ.size:
        g = int(stratum[differ[0]])
        raise DataError(
            f"{argument}={name!r} differs inside one stratum of the second phase: {x[differ[0]]:g} and "
            f"{own[g]:g}. Rows of a stratum have one chance; name the strata in strata=."
        )
    if chance:
        return own
    small = np.flatnonzero(own < n)
    if small.size:
        g = int(small[0])
        raise DataError(
            f"fpc={name!r} says {own[g]:g} rows of the first phase, but {said(g)} has {n[g]} in the second. "
            "Give the number of rows of the first phase, or the fraction drawn."
        )
    return np.asarray(n / own)


def first_phase(design: Design, columns: str | Sequence[str]) -> FirstPhase:
    """Return totals over the first phase: the people of each level of text, the sum of a number."""
    from surveykit.fractions import first_weights

    if design.phase is None:
        raise ArgumentError(
            "first_phase_totals: the design has one phase. Call design.second_phase(selected='…') before."
        )
    names = check_columns(design.data, columns, "columns")
    w = first_weights(design)
    found = FirstPhase()
    found.population = float(w.sum())
    for name in names:
        if col.kind_of(design.data[name]) == "number":
            x = col.floats(design.data, name, "columns", "a total needs numbers")
            lost = np.flatnonzero(~np.isfinite(x))
            if lost.size:
                raise DataError(
                    f"columns={name!r} is missing in {col.place(design.data, lost)}. Calibration to the "
                    "first phase needs columns known for all of its rows."
                )
            found[name] = float(w @ x)
            continue
        codes, levels = col.complete_codes(design.data, name, "columns")
        found[name] = dict(zip(levels, np.bincount(codes, weights=w, minlength=len(levels)), strict=True))
    return found
