"""Functions of estimates, results together, statistics of one's own: what a user is told."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from strategies import make

import surveykit as sv
from sampling.checks import ArgumentError, ColumnError, DataError
from surveykit.functions import replicate_statistic

DIFFERENT = (
    "together: the parts are judged by different units: one is conditional on units, as the line below its "
    "table says, or has other strata, fractions or estimated targets. Ask for domains of one kind."
)


@pytest.fixture(scope="module")
def means():
    return sv.mean(make([3, 3], 9, "clusters"), ["z", "x"])


def calls(means: sv.Estimates) -> dict[str, tuple[type, object, str]]:
    other = sv.mean(make([3, 3], 9, "clusters"), ["z", "x"])
    design = make([3, 3], 9, "clusters")
    two_stages = sv.Design(design.data, weights="w", psu=["commune", "village"])
    words = {"strata": "stratum", "psu": ["commune", "village"], "fpc": ["N1", "N2"]}
    sized = sv.Design(design.data, weights="w", **words)
    count = iter(range(1000))
    return {
        "no estimates": (
            TypeError,
            lambda: sv.function([1, 2], sum),
            "estimates is a list; pass the result of mean(), total() or another.",
        ),
        "no function": (
            TypeError,
            lambda: sv.function(means, "z / x"),
            "f='z / x': pass a function of the values, as lambda v: v['A'] / v['B'].",
        ),
        "text": (TypeError, lambda: sv.function(means, lambda _: "x"), "f gave 'x'; it must give a "
        "number, or "
                 "numbers by name."),
        "a row that is not there": (
            ColumnError,
            lambda: sv.function(means, lambda v: v["zz"]),
            "f: there is no row 'zz'. Did you mean 'z'? The rows are 'z', 'x'.",
        ),
        "a corner": (
            ArgumentError,
            lambda: sv.function(means, lambda v: abs(v["x"] - means.value["x"])),
            f"f is not smooth at row 'x' = {means.value['x']:g}: two ways to work out its derivative do not "
            "agree. Pass derivative=, or choose a function without corners there.",
        ),
        "a step": (
            ArgumentError,
            lambda: sv.function(means, lambda v: float(v["x"] >= means.value["x"])),
            f"f is not smooth at row 'x' = {means.value['x']:g}: two ways to work out its derivative do not "
            "agree. Pass derivative=, or choose a function without corners there.",
        ),
        "other names": (
            ArgumentError,
            lambda: sv.function(means, lambda v: {f"k{next(count)}": v["x"]}),
            "f gives other names for other values: ['k1'].",
        ),
        "an unnamed derivative": (
            ArgumentError,
            lambda: sv.function(
                means, lambda v: {"a": v["x"], "b": v["z"]}, derivative=lambda _: {"x": 1.0}
            ),
            "derivative gives no derivative of 'a' by row: with several results give a dict of {result: "
            "{row: "
            "derivative}}.",
        ),
        "a derivative by a row that is not there": (
            ColumnError,
            lambda: sv.function(means, lambda v: v["x"], derivative=lambda _: {"y": 1.0}),
            "derivative: there is no row 'y'. The rows are 'z', 'x'.",
        ),
        "one part": (ArgumentError, lambda: sv.together(means), "together: pass at least two results of one "
                     "design."),
        "named and not": (
            ArgumentError,
            lambda: sv.together(means, b=means),
            "together: name all parts or none.",
        ),
        "the same rows": (
            ArgumentError,
            lambda: sv.together(means, means),
            "together: row 'z' stands in two parts. Name the parts: together(a=…, b=…).",
        ),
        "other tables": (
            ArgumentError,
            lambda: sv.together(a=means, b=other),
            "together: the parts come from different tables, or from different replicates, so that "
            "nothing says "
            "how they vary together. Make them from one design.",
        ),
        "other replicates": (
            ArgumentError,
            lambda: sv.together(
                a=sv.mean(sv.replicate_weights(design, "bootstrap", seed=1, replicates=20), "x"),
                b=sv.mean(sv.replicate_weights(design, "bootstrap", seed=2, replicates=20), "x"),
            ),
            "together: the parts come from different tables, or from different replicates, so that "
            "nothing says "
            "how they vary together. Make them from one design.",
        ),
        "other units": (
            ArgumentError,
            lambda: sv.together(
                a=sv.mean(two_stages, "x"),
                b=sv.mean(two_stages, "x", where="commune == 'h0c0'"),
            ),
            DIFFERENT,
        ),
        "other stages": (
            ArgumentError,
            lambda: sv.together(a=sv.mean(sized, "x"), b=sv.mean(sized, "x", where="commune == 'h0c0'")),
            DIFFERENT,
        ),
        "no replicates": (
            ArgumentError,
            lambda: replicate_statistic(design, lambda _, w: w.sum()),
            "replicate_statistic needs replicate weights: make them with replicate_weights(design).",
        ),
        "other names in a replicate": (
            DataError,
            lambda: replicate_statistic(
                sv.replicate_weights(design, "JKn"), lambda _, w: {"a" if w.min() > 0 else "b": 1.0}
            ),
            "f gives other names in replicate 1: ['b'].",
        ),
    }  # fmt: skip


@pytest.mark.parametrize("which", calls(sv.mean(make([3, 3], 9, "clusters"), ["z", "x"])))
def test_the_sentence_says_what_to_do(means, which):
    kind, ask, sentence = calls(means)[which]
    with pytest.raises(kind) as error:
        ask()
    assert (error.value.args[0] if kind is ColumnError else str(error.value)) == sentence


def test_too_many_rows_for_differences(means):
    many = means.combine(sp.csr_matrix(np.ones((2, 2001))), pd.RangeIndex(2001), "many")
    with pytest.raises(ArgumentError) as error:
        sv.function(many, lambda v: v.sum())
    assert str(error.value) == (
        "function: 2001 estimates are too many for differences by each. Take fewer rows."
    )
