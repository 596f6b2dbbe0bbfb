"""Ids of households and numbers of their adults, checked at the door; one adult drawn from a full list."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..checks import ArgumentError, DataError, listed, shown
from ..codes import texts
from ..streams import Seed, raw

__all__ = ["BITS", "Codes", "checked_adults", "checked_ids", "select_adult"]

Codes = npt.NDArray[np.intp]

MOST = 999  # adults of one household
BITS = np.uint64(53)  # of a random number


def select_adult(households: int | npt.ArrayLike, adults: npt.ArrayLike, *, seed: Seed) -> pd.DataFrame:
    """Draw one adult of each household from the full list, all with the same probability.

    The households are put in the order of their ids as text, and each takes the next random number.

    Parameters
    ----------
    households : (n,) or int
        Id of each household; a single number n stands for households 1 to n.
    adults : (n,) or int
        Adults in each household, 1 or more.
    seed : int or sequence of int
        Required. The same seed gives the same adults in every order of rows.

    Returns
    -------
    pd.DataFrame
        By household, in the order of the caller: `adults`, the `position` drawn on the household's list, from
        1, and its `probability` 1 / adults.

    Raises
    ------
    ArgumentError
        There is no seed, or a number of adults is not a whole number from 1 to 999.
    DataError
        An id is missing or there twice, or a number of adults is missing.

    Examples
    --------
    >>> select_adult(["H1", "H2", "H3"], [2, 1, 4], seed=20261122)
               adults  position  probability
    household
    H1              2         1         0.50
    H2              1         1         1.00
    H3              4         4         0.25
    """
    ids, order = checked_ids(households, "households")
    counts = pd.Series(np.broadcast_to(np.asarray(adults), len(ids)) if np.ndim(adults) == 0 else adults)
    if len(counts) != len(ids):
        raise ArgumentError(
            f"adults has {len(counts)} values for {len(ids)} households. Pass one for each, in their order."
        )
    number = checked_adults(counts.set_axis(ids))
    random = np.empty(len(ids), dtype=np.uint64)
    random[order] = raw(len(ids), seed)
    position = ((random * number.astype(np.uint64)) >> BITS).astype(np.intp) + 1
    columns = {"adults": number, "position": position, "probability": 1 / number}
    return pd.DataFrame(columns, index=ids.rename("household"))


def checked_ids(ids: Any, argument: str) -> tuple[pd.Index[Any], Codes]:
    """Return ids as an index, and the rows in the order of the ids as text; n stands for 1 to n."""
    if isinstance(ids, (int, np.integer)) and not isinstance(ids, bool):
        if ids < 1:
            raise ArgumentError(f"{argument}={ids}: pass a number of 1 or more, or their ids.")
        return pd.RangeIndex(1, int(ids) + 1), np.arange(int(ids))
    column = pd.Series(ids)
    names = np.array(texts(column), dtype=np.str_)
    none = np.flatnonzero(names == "")
    if len(column) == 0:
        raise DataError(f"{argument} has no values. Check the filter or the file it came from.")
    if none.size:
        raise DataError(
            f"{argument} has no id for {none.size} of {len(column)}, first in row {none[0]}. "
            "Fill it in, or drop the row."
        )
    order = np.argsort(names, kind="stable")
    twice = np.flatnonzero(names[order][1:] == names[order][:-1])
    if twice.size:
        raise DataError(
            f"{argument}: {listed(names[order][twice].tolist(), 3)} is there more than once. "
            "Give each an id of its own, or drop the repeated rows."
        )
    return pd.Index(column), order


def checked_adults(adults: pd.Series[Any]) -> Codes:
    """Return numbers of adults as whole numbers of 1 or more."""
    none = adults.index[adults.isna()]
    if len(none):
        raise DataError(f"adults is missing for {listed(none, 3)}. Count them, or leave the household out.")
    for place, value in adults.items():
        number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
        if not number or not 1 <= value <= MOST or value != int(value):
            at = "" if len(adults) == 1 else f" for {shown(place)}"
            raise ArgumentError(f"adults={shown(value)}{at}: pass a whole number from 1 to {MOST}.")
    return adults.to_numpy(dtype=np.intp)
