"""A sample in a folder: tables as CSV, plan and draw as TOML; written in whole or not at all."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..checks import ArgumentError, DataError
from .outline import Listing, Outline, listing_dict, listing_from
from .parts import Block, DrawnList, DrawnStage
from .reserves import LOG, empty_log
from .sentences import file_tables
from .toml import read_toml, to_toml

if TYPE_CHECKING:
    from .sample import Sample

__all__ = ["read", "save"]

VERSION = 1
STREAMS = (
    "PCG64.random_raw; stage s: (seed, s); reserves: (seed, 100 + s); the b-th later list of a stage: "
    "(seed, s, b)"
)
KINDS = {"str": "text", "float64": "number", "int64": "whole", "Int64": "whole or missing", "bool": "flag"}
NAMES = ("sample.csv", "units.csv", "joint.csv", "log.csv", "plan.toml", "draw.toml")


def save(sample: Sample, folder: str | os.PathLike[str], *, overwrite: bool) -> None:
    """Write a sample; see `Sample.save`."""
    folder = Path(folder)
    old = folder.is_dir() and any(folder.iterdir())
    if old and not (folder / "draw.toml").is_file():
        raise ArgumentError(f"folder={folder.name!r} holds other files. Name a new folder.")
    if old and not overwrite:
        raise ArgumentError(
            f"folder={folder.name!r} holds a sample already. Name a new folder, or pass overwrite=True."
        )
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    texts = {
        "plan.toml": to_toml(file_tables(sample.outline, sample.seed)),
        "draw.toml": to_toml(_draw(sample)),
    }
    for name, text in texts.items():
        (part / name).write_text(text.lstrip("\n"), encoding="utf-8", newline="\n")
    tables = {"sample.csv": sample.table, "units.csv": _units(sample), "log.csv": sample.log}
    tables["joint.csv"] = _pairs(sample.blocks)
    for name, table in tables.items():
        table.to_csv(part / name, index=False, encoding="utf-8-sig", lineterminator="\n")
    if folder.is_dir():
        away = folder.with_name(folder.name + ".old.part")
        folder.rename(away)
        part.rename(folder)
        shutil.rmtree(away)
    else:
        part.rename(folder)


def _draw(sample: Sample) -> dict[str, Any]:
    stages = []
    for stage in sample.stages:
        row: dict[str, Any] = {
            name: getattr(stage, name) for name in ("name", "method", "N", "n", "reserve", "short")
        }
        row["lists"] = [
            {
                **listing_dict(one.listing),
                "parents": one.parents,
                "N": one.N,
                "n": one.n,
                "stream": one.stream,
            }
            for one in stage.lists
        ]
        stages.append(row)
    return {
        "version": VERSION,
        "seed": sample.seed,
        "on": sample.on,
        "plan_hash": sample.outline.hash,
        "streams": STREAMS,
        "columns": {name: KINDS[str(dtype)] for name, dtype in sample.table.dtypes.items()},
        "stages": stages,
    }


def _units(sample: Sample) -> pd.DataFrame:
    """Return a row for each unit of each block; a block without units has one row without an id."""
    rows = []
    for (number, parent), b in sample.blocks.items():
        same = (number, parent, b.method, b.kind, b.measurable, b.formula, b.N)
        if not b.ids:
            rows.append((*same, "", np.nan, False))
        for id, probability, sure in zip(b.ids, b.probability, b.certainty, strict=True):
            rows.append((*same, id, probability, bool(sure)))
    names = [
        "stage",
        "parent",
        "method",
        "joint",
        "measurable",
        "formula",
        "N",
        "id",
        "probability",
        "certainty",
    ]
    table = pd.DataFrame(rows, columns=names)
    width = max((b.x.shape[1] for b in sample.blocks.values() if b.x is not None), default=0)
    if width:
        missing = [np.full((max(len(b), 1), width), np.nan) for b in sample.blocks.values()]
        for block, values in zip(sample.blocks.values(), missing, strict=True):
            if block.x is not None:
                values[: len(block), : block.x.shape[1]] = block.x
        x = np.concatenate(missing)
        table = table.assign(**{f"x{j + 1}": x[:, j] for j in range(width)})
    return table


def _pairs(blocks: Mapping[tuple[int, str], Block]) -> pd.DataFrame:
    """Return the pairs i ≤ j and their joint probabilities, for the blocks that hold a matrix."""
    own = [(key, b.joint, np.array(b.ids, dtype=object)) for key, b in blocks.items() if b.joint is not None]
    at = [np.triu_indices(ids.size) for _, _, ids in own]
    many = [i.size for i, _ in at]
    none, unnamed = np.zeros(0), np.zeros(0, dtype=object)
    return pd.DataFrame(
        {
            "stage": np.repeat(np.array([key[0] for key, _, _ in own], dtype=np.intp), many),
            "parent": np.repeat(np.array([key[1] for key, _, _ in own], dtype=object), many),
            "i": np.concatenate([unnamed, *(ids[i] for (_, _, ids), (i, _) in zip(own, at, strict=True))]),
            "j": np.concatenate([unnamed, *(ids[j] for (_, _, ids), (_, j) in zip(own, at, strict=True))]),
            "probability": np.concatenate([none, *(m[ij] for (_, m, _), ij in zip(own, at, strict=True))]),
        }
    )


def read(folder: str | os.PathLike[str]) -> tuple[Any, ...]:
    """Return the parts of a sample in the order of its fields."""
    folder = Path(folder)
    missing = [name for name in NAMES if not (folder / name).is_file()]
    if missing:
        raise DataError(
            f"folder={folder.name!r} has no {missing[0]}, so it holds no whole sample. "
            "Name a folder that Sample.save wrote."
        )
    draw = read_toml(folder / "draw.toml")
    given = read_toml(folder / "plan.toml")
    plan = Outline.from_dict(given["plan"], "plan.toml")
    if draw["version"] != VERSION:
        raise ArgumentError(
            f"draw.toml: version={draw['version']!r} is not known; this library reads {VERSION}. "
            "Read the folder with the library that wrote it."
        )
    if draw["plan_hash"] != plan.hash:
        raise DataError(
            f"draw.toml: the sample was drawn by the plan with the hash {draw['plan_hash']}, and plan.toml "
            f"has {plan.hash}. Put back the plan.toml that was saved with it."
        )
    table = _typed(_csv(folder / "sample.csv"), draw["columns"])
    log = _csv(folder / "log.csv")[list(LOG)].astype(empty_log().dtypes.to_dict())
    stages = tuple(_stage(row) for row in draw["stages"])
    blocks = _blocks(_csv(folder / "units.csv"), _csv(folder / "joint.csv"))
    return plan, int(draw["seed"]), _day(draw["on"]), table, blocks, stages, log


def _day(value: Any) -> dt.date:
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value))


def _csv(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, encoding="utf-8-sig", keep_default_na=False)


def _typed(table: pd.DataFrame, kinds: Mapping[str, str]) -> pd.DataFrame:
    dtypes: dict[str, Any] = {kind: dtype for dtype, kind in KINDS.items()}
    found = {}
    for name, kind in kinds.items():
        column = table[name]
        if kind == "text":
            found[name] = column.where(column != "")
        elif kind == "flag":
            found[name] = column == "True"
        elif kind == "number":
            found[name] = _numbers(column)
        else:
            found[name] = column.where(column != "").astype(dtypes[kind])
    return pd.DataFrame(found)


def _numbers(column: pd.Series[str]) -> pd.Series[float]:
    return column.map(lambda text: float(text) if text else np.nan).astype(np.float64)


def _stage(row: Mapping[str, Any]) -> DrawnStage:
    lists = []
    for one in row.get("lists", ()):
        own = {name: one[name] for name in Listing.__dataclass_fields__}
        lists.append(
            DrawnList(
                listing_from(own, "draw.toml"), one["parents"], one["N"], one["n"], tuple(one["stream"])
            )
        )
    values = {name: row[name] for name in ("name", "method", "N", "n", "reserve", "short")}
    return DrawnStage(**values, lists=tuple(lists))


def _parts(table: pd.DataFrame) -> dict[tuple[str, str], slice]:
    """Return the rows of each block, which stand together."""
    keys = table[["stage", "parent"]].to_numpy(dtype=object)
    first = (
        np.flatnonzero(np.r_[True, (keys[1:] != keys[:-1]).any(axis=1)]) if len(keys) else np.zeros(0, int)
    )
    ends = [*first[1:].tolist(), len(keys)]
    return {(keys[i, 0], keys[i, 1]): slice(i, end) for i, end in zip(first.tolist(), ends, strict=False)}


def _blocks(units: pd.DataFrame, pairs: pd.DataFrame) -> dict[tuple[int, str], Block]:
    x_names = [name for name in units.columns if name.startswith("x") and name[1:].isdigit()]
    probability = _numbers(units["probability"]).to_numpy()
    x = units[x_names].apply(_numbers).to_numpy(np.float64)
    joint, matrices = _numbers(pairs["probability"]).to_numpy(), _parts(pairs)
    text = {name: units[name].to_numpy(dtype=object) for name in units.columns}
    found = {}
    for key, rows in _parts(units).items():
        at = np.arange(rows.start, rows.stop)
        at = at[text["id"][at] != ""]
        matrix, own_x = None, x[at]
        if key in matrices:
            matrix = np.empty((at.size, at.size))
            i, j = np.triu_indices(at.size)
            matrix[i, j] = matrix[j, i] = joint[matrices[key]]
        found[int(key[0]), key[1]] = Block(
            ids=tuple(text["id"][at]),
            probability=probability[at],
            method=text["method"][rows.start],
            kind=text["joint"][rows.start],
            measurable=text["measurable"][rows.start] == "True",
            formula=text["formula"][rows.start],
            joint=matrix,
            x=None if np.isnan(own_x).all() else own_x[:, ~np.isnan(own_x).any(axis=0)],
            N=int(text["N"][rows.start]),
            certainty=text["certainty"][at] == "True",
        )
    return found
