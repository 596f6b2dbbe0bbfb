"""The verb: a table of totals or means by unit becomes one by the units of another day."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..checks import (
    ArgumentError,
    ColumnError,
    DataError,
    SurveyWarning,
    check_choice,
    check_columns,
    check_frame,
    listed,
)
from ..codes import among, own_codes
from ..communes import NEW, OLD, known_day, units_at
from .crosswalk import edges_between
from .parts import Parts, checked_values, converted, rest_on_shares
from .result import Conversion
from .shares import Direction, area_weights, own_shares, refuse_rule

__all__ = ["convert"]

Array = npt.NDArray[np.float64]
DIGITS = 5
OWN = ("code", "name", "district", "province", "sources", "by_share", "complete")


def convert(
    table: pd.DataFrame,
    *,
    code: str,
    values: str | Sequence[str],
    to: str | dt.date = NEW,
    as_of: str | dt.date | None = None,
    share: str | None = None,
    shares: pd.DataFrame | None = None,
    normalise: bool = False,
    weights: str | None = None,
    suspects: Literal["exclude", "keep"] = "exclude",
    unmatched: Literal["refuse", "drop"] = "refuse",
    changes: pd.DataFrame | None = None,
) -> Conversion:
    r"""Turn a table by the units of one day into a table by the units of another day.

    Totals of whole units are added; a divided unit gives each part its share; so the sum over all units does
    not change. Means and rates are never averaged plainly: with `weights` (population) each unit gets

    .. math:: \bar y_t = \frac{\sum_i s_{it} w_i y_i}{\sum_i s_{it} w_i}

    with s the share of unit i that goes to unit t, 1 for whole units.

    Parameters
    ----------
    table : pd.DataFrame
        One row per unit.
    code : str
        Column with the codes, as text.
    values : str or list of str
        Columns of totals (counts, populations), or of means and rates if `weights` is given.
    to : str or date
        Day of the units wanted: "2025-07-01" (the default), "2025-06-30" for the way back, or a later day
        with `changes`.
    as_of : str or date, optional
        Day of the units in the table. By default "2025-06-30", or "2025-07-01" if `to` is "2025-06-30".
    share : {"equal", "area"} or str, optional
        How a divided unit is shared out; needed only if one is in the table. "equal": the same to each
        part. "area": in proportion to the area of the *whole* units that the parts went to, since the
        areas of the parts are not public; not for the way back, as there are no areas of the old units.
        Else the name of a column of `shares`.
    shares : pd.DataFrame, optional
        Your own shares: `old_code`, `new_code` and the column named by `share`, a row per part. Without the
        column of the divided unit's code the number is one of the unit it goes to, such as the population
        of the old units on the way back; this needs ``normalise=True``.
    normalise : bool
        The numbers are populations or other amounts, and become shares of their sum. Without it (the
        default) the shares of a unit must sum to 1.
    weights : str, optional
        Column by which means and rates are weighted, such as population.
    suspects : {"exclude", "keep"}
        Suspect pairs (see `crosswalk`) are left out with a warning that names them (the default), or used.
        One that is the default of its unit stays all the same, and is named too.
    unmatched : {"refuse", "drop"}
        Codes that are no units of the day: refuse them (the default), or leave their rows out with a
        warning.
    changes : pd.DataFrame, optional
        Your own table of changes after 1 July 2025, as `communes` takes it.

    Returns
    -------
    Conversion
        `.table`, and the `.sensitivity` of each value that rests on a share.

    Raises
    ------
    ArgumentError, ColumnError, DataError, TypeError
        Divided units and no share (they are named), shares that do not sum to 1, unknown or repeated codes,
        missing values, a day without a list.

    Warns
    -----
    SurveyWarning
        Suspect pairs; units that lack some of their sources; areas that are flagged in `communes`.

    Examples
    --------
    >>> old = pd.DataFrame({"ma": ["01576", "01579", "01603", "01606"], "so_ho": [900, 700, 650, 800]})
    >>> result = convert(old, code="ma", values="so_ho")
    >>> result.table[["code", "name", "so_ho", "sources", "complete"]].values.tolist()
    [['01576', 'Xã Quảng Uyên', 3050, 4, True]]
    """
    check_columns(check_frame(table, "table"), code, "code")
    names = _checked_names(table, values, weights)
    check_choice(suspects, ("exclude", "keep"), "suspects")
    check_choice(unmatched, ("refuse", "drop"), "unmatched")
    refuse_rule(share, shares)
    first, last = _days(as_of, to, changes)
    before, after = (units_at(day, changes).set_index("code") for day in (first, last))
    codes = own_codes(table[code], code, DIGITS, argument="code")
    left_out = codes[~among(codes, before.index)]
    if len(left_out):
        _unmatched(left_out, codes, code, first, last, after, unmatched)
    value, weight = checked_values(table, names, weights, codes)
    rows = among(codes, before.index)
    all_pairs = _directed(first, last, changes)
    seen = all_pairs[all_pairs["suspect"] & among(all_pairs["source"], codes)]
    used = all_pairs["suspect"] & ~all_pairs["is_default"] & (suspects == "exclude")
    pairs = all_pairs[~used]
    seen = seen.assign(used=seen.index.isin(pairs.index))
    if suspects == "exclude" and len(seen):
        _say_suspects(seen)
    direction: Direction = "forward" if first < last else "back"
    parts = Parts.of(pairs, codes[rows], value[rows], weight[rows] if weight is not None else None)
    amount = _amounts(parts, pairs, before, after, share, shares, direction, normalise=normalise)
    missing = pairs[among(pairs["target"], parts.targets) & ~among(pairs["source"], codes)]
    if len(missing):
        _say_missing(missing, codes, after, first, last)
    area = area_weights(parts.pairs, after["area_km2"]) if "area_km2" in after else None
    found = converted(parts, amount, after, names, weights, missing)
    whole = not parts.divided.any() and all(table[name].dtype.kind in "iu" for name in names)
    if whole and weights is None:
        found = found.astype({f"{name}{end}": np.int64 for name in names for end in ("", "_low", "_high")})
    return Conversion(
        table=found,
        values=names,
        weights=weights,
        as_of=first,
        to=last,
        share=share if parts.divided.any() else None,
        pairs=parts.listed(amount, before, after),
        sensitivity=rest_on_shares(parts, area, found, names),
        missing=_named(missing, before)[["source", "name", "target"]],
        unmatched=tuple(left_out),
        suspects=_named(seen, before)[["source", "name", "target", "distance_km", "used"]],
        totals=parts.totals(amount, names, weights),
    )


def _checked_names(table: pd.DataFrame, values: str | Sequence[str], weights: str | None) -> tuple[str, ...]:
    names = check_columns(table, values, "values")
    check_columns(table, weights, "weights")
    if not names:
        raise ArgumentError(f"values={values!r}: name a column of totals, or of means with weights=.")
    if weights in names:
        raise ArgumentError(f"weights={weights!r} is among the values. Means are weighted by another column.")
    made = [*OWN, *(f"{name}{end}" for name in names for end in ("_low", "_high"))]
    for argument, name in [("weights", weights), *(("values", name) for name in names)]:
        if name in made:
            raise ColumnError(
                f"{argument}={name!r}: the result has a column of that name for something else. Rename it."
            )
    return names


def _days(as_of: str | dt.date | None, to: str | dt.date, changes: pd.DataFrame | None) -> tuple[str, str]:
    last = known_day(to, "to", changes)
    first = (NEW if last == OLD else OLD) if as_of is None else known_day(as_of, "as_of", changes)
    if first == last:
        raise ArgumentError(f"to={last!r} is the day of the table already. Pass another day.")
    return first, last


def _directed(first: str, last: str, changes: pd.DataFrame | None) -> pd.DataFrame:
    """Return the pairs from the units of the table (source) to the units wanted (target)."""
    table = edges_between(min(first, last), max(first, last), changes)
    names = {"old_code": "source", "new_code": "target"}
    if first > last:
        names = {"old_code": "target", "new_code": "source"}
    return table.rename(columns=names).sort_values(["source", "target"], ignore_index=True)


def _amounts(
    parts: Parts,
    pairs: pd.DataFrame,
    before: pd.DataFrame,
    after: pd.DataFrame,
    share: str | None,
    shares: pd.DataFrame | None,
    direction: Direction,
    *,
    normalise: bool,
) -> Array:
    """Return what each pair is shared out by, before it is scaled to sum to 1 for each source."""
    amount = np.ones(len(parts.pairs))
    divided = parts.pairs[parts.divided]
    if divided.empty or share == "equal":
        return amount
    if share is None:
        units = divided["source"].unique()
        raise ArgumentError(
            f"share: {len(units)} units of the table are divided: "
            f"{listed(before['name'].reindex(units).tolist())} ({listed(units)}). Say how to share them out: "
            "share='equal', share='area', or a column of your own table shares=."
        )
    if shares is not None:
        amount[parts.divided] = own_shares(
            divided, pairs, share, shares, direction=direction, normalise=normalise
        )
        return amount
    if "area_km2" not in after:
        raise ArgumentError(
            f"share='area': the list of {OLD} has no areas. "
            "Pass share='equal', or old populations as shares= with normalise=True."
        )
    area = area_weights(divided, after["area_km2"])
    none = divided.loc[np.isnan(area), "target"].unique().tolist()
    if none:
        raise DataError(
            f"share='area': the area of {listed(none)} is not known. Pass share='equal' or your own shares=."
        )
    flagged = after.reindex(divided["target"].unique())["quality"].str.contains("area_", regex=False)
    if flagged.any():
        warnings.warn(
            f"share='area': the areas of {int(flagged.sum())} units are flagged as doubtful, "
            f"{listed(flagged.index[flagged])}. Compare .sensitivity, or pass your own shares=.",
            SurveyWarning,
            stacklevel=3,
        )
    amount[parts.divided] = area
    return amount


def _named(pairs: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    return pairs.assign(name=units["name"].reindex(pairs["source"]).to_numpy()).reset_index(drop=True)


def _unmatched(
    left_out: pd.Series[str],
    codes: pd.Series[str],
    code: str,
    first: str,
    last: str,
    after: pd.DataFrame,
    rule: str,
) -> None:
    if len(left_out) == len(codes) and rule == "drop":
        raise DataError(
            f"code={code!r}: none of the {len(codes)} codes is a unit of {first}. Check as_of= and to=."
        )
    said = f"code={code!r}: {len(left_out)} codes are no units of {first}: {listed(left_out)}."
    if rule == "drop":
        warnings.warn(f"{said} Their rows are left out.", SurveyWarning, stacklevel=3)
        return
    hint = (
        f" They are units of {last}: is the table of that day?" if among(left_out, after.index).all() else ""
    )
    raise DataError(f"{said}{hint} Mend them, or pass unmatched='drop' to leave their rows out.")


def _say_suspects(seen: pd.DataFrame) -> None:
    arrows = {
        state: [
            f"{a} → {b}"
            for a, b in seen.loc[seen["used"] == state, ["source", "target"]].itertuples(index=False)
        ]
        for state in (False, True)
    }
    said = (
        [f"{len(arrows[False])} suspect pairs are left out: {listed(arrows[False], 30)}."]
        if arrows[False]
        else []
    )
    if arrows[True]:
        said.append(f"{listed(arrows[True])} is suspect too, but the default of its unit, and is used.")
    warnings.warn(
        " ".join([*said, "See .suspects; suspects='keep' uses them all."]), SurveyWarning, stacklevel=3
    )


def _say_missing(
    missing: pd.DataFrame, codes: pd.Series[str], after: pd.DataFrame, first: str, last: str
) -> None:
    partial = missing["target"].nunique()
    said = (
        f"{partial} units of {last} are not complete, for {missing['source'].nunique()} units of {first} are "
        f"not in the table: {listed(missing['source'].unique())}. See .missing."
    )
    if among(codes, after.index).all() and partial > 1:
        said += f" All codes are units of {last} as well: is the table of that day already?"
    warnings.warn(said, SurveyWarning, stacklevel=3)
