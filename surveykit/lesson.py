"""Predict first, then run: answers to a learner's guess, sentences and titled tables, all in Vietnamese.

Nothing here stops a notebook: no guess, or one that cannot be read, is answered with a friendly prompt.
"""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from sampling.checks import ArgumentError, check_choice, check_columns, check_frame, listed, nfc, plain
from sampling.format import integer, interval, number, points
from surveykit.result import Estimates

__all__ = [
    "Reply",
    "Titled",
    "in_words",
    "predict_choice",
    "predict_number",
    "reading",
    "show",
    "sliders",
    "table",
]

LARGE = 1000  # a column that reaches this is shown without decimals
UNITS = {"percent": "%", "points": "điểm phần trăm"}

COLOURS = {"đúng": "#2e7d32", "chưa đúng": "#b26a00", "chưa dự đoán": "#6b6b6b", "đọc": "#0072B2"}


class Reply(NamedTuple):
    """What a check answers; a notebook shows it as one marked paragraph.

    Attributes
    ----------
    status : {"đúng", "chưa đúng", "chưa dự đoán", "đọc"}
        "đọc" for a sentence that reads a result.
    text : str
        The answer.
    """

    status: str
    text: str

    def __repr__(self) -> str:
        """Return the answer as text."""
        return self.text

    def _repr_html_(self) -> str:
        colour = COLOURS[self.status]
        style = f"border-left: 4px solid {colour}; padding: 2px 12px; margin: 6px 0; max-width: 52em"
        return f'<p style="{style}">{html.escape(self.text, quote=False)}</p>'


class Titled(NamedTuple):
    """A table under its title.

    Attributes
    ----------
    title : str
    body : str
        HTML of the table.
    text : str
        The table as text.
    """

    title: str
    body: str
    text: str

    def __repr__(self) -> str:
        """Return title and table as text."""
        return f"{self.title}\n{self.text}"

    def _repr_html_(self) -> str:
        return f'<p style="margin-bottom:2px"><b>{html.escape(self.title, quote=False)}</b></p>{self.body}'


def show(result: Estimates | pd.DataFrame, title: str) -> Titled:
    """Return a result or a table under its title, numbers the Vietnamese way.

    Parameters
    ----------
    result : Estimates or DataFrame
        Rows that are only numbered lose their numbers.
    title : str
        Says “giả lập” where the data are synthetic.

    Returns
    -------
    Titled

    Examples
    --------
    >>> forms = pd.DataFrame({"xã": ["A", "B"], "phiếu": [1280, 32], "quyền số": [71.5, 98.25]})
    >>> show(forms, "Phiếu của hai xã (giả lập)")
    Phiếu của hai xã (giả lập)
    xã phiếu quyền số
     A 1.280    71,50
     B    32    98,25
    """
    if isinstance(result, Estimates):
        return Titled(title, result.to_html("vi"), repr(result))
    frame = check_frame(result, "result").apply(_texts)
    named = frame.index.names != [None] or not pd.api.types.is_integer_dtype(frame.index)
    return Titled(title, frame.to_html(index=named, border=0), frame.to_string(index=named))


def in_words(row: pd.Series[Any]) -> str:
    """Return a difference of shares with its interval, to stand in a sentence.

    Parameters
    ----------
    row : Series
        A row of ``Estimates.to_frame()``: estimate, ci_low, ci_high.

    Returns
    -------
    str

    Examples
    --------
    >>> in_words(pd.Series({"estimate": 0.068, "ci_low": 0.024, "ci_high": 0.112}))
    '+6,8 điểm phần trăm (từ +2,4 đến +11,2)'
    """
    ends = interval(row["ci_low"], row["ci_high"], unit="points").removesuffix(f" {UNITS['points']}")
    return f"{points(row['estimate'])} (từ {ends})"


def reading(text: str) -> Reply:
    """Return the sentence that reads a result, shown apart from the table it belongs to.

    Parameters
    ----------
    text : str
        Numbers already formatted, as by ``sampling.format``.

    Returns
    -------
    Reply

    Examples
    --------
    >>> reading("Tỷ lệ hài lòng là 83,0 %.")
    Đọc kết quả: Tỷ lệ hài lòng là 83,0 %.
    """
    return Reply("đọc", f"Đọc kết quả: {text}")


