"""Share places among interviewers: whole places, neighbours together, nearly the same number of units."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["share_out"]

Codes = npt.NDArray[np.intp]


def share_out(load: Codes, people: int) -> Codes:
    r"""Cut a row of places into consecutive parts, one for each person, as equal as whole places allow.

    The cut between person i and the next stands where the running sum of units is nearest to i/k of all.

    .. math:: \max_i L_i \le T / k + \max_j l_j

    Parameters
    ----------
    load : (p,) integers
        Units in each place, neighbours side by side.
    people : int
        k, at most p; everybody gets a place at least.

    Returns
    -------
    (p,) person of each place, from 0, never falling

    Examples
    --------
    >>> share_out(np.array([8, 8, 8, 8, 8, 8, 8]), 3)
    array([0, 0, 1, 1, 1, 2, 2])
    """
    places = load.size
    total = np.concatenate([[0], np.cumsum(load)])
    ideal = np.arange(1, people) * int(total[-1])  # people times the wanted sum: whole numbers, exact
    after = np.clip(np.searchsorted(total * people, ideal), 1, places)
    nearer = (ideal - total[after - 1] * people) <= (total[after] * people - ideal)
    cuts = after - nearer
    first = np.arange(1, people)
    cuts = np.maximum.accumulate(np.maximum(cuts, 1) - first) + first  # each one place later than the last
    cuts = np.minimum(cuts, places - people + first)
    return np.searchsorted(cuts, np.arange(places), side="right").astype(np.intp)
