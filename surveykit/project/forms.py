"""Check the forms, one row each, and give them fixed column names."""

from __future__ import annotations

import pandas as pd

from sampling.checks import ColumnError, DataError, listed, near

from .files import at, refuse_missing, to_number
from .settings import Settings

__all__ = ["answers"]

YES, NO = ("1", "true", "có", "yes"), ("0", "false", "không", "no")


def answers(
    table: pd.DataFrame, settings: Settings, communes: pd.DataFrame
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the forms with fixed column names, and the name of each group of items."""

    def column(role: str) -> str:
        return str(settings[f"columns.{role}"])

    out = pd.DataFrame({"id": table[column("id")]})
    refuse_missing(out["id"], table, f"columns.id={column('id')!r}")
    _refuse_twice(out["id"], table, column("id"))
    out["wave"] = _waves(table, column("wave"), settings)
    out["commune"] = table[column("commune")]
    refuse_missing(out["commune"], table, f"columns.commune={column('commune')!r}")
    _known_communes(out["commune"], table, settings, communes)
    for role in ("village", "stratum"):
        if settings[f"columns.{role}"]:
            out[role] = table[column(role)]
            refuse_missing(out[role], table, f"columns.{role}={column(role)!r}")
    if "village" in out:
        out["village"] = out["commune"] + " / " + out["village"]  # the same number may stand in two communes
    if settings["columns.weight"]:
        out["weight"] = to_number(table, column("weight"), "columns.weight")
        refuse_missing(out["weight"], table, f"columns.weight={column('weight')!r}")
        if (out["weight"] <= 0).any():
            raise DataError(
                f"columns.weight={column('weight')!r}: {at(table, column('weight'), out['weight'] <= 0)}; "
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
            refuse_missing(table.loc[rows, name], table, f"{key}={name!r}")
    for wave, key in ((1, "before"), (2, "after")):
        if not (answered & out["satisfied"].notna() & (out["wave"] == wave)).any():
            raise DataError(
                f"waves.{key}.level={settings[f'waves.{key}.level']!r}: no form of this wave has an answer "
                f"to {settings['outcome.main']!r}. Check columns.wave, columns.responded and the files."
            )
    return out, groups


def _waves(table: pd.DataFrame, column: str, settings: Settings) -> pd.Series[int]:
    """Return 1 for the earlier and 2 for the later wave."""
    levels = {settings["waves.before.level"]: 1, settings["waves.after.level"]: 2}
    wave = table[column].map(levels)
    if wave.isna().any():
        before, after = levels
        raise DataError(
            f"columns.wave={column!r}: {at(table, column, wave.isna())} is neither "
            f"waves.before.level={before!r} nor waves.after.level={after!r}. "
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
        raise DataError(
            f"columns.responded={column!r}: {at(table, column, words.isna())} says neither yes nor no. "
            "Write 1 for a usable answer, 0 for none."
        )
    numbers: pd.Series[int] = words.astype(int)
    return numbers


def _scale(table: pd.DataFrame, column: str, key: str, settings: Settings) -> pd.Series[str]:
    """Return answers that stand on the scale; codes for "no answer" become missing."""
    answer = table[column].str.replace(r"^(-?\d+)[.,]0+$", r"\1", regex=True)
    answer = answer.mask(answer.isin(settings["outcome.missing"]))
    odd = answer.notna() & ~answer.isin(settings["outcome.scale"])
    if odd.any():
        raise DataError(
            f"{key}={column!r}: {at(table, column, odd)} is not an answer of "
            f"outcome.scale={settings['outcome.scale']}. Correct it, or name the code in outcome.missing."
        )
    return answer


def _share_satisfied(answers: pd.DataFrame, settings: Settings) -> pd.Series[float]:
    """Return each person's share of satisfied answers among those given; missing if none was given."""
    given = answers.notna()
    good = answers.isin(settings["outcome.satisfied"]) & given
    count = given.sum(axis=1).astype(float)
    return good.sum(axis=1).div(count.where(count > 0))


def _refuse_twice(ids: pd.Series[str], table: pd.DataFrame, column: str) -> None:
    if ids.duplicated().any():
        first = ids[ids.duplicated()].iloc[0]
        places = table.loc[ids == first, "_place"].astype(str).tolist()
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
    code = str(codes[unknown].iloc[0])
    wide = code.zfill(max(len(str(c)) for c in communes.index))
    lost = wide in communes.index
    hint = f" Its leading zeros are lost ({wide!r})?" if lost else near(code, communes.index)
    column = str(settings["columns.commune"])
    raise ColumnError(
        f"columns.commune={column!r}: {at(table, column, unknown)} is not in "
        f"{settings['files.communes']}.{hint} Add the commune there, or correct the code."
    )