def table(
    estimates: pd.DataFrame, *, unit: Literal["percent", "points"] = "percent", rows: str = ""
) -> pd.DataFrame:
    """Return the table of a result for reading: estimate, interval, answers, degrees of freedom.

    Parameters
    ----------
    estimates : DataFrame
        As ``Estimates.to_frame()`` returns it; shares or their differences.
    unit : {"percent", "points"}
        Shares in per cent, or differences in percentage points, with their sign.
    rows : str
        What the rows are, written at their head.

    Returns
    -------
    DataFrame of text, numbers with a decimal comma

    Examples
    --------
    >>> change = pd.DataFrame({"estimate": [0.068], "ci_low": [0.024], "ci_high": [0.112], "df": [49.0]})
    >>> table(change.set_axis(["áp dụng"]), unit="points", rows="nhóm xã").loc["áp dụng"].tolist()
    ['+6,8', '+2,4 đến +11,2', '49']
    """
    check_choice(unit, tuple(UNITS), "unit")
    check_columns(estimates, ["estimate", "ci_low", "ci_high"], "estimates")
    ends = estimates[["ci_low", "ci_high"]].to_numpy(dtype=float)
    sign = unit == "points"
    texts = {
        f"ước lượng ({UNITS[unit]})": [number(100 * x, 1, sign=sign) for x in estimates["estimate"]],
        "khoảng tin cậy 95 %": [interval(*pair, unit=unit).removesuffix(f" {UNITS[unit]}") for pair in ends],
    }
    if "n" in estimates and not sign:
        texts["số trả lời"] = [integer(n) for n in estimates["n"]]
    if "df" in estimates:
        texts["bậc tự do"] = [integer(d) for d in estimates["df"]]
    out = pd.DataFrame(texts, index=estimates.index)
    return out.rename_axis(index=None, columns=rows or None) if out.index.nlevels == 1 else out


def predict_number(
    guess: Any, answer: float, *, near: float, digits: int = 0, unit: str = "", why: str = ""
) -> Reply:
    """Answer a guess of a number.

    Parameters
    ----------
    guess : number, text or None
        None: no guess yet. Text may have a decimal comma and the unit.
    answer : float
        The number that was worked out.
    near : float
        A guess at most this far from the answer is right.
    digits : int
        Decimals shown.
    unit : str
        Written after the numbers.
    why : str
        Explanation that ends the answer to any guess.

    Returns
    -------
    Reply

    Raises
    ------
    ArgumentError
        The answer is not a finite number, or ``near`` is negative or not a number.

    Examples
    --------
    >>> predict_number(None, 41.3, near=8)
    Chưa có dự đoán. Thay None bằng một con số (ví dụ: du_doan = 10), chạy lại ô đó rồi chạy lại ô này.
    >>> predict_number("12,5", 41.3, near=8, unit="điểm")
    Chưa đúng: bạn đoán 12,5 điểm, kết quả là 41 điểm; bạn đoán thấp hơn 29 điểm.
    """
    if not math.isfinite(answer):
        raise ArgumentError(f"answer={answer!r}: pass the finite number that was worked out.")
    if not near >= 0:
        raise ArgumentError(f"near={near!r}: pass how far from the answer a guess may be, 0 or more.")
    prompt = "một con số (ví dụ: du_doan = 10)"
    if guess is None:
        return _no_guess(f"Thay None bằng {prompt}")
    value = _number_of(guess, unit)
    if value is None:
        return _no_guess(f"Không đọc được {_shown(guess)} thành số. Thay bằng {prompt}", first="")
    shown, found = _with_unit(_guessed(value), unit), _with_unit(number(answer, digits), unit)
    away = abs(value - answer)
    if away <= near * (1 + 1e-9):
        return _closed("đúng", f"Đoán tốt: bạn đoán {shown}, kết quả là {found}.", why)
    side = "thấp" if value < answer else "cao"
    apart = _with_unit(number(away, digits), unit)
    text = f"Chưa đúng: bạn đoán {shown}, kết quả là {found}; bạn đoán {side} hơn {apart}."
    return _closed("chưa đúng", text, why)


