"""Replicate weights as a design carries them: made here, or read from columns of the data."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from sampling import format as fmt
from sampling.checks import ArgumentError, ColumnError, DataError, check_choice, check_columns, listed, near
from surveykit.columns import floats, place
from surveykit.context import Note
from surveykit.formulas.arrays import Array, Codes

if TYPE_CHECKING:
    from surveykit.design import Design

GivenMethod = Literal["JK1", "JKn", "JK2", "BRR", "Fay", "bootstrap", "SDR", "ACS", "other"]
GIVEN = ("JK1", "JKn", "JK2", "BRR", "Fay", "bootstrap", "SDR", "ACS", "other")
#: Methods of half-samples by a Hadamard matrix, whose order is 1, 2 or a multiple of 4.
HADAMARD = ("BRR", "Fay", "SDR", "ACS")
#: Methods whose scale counts the columns: a full-sample weight among them makes the variance too small.
COUNTED = ("JK1", "BRR", "Fay", "bootstrap", "SDR", "ACS")
FAR = 2.0  # how far the replicates' sums may lie from that of the weights, as a factor, on average
NAMES = {"rwyb": "bootstrap Rao–Wu–Yue–Beaumont", "preston": "bootstrap Preston", "other": ""}


@dataclass(frozen=True, repr=False, eq=False)
class Replicates:
    r"""R sets of weights whose spread is the variance: :math:`c \sum_r s_r (θ_r − θ)²`.

    Attributes
    ----------
    method : text
    scale, rscales : c, and (R,) s
    mse : bool
        Whether the centre is the full estimate; else it is the mean of the replicates.
    seed : what the random numbers came from, None where none was given
    fay : Fay's factor, None for other methods
    unit, factors : (n,) unit of each row and (P, R) its factors; None for weights read from columns
    columns : names of the columns read; empty for weights made here
    combined : whether the columns are weights, or factors of the weight
    df : degrees of freedom said by the user, else None: from the units, or from the rank of the columns
    notes : remarks for the line below a table
    """

    method: str
    scale: float
    rscales: Array
    mse: bool = True
    seed: int | None = None
    fay: float | None = None
    unit: Codes | None = None
    factors: Array | None = None
    columns: tuple[str, ...] = ()
    combined: bool = True
    df: float | None = None
    notes: tuple[Note, ...] = ()

    @property
    def R(self) -> int:
        """Number of replicates."""
        return self.rscales.size

    @property
    def given(self) -> bool:
        """Whether they were read from columns: how they were made is not known, and no step is replayed."""
        return bool(self.columns)

    @property
    def coefficients(self) -> Array:
        """(R,) scales c s_r."""
        return self.scale * self.rscales

    @property
    def note(self) -> Note:
        """Method and number, for the line below a table."""
        name = NAMES.get(self.method, self.method)
        name += f" {fmt.number(self.fay, 2)}" if self.fay is not None else ""
        count = fmt.integer(self.R)
        said = f"{name}, " if name else ""
        return Note(f"{said}{count} replicates", f"{said}{count} bộ quyền số lặp")

    def __repr__(self) -> str:
        """Return method, number and where they come from."""
        origin = f"columns {self.columns[0]} … {self.columns[-1]}" if self.given else f"seed {self.seed}"
        return f"Replicates: {self.note.en}; {origin}"

    def column(self, data: pd.DataFrame, base: Array, r: int) -> Array:
        """(n,) weights of replicate r that a column holds."""
        x = floats(data, self.columns[r], "replicates", "a replicate weight is a number")
        return x if self.combined else np.asarray(base * x)


@dataclass(frozen=True)
class ReplicateColumns:
    r"""Where a file keeps its replicate weights, for ``Design(data, weights=…, replicates=…)``.

    Parameters
    ----------
    columns : list of column names, or one pattern such as "brr_*"
        A pattern takes the columns in the order of the numbers in their names.
    method : {"JK1", "JKn", "JK2", "BRR", "Fay", "bootstrap", "SDR", "ACS", "other"}
        How they were made, as the file's manual says: it gives the scale. "ACS": successive differences as in
        the American Community Survey.
    scale, rscales : number, and a list with one number a column
        c and s of :math:`c \sum_r s_r (θ_r − θ)²`, where the manual gives them; "JKn" needs ``rscales``
        ((n − 1)/n of the stratum of each), "other" needs ``scale``.
    fay : Fay's factor, between 0 and 1; for "Fay"
    mse : bool
        True: deviations from the full estimate; False: from the mean of the replicates, as R by default.
    df : number, optional
        Degrees of freedom as the manual gives them; without it the rank of the columns less 1.
    combined : bool
        False where the columns are factors by which the weight is to be multiplied.

    Examples
    --------
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"w": [10.0, 10, 20, 20], "diem": [4, 5, 3, 4]})
    >>> people = people.assign(rep_1=[0.0, 20, 20, 20], rep_2=[20.0, 0, 20, 20])
    >>> people = people.assign(rep_3=[10.0, 10, 0, 40], rep_4=[10.0, 10, 40, 0])
    >>> columns = sv.ReplicateColumns("rep_*", method="JKn", rscales=[0.5] * 4)
    >>> float(sv.mean(sv.Design(people, weights="w", replicates=columns), "diem").se.iloc[0].round(4))
    0.3727
    """

    columns: str | Sequence[str]
    method: GivenMethod
    scale: float | None = None
    rscales: Sequence[float] | None = None
    fay: float | None = None
    mse: bool = True
    df: float | None = None
    combined: bool = True


def read_columns(design: Design, said: Any) -> Replicates:
    """Return the replicates that columns hold, after a look at every one."""
    if not isinstance(said, ReplicateColumns):
        raise TypeError(
            f"replicates is a {type(said).__name__}; pass replicates=ReplicateColumns('brr_*', method='BRR')."
        )
    check_choice(said.method, GIVEN, "method")
    told = [name for name in ("strata", "psu", "fpc") if getattr(design, name)]
    if told:
        raise ArgumentError(
            f"replicates=: the replicate weights carry the whole design, so {'=, '.join(told)}= would not "
            "be read. Leave it out; or leave replicates= out, for the Taylor variance or "
            "replicate_weights()."
        )
    if design.weighted_by is None:
        raise ArgumentError("replicates=: pass weights='…' too, the full-sample weight that goes with them.")
    data, weights, w = design.data, design.weighted_by, design.base_weights
    names = find_columns(data, said.columns)
    if weights in names:
        raise ArgumentError(
            f"replicates: {weights!r} is the weight itself. Leave it out of the replicate columns."
        )
    scale, rscales = scales(said, len(names))
    check_values(data, names, weights, w, said)
    df = None if said.df is None else positive(said.df, "df")
    fay = said.fay if said.method == "Fay" else None
    return Replicates(
        said.method, scale, rscales, mse=said.mse, fay=fay, columns=names, combined=said.combined, df=df
    )


def refuse_step(reps: Replicates | None, step: str) -> None:
    """Refuse a weighting step on replicates that were read from columns."""
    if reps is not None and reps.given:
        raise ArgumentError(
            f"{step}: the replicate weights were read from columns ({reps.columns[0]} …), and how they "
            "were made is not known, so the step cannot be taken on each of them. Use the weights as they "
            "are; or give strata= and psu= to Design and make replicates with replicate_weights()."
        )


def find_columns(data: pd.DataFrame, columns: Any) -> tuple[str, ...]:
    """Return the columns named, or those of a pattern in the order of their numbers."""
    if not isinstance(columns, str) or "*" not in columns:
        names = check_columns(data, columns, "replicates")
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise ArgumentError(f"replicates: {twice[0]!r} is named twice. Name each column once.")
    else:
        wanted = re.compile(".*".join(map(re.escape, columns.split("*"))))
        names = tuple(name for name in data.columns if isinstance(name, str) and wanted.fullmatch(name))
        names = tuple(sorted(names, key=by_number))
        if not names:
            raise ColumnError(
                f"replicates={columns!r}: the data have no such columns.{near(columns, data.columns)}"
            )
    if len(names) < 2:
        raise ArgumentError(
            f"replicates: {listed(names) or 'no column'} is not enough, for a variance needs two "
            "replicates or more. Name every replicate column, or give a pattern such as 'brr_*'."
        )
    return names


def by_number(name: str) -> list[Any]:
    """Key that sorts names by the numbers in them: rep_2 before rep_10."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def positive(value: Any, name: str) -> float:
    """Return a number above 0."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not value > 0:
        raise ArgumentError(f"{name}={value!r}: give a number above 0, as the manual of the file says.")
    return float(value)


def scales(said: ReplicateColumns, R: int) -> tuple[float, Array]:
    """Scale and rscales (R,): what was said, else what the method implies."""
    method = said.method
    if method in HADAMARD and R > 2 and R % 4:
        raise ArgumentError(
            f"replicates: {R} columns, but {method} has 1, 2 or a multiple of 4. Check that no column is "
            "missing or too many; if the file is so, pass method='other' with its scale."
        )
    if (said.fay is not None) != (method == "Fay") or (said.fay is not None and not 0 <= said.fay < 1):
        raise ArgumentError(
            f"fay={said.fay!r} with method={method!r}: Fay's factor is a number from 0 to below 1, for "
            "method='Fay' alone. The manual of the file gives it."
        )
    if method == "JKn" and said.rscales is None:
        raise ArgumentError(
            "method='JKn' needs rscales: (n − 1)/n of the stratum of each replicate, times 1 − f where "
            "units were drawn without replacement. Pass rscales=[…], one number a column."
        )
    if method == "other" and said.scale is None:
        raise ArgumentError(
            "method='other' needs scale: the number before the sum in the manual of the file."
        )
    implied = {
        "JK1": (R - 1) / R,
        "BRR": 1 / R,
        "Fay": 1 / (R * (1 - (said.fay or 0.0)) ** 2),
        "bootstrap": 1 / R if said.mse else 1 / (R - 1),
        "SDR": 4 / R,
        "ACS": 4 / R,
    }
    scale = implied.get(method, 1.0) if said.scale is None else positive(said.scale, "scale")
    if said.rscales is None:
        return scale, np.ones(R)
    rscales = np.asarray(said.rscales, dtype=float)
    if rscales.shape != (R,):
        raise ArgumentError(
            f"rscales has {rscales.size} numbers for {R} replicate columns. Give one a column, in their "
            "order."
        )
    if not np.isfinite(rscales).all() or rscales.min() < 0 or rscales.max() == 0:
        raise ArgumentError("rscales: every number must be 0 or more, and one at least above 0.")
    return scale, rscales


def check_values(
    data: pd.DataFrame, names: tuple[str, ...], weights: str, w: Array, said: ReplicateColumns
) -> None:
    """Refuse columns that cannot be replicate weights, or are not what they were said to be."""
    sums = np.empty(len(names))
    full = w if said.combined else np.ones(w.size)
    for r, name in enumerate(names):
        x = floats(data, name, "replicates", "a replicate weight is a number")
        bad = np.flatnonzero(~np.isfinite(x) | (x < 0))
        if bad.size:
            value = x[bad[0]]
            what = "missing" if np.isnan(value) else f"{value:g}"
            raise DataError(
                f"replicates: {name!r} is {what} in {place(data, bad)}. A replicate weight is 0 or more."
            )
        sums[r] = x.sum()
        if sums[r] == 0:
            raise DataError(f"replicates: {name!r} is 0 in every row. Check the column.")
        if said.method in COUNTED and np.array_equal(x, full):
            raise DataError(
                f"replicates: {name!r} equals {weights!r} in every row: it is the full-sample weight, "
                f"which no replicate of {said.method} is. Leave it out."
                if said.combined
                else f"replicates: {name!r} is 1 in every row, which no replicate of {said.method} is. "
                "Leave it out."
            )
    ratio = sums.mean() / full.sum()
    if not 1 / FAR < ratio < FAR:
        other = "pass combined=False" if said.combined else "leave combined=False out"
        raise DataError(
            f"replicates: the columns sum to {sums.mean():g} on average, and "
            f"{'the weights' if said.combined else 'the rows'} to {full.sum():g}. If they are "
            f"{'factors of the weight' if said.combined else 'weights'}, {other}; if not, check that they "
            "belong to this weight."
        )
