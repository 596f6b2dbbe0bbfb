"""Several sizes side by side, and the one that drives n."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

import pandas as pd

from ..checks import ArgumentError, check_choice
from ..format import LANGS, Lang, integer
from .result import SizeResult
from .words import KINDS

__all__ = ["SizeComparison", "compare_sizes"]

HEADS = {
    "kind": ("loại", "kind"),
    "n": ("n", "n"),
    "n_answered": ("số trả lời", "answers"),
    "total": ("số phiếu một đợt", "forms in a round"),
    "clusters": ("số chùm", "clusters"),
    "share": ("so với nhiều nhất", "of the largest"),
    "drives": ("quyết định", "drives n"),
}


@dataclass(frozen=True)
class SizeComparison:
    """Sizes asked by several indicators or domains of one survey.

    Attributes
    ----------
    table : one row for each name: kind, n, n_answered, total (forms in a round of the survey), clusters,
        share of the largest total, drives
    driver : name of the row with the largest total, the first of them if there are several
    n : that total
    together : all totals added up, for domains that are sampled separately
    """

    table: pd.DataFrame
    driver: str
    n: int
    together: int

    def sentence(self, lang: Lang = "vi") -> str:
        """Return which one drives n, in Vietnamese or English."""
        vi = check_choice(lang, LANGS, "lang") == "vi"
        n, together = integer(self.n, lang), integer(self.together, lang)
        second = self.table["total"].drop(self.driver)
        rest = "" if second.empty else (
            f"; tiếp theo là {second.idxmax()!s} ({integer(second.max(), lang)})" if vi
            else f"; next comes {second.idxmax()!s} ({integer(second.max(), lang)})"
        )  # fmt: skip
        if vi:
            return (
                f"“{self.driver}” quyết định cỡ mẫu: {n} phiếu mỗi đợt{rest}. "
                f"Nếu mỗi dòng là một miền chọn mẫu riêng thì cộng lại: {together} phiếu."
            )
        return (
            f"“{self.driver}” drives the sample size: {n} forms in a round{rest}. "
            f"If each row is a domain with a sample of its own, they add up to {together} forms."
        )

    def __repr__(self) -> str:
        return self.sentence()

    def _repr_html_(self) -> str:
        shown = self.table.assign(
            kind=[KINDS[k][0] for k in self.table["kind"]],
            share=[integer(100 * s) + " %" for s in self.table["share"]],
            drives=["←" if d else "" for d in self.table["drives"]],
        )
        for name in ("n", "n_answered", "total", "clusters"):
            shown[name] = ["–" if pd.isna(v) else integer(v) for v in self.table[name]]
        shown.columns = pd.Index([HEADS[str(name)][0] for name in shown.columns])
        return f"<div><p><b>{escape(self.sentence())}</b></p>{shown.to_html(border=0)}</div>"


def compare_sizes(results: Mapping[str, SizeResult]) -> SizeComparison:
    """Lay sizes side by side and name the one that drives n.

    Indicators of one survey share its sample, so the largest decides; the totals are compared, that is all
    people to select in one round.

    Parameters
    ----------
    results : mapping of a name (indicator, domain) to its result

    Returns
    -------
    SizeComparison

    Raises
    ------
    ArgumentError, TypeError
        Nothing to compare, or something that is not a SizeResult.

    Examples
    --------
    >>> from sampling.size import size_proportion
    >>> both = compare_sizes({"chung": size_proportion(0.85, 0.03), "nữ": size_proportion(0.5, 0.03)})
    >>> both.driver, both.n
    ('nữ', 1068)
    """
    if not isinstance(results, Mapping):
        raise TypeError(
            f"results is a {type(results).__name__}; pass a mapping of names to results: {{'a': ...}}."
        )
    if not results:
        raise ArgumentError("results is empty: give at least one named result.")
    for name, result in results.items():
        if not isinstance(result, SizeResult):
            raise TypeError(
                f"results[{name!r}] is a {type(result).__name__}; pass what a size function returned."
            )
    index = pd.Index([str(name) for name in results])
    columns = {c: [getattr(r, c) for r in results.values()] for c in ("kind", "n", "n_answered", "total")}
    table = pd.DataFrame(columns, index=index)
    table["clusters"] = pd.array([r.clusters for r in results.values()], dtype="Int64")
    largest = int(table["total"].max())
    driver = str(table["total"].idxmax())
    table["share"] = table["total"] / largest
    table["drives"] = index == driver
    return SizeComparison(table, driver, largest, int(table["total"].sum()))
