"""Vietnamese and English words for methods and stages of a draw."""

from __future__ import annotations

from collections.abc import Mapping

from ..format import WORDS, Lang

__all__ = ["HOUSEHOLD", "METHOD_WORDS", "RULES", "USES", "method_words", "unit_word"]

#: Rules that are carried out in the field, where there is no list to draw from.
HOUSEHOLD = ("kish", "birthday", "list")
RULES = ("every", *HOUSEHOLD)

#: What a row of the drawn table is for.
USES: Mapping[str, tuple[str, str]] = {
    "main": ("chính thức", "main"),
    "reserve": ("dự phòng", "reserve"),
    "released": ("dự phòng đã dùng", "reserve in use"),
    "replaced": ("đã thay", "replaced"),
}

METHOD_WORDS: Mapping[str, tuple[str, str]] = {
    "srs": ("ngẫu nhiên đơn giản", "simple random sampling"),
    "bernoulli": ("Bernoulli, xác suất bằng nhau", "Bernoulli sampling, equal probabilities"),
    "poisson": ("Poisson, xác suất tỷ lệ với quy mô", "Poisson sampling, probability proportional to size"),
    "systematic": ("ngẫu nhiên hệ thống", "systematic sampling"),
    "pps_systematic": ("PPS hệ thống", "systematic PPS sampling"),
    "pps_randomised": ("PPS hệ thống, thứ tự xáo ngẫu nhiên", "randomised systematic PPS sampling"),
    "pps_brewer": ("PPS Brewer", "PPS sampling by Brewer's method"),
    "pps_sampford": ("PPS Sampford", "PPS sampling by Sampford's method"),
    "pps_conditional_poisson": ("PPS Poisson có điều kiện", "conditional Poisson PPS sampling"),
    "pps_tille": ("PPS Tillé", "PPS sampling by Tillé's elimination"),
    "pps_pivotal": ("PPS trục xoay theo thứ tự", "ordered pivotal PPS sampling"),
    "pps_pivotal_random": ("PPS trục xoay, thứ tự ngẫu nhiên", "random pivotal PPS sampling"),
    "pps_pareto": ("PPS Pareto", "Pareto PPS sampling"),
    "cube": ("chọn mẫu cân bằng (cube)", "balanced sampling (cube)"),
    "local_pivotal": ("trải đều trên bản đồ (local pivotal)", "spatially balanced (local pivotal)"),
    "every": ("theo khoảng cách đều tại thực địa", "at a fixed interval in the field"),
    "kish": ("một người trong hộ theo bảng Kish", "one person of the household by the Kish grid"),
    "birthday": ("một người trong hộ theo ngày sinh", "one person of the household by birthday"),
    "list": (
        "một người trong hộ, ngẫu nhiên từ danh sách đủ",
        "one person of the household at random from the full list",
    ),
}

#: Units of common stages, where the glossary says it in more words than a sentence can bear.
UNITS: Mapping[str, tuple[str, str]] = {
    "commune": ("xã/phường", "commune"),
    "village": ("thôn", "village"),
    "adult": ("người lớn", "adult"),
    "citizen": ("người dân", "citizen"),
    "hour": ("khung giờ", "hour"),
    "visitor": ("lượt khách", "visitor"),
}


def method_words(method: str, lang: Lang = "vi") -> str:
    """Return a method in words.

    >>> method_words("pps_systematic"), method_words("srs", "en")
    ('PPS hệ thống', 'simple random sampling')
    """
    return METHOD_WORDS[method][0 if lang == "vi" else 1]


def unit_word(stage: str, lang: Lang = "vi") -> str:
    """Return the word for the units of a stage: that of the glossary, else the name itself.

    >>> unit_word("commune"), unit_word("commune", "en"), unit_word("bản")
    ('xã/phường', 'commune', 'bản')
    """
    return (UNITS.get(stage) or WORDS.get(stage) or (stage, stage))[0 if lang == "vi" else 1]
