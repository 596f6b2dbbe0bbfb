"""What a size result assumed without being told, and what it leaves out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..format import Lang, integer
from .words import value_text

if TYPE_CHECKING:
    from .result import SizeResult

__all__ = ["limits"]


def _t(lang: Lang, vi: str, en: str) -> str:
    return vi if lang == "vi" else en


ASSUMED = {
    "p": (
        "Chưa biết tỷ lệ nên lấy 50 %, khi đó cỡ mẫu lớn nhất.",
        "The share is not known, so 50% is taken, which needs the largest sample.",
    ),
    "deff": (
        "Lấy deff = 1, tức là chọn mẫu ngẫu nhiên đơn giản: mẫu chùm cần nhiều phiếu hơn.",
        "deff = 1 is taken, as if it were a simple random sample: clusters need more forms.",
    ),
    "deff below 1": (
        "Cuộc điều tra trước có deff dưới 1; khi lập kế hoạch lấy deff = 1.",
        "The earlier survey had a deff below 1; for planning deff = 1 is taken.",
    ),
    "weights": (
        "deff tính từ ICC của cuộc điều tra trước, chưa kể phần do quyền số không đều.",
        "deff comes from the ICC of the earlier survey; what unequal weights add is not in it.",
    ),
    "response": (
        "Chưa tính phần không trả lời (lấy tỷ lệ trả lời 100 %).",
        "Nobody is taken to refuse (a response rate of 100%).",
    ),
    "power": ("Lực kiểm định không nêu nên lấy 80 %.", "The power was not given, so 80% is taken."),
    "stability": (
        "Tương quan của trung bình xã giữa hai đợt không nêu nên lấy 0: cần nhiều xã nhất.",
        "The correlation of a commune's mean over time was not given, so 0 is taken: it needs the most "
        "communes.",
    ),
}


def limits(result: SizeResult, lang: Lang) -> tuple[str, ...]:
    """Return what was assumed without being said, and what the number leaves out."""
    said = [ASSUMED[name][lang == "en"] for name in result.assumed]
    if result.kind == "yamane":
        e = value_text(result, "margin", result.margin, lang)
        said.insert(
            0,
            _t(
                lang,
                f"Công thức Yamane (Slovin) chỉ là công thức Cochran với p = 0,5 và z = 2 "
                f"(độ tin cậy 95,45 %), sai số biên ±{e}. "
                "Công thức không có deff và không có phần không trả lời.",
                f"Yamane's (Slovin's) formula is Cochran's with p = 0.5 and z = 2 (95.45% confidence), "
                f"margin ±{e}. It has neither a design effect nor nonresponse.",
            ),
        )
    if result.kind == "krejcie-morgan":
        said.insert(
            0,
            _t(
                lang,
                "Bảng Krejcie và Morgan không có deff và không có phần không trả lời.",
                "Krejcie and Morgan's table has neither a design effect nor nonresponse.",
            ),
        )
    if result.field.population is not None and result.field.deff > 1:
        said.append(
            _t(
                lang,
                "Hiệu chỉnh tổng thể hữu hạn tính trước deff (trên cỡ mẫu hiệu dụng), nên không hứa quá.",
                "The finite population correction is taken before deff (on the effective size), so it does "
                "not promise too much.",
            )
        )
    if result.kind == "did" and min(result.assumptions["communes"], result.assumptions["comparison"]) < 6:
        said.append(
            _t(
                lang,
                "Có nhóm dưới 6 xã: kết luận sẽ dựa trên rất ít xã.",
                "An arm has fewer than 6 communes: the conclusion will rest on very few.",
            )
        )
    if result.kind == "threshold" and result.critical is not None:
        said.append(_critical(result, lang))
    return tuple(said)


def _critical(result: SizeResult, lang: Lang) -> str:
    k = int(result.field.srs(result.n, "share") * (1 + 1e-10))
    c, N = integer(result.critical, lang), integer(k, lang)
    if not 0 <= (result.critical or 0) <= k:
        return _t(
            lang,
            f"Với {N} câu trả lời hiệu dụng, kết quả nào cũng chưa đủ để chứng tỏ.",
            f"With {N} effective answers no result is enough to show it.",
        )
    if result.assumptions["side"] == "above":
        return _t(
            lang,
            f"Cần ít nhất {c} “có” trong {N} câu trả lời hiệu dụng.",
            f"At least {c} “yes” among {N} effective answers are needed.",
        )
    return _t(
        lang,
        f"Nhiều nhất {c} “có” trong {N} câu trả lời hiệu dụng.",
        f"At most {c} “yes” among {N} effective answers.",
    )
