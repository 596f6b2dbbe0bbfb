"""How numbers, dates and words look, in Vietnamese and in English; nothing else.

Vietnamese: decimal comma, thousands dot, a space before the percent sign ("36.525", "83,9 %"),
dates dd/mm/yyyy. English: "36,525", "83.9%", "1 July 2025". The minus is "−", a missing value "–".
Halves are rounded up, as a spreadsheet does: 0,125 to two decimals is 0,13.
"""

from __future__ import annotations

import datetime as dt
import math
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, Literal

import numpy as np
import pandas as pd

from .checks import ArgumentError, check_choice, near

__all__ = [
    "COLUMNS",
    "WORDS",
    "Lang",
    "date",
    "decimals_for",
    "integer",
    "interval",
    "number",
    "p_value",
    "percent",
    "points",
    "word",
]

Lang = Literal["vi", "en"]
Unit = Literal["number", "percent", "points"]
LANGS = ("vi", "en")
MISSING = "–"
MINUS = "−"
EXACT = Context(prec=400, rounding=ROUND_HALF_UP)  # wide enough for any float
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

#: Vietnamese names of the columns of the built-in frames, for the notebook view.
COLUMNS = {
    "code": "mã", "name": "tên", "type": "loại", "province": "tỉnh", "province_code": "mã tỉnh",
    "district": "huyện", "district_code": "mã huyện", "lat": "vĩ độ", "lon": "kinh độ",
    "area_km2": "diện tích (km²)", "valid_from": "có hiệu lực từ", "valid_to": "đến",
    "quality": "cờ chất lượng",
}  # fmt: skip

