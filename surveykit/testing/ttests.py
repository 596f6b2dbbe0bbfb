"""t tests: one mean, two groups, pairs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from sampling.checks import ArgumentError, DataError, check_column, listed
from surveykit import columns as col
from surveykit.context import Note
from surveykit.design import Design, check_design
from surveykit.estimation import mean, tell_codes
from surveykit.formulas.standardeffect import OneSample, StandardEffect
from surveykit.formulas.statistics import Smooth
from surveykit.formulas.statistics import mean as mean_of
from surveykit.formulas.totals import Column
from surveykit.infer import infer
from surveykit.result import Estimates
from surveykit.testing.panels import later_rows
from surveykit.testresult import NO_ERROR, TestResult


def t_test(
    design: Design,
    y: str,
    *,
    null: float = 0,
    by: str | None = None,
    paired: str | None = None,
    wave: str | None = None,
    id: str | None = None,
    where: str | None = None,
) -> TestResult:
    """Test one mean, the difference of two groups, or the mean change of pairs.

    Parameters
    ----------
    design : Design
    y : column name, numbers
    null : number
        What the mean, or the difference, is compared with.
    by : column name, optional
        Two groups; the difference is the second less the first, in the order of their levels.
    paired : column name, optional
        The first answer of the same row: the mean of y less it is tested.
    wave, id : column names, optional
        For pairs in two rows: which answer is the later one (numbers, dates or an ordered category), and
        whose it is. People with one row are left out, with a warning; ``before_after`` keeps them.
    where : text, optional

    Returns
    -------
    TestResult
        ``details`` has the difference, its standard error and limits (95 %), and d, the difference in
        standard deviations, with its standard error.

    Raises
    ------
    ArgumentError, DataError
        ``by`` with one or more than two levels; self-selected rows; no standard error; rows of pairs without
        an id, doubled, or of different units or weights.

    Examples
    --------
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"thon": list("aabbccddee"), "diem": [4, 5, 3, 4, 4, 5, 2, 3, 4, 4]})
    >>> people["gioi"] = list("NWNWNWNWNW")
    >>> design = sv.Design(people, sampling="srs", psu="thon")
    >>> round(sv.t_test(design, "diem", by="gioi").statistic, 3)
    4.0
    """
    check_design(design)
    check_column(design.data, y, "y")
    if by is not None and paired is not None:
        raise ArgumentError("by= compares groups and paired= answers of the same rows. Pass one of them.")
    if (wave is None) != (id is None):
        raise ArgumentError(
            f"wave={wave!r} without id=: a paired test needs to know which rows are of one person. Name the "
            "column of the ids, or compare independent samples by before_after()."
            if id is None else
            f"id={id!r} without wave=: name the column that tells the two answers of one person apart."
        )  # fmt: skip
    if wave is not None and (by is not None or paired is not None):
        raise ArgumentError("wave= and id= pair rows of two waves. Leave by= and paired= out.")
    if not isinstance(null, (int, float, np.number)) or isinstance(null, bool) or not np.isfinite(null):
        raise ArgumentError(f"null={null!r}: write the number that the mean is compared with.")
    if by is not None:
        est, effect = two_groups(design, y, by, where)
        change = est.value.index[0]
        name = Note(f"t test of {y} by {by} ({change})", f"kiểm định t: {y} theo {by} ({change})")
    elif paired is not None:
        est, effect = pairs(design, y, paired, where)
        tell_codes(design, (y, paired), where)
        name = Note(f"paired t test of {y} less {paired}", f"kiểm định t theo cặp: {y} trừ {paired}")
    elif wave is not None and id is not None:
        est, effect = panel(design, y, wave, id, where)
        tell_codes(design, (y,), where)
        name = Note(f"paired t test of {y} by {wave}", f"kiểm định t theo cặp: {y} theo {wave}")
    else:
        est, effect = mean(design, y, where=where), None
        name = Note(f"t test of the mean of {y}", f"kiểm định t: trung bình {y}")
    return result_of(est, effect, name, float(null))


def result_of(est: Estimates, effect: Estimates | None, name: Note, null: float) -> TestResult:
    """Return the test of the one row of an estimate."""
    if est.no_test:
        raise ArgumentError(f"t_test: {est.no_test}")
    found = est.test(null).iloc[0]
    limits = est.ci().iloc[0]
    details = {
        "estimate": float(found["estimate"]), "se": float(found["se"]), "ci_low": float(limits["ci_low"]),
        "ci_high": float(limits["ci_high"]),
    }  # fmt: skip
    if effect is not None:
        details |= {"d": float(effect.value.iloc[0]), "se_d": float(effect.se.iloc[0])}
    reason = str(est.reason.iloc[0])
    if not reason and not found["df"] > 0:
        reason = "there are as many strata as units, so there is no test"
    elif not reason and not np.isfinite(found["t"]):
        reason = NO_ERROR
    return TestResult(
        name=name, kind="t", statistic=float(found["t"]), df=(float(found["df"]),), p=float(found["p"]),
        context=est.context, details=details, reason=reason,
    )  # fmt: skip


def two_groups(design: Design, y: str, by: str, where: str | None) -> tuple[Estimates, Estimates]:
    """Return the difference of two groups' means, and in standard deviations."""
    check_column(design.data, by, "by")
    inside = design.domains(None, where).row >= 0
    codes, levels = col.factorise(design.data[by])
    values, missing = col.answers(design.data, y, "t test")
    assert values is not None
    answered = inside & (codes >= 0)
    answered[missing] = False
    found = np.unique(codes[answered])
    if found.size != 2:
        told = listed(levels[found], 6) if found.size else "none"
        mend = (
            " For several groups use mean(by=…).pairwise(), rank_test or regress."
            if found.size > 2 else " For one mean leave by= out."
        )  # fmt: skip
        raise DataError(
            f"by={by!r} has {found.size} levels with answers ({told}), and a t test compares two.{mend}"
        )
    with_group = f"`{by}`.notna()"
    asked = with_group if where is None else f"({where}) and {with_group}"
    means = mean(design, y, by=by, where=asked)
    first, second = levels[found[0]], levels[found[1]]
    change = means.contrast({second: 1, first: -1}, name=f"{second} − {first}")
    lost = int(inside.sum() - answered.sum())  # without the answer, or without a group
    change = replace(change, context=replace(change.context, missing=lost))
    group = np.where(codes == found[1], 1, 0)
    gone = np.flatnonzero(~answered & inside)

    def make() -> Smooth:
        return StandardEffect(values, group, np.union1d(gone, missing))

    effect = infer(design, [make], statistic="d", y=[f"y={y!r}"], labels=pd.Index(["d"]), where=where)
    return change, effect


