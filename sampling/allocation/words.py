"""The words of allocations and expected precision, in Vietnamese and in English."""

from __future__ import annotations

from collections.abc import Mapping

from ..checks import check_choice
from ..format import LANGS, Lang

__all__ = ["METHODS", "TEXTS", "say"]

METHODS: Mapping[str, tuple[str, str]] = {
    "equal": ("đều, mỗi tầng như nhau", "equal in every stratum"),
    "proportional": ("tỷ lệ với quy mô", "proportional to size"),
    "square_root": ("tỷ lệ với căn bậc hai của quy mô", "proportional to the square root of size"),
    "power": ("tỷ lệ với lũy thừa của quy mô", "proportional to a power of size"),
    "neyman": ("Neyman, sai số chung nhỏ nhất", "Neyman, least error overall"),
    "cost_optimal": ("tối ưu theo chi phí", "optimal for the cost"),
    "fixed_precision": ("độ chính xác cho trước trong từng tầng", "fixed precision in every stratum"),
    "targets": ("nhiều yêu cầu độ chính xác cùng lúc (Bethel)", "several precision targets at once (Bethel)"),
}

TEXTS: Mapping[str, tuple[str, str]] = {
    # headings
    "allocation": ("Phân bổ mẫu", "Allocation"),
    "precision": ("Độ chính xác dự kiến", "Expected precision"),
    "targets": ("Yêu cầu độ chính xác", "Precision targets"),
    "stratum": ("tầng", "stratum"),
    "domain": ("miền", "domain"),
    "overall": ("Chung", "Overall"),
    "size": ("quy mô", "size"),
    "n": ("cỡ mẫu", "sample size"),
    "unrounded": ("trước khi làm tròn", "before rounding"),
    "share": ("phần của mẫu", "share of the sample"),
    "fraction": ("tỷ lệ chọn mẫu", "sampling fraction"),
    "weight": ("quyền số", "weight"),
    "cost": ("chi phí", "cost"),
    "limit": ("giới hạn", "limit"),
    "minimum": ("mức tối thiểu", "minimum"),
    "maximum": ("mức tối đa", "maximum"),
    "census": ("lấy hết", "all units"),
    "total": ("Cộng", "Total"),
    "target": ("yêu cầu", "target"),
    "kind": ("loại", "kind"),
    "wanted": ("cần đạt", "wanted"),
    "expected": ("dự kiến", "expected"),
    "drives": ("phần quyết định chi phí", "share in driving the cost"),
    "answers": ("số trả lời", "answers"),
    "deff": ("deff trong tầng", "deff inside strata"),
    "weighting": ("deff do quyền số", "deff of weighting"),
    "n_eff": ("cỡ mẫu hiệu dụng", "effective sample size"),
    "estimate": ("giá trị giả định", "assumed value"),
    "se": ("sai số chuẩn", "standard error"),
    "margin": ("sai số biên", "margin of error"),
    "cv": ("CV", "CV"),
    "variance": ("phương sai", "variance"),
    # sentences
    "allocated": ("{n} đơn vị vào {strata} tầng, {method}", "{n} units to {strata} strata, {method}"),
    "range": (
        "ít nhất {low} ({low_name}), nhiều nhất {high} ({high_name})",
        "least {low} ({low_name}), most {high} ({high_name})",
    ),
    "se_of": ("sai số chuẩn của trung bình chung: {se}", "standard error of the overall mean: {se}"),
    "se_of_share": ("sai số chuẩn của tỷ lệ chung: {se}", "standard error of the overall share: {se}"),
    "costs": ("chi phí: {cost}", "cost: {cost}"),
    "taken whole": ("lấy hết: {names}", "taken whole: {names}"),
    "single": (
        "chỉ một đơn vị, không ước lượng được sai số trong tầng: {names}",
        "one unit only, no error can be estimated inside: {names}",
    ),
    "expects": (
        "{n} đơn vị, {answers} trả lời: sai số biên chung ±{margin}; trong tầng từ ±{least} ({least_name}) "
        "đến ±{most} ({most_name}), độ tin cậy {level}",
        "{n} units, {answers} answers: overall margin of error ±{margin}; in the strata from ±{least} "
        "({least_name}) to ±{most} ({most_name}), confidence level {level}",
    ),
    "assumes": ("giả định: {list}", "assumed: {list}"),
    "normal": ("khoảng tin cậy theo phân phối chuẩn", "normal intervals"),
    "design": ("chọn ngẫu nhiên đơn giản trong tầng", "simple random sampling in the strata"),
    "lost": (
        "do quyền số không đều, phương sai chung bằng {loss} lần phương sai khi phân bổ theo tỷ lệ "
        "(nếu các tầng biến động như nhau)",
        "unequal weights make the overall variance {loss} times that of a proportional allocation "
        "(if the strata vary alike)",
    ),
    # assumptions
    "budget": ("ngân sách", "budget"),
    "response": ("tỷ lệ trả lời", "response rate"),
    "icc": ("ICC", "ICC"),
    "take": ("số trả lời mỗi chùm", "answers in a cluster"),
    "power": ("số mũ", "power"),
    "level": ("độ tin cậy", "confidence level"),
    "measure": ("quy mô tính bằng", "size counts"),
    "measure of size": ("số đo quy mô", "the measure of size"),
    "rounding": ("làm tròn", "rounding"),
    "largest remainder": ("theo phần lẻ lớn nhất", "by the largest remainders"),
    "least variance": ("sao cho phương sai nhỏ nhất", "for the least variance"),
    "within the budget": ("trong ngân sách", "within the budget"),
    "no more than needed": ("vừa đủ đạt yêu cầu", "no more than the target needs"),
    "units": ("số đơn vị", "units"),
    "by stratum": ("theo tầng", "by stratum"),
    "sd": ("độ lệch chuẩn", "standard deviation"),
    "p": ("tỷ lệ", "share"),
    "mean": ("trung bình", "mean"),
}


def say(key: str, lang: Lang = "vi") -> str:
    """Return a text in one language.

    >>> say("margin"), say("margin", "en")
    ('sai số biên', 'margin of error')
    """
    return TEXTS[key][0 if check_choice(lang, LANGS, "lang") == "vi" else 1]
