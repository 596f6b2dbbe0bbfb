"""Replicate weights in files: written under their usual names, read again without typing anything."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sampling.checks import ArgumentError, DataError, listed
from surveykit.design import Design, check_design
from surveykit.replay import made, weights_of
from surveykit.replicates import GIVEN, ReplicateColumns
from surveykit.stages import make_plan

ENDINGS = (".csv", ".xlsx", ".sav", ".dta")
FINAL = "final_weight"
BOOTSTRAP = "bsw"
#: What the columns of each method are called in the files of statistical offices.
PREFIXES = {"JK1": "jkw", "JKn": "jkw", "JK2": "jkw", "BRR": "brr", "Fay": "fay", "SDR": "repwt"}
#: Names that SPSS and Stata can hold.
NAMES = {".sav": re.compile(r"[^\W\d]\w{0,63}"), ".dta": re.compile(r"[A-Za-z_]\w{0,31}", re.ASCII)}
PROGRAMS = {".sav": "SPSS", ".dta": "Stata"}


def replicate_frame(design: Design) -> pd.DataFrame:
    """Return the final weights of every replicate, with the index of the data.

    Parameters
    ----------
    design : Design
        With replicates. Weighting steps are taken again on each.

    Returns
    -------
    DataFrame with a column a replicate: ``jkw_1`` … for jackknives, ``brr_1`` …, ``fay_1`` …, ``bsw_1`` … for
    bootstraps, ``repwt_1`` … for successive differences; replicates read from columns keep their names

    Examples
    --------
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"w": 10.0, "xa": list("aabbcc")})
    >>> design = sv.replicate_weights(sv.Design(people, weights="w", psu="xa"))
    >>> replicate_frame(design).iloc[[0, 2]]
       jkw_1  jkw_2  jkw_3
    0    0.0   15.0   15.0
    2   15.0    0.0   15.0
    """
    reps = _replicated(design, "replicate_frame")
    names = reps.columns or [f"{PREFIXES.get(reps.method, BOOTSTRAP)}_{r + 1}" for r in range(reps.R)]
    table = np.empty((reps.R, len(design.data)))
    for r in range(reps.R):
        table[r] = weights_of(design, r)
    return pd.DataFrame(table.T, index=design.data.index, columns=list(names))


def _replicated(design: Any, verb: str) -> Any:
    if check_design(design).replicates is None:
        raise ArgumentError(
            f"{verb}: the design has no replicates. Make them with replicate_weights() first."
        )
    return made(design)


def write_replicates(design: Design, path: str | os.PathLike[str], *, overwrite: bool = False) -> list[Path]:
    """Write the data with the final weight and the replicate weights, and how they are to be read.

    Parameters
    ----------
    design : Design
        With replicates, not limited by ``where``.
    path : file ending in .csv, .xlsx, .sav or .dta
        Columns of the data, the final weight (``final_weight`` where there were steps), the replicates. A
        file of the same name ending in .toml tells method, scale, rscales, centre, df and seed.
    overwrite : bool
        Whether files that are there already are replaced.

    Returns
    -------
    Paths written: the data, and how to read them. They appear whole or not at all.

    Raises
    ------
    ArgumentError
        No replicates, another ending, a file that is there already, names that SPSS or Stata cannot hold.

    Examples
    --------
    >>> import tempfile
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"w": 10.0, "xa": list("aabbcc"), "diem": [4, 5, 3, 4, 2, 3]})
    >>> design = sv.replicate_weights(sv.Design(people, weights="w", psu="xa"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     written = write_replicates(design, f"{folder}/ket_qua.csv")
    ...     again = read_replicates(written[0])
    >>> [path.name for path in written], again.replicates
    (['ket_qua.csv', 'ket_qua.toml'], Replicates: JK1, 3 replicates; columns jkw_1 … jkw_3)
    """
    from sampling.record.output import check_new, check_path, write_files

    _replicated(design, "write_replicates")
    if design.subset:
        said = " and ".join(design.subset)
        raise ArgumentError(
            f"write_replicates: the design is limited by where={said!r}, and a file holds the whole "
            "sample. Write the design without it, and take the part after reading."
        )
    place = check_path(path, ENDINGS)
    table, weight, names = _table(design)
    ending = place.suffix.lower()
    _check_names(table, ending)
    how = _how(design, table, weight, names)
    beside = place.with_suffix(".toml")
    writers: dict[Path, Callable[[Path], None]] = {
        place: lambda part: _write(table, part, ending),
        beside: lambda part: _write_how(how, part),
    }
    if not overwrite:
        for file in writers:
            check_new(file)
    write_files(writers)
    return [place, beside]


def _table(design: Design) -> tuple[pd.DataFrame, str, list[str]]:
    """Return the data with final weight and replicates, and the names of these."""
    reps, data = made(design), design.data
    frame = replicate_frame(design)
    weight = design.weighted_by
    if reps.given and reps.combined and weight is not None:
        return data, weight, list(frame.columns)
    if reps.given:
        data = data.drop(columns=list(reps.columns))
    if design.steps or weight is None:
        weight = FINAL
        if FINAL in data.columns:
            raise ArgumentError(
                f"write_replicates: the data have a column {FINAL!r} already. Rename it first."
            )
        data = data.assign(**{FINAL: design.w})
    taken = [name for name in frame.columns if name in data.columns]
    if taken:
        raise ArgumentError(
            f"write_replicates: the data have columns {listed(taken, 3)} already. Rename or drop them first."
        )
    return pd.concat([data, frame], axis=1), weight, list(frame.columns)


def _how(design: Design, table: pd.DataFrame, weight: str, names: list[str]) -> dict[str, Any]:
    """Return what the file beside the data tells."""
    reps = made(design)
    even = bool((reps.rscales == 1).all())
    return {
        "weights": weight,
        "text": [str(name) for name in table.columns if _is_text(table[name])],
        "replicates": {
            "method": reps.method if reps.method in GIVEN else "bootstrap",
            "made_by": reps.method,
            "scale": float(reps.scale),
            "rscales": None if even and reps.method != "JKn" else [float(s) for s in reps.rscales],
            "fay": reps.fay,
            "mse": reps.mse,
            "df": _df(design),
            "seed": reps.seed,
            "columns": names,
        },
    }


def _df(design: Design) -> float | None:
    """Return the degrees of freedom of the whole sample; None where the columns are to tell."""
    reps = made(design)
    if reps.given:
        return reps.df
    plan = make_plan(design, design.domains(), within=False, key=(None, None))
    unit, stratum = (np.unique(codes[plan.cells.unit]).size for codes in (plan.unit, plan.stratum))
    return float(unit - stratum)


def _is_text(values: pd.Series) -> bool:
    kind = values.dtype.categories.dtype if isinstance(values.dtype, pd.CategoricalDtype) else values.dtype
    return bool(pd.api.types.is_string_dtype(kind))


def _check_names(table: pd.DataFrame, ending: str) -> None:
    if ending not in NAMES:
        return
    bad = [name for name in table.columns if not (isinstance(name, str) and NAMES[ending].fullmatch(name))]
    if bad:
        raise ArgumentError(
            f"path: {PROGRAMS[ending]} has no column names like {listed(bad, 3)}. Rename them (letters, "
            "digits and _), or write .csv."
        )


def _write(table: pd.DataFrame, path: Path, ending: str) -> None:
    if ending == ".csv":
        table.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\n")
        return
    if ending == ".xlsx":
        with pd.ExcelWriter(path, engine="openpyxl") as book:
            table.to_excel(book, index=False)
        return
    import pyreadstat

    plain = table.copy(deep=False)
    for name in table.columns:
        if _is_text(table[name]):
            plain[name] = table[name].astype(object).where(table[name].notna(), "").astype(str)
    write = pyreadstat.write_sav if ending == ".sav" else pyreadstat.write_dta
    write(plain, path)


def _write_how(how: dict[str, Any], path: Path) -> None:
    from sampling.sample.toml import to_toml  # loaded when needed, so that the package starts quickly

    path.write_text(to_toml(how), encoding="utf-8", newline="\n")


def read_replicates(path: str | os.PathLike[str]) -> Design:
    """Read a file of :func:`write_replicates` into a design.

    Parameters
    ----------
    path : the data file; the .toml beside it tells how

    Returns
    -------
    Design with replicates read from columns: estimates and their errors are those of the design written; no
    more weighting steps can be taken, and degrees of freedom are those of the whole sample

    Raises
    ------
    DataError
        A file is not there, or the two do not belong together.
    """
    place = Path(path)
    if not place.is_file():
        raise DataError(f"{place.name}: there is no such file. Check the name.")
    ending = place.suffix.lower()
    if ending not in ENDINGS:
        raise ArgumentError(
            f"path={place.name!r} ends in {ending!r}. Give a file ending in {listed(ENDINGS)}."
        )
    from sampling.sample.toml import read_toml  # loaded when needed

    how = read_toml(place.with_suffix(".toml"))
    said = how.get("replicates")
    if not isinstance(said, dict) or "weights" not in how:
        raise DataError(
            f"{place.with_suffix('.toml').name} does not tell of replicate weights. Give a file that "
            "write_replicates() has made; or name the columns: Design(data, weights='…', "
            "replicates=ReplicateColumns('…*', method='…'))."
        )
    data = _read(place, ending, how.get("text", []))
    lost = [name for name in (how["weights"], *said["columns"]) if name not in data.columns]
    if lost:
        raise DataError(
            f"{place.name} has no columns {listed(lost, 3)}, which the .toml beside it names. Write it again."
        )
    columns = ReplicateColumns(
        said["columns"],
        method=said["method"],
        scale=said["scale"],
        rscales=said.get("rscales"),
        fay=said.get("fay"),
        mse=said["mse"],
        df=said.get("df"),
    )
    return Design(data, weights=how["weights"], replicates=columns)


def _read(place: Path, ending: str, text: list[str]) -> pd.DataFrame:
    """Read the data; ids that are text stay text."""
    kinds: Any = dict.fromkeys(text, str)
    if ending == ".csv":
        return pd.read_csv(place, encoding="utf-8-sig", dtype=kinds)
    if ending == ".xlsx":
        return pd.read_excel(place, dtype=kinds)
    import pyreadstat

    read = pyreadstat.read_sav if ending == ".sav" else pyreadstat.read_dta
    data: pd.DataFrame = read(place)[0]
    return data
