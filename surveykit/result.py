"""Estimates: k values with their joint covariance."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any, Literal

import numpy as np
import pandas as pd
import scipy.sparse as sp

from sampling import format as fmt
from sampling.checks import ArgumentError, ColumnError, check_choice, listed, near, shown
from surveykit import limits, pairs
from surveykit.context import Context, Note
from surveykit.detail import Detail, ShareParts, combined
from surveykit.display import Table, reason_text
from surveykit.formulas.arrays import Array
from surveykit.formulas.selfselected import effective_size
from surveykit.formulas.statistics import divide
from surveykit.formulas.variance import Combined, Covariance
from surveykit.limits import Degrees, Interval, Side
from surveykit.pairs import Adjust
from surveykit.testresult import TestResult

__all__ = ["Detail", "Estimates", "ShareParts"]

SELF_SELECTED = (
    "the rows are self-selected (không suy rộng được), so no sampling error says how far chance could have "
    "moved them, and there is no p-value. Compare with a probability sample."
)


@dataclass(frozen=True, repr=False, eq=False)
class Estimates:
    """k estimates with their joint covariance.

    Attributes
    ----------
    value : (k,) Series
        Named rows: the domains, levels or terms.
    covariance : Covariance
        ``diag()``, ``of(L)``, ``full()``; nothing k × k is made until asked for.
    df : (k,) Series
        Degrees of freedom of each row: units less strata that hold it.
    statistic : str
        What the values are: "mean", "share", …
    context : Context
        The line under the table.
    n : (k,) Series
        Answers behind each row.
    reason : (k,) Series
        Why a row has no standard error; empty where it has one.
    refusal : str
        Why there is no test of these estimates; empty where there is one.
    points : bool
        Whether the values are differences of shares, shown in percentage points.
    adjust : str
        How p-values are adjusted for the number of rows, as ``pairwise`` was told; empty elsewhere.
    extra : {column: (k,) numbers}
        Further columns of the table.
    """

    value: pd.Series
    covariance: Covariance
    df: pd.Series
    statistic: str
    context: Context
    n: pd.Series
    reason: pd.Series
    detail: Detail
    refusal: str = field(default="")
    points: bool = field(default=False)
    adjust: str = field(default="")
    extra: Mapping[str, Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Let the context say what the default interval is, as ``line`` does."""
        used = self._method(None)
        own = replace(self.context, interval=used, remarks=partial(self._remarks, used))
        object.__setattr__(self, "context", own)

    @cached_property
    def variance(self) -> Array:
        """(k,) variances, NaN where there is a reason for none."""
        v = self.covariance.diag()
        return np.where((self.reason != "").to_numpy(), np.nan, v)

    @property
    def se(self) -> pd.Series:
        """Standard errors."""
        return pd.Series(np.sqrt(self.variance), index=self.value.index, name="se")

    @property
    def is_share(self) -> bool:
        """Whether the values are shares between 0 and 1, with the intervals made for them."""
        return self.detail.share is not None

    @property
    def no_test(self) -> str:
        """Why there is no test: the refusal, or that the rows chose themselves; empty where there is one."""
        chosen = SELF_SELECTED if self.context.sampling == "self-selected" else ""
        return self.refusal or chosen or self.detail.no_test

    def ci(
        self,
        level: float = 0.95,
        method: Interval | str | None = None,
        *,
        df: Degrees = None,
        cap: bool = True,
        side: Side = "two",
    ) -> pd.DataFrame:
        """Confidence intervals.

        Parameters
        ----------
        level : share between 0 and 1
        method : text
            "t" for means, totals, ratios and differences; "log" for counts, totals and means above 0; for
            shares "auto" (default), "wald", "logit", "wilson", "korn-graubard", "beta", "likelihood",
            "arcsine", "agresti-coull", "jeffreys". "simultaneous" (max-t) and "bonferroni" hold for all rows
            together; of shares on the logit scale.
        df : number or "satterthwaite", optional
            Degrees of freedom in place of the design's; ``inf`` for normal limits.
        cap : bool
            Whether "korn-graubard" keeps the effective number of answers below n (NCHS); R does not.
        side : {"two", "lower", "upper"}
            "lower": the value is above ``ci_low`` with confidence ``level``; "upper": below ``ci_high``.

        Returns
        -------
        DataFrame with ``ci_low`` and ``ci_high``, in units of the estimate
        """
        low, high = limits.limits(self, level, method, df, cap, side)
        return Table.of(self, pd.DataFrame({"ci_low": low, "ci_high": high}, index=self.value.index))

    def _method(self, method: str | None) -> str:
        return limits.method_of(self, method)

    @cached_property
    def share_parts(self) -> ShareParts:
        """Parts of the "auto" interval."""
        if self.detail.share is None:
            raise ArgumentError(f"These are {self.statistic}s, not shares.")
        return self.detail.share()

    @cached_property
    def reference(self) -> tuple[Array, Array]:
        """Variance under simple random sampling with replacement, and the population size, of each row."""
        if self.detail.reference is None:
            nothing = np.full(len(self.value), np.nan)
            return nothing, nothing
        return self.detail.reference()

    def deff(self, against: Literal["wr", "wor"] = "wr") -> pd.Series:
        """Design effect: the variance over that of a simple random sample of as many answers.

        ``"wr"`` drawn with replacement (n / deff is the effective number of answers); ``"wor"`` without, as R
        has it, for which the weights must sum to the population.
        """
        check_choice(against, ("wr", "wor"), "deff")
        v, N = self.reference
        if against == "wor":
            n = self.n.to_numpy(float)
            if (n > N + 0.5).any():
                raise ArgumentError(
                    f"deff='wor' needs weights that sum to the population; here they sum to "
                    f"{np.nansum(N):g} for {int(n.sum())} answers. "
                    "Use deff='wr', or weights that expand the sample."
                )
            v = v * (1 - n / N)
        return pd.Series(divide(self.variance, v), index=self.value.index, name=f"deff_{against}")

    def to_frame(
        self, level: float = 0.95, method: Interval | None = None, deff: Literal["wr", "wor"] | None = "wr"
    ) -> pd.DataFrame:
        """Return a table: estimate, se, limits, df, cv, deff, n, n_eff and, if any, the reason for no se."""
        se = self.se
        table = pd.DataFrame({"estimate": self.value, "se": se}).join(self.ci(level, method))
        table["df"] = self.df
        if self.adjust:
            table = table.join(self.test().drop(columns=["estimate", "se", "t", "df"]))
        table["cv"] = divide(se.to_numpy(), np.abs(self.value.to_numpy(float)))
        if deff is not None and self.detail.reference is not None:
            column = "deff" if deff == "wr" else "deff_wor"
            table[column] = self.deff(deff)
        table["n"] = self.n
        table = table.assign(**self.extra)
        if deff is not None and self.detail.reference is not None:
            table["n_eff"] = self._effective()
        if (self.reason != "").any() or self.refusal:
            table["reason"] = self.reason.where(self.reason != "", self.refusal)
        return table

    def _effective(self) -> Array:
        """(k,) effective answers: n / deff; for rows that chose themselves, with the defect assumed."""
        n, assumed = self.n.to_numpy(float), self.context.effective
        if assumed is None:
            return divide(n, self.deff("wr").to_numpy())
        if assumed.defect is None:  # how many people they are from is not known: the line below has Kish's
            return np.full(n.size, np.nan)
        size = effective_size(n, self.reference[1], assumed.defect)
        return np.where(size < n, size, np.nan)

    # ---- combinations ------------------------------------------------------------------------------

    def locate(self, row: Hashable, what: str = "contrast") -> int:
        """Return the number of a row by its name; an unknown name is an error."""
        index = self.value.index
        try:
            where = index.get_loc(row)
        except (KeyError, TypeError, pd.errors.InvalidIndexError):
            where = None
        if not isinstance(where, (int, np.integer)):
            raise ColumnError(
                f"{what}: there is no row {shown(row)}.{near(row, index)} The rows are {listed(index, 8)}."
            )
        return int(where)

    def contrast(self, weights: Mapping[Any, float], name: str = "contrast") -> Estimates:
        """Return a linear combination of rows, with its own variance from the joint covariance.

        Parameters
        ----------
        weights : {row name: weight}
            Row names as in ``value.index``; for several ``by`` columns a tuple.

        Raises
        ------
        ColumnError
            A row is not there.

        Examples
        --------
        >>> import surveykit as sv
        >>> people = pd.DataFrame({"vung": list("NNBBNB"), "diem": [7, 8, 5, 6, 9, 7]})
        >>> by = sv.mean(sv.Design(people, sampling="srs"), "diem", by="vung")
        >>> float(by.contrast({"N": 1, "B": -1}).value.iloc[0])
        2.0
        """
        L = self.weights_of(weights)
        return pairs.silent(self, self.combine(L, pd.Index([name]), "contrast"), L)

    def weights_of(self, weights: Mapping[Any, float]) -> sp.csr_matrix:
        """(k, 1) weights of the rows named."""
        if not isinstance(weights, Mapping) or not weights:
            raise TypeError(
                f"contrast={weights!r}: pass row names with their weights, as {{'A': 1, 'B': -1}}."
            )
        rows = [self.locate(row) for row in weights]
        for row, v in weights.items():
            if not isinstance(v, (int, float, np.number)) or not np.isfinite(v):
                raise ArgumentError(
                    f"contrast: the weight of row {shown(row)} is {shown(v)}. Write a number."
                )
        values = np.array([float(v) for v in weights.values()])
        return sp.csr_matrix((values, (rows, np.zeros(len(rows), dtype=int))), shape=(len(self.value), 1))

    def combine(self, L: sp.csr_matrix, index: pd.Index[Any], statistic: str, *notes: Note) -> Estimates:
        """Return the combinations L (k, m) of the rows, named by index."""
        picked = sp.csc_matrix(L)
        picked.data = np.ones(picked.nnz)
        detail = combined(self.detail, sp.csc_matrix(L), self.variance)
        assert detail.df_many is not None
        df = detail.df_many(sp.identity(L.shape[1], format="csc"))
        finite = df[np.isfinite(df)] if np.isfinite(df).any() else np.array([np.nan])
        context = replace(
            self.context, df=(float(finite.min()), float(finite.max())), interval="t",
            notes=(*self.context.notes, *notes, *pairs.few_units(self.df.to_numpy(float), picked, df)),
        )  # fmt: skip
        value = np.asarray(L.T @ self.value.to_numpy(float))
        n = np.repeat(self.n.iloc[:1], len(value)) if detail.together else picked.T @ self.n.to_numpy(float)
        return Estimates(
            value=pd.Series(value, index=index, name=statistic),
            covariance=Combined(self.covariance, sp.csr_matrix(L)),
            df=pd.Series(df, index=index, name="df", dtype=float),
            statistic=statistic,
            context=context,
            n=pd.Series(np.asarray(n).astype(int), index=index, name="n"),
            reason=pd.Series(self._first_reason(picked), index=index, name="reason", dtype=object),
            detail=detail,
            refusal=self.refusal,
            points=self.is_share or self.points or self.detail.percent,
        )

    def _first_reason(self, picked: sp.csc_matrix) -> Any:
        """(m,) the first reason among the rows of each column of a pattern."""
        reasons = self.reason.to_numpy()
        out = np.full(picked.shape[1], "", dtype=object)
        for j in np.flatnonzero(picked.T @ (reasons != "").astype(float)):
            rows = np.sort(picked.indices[picked.indptr[j] : picked.indptr[j + 1]])
            out[j] = next(reasons[i] for i in rows if reasons[i])
        return out

    def pairwise(
        self,
        adjust: Adjust = "holm",
        *,
        against: Hashable | None = None,
        within: str | None = None,
    ) -> Estimates:
        """Return the differences of all pairs of rows, their p-values adjusted for the number of pairs.

        Parameters
        ----------
        adjust : {"holm", "bonferroni", "hochberg", "hommel", "max-t", "bh", "by", "none"}
            All but the last three bound the chance of any false finding; "bh" and "by" the expected share of
            false findings. ``ci()`` has simultaneous limits for "max-t", Bonferroni's for "bonferroni" and
            "holm", and single ones for the others.
        against : row name, optional
            Every other row less this one; "all": every row less the plain mean of all.
        within : name of a level of the rows, optional
            Only rows that agree in it are compared, as the shares of one answer.

        Returns
        -------
        Estimates with rows (first, minus); ``to_frame()`` has ``p`` and ``p_adjusted``

        Examples
        --------
        >>> import surveykit as sv
        >>> people = pd.DataFrame({"vung": list("NNBBTT"), "diem": [7, 8, 5, 6, 9, 7]})
        >>> by = sv.mean(sv.Design(people, sampling="srs"), "diem", by="vung")
        >>> by.pairwise("holm").to_frame()[["estimate", "p", "p_adjusted"]].round(3)
                    estimate      p  p_adjusted
        vung minus
        B    N          -2.0  0.035       0.106
             T          -2.5  0.063       0.126
        N    T          -0.5  0.604       0.604
        """
        return pairs.pairwise(self, adjust, against, within)

    def test(
        self, null: float = 0, *, side: Side = "two", adjust: Adjust | None = None, df: Degrees = None
    ) -> pd.DataFrame:
        """Return t tests of each row against a value: estimate, se, t, df, p.

        With ``adjust`` (as in ``pairwise``) also ``p_adjusted``, for the number of rows.

        Parameters
        ----------
        null : number that each row is compared with
        side : {"two", "lower", "upper"}
            The limit that answers, as in ``ci``. "lower": p of the claim that the value is above ``null``,
            below 0.05 where the lower limit of ``ci(0.95, "t", side="lower")`` is above it; "upper": that it
            is below. Of shares the test is on the scale of ``ci(method="wald")``.
        """
        return Table.of(self, pairs.test(self, null, side, adjust, df))

    def joint_test(
        self, rows: pairs.Contrasts | None = None, *, null: float = 0, adjusted: bool = True
    ) -> TestResult:
        """Return one F test (Wald) of several rows or contrasts together.

        Parameters
        ----------
        rows : list of row names, or {name: {row: weight}}, optional
            All rows without it. That all groups are equal: ``pairwise(against=one).joint_test()``.
        null : number that each is compared with
        adjusted : bool
            F with (k, df − k + 1) degrees of freedom, as few units ask for; without, (k, df).

        Raises
        ------
        ArgumentError
            A row has no standard error.
        """
        return pairs.joint_test(self, rows, null, adjusted)

    # ---- how it looks -------------------------------------------------------------------------------

    def line(self, lang: fmt.Lang = "en", level: float = 0.95, method: Interval | None = None) -> str:
        """Return the context with the interval shown, and the remarks that belong to it."""
        used = self._method(method)
        shown = replace(self.context, level=level, interval=used, remarks=partial(self._remarks, used))
        return shown.text(lang)

    def _remarks(self, used: str) -> tuple[Note, ...]:
        raised = used == "auto" and self.share_parts.raised
        notes = [Note("ρ taken as at least 0,05", "tương quan nội cụm lấy ít nhất 0,05")] if raised else []
        notes += limits.remarks(self, used)
        notes += [Note(self.refusal, reason_text(self.refusal, "vi"))] if self.refusal else []
        return tuple(notes)

    def __repr__(self) -> str:
        """Return the table and its line as text."""
        return f"{self.to_frame().to_string(float_format=lambda x: f'{x:.4g}')}\n{self.line('en')}"

    def to_html(self, lang: fmt.Lang = "vi", level: float = 0.95, method: Interval | None = None) -> str:
        """Return the table and its line as HTML, numbers and words in Vietnamese or English."""
        from surveykit.display import estimates_html

        return estimates_html(self, lang, level, method)

    def _repr_html_(self) -> str:
        return self.to_html("vi")
