"""The result of a test: statistic, degrees of freedom, p, and the line that says what it rests on."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal

import pandas as pd

from sampling import format as fmt
from surveykit.context import Context, Note

Kind = Literal["t", "F", "chi2", "z"]
SYMBOLS = {"t": "t", "F": "F", "chi2": "χ²", "z": "z"}
LEAST = 1e-4  # a smaller p is written so
NO_ERROR = "the answers show no sampling error, so there is no test"
DETAILS = {  # Vietnamese names of what goes with a test
    "estimate": "ước lượng",
    "se": "sai số chuẩn",
    "ci_low": "cận dưới",
    "ci_high": "cận trên",
    "d": "cỡ tác động d",
    "se_d": "sai số chuẩn của d",
    "F_adjusted": "F hiệu chỉnh theo số đơn vị",
    "p_adjusted": "p hiệu chỉnh theo số đơn vị",
    "F_unadjusted": "F chưa hiệu chỉnh",
    "p_unadjusted": "p chưa hiệu chỉnh",
    "deff": "hệ số thiết kế",
    "scale": "hệ số hiệu chỉnh χ²",
    "p_chi2": "p theo χ²",
}


@dataclass(frozen=True, repr=False, eq=False)
class TestResult:
    """One test.

    Attributes
    ----------
    name : Note
        What was tested and how, in both languages.
    kind : {"t", "F", "chi2", "z"}
        Distribution that the statistic is compared with.
    statistic : float
    df : tuple of floats
        Degrees of freedom: one for t and chi2, two for F, none for z.
    p : float
        Two-sided for t and z.
    context : Context
        The line under the table.
    details : {name: number}
        What goes with it, as an effect size or a design effect; column names of ``to_frame``.
    reason : str
        Why there is no p; empty where there is one.
    """

    __test__: ClassVar[bool] = False  # not a class of tests, for pytest

    name: Note
    kind: Kind
    statistic: float
    df: tuple[float, ...]
    p: float
    context: Context
    details: Mapping[str, float] = field(default_factory=dict)
    reason: str = ""

    def __post_init__(self) -> None:
        """Leave out the remarks on the interval of the estimates behind the test."""
        object.__setattr__(self, "context", replace(self.context, remarks=tuple))

    def to_frame(self) -> pd.DataFrame:
        """Return one row: statistic, df (df1, df2 for F), p and the details."""
        row: dict[str, float | str] = {SYMBOLS[self.kind]: self.statistic}
        names = ["df"] if len(self.df) == 1 else [f"df{i}" for i in range(1, len(self.df) + 1)]
        row |= dict(zip(names, self.df, strict=True)) | {"p": self.p} | dict(self.details)
        row |= {"reason": self.reason} if self.reason else {}
        return pd.DataFrame([row], index=pd.Index([self.name.en], name="test"))

    def sentence(self, lang: fmt.Lang = "en") -> str:
        """Return the test as one line: F(2; 30.8) = 3.15 · p = 0.059, with decimal commas in Vietnamese."""
        degrees = "; ".join(fmt.number(x, 0 if x == x // 1 else 1, lang) for x in self.df)
        told = f"({degrees})" if degrees else ""
        parts = [f"{SYMBOLS[self.kind]}{told} = {fmt.number(self.statistic, 3, lang)}"]
        if self.p == self.p:
            small = self.p < LEAST
            parts += [f"p {'<' if small else '='} {fmt.number(LEAST if small else self.p, 4, lang)}"]
        names = DETAILS if lang == "vi" else {}
        for name, value in self.details.items():
            parts += [f"{names.get(name, name)} = {fmt.number(value, 3, lang)}"]
        return f"{self.name.vi if lang == 'vi' else self.name.en}: " + " · ".join(parts)

    def __repr__(self) -> str:
        """Return the sentence, the reason for no p if any, and the line."""
        told = [self.sentence("en"), self.reason, self.context.text("en")]
        return "\n".join(part for part in told if part)

    def to_html(self, lang: fmt.Lang = "vi") -> str:
        """Return the sentence and the line as HTML."""
        from surveykit.display import reason_text

        told = [reason_text(self.reason, lang), self.context.text(lang)]
        lines = "".join(
            f'<p style="font-size:90%">{html.escape(part, quote=False)}</p>' for part in told if part
        )
        return f"<p>{html.escape(self.sentence(lang), quote=False)}</p>{lines}"

    def _repr_html_(self) -> str:
        return self.to_html("vi")
