"""Which share of a divided unit goes to each of its parts: by a named rule, or by a user's own table."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api import types

from ..checks import ArgumentError, ColumnError, DataError, check_columns, check_frame, listed, near
from ..codes import texts

__all__ = ["RULES", "Direction", "area_weights", "equal", "own_shares", "scaled"]

Array = npt.NDArray[np.float64]
Direction = Literal["forward", "back"]
RULES = ("equal", "area")
ONE = 1e-6  # shares typed with six decimals sum to 1 within this


def scaled(amount: Array, source: npt.NDArray[np.intp]) -> Array:
    """Return amounts as shares of their source, (e,) -> (e,): s = a / sum of a over the pairs of a source."""
    share: Array = amount / np.bincount(source, amount)[source]
    return share


def equal(source: npt.NDArray[np.intp]) -> Array:
    """Return the same share for each pair of a source, 1 / number of pairs."""
    return scaled(np.ones(source.size), source)


def area_weights(pairs: pd.DataFrame, area: pd.Series[float]) -> Array:
    """Return for each pair the area of the unit it goes to, in km²; missing where it is not known.

    This is the area of the whole unit, not of the part of the source in it, which is not public.
    """
    found = pd.to_numeric(area.reindex(pairs["target"]), errors="coerce").to_numpy(np.float64)
    return np.where(found > 0, found, np.nan)


def own_shares(
    pairs: pd.DataFrame,
    known: pd.DataFrame,
    share: str,
    shares: pd.DataFrame,
    *,
    direction: Direction,
    normalise: bool,
) -> Array:
    """Return for each pair the share that the user's table gives it, before scaling.

    Parameters
    ----------
    pairs : the pairs of divided units that need a share: `source`, `target`
    known : all pairs of the crosswalk, to tell a slip of the pen from a unit that is not converted now
    share, shares, direction, normalise : as in `convert`; forward, the source is the old unit
    """
    check_frame(shares, "shares")
    if share not in shares.columns:
        raise ColumnError(
            f"share={share!r}: the table of shares has no such column.{near(share, shares.columns)}"
        )
    names = ["old_code", "new_code"] if direction == "forward" else ["new_code", "old_code"]
    target_only = names[0] not in shares.columns
    if target_only and not normalise:
        check_columns(shares, names, "shares")
    check_columns(shares, names[1], "shares")
    value = shares[share]
    if not types.is_numeric_dtype(value) or types.is_bool_dtype(value):
        raise TypeError(f"share={share!r} holds text in the table of shares. Turn it into numbers.")
    value = pd.Series(np.asarray(value.astype("Float64").fillna(np.nan), dtype=np.float64))
    if target_only:
        keys, wanted = pd.Index(_codes(shares, names[1])), pd.Index(pairs["target"])
        there = pd.Index(known["target"].unique())
    else:
        keys = pd.MultiIndex.from_arrays([_codes(shares, name) for name in names])
        wanted = pd.MultiIndex.from_frame(pairs[["source", "target"]])
        there = pd.MultiIndex.from_frame(known[["source", "target"]])
    _check_keys(keys, there)
    found = value.set_axis(keys).reindex(wanted)
    lacking = found.index[found.isna()]
    if len(lacking):
        raise DataError(
            f"share={share!r}: no share for {_shown(lacking)}. Give one for each part of the divided units."
        )
    wrong = found.index[(found < 0) | np.isinf(found)]
    if len(wrong):
        raise DataError(f"share={share!r}: {_shown(wrong)} has {found[wrong[0]]:g}; a share is 0 or more.")
    return _checked_sums(np.asarray(found, dtype=np.float64), pairs, share, normalise=normalise)


def _checked_sums(found: Array, pairs: pd.DataFrame, share: str, *, normalise: bool) -> Array:
    sums = pd.Series(found).groupby(pairs["source"].to_numpy()).sum()
    none = sums.index[sums == 0].tolist()
    if none:
        raise DataError(
            f"share={share!r}: all parts of {listed(none)} have 0. Give each unit a share somewhere."
        )
    off = sums.index[(sums - 1).abs() > ONE].tolist()
    if off and not normalise:
        raise DataError(
            f"share={share!r}: the shares of {listed(off, 3)} sum to {sums[off[0]]:g}, not to 1. Mend them, "
            "or pass normalise=True if they are populations or other amounts of the parts."
        )
    return found


def _codes(shares: pd.DataFrame, name: str) -> list[str]:
    codes = pd.Series(texts(shares[name]), dtype="str")
    wrong = codes[~codes.str.fullmatch("[0-9]{5}|H[0-9]{3}")].tolist()
    if wrong:
        raise DataError(
            f"shares: {name} has {listed(wrong, 3)}; a code is text of five digits, such as '01603'."
        )
    return codes.tolist()


def _check_keys(keys: pd.Index, there: pd.Index) -> None:
    unknown = keys[~keys.isin(there)]
    if len(unknown):
        raise DataError(
            f"shares: {_shown(unknown)} is in no pair of the crosswalk that is used. See "
            "sampling.crosswalk(); pairs that are suspect need suspects='keep'."
        )
    twice = keys[keys.duplicated()].unique()
    if len(twice):
        raise DataError(f"shares: {_shown(twice)} stands there twice. Keep one row for each.")


def _shown(keys: pd.Index) -> str:
    """Return the first keys as text, a pair with an arrow."""
    found = [" → ".join(map(repr, key)) if isinstance(key, tuple) else repr(key) for key in keys[:3]]
    return ", ".join(found) + (f" and {len(keys) - 3} more" if len(keys) > 3 else "")


def refuse_rule(share: str | None, shares: pd.DataFrame | None) -> None:
    """Refuse a share that is neither a rule nor a column of a table of shares."""
    if shares is None and share not in (None, *RULES):
        raise ArgumentError(
            f"share={share!r} is no rule.{near(share, RULES)} Choose 'equal' or 'area', or pass the table "
            "that has this column as shares=."
        )
    if shares is not None and (share is None or share in RULES):
        raise ArgumentError(
            f"share={share!r} leaves the table of shares unused. Pass the name of its column as share=."
        )