def predict_choice(guess: Any, answer: str, options: Mapping[str, str], *, why: str = "") -> Reply:
    """Answer a guess of one choice among several.

    Parameters
    ----------
    guess : text or None
        A key of ``options``, or its words; case, blanks and Vietnamese marks are forgiven where that leaves
        one option only.
    answer : str
        The right key.
    options : mapping of key to words
        What may be chosen.
    why : str
        Explanation that ends the answer to any guess.

    Returns
    -------
    Reply

    Raises
    ------
    ArgumentError
        The answer is not among the options.

    Examples
    --------
    >>> widths = {"A": "hẹp hơn", "B": "rộng hơn"}
    >>> predict_choice(None, "B", widths)
    Chưa có dự đoán. Thay None bằng "A" hoặc "B" (ví dụ: du_doan = "A"), chạy lại ô đó rồi chạy lại ô này.
    >>> predict_choice("a", "B", widths, why="Hai sai số cộng lại.")
    Chưa đúng: bạn chọn A (hẹp hơn), kết quả là B (rộng hơn). Hai sai số cộng lại.
    """
    if answer not in options:
        raise ArgumentError(f"answer={answer!r} is not among the options. They are {listed(options)}.")
    keys = [f'"{key}"' for key in options]
    prompt = f"{' hoặc '.join(keys)} (ví dụ: du_doan = {keys[0]})"
    if guess is None:
        return _no_guess(f"Thay None bằng {prompt}")
    chosen = _option_of(guess, options)
    if chosen is None:
        return _no_guess(f"Không có lựa chọn {_shown(guess)}. Thay bằng {prompt}", first="")
    if chosen == answer:
        return _closed("đúng", f"Đúng: {answer} ({options[answer]}).", why)
    picked = f"{chosen} ({options[chosen]})"
    return _closed(
        "chưa đúng", f"Chưa đúng: bạn chọn {picked}, kết quả là {answer} ({options[answer]}).", why
    )


def sliders(sentence: Callable[..., str], **controls: Any) -> Any:
    """Put sliders above a sentence that is worked out anew when one of them moves.

    Parameters
    ----------
    sentence : function
        Takes the values of the controls by name and returns text; what it refuses is shown as text too.
    **controls : ipywidgets controls

    Returns
    -------
    ipywidgets.VBox

    Examples
    --------
    >>> import ipywidgets
    >>> box = sliders(lambda n: f"n = {n}", n=ipywidgets.IntSlider(5))
    >>> box.children[0].value = 7
    >>> box.children[-1].value
    '<p><b>n = 7</b></p>'
    """
    import ipywidgets

    said = ipywidgets.HTML()

    def say(_: Any = None) -> None:
        try:
            text = sentence(**{name: control.value for name, control in controls.items()})
        except (TypeError, ValueError) as error:
            text = str(error)
        said.value = f"<p><b>{html.escape(text, quote=False)}</b></p>"

    for control in controls.values():
        control.observe(say, "value")
    say()
    return ipywidgets.VBox([*controls.values(), said])


def _texts(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column as text: whole or large numbers without decimals, others with two."""
    if pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column):
        return column
    whole = (column.dropna() % 1 == 0).all() or column.abs().max() >= LARGE
    return column.map(integer if whole else number)


def _no_guess(text: str, *, first: str = "Chưa có dự đoán. ") -> Reply:
    return Reply("chưa dự đoán", f"{first}{text}, chạy lại ô đó rồi chạy lại ô này.")


def _closed(status: str, text: str, why: str) -> Reply:
    return Reply(status, f"{text} {why}".rstrip())


def _number_of(guess: Any, unit: str) -> float | None:
    """Return a guess as a number, or None if it is not one."""
    if isinstance(guess, str):
        text = nfc(guess).replace(nfc(unit), "") if unit else nfc(guess)
        guess = text.replace("%", "").replace("−", "-").replace("±", "").strip().replace(",", ".")
    elif isinstance(guess, (bool, np.bool_)):
        return None
    try:
        value = float(guess)
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None


def _option_of(guess: Any, options: Mapping[str, str]) -> str | None:
    """Return the one option that a guess names."""
    wanted = plain(str(guess))
    found = [key for key, words in options.items() if wanted in (plain(key), plain(words))]
    return found[0] if len(found) == 1 else None


def _guessed(value: float) -> str:
    """Return a guess with the decimals it was given, two at most."""
    digits = next((d for d in (0, 1) if math.isclose(value, round(value, d), abs_tol=1e-9)), 2)
    return number(value, digits)


def _with_unit(text: str, unit: str) -> str:
    return f"{text} {unit}" if unit else text


def _shown(guess: Any) -> str:
    text = repr(guess)
    return text if len(text) <= 40 else f"{text[:40]}…"
