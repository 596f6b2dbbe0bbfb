"""The settings file of a report: its keys, how they are checked and how they are documented.

The table of keys is data (``templates/keys.toml``). The check of a file and the table in the README are both
made from it, so they cannot disagree.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sampling.checks import (
    ArgumentError,
    ColumnError,
    DataError,
    check_choice,
    check_fraction,
    listed,
    near,
    nfc,
)
from sampling.format import Lang

__all__ = ["SCHEMA", "Key", "Settings", "keys_table", "parse_date", "read_settings"]

COLUMN_OF = {"answer": "files.answers", "answers": "files.answers", "commune": "files.communes",
             "margin": "files.margins", "truth": "files.truth"}  # fmt: skip
WORDS_FOR_KINDS: dict[Lang, dict[str, str]] = {
    "vi": {
        "text": "chữ", "flag": "true/false", "number": "số", "date": "ngày", "file": "tệp",
        "files": "danh sách tệp",
        "value": "giá trị", "words": "danh sách giá trị", "answer": "cột của tệp phiếu",
        "answers": "danh sách cột của tệp phiếu", "commune": "cột của tệp xã", "margin": "cột của tệp cơ cấu",
        "truth": "cột của tệp giá trị thật", "groups": "tên nhóm = danh sách cột",
    },
    "en": {
        "text": "text", "flag": "true/false", "number": "number", "date": "date", "file": "file",
        "files": "list of files", "value": "value", "words": "list of values",
        "answer": "column of the forms",
        "answers": "list of columns of the forms", "commune": "column of the communes",
        "margin": "column of the margins", "truth": "column of the truth", "groups": "name = list of columns",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Key:
    """One key of the settings file."""

    name: str
    kind: str
    vi: str
    en: str
    of: tuple[str, ...] = ()
    default: Any = None
    optional: bool = False

    @property
    def required(self) -> bool:
        """Whether a file without this key is refused."""
        return self.default is None and not self.optional


def _load_schema() -> Mapping[str, Key]:
    path = Path(__file__).parents[1] / "templates" / "keys.toml"
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    rows = {name: row | {"of": tuple(row.get("of", ()))} for name, row in table.items()}
    return MappingProxyType({name: Key(name=name, **row) for name, row in rows.items()})


SCHEMA: Mapping[str, Key] = _load_schema()


@dataclass(frozen=True)
class Settings(Mapping[str, Any]):
    """The checked values of a settings file, by key: ``settings["columns.id"]``."""

    path: Path
    values_by_key: Mapping[str, Any]

    def __getitem__(self, key: str) -> Any:
        """Return the value of a key, its default if the file has none."""
        return self.values_by_key[key]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the keys of the schema."""
        return iter(self.values_by_key)

    def __len__(self) -> int:
        """Return the number of keys of the schema."""
        return len(self.values_by_key)

    @property
    def lang(self) -> Lang:
        """Language of the report."""
        return "en" if self["language"] == "en" else "vi"

    def columns_of(self, file_key: str) -> dict[str, list[str]]:
        """Return, for one file, the columns that each key names."""
        found: dict[str, list[str]] = {}
        for name, key in SCHEMA.items():
            value = self[name]
            if key.kind == "groups" and file_key == "files.answers":
                for group, items in (value or {}).items():
                    found[f"{name}.{group}"] = list(items)
            elif COLUMN_OF.get(key.kind) == file_key and value:
                found[name] = [value] if isinstance(value, str) else list(value)
        return found


def read_settings(path: str | Path, *, lang: Lang | None = None) -> Settings:
    """Read and check a settings file. The plan of the sample may stand in it as well, in the table ``plan``.

    Parameters
    ----------
    path : path
        The TOML file.
    lang : {"vi", "en"}, optional
        Goes before the language that the file names.

    Returns
    -------
    Settings
        Every key of the schema, with defaults where the file says nothing.

    Raises
    ------
    ColumnError
        A key that is unknown, or one that is missing.
    ArgumentError
        A value of the wrong kind.
    DataError
        The file is absent or is not TOML.

    Examples
    --------
    >>> from surveykit.report.starter import example_folder
    >>> settings = read_settings(example_folder() / "bao_cao.toml")
    >>> settings["columns.commune"], settings["report.level"]
    ('ma_xa', 0.95)
    """
    path = Path(path)
    table = _read_toml(path)
    if not isinstance(table.pop("plan", {}), dict):
        raise ArgumentError(
            f"{path.name}: 'plan' is not a table. Write it as Plan.to_toml does, or remove it."
        )
    given = dict(_flat(table))
    for name in given:
        if name not in SCHEMA:
            raise ColumnError(
                f"{path.name}: {name!r} is not a key of the settings.{near(name, SCHEMA)} "
                "Correct or remove it; the README lists the keys."
            )
    values: dict[str, Any] = {}
    for name, key in SCHEMA.items():
        if name in given:
            values[name] = _checked(key, given[name])
        elif key.required:
            raise ColumnError(f"{path.name}: the key {name!r} is missing. Add it: {key.en}.")
        else:
            values[name] = key.default
    values["language"] = lang or values["language"]
    _check_together(values)
    return Settings(path=path, values_by_key=MappingProxyType(values))


