"""What a synthetic province is like: the words of its questionnaire and its settings."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, fields

from sampling.checks import ArgumentError

SYNTHETIC = "giả lập"
#: Five factors in the manner of SIPAS, worded here, and their items.
FACTORS: dict[str, tuple[str, ...]] = {
    "Tiếp cận dịch vụ": ("c01", "c02", "c03"),
    "Thủ tục hành chính": ("c04", "c05", "c06"),
    "Công chức phục vụ": ("c07", "c08", "c09", "c10"),
    "Kết quả dịch vụ": ("c11", "c12"),
    "Tiếp nhận, xử lý phản ánh kiến nghị": ("c13", "c14", "c15"),
}
ITEMS = ("chung", *(item for items in FACTORS.values() for item in items))
INDICATORS = ("chung", *FACTORS)
ADOPTING, COMPARISON, EARLY = "áp dụng giữa hai đợt", "chưa áp dụng", "áp dụng từ trước"
ARMS = (ADOPTING, COMPARISON, EARLY)
ARM_CODES = ("ap_dung_giua", "chua_ap_dung", "ap_dung_truoc")
SEXES = ("Nam", "Nữ")
AGES = ("18–34", "35–59", "60+")
WAVES = (dt.date(2025, 10, 15), dt.date(2026, 10, 15))


@dataclass(frozen=True)
class Settings:
    """Plausible settings of a synthetic province; shares are between 0 and 1.

    Behind the defaults stand, as published: 80.08 % satisfied (SIPAS 2022), factor means within 0.85 points
    of each other (2023: halo), 5 to 6 % of forms unusable (2021: 94.6 % valid). An ICC of 0.05 to 0.10 within
    a village is inferred from surveys of the kind. The rest are assumptions; no published source gives them.

    Attributes
    ----------
    structure_seed : seed of households, villages, sex, age and adoption
    households_xa, households_phuong, households_dac_khu : households of a commune of middling area
    area_power : households grow with this power of the area, within a type of commune
    households_spread : standard deviation of the logarithm of households, beside the area
    households_per_village : mean; a commune has at least 8 villages
    household_adults : shares of households with 1, 2, 3 … adults (mean 2.6)
    women, ages : shares of women, and of the ages 18–34, 35–59 and 60+
    early, between : shares of communes that adopt before the first wave, and between the waves
    baseline : share satisfied (answers 4 and 5) before, without adoption
    secular : change of that share between the waves for everyone
    effect : change of that share by adoption, of the overall item and of every factor
    icc, icc_commune : correlation of satisfied or not between two adults of one village, and of two villages
        of one commune (a part of the first)
    change_sd : standard deviation between communes of the change between the waves (a part of icc_commune)
    halo : correlation of an item's latent value with the overall one
    factor_gaps : how far the share of each factor lies from the overall one
    straight_lining : share of adults who give every item the answer of the overall one
    answer_women, answer_ages, answer_phuong : how far their shares satisfied lie from that of the others
    response : share of forms returned, usable or not
    response_women, response_ages, response_phuong : how far their response lies from that of the others
    unusable : share of the returned forms that cannot be used
    missing_item : share of items left empty on a usable form
    """

    structure_seed: int = 2025
    households_xa: int = 2100
    households_phuong: int = 8000
    households_dac_khu: int = 1500
    area_power: float = 0.3
    households_spread: float = 0.35
    households_per_village: int = 110
    household_adults: tuple[float, ...] = (0.14, 0.44, 0.22, 0.13, 0.05, 0.02)
    women: float = 0.506
    ages: tuple[float, float, float] = (0.30, 0.47, 0.23)
    early: float = 6 / 56
    between: float = 25 / 56
    baseline: float = 0.80
    secular: float = 0.01
    effect: float = 0.06
    icc: float = 0.08
    icc_commune: float = 0.02
    change_sd: float = 0.02
    halo: float = 0.85
    factor_gaps: tuple[float, float, float, float, float] = (0.004, 0.002, 0.0, -0.002, -0.004)
    straight_lining: float = 0.15
    answer_women: float = 0.01
    answer_ages: tuple[float, float, float] = (-0.03, 0.0, 0.04)
    answer_phuong: float = -0.02
    response: float = 0.80
    response_women: float = 0.06
    response_ages: tuple[float, float, float] = (-0.08, 0.0, 0.06)
    response_phuong: float = -0.06
    unusable: float = 0.05
    missing_item: float = 0.015

    def __post_init__(self) -> None:
        """Refuse shares outside 0 and 1, parts larger than their whole, sums other than 1."""
        for field in fields(self):
            value = getattr(self, field.name)
            low = -1 if field.name.startswith(("answer_", "response_", "secular", "effect")) else 0
            if isinstance(field.default, float) and not low <= value <= 1:
                hint = f" Did you mean {value / 100:g}?" if 1 < abs(value) <= 100 else ""
                raise ArgumentError(f"{field.name}={value:g}: write it as a share between 0 and 1.{hint}")
        if not (self.between > 0 and self.early + self.between < 1):
            raise ArgumentError(
                f"early={self.early:g} and between={self.between:g}: some communes must adopt between "
                "the waves, and some not at all. Let between be above 0 and the sum below 1."
            )
        highest = self.baseline + max(self.secular, 0) + max(self.effect, 0)
        lowest = self.baseline + min(self.secular, 0) + min(self.effect, 0)
        if not 0.02 < lowest <= highest < 0.98:
            raise ArgumentError(
                f"baseline={self.baseline:g}, secular={self.secular:g} and effect={self.effect:g}: shares "
                f"satisfied would run from {lowest:g} to {highest:g}. Keep them between 0.02 and 0.98."
            )
        if self.icc_commune > self.icc:
            raise ArgumentError(
                f"icc_commune={self.icc_commune:g} is a part of icc={self.icc:g}, and it is larger. "
                "Lower it, or raise icc."
            )
        for name in ("household_adults", "ages"):
            shares = getattr(self, name)
            if min(shares) < 0 or abs(sum(shares) - 1) > 1e-9:
                raise ArgumentError(f"{name}={shares}: these shares must be 0 or more and add up to 1.")
