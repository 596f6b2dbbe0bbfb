"""Which units meet a condition that a user wrote."""

from __future__ import annotations

import re

import pandas as pd

from ..checks import ArgumentError, ColumnError, near

__all__ = ["meets"]


def meets(units: pd.DataFrame, condition: str) -> pd.Series[bool]:
    """Return which units meet a condition written as for DataFrame.query."""
    if not isinstance(condition, str):
        raise TypeError(
            f"condition is a {type(condition).__name__}; write it as text, as in \"type == 'xã'\"."
        )
    if "@" in condition or "__" in condition:
        raise ArgumentError(
            f"condition={condition!r}: it may name columns and values only, without '@' and '__'."
        )
    try:
        found = units.eval(condition, engine="python")
    except pd.errors.UndefinedVariableError as error:
        named = re.search(r"'(.+?)'", str(error))
        absent = named.group(1) if named else "?"
        raise ColumnError(
            f"condition={condition!r}: the data have no column {absent!r}.{near(absent, units.columns)} "
            "(Text values need quotation marks.)"
        ) from error
    except (SyntaxError, TypeError, ValueError, KeyError, AttributeError) as error:
        raise ArgumentError(
            f"condition={condition!r} cannot be read ({str(error).splitlines()[0]}). "
            "Write it like \"type == 'xã' and so_ho > 100\"."
        ) from error
    if not isinstance(found, pd.Series) or not pd.api.types.is_bool_dtype(found.dtype):
        raise ArgumentError(
            f"condition={condition!r} gives no yes or no for each unit. "
            'Write a comparison, as in "so_ho > 100".'
        )
    return found.fillna(False).astype(bool)
