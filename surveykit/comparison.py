"""Comparisons: change between two waves, and difference in differences."""

from __future__ import annotations

import re
import warnings
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pandas as pd
import scipy.sparse as sp

from sampling.checks import (
    ArgumentError,
    DataError,
    SurveyWarning,
    check_choice,
    check_columns,
    listed,
    plain,
)
from surveykit import columns as col
from surveykit.columns import factorise
from surveykit.design import Design
from surveykit.estimation import Names, mean, proportion
from surveykit.formulas.arrays import Array
from surveykit.formulas.effects import cluster_df
from surveykit.result import Estimates, Note

EARLIER = {"truoc", "before", "pre", "dau ky", "baseline"}
LATER = {"sau", "after", "post", "cuoi ky", "endline"}
FEWEST, FEW = 3, 6  # communes an arm: below the first no effect interval, below the second a warning


def wave_levels(design: Design, wave: str, where: str | None) -> tuple[Any, Any]:
    """Return the earlier and the later of two waves."""
    check_columns(design.data, wave, "wave")
    rows = design.domains(None, where).row >= 0
    codes, levels = factorise(design.data[wave][rows])
    if (codes < 0).any():
        row = design.data.index[rows][codes < 0][0]
        raise DataError(f"wave={wave!r} is missing in row {row}. Every row needs its wave.")
    if len(levels) != 2:
        raise ArgumentError(
            f"wave={wave!r} has {len(levels)} levels ({listed(levels, 6)}), and a comparison needs two. "
            "Pick two with where=."
        )
    first, second = levels
    if isinstance(design.data[wave].dtype, pd.CategoricalDtype) or not isinstance(first, str):
        return first, second
    if plain(first) in LATER or plain(second) in EARLIER:
        return second, first
    numbers = [re.findall(r"\d+", text) for text in (first, second)]
    if all(numbers) and [int(n) for n in numbers[0]] > [int(n) for n in numbers[1]]:
        return second, first
    return first, second


def overlapping(design: Design, wave: str, overlap: str | None) -> str:
    """Return "psu" if the waves share first-stage units, else "none"; what is said counts."""
    if overlap is not None:
        return check_choice(overlap, ("none", "psu"), "overlap")
    if not design.psu:
        return "none"
    codes = factorise(design.data[wave])[0]
    used = (codes >= 0) & (design.w > 0)
    pairs = pd.DataFrame({"unit": design.units(0).row[used], "wave": codes[used]}).drop_duplicates()
    return "psu" if pairs["unit"].duplicated().any() else "none"


def crossed(design: Design, wave: str, overlap: str) -> Design:
    """Return the design of both waves: as it is, or with strata and units crossed with the wave."""
    if overlap == "psu" or wave in design.strata:
        return design
    return design.changed(keep_units=False, strata=(*design.strata, wave), nest=True)


def averages(design: Design, y: Names, *, by: Any, where: str | None, value: Any) -> Estimates:
    """Mean of y, or share of the answers in ``value``."""
    if value is None:
        return mean(design, y, by=by, where=where)
    return proportion(design, y, by=by, where=where, value=value)