def pairs(design: Design, y: str, paired: str, where: str | None) -> tuple[Estimates, Estimates]:
    """Return the mean of y less another column, and in standard deviations of the change."""
    check_column(design.data, paired, "paired")
    if paired == y:
        raise ArgumentError(f"paired={paired!r} is y itself. Name the first answer of the same row.")
    after, before = (col.answers(design.data, name, "t test") for name in (y, paired))
    assert after.values is not None
    assert before.values is not None
    missing = np.union1d(after.missing, before.missing)
    change = after.values - before.values
    change[missing] = 0.0

    label, told = f"{y} − {paired}", f"the pair y={y!r}, paired={paired!r}"
    return of_changes(design, Column(change, missing), label, told, where)


def panel(design: Design, y: str, wave: str, id: str, where: str | None) -> tuple[Estimates, Estimates]:
    """Return the mean change of people with rows in both waves, and in standard deviations of the change."""
    pairs, later, change, missing = later_rows(design, y, wave, id, where)
    return of_changes(pairs, Column(change, missing), f"{y}: {wave}", f"y={y!r}", later)


def of_changes(
    design: Design, change: Column, label: str, told: str, where: str | None
) -> tuple[Estimates, Estimates]:
    """Return the mean of changes, and over their standard deviation."""

    def make() -> Smooth:
        return mean_of(change)

    def standard() -> Smooth:
        return OneSample(change)

    est = infer(design, [make], statistic="change", y=[told], labels=pd.Index([label]), where=where)
    effect = infer(design, [standard], statistic="d", y=[told], labels=pd.Index(["d"]), where=where)
    return est, effect
