"""Check the tables of a report against its settings and each other, and give them fixed names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sampling.checks import ArgumentError, DataError, listed, near
from sampling.format import Lang

from .files import file_hash, read_table, refuse_missing, require_columns, to_number
from .forms import answers
from .settings import Settings, parse_date, read_settings

if TYPE_CHECKING:
    from surveykit.design import Design

__all__ = ["ARMS", "Project", "read_project"]

ARMS = ("adopting", "comparison", "early")  # adopted between the waves, not yet, before the first


@dataclass(frozen=True)
class Project:
    """Everything a report is made from.

    ``data`` has one row a form issued: id, wave (1, 2), commune, village, stratum, weight, responded (0, 1),
    arm, treated (1, 0, missing for early adopters), satisfied (1, 0, missing), answer (as given), group_1 …;
    other columns that a key names keep their name with ``x_`` before it. ``communes`` is indexed by code:
    name, type, adopted, arm, probability. ``groups`` is the name of each group_k.
    """

    settings: Settings
    data: pd.DataFrame
    communes: pd.DataFrame
    groups: Mapping[str, str]
    margins: Mapping[str, Mapping[str, float]]
    truth: pd.DataFrame | None
    design: Design
    files: Mapping[str, str]

    @property
    def lang(self) -> Lang:
        """Language of the report."""
        return self.settings.lang

    @property
    def sampled(self) -> pd.DataFrame:
        """Return the communes that have forms."""
        return self.communes.loc[self.communes.index.isin(self.data["commune"].unique())]

    def wave_label(self, wave: int) -> str:
        """Return what a wave is called in the report."""
        key = "before" if wave == 1 else "after"
        default = {"vi": f"Đợt {wave}", "en": f"Wave {wave}"}[self.lang]
        return str(self.settings[f"waves.{key}.label"] or default)


def read_project(path: str | Path, *, lang: Lang | None = None) -> Project:
    """Read a settings file and its tables, check them, and build the weighted design.

    Parameters
    ----------
    path : path
        The TOML file; the tables lie beside it.
    lang : {"vi", "en"}, optional
        Language of the report, before the one in the file.

    Returns
    -------
    Project

    Raises
    ------
    ColumnError, ArgumentError, DataError, MarginError
        The first thing that is wrong: which key, which value, where, and how to mend it.

    Examples
    --------
    >>> from surveykit.report.starter import example_folder
    >>> project = read_project(example_folder() / "bao_cao.toml")
    >>> len(project.sampled), project.groups["group_1"]
    (44, 'Tiếp cận dịch vụ')
    """
    from .weighted import build_design

    settings = read_settings(path, lang=lang)
    folder = settings.path.parent
    others = ("files.communes", "files.margins", "files.truth")
    names = {key: settings[key] for key in others if settings[key]}
    tables = {key: read_table(folder, name, key) for key, name in names.items()}
    for key, table in tables.items():
        require_columns(table, settings.columns_of(key), names[key])
    forms = [read_table(folder, name, "files.answers") for name in settings["files.answers"]]
    for form, name in zip(forms, settings["files.answers"], strict=True):
        require_columns(form, settings.columns_of("files.answers"), name)
    communes = _communes(tables["files.communes"], settings)
    data, groups = answers(pd.concat(forms, ignore_index=True), settings, communes)
    margins = _margins(tables.get("files.margins"), settings, data)
    design = build_design(data, settings, communes, margins)
    truth = _truth(tables.get("files.truth"), settings)
    paths = [folder / str(n).partition("#")[0] for n in [*settings["files.answers"], *names.values()]]
    hashes = {p.name: file_hash(p) for p in [settings.path, *paths]}
    return Project(settings, data, communes, groups, margins, truth, design, hashes)


def _communes(table: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Return the communes by code, each with its arm."""
    file = settings["files.communes"]
    out = pd.DataFrame({"code": table[settings["communes.code"]], "name": table[settings["communes.name"]]})
    refuse_missing(out["code"], table, f"communes.code={settings['communes.code']!r}")
    twice = out.loc[out["code"].duplicated(), "code"]
    if len(twice):
        raise DataError(
            f"communes.code: {listed(twice)} stands more than once in {file}. Keep one row a commune."
        )
    out["name"] = out["name"].fillna(out["code"])
    kind = settings["communes.type"]
    out["type"] = table[kind] if kind else None
    dates: list[dt.date | None] = []
    for value, place in zip(table[settings["communes.adopted"]], table["_place"], strict=True):
        try:
            dates.append(None if pd.isna(value) else parse_date(str(value)))
        except ArgumentError as error:
            raise DataError(f"communes.adopted={settings['communes.adopted']!r}: {place}: {error}") from None
    out["adopted"] = pd.Series(dates, index=out.index, dtype=object)
    before, after = settings["waves.before.date"], settings["waves.after.date"]
    out["arm"] = [
        "comparison" if d is None or d > after else "early" if d <= before else "adopting" for d in dates
    ]
    key = "communes.probability"
    out["probability"] = to_number(table, settings[key], key) if settings[key] else np.nan
    if ((out["probability"] <= 0) | (out["probability"] > 1)).any():
        raise DataError(
            f"{key}={settings[key]!r}: a probability must lie above 0 and not above 1. Correct {file}."
        )
    return out.set_index("code")


