"""Codes and names as text: the canonical text of an id, keys of Vietnamese names, matching of codes."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .checks import ArgumentError, DataError, SurveyWarning, listed, nfc, plain

__all__ = [
    "among",
    "bare",
    "day",
    "own_codes",
    "person_key",
    "placed",
    "province_key",
    "spelling",
    "text",
    "texts",
    "visible",
    "warn_unmatched",
    "width",
]

HIDDEN = (
    "\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"
)
BLANKS = "\t-\r\u0085\u00a0\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"  # that are no plain space
INVISIBLE, ODD_BLANK = re.compile(f"[{HIDDEN}]"), re.compile(f"[{BLANKS}]")
STRAY = re.compile(f"[{HIDDEN}{BLANKS}]|^ | $|  ")
MARKS = re.compile("[\u0300-\u036f]")
TONES = "\u0300\u0301\u0303\u0309\u0323"
MOVED = re.compile(
    f"([{TONES}])((?:[^\\W\\d_]|[\u0302\u0306\u031b])+)"
)  # a tone and the rest of its syllable
FINAL_Y = re.compile("(?<=[bcdđfghklmnpqrstvxz])y(?![^\\W\\d_])|(?<=qu)y(?![^\\W\\d_])")
KINDS = re.compile(
    r"^(?:(?:xã|phường|thị trấn|đặc khu|thôn|bản|ấp|khóm|buôn|làng|khu phố|tổ dân phố)\s+"
    r"|(?:tdp|kp|tt|x|p)(?:\.\s*|\s+))",
    re.IGNORECASE,
)
SHORT = {"hcm": "ho chi minh", "tphcm": "ho chi minh", "sai gon": "ho chi minh", "thua thien hue": "hue"}


def day(value: dt.date | str, argument: str = "as_of") -> dt.date:
    """Return a day that was given as a date or as text "yyyy-mm-dd".

    >>> day("2025-07-01")
    datetime.date(2025, 7, 1)
    """
    try:
        found = dt.date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise ArgumentError(f"{argument}={value!r} is not a day. Write it as 'yyyy-mm-dd'.") from None
    if not isinstance(found, dt.date) or pd.isna(found):
        raise TypeError(f"{argument}={value!r}: pass a date, or text such as '2025-07-01'.")
    return dt.date(found.year, found.month, found.day)


# --- the text of one value ----------------------------------------------------------------------------------


def text(value: Any) -> str:
    """Return one value as text that does not depend on its type: 5, 5.0 and "5" are alike.

    >>> text(5.0), text(np.int64(5)), text(" 05 "), text(True)
    ('5', '5', '05', 'True')
    """
    if isinstance(value, str):
        return nfc(value)
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, (int, float, np.number)):
        return str(int(value)) if np.isfinite(value) and value == int(value) else repr(float(value))
    if isinstance(value, (dt.date, np.datetime64)):
        return pd.Timestamp(value).isoformat().removesuffix("T00:00:00")
    return nfc(str(value))


def texts(column: pd.Series[Any]) -> list[str]:
    """Return the canonical text of each value; missing values are empty.

    >>> texts(pd.Series([1.0, None, 2.5]))
    ['1', '', '2.5']
    """
    codes, values = pd.factorize(column)
    found = [*map(text, values), ""]  # code -1, missing, takes the last
    return [found[code] for code in codes]


# --- keys for comparing names -------------------------------------------------------------------------------


def visible(name: str) -> str:
    r"""Return text without invisible letters and with single plain blanks.

    >>> visible(" A\u00a0 1\u200b")
    'A 1'
    """
    if STRAY.search(name) is None:
        return name
    return " ".join(INVISIBLE.sub("", ODD_BLANK.sub(" ", name)).split())


def placed(name: str) -> str:
    """Return a name with every tone at the end of its syllable, in lower case, with single blanks.

    The old and the new way of placing a tone give one key, other marks still count.

    >>> placed("HÒA  Bình") == placed("Hoà Bình"), placed("Thuỷ") == placed("Thủy")
    (True, True)
    >>> placed("Hóa") == placed("Hòa"), placed("Tân") == placed("Tăn")
    (False, False)
    """
    clean = visible(name).casefold()
    return clean if clean.isascii() else MOVED.sub(r"\2\1", unicodedata.normalize("NFD", clean))


def spelling(name: str) -> str:
    """Return the key of a place's name: tones as in `placed`, and a final i for a final y.

    >>> spelling("Xã Mỹ Lý") == spelling("xã Mĩ Lí"), spelling("Thuý") == spelling("Thúi")
    (True, False)
    """
    return FINAL_Y.sub("i", placed(name))


def bare(name: str) -> str:
    """Return a name without its kind, its marks and capitals: the loosest of the keys.

    Names with the same `spelling` have the same.

    >>> bare("Thị trấn Hoà An"), bare("X. Hòa An"), bare("TDP 5")
    ('hoa an', 'hoa an', '5')
    """
    words = KINDS.sub("", unicodedata.normalize("NFC", visible(name))).casefold()
    if not words.isascii():
        words = MARKS.sub("", unicodedata.normalize("NFD", words)).replace("đ", "d")
    return FINAL_Y.sub("i", words) if "y" in words else words


def province_key(name: str) -> str:
    """Return a province's name without its kind, marks and punctuation.

    >>> province_key("TP. Hồ Chí Minh"), province_key("Tỉnh Cao Bằng")
    ('ho chi minh', 'cao bang')
    """
    words = re.sub(r"[\s.\-–]+", " ", plain(nfc(name))).strip()
    words = re.sub(r"^(tinh|thanh pho|tp|thu do) ", "", words)
    return SHORT.get(words, words)


def person_key(table: pd.DataFrame) -> pd.Series[str]:
    """Return one key for each line from all columns of a table; empty where any of them is missing.

    >>> person_key(pd.DataFrame({"ten": ["Lê  Hòa", "LÊ HOÀ ", None], "nam": [1980, 1980.0, 1991]})).nunique()
    2
    """
    parts = []
    for name in table.columns:
        codes, values = pd.factorize(table[name])
        found = np.array([*(placed(text(value)) for value in values), ""], dtype=object)
        parts.append(pd.Series(found[codes], dtype=object))
    joined = parts[0]
    for part in parts[1:]:
        joined = joined + "\x1f" + part
    empty = pd.concat([part == "" for part in parts], axis=1).any(axis=1)
    return joined.mask(empty, "")


# --- matching of codes --------------------------------------------------------------------------------------


def among(column: Iterable[Any], codes: Iterable[Any]) -> npt.NDArray[np.bool_]:
    """Mark the values that are among the codes; for text much faster than `Series.isin`.

    >>> among(["a", "b"], ["b", "c"]).tolist()
    [False, True]
    """
    there = set(codes)
    return np.array([value in there for value in column], dtype=np.bool_)


def width(ids: pd.Series[str]) -> int:
    """Return the number of digits if all codes have the same, else 0.

    >>> width(pd.Series(["01273", "01279"])), width(pd.Series(["1", "12"]))
    (5, 0)
    """
    widths = set(ids.str.len())
    return widths.pop() if ids.str.fullmatch("[0-9]+").all() and len(widths) == 1 else 0


def own_codes(
    column: pd.Series[Any], on: str, width: int, *, argument: str = "on", stacklevel: int = 3
) -> pd.Series[str]:
    """Return the codes of a user's table as text, leading zeros put back; refuse unusable ones.

    Parameters
    ----------
    column : codes as the user has them
    on, argument : name of the column, and of the argument that named it, for the sentences
    width : number of digits of a code; 0 mends nothing
    stacklevel : of the warning, counted from here
    """
    codes = pd.Series(texts(column), dtype="str").str.replace(r"^([0-9]+)\.0+$", r"\1", regex=True)
    if (codes == "").any():
        rows = list(np.flatnonzero(codes == ""))
        raise DataError(f"{argument}={on!r}: no code in row {listed(rows)}. Fill them in or drop these rows.")
    short = codes.str.fullmatch("[0-9]+") & (codes.str.len() < width)
    if short.any():
        mended = codes.where(~short, codes.str.zfill(width))
        warnings.warn(
            f"{argument}={on!r}: {int(short.sum())} codes lack their leading zeros and were mended, "
            f"{codes[short].iloc[0]!r} to {mended[short].iloc[0]!r}. "
            f"Keep codes as text: pd.read_csv(..., dtype={{{on!r}: str}}).",
            SurveyWarning,
            stacklevel=stacklevel,
        )
        codes = mended
    twice = codes[codes.duplicated()].unique()
    if len(twice):
        raise DataError(
            f"{argument}={on!r}: {listed(twice)} stand in more than one row. Keep one row per unit."
        )
    return codes


def warn_unmatched(codes: pd.Series[str], ids: pd.Series[str], on: str) -> None:
    """Warn of units without a row and of rows without a unit; refuse if nothing matches."""
    without, unknown = ids[~among(ids, codes)], codes[~among(codes, ids)]
    if len(without) == len(ids):
        raise DataError(
            f"on={on!r}: none of the {len(codes)} codes is in the frame; the table has {listed(codes, 3)}, "
            f"the frame {listed(ids, 3)}. Are these codes of before 1 July 2025? See sampling.crosswalk()."
        )
    parts = []
    if len(without):
        parts.append(f"{len(without)} units of the frame have no row, so no value: {listed(without)}.")
    if len(unknown):
        parts.append(f"{len(unknown)} codes of the table are not in the frame: {listed(unknown)}.")
    if parts:
        warnings.warn(f"on={on!r}: {' '.join(parts)}", SurveyWarning, stacklevel=3)
