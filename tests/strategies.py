"""Random samples for the laws: strata, units in stages, fractions, weights, missing answers, domains.

The shape of a sample is drawn by hypothesis, so that failures shrink; its numbers come from a seed, so that
no two numbers agree by accident and no time is lost in drawing thousands of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

import surveykit as sv

LEVELS = ("a", "b", "c")
INTERVALS = (
    "auto", "wald", "logit", "wilson", "korn-graubard", "beta", "likelihood", "arcsine", "agresti-coull",
    "jeffreys",
)  # fmt: skip


def build(
    strata: list[int], seed: int, *, villages: int = 3, people: int = 4, missing: float = 0.1
) -> pd.DataFrame:
    """Return a sample with so many communes in each stratum, 2 or more villages each, 2 or more people each.

    Columns: stratum, commune, village (text, unique), N1 and N2 (units in the population), f1 (fraction of
    the communes drawn), w (unequal), z and x (numbers, x > 0), y (1 to 5), some of z and y missing, group and
    sex, answered (1 or 0; in each stratum somebody has 1). In the first two communes everything is known, and
    between them stand all pairs of group and sex, answered, and every y.
    """
    rng = np.random.default_rng(seed)
    rows = [
        (f"h{h}", f"h{h}c{c}", f"h{h}c{c}v{v}")
        for h, communes in enumerate(strata)
        for c in range(communes)
        for v in range(int(rng.integers(2, villages + 1)))
        for _ in range(int(rng.integers(2, people + 1)))
    ]
    data = pd.DataFrame(rows, columns=["stratum", "commune", "village"])
    n = len(data)
    shift = data["commune"].map({c: rng.normal() for c in data["commune"].unique()}).to_numpy()
    data["N1"] = data["stratum"].map({f"h{h}": c + int(rng.integers(1, 9)) for h, c in enumerate(strata)})
    data["f1"] = data.groupby("stratum")["commune"].transform("nunique") / data["N1"]
    more = {c: int(rng.integers(1, 5)) for c in data["commune"].unique()}
    data["N2"] = data.groupby("commune")["village"].transform("nunique") + data["commune"].map(more)
    data["w"] = rng.uniform(0.5, 3.0, n)
    data["x"] = rng.uniform(1.0, 2.0, n)
    data["z"] = shift + rng.normal(size=n)
    data["y"] = np.clip(np.round(3 + shift + rng.normal(size=n)), 1, 5)
    data["group"] = rng.choice(LEVELS, n)
    data["sex"] = rng.choice([1, 2], n)
    data["answered"] = (rng.random(n) < 0.75).astype(int)
    data.loc[data.groupby("stratum").head(1).index, "answered"] = 1
    for commune, sexes in zip(data["commune"].unique()[:2], ([1, 1, 1, 2], [2, 2, 2, 1]), strict=False):
        first = data.index[data["commune"] == commune][:4]
        data.loc[first, "sex"] = sexes
        data.loc[first[:3], "group"] = list(LEVELS)
        data.loc[first, "answered"] = 1
        data.loc[first, "y"] = [1.0, 5.0, 4.0, 1.0 + sexes[0]]
    lost = rng.random(n) < missing
    lost[: data["commune"].isin(data["commune"].unique()[:2]).sum()] = False
    data.loc[lost, ["z", "y"]] = np.nan
    return data


#: Communes in each stratum; the first stratum has two or more.
STRATA = st.tuples(st.integers(2, 4), st.lists(st.integers(2, 4), max_size=2)).map(lambda t: [t[0], *t[1]])
SEEDS = st.integers(0, 2**32 - 1)


def samples() -> st.SearchStrategy[pd.DataFrame]:
    """Return the samples of one to three strata with 2 to 4 communes each."""
    return st.builds(build, strata=STRATA, seed=SEEDS)


#: Ways to describe a sample to Design; the later stages have a size wherever the first has one.
SHAPES: dict[str, dict[str, Any]] = {
    "rows": {},
    "strata": {"strata": "stratum"},
    "clusters": {"strata": "stratum", "psu": "commune"},
    "clusters without strata": {"psu": "commune"},
    "clusters with fractions": {"strata": "stratum", "psu": "commune", "fpc": "f1"},
    "two stages": {"strata": "stratum", "psu": ["commune", "village"]},
    "two stages with sizes": {"strata": "stratum", "psu": ["commune", "village"], "fpc": ["N1", "N2"]},
}


STEPS = ("", "class", "rake counts", "rake shares", "class, rake shares")
MARGINS = {"group": {"a": 0.2, "b": 0.3, "c": 0.5}, "sex": {1: 0.48, 2: 0.52}}


def weighted(design: sv.Design, steps: str) -> sv.Design:
    """Return the design with the steps that are named."""
    if "class" in steps:
        design = sv.adjust_nonresponse(design, responded="answered", cells="stratum")
    if "rake" in steps:
        people = 1000 if "counts" in steps else 1
        design = sv.rake(design, {k: {m: people * s for m, s in v.items()} for k, v in MARGINS.items()})
    return design


def make(strata: list[int], seed: int, shape: str, steps: str = "") -> sv.Design:
    """Return the design of a sample, with weighting steps."""
    return weighted(sv.Design(build(strata, seed), weights="w", **SHAPES[shape]), steps)


def designs(
    shapes: tuple[str, ...] = tuple(SHAPES), steps: tuple[str, ...] = STEPS
) -> st.SearchStrategy[sv.Design]:
    """Return the designs of these shapes, with one of these weighting steps."""
    return st.builds(
        make, strata=STRATA, seed=SEEDS, shape=st.sampled_from(shapes), steps=st.sampled_from(steps)
    )


def intervals_of(result: sv.Estimates, level: float = 0.95) -> dict[str, pd.DataFrame]:
    """Return the limits of a result by every method that it has."""
    methods = INTERVALS if result.is_share else ("t",)
    return {method: result.ci(level, method) for method in methods}


def check_same(
    one: sv.Estimates, other: sv.Estimates, *, rtol: float, rows: Any = slice(None), intervals: bool = True
) -> None:
    """Fail unless two results have the same numbers: values, errors, df, answers, reasons, all intervals.

    ``rows`` picks the rows of the second that stand against those of the first.
    """
    scale = float(np.nanmax(np.abs(one.value.to_numpy(float)), initial=1.0))
    pairs = [(one.value, other.value), (one.se, other.se)]
    if intervals:
        theirs = intervals_of(other)
        pairs += [(mine, theirs[method]) for method, mine in intervals_of(one).items()]
    for mine, found in pairs:
        wanted, got = mine.to_numpy(float), found.to_numpy(float)[rows]
        np.testing.assert_allclose(got, wanted, rtol=rtol, atol=rtol * scale)
    np.testing.assert_array_equal(other.df.to_numpy()[rows], one.df.to_numpy())
    np.testing.assert_array_equal(other.n.to_numpy()[rows], one.n.to_numpy())
    assert other.reason.to_numpy()[rows].tolist() == one.reason.tolist()


def words_of(design: sv.Design) -> dict[str, Any]:
    """Return the words that Design was given, but for the weights."""
    return {"strata": design.strata, "psu": design.psu, "fpc": design.fpc}


def steps_of(design: sv.Design) -> str:
    """Return the name of the steps of a design."""
    names = " ".join(step.name for step in design.steps)
    counts = any(not getattr(step, "shares", True) for step in design.steps)
    rake = ("rake counts" if counts else "rake shares") if "rake" in names else ""
    return ("class, " if "nonresponse" in names else "") + rake


def statistics(design: sv.Design, by: Any = None, where: str | None = None) -> dict[str, sv.Estimates]:
    """Return every statistic of a design, by domain."""
    return {
        "mean": sv.mean(design, ["z", "y"], by=by, where=where),
        "total": sv.total(design, "z", by=by, where=where),
        "levels": sv.proportion(design, "y", by=by, where=where),
        "share": sv.proportion(design, "y", by=by, where=where, value=[4, 5]),
        "ratio": sv.ratio(design, "z", "x", by=by, where=where),
        "count": sv.count(design, by=by, where=where),
        "variance": sv.variance(design, "z", by=by, where=where),
    }
