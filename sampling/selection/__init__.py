"""Draw units in one stage, in the whole frame or within each parent at once.

The same seed gives the same units on every platform, with every version of the libraries and in every order
of rows: units are put in the order of their ids as text, the random numbers are the raw 64-bit output of
PCG64, a stream that NumPy keeps fixed, and between them are only operations that every machine rounds alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args

import numpy.typing as npt
import pandas as pd

from ..checks import ArgumentError, check_choice
from ..streams import TOP, Seed, uniforms
from .balanced import select_cube
from .common import Selection
from .coordinated import (
    permanent_numbers,
    rotation_groups,
    rotation_plan,
    select_with_numbers,
    serpentine,
)
from .equal import select_bernoulli, select_srs, select_srs_wr, select_systematic
from .proportional import (
    select_poisson,
    select_pps_pareto,
    select_pps_pivotal,
    select_pps_pivotal_random,
    select_pps_randomised,
    select_pps_systematic,
)
from .spatial import select_local_pivotal
from .unequal import (
    select_pps_brewer,
    select_pps_conditional_poisson,
    select_pps_sampford,
    select_pps_tille,
)

__all__ = [
    "METHODS",
    "TOP",
    "Method",
    "Selection",
    "permanent_numbers",
    "rotation_groups",
    "rotation_plan",
    "select",
    "select_bernoulli",
    "select_cube",
    "select_local_pivotal",
    "select_poisson",
    "select_pps_brewer",
    "select_pps_conditional_poisson",
    "select_pps_pareto",
    "select_pps_pivotal",
    "select_pps_pivotal_random",
    "select_pps_randomised",
    "select_pps_sampford",
    "select_pps_systematic",
    "select_pps_tille",
    "select_srs",
    "select_srs_wr",
    "select_systematic",
    "select_with_numbers",
    "serpentine",
    "uniforms",
]

Method = Literal[
    "srs",
    "srs_wr",
    "bernoulli",
    "poisson",
    "systematic",
    "pps_systematic",
    "pps_randomised",
    "pps_brewer",
    "pps_sampford",
    "pps_conditional_poisson",
    "pps_tille",
    "pps_pivotal",
    "pps_pivotal_random",
    "pps_pareto",
    "cube",
    "local_pivotal",
]
METHODS: tuple[str, ...] = get_args(Method)

EQUAL: Mapping[str, Callable[..., Selection]] = {
    "srs": select_srs,
    "srs_wr": select_srs_wr,
    "bernoulli": select_bernoulli,
    "systematic": select_systematic,
}
BY_SIZE: Mapping[str, Callable[..., Selection]] = {
    "poisson": select_poisson,
    "pps_systematic": select_pps_systematic,
    "pps_randomised": select_pps_randomised,
    "pps_brewer": select_pps_brewer,
    "pps_sampford": select_pps_sampford,
    "pps_conditional_poisson": select_pps_conditional_poisson,
    "pps_tille": select_pps_tille,
    "pps_pivotal": select_pps_pivotal,
    "pps_pivotal_random": select_pps_pivotal_random,
    "pps_pareto": select_pps_pareto,
}
ORDERED = ("systematic", "pps_systematic", "pps_pivotal")


def select(
    units: int | npt.ArrayLike,
    n: int | Mapping[Any, int],
    *,
    method: Method,
    seed: Seed,
    size: npt.ArrayLike | None = None,
    within: npt.ArrayLike | None = None,
    order: npt.ArrayLike | None = None,
    balance: npt.ArrayLike | pd.DataFrame | None = None,
    coords: npt.ArrayLike | pd.DataFrame | None = None,
) -> Selection:
    """Draw units in one stage by a method named by its word.

    Parameters
    ----------
    units : (N,) or int
        Id of each unit, or the number of units already in a fixed order.
    n : int or mapping
        Number to draw in each parent; expected number for "bernoulli" and "poisson".
    method : str
        Equal chances: "srs", "srs_wr", "bernoulli", "systematic". Proportional to size: "poisson",
        "pps_systematic", "pps_randomised", "pps_brewer", "pps_sampford", "pps_conditional_poisson",
        "pps_tille", "pps_pivotal", "pps_pivotal_random", "pps_pareto". Either: "cube" (balanced),
        "local_pivotal" (spread over space).
    seed : int or sequence of int
        Required.
    size : (N,), for methods by size
    within : (N,), optional
        Stratum or parent of each unit.
    order : (N,), optional
        Keys that sort the list, for "systematic", "pps_systematic" and "pps_pivotal".
    balance : (N, p), for "cube"
    coords : (N, k), for "local_pivotal"

    Returns
    -------
    Selection

    Raises
    ------
    ArgumentError
        A method is not known, or is given what it does not use or not what it needs.

    Examples
    --------
    >>> drawn = select(["A", "B", "C", "D"], 2, method="pps_sampford", size=[10, 20, 30, 40], seed=1)
    >>> drawn.position, drawn.probability
    (array([1, 3]), array([0.4, 0.8]))
    """
    check_choice(method, METHODS, "method")
    _check_given(method, size=size, order=order, balance=balance, coords=coords)
    if method == "cube":
        assert balance is not None
        return select_cube(units, n, seed=seed, balance=balance, size=size, within=within)
    if method == "local_pivotal":
        assert coords is not None
        return select_local_pivotal(units, n, seed=seed, coords=coords, size=size, within=within)
    listed = {"order": order} if method in ORDERED else {}
    if method in EQUAL:
        return EQUAL[method](units, n, seed=seed, within=within, **listed)
    return BY_SIZE[method](units, size, n, seed=seed, within=within, **listed)


def _check_given(method: str, *, size: Any, order: Any, balance: Any, coords: Any) -> None:
    """Refuse what a method does not use, so that nobody thinks it was used; ask for what it needs."""
    needs = {"cube": "balance", "local_pivotal": "coords"}.get(method, "size" if method in BY_SIZE else None)
    given = {"size": size, "order": order, "balance": balance, "coords": coords}
    what = {"size": "the size of each unit", "balance": "the columns to balance on", "coords": "coordinates"}
    if needs is not None and given[needs] is None:
        raise ArgumentError(f"{needs}: the method {method!r} needs {what[needs]}. Pass {needs}=.")
    used = {needs} | ({"size"} if needs in ("balance", "coords") else set())
    used |= {"order"} if method in ORDERED else set()
    for name, value in given.items():
        if value is not None and name not in used:
            others = {"size": BY_SIZE, "order": ORDERED, "balance": ("cube",), "coords": ("local_pivotal",)}[
                name
            ]
            raise ArgumentError(
                f"{name}: the method {method!r} does not use it. Leave it out, or choose "
                f"{' or '.join(map(repr, list(others)[:3]))}."
            )
