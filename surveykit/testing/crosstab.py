"""A table of two columns: counts, shares with intervals, and tests of association, from one call."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
import scipy.sparse as sp

from sampling import format as fmt
from sampling.checks import ArgumentError, DataError, check_choice, check_column, listed
from surveykit import columns as col
from surveykit.context import Note
from surveykit.design import Design, check_design
from surveykit.display import level_text, reason_text
from surveykit.doubts import tell_blanks
from surveykit.estimation import check_answers
from surveykit.formulas import association
from surveykit.formulas.arrays import Array, Codes
from surveykit.formulas.statistics import Counts, Shares, Smooth
from surveykit.formulas.variance import Combined
from surveykit.infer import infer
from surveykit.result import Estimates
from surveykit.testresult import Kind, TestResult

Method = Literal["rao-scott", "rao-scott-1", "wald", "adjusted-wald", "score"]
Percent = Literal["column", "row", "total"]
NAMES = {
    "rao-scott": Note(
        "Rao–Scott test of association (second order)", "kiểm định Rao–Scott về mối liên hệ (bậc hai)"
    ),
    "rao-scott-1": Note(
        "Rao–Scott test of association (first order)", "kiểm định Rao–Scott về mối liên hệ (bậc một)"
    ),
    "wald": Note("Wald test of association", "kiểm định Wald về mối liên hệ"),
    "adjusted-wald": Note("adjusted Wald test of association", "kiểm định Wald hiệu chỉnh về mối liên hệ"),
    "score": Note("score test of association", "kiểm định điểm số (score) về mối liên hệ"),
}
PERCENT_VI = {"column": "% theo cột", "row": "% theo dòng", "total": "% của tất cả"}


@dataclass(frozen=True, repr=False, eq=False)
class Crosstab:
    """Two columns crossed.

    Attributes
    ----------
    rows, columns : names of the columns of the data
    n : (r, c) DataFrame, answers in each cell
    missing : int
        Rows asked for without one of the two answers.
    cells : Estimates
        Share of each cell in all answers, row by row.
    """

    rows: str
    columns: str
    n: pd.DataFrame
    missing: int
    cells: Estimates
    ask: Callable[[str], Estimates]

    @cached_property
    def counts(self) -> Estimates:
        """Estimated number of people in each cell."""
        return self.ask("count")

    @cached_property
    def row_shares(self) -> Estimates:
        """Share of each column's level within each row."""
        return self.ask("row")

    @cached_property
    def column_shares(self) -> Estimates:
        """Share of each row's level within each column."""
        return self.ask("column")

    def shares(self, percent: Percent) -> Estimates:
        """Return the shares that a percentage stands for."""
        check_choice(percent, ("column", "row", "total"), "percent")
        return {"column": lambda: self.column_shares, "row": lambda: self.row_shares}.get(
            percent, lambda: self.cells
        )()

    def to_frame(self, percent: Percent = "column", level: float = 0.95) -> pd.DataFrame:
        """Return one row a cell: answers, share, standard error, interval, deff, effective answers.

        Parameters
        ----------
        percent : {"column", "row", "total"}
            Shares within each level of the columns, of the rows, or of all answers.
        """
        est = self.shares(percent)
        table = est.to_frame(level)
        if percent == "column":
            table = table.swaplevel().reindex(self.cells.value.index)
        table.insert(0, "n_cell", self.n.to_numpy().ravel())
        return table

    @property
    def shape(self) -> tuple[int, int]:
        """Levels of rows and columns."""
        return self.n.shape

    def test(self, method: Method = "rao-scott") -> TestResult:
        """Return a test that rows and columns are not associated.

        Parameters
        ----------
        method : {"rao-scott", "rao-scott-1", "wald", "adjusted-wald", "score"}
            Rao & Scott's correction of Pearson's X²: of the second order, an F (default; R "F"), or of the
            first, a chi-square (R "Chisq"); or a Wald test, which needs many units ("score": of a regression
            of rows on columns, with its degrees of freedom).

        Returns
        -------
        TestResult, with Pearson's X² of the weighted shares and n answers in ``details``

        Raises
        ------
        ArgumentError
            Self-selected rows; more independent cells than degrees of freedom for a Wald or score test.
        """
        check_choice(method, tuple(NAMES), "method")
        est = self.cells
        if est.no_test:
            raise ArgumentError(f"test: {est.no_test}")
        why = next((r for r in est.reason if r), "")
        if why:
            raise ArgumentError(f"test: the cells have no standard error ({why}), so there is no test.")
        nu = est.detail.df_of(list(range(len(est.value))))
        p, V, n = est.value.to_numpy(float), est.covariance.full(), float(self.n.to_numpy().sum())
        k = (self.shape[0] - 1) * (self.shape[1] - 1)
        if nu <= 0:
            raise ArgumentError("test: there are as many strata as units, so there is no test.")
        if method in ("wald", "adjusted-wald", "score"):
            V = self.counts.covariance.full() / float(self.counts.value.sum()) ** 2
            self._check_wald(V, k, nu)
            if method == "score":
                self._check_score(nu)
                found = association.score(p, V, nu, self.shape)
            else:
                found = association.wald(p, V, nu, self.shape, adjusted=method == "adjusted-wald")
            details = {}
        else:
            found = association.rao_scott(p, V, n, nu, self.shape, 1 if method == "rao-scott-1" else 2)
            if np.isnan(found.statistic):
                raise ArgumentError(f"test: {NO_SPREAD}, so there is no test.")
            details = {"X²": found.pearson, "deff": float(found.delta.mean())}
        kind: Kind = "chi2" if len(found.df) == 1 else "F"
        return TestResult(
            name=NAMES[method], kind=kind, statistic=found.statistic, df=found.df, p=found.p,
            context=replace(est.context, df=(nu, nu), notes=(*est.context.notes, *self._empty())),
            details=details,
        )  # fmt: skip

    def _check_wald(self, V: Array, k: int, nu: float) -> None:
        _, J = association.residuals(self.cells.value.to_numpy(float), self.shape)
        rank = int(np.linalg.matrix_rank(J @ V @ J.T, hermitian=True))
        if rank < k or k > nu:
            raise ArgumentError(
                f"test: a Wald test of {k} independent cells needs more than the {nu:g} degrees of freedom "
                "here, or some cells do not vary. Use method='rao-scott', or join levels."
            )

    def _check_score(self, nu: float) -> None:
        r, c = self.shape
        if nu + 2 - r - c <= 0:
            raise ArgumentError(
                f"test: a score test of {r} × {c} levels needs more than {r + c - 2} degrees of freedom, and "
                f"there are {nu:g}. Use method='rao-scott', or join levels."
            )

    def _empty(self) -> tuple[Note, ...]:
        empty = int((self.n.to_numpy() == 0).sum())
        if not empty:
            return ()
        return (Note(f"{empty} cells have no answers", f"{empty} ô không có câu trả lời nào"),)

    def cramers_v(self) -> Estimates:
        """Return Cramér's V, 0 (none) to 1, with its standard error from the design.

        Without any association it lies at its bound and the standard error says little; V is then too large.
        """
        est = self.cells
        value, slope = association.cramers_v(est.value.to_numpy(float), self.shape)
        rows = list(range(len(est.value)))
        L = sp.csr_matrix(np.nan_to_num(slope)[:, None])
        index = pd.Index([f"{self.rows}, {self.columns}"])
        made = est.combine(sp.csr_matrix(np.ones((len(rows), 1))), index, "Cramér V")
        return replace(
            made,
            value=pd.Series([value], index=index, name="Cramér V"),
            covariance=Combined(est.covariance, L),
            n=pd.Series([int(self.n.to_numpy().sum())], index=index, name="n"),
            reason=pd.Series(
                ["" if np.isfinite(slope).all() else NO_SLOPE], index=index, name="reason", dtype=object
            ),
            points=False,
            detail=replace(made.detail, bounds=(np.zeros(1), np.ones(1))),
        )

    def __repr__(self) -> str:
        """Return the shares within columns, the test and the line as text."""
        est = self.column_shares
        order = est.value.swaplevel().reindex(self.cells.value.index)
        table = pd.DataFrame(100 * order.to_numpy().reshape(self.shape), self.n.index, self.n.columns)
        text = table.to_string(float_format=lambda x: f"{x:.1f}")
        return f"{self.rows} × {self.columns}, % of each column\n{text}\n{self._test_line('en')}"

    def _test_line(self, lang: fmt.Lang) -> str:
        try:
            return f"{self.test().sentence(lang)}\n{self.test().context.text(lang)}"
        except ArgumentError as error:
            told = reason_text(str(error).removeprefix("test: ").removesuffix("."), lang)
            return f"{told}.\n{self.cells.context.text(lang)}"

    def to_html(self, lang: fmt.Lang = "vi", percent: Percent = "column", level: float = 0.95) -> str:
        """Return the table with limits under each share, the test and the line as HTML."""
        table = self.to_frame(percent, level)
        r, c = self.shape
        numbers = table[["estimate", "ci_low", "ci_high", "n_cell"]].to_numpy(float)
        text = np.array([cell_html(*row, lang=lang) for row in numbers], dtype=object).reshape(r, c)
        body = pd.DataFrame(text, columns=[col.html_text(level_text(v, lang)) for v in self.n.columns])
        body.insert(0, col.html_text(self.rows), [col.html_text(level_text(v, lang)) for v in self.n.index])
        body.loc[r] = ["n", *(fmt.integer(v, lang) for v in self.n.sum())]
        head = PERCENT_VI[percent] if lang == "vi" else f"% of each {percent}"
        lines = self._test_line(lang).split("\n")
        missing = ""
        if self.missing:
            count = fmt.integer(self.missing, lang)
            missing = (
                f" · bỏ qua {count} dòng thiếu một trong hai câu"
                if lang == "vi"
                else f" · {count} rows left out"
            )
        told = "".join(f'<p style="font-size:90%">{html.escape(line, quote=False)}</p>' for line in lines)
        title = html.escape(f"{self.rows} × {self.columns}", quote=False)
        return f"<p>{title} ({head}){missing}</p>{body.to_html(index=False, border=0, escape=False)}{told}"

    def _repr_html_(self) -> str:
        return self.to_html("vi")