def before_after(
    design: Design,
    y: str,
    *,
    wave: str,
    by: Names | None = None,
    where: str | None = None,
    value: Any = None,
    overlap: Literal["none", "psu"] | None = None,
) -> Estimates:
    r"""Change between two waves, later less earlier, with the covariance of the waves.

    .. math:: V(\bar y_2 - \bar y_1) = V(\bar y_2) + V(\bar y_1) - 2 C(\bar y_1, \bar y_2)

    Parameters
    ----------
    design : Design
        Rows of both waves.
    y : column name
        Numeric; or any column with ``value``.
    wave : column name
        Two levels; numbers, dates and ordered categories in their order, texts by the numbers in them, and
        "trước"/"sau" by their meaning.
    by : column name or list of them, optional
        One change for each level.
    value : a level or a list of levels, optional
        Compare the share of answers in these levels.
    overlap : {"none", "psu"}, optional
        "psu": units with one id in both waves are the same unit (a panel, or the same communes with fresh
        people). "none": independent samples; strata and units are crossed with the wave. Not said: read from
        the ids.

    Returns
    -------
    Estimates of the change with t intervals: design variance, for the population sampled. A change is not yet
    an effect; see :func:`did`.

    References
    ----------
    Kish (1965), ch. 12; Wolter (2007), ch. 6.

    Examples
    --------
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"ho": list("abcabc"), "dot": [1, 1, 1, 2, 2, 2], "diem": [3.0, 4, 5, 4, 4, 7]})
    >>> sv.before_after(sv.Design(people, sampling="srs", psu="ho"), "diem", wave="dot").test().round(3)
          estimate     se      t   df      p
    diem       1.0  0.577  1.732  2.0  0.225
    """
    first, second = wave_levels(design, wave, where)
    shared = overlapping(design, wave, overlap)
    groups = check_columns(design.data, by, "by")
    both = averages(crossed(design, wave, shared), y, by=[*groups, wave], where=where, value=value)
    index = both.value.index
    position = {key: k for k, key in enumerate(index)}
    names = index.droplevel(-1).unique() if isinstance(index, pd.MultiIndex) else pd.Index([y])
    pairs: list[tuple[int, Any, Any]] = []
    lost: list[tuple[int, Any, Any]] = []
    for k, name in enumerate(names):
        key = _key(name) if groups else ()
        a, b = (
            position.get((*key, first) if groups else first),
            position.get((*key, second) if groups else second),
        )
        (pairs if a is not None and b is not None else lost).append((k, a, b))
    if lost:
        warnings.warn(
            f"by={list(groups)}: {listed(names[[k for k, _, _ in lost]], 3)} has answers in one wave only "
            "and is left out.",
            SurveyWarning, stacklevel=2,
        )  # fmt: skip
    rows = np.array([[a, b] for _, a, b in pairs]).ravel()
    data = np.tile([-1.0, 1.0], len(pairs))
    L = sp.csr_matrix(
        (data, (rows, np.repeat(np.arange(len(pairs)), 2))), shape=(len(both.value), len(pairs))
    )
    note = Note(f"{second} minus {first}", f"{second} trừ {first}")
    kind = {
        "psu": Note("waves share their PSUs", "hai đợt có chung PSU"),
        "none": Note("waves taken as independent", "hai đợt coi là độc lập"),
    }[shared]
    return both.combine(L, names[[k for k, _, _ in pairs]], "change", note, kind)


def _key(name: Any) -> tuple[Any, ...]:
    return name if isinstance(name, tuple) else (name,)


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
    Bell–McCaffrey in each arm, joined by Satterthwaite.

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
    for name, argument in ((treated, "treated"), (unit, "unit")):
        check_columns(design.data, name, argument)
    first, second = wave_levels(design, wave, where)
    arms, left_out = _arms(design, treated, unit, where)
    short = [
        f"{count} {word}"
        for count, word in ((arms[1], "adopting"), (arms[0], "comparison"))
        if count < FEWEST
    ]
    known = f"`{treated}` == `{treated}`" if where is None else f"({where}) and `{treated}` == `{treated}`"
    if short:
        return _descriptive(design, y, treated, wave, unit, known, value, (first, second), short)
    if min(arms) < FEW:
        warnings.warn(
            f"did: {arms[1]} adopting and {arms[0]} comparison {unit} units; with fewer than {FEW} in an arm "
            "the interval is wide and rests on few units.", SurveyWarning, stacklevel=2,
        )  # fmt: skip
    clusters = design.changed(
        keep_units=False, strata=(treated,), psu=(unit,), fpc=(), nest=True, lonely_psu="error"
    )
    clusters = clusters.where(f"`{treated}` == `{treated}`")
    four = averages(_filled(clusters, treated), y, by=[treated, wave], where=where, value=value)
    signs = _signs(four, first, second, y)
    notes = [Note(f"{second} minus {first}; {arms[1]} adopting and {arms[0]} comparison {unit} units",
                  f"{second} trừ {first}; {arms[1]} {unit} áp dụng và {arms[0]} {unit} so sánh")]  # fmt: skip
    if left_out:
        notes.append(
            Note(
                f"{left_out} {unit} units left out (treated missing)",
                f"để riêng {left_out} {unit} (không thuộc hai nhóm)",
            )
        )
    result = four.combine(sp.csr_matrix(signs[:, None]), pd.Index(["did"]), "did", *notes)
    df = _satterthwaite(clusters, four, signs, treated, wave, unit, where)
    context = replace(result.context, df=(df, df))
    return replace(result, df=pd.Series([df], index=result.df.index, name="df"), context=context)


