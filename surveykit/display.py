"""How a table of estimates looks in a notebook."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sampling import format as fmt

if TYPE_CHECKING:
    from surveykit.result import Estimates

HEADS = {
    "estimate": ("ước lượng", "estimate"),
    "se": ("sai số chuẩn", "standard error"),
    "ci_low": ("cận dưới", "lower limit"),
    "ci_high": ("cận trên", "upper limit"),
    "df": ("bậc tự do", "df"),
    "cv": ("hệ số biến thiên", "cv"),
    "deff": ("deff", "deff"),
    "deff_wor": ("deff (không hoàn lại)", "deff (without replacement)"),
    "t": ("t", "t"),
    "p": ("p", "p"),
    "p_adjusted": ("p hiệu chỉnh", "adjusted p"),
    "increase": ("tăng phương sai", "increase of variance"),
    "missing_information": ("thông tin thiếu", "missing information"),
    "n": ("n", "n"),
    "n_eff": ("n hiệu dụng", "effective n"),
    "reason": ("lý do", "reason"),
}
MINUS = {"minus": ("trừ", "minus")}  # second name of a pair
LEAST = 1e-4  # a smaller p is written so
MOST = 30  # pairs shown
POINTS = (" (điểm phần trăm)", " (percentage points)")
SHOWN = (" · {} trong {} cặp, khác biệt rõ nhất trước", " · {} of {} pairs, the clearest first")
MISSING = ("(thiếu)", "(missing)")
CHANGES = ("effect", "coefficient", "difference", "contrast")
RATIOS = {"odds ratio": "tỷ số chênh (OR)", "rate ratio": "tỷ số tần suất", "hazard ratio": "tỷ số nguy cơ"}
# heads of rows that verbs name
LEVELS = {"variable": "biến", "pair": "cặp", "quantile": "phân vị", "term": "số hạng", "option": "lựa chọn"}
ROWS = {  # rows that verbs name: by what the values are, since a column may have the same name
    ("contrast", "contrast"): "so sánh",
    ("count", "count"): "số người",
    ("function", "function"): "hàm",
    ("coefficient", "Intercept"): "hằng số",
    ("did", "did"): "sai biệt kép",
    ("difference (descriptive)", "did"): "hiệu số (mô tả)",
}


REASONS = (
    (r"no answers in this domain", "không có câu trả lời"),
    (r"the denominator is 0 in this domain", "mẫu số bằng 0"),
    (r"the coefficients leave no degrees of freedom", "các hệ số không để lại bậc tự do nào"),
    (
        r"the estimate of the variance is negative: choose another form with pps=",
        "ước lượng phương sai âm: chọn công thức khác bằng pps=",
    ),
    (
        r"the estimate of the variance is negative: the second phase has too few rows",
        "ước lượng phương sai âm: pha hai có quá ít dòng",
    ),
    (
        r"too few answers below it: its interval has no lower limit",
        "quá ít câu trả lời ở phía dưới: khoảng tin cậy không có cận dưới",
    ),
    (
        r"too few answers above it: its interval has no upper limit",
        "quá ít câu trả lời ở phía trên: khoảng tin cậy không có cận trên",
    ),
    (r"too few answers: its interval has no limits", "quá ít câu trả lời: khoảng tin cậy không có cận"),
    (
        r"as many strata as units: it has no interval from which a standard error could be read",
        "số tầng bằng số đơn vị: không có khoảng tin cậy để suy ra sai số chuẩn",
    ),
    (r"one answer: no sampling error can be estimated", "một câu trả lời: không ước lượng được sai số"),
    (r"one (.+) only: no sampling error can be estimated", r"chỉ có một \1: không ước lượng được sai số"),
    (
        r"lies inside one (.+): name the stage below in psu=\[…\] to estimate its sampling error",
        r"nằm trọn trong một \1: nêu cấp dưới trong psu=[…] thì mới ước lượng được sai số",
    ),
    (
        r"the variance inside (.+) is not known: give fpc for (.+) too \(0: with replacement\)",
        r"không biết sai số bên trong \1: nêu cả fpc của \2 (0: có hoàn lại)",
    ),
    (
        r"lies inside one (.+): replicates show no sampling error there",
        r"nằm trọn trong một \1: quyền số lặp không cho biết sai số ở đó",
    ),
    (
        r"every replicate moves its rows alike, as inside one sampling unit: they show no sampling error",
        "mọi bộ quyền số lặp đổi các dòng như nhau, như trong một đơn vị mẫu: không cho biết sai số",
    ),
    (
        r"nobody of this domain is left in (\d+) of (\d+) replicates",
        r"\1 trong \2 bộ quyền số lặp không còn ai thuộc nhóm này",
    ),
    (
        r"cell (.+) of the standard population has no answers here",
        r"ô \1 của dân số chuẩn không có câu trả lời nào ở nhóm này",
    ),
    (
        r"everyone agrees in these groups: no sampling error can be estimated",
        "ở các nhóm này ai cũng trả lời như nhau: không ước lượng được sai số",
    ),
    (r"a column does not vary in this domain", "có cột không thay đổi trong nhóm này"),
    (
        r"too few answers on one side of it: its interval is open",
        "quá ít câu trả lời ở một phía: khoảng tin cậy không có cận",
    ),
    (r"the function has no finite value here", "hàm không có giá trị hữu hạn tại đây"),
    (
        r"there is no association at all in the sample, so it has no standard error",
        "trong mẫu không có mối liên hệ nào nên không có sai số chuẩn",
    ),
    (
        r"the cells have no standard error \((.+)\), so there is no test",
        lambda found: f"các ô không có sai số chuẩn ({reason_text(found[1], 'vi')}) nên không có kiểm định",
    ),
    (
        r"the cells have no sampling error beyond that of the margins, so there is no test",
        "các ô không có sai số chọn mẫu nào ngoài sai số của các tổng dòng và cột nên không có kiểm định",
    ),
    (
        r"the answers show no sampling error, so there is no test",
        "các câu trả lời không cho thấy sai số chọn mẫu nào nên không có kiểm định",
    ),
    (
        r"the rows are self-selected \(không suy rộng được\), so no sampling error .+ probability sample",
        "người trả lời tự chọn (không suy rộng được) nên không có sai số chọn mẫu nào cho biết ngẫu nhiên có "
        "thể làm lệch đến đâu và không có giá trị p. Hãy so với một mẫu xác suất",
    ),
    (
        r"there are as many strata as units, so there is no test",
        "số tầng bằng số đơn vị nên không có kiểm định",
    ),
    (
        r"it could not be worked out in (\d+) of (\d+) replicates",
        r"không tính được ở \1 trong \2 bộ quyền số lặp",
    ),
    (
        r"the model has no fit in (\d+) of (\d+) replicates",
        r"mô hình không khớp được ở \1 trong \2 bộ quyền số lặp",
    ),
    (
        r"every stratum has one PSU, taken for certain: no sampling error is seen there",
        "mỗi tầng chỉ có một PSU, coi là chọn chắc chắn: không thấy sai số chọn mẫu ở đó",
    ),
    (
        r"nobody of this domain was followed for so long",
        "không ai trong nhóm này được theo dõi lâu đến thế",
    ),
    (
        r"the data do not tell the terms apart there \(left out: (.+)\)",
        r"số liệu không tách được các số hạng ở đó (bỏ: \1)",
    ),
    (r"no stratum with two units to take the mean of", "không có tầng nào có hai đơn vị để lấy trung bình"),
    (r"none of the rows has a sampling error", "không dòng nào có sai số chọn mẫu"),
    (
        r"the rows differ from the null in a direction that has no sampling error",
        "các dòng lệch giả thuyết theo một hướng không có sai số chọn mẫu",
    ),
    (
        r"(\d+) rows are too many for (\S+) degrees of freedom",
        lambda found: f"{found[1]} dòng là quá nhiều so với {found[2].replace('.', ',')} bậc tự do",
    ),
    (
        r"only (\d+) (adopting|comparison) (\S+) units: .+ at least (\d+) in each arm",
        r"chỉ có \1 \3 \2: hiệu số chỉ mô tả các \3 này; muốn nói về hiệu quả cần ít nhất \4 mỗi nhóm",
    ),
    (
        r"only (\d+) (adopting) and (\d+) (comparison) (\S+) units: .+ at least (\d+) in each arm",
        r"chỉ có \1 \5 \2 và \3 \5 \4: hiệu số chỉ mô tả các \5 này; muốn nói về hiệu quả "
        r"cần ít nhất \6 mỗi nhóm",
    ),
)
ARMS = {"adopting": "áp dụng", "comparison": "so sánh"}


def reason_text(reason: str, lang: fmt.Lang) -> str:
    """Return why a row has no error, or a result no test, in the language asked for."""
    if lang == "en":
        return reason
    for pattern, text in REASONS:
        if re.fullmatch(pattern, reason):
            own = re.sub(pattern, text, reason)
            return re.sub("adopting|comparison", lambda word: ARMS[word.group()], own)
    return reason


def cell(column: str, value: Any, *, unit: str, digits: int, lang: fmt.Lang) -> str:
    """Return one number as text."""
    if column == "reason":
        return reason_text(str(value), lang)
    if column in ("p", "p_adjusted"):
        return f"< {fmt.number(LEAST, 4, lang)}" if value < LEAST else fmt.number(value, 4, lang)
    if column in ("n", "n_eff"):
        return fmt.integer(value, lang)
    if unit == "points" and column in ("estimate", "se", "ci_low", "ci_high"):
        return fmt.number(value * 100, digits, lang, sign=column != "se")
    if column in ("increase", "missing_information"):
        return fmt.percent(value, 1, lang)
    if column == "cv" or (unit == "share" and column in ("estimate", "se", "ci_low", "ci_high")):
        return fmt.percent(value, digits if column != "cv" else 1, lang)
    if column in ("df", "t", "deff", "deff_wor"):
        if np.isinf(value):
            return "∞"
        whole = column == "df" and float(value).is_integer()
        return fmt.number(value, 0 if whole else (1 if column == "df" else 2), lang)
    if isinstance(value, str):
        return value
    return fmt.number(value, digits, lang)


def level_text(level: Any, lang: fmt.Lang = "vi") -> str:
    """Return a level as text; whole numbers that blanks made decimal stand without their point.

    Examples
    --------
    >>> level_text(4.0), level_text("Nữ"), level_text(0.25)
    ('4', 'Nữ', '0,25')
    """
    if not isinstance(level, float):
        return str(level)
    text = str(int(level)) if level.is_integer() else str(level)
    return text.replace(".", ",") if lang == "vi" else text


def look_of(result: Estimates) -> tuple[str, int]:
    """Return the unit of a result ("share", "points" or none) and how many decimals it is shown with."""
    share = result.is_share or result.detail.percent
    unit = "share" if share else "points" if result.points else ""
    typical = result.se.median() * (100 if unit else 1)
    return unit, fmt.decimals_for(typical) if pd.notna(typical) and typical > 0 else 1


def table_html(table: pd.DataFrame, statistic: str, unit: str, digits: int, lang: fmt.Lang) -> str:
    """Return a table of estimates, limits or tests as HTML."""
    if statistic in CHANGES:  # relative to a change near 0 a standard error says nothing
        table = table.drop(columns="cv", errors="ignore")
    vi = 0 if lang == "vi" else 1
    index = table.index
    heads: list[str] = []
    columns: list[list[str]] = []
    for i, name in enumerate(index.names):
        heads.append("" if name is None else MINUS.get(str(name), (str(name),) * 2)[vi])
        columns.append(
            [MISSING[vi] if pd.isna(v) else level_text(v, lang) for v in index.get_level_values(i)]
        )
    inside = ("estimate",) if "estimate" in table else ("ci_low", "ci_high")
    for column in table.columns:
        more = POINTS[vi] if unit == "points" and column in inside else ""
        head = HEADS.get(column, (str(column),) * 2)[vi]
        heads.append((RATIOS.get(statistic, head) if column == "estimate" and not vi else head) + more)
        columns.append([cell(column, v, unit=unit, digits=digits, lang=lang) for v in table[column]])
    if lang == "vi":
        for i in range(index.nlevels):
            heads[i] = LEVELS.get(heads[i], heads[i])
            columns[i] = [ROWS.get((statistic, name), name) for name in columns[i]]
    frame = pd.DataFrame(dict(enumerate(columns)))
    frame.columns = pd.Index(heads)
    return str(frame.to_html(index=False, border=0, escape=True))


class Table(pd.DataFrame):
    """A DataFrame that a notebook shows in Vietnamese; what is made of it is a plain DataFrame."""

    _metadata = ["look"]  # noqa: RUF012 (as pandas asks)
    look: tuple[str, str, int]

    @classmethod
    def of(cls, result: Estimates, table: pd.DataFrame) -> Table:
        """Return a table of limits or tests with the look of the estimates."""
        own = cls(table)
        own.look = (result.statistic, *look_of(result))
        return own

    def _repr_html_(self) -> str:
        return table_html(self, *self.look, "vi")


def estimates_html(result: Estimates, lang: fmt.Lang, level: float, method: Any) -> str:
    """Return the table of a result as HTML."""
    table = result.to_frame(level, method)
    unit, digits = look_of(result)
    more = ""
    if result.adjust and len(table) > MOST:  # the differences that stand out most
        by = (table["estimate"].abs() / table["se"]).fillna(-1.0)
        shown = SHOWN[0 if lang == "vi" else 1]
        more = shown.format(fmt.integer(MOST, lang), fmt.integer(len(table), lang))
        table = table.loc[by.sort_values(ascending=False, kind="stable").index[:MOST]]
    if unit == "points" or result.adjust:  # relative to a difference near 0 a standard error says nothing
        table = table.drop(columns="cv")
    body = table_html(table, result.statistic, unit, digits, lang)
    line = html.escape(result.line(lang, level, method) + more, quote=False)
    return f'{body}<p style="font-size:90%">{line}</p>'
