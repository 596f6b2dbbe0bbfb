"""Estimates: k values with their joint covariance."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.special import stdtr

from sampling import format as fmt
from sampling.checks import ArgumentError, ColumnError, check_choice, check_fraction, listed, near, shown
from surveykit.context import Context, Note
from surveykit.display import reason_text
from surveykit.formulas import intervals
from surveykit.formulas.arrays import Array, Mask
from surveykit.formulas.selfselected import effective_size
from surveykit.formulas.statistics import divide
from surveykit.formulas.variance import Combined, Covariance

Interval = Literal[
    "t", "auto", "wald", "logit", "wilson", "korn-graubard", "beta", "likelihood", "arcsine",
    "agresti-coull", "jeffreys",
]  # fmt: skip
SHARES = ("auto", "wald", "logit", "wilson", "korn-graubard", "beta", "likelihood", "arcsine",
          "agresti-coull", "jeffreys")  # fmt: skip


SELF_SELECTED = (
    "the rows are self-selected (không suy rộng được), so no sampling error says how far chance could have "
    "moved them, and there is no p-value. Compare with a probability sample."
)


class ShareParts(NamedTuple):
    """What the "auto" interval needs beside the design variance, a number for each row."""

    K: Array
    b: Array
    rho: Array
    census: Mask
    raised: bool


@dataclass(frozen=True)
class Detail:
    """What is worked out only when asked for.

    ``reference()``: variance of each estimate under simple random sampling with replacement, and the
    population the weights stand for; ``share()``: parts of the "auto" interval; ``df_of(rows)``: degrees of
    freedom of a combination of rows. ``methods``: intervals made for these estimates alone, the first by
    default; ``limits(method, df, level)``: their two-sided limits.
    """

    reference: Callable[[], tuple[Array, Array]] | None
    share: Callable[[], ShareParts] | None
    df_of: Callable[[Sequence[int]], float]
    limits: Callable[[str, Array, float], tuple[Array, Array]] | None = None
    methods: tuple[str, ...] = ()


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
        return self.refusal or (SELF_SELECTED if self.context.sampling == "self-selected" else "")

    def ci(
        self,
        level: float = 0.95,
        method: Interval | str | None = None,
        *,
        df: float | None = None,
        cap: bool = True,
    ) -> pd.DataFrame:
        """Confidence intervals.

        Parameters
        ----------
        level : share between 0 and 1
        method : text
            "t" for means, totals, ratios and differences; for shares "auto" (default), "wald", "logit",
            "wilson", "korn-graubard", "beta", "likelihood", "arcsine", "agresti-coull", "jeffreys".
        df : number, optional
            Degrees of freedom in place of the design's; ``inf`` for normal limits.
        cap : bool
            Whether "korn-graubard" keeps the effective number of answers below n (NCHS); R does not.

        Returns
        -------
        DataFrame with ``ci_low`` and ``ci_high``, in units of the estimate
        """
        level = check_fraction(level, "level")
        name = self._method(method)
        p, v = self.value.to_numpy(float), self.variance
        degrees = self.df.to_numpy(float) if df is None else np.full(p.size, float(df))
        if self.detail.limits is not None and name in self.detail.methods:
            low, high = self.detail.limits(name, degrees, level)
        elif name == "t":
            low, high = intervals.wald(p, v, intervals.quantile(degrees, level))
        elif name == "auto":
            low, high = self._auto(p, v, degrees, level)
        else:
            low, high = intervals.limits(name, p, v, self.n.to_numpy(float), degrees, level, cap=cap)
        missing = np.isnan(v)
        low, high = np.where(missing, np.nan, low), np.where(missing, np.nan, high)
        return pd.DataFrame({"ci_low": low, "ci_high": high}, index=self.value.index)

    def _method(self, method: str | None) -> str:
        if self.detail.methods:
            return (
                self.detail.methods[0]
                if method is None
                else check_choice(method, self.detail.methods, "method")
            )
        if method is None:
            return "auto" if self.is_share else "t"
        if self.is_share:
            return "wald" if method == "t" else check_choice(method, SHARES, "method")
        if method in SHARES and method != "wald":
            raise ArgumentError(f"method={method!r} is for shares, and these are {self.statistic}s. Use 't'.")
        check_choice(method, ("t", "wald"), "method")
        return "t"

    def _auto(self, p: Array, v: Array, df: Array, level: float) -> tuple[Array, Array]:
        parts, n = self.share_parts, self.n.to_numpy(float)
        deff = intervals.auto_effect(p, v, n, df, parts.K, parts.b, parts.rho)
        low, high = intervals.wilson(p, divide(n, deff), intervals.quantile(np.maximum(df, 0) + 8, level))
        return np.where(parts.census, p, low), np.where(parts.census, p, high)

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
        table["cv"] = divide(se.to_numpy(), np.abs(self.value.to_numpy(float)))
        if deff is not None and self.detail.reference is not None:
            column = "deff" if deff == "wr" else "deff_wor"
            table[column] = self.deff(deff)
        table["n"] = self.n
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

    def locate(self, row: Hashable) -> int:
        """Return the number of a row by its name; an unknown name is an error."""
        index = self.value.index
        try:
            where = index.get_loc(row)
        except (KeyError, TypeError, pd.errors.InvalidIndexError):
            where = None
        if not isinstance(where, (int, np.integer)):
            raise ColumnError(
                f"contrast: there is no row {shown(row)}.{near(row, index)} The rows are {listed(index, 8)}."
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
        L = sp.csr_matrix((values, (rows, np.zeros(len(rows), dtype=int))), shape=(len(self.value), 1))
        return self.combine(L, pd.Index([name]), "contrast")

    def combine(self, L: sp.csr_matrix, index: pd.Index[Any], statistic: str, *notes: Note) -> Estimates:
        """Return the combinations L (k, m) of the rows, named by index."""
        columns = sp.csc_matrix(L)
        rows = [columns.indices[a:b] for a, b in zip(columns.indptr, columns.indptr[1:], strict=False)]
        reasons, n = self.reason.to_numpy(), self.n.to_numpy()
        reason = [next((reasons[i] for i in part if reasons[i]), "") for part in rows]
        df = [self.detail.df_of(part.tolist()) for part in rows]
        value = np.array([self.value.to_numpy(float)[columns.indices[a:b]] @ columns.data[a:b]
                          for a, b in zip(columns.indptr, columns.indptr[1:], strict=False)])  # fmt: skip
        finite = [x for x in df if np.isfinite(x)] or [np.nan]

        def df_of(picked: Sequence[int]) -> float:
            return self.detail.df_of(sorted({int(i) for j in picked for i in rows[j]}))

        context = replace(
            self.context, df=(min(finite), max(finite)), interval="t", notes=(*self.context.notes, *notes)
        )
        return Estimates(
            value=pd.Series(value, index=index, name=statistic),
            covariance=Combined(self.covariance, sp.csr_matrix(L)),
            df=pd.Series(df, index=index, name="df", dtype=float),
            statistic=statistic,
            context=context,
            n=pd.Series([int(n[part].sum()) for part in rows], index=index, name="n"),
            reason=pd.Series(reason, index=index, name="reason", dtype=object),
            detail=Detail(None, None, df_of),
            refusal=self.refusal,
            points=self.is_share or self.points,
        )

    def test(self, null: float = 0) -> pd.DataFrame:
        """Return t tests of each row against a value: estimate, se, t, df, p (two-sided)."""
        if self.no_test:
            raise ArgumentError(f"test: {self.no_test}")
        if isinstance(null, bool) or not isinstance(null, (int, float, np.number)) or not np.isfinite(null):
            raise ArgumentError(f"null={null!r}: write the number that the estimates are compared with.")
        se = self.se.to_numpy()
        t = divide(self.value.to_numpy(float) - null, se)
        df = np.where(self.df > 0, self.df, np.nan)
        p = 2 * stdtr(df, -np.abs(t))
        return pd.DataFrame(
            {"estimate": self.value, "se": se, "t": t, "df": df, "p": p}, index=self.value.index
        )

    # ---- how it looks -------------------------------------------------------------------------------

    def line(self, lang: fmt.Lang = "en", level: float = 0.95, method: Interval | None = None) -> str:
        """Return the context with the remarks that belong to the interval shown."""
        notes = self.context.notes
        used = self._method(method)
        if used == "auto" and self.share_parts.raised:
            notes += (Note("ρ taken as at least 0,05", "tương quan nội cụm lấy ít nhất 0,05"),)
        if self.refusal:
            notes += (Note(self.refusal, reason_text(self.refusal, "vi")),)
        return replace(self.context, notes=notes, level=level, interval=used).text(lang)

    def __repr__(self) -> str:
        """Return the table and its line as text."""
        return f"{self.to_frame().to_string(float_format=lambda x: f'{x:.4g}')}\n{self.line('en')}"

    def to_html(self, lang: fmt.Lang = "vi", level: float = 0.95, method: Interval | None = None) -> str:
        """Return the table and its line as HTML, numbers and words in Vietnamese or English."""
        from surveykit.display import estimates_html

        return estimates_html(self, lang, level, method)

    def _repr_html_(self) -> str:
        return self.to_html("vi")
