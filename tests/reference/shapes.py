"""Our results in the shapes in which R's are stored, and the comparison of the two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

import surveykit as sv
from surveykit.formulas.intervals import quantile as quantile_of_t

#: Beside a case's own rtol: rounding in sums that cancel, in units of the scale of the estimate.
ROUNDING = 1e-9

Tree = Any  # dicts, lists, numbers and words, as JSON has them


def labels(est: sv.Estimates) -> list[tuple[str, ...]]:
    """Return the row labels of estimates as tuples of text."""
    return [tuple(map(str, row)) if isinstance(row, tuple) else (str(row),) for row in est.value.index]


def stat(est: sv.Estimates, r: Tree, deff: str | None = None) -> Tree:
    """Write estimates as R's ``svystat``: estimate, se and (for several) the whole covariance matrix.

    R pastes the name of a factor before its levels; such names are found by their end.
    """
    own = [row[-1] for row in labels(est)]
    names = list(r["estimate"])
    assert len(own) == len(names)
    rows = [i for name in names for i, label in enumerate(own) if name == label] or [
        i for name in names for i, label in enumerate(own) if name.endswith(label)
    ]
    if len(names) == 1:
        rows = [0]
    assert sorted(rows) == list(range(len(names)))
    written = {
        "estimate": dict(zip(names, est.value.iloc[rows], strict=True)),
        "se": dict(zip(names, est.se.iloc[rows], strict=True)),
    }
    if len(names) > 1:
        written["vcov"] = est.covariance.full()[np.ix_(rows, rows)]
    if deff:
        written["deff"] = dict(zip(names, est.deff(deff).iloc[rows], strict=True))
    return written


def by(est: sv.Estimates, by: Sequence[str], r: Tree, **ci: Any) -> Tree:
    """Write estimates of domains as R's ``svyby``; ``vcov`` runs through the domains of each variable."""
    place = {row: i for i, row in enumerate(labels(est))}
    several = est.value.index.nlevels > len(by)
    variables = list(dict.fromkeys(row[-1] for row in place)) if several else [r["columns"][len(by)]]
    assert len(place) == len(r["rows"]) * len(variables), "R has other domains"

    def find(row: dict[str, Any], variable: str) -> int:
        key = tuple(str(row[name]) for name in by)
        return place[(*key, variable) if several else key]

    limits = est.ci(**{"df": np.inf, **ci})
    asks_deff = any(name.startswith("DEff") for name in r["columns"])
    table = est.to_frame(deff="wor" if asks_deff else "wr")
    made = []
    for row in r["rows"]:
        new = {name: row[name] for name in by}
        for variable in variables:
            i = find(row, variable)
            se = est.se.iloc[i]
            new |= {
                variable: est.value.iloc[i],
                "se": se,
                f"se.{variable}": se,
                "var": se**2,
                "cv": table["cv"].iloc[i],
                "cv%": 100 * table["cv"].iloc[i],
                "ci_l": limits["ci_low"].iloc[i],
                "ci_u": limits["ci_high"].iloc[i],
                f"DEff.{variable}": table["deff_wor"].iloc[i] if asks_deff else np.nan,
            }
        made.append({name: new[name] for name in r["columns"]})
    written = {"columns": r["columns"], "rows": made}
    if "vcov" in r:
        order = [find(row, variable) for variable in variables for row in r["rows"]]
        V = est.covariance.full()[np.ix_(order, order)]
        written["vcov"] = {"rows": r["vcov"]["rows"], "cols": r["vcov"]["cols"], "values": V}
    return written


def confint(limits: pd.DataFrame, r: Tree) -> Tree:
    """Write an interval as R's ``confint``."""
    return {"rows": r["rows"], "cols": r["cols"], "values": limits[["ci_low", "ci_high"]].to_numpy()}


def delta(value: float, gradient: Sequence[float], est: sv.Estimates) -> Tree:
    """Write a function of estimates, with its gradient, as R's ``svycontrast`` of a quoted expression."""
    g = np.asarray(gradient)
    se = float(np.sqrt(g @ est.covariance.full() @ g))
    return {"estimate": {"contrast": value}, "se": {"contrast": se}}


