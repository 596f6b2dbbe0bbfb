"""Join the drawn sample with the answers that came back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from sampling.checks import (
    ArgumentError,
    ColumnError,
    DataError,
    check_columns,
    check_frame,
    listed,
    nfc,
)
from surveykit.design import Design, Lonely
from surveykit.drawn import Drawn

if TYPE_CHECKING:
    from sampling.sample import Sample
    from surveykit.blocks import PPS


def join(
    sample: pd.DataFrame | Sample,
    data: pd.DataFrame,
    *,
    id: str,
    weights: str | None = "weight",
    strata: str | Sequence[str] | None = None,
    psu: str | Sequence[str] | None = None,
    fpc: str | Sequence[str] | None = None,
    responded: str = "responded",
    pps: PPS = "auto",
    lonely_psu: Lonely = "error",
) -> Design:
    """Join the drawn sample with the answers; selected people without answers stay as rows.

    Parameters
    ----------
    sample : Sample, or DataFrame
        One row for each selected person. A sample drawn by a plan tells weights, strata, stages, fractions
        and joint probabilities by itself; of a table they are named below.
    data : DataFrame
        One row for each form that came back.
    id : column name
        In both tables; each id once in each.
    weights, strata, psu, fpc : as for :class:`Design`, columns of the table
    responded : text
        Name of the column that is added: True where a form came back.
    pps : {"auto", "yates_grundy", "horvitz_thompson", "hajek", "brewer", "hartley_rao", "with_replacement"}
        Variance of units of unequal chances in a drawn sample. "auto": Yates–Grundy where all joint
        probabilities are known and above 0, else the approximation that suits the method.
    lonely_psu : as for :class:`Design`

    Returns
    -------
    Design on the rows of the sample, in their order

    Raises
    ------
    DataError
        Ids that are missing, stand twice, or are not in the sample.

    Examples
    --------
    >>> sample = pd.DataFrame({"ma": ["a", "b", "c"], "weight": [2.0, 2, 3]})
    >>> answers = pd.DataFrame({"ma": ["c", "a"], "diem": [4, 5]})
    >>> join(sample, answers, id="ma").data["responded"].tolist()
    [True, False, True]
    """
    from sampling.sample import Sample  # loaded at the first call, so that the package starts quickly
    from surveykit.blocks import drawing

    drawn: Mapping[str, Drawn] = {}
    if isinstance(sample, Sample):
        own = (("weights", weights != "weight"), ("strata", strata), ("psu", psu), ("fpc", fpc))
        named = [name for name, given in own if given]
        if named:
            raise ArgumentError(
                f"{named[0]}=: a drawn sample tells its weights, strata, stages and fractions by itself. "
                f"Leave {' and '.join(named)} out, or pass sample.table to name columns of your own."
            )
        sample, weights, strata, psu, fpc, drawn = drawing(sample, pps)
    elif pps != "auto":
        raise ArgumentError(
            f"pps={pps!r}: a table carries no joint probabilities. Pass the Sample that a plan has drawn."
        )
    check_frame(sample, "sample")
    check_frame(data, "data")
    check_columns(sample, id, "id")
    if not isinstance(id, str):
        raise TypeError(f"id={id!r}: name one column.")
    tables = {}
    for name, table in (("sample", sample), ("data", data)):
        if id not in table.columns:
            raise ColumnError(f"id={id!r}: {name} has no such column. It has {listed(table.columns, 8)}.")
        if table[id].isna().any():
            row = table.index[table[id].isna().to_numpy()][0]
            raise DataError(f"id={id!r} is missing in {name}, row {row}. Every row needs its id.")
        keys = table[id].map(lambda v: nfc(str(v)))
        twice = keys[keys.duplicated()]
        if len(twice):
            raise DataError(
                f"id={id!r}: {listed(twice.unique(), 3)} stands more than once in {name}. Keep one row each."
            )
        tables[name] = keys
    unknown = sorted(set(tables["data"]) - set(tables["sample"]))
    if unknown:
        bare = {_bare(key) for key in tables["sample"]}
        if all(_bare(key) in bare for key in unknown):
            raise DataError(
                f"id={id!r}: ids of data ({listed(unknown, 3)}) differ from those of the sample only by "
                "zeros at the start or by '.0': one file was read as numbers. "
                "Read the column as text in both: "
                f"pd.read_csv(…, dtype={{{id!r}: str}})."
            )
        raise DataError(
            f"id={id!r}: {len(unknown)} ids of data are not in the sample ({listed(unknown, 5)}). "
            "Correct them, or drop those rows: their chance of selection is not known."
        )
    both = [c for c in data.columns if c in sample.columns and c != id]
    if both:
        raise ArgumentError(
            f"Columns {listed(both, 5)} stand in sample and in data. Rename or drop one of each."
        )
    if responded in sample.columns or responded in data.columns:
        raise ArgumentError(f"responded={responded!r} is a column already. Give the new column another name.")
    check_columns(sample, weights, "weights")
    keyed = data.drop(columns=id).assign(**{responded: True}).set_index(tables["data"].to_numpy())
    rows = keyed.reindex(tables["sample"].to_numpy())
    rows.index = sample.index
    rows[responded] = rows[responded].notna()
    both_tables = pd.concat([sample, rows], axis=1)
    design = Design(both_tables, weights=weights, strata=strata, psu=psu, fpc=fpc, lonely_psu=lonely_psu)
    return design.changed(drawn=drawn) if drawn else design


def _bare(key: str) -> str:
    """Return an id without what a spreadsheet adds or takes away from codes."""
    return key.removesuffix(".0").lstrip("0")
