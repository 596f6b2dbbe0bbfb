"""What a rehearsal found: bias, standard error, coverage and cost of each design, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

import numpy as np
import pandas as pd

from sampling import format as fmt

#: Column of the table: its name in Vietnamese.
HEADS = {
    "truth": "giá trị thật", "mean": "trung bình ước lượng", "bias": "chệch",
    "sd": "độ lệch chuẩn thật", "se": "sai số chuẩn ước lượng", "se_ratio": "tỷ số sai số chuẩn",
    "coverage": "độ phủ", "margin": "sai số biên",
    "n": "số trả lời", "cost": "chi phí", "failed": "lần không có sai số",
}  # fmt: skip
SHARES = ("coverage", "coverage_mc")


@dataclass(frozen=True, repr=False)
class Rehearsal:
    """Repetitions of several designs on one population.

    Attributes
    ----------
    draws : DataFrame
        A row for each repetition: design, seed, estimate, se, ci_low, ci_high, df, n, units of each stage.
    truth : float
    y, statistic : what was estimated
    level : float
    seed : int
    cost : mapping of stage to cost of one unit
    """

    draws: pd.DataFrame
    truth: float
    y: str
    statistic: str
    level: float
    seed: int
    cost: Mapping[str, float] = field(default_factory=dict)

    @property
    def table(self) -> pd.DataFrame:
        r"""A row for each design.

        Bias is the mean of the estimates less the truth, `sd` their standard deviation over the repetitions
        (the true standard error), `se` the root of the mean estimated variance, `coverage` the share of
        intervals that hold the truth. `bias_mc` and `coverage_mc` are the simulation errors,
        :math:`s/\\sqrt R` and :math:`\\sqrt{c(1 - c)/R}`. `failed`: repetitions without a standard
        error, left out of `se` and `coverage`.
        """
        rows = {name: self._row(own) for name, own in self.draws.groupby("design", sort=False)}
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("design")

    def _row(self, own: pd.DataFrame) -> dict[str, float]:
        R = len(own)
        known = own[own["se"].notna() & own["ci_low"].notna()]
        hit = ((known["ci_low"] <= self.truth) & (self.truth <= known["ci_high"])).mean()
        sd = float(own["estimate"].std(ddof=1))
        se = float(np.sqrt((known["se"] ** 2).mean()))
        row = {
            "truth": self.truth, "mean": float(own["estimate"].mean()),
            "bias": float(own["estimate"].mean() - self.truth), "bias_mc": sd / np.sqrt(R),
            "sd": sd, "se": se, "se_ratio": se / sd if sd > 0 else np.nan, "coverage": float(hit),
            "coverage_mc": float(np.sqrt(hit * (1 - hit) / max(len(known), 1))),
            "margin": float((known["ci_high"] - known["ci_low"]).mean() / 2), "n": float(own["n"].mean()),
        }  # fmt: skip
        if self.cost:
            spent = sum(price * own[f"n_{stage}"] for stage, price in self.cost.items())
            row["cost"] = float(np.mean(spent))
        return row | {"failed": R - len(known)}

    def __repr__(self) -> str:
        """Return what was rehearsed in one line."""
        names = self.draws["design"].unique()
        each = fmt.integer(len(self.draws) // len(names))
        return f"Diễn tập {len(names)} thiết kế, {each} lần mỗi thiết kế: {self.statistic}({self.y}), giả lập"

    def _repr_html_(self) -> str:
        """Return the table in Vietnamese."""
        table = self.table
        digits = fmt.decimals_for(table["sd"].to_numpy())
        shown = pd.DataFrame(index=pd.Index(table.index, name="thiết kế"))
        for column in table.columns.drop(["bias_mc", "coverage_mc"]):
            shown[HEADS[column]] = [self._cell(column, row, digits) for _, row in table.iterrows()]
        note = (
            f"{self!r}. Mức {fmt.percent(self.level, 0)}; sau dấu ± là sai số mô phỏng. Tỷ số sai số chuẩn "
            "gần 1 là công thức nói đúng độ tản mát thật; độ phủ gần mức đã chọn là khoảng tin cậy giữ lời."
        )
        return f"{shown.reset_index().to_html(index=False, border=0)}<p>{escape(note)}</p>"

    def _cell(self, column: str, row: pd.Series[float], digits: int) -> str:
        value = row[column]
        if column in ("n", "failed", "cost"):
            return fmt.integer(value)
        text = fmt.percent(value, 1) if column in SHARES else fmt.number(value, digits)
        if column == "bias":
            return f"{text} ± {fmt.number(row['bias_mc'], digits)}"
        if column == "coverage":
            return f"{text} ± {fmt.percent(row['coverage_mc'], 1)}"
        return fmt.number(value, 2) if column == "se_ratio" else text
