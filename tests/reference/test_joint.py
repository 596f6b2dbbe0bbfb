"""Variances of samples drawn by size at the level of arrays: cases of R that no other file compares."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from reference import cases

from sampling.joint import joint_probabilities
from surveykit.formulas import forms

PIK = np.array([0.07, 0.17, 0.41, 0.61, 0.83, 0.91])
Form = Callable[[np.ndarray], np.ndarray]


def r(name: str) -> dict:
    return next(case for case in cases.r_file()["cases"] if case["id"] == name)


def table(name: str) -> pd.DataFrame:
    return cases.read(cases.HERE / "data" / f"{name}.csv")


def close(found: float, name: str, *path: str) -> None:
    expected = r(name)["result"]
    for key in path:
        expected = expected[key]
    assert_allclose(found, expected, rtol=r(name)["rtol"])


def test_what_elimination_leaves_out_is_drawn_by_midzunos_method() -> None:
    """R draws Midzuno's samples as the units that elimination, by 1 − π, does not draw."""
    left = joint_probabilities(1 - PIK, "pps_tille").matrix
    found = np.add.outer(PIK, PIK) - 1 + left
    np.fill_diagonal(found, PIK)
    case = r("joint_midzunopi2")
    assert_allclose(found, case["result"]["values"], rtol=case["rtol"], atol=1e-15)


# --- domains of the election sample: units outside count as 0 -----------------------------------------------


def election(form: np.ndarray) -> dict[str, float]:
    sample = table("election_pps")
    w, inside = 1 / sample["p"].to_numpy(), (sample["Bush"] > sample["Kerry"]).to_numpy(float)
    total = w * inside * sample["Bush"].to_numpy()
    mean = float((w * inside * sample["votes"]).sum() / (w * inside).sum())
    rest = w * inside * (sample["votes"].to_numpy() - mean) / (w * inside).sum()
    return {
        "total": total.sum(), "se of the total": np.sqrt(total @ form @ total),
        "mean": mean, "se of the mean": np.sqrt(rest @ form @ rest),
    }  # fmt: skip


def hartley_rao() -> np.ndarray:
    p = table("election_pps")["p"].to_numpy()
    squares = float((table("election")["p"] ** 2).sum() / 40)
    return forms.hartley_rao(p, squares, "horvitz_thompson")


def horvitz_thompson() -> np.ndarray:
    return forms.horvitz_thompson(table("election_jointprob_df").to_numpy())


@pytest.mark.parametrize("form", [hartley_rao, horvitz_thompson])
def test_domains_of_a_sample_drawn_by_size(form: Callable[[], np.ndarray]) -> None:
    name = "pps_domain_dpps_hr" if form is hartley_rao else "pps_domain_dpps_ht"
    found = election(form())
    close(found["total"], name, "t", "estimate", "Bush")
    close(found["se of the total"], name, "t", "se", "Bush")
    close(found["mean"], name, "m", "estimate", "votes")
    close(found["se of the mean"], name, "m", "se", "votes")


# --- Brewer's form of R, by stratum and over two stages -----------------------------------------------------


def influence(sample: pd.DataFrame, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weighted influence of the total of api.stu and of the mean of api00."""
    y = sample["api00"].to_numpy(float)
    return w * sample["api.stu"].to_numpy(), w * (y - (w * y).sum() / w.sum()) / w.sum()


def test_brewers_form_by_stratum() -> None:
    sample = table("apistrat_pps")
    pi = sample["pik"].to_numpy()
    for z, path in zip(influence(sample, 1 / pi), (("t", "api.stu"), ("m", "api00")), strict=True):
        variance = 0.0
        for rows in sample.groupby("stype").indices.values():
            variance += z[rows] @ forms.brewer(pi[rows]) @ z[rows]
        close(np.sqrt(variance), "pps_strat_brewer", path[0], "se", path[1])


def test_brewers_form_over_two_stages() -> None:
    sample = table("apiclus2_pps")
    pi, below = sample["pi1"].to_numpy(), sample["pi2"].to_numpy()
    units = list(sample.groupby("dnum").indices.values())
    above = np.array([pi[rows[0]] for rows in units])
    for z, path in zip(influence(sample, 1 / pi / below), (("t", "api.stu"), ("m", "api00")), strict=True):
        total = np.array([z[rows].sum() for rows in units])
        variance = total @ forms.brewer(above) @ total
        for chance, rows in zip(above, units, strict=True):
            if (below[rows] < 1).all():
                variance += chance * (z[rows] @ forms.brewer(below[rows]) @ z[rows])
        close(np.sqrt(variance), "pps_2stage_brewer", path[0], "se", path[1])
