"""Sizes of R's PracTools and of published tables come out again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from reference import cases
from reference.r_sample_size import FUNCTIONS, OPS, evaluated

ALLOCATION = ("clusopt2_1", "clusopt2fixed", "clusopt3", "bw2srs", "dub")
STATED = {  # what R prints of the question itself
    "C1", "C2", "C3", "delta", "delta1", "delta2", "unit relvar", "k", "k1", "k2", "m", "px.py.pxy",
    "gamma", "r", "alt", "sig.level", "power", "method", "S2x.S2y", "rho", "Pop.Size", "Tol.Dev.Rate",
    "Acceptable.Errors",
}  # fmt: skip
#: Half a digit of the last decimal, where PracTools rounds what it prints.
HALF = 0.5 + 1e-6


def r_sizes() -> dict[str, dict[str, Any]]:
    """Return the stored calls of the functions that are said here."""
    return {
        case["id"]: case
        for case in cases.r_file()["cases"]
        if case["topic"] == "sample_size" or case["id"] in ALLOCATION
    }


def published() -> dict[str, dict[str, Any]]:
    return {k: v for k, v in cases.published_cases().items() if v["statistic"]["op"] in OPS}


def check(ours: Any, theirs: Any, rtol: float, where: str) -> int:
    """Compare all numbers; a pair (number, decimals) is rounded in R. Returns how many were compared."""
    if isinstance(theirs, dict):
        asked = {key for key in theirs if key not in STATED or (isinstance(ours, dict) and key in ours)}
        assert isinstance(ours, dict), where
        assert asked <= set(ours), f"{where}: {asked - set(ours)}"
        return sum(check(ours[key], theirs[key], rtol, f"{where}/{key}") for key in asked)
    if isinstance(ours, tuple) and len(ours) == 2 and isinstance(ours[1], int):
        value, decimals = ours
        assert abs(value - theirs) <= HALF * 10.0**-decimals, f"{where}: {value} against {theirs}"
        return 1
    np.testing.assert_allclose(ours, theirs, rtol=rtol, err_msg=where)
    return int(np.size(theirs))


@pytest.mark.parametrize("name", sorted(r_sizes()))
def test_the_size_of_r_comes_out(name):
    case = r_sizes()[name]
    tables = {}
    if "MU284" in case["call"]:
        tables["MU284"] = cases.read(cases.HERE / "data" / "MU284.csv")
    ours = evaluated(case["call"], tables)
    assert check(ours, case["result"], case["rtol"], f"{name}: {case['call']}") > 0


def test_every_function_of_the_stored_calls_is_said():
    for case in r_sizes().values():
        assert any(f"{name}(" in case["call"] for name in FUNCTIONS), case["call"]


@pytest.mark.parametrize("name", sorted(published()))
def test_the_published_size_comes_out(name):
    case = published()[name]
    ours = OPS[case["statistic"]["op"]](case)
    tolerance = case["tolerance"]
    for key, value in case["expected"].items():
        np.testing.assert_allclose(
            ours[key], value, rtol=tolerance.get("rel", 0.0), atol=tolerance.get("abs", 0.0), err_msg=name
        )


@pytest.mark.parametrize(("p", "e"), [(0.5, 0.05), (0.9, 0.02), (0.03, 0.01)])
def test_wilson_s_size_is_the_root_of_its_quadratic(p, e):
    z, pq = 1.959963984540054, p * (1 - p)
    root = z**2 * (pq - 2 * e**2 + np.sqrt(e**2 - pq * (4 * e**2 - pq))) / (2 * e**2)
    np.testing.assert_allclose(evaluated(f"nWilson(moe.sw=1, alpha=0.05, pU={p}, e={e})"), root, rtol=1e-9)
    np.testing.assert_allclose(evaluated(f"nWilson(moe.sw=2, pU={p}, e={e / p})"), root, rtol=1e-9)
