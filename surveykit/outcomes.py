"""Words of outcomes: the class that each word of the data stands for, which cases are substitutes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from sampling import format as fmt
from sampling.checks import ArgumentError, DataError, check_columns, check_frame, near, nfc, shown
from surveykit import columns as col
from surveykit.formulas.arrays import Codes, Mask
from surveykit.formulas.response import CLASSES

USES = ("main", "reserve", "released", "replaced", "empty")  # column "use" of a drawn sample

HEADS = {
    "issued": "phiếu phát ra",
    "substitutes": "phiếu thay thế",
    "with_substitutes": "kể cả phiếu thay thế",
    "weighted": "có quyền số",
}

CLASS_WORDS: Mapping[str, tuple[str, str]] = {
    "I": ("trả lời đủ (I)", "complete"),
    "P": ("trả lời một phần (P)", "partial"),
    "R": ("từ chối, bỏ dở (R)", "refusal or break-off"),
    "NC": ("không gặp được (NC)", "non-contact"),
    "O": ("thuộc đối tượng, không phỏng vấn được vì lý do khác (O)", "eligible, other non-interview"),
    "UH": ("không rõ có thuộc đối tượng không: hộ, địa chỉ (UH)", "unknown household"),
    "UO": ("không rõ có thuộc đối tượng không: lý do khác (UO)", "unknown, other"),
    "NE": ("không thuộc đối tượng (NE)", "not eligible"),
}

#: Words understood without `codes`, besides the letters of the classes; capitals and blanks do not matter.
WORDS: Mapping[str, tuple[str, ...]] = {
    "I": (
        "hoàn thành", "đã hoàn thành", "trả lời đủ", "đã trả lời", "trả lời", "hợp lệ", "phiếu hợp lệ",
        "dùng được", "phiếu dùng được", "complete", "completed", "interview", "valid", "usable",
    ),
    "P": ("một phần", "hoàn thành một phần", "trả lời một phần", "partial", "partial interview"),
    "R": ("từ chối", "từ chối trả lời", "bỏ dở", "refusal", "refused", "break-off", "breakoff"),
    "NC": (
        "không gặp", "không gặp được", "không liên lạc được", "vắng nhà", "đi vắng", "vắng mặt",
        "non-contact", "noncontact", "not at home", "no contact",
    ),
    "O": (
        "khác", "lý do khác", "không hợp lệ", "phiếu không hợp lệ", "không dùng được",
        "phiếu không dùng được", "ốm", "ốm đau", "không đủ sức khỏe", "bất đồng ngôn ngữ",
        "other", "invalid", "unusable", "unable", "language",
    ),
    "UH": (
        "không rõ", "chưa rõ", "không xác định", "không tìm thấy địa chỉ", "chưa tiếp cận", "chưa đến",
        "không thu về", "phiếu không thu về", "nothing returned", "not returned",  # AAPOR's 3.19
        "unknown", "unknown household", "not attempted", "address not found",
    ),
    "UO": ("không rõ khác", "không rõ lý do khác", "không rõ có người thuộc đối tượng", "unknown other"),
    "NE": (
        "không thuộc đối tượng", "ngoài đối tượng", "không đủ điều kiện", "dưới 18 tuổi",
        "not eligible", "ineligible", "out of scope",
    ),
}  # fmt: skip

STAGE_WORDS: Mapping[str, tuple[str, str]] = {
    "issued": ("phát ra", "issued"),
    "known": ("rõ có thuộc đối tượng hay không", "eligibility known"),
    "eligible": ("thuộc đối tượng", "eligible"),
    "contacted": ("gặp được", "contacted"),
    "responded": ("trả lời (đủ hoặc một phần)", "responded"),
}

RATE_WORDS: Mapping[str, tuple[str, str]] = {
    "e": ("e: phần thuộc đối tượng trong số không rõ", "e: share eligible among the unknown"),
    "RR1": ("RR1 trả lời đủ, coi mọi phiếu không rõ là thuộc đối tượng", "RR1"),
    "RR2": ("RR2 trả lời đủ hoặc một phần, coi mọi phiếu không rõ là thuộc đối tượng", "RR2"),
    "RR3": ("RR3 trả lời đủ, phiếu không rõ tính theo e", "RR3"),
    "RR4": ("RR4 trả lời đủ hoặc một phần, phiếu không rõ tính theo e", "RR4"),
    "RR5": ("RR5 trả lời đủ, bỏ phiếu không rõ", "RR5"),
    "RR6": ("RR6 trả lời đủ hoặc một phần, bỏ phiếu không rõ", "RR6"),
    "COOP1": ("COOP1 hợp tác: trả lời đủ trên số gặp được", "COOP1"),
    "COOP2": ("COOP2 hợp tác: đủ hoặc một phần trên số gặp được", "COOP2"),
    "COOP3": ("COOP3 hợp tác: trả lời đủ trên số trả lời và từ chối", "COOP3"),
    "COOP4": ("COOP4 hợp tác: đủ hoặc một phần trên số trả lời và từ chối", "COOP4"),
    "REF1": ("REF1 từ chối, coi mọi phiếu không rõ là thuộc đối tượng", "REF1"),
    "REF2": ("REF2 từ chối, phiếu không rõ tính theo e", "REF2"),
    "REF3": ("REF3 từ chối, bỏ phiếu không rõ", "REF3"),
    "CON1": ("CON1 gặp được, coi mọi phiếu không rõ là thuộc đối tượng", "CON1"),
    "CON2": ("CON2 gặp được, phiếu không rõ tính theo e", "CON2"),
    "CON3": ("CON3 gặp được, bỏ phiếu không rõ", "CON3"),
}


def one_column(data: pd.DataFrame, name: Any, argument: str) -> str:
    """Return the name of one column of the data."""
    check_columns(data, name, argument)
    if not isinstance(name, str):
        raise ArgumentError(f"{argument}={name!r}: name one column.")
    return name


def _key(word: Any) -> Any:
    return " ".join(nfc(word).casefold().split()) if isinstance(word, str) else word


def _vocabulary(codes: Any) -> dict[Any, int]:
    """Return the class of every word: those of the house, and over them the user's own."""
    table = {_key(word): k for k, name in enumerate(CLASSES) for word in (name, *WORDS[name])}
    if codes is None:
        return table
    if not isinstance(codes, Mapping):
        raise TypeError(
            f"codes is a {type(codes).__name__}; pass {{word of the data: class}}, as in {{'bận': 'R'}}."
        )
    for word, name in codes.items():
        if name not in CLASSES:
            raise ArgumentError(
                f"codes[{shown(word)}]={shown(name)} is not a class. Choose one of {_classes()}."
            )
        table[_key(word)] = CLASSES.index(name)
    return table


