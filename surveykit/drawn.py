"""How the units of a stage were drawn, where a fraction does not tell: joint probabilities and their forms.

A sample drawn by a plan carries the inclusion probabilities of its units in blocks, a block a stratum or a
unit above. Each block has a form Ω, and the variance of a total of z over it is z' Ω z. A block counts only
while its stratum holds all of its units: where rows were taken away or strata divided, the stratum falls back
to drawing with replacement, and that is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from surveykit.context import Note
from surveykit.formulas.arrays import Array, Codes, Mask
from surveykit.formulas.omega import Omega, only_sparse


@dataclass(frozen=True, repr=False, eq=False)
class Drawn:
    """Blocks of the units of one stage.

    Attributes
    ----------
    block : (n,) block of each row, −1 where the fraction of the stage tells all
    place : (n,) place of the row's unit in its block
    forms : for each block (m, m) Ω, or (m,) its diagonal where it has nothing else
    probabilities : for each block (m,) inclusion probability of its units, given the unit above
    note : what the line below a table says of it
    rules : names of the variance rules in it, where they are known
    """

    block: Codes
    place: Codes
    forms: tuple[Array, ...]
    probabilities: tuple[Array, ...]
    note: Note
    rules: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Return how many blocks there are."""
        return f"{len(self.forms)} blocks: {self.note.en}"


class Given(NamedTuple):
    """Strata of a stage with a form of their own.

    ``stratum`` (H,) which they are; ``omega`` (U, U) block-diagonal; ``fraction`` (U,) inclusion probability
    of each unit given the unit above; ``broken`` (H,) strata whose block is not whole.
    """

    stratum: Mask
    omega: Omega
    fraction: Array
    broken: Mask


def given(drawn: Drawn, row: Codes, parent: Codes, f: Array, factor: Array) -> Given:
    """Lay the forms of the blocks on the units of a stage.

    Parameters
    ----------
    drawn : Drawn
    row : (n,) unit of each row
    parent : (U,) stratum of each unit
    f : (H,) fraction drawn
    factor : (H,) product of the fractions above

    Returns
    -------
    Given; a broken stratum has fraction 0: its units count as drawn with replacement.
    """
    H, U = f.size, parent.size
    block, place = np.full(U, -2), np.zeros(U, dtype=np.intp)
    block[row], place[row] = drawn.block, drawn.place
    units = np.bincount(parent, minlength=H)
    first = np.full(H, -1)
    first[parent] = block
    size = np.array([form.shape[0] for form in drawn.forms] or [0])
    wanted = np.where(first >= 0, size[np.maximum(first, 0)], 0)
    touched = np.bincount(parent, block >= 0, minlength=H) > 0
    alike = np.bincount(parent, block == first[parent], minlength=H) == units
    distinct = np.unique(np.column_stack([parent, place])[block >= 0], axis=0)
    places = np.bincount(distinct[:, 0], minlength=H) if distinct.size else np.zeros(H, dtype=np.intp)
    whole = touched & alike & (units == wanted) & (places == wanted)
    fraction = f[parent].copy()
    rows, columns, values = [np.zeros(0, dtype=np.intp)], [np.zeros(0, dtype=np.intp)], [np.zeros(0)]
    ends = np.cumsum(units)
    for h in np.flatnonzero(whole):
        own = np.arange(ends[h] - units[h], ends[h])
        at = place[own]
        fraction[own] = drawn.probabilities[first[h]][at]
        form = drawn.forms[first[h]]
        if form.ndim == 1:
            rows.append(own)
            columns.append(own)
            values.append(factor[h] * form[at])
            continue
        rows.append(np.repeat(own, own.size))
        columns.append(np.tile(own, own.size))
        values.append(factor[h] * form[np.ix_(at, at)].ravel())
    broken = touched & ~whole
    fraction[broken[parent]] = 0.0
    omega = sp.csr_matrix(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=(U, U)
    )
    omega.eliminate_zeros()
    return Given(whole, only_sparse(omega), fraction, broken)
