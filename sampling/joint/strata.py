"""Joint probabilities over several strata: units of different strata are drawn independently."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..checks import ArgumentError, DataError
from .answer import Joint, Kind, check_pairs, checked, joint_probabilities, places

__all__ = ["stratified_probabilities"]


def stratified_probabilities(
    probability: npt.ArrayLike, stratum: npt.ArrayLike, method: str, *, rows: npt.ArrayLike | None = None
) -> Joint:
    r"""Joint probabilities of a stratified draw, the same method in every stratum.

    Within a stratum they are those of `joint_probabilities`; between strata :math:`\pi_{ij} = \pi_i \pi_j`.

    Parameters
    ----------
    probability : (N,)
        Inclusion probabilities of the population, in the order of the list within each stratum.
    stratum : (N,)
        Label of the stratum of each unit.
    method : str
        As in `joint_probabilities`.
    rows : (n,), optional
        Places of the units wanted, from 0; by default all.

    Returns
    -------
    Joint; its kind is "exact" where it is so in every stratum, and its formula names all that were used.

    Raises
    ------
    ArgumentError, DataError
        There is not one label for each unit; or as in `joint_probabilities`.

    Examples
    --------
    >>> found = stratified_probabilities([0.5, 0.5, 0.4, 0.8, 0.8], ["A", "A", "B", "B", "B"], "pps_sampford")
    >>> found.matrix[2].round(4), found.measurable
    (array([0.2, 0.2, 0.4, 0.2, 0.2]), False)
    """
    pi = checked(probability)
    label = np.asarray(stratum)
    if label.shape != pi.shape:
        raise ArgumentError(
            f"stratum: pass one label for each of the {pi.size} units; there are {label.size}."
        )
    if pd.isna(label).any():
        raise DataError(f"stratum is missing for unit {np.flatnonzero(pd.isna(label))[0]}. Fill it in.")
    at = np.arange(pi.size) if rows is None else places(rows, pi.size)
    check_pairs(at)
    code = np.unique(label, return_inverse=True)[1]
    found: list[Joint] = []
    matrix = np.outer(pi[at], pi[at])
    np.fill_diagonal(matrix, pi[at])
    for h in range(int(code.max()) + 1):
        own, mine = np.flatnonzero(code == h), np.flatnonzero(code[at] == h)
        found.append(joint_probabilities(pi[own], method, rows=np.searchsorted(own, at[mine])))
        if found[-1].matrix is not None:
            matrix[np.ix_(mine, mine)] = found[-1].matrix
    kinds = {one.kind for one in found}
    kind: Kind = "none" if "none" in kinds else "approx" if "approx" in kinds else "exact"
    formula = ", ".join(dict.fromkeys(one.formula for one in found))
    return Joint(
        pi[at],
        None if kind == "none" else matrix,
        kind,
        formula,
        all(one.measurable for one in found),
    )
