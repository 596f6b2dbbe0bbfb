"""Check the tables of a report against its settings and each other, and give them fixed names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sampling.checks import ArgumentError, ColumnError, DataError, listed, near
from sampling.format import Lang

from .files import file_hash, read_table, require_columns, to_number
from .settings import Settings, parse_date, read_settings

if TYPE_CHECKING:
    from surveykit.design import Design

__all__ = ["ARMS", "Project", "read_project"]

ARMS = ("adopting", "comparison", "early")  # by the date of adoption: between the waves, not yet, before wave 1
YES, NO = ("1", "true", "có", "yes"), ("0", "false", "không", "no")


@dataclass(frozen=True)
class Project:
    """Everything a report is made from.

    ``data`` has one row a form issued: id, wave (1, 2), commune, village, stratum, weight, responded (0, 1), arm,
    treated (1, 0, missing for early adopters), satisfied (1, 0, missing), answer (as given), group_1 …; other
    columns that a key names keep their name with ``x_`` before it. ``communes`` is indexed by code: name, type,
    adopted, arm, probability. ``groups`` is the name of each group_k.
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
    >>> project = read_project("data/examples/cao_bang/bao_cao.toml")  # doctest: +SKIP
    """
    from .weighted import build_design

    settings = read_settings(path, lang=lang)
    folder = settings.path.parent
    names = {key: settings[key] for key in ("files.communes", "files.margins", "files.truth") if settings[key]}
    tables = {key: read_table(folder, name, key) for key, name in names.items()}
    for key, table in tables.items():
        require_columns(table, settings.columns_of(key), names[key])
    forms = [read_table(folder, name, "files.answers") for name in settings["files.answers"]]
    for form, name in zip(forms, settings["files.answers"], strict=True):
        require_columns(form, settings.columns_of("files.answers"), name)
    communes = _communes(tables["files.communes"], settings)
    data, groups = _answers(pd.concat(forms, ignore_index=True), settings, communes)
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
    _refuse_missing(out["code"], table, f"communes.code={settings['communes.code']!r}")
    twice = out.loc[out["code"].duplicated(), "code"]
    if len(twice):
        raise DataError(f"communes.code: {listed(twice)} stands more than once in {file}. Keep one row a commune.")
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
        raise DataError(f"{key}={settings[key]!r}: a probability must lie above 0 and not above 1. Correct {file}.")
    return out.set_index("code")


def _answers(
    table: pd.DataFrame, settings: Settings, communes: pd.DataFrame
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the forms with fixed column names, and the name of each group of items."""

    def column(role: str) -> str:
        return str(settings[f"columns.{role}"])

    out = pd.DataFrame({"id": table[column("id")]})
    _refuse_missing(out["id"], table, f"columns.id={column('id')!r}")
    _refuse_twice(out["id"], table, column("id"))
    out["wave"] = _waves(table, column("wave"), settings)
    out["commune"] = table[column("commune")]
    _refuse_missing(out["commune"], table, f"columns.commune={column('commune')!r}")
    _known_communes(out["commune"], table, settings, communes)
    for role in ("village", "stratum"):
        if settings[f"columns.{role}"]:
            out[role] = table[column(role)]
            _refuse_missing(out[role], table, f"columns.{role}={column(role)!r}")
    if "village" in out:
        out["village"] = out["commune"] + " / " + out["village"]  # the same number may stand in two communes
    if settings["columns.weight"]:
        out["weight"] = to_number(table, column("weight"), "columns.weight")
        _refuse_missing(out["weight"], table, f"columns.weight={column('weight')!r}")
        if (out["weight"] <= 0).any():
            row = (out["weight"] <= 0).idxmax()
            raise DataError(
                f"columns.weight={column('weight')!r}: {out.loc[row, 'weight']:g} in {table.loc[row, '_place']}; "
                "a design weight is above 0. Correct it, or leave the form out."
            )
    out["responded"] = _responded(table, settings)
    out["arm"] = out["commune"].map(communes["arm"])
    out["treated"] = out["arm"].map({"adopting": 1.0, "comparison": 0.0}).astype(float)
    answered = out["responded"] == 1
    out["answer"] = _scale(table, settings["outcome.main"], "outcome.main", settings).where(answered)
    out["satisfied"] = _share_satisfied(out[["answer"]], settings)
    groups: dict[str, str] = {}
    for k, (name, items) in enumerate((settings["outcome.groups"] or {}).items(), start=1):
        key = f"outcome.groups.{name}"
        marks = pd.DataFrame({i: _scale(table, i, key, settings).where(answered) for i in items})
        out[f"group_{k}"] = _share_satisfied(marks, settings)
        groups[f"group_{k}"] = name
    for key, rows in (("weighting.nonresponse_cells", slice(None)), ("weighting.rake", answered)):
        for name in settings[key]:
            out[f"x_{name}"] = table[name]
            _refuse_missing(table.loc[rows, name], table, f"{key}={name!r}")
    for wave, key in ((1, "before"), (2, "after")):
        if not (answered & out["satisfied"].notna() & (out["wave"] == wave)).any():
            raise DataError(
                f"waves.{key}.level={settings[f'waves.{key}.level']!r}: no form of this wave has an answer to "
                f"{settings['outcome.main']!r}. Check columns.wave, columns.responded and the files."
            )
    return out, groups


