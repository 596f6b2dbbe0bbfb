"""Answers to a guess: right, not yet right by how much, or an invitation to guess."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from sampling.checks import ArgumentError, listed, nfc, plain
from sampling.format import number
from surveykit.lesson.replies import Reply

__all__ = ["predict_choice", "predict_number"]


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