WORDS: dict[str, tuple[str, str]] = {
    # population, frame, selection
    "population": ("tổng thể", "population"),
    "target population": ("tổng thể mục tiêu", "target population"),
    "population size": ("quy mô tổng thể", "population size"),
    "frame": ("khung mẫu", "sampling frame"),
    "unit": ("đơn vị", "unit"),
    "units": ("đơn vị", "units"),
    "commune": ("xã", "commune"),
    "communes": ("xã, phường, đặc khu", "communes"),
    "province": ("tỉnh, thành phố", "province"),
    "district": ("huyện", "district"),
    "village": ("thôn, tổ dân phố", "village"),
    "household": ("hộ", "household"),
    "adult": ("người từ 18 tuổi", "adult"),
    "respondent": ("người trả lời", "respondent"),
    "code": ("mã", "code"),
    "name": ("tên", "name"),
    "type": ("loại", "type"),
    "area": ("diện tích", "area"),
    "crosswalk": ("bảng chuyển đổi đơn vị (cũ → mới)", "crosswalk"),
    "sample": ("mẫu", "sample"),
    "sample survey": ("điều tra chọn mẫu", "sample survey"),
    "sample size": ("cỡ mẫu", "sample size"),
    "allocation": ("phân bổ mẫu", "allocation"),
    "simple random sampling": ("chọn mẫu ngẫu nhiên đơn giản", "simple random sampling"),
    "systematic sampling": ("chọn mẫu ngẫu nhiên hệ thống", "systematic sampling"),
    "stratum": ("tầng", "stratum"),
    "strata": ("tầng", "strata"),
    "stratified sample": ("mẫu phân tầng", "stratified sample"),
    "cluster": ("chùm", "cluster"),
    "cluster sample": ("mẫu chùm", "cluster sample"),
    "stage": ("giai đoạn", "stage"),
    "stages": ("giai đoạn", "stages"),
    "multi-stage sample": ("mẫu nhiều giai đoạn", "multi-stage sample"),
    "psu": ("đơn vị chọn mẫu cấp 1 (PSU)", "primary sampling unit"),
    "psus": ("đơn vị chọn mẫu cấp 1 (PSU)", "primary sampling units"),
    "pps": (
        "chọn mẫu xác suất tỷ lệ với quy mô (PPS)",
        "sampling with probability proportional to size",
    ),
    "measure of size": ("số đo quy mô", "measure of size"),
    "certainty": ("đơn vị chọn chắc chắn", "certainty unit"),
    "random start": ("khởi đầu ngẫu nhiên", "random start"),
    "step": ("bước", "step"),
    "seed": ("hạt giống ngẫu nhiên", "random seed"),
    "inclusion probability": ("xác suất được chọn", "inclusion probability"),
    "reserve": ("dự phòng", "reserve"),
    "convenience sample": ("mẫu thuận tiện", "convenience sample"),
    "non-probability sample": ("mẫu phi xác suất", "non-probability sample"),
    "enumeration area": ("địa bàn điều tra", "enumeration area"),
    # weights
    "weight": ("quyền số", "weight"),
    "design weight": ("quyền số thiết kế", "design weight"),
    "nonresponse adjustment": ("điều chỉnh không trả lời", "nonresponse adjustment"),
    "post-stratification": ("hiệu chỉnh hậu phân tầng", "post-stratification"),
    "raking": ("hiệu chỉnh biên (raking)", "raking"),
    "calibration": ("hiệu chỉnh (calibration)", "calibration"),
    "trimming": ("cắt quyền số", "weight trimming"),
    "replicate weights": ("quyền số lặp", "replicate weights"),
    "sum": ("tổng", "sum"),
    "min": ("nhỏ nhất", "minimum"),
    "max": ("lớn nhất", "maximum"),
    # estimates and their error
    "estimate": ("ước lượng", "estimate"),
    "mean": ("trung bình", "mean"),
    "total": ("tổng số", "total"),
    "proportion": ("tỷ lệ", "proportion"),
    "percentage": ("tỷ lệ %", "percentage"),
    "ratio": ("tỷ số", "ratio"),
    "count": ("số người", "count"),
    "variance": ("phương sai", "variance"),
    "standard deviation": ("độ lệch chuẩn", "standard deviation"),
    "se": ("sai số chuẩn", "standard error"),
    "margin of error": ("sai số biên", "margin of error"),
    "ci": ("khoảng tin cậy", "confidence interval"),
    "ci_low": ("cận dưới", "lower limit"),
    "ci_high": ("cận trên", "upper limit"),
    "level": ("độ tin cậy", "confidence level"),
    "df": ("bậc tự do", "degrees of freedom"),
    "cv": ("hệ số biến thiên (CV)", "coefficient of variation"),
    "deff": ("hệ số thiết kế (deff)", "design effect"),
    "icc": ("hệ số tương quan nội cụm (ICC)", "intraclass correlation"),
    "n": ("số trả lời", "answers"),
    "n_eff": ("cỡ mẫu hiệu dụng", "effective sample size"),
    "fpc": ("hiệu chỉnh tổng thể hữu hạn", "finite population correction"),
    "reason": ("lý do", "reason"),
    "sampling error": ("sai số chọn mẫu", "sampling error"),
    "non-sampling error": ("sai số phi chọn mẫu", "non-sampling error"),
    "selection bias": ("thiên lệch chọn mẫu", "selection bias"),
    "taylor": ("tuyến tính hóa Taylor", "Taylor linearisation"),
    "replicates": ("quyền số lặp", "replicate weights"),
    "test": ("kiểm định", "test"),
    "p": ("giá trị p", "p-value"),
    "t": ("trị số t", "t statistic"),
    "power": ("lực kiểm định", "power"),
    # waves and effects
    "wave": ("đợt", "wave"),
    "before": ("trước", "before"),
    "after": ("sau", "after"),
    "before/after": ("so sánh trước – sau", "before/after"),
    "change": ("thay đổi", "change"),
    "difference": ("chênh lệch", "difference"),
    "did": ("sai biệt kép (DiD)", "difference in differences"),
    "effect": ("tác động", "effect"),
    "adopting": ("xã áp dụng", "adopting communes"),
    "comparison": ("xã so sánh", "comparison communes"),
    "panel": ("điều tra lặp lại trên cùng đơn vị (panel)", "panel"),
    "percentage points": ("điểm phần trăm", "percentage points"),
    # forms and answers
    "questionnaire": ("phiếu khảo sát", "questionnaire"),
    "item": ("câu hỏi", "item"),
    "issued": ("phiếu phát ra", "forms issued"),
    "returned": ("phiếu thu về", "forms returned"),
    "valid": ("phiếu hợp lệ", "valid forms"),
    "response rate": ("tỷ lệ trả lời", "response rate"),
    "refusal": ("từ chối", "refusal"),
    "missing": ("thiếu", "missing"),
    "satisfaction": ("mức độ hài lòng", "satisfaction"),
    "satisfied": ("hài lòng", "satisfied"),
    "index": ("chỉ số", "index"),
    "sub-index": ("chỉ số thành phần", "sub-index"),
    "criterion": ("tiêu chí", "criterion"),
    "straight-lining": ("trả lời đồng loạt một mức", "straight-lining"),
    # report
    "method": ("phương pháp", "method"),
    "limits": ("giới hạn", "limits"),
    "source": ("nguồn", "source"),
    "note": ("ghi chú", "note"),
    "table": ("bảng", "table"),
    "figure": ("biểu đồ", "figure"),
    "annex": ("phụ lục", "annex"),
    "synthetic": ("giả lập", "synthetic"),
    "truth": ("giá trị thật", "true value"),
    "suppressed": ("không công bố (quá ít trả lời)", "suppressed (too few answers)"),
    "yes": ("có", "yes"),
    "no": ("không", "no"),
}


