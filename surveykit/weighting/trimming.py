"""Trimming: heavy weights cut, what was cut given to the others, and known totals met again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from sampling.checks import ArgumentError, check_choice, shown
from surveykit import columns as col
from surveykit.design import Design
from surveykit.formulas.arrays import Array
from surveykit.formulas.calibrated import Calibration
from surveykit.formulas.calibration import Bounds
from surveykit.formulas.trimming import Redistribution, Trimming
from surveykit.weighting.calibration import add_calibration
from surveykit.weighting.guards import check_open, is_number, one_column


def trim(
    design: Design,
    *,
    upper: float | None = None,
    lower: float | None = None,
    ratio: float | None = None,
    quantile: float | None = None,
    by: str | None = None,
    redistribute: Redistribution = "proportional",
    strict: bool = True,
    recalibrate: bool | Literal["auto"] = "auto",
) -> Design:
    r"""Cut weights at a limit, give what was cut to the others, and meet the known totals again.

    Parameters
    ----------
    design : Design
    upper, lower : number, optional
        Greatest and least weight.
    ratio : number, optional
        The greatest weight is so many times the median weight.
    quantile : number between 0 and 1, optional
        The greatest weight is this quantile of the weights; with ``ratio`` as well, so many times it.
    by : column name, optional
        Medians, quantiles and gifts inside each group.
    redistribute : {"proportional", "equal", "none"}
        How the weight that was cut is given to the rows that were not.
    strict : bool
        Nobody passes a limit by a gift either: the new weights are c w (or w + c) between the limits, with
        the c that keeps their sum. False cuts and gives once (R ``strict=FALSE``).
    recalibrate : {"auto", True, False}
        Meet the targets of the last calibration again, with the limits as bounds, so that both hold; "auto"
        does so where there is a calibration among the steps and the limits hold for everyone.

    Returns
    -------
    Design with one more step, or two. In the trail the step says how many weights were cut, what that does to
    the design effect of the weights (the variance it saves) and how far the known totals move.

    Raises
    ------
    ArgumentError
        No limit, or limits between which the weights of a group cannot keep their sum.
    MarginError
        Limits under which the targets cannot be met, with the lowest cap that can be.

    Notes
    -----
    In the variance by linearisation it is held fixed which weights are cut, and at which limit, also where
    ``ratio`` or ``quantile`` works it out from the weights; what the others are given varies with the sample,
    so that totals which trimming keeps have the standard error they had before. With
    ``redistribute="none"`` a weight between the limits counts as before, and one that is cut as a given
    weight. Replicates decide anew which weights are cut, and their own median or quantile sets the limits.

    References
    ----------
    Potter (1990), Proc. ASA Survey Research Methods, 225–230; Valliant, Dever & Kreuter (2018), ch. 14.

    Examples
    --------
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"w": [10.0, 10.0, 10.0, 90.0]})
    >>> sv.trim(sv.Design(people, weights="w"), upper=60).weights.tolist()
    [20.0, 20.0, 20.0, 60.0]
    """
    check_open(design, "trim")
    check_choice(redistribute, ("proportional", "equal", "none"), "redistribute")
    if recalibrate != "auto" and not isinstance(recalibrate, bool):
        raise ArgumentError(f"recalibrate={recalibrate!r}: pass True, False or 'auto'.")
    _check_limits(upper, lower, ratio, quantile)
    group, names = np.zeros(len(design.data), dtype=np.intp), pd.Index([0])
    if by is not None:
        group, names = col.complete_codes(design.data, one_column(design, by, "by"), "by", design.w != 0)
    step = Trimming(group, len(names), "trim", lower, upper, ratio, quantile, redistribute, strict)
    w = design.w
    low, high = step.limits(w)
    _check_sums(step, w, low, high, names if by is not None else None)
    last = next((s for s in reversed(design.steps) if isinstance(s, Calibration)), None)
    if recalibrate is True and last is None:
        raise ArgumentError(
            "recalibrate=True: there is no calibration among the steps. Calibrate first, or leave it out."
        )
    again = last is not None and (recalibrate is True or (recalibrate == "auto" and strict))
    after = step.apply(w)
    trimmed = design.add_step(replace(step, name=_label(step, w, after, low, high, last)))
    if not again or last is None:
        return trimmed
    caps = Bounds(low[group], high[group])
    repeated = replace(
        last, cell=None, X=_by_rows(last), block=last.row_part, caps=caps, name=f"again {last.name}",
        scale=None if last.scale is None else last.rows(last.scale),
        distance="raking" if last.distance == "logit" else last.distance,  # a weight may stand at its cap
        trimmed=None if ratio is None and quantile is None else step,
    )  # fmt: skip
    return add_calibration(trimmed, repeated, "upper")


def _by_rows(step: Calibration) -> Any:
    return step.X if step.cell is None else step.X[step.cell]


def _check_limits(upper: Any, lower: Any, ratio: Any, quantile: Any) -> None:
    if upper is None and lower is None and ratio is None and quantile is None:
        raise ArgumentError("trim: say where to cut: upper=, lower=, ratio= (times the median) or quantile=.")
    for value, word in ((upper, "upper"), (lower, "lower"), (ratio, "ratio")):
        if value is not None and (not is_number(value) or value <= 0):
            raise ArgumentError(f"{word}={value!r}: pass a number above 0.")
    if quantile is not None and (not is_number(quantile) or not 0 < quantile < 1):
        raise ArgumentError(f"quantile={quantile!r}: pass a number between 0 and 1, such as 0.99.")
    if upper is not None and (ratio is not None or quantile is not None):
        raise ArgumentError(
            "upper= and a limit from the weights (ratio=, quantile=) do not go together. Pass one."
        )
    if upper is not None and lower is not None and not lower < upper:
        raise ArgumentError(f"lower={lower!r} must lie below upper={upper!r}.")


def _check_sums(step: Trimming, w: Array, low: Array, high: Array, names: pd.Index[Any] | None) -> None:
    """Refuse limits that cannot hold while the weights of a group keep their sum."""
    used = w != 0
    total = np.bincount(step.group, weights=w, minlength=step.count)
    rows = np.bincount(step.group[used], minlength=step.count)
    for h in np.flatnonzero(rows > 0):
        where = "" if names is None else f" of {shown(names[int(h)])}"
        if low[h] > high[h]:
            raise ArgumentError(
                f"lower={step.lower:g} lies above the upper limit{where}, {high[h]:.6g}. Choose "
                "another limit."
            )
        if step.give == "none":
            continue
        mean = total[h] / rows[h]
        if step.strict and (mean > high[h] * (1 + 1e-12) or mean < low[h] * (1 - 1e-12)):
            word, limit = ("upper", high[h]) if mean > high[h] else ("lower", low[h])
            raise ArgumentError(
                f"{word}: the {rows[h]} weights{where} have mean {mean:g}, so they cannot all lie "
                f"{'below' if word == 'upper' else 'above'} {limit:g} and keep their sum. Choose another "
                "limit, or pass redistribute='none'."
            )
        own = w[used & (step.group == h)]
        if not step.strict and ((own < low[h]) | (own > high[h])).all():
            raise ArgumentError(
                f"strict=False: all {rows[h]} weights{where} are cut, so nobody is left to take what "
                "was cut. "
                "Choose another limit, or pass redistribute='none'."
            )


def _label(step: Trimming, w: Array, after: Array, low: Array, high: Array, last: Calibration | None) -> str:
    """Return the name of the step: limit, number cut, what it does to deff, how far known totals move."""
    low, high = low[step.group], high[step.group]
    cut = np.sum(
        (w != 0)
        & ((w > high) | (w < low) | np.isclose(after, high, rtol=1e-9) | np.isclose(after, low, rtol=1e-9))
    )
    deff = [v[v != 0].size * float((v**2).sum()) / float(v.sum()) ** 2 for v in (w, after)]
    ends = [f"≥ {step.lower:.6g}"] if step.lower is not None else []
    if np.isfinite(high).any():
        ends.append(f"≤ {high[0]:.6g}" if step.count == 1 else f"≤ limits of {step.count} groups")
    text = f"trim ({', '.join(ends)}: {cut} cut, deff {deff[0]:.3g} → {deff[1]:.3g}"
    if last is not None:
        goal = np.maximum(np.abs(last.goals_of(w)), 1e-300)
        moved = np.abs(last.column_sums(after) - last.column_sums(w)) / goal
        text += f", known totals moved up to {100 * float(moved.max()):.2g} %"
    return text + ")"