def _waves(table: pd.DataFrame, column: str, settings: Settings) -> pd.Series[int]:
    """Return 1 for the earlier and 2 for the later wave."""
    levels = {settings["waves.before.level"]: 1, settings["waves.after.level"]: 2}
    wave = table[column].map(levels)
    if wave.isna().any():
        row = wave.isna().idxmax()
        value = "" if pd.isna(table.loc[row, column]) else table.loc[row, column]
        raise DataError(
            f"columns.wave={column!r}: {value!r} in {table.loc[row, '_place']} is neither "
            f"waves.before.level={list(levels)[0]!r} nor waves.after.level={list(levels)[1]!r}. "
            "Correct the level, or take those rows out of the files."
        )
    for level, number in levels.items():
        if not (wave == number).any():
            key = "before" if number == 1 else "after"
            raise DataError(
                f"waves.{key}.level={level!r}: no form has this value in column {column!r}. "
                f"Its values are {listed(sorted(table[column].dropna().unique()))}; is a file missing?"
            )
    return wave.astype(int)


def _responded(table: pd.DataFrame, settings: Settings) -> pd.Series[int]:
    """Return 1 where the form was answered; without the column, every form."""
    column = settings["columns.responded"]
    if not column:
        return pd.Series(1, index=table.index)
    words = table[column].str.lower().map({**dict.fromkeys(YES, 1), **dict.fromkeys(NO, 0)})
    if words.isna().any():
        row = words.isna().idxmax()
        value = "" if pd.isna(table.loc[row, column]) else table.loc[row, column]
        raise DataError(
            f"columns.responded={column!r}: {value!r} in {table.loc[row, '_place']}; write 1 for a usable answer, 0 for none."
        )
    return words.astype(int)


def _scale(table: pd.DataFrame, column: str, key: str, settings: Settings) -> pd.Series[str]:
    """Return answers that stand on the scale; codes for "no answer" become missing."""
    answer = table[column].str.replace(r"^(-?\d+)[.,]0+$", r"\1", regex=True)
    answer = answer.mask(answer.isin(settings["outcome.missing"]))
    odd = answer.notna() & ~answer.isin(settings["outcome.scale"])
    if odd.any():
        row = odd.idxmax()
        raise DataError(
            f"{key}={column!r}: {table.loc[row, column]!r} in {table.loc[row, '_place']} is not an answer of "
            f"outcome.scale={settings['outcome.scale']}. Correct it, or name the code in outcome.missing."
        )
    return answer


def _share_satisfied(answers: pd.DataFrame, settings: Settings) -> pd.Series[float]:
    """Return each person's share of satisfied answers among those given; missing if none was given."""
    given = answers.notna()
    good = answers.isin(settings["outcome.satisfied"]) & given
    count = given.sum(axis=1).astype(float)
    return good.sum(axis=1).div(count.where(count > 0))


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
            raise DataError(
                f"weighting.rake={column!r}: {file} has no rows for it.{near(column, name.dropna().unique())} "
                f"It has {listed(name.dropna().unique())}."
            )
        shares = dict(zip(level[rows], share[rows], strict=True))
        total = sum(shares.values())
        scale = 100.0 if total > 50 else 1.0
        if len(shares) < rows.sum() or not all(v > 0 for v in shares.values()) or abs(total / scale - 1) > 0.01:
            raise DataError(
                f"files.margins={file!r}: the shares of {column!r} add up to {total:g}. They must be above 0, one row "
                "a level, and add up to 1 (or 100)."
            )
        found = data.loc[data["responded"] == 1, f"x_{column}"]
        unknown = sorted(set(found.dropna()) - set(shares))
        if unknown:
            raise DataError(
                f"weighting.rake={column!r}: {file} has no share for {listed(unknown)}.{near(unknown[0], shares)} "
                "Add it, or recode those forms."
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


def _refuse_missing(values: pd.Series[str], table: pd.DataFrame, what: str) -> None:
    if values.isna().any():
        place = table.loc[values.isna().idxmax(), "_place"]
        raise DataError(f"{what} is empty in {values.isna().sum()} rows (first: {place}). Fill it in.")


def _refuse_twice(ids: pd.Series[str], table: pd.DataFrame, column: str) -> None:
    if ids.duplicated().any():
        first = ids[ids.duplicated()].iloc[0]
        places: Sequence[str] = table.loc[ids == first, "_place"].tolist()
        raise DataError(
            f"columns.id={column!r}: {first!r} stands on {len(places)} forms ({', '.join(places[:2])}). "
            "Give every form of both waves its own id."
        )


def _known_communes(
    codes: pd.Series[str], table: pd.DataFrame, settings: Settings, communes: pd.DataFrame
) -> None:
    """Refuse forms of communes that the file of communes does not have."""
    unknown = ~codes.isin(communes.index)
    if not unknown.any():
        return
    row = unknown.idxmax()
    code = str(codes[row])
    wide = code.zfill(max(len(str(c)) for c in communes.index))
    hint = f" Its leading zeros are lost ({wide!r})?" if wide in communes.index else near(code, communes.index)
    raise ColumnError(
        f"columns.commune={settings['columns.commune']!r}: {code!r} in {table.loc[row, '_place']} is not in "
        f"{settings['files.communes']}.{hint} Add the commune there, or correct the code."
    )
