"""The line under a table: where the estimates come from, and what they do not stand for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from sampling import format as fmt
from surveykit.formulas.selfselected import Effective

FEW_DF = 8  # degrees of freedom below which the line says so
INTERVALS_VI = {
    "auto": "Wilson, cỡ mẫu hiệu dụng",
    "simultaneous": "đồng thời",
    "log": "thang log",
    "woodruff": "Woodruff",
    "log-log": "log–log",
    "exp": "lấy mũ cận của hệ số",
    "bonferroni": "Bonferroni",
    "fisher": "Fisher",
}


class Note(NamedTuple):
    """One remark in both languages."""

    en: str
    vi: str


@dataclass(frozen=True)
class Context:
    """What the line under a table says: answers, units, degrees of freedom, method, remarks.

    ``remarks`` gives those of the interval, which cost time and are looked at only when the line is written.
    """

    n: int
    missing: int
    psus: int
    strata: int
    df: tuple[float, float]
    interval: str
    sampling: str = "probability"
    level: float = 0.95
    notes: tuple[Note, ...] = ()
    method: Note = field(default=Note("Taylor", "Taylor"))
    effective: Effective | None = None
    remarks: Callable[[], tuple[Note, ...]] = field(default=tuple, compare=False, repr=False)

    def text(self, lang: fmt.Lang = "en") -> str:
        """Return the line in English or Vietnamese; numbers are written the Vietnamese way in both."""
        vi = lang == "vi"
        low, high = (fmt.number(x, 0 if x == int(x) else 1) if np.isfinite(x) else "∞" for x in self.df)
        level = fmt.percent(self.level, 0 if round(self.level * 100, 6) % 1 == 0 else 1)
        parts = [f"n = {fmt.integer(self.n)}{self._worth(vi)}"]
        between = ("PSU trong {} tầng" if vi else "PSU in {} strata") if self.strata != 1 else "PSU"
        if self.psus:  # replicate weights read from a file do not tell
            parts.append(f"{fmt.integer(self.psus)} {between.format(fmt.integer(self.strata))}")
        few = (
            ""
            if self.df[0] >= FEW_DF
            else " (dưới 8: đọc thận trọng)"
            if vi
            else " (below 8: read with care)"
        )
        parts.append(("bậc tự do " if vi else "df ") + (low if low == high else f"{low}–{high}") + few)
        parts.append(self.method.vi if vi else self.method.en)
        chosen, interval = self.sampling == "self-selected", INTERVALS_VI.get(self.interval, self.interval)
        if vi and chosen:
            parts.append(f"khoảng {level} ({interval}), chưa kể thiên lệch tự chọn")
        elif vi:
            parts.append(f"khoảng tin cậy {level} ({interval})")
        else:
            bias = ", bias of self-selection not counted" if chosen else ""
            parts.append(f"{self.interval} intervals {level}{bias}")
        if self.missing:
            count = fmt.integer(self.missing)
            parts.append(f"bỏ qua {count} câu không trả lời" if vi else f"{count} missing left out")
        parts += [note.vi if vi else note.en for note in (*self.notes, *self.remarks())]
        if chosen:
            parts.append(
                "mẫu tự chọn: không suy rộng được"
                if vi
                else "self-selected: không suy rộng được (no inference)"
            )
        elif self.sampling == "srs":
            parts.append("coi như mẫu ngẫu nhiên đơn giản" if vi else "taken as a simple random sample")
        return " · ".join(parts)

    def _worth(self, vi: bool) -> str:
        """Return what stands beside n: the effective number of answers, and what it assumes."""
        if self.effective is None:
            return ""
        size = fmt.integer(self.effective.size)
        if self.effective.defect is None:
            return (
                f" (cỡ mẫu hiệu dụng theo Kish {size}, chưa kể thiên lệch tự chọn)"
                if vi
                else f" (effective by Kish {size}, bias of self-selection not counted)"
            )
        rho = f"{self.effective.defect:g}".replace(".", ",")
        if np.isnan(self.effective.size):
            return (
                f" (tương quan khuyết tật {rho} chỉ ngang mức ngẫu nhiên: chưa rõ cỡ mẫu hiệu dụng)"
                if vi
                else f" (a data defect correlation of {rho} is no more than chance: effective size not known)"
            )
        return (
            f" (cỡ mẫu hiệu dụng chỉ khoảng {size} nếu tương quan khuyết tật là {rho})"
            if vi
            else f" (effective only about {size} if the data defect correlation is {rho})"
        )

    def __str__(self) -> str:
        """Return the line in English."""
        return self.text("en")