def parse_date(text: str) -> dt.date:
    """Return a date written year-month-day or day/month/year.

    >>> parse_date("2025-07-01") == parse_date("1/7/2025") == parse_date("2025-07-01 00:00:00")
    True
    """
    text = text.strip()
    for form in ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y"):
        try:
            return dt.datetime.strptime(text.split(" ")[0], form).date()
        except ValueError:
            continue
    raise ArgumentError(f"{text!r} is not a date. Write it as 2025-07-01 or 01/07/2025.")


def keys_table(lang: Lang = "vi") -> str:
    """Return the keys of the settings file as a Markdown table.

    >>> keys_table("en").splitlines()[2]
    '| `title` | text | required | Title of the report |'
    """
    vi = lang == "vi"
    head = "| Khóa | Loại | Mặc định | Ý nghĩa |" if vi else "| Key | Kind | Default | Meaning |"
    lines = [head, "|---|---|---|---|"]
    for key in SCHEMA.values():
        kind = " \\| ".join(f'`"{w}"`' for w in key.of) if key.of else WORDS_FOR_KINDS[lang][key.kind]
        if key.required:
            default = "bắt buộc" if vi else "required"
        elif key.optional:
            default = "không bắt buộc" if vi else "optional"
        else:
            default = f"`{_toml(key.default)}`"
        lines.append(f"| `{key.name}` | {kind} | {default} | {key.vi if vi else key.en} |")
    return "\n".join(lines) + "\n"


def _read_toml(path: Path) -> dict[str, Any]:
    if not path.is_file():
        others = [p.name for p in path.parent.glob("*.toml")] if path.parent.is_dir() else []
        raise DataError(
            f"{path}: there is no such file.{near(path.name, others)} Check the name, or make an example "
            "with `surveykit new FOLDER`."
        )
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise DataError(f"{path.name} is not written in UTF-8. Save it again as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{path.name} is not valid TOML: {error}. Correct that line.") from None


def _flat(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (dotted key, value); the table of item groups stays whole."""
    for name, value in table.items():
        key = f"{before}{name}"
        if isinstance(value, Mapping) and not (key in SCHEMA and SCHEMA[key].kind == "groups"):
            yield from _flat(value, f"{key}.")
        else:
            yield key, value


def _checked(key: Key, value: Any) -> Any:
    """Return the value in the form the rest of the program uses, or refuse it."""
    match key.kind:
        case "choice":
            return check_choice(value, key.of, key.name)
        case "flag":
            if isinstance(value, bool):
                return value
        case "number":
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                return check_fraction(value, key.name)
        case "date":
            return _date(key, value)
        case "value":
            if isinstance(value, (str, int)) and not isinstance(value, bool):
                return nfc(str(value))
        case "words" | "files" | "answers":
            values = value if isinstance(value, list) else [value]
            words = [nfc(str(v)) for v in values if isinstance(v, (str, int)) and not isinstance(v, bool)]
            if len(words) == len(values) and (words or key.default is not None):
                return words
        case "groups":
            if isinstance(value, dict) and all(isinstance(v, list) and v for v in value.values()):
                return {nfc(name): [nfc(str(v)) for v in items] for name, items in value.items()}
        case _:
            if isinstance(value, str) and value.strip():
                return nfc(value)
    kind = WORDS_FOR_KINDS["en"][key.kind]
    raise ArgumentError(f"{key.name}={value!r}: a {kind} is needed here ({key.en}).")


def _date(key: Key, value: Any) -> dt.date:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        return parse_date(str(value))
    except ArgumentError as error:
        raise ArgumentError(f"{key.name}: {error}") from None


def _check_together(values: Mapping[str, Any]) -> None:
    """Refuse values that contradict each other."""
    if values["waves.before.level"] == values["waves.after.level"]:
        raise ArgumentError(
            f"waves.after.level={values['waves.after.level']!r} is also waves.before.level. "
            "Give each wave its own value of the wave column."
        )
    if values["waves.before.date"] >= values["waves.after.date"]:
        raise ArgumentError(
            f"waves.after.date={values['waves.after.date']} is not later than "
            f"waves.before.date={values['waves.before.date']}. Correct the dates or swap the waves."
        )
    scale = values["outcome.scale"]
    for name in ("satisfied", "missing"):
        odd = [v for v in values[f"outcome.{name}"] if (v in scale) != (name == "satisfied")]
        if odd:
            place = "is not an answer of" if name == "satisfied" else "is also an answer of"
            raise ArgumentError(
                f"outcome.{name}={listed(odd)}: it {place} outcome.scale={scale}. Correct one of the two."
            )
    if values["design.selection"] == "probability" and not values["columns.weight"]:
        raise ColumnError(
            "The key 'columns.weight' is missing: design.selection=\"probability\" needs the design weights. "
            'Name their column, or say design.selection = "srs" or "self-selected".'
        )
    if values["weighting.rake"] and not values["files.margins"]:
        raise ColumnError(
            "The key 'files.margins' is missing: weighting.rake needs the population shares. "
            "Name their file, or remove weighting.rake."
        )
    if values["weighting.nonresponse_cells"] and not values["columns.responded"]:
        raise ColumnError(
            "The key 'columns.responded' is missing: weighting.nonresponse_cells needs to know who answered. "
            "Name its column, or remove weighting.nonresponse_cells."
        )


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)
