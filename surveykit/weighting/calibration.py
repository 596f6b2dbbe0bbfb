"""Verbs that bring the weights to known totals: poststratify, rake, calibrate."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from sampling.checks import ArgumentError, SurveyWarning, check_choice, check_columns
from surveykit import columns as col
from surveykit.design import Design
from surveykit.formulas.arrays import Array
from surveykit.formulas.calibrated import Calibration
from surveykit.formulas.calibration import NO_BOUNDS, Bounds, Distance
from surveykit.phases import FirstPhase
from surveykit.weighting.auxiliaries import Asked, gather, one_margin
from surveykit.weighting.guards import check_open, check_pair
from surveykit.weighting.margins import are_shares, as_mapping, coded, read_levels
from surveykit.weighting.trouble import check_collinear, explain

VANISHED = 1e-6  # ratio below which a weight counts as gone
Targets = Mapping[Any, Any] | pd.Series | pd.DataFrame | Sequence[pd.Series | pd.DataFrame]


def rake(
    design: Design,
    margins: Targets,
    *,
    bounds: tuple[float, float] | None = None,
    linearisation: Literal["raked", "base"] = "raked",
) -> Design:
    r"""Adjust the weights until they agree with every margin, by raking: :math:`w = d \exp(x'\lambda)`.

    Parameters
    ----------
    design : Design
    margins : {column name: {level: target}}, Series or DataFrame
        Targets are counts of people, or shares that sum to 1 (then the sum of the weights stays). All margins
        are of the same kind. A pair of columns as key is a crossing, with pairs of levels: {("gioi", "tuoi"):
        {("Nam", "18-29"): …}}. A Series names its columns by its index; a table has a column for each and
        one of numbers. Estimates of another survey count with their own variance.
    bounds : (lower, upper), optional
        Least and greatest ratio of new to old weight, kept exactly.
    linearisation : {"raked", "base"}
        Weights at which the derivative is taken; "base" is what R ``calibrate`` does.

    Returns
    -------
    Design with one more step; the variance takes it in.

    Raises
    ------
    MarginError
        A level without target, a target without rows, margins that contradict each other, no convergence.

    References
    ----------
    Deming & Stephan (1940); Deville, Särndal & Sautory (1993), JASA 88, 1013–1020.

    Examples
    --------
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"w": [10.0] * 4, "gioi": ["Nam", "Nữ", "Nữ", "Nữ"]})
    >>> sv.rake(sv.Design(people, weights="w"), {"gioi": {"Nam": 0.5, "Nữ": 0.5}}).weights.round(2).tolist()
    [20.0, 6.67, 6.67, 6.67]
    """
    check_open(design, "rake")
    check_choice(linearisation, ("raked", "base"), "linearisation")
    asked = Asked(
        as_mapping(margins, "margins"), "margins", distance="raking", bounds=check_bounds(bounds, "raking"),
        linearisation="base" if linearisation == "base" else "calibrated",
    )  # fmt: skip
    return add_calibration(design, gather(design, asked, "rake"), "margins")


def poststratify(
    design: Design,
    cells: str | Sequence[str],
    targets: Mapping[Any, float] | pd.Series | pd.DataFrame,
    *,
    empty: Literal["error", "leave"] = "error",
    linearisation: Literal["calibrated", "base"] = "calibrated",
) -> Design:
    r"""Let the weights of each class sum to its known number of people: :math:`w = d N_c / \hat N_c`.

    Parameters
    ----------
    design : Design
    cells : column name or list of them (crossed)
    targets : {level: target}, Series or DataFrame
        Counts of people, or shares that sum to 1; levels of crossed columns are tuples. Estimates of another
        survey count with their own variance.
    empty : {"error", "leave"}
        What to do with a class of the population that the sample does not have: stop, or leave it out (its
        people are then not represented; R ``partial=TRUE``).
    linearisation : {"calibrated", "base"}
        As for :func:`calibrate`; here they differ only through the ratios.

    Returns
    -------
    Design with one more step; the variance takes it in.

    References
    ----------
    Holt & Smith (1979), JRSS A 142, 33–46; Särndal, Swensson & Wretman (1992), section 7.6.

    Examples
    --------
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"w": [10.0] * 3, "gioi": ["Nam", "Nữ", "Nữ"]})
    >>> made = sv.poststratify(sv.Design(people, weights="w"), "gioi", {"Nam": 30, "Nữ": 30})
    >>> made.weights.round(6).tolist()
    [30.0, 15.0, 15.0]
    """
    check_open(design, "poststratify")
    check_choice(empty, ("error", "leave"), "empty")
    check_choice(linearisation, ("calibrated", "base"), "linearisation")
    names = check_columns(design.data, cells, "cells")
    if not names:
        raise ArgumentError(f"cells={cells!r}: name at least one column.")
    if len(set(names)) < len(names):
        raise ArgumentError(f"cells={list(names)} names a column twice.")
    margin = read_levels(" × ".join(names), targets, names, "targets")
    shares = are_shares({margin.name: float(margin.target.sum())}, "targets")
    if shares:
        total = margin.target.sum()
        noise = None if margin.noise is None else margin.noise / total**2
        margin = margin._replace(target=margin.target / total, noise=noise)
    found = coded(design, margin, "targets", empty=empty)
    asked = Asked({}, "targets", linearisation=linearisation)
    label = f"poststratify ({', '.join(names)})"
    return add_calibration(design, one_margin(found, found.margin.target, shares, label, asked), "targets")


def calibrate(
    design: Design,
    targets: Targets,
    *,
    population: float | Mapping[Any, float] | pd.Series | None = None,
    distance: Distance = "linear",
    bounds: tuple[float, float] | None = None,
    weight_bounds: tuple[float, float] | None = None,
    equal_within: str | None = None,
    scale: str | None = None,
    by: str | None = None,
    penalty: float | Mapping[str, float] | None = None,
    linearisation: Literal["calibrated", "base"] = "calibrated",
) -> Design:
    r"""Bring the weighted sums of auxiliaries to known totals, moving the weights as little as can be.

    .. math:: w_k = d_k F(q_k x_k'\lambda), \qquad \sum_k w_k x_k = t

    Parameters
    ----------
    design : Design
    targets : {column name: target}, Series or DataFrame
        A number is the total of a numeric column over the population; {level: target} are the people of each
        level, counts or shares, as for :func:`rake`. Estimates of another survey count with their variance.
        Totals of the first of two phases: ``design.first_phase_totals([…])``.
    population : number, optional
        Number of people. Shares become counts of it; without margins of levels it is a target of its own (the
        constant of a regression estimator).
    distance : {"linear", "raking", "logit", "sinh"}
        Linear is the regression estimator, whose weights may come out negative; raking keeps them positive.
    bounds : (lower, upper), optional
        Least and greatest ratio of new to old weight. Linear and raking are cut there (exactly), "logit"
        stays between.
    weight_bounds : (lower, upper), optional
        Least and greatest new weight, kept exactly; not with "logit".
    equal_within : column name, optional
        Households or units in which everyone keeps the same weight: x is replaced by its mean over the unit
        (Lemaître & Dufour 1987; R ``aggregate.stage``).
    scale : column name, optional
        q, the freedom of a row to move; 1 by default.
    by : column name, optional
        Calibrate each part by itself; targets are then given by part: {part: {level: target}}, a Series with
        part and level as index, or a table with a row for each part.
    penalty : number or {name: number}, optional
        Price of meeting a target: 0 meets it exactly, 0.1 closes 1/1.1 of the gap of a target that is alone.
        In full :math:`\sum w x + C \lambda = t`, C = penalty · Σ d x² (ridge calibration).
    linearisation : {"calibrated", "base"}
        Weights at which the derivative is taken; "base" is what R ``calibrate`` does.

    Returns
    -------
    Design with one more step; the variance takes it in.

    Raises
    ------
    MarginError
        Levels and targets that do not match, margins that contradict each other, bounds that cannot hold.
    DataError
        A missing auxiliary.

    Warns
    -----
    SurveyWarning
        Weights below 0.

    References
    ----------
    Deville & Särndal (1992), JASA 87, 376–382; Lemaître & Dufour (1987), Survey Methodology 13, 199–207;
    Rao & Singh (1997), Proc. ASA Survey Research Methods, 57–65.

    Examples
    --------
    >>> import surveykit as sv
    >>> people = pd.DataFrame({"w": [10.0] * 4, "gioi": ["Nam", "Nữ", "Nữ", "Nữ"], "tuoi": [30, 40, 50, 60]})
    >>> made = sv.calibrate(sv.Design(people, weights="w"), {"tuoi": 1760}, population=40)
    >>> made.weights.round(2).tolist()
    [11.2, 10.4, 9.6, 8.8]
    """
    check_open(design, "calibrate")
    check_choice(distance, ("linear", "raking", "logit", "sinh"), "distance")
    check_choice(linearisation, ("calibrated", "base"), "linearisation")
    inner = isinstance(targets, FirstPhase)
    population = targets.population if isinstance(targets, FirstPhase) else population
    mapped = as_mapping(targets, "targets")
    prices = penalty if isinstance(penalty, Mapping) else {}
    if penalty is not None and not isinstance(penalty, Mapping):
        prices = dict.fromkeys([" × ".join(k) if isinstance(k, tuple) else str(k) for k in mapped], penalty)
    if equal_within is not None and scale is not None:
        raise ArgumentError(
            f"scale={scale!r} and equal_within={equal_within!r} do not go together. Pass one."
        )
    if weight_bounds is not None and distance == "logit":
        raise ArgumentError(
            "distance='logit' and weight_bounds= do not go together, for its ratios only come near their "
            "bounds. Pass distance='raking'."
        )
    asked = Asked(
        mapped, "targets", distance=distance, bounds=check_bounds(bounds, distance),
        caps=Bounds(*check_pair(weight_bounds, "weight_bounds")) if weight_bounds is not None else NO_BOUNDS,
        population=population, equal_within=equal_within, scale=scale, by=by,
        penalty=prices, linearisation=linearisation,
    )  # fmt: skip
    return add_calibration(design, gather(design, asked, "calibrate"), "targets", inner=inner)


def check_bounds(bounds: Any, distance: Distance) -> Bounds:
    """Return bounds on the ratios; "logit" needs them, around 1."""
    if bounds is None:
        if distance == "logit":
            raise ArgumentError("distance='logit' needs bounds=(lower, upper) with lower < 1 < upper.")
        return NO_BOUNDS
    low, high = check_pair(bounds, "bounds")
    if distance == "logit" and not (low < 1 < high and np.isfinite(low) and np.isfinite(high)):
        raise ArgumentError(f"bounds={bounds!r}: distance='logit' needs lower < 1 < upper.")
    return Bounds(low, high)


def add_calibration(design: Design, step: Calibration, argument: str, *, inner: bool = False) -> Design:
    """Return the design with a calibration that meets its targets; otherwise say why it cannot."""
    before = design.w
    found = step.solution(before)
    w = step.capped(step.spread(before, found.ratio))
    if not found.met or not np.isfinite(w).all() or not (w > 0).any():
        explain(design, step, found, argument)
    check_collinear(step, before, found, argument)
    _warn_of_weights(design, step, before, w, argument)
    after = design.add_step(step, inner=inner)
    after.cache["path",] = [*design.weight_path, w]
    return after


def _warn_of_weights(design: Design, step: Calibration, before: Array, w: Array, argument: str) -> None:
    """Warn of weights below 0, and of weights that come to nothing."""
    below, already = np.flatnonzero(w < 0), int((before < 0).sum())
    said = ""
    if below.size:
        lowest = f"{w[below].min():g} in {col.place(design.data, below[np.argsort(w[below])][:1])}"
        several = f"{below.size} weights come" if below.size > 1 else "1 weight comes"
        said = f"{several} out below 0 ({lowest})"
        said += f", as {already} did before this step. Calibrate there with" if already else ". Pass"
        said += " distance='raking', or bounds=."
    gone = np.flatnonzero((w > 0) & (w < VANISHED * before))
    if gone.size and step.distance in ("raking", "sinh"):
        said = (
            f"weights come to less than a millionth of what they were in {col.place(design.data, gone)}: the "
            "targets are met only without those rows. Correct the targets, or join levels."
        )
    if said:
        warnings.warn(f"{argument}: {said}", SurveyWarning, stacklevel=4)