def contrasts(est: sv.Estimates, weights: dict[str, dict[Any, float]]) -> Tree:
    """Write linear contrasts as R's ``svycontrast``; several come with their covariance."""
    made = {name: est.contrast(w, name=name) for name, w in weights.items()}
    written = {
        "estimate": {name: c.value.iloc[0] for name, c in made.items()},
        "se": {name: c.se.iloc[0] for name, c in made.items()},
    }
    if len(made) > 1:
        rows = list(est.value.index)
        L = np.array([[w.get(row, 0.0) for row in rows] for w in weights.values()])
        written["vcov"] = L @ est.covariance.full() @ L.T
    return written


def numbers(values: Any) -> npt.NDArray[np.float64]:
    """Return numbers; R's NA is stored as a word, as NaN and Inf are."""
    if isinstance(values, list) and "NA" in values:
        values = [np.nan if value == "NA" else value for value in values]
    return np.asarray(values, dtype=float)


def close(ours: npt.ArrayLike, r: npt.ArrayLike, rtol: float, scale: float, where: str) -> None:
    np.testing.assert_allclose(numbers(ours), numbers(r), rtol=rtol, atol=ROUNDING * scale, err_msg=where)


def largest(values: Any) -> float:
    """Return the scale of a block of numbers."""
    return float(np.nanmax(np.abs(numbers(values)), initial=0.0))


def compare(ours: Tree, r: Tree, rtol: float, where: str = "", scale: float | None = None) -> None:
    """Assert that every number R gives is ours, to rtol and rounding in the scale of its block."""
    if isinstance(r, dict):
        assert set(ours) == set(r), where
        if scale is None and "estimate" not in r and all(isinstance(v, int | float) for v in r.values()):
            scale = largest(list(r.values()))
        for name, part in r.items():
            of_block = scale
            if is_stat(r) and name in ("se", "vcov"):  # rounding of a variance is that of an error, squared
                e = largest(list(r["estimate"].values()))
                of_block = e if name == "se" else max(largest(part), ROUNDING * e**2)
            compare(ours[name], part, rtol, f"{where}/{name}", of_block)
    elif isinstance(r, list) and r and isinstance(r[0], dict):
        assert len(ours) == len(r), where
        for name in r[0]:
            column = [row[name] for row in r]
            if all(isinstance(value, str) and value not in ("NA", "NaN") for value in column):
                assert [row[name] for row in ours] == column, f"{where}/{name}"
            else:
                close([row[name] for row in ours], column, rtol, largest(column), f"{where}/{name}")
    elif r is None or isinstance(r, str) or (isinstance(r, list) and r and isinstance(r[0], str)):
        assert ours == r, where
    else:
        close(ours, r, rtol, largest(r) if scale is None else scale, where)


def is_stat(r: dict[str, Any]) -> bool:
    return isinstance(r.get("estimate"), dict) and isinstance(r.get("se"), dict)


def quantiles(
    est: sv.Estimates, method: str = "woodruff", df: float | None = None, se_df: float | None = None
) -> Tree:
    """Write quantiles as R's ``svyquantile``: its standard error is the width of this interval over 2 t."""
    limits = est.ci(method=method, df=df)
    se_df = df if se_df is None else se_df
    degrees = est.df.to_numpy(float) if se_df is None else np.full(len(est.value), se_df)
    t = quantile_of_t(degrees, 0.95)
    se = (limits["ci_high"] - limits["ci_low"]) / (2 * t)
    if method == "woodruff" and df is None:
        np.testing.assert_allclose(est.se, se, rtol=1e-12)
    shares = est.value.index.get_level_values("quantile")
    return {
        "rows": [f"{q:g}" for q in shares],
        "cols": ["quantile", "ci_lower", "ci_upper", "se"],
        "values": np.column_stack([est.value, limits, se]).tolist(),
    }
