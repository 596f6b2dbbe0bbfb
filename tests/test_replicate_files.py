"""Replicate weights in files: the usual names, and what is written is read again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from strategies import make, weighted

import surveykit as sv
from surveykit.replication import read_replicates, replicate_frame, write_replicates

ENDINGS = ("csv", "xlsx", "sav", "dta")


def made(method: Any, steps: str = "", **words: Any) -> sv.Design:
    design = weighted(make([2, 2, 2], 4, "clusters"), steps)
    return sv.replicate_weights(design, method, **{"seed": 5, **words})


@pytest.mark.parametrize(
    ("method", "prefix"),
    [
        ("JKn", "jkw"), ("JK2", "jkw"), ("BRR", "brr"), ("Fay", "fay"), ("bootstrap", "bsw"), ("rwyb", "bsw"),
        ("preston", "bsw"), ("SDR", "repwt"),
    ],
)  # fmt: skip
def test_columns_have_the_names_that_offices_give_them(method, prefix):
    frame = replicate_frame(made(method))
    assert list(frame.columns) == [f"{prefix}_{r + 1}" for r in range(frame.shape[1])]


@pytest.mark.parametrize("steps", ["", "class, rake shares"])
def test_the_frame_holds_final_weights_of_each_replicate(steps):
    design = made("Fay", steps)
    frame, reps = replicate_frame(design), design.replicates
    assert_array_equal(frame.index, design.data.index)
    for r in range(reps.R):
        data = design.data.assign(w=design.base_weights * reps.factors[reps.unit, r])
        own = weighted(sv.Design(data, weights="w", strata="stratum", psu="commune"), steps)
        assert_allclose(frame.iloc[:, r], own.w, rtol=1e-9)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(
    ("method", "steps", "words"),
    [
        ("JKn", "class, rake shares", {}),
        ("Fay", "", {"fay": 0.3}),
        ("rwyb", "", {"replicates": 20, "mse": False}),
    ],
)
def test_a_file_gives_back_estimates_errors_and_degrees_of_freedom(tmp_path, ending, method, steps, words):
    design = made(method, steps, **words)
    written = write_replicates(design, tmp_path / f"ket_qua.{ending}")
    assert [path.name for path in written] == [f"ket_qua.{ending}", "ket_qua.toml"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in written)
    again = read_replicates(written[0])
    for ours, theirs in (
        (sv.mean(again, ["z", "x"]), sv.mean(design, ["z", "x"])),
        (sv.total(again, "x", by="sex"), sv.total(design, "x", by="sex")),
    ):
        assert_allclose(ours.value, theirs.value, rtol=1e-12)
        assert_allclose(ours.covariance.full(), theirs.covariance.full(), rtol=1e-9)
        assert_array_equal(ours.df, 3)
        assert_array_equal(ours.n, theirs.n)
    reps = again.replicates
    assert (reps.mse, reps.fay) == (design.replicates.mse, design.replicates.fay)
    assert list(again.data["commune"]) == list(design.data["commune"])


def test_ids_that_are_text_stay_text(tmp_path):
    data = pd.DataFrame(
        {"w": 1.0, "xa": ["01", "02", "03"], "loai": pd.Categorical(["a", None, "b"]), "y": 1.0}
    )
    design = sv.replicate_weights(sv.Design(data, weights="w", psu="xa"))
    for ending in ENDINGS:
        again = read_replicates(write_replicates(design, tmp_path / f"{ending}.{ending}")[0]).data
        assert again["xa"].tolist() == ["01", "02", "03"]
        assert again["loai"].fillna("").tolist() == ["a", "", "b"]


def test_the_file_beside_tells_how_they_were_made(tmp_path):
    text = write_replicates(made("rwyb", replicates=8), tmp_path / "a.csv")[1].read_text(encoding="utf-8")
    for line in ('weights = "w"', 'method = "bootstrap"', 'made_by = "rwyb"', "scale = 0.125", "mse = true",
                 "df = 3.0", "seed = 5"):  # fmt: skip
        assert line in text.splitlines()
    assert "rscales" not in text
    stepped = write_replicates(made("JKn", "class"), tmp_path / "b.csv")[1].read_text(encoding="utf-8")
    assert 'weights = "final_weight"' in stepped.splitlines()
    assert "rscales = [0.5, 0.5, 0.5, 0.5, 0.5, 0.5]" in stepped.splitlines()


def test_what_was_read_is_written_again(tmp_path):
    first = read_replicates(write_replicates(made("JKn", "class"), tmp_path / "a.csv")[0])
    second = read_replicates(write_replicates(first, tmp_path / "b.csv")[0])
    pd.testing.assert_frame_equal(second.data, first.data)
    assert_array_equal(sv.mean(second, "z").se, sv.mean(first, "z").se)


def test_factors_that_were_read_are_written_as_weights(tmp_path):
    data = pd.DataFrame({"w": [2.0, 4, 6], "y": [1.0, 2, 4], "f1": [0.0, 1.5, 1.5], "f2": [1.5, 0.0, 1.5]})
    columns = sv.ReplicateColumns("f*", method="JK1", combined=False)
    design = sv.Design(data, weights="w", replicates=columns)
    again = read_replicates(write_replicates(design, tmp_path / "a.csv")[0])
    assert again.data["f1"].tolist() == [0.0, 6.0, 9.0]
    assert_allclose(sv.mean(again, "y").se, sv.mean(design, "y").se, rtol=1e-12)
    assert sv.mean(again, "y").df.iloc[0] == 1


def test_weights_that_follow_from_the_fractions_are_written(tmp_path):
    data = pd.DataFrame({"N": 12, "y": np.arange(4.0)})
    design = sv.replicate_weights(sv.Design(data, fpc="N"))
    again = read_replicates(write_replicates(design, tmp_path / "a.csv")[0])
    assert again.weights.tolist() == [3.0] * 4
    assert_allclose(sv.total(again, "y").se, sv.total(design, "y").se, rtol=1e-12)


def test_a_file_is_replaced_only_when_told(tmp_path):
    design = made("JKn")
    write_replicates(design, tmp_path / "a.csv")
    more = write_replicates(made("BRR"), tmp_path / "a.csv", overwrite=True)
    assert read_replicates(more[0]).replicates.method == "BRR"
