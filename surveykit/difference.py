"""Difference in differences: change in adopting units less change in comparison units."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from sampling.checks import DataError, SurveyWarning, shown
from surveykit import columns as col
from surveykit.comparison import averages, check_comparison, crossed, name_of, overlapping, wave_levels
from surveykit.context import Note
from surveykit.design import Design
from surveykit.formulas.arrays import Array
from surveykit.formulas.effects import cluster_df
from surveykit.result import Estimates

FEWEST, FEW = 3, 6  # units an arm: below the first no effect interval, below the second a warning


def did(
    design: Design,
    y: str,
    *,
    treated: str,
    wave: str,
    unit: str,
    where: str | None = None,
    value: Any = None,
) -> Estimates:
    r"""Difference in differences: change in the adopting units less change in the comparison units.

    .. math:: (\bar y_{A2} - \bar y_{A1}) - (\bar y_{K2} - \bar y_{K1})

    The units (communes) are the clusters, even those taken with certainty, and no finite population
    correction is made, for the effect is meant to hold beyond the communes sampled. Degrees of freedom:
    Bell–McCaffrey in each arm, joined by Satterthwaite. Units without answers to y are left out; an arm has
    as many units as its poorer wave. Where the waves share no units, arms and waves are four groups.

    Parameters
    ----------
    design : Design
        Rows of both waves.
    y : column name
    treated : column name
        1 for units that adopted between the waves, 0 for units that had not by the second; the same for all
        rows of a unit. Missing: the unit is left out (adopters before the first wave).
    wave : column name
        Two levels, as for :func:`before_after`.
    unit : column name
        The unit that adopts: the commune.
    value : a level or a list of levels, optional

    Returns
    -------
    Estimates with one row "did". With fewer than 3 units in an arm it is the difference with its descriptive
    sampling interval, ``refusal`` says why there is no effect interval, and ``test()`` is refused.

    Raises
    ------
    DataError
        ``treated`` changes inside a unit, or is neither 0 nor 1; a wave or an arm without rows.

    References
    ----------
    Bell & McCaffrey (2002), Survey Methodology 28, 169–181; Imbens & Kolesár (2016), REStat 98, 701–712.

    Examples
    --------
    >>> import surveykit as sv
    >>> xa = np.repeat(np.arange(12), 4)
    >>> people = pd.DataFrame({"xa": xa, "dot": np.tile([1, 1, 2, 2], 12), "mo_hinh": (xa < 6) * 1})
    >>> people["diem"] = 5.0 + (people["mo_hinh"] + xa / 10) * (people["dot"] == 2)
    >>> design = sv.Design(people, sampling="srs", psu="xa")
    >>> result = sv.did(design, "diem", treated="mo_hinh", wave="dot", unit="xa")
    >>> result.to_frame()[["estimate", "se", "df"]].round(3)
         estimate     se   df
    did       0.4  0.108  10.0
    """
    check_comparison(design, y, treated=treated, wave=wave, unit=unit)
    design = design.changed(data=_numbered(design, treated, unit))
    aside = design.replicates is not None
    design = design.changed(replicates=None)
    first, second = wave_levels(design, wave, where)
    _check_arms(design, treated, unit, where)
    design, cells = _answering(design, y, treated, wave, unit, where)
    poorer = cells.groupby(level=[0, 1]).size().groupby(level=0).min()
    arms = {arm: int(poorer.get(arm, 0)) for arm in (0, 1)}
    words = {1: "adopting", 0: "comparison"}
    short = [f"{arms[arm]} {word}" for arm, word in words.items() if arms[arm] < FEWEST]
    known = f"`{treated}` == `{treated}`" if where is None else f"({where}) and `{treated}` == `{treated}`"
    if short:
        result = _descriptive(design, y, treated, wave, unit, known, value, (first, second), short)
        return replace(result, context=replace(result.context, notes=(*result.context.notes, *_aside(aside))))
    if min(arms.values()) < FEW:
        warnings.warn(
            f"did: {arms[1]} adopting and {arms[0]} comparison {unit} units; with fewer than {FEW} in an arm "
            "the interval is wide and rests on few units.", SurveyWarning, stacklevel=2,
        )  # fmt: skip
    separate = bool((cells.groupby(level=2).size() == 1).all())  # no unit answers in both waves
    clusters = _filled(design, treated).changed(
        keep_units=False,
        strata=(treated, wave) if separate else (treated,),
        psu=(unit,),
        fpc=(),
        nest=True,
        lonely_psu="certainty",
    )
    inside = f"`{treated}` >= 0" if where is None else f"({where}) and `{treated}` >= 0"
    four = averages(clusters, y, by=[treated, wave], where=inside, value=value)
    signs = _signs(four, first, second, y)
    later, earlier = name_of(second), name_of(first)
    en = f"{later} minus {earlier}; {arms[1]} adopting and {arms[0]} comparison {unit} units"
    vi = f"{later} trừ {earlier}; {arms[1]} {unit} áp dụng và {arms[0]} {unit} so sánh"
    notes = [Note(en, vi)]
    notes += _aside(aside)
    rows = design.domains(None, where).row >= 0
    left_out = int(design.data.loc[rows & design.data[treated].isna().to_numpy(), unit].nunique())
    if left_out:
        notes.append(
            Note(
                f"{unit} left out: {left_out} (in neither arm, or without answers)",
                f"để riêng {left_out} {unit} (không thuộc hai nhóm, hoặc không có câu trả lời)",
            )
        )
    result = four.combine(sp.csr_matrix(signs[:, None]), pd.Index(["did"]), "did", *notes)
    df = _satterthwaite(four, signs, cells, separate=separate)
    context = replace(result.context, df=(df, df))
    degrees = pd.Series([df], index=result.df.index, name="df")

    def df_of(_: Sequence[int]) -> float:
        return df  # further combinations keep it

    detail = replace(result.detail, df_of=df_of, df_many=None)
    return replace(result, df=degrees, context=context, detail=detail)


def _aside(aside: bool) -> list[Note]:
    """Say that replicate weights were not used, if there were any."""
    en = "replicate weights left aside: they carry the sampling of the population, not the spread of effects"
    vi = "không dùng quyền số lặp: chúng phản ánh cách chọn mẫu, không phải biến động của tác động"
    return [Note(en, vi)] if aside else []


def _numbered(design: Design, treated: str, unit: str) -> pd.DataFrame:
    """Return the data with the arm as 1, 0 or missing, after a look at the units."""
    missing = np.flatnonzero(design.data[unit].isna().to_numpy())
    if missing.size:
        raise DataError(
            f"unit={unit!r} is missing in {col.place(design.data, missing)}. Every row needs its unit."
        )
    values = design.data[treated]
    if values.dtype == object:
        values = values.map(lambda v: float(v) if isinstance(v, bool) else v)
    frame = design.data.assign(**{treated: values})
    return frame.assign(**{treated: col.floats(frame, treated, "treated", "it must be 1 or 0")})


def _check_arms(design: Design, treated: str, unit: str, where: str | None) -> None:
    """Refuse arms other than 1 and 0, and an arm that changes inside a unit."""
    rows = design.domains(None, where).row >= 0
    values = design.data[treated].to_numpy()
    wrong = np.flatnonzero(rows & ~np.isnan(values) & ~np.isin(values, (0.0, 1.0)))
    if wrong.size:
        raise DataError(
            f"treated={treated!r} is {values[wrong[0]]:g} in {col.place(design.data, wrong)}. "
            "Write 1 for units that adopted between the waves, 0 for the comparison, and leave the others "
            "missing."
        )
    table = pd.DataFrame({"unit": design.data[unit].to_numpy()[rows], "arm": values[rows]})
    arms = table.groupby("unit", sort=True)["arm"].agg(["min", "max", "size", "count"])
    mixed = arms[
        (arms["min"] != arms["max"]) & arms["min"].notna()
        | (arms["count"] > 0) & (arms["count"] < arms["size"])
    ]
    if len(mixed):
        raise DataError(
            f"treated={treated!r} changes inside {unit} {shown(mixed.index[0])}. "
            "It must be one value for all rows of a unit, in both waves: 1 if the unit adopted between them."
        )


def _answering(
    design: Design, y: str, treated: str, wave: str, unit: str, where: str | None
) -> tuple[Design, pd.Series]:
    """Leave units without answers to y out of the arms; return weights of the others by arm, wave, unit."""
    rows = (design.domains(None, where).row >= 0) & design.data[y].notna().to_numpy()
    rows &= design.data[treated].notna().to_numpy()
    table = design.data.loc[rows, [treated, wave, unit]].assign(w=design.w[rows])
    cells = table.groupby([treated, wave, unit], observed=True)["w"].sum()
    silent = ~design.data[unit].isin(table[unit]).to_numpy()
    arm = design.data[treated].mask(silent)
    return design.changed(data=design.data.assign(**{treated: arm})), cells


def _filled(design: Design, treated: str) -> Design:
    """Return the design with units outside both arms in a stratum of their own: no id may be missing."""
    return design.changed(data=design.data.assign(**{treated: design.data[treated].fillna(-1.0)}))


def _signs(four: Estimates, first: Any, second: Any, y: str) -> Array:
    """(4,) weights of the four cells."""
    index = four.value.index
    signs = np.zeros(len(index))
    for arm in (0, 1):
        for level, sign in ((first, -1), (second, 1)):
            hits = [k for k, (a, w) in enumerate(index) if float(a) == arm and w == level]
            if not hits or four.n.iloc[hits[0]] == 0:
                word = "adopting" if arm else "comparison"
                raise DataError(f"wave: the {word} units have no answers to {y!r} in wave {level!r}.")
            signs[hits[0]] = sign if arm else -sign
    return signs


def _satterthwaite(four: Estimates, signs: Array, cells: pd.Series, *, separate: bool) -> float:
    """Return (Σ v)² / Σ v² / df over the arms, or over arms and waves where no unit is in both waves.

    Each v has Bell–McCaffrey degrees of freedom from the shares of its units in the weight; a unit in both
    waves counts with the mean of its two shares.
    """
    share = cells / cells.groupby(level=[0, 1]).transform("sum")
    groups = [[k] for k in range(4)] if separate else [[0, 1], [2, 3]]
    keys = [(float(a), w) for a, w in four.value.index]
    variances, degrees = [], []
    for group in groups:
        own = np.zeros(len(signs))
        own[group] = signs[group]
        variances.append(float(four.covariance.of(sp.csr_matrix(own[:, None]))[0, 0]))
        parts = pd.concat([share.loc[keys[k]] for k in group])
        degrees.append(cluster_df(parts.groupby(level=0).sum().to_numpy(float)))
    v, d = np.array(variances), np.array(degrees)
    return float(v.sum() ** 2 / (v**2 / d).sum()) if v.sum() > 0 else float(d.sum())


def _after(design: Design, unit: str) -> int:
    """Return the number of the stage below the unit."""
    return design.psu.index(unit) + 1 if unit in design.psu else 0


def _descriptive(
    design: Design,
    y: str,
    treated: str,
    wave: str,
    unit: str,
    where: str,
    value: Any,
    waves: tuple[Any, Any],
    short: list[str],
) -> Estimates:
    """Return the difference for the units sampled, with the sampling error of the people in them."""
    below = [name for name in design.psu[_after(design, unit) :] if name != wave]
    while below and design.data.groupby([unit, wave])[below[0]].nunique().max() == 1:
        below = below[1:]
    inside = design.changed(keep_units=False, strata=(unit,), psu=tuple(below), fpc=(), nest=True)
    joint = crossed(inside, wave, overlapping(inside, wave, None))
    arms = averages(joint, y, by=[treated, wave], where=where, value=value)
    present = {float(a) for a, _ in arms.value.index}
    if len(present) < 2:
        word = "adopting" if 1.0 not in present else "comparison"
        raise DataError(
            f"treated={treated!r}: there are no {word} units, so there is no difference in differences. "
            "Use before_after() for the change; without a comparison group it is not an effect."
        )
    signs = _signs(arms, *waves, y)
    reason = (
        f"only {' and '.join(short)} {unit} units: the difference describes these units; "
        f"an effect needs at least {FEWEST} in each arm"
    )
    result = arms.combine(sp.csr_matrix(signs[:, None]), pd.Index(["did"]), "difference (descriptive)")
    return replace(result, refusal=reason)