def cell_html(share: float, low: float, high: float, n: float, *, lang: fmt.Lang) -> str:
    """Return a share with its limits and answers."""
    if not np.isfinite(share):
        return "–"
    limits = ""
    if np.isfinite(low):
        limits = f"{fmt.number(100 * low, 1, lang)} – {fmt.number(100 * high, 1, lang)}; "
    return f"{fmt.percent(share, 1, lang)}<br><small>{limits}n = {fmt.integer(int(n), lang)}</small>"


NO_SPREAD = "the cells have no sampling error beyond that of the margins"
NO_SLOPE = "there is no association at all in the sample, so it has no standard error"


def crosstab(design: Design, rows: str, columns: str, *, where: str | None = None) -> Crosstab:
    """Cross two columns: counts, shares with intervals, and tests of association.

    Parameters
    ----------
    design : Design
    rows, columns : column names
        Levels in their order; missing answers are left out and counted. Levels that nobody has are not shown.
    where : text, optional
        A condition; the other rows stay for the variance.

    Returns
    -------
    Crosstab

    Raises
    ------
    DataError
        A column with one level, or more than 50.

    Examples
    --------
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"thon": list("aabbccddeeff"), "gioi": list("NWNWNWNWNWNW")})
    >>> people["hai_long"] = list("ccckckckkckk")
    >>> table = sv.crosstab(sv.Design(people, sampling="srs", psu="thon"), "hai_long", "gioi")
    >>> table.n.loc["c"].to_dict()
    {'N': 4, 'W': 2}
    >>> table.test().df
    (1.0, 5.0)
    """
    check_design(design)
    check_column(design.data, rows, "rows")
    check_column(design.data, columns, "columns")
    check_answers(design, rows, None, "rows")
    check_answers(design, columns, None, "columns")
    if rows == columns:
        raise ArgumentError(f"columns={columns!r} is rows itself. Cross two different columns.")
    inside = design.domains(None, where).row >= 0
    a, a_levels = _levels(design, rows, "rows", inside)
    b, b_levels = _levels(design, columns, "columns", inside)
    both = (a >= 0) & (b >= 0) & inside
    r, c = len(a_levels), len(b_levels)
    codes = np.where(both, a * c + b, -1)
    n = np.bincount(codes + 1, minlength=r * c + 1)[1:].reshape(r, c)
    i, j = _present(n.sum(axis=1), a_levels, rows), _present(n.sum(axis=0), b_levels, columns)
    if n.shape != (i.size, j.size):  # renumber the cells of the levels that occur
        place = np.full((r, c), -1, dtype=np.intp)
        place[np.ix_(i, j)] = np.arange(i.size * j.size).reshape(i.size, j.size)
        codes, n = np.append(place, -1)[codes], n[np.ix_(i, j)]
        a_levels, b_levels, (r, c) = a_levels[i], b_levels[j], n.shape
    labels = pd.MultiIndex.from_product([a_levels, b_levels], names=[rows, columns])

    pair = f"the pair {rows!r}, {columns!r}"

    def make() -> Smooth:
        return Shares(codes, r * c)

    cells = infer(
        design,
        [make],
        statistic="share",
        y=[pair],
        labels=labels,
        where=where,
        share=True,
    )

    def ask(percent: str) -> Estimates:
        if percent == "count":
            return infer(
                design, [lambda: Counts(codes, r * c)], statistic="count", y=[pair], labels=labels,
                where=where, within=False,
            )  # fmt: skip
        y, by = (columns, rows) if percent == "row" else (rows, columns)
        levels, code = (b_levels, codes % c) if percent == "row" else (a_levels, codes // c)
        own = np.where(codes < 0, -1, code)  # of the levels of the table, as a column may have more
        mark = BOTH
        while mark in design.data:
            mark += " "
        keep = design.changed(data=design.data.assign(**{mark: both}), keep_units=True)
        return infer(
            keep, [lambda: Shares(own, len(levels))], statistic="share", y=[f"y={y!r}"],
            labels=pd.Index(levels, name=y), by=by, share=True,
            where=f"`{mark}`" if where is None else f"({where}) and `{mark}`",
        )  # fmt: skip

    return Crosstab(
        rows, columns, pd.DataFrame(n, pd.Index(a_levels, name=rows), pd.Index(b_levels, name=columns)),
        int(inside.sum() - both.sum()), cells, ask,
    )  # fmt: skip


BOTH = "both answered"


def _levels(design: Design, name: str, argument: str, inside: Any) -> tuple[Codes, pd.Index[Any]]:
    codes, levels = col.factorise(design.data[name])
    if len(levels) > col.MOST_LEVELS:
        raise ArgumentError(
            f"{argument}={name!r} has {len(levels)} levels, and a table is for at most {col.MOST_LEVELS}. "
            "Group the values first."
        )
    tell_blanks(design.data[name], f"{argument}={name!r}", inside)
    if not ((codes >= 0) & inside).any():
        raise DataError(f"{argument}={name!r} has no answers in the rows asked for.")
    return codes, levels


def _present(count: Codes, levels: pd.Index[Any], name: str) -> Codes:
    """Return which levels somebody has, at least two."""
    found = np.flatnonzero(count)
    if found.size < 2:
        told = listed(levels[found], 1) if found.size else "none"
        raise DataError(
            f"{name!r} has one level ({told}) in the rows with both answers, and a table needs two. "
            "For its share use proportion()."
        )
    return found
