"""The dated crosswalk: which unit of one day went into which unit of a later day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pandas as pd

from ..checks import ArgumentError
from ..codes import among
from ..communes import NEW, OLD, chosen_provinces, edges, known_day, later_changes, units_at

__all__ = ["crosswalk", "edges_between"]

COLUMNS = [
    "old_code", "old_name", "old_district", "old_province", "new_code", "new_name", "new_province",
    "kind", "is_default", "suspect", "distance_km", "valid_from",
]  # fmt: skip
FACTS = {"is_default": "max", "suspect": "max", "distance_km": "first", "valid_from": "max"}


def crosswalk(
    province: str | Sequence[str] | None = None,
    *,
    as_of: str | dt.date = OLD,
    to: str | dt.date = NEW,
    changes: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return which unit before 1 July 2025 went into which unit from that day, with their names.

    Parameters
    ----------
    province : str or list of str, optional
        Province of the new units, written as in `communes`.
    as_of, to : str or date
        Day of the old units and a later day, of the new ones. Days after 1 July 2025 need `changes`.
    changes : pd.DataFrame, optional
        Your own table of changes after 1 July 2025, as `communes` takes it.

    Returns
    -------
    pd.DataFrame
        A row per pair of units: `old_code`, `old_name`, `old_district`, `old_province`, `new_code`,
        `new_name`, `new_province`, `kind` ("whole": all of the old unit; "part": it was divided),
        `is_default` (the nearest of the parts; always True for "whole"), `suspect` (a part more than
        25 km from the rest of the new unit, most likely a mix-up of names in the source), `distance_km`
        and `valid_from` (the day from which the pair holds). To convert addresses keep `is_default`; to
        list the parts of a divided unit drop the rows that are `suspect` and not `is_default`. The parts
        have no population shares: see `convert`.

    Raises
    ------
    ArgumentError
        No province has that name, a day has no list, or `to` is not after `as_of`.

    Examples
    --------
    >>> table = crosswalk("Cao Bằng")
    >>> table.loc[table["old_name"] == "Xã Phúc Sen", ["old_code", "new_code", "new_name"]].values.tolist()
    [['01603', '01576', 'Xã Quảng Uyên']]
    """
    first, last = known_day(as_of, "as_of", changes), known_day(to, "to", changes)
    if first >= last:
        raise ArgumentError(f"to={last!r} is not after as_of={first!r}. Pass the earlier day as as_of.")
    new = units_at(last, changes)
    chosen = chosen_provinces(province, new, new=True)
    old = units_at(first, changes)
    old = old.assign(district=old.get("district", ""))
    table = (
        edges_between(first, last, changes)
        .merge(old[["code", "name", "district", "province"]].add_prefix("old_"), on="old_code")
        .merge(new[["code", "name", "province"]].add_prefix("new_"), on="new_code")
    )
    if chosen is not None:
        table = table[table["new_province"].isin(chosen)]
    return table[COLUMNS].sort_values(["old_code", "new_code"], ignore_index=True)


def edges_between(first: str, last: str, changes: pd.DataFrame | None) -> pd.DataFrame:
    """Return the pairs of units of two days, first < last, with their facts but without names."""
    if first == OLD:
        table = edges().assign(valid_from=NEW)
    else:
        codes = units_at(first, changes)["code"]
        table = pd.DataFrame({"old_code": codes, "new_code": codes, "kind": "whole", "is_default": True})
        table = table.assign(suspect=False, distance_km=float("nan"), valid_from=first)
    for day, step in later_changes(changes) if changes is not None else []:
        if first < day <= last:
            table = _followed(table, step, day)
    return table


def _followed(table: pd.DataFrame, step: pd.DataFrame, day: str) -> pd.DataFrame:
    """Return the pairs after the changes of one day; units that the step does not name stay as they are."""
    moved = among(table["new_code"], step["old_code"])
    stays = table[~moved]
    goes = table[moved].drop(columns=["kind", "valid_from"])
    parts = step.rename(columns={"old_code": "between"})[["between", "new_code", "kind"]]
    itself = (parts["between"] == parts["new_code"]).astype(int)
    first = itself.groupby(parts["between"]).transform("idxmax")  # the part that keeps the code, or the first
    parts = parts.assign(nearest=first == parts.index, valid_from=day)
    goes = goes.rename(columns={"new_code": "between"}).merge(parts, on="between")
    goes["is_default"] &= goes["nearest"]
    goes["distance_km"] = goes["distance_km"].where(goes["kind"] == "whole")
    both = pd.concat([stays, goes[[name for name in table.columns if name in goes]]])
    pairs = both.groupby(["old_code", "new_code"], as_index=False).agg(FACTS)
    alone = pairs.groupby("old_code")["new_code"].transform("size") == 1
    pairs["kind"] = alone.map({True: "whole", False: "part"})
    return pairs
