"""One sentence that reads a size result, in Vietnamese and in English."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..format import Lang, integer, percent
from .words import CHOICES, KINDS, trimmed, value_text

if TYPE_CHECKING:
    from .result import SizeResult

__all__ = ["sentence"]


def sentence(result: SizeResult, lang: Lang) -> str:
    """Return the result in one sentence."""
    body = {
        "difference": _tested,
        "change": _tested,
        "did": _did,
        "threshold": _threshold,
        "acceptance": _acceptance,
    }.get(result.kind, _estimated)
    tail = "" if result.kind == "acceptance" else _tail(result, lang)
    return body(result, lang) + tail + "."


def _t(lang: Lang, vi: str, en: str) -> str:
    return vi if lang == "vi" else en


def _forms(result: SizeResult, lang: Lang) -> str:
    n, back = integer(result.n, lang), integer(result.n_answered, lang)
    if result.n == result.n_answered:
        return _t(lang, f"{n} phiếu", f"{n} forms")
    return _t(lang, f"{n} phiếu (khoảng {back} phiếu trả lời)", f"{n} forms (about {back} answers)")


def _level(result: SizeResult, lang: Lang) -> str:
    return value_text(result, "level", result.field.level, lang)


def _estimated(result: SizeResult, lang: Lang) -> str:
    given, kind = result.assumptions, KINDS[result.kind][lang == "en"]
    if result.kind in ("yamane", "krejcie-morgan"):
        kind = _t(lang, f"tỷ lệ (công thức {kind})", f"proportion (formula of {kind})")
    elif result.kind == "proportion":
        kind = _t(lang, "tỷ lệ", "proportion")
    if "p" in given:
        share = value_text(result, "p", given["p"], lang)
        kind = _t(lang, f"{kind} khoảng {share}", f"{kind} of about {share}")
    if given.get("domain") is not None:
        d = value_text(result, "domain", given["domain"], lang)
        kind = _t(
            lang, f"{kind} của một miền chiếm {d} tổng thể", f"{kind} in a domain of {d} of the population"
        )
    name = next((m for m in ("relative_margin", "cv", "se") if given.get(m) is not None), None)
    if result.margin is None and name is None:
        name = "relative_margin"
    if name is None:
        reach = _t(lang, "sai số biên ±", "a margin of ±") + value_text(result, "margin", result.margin, lang)
    else:
        text = value_text(result, name, getattr(result, name), lang)
        heads = {
            "relative_margin": ("sai số biên tương đối ±", "a relative margin of ±"),
            "cv": ("CV ", "a CV of "),
            "se": ("sai số chuẩn ", "a standard error of "),
        }
        reach = heads[name][lang == "en"] + text
    level = _level(result, lang)
    if result.solved == "n":
        return _t(
            lang,
            f"Cần phát {_forms(result, lang)} để ước lượng {kind} với {reach}, độ tin cậy {level}",
            f"Hand out {_forms(result, lang)} to estimate a {kind} with {reach} at {level} confidence",
        )
    return _t(
        lang,
        f"Phát {_forms(result, lang)} thì ước lượng {kind} có {reach}, độ tin cậy {level}",
        f"With {_forms(result, lang)} a {kind} is estimated with {reach} at {level} confidence",
    )


def _tested(result: SizeResult, lang: Lang) -> str:
    what = KINDS[result.kind][lang == "en"]
    first, second = (size for _, size in result.groups)
    per = ("mỗi nhóm", "each group") if result.kind == "difference" else ("mỗi đợt", "each wave")
    if first == second:
        forms = _t(
            lang, f"{integer(first, lang)} phiếu {per[0]}", f"{integer(first, lang)} forms in {per[1]}"
        )
    else:
        pair = f"{integer(first, lang)} + {integer(second, lang)}"
        forms = _t(lang, f"{pair} phiếu (nhóm, đợt 1 + 2)", f"{pair} forms (group, wave 1 + 2)")
    level = _level(result, lang)
    if result.power is None or result.effect is None:
        reach = _t(lang, "sai số biên ±", "a margin of ±") + value_text(result, "margin", result.margin, lang)
        return _t(
            lang,
            f"Cần phát {forms} để ước lượng {what} với {reach}, độ tin cậy {level}",
            f"Hand out {forms} to estimate a {what} with {reach} at {level} confidence",
        )
    return _power_words(result, lang, forms, what)


def _power_words(result: SizeResult, lang: Lang, forms: str, what: str) -> str:
    a = "an" if what.startswith("effect") else "a"
    effect = value_text(result, "effect", result.effect, lang)
    power, level = percent(result.power, 1, lang), _level(result, lang)
    sides = CHOICES[result.assumptions["sides"]][lang == "en"]
    test = _t(lang, f"kiểm định {sides}, độ tin cậy {level}", f"{sides} test at {level} confidence")
    if result.solved == "effect":
        return _t(
            lang,
            f"Phát {forms} thì phát hiện được {what} từ {effect} với lực kiểm định {power} ({test})",
            f"With {forms} {a} {what} of {effect} can be found with power {power} ({test})",
        )
    if result.solved == "power":
        return _t(
            lang,
            f"Phát {forms} thì phát hiện {what} {effect} với lực kiểm định {power} ({test})",
            f"With {forms} {a} {what} of {effect} is found with power {power} ({test})",
        )
    return _t(
        lang,
        f"Cần phát {forms} để phát hiện {what} {effect} với lực kiểm định {power} ({test})",
        f"Hand out {forms} to find {a} {what} of {effect} with power {power} ({test})",
    )


def _did(result: SizeResult, lang: Lang) -> str:
    given = result.assumptions
    g, k, m = (integer(given[name], lang) for name in ("communes", "comparison", "forms"))
    n = integer(result.n, lang)
    forms = _t(
        lang,
        f"{n} phiếu mỗi đợt ({g} xã áp dụng + {k} xã so sánh, {m} phiếu mỗi xã)",
        f"{n} forms in each wave ({g} adopting + {k} comparison communes, {m} forms each)",
    )
    return _power_words(result, lang, forms, _t(lang, "tác động (DiD)", "effect (DiD)"))


def _threshold(result: SizeResult, lang: Lang) -> str:
    given = result.assumptions
    p0, p = (value_text(result, name, given[name], lang) for name in ("p0", "p"))
    side = CHOICES[given["side"]][lang == "en"]
    power, level = percent(result.power, 1, lang), _level(result, lang)
    vi_side, en_side = ("trên", "above") if given["side"] == "above" else ("dưới", "below")
    del side
    forms = _forms(result, lang)
    if result.solved == "n":
        return _t(
            lang,
            f"Cần phát {forms} để chứng tỏ tỷ lệ {vi_side} {p0} khi tỷ lệ thật là {p}, "
            f"với lực kiểm định {power} (một phía, độ tin cậy {level})",
            f"Hand out {forms} to show that a share is {en_side} {p0} when it truly is {p}, "
            f"with power {power} (one-sided, {level} confidence)",
        )
    return _t(
        lang,
        f"Phát {forms} thì khi tỷ lệ thật là {p}, khả năng chứng tỏ được tỷ lệ {vi_side} {p0} là "
        f"{power} (một phía, độ tin cậy {level})",
        f"With {forms}, when the share truly is {p}, the chance to show that it is {en_side} {p0} is "
        f"{power} (one-sided, {level} confidence)",
    )


def _acceptance(result: SizeResult, lang: Lang) -> str:
    given = result.assumptions
    n, c = integer(result.n, lang), integer(given["accept"], lang)
    rate, level = (value_text(result, name, given[name], lang) for name in ("tolerable", "level"))
    return _t(
        lang,
        f"Cần xem {n} hồ sơ: nếu có không quá {c} sai sót thì tỷ lệ sai sót dưới {rate} "
        f"với độ tin cậy {level}",
        f"Look at {n} records: with no more than {c} errors the rate of errors is below {rate} "
        f"at {level} confidence",
    )


def _tail(result: SizeResult, lang: Lang) -> str:
    parts = []
    if result.kind != "did":
        parts.append(f"deff {trimmed(result.field.deff, 2, lang)}")
    if result.field.icc is not None:
        parts.append(f"ICC {trimmed(result.field.icc, 3, lang)}")
    if result.kind == "did":
        parts.append(f"ICC {trimmed(result.assumptions['icc'], 3, lang)}")
    response = value_text(result, "response", result.field.response, lang)
    parts.append(_t(lang, f"tỷ lệ trả lời {response}", f"response rate {response}"))
    if result.field.population is not None:
        N = integer(result.field.population, lang)
        parts.append(_t(lang, f"tổng thể {N} người", f"population {N}"))
    if result.clusters is not None and result.kind != "did":
        parts.append(
            _t(lang, f"{integer(result.clusters, lang)} chùm", f"{integer(result.clusters, lang)} clusters")
        )
    return "; " + ", ".join(parts)
