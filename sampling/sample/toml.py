"""Write TOML, which the standard library only reads; and read it with errors that name the file."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..checks import DataError, near

__all__ = ["read_toml", "to_toml", "write_text"]

BARE = re.compile(r"[A-Za-z0-9_-]+")


def to_toml(table: Mapping[str, Any], where: str = "") -> str:
    """Return a table as TOML; missing values (None) are left out.

    >>> print(to_toml({"a": 1, "b": {"c": "x", "d": [{"e": True}]}}), end="")
    a = 1
    <BLANKLINE>
    [b]
    c = "x"
    <BLANKLINE>
    [[b.d]]
    e = true
    """
    values, tables = [], []
    for name, value in table.items():
        key = _key(name)
        place = f"{where}.{key}" if where else key
        if isinstance(value, Mapping):
            tables.append(f"\n[{place}]\n{to_toml(value, place)}")
        elif isinstance(value, (list, tuple)) and value and all(isinstance(v, Mapping) for v in value):
            tables += [f"\n[[{place}]]\n{to_toml(v, place)}" for v in value]
        elif value is not None:
            values.append(f"{key} = {_value(value)}\n")
    return "".join(values + tables)


def _key(name: str) -> str:
    return name if BARE.fullmatch(name) else _value(name)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_value, value))}]"
    raise TypeError(f"{value!r} is a {type(value).__name__}; TOML holds text, numbers, dates and lists.")


def read_toml(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the tables of a file."""
    path = Path(path)
    if not path.is_file():
        others = [p.name for p in path.parent.glob("*.toml")] if path.parent.is_dir() else []
        raise DataError(f"{path.name}: there is no such file.{near(path.name, others)} Check the name.")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise DataError(f"{path.name} is not written in UTF-8. Save it again as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{path.name} is not valid TOML: {error}. Correct that line.") from None


def write_text(path: Path, text: str) -> None:
    """Write a file in whole or not at all: under another name first, then renamed."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8", newline="\n")
    part.replace(path)