def _classes() -> str:
    return ", ".join(f"{name} ({CLASS_WORDS[name][1]})" for name in CLASSES)


def outcome_codes(data: pd.DataFrame, status: Any, codes: Any, used: Mask) -> Codes:
    """(n,) class of each row, −1 where the row is not used and has none."""
    name, table = one_column(data, status, "status"), _vocabulary(codes)
    own, levels = col.factorise(data[name])
    missing = np.flatnonzero((own < 0) & used)
    if missing.size:
        raise DataError(
            f"status={name!r} is missing in {col.place(data, missing)}. Every case issued needs one: write "
            "'không rõ' where it is not known whether the person belongs to the survey."
        )
    number = np.array([*(table.get(_key(level), -1) for level in levels), -1], dtype=np.intp)
    outcome = number[own]
    strange = sorted(set(own[(outcome < 0) & used].tolist()))
    if strange:
        found = []
        for k in strange[:3]:
            rows = np.flatnonzero((own == k) & used)
            times = "once" if rows.size == 1 else f"{rows.size} times"
            found.append(f"{shown(levels[k])} {times} ({col.place(data, rows)})")
        more = f" and {len(strange) - 3} more words" if len(strange) > 3 else ""
        raise DataError(
            f"status={name!r}: no class is known for {', '.join(found)}{more}."
            f"{near(levels[strange[0]], [word for word in table if isinstance(word, str)])} "
            f"Say which it is, as in codes={{{shown(levels[strange[0]])}: 'R'}}: {_classes()}."
        )
    return outcome


def classify(data: pd.DataFrame, status: str, codes: Mapping[Any, str] | None = None) -> pd.Series:
    """Return the class of each row as text, by the words of a column; to make columns of one's own.

    Parameters
    ----------
    data : DataFrame
    status, codes : as for :func:`dispositions`

    Examples
    --------
    >>> classify(pd.DataFrame({"kq": ["Hoàn thành", "vắng nhà", "bận"]}), "kq", {"bận": "R"}).tolist()
    ['I', 'NC', 'R']
    """
    outcome = outcome_codes(check_frame(data), status, codes, np.ones(len(data), dtype=bool))
    return pd.Series(np.array(CLASSES, dtype=object)[outcome], index=data.index, name="class")