def word(key: str, lang: Lang = "vi") -> str:
    """Return a term of the glossary in one language.

    >>> word("se"), word("se", "en")
    ('sai số chuẩn', 'standard error')
    """
    vi = check_choice(lang, LANGS, "lang") == "vi"
    if key not in WORDS:
        raise ArgumentError(
            f"word({key!r}) is not in the glossary.{near(key, WORDS)} Use a key of sampling.format.WORDS."
        )
    return WORDS[key][0 if vi else 1]


def number(x: Any, digits: int = 2, lang: Lang = "vi", *, sign: bool = False) -> str:
    """Return a number with a fixed count of decimals; `sign` writes the plus too.

    >>> number(1234.5), number(-0.25, 1), number(1234.5, lang="en"), number(float("nan"))
    ('1.234,50', '−0,3', '1,234.50', '–')
    """
    return _fixed(x, digits, lang, sign=sign)


def integer(x: Any, lang: Lang = "vi") -> str:
    """Return a whole number with its thousands marked.

    >>> integer(36525), integer(36525, "en")
    ('36.525', '36,525')
    """
    return _fixed(x, 0, lang)


def percent(x: Any, digits: int = 1, lang: Lang = "vi", *, sign: bool = False) -> str:
    """Return a share (0.839) as a percentage.

    >>> percent(0.8394), percent(0.8394, 2, "en")
    ('83,9 %', '83.94%')
    """
    return _with_unit(_fixed(x, digits, lang, sign=sign, scale=100), "percent", lang)


def points(x: Any, digits: int = 1, lang: Lang = "vi", *, sign: bool = True) -> str:
    """Return a difference of shares (0.06) in percentage points.

    >>> points(0.06), points(-0.0125, 1, "en")
    ('+6,0 điểm phần trăm', '−1.3 percentage points')
    """
    return _with_unit(_fixed(x, digits, lang, sign=sign, scale=100), "points", lang)


