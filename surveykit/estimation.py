"""Estimates of means, shares, totals, ratios, counts and variances; ten lines each, one doorway."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from sampling.checks import ArgumentError, check_columns
from surveykit import columns as col
from surveykit import doubts
from surveykit.design import Design, check_design
from surveykit.formulas.statistics import Covariances, Ratio, Shares, Smooth, Total
from surveykit.formulas.statistics import mean as mean_of
from surveykit.formulas.totals import Column
from surveykit.infer import Maker, infer
from surveykit.result import Estimates

Names = str | Sequence[str]


def check_answers(design: Design, y: Any, by: Any, argument: str = "y") -> tuple[str, ...]:
    """Return the names of the answer columns after the checks that every verb shares."""
    check_design(design)
    names = check_columns(design.data, y, argument)
    if not names:
        raise ArgumentError(f"{argument}={y!r}: name at least one column.")
    if len(set(names)) < len(names):
        raise ArgumentError(f"{argument}={list(names)} names a column twice.")
    groups = check_columns(design.data, by, "by")
    both = [name for name in names if name in groups]
    if both:
        raise ArgumentError(f"by={both[0]!r} is {argument} itself. Group by another column, or drop by.")
    if len(set(groups)) < len(groups):
        raise ArgumentError(f"by={list(groups)} names a column twice.")
    return names


def labels_for(names: Sequence[str], by: Any) -> pd.Index[Any] | None:
    """Name the outputs: by variable, or not at all where the domain says enough."""
    if len(names) == 1 and by is not None and len(by):
        return None
    return pd.Index(list(names), name="variable" if len(names) > 1 else None)


def mean(design: Design, y: Names, *, by: Names | None = None, where: str | None = None) -> Estimates:
    r"""Mean of a numeric column, :math:`\bar y = \sum w y / \sum w` over those who answered.

    Parameters
    ----------
    design : Design
    y : column name or list of them
    by : column name or list of them, optional
        One row for each level or combination; missing values have a row of their own.
    where : text, optional
        A condition, as in ``"tuoi >= 18"``.

    Returns
    -------
    Estimates, in units of y, with t intervals

    Raises
    ------
    ColumnError, TypeError
        An absent column, text or dates in the place of numbers, no answers.

    References
    ----------
    Wolter (2007), ch. 6; Särndal, Swensson & Wretman (1992), ch. 5.

    Examples
    --------
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"w": [10, 10, 20, 20], "thon": list("aabb"), "diem": [4, 5, 3, 4]})
    >>> result = sv.mean(sv.Design(people, weights="w", psu="thon"), "diem")
    >>> round(float(result.value["diem"]), 3), round(float(result.se["diem"]), 3)
    (3.833, 0.444)
    """
    names = check_answers(design, y, by)
    makers = [_maker(design, name, "mean", mean_of) for name in names]
    found = infer(
        design,
        makers,
        statistic="mean",
        y=[f"y={name!r}" for name in names],
        labels=labels_for(names, by),
        by=by,
        where=where,
    )
    tell_codes(design, names, where)
    return found


def _maker(design: Design, name: str, word: str, make: Callable[[Column], Smooth]) -> Maker:
    return lambda: make(col.answers(design.data, name, word))


def total(design: Design, y: Names, *, by: Names | None = None, where: str | None = None) -> Estimates:
    r"""Total of a numeric column, :math:`\hat Y = \sum w y`, over those who answered.

    Parameters and errors as for :func:`mean`. Missing answers count as nothing: adjust the weights for
    nonresponse first if the total is to stand for everyone.

    Examples
    --------
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"w": [10, 10, 20, 20], "thon": list("aabb"), "ho_so": [1, 0, 2, 1]})
    >>> float(sv.total(sv.Design(people, weights="w", psu="thon"), "ho_so").value["ho_so"])
    70.0
    """
    names = check_answers(design, y, by)
    makers = [_maker(design, name, "total", Total) for name in names]
    return infer(
        design,
        makers,
        statistic="total",
        y=[f"y={name!r}" for name in names],
        labels=labels_for(names, by),
        by=by,
        where=where,
        within=False,
    )


def ratio(
    design: Design, y: Names, x: Names, *, by: Names | None = None, where: str | None = None
) -> Estimates:
    r"""Ratio of two totals, :math:`\hat R = \sum w y / \sum w x`, over rows with both answers.

    Parameters
    ----------
    y, x : column name or list of them
        Numerator and denominator; lists give every pair, each y over the first x, then over the second.

    Examples
    --------
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"w": [10, 10, 20, 20], "thon": list("aabb")})
    >>> people = people.assign(tot=[1, 0, 2, 1], tra=[2, 1, 2, 2])
    >>> design = sv.Design(people, weights="w", psu="thon")
    >>> sv.ratio(design, "tot", "tra").value.round(3).to_dict()
    {'tot/tra': 0.636}
    """
    tops = check_answers(design, y, by)
    bottoms = check_answers(design, x, by, "x")
    pairs = [(a, b) for b in bottoms for a in tops]

    def make(a: str, b: str) -> Maker:
        def maker() -> Smooth:
            top = col.answers(design.data, a, "ratio")
            bottom = col.answers(design.data, b, "ratio", "x")
            missing = np.union1d(top.missing, bottom.missing)
            return Ratio(blank(top, missing), blank(bottom, missing))

        return maker

    names = [f"{a}/{b}" for a, b in pairs]
    makers = [make(a, b) for a, b in pairs]
    return infer(
        design,
        makers,
        statistic="ratio",
        y=[f"the pair y={a!r}, x={b!r}" for a, b in pairs],
        labels=labels_for(names, by),
        by=by,
        where=where,
    )


def blank(column: Column, missing: Any) -> Column:
    """Return the column with these rows missing too."""
    if missing.size == column.missing.size or column.values is None:
        return Column(column.values, missing)
    values = column.values.copy()
    values[missing] = 0.0
    return Column(values, missing)


def count(design: Design, *, by: Names | None = None, where: str | None = None) -> Estimates:
    r"""Estimated number of people, :math:`\hat N = \sum w`.

    Examples
    --------
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"w": [10, 10, 20, 20], "thon": list("aabb"), "gioi": ["Nam"] + ["Nữ"] * 3})
    >>> sv.count(sv.Design(people, weights="w", psu="thon"), by="gioi", where="w < 50").value.to_dict()
    {'Nam': 10.0, 'Nữ': 50.0}
    """
    check_columns(check_design(design).data, by, "by")
    makers: list[Maker] = [lambda: Total(Column(None, col.NONE))]
    return infer(
        design,
        makers,
        statistic="count",
        y=["the sample"],
        labels=None if by is not None and len(by) else pd.Index(["count"]),
        by=by,
        where=where,
        within=False,
    )


def proportion(
    design: Design, y: Names, *, by: Names | None = None, where: str | None = None, value: Any = None
) -> Estimates:
    r"""Share of each answer among those who answered, :math:`p_k = \sum w 1[y = k] / \sum w`.

    Parameters
    ----------
    design : Design
    y : column name, or with ``value`` also a list of them
    by, where : as for :func:`mean`
    value : a level or a list of levels, optional
        Only the share of rows in these levels, as one number: ``value=[4, 5]`` for "hài lòng".

    Returns
    -------
    Estimates, shares between 0 and 1, with the "auto" interval (see ``Estimates.ci``)

    Raises
    ------
    ArgumentError
        More than 50 levels.
    ColumnError
        An absent column or level.

    Examples
    --------
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"thon": list("aabbccdd"), "muc": [5, 4, 2, 4, 5, 3, 4, 4]})
    >>> design = sv.Design(people, sampling="srs", psu="thon")
    >>> sv.proportion(design, "muc", value=[4, 5]).to_frame()[["estimate", "ci_low", "ci_high"]].round(2)
         estimate  ci_low  ci_high
    muc      0.75    0.37     0.94
    """
    names = check_answers(design, y, by)
    if value is not None:
        wanted = {}
        for name in names:
            wanted[name] = col.check_value(design.data, name, value, stacklevel=3)
        tell_blanks(design, names, where)
        makers: list[Maker] = [_indicator(design, *pair) for pair in wanted.items()]
        return infer(
            design,
            makers,
            statistic="share",
            y=[f"y={name!r}" for name in names],
            labels=labels_for(names, by),
            by=by,
            where=where,
            share=True,
        )
    if len(names) > 1:
        raise ArgumentError(
            f"y={list(names)}: without value= a proportion takes one column at a time. "
            "Pass value=[…] for the share of these answers in each column."
        )
    codes, levels = col.levels_of(design.data, names[0])
    tell_blanks(design, names, where)
    labels = pd.Index(levels, name=names[0])
    make: list[Maker] = [lambda: Shares(codes, len(levels))]
    return infer(
        design,
        make,
        statistic="share",
        y=[f"y={name!r}" for name in names],
        labels=labels,
        by=by,
        where=where,
        share=True,
    )


def tell_blanks(design: Design, names: Sequence[str], where: str | None, argument: str = "y") -> None:
    """Warn of blank text among the answers in the rows asked for."""
    inside = design.domains(None, where).row >= 0
    for name in names:
        doubts.tell_blanks(design.data[name], f"{argument}={name!r}", inside)


def tell_codes(design: Design, names: Sequence[str], where: str | None) -> None:
    """Warn of codes of no answer among the numbers in the rows asked for."""
    inside = design.domains(None, where).row >= 0
    for name in names:
        doubts.tell_codes(design.data[name], f"y={name!r}", inside)


def _indicator(design: Design, name: str, wanted: list[Any]) -> Maker:
    return lambda: mean_of(col.indicator(design.data, name, wanted))


def variance(design: Design, y: Names, *, by: Names | None = None, where: str | None = None) -> Estimates:
    r"""Estimate population variances and covariances.

    .. math:: \frac{n}{n - 1} \sum w (y - \bar y)(x - \bar x) / \sum w

    Returns
    -------
    Estimates with a row for each pair of columns (y, x), in squared units

    Examples
    --------
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"diem": [4.0, 5, 3, 4]})
    >>> float(sv.variance(sv.Design(people, sampling="srs"), "diem").value.iloc[0].round(3))
    0.667
    """
    names = check_answers(design, y, by)
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i:]]

    def make(a: str, b: str) -> Maker:
        return lambda: Covariances(
            col.answers(design.data, a, "variance"), col.answers(design.data, b, "variance")
        )

    labels = labels_for(names, by)
    if len(pairs) > 1:
        labels = pd.Index([f"{a}, {b}" for a, b in pairs], name="pair")
    raw = infer(
        design,
        [make(a, b) for a, b in pairs],
        statistic="variance",
        y=[f"y={a!r}" if a == b else f"the pair y={a!r}, {b!r}" for a, b in pairs],
        labels=labels,
        by=by,
        where=where,
    )
    tell_codes(design, names, where)
    n = raw.n.to_numpy(float)
    factor = np.divide(n, n - 1, out=np.full(n.size, np.nan), where=n > 1)
    return raw.combine(sp.diags(factor, format="csr"), raw.value.index, "variance")
