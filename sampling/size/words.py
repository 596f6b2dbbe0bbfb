"""What a size result says, in Vietnamese and in English."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ..format import Lang, integer, number, points, word

if TYPE_CHECKING:
    from .result import SizeResult

__all__ = ["CHOICES", "KINDS", "LABELS", "assumption_rows", "label", "of_shares", "trimmed", "value_text"]

KINDS = {
    "proportion": ("tỷ lệ", "proportion"),
    "mean": ("trung bình", "mean"),
    "total": ("tổng số", "total"),
    "difference": ("chênh lệch hai nhóm", "difference of two groups"),
    "change": ("thay đổi giữa hai đợt", "change between two waves"),
    "did": ("sai biệt kép (DiD)", "difference in differences"),
    "threshold": ("vượt ngưỡng", "threshold"),
    "acceptance": ("kiểm tra hồ sơ", "audit sample"),
    "yamane": ("Yamane – Slovin", "Yamane – Slovin"),
    "krejcie-morgan": ("Krejcie và Morgan", "Krejcie and Morgan"),
}

LABELS = {
    "p": ("tỷ lệ dự kiến", "share expected"),
    "p0": ("ngưỡng", "threshold"),
    "p1": ("tỷ lệ nhóm (đợt) 1", "share in group (wave) 1"),
    "p2": ("tỷ lệ nhóm (đợt) 2", "share in group (wave) 2"),
    "sd": ("độ lệch chuẩn", "standard deviation"),
    "mean": ("trung bình dự kiến", "mean expected"),
    "cv_population": ("CV của tổng thể", "CV of the population"),
    "margin": ("sai số biên mong muốn", "margin wanted"),
    "relative_margin": ("sai số biên tương đối mong muốn", "relative margin wanted"),
    "cv": ("CV mong muốn", "CV wanted"),
    "se": ("sai số chuẩn mong muốn", "standard error wanted"),
    "effect": ("mức chênh lệch", "effect"),
    "overlap": ("phần người hỏi lại ở đợt 2", "share of people asked again"),
    "rho": ("tương quan hai câu trả lời của một người", "correlation of a person's two answers"),
    "pxy": ("tỷ lệ “có” ở cả hai đợt", "share “yes” in both waves"),
    "ratio": ("cỡ nhóm 2 so với nhóm 1", "second size over first"),
    "sides": ("kiểm định", "test"),
    "power": ("lực kiểm định mong muốn", "power wanted"),
    "communes": ("số xã áp dụng", "adopting communes"),
    "comparison": ("số xã so sánh", "comparison communes"),
    "forms": ("phiếu phát ra mỗi xã, mỗi đợt", "forms per commune and wave"),
    "stability": ("tương quan của trung bình xã giữa hai đợt", "correlation of a commune's mean over time"),
    "method": ("phương pháp", "method"),
    "side": ("phía", "side"),
    "level": ("độ tin cậy", "confidence level"),
    "deff": ("hệ số thiết kế (deff)", "design effect (deff)"),
    "icc": ("hệ số tương quan nội cụm (ICC)", "intraclass correlation (ICC)"),
    "take": ("số người trả lời mỗi chùm", "answers per cluster"),
    "response": ("tỷ lệ trả lời", "response rate"),
    "population": ("quy mô tổng thể", "population size"),
    "domain": ("tỷ trọng của miền trong tổng thể", "share of the domain"),
    "tolerable": ("tỷ lệ sai sót phải loại trừ", "rate to be ruled out"),
    "accept": ("số sai sót được phép", "errors accepted"),
}

SHARES = ("p", "p0", "p1", "p2", "pxy", "overlap", "power", "response", "domain", "tolerable", "level",
          "relative_margin", "cv")  # fmt: skip
WHOLE = ("communes", "comparison", "forms", "population", "accept", "n", "n_answered", "total")
CHOICES = {
    "two": ("hai phía", "two-sided"),
    "one": ("một phía", "one-sided"),
    "above": ("cao hơn ngưỡng", "above"),
    "below": ("thấp hơn ngưỡng", "below"),
    "exact": ("chính xác (nhị thức)", "exact"),
    "normal": ("xấp xỉ chuẩn", "normal"),
    "wald": ("Wald", "Wald"),
    "wilson": ("Wilson", "Wilson"),
    "log-odds": ("log-odds", "log-odds"),
}


def label(name: str, lang: Lang) -> str:
    """Return the name of an assumption."""
    return LABELS[name][lang == "en"]


def trimmed(x: float, digits: int, lang: Lang) -> str:
    """Return a number without the zeros at its end."""
    text, mark = number(x, digits, lang), "," if lang == "vi" else "."
    return text.rstrip("0").rstrip(mark) if mark in text else text


def of_shares(result: SizeResult) -> bool:
    """Tell whether margins and effects of a result are shares."""
    given = result.assumptions
    return given.get("sd") is None and given.get("cv_population") is None


def value_text(result: SizeResult, name: str, value: Any, lang: Lang) -> str:
    """Return the value of an assumption or answer as it is read."""
    if isinstance(value, str):
        return CHOICES[value][lang == "en"]
    if isinstance(value, tuple):
        return "; ".join(trimmed(v, 4, lang) for v in value)
    if name in WHOLE:
        return integer(value, lang)
    if name in SHARES or (name in ("margin", "effect", "se") and of_shares(result)):
        if name in ("margin", "effect"):
            return points(value, 2 if abs(value) < 0.01 else 1, lang, sign=name == "effect")
        text = trimmed(100 * value, 2, lang)
        return f"{text} %" if lang == "vi" else f"{text}%"
    if name in ("margin", "effect", "se"):
        return trimmed(value, max(3 - math.floor(math.log10(abs(value) or 1)), 0), lang)
    return trimmed(value, 4, lang)


def assumption_rows(result: SizeResult, lang: Lang) -> list[tuple[str, str]]:
    """Return name and value of what came out and of everything that went in."""
    heads = {
        "n": ("số phiếu phát ra (n)", "forms to hand out (n)"),
        "n_answered": ("số trả lời dự kiến", "answers expected"),
        "clusters": (word("cluster", lang), word("cluster", lang)),
    }
    rows = [(text[lang == "en"], integer(getattr(result, name), lang)) for name, text in heads.items()
            if getattr(result, name) is not None]  # fmt: skip
    rows += [(label(name, lang), value_text(result, name, value, lang))
             for name, value in result.assumptions.items() if value is not None]  # fmt: skip
    return rows
