"""What a conversion gives: the table, how far it rests on shares, and what was left out."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd

from ..checks import check_choice
from ..format import COLUMNS, LANGS, Lang, date, integer, number

__all__ = ["Conversion"]

HEAD = 10  # rows shown in a notebook
LABELS = {"sources": "số đơn vị nguồn", "by_share": "dựa vào tỷ lệ chia", "complete": "đủ đơn vị nguồn"}
RULE = {
    "equal": ("chia đều cho các phần", "in equal shares"),
    "area": (
        "theo diện tích của cả đơn vị nhận (diện tích của riêng từng phần không được công bố)",
        "by the area of the whole receiving unit (areas of the parts are not public)",
    ),
}


@dataclass(frozen=True, eq=False, repr=False)
class Conversion:
    """A table by the units of another day, with everything it rests on.

    Parameters
    ----------
    table : pd.DataFrame
        A row per unit of the day `to` that any row leads to: `code`, `name`, `province` (and `district` of
        the units of before), the weights and values, for each value `<value>_low` and `<value>_high`, the
        ends of its band over all possible shares, `sources` (rows that lead to it), `by_share` (it rests on
        a share) and `complete` (all units that lead to it were in the user's table).
    values : tuple of str
        Columns that were converted.
    weights : str or None
        Column of weights if they are means or rates.
    as_of, to : str
        Day of the units before and after.
    share : str or None
        The rule, or the column of the user's table of shares.
    pairs : pd.DataFrame
        The parts of the divided units with the `share` used: `source`, `target` and their names.
    sensitivity : pd.DataFrame
        For each value of each unit that rests on a share: the one `used`, those by the rules `equal` and
        `area` (missing where an area is not known), and the ends `low` and `high`.
    missing : pd.DataFrame
        Units of the day `as_of` that lead to a unit of the table but were not in the user's: `source`,
        `name`, `target`.
    unmatched : tuple of str
        Codes of the user's table that are no units of the day `as_of` and were left out.
    suspects : pd.DataFrame
        Suspect pairs that concern the table, and whether they were `used`.
    totals : pd.DataFrame
        Each value before and after: sums, or means over all weights; they agree.
    """

    table: pd.DataFrame
    values: tuple[str, ...]
    weights: str | None
    as_of: str
    to: str
    share: str | None
    pairs: pd.DataFrame
    sensitivity: pd.DataFrame
    missing: pd.DataFrame
    unmatched: tuple[str, ...]
    suspects: pd.DataFrame
    totals: pd.DataFrame

    @property
    def by_share(self) -> tuple[str, ...]:
        """Codes of the units whose value rests on a share."""
        return tuple(self.table.loc[self.table["by_share"], "code"])

    def notes(self, lang: Lang = "vi") -> list[str]:
        """Return what a reader of the table must know, a sentence each.

        Parameters
        ----------
        lang : {"vi", "en"}
        """
        vi = check_choice(lang, LANGS, "lang") == "vi"
        n = {name: integer(count, lang) for name, count in self._counts().items()}
        rule = RULE.get(self.share or "")
        if rule is None:
            how = f"theo cột {self.share!r} của người dùng" if vi else f"by the user's column {self.share!r}"
        else:
            how = rule[0 if vi else 1]
        said = [
            (
                n["units"] != "0",
                f"{n['units']} đơn vị dựa vào tỷ lệ chia của {n['divided']} đơn vị, {how}; "
                "khoảng thấp nhất – cao nhất là khi tỷ lệ chia đi từ không có gì đến tất cả.",
                f"{n['units']} units rest on shares of {n['divided']} divided units, {how}; the band from "
                "lowest to highest is for shares from nothing to all.",
            ),
            (
                self.weights is not None,
                f"Số bình quân và tỷ lệ được tính bình quân theo quyền số {self.weights!r}.",
                f"Means and rates are averaged with the weights {self.weights!r}.",
            ),
            (
                len(self.missing) > 0,
                f"{n['partial']} đơn vị chưa đủ: {n['missing']} đơn vị nguồn không có trong bảng.",
                f"{n['partial']} units are not complete: {n['missing']} sources are not in the table.",
            ),
            (
                len(self.suspects) > 0,
                f"{n['suspects']} cặp nghi ghép nhầm tên, dùng {n['kept']} cặp (xem .suspects).",
                f"{n['suspects']} pairs are suspect, {n['kept']} of them used (see .suspects).",
            ),
            (
                len(self.unmatched) > 0,
                f"{n['unmatched']} mã không phải đơn vị ngày {date(self.as_of)} nên bỏ ra (xem .unmatched).",
                f"{n['unmatched']} codes are no units of {date(self.as_of, 'en')} and were left out "
                "(see .unmatched).",
            ),
        ]
        return [in_vi if vi else in_en for holds, in_vi, in_en in said if holds]

    def _counts(self) -> dict[str, int]:
        return {
            "units": len(self.by_share),
            "divided": self.pairs["source"].nunique(),
            "missing": self.missing["source"].nunique(),
            "partial": int((~self.table["complete"]).sum()),
            "suspects": len(self.suspects),
            "kept": int(self.suspects["used"].sum()),
            "unmatched": len(self.unmatched),
        }

    def __repr__(self) -> str:
        text = (
            f"Chuyển đổi {', '.join(self.values)}: đơn vị ngày {date(self.as_of)} thành "
            f"{integer(len(self.table))} đơn vị ngày {date(self.to)}"
        )
        return "\n".join([text, *self.notes()])

    def _repr_html_(self) -> str:
        head = self.table.head(HEAD)
        shown = pd.DataFrame({_label(str(name)): _written(head[name]) for name in head})
        rows = "".join(
            f"<li>{escape(str(name))}: trước {_amount(row['before'])}, sau {_amount(row['after'])}</li>"
            for name, row in self.totals.iterrows()
        )
        what = "Bình quân chung" if self.weights else "Tổng"
        first, *notes = repr(self).split("\n")
        more = len(self.table) - HEAD
        rest = f"<p>… và {integer(more)} đơn vị nữa (xem .table)</p>" if more > 0 else ""
        return (
            f"<div><p><b>{escape(first)}</b></p>{shown.to_html(index=False, border=0)}{rest}"
            f"<p>{what}:</p><ul>{rows}</ul>{''.join(f'<p>{escape(note)}</p>' for note in notes)}</div>"
        )


def _label(name: str) -> str:
    for end, word in (("_low", "thấp nhất"), ("_high", "cao nhất")):
        if name.endswith(end):
            return f"{name.removesuffix(end)}: {word}"
    return (COLUMNS | LABELS).get(name, name)


def _written(column: pd.Series[Any]) -> list[str]:
    if column.dtype.kind == "b":
        return ["có" if value else "không" for value in column]
    if column.dtype.kind in "if":
        return [_amount(value) for value in column]
    return [str(value) for value in column]


def _amount(value: float) -> str:
    return number(value, 0 if value % 1 == 0 else 2)
