"""The "auto" interval, worked out a second time from its definition; what all intervals have in common.

The definition: for a share p in a domain (n answers, variance v, df, b = Σ n_i² / n, K = n Σ w² / (Σ w)²):
own = v n / (p (1 − p)); pool = K (1 + ρ (b − 1)), where ρ is [D / mean K − 1] / (mean b − 1) cut to [0, 1],
D = Σ v_h / Σ p_h (1 − p_h) / n_h over all strata of the (conditional) design, and the means have weights n_h;
no stratum with variation, or one stratum with fewer than 30 PSUs: ρ = max(ρ, 0.05).
deff = max(1, (df own + 30 max(own, pool)) / (df + 30)), own = pool at the boundary. Wilson limits with
n / deff and t(df + 8). Every fraction 1: (p, p).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from reference.textbook import variance
from scipy import stats
from strategies import INTERVALS, SEEDS, SHAPES, STRATA, build, designs, intervals_of

import surveykit as sv
from sampling.checks import ArgumentError

#: Sums of the same numbers in another order, divided by differences of them.
TIGHT = 1e-8

few = settings(max_examples=8)
MARK = "ρ taken as at least 0,05"


# --- plain Python, one domain at a time ---------------------------------------------------------------------


class Sample:
    """The columns that the definition needs, as lists, and the design in its own words."""

    def __init__(self, data: pd.DataFrame, words: dict[str, Any], *, first: int = 0) -> None:
        named = words.get("psu", [])
        stages = [named] if isinstance(named, str) else list(named)
        sizes = list(words.get("sizes", []))
        self.data = data
        above = data[stages[first - 1]] if first else data.get(words.get("strata", ""), None)
        self.strata = pd.Series("all", index=data.index) if above is None else above
        rows = pd.Series(range(len(data)), index=data.index)
        self.stages = [data[s] for s in stages[first:]] or [rows]
        self.sizes = [data[s] for s in sizes[first:]] or [None] * len(self.stages)

    def share(self, yes: pd.Series, inside: pd.Series) -> dict[str, float]:
        """Return p, v, n, df, K and b of the rows inside that answered."""
        inside = inside & yes.notna()
        w = [float(x) for x in self.data["w"][inside]]
        y = [float(x) for x in yes[inside]]
        n, W = len(w), sum(w)
        p = sum(a * b for a, b in zip(w, y, strict=True)) / W
        u = np.where(inside, self.data["w"] * (yes.fillna(0) - p) / W, 0.0)
        v = float(variance(u, self.stages, self.strata, self.sizes))
        units: dict[Any, int] = {}
        for unit in self.stages[0][inside]:
            units[unit] = units.get(unit, 0) + 1
        return {
            "p": p, "v": v, "n": n, "df": len(units) - self.strata[inside].nunique(),
            "K": n * sum(a * a for a in w) / W**2, "b": sum(k * k for k in units.values()) / n,
        }  # fmt: skip

    def rho(self, yes: pd.Series) -> tuple[float, bool]:
        """Return the pooled intraclass correlation, and whether it was raised."""
        parts = []
        for stratum in self.strata.unique():
            inside = self.strata == stratum
            if len(set(self.stages[0][inside])) > 1 and yes[inside].notna().any():
                parts.append(self.share(yes, inside))
        n = sum(part["n"] for part in parts)
        spread = sum(part["p"] * (1 - part["p"]) / part["n"] for part in parts)
        shown, rho = spread > 0, 0.0
        if shown:
            D = sum(part["v"] for part in parts) / spread
            K = sum(part["n"] * part["K"] for part in parts) / n
            b = sum(part["n"] * part["b"] for part in parts) / n
            rho = min(1.0, max(0.0, (D / K - 1) / (b - 1))) if b > 1 else 0.0
        few_units = len(set(self.strata)) == 1 and len(set(self.stages[0])) < 30
        return (max(rho, 0.05), rho < 0.05) if few_units or not shown else (rho, False)

    def auto(self, yes: pd.Series, inside: pd.Series, level: float) -> tuple[float, float]:
        """Return the limits."""
        s, (rho, _) = self.share(yes, inside), self.rho(yes)
        pool = s["K"] * (1 + rho * (s["b"] - 1))
        spread = s["p"] * (1 - s["p"])
        own = pool if spread < 1e-12 else s["v"] * s["n"] / spread
        deff = max(1.0, (s["df"] * own + 30 * max(own, pool)) / (s["df"] + 30))
        size, t = s["n"] / deff, float(stats.t.ppf((1 + level) / 2, s["df"] + 8))
        centre = (s["p"] + t * t / (2 * size)) / (1 + t * t / size)
        half = t * math.sqrt(spread / size + t * t / (4 * size**2)) / (1 + t * t / size)
        return centre - half, centre + half


WORDS: dict[str, dict[str, Any]] = {
    **SHAPES,
    "clusters with fractions": {"strata": "stratum", "psu": "commune", "fpc": "f1", "sizes": ["N1"]},
    "two stages with sizes": {**SHAPES["two stages with sizes"], "sizes": ["N1", "N2"]},
}


def design_of(data: pd.DataFrame, words: dict[str, Any]) -> sv.Design:
    return sv.Design(data, weights="w", **{k: v for k, v in words.items() if k != "sizes"})


@settings(max_examples=25)
@given(STRATA, SEEDS, st.sampled_from(sorted(WORDS)), st.sampled_from([0.8, 0.95]))
def test_auto_follows_its_definition(strata, seed, shape, level):
    data = build(strata, seed)
    design, sample = design_of(data, WORDS[shape]), Sample(data, WORDS[shape])
    yes = data["y"].isin([4, 5]).where(data["y"].notna()) * 1.0
    table = sv.proportion(design, "y", by="group", value=[4, 5])
    limits = table.ci(level)
    for group in table.value.index:
        wanted = sample.auto(yes, data["group"] == group, level)
        assert_allclose(limits.loc[group], wanted, rtol=TIGHT, atol=TIGHT)
    levels = sv.proportion(design, "y", where="sex == 2").ci(level)
    for answer in levels.index:
        one = (data["y"] == answer).where(data["y"].notna()) * 1.0
        wanted = sample.auto(one, data["sex"] == 2, level)
        assert_allclose(levels.loc[answer], np.clip(wanted, 0, 1), rtol=TIGHT, atol=TIGHT)
    assert (MARK in table.line()) == sample.rho(yes)[1]
    assert ("tương quan nội cụm lấy ít nhất 0,05" in table.line("vi")) == sample.rho(yes)[1]


@few
@given(STRATA, SEEDS, st.sampled_from(["two stages", "two stages with sizes"]))
def test_auto_follows_its_definition_inside_communes(strata, seed, shape):
    data = build(strata, seed, missing=0.0)
    design, sample = design_of(data, WORDS[shape]), Sample(data, WORDS[shape], first=1)
    yes = data["y"].isin([4, 5]) * 1.0
    limits = sv.proportion(design, "y", by="commune", value=[4, 5]).ci()
    for commune in limits.index:
        wanted = np.clip(sample.auto(yes, data["commune"] == commune, 0.95), 0, 1)
        assert_allclose(limits.loc[commune], wanted, rtol=TIGHT, atol=TIGHT)


def test_auto_with_many_units_in_one_stratum_leaves_the_correlation_alone():
    data = build([40], 3, villages=2, people=3)
    data["z"] = np.where(np.arange(len(data)) % 2, 1, 0)  # as mixed inside every commune as can be
    words = {"psu": "commune"}
    table = sv.proportion(design_of(data, words), "z", value=1)
    assert MARK not in table.line()
    fewer = data[data["commune"].isin(data["commune"].unique()[:20])]
    assert MARK in sv.proportion(design_of(fewer, words), "z", value=1).line()


def test_auto_is_the_same_whatever_else_is_asked():
    data = build([3, 3], 5).assign(other=lambda t: 6 - t["y"])
    design = design_of(data, SHAPES["two stages"])
    alone = sv.proportion(design, "y", value=[4, 5], where="group == 'a'").ci()
    pair = sv.proportion(design.where("group == 'a'"), ["y", "other"], value=[4, 5]).ci()
    both = sv.proportion(design, "y", value=[4, 5], by=["group"]).ci()
    assert_allclose(alone, pair.iloc[:1])
    assert_allclose(alone, both.iloc[:1])


def test_auto_tends_to_the_own_design_effect_for_many_degrees_of_freedom():
    rng = np.random.default_rng(1)
    communes = 2_000
    data = pd.DataFrame(
        {"commune": np.repeat(np.arange(communes), 5), "stratum": np.arange(communes * 5) % 2}
    )
    data["stratum"] = data["commune"] % 2
    data["y"] = (rng.random(len(data)) < rng.beta(2, 1, communes)[data["commune"]]) * 1
    result = sv.proportion(sv.Design(data, sampling="srs", strata="stratum", psu="commune"), "y", value=1)
    p, n, v = result.value.iloc[0], len(data), result.se.iloc[0] ** 2
    size, t = p * (1 - p) / v, stats.norm.ppf(0.975)
    centre = (p + t * t / (2 * size)) / (1 + t * t / size)
    half = t * math.sqrt(p * (1 - p) / size + t * t / (4 * size**2)) / (1 + t * t / size)
    assert size < n / 1.5
    assert_allclose(result.ci(), [[centre - half, centre + half]], rtol=1e-3)
    assert_allclose(result.ci(), result.ci(method="wilson"), rtol=1e-3)


# --- what all have in common --------------------------------------------------------------------------------


@few
@given(designs(shapes=("rows", "clusters", "two stages with sizes")))
def test_every_interval_holds_its_estimate_and_grows_with_the_level(design):
    for table in (sv.proportion(design, "y", by="group"), sv.proportion(design, "y", value=[4, 5])):
        p = table.value.to_numpy()
        narrow, wide = intervals_of(table, 0.8), intervals_of(table, 0.99)
        for method in set(INTERVALS) - {"arcsine"}:  # which folds back past 0 and 1, as in R
            low, high = narrow[method].to_numpy().T
            known = np.isfinite(low) & np.isfinite(high)
            assert (low[known] <= p[known] + 1e-9).all(), method
            assert (high[known] >= p[known] - 1e-9).all(), method
            assert (wide[method]["ci_low"][known] <= low[known] + 1e-6).all(), method
            assert (wide[method]["ci_high"][known] >= high[known] - 1e-6).all(), method
            if method != "wald":
                assert ((low[known] >= 0) & (high[known] <= 1)).all(), method


@few
@given(designs(shapes=("clusters", "two stages")))
def test_yes_and_no_have_mirrored_intervals(design):
    yes = sv.proportion(design, "y", value=[4, 5], by="sex")
    no = sv.proportion(design, "y", value=[1, 2, 3], by="sex")
    for method, limits in intervals_of(yes).items():
        other = no.ci(method=method)
        tight = 2e-3 if method == "likelihood" else TIGHT  # interpolated on a grid, as in R
        assert_allclose(limits["ci_low"], 1 - other["ci_high"], rtol=tight, atol=tight)
        assert_allclose(limits["ci_high"], 1 - other["ci_low"], rtol=tight, atol=tight)


def test_named_intervals_of_a_simple_random_sample_are_those_of_textbooks():
    data = pd.DataFrame({"y": [1] * 81 + [0] * 9})
    result = sv.proportion(sv.Design(data, sampling="srs"), "y", value=1)
    p, n, t = 0.9, 90, stats.t.ppf(0.975, 89)
    se = math.sqrt(p * (1 - p) / (n - 1))
    assert_allclose(result.ci(method="wald"), [[p - t * se, p + t * se]])
    assert_allclose(result.ci(method="t"), result.ci(method="wald"))
    low, high = result.ci(method="logit").iloc[0]
    assert_allclose(np.log([low / (1 - low), high / (1 - high)]), np.log(9) + np.array([-t, t]) * se / 0.09)
    low, high = result.ci(method="beta").iloc[0]
    assert_allclose([low, high], [stats.beta.ppf(0.025, 80.1, 9.9), stats.beta.ppf(0.975, 81.1, 8.9)])
    assert_allclose(result.ci(method="korn-graubard", cap=False), result.ci(method="beta"))
    assert_allclose(result.ci(method="korn-graubard", df=np.inf, cap=True)["ci_low"] > low, [True])
    jeffreys = [stats.beta.ppf(q, 80.1 + 0.5, 8.9 + 0.5) for q in (0.025, 0.975)]
    assert_allclose(result.ci(method="jeffreys"), [jeffreys])
    angle = math.asin(math.sqrt(p))
    ends = [math.sin(angle + s * t * se / (2 * math.sqrt(p * (1 - p)))) ** 2 for s in (-1, 1)]
    assert_allclose(result.ci(method="arcsine"), [ends])


def test_degrees_of_freedom_may_be_given():
    result = sv.mean(design_of(build([3, 3], 5), SHAPES["clusters"]), "z")
    half = (result.ci()["ci_high"] - result.value) / result.se
    assert_allclose(half, stats.t.ppf(0.975, 4))
    normal = (result.ci(df=np.inf)["ci_high"] - result.value) / result.se
    assert_allclose(normal, stats.norm.ppf(0.975))
    assert result.ci(df=0).isna().all(axis=None)


@pytest.mark.parametrize(
    ("method", "sentence"),
    [
        ("wilson", "method='wilson' is for shares, and these are means. Use 't'."),
        ("z", "method='z' is not known. Choose one of 't', 'wald', 'log', 'simultaneous', 'bonferroni'."),
    ],
)
def test_an_interval_for_shares_is_refused_for_means(method, sentence):
    result = sv.mean(design_of(build([3], 5), {}), "z")
    with pytest.raises(ArgumentError) as error:
        result.ci(method=method)
    assert str(error.value) == sentence


def test_an_unknown_interval_of_a_share_names_the_likely_one_and_all():
    result = sv.proportion(design_of(build([3], 5), {}), "y")
    sentence = (
        "method='wilsn' is not known. Did you mean 'wilson'? Choose one of 'auto', 'wald', 'logit', "
        "'wilson', 'korn-graubard', 'beta', 'likelihood', 'arcsine', 'agresti-coull', 'jeffreys', "
        "'simultaneous', 'bonferroni'."
    )
    with pytest.raises(ArgumentError) as error:
        result.ci(method="wilsn")
    assert str(error.value) == sentence