def interval(low: Any, high: Any, digits: int = 1, lang: Lang = "vi", *, unit: Unit = "percent") -> str:
    """Return the two ends of an interval; `unit` as in `number`, `percent`, `points`.

    >>> interval(0.812, 0.865), interval(-0.012, 0.034, lang="en", unit="points")
    ('81,2 đến 86,5 %', '−1.2 to +3.4 percentage points')
    """
    check_choice(unit, ("number", "percent", "points"), "unit")
    scale, sign = (1 if unit == "number" else 100), unit == "points"
    ends = [_fixed(x, digits, lang, sign=sign, scale=scale) for x in (low, high)]
    if ends == [MISSING, MISSING]:
        return MISSING
    return _with_unit(f" {'đến' if lang == 'vi' else 'to'} ".join(ends), unit, lang)


def p_value(p: Any, lang: Lang = "vi") -> str:
    """Return a p-value with three decimals, or that it is below 0.001.

    >>> p_value(0.0312), p_value(0.00002, "en")
    ('0,031', '< 0.001')
    """
    text = _fixed(p, 3, lang)
    return "< " + _fixed(0.001, 3, lang) if text == _fixed(0, 3, lang) else text


def date(d: Any, lang: Lang = "vi") -> str:
    """Return a date, given as a date, a timestamp or text in ISO form.

    >>> date("2025-07-01"), date(dt.date(2025, 7, 1), "en")
    ('01/07/2025', '1 July 2025')
    """
    check_choice(lang, LANGS, "lang")
    if d is None or (not isinstance(d, str) and bool(pd.isna(d))):
        return MISSING
    if isinstance(d, str):
        try:
            d = dt.date.fromisoformat(d[:10])
        except ValueError:
            raise ArgumentError(f"date({d!r}): write the date as 'yyyy-mm-dd', e.g. '2025-07-01'.") from None
    elif not isinstance(d, (dt.date, np.datetime64)):
        raise TypeError(f"date({d!r}) is a {type(d).__name__}; pass a date, or text such as '2025-07-01'.")
    d = pd.Timestamp(d)
    if lang == "vi":
        return f"{d.day:02d}/{d.month:02d}/{d.year:04d}"
    return f"{d.day} {MONTHS[d.month - 1]} {d.year}"


def decimals_for(se: Any, *, most: int = 4, default: int = 1) -> int:
    """Return the number of decimals that shows a standard error with two significant digits.

    An estimate is printed with as many decimals as its standard error deserves. Pass the error in
    the unit that is printed (for a percentage, 100 times the standard error of the share). Several
    errors give the decimals of their median, so that a column of a table looks the same all the way.
    No usable error (missing or zero) gives `default`.

    >>> decimals_for(1.84), decimals_for(0.031), decimals_for(240), decimals_for([1.2, 2.4, 31])
    (1, 3, 0, 1)
    """
    errors = np.atleast_1d(np.asarray(se, dtype=float))
    errors = errors[np.isfinite(errors) & (errors > 0)]
    if errors.size == 0:
        return default
    typical = float(f"{np.median(errors):.1e}")  # rounded first: 0.0996 is shown as 0.10
    return int(min(max(1 - math.floor(math.log10(typical)), 0), most))


def _fixed(x: Any, digits: int, lang: Lang, *, sign: bool = False, scale: int = 1) -> str:
    vi = check_choice(lang, LANGS, "lang") == "vi"
    if isinstance(x, (bool, np.bool_)) or hasattr(x, "__len__"):
        raise TypeError(f"{x!r} is a {type(x).__name__}; pass one number.")
    if x is None or pd.isna(x):
        return MISSING
    x = float(x)
    if math.isinf(x):
        return "∞" if x > 0 else MINUS + "∞"
    rounded = (Decimal(repr(x)) * scale).quantize(Decimal(1).scaleb(-digits), context=EXACT)
    text = f"{abs(rounded):,f}"
    if vi:
        text = text.translate(str.maketrans(",.", ".,"))
    return (MINUS if rounded < 0 else "+" if sign and rounded > 0 else "") + text


def _with_unit(text: str, unit: Unit, lang: Lang) -> str:
    if text == MISSING or unit == "number":
        return text
    if unit == "percent":
        return text + (" %" if lang == "vi" else "%")
    return f"{text} {word('percentage points', lang)}"