def _margins(
    table: pd.DataFrame | None, settings: Settings, data: pd.DataFrame
) -> dict[str, dict[str, float]]:
    """Return population shares by characteristic and level, for the columns that are raked."""
    if table is None or not settings["weighting.rake"]:
        return {}
    name, level = table[settings["margins.characteristic"]], table[settings["margins.level"]]
    share = to_number(table, settings["margins.share"], "margins.share")
    file, out = settings["files.margins"], {}
    for column in settings["weighting.rake"]:
        rows = name == column
        if not rows.any():
            known = name.dropna().unique()
            raise DataError(
                f"weighting.rake={column!r}: {file} has no rows for it.{near(column, known)} "
                f"It has {listed(known)}."
            )
        shares = dict(zip(level[rows], share[rows], strict=True))
        total = sum(shares.values())
        fits = abs(total / (100.0 if total > 50 else 1.0) - 1) <= 0.01
        if len(shares) < rows.sum() or not fits or not all(v > 0 for v in shares.values()):
            raise DataError(
                f"files.margins={file!r}: the shares of {column!r} add up to {total:g}. They must be "
                "above 0, one row a level, and add up to 1 (or 100)."
            )
        found = data.loc[data["responded"] == 1, f"x_{column}"]
        unknown = sorted(set(found.dropna()) - set(shares))
        if unknown:
            raise DataError(
                f"weighting.rake={column!r}: {file} has no share for {listed(unknown)}."
                f"{near(unknown[0], shares)} Add it, or recode those forms."
            )
        for wave in (1, 2):
            empty = sorted(set(shares) - set(found[data["wave"] == wave]))
            if empty:
                raise DataError(
                    f"weighting.rake={column!r}: nobody of wave {wave} who answered is {listed(empty)}. "
                    f"Merge that level with another in {file} and in the answers."
                )
        out[column] = {str(k): float(v) / total for k, v in shares.items()}
    return out


def _truth(table: pd.DataFrame | None, settings: Settings) -> pd.DataFrame | None:
    """Return the true values with fixed column names."""
    if table is None:
        return None
    names = ("scope", "code", "measure", "wave")
    out = pd.DataFrame({n: table[settings[f"truth.{n}"]] for n in names})
    out["wave"] = out["wave"].map({settings["waves.before.level"]: 1, settings["waves.after.level"]: 2})
    out["value"] = to_number(table, settings["truth.value"], "truth.value")
    return out
