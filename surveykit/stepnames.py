"""Weighting steps and the columns of their tables in Vietnamese."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sampling.format import Lang

__all__ = ["HEADS", "size_vi", "stage_vi", "step_words"]

#: What a step does, by the word with which its name begins.
STEPS: Mapping[str, str] = {
    "again": "làm lại",
    "calibrate": "hiệu chỉnh",
    "design": "quyền số thiết kế",
    "divided": "chia cho",
    "nonresponse": "không trả lời",
    "poststratify": "hậu phân tầng",
    "propensity classes": "lớp xác suất trả lời",
    "propensity": "xác suất trả lời",
    "pseudo-weights": "quyền số giả",
    "rake": "hiệu chỉnh biên",
    "redistribute": "chuyển quyền số",
    "times": "nhân với",
    "trim": "cắt quyền số",
    "unknown eligibility": "không rõ đối tượng",
}

#: Words inside the names of steps.
PARTS = (
    (r"\(one class\)", "(một lớp)"),
    (r" by ", " theo "),
    (r"; (\d+) joined\)", r"; gộp \1 lớp)"),
)

#: Words of the limits and effects that a trimming step tells, whose numbers have a decimal comma here.
TRIMMED = (
    (r"limits of (\d+) groups", r"giới hạn của \1 nhóm"),
    (r"(\d+) cut\b", r"cắt \1"),
    (r"known totals moved up to", "tổng đã biết lệch tới"),
    (r"(?<=\d)\.(?=\d)", ","),
)

#: Headings of the tables.
HEADS: Mapping[str, str] = {
    "form": "phiếu",
    "base weight": "quyền số cơ sở",
    "final weight": "quyền số cuối cùng",
    "step": "bước",
    "n": "số phiếu có quyền số",
    "sum": "tổng quyền số",
    "min": "nhỏ nhất",
    "max": "lớn nhất",
    "deff": "hệ số thiết kế Kish",
    "change": "thay đổi lớn nhất (lần)",
    "margin": "biên",
    "level": "nhóm",
    "target": "mục tiêu",
    "before": "trước bước",
    "after": "sau bước",
    "gap": "còn lệch",
    "final": "theo quyền số cuối cùng",
    "standardised_before": "chênh lệch chuẩn hóa trước",
    "standardised_after": "chênh lệch chuẩn hóa sau",
    "standardised_final": "chênh lệch chuẩn hóa cuối cùng",
}


def step_words(name: str, lang: Lang = "vi") -> str:
    """Return the name of a weighting step in words; its columns and levels stay as they are.

    Examples
    --------
    >>> step_words("rake (gioi, nhom_tuoi)"), step_words("trim (≤ 60.5: 3 cut, deff 1.4 → 1.2)")
    ('hiệu chỉnh biên (gioi, nhom_tuoi)', 'cắt quyền số (≤ 60,5: cắt 3, deff 1,4 → 1,2)')
    """
    if lang == "en":
        return name
    begin = next((word for word in STEPS if name == word or name.startswith(f"{word} ")), None)
    if begin is None:
        return name
    rest = name[len(begin) :]
    if begin == "again":
        return f"{STEPS[begin]} {step_words(rest.strip())}"
    for pattern, text in TRIMMED if begin == "trim" else PARTS:
        rest = re.sub(pattern, text, rest)
    return STEPS[begin] + rest


#: Stages of the plans that come with the package; other names are the user's own.
STAGES: Mapping[str, str] = {
    "adult": "người lớn",
    "citizen": "công dân",
    "commune": "xã",
    "district": "huyện",
    "household": "hộ",
    "person": "người",
    "row": "dòng",
    "village": "thôn",
}
FRACTION = "_fraction"  # ends the name of the column of fractions of a drawn sample


def stage_vi(name: str) -> str:
    """Return the name of a stage in Vietnamese; a name of the user's own stays.

    Examples
    --------
    >>> stage_vi("commune"), stage_vi("khu phố")
    ('xã', 'khu phố')
    """
    return STAGES.get(name, name)


def size_vi(name: str) -> str:
    """Return what a column of sizes or fractions is called in Vietnamese.

    Examples
    --------
    >>> size_vi("commune_fraction"), size_vi("so_xa")
    ('tỷ lệ chọn xã', 'so_xa')
    """
    stage = name.removesuffix(FRACTION)
    return name if stage == name else f"tỷ lệ chọn {stage_vi(stage)}"
