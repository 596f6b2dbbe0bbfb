"""Unequal chances said by hand: the variance form of a stage whose units were not drawn by this package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np
import pandas as pd

from sampling.checks import ArgumentError, DataError, check_choice, check_columns, listed, shown
from surveykit import columns as col
from surveykit.context import Note
from surveykit.drawn import Given
from surveykit.formulas import forms, unequal
from surveykit.formulas.arrays import Array, Codes
from surveykit.formulas.omega import Omega, only_sparse
from surveykit.fractions import stratum_name

if TYPE_CHECKING:
    from surveykit.design import Design

Word = Literal["brewer", "overton", "hajek", "hartley-rao", "poisson", "successive"]
Form = Literal["yates-grundy", "horvitz-thompson"]
SAME = 1e-8  # relative difference of two probabilities that is rounding

#: What each rule is called in the line below a table.
NAMES: Mapping[str, tuple[str, str]] = {
    "srs": ("simple random sampling", "ngẫu nhiên đơn giản"),
    "yates_grundy": ("Yates–Grundy from joint probabilities", "Yates–Grundy từ xác suất cặp"),
    "horvitz_thompson": ("Horvitz–Thompson from joint probabilities", "Horvitz–Thompson từ xác suất cặp"),
    "hajek": ("Hájek approximation", "xấp xỉ Hájek"),
    "brewer": ("Brewer approximation", "xấp xỉ Brewer"),
    "overton": ("Overton approximation", "xấp xỉ Overton"),
    "hartley_rao": ("Hartley–Rao approximation", "xấp xỉ Hartley–Rao"),
    "poisson": ("Poisson", "Poisson"),
    "successive": ("successive differences", "sai phân kế tiếp"),
    "local": ("local neighbourhoods", "lân cận"),
    "balanced": ("residuals on the balancing variables", "phần dư theo biến cân bằng"),
    "with_replacement": ("as drawn with replacement", "tính như chọn có hoàn lại"),
}


@dataclass(frozen=True)
class Overton:
    """Overton's approximation of the joint probabilities.

    Attributes
    ----------
    form : {"yates-grundy", "horvitz-thompson"}
        R's ``pps="overton"`` has the latter unless told.
    """

    form: Form = "yates-grundy"


@dataclass(frozen=True)
class HartleyRao:
    """Hartley and Rao's approximation of the joint probabilities.

    Attributes
    ----------
    sum_p2_over_n : number, or {stratum: number}, optional
        Σ p² over the population divided by n; estimated from the sample without it. R ``HR(psum)``.
    form : {"yates-grundy", "horvitz-thompson"}
        R has the latter unless told.
    """

    sum_p2_over_n: float | Mapping[Any, float] | None = None
    form: Form = "yates-grundy"


@dataclass(frozen=True)
class Successive:
    """Successive differences, for draws down a list.

    Attributes
    ----------
    order : column name, optional
        The order of the list; that of the rows without it.
    circular : bool
        Compare the last unit with the first too (SD2 of svrep).
    """

    order: str | None = None
    circular: bool = False


@dataclass(frozen=True, eq=False, repr=False)
class JointProbabilities:
    """Joint probabilities of the units of the first stage, the first-order ones on the diagonal.

    Attributes
    ----------
    matrix : (n, n) array or DataFrame
        In the order in which the units first stand in the data; a DataFrame with ids for its index and
        columns is matched by them.
    id : column name, optional
        Where those ids stand in the data; the units of psu without it.
    form : {"yates-grundy", "horvitz-thompson"}
        R ``ppsmat`` has the latter unless told.
    """

    matrix: Any
    id: str | None = None
    form: Form = "yates-grundy"

    def __repr__(self) -> str:
        """Return the size and the form."""
        return f"JointProbabilities({len(self.matrix)} units, form={self.form!r})"


Chances: TypeAlias = Overton | HartleyRao | Successive | JointProbabilities | Word
OBJECTS = (Overton, HartleyRao, Successive, JointProbabilities)


def read_pps(pps: Any, stages: int, fpc: Sequence[str]) -> tuple[Chances | None, ...]:
    """Return one entry a stage, checked; () where none is given."""
    entries = [pps] if pps is None or isinstance(pps, (str, *OBJECTS)) else pps
    if not isinstance(entries, Sequence):
        raise TypeError(f"pps={pps!r}: pass a word, one of {listed(get_args(Word), 9)}, or a list of them.")
    if len(entries) > stages:
        raise ArgumentError(
            f"pps has {len(entries)} entries for {stages} stage(s). Give one for each stage named in psu, "
            "None where the chances were equal."
        )
    for s, entry in enumerate(entries):
        if entry is None:
            continue
        if not isinstance(entry, (str, *OBJECTS)):
            raise TypeError(f"pps={entry!r}: pass a word, one of {listed(get_args(Word), 9)}.")
        if isinstance(entry, str):
            check_choice(entry, get_args(Word), "pps")
        elif not isinstance(entry, Successive):
            check_choice(entry.form, get_args(Form), "form")
        if s and isinstance(entry, JointProbabilities):
            raise ArgumentError(
                "pps: joint probabilities are taken for the first stage only. For a stage below choose "
                "'brewer', 'hajek' or 'hartley-rao'."
            )
        if s >= len(fpc):
            raise ArgumentError(
                f"pps={entry!r} needs the inclusion probabilities of stage {s + 1}. Pass their column in fpc."
            )
    found: tuple[Chances | None, ...] = tuple(entries)  # type: ignore[arg-type] # words were checked
    return found if any(entry is not None for entry in found) else ()


def rule_of(chances: Chances) -> str:
    """Return the name of the rule, as a drawn sample has it."""
    if isinstance(chances, str):
        return chances.replace("-", "_")
    if isinstance(chances, JointProbabilities):
        return chances.form.replace("-", "_")
    return {Overton: "overton", HartleyRao: "hartley_rao", Successive: "successive"}[type(chances)]


def note_of(chances: Chances) -> Note:
    """Return what the line below a table says of a rule."""
    en, vi = NAMES[rule_of(chances)]
    if isinstance(chances, (Overton, HartleyRao)) and chances.form == "horvitz-thompson":
        en, vi = f"{en}, Horvitz–Thompson", f"{vi}, dạng Horvitz–Thompson"
    return Note(en, vi)


def laid(design: Design, s: int, parent: Codes, factor: Array) -> Given:
    """Lay the form said by hand on the units of stage s, in their strata ``parent`` (U,).

    A stratum of a draw of fixed size with one unit has none, and is left to the rule for lonely units.
    """
    chances, pi, H = design.pps[s], design.chances(s), factor.size
    assert chances is not None
    omega = _omega(design, s, chances, pi, parent, H)
    whole = np.ones(H, dtype=bool)
    if rule_of(chances) != "poisson" and not isinstance(chances, JointProbabilities):
        count = unequal.by_chance(pi, parent, H)
        mixed = np.flatnonzero((count == 1) & (np.bincount(parent, minlength=H) > 1))
        if mixed.size:
            raise ArgumentError(
                f"pps: {stratum_name(design, s, int(mixed[0]))} has one {design.stage_name(s)} drawn by "
                "chance beside others taken with certainty, so its variance cannot be estimated. Give units "
                "of probability 1 a stratum of their own and merge the other with a neighbour."
            )
        whole = count != 1
    return Given(whole, omega.scaled(np.sqrt(factor)[parent]), pi, np.zeros(H, dtype=bool))


def _omega(design: Design, s: int, chances: Any, pi: Array, parent: Codes, H: int) -> Omega:
    rule = rule_of(chances)
    grundy = getattr(chances, "form", "yates-grundy") == "yates-grundy"
    if isinstance(chances, JointProbabilities):
        joint = design.cached(("joint", s), lambda: read_joint(design, chances, pi))
        return only_sparse(_sparse(forms.yates_grundy(joint) if grundy else forms.horvitz_thompson(joint)))
    if rule == "hartley_rao":
        known = chances.sum_p2_over_n if isinstance(chances, HartleyRao) else None
        return unequal.hartley_rao(pi, parent, H, _squares(design, s, known, H), grundy)
    if rule == "overton":
        return unequal.overton(pi, parent, H, grundy)
    if rule == "successive":
        own = chances if isinstance(chances, Successive) else Successive()
        return unequal.successive(pi, parent, H, _order(design, s, own.order), own.circular)
    simple = {"brewer": unequal.brewer, "hajek": unequal.hajek, "poisson": unequal.poisson}
    return simple[rule](pi, parent, H)


def _sparse(M: Array) -> Any:
    import scipy.sparse as sp

    return sp.csr_matrix(M)


def _squares(design: Design, s: int, known: Any, H: int) -> Array | None:
    """(H,) Σ p² / n of the population, or None where it is estimated."""
    if known is None:
        return None
    if not isinstance(known, Mapping):
        if isinstance(known, bool) or not isinstance(known, (int, float, np.number)) or not 0 < known <= 1:
            raise ArgumentError(
                f"sum_p2_over_n={known!r}: pass Σ p² over the population divided by n, a number above 0 and "
                "at most 1."
            )
        return np.full(H, float(known))
    names = design.stratum_codes()[1]
    if s or len(names) != H:
        raise ArgumentError(
            "sum_p2_over_n by stratum is for the strata of the first stage, none of them joined to another."
        )
    lost = [name for name in names if name not in known]
    if lost:
        raise ArgumentError(f"sum_p2_over_n has no number for stratum {shown(lost[0])}. Give one for each.")
    return np.array([float(known[name]) for name in names])


def first_rows(row: Codes, U: int) -> Codes:
    """(U,) the first row of each unit."""
    first = np.full(U, row.size, dtype=np.intp)
    np.minimum.at(first, row, np.arange(row.size))
    return first


def _order(design: Design, s: int, name: str | None) -> Codes:
    """(U,) ranks of the units in the list."""
    units = design.units(s)
    first = first_rows(units.row, len(units.parent))
    if name is None:
        return first
    check_columns(design.data, name, "order")
    codes, _ = col.complete_codes(design.data, name, "order")
    differ = np.flatnonzero(codes[first][units.row] != codes)
    if differ.size:
        raise DataError(
            f"order={name!r} differs inside one {design.stage_name(s)} ({col.place(design.data, differ)}). "
            "A unit has one place in the list."
        )
    return codes[first]


def read_joint(design: Design, said: JointProbabilities, pi: Array) -> Array:
    """(U, U) joint probabilities in the order of the units, checked."""
    units = design.units(0)
    first = first_rows(units.row, pi.size)
    matrix = np.asarray(said.matrix, dtype=float)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ArgumentError(
            f"JointProbabilities: the matrix is {' × '.join(map(str, matrix.shape))}. Pass a square one, a "
            "row and a column for each unit."
        )
    if len(matrix) != pi.size:
        raise ArgumentError(
            f"JointProbabilities: the matrix is of {len(matrix)} units, and the data have {pi.size} "
            f"({design.stage_name(0)}). Keep the rows and columns of the units drawn."
        )
    labels, at = _places(design, said, first)
    joint = matrix[np.ix_(at, at)]
    unlike = np.argwhere(np.triu(~(np.abs(joint - joint.T) <= SAME), 1))
    if unlike.size:
        i, j = unlike[0]
        raise ArgumentError(
            f"JointProbabilities: the matrix is not symmetric: {shown(labels[i])} with {shown(labels[j])} is "
            f"{joint[i, j]:g}, and the other way round {joint[j, i]:g}. Correct one of them."
        )
    off = np.flatnonzero(~(np.abs(np.diag(joint) - pi) <= SAME * np.maximum(pi, 1e-300) + 1e-12))
    if off.size:
        i = off[0]
        raise ArgumentError(
            f"JointProbabilities: the diagonal has {joint[i, i]:g} for {shown(labels[i])}, and "
            f"fpc={design.fpc[0]!r} says {pi[i]:g}. The diagonal holds the probability of each unit; check "
            "the order of rows."
        )
    zero = np.argwhere(np.triu(joint <= 0, 1))
    if zero.size:
        i, j = zero[0]
        raise ArgumentError(
            f"JointProbabilities: {shown(labels[i])} and {shown(labels[j])} have probability {joint[i, j]:g} "
            f"({len(zero)} such pairs): units never drawn together, so no variance is unbiased. Choose "
            "pps='hajek', or pps='successive' for a systematic draw."
        )
    high = np.argwhere(np.triu(joint > np.minimum.outer(pi, pi) + SAME, 1))
    if high.size:
        i, j = high[0]
        raise ArgumentError(
            f"JointProbabilities: {shown(labels[i])} with {shown(labels[j])} is {joint[i, j]:g}, above the "
            f"probability of one of them ({min(pi[i], pi[j]):g}). Correct the matrix."
        )
    return joint


def _places(design: Design, said: JointProbabilities, first: Codes) -> tuple[list[Any], Codes]:
    """Name each unit, and find its row in the matrix."""
    column = said.id or (design.psu[0] if design.psu else None)
    if said.id is not None:
        check_columns(design.data, said.id, "id")
    labels = [design.data[column].iloc[i] if column else design.data.index[i] for i in first]
    by_place = np.argsort(np.argsort(first))
    table = said.matrix
    if not isinstance(table, pd.DataFrame) or isinstance(table.index, pd.RangeIndex):
        if said.id is not None:
            raise ArgumentError(
                f"id={said.id!r}: the matrix has no ids to match it with. Pass a DataFrame whose index and "
                "columns are ids, or leave id out where its rows are in the order of the data."
            )
        return labels, by_place
    if column is None:
        raise ArgumentError("JointProbabilities: the matrix has ids. Name their column in the data: id='…'.")
    at = pd.Index(table.index.astype(str)).get_indexer([str(v) for v in labels])
    lost = np.flatnonzero(at < 0)
    if lost.size:
        raise ArgumentError(
            f"JointProbabilities: {column} {listed([labels[i] for i in lost], 3)} stands in the data but not "
            f"in the matrix. Its ids are {listed(table.index, 5)}."
        )
    if list(map(str, table.columns)) != list(map(str, table.index)):
        raise ArgumentError(
            "JointProbabilities: the columns of the matrix are other ids than its rows, or in another order. "
            "Write both alike."
        )
    return labels, at