def _arms(design: Design, treated: str, unit: str, where: str | None) -> tuple[tuple[int, int], int]:
    """Return the number of comparison and adopting units, and of units in neither arm."""
    rows = design.domains(None, where).row >= 0
    values = col.floats(design.data, treated, "treated", "it must be 1 (adopted between the waves) or 0")
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
            f"treated={treated!r} changes inside {unit} {mixed.index[0]!r}. "
            "It must be one value for all rows of a unit, in both waves: 1 if the unit adopted between them."
        )
    counts = arms["min"].value_counts()
    return (int(counts.get(0.0, 0)), int(counts.get(1.0, 0))), int(arms["min"].isna().sum())


def _filled(design: Design, treated: str) -> Design:
    """Return the design with units outside both arms in a stratum of their own, so that no id is missing."""
    if not design.data[treated].isna().any():
        return design
    data = design.data.assign(**{treated: design.data[treated].astype(float).fillna(-1.0)})
    return design.changed(keep_units=False, data=data, subset=(*design.subset[:-1], f"`{treated}` >= 0"))


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


def _satterthwaite(
    design: Design, four: Estimates, signs: Array, treated: str, wave: str, unit: str, where: str | None
) -> float:
    """Return (Σ v_a)² / Σ v_a² / df_a over the two arms, with Bell–McCaffrey df_a."""
    rows = design.domains(None, where).row >= 0
    table = design.data.loc[rows, [treated, wave, unit]].assign(w=design.w[rows])
    weight = table.groupby([treated, wave, unit])["w"].sum()
    share = weight / weight.groupby(level=[0, 1]).transform("sum")
    mean_share = share.groupby(level=[0, 2]).sum()
    variances, degrees = [], []
    for arm in (0, 1):
        own = np.array([float(a) == arm for a, _ in four.value.index])
        L = sp.csr_matrix(np.where(own, signs, 0.0)[:, None])
        variances.append(float(four.covariance.of(L)[0, 0]))
        degrees.append(cluster_df(mean_share.xs(arm, level=0).to_numpy(float)))
    v, d = np.array(variances), np.array(degrees)
    return float(v.sum() ** 2 / (v**2 / d).sum()) if v.sum() > 0 else float(d.sum())


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
    below = design.psu[design.psu.index(unit) + 1 :] if unit in design.psu else design.psu
    inside = design.changed(keep_units=False, strata=(unit,), psu=below, fpc=(), nest=True)
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


def arms_of(adopted: pd.Series, *, first: Any, second: Any) -> pd.Series:
    """Sort communes into arms by the date they adopted: 1 between the waves, 0 not yet, missing before.

    Parameters
    ----------
    adopted : (communes,) dates, missing where the model was not adopted
    first, second : dates of the waves

    Examples
    --------
    >>> dates = pd.Series(pd.to_datetime(["2025-12-01", None, "2024-05-01"]), index=["A", "B", "C"])
    >>> arms_of(dates, first="2025-10-01", second="2026-10-01").tolist()
    [1.0, 0.0, nan]
    """
    start, end = pd.Timestamp(first), pd.Timestamp(second)
    if not start < end:
        raise ArgumentError(
            f"first={first!r} is not before second={second!r}. Give the dates of the two waves in order."
        )
    between = (adopted > start) & (adopted <= end)
    arm = between.astype(float)
    return arm.mask(adopted <= start)


__all__ = ["arms_of", "before_after", "did"]
