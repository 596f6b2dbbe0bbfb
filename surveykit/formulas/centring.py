"""Auxiliaries far from 0: what is taken off them so that they do not count as one column."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from surveykit.formulas.arrays import Array, Codes, sum_by
from surveykit.formulas.collinear import TOLERANCE

NARROW = 1e-3  # spread of a number beside its mean that is small
LOOK = 1000  # rows looked at before it is worked out


def centre(
    numbers: Sequence[Array], w: Array, part: Codes | None, constant: Array
) -> tuple[Array, Array] | None:
    """Return what is taken off each column, times a combination of columns that is 1, or nearly.

    Calibration does not care: columns x and x − m 1 span the same, and their targets move alike.

    Parameters
    ----------
    numbers : k arrays (n,)
        Numeric auxiliaries, the last k of p columns.
    w : (n,) weights
    part : (n,) part of each row, −1 outside, or None for one part
    constant : (p,)
        Combination of the columns that is 1; zeros where there is none: then the first of the numbers whose
        spread is small beside their mean stands for it.

    Returns
    -------
    centre : (D, p) mean of each number whose spread is small, 0 for other columns
    constant : (p,)

    None where no number is so.

    Examples
    --------
    >>> year, age = np.array([2001.0, 2002.0, 2003.0]), np.array([20.0, 40.0, 60.0])
    >>> centre([year, age], np.ones(3), None, np.array([1.0, 0.0, 0.0]))[0]
    array([[   0., 2002.,    0.]])
    """
    thin = [j for j, x in enumerate(numbers) if part is not None or seems_narrow(x, w)]
    if not thin:
        return None
    p, first = constant.size, constant.size - len(numbers)
    D = 1 if part is None else int(part.max()) + 1
    group = np.zeros(w.size, dtype=np.intp) if part is None else np.maximum(part, 0)
    d = np.abs(w) if part is None else np.where(part >= 0, np.abs(w), 0.0)
    W, mean, narrow = sum_by(group, d, D), np.zeros((D, p)), np.zeros((D, p), dtype=bool)
    for j in thin:
        m = sum_by(group, d * numbers[j], D) / W
        spread = np.sqrt(sum_by(group, d * (numbers[j] - m[group]) ** 2, D) / W)
        mean[:, first + j] = m
        narrow[:, first + j] = (TOLERANCE * np.abs(m) < spread) & (spread < NARROW * np.abs(m))
    if not constant.any() and narrow.all(axis=0).any():
        one = int(np.argmax(narrow.all(axis=0)))
        constant = np.zeros(p)
        constant[one] = 1 / mean[0, one]
        mean, narrow[:, one] = mean / (mean[:, [one]] * constant[one]), False
    if not constant.any() or not narrow.any():
        return None
    return np.where(narrow, mean, 0.0), constant


def seems_narrow(x: Array, w: Array) -> bool:
    """Say by the quartiles of a thousand rows whether the spread of a number may be small beside its mean."""
    some = x[:: max(1, x.size // LOOK)]
    used = some[w[:: max(1, x.size // LOOK)] != 0]
    low, middle, high = np.quantile(used if used.size else x, [0.25, 0.5, 0.75])
    return bool(high - low < 10 * NARROW * abs(middle))
