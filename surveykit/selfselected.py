"""Self-selected rows beside a reference sample: pseudo-weights, and how defective the rows are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import scipy.sparse as sp

from sampling import format as fmt
from sampling.checks import ArgumentError, ColumnError, DataError, check_choice, check_columns, near, shown
from surveykit.design import Design, check_design
from surveykit.estimation import count, mean, proportion, total, variance
from surveykit.formulas import selfselected as formulas
from surveykit.formulas.arrays import Array, sum_by
from surveykit.formulas.selfselected import PseudoWeights
from surveykit.matching import Pair, match_columns, pair_cells
from surveykit.result import Estimates
from surveykit.weighting import calibrate
from surveykit.weighting.guards import check_open, is_number


def pseudo_weights(
    design: Design,
    reference: Design,
    *,
    using: str | Sequence[str],
    method: Literal["propensity", "calibration"] = "propensity",
    population: float | None = None,
) -> Design:
    r"""Weight rows that chose themselves by a reference sample, as if their chance were known.

    .. math:: w_i = 1 / \pi_i, \quad \pi_i = 1 / (1 + e^{-x_i'\beta}), \quad
              \sum_S x_i = \sum_R d_i \pi_i x_i

    The rows stay self-selected: what depends on anything but ``using`` is not mended, estimates say
    "không suy rộng được", and there is no test of them.

    Parameters
    ----------
    design : Design
        Self-selected rows (QR codes, ratings at the counter), each counting once.
    reference : Design
        A probability sample of the population that has the same columns.
    using : column name or list of them
        What the chance of answering may depend on: text and categories by their levels, numbers as they are.
    method : {"propensity", "calibration"}
        Chances fitted by the pseudo-likelihood of Chen, Li & Wu (taken as given), or the totals of the
        reference as targets of raking (with their variance).
    population : number, optional
        Number of people, if the weights of the reference do not sum to it.

    Returns
    -------
    Design with one more step; its weights stand for the population of the reference.

    Raises
    ------
    ArgumentError
        The design is not self-selected, or weighted already; the reference is self-selected, or its weights
        sum to no population.
    MarginError
        Levels that only one of the two has.
    DataError
        More answers in a level than people; no chances fit.

    References
    ----------
    Chen, Li & Wu (2020), JASA 115, 2011–2021; Elliott & Valliant (2017), Statistical Science 32, 249–264.

    Examples
    --------
    >>> import pandas as pd, surveykit as sv
    >>> ratings = sv.Design(pd.DataFrame({"gioi": ["Nam", "Nữ", "Nữ"]}), sampling="self-selected")
    >>> people = sv.Design(pd.DataFrame({"gioi": ["Nam", "Nữ"], "w": [30.0, 20.0]}), weights="w")
    >>> sv.pseudo_weights(ratings, people, using="gioi").weights.round(6).tolist()
    [30.0, 10.0, 10.0]
    """
    check_open(design, "pseudo_weights")
    check_choice(method, ("propensity", "calibration"), "method")
    _check_pair(design, reference, "pseudo_weights")
    if design.steps or design.weighted_by:
        said = f"column {design.weighted_by!r}" if design.weighted_by else design.steps[-1].name
        raise ArgumentError(
            f"pseudo_weights: the design is weighted already ({said}), and pseudo-weights take the place of "
            "weights. Start from Design(data, sampling='self-selected')."
        )
    names = check_columns(design.data, using, "using")
    if not names:
        raise ArgumentError(f"using={using!r}: name at least one column.")
    if len(set(names)) < len(names):
        raise ArgumentError(f"using={list(names)} names a column twice.")
    d = _people(reference, len(design.data), population)
    pairs = match_columns(design, reference, names, d > 0)
    if method == "calibration":
        return _calibrated(design, reference, pairs, d)
    return _fitted(design, pairs, d[d > 0])


def _check_pair(design: Design, reference: Any, verb: str) -> None:
    """Refuse rows that were drawn by chance, and a reference that was not."""
    if design.sampling != "self-selected":
        raise ArgumentError(
            f"{verb}: the design has sampling={design.sampling!r}, so its weights follow from how the rows "
            "were drawn. This is for sampling='self-selected'; to mend weights use calibrate or "
            "adjust_nonresponse."
        )
    if not isinstance(reference, Design):
        raise TypeError(
            f"reference is a {type(reference).__name__}; pass the Design of a probability sample. Where only "
            "totals are known use rake or calibrate."
        )
    if reference.sampling == "self-selected":
        raise ArgumentError(
            "reference has sampling='self-selected': rows that chose themselves cannot stand for the "
            "population. Pass a probability sample; where only totals are known use rake or calibrate."
        )


def _people(reference: Design, n: int, population: Any) -> Array:
    """(m,) weights of the reference that sum to the population, 0 outside what was asked for."""
    mask = reference.mask()
    d: Array = reference.w if mask is None else np.where(mask, reference.w, 0.0)
    below = np.flatnonzero(d < 0)
    if below.size:
        raise DataError(
            f"reference: {below.size} weights are below 0 ({d[below].min():g}), so its rows do not stand for "
            "people. Calibrate it with distance='raking', or with bounds=."
        )
    if population is not None:
        if not is_number(population) or population <= 0:
            raise ArgumentError(f"population={population!r}: pass the number of people, above 0.")
        d = d * (population / d.sum())
    if d.sum() <= n:
        raise ArgumentError(
            f"reference: its weights sum to {d.sum():g} people, but {n} rows chose themselves. Pass "
            "population=, or a reference whose weights sum to the population."
        )
    return d


def _fitted(design: Design, pairs: list[Pair], d: Array) -> Design:
    """Return the design with the inverse of the fitted chances as weights."""
    names = [pair.name for pair in pairs]
    for pair in pairs:
        _check_levels(pair, d)
    own, theirs, X = pair_cells(pairs, d)
    ones = np.ones(own.size)
    fit = formulas.pseudo_chances(X, sum_by(own, ones, len(X)), sum_by(theirs, d, len(X)))
    if not fit.met:
        raise DataError(
            f"using={names}: no chances of answering fit, because the rows that chose themselves differ too "
            "much from the reference. Use fewer columns, or join levels."
        )
    return design.add_step(PseudoWeights(fit.p[own], f"pseudo-weights ({', '.join(names)})"))


def _check_levels(pair: Pair, d: Array) -> None:
    """Refuse a level in which more answered than there are people."""
    if pair.levels is None:
        return
    n = np.bincount(pair.own, minlength=len(pair.levels))
    people = np.bincount(pair.theirs, weights=d, minlength=len(pair.levels))
    many = np.flatnonzero(n >= people)
    if many.size:
        k = many[0]
        raise DataError(
            f"using={pair.name!r}: {n[k]} rows with {shown(pair.levels[k])} chose themselves, but by the "
            f"reference there are {people[k]:g} such people. Join levels, look for people who answered "
            "twice, or pass population=."
        )


def _calibrated(design: Design, reference: Design, pairs: list[Pair], d: Array) -> Design:
    """Return the design raked to the totals of the reference."""
    whole = reference.mask()
    held = reference.w.sum() if whole is None else reference.w[whole].sum()
    targets = {}
    for pair in pairs:
        found = total(reference, pair.name) if pair.levels is None else count(reference, by=pair.name)
        targets[pair.name] = _scaled(found, float(d.sum() / held))
    made = calibrate(design, targets, population=float(d.sum()), distance="raking")
    name = f"pseudo-weights ({', '.join(pair.name for pair in pairs)})"
    return design.add_step(replace(made.steps[-1], name=name))  # type: ignore[type-var]


def _scaled(found: Estimates, scale: float) -> Estimates:
    """Return estimates times a number."""
    k = len(found.value)
    return found.combine(sp.csr_matrix(scale * sp.eye(k)), found.value.index, found.statistic)


# ---- how defective the rows are ----------------------------------------------------------------------


@dataclass(frozen=True)
class Defect:
    """Data defect correlation of self-selected rows, estimated against a reference.

    ``correlation`` with its limits ``low``, ``high`` (95 %, from the sampling error of the reference alone);
    ``own`` and ``reference`` the two means; ``n`` answers out of ``N`` people; ``effective`` the answers of a
    simple random sample that is as far off.
    """

    y: str
    correlation: float
    low: float
    high: float
    own: float
    reference: float
    n: int
    N: float
    effective: float

    def text(self, lang: fmt.Lang = "en") -> str:
        """Return it as one sentence, numbers written the Vietnamese way."""
        rho, low, high = (fmt.number(v, 4) for v in (self.correlation, self.low, self.high))
        own, theirs = fmt.number(self.own, 3), fmt.number(self.reference, 3)
        n, N, size = fmt.integer(self.n), fmt.integer(self.N), fmt.integer(min(self.effective, self.n))
        if lang == "vi":
            return (
                f"{self.y}: {own} ở mẫu tự chọn, {theirs} ở mẫu đối chiếu; tương quan khuyết tật {rho} "
                f"({low} đến {high}); {n} câu trả lời trong {N} người đáng giá khoảng {size} người chọn "
                "ngẫu nhiên"
            )
        return (
            f"{self.y}: {own} among the self-selected, {theirs} in the reference; data defect correlation "
            f"{rho} ({low} to {high}); {n} answers out of {N} people are worth about {size} drawn at random"
        )

    def __str__(self) -> str:
        """Return the sentence in English."""
        return self.text("en")


def data_defect(
    design: Design, reference: Design, y: str, *, value: Any = None, population: float | None = None
) -> Defect:
    r"""Estimate how strongly answering hangs together with the answer, by a question that both samples asked.

    .. math:: \rho = \frac{\bar y_S - \bar y_R}{\sigma_R} \sqrt{\frac{f}{1 - f}}, \qquad
              n_\text{eff} = \frac{f}{1 - f} \frac{1}{\rho^2}, \qquad f = n / N

    The rows count once each, whatever weights they have.

    Parameters
    ----------
    design : Design
        Self-selected rows.
    reference : Design
        A probability sample of the population.
    y : column name
        Numeric; or any column with ``value``. Asked alike in both.
    value : a level or a list of levels, optional
        Compare the share of answers in these levels.
    population : number, optional
        Number of people, if the weights of the reference do not sum to it.

    Returns
    -------
    Defect

    References
    ----------
    Meng (2018), Annals of Applied Statistics 12, 685–726; Bradley et al. (2021), Nature 600, 695–700.

    Examples
    --------
    >>> import pandas as pd, surveykit as sv
    >>> ratings = sv.Design(pd.DataFrame({"hai_long": [1.0] * 90 + [0.0] * 10}), sampling="self-selected")
    >>> people = pd.DataFrame({"hai_long": [1.0, 0.0] * 50, "w": 100.0})
    >>> print(sv.data_defect(ratings, sv.Design(people, weights="w"), "hai_long").text("vi"))
    hai_long: 0,900 ở mẫu tự chọn, 0,500 ở mẫu đối chiếu; tương quan khuyết tật 0,0800 (0,0601 đến 0,0999);
    100 câu trả lời trong 10.000 người đáng giá khoảng 2 người chọn ngẫu nhiên
    """
    _check_pair(check_design(design), reference, "data_defect")
    if not isinstance(y, str):
        raise TypeError(f"y={y!r}: one question at a time. Give the name of its column as text.")
    for who, one in (("design", design), ("reference", reference)):
        if y not in one.data.columns:
            raise ColumnError(f"y={y!r}: the {who} has no such column.{near(y, one.data.columns)}")
    plain = Design(design.data, sampling="self-selected").changed(subset=design.subset)
    own, theirs = (
        mean(one, y) if value is None else proportion(one, y, value=value) for one in (plain, reference)
    )
    p = float(theirs.value.iloc[0])
    sigma = float(np.sqrt(variance(reference, y).value.iloc[0] if value is None else p * (1 - p)))
    n = int(own.n.iloc[0])
    N = float(_people(reference, n, population).sum())
    if sigma == 0:
        raise DataError(f"y={y!r}: all answers of the reference are alike, so nothing can be compared.")
    limits = theirs.ci(method="t").iloc[0]
    f = np.array(n / N)
    rho, high, low = (
        float(formulas.defect_correlation(own.value.to_numpy(float)[0], np.array(v), np.array(sigma), f))
        for v in (p, limits["ci_low"], limits["ci_high"])
    )
    size = float(formulas.effective_size(np.array(float(n)), np.array(N), rho)) if rho else float(n)
    return Defect(y, rho, low, high, float(own.value.iloc[0]), p, n, N, size)