def substitutes_of(data: pd.DataFrame, name: str | None) -> tuple[Mask, Mask]:
    """(n,) rows that are substitutes, and rows that are cases at all."""
    every = np.ones(len(data), dtype=bool)
    if name is None:
        if "use" in data and (data["use"] == "released").any():
            raise ArgumentError(
                f"substitute= is not given, but column 'use' holds {int((data['use'] == 'released').sum())} "
                "reserves in use. A case that was replaced is still a nonrespondent: pass substitute='use' "
                "with sample.table, in which the replaced cases stand too."
            )
        return ~every, every
    values = data[one_column(data, name, "substitute")]
    if values.isin(USES).all():
        if (values == "released").any() and not (values == "replaced").any():
            raise DataError(
                f"substitute={name!r} holds reserves in use, but not the cases that they replaced. "
                "Use sample.table, in which those stand too."
            )
        return (values == "released").to_numpy(), values.isin(("main", "released", "replaced")).to_numpy()
    flags = col.floats(data, name, "substitute", "it must be True or False")
    wrong = np.flatnonzero(~np.isin(flags, (0.0, 1.0)))
    if wrong.size:
        value = "missing" if np.isnan(flags[wrong[0]]) else f"{flags[wrong[0]]:g}"
        raise DataError(
            f"substitute={name!r} is {value} in {col.place(data, wrong)}. Write True for a case that was "
            "taken in the place of another, and False for one issued at first."
        )
    return flags == 1, every


def told(
    rates: Mapping[str, float],
    e: float | None,
    substitutes: tuple[int, int] | None,
    with_them: float,
    lang: fmt.Lang,
) -> str:
    """Return what the response rate says in one or two sentences.

    Parameters
    ----------
    rates : the rates of the cases issued, without weights
    e : share eligible among the unknown; None where nobody is unknown
    substitutes : cases taken in the place of others, and how many of them answered
    with_them : RR3 with the substitutes as more cases
    """
    vi = lang == "vi"
    if np.isnan(rates["RR3"]):
        text = (
            "Không tính được tỷ lệ trả lời: chưa có phiếu nào rõ là thuộc đối tượng."
            if vi
            else "No response rate: no case is known to be eligible."
        )
    else:
        rr3, rr4 = (fmt.percent(rates[name], 1, lang) for name in ("RR3", "RR4"))
        share = "" if e is None else f", e = {fmt.number(e, 2, lang)}"
        many = fmt.integer(100 * rates["RR3"], lang)
        text = (
            f"Cứ 100 người thuộc đối tượng trong các phiếu phát ra thì khoảng {many} người trả lời đủ "
            f"(RR3 = {rr3}; kể cả trả lời một phần RR4 = {rr4}; không quyền số{share})."
            if vi
            else f"Of 100 eligible people among the cases issued, about {many} answered in full "
            f"(RR3 = {rr3}; with partial answers RR4 = {rr4}; unweighted{share})."
        )
    if substitutes is None:
        return text
    used, answered = (fmt.integer(k, lang) for k in substitutes)
    rate = fmt.percent(with_them, 1, lang)
    return text + (
        f" {used} phiếu thay thế ({answered} phiếu có trả lời) chỉ bù cỡ mẫu, không nâng tỷ lệ trả lời: "
        f"người bị thay vẫn là người không trả lời. Tính phiếu thay thế như phiếu phát thêm, RR3 = {rate}."
        if vi
        else f" {used} substitutes ({answered} with answers) make up the number of forms, not the response "
        f"rate: a case that was replaced is still a nonrespondent. With them as further cases, RR3 = {rate}."
    )


def outcome_html(table: pd.DataFrame, words: Mapping[str, tuple[str, str]]) -> str:
    """Return a table of outcomes as HTML in Vietnamese."""
    shares = words is RATE_WORDS
    frame = pd.DataFrame(index=range(len(table)))
    *groups, last = (table.index.get_level_values(i) for i in range(table.index.nlevels))
    for i, group in enumerate(groups):
        frame[str(table.index.names[i])] = ["(thiếu)" if pd.isna(v) else str(v) for v in group]
    frame[""] = [words[key][0] for key in last]
    for name in table:
        base, weighted = str(name).removesuffix("_weighted"), str(name).endswith("_weighted")
        percent = shares or base.startswith("of_")
        head = {"of_issued": "so với phát ra", "of_stage_before": "so với bước trước"}.get(base) or HEADS[
            base
        ]
        frame[head + (f", {HEADS['weighted']}" if weighted else "")] = [
            fmt.percent(v) if percent else fmt.number(v, 1) if weighted else fmt.integer(v)
            for v in table[name]
        ]
    return str(frame.to_html(index=False, border=0, escape=True))
