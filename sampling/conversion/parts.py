"""The arithmetic of a conversion: pairs of units with values and shares, summed by the units they go to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api import types

from ..checks import DataError, check_columns, listed
from ..codes import among
from .band import mean_band, summed, total_band
from .shares import equal, scaled

__all__ = ["Parts", "checked_values", "converted", "rest_on_shares"]

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Parts:
    """The pairs that a table goes through.

    Parameters
    ----------
    pairs : pd.DataFrame, (e, .)
        `source` and `target` of each pair.
    source, target : (e,) integers from 0
    targets : (T,) codes of the units wanted, in order
    divided : (e,) True if the source goes to several targets
    value : (e, v) values of the source of each pair
    weight : (e,) or None
    """

    pairs: pd.DataFrame
    source: Codes
    target: Codes
    targets: pd.Index
    divided: npt.NDArray[np.bool_]
    value: Array
    weight: Array | None

    @staticmethod
    def of(pairs: pd.DataFrame, codes: pd.Series[str], value: Array, weight: Array | None) -> Parts:
        """Take the pairs of the units with these codes (n,), with their values (n, v) and weights (n,)."""
        taken = pairs[among(pairs["source"], codes)].reset_index(drop=True)
        source = pd.Index(codes).get_indexer(pd.Index(taken["source"]))
        target, targets = pd.factorize(taken["target"], sort=True)
        divided = np.bincount(source, minlength=len(codes))[source] > 1
        of_pair = None if weight is None else weight[source]
        return Parts(taken, source, target, pd.Index(targets), divided, value[source], of_pair)

    def sums(self, amount: Array) -> tuple[Array, Array]:
        """Return totals, or means with their weights, by target: (T, v), (T,)."""
        share = np.where(self.divided, scaled(amount, self.source), 1.0)
        load = share if self.weight is None else share * self.weight
        by_target = [summed(load * column, self.target, len(self.targets)) for column in self.value.T]
        found, below = np.array(by_target).T, summed(load, self.target, len(self.targets))
        if self.weight is None:
            return found, below
        with np.errstate(invalid="ignore"):
            return found / below[:, None], below

    def bands(self) -> list[tuple[Array, Array]]:
        """Return for each value the lowest and highest by target."""
        count = len(self.targets)
        if self.weight is None:
            return [total_band(column, self.target, self.divided, count) for column in self.value.T]
        weight = self.weight
        return [mean_band(column, weight, self.target, self.divided, count) for column in self.value.T]

    def listed(self, amount: Array, before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
        """Return the parts of divided units with their shares and names."""
        pairs = self.pairs.loc[self.divided, ["source", "target"]]
        return pd.DataFrame(
            {
                "source": pairs["source"],
                "source_name": before["name"].reindex(pairs["source"]).to_numpy(),
                "target": pairs["target"],
                "target_name": after["name"].reindex(pairs["target"]).to_numpy(),
                "share": scaled(amount, self.source)[self.divided],
            }
        ).reset_index(drop=True)

    def totals(self, amount: Array, names: tuple[str, ...], weights: str | None) -> pd.DataFrame:
        """Return sums, or means over all weights, before and after."""
        first = np.unique(self.source, return_index=True)[1]
        found, below = self.sums(amount)
        if self.weight is None:
            return pd.DataFrame(
                {"before": self.value[first].sum(axis=0), "after": found.sum(axis=0)}, index=names
            )
        weight = self.weight[first]
        rows = [
            np.average(self.value[first], axis=0, weights=weight),
            np.average(np.nan_to_num(found), axis=0, weights=below),
        ]
        table = pd.DataFrame({"before": rows[0], "after": rows[1]}, index=names)
        table.loc[weights] = [weight.sum(), below.sum()]
        return table


def checked_values(
    table: pd.DataFrame, names: tuple[str, ...], weights: str | None, codes: pd.Series[str]
) -> tuple[Array, Array | None]:
    """Return the values (n, v) and weights (n,) after checking that they are numbers and all there."""
    check_columns(table, weights, "weights")
    columns = {name: _numbers(table[name], f"values={name!r}", codes) for name in names}
    if weights is None:
        return np.column_stack(list(columns.values())), None
    weight = _numbers(table[weights], f"weights={weights!r}", codes)
    wrong = codes[weight < 0].tolist()
    if wrong:
        raise DataError(f"weights={weights!r}: {listed(wrong)} has a weight below 0. Mend it.")
    if not weight.sum() > 0:
        raise DataError(f"weights={weights!r}: all weights are 0. Pass the column of populations.")
    return np.column_stack(list(columns.values())), weight


def _numbers(column: pd.Series[float], what: str, codes: pd.Series[str]) -> Array:
    if not types.is_numeric_dtype(column) or types.is_bool_dtype(column):
        raise TypeError(f"{what} holds no numbers. Turn the column into numbers, or choose another.")
    value = np.asarray(column.astype("Float64").fillna(np.nan), dtype=np.float64)
    none = codes[~np.isfinite(value)].tolist()
    if none:
        raise DataError(
            f"{what} is missing for {len(none)} units: {listed(none)}. Fill it in, or drop these rows."
        )
    return value


def converted(
    parts: Parts,
    amount: Array,
    after: pd.DataFrame,
    names: tuple[str, ...],
    weights: str | None,
    missing: pd.DataFrame,
) -> pd.DataFrame:
    """Return the table by target, as `Conversion.table` describes it."""
    found, below = parts.sums(amount)
    columns = [name for name in ("name", "district", "province") if name in after]
    table = after.reindex(parts.targets)[columns].reset_index(names="code")
    if weights is not None:
        table[weights] = below
    for j, (name, (low, high)) in enumerate(zip(names, parts.bands(), strict=True)):
        table[name], table[f"{name}_low"], table[f"{name}_high"] = found[:, j], low, high
    table["sources"] = np.bincount(parts.target, minlength=len(parts.targets))
    table["by_share"] = np.bincount(parts.target, parts.divided, len(parts.targets)) > 0
    table["complete"] = ~among(table["code"], missing["target"])
    return table


def rest_on_shares(
    parts: Parts, area: Array | None, table: pd.DataFrame, names: tuple[str, ...]
) -> pd.DataFrame:
    """Return the values of the units that rest on a share under each rule, with the ends of their band."""
    even = parts.sums(equal(parts.source))[0]
    by_area = np.full_like(even, np.nan) if area is None else parts.sums(area)[0]
    rows = table["by_share"].to_numpy()
    blocks = [
        pd.DataFrame(
            {
                "value": name,
                "code": table["code"],
                "name": table["name"],
                "used": table[name],
                "equal": even[:, j],
                "area": by_area[:, j],
                "low": table[f"{name}_low"],
                "high": table[f"{name}_high"],
            }
        )[rows]
        for j, name in enumerate(names)
    ]
    return pd.concat(blocks, ignore_index=True)
