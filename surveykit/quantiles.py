"""Quantiles and medians, with the intervals of Woodruff."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd

from sampling.checks import ArgumentError, DataError, check_choice
from surveykit import columns as col
from surveykit.design import Design
from surveykit.estimation import Names, check_answers, tell_codes
from surveykit.formulas import intervals
from surveykit.formulas.arrays import Array, Codes
from surveykit.formulas.quantiles import APART, RULES, sort_answers
from surveykit.formulas.statistics import Smooth, mean
from surveykit.formulas.totals import Column
from surveykit.infer import infer
from surveykit.result import Estimates
from surveykit.woodruff import METHODS, Answers, woodruff


@dataclass(frozen=True, repr=False, eq=False)
class Solved:
    """Quantiles as replicates solve them again."""

    parts: Sequence[Answers]
    p: Array
    rule: str

    def columns(self) -> Any:
        """Yield a column of ones for the answers of each quantile."""
        for part in self.parts:
            for _ in self.p:
                yield Column(None, part.missing)

    def value(self, T: Array) -> Array:  # noqa: ARG002 (as they were solved)
        """Return the quantiles, whatever the totals."""
        D = self.parts[0].order.D
        found = [part.sums.quantiles(np.tile(self.p, (D, 1)), self.rule) for part in self.parts]
        return np.concatenate(found, axis=1)

    def jacobian(self, T: Array) -> Array:
        """Return zeros: only replicates tell how they move."""
        return np.zeros((len(T), T.shape[1], T.shape[1]))

    def solve(self, W: Array, domain: Codes, D: int) -> Array:
        """(b, D, q) quantiles for weights (b, n)."""
        if (W[:, domain >= 0] < 0).any():
            raise DataError(
                "method='quantile': some replicate weights are below 0, and a quantile needs weights of 0 or "
                "more. Use method='woodruff'."
            )
        p = np.tile(self.p, (D, 1))
        return np.stack([
            np.concatenate([s.order.quantiles(s.order.weights(w), p, self.rule) for s in self.parts], axis=1)
            for w in W
        ])  # fmt: skip


def quantile(
    design: Design,
    y: Names,
    q: float | Sequence[float] = 0.5,
    *,
    by: Names | None = None,
    where: str | None = None,
    rule: str = "math",
) -> Estimates:
    r"""Quantiles of a numeric column: where the cumulated weights pass a share q of their sum.

    Parameters
    ----------
    design : Design
    y : column name or list of them
    q : number or list of numbers from 0 to 1
    by, where : as for :func:`surveykit.mean`
    rule : {"math", "school", "hf1", …, "hf9", "shahvaish"}
        How weights become a quantile, with R ``survey``'s names: "math" the first value at which the share
        is reached, "school" the middle of two where it is met exactly, "hf1" to "hf9" the types of Hyndman &
        Fan (1996), but "hf3" as R has it: "hf1", and of two answers between which the share is met exactly
        the one with the even number. The scale of the weights never counts.

    Returns
    -------
    Estimates, in units of y
        ``ci(method=…)``: "woodruff" (default: t limits of the share at or below the quantile, turned into
        values by the same rule), "logit", "beta", "arcsine" (other limits of that share), "score" (values at
        which the share is not rejected: the one to take where many answers are equal, as grades 1 to 5), and
        with replicates "quantile" (spread of the replicates' quantiles). A limit that would lie beyond the
        answers is the least or greatest of them if there are enough of them to say so, else NaN. The standard
        error is the width of the 95 % interval over 2 t.

    Raises
    ------
    ArgumentError
        q outside 0 … 1, an unknown rule.
    DataError
        Weights below 0.

    References
    ----------
    Woodruff (1952), Journal of the American Statistical Association 47, 635-646; Francisco & Fuller (1991),
    Annals of Statistics 19, 454-469.

    Examples
    --------
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"thon": list("aabbccddee"), "phut": [5, 9, 10, 12, 15, 20, 22, 30, 45, 60]})
    >>> sv.quantile(sv.Design(people, sampling="srs", psu="thon"), "phut", [0.25, 0.5]).value.to_dict()
    {0.25: 10.0, 0.5: 15.0}
    """
    names = check_answers(design, y, by)
    check_choice(rule, RULES, "rule")
    shares = check_shares(q)
    domains = design.domains(by, where)
    negative = np.flatnonzero((design.w < 0) & (domains.row >= 0))
    if negative.size:
        raise DataError(
            f"the weight is below 0 in {col.place(design.data, negative)}, and a quantile needs weights "
            "of 0 or more. Calibrate with distance='raking' or with bounds."
        )
    parts = [answers_of(design, name, domains.row, domains.D, rule) for name in names]
    tell_codes(design, names, where)
    p = np.tile(shares, (domains.D, 1))
    value = np.concatenate([part.sums.quantiles(p, rule) for part in parts], axis=1)
    labels = labels_of(names, shares, by)
    ask = partial(
        infer, design, statistic="quantile", labels=labels, by=by, where=where,
        y=[f"y={name!r}" for name in names for _ in shares],
    )  # fmt: skip
    below = partial(shares_below, ask, parts, len(shares), domains.row)
    made = woodruff(below, value, parts, np.tile(shares, len(names)), rule).estimates()
    if design.replicates is None:
        return made
    return with_replicates(made, lambda: ask([lambda: Solved(parts, shares, rule)]))


def median(
    design: Design, y: Names, *, by: Names | None = None, where: str | None = None, rule: str = "math"
) -> Estimates:
    """Median of a numeric column: the quantile at 0.5, see :func:`quantile`.

    Examples
    --------
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"thon": list("aabbccddee"), "phut": [5, 9, 10, 12, 15, 20, 22, 30, 45, 60]})
    >>> float(sv.median(sv.Design(people, sampling="srs", psu="thon"), "phut").value.iloc[0])
    15.0
    """
    found = quantile(design, y, 0.5, by=by, where=where, rule=rule)
    names = list(found.value.index.names)
    if "quantile" not in names:
        return replace(found, statistic="median", value=found.value.rename("median"))
    index = pd.Index([y if isinstance(y, str) else y[0]])
    series = {name: getattr(found, name).set_axis(index) for name in ("value", "df", "n", "reason")}
    series["value"] = series["value"].rename("median")
    return replace(found, statistic="median", **series)


def check_shares(q: Any) -> Array:
    """Return the shares asked for as an array; others than 0 … 1 are refused."""
    asked = list(q) if isinstance(q, (list, tuple, np.ndarray, pd.Index)) else [q]
    if not asked:
        raise ArgumentError(f"q={q!r}: name at least one share, as 0.5 for the median.")
    for share in asked:
        if isinstance(share, bool) or not isinstance(share, (int, float, np.number)) or not 0 <= share <= 1:
            raise ArgumentError(
                f"q={share!r}: a quantile is asked for by a share from 0 to 1, as 0.5 for the median."
            )
    twice = pd.Index(asked)[pd.Index(asked).duplicated()]
    if twice.size:
        raise ArgumentError(f"q: {twice[0]:g} stands there twice. Name each share once.")
    return np.array(asked, dtype=float)


def answers_of(design: Design, name: str, row: Codes, D: int, rule: str) -> Answers:
    """Sort the answers of one column by domain."""
    values, missing = col.answers(design.data, name, "quantile")
    assert values is not None
    inside = row >= 0
    if missing.size:
        inside = inside.copy()
        inside[missing] = False
    order = sort_answers(values, row, inside, D, apart=rule in APART)
    return Answers(order, order.cumulated(order.weights(design.w)), values, missing)


def labels_of(names: Sequence[str], shares: Array, by: Any) -> pd.Index[Any] | None:
    """Name the outputs by variable and quantile, as far as there are several."""
    if len(names) > 1 and len(shares) > 1:
        return pd.MultiIndex.from_product([names, shares], names=["variable", "quantile"])
    if len(names) > 1:
        return pd.Index(list(names), name="variable")
    if len(shares) > 1 or by is None or not len(by):
        return pd.Index(shares, name="quantile")
    return None


def shares_below(
    ask: Callable[..., Estimates], parts: Sequence[Answers], Q: int, row: Codes, theta: Array
) -> Estimates:
    """Return the shares of answers at or below θ (D, q), each row held against its own domain's."""

    def make(part: Answers, j: int) -> Callable[[], Smooth]:
        def maker() -> Smooth:
            limit = theta[:, j][np.maximum(row, 0)] if len(theta) > 1 else theta[0, j]
            below = (part.y <= limit).astype(float)
            below[part.missing] = 0.0
            return mean(Column(below, part.missing))

        return maker

    return ask([make(part, i * Q + k) for i, part in enumerate(parts) for k in range(Q)])


def with_replicates(made: Estimates, again: Callable[[], Estimates]) -> Estimates:
    """Return the quantiles with one more interval, from the spread of the replicates' quantiles."""
    limits = made.detail.limits
    assert limits is not None
    solved = cache(again)

    def both(method: str, df: Array, level: float) -> tuple[Array, Array]:
        if method == "quantile":
            est = solved()
            return intervals.wald(est.value.to_numpy(float), est.variance, intervals.quantile(df, level))
        return limits(method, df, level)

    return replace(made, detail=replace(made.detail, limits=both, methods=(*METHODS, "quantile")))
